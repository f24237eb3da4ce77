/* SPDX-License-Identifier: Apache-2.0 */
/* From a datagram to a handler: the driver of the rules. */
#ifndef IKE_INPUT_H
#define IKE_INPUT_H

#include "ike/rules.h"

/**
 * input_message() - one IKE message, any bytes at all
 *
 * Order: header, version, SA, message ID, SK (authenticate, decrypt), payloads,
 * rule, handler, answer. Nothing before the ICV changes an SA, except in
 * IKE_SA_INIT.
 */
void input_message(struct ike *ike, const struct ike_end *local,
		   const struct ike_end *remote, struct chunk raw);

/**
 * input_opened() - an opened message that was parked, for another attempt
 * @ctx: of a message that came in; plain is its payloads
 * @m:   its header and the type of its first payload; ctx->m
 */
void input_opened(struct ike_ctx *ctx, struct ike_msg *m);

#endif
