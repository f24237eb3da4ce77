/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl_samples.h"

#include "ctl/codec.h"
#include "ctl/serve.h"

#define BUF 2048

/* Accepts only if the bytes also encode to themselves again. */
static bool feed_sa(void *ctx, struct rd r)
{
	const uint8_t *from = r.p;
	const size_t len = rd_left(&r);
	uint8_t again[BUF];
	struct wr w = wr_to(again, sizeof(again));
	struct missiu_sa sa;

	(void)ctx;
	if (!ctl_get_sa(&r, &sa) || !rd_done(&r))
		return false;
	ctl_put_sa(&w, &sa, true);
	assert_int_equal(w.len, len);
	assert_memory_equal(again, from, len);
	return true;
}

static bool feed_policy(void *ctx, struct rd r)
{
	const uint8_t *from = r.p;
	const size_t len = rd_left(&r);
	uint8_t again[BUF];
	struct wr w = wr_to(again, sizeof(again));
	struct missiu_policy p;

	(void)ctx;
	if (!ctl_get_policy(&r, &p) || !rd_done(&r))
		return false;
	ctl_put_policy(&w, &p);
	assert_int_equal(w.len, len);
	assert_memory_equal(again, from, len);
	return true;
}

static bool feed_change(void *ctx, struct rd r)
{
	struct missiu_change c;

	(void)ctx;
	return ctl_get_change(&r, &c) && rd_done(&r);
}

static bool feed_event(void *ctx, struct rd r)
{
	struct missiu_event ev;

	(void)ctx;
	return ctl_event_decode(r, &ev);
}

static bool feed_move(void *ctx, struct rd r)
{
	struct missiu_addr old_dst;
	struct missiu_sa sa;

	(void)ctx;
	return ctl_get_sa_move(&r, &sa, &old_dst) && rd_done(&r);
}

static void test_sa_comes_back_as_it_was(void **state)
{
	const struct missiu_sa samples[] = { sa_manual(), sa_full() };
	uint8_t buf[BUF];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(samples); i++) {
		struct wr w = wr_to(buf, sizeof(buf));
		struct missiu_sa back;
		struct rd r;

		ctl_put_sa(&w, &samples[i], true);
		assert_true(wr_ok(&w));
		assert_true(w.len <= CTL_SA_BYTES);
		r = rd_from(buf, w.len);
		assert_true(ctl_get_sa(&r, &back));
		same_sa(&back, &samples[i]);
		refuses_cuts(buf, w.len, feed_sa, NULL);
		survives_flips(buf, w.len, feed_sa, NULL);
	}
}

static void test_sa_at_its_largest_fits(void **state)
{
	struct missiu_sa sa = sa_full();
	uint8_t buf[CTL_SA_BYTES];
	struct wr w = wr_to(buf, sizeof(buf));
	size_t i;

	(void)state;
	sa.encr_key_len = sa.auth_key_len = MISSIU_KEY_MAX;
	sa.n_ts_src = sa.n_ts_dst = MISSIU_TS_MAX;
	for (i = 0; i < MISSIU_TS_MAX; i++)
		sa.ts_src[i] = sa.ts_dst[i] = sa.ts_src[1];
	ctl_put_sa(&w, &sa, true);
	assert_true(wr_ok(&w));
}

static void test_sa_without_keys_shows_only_their_length(void **state)
{
	const struct missiu_sa sa = sa_manual();
	uint8_t buf[BUF], zero[MISSIU_KEY_MAX] = { 0 };
	struct wr w = wr_to(buf, sizeof(buf));
	struct missiu_sa back;
	struct rd r;

	(void)state;
	ctl_put_sa(&w, &sa, false);
	r = rd_from(buf, w.len);
	assert_true(ctl_get_sa(&r, &back));
	assert_int_equal(back.encr_key_len, 16);
	assert_int_equal(back.auth_key_len, 20);
	assert_memory_equal(back.encr_key, zero, MISSIU_KEY_MAX);
	assert_memory_equal(back.auth_key, zero, MISSIU_KEY_MAX);
}

/* Values that no bit flip of the samples reaches. */
static void test_sa_with_values_out_of_range_is_refused(void **state)
{
	struct missiu_sa bad[12];
	uint8_t buf[BUF];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		bad[i] = sa_full();
	bad[0].dir = 0;
	bad[1].dir = 4;
	bad[2].proto = 6;
	bad[3].mode = 3;
	bad[4].mode = 0; /* only manual SAs may leave it open */
	bad[5].flags = MISSIU_SA_FLAGS + 1;
	bad[6].encr = MISSIU_ENCR_ANY;
	bad[7].auth = MISSIU_AUTH_MAX;
	bad[8].icv_len = 10;
	bad[9].replay_window = 4097;
	bad[10].src = addr_of("192.0.2.1"); /* the other family */
	bad[11].dst.family = 0;
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		struct wr w = wr_to(buf, sizeof(buf));

		ctl_put_sa(&w, &bad[i], true);
		if (feed_sa(NULL, rd_from(buf, w.len)))
			fail_msg("bad SA %zu accepted", i);
	}
}

static void test_key_longer_than_an_sa_holds_is_refused(void **state)
{
	/* proto, spi, dst; src, ports; dir, mode, flags, encr, auth, icv_len */
	const size_t at = 1 + 4 + 5 + 5 + 4 + 6;
	struct missiu_sa sa = sa_manual();
	uint8_t buf[BUF];
	struct wr w = wr_to(buf, sizeof(buf) - 1);

	(void)state;
	sa.encr_key_len = MISSIU_KEY_MAX;
	ctl_put_sa(&w, &sa, true);
	assert_int_equal(buf[at], MISSIU_KEY_MAX);
	assert_true(feed_sa(NULL, rd_from(buf, w.len)));
	memmove(buf + at + 1, buf + at, w.len - at);
	buf[at] = MISSIU_KEY_MAX + 1;
	assert_false(feed_sa(NULL, rd_from(buf, w.len + 1)));
}

static void test_policy_comes_back_as_it_was(void **state)
{
	const struct missiu_policy samples[] = { policy_transport(),
						 policy_tunnel(),
						 policy_bypass() };
	uint8_t buf[BUF];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(samples); i++) {
		struct wr w = wr_to(buf, sizeof(buf));
		struct missiu_policy back;
		struct rd r;

		ctl_put_policy(&w, &samples[i]);
		assert_true(wr_ok(&w));
		assert_true(w.len <= CTL_POLICY_BYTES);
		r = rd_from(buf, w.len);
		assert_true(ctl_get_policy(&r, &back));
		same_policy(&back, &samples[i]);
		refuses_cuts(buf, w.len, feed_policy, NULL);
		survives_flips(buf, w.len, feed_policy, NULL);
	}
}

static void test_policy_with_values_out_of_range_is_refused(void **state)
{
	struct missiu_policy bad[11];
	uint8_t buf[BUF];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		bad[i] = policy_tunnel();
	bad[0].dirs = 0;
	bad[1].action = 0;
	bad[2].action = 4;
	bad[3].mode = 0;
	bad[4].flags = MISSIU_POL_FLAGS + 1;
	bad[5].n_prot = 0;
	bad[6].action = MISSIU_BYPASS; /* has layers all the same */
	bad[7].prot[0].encr = MISSIU_ENCR_MAX;
	bad[8].prot[0].key_len = MISSIU_KEY_MAX + 1;
	bad[9].remote.port_lo = bad[9].remote.port_hi + 1;
	bad[10].remote.lo = addr_of("10.2.0.78"); /* above hi */
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		struct wr w = wr_to(buf, sizeof(buf));

		ctl_put_policy(&w, &bad[i]);
		if (feed_policy(NULL, rd_from(buf, w.len)))
			fail_msg("bad policy %zu accepted", i);
	}
}

static void test_changes_come_back_as_they_were(void **state)
{
	struct missiu_change samples[6];
	uint8_t buf[BUF];
	size_t i;

	(void)state;
	memset(samples, 0, sizeof(samples));
	samples[0].kind = MISSIU_CHG_FLUSH_SA;
	samples[1].kind = MISSIU_CHG_FLUSH_POLICY;
	samples[2].kind = MISSIU_CHG_ADD_POLICY;
	samples[2].policy = policy_tunnel();
	samples[3].kind = MISSIU_CHG_ADD_SA;
	samples[3].sa = sa_full();
	samples[4].kind = MISSIU_CHG_DEL_SA;
	samples[4].sa.proto = MISSIU_ESP;
	samples[4].sa.spi = 300;
	samples[4].sa.dst = addr_of("2001:db8::7");
	samples[5].kind = MISSIU_CHG_DEL_POLICY;
	samples[5].policy.id = 17;
	for (i = 0; i < ARRAY_SIZE(samples); i++) {
		struct wr w = wr_to(buf, sizeof(buf));
		struct missiu_change back;
		struct rd r;

		ctl_put_change(&w, &samples[i]);
		assert_true(w.len <= CTL_CHANGE_BYTES);
		r = rd_from(buf, w.len);
		assert_true(ctl_get_change(&r, &back));
		assert_true(rd_done(&r));
		assert_int_equal(back.kind, samples[i].kind);
		if (back.kind == MISSIU_CHG_ADD_POLICY ||
		    back.kind == MISSIU_CHG_DEL_POLICY)
			same_policy(&back.policy, &samples[i].policy);
		else
			same_sa(&back.sa, &samples[i].sa);
		refuses_cuts(buf, w.len, feed_change, NULL);
		survives_flips(buf, w.len, feed_change, NULL);
	}
}

static void test_events_come_back_as_they_were(void **state)
{
	struct missiu_event samples[2];
	uint8_t buf[CTL_EVENT_BYTES];
	size_t i;

	(void)state;
	memset(samples, 0, sizeof(samples));
	samples[0].kind = MISSIU_EV_ACQUIRE;
	samples[0].policy_id = 3;
	samples[0].acquire_id = 77;
	samples[0].pkt_src = range_of("fd00::1", "fd00::1", 6, 1025, 1025);
	samples[0].pkt_dst = range_of("fd00::2", "fd00::2", 6, 80, 80);
	samples[1].kind = MISSIU_EV_NAT_CHANGE;
	samples[1].policy_id = 3;
	samples[1].proto = MISSIU_ESP;
	samples[1].dir = MISSIU_IN;
	samples[1].spi = 0xdeadbeef;
	samples[1].dst = addr_of("192.0.2.1");
	samples[1].addr = addr_of("198.51.100.9");
	samples[1].port = 61234;
	samples[1].owner = UINT64_MAX;
	for (i = 0; i < ARRAY_SIZE(samples); i++) {
		size_t len = ctl_event_encode(&samples[i], buf);
		struct missiu_event back;

		memset(&back, 0, sizeof(back));
		assert_in_range(len, 1, CTL_EVENT_BYTES);
		assert_true(ctl_event_decode(rd_from(buf, len), &back));
		same_event(&back, &samples[i]);
		refuses_cuts(buf, len, feed_event, NULL);
		survives_flips(buf, len, feed_event, NULL);
	}
}

static void test_sa_move_comes_back_as_it_was(void **state)
{
	const struct missiu_addr old_dst = addr_of("2001:db8::99");
	struct missiu_sa sa = sa_full();
	struct missiu_addr old_back;
	struct missiu_sa back;
	uint8_t buf[BUF];
	struct wr w = wr_to(buf, sizeof(buf));
	struct rd r;

	(void)state;
	sa.flags = MISSIU_SA_FLAGS;
	ctl_put_sa_move(&w, &sa, &old_dst);
	r = rd_from(buf, w.len);
	assert_true(ctl_get_sa_move(&r, &back, &old_back));
	assert_int_equal(back.spi, sa.spi);
	assert_int_equal(back.encap_dport, sa.encap_dport);
	assert_int_equal(back.flags, MISSIU_SA_TCP);
	assert_true(addr_eq(&back.src, &sa.src));
	assert_true(addr_eq(&back.dst, &sa.dst));
	assert_true(addr_eq(&old_back, &old_dst));
	refuses_cuts(buf, w.len, feed_move, NULL);
	survives_flips(buf, w.len, feed_move, NULL);
}

/* The wire format is a promise: big endian, and exactly this. */
static void test_sa_name_has_these_bytes(void **state)
{
	const uint8_t want[] = {
		50,			/* ESP */
		0,  0,	 0x10, 0x01,	/* SPI */
		4,  192, 0,    2,    2, /* destination */
	};
	const struct missiu_sa sa = sa_manual();
	uint8_t buf[BUF];
	struct wr w = wr_to(buf, sizeof(buf));

	(void)state;
	ctl_put_sa_name(&w, &sa);
	assert_int_equal(w.len, sizeof(want));
	assert_memory_equal(buf, want, sizeof(want));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sa_comes_back_as_it_was),
		cmocka_unit_test(test_sa_at_its_largest_fits),
		cmocka_unit_test(test_sa_without_keys_shows_only_their_length),
		cmocka_unit_test(test_sa_with_values_out_of_range_is_refused),
		cmocka_unit_test(test_key_longer_than_an_sa_holds_is_refused),
		cmocka_unit_test(test_policy_comes_back_as_it_was),
		cmocka_unit_test(
			test_policy_with_values_out_of_range_is_refused),
		cmocka_unit_test(test_changes_come_back_as_they_were),
		cmocka_unit_test(test_events_come_back_as_they_were),
		cmocka_unit_test(test_sa_move_comes_back_as_it_was),
		cmocka_unit_test(test_sa_name_has_these_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
