/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a packet that leaves. What was sealed must open again at the
 * other end and be the same packet (transport over UDP: checksums may differ).
 */
#include <stdlib.h>
#include <string.h>

#include "esp_rig.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Is @k, which came back, what was sent? Reassembly takes a header off. */
static bool same(struct missiu_pkt *k, const uint8_t *data, size_t size)
{
	struct ip_info ip;

	if (ip_parse(data, size, &ip) || k->len > ip.len)
		return false;
	if (ip.family == 6 && k->len + 8 == ip.len)
		return true;
	return k->len == ip.len && fuzz_same(k, data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t buf[FUZZ_ROOM];
	struct missiu_pkt k = { .head = buf, .cap = sizeof(buf) }, *v = &k;
	struct missiu_event ev;
	struct missiu *m;
	missiu_usec now;
	size_t len;

	if (size > 4000)
		return 0;
	m = fuzz_engine();
	now = fuzz_later(m);
	k.data = buf + MISSIU_HEADROOM;
	k.len = size;
	if (size)
		memcpy(k.data, data, size);
	if (!missiu_outbound(m, &v, 1, now) || k.verdict == MISSIU_V_CLEAR)
		goto out;
	len = k.len;
	if (len > (size_t)(buf + sizeof(buf) - k.data) ||
	    !fuzz_is_ip(k.data, len))
		abort();
	missiu_inbound(m, &v, 1, now);
	if (k.drop == MISSIU_DROP_IN_STATE_PROTO ||
	    k.drop == MISSIU_DROP_IN_BAD_PAD)
		abort();
	if (k.verdict == MISSIU_V_DONE && !same(&k, data, size))
		abort();
out:
	while (missiu_event_next(m, &ev))
		missiu_acquire_failed(m, ev.acquire_id);
	return 0;
}
