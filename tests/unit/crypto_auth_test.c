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
		{ MISSIU_AUTH_BLAKE2B, 32, MISSIU_EUNSUP },
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
		cmocka_unit_test(test_published_gmac_vectors),
		cmocka_unit_test(test_published_mac_vectors),
		cmocka_unit_test(test_start_forgets),
		cmocka_unit_test(test_gmac_depends_on_iv_and_salt),
		cmocka_unit_test(test_bad_keys_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
