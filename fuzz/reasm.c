/* SPDX-License-Identifier: Apache-2.0 */
/* Fragments of IPv4 and IPv6 in any order, with time: limits hold always. */
#include <stdlib.h>
#include <string.h>

#include "ipsec/frag.h"
#include "ipsec/reasm.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Input: records of { time step, length, bytes of a packet }. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const struct reasm_conf conf = { 20000, 8000, 50, 10, 1000000 };
	uint64_t drops[MISSIU_DROP_MAX] = { 0 };
	static struct reasm r;
	missiu_usec now = 1;

	reasm_init(&r, &conf, 1, drops);
	while (len >= 2) {
		size_t n = data[1] < len - 2 ? data[1] : len - 2;
		struct missiu_pkt p = { .cap = n + 4096, .len = n };
		struct ip_info ip;

		now += data[0] * UINT64_C(10000);
		p.head = p.data = malloc(p.cap);
		if (!p.head)
			abort();
		memcpy(p.data, data + 2, n);
		if (!ip_parse(p.data, n, &ip) && ip.frag != IP_WHOLE &&
		    reasm_add(&r, &p, &ip, 0, now).fate == REASM_WHOLE &&
		    ip_parse(p.data, p.len, &ip))
			abort();
		if (r.bytes > conf.max_bytes || r.n > conf.max_dgrams)
			abort();
		free(p.head);
		data += 2 + n;
		len -= 2 + n;
	}
	reasm_fini(&r);
	if (r.bytes || r.n)
		abort();
	return 0;
}
