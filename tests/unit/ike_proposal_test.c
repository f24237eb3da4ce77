/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "crypto/algs.h"
#include "crypto/kex.h"
#include "ike/proposal.h"
#include "ike/suite.h"

#define IKE IKE_PROTO_IKE
#define ESP IKE_PROTO_ESP
#define AH  IKE_PROTO_AH

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static struct ike_proposals parsed(const char *text, uint8_t proto)
{
	static const uint8_t spi[4] = { 0xc0, 0xff, 0xee, 0x01 };
	struct ike_proposals set;
	struct missiu_diag diag = { "" };

	if (ike_proposals_parse(text, proto, &set, &diag))
		fail_msg("%s: %s", text, diag.msg);
	if (proto != IKE)
		ike_proposals_set_spi(&set, spi, sizeof(spi));
	return set;
}

/* --- notation --- */

static const struct {
	uint8_t proto;
	const char *in, *out; /* out NULL: the same */
} notations[] = {
	{ IKE, "aes128gcm16-prfsha256-x25519", NULL },
	{ IKE, "aes256-sha256-modp2048", NULL },
	{ IKE, "aes128gcm16-prfsha256-x25519-ke1_ecp384", NULL },
	{ IKE,
	  "aes128gcm16-prfsha256-x25519-ke1_mlkem768-ke1_none-ke2_ecp384-"
	  "ke7_modp3072",
	  NULL },
	{ IKE, "aes256-sha256-ke2_x448-x25519",
	  "aes256-sha256-x25519-ke2_x448" },
	{ ESP, "aes128gcm16-x25519-ke1_ecp384", NULL },
	{ IKE, "aes128-sha1-modp2048", NULL },
	{ IKE, "chacha20poly1305-prfsha512-ecp384", NULL },
	{ IKE, "aes128-aes256-sha256-modp2048-ecp256", NULL },
	{ IKE, "aes128gcm16-prfsha256-x25519,aes256-sha256-modp2048", NULL },
	{ IKE, " aes256-sha256-modp2048 ,\taes128-sha1-modp1024 ",
	  "aes256-sha256-modp2048,aes128-sha1-modp1024" },
	{ IKE, "aes256-sha256-prfsha256-modp2048", "aes256-sha256-modp2048" },
	{ IKE, "aes256-sha256-prfsha512-modp2048", NULL },
	{ IKE, "aes256-sha384-sha512-modp2048", NULL },
	{ IKE, "aes256-sha384-sha512-prfsha512-prfsha384-modp2048", NULL },
	{ IKE, "modp2048-sha256-aes256", "aes256-sha256-modp2048" },
	{ IKE, "aes256gcm-prfsha384-curve25519",
	  "aes256gcm16-prfsha384-x25519" },
	{ IKE, "aes128gcm128-prfsha256-ecp521",
	  "aes128gcm16-prfsha256-ecp521" },
	{ IKE, "aes-sha-modp1024", "aes128-sha1-modp1024" },
	{ IKE, "aes256-sha2_512-modp4096", "aes256-sha512-modp4096" },
	{ IKE, "3des-md5-modp1024", NULL },
	{ IKE, "aes128-aesxcbc-modp2048", NULL },
	{ IKE, "aes128ccm8-aes256ccm12-prfaescmac-x448", NULL },
	{ IKE, "camellia256-sha512-modp8192", NULL },
	/* sha1 and sha1_160 imply one PRF, not two */
	{ IKE, "aes128-sha1-sha1_160-modp2048",
	  "aes128-sha1-sha1_160-prfsha1-modp2048" },
	{ ESP, "aes128gcm16", NULL },
	{ ESP, "aes128gcm16-x25519-esn", NULL },
	{ ESP, "aes128gcm16-esn-noesn", NULL },
	{ ESP, "aes128gcm16-noesn", "aes128gcm16" },
	{ ESP, "null-sha256", NULL },
	{ ESP, "aes128-sha1-modp2048-none", NULL },
	{ ESP, "aes128-sha1-modpnone", "aes128-sha1" },
	{ ESP, "aes256gmac", NULL },
	{ ESP, "blowfish192-sha1,des-md5", NULL },
	{ AH, "sha256-sha1", NULL },
	{ AH, "aescmac-ecp256-esn", NULL },
};

static void test_notation_reads_and_prints(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(notations); i++) {
		const char *want =
			notations[i].out ? notations[i].out : notations[i].in;
		struct ike_proposals set =
			parsed(notations[i].in, notations[i].proto);
		struct ike_proposals again;
		char text[512];

		assert_int_equal(ike_proposals_text(&set, text, sizeof(text)),
				 strlen(want));
		assert_string_equal(text, want);
		again = parsed(text, notations[i].proto);
		/* "none" goes without saying, else it is the same set. */
		if (!strstr(notations[i].in, "modpnone"))
			assert_memory_equal(&set, &again, sizeof(set));
	}
}

static const struct {
	uint8_t proto;
	const char *text, *diag;
} malformed[] = {
	{ IKE, "", "proposal 1: empty proposal" },
	{ IKE, ",", "proposal 1: empty proposal" },
	{ IKE, "aes128-sha1-modp2048,", "proposal 2: empty proposal" },
	{ IKE, "aes128-sha1-modp2048, ,aes128-sha1-modp2048",
	  "proposal 2: empty proposal" },
	{ IKE, "aes512-sha1-modp2048",
	  "proposal 1: unknown algorithm \"aes512\"" },
	{ IKE, "AES128-sha1-modp2048",
	  "proposal 1: unknown algorithm \"AES128\"" },
	{ IKE, "aes128-sha1-modp2048-",
	  "proposal 1: nothing after the last '-'" },
	{ IKE, "aes128--sha1-modp2048", "proposal 1: unknown algorithm \"\"" },
	{ IKE, "aes128 sha1", "proposal 1: unknown algorithm \"aes128 sha1\"" },
	{ IKE, "aes128-aes128-sha1-modp2048",
	  "proposal 1: aes128 is named twice" },
	{ IKE, "aes128-aes-sha1-modp2048", "proposal 1: aes is named twice" },
	{ IKE, "aes128-modp2048", "proposal 1: no integrity algorithm" },
	{ IKE, "sha256-modp2048", "proposal 1: no encryption algorithm" },
	{ IKE, "aes128-sha256", "proposal 1: no group, e.g. x25519" },
	{ IKE, "aes128gcm16-x25519", "proposal 1: no PRF, e.g. prfsha256" },
	{ IKE, "aes128gcm16-sha256-x25519",
	  "proposal 1: AEADs go without an integrity algorithm" },
	{ IKE, "aes128gcm16-aes128-sha256-x25519",
	  "proposal 1: AEADs need a proposal of their own" },
	{ IKE, "aes128-sha256-none",
	  "proposal 1: an IKE SA needs a group, not \"none\"" },
	{ IKE, "aes128-sha256-modp2048-esn",
	  "proposal 1: esn (extended sequence numbers) does not belong into "
	  "this proposal" },
	{ ESP, "aes128-sha256-prfsha256",
	  "proposal 1: prfsha256 (PRF) does not belong into this proposal" },
	{ ESP, "aes128", "proposal 1: no integrity algorithm" },
	{ ESP, "null", "proposal 1: no integrity algorithm" },
	{ ESP, "default", "proposal 1: unknown algorithm \"default\"" },
	{ AH, "aes128-sha256",
	  "proposal 1: aes128 (encryption) does not belong into this "
	  "proposal" },
	{ AH, "modp2048", "proposal 1: no integrity algorithm" },
};

static void test_malformed_notation_is_explained(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(malformed); i++) {
		struct ike_proposals set = { .n = 77 };
		struct missiu_diag diag = { "" };

		assert_int_equal(ike_proposals_parse(malformed[i].text,
						     malformed[i].proto, &set,
						     &diag),
				 MISSIU_EINVAL);
		assert_string_equal(diag.msg, malformed[i].diag);
		assert_int_equal(set.n, 77);
		assert_int_equal(ike_proposals_parse(malformed[i].text,
						     malformed[i].proto, &set,
						     NULL),
				 MISSIU_EINVAL);
	}
}

static void test_more_than_the_maximum_of_proposals_is_full(void **state)
{
	static const char one[] = "aes128-sha1-modp2048,";
	char text[(IKE_PROPOSALS_MAX + 1) * sizeof(one)] = "";
	struct ike_proposals set;
	char *end = text;

	(void)state;
	for (int i = 0; i <= IKE_PROPOSALS_MAX; i++) {
		memcpy(end, one, sizeof(one));
		end += sizeof(one) - 1;
	}
	end[-1] = '\0';
	assert_int_equal(ike_proposals_parse(text, IKE, &set, NULL),
			 MISSIU_EFULL);
	end[-(int)sizeof(one)] = '\0';
	assert_int_equal(ike_proposals_parse(text, IKE, &set, NULL), 0);
	assert_int_equal(set.n, IKE_PROPOSALS_MAX);
}

static void test_text_is_cut_with_dots(void **state)
{
	struct ike_proposals set = parsed("aes256-sha256-modp2048", IKE);
	char text[64];

	(void)state;
	for (size_t cap = 4; cap <= sizeof(text); cap++) {
		size_t n = ike_proposals_text(&set, text, cap);

		assert_int_equal(n, strlen(text));
		assert_true(n < cap);
		if (cap > 22)
			assert_string_equal(text, "aes256-sha256-modp2048");
		else
			assert_string_equal(text + n - 3, "...");
	}
}

static void test_unknown_transforms_print_as_numbers(void **state)
{
	struct ike_proposals set = {
		.n = 1,
		.n_t = 4,
		.p = { { .number = 1, .proto = IKE, .n = 4 } },
		.t = { { IKE_T_ENCR, false, 1024, 0 },
		       { IKE_T_ENCR, false, IKE_ENCR_AES_CBC, 512 },
		       { IKE_T_DH, true, IKE_DH_X25519, 0 },
		       { 19, false, 5, 0 } },
	};
	char text[128];

	(void)state;
	ike_proposals_text(&set, text, sizeof(text));
	assert_string_equal(text, "encr/1024-encr/12/512-"
				  "x25519(unknown attribute)-type19/5");
}

static void test_default_is_strong_and_usable(void **state)
{
	static const char *const weak[] = { "sha1",	"md5",	    "3des",
					    "modp1024", "modp1536", "des",
					    "gmac",	"null" };
	struct ike_proposals set = parsed("default", IKE);
	struct missiu_diag diag;

	(void)state;
	assert_int_equal(set.n, 2);
	assert_int_equal(ike_proposals_usable(&set, &diag), 0);
	for (size_t i = 0; i < COUNT(weak); i++)
		assert_null(strstr(ike_proposal_default, weak[i]));
	assert_int_equal(ike_proposals_first_dh(&set), IKE_DH_X25519);
}

static void test_unusable_algorithms_are_named(void **state)
{
	static const struct {
		const char *text, *diag;
	} v[] = {
		{ "camellia128-sha256-modp2048",
		  "encryption camellia128 is not implemented" },
		{ "aes128-sha256-modp1024",
		  "Diffie-Hellman group modp1024 is not implemented" },
		{ "aes128gcm16-prfmd5-x25519",
		  "PRF prfmd5 is not implemented" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(v); i++) {
		struct ike_proposals set = parsed(v[i].text, IKE);
		struct missiu_diag diag;

		assert_int_equal(ike_proposals_usable(&set, &diag),
				 MISSIU_EUNSUP);
		assert_string_equal(diag.msg, v[i].diag);
	}
}

/* --- choosing --- */

static const struct {
	uint8_t proto;
	const char *offer, *accept, *chosen; /* chosen NULL: none */
	uint8_t number;
	uint16_t ke_group;
} choices[] = {
	/* the same on both sides */
	{ IKE, "aes128-sha256-modp2048", "aes128-sha256-modp2048",
	  "aes128-sha256-modp2048", 1, 0 },
	{ IKE, "aes128gcm16-prfsha256-x25519", "aes128gcm16-prfsha256-x25519",
	  "aes128gcm16-prfsha256-x25519", 1, 0 },
	{ IKE, "chacha20poly1305-prfsha512-ecp384",
	  "chacha20poly1305-prfsha512-ecp384",
	  "chacha20poly1305-prfsha512-ecp384", 1, 0 },
	/* one type that differs */
	{ IKE, "aes256-sha256-modp2048", "aes128-sha256-modp2048", NULL, 0, 0 },
	{ IKE, "aes128-sha1-modp2048", "aes128-sha256-modp2048", NULL, 0, 0 },
	{ IKE, "aes128-sha256-modp3072", "aes128-sha256-modp2048", NULL, 0, 0 },
	{ IKE, "aes128-sha256-prfsha512-modp2048", "aes128-sha256-modp2048",
	  NULL, 0, 0 },
	{ IKE, "aes128ctr-sha256-modp2048", "aes128-sha256-modp2048", NULL, 0,
	  0 },
	{ IKE, "aes128gcm16-prfsha256-x25519", "aes128gcm8-prfsha256-x25519",
	  NULL, 0, 0 },
	{ IKE, "aes128gcm16-prfsha256-x25519", "aes256gcm16-prfsha256-x25519",
	  NULL, 0, 0 },
	{ IKE, "aes128gcm16-prfsha256-x25519", "aes128ccm16-prfsha256-x25519",
	  NULL, 0, 0 },
	/* our preference decides within a proposal */
	{ IKE, "aes128-aes256-sha256-modp2048", "aes256-aes128-sha256-modp2048",
	  "aes256-sha256-modp2048", 1, 0 },
	{ IKE, "aes256-aes128-sha256-modp2048", "aes128-aes256-sha256-modp2048",
	  "aes128-sha256-modp2048", 1, 0 },
	{ IKE, "aes128-sha1-sha256-modp2048", "aes128-sha256-sha1-modp2048",
	  "aes128-sha256-modp2048", 1, 0 },
	{ IKE, "aes128-sha256-modp2048-ecp256", "aes128-sha256-ecp256-modp2048",
	  "aes128-sha256-ecp256", 1, 0 },
	{ IKE, "aes128-sha256-prfsha512-prfsha256-modp2048",
	  "aes128-sha256-prfsha256-prfsha512-modp2048",
	  "aes128-sha256-modp2048", 1, 0 },
	/* subsets either way */
	{ IKE, "aes128-aes192-aes256-sha256-sha384-sha512-modp2048-ecp256",
	  "aes256-sha512-ecp256", "aes256-sha512-ecp256", 1, 0 },
	{ IKE, "aes256-sha512-ecp256",
	  "aes128-aes192-aes256-sha256-sha384-sha512-modp2048-ecp256",
	  "aes256-sha512-ecp256", 1, 0 },
	{ IKE, "aes128-3des-sha1-md5-modp1024-modp2048",
	  "aes256-aes128-sha256-sha1-modp2048", "aes128-sha1-modp2048", 1, 0 },
	/* integrity and PRF are independent lists */
	{ IKE, "aes128-sha256-sha512-modp2048",
	  "aes128-sha256-prfsha512-modp2048",
	  "aes128-sha256-prfsha512-modp2048", 1, 0 },
	{ IKE, "aes256-sha384-prfsha256-ecp384", "aes256-sha384-ecp384", NULL,
	  0, 0 },
	{ IKE, "aes256-aesxcbc-modp2048", "aes256-aesxcbc-aescmac-modp2048",
	  "aes256-aesxcbc-modp2048", 1, 0 },
	/* several proposals: numbers are the offer's */
	{ IKE, "3des-md5-modp1024,aes128-sha256-modp2048",
	  "aes128-sha256-modp2048", "aes128-sha256-modp2048", 2, 0 },
	{ IKE, "3des-md5-modp1024,des-md5-modp768,aes256-sha256-modp2048",
	  "aes256-sha256-modp2048", "aes256-sha256-modp2048", 3, 0 },
	{ IKE, "aes128-sha256-modp2048,aes128gcm16-prfsha256-x25519",
	  "aes128gcm16-prfsha256-x25519,aes128-sha256-modp2048",
	  "aes128gcm16-prfsha256-x25519", 2, 0 },
	{ IKE, "aes128gcm16-prfsha256-x25519,aes128-sha256-modp2048",
	  "aes128-sha256-modp2048,aes128gcm16-prfsha256-x25519",
	  "aes128-sha256-modp2048", 2, 0 },
	{ IKE, "aes128-sha256-modp2048,aes128-sha256-modp2048",
	  "aes128-sha256-modp2048", "aes128-sha256-modp2048", 1, 0 },
	/* parts of two proposals make none */
	{ IKE, "aes128-sha1-modp2048,aes256-sha256-modp2048",
	  "aes128-sha256-modp2048", NULL, 0, 0 },
	{ IKE, "aes128-sha256-modp2048",
	  "aes128-sha1-modp2048,aes256-sha256-modp2048", NULL, 0, 0 },
	/* the KE payload's group saves a round trip */
	{ IKE, "aes128-sha256-modp2048-x25519", "aes128-sha256-x25519-modp2048",
	  "aes128-sha256-modp2048", 1, IKE_DH_MODP2048 },
	{ IKE, "aes128-sha256-modp2048-x25519", "aes128-sha256-x25519-modp2048",
	  "aes128-sha256-x25519", 1, IKE_DH_X25519 },
	{ IKE, "aes128-sha256-modp2048-x25519", "aes128-sha256-x25519",
	  "aes128-sha256-x25519", 1, IKE_DH_MODP2048 },
	{ IKE, "aes128-sha256-x25519", "aes128-sha256-x25519-modp2048",
	  "aes128-sha256-x25519", 1, IKE_DH_MODP2048 },
	/* ours against others' defaults */
	{ IKE, "default", "default", "aes128gcm16-prfsha256-x25519", 1, 0 },
	{ IKE, "default", "aes256-sha256-modp2048", "aes256-sha256-modp2048", 2,
	  0 },
	{ IKE, "aes256gcm16-prfsha384-ecp384", "default",
	  "aes256gcm16-prfsha384-ecp384", 1, 0 },
	{ IKE, "aes256-sha1-modp1024", "default", NULL, 0, 0 },
	{ IKE, "aes256-sha1-modp2048", "default", NULL, 0, 0 },
	{ IKE, "3des-sha256-modp2048", "default", NULL, 0, 0 },
	{ IKE, "aes128gcm8-prfsha256-x25519", "default", NULL, 0, 0 },
	{ IKE, "aes128-sha512-modp4096", "default", "aes128-sha512-modp4096", 1,
	  0 },
	{ IKE, "chacha20poly1305-prfsha256-x25519", "default",
	  "chacha20poly1305-prfsha256-x25519", 1, 0 },

	/* ESP */
	{ ESP, "aes128gcm16", "aes128gcm16", "aes128gcm16", 1, 0 },
	{ ESP, "aes128-sha256", "aes128-sha256", "aes128-sha256", 1, 0 },
	{ ESP, "null-sha256", "null-sha256", "null-sha256", 1, 0 },
	{ ESP, "null-sha256", "aes128-sha256", NULL, 0, 0 },
	{ ESP, "chacha20poly1305", "aes128gcm16-chacha20poly1305",
	  "chacha20poly1305", 1, 0 },
	{ ESP, "aes256gmac", "aes256gmac", "aes256gmac", 1, 0 },
	{ ESP, "aes128-sha1", "aes128-sha256", NULL, 0, 0 },
	{ ESP, "aes192-sha256", "aes128-aes256-aes192-sha256", "aes192-sha256",
	  1, 0 },
	{ ESP, "aes128ccm16", "aes128gcm16", NULL, 0, 0 },
	{ ESP, "aes256ctr-sha256", "aes256-sha256", NULL, 0, 0 },
	{ ESP, "3des-sha1", "3des-sha1", "3des-sha1", 1, 0 },
	{ ESP, "camellia128-aes128-sha256", "aes128-sha256", "aes128-sha256", 1,
	  0 },
	/* extended sequence numbers */
	{ ESP, "aes128gcm16-esn", "aes128gcm16-esn-noesn", "aes128gcm16-esn", 1,
	  0 },
	{ ESP, "aes128gcm16-noesn", "aes128gcm16-esn-noesn", "aes128gcm16", 1,
	  0 },
	{ ESP, "aes128gcm16-esn-noesn", "aes128gcm16-noesn", "aes128gcm16", 1,
	  0 },
	{ ESP, "aes128gcm16-noesn-esn", "aes128gcm16-esn-noesn",
	  "aes128gcm16-esn", 1, 0 },
	{ ESP, "aes128gcm16-esn", "aes128gcm16-noesn", NULL, 0, 0 },
	{ ESP, "aes128gcm16-noesn", "aes128gcm16-esn", NULL, 0, 0 },
	/* groups: absent equals none */
	{ ESP, "aes128gcm16", "aes128gcm16-x25519", NULL, 0, 0 },
	{ ESP, "aes128gcm16-x25519", "aes128gcm16", NULL, 0, 0 },
	{ ESP, "aes128gcm16-x25519-none", "aes128gcm16", "aes128gcm16", 1, 0 },
	{ ESP, "aes128gcm16", "aes128gcm16-x25519-none", "aes128gcm16", 1, 0 },
	{ ESP, "aes128gcm16-x25519", "aes128gcm16-x25519-none",
	  "aes128gcm16-x25519", 1, 0 },
	{ ESP, "aes128gcm16-modp2048-x25519", "aes128gcm16-x25519-modp2048",
	  "aes128gcm16-modp2048", 1, IKE_DH_MODP2048 },
	{ ESP, "aes128gcm16-none", "aes128gcm16", "aes128gcm16", 1, 0 },
	/* several proposals */
	{ ESP, "aes128gcm16,aes128-sha256", "aes128-sha256", "aes128-sha256", 2,
	  0 },
	{ ESP, "aes128gcm16-modp2048,aes128gcm16", "aes128gcm16", "aes128gcm16",
	  2, 0 },
	{ ESP, "3des-md5,blowfish128-sha1,aes256-sha512-esn",
	  "aes128-aes256-sha256-sha512-esn-noesn", "aes256-sha512-esn", 3, 0 },

	/* AH */
	{ AH, "sha256", "sha256", "sha256", 1, 0 },
	{ AH, "sha1-sha256-esn", "sha256-sha512-esn-noesn", "sha256-esn", 1,
	  0 },
	{ AH, "md5", "sha256", NULL, 0, 0 },
	{ AH, "sha256-esn", "sha256", NULL, 0, 0 },
	{ AH, "sha256-x25519", "sha256", NULL, 0, 0 },
	{ AH, "sha512,sha256", "sha256", "sha256", 2, 0 },
	{ AH, "sha256-modp2048-x25519", "sha256-x25519-modp2048",
	  "sha256-modp2048", 1, IKE_DH_MODP2048 },
};

static void test_choices(void **state)
{
	(void)state;
	assert_true(COUNT(choices) >= 60);
	for (size_t i = 0; i < COUNT(choices); i++) {
		struct ike_proposals o =
			parsed(choices[i].offer, choices[i].proto);
		struct ike_proposals a =
			parsed(choices[i].accept, choices[i].proto);
		struct ike_suite s = { .number = 99 }, verified;
		struct ike_proposals answer;
		char text[IKE_SUITE_TEXT_MAX] = "none";
		struct missiu_diag diag = { "" };
		int ret = ike_proposal_choose(&o, &a, choices[i].ke_group, &s);

		if (!ret)
			ike_suite_text(&s, text, sizeof(text));
		if (!choices[i].chosen) {
			if (ret != MISSIU_ENOENT)
				fail_msg("row %zu: chose %s", i, text);
			assert_int_equal(s.number, 99);
			continue;
		}
		if (ret || strcmp(text, choices[i].chosen) != 0)
			fail_msg("row %zu: %s, not %s", i, text,
				 choices[i].chosen);
		assert_int_equal(s.number, choices[i].number);
		assert_int_equal(s.proto, choices[i].proto);
		assert_int_equal(s.spi_len, choices[i].proto == IKE ? 0 : 4);

		/* The initiator agrees with the answer made of it. */
		ike_suite_to_proposals(&s, &answer);
		if (ike_proposal_check_answer(&o, &answer, &verified, &diag))
			fail_msg("row %zu: %s", i, diag.msg);
		assert_memory_equal(&s, &verified, sizeof(s));
	}
}

static void test_choosing_between_protocols(void **state)
{
	struct ike_proposals ah = parsed("sha256", AH);
	struct ike_proposals esp = parsed("null-sha256", ESP);
	struct ike_suite s;

	(void)state;
	assert_int_equal(ike_proposal_choose(&ah, &esp, 0, &s), MISSIU_ENOENT);
	assert_int_equal(ike_proposal_choose(&esp, &ah, 0, &s), MISSIU_ENOENT);
	ah = esp;
	ah.p[0].proto = IKE; /* the same algorithms for something else */
	assert_int_equal(ike_proposal_choose(&ah, &esp, 0, &s), MISSIU_ENOENT);
	esp.n = esp.n_t = 0;
	assert_int_equal(ike_proposal_choose(&esp, &ah, 0, &s), MISSIU_ENOENT);
}

static void test_unusable_transform_is_passed_over(void **state)
{
	struct ike_proposals o = parsed("aes256-aes128-sha256-modp2048", IKE);
	struct ike_proposals a = o;
	struct ike_suite s;

	(void)state;
	o.t[0].unusable = true;
	assert_int_equal(ike_proposal_choose(&o, &a, 0, &s), 0);
	assert_int_equal(s.key_bits, 128);
	o.t[1].unusable = true;
	assert_int_equal(ike_proposal_choose(&o, &a, 0, &s), MISSIU_ENOENT);
	/* An unusable group is still a demand for one. */
	o = parsed("aes128gcm16-x25519", ESP);
	a = parsed("aes128gcm16", ESP);
	for (size_t i = 0; i < o.n_t; i++)
		if (o.t[i].type == IKE_T_DH)
			o.t[i].unusable = true;
	assert_int_equal(ike_proposal_choose(&o, &a, 0, &s), MISSIU_ENOENT);
}

/* 3.3.6: such a proposal is refused as a whole, the next one may do. */
static void test_unknown_type_spoils_its_proposal_only(void **state)
{
	struct ike_proposals o = parsed(
		"aes128-sha256-modp2048-ecp256,aes256-sha256-modp2048", IKE);
	struct ike_proposals a = parsed("aes128-aes256-sha256-modp2048", IKE);
	struct ike_suite s;

	(void)state;
	o.t[o.p[0].n - 1].type = IKE_T_MAX; /* was ecp256 */
	assert_int_equal(ike_proposal_choose(&o, &a, 0, &s), 0);
	assert_int_equal(s.number, 2);
	o.t[o.p[0].n - 1].type = 0;
	assert_int_equal(ike_proposal_choose(&o, &a, 0, &s), 0);
	assert_int_equal(s.number, 2);
}

static struct ike_proposals esp_offer(const struct ike_transform *t, uint16_t n)
{
	struct ike_proposals set = {
		.n = 1,
		.n_t = n,
		.p = { { .number = 1, .proto = ESP, .spi_len = 4, .n = n } },
	};

	memcpy(set.t, t, n * sizeof(*t));
	return set;
}

/* 3.3: peers may say "INTEG NONE" beside an AEAD; the answer says it too. */
static void test_aead_with_explicit_no_integrity(void **state)
{
	static const struct ike_transform t[] = {
		{ IKE_T_ENCR, false, IKE_ENCR_AES_GCM_16, 128 },
		{ IKE_T_INTEG, false, IKE_INTEG_NONE, 0 },
		{ IKE_T_ESN, false, IKE_ESN_NO, 0 },
	};
	struct ike_proposals o = esp_offer(t, 3), answer;
	struct ike_proposals a = parsed("aes128gcm16", ESP);
	struct ike_suite s;

	(void)state;
	assert_int_equal(ike_proposal_choose(&o, &a, 0, &s), 0);
	ike_suite_to_proposals(&s, &answer);
	assert_int_equal(answer.n_t, 3);
	assert_true(
		ike_proposal_offers(&answer, &answer.p[0], IKE_T_INTEG, 0, 0));
}

/* A peer that mixes both kinds in one proposal gets the kind that fits. */
static void test_mixed_proposal_of_a_sloppy_peer(void **state)
{
	static const struct ike_transform t[] = {
		{ IKE_T_ENCR, false, IKE_ENCR_AES_GCM_16, 128 },
		{ IKE_T_ENCR, false, IKE_ENCR_AES_CBC, 128 },
		{ IKE_T_INTEG, false, IKE_INTEG_SHA256_128, 0 },
	};
	struct ike_proposals o = esp_offer(t, 3), a;
	struct ike_suite s;

	(void)state;
	a = parsed("aes128gcm16,aes128-sha256", ESP);
	assert_int_equal(ike_proposal_choose(&o, &a, 0, &s), 0);
	assert_int_equal(s.encr, IKE_ENCR_AES_CBC);
	assert_int_equal(s.integ, IKE_INTEG_SHA256_128);
	/* ESN was absent: the answer leaves it out as well. */
	assert_int_equal(s.esn, IKE_ESN_NO);
	assert_false(s.types & 1u << IKE_T_ESN);
	a = parsed("aes128gcm16", ESP);
	assert_int_equal(ike_proposal_choose(&o, &a, 0, &s), MISSIU_ENOENT);
}

static void test_never_without_integrity(void **state)
{
	static const struct ike_transform t[] = {
		{ IKE_T_ENCR, false, IKE_ENCR_AES_CBC, 128 },
		{ IKE_T_INTEG, false, IKE_INTEG_NONE, 0 },
	};
	struct ike_proposals o = esp_offer(t, 2);
	struct ike_suite s;

	(void)state;
	/* Not even if both sides say so. */
	assert_int_equal(ike_proposal_choose(&o, &o, 0, &s), MISSIU_ENOENT);
	o.p[0].n = 1;
	assert_int_equal(ike_proposal_choose(&o, &o, 0, &s), MISSIU_ENOENT);
	/* Nor ESP without any encryption, be it NULL. */
	o = parsed("null-sha256", ESP);
	o.p[0].first++;
	o.p[0].n--;
	assert_int_equal(ike_proposal_choose(&o, &o, 0, &s), MISSIU_ENOENT);
}

/* A fixed-size cipher with a Key Length attribute is another transform. */
static void test_key_length_must_match_exactly(void **state)
{
	static const struct {
		uint16_t id, key_bits;
		bool ok;
	} v[] = {
		{ IKE_ENCR_CHACHA20_POLY1305, 0, true },
		{ IKE_ENCR_CHACHA20_POLY1305, 256, false },
		{ IKE_ENCR_AES_GCM_16, 0, false },
		{ IKE_ENCR_AES_GCM_16, 128, true },
		{ IKE_ENCR_AES_GCM_16, 129, false },
	};
	struct ike_proposals a = parsed("aes128gcm16-chacha20poly1305", ESP);

	(void)state;
	for (size_t i = 0; i < COUNT(v); i++) {
		struct ike_transform t = { IKE_T_ENCR, false, v[i].id,
					   v[i].key_bits };
		struct ike_proposals o = esp_offer(&t, 1);
		struct ike_suite s;

		assert_int_equal(ike_proposal_choose(&o, &a, 0, &s),
				 v[i].ok ? 0 : MISSIU_ENOENT);
	}
}

/* --- the answer --- */

static void test_a_wrong_answer_is_explained(void **state)
{
	static const struct {
		const char *answer, *diag;
	} v[] = {
		{ "aes128-aes256-sha256",
		  "answer has more than one encryption" },
		{ "aes192-sha256", "answer has encryption 12, never offered" },
		{ "aes128-sha1", "answer has integrity 2, never offered" },
		{ "aes128-sha256-x25519",
		  "answer has Diffie-Hellman group 31, never offered" },
		{ "aes128-sha256-esn",
		  "answer has extended sequence numbers 1, never offered" },
		{ "aes128-sha256,aes256-sha256",
		  "answer has 2 proposals, not one" },
	};
	struct ike_proposals o = parsed("aes128-aes256-sha256", ESP);

	(void)state;
	for (size_t i = 0; i < COUNT(v); i++) {
		struct ike_proposals a = parsed(v[i].answer, ESP);
		struct ike_suite s = { .number = 99 };
		struct missiu_diag diag = { "" };

		assert_int_equal(ike_proposal_check_answer(&o, &a, &s, &diag),
				 MISSIU_EPROTO);
		assert_string_equal(diag.msg, v[i].diag);
		assert_int_equal(s.number, 99);
	}
}

static int check(struct ike_proposals *a)
{
	struct ike_proposals o =
		parsed("aes128-sha256-x25519,aes128gcm16", ESP);
	struct ike_suite s;

	return ike_proposal_check_answer(&o, a, &s, NULL);
}

static void test_an_answer_must_fit_its_proposal(void **state)
{
	struct ike_proposals a = parsed("aes128gcm16", ESP);

	(void)state;
	/* right algorithms, but proposal 1 has others */
	assert_int_equal(check(&a), MISSIU_EPROTO);
	a.p[0].number = 2;
	assert_int_equal(check(&a), 0);
	a.p[0].number = 3;
	assert_int_equal(check(&a), MISSIU_EPROTO);
	a.p[0].number = 2;
	a.p[0].proto = AH;
	assert_int_equal(check(&a), MISSIU_EPROTO);
	a.p[0].proto = ESP;
	a.p[0].spi_len = 0;
	assert_int_equal(check(&a), MISSIU_EPROTO);
	a.p[0].spi_len = 4;
	a.t[0].unusable = true;
	assert_int_equal(check(&a), MISSIU_EPROTO);
	a.t[0].unusable = false;
	a.n = 0;
	assert_int_equal(check(&a), MISSIU_EPROTO);
	/* a group that was offered without alternative is missing */
	a = parsed("aes128-sha256", ESP);
	assert_int_equal(check(&a), MISSIU_EPROTO);
	a = parsed("aes128-sha256-x25519", ESP);
	assert_int_equal(check(&a), 0);
	/* encryption is missing */
	a.p[0].first++;
	a.p[0].n--;
	assert_int_equal(check(&a), MISSIU_EPROTO);
	/* ESN left out where we offered to go without */
	a = parsed("aes128-sha256-x25519", ESP);
	a.p[0].n--;
	assert_int_equal(check(&a), 0);
}

/* --- from policies --- */

#define P(...)                                                                 \
	{                                                                      \
		.proto = MISSIU_ESP, __VA_ARGS__                               \
	}

static const struct {
	struct missiu_prot prot;
	const char *text; /* NULL: refused */
} protections[] = {
	{ P(.encr = MISSIU_ENCR_ANY),
	  "aes128gcm16-aes256gcm16-aes192gcm16-chacha20poly1305-esn-noesn,"
	  "aes128-aes256-aes192-sha256-sha384-sha512-esn-noesn" },
	{ P(.encr = MISSIU_ENCR_ANY, .auth = MISSIU_AUTH_NONE),
	  "aes128gcm16-aes256gcm16-aes192gcm16-chacha20poly1305-esn-noesn" },
	{ P(.encr = MISSIU_ENCR_ANY, .auth = MISSIU_AUTH_SHA1),
	  "aes128-aes256-aes192-sha1-esn-noesn" },
	{ P(.encr = MISSIU_ENCR_ANY, .key_len = 16),
	  "aes128gcm16-esn-noesn,aes128-sha256-sha384-sha512-esn-noesn" },
	{ P(.encr = MISSIU_ENCR_ANY, .key_len = 32),
	  "aes256gcm16-chacha20poly1305-esn-noesn,"
	  "aes256-sha256-sha384-sha512-esn-noesn" },
	{ P(.encr = MISSIU_ENCR_ANY, .icv_len = 8),
	  "aes128gcm8-aes256gcm8-aes192gcm8-esn-noesn" },
	{ P(.encr = MISSIU_ENCR_AES_CBC, .auth = MISSIU_AUTH_SHA1),
	  "aes128-aes256-aes192-sha1-esn-noesn" },
	{ P(.encr = MISSIU_ENCR_AES_CBC),
	  "aes128-aes256-aes192-sha256-sha384-sha512-esn-noesn" },
	{ P(.encr = MISSIU_ENCR_AES_CBC, .auth = MISSIU_AUTH_SHA256,
	    .key_len = 32),
	  "aes256-sha256-esn-noesn" },
	{ P(.encr = MISSIU_ENCR_AES_CBC, .auth = MISSIU_AUTH_AES_XCBC,
	    .key_len = 24),
	  "aes192-aesxcbc-esn-noesn" },
	{ P(.encr = MISSIU_ENCR_AES_CBC, .auth = MISSIU_AUTH_AES_CMAC,
	    .key_len = 16),
	  "aes128-aescmac-esn-noesn" },
	{ P(.encr = MISSIU_ENCR_AES_CTR, .auth = MISSIU_AUTH_SHA256,
	    .key_len = 16),
	  "aes128ctr-sha256-esn-noesn" },
	{ P(.encr = MISSIU_ENCR_AES_GCM),
	  "aes128gcm16-aes256gcm16-aes192gcm16-esn-noesn" },
	{ P(.encr = MISSIU_ENCR_AES_GCM, .auth = MISSIU_AUTH_NONE,
	    .key_len = 32, .icv_len = 12),
	  "aes256gcm12-esn-noesn" },
	{ P(.encr = MISSIU_ENCR_AES_CCM, .key_len = 16, .icv_len = 8),
	  "aes128ccm8-esn-noesn" },
	{ P(.encr = MISSIU_ENCR_CHACHA20_POLY1305),
	  "chacha20poly1305-esn-noesn" },
	{ P(.encr = MISSIU_ENCR_CHACHA20_POLY1305, .key_len = 32),
	  "chacha20poly1305-esn-noesn" },
	{ P(.encr = MISSIU_ENCR_3DES, .auth = MISSIU_AUTH_SHA1),
	  "3des-sha1-esn-noesn" },
	{ P(.encr = MISSIU_ENCR_NULL, .auth = MISSIU_AUTH_SHA256),
	  "null-sha256-esn-noesn" },
	{ P(.encr = MISSIU_ENCR_NULL), "null-sha256-sha384-sha512-esn-noesn" },
	{ { .proto = MISSIU_AH,
	    .encr = MISSIU_ENCR_NULL,
	    .auth = MISSIU_AUTH_SHA1 },
	  "sha1-esn-noesn" },
	{ { .proto = MISSIU_AH, .encr = MISSIU_ENCR_NULL },
	  "sha256-sha384-sha512-esn-noesn" },

	{ { .proto = MISSIU_AH, .auth = MISSIU_AUTH_NONE }, NULL },
	{ { .proto = 17 }, NULL },
	{ P(.encr = MISSIU_ENCR_MAX), NULL },
	{ P(.encr = MISSIU_ENCR_AES_CBC, .auth = MISSIU_AUTH_NONE), NULL },
	{ P(.encr = MISSIU_ENCR_NULL, .auth = MISSIU_AUTH_NONE), NULL },
	{ P(.encr = MISSIU_ENCR_AES_GCM, .auth = MISSIU_AUTH_SHA256), NULL },
	{ P(.encr = MISSIU_ENCR_AES_CBC, .key_len = 20), NULL },
	{ P(.encr = MISSIU_ENCR_AES_CBC, .auth = MISSIU_AUTH_BLAKE2B), NULL },
	{ P(.encr = MISSIU_ENCR_AES_CBC, .auth = MISSIU_AUTH_MAX), NULL },
	{ P(.encr = MISSIU_ENCR_AES_GCM, .icv_len = 10), NULL },
	{ P(.encr = MISSIU_ENCR_CHACHA20_POLY1305, .key_len = 16), NULL },
	{ P(.encr = MISSIU_ENCR_DES, .auth = MISSIU_AUTH_SHA1), NULL },
	{ P(.encr = MISSIU_ENCR_ANY, .key_len = 17), NULL },
};

static void test_policies_become_proposals(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(protections); i++) {
		struct ike_proposals set = { .n = 77 };
		struct missiu_diag diag = { "" };
		char text[256];
		int ret = ike_proposals_from_prot(&protections[i].prot, false,
						  NULL, 0, &set, &diag);

		if (!protections[i].text) {
			assert_true(ret == MISSIU_EINVAL ||
				    ret == MISSIU_EUNSUP);
			assert_true(diag.msg[0]);
			assert_int_equal(set.n, 77);
			continue;
		}
		if (ret)
			fail_msg("row %zu: %s", i, diag.msg);
		ike_proposals_text(&set, text, sizeof(text));
		assert_string_equal(text, protections[i].text);
		for (size_t k = 0; k < set.n; k++)
			assert_int_equal(set.p[k].number, k + 1);
	}
}

static void test_any_never_means_weak(void **state)
{
	static const struct missiu_prot any[] = {
		P(.encr = MISSIU_ENCR_ANY),
		P(.encr = MISSIU_ENCR_AES_CBC),
		{ .proto = MISSIU_AH, .encr = MISSIU_ENCR_NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(any); i++) {
		struct ike_proposals set;

		assert_int_equal(ike_proposals_from_prot(&any[i], false, NULL,
							 0, &set, NULL),
				 0);
		for (size_t k = 0; k < set.n_t; k++) {
			uint8_t id, icv;

			if (set.t[k].type == IKE_T_ENCR) {
				assert_true(
					encr_from_iana(set.t[k].id, &id, &icv));
				assert_false(encr_alg(id)->weak);
			} else if (set.t[k].type == IKE_T_INTEG) {
				assert_true(auth_from_iana(set.t[k].id, &id));
				assert_false(auth_alg(id)->weak);
			}
		}
	}
}

static void test_groups_and_esn_of_policies(void **state)
{
	static const struct missiu_prot gcm =
		P(.encr = MISSIU_ENCR_AES_GCM, .key_len = 16);
	static const uint16_t dh[] = { IKE_DH_X25519, IKE_DH_MODP2048,
				       IKE_DH_NONE };
	static const uint16_t many[IKE_TRANSFORMS_MAX];
	struct ike_proposals set;
	char text[128];

	(void)state;
	assert_int_equal(ike_proposals_from_prot(&gcm, true, dh, 3, &set, NULL),
			 0);
	ike_proposals_text(&set, text, sizeof(text));
	assert_string_equal(text, "aes128gcm16-x25519-modp2048-none");
	assert_int_equal(ike_proposals_first_dh(&set), IKE_DH_X25519);
	assert_true(ike_proposals_has_dh(&set, IKE_DH_MODP2048));
	assert_false(ike_proposals_has_dh(&set, IKE_DH_ECP256));
	assert_int_equal(ike_proposals_from_prot(&gcm, true, many, COUNT(many),
						 &set, NULL),
			 MISSIU_EFULL);
}

static void test_only_one_group_is_kept(void **state)
{
	struct ike_proposals set =
		parsed("aes128gcm16-prfsha256-x25519-ecp256-modp2048,"
		       "aes256-sha256-modp3072",
		       IKE);
	char text[128];

	(void)state;
	ike_proposals_only_dh(&set, IKE_DH_ECP384);
	ike_proposals_text(&set, text, sizeof(text));
	assert_string_equal(text, "aes128gcm16-prfsha256-ecp384,"
				  "aes256-sha256-ecp384");
	set = parsed("aes128gcm16", ESP);
	ike_proposals_only_dh(&set, IKE_DH_ECP384);
	assert_int_equal(ike_proposals_first_dh(&set), 0);
}

/* --- what becomes of a child's suite --- */

static void test_suite_describes_an_sa(void **state)
{
	static const struct {
		uint8_t proto;
		const char *text;
		uint8_t encr, auth, icv_len, encr_key_len, auth_key_len;
		bool esn;
	} v[] = {
		{ ESP, "aes128gcm16-esn", MISSIU_ENCR_AES_GCM, MISSIU_AUTH_NONE,
		  16, 20, 0, true },
		{ ESP, "aes256gcm8", MISSIU_ENCR_AES_GCM, MISSIU_AUTH_NONE, 8,
		  36, 0, false },
		{ ESP, "aes128ccm12", MISSIU_ENCR_AES_CCM, MISSIU_AUTH_NONE, 12,
		  19, 0, false },
		{ ESP, "chacha20poly1305", MISSIU_ENCR_CHACHA20_POLY1305,
		  MISSIU_AUTH_NONE, 16, 36, 0, false },
		{ ESP, "aes256-sha256", MISSIU_ENCR_AES_CBC, MISSIU_AUTH_SHA256,
		  0, 32, 32, false },
		{ ESP, "aes128-sha1-esn", MISSIU_ENCR_AES_CBC, MISSIU_AUTH_SHA1,
		  0, 16, 20, true },
		{ ESP, "aes192ctr-sha512", MISSIU_ENCR_AES_CTR,
		  MISSIU_AUTH_SHA512, 0, 28, 64, false },
		{ ESP, "3des-sha1", MISSIU_ENCR_3DES, MISSIU_AUTH_SHA1, 0, 24,
		  20, false },
		{ ESP, "null-sha384", MISSIU_ENCR_NULL, MISSIU_AUTH_SHA384, 0,
		  0, 48, false },
		{ AH, "sha256", MISSIU_ENCR_NULL, MISSIU_AUTH_SHA256, 0, 0, 32,
		  false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(v); i++) {
		struct ike_proposals set = parsed(v[i].text, v[i].proto);
		struct missiu_sa sa = { .spi = 7, .flags = MISSIU_SA_ESN };
		struct ike_suite s;

		assert_int_equal(ike_proposal_choose(&set, &set, 0, &s), 0);
		assert_int_equal(ike_suite_to_sa(&s, &sa), 0);
		assert_int_equal(sa.proto,
				 v[i].proto == AH ? MISSIU_AH : MISSIU_ESP);
		assert_int_equal(sa.encr, v[i].encr);
		assert_int_equal(sa.auth, v[i].auth);
		assert_int_equal(sa.icv_len, v[i].icv_len);
		assert_int_equal(sa.encr_key_len, v[i].encr_key_len);
		assert_int_equal(sa.auth_key_len, v[i].auth_key_len);
		assert_int_equal(!!(sa.flags & MISSIU_SA_ESN), v[i].esn);
		assert_int_equal(sa.spi, 7);
	}
}

static void test_suite_without_an_sa(void **state)
{
	static const struct ike_suite v[] = {
		{ .proto = ESP, .encr = 1024 },
		{ .proto = ESP, .encr = IKE_ENCR_AES_CBC, .key_bits = 512 },
		{ .proto = ESP, .encr = IKE_ENCR_AES_CBC },
		{ .proto = ESP, .encr = IKE_ENCR_AES_CBC, .key_bits = 129 },
		{ .proto = ESP, .encr = IKE_ENCR_NULL, .integ = 1024 },
	};
	struct missiu_sa sa = { .spi = 7 };

	(void)state;
	for (size_t i = 0; i < COUNT(v); i++)
		assert_int_equal(ike_suite_to_sa(&v[i], &sa), MISSIU_EUNSUP);
	assert_int_equal(sa.encr, 0);
}

/* --- additional key exchanges (RFC 9370) */

static const struct {
	const char *offer, *accept;
	uint16_t ke_group;
	const char *chosen; /* NULL: none */
} addke_choices[] = {
#define B "aes128gcm16-prfsha256-"
	{ B "x25519-ke1_ecp384", B "x25519-ke1_ecp384", 31,
	  B "x25519-ke1_ecp384" },
	/* Asked for on one side only. */
	{ B "x25519-ke1_ecp384", B "x25519", 31, NULL },
	{ B "x25519", B "x25519-ke1_ecp384", 31, NULL },
	{ B "x25519-ke1_ecp384-ke1_none", B "x25519", 31, B "x25519" },
	{ B "x25519", B "x25519-ke1_ecp384-ke1_none", 31, B "x25519" },
	{ B "x25519-ke1_ecp384," B "x25519", B "x25519", 31, B "x25519" },
	/* Ours decides the order; NONE is one of them. */
	{ B "x25519-ke1_none-ke1_ecp384", B "x25519-ke1_ecp384-ke1_none", 31,
	  B "x25519-ke1_ecp384" },
	{ B "x25519-ke1_ecp384-ke1_none", B "x25519-ke1_none-ke1_ecp384", 31,
	  B "x25519" },
	/* Numbers matter, gaps don't. */
	{ B "x25519-ke1_ecp384", B "x25519-ke2_ecp384", 31, NULL },
	{ B "x25519-ke3_ecp384", B "x25519-ke3_ecp384", 31,
	  B "x25519-ke3_ecp384" },
	/* No method twice, and what would lead into that is not taken. */
	{ B "x25519-ke1_x25519", B "x25519-ke1_x25519", 31, NULL },
	{ B "x25519-ecp256-ke1_x25519", B "x25519-ecp256-ke1_x25519", 19,
	  B "ecp256-ke1_x25519" },
	{ B "x25519-ke1_ecp384-ke1_ecp521-ke2_ecp384",
	  B "x25519-ke1_ecp384-ke1_ecp521-ke2_ecp384", 31,
	  B "x25519-ke1_ecp521-ke2_ecp384" },
	{ B "x25519-ke1_ecp256-ke2_ecp384-ke3_ecp521-ke4_x448-ke5_modp2048-"
	    "ke6_modp3072-ke7_modp4096",
	  B "x25519-ke1_ecp256-ke2_ecp384-ke3_ecp521-ke4_x448-ke5_modp2048-"
	    "ke6_modp3072-ke7_modp4096",
	  31,
	  B "x25519-ke1_ecp256-ke2_ecp384-ke3_ecp521-ke4_x448-ke5_modp2048-"
	    "ke6_modp3072-ke7_modp4096" },
#undef B
};

static void test_choosing_additional_key_exchanges(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(addke_choices); i++) {
		struct ike_proposals o = parsed(addke_choices[i].offer, IKE);
		struct ike_proposals a = parsed(addke_choices[i].accept, IKE);
		struct ike_proposals back;
		struct ike_suite s, checked;
		char text[IKE_SUITE_TEXT_MAX] = "";
		int ret = ike_proposal_choose(&o, &a, addke_choices[i].ke_group,
					      &s);

		if (!addke_choices[i].chosen) {
			if (!ret)
				fail_msg("chosen: %s", addke_choices[i].offer);
			continue;
		}
		assert_int_equal(ret, 0);
		ike_suite_text(&s, text, sizeof(text));
		assert_string_equal(text, addke_choices[i].chosen);
		/* The initiator agrees with what it is told. */
		ike_suite_to_proposals(&s, &back);
		assert_int_equal(
			ike_proposal_check_answer(&o, &back, &checked, NULL),
			0);
		assert_memory_equal(checked.addke, s.addke, sizeof(s.addke));
	}
}

static void test_an_answer_with_a_method_twice_is_refused(void **state)
{
	struct ike_proposals o = parsed(
		"aes128gcm16-prfsha256-x25519-ke1_x25519-ke1_ecp384", IKE);
	struct ike_proposals a =
		parsed("aes128gcm16-prfsha256-x25519-ke1_x25519", IKE);
	struct missiu_diag diag;
	struct ike_suite s;

	(void)state;
	assert_int_equal(ike_proposal_check_answer(&o, &a, &s, &diag),
			 MISSIU_EPROTO);
	assert_non_null(strstr(diag.msg, "twice"));
}

static void test_additional_ones_are_dropped_or_needed(void **state)
{
	struct ike_proposals a =
		parsed("aes128gcm16-prfsha256-x25519-ke1_ecp384,"
		       "aes256gcm16-prfsha256-x25519-ke1_ecp384-ke1_none,"
		       "aes128-sha256-x25519",
		       IKE);
	char text[200];

	(void)state;
	assert_true(ike_proposals_has_addke(&a));
	ike_proposals_drop_addke(&a);
	assert_false(ike_proposals_has_addke(&a));
	ike_proposals_text(&a, text, sizeof(text));
	assert_string_equal(text, "aes256gcm16-prfsha256-x25519,"
				  "aes128-sha256-x25519");
}

static void test_children_get_the_additional_ones_of_ike(void **state)
{
	struct ike_proposals esp =
		parsed("aes128gcm16-x25519,aes256-sha256", ESP);
	const struct ike_proposals from =
		parsed("aes128gcm16-prfsha256-x25519-ke1_ecp384-ke1_ecp521,"
		       "aes256gcm16-prfsha256-x25519-ke1_ecp521-ke2_x448",
		       IKE);
	struct ike_proposals need = esp;
	char text[300];

	(void)state;
	assert_int_equal(ike_proposals_add_ke(&need, &from, true), 0);
	ike_proposals_text(&need, text, sizeof(text));
	assert_string_equal(text,
			    "aes128gcm16-x25519-ke1_ecp384-ke1_ecp521-ke2_x448,"
			    "aes256-sha256-ke1_ecp384-ke1_ecp521-ke2_x448");
	assert_int_equal(ike_proposals_add_ke(&esp, &from, false), 0);
	ike_proposals_text(&esp, text, sizeof(text));
	assert_non_null(strstr(text, "ke1_none-ke2_x448-ke2_none,"));
}

static void test_an_absent_kem_is_named(void **state)
{
	struct ike_proposals a =
		parsed("aes128gcm16-prfsha256-x25519-ke1_mlkem768", IKE);
	struct missiu_diag diag = { "" };
	char why[80];

	(void)state;
	if (!kex_missing(IKE_KE_MLKEM768, why, sizeof(why))) {
		assert_int_equal(ike_proposals_usable(&a, &diag), 0);
		return;
	}
	assert_int_equal(ike_proposals_usable(&a, &diag), MISSIU_EUNSUP);
	assert_non_null(strstr(diag.msg, "ke1_mlkem768 needs OpenSSL 3.5"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_notation_reads_and_prints),
		cmocka_unit_test(test_malformed_notation_is_explained),
		cmocka_unit_test(
			test_more_than_the_maximum_of_proposals_is_full),
		cmocka_unit_test(test_text_is_cut_with_dots),
		cmocka_unit_test(test_unknown_transforms_print_as_numbers),
		cmocka_unit_test(test_default_is_strong_and_usable),
		cmocka_unit_test(test_unusable_algorithms_are_named),
		cmocka_unit_test(test_choices),
		cmocka_unit_test(test_choosing_between_protocols),
		cmocka_unit_test(test_unusable_transform_is_passed_over),
		cmocka_unit_test(test_unknown_type_spoils_its_proposal_only),
		cmocka_unit_test(test_aead_with_explicit_no_integrity),
		cmocka_unit_test(test_mixed_proposal_of_a_sloppy_peer),
		cmocka_unit_test(test_never_without_integrity),
		cmocka_unit_test(test_key_length_must_match_exactly),
		cmocka_unit_test(test_a_wrong_answer_is_explained),
		cmocka_unit_test(test_an_answer_must_fit_its_proposal),
		cmocka_unit_test(test_policies_become_proposals),
		cmocka_unit_test(test_any_never_means_weak),
		cmocka_unit_test(test_groups_and_esn_of_policies),
		cmocka_unit_test(test_only_one_group_is_kept),
		cmocka_unit_test(test_suite_describes_an_sa),
		cmocka_unit_test(test_suite_without_an_sa),
		cmocka_unit_test(test_choosing_additional_key_exchanges),
		cmocka_unit_test(test_an_answer_with_a_method_twice_is_refused),
		cmocka_unit_test(test_additional_ones_are_dropped_or_needed),
		cmocka_unit_test(test_children_get_the_additional_ones_of_ike),
		cmocka_unit_test(test_an_absent_kem_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
