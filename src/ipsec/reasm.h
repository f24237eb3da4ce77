/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reassembly of fragments (RFC 791 3.2, RFC 8200 4.5), bounded in every way.
 *
 * Datagrams in the making hang in buckets chosen by their source, oldest
 * first. A bucket has limits in bytes and datagrams, and so has the table; what
 * is over a limit costs the oldest datagram of the bucket or table. So one
 * source can spoil the fragments of those that share its bucket, no others, and
 * what came last has the best chance.
 *
 * Fragments that overlap are an attack or a fault: the datagram is dropped,
 * and what still comes of it until its time is up (RFC 5722, RFC 8200; here for
 * IPv4, too). Exact copies of a fragment are ignored.
 */
#ifndef IPSEC_REASM_H
#define IPSEC_REASM_H

#include "ipsec/ip.h"
#include "missiu/drop.h"
#include "missiu/engine.h"

#define REASM_BUCKETS 256
/** Fragments of one datagram; 64 KB in pieces of 552 bytes are 119. */
#define REASM_PIECES_MAX 256

/** Limits; memory counts with its overhead. */
struct reasm_conf {
	size_t max_bytes, src_bytes;
	uint32_t max_dgrams, src_dgrams;
	missiu_usec timeout_us; /* since the first fragment that came */
};

struct reasm_dgram;

struct reasm_bucket {
	struct reasm_dgram *first, **last; /* by age */
	size_t bytes;
	uint32_t n;
};

struct reasm {
	struct reasm_conf conf;
	struct reasm_bucket bucket[REASM_BUCKETS];
	struct reasm_dgram *oldest, *newest; /* of all */
	size_t bytes;
	uint32_t n;
	uint64_t seed;	   /* makes bucket numbers unpredictable */
	uint64_t *dropped; /* by reason: fragments that are given up later */
};

/** What became of a fragment. */
enum reasm_fate {
	REASM_KEPT = 1, /* copied; others are missing */
	REASM_WHOLE,	/* the packet now holds the whole datagram */
	REASM_DROP,	/* refused; the caller counts it */
};

struct reasm_result {
	enum reasm_fate fate;
	enum missiu_drop why; /* with REASM_DROP */
	uint32_t biggest;     /* with REASM_WHOLE: bytes of the largest
				 fragment, its header included */
};

/** reasm_conf_default() - 4 MiB, of one source 1 MiB; 15 seconds */
struct reasm_conf reasm_conf_default(void);

/**
 * reasm_init() - start empty
 * @seed: unpredictable
 * @dropped: MISSIU_DROP_MAX counters, borrowed
 */
void reasm_init(struct reasm *r, const struct reasm_conf *conf, uint64_t seed,
		uint64_t *dropped);

/** reasm_fini() - free all fragments; they are not counted */
void reasm_fini(struct reasm *r);

/**
 * reasm_add() - take one fragment
 * @p:   in: the fragment; out with REASM_WHOLE: the datagram, at the same
 *       place of its buffer
 * @ip:  @p parsed, not IP_WHOLE; its header checksum is right
 * @ctx: fragments of different contexts never meet; such as their SA
 * @now: time in µs
 *
 * The whole has the header of its first fragment, without DF: who cut it may
 * cut it again. CE of any fragment marks the whole (RFC 3168 5.3). An IPv6
 * packet that is its own only fragment is whole at once (RFC 6946).
 */
struct reasm_result reasm_add(struct reasm *r, struct missiu_pkt *p,
			      const struct ip_info *ip, uint64_t ctx,
			      missiu_usec now);

/**
 * reasm_expire() - drop what has waited too long, MISSIU_DROP_REASM_TIMEOUT
 *
 * Return: when the next one is due, UINT64_MAX for never.
 */
missiu_usec reasm_expire(struct reasm *r, missiu_usec now);

#endif
