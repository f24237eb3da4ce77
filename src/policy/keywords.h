/* SPDX-License-Identifier: Apache-2.0 */
/* The words of the language, as tables. */
#ifndef POLICY_KEYWORDS_H
#define POLICY_KEYWORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a pattern or property sets; aliases share it. */
enum key {
	KEY_ADDR0, /* source or local */
	KEY_ADDR1, /* destination or remote */
	KEY_PORT0,
	KEY_PORT1,
	KEY_ULP,
	KEY_TYPE,
	KEY_CODE,
	KEY_DIR,
	KEY_AH,
	KEY_ENCR,
	KEY_AUTH,
	KEY_TUN0,
	KEY_TUN1,
	KEY_KEYLEN,
	KEY_TAG,
	KEY_SA,
	KEY_DF,
	KEY_LIFE_S,
	KEY_LIFE_BYTES,
	KEY_LIFE_PACKETS,
	KEY_TFC,
	KEY_PFS,
	KEY_PEER,
	KEY_UNSUPPORTED,
	KEY_MAX
};

/* The two ways to name the sides of a policy; one policy uses one of them. */
enum dialect {
	DIALECT_NONE,
	DIALECT_S8, /* source and destination of a packet */
	DIALECT_S9, /* this host and the peer */
};

enum sa_word { SA_SHARED, SA_INIT, SA_UNIQUE };

/* Bits of a direction word, beside enum missiu_dir. */
#define DIR_MIRRORED 4

enum command { CMD_FLUSH, CMD_SPDFLUSH, CMD_ADD, CMD_DELETE, CMD_PEER };

enum option {
	OPT_MODE,
	OPT_UNSAFE,
	OPT_REPLAY,
	OPT_ESN,
	OPT_SECS,
	OPT_SOFT_SECS,
	OPT_KBYTES,
	OPT_BYTES,
	OPT_SOFT_BYTES,
	OPT_PACKETS,
	OPT_SOFT_PACKETS,
	OPT_ENCR,
	OPT_AUTH,
	OPT_MAX
};

struct word {
	const char *name;
	uint16_t value;
	uint8_t alias;	  /* 1: accepted, but neither listed nor printed */
	uint8_t aux;	  /* patterns, properties: enum dialect; manual
			     ciphers: ICV bytes; ICMP words: protocol, and for
			     codes the type is in the high byte of value */
	const char *note; /* KEY_UNSUPPORTED: why */
};

struct word_table {
	const struct word *v;
	size_t n;
	bool fold_case; /* keywords are case-sensitive, values are not */
};

extern const struct word_table words_pattern, words_action, words_property,
	words_command, words_option, words_dir, words_sa, words_df, words_mode,
	words_ulp, words_port, words_icmp_type, words_icmp_code, words_encr,
	words_auth, words_pfs, words_manual_encr, words_manual_auth,
	words_manual_proto;

/** word_find() - exact match; NULL: no such word */
const struct word *word_find(const struct word_table *t, const char *s,
			     size_t len);

/** word_nearest() - the word that was probably meant, or NULL */
const struct word *word_nearest(const struct word_table *t, const char *s,
				size_t len);

/** word_name() - the name that stands for a value; NULL when there is none */
const char *word_name(const struct word_table *t, unsigned value);

/**
 * word_list() - "a, b or c" of all names that are no aliases
 * @buf, @cap: out, NUL-terminated; ends in "..." where it does not fit
 */
void word_list(const struct word_table *t, char *buf, size_t cap);

#endif
