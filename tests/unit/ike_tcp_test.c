/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Connections of the key daemon on loopback. This test is the core, two peers
 * and missiu at once, in one thread.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/addr.h"
#include "ctl/sock.h"
#include "ctl/stream.h"
#include "ike/tcp.h"
#include "ike/tcp_stream.h"

#define PORT ((uint16_t)(20000 + getpid() % 20000))

struct world {
	char dir[32];
	struct event_base *base;
	struct tcp *tcp;
	int listener, dp; /* missiu's */
	int peer[2];
	uint16_t rport[2];
	size_t n_message, len;
	struct ike_end local, remote; /* of the last message */
	uint8_t buf[CTL_STREAM_MAX];
};

static bool on_ready(void *ctx)
{
	(void)ctx;
	return true;
}

static void on_message(void *ctx, const struct ike_end *local,
		       const struct ike_end *remote, const uint8_t *msg,
		       size_t len)
{
	struct world *w = ctx;

	(void)msg;
	w->n_message++;
	w->len = len;
	w->local = *local;
	w->remote = *remote;
}

static void on_settle(void *ctx)
{
	(void)ctx;
}

static bool on_wanted(void *ctx, const struct ike_end *local,
		      const struct ike_end *remote)
{
	(void)ctx;
	(void)local;
	(void)remote;
	return true;
}

static void on_again(void *ctx, const struct ike_end *local,
		     const struct ike_end *remote)
{
	(void)ctx;
	(void)local;
	(void)remote;
}

static void turn(struct world *w)
{
	for (int i = 0; i < 16; i++)
		event_base_loop(w->base, EVLOOP_NONBLOCK);
}

static struct missiu_addr loopback(void)
{
	struct missiu_addr a;

	assert_true(addr_parse("127.0.0.1", &a));
	return a;
}

static void join(struct world *w, int i)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_port = htons(PORT),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr_in me;
	socklen_t len = sizeof(me);
	int small = 4096;

	w->peer[i] = socket(AF_INET, SOCK_STREAM, 0);
	assert_true(w->peer[i] >= 0);
	setsockopt(w->peer[i], SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	assert_int_equal(
		connect(w->peer[i], (struct sockaddr *)&to, sizeof(to)), 0);
	getsockname(w->peer[i], (struct sockaddr *)&me, &len);
	w->rport[i] = ntohs(me.sin_port);
	assert_int_equal(send(w->peer[i], TCP_PREFIX, 6, 0), 6);
	turn(w);
}

static int set_up(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	const struct tcp_hooks on = { .ctx = w,
				      .ready = on_ready,
				      .message = on_message,
				      .settle = on_settle,
				      .wanted = on_wanted,
				      .again = on_again };
	const struct missiu_addr addr = loopback();
	struct missiu_diag diag;
	char path[64];
	pid_t pid;

	assert_non_null(w);
	memcpy(w->dir, "/tmp/missiu-ike.XXXXXX", 23);
	assert_non_null(mkdtemp(w->dir));
	assert_true(ctl_set_run_dir(w->dir));
	assert_true(ctl_path(path, sizeof(path), CTL_STREAM_PREFIX, "lo"));
	w->listener = ctl_listen(path, &diag);
	assert_true(w->listener >= 0);
	w->base = event_base_new();
	w->tcp = tcp_new(w->base, "lo", PORT, &on);
	assert_non_null(w->tcp);
	assert_int_equal(tcp_listen(w->tcp, &addr, &diag), 0);
	tcp_dp_open(w->tcp);
	w->dp = ctl_accept(w->listener, &pid);
	assert_true(w->dp >= 0);
	assert_int_equal(recv(w->dp, w->buf, sizeof(w->buf), 0),
			 CTL_STREAM_HELLO);
	assert_int_equal(ctl_stream_port(w->buf, CTL_STREAM_HELLO), PORT);
	join(w, 0);
	join(w, 1);
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;
	char path[64];

	tcp_free(w->tcp);
	event_base_free(w->base);
	close(w->peer[0]);
	close(w->peer[1]);
	close(w->dp);
	close(w->listener);
	assert_true(ctl_path(path, sizeof(path), CTL_STREAM_PREFIX, "lo"));
	unlink(path);
	rmdir(w->dir);
	ctl_set_run_dir(NULL);
	free(w);
	return 0;
}

static struct tcp_counters counters(const struct world *w)
{
	struct tcp_counters n;

	assert_true(tcp_counters(w->tcp, &n));
	return n;
}

static struct ike_end end_of(uint16_t port)
{
	return (struct ike_end){ .addr = loopback(),
				 .port = port,
				 .via = IKE_VIA_TCP };
}

/* missiu has ESP for a peer. */
static void from_missiu(struct world *w, int i, size_t n)
{
	const struct ctl_stream_ends e = { .local = loopback(),
					   .remote = loopback(),
					   .lport = PORT,
					   .rport = w->rport[i] };

	memset(w->buf, 1, sizeof(w->buf));
	ctl_stream_put(&e, w->buf);
	w->buf[CTL_STREAM_ENDS] = (uint8_t)(n >> 8);
	w->buf[CTL_STREAM_ENDS + 1] = (uint8_t)n;
	assert_true(send(w->dp, w->buf, CTL_STREAM_ENDS + n, MSG_DONTWAIT) > 0);
	turn(w);
}

static void test_a_connection_that_does_not_move_holds_up_nobody(void **state)
{
	struct world *w = *state;

	/* The kernel's buffers, then ours, then the floor. */
	for (int i = 0; i < 1000 && !counters(w).esp_dropped; i++)
		from_missiu(w, 0, 60000);
	assert_true(counters(w).esp_dropped > 0);
	from_missiu(w, 1, 100);
	assert_int_equal(recv(w->peer[1], w->buf, sizeof(w->buf), MSG_DONTWAIT),
			 100);
	assert_int_equal(w->buf[1], 100);
	/* IKE still finds a place behind it. */
	{
		const struct ike_end local = end_of(PORT),
				     remote = end_of(w->rport[0]);

		assert_int_equal(tcp_send(w->tcp, &local, &remote, w->buf, 50),
				 0);
	}
	assert_int_equal(counters(w).open, 2);
}

static void test_a_message_has_the_ends_of_its_connection(void **state)
{
	static const uint8_t msg[] = { 0, 9, 0, 0, 0, 0, 'i', 'k', 'e' };
	struct world *w = *state;

	assert_int_equal(send(w->peer[1], msg, sizeof(msg), 0), sizeof(msg));
	turn(w);
	assert_int_equal(w->n_message, 1);
	assert_int_equal(w->len, 3);
	assert_int_equal(w->remote.port, w->rport[1]);
	assert_int_equal(w->remote.via, IKE_VIA_TCP);
	assert_int_equal(w->local.port, PORT);
	/* The answer goes there and nowhere else. */
	assert_int_equal(tcp_send(w->tcp, &w->local, &w->remote,
				  (const uint8_t *)"yes", 3),
			 0);
	assert_int_equal(recv(w->peer[1], w->buf, sizeof(w->buf), MSG_DONTWAIT),
			 9);
	assert_memory_equal(
		w->buf, ((uint8_t[]){ 0, 9, 0, 0, 0, 0, 'y', 'e', 's' }), 9);
	assert_int_equal(recv(w->peer[0], w->buf, 1, MSG_DONTWAIT), -1);
}

static void test_esp_passes_once_the_peer_is_known(void **state)
{
	static const uint8_t esp[] = { 0, 12, 0, 0, 1, 0, 0, 0, 0, 1, 8, 9 };
	struct world *w = *state;
	const struct ike_end local = end_of(PORT), remote = end_of(w->rport[0]);
	struct ctl_stream_ends e;

	assert_int_equal(send(w->peer[0], esp, sizeof(esp), 0), sizeof(esp));
	turn(w);
	assert_int_equal(recv(w->dp, w->buf, sizeof(w->buf), MSG_DONTWAIT), -1);
	assert_int_equal(counters(w).esp_unproven, 1);
	tcp_proven(w->tcp, &local, &remote);
	assert_int_equal(send(w->peer[0], esp, sizeof(esp), 0), sizeof(esp));
	assert_int_equal(send(w->peer[0], esp, sizeof(esp), 0), sizeof(esp));
	/* The other one is as unknown as before. */
	assert_int_equal(send(w->peer[1], esp, sizeof(esp), 0), sizeof(esp));
	turn(w);
	assert_true(recv(w->dp, w->buf, sizeof(w->buf), MSG_DONTWAIT) >=
		    (ssize_t)(CTL_STREAM_ENDS + sizeof(esp)));
	assert_true(ctl_stream_get(w->buf, CTL_STREAM_ENDS, &e));
	assert_int_equal(e.rport, w->rport[0]);
	assert_memory_equal(w->buf + CTL_STREAM_ENDS, esp, sizeof(esp));
	assert_int_equal(counters(w).esp_unproven, 2);
}

static void test_a_slow_missiu_loses_nothing(void **state)
{
	struct world *w = *state;
	const struct ike_end local = end_of(PORT), remote = end_of(w->rport[0]);
	const size_t n = 400, size = 10000;
	uint8_t *esp = malloc(size);
	size_t sent = 0, got = 0, at = 0;

	assert_non_null(esp);
	memset(esp, 1, size);
	esp[0] = (uint8_t)(size >> 8);
	esp[1] = (uint8_t)size;
	tcp_proven(w->tcp, &local, &remote);
	while (got < n * size) {
		ssize_t k = 0;

		/* As much as goes, before missiu reads anything. */
		while (sent < n && k >= 0) {
			k = send(w->peer[0], esp + at, size - at, MSG_DONTWAIT);
			at += k > 0 ? (size_t)k : 0;
			if (at == size) {
				at = 0;
				sent++;
			}
		}
		turn(w);
		k = recv(w->dp, w->buf, sizeof(w->buf), MSG_DONTWAIT);
		if (k > 0)
			got += (size_t)k - CTL_STREAM_ENDS;
	}
	assert_int_equal(got, n * size);
	assert_int_equal(sent, n);
	free(esp);
}

#define TEST(t) cmocka_unit_test_setup_teardown(t, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_message_has_the_ends_of_its_connection),
		TEST(test_esp_passes_once_the_peer_is_known),
		TEST(test_a_connection_that_does_not_move_holds_up_nobody),
		TEST(test_a_slow_missiu_loses_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
