/* SPDX-License-Identifier: Apache-2.0 */
/* Text of the configuration language to tokens. */
#ifndef POLICY_LEXER_H
#define POLICY_LEXER_H

#include "missiu/script.h"

enum token_kind {
	TOK_EOF,
	TOK_WORD,   /* any run of bytes that is none of the others */
	TOK_STRING, /* what stands between quotes, escapes not yet undone */
	TOK_MARK,   /* one of { } [ ] ; / */
};

struct token {
	enum token_kind kind;
	const char *s; /* borrowed from the text */
	size_t len;
	unsigned line, col; /* from 1; 0: no token */
};

struct lexer {
	const char *p, *end;
	const char *bol; /* start of the current line */
	unsigned line;
};

/** Text of a token for messages, by value: token_text(&t).s */
struct token_text {
	char s[64];
};

/** lexer_init() - start at the beginning of @text, which stays the caller's */
void lexer_init(struct lexer *l, const char *text, size_t len);

/**
 * lexer_next() - read one token
 * @l:   position, moved past the token
 * @t:   out
 * @err: out on failure
 *
 * Blanks, tabs, line ends and comments (# to the end of the line) separate
 * tokens. A string ends on its own line.
 * Return: 0; MISSIU_EINVAL: control bytes or a string without end.
 */
int lexer_next(struct lexer *l, struct token *t, struct missiu_script_err *err);

/** token_is() - the token is this mark */
bool token_is(const struct token *t, char mark);

/**
 * token_text() - how a message names what was found
 *
 * Long words are cut, odd bytes become '?'. Strings and long hexadecimal
 * numbers may be keys: they are described, never shown.
 */
struct token_text token_text(const struct token *t);

#endif
