/* SPDX-License-Identifier: Apache-2.0 */
/* Post-quantum pre-shared keys (RFC 8784) in virtual time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/rd.h"
#include "ike/sa.h"

#include "../sim/sim.c"

#include "../sim/pair.h"

static struct ike_ppk named(const char *id, uint8_t first)
{
	struct ike_ppk p = { .id_len = (uint8_t)strlen(id), .len = 40 };

	memcpy(p.id, id, p.id_len);
	memset(p.key, first, p.len);
	return p;
}

static struct sim *pair(void)
{
	struct sim *s = sim_new(2);

	sim_policy(s, 0, 1);
	sim_policy(s, 1, 0);
	return s;
}

static void ask(struct sim *s)
{
	sim_acquire(s, 0, &s->node[0].pol[0], NULL, "192.0.2.2");
}

enum outcome { FAILS, WITHOUT, WITH };

/* 'a': ann, 'b': bob, 'A': ann with another key; 0: none */
static const struct {
	const char *ours;
	bool ours_required;
	const char *theirs;
	bool theirs_required;
	enum outcome outcome;
	const char *why; /* in the log of one of them */
} cases[] = {
	{ "a", false, "a", false, WITH, NULL },
	{ "a", true, "a", false, WITH, NULL },
	{ "a", false, "a", true, WITH, NULL },
	{ "a", true, "a", true, WITH, NULL },
	{ "a", true, "ba", true, WITH, NULL },
	/* One has none, or not that one. */
	{ "a", false, "", false, WITHOUT, NULL },
	{ "", false, "a", false, WITHOUT, NULL },
	{ "a", false, "b", false, WITHOUT, NULL },
	{ "a", true, "", false, FAILS, "we require a PPK" },
	{ "", false, "a", true, FAILS, "peer uses no PPK, we require one" },
	{ "a", true, "b", false, FAILS, "peer requires a PPK that we do not" },
	{ "a", false, "b", true, FAILS, "peer names a PPK that we do not" },
	/* The name is right, the key is not. */
	{ "a", false, "A", false, FAILS, "pre-shared keys or the PPKs differ" },
	{ "a", true, "A", true, FAILS, "pre-shared keys or the PPKs differ" },
};

static size_t fill(struct ike_ppk *v, const char *which)
{
	size_t n = 0;

	for (; which[n]; n++)
		v[n] = which[n] == 'b' ? named("bob", 3) :
					 named("ann", (uint8_t)which[n]);
	return n;
}

static void test_every_agreement(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ike_ppk v[2][2];
		struct sim *s = pair();
		bool up;

		s->node[0].conf.ppk = v[0];
		s->node[0].conf.n_ppk = fill(v[0], cases[i].ours);
		s->node[0].conf.ppk_required = cases[i].ours_required;
		s->node[1].conf.ppk = v[1];
		s->node[1].conf.n_ppk = fill(v[1], cases[i].theirs);
		s->node[1].conf.ppk_required = cases[i].theirs_required;
		/* Additional key exchanges beside it, every other time. */
		if (i % 2)
			s->node[0].conf.ike_proposal =
				s->node[1].conf.ike_proposal =
					"aes128-sha512-x25519-ke1_ecp256";
		sim_start(s);
		ask(s);
		sim_run(s, 25 * SIM_S);
		up = sim_established(s, 0) && sim_established(s, 1);
		if (up != (cases[i].outcome != FAILS) ||
		    (cases[i].why && !sim_log_has(s, 0, cases[i].why) &&
		     !sim_log_has(s, 1, cases[i].why))) {
			sim_dump(s);
			fail_msg("case %zu", i);
		}
		if (up) {
			assert_int_equal(sim_children(s, 0), 1);
			sim_agree(s, 0, 1);
			assert_int_equal(newest(s, 0)->ppk_used,
					 cases[i].outcome == WITH);
			assert_int_equal(newest(s, 1)->ppk_used,
					 cases[i].outcome == WITH);
			assert_null(newest(s, 0)->no_ppk);
		} else {
			assert_int_equal(s->node[0].n_sa + s->node[1].n_sa, 0);
		}
		sim_free(s);
	}
}

static struct sim *both(struct ike_ppk *v)
{
	struct sim *s = pair();

	*v = named("ann", 1);
	for (int i = 0; i < 2; i++) {
		s->node[i].conf.ppk = v;
		s->node[i].conf.n_ppk = 1;
	}
	return s;
}

/* --- each peer has its own */

static int load(struct sim *s, int node, const char *id, const char *which,
		struct missiu_diag *diag)
{
	struct ike_peer_err err = { 0 };
	struct ike_peer_conf *c = calloc(1, sizeof(*c));
	int ret;

	/* As from a file: "peer p { psk … ppk_id ID ppk_file … }" */
	snprintf(c->peer.name, sizeof(c->peer.name), "p");
	c->peer.auth = c->peer.peer_auth = MISSIU_BY_PSK;
	c->peer.psk_len = 1;
	c->peer.ppk_id = id ? strdup(id) : NULL;
	c->peer.ppk_file = strdup("/f");
	c->peer.given = UINT64_C(1) << MISSIU_PEER_PPK_FILE |
			UINT64_C(1) << MISSIU_PEER_PSK;
	c->peer.ppk_required = MISSIU_YES;
	c->ppk = calloc(2, sizeof(*c->ppk));
	c->n_ppk = fill(c->ppk, which);
	ret = ike_peers(s->node[node].ike, c, 1, IKE_PEERS_CONFIG, false, &err,
			s->now);
	*diag = err.diag;
	ike_peer_conf_fini(c);
	free(c);
	return ret;
}

static void test_a_peers_own_keys(void **state)
{
	struct sim *s = pair();
	struct missiu_diag diag;

	(void)state;
	s->node[0].conf.n_psk = s->node[1].conf.n_psk = 0;
	sim_start(s);
	/* ppk_id says which is asked for, the order in the file does not. */
	assert_int_equal(load(s, 0, "bob", "ab", &diag), 0);
	assert_int_equal(load(s, 1, NULL, "b", &diag), 0);
	ask(s);
	sim_run(s, 1 * SIM_S);
	assert_int_equal(sim_established(s, 1), 1);
	assert_true(newest(s, 0)->ppk_used && newest(s, 1)->ppk_used);
	sim_agree(s, 0, 1);
	assert_int_not_equal(load(s, 0, "carl", "ab", &diag), 0);
	assert_non_null(strstr(diag.msg, "found \"carl\""));
	/* What did not change stays up; another key ends it. */
	assert_int_equal(load(s, 1, NULL, "b", &diag), 0);
	assert_int_equal(sim_established(s, 1), 1);
	assert_int_equal(load(s, 1, NULL, "a", &diag), 0);
	assert_int_equal(sim_established(s, 1), 0);
	sim_free(s);
}

static void test_rekeyed_sas_keep_it(void **state)
{
	struct ike_ppk v;
	struct sim *s = both(&v);

	(void)state;
	sim_start(s);
	ask(s);
	sim_run(s, 3500 * SIM_S);
	sim_event(s, 1, MISSIU_EV_SOFT, sim_find_sa(s, 1, MISSIU_OUT));
	sim_run(s, 20 * SIM_S);
	assert_int_equal(sim_established(s, 0), 1);
	assert_int_equal(sim_children(s, 0), 1);
	sim_agree(s, 0, 1);
	assert_true(newest(s, 0)->ppk_used && newest(s, 1)->ppk_used);
	sim_free(s);
}

static void test_each_packet_may_be_lost_or_doubled(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 8; i++) {
		struct ike_ppk v;
		struct sim *s = both(&v);

		*(i % 2 ? &s->lose : &s->twice) = UINT64_C(1) << i / 2;
		sim_start(s);
		ask(s);
		sim_run(s, 5 * SIM_S);
		assert_int_equal(sim_established(s, 1), 1);
		assert_true(newest(s, 0)->ppk_used);
		sim_agree(s, 0, 1);
		sim_free(s);
	}
}

/* Whoever takes N(USE_PPK) away changes what AUTH signs. */
static void test_removing_the_notify_is_noticed(void **state)
{
	(void)state;
	for (unsigned which = 0; which < 2; which++) {
		struct ike_ppk v;
		struct sim *s = both(&v);
		struct sim_pkt *p = &s->pkt[which];
		bool found = false;

		sim_start(s);
		ask(s);
		while (s->n_pkt <= which)
			assert_true(sim_step(s, s->now + SIM_S));
		for (size_t at = 28; at + 8 <= p->len;
		     at += load_be16(p->b + at + 2))
			if (load_be16(p->b + at + 6) == IKE_N_USE_PPK) {
				p->b[at + 6] = 0xa0;
				found = true;
			}
		assert_true(found);
		sim_run(s, 25 * SIM_S);
		assert_int_equal(sim_established(s, 0), 0);
		assert_int_equal(sim_established(s, 1), 0);
		assert_true(sim_log_has(s, 0, "AUTHENTICATION_FAILED"));
		sim_free(s);
	}
}

static void test_bad_keys_are_refused_at_the_start(void **state)
{
	struct ike_psk psk = { .len = 1 };
	struct ike_ppk v = named("ann", 1);
	struct ike_conf conf = { .psk = &psk, .n_psk = 1, .ppk = &v };
	struct missiu_diag diag;

	(void)state;
	conf.ppk_required = true;
	assert_null(ike_new(&conf, &diag));
	assert_non_null(strstr(diag.msg, "required"));
	conf.n_ppk = 1;
	v.len = IKE_PPK_MIN - 1;
	assert_null(ike_new(&conf, &diag));
	v.len = 257;
	assert_null(ike_new(&conf, &diag));
	v.len = IKE_PPK_MIN;
	v.id_len = 0;
	assert_null(ike_new(&conf, &diag));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_agreement),
		cmocka_unit_test(test_a_peers_own_keys),
		cmocka_unit_test(test_rekeyed_sas_keep_it),
		cmocka_unit_test(test_each_packet_may_be_lost_or_doubled),
		cmocka_unit_test(test_removing_the_notify_is_noticed),
		cmocka_unit_test(test_bad_keys_are_refused_at_the_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
