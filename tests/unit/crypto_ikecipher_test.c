/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../vec/hex.h"
#include "../vec/ikecipher_vec.h"
#include "crypto/ikecrypt.h"

#define ROOM   128
#define N_VECS (sizeof(ikecipher_vecs) / sizeof(ikecipher_vecs[0]))

struct sample {
	struct ike_cipher c;
	uint8_t key[40], iv[16], aad[64], text[ROOM], cipher[ROOM], icv[16];
	size_t key_len, iv_len, aad_len, len, icv_len;
};

static void load(const struct ikecipher_vec *v, struct sample *s)
{
	memset(s, 0, sizeof(*s));
	assert_true(ike_cipher_get(v->id, v->key_bits, &s->c));
	s->key_len = unhex(v->key, s->key, sizeof(s->key));
	s->iv_len = unhex(v->iv, s->iv, sizeof(s->iv));
	s->aad_len = unhex(v->aad, s->aad, sizeof(s->aad));
	s->len = unhex(v->text, s->text, sizeof(s->text));
	assert_int_equal(unhex(v->cipher, s->cipher, sizeof(s->cipher)),
			 s->len);
	s->icv_len = unhex(v->icv, s->icv, sizeof(s->icv));
}

static int decrypt(const struct sample *s, uint8_t *text)
{
	memcpy(text, s->cipher, s->len);
	return ike_decrypt(&s->c, s->key, s->iv, s->aad, s->aad_len, text,
			   s->len, s->icv);
}

static void test_sizes_agree_with_the_vectors(void **state)
{
	struct sample s;

	(void)state;
	for (size_t i = 0; i < N_VECS; i++) {
		load(&ikecipher_vecs[i], &s);
		assert_int_equal(s.c.id, ikecipher_vecs[i].id);
		assert_int_equal(s.c.key_bits, ikecipher_vecs[i].key_bits);
		assert_int_equal(s.c.key_len + s.c.salt_len, s.key_len);
		assert_int_equal(s.c.iv_len, s.iv_len);
		assert_int_equal(s.c.icv_len, s.icv_len);
		assert_int_equal(s.c.aead, s.icv_len != 0);
		assert_int_equal(s.c.block, s.c.id == 12 ? 16 : 1);
	}
}

static void test_vectors_both_ways(void **state)
{
	uint8_t text[ROOM], icv[16];
	struct sample s;

	(void)state;
	for (size_t i = 0; i < N_VECS; i++) {
		load(&ikecipher_vecs[i], &s);
		memcpy(text, s.text, s.len);
		memset(icv, 0x5a, sizeof(icv));
		assert_int_equal(ike_encrypt(&s.c, s.key, s.iv, s.aad,
					     s.aad_len, text, s.len, icv),
				 0);
		if (memcmp(text, s.cipher, s.len) ||
		    memcmp(icv, s.icv, s.icv_len))
			fail_msg("%s, id %u", ikecipher_vecs[i].source, s.c.id);
		for (size_t b = s.icv_len; b < sizeof(icv); b++)
			assert_int_equal(icv[b], 0x5a);
		assert_int_equal(decrypt(&s, text), 0);
		assert_memory_equal(text, s.text, s.len);
	}
}

/* Flip each bit of p; nothing of the text may come out. */
static void flip_each(const struct sample *s, uint8_t *p, size_t len)
{
	static const uint8_t zero[ROOM];
	uint8_t text[ROOM];

	for (size_t bit = 0; bit < 8 * len; bit++) {
		p[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(decrypt(s, text), MISSIU_EAUTH);
		assert_memory_equal(text, zero, s->len);
		p[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
}

static void test_aeads_notice_every_bit(void **state)
{
	struct sample s;

	(void)state;
	for (size_t i = 0; i < N_VECS; i++) {
		load(&ikecipher_vecs[i], &s);
		if (!s.c.aead)
			continue;
		flip_each(&s, s.cipher, s.len);
		flip_each(&s, s.icv, s.icv_len);
		flip_each(&s, s.aad, s.aad_len);
		flip_each(&s, s.iv, s.iv_len);
	}
}

static void test_empty_text_and_empty_aad(void **state)
{
	uint8_t icv[16], other[16], none[1];
	struct sample s;

	(void)state;
	for (size_t i = 0; i < N_VECS; i++) {
		load(&ikecipher_vecs[i], &s);
		assert_int_equal(ike_encrypt(&s.c, s.key, s.iv, s.aad,
					     s.aad_len, none, 0, icv),
				 0);
		assert_int_equal(ike_decrypt(&s.c, s.key, s.iv, s.aad,
					     s.aad_len, none, 0, icv),
				 0);
		if (!s.c.aead)
			continue;
		assert_int_equal(
			ike_encrypt(&s.c, s.key, s.iv, NULL, 0, none, 0, other),
			0);
		assert_memory_not_equal(icv, other, s.icv_len);
		assert_int_equal(
			ike_decrypt(&s.c, s.key, s.iv, NULL, 0, none, 0, other),
			0);
	}
}

static void test_cbc_refuses_partial_blocks(void **state)
{
	uint8_t key[16] = { 0 }, iv[16] = { 0 }, text[32] = { 0 };
	struct ike_cipher c;

	(void)state;
	assert_true(ike_cipher_get(12, 128, &c));
	assert_int_equal(ike_encrypt(&c, key, iv, NULL, 0, text, 17, NULL),
			 MISSIU_EINVAL);
	assert_int_equal(ike_decrypt(&c, key, iv, NULL, 0, text, 31, NULL),
			 MISSIU_EINVAL);
	assert_int_equal(ike_encrypt(&c, key, iv, NULL, 0, text, 32, NULL), 0);
}

static void test_unsupported_are_refused(void **state)
{
	static const uint16_t bad[][2] = {
		{ 12, 0 },    { 12, 64 },  { 12, 129 },	   { 12, 512 },
		{ 20, 0 },    { 20, 100 }, { 28, 128 },	   { 3, 192 },
		{ 2, 64 },    { 11, 0 },   { 21, 128 },	   { 0, 128 },
		{ 999, 128 }, { 17, 128 }, { 12, 0xfff8 },
	};
	struct ike_cipher c;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(ike_cipher_get(bad[i][0], bad[i][1], &c));
	assert_true(ike_cipher_get(28, 0, &c));
	assert_int_equal(c.key_bits, 256);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes_agree_with_the_vectors),
		cmocka_unit_test(test_vectors_both_ways),
		cmocka_unit_test(test_aeads_notice_every_bit),
		cmocka_unit_test(test_empty_text_and_empty_aad),
		cmocka_unit_test(test_cbc_refuses_partial_blocks),
		cmocka_unit_test(test_unsupported_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
