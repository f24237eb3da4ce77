/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one interface through which a key daemon reaches the data path. Three
 * implementations: PF_KEY messages over a socket (dp_pfkey.c, the default),
 * numbered requests with a memfd (dp_ioctl.c), plain calls into an engine of
 * the same process (dp_direct.c: embedders and tests).
 */
#ifndef CTL_DP_H
#define CTL_DP_H

#include "ctl/net.h"
#include "missiu/engine.h"

/* What the data path tells the key daemon; called from dp_process() only. */
struct dp_handlers {
	/* The whole SPD, in match order; after connecting and on each change. */
	void (*policies)(void *ctx, const struct missiu_policy *v, size_t n);
	/* ACQUIRE, SOFT, HARD, IDLE, SILENT, HEARD, SA_DELETED, NAT_CHANGE; borrowed for the
	 * call. */
	void (*event)(void *ctx, const struct missiu_event *ev);
	/* A request was refused by the data path; owner is 0 when it was a
	   deletion, owner and spi are when it was about no SA. */
	void (*refused)(void *ctx, uint64_t owner, uint32_t spi, int err,
			const char *text);
	/* The data path is gone; the caller frees (here, if it likes) and
	   reopens. */
	void (*lost)(void *ctx, int err);
	void *ctx;
};

struct dp;

struct dp_ops {
	const char *name; /* "pf_key", "ioctl", "direct" */
	/*
	 * All return 0 or a negative error of the way itself (MISSIU_ECONN,
	 * MISSIU_ENOMEM, MISSIU_EFULL: too many unanswered). What the data path
	 * refuses comes by refused() from a later process(), in all three
	 * implementations; deleting an SA that is gone already is no refusal.
	 */
	int (*sa_add)(struct dp *dp, const struct missiu_sa *sa);
	int (*sa_update)(struct dp *dp, const struct missiu_sa *sa,
			 const struct missiu_addr *old_dst);
	int (*sa_del)(struct dp *dp, uint8_t proto, uint32_t spi,
		      const struct missiu_addr *dst);
	int (*acquire_failed)(struct dp *dp, uint32_t acquire_id);
	/* What a peer assigned, in place of what it had before. */
	int (*net_set)(struct dp *dp, const struct ctl_net *net);
	int (*fd)(const struct dp *dp); /* to wait for readability; -1: none */
	void (*process)(struct dp *dp); /* read what is there, call handlers */
	/* A mark stands for all requests made so far; reached: each of them has
	 * been answered, so that packets meet what was asked for. */
	uint64_t (*mark)(const struct dp *dp);
	bool (*reached)(const struct dp *dp, uint64_t mark);
	/* The SPD has changed and policies() has not told how yet: what peers
	 * ask now had better wait for it. */
	bool (*stale)(const struct dp *dp);
	void (*free)(struct dp *dp);
};

struct dp {
	const struct dp_ops *ops;
	struct dp_handlers on;
};

/**
 * dp_pfkey_open() - connect by PF_KEY (RFC 2367 with X_SPD extensions)
 * @iface: interface of the missiu instance; NULL: the only one running
 * @on:    handlers; copied
 * @out:   out
 * @diag:  out, may be NULL
 *
 * Registers for ACQUIRE and EXPIRE and asks for the SPD.
 * Return: 0; MISSIU_ECONN (none or several instances, see @diag), MISSIU_EPERM.
 */
int dp_pfkey_open(const char *iface, const struct dp_handlers *on,
		  struct dp **out, struct missiu_diag *diag);

/** dp_ioctl_open() - the same over the numbered requests */
int dp_ioctl_open(const char *iface, const struct dp_handlers *on,
		  struct dp **out, struct missiu_diag *diag);

/**
 * dp_direct_new() - plain calls into an engine
 * @m:   the engine; borrowed, must outlive the result
 * @now: the caller's clock, read when an SA is added
 * @on:  handlers; copied; ops->process() fetches the engine's events
 *
 * Return: NULL without memory.
 */
struct dp *dp_direct_new(struct missiu *m, const missiu_usec *now,
			 const struct dp_handlers *on);

#endif
