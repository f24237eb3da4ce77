/* SPDX-License-Identifier: Apache-2.0 */
/* The manual page names every word of the tables; the examples are correct. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "missiu/script.h"
#include "policy/peer_keys.h"

#define FILE_MAX_LEN 65536

/* Tests run in the root of the repository. */
static char *read_file(const char *path)
{
	char *text = calloc(1, FILE_MAX_LEN);
	FILE *f = fopen(path, "r");
	size_t n;

	if (!f)
		fail_msg("%s is missing", path);
	assert_non_null(text);
	n = fread(text, 1, FILE_MAX_LEN - 1, f);
	assert_true(n > 0 && n < FILE_MAX_LEN - 1);
	fclose(f);
	return text;
}

/* What a reader sees: without the backslashes before dashes. */
static void unescape(char *text)
{
	char *to = text;

	for (const char *from = text; *from; from++)
		if (*from != '\\')
			*to++ = *from;
	*to = '\0';
}

static bool is_word_char(char c)
{
	return c && strchr("abcdefghijklmnopqrstuvwxyz0123456789_-", c);
}

static bool has_word(const char *text, const char *word)
{
	size_t len = strlen(word);

	for (const char *at = text; (at = strstr(at, word)); at++)
		if ((at == text || !is_word_char(at[-1])) &&
		    !is_word_char(at[len]))
			return true;
	return false;
}

static void test_manual_names_every_word(void **state)
{
	static const struct word_table *const tables[] = {
		&words_pattern,	     &words_action,	 &words_property,
		&words_command,	     &words_option,	 &words_dir,
		&words_sa,	     &words_df,		 &words_mode,
		&words_ulp,	     &words_port,	 &words_encr,
		&words_auth,	     &words_manual_encr, &words_manual_auth,
		&words_manual_proto, &words_peer,	 &words_yes_no,
		&words_peer_auth,    &words_crl_policy,	 &words_encap,
		&words_tcp,	     &words_childless,	 &words_request_address,
	};
	char *text = read_file("man/missiu-policy.5");

	(void)state;
	unescape(text);
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		for (size_t k = 0; k < tables[i]->n; k++)
			if (!has_word(text, tables[i]->v[k].name))
				fail_msg("missiu-policy(5) lacks \"%s\"",
					 tables[i]->v[k].name);
	free(text);
}

static void test_examples_are_correct(void **state)
{
	static const struct {
		const char *path;
		size_t n;
	} files[] = { { "examples/host-to-host.conf", 1 },
		      { "examples/peers.conf", 3 },
		      { "examples/gateway-pool.conf", 2 },
		      { "examples/road-warrior.conf", 2 },
		      { "examples/tunnel.conf", 4 },
		      { "examples/manual.conf", 5 } };

	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		char *text = read_file(files[i].path);
		struct missiu_script_err err;
		struct missiu_script s;

		if (missiu_script_parse(text, strlen(text), NULL, &s, &err))
			fail_msg("%s:%u:%u: %s", files[i].path, err.line,
				 err.col, err.diag.msg);
		assert_int_equal(s.n, files[i].n);
		missiu_script_fini(&s);
		free(text);
	}
}

/* Names and values of a table are each reachable: no word hides another. */
static void test_no_word_is_twice_in_a_table(void **state)
{
	static const struct word_table *const tables[] = {
		&words_pattern,	    &words_property,  &words_ulp,
		&words_port,	    &words_icmp_type, &words_icmp_code,
		&words_encr,	    &words_auth,      &words_manual_encr,
		&words_manual_auth, &words_peer,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		for (size_t k = 0; k < tables[i]->n; k++) {
			const struct word *w = &tables[i]->v[k];

			assert_ptr_equal(
				word_find(tables[i], w->name, strlen(w->name)),
				w);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_manual_names_every_word),
		cmocka_unit_test(test_examples_are_correct),
		cmocka_unit_test(test_no_word_is_twice_in_a_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
