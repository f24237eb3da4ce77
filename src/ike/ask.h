/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Asking OCSP responders about peers' certificates (RFC 6960).
 *
 * A responder is asked only after the peer has proven that it has the key of a
 * certificate whose chain leads to one of our CAs: strangers cause no traffic.
 * URLs are those of the configuration, and those in certificates of the
 * verified chain where the configuration says "certificate".
 *
 *   IKE_AUTH ──► proven, but nothing tells about revocation
 *                  │ action IKE_ASK ─────────────► whoever fetches
 *                  │ the message is parked           │
 *   goes on  ◄─────┴── ike_ask_data(), ike_ask_failed(), or ASK_WAIT_US
 *
 * Answers are kept until they run out, an hour at most, and failures for half a
 * minute. A kept answer that has not run out yet does when no newer one comes.
 */
#ifndef IKE_ASK_H
#define IKE_ASK_H

#include "crypto/trust.h"
#include "ike/core.h"

/* Bounds: questions without an answer yet, and all that are remembered. */
#define ASK_OPEN_MAX 64
#define ASK_MAX	     1024

/** How long an exchange waits for answers, all together. */
#define ASK_WAIT_US 8000000u

#define ASK_KEEP_S  3600 /* an answer; then it is asked for anew */
#define ASK_RETRY_S 30	 /* after a failure */
#define ASK_LOST_S  600	 /* without any word from who carries it */

struct ike_sa;
struct ask;

/** What was asked; in struct ike. Starts as { 0 }. */
struct asks {
	struct ask *first; /* the newest */
	size_t n, n_open;
	uint32_t last_id;
};

/** asks_fini() - forget all */
void asks_fini(struct asks *a);

/**
 * ask_lacks() - find out about the certificates that trust_check() left open
 * @sa:   whose peer has proven that it has the key
 * @l:    not empty
 * @diag: out: why the peer is refused
 *
 * Return: 0: go on; MISSIU_EAUTH: revoked, or nobody says anything and the policy
 * is strict; MISSIU_EBUSY: sa->ask says what is being asked, call again later.
 */
int ask_lacks(struct ike *ike, struct ike_sa *sa, const struct trust_lacks *l,
	      struct missiu_diag *diag);

/**
 * ike_ask_data() - what a responder said
 * @id:  of the action IKE_ASK
 * @data, @len: any bytes at all
 * @fetched_s: Unix time at which it did; may be long ago
 * @diag: out: why it was not taken
 *
 * SAs that wait for it go on. Return: 0; as ocsp_check(); MISSIU_EREPLAY (older
 * than the one we have); MISSIU_ETIME (to be asked anew); MISSIU_ENOENT (no such
 * question). But for the last the question stays open: fetch it, or call
 * ike_ask_failed().
 */
int ike_ask_data(struct ike *ike, uint32_t id, const void *data, size_t len,
		 int64_t fetched_s, struct missiu_diag *diag, missiu_usec now);

/** ike_ask_failed() - nothing is to be had; @why: any text */
void ike_ask_failed(struct ike *ike, uint32_t id, const char *why,
		    missiu_usec now);

#endif
