/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hosts a and b, with certificates of pki.h as credentials, on the simulated
 * link. Behind cmocka.h and sim.c.
 */
#ifndef TESTS_UNIT_IKE_CERT_RIG_H
#define TESTS_UNIT_IKE_CERT_RIG_H

#include "ike/idtext.h"

#include "pki_cred.h"

/* Both under one authority, each with the name that it is called by. */
static inline void make_two(const struct pki_ent *root, struct pki_ent host[2])
{
	host[0] = pki_make(&(struct pki_spec){
		.cn = "a", .by = root, .san = "DNS:a.example" });
	host[1] = pki_make(&(struct pki_spec){
		.cn = "b", .by = root, .san = "DNS:b.example" });
}

/* Two hosts that authenticate by these; not started. */
static inline struct sim *pair(struct ike_cred *a, struct ike_cred *b)
{
	struct sim *s = sim_new(2);

	sim_policy(s, 0, 1);
	sim_policy(s, 1, 0);
	s->node[0].conf.cred = a;
	s->node[1].conf.cred = b;
	ike_id_parse("a.example", &s->node[0].conf.id, NULL);
	ike_id_parse("b.example", &s->node[1].conf.id, NULL);
	return s;
}

/* The cores have references of their own then. */
static inline void start(struct sim *s)
{
	sim_start(s);
	for (size_t i = 0; i < 2; i++)
		cred_put(s->node[i].conf.cred);
}

static inline void run(struct sim *s)
{
	start(s);
	sim_acquire(s, 0, &s->node[0].pol[0], NULL, "192.0.2.2");
	sim_run(s, 5 * SIM_S);
}

/* They agreed; the end of @s. */
static inline void assert_up(struct sim *s)
{
	if (sim_established(s, 0) != 1 || sim_established(s, 1) != 1)
		sim_dump(s);
	assert_int_equal(sim_established(s, 0), 1);
	assert_int_equal(sim_established(s, 1), 1);
	assert_int_equal(sim_children(s, 0), 1);
	sim_agree(s, 0, 1);
	sim_free(s);
}

/* One of them refused, said why, and nothing is left; the end of @s. */
static inline void assert_refused(struct sim *s, int by, const char *why)
{
	if (!sim_log_has(s, by, why))
		sim_dump(s);
	assert_true(sim_log_has(s, by, why));
	assert_int_equal(s->node[0].n_sa, 0);
	assert_int_equal(s->node[1].n_sa, 0);
	sim_run(s, 60 * SIM_S);
	assert_int_equal(sim_n_ike(s, 0) + sim_n_ike(s, 1), 0);
	sim_free(s);
}

#endif
