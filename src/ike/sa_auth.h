/* SPDX-License-Identifier: Apache-2.0 */
/* IKE_AUTH: the request. Its answers are handlers. */
#ifndef IKE_SA_AUTH_H
#define IKE_SA_AUTH_H

#include "ike/sa.h"

/**
 * auth_send() - send IKE_AUTH with the first queued child
 *
 * Without a key or a child to ask for the SA fails.
 */
void auth_send(struct ike *ike, struct ike_sa *sa);

#endif
