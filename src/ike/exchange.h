/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests and answers of an IKE SA: message IDs, window 1, retransmission,
 * cached answers, and the queue of tasks (RFC 7296 2.1 to 2.3).
 */
#ifndef IKE_EXCHANGE_H
#define IKE_EXCHANGE_H

#include "ike/sa.h"

/** Retransmissions of an established SA before the peer is taken for dead. */
#define XCHG_TRIES	  5
#define XCHG_TRIES_SEARCH 8 /* while MOBIKE tries other addresses */
#define XCHG_TRIES_PATH	  3 /* after these it begins to */

/** A message being written. */
struct ike_packet {
	struct ike_build b;
	uint8_t buf[IKE_MSG_MAX];
};

/* --- tasks */

/** task_new() - NULL: no memory */
struct ike_task *task_new(enum task_kind kind);

/** task_free() - NULL is fine */
void task_free(struct ike_task *t);

/** task_push() - to the end of the queue; frees it and returns false if full */
bool task_push(struct ike_sa *sa, struct ike_task *t);

/** task_pop() - take one out of the queue */
struct ike_task *task_pop(struct ike_sa *sa, struct ike_task *t);

/** tasks_hand_over() - children that somebody waits for: @next asks for them */
void tasks_hand_over(struct ike_sa *sa, struct ike_sa *next);

/** task_fail() - it will not be done: tell the data path; frees @t */
void task_fail(struct ike *ike, struct ike_sa *sa, struct ike_task *t);

/**
 * task_retry() - the peer is busy: queue again for a little later
 *
 * Return: false when it was tried too often; @t is still the caller's then.
 */
bool task_retry(struct ike *ike, struct ike_sa *sa, struct ike_task *t);

/* --- requests */

/** neg_free() - wipe and free; NULL is fine */
void neg_free(struct ike_neg *neg);

/** neg_put_ke() - the KE payload of an offer that has one */
void neg_put_ke(struct ike_build *b, const struct ike_neg *neg);

/**
 * neg_lost() - both rekeyed at once: whether ours is the one to be deleted
 * @nr: the peer's nonce in the answer to our request
 *
 * What was made with the lowest of all four nonces goes, deleted by who asked
 * for it (2.8.1, 2.8.2).
 */
bool neg_lost(const struct ike_neg *neg, struct chunk nr);

/** xchg_fini() - forget an outstanding request, its task included */
void xchg_fini(struct ike_xchg *x);

/** request_begin() - header and an open SK payload of our next request */
void request_begin(struct ike_sa *sa, uint8_t exchange, struct ike_packet *p);

/**
 * request_send() - seal, send and keep for retransmission
 * @task, @neg: taken over in any case; may be NULL
 *
 * Return: 0; negative: did not fit or crypto failed, @task was failed.
 */
int request_send(struct ike *ike, struct ike_sa *sa, struct ike_packet *p,
		 struct ike_task *task, struct ike_neg *neg);

/** request_send_clear() - IKE_SA_INIT: @raw is ready; keeps the old count */
int request_send_clear(struct ike *ike, struct ike_sa *sa, struct chunk raw);

/** request_tick() - retransmit or give up */
void request_tick(struct ike *ike, struct ike_sa *sa);

/** exchange_run() - start the next task if nothing is outstanding */
void exchange_run(struct ike *ike, struct ike_sa *sa);

/* --- answers */

/** reply_begin() - header and an open SK payload of the answer to @hdr */
void reply_begin(struct ike_sa *sa, const struct ike_hdr *hdr,
		 struct ike_packet *p);

/** reply_send() - seal, send to where the request came from, and cache */
int reply_send(struct ike *ike, struct ike_sa *sa, struct ike_packet *p,
	       const struct ike_end *local, const struct ike_end *remote);

/* --- starts of tasks: take @t over; return with a request sent, or not */
typedef void task_start(struct ike *ike, struct ike_sa *sa, struct ike_task *t);
task_start start_child;	       /* also TASK_REKEY_CHILD; child_create.c */
task_start start_rekey_ike;    /* sa_rekey.c */
task_start start_delete_child; /* inform.c */
task_start start_delete_ike, start_liveness;
task_start start_mobike;   /* mobike.c */
task_start start_redirect; /* redirect.c */

#endif
