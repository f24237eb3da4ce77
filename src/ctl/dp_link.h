/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the two remote implementations of struct dp_ops share: requests that
 * wait to be sent or answered, the replica of the SPD, and the order of events.
 *
 * The data path only says that its SPD has changed; the link then asks for all
 * of it. Events that arrive meanwhile may speak of policies that the key daemon
 * does not know yet, so they are held until it does. A change that is told while
 * a dump is under way needs no other one: the data path answers in order and
 * dumps at one go, so that dump was made after the change.
 */
#ifndef CTL_DP_LINK_H
#define CTL_DP_LINK_H

#include "ctl/dp.h"

/* A request; its bytes may be keys: wiped once sent. */
struct dp_pend {
	struct dp_pend *next;
	uint64_t number; /* counts up, to be a mark */
	uint32_t type;	 /* enum ctl_request or enum pfkey_type */
	uint32_t seq;
	uint64_t owner;
	uint32_t spi;
	bool sent, answered; /* answered: a reply is expected */
	size_t len;
	uint8_t bytes[];
};

struct dp_link {
	struct dp dp; /* first: a struct dp points here */
	int fd;
	uint32_t pid, seq; /* PF_KEY: names of our requests */
	int dead;	   /* why the link is lost, or 0 */
	/* Sends one; Return: 0, MISSIU_EAGAIN, another error. */
	int (*xmit)(struct dp_link *l, const struct dp_pend *p);
	/* Asks for the SPD; Return: as dp_link_queue(). */
	int (*ask_spd)(struct dp_link *l);
	struct dp_pend *first, *last, *unsent;
	uint64_t last_number;
	size_t n_pend;		   /* all of them */
	size_t n_flying;	   /* sent, not yet answered */
	struct missiu_policy *spd; /* being received */
	size_t n_spd, spd_cap;
	bool dumping; /* asked for the SPD, not all of it is here */
	struct missiu_event *held;
	size_t n_held, held_cap;
};

/** dp_link() - the link behind a struct dp */
static inline struct dp_link *dp_link(struct dp *dp)
{
	return (struct dp_link *)dp;
}

/**
 * dp_link_new() - connect to a socket of missiu
 * @prefix: CTL_FIFO_PREFIX or CTL_PFKEY_PREFIX
 *
 * Return: 0 or ctl_dial()'s errors, MISSIU_ENOMEM.
 */
int dp_link_new(const char *prefix, const char *iface,
		const struct dp_handlers *on, struct dp_link **out,
		struct missiu_diag *diag);

/** dp_link_free() - close, wipe, free */
void dp_link_free(struct dp *dp);

/** dp_link_fd() - struct dp_ops.fd */
int dp_link_fd(const struct dp *dp);

/** dp_link_mark(), dp_link_reached() - struct dp_ops.mark, .reached */
uint64_t dp_link_mark(const struct dp *dp);
bool dp_link_reached(const struct dp *dp, uint64_t mark);

/** dp_link_stale() - struct dp_ops.stale */
bool dp_link_stale(const struct dp *dp);

/**
 * dp_link_queue() - send a request, now or when the socket takes it
 * @p: type, seq, owner, spi and answered are taken
 *
 * Return: 0; MISSIU_ECONN, MISSIU_ENOMEM, MISSIU_EFULL.
 */
int dp_link_queue(struct dp_link *l, const struct dp_pend *p,
		  const uint8_t *bytes, size_t len);

/**
 * dp_link_flush() - send what waits, as far as the socket takes it
 *
 * Few are in flight at once: the answers must fit into our socket even when
 * we are not reading, since a daemon gives up clients that do not read.
 */
void dp_link_flush(struct dp_link *l);

/** dp_link_drop() - forget a request */
void dp_link_drop(struct dp_link *l, struct dp_pend *p);

/** dp_link_refused() - forget a request that was refused, and say so */
void dp_link_refused(struct dp_link *l, struct dp_pend *p, int err,
		     const char *text);

/** dp_link_event() - an event arrived: deliver, hold, or read the SPD again */
void dp_link_event(struct dp_link *l, const struct missiu_event *ev);

/** dp_link_refresh() - read the SPD, unless a dump is under way */
void dp_link_refresh(struct dp_link *l);

/** dp_link_policy() - one policy of a dump */
void dp_link_policy(struct dp_link *l, const struct missiu_policy *p);

/** dp_link_dumped() - the dump is complete */
void dp_link_dumped(struct dp_link *l);

/** dp_link_finish() - last act of process(): flush, or report the loss. The
 * link may be freed by then: do not touch it afterwards. */
void dp_link_finish(struct dp_link *l);

#endif
