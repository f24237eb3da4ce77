/* SPDX-License-Identifier: Apache-2.0 */
/* The dumps: documented labels, hidden keys, text that loads again, JSON. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "loadconfig/dump.h"
#include "missiu/script.h"

#define TEXT                                                                   \
	"{ raddr 10.0.0.2 ulp icmp } ipsec { encr_algs aes encr_auth_algs "    \
	"sha1 }\n"                                                             \
	"{ raddr 10.0.0.3 dir in } drop {}\n"                                  \
	"add 10.0.0.1 10.0.0.2 esp 0x1000 -m tunnel -r 64 -n -l 60 -b 9 -E "   \
	"aes-cbc 0x5ec2e75ec2e75ec2e75ec2e75ec2e700 -A hmac-sha1 "             \
	"0x5ec2e75ec2e75ec2e75ec2e75ec2e75ec2e75ec2;"

struct fixture {
	struct missiu_script script;
	struct ctl_sa sa;
	struct ctl_policy policies[2];
	struct dump_data data;
};

static int setup(void **state)
{
	struct fixture *x = calloc(1, sizeof(*x));
	struct missiu_script_err err;

	assert_non_null(x);
	assert_int_equal(missiu_script_parse(TEXT, sizeof(TEXT) - 1, NULL,
					     &x->script, &err),
			 0);
	x->policies[0].policy = x->script.v[0].policy;
	x->policies[0].policy.id = 7;
	x->policies[0].stats.in_packets = 11;
	x->policies[1].policy = x->script.v[1].policy;
	x->sa.sa = x->script.v[2].sa;
	x->sa.stats = (struct missiu_sa_stats){ .packets = 5,
						.bytes = 4096,
						.seq = 6,
						.replays = 2,
						.added_us = 1000000 };
	x->data = (struct dump_data){ &x->sa, 1, x->policies, 2, 31000000 };
	*state = x;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *x = *state;

	missiu_script_fini(&x->script);
	free(x);
	return 0;
}

static char *text_of(int (*dump)(FILE *, const struct dump_what *,
				 const struct dump_data *),
		     const struct dump_what *what, const struct dump_data *d)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	assert_non_null(f);
	assert_int_equal(dump(f, what, d), 0);
	fclose(f);
	return text;
}

static void test_sa_dump_has_documented_labels(void **state)
{
	static const char want[] = "==== SPI: 0x00001000\n"
				   "Flags: both manual esn\n"
				   "Proto: ESP\n"
				   "ULP: 0\n"
				   "Mode: tunnel\n"
				   "Source.addr: 10.0.0.1\n"
				   "Dest.addr: 10.0.0.2\n"
				   "Auth.algo: 2 (hmac-sha1-96)\n"
				   "Auth.key: (hidden)\n"
				   "Encr.algo: 4 (aes-cbc)\n"
				   "Encr.key: (hidden)\n"
				   "Usage: 30/60 secs, 4/9 kbytes, 5 pkts\n"
				   "Seq: 6(+64)\n"
				   "Dropped: 2 replayed, 0 not authentic\n";
	struct fixture *x = *state;
	const struct dump_what what = { .sas = true };
	char *text = text_of(dump_text, &what, &x->data);

	assert_string_equal(text, want);
	free(text);
}

static void test_keys_are_shown_only_when_asked_for(void **state)
{
	struct fixture *x = *state;
	struct dump_what what = { .sas = true, .keys = true };
	char *text = text_of(dump_text, &what, &x->data);

	assert_non_null(strstr(text, "Encr.key: 5E.C2.E7.5E.C2.E7.5E.C2.E7.5E."
				     "C2.E7.5E.C2.E7.00\n"));
	assert_non_null(strstr(text, "Auth.key: 5E.C2.E7."));
	free(text);
	text = text_of(dump_json, &what, &x->data);
	assert_non_null(strstr(text, "5ec2e75ec2e7"));
	free(text);
	what.keys = false;
	text = text_of(dump_json, &what, &x->data);
	assert_null(strstr(text, "5ec2e7"));
	free(text);
}

static void test_policy_dump_loads_again(void **state)
{
	struct fixture *x = *state;
	const struct dump_what what = { .policies = true };
	char *text = text_of(dump_text, &what, &x->data);
	struct missiu_script_err err;
	struct missiu_script s;

	assert_non_null(strstr(text, "\n# 7: in 11 packets, 0 bytes; out 0 "
				     "packets, 0 bytes\n"));
	assert_int_equal(
		missiu_script_parse(text, strlen(text), NULL, &s, &err), 0);
	assert_int_equal(s.n, 2);
	assert_int_equal(s.v[1].policy.action, MISSIU_DISCARD);
	missiu_script_fini(&s);
	free(text);
}

static void test_json_is_one_object(void **state)
{
	struct fixture *x = *state;
	const struct dump_what what = { .sas = true,
					.policies = true,
					.json = true };
	char *text = text_of(dump_json, &what, &x->data);
	json_t *o = json_loads(text, 0, NULL), *sa, *policy;

	assert_non_null(o);
	sa = json_array_get(json_object_get(o, "sas"), 0);
	assert_string_equal(json_string_value(json_object_get(sa, "spi")),
			    "0x00001000");
	assert_int_equal(json_integer_value(json_object_get(sa, "bytes")),
			 4096);
	assert_true(json_real_value(json_object_get(sa, "age_s")) == 30.0);
	policy = json_array_get(json_object_get(o, "policies"), 1);
	assert_string_equal(json_string_value(json_object_get(policy, "text")),
			    "{ raddr 10.0.0.3 dir in } drop {}");
	json_decref(o);
	free(text);
}

static void test_a_full_disk_is_an_error(void **state)
{
	struct fixture *x = *state;
	const struct dump_what what = { .sas = true };
	FILE *f = fopen("/dev/full", "w");

	assert_non_null(f);
	assert_int_equal(dump_text(f, &what, &x->data), MISSIU_EIO);
	fclose(f);
	f = fopen("/dev/full", "w");
	assert_int_equal(dump_json(f, &what, &x->data), MISSIU_EIO);
	fclose(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sa_dump_has_documented_labels),
		cmocka_unit_test(test_keys_are_shown_only_when_asked_for),
		cmocka_unit_test(test_policy_dump_loads_again),
		cmocka_unit_test(test_json_is_one_object),
		cmocka_unit_test(test_a_full_disk_is_an_error),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
