/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "crypto/kex.h"

static const struct {
	uint16_t method;
	size_t i_len, r_len, secret_len; /* values of initiator, responder */
} methods[] = {
	{ 14, 256, 256, 256 },	  { 15, 384, 384, 384 },
	{ 16, 512, 512, 512 },	  { 17, 768, 768, 768 },
	{ 18, 1024, 1024, 1024 }, { 19, 64, 64, 32 },
	{ 20, 96, 96, 48 },	  { 21, 132, 132, 66 },
	{ 31, 32, 32, 32 },	  { 32, 56, 56, 56 },
	{ 35, 800, 768, 32 },	  { 36, 1184, 1088, 32 },
	{ 37, 1568, 1568, 32 },
};

#define N_METHODS (sizeof(methods) / sizeof(methods[0]))

static bool is_kem(uint16_t method)
{
	return method >= 35 && method <= 37;
}

static void test_both_sides_have_one_secret(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_METHODS; i++) {
		const uint16_t id = methods[i].method;
		struct kex_secret a, b;
		struct kex_value v;
		struct kex *k;

		if (!kex_supported(id)) {
			assert_true(is_kem(id));
			continue;
		}
		k = kex_new(id);
		assert_non_null(k);
		assert_int_equal(kex_method(k), id);
		assert_int_equal(kex_value(k).len, methods[i].i_len);
		assert_int_equal(kex_answer(id, kex_value(k), &v, &a), 0);
		assert_int_equal(v.len, methods[i].r_len);
		assert_int_equal(
			kex_finish(k, (struct chunk){ v.p, v.len }, &b), 0);
		assert_int_equal(a.len, methods[i].secret_len);
		assert_int_equal(b.len, a.len);
		assert_memory_equal(a.p, b.p, a.len);
		kex_free(k);
	}
}

static void test_secrets_are_fresh(void **state)
{
	struct kex_secret a, b;
	struct kex_value v;
	struct kex *k = kex_new(31);

	(void)state;
	assert_int_equal(kex_answer(31, kex_value(k), &v, &a), 0);
	assert_int_equal(kex_answer(31, kex_value(k), &v, &b), 0);
	assert_memory_not_equal(a.p, b.p, a.len);
	kex_free(k);
}

/* Every other length, of either value, is refused before it is used. */
static void refuse_lengths(uint16_t id, struct kex *k, size_t right, bool first)
{
	const size_t lens[] = { 0, right - 1, right + 1 };

	for (size_t n = 0; n < 3; n++) {
		uint8_t *p = malloc(lens[n] ? lens[n] : 1);
		const struct chunk c = { p, lens[n] };
		struct kex_secret s;
		struct kex_value v;

		memset(p, 7, lens[n] ? lens[n] : 1);
		assert_int_equal(first ? kex_answer(id, c, &v, &s) :
					 kex_finish(k, c, &s),
				 MISSIU_EPROTO);
		free(p);
	}
}

static void test_lengths_are_exact(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_METHODS; i++) {
		struct kex *k = kex_new(methods[i].method);

		if (!k)
			continue;
		refuse_lengths(methods[i].method, k, methods[i].i_len, true);
		refuse_lengths(methods[i].method, k, methods[i].r_len, false);
		kex_free(k);
	}
}

static void test_bad_values_are_refused(void **state)
{
	static const uint16_t ids[] = { 14, 19, 31, 32, 36 };
	uint8_t bad[1184];
	struct kex_secret s;
	struct kex_value v;

	(void)state;
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		struct kex *k = kex_new(ids[i]);

		if (!k)
			continue;
		/* Zero; for ML-KEM coefficients beyond the modulus. */
		memset(bad, is_kem(ids[i]) ? 0xff : 0, sizeof(bad));
		assert_int_equal(
			kex_answer(ids[i],
				   (struct chunk){ bad, kex_value(k).len }, &v,
				   &s),
			MISSIU_EPROTO);
		kex_free(k);
	}
}

static void test_what_is_missing_is_said(void **state)
{
	char why[80] = "";

	(void)state;
	assert_false(kex_supported(0));
	assert_false(kex_supported(1));
	assert_false(kex_missing(1, why, sizeof(why)));
	assert_false(kex_missing(31, why, sizeof(why)));
	assert_null(kex_new(1));
	for (uint16_t id = 35; id <= 37; id++) {
		struct kex_secret s;
		struct kex_value v;

		assert_int_equal(kex_missing(id, why, sizeof(why)),
				 !kex_supported(id));
		if (kex_supported(id))
			continue;
		assert_non_null(strstr(why, "needs OpenSSL 3.5 or later"));
		assert_null(kex_new(id));
		assert_int_equal(
			kex_answer(id, (struct chunk){ why, 1 }, &v, &s),
			MISSIU_EUNSUP);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_both_sides_have_one_secret),
		cmocka_unit_test(test_secrets_are_fresh),
		cmocka_unit_test(test_lengths_are_exact),
		cmocka_unit_test(test_bad_values_are_refused),
		cmocka_unit_test(test_what_is_missing_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
