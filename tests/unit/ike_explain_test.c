/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/addr.h"
#include "ike/explain.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

#define IKE IKE_PROTO_IKE
#define ESP IKE_PROTO_ESP
#define AH  IKE_PROTO_AH

#define IKE_EXPLAIN_MAX IKE_WHY_TEXT_MAX

static size_t line_of(const struct ike_why *why, char *text, size_t cap)
{
	return ike_why_text(why, text, cap);
}

static size_t explain_proposal(const struct ike_proposals *o,
			       const struct ike_proposals *a, char *text,
			       size_t cap)
{
	struct ike_why why;

	ike_explain_proposal(o, a, NULL, NULL, &why);
	return line_of(&why, text, cap);
}

static struct ike_proposals parsed(const char *text, uint8_t proto)
{
	struct ike_proposals set;

	if (ike_proposals_parse(text, proto, &set, NULL))
		fail_msg("%s", text);
	return set;
}

/* What the line must end with: the first difference and the remedy. */
static const struct {
	uint8_t proto;
	const char *offer, *accept, *end;
} lines[] = {
	{ IKE, "aes256-sha256-modp2048", "aes128gcm16-prfsha256-modp2048",
	  "first difference: encryption (peer aes256, we aes128gcm16); start "
	  "ike with --ike-proposal aes256-sha256-modp2048" },
	{ IKE, "aes256-sha1-modp2048", "aes256-sha256-modp2048",
	  "first difference: integrity (peer sha1, we sha256); start ike with "
	  "--ike-proposal aes256-sha1-modp2048" },
	{ IKE, "aes256-sha256-prfsha512-modp2048", "aes256-sha256-modp2048",
	  "first difference: PRF (peer prfsha512, we prfsha256); start ike "
	  "with --ike-proposal aes256-sha256-prfsha512-modp2048" },
	{ IKE, "aes256-sha256-modp3072-modp4096", "aes256-sha256-modp2048",
	  "first difference: Diffie-Hellman group (peer modp3072-modp4096, we "
	  "modp2048); start ike with --ike-proposal aes256-sha256-modp3072" },
	{ IKE, "aes256-sha256-modp1024", "aes256-sha256-modp2048",
	  "first difference: Diffie-Hellman group (peer modp1024, we "
	  "modp2048); aes256-sha256-modp1024 is not implemented here, let the "
	  "peer offer one of ours" },
	/* the nearest of several, not the first */
	{ IKE, "aes128gcm16-prfsha512-x25519,aes256-sha256-modp3072",
	  "chacha20poly1305-prfsha256-ecp256,aes256-sha256-modp2048",
	  "first difference: Diffie-Hellman group (peer modp3072, we "
	  "modp2048); start ike with --ike-proposal aes256-sha256-modp3072" },
	/* of equally near ones the first */
	{ IKE, "aes256-sha256-modp3072,aes128-sha256-modp2048",
	  "aes256-sha256-modp2048",
	  "first difference: Diffie-Hellman group (peer modp3072, we "
	  "modp2048); start ike with --ike-proposal aes256-sha256-modp3072" },

	{ ESP, "aes256-sha256", "aes128-sha256",
	  "first difference: encryption (peer aes256, we aes128); add "
	  "encr_algs aes keylength 32 to the policy" },
	{ ESP, "aes128gcm8", "aes128gcm16",
	  "first difference: encryption (peer aes128gcm8, we aes128gcm16); "
	  "add encr_algs gcm keylength 16 tag 8 to the policy" },
	{ ESP, "chacha20poly1305", "aes128gcm16-aes256gcm16",
	  "first difference: encryption (peer chacha20poly1305, we "
	  "aes128gcm16-aes256gcm16); add encr_algs chacha20-poly1305 to the "
	  "policy" },
	{ ESP, "camellia128-sha256", "aes128-sha256",
	  "first difference: encryption (peer camellia128, we aes128); it is "
	  "not implemented here, let the peer offer one of ours" },
	{ ESP, "aes128-sha1", "aes128-sha256-sha512",
	  "first difference: integrity (peer sha1, we sha256-sha512); add "
	  "encr_auth_algs sha1 to the policy" },
	{ ESP, "aes128-md5", "aes128-sha256",
	  "first difference: integrity (peer md5, we sha256); it is not "
	  "implemented here, let the peer offer one of ours" },
	{ ESP, "aes128-sha256-modp2048", "aes128-sha256",
	  "first difference: Diffie-Hellman group (peer modp2048, we none); "
	  "start ike with -G 14" },
	{ ESP, "aes128-sha256", "aes128-sha256-modp2048",
	  "first difference: Diffie-Hellman group (peer none, we modp2048); "
	  "start ike with -G 0" },
	{ ESP, "aes128-sha256-esn", "aes128-sha256",
	  "first difference: extended sequence numbers (peer esn, we none); "
	  "start ike without --no-esn" },
	{ AH, "sha512", "sha256",
	  "first difference: integrity (peer sha512, we sha256); add "
	  "auth_algs sha512 to the policy" },
};

static bool ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n >= m && !strcmp(s + n - m, end);
}

static void test_first_difference_and_remedy(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(lines); i++) {
		struct ike_proposals o = parsed(lines[i].offer, lines[i].proto);
		struct ike_proposals a =
			parsed(lines[i].accept, lines[i].proto);
		char text[IKE_EXPLAIN_MAX];
		struct ike_suite s;
		size_t n;

		assert_int_equal(ike_proposal_choose(&o, &a, 0, &s),
				 MISSIU_ENOENT);
		n = explain_proposal(&o, &a, text, sizeof(text));
		assert_int_equal(n, strlen(text));
		if (!ends_with(text, lines[i].end))
			fail_msg("row %zu: %s", i, text);
		assert_non_null(strstr(text, lines[i].offer));
		assert_non_null(strstr(text, lines[i].accept));
	}
}

/* Taking the advice makes the two meet. */
static void test_ike_advice_works(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(lines); i++) {
		const char *at = strstr(lines[i].end, IKE_OPT_PROPOSAL " ");
		struct ike_proposals o, a;
		struct ike_suite s;

		if (!at)
			continue;
		o = parsed(lines[i].offer, IKE);
		a = parsed(at + strlen(IKE_OPT_PROPOSAL " "), IKE);
		assert_int_equal(ike_proposal_choose(&o, &a, 0, &s), 0);
		assert_int_equal(ike_proposals_usable(&a, NULL), 0);
	}
}

static void test_a_whole_line(void **state)
{
	struct ike_proposals o = parsed("aes256-sha256", ESP);
	struct ike_proposals a = parsed("aes128gcm16-esn-noesn", ESP);
	char text[IKE_EXPLAIN_MAX];

	(void)state;
	explain_proposal(&o, &a, text, sizeof(text));
	assert_string_equal(
		text,
		"no proposal chosen: peer offers aes256-sha256; we accept "
		"aes128gcm16-esn-noesn; first difference: encryption (peer "
		"aes256, we aes128gcm16); add encr_algs aes keylength 32 to "
		"the policy");
}

static void test_long_offers_never_hide_the_advice(void **state)
{
	struct ike_proposals o = parsed(
		"3des-des-aes128ctr-aes192ctr-aes256ctr-camellia128-"
		"camellia192-camellia256-blowfish128-blowfish192-cast128-"
		"sha256-sha384-sha512-sha1-aesxcbc-aescmac-md5-modp768-"
		"modp1024-modp1536-modp6144-modp8192,"
		"3des-md5-modp1024,3des-sha1-modp1024,3des-sha256-modp1024,"
		"3des-sha512-modp1024,3des-sha1-modp1536,3des-md5-modp1536",
		IKE);
	struct ike_proposals a = parsed("default", IKE);
	char text[IKE_EXPLAIN_MAX];

	(void)state;
	assert_true(explain_proposal(&o, &a, text, sizeof(text)) <
		    sizeof(text) - 1);
	assert_true(ends_with(text, "let the peer offer one of ours"));
	/* Whatever the room, it is a string that says it was cut. */
	for (size_t cap = 4; cap < 64; cap++) {
		assert_int_equal(explain_proposal(&o, &a, text, cap), cap - 1);
		assert_true(ends_with(text, "..."));
	}
}

static void test_odd_offers_are_explained_too(void **state)
{
	static const struct ike_transform t[] = {
		{ IKE_T_ENCR, false, IKE_ENCR_AES_GCM_16, 128 },
		{ IKE_T_ESN, false, IKE_ESN_NO, 0 },
		{ 19, false, 1, 0 },
	};
	struct ike_proposals o = { .n = 1, .n_t = 3 };
	struct ike_proposals a = parsed("aes128gcm16", ESP), none = { 0 };
	char text[IKE_EXPLAIN_MAX];

	(void)state;
	memcpy(o.t, t, sizeof(t));
	o.p[0] = (struct ike_proposal){ .number = 1, .proto = ESP, .n = 3 };
	explain_proposal(&o, &a, text, sizeof(text));
	assert_non_null(strstr(text, "type19/1"));
	assert_non_null(strstr(text, "unknown transforms are refused"));
	o.p[0].proto = AH;
	explain_proposal(&o, &a, text, sizeof(text));
	assert_true(ends_with(text, "the peer offers another protocol"));
	explain_proposal(&none, &a, text, sizeof(text));
	assert_true(ends_with(text, "the peer offers another protocol"));
}

static void test_refusal_by_the_peer(void **state)
{
	struct ike_proposals ike = parsed("aes256-sha256-modp2048", IKE);
	struct ike_proposals esp = parsed("aes128gcm16", ESP);
	char text[IKE_EXPLAIN_MAX];
	struct ike_why why;

	(void)state;
	ike_explain_refused(&ike, NULL, NULL, &why);
	line_of(&why, text, sizeof(text));
	assert_string_equal(text, "peer answers NO_PROPOSAL_CHOSEN: we offer "
				  "aes256-sha256-modp2048; start ike with "
				  "--ike-proposal and a proposal that the peer "
				  "accepts");
	ike_explain_refused(&esp, NULL, NULL, &why);
	line_of(&why, text, sizeof(text));
	assert_non_null(strstr(text, "we offer aes128gcm16; set encr_algs"));
}

static void test_a_group_that_the_peer_wants(void **state)
{
	struct ike_proposals esp = parsed("aes128gcm16-ecp384", ESP);
	struct missiu_policy pol = { .id = 3, .line = 7 };
	char text[IKE_EXPLAIN_MAX];
	struct ike_why why;

	(void)state;
	ike_explain_group(&esp, 19, NULL, &pol, &why);
	line_of(&why, text, sizeof(text));
	assert_string_equal(
		text, "peer answers INVALID_KE_PAYLOAD to a child SA: we offer "
		      "aes128gcm16-ecp384; first difference: Diffie-Hellman "
		      "group (peer wants 19, we ecp384); start ike with -G 19");
	ike_explain_group(&esp, 19, "peer b", &pol, &why);
	assert_string_equal(why.remedy, "write pfs ecp256 into peer b");
	pol.pfs = (struct missiu_pfs){ 1, { 20 } };
	ike_explain_group(&esp, 19, "peer b", &pol, &why);
	assert_string_equal(why.remedy,
			    "write pfs ecp256 into policy 3 (line 7)");
	ike_explain_group(&esp, 99, "peer b", &pol, &why);
	assert_non_null(strstr(why.remedy, "a group that both have"));
}

/* --- traffic selectors --- */

static struct missiu_addr addr(const char *text)
{
	struct missiu_addr a = { 0 };

	if (!addr_parse(text, &a))
		fail_msg("address %s", text);
	return a;
}

static struct missiu_ts net(const char *text, unsigned plen)
{
	struct missiu_ts ts = ts_any();
	struct missiu_addr a = addr(text);

	assert_true(addr_prefix(&a, plen, &ts.lo, &ts.hi));
	return ts;
}

static struct missiu_policy tunnel(void)
{
	return (struct missiu_policy){
		.id = 3,
		.line = 12,
		.action = MISSIU_PROTECT,
		.mode = MISSIU_TUNNEL,
		.local = net("10.2.0.0", 16),
		.remote = net("10.1.0.0", 16),
		.tun_local = addr("198.51.100.1"),
		.tun_remote = addr("192.0.2.1"),
	};
}

static void explain(const struct missiu_policy *p, uint8_t mode,
		    const char *tsi_net, const char *tsr_net, char *text,
		    size_t cap)
{
	struct ike_ts_ctx ctx = { .pol = p,
				  .n_pol = p ? 1 : 0,
				  .local = addr("198.51.100.1"),
				  .remote = addr("192.0.2.1"),
				  .mode = mode };
	struct ike_ts_list tsi = { .n = 1, .v = { net(tsi_net, 24) } };
	struct ike_ts_list tsr = { .n = 1, .v = { net(tsr_net, 24) } };
	struct ike_ts_choice c;
	struct ike_why why;
	size_t n;

	assert_int_equal(ike_ts_narrow(&ctx, &tsi, &tsr, &c), MISSIU_ENOENT);
	ike_explain_ts(&ctx, &tsi, &tsr, &why);
	n = line_of(&why, text, cap);
	assert_int_equal(n, strlen(text));
}

static void test_ts_line_names_what_differs(void **state)
{
	struct missiu_policy p = tunnel();
	char text[IKE_EXPLAIN_MAX];

	(void)state;
	explain(&p, MISSIU_TUNNEL, "10.9.0.0", "10.2.0.0", text, sizeof(text));
	assert_string_equal(
		text,
		"traffic selectors unacceptable: peer offers TSi=10.9.0.0/24 "
		"TSr=10.2.0.0/24 in tunnel mode; we have local=10.2.0.0/16 "
		"remote=10.1.0.0/16 (policy 3, line 12); first difference: the "
		"peer's side; let raddr, rport and ulp meet TSi in policy 3 "
		"(line 12)");
	explain(&p, MISSIU_TUNNEL, "10.1.0.0", "10.9.0.0", text, sizeof(text));
	assert_non_null(strstr(text, "first difference: our side"));
	explain(&p, MISSIU_TRANSPORT, "10.1.0.0", "10.2.0.0", text,
		sizeof(text));
	assert_true(ends_with(text, "first difference: mode; take tladdr and "
				    "traddr out of policy 3 (line 12)"));
	p.tun_remote = addr("192.0.2.99");
	explain(&p, MISSIU_TUNNEL, "10.1.0.0", "10.2.0.0", text, sizeof(text));
	assert_true(ends_with(
		text, "first difference: tunnel ends (policy 198.51.100.1 and "
		      "192.0.2.99); set tladdr 198.51.100.1 traddr 192.0.2.1 "
		      "in policy 3 (line 12)"));
	p.mode = MISSIU_TRANSPORT;
	explain(&p, MISSIU_TUNNEL, "10.1.0.0", "10.2.0.0", text, sizeof(text));
	assert_true(
		ends_with(text, "add tladdr and traddr to policy 3 (line 12)"));
	explain(NULL, MISSIU_TUNNEL, "10.1.0.0", "10.2.0.0", text,
		sizeof(text));
	assert_true(ends_with(
		text, "we have no ipsec policy; load one that names this "
		      "traffic"));
}

static void test_ts_line_names_the_nearest_policy(void **state)
{
	struct missiu_policy p[4] = { tunnel(), tunnel(), tunnel(), tunnel() };
	struct ike_ts_ctx ctx = { .pol = p,
				  .n_pol = 4,
				  .local = addr("198.51.100.1"),
				  .remote = addr("192.0.2.1"),
				  .mode = MISSIU_TUNNEL };
	struct ike_ts_list tsi = { .n = 1, .v = { net("10.9.0.0", 24) } };
	struct ike_ts_list tsr = { .n = 1, .v = { net("10.2.0.0", 24) } };
	char text[IKE_EXPLAIN_MAX];
	struct ike_why why;

	(void)state;
	p[0].action = MISSIU_BYPASS;
	p[1].mode = MISSIU_TRANSPORT;
	p[2].line = 77;
	p[3].line = 78; /* as near as the third, but later */
	ike_explain_ts(&ctx, &tsi, &tsr, &why);
	line_of(&why, text, sizeof(text));
	assert_non_null(strstr(text, "line 77"));
}

static void test_ts_refusal_by_the_peer(void **state)
{
	struct ike_ts_list l = { .n = 1, .v = { net("10.1.0.0", 16) } };
	struct ike_ts_list r = { .n = 1, .v = { net("10.2.0.0", 16) } };
	char text[IKE_EXPLAIN_MAX];
	struct ike_why why;

	(void)state;
	ike_explain_ts_refused(&l, &r, NULL, &why);
	line_of(&why, text, sizeof(text));
	assert_non_null(strstr(text, "local=10.1.0.0/16 remote=10.2.0.0/16;"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_difference_and_remedy),
		cmocka_unit_test(test_ike_advice_works),
		cmocka_unit_test(test_a_whole_line),
		cmocka_unit_test(test_long_offers_never_hide_the_advice),
		cmocka_unit_test(test_odd_offers_are_explained_too),
		cmocka_unit_test(test_refusal_by_the_peer),
		cmocka_unit_test(test_a_group_that_the_peer_wants),
		cmocka_unit_test(test_ts_line_names_what_differs),
		cmocka_unit_test(test_ts_line_names_the_nearest_policy),
		cmocka_unit_test(test_ts_refusal_by_the_peer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
