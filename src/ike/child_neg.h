/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Negotiation of a child SA, the same in IKE_AUTH and in CREATE_CHILD_SA:
 * offer and check as initiator, choose and answer as responder.
 */
#ifndef IKE_CHILD_NEG_H
#define IKE_CHILD_NEG_H

#include "ike/child.h"
#include "ike/rules.h"

/** policy_by_id() - NULL: none, or no longer */
const struct missiu_policy *policy_by_id(const struct ike *ike, uint32_t id);

/**
 * child_check_policy() - whether IKE can negotiate this policy at all
 * @diag: out: why not (bundles; algorithms without a number)
 */
int child_check_policy(const struct missiu_policy *pol,
		       struct missiu_diag *diag);

/** What an offer is for. */
struct child_want {
	const struct ike_task *task;   /* CHILD or REKEY_CHILD */
	const struct ike_child *rekey; /* NULL: a new one */
	const struct ike_child *like;  /* with its selectors; NULL: policy's */
	bool first;		       /* in IKE_AUTH: no nonce, no KE */
	uint16_t group; /* that the peer asked for; 0: as configured */
};

/**
 * child_offer() - make an offer
 * @diag: out: why not
 *
 * Return: NULL on failure; the caller frees it by neg_free().
 */
struct ike_neg *child_offer(struct ike *ike, struct ike_sa *sa,
			    const struct child_want *want,
			    struct missiu_diag *diag);

/** child_put_offer() - its payloads: SA [Ni] [KEi] TSi TSr, with notifies */
void child_put_offer(struct ike_build *b, const struct ike_neg *neg,
		     bool first);

/**
 * child_finish() - check the answer to an offer and install
 * @neg: the offer
 * @rekey: the child that it replaces; NULL: none
 * @ctx: the answer
 * @first: as in struct child_want
 * @diag: out: what was wrong with it
 *
 * Return: 0; negative: nothing installed; the peer may have: it is to be told
 * by child_cancel().
 */
int child_finish(struct ike_ctx *ctx, struct ike_neg *neg,
		 const struct ike_child *rekey, bool first,
		 struct missiu_diag *diag);

/** child_cancel() - DELETE the SA that the peer made for our offer */
void child_cancel(struct ike_sa *sa, const struct ike_neg *neg);

/**
 * child_answer() - choose, install and write SA [Nr] [KEr] TSi TSr
 * @old: the child to be replaced; NULL: a new one
 * @first: in IKE_AUTH
 *
 * With additional key exchanges it is installed after these. Logs a failure with
 * both sides' values. Return: 0; an enum ike_notify_type: nothing was made.
 */
int child_answer(struct ike_ctx *ctx, struct ike_child *old, bool first);

/** child_replaced() - the peer's child is up; ctx->low holds its lowest nonce */
void child_replaced(struct ike_ctx *ctx, struct ike_child *old);

/** child_check_nat() - AH covers the addresses that a NAT changes (RFC 3948 1) */
int child_check_nat(const struct ike_sa *sa, const struct missiu_policy *pol,
		    struct missiu_diag *diag);

/** child_peer_spi() - the SPI that a suite came with; MISSIU_EPROTO: none */
int child_peer_spi(const struct ike_suite *s, uint32_t *spi);

/** child_rekey_soon() - wish to replace it; Return: whether that is new */
bool child_rekey_soon(struct ike_sa *sa, struct ike_child *c);

/**
 * child_retry_pair() - SINGLE_PAIR_REQUIRED: once more with the packet's own
 * selectors alone (RFC 7296 2.9)
 * @t: the task that was refused; queued again on success
 */
bool child_retry_pair(struct ike_sa *sa, struct ike_task *t,
		      const struct ike_notify *err);

/** child_refused() - tell why the peer did not take our offer; @err: or NULL */
void child_refused(struct ike *ike, const struct ike_sa *sa,
		   const struct ike_neg *neg, const struct ike_notify *err);

/** child_fail() - tell that a child's negotiation failed; @initiator: ours */
void child_fail(struct ike *ike, const struct ike_sa *sa, bool initiator,
		const char *status, const struct ike_why *why);

/** child_log_failed() - the same with a reason in one piece */
__attribute__((format(printf, 5, 6))) void
child_log_failed(struct ike *ike, const struct ike_sa *sa, char role,
		 const char *status, const char *fmt, ...);

#endif
