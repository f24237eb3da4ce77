/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `ike` and its helper ike-fetch say to each other over a stream socket:
 * a request, its answer, the next request. Numbers in host order: both ends are
 * of one build and one machine.
 */
#ifndef CTL_FETCH_H
#define CTL_FETCH_H

#include <stdint.h>

#define CTL_FETCH_URL_MAX  1024
#define CTL_FETCH_POST_MAX 1024
#define CTL_FETCH_DATA_MAX (1u << 20)
#define CTL_FETCH_TIME_S   10 /* for one request at most, whatever happens */

/** Followed by the URL, then by what is to be posted, if anything. */
struct ctl_fetch_request {
	uint32_t url_len, post_len;
	uint32_t max;	 /* bytes of the answer at most */
	uint32_t time_s; /* 1 to CTL_FETCH_TIME_S */
};

/** Followed by @len bytes: what was fetched, or why not, in a line. */
struct ctl_fetch_answer {
	uint32_t ok, len;
};

#endif
