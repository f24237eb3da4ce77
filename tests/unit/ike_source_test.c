/* SPDX-License-Identifier: Apache-2.0 */
/* Fetched lists and responses: what the core wants, takes and refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ike/idtext.h"
#include "ike/source.h"

#include "../sim/sim.c"
#include "ike_cert_rig.h"
#include "pki_ocsp.h"

#define URL "http://x.example/list.crl"

static struct pki_ent root, fake, host[2];

static int make_hosts(void **state)
{
	(void)state;
	root = pki_make(&(struct pki_spec){ .cn = "Root", .ca = true });
	fake = pki_make(&(struct pki_spec){ .cn = "Root", .ca = true });
	make_two(&root, host);
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

static struct ike_cred *cred(int i, enum trust_crl policy)
{
	struct ike_cred *c = cred_of(&host[i], NULL, &root);

	c->crl = policy;
	return c;
}

/* Host a looks at @policy and has @url, host b what follows. */
static struct sim *watched(enum trust_crl policy, const char *crl,
			   const char *ocsp_of_b)
{
	struct sim *s = pair(cred(0, policy), cred(1, TRUST_CRL_SOFT));

	if (crl)
		assert_int_equal(
			cred_add_crl_url(s->node[0].conf.cred, crl, NULL), 0);
	if (ocsp_of_b)
		assert_int_equal(cred_add_ocsp_url(s->node[1].conf.cred,
						   ocsp_of_b, NULL),
				 0);
	start(s);
	return s;
}

static bool meet(struct sim *s)
{
	bool up;

	sim_acquire(s, 0, &s->node[0].pol[0], NULL, "192.0.2.2");
	sim_run(s, 5 * SIM_S);
	up = sim_established(s, 0) == 1;
	ike_down(s->node[0].ike, "192.0.2.2", s->now);
	sim_drain(s, 0);
	sim_run(s, 60 * SIM_S);
	return up;
}

static struct ike_source only(const struct sim *s, int node)
{
	struct ike_source src, more;
	size_t cursor = 0;

	assert_true(ike_source_next(s->node[node].ike, &cursor, &src));
	assert_false(ike_source_next(s->node[node].ike, &cursor, &more));
	return src;
}

/* Hand in a list; frees it. */
static int give(struct sim *s, uint8_t *crl, size_t len,
		struct ike_source_info *info, struct missiu_diag *diag)
{
	const struct ike_source src = only(s, 0);
	const int ret =
		ike_source_data(s->node[0].ike, &src, crl, len, info, diag);

	assert_string_equal(src.url, URL);
	assert_false(src.ocsp);
	free(crl);
	return ret;
}

static void test_strict_waits_for_a_list(void **state)
{
	struct sim *s = watched(TRUST_CRL_STRICT, URL, NULL);
	struct ike_source_info info;
	struct missiu_diag diag;
	size_t len;
	uint8_t *crl;

	(void)state;
	assert_false(meet(s));
	assert_true(sim_log_has(s, 0, "and the policy is strict"));
	crl = pki_crl(&root, &host[0], PKI_NOW + PKI_DAY, &len);
	assert_int_equal(give(s, crl, len, &info, &diag), 0);
	assert_string_equal(info.about, "O=Test, CN=Root");
	assert_int_equal(info.from_s, PKI_NOW - PKI_DAY);
	assert_int_equal(info.to_s, PKI_NOW + PKI_DAY);
	assert_true(meet(s));
	/* Its successor names the peer. */
	crl = pki_crl(&root, &host[1], PKI_NOW + 2 * PKI_DAY, &len);
	assert_int_equal(give(s, crl, len, &info, &diag), 0);
	assert_false(meet(s));
	assert_true(sim_log_has(s, 0, "was revoked by"));
	sim_free(s);
}

static void test_soft_does_not_wait(void **state)
{
	struct sim *s = watched(TRUST_CRL_SOFT, URL, NULL);
	struct ike_source_info info;
	struct missiu_diag diag;
	size_t len;
	uint8_t *crl = pki_crl(&root, &host[1], PKI_NOW + PKI_DAY, &len);

	(void)state;
	assert_true(meet(s));
	assert_int_equal(give(s, crl, len, &info, &diag), 0);
	assert_false(meet(s));
	sim_free(s);
}

/* What is refused leaves the list in place that was there before. */
static void test_nothing_bad_takes_the_place_of_a_list(void **state)
{
	struct sim *s = watched(TRUST_CRL_STRICT, URL, NULL);
	struct ike_source_info info;
	struct missiu_diag diag;
	size_t len;
	uint8_t *crl = pki_crl(&root, &host[1], PKI_NOW + PKI_DAY, &len), *p;

	(void)state;
	assert_int_equal(give(s, crl, len, &info, &diag), 0);
	crl = pki_crl(&fake, NULL, PKI_NOW + PKI_DAY, &len);
	assert_int_equal(give(s, crl, len, &info, &diag), MISSIU_EAUTH);
	assert_non_null(strstr(diag.msg, "not signed by"));
	crl = pki_crl(&host[0], NULL, PKI_NOW + PKI_DAY, &len);
	assert_int_equal(give(s, crl, len, &info, &diag), MISSIU_EAUTH);
	assert_non_null(strstr(diag.msg, "none of our"));
	p = malloc(1);
	*p = 0x30;
	assert_int_equal(give(s, p, 1, &info, &diag), MISSIU_EINVAL);
	p = calloc(1, TRUST_LIST_BYTES_MAX + 1);
	assert_int_equal(give(s, p, TRUST_LIST_BYTES_MAX + 1, &info, &diag),
			 MISSIU_EINVAL);
	assert_false(meet(s));
	assert_true(sim_log_has(s, 0, "was revoked by"));
	sim_free(s);
}

static uint8_t *numbered(long number, int64_t from, size_t *len)
{
	X509_CRL *crl = X509_CRL_new();
	ASN1_TIME *t = ASN1_TIME_set(NULL, (time_t)from);
	ASN1_INTEGER *n = ASN1_INTEGER_new();
	BIO *b = BIO_new(BIO_s_mem());

	X509_CRL_set_version(crl, 1);
	X509_CRL_set_issuer_name(crl, X509_get_subject_name(root.x));
	X509_CRL_set1_lastUpdate(crl, t);
	ASN1_INTEGER_set(n, number);
	X509_CRL_add1_ext_i2d(crl, NID_crl_number, n, 0, 0);
	assert_true(X509_CRL_sign(crl, root.key, EVP_sha256()) > 0);
	i2d_X509_CRL_bio(b, crl);
	ASN1_INTEGER_free(n);
	ASN1_TIME_free(t);
	X509_CRL_free(crl);
	return pki_take(b, len);
}

static void test_older_lists_do_not_come_back(void **state)
{
	static const struct {
		long number;
		int64_t from;
		int ret;
	} rows[] = {
		{ 5, 0, 0 },		 /* the first */
		{ 5, 0, 0 },		 /* the same */
		{ 4, 0, MISSIU_EAUTH },	 /* of the same second */
		{ 6, -1, MISSIU_EAUTH }, /* earlier, whatever its number */
		{ 6, 0, 0 },
		{ 3, 1, 0 }, /* an authority that begins anew */
	};
	struct sim *s = watched(TRUST_CRL_STRICT, URL, NULL);
	struct ike_source_info info;
	struct missiu_diag diag;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t len;
		uint8_t *crl = numbered(rows[i].number,
					PKI_NOW - PKI_DAY + rows[i].from, &len);

		assert_int_equal(give(s, crl, len, &info, &diag), rows[i].ret);
		if (rows[i].ret) {
			assert_non_null(strstr(diag.msg, "is older"));
			continue;
		}
		assert_int_equal(atol(info.number), rows[i].number);
		assert_int_equal(info.to_s, 0);
	}
	sim_free(s);
}

static void test_every_prefix_of_a_list_is_refused(void **state)
{
	struct sim *s = watched(TRUST_CRL_STRICT, URL, NULL);
	const struct ike_source src = only(s, 0);
	struct ike_source_info info;
	size_t len, n;
	uint8_t *pem = pki_crl(&root, NULL, PKI_NOW + PKI_DAY, &len);
	BIO *b = BIO_new_mem_buf(pem, (int)len);
	X509_CRL *crl = PEM_read_bio_X509_CRL(b, NULL, NULL, NULL);
	unsigned char *der = NULL;

	(void)state;
	n = (size_t)i2d_X509_CRL(crl, &der);
	for (size_t i = 0; i <= n; i++) {
		uint8_t *p = malloc(i ? i : 1);

		memcpy(p, der, i);
		assert_int_equal(!ike_source_data(s->node[0].ike, &src, p, i,
						  &info, NULL),
				 i == n);
		free(p);
	}
	for (size_t bit = 0; bit < 8 * n; bit++) {
		uint8_t *p = malloc(n);

		memcpy(p, der, n);
		p[bit / 8] ^= (uint8_t)(1u << bit % 8);
		/* Some name another issuer, who is asked at each use. */
		ike_source_data(s->node[0].ike, &src, p, n, &info, NULL);
		free(p);
	}
	assert_true(meet(s));
	OPENSSL_free(der);
	X509_CRL_free(crl);
	BIO_free(b);
	free(pem);
	sim_free(s);
}

/* b fetches what is said about itself and hands it to a, who is strict. */
static void test_own_responses_are_fetched_and_sent(void **state)
{
	struct sim *s = watched(TRUST_CRL_STRICT, NULL, "http://o.example/");
	const struct ike_source src = only(s, 1);
	struct ike_source_info info;
	struct missiu_diag diag;
	const unsigned char *p = src.ask.p;
	OCSP_REQUEST *r = d2i_OCSP_REQUEST(NULL, &p, (long)src.ask.len);
	struct pki_ocsp spec = { .about = &host[1], .issuer = &root };
	size_t len;
	uint8_t *der;

	(void)state;
	assert_true(src.ocsp);
	assert_non_null(r);
	assert_int_equal(OCSP_request_onereq_count(r), 1);
	OCSP_REQUEST_free(r);
	assert_false(meet(s));
	spec.by = &fake;
	der = pki_ocsp(&spec, &len);
	assert_int_equal(
		ike_source_data(s->node[1].ike, &src, der, len, &info, &diag),
		MISSIU_EAUTH);
	free(der);
	spec.by = NULL;
	der = pki_ocsp(&spec, &len);
	assert_int_equal(
		ike_source_data(s->node[1].ike, &src, der, len, &info, &diag),
		0);
	assert_string_equal(info.about, "O=Test, CN=b");
	assert_false(info.revoked);
	free(der);
	assert_true(meet(s));
	spec.says = V_OCSP_CERTSTATUS_REVOKED;
	der = pki_ocsp(&spec, &len);
	assert_int_equal(
		ike_source_data(s->node[1].ike, &src, der, len, &info, &diag),
		0);
	assert_true(info.revoked);
	free(der);
	assert_false(meet(s));
	sim_free(s);
}

static void test_what_nobody_wants_is_not_taken(void **state)
{
	struct sim *s = watched(TRUST_CRL_SOFT, URL, NULL);
	struct ike_source src = only(s, 0);
	struct ike_source_info info;
	struct missiu_diag diag;
	size_t len;
	uint8_t *crl = pki_crl(&root, NULL, PKI_NOW + PKI_DAY, &len);

	(void)state;
	src.url = "http://x.example/other.crl";
	assert_int_equal(
		ike_source_data(s->node[0].ike, &src, crl, len, &info, &diag),
		MISSIU_ENOENT);
	assert_false(ike_source_next(s->node[1].ike, &(size_t){ 0 }, &src));
	free(crl);
	sim_free(s);
}

static void test_bounds_and_refusals_of_urls(void **state)
{
	struct ike_cred *c = cred(0, TRUST_CRL_SOFT), *bare = cred_new();
	struct missiu_diag diag;

	(void)state;
	for (int i = 0; i < CRED_URLS_MAX; i++)
		assert_int_equal(cred_add_crl_url(c, URL, &diag), 0);
	assert_int_equal(cred_add_crl_url(c, URL, &diag), MISSIU_EFULL);
	assert_int_equal(cred_add_ocsp_url(bare, URL, &diag), MISSIU_EINVAL);
	assert_true(cred_is_url("https://x"));
	assert_false(cred_is_url("/http://x"));
	assert_false(cred_is_url("file:///x"));
	cred_put(c);
	cred_put(bare);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_strict_waits_for_a_list),
		cmocka_unit_test(test_soft_does_not_wait),
		cmocka_unit_test(test_nothing_bad_takes_the_place_of_a_list),
		cmocka_unit_test(test_older_lists_do_not_come_back),
		cmocka_unit_test(test_every_prefix_of_a_list_is_refused),
		cmocka_unit_test(test_own_responses_are_fetched_and_sent),
		cmocka_unit_test(test_what_nobody_wants_is_not_taken),
		cmocka_unit_test(test_bounds_and_refusals_of_urls),
	};

	return cmocka_run_group_tests(tests, make_hosts, free_hosts);
}
