/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/lexer.h"

#include <stdio.h>
#include <string.h>

#include "common/diag.h"

/* Words this long are cut in messages. */
#define SHOWN_MAX 40
/* A number has at most 0x and 8 digits; what is longer may be a key. */
#define NUMBER_MAX 10

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_mark(char c)
{
	return c && strchr("{}[];/", c);
}

static bool is_control(char c)
{
	unsigned char u = (unsigned char)c;

	return (u < 0x20 && !is_space(c)) || u == 0x7f;
}

void lexer_init(struct lexer *l, const char *text, size_t len)
{
	*l = (struct lexer){
		.p = text, .end = text + len, .bol = text, .line = 1
	};
}

static void skip_blanks(struct lexer *l)
{
	bool comment = false;

	for (; l->p < l->end; l->p++) {
		if (*l->p == '\n') {
			l->line++;
			l->bol = l->p + 1;
			comment = false;
		} else if (*l->p == '#') {
			comment = true;
		} else if (!*l->p || (!comment && !is_space(*l->p))) {
			return; /* NUL is refused in comments too */
		}
	}
}

static int fail_at(const struct lexer *l, const char *at,
		   struct missiu_script_err *err)
{
	err->line = l->line;
	err->col = (unsigned)(at - l->bol) + 1;
	return MISSIU_EINVAL;
}

static int next_string(struct lexer *l, struct token *t,
		       struct missiu_script_err *err)
{
	const char *open = l->p++;

	t->kind = TOK_STRING;
	t->s = l->p;
	for (; l->p < l->end && *l->p != '\n'; l->p++) {
		if (*l->p == '"') {
			t->len = (size_t)(l->p++ - t->s);
			return 0;
		}
		if (*l->p == '\\' && l->end - l->p > 1 && l->p[1] != '\n')
			l->p++;
		if (is_control(*l->p))
			return diag_set(&err->diag, fail_at(l, l->p, err),
					"found a control byte in a string, "
					"expected text");
	}
	return diag_set(&err->diag, fail_at(l, open, err),
			"found a string without end, expected a closing "
			"\" on the same line");
}

int lexer_next(struct lexer *l, struct token *t, struct missiu_script_err *err)
{
	skip_blanks(l);
	*t = (struct token){ .kind = TOK_EOF,
			     .s = l->p,
			     .line = l->line,
			     .col = (unsigned)(l->p - l->bol) + 1 };
	if (l->p == l->end)
		return 0;
	if (*l->p == '"')
		return next_string(l, t, err);
	if (is_mark(*l->p)) {
		t->kind = TOK_MARK;
		t->len = 1;
		l->p++;
		return 0;
	}
	t->kind = TOK_WORD;
	for (; l->p < l->end; l->p++) {
		if (is_space(*l->p) || is_mark(*l->p) || *l->p == '"' ||
		    *l->p == '#')
			break;
		if (is_control(*l->p))
			return diag_set(&err->diag, fail_at(l, l->p, err),
					"found the byte 0x%02x, expected text",
					(unsigned)(unsigned char)*l->p);
	}
	t->len = (size_t)(l->p - t->s);
	return 0;
}

bool token_is(const struct token *t, char mark)
{
	return t->kind == TOK_MARK && *t->s == mark;
}

static bool may_be_key(const struct token *t)
{
	return t->len > NUMBER_MAX && t->s[0] == '0' &&
	       (t->s[1] == 'x' || t->s[1] == 'X');
}

struct token_text token_text(const struct token *t)
{
	struct token_text out;
	size_t n = t->len < SHOWN_MAX ? t->len : SHOWN_MAX;
	char word[SHOWN_MAX + 1];

	if (t->kind == TOK_EOF) {
		snprintf(out.s, sizeof(out.s), "end of file");
		return out;
	}
	if (t->kind == TOK_STRING || may_be_key(t)) {
		snprintf(out.s, sizeof(out.s), "%s",
			 t->kind == TOK_STRING ? "a quoted string" :
						 "a long hexadecimal number");
		return out;
	}
	for (size_t i = 0; i < n; i++)
		word[i] = t->s[i] >= 0x20 && t->s[i] < 0x7f ? t->s[i] : '?';
	word[n] = '\0';
	snprintf(out.s, sizeof(out.s), "\"%s%s\"", word,
		 n < t->len ? "..." : "");
	return out;
}
