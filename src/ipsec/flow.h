/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cache of decisions by flow: thousands of policies and SAs cost what one
 * costs. An entry is valid while its generation is the engine's; every change
 * of SPD or SAD starts a new generation.
 */
#ifndef IPSEC_FLOW_H
#define IPSEC_FLOW_H

#include "ipsec/spd.h"

/** Entries of a cache; one cache line each, memory used when they are. */
#define FLOW_ENTRIES 65536
/** Flows with the same hash that have room beside each other. */
#define FLOW_WAYS 2

struct sa;

/** What a decision depends on. */
struct flow_key {
	uint64_t src[2], dst[2];
	uint64_t rest; /* ports, protocol, family, direction, IKE or not */
};

struct flow {
	struct flow_key key;
	uint64_t gen;	    /* 0: never filled */
	struct policy *pol; /* first that matches, NULL: none */
	struct sa *sa; /* fits the policy and covers the flow; NULL: look */
};

/**
 * flow_get() - the entry for a packet whose ports are known
 * @v:   FLOW_ENTRIES entries
 * @gen: generation, from 1
 * @q:   what is asked of the SPD
 * @hit: out: false when the entry was emptied for this flow and the caller
 *       has to fill .pol
 */
struct flow *flow_get(struct flow *v, uint64_t gen, const struct spd_query *q,
		      bool *hit);

/** flow_slot() - FLOW_WAYS entries, one of which is it if there is one */
const struct flow *flow_slot(const struct flow *v, const struct spd_query *q);

#endif
