/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ike/cred_file.h"
#include "ike/peer_load.h"
#include "pki.h"

static char dir[] = "/tmp/missiu-credfile-XXXXXX";
static struct pki_ent ca, host;

/* A path in our folder; several at once may be in use. */
static const char *path(const char *name)
{
	static char buf[8][128];
	static unsigned i;

	i = (i + 1) % 8;
	snprintf(buf[i], sizeof(buf[i]), "%s/%s", dir, name);
	return buf[i];
}

static void put(const char *name, const void *p, size_t len, mode_t mode)
{
	FILE *f = fopen(path(name), "w");

	assert_non_null(f);
	assert_int_equal(fwrite(p, 1, len, f), len);
	fclose(f);
	assert_int_equal(chmod(path(name), mode), 0);
}

static void put_taken(const char *name, uint8_t *p, size_t len, mode_t mode)
{
	put(name, p, len, mode);
	free(p);
}

static const char *const files[] = { "host.pem",   "host.key", "locked.key",
				     "open.key",   "pass",     "open.pass",
				     "empty.pass", "ca.pem",   "ca.crl",
				     "rubbish" };

static int make_files(void **state)
{
	uint8_t *p;
	size_t n;

	(void)state;
	assert_non_null(mkdtemp(dir));
	ca = pki_make(&(struct pki_spec){ .cn = "CA", .ca = true });
	host = pki_make(&(struct pki_spec){ .cn = "host", .by = &ca });
	p = pki_cert_pem(&host, &n);
	put_taken("host.pem", p, n, 0644);
	p = pki_key_pem(&host, NULL, &n);
	put("open.key", p, n, 0640);
	put_taken("host.key", p, n, 0600);
	p = pki_key_pem(&host, "secret", &n);
	put_taken("locked.key", p, n, 0600);
	p = pki_cert_pem(&ca, &n);
	put_taken("ca.pem", p, n, 0644);
	p = pki_crl(&ca, NULL, PKI_NOW, &n);
	put_taken("ca.crl", p, n, 0644);
	put("pass", "secret\nwhat follows is not read\n", 32, 0600);
	put("open.pass", "secret\n", 7, 0604);
	put("empty.pass", "\nsecret\n", 8, 0600);
	put("rubbish", "hello\n", 6, 0600);
	return 0;
}

static int remove_files(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		unlink(path(files[i]));
	pki_free(&ca);
	pki_free(&host);
	return rmdir(dir);
}

static void test_files_make_credentials(void **state)
{
	const struct cred_files f = {
		.own = { { path("host.pem"), path("locked.key") }, 2 },
		.ca = { { path("ca.pem") }, 1 },
		.crl = { { path("ca.crl") }, 1 },
		.pass_file = path("pass"),
		.crl_policy = TRUST_CRL_STRICT,
	};
	struct ike_cred *c, *d;
	struct cred_bad bad;

	(void)state;
	assert_int_equal(cred_read(&f, &c, &bad), 0);
	assert_true(cred_has_own(c));
	assert_true(cred_has_trust(c));
	assert_int_equal(c->crl, TRUST_CRL_STRICT);
	assert_int_equal(c->own[0].n, 1);
	assert_int_equal(cred_read(&f, &d, &bad), 0);
	assert_true(cred_same(c, d));
	d->crl = TRUST_CRL_OFF;
	assert_false(cred_same(c, d));
	cred_put(c);
	cred_put(d);
	assert_int_equal(
		cred_read(&(struct cred_files){ .pass_file = NULL }, &c, &bad),
		0);
	assert_null(c);
	assert_true(cred_same(NULL, NULL));
}

static void test_files_that_are_refused(void **state)
{
	static const struct {
		const char *own[2], *ca, *crl, *pass; /* files */
		const char *bad, *why;		      /* bad NULL: none */
		int err;
	} t[] = {
		{ { "host.pem", "missing" },
		  NULL,
		  NULL,
		  NULL,
		  "missing",
		  "No such file",
		  MISSIU_EIO },
		{ { "host.pem", "open.key" },
		  NULL,
		  NULL,
		  NULL,
		  "open.key",
		  "others can read",
		  MISSIU_EPERM },
		{ { "host.pem", "locked.key" },
		  NULL,
		  NULL,
		  NULL,
		  "locked.key",
		  "needs a passphrase",
		  MISSIU_EINVAL },
		{ { "host.pem", "locked.key" },
		  NULL,
		  NULL,
		  "open.pass",
		  "open.pass",
		  "others can read",
		  MISSIU_EPERM },
		{ { "host.pem", "locked.key" },
		  NULL,
		  NULL,
		  "empty.pass",
		  "empty.pass",
		  "expected a passphrase",
		  MISSIU_EINVAL },
		{ { "host.pem", "rubbish" },
		  NULL,
		  NULL,
		  NULL,
		  "rubbish",
		  "neither",
		  MISSIU_EINVAL },
		{ { "host.pem", "host.key" },
		  "rubbish",
		  NULL,
		  NULL,
		  "rubbish",
		  "no certificate",
		  MISSIU_EINVAL },
		{ { "host.pem", "host.key" },
		  "ca.pem",
		  "rubbish",
		  NULL,
		  "rubbish",
		  "no revocation list",
		  MISSIU_EINVAL },
		{ { "host.pem", "host.key" },
		  "",
		  NULL,
		  NULL,
		  "",
		  "not a file",
		  MISSIU_EINVAL },
		{ { "ca.pem", "host.key" },
		  NULL,
		  NULL,
		  NULL,
		  NULL,
		  "none of the 1 certificates",
		  MISSIU_EINVAL },
		{ { "ca.pem", NULL },
		  NULL,
		  NULL,
		  NULL,
		  NULL,
		  "without its key",
		  MISSIU_EINVAL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct cred_files f = {
			.own = { { path(t[i].own[0]) }, 1 },
			.pass_file = t[i].pass ? path(t[i].pass) : NULL,
		};
		struct ike_cred *c;
		struct cred_bad bad;

		if (t[i].own[1])
			f.own.v[f.own.n++] = path(t[i].own[1]);
		if (t[i].ca)
			f.ca.v[f.ca.n++] = path(t[i].ca);
		if (t[i].crl)
			f.crl.v[f.crl.n++] = path(t[i].crl);
		assert_int_equal(cred_read(&f, &c, &bad), t[i].err);
		if (!strstr(bad.diag.msg, t[i].why))
			print_message("%s\n", bad.diag.msg);
		assert_non_null(strstr(bad.diag.msg, t[i].why));
		assert_null(c);
		if (t[i].bad)
			assert_string_equal(bad.file, path(t[i].bad));
		else
			assert_null(bad.file);
	}
}

static void test_statements_name_the_keyword_at_fault(void **state)
{
	struct ike_peer_conf conf = { .peer.name = "x" };
	enum missiu_peer_key key = MISSIU_PEER_KEYS;
	struct missiu_diag diag;

	(void)state;
	conf.peer.cert.v[0] = strdup(path("host.pem"));
	conf.peer.cert.n = 1;
	conf.peer.key.v[0] = strdup(path("host.key"));
	conf.peer.key.n = 1;
	conf.peer.ca.v[0] = strdup(path("ca.pem"));
	conf.peer.ca.n = 1;
	conf.peer.crl.v[0] = strdup(path("ca.crl"));
	conf.peer.crl.n = 1;
	assert_int_equal(peer_conf_read(&conf, &key, &diag), 0);
	assert_int_equal(conf.cred->crl, TRUST_CRL_SOFT);
	cred_put(conf.cred);
	conf.cred = NULL;
	conf.peer.ocsp_response.v[0] = strdup(path("ca.pem"));
	conf.peer.ocsp_response.n = 1;
	assert_true(peer_conf_read(&conf, &key, &diag) < 0);
	assert_int_equal(key, MISSIU_PEER_OCSP_RESPONSE);
	assert_non_null(strstr(diag.msg, "is no OCSP response"));
	conf.peer.ocsp_response.n = 0;
	free(conf.peer.ocsp_response.v[0]);
	/* URLs are kept, not read; a responder is asked about our own. */
	conf.peer.crl.v[conf.peer.crl.n++] = strdup("http://x.example/a");
	conf.peer.ocsp.v[0] = strdup("http://x.example/b");
	conf.peer.ocsp.n = 1;
	assert_int_equal(peer_conf_read(&conf, &key, &diag), 0);
	assert_int_equal(conf.cred->n_url, 2);
	assert_string_equal(conf.cred->url[0].url, "http://x.example/a");
	assert_true(conf.cred->url[1].ocsp && conf.cred->url[1].n_ask);
	assert_false(cred_asks(conf.cred));
	assert_false(conf.cred->rsa_sha1 || conf.cred->pkcs1 ||
		     conf.cred->no_rfc7427);
	cred_put(conf.cred);
	conf.cred = NULL;
	/* Responders for peers, which need a CA for them. */
	conf.peer.peer_ocsp.v[0] = strdup("http://x.example/c");
	conf.peer.peer_ocsp.v[1] = strdup(MISSIU_PEER_OCSP_CERTIFICATE);
	conf.peer.peer_ocsp.n = 2;
	conf.peer.rsa_sha1 = conf.peer.rsa_pkcs1 = MISSIU_YES;
	conf.peer.rfc7427 = MISSIU_NO;
	assert_int_equal(peer_conf_read(&conf, &key, &diag), 0);
	assert_true(conf.cred->rsa_sha1 && conf.cred->pkcs1 &&
		    conf.cred->no_rfc7427);
	assert_int_equal(conf.cred->n_ask, 1);
	assert_string_equal(conf.cred->ask[0], "http://x.example/c");
	assert_true(conf.cred->ask_named);
	cred_put(conf.cred);
	conf.cred = NULL;
	conf.peer.crl.v[0][strlen(conf.peer.crl.v[0]) - 1] = 'x';
	assert_true(peer_conf_read(&conf, &key, &diag) < 0);
	assert_int_equal(key, MISSIU_PEER_CRL);
	assert_non_null(strstr(diag.msg, "ca.crx: No such file"));
	conf.peer.ca.v[0][strlen(conf.peer.ca.v[0]) - 1] = 'x';
	assert_true(peer_conf_read(&conf, &key, &diag) < 0);
	assert_int_equal(key, MISSIU_PEER_CA);
	conf.peer.key.v[0][strlen(conf.peer.key.v[0]) - 1] = 'x';
	assert_true(peer_conf_read(&conf, &key, &diag) < 0);
	assert_int_equal(key, MISSIU_PEER_KEY);
	conf.peer.key.n = 0;
	free(conf.peer.key.v[0]);
	assert_true(peer_conf_read(&conf, &key, &diag) < 0);
	ike_peer_conf_fini(&conf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_files_make_credentials),
		cmocka_unit_test(test_files_that_are_refused),
		cmocka_unit_test(test_statements_name_the_keyword_at_fault),
	};

	return cmocka_run_group_tests(tests, make_files, remove_files);
}
