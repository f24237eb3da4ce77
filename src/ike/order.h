/* SPDX-License-Identifier: Apache-2.0 */
/* Whom the orders of operators are about. */
#ifndef IKE_ORDER_H
#define IKE_ORDER_H

#include "ike/sa.h"

/** order_is_with() - whether an SA is with this peer: its name, or an address */
bool order_is_with(const struct ike_sa *sa, const char *who);

#endif
