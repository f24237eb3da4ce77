/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Additional key exchanges (RFC 9370): which are left to do, and one at a time.
 * IKE_INTERMEDIATE (intermediate.h) and IKE_FOLLOWUP_KE (followup.h) carry them.
 */
#ifndef IKE_ADDKE_H
#define IKE_ADDKE_H

#include "crypto/kex.h"
#include "ike/msg.h"

/** Those of one negotiation, in the order of their transform types. */
struct addke {
	uint16_t method[IKE_ADDKE_MAX];
	uint8_t n, done;
	struct kex *kex; /* initiator: of method[done], sent */
};

/** addke_init() - what a suite asks for */
void addke_init(struct addke *a, const struct ike_suite *s);

/** addke_left() - whether one is still to do */
static inline bool addke_left(const struct addke *a)
{
	return a->done < a->n;
}

/**
 * addke_ask() - initiator: a fresh key for the next one, and its KE payload
 *
 * Return: 0 or MISSIU_ECRYPTO.
 */
int addke_ask(struct addke *a, struct ike_build *b);

/**
 * addke_finish() - initiator: the peer's KE payload
 * @out: out: the caller wipes it
 *
 * Return: 0: that one is done; MISSIU_EPROTO: not what was asked for,
 * MISSIU_ECRYPTO: nothing has changed.
 */
int addke_finish(struct addke *a, const struct ike_ke *ke,
		 struct kex_secret *out);

/** addke_answer() - responder: the same, and writes its own KE payload */
int addke_answer(struct addke *a, const struct ike_ke *ke, struct ike_build *b,
		 struct kex_secret *out);

/** addke_fini() - wipe; what is left will not be done */
void addke_fini(struct addke *a);

#endif
