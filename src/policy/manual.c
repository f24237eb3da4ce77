/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Commands: flush; spdflush; and manual SAs by add and delete.
 *
 * A manual key lives as long as the file it stands in, so a daemon that starts
 * again starts with the same key. Ciphers whose IV is a counter must never see
 * a key and counter twice (RFC 3686 2.1, RFC 4106 2, RFC 7634 4): they are
 * refused unless -u says that the writer knows.
 */
#include <stdio.h>
#include <string.h>

#include "common/addr.h"
#include "crypto/algs.h"
#include "policy/parse.h"
#include "policy/value.h"

#define SPI_MIN		  256 /* RFC 4303 2.1: 1 to 255 are reserved */
#define REPLAY_WINDOW_MAX 4096
#define KBYTES_MAX	  (UINT64_MAX / 1024)

/* One add statement while it is read. */
struct manual {
	struct missiu_sa *sa;
	struct token at[OPT_MAX]; /* where each option stood; .line 0: not */
	struct token encr_key_at, auth_key_at;
	size_t encr_key_len, auth_key_len;
};

/* Keys, and any part of them, stay out of messages. */
static int hex_key(struct parser *ps, const struct token *t, uint8_t *buf,
		   size_t *len)
{
	size_t n = t->len - 2;

	if (!n || n % 2)
		return script_fail(ps, t,
				   "found a key of %zu hexadecimal "
				   "digits, expected an even number",
				   n);
	if (n / 2 > MISSIU_KEY_MAX)
		return script_fail(ps, t,
				   "found a key of %zu bytes, expected "
				   "at most %d",
				   n / 2, MISSIU_KEY_MAX);
	for (size_t i = 0; i < n; i++) {
		int digit = value_digit(t->s[2 + i]);

		if (digit < 0)
			return script_fail(
				ps, t,
				"found a key with a byte "
				"that is no hexadecimal digit, "
				"expected 0x and hexadecimal digits");
		buf[i / 2] = (uint8_t)(buf[i / 2] << 4 | digit);
	}
	*len = n / 2;
	return 0;
}

static int text_key(struct parser *ps, const struct token *t, uint8_t *buf,
		    size_t *len)
{
	size_t n = 0;

	for (size_t i = 0; i < t->len; i++) {
		if (t->s[i] == '\\')
			i++; /* the lexer lets no string end in one */
		if (n == MISSIU_KEY_MAX)
			return script_fail(ps, t,
					   "found a key of more than %d "
					   "bytes, expected at most that",
					   MISSIU_KEY_MAX);
		buf[n++] = (uint8_t)t->s[i];
	}
	*len = n;
	return 0;
}

static int parse_key(struct parser *ps, uint8_t *buf, size_t *len)
{
	const struct token t = ps->tok;
	int r;

	if (t.kind == TOK_STRING)
		r = text_key(ps, &t, buf, len);
	else if (t.kind == TOK_WORD && t.len >= 2 && t.s[0] == '0' &&
		 (t.s[1] | 0x20) == 'x')
		r = hex_key(ps, &t, buf, len);
	else
		r = script_fail(ps, &t,
				"found %s, expected a key: 0x and "
				"hexadecimal digits, or \"text\"",
				t.kind == TOK_WORD ? "a word" :
						     token_text(&t).s);
	return r ? r : script_next(ps);
}

static int parse_mode(struct parser *ps, struct manual *m)
{
	const struct word *w;
	int r = script_word(ps, &words_mode, "", &w);

	if (!r)
		m->sa->mode = (uint8_t)w->value;
	return r;
}

static int parse_encr(struct parser *ps, struct manual *m)
{
	const struct word *w;
	int r = script_word(ps, &words_manual_encr, "", &w);

	if (r)
		return r;
	m->sa->encr = (uint8_t)w->value;
	m->sa->icv_len = w->aux;
	m->encr_key_at = ps->tok;
	if (w->value == MISSIU_ENCR_NULL && ps->tok.kind != TOK_STRING)
		return 0; /* its key is "" or not there at all */
	return parse_key(ps, m->sa->encr_key, &m->encr_key_len);
}

static int parse_auth(struct parser *ps, struct manual *m)
{
	const struct word *w;
	int r = script_word(ps, &words_manual_auth, "", &w);

	if (r)
		return r;
	m->sa->auth = (uint8_t)w->value;
	m->auth_key_at = ps->tok;
	return parse_key(ps, m->sa->auth_key, &m->auth_key_len);
}

static int parse_replay(struct parser *ps, struct manual *m)
{
	uint64_t v;
	int r = value_number(ps, REPLAY_WINDOW_MAX,
			     "a replay window in packets", &v);

	if (!r)
		m->sa->replay_window = (uint32_t)v;
	return r;
}

static int parse_esn(struct parser *ps, struct manual *m)
{
	(void)ps;
	m->sa->flags |= MISSIU_SA_ESN;
	return 0;
}

static int parse_secs(struct parser *ps, struct manual *m)
{
	return value_number(ps, UINT32_MAX, "a lifetime in seconds",
			    &m->sa->hard_s);
}

static int parse_soft_secs(struct parser *ps, struct manual *m)
{
	return value_number(ps, UINT32_MAX, "a lifetime in seconds",
			    &m->sa->soft_s);
}

static int parse_bytes(struct parser *ps, struct manual *m)
{
	return value_number(ps, UINT64_MAX, "a lifetime in bytes",
			    &m->sa->hard_bytes);
}

static int parse_soft_bytes(struct parser *ps, struct manual *m)
{
	return value_number(ps, UINT64_MAX, "a lifetime in bytes",
			    &m->sa->soft_bytes);
}

static int parse_packets(struct parser *ps, struct manual *m)
{
	return value_number(ps, UINT64_MAX, "a lifetime in packets",
			    &m->sa->hard_packets);
}

static int parse_soft_packets(struct parser *ps, struct manual *m)
{
	return value_number(ps, UINT64_MAX, "a lifetime in packets",
			    &m->sa->soft_packets);
}

static int parse_kbytes(struct parser *ps, struct manual *m)
{
	uint64_t v;
	int r = value_number(ps, KBYTES_MAX, "a lifetime in kilobytes", &v);

	if (!r)
		m->sa->hard_bytes = v * 1024;
	return r;
}

static int parse_unsafe(struct parser *ps, struct manual *m)
{
	(void)ps;
	m->sa->flags |= MISSIU_SA_COUNTER_OK;
	return 0;
}

static int (*const option_parsers[OPT_MAX])(struct parser *,
					    struct manual *) = {
	[OPT_MODE] = parse_mode,
	[OPT_ENCR] = parse_encr,
	[OPT_AUTH] = parse_auth,
	[OPT_REPLAY] = parse_replay,
	[OPT_ESN] = parse_esn,
	[OPT_SECS] = parse_secs,
	[OPT_KBYTES] = parse_kbytes,
	[OPT_UNSAFE] = parse_unsafe,
	[OPT_SOFT_SECS] = parse_soft_secs,
	[OPT_BYTES] = parse_bytes,
	[OPT_SOFT_BYTES] = parse_soft_bytes,
	[OPT_PACKETS] = parse_packets,
	[OPT_SOFT_PACKETS] = parse_soft_packets,
};

static bool at_end(const struct parser *ps)
{
	return token_is(&ps->tok, ';') || ps->tok.kind == TOK_EOF;
}

/* The closing ";", which the end of the file may stand for. */
static int parse_end(struct parser *ps, const struct token *command)
{
	if (ps->tok.kind == TOK_EOF)
		return 0;
	if (token_is(&ps->tok, ';'))
		return script_next(ps);
	return script_expected(ps, &ps->tok,
			       "\";\" at the end of %s of line %u",
			       token_text(command).s, command->line);
}

static int parse_option(struct parser *ps, struct manual *m,
			const struct token *command)
{
	const struct token at = ps->tok;
	const struct word *w;
	char also[120];
	int r;

	snprintf(also, sizeof(also), "\";\" (end of %s of line %u), ",
		 token_text(command).s, command->line);
	r = script_word(ps, &words_option, also, &w);
	if (r)
		return r;
	if (m->at[w->value].line)
		return script_expected(ps, &at, "each option only once");
	m->at[w->value] = at;
	return option_parsers[w->value](ps, m);
}

static int parse_proto(struct parser *ps, struct missiu_sa *sa)
{
	const struct token at = ps->tok;
	const struct word *w = NULL;
	uint64_t v;
	int r;

	if (at.kind == TOK_WORD)
		w = word_find(&words_manual_proto, at.s, at.len);
	if (w) {
		sa->proto = (uint8_t)w->value;
		return script_next(ps);
	}
	r = value_number(ps, UINT8_MAX, "esp, ah or their number", &v);
	if (r)
		return r;
	if (v != MISSIU_ESP && v != MISSIU_AH)
		return script_expected(ps, &at, "esp (50) or ah (51)");
	sa->proto = (uint8_t)v;
	return 0;
}

/* What names an SA: SRC DST esp|ah SPI. */
static int parse_name(struct parser *ps, struct missiu_sa *sa)
{
	struct token dst, spi;
	uint64_t v = 0;
	int r = value_addr(ps, 0, &sa->src);

	dst = ps->tok;
	if (!r)
		r = value_addr(ps, sa->src.family, &sa->dst);
	if (r)
		return r;
	if (addr_is_any(&sa->dst))
		return script_expected(ps, &dst, "the address of one host");
	if (addr_is_any(&sa->src))
		sa->src = (struct missiu_addr){ 0 };
	if (sa->src.family && sa->src.family != sa->dst.family)
		return script_expected(ps, &dst,
				       "an address of the same family "
				       "as the source");
	r = parse_proto(ps, sa);
	spi = ps->tok;
	if (!r)
		r = value_number(ps, UINT32_MAX, "an SPI", &v);
	if (!r && v < SPI_MIN)
		r = script_expected(ps, &spi, "an SPI of at least %d", SPI_MIN);
	sa->spi = (uint32_t)v;
	return r;
}

/* "16, 24 or 32", or "5 to 56" when that would be long; salt included. */
static void list_lengths(const struct encr_alg *a, char *buf, size_t cap)
{
	unsigned min = a->key_min + a->salt_len, max = a->key_max + a->salt_len;

	if (min == max)
		snprintf(buf, cap, "%u", min);
	else if (a->key_max - a->key_min == 2 * a->key_step)
		snprintf(buf, cap, "%u, %u or %u", min, min + a->key_step, max);
	else
		snprintf(buf, cap, "%u to %u", min, max);
}

static int check_encr_key(struct parser *ps, struct manual *m)
{
	const struct encr_alg *a = encr_alg(m->sa->encr);
	size_t len = m->encr_key_len, salt = a->salt_len;
	char lengths[32];

	m->sa->encr_key_len = (uint8_t)len;
	if (len >= a->key_min + salt && len <= a->key_max + salt &&
	    (len - a->key_min - salt) % a->key_step == 0)
		return 0;
	list_lengths(a, lengths, sizeof(lengths));
	return script_fail(ps, &m->encr_key_at,
			   "found a key of %zu bytes, "
			   "expected %s bytes for %s%s",
			   len, lengths, a->name,
			   salt ? " (the salt last)" : "");
}

static int refuse_counter(struct parser *ps, const struct token *at,
			  const char *name)
{
	return script_expected(ps, at,
			       "an algorithm other "
			       "than %s: its manual key is reused with "
			       "the same IVs after a restart, which "
			       "gives the traffic away (-u allows it)",
			       name);
}

static int check_auth_key(struct parser *ps, struct manual *m)
{
	const struct auth_alg *a = auth_alg(m->sa->auth);

	if (!a->usable)
		return script_fail(ps, &m->at[OPT_AUTH], ALG_LEFT_OUT, a->name);
	if (a->ah_only && m->sa->proto != MISSIU_AH)
		return script_expected(ps, &m->at[OPT_AUTH],
				       "-E aes-gmac: as -A it is for AH only");
	if (a->salt_len && !m->at[OPT_UNSAFE].line)
		return refuse_counter(ps, &m->at[OPT_AUTH], a->name);
	m->sa->auth_key_len = (uint8_t)m->auth_key_len;
	if (m->auth_key_len == a->key_len)
		return 0;
	return script_fail(ps, &m->auth_key_at,
			   "found a key of %zu bytes, "
			   "expected %u bytes for %s",
			   m->auth_key_len, a->key_len, a->name);
}

static bool counts_ivs(const struct encr_alg *a)
{
	return a->salt_len != 0;
}

static int check_encr(struct parser *ps, struct manual *m)
{
	const struct encr_alg *a = encr_alg(m->sa->encr);

	if (!a->usable)
		return script_fail(ps, &m->at[OPT_ENCR], ALG_LEFT_OUT, a->name);
	if (m->sa->proto == MISSIU_AH)
		return script_expected(ps, &m->at[OPT_ENCR],
				       "-A only: AH does "
				       "not encrypt");
	if (a->aead && m->at[OPT_AUTH].line)
		return script_expected(ps, &m->at[OPT_AUTH],
				       "no -A: %s "
				       "includes integrity",
				       a->name);
	if (m->sa->encr == MISSIU_ENCR_NULL && !m->at[OPT_AUTH].line)
		return script_expected(ps, &m->at[OPT_ENCR],
				       "-A beside the "
				       "null cipher");
	if (counts_ivs(a) && !m->at[OPT_UNSAFE].line)
		return refuse_counter(ps, &m->at[OPT_ENCR], a->name);
	return check_encr_key(ps, m);
}

static int check_lifetimes(struct parser *ps, const struct manual *m)
{
	const struct missiu_sa *sa = m->sa;
	const struct {
		enum option soft;
		uint64_t s, h;
	} v[] = {
		{ OPT_SOFT_SECS, sa->soft_s, sa->hard_s },
		{ OPT_SOFT_BYTES, sa->soft_bytes, sa->hard_bytes },
		{ OPT_SOFT_PACKETS, sa->soft_packets, sa->hard_packets },
	};

	if (m->at[OPT_KBYTES].line && m->at[OPT_BYTES].line)
		return script_expected(ps, &m->at[OPT_BYTES],
				       "either -b (kilobytes) or -bh (bytes)");
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++)
		if (v[i].h && v[i].s > v[i].h)
			return script_expected(ps, &m->at[v[i].soft],
					       "a soft limit below the hard "
					       "one");
	return 0;
}

static int check_manual(struct parser *ps, struct manual *m,
			const struct token *command)
{
	int r = 0;

	if (!m->at[OPT_ENCR].line && !m->at[OPT_AUTH].line)
		return script_expected(ps, &ps->tok,
				       "-E or -A with a key in "
				       "%s of line %u",
				       token_text(command).s, command->line);
	/* RFC 4303 3.3.3: no ESN without anti-replay. */
	if (m->at[OPT_ESN].line && !m->sa->replay_window)
		return script_expected(ps, &m->at[OPT_ESN],
				       "a replay window (-r) beside it");
	r = check_lifetimes(ps, m);
	if (r)
		return r;
	if (m->at[OPT_ENCR].line)
		r = check_encr(ps, m);
	else
		m->sa->encr = MISSIU_ENCR_NULL;
	if (r)
		return r;
	if (m->at[OPT_AUTH].line)
		return check_auth_key(ps, m);
	m->sa->auth = MISSIU_AUTH_NONE;
	return 0;
}

static int parse_add(struct parser *ps, const struct token *command)
{
	struct manual m = { .sa = NULL };
	struct missiu_change *c;
	int r = script_push(ps, MISSIU_CHG_ADD_SA, command, &c);

	if (r)
		return r;
	m.sa = &c->sa;
	m.sa->dir = MISSIU_IN | MISSIU_OUT; /* as its addresses fit */
	m.sa->flags = MISSIU_SA_MANUAL;
	r = parse_name(ps, m.sa);
	while (!r && !at_end(ps))
		r = parse_option(ps, &m, command);
	if (!r)
		r = check_manual(ps, &m, command);
	return r ? r : parse_end(ps, command);
}

static int parse_delete(struct parser *ps, const struct token *command)
{
	struct missiu_change *c;
	int r = script_push(ps, MISSIU_CHG_DEL_SA, command, &c);

	if (!r)
		r = parse_name(ps, &c->sa);
	return r ? r : parse_end(ps, command);
}

static int parse_flush(struct parser *ps, const struct token *command)
{
	struct missiu_change *c;
	int r = parse_end(ps, command);

	return r ? r : script_push(ps, MISSIU_CHG_FLUSH_SA, command, &c);
}

static int parse_spdflush(struct parser *ps, const struct token *command)
{
	struct missiu_change *c;
	int r = parse_end(ps, command);

	return r ? r : script_push(ps, MISSIU_CHG_FLUSH_POLICY, command, &c);
}

int command_parse(struct parser *ps)
{
	static int (*const parsers[])(struct parser *, const struct token *) = {
		[CMD_FLUSH] = parse_flush, [CMD_SPDFLUSH] = parse_spdflush,
		[CMD_ADD] = parse_add,	   [CMD_DELETE] = parse_delete,
		[CMD_PEER] = peer_parse,
	};
	const struct token at = ps->tok;
	const struct word *w;
	int r = script_word(ps, &words_command, "\"{\", \"[\", ", &w);

	return r ? r : parsers[w->value](ps, &at);
}
