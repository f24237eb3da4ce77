/* SPDX-License-Identifier: Apache-2.0 */
#include "missiu/guard_match.h"

#include <stdlib.h>
#include <string.h>

#include "common/addr.h"

enum { P_ICMP = 1, P_TCP = 6, P_UDP = 17, P_ICMP6 = 58 };

void guard_list_fini(struct guard_list *l)
{
	free(l->v);
	*l = (struct guard_list){ 0 };
}

static void append(struct guard_list *l, const struct guard_match *m)
{
	size_t cap = l->cap ? l->cap * 2 : 64;
	struct guard_match *v = l->v;

	if (l->n == l->cap) {
		v = reallocarray(l->v, cap, sizeof(*v));
		if (!v) {
			l->failed = true;
			return;
		}
		l->v = v;
		l->cap = cap;
	}
	l->v[l->n++] = *m;
}

static bool any_ports(const struct missiu_ts *ts)
{
	return ts->port_lo == 0 && ts->port_hi == UINT16_MAX;
}

static bool all_bytes(const struct missiu_addr *a, uint8_t value)
{
	for (size_t i = 0; i < addr_len(a); i++)
		if (a->b[i] != value)
			return false;
	return true;
}

/* The whole address space of a family is no condition. */
static struct guard_span span_of(const struct missiu_ts *ts)
{
	bool all = all_bytes(&ts->lo, 0) && all_bytes(&ts->hi, UINT8_MAX);

	return all ? (struct guard_span){ 0 } :
		     (struct guard_span){ ts->lo, ts->hi };
}

/* ICMP has one pair of type and code: both sides' selectors speak of it. */
static void add_icmp(struct guard_match m, uint8_t proto, struct guard_list *l)
{
	if (m.rport_lo > m.lport_lo)
		m.lport_lo = m.rport_lo;
	if (m.rport_hi < m.lport_hi)
		m.lport_hi = m.rport_hi;
	m.rport_lo = 0;
	m.rport_hi = UINT16_MAX;
	m.proto = proto;
	m.upper = GUARD_ICMP;
	if (m.lport_lo <= m.lport_hi)
		append(l, &m);
}

static void add_ports(struct guard_match m, struct guard_list *l)
{
	static const uint8_t with_ports[] = { 0, P_TCP, P_UDP, 33, 132, 136 };

	if (!m.proto || m.proto == P_ICMP)
		add_icmp(m, P_ICMP, l);
	if (!m.proto || m.proto == P_ICMP6)
		add_icmp(m, P_ICMP6, l);
	m.upper = GUARD_PORTS;
	if (memchr(with_ports, m.proto, sizeof(with_ports)))
		append(l, &m);
}

void guard_match_add(const struct missiu_policy *p, bool later,
		     struct guard_list *l)
{
	static const uint8_t verdicts[] = { [MISSIU_PROTECT] = GUARD_CLEAR,
					    [MISSIU_BYPASS] = GUARD_PASS,
					    [MISSIU_DISCARD] = GUARD_BLOCK };
	const struct missiu_ts *lo = &p->local, *re = &p->remote;
	struct guard_match m = {
		.verdict = verdicts[p->action],
		.family = lo->lo.family ? lo->lo.family : re->lo.family,
		.proto = lo->proto ? lo->proto : re->proto,
		.local = span_of(lo),
		.remote = span_of(re),
		.lport_lo = lo->port_lo,
		.lport_hi = lo->port_hi,
		.rport_lo = re->port_lo,
		.rport_hi = re->port_hi,
	};
	bool ports = !any_ports(lo) || !any_ports(re);

	if (re->lo.family && re->lo.family != m.family)
		return;
	if (ports && later && m.verdict == GUARD_PASS)
		return;
	if (ports && !later) {
		add_ports(m, l);
		return;
	}
	m.lport_lo = m.rport_lo = 0;
	m.lport_hi = m.rport_hi = UINT16_MAX;
	append(l, &m);
}

/* All that is no address, as one number a field. */
static int cmp_kind(const struct guard_match *a, const struct guard_match *b)
{
	const uint16_t x[] = { a->family,	   a->verdict,
			       a->proto,	   a->upper,
			       a->lport_lo,	   a->lport_hi,
			       a->rport_lo,	   a->rport_hi,
			       a->local.lo.family, a->remote.lo.family };
	const uint16_t y[] = { b->family,	   b->verdict,
			       b->proto,	   b->upper,
			       b->lport_lo,	   b->lport_hi,
			       b->rport_lo,	   b->rport_hi,
			       b->local.lo.family, b->remote.lo.family };

	for (size_t i = 0; i < sizeof(x) / sizeof(x[0]); i++)
		if (x[i] != y[i])
			return x[i] < y[i] ? -1 : 1;
	return 0;
}

static int cmp_span(const struct guard_span *a, const struct guard_span *b)
{
	int r = addr_cmp(&a->lo, &b->lo);

	return r ? r : addr_cmp(&a->hi, &b->hi);
}

static int cmp_match(const struct guard_match *a, const struct guard_match *b)
{
	int r = cmp_kind(a, b);

	if (!r)
		r = cmp_span(&a->local, &b->local);
	return r ? r : cmp_span(&a->remote, &b->remote);
}

bool guard_same_kind(const struct guard_match *a, const struct guard_match *b)
{
	return !cmp_kind(a, b);
}

bool guard_same_span(const struct guard_span *a, const struct guard_span *b)
{
	return !cmp_span(a, b);
}

static int by_match(const void *a, const void *b)
{
	return cmp_match(a, b);
}

/* Whether @a ends right before @b begins, or later. */
static bool touches(const struct guard_span *a, const struct guard_span *b)
{
	struct missiu_addr next = a->hi;
	size_t i = addr_len(&next);

	if (addr_cmp(&b->lo, &a->hi) <= 0)
		return true;
	while (i > 0 && ++next.b[i - 1] == 0)
		i--;
	return i > 0 && addr_eq(&next, &b->lo);
}

void guard_merge(struct guard_list *l)
{
	size_t n = 0;

	if (l->n < 2)
		return;
	qsort(l->v, l->n, sizeof(l->v[0]), by_match);
	for (size_t i = 1; i < l->n; i++) {
		struct guard_match *last = &l->v[n], *m = &l->v[i];

		if (!guard_same_kind(last, m) ||
		    !guard_same_span(&last->local, &m->local) ||
		    !touches(&last->remote, &m->remote))
			l->v[++n] = *m;
		else if (addr_cmp(&last->remote.hi, &m->remote.hi) < 0)
			last->remote.hi = m->remote.hi;
	}
	l->n = n + 1;
}
