/* SPDX-License-Identifier: Apache-2.0 */
/* Expected values: tests/sim/ike_keys.py (independent, not published). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ike/auth.h"
#include "ike/keys.h"
#include "ike/wire.h"

static const char first_cbc[] =
	"591f47e604ec05b2c681fed4ecd0430578ea8cb99ffff916bd59103cf3c6fafd"
	"cafefabcb6bced616243884906ce9b7ac731f16381a6919bb472a14c7077fc21"
	"bdaf1b9cfc79223b10a36721cdf1f698402ea4eb27c09e505e12c55ec067e6ff"
	"9ec7787d3ca4ffb87e9924bb9643e9f19d7a10d735e53ce221cb1d283a024ebf"
	"9113298dfe5cca57087e6ac210e6e2cad90e5ce13115d37bc03bfc07397a7c5d"
	"1a8ef948e93ccb8f796ebbee6597eb5c974f8fff2ead918fce10abf5ef36753d";
static const char first_gcm[] =
	"13cabeb487700892c5046f477f6e35513e51cc1d1bf1c7d5ec363ce555014263"
	"8faec734ce04bfe690c2d9d988243276f066478d09ba89730fa59ad3123ed06d"
	"ba86fd9c3ce40d94b959255f070493979e5c53924415a62c9f95b259fe47827f"
	"d4c94ba20b05dccfe09cc61eb7686bbc771f3f3dd8e2719337fbd322ca471afa"
	"a78375c17d2bf9dfd4322b462e4f338fc4a2d0d6d783fc540863e6e1520183da"
	"0f5ede936d5a0dfb6be7ba8e4b2986650eb1f7d6c1657e5a3788e379c414fbc0"
	"ac701b433c5cb3b3b8c56c2782069498f0f07ca2a136e53f";
static const char rekeyed_gcm[] =
	"32977a6a18bd8fd26487d5895677464acbe12e5f5dcc8314244f9ff53d06eb4f"
	"4ed052e5fbc03a7f4ddd92233af0d62d4bb6b44c26e9942b9c0652664ca91b98"
	"f88c8f9722513d8f789a433ed6a7191b6246c15df0fb77f472b1a5f0f340d7c6"
	"aa3cca38895be37ddff20f477d12470c80721e159cf7595b0e51dc0fe86fd31b"
	"e11ccff0aa880111296a60d396ef9e3c2b04d7acf0670450cbfdb2bcd36cc6c8"
	"961df5d0b5c1fb0f53212a80aa7364840b53a8ca387b9ac40d94cdadb2289616"
	"9f94fd35ea5ad42f3332ffe1f7e5e1bf55e891cf7ed89f7b";
static const char child[] =
	"7ef0d16f25a2b82d6f0e75397ce533422ce0d44ca052d946eaf1b22370fdb675"
	"3b507337ade5dc7b787d9ef51ed24a1978b2c68a3849fddd707abaa7f94fbb66"
	"b5a0463bf592936a";
static const char child_pfs[] =
	"66eb9ed37169e465be95057ea7edbb5fd6e80ac013181228f8d61b21c34d0154"
	"419caac9c6e25ebf208d0f18a0aa572580394ab3c4ad90748b6aca6d6ca63042"
	"11688b7e80612850";
static const char auth[] =
	"aa45de60382dbb37a225ff309edafc05b96b6368f974fe9417dfed29e55a08cf";
static const char rekeyed_more[] =
	"ae357810cd9aa489c42aa5cefc56dbba4bf02adc369989106f8d2126a7cc44be"
	"c0b6a66dc79443c1b4985b64025c6201dc8b2260dd751e7bda300a263fe667ab"
	"8f136b2dc569e85e1eabecba3bfcae12a9825c84b6c81915bd96d970c9459240"
	"6a748c509c9b26b1a421d230df0b6ba851cb8714ea752f65cd56dae57e8dbc0e"
	"883a85d3681b527f7fc166e35ee9b9fc68b5fc0bf87b3fe89270ecde3d7f4317"
	"b6300c8c18c7379b388ef6670ac75d6d3025f3f99d51bb9c7e3f1fa53ec12668"
	"0131a67150d94c9f61305d53be73494eea7aab137a2ef455";
static const char child_more[] =
	"d4657eb7a9a72181a893cee5f3589be1d47d524077be0a27cab90998ce8100d4"
	"6b38bdc777346353a3138a73c1f2b6102ab36909f4d20e9effe14b6d0127f78d"
	"c5958a7dcfedf22e";
static const char with_ppk[] =
	"01b53f6eb901205bbbd297317a6a335cdc8ab5327e854ae11d8809bbdcec3e33"
	"c72442ba38b65e0b25e911dfc58050e8c0e9b80646684a73da7942c1f7025c0a"
	"bf4322b30f44ebf510cff60cdcc395390b1e6dd56a3a6d680ac6fc65c8d9eea6";

static uint8_t ni[32], nr[32], g_ir[32];

static struct key_seed seed(void)
{
	for (size_t i = 0; i < 32; i++) {
		ni[i] = (uint8_t)i;
		nr[i] = (uint8_t)(64 + i);
		g_ir[i] = (uint8_t)(i * 7);
	}
	return (struct key_seed){ { ni, 32 },
				  { nr, 32 },
				  UINT64_C(0x0102030405060708),
				  UINT64_C(0x1112131415161718),
				  { NULL, 0 } };
}

static const struct chunk secret = { g_ir, sizeof(g_ir) };

static struct key_algs algs(uint16_t encr, uint16_t bits, uint16_t prf_id,
			    uint16_t integ)
{
	struct key_algs a = { .prf = prf_id, .integ = integ };

	assert_true(ike_cipher_get(encr, bits, &a.cipher));
	return a;
}

/* The next @n bytes of @hex; advances it. */
static void assert_next(const char **hex, const uint8_t *got, size_t n)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		assert_int_equal(digits[got[i] >> 4], (*hex)[2 * i]);
		assert_int_equal(digits[got[i] & 15], (*hex)[2 * i + 1]);
	}
	*hex += 2 * n;
}

static void assert_keys(const char *hex, const struct ike_keys *k, size_t p,
			size_t e, size_t i)
{
	assert_next(&hex, k->sk_d, p);
	assert_next(&hex, k->sk_ai, i);
	assert_next(&hex, k->sk_ar, i);
	assert_next(&hex, k->sk_ei, e);
	assert_next(&hex, k->sk_er, e);
	assert_next(&hex, k->sk_pi, p);
	assert_next(&hex, k->sk_pr, p);
	assert_int_equal(*hex, '\0');
}

static void test_keys_of_an_ike_sa(void **state)
{
	const struct key_algs cbc =
		algs(IKE_ENCR_AES_CBC, 128, IKE_PRF_HMAC_SHA256,
		     IKE_INTEG_SHA256_128);
	const struct key_algs gcm = algs(IKE_ENCR_AES_GCM_16, 256,
					 IKE_PRF_HMAC_SHA384, IKE_INTEG_NONE);
	const struct key_seed s = seed();
	struct ike_keys k;

	(void)state;
	assert_int_equal(keys_first(&cbc, &s, secret, &k), 0);
	assert_keys(first_cbc, &k, 32, 16, 32);
	assert_int_equal(keys_first(&gcm, &s, secret, &k), 0);
	assert_keys(first_gcm, &k, 48, 36, 0);
}

static void test_keys_of_a_rekeyed_ike_sa_use_the_old_prf(void **state)
{
	const struct key_algs cbc =
		algs(IKE_ENCR_AES_CBC, 128, IKE_PRF_HMAC_SHA256,
		     IKE_INTEG_SHA256_128);
	const struct key_algs gcm = algs(IKE_ENCR_AES_GCM_16, 256,
					 IKE_PRF_HMAC_SHA384, IKE_INTEG_NONE);
	const struct key_seed s = seed();
	struct ike_keys old, k;

	(void)state;
	assert_int_equal(keys_first(&cbc, &s, secret, &old), 0);
	assert_int_equal(keys_rekeyed(&gcm, &s, IKE_PRF_HMAC_SHA256, old.sk_d,
				      secret, &k),
			 0);
	assert_keys(rekeyed_gcm, &k, 48, 36, 0);
}

static void test_keymat_of_children(void **state)
{
	const struct key_algs cbc =
		algs(IKE_ENCR_AES_CBC, 128, IKE_PRF_HMAC_SHA256,
		     IKE_INTEG_SHA256_128);
	const struct key_seed s = seed();
	const struct chunk none = { NULL, 0 };
	const char *hex = child;
	struct ike_keys k;
	uint8_t mat[72];

	(void)state;
	assert_int_equal(keys_first(&cbc, &s, secret, &k), 0);
	assert_int_equal(keys_child(cbc.prf, k.sk_d, none, s.ni, s.nr, none,
				    mat, sizeof(mat)),
			 0);
	assert_next(&hex, mat, sizeof(mat));
	hex = child_pfs;
	assert_int_equal(keys_child(cbc.prf, k.sk_d, secret, s.ni, s.nr, none,
				    mat, sizeof(mat)),
			 0);
	assert_next(&hex, mat, sizeof(mat));
}

/* XCBC and CMAC take eight bytes of each nonce (RFC 7296 2.14). */
static void test_additional_secrets_come_last(void **state)
{
	const struct key_algs cbc =
		algs(IKE_ENCR_AES_CBC, 128, IKE_PRF_HMAC_SHA256,
		     IKE_INTEG_SHA256_128);
	const struct key_algs gcm =
		algs(IKE_ENCR_AES_GCM_16, 256, IKE_PRF_HMAC_SHA384, 0);
	struct key_seed s = seed();
	const char *hex = child_more;
	struct ike_keys old, k;
	uint8_t more[32 + 48], mat[72];

	(void)state;
	for (size_t i = 0; i < 32; i++)
		more[i] = (uint8_t)(200 + i);
	for (size_t i = 0; i < 48; i++)
		more[32 + i] = (uint8_t)(100 + i);
	assert_int_equal(keys_first(&cbc, &s, secret, &old), 0);
	s.more = (struct chunk){ more, sizeof(more) };
	assert_int_equal(keys_rekeyed(&gcm, &s, IKE_PRF_HMAC_SHA256, old.sk_d,
				      secret, &k),
			 0);
	assert_keys(rekeyed_more, &k, 48, 36, 0);
	assert_int_equal(keys_child(cbc.prf, old.sk_d, secret, s.ni, s.nr,
				    s.more, mat, sizeof(mat)),
			 0);
	assert_next(&hex, mat, sizeof(mat));
}

static void test_a_ppk_changes_three_keys(void **state)
{
	static const char ppk[] = "a post-quantum pre-shared key of 40 byte";
	const struct key_algs cbc =
		algs(IKE_ENCR_AES_CBC, 128, IKE_PRF_HMAC_SHA256,
		     IKE_INTEG_SHA256_128);
	const struct key_seed s = seed();
	const char *hex = with_ppk;
	struct ike_keys k, before;

	(void)state;
	assert_int_equal(keys_first(&cbc, &s, secret, &k), 0);
	before = k;
	assert_int_equal(keys_ppk(1024, (struct chunk){ ppk, 40 }, &k),
			 MISSIU_EUNSUP);
	assert_memory_equal(&k, &before, sizeof(k));
	assert_int_equal(keys_ppk(cbc.prf, (struct chunk){ ppk, 40 }, &k), 0);
	assert_next(&hex, k.sk_d, 32);
	assert_next(&hex, k.sk_pi, 32);
	assert_next(&hex, k.sk_pr, 32);
	assert_memory_equal(k.sk_ai, before.sk_ai, sizeof(k.sk_ai));
	assert_memory_equal(k.sk_ei, before.sk_ei, sizeof(k.sk_ei));
	assert_memory_equal(k.sk_er, before.sk_er, sizeof(k.sk_er));
}

static void test_fixed_key_prfs_take_half_of_each_nonce(void **state)
{
	static const uint16_t prfs[] = { IKE_PRF_AES128_XCBC,
					 IKE_PRF_AES128_CMAC };
	struct key_seed s = seed();
	struct ike_keys k;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		const struct key_algs a =
			algs(IKE_ENCR_AES_CBC, 128, prfs[i], IKE_INTEG_SHA1_96);
		uint8_t key[16], skeyseed[16], want[16];
		uint8_t spis[16] = { 1,	 2,  3,	 4,  5,	 6,  7,	 8,
				     17, 18, 19, 20, 21, 22, 23, 24 };
		const struct chunk rest[] = { s.ni, s.nr, { spis, 16 } };

		memcpy(key, ni, 8);
		memcpy(key + 8, nr, 8);
		assert_int_equal(prf(a.prf, key, 16, &secret, 1, skeyseed), 0);
		assert_int_equal(
			prf_plus(a.prf, skeyseed, 16, rest, 3, want, 16), 0);
		assert_int_equal(keys_first(&a, &s, secret, &k), 0);
		assert_memory_equal(k.sk_d, want, 16);
	}
	s.ni.len = 7;
	assert_int_not_equal(
		keys_first(&(struct key_algs){ .prf = IKE_PRF_AES128_XCBC }, &s,
			   secret, &k),
		0);
}

static void test_unknown_algorithms_give_no_keys(void **state)
{
	const struct key_seed s = seed();
	struct key_algs a = algs(IKE_ENCR_AES_CBC, 128, IKE_PRF_HMAC_SHA256,
				 IKE_INTEG_NONE);
	struct ike_keys k, zero = { 0 };

	(void)state;
	memset(&k, 1, sizeof(k));
	assert_int_equal(keys_first(&a, &s, secret, &k), MISSIU_EUNSUP);
	assert_memory_equal(&k, &zero, sizeof(k));
	a.integ = IKE_INTEG_SHA256_128;
	a.prf = 999;
	assert_int_equal(keys_first(&a, &s, secret, &k), MISSIU_EUNSUP);
}

static void test_auth_value(void **state)
{
	static const uint8_t id[] = "\2\0\0\0a.example";
	const struct key_algs cbc =
		algs(IKE_ENCR_AES_CBC, 128, IKE_PRF_HMAC_SHA256,
		     IKE_INTEG_SHA256_128);
	const struct ike_psk psk = { .len = 15, .key = "a shared secret" };
	const struct key_seed s = seed();
	const char *hex = auth;
	struct ike_keys k;
	uint8_t value[32];

	(void)state;
	assert_int_equal(keys_first(&cbc, &s, secret, &k), 0);
	assert_int_equal(auth_psk(cbc.prf, &psk,
				  &(struct auth_octets){
					  { "the first message as sent", 25 },
					  s.nr,
					  { id, sizeof(id) - 1 },
					  { NULL, 0 },
					  k.sk_pi },
				  value),
			 0);
	assert_next(&hex, value, sizeof(value));
}

static void test_the_most_specific_key_is_taken(void **state)
{
	const struct missiu_addr a = { 4, { 10, 0, 0, 1 } };
	const struct missiu_addr b = { 4, { 10, 0, 0, 2 } };
	const struct ike_id ann = { IKE_ID_FQDN, 3, { "ann" } };
	const struct ike_id bob = { IKE_ID_FQDN, 3, { "bob" } };
	const struct ike_psk v[] = {
		{ .len = 1 },
		{ .len = 1, .addr = a },
		{ .len = 1, .peer = ann },
		{ .len = 1, .peer = ann, .addr = a },
	};

	(void)state;
	assert_ptr_equal(auth_psk_find(v, 4, &a, &ann), &v[3]);
	assert_ptr_equal(auth_psk_find(v, 4, &b, &ann), &v[2]);
	assert_ptr_equal(auth_psk_find(v, 4, &a, &bob), &v[1]);
	assert_ptr_equal(auth_psk_find(v, 4, &b, &bob), &v[0]);
	/* Before the identity is known, the address decides. */
	assert_ptr_equal(auth_psk_find(v, 4, &a, NULL), &v[1]);
	assert_null(auth_psk_find(v + 1, 3, &b, &bob));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keys_of_an_ike_sa),
		cmocka_unit_test(test_keys_of_a_rekeyed_ike_sa_use_the_old_prf),
		cmocka_unit_test(test_keymat_of_children),
		cmocka_unit_test(test_additional_secrets_come_last),
		cmocka_unit_test(test_a_ppk_changes_three_keys),
		cmocka_unit_test(test_fixed_key_prfs_take_half_of_each_nonce),
		cmocka_unit_test(test_unknown_algorithms_give_no_keys),
		cmocka_unit_test(test_auth_value),
		cmocka_unit_test(test_the_most_specific_key_is_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
