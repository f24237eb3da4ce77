/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ike/cli.h"

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

/* Each option with a number, and the field it is meant for. */
static const struct {
	const char *line;
	size_t at; /* in struct ike_conf, a uint32_t */
	uint32_t want;
} numbers[] = {
#define F(name) offsetof(struct ike_conf, name)
	{ "ike -p k -d 0", F(dpd_s), UINT32_MAX },
	{ "ike -p k -d 1440", F(dpd_s), 86400 },
	{ "ike -p k -l 5", F(ike_life_s), 5 },
	{ "ike -p k -l 864000", F(ike_life_s), 864000 },
	{ "ike -p k -L 3", F(child_life_s), 3 },
	{ "ike -p k -n 300", F(negotiate_s), 300 },
	{ "ike -p k --retransmit 100", F(retransmit_ms), 100 },
	{ "ike -p k --idle 0", F(idle_s), UINT32_MAX },
	{ "ike -p k --idle 7", F(idle_s), 7 },
	{ "ike -p k --silence 0", F(silent_s), UINT32_MAX },
	{ "ike -p k --silence 86400", F(silent_s), 86400 },
	{ "ike -p k --reauth 0", F(reauth_s), 0 },
	{ "ike -p k --reauth 9", F(reauth_s), 9 },
	{ "ike -p k --replay-window 4096", F(replay_window), 4096 },
	{ "ike -p k --fragment-size 256", F(fragment_size), 256 },
#undef F
};

static void test_cli_numbers(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		static struct cli c, none;
		struct missiu_diag diag = { "" };
		struct ike_conf want;

		assert_int_equal(parse("ike -p k", &none, &diag), 0);
		assert_int_equal(parse(numbers[i].line, &c, &diag), 0);
		/* That field and no other. */
		want = none.conf;
		memcpy((uint8_t *)&want + numbers[i].at, &numbers[i].want,
		       sizeof(uint32_t));
		want.psk = c.conf.psk;
		want.ppk = c.conf.ppk;
		if (memcmp(&want, &c.conf, sizeof(want)) != 0)
			fail_msg("%s", numbers[i].line);
	}
}

static void test_cli_words(void **state)
{
	static struct cli c;
	struct missiu_diag diag = { "" };

	(void)state;
	assert_int_equal(parse("ike -p k --encap auto --tcp fallback=4443 "
			       "--childless never -G 19 -g 31 --id me@b "
			       "-r 10.0.0.9",
			       &c, &diag),
			 0);
	assert_int_equal(c.conf.encap, MISSIU_ENCAP_AUTO);
	assert_int_equal(c.conf.tcp, MISSIU_TCP_FALLBACK);
	assert_int_equal(c.conf.tcp_port, 4443);
	assert_int_equal(c.conf.childless, MISSIU_CHILDLESS_NEVER);
	assert_int_equal(c.conf.pfs_group, 19);
	assert_int_equal(c.conf.dh_group, 31);
	assert_int_equal(c.conf.id.len, strlen("me@b"));
	assert_int_equal(c.conf.redirect_to.family, 4);
}

static const char *const bad_lines[][2] = {
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
	{ "ike -p k -d 1441", "-d: found '1441', expected a number from 0" },
	{ "ike -p k -l 4", "-l: found '4', expected a number from 5" },
	{ "ike -p k -L 2", "-L: found '2', expected a number from 3" },
	{ "ike -p k --retransmit 99", "--retransmit: found '99'" },
	{ "ike -p k --idle -1", "--idle: found '-1'" },
	{ "ike -p k --silence 86401", "--silence: found '86401'" },
	{ "ike -p k --reauth x", "--reauth: found 'x'" },
	{ "ike -p k --replay-window 31", "--replay-window: found '31'" },
	{ "ike -p k --encap x", "--encap: found 'x'" },
	{ "ike -p k --tcp never=1023", "--tcp: found '1023'" },
	{ "ike -p k --tcp nev", "--tcp: found 'nev'" },
	{ "ike -p k --childless x", "--childless: found 'x'" },
	{ "ike -p k -r 0.0.0.0", "-r: found '0.0.0.0'" },
	{ "ike -p k --ike_crl_policy x", "--ike_crl_policy: found 'x'" },
	{ "ike -p k --ppk-required", "--ppk-required: there is none" },
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
		cmocka_unit_test(test_cli_documented_line),
		cmocka_unit_test(test_cli_hides_the_key_in_argv),
		cmocka_unit_test(test_cli_numbers),
		cmocka_unit_test(test_cli_words),
		cmocka_unit_test(test_cli_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
