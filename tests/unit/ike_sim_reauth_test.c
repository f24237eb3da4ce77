/* SPDX-License-Identifier: Apache-2.0 */
/* Authentication anew: RFC 7296 2.8.3, RFC 4478. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdint.h>

#include <cmocka.h>

#include "ike/child.h"
#include "ike/exchange.h"
#include "ike/sa.h"

#include "../sim/sim.c"

#define LIFE 1000u

/* Two nodes with two tunnels between them, both authenticated every LIFE s. */
static struct sim *made(uint32_t life0, uint32_t life1)
{
	struct sim *s = sim_new(2);

	sim_tunnel(s, 0, 1, "10.1.0.0", "10.2.0.0", 16);
	sim_tunnel(s, 0, 1, "10.3.0.0", "10.4.0.0", 16);
	sim_tunnel(s, 1, 0, "10.2.0.0", "10.1.0.0", 16);
	sim_tunnel(s, 1, 0, "10.4.0.0", "10.3.0.0", 16);
	for (int i = 0; i < 2; i++) /* what moves is the reauthentication */
		s->node[i].conf.ike_life_s = s->node[i].conf.dpd_s = 100000;
	s->node[0].conf.reauth_s = life0;
	s->node[1].conf.reauth_s = life1;
	return s;
}

static void go(struct sim *s)
{
	sim_start(s);
	sim_acquire(s, 0, &s->node[0].pol[0], "10.1.0.9", "10.2.0.9");
	sim_run(s, 1 * SIM_S);
	sim_acquire(s, 1, &s->node[1].pol[1], "10.4.0.9", "10.3.0.9");
	sim_run(s, 1 * SIM_S);
	assert_int_equal(sim_established(s, 0), 1);
	assert_int_equal(sim_children(s, 0), 2);
}

static void assert_pairs(struct sim *s, size_t ike, size_t children)
{
	if (sim_n_ike(s, 0) != ike || sim_n_ike(s, 1) != ike ||
	    s->node[0].n_sa != 2 * children || s->node[1].n_sa != 2 * children)
		sim_dump(s);
	assert_int_equal(sim_established(s, 0), ike);
	assert_int_equal(sim_established(s, 1), ike);
	assert_int_equal(sim_n_ike(s, 0), ike);
	assert_int_equal(sim_n_ike(s, 1), ike);
	assert_int_equal(sim_children(s, 0), children);
	assert_int_equal(sim_children(s, 1), children);
	sim_agree(s, 0, 1);
}

static void assert_quiet(struct sim *s)
{
	if (s->node[0].n_warn + s->node[1].n_warn)
		sim_dump(s);
	assert_int_equal(s->node[0].n_warn + s->node[1].n_warn, 0);
}

static bool receives(const struct sim_node *n, uint32_t spi)
{
	for (size_t i = 0; i < n->n_sa; i++)
		if (n->sa[i].sa.dir == MISSIU_IN && n->sa[i].sa.spi == spi)
			return true;
	return false;
}

/* Each policy has an outbound SA, and whatever may be sent can be received. */
static void assert_sendable(struct sim *s)
{
	for (int i = 0; i < 2; i++) {
		const struct sim_node *n = &s->node[i];
		unsigned served = 0;

		for (size_t k = 0; k < n->n_sa; k++) {
			const struct missiu_sa *sa = &n->sa[k].sa;

			if (sa->dir != MISSIU_OUT)
				continue;
			served |= 1u << sa->policy_id;
			if (!receives(&s->node[1 - i], sa->spi))
				sim_dump(s);
			assert_true(receives(&s->node[1 - i], sa->spi));
		}
		if (served != 6)
			sim_dump(s);
		assert_int_equal(served, 6);
	}
}

static void pass(struct sim *s, missiu_usec duration)
{
	const missiu_usec until = s->now + duration;

	while (sim_step(s, until))
		assert_sendable(s);
}

static size_t news(const struct sim *s, int node, enum ike_news_kind kind)
{
	const struct sim_node *n = &s->node[node];
	size_t count = 0;

	for (size_t i = 0; i < n->n_news && i < SIM_NEWS_MAX; i++)
		count += n->news[i].kind == kind;
	return count;
}

static uint64_t spi_of(struct sim *s, int node)
{
	struct ike_sa_info info;
	uint64_t cursor = 0;

	assert_true(ike_sa_next(s->node[node].ike, &cursor, &info));
	return info.spi_i;
}

static bool sent_exchange(const struct sim *s, size_t from, uint8_t exchange,
			  bool response)
{
	for (size_t i = from; i < s->n_pkt; i++)
		if (s->pkt[i].b[18] == exchange &&
		    !(s->pkt[i].b[19] & 0x20) == !response)
			return true;
	return false;
}

/*
 * HDR, SAi1, KEi, Ni                        -->
 *                                           <--  HDR, SAr1, KEr, Nr
 * HDR, SK {IDi, AUTH, SAi2, TSi, TSr}       -->       no INITIAL_CONTACT
 *                <--  HDR, SK {IDr, AUTH, N(AUTH_LIFETIME), SAr2, TSi, TSr}
 * HDR, SK {SA, Ni, [KEi,] TSi, TSr}         -->       the second child
 *                                           <--  HDR, SK {SA, Nr, …}
 * HDR, SK {D(IKE)}                          -->       on the old one
 *                                           <--  HDR, SK {}
 */
static void test_all_children_stand_before_the_old_one_goes(void **state)
{
	struct sim *s = made(LIFE, 0);
	uint64_t old;
	size_t before;

	(void)state;
	go(s);
	old = spi_of(s, 0);
	before = s->n_pkt;
	pass(s, 790 * SIM_S);
	assert_int_equal(s->n_pkt, before);
	pass(s, 110 * SIM_S);
	assert_int_equal(s->n_pkt, before + 8);
	assert_true(spi_of(s, 0) != old);
	assert_pairs(s, 1, 2);
	assert_int_equal(s->node[0].n_added, 8);
	assert_quiet(s);
	assert_true(sim_log_has(s, 0, "authenticated anew"));
	assert_false(sim_log_has(s, 1, "INITIAL_CONTACT"));
	assert_int_equal(news(s, 0, IKE_NEWS_failed), 0);
	sim_free(s);
}

/* It stands again and again, also with each message lost once or late. */
static void test_each_message_of_it_may_be_lost_or_late(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 3 * 8; i++) {
		struct sim *s = made(LIFE, 0);

		go(s);
		*(i % 3 == 0 ? &s->lose :
		  i % 3 == 1 ? &s->late :
			       &s->twice) = UINT64_C(1) << (s->n_pkt + i / 3);
		pass(s, 950 * SIM_S);
		assert_pairs(s, 1, 2);
		pass(s, 5000 * SIM_S);
		assert_pairs(s, 1, 2);
		if (i % 3 != 1) /* a late request may begin one in vain */
			assert_quiet(s);
		sim_free(s);
	}
}

static uint32_t lifetime_of(struct sim *s, int node)
{
	const struct ike_sa *sa = s->node[node].ike->sas;

	return (uint32_t)((sa->ra.end_us - sa->established_us) / SIM_S);
}

/* HDR, SK {IDr, AUTH, N(AUTH_LIFETIME), …}: the shorter one counts. */
static void test_an_initiator_obeys_the_lifetime_of_the_responder(void **state)
{
	static const struct {
		uint32_t ours, theirs, want;
	} v[] = {
		{ 0, 500, 500 }, { 2000, 500, 500 }, { 500, 2000, 500 },
		{ 0, 3, 10 },	 { 5, 2000, 5 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		struct sim *s = made(v[i].ours, v[i].theirs);
		uint64_t old;

		sim_start(s);
		sim_acquire(s, 0, &s->node[0].pol[0], "10.1.0.9", "10.2.0.9");
		sim_run(s, 100 * SIM_MS);
		old = spi_of(s, 0);
		assert_int_equal(lifetime_of(s, 0), v[i].want);
		if (v[i].want >= 500) {
			sim_run(s, v[i].want * SIM_S * 95 / 100);
			assert_true(spi_of(s, 0) != old);
			assert_pairs(s, 1, 1);
			assert_true(s->node[0].ike->sas->initiator);
		}
		sim_free(s);
	}
}

/* The initiator is one that was never told: the responder does it. */
static void test_a_responder_does_it_when_the_initiator_does_not(void **state)
{
	struct sim *s = made(0, LIFE);
	uint64_t old;

	(void)state;
	go(s);
	old = spi_of(s, 0);
	s->node[0].ike->sas->ra.begin_us = s->node[0].ike->sas->ra.end_us = 0;
	sim_wake(s, 0);
	pass(s, 890 * SIM_S);
	assert_true(spi_of(s, 0) == old);
	pass(s, 100 * SIM_S);
	assert_true(spi_of(s, 0) != old);
	assert_pairs(s, 1, 2);
	assert_true(s->node[1].ike->sas->initiator);
	sim_free(s);
}

static void begin_now(struct sim *s, int node)
{
	struct ike_sa *sa = s->node[node].ike->sas;

	while (sa->state != IKE_S_ESTABLISHED)
		sa = sa->next;
	sa->ra.begin_us = s->now;
	sim_wake(s, node);
	sim_step(s, s->now);
}

/*
 * HDR, SAi1, KEi, Ni  -->     <--  HDR, SAi1, KEi, Ni      and so on: two new
 * IKE SAs. The one with the lowest nonce goes when the other one has all.
 */
static void test_both_do_it_at_once(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 24; i++) {
		struct sim *s = made(LIFE, LIFE);

		s->node[0].rng ^= (uint64_t)i << 32;
		go(s);
		begin_now(s, i & 1);
		pass(s, i / 2 * 7 * SIM_MS);
		begin_now(s, !(i & 1));
		pass(s, 60 * SIM_S);
		assert_pairs(s, 1, 2);
		assert_quiet(s);
		sim_free(s);
	}
}

static void test_both_do_it_at_once_on_a_bad_line(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 3 * 20; i++) {
		struct sim *s = made(LIFE, LIFE);

		go(s);
		*(i % 3 == 0 ? &s->lose :
		  i % 3 == 1 ? &s->late :
			       &s->twice) = UINT64_C(1) << (s->n_pkt + i / 3);
		begin_now(s, 0);
		pass(s, i % 4 * 9 * SIM_MS);
		begin_now(s, 1);
		pass(s, 120 * SIM_S);
		assert_pairs(s, 1, 2);
		sim_free(s);
	}
}

/* A rekeying of the old one, of a child of it, or of the new one in between. */
static void test_rekeyings_in_between_lose_nothing(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 60; i++) {
		struct sim *s = made(LIFE, 0);
		const int who = i & 1;

		go(s);
		begin_now(s, 0);
		pass(s, i / 4 * 6 * SIM_MS);
		if (i & 2)
			ike_rekey(s->node[who].ike,
				  addr_text(&s->node[!who].addr).s,
				  IKE_REKEY_IKE, s->now);
		else
			sim_event(s, who, MISSIU_EV_SOFT,
				  sim_find_sa(s, who, MISSIU_OUT));
		sim_drain(s, who);
		pass(s, 60 * SIM_S);
		assert_pairs(s, 1, 2);
		assert_quiet(s);
		sim_free(s);
	}
}

/* The peer has another key by now: the old SA stays until its time is over. */
static void test_on_failure_the_old_one_stays_until_its_end(void **state)
{
	struct sim *s = made(LIFE, 0);
	size_t tries;

	(void)state;
	go(s);
	s->node[1].ike->peer[0]->psk[0].key[0] ^= 1;
	pass(s, 995 * SIM_S);
	assert_int_equal(sim_established(s, 0), 1);
	assert_int_equal(sim_children(s, 0), 2);
	tries = news(s, 0, IKE_NEWS_failed);
	assert_true(tries >= 3 && tries <= 6);
	sim_run(s, 20 * SIM_S);
	assert_int_equal(sim_established(s, 0), 0);
	assert_int_equal(s->node[0].n_sa + s->node[1].n_sa, 0);
	assert_true(sim_log_has(s, 0, "not authenticated anew in time"));
	sim_free(s);
}

/* A failure that passes is of no consequence. */
static void test_it_is_tried_again(void **state)
{
	struct sim *s = made(LIFE, 0);

	(void)state;
	go(s);
	s->node[1].ike->peer[0]->psk[0].key[0] ^= 1;
	while (!news(s, 0, IKE_NEWS_failed))
		pass(s, SIM_S);
	s->node[1].ike->peer[0]->psk[0].key[0] ^= 1;
	pass(s, 60 * SIM_S);
	assert_pairs(s, 1, 2);
	assert_true(sim_log_has(s, 0, "authenticated anew"));
	sim_free(s);
}

/* N(TS_UNACCEPTABLE) for the second child: the new SA goes, not the old one. */
static void test_without_all_of_its_children_the_new_one_goes(void **state)
{
	struct sim *s = made(LIFE, 0);
	uint64_t old;

	(void)state;
	go(s);
	old = spi_of(s, 0);
	s->node[1].pol[0].action = MISSIU_DISCARD;
	sim_reload(s, 1);
	begin_now(s, 0);
	pass(s, 15 * SIM_S);
	assert_true(spi_of(s, 0) == old);
	assert_pairs(s, 1, 2);
	sim_free(s);
}

/* What nobody uses is not authenticated anew: the next packet does it. */
static void test_without_children_it_ends(void **state)
{
	struct sim *s = made(LIFE, 0);
	size_t before;

	(void)state;
	go(s);
	while (s->node[0].n_sa)
		sim_event(s, 0, MISSIU_EV_IDLE, sim_find_sa(s, 0, MISSIU_OUT)),
			sim_run(s, SIM_S);
	before = s->n_pkt;
	sim_run(s, 900 * SIM_S);
	assert_int_equal(sim_n_ike(s, 0), 0);
	assert_false(sent_exchange(s, before, IKE_X_SA_INIT, false));
	sim_free(s);
}

/* As many as an IKE SA may have: more than there is room for wishes. */
static void test_an_sa_for_each_flow_comes_again(void **state)
{
	struct sim *s = made(LIFE, 0);
	char a[16];

	(void)state;
	for (int i = 0; i < 2; i++)
		s->node[i].pol[0].flags |= MISSIU_POL_UNIQUE;
	go(s);
	for (int i = 10; i < 110; i++) {
		snprintf(a, sizeof(a), "10.1.0.%d", i);
		sim_acquire(s, 0, &s->node[0].pol[0], a, "10.2.0.9");
		sim_run(s, SIM_S / 2);
	}
	assert_pairs(s, 1, 102);
	pass(s, 950 * SIM_S);
	assert_pairs(s, 1, 102);
	assert_int_equal(s->node[0].n_added, 2 * 2 * 102);
	sim_free(s);
}

/* A peer that says nothing and began anew is sent to on its new SA soon. */
static void test_a_new_sa_that_nothing_follows_is_used_soon(void **state)
{
	struct sim *s = made(0, 0);
	struct ike_sa *old;
	uint32_t spi;

	(void)state;
	go(s);
	spi = sim_find_sa(s, 1, MISSIU_OUT)->spi;
	/* Forget it without a word, as one that was restarted. */
	old = s->node[0].ike->sas;
	while (s->node[0].n_sa)
		s->node[0].n_sa--;
	ike_sa_close(s->node[0].ike, old, false);
	ike_sa_settle(s->node[0].ike);
	out_fini(&s->node[0].ike->out);
	out_init(&s->node[0].ike->out, &s->node[0].ike->n,
		 &s->node[0].ike->now);
	s->node[1].ike->sas->established_us = s->now + 3600 * SIM_S;
	sim_acquire(s, 0, &s->node[0].pol[1], "10.3.0.9", "10.4.0.9");
	sim_run(s, 1 * SIM_S);
	assert_int_equal(sim_established(s, 1), 2);
	assert_int_equal(sim_find_sa(s, 1, MISSIU_OUT)->spi, spi);
	sim_run(s, 5 * SIM_S);
	assert_int_not_equal(sim_find_sa(s, 1, MISSIU_OUT)->spi, spi);
	sim_free(s);
}

/* reauth of a statement goes before the option; 0: never. */
static void test_a_statement_decides(void **state)
{
	static const char *const text[] = {
		"peer p { psk \"a shared secret\" reauth 700 }",
		"peer p { psk \"a shared secret\" reauth 0 }",
		"peer p { psk \"a shared secret\" }",
	};
	static const uint32_t want[] = { 700, 0, LIFE };
	struct ike_peer_err err;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct sim *s = made(LIFE, 0);

		s->node[0].conf.n_psk = 0;
		sim_start(s);
		assert_int_equal(sim_peers(s, 0, text[i], false, &err), 0);
		sim_acquire(s, 0, &s->node[0].pol[0], "10.1.0.9", "10.2.0.9");
		sim_run(s, 100 * SIM_MS);
		assert_int_equal(sim_established(s, 0), 1);
		assert_int_equal(s->node[0].ike->sas->peer->reauth_s, want[i]);
		assert_int_equal(!s->node[0].ike->sas->ra.end_us, !want[i]);
		sim_free(s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_all_children_stand_before_the_old_one_goes),
		cmocka_unit_test(test_each_message_of_it_may_be_lost_or_late),
		cmocka_unit_test(
			test_an_initiator_obeys_the_lifetime_of_the_responder),
		cmocka_unit_test(
			test_a_responder_does_it_when_the_initiator_does_not),
		cmocka_unit_test(test_both_do_it_at_once),
		cmocka_unit_test(test_both_do_it_at_once_on_a_bad_line),
		cmocka_unit_test(test_rekeyings_in_between_lose_nothing),
		cmocka_unit_test(
			test_on_failure_the_old_one_stays_until_its_end),
		cmocka_unit_test(test_it_is_tried_again),
		cmocka_unit_test(
			test_without_all_of_its_children_the_new_one_goes),
		cmocka_unit_test(test_without_children_it_ends),
		cmocka_unit_test(test_an_sa_for_each_flow_comes_again),
		cmocka_unit_test(
			test_a_new_sa_that_nothing_follows_is_used_soon),
		cmocka_unit_test(test_a_statement_decides),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
