/* SPDX-License-Identifier: Apache-2.0 */
/* The control socket by its clients: requests, refusals, listeners. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "common/diag.h"
#include "common/log.h"
#include "ctl/serve.h"
#include "ctl/sock.h"
#include "ike/control.h"

struct rig {
	char dir[64], path[100];
	struct event_base *base;
	struct ike_control *c;
	char peer[64]; /* what the last hook was told */
	bool child, ike;
};

static char *on_status(void *ctx)
{
	(void)ctx;
	return strdup("{}");
}

static int on_up(void *ctx, const char *peer, struct missiu_diag *diag)
{
	struct rig *r = ctx;

	if (!strcmp(peer, "nobody"))
		return diag_set(diag, MISSIU_ENOENT, "no such peer");
	snprintf(r->peer, sizeof(r->peer), "%s", peer);
	return 3;
}

static int on_rekey(void *ctx, const char *peer, bool child, bool ike,
		    struct missiu_diag *diag)
{
	struct rig *r = ctx;

	(void)diag;
	snprintf(r->peer, sizeof(r->peer), "%s", peer);
	r->child = child;
	r->ike = ike;
	return 1;
}

static int set_up(void **state)
{
	struct rig *r = calloc(1, sizeof(*r));
	const struct ike_control_hooks hooks = { .ctx = r,
						 .status = on_status,
						 .up = on_up,
						 .down = on_up,
						 .rekey = on_rekey };
	struct missiu_diag diag;

	assert_non_null(r);
	log_set_level(LOG_G_MAX, LOG_L_ERR);
	snprintf(r->dir, sizeof(r->dir), "/tmp/ike-control.XXXXXX");
	assert_non_null(mkdtemp(r->dir));
	assert_true(ctl_set_run_dir(r->dir));
	snprintf(r->path, sizeof(r->path), "%s/%seth0", r->dir, IKE_CTL_PREFIX);
	r->base = event_base_new();
	assert_int_equal(
		ike_control_open("eth0", r->base, &hooks, &r->c, &diag), 0);
	*state = r;
	return 0;
}

static int tear_down(void **state)
{
	struct rig *r = *state;

	ike_control_close(r->c);
	event_base_free(r->base);
	assert_int_equal(rmdir(r->dir), 0); /* the socket is gone */
	free(r);
	ctl_set_run_dir(NULL);
	return 0;
}

static void turn(struct rig *r)
{
	for (int i = 0; i < 4; i++)
		event_base_loop(r->base, EVLOOP_NONBLOCK);
}

static int dial(struct rig *r)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0);

	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", r->path);
	assert_int_equal(connect(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	turn(r);
	return fd;
}

/* One request; Return: status of the reply, its text in @text. */
static int ask(struct rig *r, int fd, uint32_t type, const char *arg,
	       char text[static 256])
{
	struct ctl_frame f = { 0 };
	int ret;

	assert_int_equal(ctl_send(fd, type, arg, strlen(arg), NULL, 0), 0);
	turn(r);
	assert_int_equal(ctl_recv(fd, &f), 0);
	snprintf(text, 256, "%.255s", f.text);
	ret = (int)f.type;
	ctl_frame_fini(&f);
	return ret;
}

static bool ended(int fd)
{
	char b[16];

	return recv(fd, b, sizeof(b), 0) == 0;
}

static void test_requests_reach_their_hook(void **state)
{
	static const struct {
		uint32_t type;
		const char *arg;
		int status;
		const char *text; /* part of it */
	} v[] = {
		{ IKE_CTL_UP, "10.0.0.1", 0, "3" },
		{ IKE_CTL_UP, "nobody", MISSIU_ENOENT, "no such peer" },
		{ IKE_CTL_DOWN, "10.0.0.2", 0, "3" },
		{ IKE_CTL_REKEY, "10.0.0.3", 0, "1" },
		{ IKE_CTL_REKEY, "10.0.0.3 child", 0, "1" },
		{ IKE_CTL_REKEY, "10.0.0.3 ike", 0, "1" },
		{ IKE_CTL_REKEY, "10.0.0.3 both", MISSIU_EINVAL, "child, ike" },
		{ IKE_CTL_REKEY, "", MISSIU_EINVAL, "expected a peer" },
		{ IKE_CTL_LOG, "ike error", 0, "0" },
		{ IKE_CTL_LOG, "all error", 0, "0" },
		{ IKE_CTL_LOG, "ike", MISSIU_EINVAL, "a group and a level" },
		{ IKE_CTL_LOG, "no error", MISSIU_EINVAL, "found group 'no'" },
		{ IKE_CTL_LOG, "ike loud", MISSIU_EINVAL, "level 'loud'" },
		{ 4711, "", MISSIU_EUNSUP, "unknown request 4711" },
	};
	struct rig *r = *state;
	char text[256];

	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		int fd = dial(r);

		assert_int_equal(ask(r, fd, v[i].type, v[i].arg, text),
				 v[i].status);
		if (!strstr(text, v[i].text))
			fail_msg("row %zu: %s", i, text);
		if (!v[i].status && v[i].type != IKE_CTL_LOG)
			assert_non_null(strstr(v[i].arg, r->peer));
		if (v[i].type == IKE_CTL_REKEY && !v[i].status) {
			assert_int_equal(r->child, !strstr(v[i].arg, "ike"));
			assert_int_equal(r->ike, !strstr(v[i].arg, "child"));
		}
		assert_true(ended(fd)); /* one request a connection */
		close(fd);
	}
}

static void test_garbage_ends_the_connection_only(void **state)
{
	struct rig *r = *state;
	char text[256];

	for (size_t len = 1; len < 12; len++) {
		static const uint8_t junk[12] = { 1, 2, 3, 4, 5, 6, 7, 8 };
		int fd = dial(r);

		assert_int_equal(send(fd, junk, len, 0), (ssize_t)len);
		turn(r);
		assert_true(ended(fd));
		close(fd);
	}
	assert_int_equal(ask(r, dial(r), IKE_CTL_UP, "p", text), 0);
}

static void test_only_so_many_are_served_at_once(void **state)
{
	struct rig *r = *state;
	int fd[IKE_CTL_CLIENTS + 1];
	char text[256];

	for (size_t i = 0; i <= IKE_CTL_CLIENTS; i++)
		fd[i] = dial(r);
	assert_true(ended(fd[IKE_CTL_CLIENTS]));
	for (size_t i = 0; i <= IKE_CTL_CLIENTS; i++)
		close(fd[i]);
	turn(r);
	assert_int_equal(ask(r, dial(r), IKE_CTL_UP, "p", text), 0);
}

static int listener(struct rig *r)
{
	int fd = dial(r);
	char text[256];

	assert_int_equal(ask(r, fd, IKE_CTL_MONITOR, "", text), 0);
	return fd;
}

/* The next event's policy number; -1: none. */
static long next_policy(int fd)
{
	char b[4096];
	ssize_t n = recv(fd, b, sizeof(b), 0);
	json_t *e;
	long v;

	if (n <= 0)
		return -1;
	e = json_loadb(b, (size_t)n, 0, NULL);
	assert_non_null(e);
	v = (long)json_integer_value(json_object_get(e, "policy"));
	json_decref(e);
	return v;
}

static void test_who_does_not_read_is_cut_off_others_hear_all(void **state)
{
	struct ike_news n = { .kind = IKE_NEWS_child_up, .child = true };
	struct rig *r = *state;
	int deaf = listener(r), slow = listener(r), good = listener(r);
	long heard = 0;

	memset(n.ts_local, 'x', sizeof(n.ts_local) - 1);
	for (n.policy_id = 1; n.policy_id <= 6000; n.policy_id++) {
		ike_control_tell(r->c, &n);
		assert_int_equal(next_policy(good), n.policy_id);
		/* One who falls behind, but within bounds, loses nothing. */
		if (n.policy_id % 500 == 0)
			do {
				turn(r);
				while (next_policy(slow) == heard + 1)
					heard++;
			} while (heard < n.policy_id);
	}
	assert_int_equal(heard, 6000);
	turn(r);
	while (next_policy(deaf) > 0)
		continue;
	assert_true(ended(deaf));
	close(deaf);
	/* A listener that leaves makes room. */
	close(slow);
	close(good);
	turn(r);
	ike_control_tell(r->c, &n);
	good = listener(r);
	ike_control_tell(r->c, &n);
	assert_int_equal(next_policy(good), n.policy_id);
	close(good);
}

static void test_the_socket_is_for_its_owner_only(void **state)
{
	struct rig *r = *state;
	struct stat st;

	assert_int_equal(stat(r->path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_requests_reach_their_hook),
		TEST(test_garbage_ends_the_connection_only),
		TEST(test_only_so_many_are_served_at_once),
		TEST(test_who_does_not_read_is_cut_off_others_hear_all),
		TEST(test_the_socket_is_for_its_owner_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
