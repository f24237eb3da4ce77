/* SPDX-License-Identifier: Apache-2.0 */
/* Which policies are for other hosts than this one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/addr.h"
#include "missiu/gateway.h"

static struct missiu_addr addr(const char *text)
{
	struct missiu_addr a = { 0 };

	if (text)
		assert_true(addr_parse(text, &a));
	return a;
}

static void test_tunnels_for_more_than_our_addresses(void **state)
{
	static const struct {
		const char *lo, *hi;
		uint8_t action, mode;
		bool want;
	} rows[] = {
		{ "10.1.0.0", "10.1.0.255", MISSIU_PROTECT, MISSIU_TUNNEL,
		  true },
		{ "fd01::", "fd01::ffff:ffff:ffff:ffff", MISSIU_PROTECT,
		  MISSIU_TUNNEL, true },
		{ "10.1.0.9", "10.1.0.9", MISSIU_PROTECT, MISSIU_TUNNEL, true },
		{ "10.1.0.1", "10.1.0.1", MISSIU_PROTECT, MISSIU_TUNNEL,
		  false },
		{ "fd01::1", "fd01::1", MISSIU_PROTECT, MISSIU_TUNNEL, false },
		/* any: our own addresses, as far as one can tell */
		{ NULL, NULL, MISSIU_PROTECT, MISSIU_TUNNEL, false },
		{ "0.0.0.0", "255.255.255.255", MISSIU_PROTECT, MISSIU_TUNNEL,
		  false },
		{ "10.1.0.0", "10.1.0.255", MISSIU_PROTECT, MISSIU_TRANSPORT,
		  false },
		{ "10.1.0.0", "10.1.0.255", MISSIU_BYPASS, 0, false },
	};
	const struct netlink_addr here[] = { { addr("10.9.0.1"), 2 },
					     { addr("10.1.0.1"), 3 },
					     { addr("fd01::1"), 3 } };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct missiu_policy p = {
			.action = rows[i].action,
			.mode = rows[i].mode,
			.local = { .lo = addr(rows[i].lo),
				   .hi = addr(rows[i].hi) },
		};

		assert_int_equal(gateway_policy(&p, here, 3), rows[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tunnels_for_more_than_our_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
