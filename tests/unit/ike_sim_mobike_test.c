/* SPDX-License-Identifier: Apache-2.0 */
/*
 * MOBIKE (RFC 4555). Node 0 begins and leads; its tunnel to node 1 stays the
 * same while addresses on either side, or both, come and go.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ike/exchange.h"
#include "ike/mobike.h"
#include "ike/sa.h"

#include "../sim/sim.c"

#include "../sim/pair.h"

#define A1 "192.0.2.1"
#define A2 "198.51.100.7"
#define A6 "2001:db8::a"
#define B1 "192.0.2.2"
#define B2 "203.0.113.2"
#define B6 "2001:db8::b"

static struct sim *make(void)
{
	struct sim *s = sim_new(2);

	sim_tunnel(s, 0, 1, "10.1.0.0", "10.2.0.0", 16);
	sim_tunnel(s, 1, 0, "10.2.0.0", "10.1.0.0", 16);
	s->node[0].conf.dpd_s = s->node[1].conf.dpd_s = 60;
	return s;
}

static void ask(struct sim *s, int node)
{
	sim_acquire(s, node, &s->node[node].pol[0],
		    node ? "10.2.0.9" : "10.1.0.9",
		    node ? "10.1.0.9" : "10.2.0.9");
}

static void up(struct sim *s)
{
	sim_start(s);
	sim_addrs(s, 0, A1, NULL);
	sim_addrs(s, 1, B1, B6, NULL);
	ask(s, 0);
	sim_run(s, 1 * SIM_S);
	assert_int_equal(sim_children(s, 0), 1);
	assert_int_equal(sim_children(s, 1), 1);
}

static bool ends_are(const struct sim *s, int node, const char *ours,
		     const char *theirs)
{
	const struct missiu_addr l = sim_addr(ours), r = sim_addr(theirs);
	const struct missiu_sa *in = sim_find_sa(s, node, MISSIU_IN);
	const struct missiu_sa *out = sim_find_sa(s, node, MISSIU_OUT);
	const struct ike_sa *sa = sa_of(s, node);

	return addr_eq(&sa->local.addr, &l) && addr_eq(&sa->remote.addr, &r) &&
	       addr_eq(&in->dst, &l) && addr_eq(&in->src, &r) &&
	       addr_eq(&out->src, &l) && addr_eq(&out->dst, &r) &&
	       !in->encap_dport == !sa->encap &&
	       !out->encap_dport == !sa->encap;
}

/* Both sides: one IKE SA, one pair of SAs, and they go from @a to @b. */
static void assert_path(const struct sim *s, const char *a, const char *b)
{
	if (!ends_are(s, 0, a, b) || !ends_are(s, 1, b, a) ||
	    sim_children(s, 0) != 1)
		sim_dump(s);
	assert_int_equal(sim_n_ike(s, 0), 1);
	assert_int_equal(sim_n_ike(s, 1), 1);
	assert_int_equal(sim_children(s, 0), 1);
	assert_true(ends_are(s, 0, a, b));
	assert_true(ends_are(s, 1, b, a));
	assert_false(sa_of(s, 0)->mob->searching);
	assert_false(sa_of(s, 1)->mob->searching);
	assert_int_equal(sa_of(s, 0)->mob->want, 0);
	assert_int_equal(sa_of(s, 1)->mob->want, 0);
	sim_agree(s, 0, 1);
}

/* --- negotiation */

static void test_both_speak_it_on_port_4500(void **state)
{
	struct sim *s = make();

	(void)state;
	up(s);
	for (int i = 0; i < 2; i++) {
		const struct ike_sa *sa = sa_of(s, i);

		assert_non_null(sa->mob);
		assert_int_equal(sa->mob->leads, i == 0);
		assert_int_equal(sa->local.port, 4500);
		assert_int_equal(sa->remote.port, 4500);
		assert_false(sa->encap);
	}
	/* IKE_AUTH told the other address of node 1. */
	assert_int_equal(sa_of(s, 0)->mob->n_peer, 1);
	assert_int_equal(sa_of(s, 0)->mob->peer[0].family, 6);
	assert_int_equal(sa_of(s, 1)->mob->n_peer, 0);
	assert_path(s, A1, B1);
	sim_free(s);
}

static void test_not_where_either_does_not_want_it(void **state)
{
	(void)state;
	for (int who = 0; who < 4; who++) {
		struct sim *s = make();
		struct ike_peer_err err;

		if (who < 2)
			s->node[who].conf.no_mobike = true;
		sim_start(s);
		if (who >= 2)
			assert_int_equal(sim_peers(s, who - 2,
						   "peer x { psk \"a shared "
						   "secret\" mobike no }",
						   false, &err),
					 0);
		ask(s, 0);
		sim_run(s, 1 * SIM_S);
		assert_int_equal(sim_children(s, 0), 1);
		assert_null(sa_of(s, 0)->mob);
		assert_null(sa_of(s, 1)->mob);
		assert_int_equal(sa_of(s, 1)->remote.port,
				 who % 2 ? 4500 : 500);
		/* Nobody follows it; it stays as it is. */
		sim_addrs(s, 0, A2, NULL);
		sim_run(s, 1 * SIM_S);
		assert_int_equal(s->node[0].n_updated, 0);
		sim_free(s);
	}
}

/* --- the initiator moves */

static void test_the_tunnel_moves_with_the_initiator(void **state)
{
	struct sim *s = make();
	uint32_t spi;

	(void)state;
	up(s);
	spi = sim_find_sa(s, 0, MISSIU_IN)->spi;
	sim_addrs(s, 0, A2, NULL);
	sim_run(s, 200 * SIM_MS);
	assert_path(s, A2, B1);
	assert_int_equal(sim_find_sa(s, 0, MISSIU_IN)->spi, spi);
	assert_int_equal(s->node[0].n_added, 2);
	assert_int_equal(s->node[0].n_updated, 2);
	assert_int_equal(s->node[1].n_updated, 2);
	assert_int_equal(s->node[0].n_warn + s->node[1].n_warn, 0);
	/* And back again. */
	sim_addrs(s, 0, A1, NULL);
	sim_run(s, 200 * SIM_MS);
	assert_path(s, A1, B1);
	sim_free(s);
}

static void test_from_one_family_to_the_other(void **state)
{
	struct sim *s = make();

	(void)state;
	up(s);
	sim_addrs(s, 0, A6, NULL);
	sim_run(s, 200 * SIM_MS);
	assert_path(s, A6, B6);
	/* Of two the one of the family in use is taken. */
	sim_addrs(s, 0, A2, "2001:db8::c", NULL);
	sim_run(s, 200 * SIM_MS);
	assert_path(s, "2001:db8::c", B6);
	sim_addrs(s, 0, A1, NULL);
	sim_run(s, 200 * SIM_MS);
	assert_path(s, A1, B1);
	sim_free(s);
}

static void test_an_address_more_or_less_changes_nothing(void **state)
{
	struct sim *s = make();

	(void)state;
	up(s);
	sim_addrs(s, 0, A6, A2, A1, NULL);
	sim_run(s, 200 * SIM_MS);
	assert_path(s, A1, B1);
	assert_int_equal(sa_of(s, 1)->mob->n_peer, 2);
	sim_addrs(s, 0, A1, NULL);
	sim_run(s, 200 * SIM_MS);
	assert_int_equal(sa_of(s, 1)->mob->n_peer, 0);
	assert_int_equal(s->node[0].n_updated, 0);
	sim_free(s);
}

static void test_hours_without_an_address(void **state)
{
	struct sim *s = make();

	(void)state;
	s->node[0].conf.ike_life_s = s->node[1].conf.ike_life_s = 86400;
	/* The peer would give up. */
	s->node[1].conf.dpd_s = UINT32_MAX;
	up(s);
	sim_addrs(s, 0, NULL);
	sim_run(s, 7200 * SIM_S);
	assert_int_equal(sim_established(s, 0), 1);
	sim_addrs(s, 0, A2, NULL);
	sim_run(s, 500 * SIM_MS);
	assert_path(s, A2, B1);
	sim_free(s);
}

static void test_a_short_loss_of_the_address_moves_nothing(void **state)
{
	struct sim *s = make();

	(void)state;
	up(s);
	sim_addrs(s, 0, NULL);
	sim_run(s, 3 * SIM_S);
	sim_addrs(s, 0, A1, NULL);
	sim_run(s, 200 * SIM_MS);
	assert_path(s, A1, B1);
	assert_int_equal(s->node[0].n_updated, 0);
	sim_free(s);
}

/* Up to five of the first eight messages after the move are lost. */
static void test_moves_in_spite_of_loss(void **state)
{
	(void)state;
	for (uint64_t mask = 1; mask < 256; mask++) {
		struct sim *s;

		if (__builtin_popcountll(mask) > XCHG_TRIES)
			continue;
		s = make();
		up(s);
		s->lose = mask << s->n_pkt;
		sim_addrs(s, 0, A2, NULL);
		sim_run(s, 60 * SIM_S);
		assert_path(s, A2, B1);
		sim_free(s);
	}
}

/* Faster than its messages: what counts is where it is in the end. */
static void test_moves_in_quick_succession(void **state)
{
	static const char *const at[] = { A1, A2, A6 };

	(void)state;
	for (missiu_usec gap = 0; gap < 60 * SIM_MS; gap += 3 * SIM_MS) {
		struct sim *s = make();

		up(s);
		for (int i = 1; i < 8; i++) {
			sim_addrs(s, 0, at[i % 3], NULL);
			sim_run(s, gap);
		}
		sim_run(s, 5 * SIM_S);
		assert_path(s, A2, B1);
		sim_free(s);
	}
}

/* A request was on its way when the address went. */
static void test_what_is_outstanding_finds_the_way(void **state)
{
	struct sim *s = make();
	const struct missiu_sa *sa;

	(void)state;
	up(s);
	sa = sim_find_sa(s, 0, MISSIU_OUT);
	sim_event(s, 0, MISSIU_EV_SOFT, sa);
	sim_addrs(s, 0, A2, NULL);
	sim_run(s, 2 * SIM_S);
	assert_path(s, A2, B1);
	assert_int_equal(s->node[0].n_added, 4);
	sim_free(s);
}

/* --- afterwards */

static void test_later_traffic_uses_the_same_sas(void **state)
{
	struct sim *s = make();

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct missiu_policy *p =
			sim_tunnel(s, i, 1 - i, i ? "10.4.0.0" : "10.3.0.0",
				   i ? "10.3.0.0" : "10.4.0.0", 16);

		p->id = 2;
	}
	up(s);
	sim_addrs(s, 0, A2, NULL);
	sim_run(s, 200 * SIM_MS);
	/* Policies name the old address; the peer is known to be elsewhere. */
	sim_acquire(s, 1, &s->node[1].pol[1], "10.4.0.9", "10.3.0.9");
	sim_run(s, 1 * SIM_S);
	assert_int_equal(sim_n_ike(s, 1), 1);
	assert_int_equal(sim_children(s, 1), 2);
	assert_true(ends_are(s, 0, A2, B1));
	assert_true(ends_are(s, 1, B1, A2));
	sim_acquire(s, 0, &s->node[0].pol[1], "10.3.0.9", "10.4.0.9");
	sim_run(s, 1 * SIM_S);
	assert_int_equal(sim_n_ike(s, 0), 1);
	/* All children move. */
	sim_addrs(s, 0, A1, NULL);
	sim_run(s, 1 * SIM_S);
	assert_true(ends_are(s, 0, A1, B1));
	for (size_t i = 0; i < s->node[1].n_sa; i++) {
		const struct missiu_sa *sa = &s->node[1].sa[i].sa;
		const struct missiu_addr a1 = sim_addr(A1);

		assert_true(addr_eq(sa->dir & MISSIU_OUT ? &sa->dst : &sa->src,
				    &a1));
	}
	sim_free(s);
}

/* Whoever replaces SAs: node 0 leads, also in the successor. */
static void test_rekeyed_sas_move_too(void **state)
{
	(void)state;
	for (int who = 0; who < 2; who++)
		for (unsigned what = 1; what < 4; what++) {
			struct sim *s = make();

			up(s);
			sim_addrs(s, 0, A2, NULL);
			sim_run(s, 1 * SIM_S);
			assert_true(ike_rekey(s->node[who].ike, who ? A2 : B1,
					      what, s->now) > 0);
			sim_drain(s, who);
			sim_run(s, 60 * SIM_S);
			assert_path(s, A2, B1);
			sim_addrs(s, 0, A1, NULL);
			sim_run(s, 1 * SIM_S);
			assert_path(s, A1, B1);
			assert_int_equal(sa_of(s, 0)->mob->leads, true);
			assert_int_equal(sa_of(s, 1)->mob->leads, false);
			sim_free(s);
		}
}

/* The address goes while the IKE SA is being replaced by either side. */
static void test_moves_while_the_ike_sa_is_replaced(void **state)
{
	(void)state;
	for (int who = 0; who < 2; who++)
		for (missiu_usec t = 0; t < 60 * SIM_MS; t += 5 * SIM_MS) {
			struct sim *s = make();

			up(s);
			ike_rekey(s->node[who].ike, who ? A1 : B1,
				  IKE_REKEY_IKE, s->now);
			sim_drain(s, who);
			sim_run(s, t);
			sim_addrs(s, 0, A2, NULL);
			sim_run(s, 120 * SIM_S);
			assert_path(s, A2, B1);
			sim_free(s);
		}
}

/* A NAT, real or pretended, must not make the policies' addresses change. */
static void test_where_esp_goes_in_udp_all_the_same(void **state)
{
	(void)state;
	for (int who = 0; who < 2; who++) {
		struct sim *s = make();

		s->node[who].conf.encap = MISSIU_ENCAP_UDP;
		up(s);
		assert_true(sa_of(s, 0)->encap);
		sim_addrs(s, 0, A2, NULL);
		sim_run(s, 1 * SIM_S);
		assert_path(s, A2, B1);
		assert_true(sa_of(s, 0)->encap);
		/* Checked, although it looked like a NAT's doing. */
		assert_true(sa_of(s, 1)->mob->sent & MOBIKE_CHECK);
		for (int i = 0; i < 2; i++) {
			sim_event(s, i, MISSIU_EV_SOFT,
				  sim_find_sa(s, i, MISSIU_OUT));
			sim_run(s, 20 * SIM_S);
			assert_path(s, A2, B1);
			assert_int_equal(s->node[i].n_added, 4 + 2 * i);
		}
		sim_free(s);
	}
}

static void test_children_of_transport_mode_are_deleted(void **state)
{
	struct sim *s = sim_new(2);

	(void)state;
	sim_policy(s, 0, 1);
	sim_policy(s, 1, 0);
	sim_start(s);
	sim_addrs(s, 0, A1, NULL);
	sim_addrs(s, 1, B1, NULL);
	sim_acquire(s, 0, &s->node[0].pol[0], A1, B1);
	sim_run(s, 1 * SIM_S);
	assert_int_equal(sim_children(s, 0), 1);
	sim_addrs(s, 0, A2, NULL);
	sim_run(s, 1 * SIM_S);
	assert_int_equal(sim_children(s, 0), 0);
	assert_int_equal(sim_children(s, 1), 0);
	assert_int_equal(sim_established(s, 0), 1);
	sim_free(s);
}

/* --- the responder moves, both do, paths die */

static void test_the_responder_moves(void **state)
{
	struct sim *s = make();

	(void)state;
	up(s);
	sim_addrs(s, 1, B2, NULL);
	sim_run(s, 1 * SIM_S);
	assert_path(s, A1, B2);
	sim_addrs(s, 1, B1, NULL);
	sim_run(s, 1 * SIM_S);
	assert_path(s, A1, B1);
	sim_free(s);
}

static void test_both_move_at_once(void **state)
{
	(void)state;
	for (missiu_usec gap = 0; gap < 50 * SIM_MS; gap += 5 * SIM_MS)
		for (int first = 0; first < 2; first++) {
			struct sim *s = make();

			up(s);
			sim_addrs(s, 0, A1, A2, NULL);
			sim_addrs(s, 1, B1, B2, NULL);
			sim_run(s, 1 * SIM_S);
			if (first)
				sim_addrs(s, 1, B2, NULL);
			else
				sim_addrs(s, 0, A2, NULL);
			sim_run(s, gap);
			if (first)
				sim_addrs(s, 0, A2, NULL);
			else
				sim_addrs(s, 1, B2, NULL);
			sim_run(s, 10 * SIM_S);
			assert_path(s, A2, B2);
			sim_free(s);
		}
}

static bool not_to_b1(const struct sim *s, const struct sim_pkt *p)
{
	const struct missiu_addr b1 = sim_addr(B1);

	(void)s;
	return !addr_eq(&p->dst.addr, &b1) && !addr_eq(&p->src.addr, &b1);
}

/* The address is still there, but nothing passes any more. */
static void test_a_dead_path_is_left(void **state)
{
	struct sim *s = make();

	(void)state;
	s->node[1].conf.dpd_s = 100000;
	up(s);
	sim_addrs(s, 1, B1, B2, NULL);
	sim_run(s, 1 * SIM_S);
	s->passes = not_to_b1;
	sim_run(s, 70 * SIM_S);
	assert_path(s, A1, B2);
	assert_true(sim_log_has(s, 0, "trying other addresses"));
	sim_free(s);
}

static void test_without_any_path_the_peer_is_dead(void **state)
{
	struct sim *s = make();

	(void)state;
	up(s);
	sim_addrs(s, 1, B1, B2, NULL);
	sim_run(s, 1 * SIM_S);
	s->cut = true;
	sim_run(s, 600 * SIM_S);
	assert_int_equal(sim_n_ike(s, 0), 0);
	assert_int_equal(sim_n_ike(s, 1), 0);
	assert_true(sim_log_has(s, 0, "does not answer"));
	sim_free(s);
}

/* --- what the peer refuses */

static void test_an_address_that_the_peer_must_not_have(void **state)
{
	struct sim *s = make();
	struct ike_peer_err err;

	(void)state;
	sim_start(s);
	assert_int_equal(
		sim_peers(
			s, 1,
			"peer x { psk \"a shared secret\" raddr 192.0.2.0/24 }",
			false, &err),
		0);
	sim_addrs(s, 0, A1, NULL);
	sim_addrs(s, 1, B1, NULL);
	ask(s, 0);
	sim_run(s, 1 * SIM_S);
	sim_addrs(s, 0, A2, NULL);
	sim_run(s, 1 * SIM_S);
	assert_true(sim_log_has(s, 0, "UNACCEPTABLE_ADDRESSES"));
	assert_true(addr_eq(&sa_of(s, 1)->remote.addr, &s->node[0].addr));
	assert_int_equal(s->node[1].n_updated, 0);
	/* Of two the other one is tried next. */
	sim_addrs(s, 0, A2, "192.0.2.77", NULL);
	sim_run(s, 2 * SIM_S);
	assert_path(s, "192.0.2.77", B1);
	sim_free(s);
}

/* Requests made by hand: node 0 sends, its answer is looked at. */
static void say(struct sim *s, const struct ike_notify *v, size_t n)
{
	struct ike_sa *sa = sa_of(s, 0);
	struct ike_packet p;

	s->node[0].ike->now = s->now;
	request_begin(sa, IKE_X_INFORMATIONAL, &p);
	for (size_t i = 0; i < n; i++)
		ike_put_notify(&p.b, &v[i]);
	assert_int_equal(request_send(s->node[0].ike, sa, &p,
				      task_new(TASK_LIVENESS), NULL),
			 0);
	ike_sa_settle(s->node[0].ike);
	sim_drain(s, 0);
	sim_run(s, 1 * SIM_S);
}

static void test_a_nat_where_none_may_be(void **state)
{
	uint8_t ends[12] = {
		192, 0, 2, 1, 192, 0, 2, 2, 0x11, 0x94, 0x11, 0x94
	};
	struct ike_notify v[2] = {
		{ .type = IKE_N_UPDATE_SA_ADDRESSES },
		{ .type = IKE_N_NO_NATS_ALLOWED, .data = { ends, 12 } },
	};

	(void)state;
	for (size_t i = 0; i <= 13; i++) {
		struct sim *s = make();
		const struct ike_sa *sa;

		up(s);
		if (i < 12)
			ends[i] ^= 1;
		v[1].data.len = i == 13 ? 11 : 12;
		/* From elsewhere: does it count? */
		sa = sa_of(s, 1);
		sa_of(s, 1)->remote.port = 4501;
		say(s, v, 2);
		assert_int_equal(sa->remote.port, i == 12 ? 4500 : 4501);
		if (i < 12)
			ends[i] ^= 1;
		sim_free(s);
	}
}

/* SK {IDi, AUTH, ...}: node 0's first one with a notify put in front (3.9). */
static void test_a_nat_where_none_may_be_from_the_start(void **state)
{
	uint8_t ends[12] = {
		192, 0, 2, 1, 192, 0, 2, 2, 0x11, 0x94, 0x11, 0x94
	};
	const struct ike_end src = { .addr = sim_addr("192.0.2.1"),
				     .port = 4500 };

	(void)state;
	for (int i = 0; i < 13; i++) {
		struct sim *s = make();
		struct ike_packet p;
		struct chunk plain;
		struct ike_sa *sa;
		struct ike_msg m;
		uint8_t copy[4096];

		sim_start(s);
		sim_acquire(s, 0, &s->node[0].pol[0], "10.1.0.9", "10.2.0.9");
		while (s->n_pkt < 3)
			assert_true(sim_step(s, s->now + SIM_S));
		s->pkt[2].delivered = true; /* in its place: */
		memcpy(copy, s->pkt[2].b, s->pkt[2].len);
		assert_int_equal(ike_msg_parse(copy, s->pkt[2].len, &m), 0);
		assert_int_equal(sk_open(&s->node[1].ike->sas->sk_in, copy,
					 &m.sk, &plain),
				 0);
		sa = s->node[0].ike->sas;
		sa->mid_out--;
		request_begin(sa, IKE_X_AUTH, &p);
		sa->mid_out++;
		if (i < 12)
			ends[i] ^= 1;
		ike_put_notify_data(&p.b, IKE_N_NO_NATS_ALLOWED, ends, 12);
		if (i < 12)
			ends[i] ^= 1;
		p.buf[p.b.next_at] = m.sk.first;
		wr_bytes(&p.b.w, plain.p, plain.len);
		sim_inject(s, 1, &src, 4500, p.buf,
			   sk_seal(&sa->sk_out, &s->node[0].ike->rng, &p.b));
		sim_run(s, 200 * SIM_MS);
		assert_int_equal(sim_established(s, 0), i == 12);
		assert_int_equal(sim_established(s, 1), i == 12);
		assert_int_equal(sim_log_has(s, 0, "UNEXPECTED_NAT_DETECTED"),
				 i < 12);
		sim_free(s);
	}
}

static void test_addresses_of_all_lengths(void **state)
{
	const uint8_t b[24] = { 198, 51, 100, 1, 1, 2, 3, 4, 5, 6, 7, 8 };
	struct sim *s = make();
	struct ike_notify v[20];

	(void)state;
	up(s);
	for (size_t len = 0; len <= sizeof(b); len++) {
		for (int six = 0; six < 2; six++) {
			v[0] = (struct ike_notify){
				.type = six ? IKE_N_ADDITIONAL_IP6_ADDRESS :
					      IKE_N_ADDITIONAL_IP4_ADDRESS,
				.data = { b, len },
			};
			v[1] = (struct ike_notify){
				.type = IKE_N_NO_ADDITIONAL_ADDRESSES
			};
			say(s, v, 2);
			assert_int_equal(sa_of(s, 1)->mob->n_peer,
					 len == (six ? 16U : 4U));
		}
	}
	/* More than there is room for. */
	for (size_t i = 0; i < 20; i++)
		v[i] = (struct ike_notify){
			.type = IKE_N_ADDITIONAL_IP4_ADDRESS,
			.data = { b, 4 },
		};
	say(s, v, 20);
	assert_int_equal(sa_of(s, 1)->mob->n_peer, MOBIKE_ADDRS_MAX);
	assert_path(s, A1, B1);
	sim_free(s);
}

/* The leader takes no update: that the peer moves it is against the roles. */
static void test_only_the_leader_updates(void **state)
{
	struct sim *s = make();
	struct ike_sa *sa;
	struct ike_packet p;

	(void)state;
	up(s);
	sa = sa_of(s, 1);
	sa_of(s, 0)->remote.port = 4501;
	s->node[1].ike->now = s->now;
	request_begin(sa, IKE_X_INFORMATIONAL, &p);
	ike_put_notify_data(&p.b, IKE_N_UPDATE_SA_ADDRESSES, NULL, 0);
	request_send(s->node[1].ike, sa, &p, task_new(TASK_LIVENESS), NULL);
	ike_sa_settle(s->node[1].ike);
	sim_drain(s, 1);
	sim_run(s, 1 * SIM_S);
	assert_int_equal(sa_of(s, 0)->remote.port, 4501);
	sim_free(s);
}

/* --- attackers */

static size_t find_update(const struct sim *s, size_t from)
{
	const struct missiu_addr a2 = sim_addr(A2);

	while (from < s->n_pkt && !addr_eq(&s->pkt[from].src.addr, &a2))
		from++;
	assert_true(from < s->n_pkt);
	return from;
}

/* Messages of the move, sent again later from where they came, and elsewhere. */
static void test_replayed_updates_move_nothing(void **state)
{
	const struct ike_end bad = { .addr = sim_addr("198.51.100.66"),
				     .port = 4500 };
	const struct ike_end b1 = { .addr = sim_addr(B1), .port = 4500 };
	struct sim *s = make();
	size_t begin, end;

	(void)state;
	up(s);
	begin = s->n_pkt;
	sim_addrs(s, 0, A2, NULL);
	sim_run(s, 1 * SIM_S);
	end = s->n_pkt;
	sim_addrs(s, 0, A1, NULL);
	sim_run(s, 1 * SIM_S);
	assert_path(s, A1, B1);
	for (size_t i = find_update(s, begin); i < end; i++) {
		const struct sim_pkt *p = &s->pkt[i];

		if (p->from)
			continue;
		sim_inject_at(s, 1, &p->src, &b1, p->b, p->len);
		sim_inject_at(s, 1, &bad, &b1, p->b, p->len);
	}
	sim_run(s, 5 * SIM_S);
	assert_path(s, A1, B1);
	sim_free(s);
}

/* Without the keys every bit of it matters. */
static void test_changed_updates_move_nothing(void **state)
{
	const struct ike_end bad = { .addr = sim_addr("198.51.100.66"),
				     .port = 4500 };
	const struct ike_end b1 = { .addr = sim_addr(B1), .port = 4500 };
	struct sim *s = make();
	struct sim_pkt *p;

	(void)state;
	up(s);
	s->cut = true;
	sim_addrs(s, 0, A2, NULL);
	sim_run(s, 1 * SIM_MS);
	p = &s->pkt[find_update(s, 0)];
	for (size_t bit = 0; bit < p->len * 8; bit++) {
		p->b[bit / 8] ^= (uint8_t)(1 << bit % 8);
		sim_inject_at(s, 1, &bad, &b1, p->b, p->len);
		p->b[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	assert_true(ends_are(s, 1, B1, A1));
	s->cut = false;
	sim_run(s, 5 * SIM_S);
	assert_path(s, A2, B1);
	sim_free(s);
}

/* Whoever answers without the cookie is not where it says it is. */
static void test_a_wrong_cookie2_ends_the_sa(void **state)
{
	struct sim *s = make();

	(void)state;
	up(s);
	sim_addrs(s, 0, A2, NULL);
	while (!(sa_of(s, 1)->mob->sent & MOBIKE_CHECK))
		assert_true(sim_step(s, s->now + SIM_S));
	sa_of(s, 1)->mob->cookie[15] ^= 1;
	sim_run(s, 1 * SIM_S);
	assert_int_equal(sim_established(s, 1), 0);
	assert_true(sim_log_has(s, 1, "COOKIE2"));
	assert_int_equal(sim_established(s, 0), 0);
	sim_free(s);
}

/* Node 0 answers node 1's last request with an empty message. */
static void answer_empty(struct sim *s)
{
	static struct ike_packet p;
	const struct ike_end src = { .addr = s->node[0].addr, .port = 4500 };
	struct ike_sa *sa = sa_of(s, 0);
	const struct sim_pkt *q = &s->pkt[s->n_pkt - 1];
	struct ike_hdr h;
	size_t len;

	for (;; q--) {
		assert_true(q >= s->pkt);
		assert_int_equal(ike_hdr_parse(q->b, q->len, &h), 0);
		if (q->from == 1 && !(h.flags & IKE_F_RESPONSE))
			break;
	}
	reply_begin(sa, &h, &p);
	len = sk_seal(&sa->sk_out, &s->node[0].ike->rng, &p.b);
	assert_true(len > 0);
	sim_inject(s, 1, &src, 4500, p.buf, len);
}

/* libreswan 4.10 leaves COOKIE2 out of its answers (4.2.5 has it returned). */
static void test_a_missing_cookie2_is_told(void **state)
{
	struct sim *s = make();

	(void)state;
	up(s);
	sim_addrs(s, 0, A2, NULL);
	while (!(sa_of(s, 1)->mob->sent & MOBIKE_CHECK))
		assert_true(sim_step(s, s->now + SIM_S));
	s->node[0].addr = sim_addr(A2);
	answer_empty(s);
	sim_drain(s, 1);
	assert_int_equal(sim_established(s, 1), 1);
	assert_true(sim_log_has(s, 1, "without COOKIE2"));
	assert_true(ends_are(s, 1, B1, A2));
	sim_free(s);
}

/* Node 1 answers what is no update to where it knew node 0 last. */
static bool from_known_ends(const struct sim *s, const struct sim_pkt *p)
{
	const struct missiu_addr a1 = sim_addr(A1);

	return p->from || addr_eq(&p->src.addr, &a1) ||
	       !addr_eq(&sa_of(s, 1)->remote.addr, &a1) ||
	       sa_of(s, 0)->mob->sent & MOBIKE_UPDATE;
}

static void test_the_only_pair_is_taken_by_the_update(void **state)
{
	struct sim *s = make();

	(void)state;
	up(s);
	sim_addrs(s, 1, B1, NULL);
	sim_run(s, 200 * SIM_MS);
	s->passes = from_known_ends;
	sim_addrs(s, 0, A2, NULL);
	sim_run(s, 200 * SIM_MS);
	assert_path(s, A2, B1);
	/* The same after a while without any address. */
	s->passes = NULL;
	sim_addrs(s, 0, A1, NULL);
	sim_run(s, 200 * SIM_MS);
	s->passes = from_known_ends;
	sim_addrs(s, 0, NULL);
	sim_run(s, 5 * SIM_S);
	sim_addrs(s, 0, A2, NULL);
	sim_run(s, 200 * SIM_MS);
	assert_path(s, A2, B1);
	sim_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_both_speak_it_on_port_4500),
		cmocka_unit_test(test_not_where_either_does_not_want_it),
		cmocka_unit_test(test_the_tunnel_moves_with_the_initiator),
		cmocka_unit_test(test_from_one_family_to_the_other),
		cmocka_unit_test(test_an_address_more_or_less_changes_nothing),
		cmocka_unit_test(test_hours_without_an_address),
		cmocka_unit_test(
			test_a_short_loss_of_the_address_moves_nothing),
		cmocka_unit_test(test_moves_in_spite_of_loss),
		cmocka_unit_test(test_moves_in_quick_succession),
		cmocka_unit_test(test_what_is_outstanding_finds_the_way),
		cmocka_unit_test(test_later_traffic_uses_the_same_sas),
		cmocka_unit_test(test_rekeyed_sas_move_too),
		cmocka_unit_test(test_moves_while_the_ike_sa_is_replaced),
		cmocka_unit_test(test_where_esp_goes_in_udp_all_the_same),
		cmocka_unit_test(test_children_of_transport_mode_are_deleted),
		cmocka_unit_test(test_the_responder_moves),
		cmocka_unit_test(test_both_move_at_once),
		cmocka_unit_test(test_a_dead_path_is_left),
		cmocka_unit_test(test_without_any_path_the_peer_is_dead),
		cmocka_unit_test(test_an_address_that_the_peer_must_not_have),
		cmocka_unit_test(test_a_nat_where_none_may_be),
		cmocka_unit_test(test_a_nat_where_none_may_be_from_the_start),
		cmocka_unit_test(test_addresses_of_all_lengths),
		cmocka_unit_test(test_only_the_leader_updates),
		cmocka_unit_test(test_replayed_updates_move_nothing),
		cmocka_unit_test(test_changed_updates_move_nothing),
		cmocka_unit_test(test_a_wrong_cookie2_ends_the_sa),
		cmocka_unit_test(test_a_missing_cookie2_is_told),
		cmocka_unit_test(test_the_only_pair_is_taken_by_the_update),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
