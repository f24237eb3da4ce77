/* SPDX-License-Identifier: Apache-2.0 */
/* ICMP "too big", made and read; the TCP segment size. Vectors: scapy 2.5. */
#include "ipsec_rig.h"

#include "ipsec/icmp.h"
#include "ipsec/mss.h"
#include "../vec/hex.h"

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

#define UDP4                                                                   \
	"45000028123440003d1117830a0100050a020007000700090014cd83"             \
	"000102030405060708090a0b"
#define UDP6                                                                   \
	"600000770014113dfd00000a000000000000000000000005"                     \
	"fd00000b000000000000000000000007"                                     \
	"000700090014e76f000102030405060708090a0b"

static const struct {
	const char *packet, *answer;
	uint32_t mtu;
} answers[] = {
	{ UDP4, "45c0004400000000400165eb0a0200070a01000503040b920000059e" UDP4,
	  1438 },
	{ UDP6,
	  "6000000000443a40fd00000b000000000000000000000007"
	  "fd00000a00000000000000000000000502008c2d0000058e" UDP6,
	  1422 },
};

static const struct missiu_addr nobody;

static bool answer(struct box *b, uint32_t mtu)
{
	struct ip_info ip;

	assert_int_equal(ip_parse(b->k.data, b->k.len, &ip), 0);
	return icmp_too_big(&b->k, &ip, &nobody, mtu);
}

static void test_answer_is_right_to_the_byte(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_OF(answers); i++) {
		uint8_t p[200], want[200];
		size_t n = unhex(answers[i].packet, p, sizeof(p));
		size_t m = unhex(answers[i].answer, want, sizeof(want));
		struct box b;

		box_set(&b, p, n);
		assert_true(answer(&b, answers[i].mtu));
		assert_int_equal(b.k.len, m);
		assert_memory_equal(b.k.data, want, m);
		box_free(&b);
	}
}

static void test_answer_quotes_what_fits(void **state)
{
	static uint8_t p[3000];

	(void)state;
	for (uint8_t family = 4; family <= 6; family += 2) {
		struct combo c = { .inner = family, .mode = MISSIU_TUNNEL };
		struct missiu_addr s = rig_inner(&c, 'a'),
				   d = rig_inner(&c, 'b');
		size_t n = put_udp(p, &s, &d, 7, 9, 1800);
		size_t max = family == 4 ? 576 : 1280;
		size_t hdr = family == 4 ? 28 : 48;
		struct icmp_told t;
		struct ip_info ip;
		struct box b;

		box_set(&b, p, n);
		assert_true(answer(&b, 1400));
		assert_int_equal(b.k.len, max);
		assert_memory_equal(b.k.data + hdr, p, max - hdr);
		/* and what reads such messages agrees */
		assert_int_equal(ip_parse(b.k.data, b.k.len, &ip), 0);
		assert_true(icmp_is_too_big(b.k.data, &ip));
		assert_int_equal(icmp_read_too_big(b.k.data, &ip, &t), 0);
		assert_int_equal(t.mtu, 1400);
		assert_int_equal(t.ip.len, n);
		assert_int_equal(t.ip.proto, IP_P_UDP);
		assert_true(addr_eq(&t.ip.src, &s) && addr_eq(&t.ip.dst, &d));
		box_free(&b);
	}
}

/* A packet between two addresses, first payload bytes as given. */
static void box_between(struct box *b, const char *src, const char *dst,
			uint8_t proto, uint8_t type)
{
	struct missiu_addr s = rig_addr(src), d = rig_addr(dst);
	uint8_t p[200], body[64] = { type };

	box_set(b, p, put_ip(p, &s, &d, proto, body, sizeof(body)));
}

static void test_nobody_answers_these(void **state)
{
	static const struct {
		const char *src, *dst;
		uint8_t proto, type;
		bool answer;
	} rows[] = {
		{ "10.0.0.1", "10.0.0.2", IP_P_TCP, 0, true },
		{ "10.0.0.1", "10.0.0.2", IP_P_ICMP, 8, true },
		{ "10.0.0.1", "10.0.0.2", IP_P_ICMP, 0, true },
		{ "10.0.0.1", "10.0.0.2", IP_P_ICMP, 3, false },
		{ "10.0.0.1", "10.0.0.2", IP_P_ICMP, 4, false },
		{ "10.0.0.1", "10.0.0.2", IP_P_ICMP, 5, false },
		{ "10.0.0.1", "10.0.0.2", IP_P_ICMP, 11, false },
		{ "10.0.0.1", "10.0.0.2", IP_P_ICMP, 12, false },
		{ "10.0.0.1", "10.0.0.2", IP_P_ICMP, 13, true },
		{ "0.0.0.0", "10.0.0.2", IP_P_TCP, 0, false },
		{ "0.1.2.3", "10.0.0.2", IP_P_TCP, 0, false },
		{ "224.0.0.5", "10.0.0.2", IP_P_TCP, 0, false },
		{ "255.255.255.255", "10.0.0.2", IP_P_TCP, 0, false },
		{ "10.0.0.1", "224.0.0.5", IP_P_UDP, 0, false },
		{ "10.0.0.1", "255.255.255.255", IP_P_UDP, 0, false },
		{ "fd00::1", "fd00::2", IP_P_TCP, 0, true },
		{ "fd00::1", "fd00::2", IP_P_ICMP6, 128, true },
		{ "fd00::1", "fd00::2", IP_P_ICMP6, 2, false },
		{ "fd00::1", "fd00::2", IP_P_ICMP6, 127, false },
		{ "::", "fd00::2", IP_P_TCP, 0, false },
		{ "ff02::1", "fd00::2", IP_P_TCP, 0, false },
		{ "fd00::1", "ff05::2", IP_P_UDP, 0, false },
	};

	(void)state;
	for (size_t i = 0; i < N_OF(rows); i++) {
		struct box b;

		box_between(&b, rows[i].src, rows[i].dst, rows[i].proto,
			    rows[i].type);
		if (answer(&b, 1280) != rows[i].answer)
			fail_msg("row %zu", i);
		if (!rows[i].answer) {
			assert_int_equal(b.k.len, b.orig_len);
			assert_memory_equal(b.k.data, b.orig, b.orig_len);
		}
		box_free(&b);
	}
}

/* RFC 4443 2.4 e.3: from an address of ours, as the group has none. */
static void test_ipv6_multicast_is_answered_by_us(void **state)
{
	struct missiu_addr us = rig_addr("2001:db8::1");
	struct ip_info ip;
	struct box b;

	(void)state;
	box_between(&b, "fd00::1", "ff05::2", IP_P_UDP, 0);
	assert_int_equal(ip_parse(b.k.data, b.k.len, &ip), 0);
	assert_true(icmp_too_big(&b.k, &ip, &us, 1280));
	assert_memory_equal(b.k.data + 8, us.b, 16);
	box_free(&b);
}

static void test_fragments_are_answered_once(void **state)
{
	struct box b;

	(void)state;
	for (int later = 0; later < 2; later++) {
		box_between(&b, "10.0.0.1", "10.0.0.2", IP_P_UDP, 0);
		store_be16(b.k.data + 6, later ? 3 : 0x2000);
		assert_int_equal(answer(&b, 576), !later);
		box_free(&b);
	}
}

static void test_answer_needs_room(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_OF(answers); i++) {
		size_t hdr = i ? 48 : 28;
		struct ip_info ip;
		struct missiu_pkt k;
		uint8_t p[300];

		for (size_t front = hdr - 1; front <= hdr; front++) {
			k.head = p;
			k.data = p + front;
			k.len = unhex(answers[i].packet, k.data, 200);
			assert_int_equal(ip_parse(k.data, k.len, &ip), 0);
			assert_int_equal(icmp_too_big(&k, &ip, &nobody, 1280),
					 front == hdr);
		}
	}
}

static void test_answers_are_limited(void **state)
{
	struct icmp_limit l = { 0 };
	missiu_usec now = 77 * SEC;
	int n = 0;

	(void)state;
	while (icmp_may(&l, now))
		assert_true(++n < 1000);
	assert_int_equal(n, ICMP_BURST);
	/* ten milliseconds later: ten more, in whatever steps time goes */
	for (n = 0; now < 77 * SEC + 10000; now += 100)
		n += icmp_may(&l, now);
	assert_in_range(n, 9, 10);
	for (n = 0; icmp_may(&l, 10000 * SEC);)
		assert_true(++n < 1000);
	assert_int_equal(n, ICMP_BURST);
}

/* --- reading ---------------------------------------------------------------- */

static int read_back(const uint8_t *p, size_t len)
{
	uint8_t *exact = malloc(len ? len : 1);
	struct icmp_told t;
	struct ip_info ip;
	int ret = MISSIU_EPROTO;

	assert_non_null(exact);
	memcpy(exact, p, len);
	if (!ip_parse(exact, len, &ip) && icmp_is_too_big(exact, &ip))
		ret = icmp_read_too_big(exact, &ip, &t);
	free(exact);
	return ret;
}

static void test_damage_is_noticed(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_OF(answers); i++) {
		uint8_t p[200];
		size_t n = unhex(answers[i].answer, p, sizeof(p));
		size_t icmp = i ? 40 : 20;

		assert_int_equal(read_back(p, n), 0);
		for (size_t bit = icmp * 8; bit < n * 8; bit++) {
			p[bit / 8] ^= (uint8_t)(1 << bit % 8);
			assert_int_not_equal(read_back(p, n), 0);
			p[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
		for (size_t bit = 0; bit < icmp * 8; bit++) {
			p[bit / 8] ^= (uint8_t)(1 << bit % 8);
			read_back(p, n);
			p[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
		for (size_t len = 0; len < n; len++)
			assert_int_not_equal(read_back(p, len), 0);
	}
}

/* The quote may be cut off anywhere behind its IP header. */
static void test_short_quotes(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_OF(answers); i++) {
		size_t icmp = i ? 40 : 20, quote = i ? 40 : 20;
		uint8_t full[200], p[200];
		size_t n = unhex(answers[i].answer, full, sizeof(full));

		for (size_t len = icmp; len <= n; len++) {
			struct ip_info ip;

			memcpy(p, full, len);
			if (i)
				store_be16(p + 4, (uint16_t)(len - 40));
			else
				ip4_finish(p, len);
			if (len >= icmp + 8) {
				store_be16(p + icmp + 2, 0);
				assert_int_equal(ip_parse(p, len, &ip), 0);
				store_be16(p + icmp + 2,
					   ip_fold(ip_sum(
						   p + icmp, len - icmp,
						   i ? ip_pseudo_sum(
							       &ip.src, &ip.dst,
							       IP_P_ICMP6,
							       len - icmp) :
						       0)));
			}
			assert_int_equal(read_back(p, len) == 0,
					 len >= icmp + 8 + quote);
		}
	}
}

static void test_other_messages_are_not_too_big(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_OF(answers); i++)
		for (unsigned v = 0; v < 512; v++) {
			uint8_t p[200], *at;
			size_t n = unhex(answers[i].answer, p, sizeof(p));
			struct ip_info ip;
			bool is =
				i ? v == 2 || v >= 256 : v == 3 || v == 256 + 4;

			/* type, then code; ICMPv6 has no codes for it */
			at = p + (i ? 40 : 20) + (v >= 256);
			*at = (uint8_t)v;
			assert_int_equal(ip_parse(p, n, &ip), 0);
			assert_int_equal(icmp_is_too_big(p, &ip), is);
		}
}

/* --- TCP segment size ------------------------------------------------------- */

#define ADDRS6                                                                 \
	"fd00000a000000000000000000000005fd00000b000000000000000000000007"

static const struct {
	uint32_t mtu;
	const char *in, *out;
} syns[] = {
	{ 1438,
	  "4500003400014000400626b50a0100050a02000703e800500000000100000000"
	  "8002200037cb0000020405b40402010303070000",
	  "4500003400014000400626b50a0100050a02000703e800500000000100000000"
	  "80022000380900000204057604020103"
	  "03070000" },
	{ 1438,
	  "4500003000014000400626b90a0100050a02000703e800500000000100000002"
	  "701220009c74000001020405b4040201",
	  "4500003000014000400626b90a0100050a02000703e800500000000100000002"
	  "70122000da7400000102040576040201" },
	{ 1422,
	  "6000000000200640" ADDRS6
	  "03e8005000000001000000008002200051cb0000020405a0"
	  "0402010303070000",
	  "6000000000200640" ADDRS6
	  "03e800500000000100000000800220005219000002040552"
	  "0402010303070000" },
	{ 1422,
	  "60000000001c0640" ADDRS6
	  "03e80050000000010000000270122000ca60000001020405"
	  "a0040201",
	  "60000000001c0640" ADDRS6
	  "03e800500000000100000002701220001861000001020405"
	  "52040201" },
};

static void test_segment_size_is_lowered(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_OF(syns); i++) {
		uint8_t p[100], want[100];
		size_t n = unhex(syns[i].in, p, sizeof(p));
		struct ip_info ip;

		assert_int_equal(unhex(syns[i].out, want, sizeof(want)), n);
		assert_int_equal(ip_parse(p, n, &ip), 0);
		assert_true(mss_clamp(p, &ip, syns[i].mtu));
		assert_memory_equal(p, want, n);
		/* once is enough */
		assert_false(mss_clamp(p, &ip, syns[i].mtu));
		assert_false(mss_clamp(p, &ip, syns[i].mtu + 1));
		assert_true(mss_clamp(p, &ip, syns[i].mtu - 1));
	}
}

/* Every place in the options, every parity: the checksum stays right. */
static void test_checksum_is_adjusted(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_OF(syns); i += 2)
		for (size_t nops = 0; nops < 16; nops++)
			for (unsigned mss = 1000; mss < 65535; mss += 777) {
				uint8_t p[140], q[140], *tcp;
				size_t n = unhex(syns[i].in, p, 100);
				size_t at = i ? 40 : 20;
				struct ip_info ip;

				tcp = p + at;
				n = at + 40;
				tcp[12] = 0xa0;
				memset(tcp + 20, 1, 20);
				tcp[20 + nops] = 2;
				tcp[21 + nops] = 4;
				store_be16(tcp + 22 + nops, (uint16_t)mss);
				if (i)
					store_be16(p + 4, 40);
				else
					ip4_finish(p, n);
				assert_int_equal(ip_parse(p, n, &ip), 0);
				ip_fix_checksum(p, &ip);
				if (!mss_clamp(p, &ip, 1300))
					continue;
				memcpy(q, p, n);
				ip_fix_checksum(q, &ip);
				assert_memory_equal(p, q, n);
				assert_int_equal(load_be16(tcp + 22 + nops),
						 i ? 1240 : 1260);
			}
}

static void test_other_packets_stay_as_they_are(void **state)
{
	static const struct {
		size_t at;
		uint8_t value;
	} rows[] = {
		{ 9, IP_P_UDP }, /* no TCP */
		{ 33, 0x10 },	 /* no SYN */
		{ 33, 0x06 },	 /* SYN and RST */
		{ 32, 0x40 },	 /* header shorter than it can be */
		{ 32, 0x90 },	 /* longer than the packet */
		{ 32, 0x50 },	 /* no options */
		{ 40, 0 },	 /* options end at once */
		{ 41, 3 },	 /* wrong length */
		{ 41, 0 },	 /* no length */
		{ 41, 200 },	 /* too long */
		{ 40, 8 },	 /* another option */
		{ 42, 1 },	 /* small already */
	};

	(void)state;
	for (size_t i = 0; i < N_OF(rows); i++) {
		uint8_t p[100], was[100];
		size_t n = unhex(syns[0].in, p, sizeof(p));
		struct ip_info ip;

		p[rows[i].at] = rows[i].value;
		memcpy(was, p, n);
		assert_int_equal(ip_parse(p, n, &ip), 0);
		assert_false(mss_clamp(p, &ip, 1438));
		assert_memory_equal(p, was, n);
	}
}

static void test_senseless_sizes_change_nothing(void **state)
{
	static const uint32_t mtus[] = { 0,	39,    40,	  103,
					 65535, 70000, UINT32_MAX };
	uint8_t p[100];
	size_t n = unhex(syns[0].in, p, sizeof(p));
	struct ip_info ip;

	(void)state;
	assert_int_equal(ip_parse(p, n, &ip), 0);
	for (size_t i = 0; i < N_OF(mtus); i++)
		assert_false(mss_clamp(p, &ip, mtus[i]));
	assert_true(mss_clamp(p, &ip, 104));
}

static void test_every_cut_and_flip_of_a_syn(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_OF(syns); i++) {
		uint8_t p[100];
		size_t n = unhex(syns[i].in, p, sizeof(p));
		struct ip_info ip;

		for (size_t bit = 0; bit < n * 8; bit++)
			for (size_t len = n - 30; len <= n; len++) {
				uint8_t *k = malloc(len);

				assert_non_null(k);
				memcpy(k, p, len);
				if (bit / 8 < len)
					k[bit / 8] ^= (uint8_t)(1 << bit % 8);
				if (k[0] == 0x45)
					store_be16(k + 2, (uint16_t)len);
				else
					store_be16(k + 4, (uint16_t)(len - 40));
				if (!ip_parse(k, len, &ip))
					mss_clamp(k, &ip, 1000);
				free(k);
			}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answer_is_right_to_the_byte),
		cmocka_unit_test(test_answer_quotes_what_fits),
		cmocka_unit_test(test_nobody_answers_these),
		cmocka_unit_test(test_ipv6_multicast_is_answered_by_us),
		cmocka_unit_test(test_fragments_are_answered_once),
		cmocka_unit_test(test_answer_needs_room),
		cmocka_unit_test(test_answers_are_limited),
		cmocka_unit_test(test_damage_is_noticed),
		cmocka_unit_test(test_short_quotes),
		cmocka_unit_test(test_other_messages_are_not_too_big),
		cmocka_unit_test(test_segment_size_is_lowered),
		cmocka_unit_test(test_checksum_is_adjusted),
		cmocka_unit_test(test_other_packets_stay_as_they_are),
		cmocka_unit_test(test_senseless_sizes_change_nothing),
		cmocka_unit_test(test_every_cut_and_flip_of_a_syn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
