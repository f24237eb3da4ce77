/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine: SPD, SAD, ESP. Pure: no sockets, files, clocks, threads or
 * mutable globals. Time is a parameter, randomness an option, events are
 * fetched by the caller. One engine belongs to one thread at a time.
 */
#ifndef MISSIU_ENGINE_H
#define MISSIU_ENGINE_H

#include "missiu/drop.h"
#include "missiu/err.h"
#include "missiu/types.h"

struct missiu; /* the engine, opaque */

/** Options of an engine; all zero is a good start. */
struct missiu_opts {
	/**
	 * Fills @len bytes of @buf with unpredictable bytes; returns 0 or a
	 * negative error. NULL: the crypto library's generator.
	 */
	int (*random)(void *ctx, uint8_t *buf, size_t len);
	void *random_ctx;
	enum missiu_action unmatched; /**< packets no policy names: 0 or BYPASS
					(as documented), DISCARD */
	uint32_t hold_max_pkts;	      /**< packets waiting for SAs; 0: 256 */
	uint32_t hold_max_bytes;      /**< bytes of them; 0: 1 MiB */
	uint32_t acquire_timeout_s;   /**< how long they wait; 0: 30 */
	bool no_mss_clamp; /**< leave the TCP maximum segment size alone */
};

/** What became of a packet. */
enum missiu_verdict {
	MISSIU_V_CLEAR = 1, /**< no protection called for: pass on unchanged */
	MISSIU_V_DONE = 2,  /**< outbound: protected; inbound: decapsulated */
	MISSIU_V_HELD = 3,  /**< copied: waits for an SA, see missiu_release(),
			       or for the other fragments of its packet */
	MISSIU_V_DROP = 4,  /**< .drop says why; already counted */
	MISSIU_V_REPLY = 5, /**< outbound: dropped like that; it is now an ICMP
			       message to its sender: hand it back there */
	MISSIU_V_USED = 6,  /**< inbound: an ICMP message about one of our SAs;
			       the engine took note, there is nothing to do */
};

/**
 * One packet in one contiguous buffer. head <= data, data + len <= head + cap.
 * Outbound needs MISSIU_HEADROOM bytes before and MISSIU_TAILROOM after data.
 */
struct missiu_pkt {
	uint8_t *head; /**< start of the buffer; the caller's memory */
	size_t cap;    /**< bytes of the buffer */
	uint8_t *data; /**< in/out: the IP header of the packet */
	size_t len;    /**< in/out: bytes of the packet from data on */
	enum missiu_verdict verdict; /**< out */
	enum missiu_drop drop;	     /**< out: with MISSIU_V_DROP */
	uint32_t policy_id;	     /**< out: policy that decided, or 0 */
	uint32_t spi;		     /**< out: SA used (host order), or 0 */
};

/** Outer IPv6 (40) + UDP (8) + ESP (8) + IV (16), AH of a bundle (up to 48). */
#define MISSIU_HEADROOM 160
/** Padding (up to 255), trailer (2), ICV (32), high sequence number (4). */
#define MISSIU_TAILROOM 304

/**
 * missiu_new() - make an engine
 * @opts: options; copied; NULL for the defaults
 *
 * Return: the engine, or NULL without memory or when the known-answer tests
 * of the crypto layer fail.
 */
struct missiu *missiu_new(const struct missiu_opts *opts);

/**
 * missiu_free() - wipe all keys and free an engine
 * @m: an engine or NULL
 */
void missiu_free(struct missiu *m);

/**
 * missiu_outbound() - apply the SPD to packets that leave this host
 * @m:   the engine
 * @v:   packets, each at its IP header. Reordered: those to transmit
 *       (verdict CLEAR or DONE) come first in their order; HELD, REPLY and DROP
 *       follow
 * @n:   how many
 * @now: time in µs, never before an earlier call's
 *
 * All packets stay the caller's. In place; no allocation except for packets
 * held and for those that are too large and cut into fragments: the first one
 * stays in @v, then call missiu_fragments() for the others. RFC 4301 5.1, 8.2,
 * RFC 4303 3.3.
 *
 * Return: how many packets at the front are to be transmitted.
 */
size_t missiu_outbound(struct missiu *m, struct missiu_pkt *v[], size_t n,
		       missiu_usec now);

/**
 * missiu_inbound() - decapsulate and check packets that arrived
 * @m:   the engine
 * @v:   packets, each at its outer IP header; ESP, ESP in UDP, AH and ESP inside
 *       AH are opened, anything else is checked against the SPD. Reordered: those to deliver
 *       (verdict DONE or CLEAR) first in their order; HELD, USED and DROP follow
 * @n:   how many
 * @now: time in µs
 *
 * Fragments of IPsec packets are put together first, and fragments that were
 * inside when the policy asks for ports; the whole comes back in the buffer of
 * the fragment that completed it. Call missiu_fragments() afterwards: whole
 * IPv6 packets are cut again as their sender had them.
 *
 * Order: SA lookup, length, replay check, authenticate and decrypt, trailer,
 * SA selectors and SPD, replay commit, deliver. RFC 4301 5.2, RFC 4303 3.4.
 *
 * Return: how many packets at the front are to be delivered.
 */
size_t missiu_inbound(struct missiu *m, struct missiu_pkt *v[], size_t n,
		      missiu_usec now);

/**
 * missiu_release() - process held packets whose SA has arrived
 * @m:   the engine
 * @v:   empty packets of the caller (head and cap set), filled and processed
 *       as by missiu_outbound(); same order of results
 * @n:   how many
 * @done: out: how many of @v were filled; 0 when nothing is ready
 * @now: time in µs
 *
 * Call after SAs were added, until *@done is less than @n.
 *
 * Return: how many packets at the front are to be transmitted.
 */
size_t missiu_release(struct missiu *m, struct missiu_pkt *v[], size_t n,
		      size_t *done, missiu_usec now);

/**
 * missiu_fragments() - fetch packets that did not fit into the caller's vector
 * @m:   the engine
 * @dir: MISSIU_OUT after missiu_outbound() or missiu_release(), MISSIU_IN after
 *       missiu_inbound()
 * @v:   empty packets of the caller (head and cap set), filled; results as by
 *       the call before
 * @n:   how many
 * @done: out: how many of @v were filled
 * @now: time in µs
 *
 * Call until *@done is less than @n. What nobody fetches takes up to 8 MiB, then
 * larger packets are dropped.
 *
 * Return: how many packets at the front are to be transmitted or delivered.
 */
size_t missiu_fragments(struct missiu *m, enum missiu_dir dir,
			struct missiu_pkt *v[], size_t n, size_t *done,
			missiu_usec now);

/**
 * missiu_set_mtu() - tell the MTU of the outer interface
 * @m:   the engine
 * @mtu: bytes of an IP packet; 0: no limit, as it is at first
 *
 * Applies to protected packets, and to clear ones that were put together of
 * fragments. SAs for which a router reported less keep that for a while.
 */
void missiu_set_mtu(struct missiu *m, uint32_t mtu);

/** Kinds of requests in a transaction, in the order they are to be applied. */
enum missiu_change_kind {
	MISSIU_CHG_FLUSH_SA = 1,
	MISSIU_CHG_FLUSH_POLICY = 2,
	MISSIU_CHG_ADD_POLICY = 3,
	MISSIU_CHG_ADD_SA = 4,
	MISSIU_CHG_DEL_SA = 5,	   /**< by sa.proto, sa.spi, sa.dst */
	MISSIU_CHG_DEL_POLICY = 6, /**< by policy.id */
};

struct missiu_change {
	enum missiu_change_kind kind;
	union {
		struct missiu_policy policy;
		struct missiu_sa sa;
	};
};

/**
 * missiu_load() - apply changes as one transaction
 * @m:    the engine
 * @v:    changes in order; an added policy gets its .id written
 * @n:    how many
 * @now:  time in µs
 * @bad:  out, may be NULL: index of the change refused
 * @diag: out, may be NULL: what was wrong with it
 *
 * All or nothing. A policy equal to one in force keeps its id, counters and
 * SAs, also across FLUSH_POLICY followed by ADD_POLICY in one transaction. SAs
 * whose policy disappears are deleted (event SA_DELETED). A manual SA may have
 * both bits in dir: it then serves whichever direction its addresses fit.
 *
 * An SA deleted here raises SA_DELETED; one deleted by missiu_sa_del() does not.
 * Manual keys with a counter mode (CTR, all AEADs, GMAC) are refused (RFC 8221
 * 4) unless MISSIU_SA_COUNTER_OK is set: the nonce starts again with every load.
 *
 * Return: 0; MISSIU_EINVAL, MISSIU_EUNSUP, MISSIU_EKEYLEN, MISSIU_EEXIST (SA),
 * MISSIU_ENOENT (delete; SA for a policy that is not loaded), MISSIU_EFULL,
 * MISSIU_ENOMEM, MISSIU_ERANDOM.
 */
int missiu_load(struct missiu *m, struct missiu_change *v, size_t n,
		missiu_usec now, size_t *bad, struct missiu_diag *diag);

/**
 * missiu_sa_add() - install one SA
 * @m:   the engine
 * @sa:  description; copied; wipe yours afterwards
 * @now: time in µs
 * @diag: out, may be NULL: what was wrong
 *
 * Return: as missiu_load().
 */
int missiu_sa_add(struct missiu *m, const struct missiu_sa *sa, missiu_usec now,
		  struct missiu_diag *diag);

/**
 * missiu_sa_update() - change addresses and encapsulation of an SA
 * @m:  the engine
 * @sa: proto, spi and old dst name it in @old_dst; src, dst, encap_* and
 *      MISSIU_SA_TCP are taken
 * @old_dst: its destination until now
 *
 * Return: 0; MISSIU_ENOENT, MISSIU_EINVAL, MISSIU_EEXIST.
 */
int missiu_sa_update(struct missiu *m, const struct missiu_sa *sa,
		     const struct missiu_addr *old_dst);

/**
 * missiu_sa_del() - delete one SA
 * @m:     the engine
 * @proto: enum missiu_proto
 * @spi:   host order
 * @dst:   its destination address
 *
 * Return: 0 or MISSIU_ENOENT.
 */
int missiu_sa_del(struct missiu *m, uint8_t proto, uint32_t spi,
		  const struct missiu_addr *dst);

/**
 * missiu_sa_next() - walk the SAs in order of their installation
 * @m:   the engine
 * @cursor: in/out: 0 to start
 * @sa:  out: description; contains the keys: wipe it, or see @stats only
 * @stats: out, may be NULL
 *
 * Return: true while there was one.
 */
bool missiu_sa_next(const struct missiu *m, uint64_t *cursor,
		    struct missiu_sa *sa, struct missiu_sa_stats *stats);

/**
 * missiu_policy_next() - walk the SPD in order of matching
 * @m:   the engine
 * @cursor: in/out: 0 to start
 * @policy: out
 * @stats: out, may be NULL
 *
 * Return: true while there was one.
 */
bool missiu_policy_next(const struct missiu *m, uint64_t *cursor,
			struct missiu_policy *policy,
			struct missiu_policy_stats *stats);

enum missiu_event_kind {
	MISSIU_EV_ACQUIRE = 1, /**< an SA is wanted: policy_id, pkt_src/dst */
	MISSIU_EV_SOFT = 2,    /**< an SA reached a soft limit: rekey it */
	MISSIU_EV_HARD = 3,    /**< an SA reached a hard limit and is gone */
	MISSIU_EV_SA_DELETED = 4,  /**< an SA is gone: flushed or policy gone */
	MISSIU_EV_SPD_CHANGED = 5, /**< read the SPD again */
	MISSIU_EV_NAT_CHANGE = 6, /**< an authenticated packet came from another
				     address or port: addr, port */
	MISSIU_EV_IDLE = 7,   /**< an SA and its mate carried nothing for the
			       time its description says; comes again */
	MISSIU_EV_SILENT = 8, /**< an SA goes on sending, its mate has received
				 nothing for silent_s; once a silence */
	MISSIU_EV_HEARD = 9,  /**< the mate has received since the last such
				 event; at most every heard_s */
};

struct missiu_event {
	enum missiu_event_kind kind;
	uint32_t policy_id;  /**< ACQUIRE; SA's policy otherwise */
	uint32_t acquire_id; /**< ACQUIRE: names this request */
	struct missiu_ts pkt_src, pkt_dst; /**< ACQUIRE: the packet's own */
	uint8_t proto;			   /**< SA events: enum missiu_proto */
	uint8_t dir;
	uint32_t spi;
	struct missiu_addr dst;	 /**< SA events: names the SA */
	struct missiu_addr addr; /**< NAT_CHANGE: where it came from */
	uint16_t port;
	uint64_t owner; /**< SA events: as given by the key daemon */
};

/**
 * missiu_event_next() - fetch the oldest event
 * @m:  the engine
 * @ev: out
 *
 * Bounded: when the caller does not fetch, the oldest are lost and
 * missiu_stats.events_lost counts them.
 *
 * Return: true when there was one.
 */
bool missiu_event_next(struct missiu *m, struct missiu_event *ev);

/**
 * missiu_acquire_failed() - stop waiting: the negotiation ended without an SA
 * @m:  the engine
 * @acquire_id: as in the event
 *
 * Its held packets are dropped and counted; the next packet asks again.
 */
void missiu_acquire_failed(struct missiu *m, uint32_t acquire_id);

/**
 * missiu_tick() - expire lifetimes, waiting packets and fragments
 * @m:   the engine
 * @now: time in µs
 *
 * Return: when to be called again at the latest (µs, absolute).
 */
missiu_usec missiu_tick(struct missiu *m, missiu_usec now);

/** Global figures. */
struct missiu_stats {
	uint64_t in_packets, in_bytes;	 /**< decapsulated and delivered */
	uint64_t out_packets, out_bytes; /**< protected */
	uint64_t in_clear, out_clear;	 /**< passed unprotected */
	uint64_t drops[MISSIU_DROP_MAX];
	uint64_t acquires;     /**< events raised */
	uint64_t events_lost;  /**< not fetched in time */
	uint64_t reassembled;  /**< packets put together of fragments */
	uint64_t fragmented;   /**< packets cut into fragments */
	uint64_t too_big_sent; /**< ICMP messages made, verdict REPLY */
	uint64_t pmtu_learned; /**< ICMP messages believed */
	uint64_t mss_clamped;  /**< SYN segments changed */
	uint32_t n_sa, n_policy, n_held;
};

/**
 * missiu_stats_get() - read the global figures
 * @m:   the engine
 * @out: out
 */
void missiu_stats_get(const struct missiu *m, struct missiu_stats *out);

/**
 * missiu_count_drop() - count a drop of the caller's own packet path
 * @m:   the engine
 * @why: reason, such as MISSIU_DROP_TX_TOO_BIG
 * @n:   how many
 */
void missiu_count_drop(struct missiu *m, enum missiu_drop why, uint64_t n);

/**
 * missiu_policy_overhead() - most bytes that protection may add to a packet
 * @policy: a PROTECT policy; any-algorithm counts as the largest
 * @encap:  true when UDP encapsulation is possible
 *
 * Return: bytes, including outer IP header, padding and ICV; 0 for other
 * actions.
 */
size_t missiu_policy_overhead(const struct missiu_policy *policy, bool encap);

#endif
