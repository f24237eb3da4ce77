/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../sim/sim.c"

static struct sim *pair(void)
{
	struct sim *s = sim_new(2);

	sim_policy(s, 0, 1);
	sim_policy(s, 1, 0);
	return s;
}

/* Node 0's packet to node 1 asks for an SA. */
static void ask(struct sim *s)
{
	sim_acquire(s, 0, &s->node[0].pol[0], NULL, "192.0.2.2");
}

static void assert_up(struct sim *s)
{
	if (sim_established(s, 0) != 1 || s->node[0].n_sa != 2)
		sim_dump(s);
	assert_int_equal(sim_established(s, 0), 1);
	assert_int_equal(sim_established(s, 1), 1);
	assert_int_equal(sim_children(s, 0), 1);
	assert_int_equal(sim_children(s, 1), 1);
	sim_agree(s, 0, 1);
	assert_int_equal(s->node[0].n_warn, 0);
	assert_int_equal(s->node[1].n_warn, 0);
	assert_int_equal(s->node[0].n_failed, 0);
}

static void test_four_messages_make_an_ike_sa_and_a_child(void **state)
{
	struct sim *s = pair();

	(void)state;
	sim_start(s);
	ask(s);
	sim_run(s, 1 * SIM_S);
	assert_up(s);
	assert_int_equal(s->n_pkt, 4);
	assert_true(sim_log_has(s, 0, "IKE_SA Created [v2 I](id=0x"));
	assert_true(sim_log_has(s, 1, "IKE_SA Created [v2 R](id=0x"));
	assert_true(sim_log_has(s, 0, "CHILD_SA created [v2 I]."));
	assert_true(sim_log_has(s, 1, "CHILD_SA created [v2 R]."));
	sim_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_four_messages_make_an_ike_sa_and_a_child),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
