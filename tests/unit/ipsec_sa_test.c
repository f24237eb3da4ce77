/* SPDX-License-Identifier: Apache-2.0 */
/* Descriptions of SAs: what is refused; and how SAs come to their end. */
#include "ipsec_rig.h"

#include "ipsec/state.h"

static void test_bad_descriptions_are_refused(void **state)
{
	static const int want[] = {
		0,
		MISSIU_EINVAL,
		MISSIU_EINVAL,
		MISSIU_EINVAL,
		MISSIU_EINVAL,
		MISSIU_EINVAL,
		MISSIU_EINVAL,
		MISSIU_EINVAL,
		MISSIU_EINVAL,
		MISSIU_EINVAL,
		MISSIU_EINVAL,
		MISSIU_EINVAL,
		MISSIU_EINVAL,
		MISSIU_EINVAL,
		MISSIU_EINVAL,
		MISSIU_EKEYLEN,
		MISSIU_EKEYLEN,
		MISSIU_LEGACY ? MISSIU_EKEYLEN : MISSIU_EUNSUP,
		MISSIU_EINVAL,
		MISSIU_EINVAL,
		MISSIU_EUNSUP,
		MISSIU_EKEYLEN,
		MISSIU_EUNSUP,
	};
	enum { N = sizeof(want) / sizeof(want[0]) };
	struct combo c = { .encr = MISSIU_ENCR_AES_CBC,
			   .auth = MISSIU_AUTH_SHA1,
			   .mode = MISSIU_TUNNEL,
			   .inner = 4,
			   .outer = 4 };
	struct missiu *m = rig_engine();
	struct missiu_sa sa[N];

	(void)state;
	for (uint32_t i = 0; i < N; i++) {
		sa[i] = rig_sa(&c, 'a', MISSIU_IN);
		sa[i].spi += i;
	}
	sa[1].spi = 255;
	sa[2].dir = 0;
	sa[3].dir = MISSIU_IN | MISSIU_OUT; /* not manual */
	sa[4].proto = MISSIU_AH;	    /* with a cipher */
	sa[5].proto = 17;
	sa[6].mode = 0; /* not manual */
	sa[7].flags = 0x80;
	sa[8].dst = (struct missiu_addr){ 0 };
	sa[9].src = rig_addr("fd00::1");
	sa[10].encap_sport = 4500; /* one port only */
	sa[11].replay_window = 4097;
	sa[12].n_ts_src = 1;
	sa[13].n_ts_src = sa[13].n_ts_dst = MISSIU_TS_MAX + 1;
	sa[14].n_ts_src = sa[14].n_ts_dst = 1;
	sa[14].ts_src[0].port_lo = 7; /* 7 … 0 */
	sa[15].encr_key_len = 15;
	sa[16].auth_key_len = 19;
	sa[17].encr = MISSIU_ENCR_DES;
	sa[18].auth = MISSIU_AUTH_NONE;
	sa[19].flags = MISSIU_SA_ESN; /* without a window */
	sa[19].replay_window = 0;
	sa[20].flags = MISSIU_SA_MANUAL;
	sa[20].encr = MISSIU_ENCR_AES_GCM;
	sa[20].auth = MISSIU_AUTH_NONE;
	sa[20].encr_key_len = 20;
	sa[21].encr_key_len = MISSIU_KEY_MAX + 1;
	sa[22].flags = MISSIU_SA_MANUAL;
	sa[22].encr = MISSIU_ENCR_AES_CTR;
	sa[22].encr_key_len = 20;
	for (size_t i = 0; i < N; i++) {
		struct missiu_diag d = { "" };
		struct missiu_stats s;
		int ret = missiu_sa_add(m, &sa[i], 0, &d);

		if (ret != want[i])
			fail_msg("%zu: %d %s", i, ret, d.msg);
		assert_int_equal(d.msg[0] != 0, want[i] != 0);
		missiu_stats_get(m, &s);
		assert_int_equal(s.n_sa, 1);
	}
	missiu_free(m);
}

static int no_random(void *ctx, uint8_t *buf, size_t len)
{
	int *left = ctx;

	memset(buf, 1, len);
	return (*left)-- > 0 ? 0 : MISSIU_ERANDOM;
}

static void test_failing_random_source(void **state)
{
	int left = 0;
	struct missiu_opts o = { .random = no_random, .random_ctx = &left };
	struct combo c = { .encr = MISSIU_ENCR_AES_CBC,
			   .auth = MISSIU_AUTH_SHA1,
			   .mode = MISSIU_TUNNEL,
			   .inner = 4,
			   .outer = 4 };
	struct missiu_sa sa = rig_sa(&c, 'a', MISSIU_OUT);
	struct missiu *m;

	(void)state;
	assert_null(missiu_new(&o));
	left = 1;
	m = missiu_new(&o);
	assert_non_null(m);
	assert_int_equal(missiu_sa_add(m, &sa, 0, NULL), MISSIU_ERANDOM);
	missiu_free(m);
	missiu_free(NULL);
}

static void test_update_checks_names(void **state)
{
	struct combo c = { 0 };
	struct missiu_sa sa, other;
	struct missiu_addr old;
	struct rig r;

	(void)state;
	rig_start(&r, &c);
	sa = rig_sa(&r.c, 'a', MISSIU_OUT);
	old = sa.dst;
	other = sa;
	other.dst = rig_addr("192.0.2.77");
	rig_add_sa(r.a, &other, r.now);
	assert_int_equal(missiu_sa_update(r.a, &other, &old), MISSIU_EEXIST);
	sa.dst = rig_addr("fd00::1");
	assert_int_equal(missiu_sa_update(r.a, &sa, &old), MISSIU_EINVAL);
	sa.dst = old;
	sa.encap_dport = 4500;
	assert_int_equal(missiu_sa_update(r.a, &sa, &old), MISSIU_EINVAL);
	sa.encap_sport = 4500;
	assert_int_equal(missiu_sa_update(r.a, &sa, &old), 0);
	sa.spi++;
	assert_int_equal(missiu_sa_update(r.a, &sa, &old), MISSIU_ENOENT);
	rig_stop(&r);
}

static void expect_event(struct missiu *m, enum missiu_event_kind kind,
			 uint32_t spi)
{
	struct missiu_event ev;

	assert_true(missiu_event_next(m, &ev));
	assert_int_equal(ev.kind, kind);
	assert_int_equal(ev.spi, spi);
	assert_int_equal(ev.proto, MISSIU_ESP);
}

static void expect_no_event(struct missiu *m)
{
	struct missiu_event ev;

	assert_false(missiu_event_next(m, &ev));
}

static void test_lifetime_in_seconds(void **state)
{
	struct combo c = { 0 };
	missiu_usec t0;
	struct missiu_sa sa;
	struct missiu_stats s;
	struct box b;
	struct rig r;

	(void)state;
	rig_open(&r, &c);
	t0 = r.now;
	sa = rig_sa(&r.c, 'a', MISSIU_IN);
	sa.soft_s = 10;
	sa.hard_s = 20;
	rig_add_sa(r.b, &sa, t0);
	assert_true(missiu_tick(r.b, t0 + 9500000) == t0 + 10 * SEC);
	expect_no_event(r.b);
	missiu_tick(r.b, t0 + 10 * SEC);
	expect_event(r.b, MISSIU_EV_SOFT, RIG_SPI_AB);
	missiu_tick(r.b, t0 + 15 * SEC);
	expect_no_event(r.b);
	/* Past its time but not yet removed: nothing passes any more. */
	sa.dir = MISSIU_OUT;
	sa.hard_s = 0;
	rig_add_sa(r.a, &sa, t0);
	box_sealed(&b, &r, 10);
	assert_int_equal(go_in(r.b, &b, t0 + 20 * SEC), 0);
	assert_int_equal(b.k.drop, MISSIU_DROP_IN_STATE_EXPIRED);
	box_free(&b);
	missiu_tick(r.b, t0 + 20 * SEC);
	expect_event(r.b, MISSIU_EV_HARD, RIG_SPI_AB);
	missiu_stats_get(r.b, &s);
	assert_int_equal(s.n_sa, 0);
	box_sealed(&b, &r, 10);
	assert_int_equal(go_in(r.b, &b, t0 + 21 * SEC), 0);
	assert_int_equal(b.k.drop, MISSIU_DROP_IN_NO_STATES);
	box_free(&b);
	rig_stop(&r);
}

/* Only the outbound one was told to watch; its mate counts all the same. */
static void test_an_unused_pair_is_told_of_again_and_again(void **state)
{
	struct combo c = { 0 };
	struct missiu_addr src, dst;
	struct missiu_sa out, in;
	uint8_t p[256];
	missiu_usec t0;
	struct box b;
	struct rig r;

	(void)state;
	rig_open(&r, &c);
	t0 = r.now;
	out = rig_sa(&r.c, 'a', MISSIU_OUT);
	in = rig_sa(&r.c, 'b', MISSIU_IN);
	out.idle_s = 10;
	out.mate_spi = in.spi;
	rig_add_sa(r.a, &out, t0);
	rig_add_sa(r.a, &in, t0);
	in = rig_sa(&r.c, 'b', MISSIU_OUT);
	rig_add_sa(r.b, &in, t0);
	assert_true(missiu_tick(r.a, t0 + 9500000) == t0 + 10 * SEC);
	expect_no_event(r.a);
	/* A packet out at 9 s, one in at 18 s: idle at 28 s, not before. */
	box_ab(&b, &r, 10);
	assert_int_equal(go_out(r.a, &b, t0 + 9 * SEC), 1);
	box_free(&b);
	missiu_tick(r.a, t0 + 10 * SEC);
	expect_no_event(r.a);
	src = rig_inner(&r.c, 'b');
	dst = rig_inner(&r.c, 'a');
	box_set(&b, p, put_udp(p, &src, &dst, 9, 7, 10));
	assert_int_equal(go_out(r.b, &b, t0 + 18 * SEC), 1);
	assert_int_equal(go_in(r.a, &b, t0 + 18 * SEC), 1);
	box_free(&b);
	missiu_tick(r.a, t0 + 19 * SEC);
	missiu_tick(r.a, t0 + 28 * SEC - 1);
	expect_no_event(r.a);
	assert_true(missiu_tick(r.a, t0 + 27500000) == t0 + 28 * SEC);
	missiu_tick(r.a, t0 + 28 * SEC);
	expect_event(r.a, MISSIU_EV_IDLE, out.spi);
	expect_no_event(r.a);
	missiu_tick(r.a, t0 + 38 * SEC - 1);
	expect_no_event(r.a);
	missiu_tick(r.a, t0 + 38 * SEC);
	expect_event(r.a, MISSIU_EV_IDLE, out.spi);
	rig_stop(&r);
}

/* What happens in each second, from the next on, and what is told of it. */
struct talk {
	struct rig r;
	missiu_usec now;
	unsigned silent, heard;
};

static void talk(struct talk *t, unsigned seconds, bool out, bool in)
{
	struct missiu_addr src = rig_inner(&t->r.c, 'b');
	struct missiu_addr dst = rig_inner(&t->r.c, 'a');
	struct missiu_event ev;
	uint8_t p[256];
	struct box b;

	for (; seconds; seconds--) {
		t->now += SEC;
		if (out) {
			box_ab(&b, &t->r, 10);
			assert_int_equal(go_out(t->r.a, &b, t->now), 1);
			box_free(&b);
		}
		if (in) {
			box_set(&b, p, put_udp(p, &src, &dst, 9, 7, 10));
			assert_int_equal(go_out(t->r.b, &b, t->now), 1);
			assert_int_equal(go_in(t->r.a, &b, t->now), 1);
			box_free(&b);
		}
		missiu_tick(t->r.a, t->now + 1);
		while (missiu_event_next(t->r.a, &ev)) {
			t->silent += ev.kind == MISSIU_EV_SILENT;
			t->heard += ev.kind == MISSIU_EV_HEARD;
		}
	}
}

static void test_a_silence_is_told_once(void **state)
{
	struct talk t = { .now = 0 };
	struct combo c = { 0 };
	struct missiu_sa out, in;

	(void)state;
	rig_open(&t.r, &c);
	t.now = t.r.now;
	out = rig_sa(&t.r.c, 'a', MISSIU_OUT);
	in = rig_sa(&t.r.c, 'b', MISSIU_IN);
	out.silent_s = 10;
	out.heard_s = 50;
	out.mate_spi = in.spi;
	rig_add_sa(t.r.a, &out, t.now);
	rig_add_sa(t.r.a, &in, t.now);
	in = rig_sa(&t.r.c, 'b', MISSIU_OUT);
	rig_add_sa(t.r.b, &in, t.now);
	talk(&t, 100, true, true);
	assert_int_equal(t.silent, 0);
	assert_in_range(t.heard, 1, 2);
	talk(&t, 9, true, false);
	assert_int_equal(t.silent, 0);
	talk(&t, 7, true, false);
	assert_int_equal(t.silent, 1);
	talk(&t, 200, true, false);
	assert_int_equal(t.silent, 1);
	/* One packet that nobody answers is no silence; listening is none. */
	talk(&t, 1, false, true);
	talk(&t, 1, true, false);
	talk(&t, 100, false, false);
	talk(&t, 100, false, true);
	assert_int_equal(t.silent, 1);
	talk(&t, 16, true, false);
	assert_int_equal(t.silent, 2);
	rig_stop(&t.r);
}

static void stats_of(struct missiu *m, uint32_t spi, struct missiu_sa_stats *st)
{
	struct missiu_sa sa = { 0 };
	uint64_t cursor = 0;

	while (sa.spi != spi)
		assert_true(missiu_sa_next(m, &cursor, &sa, st));
}

static void policy_of(struct missiu *m, struct missiu_policy_stats *st)
{
	struct missiu_policy p;
	uint64_t cursor = 0;

	assert_true(missiu_policy_next(m, &cursor, &p, st));
}

/* Each drop is counted with the SA and with the policy it belongs to. */
static void test_sas_and_policies_know_what_was_dropped(void **state)
{
	static const uint8_t protos[] = { MISSIU_ESP, MISSIU_AH };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct combo c = { .proto = protos[i],
				   .encr = i ? MISSIU_ENCR_NULL :
					       MISSIU_ENCR_AES_CBC,
				   .auth = MISSIU_AUTH_SHA1 };
		struct missiu_policy_stats ps;
		struct missiu_sa_stats st;
		struct box b, again;
		struct rig r;

		rig_start(&r, &c);
		box_sealed(&b, &r, 40);
		box_set(&again, b.k.data, b.k.len);
		assert_int_equal(go_in(r.b, &b, r.now), 1);
		stats_of(r.b, RIG_SPI_AB, &st);
		assert_int_equal(st.dropped, 0);
		assert_int_equal(go_in(r.b, &again, r.now), 0);
		stats_of(r.b, RIG_SPI_AB, &st);
		assert_int_equal(st.dropped, 1);
		assert_int_equal(st.last_drop, MISSIU_DROP_IN_STATE_SEQ);
		box_free(&b);
		box_free(&again);
		box_sealed(&b, &r, 40);
		b.k.data[b.k.len - 1] ^= 1;
		assert_int_equal(go_in(r.b, &b, r.now), 0);
		stats_of(r.b, RIG_SPI_AB, &st);
		assert_int_equal(st.dropped, 2);
		assert_int_equal(st.last_drop, MISSIU_DROP_IN_STATE_PROTO);
		box_free(&b);
		/* In clear what must be protected: the policy's, no SA's. */
		policy_of(r.b, &ps);
		assert_int_equal(ps.dropped, 0);
		box_ab(&b, &r, 40);
		assert_int_equal(go_in(r.b, &b, r.now), 0);
		policy_of(r.b, &ps);
		assert_int_equal(ps.dropped, 1);
		assert_int_equal(ps.last_drop, b.k.drop);
		box_free(&b);
		rig_stop(&r);

		/* A packet whose SA never came. */
		rig_open(&r, &c);
		box_ab(&b, &r, 40);
		assert_int_equal(go_out(r.a, &b, r.now), 0);
		missiu_tick(r.a, r.now + 3600 * SEC);
		policy_of(r.a, &ps);
		assert_int_equal(ps.dropped, 1);
		assert_int_equal(ps.last_drop, MISSIU_DROP_OUT_ACQUIRE);
		box_free(&b);
		rig_stop(&r);
	}
}

static void test_expired_outbound_sa(void **state)
{
	struct missiu_event ev;
	struct combo c = { 0 };
	struct missiu_sa sa;
	struct box b;
	struct rig r;

	(void)state;
	rig_open(&r, &c);
	sa = rig_sa(&r.c, 'a', MISSIU_OUT);
	sa.hard_s = 20;
	rig_add_sa(r.a, &sa, r.now);
	box_sealed(&b, &r, 10);
	box_free(&b);
	box_ab(&b, &r, 10);
	/* Gone, and its end is known before a new one is asked for. */
	assert_int_equal(go_out(r.a, &b, r.now + 20 * SEC), 0);
	assert_int_equal(b.k.verdict, MISSIU_V_HELD);
	expect_event(r.a, MISSIU_EV_HARD, RIG_SPI_AB);
	assert_true(missiu_event_next(r.a, &ev));
	assert_int_equal(ev.kind, MISSIU_EV_ACQUIRE);
	box_free(&b);
	rig_stop(&r);
}

static void test_lifetime_in_bytes(void **state)
{
	struct combo c = { 0 };
	struct missiu_pkt *v[5];
	struct missiu_sa sa;
	struct box b[5];
	struct rig r;
	size_t n;

	(void)state;
	rig_open(&r, &c);
	sa = rig_sa(&r.c, 'a', MISSIU_OUT);
	sa.soft_bytes = 200;
	sa.hard_bytes = 300;
	rig_add_sa(r.a, &sa, r.now);
	sa.dir = MISSIU_IN;
	sa.soft_bytes = 0;
	sa.hard_bytes = 150;
	rig_add_sa(r.b, &sa, r.now);
	for (size_t i = 0; i < 5; i++) {
		box_ab(&b[i], &r, 72); /* 100 bytes each */
		v[i] = &b[i].k;
	}
	/* The limit is met within one vector. */
	n = missiu_outbound(r.a, v, 5, r.now);
	assert_int_equal(n, 3);
	assert_int_equal(rig_drops(r.a, MISSIU_DROP_OUT_STATE_EXPIRED), 2);
	expect_event(r.a, MISSIU_EV_SOFT, RIG_SPI_AB);
	expect_event(r.a, MISSIU_EV_HARD, RIG_SPI_AB);
	expect_no_event(r.a);
	for (size_t i = 0; i < 3; i++)
		v[i] = &b[i].k;
	assert_int_equal(missiu_inbound(r.b, v, 3, r.now), 2);
	assert_int_equal(b[2].k.drop, MISSIU_DROP_IN_STATE_EXPIRED);
	expect_event(r.b, MISSIU_EV_HARD, RIG_SPI_AB);
	for (size_t i = 0; i < 5; i++)
		box_free(&b[i]);
	rig_stop(&r);
}

static void test_lifetime_in_packets(void **state)
{
	struct combo c = { 0 };
	struct missiu_pkt *v[5];
	struct missiu_sa sa;
	struct box b[5];
	struct rig r;

	(void)state;
	rig_open(&r, &c);
	sa = rig_sa(&r.c, 'a', MISSIU_OUT);
	sa.soft_packets = 2;
	sa.hard_packets = 3;
	rig_add_sa(r.a, &sa, r.now);
	sa.dir = MISSIU_IN;
	sa.soft_packets = 0;
	sa.hard_packets = 2;
	rig_add_sa(r.b, &sa, r.now);
	for (size_t i = 0; i < 5; i++) {
		box_ab(&b[i], &r, 72);
		v[i] = &b[i].k;
	}
	assert_int_equal(missiu_outbound(r.a, v, 1, r.now), 1);
	expect_no_event(r.a);
	assert_int_equal(missiu_outbound(r.a, v + 1, 4, r.now), 2);
	assert_int_equal(rig_drops(r.a, MISSIU_DROP_OUT_STATE_EXPIRED), 2);
	expect_event(r.a, MISSIU_EV_SOFT, RIG_SPI_AB);
	expect_event(r.a, MISSIU_EV_HARD, RIG_SPI_AB);
	expect_no_event(r.a);
	for (size_t i = 0; i < 3; i++)
		v[i] = &b[i].k;
	assert_int_equal(missiu_inbound(r.b, v, 3, r.now), 2);
	assert_int_equal(b[2].k.drop, MISSIU_DROP_IN_STATE_EXPIRED);
	expect_event(r.b, MISSIU_EV_HARD, RIG_SPI_AB);
	for (size_t i = 0; i < 5; i++)
		box_free(&b[i]);
	rig_stop(&r);
}

/* Whoever asks for it gets counter modes with manual keys. */
static void test_manual_counter_modes_on_request(void **state)
{
	static const struct combo v[] = {
		{ .encr = MISSIU_ENCR_AES_GCM, .auth = MISSIU_AUTH_NONE },
		{ .encr = MISSIU_ENCR_AES_CTR, .auth = MISSIU_AUTH_SHA1 },
		{ .encr = MISSIU_ENCR_AES_GMAC, .auth = MISSIU_AUTH_NONE },
		{ .proto = MISSIU_AH,
		  .encr = MISSIU_ENCR_NULL,
		  .auth = MISSIU_AUTH_AES128_GMAC },
	};
	struct missiu_sa sa;
	struct combo c;
	struct rig r;
	struct box b;

	(void)state;
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		c = v[i];
		c.sa_flags = MISSIU_SA_MANUAL;
		rig_open(&r, &c);
		sa = rig_sa(&r.c, 'a', MISSIU_OUT);
		assert_int_equal(missiu_sa_add(r.a, &sa, 0, NULL),
				 MISSIU_EUNSUP);
		rig_stop(&r);
		c.sa_flags = MISSIU_SA_MANUAL | MISSIU_SA_COUNTER_OK;
		rig_start(&r, &c);
		box_sealed(&b, &r, 50);
		assert_int_equal(go_in(r.b, &b, r.now), 1);
		assert_restored(&b);
		box_free(&b);
		rig_stop(&r);
	}
}

static void test_sa_of_the_other_mode_is_not_used(void **state)
{
	struct combo c = { 0 };
	struct missiu_sa sa;
	struct box b;
	struct rig r;

	(void)state;
	rig_open(&r, &c);
	sa = rig_sa(&r.c, 'a', MISSIU_OUT);
	sa.mode = MISSIU_TRANSPORT;
	rig_add_sa(r.a, &sa, r.now);
	box_ab(&b, &r, 1);
	assert_int_equal(go_out(r.a, &b, r.now), 0);
	assert_int_equal(b.k.verdict, MISSIU_V_HELD);
	box_free(&b);
	rig_stop(&r);
}

static void test_sequence_numbers_never_wrap(void **state)
{
	struct combo c = { .encr = MISSIU_ENCR_AES_CBC,
			   .auth = MISSIU_AUTH_SHA1 };
	struct missiu_stats s;
	struct box b;
	struct rig r;

	(void)state;
	for (int manual = 0; manual < 2; manual++) {
		struct sa *sa;

		c.sa_flags = manual ? MISSIU_SA_MANUAL : 0;
		rig_start(&r, &c);
		sa = r.a->sad.v[0];
		sa->seq = UINT32_MAX / 8 * 7 - 1;
		box_sealed(&b, &r, 1);
		box_free(&b);
		expect_event(r.a, MISSIU_EV_SOFT, RIG_SPI_AB);
		sa->seq = UINT32_MAX - 2;
		for (uint32_t i = 0; i < 2; i++) {
			box_sealed(&b, &r, 1);
			assert_int_equal(load_be32(b.k.data + 24),
					 UINT32_MAX - 1 + i);
			box_free(&b);
		}
		missiu_stats_get(r.a, &s);
		assert_int_equal(s.n_sa, manual ? 2 : 1);
		box_ab(&b, &r, 1);
		assert_int_equal(go_out(r.a, &b, r.now), 0);
		if (manual) {
			/* stays, as loaded, but sends nothing more */
			assert_int_equal(b.k.drop, MISSIU_DROP_OUT_STATE_SEQ);
			expect_no_event(r.a);
		} else {
			expect_event(r.a, MISSIU_EV_HARD, RIG_SPI_AB);
			assert_int_equal(b.k.verdict, MISSIU_V_HELD);
		}
		box_free(&b);
		rig_stop(&r);
	}
}

/* In the vector that uses up the last number. */
static void test_sequence_ends_within_a_vector(void **state)
{
	struct combo c = { 0 };
	struct missiu_pkt *v[4];
	struct box b[4];
	struct rig r;

	(void)state;
	rig_start(&r, &c);
	r.a->sad.v[0]->seq = UINT32_MAX - 2;
	for (size_t i = 0; i < 4; i++) {
		box_ab(&b[i], &r, i);
		v[i] = &b[i].k;
	}
	assert_int_equal(missiu_outbound(r.a, v, 4, r.now), 2);
	assert_int_equal(rig_drops(r.a, MISSIU_DROP_OUT_STATE_SEQ), 2);
	for (size_t i = 0; i < 4; i++)
		box_free(&b[i]);
	rig_stop(&r);
}

static void test_deleted_sa_is_not_used_from_the_cache(void **state)
{
	struct combo c = { 0 };
	struct missiu_sa sa;
	struct box b, late;
	struct rig r;

	(void)state;
	rig_start(&r, &c);
	box_sealed(&b, &r, 1);
	box_sealed(&late, &r, 1);
	assert_int_equal(go_in(r.b, &b, r.now), 1);
	sa = rig_sa(&r.c, 'a', MISSIU_OUT);
	assert_int_equal(missiu_sa_del(r.a, 50, sa.spi, &sa.dst), 0);
	assert_int_equal(missiu_sa_del(r.b, 50, sa.spi, &sa.dst), 0);
	box_free(&b);
	box_ab(&b, &r, 1);
	assert_int_equal(go_out(r.a, &b, r.now), 0);
	assert_int_equal(b.k.verdict, MISSIU_V_HELD);
	assert_int_equal(go_in(r.b, &late, r.now), 0);
	assert_int_equal(late.k.drop, MISSIU_DROP_IN_NO_STATES);
	box_free(&b);
	box_free(&late);
	rig_stop(&r);
}

static void test_counters(void **state)
{
	struct combo c = { 0 };
	struct missiu_sa_stats st;
	struct missiu_stats s;
	uint64_t cursor = 0;
	struct missiu_sa sa;
	struct box b;
	struct rig r;

	(void)state;
	rig_start(&r, &c);
	for (size_t i = 0; i < 3; i++) {
		box_sealed(&b, &r, 72);
		if (i == 1)
			b.k.data[60] ^= 1;
		go_in(r.b, &b, r.now + i);
		box_free(&b);
	}
	assert_true(missiu_sa_next(r.b, &cursor, &sa, &st));
	assert_int_equal(st.packets, 2);
	assert_int_equal(st.bytes, 200);
	assert_int_equal(st.auth_fails, 1);
	assert_int_equal(st.seq, 3);
	assert_int_equal(st.added_us, r.now);
	assert_int_equal(st.used_us, r.now + 2);
	missiu_stats_get(r.b, &s);
	assert_int_equal(s.in_packets, 2);
	assert_int_equal(s.in_bytes, 200);
	missiu_stats_get(r.a, &s);
	assert_int_equal(s.out_packets, 3);
	assert_int_equal(s.out_bytes, 300);
	missiu_count_drop(r.a, MISSIU_DROP_TX_QUEUE, 5);
	missiu_count_drop(r.a, MISSIU_DROP_MAX, 5);
	assert_int_equal(rig_drops(r.a, MISSIU_DROP_TX_QUEUE), 5);
	assert_int_equal(rig_all_drops(r.a), 5);
	rig_stop(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bad_descriptions_are_refused),
		cmocka_unit_test(test_failing_random_source),
		cmocka_unit_test(test_update_checks_names),
		cmocka_unit_test(test_lifetime_in_seconds),
		cmocka_unit_test(
			test_an_unused_pair_is_told_of_again_and_again),
		cmocka_unit_test(test_sas_and_policies_know_what_was_dropped),
		cmocka_unit_test(test_expired_outbound_sa),
		cmocka_unit_test(test_lifetime_in_bytes),
		cmocka_unit_test(test_lifetime_in_packets),
		cmocka_unit_test(test_manual_counter_modes_on_request),
		cmocka_unit_test(test_sa_of_the_other_mode_is_not_used),
		cmocka_unit_test(test_sequence_numbers_never_wrap),
		cmocka_unit_test(test_sequence_ends_within_a_vector),
		cmocka_unit_test(test_deleted_sa_is_not_used_from_the_cache),
		cmocka_unit_test(test_a_silence_is_told_once),
		cmocka_unit_test(test_counters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
