/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fetching into the cache what the packets of a vector will need, so that
 * packets of thousands of flows and SAs cost little more than those of one: the
 * memory is asked for all of them before it is waited for the first. These are
 * only hints; nothing depends on them.
 */
#ifndef IPSEC_WARM_H
#define IPSEC_WARM_H

#include "ipsec/state.h"

/** Below that many SAs everything is in the cache anyway. */
#define WARM_SAS 64

/** warm_wanted() - whether there is anything to gain */
static inline bool warm_wanted(const struct missiu *m)
{
	return m->sad.n >= WARM_SAS;
}

/** A packet's bytes. */
struct warm_text {
	const uint8_t *p;
	size_t len;
};

/** warm_out() - for packets that leave: flows, policies, SAs, keys */
void warm_out(const struct missiu *m, struct missiu_pkt *const v[], size_t n);

/** warm_in() - for packets that arrived: SAs, their windows and keys */
void warm_in(const struct missiu *m, struct missiu_pkt *const v[], size_t n);

/** warm_inner() - for packets just opened: flows and policies; only if wanted */
void warm_inner(const struct missiu *m, const struct warm_text *v, size_t n);

#endif
