/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Our end of ike-fetch: one document at a time, without waiting. The helper is
 * started early, so that it can become another user; started again, after it was
 * killed, it has no more rights than we have by then. It holds nothing of ours
 * but its socket.
 */
#ifndef IKE_FETCH_H
#define IKE_FETCH_H

#include <event2/event.h>

#include "crypto/ikecrypt.h"

struct fetch; /* opaque */

/**
 * The answer; @ok: what was fetched, else @data is a line that says why not.
 * fetch_get() may be called again from here.
 */
typedef void fetch_done(void *ctx, bool ok, const void *data, size_t len);

/**
 * fetch_new() - start the helper
 * @base: borrowed
 *
 * Without the program all requests fail, saying so. Return: NULL: no memory.
 */
struct fetch *fetch_new(struct event_base *base, fetch_done *done, void *ctx);

/** A document. */
struct fetch_want {
	const char *url;
	struct chunk post; /* len 0: just get */
	size_t max;	   /* bytes at most */
	unsigned time_s;   /* at most CTL_FETCH_TIME_S */
};

/**
 * fetch_get() - ask for a document; @done is called later, in any case
 *
 * Return: 0; MISSIU_EBUSY: another request is under way.
 */
int fetch_get(struct fetch *f, const struct fetch_want *w);

/** fetch_free() - end the helper; NULL is fine */
void fetch_free(struct fetch *f);

#endif
