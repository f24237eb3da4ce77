/* SPDX-License-Identifier: Apache-2.0 */
/* Proposals as text, both ways. */
#include <string.h>

#include "common/diag.h"
#include "ike/explain_line.h"
#include "ike/proposal.h"
#include "ike/suite.h"

/*
 * RFC 8247: AEADs first, the strongest groups that are also fast first, SHA-1
 * and groups below 14 only when somebody names them.
 */
#define DEFAULT_GROUPS "x25519-ecp256-ecp384-ecp521-modp2048-modp3072-modp4096"

const char ike_proposal_default[] =
	"aes128gcm16-aes256gcm16-chacha20poly1305-prfsha256-prfsha384-"
	"prfsha512-" DEFAULT_GROUPS ","
	"aes128-aes256-sha256-sha384-sha512-" DEFAULT_GROUPS;

/* Most algorithms that one proposal's text may name. */
#define TOKENS_MAX 64

/* One proposal while it is read: its tokens in order. */
struct tokens {
	uint8_t proto;
	size_t n, of_type[IKE_T_MAX];
	const struct suite_name *v[TOKENS_MAX];
};

static bool known_twice(const struct tokens *k, const struct suite_name *t)
{
	for (size_t i = 0; i < k->n; i++)
		if (k->v[i]->type == t->type && k->v[i]->id == t->id &&
		    k->v[i]->key_bits == t->key_bits)
			return true;
	return false;
}

static bool fits_proto(uint8_t proto, uint8_t type)
{
	switch (type) {
	case IKE_T_PRF:
		return proto == IKE_PROTO_IKE;
	case IKE_T_ENCR:
		return proto != IKE_PROTO_AH;
	case IKE_T_ESN:
		return proto != IKE_PROTO_IKE;
	default:
		return true;
	}
}

static int add_token(struct tokens *k, const char *token, size_t len,
		     struct missiu_diag *diag)
{
	const struct suite_name *t = suite_by_name(token, len);

	if (!t)
		return diag_set(diag, MISSIU_EINVAL,
				"unknown algorithm \"%.*s\"", (int)len, token);
	if (!fits_proto(k->proto, t->type))
		return diag_set(diag, MISSIU_EINVAL,
				"%s (%s) does not belong into this proposal",
				t->name, suite_type_name(t->type));
	if (known_twice(k, t))
		return diag_set(diag, MISSIU_EINVAL, "%s is named twice",
				t->name);
	if (k->n == TOKENS_MAX)
		return diag_set(diag, MISSIU_EFULL,
				"more than %d algorithms in one proposal",
				TOKENS_MAX);
	k->v[k->n++] = t;
	k->of_type[t->type]++;
	return 0;
}

static int split(struct tokens *k, const char *text, size_t len,
		 struct missiu_diag *diag)
{
	while (len) {
		const char *dash = memchr(text, '-', len);
		size_t n = dash ? (size_t)(dash - text) : len;
		int ret = add_token(k, text, n, diag);

		if (ret)
			return ret;
		if (dash && n + 1 == len)
			return diag_set(diag, MISSIU_EINVAL,
					"nothing after the last '-'");
		text += dash ? n + 1 : n;
		len -= dash ? n + 1 : n;
	}
	return 0;
}

/* IKE without a PRF: those of the integrity algorithms (the field's habit). */
static int imply_prfs(struct tokens *k, struct missiu_diag *diag)
{
	size_t n = k->n;

	if (k->proto != IKE_PROTO_IKE || k->of_type[IKE_T_PRF])
		return 0;
	for (size_t i = 0; i < n; i++) {
		const struct suite_name *prf;
		int ret;

		if (k->v[i]->type != IKE_T_INTEG)
			continue;
		prf = suite_by_number(IKE_T_PRF,
				      suite_prf_of_integ(k->v[i]->id), 0);
		if (!prf || known_twice(k, prf))
			continue;
		ret = add_token(k, prf->name, strlen(prf->name), diag);
		if (ret)
			return ret;
	}
	return 0;
}

static int check_protection(const struct tokens *k, struct missiu_diag *diag)
{
	size_t aeads = 0;

	for (size_t i = 0; i < k->n; i++)
		if (k->v[i]->type == IKE_T_ENCR && suite_is_aead(k->v[i]->id))
			aeads++;
	if (!k->of_type[IKE_T_ENCR] && k->proto != IKE_PROTO_AH)
		return diag_set(diag, MISSIU_EINVAL, "no encryption algorithm");
	if (aeads && aeads < k->of_type[IKE_T_ENCR])
		return diag_set(diag, MISSIU_EINVAL,
				"AEADs need a proposal of their own");
	if (aeads && k->of_type[IKE_T_INTEG])
		return diag_set(diag, MISSIU_EINVAL,
				"AEADs go without an integrity algorithm");
	if (!aeads && !k->of_type[IKE_T_INTEG])
		return diag_set(diag, MISSIU_EINVAL, "no integrity algorithm");
	return 0;
}

static int check_exchange(const struct tokens *k, struct missiu_diag *diag)
{
	if (k->proto != IKE_PROTO_IKE)
		return 0;
	if (!k->of_type[IKE_T_PRF])
		return diag_set(diag, MISSIU_EINVAL, "no PRF, e.g. prfsha256");
	for (size_t i = 0; i < k->n; i++)
		if (k->v[i]->type == IKE_T_DH && !k->v[i]->id)
			return diag_set(diag, MISSIU_EINVAL,
					"an IKE SA needs a group, not \"%s\"",
					k->v[i]->name);
	if (!k->of_type[IKE_T_DH])
		return diag_set(diag, MISSIU_EINVAL, "no group, e.g. x25519");
	return 0;
}

/* RFC 9370 2.2.1: additional key exchanges come after a first one. */
static int check_addke(const struct tokens *k, struct missiu_diag *diag)
{
	for (uint8_t type = IKE_T_ADDKE1; type < IKE_T_MAX; type++)
		if (k->of_type[type] && !k->of_type[IKE_T_DH])
			return diag_set(diag, MISSIU_EINVAL,
					"%s needs a group before it, e.g. "
					"x25519",
					suite_type_name(type));
	return 0;
}

static bool append(struct ike_proposals *set, uint8_t type, uint16_t id,
		   uint16_t key_bits)
{
	if (set->n_t == IKE_TRANSFORMS_MAX)
		return false;
	set->t[set->n_t++] = (struct ike_transform){ .type = type,
						     .id = id,
						     .key_bits = key_bits };
	set->p[set->n - 1].n++;
	return true;
}

/* Sorted by type; the order within a type is the preference. */
static int emit(const struct tokens *k, struct ike_proposals *set,
		struct missiu_diag *diag)
{
	bool ok = true;

	if (set->n == IKE_PROPOSALS_MAX)
		return diag_set(diag, MISSIU_EFULL, "more than %d proposals",
				IKE_PROPOSALS_MAX);
	set->n++;
	set->p[set->n - 1] = (struct ike_proposal){ .number = (uint8_t)set->n,
						    .proto = k->proto,
						    .first = set->n_t };
	for (uint8_t type = IKE_T_ENCR; type < IKE_T_MAX; type++)
		for (size_t i = 0; i < k->n; i++)
			if (k->v[i]->type == type)
				ok = ok && append(set, type, k->v[i]->id,
						  k->v[i]->key_bits);
	if (k->proto != IKE_PROTO_IKE && !k->of_type[IKE_T_ESN])
		ok = ok && append(set, IKE_T_ESN, IKE_ESN_NO, 0);
	if (!ok)
		return diag_set(diag, MISSIU_EFULL,
				"more than %d algorithms altogether",
				IKE_TRANSFORMS_MAX);
	return 0;
}

static int parse_one(const char *text, size_t len, uint8_t proto,
		     struct ike_proposals *set, struct missiu_diag *diag)
{
	struct tokens k = { .proto = proto };
	int ret;

	if (!len)
		return diag_set(diag, MISSIU_EINVAL, "empty proposal");
	ret = split(&k, text, len, diag);
	if (!ret)
		ret = imply_prfs(&k, diag);
	if (!ret)
		ret = check_protection(&k, diag);
	if (!ret)
		ret = check_exchange(&k, diag);
	if (!ret)
		ret = check_addke(&k, diag);
	if (!ret)
		ret = emit(&k, set, diag);
	return ret;
}

static bool is_default(const char *text, size_t len)
{
	return len == strlen("default") && !memcmp(text, "default", len);
}

static int parse_list(const char *text, uint8_t proto,
		      struct ike_proposals *set, struct missiu_diag *diag)
{
	for (bool more = true; more;) {
		size_t len = strcspn(text, ",");
		size_t lead = strspn(text, " \t");
		const char *one = text + lead;
		size_t n = lead < len ? len - lead : 0;
		int ret;

		while (n && (one[n - 1] == ' ' || one[n - 1] == '\t'))
			n--;
		more = text[len] == ',';
		ret = parse_one(one, n, proto, set, diag);
		if (ret) {
			diag_prefix(diag, "proposal %u: ", set->n + 1u);
			return ret;
		}
		text += len + more;
	}
	return 0;
}

int ike_proposals_parse(const char *text, uint8_t proto,
			struct ike_proposals *out, struct missiu_diag *diag)
{
	struct ike_proposals set = { 0 };
	int ret;

	if (proto == IKE_PROTO_IKE && is_default(text, strlen(text)))
		text = ike_proposal_default;
	ret = parse_list(text, proto, &set, diag);
	if (!ret)
		*out = set;
	return ret;
}

/* What goes without saying: NONE where it is the only one, and no ESN. */
static bool only_zero(const struct ike_proposals *set,
		      const struct ike_proposal *p, uint8_t type)
{
	for (size_t i = 0; i < p->n; i++)
		if (set->t[p->first + i].type == type &&
		    set->t[p->first + i].id)
			return false;
	return true;
}

/* The next transform of a type from *i on; NULL: none. */
static const struct ike_transform *next_of(const struct ike_proposals *set,
					   const struct ike_proposal *p,
					   uint8_t type, size_t *i)
{
	while (*i < p->n) {
		const struct ike_transform *t = &set->t[p->first + (*i)++];

		if (t->type == type)
			return t;
	}
	return NULL;
}

/* Whether the PRFs are exactly those that reading would imply. */
static bool prfs_implied(const struct ike_proposals *set,
			 const struct ike_proposal *p)
{
	const struct ike_transform *integ, *prf;
	size_t i = 0, k = 0;

	integ = next_of(set, p, IKE_T_INTEG, &i);
	prf = next_of(set, p, IKE_T_PRF, &k);
	if (!integ || !prf)
		return false;
	for (; integ && prf; integ = next_of(set, p, IKE_T_INTEG, &i)) {
		if (prf->id != suite_prf_of_integ(integ->id))
			return false;
		prf = next_of(set, p, IKE_T_PRF, &k);
	}
	return !integ && !prf;
}

static void print_transform(struct line *l, const struct ike_transform *t)
{
	static const char *const kinds[IKE_T_MAX] = {
		NULL,  "encr", "prf", "integ", "dh",  "esn", "ke1",
		"ke2", "ke3",  "ke4", "ke5",   "ke6", "ke7",
	};
	const struct suite_name *s =
		suite_by_number(t->type, t->id, t->key_bits);

	if (s)
		line_add(l, "%s", s->name);
	else if (t->type && t->type < IKE_T_MAX)
		line_add(l, "%s/%u", kinds[t->type], t->id);
	else
		line_add(l, "type%u/%u", t->type, t->id);
	if (!s && t->key_bits)
		line_add(l, "/%u", t->key_bits);
	if (t->unusable)
		line_add(l, "(unknown attribute)");
}

static void print_type(struct line *l, const struct ike_proposals *set,
		       const struct ike_proposal *p, uint8_t type, bool *first)
{
	const struct ike_transform *t;
	size_t i = 0;

	while ((t = next_of(set, p, type, &i))) {
		if (!*first)
			line_add(l, "-");
		*first = false;
		print_transform(l, t);
	}
}

static void print_one(struct line *l, const struct ike_proposals *set,
		      const struct ike_proposal *p)
{
	bool first = true;

	print_type(l, set, p, IKE_T_ENCR, &first);
	if (!only_zero(set, p, IKE_T_INTEG))
		print_type(l, set, p, IKE_T_INTEG, &first);
	if (!prfs_implied(set, p))
		print_type(l, set, p, IKE_T_PRF, &first);
	if (!only_zero(set, p, IKE_T_DH))
		print_type(l, set, p, IKE_T_DH, &first);
	if (!only_zero(set, p, IKE_T_ESN))
		print_type(l, set, p, IKE_T_ESN, &first);
	for (uint8_t type = IKE_T_ADDKE1; type < IKE_T_MAX; type++)
		if (!only_zero(set, p, type))
			print_type(l, set, p, type, &first);
	for (size_t i = 0; i < p->n; i++) {
		const struct ike_transform *t = &set->t[p->first + i];

		if (t->type && t->type < IKE_T_MAX)
			continue;
		line_add(l, first ? "" : "-");
		first = false;
		print_transform(l, t);
	}
	if (first)
		line_add(l, "nothing");
}

size_t ike_proposal_text(const struct ike_proposals *set,
			 const struct ike_proposal *p, char *buf, size_t cap)
{
	struct line l = line_to(buf, cap);

	print_one(&l, set, p);
	return l.len;
}

size_t ike_proposal_type_text(const struct ike_proposals *set,
			      const struct ike_proposal *p, uint8_t type,
			      char *buf, size_t cap)
{
	struct line l = line_to(buf, cap);
	bool first = true;

	print_type(&l, set, p, type, &first);
	if (only_zero(set, p, type)) {
		l = line_to(buf, cap);
		line_add(&l, "none");
	}
	return l.len;
}

size_t ike_proposals_text(const struct ike_proposals *set, char *buf,
			  size_t cap)
{
	struct line l = line_to(buf, cap);

	for (size_t i = 0; i < set->n; i++) {
		line_add(&l, i ? "," : "");
		print_one(&l, set, &set->p[i]);
	}
	return l.len;
}

size_t ike_suite_text(const struct ike_suite *s, char *buf, size_t cap)
{
	struct ike_proposals set;

	ike_suite_to_proposals(s, &set);
	return ike_proposals_text(&set, buf, cap);
}
