/* SPDX-License-Identifier: Apache-2.0 */
/* Puts the words of one policy together; refuses what makes no sense. */
#include <string.h>

#include "common/addr.h"
#include "crypto/algs.h"
#include "policy/parse.h"

#define ULP_ICMP  1
#define ULP_ICMP6 58
#define BOTH	  (MISSIU_IN | MISSIU_OUT)

static bool has(const struct draft *d, enum key key)
{
	return d->at[key].line != 0;
}

/*
 * Which way the policy looks at a packet: MISSIU_OUT, MISSIU_IN, or 0 for both
 * (sides named by laddr and raddr need no way of looking).
 */
static int find_view(struct parser *ps, const struct draft *d, uint8_t *view)
{
	uint8_t fixed = d->action->aux; /* apply: OUT, permit: IN */
	uint8_t way = d->dir & BOTH;

	if (fixed && way && way != fixed)
		return script_expected(
			ps, &d->dir_at,
			"%s: %s is about %s "
			"packets",
			fixed == MISSIU_OUT ? "out, out_mirrored or mirrored" :
					      "in, in_mirrored or mirrored",
			d->action->name,
			fixed == MISSIU_OUT ? "outbound" : "inbound");
	*view = fixed ? fixed : way;
	if (!*view && d->dialect == DIALECT_S8)
		return script_expected(
			ps, has(d, KEY_DIR) ? &d->dir_at : &d->dialect_at,
			"dir out, in, out_mirrored or "
			"in_mirrored beside it (or laddr and "
			"raddr, which need none)");
	return 0;
}

static void set_sides(const struct draft *d, uint8_t view,
		      struct missiu_policy *p)
{
	bool swap = d->dialect == DIALECT_S8 && view == MISSIU_IN;

	p->dirs = view && !(d->dir & DIR_MIRRORED) ? view : BOTH;
	p->local = d->side[swap];
	p->remote = d->side[!swap];
	p->tun_local = d->tun[swap];
	p->tun_remote = d->tun[!swap];
	p->local.proto = p->remote.proto = (uint8_t)d->v[KEY_ULP];
}

static int check_families(struct parser *ps, const struct draft *d)
{
	uint8_t a = d->side[0].lo.family, b = d->side[1].lo.family;
	uint8_t family = a ? a : b;

	if (a && b && a != b)
		return script_expected(ps, &d->at[KEY_ADDR1],
				       "IPv4 or IPv6 on "
				       "both sides, not one of each");
	if (d->tun[0].family && d->tun[1].family &&
	    d->tun[0].family != d->tun[1].family)
		return script_expected(ps, &d->at[KEY_TUN1],
				       "tunnel ends of "
				       "one family");
	if ((d->v[KEY_ULP] == ULP_ICMP && family == 6) ||
	    (d->v[KEY_ULP] == ULP_ICMP6 && family == 4))
		return script_expected(ps, &d->at[KEY_ULP],
				       "ulp icmp with IPv4 addresses, icmp6 "
				       "with IPv6 addresses");
	return 0;
}

/* Protocols whose ports a policy can select by; 0: any of them. */
static bool ulp_has_ports(uint64_t ulp)
{
	static const uint8_t with_ports[] = { 0,  ULP_ICMP,  6,	  17,
					      33, ULP_ICMP6, 132, 136 };

	return memchr(with_ports, (int)ulp, sizeof(with_ports)) != NULL;
}

static int check_ports(struct parser *ps, const struct draft *d)
{
	const struct token *port =
		has(d, KEY_PORT0) ? &d->at[KEY_PORT0] : &d->at[KEY_PORT1];

	if (!port->line)
		return 0;
	if (!ulp_has_ports(d->v[KEY_ULP]))
		return script_expected(
			ps, port,
			"a port only with ulp tcp, "
			"udp or another protocol that has ports");
	if (has(d, KEY_TYPE))
		return script_expected(ps, port,
				       "either ports or an ICMP type");
	return 0;
}

/* An ICMP selector is type << 8 | code, alike on both sides. */
static int set_icmp(struct parser *ps, const struct draft *d,
		    struct missiu_policy *p)
{
	uint64_t ulp = d->v[KEY_ULP], lo = d->icmp_type[0] << 8,
		 hi = d->icmp_type[1] << 8 | 0xff, named;

	if (!has(d, KEY_TYPE) && !has(d, KEY_CODE))
		return 0;
	if (ulp != ULP_ICMP && ulp != ULP_ICMP6)
		return script_expected(
			ps, &d->at[has(d, KEY_TYPE) ? KEY_TYPE : KEY_CODE],
			"ulp icmp or icmp6 beside it");
	if (d->icmp_named && d->icmp_named != ulp)
		return script_expected(ps, &d->at[KEY_ULP],
				       "the protocol that "
				       "the ICMP type or code belongs to");
	if (has(d, KEY_CODE)) {
		named = d->icmp_code[0] >> 8;
		if (!has(d, KEY_TYPE) || d->icmp_type[0] != d->icmp_type[1] ||
		    (named && named != d->icmp_type[0]))
			return script_expected(ps, &d->at[KEY_CODE],
					       "one ICMP "
					       "type beside it, to which it "
					       "belongs");
		hi = lo | (d->icmp_code[1] & 0xff);
		lo |= d->icmp_code[0] & 0xff;
	}
	p->local.port_lo = p->remote.port_lo = (uint16_t)lo;
	p->local.port_hi = p->remote.port_hi = (uint16_t)hi;
	return 0;
}

static bool icv_fits(const struct encr_alg *a, uint64_t icv_len)
{
	return (icv_len == 8 && a->icv_mask & 1) ||
	       (icv_len == 12 && a->icv_mask & 2) ||
	       (icv_len == 16 && a->icv_mask & 4);
}

static bool key_fits(const struct encr_alg *a, uint64_t len)
{
	return a->key_max && len >= a->key_min && len <= a->key_max &&
	       (len - a->key_min) % a->key_step == 0;
}

/* keylength and tag must fit the cipher named, or some cipher for "any". */
static int check_sizes(struct parser *ps, const struct draft *d)
{
	uint64_t len = d->v[KEY_KEYLEN], tag = d->v[KEY_TAG];
	bool len_ok = !len, tag_ok = !tag;

	for (uint8_t id = 1; id < MISSIU_ENCR_MAX; id++) {
		const struct encr_alg *a = encr_alg(id);

		if (!a || (d->v[KEY_ENCR] && d->v[KEY_ENCR] != id))
			continue;
		len_ok |= key_fits(a, len);
		tag_ok |= icv_fits(a, tag);
	}
	if (!len_ok)
		return script_expected(ps, &d->at[KEY_KEYLEN],
				       "a length in "
				       "bytes that the cipher has (AES: 16, 24 "
				       "or 32), not %llu",
				       (unsigned long long)len);
	if (!tag_ok)
		return script_expected(ps, &d->at[KEY_TAG],
				       "an ICV length "
				       "that the cipher has (gcm, ccm: 8, 12 "
				       "or 16 bytes), not %llu",
				       (unsigned long long)tag);
	return 0;
}

/* Algorithms that were left out of this build (make LEGACY=1). */
static int check_built(struct parser *ps, const struct draft *d)
{
	static const enum key auths[] = { KEY_AUTH, KEY_AH };
	const struct encr_alg *e = encr_alg((uint8_t)d->v[KEY_ENCR]);

	if (e && !e->usable)
		return script_fail(ps, &d->at[KEY_ENCR], ALG_LEFT_OUT, e->name);
	for (size_t i = 0; i < sizeof(auths) / sizeof(auths[0]); i++) {
		const struct auth_alg *a = auth_alg((uint8_t)d->v[auths[i]]);

		if (a && !a->usable)
			return script_fail(ps, &d->at[auths[i]], ALG_LEFT_OUT,
					   a->name);
	}
	return 0;
}

static int set_esp(struct parser *ps, const struct draft *d,
		   struct missiu_prot *prot)
{
	const struct encr_alg *a = encr_alg((uint8_t)d->v[KEY_ENCR]);

	prot->proto = MISSIU_ESP;
	prot->auth = (uint8_t)d->v[KEY_AUTH];
	if (prot->auth && auth_alg(prot->auth)->ah_only)
		return script_expected(ps, &d->at[KEY_AUTH],
				       "encr_algs gmac: as a separate "
				       "integrity algorithm it is for AH "
				       "only");
	if (!has(d, KEY_ENCR)) {
		prot->encr = MISSIU_ENCR_NULL;
		return 0;
	}
	prot->encr = (uint8_t)d->v[KEY_ENCR];
	prot->key_len = (uint8_t)d->v[KEY_KEYLEN];
	prot->icv_len = (uint8_t)d->v[KEY_TAG];
	if (a && a->aead) {
		if (prot->auth != MISSIU_AUTH_ANY)
			return script_expected(ps, &d->at[KEY_AUTH],
					       "nothing "
					       "or any: %s includes integrity",
					       a->name);
		prot->auth = MISSIU_AUTH_NONE;
	}
	return check_sizes(ps, d);
}

static int set_protection(struct parser *ps, const struct draft *d,
			  struct missiu_policy *p)
{
	bool esp = has(d, KEY_ENCR) || has(d, KEY_AUTH);
	enum key size = has(d, KEY_KEYLEN) ? KEY_KEYLEN : KEY_TAG;
	int r = check_built(ps, d);

	if (r)
		return r;

	if (!esp && !has(d, KEY_AH))
		return script_expected(ps, &d->end,
				       "encr_algs, encr_auth_algs "
				       "or auth_algs before it");
	if (has(d, size) && !has(d, KEY_ENCR))
		return script_expected(ps, &d->at[size], "encr_algs beside it");
	if (esp)
		r = set_esp(ps, d, &p->prot[p->n_prot++]);
	if (!r && has(d, KEY_AH))
		p->prot[p->n_prot++] = (struct missiu_prot){
			.proto = MISSIU_AH,
			.encr = MISSIU_ENCR_NULL,
			.auth = (uint8_t)d->v[KEY_AH],
		};
	return r;
}

/* To negotiate before there is a packet, the peer must be known. */
static int check_init(struct parser *ps, const struct draft *d,
		      const struct missiu_policy *p)
{
	const struct missiu_ts *peer = &p->remote;
	bool known = p->mode == MISSIU_TUNNEL ?
			     p->tun_remote.family != 0 :
			     peer->lo.family && addr_eq(&peer->lo, &peer->hi);

	if (!(p->flags & MISSIU_POL_INIT) || known)
		return 0;
	return script_expected(ps, &d->at[KEY_SA], "%s for sa init",
			       p->mode == MISSIU_TUNNEL ?
				       "traddr, the peer's tunnel end," :
				       "raddr with a single address");
}

static int set_sa(struct parser *ps, const struct draft *d,
		  struct missiu_policy *p)
{
	int r = set_protection(ps, d, p);

	if (r)
		return r;
	p->mode = has(d, KEY_TUN0) || has(d, KEY_TUN1) ? MISSIU_TUNNEL :
							 MISSIU_TRANSPORT;
	if (d->sa_seen & 1 << SA_INIT)
		p->flags |= MISSIU_POL_INIT;
	if (d->sa_seen & 1 << SA_UNIQUE)
		p->flags |= MISSIU_POL_UNIQUE;
	p->flags |= (uint8_t)d->v[KEY_DF];
	p->life_s = d->v[KEY_LIFE_S];
	p->life_bytes = d->v[KEY_LIFE_BYTES];
	/* Transport mode has no header of its own to set it in. */
	if (p->mode == MISSIU_TRANSPORT && d->v[KEY_DF])
		return script_expected(ps, &d->at[KEY_DF],
				       "tladdr or traddr beside it");
	p->life_packets = d->v[KEY_LIFE_PACKETS];
	p->tfc = (uint16_t)d->v[KEY_TFC];
	p->pfs = d->pfs;
	memcpy(p->peer, d->peer, sizeof(p->peer));
	if (p->tfc &&
	    (p->mode != MISSIU_TUNNEL || p->prot[0].proto != MISSIU_ESP))
		return script_expected(ps, &d->at[KEY_TFC],
				       "ESP and tladdr or traddr for tfc");
	return check_init(ps, d, p);
}

static int refuse_properties(struct parser *ps, const struct draft *d)
{
	for (enum key key = KEY_AH; key < KEY_UNSUPPORTED; key++)
		if (has(d, key))
			return script_expected(ps, &d->at[key],
					       "\"}\": %s has no properties",
					       d->action->name);
	return 0;
}

int draft_check(struct parser *ps, const struct draft *d,
		struct missiu_policy *out)
{
	uint8_t view;
	int r = find_view(ps, d, &view);

	if (!r)
		r = check_families(ps, d);
	if (!r)
		r = check_ports(ps, d);
	if (r)
		return r;
	out->action = (uint8_t)d->action->value;
	set_sides(d, view, out);
	r = set_icmp(ps, d, out);
	if (r)
		return r;
	return out->action == MISSIU_PROTECT ? set_sa(ps, d, out) :
					       refuse_properties(ps, d);
}
