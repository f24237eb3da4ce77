/* SPDX-License-Identifier: Apache-2.0 */
/* The protocol's rules as data, and the search in them. Rows: rules.def. */
#ifndef IKE_RULES_H
#define IKE_RULES_H

#include "ike/sa.h"

/** What a handler works with. */
struct ike_ctx {
	struct ike *ike;
	struct ike_sa *sa; /* NULL: first message of an SA to be */
	const struct ike_msg *m;
	const struct ike_end *local, *remote; /* ends of the datagram */
	struct chunk raw;		      /* the datagram */
	struct chunk plain;  /* inner payloads of a sealed message */
	struct ike_build *b; /* requests: the answer */
	struct ike_xchg *x;  /* responses: the exchange that they end */
	uint16_t group;	     /* out: the group INVALID_KE_PAYLOAD asks for */
	struct nonce low; /* out: lowest of CREATE_CHILD_SA, answered by us */
};

/**
 * A handler. Requests: 0 when the answer stands in ctx->b; an enum
 * ike_notify_type to answer with that alone. Responses: 0 when the exchange is
 * over. Negative: the message is ignored, nothing has changed.
 */
typedef int rule_handler(struct ike_ctx *ctx);

struct rule {
	enum ike_state state;
	uint8_t exchange;
	bool response;
	uint16_t tasks;	    /* mask of enum task_kind */
	uint64_t need, may; /* IKE_SEEN() bits inside SK, or in the clear */
	rule_handler *handler;
	uint32_t next;	 /* mask of 1 << enum ike_state */
	const char *rfc; /* sections of RFC 7296 */
};

/** What a message is, for the search. */
struct rule_key {
	enum ike_state state;
	uint8_t exchange;
	bool response;
	enum task_kind task; /* of the outstanding request */
	uint64_t seen;	     /* IKE_SEEN() bits without SK */
};

/** rules_match() - the first row that fits; NULL: none */
const struct rule *rules_match(const struct rule_key *key);

/** rules_step_ok() - whether the table has a change from one state to another */
bool rules_step_ok(enum ike_state from, enum ike_state to);

/** rules_table() - all rows; tests look at them */
const struct rule *rules_table(size_t *n);

#endif
