/* SPDX-License-Identifier: Apache-2.0 */
#include "ike/loop.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/addr.h"
#include "common/clock.h"
#include "common/diag.h"
#include "common/log.h"
#include "ctl/sock.h"
#include "ike/isolate.h"
#include "ike/loop_impl.h"

/* Perform what the core wants and sleep until it wants to be called again. */
void loop_settle(struct loop *l)
{
	missiu_usec now = clock_now(), next = ike_tick(l->ike, now), wait, kept;
	struct timeval tv;

	loop_act(l);
	loop_act_later(l, now);
	if (l->later.del && l->later.del->due_us < next)
		next = l->later.del->due_us;
	kept = lease_file_save(&l->leases, l->ike, now);
	if (kept < next)
		next = kept;
	wait = next > now ? next - now : 0;
	if (wait > 3600u * 1000000u)
		wait = 3600u * 1000000u;
	tv.tv_sec = (time_t)(wait / 1000000);
	tv.tv_usec = (suseconds_t)(wait % 1000000);
	event_add(l->timer, &tv);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	loop_settle(arg);
}

/* --- start and stop */

static void on_signal(evutil_socket_t fd, short what, void *arg)
{
	struct loop *l = arg;

	(void)fd;
	(void)what;
	event_base_loopbreak(l->base);
}

static int find_iface(struct loop *l, struct missiu_diag *diag)
{
	if (!l->cli->iface)
		return ctl_find_instance(l->iface, sizeof(l->iface), diag);
	if (strlen(l->cli->iface) >= IFNAMSIZ)
		return diag_set(diag, MISSIU_EINVAL,
				"-i: found '%s', expected an interface name",
				l->cli->iface);
	memcpy(l->iface, l->cli->iface, strlen(l->cli->iface) + 1);
	return 0;
}

static int open_events(struct loop *l)
{
	static const int signals[2] = { SIGINT, SIGTERM };
	event_callback_fn hangup;

	l->base = event_base_new();
	if (!l->base)
		return MISSIU_ENOMEM;
	l->timer = evtimer_new(l->base, on_timer, l);
	l->retry = evtimer_new(l->base, loop_on_retry, l);
	for (int i = 0; i < 2; i++) {
		l->sig[i] = evsignal_new(l->base, signals[i], on_signal, l);
		if (!l->sig[i] || event_add(l->sig[i], NULL))
			return MISSIU_ENOMEM;
	}
	/* Without a file to be opened again, a terminal has gone. */
	hangup =
		l->cli->config || l->cli->log_file ? loop_on_hangup : on_signal;
	l->sig[2] = evsignal_new(l->base, SIGHUP, hangup, l);
	if (!l->sig[2] || event_add(l->sig[2], NULL))
		return MISSIU_ENOMEM;
	return l->timer && l->retry ? 0 : MISSIU_ENOMEM;
}

static int64_t unix_s(void *ctx)
{
	(void)ctx;
	return time(NULL);
}

static bool log_wanted(int level)
{
	return log_enabled(LOG_G_ike, (enum log_level)level);
}

static void on_answer(void *ctx)
{
	loop_settle(ctx);
}

static bool news_wanted(void *ctx)
{
	const struct loop *l = ctx;

	return ike_control_heard(l->control);
}

static int start(struct loop *l, struct missiu_diag *diag)
{
	int ret = keyfiles_open(l->cli->save_keys, &l->keys, diag);

	if (!ret)
		ret = open_events(l);
	if (!ret) {
		l->sources = sources_new(l->base);
		l->asker = asker_new(l->base, on_answer, l);
		ret = l->sources && l->asker ? 0 : MISSIU_ENOMEM;
	}
	l->cli->conf.unix_s = unix_s;
	l->cli->conf.log_wanted = log_wanted;
	l->cli->conf.news_wanted = news_wanted;
	l->cli->conf.news_ctx = l;
	if (!ret)
		ret = find_iface(l, diag);
	if (!ret) {
		l->ike = ike_new(&l->cli->conf, diag);
		ret = l->ike ? 0 : MISSIU_EINVAL;
		if (!l->cli->n_psk && !l->cli->conf.cred && !l->cli->config)
			log_warn(ike, "no key yet: waiting for peers from "
				      "loadConfig; or give --config FILE, "
				      "--psk-file FILE or -p KEY");
		if (!ret)
			lease_file_load(&l->leases, l->iface, l->ike);
		cli_wipe(l->cli);
	}
	if (!ret)
		ret = loop_load_config(l, diag);
	if (!ret)
		ret = loop_open_network(l, diag);
	if (!ret)
		ret = loop_open_dp(l, diag);
	if (!ret)
		ret = loop_open_control(l, diag);
	if (!ret) {
		l->resolver = resolver_open(l->base);
		ret = l->resolver ? isolate(!l->cli->n_local, diag) :
				    MISSIU_ENOMEM;
	}
	if (!ret) {
		resolver_recover(l->resolver, l->iface);
		sources_load(l->sources, l->ike);
	}
	return ret;
}

static void fini(struct loop *l)
{
	resolver_close(l->resolver);
	ike_control_close(l->control);
	sources_free(l->sources);
	asker_free(l->asker);
	loop_close_network(l);
	loop_close_dp(l);
	for (int i = 0; i < 3; i++)
		if (l->sig[i])
			event_free(l->sig[i]);
	if (l->timer)
		event_free(l->timer);
	if (l->retry)
		event_free(l->retry);
	if (l->base)
		event_base_free(l->base);
	later_fini(&l->later);
	keyfiles_close(&l->keys);
	ike_free(l->ike);
}

int loop_run(struct cli *cli)
{
	struct missiu_diag diag = { "out of memory" };
	struct loop *l = calloc(1, sizeof(*l));
	int ret = MISSIU_ENOMEM;

	if (!l)
		return 1;
	l->cli = cli;
	l->addrs_fd = -1;
	ret = start(l, &diag);
	if (ret) {
		log_err(main, "%s", diag.msg);
		fini(l);
		free(l);
		return 1;
	}
	for (size_t i = 0; i < l->n_sock; i += 2)
		log_info(
			main,
			"listening on %s, ports 500 and 4500, data path %s on %s",
			addr_text(&l->sock[i].local.addr).s, l->dp->ops->name,
			l->iface);
	loop_want_peers(l);
	loop_settle(l);
	event_base_dispatch(l->base);
	ike_shutdown(l->ike, clock_now());
	loop_act(l);
	loop_act_later(l, UINT64_MAX);
	lease_file_save(&l->leases, l->ike, UINT64_MAX);
	fini(l);
	free(l);
	return 0;
}
