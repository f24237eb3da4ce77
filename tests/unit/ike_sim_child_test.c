/* SPDX-License-Identifier: Apache-2.0 */
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

#include "../sim/pair.h"

static void go(struct sim *s)
{
	sim_start(s);
	sim_acquire(s, 0, &s->node[0].pol[0], "10.1.0.9", "10.2.0.9");
	sim_run(s, 1 * SIM_S);
	assert_int_equal(sim_established(s, 0), 1);
	assert_int_equal(sim_children(s, 0), 1);
}

/*
 * HDR, SK {SA, Ni, [KEi,] TSi, TSr}  -->
 *                                    <--  HDR, SK {SA, Nr, [KEr,] TSi, TSr}
 */
static void test_second_child_from_either_side(void **state)
{
	static const int pfs[] = { 0, -1, 19 };

	(void)state;
	for (size_t i = 0; i < 3; i++)
		for (int node = 0; node < 2; node++) {
			struct sim *s = two_tunnels();

			s->node[0].conf.pfs_group = pfs[i];
			s->node[1].conf.pfs_group = pfs[i];
			go(s);
			ask_second(s, node);
			sim_run(s, 1 * SIM_S);
			assert_pairs(s, 1, 2);
			assert_int_equal(s->n_pkt, 6);
			assert_quiet(s);
			sim_free(s);
		}
}

static void test_pfs_of_the_initiator_is_granted(void **state)
{
	static const struct {
		int ours, theirs;
		size_t packets, children;
	} v[] = {
		{ 19, 0, 6, 2 }, /* the peer doesn't care */
		{ -1, 0, 6, 2 },  { 0, -1, 6, 2 },
		{ 0, 19, 6, 1 },  /* the peer demands it */
		{ 20, 19, 6, 1 }, /* another one */
		{ -1, 19, 6, 1 }, { 20, -1, 6, 2 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		struct sim *s = two_tunnels();

		s->node[0].conf.pfs_group = v[i].ours;
		s->node[1].conf.pfs_group = v[i].theirs;
		go(s);
		ask_second(s, 0);
		sim_run(s, 1 * SIM_S);
		assert_pairs(s, 1, v[i].children);
		assert_int_equal(s->n_pkt, v[i].packets);
		assert_int_equal(s->node[0].n_failed, 2 - v[i].children);
		sim_free(s);
	}
}

static void test_each_message_of_a_second_child_may_be_lost(void **state)
{
	(void)state;
	for (unsigned i = 4; i < 6; i++) {
		struct sim *s = two_tunnels();

		s->lose = UINT64_C(1) << i;
		go(s);
		ask_second(s, 0);
		sim_run(s, 3 * SIM_S);
		assert_pairs(s, 1, 2);
		assert_int_equal(s->node[1].n_added, 4);
		assert_quiet(s);
		sim_free(s);
	}
}

/*
 * The responder is established before its answer arrives, and asks at once:
 *                    <--  HDR, SK {IDr, AUTH, …}    lost
 *                    <--  HDR, SK {N(REKEY_SA), …}  ignored until we are too
 */
static void test_a_responder_that_asks_too_early_has_to_wait(void **state)
{
	struct sim *s = two_tunnels();
	missiu_usec until;

	(void)state;
	s->lose = 1u << 3;
	sim_start(s);
	sim_acquire(s, 0, &s->node[0].pol[0], "10.1.0.9", "10.2.0.9");
	until = s->now + 1 * SIM_S;
	while (!s->node[1].n_sa)
		assert_true(sim_step(s, until));
	sim_event(s, 1, MISSIU_EV_SOFT, sim_find_sa(s, 1, MISSIU_OUT));
	sim_run(s, 100 * SIM_MS);
	assert_int_equal(ike_counters(s->node[0].ike)->rx_unexpected, 1);
	sim_run(s, 10 * SIM_S);
	assert_pairs(s, 1, 1);
	assert_int_equal(s->node[1].n_added, 4);
	assert_quiet(s);
	sim_free(s);
}

/* --- rekeying */

/*
 * HDR, SK {N(REKEY_SA), SA, Ni, TSi, TSr} -->
 *                                         <--  HDR, SK {SA, Nr, TSi, TSr}
 * HDR, SK {D(old)}                        -->
 *                                         <--  HDR, SK {D(old)}
 */
static void test_child_is_rekeyed_before_it_ends(void **state)
{
	(void)state;
	for (int node = 0; node < 2; node++) {
		struct sim *s = two_tunnels();
		uint32_t old;

		s->node[0].conf.pfs_group = s->node[1].conf.pfs_group = -1;
		go(s);
		old = sim_find_sa(s, node, MISSIU_OUT)->spi;
		sim_event(s, node, MISSIU_EV_SOFT,
			  sim_find_sa(s, node, MISSIU_OUT));
		sim_event(s, node, MISSIU_EV_SOFT,
			  sim_find_sa(s, node, MISSIU_IN));
		sim_run(s, 1 * SIM_S);
		assert_pairs(s, 1, 1);
		assert_int_not_equal(sim_find_sa(s, node, MISSIU_OUT)->spi,
				     old);
		assert_int_equal(s->n_pkt, 8);
		assert_quiet(s);
		sim_free(s);
	}
}

static void test_rekeying_is_make_before_break(void **state)
{
	(void)state;
	/* Also when messages of it are lost. */
	for (unsigned lose = 3; lose < 8; lose++) {
		struct sim *s = two_tunnels();
		missiu_usec until;

		go(s);
		s->lose = lose > 3 ? UINT64_C(1) << lose : 0;
		sim_event(s, 0, MISSIU_EV_SOFT, sim_find_sa(s, 0, MISSIU_OUT));
		until = s->now + 10 * SIM_S;
		while (sim_step(s, until))
			assert_sendable(s);
		assert_pairs(s, 1, 1);
		assert_quiet(s);
		sim_free(s);
	}
}

/* The peer rekeyed but never deletes: after a while we use the new one. */
static void test_outbound_switches_without_a_delete(void **state)
{
	struct sim *s = two_tunnels();
	uint32_t old;

	(void)state;
	go(s);
	old = sim_find_sa(s, 1, MISSIU_OUT)->spi;
	sim_event(s, 0, MISSIU_EV_SOFT, sim_find_sa(s, 0, MISSIU_OUT));
	s->lose = ~UINT64_C(0) << 6; /* the DELETE and its repetitions */
	sim_run(s, 15 * SIM_S);
	assert_int_equal(sim_find_sa(s, 1, MISSIU_OUT)->spi, old);
	sim_run(s, 16 * SIM_S);
	assert_int_not_equal(sim_find_sa(s, 1, MISSIU_OUT)->spi, old);
	sim_free(s);
}

/* Node 0 rekeyed; its DELETE of the old child was lost. Its newest IKE SA. */
static struct ike_sa *rekeyed_without_delete(struct sim *s)
{
	sim_event(s, 0, MISSIU_EV_SOFT, sim_find_sa(s, 0, MISSIU_OUT));
	while (s->node[0].n_added == 2)
		assert_true(sim_step(s, s->now + SIM_S));
	s->pkt[s->n_pkt - 1].delivered = true;
	return s->node[0].ike->sas;
}

/* Another request of the peer shows that it has our answer. */
static void test_outbound_switches_with_the_next_request(void **state)
{
	struct sim *s = two_tunnels();
	struct ike_end src;
	struct ike_packet p;
	struct ike_sa *sa;
	uint32_t old;

	(void)state;
	go(s);
	old = sim_find_sa(s, 1, MISSIU_OUT)->spi;
	sa = rekeyed_without_delete(s);
	assert_int_equal(sim_find_sa(s, 1, MISSIU_OUT)->spi, old);
	sa->mid_out--;
	request_begin(sa, IKE_X_INFORMATIONAL, &p);
	src = (struct ike_end){ .addr = s->node[0].addr, .port = 500 };
	sim_inject(s, 1, &src, 500, p.buf,
		   sk_seal(&sa->sk_out, &s->node[0].ike->rng, &p.b));
	assert_int_not_equal(sim_find_sa(s, 1, MISSIU_OUT)->spi, old);
	sim_free(s);
}

/*
 * The answer that made it is lost, and whoever gave it is told to replace it: not
 * before the peer has it, else that says CHILD_SA_NOT_FOUND to what it takes up
 * afterwards.
 */
static void test_what_the_peer_may_not_have_yet_is_not_rekeyed(void **state)
{
	struct sim *s = two_tunnels();
	missiu_usec until;

	(void)state;
	go(s);
	s->lose = 1u << 5;
	sim_event(s, 0, MISSIU_EV_SOFT, sim_find_sa(s, 0, MISSIU_OUT));
	while (s->node[1].n_added == 2)
		assert_true(sim_step(s, s->now + SIM_S));
	assert_int_equal(s->n_pkt, 6);
	assert_int_equal(ike_rekey(s->node[1].ike, "192.0.2.1",
				   IKE_REKEY_CHILDREN, s->now),
			 1);
	sim_drain(s, 1);
	assert_int_equal(s->n_pkt, 6);
	until = s->now + 40 * SIM_S;
	while (sim_step(s, until))
		assert_sendable(s);
	assert_pairs(s, 1, 1);
	assert_quiet(s);
	/* Request and answer again, the old one's end, the same anew. */
	assert_int_equal(s->n_pkt, 6 + 2 + 2 + 4);
	sim_free(s);
}

/* The successor goes away again: the old child can be rekeyed once more. */
static void test_a_child_whose_successor_failed_serves_again(void **state)
{
	struct sim *s = two_tunnels();
	struct ike_child *c;

	(void)state;
	go(s);
	rekeyed_without_delete(s);
	c = s->node[1].ike->sas->children;
	assert_int_equal(c->next->state, CHILD_REKEYED);
	ike_refused(s->node[1].ike, c->handle, c->spi_in, MISSIU_EFULL, "full",
		    s->now);
	sim_drain(s, 1);
	sim_run(s, 50 * SIM_MS);
	c = s->node[1].ike->sas->children;
	assert_null(c->next);
	assert_int_equal(c->state, CHILD_UP);
	sim_free(s);
}

/*
 * HDR, SK {N(REKEY_SA), SA, Ni1, TSi, TSr}  -->
 *           <--  HDR, SK {N(REKEY_SA), SA, Ni2, TSi, TSr}
 *           <--  HDR, SK {SA, Nr1, TSi, TSr}
 * HDR, SK {SA, Nr2, TSi, TSr}               -->
 * The child with the lowest nonce is deleted by who asked for it, the old one
 * by the other (2.8.1):
 * HDR, SK {D(…)}                            -->  <--  HDR, SK {D(…)}
 *           <--  HDR, SK {D(old)}   HDR, SK {D(old)}  -->
 */
static void test_both_rekey_the_child_at_once(void **state)
{
	struct sim *s = two_tunnels();
	missiu_usec until;

	(void)state;
	go(s);
	sim_event(s, 0, MISSIU_EV_SOFT, sim_find_sa(s, 0, MISSIU_OUT));
	sim_event(s, 1, MISSIU_EV_SOFT, sim_find_sa(s, 1, MISSIU_OUT));
	until = s->now + 20 * SIM_S;
	while (sim_step(s, until))
		assert_sendable(s);
	assert_pairs(s, 1, 1);
	/* Two pairs beside the first; one never sends. */
	assert_int_equal(s->node[0].n_added, 5);
	assert_int_equal(s->node[1].n_added, 5);
	assert_quiet(s);
	/* Decided within two round trips, nobody had to try again. */
	assert_int_equal(s->n_pkt, 4 + 8);
	sim_free(s);
}

/* The same with every set of lost, late and repeated packets of the eight. */
static void test_both_rekey_the_child_at_once_on_a_bad_line(void **state)
{
	(void)state;
	for (uint64_t mask = 0; mask < 3 * 256; mask++) {
		struct sim *s = two_tunnels();
		const uint64_t which = (mask / 3) << 4;
		missiu_usec until;

		go(s);
		*(mask % 3 == 0 ? &s->lose :
		  mask % 3 == 1 ? &s->late :
				  &s->twice) = which;
		sim_event(s, 0, MISSIU_EV_SOFT, sim_find_sa(s, 0, MISSIU_OUT));
		if (mask & 4) /* not quite at once */
			sim_run(s, 5 * SIM_MS);
		sim_event(s, 1, MISSIU_EV_SOFT, sim_find_sa(s, 1, MISSIU_OUT));
		until = s->now + 60 * SIM_S;
		while (sim_step(s, until))
			assert_sendable(s);
		assert_pairs(s, 1, 1);
		assert_quiet(s);
		sim_free(s);
	}
}

/* HDR, SK {SA, Ni, KEi} --> <-- HDR, SK {SA, Nr, KEr}; then D of the old. */
/*
 * Both rekeyed, but the answer that makes the winner's child is lost, and meanwhile
 * the loser's data path says that the old one's time is over. What the loser made is
 * all that both have: it serves until the answer is there.
 */
static void test_the_old_child_ends_before_the_winner_has_its_own(void **state)
{
	unsigned served = 0;

	(void)state;
	for (int node = 0; node < 2; node++) {
		struct sim *s = two_tunnels();
		struct sim_node *n = &s->node[node];
		struct missiu_sa old;
		missiu_usec until;

		go(s);
		old = *sim_find_sa(s, node, MISSIU_OUT);
		for (int i = 0; i < 2; i++)
			sim_event(s, i, MISSIU_EV_SOFT,
				  sim_find_sa(s, i, MISSIU_OUT));
		s->lose = UINT64_C(1) << (node ? 6 : 7); /* its answer */
		until = s->now + 400 * SIM_MS;
		while (sim_step(s, until))
			assert_sendable(s);
		for (size_t j = 0; j < n->n_sa; j++)
			if (n->sa[j].sa.spi == old.spi) {
				n->sa[j] = n->sa[--n->n_sa];
				sim_event(s, node, MISSIU_EV_HARD, &old);
				assert_sendable(s);
				served++;
				break;
			}
		until = s->now + 60 * SIM_S;
		while (sim_step(s, until))
			assert_sendable(s);
		assert_pairs(s, 1, 1);
		assert_quiet(s);
		sim_free(s);
	}
	assert_int_equal(served, 1);
}

static void test_ike_sa_is_rekeyed_before_it_ends(void **state)
{
	struct sim *s = two_tunnels();
	struct ike_sa_info before, after;
	uint64_t cursor = 0;

	(void)state;
	go(s);
	assert_true(ike_sa_next(s->node[0].ike, &cursor, &before));
	sim_run(s, 3500 * SIM_S);
	cursor = 0;
	assert_true(ike_sa_next(s->node[0].ike, &cursor, &after));
	assert_int_not_equal(before.spi_i, after.spi_i);
	assert_pairs(s, 1, 1);
	/* The child moved, untouched, and the new SA works. */
	assert_int_equal(s->node[0].n_added, 2);
	ask_second(s, 1);
	sim_run(s, 1 * SIM_S);
	assert_pairs(s, 1, 2);
	sim_event(s, 1, MISSIU_EV_SOFT, sim_find_sa(s, 1, MISSIU_OUT));
	sim_run(s, 1 * SIM_S);
	assert_pairs(s, 1, 2);
	assert_quiet(s);
	sim_free(s);
}

/* A day on a line that loses one packet of so many. */
struct day {
	struct sim *s;
	uint64_t rng;
	unsigned lossy; /* 0: loses none */
	size_t seen;	/* packets whose fate is decided */
};

static unsigned chance(struct day *d, unsigned n)
{
	uint8_t b[2];

	sim_random(&d->rng, b, sizeof(b));
	return (unsigned)(b[0] << 8 | b[1]) % n;
}

static void pass(struct day *d, missiu_usec duration)
{
	const missiu_usec until = d->s->now + duration;

	while (sim_step(d->s, until)) {
		while (d->seen < d->s->n_pkt) {
			struct sim_pkt *p = &d->s->pkt[d->seen++];

			if (d->lossy && !chance(d, d->lossy))
				p->delivered = true;
		}
		assert_sendable(d->s);
	}
}

/* One or two things at about the same time, on one side or both. */
static void rekey_something(struct day *d)
{
	const unsigned n = 1 + chance(d, 3);

	for (unsigned i = 0; i < n; i++) {
		const int node = (int)chance(d, 2);

		if (chance(d, 2))
			rekey_ike(d->s, node);
		else
			sim_event(d->s, node, MISSIU_EV_SOFT,
				  sim_find_sa(d->s, node, MISSIU_OUT));
		pass(d, chance(d, 60) * SIM_MS);
	}
}

static bool is_settled(const struct sim *s)
{
	return sim_n_ike(s, 0) == 1 && sim_n_ike(s, 1) == 1 &&
	       s->node[0].n_sa == 2 && s->node[1].n_sa == 2;
}

/* When what happens, and every nonce, depends on the seed. */
static void day(uint64_t seed, unsigned lossy)
{
	struct sim *s = two_tunnels();
	struct day d = { .s = s, .rng = ~seed, .lossy = lossy };

	s->node[0].rng ^= seed << 32;
	s->node[1].rng ^= seed << 32;
	go(s);
	d.seen = s->n_pkt;
	for (int hour = 0; hour < 24; hour++) {
		pass(&d, 3600 * SIM_S);
		rekey_something(&d);
		/* Packets get lost, and its time to be replaced may be now. */
		for (int i = 0; i < 10 && !is_settled(s); i++)
			pass(&d, 10 * SIM_S);
		assert_pairs(s, 1, 1);
	}
	assert_quiet(s);
	sim_free(s);
}

/* Every second of them on a line that loses one packet of ten. */
static void test_days_of_rekeying(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < 16; seed++)
		day(seed, seed % 2 ? 10 : 0);
}

static void test_losses_while_the_ike_sa_is_rekeyed(void **state)
{
	(void)state;
	for (unsigned mask = 0; mask < 32; mask++) {
		struct sim *s = two_tunnels();

		/* No liveness checks: the next packets are the rekeying's. */
		s->node[0].conf.dpd_s = s->node[1].conf.dpd_s = 100000;
		go(s);
		s->lose = (uint64_t)mask << 4;
		sim_run(s, 3500 * SIM_S);
		assert_pairs(s, 1, 1);
		assert_quiet(s);
		sim_free(s);
	}
}

/*
 * HDR, SK {SA, Ni1, KEi1}  -->
 *                          <--  HDR, SK {SA, Ni2, KEi2}
 *                          <--  HDR, SK {SA, Nr1, KEr1}
 * HDR, SK {SA, Nr2, KEr2}  -->
 * The SA with the lowest nonce is deleted by who asked for it, the old one by
 * the other; the survivor has the child (2.8.2):
 * HDR, SK {D}  -->  <--  HDR, SK {}     <--  HDR, SK {D}  HDR, SK {}  -->
 */
static void test_both_rekey_the_ike_sa_at_once(void **state)
{
	struct sim *s = two_tunnels();

	(void)state;
	go(s);
	rekey_ike(s, 0);
	rekey_ike(s, 1);
	sim_run(s, 100 * SIM_MS);
	assert_int_equal(s->n_pkt, 4 + 8);
	assert_int_equal(sim_established(s, 0), 1);
	assert_int_equal(sim_established(s, 1), 1);
	sim_run(s, 20 * SIM_S);
	assert_pairs(s, 1, 1);
	assert_int_equal(s->node[0].n_added, 2); /* untouched */
	assert_quiet(s);
	/* The survivor works both ways. */
	ask_second(s, 1);
	sim_run(s, 1 * SIM_S);
	sim_event(s, 0, MISSIU_EV_SOFT, sim_find_sa(s, 0, MISSIU_OUT));
	sim_run(s, 1 * SIM_S);
	assert_pairs(s, 1, 2);
	assert_quiet(s);
	sim_free(s);
}

/* With every set of lost, late and repeated packets of the first eight. */
static void test_both_rekey_the_ike_sa_at_once_on_a_bad_line(void **state)
{
	(void)state;
	for (uint64_t mask = 0; mask < 3 * 256; mask++) {
		struct sim *s = two_tunnels();
		const uint64_t which = (mask / 3) << 4;

		go(s);
		*(mask % 3 == 0 ? &s->lose :
		  mask % 3 == 1 ? &s->late :
				  &s->twice) = which;
		rekey_ike(s, 0);
		if (mask & 4) /* not quite at once */
			sim_run(s, 5 * SIM_MS);
		rekey_ike(s, 1);
		if (mask & 32) { /* traffic while nothing is decided */
			sim_run(s, 12 * SIM_MS);
			ask_second(s, mask & 64 ? 1 : 0);
		}
		/* And a child is rekeyed by who comes first. */
		if (mask & 8)
			sim_event(
				s, mask & 16 ? 1 : 0, MISSIU_EV_SOFT,
				sim_find_sa(s, mask & 16 ? 1 : 0, MISSIU_OUT));
		sim_run(s, 90 * SIM_S);
		assert_pairs(s, 1, mask & 32 ? 2 : 1);
		assert_quiet(s);
		sim_free(s);
	}
}

/* --- deletion against rekeying */

/*
 * The child: one side rekeys it, the other deletes it at the same time. What
 * remains is agreed on: a new pair or none (2.25.1).
 */
static void test_deletion_and_rekeying_of_a_child_cross(void **state)
{
	(void)state;
	for (uint64_t mask = 0; mask < 3 * 64; mask++) {
		struct sim *s = two_tunnels();

		go(s);
		*(mask % 3 == 0 ? &s->lose :
		  mask % 3 == 1 ? &s->late :
				  &s->twice) = (mask / 3) << 4;
		sim_event(s, 0, MISSIU_EV_SOFT, sim_find_sa(s, 0, MISSIU_OUT));
		if (mask & 4)
			sim_run(s, 5 * SIM_MS);
		for (uint8_t dir = MISSIU_IN; dir <= MISSIU_OUT; dir++) {
			struct sim_node *n = &s->node[1];
			const struct missiu_sa gone = *sim_find_sa(s, 1, dir);

			/* As a flush in the data path does it. */
			for (size_t i = 0; i < n->n_sa; i++)
				if (n->sa[i].sa.spi == gone.spi)
					n->sa[i] = n->sa[--n->n_sa];
			sim_event(s, 1, MISSIU_EV_SA_DELETED, &gone);
			if (!sim_find_sa(s, 1, MISSIU_OUT))
				break;
		}
		sim_run(s, 60 * SIM_S);
		assert_int_equal(sim_children(s, 0), sim_children(s, 1));
		assert_true(sim_children(s, 0) <= 1);
		assert_int_equal(sim_established(s, 0), 1);
		sim_agree(s, 0, 1);
		sim_free(s);
	}
}

/* The IKE SA: one side rekeys it, the other deletes it (2.25.2). */
static void test_deletion_and_rekeying_of_the_ike_sa_cross(void **state)
{
	(void)state;
	for (uint64_t mask = 0; mask < 3 * 64; mask++) {
		struct sim *s = two_tunnels();

		go(s);
		*(mask % 3 == 0 ? &s->lose :
		  mask % 3 == 1 ? &s->late :
				  &s->twice) = (mask / 3) << 4;
		rekey_ike(s, 0);
		if (mask & 4)
			sim_run(s, 5 * SIM_MS);
		s->node[1].ike->sas->expire_us = s->now;
		sim_wake(s, 1);
		sim_run(s, 60 * SIM_S);
		/* All is gone on both sides, or all has moved. */
		assert_int_equal(sim_established(s, 0), sim_established(s, 1));
		assert_int_equal(sim_n_ike(s, 0), sim_established(s, 0));
		assert_int_equal(sim_n_ike(s, 1), sim_established(s, 1));
		assert_int_equal(sim_children(s, 0), sim_established(s, 0));
		sim_agree(s, 0, 1);
		/* And traffic finds its way. */
		sim_acquire(s, 1, &s->node[1].pol[1], "10.4.0.9", "10.3.0.9");
		sim_run(s, 5 * SIM_S);
		assert_int_equal(sim_established(s, 0), 1);
		assert_int_equal(sim_children(s, 0), sim_children(s, 1));
		assert_true(sim_children(s, 0) >= 1);
		sim_free(s);
	}
}

/* Both delete the IKE SA at once. */
static void test_both_delete_the_ike_sa_at_once(void **state)
{
	(void)state;
	for (uint64_t mask = 0; mask < 3 * 16; mask++) {
		struct sim *s = two_tunnels();

		go(s);
		*(mask % 3 == 0 ? &s->lose :
		  mask % 3 == 1 ? &s->late :
				  &s->twice) = (mask / 3) << 4;
		s->node[0].ike->sas->expire_us = s->now;
		s->node[1].ike->sas->expire_us = s->now;
		sim_wake(s, 0);
		sim_wake(s, 1);
		sim_run(s, 60 * SIM_S);
		assert_pairs(s, 0, 0);
		sim_free(s);
	}
}

static void test_child_and_ike_rekeying_cross(void **state)
{
	struct sim *s = two_tunnels();
	missiu_usec until;
	size_t before;

	(void)state;
	s->node[0].conf.dpd_s = s->node[1].conf.dpd_s = 100000;
	go(s);
	before = s->n_pkt;
	/* Node 0 begins to rekey the IKE SA, node 1 a child at the same time. */
	until = s->now + 3600 * SIM_S;
	while (s->n_pkt == before)
		assert_true(sim_step(s, until));
	sim_event(s, 1, MISSIU_EV_SOFT, sim_find_sa(s, 1, MISSIU_OUT));
	sim_run(s, 30 * SIM_S);
	assert_pairs(s, 1, 1);
	assert_int_equal(s->node[1].n_added, 4);
	assert_quiet(s);
	sim_free(s);
}

static void test_without_rekeying_the_lifetime_ends_the_sa(void **state)
{
	struct sim *s = two_tunnels();

	(void)state;
	/* A group that is gone: rekeying is refused. */
	go(s);
	s->cut = true;
	sim_run(s, 4000 * SIM_S);
	assert_int_equal(sim_n_ike(s, 0), 0);
	assert_int_equal(sim_n_ike(s, 1), 0);
	assert_int_equal(s->node[0].n_sa, 0);
	sim_free(s);
}

/* --- deletion */

/* HDR, SK {D(ESP, spi)} --> <-- HDR, SK {D(ESP, mate)} */
static void test_child_that_ended_is_deleted_at_the_peer(void **state)
{
	static const enum missiu_event_kind kinds[] = { MISSIU_EV_HARD,
							MISSIU_EV_SA_DELETED };

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct sim *s = two_tunnels();
		const int node = i % 2;
		struct sim_node *n = &s->node[node];
		struct missiu_sa sa;

		go(s);
		/* The data path has removed it by itself. */
		sa = *sim_find_sa(s, node, MISSIU_OUT);
		for (size_t j = 0; j < n->n_sa; j++)
			if (n->sa[j].sa.spi == sa.spi)
				n->sa[j] = n->sa[--n->n_sa];
		sim_event(s, node, kinds[i / 2], &sa);
		sim_run(s, 1 * SIM_S);
		assert_pairs(s, 1, 0);
		assert_quiet(s);
		sim_free(s);
	}
}

/* Both sides delete the same pair at once (RFC 7296 1.4.1). */
static void test_both_delete_the_child_at_once(void **state)
{
	struct sim *s = two_tunnels();

	(void)state;
	go(s);
	for (int i = 0; i < 2; i++) {
		struct sim_node *n = &s->node[i];
		const struct missiu_sa sa = *sim_find_sa(s, i, MISSIU_OUT);

		for (size_t j = 0; j < n->n_sa; j++)
			if (n->sa[j].sa.spi == sa.spi)
				n->sa[j] = n->sa[--n->n_sa];
		sim_event(s, i, MISSIU_EV_HARD, &sa);
	}
	sim_run(s, 5 * SIM_S);
	assert_pairs(s, 1, 0);
	assert_quiet(s);
	sim_free(s);
}

static void test_shutdown_tells_the_peer(void **state)
{
	(void)state;
	for (int node = 0; node < 2; node++) {
		struct sim *s = two_tunnels();

		go(s);
		ike_shutdown(s->node[node].ike, s->now);
		sim_drain(s, node);
		assert_int_equal(sim_n_ike(s, node), 0);
		assert_int_equal(s->node[node].n_sa, 0);
		sim_run(s, 1 * SIM_S);
		assert_int_equal(s->node[1 - node].n_sa, 0);
		assert_int_equal(sim_established(s, 1 - node), 0);
		sim_run(s, 15 * SIM_S);
		assert_int_equal(sim_n_ike(s, 1 - node), 0);
		sim_free(s);
	}
}

static void test_refused_sa_is_taken_back(void **state)
{
	struct sim *s = two_tunnels();
	const struct missiu_sa *sa;

	(void)state;
	go(s);
	sa = sim_find_sa(s, 0, MISSIU_OUT);
	ike_refused(s->node[0].ike, sa->owner, sa->spi, MISSIU_EFULL, "no room",
		    s->now);
	sim_drain(s, 0);
	sim_run(s, 1 * SIM_S);
	assert_pairs(s, 1, 0);
	assert_int_equal(s->node[0].n_warn, 1);
	assert_true(sim_log_has(s, 0, "no room"));
	sim_free(s);
}

/* --- liveness */

static void test_idle_peers_are_asked(void **state)
{
	struct sim *s = two_tunnels();

	(void)state;
	s->node[1].conf.dpd_s = 10000;
	go(s);
	sim_run(s, 299 * SIM_S);
	assert_int_equal(s->n_pkt, 4);
	sim_run(s, 3 * SIM_S);
	assert_int_equal(s->n_pkt, 6);
	sim_run(s, 300 * SIM_S);
	assert_int_equal(s->n_pkt, 8);
	assert_pairs(s, 1, 1);
	sim_free(s);
}

static void test_dead_peer_is_noticed(void **state)
{
	struct sim *s = two_tunnels();

	(void)state;
	go(s);
	s->cut = true;
	sim_run(s, 299 * SIM_S);
	assert_int_equal(sim_established(s, 0), 1);
	sim_run(s, 30 * SIM_S);
	assert_int_equal(sim_n_ike(s, 0), 0);
	assert_int_equal(s->node[0].n_sa, 0);
	assert_true(sim_log_has(s, 0, "IKE_SA Deleted [v2 I](id=0x"));
	assert_true(sim_log_has(s, 0, "does not answer"));
	sim_free(s);
}

/* The peer lost everything and comes back: N(INITIAL_CONTACT). */
static void test_a_restarted_peer_replaces_its_old_sa(void **state)
{
	struct sim *s = two_tunnels();

	(void)state;
	go(s);
	ike_free(s->node[0].ike);
	s->node[0].n_sa = 0;
	s->node[0].ike = ike_new(&s->node[0].conf, NULL);
	sim_reload(s, 0);
	sim_acquire(s, 0, &s->node[0].pol[0], "10.1.0.9", "10.2.0.9");
	sim_run(s, 1 * SIM_S);
	assert_pairs(s, 1, 1);
	sim_free(s);
}

/* --- NAT */

static void behind_nat(struct sim *s, int node, uint16_t offset)
{
	static const char *const inside[] = { "10.0.0.1", "10.0.0.2" };

	s->node[node].addr = sim_addr(inside[node]);
	s->node[node].nat = true;
	s->node[node].nat_offset = offset;
}

/* Mask of nodes behind a NAT: bit 0: initiator, bit 1: responder. */
static struct sim *natted(unsigned which)
{
	struct sim *s = sim_new(2);

	if (which & 1)
		behind_nat(s, 0, 30000);
	if (which & 2) /* with ports forwarded */
		behind_nat(s, 1, 0);
	sim_tunnel(s, 0, 1, "10.1.0.0", "10.2.0.0", 16);
	sim_tunnel(s, 1, 0, "10.2.0.0", "10.1.0.0", 16);
	return s;
}

static void test_nat_on_either_side_and_both(void **state)
{
	(void)state;
	for (unsigned which = 1; which < 4; which++) {
		struct sim *s = natted(which);
		const struct missiu_sa *out, *in;

		sim_start(s);
		sim_acquire(s, 0, &s->node[0].pol[0], "10.1.0.9", "10.2.0.9");
		sim_run(s, 1 * SIM_S);
		assert_int_equal(sim_children(s, 0), 1);
		sim_agree(s, 0, 1);
		out = sim_find_sa(s, 0, MISSIU_OUT);
		assert_int_equal(out->encap_sport, 4500);
		assert_int_equal(out->encap_dport, 4500);
		in = sim_find_sa(s, 1, MISSIU_IN);
		assert_int_equal(in->encap_sport, which & 1 ? 34500 : 4500);
		assert_int_equal(in->encap_dport, 4500);
		assert_true(addr_eq(&in->src, &s->node[0].pub));
		/* All after IKE_SA_INIT goes to 4500. */
		assert_int_equal(s->pkt[1].dst.port, which & 1 ? 30500 : 500);
		assert_int_equal(s->pkt[2].dst.port, 4500);
		/* Who sits behind it keeps the mapping open. */
		sim_run(s, 100 * SIM_S);
		assert_int_equal(s->node[0].n_keepalive, which & 1 ? 5 : 0);
		assert_int_equal(s->node[1].n_keepalive, which & 2 ? 5 : 0);
		assert_quiet(s);
		sim_free(s);
	}
}

static void test_encapsulation_without_a_nat_on_demand(void **state)
{
	(void)state;
	for (int node = 0; node < 2; node++) {
		struct sim *s = natted(0);

		s->node[node].conf.encap = MISSIU_ENCAP_UDP;
		sim_start(s);
		sim_acquire(s, 0, &s->node[0].pol[0], "10.1.0.9", "10.2.0.9");
		sim_run(s, 1 * SIM_S);
		assert_int_equal(sim_children(s, 0), 1);
		sim_agree(s, 0, 1);
		for (int i = 0; i < 2; i++) {
			assert_int_equal(
				sim_find_sa(s, i, MISSIU_OUT)->encap_dport,
				4500);
			assert_int_equal(
				sim_find_sa(s, i, MISSIU_IN)->encap_sport,
				4500);
		}
		sim_free(s);
	}
}

static void test_transport_mode_through_a_nat(void **state)
{
	struct sim *s = sim_new(2);
	const struct missiu_sa *out, *in;

	(void)state;
	behind_nat(s, 0, 30000);
	sim_policy(s, 0, 1);
	sim_policy(s, 1, 0);
	sim_start(s);
	sim_acquire(s, 0, &s->node[0].pol[0], NULL, "192.0.2.2");
	sim_run(s, 1 * SIM_S);
	assert_int_equal(sim_children(s, 0), 1);
	sim_agree(s, 0, 1);
	/* Each side sees its own idea of the addresses (2.23.1). */
	out = sim_find_sa(s, 0, MISSIU_OUT);
	in = sim_find_sa(s, 1, MISSIU_IN);
	assert_true(addr_eq(&out->ts_src[0].lo, &s->node[0].addr));
	assert_true(addr_eq(&in->ts_src[0].lo, &s->node[0].pub));
	sim_free(s);
}

/* The NAT forgets: the next authenticated message tells the new port. */
static void test_mapping_changes_and_ike_notices(void **state)
{
	struct sim *s = natted(1);
	const struct missiu_sa *out;

	(void)state;
	s->node[0].conf.dpd_s = 50;
	sim_start(s);
	sim_acquire(s, 0, &s->node[0].pol[0], "10.1.0.9", "10.2.0.9");
	sim_run(s, 1 * SIM_S);
	s->node[0].nat_offset = 20000;
	sim_run(s, 60 * SIM_S);
	out = sim_find_sa(s, 1, MISSIU_OUT);
	assert_int_equal(out->encap_dport, 24500);
	assert_int_equal(s->node[1].n_updated, 2);
	sim_agree(s, 0, 1);
	sim_free(s);
}

static void test_mapping_changes_and_the_data_path_notices(void **state)
{
	struct sim *s = natted(1);
	struct missiu_event ev = { .kind = MISSIU_EV_NAT_CHANGE };

	(void)state;
	sim_start(s);
	sim_acquire(s, 0, &s->node[0].pol[0], "10.1.0.9", "10.2.0.9");
	sim_run(s, 1 * SIM_S);
	ev.owner = sim_find_sa(s, 1, MISSIU_IN)->owner;
	ev.addr = sim_addr("192.0.2.77");
	ev.port = 5555;
	ike_event(s->node[1].ike, &ev, &s->node[1].addr, s->now);
	sim_drain(s, 1);
	assert_int_equal(sim_find_sa(s, 1, MISSIU_OUT)->encap_dport, 5555);
	assert_true(addr_eq(&sim_find_sa(s, 1, MISSIU_OUT)->dst, &ev.addr));
	sim_free(s);
}

/* Who is not behind a NAT does not move: somebody else relays for it. */
static void test_without_a_nat_nobody_moves(void **state)
{
	struct sim *s = natted(0);
	const struct missiu_sa *out;

	(void)state;
	s->node[1].conf.encap = MISSIU_ENCAP_UDP; /* in UDP all the same */
	sim_start(s);
	sim_acquire(s, 0, &s->node[0].pol[0], "10.1.0.9", "10.2.0.9");
	sim_run(s, 1 * SIM_S);
	out = sim_find_sa(s, 0, MISSIU_OUT);
	sim_event(s, 0, MISSIU_EV_SOFT, out);
	assert_int_equal(s->n_pkt, 5);
	s->pkt[4].src.addr = sim_addr("198.51.100.9");
	sim_run(s, 1 * SIM_S);
	assert_int_equal(s->node[1].n_updated, 0);
	assert_true(
		addr_eq(&sim_find_sa(s, 1, MISSIU_OUT)->dst, &s->node[0].pub));
	assert_pairs(s, 1, 1);
	sim_free(s);
}

/* Nor does anyone by what a stranger repeats. */
static void test_repeated_messages_from_elsewhere_move_nothing(void **state)
{
	struct sim *s = natted(1);
	const struct ike_end elsewhere = { .addr = sim_addr("198.51.100.9"),
					   .port = 4500 };
	size_t n;

	(void)state;
	sim_start(s);
	sim_acquire(s, 0, &s->node[0].pol[0], "10.1.0.9", "10.2.0.9");
	sim_run(s, 1 * SIM_S);
	n = s->n_pkt;
	for (size_t i = 0; i < n; i++)
		if (!s->pkt[i].from)
			sim_inject(s, 1, &elsewhere, 4500, s->pkt[i].b,
				   s->pkt[i].len);
	assert_int_equal(s->node[1].n_updated, 0);
	assert_true(
		addr_eq(&sim_find_sa(s, 1, MISSIU_OUT)->dst, &s->node[0].pub));
	sim_free(s);
}

/* --- three nodes */

static void test_peers_do_not_mix(void **state)
{
	struct sim *s = sim_new(3);

	(void)state;
	sim_policy(s, 0, 1);
	sim_policy(s, 0, 2);
	sim_policy(s, 1, 0);
	sim_policy(s, 2, 0);
	sim_start(s);
	sim_acquire(s, 0, &s->node[0].pol[0], NULL, "192.0.2.2");
	sim_acquire(s, 0, &s->node[0].pol[1], NULL, "192.0.2.3");
	sim_run(s, 1 * SIM_S);
	assert_int_equal(sim_established(s, 0), 2);
	assert_int_equal(sim_children(s, 0), 2);
	assert_int_equal(sim_children(s, 1), 1);
	assert_int_equal(sim_children(s, 2), 1);
	ike_shutdown(s->node[2].ike, s->now);
	sim_drain(s, 2);
	sim_run(s, 20 * SIM_S);
	assert_int_equal(sim_children(s, 0), 1);
	sim_agree(s, 0, 1);
	sim_free(s);
}

/* Deletions of inbound SAs that a node asked for: at once, or later. */
struct deletions {
	size_t at_once, later, out_later;
};

static void count_deletion(struct sim_node *n, const struct ike_action *a)
{
	struct deletions *d = n->on_sa_ctx;

	if (a->kind != IKE_SA_DEL)
		return;
	if (a->sa.dir == MISSIU_IN)
		*(a->linger_us ? &d->later : &d->at_once) += 1;
	else
		d->out_later += a->linger_us != 0;
}

/* The loser of two successors, too: its maker may have sent on it. */
static void test_both_successors_go_on_receiving_for_a_while(void **state)
{
	struct deletions d[2] = { 0 };
	struct sim *s = two_tunnels();

	(void)state;
	go(s);
	for (int i = 0; i < 2; i++) {
		s->node[i].on_sa = count_deletion;
		s->node[i].on_sa_ctx = &d[i];
		sim_event(s, i, MISSIU_EV_SOFT, sim_find_sa(s, i, MISSIU_OUT));
	}
	sim_run(s, 1 * SIM_S);
	assert_pairs(s, 1, 1);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(d[i].later, 2);
		assert_int_equal(d[i].at_once, 0);
	}
	sim_free(s);
}

/* Packets under way when it is replaced still have their SA; else it goes. */
static void test_a_replaced_sa_goes_on_receiving_for_a_while(void **state)
{
	struct deletions d[2] = { 0 };
	struct sim *s = two_tunnels();

	(void)state;
	go(s);
	for (int i = 0; i < 2; i++) {
		s->node[i].on_sa = count_deletion;
		s->node[i].on_sa_ctx = &d[i];
	}
	sim_event(s, 0, MISSIU_EV_SOFT, sim_find_sa(s, 0, MISSIU_OUT));
	sim_run(s, 1 * SIM_S);
	assert_pairs(s, 1, 1);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(d[i].later, 1);
		assert_int_equal(d[i].at_once, 0);
		assert_int_equal(d[i].out_later, 0);
	}
	ike_shutdown(s->node[0].ike, s->now);
	sim_drain(s, 0);
	sim_run(s, 1 * SIM_S);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(d[i].later, 1);
		assert_int_equal(d[i].at_once, 1);
		assert_int_equal(d[i].out_later, 0);
	}
	sim_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_second_child_from_either_side),
		cmocka_unit_test(test_pfs_of_the_initiator_is_granted),
		cmocka_unit_test(
			test_each_message_of_a_second_child_may_be_lost),
		cmocka_unit_test(
			test_a_responder_that_asks_too_early_has_to_wait),
		cmocka_unit_test(test_child_is_rekeyed_before_it_ends),
		cmocka_unit_test(test_rekeying_is_make_before_break),
		cmocka_unit_test(
			test_a_replaced_sa_goes_on_receiving_for_a_while),
		cmocka_unit_test(
			test_both_successors_go_on_receiving_for_a_while),
		cmocka_unit_test(test_outbound_switches_without_a_delete),
		cmocka_unit_test(test_outbound_switches_with_the_next_request),
		cmocka_unit_test(
			test_what_the_peer_may_not_have_yet_is_not_rekeyed),
		cmocka_unit_test(
			test_a_child_whose_successor_failed_serves_again),
		cmocka_unit_test(test_both_rekey_the_child_at_once),
		cmocka_unit_test(
			test_the_old_child_ends_before_the_winner_has_its_own),
		cmocka_unit_test(
			test_both_rekey_the_child_at_once_on_a_bad_line),
		cmocka_unit_test(test_ike_sa_is_rekeyed_before_it_ends),
		cmocka_unit_test(test_days_of_rekeying),
		cmocka_unit_test(test_losses_while_the_ike_sa_is_rekeyed),
		cmocka_unit_test(test_both_rekey_the_ike_sa_at_once),
		cmocka_unit_test(
			test_both_rekey_the_ike_sa_at_once_on_a_bad_line),
		cmocka_unit_test(test_deletion_and_rekeying_of_a_child_cross),
		cmocka_unit_test(
			test_deletion_and_rekeying_of_the_ike_sa_cross),
		cmocka_unit_test(test_both_delete_the_ike_sa_at_once),
		cmocka_unit_test(test_child_and_ike_rekeying_cross),
		cmocka_unit_test(
			test_without_rekeying_the_lifetime_ends_the_sa),
		cmocka_unit_test(test_child_that_ended_is_deleted_at_the_peer),
		cmocka_unit_test(test_both_delete_the_child_at_once),
		cmocka_unit_test(test_shutdown_tells_the_peer),
		cmocka_unit_test(test_refused_sa_is_taken_back),
		cmocka_unit_test(test_idle_peers_are_asked),
		cmocka_unit_test(test_dead_peer_is_noticed),
		cmocka_unit_test(test_a_restarted_peer_replaces_its_old_sa),
		cmocka_unit_test(test_nat_on_either_side_and_both),
		cmocka_unit_test(test_encapsulation_without_a_nat_on_demand),
		cmocka_unit_test(test_transport_mode_through_a_nat),
		cmocka_unit_test(test_mapping_changes_and_ike_notices),
		cmocka_unit_test(
			test_mapping_changes_and_the_data_path_notices),
		cmocka_unit_test(test_without_a_nat_nobody_moves),
		cmocka_unit_test(
			test_repeated_messages_from_elsewhere_move_nothing),
		cmocka_unit_test(test_peers_do_not_mix),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
