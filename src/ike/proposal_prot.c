/* SPDX-License-Identifier: Apache-2.0 */
/* Proposals from a policy's protection, and changes to sets of proposals. */
#include <string.h>

#include "common/diag.h"
#include "crypto/algs.h"
#include "crypto/ikecrypt.h"
#include "crypto/kex.h"
#include "ike/proposal.h"
#include "ike/suite.h"

/* What "any" means (RFC 8221): the strong ones, most preferred first. */
static const uint8_t any_aead[] = { MISSIU_ENCR_AES_GCM,
				    MISSIU_ENCR_CHACHA20_POLY1305 };
static const uint8_t any_auth[] = { MISSIU_AUTH_SHA256, MISSIU_AUTH_SHA384,
				    MISSIU_AUTH_SHA512 };
/* 192 bits exist; nobody prefers them. Bytes. */
static const uint8_t any_key_len[] = { 16, 32, 24 };

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void add(struct ike_proposals *set, uint8_t type, uint16_t id,
		uint16_t key_bits)
{
	set->t[set->n_t++] = (struct ike_transform){ .type = type,
						     .id = id,
						     .key_bits = key_bits };
	set->p[set->n - 1].n++;
}

static void begin(struct ike_proposals *set, uint8_t proto)
{
	set->n++;
	set->p[set->n - 1] = (struct ike_proposal){ .number = (uint8_t)set->n,
						    .proto = proto,
						    .first = set->n_t };
}

static bool key_len_fits(const struct encr_alg *e, unsigned len)
{
	return len >= e->key_min && len <= e->key_max &&
	       (len - e->key_min) % e->key_step == 0;
}

/* One algorithm in every key length wanted; false: none is possible. */
static bool add_encr(struct ike_proposals *set, uint8_t id, uint8_t icv_len,
		     unsigned key_len)
{
	const struct encr_alg *e = encr_alg(id);
	uint16_t iana;
	bool any = false;

	if (!e || !e->usable)
		return false;
	iana = encr_iana(id, e->aead && !icv_len ? 16 : icv_len);
	if (!iana)
		return false;
	/* No Key Length attribute where there is one length only (3.3.5). */
	if (e->key_min == e->key_max) {
		if (key_len && key_len != e->key_min)
			return false;
		add(set, IKE_T_ENCR, iana, 0);
		return true;
	}
	for (size_t i = 0; i < COUNT(any_key_len); i++) {
		unsigned len = key_len ? key_len : any_key_len[i];

		if (!key_len_fits(e, len))
			continue;
		add(set, IKE_T_ENCR, iana, (uint16_t)(len * 8));
		any = true;
		if (key_len)
			break;
	}
	return any;
}

static bool add_auth(struct ike_proposals *set, uint8_t id)
{
	const struct auth_alg *a = auth_alg(id);

	if (!a || !a->usable || !a->iana)
		return false;
	if (a->ah_only && set->p[set->n - 1].proto != IKE_PROTO_AH)
		return false;
	add(set, IKE_T_INTEG, a->iana, 0);
	return true;
}

static bool add_auths(struct ike_proposals *set, uint8_t id)
{
	bool any = false;

	if (id != MISSIU_AUTH_ANY)
		return add_auth(set, id);
	for (size_t i = 0; i < COUNT(any_auth); i++)
		any = add_auth(set, any_auth[i]) || any;
	return any;
}

static int unsupported(struct missiu_diag *diag)
{
	return diag_set(diag, MISSIU_EUNSUP,
			"the policy's algorithm or key length cannot be "
			"negotiated");
}

/* Encryption by name, or "any" when it meets an integrity by name. */
static int from_encr(const struct missiu_prot *p, struct ike_proposals *set,
		     struct missiu_diag *diag)
{
	bool any = p->encr == MISSIU_ENCR_ANY;
	uint8_t id = any ? MISSIU_ENCR_AES_CBC : p->encr;
	const struct encr_alg *e = encr_alg(id);

	if (!e)
		return unsupported(diag);
	begin(set, IKE_PROTO_ESP);
	if (e->aead) {
		if (p->auth != MISSIU_AUTH_ANY && p->auth != MISSIU_AUTH_NONE)
			return diag_set(diag, MISSIU_EINVAL,
					"%s includes integrity, the policy "
					"names another",
					e->name);
		return add_encr(set, id, p->icv_len, p->key_len) ?
			       0 :
			       unsupported(diag);
	}
	if (p->auth == MISSIU_AUTH_NONE)
		return diag_set(diag, MISSIU_EINVAL,
				"%s without integrity is not negotiated",
				e->name);
	return add_encr(set, id, 0, p->key_len) && add_auths(set, p->auth) ?
		       0 :
		       unsupported(diag);
}

/* encr any: AEADs first, then a block cipher with integrity. */
static int from_any(const struct missiu_prot *p, struct ike_proposals *set,
		    struct missiu_diag *diag)
{
	bool aead = p->auth == MISSIU_AUTH_ANY || p->auth == MISSIU_AUTH_NONE;
	bool found = false;

	if (aead) {
		begin(set, IKE_PROTO_ESP);
		for (size_t i = 0; i < COUNT(any_aead); i++)
			found = add_encr(set, any_aead[i], p->icv_len,
					 p->key_len) ||
				found;
		if (!found)
			memset(set, 0, sizeof(*set));
	}
	if (p->auth != MISSIU_AUTH_NONE && !p->icv_len)
		return from_encr(p, set, diag);
	return found ? 0 : unsupported(diag);
}

static int from_ah(const struct missiu_prot *p, struct ike_proposals *set,
		   struct missiu_diag *diag)
{
	begin(set, IKE_PROTO_AH);
	if (p->auth == MISSIU_AUTH_NONE)
		return diag_set(diag, MISSIU_EINVAL,
				"AH without integrity does not exist");
	return add_auths(set, p->auth) ? 0 : unsupported(diag);
}

/* Copy a set with groups and ESN choices at the end of each proposal. */
static int finish(const struct ike_proposals *set, bool no_esn,
		  const uint16_t *dh, size_t n_dh, struct ike_proposals *out,
		  struct missiu_diag *diag)
{
	struct ike_proposals s = { 0 };

	if (set->n_t + set->n * (n_dh + 2) > IKE_TRANSFORMS_MAX)
		return diag_set(diag, MISSIU_EFULL, "too many groups");
	for (size_t i = 0; i < set->n; i++) {
		const struct ike_proposal *p = &set->p[i];

		begin(&s, p->proto);
		for (size_t k = 0; k < p->n; k++) {
			const struct ike_transform *t = &set->t[p->first + k];

			add(&s, t->type, t->id, t->key_bits);
		}
		for (size_t k = 0; k < n_dh; k++)
			add(&s, IKE_T_DH, dh[k], 0);
		if (!no_esn)
			add(&s, IKE_T_ESN, IKE_ESN_YES, 0);
		add(&s, IKE_T_ESN, IKE_ESN_NO, 0);
	}
	*out = s;
	return 0;
}

int ike_proposals_from_prot(const struct missiu_prot *prot, bool no_esn,
			    const uint16_t *dh, size_t n_dh,
			    struct ike_proposals *out, struct missiu_diag *diag)
{
	struct ike_proposals set = { 0 };
	int ret;

	if (prot->proto == MISSIU_AH)
		ret = from_ah(prot, &set, diag);
	else if (prot->proto != MISSIU_ESP)
		ret = diag_set(diag, MISSIU_EINVAL, "neither ESP nor AH");
	else if (prot->encr == MISSIU_ENCR_ANY)
		ret = from_any(prot, &set, diag);
	else
		ret = from_encr(prot, &set, diag);
	return ret ? ret : finish(&set, no_esn, dh, n_dh, out, diag);
}

/* --- additional key exchanges (RFC 9370) */

static bool is_addke(const struct ike_transform *t)
{
	return t->type >= IKE_T_ADDKE1 && t->type < IKE_T_MAX;
}

static bool add_once(struct ike_proposals *set, uint8_t type, uint16_t id)
{
	const struct ike_proposal *p = &set->p[set->n - 1];

	if (ike_proposal_offers(set, p, type, id, 0) && id)
		return true;
	if (set->n_t == IKE_TRANSFORMS_MAX)
		return false;
	add(set, type, id, 0);
	return true;
}

static bool add_type(struct ike_proposals *set,
		     const struct ike_proposals *from, uint8_t type, bool need)
{
	bool any = false, none = false, ok = true;

	for (size_t i = 0; i < from->n_t; i++) {
		if (from->t[i].type != type)
			continue;
		any = true;
		if (!from->t[i].id)
			none = true;
		else
			ok = add_once(set, type, from->t[i].id) && ok;
	}
	if (any && (none || !need))
		ok = add_once(set, type, IKE_DH_NONE) && ok;
	return ok;
}

int ike_proposals_add_ke(struct ike_proposals *set,
			 const struct ike_proposals *from, bool need)
{
	struct ike_proposals s = { 0 };
	bool ok = true;

	for (size_t i = 0; i < set->n; i++) {
		const struct ike_proposal *p = &set->p[i];

		s.p[s.n] = *p;
		s.p[s.n].first = s.n_t;
		s.p[s.n++].n = 0;
		ok = ok && s.n_t + p->n <= IKE_TRANSFORMS_MAX;
		for (size_t k = 0; ok && k < p->n; k++) {
			const struct ike_transform *t = &set->t[p->first + k];

			add(&s, t->type, t->id, t->key_bits);
		}
		for (uint8_t type = IKE_T_ADDKE1; type < IKE_T_MAX; type++)
			ok = ok && add_type(&s, from, type, need);
	}
	if (!ok)
		return MISSIU_EFULL;
	*set = s;
	return 0;
}

bool ike_proposals_has_addke(const struct ike_proposals *set)
{
	for (size_t i = 0; i < set->n_t; i++)
		if (is_addke(&set->t[i]) && set->t[i].id)
			return true;
	return false;
}

static bool needs_addke(const struct ike_proposals *set,
			const struct ike_proposal *p)
{
	for (uint8_t type = IKE_T_ADDKE1; type < IKE_T_MAX; type++)
		if (!ike_proposal_offers(set, p, type, IKE_DH_NONE, 0))
			return true;
	return false;
}

void ike_proposals_drop_addke(struct ike_proposals *set)
{
	struct ike_proposals s = { 0 };

	for (size_t i = 0; i < set->n; i++) {
		const struct ike_proposal *p = &set->p[i];

		if (needs_addke(set, p))
			continue;
		s.p[s.n] = *p;
		s.p[s.n].first = s.n_t;
		s.p[s.n++].n = 0;
		for (size_t k = 0; k < p->n; k++) {
			const struct ike_transform *t = &set->t[p->first + k];

			if (!is_addke(t))
				add(&s, t->type, t->id, t->key_bits);
		}
	}
	*set = s;
}

static bool usable(const struct ike_transform *t)
{
	struct ike_cipher c;

	if (is_addke(t))
		return !t->id || kex_supported(t->id);
	switch (t->type) {
	case IKE_T_ENCR:
		return ike_cipher_get(t->id, t->key_bits, &c);
	case IKE_T_PRF:
		return prf_len(t->id) != 0;
	case IKE_T_INTEG:
		return integ_key_len(t->id) != 0;
	case IKE_T_DH:
		return kex_supported(t->id);
	default:
		return false;
	}
}

static bool is_ke(const struct ike_transform *t)
{
	return t->type == IKE_T_DH || is_addke(t);
}

int ike_proposals_usable(const struct ike_proposals *set,
			 struct missiu_diag *diag)
{
	char why[80];

	for (size_t i = 0; i < set->n_t; i++) {
		const struct ike_transform *t = &set->t[i];
		const struct suite_name *s;

		if (usable(t))
			continue;
		s = suite_by_number(t->type, t->id, t->key_bits);
		if (is_ke(t) && kex_missing(t->id, why, sizeof(why)))
			return diag_set(diag, MISSIU_EUNSUP, "%s %s",
					s ? s->name : "(unnamed)", why);
		return diag_set(diag, MISSIU_EUNSUP, "%s %s is not implemented",
				suite_type_name(t->type),
				s ? s->name : "(unnamed)");
	}
	return 0;
}

void ike_proposals_set_spi(struct ike_proposals *set, const uint8_t *spi,
			   uint8_t len)
{
	for (size_t i = 0; i < set->n; i++) {
		memset(set->p[i].spi, 0, sizeof(set->p[i].spi));
		memcpy(set->p[i].spi, spi, len);
		set->p[i].spi_len = len;
	}
}

void ike_proposals_only_dh(struct ike_proposals *set, uint16_t group)
{
	uint16_t kept = 0;

	for (size_t i = 0; i < set->n; i++) {
		struct ike_proposal *p = &set->p[i];
		uint16_t first = kept;
		bool done = false;

		for (size_t k = p->first; k < (size_t)p->first + p->n; k++) {
			struct ike_transform t = set->t[k];

			if (t.type == IKE_T_DH) {
				if (done)
					continue;
				done = true;
				t.id = group;
			}
			set->t[kept++] = t;
		}
		p->first = first;
		p->n = (uint16_t)(kept - first);
	}
	set->n_t = kept;
}

uint16_t ike_proposals_first_dh(const struct ike_proposals *set)
{
	for (size_t i = 0; i < set->n_t; i++)
		if (set->t[i].type == IKE_T_DH && set->t[i].id)
			return set->t[i].id;
	return 0;
}

bool ike_proposals_has_dh(const struct ike_proposals *set, uint16_t group)
{
	for (size_t i = 0; i < set->n_t; i++)
		if (set->t[i].type == IKE_T_DH && set->t[i].id == group)
			return true;
	return false;
}
