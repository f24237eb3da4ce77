/* SPDX-License-Identifier: Apache-2.0 */
/*
 * IKE_FOLLOWUP_KE (RFC 9370 2.2.4): additional key exchanges of a CREATE_CHILD_SA.
 * The SA is made when the last one is over; the answer before names the state.
 *
 *	HDR(36), SK {SA, Ni, KEi, …}       -->
 *	             <--  HDR(36), SK {SA, Nr, KEr, …, N(ADDITIONAL_KEY_EXCHANGE)(l1)}
 *	HDR(44), SK {KEi(1), N(ADDITIONAL_KEY_EXCHANGE)(l1)}  -->
 *	             <--  HDR(44), SK {KEr(1), N(ADDITIONAL_KEY_EXCHANGE)(l2)}
 *	HDR(44), SK {KEi(2), N(ADDITIONAL_KEY_EXCHANGE)(l2)}  -->
 *	             <--  HDR(44), SK {KEr(2)}
 *	SKEYSEED = prf(SK_d, SK(0) | Ni | Nr | SK(1) | SK(2)), KEYMAT likewise
 *
 * The initiator keeps the first answer and takes it up when all is there, the
 * responder keeps a job.
 */
#ifndef IKE_FOLLOWUP_H
#define IKE_FOLLOWUP_H

#include "ike/rules.h"

/** Jobs of one IKE SA that wait at once; one more drops the oldest. */
#define FOLLOW_MAX 4

/* --- initiator */

struct follow; /* what it keeps; in struct ike_neg */

/** follow_free() - wipe and free; NULL is fine */
void follow_free(struct follow *f);

/**
 * follow_begin() - go on after an answer to CREATE_CHILD_SA
 *
 * Return: true: the next request is out, it has the task and the offer of
 * ctx->x; false: there is nothing to go on with, see follow_missing().
 */
bool follow_begin(struct ike_ctx *ctx);

/** follow_missing() - whether a suite wants exchanges that did not take place */
bool follow_missing(const struct ike_neg *neg, const struct ike_suite *s);

/** follow_made() - whether the peer may have made an SA from what it was sent */
bool follow_made(const struct ike_neg *neg);

/** follow_secrets() - SK(1) | SK(2) …; empty without; borrowed */
struct chunk follow_secrets(const struct ike_neg *neg);

/* --- responder */

/** A job: the rest of an answer. Embedded in what it works on. */
struct follow_job {
	/*
	 * The exchanges are over: install. @more: SK(1) | SK(2) …
	 * Return: 0; an enum ike_notify_type to answer with: nothing was made.
	 */
	int (*finish)(struct ike_ctx *ctx, struct follow_job *job,
		      struct chunk more);
	void (*drop)(struct follow_job *job); /* wipe and free */
	uint32_t spi;			      /* taken for it; 0: none */
	struct spi_taken taken;		      /* follow_wait() sees to it */
};

/**
 * follow_wait() - put N(ADDITIONAL_KEY_EXCHANGE) into an answer, keep the job
 * @job: taken over in any case
 *
 * Return: 0 or an enum ike_notify_type.
 */
int follow_wait(struct ike_ctx *ctx, const struct ike_suite *s,
		struct follow_job *job);

/** follow_tick() - drop jobs that nobody went on with */
void follow_tick(struct ike *ike, struct ike_sa *sa);

/** follow_due_us() - when follow_tick() has something to do; 0: never */
missiu_usec follow_due_us(const struct ike_sa *sa);

/** follow_drop() - all jobs of an SA */
void follow_drop(struct ike_sa *sa);

#endif
