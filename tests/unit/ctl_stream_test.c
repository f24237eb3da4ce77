/* SPDX-License-Identifier: Apache-2.0 */
/* ESP over TCP between missiu and the key daemon: the messages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/addr.h"
#include "ctl/stream.h"

static struct ctl_stream_ends ends(const char *local, const char *remote)
{
	struct ctl_stream_ends e = { .lport = 4500, .rport = 50123 };

	assert_true(addr_parse(local, &e.local));
	assert_true(addr_parse(remote, &e.remote));
	return e;
}

static void test_ends_round_trip(void **state)
{
	const struct ctl_stream_ends in[] = {
		ends("192.0.2.1", "198.51.100.7"),
		ends("2001:db8::1", "2001:db8:5::2"),
	};
	uint8_t b[CTL_STREAM_ENDS];
	struct ctl_stream_ends e;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		ctl_stream_put(&in[i], b);
		assert_true(ctl_stream_get(b, sizeof(b), &e));
		assert_true(addr_eq(&e.local, &in[i].local));
		assert_true(addr_eq(&e.remote, &in[i].remote));
		assert_int_equal(e.lport, 4500);
		assert_int_equal(e.rport, 50123);
		assert_int_equal(ctl_stream_port(b, sizeof(b)), 0);
	}
}

static void test_malformed_ends_are_refused(void **state)
{
	const struct ctl_stream_ends in = ends("192.0.2.1", "198.51.100.7");
	static const struct {
		size_t at;
		uint8_t value;
	} bad[] = { { 0, 0 }, { 0, 2 }, { 1, 0 }, { 1, 5 } };
	struct ctl_stream_ends e = { .lport = 1 };
	uint8_t b[CTL_STREAM_ENDS];

	(void)state;
	ctl_stream_put(&in, b);
	for (size_t n = 0; n < sizeof(b); n++) {
		uint8_t *copy = malloc(n ? n : 1);

		assert_non_null(copy);
		memcpy(copy, b, n);
		assert_false(ctl_stream_get(copy, n, &e));
		free(copy);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ctl_stream_put(&in, b);
		b[bad[i].at] = bad[i].value;
		assert_false(ctl_stream_get(b, sizeof(b), &e));
	}
	for (size_t at = 4; at < 8; at += 2) {
		ctl_stream_put(&in, b);
		b[at] = b[at + 1] = 0;
		assert_false(ctl_stream_get(b, sizeof(b), &e));
	}
	assert_int_equal(e.lport, 1);
}

static void test_a_hello_tells_the_port(void **state)
{
	uint8_t b[CTL_STREAM_HELLO];

	(void)state;
	ctl_stream_hello(4500, b);
	assert_int_equal(ctl_stream_port(b, sizeof(b)), 4500);
	for (size_t n = 0; n < sizeof(b); n++)
		assert_int_equal(ctl_stream_port(b, n), 0);
	b[0]++;
	assert_int_equal(ctl_stream_port(b, sizeof(b)), 0);
}

static void test_packets_are_cut_apart(void **state)
{
	const uint8_t b[] = { 0, 4, 'a', 'b', 0, 2, 0, 3, 'c', 0, 9, 'd' };
	const uint8_t *p = b, *k;
	size_t len = sizeof(b), n;

	(void)state;
	k = ctl_stream_packet(&p, &len, &n);
	assert_ptr_equal(k, b + 2);
	assert_int_equal(n, 2);
	k = ctl_stream_packet(&p, &len, &n);
	assert_non_null(k);
	assert_int_equal(n, 0);
	k = ctl_stream_packet(&p, &len, &n);
	assert_ptr_equal(k, b + 8);
	assert_int_equal(n, 1);
	/* The last one says more than there is. */
	assert_null(ctl_stream_packet(&p, &len, &n));
	assert_int_equal(len, 3);
}

static void test_a_length_below_two_ends_it(void **state)
{
	const uint8_t b[] = { 0, 1, 0, 4, 1, 2 };
	const uint8_t *p = b;
	size_t len = sizeof(b), n;

	(void)state;
	assert_null(ctl_stream_packet(&p, &len, &n));
	assert_ptr_equal(p, b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ends_round_trip),
		cmocka_unit_test(test_malformed_ends_are_refused),
		cmocka_unit_test(test_a_hello_tells_the_port),
		cmocka_unit_test(test_packets_are_cut_apart),
		cmocka_unit_test(test_a_length_below_two_ends_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
