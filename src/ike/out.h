/* SPDX-License-Identifier: Apache-2.0 */
/* The queue of actions that the core's caller fetches and performs. */
#ifndef IKE_OUT_H
#define IKE_OUT_H

#include "crypto/ikecrypt.h"
#include "ike/core.h"

struct out_node;

/** Lines that peers can cause: at most this many at once, then one a while. */
#define OUT_LOG_BURST	  20
#define OUT_LOG_REFILL_US 2000000u

struct out_queue {
	struct out_node *first, **last;
	struct out_node *given; /* fetched last; owns what the caller sees */
	struct ike_counters *n; /* tx is counted here */
	const missiu_usec *now;
	bool (*log_wanted)(int level); /* as in struct ike_conf */
	unsigned log_tokens;
	uint64_t log_swallowed;
	missiu_usec log_refill_us;
};

/** out_init() - @n, @now: borrowed, must outlive the queue */
void out_init(struct out_queue *q, struct ike_counters *n,
	      const missiu_usec *now);

/** out_fini() - drop and wipe what was not fetched */
void out_fini(struct out_queue *q);

/** out_next() - fetch the oldest, as ike_action_next() */
bool out_next(struct out_queue *q, struct ike_action *out);

/* Without memory an action is lost, as a datagram may be. */

/** out_send() - a datagram; copied */
void out_send(struct out_queue *q, const struct ike_end *local,
	      const struct ike_end *remote, struct chunk msg);

/** out_keepalive() - NAT keep-alive (RFC 3948 2.3) */
void out_keepalive(struct out_queue *q, const struct ike_end *local,
		   const struct ike_end *remote);

/**
 * out_sa() - SA_ADD or SA_UPDATE
 * @old_dst: SA_UPDATE only, else NULL
 */
void out_sa(struct out_queue *q, enum ike_action_kind kind,
	    const struct missiu_sa *sa, const struct missiu_addr *old_dst);

/** out_sa_del() - SA_DEL; @linger_us: packets for it may come so much longer */
void out_sa_del(struct out_queue *q, const struct missiu_sa *sa,
		missiu_usec linger_us);

/** out_acquire_failed() - the data path need not wait any longer */
void out_acquire_failed(struct out_queue *q, uint32_t acquire_id);

/** out_wants() - whether a line of this level would be read by anyone */
static inline bool out_wants(const struct out_queue *q, int level)
{
	return !q->log_wanted || q->log_wanted(level);
}

/** out_log() - one line; @level: enum log_level; arguments of a line that
 * nobody wants are not evaluated */
#define out_log(q, level, ...)                                                 \
	do {                                                                   \
		if (out_wants(q, level))                                       \
			out_log_line(q, level, __VA_ARGS__);                   \
	} while (0)

/** out_log_line() - the same without asking */
__attribute__((format(printf, 3, 4))) void
out_log_line(struct out_queue *q, int level, const char *fmt, ...);

/**
 * out_log_peer() - the same for what an unauthenticated peer can cause at will
 *
 * Limited by a token bucket; the next line that passes is preceded by one that
 * says how many were swallowed. Return: false when this one was.
 */
__attribute__((format(printf, 3, 4))) bool
out_log_peer(struct out_queue *q, int level, const char *fmt, ...);

/** out_tcp_proven() - an authenticated message came by these ends */
void out_tcp_proven(struct out_queue *q, const struct ike_end *local,
		    const struct ike_end *remote);

/** out_keys() - a line of keys; copied, wiped when fetched */
void out_keys(struct out_queue *q, const char *line);

/** out_net() - what a peer assigned; copied */
void out_net(struct out_queue *q, const struct ike_net *net);

/** out_ask() - a question to a responder; copied */
void out_ask(struct out_queue *q, uint32_t id, const char *url,
	     struct chunk req);

/** out_tell() - an event; copied */
void out_tell(struct out_queue *q, const struct ike_news *news);

#endif
