/* SPDX-License-Identifier: Apache-2.0 */
/* Choosing from proposals (RFC 7296 2.7, 3.3, 3.3.6) and what comes of it. */
#include "ike/proposal.h"

#include <string.h>

#include "common/diag.h"
#include "crypto/algs.h"
#include "ike/suite.h"

static const struct ike_transform *transforms(const struct ike_proposals *set,
					      const struct ike_proposal *p)
{
	return set->t + p->first;
}

static bool has_type(const struct ike_proposals *set,
		     const struct ike_proposal *p, uint8_t type)
{
	const struct ike_transform *t = transforms(set, p);

	for (size_t i = 0; i < p->n; i++)
		if (t[i].type == type)
			return true;
	return false;
}

bool ike_proposal_offers(const struct ike_proposals *set,
			 const struct ike_proposal *p, uint8_t type,
			 uint16_t id, uint16_t key_bits)
{
	const struct ike_transform *t = transforms(set, p);

	for (size_t i = 0; i < p->n; i++)
		if (t[i].type == type && t[i].id == id &&
		    t[i].key_bits == key_bits && !t[i].unusable)
			return true;
	return !id && !key_bits && !has_type(set, p, type);
}

/* 3.3.6: a type we do not know makes the whole proposal unacceptable. */
static bool types_known(const struct ike_proposals *set,
			const struct ike_proposal *p)
{
	const struct ike_transform *t = transforms(set, p);

	for (size_t i = 0; i < p->n; i++)
		if (!t[i].type || t[i].type >= IKE_T_MAX)
			return false;
	return true;
}

/* One proposal of theirs and one of ours. */
struct pair {
	const struct ike_proposals *offer, *accept;
	const struct ike_proposal *po, *pa;
};

static bool both(const struct pair *c, uint8_t type, uint16_t id,
		 uint16_t key_bits)
{
	return ike_proposal_offers(c->offer, c->po, type, id, key_bits) &&
	       ike_proposal_offers(c->accept, c->pa, type, id, key_bits);
}

/* First of ours that is offered, from number @min on; 0 by absence. */
static bool first_of(const struct pair *c, uint8_t type, uint16_t min,
		     uint16_t *id)
{
	const struct ike_transform *t = transforms(c->accept, c->pa);

	for (size_t i = 0; i < c->pa->n; i++) {
		if (t[i].type != type || t[i].id < min ||
		    !both(c, type, t[i].id, t[i].key_bits))
			continue;
		*id = t[i].id;
		return true;
	}
	*id = 0;
	return !min && both(c, type, 0, 0);
}

static bool integ_for(const struct pair *c, uint16_t encr, uint16_t *integ)
{
	*integ = IKE_INTEG_NONE;
	if (suite_is_aead(encr))
		return both(c, IKE_T_INTEG, IKE_INTEG_NONE, 0);
	return first_of(c, IKE_T_INTEG, 1, integ);
}

/* ENCR and INTEG belong together: an AEAD has none, all others need one. */
static bool choose_protection(const struct pair *c, struct ike_suite *s)
{
	const struct ike_transform *t = transforms(c->accept, c->pa);

	for (size_t i = 0; i < c->pa->n; i++) {
		if (t[i].type != IKE_T_ENCR ||
		    !both(c, IKE_T_ENCR, t[i].id, t[i].key_bits) ||
		    !integ_for(c, t[i].id, &s->integ))
			continue;
		s->encr = t[i].id;
		s->key_bits = t[i].key_bits;
		return true;
	}
	return c->pa->proto == IKE_PROTO_AH && both(c, IKE_T_ENCR, 0, 0) &&
	       integ_for(c, 0, &s->integ);
}

static bool ke_used(const struct ike_suite *s, uint16_t method)
{
	if (!method)
		return false;
	for (size_t i = 0; i < IKE_ADDKE_MAX; i++)
		if (s->addke[i] == method)
			return true;
	return s->dh == method;
}

/*
 * Additional key exchanges from number @i on (RFC 9370 2.2.1): ours in order, no
 * method twice, and none without the first exchange. What was chosen may leave
 * nothing for those behind it: then the next.
 */
static bool choose_addke(const struct pair *c, size_t i, struct ike_suite *s)
{
	const struct ike_transform *t = transforms(c->accept, c->pa);
	const uint8_t type = (uint8_t)(IKE_T_ADDKE1 + i);

	if (i == IKE_ADDKE_MAX)
		return true;
	s->addke[i] = IKE_DH_NONE;
	if (!has_type(c->accept, c->pa, type))
		return both(c, type, 0, 0) && choose_addke(c, i + 1, s);
	for (size_t k = 0; k < c->pa->n; k++) {
		if (t[k].type != type || !both(c, type, t[k].id, 0) ||
		    ke_used(s, t[k].id) || (t[k].id && !s->dh))
			continue;
		s->addke[i] = t[k].id;
		if (choose_addke(c, i + 1, s))
			return true;
		s->addke[i] = IKE_DH_NONE;
	}
	return false;
}

static bool choose_pair(const struct pair *c, uint16_t ke_group,
			struct ike_suite *out)
{
	struct ike_suite s = { .number = c->po->number, .proto = c->po->proto };

	if (c->po->proto != c->pa->proto || !types_known(c->offer, c->po) ||
	    !choose_protection(c, &s) || !first_of(c, IKE_T_PRF, 0, &s.prf) ||
	    !first_of(c, IKE_T_DH, 0, &s.dh) ||
	    !first_of(c, IKE_T_ESN, 0, &s.esn))
		return false;
	if (ke_group && both(c, IKE_T_DH, ke_group, 0))
		s.dh = ke_group;
	if (!choose_addke(c, 0, &s))
		return false;
	s.spi_len = c->po->spi_len;
	memcpy(s.spi, c->po->spi, sizeof(s.spi));
	for (uint8_t type = IKE_T_ENCR; type < IKE_T_MAX; type++)
		if (has_type(c->offer, c->po, type))
			s.types |= (uint16_t)(1u << type);
	*out = s;
	return true;
}

int ike_proposal_choose(const struct ike_proposals *offer,
			const struct ike_proposals *accept, uint16_t ke_group,
			struct ike_suite *out)
{
	for (size_t a = 0; a < accept->n; a++) {
		for (size_t o = 0; o < offer->n; o++) {
			struct pair c = { offer, accept, &offer->p[o],
					  &accept->p[a] };

			if (choose_pair(&c, ke_group, out))
				return 0;
		}
	}
	return MISSIU_ENOENT;
}

static void suite_set(struct ike_suite *s, const struct ike_transform *t)
{
	s->types |= (uint16_t)(1u << t->type);
	if (t->type >= IKE_T_ADDKE1 && t->type < IKE_T_MAX)
		s->addke[t->type - IKE_T_ADDKE1] = t->id;
	switch (t->type) {
	case IKE_T_ENCR:
		s->encr = t->id;
		s->key_bits = t->key_bits;
		break;
	case IKE_T_PRF:
		s->prf = t->id;
		break;
	case IKE_T_INTEG:
		s->integ = t->id;
		break;
	case IKE_T_DH:
		s->dh = t->id;
		break;
	case IKE_T_ESN:
		s->esn = t->id;
		break;
	default: /* above; callers refuse other types */
		break;
	}
}

static const struct ike_proposal *find_numbered(const struct ike_proposals *set,
						const struct ike_proposal *like)
{
	for (size_t i = 0; i < set->n; i++)
		if (set->p[i].number == like->number &&
		    set->p[i].proto == like->proto)
			return &set->p[i];
	return NULL;
}

static bool is_ke(uint8_t type)
{
	return type == IKE_T_DH || type >= IKE_T_ADDKE1;
}

int ike_proposal_check_answer(const struct ike_proposals *offer,
			      const struct ike_proposals *answer,
			      struct ike_suite *out, struct missiu_diag *diag)
{
	const struct ike_proposal *p = &answer->p[0], *ours;
	const struct ike_transform *t = transforms(answer, p);
	struct ike_suite s = { .number = p->number,
			       .proto = p->proto,
			       .spi_len = p->spi_len };

	if (answer->n != 1)
		return diag_set(diag, MISSIU_EPROTO,
				"answer has %u proposals, not one",
				(unsigned)answer->n);
	ours = find_numbered(offer, p);
	if (!ours)
		return diag_set(diag, MISSIU_EPROTO,
				"answer selects proposal %u, never offered",
				p->number);
	if (p->spi_len != ours->spi_len)
		return diag_set(diag, MISSIU_EPROTO,
				"answer has an SPI of %u bytes", p->spi_len);
	memcpy(s.spi, p->spi, sizeof(s.spi));
	for (size_t i = 0; i < p->n; i++) {
		if (!t[i].type || t[i].type >= IKE_T_MAX || t[i].unusable ||
		    !ike_proposal_offers(offer, ours, t[i].type, t[i].id,
					 t[i].key_bits))
			return diag_set(diag, MISSIU_EPROTO,
					"answer has %s %u, never offered",
					suite_type_name(t[i].type), t[i].id);
		if (s.types & 1u << t[i].type)
			return diag_set(diag, MISSIU_EPROTO,
					"answer has more than one %s",
					suite_type_name(t[i].type));
		if (is_ke(t[i].type) && ke_used(&s, t[i].id))
			return diag_set(diag, MISSIU_EPROTO,
					"answer has key exchange method %u "
					"twice",
					t[i].id);
		suite_set(&s, &t[i]);
	}
	for (uint8_t type = IKE_T_ENCR; type < IKE_T_MAX; type++)
		if (!(s.types & 1u << type) &&
		    !ike_proposal_offers(offer, ours, type, 0, 0))
			return diag_set(diag, MISSIU_EPROTO, "answer has no %s",
					suite_type_name(type));
	*out = s;
	return 0;
}

size_t ike_suite_addke(const struct ike_suite *s,
		       uint16_t out[static IKE_ADDKE_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < IKE_ADDKE_MAX; i++)
		if (s->addke[i])
			out[n++] = s->addke[i];
	return n;
}

static void add(struct ike_proposals *set, uint8_t type, uint16_t id,
		uint16_t key_bits)
{
	set->t[set->n_t++] = (struct ike_transform){ .type = type,
						     .id = id,
						     .key_bits = key_bits };
	set->p[0].n++;
}

void ike_suite_to_proposals(const struct ike_suite *s,
			    struct ike_proposals *out)
{
	uint16_t ids[IKE_T_MAX] = {
		[IKE_T_ENCR] = s->encr,	  [IKE_T_PRF] = s->prf,
		[IKE_T_INTEG] = s->integ, [IKE_T_DH] = s->dh,
		[IKE_T_ESN] = s->esn,
	};

	memcpy(ids + IKE_T_ADDKE1, s->addke, sizeof(s->addke));
	memset(out, 0, sizeof(*out));
	out->n = 1;
	out->p[0] = (struct ike_proposal){ .number = s->number,
					   .proto = s->proto,
					   .spi_len = s->spi_len };
	memcpy(out->p[0].spi, s->spi, sizeof(s->spi));
	for (uint8_t type = IKE_T_ENCR; type < IKE_T_MAX; type++)
		if (s->types & 1u << type)
			add(out, type, ids[type],
			    type == IKE_T_ENCR ? s->key_bits : 0);
}

int ike_suite_to_sa(const struct ike_suite *s, struct missiu_sa *sa)
{
	uint8_t encr = MISSIU_ENCR_NULL, auth = MISSIU_AUTH_NONE, icv_len = 0;
	const struct encr_alg *e;
	const struct auth_alg *a;
	size_t key_len;

	if (s->proto == IKE_PROTO_ESP &&
	    !encr_from_iana(s->encr, &encr, &icv_len))
		return MISSIU_EUNSUP;
	if (s->integ && !auth_from_iana(s->integ, &auth))
		return MISSIU_EUNSUP;
	e = encr_alg(encr);
	a = auth_alg(auth);
	if (!e || !a)
		return MISSIU_EUNSUP;
	key_len = s->key_bits ? s->key_bits / 8u : e->key_min;
	if (s->key_bits % 8 || key_len < e->key_min || key_len > e->key_max ||
	    (!s->key_bits && e->key_min != e->key_max))
		return MISSIU_EUNSUP;
	sa->proto = s->proto == IKE_PROTO_AH ? MISSIU_AH : MISSIU_ESP;
	sa->encr = encr;
	sa->auth = auth;
	sa->icv_len = icv_len;
	sa->encr_key_len = (uint8_t)(key_len + e->salt_len);
	sa->auth_key_len = a->key_len;
	sa->flags &= (uint8_t)~MISSIU_SA_ESN;
	if (s->esn == IKE_ESN_YES)
		sa->flags |= MISSIU_SA_ESN;
	return 0;
}
