/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../vec/dh_vec.h"
#include "../vec/hex.h"
#include "crypto/ikecrypt.h"

#define N_VECS (sizeof(dh_vecs) / sizeof(dh_vecs[0]))

static const struct {
	uint16_t group, public_len, shared_len;
	const char *name;
} groups[] = {
	{ 14, 256, 256, "modp2048" },	{ 15, 384, 384, "modp3072" },
	{ 16, 512, 512, "modp4096" },	{ 17, 768, 768, "modp6144" },
	{ 18, 1024, 1024, "modp8192" }, { 19, 64, 32, "ecp256" },
	{ 20, 96, 48, "ecp384" },	{ 21, 132, 66, "ecp521" },
	{ 31, 32, 32, "x25519" },	{ 32, 56, 56, "x448" },
};

#define N_GROUPS (sizeof(groups) / sizeof(groups[0]))

static void check_side(const struct dh_vec *v, const char *priv,
		       const char *pub, const char *peer)
{
	uint8_t x[66], y[IKE_DH_MAX], other[IKE_DH_MAX];
	uint8_t want[IKE_DH_MAX], out[IKE_DH_MAX];
	size_t x_len = unhex(priv, x, sizeof(x));
	size_t y_len = unhex(pub, y, sizeof(y));
	size_t other_len = unhex(peer, other, sizeof(other));
	size_t want_len = unhex(v->shared, want, sizeof(want)), len = 0;
	struct dh *d;

	assert_int_equal(dh_public_len(v->group), y_len);
	d = dh_from_pair(v->group, x, x_len, y);
	assert_non_null(d);
	assert_int_equal(dh_shared(d, other, other_len, out, &len), 0);
	assert_int_equal(len, want_len);
	if (memcmp(out, want, len))
		fail_msg("%s: wrong secret", v->source);
	dh_free(d);
}

static void test_published_secrets_from_both_sides(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_VECS; i++) {
		const struct dh_vec *v = &dh_vecs[i];

		check_side(v, v->priv_i, v->pub_i, v->pub_r);
		check_side(v, v->priv_r, v->pub_r, v->pub_i);
	}
}

static void test_fresh_keys_agree_and_differ(void **state)
{
	static uint8_t pub[2][IKE_DH_MAX], out[2][IKE_DH_MAX];
	size_t len[2];

	(void)state;
	for (size_t i = 0; i < N_GROUPS; i++) {
		size_t n = groups[i].public_len;
		struct dh *a = dh_new(groups[i].group, pub[0]);
		struct dh *b = dh_new(groups[i].group, pub[1]);

		assert_non_null(a);
		assert_non_null(b);
		assert_memory_not_equal(pub[0], pub[1], n);
		assert_int_equal(dh_shared(a, pub[1], n, out[0], &len[0]), 0);
		assert_int_equal(dh_shared(b, pub[0], n, out[1], &len[1]), 0);
		assert_int_equal(len[0], groups[i].shared_len);
		assert_int_equal(len[1], groups[i].shared_len);
		assert_memory_equal(out[0], out[1], len[0]);
		dh_free(a);
		dh_free(b);
	}
	dh_free(NULL);
}

static void test_group_table(void **state)
{
	static const uint16_t unknown[] = { 0, 1, 2, 5, 13, 22, 24, 30, 33 };
	uint8_t pub[8];

	(void)state;
	for (size_t i = 0; i < N_GROUPS; i++) {
		assert_true(dh_supported(groups[i].group));
		assert_string_equal(dh_name(groups[i].group), groups[i].name);
		assert_int_equal(dh_public_len(groups[i].group),
				 groups[i].public_len);
	}
	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
		assert_false(dh_supported(unknown[i]));
		assert_null(dh_name(unknown[i]));
		assert_int_equal(dh_public_len(unknown[i]), 0);
		assert_null(dh_new(unknown[i], pub));
		assert_null(dh_from_pair(unknown[i], pub, 8, pub));
	}
}

/* The peer's value in a block of its exact size, so that ASan sees overruns. */
static int offer(struct dh *d, const uint8_t *peer, size_t n)
{
	static uint8_t out[IKE_DH_MAX];
	uint8_t *copy = malloc(n ? n : 1);
	size_t len = 0;
	int ret;

	assert_non_null(copy);
	if (n)
		memcpy(copy, peer, n);
	ret = dh_shared(d, copy, n, out, &len);
	free(copy);
	return ret;
}

static void test_wrong_lengths_are_refused(void **state)
{
	uint8_t pub[IKE_DH_MAX + 1] = { 0 };

	(void)state;
	for (size_t i = 0; i < N_GROUPS; i++) {
		size_t n = groups[i].public_len;
		struct dh *d = dh_new(groups[i].group, pub);

		assert_non_null(d);
		pub[n] = 0;
		assert_int_equal(offer(d, pub, n + 1), MISSIU_EPROTO);
		for (size_t len = 0; len < n; len += len < n - 2 ? n / 7 : 1)
			assert_int_equal(offer(d, pub, len), MISSIU_EPROTO);
		assert_int_equal(offer(d, pub, n), 0);
		dh_free(d);
	}
}

/* Add v to a big-endian number. */
static void add(uint8_t *p, size_t n, int v)
{
	int carry = v;

	while (n--) {
		carry += p[n];
		p[n] = (uint8_t)carry;
		carry >>= 8;
	}
}

/* RFC 6989 2.1: 0, 1, p - 1, p and above. p is 2^n - 2^(n-64) … - 1. */
static void test_modp_values_out_of_range_are_refused(void **state)
{
	/* RFC 3526 section 3; its first and last 8 bytes are ones */
	static const char p2048[] =
		"ffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74"
		"020bbea63b139b22514a08798e3404ddef9519b3cd3a431b302b0a6df25f1437"
		"4fe1356d6d51c245e485b576625e7ec6f44c42e9a637ed6b0bff5cb6f406b7ed"
		"ee386bfb5a899fa5ae9f24117c4b1fe649286651ece45b3dc2007cb8a163bf05"
		"98da48361c55d39a69163fa8fd24cf5f83655d23dca3ad961c62f356208552bb"
		"9ed529077096966d670c354e4abc9804f1746c08ca18217c32905e462e36ce3b"
		"e39e772c180e86039b2783a2ec07a28fb5c55df06f4c52c9de2bcbf695581718"
		"3995497cea956ae515d2261898fa051015728e5a8aacaa68ffffffffffffffff";
	uint8_t pub[256], y[256] = { 0 };
	struct dh *d = dh_new(14, pub);

	(void)state;
	assert_non_null(d);
	assert_int_equal(offer(d, y, 256), MISSIU_EPROTO); /* 0 */
	y[255] = 1;
	assert_int_equal(offer(d, y, 256), MISSIU_EPROTO);
	y[255] = 2; /* the generator itself */
	assert_int_equal(offer(d, y, 256), 0);
	unhex(p2048, y, sizeof(y));
	assert_int_equal(offer(d, y, 256), MISSIU_EPROTO); /* p */
	add(y, 256, -1);
	assert_int_equal(offer(d, y, 256), MISSIU_EPROTO); /* p - 1 */
	add(y, 256, 2);
	assert_int_equal(offer(d, y, 256), MISSIU_EPROTO); /* p + 1 */
	memset(y, 0xff, sizeof(y));
	assert_int_equal(offer(d, y, 256), MISSIU_EPROTO);
	dh_free(d);
}

/* RFC 6989 2.3: a changed coordinate leaves the curve. */
static void test_points_off_the_curve_are_refused(void **state)
{
	(void)state;
	for (uint16_t group = 19; group <= 21; group++) {
		size_t n = dh_public_len(group);
		uint8_t pub[132], y[132];
		struct dh *d = dh_new(group, pub);

		assert_non_null(d);
		for (size_t i = 0; i < n; i += 5) {
			memcpy(y, pub, n);
			y[i] ^= 1;
			assert_int_equal(offer(d, y, n), MISSIU_EPROTO);
		}
		memset(y, 0, n);
		assert_int_equal(offer(d, y, n), MISSIU_EPROTO);
		memset(y, 0xff, n);
		assert_int_equal(offer(d, y, n), MISSIU_EPROTO);
		assert_int_equal(offer(d, pub, n), 0);
		dh_free(d);
	}
}

/* RFC 8031 2, RFC 7748 6: points of small order give a secret of zeros. */
static void test_points_of_small_order_are_refused(void **state)
{
	static const char *const x25519[] = {
		"0000000000000000000000000000000000000000000000000000000000000000",
		"0100000000000000000000000000000000000000000000000000000000000000",
		/* order 8, both of them */
		"e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
		"5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
		/* p - 1, p, p + 1 */
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	};
	uint8_t pub[56], y[56] = { 0 };
	struct dh *d = dh_new(31, pub);

	(void)state;
	assert_non_null(d);
	for (size_t i = 0; i < sizeof(x25519) / sizeof(x25519[0]); i++) {
		unhex(x25519[i], y, sizeof(y));
		assert_int_equal(offer(d, y, 32), MISSIU_EPROTO);
	}
	dh_free(d);
	d = dh_new(32, pub);
	assert_non_null(d);
	memset(y, 0, sizeof(y));
	assert_int_equal(offer(d, y, 56), MISSIU_EPROTO);
	y[0] = 1;
	assert_int_equal(offer(d, y, 56), MISSIU_EPROTO);
	dh_free(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_published_secrets_from_both_sides),
		cmocka_unit_test(test_fresh_keys_agree_and_differ),
		cmocka_unit_test(test_group_table),
		cmocka_unit_test(test_wrong_lengths_are_refused),
		cmocka_unit_test(test_modp_values_out_of_range_are_refused),
		cmocka_unit_test(test_points_off_the_curve_are_refused),
		cmocka_unit_test(test_points_of_small_order_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
