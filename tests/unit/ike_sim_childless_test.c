/* SPDX-License-Identifier: Apache-2.0 */
/* Childless IKE SAs (RFC 6023) and NULL authentication (RFC 7619). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/rd.h"
#include "ike/sa.h"

#include "../sim/sim.c"

#include "../sim/pair.h"

static struct sim *pair(const char *ours, const char *theirs)
{
	struct sim *s = sim_new(3);
	struct ike_peer_err err;

	sim_policy(s, 0, 1);
	sim_policy(s, 1, 0);
	sim_policy(s, 2, 1);
	for (int i = 0; i < 3; i++)
		s->node[i].conf.n_psk = 0;
	sim_start(s);
	if (sim_peers(s, 0, ours, false, &err) ||
	    sim_peers(s, 1, theirs, false, &err) ||
	    sim_peers(s, 2, ours, false, &err))
		fail_msg("%s", err.diag.msg);
	return s;
}

static void ask(struct sim *s, int node)
{
	sim_acquire(s, node, &s->node[node].pol[0], NULL, "192.0.2.2");
}

#define P(how) "peer x { raddr 192.0.2.0/24 psk \"k\" childless " how " }"

/*
 * HDR, SK {IDi, AUTH}  -->  <--  HDR, SK {IDr, AUTH}
 * HDR, SK {SA, Ni, KEi, TSi, TSr}  -->  <--  HDR, SK {SA, Nr, KEr, TSi, TSr}
 */
static void test_every_agreement_about_children(void **state)
{
	static const struct {
		const char *ours, *theirs;
		size_t create_child; /* messages */
	} v[] = {
		{ P("prefer"), P("allow"), 2 }, { P("prefer"), P("prefer"), 2 },
		{ P("prefer"), P("never"), 0 }, { P("allow"), P("prefer"), 0 },
		{ P("never"), P("allow"), 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		struct sim *s = pair(v[i].ours, v[i].theirs);

		ask(s, 0);
		sim_run(s, 1 * SIM_S);
		assert_up(s);
		assert_int_equal(sent_of(s, IKE_X_CREATE_CHILD),
				 v[i].create_child);
		assert_int_equal(s->node[0].n_failed, 0);
		sim_free(s);
	}
}

static void test_each_packet_of_a_childless_start_may_be_lost(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 12; i++) {
		struct sim *s = pair(P("prefer"), P("allow"));

		*(i % 2 ? &s->lose : &s->late) = UINT64_C(1) << i / 2;
		ask(s, 0);
		sim_run(s, 6 * SIM_S);
		assert_up(s);
		sim_free(s);
	}
}

/* The notify is made up: who said never keeps to it. */
static void test_never_is_kept(void **state)
{
	struct sim *s = pair(P("prefer"), P("never"));

	(void)state;
	ask(s, 0);
	while (s->n_pkt < 2)
		assert_true(sim_step(s, s->now + SIM_S));
	/* Turn another notify into it: AUTH would find out, later. */
	for (size_t at = 28; at + 8 <= s->pkt[1].len;
	     at += load_be16(s->pkt[1].b + at + 2))
		if (load_be16(s->pkt[1].b + at + 6) ==
		    IKE_N_IKEV2_FRAGMENTATION_SUPPORTED)
			s->pkt[1].b[at + 7] =
				IKE_N_CHILDLESS_IKEV2_SUPPORTED & 0xff;
	sim_run(s, 3 * SIM_S);
	assert_int_equal(sim_established(s, 0) + sim_established(s, 1), 0);
	assert_true(sim_log_has(s, 1, "childless never of peer x"));
	sim_free(s);
}

/* --- nobody */

#define NOBODY "peer x { raddr 192.0.2.0/24 auth null peer_auth psk psk \"k\" }"
#define ANYBODY                                                                \
	"peer y { raddr 192.0.2.0/24 auth psk peer_auth null psk \"k\" }"

static void test_one_side_proves_nothing(void **state)
{
	struct sim *s = pair(NOBODY, ANYBODY);

	(void)state;
	ask(s, 0);
	sim_run(s, 1 * SIM_S);
	assert_up(s);
	assert_true(sim_log_has(s, 1, "peer_id=nobody"));
	sim_free(s);
}

static void test_neither_side_proves_anything(void **state)
{
	static const char both[] =
		"peer x { raddr 192.0.2.0/24 auth null peer_auth null }";
	struct sim *s = pair(both, both);

	(void)state;
	ask(s, 0);
	sim_run(s, 1 * SIM_S);
	assert_up(s);
	sim_free(s);
}

/* It proves no identity, but that nobody changed IKE_SA_INIT meanwhile. */
static void test_nobody_signs_what_was_said(void **state)
{
	static const char both[] =
		"peer x { raddr 192.0.2.0/24 auth null peer_auth null }";

	(void)state;
	for (size_t which = 0; which < 2; which++) {
		struct sim *s = pair(both, both);
		struct sim_pkt *p = &s->pkt[which];
		bool found = false;

		ask(s, 0);
		while (s->n_pkt <= which)
			assert_true(sim_step(s, s->now + SIM_S));
		for (size_t at = 28; at + 8 <= p->len;
		     at += load_be16(p->b + at + 2))
			if (load_be16(p->b + at + 6) ==
			    IKE_N_IKEV2_FRAGMENTATION_SUPPORTED) {
				p->b[at + 6] = 0xa0; /* unknown: ignored */
				found = true;
			}
		assert_true(found);
		sim_run(s, 3 * SIM_S);
		assert_int_equal(sim_established(s, 0), 0);
		assert_int_equal(sim_established(s, 1), 0);
		assert_true(
			sim_log_has(s, which ? 0 : 1, "is not what we saw"));
		sim_free(s);
	}
}

/* Only where it is written down; it opens no other peer's door. */
static void test_nobody_is_not_taken_for_somebody(void **state)
{
	static const struct {
		const char *ours, *theirs, *why;
	} v[] = {
		{ NOBODY, "peer y { raddr 192.0.2.0/24 psk \"k\" }",
		  "authenticates with nothing" },
		{ "peer x { raddr 192.0.2.0/24 psk \"k\" }", ANYBODY,
		  "authenticates with a pre-shared key, we want nothing" },
	};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct sim *s = pair(v[i].ours, v[i].theirs);

		ask(s, 0);
		sim_run(s, 3 * SIM_S);
		assert_int_equal(sim_established(s, 1), 0);
		if (!sim_log_has(s, 1, v[i].why))
			sim_dump(s);
		assert_true(sim_log_has(s, 1, v[i].why));
		sim_free(s);
	}
}

/* INITIAL_CONTACT of one nobody ends no SA of another (RFC 7619 2.4). */
static void test_nobodies_do_not_replace_each_other(void **state)
{
	static const char both[] =
		"peer x { raddr 192.0.2.0/24 auth null peer_auth null }";
	struct sim *s = pair(both, both);

	(void)state;
	sim_policy(s, 1, 2);
	sim_reload(s, 1);
	ask(s, 0);
	sim_run(s, 1 * SIM_S);
	ask(s, 2);
	sim_run(s, 1 * SIM_S);
	assert_int_equal(sim_established(s, 0), 1);
	assert_int_equal(sim_established(s, 2), 1);
	assert_int_equal(sim_established(s, 1), 2);
	sim_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_agreement_about_children),
		cmocka_unit_test(
			test_each_packet_of_a_childless_start_may_be_lost),
		cmocka_unit_test(test_never_is_kept),
		cmocka_unit_test(test_one_side_proves_nothing),
		cmocka_unit_test(test_neither_side_proves_anything),
		cmocka_unit_test(test_nobody_signs_what_was_said),
		cmocka_unit_test(test_nobody_is_not_taken_for_somebody),
		cmocka_unit_test(test_nobodies_do_not_replace_each_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
