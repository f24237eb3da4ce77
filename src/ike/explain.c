/* SPDX-License-Identifier: Apache-2.0 */
#include "ike/explain.h"

#include "common/addr.h"
#include "crypto/algs.h"
#include "ike/explain_line.h"
#include "ike/suite.h"

/* Room for one side's part of a difference. */
#define PART_MAX 100

/* Types in the order in which people look for a difference. */
static const uint8_t order[] = { IKE_T_ENCR, IKE_T_INTEG, IKE_T_PRF, IKE_T_DH,
				 IKE_T_ESN };

#define N_ORDER (sizeof(order) / sizeof(order[0]))

struct pair {
	const struct ike_proposals *offer, *accept;
	const struct ike_proposal *po, *pa;
	const char *where; /* as ike_explain_proposal() has it */
};

/* Whether the two share an algorithm of one type; none counts as one. */
static bool meets(const struct pair *c, uint8_t type)
{
	const struct ike_transform *t = c->accept->t + c->pa->first;

	for (size_t i = 0; i < c->pa->n; i++)
		if (t[i].type == type &&
		    ike_proposal_offers(c->offer, c->po, type, t[i].id,
					t[i].key_bits))
			return true;
	return ike_proposal_offers(c->offer, c->po, type, 0, 0) &&
	       ike_proposal_offers(c->accept, c->pa, type, 0, 0);
}

static unsigned score(const struct pair *c)
{
	unsigned n = 0;

	if (c->po->proto != c->pa->proto)
		return 0;
	for (size_t i = 0; i < N_ORDER; i++)
		n += meets(c, order[i]);
	return n + 1;
}

/* The two proposals that have most in common; false: none of one protocol. */
static bool nearest(const struct ike_proposals *offer,
		    const struct ike_proposals *accept, struct pair *best)
{
	unsigned most = 0;

	for (size_t a = 0; a < accept->n; a++) {
		for (size_t o = 0; o < offer->n; o++) {
			struct pair c = { offer, accept, &offer->p[o],
					  &accept->p[a], best->where };
			unsigned n = score(&c);

			if (n <= most)
				continue;
			most = n;
			*best = c;
		}
	}
	return most > 0;
}

/* The peer's first transform of a type; NULL: it has none. */
static const struct ike_transform *wanted(const struct pair *c, uint8_t type)
{
	const struct ike_transform *t = c->offer->t + c->po->first;

	for (size_t i = 0; i < c->po->n; i++)
		if (t[i].type == type)
			return &t[i];
	return NULL;
}

/* IKE: the option with the first algorithm of each type that the peer has. */
static void advise_ike(struct line *l, const struct pair *c)
{
	struct ike_proposals one = { .n = 1 };
	char text[IKE_SUITE_TEXT_MAX];

	one.p[0].number = 1;
	one.p[0].proto = IKE_PROTO_IKE;
	for (uint8_t type = IKE_T_ENCR; type < IKE_T_MAX; type++) {
		const struct ike_transform *t = wanted(c, type);

		if (!t)
			continue;
		one.t[one.n_t++] = *t;
		one.p[0].n++;
	}
	ike_proposals_text(&one, text, sizeof(text));
	if (ike_proposals_usable(&one, NULL))
		line_add(l,
			 "%s is not implemented here, let the peer offer "
			 "one of ours",
			 text);
	else if (c->where)
		line_add(l, "write ike_algs %s into %s", text, c->where);
	else
		line_add(l, "start ike with " IKE_OPT_PROPOSAL " %s", text);
}

/* "the policy", or which one. */
static void add_policy(struct line *l, const struct missiu_policy *pol)
{
	if (!pol)
		line_add(l, "the policy");
	else
		line_add(l, "policy %u (line %u)", pol->id, pol->line);
}

static void advise_encr(struct line *l, const struct ike_transform *t,
			const struct missiu_policy *pol)
{
	static const char *const words[MISSIU_ENCR_MAX] = {
		[MISSIU_ENCR_DES] = "des",
		[MISSIU_ENCR_3DES] = "3des",
		[MISSIU_ENCR_BLOWFISH] = "blowfish",
		[MISSIU_ENCR_AES_CBC] = "aes",
		[MISSIU_ENCR_AES_CTR] = "ctr",
		[MISSIU_ENCR_AES_GCM] = "gcm",
		[MISSIU_ENCR_AES_GMAC] = "gmac",
		[MISSIU_ENCR_AES_CCM] = "ccm",
		[MISSIU_ENCR_CHACHA20_POLY1305] = "chacha20-poly1305",
		[MISSIU_ENCR_NULL] = "null",
	};
	uint8_t id, icv_len;

	if (!encr_from_iana(t->id, &id, &icv_len) || !encr_alg(id)->usable) {
		line_add(l, "it is not implemented here, let the peer offer "
			    "one of ours");
		return;
	}
	line_add(l, "add encr_algs %s", words[id]);
	if (t->key_bits)
		line_add(l, " keylength %u", t->key_bits / 8u);
	if (icv_len && icv_len != 16)
		line_add(l, " tag %u", icv_len);
	line_add(l, " to ");
	add_policy(l, pol);
}

static void advise_integ(struct line *l, const struct pair *c,
			 const struct ike_transform *t,
			 const struct missiu_policy *pol)
{
	static const char *const words[MISSIU_AUTH_MAX] = {
		[MISSIU_AUTH_MD5] = "md5",
		[MISSIU_AUTH_SHA1] = "sha1",
		[MISSIU_AUTH_AES_XCBC] = "aes",
		[MISSIU_AUTH_SHA256] = "sha256",
		[MISSIU_AUTH_SHA384] = "sha384",
		[MISSIU_AUTH_SHA512] = "sha512",
		[MISSIU_AUTH_AES_CMAC] = "aes-cmac",
		[MISSIU_AUTH_AES128_GMAC] = "aes-gmac",
		[MISSIU_AUTH_AES192_GMAC] = "aes192-gmac",
		[MISSIU_AUTH_AES256_GMAC] = "aes256-gmac",
	};
	const char *property =
		c->pa->proto == IKE_PROTO_AH ? "auth_algs" : "encr_auth_algs";
	uint8_t id;

	if (!t || !t->id) {
		line_add(l, "take %s out of ", property);
		add_policy(l, pol);
	} else if (!auth_from_iana(t->id, &id) || !auth_alg(id)->usable) {
		line_add(l, "it is not implemented here, let the peer offer "
			    "one of ours");
	} else {
		line_add(l, "add %s %s to ", property, words[id]);
		add_policy(l, pol);
	}
}

/* Where pfs stands is where it is to be changed. */
static void advise_pfs(struct line *l, uint16_t group, const char *where,
		       const struct missiu_policy *pol)
{
	const struct suite_name *s = suite_by_number(IKE_T_DH, group, 0);

	if (!where && !(pol && pol->pfs.n)) {
		line_add(l, "start ike with " IKE_OPT_PFS_GROUP " %u", group);
		return;
	}
	line_add(l, "write pfs %s into ",
		 !group ? "no" :
		 s	? s->name :
			  "with a group that both have");
	if (pol && pol->pfs.n)
		add_policy(l, pol);
	else
		line_add(l, "%s", where);
}

static void advise_child(struct line *l, const struct pair *c, uint8_t type,
			 const struct missiu_policy *pol)
{
	const struct ike_transform *t = wanted(c, type);

	switch (type) {
	case IKE_T_ENCR:
		if (t)
			advise_encr(l, t, pol);
		else
			line_add(l, "the peer must name an encryption");
		break;
	case IKE_T_INTEG:
		advise_integ(l, c, t, pol);
		break;
	case IKE_T_DH:
		advise_pfs(l, t ? t->id : IKE_DH_NONE, c->where, pol);
		break;
	case IKE_T_ESN:
		line_add(l, "start ike without " IKE_OPT_NO_ESN);
		break;
	default:
		line_add(l, "the peer must leave it out");
		break;
	}
}

static void explain_difference(const struct pair *c, uint8_t type,
			       const struct missiu_policy *pol,
			       struct ike_why *why)
{
	struct line l = line_to(why->difference, sizeof(why->difference));
	char theirs[PART_MAX], ours[PART_MAX];

	ike_proposal_type_text(c->offer, c->po, type, theirs, sizeof(theirs));
	ike_proposal_type_text(c->accept, c->pa, type, ours, sizeof(ours));
	line_add(&l, "%s (peer %s, we %s)", suite_type_name(type), theirs,
		 ours);
	l = line_to(why->remedy, sizeof(why->remedy));
	if (c->pa->proto == IKE_PROTO_IKE)
		advise_ike(&l, c);
	else
		advise_child(&l, c, type, pol);
}

void ike_explain_proposal(const struct ike_proposals *offer,
			  const struct ike_proposals *accept, const char *where,
			  const struct missiu_policy *pol, struct ike_why *why)
{
	struct pair c = { .where = where };

	ike_why_set(why, "no proposal chosen");
	ike_proposals_text(offer, why->theirs, sizeof(why->theirs));
	ike_proposals_text(accept, why->ours, sizeof(why->ours));
	why->verb = "accept";
	if (!nearest(offer, accept, &c)) {
		ike_why_remedy(why, "the peer offers another protocol");
		return;
	}
	for (size_t i = 0; i < N_ORDER; i++) {
		if (meets(&c, order[i]))
			continue;
		explain_difference(&c, order[i], pol, why);
		return;
	}
	ike_why_remedy(why,
		       "each algorithm is known, but not in this combination: "
		       "AEADs go without integrity, others need it, unknown "
		       "transforms are refused");
}

void ike_explain_refused(const struct ike_proposals *offer, const char *where,
			 const struct missiu_policy *pol, struct ike_why *why)
{
	static const char remedy[] = "a proposal that the peer accepts";
	struct line l;

	ike_why_set(why, "peer answers NO_PROPOSAL_CHOSEN");
	ike_proposals_text(offer, why->ours, sizeof(why->ours));
	why->verb = "offer";
	l = line_to(why->remedy, sizeof(why->remedy));
	if (offer->n && offer->p[0].proto == IKE_PROTO_IKE) {
		if (where)
			line_add(&l, "let ike_algs of %s be %s", where, remedy);
		else
			line_add(&l,
				 "start ike with " IKE_OPT_PROPOSAL " and %s",
				 remedy);
		return;
	}
	line_add(&l, "set encr_algs and encr_auth_algs of ");
	add_policy(&l, pol);
	line_add(&l, " to what the peer accepts, or the group by ");
	if (pol && pol->pfs.n)
		line_add(&l, "its pfs");
	else
		line_add(&l, "%s%s", where ? "pfs of " : IKE_OPT_PFS_GROUP,
			 where ? where : "");
}

void ike_explain_group(const struct ike_proposals *offer, uint16_t group,
		       const char *where, const struct missiu_policy *pol,
		       struct ike_why *why)
{
	struct line l = line_to(why->difference, sizeof(why->difference));
	char ours[PART_MAX];

	ike_why_set(why, "peer answers INVALID_KE_PAYLOAD to a child SA");
	ike_proposals_text(offer, why->ours, sizeof(why->ours));
	why->verb = "offer";
	if (offer->n)
		ike_proposal_type_text(offer, &offer->p[0], IKE_T_DH, ours,
				       sizeof(ours));
	line_add(&l, "%s (peer wants %u, we %s)", suite_type_name(IKE_T_DH),
		 group, offer->n ? ours : "none");
	l = line_to(why->remedy, sizeof(why->remedy));
	advise_pfs(&l, group, where, pol);
}

/* How far a policy gets; the further, the nearer. */
enum ts_step {
	TS_ACTION,
	TS_MODE,
	TS_ENDS,
	TS_LOCAL,
	TS_REMOTE,
	TS_SHADOWED,
	TS_PEER
};

static bool overlaps(const struct missiu_ts *side,
		     const struct ike_ts_list *list)
{
	struct missiu_ts ts;

	for (size_t i = 0; i < list->n; i++)
		if (ts_intersect(side, &list->v[i], &ts))
			return true;
	return false;
}

static bool end_fits(const struct missiu_addr *tun, const struct missiu_addr *a)
{
	return addr_is_any(tun) || addr_eq(tun, a);
}

static enum ts_step step_of(const struct ike_ts_ctx *ctx,
			    const struct missiu_policy *p,
			    const struct ike_ts_list *tsi,
			    const struct ike_ts_list *tsr)
{
	if (p->action != MISSIU_PROTECT)
		return TS_ACTION;
	if (p->mode != ctx->mode)
		return TS_MODE;
	if (p->mode == MISSIU_TUNNEL &&
	    (!end_fits(&p->tun_local, &ctx->local) ||
	     !end_fits(&p->tun_remote, &ctx->remote)))
		return TS_ENDS;
	if (!overlaps(&p->local, tsr))
		return TS_LOCAL;
	if (!overlaps(&p->remote, tsi))
		return TS_REMOTE;
	return ctx->allowed && !ctx->allowed(ctx->allowed_arg, p) ? TS_PEER :
								    TS_SHADOWED;
}

/* The difference to the nearest policy, and what would let it through. */
static void advise_ts(const struct ike_ts_ctx *ctx,
		      const struct missiu_policy *p, enum ts_step step,
		      struct ike_why *why)
{
	struct line d = line_to(why->difference, sizeof(why->difference));
	struct line r = line_to(why->remedy, sizeof(why->remedy));

	switch (step) {
	case TS_ACTION:
		break;
	case TS_MODE:
		line_add(&d, "mode");
		line_add(&r, "%s",
			 ctx->mode == MISSIU_TUNNEL ?
				 "add tladdr and traddr to " :
				 "take tladdr and traddr out of ");
		add_policy(&r, p);
		break;
	case TS_ENDS:
		line_add(&d, "tunnel ends (policy %s and %s)",
			 addr_text(&p->tun_local).s,
			 addr_text(&p->tun_remote).s);
		line_add(&r, "set tladdr %s traddr %s in ",
			 addr_text(&ctx->local).s, addr_text(&ctx->remote).s);
		add_policy(&r, p);
		break;
	case TS_LOCAL:
		line_add(&d, "our side");
		line_add(&r, "let laddr, lport and ulp meet TSr in ");
		add_policy(&r, p);
		break;
	case TS_REMOTE:
		line_add(&d, "the peer's side");
		line_add(&r, "let raddr, rport and ulp meet TSi in ");
		add_policy(&r, p);
		break;
	case TS_SHADOWED:
		line_add(&r, "the traffic lies outside of the IKE SA's ends, "
			     "or an earlier bypass or drop policy takes it");
		break;
	case TS_PEER:
		line_add(&d, "the peer (the policy is for %s%s, this is %s)",
			 p->peer[0] ? "peer " : "those bound to its address",
			 p->peer, ctx->who);
		line_add(&r, "let the property peer of ");
		add_policy(&r, p);
		line_add(&r, " name this one");
		break;
	}
}

void ike_explain_ts(const struct ike_ts_ctx *ctx, const struct ike_ts_list *tsi,
		    const struct ike_ts_list *tsr, struct ike_why *why)
{
	const struct missiu_policy *near = NULL;
	enum ts_step best = TS_ACTION;
	char i_text[PART_MAX], r_text[PART_MAX];
	struct line l;

	ike_why_set(why, "traffic selectors unacceptable");
	ike_ts_list_text(tsi, i_text, sizeof(i_text));
	ike_ts_list_text(tsr, r_text, sizeof(r_text));
	l = line_to(why->theirs, sizeof(why->theirs));
	line_add(&l, "TSi=%s TSr=%s in %s mode", i_text, r_text,
		 ctx->mode == MISSIU_TUNNEL ? "tunnel" : "transport");
	for (size_t i = 0; i < ctx->n_pol; i++) {
		enum ts_step s = step_of(ctx, &ctx->pol[i], tsi, tsr);

		if (s <= best)
			continue;
		best = s;
		near = &ctx->pol[i];
	}
	why->verb = "have";
	l = line_to(why->ours, sizeof(why->ours));
	if (!near) {
		line_add(&l, "no ipsec policy");
		ike_why_remedy(why, "load one that names this traffic");
		return;
	}
	line_add(&l, "local=%s remote=%s (policy %u, line %u)",
		 ts_text(&near->local).s, ts_text(&near->remote).s, near->id,
		 near->line);
	advise_ts(ctx, near, best, why);
}

void ike_explain_ts_refused(const struct ike_ts_list *local,
			    const struct ike_ts_list *remote,
			    const struct missiu_policy *pol,
			    struct ike_why *why)
{
	char l_text[PART_MAX], r_text[PART_MAX];
	struct line l;

	ike_why_set(why, "peer answers TS_UNACCEPTABLE");
	ike_ts_list_text(local, l_text, sizeof(l_text));
	ike_ts_list_text(remote, r_text, sizeof(r_text));
	l = line_to(why->ours, sizeof(why->ours));
	why->verb = "offer";
	line_add(&l, "local=%s remote=%s", l_text, r_text);
	l = line_to(why->remedy, sizeof(why->remedy));
	line_add(&l, "set laddr, raddr, ports and ulp of ");
	add_policy(&l, pol);
	line_add(&l, " to what the peer accepts");
}
