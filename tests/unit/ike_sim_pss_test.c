/* SPDX-License-Identifier: Apache-2.0 */
/* Hosts and authorities with keys of type id-RSASSA-PSS (RFC 8017 A.2.3). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../sim/sim.c"
#include "ike_cert_rig.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

static const char *const types[] = { "PSS2048", "PSS2048/SHA256/SHA256/32",
				     "PSS2048/SHA384/SHA384/20",
				     "PSS2048/SHA512/SHA512/64" };
/* The authority is bound to SHA-512, one below it asks for too much salt. */
static struct pki_ent root, sub, salty, below_salty, plain;
static struct pki_ent host[N(types)];

static int make_hosts(void **state)
{
	(void)state;
	root = pki_make(
		&(struct pki_spec){ .cn = "R", .ca = true, .type = types[3] });
	sub = pki_make(&(struct pki_spec){
		.cn = "S", .ca = true, .type = types[0], .by = &root });
	salty = pki_make(&(struct pki_spec){ .cn = "Salty",
					     .ca = true,
					     .type = "PSS2048/SHA256/SHA256/33",
					     .by = &root });
	below_salty = pki_make(&(struct pki_spec){
		.cn = "a", .by = &salty, .san = "DNS:a.example" });
	plain = pki_make(&(struct pki_spec){
		.cn = "b", .by = &root, .san = "DNS:b.example" });
	for (size_t i = 0; i < N(types); i++)
		host[i] = pki_make(&(struct pki_spec){
			.cn = "a",
			.type = types[i],
			.by = i % 2 ? &sub : &root,
			.san = "DNS:a.example,DNS:b.example" });
	return 0;
}

static int free_hosts(void **state)
{
	(void)state;
	pki_free(&root);
	pki_free(&sub);
	pki_free(&salty);
	pki_free(&below_salty);
	pki_free(&plain);
	for (size_t i = 0; i < N(types); i++)
		pki_free(&host[i]);
	return 0;
}

static struct ike_cred *cred(const struct pki_ent *own)
{
	return cred_of(own, &sub, &root);
}

static void test_every_key_signs_what_the_other_accepts(void **state)
{
	(void)state;
	for (size_t i = 0; i < N(types); i++) {
		struct ike_cred *a = cred(&host[i]);
		struct sim *s = pair(a, cred(&host[N(types) - 1 - i]));

		/* A wish for PKCS#1 v1.5 is not heard by these keys. */
		a->pkcs1 = i % 2;
		run(s);
		assert_up(s);
	}
}

/* Methods that are older than RFC 7427 have no RSASSA-PSS. */
static void test_old_peers_get_no_signature(void **state)
{
	(void)state;
	for (int allowed = 0; allowed < 2; allowed++) {
		struct ike_cred *a = cred(&host[0]), *b = cred(&plain);
		struct sim *s = pair(a, b);

		a->rsa_sha1 = b->rsa_sha1 = allowed;
		b->no_rfc7427 = true;
		run(s);
		assert_refused(s, 0, "which RSA-PSS keys need");
	}
}

static void test_authorities_with_other_parameters(void **state)
{
	struct sim *s =
		pair(cred_of(&below_salty, &salty, &root), cred(&plain));

	(void)state;
	run(s);
	assert_refused(s, 1, "a salt of 33 bytes or more is not accepted");
}

/* The same numbers, bound to nothing. */
static EVP_PKEY *unbound(EVP_PKEY *key)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA-PSS", NULL);
	OSSL_PARAM *v;
	EVP_PKEY *out = NULL;
	size_t n = 0;

	assert_int_equal(EVP_PKEY_todata(key, EVP_PKEY_KEYPAIR, &v), 1);
	for (const OSSL_PARAM *p = v; p->key; p++)
		if (strcmp(p->key, OSSL_PKEY_PARAM_RSA_DIGEST) != 0 &&
		    strcmp(p->key, OSSL_PKEY_PARAM_RSA_MGF1_DIGEST) != 0 &&
		    strcmp(p->key, OSSL_PKEY_PARAM_RSA_PSS_SALTLEN) != 0)
			v[n++] = *p;
	v[n] = OSSL_PARAM_construct_end();
	assert_int_equal(EVP_PKEY_fromdata_init(ctx), 1);
	assert_int_equal(EVP_PKEY_fromdata(ctx, &out, EVP_PKEY_KEYPAIR, v), 1);
	OSSL_PARAM_free(v);
	EVP_PKEY_CTX_free(ctx);
	return out;
}

/* It would sign with a hash that its certificate excludes. */
static void test_keys_are_bound_as_their_certificate(void **state)
{
	struct pki_ent loose = { unbound(host[1].key), host[1].x };
	struct ike_cred *c = cred_new();
	struct missiu_diag diag = { "" };

	(void)state;
	assert_int_equal(EVP_PKEY_eq(loose.key, host[1].key), 1);
	add_own(c, &loose, false);
	add_own(c, &loose, true);
	assert_int_equal(cred_match(c, &diag), MISSIU_EINVAL);
	assert_non_null(strstr(diag.msg, "is for the RSA-PSS key"));
	cred_put(c);
	EVP_PKEY_free(loose.key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_key_signs_what_the_other_accepts),
		cmocka_unit_test(test_old_peers_get_no_signature),
		cmocka_unit_test(test_authorities_with_other_parameters),
		cmocka_unit_test(test_keys_are_bound_as_their_certificate),
	};

	return cmocka_run_group_tests(tests, make_hosts, free_hosts);
}
