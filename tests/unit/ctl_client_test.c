/* SPDX-License-Identifier: Apache-2.0 */
/* The blocking client: against a real engine, and against hostile daemons. */
#include "ctl_samples.h"
#include "ctl_server.h"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>

#include "ctl/client.h"

/* The server of ctl_server.h in a thread; the engine is its own until join. */
struct service {
	struct server s;
	pthread_t thread;
	int quit;
};

static void wait_for_work(struct service *sv)
{
	struct pollfd p[SERVER_CONN + 3] = {
		{ .fd = sv->quit, .events = POLLIN },
		{ .fd = sv->s.fifo_fd, .events = POLLIN },
		{ .fd = sv->s.key_fd, .events = POLLIN },
	};
	nfds_t n = 3;
	size_t i;

	for (i = 0; i < SERVER_CONN; i++)
		if (sv->s.conns[i].fd)
			p[n++] = (struct pollfd){ .fd = sv->s.conns[i].fd,
						  .events = POLLIN };
	poll(p, n, -1);
	if (p[0].revents)
		sv->s.stopped = true;
}

static void *serve(void *arg)
{
	struct service *sv = arg;

	while (!sv->s.stopped) {
		wait_for_work(sv);
		server_step(&sv->s);
	}
	server_cut(&sv->s);
	return NULL;
}

static int start(void **state)
{
	struct service *sv = calloc(1, sizeof(*sv));

	assert_non_null(sv);
	server_start(&sv->s);
	sv->quit = eventfd(0, EFD_CLOEXEC);
	assert_int_equal(pthread_create(&sv->thread, NULL, serve, sv), 0);
	*state = sv;
	return 0;
}

static int stop(void **state)
{
	struct service *sv = *state;

	eventfd_write(sv->quit, 1);
	pthread_join(sv->thread, NULL);
	server_end(&sv->s);
	close(sv->quit);
	free(sv);
	return 0;
}

static struct ctl_conn *client(void)
{
	struct missiu_diag diag = { "" };
	struct ctl_conn *c = NULL;

	if (ctl_connect(NULL, &c, &diag))
		fail_msg("%s", diag.msg);
	return c;
}

static void fill_load(struct missiu_change *v)
{
	memset(v, 0, 4 * sizeof(*v));
	v[0].kind = MISSIU_CHG_FLUSH_POLICY;
	v[1].kind = MISSIU_CHG_ADD_POLICY;
	v[1].policy = policy_transport();
	v[2].kind = MISSIU_CHG_ADD_POLICY;
	v[2].policy = policy_tunnel();
	v[3].kind = MISSIU_CHG_ADD_SA;
	v[3].sa = sa_manual();
}

static void test_load_writes_ids_back_and_names_the_bad_change(void **state)
{
	struct missiu_diag diag = { "" };
	struct ctl_conn *c = client();
	struct missiu_change v[4];
	size_t bad = 99;

	(void)state;
	fill_load(v);
	assert_int_equal(ctl_load(c, v, 4, &bad, &diag), 0);
	assert_int_not_equal(v[1].policy.id, 0);
	assert_int_not_equal(v[2].policy.id, 0);
	fill_load(v);
	assert_int_equal(ctl_load(c, v, 4, &bad, &diag), MISSIU_EEXIST);
	assert_int_equal(bad, 3);
	assert_true(diag.msg[0]);
	assert_int_equal(ctl_load(c, v, (size_t)CTL_LOAD_MAX + 1, &bad, &diag),
			 MISSIU_EFULL);
	ctl_close(c);
}

static void test_dumps_give_what_was_loaded(void **state)
{
	const struct missiu_sa want = sa_manual();
	struct missiu_diag diag = { "" };
	struct ctl_conn *c = client();
	struct missiu_change v[4];
	struct ctl_policy *p;
	struct ctl_sa *sas;
	missiu_usec now = 0;
	size_t n;

	(void)state;
	assert_int_equal(ctl_sa_dump(c, true, &sas, &n, NULL, &diag), 0);
	assert_int_equal(n, 0);
	free(sas);
	fill_load(v);
	assert_int_equal(ctl_load(c, v, 4, NULL, &diag), 0);
	assert_int_equal(ctl_sa_dump(c, true, &sas, &n, &now, &diag), 0);
	assert_int_equal(n, 1);
	assert_int_equal(now, 1000000);
	same_sa(&sas[0].sa, &want);
	assert_int_equal(sas[0].stats.added_us, now);
	free(sas);
	assert_int_equal(ctl_sa_dump(c, false, &sas, &n, NULL, &diag), 0);
	assert_int_equal(n, 1);
	assert_int_equal(sas[0].sa.encr_key_len, 16);
	assert_int_equal(sas[0].sa.encr_key[0], 0);
	free(sas);
	assert_int_equal(ctl_policy_dump(c, &p, &n, &diag), 0);
	assert_int_equal(n, 2);
	same_policy(&p[1].policy, &v[2].policy);
	free(p);
	ctl_close(c);
}

static void test_ten_thousand_sas_load_and_dump(void **state)
{
	const uint32_t n = 10000;
	struct missiu_change *v = calloc(n, sizeof(*v));
	struct missiu_diag diag = { "" };
	struct ctl_conn *c = client();
	struct ctl_sa *sas;
	size_t got;
	uint32_t i;

	(void)state;
	assert_non_null(v);
	for (i = 0; i < n; i++) {
		v[i].kind = MISSIU_CHG_ADD_SA;
		v[i].sa = sa_manual();
		v[i].sa.spi = 0x10000 + i;
	}
	assert_int_equal(ctl_load(c, v, n, NULL, &diag), 0);
	assert_int_equal(ctl_sa_dump(c, true, &sas, &got, NULL, &diag), 0);
	assert_int_equal(got, n);
	assert_int_equal(sas[n - 1].sa.spi, 0x10000 + n - 1);
	free(sas);
	free(v);
	ctl_close(c);
}

static void test_status_is_text(void **state)
{
	struct ctl_conn *c = client();
	char *json = NULL;

	(void)state;
	assert_int_equal(ctl_status(c, &json, NULL), 0);
	assert_string_equal(json, "{}");
	free(json);
	ctl_close(c);
}

static void test_watcher_hears_of_changes_and_does_nothing_else(void **state)
{
	struct ctl_conn *w = client(), *c = client();
	struct missiu_change v[4];
	struct missiu_event ev;
	char *json;

	(void)state;
	assert_int_equal(ctl_watch_next(w, &ev), MISSIU_EINVAL);
	assert_int_equal(ctl_watch(w, NULL), 0);
	assert_int_equal(ctl_status(w, &json, NULL), MISSIU_EBUSY);
	fill_load(v);
	assert_int_equal(ctl_load(c, v, 4, NULL, NULL), 0);
	assert_int_equal(ctl_watch_next(w, &ev), 0);
	assert_int_equal(ev.kind, MISSIU_EV_SPD_CHANGED);
	ctl_close(c);
	ctl_close(w);
}

static void test_stop_returns_when_the_daemon_is_gone(void **state)
{
	struct service *sv = *state;
	struct ctl_conn *c = client();
	struct missiu_diag diag;

	assert_int_equal(ctl_stop(c, NULL), 0);
	assert_int_equal(access(sv->s.fifo, F_OK), -1);
	ctl_close(c);
	assert_int_equal(ctl_connect(SERVER_IF, &c, &diag), MISSIU_ECONN);
	assert_non_null(strstr(diag.msg, "startRaw"));
}

/* A daemon played by the test itself: its answers lie ready beforehand. */
struct hostile {
	struct server s; /* only its folder and listener are used */
	struct ctl_conn *c;
	int fd;
};

static int hostile_start(void **state)
{
	struct hostile *h = calloc(1, sizeof(*h));
	pid_t pid;

	assert_non_null(h);
	server_start(&h->s);
	h->c = client();
	/* Looking for instances knocks too: the last one is the client. */
	for (;;) {
		int fd = ctl_accept(h->s.fifo_fd, &pid);

		if (fd < 0)
			break;
		if (h->fd)
			close(h->fd);
		h->fd = fd;
	}
	assert_true(h->fd > 0);
	*state = h;
	return 0;
}

static int hostile_stop(void **state)
{
	struct hostile *h = *state;

	ctl_close(h->c);
	if (h->fd >= 0)
		close(h->fd);
	server_end(&h->s);
	free(h);
	return 0;
}

static void test_silent_daemon_is_given_up(void **state)
{
	struct hostile *h = *state;
	struct missiu_diag diag = { "" };
	char *json;

	ctl_set_limit(h->c, 1);
	assert_int_equal(ctl_status(h->c, &json, &diag), MISSIU_ETIME);
	assert_non_null(strstr(diag.msg, "does not answer"));
	/* A late answer must not be taken for that of the next request. */
	ctl_send(h->fd, 0, NULL, 0, "{}", 2);
	assert_int_equal(ctl_status(h->c, &json, &diag), MISSIU_ETIME);
}

static void test_daemon_that_does_not_stop_is_named(void **state)
{
	struct hostile *h = *state;
	struct missiu_diag diag = { "" };

	ctl_set_limit(h->c, 1);
	ctl_send(h->fd, 0, NULL, 0, NULL, 0); /* "yes", but stays */
	assert_int_equal(ctl_stop(h->c, &diag), MISSIU_ETIME);
	assert_non_null(strstr(diag.msg, "did not stop"));
}

static void test_daemon_that_goes_away_is_named(void **state)
{
	struct hostile *h = *state;
	struct missiu_diag diag = { "" };
	char *json;
	int err;

	close(h->fd);
	h->fd = -1;
	err = ctl_status(h->c, &json, &diag);
	assert_true(err == MISSIU_ECONN || err == MISSIU_EIO);
	assert_non_null(strstr(diag.msg, "closed the connection"));
}

static void test_refusal_carries_the_daemons_words(void **state)
{
	struct hostile *h = *state;
	struct missiu_diag diag = { "" };
	char *json;

	ctl_send(h->fd, (uint32_t)MISSIU_EPERM, "not you", 7, NULL, 0);
	assert_int_equal(ctl_status(h->c, &json, &diag), MISSIU_EPERM);
	assert_string_equal(diag.msg, "not you");
	ctl_send(h->fd, (uint32_t)MISSIU_EPERM, NULL, 0, NULL, 0);
	assert_int_equal(ctl_status(h->c, &json, &diag), MISSIU_EPERM);
	assert_string_equal(diag.msg, missiu_strerror(MISSIU_EPERM));
}

static void test_malformed_results_are_refused(void **state)
{
	/* SA dumps: nothing, another version, a count without items, one
	   byte too many. */
	static const uint8_t bad[][14] = {
		{ 0 },
		{ 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 },
		{ 1, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255 },
		{ 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0 },
		{ 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 },
	};
	const size_t len[] = { 0, 13, 13, 14, 14 };
	struct missiu_diag diag = { "" };
	struct ctl_sa *v;
	size_t i, n;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		struct hostile *h = *state;

		ctl_send(h->fd, 0, NULL, 0, bad[i], len[i]);
		assert_int_equal(ctl_sa_dump(h->c, true, &v, &n, NULL, &diag),
				 MISSIU_EPROTO);
		assert_non_null(strstr(diag.msg, "malformed"));
		hostile_stop(state);
		hostile_start(state);
	}
}

static void test_positive_status_and_junk_are_refused(void **state)
{
	struct hostile *h = *state;
	char *json;

	ctl_send(h->fd, 5, NULL, 0, NULL, 0);
	assert_int_equal(ctl_status(h->c, &json, NULL), MISSIU_EPROTO);
	hostile_stop(state);
	hostile_start(state);
	h = *state;
	assert_int_equal(send(h->fd, "junk", 4, 0), 4);
	assert_int_equal(ctl_status(h->c, &json, NULL), MISSIU_EPROTO);
	assert_int_equal(ctl_status(h->c, &json, NULL), MISSIU_EPROTO);
}

static void test_index_outside_the_load_is_not_believed(void **state)
{
	const uint8_t result[] = { 1, 0xff, 0xff, 0xff, 0xff };
	struct hostile *h = *state;
	struct missiu_change v[4];
	size_t bad = 77;

	fill_load(v);
	ctl_send(h->fd, (uint32_t)MISSIU_EINVAL, "no", 2, result, 5);
	assert_int_equal(ctl_load(h->c, v, 4, &bad, NULL), MISSIU_EINVAL);
	assert_in_range(bad, 0, 3);
	/* Success with too few ids. */
	ctl_send(h->fd, 0, NULL, 0, result, 5);
	assert_int_equal(ctl_load(h->c, v, 4, &bad, NULL), MISSIU_EPROTO);
}

static void test_watcher_refuses_what_is_no_event(void **state)
{
	struct hostile *h = *state;
	struct missiu_event ev;

	ctl_send(h->fd, 0, NULL, 0, NULL, 0);
	assert_int_equal(ctl_watch(h->c, NULL), 0);
	ctl_send(h->fd, CTL_REGISTER_EVENTS, "x", 1, NULL, 0);
	assert_int_equal(ctl_watch_next(h->c, &ev), MISSIU_EPROTO);
	close(h->fd);
	h->fd = -1;
	assert_int_equal(ctl_watch_next(h->c, &ev), MISSIU_ECONN);
}

int main(void)
{
#define REAL(t) cmocka_unit_test_setup_teardown(t, start, stop)
#define HOSTILE(t)                                                             \
	cmocka_unit_test_setup_teardown(t, hostile_start, hostile_stop)
	const struct CMUnitTest tests[] = {
		REAL(test_load_writes_ids_back_and_names_the_bad_change),
		REAL(test_dumps_give_what_was_loaded),
		REAL(test_ten_thousand_sas_load_and_dump),
		REAL(test_status_is_text),
		REAL(test_watcher_hears_of_changes_and_does_nothing_else),
		REAL(test_stop_returns_when_the_daemon_is_gone),
		HOSTILE(test_silent_daemon_is_given_up),
		HOSTILE(test_daemon_that_does_not_stop_is_named),
		HOSTILE(test_daemon_that_goes_away_is_named),
		HOSTILE(test_refusal_carries_the_daemons_words),
		HOSTILE(test_malformed_results_are_refused),
		HOSTILE(test_positive_status_and_junk_are_refused),
		HOSTILE(test_index_outside_the_load_is_not_believed),
		HOSTILE(test_watcher_refuses_what_is_no_event),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
