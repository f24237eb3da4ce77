/* SPDX-License-Identifier: Apache-2.0 */
/* SAs, policies and algorithms as PF_KEY extensions, and back. */
#include <errno.h>

#include "common/addr.h"
#include "common/diag.h"
#include "ctl/pfkey.h"

#define STATE_MATURE 1
#define NAT_ESPINUDP 2
#define PROTO_ANY    255 /* IPSEC_PROTO_ANY */
#define PROTO_ICMP   1
#define PROTO_ICMP6  58
#define WINDOW_MAX   4096
#define EALG_NULL    11
#define AALG_NULL    251
#define LEGACY	     (MISSIU_LEGACY != 0)

struct alg_map {
	uint8_t number; /* SADB_EALG_..., SADB_AALG_... */
	uint8_t id;	/* enum missiu_encr, enum missiu_auth */
	uint8_t icv;	/* AEADs have a number for each ICV length; else 0 */
	uint8_t iv_len, key_lo, key_hi; /* bytes, without salt */
	bool usable;			/* the engine has it: REGISTER tells */
};

/*
 * 249 and 250 are of the range for private use (RFC 2407 4.4.4, 4.5): the
 * registry of PF_KEY numbers ends before these algorithms. This layer knows no
 * cryptography; a test keeps the sizes equal to those of crypto/algs.c.
 */
static const struct alg_map encr_map[] = {
	{ 2, MISSIU_ENCR_DES, 0, 8, 8, 8, LEGACY },
	{ 3, MISSIU_ENCR_3DES, 0, 8, 24, 24, true },
	{ 7, MISSIU_ENCR_BLOWFISH, 0, 8, 5, 56, LEGACY },
	{ EALG_NULL, MISSIU_ENCR_NULL, 0, 0, 0, 0, true },
	{ 12, MISSIU_ENCR_AES_CBC, 0, 16, 16, 32, true },
	{ 13, MISSIU_ENCR_AES_CTR, 0, 8, 16, 32, true },
	{ 14, MISSIU_ENCR_AES_CCM, 8, 8, 16, 32, true },
	{ 15, MISSIU_ENCR_AES_CCM, 12, 8, 16, 32, true },
	{ 16, MISSIU_ENCR_AES_CCM, 16, 8, 16, 32, true },
	{ 18, MISSIU_ENCR_AES_GCM, 8, 8, 16, 32, true },
	{ 19, MISSIU_ENCR_AES_GCM, 12, 8, 16, 32, true },
	{ 20, MISSIU_ENCR_AES_GCM, 16, 8, 16, 32, true },
	{ 23, MISSIU_ENCR_AES_GMAC, 16, 8, 16, 32, true },
	{ 249, MISSIU_ENCR_CHACHA20_POLY1305, 16, 8, 32, 32, true },
};

static const struct alg_map auth_map[] = {
	{ AALG_NULL, MISSIU_AUTH_NONE, 0, 0, 0, 0, true },
	{ 2, MISSIU_AUTH_MD5, 0, 0, 16, 16, LEGACY },
	{ 3, MISSIU_AUTH_SHA1, 0, 0, 20, 20, true },
	{ 5, MISSIU_AUTH_SHA256, 0, 0, 32, 32, true },
	{ 6, MISSIU_AUTH_SHA384, 0, 0, 48, 48, true },
	{ 7, MISSIU_AUTH_SHA512, 0, 0, 64, 64, true },
	{ 9, MISSIU_AUTH_AES_XCBC, 0, 0, 16, 16, true },
	/* As in the registry of AH transforms (RFC 4543 8). */
	{ 11, MISSIU_AUTH_AES128_GMAC, 0, 8, 20, 20, true },
	{ 12, MISSIU_AUTH_AES192_GMAC, 0, 8, 28, 28, true },
	{ 13, MISSIU_AUTH_AES256_GMAC, 0, 8, 36, 36, true },
	{ 249, MISSIU_AUTH_AES_CMAC, 0, 0, 16, 16, true },
	{ 250, MISSIU_AUTH_BLAKE2B, 0, 0, 32, 32, true },
	{ 252, MISSIU_AUTH_BLAKE2S, 0, 0, 32, 32, true },
};

#define N_ENCR (sizeof(encr_map) / sizeof(encr_map[0]))
#define N_AUTH (sizeof(auth_map) / sizeof(auth_map[0]))

/* An algorithm's entry; an AEAD without ICV length has the default, 16. */
static const struct alg_map *by_id(const struct alg_map *v, size_t n,
				   uint8_t id, uint8_t icv)
{
	const struct alg_map *last = NULL;
	size_t i;

	for (i = 0; i < n; i++) {
		if (v[i].id != id)
			continue;
		last = &v[i];
		if (v[i].icv == icv)
			break;
	}
	return last;
}

static uint8_t number_of(const struct alg_map *v, size_t n, uint8_t id,
			 uint8_t icv)
{
	const struct alg_map *a = by_id(v, n, id, icv);

	return a ? a->number : 0;
}

static const struct alg_map *by_number(const struct alg_map *v, size_t n,
				       uint8_t number)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (v[i].number == number)
			return &v[i];
	return NULL;
}

static const struct {
	int err;
	uint8_t e;
} errnos[] = {
	{ MISSIU_EINVAL, EINVAL },
	{ MISSIU_ENOMEM, ENOMEM },
	{ MISSIU_ENOENT, ESRCH },
	{ MISSIU_EEXIST, EEXIST },
	{ MISSIU_ESHORT, EMSGSIZE },
	{ MISSIU_EPROTO, EBADMSG },
	{ MISSIU_EFULL, ENOSPC },
	{ MISSIU_EUNSUP, EOPNOTSUPP },
	{ MISSIU_EPERM, EPERM },
	{ MISSIU_EBUSY, EBUSY },
	{ MISSIU_EIO, EIO },
	{ MISSIU_ETIME, ETIMEDOUT },
	{ MISSIU_EAGAIN, EAGAIN },
	{ MISSIU_ECONN, ECONNREFUSED },
	{ MISSIU_EKEYLEN, EKEYREJECTED },
	{ MISSIU_ENOENT, ENOENT },
};

#define N_ERRNOS (sizeof(errnos) / sizeof(errnos[0]))

uint8_t pfkey_errno(int err)
{
	size_t i;

	for (i = 0; i < N_ERRNOS; i++)
		if (errnos[i].err == err)
			return errnos[i].e;
	return err ? EINVAL : 0;
}

int pfkey_from_errno(uint8_t e)
{
	size_t i;

	for (i = 0; i < N_ERRNOS; i++)
		if (errnos[i].e == e)
			return errnos[i].err;
	return e ? MISSIU_EINVAL : 0;
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
	m->sa.auth = number_of(auth_map, N_AUTH, sa->auth, 0);
	if (sa->proto == MISSIU_ESP)
		m->sa.encr = number_of(encr_map, N_ENCR, sa->encr, sa->icv_len);
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
	const struct alg_map *e = by_number(encr_map, N_ENCR, m->sa.encr);
	const struct alg_map *a = by_number(auth_map, N_AUTH, m->sa.auth);

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

static void set_algs(struct pfkey_algs *out, const struct alg_map *v, size_t n)
{
	size_t i;

	for (i = 0; i < n && out->n < PFKEY_ALG_MAX; i++)
		if (v[i].usable)
			out->v[out->n++] = (struct pfkey_alg){
				.id = v[i].number,
				.iv_len = v[i].iv_len,
				.bits_lo = (uint16_t)(v[i].key_lo * 8),
				.bits_hi = (uint16_t)(v[i].key_hi * 8),
			};
}

void pfkey_set_supported(struct pfkey_msg *m)
{
	set_algs(&m->sup_auth, auth_map, N_AUTH);
	set_algs(&m->sup_encr, encr_map, N_ENCR);
	m->have |= PFH_SUP_AUTH | PFH_SUP_ENCR;
}

static void add_comb(struct pfkey_msg *m, const struct missiu_policy *p,
		     uint8_t encr, uint8_t auth)
{
	const struct missiu_prot *l = &p->prot[0];
	const struct alg_map *e = by_id(encr_map, N_ENCR, encr, l->icv_len);
	const struct alg_map *a = by_id(auth_map, N_AUTH, auth, 0);
	struct pfkey_comb *c;

	if (m->prop.n == PFKEY_COMB_MAX)
		return;
	c = &m->prop.v[m->prop.n++];
	*c = (struct pfkey_comb){ .hard_bytes = p->life_bytes,
				  .hard_s = p->life_s };
	if (e && l->proto == MISSIU_ESP) {
		uint8_t lo = l->key_len ? l->key_len : e->key_lo;
		uint8_t hi = l->key_len ? l->key_len : e->key_hi;

		c->encr = e->number;
		c->encr_bits_lo = (uint16_t)(lo * 8);
		c->encr_bits_hi = (uint16_t)(hi * 8);
	}
	if (a && auth != MISSIU_AUTH_NONE) {
		c->auth = a->number;
		c->auth_bits_lo = c->auth_bits_hi = (uint16_t)(a->key_lo * 8);
	}
}

void pfkey_set_proposal(struct pfkey_msg *m, const struct missiu_policy *p)
{
	const struct missiu_prot *l = &p->prot[0];
	uint8_t auth = l->auth ? l->auth : MISSIU_AUTH_SHA256;
	const struct alg_map *e = by_id(encr_map, N_ENCR, l->encr, l->icv_len);

	m->have |= PFH_PROPOSAL;
	if (!p->n_prot)
		return;
	if (e) {
		add_comb(m, p, l->encr, e->icv ? MISSIU_AUTH_NONE : auth);
		return;
	}
	/* Any cipher: an AEAD where integrity is open too, then AES-CBC. */
	if (!l->auth || l->auth == MISSIU_AUTH_NONE)
		add_comb(m, p, MISSIU_ENCR_AES_GCM, MISSIU_AUTH_NONE);
	if (l->auth != MISSIU_AUTH_NONE)
		add_comb(m, p, MISSIU_ENCR_AES_CBC, auth);
}
