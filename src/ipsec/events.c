/* SPDX-License-Identifier: Apache-2.0 */
#include "ipsec/events.h"

#include <stdlib.h>

#define EVENTS_MIN 1024
#define EVENTS_MAX (1U << 16)

int events_init(struct events *q)
{
	*q = (struct events){ .cap = EVENTS_MIN };
	q->v = calloc(q->cap, sizeof(*q->v));
	return q->v ? 0 : MISSIU_ENOMEM;
}

void events_fini(struct events *q)
{
	free(q->v);
	*q = (struct events){ 0 };
}

void events_reserve(struct events *q, size_t n)
{
	size_t cap = q->cap;
	struct missiu_event *v;

	while (cap < EVENTS_MAX && cap - q->n < n)
		cap *= 2;
	if (cap == q->cap)
		return;
	v = calloc(cap, sizeof(*v));
	if (!v)
		return;
	for (size_t i = 0; i < q->n; i++)
		v[i] = q->v[(q->first + i) % q->cap];
	free(q->v);
	q->v = v;
	q->cap = cap;
	q->first = 0;
}

void events_put(struct events *q, const struct missiu_event *ev)
{
	if (q->n == q->cap) {
		q->first = (q->first + 1) % q->cap;
		q->n--;
		q->lost++;
	}
	q->v[(q->first + q->n++) % q->cap] = *ev;
}

bool events_get(struct events *q, struct missiu_event *ev)
{
	if (!q->n)
		return false;
	*ev = q->v[q->first];
	q->first = (q->first + 1) % q->cap;
	q->n--;
	return true;
}
