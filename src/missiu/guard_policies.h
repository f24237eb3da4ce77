/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The guard's rules for the policies, as nftables text: few rules that match
 * like many policies. guard_rules.h has the table around them. Pure.
 */
#ifndef MISSIU_GUARD_POLICIES_H
#define MISSIU_GUARD_POLICIES_H

#include <stdio.h>

#include "missiu/types.h"

/** Where a list of rules stands. */
struct guard_chain {
	FILE *to;
	const char *dir; /**< "in", "out" */
	bool out;
	bool later; /**< fragments that don't show their ports */
};

/**
 * guard_put_policies() - all policies of one direction in order, then the default
 * @c: where the rules go
 * @v, @n: policies in order of matching
 * @drop_unmatched: the default: drop, else accept
 *
 * Return: false without memory: what was written is not all.
 */
bool guard_put_policies(const struct guard_chain *c,
			const struct missiu_policy *v, size_t n,
			bool drop_unmatched);

#endif
