/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the rules' driver share. Nobody else includes this. */
#ifndef IKE_INPUT_IMPL_H
#define IKE_INPUT_IMPL_H

#include "ike/input.h"

static inline bool input_is_response(const struct ike_hdr *h)
{
	return h->flags & IKE_F_RESPONSE;
}

/* --- input_sealed.c */

/**
 * input_sealed() - a message of an SA whose keys are ready
 * @ctx: all but m, plain
 * @copy: ctx->raw's bytes, to be decrypted in place
 */
void input_sealed(struct ike_ctx *ctx, uint8_t *copy);

/* --- input_run.c */

/**
 * input_run_response() - what the rules say of a response
 * @ctx: m and, of a sealed one, plain; clear or opened
 *
 * Ends the exchange unless it is ignored. Return: the handler's, MISSIU_EPROTO
 * when it fits no rule.
 */
int input_run_response(struct ike_ctx *ctx);

/**
 * input_peer_dropped_it() - INVALID_SYNTAX in a response
 *
 * The peer found our request malformed and has dropped the SA (2.21.3). It is
 * authenticated: established SAs only.
 * Return: true: the SA has failed.
 */
bool input_peer_dropped_it(struct ike_ctx *ctx);

/**
 * input_answer() - what the rules say of an opened request, and the answer
 * @parse_err: of ike_payloads_parse()
 *
 * Return: 0: answered; negative: the handler's, nothing was sent.
 */
int input_answer(struct ike_ctx *ctx, int parse_err);

#endif
