/* SPDX-License-Identifier: Apache-2.0 */
/* The first packets of a flow ask for an SA and wait for it. */
#include "ipsec_rig.h"

#include "ipsec/state.h"

static struct missiu *engine(uint32_t pkts, uint32_t bytes, uint32_t timeout_s)
{
	struct missiu_opts o = { .hold_max_pkts = pkts,
				 .hold_max_bytes = bytes,
				 .acquire_timeout_s = timeout_s };
	struct missiu *m = missiu_new(&o);

	assert_non_null(m);
	return m;
}

/* As rig_open(), with A's limits. */
static void open_with(struct rig *r, const struct combo *c, struct missiu *m)
{
	struct missiu_policy p;

	rig_open(r, c);
	missiu_free(r->a);
	r->a = m;
	p = rig_policy(&r->c, 'a');
	r->pol_a = rig_add_policy(m, &p);
	rig_drain(m);
}

static void send_one(struct rig *r, size_t len, enum missiu_verdict want)
{
	struct box b;

	box_ab(&b, r, len);
	go_out(r->a, &b, r->now);
	assert_int_equal(b.k.verdict, want);
	assert_int_equal(b.k.policy_id, r->pol_a);
	box_free(&b);
}

static void add_sas(struct rig *r)
{
	struct missiu_sa sa = rig_sa(&r->c, 'a', MISSIU_OUT);

	sa.policy_id = r->pol_a;
	rig_add_sa(r->a, &sa, r->now);
	sa.dir = MISSIU_IN;
	sa.policy_id = r->pol_b;
	rig_add_sa(r->b, &sa, r->now);
}

static size_t release(struct rig *r, struct box *b, size_t n, size_t cap,
		      size_t *done)
{
	static uint8_t zero[4096];
	struct missiu_pkt *v[16];

	for (size_t i = 0; i < n; i++) {
		box_set(&b[i], zero, cap);
		v[i] = &b[i].k;
	}
	return missiu_release(r->a, v, n, done, r->now);
}

static void test_asked_for_once_and_sent_in_order(void **state)
{
	struct combo c = { 0 };
	struct missiu_event ev;
	struct missiu_policy_stats hits;
	struct missiu_policy pol;
	struct missiu_stats s;
	struct box b[4];
	size_t done, n = 0;
	uint64_t cursor = 0;
	struct rig r;

	(void)state;
	rig_open(&r, &c);
	for (size_t i = 0; i < 10; i++)
		send_one(&r, i, MISSIU_V_HELD);
	assert_true(missiu_event_next(r.a, &ev));
	assert_int_equal(ev.kind, MISSIU_EV_ACQUIRE);
	assert_int_equal(ev.policy_id, r.pol_a);
	assert_true(ev.acquire_id != 0);
	assert_int_equal(ev.pkt_src.proto, 17);
	assert_int_equal(ev.pkt_src.port_lo, 7);
	assert_int_equal(ev.pkt_dst.port_hi, 9);
	assert_memory_equal(ev.pkt_dst.lo.b, "\12\2\0\7", 4);
	assert_false(missiu_event_next(r.a, &ev));
	missiu_stats_get(r.a, &s);
	assert_int_equal(s.n_held, 10);
	assert_int_equal(s.acquires, 1);
	assert_int_equal(release(&r, b, 4, 100, &done), 0);
	assert_int_equal(done, 0);
	for (size_t i = 0; i < 4; i++)
		box_free(&b[i]);
	add_sas(&r);
	do {
		size_t sent = release(&r, b, 4, 100, &done);

		assert_int_equal(sent, done);
		for (size_t i = 0; i < 4; i++) {
			if (i < done) {
				assert_int_equal(go_in(r.b, &b[i], r.now), 1);
				assert_int_equal(b[i].k.len, 28 + n);
				n++;
			}
			box_free(&b[i]);
		}
	} while (done == 4);
	assert_int_equal(n, 10);
	missiu_stats_get(r.a, &s);
	assert_int_equal(s.n_held, 0);
	do /* waiting does not make a packet a hit twice */
		assert_true(missiu_policy_next(r.a, &cursor, &pol, &hits));
	while (pol.id != r.pol_a);
	assert_int_equal(hits.out_packets, 10);
	send_one(&r, 1, MISSIU_V_DONE);
	rig_stop(&r);
}

static void test_queue_is_bounded_in_packets(void **state)
{
	struct combo c = { 0 };
	struct rig r;

	(void)state;
	open_with(&r, &c, engine(3, 0, 0));
	for (int i = 0; i < 3; i++)
		send_one(&r, 10, MISSIU_V_HELD);
	send_one(&r, 10, MISSIU_V_DROP);
	assert_int_equal(rig_drops(r.a, MISSIU_DROP_OUT_HOLD_FULL), 1);
	rig_stop(&r);
}

static void test_queue_is_bounded_in_bytes(void **state)
{
	struct combo c = { 0 };
	struct rig r;

	(void)state;
	open_with(&r, &c, engine(0, 100, 0));
	send_one(&r, 32, MISSIU_V_HELD); /* 60 bytes */
	send_one(&r, 13, MISSIU_V_DROP); /* 41 */
	send_one(&r, 12, MISSIU_V_HELD); /* 40 */
	send_one(&r, 0, MISSIU_V_DROP);
	rig_stop(&r);
}

/* A full queue must not keep another peer's SA from being asked for. */
static void test_full_queue_still_asks(void **state)
{
	struct combo c = { 0 };
	struct missiu_policy p;
	struct missiu_addr s, d = rig_addr("10.9.9.9");
	struct missiu_event ev;
	uint8_t raw[128];
	struct box b;
	struct rig r;

	(void)state;
	open_with(&r, &c, engine(1, 0, 0));
	send_one(&r, 10, MISSIU_V_HELD);
	p = rig_policy(&r.c, 'a');
	p.remote = ts_host(&d);
	rig_add_policy(r.a, &p);
	rig_drain(r.a);
	s = rig_inner(&r.c, 'a');
	box_set(&b, raw, put_udp(raw, &s, &d, 1, 2, 5));
	assert_int_equal(go_out(r.a, &b, r.now), 0);
	assert_int_equal(b.k.drop, MISSIU_DROP_OUT_HOLD_FULL);
	assert_true(missiu_event_next(r.a, &ev));
	assert_int_equal(ev.kind, MISSIU_EV_ACQUIRE);
	box_free(&b);
	rig_stop(&r);
}

static void test_waiting_ends_after_the_timeout(void **state)
{
	struct combo c = { 0 };
	struct missiu_event ev;
	struct rig r;

	(void)state;
	open_with(&r, &c, engine(0, 0, 5));
	send_one(&r, 10, MISSIU_V_HELD);
	send_one(&r, 11, MISSIU_V_HELD);
	rig_drain(r.a);
	missiu_tick(r.a, r.now + 5 * SEC - 1);
	assert_int_equal(rig_all_drops(r.a), 0);
	missiu_tick(r.a, r.now + 5 * SEC);
	assert_int_equal(rig_drops(r.a, MISSIU_DROP_OUT_ACQUIRE), 2);
	assert_int_equal(rig_all_drops(r.a), 2);
	r.now += 6 * SEC;
	send_one(&r, 10, MISSIU_V_HELD);
	assert_true(missiu_event_next(r.a, &ev));
	assert_int_equal(ev.kind, MISSIU_EV_ACQUIRE);
	rig_stop(&r);
}

static void test_tick_says_when_waiting_ends(void **state)
{
	struct combo c = { 0 };
	struct rig r;

	(void)state;
	open_with(&r, &c, engine(0, 0, 1));
	r.now = 1000;
	assert_int_equal(missiu_tick(r.a, r.now), r.now + SEC);
	send_one(&r, 10, MISSIU_V_HELD);
	assert_int_equal(missiu_tick(r.a, r.now + 600000), r.now + SEC);
	rig_stop(&r);
}

static void test_failed_negotiation_ends_waiting(void **state)
{
	struct combo c = { 0 };
	struct missiu_event ev, ev2;
	struct rig r;

	(void)state;
	rig_open(&r, &c);
	send_one(&r, 10, MISSIU_V_HELD);
	assert_true(missiu_event_next(r.a, &ev));
	missiu_acquire_failed(r.a, ev.acquire_id + 1);
	assert_int_equal(rig_all_drops(r.a), 0);
	missiu_acquire_failed(r.a, ev.acquire_id);
	missiu_acquire_failed(r.a, ev.acquire_id);
	assert_int_equal(rig_drops(r.a, MISSIU_DROP_OUT_ACQUIRE), 1);
	send_one(&r, 10, MISSIU_V_HELD);
	assert_true(missiu_event_next(r.a, &ev2));
	assert_int_equal(ev2.kind, MISSIU_EV_ACQUIRE);
	assert_true(ev2.acquire_id != ev.acquire_id);
	rig_stop(&r);
}

static void test_multicast_never_asks(void **state)
{
	static const char *const dst[] = { "224.0.0.5", "255.255.255.255",
					   "ff02::1", "0.0.0.0" };
	struct missiu *m = rig_engine();
	struct combo c = { .encr = MISSIU_ENCR_AES_GCM,
			   .auth = MISSIU_AUTH_NONE,
			   .mode = MISSIU_TRANSPORT,
			   .inner = 4,
			   .outer = 4 };
	struct missiu_policy p = rig_policy(&c, 'a');

	(void)state;
	p.local = p.remote = ts_any();
	rig_add_policy(m, &p);
	rig_drain(m);
	for (size_t i = 0; i < 4; i++) {
		struct missiu_addr d = rig_addr(dst[i]);
		struct missiu_addr s =
			rig_addr(d.family == 4 ? "10.0.0.1" : "fd00::1");
		struct missiu_event ev;
		uint8_t raw[128];
		struct box b;

		box_set(&b, raw, put_udp(raw, &s, &d, 1, 2, 5));
		assert_int_equal(go_out(m, &b, 1), 0);
		assert_int_equal(b.k.drop, MISSIU_DROP_OUT_NO_STATES);
		assert_false(missiu_event_next(m, &ev));
		box_free(&b);
	}
	missiu_free(m);
}

static void test_unique_asks_for_each_flow(void **state)
{
	static const uint16_t ports[] = { 1, 2, 1, 2, 3 };
	struct combo c = { 0 };
	struct missiu_change v[2] = { { .kind = MISSIU_CHG_FLUSH_POLICY },
				      { .kind = MISSIU_CHG_ADD_POLICY } };
	struct missiu_stats s;
	struct rig r;

	(void)state;
	for (int unique = 0; unique < 2; unique++) {
		rig_open(&r, &c);
		v[1].policy = rig_policy(&r.c, 'a');
		v[1].policy.flags = unique ? MISSIU_POL_UNIQUE : 0;
		assert_int_equal(missiu_load(r.a, v, 2, 0, NULL, NULL), 0);
		for (size_t i = 0; i < 5; i++) {
			struct missiu_addr src = rig_inner(&r.c, 'a');
			struct missiu_addr dst = rig_inner(&r.c, 'b');
			uint8_t raw[128];
			struct box b;

			box_set(&b, raw,
				put_udp(raw, &src, &dst, ports[i], 2, 5));
			go_out(r.a, &b, r.now);
			assert_int_equal(b.k.verdict, MISSIU_V_HELD);
			box_free(&b);
		}
		missiu_stats_get(r.a, &s);
		assert_int_equal(s.acquires, unique ? 3 : 1);
		rig_stop(&r);
	}
}

/* "sa unique" (RFC 4301 4.4.1.1): only an SA of the packet's own flow will do. */
static void test_unique_takes_no_other_sa(void **state)
{
	struct combo c = { 0 };
	struct missiu_change v[2] = { { .kind = MISSIU_CHG_FLUSH_POLICY },
				      { .kind = MISSIU_CHG_ADD_POLICY } };
	static const struct {
		bool selectors, port, manual;
		bool fits;
	} t[] = {
		{ true, true, false, true },
		{ true, false, false, false }, /* any port */
		{ false, false, false, false },
		{ false, false, true, false }, /* manual keys */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct missiu_sa sa;
		struct rig r;
		struct box b;

		rig_open(&r, &c);
		for (const char *who = "ab"; *who; who++) {
			v[1].policy = rig_policy(&r.c, *who);
			if (*who == 'a')
				v[1].policy.flags = MISSIU_POL_UNIQUE;
			assert_int_equal(missiu_load(*who == 'a' ? r.a : r.b, v,
						     2, 0, NULL, NULL),
					 0);
		}
		sa = rig_sa(&r.c, 'a', MISSIU_OUT);
		if (t[i].manual)
			sa.flags |= MISSIU_SA_MANUAL | MISSIU_SA_COUNTER_OK;
		if (t[i].selectors) {
			struct missiu_addr x = rig_inner(&r.c, 'a');
			struct missiu_addr y = rig_inner(&r.c, 'b');

			sa.n_ts_src = sa.n_ts_dst = 1;
			sa.ts_src[0] = ts_host(&x);
			sa.ts_dst[0] = ts_host(&y);
			sa.ts_src[0].proto = sa.ts_dst[0].proto = 17;
		}
		if (t[i].port) {
			sa.ts_src[0].port_lo = sa.ts_src[0].port_hi = 7;
			sa.ts_dst[0].port_lo = sa.ts_dst[0].port_hi = 9;
		}
		rig_add_sa(r.a, &sa, r.now);
		box_ab(&b, &r, 50);
		assert_int_equal(go_out(r.a, &b, r.now), t[i].fits);
		box_free(&b);
		rig_stop(&r);

		/* The same on the way in. */
		rig_open(&r, &c);
		v[1].policy = rig_policy(&r.c, 'b');
		v[1].policy.flags = MISSIU_POL_UNIQUE;
		assert_int_equal(missiu_load(r.b, v, 2, 0, NULL, NULL), 0);
		rig_add_sa(r.a, &sa, r.now);
		sa.dir = MISSIU_IN;
		rig_add_sa(r.b, &sa, r.now);
		box_sealed(&b, &r, 50);
		assert_int_equal(go_in(r.b, &b, r.now), t[i].fits);
		if (!t[i].fits)
			assert_int_equal(b.k.drop,
					 MISSIU_DROP_IN_TMPL_MISMATCH);
		box_free(&b);
		rig_stop(&r);
	}
}

/* What waits is judged anew: the policy may be another by now. */
static void test_policy_change_frees_what_waits(void **state)
{
	struct combo c = { 0 };
	struct missiu_change v = { .kind = MISSIU_CHG_FLUSH_POLICY };
	struct box b[4];
	size_t done;
	struct rig r;

	(void)state;
	rig_open(&r, &c);
	send_one(&r, 10, MISSIU_V_HELD);
	assert_int_equal(missiu_load(r.a, &v, 1, r.now, NULL, NULL), 0);
	assert_int_equal(release(&r, b, 4, 100, &done), 1);
	assert_int_equal(done, 1);
	assert_int_equal(b[0].k.verdict, MISSIU_V_CLEAR);
	for (size_t i = 0; i < 4; i++)
		box_free(&b[i]);
	rig_stop(&r);
}

/* An SA that covers only some of them frees only those. */
static void test_narrow_sa_frees_what_it_covers(void **state)
{
	struct combo c = { 0 };
	struct missiu_addr src, dst;
	struct missiu_sa sa;
	uint8_t raw[128];
	struct box b[4];
	size_t done;
	struct rig r;

	(void)state;
	rig_open(&r, &c);
	src = rig_inner(&r.c, 'a');
	dst = rig_inner(&r.c, 'b');
	for (uint16_t port = 1; port <= 4; port++) {
		struct box one;

		box_set(&one, raw, put_udp(raw, &src, &dst, 5, port, 5));
		go_out(r.a, &one, r.now);
		assert_int_equal(one.k.verdict, MISSIU_V_HELD);
		box_free(&one);
	}
	sa = rig_sa(&r.c, 'a', MISSIU_OUT);
	sa.n_ts_src = sa.n_ts_dst = 1;
	sa.ts_src[0] = sa.ts_dst[0] = ts_any();
	sa.ts_dst[0].port_lo = 2;
	sa.ts_dst[0].port_hi = 3;
	rig_add_sa(r.a, &sa, r.now);
	assert_int_equal(release(&r, b, 4, 100, &done), 2);
	for (size_t i = 0; i < 4; i++)
		box_free(&b[i]);
	assert_int_equal(done, 2);
	assert_int_equal(r.a->hold.n_pkts, 2);
	/* The rest is freed by one that covers all, last and first included. */
	sa.spi++;
	sa.n_ts_src = sa.n_ts_dst = 0;
	rig_add_sa(r.a, &sa, r.now);
	assert_int_equal(release(&r, b, 4, 100, &done), 2);
	for (size_t i = 0; i < 4; i++)
		box_free(&b[i]);
	assert_int_equal(r.a->hold.n_pkts, 0);
	assert_int_equal(r.a->hold.n_bytes, 0);
	assert_int_equal(r.a->hold.n_pending, 0);
	rig_stop(&r);
}

static void test_release_into_too_small_buffers_counts(void **state)
{
	struct combo c = { 0 };
	struct box b[2];
	size_t done;
	struct rig r;

	(void)state;
	rig_open(&r, &c);
	send_one(&r, 1200, MISSIU_V_HELD);
	add_sas(&r);
	assert_int_equal(release(&r, b, 2, 100, &done), 0);
	assert_int_equal(done, 0);
	assert_int_equal(rig_drops(r.a, MISSIU_DROP_OUT_NO_ROOM), 1);
	box_free(&b[0]);
	box_free(&b[1]);
	rig_stop(&r);
}

static void test_unfetched_events_are_lost_and_counted(void **state)
{
	struct combo c = { 0 };
	struct missiu_event ev;
	struct missiu_stats s;
	struct missiu_sa sa;
	uint32_t n = 0;
	struct rig r;

	(void)state;
	rig_open(&r, &c);
	/* Each: one SA dies by its byte limit, event HARD. */
	for (uint32_t i = 0; i < 1500; i++) {
		sa = rig_sa(&r.c, 'a', MISSIU_OUT);
		sa.spi = 1000 + i;
		sa.hard_bytes = 1;
		rig_add_sa(r.a, &sa, r.now);
		send_one(&r, 1, MISSIU_V_DONE);
	}
	missiu_stats_get(r.a, &s);
	assert_int_equal(s.events_lost, 1500 - 1024);
	assert_int_equal(s.n_sa, 0);
	while (missiu_event_next(r.a, &ev)) {
		assert_int_equal(ev.kind, MISSIU_EV_HARD);
		assert_int_equal(ev.spi, 1000 + 1500 - 1024 + n);
		n++;
	}
	assert_int_equal(n, 1024);
	rig_stop(&r);
}

/* A flush announces all its SAs, however many they are. */
static void test_flush_of_thousands_loses_no_event(void **state)
{
	struct combo c = { 0 };
	struct missiu_change v = { .kind = MISSIU_CHG_FLUSH_SA };
	struct missiu_event ev;
	struct missiu_sa sa;
	uint32_t n = 0;
	struct rig r;

	(void)state;
	rig_open(&r, &c);
	sa = rig_sa(&r.c, 'a', MISSIU_OUT);
	for (uint32_t i = 0; i < 3000; i++) {
		sa.spi = 1000 + i;
		rig_add_sa(r.a, &sa, r.now);
	}
	assert_int_equal(missiu_load(r.a, &v, 1, r.now, NULL, NULL), 0);
	while (missiu_event_next(r.a, &ev))
		n += ev.kind == MISSIU_EV_SA_DELETED;
	assert_int_equal(n, 3000);
	rig_stop(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_asked_for_once_and_sent_in_order),
		cmocka_unit_test(test_queue_is_bounded_in_packets),
		cmocka_unit_test(test_queue_is_bounded_in_bytes),
		cmocka_unit_test(test_full_queue_still_asks),
		cmocka_unit_test(test_waiting_ends_after_the_timeout),
		cmocka_unit_test(test_tick_says_when_waiting_ends),
		cmocka_unit_test(test_failed_negotiation_ends_waiting),
		cmocka_unit_test(test_multicast_never_asks),
		cmocka_unit_test(test_unique_asks_for_each_flow),
		cmocka_unit_test(test_unique_takes_no_other_sa),
		cmocka_unit_test(test_policy_change_frees_what_waits),
		cmocka_unit_test(test_narrow_sa_frees_what_it_covers),
		cmocka_unit_test(test_release_into_too_small_buffers_counts),
		cmocka_unit_test(test_unfetched_events_are_lost_and_counted),
		cmocka_unit_test(test_flush_of_thousands_loses_no_event),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
