/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a peer left out of a child's selectors and would grant another one
 * (ADDITIONAL_TS_POSSIBLE, RFC 7296 2.9).
 */
#ifndef IKE_CHILD_MORE_H
#define IKE_CHILD_MORE_H

#include "ike/sa.h"

/** Children that one wish may lead to, the first included. */
#define CHILD_MORE_MAX 8

/** Selectors that are still to be asked for; of a TASK_CHILD, on the heap. */
struct child_more {
	struct ike_ts_list local, remote;
	uint8_t round; /* 1: after the first answer */
};

/**
 * child_more_left() - what is left of an offer
 * @out: out: the remote side without what was granted, with all of the local
 *       one; when nothing is left of it the local side in the same way
 *
 * What is left of ports or protocols is not asked for: traffic asks for that.
 * Return: whether anything is left.
 */
bool child_more_left(const struct ike_neg *neg, const struct ike_ts_list *local,
		     const struct ike_ts_list *remote, struct child_more *out);

/**
 * child_more_ask() - after a child came up: queue a task for what the answer left
 * out, if the peer would grant it and nobody's packet asked for the first one
 * @t: the task that is done; NULL: none
 */
void child_more_ask(struct ike_sa *sa, const struct ike_task *t,
		    const struct ike_neg *neg, const struct ike_msg *answer);

#endif
