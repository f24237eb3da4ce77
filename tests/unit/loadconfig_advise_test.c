/* SPDX-License-Identifier: Apache-2.0 */
/* Warnings of policies that only manual keys can serve. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "loadconfig/advise.h"

#define BUNDLE "{ raddr 10.0.0.2 } ipsec { encr_algs aes auth_algs sha1 }\n"
#define BLAKE  "{ raddr 10.0.0.2 } ipsec { encr_auth_algs blake2b }\n"
#define KEY20  "\"0123456789abcdefghij\""
#define KEY32  "\"0123456789abcdef0123456789abcdef\""

/* What is said about a text. */
static void said(const char *text, char *buf, size_t cap)
{
	struct missiu_script_err err;
	struct missiu_script s = { 0 };
	FILE *f = tmpfile();

	assert_non_null(f);
	assert_int_equal(
		missiu_script_parse(text, strlen(text), NULL, &s, &err), 0);
	advise("x", &s, f);
	rewind(f);
	buf[fread(buf, 1, cap - 1, f)] = '\0';
	fclose(f);
	missiu_script_fini(&s);
}

static void test_policies_without_negotiation_are_told_of(void **state)
{
	static const struct {
		const char *text, *start, *why;
	} rows[] = {
		{ BUNDLE, "x:1:1: warning: ", "ESP inside AH" },
		{ "{} drop {}\n" BUNDLE, "x:2:1: warning: ", "ESP inside AH" },
		{ BLAKE, "x:1:1: warning: ", "BLAKE2" },
		{ BLAKE "add 10.0.0.1 10.0.0.2 esp 256 -A hmac-sha1 " KEY20,
		  "x:1:1: warning: ", "BLAKE2" },
		{ BUNDLE "add 10.0.0.1 10.0.0.2 esp 256 -A hmac-sha1 " KEY20,
		  "x:1:1: warning: ", "ESP inside AH" },
	};
	char buf[2000];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		said(rows[i].text, buf, sizeof(buf));
		assert_ptr_equal(strstr(buf, rows[i].start), buf);
		assert_non_null(strstr(buf, rows[i].why));
	}
}

static void test_nothing_is_said_of_the_others(void **state)
{
	static const char *const texts[] = {
		"{} drop {}",
		"{ raddr 10.0.0.2 } ipsec { encr_algs any }",
		"{ raddr 10.0.0.2 } ipsec { auth_algs sha256 }",
		BUNDLE "add 10.0.0.1 10.0.0.2 ah 256 -A hmac-sha1 " KEY20,
		BLAKE "add 10.0.0.1 10.0.0.2 esp 256 -A blake2b " KEY32,
	};
	char buf[2000];

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		said(texts[i], buf, sizeof(buf));
		assert_string_equal(buf, "");
	}
}

static void test_many_are_counted(void **state)
{
	char buf[4000];

	(void)state;
	said(BUNDLE BUNDLE BUNDLE BUNDLE BUNDLE BUNDLE BUNDLE, buf,
	     sizeof(buf));
	assert_non_null(strstr(buf, "x:5:1: warning"));
	assert_null(strstr(buf, "x:6:1: warning"));
	assert_non_null(strstr(buf, "x: warning: 2 more such policies\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_policies_without_negotiation_are_told_of),
		cmocka_unit_test(test_nothing_is_said_of_the_others),
		cmocka_unit_test(test_many_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
