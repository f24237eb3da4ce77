/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two bytes describe a super-packet, the rest is cut as one; then the rest is
 * taken as packets, each after a 16-bit length, and merged: none gets lost.
 */
#include <stdlib.h>
#include <string.h>

#include "common/rd.h"
#include "missiu/offload.h"

#define ROOM 65600
#define MANY 32

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void cut(const uint8_t *p, size_t len, const struct missiu_offload *o)
{
	static uint8_t out[ROOM];
	struct missiu_pkt k = { .data = out };
	struct missiu_gso g;

	if (missiu_gso_start(&g, p, len, o))
		return;
	for (size_t n = 0; n < 1000 && missiu_gso_next(&g, &k); n++)
		if (k.len > missiu_gso_room(&g) && !g.done)
			abort();
}

static void merge(struct rd r)
{
	static struct missiu_gro g;
	static uint8_t mem[MANY][2048];
	struct missiu_pkt k[MANY], *v[MANY];
	const uint8_t *p;
	size_t n = 0, all = 0;
	uint16_t len;

	for (; n < MANY && rd_be16(&r, &len); n++) {
		len %= sizeof(mem[0]);
		if (len > rd_left(&r))
			len = (uint16_t)rd_left(&r);
		if (!rd_take(&r, len, &p))
			break;
		memcpy(mem[n], p, len);
		k[n] = (struct missiu_pkt){ .data = mem[n], .len = len };
		v[n] = &k[n];
	}
	missiu_gro(&g, v, n);
	for (size_t i = 0; i < g.n; i++)
		all += g.item[i].n;
	if (all != n)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct missiu_offload o = { 0 };
	struct rd r = rd_from(data, size);
	uint8_t how;

	if (!rd_u8(&r, &how) || !rd_u8(&r, &o.seg))
		return 0;
	o.seg_size = (uint16_t)(how * 9);
	o.seg %= 4;
	o.csum_needed = how & 1;
	o.csum_start = how;
	o.csum_off = 16;
	cut(r.p, rd_left(&r), &o);
	merge(r);
	return 0;
}
