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
 * input_take_answer() - an opened response, what becomes of it
 * @parse_err: of ike_payloads_parse()
 *
 * One that makes no sense ends the SA, as does INVALID_SYNTAX of a peer that is
 * authenticated: it found our request malformed (2.21.3).
 * Return: 0; MISSIU_EBUSY: there is no room for it now; or it has failed.
 */
int input_take_answer(struct ike_ctx *ctx, int parse_err);

/**
 * input_answer() - what the rules say of an opened request, and the answer
 * @parse_err: of ike_payloads_parse()
 *
 * Return: 0: answered; negative: the handler's, nothing was sent.
 */
int input_answer(struct ike_ctx *ctx, int parse_err);

#endif
