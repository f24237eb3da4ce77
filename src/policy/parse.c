/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation. lexer.c makes tokens; this file walks statements with
 * one token of lookahead and no recursion; keywords.c holds every word as a
 * table row that says which key it sets; value.c reads values; check.c puts the
 * keys of one policy together; manual.c does the same for manual SAs. A text
 * becomes a list of changes or nothing: the first error ends it, and everything
 * read so far is wiped. Time is linear in the text; memory is bounded by
 * SCRIPT_CHANGES_MAX.
 */
#include "policy/parse.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/addr.h"
#include "common/diag.h"
#include "common/secret.h"
#include "policy/pfs.h"
#include "policy/value.h"

int script_next(struct parser *ps)
{
	return lexer_next(&ps->lex, &ps->tok, ps->err);
}

static void set_error(struct parser *ps, const struct token *at,
		      const char *head, const char *fmt, va_list ap)
{
	struct missiu_diag *d = &ps->err->diag;
	size_t n;

	ps->err->line = at->line;
	ps->err->col = at->col;
	diag_set(d, 0, "%s", head);
	n = strlen(d->msg);
	vsnprintf(d->msg + n, sizeof(d->msg) - n, fmt, ap);
}

int script_fail(struct parser *ps, const struct token *at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	set_error(ps, at, "", fmt, ap);
	va_end(ap);
	return MISSIU_EINVAL;
}

int script_expected(struct parser *ps, const struct token *at, const char *fmt,
		    ...)
{
	char head[sizeof(struct token_text) + 24];
	va_list ap;

	snprintf(head, sizeof(head), "found %s, expected ", token_text(at).s);
	va_start(ap, fmt);
	set_error(ps, at, head, fmt, ap);
	va_end(ap);
	return MISSIU_EINVAL;
}

int script_word(struct parser *ps, const struct word_table *t, const char *also,
		const struct word **out)
{
	const struct token *at = &ps->tok;
	const struct word *near = NULL;
	char list[160];

	if (at->kind == TOK_WORD) {
		*out = word_find(t, at->s, at->len);
		if (*out)
			return script_next(ps);
		near = word_nearest(t, at->s, at->len);
	}
	word_list(t, list, sizeof(list));
	if (near)
		return script_fail(ps, at,
				   "found %s (did you mean \"%s\"?), "
				   "expected %s%s",
				   token_text(at).s, near->name, also, list);
	return script_expected(ps, at, "%s%s", also, list);
}

/* Not realloc(): it would leave keys behind. */
static int grow(struct parser *ps)
{
	size_t cap = ps->cap ? ps->cap * 2 : 16;
	struct missiu_script *s = &ps->out, bigger = { .n = 0 };

	bigger.v = calloc(cap, sizeof(*s->v));
	bigger.pos = calloc(cap, sizeof(*s->pos));
	if (!bigger.v || !bigger.pos) {
		free(bigger.v);
		free(bigger.pos);
		return MISSIU_ENOMEM;
	}
	if (s->n) {
		memcpy(bigger.v, s->v, s->n * sizeof(*s->v));
		memcpy(bigger.pos, s->pos, s->n * sizeof(*s->pos));
		secret_wipe(s->v, s->n * sizeof(*s->v));
	}
	free(s->v);
	free(s->pos);
	s->v = bigger.v;
	s->pos = bigger.pos;
	ps->cap = cap;
	return 0;
}

int script_push(struct parser *ps, enum missiu_change_kind kind,
		const struct token *at, struct missiu_change **out)
{
	int r;

	if (ps->out.n == SCRIPT_CHANGES_MAX)
		return script_expected(ps, at, "at most %d statements",
				       SCRIPT_CHANGES_MAX);
	r = ps->out.n == ps->cap ? grow(ps) : 0;
	if (r)
		return r;
	ps->out.pos[ps->out.n] =
		(struct missiu_script_pos){ at->line, at->col };
	*out = &ps->out.v[ps->out.n++];
	(*out)->kind = kind;
	return 0;
}

static int other_family(const struct draft *d, int side)
{
	return d->side[!side].lo.family;
}

static int parse_addr(struct parser *ps, struct draft *d, enum key key)
{
	int side = key == KEY_ADDR1;

	return value_addrspec(ps, other_family(d, side), &d->side[side]);
}

static int parse_port(struct parser *ps, struct draft *d, enum key key)
{
	struct missiu_ts *ts = &d->side[key == KEY_PORT1];
	const struct token at = ps->tok;
	uint64_t v[2];
	int r;

	if (at.kind == TOK_WORD && at.len == 3 && !memcmp(at.s, "any", 3))
		return script_next(ps);
	r = value_range(ps, &words_port, UINT16_MAX, "a port or a range A-B",
			v);
	if (r)
		return r;
	if (v[0] == 0 && v[1] == 0 && at.len == 1)
		return 0; /* as documented: a lone 0 is any port */
	ts->port_lo = (uint16_t)v[0];
	ts->port_hi = (uint16_t)v[1];
	return 0;
}

static int parse_ulp(struct parser *ps, struct draft *d, enum key key)
{
	uint8_t ulp;
	int r = value_ulp(ps, &ulp);

	if (!r)
		d->v[key] = ulp;
	return r;
}

static int parse_icmp(struct parser *ps, struct draft *d, enum key key)
{
	bool type = key == KEY_TYPE;
	const struct word_table *t = type ? &words_icmp_type : &words_icmp_code;
	const struct token at = ps->tok;
	const struct word *w = word_find(t, at.s, at.len);

	if (w && d->icmp_named && d->icmp_named != w->aux)
		return script_expected(ps, &at,
				       "a type and a code of the same "
				       "protocol");
	if (w)
		d->icmp_named = w->aux;
	return value_range(ps, t, UINT8_MAX,
			   type ? "an ICMP type or a range A-B" :
				  "an ICMP code or a range A-B",
			   type ? d->icmp_type : d->icmp_code);
}

static int parse_dir(struct parser *ps, struct draft *d, enum key key)
{
	const struct word *w;
	int r;

	(void)key;
	d->dir_at = ps->tok;
	r = script_word(ps, &words_dir, "", &w);
	if (!r)
		d->dir = (uint8_t)w->value;
	return r;
}

static int parse_alg(struct parser *ps, struct draft *d, enum key key)
{
	const struct word *w;
	int r = script_word(ps, key == KEY_ENCR ? &words_encr : &words_auth, "",
			    &w);

	if (!r)
		d->v[key] = w->value;
	return r;
}

static int parse_tunnel(struct parser *ps, struct draft *d, enum key key)
{
	int side = key == KEY_TUN1;
	struct missiu_addr a;
	int r = value_addr(ps, d->tun[!side].family, &a);

	if (r)
		return r;
	/* The unspecified address: take it from the packet. */
	d->tun[side] = addr_is_any(&a) ? (struct missiu_addr){ 0 } : a;
	return 0;
}

static int parse_number(struct parser *ps, struct draft *d, enum key key)
{
	static const struct {
		uint64_t max;
		const char *what;
	} numbers[KEY_MAX] = {
		[KEY_KEYLEN] = { UINT8_MAX, "a key length in bytes" },
		[KEY_TAG] = { UINT8_MAX, "an ICV length in bytes" },
		[KEY_LIFE_S] = { UINT32_MAX, "a lifetime in seconds" },
		[KEY_LIFE_BYTES] = { UINT64_MAX, "a lifetime in bytes" },
		[KEY_LIFE_PACKETS] = { UINT64_MAX, "a lifetime in packets" },
		[KEY_TFC] = { UINT16_MAX, "a size in bytes" },
	};

	return value_number(ps, numbers[key].max, numbers[key].what,
			    &d->v[key]);
}

static int parse_sa(struct parser *ps, struct draft *d, enum key key)
{
	const struct token at = ps->tok;
	const struct word *w;
	int r = script_word(ps, &words_sa, "", &w);
	uint8_t bit;

	(void)key;
	if (r)
		return r;
	bit = (uint8_t)(1 << w->value);
	if (d->sa_seen & bit)
		return script_expected(ps, &at, "it only once in a policy");
	d->sa_seen |= bit;
	if (d->sa_seen & 1 << SA_SHARED && d->sa_seen & 1 << SA_UNIQUE)
		return script_expected(ps, &at, "either shared or unique");
	return 0;
}

static int parse_df(struct parser *ps, struct draft *d, enum key key)
{
	const struct word *w;
	int r = script_word(ps, &words_df, "", &w);

	if (!r)
		d->v[key] = w->value;
	return r;
}

static int parse_pfs(struct parser *ps, struct draft *d, enum key key)
{
	(void)key;
	return value_pfs(ps, &d->pfs);
}

static int parse_peer(struct parser *ps, struct draft *d, enum key key)
{
	(void)key;
	return value_peer_name(ps, d->peer);
}

static int (*const key_parsers[KEY_MAX])(struct parser *, struct draft *,
					 enum key) = {
	[KEY_ADDR0] = parse_addr,
	[KEY_ADDR1] = parse_addr,
	[KEY_PORT0] = parse_port,
	[KEY_PORT1] = parse_port,
	[KEY_ULP] = parse_ulp,
	[KEY_TYPE] = parse_icmp,
	[KEY_CODE] = parse_icmp,
	[KEY_DIR] = parse_dir,
	[KEY_AH] = parse_alg,
	[KEY_ENCR] = parse_alg,
	[KEY_AUTH] = parse_alg,
	[KEY_TUN0] = parse_tunnel,
	[KEY_TUN1] = parse_tunnel,
	[KEY_KEYLEN] = parse_number,
	[KEY_TAG] = parse_number,
	[KEY_SA] = parse_sa,
	[KEY_DF] = parse_df,
	[KEY_LIFE_S] = parse_number,
	[KEY_LIFE_BYTES] = parse_number,
	[KEY_LIFE_PACKETS] = parse_number,
	[KEY_TFC] = parse_number,
	[KEY_PFS] = parse_pfs,
	[KEY_PEER] = parse_peer,
};

/* Once per policy (the documented product takes the last one silently). */
static int check_key(struct parser *ps, struct draft *d, const struct word *w,
		     const struct token *at)
{
	enum key key = (enum key)w->value;

	if (key == KEY_UNSUPPORTED)
		return script_fail(ps, at,
				   "found %s, which is not supported "
				   "(%s), expected another pattern",
				   token_text(at).s, w->note);
	if (w->aux && d->dialect && d->dialect != w->aux)
		return script_expected(ps, at,
				       "%s: %s in line %u began the "
				       "other way of naming sides",
				       d->dialect == DIALECT_S8 ?
					       "saddr, daddr, sport, dport, "
					       "tsrc or tdst" :
					       "laddr, raddr, lport, rport, "
					       "tladdr or traddr",
				       token_text(&d->dialect_at).s,
				       d->dialect_at.line);
	if (d->at[key].line && key != KEY_SA)
		return script_expected(ps, at,
				       "it only once in a policy: %s "
				       "in line %u, column %u set it already",
				       token_text(&d->at[key]).s,
				       d->at[key].line, d->at[key].col);
	if (w->aux && !d->dialect) {
		d->dialect = w->aux;
		d->dialect_at = *at;
	}
	d->at[key] = *at;
	return 0;
}

/* Everything between a pair of braces, both included. */
static int parse_braces(struct parser *ps, struct draft *d,
			const struct word_table *t)
{
	const struct token open = ps->tok;
	int r = script_next(ps);

	while (!r && !token_is(&ps->tok, '}')) {
		const struct token at = ps->tok;
		const struct word *w;

		if (at.kind == TOK_EOF)
			return script_expected(ps, &at,
					       "\"}\" for the \"{\" of "
					       "line %u, column %u",
					       open.line, open.col);
		r = script_word(ps, t, "\"}\", ", &w);
		if (!r)
			r = check_key(ps, d, w, &at);
		if (!r)
			r = key_parsers[w->value](ps, d, (enum key)w->value);
	}
	d->end = ps->tok;
	return r ? r : script_next(ps);
}

int policy_parse(struct parser *ps)
{
	struct draft d = { .side = { ts_any(), ts_any() } };
	const struct token start = ps->tok;
	struct missiu_change *c;
	int r;

	r = parse_braces(ps, &d, &words_pattern);
	if (!r)
		r = script_word(ps, &words_action, "", &d.action);
	if (!r && !token_is(&ps->tok, '{'))
		r = script_expected(ps, &ps->tok, "\"{\" and the properties");
	if (!r)
		r = parse_braces(ps, &d, &words_property);
	if (!r)
		r = script_push(ps, MISSIU_CHG_ADD_POLICY, &start, &c);
	if (!r)
		r = draft_check(ps, &d, &c->policy);
	if (!r)
		c->policy.line = start.line;
	return r;
}

static int parse_statements(struct parser *ps)
{
	int r = script_next(ps);

	while (!r && ps->tok.kind != TOK_EOF) {
		if (token_is(&ps->tok, '{'))
			r = policy_parse(ps);
		else if (token_is(&ps->tok, '['))
			r = constants_parse(ps);
		else if (token_is(&ps->tok, ';')) /* an empty command */
			r = script_next(ps);
		else
			r = command_parse(ps);
	}
	return r;
}

int missiu_script_parse(const char *text, size_t len,
			const struct missiu_script_opts *opts,
			struct missiu_script *out,
			struct missiu_script_err *err)
{
	struct parser ps = { .opts = opts, .err = err };
	int r;

	*err = (struct missiu_script_err){ .line = 1, .col = 1 };
	if (len > SCRIPT_TEXT_MAX)
		return diag_set(
			&err->diag, MISSIU_EINVAL,
			"found a text of %zu bytes, expected at most %u", len,
			SCRIPT_TEXT_MAX);
	lexer_init(&ps.lex, len ? text : "", len);
	r = parse_statements(&ps);
	constants_free(&ps);
	peer_names_free(&ps);
	if (r == MISSIU_ENOMEM)
		diag_set(&err->diag, r, "%s", missiu_strerror(r));
	if (r)
		missiu_script_fini(&ps.out);
	else
		*out = ps.out;
	return r;
}

void missiu_script_fini(struct missiu_script *s)
{
	if (s->v)
		secret_wipe(s->v, s->n * sizeof(*s->v));
	free(s->v);
	free(s->pos);
	for (size_t i = 0; i < s->n_peer; i++)
		missiu_peer_fini(&s->peer[i]);
	free(s->peer);
	*s = (struct missiu_script){ 0 };
}
