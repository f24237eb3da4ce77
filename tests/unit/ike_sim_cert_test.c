/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ike/auth_sig.h"
#include "ike/idtext.h"

#include "../sim/sim.c"
#include "ike_cert_rig.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

/* Authorities, and hosts a and b with keys of every type. */
static const char *const types[] = { "RSA2048", "P-256",   "P-384",
				     "P-521",	"ED25519", "ED448" };
static struct pki_ent root, sub, other;
static struct pki_ent host[2][N(types)];

static int make_hosts(void **state)
{
	(void)state;
	root = pki_make(&(struct pki_spec){ .cn = "Root",
					    .ca = true,
					    .from = PKI_NOW - 999 * PKI_DAY,
					    .to = PKI_NOW + 999 * PKI_DAY });
	sub = pki_make(
		&(struct pki_spec){ .cn = "Sub", .ca = true, .by = &root });
	other = pki_make(&(struct pki_spec){ .cn = "Other", .ca = true });
	for (size_t i = 0; i < N(types); i++) {
		host[0][i] = pki_make(&(struct pki_spec){
			.cn = "a",
			.by = &root,
			.type = types[i],
			.san = "DNS:a.example,IP:192.0.2.1" });
		host[1][i] =
			pki_make(&(struct pki_spec){ .cn = "b",
						     .by = &sub,
						     .type = types[i],
						     .san = "DNS:b.example" });
	}
	return 0;
}

static int free_hosts(void **state)
{
	(void)state;
	pki_free(&root);
	pki_free(&sub);
	pki_free(&other);
	for (size_t i = 0; i < N(types); i++) {
		pki_free(&host[0][i]);
		pki_free(&host[1][i]);
	}
	return 0;
}

/* Hosts have all that is between them and the root. */
static struct ike_cred *cred(const struct pki_ent *own,
			     const struct pki_ent *ca)
{
	return cred_of(own, &sub, ca);
}

/* --- what works */

/*
 * HDR, SK {IDi, IDr, CERTREQ, CERT, AUTH, …}  -->
 *                            <--  HDR, SK {IDr, CERT, CERT, AUTH, …}
 */
static void test_every_key_with_every_other(void **state)
{
	(void)state;
	for (size_t i = 0; i < N(types); i++)
		for (size_t j = 0; j < N(types); j++)
			for (int way = 0; way < 2; way++) {
				struct sim *s = pair(
					cred(&host[way][way ? j : i], &root),
					cred(&host[!way][way ? i : j], &root));

				if (way) {
					s->node[0].conf.id = s->node[1].conf.id;
					ike_id_parse("a.example",
						     &s->node[1].conf.id, NULL);
				}
				run(s);
				assert_up(s);
			}
}

static void test_identities_of_every_kind(void **state)
{
	static const char *const ids[] = { "a.example", "192.0.2.1",
					   "O=Test, CN=a", NULL };

	(void)state;
	for (size_t i = 0; i < N(ids); i++) {
		struct sim *s = pair(cred(&host[0][1], &root),
				     cred(&host[1][1], &root));

		s->node[0].conf.id.type = 0; /* by default: the subject */
		if (ids[i])
			ike_id_parse(ids[i], &s->node[0].conf.id, NULL);
		run(s);
		assert_true(sim_log_has(s, 1, ids[i] ? ids[i] : ids[2]));
		assert_up(s);
	}
}

/* The initiator has a certificate, the responder a key, and the reverse. */
static void test_methods_may_differ(void **state)
{
	(void)state;
	for (int way = 0; way < 2; way++) {
		struct ike_cred *own = cred(&host[way][1], NULL),
				*ca = cred(NULL, &root);
		struct sim *s = pair(way ? ca : own, way ? own : ca);

		run(s);
		assert_up(s);
	}
}

/* Hosts that do not know RFC 7427 are heard as before. */
static void test_old_methods_for_old_peers(void **state)
{
	(void)state;
	for (size_t i = 0; i < N(types); i++)
		for (int allowed = 0; allowed < 2; allowed++) {
			struct ike_cred *a = cred(&host[0][i], &root),
					*b = cred(&host[1][i], &root);
			struct sim *s = pair(a, b);
			const bool rsa = i == 0, eddsa = i >= 4;

			a->rsa_sha1 = b->rsa_sha1 = allowed;
			a->no_rfc7427 = true;
			run(s);
			if (eddsa || (rsa && !allowed))
				assert_refused(s, 0,
					       "no common signature hash");
			else
				assert_up(s);
		}
}

/* What does not fit a datagram goes in fragments. */
static void test_certificates_travel_in_fragments(void **state)
{
	(void)state;
	/* Of the first six, not all: the next attempt is seconds later. */
	for (uint64_t lose = 0; lose < 63; lose++) {
		struct sim *s = pair(cred(&host[0][0], &root),
				     cred(&host[1][0], &root));

		s->lose = lose << 2;
		start(s);
		sim_acquire(s, 0, &s->node[0].pol[0], NULL, "192.0.2.2");
		sim_run(s, 18 * SIM_S);
		for (size_t i = 0; i < s->n_pkt; i++)
			assert_true(s->pkt[i].len <= 1280 - 28);
		assert_up(s);
	}
}

/* --- what does not */

static void test_another_authority(void **state)
{
	(void)state;
	struct sim *s =
		pair(cred(&host[0][1], &root), cred(&host[1][1], &other));

	run(s);
	assert_refused(s, 1,
		       "is by \"O=Test, CN=Root\", we trust \"O=Test, "
		       "CN=Other\"");
	s = pair(cred(&host[0][1], &other), cred(&host[1][1], &root));
	run(s);
	assert_refused(s, 0, "we trust \"O=Test, CN=Other\"");
}

static void test_expired_certificates(void **state)
{
	struct sim *s =
		pair(cred(&host[0][1], &root), cred(&host[1][1], &root));

	(void)state;
	s->node[1].unix_s = PKI_NOW + 200 * PKI_DAY;
	run(s);
	assert_refused(s, 1, "CN=a\" expired on 2033-11-14");
	s = pair(cred(&host[0][1], &root), cred(&host[1][1], &root));
	s->node[0].unix_s = PKI_NOW - 200 * PKI_DAY;
	run(s);
	assert_refused(s, 0, "is not valid before");
}

static void test_names_that_the_certificate_does_not_have(void **state)
{
	static const char *const ids[] = { "b.example",	   "a",	   "192.0.2.2",
					   "O=Test, CN=b", "CN=a", "keyid:61",
					   "a@a.example" };

	(void)state;
	for (size_t i = 0; i < N(ids); i++) {
		struct sim *s = pair(cred(&host[0][1], &root),
				     cred(&host[1][1], &root));

		ike_id_parse(ids[i], &s->node[0].conf.id, NULL);
		run(s);
		assert_refused(s, 1, "its certificate is for");
	}
}

/* A good certificate of the same authority, of somebody else. */
static void test_each_side_knows_whom_it_wants(void **state)
{
	struct sim *s =
		pair(cred(&host[0][1], &root), cred(&host[1][1], &root));

	(void)state;
	ike_id_parse("c.example", &s->node[0].conf.peer_id, NULL);
	run(s);
	assert_refused(s, 0, "we expect c.example");
	s = pair(cred(&host[0][1], &root), cred(&host[1][1], &root));
	ike_id_parse("c.example", &s->node[1].conf.peer_id, NULL);
	run(s);
	assert_refused(s, 1, "no peer is configured for identity a.example");
}

static void test_revoked_certificates(void **state)
{
	struct ike_cred *b = cred(&host[1][1], &root);
	struct sim *s = pair(cred(&host[0][1], &root), b);
	size_t len;
	uint8_t *crl = pki_crl(&root, &host[0][1], PKI_NOW + PKI_DAY, &len);

	(void)state;
	assert_int_equal(cred_add_crl(b, crl, len, NULL), 0);
	b->crl = TRUST_CRL_STRICT;
	free(crl);
	run(s);
	assert_refused(s, 1, "CN=a\" was revoked");
}

static void test_methods_that_do_not_meet(void **state)
{
	struct sim *s = pair(NULL, cred(&host[1][1], &root));

	(void)state;
	run(s);
	assert_refused(s, 1, "we want a certificate");
	s = pair(cred(&host[0][1], &root), NULL);
	run(s);
	assert_refused(s, 1,
		       "authenticates with a certificate, we want a "
		       "pre-shared key");
}

/* The key of a certificate is what counts, not the certificate. */
static void test_a_stolen_certificate(void **state)
{
	struct ike_cred *a = cred(&host[0][1], &root);
	struct sim *s = pair(a, cred(&host[1][1], &root));

	(void)state;
	pkey_free(a->own[0].key);
	a->own[0].key = pki_pkey(&other);
	run(s);
	assert_refused(s, 1, "does not have the key");
}

/* Two keys under two authorities: the peer gets the one that it believes. */
static void test_the_peer_s_authorities_choose_our_key(void **state)
{
	struct pki_ent alien = pki_make(&(struct pki_spec){
		.cn = "a", .by = &other, .san = "DNS:a.example" });

	(void)state;
	for (int by = 0; by < 2; by++)
		for (int first = 0; first < 2; first++)
			for (int wants = 0; wants < 2; wants++) {
				const struct pki_ent *own[] = { &host[0][1],
								&alien };
				const struct pki_ent *want =
					wants ? &other : &root;
				struct ike_cred *c = cred(own[first], &root);
				struct ike_cred *peer = cred(&host[1][1], want);
				struct sim *s;

				/* It knows both authorities, as its peer. */
				add_own(c, own[!first], false);
				add_own(c, own[!first], true);
				add_ca(c, &other);
				assert_int_equal(cred_match(c, NULL), 0);
				s = by ? pair(peer, c) : pair(c, peer);
				ike_id_parse("a.example", &s->node[by].conf.id,
					     NULL);
				ike_id_parse("b.example", &s->node[!by].conf.id,
					     NULL);
				run(s);
				assert_up(s);
			}
	pki_free(&alien);
}

/* Without the CA's certificate at hand, or a CERTREQ, the first one signs. */
static void test_unknown_authorities_choose_nothing(void **state)
{
	struct ike_cred *c = cred(&host[0][1], NULL);
	uint8_t body[1 + 2 * CERT_HASH_LEN] = { IKE_CERT_X509_SIGNATURE };
	struct ike_msg m = { .n_certreq = 1,
			     .certreq = { { body, sizeof(body) } } };
	struct ike_cred *knows = cred(&host[0][1], &root);

	(void)state;
	assert_int_equal(auth_wanted_keys(NULL, &m), 0);
	assert_int_equal(auth_wanted_keys(knows, &m), 0);
	memcpy(body + 1 + CERT_HASH_LEN, trust_hash(knows->trust, 0),
	       CERT_HASH_LEN);
	assert_int_equal(auth_wanted_keys(c, &m), 0);
	assert_int_equal(auth_wanted_keys(knows, &m), 1);
	/* Cut short, or of another encoding. */
	for (size_t len = 0; len < sizeof(body); len++) {
		m.certreq[0].len = len;
		assert_int_equal(auth_wanted_keys(knows, &m), 0);
	}
	m.certreq[0].len = sizeof(body);
	body[0] = IKE_CERT_OCSP;
	assert_int_equal(auth_wanted_keys(knows, &m), 0);
	cred_put(c);
	cred_put(knows);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_peer_s_authorities_choose_our_key),
		cmocka_unit_test(test_unknown_authorities_choose_nothing),
		cmocka_unit_test(test_every_key_with_every_other),
		cmocka_unit_test(test_identities_of_every_kind),
		cmocka_unit_test(test_methods_may_differ),
		cmocka_unit_test(test_old_methods_for_old_peers),
		cmocka_unit_test(test_certificates_travel_in_fragments),
		cmocka_unit_test(test_another_authority),
		cmocka_unit_test(test_expired_certificates),
		cmocka_unit_test(test_names_that_the_certificate_does_not_have),
		cmocka_unit_test(test_each_side_knows_whom_it_wants),
		cmocka_unit_test(test_revoked_certificates),
		cmocka_unit_test(test_methods_that_do_not_meet),
		cmocka_unit_test(test_a_stolen_certificate),
	};

	return cmocka_run_group_tests(tests, make_hosts, free_hosts);
}
