/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../vec/hex.h"
#include "../vec/prf_vec.h"
#include "crypto/ikecrypt.h"
#include "crypto/mac.h"

#define ROOM	  1024
#define COUNT(a)  (sizeof(a) / sizeof((a)[0]))
#define UNKNOWN_1 1 /* HMAC-MD5: not for us */
#define UNKNOWN_2 999

static void test_prf_published_vectors(void **state)
{
	uint8_t key[ROOM], data[ROOM], want[IKE_PRF_MAX], out[IKE_PRF_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT(prf_vecs); i++) {
		size_t key_len = unhex(prf_vecs[i].key, key, sizeof(key));
		struct chunk c = { data, unhex(prf_vecs[i].data, data,
					       sizeof(data)) };
		size_t len = unhex(prf_vecs[i].out, want, sizeof(want));

		assert_int_equal(prf_len(prf_vecs[i].prf), len);
		assert_int_equal(prf(prf_vecs[i].prf, key, key_len, &c, 1, out),
				 0);
		if (memcmp(out, want, len))
			fail_msg("%s: wrong", prf_vecs[i].source);
	}
}

/* However the input is cut, the result is that of the whole. */
static void test_prf_does_not_depend_on_chunking(void **state)
{
	static const uint16_t ids[] = { 2, 4, 5, 6, 7, 8 };
	uint8_t data[300], whole[IKE_PRF_MAX], parts[IKE_PRF_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 3);
	for (size_t i = 0; i < COUNT(ids); i++) {
		for (size_t cut = 0; cut <= 80; cut++) {
			size_t len = cut + 80;
			struct chunk one = { data, len };
			struct chunk v[] = {
				{ data, cut },
				{ NULL, 0 },
				{ data + cut, 1 },
				{ data + cut + 1, len - cut - 1 },
			};

			assert_int_equal(prf(ids[i], "key", 3, &one, 1, whole),
					 0);
			assert_int_equal(prf(ids[i], "key", 3, v, 4, parts), 0);
			assert_memory_equal(whole, parts, prf_len(ids[i]));
		}
	}
}

static void test_prf_takes_empty_input(void **state)
{
	static const uint16_t ids[] = { 2, 4, 5, 6, 7, 8 };
	uint8_t a[IKE_PRF_MAX], b[IKE_PRF_MAX];
	const struct chunk none = { NULL, 0 };

	(void)state;
	for (size_t i = 0; i < COUNT(ids); i++) {
		assert_int_equal(prf(ids[i], NULL, 0, &none, 1, a), 0);
		assert_int_equal(prf(ids[i], NULL, 0, NULL, 0, b), 0);
		assert_memory_equal(a, b, prf_len(ids[i]));
	}
}

static void test_prf_plus_expands_and_truncates(void **state)
{
	uint8_t key[ROOM], seed[ROOM], want[ROOM], out[ROOM];

	(void)state;
	for (size_t i = 0; i < COUNT(prf_plus_vecs); i++) {
		const struct prf_plus_vec *v = &prf_plus_vecs[i];
		size_t key_len = unhex(v->key, key, sizeof(key));
		size_t seed_len = unhex(v->seed, seed, sizeof(seed));
		size_t len = unhex(v->out, want, sizeof(want));
		struct chunk c[] = { { seed, 5 }, { seed + 5, seed_len - 5 } };

		memset(out, 0x5a, sizeof(out));
		assert_int_equal(prf_plus(v->prf, key, key_len, c, 2, out, len),
				 0);
		assert_memory_equal(out, want, len);
		assert_int_equal(out[len], 0x5a);
		/* a shorter request is a prefix */
		memset(out, 0x5a, sizeof(out));
		assert_int_equal(prf_plus(v->prf, key, key_len, c, 2, out, 7),
				 0);
		assert_memory_equal(out, want, 7);
		assert_int_equal(out[7], 0x5a);
	}
}

static void test_prf_plus_ends_after_255_blocks(void **state)
{
	static uint8_t out[255 * 20 + 1];
	const struct chunk seed = { "s", 1 };

	(void)state;
	assert_int_equal(prf_plus(2, "k", 1, &seed, 1, out, 255 * 20), 0);
	assert_memory_not_equal(out + 254 * 20, out, 20);
	assert_int_equal(prf_plus(2, "k", 1, &seed, 1, out, 255 * 20 + 1),
			 MISSIU_EINVAL);
}

static void test_integ_published_vectors(void **state)
{
	uint8_t key[ROOM], data[ROOM], want[64], icv[64];

	(void)state;
	for (size_t i = 0; i < COUNT(integ_vecs); i++) {
		const struct integ_vec *v = &integ_vecs[i];
		size_t key_len = unhex(v->key, key, sizeof(key));
		size_t len = unhex(v->icv, want, sizeof(want));
		struct chunk c = { data, unhex(v->data, data, sizeof(data)) };

		assert_int_equal(integ_key_len(v->integ), key_len);
		assert_int_equal(integ_icv_len(v->integ), len);
		memset(icv, 0x5a, sizeof(icv));
		assert_int_equal(integ_sign(v->integ, key, &c, 1, icv), 0);
		if (memcmp(icv, want, len))
			fail_msg("%s: wrong", v->source);
		assert_int_equal(icv[len], 0x5a);
	}
}

static void test_unknown_numbers_are_refused(void **state)
{
	uint8_t out[64] = { 0 };
	const struct chunk c = { "x", 1 };

	(void)state;
	assert_int_equal(prf_len(UNKNOWN_1), 0);
	assert_int_equal(prf_len(UNKNOWN_2), 0);
	assert_int_equal(prf_len(0), 0);
	assert_int_equal(prf(UNKNOWN_1, "k", 1, &c, 1, out), MISSIU_EUNSUP);
	assert_int_equal(prf_plus(UNKNOWN_2, "k", 1, &c, 1, out, 64),
			 MISSIU_EUNSUP);
	assert_int_equal(integ_key_len(UNKNOWN_1), 0);
	assert_int_equal(integ_key_len(0), 0);
	assert_int_equal(integ_icv_len(UNKNOWN_2), 0);
	assert_int_equal(integ_sign(UNKNOWN_1, out, &c, 1, out), MISSIU_EUNSUP);
	assert_int_equal(integ_sign(0, out, &c, 1, out), MISSIU_EUNSUP);
}

/* FIPS 180-2 appendix A: "abc" and the empty message. */
static void test_sha1_of_chunks(void **state)
{
	const struct chunk v[] = { { "a", 1 }, { NULL, 0 }, { "bc", 2 } };
	uint8_t want[20], out[20];

	(void)state;
	unhex("a9993e364706816aba3e25717850c26c9cd0d89d", want, 20);
	assert_int_equal(sha1(v, 3, out), 0);
	assert_memory_equal(out, want, 20);
	unhex("da39a3ee5e6b4b0d3255bfef95601890afd80709", want, 20);
	assert_int_equal(sha1(v, 0, out), 0);
	assert_memory_equal(out, want, 20);
}

static void test_mac_restarts_and_refuses_wrong_aes_keys(void **state)
{
	uint8_t key[32] = { 1 }, a[MAC_MAX], b[MAC_MAX];
	struct mac *m = NULL;

	(void)state;
	assert_int_equal(mac_new(MAC_AES_CMAC, key, 15, &m), MISSIU_EKEYLEN);
	assert_int_equal(mac_new(MAC_AES_XCBC, key, 32, &m), MISSIU_EKEYLEN);
	assert_null(m);
	mac_free(NULL);
	for (enum mac_id id = MAC_HMAC_SHA1; id <= MAC_AES_CMAC; id++) {
		assert_int_equal(mac_new(id, key, 16, &m), 0);
		mac_start(m);
		mac_update(m, "message", 7);
		assert_int_equal(mac_final(m, a), 0);
		mac_start(m);
		mac_update(m, "given up", 8);
		mac_start(m);
		mac_update(m, "message", 7);
		assert_int_equal(mac_final(m, b), 0);
		assert_memory_equal(a, b, mac_len(m));
		mac_free(m);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_prf_published_vectors),
		cmocka_unit_test(test_prf_does_not_depend_on_chunking),
		cmocka_unit_test(test_prf_takes_empty_input),
		cmocka_unit_test(test_prf_plus_expands_and_truncates),
		cmocka_unit_test(test_prf_plus_ends_after_255_blocks),
		cmocka_unit_test(test_integ_published_vectors),
		cmocka_unit_test(test_unknown_numbers_are_refused),
		cmocka_unit_test(test_sha1_of_chunks),
		cmocka_unit_test(test_mac_restarts_and_refuses_wrong_aes_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
