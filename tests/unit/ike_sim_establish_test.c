/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ike/idtext.h"

#include "../sim/sim.c"

static struct sim *pair(void)
{
	struct sim *s = sim_new(2);

	sim_policy(s, 0, 1);
	sim_policy(s, 1, 0);
	return s;
}

/* Node 0's packet to node 1 asks for an SA. */
static void ask(struct sim *s)
{
	sim_acquire(s, 0, &s->node[0].pol[0], NULL, "192.0.2.2");
}

static void assert_up(struct sim *s)
{
	if (sim_established(s, 0) != 1 || s->node[0].n_sa != 2)
		sim_dump(s);
	assert_int_equal(sim_established(s, 0), 1);
	assert_int_equal(sim_established(s, 1), 1);
	assert_int_equal(sim_children(s, 0), 1);
	assert_int_equal(sim_children(s, 1), 1);
	sim_agree(s, 0, 1);
	assert_int_equal(s->node[0].n_warn, 0);
	assert_int_equal(s->node[1].n_warn, 0);
	assert_int_equal(s->node[0].n_failed, 0);
}

static void test_four_messages_make_an_ike_sa_and_a_child(void **state)
{
	struct sim *s = pair();

	(void)state;
	sim_start(s);
	ask(s);
	sim_run(s, 1 * SIM_S);
	assert_up(s);
	assert_int_equal(s->n_pkt, 4);
	assert_true(sim_log_has(s, 0, "IKE_SA Created [v2 I](id=0x"));
	assert_true(sim_log_has(s, 1, "IKE_SA Created [v2 R](id=0x"));
	assert_true(sim_log_has(s, 0, "CHILD_SA created [v2 I]."));
	assert_true(sim_log_has(s, 1, "CHILD_SA created [v2 R]."));
	sim_free(s);
}

/* --- the matrix of algorithms */

static const char *const groups[] = { "modp2048", "modp3072", "modp4096",
				      "ecp256",	  "ecp384",   "ecp521",
				      "x25519" };
static const char *const ciphers[] = {
	"aes128gcm16-prfsha256",
	"aes256gcm16-prfsha384",
	"aes256-sha256",
	"aes128-sha512-prfsha512",
	"aes128-aescmac-prfaescmac",
	"aes192-aesxcbc-prfaesxcbc",
	"chacha20poly1305-prfsha256",
};
static const struct missiu_prot prots[] = {
	{ MISSIU_ESP, MISSIU_ENCR_AES_GCM, MISSIU_AUTH_NONE, 16, 16 },
	{ MISSIU_ESP, MISSIU_ENCR_AES_GCM, MISSIU_AUTH_NONE, 32, 8 },
	{ MISSIU_ESP, MISSIU_ENCR_AES_CBC, MISSIU_AUTH_SHA256, 32, 0 },
	{ MISSIU_ESP, MISSIU_ENCR_AES_CBC, MISSIU_AUTH_SHA1, 16, 0 },
	{ MISSIU_ESP, MISSIU_ENCR_CHACHA20_POLY1305, MISSIU_AUTH_NONE, 0, 0 },
	{ MISSIU_ESP, MISSIU_ENCR_NULL, MISSIU_AUTH_SHA512, 0, 0 },
	{ MISSIU_ESP, MISSIU_ENCR_AES_GMAC, MISSIU_AUTH_NONE, 24, 16 },
	{ MISSIU_AH, MISSIU_ENCR_NULL, MISSIU_AUTH_SHA256, 0, 0 },
	{ MISSIU_AH, MISSIU_ENCR_NULL, MISSIU_AUTH_AES256_GMAC, 0, 0 },
};

#define N(a) (sizeof(a) / sizeof((a)[0]))

static void establish_with(const char *proposal, const struct missiu_prot *prot)
{
	struct sim *s = pair();

	for (int i = 0; i < 2; i++) {
		s->node[i].conf.ike_proposal = proposal;
		s->node[i].pol[0].prot[0] = *prot;
	}
	sim_start(s);
	ask(s);
	sim_run(s, 1 * SIM_S);
	assert_up(s);
	assert_int_equal(s->n_pkt, 4);
	assert_int_equal(s->node[0].sa[0].sa.encr, prot->encr);
	assert_int_equal(s->node[0].sa[0].sa.auth, prot->auth);
	sim_free(s);
}

/*
 * RFC 8247 and RFC 5282: every cipher in every key length, each with another PRF
 * and integrity; the groups that are slow once.
 */
static void test_every_algorithm_of_an_ike_sa(void **state)
{
	static const char *const prfs[] = { "prfsha256",  "prfsha384",
					    "prfsha512",  "prfsha1",
					    "prfaesxcbc", "prfaescmac" };
	static const char *const integs[] = { "sha256", "sha384",  "sha512",
					      "sha1",	"aesxcbc", "aescmac" };
	static const char *const aeads[] = { "gcm8", "gcm12", "gcm16",
					     "ccm8", "ccm12", "ccm16" };
	static const char *const others[] = { "", "ctr" };
	static const char *const slow[] = { "modp6144", "modp8192", "x448" };
	char text[128];
	size_t n = 0;

	(void)state;
	for (unsigned bits = 128; bits <= 256; bits += 64) {
		for (size_t i = 0; i < N(aeads); i++, n++) {
			snprintf(text, sizeof(text), "aes%u%s-%s-x25519", bits,
				 aeads[i], prfs[n % N(prfs)]);
			establish_with(text, &prots[n % N(prots)]);
		}
		for (size_t i = 0; i < 2 * N(integs); i++, n++) {
			snprintf(text, sizeof(text), "aes%u%s-%s-%s-ecp256",
				 bits, others[i % 2], integs[i / 2],
				 prfs[n % N(prfs)]);
			establish_with(text, &prots[n % N(prots)]);
		}
	}
	for (size_t i = 0; i < N(slow); i++) {
		snprintf(text, sizeof(text), "aes128gcm16-prfsha256-%s",
			 slow[i]);
		establish_with(text, &prots[i]);
	}
}

static void test_every_group_with_every_cipher(void **state)
{
	char text[128];

	(void)state;
	for (size_t g = 0; g < N(groups); g++)
		for (size_t c = 0; c < N(ciphers); c++) {
			snprintf(text, sizeof(text), "%s-%s", ciphers[c],
				 groups[g]);
			establish_with(text, &prots[(g + c) % N(prots)]);
		}
}

static void test_child_protocols(void **state)
{
	(void)state;
	for (size_t i = 0; i < N(prots); i++)
		establish_with("aes128gcm16-prfsha256-x25519", &prots[i]);
}

static void test_tunnel_over_ipv6(void **state)
{
	struct sim *s = sim_new(2);
	const struct missiu_sa *sa;

	(void)state;
	s->node[0].addr = s->node[0].pub = sim_addr("2001:db8::1");
	s->node[1].addr = s->node[1].pub = sim_addr("2001:db8::2");
	sim_tunnel(s, 0, 1, "10.1.0.0", "10.2.0.0", 16);
	sim_tunnel(s, 1, 0, "10.2.0.0", "10.1.0.0", 16);
	sim_start(s);
	sim_acquire(s, 0, &s->node[0].pol[0], "10.1.0.9", "10.2.0.9");
	sim_run(s, 1 * SIM_S);
	assert_up(s);
	sa = sim_find_sa(s, 0, MISSIU_OUT);
	assert_int_equal(sa->mode, MISSIU_TUNNEL);
	assert_int_equal(sa->dst.family, 6);
	assert_true(ts_has(&sa->ts_dst[sa->n_ts_dst - 1],
			   &(struct missiu_addr){ 4, { 10, 2, 7, 7 } }, 6, 80));
	sim_free(s);
}

static void test_esn_is_used_unless_one_side_does_not_want_it(void **state)
{
	static const struct {
		bool no_esn[2];
		uint8_t want;
	} v[] = { { { false, false }, MISSIU_SA_ESN },
		  { { true, false }, 0 },
		  { { false, true }, 0 } };

	(void)state;
	for (size_t i = 0; i < N(v); i++) {
		struct sim *s = pair();

		s->node[0].conf.no_esn = v[i].no_esn[0];
		s->node[1].conf.no_esn = v[i].no_esn[1];
		sim_start(s);
		ask(s);
		sim_run(s, 1 * SIM_S);
		assert_up(s);
		assert_int_equal(s->node[0].sa[0].sa.flags & MISSIU_SA_ESN,
				 v[i].want);
		sim_free(s);
	}
}

static void test_installed_sas_carry_their_context(void **state)
{
	struct sim *s = pair();
	const struct missiu_sa *in, *out;

	(void)state;
	s->node[0].pol[0].life_s = 1000;
	s->node[0].conf.replay_window = 256;
	sim_start(s);
	ask(s);
	sim_run(s, 1 * SIM_S);
	in = sim_find_sa(s, 0, MISSIU_IN);
	out = sim_find_sa(s, 0, MISSIU_OUT);
	assert_int_equal(in->mate_spi, out->spi);
	assert_int_equal(out->mate_spi, in->spi);
	assert_true(in->owner && in->owner == out->owner);
	assert_int_equal(in->policy_id, 1);
	assert_int_equal(in->replay_window, 256);
	assert_int_equal(out->hard_s, 1000);
	/* What is under way when it ends has its SA. */
	assert_int_equal(in->hard_s, 1003);
	assert_in_range(in->soft_s, 800, 900);
	assert_int_equal(in->encap_sport, 0);
	assert_true(in->spi >= 256 && out->spi >= 256);
	/* The side that answered rekeys later. */
	assert_in_range(sim_find_sa(s, 1, MISSIU_OUT)->soft_s, 28800 / 100 * 90,
			28800);
	sim_free(s);
}

/* --- the link misbehaves */

/*
 * (a) HDR, SAi1, KEi, Ni            -->      packet 0
 *                    <--  HDR, SAr1, KEr, Nr        1
 * (b) HDR, SK {IDi, AUTH, …}        -->             2
 *                    <--  HDR, SK {IDr, AUTH, …}    3
 */
static void test_each_message_may_be_lost(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		struct sim *s = pair();

		s->lose = UINT64_C(1) << i;
		sim_start(s);
		ask(s);
		sim_run(s, 3 * SIM_S);
		assert_up(s);
		assert_int_equal(ike_counters(s->node[0].ike)->retransmits, 1);
		/* A lost answer is answered again from the cache. */
		assert_int_equal(ike_counters(s->node[1].ike)->rx_duplicate,
				 i % 2);
		assert_int_equal(s->node[1].n_added, 2);
		sim_free(s);
	}
}

static void test_any_of_the_first_five_packets_may_be_lost(void **state)
{
	(void)state;
	for (unsigned mask = 1; mask < 32; mask++) {
		struct sim *s = pair();

		s->lose = mask;
		sim_start(s);
		ask(s);
		sim_run(s, 20 * SIM_S);
		assert_up(s);
		assert_int_equal(s->node[1].n_added, 2);
		sim_free(s);
	}
}

static void test_duplicates_change_nothing(void **state)
{
	struct sim *s = pair();

	(void)state;
	s->twice = ~UINT64_C(0);
	sim_start(s);
	ask(s);
	sim_run(s, 1 * SIM_S);
	assert_up(s);
	assert_int_equal(sim_n_ike(s, 1), 1);
	assert_int_equal(s->node[0].n_added, 2);
	assert_int_equal(s->node[1].n_added, 2);
	assert_true(ike_counters(s->node[1].ike)->rx_duplicate >= 2);
	sim_free(s);
}

static void test_late_packets_change_nothing(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		struct sim *s = pair();

		s->late = UINT64_C(1) << i;
		sim_start(s);
		ask(s);
		sim_run(s, 5 * SIM_S);
		assert_up(s);
		sim_free(s);
	}
}

static void test_replay_of_everything_changes_nothing(void **state)
{
	struct sim *s = pair();
	size_t n;

	(void)state;
	sim_start(s);
	ask(s);
	sim_run(s, 1 * SIM_S);
	n = s->n_pkt;
	for (size_t i = 0; i < n; i++)
		sim_inject(s, s->pkt[i].from ? 0 : 1, &s->pkt[i].src,
			   s->pkt[i].dst.port, s->pkt[i].b, s->pkt[i].len);
	sim_run(s, 60 * SIM_S);
	/* The first request looks like a new peer's: half-open, then gone. */
	assert_int_equal(s->node[1].n_warn, 1);
	s->node[1].n_warn = 0;
	assert_up(s);
	assert_int_equal(sim_n_ike(s, 1), 1);
	assert_int_equal(s->node[0].n_added, 2);
	assert_int_equal(s->node[1].n_added, 2);
	sim_free(s);
}

static void test_retransmissions_back_off(void **state)
{
	/* 0.5 s, growing by 1.8, until 20 s are over. */
	static const missiu_usec want[] = { 0,	     500000,  1400000,
					    3020000, 5936000, 11184800 };
	struct sim *s = pair();
	missiu_usec start;

	(void)state;
	s->cut = true;
	sim_start(s);
	start = s->now;
	ask(s);
	sim_run(s, 60 * SIM_S);
	assert_int_equal(s->n_pkt, N(want));
	for (size_t i = 0; i < N(want); i++)
		assert_int_equal(s->pkt[i].sent - start, want[i]);
	assert_int_equal(s->node[0].n_warn, 1);
	assert_true(sim_log_has(s, 0, "IKE_SA Failed [v2 I]"));
	assert_true(sim_log_has(s, 0, "TIMEOUT"));
	assert_int_equal(s->node[0].n_failed, 1);
	assert_int_equal(sim_n_ike(s, 0), 0);
	sim_free(s);
}

static void test_after_a_failure_the_next_packet_tries_again(void **state)
{
	struct sim *s = pair();

	(void)state;
	s->cut = true;
	sim_start(s);
	ask(s);
	sim_run(s, 30 * SIM_S);
	s->cut = false;
	s->node[0].n_warn = s->node[0].n_failed = 0;
	ask(s);
	sim_run(s, 1 * SIM_S);
	assert_up(s);
	sim_free(s);
}

/* --- COOKIE and INVALID_KE_PAYLOAD */

/*
 * HDR, SAi1, KEi, Ni                  -->
 *                                     <--  HDR, N(COOKIE)
 * HDR, N(COOKIE), SAi1, KEi, Ni       -->
 *                                     <--  HDR, SAr1, KEr, Nr   …
 */
static void test_cookie_under_load(void **state)
{
	struct sim *s = pair();
	uint8_t init[600];
	size_t len;

	(void)state;
	s->node[1].conf.cookie_threshold = 2;
	sim_start(s);
	ask(s);
	sim_run(s, 1 * SIM_S);
	/* Two that never go on, from elsewhere. */
	len = s->pkt[0].len;
	assert_true(len < sizeof(init));
	memcpy(init, s->pkt[0].b, len);
	for (uint8_t i = 0; i < 2; i++) {
		init[0] = (uint8_t)(i + 1);
		sim_inject(s, 1,
			   &(struct ike_end){ .addr = sim_addr("198.51.100.9"),
					      .port = 500 },
			   500, init, len);
	}
	assert_int_equal(ike_counters(s->node[1].ike)->cookies_sent, 0);
	ike_shutdown(s->node[0].ike, s->now);
	sim_drain(s, 0);
	sim_run(s, 100 * SIM_MS);
	ask(s);
	sim_run(s, 1 * SIM_S);
	assert_int_equal(ike_counters(s->node[1].ike)->cookies_sent, 1);
	assert_up(s);
	sim_free(s);
}

/*
 * HDR, SAi1, KEi(x25519), Ni          -->
 *                                     <--  HDR, N(INVALID_KE_PAYLOAD, 14)
 * HDR, SAi1, KEi(modp2048), Ni        -->  …
 */
static void test_wrong_guess_of_the_group(void **state)
{
	struct sim *s = pair();

	(void)state;
	s->node[0].conf.ike_proposal = "aes128gcm16-prfsha256-x25519-modp2048";
	s->node[1].conf.ike_proposal = "aes128gcm16-prfsha256-modp2048";
	sim_start(s);
	ask(s);
	sim_run(s, 1 * SIM_S);
	assert_up(s);
	assert_int_equal(s->n_pkt, 6);
	sim_free(s);
}

/*
 * HDR, SAi1, KEi(x25519), Ni                   -->
 *                                              <--  HDR, N(COOKIE)
 * HDR, N(COOKIE), SAi1, KEi(x25519), Ni        -->
 *                                   <--  HDR, N(INVALID_KE_PAYLOAD, 19)
 * HDR, N(COOKIE), SAi1, KEi(ecp256), Ni        -->  …
 */
static void test_cookie_and_wrong_group_together(void **state)
{
	struct sim *s = sim_new(3);

	(void)state;
	sim_policy(s, 0, 1);
	sim_policy(s, 1, 0);
	sim_policy(s, 2, 1);
	s->node[0].conf.ike_proposal = "aes128gcm16-prfsha256-x25519-ecp256";
	s->node[1].conf.ike_proposal = "aes128gcm16-prfsha256-ecp256";
	s->node[2].conf.ike_proposal = "aes128gcm16-prfsha256-ecp256";
	s->node[1].conf.cookie_threshold = 1;
	sim_start(s);
	/* One half-open SA of somebody who went away. */
	sim_acquire(s, 2, &s->node[2].pol[0], NULL, "192.0.2.2");
	ike_shutdown(s->node[2].ike, s->now);
	sim_drain(s, 2);
	sim_run(s, 100 * SIM_MS);
	assert_int_equal(sim_n_ike(s, 1), 1);
	assert_int_equal(s->n_pkt, 2);
	ask(s);
	sim_run(s, 1 * SIM_S);
	assert_int_equal(ike_counters(s->node[1].ike)->cookies_sent, 1);
	assert_int_equal(s->n_pkt, 2 + 8);
	assert_up(s);
	sim_free(s);
}

static void test_group_that_was_not_offered_is_not_taken(void **state)
{
	/* HDR, N(INVALID_KE_PAYLOAD, 19), from who knows whom */
	uint8_t forged[28 + 8 + 2] = { 0 };
	struct sim *s = pair();

	(void)state;
	s->node[0].conf.dh_group = s->node[1].conf.dh_group = 31;
	s->cut = true;
	sim_start(s);
	ask(s);
	memcpy(forged, s->pkt[0].b, 8);
	forged[15] = 1; /* SPIr */
	forged[16] = 41;
	forged[17] = 0x20;
	forged[18] = 34;
	forged[19] = 0x20; /* response */
	forged[27] = sizeof(forged);
	forged[31] = 10;
	forged[35] = 17;
	forged[37] = 19;
	s->cut = false;
	sim_inject(s, 0,
		   &(struct ike_end){ .addr = s->node[1].addr, .port = 500 },
		   500, forged, sizeof(forged));
	assert_int_equal(s->n_pkt, 1);
	sim_run(s, 2 * SIM_S);
	assert_up(s);
	sim_free(s);
}

/* --- who starts */

static void test_responder_may_be_the_one_with_traffic_next(void **state)
{
	struct sim *s = pair();

	(void)state;
	sim_start(s);
	sim_acquire(s, 1, &s->node[1].pol[0], NULL, "192.0.2.1");
	sim_run(s, 1 * SIM_S);
	assert_up(s);
	sim_free(s);
}

static void start_both(missiu_usec skew, uint64_t lose)
{
	struct sim *s = pair();

	s->lose = lose;
	sim_start(s);
	ask(s);
	sim_run(s, skew);
	sim_acquire(s, 1, &s->node[1].pol[0], NULL, "192.0.2.1");
	sim_run(s, 20 * SIM_S);
	if (s->node[0].n_warn + s->node[1].n_warn)
		sim_dump(s);
	assert_true(sim_established(s, 0) >= 1);
	assert_int_equal(sim_established(s, 0), sim_established(s, 1));
	assert_true(sim_children(s, 0) >= 1);
	sim_agree(s, 0, 1);
	assert_int_equal(s->node[0].n_failed + s->node[1].n_failed, 0);
	assert_int_equal(s->node[0].n_warn + s->node[1].n_warn, 0);
	sim_free(s);
}

/*
 * In step, with every delay that lets messages cross, and with one of them
 * lost: an INITIAL_CONTACT that comes late must not kill the other SA.
 */
static void test_both_start_at_once(void **state)
{
	(void)state;
	for (missiu_usec skew = 0; skew < 50 * SIM_MS; skew += 5 * SIM_MS) {
		start_both(skew, 0);
		for (unsigned i = 0; i < 8; i++)
			start_both(skew, UINT64_C(1) << i);
	}
}

static void test_acquires_of_one_policy_share_a_child(void **state)
{
	struct sim *s = pair();

	(void)state;
	sim_start(s);
	for (int i = 0; i < 5; i++)
		ask(s);
	sim_run(s, 1 * SIM_S);
	assert_up(s);
	sim_free(s);
}

static void test_acquires_are_bounded_and_all_answered(void **state)
{
	struct sim *s = pair();

	(void)state;
	s->cut = true;
	s->node[0].pol[0].flags = MISSIU_POL_UNIQUE;
	sim_start(s);
	for (int i = 0; i < 200; i++)
		ask(s);
	sim_run(s, 60 * SIM_S);
	assert_int_equal(s->node[0].n_failed, 200);
	assert_int_equal(sim_n_ike(s, 0), 0);
	sim_free(s);
}

static void test_initiate_asks_for_all_policies_of_the_peer(void **state)
{
	struct sim *s = sim_new(2);

	(void)state;
	sim_tunnel(s, 0, 1, "10.1.0.0", "10.2.0.0", 16);
	sim_tunnel(s, 0, 1, "10.3.0.0", "10.4.0.0", 16);
	sim_tunnel(s, 1, 0, "10.2.0.0", "10.1.0.0", 16);
	sim_tunnel(s, 1, 0, "10.4.0.0", "10.3.0.0", 16);
	sim_start(s);
	assert_int_equal(ike_initiate(s->node[0].ike, &s->node[0].addr,
				      &s->node[1].addr, s->now),
			 0);
	/* Again: whoever asks may wait for what comes of the first. */
	assert_int_equal(ike_initiate(s->node[0].ike, &s->node[0].addr,
				      &s->node[1].addr, s->now),
			 0);
	sim_drain(s, 0);
	sim_run(s, 2 * SIM_S);
	assert_int_equal(ike_initiate(s->node[0].ike, &s->node[0].addr,
				      &s->node[1].addr, s->now),
			 MISSIU_EEXIST);
	assert_int_equal(sim_established(s, 0), 1);
	assert_int_equal(sim_children(s, 0), 2);
	sim_agree(s, 0, 1);
	assert_int_equal(
		ike_initiate(s->node[0].ike, &s->node[0].addr,
			     &(struct missiu_addr){ 4, { 1, 2, 3, 4 } },
			     s->now),
		MISSIU_ENOENT);
	sim_free(s);
}

/* --- identities and keys */

static void test_identities_select_keys(void **state)
{
	struct sim *s = pair();
	struct ike_sa_info info;
	uint64_t cursor = 0;

	(void)state;
	assert_int_equal(ike_id_parse("a.example", &s->node[0].conf.id, NULL),
			 0);
	assert_int_equal(ike_id_parse("b.example", &s->node[1].conf.id, NULL),
			 0);
	s->node[0].psk[0].peer = s->node[1].conf.id;
	/* Node 1 has another key for everybody else. */
	s->node[1].psk[1] = s->node[1].psk[0];
	s->node[1].psk[1].peer = s->node[0].conf.id;
	memcpy(s->node[1].psk[0].key, "for nobody here", 15);
	s->node[1].conf.n_psk = 2;
	sim_start(s);
	ask(s);
	sim_run(s, 1 * SIM_S);
	assert_up(s);
	assert_true(ike_sa_next(s->node[0].ike, &cursor, &info));
	assert_true(ike_id_eq(&info.id_remote, &s->node[1].conf.id));
	assert_false(ike_sa_next(s->node[0].ike, &cursor, &info));
	sim_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_four_messages_make_an_ike_sa_and_a_child),
		cmocka_unit_test(test_every_group_with_every_cipher),
		cmocka_unit_test(test_every_algorithm_of_an_ike_sa),
		cmocka_unit_test(test_child_protocols),
		cmocka_unit_test(test_tunnel_over_ipv6),
		cmocka_unit_test(
			test_esn_is_used_unless_one_side_does_not_want_it),
		cmocka_unit_test(test_installed_sas_carry_their_context),
		cmocka_unit_test(test_each_message_may_be_lost),
		cmocka_unit_test(
			test_any_of_the_first_five_packets_may_be_lost),
		cmocka_unit_test(test_duplicates_change_nothing),
		cmocka_unit_test(test_late_packets_change_nothing),
		cmocka_unit_test(test_replay_of_everything_changes_nothing),
		cmocka_unit_test(test_retransmissions_back_off),
		cmocka_unit_test(
			test_after_a_failure_the_next_packet_tries_again),
		cmocka_unit_test(test_cookie_under_load),
		cmocka_unit_test(test_wrong_guess_of_the_group),
		cmocka_unit_test(test_cookie_and_wrong_group_together),
		cmocka_unit_test(test_group_that_was_not_offered_is_not_taken),
		cmocka_unit_test(
			test_responder_may_be_the_one_with_traffic_next),
		cmocka_unit_test(test_both_start_at_once),
		cmocka_unit_test(test_acquires_of_one_policy_share_a_child),
		cmocka_unit_test(test_acquires_are_bounded_and_all_answered),
		cmocka_unit_test(
			test_initiate_asks_for_all_policies_of_the_peer),
		cmocka_unit_test(test_identities_select_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
