/* SPDX-License-Identifier: Apache-2.0 */
/* The TAP's MTU. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "missiu/tapmtu.h"

static struct missiu_policy protect(uint8_t family)
{
	return (struct missiu_policy){
		.dirs = MISSIU_IN | MISSIU_OUT,
		.action = MISSIU_PROTECT,
		.mode = MISSIU_TRANSPORT,
		.n_prot = 1,
		.prot = { { .proto = MISSIU_ESP,
			    .encr = MISSIU_ENCR_AES_GCM,
			    .auth = MISSIU_AUTH_NONE } },
		.remote = { .lo.family = family, .hi.family = family },
	};
}

static void test_leaves_room_for_protection(void **state)
{
	static const struct {
		unsigned link;
		size_t overhead;
		bool ipv6;
		unsigned mtu;
	} rows[] = {
		{ 1500, 60, false, 1440 },    { 1500, 60, true, 1440 },
		{ 9000, 60, true, 8940 },     { 576, 60, false, 516 },
		{ 576, 60, true, 1280 },      { 1280, 60, false, 1220 },
		{ 1280, 60, true, 1280 },     { 1340, 60, true, 1280 },
		{ 1341, 60, true, 1281 },     { 100, 60, false, 68 },
		{ 20, 60, false, 68 },	      { 65536, 60, true, 65461 },
		{ 1000000, 60, true, 65461 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct tapmtu_need need = { .overhead = rows[i].overhead,
						  .ipv6 = rows[i].ipv6 };

		assert_int_equal(tapmtu_of(rows[i].link, &need), rows[i].mtu);
	}
}

static void test_without_policies_it_suits_most_of_them(void **state)
{
	const struct tapmtu_need none = { 0 };

	(void)state;
	/* IPv6 40, UDP 8, ESP 8, IV 16, padding 15, trailer 2, ICV 32 */
	assert_int_equal(tapmtu_of(1500, &none), 1500 - 121);
	assert_int_equal(tapmtu_of(1280, &none), 1280);
	assert_int_equal(tapmtu_of(576, &none), 1280);
}

static void test_largest_overhead_counts(void **state)
{
	struct missiu_policy transport = protect(4), tunnel = protect(4);
	struct tapmtu_need need = { 0 };

	(void)state;
	tunnel.mode = MISSIU_TUNNEL;
	tunnel.tun_remote.family = 4;
	tapmtu_add(&need, &tunnel);
	tapmtu_add(&need, &transport);
	assert_int_equal(need.overhead, missiu_policy_overhead(&tunnel, true));
	assert_true(need.overhead > missiu_policy_overhead(&transport, true));
	assert_false(need.ipv6);
}

static void test_ipv6_is_noticed(void **state)
{
	static const uint8_t families[] = { 6, 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(families); i++) {
		struct missiu_policy p = protect(families[i]);
		struct tapmtu_need need = { 0 };

		tapmtu_add(&need, &p);
		assert_true(need.ipv6);
	}
}

static void test_only_outbound_protection_counts(void **state)
{
	struct missiu_policy p[3] = { protect(6), protect(6), protect(6) };
	struct tapmtu_need need = { 0 };

	(void)state;
	p[0].dirs = MISSIU_IN;
	p[1].action = MISSIU_BYPASS;
	p[2].action = MISSIU_DISCARD;
	for (size_t i = 0; i < 3; i++)
		tapmtu_add(&need, &p[i]);
	assert_int_equal(need.overhead, 0);
	assert_false(need.ipv6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_leaves_room_for_protection),
		cmocka_unit_test(test_without_policies_it_suits_most_of_them),
		cmocka_unit_test(test_largest_overhead_counts),
		cmocka_unit_test(test_ipv6_is_noticed),
		cmocka_unit_test(test_only_outbound_protection_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
