/* SPDX-License-Identifier: Apache-2.0 */
/* SAs as PF_KEY extensions, and back. */
#include "common/addr.h"
#include "common/diag.h"
#include "ctl/pfkey.h"
#include "ctl/pfkey_algs.h"

#define STATE_MATURE 1
#define NAT_ESPINUDP 2

static uint8_t number_of(const struct pfkey_alg_table *t, uint8_t id,
			 uint8_t icv)
{
	const struct pfkey_alg_map *a = pfkey_alg_by_id(t, id, icv);

	return a ? a->number : 0;
}

uint8_t pfkey_satype(uint8_t proto)
{
	return proto == MISSIU_ESP ? PFKEY_SA_ESP :
	       proto == MISSIU_AH  ? PFKEY_SA_AH :
				     PFKEY_SA_UNSPEC;
}

uint8_t pfkey_proto(uint8_t satype)
{
	return satype == PFKEY_SA_ESP ? MISSIU_ESP :
	       satype == PFKEY_SA_AH  ? MISSIU_AH :
					0;
}

/* A host's address; "any" takes the family of the other end. */
static struct pfkey_addr host_addr(const struct missiu_addr *a, uint8_t family)
{
	struct pfkey_addr out = { .addr = *a };

	if (!out.addr.family)
		out.addr.family = family;
	if (!addr_is_any(a))
		out.plen = (uint8_t)(addr_len(a) * 8);
	return out;
}

void pfkey_set_sa_name(struct pfkey_msg *m, uint8_t proto, uint32_t spi,
		       const struct missiu_addr *dst)
{
	const struct missiu_addr any = { 0 };

	m->satype = pfkey_satype(proto);
	m->sa.spi = spi;
	m->sa.state = STATE_MATURE;
	m->src = host_addr(&any, dst->family);
	m->dst = host_addr(dst, 4);
	m->have |= PFH_SA | PFH_SRC | PFH_DST;
}

static void set_keys(struct pfkey_msg *m, const struct missiu_sa *sa)
{
	if (sa->encr_key_len) {
		m->encr_key.len = sa->encr_key_len;
		memcpy(m->encr_key.key, sa->encr_key, sa->encr_key_len);
		m->have |= PFH_KEY_ENCR;
	}
	if (sa->auth_key_len) {
		m->auth_key.len = sa->auth_key_len;
		memcpy(m->auth_key.key, sa->auth_key, sa->auth_key_len);
		m->have |= PFH_KEY_AUTH;
	}
}

static void set_lives(struct pfkey_msg *m, const struct missiu_sa *sa)
{
	if (sa->hard_s || sa->hard_bytes) {
		m->hard.add_s = sa->hard_s;
		m->hard.bytes = sa->hard_bytes;
		m->have |= PFH_LIFE_HARD;
	}
	if (sa->soft_s || sa->soft_bytes) {
		m->soft.add_s = sa->soft_s;
		m->soft.bytes = sa->soft_bytes;
		m->have |= PFH_LIFE_SOFT;
	}
}

static void set_ts(struct pfkey_msg *m, const struct missiu_sa *sa)
{
	if (!sa->n_ts_src && !sa->n_ts_dst)
		return;
	m->n_ts_src = sa->n_ts_src;
	m->n_ts_dst = sa->n_ts_dst;
	memcpy(m->ts_src, sa->ts_src, sizeof(m->ts_src));
	memcpy(m->ts_dst, sa->ts_dst, sizeof(m->ts_dst));
	m->have |= PFH_X_TS;
}

void pfkey_set_sa(struct pfkey_msg *m, const struct missiu_sa *sa, bool keys)
{
	pfkey_set_sa_name(m, sa->proto, sa->spi, &sa->dst);
	m->src = host_addr(&sa->src, sa->dst.family);
	m->sa.replay =
		(uint8_t)(sa->replay_window < UINT8_MAX ? sa->replay_window :
							  UINT8_MAX);
	m->sa.auth = number_of(&pfkey_auth_algs, sa->auth, 0);
	if (sa->proto == MISSIU_ESP)
		m->sa.encr = number_of(&pfkey_encr_algs, sa->encr, sa->icv_len);
	m->mode = sa->mode;
	m->reqid = sa->policy_id;
	m->x_sa = (struct pfkey_x_sa){ .dir = sa->dir,
				       .flags = sa->flags,
				       .window = sa->replay_window,
				       .mate_spi = sa->mate_spi,
				       .owner = sa->owner,
				       .soft_packets = sa->soft_packets,
				       .hard_packets = sa->hard_packets,
				       .idle_s = sa->idle_s,
				       .silent_s = sa->silent_s,
				       .heard_s = sa->heard_s };
	m->have |= PFH_SA2 | PFH_X_SA;
	if (keys)
		set_keys(m, sa);
	set_lives(m, sa);
	set_ts(m, sa);
	if (sa->encap_sport || sa->encap_dport) {
		m->nat_type = NAT_ESPINUDP;
		m->nat_sport = sa->encap_sport;
		m->nat_dport = sa->encap_dport;
		m->have |= PFH_NAT_TYPE | PFH_NAT_SPORT | PFH_NAT_DPORT;
	}
}

int pfkey_get_sa_name(const struct pfkey_msg *m, struct missiu_sa *out,
		      struct missiu_diag *diag)
{
	memset(out, 0, sizeof(*out));
	out->proto = pfkey_proto(m->satype);
	if (!out->proto)
		return diag_set(diag, MISSIU_EINVAL,
				"SA type %u: neither ESP nor AH", m->satype);
	if ((m->have & (PFH_SA | PFH_DST)) != (PFH_SA | PFH_DST))
		return diag_set(diag, MISSIU_EINVAL,
				"an SA needs its SPI and destination address");
	out->spi = m->sa.spi;
	out->dst = m->dst.addr;
	return 0;
}

static int get_suite(const struct pfkey_msg *m, struct missiu_sa *sa,
		     struct missiu_diag *diag)
{
	const struct pfkey_alg_map *e =
		pfkey_alg_by_number(&pfkey_encr_algs, m->sa.encr);
	const struct pfkey_alg_map *a =
		pfkey_alg_by_number(&pfkey_auth_algs, m->sa.auth);

	if (!m->sa.encr && !m->sa.auth)
		return 0;
	if (m->sa.auth && !a)
		return diag_set(diag, MISSIU_EUNSUP,
				"unknown authentication algorithm %u",
				m->sa.auth);
	sa->auth = a ? a->id : MISSIU_AUTH_NONE;
	if (sa->proto == MISSIU_AH) {
		if (m->sa.encr)
			return diag_set(diag, MISSIU_EINVAL,
					"AH does not encrypt");
		sa->encr = MISSIU_ENCR_NULL;
		return 0;
	}
	if (!e)
		return diag_set(diag, MISSIU_EUNSUP,
				"unknown encryption algorithm %u", m->sa.encr);
	sa->encr = e->id;
	sa->icv_len = e->icv;
	return 0;
}

static void get_keys(const struct pfkey_msg *m, struct missiu_sa *sa)
{
	sa->encr_key_len = m->encr_key.len;
	memcpy(sa->encr_key, m->encr_key.key, sizeof(sa->encr_key));
	sa->auth_key_len = m->auth_key.len;
	memcpy(sa->auth_key, m->auth_key.key, sizeof(sa->auth_key));
	sa->hard_s = m->hard.add_s;
	sa->hard_bytes = m->hard.bytes;
	sa->soft_s = m->soft.add_s;
	sa->soft_bytes = m->soft.bytes;
}

static int get_ends(const struct pfkey_msg *m, struct missiu_sa *sa,
		    struct missiu_diag *diag)
{
	if (!(m->have & PFH_SRC))
		return diag_set(diag, MISSIU_EINVAL,
				"an SA needs a source address");
	if (m->src.addr.family != m->dst.addr.family)
		return diag_set(diag, MISSIU_EINVAL,
				"source and destination of different families");
	if (!addr_is_any(&m->src.addr))
		sa->src = m->src.addr;
	if ((m->have & PFH_NAT_TYPE) && m->nat_type) {
		if (m->nat_type != NAT_ESPINUDP)
			return diag_set(diag, MISSIU_EUNSUP,
					"UDP encapsulation type %u",
					m->nat_type);
		sa->encap_sport = m->nat_sport;
		sa->encap_dport = m->nat_dport;
	}
	return 0;
}

/* What RFC 2367 cannot say, or what an SA is like when it was not said. */
static void get_extra(const struct pfkey_msg *m, struct missiu_sa *sa)
{
	sa->mode = m->mode;
	sa->policy_id = m->reqid;
	if (m->have & PFH_X_SA) {
		sa->dir = m->x_sa.dir;
		sa->flags = m->x_sa.flags;
		sa->replay_window = m->x_sa.window;
		sa->mate_spi = m->x_sa.mate_spi;
		sa->owner = m->x_sa.owner;
		sa->soft_packets = m->x_sa.soft_packets;
		sa->hard_packets = m->x_sa.hard_packets;
		sa->idle_s = m->x_sa.idle_s;
		sa->silent_s = m->x_sa.silent_s;
		sa->heard_s = m->x_sa.heard_s;
	} else {
		sa->dir = MISSIU_IN | MISSIU_OUT;
		sa->flags = MISSIU_SA_MANUAL;
		sa->replay_window = m->sa.replay;
	}
	sa->n_ts_src = m->n_ts_src;
	sa->n_ts_dst = m->n_ts_dst;
	memcpy(sa->ts_src, m->ts_src, sizeof(sa->ts_src));
	memcpy(sa->ts_dst, m->ts_dst, sizeof(sa->ts_dst));
}

int pfkey_get_sa(const struct pfkey_msg *m, struct missiu_sa *out,
		 struct missiu_diag *diag)
{
	int err = pfkey_get_sa_name(m, out, diag);

	if (!err)
		err = get_ends(m, out, diag);
	if (!err)
		err = get_suite(m, out, diag);
	if (err)
		return err;
	get_keys(m, out);
	get_extra(m, out);
	if (!out->mode && !(out->flags & MISSIU_SA_MANUAL))
		return diag_set(diag, MISSIU_EINVAL,
				"neither transport nor tunnel mode");
	return 0;
}
