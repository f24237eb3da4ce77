/* SPDX-License-Identifier: Apache-2.0 */
#include "ipsec_rig.h"

/* Hex of a packet and what the walk must find in it. */
struct sample {
	const char *name, *hex;
	int ret;
	uint8_t family, proto, frag, vague;
	uint16_t upper, nh, ins, ins_nh; /* offsets */
	int sport, dport;		 /* -1: unknown */
};

#define A6 "20010db8000000000000000000000001"
#define B6 "20010db8000000000000000000000002"

static const struct sample samples[] = {
	{ "udp4",
	  "4500001d00004000401100000a0000010a000002 003500350009 0000 61", 0, 4,
	  17, 0, 0, 20, 9, 20, 9, 53, 53 },
	{ "tcp4 with options",
	  "46b8002c12340000400600000a0000010a000002 94040000"
	  "0016c00000000001000000025002100000000000",
	  0, 4, 6, 0, 0, 24, 9, 24, 9, 22, 0xc000 },
	{ "icmp4 echo",
	  "4500001c00000000400100000a0000010a000002 0800000000000000", 0, 4, 1,
	  0, 0, 20, 9, 20, 9, 0x800, 0x800 },
	{ "esp4", "4500001c00000000403200000a0000010a000002 0000100100000001",
	  0, 4, 50, 0, 0, 20, 9, 20, 9, -1, -1 },
	{ "udp4, first fragment",
	  "4500001c00002000401100000a0000010a000002 0035003500200000", 0, 4, 17,
	  IP_FRAG_FIRST, 0, 20, 9, 20, 9, 53, 53 },
	{ "udp4, later fragment",
	  "4500001c00000002401100000a0000010a000002 0035003500200000", 0, 4, 17,
	  IP_FRAG_LATER, IP_VAGUE_PORTS, 20, 9, 20, 9, -1, -1 },
	{ "gre4, later fragment",
	  "4500001c00000002402f00000a0000010a000002 0035003500200000", 0, 4, 47,
	  IP_FRAG_LATER, 0, 20, 9, 20, 9, -1, -1 },
	{ "tcp4 without room for ports",
	  "4500001700000000400600000a0000010a000002 001600", 0, 4, 6, 0,
	  IP_VAGUE_PORTS, 20, 9, 20, 9, -1, -1 },
	{ "empty udp4", "4500001400000000401100000a0000010a000002", 0, 4, 17, 0,
	  IP_VAGUE_PORTS, 20, 9, 20, 9, -1, -1 },
	{ "udp6", "6000000000081140" A6 B6 "003501f400080000", 0, 6, 17, 0, 0,
	  40, 6, 40, 6, 53, 500 },
	{ "a protocol without ports", "60000000000418ff" A6 B6 "87000000", 0, 6,
	  24, 0, 0, 40, 6, 40, 6, -1, -1 },
	{ "icmp6", "6000000000043aff" A6 B6 "87010000", 0, 6, 58, 0, 0, 40, 6,
	  40, 6, 0x8701, 0x8701 },
	{ "no next header", "6000000000003b40" A6 B6, 0, 6, 59, 0, 0, 40, 6, 40,
	  6, -1, -1 },
	/* hop-by-hop (8) → dstopts (16) → routing (24) → dstopts (8) → udp */
	{ "udp6 behind four headers",
	  "6000000000400040" A6 B6 "3c00010400000000"
	  "2b01010c000000000000000000000000"
	  "3c02040000000000" B6 "1100010400000000"
	  "0035003500080000",
	  0, 6, 17, 0, 0, 96, 88, 88, 64, 53, 53 },
	{ "udp6 behind destination options",
	  "6000000000103c40" A6 B6 "1100010400000000 0035003500080000", 0, 6,
	  17, 0, 0, 48, 40, 40, 6, 53, 53 },
	{ "udp6, first fragment",
	  "6000000000102c40" A6 B6 "1100000100000009 0035003500080000", 0, 6,
	  17, IP_FRAG_FIRST, 0, 48, 40, 40, 6, 53, 53 },
	{ "udp6, later fragment",
	  "6000000000102c40" A6 B6 "1100000800000009 0035003500080000", 0, 6,
	  17, IP_FRAG_LATER, IP_VAGUE_PORTS, 48, 40, 40, 6, -1, -1 },
	{ "ipv6, later fragment behind unseen headers",
	  "6000000000102c40" A6 B6 "3c00000800000009 0035003500080000", 0, 6,
	  60, IP_FRAG_LATER, IP_VAGUE_PORTS | IP_VAGUE_PROTO, 48, 40, 40, 6, -1,
	  -1 },
	{ "mobility header", "6000000000088740" A6 B6 "3b00050000000000", 0, 6,
	  135, 0, 0, 40, 6, 40, 6, 0x500, 0x500 },
	{ "esp6", "6000000000083240" A6 B6 "0000100100000001", 0, 6, 50, 0, 0,
	  40, 6, 40, 6, -1, -1 },
	/* malformed */
	{ .name = "version 5",
	  .hex = "5500001400000000401100000a0000010a000002",
	  .ret = MISSIU_EPROTO },
	{ .name = "header of 16 bytes",
	  .hex = "4400001400000000401100000a0000010a000002",
	  .ret = MISSIU_EPROTO },
	{ .name = "total length below the header's",
	  .hex = "4600001400000000401100000a0000010a000002 94040000",
	  .ret = MISSIU_EPROTO },
	{ .name = "two fragment headers",
	  .hex = "6000000000182c40" A6 B6 "2c00000100000009 1100000100000009"
		 "0035003500080000",
	  .ret = MISSIU_EPROTO },
	{ .name = "hop-by-hop not first",
	  .hex = "6000000000183c40" A6 B6 "0000010400000000 1100010400000000"
		 "0035003500080000",
	  .ret = MISSIU_EPROTO },
	{ .name = "nine destination options",
	  .hex = "6000000000483c40" A6 B6 "3c00010400000000 3c00010400000000"
		 "3c00010400000000 3c00010400000000 3c00010400000000"
		 "3c00010400000000 3c00010400000000 3c00010400000000"
		 "1100010400000000",
	  .ret = MISSIU_EPROTO },
	{ .name = "extension header past the end",
	  .hex = "6000000000083c40" A6 B6 "1101010400000000",
	  .ret = MISSIU_ESHORT },
};

#define N_SAMPLES (sizeof(samples) / sizeof(samples[0]))

static size_t unhex(const char *s, uint8_t *out)
{
	size_t n = 0;
	char pair[3] = "";

	for (; *s; s++) {
		if (*s == ' ')
			continue;
		pair[n & 1] = *s;
		if (n++ & 1)
			out[n / 2 - 1] = (uint8_t)strtoul(pair, NULL, 16);
	}
	assert_int_equal(n % 2, 0);
	return n / 2;
}

/* Parse from a block of exactly this size. */
static int parse_exact(const uint8_t *p, size_t len, struct ip_info *ip)
{
	uint8_t *copy = malloc(len ? len : 1);
	int ret;

	assert_non_null(copy);
	memcpy(copy, p, len);
	ret = ip_parse(copy, len, ip);
	free(copy);
	return ret;
}

static void test_finds_upper_layer(void **state)
{
	uint8_t b[256];

	(void)state;
	for (size_t i = 0; i < N_SAMPLES; i++) {
		const struct sample *s = &samples[i];
		struct ip_info ip = { .proto = 99 };
		size_t len = unhex(s->hex, b);

		if (parse_exact(b, len, &ip) != s->ret)
			fail_msg("%s", s->name);
		if (s->ret) {
			assert_int_equal(ip.proto, 99);
			continue;
		}
		if (ip.family != s->family || ip.proto != s->proto ||
		    ip.frag != s->frag || ip.vague != s->vague ||
		    ip.upper_off != s->upper || ip.upper_nh_off != s->nh ||
		    ip.ins_off != s->ins || ip.ins_nh_off != s->ins_nh ||
		    ip.has_ports != (s->sport >= 0) || ip.len != len)
			fail_msg("%s", s->name);
		if (ip.has_ports) {
			assert_int_equal(ip.sport, s->sport);
			assert_int_equal(ip.dport, s->dport);
		}
	}
}

static void test_every_prefix_is_short(void **state)
{
	uint8_t b[256];
	struct ip_info ip;

	(void)state;
	for (size_t i = 0; i < N_SAMPLES; i++) {
		size_t len = unhex(samples[i].hex, b);

		for (size_t n = 0; n < len; n++) {
			if (parse_exact(b, n, &ip) == 0)
				fail_msg("%s, %zu bytes", samples[i].name, n);
		}
	}
}

static void test_bytes_behind_the_packet_are_ignored(void **state)
{
	uint8_t b[256];
	struct ip_info ip;

	(void)state;
	for (size_t i = 0; i < N_SAMPLES; i++) {
		size_t len = unhex(samples[i].hex, b);

		b[len] = 0x5a;
		assert_int_equal(parse_exact(b, len + 1, &ip), samples[i].ret);
		if (!samples[i].ret)
			assert_int_equal(ip.len, len);
	}
}

static void test_every_bit_flip_stays_inside(void **state)
{
	uint8_t b[256];

	(void)state;
	for (size_t i = 0; i < N_SAMPLES; i++) {
		size_t len = unhex(samples[i].hex, b);

		for (size_t bit = 0; bit < len * 8; bit++) {
			struct ip_info ip;
			int ret;

			b[bit / 8] ^= (uint8_t)(1 << bit % 8);
			ret = parse_exact(b, len, &ip);
			b[bit / 8] ^= (uint8_t)(1 << bit % 8);
			if (ret)
				continue;
			assert_true(ip.len <= len);
			assert_true(ip.upper_off <= ip.len);
			assert_true(ip.ins_off <= ip.upper_off);
			assert_true(ip.upper_nh_off < ip.upper_off);
			assert_true(ip.ins_nh_off < ip.ins_off);
		}
	}
}

/* RFC 1071 section 3: the sum of 00 01 f2 03 f4 f5 f6 f7 is ddf2. */
static void test_checksum(void **state)
{
	static const uint8_t b[] = { 0x00, 0x01, 0xf2, 0x03,
				     0xf4, 0xf5, 0xf6, 0xf7 };
	uint8_t big[70001];
	uint32_t plain = 0;

	(void)state;
	assert_int_equal(ip_fold(ip_sum(b, 8, 0)), (uint16_t)~0xddf2);
	assert_int_equal(ip_fold(ip_sum(b, 7, 0)), (uint16_t)~0xdcfb);
	memset(big, 0xff, sizeof(big));
	for (size_t i = 0; i < sizeof(big); i++) {
		plain += i & 1 ? 0xffU : 0xff00U;
		plain = (plain & 0xffff) + (plain >> 16);
	}
	assert_int_equal(ip_fold(ip_sum(big, sizeof(big), 0)),
			 (uint16_t)~plain);
}

static void test_set_tos_keeps_checksum_right(void **state)
{
	uint8_t b[64];

	(void)state;
	unhex(samples[0].hex, b);
	ip4_finish(b, 29);
	for (unsigned old = 0; old < 256; old += 5)
		for (unsigned tos = 0; tos < 256; tos++) {
			b[1] = (uint8_t)old;
			ip4_finish(b, 29);
			ip_set_tos(b, (uint8_t)tos);
			assert_int_equal(b[1], tos);
			assert_true(ip4_sum_ok(b));
		}
	unhex("6ab12345", b);
	ip_set_tos(b, 0x5c);
	assert_int_equal(load_be32(b), 0x65c12345);
}

/* A checksum made by another implementation (scapy). */
static void test_fix_checksum(void **state)
{
	uint8_t b[128];
	struct ip_info ip;
	size_t len;

	(void)state;
	len = unhex("4500001f00010000401166cb0a0000010a000002"
		    "00350035000bffff616263",
		    b);
	assert_int_equal(ip_parse(b, len, &ip), 0);
	ip_fix_checksum(b, &ip);
	assert_int_equal(load_be16(b + 26), 0x2709);
	store_be16(b + 26, 0); /* none stays none */
	ip_fix_checksum(b, &ip);
	assert_int_equal(load_be16(b + 26), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_finds_upper_layer),
		cmocka_unit_test(test_every_prefix_is_short),
		cmocka_unit_test(test_bytes_behind_the_packet_are_ignored),
		cmocka_unit_test(test_every_bit_flip_stays_inside),
		cmocka_unit_test(test_checksum),
		cmocka_unit_test(test_set_tos_keeps_checksum_right),
		cmocka_unit_test(test_fix_checksum),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
