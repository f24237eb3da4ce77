/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine's state and what its parts know of each other.
 *
 * Theory of operation
 *
 * missiu_outbound() (esp_out.c) and missiu_inbound() (esp_in.c) cut the
 * caller's vector into chunks. Each packet of a chunk is parsed and looked up;
 * those of one SA are strung together, sealed or opened by one call to the
 * crypto layer and finished one by one. The order of the vector is kept. AH is
 * done at once (ah.h), around ESP when that has been sealed.
 *
 * Nothing is freed while a chunk is in work: an SA that reaches a hard limit
 * is put on the list .dying and removed by life_reap() at the end of the call.
 *
 * Changes of SPD and SAD are transactions (txn.c), also when only one SA is
 * added. Each starts a new generation, which empties the flow cache.
 */
#ifndef IPSEC_STATE_H
#define IPSEC_STATE_H

#include "ipsec/events.h"
#include "ipsec/flow.h"
#include "ipsec/frag.h"
#include "ipsec/hold.h"
#include "ipsec/icmp.h"
#include "ipsec/reasm.h"
#include "ipsec/sad.h"
#include "ipsec/spd.h"
#include "missiu/engine.h"

/** Packets that are worked on together. */
#define CHUNK_MAX 64

struct missiu {
	struct missiu_opts opts; /* zeros replaced by defaults */
	struct spd spd;
	struct sad sad;
	struct hold hold;
	struct events events;
	struct flow *flows;
	uint64_t gen; /* generation of SPD and SAD */
	uint32_t last_policy_id;
	uint16_t ip_id;		   /* of the last outer IPv4 header */
	uint32_t ip6_id;	   /* of the last packet cut */
	uint32_t mtu;		   /* of the outer interface */
	struct reasm outer;	   /* fragments of IPsec packets that arrive */
	struct reasm inner;	   /* fragments that were inside */
	struct reasm leaving;	   /* fragments that leave */
	struct frag_queue out_cut; /* waiting to be protected */
	struct frag_queue out_done, in_done; /* to be passed on as they are */
	struct icmp_limit icmp_out, icmp_in;
	uint64_t encap_gen;	  /* generation of the next one */
	bool encap;		  /* an inbound SA has UDP encapsulation */
	missiu_usec life_next_us; /* no lifetime ends before; UINT64_MAX */
	struct sa *dying;
	struct missiu_stats stats;
};

/** engine_drop() - verdict and counter of a packet that goes no further */
void engine_drop(struct missiu *m, struct missiu_pkt *p, enum missiu_drop why);

/** engine_blame() - note with a policy that @n of its packets were dropped */
void engine_blame(struct missiu *m, uint32_t policy_id, enum missiu_drop why,
		  uint64_t n);

/** engine_clear() - verdict and counter of a packet that passes unchanged */
void engine_clear(struct missiu *m, struct missiu_pkt *p, uint8_t dir);

/** engine_hit() - count a packet for the policy that decided; NULL is fine */
void engine_hit(struct policy *pol, uint8_t dir, uint32_t bytes);

/**
 * engine_sort() - move packets to pass on to the front, in their order
 *
 * Return: how many.
 */
size_t engine_sort(struct missiu_pkt *v[], size_t n);

/**
 * engine_decide() - the policy for a packet
 * @q:   what is asked
 * @tmp: storage for an answer that is not cached
 * @vague: out: the policy matches only perhaps, see spd_lookup()
 *
 * Return: a cache entry or @tmp; never NULL.
 */
struct flow *engine_decide(struct missiu *m, const struct spd_query *q,
			   struct flow *tmp, bool *vague);

/** out_sa_find() - outcome of looking for an outbound SA */
struct out_sa {
	struct sa *sa;	      /* NULL: none usable */
	struct sa *ah;	      /* of a bundle: AH around it */
	enum missiu_drop why; /* then: one fits but is used up, or NONE */
};

/**
 * out_sa_find() - newest usable SAs for a packet that a policy protects
 * @pol: a PROTECT policy that matches
 * @ip:  the packet
 * @now: time in µs
 */
struct out_sa out_sa_find(struct missiu *m, const struct policy *pol,
			  const struct ip_info *ip, missiu_usec now);

/**
 * acquire_packet() - ask for an SA and keep the packet until it comes
 *
 * Sets the packet's verdict: HELD or DROP.
 */
void acquire_packet(struct missiu *m, const struct policy *pol,
		    const struct ip_info *ip, struct missiu_pkt *p,
		    missiu_usec now);

/** acquire_init() - ask for an SA of a policy just loaded (flag INIT) */
void acquire_init(struct missiu *m, const struct policy *pol, missiu_usec now);

/** acquire_expire() - drop what has waited too long; Return: next time */
missiu_usec acquire_expire(struct missiu *m, missiu_usec now);

/** Where packets that leave come from. */
enum out_from {
	OUT_FRESH,  /* the caller */
	OUT_HELD,   /* missiu_release(): may be cut whatever they are */
	OUT_PIECES, /* fragments; .policy_id says which policy protects them */
};

/** engine_outbound() - missiu_outbound() */
size_t engine_outbound(struct missiu *m, struct missiu_pkt *v[], size_t n,
		       missiu_usec now, enum out_from from);

/**
 * engine_ip_id() - identification for one more packet
 *
 * Never 0: the kernel replaces that when it sends, in each fragment differently
 * and behind AH's back.
 */
uint32_t engine_ip_id(struct missiu *m, uint8_t family);

/**
 * cut_packet() - cut a packet that is done into fragments
 * @q:   gets all but the first
 * @mtu: for each
 *
 * Return: 0 or why not; the caller drops it.
 */
enum missiu_drop cut_packet(struct missiu *m, struct frag_queue *q,
			    struct missiu_pkt *p, uint32_t mtu);

/**
 * put_together() - take a fragment
 * @r:  the table for its kind
 * @ip: in: @p parsed; out: the whole, parsed, .rebuilt set
 * @biggest: out, may be NULL: see struct reasm_result
 *
 * Return: true when @p is whole now; else it has its verdict.
 */
bool put_together(struct missiu *m, struct reasm *r, struct missiu_pkt *p,
		  struct ip_info *ip, uint64_t ctx, missiu_usec now,
		  uint32_t *biggest);

/** life_event() - raise an event about an SA */
void life_event(struct missiu *m, const struct sa *sa,
		enum missiu_event_kind kind);

/** life_watch() - note the lifetimes of an SA just installed */
void life_watch(struct missiu *m, const struct sa *sa);

/** silence_check() - look at one whose silence.check_us has come */
void silence_check(struct missiu *m, struct sa *sa, missiu_usec now);

/** life_over() - has a hard limit been reached? */
bool life_over(const struct sa *sa, missiu_usec now);

/** life_used() - count one good packet; raises SOFT, notes a HARD limit */
void life_used(struct missiu *m, struct sa *sa, uint32_t bytes,
	       missiu_usec now);

/** life_kill() - have an SA removed by life_reap() with event HARD */
void life_kill(struct missiu *m, struct sa *sa);

/**
 * life_expire() - remove the SAs whose time is over, tell of those that it is
 * nearly over for; costs nothing before the first is due
 */
void life_expire(struct missiu *m, missiu_usec now);

/** life_reap() - remove the SAs on the list .dying */
void life_reap(struct missiu *m);

/** batch_add() - append item @i to the SA's list; @next: its link */
void batch_add(struct sa **list, struct sa *sa, uint16_t i, uint16_t *next);

#endif
