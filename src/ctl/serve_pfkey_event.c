/* SPDX-License-Identifier: Apache-2.0 */
/* Events of the engine as PF_KEY messages. */
#include "common/addr.h"
#include "ctl/serve_pfkey_impl.h"

static void set_acquire(const struct missiu *m, const struct missiu_event *ev,
			struct pfkey_msg *r)
{
	const struct missiu_policy want = { .id = ev->policy_id };
	struct missiu_policy p;

	r->type = PFKEY_ACQUIRE;
	r->seq = ev->acquire_id;
	r->satype = PFKEY_SA_ESP;
	if (pfkey_find_policy(m, &want, &p)) {
		pfkey_set_policy(r, &p);
		pfkey_set_proposal(r, &p);
		r->satype = pfkey_satype(p.prot[0].proto);
		r->have &= ~(uint32_t)(PFH_X_POLICY | PFH_LIFE_HARD);
	}
	/* The packet's own addresses: the standard's place for them. */
	pfkey_set_packet(r, &ev->pkt_src, &ev->pkt_dst);
}

static void set_expire(const struct missiu_event *ev, struct pfkey_msg *r)
{
	r->type = PFKEY_EXPIRE;
	pfkey_set_sa_name(r, ev->proto, ev->spi, &ev->dst);
	r->have |= PFH_LIFE_CUR;
	r->have |= ev->kind == MISSIU_EV_HARD ? PFH_LIFE_HARD : PFH_LIFE_SOFT;
}

void pfkey_event(struct missiu *m, const struct missiu_event *ev,
		 struct ctl_buf *out)
{
	struct pfkey_msg r = { .event = *ev, .have = PFH_X_EVENT };

	switch (ev->kind) {
	case MISSIU_EV_ACQUIRE:
		set_acquire(m, ev, &r);
		break;
	case MISSIU_EV_SOFT:
	case MISSIU_EV_HARD:
	case MISSIU_EV_IDLE:
	case MISSIU_EV_SILENT:
	case MISSIU_EV_HEARD:
		set_expire(ev, &r);
		break;
	case MISSIU_EV_SA_DELETED:
		r.type = PFKEY_DELETE;
		pfkey_set_sa_name(&r, ev->proto, ev->spi, &ev->dst);
		break;
	case MISSIU_EV_SPD_CHANGED:
		r.type = PFKEY_X_PCHANGE;
		break;
	case MISSIU_EV_NAT_CHANGE:
		r.type = PFKEY_X_NEW_MAPPING;
		pfkey_set_sa_name(&r, ev->proto, ev->spi, &ev->dst);
		r.dst.addr = ev->addr;
		r.dst.plen = (uint8_t)(addr_len(&ev->addr) * 8);
		r.nat_dport = ev->port;
		r.have |= PFH_NAT_DPORT;
		break;
	}
	(void)pfkey_emit(out, &r);
}
