/* SPDX-License-Identifier: Apache-2.0 */
#include "missiu/virtip.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/addr.h"
#include "common/diag.h"
#include "common/log.h"
#include "missiu/autoroute.h"

/* What one peer assigned. */
struct assigned {
	struct ctl_net net;	  /* n_addr 0: free */
	struct autoroute *routes; /* or NULL */
};

struct virtip {
	struct netlink *nl;
	struct netlink_link link;
	unsigned tap_index;
	char tap_name[IFNAMSIZ];
	struct assigned v[VIRTIP_MAX];
};

struct virtip *virtip_new(struct netlink *nl, const struct netlink_link *link,
			  unsigned tap_index, const char *tap_name)
{
	struct virtip *v = calloc(1, sizeof(*v));

	if (!v)
		return NULL;
	v->nl = nl;
	v->link = *link;
	v->tap_index = tap_index;
	snprintf(v->tap_name, sizeof(v->tap_name), "%s", tap_name);
	return v;
}

static void say(const struct virtip *v, const struct missiu_addr *a,
		const char *what)
{
	log_info(net, "address %s dev %s %s", addr_text(a).s, v->tap_name,
		 what);
}

static bool has(const struct ctl_net *net, const struct missiu_addr *a)
{
	for (uint8_t i = 0; i < net->n_addr; i++)
		if (addr_eq(&net->addr[i], a))
			return true;
	return false;
}

static void drop_routes(struct assigned *s)
{
	autoroute_free(s->routes);
	s->routes = NULL;
}

/* Routes first: with its address the kernel would take them away itself. */
static void take_back(struct virtip *v, struct assigned *s,
		      const struct ctl_net *keep)
{
	drop_routes(s);
	for (uint8_t i = 0; i < s->net.n_addr; i++) {
		const struct missiu_addr *a = &s->net.addr[i];

		if (has(keep, a))
			continue;
		if (!netlink_addr_del(v->nl, v->tap_index, a, NULL))
			say(v, a, "removed");
	}
	s->net = (struct ctl_net){ 0 };
}

static int add_addrs(struct virtip *v, const struct ctl_net *net,
		     const struct ctl_net *had, struct missiu_diag *diag)
{
	for (uint8_t i = 0; i < net->n_addr; i++) {
		const struct missiu_addr *a = &net->addr[i];
		int err;

		if (has(had, a))
			continue;
		err = netlink_addr_add(v->nl, v->tap_index, a, diag);
		if (err)
			return err;
		say(v, a, "added");
	}
	return 0;
}

static const struct missiu_addr *source(const struct ctl_net *net,
					uint8_t family)
{
	for (uint8_t i = 0; i < net->n_addr; i++)
		if (net->addr[i].family == family)
			return &net->addr[i];
	return NULL;
}

static int set_routes(struct virtip *v, struct assigned *s,
		      struct missiu_diag *diag)
{
	struct autoroute_plan plan = { 0 };
	bool ok = true;

	if (!s->routes)
		s->routes = autoroute_new(v->nl, &v->link, v->tap_index,
					  v->tap_name);
	for (uint8_t i = 0; i < s->net.n_route && ok; i++) {
		const struct missiu_range *r = &s->net.route[i];
		const struct missiu_addr *src = source(&s->net, r->lo.family);

		ok = !src || autoroute_plan_range(r, src, &plan);
	}
	if (s->routes && ok)
		autoroute_set(s->routes, &plan);
	free(plan.v);
	return s->routes && ok ? 0 :
				 diag_set(diag, MISSIU_ENOMEM, "out of memory");
}

static bool same_addrs(const struct ctl_net *a, const struct ctl_net *b)
{
	return a->n_addr == b->n_addr &&
	       !memcmp(a->addr, b->addr, sizeof(a->addr));
}

static int put(struct virtip *v, struct assigned *s, const struct ctl_net *net,
	       struct missiu_diag *diag)
{
	const struct ctl_net had = s->net;
	int err = netlink_link_set(v->nl, v->tap_index, 0, true, diag);

	if (!same_addrs(&had, net))
		take_back(v, s, net);
	s->net = *net;
	if (!err)
		err = add_addrs(v, net, &had, diag);
	if (!err)
		err = set_routes(v, s, diag);
	if (err)
		take_back(v, s, &(struct ctl_net){ 0 });
	return err;
}

static struct assigned *place(struct virtip *v, const char *name)
{
	struct assigned *empty = NULL;

	for (size_t i = VIRTIP_MAX; i-- > 0;) {
		if (!v->v[i].net.n_addr)
			empty = &v->v[i];
		else if (!strcmp(v->v[i].net.name, name))
			return &v->v[i];
	}
	return empty;
}

int virtip_set(struct virtip *v, const struct ctl_net *net,
	       struct missiu_diag *diag)
{
	const struct ctl_net none = { 0 };
	struct assigned *s;

	for (size_t i = 0; !net && i < VIRTIP_MAX; i++)
		take_back(v, &v->v[i], &none);
	if (!net)
		return 0;
	s = place(v, net->name);
	if (!s)
		return net->n_addr ? diag_set(diag, MISSIU_EFULL,
					      "more than %d peers assign "
					      "addresses",
					      VIRTIP_MAX) :
				     0;
	if (net->n_addr)
		return put(v, s, net, diag);
	if (s->net.n_addr)
		take_back(v, s, &none);
	return 0;
}

void virtip_refresh(struct virtip *v, const char *tap_name)
{
	struct missiu_diag diag = { "" };
	struct netlink_link tap;

	snprintf(v->tap_name, sizeof(v->tap_name), "%s", tap_name);
	if (netlink_link_at(v->nl, v->tap_index, &tap, NULL) || !tap.up)
		return;
	for (size_t i = 0; i < VIRTIP_MAX; i++) {
		struct assigned *s = &v->v[i];

		if (!s->net.n_addr || !autoroute_lost(s->routes))
			continue;
		for (uint8_t k = 0; k < s->net.n_addr; k++)
			(void)netlink_addr_add(v->nl, v->tap_index,
					       &s->net.addr[k], NULL);
		drop_routes(s);
		if (set_routes(v, s, &diag))
			log_warn(net, "%s", diag.msg);
	}
}

void virtip_free(struct virtip *v)
{
	if (!v)
		return;
	(void)virtip_set(v, NULL, NULL);
	free(v);
}
