/* SPDX-License-Identifier: Apache-2.0 */
/* Statements "peer NAME { keyword value ... }". */
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "common/addr.h"
#include "common/secret.h"
#include "policy/parse.h"
#include "policy/peer_keys.h"
#include "policy/pfs.h"
#include "policy/value.h"

#define NAMECHAR                                                               \
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"

/* One keyword while its value is read. */
struct keyword {
	struct missiu_peer *peer;
	enum missiu_peer_key key;
	const struct peer_row *row;
	void *field;
};

int value_peer_name(struct parser *ps, char out[MISSIU_PEER_NAME_MAX + 1])
{
	const struct token *t = &ps->tok;
	size_t ok = 0;

	if (t->kind == TOK_WORD)
		while (ok < t->len &&
		       memchr(NAMECHAR, t->s[ok], sizeof(NAMECHAR) - 1))
			ok++;
	if (!ok || ok < t->len || ok > MISSIU_PEER_NAME_MAX)
		return script_expected(ps, t,
				       "the name of a peer: at most %d "
				       "letters, digits, . _ -",
				       MISSIU_PEER_NAME_MAX);
	memcpy(out, t->s, ok);
	out[ok] = '\0';
	return script_next(ps);
}

/* --- texts */

static bool continues(const struct token *t, const char *end)
{
	return t->s == end && (t->kind == TOK_WORD || token_is(t, '/'));
}

/*
 * A string, or a word; the language's mark "/" belongs to file names, so a
 * word goes on as long as nothing stands between. Escapes are undone.
 */
static int read_text(struct parser *ps, const char *what, char *buf, size_t max)
{
	const struct token at = ps->tok;
	const bool quoted = at.kind == TOK_STRING;
	const char *s = at.s, *end = at.s + at.len;
	size_t n = 0;
	int r;

	if (!quoted && at.kind != TOK_WORD && !token_is(&at, '/'))
		return script_expected(ps, &at, "%s", what);
	r = script_next(ps);
	while (!r && !quoted && continues(&ps->tok, end)) {
		end += ps->tok.len;
		r = script_next(ps);
	}
	for (; !r && s < end; s++) {
		if (quoted && *s == '\\')
			s++; /* the lexer lets no string end in one */
		if (n == max)
			return script_expected(
				ps, &at, "%s of at most %zu bytes", what, max);
		buf[n++] = *s;
	}
	buf[n] = '\0';
	if (!r && !n)
		return script_expected(ps, &at, "%s, not an empty text", what);
	return r;
}

/* Whoever reads a file may have another working directory. */
static bool allowed(uint8_t kind, const char *text)
{
	const bool path = text[0] == '/';
	const bool url =
		!strncmp(text, "http://", 7) || !strncmp(text, "https://", 8);

	switch ((enum peer_kind)kind) {
	case PEER_PATH:
	case PEER_PATHS:
		return path;
	case PEER_URLS:
		return url;
	case PEER_PLACES:
		return path || url;
	case PEER_ASKS:
		return url || !strcmp(text, MISSIU_PEER_OCSP_CERTIFICATE);
	default:
		return true;
	}
}

static int new_text(struct parser *ps, const struct keyword *e, char **out)
{
	char buf[MISSIU_PEER_ID_MAX + 1];
	const struct token at = ps->tok;
	int r = read_text(ps, e->row->what, buf,
			  e->row->max ? e->row->max : MISSIU_PEER_TEXT_MAX);

	if (r)
		return r;
	if (!allowed(e->row->kind, buf))
		return script_expected(ps, &at, "%s", e->row->what);
	*out = strdup(buf);
	return *out ? 0 : MISSIU_ENOMEM;
}

static int parse_text(struct parser *ps, const struct keyword *e)
{
	return new_text(ps, e, e->field);
}

static int parse_texts(struct parser *ps, const struct keyword *e)
{
	struct missiu_texts *l = e->field;
	int r = new_text(ps, e, &l->v[l->n]);

	if (!r)
		l->n++;
	return r;
}

/* --- secrets: no message shows any part of them */

static int hex_secret(struct parser *ps, const struct token *t,
		      struct missiu_peer *p)
{
	const size_t n = t->len - 2;

	for (size_t i = 0; i < n; i++) {
		int digit = value_digit(t->s[2 + i]);

		if (digit < 0 || n % 2 || n / 2 > sizeof(p->psk))
			return script_fail(ps, t,
					   "found a key that is none, expected "
					   "0x and an even number of "
					   "hexadecimal digits, at most %zu",
					   2 * sizeof(p->psk));
		p->psk[i / 2] = (uint8_t)(p->psk[i / 2] << 4 | digit);
	}
	p->psk_len = (uint16_t)(n / 2);
	return 0;
}

static int text_secret(struct parser *ps, const struct token *t,
		       struct missiu_peer *p)
{
	for (size_t i = 0; i < t->len; i++) {
		if (t->s[i] == '\\')
			i++;
		if (p->psk_len == sizeof(p->psk))
			return script_fail(ps, t,
					   "found a longer key, expected at "
					   "most %zu bytes",
					   sizeof(p->psk));
		p->psk[p->psk_len++] = (uint8_t)t->s[i];
	}
	return 0;
}

static int parse_secret(struct parser *ps, const struct keyword *e)
{
	const struct token t = ps->tok;
	int r;

	if (t.kind == TOK_STRING)
		r = text_secret(ps, &t, e->peer);
	else if (t.kind == TOK_WORD && t.len > 2 && t.s[0] == '0' &&
		 (t.s[1] | 0x20) == 'x')
		r = hex_secret(ps, &t, e->peer);
	else
		r = script_fail(ps, &t,
				"found %s, expected a key: \"text\", or 0x "
				"and hexadecimal digits",
				t.kind == TOK_WORD ? "a word" :
						     token_text(&t).s);
	if (!r && !e->peer->psk_len)
		r = script_fail(ps, &t, "found an empty key, expected one");
	return r ? r : script_next(ps);
}

/* --- addresses, words, numbers */

static int parse_ranges(struct parser *ps, const struct keyword *e)
{
	struct missiu_ranges *l = e->field;
	struct missiu_ts ts = ts_any();
	int r = value_addrspec(ps, l->n ? l->v[0].lo.family : 0, &ts);

	if (!r)
		l->v[l->n++] = (struct missiu_range){ ts.lo, ts.hi };
	return r;
}

static int parse_addrs(struct parser *ps, const struct keyword *e)
{
	struct missiu_addrs *l = e->field;
	const struct token at = ps->tok;
	int r = value_addr(ps, l->n ? l->v[0].family : 0, &l->v[l->n]);

	if (r)
		return r;
	if (addr_is_any(&l->v[l->n]))
		return script_expected(ps, &at, "one address");
	l->n++;
	return 0;
}

static int parse_word(struct parser *ps, const struct keyword *e)
{
	const struct word *w;
	int r = script_word(ps, e->row->words, "", &w);

	if (!r)
		*(uint8_t *)e->field = (uint8_t)w->value;
	return r;
}

static int parse_number(struct parser *ps, const struct keyword *e)
{
	const struct token at = ps->tok;
	uint64_t v;
	int r = value_number(ps, e->row->max, e->row->what, &v);

	if (r)
		return r;
	if (v < e->row->min)
		return script_expected(ps, &at, "%s of at least %u",
				       e->row->what, e->row->min);
	*(uint32_t *)e->field = (uint32_t)v;
	return 0;
}

static int parse_pfs(struct parser *ps, const struct keyword *e)
{
	return value_pfs(ps, e->field);
}

static int (*const kind_parsers[PEER_KINDS])(struct parser *,
					     const struct keyword *) = {
	[PEER_RANGES] = parse_ranges, [PEER_ADDRS] = parse_addrs,
	[PEER_TEXT] = parse_text,     [PEER_TEXTS] = parse_texts,
	[PEER_PATH] = parse_text,     [PEER_PATHS] = parse_texts,
	[PEER_URLS] = parse_texts,    [PEER_PLACES] = parse_texts,
	[PEER_ASKS] = parse_texts,    [PEER_SECRET] = parse_secret,
	[PEER_WORD] = parse_word,     [PEER_NUMBER] = parse_number,
	[PEER_PFS] = parse_pfs,
};

/* --- the statement */

static size_t entries(const struct keyword *e)
{
	switch ((enum peer_kind)e->row->kind) {
	case PEER_RANGES:
		return ((const struct missiu_ranges *)e->field)->n;
	case PEER_ADDRS:
		return ((const struct missiu_addrs *)e->field)->n;
	case PEER_TEXTS:
	case PEER_PATHS:
	case PEER_URLS:
	case PEER_PLACES:
	case PEER_ASKS:
		return ((const struct missiu_texts *)e->field)->n;
	case PEER_TEXT:
	case PEER_PATH:
	case PEER_SECRET:
	case PEER_WORD:
	case PEER_NUMBER:
	case PEER_PFS:
	case PEER_KINDS:
		break;
	}
	return missiu_peer_given(e->peer, e->key);
}

static int parse_key(struct parser *ps, struct missiu_peer *p)
{
	const struct token at = ps->tok;
	const struct word *w;
	struct keyword e = { .peer = p };
	int r = script_word(ps, &words_peer, "\"}\", ", &w);

	if (r)
		return r;
	e.key = (enum missiu_peer_key)w->value;
	e.row = &peer_rows[e.key];
	e.field = peer_field(p, e.key);
	if (entries(&e) >= e.row->repeat)
		return script_expected(
			ps, &at,
			e.row->repeat > 1 ?
				"it at most %u times in a peer, first in line "
				"%u, column %u" :
				"it only once (%u) in a peer: line %u, column "
				"%u has it already",
			e.row->repeat, p->at[e.key].line, p->at[e.key].col);
	if (!missiu_peer_given(p, e.key))
		p->at[e.key] = (struct missiu_script_pos){ at.line, at.col };
	r = kind_parsers[e.row->kind](ps, &e);
	p->given |= (uint64_t)1 << e.key;
	return r;
}

static int parse_body(struct parser *ps, struct missiu_peer *p)
{
	const struct token open = ps->tok;
	int r = 0;

	if (!token_is(&open, '{'))
		return script_expected(ps, &open, "\"{\"");
	r = script_next(ps);
	while (!r && !token_is(&ps->tok, '}')) {
		if (ps->tok.kind == TOK_EOF)
			return script_expected(ps, &ps->tok,
					       "\"}\" for the \"{\" of line "
					       "%u, column %u",
					       open.line, open.col);
		r = parse_key(ps, p);
	}
	return r ? r : script_next(ps);
}

/* Not realloc(): it would leave keys behind. */
static int push(struct parser *ps, struct missiu_peer **out)
{
	struct missiu_script *s = &ps->out;
	const size_t cap = s->n_peer ? s->n_peer * 2 : 4;
	struct missiu_peer *v;

	/* Full at each power of two, from 4 on. */
	if (!s->n_peer || (s->n_peer >= 4 && !(s->n_peer & (s->n_peer - 1)))) {
		v = calloc(cap, sizeof(*v));
		if (!v)
			return MISSIU_ENOMEM;
		if (s->n_peer) {
			memcpy(v, s->peer, s->n_peer * sizeof(*v));
			secret_wipe(s->peer, s->n_peer * sizeof(*v));
		}
		free(s->peer);
		s->peer = v;
	}
	*out = &s->peer[s->n_peer++];
	return 0;
}

struct peer_name {
	uint32_t line;
	char s[MISSIU_PEER_NAME_MAX + 1];
};

static int name_cmp(const void *a, const void *b)
{
	const struct peer_name *x = a, *y = b;

	return strcmp(x->s, y->s);
}

/* A name for the first time; @at: where it stands. */
static int take_name(struct parser *ps, const struct token *at,
		     const struct missiu_peer *p)
{
	struct peer_name *n = malloc(sizeof(*n));
	struct peer_name *const *node;

	if (!n)
		return MISSIU_ENOMEM;
	n->line = p->pos.line;
	memcpy(n->s, p->name, sizeof(n->s));
	node = tsearch(n, &ps->peer_names, name_cmp);
	if (node && *node == n)
		return 0;
	free(n);
	return node ? script_expected(ps, at,
				      "a new name: line %u has a peer of that "
				      "name",
				      (*node)->line) :
		      MISSIU_ENOMEM;
}

void peer_names_free(struct parser *ps)
{
	tdestroy(ps->peer_names, free);
	ps->peer_names = NULL;
}

int peer_parse(struct parser *ps, const struct token *command)
{
	const struct token at = ps->tok;
	struct missiu_peer *p;
	int r;

	if (ps->out.n_peer == SCRIPT_PEERS_MAX)
		return script_expected(ps, command, "at most %d peers",
				       SCRIPT_PEERS_MAX);
	r = push(ps, &p);
	if (r)
		return r;
	p->pos = (struct missiu_script_pos){ command->line, command->col };
	r = value_peer_name(ps, p->name);
	if (r)
		return r;
	r = take_name(ps, &at, p);
	if (r)
		return r;
	r = parse_body(ps, p);
	return r ? r : peer_check(ps, p);
}
