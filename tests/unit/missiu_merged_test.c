/* SPDX-License-Identifier: Apache-2.0 */
/* Cutting UDP datagrams apart that came as one packet. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "common/wr.h"
#include "missiu/merged.h"

#define SIZE 100

/* IPv4, optionally with 4 bytes of options, or IPv6; then UDP and a payload. */
static size_t make(uint8_t *pkt, int family, size_t opts, size_t payload)
{
	size_t ip = family == 4 ? 20 + opts : 40;

	memset(pkt, 0, ip + 8);
	if (family == 4) {
		pkt[0] = (uint8_t)(0x40 | ip / 4);
		store_be16(pkt + 2, (uint16_t)(ip + 8 + payload));
		store_be16(pkt + 4, 0xfffe);
		pkt[8] = 64;
		pkt[9] = 17;
		memset(pkt + 12, 10, 8);
		memset(pkt + 20, 1, opts);
	} else {
		pkt[0] = 0x60;
		store_be16(pkt + 4, (uint16_t)(8 + payload));
		pkt[6] = 17;
		memset(pkt + 8, 0xfd, 32);
	}
	store_be16(pkt + ip, 4500);
	store_be16(pkt + ip + 2, 4500);
	store_be16(pkt + ip + 4, (uint16_t)(8 + payload));
	store_be16(pkt + ip + 6, 0xabcd);
	for (size_t i = 0; i < payload; i++)
		pkt[ip + 8 + i] = (uint8_t)(i % 251);
	return ip + 8 + payload;
}

static uint16_t sum(const uint8_t *p, size_t n)
{
	uint32_t s = 0;

	for (size_t i = 0; i < n; i += 2)
		s += load_be16(p + i);
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	return (uint16_t)s;
}

static void check_datagram(const uint8_t *d, size_t len, int family,
			   size_t opts, size_t from, size_t payload, size_t nth)
{
	size_t ip = family == 4 ? 20 + opts : 40;

	assert_int_equal(len, ip + 8 + payload);
	if (family == 4) {
		assert_int_equal(load_be16(d + 2), len);
		/* 16 bits, so it wraps */
		assert_int_equal(load_be16(d + 4), (0xfffe + nth) & 0xffff);
		assert_int_equal(sum(d, ip), 0xffff);
	} else {
		assert_int_equal(load_be16(d + 4), len - 40);
	}
	assert_int_equal(load_be16(d + ip), 4500);
	assert_int_equal(load_be16(d + ip + 4), 8 + payload);
	assert_int_equal(load_be16(d + ip + 6), 0);
	for (size_t i = 0; i < payload; i++)
		assert_int_equal(d[ip + 8 + i], (from + i) % 251);
}

static void test_each_datagram_has_its_own_headers(void **state)
{
	static const struct {
		int family;
		size_t opts, payload, n;
	} rows[] = {
		{ 4, 0, 3 * SIZE, 3 },	   { 4, 0, 3 * SIZE + 1, 4 },
		{ 4, 4, 4 * SIZE - 1, 4 }, { 6, 0, 5 * SIZE, 5 },
		{ 6, 0, SIZE + 7, 2 },	   { 4, 0, 7, 1 },
	};

	(void)state;
	for (size_t r = 0; r < sizeof(rows) / sizeof(rows[0]); r++) {
		uint8_t pkt[1024], out[MERGED_HDR_MAX + SIZE];
		size_t len = make(pkt, rows[r].family, rows[r].opts,
				  rows[r].payload);
		struct merged m;
		size_t n = 0, got;

		assert_true(merged_init(&m, rd_from(pkt, len), SIZE));
		while (merged_next(&m, out, sizeof(out), &got)) {
			size_t left = rows[r].payload - n * SIZE;

			check_datagram(out, got, rows[r].family, rows[r].opts,
				       n * SIZE, left < SIZE ? left : SIZE, n);
			n++;
			assert_int_equal(merged_done(&m), n == rows[r].n);
		}
		assert_int_equal(n, rows[r].n);
	}
}

static void test_what_is_no_whole_udp_is_refused(void **state)
{
	uint8_t pkt[512];
	struct merged m;
	size_t len;

	(void)state;
	len = make(pkt, 4, 0, 300);
	assert_false(merged_init(&m, rd_from(pkt, len), 0));
	assert_false(merged_init(&m, rd_from(pkt, 28), SIZE));
	pkt[9] = 50;
	assert_false(merged_init(&m, rd_from(pkt, len), SIZE));
	len = make(pkt, 4, 0, 300);
	pkt[6] = 0x20;
	assert_false(merged_init(&m, rd_from(pkt, len), SIZE));
	len = make(pkt, 4, 0, 300);
	pkt[0] = 0x44;
	assert_false(merged_init(&m, rd_from(pkt, len), SIZE));
	pkt[0] = 0x55;
	assert_false(merged_init(&m, rd_from(pkt, len), SIZE));
	len = make(pkt, 6, 0, 300);
	pkt[6] = 60;
	assert_false(merged_init(&m, rd_from(pkt, len), SIZE));
}

static void test_too_little_room_ends_it(void **state)
{
	uint8_t pkt[512], out[28 + SIZE];
	size_t len = make(pkt, 4, 0, 300), got;
	struct merged m;

	(void)state;
	assert_true(merged_init(&m, rd_from(pkt, len), SIZE));
	assert_false(merged_next(&m, out, sizeof(out) - 1, &got));
	assert_true(merged_next(&m, out, sizeof(out), &got));
}

static void drain(const uint8_t *pkt, size_t len, size_t size)
{
	uint8_t out[2048];
	struct merged m;
	size_t got;

	if (!merged_init(&m, rd_from(pkt, len), size))
		return;
	while (merged_next(&m, out, sizeof(out), &got))
		assert_true(got <= sizeof(out));
}

/* Prefixes in blocks of their own size, and every bit flipped. */
static void test_damaged_packets_do_no_harm(void **state)
{
	uint8_t pkt[512];

	(void)state;
	for (int family = 4; family <= 6; family += 2) {
		size_t len = make(pkt, family, 0, 210);

		for (size_t n = 0; n <= len; n++) {
			uint8_t *cut = malloc(n ? n : 1);

			assert_non_null(cut);
			memcpy(cut, pkt, n);
			drain(cut, n, SIZE);
			drain(cut, n, 1);
			free(cut);
		}
		for (size_t bit = 0; bit < 48 * 8; bit++) {
			uint8_t *bad = malloc(len);

			assert_non_null(bad);
			memcpy(bad, pkt, len);
			bad[bit / 8] ^= (uint8_t)(1 << bit % 8);
			drain(bad, len, SIZE);
			free(bad);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_datagram_has_its_own_headers),
		cmocka_unit_test(test_what_is_no_whole_udp_is_refused),
		cmocka_unit_test(test_too_little_room_ends_it),
		cmocka_unit_test(test_damaged_packets_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
