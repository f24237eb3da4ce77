/* SPDX-License-Identifier: Apache-2.0 */
/* Algorithms as PF_KEY's numbers, and what REGISTER and ACQUIRE say of them. */
#include "ctl/pfkey_algs.h"

#include "ctl/pfkey.h"

#define EALG_NULL 11
#define AALG_NULL 251
#define LEGACY	  (MISSIU_LEGACY != 0)

/*
 * 249 and 250 are of the range for private use (RFC 2407 4.4.4, 4.5): the
 * registry of PF_KEY numbers ends before these algorithms. This layer knows no
 * cryptography; a test keeps the sizes equal to those of crypto/algs.c.
 */
static const struct pfkey_alg_map encr_map[] = {
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

static const struct pfkey_alg_map auth_map[] = {
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

const struct pfkey_alg_table pfkey_encr_algs = {
	encr_map, sizeof(encr_map) / sizeof(encr_map[0])
};
const struct pfkey_alg_table pfkey_auth_algs = {
	auth_map, sizeof(auth_map) / sizeof(auth_map[0])
};

const struct pfkey_alg_map *pfkey_alg_by_id(const struct pfkey_alg_table *t,
					    uint8_t id, uint8_t icv)
{
	const struct pfkey_alg_map *last = NULL;
	size_t i;

	for (i = 0; i < t->n; i++) {
		if (t->v[i].id != id)
			continue;
		last = &t->v[i];
		if (t->v[i].icv == icv)
			break;
	}
	return last;
}

const struct pfkey_alg_map *pfkey_alg_by_number(const struct pfkey_alg_table *t,
						uint8_t number)
{
	size_t i;

	for (i = 0; i < t->n; i++)
		if (t->v[i].number == number)
			return &t->v[i];
	return NULL;
}

static void set_algs(struct pfkey_algs *out, const struct pfkey_alg_table *t)
{
	size_t i;

	for (i = 0; i < t->n && out->n < PFKEY_ALG_MAX; i++)
		if (t->v[i].usable)
			out->v[out->n++] = (struct pfkey_alg){
				.id = t->v[i].number,
				.iv_len = t->v[i].iv_len,
				.bits_lo = (uint16_t)(t->v[i].key_lo * 8),
				.bits_hi = (uint16_t)(t->v[i].key_hi * 8),
			};
}

void pfkey_set_supported(struct pfkey_msg *m)
{
	set_algs(&m->sup_auth, &pfkey_auth_algs);
	set_algs(&m->sup_encr, &pfkey_encr_algs);
	m->have |= PFH_SUP_AUTH | PFH_SUP_ENCR;
}

static void add_comb(struct pfkey_msg *m, const struct missiu_policy *p,
		     uint8_t encr, uint8_t auth)
{
	const struct missiu_prot *l = &p->prot[0];
	const struct pfkey_alg_map *e =
		pfkey_alg_by_id(&pfkey_encr_algs, encr, l->icv_len);
	const struct pfkey_alg_map *a =
		pfkey_alg_by_id(&pfkey_auth_algs, auth, 0);
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
	const struct pfkey_alg_map *e =
		pfkey_alg_by_id(&pfkey_encr_algs, l->encr, l->icv_len);

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
