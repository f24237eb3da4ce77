/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Byte 0, bit 0: a packet that leaves (0): if AH protects it, it must come back
 * as it was; or one that arrives (1), with a right ICV where it has AH for an
 * SA of ours, so that what is inside gets looked at.
 */
#include "ah_rig.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void leave(struct missiu *m, struct missiu_pkt *k, const uint8_t *data)
{
	struct missiu_pkt *v = k;
	size_t len = k->len;
	struct ip_info ip;

	/* ESP in AH is taken for a bundle where it arrives. */
	if (ip_parse(k->data, k->len, &ip) || ip.proto == IP_P_ESP)
		return;
	if (!missiu_outbound(m, &v, 1, 1000) || k->verdict != MISSIU_V_DONE)
		return;
	if (!missiu_inbound(m, &v, 1, 1000) || k->verdict != MISSIU_V_DONE ||
	    k->len > len)
		abort();
	/* Reassembly takes a header off. */
	if (ip.family == 6 && ip.frag != IP_WHOLE)
		return;
	/* A wrong header checksum is made right. */
	if (k->data[0] >> 4 == 4)
		memcpy(k->data + 10, data + 10, 2);
	if (memcmp(k->data, data, k->len))
		abort();
}

static void arrive(struct missiu *m, struct missiu_pkt *k)
{
	struct missiu_pkt *v = k;
	struct ip_info ip;

	ah_authenticate(k);
	if (missiu_inbound(m, &v, 1, 1000) &&
	    (ip_parse(k->data, k->len, &ip) || ip.len > k->len))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t buf[MISSIU_HEADROOM + 4200 + MISSIU_TAILROOM];
	struct missiu_pkt k = { .head = buf, .cap = sizeof(buf) };
	struct missiu *m;

	if (size < 2 || size > 4000)
		return 0;
	m = ah_engine();
	k.data = buf + MISSIU_HEADROOM;
	k.len = size - 1;
	memcpy(k.data, data + 1, k.len);
	if (data[0] & 1)
		arrive(m, &k);
	else
		leave(m, &k, data + 1);
	missiu_free(m);
	return 0;
}
