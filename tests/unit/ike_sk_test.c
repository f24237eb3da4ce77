/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "crypto/crypt.h"
#include "ike/sk.h"

static const struct {
	uint16_t encr, bits, integ;
} suites[] = {
	{ IKE_ENCR_AES_CBC, 128, IKE_INTEG_SHA256_128 },
	{ IKE_ENCR_AES_CBC, 256, IKE_INTEG_SHA512_256 },
	{ IKE_ENCR_AES_CBC, 192, IKE_INTEG_SHA1_96 },
	{ IKE_ENCR_AES_CBC, 128, IKE_INTEG_AES_XCBC_96 },
	{ IKE_ENCR_AES_GCM_16, 128, 0 },
	{ IKE_ENCR_AES_GCM_8, 256, 0 },
	{ IKE_ENCR_CHACHA20_POLY1305, 0, 0 },
};

#define N_SUITES (sizeof(suites) / sizeof(suites[0]))

static const struct rng rng = { crypt_random, NULL };

static struct sk_key key(size_t i)
{
	struct key_algs a = { .prf = IKE_PRF_HMAC_SHA256,
			      .integ = suites[i].integ };
	struct ike_keys k;
	struct sk_key out;

	assert_true(ike_cipher_get(suites[i].encr, suites[i].bits, &a.cipher));
	for (size_t b = 0; b < sizeof(k); b++)
		((uint8_t *)&k)[b] = (uint8_t)(b * 31);
	sk_init(&out, &a, &k, true);
	return out;
}

/* HDR, SK {Ni (@n bytes)}; Return: length. */
static size_t seal(struct sk_key *k, uint8_t *msg, size_t cap, size_t n)
{
	const struct ike_hdr h = { .spi_i = 1,
				   .spi_r = 2,
				   .exchange = IKE_X_INFORMATIONAL };
	uint8_t nonce[256];
	struct ike_build b;

	memset(nonce, 0x5a, sizeof(nonce));
	ike_build_start(&b, msg, cap, &h);
	ike_build_sk_begin(&b, sk_iv_len(k));
	ike_put_raw(&b, IKE_P_NONCE, nonce, n);
	return sk_seal(k, &rng, &b);
}

static int open_msg(const struct sk_key *k, const uint8_t *msg, size_t len,
		    struct chunk *plain, uint8_t *copy)
{
	struct ike_msg m;
	int ret;

	memcpy(copy, msg, len);
	ret = ike_msg_parse(copy, len, &m);
	if (ret || m.seen != IKE_SEEN(IKE_P_SK))
		return MISSIU_EPROTO;
	return sk_open(k, copy, &m.sk, plain);
}

static void test_what_is_sealed_opens(void **state)
{
	uint8_t msg[600], copy[600];
	struct chunk plain;

	(void)state;
	for (size_t i = 0; i < N_SUITES; i++)
		for (size_t n = 16; n < 50; n++) {
			struct sk_key k = key(i);
			size_t len = seal(&k, msg, sizeof(msg), n);

			assert_true(len > 0);
			assert_int_equal(open_msg(&k, msg, len, &plain, copy),
					 0);
			assert_int_equal(plain.len, n + 4);
			assert_int_equal(((const uint8_t *)plain.p)[4], 0x5a);
		}
}

static void test_every_flipped_bit_is_noticed(void **state)
{
	uint8_t msg[600], copy[600];
	struct chunk plain;

	(void)state;
	for (size_t i = 0; i < N_SUITES; i++) {
		struct sk_key k = key(i);
		const size_t len = seal(&k, msg, sizeof(msg), 20);

		for (size_t bit = 0; bit < len * 8; bit++) {
			msg[bit / 8] ^= (uint8_t)(1 << bit % 8);
			assert_int_not_equal(
				open_msg(&k, msg, len, &plain, copy), 0);
			msg[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
	}
}

/* A peer's SK payload may be too short for its IV, ICV or padding. */
static void test_short_bodies_are_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_SUITES; i++) {
		const struct sk_key k = key(i);

		for (size_t n = 0; n < 80; n++) {
			uint8_t *msg = calloc(1, 32 + n);
			const struct ike_sk sk = { .first = IKE_P_NONCE,
						   .aad_len = 32,
						   .body = { msg + 32, n } };
			struct chunk plain;

			assert_non_null(msg);
			assert_int_not_equal(sk_open(&k, msg, &sk, &plain), 0);
			free(msg);
		}
	}
}

static void test_ivs_never_repeat(void **state)
{
	uint8_t a[600], b[600];

	(void)state;
	for (size_t i = 0; i < N_SUITES; i++) {
		struct sk_key k = key(i);
		const size_t iv = sk_iv_len(&k);

		assert_true(seal(&k, a, sizeof(a), 16) > 0);
		assert_true(seal(&k, b, sizeof(b), 16) > 0);
		assert_memory_not_equal(a + 32, b + 32, iv);
		/* AEADs count; CBC is unpredictable. */
		if (k.cipher.aead)
			assert_int_equal(k.sent, 2);
	}
}

static void test_sealing_needs_room(void **state)
{
	uint8_t msg[600];

	(void)state;
	for (size_t i = 0; i < N_SUITES; i++) {
		struct sk_key k = key(i);
		const size_t len = seal(&k, msg, sizeof(msg), 16);

		for (size_t cap = 28; cap < len; cap++)
			assert_int_equal(seal(&k, msg, cap, 16), 0);
		assert_int_equal(seal(&k, msg, len, 16), len);
	}
}

static int no_random(void *ctx, uint8_t *buf, size_t len)
{
	(void)ctx;
	memset(buf, 0, len);
	return MISSIU_ERANDOM;
}

static void test_without_random_bytes_cbc_is_not_sent(void **state)
{
	const struct rng broken = { no_random, NULL };
	struct sk_key k = key(0);
	uint8_t msg[600];
	struct ike_build b;

	(void)state;
	ike_build_start(&b, msg, sizeof(msg), &(struct ike_hdr){ .spi_i = 1 });
	ike_build_sk_begin(&b, sk_iv_len(&k));
	assert_int_equal(sk_seal(&k, &broken, &b), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_sealed_opens),
		cmocka_unit_test(test_every_flipped_bit_is_noticed),
		cmocka_unit_test(test_short_bodies_are_refused),
		cmocka_unit_test(test_ivs_never_repeat),
		cmocka_unit_test(test_sealing_needs_room),
		cmocka_unit_test(test_without_random_bytes_cbc_is_not_sent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
