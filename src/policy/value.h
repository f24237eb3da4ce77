/* SPDX-License-Identifier: Apache-2.0 */
/* Values: numbers, addresses, ports, protocols, and named constants. */
#ifndef POLICY_VALUE_H
#define POLICY_VALUE_H

#include "policy/parse.h"

/*
 * All read at the current token, go past what they used, and return 0 or a
 * negative error with the parser's message set.
 */

/**
 * value_number() - decimal, 0x hexadecimal, or a constant
 * @max:  largest allowed
 * @what: "a port", for messages
 */
int value_number(struct parser *ps, uint64_t max, const char *what,
		 uint64_t *out);

/**
 * value_range() - a name of @t, N, or A-B with A not above B
 * @t:   names that are accepted, or NULL
 * @out: out: both ends
 */
int value_range(struct parser *ps, const struct word_table *t, uint64_t max,
		const char *what, uint64_t out[2]);

/**
 * value_addr() - one address: number, constant, host name, any
 * @family: family preferred when a name is resolved; 0: none
 * @out:    family 0 for "any" and 0
 */
int value_addr(struct parser *ps, int family, struct missiu_addr *out);

/** value_addrspec() - address, range or prefix, into ts->lo and ts->hi */
int value_addrspec(struct parser *ps, int family, struct missiu_ts *ts);

/** value_ulp() - protocol number, name or constant */
int value_ulp(struct parser *ps, uint8_t *out);

/** value_peer_name() - the name of a peer */
int value_peer_name(struct parser *ps, char out[MISSIU_PEER_NAME_MAX + 1]);

/** value_digit() - of a hexadecimal digit; -1: it is none */
int value_digit(char c);

/** constants_parse() - one "[ NAME value … ]" block; current token: "[" */
int constants_parse(struct parser *ps);

/** constants_free() - free all constants */
void constants_free(struct parser *ps);

#endif
