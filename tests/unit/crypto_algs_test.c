/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "crypto/algs.h"

static void test_encr_lookup_knows_its_bounds(void **state)
{
	(void)state;
	assert_null(encr_alg(MISSIU_ENCR_ANY));
	assert_null(encr_alg(MISSIU_ENCR_MAX));
	assert_null(encr_alg(255));
	for (uint8_t i = 1; i < MISSIU_ENCR_MAX; i++) {
		const struct encr_alg *a = encr_alg(i);

		assert_non_null(a);
		assert_int_equal(a->id, i);
		assert_non_null(a->name);
		assert_true(a->key_step > 0);
		assert_true(a->key_min <= a->key_max);
		assert_true(a->key_max + a->salt_len <= MISSIU_KEY_MAX);
		assert_int_equal(a->aead, a->icv_mask != 0);
		assert_true(a->block >= 1);
	}
}

static void test_auth_lookup_knows_its_bounds(void **state)
{
	(void)state;
	assert_null(auth_alg(MISSIU_AUTH_ANY));
	assert_null(auth_alg(MISSIU_AUTH_MAX));
	assert_null(auth_alg(255));
	for (uint8_t i = 1; i < MISSIU_AUTH_MAX; i++) {
		const struct auth_alg *a = auth_alg(i);

		assert_non_null(a);
		assert_int_equal(a->id, i);
		assert_non_null(a->name);
		assert_true(a->key_len <= MISSIU_KEY_MAX);
		assert_int_equal(a->icv_len == 0, i == MISSIU_AUTH_NONE);
	}
}

/* Numbers of the IANA registry "IKEv2 Parameters", transform type 1. */
static void test_encr_iana_numbers(void **state)
{
	static const struct {
		uint8_t id, icv_len;
		uint16_t iana;
	} t[] = {
		{ MISSIU_ENCR_DES, 0, 2 },
		{ MISSIU_ENCR_3DES, 0, 3 },
		{ MISSIU_ENCR_BLOWFISH, 0, 7 },
		{ MISSIU_ENCR_NULL, 0, 11 },
		{ MISSIU_ENCR_AES_CBC, 0, 12 },
		{ MISSIU_ENCR_AES_CTR, 0, 13 },
		{ MISSIU_ENCR_AES_CCM, 8, 14 },
		{ MISSIU_ENCR_AES_CCM, 12, 15 },
		{ MISSIU_ENCR_AES_CCM, 16, 16 },
		{ MISSIU_ENCR_AES_GCM, 8, 18 },
		{ MISSIU_ENCR_AES_GCM, 12, 19 },
		{ MISSIU_ENCR_AES_GCM, 16, 20 },
		{ MISSIU_ENCR_AES_GMAC, 16, 21 },
		{ MISSIU_ENCR_CHACHA20_POLY1305, 16, 28 },
	};
	uint8_t id, icv;

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		assert_int_equal(encr_iana(t[i].id, t[i].icv_len), t[i].iana);
		assert_true(encr_from_iana(t[i].iana, &id, &icv));
		assert_int_equal(id, t[i].id);
		assert_int_equal(icv, t[i].icv_len);
	}
	assert_int_equal(encr_iana(MISSIU_ENCR_AES_GCM, 10), 0);
	assert_int_equal(encr_iana(MISSIU_ENCR_AES_CBC, 16), 0);
	assert_int_equal(encr_iana(MISSIU_ENCR_ANY, 0), 0);
	assert_false(encr_from_iana(0, &id, &icv));
	assert_false(encr_from_iana(1, &id, &icv));
	assert_false(encr_from_iana(17, &id, &icv));
	assert_false(encr_from_iana(65535, &id, &icv));
}

/* Transform type 3. */
static void test_auth_iana_numbers(void **state)
{
	static const struct {
		uint8_t id;
		uint16_t iana;
	} t[] = {
		{ MISSIU_AUTH_NONE, 0 },
		{ MISSIU_AUTH_MD5, 1 },
		{ MISSIU_AUTH_SHA1, 2 },
		{ MISSIU_AUTH_AES_XCBC, 5 },
		{ MISSIU_AUTH_AES_CMAC, 8 },
		{ MISSIU_AUTH_SHA256, 12 },
		{ MISSIU_AUTH_SHA384, 13 },
		{ MISSIU_AUTH_SHA512, 14 },
		{ MISSIU_AUTH_AES128_GMAC, 9 },
		{ MISSIU_AUTH_AES192_GMAC, 10 },
		{ MISSIU_AUTH_AES256_GMAC, 11 },
	};
	uint8_t id;

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		assert_int_equal(auth_alg(t[i].id)->iana, t[i].iana);
		assert_true(auth_from_iana(t[i].iana, &id));
		assert_int_equal(id, t[i].id);
	}
	assert_false(auth_from_iana(3, &id));
	assert_false(auth_from_iana(65535, &id));
}

/* RFC 8221: what "any" may propose must be strong and implemented. */
static void test_default_choice_is_strong(void **state)
{
	static const uint8_t strong[] = {
		MISSIU_ENCR_AES_CBC,	       MISSIU_ENCR_AES_CTR,
		MISSIU_ENCR_AES_GCM,	       MISSIU_ENCR_AES_CCM,
		MISSIU_ENCR_CHACHA20_POLY1305,
	};
	static const uint8_t weak[] = {
		MISSIU_ENCR_DES,
		MISSIU_ENCR_3DES,
		MISSIU_ENCR_BLOWFISH,
		MISSIU_ENCR_NULL,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(strong); i++) {
		assert_true(encr_alg(strong[i])->usable);
		assert_false(encr_alg(strong[i])->weak);
	}
	for (size_t i = 0; i < sizeof(weak); i++)
		assert_true(encr_alg(weak[i])->weak);
	assert_true(auth_alg(MISSIU_AUTH_MD5)->weak);
	assert_int_equal(auth_alg(MISSIU_AUTH_MD5)->usable, MISSIU_LEGACY);
	assert_int_equal(encr_alg(MISSIU_ENCR_DES)->usable, MISSIU_LEGACY);
	assert_int_equal(encr_alg(MISSIU_ENCR_BLOWFISH)->usable, MISSIU_LEGACY);
	assert_true(auth_alg(MISSIU_AUTH_SHA1)->weak);
	assert_true(auth_alg(MISSIU_AUTH_SHA1)->usable);
	assert_false(auth_alg(MISSIU_AUTH_SHA256)->weak);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_encr_lookup_knows_its_bounds),
		cmocka_unit_test(test_auth_lookup_knows_its_bounds),
		cmocka_unit_test(test_encr_iana_numbers),
		cmocka_unit_test(test_auth_iana_numbers),
		cmocka_unit_test(test_default_choice_is_strong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
