/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Byte 0 says what the rest is: an IP packet as it comes (even), or ESP text
 * with trailer that is sealed first (odd), so that its content gets past the
 * ICV. What is delivered must be an IP packet inside its buffer.
 */
#include <stdlib.h>

#include "esp_rig.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t buf[FUZZ_ROOM];
	struct missiu_pkt k = { .head = buf, .cap = sizeof(buf) }, *v = &k;
	struct missiu_stats s0, s1;
	struct missiu *m;
	missiu_usec now;
	bool kept;

	if (size < 1 || size > 4000)
		return 0;
	m = fuzz_engine();
	now = fuzz_later(m);
	k.data = buf + MISSIU_HEADROOM;
	k.len = fuzz_wire(k.data, data[0], data + 1, size - 1);
	missiu_stats_get(m, &s0);
	if (missiu_inbound(m, &v, 1, now)) {
		if (k.data < buf ||
		    k.len > (size_t)(buf + sizeof(buf) - k.data))
			abort();
		if (k.verdict == MISSIU_V_DONE && !fuzz_is_ip(k.data, k.len))
			abort();
	}
	missiu_stats_get(m, &s1);
	kept = k.verdict == MISSIU_V_HELD || k.verdict == MISSIU_V_USED;
	if (fuzz_counted(&s1) != fuzz_counted(&s0) + !kept)
		abort();
	return 0;
}
