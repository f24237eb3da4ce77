/* SPDX-License-Identifier: Apache-2.0 */
/*
 * IKE peers of one process in virtual time, joined by a link that delays,
 * loses, doubles and reorders, with a NAT before each node if wanted.
 *
 *      node 0                                            node 1
 *   ┌───────────┐   ┌─────┐   ┌──────────┐   ┌─────┐   ┌───────────┐
 *   │ struct ike ├──┤ NAT ├───┤   link   ├───┤ NAT ├──┤ struct ike │
 *   └───────────┘   └─────┘   └──────────┘   └─────┘   └───────────┘
 *   10.0.0.1        192.0.2.1                 192.0.2.2      10.0.0.2
 *
 * Without a NAT a node's address is its public one. Nothing sleeps, nothing
 * is random that the seed does not say (except Diffie-Hellman values).
 */
#ifndef TESTS_SIM_H
#define TESTS_SIM_H

#include "ike/core.h"

#define SIM_NODES    3
#define SIM_SA_MAX   640
#define SIM_LOG_MAX  512
#define SIM_ACQ_MAX  256
#define SIM_PKT_MAX  8192
#define SIM_NEWS_MAX 64
#define SIM_ASK_MAX  8
#define SIM_MS	     ((missiu_usec)1000)
#define SIM_S	     ((missiu_usec)1000000)

struct sim_sa {
	struct missiu_sa sa;
	missiu_usec added_us;
};

/* A question to a responder: nothing happens unless a test answers it. */
struct sim_ask {
	uint32_t id;
	char url[256];
};

struct sim_node {
	struct ike *ike;
	struct ike_conf conf;
	struct ike_psk psk[4];
	struct missiu_addr addr; /* as the node knows itself */
	struct missiu_addr pub;	 /* as others see it */
	uint16_t nat_offset;	 /* added to ports outside; NAT only */
	bool nat;
	/* By sim_addrs(): its addresses in place of addr and pub; no NAT. */
	struct missiu_addr have[4];
	size_t n_have;
	bool moves;
	uint64_t rng;
	int64_t unix_s; /* what its calendar says */
	struct missiu_policy pol[16];
	size_t n_pol;
	struct sim_sa sa[SIM_SA_MAX]; /* installed now */
	size_t n_sa, n_added, n_deleted, n_updated;
	char log[SIM_LOG_MAX][1024]; /* warnings and info lines */
	int level[SIM_LOG_MAX];
	size_t n_log, n_warn, n_info;
	struct ike_news news[SIM_NEWS_MAX]; /* the last ones, a ring */
	size_t n_news;
	struct ike_net net; /* as it was told last */
	size_t n_net;
	uint32_t failed[SIM_ACQ_MAX]; /* ACQUIRE_FAILED */
	size_t n_failed;
	size_t n_keepalive;
	struct sim_ask ask[SIM_ASK_MAX]; /* a ring */
	size_t n_ask;
	struct ike_end proven; /* the last of these */
	uint32_t last_acquire;
	/* What the data path does with an SA; NULL: only remembers it. */
	void (*on_sa)(struct sim_node *n, const struct ike_action *a);
	void *on_sa_ctx;
};

struct sim_pkt {
	missiu_usec at; /* when it arrives */
	missiu_usec sent;
	int from;		 /* node */
	struct ike_end src, dst; /* on the link */
	size_t len;
	bool delivered;
	uint8_t *b;
};

struct sim {
	struct sim_node node[SIM_NODES];
	size_t n_node;
	missiu_usec now, delay;
	struct sim_pkt pkt[SIM_PKT_MAX]; /* all that were ever sent */
	size_t n_pkt;
	/* By number of the packet, counted from 0 over both directions: */
	uint64_t lose, twice, late; /* late: a second's extra delay */
	bool cut;		    /* nothing passes */
	/* Whether a datagram passes; NULL: all do. */
	bool (*passes)(const struct sim *s, const struct sim_pkt *p);
};

/** sim_new() - @n nodes with default configurations and one key; not started */
struct sim *sim_new(size_t n);

/** sim_start() - make the cores from the nodes' conf, psk and pol */
void sim_start(struct sim *s);

/** sim_free() */
void sim_free(struct sim *s);

/** sim_addr() - numeric address */
struct missiu_addr sim_addr(const char *text);

/** sim_policy() - append a transport ESP policy for all traffic to @peer */
struct missiu_policy *sim_policy(struct sim *s, int node, int peer);

/** sim_tunnel() - append a tunnel policy between two prefixes */
struct missiu_policy *sim_tunnel(struct sim *s, int node, int peer,
				 const char *local, const char *remote,
				 unsigned plen);

/** sim_addrs() - a node has these addresses from now on, ended by NULL */
void sim_addrs(struct sim *s, int node, ...);

/** sim_reload() - hand the policies to the core again */
void sim_reload(struct sim *s, int node);

/**
 * sim_peers() - load a text of peers, as from the file t.conf
 *
 * Return: as ike_peers(); the text must parse.
 */
int sim_peers(struct sim *s, int node, const char *text, bool keep,
	      struct ike_peer_err *err);

/** sim_acquire() - a packet waits; Return: its acquire id */
uint32_t sim_acquire(struct sim *s, int node, const struct missiu_policy *pol,
		     const char *src, const char *dst);

/** sim_event() - SOFT, HARD, ... for an installed SA */
void sim_event(struct sim *s, int node, enum missiu_event_kind kind,
	       const struct missiu_sa *sa);

/** sim_wake() - a test changed times of IKE SAs behind the core's back */
void sim_wake(struct sim *s, int node);

/** sim_run() - let time pass */
void sim_run(struct sim *s, missiu_usec duration);

/** sim_step() - until the next packet or timer; false: beyond @until */
bool sim_step(struct sim *s, missiu_usec until);

/** sim_inject() - bytes arrive at a node now, from an outside end */
void sim_inject(struct sim *s, int node, const struct ike_end *src,
		uint16_t dst_port, const uint8_t *b, size_t len);

/** sim_inject_at() - the same to any of its addresses */
void sim_inject_at(struct sim *s, int node, const struct ike_end *src,
		   const struct ike_end *dst, const uint8_t *b, size_t len);

/** sim_drain() - perform a node's actions */
void sim_drain(struct sim *s, int node);

/** sim_established() - number of a node's IKE SAs in that state */
size_t sim_established(const struct sim *s, int node);

/** sim_n_ike() - number of a node's IKE SAs in any state */
size_t sim_n_ike(const struct sim *s, int node);

/** sim_children() - SA pairs of a node; asserts that all SAs are in pairs */
size_t sim_children(const struct sim *s, int node);

/** sim_agree() - every SA of one node has its equal with the same keys at the
 * other; asserts */
void sim_agree(const struct sim *s, int a, int b);

/** sim_find_sa() - the newest installed one of a direction; NULL: none */
const struct missiu_sa *sim_find_sa(const struct sim *s, int node, uint8_t dir);

/** sim_log_has() - whether a line of a node has this text in it */
bool sim_log_has(const struct sim *s, int node, const char *text);

/** sim_dump() - logs of all nodes to stderr, to see why a test failed */
void sim_dump(const struct sim *s);

#endif
