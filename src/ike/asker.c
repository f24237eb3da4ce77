/* SPDX-License-Identifier: Apache-2.0 */
#include "ike/asker.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/clock.h"
#include "ike/ask.h"
#include "ike/fetch.h"

struct question {
	struct question *next;
	uint32_t id;
	char url[MISSIU_PEER_TEXT_MAX + 1];
	size_t len;
	uint8_t req[];
};

struct asker {
	struct ike *ike;
	struct fetch *fetch;
	struct question *first, **last;
	bool busy; /* the first is being asked */
	void (*changed)(void *ctx);
	void *ctx;
};

/* Without an answer the core goes on when it waited for long enough. */
static void go_on(struct asker *k)
{
	const struct question *q = k->first;

	k->busy = q && !fetch_get(k->fetch, &(struct fetch_want){
						    .url = q->url,
						    .post = { q->req, q->len },
						    .max = OCSP_DER_MAX,
						    .time_s = ASKER_TIME_S,
					    });
}

static void pop(struct asker *k)
{
	struct question *q = k->first;

	k->first = q->next;
	if (!k->first)
		k->last = &k->first;
	free(q);
}

static void on_fetched(void *ctx, bool ok, const void *data, size_t len)
{
	struct missiu_diag diag = { "" };
	struct asker *k = ctx;
	const uint32_t id = k->first->id;

	if (!ok)
		snprintf(diag.msg, sizeof(diag.msg), "%.*s", (int)len,
			 (const char *)data);
	else if (!ike_ask_data(k->ike, id, data, len, time(NULL), &diag,
			       clock_now()))
		diag.msg[0] = '\0';
	if (*diag.msg)
		ike_ask_failed(k->ike, id, diag.msg, clock_now());
	pop(k);
	go_on(k);
	k->changed(k->ctx);
}

/* The core bounds how many are open at a time. */
void asker_put(struct asker *k, struct ike *ike, const struct ike_action *a)
{
	struct question *q = calloc(1, sizeof(*q) + a->len);

	k->ike = ike;
	if (!q)
		return;
	q->id = a->id;
	snprintf(q->url, sizeof(q->url), "%s", a->url);
	q->len = a->len;
	memcpy(q->req, a->msg, a->len);
	*k->last = q;
	k->last = &q->next;
	if (!k->busy)
		go_on(k);
}

struct asker *asker_new(struct event_base *base, void (*changed)(void *ctx),
			void *ctx)
{
	struct asker *k = calloc(1, sizeof(*k));

	if (!k)
		return NULL;
	k->last = &k->first;
	k->changed = changed;
	k->ctx = ctx;
	k->fetch = fetch_new(base, on_fetched, k);
	if (!k->fetch) {
		asker_free(k);
		return NULL;
	}
	return k;
}

void asker_free(struct asker *k)
{
	if (!k)
		return;
	while (k->first)
		pop(k);
	fetch_free(k->fetch);
	free(k);
}
