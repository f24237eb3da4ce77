/* SPDX-License-Identifier: Apache-2.0 */
/* IKE_FOLLOWUP_KE (RFC 9370 2.2.4) in virtual time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ike/child.h"
#include "ike/exchange.h"
#include "ike/followup.h"
#include "ike/handlers.h"
#include "ike/sa.h"

#include "../sim/sim.c"

#include "../sim/pair.h"

#define ONE "aes128gcm16-prfsha256-x25519-ke1_ecp256"
#define TWO "aes128gcm16-prfsha256-x25519-ke1_ecp256-ke2_ecp384"

/* Two nodes with two tunnels between them, PFS as the IKE SA has it. */
static struct sim *up(const char *proposal)
{
	struct sim *s = two_tunnels();

	for (int i = 0; i < 2; i++) {
		s->node[i].conf.ike_proposal = proposal;
		s->node[i].conf.pfs_group = -1;
	}
	return s;
}

static void go(struct sim *s)
{
	sim_start(s);
	sim_acquire(s, 0, &s->node[0].pol[0], "10.1.0.9", "10.2.0.9");
	sim_run(s, 1 * SIM_S);
	assert_int_equal(sim_established(s, 0), 1);
	assert_int_equal(sim_children(s, 0), 1);
	/* Losses are counted from here on. */
	for (size_t i = 0; i < s->n_pkt; i++)
		free(s->pkt[i].b);
	s->n_pkt = 0;
}

static void rekey_child(struct sim *s, int node)
{
	sim_event(s, node, MISSIU_EV_SOFT, sim_find_sa(s, node, MISSIU_OUT));
}

/*
 * HDR, SK {SA, Ni, KEi, TSi, TSr}  -->
 *     <--  HDR, SK {SA, Nr, KEr, TSi, TSr, N(ADDITIONAL_KEY_EXCHANGE)(l1)}
 * HDR, SK {KEi(1), N(ADDITIONAL_KEY_EXCHANGE)(l1)}  -->
 *     <--  HDR, SK {KEr(1), N(ADDITIONAL_KEY_EXCHANGE)(l2)}
 * HDR, SK {KEi(2), N(ADDITIONAL_KEY_EXCHANGE)(l2)}  -->
 *     <--  HDR, SK {KEr(2)}
 */
static void test_second_child_from_either_side(void **state)
{
	(void)state;
	for (int i = 0; i < 4; i++) {
		struct sim *s = up(i / 2 ? TWO : ONE);

		go(s);
		ask_second(s, i % 2);
		sim_run(s, 1 * SIM_S);
		assert_pairs(s, 1, 2);
		assert_int_equal(sent_of(s, IKE_X_FOLLOWUP_KE), i / 2 ? 4 : 2);
		assert_null(newest(s, 0)->follow);
		assert_null(newest(s, 1)->follow);
		assert_quiet(s);
		sim_free(s);
	}
}

static void test_child_and_ike_sa_are_rekeyed_with_all_methods(void **state)
{
	(void)state;
	for (int i = 0; i < 4; i++) {
		struct sim *s = up(TWO);
		uint64_t before;

		go(s);
		before = newest(s, 0)->spi_i;
		if (i / 2)
			rekey_ike(s, i % 2);
		else
			rekey_child(s, i % 2);
		sim_run(s, 20 * SIM_S);
		assert_pairs(s, 1, 1);
		assert_int_equal(sent_of(s, IKE_X_FOLLOWUP_KE), 4);
		assert_true((newest(s, 0)->spi_i == before) == !(i / 2));
		/* What came of it works, and is rekeyed the same way. */
		rekey_ike(s, 1);
		ask_second(s, 0);
		sim_run(s, 10 * SIM_S);
		rekey_child(s, 0);
		sim_run(s, 20 * SIM_S);
		assert_pairs(s, 1, 2);
		assert_int_equal(newest(s, 0)->suite.addke[1], IKE_DH_ECP384);
		assert_quiet(s);
		sim_free(s);
	}
}

static void test_each_message_may_be_lost_late_or_doubled(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 3 * 8 * 2; i++) {
		struct sim *s = up(TWO);
		missiu_usec until;

		go(s);
		*(i % 3 == 0 ? &s->lose :
		  i % 3 == 1 ? &s->late :
			       &s->twice) = UINT64_C(1) << i / 3 % 8;
		if (i < 24)
			rekey_child(s, 0);
		else
			rekey_ike(s, 1);
		until = s->now + 30 * SIM_S;
		while (sim_step(s, until))
			assert_sendable(s);
		assert_pairs(s, 1, 1);
		assert_quiet(s);
		sim_free(s);
	}
}

/* --- both at once */

static uint64_t mix(uint64_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	return *x ^= *x << 17;
}

/*
 * Up to four of the first 16 packets: lost, late or twice. More in a row would
 * rightly end the SA.
 */
static void spoil(struct sim *s, uint64_t *x)
{
	uint64_t which;

	do
		which = mix(x) & mix(x) & 0xffff;
	while (__builtin_popcountll(which) > 4);
	*(mix(x) % 3 == 0 ? &s->lose :
	  *x % 3 == 1	  ? &s->late :
			    &s->twice) = which;
}

static void test_both_rekey_the_child_at_once(void **state)
{
	uint64_t x = 0x9e3779b97f4a7c15;

	(void)state;
	for (unsigned i = 0; i < 200; i++) {
		struct sim *s = up(i % 2 ? ONE : TWO);
		missiu_usec until;

		go(s);
		if (i > 1)
			spoil(s, &x);
		rekey_child(s, 0);
		if (i > 1 && i % 5)
			sim_run(s, i % 5 * 7 * SIM_MS);
		rekey_child(s, 1);
		until = s->now + 120 * SIM_S;
		while (sim_step(s, until))
			assert_sendable(s);
		assert_pairs(s, 1, 1);
		assert_quiet(s);
		sim_free(s);
	}
}

static void test_both_rekey_the_ike_sa_at_once(void **state)
{
	uint64_t x = 0xd1b54a32d192ed03;

	(void)state;
	for (unsigned i = 0; i < 200; i++) {
		struct sim *s = up(i % 2 ? ONE : TWO);
		const bool second = i > 1 && i % 3 == 0;

		go(s);
		if (i > 1)
			spoil(s, &x);
		rekey_ike(s, 0);
		if (i > 1 && i % 5)
			sim_run(s, i % 5 * 7 * SIM_MS);
		rekey_ike(s, 1);
		if (second) { /* traffic while nothing is decided */
			sim_run(s, i % 7 * 6 * SIM_MS);
			ask_second(s, i % 4 / 2);
		}
		if (i > 1 && i % 4 == 0)
			rekey_child(s, i % 8 / 4);
		sim_run(s, 180 * SIM_S);
		assert_pairs(s, 1, second ? 2 : 1);
		assert_quiet(s);
		sim_free(s);
	}
}

/* --- the state that a link names */

static struct sim *halfway(bool ike_sa)
{
	struct sim *s = up(TWO);

	go(s);
	if (ike_sa)
		rekey_ike(s, 0);
	else
		rekey_child(s, 0);
	while (s->n_pkt < 3) /* the first IKE_FOLLOWUP_KE is under way */
		assert_true(sim_step(s, s->now + SIM_S));
	assert_non_null(newest(s, 1)->follow);
	return s;
}

/* HDR, SK {KEi(1), N(…)(l1)}  -->  <--  HDR, SK {N(STATE_NOT_FOUND)} */
static void test_what_the_peer_forgot_is_begun_anew(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		struct sim *s = halfway(i);
		const uint64_t before = newest(s, 0)->spi_i;

		follow_drop(newest(s, 1));
		sim_wake(s, 1);
		sim_run(s, 20 * SIM_S);
		assert_pairs(s, 1, 1);
		assert_true((newest(s, 0)->spi_i == before) == !i);
		assert_int_equal(sent_of(s, IKE_X_CREATE_CHILD), 4);
		assert_quiet(s);
		sim_free(s);
	}
}

static void test_another_link_finds_nothing(void **state)
{
	struct sim *s = halfway(false);
	struct ike_msg *m = calloc(1, sizeof(*m));
	struct ike_ctx ctx = { .ike = s->node[1].ike,
			       .sa = newest(s, 1),
			       .m = m };
	uint8_t link[9] = { 0 };

	(void)state;
	m->n_notify = 1;
	m->notify[0].type = IKE_N_ADDITIONAL_KEY_EXCHANGE;
	for (size_t len = 0; len <= sizeof(link); len++) {
		m->notify[0].data = (struct chunk){ link, len };
		assert_int_equal(h_follow_request(&ctx), IKE_N_STATE_NOT_FOUND);
	}
	m->n_notify = 0;
	assert_int_equal(h_follow_request(&ctx), IKE_N_STATE_NOT_FOUND);
	assert_non_null(newest(s, 1)->follow);
	free(m);
	sim_free(s);
}

static void test_a_child_that_went_away_meanwhile_is_not_replaced(void **state)
{
	struct sim *s = halfway(false);

	(void)state;
	child_delete(s->node[1].ike, newest(s, 1), newest(s, 1)->children);
	exchange_run(s->node[1].ike, newest(s, 1));
	sim_drain(s, 1);
	sim_run(s, 60 * SIM_S);
	assert_int_equal(sim_established(s, 0), 1);
	assert_int_equal(sim_children(s, 0), sim_children(s, 1));
	sim_agree(s, 0, 1);
	sim_free(s);
}

static void test_policies_may_go_while_a_child_waits(void **state)
{
	struct sim *s = up(TWO);

	(void)state;
	go(s);
	ask_second(s, 0);
	while (s->n_pkt < 3)
		assert_true(sim_step(s, s->now + SIM_S));
	s->node[1].n_pol = 1;
	sim_reload(s, 1);
	sim_run(s, 5 * SIM_S);
	assert_pairs(s, 1, 1);
	assert_int_equal(s->node[0].n_failed, 1);
	sim_free(s);
}

static void test_nobody_waits_for_ever(void **state)
{
	struct sim *s = halfway(false);

	(void)state;
	s->cut = true;
	sim_run(s, 1 * SIM_S);
	assert_non_null(newest(s, 1)->follow);
	newest(s, 1)->heard_us = s->now + 600 * SIM_S; /* not asked yet */
	sim_wake(s, 1);
	s->now += 300 * SIM_S;
	ike_tick(s->node[1].ike, s->now);
	assert_null(newest(s, 1)->follow);
	sim_free(s);
}

/* A key exchange of the last four stays. */
static struct follow_job jobs[6];
static unsigned n_dropped;

static void drop_job(struct follow_job *job)
{
	n_dropped += job->spi < 3;
}

static void test_jobs_are_bounded(void **state)
{
	struct sim *s = up(TWO);
	struct ike_packet p;
	struct ike_ctx ctx = { .b = &p.b };

	(void)state;
	go(s);
	ctx.ike = s->node[1].ike;
	ctx.sa = newest(s, 1);
	request_begin(ctx.sa, IKE_X_CREATE_CHILD, &p);
	for (uint32_t i = 0; i < 6; i++) {
		jobs[i] = (struct follow_job){ .drop = drop_job, .spi = i + 1 };
		assert_int_equal(follow_wait(&ctx, &ctx.sa->suite, &jobs[i]),
				 0);
	}
	assert_int_equal(n_dropped, 2);
	assert_false(index_spi_in_used(s->node[1].ike->ix, 2));
	assert_true(index_spi_in_used(s->node[1].ike->ix, 3));
	assert_true(index_spi_in_used(s->node[1].ike->ix, 6));
	sim_free(s);
}

/* --- who wants it */

static void test_without_pfs_there_is_nothing_to_follow(void **state)
{
	struct sim *s = up(TWO);

	(void)state;
	s->node[0].conf.pfs_group = s->node[1].conf.pfs_group = 0;
	go(s);
	ask_second(s, 0);
	sim_run(s, 1 * SIM_S);
	assert_pairs(s, 1, 2);
	assert_int_equal(s->n_pkt, 2);
	sim_free(s);
}

/* A responder does not insist on what it would grant. */
static void test_a_peer_may_ask_for_less(void **state)
{
	struct sim *s = up(TWO);

	(void)state;
	s->node[0].conf.pfs_group = 31;
	go(s);
	ask_second(s, 0);
	sim_run(s, 1 * SIM_S);
	assert_pairs(s, 1, 2);
	assert_int_equal(s->n_pkt, 2);
	sim_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_second_child_from_either_side),
		cmocka_unit_test(
			test_child_and_ike_sa_are_rekeyed_with_all_methods),
		cmocka_unit_test(test_each_message_may_be_lost_late_or_doubled),
		cmocka_unit_test(test_both_rekey_the_child_at_once),
		cmocka_unit_test(test_both_rekey_the_ike_sa_at_once),
		cmocka_unit_test(test_what_the_peer_forgot_is_begun_anew),
		cmocka_unit_test(test_another_link_finds_nothing),
		cmocka_unit_test(
			test_a_child_that_went_away_meanwhile_is_not_replaced),
		cmocka_unit_test(test_policies_may_go_while_a_child_waits),
		cmocka_unit_test(test_nobody_waits_for_ever),
		cmocka_unit_test(test_jobs_are_bounded),
		cmocka_unit_test(test_without_pfs_there_is_nothing_to_follow),
		cmocka_unit_test(test_a_peer_may_ask_for_less),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
