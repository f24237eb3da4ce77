/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <openssl/pkcs12.h>

#include "crypto/dn.h"
#include "pki.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

static bool names(const struct cert *c, enum cert_name kind, const char *text)
{
	return cert_names(c, kind, text, strlen(text));
}

static void test_only_alternative_names_bind(void **state)
{
	struct pki_ent e = pki_make(&(struct pki_spec){
		.cn = "cn.example",
		.san = "DNS:host.example,email:me@host.example,IP:192.0.2.1,"
		       "IP:2001:db8::1,DNS:*.wild.example" });
	struct cert *c = pki_cert(&e);
	const uint8_t v4[] = { 192, 0, 2, 1 },
		      v6[16] = { 0x20, 1, 0xd, 0xb8, [15] = 1 };
	char text[256];

	(void)state;
	assert_true(names(c, CERT_NAME_DNS, "host.example"));
	assert_true(names(c, CERT_NAME_DNS, "HOST.example"));
	assert_true(names(c, CERT_NAME_EMAIL, "me@host.example"));
	assert_true(cert_names(c, CERT_NAME_IP, v4, 4));
	assert_true(cert_names(c, CERT_NAME_IP, v6, 16));
	/* The common name alone never does. */
	assert_false(names(c, CERT_NAME_DNS, "cn.example"));
	/* No kind stands for another. */
	assert_false(names(c, CERT_NAME_EMAIL, "host.example"));
	assert_false(names(c, CERT_NAME_DNS, "me@host.example"));
	assert_false(names(c, CERT_NAME_DNS, "192.0.2.1"));
	/* A wildcard in a certificate is a name like any other. */
	assert_false(names(c, CERT_NAME_DNS, "a.wild.example"));
	assert_true(names(c, CERT_NAME_DNS, "*.wild.example"));
	/* Lengths count. */
	assert_false(names(c, CERT_NAME_DNS, "host.exampl"));
	assert_false(names(c, CERT_NAME_DNS, "host.example.org"));
	assert_false(names(c, CERT_NAME_DNS, ""));
	assert_false(cert_names(c, CERT_NAME_DNS, "host.example\0", 13));
	assert_false(cert_names(c, CERT_NAME_IP, v6, 4));
	cert_names_text(c, text, sizeof(text));
	assert_string_equal(text, "O=Test, CN=cn.example, DNS:host.example, "
				  "email:me@host.example, IP:192.0.2.1, "
				  "IP:2001:db8::1, DNS:*.wild.example");
	for (size_t n = 1; n < sizeof(text); n++) {
		char *small = malloc(n);

		cert_names_text(c, small, n);
		assert_true(memchr(small, 0, n) != NULL);
		free(small);
	}
	cert_free(c);
	pki_free(&e);
}

static void test_the_subject_binds_as_a_whole(void **state)
{
	struct pki_ent e = pki_make(&(struct pki_spec){ .cn = "Host A" });
	struct pki_ent none = pki_make(&(struct pki_spec){ .san = "DNS:a" });
	struct cert *c = pki_cert(&e), *d = pki_cert(&none);
	uint8_t dn[255];
	size_t len;

	(void)state;
	assert_int_equal(
		dn_parse("O=Test, CN=Host A", dn, sizeof(dn), &len, NULL), 0);
	assert_true(cert_names(c, CERT_NAME_DN, dn, len));
	assert_false(cert_names(c, CERT_NAME_DN, dn, len - 1));
	assert_int_equal(
		dn_parse("O = test,CN=host  a", dn, sizeof(dn), &len, NULL), 0);
	assert_true(cert_names(c, CERT_NAME_DN, dn, len));
	assert_int_equal(dn_parse("CN=Host A", dn, sizeof(dn), &len, NULL), 0);
	assert_false(cert_names(c, CERT_NAME_DN, dn, len));
	/* Nobody is called nothing. */
	assert_false(cert_names(d, CERT_NAME_DN, "\x30\0", 2));
	assert_false(cert_names(d, CERT_NAME_DN, "", 0));
	assert_int_equal(cert_subject_der(d, dn, sizeof(dn)), 0);
	assert_string_equal(cert_subject(d), "(no subject)");
	len = cert_subject_der(c, dn, sizeof(dn));
	assert_true(cert_names(c, CERT_NAME_DN, dn, len));
	assert_int_equal(cert_subject_der(c, dn, len - 1), 0);
	cert_free(c);
	cert_free(d);
	pki_free(&e);
	pki_free(&none);
}

/* --- distinguished names */

static size_t dn(const char *text, uint8_t out[255])
{
	struct missiu_diag diag;
	size_t len = 0;

	assert_int_equal(dn_parse(text, out, 255, &len, &diag), 0);
	return len;
}

static void test_names_parse_and_print(void **state)
{
	static const struct {
		const char *in, *out; /* NULL: as in */
	} t[] = {
		{ "CN=host", NULL },
		{ "C=CH, O=Example, OU=Lab, CN=host.example", NULL },
		{ "C=CH,O=Example , CN=  host  ", "C=CH, O=Example, CN=host" },
		{ "O=A\\, B, CN=x", NULL },
		{ "emailAddress=a@b.example", NULL },
		{ "CN=*", NULL },
		{ "cn=x, E=a@b", "CN=x, emailAddress=a@b" },
		{ "2.5.4.3=host", "CN=host" },
		{ "CN=tab\there", "CN=tab\\09here" },
		{ "CN=Z\\C3\\BCrich", NULL },
		{ "CN=Z\xc3\xbcrich", "CN=Z\\C3\\BCrich" },
		{ "CN=\\ x\\ ", "CN=\\ x\\ " },
	};

	(void)state;
	for (size_t i = 0; i < N(t); i++) {
		uint8_t der[255];
		const size_t len = dn(t[i].in, der);
		char text[200];

		assert_true(dn_text(der, len, text, sizeof(text)));
		assert_string_equal(text, t[i].out ? t[i].out : t[i].in);
		assert_true(dn_ok(der, len));
	}
}

static void test_names_that_do_not_parse(void **state)
{
	static const char *const bad[] = { "",	      "host",
					   "CN=",     "=x",
					   "CN=a,",   "nothing=x",
					   "CN=a, b", "C=Switzerland" };

	(void)state;
	for (size_t i = 0; i < N(bad); i++) {
		struct missiu_diag diag = { "" };
		uint8_t der[255];
		size_t len = 77;

		assert_true(dn_parse(bad[i], der, sizeof(der), &len, &diag) <
			    0);
		assert_int_equal(len, 77);
		assert_int_equal(strncmp(diag.msg, "DN: ", 4), 0);
	}
}

static void test_names_compare_as_people_read_them(void **state)
{
	uint8_t a[255], b[255];
	size_t n = dn("C=CH, O=Example, CN=host", a), m;

	(void)state;
	m = dn("C=ch, O=EXAMPLE, CN=Host", b);
	assert_true(dn_eq(a, n, b, m));
	m = dn("O=Example, C=CH, CN=host", b);
	assert_false(dn_eq(a, n, b, m));
	m = dn("C=CH, O=Example", b);
	assert_false(dn_eq(a, n, b, m));
	assert_false(dn_eq(a, 0, b, 0));
	assert_false(dn_eq((const uint8_t *)"xy", 2, b, m));
}

static void test_wildcards_stand_for_one_value(void **state)
{
	static const struct {
		const char *pattern, *dn;
		bool fits;
	} t[] = {
		{ "O=Test, CN=*", "O=Test, CN=a", true },
		{ "O=Test, CN=*", "o=test, CN=b", true },
		{ "O=Test, CN=*", "O=Other, CN=a", false },
		{ "O=Test, CN=*", "O=Test, OU=x", false },
		{ "O=Test, CN=*", "O=Test", false },
		{ "O=Test, CN=*", "O=Test, CN=a, CN=b", false },
		{ "O=Test, CN=a*", "O=Test, CN=ab", false },
		{ "O=*, CN=*", "O=Test, CN=ab", true },
		/* A star that a peer sends is no wildcard. */
		{ "O=Test, CN=a", "O=Test, CN=*", false },
	};

	(void)state;
	for (size_t i = 0; i < N(t); i++) {
		uint8_t p[255], d[255];
		const size_t n = dn(t[i].pattern, p), m = dn(t[i].dn, d);

		assert_int_equal(dn_match(p, n, d, m), t[i].fits);
	}
	assert_false(dn_match((const uint8_t *)"\x30\0", 2,
			      (const uint8_t *)"\x30\0", 2));
}

/* --- reading */

static void test_prefixes_and_flips_of_a_certificate(void **state)
{
	struct pki_ent e = pki_make(&(struct pki_spec){
		.cn = "host", .san = "DNS:host.example,IP:192.0.2.1" });
	struct cert *c = pki_cert(&e), *got;
	const struct chunk der = cert_der(c);
	uint8_t *copy;

	(void)state;
	for (size_t n = 0; n < der.len; n++) {
		copy = malloc(n ? n : 1);
		memcpy(copy, der.p, n);
		assert_int_equal(cert_parse(copy, n, &got), MISSIU_EPROTO);
		free(copy);
	}
	copy = malloc(der.len + 1);
	memcpy(copy, der.p, der.len);
	copy[der.len] = 0;
	assert_int_equal(cert_parse(copy, der.len + 1, &got), MISSIU_EPROTO);
	for (size_t bit = 0; bit < 8 * der.len; bit++) {
		struct pkey *k = NULL;
		char text[80];

		memcpy(copy, der.p, der.len);
		copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
		if (cert_parse(copy, der.len, &got))
			continue;
		cert_names_text(got, text, sizeof(text));
		names(got, CERT_NAME_DNS, "host.example");
		if (!cert_key(got, &k, NULL))
			pkey_free(k);
		cert_free(got);
	}
	free(copy);
	cert_free(c);
	pki_free(&e);
}

static void test_files_of_several_certificates(void **state)
{
	struct pki_ent a = pki_make(&(struct pki_spec){ .cn = "a" });
	struct pki_ent b = pki_make(&(struct pki_spec){ .cn = "b" });
	struct cert_list l = { 0 };
	struct missiu_diag diag;
	size_t n, m;
	uint8_t *p = pki_cert_pem(&a, &n), *q = pki_cert_pem(&b, &m);
	uint8_t *both = malloc(n + m);
	struct cert *c = pki_cert(&a);
	struct chunk der = cert_der(c);

	(void)state;
	memcpy(both, p, n);
	memcpy(both + n, q, m);
	assert_int_equal(cert_load(both, n + m, &l, &diag), 0);
	assert_int_equal(l.n, 2);
	assert_string_equal(cert_subject(l.v[0]), "O=Test, CN=a");
	assert_string_equal(cert_issuer(l.v[1]), "O=Test, CN=b");
	assert_int_equal(cert_load(der.p, der.len, &l, &diag), 0);
	assert_int_equal(l.n, 3);
	assert_memory_equal(cert_key_hash(l.v[0]), cert_key_hash(l.v[2]),
			    CERT_HASH_LEN);
	/* Half a certificate spoils the file, and what was there stays. */
	assert_int_equal(cert_load(both, n + m / 2, &l, &diag), MISSIU_EINVAL);
	assert_int_equal(cert_load("", 0, &l, &diag), MISSIU_EINVAL);
	assert_int_equal(cert_load("hello", 5, &l, &diag), MISSIU_EINVAL);
	assert_int_equal(l.n, 3);
	cert_list_fini(&l);
	cert_free(c);
	free(both);
	free(p);
	free(q);
	pki_free(&a);
	pki_free(&b);
}

static uint8_t *p12_of(struct pki_ent *e, struct pki_ent *ca, const char *pass,
		       size_t *len)
{
	STACK_OF(X509) *others = sk_X509_new_null();
	BIO *bio = BIO_new(BIO_s_mem());
	PKCS12 *p12;

	sk_X509_push(others, ca->x);
	p12 = PKCS12_create(pass, "host", e->key, e->x, others, 0, 0, 0, 0, 0);
	assert_non_null(p12);
	i2d_PKCS12_bio(bio, p12);
	PKCS12_free(p12);
	sk_X509_free(others);
	return pki_take(bio, len);
}

static void test_pkcs12_files(void **state)
{
	struct pki_ent ca =
		pki_make(&(struct pki_spec){ .cn = "CA", .ca = true });
	struct pki_ent e =
		pki_make(&(struct pki_spec){ .cn = "host", .by = &ca });
	struct cert_list l = { 0 };
	struct missiu_diag diag;
	struct pkey *k, *own = pki_pkey(&e);
	size_t n;
	uint8_t *p = p12_of(&e, &ca, "secret", &n);

	(void)state;
	assert_int_equal(cert_load_p12(p, n, "secret", &k, &l, &diag), 0);
	assert_true(pkey_same(k, own));
	assert_int_equal(l.n, 2);
	assert_string_equal(cert_subject(l.v[0]), "O=Test, CN=host");
	assert_string_equal(cert_subject(l.v[1]), "O=Test, CN=CA");
	pkey_free(k);
	assert_int_equal(cert_load_p12(p, n, "wrong", &k, &l, &diag),
			 MISSIU_EINVAL);
	assert_non_null(strstr(diag.msg, "passphrase"));
	assert_null(k);
	assert_int_equal(cert_load_p12(p, n / 2, "secret", &k, &l, &diag),
			 MISSIU_EINVAL);
	assert_int_equal(l.n, 2);
	cert_list_fini(&l);
	pkey_free(own);
	free(p);
	pki_free(&e);
	pki_free(&ca);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_only_alternative_names_bind),
		cmocka_unit_test(test_the_subject_binds_as_a_whole),
		cmocka_unit_test(test_names_parse_and_print),
		cmocka_unit_test(test_names_that_do_not_parse),
		cmocka_unit_test(test_names_compare_as_people_read_them),
		cmocka_unit_test(test_wildcards_stand_for_one_value),
		cmocka_unit_test(test_prefixes_and_flips_of_a_certificate),
		cmocka_unit_test(test_files_of_several_certificates),
		cmocka_unit_test(test_pkcs12_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
