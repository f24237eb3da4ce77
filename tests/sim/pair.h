/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What tests do to two simulated nodes, 0 and 1, and what they expect of them.
 * Behind cmocka.h and sim.c.
 */
#ifndef TESTS_SIM_PAIR_H
#define TESTS_SIM_PAIR_H

#include "ike/sa.h"

/* Two tunnels between them, of which the tests bring up the first. */
static inline struct sim *two_tunnels(void)
{
	struct sim *s = sim_new(2);

	sim_tunnel(s, 0, 1, "10.1.0.0", "10.2.0.0", 16);
	sim_tunnel(s, 0, 1, "10.3.0.0", "10.4.0.0", 16);
	sim_tunnel(s, 1, 0, "10.2.0.0", "10.1.0.0", 16);
	sim_tunnel(s, 1, 0, "10.4.0.0", "10.3.0.0", 16);
	return s;
}

/* The IKE SA that was made last. */
static inline struct ike_sa *newest(struct sim *s, int node)
{
	return s->node[node].ike->sas;
}

/* The established IKE SA. */
static inline struct ike_sa *sa_of(const struct sim *s, int node)
{
	struct ike_sa *sa = s->node[node].ike->sas;

	while (sa && sa->state != IKE_S_ESTABLISHED)
		sa = sa->next;
	if (!sa)
		sim_dump(s);
	assert_non_null(sa);
	return sa;
}

/* Messages of an exchange type, both ways. */
static inline size_t sent_of(const struct sim *s, uint8_t exchange)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n_pkt; i++)
		n += s->pkt[i].b[18] == exchange;
	return n;
}

/* Peer statements that must be accepted. */
static inline void peers(struct sim *s, int node, const char *text)
{
	struct ike_peer_err err;

	if (sim_peers(s, node, text, false, &err))
		fail_msg("%s: %s", text, err.diag.msg);
}

/* A packet for the second of two_tunnels(). */
static inline void ask_second(struct sim *s, int node)
{
	sim_acquire(s, node, &s->node[node].pol[1],
		    node ? "10.4.0.9" : "10.3.0.9",
		    node ? "10.3.0.9" : "10.4.0.9");
}

/* The IKE SA is due at a node. */
static inline void rekey_ike(struct sim *s, int node)
{
	for (struct ike_sa *sa = s->node[node].ike->sas; sa; sa = sa->next)
		if (sa->state == IKE_S_ESTABLISHED)
			sa->rekey_us = s->now;
	sim_wake(s, node);
	sim_step(s, s->now);
}

/* A node restarts: nothing is left of what it had. */
static inline void forget(struct sim *s, int node)
{
	struct sim_node *n = &s->node[node];

	ike_free(n->ike);
	n->ike = ike_new(&n->conf, NULL);
	sim_reload(s, node);
	n->n_sa = 0;
}

/* One IKE SA with one child. */
static inline void assert_up(struct sim *s)
{
	if (sim_established(s, 0) != 1 || sim_children(s, 0) != 1)
		sim_dump(s);
	assert_int_equal(sim_established(s, 0), 1);
	assert_int_equal(sim_established(s, 1), 1);
	assert_int_equal(sim_children(s, 0), 1);
	sim_agree(s, 0, 1);
}

/* So many IKE SAs and children on both sides, and nothing half done. */
static inline void assert_pairs(struct sim *s, size_t ike, size_t children)
{
	if (sim_established(s, 0) != ike || sim_children(s, 0) != children)
		sim_dump(s);
	assert_int_equal(sim_established(s, 0), ike);
	assert_int_equal(sim_established(s, 1), ike);
	assert_int_equal(sim_n_ike(s, 0), ike);
	assert_int_equal(sim_n_ike(s, 1), ike);
	assert_int_equal(sim_children(s, 0), children);
	assert_int_equal(sim_children(s, 1), children);
	sim_agree(s, 0, 1);
}

/* Nobody warned, no packet waited in vain. */
static inline void assert_quiet(struct sim *s)
{
	assert_int_equal(s->node[0].n_warn, 0);
	assert_int_equal(s->node[1].n_warn, 0);
	assert_int_equal(s->node[0].n_failed, 0);
	assert_int_equal(s->node[1].n_failed, 0);
}

/* At every moment of a rekeying both sides can receive what the other sends. */
static inline void assert_sendable(struct sim *s)
{
	for (int i = 0; i < 2; i++) {
		const struct missiu_sa *out = sim_find_sa(s, i, MISSIU_OUT);
		const struct sim_node *peer = &s->node[1 - i];
		bool found = false;

		assert_non_null(out);
		for (size_t j = 0; j < peer->n_sa; j++)
			found |= peer->sa[j].sa.dir == MISSIU_IN &&
				 peer->sa[j].sa.spi == out->spi;
		if (!found)
			sim_dump(s);
		assert_true(found);
	}
}

static inline void assert_log(const struct sim *s, int node, const char *text)
{
	if (!sim_log_has(s, node, text)) {
		sim_dump(s);
		fail_msg("node %d did not log: %s", node, text);
	}
}

#endif
