/* SPDX-License-Identifier: Apache-2.0 */
/* Configuration payloads: what is read, refused, skipped and written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/addr.h"
#include "ike/cp.h"
#include "ike_samples.h"
#include "missiu/err.h"

/* All that a reply can carry, in the order of writing. */
static const char reply[] =
	"02000000 00010004 0a140005 00020004 ffffffff"
	"00080011 fd200000000000000000000000000005 80"
	"00030004 0a010035 00030004 0a010036"
	"000a0010 fd010000000000000000000000000035"
	"000d0008 0a010000 ffff0000 000d0008 00000000 00000000"
	"000f0011 fd010000000000000000000000000000 40"
	"00190008 636f72702e657861 00070006 6d6973736975"
	"000e0014 0001000200080003000a000d000f00190007000e";

static struct ike_cp cp;

/* In a block of exactly its size. */
static int parse(const uint8_t *b, size_t len)
{
	uint8_t *p = malloc(len ? len : 1);
	int ret;

	if (len)
		memcpy(p, b, len);
	ret = ike_cp_parse((struct chunk){ p, len }, &cp);
	free(p);
	return ret;
}

static int parse_hex(const char *hex)
{
	struct bytes s = unhex(hex);
	int ret = parse(s.b, s.len);

	return ret;
}

static void test_reply_is_read_whole(void **state)
{
	struct bytes s = unhex(reply);

	(void)state;
	assert_int_equal(ike_cp_parse((struct chunk){ s.b, s.len }, &cp), 0);
	assert_int_equal(cp.type, IKE_CFG_REPLY);
	assert_string_equal(addr_text(&cp.ip4).s, "10.20.0.5");
	assert_string_equal(addr_text(&cp.netmask).s, "255.255.255.255");
	assert_string_equal(addr_text(&cp.ip6.addr).s, "fd20::5");
	assert_int_equal(cp.ip6.plen, 128);
	assert_int_equal(cp.n_dns, 3);
	assert_string_equal(addr_text(&cp.dns[1]).s, "10.1.0.54");
	assert_string_equal(addr_text(&cp.dns[2]).s, "fd01::35");
	assert_int_equal(cp.n_subnet, 3);
	assert_int_equal(cp.subnet[0].plen, 16);
	assert_int_equal(cp.subnet[1].plen, 0);
	assert_string_equal(addr_text(&cp.subnet[2].addr).s, "fd01::");
	assert_int_equal(cp.subnet[2].plen, 64);
	assert_int_equal(cp.n_domain, 1);
	assert_memory_equal(cp.domain[0].p, "corp.exa", 8);
	assert_memory_equal(cp.version.p, "missiu", 6);
}

static void test_what_was_read_is_written_alike(void **state)
{
	struct bytes s = unhex(reply);
	uint8_t out[512];

	(void)state;
	assert_int_equal(ike_cp_parse((struct chunk){ s.b, s.len }, &cp), 0);
	assert_int_equal(ike_cp_write(&cp, out, sizeof(out)), s.len);
	assert_memory_equal(out, s.b, s.len);
	for (size_t i = 0; i < s.len; i++)
		assert_int_equal(ike_cp_write(&cp, out, i), 0);
}

static void test_request_has_no_values(void **state)
{
	uint8_t out[64];
	struct bytes want = unhex("01000000 00010000 00080000 00030000 "
				  "000d0000 00190000 000e0000");

	(void)state;
	cp = (struct ike_cp){ .type = IKE_CFG_REQUEST,
			      .seen = IKE_CP_SEEN(IKE_CP_IP4_ADDRESS) |
				      IKE_CP_SEEN(IKE_CP_IP6_ADDRESS) |
				      IKE_CP_SEEN(IKE_CP_IP4_DNS) |
				      IKE_CP_SEEN(IKE_CP_IP4_SUBNET) |
				      IKE_CP_SEEN(IKE_CP_DNS_DOMAIN) |
				      IKE_CP_SEEN(IKE_CP_SUPPORTED) };
	assert_int_equal(ike_cp_write(&cp, out, sizeof(out)), want.len);
	assert_memory_equal(out, want.b, want.len);
}

static void test_lengths(void **state)
{
	static const struct {
		const char *what, *hex;
		int ret;
	} rows[] = {
		{ "nothing", "", MISSIU_EPROTO },
		{ "header only", "01000000", 0 },
		{ "half an attribute", "01000000 0001", MISSIU_EPROTO },
		{ "value beyond the end", "01000000 00010004 0a1400",
		  MISSIU_EPROTO },
		{ "address of 3", "01000000 00010003 0a1400", MISSIU_EPROTO },
		{ "address of 5", "01000000 00010005 0a14000505",
		  MISSIU_EPROTO },
		{ "netmask of 1", "01000000 00020001 ff", MISSIU_EPROTO },
		{ "IPv6 address without prefix length",
		  "01000000 00080010 fd200000000000000000000000000005",
		  MISSIU_EPROTO },
		{ "IPv6 DNS with prefix length",
		  "01000000 000a0011 fd200000000000000000000000000005 80",
		  MISSIU_EPROTO },
		{ "subnet without mask", "01000000 000d0004 0a140000",
		  MISSIU_EPROTO },
		{ "odd list", "01000000 000e0003 000100", MISSIU_EPROTO },
		{ "reserved bit", "01000000 80010000", 0 },
		{ "unknown of any length", "01000000 4000 0005 0102030405", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (parse_hex(rows[i].hex) != rows[i].ret)
			fail_msg("%s", rows[i].what);
	assert_int_equal(cp.n_unknown, 1);
	assert_int_equal(cp.seen, 0);
	assert_int_equal(parse_hex("01000000 80010000"), 0);
	assert_int_equal(cp.seen, IKE_CP_SEEN(IKE_CP_IP4_ADDRESS));
}

static void test_nonsense_values_are_left_out(void **state)
{
	(void)state;
	/* A mask with holes; a prefix of 129 bits. */
	assert_int_equal(parse_hex("02000000 000d0008 0a000000 ff00ff00"), 0);
	assert_int_equal(cp.n_subnet, 0);
	assert_int_equal(cp.n_more, 1);
	assert_int_equal(parse_hex("02000000 000f0011 "
				   "fd010000000000000000000000000000 81"),
			 0);
	assert_int_equal(cp.n_subnet, 0);
}

static void test_lists_are_bounded(void **state)
{
	uint8_t b[4 + 100 * 8] = { IKE_CFG_REPLY };

	(void)state;
	for (size_t i = 0; i < 100; i++)
		memcpy(b + 4 + 8 * i, "\0\3\0\4\12\1\0\1", 8);
	assert_int_equal(parse(b, sizeof(b)), 0);
	assert_int_equal(cp.n_dns, IKE_CP_DNS_MAX);
	assert_int_equal(cp.n_more, 100 - IKE_CP_DNS_MAX);
}

static void test_every_prefix_and_every_bit(void **state)
{
	struct bytes s = unhex(reply);
	size_t good = 0;

	(void)state;
	for (size_t n = 0; n < s.len; n++)
		good += parse(s.b, n) == 0;
	/* Only those that end where an attribute does. */
	assert_int_equal(good, 12);
	for (size_t bit = 0; bit < s.len * 8; bit++) {
		s.b[bit / 8] ^= (uint8_t)(1 << bit % 8);
		(void)parse(s.b, s.len);
		s.b[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
}

static void test_domains(void **state)
{
	static const struct {
		const char *name;
		bool ok;
	} rows[] = {
		{ "example.org", true },
		{ "a", true },
		{ "_srv.x-y.example", true },
		{ "", false },
		{ ".", false },
		{ "example.org.", false },
		{ ".example", false },
		{ "a..b", false },
		{ "-a.example", false },
		{ "a.-b", false },
		{ "a b", false },
		{ "a\nnameserver 1.2.3.4", false },
		{ "a;b", false },
		{ "$(x)", false },
		{ "\xc3\xa4.example", false },
	};
	char longest[300];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct chunk c = { (const uint8_t *)rows[i].name,
					 strlen(rows[i].name) };

		if (ike_domain_ok(c) != rows[i].ok)
			fail_msg("%s", rows[i].name);
	}
	memset(longest, 'a', sizeof(longest));
	for (size_t i = 63; i < sizeof(longest); i += 64)
		longest[i] = '.';
	assert_true(ike_domain_ok((struct chunk){ (uint8_t *)longest, 253 }));
	assert_false(ike_domain_ok((struct chunk){ (uint8_t *)longest, 254 }));
	longest[63] = 'a';
	assert_false(ike_domain_ok((struct chunk){ (uint8_t *)longest, 100 }));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reply_is_read_whole),
		cmocka_unit_test(test_what_was_read_is_written_alike),
		cmocka_unit_test(test_request_has_no_values),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_nonsense_values_are_left_out),
		cmocka_unit_test(test_lists_are_bounded),
		cmocka_unit_test(test_every_prefix_and_every_bit),
		cmocka_unit_test(test_domains),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
