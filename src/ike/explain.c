/* SPDX-License-Identifier: Apache-2.0 */
#include "ike/explain.h"

#include "common/addr.h"
#include "crypto/algs.h"
#include "ike/explain_line.h"
#include "ike/suite.h"

/* Room for one side's values, so that the advice is never cut off. */
#define SIDE_MAX 320

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

static void advise_encr(struct line *l, const struct ike_transform *t)
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
	line_add(l, " to the policy");
}

static void advise_integ(struct line *l, const struct pair *c,
			 const struct ike_transform *t)
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

	if (!t || !t->id)
		line_add(l, "take %s out of the policy", property);
	else if (!auth_from_iana(t->id, &id) || !auth_alg(id)->usable)
		line_add(l, "it is not implemented here, let the peer offer "
			    "one of ours");
	else
		line_add(l, "add %s %s to the policy", property, words[id]);
}

static void advise_child(struct line *l, const struct pair *c, uint8_t type)
{
	const struct ike_transform *t = wanted(c, type);

	switch (type) {
	case IKE_T_ENCR:
		if (t)
			advise_encr(l, t);
		else
			line_add(l, "the peer must name an encryption");
		break;
	case IKE_T_INTEG:
		advise_integ(l, c, t);
		break;
	case IKE_T_DH:
		if (c->where)
			line_add(l, "write pfs %.0u%s into %s",
				 t ? t->id : IKE_DH_NONE,
				 t && t->id ? "" : "no", c->where);
		else
			line_add(l, "start ike with " IKE_OPT_PFS_GROUP " %u",
				 t ? t->id : IKE_DH_NONE);
		break;
	case IKE_T_ESN:
		line_add(l, "start ike without " IKE_OPT_NO_ESN);
		break;
	default:
		line_add(l, "the peer must leave it out");
		break;
	}
}

static void explain_difference(struct line *l, const struct pair *c,
			       uint8_t type)
{
	char theirs[SIDE_MAX / 2], ours[SIDE_MAX / 2];

	ike_proposal_type_text(c->offer, c->po, type, theirs, sizeof(theirs));
	ike_proposal_type_text(c->accept, c->pa, type, ours, sizeof(ours));
	line_add(l, "; first difference: %s (peer %s, we %s); ",
		 suite_type_name(type), theirs, ours);
	if (c->pa->proto == IKE_PROTO_IKE)
		advise_ike(l, c);
	else
		advise_child(l, c, type);
}

size_t ike_explain_proposal(const struct ike_proposals *offer,
			    const struct ike_proposals *accept,
			    const char *where, char *buf, size_t cap)
{
	struct line l = line_to(buf, cap);
	char theirs[SIDE_MAX], ours[SIDE_MAX];
	struct pair c = { .where = where };

	ike_proposals_text(offer, theirs, sizeof(theirs));
	ike_proposals_text(accept, ours, sizeof(ours));
	line_add(&l, "no proposal chosen: peer offers %s; we accept %s", theirs,
		 ours);
	if (!nearest(offer, accept, &c)) {
		line_add(&l, "; the peer offers another protocol");
		return l.len;
	}
	for (size_t i = 0; i < N_ORDER; i++) {
		if (meets(&c, order[i]))
			continue;
		explain_difference(&l, &c, order[i]);
		return l.len;
	}
	line_add(&l, "; each algorithm is known, but not in this combination: "
		     "AEADs go without integrity, others need it, unknown "
		     "transforms are refused");
	return l.len;
}

size_t ike_explain_refused(const struct ike_proposals *offer, const char *where,
			   char *buf, size_t cap)
{
	static const char remedy[] = "a proposal that the peer accepts";
	struct line l = line_to(buf, cap);
	char ours[2 * SIDE_MAX];
	bool ike = offer->n && offer->p[0].proto == IKE_PROTO_IKE;

	ike_proposals_text(offer, ours, sizeof(ours));
	line_add(&l, "peer answers NO_PROPOSAL_CHOSEN: we offer %s; ", ours);
	if (ike && where)
		line_add(&l, "let ike_algs of %s be %s", where, remedy);
	else if (ike)
		line_add(&l, "start ike with " IKE_OPT_PROPOSAL " and %s",
			 remedy);
	else
		line_add(&l,
			 "set encr_algs and encr_auth_algs of the policy to "
			 "what the peer accepts, or the group by %s%s",
			 where ? "pfs of " : IKE_OPT_PFS_GROUP,
			 where ? where : "");
	return l.len;
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

/* What would let the nearest policy through. */
static void advise_ts(struct line *l, const struct ike_ts_ctx *ctx,
		      const struct missiu_policy *p, enum ts_step step)
{
	switch (step) {
	case TS_ACTION:
		break;
	case TS_MODE:
		line_add(l, "; first difference: mode; %s",
			 ctx->mode == MISSIU_TUNNEL ?
				 "add tladdr and traddr to the policy" :
				 "take tladdr and traddr out of the policy");
		break;
	case TS_ENDS:
		line_add(l,
			 "; first difference: tunnel ends (policy %s and %s); "
			 "set tladdr %s traddr %s",
			 addr_text(&p->tun_local).s,
			 addr_text(&p->tun_remote).s, addr_text(&ctx->local).s,
			 addr_text(&ctx->remote).s);
		break;
	case TS_LOCAL:
		line_add(l, "; first difference: our side; let laddr, lport "
			    "and ulp meet TSr");
		break;
	case TS_REMOTE:
		line_add(l, "; first difference: the peer's side; let raddr, "
			    "rport and ulp meet TSi");
		break;
	case TS_SHADOWED:
		line_add(l, "; the traffic lies outside of the IKE SA's ends, "
			    "or an earlier bypass or drop policy takes it");
		break;
	case TS_PEER:
		line_add(
			l,
			"; first difference: the peer; the policy is for %s%s, "
			"this is %s; let its property peer name this one",
			p->peer[0] ? "peer " : "those bound to its address",
			p->peer, ctx->who);
		break;
	}
}

size_t ike_explain_ts(const struct ike_ts_ctx *ctx,
		      const struct ike_ts_list *tsi,
		      const struct ike_ts_list *tsr, char *buf, size_t cap)
{
	struct line l = line_to(buf, cap);
	const struct missiu_policy *near = NULL;
	enum ts_step best = TS_ACTION;
	char i_text[SIDE_MAX / 2], r_text[SIDE_MAX / 2];

	ike_ts_list_text(tsi, i_text, sizeof(i_text));
	ike_ts_list_text(tsr, r_text, sizeof(r_text));
	line_add(&l,
		 "traffic selectors unacceptable: peer offers TSi=%s TSr=%s in "
		 "%s mode between %s and %s",
		 i_text, r_text,
		 ctx->mode == MISSIU_TUNNEL ? "tunnel" : "transport",
		 addr_text(&ctx->remote).s, addr_text(&ctx->local).s);
	for (size_t i = 0; i < ctx->n_pol; i++) {
		enum ts_step s = step_of(ctx, &ctx->pol[i], tsi, tsr);

		if (s <= best)
			continue;
		best = s;
		near = &ctx->pol[i];
	}
	if (!near) {
		line_add(&l, "; we have no ipsec policy");
		return l.len;
	}
	line_add(&l, ", we have local=%s remote=%s (policy %u, line %u)",
		 ts_text(&near->local).s, ts_text(&near->remote).s, near->id,
		 near->line);
	advise_ts(&l, ctx, near, best);
	return l.len;
}

size_t ike_explain_ts_refused(const struct ike_ts_list *local,
			      const struct ike_ts_list *remote, char *buf,
			      size_t cap)
{
	struct line l = line_to(buf, cap);
	char l_text[SIDE_MAX], r_text[SIDE_MAX];

	ike_ts_list_text(local, l_text, sizeof(l_text));
	ike_ts_list_text(remote, r_text, sizeof(r_text));
	line_add(&l,
		 "peer answers TS_UNACCEPTABLE: we offer local=%s remote=%s; "
		 "set laddr, raddr, ports and ulp of the policy to what the "
		 "peer accepts",
		 l_text, r_text);
	return l.len;
}
