/* SPDX-License-Identifier: Apache-2.0 */
/* Policies and selectors as PF_KEY extensions, and back. */
#include "common/addr.h"
#include "common/diag.h"
#include "ctl/pfkey.h"

#define PROTO_ANY   255 /* IPSEC_PROTO_ANY */
#define PROTO_ICMP  1
#define PROTO_ICMP6 58

/*
 * The nearest prefix of a selector. Ranges and lists need the private
 * extension; a client that does not know it sees the smallest prefix around.
 */
static struct pfkey_addr ts_addr(const struct missiu_ts *ts, uint8_t family)
{
	struct pfkey_addr out = { .addr = ts->lo, .proto = ts->proto };
	struct missiu_addr lo, hi;
	unsigned plen;

	if (!out.addr.family) {
		out.addr.family = family;
	} else {
		plen = (unsigned)addr_len(&ts->lo) * 8;
		while (addr_prefix(&ts->lo, plen, &lo, &hi) && plen &&
		       addr_cmp(&hi, &ts->hi) < 0)
			plen--;
		out.addr = lo;
		out.plen = (uint8_t)plen;
	}
	if (ts->port_lo == ts->port_hi)
		out.port = ts->port_lo;
	if (!out.proto)
		out.proto = PROTO_ANY;
	return out;
}

void pfkey_set_packet(struct pfkey_msg *m, const struct missiu_ts *src,
		      const struct missiu_ts *dst)
{
	uint8_t family = src->lo.family ? src->lo.family :
			 dst->lo.family ? dst->lo.family :
					  4;

	m->src = ts_addr(src, family);
	m->dst = ts_addr(dst, family);
	m->have |= PFH_SRC | PFH_DST;
}

static const uint16_t pol_types[] = {
	[MISSIU_PROTECT] = PFKEY_POL_IPSEC,
	[MISSIU_BYPASS] = PFKEY_POL_NONE,
	[MISSIU_DISCARD] = PFKEY_POL_DISCARD,
};

static void set_requests(struct pfkey_policy *out,
			 const struct missiu_policy *p, bool outbound)
{
	bool unique = p->flags & MISSIU_POL_UNIQUE;
	uint8_t i;

	out->n = p->n_prot;
	for (i = 0; i < p->n_prot; i++) {
		struct pfkey_req *q = &out->req[i];

		*q = (struct pfkey_req){ .proto = p->prot[i].proto,
					 .mode = p->mode,
					 .level = unique ? PFKEY_LEVEL_UNIQUE :
							   PFKEY_LEVEL_REQUIRE,
					 .reqid = p->id };
		if (p->mode != MISSIU_TUNNEL || !p->tun_remote.family)
			continue;
		q->src = outbound ? p->tun_local : p->tun_remote;
		q->dst = outbound ? p->tun_remote : p->tun_local;
		if (!q->src.family)
			q->src.family = q->dst.family;
		if (!q->dst.family)
			q->dst.family = q->src.family;
	}
}

void pfkey_set_policy(struct pfkey_msg *m, const struct missiu_policy *p)
{
	bool outbound = p->dirs & MISSIU_OUT;
	const struct missiu_ts *src = outbound ? &p->local : &p->remote;
	const struct missiu_ts *dst = outbound ? &p->remote : &p->local;

	pfkey_set_packet(m, src, dst);
	m->pol = (struct pfkey_policy){ .type = pol_types[p->action],
					.dir = outbound ? PFKEY_DIR_OUT :
							  PFKEY_DIR_IN,
					.id = p->id };
	set_requests(&m->pol, p, outbound);
	m->hard.add_s = p->life_s;
	m->hard.bytes = p->life_bytes;
	m->x_policy = *p;
	m->have |= PFH_POLICY | PFH_X_POLICY;
	if (p->life_s || p->life_bytes)
		m->have |= PFH_LIFE_HARD;
}

static int addr_ts(const struct pfkey_addr *a, struct missiu_ts *ts,
		   struct missiu_diag *diag)
{
	ts->proto = a->proto == PROTO_ANY ? 0 : a->proto;
	if (a->port && (ts->proto == PROTO_ICMP || ts->proto == PROTO_ICMP6))
		return diag_set(diag, MISSIU_EUNSUP,
				"ICMP types need the full policy extension");
	ts->port_lo = a->port;
	ts->port_hi = a->port ? a->port : UINT16_MAX;
	if (!addr_prefix(&a->addr, a->plen, &ts->lo, &ts->hi))
		return diag_set(diag, MISSIU_EINVAL, "bad prefix length");
	return 0;
}

/* An unspecified end is taken from the packet. */
static struct missiu_addr tunnel_end(const struct missiu_addr *a)
{
	return addr_is_any(a) ? (struct missiu_addr){ 0 } : *a;
}

static int get_requests(const struct pfkey_policy *in, struct missiu_policy *p,
			struct missiu_diag *diag)
{
	bool outbound = in->dir == PFKEY_DIR_OUT;
	uint8_t i;

	for (i = 0; i < in->n; i++) {
		const struct pfkey_req *q = &in->req[i];
		uint8_t mode = q->mode ? q->mode : MISSIU_TRANSPORT;

		if (q->proto != MISSIU_ESP && q->proto != MISSIU_AH)
			return diag_set(diag, MISSIU_EUNSUP,
					"protocol %u: neither ESP nor AH",
					q->proto);
		if (q->level == PFKEY_LEVEL_USE ||
		    q->level > PFKEY_LEVEL_UNIQUE)
			return diag_set(diag, MISSIU_EUNSUP,
					"level %u: protection is never "
					"optional here",
					q->level);
		if (mode > MISSIU_TUNNEL || (i && mode != p->mode))
			return diag_set(diag, MISSIU_EUNSUP,
					"mode %u does not fit", mode);
		p->mode = mode;
		if (q->level == PFKEY_LEVEL_UNIQUE)
			p->flags |= MISSIU_POL_UNIQUE;
		p->prot[i].proto = (uint8_t)q->proto;
		if (q->proto == MISSIU_AH)
			p->prot[i].encr = MISSIU_ENCR_NULL;
		if (mode != MISSIU_TUNNEL || !q->src.family)
			continue;
		p->tun_local = tunnel_end(outbound ? &q->src : &q->dst);
		p->tun_remote = tunnel_end(outbound ? &q->dst : &q->src);
	}
	p->n_prot = in->n;
	return 0;
}

static int get_action(const struct pfkey_policy *in, struct missiu_policy *p,
		      struct missiu_diag *diag)
{
	switch (in->type) {
	case PFKEY_POL_IPSEC:
		p->action = MISSIU_PROTECT;
		break;
	case PFKEY_POL_NONE:
	case PFKEY_POL_BYPASS:
		p->action = MISSIU_BYPASS;
		break;
	case PFKEY_POL_DISCARD:
		p->action = MISSIU_DISCARD;
		break;
	default:
		return diag_set(diag, MISSIU_EUNSUP, "policy type %u",
				in->type);
	}
	if (in->dir != PFKEY_DIR_IN && in->dir != PFKEY_DIR_OUT)
		return diag_set(diag, MISSIU_EUNSUP,
				"policy direction %u: only in and out exist",
				in->dir);
	p->dirs = in->dir == PFKEY_DIR_IN ? MISSIU_IN : MISSIU_OUT;
	if ((p->action == MISSIU_PROTECT) != (in->n > 0))
		return diag_set(diag, MISSIU_EINVAL,
				"a policy has requests if and only if its "
				"type is IPSEC");
	return 0;
}

int pfkey_get_policy(const struct pfkey_msg *m, struct missiu_policy *out,
		     struct missiu_diag *diag)
{
	const uint32_t need = PFH_SRC | PFH_DST | PFH_POLICY;
	struct missiu_policy p = { 0 };
	bool outbound;
	int err;

	if (m->have & PFH_X_POLICY) {
		*out = m->x_policy;
		return 0;
	}
	if ((m->have & need) != need)
		return diag_set(diag, MISSIU_EINVAL,
				"a policy needs two addresses and X_POLICY");
	err = get_action(&m->pol, &p, diag);
	if (!err)
		err = get_requests(&m->pol, &p, diag);
	outbound = p.dirs == MISSIU_OUT;
	if (!err)
		err = addr_ts(outbound ? &m->src : &m->dst, &p.local, diag);
	if (!err)
		err = addr_ts(outbound ? &m->dst : &m->src, &p.remote, diag);
	if (err)
		return err;
	if (p.local.proto != p.remote.proto)
		return diag_set(diag, MISSIU_EINVAL,
				"two different upper-layer protocols");
	p.id = m->pol.id;
	p.life_s = m->hard.add_s;
	p.life_bytes = m->hard.bytes;
	*out = p;
	return 0;
}
