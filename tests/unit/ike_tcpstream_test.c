/* SPDX-License-Identifier: Apache-2.0 */
/* The byte stream of RFC 9329: every prefix, every length, garbage. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/rd.h"
#include "common/wr.h"
#include "ike/tcp_stream.h"

/* In a block of its size: a sanitizer sees one byte too many. */
static struct tcp_frame next(const uint8_t *p, size_t len, enum tcp_item item)
{
	uint8_t *copy = malloc(len ? len : 1);
	struct tcp_frame f;

	assert_non_null(copy);
	if (len)
		memcpy(copy, p, len);
	f = tcp_next(copy, len);
	assert_int_equal(f.item, item);
	if (item == TCP_IKE || item == TCP_ESP) {
		assert_true(f.p >= copy && f.p + f.len <= copy + len);
		assert_true(f.used <= len);
	}
	free(copy);
	return f;
}

/* RFC 9329 3.1 and 3.2 with a message of 4 and a packet of 12 bytes. */
static const uint8_t ike[] = { 0, 10, 0, 0, 0, 0, 0xde, 0xad, 0xbe, 0xef };
static const uint8_t esp[] = { 0, 14, 1, 2, 3, 4, 0, 0, 0, 1, 5, 6, 7, 8 };

static void test_ike_is_known_by_the_marker(void **state)
{
	const struct tcp_frame f = next(ike, sizeof(ike), TCP_IKE);

	(void)state;
	assert_int_equal(f.len, 4);
	assert_int_equal(f.used, sizeof(ike));
	assert_memory_equal(tcp_next(ike, sizeof(ike)).p, ike + 6, 4);
}

static void test_esp_begins_with_its_spi(void **state)
{
	const struct tcp_frame f = next(esp, sizeof(esp), TCP_ESP);

	(void)state;
	assert_int_equal(f.len, 12);
	assert_int_equal(f.used, sizeof(esp));
	assert_memory_equal(tcp_next(esp, sizeof(esp)).p, esp + 2, 12);
}

static void test_every_prefix_asks_for_more(void **state)
{
	(void)state;
	for (size_t n = 0; n < sizeof(ike); n++)
		assert_int_equal(next(ike, n, TCP_MORE).used, 0);
	for (size_t n = 0; n < sizeof(esp); n++)
		assert_int_equal(next(esp, n, TCP_MORE).used, 0);
}

static void test_what_follows_is_left_alone(void **state)
{
	uint8_t both[sizeof(ike) + sizeof(esp)];

	(void)state;
	memcpy(both, ike, sizeof(ike));
	memcpy(both + sizeof(ike), esp, sizeof(esp));
	for (size_t n = sizeof(ike); n <= sizeof(both); n++)
		assert_int_equal(next(both, n, TCP_IKE).used, sizeof(ike));
}

static void test_lengths_below_two_end_the_stream(void **state)
{
	(void)state;
	for (uint8_t n = 0; n < 2; n++)
		next((uint8_t[]){ 0, n, 1, 2, 3, 4, 0, 0, 0, 1 }, 10, TCP_BAD);
}

static void test_lengths_that_hold_nothing_are_ignored(void **state)
{
	uint8_t b[16] = { 0 };

	(void)state;
	/* Room for no marker; then for an SPI but no sequence number. */
	for (uint8_t n = 2; n < 10; n++) {
		b[1] = n;
		b[5] = 1; /* an SPI of 1, no marker */
		assert_int_equal(next(b, sizeof(b), TCP_NOTHING).used, n);
	}
	b[1] = 10;
	next(b, sizeof(b), TCP_ESP);
	/* A marker and nothing behind it is an empty message. */
	b[5] = 0;
	b[1] = 6;
	assert_int_equal(next(b, sizeof(b), TCP_IKE).len, 0);
}

static void test_the_longest_message_fits(void **state)
{
	uint8_t *b = calloc(1, UINT16_MAX);

	(void)state;
	assert_non_null(b);
	b[0] = b[1] = 0xff;
	assert_int_equal(next(b, UINT16_MAX - 1, TCP_MORE).used, 0);
	assert_int_equal(next(b, UINT16_MAX, TCP_IKE).len, UINT16_MAX - 6);
	free(b);
}

static void test_the_prefix_is_taken_byte_by_byte(void **state)
{
	const uint8_t *p = (const uint8_t *)"IKETCP";

	(void)state;
	for (size_t n = 0; n < 6; n++)
		assert_int_equal(tcp_prefix(p, n), TCP_MORE);
	assert_int_equal(tcp_prefix(p, 6), TCP_IKE);
	assert_int_equal(tcp_prefix((const uint8_t *)"IKETCP\0\12", 8),
			 TCP_IKE);
}

static void test_another_prefix_is_seen_at_its_first_wrong_byte(void **state)
{
	(void)state;
	for (size_t at = 0; at < 6; at++)
		for (int bit = 0; bit < 8; bit++) {
			uint8_t b[6];

			memcpy(b, "IKETCP", 6);
			b[at] ^= (uint8_t)(1 << bit);
			for (size_t n = 0; n <= 6; n++)
				assert_int_equal(tcp_prefix(b, n),
						 n <= at ? TCP_MORE : TCP_BAD);
		}
	assert_int_equal(tcp_prefix((const uint8_t *)"GET / HTTP/1.1", 14),
			 TCP_BAD);
}

static void test_flipped_bits_never_lead_astray(void **state)
{
	uint8_t b[sizeof(ike) + sizeof(esp)];

	(void)state;
	for (size_t bit = 0; bit < 8 * sizeof(b); bit++) {
		size_t at = 0;

		memcpy(b, ike, sizeof(ike));
		memcpy(b + sizeof(ike), esp, sizeof(esp));
		b[bit / 8] ^= (uint8_t)(1 << bit % 8);
		while (at < sizeof(b)) {
			const struct tcp_frame f =
				tcp_next(b + at, sizeof(b) - at);

			if (f.item == TCP_MORE || f.item == TCP_BAD)
				break;
			assert_in_range(f.used, 2, sizeof(b) - at);
			at += f.used;
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ike_is_known_by_the_marker),
		cmocka_unit_test(test_esp_begins_with_its_spi),
		cmocka_unit_test(test_every_prefix_asks_for_more),
		cmocka_unit_test(test_what_follows_is_left_alone),
		cmocka_unit_test(test_lengths_below_two_end_the_stream),
		cmocka_unit_test(test_lengths_that_hold_nothing_are_ignored),
		cmocka_unit_test(test_the_longest_message_fits),
		cmocka_unit_test(test_the_prefix_is_taken_byte_by_byte),
		cmocka_unit_test(
			test_another_prefix_is_seen_at_its_first_wrong_byte),
		cmocka_unit_test(test_flipped_bits_never_lead_astray),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
