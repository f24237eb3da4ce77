/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ESP over TCP between the data path and the key daemon: this test is the key
 * daemon, on a socket in a folder of its own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <sys/socket.h>
#include <unistd.h>

#include "common/addr.h"
#include "common/rd.h"
#include "common/wr.h"
#include "ctl/sock.h"
#include "ctl/stream.h"
#include "missiu/drop.h"
#include "missiu/tcplink.h"

#define IFACE "test0"
#define N     4
#define ROOM  70000
#define UDP   8

struct world {
	char dir[32];
	struct event_base *base;
	struct tcplink *link;
	int fd; /* the key daemon's */
	unsigned n_packets;
	uint16_t port;
	struct missiu_pkt pkt[N], *v[N];
	uint8_t buf[CTL_STREAM_MAX];
};

static void on_packets(void *ctx)
{
	struct world *w = ctx;

	w->n_packets++;
	tcplink_rx(w->link, w->v, N);
}

static void on_port(void *ctx, uint16_t port)
{
	((struct world *)ctx)->port = port;
}

static void turn(struct world *w)
{
	for (int i = 0; i < 4; i++)
		event_base_loop(w->base, EVLOOP_NONBLOCK);
}

static void dial(struct world *w)
{
	w->fd = ctl_dial(CTL_STREAM_PREFIX, IFACE, NULL);
	assert_true(w->fd >= 0);
	turn(w);
}

static int set_up(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	const struct tcplink_hooks on = { .ctx = w,
					  .packets = on_packets,
					  .port = on_port };

	assert_non_null(w);
	memcpy(w->dir, "/tmp/missiu-tcp.XXXXXX", 23);
	assert_non_null(mkdtemp(w->dir));
	assert_true(ctl_set_run_dir(w->dir));
	w->base = event_base_new();
	assert_non_null(w->base);
	assert_int_equal(tcplink_open(IFACE, w->base, &on, &w->link, NULL), 0);
	for (int i = 0; i < N; i++) {
		w->pkt[i].head = calloc(1, ROOM);
		assert_non_null(w->pkt[i].head);
		w->pkt[i].cap = ROOM;
		w->pkt[i].data = w->pkt[i].head + MISSIU_HEADROOM;
		w->v[i] = &w->pkt[i];
	}
	w->fd = -1;
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;

	if (w->fd >= 0)
		close(w->fd);
	tcplink_close(w->link);
	event_base_free(w->base);
	for (int i = 0; i < N; i++)
		free(w->pkt[i].head);
	assert_int_equal(rmdir(w->dir), 0); /* the socket's file has gone */
	ctl_set_run_dir(NULL);
	free(w);
	return 0;
}

/* What the engine makes for an SA over TCP: @n bytes behind the UDP header. */
static void sealed4(struct missiu_pkt *k, uint8_t last, uint16_t rport,
		    size_t n)
{
	uint8_t *h = k->data;

	memset(h, 0, 28);
	h[0] = 0x45;
	h[9] = 6;
	memcpy(h + 12, (uint8_t[]){ 192, 0, 2, 1, 192, 0, 2, last }, 8);
	store_be16(h + 20, 4500);
	store_be16(h + 22, rport);
	memset(h + 28, last, n);
	k->len = 28 + n;
	k->verdict = MISSIU_V_DONE;
}

static void sealed6(struct missiu_pkt *k, size_t n)
{
	uint8_t *h = k->data;

	memset(h, 0, 48);
	h[0] = 0x60;
	h[6] = 6;
	h[8] = h[24] = 0x20;
	h[23] = 1;
	h[39] = 2;
	store_be16(h + 40, 4500);
	store_be16(h + 42, 4500);
	memset(h + 48, 6, n);
	k->len = 48 + n;
	k->verdict = MISSIU_V_DONE;
}

static size_t next_message(struct world *w, struct ctl_stream_ends *e)
{
	const ssize_t n = recv(w->fd, w->buf, sizeof(w->buf), MSG_DONTWAIT);

	if (n < 0)
		return 0;
	assert_true(ctl_stream_get(w->buf, (size_t)n, e));
	return (size_t)n;
}

static void test_packets_of_one_connection_go_together(void **state)
{
	struct world *w = *state;
	struct ctl_stream_ends e;
	const uint8_t *p, *k;
	size_t len, n;

	dial(w);
	sealed4(w->v[0], 2, 4500, 100);
	sealed4(w->v[1], 2, 4500, 50);
	sealed4(w->v[2], 2, 4501, 60); /* another connection */
	sealed6(w->v[3], 70);
	assert_int_equal(tcplink_tx(w->link, w->v, N), 0);
	len = next_message(w, &e);
	assert_int_equal(len, CTL_STREAM_ENDS + 102 + 52);
	assert_string_equal(addr_text(&e.local).s, "192.0.2.1");
	assert_string_equal(addr_text(&e.remote).s, "192.0.2.2");
	assert_int_equal(e.lport, 4500);
	assert_int_equal(e.rport, 4500);
	p = w->buf + CTL_STREAM_ENDS;
	len -= CTL_STREAM_ENDS;
	k = ctl_stream_packet(&p, &len, &n);
	assert_non_null(k);
	assert_int_equal(n, 100);
	assert_int_equal(k[0], 2);
	assert_int_equal(k[99], 2);
	assert_non_null(ctl_stream_packet(&p, &len, &n));
	assert_int_equal(n, 50);
	assert_int_equal(next_message(w, &e), CTL_STREAM_ENDS + 62);
	assert_int_equal(e.rport, 4501);
	assert_int_equal(next_message(w, &e), CTL_STREAM_ENDS + 72);
	assert_int_equal(e.remote.family, 6);
	assert_int_equal(next_message(w, &e), 0);
}

static void test_other_packets_are_left_to_others(void **state)
{
	struct world *w = *state;
	struct missiu_pkt *tcp = w->v[1];
	struct ctl_stream_ends e;

	dial(w);
	sealed4(w->v[0], 2, 4500, 100);
	w->v[0]->verdict = MISSIU_V_CLEAR; /* somebody's TCP, let by */
	sealed4(w->v[1], 2, 4500, 100);
	sealed4(w->v[2], 2, 4500, 100);
	w->v[2]->data[9] = 50;
	sealed4(w->v[3], 2, 4500, 100);
	w->v[3]->data[9] = 17;
	assert_int_equal(tcplink_tx(w->link, w->v, N), 3);
	assert_ptr_equal(w->v[0], &w->pkt[0]);
	assert_ptr_equal(w->v[1], &w->pkt[2]);
	assert_ptr_equal(w->v[2], &w->pkt[3]);
	assert_ptr_equal(w->v[3], tcp);
	assert_int_equal(next_message(w, &e), CTL_STREAM_ENDS + 102);
	assert_int_equal(next_message(w, &e), 0);
}

static void test_without_a_key_daemon_they_are_dropped_by_name(void **state)
{
	struct world *w = *state;

	sealed4(w->v[0], 2, 4500, 100);
	assert_int_equal(tcplink_tx(w->link, w->v, 1), 0);
	assert_int_equal(w->v[0]->verdict, MISSIU_V_DROP);
	assert_int_equal(w->v[0]->drop, MISSIU_DROP_TX_TCP);
}

static void test_who_does_not_read_loses_packets_and_delays_nobody(void **state)
{
	struct world *w = *state;
	bool full = false;

	dial(w);
	for (int i = 0; i < 1000 && !full; i++) {
		sealed4(w->v[0], 2, 4500, 60000);
		assert_int_equal(tcplink_tx(w->link, w->v, 1), 0);
		full = w->v[0]->verdict == MISSIU_V_DROP;
	}
	assert_true(full);
	assert_int_equal(w->v[0]->drop, MISSIU_DROP_TX_QUEUE);
}

static uint16_t sum16(const uint8_t *p, size_t n)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < n; i += 2)
		sum += load_be16(p + i);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

static void give(struct world *w, const char *local, const char *remote,
		 const uint8_t *rest, size_t len)
{
	struct ctl_stream_ends e = { .lport = 4500, .rport = 5555 };

	assert_true(addr_parse(local, &e.local));
	assert_true(addr_parse(remote, &e.remote));
	ctl_stream_put(&e, w->buf);
	if (len)
		memcpy(w->buf + CTL_STREAM_ENDS, rest, len);
	assert_int_equal(send(w->fd, w->buf, CTL_STREAM_ENDS + len, 0),
			 CTL_STREAM_ENDS + len);
}

static void test_arrivals_look_as_if_they_had_come_in_udp(void **state)
{
	static const uint8_t two[] = { 0, 5, 1, 2, 3, 0, 4, 9, 9 };
	struct world *w = *state;
	const uint8_t *h;

	dial(w);
	give(w, "192.0.2.1", "192.0.2.2", two, sizeof(two));
	assert_int_equal(tcplink_rx(w->link, w->v, N), 2);
	h = w->v[0]->data;
	assert_int_equal(w->v[0]->len, 20 + UDP + 3);
	assert_int_equal(load_be16(h + 2), w->v[0]->len);
	assert_int_equal(sum16(h, 20), 0xffff);
	assert_int_equal(h[9], 17);
	assert_memory_equal(h + 12, ((uint8_t[]){ 192, 0, 2, 2 }), 4);
	assert_memory_equal(h + 16, ((uint8_t[]){ 192, 0, 2, 1 }), 4);
	assert_int_equal(load_be16(h + 20), 5555);
	assert_int_equal(load_be16(h + 22), 4500);
	assert_int_equal(load_be16(h + 24), UDP + 3);
	assert_memory_equal(h + 28, two + 2, 3);
	assert_int_equal(w->v[1]->len, 20 + UDP + 2);

	give(w, "2001:db8::1", "2001:db8::2", two, 5);
	assert_int_equal(tcplink_rx(w->link, w->v, N), 1);
	h = w->v[0]->data;
	assert_int_equal(w->v[0]->len, 40 + UDP + 3);
	assert_int_equal(h[0], 0x60);
	assert_int_equal(h[6], 17);
	assert_int_equal(load_be16(h + 4), UDP + 3);
	assert_int_equal(h[23], 2);
	assert_int_equal(h[39], 1);
	assert_memory_equal(h + 48, two + 2, 3);
}

static void test_a_message_may_take_several_turns(void **state)
{
	uint8_t many[10 * 4];
	struct world *w = *state;

	for (size_t i = 0; i < sizeof(many); i += 4)
		memcpy(many + i, (uint8_t[]){ 0, 4, 7, (uint8_t)i }, 4);
	dial(w);
	give(w, "192.0.2.1", "192.0.2.2", many, sizeof(many));
	assert_int_equal(tcplink_rx(w->link, w->v, N), N);
	assert_int_equal(tcplink_rx(w->link, w->v, N), N);
	assert_int_equal(tcplink_rx(w->link, w->v, N), 2);
	assert_int_equal(w->v[1]->data[29], 36);
	assert_int_equal(tcplink_rx(w->link, w->v, N), 0);
}

static void test_malformed_messages_give_nothing(void **state)
{
	static const uint8_t cut[] = { 0, 4, 1, 2, 0, 9, 1 };
	struct world *w = *state;

	dial(w);
	assert_int_equal(send(w->fd, "x", 1, 0), 1);
	give(w, "192.0.2.1", "192.0.2.2", cut, sizeof(cut));
	give(w, "192.0.2.1", "192.0.2.2", NULL, 0);
	give(w, "192.0.2.1", "192.0.2.2", cut, 4);
	assert_int_equal(tcplink_rx(w->link, w->v, N), 2);
	/* The longest packet cannot have a header in front of it. */
	memset(w->buf, 0xff, sizeof(w->buf));
	{
		uint8_t *big = malloc(65535);

		assert_non_null(big);
		memset(big, 0xff, 65535);
		give(w, "192.0.2.1", "192.0.2.2", big, 65535);
		free(big);
	}
	assert_int_equal(tcplink_rx(w->link, w->v, N), 0);
}

static void test_the_port_is_told(void **state)
{
	struct world *w = *state;
	uint8_t hello[CTL_STREAM_HELLO];

	dial(w);
	ctl_stream_hello(4500, hello);
	assert_int_equal(send(w->fd, hello, sizeof(hello), 0), sizeof(hello));
	turn(w);
	assert_true(w->n_packets > 0);
	assert_int_equal(w->port, 4500);
}

static void test_the_newest_key_daemon_counts(void **state)
{
	struct world *w = *state;
	struct ctl_stream_ends e;
	int old;

	dial(w);
	old = w->fd;
	dial(w);
	assert_int_equal(recv(old, w->buf, 1, MSG_DONTWAIT), 0);
	close(old);
	sealed4(w->v[0], 2, 4500, 100);
	assert_int_equal(tcplink_tx(w->link, w->v, 1), 0);
	assert_int_equal(next_message(w, &e), CTL_STREAM_ENDS + 102);
	/* When it goes, nobody is there. */
	close(w->fd);
	w->fd = -1;
	w->port = 1;
	turn(w);
	assert_int_equal(w->port, 0);
	sealed4(w->v[0], 2, 4500, 100);
	assert_int_equal(tcplink_tx(w->link, w->v, 1), 0);
	assert_int_equal(w->v[0]->drop, MISSIU_DROP_TX_TCP);
}

#define TEST(t) cmocka_unit_test_setup_teardown(t, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_packets_of_one_connection_go_together),
		TEST(test_other_packets_are_left_to_others),
		TEST(test_without_a_key_daemon_they_are_dropped_by_name),
		TEST(test_who_does_not_read_loses_packets_and_delays_nobody),
		TEST(test_arrivals_look_as_if_they_had_come_in_udp),
		TEST(test_a_message_may_take_several_turns),
		TEST(test_malformed_messages_give_nothing),
		TEST(test_the_port_is_told),
		TEST(test_the_newest_key_daemon_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
