/* SPDX-License-Identifier: Apache-2.0 */
#include "ike/timerq.h"

#include <stddef.h>

static void set_child(struct timer *parent, struct timer *t)
{
	t->next = parent->child;
	if (t->next)
		t->next->pprev = &t->next;
	t->pprev = &parent->child;
	parent->child = t;
}

/* Of two heaps one; their roots have no brothers. */
static struct timer *meld(struct timerq *q, struct timer *a, struct timer *b)
{
	if (!a || !b)
		return a ? a : b;
	q->steps++;
	if (b->due < a->due) {
		set_child(b, a);
		return b;
	}
	set_child(a, b);
	return a;
}

/* A list of heaps becomes one: in pairs, then from the last pair back. */
static struct timer *meld_list(struct timerq *q, struct timer *list)
{
	struct timer *pairs = NULL, *all = NULL;

	while (list) {
		struct timer *a = list, *b = a->next;

		list = b ? b->next : NULL;
		a->next = NULL;
		if (b)
			b->next = NULL;
		a = meld(q, a, b);
		a->next = pairs;
		pairs = a;
	}
	while (pairs) {
		struct timer *t = pairs;

		pairs = t->next;
		t->next = NULL;
		all = meld(q, all, t);
	}
	return all;
}

static void set_root(struct timerq *q, struct timer *t)
{
	q->root = t;
	if (t)
		t->pprev = &q->root;
}

void timerq_del(struct timerq *q, struct timer *t)
{
	struct timer *rest;

	if (!t->pprev)
		return;
	*t->pprev = t->next;
	if (t->next)
		t->next->pprev = t->pprev;
	rest = meld_list(q, t->child);
	*t = (struct timer){ 0 };
	if (rest)
		set_root(q, meld(q, q->root, rest));
}

void timerq_set(struct timerq *q, struct timer *t, missiu_usec due)
{
	if (t->pprev && t->due == due)
		return;
	timerq_del(q, t);
	t->due = due;
	set_root(q, meld(q, q->root, t));
}
