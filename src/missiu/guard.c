/* SPDX-License-Identifier: Apache-2.0 */
#include "missiu/guard.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/diag.h"
#include "common/log.h"
#include "missiu/guard_nft.h"

/* A change may take this part of the time, and waits no longer than that. */
#define PAUSE_FACTOR 4
#define PAUSE_MAX_US 2000000u
/* After a failure, and after somebody else has removed the table. */
#define RETRY_US 1000000u

struct guard {
	const struct missiu *m;
	struct guard_nft *nft;
	struct guard_rules rules;
	char table[GUARD_TABLE_MAX];
	struct event *timer, *news;
	missiu_usec quiet_until; /* changes until then wait for the timer */
	bool due;		 /* the timer runs for a change */
	bool inherited;
	bool ours; /* the rules are those of rules.gen */
	struct missiu_diag problem;
};

static const struct {
	const char *name, *text;
} counters[] = {
#define X(name, text) { #name, text },
	GUARD_COUNTERS(X)
#undef X
};

const char *guard_counter_name(enum guard_counter c)
{
	return counters[c].name;
}

const char *guard_counter_text(enum guard_counter c)
{
	return counters[c].text;
}

/* ---- making it so ---------------------------------------------------------- */

static struct missiu_policy *read_spd(const struct missiu *m, size_t *n)
{
	struct missiu_policy *v;
	struct missiu_stats st;
	uint64_t cursor = 0;

	missiu_stats_get(m, &st);
	v = calloc((size_t)st.n_policy + 1, sizeof(*v));
	*n = 0;
	while (v && *n < st.n_policy &&
	       missiu_policy_next(m, &cursor, &v[*n], NULL))
		++*n;
	return v;
}

static int run_step(struct guard *g, enum guard_step step,
		    const struct missiu_policy *v, size_t n,
		    struct missiu_diag *diag)
{
	char *text = guard_step_text(step, &g->rules, v, n);
	int err;

	if (!text)
		return diag_set(diag, MISSIU_ENOMEM, "out of memory");
	err = guard_nft_run(g->nft, text, diag);
	free(text);
	return err;
}

static int run_whole(struct guard *g, const struct missiu_policy *v, size_t n,
		     struct missiu_diag *diag)
{
	int err;

	g->rules.gen = 0;
	err = run_step(g, GUARD_WHOLE, v, n, diag);
	g->ours = !err;
	return err;
}

/* See enum guard_step. What the last step leaves the next change removes. */
static int run_steps(struct guard *g, const struct missiu_policy *v, size_t n,
		     struct missiu_diag *diag)
{
	struct missiu_diag unsaid;
	int err;

	g->rules.gen = !g->rules.gen;
	err = run_step(g, GUARD_PREPARE, v, n, diag);
	if (!err)
		err = run_step(g, GUARD_SWITCH, NULL, 0, diag);
	if (!err)
		run_step(g, GUARD_FORGET, NULL, 0, &unsaid);
	else
		g->rules.gen = !g->rules.gen;
	return err;
}

/* Hooks don't follow when an interface is made anew or renamed. */
static bool hooked(struct guard *g)
{
	return guard_nft_hooked(g->nft, g->table, "ingress", g->rules.device) &&
	       guard_nft_hooked(g->nft, g->table, "egress", g->rules.device);
}

/*
 * Keep the counters if possible; a table of another shape or at another place
 * is replaced whole. A kernel that can't tell local addresses does without.
 */
static int install(struct guard *g, struct missiu_diag *diag)
{
	static const struct {
		bool replace, no_fib;
	} ways[] = { { false, false }, { true, false }, { true, true } };
	int err = MISSIU_ENOMEM;
	size_t n;
	struct missiu_policy *v = read_spd(g->m, &n);

	if (!v)
		return diag_set(diag, err, "out of memory");
	for (size_t i = hooked(g) ? 0 : 1; i < sizeof(ways) / sizeof(ways[0]);
	     i++) {
		g->rules.replace = ways[i].replace;
		g->rules.fib = !ways[i].no_fib;
		err = i == 0 && g->ours ? run_steps(g, v, n, diag) :
					  run_whole(g, v, n, diag);
		if (!err || err == MISSIU_EPERM)
			break;
	}
	free(v);
	if (!err && n > 1000)
		malloc_trim(0);
	return err;
}

static void wait_us(struct guard *g, missiu_usec us)
{
	const struct timeval tv = { .tv_sec = (time_t)(us / 1000000),
				    .tv_usec = (suseconds_t)(us % 1000000) };

	g->due = !event_add(g->timer, &tv);
}

static void update(struct guard *g)
{
	missiu_usec begin = clock_now(), took;
	struct missiu_diag diag = { "" };
	int err = install(g, &diag);

	if (err && strcmp(diag.msg, g->problem.msg) != 0)
		log_err(spd, "guard: %s: the rules before stay in force",
			diag.msg);
	g->problem = diag;
	if (err) {
		wait_us(g, RETRY_US);
		return;
	}
	g->problem.msg[0] = '\0';
	g->inherited = false;
	took = clock_now() - begin;
	log_debug(spd, "guard: rules replaced in %llu us",
		  (unsigned long long)took);
	took *= PAUSE_FACTOR;
	g->quiet_until =
		clock_now() + (took < PAUSE_MAX_US ? took : PAUSE_MAX_US);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct guard *g = arg;

	(void)fd;
	(void)what;
	g->due = false;
	update(g);
}

void guard_spd_changed(struct guard *g)
{
	missiu_usec now = clock_now();

	if (!g || g->due)
		return;
	if (now >= g->quiet_until)
		update(g);
	else
		wait_us(g, g->quiet_until - now);
}

void guard_link_changed(struct guard *g)
{
	if (g && !hooked(g))
		guard_spd_changed(g);
}

void guard_tcp_port(struct guard *g, uint16_t port)
{
	if (!g || g->rules.tcp == port)
		return;
	g->rules.tcp = port;
	guard_spd_changed(g);
}

/* `nft flush ruleset` takes all tables, ours too. */
static void on_news(evutil_socket_t fd, short what, void *arg)
{
	struct guard *g = arg;

	(void)fd;
	(void)what;
	if (!guard_nft_removed(g->nft) || hooked(g))
		return;
	log_warn(spd,
		 "guard: table %s is not in force any more: it is made again",
		 g->table);
	guard_spd_changed(g);
}

/* ---- life -------------------------------------------------------------------- */

/* The rules of a killed daemon hold until there are others. */
static bool inherit(struct guard *g, struct missiu_diag *diag)
{
	char *text = guard_frame_text(&g->rules);
	int err = text ? guard_nft_run(g->nft, text, diag) :
			 diag_set(diag, MISSIU_ENOMEM, "out of memory");

	free(text);
	g->inherited = !err && hooked(g);
	if (g->inherited)
		log_info(spd, "guard: an earlier missiu's rules hold until "
			      "policies are loaded");
	return g->inherited;
}

static int put_in_force(struct guard *g, struct missiu_diag *diag)
{
	if (guard_nft_has(g->nft, g->table) && inherit(g, diag))
		return 0;
	return install(g, diag);
}

static int listen_to(struct guard *g, struct event_base *base,
		     struct missiu_diag *diag)
{
	int fd = guard_nft_watch(g->nft);

	g->timer = evtimer_new(base, on_timer, g);
	if (fd >= 0)
		g->news = event_new(base, fd, EV_READ | EV_PERSIST, on_news, g);
	if (!g->timer || (fd >= 0 && (!g->news || event_add(g->news, NULL))))
		return diag_set(diag, MISSIU_ENOMEM, "out of memory");
	return 0;
}

static int remove_table(struct guard_nft *n, const char *table,
			struct missiu_diag *diag)
{
	char text[2 * GUARD_TABLE_MAX + 64];

	snprintf(text, sizeof(text),
		 "add table netdev %s\ndelete table netdev %s\n", table, table);
	return guard_nft_run(n, text, diag);
}

static void forget(struct guard *g)
{
	if (g->timer)
		event_free(g->timer);
	if (g->news)
		event_free(g->news);
	guard_nft_close(g->nft);
	free(g);
}

int guard_open(const char *iface, const char *device, struct event_base *base,
	       const struct missiu *m, bool drop_unmatched, struct guard **out,
	       struct missiu_diag *diag)
{
	struct guard *g = calloc(1, sizeof(*g));
	int err;

	if (!g)
		return diag_set(diag, MISSIU_ENOMEM, "out of memory");
	g->m = m;
	g->rules = (struct guard_rules){ .iface = iface,
					 .device = device,
					 .drop_unmatched = drop_unmatched };
	if (guard_table_name(iface, g->table))
		err = guard_nft_open(&g->nft, diag);
	else
		err = diag_set(diag, MISSIU_EUNSUP,
			       "nftables cannot name interface %s", iface);
	if (!err)
		err = listen_to(g, base, diag);
	if (!err)
		err = put_in_force(g, diag);
	if (!err) {
		*out = g;
		return 0;
	}
	diag_prefix(diag, "the kernel's own path cannot be guarded "
			  "(--no-guard does without): ");
	forget(g);
	return MISSIU_EUNSUP;
}

void guard_close(struct guard *g, bool keep)
{
	struct missiu_diag diag;

	if (!g)
		return;
	if (keep)
		log_warn(spd,
			 "guard: table %s stays in force; 'missiu -i %s "
			 "stop' removes it",
			 g->table, g->rules.iface);
	else if (remove_table(g->nft, g->table, &diag))
		log_err(spd, "guard: table %s is not removed: %s", g->table,
			diag.msg);
	forget(g);
}

bool guard_inherited(const struct guard *g)
{
	return g && g->inherited;
}

void guard_state_get(struct guard *g, struct guard_state *out)
{
	*out = (struct guard_state){ .inherited = g->inherited };
	memcpy(out->table, g->table, sizeof(out->table));
	memcpy(out->problem, g->problem.msg, sizeof(out->problem));
	guard_nft_counters(g->nft, g->table, out->dropped);
}

int guard_remove(const char *iface, struct missiu_diag *diag)
{
	char table[GUARD_TABLE_MAX];
	struct guard_nft *n = NULL;
	int found = 0;

	if (!guard_table_name(iface, table) || guard_nft_open(&n, diag))
		return 0;
	if (guard_nft_has(n, table)) {
		found = remove_table(n, table, diag);
		if (!found)
			found = 1;
	}
	guard_nft_close(n);
	return found;
}
