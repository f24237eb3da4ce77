/* SPDX-License-Identifier: Apache-2.0 */
/* Status as JSON and for people, of an engine with an SA and a policy. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <jansson.h>

#include "missiu/script.h"
#include "missiu/status.h"

static const char conf[] =
	"{ raddr 192.168.3.119 ulp icmp } ipsec "
	"{ encr_algs aes encr_auth_algs sha1 }\n"
	"add 192.168.3.110 192.168.3.119 esp 0x1001 -m transport "
	"-E aes-cbc 0x5ec2e75ec2e75ec2e75ec2e75ec2e7aa "
	"-A hmac-sha1 0x5ec2e75ec2e75ec2e75ec2e75ec2e7bbccddeeff;\n";

#define KEY_HEX "5ec2e7"

static struct missiu *loaded(void)
{
	struct missiu *m = missiu_new(NULL);
	struct missiu_script s = { 0 };
	struct missiu_script_err e = { 0 };

	assert_non_null(m);
	assert_int_equal(missiu_script_parse(conf, strlen(conf), NULL, &s, &e),
			 0);
	assert_int_equal(missiu_load(m, s.v, s.n, 1000000, NULL, NULL), 0);
	missiu_script_fini(&s);
	return m;
}

static const struct status_view view = {
	.iface = "eth0",
	.tap = "tap3",
	.backend = "raw",
	.backend_why = "asked for by startRaw",
	.link_mtu = 1500,
	.tap_mtu = 1400,
	.tap_lost = 17,
	.pid = 4711,
	.started = 500000,
	.now = 3500000,
};

static const char *str(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	assert_non_null(s);
	return s;
}

static json_int_t num(const json_t *o, const char *key)
{
	const json_t *n = json_object_get(o, key);

	assert_true(json_is_integer(n));
	return json_integer_value(n);
}

static void test_json_says_what_runs(void **state)
{
	struct missiu *m = loaded();
	char *text = status_json(m, &view);
	json_t *o = json_loads(text, JSON_REJECT_DUPLICATES, NULL);

	(void)state;
	assert_string_equal(str(o, "version"), MISSIU_VERSION);
	assert_string_equal(str(o, "interface"), "eth0");
	assert_string_equal(str(o, "tap"), "tap3");
	assert_string_equal(str(o, "backend"), "raw");
	assert_string_equal(str(o, "default"), "bypass");
	assert_int_equal(num(o, "pid"), 4711);
	assert_int_equal(num(o, "interface_mtu"), 1500);
	assert_int_equal(num(o, "tap_mtu"), 1400);
	assert_int_equal(num(o, "tap_lost"), 17);
	assert_true(json_real_value(json_object_get(o, "uptime_s")) == 3.0);
	json_decref(o);
	free(text);
	missiu_free(m);
}

static void test_json_describes_sas_and_policies(void **state)
{
	struct missiu *m = loaded();
	char *text = status_json(m, &view);
	json_t *o = json_loads(text, JSON_REJECT_DUPLICATES, NULL), *sa, *p;

	(void)state;
	assert_int_equal(json_array_size(json_object_get(o, "sas")), 1);
	sa = json_array_get(json_object_get(o, "sas"), 0);
	assert_string_equal(str(sa, "spi"), "0x00001001");
	assert_string_equal(str(sa, "proto"), "esp");
	assert_string_equal(str(sa, "mode"), "transport");
	assert_string_equal(str(sa, "src"), "192.168.3.110");
	assert_string_equal(str(sa, "dst"), "192.168.3.119");
	assert_string_equal(str(sa, "encr"), "aes-cbc");
	assert_int_equal(num(sa, "encr_key_bits"), 128);
	assert_string_equal(str(sa, "auth"), "hmac-sha1-96");
	assert_true(json_is_true(json_object_get(sa, "manual")));
	assert_int_equal(num(sa, "packets"), 0);
	assert_int_equal(json_array_size(json_object_get(o, "policies")), 1);
	p = json_array_get(json_object_get(o, "policies"), 0);
	assert_non_null(strstr(str(p, "text"), "raddr 192.168.3.119"));
	assert_string_equal(str(p, "action"), "protect");
	assert_int_equal(num(p, "out_packets"), 0);
	json_decref(o);
	free(text);
	missiu_free(m);
}

static void test_only_drops_that_happened_are_listed(void **state)
{
	struct missiu *m = loaded();
	json_t *o, *drops;
	char *text;

	(void)state;
	missiu_count_drop(m, MISSIU_DROP_TX_TOO_BIG, 2);
	missiu_count_drop(m, MISSIU_DROP_TAP_MULTICAST, 5);
	text = status_json(m, &view);
	o = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	drops = json_object_get(o, "drops");
	assert_int_equal(json_object_size(drops), 3);
	assert_int_equal(num(drops, "total"), 7);
	assert_int_equal(num(drops, "TxTooBig"), 2);
	assert_int_equal(num(drops, "TapMulticast"), 5);
	json_decref(o);
	free(text);
	missiu_free(m);
}

static char *printed(const char *json, int *ret)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	assert_non_null(f);
	*ret = status_print(json, f);
	fclose(f);
	return text;
}

static void test_people_see_the_same(void **state)
{
	static const char *const parts[] = {
		"eth0",
		"tap3",
		"MTU 1400",
		"pid 4711",
		"up 3s",
		"raw",
		"SAs: 1",
		"0x00001001",
		"192.168.3.110 -> 192.168.3.119",
		"aes-cbc-128",
		"hmac-sha1-96",
		"policies: 1",
		"{ raddr 192.168.3.119 ulp icmp }",
		"dropped packets: 0",
	};
	struct missiu *m = loaded();
	char *json = status_json(m, &view), *text;
	int ret;

	(void)state;
	text = printed(json, &ret);
	assert_int_equal(ret, 0);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (!strstr(text, parts[i]))
			fail_msg("\"%s\" is missing in:\n%s", parts[i], text);
	free(text);
	free(json);
	missiu_free(m);
}

static void test_keys_never_appear(void **state)
{
	struct missiu *m = loaded();
	char *json = status_json(m, &view), *text;
	int ret;

	(void)state;
	text = printed(json, &ret);
	assert_null(strstr(json, KEY_HEX));
	assert_null(strstr(text, KEY_HEX));
	free(text);
	free(json);
	missiu_free(m);
}

/* Another version's answer, or none at all, must not crash the command. */
static void test_damaged_json_is_refused_or_shown(void **state)
{
	struct missiu *m = loaded();
	char *json = status_json(m, &view);
	size_t len = strlen(json);
	int ret;

	(void)state;
	for (size_t n = 0; n < len; n++) {
		char *part = strndup(json, n), *text;

		assert_non_null(part);
		text = printed(part, &ret);
		assert_int_equal(ret, MISSIU_EPROTO);
		free(text);
		free(part);
	}
	free(printed("{}", &ret));
	assert_int_equal(ret, 0);
	free(printed("[1, 2]", &ret));
	assert_int_equal(ret, MISSIU_EPROTO);
	free(printed("{\"sas\": [1, {}], \"policies\": 3, \"drops\": []}",
		     &ret));
	assert_int_equal(ret, 0);
	free(json);
	missiu_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_json_says_what_runs),
		cmocka_unit_test(test_json_describes_sas_and_policies),
		cmocka_unit_test(test_only_drops_that_happened_are_listed),
		cmocka_unit_test(test_people_see_the_same),
		cmocka_unit_test(test_keys_never_appear),
		cmocka_unit_test(test_damaged_json_is_refused_or_shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
