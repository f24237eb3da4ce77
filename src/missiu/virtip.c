/* SPDX-License-Identifier: Apache-2.0 */
#include "missiu/virtip.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/addr.h"
#include "common/diag.h"
#include "common/log.h"
#include "missiu/autoroute.h"

struct virtip {
	struct netlink *nl;
	unsigned tap_index;
	char tap_name[IFNAMSIZ];
	struct autoroute *routes;     /* our own; NULL with --auto */
	struct autoroute *shared;     /* with --auto: goes with the SPD's */
	struct ctl_net v[VIRTIP_MAX]; /* n_addr 0: free */
};

struct virtip *virtip_new(struct netlink *nl, const struct netlink_link *link,
			  unsigned tap_index, const char *tap_name,
			  struct autoroute *shared)
{
	struct virtip *v = calloc(1, sizeof(*v));

	if (!v)
		return NULL;
	v->nl = nl;
	v->tap_index = tap_index;
	snprintf(v->tap_name, sizeof(v->tap_name), "%s", tap_name);
	v->shared = shared;
	if (shared)
		return v;
	v->routes = autoroute_new(nl, link, tap_index, tap_name);
	if (v->routes)
		return v;
	free(v);
	return NULL;
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

static void take_back(struct virtip *v, struct ctl_net *had,
		      const struct ctl_net *keep)
{
	for (uint8_t i = 0; i < had->n_addr; i++) {
		const struct missiu_addr *a = &had->addr[i];

		if (!has(keep, a) &&
		    !netlink_addr_del(v->nl, v->tap_index, a, NULL))
			say(v, a, "removed");
	}
	*had = (struct ctl_net){ 0 };
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

static bool plan_net(const struct ctl_net *net, struct autoroute_plan *plan)
{
	for (uint8_t i = 0; i < net->n_route; i++) {
		const struct missiu_range *r = &net->route[i];
		const struct missiu_addr *src = source(net, r->lo.family);

		if (src && !autoroute_plan_range(r, src, plan))
			return false;
	}
	return true;
}

/* Those of all peers. With --auto the caller installs them with the SPD's. */
static int set_routes(struct virtip *v, struct missiu_diag *diag)
{
	struct autoroute_plan plan = { 0 };
	bool ok = true;

	for (size_t i = 0; i < VIRTIP_MAX && ok; i++)
		ok = plan_net(&v->v[i], &plan);
	if (ok && v->shared)
		autoroute_first(v->shared, &plan);
	else if (ok)
		autoroute_set(v->routes, &plan);
	free(plan.v);
	return ok ? 0 : diag_set(diag, MISSIU_ENOMEM, "out of memory");
}

static int put(struct virtip *v, struct ctl_net *at, const struct ctl_net *net,
	       struct missiu_diag *diag)
{
	struct ctl_net had = *at;
	int err = netlink_link_set(v->nl, v->tap_index, 0, true, diag);

	*at = *net;
	if (!err)
		err = add_addrs(v, net, &had, diag);
	if (!err)
		err = set_routes(v, diag);
	take_back(v, &had, at);
	if (!err)
		return 0;
	take_back(v, at, &(struct ctl_net){ 0 });
	(void)set_routes(v, NULL);
	return err;
}

static struct ctl_net *place(struct virtip *v, const char *name)
{
	struct ctl_net *empty = NULL;

	for (size_t i = VIRTIP_MAX; i-- > 0;) {
		if (!v->v[i].n_addr)
			empty = &v->v[i];
		else if (!strcmp(v->v[i].name, name))
			return &v->v[i];
	}
	return empty;
}

/* Routes first: with its address the kernel would take them away itself. */
static void remove_one(struct virtip *v, struct ctl_net *at)
{
	struct ctl_net had = *at;

	*at = (struct ctl_net){ 0 };
	if (!had.n_addr)
		return;
	(void)set_routes(v, NULL);
	take_back(v, &had, at);
}

int virtip_set(struct virtip *v, const struct ctl_net *net,
	       struct missiu_diag *diag)
{
	struct ctl_net *at;

	for (size_t i = 0; !net && i < VIRTIP_MAX; i++)
		remove_one(v, &v->v[i]);
	if (!net)
		return 0;
	at = place(v, net->name);
	if (at && net->n_addr)
		return put(v, at, net, diag);
	if (at)
		remove_one(v, at);
	return at || !net->n_addr ? 0 :
				    diag_set(diag, MISSIU_EFULL,
					     "more than %d peers assign "
					     "addresses",
					     VIRTIP_MAX);
}

void virtip_refresh(struct virtip *v, const char *tap_name)
{
	struct netlink_link tap;

	snprintf(v->tap_name, sizeof(v->tap_name), "%s", tap_name);
	if (netlink_link_at(v->nl, v->tap_index, &tap, NULL) || !tap.up)
		return;
	for (size_t i = 0; i < VIRTIP_MAX; i++)
		for (uint8_t k = 0; k < v->v[i].n_addr; k++)
			(void)netlink_addr_add(v->nl, v->tap_index,
					       &v->v[i].addr[k], NULL);
	if (!v->routes || !autoroute_lost(v->routes))
		return;
	autoroute_set(v->routes, &(struct autoroute_plan){ 0 });
	(void)set_routes(v, NULL);
}

void virtip_free(struct virtip *v)
{
	if (!v)
		return;
	(void)virtip_set(v, NULL, NULL);
	autoroute_free(v->routes);
	free(v);
}
