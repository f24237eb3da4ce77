/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/wr.h"
#include "ike/idtext.h"
#include "ike/sa.h"

#include "../sim/sim.c"

#define N(a) (sizeof(a) / sizeof((a)[0]))

static struct sim *pair(void)
{
	struct sim *s = sim_new(2);

	sim_policy(s, 0, 1);
	sim_policy(s, 1, 0);
	return s;
}

static void ask(struct sim *s)
{
	sim_acquire(s, 0, &s->node[0].pol[0], NULL, "192.0.2.2");
}

/* One warning a side at most, and it says why. */
static void assert_failed(struct sim *s, const char *at0, const char *at1)
{
	if (s->node[0].n_warn != 1 || s->node[1].n_warn != (at1 ? 1 : 0))
		sim_dump(s);
	assert_int_equal(s->node[0].n_warn, 1);
	assert_int_equal(s->node[1].n_warn, at1 ? 1 : 0);
	assert_true(sim_log_has(s, 0, at0));
	assert_true(!at1 || sim_log_has(s, 1, at1));
	assert_int_equal(s->node[0].n_failed, 1);
	assert_int_equal(s->node[0].n_sa, 0);
	assert_int_equal(s->node[1].n_sa, 0);
}

static void assert_nothing_left(struct sim *s)
{
	sim_run(s, 60 * SIM_S);
	assert_int_equal(sim_n_ike(s, 0), 0);
	assert_int_equal(sim_n_ike(s, 1), 0);
}

/* --- both sides' values in one line */

/*
 * HDR, SK {IDi, AUTH, …}   -->
 *                          <--  HDR, SK {N(AUTHENTICATION_FAILED)}
 */
static void test_keys_that_differ(void **state)
{
	(void)state;
	/* Also when the answer is lost: it is kept for the duplicate. */
	for (unsigned lose = 0; lose < 2; lose++) {
		struct sim *s = pair();

		s->node[1].psk[0].key[3] ^= 1;
		s->lose = lose ? 1u << 3 : 0;
		sim_start(s);
		ask(s);
		sim_run(s, 3 * SIM_S);
		assert_failed(s, "AUTHENTICATION_FAILED",
			      "pre-shared keys differ");
		assert_int_equal(sim_n_ike(s, 0), 0);
		assert_false(sim_log_has(s, 1, "secret"));
		assert_nothing_left(s);
		sim_free(s);
	}
}

static void test_no_key_for_an_identity(void **state)
{
	struct sim *s = pair();

	(void)state;
	ike_id_parse("evil.example", &s->node[0].conf.id, NULL);
	ike_id_parse("good.example", &s->node[1].psk[0].peer, NULL);
	sim_start(s);
	ask(s);
	sim_run(s, 3 * SIM_S);
	assert_failed(s, "evil.example", "no pre-shared key for identity");
	assert_nothing_left(s);
	sim_free(s);
}

/*
 * The responder is not who the initiator wants:
 * HDR, SK {N(AUTHENTICATION_FAILED)}  -->   the responder gives up too
 */
static void test_responder_with_another_identity(void **state)
{
	struct sim *s = pair();

	(void)state;
	ike_id_parse("b.example", &s->node[1].conf.id, NULL);
	ike_id_parse("c.example", &s->node[0].psk[0].peer, NULL);
	sim_start(s);
	ask(s);
	sim_run(s, 3 * SIM_S);
	assert_failed(s, "we expect c.example",
		      "peer refuses our identity or key");
	assert_nothing_left(s);
	sim_free(s);
}

static void test_ike_proposals_that_do_not_meet(void **state)
{
	struct sim *s = pair();

	(void)state;
	s->node[0].conf.ike_proposal = "aes128-sha256-modp2048";
	s->node[1].conf.ike_proposal = "aes256gcm16-prfsha384-ecp384";
	sim_start(s);
	ask(s);
	sim_run(s, 3 * SIM_S);
	assert_failed(s, "aes128-sha256-modp2048", "aes128-sha256-modp2048");
	assert_true(sim_log_has(s, 1, "aes256gcm16-prfsha384-ecp384"));
	/* Soon, not after a time-out. */
	assert_int_equal(s->n_pkt, 2);
	assert_nothing_left(s);
	sim_free(s);
}

/* The IKE SA stays, the child fails (RFC 7296 2.21.2). */
static void test_child_proposals_that_do_not_meet(void **state)
{
	struct sim *s = pair();

	(void)state;
	s->node[1].pol[0].prot[0].encr = MISSIU_ENCR_AES_CBC;
	s->node[1].pol[0].prot[0].auth = MISSIU_AUTH_SHA256;
	s->node[1].pol[0].prot[0].icv_len = 0;
	sim_start(s);
	ask(s);
	sim_run(s, 3 * SIM_S);
	assert_failed(s, "CHILD_SA failed [v2 I], status = NO_PROPOSAL_CHOSEN",
		      "CHILD_SA failed [v2 R], status = NO_PROPOSAL_CHOSEN");
	assert_true(sim_log_has(s, 1, "aes128gcm16"));
	assert_true(sim_log_has(s, 1, "sha256"));
	assert_int_equal(sim_established(s, 0), 1);
	assert_int_equal(sim_established(s, 1), 1);
	sim_free(s);
}

static void test_selectors_that_do_not_meet(void **state)
{
	struct sim *s = sim_new(2);

	(void)state;
	sim_tunnel(s, 0, 1, "10.1.0.0", "10.2.0.0", 16);
	sim_tunnel(s, 1, 0, "10.9.0.0", "10.1.0.0", 16);
	sim_start(s);
	sim_acquire(s, 0, &s->node[0].pol[0], "10.1.0.9", "10.2.0.9");
	sim_run(s, 3 * SIM_S);
	assert_failed(s, "TS_UNACCEPTABLE", "TS_UNACCEPTABLE");
	assert_true(sim_log_has(s, 1, "10.2.0.0/16"));
	assert_true(sim_log_has(s, 1, "10.9.0.0/16"));
	assert_int_equal(sim_established(s, 0), 1);
	sim_free(s);
}

static void test_modes_that_do_not_meet(void **state)
{
	struct sim *s = sim_new(2);

	(void)state;
	sim_policy(s, 0, 1);
	sim_tunnel(s, 1, 0, "192.0.2.2", "192.0.2.1", 32);
	sim_start(s);
	ask(s);
	sim_run(s, 3 * SIM_S);
	assert_failed(s, "TS_UNACCEPTABLE", "TS_UNACCEPTABLE");
	sim_free(s);
}

/* An SA for each flow: a peer that offers networks is told what is missing. */
static void test_selectors_of_a_flow_are_required(void **state)
{
	struct sim *s = sim_new(2);

	(void)state;
	sim_tunnel(s, 0, 1, "10.1.0.0", "10.2.0.0", 16);
	sim_tunnel(s, 1, 0, "10.2.0.0", "10.1.0.0", 16);
	s->node[1].pol[0].flags = MISSIU_POL_UNIQUE;
	sim_start(s);
	/* By the command line, without a packet. */
	assert_int_equal(ike_initiate(s->node[0].ike, &s->node[0].addr,
				      &s->node[1].addr, s->now),
			 0);
	sim_drain(s, 0);
	sim_run(s, 3 * SIM_S);
	assert_int_equal(s->node[0].n_sa + s->node[1].n_sa, 0);
	assert_true(sim_log_has(s, 0, "SINGLE_PAIR_REQUIRED"));
	assert_true(sim_log_has(s, 1, "SINGLE_PAIR_REQUIRED"));
	assert_true(sim_log_has(s, 0, "sa unique"));
	assert_true(sim_log_has(s, 1, "sa unique"));
	assert_int_equal(sim_established(s, 0), 1);
	sim_free(s);
}

/* AH covers what a NAT changes: refused by whoever knows of the NAT. */
static void test_ah_through_a_nat(void **state)
{
	(void)state;
	for (int node = 0; node < 2; node++) {
		struct sim *s = sim_new(2);

		s->node[node].addr = sim_addr(node ? "10.0.0.2" : "10.0.0.1");
		s->node[node].nat = true;
		sim_tunnel(s, 0, 1, "10.1.0.0", "10.2.0.0", 16);
		sim_tunnel(s, 1, 0, "10.2.0.0", "10.1.0.0", 16);
		for (int i = 0; i < 2; i++)
			s->node[i].pol[0].prot[0] = (struct missiu_prot){
				.proto = MISSIU_AH,
				.encr = MISSIU_ENCR_NULL,
				.auth = MISSIU_AUTH_SHA256,
			};
		sim_start(s);
		sim_acquire(s, 0, &s->node[0].pol[0], "10.1.0.9", "10.2.0.9");
		sim_run(s, 60 * SIM_S);
		assert_int_equal(s->node[0].n_failed, 1);
		assert_int_equal(s->node[0].n_sa + s->node[1].n_sa, 0);
		assert_true(sim_log_has(s, 0, "cannot pass the NAT"));
		sim_free(s);
	}
}

static void test_a_bundle_is_refused_before_anything_is_sent(void **state)
{
	struct sim *s = pair();

	(void)state;
	s->node[0].pol[0].n_prot = 2;
	s->node[0].pol[0].prot[1].proto = MISSIU_AH;
	s->node[0].pol[0].prot[1].auth = MISSIU_AUTH_SHA256;
	sim_start(s);
	ask(s);
	assert_int_equal(s->node[0].n_failed, 1);
	assert_int_equal(s->node[0].n_warn, 1);
	assert_int_equal(s->n_pkt, 0);
	sim_free(s);
}

/* A later success on the same IKE SA needs no new one. */
static void test_after_a_refused_child_the_next_uses_the_ike_sa(void **state)
{
	struct sim *s = sim_new(2);

	(void)state;
	sim_tunnel(s, 0, 1, "10.1.0.0", "10.2.0.0", 16);
	sim_tunnel(s, 1, 0, "10.9.0.0", "10.1.0.0", 16);
	sim_start(s);
	sim_acquire(s, 0, &s->node[0].pol[0], "10.1.0.9", "10.2.0.9");
	sim_run(s, 1 * SIM_S);
	s->node[1].n_pol = 0;
	sim_tunnel(s, 1, 0, "10.2.0.0", "10.1.0.0", 16);
	sim_reload(s, 1);
	sim_acquire(s, 0, &s->node[0].pol[0], "10.1.0.9", "10.2.0.9");
	sim_run(s, 1 * SIM_S);
	assert_int_equal(s->n_pkt, 6);
	assert_int_equal(sim_children(s, 0), 1);
	sim_agree(s, 0, 1);
	sim_free(s);
}

static void test_selectors_are_narrowed(void **state)
{
	struct sim *s = sim_new(2);
	const struct missiu_sa *sa;

	(void)state;
	sim_tunnel(s, 0, 1, "10.0.0.0", "10.0.0.0", 8);
	sim_tunnel(s, 1, 0, "10.2.0.0", "10.1.0.0", 16);
	sim_start(s);
	sim_acquire(s, 0, &s->node[0].pol[0], "10.1.0.9", "10.2.0.9");
	sim_run(s, 1 * SIM_S);
	assert_int_equal(sim_children(s, 0), 1);
	sim_agree(s, 0, 1);
	sa = sim_find_sa(s, 0, MISSIU_OUT);
	for (size_t i = 0; i < sa->n_ts_dst; i++)
		assert_true(
			ts_covers(&s->node[1].pol[0].local, &sa->ts_dst[i]));
	sim_free(s);
}

/*
 * A responder that grants more than was asked: as if we had asked for less.
 * The child is taken back at the peer, the IKE SA stays.
 */
static void ask_less(struct sim *s, int what)
{
	struct ike_neg *neg = s->node[0].ike->sas->x.neg;

	if (what == 0)
		neg->mode = MISSIU_TUNNEL;
	else if (what == 1)
		neg->local.v[neg->local.n - 1].port_hi = 99;
	else if (what == 2)
		neg->remote.v[neg->remote.n - 1].proto = 6;
	else
		neg->offer.t[neg->offer.p[0].first].id = IKE_ENCR_AES_CBC;
}

static void test_answers_beyond_the_offer_are_not_taken(void **state)
{
	(void)state;
	for (int what = 0; what < 4; what++) {
		struct sim *s = pair();

		sim_start(s);
		ask(s);
		while (s->n_pkt < 4) /* IKE_AUTH is answered, not yet here */
			assert_true(sim_step(s, s->now + SIM_S));
		ask_less(s, what);
		sim_run(s, 3 * SIM_S);
		assert_failed(s, "status = INVALID_ANSWER", NULL);
		assert_int_equal(s->node[1].n_added, 2);
		assert_int_equal(sim_established(s, 0), 1);
		assert_int_equal(sim_established(s, 1), 1);
		sim_free(s);
	}
}

/* --- messages from strangers */

static void assert_alive(struct sim *s)
{
	assert_int_equal(sim_established(s, 0), 1);
	assert_int_equal(sim_established(s, 1), 1);
	assert_int_equal(sim_children(s, 0), 1);
	sim_agree(s, 0, 1);
}

/* Inject variants of packet @i into its receiver before it arrives itself. */
static void spoil(struct sim *s, size_t i, const struct sim_pkt *p, int to)
{
	uint8_t b[2048];

	(void)i;
	assert_true(p->len < sizeof(b));
	for (size_t bit = 0; bit < p->len * 8; bit += 5) {
		memcpy(b, p->b, p->len);
		b[bit / 8] ^= (uint8_t)(1 << bit % 8);
		sim_inject(s, to, &p->src, p->dst.port, b, p->len);
	}
	for (size_t len = 0; len < p->len; len += 3)
		sim_inject(s, to, &p->src, p->dst.port, p->b, len);
	memcpy(b, p->b, p->len);
	b[p->len] = 0;
	sim_inject(s, to, &p->src, p->dst.port, b, p->len + 1);
}

/*
 * While an SA comes up, before each message: the same with one bit flipped,
 * or cut short. IKE_SA_INIT is not protected: there, a flipped bit may spoil
 * the negotiation (RFC 7296 2.21.1), but nothing crashes and nothing stays.
 */
static void test_flipped_and_cut_messages_in_every_state(void **state)
{
	(void)state;
	for (size_t at = 0; at < 4; at++) {
		struct sim *s = pair();

		s->node[1].conf.cookie_threshold = 100000;
		s->node[1].conf.half_open_max = 5000;
		s->node[1].conf.half_open_per_addr = 5000;
		sim_start(s);
		ask(s);
		while (s->n_pkt <= at)
			assert_true(sim_step(s, s->now + SIM_S));
		spoil(s, at, &s->pkt[at], s->pkt[at].from ? 0 : 1);
		sim_run(s, 100 * SIM_S);
		if (at >= 2)
			assert_alive(s);
		sim_run(s, 100 * SIM_S);
		assert_true(sim_n_ike(s, 0) <= 1);
		assert_true(sim_n_ike(s, 1) <= 1);
		sim_free(s);
	}
}

static void test_spoilt_messages_do_not_kill_an_established_sa(void **state)
{
	struct sim *s = pair();
	size_t n;

	(void)state;
	sim_start(s);
	ask(s);
	sim_run(s, 1 * SIM_S);
	/* A liveness exchange and a rekeying, so that all kinds are there. */
	sim_run(s, 301 * SIM_S);
	sim_event(s, 0, MISSIU_EV_SOFT, sim_find_sa(s, 0, MISSIU_OUT));
	sim_run(s, 10 * SIM_S);
	n = s->n_pkt;
	assert_true(n >= 10);
	for (size_t i = 2; i < n; i++)
		spoil(s, i, &s->pkt[i], s->pkt[i].from ? 0 : 1);
	sim_run(s, 20 * SIM_S);
	assert_alive(s);
	assert_true(ike_counters(s->node[1].ike)->rx_bad_icv +
			    ike_counters(s->node[1].ike)->rx_malformed +
			    ike_counters(s->node[1].ike)->rx_old >
		    100);
	sim_free(s);
}

static void test_noise(void **state)
{
	struct sim *s = pair();
	uint64_t rng = 99;
	uint8_t b[300];

	(void)state;
	sim_start(s);
	ask(s);
	sim_run(s, 1 * SIM_S);
	for (int i = 0; i < 2000; i++) {
		uint8_t len[2];

		sim_random(&rng, len, 2);
		sim_random(&rng, b, sizeof(b));
		if (i % 2) { /* with a plausible header */
			memcpy(b, s->pkt[2].b, 24);
			b[24] = b[25] = b[26] = 0;
			b[27] = len[0];
		}
		sim_inject(s, i % 4 / 2, &s->pkt[2].src, 500, b, len[0]);
	}
	assert_alive(s);
	sim_free(s);
}

/* HDR(major 3) --> <-- HDR, N(INVALID_MAJOR_VERSION); IKEv1 gets nothing. */
static void test_other_versions(void **state)
{
	struct sim *s = pair();
	uint8_t b[28] = { 1, [17] = 0x30, [18] = 34, [19] = 8, [27] = 28 };
	const struct ike_end src = { .addr = sim_addr("192.0.2.1"),
				     .port = 500 };

	(void)state;
	sim_start(s);
	sim_inject(s, 1, &src, 500, b, sizeof(b));
	assert_int_equal(s->n_pkt, 1);
	assert_int_equal(s->pkt[0].b[17], 0x20);
	assert_int_equal(s->pkt[0].b[19] & 0x20, 0x20);
	b[17] = 0x10;
	sim_inject(s, 1, &src, 500, b, sizeof(b));
	b[17] = 0x30;
	b[19] = 0x20; /* an answer is never answered */
	sim_inject(s, 1, &src, 500, b, sizeof(b));
	assert_int_equal(s->n_pkt, 1);
	assert_int_equal(ike_counters(s->node[1].ike)->rx_version, 3);
	sim_free(s);
}

static void test_unprotected_errors_do_not_stop_a_negotiation(void **state)
{
	/* HDR, N(INVALID_SYNTAX), forged */
	uint8_t forged[36] = { 0,	    [16] = 41, [17] = 0x20, [18] = 34,
			       [19] = 0x20, [27] = 36, [31] = 8,    [35] = 7 };
	struct sim *s = pair();

	(void)state;
	sim_start(s);
	ask(s);
	memcpy(forged, s->pkt[0].b, 8);
	sim_inject(s, 0,
		   &(struct ike_end){ .addr = s->node[1].addr, .port = 500 },
		   500, forged, sizeof(forged));
	assert_int_equal(ike_counters(s->node[0].ike)->rx_malformed, 0);
	sim_run(s, 1 * SIM_S);
	assert_alive(s);
	sim_free(s);
}

static void test_unprotected_error_is_told_at_the_time_out(void **state)
{
	uint8_t forged[36] = { 0,	    [16] = 41, [17] = 0x20, [18] = 34,
			       [19] = 0x20, [27] = 36, [31] = 8,    [35] = 7 };
	struct sim *s = pair();

	(void)state;
	s->cut = true;
	sim_start(s);
	ask(s);
	memcpy(forged, s->pkt[0].b, 8);
	sim_inject(s, 0,
		   &(struct ike_end){ .addr = s->node[1].addr, .port = 500 },
		   500, forged, sizeof(forged));
	sim_run(s, 30 * SIM_S);
	assert_int_equal(s->node[0].n_warn, 1);
	assert_true(sim_log_has(s, 0, "INVALID_SYNTAX"));
	sim_free(s);
}

/* --- load */

/* 2000 spoofed IKE_SA_INIT: bounded state, then challenges, then silence. */
static void test_flood_of_half_open_sas_is_bounded(void **state)
{
	struct sim *s = pair();
	const struct ike_counters *n;
	uint8_t init[600];
	size_t len, most = 0;

	(void)state;
	sim_start(s);
	s->cut = true;
	ask(s);
	len = s->pkt[0].len;
	assert_true(len < sizeof(init));
	memcpy(init, s->pkt[0].b, len);
	n = ike_counters(s->node[1].ike);
	for (uint32_t i = 0; i < 2000; i++) {
		struct ike_end from = { .addr = sim_addr("198.51.100.0"),
					.port = 500 };

		from.addr.b[2] = (uint8_t)(i >> 8);
		from.addr.b[3] = (uint8_t)i;
		store_be32(init, i + 1);
		sim_inject(s, 1, &from, 500, init, len);
		if (sim_n_ike(s, 1) > most)
			most = sim_n_ike(s, 1);
	}
	assert_int_equal(most, 30);
	assert_int_equal(n->cookies_sent, 1970);
	/* Who is honest gets in all the while. */
	s->cut = false;
	sim_run(s, 2 * SIM_S);
	assert_alive(s);
	assert_int_equal(n->cookies_sent, 1971);
	/* Lines that peers cause are few. */
	sim_run(s, 30 * SIM_S);
	assert_true(s->node[1].n_warn <= 22);
	assert_int_equal(sim_n_ike(s, 1), 1);
	sim_free(s);
}

static void test_flood_without_cookies_stops_at_the_limit(void **state)
{
	struct sim *s = pair();
	uint8_t init[600];
	size_t len;

	(void)state;
	s->node[1].conf.cookie_threshold = 100000;
	s->node[1].conf.half_open_max = 50;
	s->node[1].conf.half_open_per_addr = 100;
	sim_start(s);
	s->cut = true;
	ask(s);
	len = s->pkt[0].len;
	memcpy(init, s->pkt[0].b, len);
	for (uint32_t i = 0; i < 200; i++) {
		store_be32(init, i + 1);
		sim_inject(s, 1, &s->pkt[0].src, 500, init, len);
	}
	assert_int_equal(sim_n_ike(s, 1), 50);
	assert_int_equal(ike_counters(s->node[1].ike)->half_open_refused, 150);
	sim_run(s, 21 * SIM_S);
	assert_int_equal(sim_n_ike(s, 1), 0);
	s->cut = false;
	ask(s);
	sim_run(s, 1 * SIM_S);
	assert_alive(s);
	sim_free(s);
}

static void test_swallowed_lines_are_counted(void **state)
{
	struct sim *s = pair();

	(void)state;
	s->node[1].psk[0].key[3] ^= 1;
	s->node[1].conf.half_open_per_addr = 100;
	sim_start(s);
	for (int i = 0; i < 60; i++) {
		ask(s);
		sim_run(s, 100 * SIM_MS);
	}
	assert_int_equal(s->node[0].n_failed, 60);
	assert_true(s->node[1].n_warn < 30);
	sim_run(s, 60 * SIM_S);
	ask(s);
	sim_run(s, 1 * SIM_S);
	assert_true(sim_log_has(s, 1, "lines about peers were left out"));
	sim_free(s);
}

static void test_conf_that_cannot_work_is_refused(void **state)
{
	struct missiu_diag diag = { "" };
	struct ike_psk psk = { .len = 3, .key = "abc" };
	struct ike_conf conf = { .psk = &psk, .n_psk = 1 };

	(void)state;
	conf.ike_proposal = "aes128-nonsense";
	diag.msg[0] = '\0';
	assert_null(ike_new(&conf, &diag));
	assert_true(diag.msg[0]);
	conf.ike_proposal = NULL;
	psk.len = 0;
	assert_null(ike_new(&conf, &diag));
}

/* --- times of retransmission */

/* Packets of node 0 from the @first on, in ms after the first of them. */
static void assert_sent_at(const struct sim *s, size_t first,
			   const unsigned *want, size_t n)
{
	missiu_usec start = 0;
	size_t found = 0;

	for (size_t i = first; i < s->n_pkt; i++) {
		if (s->pkt[i].from)
			continue;
		if (!found)
			start = s->pkt[i].sent;
		assert_true(found < n);
		assert_int_equal((s->pkt[i].sent - start) / SIM_MS,
				 want[found]);
		found++;
	}
	assert_int_equal(found, n);
}

static void test_a_negotiation_is_tried_some_times_however_short(void **state)
{
	static const unsigned in_20_s[] = { 0, 4000, 11200 };
	static const unsigned in_5_s[] = { 0, 1000, 2800 };

	(void)state;
	for (unsigned n = 5; n <= 20; n += 15) {
		struct sim *s = pair();

		s->node[0].conf.retransmit_ms = 0;
		s->node[0].conf.negotiate_s = n;
		s->cut = true;
		sim_start(s);
		ask(s);
		sim_run(s, n * SIM_S - SIM_MS);
		assert_int_equal(s->node[0].n_failed, 0);
		sim_run(s, 60 * SIM_S);
		assert_int_equal(s->node[0].n_failed, 1);
		assert_sent_at(s, 0, n == 5 ? in_5_s : in_20_s, 3);
		sim_free(s);
	}
}

/* 4 s, each time 1.8 times as long. */
static void test_an_established_peer_has_165_seconds(void **state)
{
	static const unsigned want[] = { 0, 4000, 11200, 24160, 47488, 89478 };
	struct sim *s = pair();
	size_t first;

	(void)state;
	s->node[0].conf.retransmit_ms = 0;
	sim_start(s);
	ask(s);
	sim_run(s, 1 * SIM_S);
	assert_int_equal(sim_established(s, 0), 1);
	s->cut = true;
	first = s->n_pkt;
	sim_run(s, (300 + 164) * SIM_S); /* of idleness, of patience */
	assert_int_equal(sim_established(s, 0), 1);
	sim_run(s, 2 * SIM_S);
	assert_int_equal(sim_n_ike(s, 0), 0);
	assert_sent_at(s, first, want, N(want));
	sim_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keys_that_differ),
		cmocka_unit_test(test_no_key_for_an_identity),
		cmocka_unit_test(test_responder_with_another_identity),
		cmocka_unit_test(test_ike_proposals_that_do_not_meet),
		cmocka_unit_test(test_child_proposals_that_do_not_meet),
		cmocka_unit_test(test_selectors_that_do_not_meet),
		cmocka_unit_test(test_modes_that_do_not_meet),
		cmocka_unit_test(test_selectors_of_a_flow_are_required),
		cmocka_unit_test(test_ah_through_a_nat),
		cmocka_unit_test(
			test_a_bundle_is_refused_before_anything_is_sent),
		cmocka_unit_test(
			test_after_a_refused_child_the_next_uses_the_ike_sa),
		cmocka_unit_test(test_selectors_are_narrowed),
		cmocka_unit_test(test_answers_beyond_the_offer_are_not_taken),
		cmocka_unit_test(test_flipped_and_cut_messages_in_every_state),
		cmocka_unit_test(
			test_spoilt_messages_do_not_kill_an_established_sa),
		cmocka_unit_test(test_noise),
		cmocka_unit_test(test_other_versions),
		cmocka_unit_test(
			test_unprotected_errors_do_not_stop_a_negotiation),
		cmocka_unit_test(
			test_unprotected_error_is_told_at_the_time_out),
		cmocka_unit_test(test_flood_of_half_open_sas_is_bounded),
		cmocka_unit_test(test_flood_without_cookies_stops_at_the_limit),
		cmocka_unit_test(test_swallowed_lines_are_counted),
		cmocka_unit_test(test_conf_that_cannot_work_is_refused),
		cmocka_unit_test(
			test_a_negotiation_is_tried_some_times_however_short),
		cmocka_unit_test(test_an_established_peer_has_165_seconds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
