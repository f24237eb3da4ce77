/* SPDX-License-Identifier: Apache-2.0 */
/* Routes that policies call for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "common/addr.h"
#include "missiu/autoroute.h"

#define LO4 "0.0.0.0"
#define HI4 "255.255.255.255"

static struct missiu_addr addr(const char *text)
{
	struct missiu_addr a = { 0 };

	if (text)
		assert_true(addr_parse(text, &a));
	return a;
}

static struct missiu_policy protect(const char *local_lo, const char *local_hi,
				    const char *lo, const char *hi)
{
	struct missiu_policy p = {
		.id = 7,
		.line = 3,
		.dirs = MISSIU_IN | MISSIU_OUT,
		.action = MISSIU_PROTECT,
		.mode = MISSIU_TRANSPORT,
		.n_prot = 1,
		.prot = { { .proto = MISSIU_ESP,
			    .encr = MISSIU_ENCR_AES_GCM,
			    .auth = MISSIU_AUTH_NONE } },
		.local = ts_any(),
		.remote = ts_any(),
	};

	p.local.lo = addr(local_lo);
	p.local.hi = addr(local_hi);
	p.remote.lo = addr(lo);
	p.remote.hi = addr(hi);
	return p;
}

/* The addresses of the host in these tests, outer interface first. */
static size_t host_addrs(struct netlink_addr v[static 4])
{
	static const char *const text[] = { "192.168.3.110", "fd00::110",
					    "10.1.0.1", "10.1.7.1" };

	for (size_t i = 0; i < 4; i++)
		v[i] = (struct netlink_addr){ .addr = addr(text[i]) };
	return 4;
}

/* The plan as text: "10.0.0.0/8 from 10.1.0.1, ..." */
static void plan_text(const struct missiu_policy *p, size_t n, char *text,
		      size_t cap)
{
	struct autoroute_plan plan = { 0 };
	struct netlink_addr v[4];
	size_t n_addrs = host_addrs(v), at = 0;

	for (size_t i = 0; i < n; i++)
		assert_true(autoroute_plan(&p[i], v, n_addrs, &plan));
	text[0] = '\0';
	for (size_t i = 0; i < plan.n && at < cap; i++) {
		const struct netlink_route *r = &plan.v[i];

		at += (size_t)snprintf(text + at, cap - at, "%s%s/%u from %s",
				       i ? ", " : "", addr_text(&r->dst).s,
				       r->plen, addr_text(&r->src).s);
	}
	free(plan.v);
}

static void test_remote_side_becomes_prefixes(void **state)
{
	static const struct {
		const char *lo, *hi, *want;
	} rows[] = {
		{ "192.168.3.119", "192.168.3.119",
		  "192.168.3.119/32 from 192.168.3.110" },
		{ "10.2.0.0", "10.2.0.255", "10.2.0.0/24 from 192.168.3.110" },
		{ "10.2.0.1", "10.2.0.6",
		  "10.2.0.1/32 from 192.168.3.110, 10.2.0.2/31 from "
		  "192.168.3.110, 10.2.0.4/31 from 192.168.3.110, 10.2.0.6/32 "
		  "from 192.168.3.110" },
		{ "255.255.255.254", HI4,
		  "255.255.255.254/31 from 192.168.3.110" },
		{ LO4, "127.255.255.255", "0.0.0.0/1 from 192.168.3.110" },
		{ "fd00::119", "fd00::119", "fd00::119/128 from fd00::110" },
		{ "fd00:0:0:1::", "fd00::1:ffff:ffff:ffff:ffff",
		  "fd00:0:0:1::/64 from fd00::110" },
		{ "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe",
		  "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
		  "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe/127 from "
		  "fd00::110" },
	};
	char text[1024];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct missiu_policy p =
			protect(NULL, NULL, rows[i].lo, rows[i].hi);

		plan_text(&p, 1, text, sizeof(text));
		assert_string_equal(text, rows[i].want);
	}
}

static void test_source_lies_in_local_side(void **state)
{
	static const struct {
		const char *lo, *hi, *want;
	} rows[] = {
		{ "10.1.0.0", "10.1.255.255", "10.2.0.1/32 from 10.1.0.1" },
		{ "10.1.7.0", "10.1.7.255", "10.2.0.1/32 from 10.1.7.1" },
		{ "10.9.0.0", "10.9.0.255", "10.2.0.1/32 from any" },
		{ NULL, NULL, "10.2.0.1/32 from 192.168.3.110" },
	};
	char text[256];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct missiu_policy p =
			protect(rows[i].lo, rows[i].hi, "10.2.0.1", "10.2.0.1");

		plan_text(&p, 1, text, sizeof(text));
		assert_string_equal(text, rows[i].want);
	}
}

/* One neighbour for a whole network; a group has no next hop. */
static void test_next_hop_is_the_gateway(void **state)
{
	static const struct {
		const char *lo, *hi, *via;
	} rows[] = {
		{ "10.2.0.0", "10.2.255.255", "169.254.77.77" },
		{ "192.168.3.119", "192.168.3.119", "169.254.77.77" },
		{ "fd02::", "fd02::ffff", "fe80::7777" },
		{ "239.1.1.1", "239.1.1.1", "any" },
		{ "ff0e::5", "ff0e::5", "any" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct missiu_policy p =
			protect(NULL, NULL, rows[i].lo, rows[i].hi);
		struct autoroute_plan plan = { 0 };

		assert_true(autoroute_plan(&p, NULL, 0, &plan));
		assert_int_equal(plan.n, 1);
		assert_string_equal(addr_text(&plan.v[0].via).s, rows[i].via);
		free(plan.v);
	}
}

static void test_worst_range_stays_small(void **state)
{
	struct missiu_policy p = protect(
		NULL, NULL, "::1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe");
	struct autoroute_plan plan = { 0 };

	(void)state;
	assert_true(autoroute_plan(&p, NULL, 0, &plan));
	assert_int_equal(plan.n, 254);
	free(plan.v);
}

/* First match decides, so the first policy's source does too. */
static void test_plan_is_sorted_without_repetition(void **state)
{
	const struct missiu_policy p[] = {
		protect("10.1.7.0", "10.1.7.255", "10.9.0.1", "10.9.0.1"),
		protect(NULL, NULL, "fd00::1", "fd00::1"),
		protect(NULL, NULL, "10.9.0.1", "10.9.0.1"),
		protect(NULL, NULL, "10.8.0.0", "10.8.255.255"),
		protect(NULL, NULL, "10.8.0.0", "10.8.0.255"),
	};
	char text[512];

	(void)state;
	plan_text(p, sizeof(p) / sizeof(p[0]), text, sizeof(text));
	assert_string_equal(text, "10.8.0.0/16 from 192.168.3.110, 10.8.0.0/24 "
				  "from 192.168.3.110, 10.9.0.1/32 from "
				  "10.1.7.1, fd00::1/128 from fd00::110");
}

static void test_never_a_default_route(void **state)
{
	const struct missiu_policy p[] = {
		protect(NULL, NULL, NULL, NULL),
		protect(NULL, NULL, LO4, HI4),
		protect(NULL, NULL,
			"::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(p) / sizeof(p[0]); i++) {
		struct autoroute_plan plan = { 0 };

		assert_true(autoroute_plan(&p[i], NULL, 0, &plan));
		assert_int_equal(plan.n, 0);
		assert_int_equal(plan.any_id, 7);
		assert_int_equal(plan.any_line, 3);
		free(plan.v);
	}
}

static void test_only_outbound_protection_counts(void **state)
{
	struct missiu_policy p[3];
	struct autoroute_plan plan = { 0 };

	(void)state;
	for (size_t i = 0; i < 3; i++)
		p[i] = protect(NULL, NULL, "10.2.0.1", "10.2.0.1");
	p[0].dirs = MISSIU_IN;
	p[1].action = MISSIU_BYPASS;
	p[2].action = MISSIU_DISCARD;
	for (size_t i = 0; i < 3; i++)
		assert_true(autoroute_plan(&p[i], NULL, 0, &plan));
	assert_int_equal(plan.n, 0);
}

static void test_small_links_give_ipv4_routes_an_mtu(void **state)
{
	struct missiu_policy v4 = protect(NULL, NULL, "10.9.0.1", "10.9.0.1"),
			     v6 = protect(NULL, NULL, "fd00::1", "fd00::1"),
			     more = v4;
	const unsigned added = (unsigned)missiu_policy_overhead(&v4, true);
	const struct {
		unsigned link, tap, mtu;
	} rows[] = {
		{ 1280, 1280, 1280 - added },
		{ 576, 1280, 576 - added },
		{ 100, 1280, 68 },
		{ 0, 1280, 68 },
		{ 1500, 1280, 0 },
		{ 1280 + added, 1280, 0 },
		{ 576, 0, 0 }, /* the operator's choice */
	};

	(void)state;
	more.mode = MISSIU_TUNNEL;
	assert_true(missiu_policy_overhead(&more, true) > added);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct autoroute_plan plan = { .link_mtu = rows[i].link,
					       .tap_mtu = rows[i].tap };

		assert_true(autoroute_plan(&v4, NULL, 0, &plan));
		assert_true(autoroute_plan(&v6, NULL, 0, &plan));
		assert_int_equal(plan.n, 2);
		assert_int_equal(plan.v[0].mtu, rows[i].mtu);
		assert_int_equal(plan.v[1].mtu, 0);
		/* Another policy for the same address adds more. */
		assert_true(autoroute_plan(&more, NULL, 0, &plan));
		assert_int_equal(plan.n, 2);
		if (rows[i].mtu > 68)
			assert_in_range(plan.v[0].mtu, 68, rows[i].mtu - 1);
		free(plan.v);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_remote_side_becomes_prefixes),
		cmocka_unit_test(test_source_lies_in_local_side),
		cmocka_unit_test(test_next_hop_is_the_gateway),
		cmocka_unit_test(test_worst_range_stays_small),
		cmocka_unit_test(test_plan_is_sorted_without_repetition),
		cmocka_unit_test(test_never_a_default_route),
		cmocka_unit_test(test_only_outbound_protection_counts),
		cmocka_unit_test(test_small_links_give_ipv4_routes_an_mtu),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
