/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Redirection (RFC 5685). Node 0's policy names the gateway at node 1, which sends
 * it to node 2.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "ike/exchange.h"
#include "ike/redirect.h"
#include "ike/sa.h"

#include "../sim/sim.c"

#include "../sim/pair.h"

#define SIM_PSK "a shared secret"
#define G1	"192.0.2.2"
#define G2	"192.0.2.3"

static struct sim *make(void)
{
	struct sim *s = sim_new(3);

	sim_tunnel(s, 0, 1, "10.1.0.0", "10.2.0.0", 16);
	sim_tunnel(s, 1, 0, "10.2.0.0", "10.1.0.0", 16);
	sim_tunnel(s, 2, 0, "10.2.0.0", "10.1.0.0", 16);
	return s;
}

static uint32_t ask(struct sim *s)
{
	return sim_acquire(s, 0, &s->node[0].pol[0], "10.1.0.9", "10.2.0.9");
}

/* One IKE SA and one child with this gateway, nothing with the other. */
static void assert_with(const struct sim *s, int gateway)
{
	if (sim_n_ike(s, 0) != 1 || sim_children(s, 0) != 1)
		sim_dump(s);
	assert_int_equal(sim_n_ike(s, 0), 1);
	assert_int_equal(sim_children(s, 0), 1);
	assert_int_equal(sim_children(s, gateway), 1);
	assert_int_equal(sim_children(s, 3 - gateway), 0);
	assert_int_equal(sim_n_ike(s, 3 - gateway), 0);
	assert_true(addr_eq(&sa_of(s, 0)->remote.addr, &s->node[gateway].addr));
	assert_true(addr_eq(&sim_find_sa(s, 0, MISSIU_OUT)->dst,
			    &s->node[gateway].addr));
	sim_agree(s, 0, gateway);
}

static void test_sent_on_at_once(void **state)
{
	struct sim *s = make();

	(void)state;
	s->node[1].conf.redirect_to = sim_addr(G2);
	sim_start(s);
	ask(s);
	sim_run(s, 1 * SIM_S);
	assert_with(s, 2);
	assert_int_equal(s->node[0].n_failed, 0);
	assert_int_equal(ike_counters(s->node[1].ike)->redirects_sent, 1);
	assert_int_equal(ike_counters(s->node[0].ike)->redirects_followed, 1);
	/* The policy's peer is known to be there. */
	assert_true(addr_eq(&sa_of(s, 0)->home_remote, &s->node[1].addr));
	sim_run(s, 10 * SIM_S);
	ask(s);
	sim_run(s, 1 * SIM_S);
	assert_int_equal(sim_n_ike(s, 0), 1);
	/* Where it comes from is said. */
	assert_true(addr_eq(&sa_of(s, 0)->redirected_from, &s->node[1].addr));
	sim_free(s);
}

static void test_with_loss(void **state)
{
	(void)state;
	for (uint64_t mask = 1; mask < 32; mask++) {
		struct sim *s = make();

		s->node[1].conf.redirect_to = sim_addr(G2);
		s->lose = mask;
		sim_start(s);
		ask(s);
		sim_run(s, 18 * SIM_S);
		assert_with(s, 2);
		sim_free(s);
	}
}

static void test_not_who_does_not_want_it(void **state)
{
	struct sim *s = make();

	(void)state;
	s->node[0].conf.no_redirect = true;
	s->node[1].conf.redirect_to = sim_addr(G2);
	sim_start(s);
	ask(s);
	sim_run(s, 1 * SIM_S);
	assert_with(s, 1);
	/* Nor later. */
	assert_int_equal(ike_redirect(s->node[1].ike, "192.0.2.1",
				      &s->node[2].addr, s->now),
			 0);
	sim_free(s);
}

static void test_not_to_itself(void **state)
{
	struct sim *s = make();

	(void)state;
	s->node[1].conf.redirect_to = sim_addr(G1);
	sim_start(s);
	ask(s);
	sim_run(s, 1 * SIM_S);
	assert_with(s, 1);
	sim_free(s);
}

static void test_a_loop_ends(void **state)
{
	struct sim *s = make();

	(void)state;
	s->node[1].conf.redirect_to = sim_addr(G2);
	s->node[2].conf.redirect_to = sim_addr(G1);
	sim_start(s);
	for (int i = 1; i < 3; i++) {
		ask(s);
		sim_run(s, 2 * SIM_S);
		assert_int_equal(sim_n_ike(s, 0), 0);
		assert_int_equal(s->node[0].n_failed, i);
		assert_int_equal(
			ike_counters(s->node[0].ike)->redirects_followed,
			REDIRECT_MAX * i);
	}
	assert_true(sim_log_has(s, 0, "too many"));
	sim_free(s);
}

static void test_not_where_the_peer_must_not_be(void **state)
{
	struct sim *s = make();
	struct ike_peer_err err;

	(void)state;
	s->node[1].conf.redirect_to = sim_addr(G2);
	sim_start(s);
	assert_int_equal(sim_peers(s, 0,
				   "peer x { raddr 192.0.2.2 psk "
				   "\"a shared secret\" }",
				   false, &err),
			 0);
	ask(s);
	sim_run(s, 2 * SIM_S);
	assert_int_equal(sim_n_ike(s, 0), 0);
	assert_int_equal(sim_n_ike(s, 2), 0);
	assert_int_equal(s->node[0].n_failed, 1);
	assert_true(sim_log_has(s, 0, "must not be there"));
	sim_free(s);
}

/* --- forged */

/* N(REDIRECT) to G2 in answer to the newest IKE_SA_INIT of node 0. */
static size_t forge(const struct sim *s, const uint8_t *nonce, size_t nonce_len,
		    struct ike_packet *p)
{
	const struct ike_sa *sa = s->node[0].ike->sas;
	const struct missiu_addr to = sim_addr(G2);
	uint8_t data[2 + 4 + IKE_NONCE_MAX] = { 1, 4 };

	memcpy(data + 2, to.b, 4);
	memcpy(data + 6, nonce, nonce_len);
	ike_build_start(&p->b, p->buf, sizeof(p->buf),
			&(struct ike_hdr){ .spi_i = sa->spi_i,
					   .exchange = IKE_X_SA_INIT,
					   .flags = IKE_F_RESPONSE });
	ike_put_notify_data(&p->b, IKE_N_REDIRECT, data, 6 + nonce_len);
	return ike_build_end(&p->b);
}

static void test_without_our_nonce_it_is_ignored(void **state)
{
	struct sim *s = make();
	const struct ike_end g1 = { .addr = sim_addr(G1), .port = 500 };
	uint8_t ni[IKE_NONCE_MAX + 1];
	struct ike_packet p;
	size_t n, len;

	(void)state;
	sim_start(s);
	ask(s);
	n = s->node[0].ike->sas->ni_len;
	memcpy(ni, s->node[0].ike->sas->ni, n);
	for (size_t i = 0; i < n; i++) {
		len = forge(s, ni, i, &p);
		sim_inject(s, 0, &g1, 500, p.buf, len);
	}
	for (size_t bit = 0; bit < 8 * n; bit++) {
		ni[bit / 8] ^= (uint8_t)(1 << bit % 8);
		len = forge(s, ni, n, &p);
		sim_inject(s, 0, &g1, 500, p.buf, len);
		ni[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	len = forge(s, ni, n + 1, &p);
	sim_inject(s, 0, &g1, 500, p.buf, len);
	assert_int_equal(ike_counters(s->node[0].ike)->redirects_followed, 0);
	sim_run(s, 1 * SIM_S);
	assert_with(s, 1);
	sim_free(s);
}

static void test_with_our_nonce_it_is_followed(void **state)
{
	struct sim *s = make();
	const struct ike_end g1 = { .addr = sim_addr(G1), .port = 500 };
	struct ike_packet p;
	size_t len;

	(void)state;
	sim_start(s);
	ask(s);
	len = forge(s, s->node[0].ike->sas->ni, s->node[0].ike->sas->ni_len,
		    &p);
	sim_inject(s, 0, &g1, 500, p.buf, len);
	assert_int_equal(ike_counters(s->node[0].ike)->redirects_followed, 1);
	sim_free(s);
}

static void test_notifies_of_all_lengths_and_kinds(void **state)
{
	const uint8_t v4[] = { 1, 4, 192, 0, 2, 3, 9, 9 };
	const uint8_t v6[] = { 2, 16, 0x20, 1, 0xd, 0xb8, 0, 0, 0,
			       0, 0,  0,    0, 0,   0,	  0, 0, 1 };
	const uint8_t name[] = { 3, 3, 'a', '.', 'b' };
	const struct {
		const uint8_t *p;
		size_t n, min;
		uint8_t family;
	} good[] = { { v4, sizeof(v4), 6, 4 },
		     { v6, sizeof(v6), 18, 6 },
		     { name, sizeof(name), 5, 0 } };
	struct redirect d;

	(void)state;
	for (size_t i = 0; i < 3; i++)
		for (size_t n = 0; n <= good[i].n; n++) {
			uint8_t *b = malloc(n ? n : 1);
			int ret;

			memcpy(b, good[i].p, n);
			ret = redirect_parse((struct chunk){ b, n }, &d);
			assert_int_equal(ret,
					 n < good[i].min ? MISSIU_ESHORT : 0);
			if (!ret) {
				assert_int_equal(d.addr.family, good[i].family);
				assert_int_equal(d.nonce.len, n - good[i].min);
			}
			for (size_t bit = 0; bit < 8 * n; bit++) {
				b[bit / 8] ^= (uint8_t)(1 << bit % 8);
				(void)redirect_parse((struct chunk){ b, n },
						     &d);
				b[bit / 8] ^= (uint8_t)(1 << bit % 8);
			}
			free(b);
		}
	for (unsigned type = 0; type < 256; type++)
		for (uint8_t len = 0; len < 20; len++) {
			uint8_t b[22] = { (uint8_t)type, len };
			const bool ok = (type == 1 && len == 4) ||
					(type == 2 && len == 16) ||
					(type == 3 && len);

			assert_int_equal(
				redirect_parse((struct chunk){ b, 22 }, &d),
				ok ? 0 : MISSIU_EPROTO);
		}
}

/* --- later */

static void up(struct sim *s)
{
	sim_start(s);
	ask(s);
	sim_run(s, 1 * SIM_S);
	assert_with(s, 1);
}

static void test_an_established_one_moves_on(void **state)
{
	struct sim *s = make();
	uint32_t old;

	(void)state;
	up(s);
	old = sim_find_sa(s, 0, MISSIU_OUT)->spi;
	assert_int_equal(ike_redirect(s->node[1].ike, "192.0.2.1",
				      &s->node[2].addr, s->now),
			 1);
	sim_drain(s, 1);
	/* Make before break: there is always something to send with. */
	for (int i = 0; i < 2000; i++) {
		sim_run(s, 5 * SIM_MS);
		assert_non_null(sim_find_sa(s, 0, MISSIU_OUT));
	}
	sim_run(s, 10 * SIM_S);
	assert_int_not_equal(sim_find_sa(s, 0, MISSIU_OUT)->spi, old);
	assert_with(s, 2);
	assert_int_equal(s->node[0].n_warn, 0);
	sim_free(s);
}

/* The other gateway sends it on: it ends up where a third one is. */
static void test_an_established_one_is_sent_on(void **state)
{
	struct sim *s = make();

	(void)state;
	up(s);
	s->node[2].ike->conf.redirect_to = sim_addr(G1);
	assert_int_equal(ike_redirect(s->node[1].ike, "192.0.2.1",
				      &s->node[2].addr, s->now),
			 1);
	sim_drain(s, 1);
	for (int i = 0; i < 2000; i++) {
		sim_run(s, 5 * SIM_MS);
		assert_non_null(sim_find_sa(s, 0, MISSIU_OUT));
	}
	sim_run(s, 60 * SIM_S);
	assert_with(s, 1);
	assert_int_equal(s->node[0].n_failed, 0);
	sim_free(s);
}

/* The other gateway is not there: the old one serves until it has enough. */
static void test_the_other_gateway_is_dead(void **state)
{
	struct sim *s = make();
	const struct missiu_addr nobody = sim_addr("192.0.2.99");

	(void)state;
	up(s);
	assert_int_equal(
		ike_redirect(s->node[1].ike, "192.0.2.1", &nobody, s->now), 1);
	sim_drain(s, 1);
	sim_run(s, 25 * SIM_S);
	assert_int_equal(sim_children(s, 0), 1);
	assert_int_equal(sim_established(s, 1), 1);
	sim_run(s, 10 * SIM_S);
	assert_int_equal(sim_established(s, 1), 0);
	assert_int_equal(sim_children(s, 0), 0);
	sim_free(s);
}

#define SENDS_ON                                                               \
	"peer a { raddr 192.0.2.1 psk \"" SIM_PSK "\" redirect " G2 " }"

static struct sim *sends_on_in_auth(const char *peer)
{
	struct sim *s = make();
	struct ike_peer_err err;

	sim_start(s);
	assert_int_equal(sim_peers(s, 1, peer, false, &err), 0);
	return s;
}

/* SK {IDr, AUTH, N(REDIRECT)}: who it is decides, so it comes in IKE_AUTH. */
static void test_a_gateway_sends_on_whom_it_has_recognized(void **state)
{
	struct sim *s = sends_on_in_auth(SENDS_ON);

	(void)state;
	ask(s);
	sim_run(s, 1 * SIM_S);
	assert_int_equal(sim_children(s, 2), 1);
	sim_run(s, 60 * SIM_S);
	assert_with(s, 2);
	assert_int_equal(s->node[0].n_failed, 0);
	assert_int_equal(s->node[0].n_warn + s->node[1].n_warn, 0);
	assert_int_equal(s->node[1].n_added, 0); /* no child on the way */
	assert_int_equal(ike_counters(s->node[1].ike)->redirects_sent, 1);
	assert_int_equal(ike_counters(s->node[0].ike)->redirects_followed, 1);
	sim_free(s);
}

static void test_sent_on_in_ike_auth_with_loss(void **state)
{
	(void)state;
	for (uint64_t mask = 1; mask < 32; mask++) {
		struct sim *s = sends_on_in_auth(SENDS_ON);

		s->lose = mask;
		ask(s);
		sim_run(s, 60 * SIM_S);
		assert_with(s, 2);
		sim_free(s);
	}
}

/* Without tunnels at first (RFC 6023) it is sent on all the same. */
static void test_who_wants_no_child_is_sent_on_too(void **state)
{
	struct sim *s = sends_on_in_auth(SENDS_ON);
	struct ike_peer_err err;

	(void)state;
	assert_int_equal(sim_peers(s, 0,
				   "peer g { raddr " G1 " raddr " G2
				   " psk \"" SIM_PSK "\" childless prefer }",
				   false, &err),
			 0);
	ask(s);
	sim_run(s, 1 * SIM_S);
	assert_int_equal(sim_children(s, 2), 1);
	sim_run(s, 60 * SIM_S);
	assert_with(s, 2);
	assert_int_equal(ike_counters(s->node[1].ike)->redirects_sent, 1);
	sim_free(s);
}

/* Not announced, or the address is our own: served here. */
static void test_who_cannot_be_sent_on_in_ike_auth_is_served(void **state)
{
	static const char *const to[] = { G2, G1 };

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct ike_peer_err err;
		struct sim *s = make();
		char peer[160];

		s->node[0].conf.no_redirect = i == 0;
		sim_start(s);
		snprintf(peer, sizeof(peer),
			 "peer a { raddr 192.0.2.1 psk \"" SIM_PSK
			 "\" redirect %s }",
			 to[i]);
		assert_int_equal(sim_peers(s, 1, peer, false, &err), 0);
		ask(s);
		sim_run(s, 1 * SIM_S);
		assert_with(s, 1);
		assert_int_equal(ike_counters(s->node[1].ike)->redirects_sent,
				 0);
		sim_free(s);
	}
}

/* It may not go where it is sent, and stay: that is for half a minute. */
static void test_who_stays_is_deleted(void **state)
{
	struct sim *s = sends_on_in_auth(
		"peer a { raddr 192.0.2.1 psk \"" SIM_PSK
		"\" redirect 192.0.2.1 }"); /* nobody goes to itself */

	(void)state;
	ask(s);
	while (!sim_established(s, 1))
		assert_true(sim_step(s, s->now + SIM_S));
	s->cut = true;
	sim_run(s, 25 * SIM_S);
	assert_int_equal(sim_established(s, 1), 1);
	s->cut = false;
	sim_run(s, 15 * SIM_S);
	assert_int_equal(sim_established(s, 1), 0);
	assert_int_equal(sim_children(s, 1), 0);
	sim_free(s);
}

/* SK {IDr, AUTH, N(REDIRECT)}: node 1's answer with a notify put in front. */
static void test_the_answer_to_ike_auth(void **state)
{
	const struct ike_end g1 = { .addr = sim_addr(G1), .port = 4500 };
	const uint8_t data[] = { 1, 4, 192, 0, 2, 3 };
	struct sim *s = make();
	struct ike_packet p;
	struct chunk plain;
	struct ike_msg m;
	struct ike_sa *sa;
	uint8_t copy[4096];
	size_t len;

	(void)state;
	sim_start(s);
	ask(s);
	while (!sim_established(s, 1))
		assert_true(sim_step(s, s->now + SIM_S));
	sa = sa_of(s, 1);
	len = s->pkt[s->n_pkt - 1].len;
	memcpy(copy, s->pkt[s->n_pkt - 1].b, len);
	s->pkt[s->n_pkt - 1].delivered = true; /* this one gets lost */
	assert_int_equal(ike_msg_parse(copy, len, &m), 0);
	assert_int_equal(
		sk_open(&s->node[0].ike->sas->sk_in, copy, &m.sk, &plain), 0);
	reply_begin(sa, &m.hdr, &p);
	ike_put_notify_data(&p.b, IKE_N_REDIRECT, data, sizeof(data));
	p.buf[p.b.next_at] = m.sk.first;
	wr_bytes(&p.b.w, plain.p, plain.len);
	len = sk_seal(&sa->sk_out, &s->node[1].ike->rng, &p.b);
	assert_true(len > 0);
	sim_inject(s, 0, &g1, 4500, p.buf, len);
	sim_run(s, 15 * SIM_S); /* of which node 1 answers ten */
	assert_with(s, 2);
	sim_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sent_on_at_once),
		cmocka_unit_test(test_with_loss),
		cmocka_unit_test(test_not_who_does_not_want_it),
		cmocka_unit_test(test_not_to_itself),
		cmocka_unit_test(test_a_loop_ends),
		cmocka_unit_test(test_not_where_the_peer_must_not_be),
		cmocka_unit_test(test_without_our_nonce_it_is_ignored),
		cmocka_unit_test(test_with_our_nonce_it_is_followed),
		cmocka_unit_test(test_notifies_of_all_lengths_and_kinds),
		cmocka_unit_test(test_an_established_one_moves_on),
		cmocka_unit_test(test_an_established_one_is_sent_on),
		cmocka_unit_test(test_the_other_gateway_is_dead),
		cmocka_unit_test(test_the_answer_to_ike_auth),
		cmocka_unit_test(
			test_a_gateway_sends_on_whom_it_has_recognized),
		cmocka_unit_test(test_sent_on_in_ike_auth_with_loss),
		cmocka_unit_test(test_who_wants_no_child_is_sent_on_too),
		cmocka_unit_test(
			test_who_cannot_be_sent_on_in_ike_auth_is_served),
		cmocka_unit_test(test_who_stays_is_deleted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
