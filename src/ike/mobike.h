/* SPDX-License-Identifier: Apache-2.0 */
/*
 * MOBIKE (RFC 4555): IKE SAs and their tunnels stay while addresses change.
 *
 * Theory of operation. Who began the first IKE SA of a series decides which pair
 * of addresses is used; it "leads", the other follows its UPDATE_SA_ADDRESSES.
 * When the pair in use cannot be right any more (our address is gone, the peer
 * does not answer, the peer speaks from elsewhere) we search: the outstanding
 * request, or an empty one, goes over all pairs until it is answered over one
 * (mobike_path.c). The leader then takes that pair, moves its tunnels and tells
 * the peer (mobike.c). A follower that has moved announces its addresses, which
 * lets the leader search. After each update the follower asks over the new pair
 * with COOKIE2, so that nobody can have packets sent to others.
 *
 * Policies keep the addresses that they were written with: sa->home_local and
 * home_remote. SAs of transport mode cannot move: they are deleted.
 */
#ifndef IKE_MOBIKE_H
#define IKE_MOBIKE_H

#include "ike/rules.h"
#include "ike/sa.h"

#define MOBIKE_ADDRS_MAX   8
#define MOBIKE_PAIRS_MAX   16
#define MOBIKE_REFUSED_MAX 4
#define MOBIKE_COOKIE_LEN  16

/** What a TASK_MOBIKE is to do. */
enum mobike_want {
	MOBIKE_UPDATE = 1, /* UPDATE_SA_ADDRESSES */
	MOBIKE_ADDRS = 2,  /* our additional addresses */
	MOBIKE_CHECK = 4,  /* COOKIE2: is the peer where it says? */
};

struct ike_pair {
	struct ike_end local, remote;
};

struct mobike {
	bool leads;	    /* we began the first IKE SA of the series */
	bool searching;	    /* requests go over all pairs */
	uint8_t want, sent; /* masks of enum mobike_want */
	struct missiu_addr peer[MOBIKE_ADDRS_MAX]; /* its additional ones */
	size_t n_peer;
	struct ike_pair refused[MOBIKE_REFUSED_MAX]; /* by the peer */
	size_t n_refused;
	uint8_t cookie[MOBIKE_COOKIE_LEN];
	struct missiu_addr checked; /* the peer was there, last */
};

/* --- negotiation */

/** mobike_wanted() - whether we may speak it with the SA's peer */
bool mobike_wanted(const struct ike *ike, const struct ike_sa *sa);

/**
 * mobike_nat_forbidden() - the request says NO_NATS_ALLOWED, and came from or to
 * somewhere else than it says (3.9, 4.2.6)
 *
 * Peers without NAT traversal say so in the first IKE_AUTH request and wherever
 * they tell of addresses. We have NAT traversal, so we never do.
 */
bool mobike_nat_forbidden(const struct ike_ctx *ctx);

/** mobike_put_supported() - in IKE_AUTH: MOBIKE_SUPPORTED and our addresses */
void mobike_put_supported(const struct ike *ike, const struct ike_sa *sa,
			  struct ike_build *b);

/** mobike_agreed() - the peer's IKE_AUTH message, after it was authenticated */
void mobike_agreed(const struct ike *ike, struct ike_sa *sa,
		   const struct ike_msg *m);

/** mobike_take_over() - @sa replaces @old */
void mobike_take_over(struct ike_sa *old, struct ike_sa *sa);

/** mobike_free() - NULL is fine */
void mobike_free(struct ike_sa *sa);

/* --- exchanges */

/** mobike_ask() - queue what is wanted before all other tasks */
void mobike_ask(struct ike *ike, struct ike_sa *sa, uint8_t want);

/**
 * mobike_request() - the peer's INFORMATIONAL request; the answer goes to ctx->b
 *
 * Return: 0, or the notify that refuses it.
 */
int mobike_request(struct ike_ctx *ctx);

/** mobike_set_path() - the IKE SA goes over this pair from now on */
void mobike_set_path(struct ike *ike, struct ike_sa *sa,
		     const struct ike_end *local, const struct ike_end *remote);

/** mobike_move_children() - to the IKE SA's ends; transport mode: delete */
void mobike_move_children(struct ike *ike, struct ike_sa *sa);

/* --- paths */

/** mobike_locals_changed() - ike->local is another list than before */
void mobike_locals_changed(struct ike *ike, struct ike_sa *sa);

/**
 * mobike_search() - the pair in use may not be right: try all
 *
 * What is outstanding is sent again at once.
 */
void mobike_search(struct ike *ike, struct ike_sa *sa);

/**
 * mobike_send() - send a request over all pairs while searching
 *
 * Return: false when there is nothing to search: send it as ever.
 */
bool mobike_send(struct ike *ike, const struct ike_sa *sa, struct chunk msg);

/** mobike_stuck() - searching, and there is no pair to try */
bool mobike_stuck(const struct ike *ike, const struct ike_sa *sa);

/** mobike_silent() - nobody answers: search, if there is another pair */
void mobike_silent(struct ike *ike, struct ike_sa *sa);

/**
 * mobike_followed() - an authenticated message came: what about its ends?
 *
 * An answer to a search says which pair works. An update is handled as such.
 * Return: false when its ends mean nothing to MOBIKE.
 */
bool mobike_followed(const struct ike_ctx *ctx);

/**
 * mobike_pairs() - pairs that may work, the likeliest first
 *
 * Return: how many, at most MOBIKE_PAIRS_MAX.
 */
size_t mobike_pairs(const struct ike *ike, const struct ike_sa *sa,
		    struct ike_pair out[static MOBIKE_PAIRS_MAX]);

#endif
