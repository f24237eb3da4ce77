/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the I/O loop does later than the core asks for it, so that no packet is
 * lost when SAs change.
 *
 * A message that tells the peer of a new SA waits until the data path has
 * confirmed that SA: else the first packets overtake it. A replaced inbound SA
 * stays for a while: packets that left before the change are still on their
 * way.
 *
 * Two queues, each in the order in which its entries fall due; bounded.
 */
#ifndef IKE_LATER_H
#define IKE_LATER_H

#include "ike/core.h"

/** Most entries of a queue; beyond that things are done at once. */
#define LATER_MAX 4096

struct later_msg {
	struct later_msg *next;
	uint64_t mark; /* struct dp_ops.reached() says when */
	struct ike_end local, remote;
	size_t len;
	uint8_t msg[];
};

struct later_del {
	struct later_del *next;
	missiu_usec due_us;
	uint8_t proto; /* enum missiu_proto */
	uint32_t spi;
	struct missiu_addr dst;
};

struct later {
	struct later_msg *msg, *last_msg; /* the one due first; NULL: none */
	struct later_del *del, *last_del;
	size_t n_msg, n_del;
};

/**
 * later_add_msg() - keep a datagram
 * @a: SEND; copied
 *
 * Return: false when there is no room or memory: send it now.
 */
bool later_add_msg(struct later *l, const struct ike_action *a, uint64_t mark);

/**
 * later_has_msg() - whether a datagram between these ends is kept
 *
 * What follows it must not overtake it: a peer that hears of a new SA's end
 * before its beginning believes in neither.
 */
bool later_has_msg(const struct later *l, const struct ike_end *local,
		   const struct ike_end *remote);

/** later_add_del() - keep a deletion; due times must not decrease; as above */
bool later_add_del(struct later *l, const struct ike_action *a,
		   missiu_usec due_us);

/** later_pop_msg(), later_pop_del() - forget the first; there must be one */
void later_pop_msg(struct later *l);
void later_pop_del(struct later *l);

/** later_fini() - forget all */
void later_fini(struct later *l);

#endif
