/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the parser share. */
#ifndef POLICY_PARSE_H
#define POLICY_PARSE_H

#include "policy/keywords.h"
#include "policy/lexer.h"

/* Most statements in one text; bounds memory. */
#define SCRIPT_CHANGES_MAX 100000
/* Most peers in one text. */
#define SCRIPT_PEERS_MAX 10000
/* Largest text. */
#define SCRIPT_TEXT_MAX (64u << 20)
/* Longest host or constant name. */
#define NAME_MAX_LEN 253

struct parser {
	struct lexer lex;
	struct token tok; /* the token to be looked at */
	const struct missiu_script_opts *opts;
	struct missiu_script out;
	size_t cap;	  /* allocated elements of out.v and out.pos */
	void *constants;  /* tree of struct constant, see tsearch(3) */
	void *peer_names; /* tree of struct peer_name */
	struct missiu_script_err *err;
};

/* A policy as written, before its words are put together. */
struct draft {
	struct token at[KEY_MAX]; /* where each key stood; .line 0: not there */
	struct token end;	  /* the last closing brace */
	struct token dir_at;	  /* the direction's own word */
	const struct word *action;
	struct token dialect_at;  /* the word that settled the dialect */
	uint8_t dialect;	  /* enum dialect */
	uint8_t dir;		  /* missiu_dir bits, DIR_MIRRORED; 0: none */
	uint8_t sa_seen;	  /* bit per enum sa_word */
	struct missiu_ts side[2]; /* 0: source or local */
	struct missiu_addr tun[2];
	uint64_t icmp_type[2], icmp_code[2]; /* ranges; a code given by name
						has its type in bits 8-15 */
	uint8_t icmp_named;  /* protocol that their names belong to, or 0 */
	uint64_t v[KEY_MAX]; /* algorithm identifiers and numbers, by key */
	struct missiu_pfs pfs;
	char peer[MISSIU_PEER_NAME_MAX + 1];
};

/** script_next() - go to the next token; Return: 0 or MISSIU_EINVAL */
int script_next(struct parser *ps);

/**
 * script_fail() - refuse the text
 * @at: where the message points
 *
 * Return: MISSIU_EINVAL.
 */
__attribute__((format(printf, 3, 4))) int
script_fail(struct parser *ps, const struct token *at, const char *fmt, ...);

/** What to say of an algorithm that this build lacks; takes its name */
#define ALG_LEFT_OUT                                                           \
	"found %s, which this build lacks, expected a sound algorithm, or "    \
	"programs built with make LEGACY=1"

/** script_expected() - refuse: "found @at, expected ..." */
__attribute__((format(printf, 3, 4))) int
script_expected(struct parser *ps, const struct token *at, const char *fmt,
		...);

/**
 * script_word() - look the current token up and go past it
 * @t:    where to look
 * @also: what else could stand here, in front of the list: "} or "; or ""
 * @out:  out
 *
 * Return: 0; MISSIU_EINVAL: not in the table, near words are suggested.
 */
int script_word(struct parser *ps, const struct word_table *t, const char *also,
		const struct word **out);

/**
 * script_push() - append a change, all zero but for its kind
 * @at: where its statement began
 *
 * Return: 0; MISSIU_ENOMEM; MISSIU_EINVAL: too many.
 */
int script_push(struct parser *ps, enum missiu_change_kind kind,
		const struct token *at, struct missiu_change **out);

/** policy_parse() - one policy; the current token is its "{" */
int policy_parse(struct parser *ps);

/** draft_check() - put a draft together; Return: 0 or MISSIU_EINVAL */
int draft_check(struct parser *ps, const struct draft *d,
		struct missiu_policy *out);

/** peer_parse() - a peer; the current token stands behind @command */
int peer_parse(struct parser *ps, const struct token *command);

/** peer_names_free() - forget the names of the peers so far */
void peer_names_free(struct parser *ps);

/** peer_check() - fill in what follows, refuse what makes no sense */
int peer_check(struct parser *ps, struct missiu_peer *p);

/** command_parse() - all that begins with a word; current token: the word */
int command_parse(struct parser *ps);

#endif
