/* SPDX-License-Identifier: Apache-2.0 */
/* Hosts whose subject is longer than what struct ike_id holds itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ike/ident.h"

#include "../sim/sim.c"
#include "ike_cert_rig.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

static struct pki_ent root, host[2];

static int make_hosts(void **state)
{
	static const char *const cn[] = { "a", "b" };

	(void)state;
	root = pki_make(&(struct pki_spec){ .cn = "Root", .ca = true });
	for (int i = 0; i < 2; i++)
		host[i] = pki_make(&(struct pki_spec){
			.cn = cn[i], .by = &root, .units = 9 });
	return 0;
}

static int free_hosts(void **state)
{
	(void)state;
	pki_free(&root);
	pki_free(&host[0]);
	pki_free(&host[1]);
	return 0;
}

/* Each is who its certificate says, by default. */
static struct sim *subjects(void)
{
	struct sim *s = pair(cred_of(&host[0], NULL, &root),
			     cred_of(&host[1], NULL, &root));

	s->node[0].conf.id.type = s->node[1].conf.id.type = 0;
	return s;
}

static struct ike_id subject(int who)
{
	struct cert *c = pki_cert(&host[who]);
	uint8_t der[IKE_ID_MAX];
	const size_t len = cert_subject_der(c, der, sizeof(der));
	struct ike_id id;

	cert_free(c);
	assert_in_range(len, 600, IKE_ID_MAX);
	assert_int_equal(ike_id_make(&id, 9, der, len), 0);
	return id;
}

static void test_long_subjects_are_identities(void **state)
{
	struct ike_id want = subject(1);
	struct sim *s = subjects();
	struct ike_sa_info info;
	uint64_t cursor = 0;

	(void)state;
	s->node[0].conf.peer_id = want;
	run(s);
	assert_true(ike_sa_next(s->node[0].ike, &cursor, &info));
	assert_true(ike_id_eq(&info.id_remote, &want));
	assert_int_equal(info.id_local.len, want.len);
	assert_up(s);
	ike_id_drop(&want);
}

/* Their successors have the names after the first ones are gone. */
static void test_long_subjects_outlive_a_rekeying(void **state)
{
	struct ike_id want = subject(0);
	struct sim *s = subjects();
	struct ike_sa_info info;
	uint64_t cursor = 0, spi;

	(void)state;
	run(s);
	assert_true(ike_sa_next(s->node[1].ike, &cursor, &info));
	spi = info.spi_i;
	assert_int_equal(
		ike_rekey(s->node[0].ike, "192.0.2.2", IKE_REKEY_IKE, s->now),
		1);
	sim_run(s, 120 * SIM_S);
	cursor = 0;
	assert_true(ike_sa_next(s->node[1].ike, &cursor, &info));
	assert_true(info.spi_i != spi);
	assert_true(ike_id_eq(&info.id_remote, &want));
	ike_id_drop(&want);
	assert_up(s);
}

static void test_another_long_name_is_refused(void **state)
{
	struct ike_id want = subject(0);
	struct sim *s = subjects();

	(void)state;
	s->node[0].conf.peer_id = want;
	run(s);
	assert_true(sim_log_has(s, 0, "we expect"));
	sim_free(s);
	ike_id_drop(&want);
}

/* It says it is a, and its certificate is b's. */
static void test_a_long_name_that_the_certificate_does_not_have(void **state)
{
	struct ike_id lie = subject(1);
	struct sim *s = subjects();

	(void)state;
	s->node[0].conf.id = lie;
	run(s);
	assert_refused(s, 1, "its certificate is for");
	ike_id_drop(&lie);
}

/* Node 1 has two peers that nothing but long names tells apart. */
static void test_long_names_in_a_file(void **state)
{
	static const char unit[] = "OU=ten bytes.ten bytes.ten bytes."
				   "ten bytes.ten bytes.ten bytes., ";
	static const struct {
		const char *cn, *peer;
	} t[] = { { "a", "exact" }, { "b", "others" } };
	char units[1000] = "", mine[1500], theirs[3000];

	(void)state;
	for (int i = 0; i < 9; i++)
		strcat(units, unit);
	snprintf(theirs, sizeof(theirs),
		 "peer others { peer_id \"%sCN=*\" psk \"x\" }\n"
		 "peer exact { peer_id \"%sCN=a\" psk \"x\" }",
		 units, units);
	for (size_t i = 0; i < N(t); i++) {
		struct sim *s = sim_new(2);
		struct ike_sa_info info;
		struct ike_peer_err err;
		uint64_t cursor = 0;

		sim_policy(s, 0, 1);
		sim_policy(s, 1, 0);
		s->node[0].conf.n_psk = s->node[1].conf.n_psk = 0;
		sim_start(s);
		snprintf(mine, sizeof(mine),
			 "peer x { id \"%sCN=%s\" psk \"x\" }", units, t[i].cn);
		assert_int_equal(sim_peers(s, 0, mine, false, &err), 0);
		assert_int_equal(sim_peers(s, 1, theirs, false, &err), 0);
		sim_acquire(s, 0, &s->node[0].pol[0], NULL, "192.0.2.2");
		sim_run(s, 5 * SIM_S);
		assert_true(ike_sa_next(s->node[1].ike, &cursor, &info));
		assert_string_equal(info.peer, t[i].peer);
		assert_in_range(info.id_remote.len, 600, IKE_ID_MAX);
		/* The same file again changes nothing. */
		assert_int_equal(sim_peers(s, 1, theirs, false, &err), 0);
		assert_up(s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_long_subjects_are_identities),
		cmocka_unit_test(test_long_subjects_outlive_a_rekeying),
		cmocka_unit_test(test_another_long_name_is_refused),
		cmocka_unit_test(
			test_a_long_name_that_the_certificate_does_not_have),
		cmocka_unit_test(test_long_names_in_a_file),
	};

	return cmocka_run_group_tests(tests, make_hosts, free_hosts);
}
