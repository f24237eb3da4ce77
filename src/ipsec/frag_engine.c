/* SPDX-License-Identifier: Apache-2.0 */
/* Fragments in the engine: more packets out than in, or fewer. */
#include "ipsec/state.h"

void missiu_set_mtu(struct missiu *m, uint32_t mtu)
{
	m->mtu = mtu && mtu < UINT16_MAX ? mtu : UINT16_MAX;
}

uint32_t engine_ip_id(struct missiu *m, uint8_t family)
{
	if (family == 4) {
		if (!++m->ip_id)
			++m->ip_id;
		return m->ip_id;
	}
	if (!++m->ip6_id)
		++m->ip6_id;
	return m->ip6_id;
}

enum missiu_drop cut_packet(struct missiu *m, struct frag_queue *q,
			    struct missiu_pkt *p, uint32_t mtu)
{
	enum missiu_drop why;
	struct ip_info ip;

	if (p->len <= mtu)
		return MISSIU_DROP_NONE;
	if (ip_parse(p->data, p->len, &ip))
		return MISSIU_DROP_OUT_HDR_ERROR;
	why = frag_cut(q, p, &ip, mtu, engine_ip_id(m, ip.family));
	if (!why)
		m->stats.fragmented++;
	return why;
}

bool put_together(struct missiu *m, struct reasm *r, struct missiu_pkt *p,
		  struct ip_info *ip, uint64_t ctx, missiu_usec now,
		  uint32_t *biggest)
{
	struct reasm_result res = reasm_add(r, p, ip, ctx, now);

	if (res.fate == REASM_KEPT) {
		p->verdict = MISSIU_V_HELD;
		return false;
	}
	if (res.fate == REASM_WHOLE && ip_parse(p->data, p->len, ip))
		res = (struct reasm_result){ .fate = REASM_DROP,
					     .why = MISSIU_DROP_REASM_BAD };
	if (res.fate == REASM_DROP) {
		engine_drop(m, p, res.why);
		return false;
	}
	ip->rebuilt = true;
	if (biggest)
		*biggest = res.biggest;
	m->stats.reassembled++;
	return true;
}

/* Fill the caller's packets; those too small for theirs are left empty. */
static size_t fetch(struct missiu *m, struct frag_queue *q,
		    struct missiu_pkt *v[], size_t n)
{
	size_t got = 0;
	bool lost;

	while (got < n && frag_queue_get(q, v[got], &lost)) {
		if (lost)
			engine_drop(m, v[got], MISSIU_DROP_OUT_NO_ROOM);
		else
			v[got++]->verdict = MISSIU_V_DONE;
	}
	return got;
}

size_t missiu_fragments(struct missiu *m, enum missiu_dir dir,
			struct missiu_pkt *v[], size_t n, size_t *done,
			missiu_usec now)
{
	size_t got;

	if (dir == MISSIU_IN) {
		*done = fetch(m, &m->in_done, v, n);
		return *done;
	}
	got = fetch(m, &m->out_cut, v, n);
	engine_outbound(m, v, got, now, OUT_PIECES);
	got += fetch(m, &m->out_done, v + got, n - got);
	*done = got;
	return engine_sort(v, got);
}
