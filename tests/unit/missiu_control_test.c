/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The control server with several clients, good and bad, on sockets in a
 * folder of the test's own. Client and server take turns in one thread.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <errno.h>
#include <limits.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/addr.h"
#include "common/diag.h"
#include "ctl/dp.h"
#include "ctl/serve.h"
#include "ctl/sock.h"
#include "missiu/control.h"

#define IFACE "test0"

struct world {
	char dir[32];
	struct event_base *base;
	struct missiu *m;
	struct control *control;
	int n_stop, n_changed, n_spd;
	struct ctl_net net;
	int n_net, n_net_gone, net_err;
};

static char *give_status(void *ctx)
{
	(void)ctx;
	return strdup("{\"a\": 1}");
}

static void on_stop(void *ctx)
{
	((struct world *)ctx)->n_stop++;
}

static void on_changed(void *ctx)
{
	((struct world *)ctx)->n_changed++;
}

static void on_spd(void *ctx)
{
	((struct world *)ctx)->n_spd++;
}

static int on_net(void *ctx, const struct ctl_net *net,
		  struct missiu_diag *diag)
{
	struct world *w = ctx;

	if (!net) {
		w->n_net_gone++;
		return 0;
	}
	w->n_net++;
	w->net = *net;
	return w->net_err ? diag_set(diag, w->net_err, "not now") : 0;
}

static int start(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	const struct control_hooks hooks = { w,		 give_status, on_stop,
					     on_changed, on_spd,      on_net };

	if (!w)
		return -1;
	snprintf(w->dir, sizeof(w->dir), "/tmp/missiu-unit.XXXXXX");
	if (!mkdtemp(w->dir) || !ctl_set_run_dir(w->dir))
		return -1;
	w->base = event_base_new();
	w->m = missiu_new(NULL);
	if (control_open(IFACE, w->base, w->m, &hooks, &w->control, NULL))
		return -1;
	*state = w;
	return 0;
}

static int stop(void **state)
{
	struct world *w = *state;
	int stopper = control_close(w->control);

	if (stopper >= 0)
		close(stopper);
	event_base_free(w->base);
	missiu_free(w->m);
	/* Fails when a socket file was left behind. */
	if (rmdir(w->dir))
		return -1;
	free(w);
	return 0;
}

/* Let the server do all that it can do now. */
static void spin(const struct world *w)
{
	for (int i = 0; i < 8; i++)
		event_base_loop(w->base, EVLOOP_NONBLOCK);
}

static int dial(const struct world *w, const char *prefix)
{
	int fd = ctl_dial(prefix, IFACE, NULL);

	assert_true(fd >= 0);
	spin(w);
	return fd;
}

static bool hung_up(int fd)
{
	char byte;

	return recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0 ||
	       errno == ECONNRESET;
}

/* One request without argument; Return: the reply's status. */
static int ask(const struct world *w, int fd, uint32_t type, size_t *len)
{
	struct ctl_frame f;
	int status;

	assert_int_equal(ctl_send(fd, type, NULL, 0, NULL, 0), 0);
	spin(w);
	assert_int_equal(ctl_recv(fd, &f), 0);
	status = (int)f.type;
	if (len)
		*len = f.data_len;
	ctl_frame_fini(&f);
	return status;
}

static void add_policy(const struct world *w, uint8_t host)
{
	struct missiu_change c = {
		.kind = MISSIU_CHG_ADD_POLICY,
		.policy = { .dirs = MISSIU_IN | MISSIU_OUT,
			    .action = MISSIU_BYPASS },
	};

	c.policy.local.port_hi = UINT16_MAX;
	c.policy.remote.port_hi = UINT16_MAX;
	c.policy.remote.lo = (struct missiu_addr){ 4, { 10, 0, 0, host } };
	c.policy.remote.hi = c.policy.remote.lo;
	assert_int_equal(missiu_load(w->m, &c, 1, 1, NULL, NULL), 0);
}

static void test_sockets_are_private(void **state)
{
	char path[PATH_MAX];
	struct stat st;

	(void)state;
	assert_true(ctl_path(path, sizeof(path), CTL_FIFO_PREFIX, IFACE));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_true(ctl_path(path, sizeof(path), CTL_PFKEY_PREFIX, IFACE));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

static void test_requests_are_answered(void **state)
{
	struct world *w = *state;
	int fd = dial(w, CTL_FIFO_PREFIX);
	size_t len;

	assert_int_equal(ask(w, fd, CTL_STATUS, &len), 0);
	assert_int_equal(len, strlen("{\"a\": 1}"));
	assert_int_equal(ask(w, fd, CTL_DUMP_SPD, &len), 0);
	assert_true(len > 0);
	assert_int_equal(w->n_changed, 0);
	assert_int_equal(ask(w, fd, 4242, NULL), MISSIU_EUNSUP);
	assert_int_equal(ask(w, fd, CTL_STATUS, NULL), 0);
	close(fd);
}

static void test_changes_are_told(void **state)
{
	struct world *w = *state;
	int fd = dial(w, CTL_FIFO_PREFIX);

	add_policy(w, 1);
	control_events(w->control);
	assert_int_equal(w->n_spd, 1);
	assert_int_equal(ask(w, fd, CTL_FLUSH_SPD, NULL), 0);
	assert_int_equal(w->n_changed, 1);
	assert_int_equal(w->n_spd, 2);
	close(fd);
}

static void test_garbage_closes_that_client_only(void **state)
{
	struct world *w = *state;
	int good = dial(w, CTL_FIFO_PREFIX), bad = dial(w, CTL_FIFO_PREFIX);
	int pfkey = dial(w, CTL_PFKEY_PREFIX), big = dial(w, CTL_PFKEY_PREFIX);
	static const uint8_t junk[PFKEY_MSG_MAX + 1] = { 2, 0xff, 0xff, 0xff };

	assert_int_equal(send(bad, junk, 7, 0), 7);
	assert_int_equal(send(pfkey, junk, 64, 0), 64);
	assert_int_equal(send(big, junk, sizeof(junk), 0), sizeof(junk));
	spin(w);
	assert_true(hung_up(bad));
	assert_true(hung_up(big));
	assert_int_equal(ask(w, good, CTL_STATUS, NULL), 0);
	close(dial(w, CTL_PFKEY_PREFIX));
	spin(w);
	assert_int_equal(ask(w, good, CTL_STATUS, NULL), 0);
	close(good);
	close(bad);
	close(pfkey);
	close(big);
}

static void test_silent_client_blocks_nobody(void **state)
{
	struct world *w = *state;
	int silent = dial(w, CTL_FIFO_PREFIX), fd = dial(w, CTL_FIFO_PREFIX);

	assert_int_equal(ask(w, fd, CTL_STATUS, NULL), 0);
	assert_false(hung_up(silent));
	close(silent);
	close(fd);
}

static void test_clients_are_bounded(void **state)
{
	struct world *w = *state;
	int fds[CONTROL_CLIENTS_MAX], extra;

	for (int i = 0; i < CONTROL_CLIENTS_MAX; i++)
		fds[i] = dial(w, i % 2 ? CTL_FIFO_PREFIX : CTL_PFKEY_PREFIX);
	extra = dial(w, CTL_FIFO_PREFIX);
	assert_true(hung_up(extra));
	close(extra);
	assert_int_equal(ask(w, fds[1], CTL_STATUS, NULL), 0);
	close(fds[3]);
	spin(w);
	extra = dial(w, CTL_FIFO_PREFIX);
	assert_int_equal(ask(w, extra, CTL_STATUS, NULL), 0);
	close(extra);
	for (int i = 0; i < CONTROL_CLIENTS_MAX; i++)
		if (i != 3)
			close(fds[i]);
}

static void test_watchers_get_events(void **state)
{
	struct world *w = *state;
	int fd = dial(w, CTL_FIFO_PREFIX), other = dial(w, CTL_FIFO_PREFIX);
	struct ctl_frame f;

	assert_int_equal(ask(w, fd, CTL_REGISTER_EVENTS, NULL), 0);
	add_policy(w, 1);
	control_events(w->control);
	assert_int_equal(ctl_recv(fd, &f), 0);
	assert_int_equal(f.type, CTL_REGISTER_EVENTS);
	assert_true(f.text_len > 0);
	ctl_frame_fini(&f);
	assert_int_equal(ctl_recv(fd, &f), MISSIU_EAGAIN);
	assert_int_equal(ctl_recv(other, &f), MISSIU_EAGAIN);
	close(fd);
	close(other);
}

/* A packet to 10.0.0.9 that a policy wants protected: the engine asks once. */
static void ask_for_sa(struct world *w)
{
	static const uint8_t packet[28] = { 0x45, 0,  0,  28, 0, 0,  0,
					    0,	  64, 1,  0,  0, 10, 0,
					    0,	  1,  10, 0,  0, 9,  0x08 };
	struct missiu_change c = {
		.kind = MISSIU_CHG_ADD_POLICY,
		.policy = { .dirs = MISSIU_IN | MISSIU_OUT,
			    .action = MISSIU_PROTECT,
			    .mode = MISSIU_TRANSPORT,
			    .n_prot = 1,
			    .prot = { { .proto = MISSIU_ESP,
					.encr = MISSIU_ENCR_AES_GCM,
					.auth = MISSIU_AUTH_NONE } } },
	};
	uint8_t buf[MISSIU_HEADROOM + sizeof(packet) + MISSIU_TAILROOM];
	struct missiu_pkt k = { .head = buf,
				.cap = sizeof(buf),
				.data = buf + MISSIU_HEADROOM,
				.len = sizeof(packet) };
	struct missiu_pkt *v[] = { &k };

	c.policy.local.port_hi = UINT16_MAX;
	c.policy.remote.port_hi = UINT16_MAX;
	assert_int_equal(missiu_load(w->m, &c, 1, 1, NULL, NULL), 0);
	memcpy(k.data, packet, sizeof(packet));
	assert_int_equal(missiu_outbound(w->m, v, 1, 2), 0);
	assert_int_equal(k.verdict, MISSIU_V_HELD);
	control_events(w->control);
}

static void test_late_key_daemon_hears_what_is_wanted(void **state)
{
	struct world *w = *state;
	struct ctl_frame f;
	int fd;

	ask_for_sa(w);
	fd = dial(w, CTL_FIFO_PREFIX);
	assert_int_equal(ask(w, fd, CTL_DUMP_SPD, NULL), 0);
	assert_int_equal(ctl_recv(fd, &f), MISSIU_EAGAIN);
	assert_int_equal(ask(w, fd, CTL_REGISTER_EVENTS, NULL), 0);
	assert_int_equal(ctl_recv(fd, &f), MISSIU_EAGAIN);
	assert_int_equal(ask(w, fd, CTL_DUMP_SPD, NULL), 0);
	assert_int_equal(ctl_recv(fd, &f), 0);
	assert_int_equal(f.type, CTL_REGISTER_EVENTS);
	ctl_frame_fini(&f);
	assert_int_equal(ask(w, fd, CTL_DUMP_SPD, NULL), 0);
	assert_int_equal(ctl_recv(fd, &f), MISSIU_EAGAIN);
	close(fd);
}

/* A watcher that never reads loses its connection, the others lose nothing. */
static void test_slow_watcher_is_dropped(void **state)
{
	struct world *w = *state;
	int slow = dial(w, CTL_FIFO_PREFIX), good = dial(w, CTL_FIFO_PREFIX);
	struct ctl_frame f;
	int sent = 0, received = 0;

	assert_int_equal(ask(w, slow, CTL_REGISTER_EVENTS, NULL), 0);
	assert_int_equal(ask(w, good, CTL_REGISTER_EVENTS, NULL), 0);
	for (; sent < 4000; sent++) {
		add_policy(w, (uint8_t)sent);
		control_events(w->control);
		spin(w);
		while (!ctl_recv(good, &f)) {
			ctl_frame_fini(&f);
			received++;
		}
		if (sent % 100 == 99) {
			struct missiu_change c = {
				.kind = MISSIU_CHG_FLUSH_POLICY
			};

			assert_int_equal(
				missiu_load(w->m, &c, 1, 1, NULL, NULL), 0);
		}
	}
	assert_true(received >= sent);
	while (!ctl_recv(slow, &f))
		ctl_frame_fini(&f);
	assert_true(hung_up(slow));
	assert_int_equal(ask(w, dial(w, CTL_FIFO_PREFIX), CTL_STATUS, NULL), 0);
	close(slow);
	close(good);
}

/* --- what a peer assigned */

struct told {
	int n_refused, err;
	char text[64];
};

static void on_policies(void *ctx, const struct missiu_policy *v, size_t n)
{
	(void)ctx;
	(void)v;
	(void)n;
}

static void on_event(void *ctx, const struct missiu_event *ev)
{
	(void)ctx;
	(void)ev;
}

static void on_refused(void *ctx, uint64_t owner, uint32_t spi, int err,
		       const char *text)
{
	struct told *t = ctx;

	assert_true(!owner && !spi);
	t->n_refused++;
	t->err = err;
	snprintf(t->text, sizeof(t->text), "%s", text);
}

static void on_lost(void *ctx, int err)
{
	(void)ctx;
	fail_msg("lost: %d", err);
}

static void run_dp(struct world *w, struct dp *dp)
{
	for (int i = 0; i < 20; i++) {
		event_base_loop(w->base, EVLOOP_NONBLOCK);
		dp->ops->process(dp);
	}
}

static void test_assigned_addresses_end_with_the_connection(void **state)
{
	int (*const open[])(
		const char *, const struct dp_handlers *, struct dp **,
		struct missiu_diag *) = { dp_pfkey_open, dp_ioctl_open };
	struct world *w = *state;

	for (int i = 0; i < 2; i++) {
		struct told t = { 0 };
		const struct dp_handlers on = { on_policies, on_event,
						on_refused, on_lost, &t };
		struct ctl_net net = { .name = "home", .n_addr = 1 };
		struct dp *dp;

		addr_parse("10.20.0.5", &net.addr[0]);
		assert_int_equal(open[i](IFACE, &on, &dp, NULL), 0);
		run_dp(w, dp);
		assert_int_equal(dp->ops->net_set(dp, &net), 0);
		run_dp(w, dp);
		assert_int_equal(w->n_net, 2 * i + 1);
		assert_memory_equal(&w->net, &net, sizeof(net));
		assert_int_equal(t.n_refused, 0);
		w->net_err = MISSIU_EPERM;
		assert_int_equal(dp->ops->net_set(dp, &net), 0);
		run_dp(w, dp);
		w->net_err = 0;
		assert_int_equal(t.n_refused, 1);
		assert_int_equal(t.err, MISSIU_EPERM);
		assert_string_equal(t.text, "not now");
		assert_int_equal(w->n_net_gone, i);
		dp->ops->free(dp);
		for (int k = 0; k < 20; k++)
			event_base_loop(w->base, EVLOOP_NONBLOCK);
		assert_int_equal(w->n_net_gone, i + 1);
	}
}

/* A key daemon that ends deletes its SAs and does not wait for the answers. */
static void test_last_requests_of_one_who_hung_up_are_done(void **state)
{
	struct world *w = *state;
	struct told t = { 0 };
	const struct dp_handlers on = { on_policies, on_event, on_refused,
					on_lost, &t };
	struct missiu_sa sa = { .spi = 0x1000,
				.dir = MISSIU_IN,
				.proto = MISSIU_ESP,
				.mode = MISSIU_TRANSPORT,
				.encr = MISSIU_ENCR_AES_GCM,
				.auth = MISSIU_AUTH_NONE,
				.icv_len = 16,
				.encr_key_len = 20,
				.replay_window = 64,
				.owner = 7 };
	struct missiu_stats st;
	struct dp *dp;

	addr_parse("192.0.2.1", &sa.src);
	addr_parse("192.0.2.2", &sa.dst);
	assert_int_equal(dp_pfkey_open(IFACE, &on, &dp, NULL), 0);
	for (uint32_t i = 0; i < 20; i++) {
		sa.spi = 0x1000 + i;
		assert_int_equal(dp->ops->sa_add(dp, &sa), 0);
		run_dp(w, dp);
	}
	missiu_stats_get(w->m, &st);
	assert_int_equal(st.n_sa, 20);
	for (uint32_t i = 0; i < 20; i++)
		assert_int_equal(
			dp->ops->sa_del(dp, MISSIU_ESP, 0x1000 + i, &sa.dst),
			0);
	dp->ops->free(dp);
	for (int i = 0; i < 60; i++)
		event_base_loop(w->base, EVLOOP_NONBLOCK);
	missiu_stats_get(w->m, &st);
	assert_int_equal(st.n_sa, 0);
}

static void test_stopper_hears_the_end_last(void **state)
{
	struct world *w = *state;
	int fd = dial(w, CTL_FIFO_PREFIX), stopper;
	const struct control_hooks hooks = { w,		 give_status, on_stop,
					     on_changed, on_spd,      on_net };

	assert_int_equal(ask(w, fd, CTL_STOP, NULL), 0);
	assert_int_equal(w->n_stop, 1);
	stopper = control_close(w->control);
	assert_true(stopper >= 0);
	assert_false(hung_up(fd));
	close(stopper);
	assert_true(hung_up(fd));
	close(fd);
	assert_int_equal(
		control_open(IFACE, w->base, w->m, &hooks, &w->control, NULL),
		0);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, start, stop)
	const struct CMUnitTest tests[] = {
		T(test_sockets_are_private),
		T(test_requests_are_answered),
		T(test_changes_are_told),
		T(test_garbage_closes_that_client_only),
		T(test_silent_client_blocks_nobody),
		T(test_clients_are_bounded),
		T(test_watchers_get_events),
		T(test_late_key_daemon_hears_what_is_wanted),
		T(test_slow_watcher_is_dropped),
		T(test_assigned_addresses_end_with_the_connection),
		T(test_last_requests_of_one_who_hung_up_are_done),
		T(test_stopper_hears_the_end_last),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
