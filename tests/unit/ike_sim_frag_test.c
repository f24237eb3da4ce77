/* SPDX-License-Identifier: Apache-2.0 */
/* IKE fragmentation (RFC 7383) in virtual time, and the parts of it alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/rd.h"
#include "crypto/crypt.h"
#include "ike/exchange.h"
#include "ike/sa.h"

#include "../sim/sim.c"

#include "../sim/pair.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

/* Both cut to datagrams of @size bytes. */
static struct sim *pair(uint32_t size)
{
	struct sim *s = sim_new(2);

	sim_policy(s, 0, 1);
	sim_policy(s, 1, 0);
	s->node[0].conf.fragment_size = s->node[1].conf.fragment_size = size;
	return s;
}

static void ask(struct sim *s)
{
	sim_acquire(s, 0, &s->node[0].pol[0], NULL, "192.0.2.2");
}

static const struct ike_counters *counted(struct sim *s, int node)
{
	return ike_counters(s->node[node].ike);
}

static bool is_fragment(const struct sim_pkt *p)
{
	return p->len > 28 && p->b[16] == IKE_P_SKF;
}

static size_t fragments(const struct sim *s, int from)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n_pkt; i++)
		n += s->pkt[i].from == from && is_fragment(&s->pkt[i]);
	return n;
}

/*
 * HDR, SAi1, KEi, Ni, N(FRAGMENTATION_SUPPORTED)  -->
 *           <--  HDR, SAr1, KEr, Nr, N(FRAGMENTATION_SUPPORTED)
 * HDR, SKF(1 of 3), HDR, SKF(2 of 3), HDR, SKF(3 of 3)  -->
 *           <--  HDR, SKF(1 of 2), HDR, SKF(2 of 2)
 */
static void test_every_cipher_in_fragments(void **state)
{
	static const char *const suites[] = {
		"aes128gcm16-prfsha256-x25519",	     "aes256-sha256-x25519",
		"chacha20poly1305-prfsha512-x25519", "aes128ctr-sha1-x25519",
		"aes256ccm8-prfsha384-x25519",
	};

	(void)state;
	for (size_t i = 0; i < 2 * N(suites); i++) {
		struct sim *s = pair(i % 2 ? 160 : 200);

		s->node[0].conf.ike_proposal = suites[i / 2];
		s->node[1].conf.ike_proposal = suites[i / 2];
		sim_start(s);
		ask(s);
		sim_run(s, 1 * SIM_S);
		assert_up(s);
		assert_true(fragments(s, 0) >= 2);
		assert_true(fragments(s, 1) >= 2);
		/* IKE_SA_INIT is never cut, all else keeps to the limit. */
		for (size_t k = 2; k < s->n_pkt; k++)
			assert_true(s->pkt[k].len + 32 <=
				    s->node[0].conf.fragment_size);
		assert_int_equal(counted(s, 1)->rx_fragments, fragments(s, 0));
		assert_int_equal(counted(s, 1)->rx_fragments_bad, 0);
		sim_free(s);
	}
}

static void test_short_messages_stay_whole(void **state)
{
	struct sim *s = pair(0);

	(void)state;
	sim_start(s);
	ask(s);
	sim_run(s, 1 * SIM_S);
	assert_up(s);
	assert_int_equal(s->n_pkt, 4);
	assert_int_equal(fragments(s, 0) + fragments(s, 1), 0);
	sim_free(s);
}

static void test_only_when_both_support_it(void **state)
{
	(void)state;
	for (int who = 0; who < 2; who++) {
		struct sim *s = pair(200);

		s->node[who].conf.no_fragments = true;
		sim_start(s);
		ask(s);
		sim_run(s, 1 * SIM_S);
		assert_up(s);
		assert_int_equal(fragments(s, 0) + fragments(s, 1), 0);
		sim_free(s);
	}
}

/* Each set of losses among the first fragments: the rest is sent again. */
static void test_fragments_may_be_lost(void **state)
{
	(void)state;
	for (uint64_t mask = 0; mask < 64; mask++) {
		struct sim *s = pair(200);

		s->lose = mask << 2;
		sim_start(s);
		ask(s);
		sim_run(s, 10 * SIM_S);
		assert_up(s);
		assert_int_equal(s->node[0].n_warn + s->node[1].n_warn, 0);
		sim_free(s);
	}
}

static void test_fragments_may_come_late_and_twice(void **state)
{
	(void)state;
	for (uint64_t mask = 0; mask < 64; mask++) {
		for (int late = 0; late < 2; late++) {
			struct sim *s = pair(200);

			*(late ? &s->late : &s->twice) = mask << 2;
			sim_start(s);
			ask(s);
			sim_run(s, 10 * SIM_S);
			assert_up(s);
			assert_int_equal(s->node[1].n_added, 2);
			sim_free(s);
		}
	}
}

/* A successor of a rekeyed IKE SA goes on in fragments. */
static void test_rekeyed_sas_inherit_it(void **state)
{
	struct sim *s = pair(200);
	size_t before;

	(void)state;
	s->node[0].conf.dpd_s = s->node[1].conf.dpd_s = 100000;
	sim_start(s);
	ask(s);
	sim_run(s, 3500 * SIM_S);
	assert_up(s);
	before = fragments(s, 1);
	sim_event(s, 1, MISSIU_EV_SOFT, sim_find_sa(s, 1, MISSIU_OUT));
	sim_run(s, 2 * SIM_S);
	assert_up(s);
	assert_true(fragments(s, 1) > before);
	sim_free(s);
}

/* --- strangers and hostile peers */

/* OpenIKED 71c2efc: only the first fragment of an old request is answered. */
static void test_repeated_fragments_are_not_amplified(void **state)
{
	struct sim *s = pair(200);
	size_t n, answers;

	(void)state;
	sim_start(s);
	ask(s);
	sim_run(s, 1 * SIM_S);
	answers = fragments(s, 1);
	n = s->n_pkt;
	for (size_t i = 0; i < n; i++)
		if (!s->pkt[i].from && is_fragment(&s->pkt[i]))
			sim_inject(s, 1, &s->pkt[i].src, 500, s->pkt[i].b,
				   s->pkt[i].len);
	assert_int_equal(s->n_pkt - n, answers);
	assert_int_equal(counted(s, 1)->rx_duplicate, 1);
	sim_free(s);
}

/* What fails the ICV is not kept: it cannot keep the genuine one out. */
static void test_spoilt_fragments_are_not_kept(void **state)
{
	struct sim *s = pair(200);
	uint8_t b[256];

	(void)state;
	sim_start(s);
	ask(s);
	while (s->n_pkt < 4)
		assert_true(sim_step(s, s->now + SIM_S));
	for (size_t i = 2; i < s->n_pkt; i++) {
		const struct sim_pkt *p = &s->pkt[i];

		for (size_t bit = 0; bit < p->len * 8; bit++) {
			memcpy(b, p->b, p->len);
			b[bit / 8] ^= (uint8_t)(1 << bit % 8);
			sim_inject(s, 1, &p->src, 500, b, p->len);
		}
		for (size_t len = 0; len < p->len; len++)
			sim_inject(s, 1, &p->src, 500, p->b, len);
	}
	assert_int_equal(counted(s, 1)->rx_fragments, 0);
	sim_run(s, 1 * SIM_S);
	assert_up(s);
	sim_free(s);
}

/* A fragment of node 0, sealed, with any numbers. */
static void evil_fragment(struct sim *s, uint16_t frag, uint16_t total,
			  uint8_t first, size_t len)
{
	struct ike_sa *sa = s->node[0].ike->sas;
	const struct ike_end src = { .addr = s->node[0].pub, .port = 500 };
	const struct ike_sk sk = { .first = first,
				   .frag = frag,
				   .total = total };
	static uint8_t text[8000];
	struct ike_packet p;
	size_t n;

	ike_build_start(&p.b, p.buf, sizeof(p.buf),
			&(struct ike_hdr){ .spi_i = sa->spi_i,
					   .spi_r = sa->spi_r,
					   .exchange = IKE_X_INFORMATIONAL,
					   .flags = IKE_F_INITIATOR,
					   .mid = sa->mid_out });
	ike_build_skf_begin(&p.b, &sk, sk_iv_len(&sa->sk_out));
	wr_bytes(&p.b.w, text, len);
	n = sk_seal(&sa->sk_out, &s->node[0].ike->rng, &p.b);
	assert_true(n > 0);
	sim_inject(s, 1, &src, 500, p.buf, n);
}

static struct sim *up(void)
{
	struct sim *s = pair(200);

	sim_start(s);
	ask(s);
	sim_run(s, 1 * SIM_S);
	assert_up(s);
	return s;
}

/*
 * CVE-2016-1287, -2022-34721, -2016-10396: numbers and lengths of fragments;
 * what is kept is bounded, and a list is never searched.
 */
static void test_numbers_and_sizes_are_bounded(void **state)
{
	struct sim *s = up();
	const struct ike_counters *n = counted(s, 1);
	const uint64_t kept = n->rx_fragments;

	(void)state;
	evil_fragment(s, 0, 2, 0, 10);
	evil_fragment(s, 3, 2, 0, 10);
	evil_fragment(s, 2, 2, 41, 10); /* only the first names a payload */
	evil_fragment(s, 1, FRAG_MAX + 1, 0, 10);
	evil_fragment(s, 1, 65535, 0, 10);
	assert_int_equal(n->rx_fragments, kept);
	for (uint16_t i = 1; i < FRAG_MAX; i++) {
		evil_fragment(s, i, FRAG_MAX, 0, 8000);
		evil_fragment(s, i, FRAG_MAX, 0, 8000);
	}
	assert_true(s->node[1].ike->sas->frag_req->len <= FRAG_BYTES_MAX);
	assert_int_equal(s->node[1].ike->sas->frag_req->n, 8);
	assert_up(s);
	/* Freed with the SA: LeakSanitizer knows. */
	sim_free(s);
}

/* A finer cut begins anew, a coarser one is too late (RFC 7383 2.6). */
static void test_a_finer_cut_replaces_a_coarser_one(void **state)
{
	struct sim *s = up();
	const struct ike_counters *n = counted(s, 1);
	size_t sent = s->n_pkt;
	const struct ike_frag *f;

	(void)state;
	evil_fragment(s, 1, 2, 0, 0);
	evil_fragment(s, 1, 3, 0, 0);
	f = s->node[1].ike->sas->frag_req;
	assert_int_equal(f->total, 3);
	assert_int_equal(f->n, 1);
	evil_fragment(s, 2, 2, 0, 0);
	assert_int_equal(n->rx_fragments_bad, 1);
	evil_fragment(s, 3, 3, 0, 0);
	evil_fragment(s, 3, 3, 0, 0);
	assert_int_equal(n->rx_fragments_bad, 2);
	assert_int_equal(s->n_pkt, sent);
	evil_fragment(s, 2, 3, 0, 0); /* an empty INFORMATIONAL, complete */
	assert_int_equal(s->n_pkt, sent + 1);
	assert_null(s->node[1].ike->sas->frag_req);
	sim_free(s);
}

/* The peer gave up cutting: the whole message counts. */
static void test_a_whole_message_replaces_its_fragments(void **state)
{
	struct sim *s = up();
	struct ike_sa *sa = s->node[0].ike->sas;
	const struct ike_end src = { .addr = s->node[0].pub, .port = 500 };
	const size_t sent = s->n_pkt;
	struct ike_packet p;
	size_t n;

	(void)state;
	evil_fragment(s, 1, 2, 0, 100);
	request_begin(sa, IKE_X_INFORMATIONAL, &p);
	n = sk_seal(&sa->sk_out, &s->node[0].ike->rng, &p.b);
	sim_inject(s, 1, &src, 500, p.buf, n);
	assert_int_equal(s->n_pkt, sent + 1);
	assert_null(s->node[1].ike->sas->frag_req);
	evil_fragment(s, 2, 2, 0, 100); /* of an old request by now */
	assert_int_equal(s->n_pkt, sent + 1);
	assert_up(s);
	sim_free(s);
}

/* CVE-2026-12413's class: joined, it is parsed as strictly as any message. */
static void test_joined_garbage_is_malformed(void **state)
{
	struct sim *s = up();

	(void)state;
	evil_fragment(s, 1, 2, IKE_P_NOTIFY, 700);
	evil_fragment(s, 2, 2, 0, 700);
	assert_int_equal(sim_established(s, 1), 0);
	assert_true(sim_log_has(s, 1, "INVALID_SYNTAX"));
	sim_free(s);
	s = up();
	evil_fragment(s, 1, 1, 200, 4000); /* one unknown payload of length 0 */
	assert_int_equal(sim_established(s, 1), 0);
	sim_free(s);
}

/* Without the notify in IKE_SA_INIT a fragment is nothing we know. */
static void test_fragments_that_were_not_agreed_on_are_dropped(void **state)
{
	struct sim *s = pair(200);
	const struct ike_counters *n;

	(void)state;
	s->node[1].conf.no_fragments = true;
	sim_start(s);
	ask(s);
	sim_run(s, 1 * SIM_S);
	n = counted(s, 1);
	evil_fragment(s, 1, 1, 0, 0);
	assert_int_equal(n->rx_malformed, 1);
	assert_up(s);
	sim_free(s);
}

/* --- cutting alone */

static void test_cuts_at_every_size(void **state)
{
	static const struct rng rng = { crypt_random, NULL };
	struct ike_keys keys = { .sk_d = { 1 } };
	struct key_algs algs = { .prf = 5, .integ = IKE_INTEG_SHA256_128 };
	struct sk_key out, in;

	(void)state;
	assert_true(ike_cipher_get(IKE_ENCR_AES_CBC, 128, &algs.cipher));
	sk_init(&out, &algs, &keys, true);
	sk_init(&in, &algs, &keys, true);
	for (size_t size = 1; size < 400; size++) {
		struct frag_seal f = { &out, &rng, 150 };
		struct ike_frag *got = NULL;
		uint8_t *train = NULL, *text;
		uint8_t body[400];
		size_t len = 0, n = 0;
		struct ike_packet p;

		for (size_t i = 0; i < size; i++)
			body[i] = (uint8_t)i;
		ike_build_start(&p.b, p.buf, sizeof(p.buf),
				&(struct ike_hdr){ .spi_i = 1, .mid = 9 });
		ike_build_sk_begin(&p.b, sk_iv_len(&out));
		ike_put_raw(&p.b, IKE_P_VENDOR, body, size);
		assert_int_equal(frag_seal(&f, &p.b, &train, &len), 0);
		for (size_t at = 0; at < len;) {
			const size_t one = load_be32(train + at + 24);
			struct chunk plain;
			struct ike_msg m;

			assert_true(one <= 150 && one <= len - at);
			assert_int_equal(ike_msg_parse(train + at, one, &m), 0);
			assert_int_equal(
				sk_open(&in, train + at, &m.sk, &plain), 0);
			if (one == len && !m.sk.frag) {
				assert_int_equal(plain.len, size + 4);
				break;
			}
			assert_true(frag_wanted(got, &m));
			n = plain.len;
			at += one;
			assert_int_equal(frag_add(&got, &m, plain), at == len);
			assert_false(frag_wanted(got, &m));
		}
		if (got) {
			assert_true(n > 0);
			assert_int_equal(got->first, IKE_P_VENDOR);
			assert_int_equal(got->len, size + 4);
			assert_int_equal(frag_join(got, &text), 0);
			assert_memory_equal(text + 4, body, size);
			free(text);
		}
		frag_free(got);
		free(train);
	}
}

static void test_what_cannot_be_cut_is_not_sent(void **state)
{
	static const struct rng rng = { crypt_random, NULL };
	struct ike_keys keys = { .sk_d = { 1 } };
	struct key_algs algs = { .prf = 5 };
	struct sk_key out;
	uint8_t *train = NULL, body[7000] = { 0 };
	size_t len = 0;

	(void)state;
	assert_true(ike_cipher_get(IKE_ENCR_AES_GCM_16, 128, &algs.cipher));
	sk_init(&out, &algs, &keys, true);
	for (size_t limit = 1; limit < 130; limit++) {
		struct frag_seal f = { &out, &rng, limit };
		struct ike_packet p;

		ike_build_start(&p.b, p.buf, sizeof(p.buf),
				&(struct ike_hdr){ .spi_i = 1 });
		ike_build_sk_begin(&p.b, sk_iv_len(&out));
		ike_put_raw(&p.b, IKE_P_VENDOR, body, sizeof(body));
		assert_int_equal(frag_seal(&f, &p.b, &train, &len),
				 MISSIU_EFULL);
		assert_null(train);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_cipher_in_fragments),
		cmocka_unit_test(test_short_messages_stay_whole),
		cmocka_unit_test(test_only_when_both_support_it),
		cmocka_unit_test(test_fragments_may_be_lost),
		cmocka_unit_test(test_fragments_may_come_late_and_twice),
		cmocka_unit_test(test_rekeyed_sas_inherit_it),
		cmocka_unit_test(test_repeated_fragments_are_not_amplified),
		cmocka_unit_test(test_spoilt_fragments_are_not_kept),
		cmocka_unit_test(test_numbers_and_sizes_are_bounded),
		cmocka_unit_test(test_a_finer_cut_replaces_a_coarser_one),
		cmocka_unit_test(test_a_whole_message_replaces_its_fragments),
		cmocka_unit_test(test_joined_garbage_is_malformed),
		cmocka_unit_test(
			test_fragments_that_were_not_agreed_on_are_dropped),
		cmocka_unit_test(test_cuts_at_every_size),
		cmocka_unit_test(test_what_cannot_be_cut_is_not_sent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
