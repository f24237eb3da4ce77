/* SPDX-License-Identifier: Apache-2.0 */
/* From a datagram to a handler: the driver of the rules. */
#ifndef IKE_INPUT_H
#define IKE_INPUT_H

#include "ike/sa.h"

/**
 * input_message() - one IKE message, any bytes at all
 *
 * Order: header, version, SA, message ID, SK (authenticate, decrypt), payloads,
 * rule, handler, answer. Nothing before the ICV changes an SA, except in
 * IKE_SA_INIT.
 */
void input_message(struct ike *ike, const struct ike_end *local,
		   const struct ike_end *remote, struct chunk raw);

#endif
