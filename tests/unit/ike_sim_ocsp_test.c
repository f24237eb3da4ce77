/* SPDX-License-Identifier: Apache-2.0 */
/* OCSP in band (RFC 4806): who asks, who answers, what follows from it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ike/cred.h"
#include "ike/idtext.h"

#include "../sim/sim.c"
#include "ike_cert_rig.h"
#include "pki_ocsp.h"

static struct pki_ent root, host[2];

static int make_hosts(void **state)
{
	(void)state;
	root = pki_make(&(struct pki_spec){ .cn = "Root", .ca = true });
	make_two(&root, host);
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

static void add_ocsp(struct ike_cred *c, const struct pki_ocsp *spec)
{
	struct missiu_diag diag = { "" };
	size_t len;
	uint8_t *der = pki_ocsp(spec, &len);

	if (cred_add_ocsp(c, der, len, &diag))
		fail_msg("%s", diag.msg);
	free(der);
}

/* Host @i; @says: its response, or -1: it has none. */
static struct ike_cred *cred(int i, enum trust_crl policy, int says)
{
	struct ike_cred *c = cred_of(&host[i], NULL, &root);

	c->crl = policy;
	if (says >= 0)
		add_ocsp(c, &(struct pki_ocsp){ .about = &host[i],
						.issuer = &root,
						.says = says });
	return c;
}

/*
 * HDR, SAr1, KEr, Nr, CERTREQ, CERTREQ(OCSP)      <--
 * HDR, SK {IDi, CERTREQ, CERTREQ(OCSP), CERT, CERT(OCSP), AUTH, …}  -->
 * HDR, SK {IDr, CERT, CERT(OCSP), AUTH, …}        <--
 */
static void test_strict_sides_are_content_with_responses(void **state)
{
	(void)state;
	struct sim *s = pair(cred(0, TRUST_CRL_STRICT, 0),
			     cred(1, TRUST_CRL_STRICT, 0));

	run(s);
	assert_up(s);
}

static void test_strict_refuses_who_has_none(void **state)
{
	(void)state;
	for (int by = 0; by < 2; by++) {
		struct sim *s = pair(cred(0, TRUST_CRL_STRICT, by ? -1 : 0),
				     cred(1, TRUST_CRL_STRICT, by ? 0 : -1));

		run(s);
		assert_refused(s, by, "and the policy is strict");
		s = pair(cred(0, TRUST_CRL_SOFT, by ? -1 : 0),
			 cred(1, TRUST_CRL_SOFT, by ? 0 : -1));
		run(s);
		assert_up(s);
	}
}

/* A response of ours is not sent once it is old: it would help nobody. */
static void test_old_and_bad_responses_stay_at_home(void **state)
{
	(void)state;
	for (int kind = 0; kind < 2; kind++)
		for (int by = 0; by < 2; by++) {
			struct ike_cred *c[2];
			struct sim *s;

			c[by] = cred(by, TRUST_CRL_STRICT, 0);
			c[!by] = cred(!by, TRUST_CRL_OFF, -1);
			add_ocsp(c[!by],
				 &(struct pki_ocsp){
					 .about = &host[!by],
					 .issuer = &root,
					 .says = kind,
					 .to = kind ? 0 :
						      PKI_NOW - PKI_DAY / 2 });
			s = pair(c[0], c[1]);
			run(s);
			assert_refused(s, by, "no revocation list");
		}
}

/* Who does not ask does not get: a host without RFC 4806 sees nothing of it. */
static void test_responses_go_to_those_that_ask(void **state)
{
	size_t len[2] = { 0, 0 };

	(void)state;
	for (int asked = 0; asked < 2; asked++) {
		struct sim *s = pair(
			cred(0, TRUST_CRL_SOFT, 0),
			cred(1, asked ? TRUST_CRL_SOFT : TRUST_CRL_OFF, 0));

		run(s);
		for (size_t i = 0; i < s->n_pkt; i++)
			if (s->pkt[i].from == 0)
				len[asked] += s->pkt[i].len;
		assert_up(s);
	}
	assert_true(len[1] > len[0] + 500);
}

static void test_revoked_by_a_response(void **state)
{
	(void)state;
	/* The peer cheats: its own program would not send this one. */
	for (int by = 0; by < 2; by++) {
		struct ike_cred *c[2];
		struct sim *s;

		c[by] = cred(by, TRUST_CRL_SOFT, 0);
		c[!by] = cred(!by, TRUST_CRL_SOFT, V_OCSP_CERTSTATUS_REVOKED);
		c[!by]->own[0].ocsp_says.says = OCSP_SAYS_GOOD;
		s = pair(c[0], c[1]);
		run(s);
		assert_refused(s, by, "was revoked by");
	}
}

static void test_files_of_others_are_refused(void **state)
{
	struct ike_cred *c = cred(0, TRUST_CRL_SOFT, -1);
	struct missiu_diag diag = { "" };
	size_t len;
	uint8_t *der = pki_ocsp(
		&(struct pki_ocsp){ .about = &host[1], .issuer = &root }, &len);

	(void)state;
	assert_int_equal(cred_add_ocsp(c, der, len, &diag), MISSIU_ENOENT);
	assert_non_null(strstr(diag.msg, "CN=a"));
	assert_int_equal(cred_add_ocsp(c, "x", 1, &diag), MISSIU_EPROTO);
	assert_int_equal(cred_add_ocsp(c, "", 0, &diag), MISSIU_EPROTO);
	cred_put(c);
	c = cred_new();
	assert_int_equal(cred_add_ocsp(c, der, len, &diag), MISSIU_ENOENT);
	cred_put(c);
	free(der);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_strict_sides_are_content_with_responses),
		cmocka_unit_test(test_strict_refuses_who_has_none),
		cmocka_unit_test(test_old_and_bad_responses_stay_at_home),
		cmocka_unit_test(test_responses_go_to_those_that_ask),
		cmocka_unit_test(test_revoked_by_a_response),
		cmocka_unit_test(test_files_of_others_are_refused),
	};

	return cmocka_run_group_tests(tests, make_hosts, free_hosts);
}
