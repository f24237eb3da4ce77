/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Packets that wait for an SA, and the requests for SAs that are pending.
 * Bounded in packets, bytes and requests.
 */
#ifndef IPSEC_HOLD_H
#define IPSEC_HOLD_H

#include "ipsec/ip.h"
#include "missiu/types.h"

/** What a request asks for; the same thing is asked for once at a time. */
struct hold_key {
	uint32_t policy_id;
	struct missiu_addr src, dst;
	uint8_t proto;	       /* these three only for policies that want */
	uint16_t sport, dport; /* an SA for each flow; else 0 */
};

/** One ACQUIRE that was raised and not answered yet. */
struct pending {
	struct pending *next; /* by age */
	struct pending *hash_next;
	struct hold_key key;
	uint32_t id;
	uint32_t n_held;
	missiu_usec deadline;
};

/** One packet; copied. */
struct held {
	struct held *next; /* by age */
	struct pending *pend;
	uint32_t len;
	uint8_t data[];
};

#define HOLD_BUCKETS 256
/** Most requests pending at once. */
#define HOLD_PENDING_MAX 4096

struct hold {
	struct pending *first, **last;
	struct held *pkts, **pkts_last;
	struct pending *hash[HOLD_BUCKETS];
	uint32_t n_pending, n_pkts, n_bytes;
	uint32_t max_pkts, max_bytes;
	missiu_usec timeout_us;
	uint32_t last_id;
	bool dirty; /* SPD or SAD changed since all packets were looked at */
};

/** hold_init() - with limits */
void hold_init(struct hold *h, uint32_t max_pkts, uint32_t max_bytes,
	       uint32_t timeout_s);

/** hold_fini() - free everything */
void hold_fini(struct hold *h);

/** hold_find() - the pending request for @key, or NULL */
struct pending *hold_find(const struct hold *h, const struct hold_key *key);

/** hold_ask() - a new pending request; NULL without memory or room */
struct pending *hold_ask(struct hold *h, const struct hold_key *key,
			 missiu_usec now);

/** hold_push() - copy a packet behind a request; false: no room or memory */
bool hold_push(struct hold *h, struct pending *p, const uint8_t *data,
	       uint32_t len);

/**
 * hold_take() - unlink a packet
 * @at: the link that points at it
 *
 * Return: the packet; release it with free().
 */
struct held *hold_take(struct hold *h, struct held **at);

/** hold_drop() - give a request up; Return: its packets, freed */
uint32_t hold_drop(struct hold *h, struct pending *p);

/** hold_forget() - a request whose packets are all gone */
void hold_forget(struct hold *h, struct pending *p);

/**
 * hold_answered() - an outbound SA was installed
 * @policy_id: as in its description; 0: for any policy
 *
 * Forgets requests for that policy that no packet waits behind, and marks the
 * queue as worth looking at.
 */
void hold_answered(struct hold *h, uint32_t policy_id);

/** hold_next_id() - name for a request */
uint32_t hold_next_id(struct hold *h);

#endif
