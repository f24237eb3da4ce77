/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../vec/esp_vec.h"
#include "../vec/hex.h"
#include "common/rd.h"
#include "common/wr.h"
#include "crypto/backend.h"

/* What this build answers when asked for DES, Blowfish or MD5. */
#define LACKING (MISSIU_LEGACY ? 0 : MISSIU_EUNSUP)

#define ROOM	 512
#define N_COPIES 17
#define N_VECS	 (sizeof(esp_vecs) / sizeof(esp_vecs[0]))

/* One published packet in bytes. */
struct sample {
	uint8_t key[MISSIU_KEY_MAX], auth_key[MISSIU_KEY_MAX];
	uint8_t iv[16], text[ROOM], pkt[ROOM];
	size_t text_len, pkt_len; /* pkt: without ICV where there is none */
	uint64_t seq;
	struct crypt_spec spec;
};

static void load(const struct esp_vec *v, struct sample *s)
{
	uint8_t aad[12];
	size_t aad_len = unhex(v->aad, aad, sizeof(aad)), n;

	memset(s, 0, sizeof(*s));
	s->spec.encr = v->encr;
	s->spec.auth = v->auth;
	s->spec.icv_len = v->icv_len;
	s->spec.esn = aad_len == 12;
	s->spec.encr_key = s->key;
	s->spec.encr_key_len = unhex(v->key, s->key, sizeof(s->key));
	s->spec.auth_key = s->auth_key;
	s->spec.auth_key_len =
		unhex(v->auth_key, s->auth_key, sizeof(s->auth_key));
	s->text_len = unhex(v->text, s->text, sizeof(s->text));
	s->seq = s->spec.esn ? load_be64(aad + 4) : load_be32(aad + 4);
	memcpy(s->pkt, aad, 4);
	memcpy(s->pkt + 4, aad + aad_len - 4, 4);
	n = 8 + unhex(v->iv, s->iv, sizeof(s->iv));
	memcpy(s->pkt + 8, s->iv, n - 8);
	n += unhex(v->cipher, s->pkt + n, ROOM - n);
	n += unhex(v->icv, s->pkt + n, ROOM - n);
	s->pkt_len = n;
}

static struct crypt_key *key_of(const struct crypt_spec *spec)
{
	struct missiu_diag diag = { "" };
	struct crypt_key *k = NULL;

	if (crypt_key_new(spec, &k, &diag))
		fail_msg("%s", diag.msg);
	return k;
}

static void check_vector(const struct esp_vec *v, bool in_place)
{
	uint8_t pkt[ROOM];
	struct sample s;
	struct crypt_key *k;
	struct crypt_job j;
	size_t head;

	load(v, &s);
	k = key_of(&s.spec);
	head = 8u + crypt_key_sizes(k).iv_len;
	memset(pkt, 0xee, sizeof(pkt));
	memcpy(pkt, s.pkt, 8);
	if (in_place)
		memcpy(pkt + head, s.text, s.text_len);
	j = (struct crypt_job){ .esp = pkt,
				.text_len = s.text_len,
				.src = in_place ? NULL : s.text,
				.seq = s.seq,
				.result = -1 };
	crypt_seal_iv(k, &j, s.iv);
	assert_int_equal(j.result, 0);
	if (memcmp(pkt, s.pkt, s.pkt_len))
		fail_msg("%s: wrong packet (%s)", v->source, crypt_backend());
	j.result = -1;
	crypt_open(k, &j, 1);
	assert_int_equal(j.result, 0);
	assert_memory_equal(pkt + head, s.text, s.text_len);
	crypt_key_free(k);
}

/* The same through a back end's lanes, which crypt_seal_iv() may go round. */
static void check_copies(const struct esp_vec *v)
{
	static uint8_t pkt[N_COPIES][ROOM];
	struct crypt_job j[N_COPIES], *ptr[N_COPIES];
	struct crypt_key *k;
	struct sample s;
	size_t head;

	load(v, &s);
	k = key_of(&s.spec);
	head = 8u + crypt_key_sizes(k).iv_len;
	for (size_t i = 0; i < N_COPIES; i++) {
		memcpy(pkt[i], s.pkt, head);
		j[i] = (struct crypt_job){ .esp = pkt[i],
					   .text_len = s.text_len,
					   .src = s.text,
					   .seq = s.seq,
					   .result = -1 };
		ptr[i] = &j[i];
	}
	k->backend->seal(k->key, ptr, N_COPIES);
	for (size_t i = 0; i < N_COPIES; i++) {
		assert_int_equal(j[i].result, 0);
		if (memcmp(pkt[i], s.pkt, s.pkt_len))
			fail_msg("%s: wrong copy", v->source);
	}
	k->backend->open(k->key, ptr, N_COPIES);
	for (size_t i = 0; i < N_COPIES; i++) {
		assert_int_equal(j[i].result, 0);
		assert_memory_equal(pkt[i] + head, s.text, s.text_len);
	}
	crypt_key_free(k);
}

static void on_both(void (*fn)(void))
{
	crypt_force_openssl(false);
	fn();
	crypt_force_openssl(true);
	fn();
	crypt_force_openssl(false);
}

static void all_vectors(void)
{
	for (size_t i = 0; i < N_VECS; i++) {
		check_vector(&esp_vecs[i], true);
		check_vector(&esp_vecs[i], false);
		check_copies(&esp_vecs[i]);
	}
}

static void test_published_packets_byte_for_byte(void **state)
{
	(void)state;
	on_both(all_vectors);
}

static void all_bit_flips(void)
{
	struct crypt_key *k;
	struct crypt_job j;
	uint8_t pkt[ROOM];
	struct sample s;

	for (size_t i = 0; i < N_VECS; i++) {
		if (!*esp_vecs[i].icv)
			continue;
		load(&esp_vecs[i], &s);
		k = key_of(&s.spec);
		for (size_t bit = 0; bit < 8 * s.pkt_len; bit++) {
			memcpy(pkt, s.pkt, s.pkt_len);
			pkt[bit / 8] ^= (uint8_t)(1 << bit % 8);
			j = (struct crypt_job){ .esp = pkt,
						.text_len = s.text_len,
						.seq = s.seq };
			crypt_open(k, &j, 1);
			assert_int_equal(j.result, MISSIU_EAUTH);
		}
		crypt_key_free(k);
	}
}

static void test_every_bit_is_authenticated(void **state)
{
	(void)state;
	on_both(all_bit_flips);
}

/* A suite for tests that are not about its bytes. */
static struct crypt_spec spec_of(uint8_t encr, uint8_t auth, bool esn)
{
	static const uint8_t key[MISSIU_KEY_MAX] = { 1, 2, 3, 250, 251 };
	const struct encr_alg *e = encr_alg(encr);

	return (struct crypt_spec){
		.encr = encr,
		.auth = auth,
		.icv_len = e->aead ? 16 : 0,
		.esn = esn,
		.encr_key = key,
		.encr_key_len = (size_t)e->key_max + e->salt_len,
		.auth_key = key,
		.auth_key_len = auth_alg(auth)->key_len,
	};
}

static const struct {
	uint8_t encr, auth;
} suites[] = {
	{ MISSIU_ENCR_AES_GCM, MISSIU_AUTH_NONE },
	{ MISSIU_ENCR_AES_GMAC, MISSIU_AUTH_NONE },
	{ MISSIU_ENCR_AES_CCM, MISSIU_AUTH_NONE },
	{ MISSIU_ENCR_CHACHA20_POLY1305, MISSIU_AUTH_NONE },
	{ MISSIU_ENCR_AES_CBC, MISSIU_AUTH_SHA1 },
	{ MISSIU_ENCR_AES_CTR, MISSIU_AUTH_SHA256 },
	{ MISSIU_ENCR_3DES, MISSIU_AUTH_SHA384 },
	{ MISSIU_ENCR_NULL, MISSIU_AUTH_SHA512 },
	{ MISSIU_ENCR_NULL, MISSIU_AUTH_AES_XCBC },
	{ MISSIU_ENCR_AES_CBC, MISSIU_AUTH_AES_CMAC },
	{ MISSIU_ENCR_AES_CBC, MISSIU_AUTH_BLAKE2B },
	{ MISSIU_ENCR_NULL, MISSIU_AUTH_BLAKE2S },
#if MISSIU_LEGACY
	{ MISSIU_ENCR_DES, MISSIU_AUTH_MD5 },
	{ MISSIU_ENCR_BLOWFISH, MISSIU_AUTH_MD5 },
#endif
};

#define N_SUITES (sizeof(suites) / sizeof(suites[0]))

/* The receiver's guess of the high half is what ESN authenticates. */
static void esn_high_half(void)
{
	for (size_t i = 0; i < N_SUITES; i++) {
		for (int esn = 0; esn < 2; esn++) {
			struct crypt_spec spec =
				spec_of(suites[i].encr, suites[i].auth, esn);
			struct crypt_key *k = key_of(&spec);
			uint8_t pkt[ROOM] = { 0, 0, 1, 0, 0, 0, 0, 9 };
			struct crypt_job j = { .esp = pkt,
					       .text_len = 48,
					       .seq = (1ULL << 32) + 9 };
			uint8_t sent[ROOM];

			crypt_seal(k, &j, 1);
			assert_int_equal(j.result, 0);
			memcpy(sent, pkt, ROOM);
			j.seq = 9;
			crypt_open(k, &j, 1);
			assert_int_equal(j.result, esn ? MISSIU_EAUTH : 0);
			memcpy(pkt, sent, ROOM);
			j.seq = (1ULL << 32) + 9;
			crypt_open(k, &j, 1);
			assert_int_equal(j.result, 0);
			crypt_key_free(k);
		}
	}
}

static void test_esn_authenticates_the_high_half(void **state)
{
	(void)state;
	on_both(esn_high_half);
}

static void ivs_of_counter_modes(void)
{
	for (size_t i = 0; i < N_SUITES; i++) {
		struct crypt_spec spec =
			spec_of(suites[i].encr, suites[i].auth, false);
		struct crypt_key *k = key_of(&spec);
		uint8_t pkt[ROOM] = { 0 };
		struct crypt_job j = { .esp = pkt,
				       .text_len = 16,
				       .seq = 0x0102030405060708 };

		crypt_seal(k, &j, 1);
		assert_int_equal(j.result, 0);
		if (encr_alg(suites[i].encr)->iv_len == 8 &&
		    encr_alg(suites[i].encr)->block == 1)
			assert_true(load_be64(pkt + 8) == j.seq);
		else
			assert_true(load_be64(pkt + 8) != j.seq);
		crypt_key_free(k);
	}
}

static void test_counter_modes_use_the_sequence_number_as_iv(void **state)
{
	(void)state;
	on_both(ivs_of_counter_modes);
}

#define N_IVS 1000

static void make_ivs(const struct crypt_spec *spec, uint8_t iv[N_IVS][16])
{
	struct crypt_key *k = key_of(spec);
	uint8_t pkt[64][48];
	struct crypt_job j[64];

	for (size_t i = 0; i < N_IVS; i += 64) {
		size_t n = N_IVS - i < 64 ? N_IVS - i : 64;

		for (size_t m = 0; m < n; m++)
			j[m] = (struct crypt_job){ .esp = pkt[m],
						   .seq = i + m + 1 };
		crypt_seal(k, j, n);
		for (size_t m = 0; m < n; m++) {
			assert_int_equal(j[m].result, 0);
			memcpy(iv[i + m], pkt[m] + 8, 16);
		}
	}
	crypt_key_free(k);
}

/*
 * NIST SP 800-38A appendix C. What can be tested: no repeats, nothing in
 * common with a counter, a fair share of ones, dependence on seed and key.
 */
static void test_cbc_ivs_are_unique_and_unpredictable(void **state)
{
	static uint8_t iv[N_IVS][16], other[N_IVS][16];
	struct crypt_spec spec =
		spec_of(MISSIU_ENCR_AES_CBC, MISSIU_AUTH_SHA256, false);
	uint8_t key[32] = { 9 };
	unsigned ones = 0;

	(void)state;
	make_ivs(&spec, iv);
	for (size_t i = 0; i < N_IVS; i++) {
		for (size_t m = 0; m < i; m++)
			assert_memory_not_equal(iv[i], iv[m], 16);
		for (size_t b = 0; b < 16; b++)
			ones += (unsigned)__builtin_popcount(iv[i][b]);
	}
	assert_in_range(ones, N_IVS * 64 - 1000, N_IVS * 64 + 1000);
	make_ivs(&spec, other); /* the same key and seed: the same */
	assert_memory_equal(iv, other, sizeof(iv));
	spec.iv_seed[31] = 1;
	make_ivs(&spec, other);
	for (size_t i = 0; i < N_IVS; i++)
		assert_memory_not_equal(iv[i], other[i], 16);
	spec.iv_seed[31] = 0;
	spec.encr_key = key;
	make_ivs(&spec, other);
	for (size_t i = 0; i < N_IVS; i++)
		assert_memory_not_equal(iv[i], other[i], 16);
}

static void impossible_sizes(void)
{
	static uint8_t big[6][66000];
	struct crypt_spec spec =
		spec_of(MISSIU_ENCR_AES_CBC, MISSIU_AUTH_SHA1, true);
	struct crypt_key *k = key_of(&spec);
	struct crypt_job j[9];

	for (size_t i = 0; i < 9; i++)
		j[i] = (struct crypt_job){
			.esp = big[i < 4 ? 0 : i - 3],
			.text_len = 65488, /* 65524: the most there is */
			.seq = i,
		};
	j[0].text_len = 17;
	j[1].text_len = 65536;
	j[2].text_len = (size_t)-16;
	j[3].text_len = 65504; /* 8 + 16 + 65504 + 12 = 65540 */
	crypt_seal(k, j, 9);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(j[i].result, MISSIU_ECRYPTO);
	for (size_t i = 4; i < 9; i++)
		assert_int_equal(j[i].result, 0);
	crypt_seal_iv(k, &j[0], big[1]);
	assert_int_equal(j[0].result, MISSIU_ECRYPTO);
	crypt_open(k, j, 9);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(j[i].result, MISSIU_EAUTH);
	for (size_t i = 4; i < 9; i++)
		assert_int_equal(j[i].result, 0);
	crypt_seal(k, j, 0);
	crypt_key_free(k);
}

static void test_impossible_sizes_are_refused_and_do_no_harm(void **state)
{
	(void)state;
	on_both(impossible_sizes);
}

static void test_sizes_are_those_of_the_algorithms(void **state)
{
	static const struct {
		uint8_t encr, auth, iv, block, icv;
	} t[] = {
		{ MISSIU_ENCR_AES_GCM, MISSIU_AUTH_NONE, 8, 4, 16 },
		{ MISSIU_ENCR_CHACHA20_POLY1305, MISSIU_AUTH_NONE, 8, 4, 16 },
		{ MISSIU_ENCR_AES_CBC, MISSIU_AUTH_SHA1, 16, 16, 12 },
		{ MISSIU_ENCR_AES_CTR, MISSIU_AUTH_SHA384, 8, 4, 24 },
		{ MISSIU_ENCR_3DES, MISSIU_AUTH_AES_CMAC, 8, 8, 12 },
		{ MISSIU_ENCR_NULL, MISSIU_AUTH_SHA512, 0, 4, 32 },
		{ MISSIU_ENCR_NULL, MISSIU_AUTH_BLAKE2B, 0, 4, 16 },
		{ MISSIU_ENCR_NULL, MISSIU_AUTH_BLAKE2S, 0, 4, 16 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct crypt_spec spec = spec_of(t[i].encr, t[i].auth, false);
		struct crypt_key *k = key_of(&spec);
		struct crypt_sizes s = crypt_key_sizes(k);

		assert_int_equal(s.iv_len, t[i].iv);
		assert_int_equal(s.block, t[i].block);
		assert_int_equal(s.icv_len, t[i].icv);
		crypt_key_free(k);
	}
}

static void test_bad_specifications_are_refused_with_a_reason(void **state)
{
	static const struct {
		uint8_t encr, auth, icv_len;
		uint8_t encr_key_len, auth_key_len;
		int err;
	} t[] = {
		{ MISSIU_ENCR_ANY, MISSIU_AUTH_SHA1, 0, 16, 20, MISSIU_EINVAL },
		{ MISSIU_ENCR_AES_CBC, MISSIU_AUTH_ANY, 0, 16, 20,
		  MISSIU_EINVAL },
		{ 99, MISSIU_AUTH_SHA1, 0, 16, 20, MISSIU_EINVAL },
		{ MISSIU_ENCR_AES_CBC, 99, 0, 16, 20, MISSIU_EINVAL },
		{ MISSIU_ENCR_DES, MISSIU_AUTH_SHA1, 0, 8, 20, LACKING },
		{ MISSIU_ENCR_BLOWFISH, MISSIU_AUTH_SHA1, 0, 16, 20, LACKING },
		{ MISSIU_ENCR_AES_CBC, MISSIU_AUTH_MD5, 0, 16, 16, LACKING },
		{ MISSIU_ENCR_AES_CBC, MISSIU_AUTH_BLAKE2B, 0, 16, 31,
		  MISSIU_EKEYLEN },
		{ MISSIU_ENCR_AES_GCM, MISSIU_AUTH_SHA1, 16, 20, 20,
		  MISSIU_EINVAL },
		{ MISSIU_ENCR_AES_CBC, MISSIU_AUTH_NONE, 0, 16, 0,
		  MISSIU_EINVAL },
		{ MISSIU_ENCR_NULL, MISSIU_AUTH_NONE, 0, 0, 0, MISSIU_EINVAL },
		{ MISSIU_ENCR_AES_GCM, MISSIU_AUTH_NONE, 0, 20, 0,
		  MISSIU_EINVAL },
		{ MISSIU_ENCR_AES_GCM, MISSIU_AUTH_NONE, 10, 20, 0,
		  MISSIU_EINVAL },
		{ MISSIU_ENCR_AES_GCM, MISSIU_AUTH_NONE, 4, 20, 0,
		  MISSIU_EINVAL },
		{ MISSIU_ENCR_AES_GCM, MISSIU_AUTH_NONE, 20, 20, 0,
		  MISSIU_EINVAL },
		{ MISSIU_ENCR_CHACHA20_POLY1305, MISSIU_AUTH_NONE, 12, 36, 0,
		  MISSIU_EINVAL },
		{ MISSIU_ENCR_AES_CBC, MISSIU_AUTH_SHA1, 16, 16, 20,
		  MISSIU_EINVAL },
		{ MISSIU_ENCR_AES_GCM, MISSIU_AUTH_NONE, 16, 16, 0,
		  MISSIU_EKEYLEN },
		{ MISSIU_ENCR_AES_GCM, MISSIU_AUTH_NONE, 16, 3, 0,
		  MISSIU_EKEYLEN },
		{ MISSIU_ENCR_AES_GCM, MISSIU_AUTH_NONE, 16, 20, 1,
		  MISSIU_EKEYLEN },
		{ MISSIU_ENCR_AES_CBC, MISSIU_AUTH_SHA1, 0, 20, 20,
		  MISSIU_EKEYLEN },
		{ MISSIU_ENCR_AES_CBC, MISSIU_AUTH_SHA1, 0, 40, 20,
		  MISSIU_EKEYLEN },
		{ MISSIU_ENCR_AES_CBC, MISSIU_AUTH_SHA1, 0, 16, 16,
		  MISSIU_EKEYLEN },
		{ MISSIU_ENCR_NULL, MISSIU_AUTH_SHA1, 0, 1, 20,
		  MISSIU_EKEYLEN },
		{ MISSIU_ENCR_AES_CBC, MISSIU_AUTH_SHA1, 12, 16, 20, 0 },
	};
	uint8_t key[64] = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct crypt_spec spec = { .encr = t[i].encr,
					   .auth = t[i].auth,
					   .icv_len = t[i].icv_len,
					   .encr_key = key,
					   .encr_key_len = t[i].encr_key_len,
					   .auth_key = key,
					   .auth_key_len = t[i].auth_key_len };
		struct missiu_diag diag = { "" };
		struct crypt_key *k = NULL;

		assert_int_equal(crypt_key_new(&spec, &k, &diag), t[i].err);
		assert_int_equal(k == NULL, t[i].err != 0);
		assert_int_equal(diag.msg[0] == 0, t[i].err == 0);
		crypt_key_free(k);
		k = NULL;
		assert_int_equal(crypt_key_new(&spec, &k, NULL), t[i].err);
		crypt_key_free(k);
	}
	crypt_key_free(NULL);
}

static void test_missing_key_is_refused(void **state)
{
	struct crypt_spec spec =
		spec_of(MISSIU_ENCR_AES_GCM, MISSIU_AUTH_NONE, false);
	struct crypt_key *k = NULL;

	(void)state;
	spec.encr_key = NULL;
	assert_int_equal(crypt_key_new(&spec, &k, NULL), MISSIU_EINVAL);
	assert_null(k);
}

static void test_init_succeeds_and_names_the_back_end(void **state)
{
	const char *name;

	(void)state;
	assert_int_equal(crypt_init(), 0);
	assert_int_equal(crypt_init(), 0);
	if (mb_backend(&name)) {
		assert_string_equal(crypt_backend(), name);
		assert_memory_equal(name, "ipsec-mb ", 9);
	}
	crypt_force_openssl(true);
	assert_memory_equal(crypt_backend(), "openssl ", 8);
	crypt_force_openssl(false);
}

/* Back ends that go wrong in one way each, around the OpenSSL one. */
static void seal_wrong_text(void *key, struct crypt_job *const v[], size_t n)
{
	ossl_backend.seal(key, v, n);
	v[n - 1]->esp[100] ^= 1;
}

static void seal_fails(void *key, struct crypt_job *const v[], size_t n)
{
	ossl_backend.seal(key, v, n);
	v[0]->result = MISSIU_ECRYPTO;
}

static void open_accepts_all(void *key, struct crypt_job *const v[], size_t n)
{
	ossl_backend.open(key, v, n);
	for (size_t i = 0; i < n; i++)
		v[i]->result = 0;
}

static void open_does_nothing(void *key, struct crypt_job *const v[], size_t n)
{
	(void)key;
	for (size_t i = 0; i < n; i++)
		v[i]->result = i == 7 ? MISSIU_EAUTH : 0;
}

static void test_known_answers_detect_a_wrong_back_end(void **state)
{
	struct crypt_backend b = ossl_backend;

	(void)state;
	assert_true(kat_run(&b));
	b.seal = seal_wrong_text;
	assert_false(kat_run(&b));
	b.seal = seal_fails;
	assert_false(kat_run(&b));
	b.seal = ossl_backend.seal;
	b.open = open_accepts_all;
	assert_false(kat_run(&b));
	b.open = open_does_nothing;
	assert_false(kat_run(&b));
}

static void *seal_elsewhere(void *arg)
{
	struct crypt_key *k = arg;
	uint8_t pkt[6][128] = { { 0 } };
	struct crypt_job j[6];

	for (size_t i = 0; i < 6; i++)
		j[i] = (struct crypt_job){ .esp = pkt[i],
					   .text_len = 32,
					   .seq = i + 1 };
	crypt_seal(k, j, 6);
	for (size_t i = 0; i < 6; i++) {
		if (j[i].result)
			return arg;
	}
	crypt_open(k, j, 6);
	for (size_t i = 0; i < 6; i++) {
		if (j[i].result)
			return arg;
	}
	return NULL;
}

static void test_keys_work_on_another_thread(void **state)
{
	pthread_t thread[N_SUITES];
	struct crypt_key *k[N_SUITES];
	void *bad;

	(void)state;
	for (size_t i = 0; i < N_SUITES; i++) {
		struct crypt_spec spec =
			spec_of(suites[i].encr, suites[i].auth, true);

		k[i] = key_of(&spec);
		assert_int_equal(
			pthread_create(&thread[i], NULL, seal_elsewhere, k[i]),
			0);
	}
	for (size_t i = 0; i < N_SUITES; i++) {
		assert_int_equal(pthread_join(thread[i], &bad), 0);
		assert_null(bad);
		crypt_key_free(k[i]);
	}
}

static void test_random_fills_all_and_varies(void **state)
{
	uint8_t a[64] = { 0 }, b[64] = { 0 };

	(void)state;
	assert_int_equal(crypt_random(NULL, a, sizeof(a)), 0);
	assert_int_equal(crypt_random(NULL, b, sizeof(b)), 0);
	assert_memory_not_equal(a, b, sizeof(a));
	assert_memory_not_equal(a + 56, b + 56, 8);
	assert_int_equal(crypt_random(NULL, a, (size_t)1 << 32),
			 MISSIU_ERANDOM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_init_succeeds_and_names_the_back_end),
		cmocka_unit_test(test_published_packets_byte_for_byte),
		cmocka_unit_test(test_every_bit_is_authenticated),
		cmocka_unit_test(test_esn_authenticates_the_high_half),
		cmocka_unit_test(
			test_counter_modes_use_the_sequence_number_as_iv),
		cmocka_unit_test(test_cbc_ivs_are_unique_and_unpredictable),
		cmocka_unit_test(
			test_impossible_sizes_are_refused_and_do_no_harm),
		cmocka_unit_test(test_sizes_are_those_of_the_algorithms),
		cmocka_unit_test(
			test_bad_specifications_are_refused_with_a_reason),
		cmocka_unit_test(test_missing_key_is_refused),
		cmocka_unit_test(test_known_answers_detect_a_wrong_back_end),
		cmocka_unit_test(test_keys_work_on_another_thread),
		cmocka_unit_test(test_random_fills_all_and_varies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
