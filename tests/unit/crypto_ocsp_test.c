/* SPDX-License-Identifier: Apache-2.0 */
/* OCSP responses: who may sign, when they count, what they say about whom. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "crypto/ocsp.h"
#include "crypto/trust.h"
#include "pki_ocsp.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

static struct pki_ent root, sub, host, twin, delegate, stranger, client;

static int make_pki(void **state)
{
	(void)state;
	root = pki_make(&(struct pki_spec){ .cn = "Root", .ca = true });
	sub = pki_make(
		&(struct pki_spec){ .cn = "Sub", .ca = true, .by = &root });
	host = pki_make(&(struct pki_spec){ .cn = "host", .by = &sub });
	twin = pki_make(&(struct pki_spec){ .cn = "host", .by = &sub });
	delegate = pki_make(&(struct pki_spec){
		.cn = "OCSP", .by = &sub, .eku = "OCSPSigning" });
	client = pki_make(&(struct pki_spec){
		.cn = "client", .by = &sub, .eku = "clientAuth" });
	stranger = pki_make(&(struct pki_spec){
		.cn = "OCSP", .by = &root, .eku = "OCSPSigning" });
	return 0;
}

static int free_pki(void **state)
{
	(void)state;
	pki_free(&root);
	pki_free(&sub);
	pki_free(&host);
	pki_free(&twin);
	pki_free(&delegate);
	pki_free(&client);
	pki_free(&stranger);
	return 0;
}

static int check(const uint8_t *der, size_t len, int64_t now,
		 struct ocsp_answer *a, struct missiu_diag *diag)
{
	struct cert *c = pki_cert(&host), *issuer = pki_cert(&sub);
	const int ret = ocsp_check(der, len, c, issuer, now, a, diag);

	cert_free(c);
	cert_free(issuer);
	return ret;
}

struct row {
	struct pki_ocsp spec;
	int64_t now; /* 0: PKI_NOW */
	int ret;
	int says;
	const char *why;
};

static void run_row(const struct row *r)
{
	struct pki_ocsp spec = r->spec;
	struct missiu_diag diag = { "" };
	struct ocsp_answer a = { 77, 0, 0 };
	uint8_t *der;
	size_t len;
	int ret;

	if (!spec.about)
		spec.about = &host;
	if (!spec.issuer)
		spec.issuer = &sub;
	der = pki_ocsp(&spec, &len);
	ret = check(der, len, r->now ? r->now : PKI_NOW, &a, &diag);
	free(der);
	if (ret != r->ret || (r->why && !strstr(diag.msg, r->why)))
		print_message("%d %s\n", ret, diag.msg);
	assert_int_equal(ret, r->ret);
	if (r->why)
		assert_non_null(strstr(diag.msg, r->why));
	/* What does not count says nothing. */
	assert_int_equal(a.says, ret ? 77 : r->says);
}

static void test_issuer_and_delegate_are_believed(void **state)
{
	const struct row rows[] = {
		{ .says = OCSP_SAYS_GOOD },
		{ .spec = { .bare = true }, .says = OCSP_SAYS_GOOD },
		{ .spec = { .by = &delegate }, .says = OCSP_SAYS_GOOD },
		{ .spec = { .id_md = "SHA256" }, .says = OCSP_SAYS_GOOD },
		{ .spec = { .first = &twin }, .says = OCSP_SAYS_GOOD },
		{ .spec = { .says = V_OCSP_CERTSTATUS_REVOKED },
		  .says = OCSP_SAYS_REVOKED },
		{ .spec = { .says = V_OCSP_CERTSTATUS_REVOKED,
			    .by = &delegate },
		  .says = OCSP_SAYS_REVOKED },
		{ .spec = { .says = V_OCSP_CERTSTATUS_UNKNOWN },
		  .says = OCSP_SAYS_UNKNOWN },
	};

	(void)state;
	for (size_t i = 0; i < N(rows); i++)
		run_row(&rows[i]);
}

static void test_others_are_not(void **state)
{
	const struct row rows[] = {
		{ .spec = { .by = &stranger },
		  .ret = MISSIU_EAUTH,
		  .why = "nobody whom" },
		{ .spec = { .by = &root },
		  .ret = MISSIU_EAUTH,
		  .why = "nobody whom" },
		{ .spec = { .by = &client },
		  .ret = MISSIU_EAUTH,
		  .why = "nobody whom" },
		/* The certificate's owner about itself. */
		{ .spec = { .by = &host },
		  .ret = MISSIU_EAUTH,
		  .why = "nobody whom" },
		{ .spec = { .by = &delegate, .bare = true },
		  .ret = MISSIU_EAUTH,
		  .why = "nobody whom" },
		{ .spec = { .md = "SHA1" },
		  .ret = MISSIU_EAUTH,
		  .why = "weak" },
		{ .spec = { .about = &twin },
		  .ret = MISSIU_ENOENT,
		  .why = "another certificate" },
		/* The same serial number of another issuer. */
		{ .spec = { .issuer = &root },
		  .ret = MISSIU_ENOENT,
		  .why = "another certificate" },
		{ .spec = { .strange = true },
		  .ret = MISSIU_EPROTO,
		  .why = "critical" },
		{ .spec = { .error = OCSP_RESPONSE_STATUS_TRYLATER },
		  .ret = MISSIU_EPROTO,
		  .why = "trylater" },
	};

	(void)state;
	for (size_t i = 0; i < N(rows); i++)
		run_row(&rows[i]);
}

static void test_a_delegate_must_be_valid_itself(void **state)
{
	struct pki_ent old =
		pki_make(&(struct pki_spec){ .cn = "OCSP",
					     .by = &sub,
					     .eku = "OCSPSigning",
					     .to = PKI_NOW - PKI_DAY });
	struct pki_ent weak = pki_make(&(struct pki_spec){ .cn = "OCSP",
							   .by = &sub,
							   .eku = "OCSPSigning",
							   .type = "RSA1024" });
	struct pki_ent below = pki_make(
		&(struct pki_spec){ .cn = "OCSP CA", .by = &sub, .ca = true });
	struct pki_ent deep = pki_make(&(struct pki_spec){
		.cn = "OCSP", .by = &below, .eku = "OCSPSigning" });
	const struct pki_ent *const by[] = { &old, &weak, &deep };

	(void)state;
	for (size_t i = 0; i < N(by); i++)
		run_row(&(struct row){ .spec = { .by = by[i] },
				       .ret = MISSIU_EAUTH,
				       .why = "nobody whom" });
	pki_free(&old);
	pki_free(&weak);
	pki_free(&below);
	pki_free(&deep);
}

static void test_time_is_what_the_caller_says(void **state)
{
	const int64_t from = PKI_NOW - PKI_DAY, to = PKI_NOW + PKI_DAY;
	const struct row rows[] = {
		{ .now = from - OCSP_SKEW_S },
		{ .now = from - OCSP_SKEW_S - 1,
		  .ret = MISSIU_ETIME,
		  .why = "of the future" },
		{ .now = to + OCSP_SKEW_S - 1 },
		{ .now = to + OCSP_SKEW_S,
		  .ret = MISSIU_ETIME,
		  .why = "out of date" },
		{ .spec = { .to = -1 }, .now = from + OCSP_AGE_S },
		{ .spec = { .to = -1 },
		  .now = from + OCSP_AGE_S + OCSP_SKEW_S,
		  .ret = MISSIU_ETIME },
		/* Also one that says revoked. */
		{ .spec = { .says = V_OCSP_CERTSTATUS_REVOKED },
		  .now = to + OCSP_SKEW_S,
		  .ret = MISSIU_ETIME },
	};

	(void)state;
	for (size_t i = 0; i < N(rows); i++)
		run_row(&rows[i]);
}

static void test_keys_of_all_kinds_sign(void **state)
{
	static const char *const types[] = { "RSA2048", "P-384", "ED25519",
					     "ED448" };

	(void)state;
	for (size_t i = 0; i < N(types); i++) {
		struct pki_ent by =
			pki_make(&(struct pki_spec){ .cn = "OCSP",
						     .by = &sub,
						     .eku = "OCSPSigning",
						     .type = types[i] });

		run_row(&(struct row){ .spec = { .by = &by } });
		pki_free(&by);
	}
}

/* Whatever is changed or cut: never another answer, nothing read beyond. */
static void test_no_changed_bit_gets_through(void **state)
{
	size_t len, good = 0;
	uint8_t *der = pki_ocsp(&(struct pki_ocsp){ .about = &host,
						    .issuer = &sub,
						    .by = &delegate },
				&len);
	struct cert *c = pki_cert(&host), *issuer = pki_cert(&sub);

	(void)state;
	for (size_t n = 0; n < len; n++) {
		uint8_t *p = malloc(n ? n : 1);
		struct ocsp_answer a;

		memcpy(p, der, n);
		assert_true(ocsp_check(p, n, c, issuer, PKI_NOW, &a, NULL));
		free(p);
	}
	for (size_t bit = 0; bit < 8 * len; bit++) {
		uint8_t *p = malloc(len);
		struct ocsp_answer a;

		memcpy(p, der, len);
		p[bit / 8] ^= (uint8_t)(1u << bit % 8);
		if (!ocsp_check(p, len, c, issuer, PKI_NOW, &a, NULL)) {
			/* Encodings of the same, outside what is signed. */
			assert_int_equal(a.says, OCSP_SAYS_GOOD);
			good++;
		}
		free(p);
	}
	assert_true(good < 40);
	der = realloc(der, len + 1);
	der[len] = 0;
	assert_int_equal(ocsp_check(der, len + 1, c, issuer, PKI_NOW,
				    &(struct ocsp_answer){ 0 }, NULL),
			 MISSIU_EPROTO);
	cert_free(c);
	cert_free(issuer);
	free(der);
}

/* --- with chains */

static int ask(enum trust_crl policy, const struct pki_ocsp *specs, size_t n,
	       uint8_t *crl, size_t crl_len, struct missiu_diag *diag)
{
	struct trust *t = trust_new();
	struct cert *anchor = pki_cert(&root), *leaf = pki_cert(&host),
		    *mid = pki_cert(&sub);
	const struct cert *others[] = { mid };
	struct chunk ocsp[4];
	struct trust_question q = { .leaf = leaf,
				    .others = others,
				    .n_others = 1,
				    .now_s = PKI_NOW,
				    .crl = policy,
				    .ocsp = ocsp,
				    .n_ocsp = n };
	int ret;

	assert_int_equal(trust_add(t, anchor), 0);
	if (crl)
		assert_int_equal(trust_add_crls(t, crl, crl_len, NULL), 0);
	for (size_t i = 0; i < n; i++)
		ocsp[i].p = pki_ocsp(&specs[i], &ocsp[i].len);
	ret = trust_check(t, &q, diag);
	for (size_t i = 0; i < n; i++)
		free((void *)(uintptr_t)ocsp[i].p);
	cert_free(anchor);
	cert_free(leaf);
	cert_free(mid);
	trust_free(t);
	free(crl);
	return ret;
}

static void test_responses_do_as_well_as_lists(void **state)
{
	const struct pki_ocsp both[] = { { .about = &sub, .issuer = &root },
					 { .about = &host, .issuer = &sub } };
	const struct pki_ocsp old = { .about = &host,
				      .issuer = &sub,
				      .to = PKI_NOW - PKI_DAY / 2 };
	const struct pki_ocsp unknown = { .about = &host,
					  .issuer = &sub,
					  .says = V_OCSP_CERTSTATUS_UNKNOWN };
	struct missiu_diag diag = { "" };
	size_t len;
	uint8_t *crl;

	(void)state;
	assert_int_equal(ask(TRUST_CRL_STRICT, both, 2, NULL, 0, &diag), 0);
	/* Each certificate needs its own. */
	assert_int_equal(ask(TRUST_CRL_STRICT, both, 1, NULL, 0, &diag),
			 MISSIU_EAUTH);
	assert_non_null(strstr(diag.msg, "about \"O=Test, CN=host\""));
	assert_int_equal(ask(TRUST_CRL_STRICT, both + 1, 1, NULL, 0, &diag),
			 MISSIU_EAUTH);
	assert_non_null(strstr(diag.msg, "about \"O=Test, CN=Sub\""));
	/* A list for the one, a response for the other. */
	crl = pki_crl(&root, NULL, PKI_NOW + PKI_DAY, &len);
	assert_int_equal(ask(TRUST_CRL_STRICT, both + 1, 1, crl, len, &diag),
			 0);
	crl = pki_crl(&root, NULL, PKI_NOW + PKI_DAY, &len);
	assert_int_equal(ask(TRUST_CRL_STRICT, &old, 1, crl, len, &diag),
			 MISSIU_EAUTH);
	assert_non_null(strstr(diag.msg, "out of date"));
	crl = pki_crl(&root, NULL, PKI_NOW + PKI_DAY, &len);
	assert_int_equal(ask(TRUST_CRL_STRICT, &unknown, 1, crl, len, &diag),
			 MISSIU_EAUTH);
	assert_non_null(strstr(diag.msg, "does not know"));
	/* Soft goes on without. */
	assert_int_equal(ask(TRUST_CRL_SOFT, &old, 1, NULL, 0, &diag), 0);
	assert_int_equal(ask(TRUST_CRL_SOFT, &unknown, 1, NULL, 0, &diag), 0);
}

static void test_revoked_is_revoked_whoever_says_so(void **state)
{
	const struct pki_ocsp bad = { .about = &host,
				      .issuer = &sub,
				      .says = V_OCSP_CERTSTATUS_REVOKED };
	const struct pki_ocsp sub_bad = { .about = &sub,
					  .issuer = &root,
					  .says = V_OCSP_CERTSTATUS_REVOKED };
	const struct pki_ocsp good = { .about = &host, .issuer = &sub };
	const struct pki_ocsp mixed[] = { good, bad };
	const struct pki_ocsp forged = { .about = &host,
					 .issuer = &sub,
					 .by = &stranger,
					 .says = V_OCSP_CERTSTATUS_REVOKED };
	struct missiu_diag diag = { "" };
	size_t len;
	uint8_t *crl;

	(void)state;
	assert_int_equal(ask(TRUST_CRL_SOFT, &bad, 1, NULL, 0, &diag),
			 MISSIU_EAUTH);
	assert_non_null(strstr(diag.msg, "CN=host\" was revoked by"));
	assert_int_equal(ask(TRUST_CRL_SOFT, &sub_bad, 1, NULL, 0, &diag),
			 MISSIU_EAUTH);
	assert_non_null(strstr(diag.msg, "CN=Sub\" was revoked by"));
	assert_int_equal(ask(TRUST_CRL_SOFT, mixed, 2, NULL, 0, &diag),
			 MISSIU_EAUTH);
	/* A good response does not outweigh a list. */
	crl = pki_crl(&sub, &host, PKI_NOW + PKI_DAY, &len);
	assert_int_equal(ask(TRUST_CRL_SOFT, &good, 1, crl, len, &diag),
			 MISSIU_EAUTH);
	assert_int_equal(ask(TRUST_CRL_OFF, &bad, 1, NULL, 0, &diag), 0);
	assert_int_equal(ask(TRUST_CRL_SOFT, &forged, 1, NULL, 0, &diag), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_issuer_and_delegate_are_believed),
		cmocka_unit_test(test_others_are_not),
		cmocka_unit_test(test_a_delegate_must_be_valid_itself),
		cmocka_unit_test(test_time_is_what_the_caller_says),
		cmocka_unit_test(test_keys_of_all_kinds_sign),
		cmocka_unit_test(test_no_changed_bit_gets_through),
		cmocka_unit_test(test_responses_do_as_well_as_lists),
		cmocka_unit_test(test_revoked_is_revoked_whoever_says_so),
	};

	return cmocka_run_group_tests(tests, make_pki, free_pki);
}
