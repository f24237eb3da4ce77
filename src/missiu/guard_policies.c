/* SPDX-License-Identifier: Apache-2.0 */
#include "missiu/guard_policies.h"

#include "common/addr.h"
#include "missiu/guard_match.h"

/* ---- one rule ----------------------------------------------------------- */

static const char *family_word(uint8_t family)
{
	return family == 4 ? "ip" : "ip6";
}

static void put_span(FILE *to, const struct guard_span *s)
{
	fputs(addr_text(&s->lo).s, to);
	if (!addr_eq(&s->lo, &s->hi))
		fprintf(to, "-%s", addr_text(&s->hi).s);
}

static void put_range(FILE *to, const char *what, unsigned lo, unsigned hi)
{
	fprintf(to, hi == lo ? "%s %u " : "%s %u-%u ", what, lo, hi);
}

static void put_port(FILE *to, const char *what, unsigned lo, unsigned hi)
{
	if (lo > 0 || hi < UINT16_MAX)
		put_range(to, what, lo, hi);
}

static void put_icmp(FILE *to, const struct guard_match *m)
{
	const char *word = m->proto == 1 ? "icmp" : "icmpv6";
	unsigned lo = m->lport_lo, hi = m->lport_hi;

	if ((lo & 0xff) == 0 && (hi & 0xff) == 0xff) {
		fprintf(to, "%s ", word);
		put_range(to, "type", lo >> 8, hi >> 8);
	} else if (lo >> 8 == hi >> 8) {
		fprintf(to, "%s type %u %s ", word, lo >> 8, word);
		put_range(to, "code", lo & 0xff, hi & 0xff);
	} else {
		fprintf(to, "meta l4proto %u ", m->proto);
		put_range(to, "@th,0,16", lo, hi);
	}
}

/*
 * A later IPv6 fragment names what follows its own header; behind another
 * extension header the protocol can't be seen (RFC 8200 4.5).
 */
static void put_later_proto(const struct guard_chain *c,
			    const struct guard_match *m, uint8_t family)
{
	if (!m->proto)
		return;
	if (family == 4)
		fprintf(c->to, "ip protocol %u ", m->proto);
	else if (m->verdict == GUARD_PASS)
		fprintf(c->to, "frag nexthdr %u ", m->proto);
	else
		fprintf(c->to, "frag nexthdr { 0, 43, 51, 60, %u } ", m->proto);
}

static void put_upper(const struct guard_chain *c, const struct guard_match *m)
{
	bool out = c->out;

	if (m->upper == GUARD_ICMP) {
		put_icmp(c->to, m);
		return;
	}
	if (m->proto)
		fprintf(c->to, "meta l4proto %u ", m->proto);
	else if (m->upper == GUARD_PORTS)
		fputs("meta l4proto { 6, 17, 33, 132, 136 } ", c->to);
	put_port(c->to, out ? "th sport" : "th dport", m->lport_lo,
		 m->lport_hi);
	put_port(c->to, out ? "th dport" : "th sport", m->rport_lo,
		 m->rport_hi);
}

static void put_verdict(const struct guard_chain *c,
			const struct guard_match *m)
{
	static const char *const words[] = {
		[GUARD_CLEAR] = "clear", [GUARD_BLOCK] = "block"
	};

	if (m->verdict != GUARD_PASS)
		fprintf(c->to, "counter name %s_%s drop\n", c->dir,
			words[m->verdict]);
	else
		fputs(m->upper == GUARD_NO_PORTS ? "accept\n" : "goto pass\n",
		      c->to);
}

/* What comes after the addresses. */
static void put_rest(const struct guard_chain *c, const struct guard_match *m,
		     uint8_t family)
{
	bool l = m->local.lo.family, r = m->remote.lo.family;

	if (family && !l && !r)
		fprintf(c->to, "meta protocol %s ", family_word(family));
	if (c->later)
		put_later_proto(c, m, family);
	else
		put_upper(c, m);
	put_verdict(c, m);
}

/* Matches of the same local side, as one rule. */
static void put_rule(const struct guard_chain *c, const struct guard_match *m,
		     size_t n, uint8_t family)
{
	const char *ip = family_word(family);

	if (m->local.lo.family) {
		fprintf(c->to, "%s %s ", ip, c->out ? "saddr" : "daddr");
		put_span(c->to, &m->local);
		fputc(' ', c->to);
	}
	if (m->remote.lo.family) {
		fprintf(c->to, "%s %s ", ip, c->out ? "daddr" : "saddr");
		fputs(n > 1 ? "{ " : "", c->to);
		for (size_t i = 0; i < n; i++) {
			fputs(i ? ", " : "", c->to);
			put_span(c->to, &m[i].remote);
		}
		fputs(n > 1 ? " } " : " ", c->to);
	}
	put_rest(c, m, family);
}

/* ---- a run of one verdict ------------------------------------------------- */

static size_t same_local(const struct guard_match *m, size_t n)
{
	size_t i = 1;

	while (i < n && guard_same_kind(m, m + i) &&
	       guard_same_span(&m->local, &m[i].local))
		i++;
	return i;
}

/*
 * How many matches can be pairs of one set: the kernel refuses those that
 * overlap. Merged ones do so only when their local sides do.
 */
static size_t disjoint(const struct guard_match *m, size_t n)
{
	size_t i = 1;

	while (i < n && guard_same_kind(m, m + i) &&
	       (guard_same_span(&m[i - 1].local, &m[i].local) ||
		addr_cmp(&m[i - 1].local.hi, &m[i].local.lo) < 0))
		i++;
	return i;
}

static void put_pairs(const struct guard_chain *c, const struct guard_match *m,
		      size_t n)
{
	const char *ip = family_word(m->family);

	fprintf(c->to, "%s %s . %s %s { ", ip, c->out ? "saddr" : "daddr", ip,
		c->out ? "daddr" : "saddr");
	for (size_t i = 0; i < n; i++) {
		fputs(i ? ", " : "", c->to);
		put_span(c->to, &m[i].local);
		fputs(" . ", c->to);
		put_span(c->to, &m[i].remote);
	}
	fputs(" } ", c->to);
	put_rest(c, m, m->family);
}

/* Later fragments are told apart by family: a rule for each. */
static void put_group(const struct guard_chain *c, const struct guard_match *m,
		      size_t n)
{
	if (c->later && !m->family && m->proto) {
		put_rule(c, m, n, 4);
		put_rule(c, m, n, 6);
		return;
	}
	put_rule(c, m, n, m->family);
}

static void put_run(const struct guard_chain *c, struct guard_list *run)
{
	size_t n;

	guard_merge(run);
	for (size_t i = 0; i < run->n; i += n) {
		const struct guard_match *m = &run->v[i];
		size_t left = run->n - i, alike = same_local(m, left);

		n = alike;
		if (m->local.lo.family && m->remote.lo.family)
			n = disjoint(m, left);
		if (n > alike)
			put_pairs(c, m, n);
		else
			put_group(c, m, n);
	}
	run->n = 0;
}

bool guard_put_policies(const struct guard_chain *c,
			const struct missiu_policy *v, size_t n,
			bool drop_unmatched)
{
	unsigned dir = c->out ? MISSIU_OUT : MISSIU_IN, action = 0;
	struct guard_list run = { 0 };
	bool ok;

	for (size_t i = 0; i < n; i++) {
		if (!(v[i].dirs & dir))
			continue;
		if (v[i].action != action)
			put_run(c, &run);
		action = v[i].action;
		guard_match_add(&v[i], c->later, &run);
	}
	put_run(c, &run);
	if (drop_unmatched)
		fprintf(c->to, "counter name %s_block drop\n", c->dir);
	else
		fputs("accept\n", c->to);
	ok = !run.failed;
	guard_list_fini(&run);
	return ok;
}
