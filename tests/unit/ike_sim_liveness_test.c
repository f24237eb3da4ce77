/* SPDX-License-Identifier: Apache-2.0 */
/* Peers that are silent, dead, or have forgotten us: RFC 7296 2.4, 2.21.4. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdint.h>

#include <cmocka.h>

#include "ike/exchange.h"
#include "ike/sa.h"

#include "../sim/sim.c"

#include "../sim/pair.h"

static struct sim *up(void)
{
	struct sim *s = sim_new(2);

	sim_tunnel(s, 0, 1, "10.1.0.0", "10.2.0.0", 16);
	sim_tunnel(s, 1, 0, "10.2.0.0", "10.1.0.0", 16);
	return s;
}

static void go(struct sim *s)
{
	sim_start(s);
	sim_acquire(s, 0, &s->node[0].pol[0], "10.1.0.9", "10.2.0.9");
	sim_run(s, 5 * SIM_S);
	assert_int_equal(sim_established(s, 0), 1);
	assert_int_equal(sim_children(s, 0), 1);
}

static void silent(struct sim *s, int node)
{
	sim_event(s, node, MISSIU_EV_SILENT, sim_find_sa(s, node, MISSIU_OUT));
}

static const struct ike_counters *counted(const struct sim *s, int node)
{
	return ike_counters(s->node[node].ike);
}

/* HDR, SK {}  -->  <--  HDR, SK {} */
static void test_a_silent_peer_that_answers_is_asked_once(void **state)
{
	struct sim *s = up();

	(void)state;
	go(s);
	for (int i = 0; i < 3; i++) /* as of three children */
		silent(s, 0);
	sim_run(s, 1 * SIM_S);
	silent(s, 0); /* it has just answered */
	sim_run(s, 100 * SIM_S);
	assert_int_equal(s->n_pkt, 4 + 2);
	assert_int_equal(sim_children(s, 0), 1);
	sim_free(s);
}

static void test_a_silent_peer_that_does_not_answer_is_dead(void **state)
{
	struct sim *s = up();

	(void)state;
	go(s);
	s->cut = true;
	silent(s, 0);
	sim_run(s, 21 * SIM_S);
	assert_int_equal(sim_n_ike(s, 0), 0);
	assert_int_equal(s->node[0].n_sa, 0);
	assert_int_equal(s->n_pkt, 4 + 6);
	s->cut = false;
	sim_acquire(s, 0, &s->node[0].pol[0], "10.1.0.9", "10.2.0.9");
	sim_run(s, 1 * SIM_S);
	assert_int_equal(sim_children(s, 0), 1);
	assert_int_equal(sim_children(s, 1), 1); /* INITIAL_CONTACT */
	sim_agree(s, 0, 1);
	sim_free(s);
}

static void test_nobody_is_asked_while_esp_arrives(void **state)
{
	struct sim *s = up();

	(void)state;
	s->node[1].conf.dpd_s = UINT32_MAX; /* it never asks */
	s->node[0].conf.ike_life_s = s->node[1].conf.ike_life_s = 100000;
	go(s);
	assert_int_equal(sim_find_sa(s, 0, MISSIU_OUT)->silent_s, 10);
	assert_int_equal(sim_find_sa(s, 0, MISSIU_OUT)->heard_s, 150);
	assert_int_equal(sim_find_sa(s, 0, MISSIU_IN)->silent_s, 0);
	assert_int_equal(sim_find_sa(s, 1, MISSIU_OUT)->silent_s, 0);
	for (int i = 0; i < 20; i++) {
		sim_run(s, 160 * SIM_S);
		sim_event(s, 0, MISSIU_EV_HEARD, sim_find_sa(s, 0, MISSIU_OUT));
	}
	assert_int_equal(s->n_pkt, 4);
	sim_run(s, 299 * SIM_S);
	assert_int_equal(s->n_pkt, 4);
	sim_run(s, 2 * SIM_S);
	assert_int_equal(s->n_pkt, 4 + 2);
	sim_free(s);
}

/* --- a peer that was restarted */

/*
 * HDR, SK {}  -->
 *             <--  HDR, N(INVALID_IKE_SPI)
 * again after a second each, until it is clear that nobody has the keys.
 */
static void test_a_peer_that_forgot_us_is_noticed_sooner(void **state)
{
	(void)state;
	/* As initiator and as responder: the flag says whose SPI is whose. */
	for (int node = 0; node < 2; node++) {
		struct sim *s = up();

		s->node[0].conf.retransmit_ms = 4000;
		s->node[1].conf.retransmit_ms = 4000;
		go(s);
		forget(s, !node);
		silent(s, node);
		sim_run(s, 4 * SIM_S);
		assert_int_equal(sim_established(s, node), 1);
		assert_int_equal(counted(s, !node)->tx_invalid_spi, 4);
		assert_int_equal(counted(s, node)->rx_invalid_spi, 4);
		sim_run(s, 4 * SIM_S);
		assert_int_equal(sim_n_ike(s, node), 0);
		assert_int_equal(s->node[node].n_sa, 0);
		sim_free(s);
	}
}

static void forge(struct sim *s, int node, const struct ike_sa *sa,
		  uint8_t exchange, uint32_t mid)
{
	const struct ike_end src = { .addr = s->node[!node].addr, .port = 500 };
	struct ike_packet p;

	ike_build_start(&p.b, p.buf, sizeof(p.buf),
			&(struct ike_hdr){
				.spi_i = sa->spi_i,
				.spi_r = sa->spi_r,
				.exchange = exchange,
				.flags = IKE_F_RESPONSE |
					 (sa->initiator ? 0 : IKE_F_INITIATOR),
				.mid = mid });
	ike_put_notify_data(&p.b, IKE_N_INVALID_IKE_SPI, NULL, 0);
	sim_inject(s, node, &src, 500, p.buf, ike_build_end(&p.b));
}

/* Whoever can guess or see SPIs and message IDs: nothing is ended by that. */
static void test_an_unprotected_hint_deletes_nothing(void **state)
{
	(void)state;
	for (int node = 0; node < 2; node++) {
		struct sim *s = up();
		struct ike_sa *sa;

		go(s);
		sa = s->node[node].ike->sas;
		for (uint32_t mid = 0; mid < 5; mid++)
			forge(s, node, sa, IKE_X_INFORMATIONAL, mid);
		assert_int_equal(counted(s, node)->rx_invalid_spi, 0);
		for (int i = 0; i < 20; i++) {
			silent(s, node);
			forge(s, node, sa, IKE_X_INFORMATIONAL,
			      sa->mid_out - 1);
			forge(s, node, sa, IKE_X_CREATE_CHILD, sa->mid_out - 1);
			sim_run(s, 3 * SIM_S);
		}
		assert_int_equal(counted(s, node)->rx_invalid_spi, 20);
		assert_int_equal(sim_established(s, node), 1);
		assert_int_equal(sim_children(s, node), 1);
		sim_agree(s, 0, 1);
		sim_free(s);
	}
}

/* However many: ten answers a second, none larger than what it answers. */
static void
test_requests_of_unknown_sas_are_answered_within_bounds(void **state)
{
	struct sim *s = up();
	struct ike_end src = { .addr = sim_addr("192.0.2.77"), .port = 500 };
	uint8_t b[36] = { 0 };

	(void)state;
	go(s);
	b[16] = IKE_P_SK;
	b[17] = 0x20;
	b[18] = IKE_X_INFORMATIONAL;
	b[27] = sizeof(b);
	for (unsigned i = 0; i < 1000; i++) {
		b[0] = (uint8_t)i;
		b[8] = 1;
		b[19] = i & 1 ? IKE_F_INITIATOR : 0;
		sim_inject(s, 1, &src, 500, b, sizeof(b));
	}
	assert_int_equal(counted(s, 1)->tx_invalid_spi, 10);
	for (size_t i = s->n_pkt - 10; i < s->n_pkt; i++) {
		assert_true(s->pkt[i].len <= sizeof(b));
		assert_true(s->pkt[i].b[19] & IKE_F_RESPONSE);
	}
	sim_run(s, 1 * SIM_S);
	/* Answers never, nor what is too short. */
	b[19] = IKE_F_RESPONSE;
	sim_inject(s, 1, &src, 500, b, sizeof(b));
	b[19] = IKE_F_INITIATOR;
	b[16] = 0;
	b[27] = 28;
	sim_inject(s, 1, &src, 500, b, 28);
	assert_int_equal(counted(s, 1)->tx_invalid_spi, 10);
	assert_in_range(counted(s, 1)->rx_no_sa, 990, 1002);
	sim_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_silent_peer_that_answers_is_asked_once),
		cmocka_unit_test(
			test_a_silent_peer_that_does_not_answer_is_dead),
		cmocka_unit_test(test_nobody_is_asked_while_esp_arrives),
		cmocka_unit_test(test_a_peer_that_forgot_us_is_noticed_sooner),
		cmocka_unit_test(test_an_unprotected_hint_deletes_nothing),
		cmocka_unit_test(
			test_requests_of_unknown_sas_are_answered_within_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
