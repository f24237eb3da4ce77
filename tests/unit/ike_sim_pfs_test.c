/* SPDX-License-Identifier: Apache-2.0 */
/* Groups of child SAs that a policy names for itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ike/child.h"
#include "ike/sa.h"

#include "../sim/sim.c"

#define SAME_AS_IKE                                                            \
	{                                                                      \
		1,                                                             \
		{                                                              \
			MISSIU_PFS_IKE                                         \
		}                                                              \
	}
#define NO                                                                     \
	{                                                                      \
		1,                                                             \
		{                                                              \
			0                                                      \
		}                                                              \
	}

/* Two nodes with two tunnels between them; the options ask for no PFS. */
static struct sim *two(const struct missiu_pfs *ours,
		       const struct missiu_pfs *theirs)
{
	struct sim *s = sim_new(2);

	sim_tunnel(s, 0, 1, "10.1.0.0", "10.2.0.0", 16);
	sim_tunnel(s, 0, 1, "10.3.0.0", "10.4.0.0", 16);
	sim_tunnel(s, 1, 0, "10.2.0.0", "10.1.0.0", 16);
	sim_tunnel(s, 1, 0, "10.4.0.0", "10.3.0.0", 16);
	s->node[0].pol[1].pfs = *ours;
	s->node[1].pol[1].pfs = *theirs;
	s->node[0].conf.pfs_group = s->node[1].conf.pfs_group = 0;
	return s;
}

static void go(struct sim *s)
{
	sim_start(s);
	sim_acquire(s, 0, &s->node[0].pol[0], "10.1.0.9", "10.2.0.9");
	sim_run(s, 1 * SIM_S);
	assert_int_equal(sim_children(s, 0), 1);
	sim_acquire(s, 0, &s->node[0].pol[1], "10.3.0.9", "10.4.0.9");
	sim_run(s, 1 * SIM_S);
}

/* Group of the newest child of a policy. */
static unsigned group_of(struct sim *s, int node, uint32_t policy)
{
	const struct ike_child *c;
	struct ike_sa *sa;

	for (sa = s->node[node].ike->sas; sa; sa = sa->next)
		for (c = sa->children; c; c = c->next)
			if (c->policy_id == policy)
				return c->suite.dh;
	fail_msg("policy %u has no child", policy);
	return 0;
}

/*
 * HDR, SK {SA, Ni, [KEi,] TSi, TSr}  -->
 *                                    <--  HDR, SK {SA, Nr, [KEr,] TSi, TSr}
 *                                 or <--  HDR, SK {N(INVALID_KE_PAYLOAD)}
 * HDR, SK {SA, Ni, KEi', TSi, TSr}   -->
 *                                    <--  HDR, SK {SA, Nr, KEr', TSi, TSr}
 */
static void test_the_policy_says_which_groups_its_children_have(void **state)
{
	static const struct {
		struct missiu_pfs ours, theirs;
		unsigned group;
		size_t packets; /* 4 made the first child */
	} v[] = {
		{ { 0 }, { 0 }, 0, 6 },
		{ NO, NO, 0, 6 },
		{ { 1, { 19 } }, { 1, { 19 } }, 19, 6 },
		{ { 1, { 20 } }, { 0 }, 20, 6 },
		{ { 1, { 20 } }, NO, 20, 6 },
		{ SAME_AS_IKE, { 1, { 31 } }, 31, 6 },
		{ SAME_AS_IKE, { 0 }, 31, 6 },
		/* The one that both have, in two attempts. */
		{ { 2, { 20, 19 } }, { 1, { 19 } }, 19, 8 },
		{ { 3, { 20, 21, 19 } }, { 2, { 19, 21 } }, 19, 8 },
		/* Rather the one that is there than the best. */
		{ { 2, { 20, 19 } }, { 2, { 19, 20 } }, 20, 6 },
		{ { 2, { 19, 0 } }, { 1, { 0 } }, 19, 6 },
		{ { 2, { 0, 19 } }, { 1, { 19 } }, 19, 8 },
		{ NO, { 2, { 19, 0 } }, 0, 6 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		struct sim *s = two(&v[i].ours, &v[i].theirs);

		go(s);
		if (sim_children(s, 0) != 2 || s->n_pkt != v[i].packets)
			fail_msg("row %zu: %zu children, %zu packets", i,
				 sim_children(s, 0), s->n_pkt);
		assert_int_equal(group_of(s, 0, s->node[0].pol[1].id),
				 v[i].group);
		assert_int_equal(group_of(s, 1, s->node[1].pol[1].id),
				 v[i].group);
		assert_int_equal(group_of(s, 0, s->node[0].pol[0].id), 0);
		sim_agree(s, 0, 1);
		sim_free(s);
	}
}

/* The child of IKE_AUTH has no key exchange; the ones after it do. */
static void test_rekeying_follows_the_policy_on_both_sides(void **state)
{
	const struct missiu_pfs pfs = { 2, { 21, 19 } };

	(void)state;
	for (int node = 0; node < 2; node++) {
		struct sim *s = two(&pfs, &pfs);

		s->node[0].pol[0].pfs = s->node[1].pol[0].pfs = pfs;
		sim_start(s);
		sim_acquire(s, 0, &s->node[0].pol[0], "10.1.0.9", "10.2.0.9");
		sim_run(s, 1 * SIM_S);
		assert_int_equal(group_of(s, 0, s->node[0].pol[0].id), 0);
		sim_event(s, node, MISSIU_EV_SOFT,
			  sim_find_sa(s, node, MISSIU_OUT));
		sim_run(s, 1 * SIM_S);
		assert_int_equal(sim_children(s, 0), 1);
		assert_int_equal(group_of(s, 0, s->node[0].pol[0].id), 21);
		assert_int_equal(group_of(s, 1, s->node[1].pol[0].id), 21);
		sim_agree(s, 0, 1);
		sim_free(s);
	}
}

static void test_sides_that_disagree_are_told_the_line_to_change(void **state)
{
	static const struct {
		struct missiu_pfs ours, theirs;
		const char *at_ours, *at_theirs;
	} v[] = {
		{ { 1, { 20 } },
		  { 1, { 19 } },
		  "or the group by its pfs",
		  "(peer ecp384, we ecp256); write pfs ecp384 into policy 2" },
		{ NO,
		  { 1, { 19 } },
		  "or the group by its pfs",
		  "(peer none, we ecp256); write pfs no into policy 2" },
		{ { 0 },
		  { 1, { 19 } },
		  "or the group by -G",
		  "write pfs no into policy 2" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		struct sim *s = two(&v[i].ours, &v[i].theirs);

		go(s);
		assert_int_equal(sim_children(s, 0), 1);
		if (!sim_log_has(s, 0, v[i].at_ours) ||
		    !sim_log_has(s, 1, v[i].at_theirs)) {
			sim_dump(s);
			fail_msg("row %zu", i);
		}
		sim_free(s);
	}
}

/* Not a group in silence: who names groups wants one of them. */
static void
test_groups_that_do_not_work_here_are_no_way_around_pfs(void **state)
{
	const struct missiu_pfs weak = { 1, { 22 } }, none = { 0 };

	(void)state;
	for (int node = 0; node < 2; node++) {
		struct sim *s = two(node ? &none : &weak, node ? &weak : &none);

		go(s);
		assert_int_equal(sim_children(s, 0), 1);
		assert_true(sim_log_has(s, node, "no group of pfs works here"));
		sim_free(s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_the_policy_says_which_groups_its_children_have),
		cmocka_unit_test(
			test_rekeying_follows_the_policy_on_both_sides),
		cmocka_unit_test(
			test_sides_that_disagree_are_told_the_line_to_change),
		cmocka_unit_test(
			test_groups_that_do_not_work_here_are_no_way_around_pfs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
