/* SPDX-License-Identifier: Apache-2.0 */
/* The two back ends against each other, over vectors of random packets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/wr.h"
#include "crypto/algs.h"
#include "crypto/crypt.h"

#define N_MAX	 70
#define TEXT_MAX 2000
#define ROOM	 (8 + 16 + TEXT_MAX + 32)
#define CANARY	 64 /* assembly is not seen by the address sanitizer */

static const struct suite {
	uint8_t encr, auth, key_len, icv_len;
} suites[] = {
	{ MISSIU_ENCR_AES_GCM, MISSIU_AUTH_NONE, 16, 16 },
	{ MISSIU_ENCR_AES_GCM, MISSIU_AUTH_NONE, 24, 12 },
	{ MISSIU_ENCR_AES_GCM, MISSIU_AUTH_NONE, 32, 8 },
	{ MISSIU_ENCR_AES_GMAC, MISSIU_AUTH_NONE, 16, 16 },
	{ MISSIU_ENCR_AES_GMAC, MISSIU_AUTH_NONE, 24, 16 },
	{ MISSIU_ENCR_AES_GMAC, MISSIU_AUTH_NONE, 32, 16 },
	{ MISSIU_ENCR_AES_CCM, MISSIU_AUTH_NONE, 16, 8 },
	{ MISSIU_ENCR_AES_CCM, MISSIU_AUTH_NONE, 24, 12 },
	{ MISSIU_ENCR_AES_CCM, MISSIU_AUTH_NONE, 32, 16 },
	{ MISSIU_ENCR_CHACHA20_POLY1305, MISSIU_AUTH_NONE, 32, 16 },
	{ MISSIU_ENCR_AES_CBC, MISSIU_AUTH_SHA1, 16, 0 },
	{ MISSIU_ENCR_AES_CBC, MISSIU_AUTH_SHA256, 24, 0 },
	{ MISSIU_ENCR_AES_CBC, MISSIU_AUTH_SHA384, 32, 0 },
	{ MISSIU_ENCR_AES_CTR, MISSIU_AUTH_SHA512, 16, 0 },
	{ MISSIU_ENCR_AES_CTR, MISSIU_AUTH_SHA1, 24, 0 },
	{ MISSIU_ENCR_AES_CTR, MISSIU_AUTH_SHA256, 32, 0 },
	{ MISSIU_ENCR_NULL, MISSIU_AUTH_SHA1, 0, 0 },
	{ MISSIU_ENCR_NULL, MISSIU_AUTH_SHA256, 0, 0 },
	{ MISSIU_ENCR_NULL, MISSIU_AUTH_SHA512, 0, 0 },
	{ MISSIU_ENCR_AES_CBC, MISSIU_AUTH_AES_XCBC, 16, 0 },
	{ MISSIU_ENCR_AES_CBC, MISSIU_AUTH_AES_CMAC, 32, 0 },
	{ MISSIU_ENCR_3DES, MISSIU_AUTH_SHA1, 24, 0 },
	{ MISSIU_ENCR_AES_CTR, MISSIU_AUTH_BLAKE2B, 16, 0 },
	{ MISSIU_ENCR_AES_CBC, MISSIU_AUTH_BLAKE2S, 16, 0 },
#if MISSIU_LEGACY
	{ MISSIU_ENCR_DES, MISSIU_AUTH_MD5, 8, 0 },
	{ MISSIU_ENCR_BLOWFISH, MISSIU_AUTH_MD5, 16, 0 },
	{ MISSIU_ENCR_AES_CBC, MISSIU_AUTH_MD5, 16, 0 },
#endif
};

/* Packets of one side; every seal and open is checked for writing too far. */
struct side {
	struct crypt_key *key;
	uint8_t pkt[N_MAX][ROOM + CANARY];
	struct crypt_job job[N_MAX];
};

static struct side fast, slow;
static uint8_t text[N_MAX][TEXT_MAX];

static uint64_t rng_state;

static uint32_t rnd(void)
{
	rng_state = rng_state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(rng_state >> 33);
}

static struct crypt_key *key_of(const struct suite *s, bool esn, bool openssl)
{
	static uint8_t key[2 * MISSIU_KEY_MAX];
	struct crypt_spec spec = {
		.encr = s->encr,
		.auth = s->auth,
		.icv_len = s->icv_len,
		.esn = esn,
		.encr_key = key,
		.encr_key_len =
			(size_t)s->key_len + encr_alg(s->encr)->salt_len,
		.auth_key = key + MISSIU_KEY_MAX,
		.auth_key_len = auth_alg(s->auth)->key_len,
		.iv_seed = { 7 },
	};
	struct crypt_key *k = NULL;

	for (size_t i = 0; i < sizeof(key); i++)
		key[i] = (uint8_t)(i * 11 + 3);
	crypt_force_openssl(openssl);
	assert_int_equal(crypt_key_new(&spec, &k, NULL), 0);
	crypt_force_openssl(false);
	return k;
}

/* The same n packets on both sides, every third read from elsewhere. */
static void fill(struct side *a, const size_t len[], const uint64_t seq[],
		 size_t n)
{
	size_t head = 8u + crypt_key_sizes(a->key).iv_len;

	memset(a->pkt, 0x5a, sizeof(a->pkt));
	for (size_t i = 0; i < n; i++) {
		store_be32(a->pkt[i], 0xc0ffee);
		store_be32(a->pkt[i] + 4, (uint32_t)seq[i]);
		if (i % 3)
			memcpy(a->pkt[i] + head, text[i], len[i]);
		a->job[i] = (struct crypt_job){
			.esp = a->pkt[i],
			.text_len = len[i],
			.src = i % 3 ? NULL : text[i],
			.seq = seq[i],
			.result = -1,
		};
	}
}

static size_t pkt_len(const struct side *a, size_t i)
{
	struct crypt_sizes s = crypt_key_sizes(a->key);

	return 8u + s.iv_len + a->job[i].text_len + s.icv_len;
}

static void check_canaries(const struct side *a, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		for (size_t b = pkt_len(a, i); b < sizeof(a->pkt[i]); b++)
			assert_int_equal(a->pkt[i][b], 0x5a);
	}
}

static void check_sealed(size_t n)
{
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(fast.job[i].result, 0);
		assert_int_equal(slow.job[i].result, 0);
	}
	assert_memory_equal(fast.pkt, slow.pkt, sizeof(fast.pkt));
	check_canaries(&fast, n);
}

/* Open with a damaged ICV in the middle: only that one fails. */
static void check_opened(struct side *a, size_t n, size_t bad)
{
	size_t head = 8u + crypt_key_sizes(a->key).iv_len;

	a->pkt[bad][pkt_len(a, bad) - 1 - bad % 8] ^= 0x10;
	crypt_open(a->key, a->job, n);
	for (size_t i = 0; i < n; i++) {
		if (i == bad) {
			assert_int_equal(a->job[i].result, MISSIU_EAUTH);
			continue;
		}
		assert_int_equal(a->job[i].result, 0);
		assert_memory_equal(a->pkt[i] + head, text[i],
				    a->job[i].text_len);
	}
	check_canaries(a, n);
}

static void one_vector(size_t n, const size_t len[], const uint64_t seq[])
{
	fill(&fast, len, seq, n);
	fill(&slow, len, seq, n);
	crypt_seal(fast.key, fast.job, n);
	crypt_seal(slow.key, slow.job, n);
	check_sealed(n);
	check_opened(&fast, n, n / 2);
	check_opened(&slow, n, n / 2);
}

static void each_suite(void (*fn)(const struct suite *s))
{
	for (size_t i = 0; i < sizeof(suites) / sizeof(suites[0]); i++) {
		for (int esn = 0; esn < 2; esn++) {
			fast.key = key_of(&suites[i], esn, false);
			slow.key = key_of(&suites[i], esn, true);
			fn(&suites[i]);
			crypt_key_free(fast.key);
			crypt_key_free(slow.key);
		}
	}
}

static void random_vectors(const struct suite *s)
{
	size_t block = encr_alg(s->encr)->block, len[N_MAX];
	uint64_t seq[N_MAX];

	for (size_t n = 1; n <= N_MAX; n += n < 18 ? 1 : 13) {
		for (size_t i = 0; i < n; i++) {
			len[i] = rnd() % (TEXT_MAX + 1) / block * block;
			seq[i] = (uint64_t)rnd() << 20 | rnd();
			for (size_t b = 0; b < len[i]; b++)
				text[i][b] = (uint8_t)rnd();
		}
		one_vector(n, len, seq);
	}
}

static void test_back_ends_agree_on_random_vectors(void **state)
{
	(void)state;
	rng_state = 1;
	each_suite(random_vectors);
}

static void small_lengths(const struct suite *s)
{
	size_t block = encr_alg(s->encr)->block, len[N_MAX], next = 0;
	uint64_t seq[N_MAX];

	for (size_t i = 0; i < N_MAX; i++) {
		for (size_t b = 0; b < TEXT_MAX; b++)
			text[i][b] = (uint8_t)rnd();
	}
	while (next < 4 * N_MAX) {
		for (size_t i = 0; i < N_MAX; i++, next++) {
			len[i] = next * block % (TEXT_MAX - 16);
			seq[i] = next + 1;
		}
		one_vector(N_MAX, len, seq);
	}
}

static void test_every_small_length_works(void **state)
{
	(void)state;
	rng_state = 2;
	each_suite(small_lengths);
}

static void empty_texts(const struct suite *s)
{
	size_t len[N_MAX] = { 0 };
	uint64_t seq[N_MAX];

	(void)s;
	for (size_t i = 0; i < N_MAX; i++)
		seq[i] = i + (UINT64_C(1) << 32) - 30; /* across a wrap */
	one_vector(1, len, seq);
	one_vector(N_MAX, len, seq);
}

static void test_empty_texts_work(void **state)
{
	(void)state;
	each_suite(empty_texts);
}

/* A vector of forgeries: nothing is decrypted, nothing else is disturbed. */
static void all_forged(const struct suite *s)
{
	size_t block = encr_alg(s->encr)->block, len[N_MAX];
	uint64_t seq[N_MAX];

	for (size_t i = 0; i < N_MAX; i++) {
		len[i] = i * block;
		seq[i] = i + 1;
	}
	fill(&fast, len, seq, N_MAX);
	crypt_seal(fast.key, fast.job, N_MAX);
	memcpy(slow.pkt, fast.pkt, sizeof(fast.pkt));
	for (size_t i = 0; i < N_MAX; i++) {
		fast.pkt[i][pkt_len(&fast, i) - 1] ^= 1;
		slow.pkt[i][pkt_len(&fast, i) - 1] ^= 1;
	}
	crypt_open(fast.key, fast.job, N_MAX);
	for (size_t i = 0; i < N_MAX; i++)
		assert_int_equal(fast.job[i].result, MISSIU_EAUTH);
	if (!encr_alg(s->encr)->aead)
		assert_memory_equal(fast.pkt, slow.pkt, sizeof(fast.pkt));
	check_canaries(&fast, N_MAX);
}

static void test_forgeries_are_not_decrypted(void **state)
{
	(void)state;
	each_suite(all_forged);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_back_ends_agree_on_random_vectors),
		cmocka_unit_test(test_every_small_length_works),
		cmocka_unit_test(test_empty_texts_work),
		cmocka_unit_test(test_forgeries_are_not_decrypted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
