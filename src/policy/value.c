/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/value.h"

#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/addr.h"

#define DIGITS	 "0123456789"
#define NAMECHAR "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ" DIGITS

/* A word as a C string; longer ones are no names and no numbers. */
struct name {
	char s[NAME_MAX_LEN + 1];
};

struct constant {
	struct name name;
	bool is_addr;
	struct missiu_addr addr;
	uint64_t number;
};

static int constant_cmp(const void *a, const void *b)
{
	const struct constant *x = a, *y = b;

	return strcmp(x->name.s, y->name.s);
}

static bool name_from(const struct token *t, struct name *out)
{
	if (t->kind != TOK_WORD || t->len > NAME_MAX_LEN)
		return false;
	memcpy(out->s, t->s, t->len);
	out->s[t->len] = '\0';
	return true;
}

/* The part of a word from @from on, @len bytes of it. */
static struct token part(const struct token *t, size_t from, size_t len)
{
	struct token p = *t;

	p.s += from;
	p.len = len;
	p.col += (unsigned)from;
	return p;
}

static const struct constant *constant_find(const struct parser *ps,
					    const struct token *t)
{
	struct constant key;
	void *const *node;

	if (!name_from(t, &key.name))
		return NULL;
	node = tfind(&key, &ps->constants, constant_cmp);
	return node ? *node : NULL;
}

int value_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

enum number_state { NUMBER_OK, NUMBER_NONE, NUMBER_TOO_BIG };

static enum number_state read_number(const struct token *t, uint64_t *out)
{
	bool hex = t->len > 2 && t->s[0] == '0' && (t->s[1] | 0x20) == 'x';
	uint64_t base = hex ? 16 : 10, v = 0;

	if (t->kind != TOK_WORD || !t->len)
		return NUMBER_NONE;
	for (size_t i = hex ? 2 : 0; i < t->len; i++) {
		int digit = value_digit(t->s[i]);

		if (digit < 0 || (uint64_t)digit >= base)
			return NUMBER_NONE;
		if (v > (UINT64_MAX - (uint64_t)digit) / base)
			return NUMBER_TOO_BIG;
		v = v * base + (uint64_t)digit;
	}
	*out = v;
	return NUMBER_OK;
}

static int number_of(struct parser *ps, const struct token *t, uint64_t max,
		     const char *what, uint64_t *out)
{
	const struct constant *c = constant_find(ps, t);
	enum number_state state = NUMBER_OK;
	uint64_t v = 0;

	if (c && c->is_addr)
		return script_expected(ps, t, "%s: this constant is an address",
				       what);
	if (c)
		v = c->number;
	else
		state = read_number(t, &v);
	if (state == NUMBER_NONE)
		return script_expected(ps, t, "%s: a number from 0 to %llu",
				       what, (unsigned long long)max);
	if (state == NUMBER_TOO_BIG || v > max)
		return script_expected(ps, t, "%s of at most %llu", what,
				       (unsigned long long)max);
	*out = v;
	return 0;
}

int value_number(struct parser *ps, uint64_t max, const char *what,
		 uint64_t *out)
{
	int r = number_of(ps, &ps->tok, max, what, out);

	return r ? r : script_next(ps);
}

/* The end of a range: a number, or a name of the table. */
static int end_of(struct parser *ps, const struct word_table *names,
		  const struct token *t, uint64_t max, const char *what,
		  uint64_t *out)
{
	const struct word *w = NULL;
	char list[160];
	uint64_t v;

	if (names && t->kind == TOK_WORD && !constant_find(ps, t))
		w = word_find(names, t->s, t->len);
	if (w) {
		*out = w->value;
		return 0;
	}
	if (!names || constant_find(ps, t) || read_number(t, &v) != NUMBER_NONE)
		return number_of(ps, t, max, what, out);
	word_list(names, list, sizeof(list));
	return script_expected(ps, t, "%s: 0 to %llu, %s", what,
			       (unsigned long long)max, list);
}

int value_range(struct parser *ps, const struct word_table *t, uint64_t max,
		const char *what, uint64_t out[2])
{
	const struct token w = ps->tok;
	const char *dash = NULL;
	struct token lo = w, hi = w;
	int r;

	/* Names such as ftp-data and constants may have dashes of their own. */
	if (w.kind == TOK_WORD && !constant_find(ps, &w) &&
	    !(t && word_find(t, w.s, w.len)))
		dash = memchr(w.s, '-', w.len);
	if (dash) {
		size_t n = (size_t)(dash - w.s);

		lo = part(&w, 0, n);
		hi = part(&w, n + 1, w.len - n - 1);
	}
	if (dash && (!lo.len || !hi.len))
		return script_expected(ps, &w, "%s or a range A-B", what);
	r = end_of(ps, t, &lo, max, what, &out[0]);
	if (r)
		return r;
	r = end_of(ps, t, &hi, max, what, &out[1]);
	if (r)
		return r;
	if (out[0] > out[1])
		return script_expected(ps, &w,
				       "%s range with its smaller end "
				       "first",
				       what);
	return script_next(ps);
}

/* Explains why something that looks like an address is none. */
static int bad_numeric(struct parser *ps, const struct token *t)
{
	unsigned octets = 1, v = 0;

	if (memchr(t->s, ':', t->len))
		return script_expected(ps, t, "an IPv6 address");
	for (size_t i = 0; i < t->len; i++) {
		if (t->s[i] == '.' || t->s[i] == '-') {
			octets += t->s[i] == '.';
			v = 0;
			continue;
		}
		v = v * 10 + (unsigned)(t->s[i] - '0');
		if (v > 255)
			return script_expected(ps, t,
					       "an IPv4 address with "
					       "octets of at most 255");
	}
	if (octets != 4 && !memchr(t->s, '-', t->len))
		return script_expected(ps, t,
				       "an IPv4 address of 4 octets, "
				       "not %u",
				       octets);
	return script_expected(ps, t, "an IPv4 address such as 192.0.2.1");
}

static bool looks_numeric(const struct name *n)
{
	return strchr(n->s, ':') || strspn(n->s, DIGITS ".-") == strlen(n->s);
}

static int resolve(struct parser *ps, const struct token *t,
		   const struct name *n, int family, struct missiu_addr *out)
{
	if (!strcmp(n->s, "localhost"))
		return addr_parse("127.0.0.1", out) ? 0 : MISSIU_EINVAL;
	if (strspn(n->s, NAMECHAR "._-") != strlen(n->s) || n->s[0] == '-')
		return script_expected(ps, t, "an address or a host name");
	if (!ps->opts || !ps->opts->resolve)
		return script_expected(ps, t,
				       "an address or a constant (host "
				       "names are not resolved here)");
	if (ps->opts->resolve(ps->opts->resolve_ctx, n->s, family, out) ||
	    (out->family != 4 && out->family != 6))
		return script_expected(ps, t,
				       "an address, a constant or a "
				       "host name that can be resolved");
	return 0;
}

static int addr_of(struct parser *ps, const struct token *t, int family,
		   struct missiu_addr *out)
{
	const struct constant *c = constant_find(ps, t);
	struct name n;

	*out = (struct missiu_addr){ 0 };
	if (c && c->is_addr) {
		*out = c->addr;
		return 0;
	}
	if (c && c->number)
		return script_expected(ps, t,
				       "an address: this constant is a "
				       "number");
	if (c)
		return 0;
	if (!t->len || !name_from(t, &n))
		return script_expected(ps, t, "an address");
	if (!strcmp(n.s, "any") || !strcmp(n.s, "0") || addr_parse(n.s, out))
		return 0;
	if (looks_numeric(&n))
		return bad_numeric(ps, t);
	return resolve(ps, t, &n, family, out);
}

int value_addr(struct parser *ps, int family, struct missiu_addr *out)
{
	int r = addr_of(ps, &ps->tok, family, out);

	return r ? r : script_next(ps);
}

static bool known_addr(struct parser *ps, const struct token *t)
{
	const struct constant *c = constant_find(ps, t);
	struct missiu_addr a;
	struct name n;

	if (c)
		return c->is_addr;
	return name_from(t, &n) &&
	       (addr_parse(n.s, &a) || !strcmp(n.s, "localhost"));
}

/*
 * Where the dash of "a-b" is, or the length of the word. Host names have
 * dashes too: only one after something known to be an address makes a range.
 */
static size_t range_cut(struct parser *ps, const struct token *t)
{
	if (t->kind != TOK_WORD || t->len > 2 * ADDR_TEXT_MAX ||
	    constant_find(ps, t))
		return t->len;
	for (size_t i = 1; i < t->len; i++) {
		struct token left = part(t, 0, i);

		if (t->s[i] == '-' && known_addr(ps, &left))
			return i;
	}
	return t->len;
}

/*
 * The first address and, when there is a dash in or after its word, the second:
 * "a-b", "a - b", "a- b", "a -b". *hi is family 0 when there is none.
 */
static int addr_pair(struct parser *ps, int family, struct missiu_addr *lo,
		     struct missiu_addr *hi, bool *range)
{
	struct token w = ps->tok, left, right;
	size_t cut = range_cut(ps, &w);
	int r;

	left = part(&w, 0, cut);
	r = addr_of(ps, &left, family, lo);
	if (r)
		return r;
	r = script_next(ps);
	if (r)
		return r;
	right = part(&w, cut, w.len - cut);
	*range = true;
	if (!right.len) {
		right = ps->tok;
		*range = right.kind == TOK_WORD && right.s[0] == '-';
		if (!*range)
			return 0;
		r = script_next(ps);
		if (r)
			return r;
	}
	right = part(&right, 1, right.len - 1);
	if (!right.len) {
		right = ps->tok;
		r = addr_of(ps, &right, lo->family, hi);
		return r ? r : script_next(ps);
	}
	return addr_of(ps, &right, lo->family, hi);
}

static int check_range(struct parser *ps, const struct token *at,
		       struct missiu_ts *ts)
{
	struct missiu_addr swap = ts->lo;

	if (!ts->lo.family || ts->lo.family != ts->hi.family)
		return script_expected(ps, at,
				       "a range between two addresses "
				       "of one family");
	if (token_is(&ps->tok, '/'))
		return script_expected(ps, &ps->tok,
				       "no prefix length after "
				       "a range");
	if (addr_cmp(&ts->lo, &ts->hi) > 0) { /* as documented: either order */
		ts->lo = ts->hi;
		ts->hi = swap;
	}
	return 0;
}

static int read_prefix(struct parser *ps, const struct missiu_addr *a,
		       struct missiu_ts *ts)
{
	uint64_t max = addr_len(a) * 8, plen;
	int r = script_next(ps);

	if (!r)
		r = value_number(ps, max, "a prefix length", &plen);
	if (r)
		return r;
	if (max)
		addr_prefix(a, (unsigned)plen, &ts->lo, &ts->hi);
	return 0;
}

int value_addrspec(struct parser *ps, int family, struct missiu_ts *ts)
{
	const struct token at = ps->tok;
	struct missiu_addr a, b = { 0 };
	bool range;
	int r = addr_pair(ps, family, &a, &b, &range);

	if (r)
		return r;
	ts->lo = a;
	ts->hi = range ? b : a;
	if (range)
		return check_range(ps, &at, ts);
	if (token_is(&ps->tok, '/'))
		return read_prefix(ps, &a, ts);
	if (addr_is_any(&a)) /* 0.0.0.0 and :: stand for their family */
		addr_prefix(&a, 0, &ts->lo, &ts->hi);
	return 0;
}

int value_ulp(struct parser *ps, uint8_t *out)
{
	uint64_t v;
	int r = end_of(ps, &words_ulp, &ps->tok, 255, "a protocol", &v);

	if (r)
		return r;
	*out = (uint8_t)v;
	return script_next(ps);
}

static int constant_add(struct parser *ps, const struct token *at,
			const struct constant *c)
{
	struct constant *copy = malloc(sizeof(*copy));
	struct constant *const *node;

	if (!copy)
		return MISSIU_ENOMEM;
	*copy = *c;
	node = tsearch(copy, &ps->constants, constant_cmp);
	if (node && *node == copy)
		return 0;
	free(copy);
	if (!node)
		return MISSIU_ENOMEM;
	if ((*node)->is_addr == c->is_addr && (*node)->number == c->number &&
	    addr_eq(&(*node)->addr, &c->addr))
		return 0;
	return script_expected(ps, at,
			       "a new name: this constant has another "
			       "value already");
}

static int constant_value(struct parser *ps, struct constant *c)
{
	const struct token t = ps->tok;
	struct name n;

	if (token_is(&t, ']'))
		return 0; /* a name right before the end is 0 */
	if (read_number(&t, &c->number) == NUMBER_OK) {
		if (c->number <= UINT32_MAX)
			return script_next(ps);
		return script_expected(ps, &t, "a constant of at most %lu",
				       (unsigned long)UINT32_MAX);
	}
	if (name_from(&t, &n) && addr_parse(n.s, &c->addr)) {
		c->is_addr = true;
		return script_next(ps);
	}
	if (name_from(&t, &n) && n.s[0] && looks_numeric(&n))
		return bad_numeric(ps, &t);
	return script_expected(ps, &t,
			       "the value of a constant: an address "
			       "or a number");
}

int constants_parse(struct parser *ps)
{
	const struct token open = ps->tok;
	int r = script_next(ps);

	while (!r && !token_is(&ps->tok, ']')) {
		struct constant c = { .is_addr = false };
		const struct token at = ps->tok;

		if (at.kind == TOK_EOF)
			return script_expected(ps, &at,
					       "\"]\" for the \"[\" "
					       "of line %u",
					       open.line);
		if (!name_from(&at, &c.name) || strspn(c.name.s, DIGITS "-.") ||
		    strspn(c.name.s, NAMECHAR "._-") != at.len)
			return script_expected(ps, &at,
					       "the name of a "
					       "constant or \"]\"");
		r = script_next(ps);
		if (!r)
			r = constant_value(ps, &c);
		if (!r)
			r = constant_add(ps, &at, &c);
	}
	return r ? r : script_next(ps);
}

void constants_free(struct parser *ps)
{
	tdestroy(ps->constants, free);
	ps->constants = NULL;
}
