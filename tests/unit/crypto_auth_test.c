/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../vec/hex.h"
#include "../vec/prf_vec.h"
#include "crypto/algs.h"
#include "crypto/auth.h"

#define ROOM	 1024
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* NIST CAVP, gcmEncryptExtIV, groups with PTlen 0: the nonce is salt, IV. */
static const struct {
	uint8_t auth;
	const char *key, *nonce, *data, *tag;
} gmac_vecs[] = {
	{ MISSIU_AUTH_AES128_GMAC, "77be63708971c4e240d1cb79e8d77feb",
	  "e0e00f19fed7ba0136a797f3", "7a43ec1d9c0a5a78a0b16533a6213cab",
	  "209fcc8d3675ed938e9c7166709dd946" },
	{ MISSIU_AUTH_AES192_GMAC,
	  "41c5da8667ef725220ffe39ae0ac590ac9fca729ab60ada0",
	  "05ad13a5e2c2ab667e1a6fbc", "8b5c124bef6e2f0fe4d8c95cd5fa4cf1",
	  "204bdb1bd62154bf08922aaa54eed705" },
	{ MISSIU_AUTH_AES256_GMAC,
	  "78dc4e0aaf52d935c3c01eea57428f00ca1fd475f5da86a49c8dd73d68c8e223",
	  "d79cf22d504cc793c3fb6c8a", "b96baa8c1c75a671bfb2d08d06be5f36",
	  "3e5d486aa2e30b22e040b85723a06e76" },
};

static struct auth_key *key_of(uint8_t auth, const uint8_t *key, size_t len)
{
	struct missiu_diag diag = { "" };
	struct auth_key *k = NULL;

	if (auth_key_new(auth, key, len, &k, &diag))
		fail_msg("%s", diag.msg);
	return k;
}

static void test_published_gmac_vectors(void **state)
{
	uint8_t key[ROOM], nonce[12], data[ROOM], want[16], tag[AUTH_TAG_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT(gmac_vecs); i++) {
		size_t len = unhex(gmac_vecs[i].key, key, ROOM), n;
		struct auth_key *k;

		assert_int_equal(unhex(gmac_vecs[i].nonce, nonce, 12), 12);
		memcpy(key + len, nonce, 4);
		k = key_of(gmac_vecs[i].auth, key, len + 4);
		n = unhex(gmac_vecs[i].data, data, ROOM);
		assert_int_equal(unhex(gmac_vecs[i].tag, want, 16), 16);
		for (size_t cut = 0; cut <= n; cut++) {
			auth_start(k, nonce + 4);
			auth_update(k, data, cut);
			auth_update(k, NULL, 0);
			auth_update(k, data + cut, n - cut);
			assert_int_equal(auth_final(k, tag), 0);
			assert_memory_equal(tag, want, 16);
		}
		auth_key_free(k);
	}
}

static void test_published_mac_vectors(void **state)
{
	uint8_t key[ROOM], data[ROOM], want[AUTH_TAG_MAX], tag[AUTH_TAG_MAX];
	uint8_t auth;

	(void)state;
	for (size_t i = 0; i < COUNT(integ_vecs); i++) {
		size_t n = unhex(integ_vecs[i].key, key, ROOM), len;
		struct auth_key *k;

		assert_true(auth_from_iana(integ_vecs[i].integ, &auth));
		k = key_of(auth, key, n);
		n = unhex(integ_vecs[i].data, data, ROOM);
		len = unhex(integ_vecs[i].icv, want, sizeof(want));
		assert_int_equal(auth_key_sizes(k).tag_len, len);
		assert_int_equal(auth_key_sizes(k).iv_len, 0);
		for (int round = 0; round < 2; round++) {
			auth_start(k, NULL);
			auth_update(k, data, n / 2);
			auth_update(k, data + n / 2, n - n / 2);
			assert_int_equal(auth_final(k, tag), 0);
			if (memcmp(tag, want, len))
				fail_msg("%s: wrong", integ_vecs[i].source);
		}
		auth_key_free(k);
	}
}

/*
 * Keyed BLAKE2, 16 bytes, over bytes 0, 7, 14, … with the key 80 81 82 …, by
 * Python's hashlib, whose BLAKE2 is its authors' own. The lengths are those
 * around the blocks.
 */
static const struct {
	uint8_t auth;
	uint16_t len;
	const char *tag;
} blake2_vecs[] = {
	{ MISSIU_AUTH_BLAKE2B, 0, "e918241ad94994883f736b0f5847f233" },
	{ MISSIU_AUTH_BLAKE2B, 1, "77bcb77da5456b4a37c58695989d7c8f" },
	{ MISSIU_AUTH_BLAKE2B, 63, "0c1254538fdd3f33d4acd40424e2f07b" },
	{ MISSIU_AUTH_BLAKE2B, 64, "ea2cd836a7009dc2f8c53ccb40b90075" },
	{ MISSIU_AUTH_BLAKE2B, 65, "7760e929d1c50039346ea63b42a0dc02" },
	{ MISSIU_AUTH_BLAKE2B, 127, "b7f491b5beb256aca5e2ac5013216252" },
	{ MISSIU_AUTH_BLAKE2B, 128, "f7e5812eb0bd794e7c5c2006ea89ee9a" },
	{ MISSIU_AUTH_BLAKE2B, 129, "cc2915536416a057f8d680f55d929bde" },
	{ MISSIU_AUTH_BLAKE2B, 255, "44c2560b61a4846f9aaf8970f83519c6" },
	{ MISSIU_AUTH_BLAKE2B, 256, "b9a9c495612076f5594ef219854b07e0" },
	{ MISSIU_AUTH_BLAKE2B, 257, "703c2e4b2ab8485618847246897334f7" },
	{ MISSIU_AUTH_BLAKE2B, 1000, "94da741394c0ce6bd65e54bc9bc8cab4" },
	{ MISSIU_AUTH_BLAKE2S, 0, "111595da88fc8f625eca3f6a1043234c" },
	{ MISSIU_AUTH_BLAKE2S, 1, "0e0ab2420d477fe1d9cac00d3e2fa98a" },
	{ MISSIU_AUTH_BLAKE2S, 63, "68788dd806491d04a596b175324df6c1" },
	{ MISSIU_AUTH_BLAKE2S, 64, "584b7697048fe3d17da35df72203025b" },
	{ MISSIU_AUTH_BLAKE2S, 65, "82ff74834a41dc4b273402ce1b4fa5f0" },
	{ MISSIU_AUTH_BLAKE2S, 127, "39e0cb1dba8246565c2663570c62ebdb" },
	{ MISSIU_AUTH_BLAKE2S, 128, "391e133e056fa6bb00028a662a5419de" },
	{ MISSIU_AUTH_BLAKE2S, 129, "679996dde200f12fc14582ecbb4060f5" },
	{ MISSIU_AUTH_BLAKE2S, 255, "292d7aa5ab6dd86569efebf1ba2df2ad" },
	{ MISSIU_AUTH_BLAKE2S, 256, "9eba796126f951fbc72cd0c266ed5780" },
	{ MISSIU_AUTH_BLAKE2S, 257, "0d1852c97f2f519b164442d12c86e544" },
	{ MISSIU_AUTH_BLAKE2S, 1000, "9a32056122931f98e98cbf6a911f3ea7" },
};

static void test_blake2_of_another_implementation(void **state)
{
	uint8_t key[32], data[ROOM], want[16], tag[AUTH_TAG_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(key); i++)
		key[i] = (uint8_t)(0x80 + i);
	for (size_t i = 0; i < ROOM; i++)
		data[i] = (uint8_t)(7 * i);
	for (size_t i = 0; i < COUNT(blake2_vecs); i++) {
		struct auth_key *k = key_of(blake2_vecs[i].auth, key, 32);
		size_t n = blake2_vecs[i].len;

		assert_int_equal(auth_key_sizes(k).tag_len, 16);
		assert_int_equal(unhex(blake2_vecs[i].tag, want, 16), 16);
		auth_start(k, NULL);
		auth_update(k, data, n / 3);
		auth_update(k, data + n / 3, n - n / 3);
		assert_int_equal(auth_final(k, tag), 0);
		assert_memory_equal(tag, want, 16);
		auth_key_free(k);
	}
}

#if MISSIU_LEGACY
/* RFC 2202 section 2, cases 1 and 3, cut to 96 bits (RFC 2403). */
static void test_published_md5_vectors(void **state)
{
	uint8_t key[16], data[50], want[12], tag[AUTH_TAG_MAX];
	struct auth_key *k;

	(void)state;
	memset(key, 0x0b, 16);
	k = key_of(MISSIU_AUTH_MD5, key, 16);
	assert_int_equal(unhex("9294727a3638bb1c13f48ef8", want, 12), 12);
	auth_start(k, NULL);
	auth_update(k, "Hi There", 8);
	assert_int_equal(auth_final(k, tag), 0);
	assert_memory_equal(tag, want, 12);
	auth_key_free(k);
	memset(key, 0xaa, 16);
	memset(data, 0xdd, 50);
	k = key_of(MISSIU_AUTH_MD5, key, 16);
	assert_int_equal(unhex("56be34521d144c88dbb8c733", want, 12), 12);
	auth_start(k, NULL);
	auth_update(k, data, 50);
	assert_int_equal(auth_final(k, tag), 0);
	assert_memory_equal(tag, want, 12);
	auth_key_free(k);
}
#endif

/* A packet that was not finished leaves nothing behind. */
static void test_start_forgets(void **state)
{
	static const uint8_t key[MISSIU_KEY_MAX] = { 3 }, iv[8] = { 9 };
	uint8_t a[AUTH_TAG_MAX] = { 0 }, b[AUTH_TAG_MAX] = { 0 };

	(void)state;
	for (uint8_t id = 1; id < MISSIU_AUTH_MAX; id++) {
		const struct auth_alg *alg = auth_alg(id);
		struct auth_key *k;

		if (!alg->usable || id == MISSIU_AUTH_NONE)
			continue;
		k = key_of(id, key, alg->key_len);
		assert_int_equal(auth_key_sizes(k).iv_len, alg->iv_len);
		auth_start(k, iv);
		auth_update(k, "one", 3);
		assert_int_equal(auth_final(k, a), 0);
		auth_start(k, iv);
		auth_update(k, "something else entirely", 23);
		auth_start(k, iv);
		auth_update(k, "one", 3);
		assert_int_equal(auth_final(k, b), 0);
		assert_memory_equal(a, b, alg->icv_len);
		auth_start(k, iv);
		auth_update(k, "two", 3);
		assert_int_equal(auth_final(k, b), 0);
		assert_memory_not_equal(a, b, alg->icv_len);
		auth_key_free(k);
	}
}

static void test_gmac_depends_on_iv_and_salt(void **state)
{
	uint8_t key[20] = { 1 }, iv[8] = { 0 };
	uint8_t a[AUTH_TAG_MAX], b[AUTH_TAG_MAX];
	struct auth_key *k = key_of(MISSIU_AUTH_AES128_GMAC, key, 20);

	(void)state;
	auth_start(k, iv);
	assert_int_equal(auth_final(k, a), 0);
	iv[7] = 1;
	auth_start(k, iv);
	assert_int_equal(auth_final(k, b), 0);
	assert_memory_not_equal(a, b, 16);
	auth_key_free(k);
	key[19] = 1;
	iv[7] = 0;
	k = key_of(MISSIU_AUTH_AES128_GMAC, key, 20);
	auth_start(k, iv);
	assert_int_equal(auth_final(k, b), 0);
	assert_memory_not_equal(a, b, 16);
	auth_key_free(k);
}

static void test_bad_keys_are_refused(void **state)
{
	static const struct {
		uint8_t auth;
		size_t len;
		int ret;
	} t[] = {
		{ MISSIU_AUTH_ANY, 20, MISSIU_EINVAL },
		{ MISSIU_AUTH_MAX, 20, MISSIU_EINVAL },
		{ MISSIU_AUTH_NONE, 0, MISSIU_EINVAL },
		{ MISSIU_AUTH_MD5, 15,
		  MISSIU_LEGACY ? MISSIU_EKEYLEN : MISSIU_EUNSUP },
		{ MISSIU_AUTH_BLAKE2B, 31, MISSIU_EKEYLEN },
		{ MISSIU_AUTH_BLAKE2S, 33, MISSIU_EKEYLEN },
		{ MISSIU_AUTH_SHA1, 19, MISSIU_EKEYLEN },
		{ MISSIU_AUTH_SHA1, 21, MISSIU_EKEYLEN },
		{ MISSIU_AUTH_AES128_GMAC, 16, MISSIU_EKEYLEN },
		{ MISSIU_AUTH_AES256_GMAC, 20, MISSIU_EKEYLEN },
	};
	static const uint8_t key[MISSIU_KEY_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		struct missiu_diag diag = { "" };
		struct auth_key *k = NULL;

		assert_int_equal(
			auth_key_new(t[i].auth, key, t[i].len, &k, &diag),
			t[i].ret);
		assert_null(k);
		assert_true(diag.msg[0]);
	}
	auth_key_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_blake2_of_another_implementation),
#if MISSIU_LEGACY
		cmocka_unit_test(test_published_md5_vectors),
#endif
		cmocka_unit_test(test_published_gmac_vectors),
		cmocka_unit_test(test_published_mac_vectors),
		cmocka_unit_test(test_start_forgets),
		cmocka_unit_test(test_gmac_depends_on_iv_and_salt),
		cmocka_unit_test(test_bad_keys_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
