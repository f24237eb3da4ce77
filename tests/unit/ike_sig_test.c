/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ike/auth_sig.h"
#include "ike/idtext.h"
#include "pki_cred.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define PRF  5 /* HMAC-SHA2-256 */

static struct pki_ent root, sub, host;

static int make_host(void **state)
{
	(void)state;
	root = pki_make(&(struct pki_spec){ .cn = "Root", .ca = true });
	sub = pki_make(
		&(struct pki_spec){ .cn = "Sub", .ca = true, .by = &root });
	host = pki_make(&(struct pki_spec){
		.cn = "host",
		.by = &sub,
		.san = "DNS:host.example,email:me@host.example,IP:192.0.2.1,"
		       "IP:2001:db8::1" });
	return 0;
}

static int free_host(void **state)
{
	(void)state;
	pki_free(&root);
	pki_free(&sub);
	pki_free(&host);
	return 0;
}

/* The host, with the authority between and the root in its files. */
static struct ike_cred *host_cred(void)
{
	struct ike_cred *c = cred_new();
	struct missiu_diag diag;

	add_own(c, &root, false);
	add_own(c, &host, false);
	add_own(c, &sub, false);
	add_own(c, &host, true);
	assert_int_equal(cred_match(c, &diag), 0);
	return c;
}

/* --- what is in files */

static void test_chains_are_put_in_order(void **state)
{
	struct ike_cred *c = host_cred();
	struct ike_id id = cred_default_id(c);

	(void)state;
	assert_int_equal(c->n_own, 1);
	/* Without the root: the peer has it, or does not believe it. */
	assert_int_equal(c->own[0].n, 2);
	assert_string_equal(cert_subject(c->own[0].chain[0]),
			    "O=Test, CN=host");
	assert_string_equal(cert_subject(c->own[0].chain[1]), "O=Test, CN=Sub");
	assert_string_equal(ike_id_text(&id).s, "O=Test, CN=host");
	cred_put(c);
}

static void test_keys_and_certificates_belong_together(void **state)
{
	struct ike_cred *c = cred_new();
	struct missiu_diag diag;

	(void)state;
	assert_int_equal(cred_match(c, &diag), 0);
	assert_false(cred_has_own(c));
	add_own(c, &host, false);
	assert_int_equal(cred_match(c, &diag), MISSIU_EINVAL);
	assert_non_null(strstr(diag.msg, "without its key"));
	add_own(c, &sub, true);
	assert_int_equal(cred_match(c, &diag), MISSIU_EINVAL);
	assert_non_null(strstr(diag.msg, "certificates is for the ECDSA"));
	cred_put(c);
}

static void test_files_may_hold_key_and_certificates(void **state)
{
	struct ike_cred *c = cred_new();
	struct missiu_diag diag;
	size_t n, m;
	uint8_t *k = pki_key_pem(&host, "secret", &n);
	uint8_t *p = pki_cert_pem(&host, &m), *both = malloc(n + m);
	unsigned char *der = NULL;
	int len;

	(void)state;
	memcpy(both, k, n);
	memcpy(both + n, p, m);
	assert_int_equal(cred_add_own(c, both, n + m, NULL, &diag),
			 MISSIU_EINVAL);
	assert_int_equal(cred_add_own(c, both, n + m, "wrong", &diag),
			 MISSIU_EINVAL);
	assert_int_equal(cred_add_own(c, both, n + m, "secret", &diag), 0);
	assert_int_equal(cred_match(c, &diag), 0);
	/* The same in DER, each by itself: the key counts once. */
	len = i2d_PrivateKey(host.key, &der);
	assert_int_equal(cred_add_own(c, der, (size_t)len, NULL, &diag), 0);
	assert_int_equal(c->n_own, 1);
	OPENSSL_free(der);
	assert_int_equal(cred_add_own(c, "rubbish", 7, NULL, &diag),
			 MISSIU_EINVAL);
	assert_non_null(strstr(diag.msg, "neither a certificate nor a key"));
	free(k);
	free(p);
	free(both);
	cred_put(c);
}

static void test_identities_of_certificates(void **state)
{
	static const struct {
		const char *id;
		bool is;
	} t[] = {
		{ "host.example", true },    { "me@host.example", true },
		{ "192.0.2.1", true },	     { "2001:db8::1", true },
		{ "O=Test, CN=host", true }, { "CN=host", false },
		{ "host", false },	     { "192.0.2.2", false },
		{ "fqdn:192.0.2.1", false }, { "keyid:01", false },
	};
	struct cert *c = pki_cert(&host);

	(void)state;
	for (size_t i = 0; i < N(t); i++) {
		struct ike_id id;

		assert_int_equal(ike_id_parse(t[i].id, &id, NULL), 0);
		assert_int_equal(cred_names(c, &id), t[i].is);
	}
	cert_free(c);
}

/* --- a message with CERT and AUTH, and its judgement */

static const uint8_t sk_p[32] = "the signer's SK_p";

static const struct auth_octets octets = {
	.msg = { "IKE_SA_INIT as it was sent", 26 },
	.nonce = { "the other's nonce", 17 },
	.id = { "its identity", 12 },
	.sk_p = sk_p,
};

/* The payloads that the host sends; Return: their length. */
static size_t write_auth(struct ike_cred *c, unsigned hashes, uint8_t *buf,
			 size_t cap)
{
	struct auth_own own;
	struct missiu_diag diag;
	struct ike_build b;

	ike_build_start(&b, buf, cap, &(struct ike_hdr){ .spi_i = 1 });
	assert_int_equal(auth_own_choose(c, hashes, 0, &own, &diag), 0);
	auth_put_certs(&b, &own);
	assert_int_equal(auth_put_signature(&b, &own, PRF, &octets), 0);
	return ike_build_end(&b);
}

struct judge {
	const char *id;
	const struct auth_octets *o;
	int64_t now;
};

static int judge(const struct ike_cred *c, const uint8_t *buf, size_t len,
		 const struct judge *j, struct missiu_diag *diag)
{
	static struct ike_msg m;
	struct ike_id id;

	assert_int_equal(
		ike_id_parse(j->id ? j->id : "host.example", &id, NULL), 0);
	if (ike_msg_parse(buf, len, &m))
		return MISSIU_EPROTO;
	return auth_check_signature(c, &m, &id, PRF, j->o ? j->o : &octets,
				    j->now ? j->now : PKI_NOW, NULL, diag);
}

static void test_who_has_the_key_is_believed(void **state)
{
	struct ike_cred *own = host_cred(), *c = cred_new();
	const struct judge good = { 0 };
	struct auth_octets other = octets;
	struct missiu_diag diag;
	uint8_t buf[8192];
	size_t len = write_auth(own, SIG_HASHES_OURS, buf, sizeof(buf));

	(void)state;
	assert_int_equal(judge(c, buf, len, &good, &diag), MISSIU_EAUTH);
	assert_non_null(strstr(diag.msg, "no CA is configured"));
	add_ca(c, &root);
	assert_int_equal(judge(c, buf, len, &good, &diag), 0);
	assert_int_equal(
		judge(c, buf, len, &(struct judge){ .id = "b.example" }, &diag),
		MISSIU_EAUTH);
	assert_non_null(strstr(diag.msg, "its certificate is for"));
	assert_int_equal(
		judge(c, buf, len,
		      &(struct judge){ .now = PKI_NOW + 999 * PKI_DAY }, &diag),
		MISSIU_EAUTH);
	assert_non_null(strstr(diag.msg, "expired"));
	/* Every piece of what is signed counts. */
	for (size_t i = 0; i < 5; i++) {
		other = octets;
		if (i == 0)
			other.msg.len--;
		else if (i == 1)
			other.nonce.len--;
		else if (i == 2)
			other.id.len--;
		else if (i == 3)
			other.sk_p = (const uint8_t *)"another key of 32 "
						      "bytes, like it";
		else
			other.inter = (struct chunk){ "x", 1 };
		assert_int_equal(judge(c, buf, len,
				       &(struct judge){ .o = &other }, &diag),
				 MISSIU_EAUTH);
		assert_non_null(strstr(diag.msg, "does not have the key"));
	}
	/* Old peers get the old method. */
	len = write_auth(own, 0, buf, sizeof(buf));
	assert_int_equal(judge(c, buf, len, &good, &diag), 0);
	cred_put(own);
	cred_put(c);
}

/* The judge sees anything but the right answer for every flipped bit. */
static void test_every_flipped_bit_is_noticed(void **state)
{
	struct ike_cred *own = host_cred(), *c = cred_new();
	const struct judge good = { 0 };
	struct missiu_diag diag;
	uint8_t buf[8192], *copy;
	size_t len, passed = 0;

	(void)state;
	add_ca(c, &root);
	len = write_auth(own, SIG_HASHES_OURS, buf, sizeof(buf));
	copy = malloc(len);
	for (size_t bit = 8 * IKE_HDR_LEN; bit < 8 * len; bit++) {
		memcpy(copy, buf, len);
		copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
		passed += !judge(c, copy, len, &good, &diag);
	}
	free(copy);
	/* What may change: the reserved bits of 3 generic headers (7 of a
	 * byte, and the critical bit of payloads that we know), and the
	 * reserved bytes of AUTH. */
	assert_int_equal(passed, 3 * 8 + 3 * 8);
	cred_put(own);
	cred_put(c);
}

static void test_certificates_by_url_are_not_fetched(void **state)
{
	struct ike_cred *own = host_cred(), *c = cred_new();
	const uint8_t encodings[] = { IKE_CERT_HASH_URL,
				      IKE_CERT_HASH_URL_BUNDLE, 7, 0 };
	const struct judge good = { 0 };
	struct missiu_diag diag;
	uint8_t buf[8192];

	(void)state;
	add_ca(c, &root);
	for (size_t i = 0; i < N(encodings); i++) {
		struct auth_own o;
		struct ike_build b;

		ike_build_start(&b, buf, sizeof(buf),
				&(struct ike_hdr){ .spi_i = 1 });
		ike_put_begin(&b, IKE_P_CERT);
		wr_u8(&b.w, encodings[i]);
		wr_bytes(&b.w, "01234567890123456789http://a/", 29);
		ike_put_end(&b);
		auth_own_choose(own, SIG_HASHES_OURS, 0, &o, &diag);
		auth_put_signature(&b, &o, PRF, &octets);
		assert_int_equal(judge(c, buf, ike_build_end(&b), &good, &diag),
				 MISSIU_EAUTH);
		assert_non_null(
			strstr(diag.msg,
			       i < 2 ? "do not fetch" : "sent no certificate"));
	}
	cred_put(own);
	cred_put(c);
}

/* Somebody's certificate, and a signature by an own key. */
static void test_a_stolen_certificate_is_worth_nothing(void **state)
{
	struct pki_ent thief = pki_make(&(struct pki_spec){ .cn = "thief" });
	struct ike_cred *own = host_cred(), *c = cred_new();
	struct pkey *k = own->own[0].key;
	const struct judge good = { 0 };
	struct missiu_diag diag;
	uint8_t buf[8192];
	size_t len;

	(void)state;
	add_ca(c, &root);
	own->own[0].key = pki_pkey(&thief);
	len = write_auth(own, SIG_HASHES_OURS, buf, sizeof(buf));
	assert_int_equal(judge(c, buf, len, &good, &diag), MISSIU_EAUTH);
	assert_non_null(strstr(diag.msg, "does not have the key"));
	pkey_free(k);
	cred_put(own);
	cred_put(c);
	pki_free(&thief);
}

/* --- what is announced */

static void test_hashes_are_announced(void **state)
{
	struct ike_cred *c = cred_new();
	static struct ike_msg m;
	struct ike_build b;
	uint8_t buf[256];
	size_t len;

	(void)state;
	ike_build_start(&b, buf, sizeof(buf), &(struct ike_hdr){ .spi_i = 1 });
	auth_put_hashes(&b, NULL);
	auth_put_hashes(&b, c);
	len = ike_build_end(&b);
	assert_int_equal(ike_msg_parse(buf, len, &m), 0);
	assert_int_equal(auth_peer_hashes(&m), SIG_HASHES_OURS);
	/* 2, 3, 4, 5 in network order */
	assert_memory_equal(m.notify[0].data.p, "\0\2\0\3\0\4\0\5", 8);
	/* Unknown numbers and half ones are skipped. */
	ike_build_start(&b, buf, sizeof(buf), &(struct ike_hdr){ .spi_i = 1 });
	ike_put_notify_data(&b, IKE_N_SIGNATURE_HASH_ALGORITHMS,
			    "\0\0\0\3\0\6\xff\xff\1", 9);
	len = ike_build_end(&b);
	assert_int_equal(ike_msg_parse(buf, len, &m), 0);
	assert_int_equal(auth_peer_hashes(&m), SIG_HASH_BIT(SIG_SHA384));
	cred_put(c);
}

static void test_anchors_are_announced(void **state)
{
	static struct ike_msg m;
	struct ike_cred *c = cred_new();
	struct cert *r = pki_cert(&root);
	struct ike_build b;
	uint8_t buf[2048];
	size_t len;

	(void)state;
	add_ca(c, &root);
	ike_build_start(&b, buf, sizeof(buf), &(struct ike_hdr){ .spi_i = 1 });
	auth_put_certreq(&b, c);
	len = ike_build_end(&b);
	assert_int_equal(ike_msg_parse(buf, len, &m), 0);
	assert_int_equal(m.n_certreq, 1);
	assert_int_equal(m.certreq[0].len, 21);
	assert_int_equal(*(const uint8_t *)m.certreq[0].p, 4);
	assert_memory_equal((const uint8_t *)m.certreq[0].p + 1,
			    cert_key_hash(r), 20);
	/* A bundle of the world's CAs is cut. */
	for (size_t i = 0; i < 99; i++)
		add_ca(c, &root);
	ike_build_start(&b, buf, sizeof(buf), &(struct ike_hdr){ .spi_i = 1 });
	auth_put_certreq(&b, c);
	len = ike_build_end(&b);
	assert_int_equal(ike_msg_parse(buf, len, &m), 0);
	assert_int_equal(m.certreq[0].len, 1 + 32 * 20);
	cert_free(r);
	cred_put(c);
}

static void test_no_key_fits(void **state)
{
	struct ike_cred *c = cred_new();
	struct auth_own own;
	struct missiu_diag diag;

	(void)state;
	assert_int_equal(auth_own_choose(c, 0, 0, &own, &diag), MISSIU_EUNSUP);
	assert_int_equal(auth_own_choose(NULL, 0, 0, &own, &diag),
			 MISSIU_EUNSUP);
	add_own(c, &host, true);
	assert_int_equal(
		auth_own_choose(c, SIG_HASH_BIT(SIG_SHA1), 0, &own, &diag),
		MISSIU_EUNSUP);
	assert_non_null(strstr(diag.msg, "peer announced sha1"));
	cred_put(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_chains_are_put_in_order),
		cmocka_unit_test(test_keys_and_certificates_belong_together),
		cmocka_unit_test(test_files_may_hold_key_and_certificates),
		cmocka_unit_test(test_identities_of_certificates),
		cmocka_unit_test(test_who_has_the_key_is_believed),
		cmocka_unit_test(test_every_flipped_bit_is_noticed),
		cmocka_unit_test(test_certificates_by_url_are_not_fetched),
		cmocka_unit_test(test_a_stolen_certificate_is_worth_nothing),
		cmocka_unit_test(test_hashes_are_announced),
		cmocka_unit_test(test_anchors_are_announced),
		cmocka_unit_test(test_no_key_fits),
	};

	return cmocka_run_group_tests(tests, make_host, free_host);
}
