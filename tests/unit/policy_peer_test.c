/* SPDX-License-Identifier: Apache-2.0 */
/* Peer statements: values, what follows from them, refusals, any text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/addr.h"
#include "missiu/script.h"
#include "policy/peer_keys.h"
#include "policy_samples.h"

static char text_a[MISSIU_PEER_PRINT_MAX], text_b[MISSIU_PEER_PRINT_MAX];

static void parse(const char *text, struct missiu_script *s)
{
	struct missiu_script_err err;

	if (missiu_script_parse(text, strlen(text), NULL, s, &err))
		fail_msg("%s\n%u:%u: %s", text, err.line, err.col,
			 err.diag.msg);
}

static void test_every_value_arrives(void **state)
{
	struct missiu_script s;
	const struct missiu_peer *p;

	(void)state;
	parse(peer_samples[2], &s);
	p = s.peer;
	assert_int_equal(s.n, 0);
	assert_int_equal(s.n_peer, 1);
	assert_string_equal(p->name, "road");
	assert_int_equal(p->auth, MISSIU_BY_CERT);
	assert_int_equal(p->peer_auth, MISSIU_BY_CERT);
	assert_int_equal(p->cert.n, 2);
	assert_string_equal(p->cert.v[0], "/a/b.pem");
	assert_string_equal(p->cert.v[1], "/a b/c.pem");
	assert_string_equal(p->key.v[0], "/k.pem");
	assert_string_equal(p->key_pass_file, "/p");
	assert_string_equal(p->ca.v[1], "/ca2.pem");
	assert_string_equal(p->crl.v[0], "/c.crl");
	assert_int_equal(p->crl_policy, MISSIU_CRL_STRICT);
	assert_string_equal(p->ocsp_response.v[0], "/o.der");
	assert_string_equal(p->crl.v[1], "http://x.example:8080/c?d=e");
	assert_string_equal(p->ocsp.v[0], "https://o.example/");
	assert_int_equal(p->peer_ocsp.n, 2);
	assert_string_equal(p->peer_ocsp.v[0], "http://p.example/");
	assert_string_equal(p->peer_ocsp.v[1], MISSIU_PEER_OCSP_CERTIFICATE);
	assert_int_equal(p->rsa_sha1, MISSIU_YES);
	assert_int_equal(p->rsa_pkcs1, MISSIU_NO);
	assert_int_equal(p->rfc7427, MISSIU_NO);
	assert_string_equal(p->peer_id.v[0], "*@example.org");
	assert_string_equal(p->peer_id.v[1], "C=DE, O=x");
	assert_string_equal(p->id, "CN=\"y\"");
	missiu_script_fini(&s);
	parse(peer_samples[3], &s);
	p = s.peer;
	assert_int_equal(p->auth, MISSIU_BY_PSK);
	assert_int_equal(p->peer_auth, MISSIU_BY_CERT);
	assert_int_equal(p->ike_lifetime, 3600);
	assert_int_equal(p->lifetime, 256);
	assert_true(missiu_peer_given(p, MISSIU_PEER_DPD) && !p->dpd);
	assert_int_equal(p->encap, MISSIU_ENCAP_AUTO);
	assert_int_equal(p->tcp, MISSIU_TCP_FALLBACK);
	assert_int_equal(p->mobike, MISSIU_NO);
	assert_int_equal(p->childless, MISSIU_CHILDLESS_PREFER);
	assert_int_equal(p->init, MISSIU_YES);
	assert_string_equal(p->dh, "x25519");
	assert_int_equal(p->pfs.n, 1);
	assert_int_equal(p->pfs.group[0], MISSIU_PFS_IKE);
	missiu_script_fini(&s);
	parse(peer_samples[4], &s);
	p = s.peer;
	assert_string_equal(p->ppk_id, "k1");
	assert_string_equal(p->ppk_file, "/ppk");
	assert_int_equal(p->ppk_required, MISSIU_YES);
	assert_int_equal(p->pool.n, 2);
	assert_string_equal(addr_text(&p->pool.v[0].hi).s, "10.9.0.255");
	assert_int_equal(p->dns.n, 2);
	assert_string_equal(p->split_dns.v[1], "corp.example");
	assert_int_equal(p->subnet.n, 2);
	assert_string_equal(addr_text(&p->subnet.v[1].lo).s, "fd01::");
	missiu_script_fini(&s);
	parse(peer_samples[5], &s);
	assert_int_equal(s.peer[0].request_address, MISSIU_REQUEST_BOTH);
	missiu_script_fini(&s);
}

static void test_addresses_and_secrets_arrive(void **state)
{
	struct missiu_script s;

	(void)state;
	parse(peer_samples[1], &s);
	assert_int_equal(s.n_peer, 2);
	assert_int_equal(s.peer[0].psk_len, 7);
	assert_memory_equal(s.peer[0].psk, "a \"b\\ c", 7);
	assert_int_equal(s.peer[0].raddr.v[0].lo.family, 0);
	assert_int_equal(s.peer[1].psk_len, 2);
	assert_memory_equal(s.peer[1].psk, "\x00\xff", 2);
	assert_int_equal(s.peer[1].raddr.n, 4);
	assert_string_equal(addr_text(&s.peer[1].raddr.v[1].hi).s, "10.0.0.9");
	assert_int_equal(s.peer[1].raddr.v[3].lo.family, 6);
	missiu_script_fini(&s);
}

static void test_positions_are_kept(void **state)
{
	struct missiu_script s;

	(void)state;
	parse("flush;\n peer a {\n  psk \"x\" raddr 10.0.0.1\n raddr 10.0.0.2 }",
	      &s);
	assert_int_equal(s.n, 1);
	assert_int_equal(s.peer[0].pos.line, 2);
	assert_int_equal(s.peer[0].pos.col, 2);
	assert_int_equal(s.peer[0].at[MISSIU_PEER_RADDR].line, 3);
	assert_int_equal(s.peer[0].at[MISSIU_PEER_RADDR].col, 11);
	missiu_script_fini(&s);
}

static void test_method_follows_from_the_secrets_named(void **state)
{
	static const struct {
		const char *text;
		uint8_t auth, peer_auth;
	} rows[] = {
		{ "psk \"x\"", MISSIU_BY_PSK, MISSIU_BY_PSK },
		{ "psk_file /x", MISSIU_BY_PSK, MISSIU_BY_PSK },
		{ "cert /x ca /y", MISSIU_BY_CERT, MISSIU_BY_CERT },
		{ "auth cert cert /x peer_auth psk psk \"x\"", MISSIU_BY_CERT,
		  MISSIU_BY_PSK },
		{ "auth eap ca /x", MISSIU_BY_EAP, MISSIU_BY_CERT },
		{ "auth null peer_auth null", MISSIU_BY_NULL, MISSIU_BY_NULL },
		{ "auth null", MISSIU_BY_NULL, MISSIU_BY_NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct missiu_script s;

		snprintf(text_a, sizeof(text_a), "peer p { %s }", rows[i].text);
		parse(text_a, &s);
		assert_int_equal(s.peer[0].auth, rows[i].auth);
		assert_int_equal(s.peer[0].peer_auth, rows[i].peer_auth);
		missiu_script_fini(&s);
	}
}

static void test_policy_names_its_peer(void **state)
{
	struct missiu_script s;

	(void)state;
	parse("{ raddr 10.0.0.2 } ipsec { encr_algs gcm peer berlin }", &s);
	assert_string_equal(s.v[0].policy.peer, "berlin");
	missiu_script_fini(&s);
	parse("{ raddr 10.0.0.2 } ipsec { encr_algs gcm }", &s);
	assert_string_equal(s.v[0].policy.peer, "");
	missiu_script_fini(&s);
}

static void test_refusals_name_place_and_remedy(void **state)
{
	static const struct {
		const char *text;
		unsigned line, col;
		const char *expected;
	} rows[] = {
		{ "peer", 1, 5, "the name of a peer" },
		{ "peer a", 1, 7, "\"{\"" },
		{ "peer a*b { }", 1, 6, "the name of a peer" },
		{ "peer abcdefghijabcdefghijabcdefghij12 { psk \"x\" }", 1, 6,
		  "at most 31" },
		{ "peer a { psk \"x\"", 1, 17,
		  "\"}\" for the \"{\" of line 1" },
		{ "peer a { raddr 10.0.0.1 }", 1, 1,
		  "psk, psk_file, cert or auth" },
		{ "peer a { pks \"x\" }", 1, 10, "did you mean \"psk\"" },
		{ "peer a { psk \"x\" psk \"y\" }", 1, 18, "only once" },
		{ "peer a { psk x }", 1, 14, "\"text\", or 0x" },
		{ "peer a { psk \"\" }", 1, 14, "empty key" },
		{ "peer a { psk 0x123 }", 1, 14, "even number" },
		{ "peer a { psk 0x12zz }", 1, 14, "even number" },
		{ "peer a { psk_file x }", 1, 19, "an absolute file name" },
		{ "peer a { psk_file \"\" }", 1, 19, "not an empty text" },
		{ "peer a { psk_file { }", 1, 19, "an absolute file name" },
		{ "peer a { crl \"ftp://x/y\" }", 1, 14, "or a URL with http" },
		{ "peer a { cert \"http://x/y\" }", 1, 15,
		  "an absolute file name" },
		{ "peer a { ocsp /x }", 1, 15, "a URL with http" },
		{ "peer a { ocsp certificate }", 1, 15, "a URL with http" },
		{ "peer a { rsa_sha1 maybe }", 1, 19, "yes" },
		{ "peer a { peer_ocsp /x }", 1, 20, "or certificate" },
		{ "peer a { peer_ocsp ftp://x }", 1, 20, "or certificate" },
		{ "peer a {\n psk \"x\" psk_file /y }", 2, 10,
		  "either psk or psk_file" },
		{ "peer a { cert /x ca /y psk \"x\" }", 1, 1,
		  "auth psk or auth cert" },
		{ "peer a { auth psk }", 1, 10, "psk or psk_file beside" },
		{ "peer a { auth cert cert /x ca /y peer_auth psk }", 1, 34,
		  "psk or psk_file beside" },
		{ "peer a { auth cert ca /x }", 1, 10, "cert beside" },
		{ "peer a { auth cert cert /x }", 1, 1, "ca, whose" },
		{ "peer a { psk \"x\" auth psk peer_auth cert }", 1, 27,
		  "ca, whose" },
		{ "peer a { auth pks }", 1, 15, "psk, cert, null or eap" },
		{ "peer a { psk \"x\" ppk_id k }", 1, 18, "or neither" },
		{ "peer a { psk \"x\" ppk_file /k }", 1, 18, "or neither" },
		{ "peer a { psk \"x\" ppk_required yes }", 1, 18,
		  "ppk_id and ppk_file" },
		{ "peer a { psk \"x\" init yes }", 1, 18, "single address" },
		{ "peer a { psk \"x\" init yes raddr 10.0.0.0/8 }", 1, 18,
		  "single address" },
		{ "peer a { psk \"x\" ike_lifetime 59 }", 1, 31,
		  "at least 60" },
		{ "peer a { psk \"x\" dpd 86401 }", 1, 22, "at most 86400" },
		{ "peer a { psk \"x\" laddr any }", 1, 24, "one address" },
		{ "peer a { psk \"x\" raddr 10.0.0.0/33 }", 1, 33,
		  "at most 32" },
		{ "peer a { psk \"x\" pool any }", 1, 18, "a range" },
		{ "peer a { psk \"x\" }\npeer a { psk \"y\" }", 2, 6,
		  "line 1 has a peer of that name" },
		{ "{} bypass { peer a }", 1, 13, "has no properties" },
		{ "{} ipsec { encr_algs gcm peer { }", 1, 31,
		  "name of a peer" },
		{ "{} ipsec { encr_algs gcm peer a peer b }", 1, 33,
		  "only once" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct missiu_script_err err;
		struct missiu_script s;

		if (!missiu_script_parse(rows[i].text, strlen(rows[i].text),
					 NULL, &s, &err))
			fail_msg("accepted: %s", rows[i].text);
		if (err.line != rows[i].line || err.col != rows[i].col ||
		    strncmp(err.diag.msg, "found ", 6) != 0 ||
		    !strstr(err.diag.msg, ", expected ") ||
		    !strstr(err.diag.msg, rows[i].expected))
			fail_msg("%s\n%u:%u: %s", rows[i].text, err.line,
				 err.col, err.diag.msg);
	}
}

static void test_no_message_shows_a_secret(void **state)
{
	static const char *const texts[] = {
		"peer a { psk 5ecretword }",
		"peer a { psk 0x5ec2e75ec2e75ec2e7z }",
		"peer a { psk \"5ecret\" \"5ecret\" }",
		"peer a { psk \"5ecret\" psk_file /x }",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct missiu_script_err err;
		struct missiu_script s;

		assert_int_not_equal(missiu_script_parse(texts[i],
							 strlen(texts[i]), NULL,
							 &s, &err),
				     0);
		assert_null(strstr(err.diag.msg, "5ec"));
	}
}

static void test_secrets_print_only_when_asked_for(void **state)
{
	struct missiu_script s;

	(void)state;
	parse("peer a { psk \"AB\" }", &s);
	assert_int_not_equal(
		missiu_peer_print(s.peer, false, text_a, sizeof(text_a)), 0);
	assert_string_equal(text_a, "peer a { psk (hidden) }");
	assert_int_not_equal(
		missiu_peer_print(s.peer, true, text_a, sizeof(text_a)), 0);
	assert_string_equal(text_a, "peer a { psk 0x4142 }");
	missiu_script_fini(&s);
}

/* Whatever was accepted prints, and what was printed says the same. */
static void check_round_trip(const struct missiu_peer *p)
{
	struct missiu_script s;
	size_t n = missiu_peer_print(p, true, text_a, sizeof(text_a));

	assert_int_not_equal(n, 0);
	parse(text_a, &s);
	assert_int_equal(s.n_peer, 1);
	assert_int_equal(s.peer->given, p->given);
	assert_int_equal(s.peer->auth, p->auth);
	assert_int_equal(s.peer->peer_auth, p->peer_auth);
	assert_int_equal(
		missiu_peer_print(s.peer, true, text_b, sizeof(text_b)), n);
	assert_string_equal(text_a, text_b);
	missiu_script_fini(&s);
}

static void try_bytes(const char *text, size_t len)
{
	struct missiu_script_err err;
	struct missiu_script s;
	char *copy = malloc(len ? len : 1);
	int r;

	assert_non_null(copy);
	memcpy(copy, text, len);
	r = missiu_script_parse(copy, len, NULL, &s, &err);
	free(copy);
	if (r) {
		assert_int_equal(strncmp(err.diag.msg, "found ", 6), 0);
		return;
	}
	for (size_t i = 0; i < s.n_peer; i++)
		check_round_trip(&s.peer[i]);
	missiu_script_fini(&s);
}

static void test_printed_peer_parses_back(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_PEER_SAMPLES; i++) {
		struct missiu_script s;

		parse(peer_samples[i], &s);
		missiu_script_fini(&s);
		try_bytes(peer_samples[i], strlen(peer_samples[i]));
	}
}

static void test_every_prefix_and_bit_flip_is_survived(void **state)
{
	char text[512];

	(void)state;
	for (size_t i = 0; i < N_PEER_SAMPLES; i++) {
		size_t len = strlen(peer_samples[i]);

		assert_true(len < sizeof(text));
		memcpy(text, peer_samples[i], len);
		for (size_t n = 0; n <= len; n++)
			try_bytes(text, n);
		for (size_t bit = 0; bit < len * 8; bit++) {
			text[bit / 8] ^= (char)(1 << bit % 8);
			try_bytes(text, len);
			text[bit / 8] ^= (char)(1 << bit % 8);
		}
	}
}

/* One character, and all others with a backslash. */
static int longest_value(unsigned key)
{
	return 2 * (key == MISSIU_PEER_ID || key == MISSIU_PEER_PEER_ID ?
			    MISSIU_PEER_ID_MAX :
			    MISSIU_PEER_TEXT_MAX) -
	       1;
}

/* Each keyword as often as it may stand, with the longest values there are. */
static void test_longest_peer_fits_its_promise(void **state)
{
	struct missiu_script s;
	char value[2 * MISSIU_PEER_ID_MAX]; /* "/" and escaped ones */
	size_t n = 0;

	(void)state;
	value[0] = '/';
	for (size_t i = 1; i < sizeof(value) - 1; i += 2)
		memcpy(&value[i], "\\\"", 2);
	value[sizeof(value) - 1] = '\0';
	n += (size_t)snprintf(text_a, sizeof(text_a),
			      "peer p { auth psk psk \"x\" ");
	for (unsigned key = 0; key < MISSIU_PEER_KEYS; key++) {
		const uint8_t kind = peer_rows[key].kind;

		if (kind != PEER_TEXT && kind != PEER_TEXTS &&
		    kind != PEER_PATH && kind != PEER_PATHS &&
		    kind != PEER_PLACES)
			continue;
		if (key == MISSIU_PEER_PSK_FILE)
			continue;
		for (unsigned i = 0; i < peer_rows[key].repeat; i++)
			n += (size_t)snprintf(text_a + n, sizeof(text_a) - n,
					      "%s \"%.*s\" ",
					      missiu_peer_key_name(key),
					      longest_value(key), value);
	}
	assert_true(n + 2 < sizeof(text_a));
	memcpy(text_a + n, "}", 2);
	parse(text_a, &s);
	n = missiu_peer_print(s.peer, true, text_b, sizeof(text_b));
	assert_int_not_equal(n, 0);
	assert_int_equal(missiu_peer_print(s.peer, true, text_b, n), 0);
	assert_int_equal(missiu_peer_print(s.peer, true, text_b, n + 1), n);
	check_round_trip(s.peer);
	missiu_script_fini(&s);
}

static void test_repetitions_are_bounded(void **state)
{
	size_t n = 0;

	(void)state;
	for (unsigned times = 8; times <= 9; times++) {
		struct missiu_script_err err;
		struct missiu_script s;
		int r;

		n = (size_t)snprintf(text_a, sizeof(text_a),
				     "peer p { psk \"x\"");
		for (unsigned i = 0; i < times; i++)
			n += (size_t)snprintf(text_a + n, sizeof(text_a) - n,
					      " peer_id a");
		n += (size_t)snprintf(text_a + n, sizeof(text_a) - n, " }");
		r = missiu_script_parse(text_a, n, NULL, &s, &err);
		assert_int_equal(r, times == 8 ? 0 : MISSIU_EINVAL);
		if (r)
			assert_non_null(strstr(err.diag.msg, "at most 8"));
		else
			missiu_script_fini(&s);
	}
}

static void test_many_peers_keep_their_order(void **state)
{
	struct missiu_script s;
	size_t n = 0;

	(void)state;
	for (unsigned i = 0; i < 1000; i++)
		n += (size_t)snprintf(text_a + n, sizeof(text_a) - n,
				      "peer n%u { psk \"%u\" } ", i, i);
	parse(text_a, &s);
	assert_int_equal(s.n_peer, 1000);
	for (unsigned i = 0; i < 1000; i++) {
		snprintf(text_b, sizeof(text_b), "n%u", i);
		assert_string_equal(s.peer[i].name, text_b);
		assert_memory_equal(s.peer[i].psk, text_b + 1,
				    s.peer[i].psk_len);
	}
	missiu_script_fini(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_value_arrives),
		cmocka_unit_test(test_addresses_and_secrets_arrive),
		cmocka_unit_test(test_positions_are_kept),
		cmocka_unit_test(test_method_follows_from_the_secrets_named),
		cmocka_unit_test(test_policy_names_its_peer),
		cmocka_unit_test(test_refusals_name_place_and_remedy),
		cmocka_unit_test(test_no_message_shows_a_secret),
		cmocka_unit_test(test_secrets_print_only_when_asked_for),
		cmocka_unit_test(test_printed_peer_parses_back),
		cmocka_unit_test(test_every_prefix_and_bit_flip_is_survived),
		cmocka_unit_test(test_longest_peer_fits_its_promise),
		cmocka_unit_test(test_repetitions_are_bounded),
		cmocka_unit_test(test_many_peers_keep_their_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
