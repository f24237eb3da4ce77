/* SPDX-License-Identifier: Apache-2.0 */
/* The keywords of peer statements, as a table. */
#ifndef POLICY_PEER_KEYS_H
#define POLICY_PEER_KEYS_H

#include "missiu/peer.h"
#include "policy/keywords.h"

/* What stands behind a keyword, and the type of its field. */
enum peer_kind {
	PEER_RANGES, /* address, range, prefix, any; struct missiu_ranges */
	PEER_ADDRS,  /* one address; struct missiu_addrs */
	PEER_TEXT,   /* a word or a string; char * */
	PEER_TEXTS,  /* the same; struct missiu_texts */
	PEER_PATH,   /* an absolute file name; char * */
	PEER_PATHS,  /* struct missiu_texts */
	PEER_URLS,   /* http:// or https://; struct missiu_texts */
	PEER_PLACES, /* paths or URLs; struct missiu_texts */
	PEER_ASKS,   /* URLs, or "certificate"; struct missiu_texts */
	PEER_SECRET, /* "text" or 0x...; psk and psk_len */
	PEER_WORD,   /* of .words; uint8_t */
	PEER_NUMBER, /* .min to .max; uint32_t */
	PEER_PFS,    /* struct missiu_pfs */
	PEER_KINDS
};

struct peer_row {
	uint8_t kind;	   /* enum peer_kind */
	uint8_t repeat;	   /* how often it may stand */
	uint16_t offset;   /* of the field in struct missiu_peer */
	uint32_t min, max; /* of numbers; max of a text: 0: the usual one */
	const struct word_table *words;
	const char *what; /* "an identity", for messages */
};

/** Row of each enum missiu_peer_key. */
extern const struct peer_row peer_rows[MISSIU_PEER_KEYS];

/** Their names: enum missiu_peer_key. */
extern const struct word_table words_peer;

/** Values that are words. */
extern const struct word_table words_yes_no, words_peer_auth, words_crl_policy,
	words_encap, words_tcp, words_childless, words_request_address;

/** peer_field() - where the value of a keyword is */
static inline void *peer_field(struct missiu_peer *p, enum missiu_peer_key key)
{
	return (char *)p + peer_rows[key].offset;
}

static inline const void *peer_field_const(const struct missiu_peer *p,
					   enum missiu_peer_key key)
{
	return (const char *)p + peer_rows[key].offset;
}

#endif
