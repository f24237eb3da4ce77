/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/addr.h"
#include "ike/keylog.h"

static struct ike_sa ike_sa_of(uint16_t encr, uint16_t bits, uint16_t integ)
{
	struct ike_sa sa = { .spi_i = 0x1122, .spi_r = 0xff00000000000001 };

	sa.algs.prf = 5;
	sa.algs.integ = integ;
	assert_true(ike_cipher_get(encr, bits, &sa.algs.cipher));
	memset(sa.keys.sk_ei, 0xe1, sizeof(sa.keys.sk_ei));
	memset(sa.keys.sk_er, 0xe2, sizeof(sa.keys.sk_er));
	memset(sa.keys.sk_ai, 0xa1, sizeof(sa.keys.sk_ai));
	memset(sa.keys.sk_ar, 0xa2, sizeof(sa.keys.sk_ar));
	return sa;
}

static void test_lines_of_ike(void **state)
{
	char line[KEYLOG_MAX];
	struct ike_sa sa;

	(void)state;
	sa = ike_sa_of(IKE_ENCR_AES_GCM_16, 128, 0);
	assert_true(keylog_ike(&sa, line, sizeof(line)));
	assert_string_equal(line,
			    "0000000000001122,ff00000000000001,"
			    "e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1,"
			    "e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2,"
			    "\"AES-GCM-128 with 16 octet ICV [RFC5282]\",,,"
			    "\"NONE [RFC4306]\"");
	sa = ike_sa_of(IKE_ENCR_AES_CBC, 128, IKE_INTEG_SHA1_96);
	assert_true(keylog_ike(&sa, line, sizeof(line)));
	assert_string_equal(line, "0000000000001122,ff00000000000001,"
				  "e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1,"
				  "e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2,"
				  "\"AES-CBC-128 [RFC3602]\","
				  "a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1,"
				  "a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2,"
				  "\"HMAC_SHA1_96 [RFC2404]\"");
	/* The longest there is fits. */
	sa = ike_sa_of(IKE_ENCR_AES_CBC, 256, IKE_INTEG_SHA512_256);
	assert_true(keylog_ike(&sa, line, sizeof(line)));
}

static void test_what_wireshark_does_not_know_is_left_out(void **state)
{
	struct missiu_sa esp = { .proto = MISSIU_ESP,
				 .encr = MISSIU_ENCR_CHACHA20_POLY1305,
				 .auth = MISSIU_AUTH_NONE,
				 .icv_len = 16 };
	char line[KEYLOG_MAX];
	struct ike_sa sa;

	(void)state;
	sa = ike_sa_of(IKE_ENCR_CHACHA20_POLY1305, 0, 0);
	assert_false(keylog_ike(&sa, line, sizeof(line)));
	assert_false(keylog_esp(&esp, line, sizeof(line)));
	esp.encr = MISSIU_ENCR_AES_GCM;
	assert_true(keylog_esp(&esp, line, sizeof(line)));
	esp.proto = MISSIU_AH;
	assert_false(keylog_esp(&esp, line, sizeof(line)));
	/* Half a line would be worse than none. */
	esp.proto = MISSIU_ESP;
	assert_false(keylog_esp(&esp, line, 40));
}

static void test_lines_of_esp(void **state)
{
	struct missiu_sa sa = { .proto = MISSIU_ESP,
				.spi = 0x1001,
				.encr = MISSIU_ENCR_AES_CBC,
				.encr_key_len = 16,
				.auth = MISSIU_AUTH_SHA256,
				.auth_key_len = 2,
				.encr_key = { 1 },
				.auth_key = { 2, 3 } };
	char line[KEYLOG_MAX];

	(void)state;
	assert_true(addr_parse("2001:db8::1", &sa.src));
	assert_true(addr_parse("2001:db8::2", &sa.dst));
	assert_true(keylog_esp(&sa, line, sizeof(line)));
	assert_string_equal(
		line, "\"IPv6\",\"2001:db8::1\",\"2001:db8::2\",\"0x00001001\","
		      "\"AES-CBC [RFC3602]\","
		      "\"0x01000000000000000000000000000000\","
		      "\"HMAC-SHA-256-128 [RFC4868]\",\"0x0203\"");
	assert_true(addr_parse("192.0.2.1", &sa.src));
	assert_true(addr_parse("192.0.2.2", &sa.dst));
	sa.encr = MISSIU_ENCR_NULL;
	sa.encr_key_len = 0;
	assert_true(keylog_esp(&sa, line, sizeof(line)));
	assert_string_equal(line, "\"IPv4\",\"192.0.2.1\",\"192.0.2.2\","
				  "\"0x00001001\",\"NULL\",\"\","
				  "\"HMAC-SHA-256-128 [RFC4868]\",\"0x0203\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines_of_ike),
		cmocka_unit_test(test_what_wireshark_does_not_know_is_left_out),
		cmocka_unit_test(test_lines_of_esp),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
