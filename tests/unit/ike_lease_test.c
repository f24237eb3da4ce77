/* SPDX-License-Identifier: Apache-2.0 */
/* Leases: who gets which address, what is kept, what is given on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/addr.h"
#include "ike/ident.h"
#include "ike/idtext.h"
#include "ike/lease.h"

static struct missiu_addr addr(const char *text)
{
	struct missiu_addr a;

	assert_true(addr_parse(text, &a));
	return a;
}

static struct ike_id who(const char *text)
{
	struct ike_id id = { 0 };

	assert_int_equal(ike_id_parse(text, &id, NULL), 0);
	return id;
}

static struct missiu_ranges range(const char *lo, const char *hi)
{
	return (struct missiu_ranges){ .v = { { addr(lo), addr(hi) } },
				       .n = 1 };
}

static struct lease *get(struct leases *t, const struct missiu_ranges *pool,
			 const char *id, const char *wish)
{
	struct ike_id i = id ? who(id) : (struct ike_id){ 0 };
	const struct lease_want w = {
		.peer = "p",
		.id = id ? &i : NULL,
		.pool = pool,
		.family = pool->v[0].lo.family,
		.wish = wish ? addr(wish) : (struct missiu_addr){ 0 }
	};
	struct lease *l;

	l = lease_get(t, &w);
	ike_id_drop(&i);
	return l;
}

static void test_all_of_a_prefix_but_its_ends(void **state)
{
	const struct missiu_ranges pool = range("10.0.0.0", "10.0.0.15");
	struct leases *t = leases_new(1);
	bool seen[16] = { false };
	char id[16];

	(void)state;
	for (int i = 0; i < 14; i++) {
		struct lease *l;

		snprintf(id, sizeof(id), "h%d", i);
		l = get(t, &pool, id, NULL);
		assert_non_null(l);
		assert_true(l->addr.b[3] >= 1 && l->addr.b[3] <= 14);
		assert_false(seen[l->addr.b[3]]);
		seen[l->addr.b[3]] = true;
	}
	assert_null(get(t, &pool, "h14", NULL));
	leases_free(t);
}

static void test_ranges_are_used_up_to_their_ends(void **state)
{
	static const struct {
		const char *lo, *hi;
		size_t n;
	} rows[] = {
		{ "10.0.0.7", "10.0.0.7", 1 },
		{ "10.0.0.4", "10.0.0.5", 2 }, /* a /31 */
		{ "10.0.0.5", "10.0.0.9", 5 },
		{ "10.0.0.254", "10.0.1.2", 5 },
		{ "255.255.255.254", "255.255.255.255", 2 },
		{ "fd00::", "fd00::3", 3 },
		{ "fd00::1", "fd00::3", 3 },
		{ "fd00::ffff", "fd00::1:1", 3 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct missiu_ranges pool = range(rows[i].lo, rows[i].hi);
		struct leases *t = leases_new(i);
		struct lease *l;
		size_t n = 0;

		while ((l = get(t, &pool, NULL, NULL)) != NULL) {
			assert_true(addr_cmp(&pool.v[0].lo, &l->addr) <= 0);
			assert_true(addr_cmp(&l->addr, &pool.v[0].hi) <= 0);
			n++;
		}
		assert_int_equal(n, rows[i].n);
		leases_free(t);
	}
}

static void test_wishes(void **state)
{
	const struct missiu_ranges pool = range("10.0.0.0", "10.0.0.255");
	struct leases *t = leases_new(1);
	struct lease *a, *b;

	(void)state;
	a = get(t, &pool, "a", "10.0.0.77");
	assert_string_equal(addr_text(&a->addr).s, "10.0.0.77");
	/* Somebody else's, of no pool, the network's own: another one. */
	b = get(t, &pool, "b", "10.0.0.77");
	assert_false(addr_eq(&a->addr, &b->addr));
	lease_put(b);
	assert_ptr_equal(get(t, &pool, "b", "10.9.0.1"), b);
	lease_put(b);
	assert_ptr_equal(get(t, &pool, "b", "10.0.0.0"), b);
	/* One's own, used by another SA of one's own. */
	assert_ptr_equal(get(t, &pool, "a", "10.0.0.77"), a);
	assert_int_equal(a->refs, 2);
	/* Without a wish the second device gets an address of its own. */
	assert_ptr_not_equal(get(t, &pool, "a", NULL), a);
	leases_free(t);
}

static void test_the_longest_unused_is_given_on(void **state)
{
	const struct missiu_ranges pool = range("10.0.0.1", "10.0.0.3");
	struct leases *t = leases_new(1);
	struct lease *a = get(t, &pool, "a", NULL);
	struct lease *b = get(t, &pool, "b", NULL);
	struct lease *c = get(t, &pool, "c", NULL);
	const struct missiu_addr of_b = b->addr;

	(void)state;
	lease_put(b);
	lease_put(a);
	assert_true(addr_eq(&get(t, &pool, "d", NULL)->addr, &of_b));
	/* a, who was away shorter, comes back to his. */
	assert_ptr_equal(get(t, &pool, "a", NULL), a);
	assert_null(get(t, &pool, "b", NULL));
	assert_int_equal(c->refs, 1);
	leases_free(t);
}

static void test_what_left_the_pool_is_not_given(void **state)
{
	const struct missiu_ranges old = range("10.0.0.1", "10.0.0.3");
	const struct missiu_ranges now = range("10.7.0.1", "10.7.0.3");
	struct leases *t = leases_new(1);

	(void)state;
	lease_put(get(t, &old, "a", NULL));
	assert_int_equal(get(t, &now, "a", NULL)->addr.b[1], 7);
	leases_free(t);
}

static void test_nobody_is_not_found_again(void **state)
{
	const struct missiu_ranges pool = range("10.0.0.0", "10.0.0.255");
	struct leases *t = leases_new(1);
	struct lease *a = get(t, &pool, NULL, NULL);
	char *text;

	(void)state;
	lease_put(a);
	assert_ptr_not_equal(get(t, &pool, NULL, NULL), a);
	text = leases_text(t);
	assert_string_equal(text, "");
	free(text);
	leases_free(t);
}

static void test_text_brings_all_back(void **state)
{
	const struct missiu_ranges pool = range("fd00::", "fd00::ffff");
	struct leases *t = leases_new(1), *u = leases_new(2);
	unsigned line;
	char *text, *again;

	(void)state;
	for (int i = 0; i < 100; i++) {
		char id[32];

		snprintf(id, sizeof(id), "user%d@example.org", i);
		get(t, &pool, id, NULL);
	}
	text = leases_text(t);
	assert_int_equal(leases_load(u, text, &line), 100);
	assert_int_equal(line, 0);
	again = leases_text(u);
	assert_string_equal(text, again);
	/* A second time all are taken. */
	assert_int_equal(leases_load(u, text, &line), 0);
	assert_int_equal(line, 1);
	free(text);
	free(again);
	leases_free(t);
	leases_free(u);
}

static void test_long_names_come_back(void **state)
{
	const struct missiu_ranges pool = range("10.0.0.0", "10.0.0.255");
	struct leases *t = leases_new(1), *u = leases_new(1);
	struct missiu_addr had;
	char id[600] = "CN=a";
	unsigned line;
	char *text;

	(void)state;
	for (int i = 0; i < 8; i++)
		strcat(id, ", OU=ten bytes.ten bytes.ten bytes."
			   "ten bytes.ten bytes.ten bytes.");
	had = get(t, &pool, id, NULL)->addr;
	get(t, &pool, "a.example", NULL);
	text = leases_text(t);
	assert_int_equal(leases_load(u, text, &line), 2);
	assert_true(addr_eq(&get(u, &pool, id, NULL)->addr, &had));
	id[3] = 'b';
	assert_false(addr_eq(&get(u, &pool, id, NULL)->addr, &had));
	free(text);
	leases_free(t);
	leases_free(u);
}

static void test_damaged_text(void **state)
{
	static const char good[] = "10.0.0.1 2 61 p\nfd00::1 3 61406263 q\n";
	static const char *const bad[] = {
		"x",
		"10.0.0.1",
		"10.0.0.1 2",
		"10.0.0.1 2 6 p",
		"10.0.0.1 2 6g p",
		"10.0.0.1 0 61 p",
		"10.0.0.1 2x 61 p",
		"10.0.0.300 2 61 p",
		"10.0.0.1 2 61",
		"10.0.0.1 2 61 "
		"nameofapeerthatislongerthanthirtyonecharacters",
	};
	unsigned line;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct leases *t = leases_new(1);

		if (leases_load(t, bad[i], &line) || line != 1)
			fail_msg("%s", bad[i]);
		leases_free(t);
	}
	for (size_t bit = 0; bit < (sizeof(good) - 1) * 8; bit++) {
		struct leases *t = leases_new(1);
		char *text = strdup(good);

		text[bit / 8] = (char)(text[bit / 8] ^ 1 << bit % 8);
		assert_true(leases_load(t, text, &line) <= 2);
		free(text);
		leases_free(t);
	}
	for (size_t n = 0; n < sizeof(good); n++) {
		struct leases *t = leases_new(1);
		char *text = strndup(good, n);

		assert_true(leases_load(t, text, &line) <= 2);
		free(text);
		leases_free(t);
	}
}

static void test_many(void **state)
{
	const struct missiu_ranges pool = range("10.0.0.0", "10.255.255.255");
	struct leases *t = leases_new(1);
	const struct lease *l = NULL;

	(void)state;
	for (int i = 0; i < LEASES_MAX + 10; i++) {
		struct lease *n;
		char id[16];

		snprintf(id, sizeof(id), "h%d", i);
		n = get(t, &pool, id, NULL);
		assert_non_null(n);
		lease_put(n);
		l = n;
	}
	assert_int_equal(l->refs, 0);
	leases_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_of_a_prefix_but_its_ends),
		cmocka_unit_test(test_ranges_are_used_up_to_their_ends),
		cmocka_unit_test(test_wishes),
		cmocka_unit_test(test_the_longest_unused_is_given_on),
		cmocka_unit_test(test_what_left_the_pool_is_not_given),
		cmocka_unit_test(test_nobody_is_not_found_again),
		cmocka_unit_test(test_text_brings_all_back),
		cmocka_unit_test(test_long_names_come_back),
		cmocka_unit_test(test_damaged_text),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
