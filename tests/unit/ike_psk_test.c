/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ike/cli.h"
#include "ike/psk.h"

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

static const char long_enough[] = "0123456789abcdef0123456789abcdef";

static void test_ppk_file(void **state)
{
	static const char *const texts[][2] = {
		{ "ann 0123456789abcdef0123456789abcdef\n", NULL },
		{ "# no\n\"bob b\" \"0123456789abcdef0123456789abcdef\"\n",
		  NULL },
		{ "ann\n", "f:1: found one word" },
		{ "ann # 0123456789abcdef0123456789abcdef\n",
		  "f:1: found one word" },
		{ "ann short\n", "f:1: found a PPK of 5 bytes" },
		{ "ann 0x00\n", "f:1: found a PPK of 1 bytes" },
		{ "\"\" x\n", "f:1: found a PPK name of 0 bytes" },
		{ "a 0123456789abcdef0123456789abcdef b\n",
		  "f:1: found a third word" },
		{ "a 0123456789abcdef0123456789abcdef\n"
		  "a 0123456789abcdef0123456789abcdee\n",
		  "f:2: found a PPK name for the second time" },
		{ "a 0123456789abcdef0123456789abcdef\n"
		  "b 0123456789abcdef0123456789abcdef\n"
		  "c 0123456789abcdef0123456789abcdef\n",
		  "f:3: found more than 2 keys" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct missiu_diag diag = { "" };
		struct ike_ppk v[2];
		size_t n = 0;
		int ret = ppk_file_parse("f", texts[i][0], strlen(texts[i][0]),
					 v, 2, &n, &diag);

		assert_int_equal(ret, texts[i][1] ? MISSIU_EINVAL : 0);
		if (texts[i][1]) {
			assert_ptr_equal(strstr(diag.msg, texts[i][1]),
					 diag.msg);
			assert_null(strstr(diag.msg, "0123456789abcdef"));
			continue;
		}
		assert_int_equal(n, 1);
		assert_int_equal(v[0].len, 32);
		assert_memory_equal(v[0].key, long_enough, 32);
		assert_int_equal(v[0].id_len, i ? 5 : 3);
	}
}

/* Every prefix of a file, and every bit flipped, in a block of that size. */
static void test_ppk_file_with_any_damage(void **state)
{
	static const char text[] =
		"ann 0x303132333435363738396162636465663031323334353637"
		"3839616263646566\n\"b c\" \"0123456789abcdef0123456789"
		"abcdef\\\"\" # end\n";
	const size_t len = sizeof(text) - 1;

	(void)state;
	for (size_t i = 0; i < len + 8 * len; i++) {
		const size_t n = i < len ? i : len;
		char *p = malloc(n ? n : 1);
		struct missiu_diag diag;
		struct ike_ppk v[2];
		size_t got = 0;

		memcpy(p, text, n);
		if (i >= len)
			p[(i - len) / 8] ^= (char)(1 << (i - len) % 8);
		(void)ppk_file_parse("f", p, n, v, 2, &got, &diag);
		for (size_t k = 0; k < got; k++)
			assert_true(v[k].len >= IKE_PPK_MIN && v[k].id_len);
		free(p);
	}
}

/* On a command line: both halves, in any order, and then not to be seen. */
static void test_ppk_options(void **state)
{
	static const char *const lines[][6] = {
		{ "ike", "-pkey", "--ppk", long_enough, "--ppk_id", "ann" },
		{ "ike", "--ppk_id=ann", "-pkey", "--ppk", long_enough,
		  "--ppk-required" },
		{ "ike", "-pkey", "--ppk", long_enough },
		{ "ike", "-pkey", "--ppk_id", "ann" },
		{ "ike", "-pkey", "--ppk", "short", "--ppk_id", "ann" },
		{ "ike", "-pkey", "--ppk-required" },
	};

	(void)state;
	for (size_t i = 0; i < 6; i++) {
		struct cli *c = calloc(1, sizeof(*c));
		struct missiu_diag diag = { "" };
		char *argv[7] = { NULL };
		int argc = 0, ret;

		for (; argc < 6 && lines[i][argc]; argc++)
			argv[argc] = strdup(lines[i][argc]);
		ret = cli_parse(argc, argv, c, &diag);
		assert_int_equal(ret, i < 2 ? 0 : MISSIU_EINVAL);
		if (!ret) {
			assert_int_equal(c->conf.n_ppk, 1);
			assert_int_equal(c->conf.ppk[0].id_len, 3);
			assert_int_equal(c->conf.ppk_required, i == 1);
		}
		while (argc--) {
			assert_null(strstr(argv[argc], "0123456789"));
			free(argv[argc]);
		}
		cli_wipe(c);
		free(c);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_psk_file_accepts),
		cmocka_unit_test(test_ppk_file),
		cmocka_unit_test(test_ppk_file_with_any_damage),
		cmocka_unit_test(test_ppk_options),
		cmocka_unit_test(test_psk_file_refuses_with_line),
		cmocka_unit_test(test_psk_file_survives_every_prefix),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
