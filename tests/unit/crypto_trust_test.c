/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "crypto/trust.h"
#include "pki.h"

/* Root, a CA below it, and a host. */
static struct pki_ent root, sub, other;

static int make_authorities(void **state)
{
	(void)state;
	root = pki_make(&(struct pki_spec){ .cn = "Root", .ca = true });
	sub = pki_make(
		&(struct pki_spec){ .cn = "Sub", .ca = true, .by = &root });
	other = pki_make(&(struct pki_spec){ .cn = "Other", .ca = true });
	return 0;
}

static int free_authorities(void **state)
{
	(void)state;
	pki_free(&root);
	pki_free(&sub);
	pki_free(&other);
	return 0;
}

/* What a check is asked; one anchor, one revocation list file. */
struct ask {
	const struct pki_ent *anchor, *leaf, *others[3];
	int64_t now;
	enum trust_crl crl;
	uint8_t *list; /* taken over */
	size_t list_len;
};

static int ask(const struct ask *a, struct missiu_diag *diag)
{
	struct trust *t = trust_new();
	struct cert *anchor = pki_cert(a->anchor), *leaf = pki_cert(a->leaf);
	struct cert *others[3];
	const struct cert *v[3];
	struct trust_question q = { .leaf = leaf,
				    .others = v,
				    .now_s = a->now ? a->now : PKI_NOW,
				    .crl = a->crl };
	int ret;

	assert_int_equal(trust_add(t, anchor), 0);
	if (a->list)
		assert_int_equal(trust_add_crls(t, a->list, a->list_len, diag),
				 0);
	for (; q.n_others < 3 && a->others[q.n_others]; q.n_others++)
		v[q.n_others] = others[q.n_others] =
			pki_cert(a->others[q.n_others]);
	ret = trust_check(t, &q, diag);
	for (size_t i = 0; i < q.n_others; i++)
		cert_free(others[i]);
	cert_free(anchor);
	cert_free(leaf);
	trust_free(t);
	free(a->list);
	return ret;
}

static void assert_good(const struct ask *a)
{
	struct missiu_diag diag = { "" };
	const int ret = ask(a, &diag);

	if (ret)
		print_message("%s\n", diag.msg);
	assert_int_equal(ret, 0);
}

static void assert_bad(const struct ask *a, const char *why)
{
	struct missiu_diag diag = { "" };

	assert_int_equal(ask(a, &diag), MISSIU_EAUTH);
	if (!strstr(diag.msg, why))
		print_message("%s\n", diag.msg);
	assert_non_null(strstr(diag.msg, why));
}

static void test_a_chain_leads_to_an_anchor(void **state)
{
	struct pki_ent host =
		pki_make(&(struct pki_spec){ .cn = "host", .by = &sub });

	(void)state;
	assert_good(&(struct ask){
		.anchor = &root, .leaf = &host, .others = { &sub } });
	/* Others in any order, and such that do not belong there. */
	assert_good(&(struct ask){ .anchor = &root,
				   .leaf = &host,
				   .others = { &other, &root, &sub } });
	/* An anchor that is no root. */
	assert_good(&(struct ask){
		.anchor = &sub, .leaf = &host, .others = { NULL } });
	/* The peer's own certificate as anchor. */
	assert_good(&(struct ask){
		.anchor = &host, .leaf = &host, .others = { NULL } });
	pki_free(&host);
}

static void test_strangers_are_refused(void **state)
{
	struct pki_ent host =
		pki_make(&(struct pki_spec){ .cn = "host", .by = &sub });
	struct pki_ent own = pki_make(&(struct pki_spec){ .cn = "own" });
	struct pki_ent fake =
		pki_make(&(struct pki_spec){ .cn = "Root", .ca = true });
	struct pki_ent faked =
		pki_make(&(struct pki_spec){ .cn = "host", .by = &fake });

	(void)state;
	assert_bad(&(struct ask){ .anchor = &other,
				  .leaf = &host,
				  .others = { &sub, &root } },
		   "we trust \"O=Test, CN=Other\"");
	assert_bad(&(struct ask){ .anchor = &root,
				  .leaf = &host,
				  .others = { NULL } },
		   "is by \"O=Test, CN=Sub\"");
	assert_bad(&(struct ask){ .anchor = &root,
				  .leaf = &own,
				  .others = { NULL } },
		   "CN=own");
	/* The right name, another key. */
	assert_bad(&(struct ask){ .anchor = &root,
				  .leaf = &faked,
				  .others = { &fake } },
		   "another key");
	pki_free(&host);
	pki_free(&own);
	pki_free(&fake);
	pki_free(&faked);
}

static void test_validity_is_judged_at_the_given_time(void **state)
{
	struct pki_ent host =
		pki_make(&(struct pki_spec){ .cn = "host",
					     .by = &root,
					     .from = PKI_NOW - 10 * PKI_DAY,
					     .to = PKI_NOW + 10 * PKI_DAY });

	(void)state;
	assert_good(&(struct ask){
		.anchor = &root, .leaf = &host, .others = { NULL } });
	assert_good(&(struct ask){ .anchor = &root,
				   .leaf = &host,
				   .others = { NULL },
				   .now = PKI_NOW + 10 * PKI_DAY - 1 });
	assert_bad(&(struct ask){ .anchor = &root,
				  .leaf = &host,
				  .others = { NULL },
				  .now = PKI_NOW + 10 * PKI_DAY + 1 },
		   "CN=host\" expired on 2033-05-28");
	assert_bad(&(struct ask){ .anchor = &root,
				  .leaf = &host,
				  .others = { NULL },
				  .now = PKI_NOW - 10 * PKI_DAY - 1 },
		   "not valid before 2033-05-08");
	/* So is that of those above. */
	assert_bad(&(struct ask){ .anchor = &root,
				  .leaf = &host,
				  .others = { NULL },
				  .now = PKI_NOW + 181 * PKI_DAY },
		   "expired");
	pki_free(&host);
}

static void test_only_authorities_issue(void **state)
{
	struct pki_ent host = pki_make(&(struct pki_spec){
		.cn = "host", .by = &root, .ku = "digitalSignature" });
	struct pki_ent plain =
		pki_make(&(struct pki_spec){ .cn = "plain", .by = &root });
	struct pki_ent by_host =
		pki_make(&(struct pki_spec){ .cn = "evil", .by = &host });
	struct pki_ent by_plain =
		pki_make(&(struct pki_spec){ .cn = "evil", .by = &plain });
	struct pki_ent no_sign =
		pki_make(&(struct pki_spec){ .cn = "CA without signing",
					     .by = &root,
					     .ca = true,
					     .ku = "digitalSignature" });
	struct pki_ent by_no_sign =
		pki_make(&(struct pki_spec){ .cn = "evil", .by = &no_sign });

	(void)state;
	assert_bad(&(struct ask){ .anchor = &root,
				  .leaf = &by_host,
				  .others = { &host } },
		   "");
	assert_bad(&(struct ask){ .anchor = &root,
				  .leaf = &by_plain,
				  .others = { &plain } },
		   "");
	assert_bad(&(struct ask){ .anchor = &root,
				  .leaf = &by_no_sign,
				  .others = { &no_sign } },
		   "");
	/* Not even when it is an anchor: that was meant for itself. */
	assert_bad(&(struct ask){ .anchor = &plain,
				  .leaf = &by_plain,
				  .others = { NULL } },
		   "");
	assert_bad(&(struct ask){ .anchor = &host,
				  .leaf = &by_host,
				  .others = { NULL } },
		   "");
	pki_free(&host);
	pki_free(&plain);
	pki_free(&by_host);
	pki_free(&by_plain);
	pki_free(&no_sign);
	pki_free(&by_no_sign);
}

/* keyUsage alone makes no authority (RFC 5280 4.2.1.9). */
static void test_authorities_say_so_in_basic_constraints(void **state)
{
	struct pki_ent half = pki_make(&(struct pki_spec){
		.cn = "half", .by = &root, .ku = "keyCertSign" });
	struct pki_ent by_half =
		pki_make(&(struct pki_spec){ .cn = "evil", .by = &half });
	const struct ask a = { .anchor = &root,
			       .leaf = &by_half,
			       .others = { &half } };

	(void)state;
	assert_bad(&a, "CN=half");
	pki_free(&half);
	pki_free(&by_half);
}

static void test_usage_must_allow_signatures(void **state)
{
	static const struct {
		const char *ku, *eku, *why;
	} t[] = {
		{ "digitalSignature", NULL, NULL },
		{ "nonRepudiation", NULL, NULL },
		{ "keyEncipherment", NULL, "keyUsage" },
		{ "keyCertSign", NULL, "keyUsage" },
		{ NULL, "1.3.6.1.5.5.7.3.17", NULL },
		{ NULL, "serverAuth", NULL },
		{ NULL, "clientAuth,codeSigning", NULL },
		{ NULL, "1.3.6.1.5.5.8.2.2", NULL },
		{ NULL, "anyExtendedKeyUsage", NULL },
		{ NULL, "codeSigning", "extendedKeyUsage" },
		{ "digitalSignature", "emailProtection", "extendedKeyUsage" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct pki_ent host =
			pki_make(&(struct pki_spec){ .cn = "host",
						     .by = &root,
						     .ku = t[i].ku,
						     .eku = t[i].eku });
		const struct ask a = { .anchor = &root,
				       .leaf = &host,
				       .others = { NULL } };

		if (t[i].why)
			assert_bad(&a, t[i].why);
		else
			assert_good(&a);
		pki_free(&host);
	}
}

static void test_weak_keys_and_hashes_are_refused(void **state)
{
	static const struct {
		const char *type, *md;
		bool ok;
	} t[] = {
		{ "RSA2048", NULL, true },   { "RSA1024", NULL, false },
		{ "P-256", NULL, true },     { "P-384", "SHA384", true },
		{ "P-521", "SHA512", true }, { "ED25519", NULL, true },
		{ "ED448", NULL, true },     { "P-256", "SHA1", false },
		{ "P-224", NULL, false },    { "secp256k1", NULL, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct pki_ent host =
			pki_make(&(struct pki_spec){ .cn = "host",
						     .type = t[i].type,
						     .by = &root,
						     .md = t[i].md });
		const struct ask a = { .anchor = &root,
				       .leaf = &host,
				       .others = { NULL } };

		if (t[i].ok)
			assert_good(&a);
		else
			assert_bad(&a, "CN=host");
		pki_free(&host);
	}
}

static void test_weak_authorities_are_refused(void **state)
{
	struct pki_ent weak = pki_make(&(struct pki_spec){
		.cn = "Weak", .type = "RSA1024", .ca = true, .by = &root });
	struct pki_ent host =
		pki_make(&(struct pki_spec){ .cn = "host", .by = &weak });
	struct pki_ent sha1 = pki_make(&(struct pki_spec){
		.cn = "Old", .md = "SHA1", .ca = true, .by = &root });
	struct pki_ent by_sha1 =
		pki_make(&(struct pki_spec){ .cn = "host", .by = &sha1 });

	(void)state;
	assert_bad(&(struct ask){ .anchor = &root,
				  .leaf = &host,
				  .others = { &weak } },
		   "CN=Weak");
	assert_bad(&(struct ask){ .anchor = &root,
				  .leaf = &by_sha1,
				  .others = { &sha1 } },
		   "CN=Old");
	pki_free(&weak);
	pki_free(&host);
	pki_free(&sha1);
	pki_free(&by_sha1);
}

static void test_name_constraints_bind(void **state)
{
	struct pki_ent ca = pki_make(
		&(struct pki_spec){ .cn = "Bounded",
				    .ca = true,
				    .by = &root,
				    .nc = "critical,permitted;DNS:a.example" });
	struct pki_ent in = pki_make(&(struct pki_spec){
		.cn = "in", .by = &ca, .san = "DNS:h.a.example" });
	struct pki_ent out = pki_make(&(struct pki_spec){
		.cn = "out", .by = &ca, .san = "DNS:h.b.example" });

	(void)state;
	assert_good(&(struct ask){
		.anchor = &root, .leaf = &in, .others = { &ca } });
	assert_bad(&(struct ask){ .anchor = &root,
				  .leaf = &out,
				  .others = { &ca } },
		   "CN=out");
	pki_free(&ca);
	pki_free(&in);
	pki_free(&out);
}

static void test_unknown_critical_extensions_are_refused(void **state)
{
	struct pki_ent host = pki_make(&(struct pki_spec){
		.cn = "host", .by = &root, .strange = true });

	(void)state;
	assert_bad(&(struct ask){ .anchor = &root,
				  .leaf = &host,
				  .others = { NULL } },
		   "critical");
	pki_free(&host);
}

static void test_chains_are_bounded(void **state)
{
	struct pki_ent ca[TRUST_DEPTH_MAX + 3];
	struct trust *t = trust_new();
	struct cert *certs[TRUST_DEPTH_MAX + 3];
	const size_t n = TRUST_DEPTH_MAX + 3;
	struct missiu_diag diag;

	(void)state;
	for (size_t i = 0; i < n; i++) {
		char cn[8];

		snprintf(cn, sizeof(cn), "CA %zu", i);
		ca[i] = pki_make(&(struct pki_spec){
			.cn = cn,
			.ca = true,
			.by = i ? &ca[i - 1] : &root,
			.ku = "keyCertSign,digitalSignature" });
		certs[i] = pki_cert(&ca[i]);
	}
	trust_add(t, certs[0]);
	/* certs[0] … certs[k]: k certificates above the peer's */
	for (size_t k = 1; k < n; k++) {
		struct trust_question q = {
			.leaf = certs[k],
			.others = (const struct cert *const *)certs + 1,
			.n_others = k - 1,
			.now_s = PKI_NOW
		};

		/* OpenSSL counts those between leaf and anchor. */
		assert_int_equal(trust_check(t, &q, &diag),
				 k <= TRUST_DEPTH_MAX + 1 ? 0 : MISSIU_EAUTH);
	}
	for (size_t i = 0; i < n; i++) {
		cert_free(certs[i]);
		pki_free(&ca[i]);
	}
	trust_free(t);
}

/* --- revocation */

static void test_revoked_certificates_are_refused(void **state)
{
	struct pki_ent host =
		pki_make(&(struct pki_spec){ .cn = "host", .by = &root });
	struct pki_ent good =
		pki_make(&(struct pki_spec){ .cn = "good", .by = &root });

	(void)state;
	for (enum trust_crl p = TRUST_CRL_OFF; p <= TRUST_CRL_STRICT; p++) {
		struct ask a = { .anchor = &root,
				 .leaf = &host,
				 .others = { NULL },
				 .crl = p };

		a.list = pki_crl(&root, &host, PKI_NOW + PKI_DAY, &a.list_len);
		if (p == TRUST_CRL_OFF)
			assert_good(&a);
		else
			assert_bad(&a, "CN=host\" was revoked by");
		a.leaf = &good;
		a.list = pki_crl(&root, &host, PKI_NOW + PKI_DAY, &a.list_len);
		assert_good(&a);
	}
	pki_free(&host);
	pki_free(&good);
}

static void test_a_revoked_authority_takes_its_hosts_along(void **state)
{
	struct pki_ent host =
		pki_make(&(struct pki_spec){ .cn = "host", .by = &sub });
	struct ask a = { .anchor = &root,
			 .leaf = &host,
			 .others = { &sub },
			 .crl = TRUST_CRL_SOFT };

	(void)state;
	a.list = pki_crl(&root, &sub, PKI_NOW + PKI_DAY, &a.list_len);
	assert_bad(&a, "CN=Sub\" was revoked");
	pki_free(&host);
}

static void test_strict_wants_a_list_of_each_authority(void **state)
{
	struct pki_ent host =
		pki_make(&(struct pki_spec){ .cn = "host", .by = &sub });
	struct ask a = { .anchor = &root,
			 .leaf = &host,
			 .others = { &sub },
			 .crl = TRUST_CRL_STRICT };
	uint8_t *one, *two;
	size_t n1, n2;

	(void)state;
	assert_bad(&a, "no revocation list of \"O=Test, CN=Sub\"");
	a.list = pki_crl(&root, NULL, PKI_NOW + PKI_DAY, &a.list_len);
	assert_bad(&a, "no revocation list of \"O=Test, CN=Sub\"");
	a.list = pki_crl(&sub, NULL, PKI_NOW + PKI_DAY, &a.list_len);
	assert_bad(&a, "no revocation list of \"O=Test, CN=Root\"");
	one = pki_crl(&root, NULL, PKI_NOW + PKI_DAY, &n1);
	two = pki_crl(&sub, NULL, PKI_NOW + PKI_DAY, &n2);
	a.list = malloc(n1 + n2);
	memcpy(a.list, one, n1);
	memcpy(a.list + n1, two, n2);
	a.list_len = n1 + n2;
	assert_good(&a);
	free(one);
	free(two);
	/* The anchor itself needs none. */
	a = (struct ask){ .anchor = &sub,
			  .leaf = &host,
			  .others = { NULL },
			  .crl = TRUST_CRL_STRICT };
	a.list = pki_crl(&sub, NULL, PKI_NOW + PKI_DAY, &a.list_len);
	assert_good(&a);
	/* Soft does without. */
	a = (struct ask){ .anchor = &root,
			  .leaf = &host,
			  .others = { &sub },
			  .crl = TRUST_CRL_SOFT };
	assert_good(&a);
	pki_free(&host);
}

static void test_old_lists(void **state)
{
	struct pki_ent host =
		pki_make(&(struct pki_spec){ .cn = "host", .by = &root });
	struct pki_ent good =
		pki_make(&(struct pki_spec){ .cn = "good", .by = &root });
	struct ask a = { .anchor = &root,
			 .leaf = &good,
			 .others = { NULL },
			 .crl = TRUST_CRL_STRICT };
	const int64_t to = PKI_NOW - PKI_DAY / 2;

	(void)state;
	a.list = pki_crl(&root, &host, to, &a.list_len);
	assert_bad(&a, "out of date");
	a.crl = TRUST_CRL_SOFT;
	a.list = pki_crl(&root, &host, to, &a.list_len);
	assert_good(&a);
	a.leaf = &host;
	a.list = pki_crl(&root, &host, to, &a.list_len);
	assert_bad(&a, "revoked");
	pki_free(&host);
	pki_free(&good);
}

static void test_lists_of_strangers_do_not_count(void **state)
{
	struct pki_ent fake =
		pki_make(&(struct pki_spec){ .cn = "Root", .ca = true });
	struct pki_ent host =
		pki_make(&(struct pki_spec){ .cn = "host", .by = &root });
	struct ask a = { .anchor = &root,
			 .leaf = &host,
			 .others = { NULL },
			 .crl = TRUST_CRL_STRICT };

	(void)state;
	/* The right name, another key: nothing it says is believed. */
	a.list = pki_crl(&fake, NULL, PKI_NOW + PKI_DAY, &a.list_len);
	assert_bad(&a, "");
	pki_free(&fake);
	pki_free(&host);
}

static void test_lists_that_do_not_parse(void **state)
{
	struct trust *t = trust_new();
	struct missiu_diag diag;
	size_t n;
	uint8_t *pem = pki_crl(&root, NULL, PKI_NOW, &n);

	(void)state;
	assert_int_equal(trust_add_crls(t, "", 0, &diag), MISSIU_EINVAL);
	assert_int_equal(trust_add_crls(t, "abc", 3, &diag), MISSIU_EINVAL);
	assert_int_equal(trust_add_crls(t, pem, n / 2, &diag), MISSIU_EINVAL);
	assert_int_equal(trust_add_crls(t, pem, n, &diag), 0);
	free(pem);
	trust_free(t);
}

static void test_nobody_is_trusted_by_default(void **state)
{
	struct trust *t = trust_new();
	struct cert *c = pki_cert(&root);
	struct missiu_diag diag;
	char text[64];

	(void)state;
	assert_int_equal(trust_check(t,
				     &(struct trust_question){
					     .leaf = c, .now_s = PKI_NOW },
				     &diag),
			 MISSIU_EAUTH);
	assert_int_equal(trust_count(t), 0);
	trust_text(t, text, sizeof(text));
	assert_string_equal(text, "no CA");
	assert_int_equal(trust_add(t, c), 0);
	assert_int_equal(trust_count(t), 1);
	assert_memory_equal(trust_hash(t, 0), cert_key_hash(c), CERT_HASH_LEN);
	cert_free(c);
	trust_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_chain_leads_to_an_anchor),
		cmocka_unit_test(test_strangers_are_refused),
		cmocka_unit_test(test_validity_is_judged_at_the_given_time),
		cmocka_unit_test(test_only_authorities_issue),
		cmocka_unit_test(test_authorities_say_so_in_basic_constraints),
		cmocka_unit_test(test_usage_must_allow_signatures),
		cmocka_unit_test(test_weak_keys_and_hashes_are_refused),
		cmocka_unit_test(test_weak_authorities_are_refused),
		cmocka_unit_test(test_name_constraints_bind),
		cmocka_unit_test(test_unknown_critical_extensions_are_refused),
		cmocka_unit_test(test_chains_are_bounded),
		cmocka_unit_test(test_revoked_certificates_are_refused),
		cmocka_unit_test(
			test_a_revoked_authority_takes_its_hosts_along),
		cmocka_unit_test(test_strict_wants_a_list_of_each_authority),
		cmocka_unit_test(test_old_lists),
		cmocka_unit_test(test_lists_of_strangers_do_not_count),
		cmocka_unit_test(test_lists_that_do_not_parse),
		cmocka_unit_test(test_nobody_is_trusted_by_default),
	};

	return cmocka_run_group_tests(tests, make_authorities,
				      free_authorities);
}
