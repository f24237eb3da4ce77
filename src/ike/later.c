/* SPDX-License-Identifier: Apache-2.0 */
#include "ike/later.h"

#include <stdlib.h>
#include <string.h>

#include "common/addr.h"

bool later_add_msg(struct later *l, const struct ike_action *a, uint64_t mark)
{
	struct later_msg *m;

	if (l->n_msg >= LATER_MAX)
		return false;
	m = malloc(sizeof(*m) + a->len);
	if (!m)
		return false;
	*m = (struct later_msg){ .mark = mark,
				 .local = a->local,
				 .remote = a->remote,
				 .len = a->len };
	memcpy(m->msg, a->msg, a->len);
	if (l->msg)
		l->last_msg->next = m;
	else
		l->msg = m;
	l->last_msg = m;
	l->n_msg++;
	return true;
}

static bool same_end(const struct ike_end *a, const struct ike_end *b)
{
	return a->port == b->port && a->via == b->via &&
	       addr_eq(&a->addr, &b->addr);
}

bool later_has_msg(const struct later *l, const struct ike_end *local,
		   const struct ike_end *remote)
{
	const struct later_msg *m = l->msg;

	while (m &&
	       !(same_end(&m->remote, remote) && same_end(&m->local, local)))
		m = m->next;
	return m;
}

bool later_add_del(struct later *l, const struct ike_action *a,
		   missiu_usec due_us)
{
	struct later_del *d;

	if (l->n_del >= LATER_MAX)
		return false;
	d = malloc(sizeof(*d));
	if (!d)
		return false;
	*d = (struct later_del){ .due_us = due_us,
				 .proto = a->sa.proto,
				 .spi = a->sa.spi,
				 .dst = a->sa.dst };
	if (l->del)
		l->last_del->next = d;
	else
		l->del = d;
	l->last_del = d;
	l->n_del++;
	return true;
}

void later_pop_msg(struct later *l)
{
	struct later_msg *m = l->msg;

	l->msg = m->next;
	l->n_msg--;
	free(m);
}

void later_pop_del(struct later *l)
{
	struct later_del *d = l->del;

	l->del = d->next;
	l->n_del--;
	free(d);
}

void later_fini(struct later *l)
{
	while (l->msg)
		later_pop_msg(l);
	while (l->del)
		later_pop_del(l);
}
