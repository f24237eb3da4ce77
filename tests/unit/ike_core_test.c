/* SPDX-License-Identifier: Apache-2.0 */
/* Small parts of the core: the action queue and the cookie. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/log.h"
#include "crypto/crypt.h"
#include "ike/cookie.h"
#include "ike/nonce.h"
#include "ike/out.h"

#define SECOND ((missiu_usec)1000000)

static void test_actions_come_in_order_and_once(void **state)
{
	const struct ike_end a = { .addr = { 4, { 1 } }, .port = 500 },
			     b = { .addr = { 4, { 2 } }, .port = 500 };
	struct ike_counters n = { 0 };
	missiu_usec now = 0;
	struct out_queue q;
	struct ike_action x;

	(void)state;
	out_init(&q, &n, &now);
	assert_false(out_next(&q, &x));
	out_send(&q, &a, &b, (struct chunk){ "abc", 3 });
	out_acquire_failed(&q, 7);
	assert_true(out_next(&q, &x));
	assert_int_equal(x.kind, IKE_SEND);
	assert_memory_equal(x.msg, "abc", 3);
	assert_true(out_next(&q, &x));
	assert_int_equal(x.acquire_id, 7);
	assert_false(out_next(&q, &x));
	out_keepalive(&q, &a, &b);
	assert_true(out_next(&q, &x));
	assert_true(x.keepalive && x.len == 1 && x.msg[0] == 0xff);
	assert_int_equal(n.tx, 1);
	out_send(&q, &a, &b, (struct chunk){ "left behind", 11 });
	out_fini(&q);
}

static unsigned lines(struct out_queue *q)
{
	struct ike_action x;
	unsigned n = 0;

	while (out_next(q, &x))
		n++;
	return n;
}

static void test_lines_of_peers_are_limited(void **state)
{
	struct ike_counters n = { 0 };
	missiu_usec now = 5 * SECOND;
	struct out_queue q;

	(void)state;
	out_init(&q, &n, &now);
	for (int i = 0; i < 100; i++)
		out_log_peer(&q, LOG_L_WARN, "line %d", i);
	assert_int_equal(lines(&q), OUT_LOG_BURST);
	/* After a while one passes, with the number of those that did not. */
	now += 2 * SECOND;
	out_log_peer(&q, LOG_L_WARN, "line");
	assert_int_equal(lines(&q), 2);
	out_log_peer(&q, LOG_L_WARN, "line");
	assert_int_equal(lines(&q), 0);
	now += 1000 * SECOND;
	for (int i = 0; i < 100; i++)
		out_log_peer(&q, LOG_L_WARN, "line %d", i);
	assert_int_equal(lines(&q), OUT_LOG_BURST + 1);
	out_log(&q, LOG_L_WARN, "ours always pass");
	assert_int_equal(lines(&q), 1);
	out_fini(&q);
}

static unsigned n_evaluated;

static const char *evaluated(void)
{
	n_evaluated++;
	return "x";
}

static bool but_debug(int level)
{
	return level < LOG_L_DEBUG;
}

static void test_lines_that_nobody_wants_cost_nothing(void **state)
{
	struct ike_counters n = { 0 };
	missiu_usec now = 0;
	struct out_queue q;

	(void)state;
	out_init(&q, &n, &now);
	q.log_wanted = but_debug;
	n_evaluated = 0;
	out_log(&q, LOG_L_DEBUG, "%s", evaluated());
	for (int i = 0; i < 100; i++)
		out_log_peer(&q, LOG_L_DEBUG, "line %d", i);
	assert_int_equal(n_evaluated, 0);
	assert_int_equal(lines(&q), 0);
	out_log(&q, LOG_L_INFO, "%s", evaluated());
	assert_int_equal(n_evaluated, 1);
	assert_int_equal(lines(&q), 1);
	q.log_wanted = NULL;
	out_log(&q, LOG_L_DEBUG, "%s", evaluated());
	assert_int_equal(n_evaluated, 2);
	assert_int_equal(lines(&q), 1);
	out_fini(&q);
}

static const struct rng rng = { crypt_random, NULL };

static void test_cookie_binds_nonce_address_port_and_spi(void **state)
{
	const struct cookie_of of = {
		{ "a nonce", 7 }, { 4, { 1, 2, 3, 4 } }, 500, 42
	};
	struct cookie_of other[4] = { of, of, of, of };
	struct cookie_jar jar = { 0 };
	uint8_t c[COOKIE_LEN], bad[COOKIE_LEN];

	(void)state;
	other[0].ni = (struct chunk){ "b nonce", 7 };
	other[1].addr.b[3] = 5;
	other[2].port = 501;
	other[3].spi_i = 43;
	assert_false(cookie_ok(&jar, &of, 0, (struct chunk){ c, 0 }));
	assert_int_equal(cookie_make(&jar, &rng, &of, SECOND, c), 0);
	assert_true(cookie_ok(&jar, &of, SECOND, (struct chunk){ c, 33 }));
	assert_false(cookie_ok(&jar, &of, SECOND, (struct chunk){ c, 32 }));
	for (int i = 0; i < 4; i++)
		assert_false(cookie_ok(&jar, &other[i], SECOND,
				       (struct chunk){ c, 33 }));
	for (size_t bit = 0; bit < 33 * 8; bit++) {
		memcpy(bad, c, sizeof(c));
		bad[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_false(cookie_ok(&jar, &of, SECOND,
				       (struct chunk){ bad, 33 }));
	}
}

static void test_cookies_age(void **state)
{
	const struct cookie_of of = { { "a nonce", 7 }, { 4, { 1 } }, 500, 42 };
	struct cookie_jar jar = { 0 };
	uint8_t old[COOKIE_LEN], new[COOKIE_LEN];
	const struct chunk c = { old, COOKIE_LEN };

	(void)state;
	assert_int_equal(cookie_make(&jar, &rng, &of, 1000 * SECOND, old), 0);
	assert_int_equal(cookie_make(&jar, &rng, &of, 1061 * SECOND, new), 0);
	assert_memory_not_equal(old, new, COOKIE_LEN);
	assert_true(cookie_ok(&jar, &of, 1061 * SECOND, c));
	assert_int_equal(cookie_make(&jar, &rng, &of, 1122 * SECOND, new), 0);
	assert_false(cookie_ok(&jar, &of, 1122 * SECOND, c));
	/* And when nobody asks for new ones. */
	memcpy(old, new, COOKIE_LEN);
	assert_true(cookie_ok(&jar, &of, 1240 * SECOND, c));
	assert_false(cookie_ok(&jar, &of, 1243 * SECOND, c));
	assert_int_equal(cookie_make(&jar, &rng, &of, 1300 * SECOND, new), 0);
	assert_false(cookie_ok(&jar, &of, 1300 * SECOND, c));
}

/* RFC 7296 2.8.1: octet by octet, not as numbers; who ends first is lower. */
static void test_order_of_nonces(void **state)
{
	static const struct {
		const char *low, *high;
	} cases[] = {
		{ "abcdefghijklmnop", "abcdefghijklmnoq" },
		{ "abcdefghijklmnop", "abcdefghijklmnopa" },
		{ "azzzzzzzzzzzzzzzzzz", "baaaaaaaaaaaaaaa" },
		{ "\177aaaaaaaaaaaaaaa", "\200aaaaaaaaaaaaaaa" },
	};
	struct nonce n;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct chunk low = { cases[i].low, strlen(cases[i].low) };
		const struct chunk high = { cases[i].high,
					    strlen(cases[i].high) };

		assert_true(nonce_lower(low, high));
		assert_false(nonce_lower(high, low));
		assert_false(nonce_lower(low, low));
		nonce_lowest(&n, high, low);
		assert_int_equal(n.len, low.len);
		assert_memory_equal(n.b, low.p, low.len);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_actions_come_in_order_and_once),
		cmocka_unit_test(test_lines_of_peers_are_limited),
		cmocka_unit_test(test_lines_that_nobody_wants_cost_nothing),
		cmocka_unit_test(test_cookie_binds_nonce_address_port_and_spi),
		cmocka_unit_test(test_cookies_age),
		cmocka_unit_test(test_order_of_nonces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
