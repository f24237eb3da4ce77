/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ike/cli.h"

#define MAX 4

struct good {
	const char *text;
	size_t n;
	const char *key; /* of the last entry */
	uint8_t id_type;
	uint8_t addr_family;
};

static const struct good good[] = {
	{ "", 0, NULL, 0, 0 },
	{ "# nothing\n\n", 0, NULL, 0, 0 },
	{ "swordfish\n", 1, "swordfish", 0, 0 },
	{ "swordfish", 1, "swordfish", 0, 0 },
	{ "  0x4142 # hex\n", 1, "AB", 0, 0 },
	{ "\"two words\"\n", 1, "two words", 0, 0 },
	{ "\"a \\\" quote\"\n", 1, "a \" quote", 0, 0 },
	{ "* any\r\n", 1, "any", 0, 0 },
	{ "10.0.0.1 one\n10.0.0.2 two\n", 2, "two", 0, 4 },
	{ "2001:db8::1 six", 1, "six", 0, 6 },
	{ "gw.example.org named\n", 1, "named", 2, 0 },
	{ "joe@example.org mail\n", 1, "mail", 3, 0 },
};

static void test_psk_file_accepts(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct ike_psk psk[MAX];
		struct missiu_diag diag = { "" };
		size_t n = 0;
		int ret =
			psk_file_parse("f", good[i].text, strlen(good[i].text),
				       psk, MAX, &n, &diag);

		if (ret || n != good[i].n)
			print_error("%s: %s\n", good[i].text, diag.msg);
		assert_int_equal(ret, 0);
		assert_int_equal(n, good[i].n);
		if (!n)
			continue;
		assert_int_equal(psk[n - 1].len, strlen(good[i].key));
		assert_memory_equal(psk[n - 1].key, good[i].key,
				    psk[n - 1].len);
		assert_int_equal(psk[n - 1].peer.type, good[i].id_type);
		assert_int_equal(psk[n - 1].addr.family, good[i].addr_family);
	}
}

static const char *const bad[][2] = {
	{ "0x4\n", "f:1: found 1 hex digits" },
	{ "ok\n0xzz\n", "f:2: found a character" },
	{ "\"open\n", "f:1: found the end of the line" },
	{ "a b c\n", "f:1: found a third word" },
	{ "\"\"\n", "f:1: found a key of 0 bytes" },
	{ "a\nb\nc\nd\ne\n", "f:5: found more than 4 keys" },
};

static void test_psk_file_refuses_with_line(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct ike_psk psk[MAX];
		struct missiu_diag diag = { "" };
		size_t n = 0;

		assert_int_equal(psk_file_parse("f", bad[i][0],
						strlen(bad[i][0]), psk, MAX, &n,
						&diag),
				 MISSIU_EINVAL);
		assert_non_null(strstr(diag.msg, bad[i][1]));
	}
}

static void test_psk_file_survives_every_prefix(void **state)
{
	const char *text = "10.0.0.1 \"a \\\" b\" # c\n* 0x00ff\nj@x y\n";

	(void)state;
	for (size_t len = 0; len <= strlen(text); len++) {
		char *copy = malloc(len ? len : 1);
		struct ike_psk psk[MAX];
		size_t n = 0;

		memcpy(copy, text, len);
		psk_file_parse("f", copy, len, psk, MAX, &n, NULL);
		assert_true(n <= MAX);
		free(copy);
	}
}

static int parse(const char *line, struct cli *c, struct missiu_diag *diag)
{
	static char words[32][64];
	char *argv[33];
	int argc = 0;

	while (*line) {
		size_t n = strcspn(line, " ");

		memcpy(words[argc], line, n);
		words[argc][n] = '\0';
		argv[argc] = words[argc];
		argc++;
		line += n + (line[n] == ' ');
	}
	argv[argc] = NULL;
	return cli_parse(argc, argv, c, diag);
}

static void test_cli_documented_line(void **state)
{
	static struct cli c;
	struct missiu_diag diag = { "" };

	(void)state;
	assert_int_equal(parse("ike -p secret -v 2 -c 10.0.0.2 -l 3600 -d 0 "
			       "10.0.0.1",
			       &c, &diag),
			 0);
	assert_int_equal(c.command, CLI_RUN);
	assert_int_equal(c.n_local, 1);
	assert_int_equal(c.n_peer, 1);
	assert_int_equal(c.conf.ike_life_s, 3600);
	assert_int_equal(c.conf.dpd_s, UINT32_MAX);
	assert_int_equal(c.conf.n_psk, 1);
	assert_memory_equal(c.conf.psk[0].key, "secret", 6);
}

static void test_cli_hides_the_key_in_argv(void **state)
{
	char prog[] = "ike", opt[] = "-p", key[] = "secret", ip[] = "10.0.0.1";
	char *argv[] = { prog, opt, key, ip, NULL };
	static struct cli c;
	struct missiu_diag diag;

	(void)state;
	assert_int_equal(cli_parse(4, argv, &c, &diag), 0);
	assert_string_equal(key, "******");
}

static const char *const bad_lines[][2] = {
	{ "ike 10.0.0.1", "no pre-shared key" },
	{ "ike -p k 10.0.0.999", "expected an IPv4 or IPv6 address" },
	{ "ike -p k -v 1 10.0.0.1", "expected 2" },
	{ "ike -p k -v x 10.0.0.1", "expected 2" },
	{ "ike -p k -g 2 10.0.0.1", "found group 2" },
	{ "ike -p k -G 5 10.0.0.1", "found group 5" },
	{ "ike -p k -n 4 10.0.0.1", "from 5 to 300" },
	{ "ike -p k -n 12x 10.0.0.1", "found '12x'" },
	{ "ike -p k -l 99999999999999999999 10.0.0.1", "expected a number" },
	{ "ike -p", "needs a value" },
	{ "ike -p k -a md5 10.0.0.1", "-a: not supported" },
	{ "ike -p k --nope 10.0.0.1", "unknown option '--nope'" },
	{ "ike -p k -q 10.0.0.1", "unknown option" },
	{ "ike -p k -c host 10.0.0.1", "-c: found 'host'" },
	{ "ike -p k --fragment-size 255 10.0.0.1", "256 to 65535" },
	{ "ike -p k --fragment-size 65536 10.0.0.1", "from 0 to 65535" },
	{ "ike status extra", "expected nothing" },
	{ "ike --psk-file /nonexistent 10.0.0.1", "No such file" },
};

static void test_cli_refuses(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bad_lines) / sizeof(bad_lines[0]); i++) {
		static struct cli c;
		struct missiu_diag diag = { "" };

		assert_int_not_equal(parse(bad_lines[i][0], &c, &diag), 0);
		if (!strstr(diag.msg, bad_lines[i][1]))
			fail_msg("%s: %s", bad_lines[i][0], diag.msg);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_psk_file_accepts),
		cmocka_unit_test(test_psk_file_refuses_with_line),
		cmocka_unit_test(test_psk_file_survives_every_prefix),
		cmocka_unit_test(test_cli_documented_line),
		cmocka_unit_test(test_cli_hides_the_key_in_argv),
		cmocka_unit_test(test_cli_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
