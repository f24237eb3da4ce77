/* SPDX-License-Identifier: Apache-2.0 */
/* Telling why a negotiation failed: to people by a line, to programs in parts. */
#ifndef IKE_WHY_H
#define IKE_WHY_H

#include "ike/core.h"

/** Room that holds any line of ike_why_text(). */
#define IKE_WHY_TEXT_MAX 1536

/**
 * ike_why_text() - one line
 * @buf, @cap: out, NUL-terminated, cut with "..." when short; @cap >= 4
 *
 * "what: peer offers A; we accept B; first difference: C; remedy"
 *
 * Return: bytes written without NUL.
 */
size_t ike_why_text(const struct ike_why *why, char *buf, size_t cap);

/** ike_why_set() - nothing but @what, a format */
__attribute__((format(printf, 2, 3))) void ike_why_set(struct ike_why *why,
						       const char *fmt, ...);

/** ike_why_remedy() - what is to be done, a format */
__attribute__((format(printf, 2, 3))) void ike_why_remedy(struct ike_why *why,
							  const char *fmt, ...);

/**
 * ike_why_notify() - the peer refused with an error notify
 * @what:  our request, such as "IKE_AUTH" or "a child SA"
 * @type:  0: it gave no reason
 */
void ike_why_notify(struct ike_why *why, const char *what, uint16_t type);

#endif
