/* SPDX-License-Identifier: Apache-2.0 */
/* Tables and timers of IKE SAs, and that none of the work on one SA grows with
 * the number of the others: counted in steps, not in time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/addr.h"
#include "common/rd.h"
#include "ike/acquire.h"
#include "ike/child_neg.h"
#include "ike/limit.h"
#include "ike/policies.h"
#include "ike/sa.h"

#define MANY 5000

static uint32_t rnd(uint32_t *x)
{
	*x = *x * 1664525u + 1013904223u;
	return *x >> 8;
}

/* --- hash table */

struct thing {
	struct hnode node;
	unsigned key, serial;
};

static void test_a_table_finds_what_is_in_it_newest_first(void **state)
{
	static struct thing v[4000];
	const unsigned n = sizeof(v) / sizeof(v[0]);
	struct htab t;

	(void)state;
	assert_int_equal(htab_init(&t), 0);
	for (unsigned i = 0; i < n; i++) {
		v[i] = (struct thing){ .key = i % 1000, .serial = i };
		htab_add(&t, &v[i].node, hash_u64(7, v[i].key));
	}
	for (unsigned i = 0; i < n; i += 2)
		htab_del(&v[i].node);
	htab_del(&v[0].node); /* twice does no harm */
	assert_int_equal(t.n, n / 2);
	for (unsigned key = 0; key < 1000; key++) {
		unsigned before = n, found = 0;
		struct hnode *i = htab_first(&t, hash_u64(7, key));

		for (; i; i = htab_next(i)) {
			const struct thing *x = (struct thing *)i;

			assert_int_equal(x->key, key);
			assert_true(x->serial < before);
			before = x->serial;
			found++;
		}
		assert_int_equal(found, key % 2 ? 4 : 0);
	}
	htab_fini(&t);
}

static void test_a_hash_depends_on_every_byte_and_the_seed(void **state)
{
	uint8_t b[20] = { 0 };
	const uint64_t h = hash_bytes(1, b, sizeof(b));

	(void)state;
	assert_true(h != hash_bytes(2, b, sizeof(b)));
	assert_true(h != hash_bytes(1, b, sizeof(b) - 1));
	for (size_t bit = 0; bit < 8 * sizeof(b); bit++) {
		b[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_true(h != hash_bytes(1, b, sizeof(b)));
		b[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
}

/* --- timers */

static void test_timers_come_in_order_whatever_was_changed(void **state)
{
	static struct timer v[2000];
	const unsigned n = sizeof(v) / sizeof(v[0]);
	struct timerq q = { 0 };
	missiu_usec last = 0;
	uint32_t x = 1;
	unsigned left = 0;

	(void)state;
	for (unsigned i = 0; i < 20 * n; i++) {
		struct timer *t = &v[rnd(&x) % n];

		if (rnd(&x) % 4)
			timerq_set(&q, t, rnd(&x) % 1000);
		else
			timerq_del(&q, t);
	}
	for (unsigned i = 0; i < n; i++)
		left += v[i].pprev != NULL;
	assert_true(left > n / 2);
	for (struct timer *t; (t = timerq_first(&q)) != NULL; left--) {
		assert_true(t->due >= last);
		last = t->due;
		timerq_del(&q, t);
		assert_null(t->pprev);
	}
	assert_int_equal(left, 0);
}

static void test_a_timer_costs_the_logarithm_of_their_number(void **state)
{
	static struct timer v[MANY];
	struct timerq q = { 0 };
	uint32_t x = 2;

	(void)state;
	for (unsigned i = 0; i < MANY; i++)
		timerq_set(&q, &v[i], rnd(&x));
	q.steps = 0;
	for (unsigned i = 0; i < MANY; i++) {
		struct timer *t = timerq_first(&q);

		timerq_set(&q, t, t->due + rnd(&x));
	}
	/* log2(5000) is 12.3; a scan would take MANY each time. */
	assert_true(q.steps < MANY * 40ull);
}

/* --- a core with many IKE SAs */

static struct missiu_addr nth_addr(unsigned i)
{
	uint8_t b[4];

	store_be32(b, 0x0a640000 + i);
	return addr_from_bytes(4, b);
}

static const struct missiu_addr own = { .family = 4, .b = { 10, 9, 0, 1 } };

/* An established SA of peer @i with a child. */
static void add_peer(struct ike *ike, unsigned i)
{
	const struct ike_end local = { .addr = own, .port = 500 };
	const struct ike_end remote = { .addr = nth_addr(i), .port = 500 };
	struct ike_sa *sa = ike_sa_new(ike, false, &local, &remote);
	struct ike_child *c = calloc(1, sizeof(*c));

	assert_non_null(sa);
	assert_non_null(c);
	sa->spi_i = i + 1;
	sa->spi_r = ike_sa_new_spi(ike);
	sa->peer = peer_get(ike->peer[0]);
	sa->psk = sa->peer->psk;
	sa->id_remote = (struct ike_id){ .type = 1, .len = 4 };
	memcpy(sa->id_remote.data, remote.addr.b, 4);
	sa->suite = (struct ike_suite){ .encr = IKE_ENCR_AES_GCM_16,
					.key_bits = 128,
					.prf = IKE_PRF_HMAC_SHA256 };
	assert_int_equal(ike_sa_algs(&sa->suite, &sa->algs), 0);
	ike_sa_set_keys(sa);
	ike_sa_insert(ike, sa);
	ike_sa_set_state(ike, sa, IKE_S_INIT_RCVD);
	ike_sa_established(ike, sa);
	c->sa = sa;
	c->handle = ++ike->last_handle;
	c->spi_in = child_new_spi(ike);
	c->spi_out = 256 + i;
	c->suite.proto = IKE_PROTO_ESP;
	c->end_remote = sa->remote;
	sa->children = c;
	sa->n_child = 1;
	index_add_child(ike->ix, c);
}

static void drain(struct ike *ike)
{
	struct ike_action a;

	while (ike_action_next(ike, &a))
		continue;
}

static void add_policies(struct ike *ike, unsigned n)
{
	struct missiu_policy *v = calloc(n, sizeof(*v));

	assert_non_null(v);
	for (unsigned i = 0; i < n; i++) {
		const struct missiu_addr peer = nth_addr(i);

		v[i] = (struct missiu_policy){ .id = 3 * i + 1,
					       .dirs = MISSIU_IN | MISSIU_OUT,
					       .action = MISSIU_PROTECT,
					       .mode = MISSIU_TUNNEL,
					       .n_prot = 1,
					       .local = ts_any(),
					       .remote = ts_host(&peer),
					       .tun_local = own,
					       .tun_remote = peer };
		v[i].prot[0] =
			(struct missiu_prot){ .proto = MISSIU_ESP,
					      .encr = MISSIU_ENCR_AES_GCM,
					      .key_len = 16,
					      .icv_len = 16 };
	}
	ike_policies(ike, v, n);
	free(v);
}

static struct ike *core_with(unsigned n)
{
	const struct ike_psk psk = { .len = 6, .key = "secret" };
	const struct ike_conf conf = { .psk = &psk, .n_psk = 1 };
	struct ike *ike = ike_new(&conf, NULL);

	assert_non_null(ike);
	ike->now = 1000000;
	add_policies(ike, n);
	for (unsigned i = 0; i < n; i++)
		add_peer(ike, i);
	ike_tick(ike, ike->now);
	drain(ike);
	return ike;
}

static uint64_t steps(const struct ike *ike)
{
	return index_steps(ike->ix) + ike->timers.steps + ike->n_settled +
	       policies_steps(ike->pols);
}

/* All that an established core does for single peers. */
static uint64_t cost_of_a_round(struct ike *ike, unsigned n)
{
	const uint64_t before = steps(ike);
	uint8_t junk[64] = { 0 };
	struct missiu_event ev = { .kind = MISSIU_EV_ACQUIRE,
				   .policy_id = 3 * (n / 2) + 1,
				   .acquire_id = 1 };
	const struct missiu_addr peer = nth_addr(n / 2);
	const struct missiu_addr inner = nth_addr(n / 2);
	const struct ike_end local = { .addr = own, .port = 500 },
			     remote = { .addr = peer, .port = 500 };
	struct ike_sa *sa, *found;
	struct ike_child *c;
	size_t n_pol;

	sa = ike_sa_by_peer(ike, &own, &peer, NULL);
	assert_non_null(sa);
	assert_true(addr_eq(&sa->remote.addr, &peer));
	assert_true(limit_rekey(ike, sa));
	assert_true(limit_init(ike, &peer));
	limit_peer(ike, sa);
	c = child_find(ike, sa->children->handle, &found);
	assert_ptr_equal(c, sa->children);
	assert_ptr_equal(found, sa);
	assert_true(
		child_spi_taken(ike, IKE_PROTO_ESP, c->spi_out, &peer, NULL));
	assert_true(child_new_spi(ike) >= 256);
	assert_int_equal(policy_by_id(ike, ev.policy_id)->id, ev.policy_id);
	assert_non_null(policies_of(ike->pols, &peer, &n_pol));
	assert_int_equal(n_pol, 1);
	/* A packet, an event, a datagram of nobody's, a timer. */
	ev.pkt_src = ts_host(&own);
	ev.pkt_dst = ts_host(&inner);
	ike_event(ike, &ev, &own, ike->now);
	store_be64(junk, 76);
	store_be64(junk + 8, 77);
	junk[17] = 0x20;
	junk[18] = IKE_X_INFORMATIONAL;
	junk[19] = IKE_F_INITIATOR;
	store_be32(junk + 24, sizeof(junk));
	ike_input(ike, &local, &remote, junk, sizeof(junk), ike->now);
	assert_int_equal(ike->n.rx_no_sa, 1);
	ike_tick(ike, ike->now + 1);
	drain(ike);
	return steps(ike) - before;
}

static void test_work_for_one_does_not_grow_with_the_others(void **state)
{
	struct ike *few = core_with(100), *many = core_with(MANY);
	uint64_t a, b;

	(void)state;
	a = cost_of_a_round(few, 100);
	b = cost_of_a_round(many, MANY);
	assert_true(a > 5);
	/* Chains and the heap vary a little; a single walk would be 5000. */
	assert_in_range(b, 1, a + 60);
	ike_free(few);
	ike_free(many);
}

static void test_nothing_due_touches_nothing(void **state)
{
	struct ike *ike = core_with(MANY);
	const uint64_t before = steps(ike);

	(void)state;
	for (int i = 0; i < 100; i++)
		assert_true(ike_tick(ike, ike->now + 1000) > ike->now);
	assert_int_equal(steps(ike), before);
	ike_free(ike);
}

static void test_a_status_walk_is_linear_and_sees_each_once(void **state)
{
	struct ike *ike = core_with(1000);
	struct ike_sa_info info;
	uint64_t cursor = 0, before = steps(ike);
	unsigned n = 0;
	bool seen[1001] = { 0 };

	(void)state;
	while (ike_sa_next(ike, &cursor, &info)) {
		assert_in_range(info.spi_i, 1, 1000);
		assert_false(seen[info.spi_i]);
		seen[info.spi_i] = true;
		n++;
	}
	assert_int_equal(n, 1000);
	assert_true(steps(ike) - before < 3 * 1000);
	ike_free(ike);
}

static void test_a_peer_that_moved_is_found_where_it_is(void **state)
{
	struct ike *ike = core_with(10);
	const struct missiu_addr was = nth_addr(3), is = nth_addr(77);
	struct ike_sa *sa = ike_sa_by_peer(ike, &own, &was, NULL);

	(void)state;
	assert_non_null(sa);
	ike_sa_set_ends(ike, sa, &sa->local,
			&(struct ike_end){ .addr = is, .port = 4500 });
	assert_null(ike_sa_by_peer(ike, &own, &was, NULL));
	assert_ptr_equal(ike_sa_by_peer(ike, &own, &is, NULL), sa);
	ike_free(ike);
}

static void test_all_that_is_due_is_done_in_one_tick(void **state)
{
	struct ike *ike = core_with(200);

	(void)state;
	/* Liveness checks of all, after which nothing is due at once. */
	assert_true(ike_tick(ike, ike->now + 301 * 1000000ull) > ike->now);
	assert_int_equal(ike->n.tx, 200);
	drain(ike);
	ike_free(ike);
}

/* --- policies */

static void test_policies_for_a_peer_keep_their_order(void **state)
{
	struct missiu_policy v[6] = { 0 };
	const struct missiu_addr a = nth_addr(1), b = nth_addr(2);
	const struct missiu_policy *got;
	struct policies *p;
	size_t n;

	(void)state;
	for (uint32_t i = 0; i < 6; i++)
		v[i] = (struct missiu_policy){ .id = 10 - i,
					       .action = MISSIU_PROTECT,
					       .mode = MISSIU_TUNNEL };
	v[0].tun_remote = a;
	v[1].tun_remote = b;
	/* v[2]: any peer */
	v[3].tun_remote = a;
	v[4].action = MISSIU_BYPASS;
	v[5].mode = MISSIU_TRANSPORT;
	p = policies_new(v, 6, 1);
	assert_non_null(p);
	got = policies_of(p, &a, &n);
	assert_int_equal(n, 5);
	assert_int_equal(got[0].id, 10);
	assert_int_equal(got[1].id, 8);
	assert_int_equal(got[2].id, 7);
	assert_int_equal(got[3].id, 6);
	assert_int_equal(got[4].id, 5);
	got = policies_of(p, &b, &n);
	assert_int_equal(n, 4);
	assert_int_equal(got[0].id, 9);
	got = policies_of(p, &own, &n);
	assert_int_equal(n, 3);
	assert_int_equal(policies_by_id(p, 7)->id, 7);
	assert_null(policies_by_id(p, 4));
	policies_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_table_finds_what_is_in_it_newest_first),
		cmocka_unit_test(
			test_a_hash_depends_on_every_byte_and_the_seed),
		cmocka_unit_test(
			test_timers_come_in_order_whatever_was_changed),
		cmocka_unit_test(
			test_a_timer_costs_the_logarithm_of_their_number),
		cmocka_unit_test(
			test_work_for_one_does_not_grow_with_the_others),
		cmocka_unit_test(test_nothing_due_touches_nothing),
		cmocka_unit_test(
			test_a_status_walk_is_linear_and_sees_each_once),
		cmocka_unit_test(test_a_peer_that_moved_is_found_where_it_is),
		cmocka_unit_test(test_all_that_is_due_is_done_in_one_tick),
		cmocka_unit_test(test_policies_for_a_peer_keep_their_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
