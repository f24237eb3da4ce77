/* SPDX-License-Identifier: Apache-2.0 */
/*
 * IKE over TCP (RFC 9329) as the core decides it, in virtual time: node 0
 * begins; the link stands for UDP and TCP alike and may pass only one of them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ike/encap.h"
#include "ike/mobike.h"
#include "ike/sa.h"
#include "ike/tcp_core.h"

#include "../sim/sim.c"

#include "../sim/pair.h"

static bool only_tcp(const struct sim *s, const struct sim_pkt *p)
{
	(void)s;
	return p->src.via != IKE_VIA_UDP;
}

static bool only_udp(const struct sim *s, const struct sim_pkt *p)
{
	return !only_tcp(s, p);
}

/* By UDP no more than IKE_SA_INIT. */
static bool not_4500(const struct sim *s, const struct sim_pkt *p)
{
	return only_tcp(s, p) || p->dst.port == 500;
}

static struct sim *make(enum missiu_tcp tcp)
{
	struct sim *s = sim_new(2);

	sim_tunnel(s, 0, 1, "10.1.0.0", "10.2.0.0", 16);
	sim_tunnel(s, 1, 0, "10.2.0.0", "10.1.0.0", 16);
	s->node[0].conf.tcp = (uint8_t)tcp;
	s->node[1].conf.tcp = MISSIU_TCP_NEVER;
	for (int i = 0; i < 2; i++) {
		s->node[i].conf.tcp_port = 4500;
		s->node[i].conf.retransmit_ms = 4000;
		s->node[i].conf.dpd_s = 60;
	}
	return s;
}

static void begin(struct sim *s)
{
	sim_start(s);
	sim_acquire(s, 0, &s->node[0].pol[0], "10.1.0.9", "10.2.0.9");
}

static size_t n_via(const struct sim *s, bool tcp)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n_pkt; i++)
		n += !s->pkt[i].src.via != tcp;
	return n;
}

/* Both have one IKE SA and one child SA over TCP. */
static void expect_tcp(struct sim *s)
{
	for (int i = 0; i < 2; i++) {
		const struct missiu_sa *out = sim_find_sa(s, i, MISSIU_OUT);

		assert_int_equal(sa_of(s, i)->encap_why, ENCAP_TCP);
		assert_int_equal(sim_established(s, i), 1);
		assert_int_equal(sim_children(s, i), 1);
		assert_true(out->flags & MISSIU_SA_TCP);
		assert_int_equal(out->encap_dport, 4500);
	}
	assert_int_equal(sa_of(s, 0)->remote.via, IKE_VIA_TCP_OURS);
	assert_int_equal(sa_of(s, 1)->remote.via, IKE_VIA_TCP);
	sim_agree(s, 0, 1);
}

static void test_without_answers_tcp_comes_after_three_requests(void **state)
{
	struct sim *s = make(MISSIU_TCP_FALLBACK);

	(void)state;
	s->passes = only_tcp;
	begin(s);
	sim_run(s, 4 * SIM_S);
	assert_int_equal(n_via(s, false), 3);
	assert_int_equal(n_via(s, true), 0);
	/* 1 s, 1.8 s, 3.2 s: sooner than it would be without a second way. */
	sim_run(s, 3 * SIM_S);
	expect_tcp(s);
	assert_int_equal(n_via(s, false), 3);
	assert_int_equal(n_via(s, true), 4);
	assert_true(sim_log_has(s, 0,
				"no answer on UDP 500 from 192.0.2.2: "
				"trying TCP 4500"));
	sim_free(s);
}

/*
 * UDP 500: HDR, SAi1, KEi, Ni  -->  and its answer
 * UDP 4500: HDR, SK {…}        --> three times
 * TCP: HDR, SAi1, KEi, Ni      -->  another IKE SA
 */
static void test_a_network_without_udp_4500_leads_to_tcp(void **state)
{
	struct sim *s = make(MISSIU_TCP_FALLBACK);

	(void)state;
	s->passes = not_4500;
	begin(s);
	sim_run(s, 8 * SIM_S);
	expect_tcp(s);
	assert_int_equal(n_via(s, false), 2 + 3);
	assert_int_equal(n_via(s, true), 4);
	assert_true(sim_log_has(s, 0,
				"no answer after IKE_SA_INIT on UDP 4500 from "
				"192.0.2.2: trying TCP 4500"));
	assert_int_equal(s->node[0].n_failed, 0);
	/* What the peer has of the first one ends by itself. */
	sim_run(s, 60 * SIM_S);
	assert_int_equal(sim_n_ike(s, 1), 1);
	assert_int_equal(sim_n_ike(s, 0), 1);
	sim_free(s);
}

/* What node 0 wrote first, by UDP or by TCP. */
static const struct sim_pkt *first(const struct sim *s, bool tcp)
{
	const struct sim_pkt *p = s->pkt;

	while (p->from != 0 || !p->src.via == tcp)
		assert_true(++p < s->pkt + s->n_pkt);
	return p;
}

/* Requests arrive by UDP, answers do not: the peer has a half of an SA. */
static bool only_requests(const struct sim *s, const struct sim_pkt *p)
{
	(void)s;
	return p->src.via || p->from == 0;
}

static void test_the_request_by_tcp_is_not_one_sent_again(void **state)
{
	struct sim *s = make(MISSIU_TCP_FALLBACK);

	(void)state;
	s->passes = only_requests;
	begin(s);
	sim_run(s, 8 * SIM_S);
	expect_tcp(s);
	/* Another initiator's SPI, hence another half-open SA there. */
	assert_memory_not_equal(first(s, false)->b, first(s, true)->b, 8);
	assert_int_equal(s->node[0].n_failed, 0);
	sim_run(s, 60 * SIM_S);
	assert_int_equal(sim_n_ike(s, 0), 1);
	assert_int_equal(sim_n_ike(s, 1), 1);
	sim_free(s);
}

static void test_tcp_that_does_not_answer_either_is_the_end(void **state)
{
	struct sim *s = make(MISSIU_TCP_FALLBACK);

	(void)state;
	s->passes = not_4500;
	s->node[1].conf.tcp_port = 0;
	s->lose = ~UINT64_C(0) << 5;
	begin(s);
	sim_run(s, 60 * SIM_S);
	assert_int_equal(sim_n_ike(s, 0), 0);
	assert_int_equal(s->node[0].n_failed, 1);
	assert_true(sim_log_has(s, 0, "no answer over TCP 4500"));
	sim_free(s);
}

/* The IKE SA of both is the one with this SPI, and has one child. */
static void expect_same(struct sim *s, uint64_t spi, bool tcp)
{
	for (int i = 0; i < 2; i++) {
		const struct ike_sa *sa = sa_of(s, i);
		const struct missiu_sa *out = sim_find_sa(s, i, MISSIU_OUT);
		const struct missiu_sa *in = sim_find_sa(s, i, MISSIU_IN);

		if (sa->spi_i != spi || !sa->remote.via == tcp)
			sim_dump(s);
		assert_int_equal(sa->spi_i, spi);
		assert_int_equal(sim_n_ike(s, i), 1);
		assert_int_equal(sim_children(s, i), 1);
		assert_int_equal(sa->remote.via != 0, tcp);
		assert_int_equal((out->flags & MISSIU_SA_TCP) != 0, tcp);
		assert_int_equal((in->flags & MISSIU_SA_TCP) != 0, tcp);
		assert_int_equal(out->encap_dport, tcp ? 4500 : 0);
		assert_false(sa->mob->searching);
	}
	sim_agree(s, 0, 1);
}

/*
 * RFC 9329 8.1: what was asked by UDP is asked over TCP, with the same message
 * ID; then UPDATE_SA_ADDRESSES. From another address UDP is asked first.
 */
static void test_an_sa_that_stands_goes_to_tcp_and_back(void **state)
{
	struct sim *s = make(MISSIU_TCP_FALLBACK);
	uint64_t spi;

	(void)state;
	sim_start(s);
	sim_addrs(s, 0, "192.0.2.1", NULL);
	sim_addrs(s, 1, "192.0.2.2", NULL);
	sim_acquire(s, 0, &s->node[0].pol[0], "10.1.0.9", "10.2.0.9");
	sim_run(s, 1 * SIM_S);
	spi = sa_of(s, 0)->spi_i;
	expect_same(s, spi, false);
	s->passes = only_tcp;
	sim_run(s, 105 * SIM_S);
	expect_same(s, spi, true);
	assert_true(sim_log_has(s, 0, "does not answer: trying TCP"));
	assert_true(sim_log_has(s, 0, "192.0.2.2[4500] over TCP"));
	assert_int_equal(sa_of(s, 0)->encap_why, ENCAP_TCP);
	assert_int_equal(sa_of(s, 1)->encap_why, ENCAP_TCP);
	/* It works, and what replaces it is over TCP, too. */
	assert_int_equal(
		ike_rekey(s->node[1].ike, "192.0.2.1", IKE_REKEY_IKE, s->now),
		1);
	sim_drain(s, 1);
	sim_run(s, 100 * SIM_S);
	spi = sa_of(s, 0)->spi_i;
	expect_same(s, spi, true);
	s->passes = only_udp;
	sim_addrs(s, 0, "198.51.100.7", NULL);
	sim_run(s, 30 * SIM_S);
	expect_same(s, spi, false);
	assert_int_equal(sa_of(s, 0)->encap_why, ENCAP_NO_NAT);
	assert_int_equal(s->node[0].n_warn + s->node[1].n_warn, 0);
	sim_free(s);
}

static void test_where_tcp_is_not_allowed_an_sa_does_not_go_there(void **state)
{
	(void)state;
	for (int port = 0; port <= 4500; port += 4500) {
		struct sim *s =
			make(port ? MISSIU_TCP_NEVER : MISSIU_TCP_FALLBACK);

		s->node[0].conf.tcp_port = (uint16_t)port;
		begin(s);
		sim_run(s, 1 * SIM_S);
		s->passes = only_tcp;
		sim_run(s, 400 * SIM_S);
		assert_int_equal(n_via(s, true), 0);
		assert_int_equal(sim_n_ike(s, 0), 0);
		sim_free(s);
	}
}

static void test_with_answers_it_stays_with_udp(void **state)
{
	struct sim *s = make(MISSIU_TCP_FALLBACK);

	(void)state;
	s->passes = only_udp;
	s->lose = 3; /* two requests */
	begin(s);
	sim_run(s, 6 * SIM_S);
	assert_int_equal(sim_established(s, 0), 1);
	assert_int_equal(n_via(s, true), 0);
	assert_int_equal(sa_of(s, 0)->remote.via, IKE_VIA_UDP);
	assert_false(sim_find_sa(s, 0, MISSIU_OUT)->flags & MISSIU_SA_TCP);
	sim_free(s);
}

static void test_always_begins_over_tcp(void **state)
{
	struct sim *s = make(MISSIU_TCP_ALWAYS);

	(void)state;
	begin(s);
	sim_run(s, 1 * SIM_S);
	expect_tcp(s);
	assert_int_equal(n_via(s, false), 0);
	sim_free(s);
}

static void test_never_means_never(void **state)
{
	struct sim *s = make(MISSIU_TCP_NEVER);

	(void)state;
	s->passes = only_tcp;
	begin(s);
	sim_run(s, 60 * SIM_S);
	assert_int_equal(n_via(s, true), 0);
	assert_int_equal(sim_established(s, 0), 0);
	sim_free(s);
}

static void test_without_a_port_the_mode_means_nothing(void **state)
{
	struct sim *s = make(MISSIU_TCP_FALLBACK);

	(void)state;
	s->node[0].conf.tcp_port = 0;
	s->passes = only_tcp;
	begin(s);
	sim_run(s, 60 * SIM_S);
	assert_int_equal(n_via(s, true), 0);
	sim_free(s);
}

static void test_a_late_answer_by_udp_is_not_taken(void **state)
{
	struct sim *s = make(MISSIU_TCP_FALLBACK);

	(void)state;
	s->delay = 5 * SIM_S; /* the answer comes after TCP was begun */
	s->node[0].conf.negotiate_s = 60;
	s->node[1].conf.negotiate_s = 60;
	begin(s);
	sim_run(s, 50 * SIM_S);
	expect_tcp(s);
	sim_free(s);
}

static void test_a_peer_says_it_for_itself(void **state)
{
	struct sim *s = make(MISSIU_TCP_NEVER);
	struct ike_peer_err err;

	(void)state;
	sim_start(s);
	assert_int_equal(sim_peers(s, 0,
				   "peer b { raddr 192.0.2.2 psk \"a shared "
				   "secret\" tcp always }",
				   false, &err),
			 0);
	sim_acquire(s, 0, &s->node[0].pol[0], "10.1.0.9", "10.2.0.9");
	sim_run(s, 1 * SIM_S);
	expect_tcp(s);
	sim_free(s);
}

static void test_a_peer_with_tcp_needs_the_port(void **state)
{
	struct sim *s = make(MISSIU_TCP_NEVER);
	struct ike_peer_err err;

	(void)state;
	s->node[0].conf.tcp_port = 0;
	sim_start(s);
	assert_int_equal(sim_peers(s, 0,
				   "peer b { raddr 192.0.2.2 psk \"x\" tcp "
				   "fallback }",
				   false, &err),
			 MISSIU_EINVAL);
	assert_int_equal(err.key, MISSIU_PEER_TCP);
	assert_non_null(strstr(err.diag.msg, "--tcp answer"));
	sim_free(s);
}

/* The peer's port differs from now on: as after a NAT lost the connection. */
static void reconnect(struct sim *s, uint16_t port)
{
	struct sim_node *n = &s->node[0];
	const struct ike_end ends[2] = {
		{ .addr = n->addr, .port = 4500, .via = IKE_VIA_TCP_OURS },
		{ .addr = s->node[1].pub,
		  .port = 4500,
		  .via = IKE_VIA_TCP_OURS }
	};

	n->nat = true;
	n->nat_offset = port;
	assert_true(ike_tcp_wanted(n->ike, &ends[0], &ends[1]));
	ike_tcp_again(n->ike, &ends[0], &ends[1], s->now);
	sim_drain(s, 0);
}

static void test_the_newest_connection_is_followed(void **state)
{
	struct sim *s = make(MISSIU_TCP_ALWAYS);
	uint64_t spi;

	(void)state;
	begin(s);
	sim_run(s, 1 * SIM_S);
	spi = sa_of(s, 1)->spi_i;
	reconnect(s, 1000);
	sim_run(s, 1 * SIM_S);
	/* A liveness check told the responder; its packets go there. */
	assert_int_equal(sa_of(s, 1)->spi_i, spi);
	assert_int_equal(sa_of(s, 1)->remote.port, 5500);
	assert_int_equal(sim_find_sa(s, 1, MISSIU_OUT)->encap_dport, 5500);
	assert_int_equal(s->node[1].proven.port, 5500);
	assert_int_equal(sim_find_sa(s, 0, MISSIU_OUT)->encap_dport, 4500);
	assert_int_equal(s->node[0].n_deleted + s->node[1].n_deleted, 0);
	sim_free(s);
}

static void test_what_is_outstanding_goes_over_the_new_one(void **state)
{
	struct sim *s = make(MISSIU_TCP_ALWAYS);
	size_t n;

	(void)state;
	begin(s);
	sim_run(s, 1 * SIM_S);
	s->cut = true;
	assert_int_equal(
		ike_rekey(s->node[0].ike, "192.0.2.2", IKE_REKEY_IKE, s->now),
		1);
	sim_run(s, 1 * SIM_S);
	n = s->n_pkt;
	s->cut = false;
	reconnect(s, 1000);
	sim_run(s, 1 * SIM_S);
	assert_true(s->n_pkt > n);
	assert_int_equal(sim_established(s, 0), 1);
	/* The SA that replaced the old one is over TCP, and so are children. */
	assert_int_equal(sa_of(s, 0)->remote.via, IKE_VIA_TCP_OURS);
	assert_int_equal(sa_of(s, 1)->remote.port, 5500);
	sim_free(s);
}

static void test_a_replayed_message_moves_nothing(void **state)
{
	struct sim *s = make(MISSIU_TCP_ALWAYS);
	const struct ike_end thief = { .addr = s->node[0].pub,
				       .port = 7777,
				       .via = IKE_VIA_TCP };
	const struct ike_end local = { .addr = s->node[1].pub,
				       .port = 4500,
				       .via = IKE_VIA_TCP };
	const size_t first = 2; /* IKE_AUTH of node 0 */

	(void)state;
	begin(s);
	sim_run(s, 1 * SIM_S);
	assert_int_equal(s->pkt[first].from, 0);
	sim_inject_at(s, 1, &thief, &local, s->pkt[first].b, s->pkt[first].len);
	sim_run(s, 1 * SIM_S);
	assert_int_equal(sa_of(s, 1)->remote.port, 4500);
	sim_free(s);
}

static void test_udp_and_tcp_are_not_mixed(void **state)
{
	struct sim *s = make(MISSIU_TCP_NEVER);

	(void)state;
	s->node[0].conf.no_mobike = true;
	/* A peer behind a NAT may be followed, by UDP. */
	s->node[0].nat = true;
	s->node[0].nat_offset = 300;
	s->node[0].pub = sim_addr("198.51.100.1");
	s->node[1].pol[0].tun_remote = s->node[0].pub;
	begin(s);
	sim_run(s, 1 * SIM_S);
	assert_true(sa_of(s, 1)->nat_remote);
	/* As if node 0 sent its next request over TCP. */
	sa_of(s, 0)->remote.via = sa_of(s, 0)->local.via = IKE_VIA_TCP_OURS;
	assert_int_equal(ike_rekey(s->node[0].ike, "192.0.2.2",
				   IKE_REKEY_CHILDREN, s->now),
			 1);
	sim_drain(s, 0);
	sim_run(s, 1 * SIM_S);
	assert_int_equal(sa_of(s, 1)->remote.via, IKE_VIA_UDP);
	sim_free(s);
}

static void test_no_keepalive_over_tcp(void **state)
{
	struct sim *s = make(MISSIU_TCP_ALWAYS);

	(void)state;
	s->node[0].nat = true;
	s->node[0].nat_offset = 300;
	s->node[0].pub = sim_addr("198.51.100.1");
	s->node[1].pol[0].tun_remote = s->node[0].pub;
	begin(s);
	sim_run(s, 50 * SIM_S);
	assert_true(sa_of(s, 0)->nat_local);
	assert_int_equal(s->node[0].n_keepalive, 0);
	sim_free(s);
}

static void test_silence_is_explained(void **state)
{
	struct sim *s = make(MISSIU_TCP_ALWAYS);

	(void)state;
	s->passes = only_udp;
	begin(s);
	sim_run(s, 60 * SIM_S);
	assert_true(sim_log_has(s, 0, "no answer over TCP 4500"));
	assert_true(sim_log_has(s, 0, "ike --tcp"));
	sim_free(s);
}

static void test_connections_of_dead_sas_are_not_wanted(void **state)
{
	struct sim *s = make(MISSIU_TCP_ALWAYS);
	const struct ike_end l = { .addr = s->node[0].addr,
				   .port = 4500,
				   .via = IKE_VIA_TCP_OURS };
	const struct ike_end r = { .addr = s->node[1].pub,
				   .port = 4500,
				   .via = IKE_VIA_TCP_OURS };

	(void)state;
	begin(s);
	sim_run(s, 1 * SIM_S);
	assert_true(ike_tcp_wanted(s->node[0].ike, &l, &r));
	assert_int_equal(ike_down(s->node[0].ike, "192.0.2.2", s->now), 1);
	sim_drain(s, 0);
	sim_run(s, 60 * SIM_S);
	assert_false(ike_tcp_wanted(s->node[0].ike, &l, &r));
	sim_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_without_answers_tcp_comes_after_three_requests),
		cmocka_unit_test(test_a_network_without_udp_4500_leads_to_tcp),
		cmocka_unit_test(test_the_request_by_tcp_is_not_one_sent_again),
		cmocka_unit_test(
			test_tcp_that_does_not_answer_either_is_the_end),
		cmocka_unit_test(test_an_sa_that_stands_goes_to_tcp_and_back),
		cmocka_unit_test(
			test_where_tcp_is_not_allowed_an_sa_does_not_go_there),
		cmocka_unit_test(test_with_answers_it_stays_with_udp),
		cmocka_unit_test(test_always_begins_over_tcp),
		cmocka_unit_test(test_never_means_never),
		cmocka_unit_test(test_without_a_port_the_mode_means_nothing),
		cmocka_unit_test(test_a_late_answer_by_udp_is_not_taken),
		cmocka_unit_test(test_a_peer_says_it_for_itself),
		cmocka_unit_test(test_a_peer_with_tcp_needs_the_port),
		cmocka_unit_test(test_the_newest_connection_is_followed),
		cmocka_unit_test(
			test_what_is_outstanding_goes_over_the_new_one),
		cmocka_unit_test(test_a_replayed_message_moves_nothing),
		cmocka_unit_test(test_udp_and_tcp_are_not_mixed),
		cmocka_unit_test(test_no_keepalive_over_tcp),
		cmocka_unit_test(test_silence_is_explained),
		cmocka_unit_test(test_connections_of_dead_sas_are_not_wanted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
