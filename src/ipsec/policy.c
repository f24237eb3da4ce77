/* SPDX-License-Identifier: Apache-2.0 */
/* One policy: is it sound, and is it the same as another? */
#include <string.h>

#include "common/addr.h"
#include "common/diag.h"
#include "common/rd.h"
#include "crypto/algs.h"
#include "ipsec/mix.h"
#include "ipsec/spd.h"
#include "missiu/err.h"

bool ts_valid(const struct missiu_ts *ts)
{
	return ts->lo.family == ts->hi.family &&
	       (ts->lo.family == 0 || addr_len(&ts->lo)) &&
	       addr_cmp(&ts->lo, &ts->hi) <= 0 && ts->port_lo <= ts->port_hi;
}

static bool all_ports(const struct missiu_ts *ts)
{
	return ts->port_lo == 0 && ts->port_hi == UINT16_MAX;
}

bool policy_has_ports(const struct missiu_policy *p)
{
	return !all_ports(&p->local) || !all_ports(&p->remote);
}

static int check_selectors(const struct missiu_policy *p,
			   struct missiu_diag *diag)
{
	if (!ts_valid(&p->local) || !ts_valid(&p->remote))
		return diag_set(diag, MISSIU_EINVAL,
				"address or port range out of order");
	if (p->local.proto != p->remote.proto)
		return diag_set(diag, MISSIU_EINVAL,
				"two protocols in one policy");
	if (p->local.lo.family && p->remote.lo.family &&
	    p->local.lo.family != p->remote.lo.family)
		return diag_set(diag, MISSIU_EINVAL,
				"IPv4 and IPv6 addresses in one policy");
	return 0;
}

static int check_tunnel(const struct missiu_policy *p, struct missiu_diag *diag)
{
	bool ends = p->tun_local.family || p->tun_remote.family;

	if (p->mode != MISSIU_TRANSPORT && p->mode != MISSIU_TUNNEL)
		return diag_set(diag, MISSIU_EINVAL, "unknown mode %u",
				p->mode);
	if (p->mode == MISSIU_TRANSPORT && ends)
		return diag_set(diag, MISSIU_EINVAL,
				"tunnel addresses in transport mode");
	if (p->tun_local.family && p->tun_remote.family &&
	    p->tun_local.family != p->tun_remote.family)
		return diag_set(diag, MISSIU_EINVAL,
				"tunnel between IPv4 and IPv6 address");
	if (p->tun_local.family > 6 || p->tun_remote.family > 6 ||
	    (p->tun_local.family && !addr_len(&p->tun_local)) ||
	    (p->tun_remote.family && !addr_len(&p->tun_remote)))
		return diag_set(diag, MISSIU_EINVAL, "bad tunnel address");
	return 0;
}

/* The sizes a template asks for are sizes that its cipher has. */
static int check_sizes(const struct missiu_prot *t, const struct encr_alg *e,
		       struct missiu_diag *diag)
{
	if (t->key_len && (t->key_len < e->key_min || t->key_len > e->key_max ||
			   (t->key_len - e->key_min) % e->key_step))
		return diag_set(diag, MISSIU_EKEYLEN,
				"%s: key of %u bytes, expected %u to %u",
				e->name, t->key_len, e->key_min, e->key_max);
	if (!t->icv_len)
		return 0;
	if (e->aead && t->icv_len >= 8 && t->icv_len <= 16 &&
	    t->icv_len % 4 == 0 && e->icv_mask >> (t->icv_len / 4 - 2) & 1)
		return 0;
	return diag_set(diag, MISSIU_EINVAL, "%s has no ICV of %u bytes",
			e->name, t->icv_len);
}

static int check_ah(const struct missiu_prot *t, struct missiu_diag *diag)
{
	const struct auth_alg *a = auth_alg(t->auth);

	if ((t->encr != MISSIU_ENCR_NULL && t->encr != MISSIU_ENCR_ANY) ||
	    t->key_len || t->icv_len)
		return diag_set(diag, MISSIU_EINVAL, "AH does not encrypt");
	if (t->auth == MISSIU_AUTH_ANY)
		return 0;
	if (!a || a->id == MISSIU_AUTH_NONE)
		return diag_set(diag, MISSIU_EINVAL,
				"AH needs an integrity algorithm");
	if (!a->usable)
		return diag_set(diag, MISSIU_EUNSUP, ALG_LACKING, a->name);
	return 0;
}

static int check_prot(const struct missiu_prot *t, struct missiu_diag *diag)
{
	const struct encr_alg *e = encr_alg(t->encr);
	const struct auth_alg *a = auth_alg(t->auth);

	if (t->proto == MISSIU_AH)
		return check_ah(t, diag);
	if (t->proto != MISSIU_ESP)
		return diag_set(diag, MISSIU_EINVAL,
				"protocol %u is no IPsec protocol", t->proto);
	if ((!e && t->encr != MISSIU_ENCR_ANY) ||
	    (!a && t->auth != MISSIU_AUTH_ANY))
		return diag_set(
			diag, MISSIU_EINVAL,
			"unknown algorithm (encryption %u, integrity %u)",
			t->encr, t->auth);
	if ((e && !e->usable) || (a && !a->usable))
		return diag_set(diag, MISSIU_EUNSUP, ALG_LACKING,
				e && !e->usable ? e->name : a->name);
	if (a && a->ah_only)
		return diag_set(diag, MISSIU_EINVAL, "%s is for AH only",
				a->name);
	if (e && e->aead && a && a->id != MISSIU_AUTH_NONE)
		return diag_set(diag, MISSIU_EINVAL,
				"%s includes integrity, %s cannot be added",
				e->name, a->name);
	if (e && !e->aead && a && a->id == MISSIU_AUTH_NONE)
		return diag_set(diag, MISSIU_EINVAL,
				"%s needs an integrity algorithm", e->name);
	return e ? check_sizes(t, e, diag) : 0;
}

int policy_check(const struct missiu_policy *p, struct missiu_diag *diag)
{
	int ret;

	if (!p->dirs || p->dirs & ~(MISSIU_IN | MISSIU_OUT))
		return diag_set(diag, MISSIU_EINVAL, "unknown direction %u",
				p->dirs);
	if (p->action < MISSIU_PROTECT || p->action > MISSIU_DISCARD)
		return diag_set(diag, MISSIU_EINVAL, "unknown action %u",
				p->action);
	if (p->flags & ~MISSIU_POL_FLAGS ||
	    (p->flags & MISSIU_POL_DF_SET && p->flags & MISSIU_POL_DF_CLEAR))
		return diag_set(diag, MISSIU_EINVAL, "unknown flags 0x%x",
				p->flags);
	if (!memchr(p->peer, 0, sizeof(p->peer)))
		return diag_set(diag, MISSIU_EINVAL,
				"a peer's name has no end");
	ret = check_selectors(p, diag);
	if (ret || p->action != MISSIU_PROTECT)
		return ret;
	ret = check_tunnel(p, diag);
	if (ret)
		return ret;
	if (!p->n_prot || p->n_prot > MISSIU_PROT_MAX)
		return diag_set(diag, MISSIU_EINVAL, "%u layers of protection",
				p->n_prot);
	if (p->n_prot > 1 &&
	    (p->prot[0].proto != MISSIU_ESP || p->prot[1].proto != MISSIU_AH))
		return diag_set(diag, MISSIU_EUNSUP,
				"of bundles only ESP inside AH is supported");
	/* Only manual keys make bundles, and their SAs have no selectors. */
	if (p->n_prot > 1 && p->flags & MISSIU_POL_UNIQUE)
		return diag_set(diag, MISSIU_EUNSUP,
				"a bundle cannot have an SA for each flow");
	if (p->tfc &&
	    (p->mode != MISSIU_TUNNEL || p->prot[0].proto != MISSIU_ESP))
		return diag_set(diag, MISSIU_EINVAL,
				"TFC padding needs ESP in tunnel mode");
	ret = check_prot(&p->prot[0], diag);
	return ret || p->n_prot == 1 ? ret : check_prot(&p->prot[1], diag);
}

static uint64_t hash_addr(uint64_t h, const struct missiu_addr *a)
{
	h = mix(h ^ a->family);
	for (size_t i = 0; i < addr_len(a); i += 4)
		h = mix(h ^ load_be32(a->b + i));
	return h;
}

static uint64_t hash_ts(uint64_t h, const struct missiu_ts *ts)
{
	h = hash_addr(hash_addr(h, &ts->lo), &ts->hi);
	return mix(h ^ ((uint64_t)ts->port_lo << 32 |
			(uint64_t)ts->port_hi << 16 | ts->proto));
}

static uint64_t hash_pfs(uint64_t h, const struct missiu_pfs *pfs)
{
	for (size_t i = 0; i < pfs->n && i < MISSIU_PFS_MAX; i++)
		h = mix(h ^ pfs->group[i]);
	return h ^ pfs->n;
}

static bool pfs_eq(const struct missiu_pfs *a, const struct missiu_pfs *b)
{
	for (size_t i = 0; i < a->n && i < MISSIU_PFS_MAX; i++)
		if (a->group[i] != b->group[i])
			return false;
	return a->n == b->n;
}

uint64_t policy_hash(const struct missiu_policy *p)
{
	uint64_t h = (uint64_t)p->dirs << 40 | (uint64_t)p->action << 32 |
		     (uint64_t)p->mode << 24 | (uint64_t)p->flags << 16 |
		     p->n_prot;

	h = hash_ts(hash_ts(mix(h), &p->local), &p->remote);
	h = hash_addr(hash_addr(h, &p->tun_local), &p->tun_remote);
	for (size_t i = 0; i < p->n_prot && i < MISSIU_PROT_MAX; i++)
		h = mix(h ^ ((uint64_t)p->prot[i].proto << 32 |
			     (uint64_t)p->prot[i].encr << 24 |
			     (uint64_t)p->prot[i].auth << 16 |
			     (uint64_t)p->prot[i].key_len << 8 |
			     p->prot[i].icv_len));
	h = mix(mix(h ^ p->life_s) ^ p->life_bytes);
	for (const char *c = p->peer; *c; c++)
		h = mix(h ^ (uint8_t)*c);
	h = hash_pfs(h, &p->pfs);
	return mix(mix(h ^ p->life_packets) ^ p->tfc);
}

static bool prot_eq(const struct missiu_prot *a, const struct missiu_prot *b)
{
	return a->proto == b->proto && a->encr == b->encr &&
	       a->auth == b->auth && a->key_len == b->key_len &&
	       a->icv_len == b->icv_len;
}

bool policy_eq(const struct missiu_policy *a, const struct missiu_policy *b)
{
	if (a->dirs != b->dirs || a->action != b->action ||
	    a->mode != b->mode || a->flags != b->flags ||
	    a->n_prot != b->n_prot || a->life_s != b->life_s ||
	    a->life_bytes != b->life_bytes ||
	    a->life_packets != b->life_packets || a->tfc != b->tfc ||
	    strcmp(a->peer, b->peer) != 0 || !pfs_eq(&a->pfs, &b->pfs))
		return false;
	for (size_t i = 0; i < a->n_prot && i < MISSIU_PROT_MAX; i++)
		if (!prot_eq(&a->prot[i], &b->prot[i]))
			return false;
	return ts_eq(&a->local, &b->local) && ts_eq(&a->remote, &b->remote) &&
	       addr_eq(&a->tun_local, &b->tun_local) &&
	       addr_eq(&a->tun_remote, &b->tun_remote);
}
