/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <netinet/in.h>

#include <cmocka.h>

#include "common/addr.h"

static struct missiu_addr addr(const char *text)
{
	struct missiu_addr a = { 0 };

	if (strcmp(text, "any") && !addr_parse(text, &a))
		fail_msg("%s is no address", text);
	return a;
}

static struct missiu_ts ts(const char *lo, const char *hi, uint8_t proto,
			   uint16_t port_lo, uint16_t port_hi)
{
	return (struct missiu_ts){ addr(lo), addr(hi), port_lo, port_hi,
				   proto };
}

static void test_addresses_print_as_they_parse(void **state)
{
	static const char *const v[] = {
		"0.0.0.0", "10.1.2.3",		"255.255.255.255", "::",
		"::1",	   "2001:db8::1:0:0:1", "fe80::1"
	};

	(void)state;
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		struct missiu_addr a = addr(v[i]);

		assert_string_equal(addr_text(&a).s, v[i]);
		assert_int_equal(addr_len(&a), strchr(v[i], ':') ? 16 : 4);
	}
	assert_string_equal(addr_text(&(struct missiu_addr){ 0 }).s, "any");
}

static void test_what_is_no_address_is_refused(void **state)
{
	static const char *const v[] = {
		"",	"10.1.2", "10.1.2.256", "10.1.2.3 ",	"1.2.3.4/8",
		"cafe", ":::",	  "1::2::3",	"fe80::1%eth0", "12345::",
		"host"
	};
	struct missiu_addr a = { .family = 9 };

	(void)state;
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++)
		if (addr_parse(v[i], &a))
			fail_msg("\"%s\" was taken", v[i]);
	assert_int_equal(a.family, 9);
}

static void test_order_is_family_then_bytes(void **state)
{
	static const char *const v[] = { "any",	     "0.0.0.0", "9.255.255.255",
					 "10.0.0.0", "::",	"::ffff",
					 "ffff::" };
	const size_t n = sizeof(v) / sizeof(v[0]);

	(void)state;
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < n; j++) {
			struct missiu_addr a = addr(v[i]), b = addr(v[j]);
			int c = addr_cmp(&a, &b);

			assert_int_equal((c > 0) - (c < 0), (i > j) - (i < j));
			assert_int_equal(addr_eq(&a, &b), i == j);
		}
}

static void test_kinds_of_addresses(void **state)
{
	static const struct {
		const char *text;
		bool any, multicast;
	} v[] = {
		{ "any", true, false },
		{ "0.0.0.0", true, false },
		{ "::", true, false },
		{ "0.0.0.1", false, false },
		{ "223.255.255.255", false, false },
		{ "224.0.0.1", false, true },
		{ "239.255.255.255", false, true },
		{ "240.0.0.1", false, false },
		{ "255.255.255.255", false, true },
		{ "ff02::1", false, true },
		{ "fe80::1", false, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		struct missiu_addr a = addr(v[i].text);

		assert_int_equal(addr_is_any(&a), v[i].any);
		assert_int_equal(addr_is_multicast(&a), v[i].multicast);
	}
}

static void test_prefix_gives_its_first_and_last_address(void **state)
{
	static const struct {
		const char *text;
		unsigned plen;
		const char *lo, *hi;
	} v[] = {
		{ "10.1.2.3", 32, "10.1.2.3", "10.1.2.3" },
		{ "10.1.2.3", 31, "10.1.2.2", "10.1.2.3" },
		{ "10.1.2.3", 24, "10.1.2.0", "10.1.2.255" },
		{ "10.1.2.3", 9, "10.0.0.0", "10.127.255.255" },
		{ "10.1.2.3", 0, "0.0.0.0", "255.255.255.255" },
		{ "2001:db8::1", 128, "2001:db8::1", "2001:db8::1" },
		{ "2001:db8::1", 33,
		  "2001:db8::", "2001:db8:7fff:ffff:ffff:ffff:ffff:ffff" },
		{ "2001:db8::1", 0,
		  "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" },
	};
	struct missiu_addr lo, hi, a = addr("10.0.0.1");

	(void)state;
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		struct missiu_addr x = addr(v[i].text);

		assert_true(addr_prefix(&x, v[i].plen, &lo, &hi));
		assert_string_equal(addr_text(&lo).s, v[i].lo);
		assert_string_equal(addr_text(&hi).s, v[i].hi);
		assert_int_equal(addr_range_plen(&lo, &hi), v[i].plen);
	}
	assert_false(addr_prefix(&a, 33, &lo, &hi));
	a = addr("::1");
	assert_false(addr_prefix(&a, 129, &lo, &hi));
}

static void test_a_range_is_a_prefix_only_when_exact(void **state)
{
	struct missiu_addr lo = addr("10.0.0.0"), hi = addr("10.0.0.254"),
			   six = addr("::");

	(void)state;
	assert_int_equal(addr_range_plen(&lo, &hi), -1);
	lo = addr("10.0.0.1");
	hi = addr("10.0.1.0");
	assert_int_equal(addr_range_plen(&lo, &hi), -1);
	assert_int_equal(addr_range_plen(&lo, &six), -1);
}

static void test_sockaddr_round_trip_and_v4_mapped(void **state)
{
	struct sockaddr_storage ss;
	struct missiu_addr a = addr("10.1.2.3"), b;
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6,
				    .sin6_port = htons(4500) };
	struct missiu_addr mapped = addr("::ffff:10.1.2.3");
	uint16_t port = 0;

	(void)state;
	assert_int_equal(addr_to_sockaddr(&a, 500, &ss),
			 sizeof(struct sockaddr_in));
	assert_true(addr_from_sockaddr((struct sockaddr *)&ss, &b, &port));
	assert_true(addr_eq(&a, &b));
	assert_int_equal(port, 500);
	a = addr("2001:db8::7");
	assert_int_equal(addr_to_sockaddr(&a, 501, &ss),
			 sizeof(struct sockaddr_in6));
	assert_true(addr_from_sockaddr((struct sockaddr *)&ss, &b, &port));
	assert_true(addr_eq(&a, &b));
	assert_int_equal(port, 501);

	memcpy(&in6.sin6_addr, mapped.b, 16);
	assert_true(addr_from_sockaddr((struct sockaddr *)&in6, &b, &port));
	assert_string_equal(addr_text(&b).s, "10.1.2.3");
	assert_int_equal(port, 4500);

	a.family = 0;
	assert_int_equal(addr_to_sockaddr(&a, 1, &ss), 0);
	ss.ss_family = AF_UNIX;
	assert_false(addr_from_sockaddr((struct sockaddr *)&ss, &b, &port));
}

static void test_selector_has_what_lies_inside(void **state)
{
	struct missiu_ts net = ts("10.0.0.0", "10.0.0.255", 6, 80, 90);
	static const struct {
		const char *a;
		uint8_t proto;
		uint16_t port;
		bool in;
	} v[] = {
		{ "10.0.0.0", 6, 80, true },
		{ "10.0.0.255", 6, 90, true },
		{ "10.0.1.0", 6, 80, false },
		{ "9.255.255.255", 6, 80, false },
		{ "10.0.0.1", 17, 80, false },
		{ "10.0.0.1", 6, 79, false },
		{ "10.0.0.1", 6, 91, false },
		{ "::a00:1", 6, 80, false },
	};
	struct missiu_ts any = ts_any();

	(void)state;
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		struct missiu_addr a = addr(v[i].a);

		assert_int_equal(ts_has(&net, &a, v[i].proto, v[i].port),
				 v[i].in);
		assert_true(ts_has(&any, &a, v[i].proto, v[i].port));
	}
}

/* Pairs of selectors and what they have in common; checked both ways round. */
static void test_cover_and_intersect(void **state)
{
	const struct missiu_ts any = ts_any();
	const struct missiu_ts net = ts("10.0.0.0", "10.0.0.255", 0, 0, 65535);
	const struct missiu_ts half = ts("10.0.0.128", "10.0.1.9", 0, 0, 65535);
	const struct missiu_ts tcp = ts("10.0.0.0", "10.0.0.255", 6, 0, 65535);
	const struct missiu_ts udp = ts("10.0.0.0", "10.0.0.255", 17, 0, 65535);
	const struct missiu_ts web = ts("10.0.0.5", "10.0.0.5", 6, 80, 80);
	const struct missiu_ts six = ts("::", "::ffff", 0, 0, 65535);
	const struct {
		struct missiu_ts a, b;
		bool a_covers_b, meet;
		struct missiu_ts common;
	} v[] = {
		{ any, any, true, true, any },
		{ any, net, true, true, net },
		{ net, web, true, true, web },
		{ tcp, web, true, true, web },
		{ tcp, udp, false, false, any },
		{ udp, web, false, false, any },
		{ net, six, false, false, any },
		{ half, web, false, false, any },
		{ net, half, false, true,
		  ts("10.0.0.128", "10.0.0.255", 0, 0, 65535) },
		{ half, tcp, false, true,
		  ts("10.0.0.128", "10.0.0.255", 6, 0, 65535) },
		{ ts("any", "any", 6, 0, 100), ts("any", "any", 0, 50, 200),
		  false, true, ts("any", "any", 6, 50, 100) },
		{ ts("any", "any", 6, 0, 49), ts("any", "any", 6, 50, 200),
		  false, false, any },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		struct missiu_ts x = { 0 }, y = { 0 };

		assert_int_equal(ts_covers(&v[i].a, &v[i].b), v[i].a_covers_b);
		assert_int_equal(ts_intersect(&v[i].a, &v[i].b, &x), v[i].meet);
		assert_int_equal(ts_intersect(&v[i].b, &v[i].a, &y), v[i].meet);
		if (!v[i].meet)
			continue;
		assert_true(ts_eq(&x, &v[i].common));
		assert_true(ts_eq(&y, &v[i].common));
		assert_true(ts_covers(&v[i].a, &x));
		assert_true(ts_covers(&v[i].b, &x));
	}
	assert_false(ts_covers(&net, &any));
	assert_false(ts_covers(&tcp, &net));
}

static void test_selectors_print(void **state)
{
	const struct {
		struct missiu_ts ts;
		const char *text;
	} v[] = {
		{ ts_any(), "any" },
		{ ts("10.0.0.1", "10.0.0.1", 0, 0, 65535), "10.0.0.1" },
		{ ts("10.0.0.0", "10.255.255.255", 6, 80, 80),
		  "10.0.0.0/8[tcp/80]" },
		{ ts("10.1.1.1", "10.1.1.9", 17, 5000, 5999),
		  "10.1.1.1-10.1.1.9[udp/5000-5999]" },
		{ ts("::1", "::1", 58, 0, 65535), "::1[icmp6]" },
		{ ts("any", "any", 1, 0, 65535), "any[icmp]" },
		{ ts("any", "any", 89, 0, 65535), "any[89]" },
		{ ts("any", "any", 0, 7, 7), "any[any/7]" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++)
		assert_string_equal(ts_text(&v[i].ts).s, v[i].text);
}

static void test_flow_is_one_of_each(void **state)
{
	static const struct {
		uint8_t proto;
		uint16_t lo, hi;
		bool a_net, other_proto, want;
	} t[] = {
		{ 6, 80, 80, false, false, true },
		{ 6, 80, 81, false, false, false },
		{ 6, 0, 65535, false, false, false },
		{ 1, 0x0800, 0x0800, false, false, true },
		{ 58, 0, 65535, false, false, false },
		{ 47, 0, 65535, false, false, true }, /* GRE has none */
		{ 0, 0, 65535, false, false, false },
		{ 17, 9, 9, true, false, false },
		{ 17, 9, 9, false, true, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct missiu_addr x, y;
		struct missiu_ts a, b;

		assert_true(addr_parse("10.0.0.1", &x));
		assert_true(addr_parse("10.0.0.2", &y));
		a = ts_host(&x);
		b = ts_host(&y);
		a.proto = b.proto = t[i].proto;
		a.port_lo = b.port_lo = t[i].lo;
		a.port_hi = b.port_hi = t[i].hi;
		if (t[i].a_net)
			a.hi = y;
		if (t[i].other_proto)
			b.proto = 6;
		assert_int_equal(ts_is_flow(&a, &b), t[i].want);
		assert_int_equal(ts_is_flow(&b, &a), t[i].want);
		a.lo = a.hi = (struct missiu_addr){ 0 };
		assert_false(ts_is_flow(&a, &b));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_addresses_print_as_they_parse),
		cmocka_unit_test(test_what_is_no_address_is_refused),
		cmocka_unit_test(test_order_is_family_then_bytes),
		cmocka_unit_test(test_kinds_of_addresses),
		cmocka_unit_test(test_prefix_gives_its_first_and_last_address),
		cmocka_unit_test(test_a_range_is_a_prefix_only_when_exact),
		cmocka_unit_test(test_sockaddr_round_trip_and_v4_mapped),
		cmocka_unit_test(test_selector_has_what_lies_inside),
		cmocka_unit_test(test_cover_and_intersect),
		cmocka_unit_test(test_selectors_print),
		cmocka_unit_test(test_flow_is_one_of_each),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
