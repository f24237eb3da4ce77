/* SPDX-License-Identifier: Apache-2.0 */
/* Asking responders about peers' certificates, while IKE_AUTH waits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ike/ask.h"
#include "ike/park.h"

#include "../sim/sim.c"
#include "ike_cert_rig.h"
#include "pki_ocsp.h"

#define URL   "http://ocsp.example/"
#define OTHER "http://other.example/"
#define NAMED "http://named.example/"

static struct pki_ent root, fake, host[2];

static int make_hosts(void **state)
{
	static const char *const san[] = { "DNS:a.example", "DNS:b.example" };

	(void)state;
	root = pki_make(&(struct pki_spec){ .cn = "Root", .ca = true });
	fake = pki_make(&(struct pki_spec){ .cn = "Root", .ca = true });
	for (int i = 0; i < 2; i++)
		host[i] = pki_make(
			&(struct pki_spec){ .cn = i ? "b" : "a",
					    .by = &root,
					    .san = san[i],
					    .aia = "OCSP;URI:" NAMED });
	return 0;
}

static int free_hosts(void **state)
{
	(void)state;
	pki_free(&root);
	pki_free(&fake);
	pki_free(&host[0]);
	pki_free(&host[1]);
	return 0;
}

/* Host @by looks at @policy and asks @url, and @other unless that is NULL. */
static struct sim *two(int by, enum trust_crl policy, const char *url,
		       const char *other)
{
	struct ike_cred *c[2];

	for (int i = 0; i < 2; i++)
		c[i] = cred_of(&host[i], NULL, &root);
	c[by]->crl = policy;
	assert_int_equal(cred_add_ask(c[by], url, NULL), 0);
	if (other)
		assert_int_equal(cred_add_ask(c[by], other, NULL), 0);
	return pair(c[0], c[1]);
}

/* They are as far as they get without an answer. */
static void meet(struct sim *s)
{
	sim_acquire(s, 0, &s->node[0].pol[0], NULL, "192.0.2.2");
	sim_run(s, 1 * SIM_S);
}

static const struct sim_ask *last_ask(const struct sim *s, int by)
{
	assert_true(s->node[by].n_ask);
	return &s->node[by].ask[(s->node[by].n_ask - 1) % SIM_ASK_MAX];
}

/* The responder's answer to what node @by asked last. */
static int answer(struct sim *s, int by, const struct pki_ocsp *spec)
{
	struct sim_node *n = &s->node[by];
	struct missiu_diag diag = { "" };
	size_t len;
	uint8_t *der = pki_ocsp(spec, &len);
	const int ret = ike_ask_data(n->ike, last_ask(s, by)->id, der, len,
				     n->unix_s, &diag, s->now);

	free(der);
	if (ret)
		ike_ask_failed(n->ike, last_ask(s, by)->id, diag.msg, s->now);
	sim_drain(s, by);
	sim_run(s, 1 * SIM_S);
	return ret;
}

static int says(struct sim *s, int by, int status)
{
	return answer(s, by,
		      &(struct pki_ocsp){ .about = &host[!by],
					  .issuer = &root,
					  .says = status });
}

static void fail_to(struct sim *s, int by, const char *why)
{
	ike_ask_failed(s->node[by].ike, last_ask(s, by)->id, why, s->now);
	sim_drain(s, by);
	sim_run(s, 1 * SIM_S);
}

static void assert_waits(struct sim *s, int by)
{
	assert_int_equal(s->node[by].ike->n_parked, 1);
	assert_int_equal(sim_established(s, by), 0);
	assert_int_equal(s->node[by].n_sa, 0);
}

static void again(struct sim *s)
{
	ike_down(s->node[0].ike, "192.0.2.2", s->now);
	sim_drain(s, 0);
	sim_run(s, 40 * SIM_S);
	assert_int_equal(sim_n_ike(s, 0) + sim_n_ike(s, 1), 0);
	meet(s);
}

static void test_either_side_waits_and_goes_on(void **state)
{
	(void)state;
	for (int by = 0; by < 2; by++)
		for (int policy = TRUST_CRL_SOFT; policy <= TRUST_CRL_STRICT;
		     policy++) {
			struct sim *s =
				two(by, (enum trust_crl)policy, URL, NULL);

			start(s);
			meet(s);
			assert_waits(s, by);
			assert_int_equal(s->node[by].n_ask, 1);
			assert_string_equal(last_ask(s, by)->url, URL);
			assert_int_equal(says(s, by, 0), 0);
			assert_int_equal(s->node[by].ike->n_parked, 0);
			assert_up(s);
		}
}

static void test_off_asks_nobody(void **state)
{
	struct sim *s = two(1, TRUST_CRL_OFF, URL, NULL);

	(void)state;
	run(s);
	assert_int_equal(s->node[1].n_ask, 0);
	assert_up(s);
}

static void test_the_revoked_are_refused(void **state)
{
	(void)state;
	for (int by = 0; by < 2; by++) {
		struct sim *s = two(by, TRUST_CRL_SOFT, URL, NULL);

		start(s);
		meet(s);
		assert_int_equal(says(s, by, V_OCSP_CERTSTATUS_REVOKED), 0);
		assert_refused(s, by, "was revoked by");
	}
}

static void test_policy_decides_without_an_answer(void **state)
{
	(void)state;
	for (int by = 0; by < 2; by++)
		for (int how = 0; how < 4; how++)
			for (int strict = 0; strict < 2; strict++) {
				struct sim *s = two(by,
						    strict ? TRUST_CRL_STRICT :
							     TRUST_CRL_SOFT,
						    URL, NULL);

				start(s);
				meet(s);
				assert_waits(s, by);
				if (how == 0)
					fail_to(s, by, "no\nroute");
				else if (how == 1)
					sim_run(s, 8 * SIM_S);
				else if (how == 2)
					says(s, by, V_OCSP_CERTSTATUS_UNKNOWN);
				else
					assert_int_equal(
						answer(s, by,
						       &(struct pki_ocsp){
							       .about =
								       &host[!by],
							       .issuer = &root,
							       .by = &fake }),
						MISSIU_EAUTH);
				assert_true(sim_log_has(
					s, by,
					how == 0 ? ": no?route" :
					how == 1 ? "does not answer in time" :
					how == 2 ? "does not know it" :
						   "nobody whom the issuer"));
				if (strict)
					assert_refused(s, by,
						       "the policy is strict");
				else
					assert_up(s);
			}
}

/* Only what was proven causes traffic, and only where that was allowed. */
static void test_strangers_cause_no_question(void **state)
{
	struct sim *s = two(1, TRUST_CRL_STRICT, URL, NULL);
	struct ike_cred *a = s->node[0].conf.cred;

	(void)state;
	/* A certificate of the authority, the key of another. */
	pkey_free(a->own[0].key);
	{
		struct ike_cred *b = cred_of(&host[1], NULL, &root);

		a->own[0].key = b->own[0].key;
		b->own[0].key = NULL;
		cred_put(b);
	}
	run(s);
	assert_int_equal(s->node[1].n_ask, 0);
	assert_refused(s, 1, "signature is wrong");
	/* Who says to be somebody else. */
	s = two(1, TRUST_CRL_STRICT, URL, NULL);
	ike_id_parse("c.example", &s->node[0].conf.id, NULL);
	run(s);
	assert_int_equal(s->node[1].n_ask, 0);
	assert_refused(s, 1, "its certificate is for");
}

static void test_urls_of_certificates_only_when_allowed(void **state)
{
	struct sim *s =
		two(1, TRUST_CRL_STRICT, MISSIU_PEER_OCSP_CERTIFICATE, NULL);

	(void)state;
	start(s);
	meet(s);
	assert_string_equal(last_ask(s, 1)->url, NAMED);
	assert_int_equal(says(s, 1, 0), 0);
	assert_up(s);
	/* Configured ones come first. */
	s = two(1, TRUST_CRL_STRICT, MISSIU_PEER_OCSP_CERTIFICATE, URL);
	start(s);
	meet(s);
	assert_string_equal(last_ask(s, 1)->url, URL);
	fail_to(s, 1, "is down");
	assert_waits(s, 1);
	assert_string_equal(last_ask(s, 1)->url, NAMED);
	assert_int_equal(says(s, 1, 0), 0);
	assert_up(s);
	/* Not allowed: the next configured one, then nobody. */
	s = two(1, TRUST_CRL_STRICT, URL, OTHER);
	start(s);
	meet(s);
	fail_to(s, 1, "is down");
	assert_string_equal(last_ask(s, 1)->url, OTHER);
	fail_to(s, 1, "is down");
	assert_int_equal(s->node[1].n_ask, 2);
	assert_refused(s, 1, "the policy is strict");
}

static void test_answers_are_kept(void **state)
{
	struct sim *s = two(1, TRUST_CRL_STRICT, URL, NULL);
	struct sim_node *n = &s->node[1];

	(void)state;
	start(s);
	meet(s);
	assert_int_equal(says(s, 1, 0), 0);
	again(s);
	assert_int_equal(n->n_ask, 1);
	assert_int_equal(sim_established(s, 1), 1);
	/* An hour later it is asked anew; the old one does meanwhile for those
	 * that get no other. */
	n->unix_s += ASK_KEEP_S;
	again(s);
	assert_int_equal(n->n_ask, 2);
	assert_waits(s, 1);
	fail_to(s, 1, "is down");
	assert_int_equal(sim_established(s, 1), 1);
	/* Half a minute later the next attempt: an older one is not taken. */
	again(s);
	assert_int_equal(n->n_ask, 2);
	n->unix_s += ASK_RETRY_S;
	again(s);
	assert_int_equal(n->n_ask, 3);
	assert_int_equal(
		answer(s, 1,
		       &(struct pki_ocsp){ .about = &host[0],
					   .issuer = &root,
					   .from = PKI_NOW - PKI_DAY - 1 }),
		MISSIU_EREPLAY);
	n->unix_s += ASK_RETRY_S;
	again(s);
	assert_int_equal(says(s, 1, V_OCSP_CERTSTATUS_REVOKED), 0);
	again(s);
	assert_int_equal(n->n_ask, 4);
	assert_refused(s, 1, "was revoked by");
}

/* From a disk: as good as a new one if it is young, else for want of it. */
static void test_old_answers_do_until_there_is_a_new_one(void **state)
{
	(void)state;
	for (int gets = 0; gets < 2; gets++) {
		struct sim *s = two(1, TRUST_CRL_STRICT, URL, NULL);
		struct sim_node *n = &s->node[1];
		size_t len;
		uint8_t *der = pki_ocsp(&(struct pki_ocsp){ .about = &host[0],
							    .issuer = &root },
					&len);

		start(s);
		meet(s);
		assert_int_equal(ike_ask_data(n->ike, last_ask(s, 1)->id, der,
					      len, n->unix_s - ASK_KEEP_S, NULL,
					      s->now),
				 MISSIU_ETIME);
		free(der);
		assert_waits(s, 1);
		if (gets)
			assert_int_equal(says(s, 1, V_OCSP_CERTSTATUS_REVOKED),
					 0);
		else
			fail_to(s, 1, "is down");
		if (gets)
			assert_refused(s, 1, "was revoked by");
		else
			assert_up(s);
	}
}

/* The peer sends its request again and again; it is answered once. */
static void test_duplicates_wait_too(void **state)
{
	(void)state;
	for (int by = 0; by < 2; by++) {
		struct sim *s = two(by, TRUST_CRL_STRICT, URL, NULL);

		start(s);
		meet(s);
		sim_run(s, 5 * SIM_S);
		assert_waits(s, by);
		assert_int_equal(s->node[by].n_ask, 1);
		assert_int_equal(says(s, by, 0), 0);
		assert_up(s);
	}
}

static void test_all_that_waits_ends_with_its_sa(void **state)
{
	(void)state;
	for (int by = 0; by < 2; by++) {
		struct sim *s = two(by, TRUST_CRL_STRICT, URL, NULL);

		start(s);
		meet(s);
		assert_waits(s, by);
		if (by)
			ike_shutdown(s->node[by].ike, s->now);
		else
			ike_down(s->node[by].ike, "192.0.2.2", s->now);
		sim_drain(s, by);
		assert_int_equal(s->node[by].ike->n_parked, 0);
		assert_int_equal(says(s, by, 0), 0);
		sim_free(s);
		/* And with the core. */
		s = two(by, TRUST_CRL_STRICT, URL, NULL);
		start(s);
		meet(s);
		assert_waits(s, by);
		sim_free(s);
	}
}

/* The keys with a PPK in them are made anew when the message is handled anew. */
static void test_a_ppk_is_mixed_in_once(void **state)
{
	static const struct ike_ppk ppk = { .id_len = 1, .id = "k", .len = 32 };

	(void)state;
	for (int by = 0; by < 2; by++)
		for (int both = 0; both < 2; both++) {
			struct sim *s = two(by, TRUST_CRL_STRICT, URL, NULL);
			struct ike_ppk other = ppk;

			other.id[0] = 'x';
			for (int i = 0; i < 2; i++)
				s->node[i].conf.n_ppk = 1;
			s->node[0].conf.ppk = &ppk;
			s->node[1].conf.ppk = both ? &ppk : &other;
			start(s);
			meet(s);
			assert_waits(s, by);
			assert_int_equal(says(s, by, 0), 0);
			assert_up(s);
		}
}

static void test_answers_to_nothing(void **state)
{
	struct sim *s = two(1, TRUST_CRL_STRICT, URL, NULL);
	struct ike *ike;

	(void)state;
	start(s);
	ike = s->node[1].ike;
	assert_int_equal(ike_ask_data(ike, 1, "x", 1, 0, NULL, s->now),
			 MISSIU_ENOENT);
	ike_ask_failed(ike, 1, "x", s->now);
	meet(s);
	assert_int_equal(ike_ask_data(ike, last_ask(s, 1)->id, "", 0, PKI_NOW,
				      NULL, s->now),
			 MISSIU_EPROTO);
	assert_waits(s, 1);
	assert_int_equal(says(s, 1, 0), 0);
	assert_up(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_either_side_waits_and_goes_on),
		cmocka_unit_test(test_off_asks_nobody),
		cmocka_unit_test(test_the_revoked_are_refused),
		cmocka_unit_test(test_policy_decides_without_an_answer),
		cmocka_unit_test(test_strangers_cause_no_question),
		cmocka_unit_test(test_urls_of_certificates_only_when_allowed),
		cmocka_unit_test(test_answers_are_kept),
		cmocka_unit_test(test_old_answers_do_until_there_is_a_new_one),
		cmocka_unit_test(test_duplicates_wait_too),
		cmocka_unit_test(test_all_that_waits_ends_with_its_sa),
		cmocka_unit_test(test_a_ppk_is_mixed_in_once),
		cmocka_unit_test(test_answers_to_nothing),
	};

	return cmocka_run_group_tests(tests, make_hosts, free_hosts);
}
