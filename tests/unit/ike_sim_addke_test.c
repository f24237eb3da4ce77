/* SPDX-License-Identifier: Apache-2.0 */
/* Additional key exchanges (RFC 9242, RFC 9370) in virtual time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/rd.h"
#include "ike/exchange.h"
#include "ike/intermediate.h"
#include "ike/sa_auth.h"

#include "../sim/sim.c"

#include "../sim/pair.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

#define ONE "aes128gcm16-prfsha256-x25519-ke1_ecp256"
#define TWO "aes128gcm16-prfsha256-x25519-ke1_ecp256-ke2_ecp384"

static struct sim *pair(const char *proposal)
{
	struct sim *s = sim_new(2);

	sim_policy(s, 0, 1);
	sim_policy(s, 1, 0);
	s->node[0].conf.ike_proposal = proposal;
	s->node[1].conf.ike_proposal = proposal;
	return s;
}

static void ask(struct sim *s)
{
	sim_acquire(s, 0, &s->node[0].pol[0], NULL, "192.0.2.2");
}

/* --- IKE_INTERMEDIATE */

/*
 * HDR, SAi1(… ADDKEn …), KEi, Ni, N(INTERMEDIATE_EXCHANGE_SUPPORTED)  -->
 *                        <--  HDR, SAr1, KEr, Nr, N(INTERMEDIATE_…)
 * HDR, SK {KEi(1)}  -->  <--  HDR, SK {KEr(1)}
 * …
 * HDR, SK {IDi, AUTH, …}  -->
 */
static void test_keys_after_any_number_of_exchanges(void **state)
{
	static const struct {
		const char *proposal;
		size_t n;
	} v[] = {
		{ "aes128gcm16-prfsha256-x25519-ke1_none", 0 },
		{ ONE, 1 },
		{ TWO, 2 },
		{ "aes256-sha512-x448-ke3_ecp521-ke7_x25519", 2 },
		{ "aes128-aesxcbc-ecp256-ke1_x25519", 1 },
		{ "chacha20poly1305-prfaescmac-ecp256-ke2_x25519", 1 },
		{ "aes128ctr-sha1-x25519-ke1_ecp256-ke2_ecp384-ke3_ecp521-"
		  "ke4_x448-ke5_modp2048-ke6_modp3072-ke7_modp4096",
		  7 },
	};

	(void)state;
	for (size_t i = 0; i < N(v); i++) {
		struct sim *s = pair(v[i].proposal);

		sim_start(s);
		ask(s);
		sim_run(s, 1 * SIM_S);
		assert_up(s);
		assert_int_equal(sent_of(s, IKE_X_INTERMEDIATE), 2 * v[i].n);
		assert_int_equal(s->n_pkt, 4 + 2 * v[i].n);
		/* The keys in force are not those of IKE_SA_INIT. */
		assert_memory_equal(newest(s, 0)->keys.sk_d,
				    newest(s, 1)->keys.sk_d, IKE_PRF_MAX);
		sim_free(s);
	}
}

/* A request repeated comes under the keys that are gone already. */
static void test_any_packet_may_be_lost(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 8; i++)
		for (unsigned k = i; k < 8; k++) {
			struct sim *s = pair(TWO);

			s->lose = UINT64_C(1) << i | UINT64_C(1) << k;
			sim_start(s);
			ask(s);
			sim_run(s, 5 * SIM_S);
			assert_up(s);
			sim_free(s);
		}
}

static void test_doubled_and_late_packets_change_nothing(void **state)
{
	(void)state;
	for (unsigned i = 0; i <= 8; i++) {
		struct sim *s = pair(TWO);

		s->twice = i ? 0 : ~UINT64_C(0);
		s->late = i ? UINT64_C(1) << (i - 1) : 0;
		sim_start(s);
		ask(s);
		sim_run(s, 6 * SIM_S);
		assert_up(s);
		assert_int_equal(s->node[0].n_warn + s->node[1].n_warn, 0);
		sim_free(s);
	}
}

/* RFC 9242 3.3.2: AUTH signs what was said, not how it was cut. */
static void test_exchanges_in_fragments(void **state)
{
	static const uint32_t sizes[] = { 160, 300, 500 };

	(void)state;
	for (size_t i = 0; i < 2 * N(sizes); i++) {
		struct sim *s = pair("aes128-sha256-x25519-ke1_modp3072-"
				     "ke2_modp4096");

		s->node[0].conf.fragment_size = sizes[i / 2];
		s->node[1].conf.fragment_size = sizes[i / 2];
		if (i % 2)
			s->late = 0x5555;
		sim_start(s);
		ask(s);
		sim_run(s, 8 * SIM_S);
		assert_up(s);
		assert_true(ike_counters(s->node[0].ike)->rx_fragments > 0);
		sim_free(s);
	}
}

static void test_the_mac_does_not_see_lengths_and_cuts(void **state)
{
	uint8_t key[32] = { 1, 2, 3 }, a[IKE_PRF_MAX], b[IKE_PRF_MAX];
	struct inter_msg m = { .plain = { "inner payloads", 14 } }, cut;
	uint8_t want[IKE_PRF_MAX], head[INTER_HEAD];
	const struct chunk v[] = { { head, sizeof(head) }, m.plain };
	const struct chunk w[] = { { want, 32 }, v[0], v[1] };

	(void)state;
	for (size_t i = 0; i < INTER_HEAD; i++)
		m.head[i] = head[i] = (uint8_t)(i + 7);
	cut = m;
	cut.head[16] = IKE_P_SKF; /* next payload */
	cut.head[27] ^= 0x55;	  /* length */
	cut.head[31] ^= 0x55;	  /* payload length */
	assert_int_equal(inter_mac(5, key, true, &m, a), 0);
	assert_int_equal(inter_mac(5, key, true, &cut, b), 0);
	assert_memory_equal(a, b, 32);
	/* By hand: next payload SK, 28 + 4 + 14 bytes, 4 + 14 bytes. */
	head[16] = 46;
	head[24] = head[25] = head[26] = 0;
	head[27] = 46;
	head[30] = 0;
	head[31] = 18;
	assert_int_equal(prf(5, key, 32, v, 2, want), 0);
	assert_memory_equal(a, want, 32);
	/* The next one has it in front, and everything else counts. */
	assert_int_equal(inter_mac(5, key, false, &m, a), 0);
	assert_int_equal(prf(5, key, 32, w, 3, want), 0);
	assert_memory_equal(a, want, 32);
	for (size_t i = 0; i < INTER_HEAD; i++) {
		if (i == 16 || (i >= 24 && i < 28) || i >= 30)
			continue;
		cut = m;
		cut.head[i] ^= 1;
		assert_int_equal(inter_mac(5, key, true, &cut, b), 0);
		assert_int_equal(inter_mac(5, key, true, &m, a), 0);
		assert_memory_not_equal(a, b, 32);
	}
}

static void test_auth_signs_the_macs_and_its_own_number(void **state)
{
	struct ike_inter in = { .n = 3, .mac_i = { 1 }, .mac_r = { 2 } };
	struct ike_sa sa = { .inter = &in, .algs = { .prf = 5 } };
	uint8_t out[INTER_AUTH_MAX], want[68] = { [0] = 1, [32] = 2, [67] = 4 };

	(void)state;
	assert_int_equal(inter_auth(&sa, out), sizeof(want));
	assert_memory_equal(out, want, sizeof(want));
	in.n = 0;
	assert_int_equal(inter_auth(&sa, out), 0);
	sa.inter = NULL;
	assert_int_equal(inter_auth(&sa, out), 0);
}

static void test_what_was_heard_differently_fails_auth(void **state)
{
	(void)state;
	for (int which = 0; which < 2; which++) {
		struct sim *s = pair(ONE);

		sim_start(s);
		ask(s);
		while (s->n_pkt < 4) /* the answer is under way */
			assert_true(sim_step(s, s->now + SIM_S));
		if (which)
			newest(s, 1)->inter->mac_r[0] ^= 1;
		else
			newest(s, 0)->inter->mac_i[0] ^= 1;
		sim_run(s, 3 * SIM_S);
		assert_int_equal(sim_established(s, 0), 0);
		assert_int_equal(sim_established(s, 1), 0);
		assert_true(sim_log_has(s, 1, "AUTHENTICATION_FAILED"));
		sim_free(s);
	}
}

/* --- downgrade */

/* Changes a notify's type in a packet under way; Return: whether it was there. */
static bool hide_notify(struct sim_pkt *p, uint16_t type)
{
	for (size_t at = 28; at + 8 <= p->len; at += load_be16(p->b + at + 2))
		if (load_be16(p->b + at + 6) == type &&
		    load_be16(p->b + at + 2) == 8) {
			p->b[at + 6] = 0xa0; /* private use: ignored */
			return true;
		}
	return false;
}

static const char with_and_without[] =
	"aes128gcm16-prfsha256-x25519-ke1_ecp256,aes128gcm16-prfsha256-x25519";

static void test_removing_the_notify_of_the_request_is_noticed(void **state)
{
	struct sim *s = pair(with_and_without);

	(void)state;
	sim_start(s);
	ask(s);
	assert_true(
		hide_notify(&s->pkt[0], IKE_N_INTERMEDIATE_EXCHANGE_SUPPORTED));
	sim_run(s, 3 * SIM_S);
	assert_int_equal(sent_of(s, IKE_X_INTERMEDIATE), 0);
	assert_int_equal(sent_of(s, IKE_X_AUTH), 2);
	assert_int_equal(sim_established(s, 0) + sim_established(s, 1), 0);
	assert_true(sim_log_has(s, 0, "AUTHENTICATION_FAILED"));
	sim_free(s);
}

static void test_removing_the_notify_of_the_answer_is_noticed(void **state)
{
	struct sim *s = pair(with_and_without);

	(void)state;
	sim_start(s);
	ask(s);
	while (s->n_pkt < 2)
		assert_true(sim_step(s, s->now + SIM_S));
	assert_true(
		hide_notify(&s->pkt[1], IKE_N_INTERMEDIATE_EXCHANGE_SUPPORTED));
	/* It is as good as lost: the right one comes again. */
	sim_run(s, 3 * SIM_S);
	assert_up(s);
	assert_int_equal(sent_of(s, IKE_X_INTERMEDIATE), 2);
	sim_free(s);
}

/* Proposals that need what the peer does not have are not taken. */
static void test_a_peer_without_it_gets_the_other_proposal(void **state)
{
	struct sim *s = pair(with_and_without);

	(void)state;
	s->node[1].conf.ike_proposal = "aes128gcm16-prfsha256-x25519";
	sim_start(s);
	ask(s);
	sim_run(s, 1 * SIM_S);
	assert_up(s);
	assert_int_equal(s->n_pkt, 4);
	sim_free(s);
	s = pair(ONE);
	s->node[1].conf.ike_proposal = "aes128gcm16-prfsha256-x25519";
	sim_start(s);
	ask(s);
	sim_run(s, 4 * SIM_S);
	assert_int_equal(sim_established(s, 0), 0);
	assert_true(sim_log_has(s, 1, "NO_PROPOSAL_CHOSEN"));
	assert_true(sim_log_has(s, 1, "ke1_ecp256"));
	sim_free(s);
}

/* --- who does not keep to it */

static struct sim *in_the_middle(const char *proposal)
{
	struct sim *s = pair(proposal);

	sim_start(s);
	ask(s);
	while (s->n_pkt < 3) /* the first IKE_INTERMEDIATE is under way */
		assert_true(sim_step(s, s->now + SIM_S));
	s->pkt[2].delivered = true; /* and lost */
	xchg_fini(&newest(s, 0)->x);
	newest(s, 0)->mid_out = 1;
	return s;
}

static void test_ike_auth_before_the_last_exchange_is_refused(void **state)
{
	struct sim *s = in_the_middle(TWO);

	(void)state;
	ike_sa_set_state(s->node[0].ike, newest(s, 0), IKE_S_AUTH_SENT);
	auth_send(s->node[0].ike, newest(s, 0));
	sim_drain(s, 0);
	sim_run(s, 3 * SIM_S);
	assert_int_equal(sim_established(s, 1), 0);
	assert_true(sim_log_has(s, 1, "left out IKE_INTERMEDIATE"));
	sim_free(s);
}

static void test_another_method_than_agreed_is_refused(void **state)
{
	struct sim *s = in_the_middle(TWO);

	(void)state;
	newest(s, 0)->inter->ke.method[0] = IKE_DH_ECP384;
	inter_send(s->node[0].ike, newest(s, 0));
	sim_drain(s, 0);
	sim_run(s, 3 * SIM_S);
	assert_int_equal(sim_established(s, 0) + sim_established(s, 1), 0);
	assert_true(sim_log_has(s, 1, "not the method or value agreed upon"));
	assert_true(sim_log_has(s, 0, "peer refuses additional key exchange"));
	sim_free(s);
}

static void test_one_exchange_too_many_is_refused(void **state)
{
	struct sim *s = in_the_middle(ONE);

	(void)state;
	newest(s, 0)->inter->ke.n = 2;
	newest(s, 0)->inter->ke.method[1] = IKE_DH_X448;
	inter_send(s->node[0].ike, newest(s, 0));
	sim_drain(s, 0);
	sim_run(s, 3 * SIM_S);
	assert_int_equal(sim_established(s, 0) + sim_established(s, 1), 0);
	assert_true(sim_log_has(s, 1, "no key exchange is left"));
	sim_free(s);
}

/* What an unauthenticated peer may say is checked: any bit of it. */
static void test_a_flipped_bit_is_never_believed(void **state)
{
	(void)state;
	for (size_t which = 2; which < 4; which++)
		for (size_t bit = 0; bit < 8; bit++) {
			struct sim *s = pair(ONE);

			sim_start(s);
			ask(s);
			while (s->n_pkt <= which)
				assert_true(sim_step(s, s->now + SIM_S));
			s->pkt[which].b[s->pkt[which].len / 2 + bit] ^=
				(uint8_t)(1u << bit);
			sim_run(s, 3 * SIM_S);
			assert_up(s); /* by retransmission */
			sim_free(s);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keys_after_any_number_of_exchanges),
		cmocka_unit_test(test_any_packet_may_be_lost),
		cmocka_unit_test(test_doubled_and_late_packets_change_nothing),
		cmocka_unit_test(test_exchanges_in_fragments),
		cmocka_unit_test(test_the_mac_does_not_see_lengths_and_cuts),
		cmocka_unit_test(test_auth_signs_the_macs_and_its_own_number),
		cmocka_unit_test(test_what_was_heard_differently_fails_auth),
		cmocka_unit_test(
			test_removing_the_notify_of_the_request_is_noticed),
		cmocka_unit_test(
			test_removing_the_notify_of_the_answer_is_noticed),
		cmocka_unit_test(
			test_a_peer_without_it_gets_the_other_proposal),
		cmocka_unit_test(
			test_ike_auth_before_the_last_exchange_is_refused),
		cmocka_unit_test(test_another_method_than_agreed_is_refused),
		cmocka_unit_test(test_one_exchange_too_many_is_refused),
		cmocka_unit_test(test_a_flipped_bit_is_never_believed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
