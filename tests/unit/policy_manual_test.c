/* SPDX-License-Identifier: Apache-2.0 */
/* Commands: add, delete, flush, spdflush to the exact change. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/addr.h"
#include "missiu/script.h"

#define BOTH   (MISSIU_IN | MISSIU_OUT)
#define KEY16  "0x000102030405060708090a0b0c0d0e0f"
#define KEY20  KEY16 "10111213"
#define KEY24  KEY20 "14151617"
#define KEY32  KEY24 "18191a1b1c1d1e1f"
#define KEY48  KEY32 "202122232425262728292a2b2c2d2e2f"
#define KEY64  KEY48 "303132333435363738393a3b3c3d3e3f"
#define A_TO_B "add 10.0.0.1 10.0.0.2 "

/* Keys are 00 01 02 …, so their lengths say all. */
struct want {
	const char *text;
	const char *src, *dst; /* NULL: 10.0.0.1, 10.0.0.2 */
	uint8_t proto, mode, flags, encr, auth, icv_len;
	uint8_t encr_key_len, auth_key_len;
	uint32_t spi; /* 0: 4096 */
	uint32_t replay_window;
	uint64_t hard_s, hard_bytes, hard_packets;
	uint64_t soft_s, soft_bytes, soft_packets;
};

static void parse(const char *text, struct missiu_script *s)
{
	struct missiu_script_err err;

	if (missiu_script_parse(text, strlen(text), NULL, s, &err))
		fail_msg("%s\n%u:%u: %s", text, err.line, err.col,
			 err.diag.msg);
}

static void check_key(const uint8_t *key, size_t len, size_t want)
{
	assert_int_equal(len, want);
	for (size_t i = 0; i < MISSIU_KEY_MAX; i++)
		assert_int_equal(key[i], i < len ? i : 0);
}

static void check_sa(const struct missiu_sa *sa, const struct want *w)
{
	assert_string_equal(addr_text(&sa->src).s,
			    w->src ? w->src : "10.0.0.1");
	assert_string_equal(addr_text(&sa->dst).s,
			    w->dst ? w->dst : "10.0.0.2");
	assert_int_equal(sa->spi, w->spi ? w->spi : 4096);
	assert_int_equal(sa->dir, BOTH);
	assert_int_equal(sa->proto, w->proto ? w->proto : MISSIU_ESP);
	assert_int_equal(sa->mode, w->mode);
	assert_int_equal(sa->flags, w->flags | MISSIU_SA_MANUAL);
	assert_int_equal(sa->encr, w->encr ? w->encr : MISSIU_ENCR_NULL);
	assert_int_equal(sa->auth, w->auth ? w->auth : MISSIU_AUTH_NONE);
	assert_int_equal(sa->icv_len, w->icv_len);
	check_key(sa->encr_key, sa->encr_key_len, w->encr_key_len);
	check_key(sa->auth_key, sa->auth_key_len, w->auth_key_len);
	assert_int_equal(sa->replay_window, w->replay_window);
	assert_int_equal(sa->hard_s, w->hard_s);
	assert_int_equal(sa->hard_bytes, w->hard_bytes);
	assert_int_equal(sa->hard_packets, w->hard_packets);
	assert_int_equal(sa->soft_s, w->soft_s);
	assert_int_equal(sa->soft_bytes, w->soft_bytes);
	assert_int_equal(sa->soft_packets, w->soft_packets);
	assert_int_equal(sa->n_ts_src + sa->n_ts_dst, 0);
	assert_int_equal(sa->owner + sa->policy_id + sa->mate_spi, 0);
}

static void test_add(void **state)
{
	static const struct want rows[] = {
		{ .text = A_TO_B "esp 0x1000 -m transport -E aes-cbc " KEY16
				 " -A hmac-sha1 " KEY20 ";",
		  .mode = MISSIU_TRANSPORT,
		  .encr = MISSIU_ENCR_AES_CBC,
		  .encr_key_len = 16,
		  .auth = MISSIU_AUTH_SHA1,
		  .auth_key_len = 20 },
		{ .text = A_TO_B "50 4096 -m tunnel -A hmac-sha256 " KEY32
				 " -E aes-cbc " KEY32 ";",
		  .mode = MISSIU_TUNNEL,
		  .encr = MISSIU_ENCR_AES_CBC,
		  .encr_key_len = 32,
		  .auth = MISSIU_AUTH_SHA256,
		  .auth_key_len = 32 },
		{ .text = A_TO_B "ESP 4096 -m any -E AES-CBC " KEY24
				 " -A hmac-sha384 " KEY48,
		  .encr = MISSIU_ENCR_AES_CBC,
		  .encr_key_len = 24,
		  .auth = MISSIU_AUTH_SHA384,
		  .auth_key_len = 48 },
		{ .text = A_TO_B "esp 4096 -A hmac-sha512 " KEY64 ";",
		  .auth = MISSIU_AUTH_SHA512,
		  .auth_key_len = 64 },
		{ .text = A_TO_B "esp 4096 -E null -A aes-xcbc-mac " KEY16 ";",
		  .auth = MISSIU_AUTH_AES_XCBC,
		  .auth_key_len = 16 },
		{ .text = A_TO_B "esp 4096 -E 3des-cbc " KEY24 ";",
		  .encr = MISSIU_ENCR_3DES,
		  .encr_key_len = 24 },
#if MISSIU_LEGACY
		{ .text = A_TO_B "esp 4096 -E null \"\" -A hmac-md5 " KEY16 ";",
		  .auth = MISSIU_AUTH_MD5,
		  .auth_key_len = 16 },
		{ .text = A_TO_B "esp 4096 -E des-cbc 0x0001020304050607;",
		  .encr = MISSIU_ENCR_DES,
		  .encr_key_len = 8 },
		{ .text = A_TO_B "esp 4096 -E blowfish-cbc 0x00010203040506;",
		  .encr = MISSIU_ENCR_BLOWFISH,
		  .encr_key_len = 7 },
#endif
		{ .text = A_TO_B "ah 4096 -A blake2b " KEY32 ";",
		  .proto = MISSIU_AH,
		  .auth = MISSIU_AUTH_BLAKE2B,
		  .auth_key_len = 32 },
		{ .text = A_TO_B "51 4096 -A blake2s " KEY32 ";",
		  .proto = MISSIU_AH,
		  .auth = MISSIU_AUTH_BLAKE2S,
		  .auth_key_len = 32 },
		{ .text = A_TO_B "esp 4096 -A aes-cmac " KEY16 ";",
		  .auth = MISSIU_AUTH_AES_CMAC,
		  .auth_key_len = 16 },
		{ .text = "add any fd00::2 esp 0xffffffff -A hmac-sha1 " KEY20,
		  .src = "any",
		  .dst = "fd00::2",
		  .spi = UINT32_MAX,
		  .auth = MISSIU_AUTH_SHA1,
		  .auth_key_len = 20 },
		{ .text = "add 0 10.0.0.2 esp 256 -A hmac-sha1 " KEY20 ";",
		  .src = "any",
		  .spi = 256,
		  .auth = MISSIU_AUTH_SHA1,
		  .auth_key_len = 20 },
		{ .text = "add 0.0.0.0 10.0.0.2 esp 256 -A hmac-sha1 " KEY20,
		  .src = "any",
		  .spi = 256,
		  .auth = MISSIU_AUTH_SHA1,
		  .auth_key_len = 20 },
		{ .text = A_TO_B "esp 4096 -r 4096 -n -l 3600 -b 1000 -A "
				 "hmac-sha1 " KEY20 ";",
		  .flags = MISSIU_SA_ESN,
		  .replay_window = 4096,
		  .hard_s = 3600,
		  .hard_bytes = 1024000,
		  .auth = MISSIU_AUTH_SHA1,
		  .auth_key_len = 20 },
		{ .text = A_TO_B "esp 4096 -ls 50 -lh 60 -bs 7 -bh 8 -ps 3 "
				 "-ph 3 -A hmac-sha1 " KEY20 ";",
		  .soft_s = 50,
		  .hard_s = 60,
		  .soft_bytes = 7,
		  .hard_bytes = 8,
		  .soft_packets = 3,
		  .hard_packets = 3,
		  .auth = MISSIU_AUTH_SHA1,
		  .auth_key_len = 20 },
		{ .text = A_TO_B "esp 4096 -ls 5 -A hmac-sha1 " KEY20 ";",
		  .soft_s = 5,
		  .auth = MISSIU_AUTH_SHA1,
		  .auth_key_len = 20 },
		{ .text = A_TO_B "ah 4096 -u -A aes-gmac " KEY20 ";",
		  .flags = MISSIU_SA_COUNTER_OK,
		  .proto = MISSIU_AH,
		  .auth = MISSIU_AUTH_AES128_GMAC,
		  .auth_key_len = 20 },
		{ .text = A_TO_B "ah 4096 -A aes256-gmac " KEY32 "20212223 -u;",
		  .flags = MISSIU_SA_COUNTER_OK,
		  .proto = MISSIU_AH,
		  .auth = MISSIU_AUTH_AES256_GMAC,
		  .auth_key_len = 36 },
		{ .text = A_TO_B "esp 4096 -u -E aes-ctr " KEY20 " -A "
				 "hmac-sha1 " KEY20 ";",
		  .flags = MISSIU_SA_COUNTER_OK,
		  .encr = MISSIU_ENCR_AES_CTR,
		  .encr_key_len = 20,
		  .auth = MISSIU_AUTH_SHA1,
		  .auth_key_len = 20 },
		{ .text = A_TO_B "esp 4096 -E aes-gcm-16 " KEY20 " -u;",
		  .flags = MISSIU_SA_COUNTER_OK,
		  .encr = MISSIU_ENCR_AES_GCM,
		  .icv_len = 16,
		  .encr_key_len = 20 },
		{ .text = A_TO_B "esp 4096 -E aes-gcm-8 " KEY20 " -u;",
		  .flags = MISSIU_SA_COUNTER_OK,
		  .encr = MISSIU_ENCR_AES_GCM,
		  .icv_len = 8,
		  .encr_key_len = 20 },
		{ .text = "[A 10.0.0.1 B 10.0.0.2 S 4096 P 50] add A B P S -u "
			  "-E chacha20-poly1305 " KEY32 "20212223;",
		  .flags = MISSIU_SA_COUNTER_OK,
		  .encr = MISSIU_ENCR_CHACHA20_POLY1305,
		  .icv_len = 16,
		  .encr_key_len = 36 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct missiu_script s;

		parse(rows[i].text, &s);
		assert_int_equal(s.n, 1);
		assert_int_equal(s.v[0].kind, MISSIU_CHG_ADD_SA);
		check_sa(&s.v[0].sa, &rows[i]);
		missiu_script_fini(&s);
	}
}

static void test_quoted_keys_undo_escapes(void **state)
{
	static const struct {
		const char *text, *key;
	} rows[] = {
		{ "\"0123456789abcdef\"", "0123456789abcdef" },
		{ "\"a\\ b\\;c\\#d\\[e\\{f\\\"g\\\\hi\"",
		  "a b;c#d[e{f\"g\\hi" },
		{ "\"a b;c#d[e{f}g]h/\"", "a b;c#d[e{f}g]h/" },
		{ "\"\\0123456789abcde\\f\"", "0123456789abcdef" },
		{ "\"\xc3\xa4\xc3\xb6\xc3\xbc 890123456\"",
		  "\xc3\xa4\xc3\xb6\xc3\xbc 890123456" },
	};
	char text[160];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct missiu_script s;

		snprintf(text, sizeof(text), A_TO_B "esp 256 -A aes-cmac %s",
			 rows[i].text);
		parse(text, &s);
		assert_int_equal(s.v[0].sa.auth_key_len, 16);
		assert_memory_equal(s.v[0].sa.auth_key, rows[i].key, 16);
		missiu_script_fini(&s);
	}
}

static void test_delete_names_an_sa(void **state)
{
	struct missiu_script s;

	(void)state;
	parse("delete fd00::1 fd00::2 ah 0x101; delete any 10.0.0.2 esp 300",
	      &s);
	assert_int_equal(s.n, 2);
	assert_int_equal(s.v[0].kind, MISSIU_CHG_DEL_SA);
	assert_int_equal(s.v[0].sa.proto, MISSIU_AH);
	assert_int_equal(s.v[0].sa.spi, 257);
	assert_string_equal(addr_text(&s.v[0].sa.dst).s, "fd00::2");
	assert_int_equal(s.v[1].kind, MISSIU_CHG_DEL_SA);
	assert_int_equal(s.v[1].sa.proto, MISSIU_ESP);
	assert_int_equal(s.v[1].sa.spi, 300);
	assert_string_equal(addr_text(&s.v[1].sa.dst).s, "10.0.0.2");
	missiu_script_fini(&s);
}

static void test_last_semicolon_may_be_missing(void **state)
{
	struct missiu_script s;

	(void)state;
	parse("flush", &s);
	assert_int_equal(s.n, 1);
	assert_int_equal(s.v[0].kind, MISSIU_CHG_FLUSH_SA);
	missiu_script_fini(&s);
	parse("flush; spdflush # last", &s);
	assert_int_equal(s.n, 2);
	assert_int_equal(s.v[1].kind, MISSIU_CHG_FLUSH_POLICY);
	missiu_script_fini(&s);
}

static void test_print_hides_keys_unless_asked(void **state)
{
	struct missiu_script s;
	char buf[1024];

	(void)state;
	parse(A_TO_B "esp 4096 -E aes-cbc " KEY16 " -A hmac-sha1 " KEY20, &s);
	assert_int_not_equal(
		missiu_sa_print(&s.v[0].sa, false, buf, sizeof(buf)), 0);
	assert_string_equal(buf, A_TO_B "esp 0x00001000 -m any -E aes-cbc "
					"(hidden) -A hmac-sha1 (hidden);");
	assert_int_not_equal(
		missiu_sa_print(&s.v[0].sa, true, buf, sizeof(buf)), 0);
	assert_string_equal(buf,
			    A_TO_B "esp 0x00001000 -m any -E aes-cbc " KEY16
				   " -A hmac-sha1 " KEY20 ";");
	missiu_script_fini(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_add),
		cmocka_unit_test(test_quoted_keys_undo_escapes),
		cmocka_unit_test(test_delete_names_an_sa),
		cmocka_unit_test(test_last_semicolon_may_be_missing),
		cmocka_unit_test(test_print_hides_keys_unless_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
