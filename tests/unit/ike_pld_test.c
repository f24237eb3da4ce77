/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "crypto/dn.h"
#include "ike/ident.h"
#include "ike/idtext.h"

#include "ike_samples.h"

static struct ike_msg msg; /* large: not on the stack */

/* One payload with this body, in a block of exactly its size. */
static int parse_body(uint8_t type, const uint8_t *body, size_t len)
{
	uint8_t *b = malloc(len + 4);
	int ret;

	b[0] = b[1] = 0;
	store_be16(b + 2, (uint16_t)(len + 4));
	memcpy(b + 4, body, len);
	memset(&msg, 0, sizeof(msg));
	ret = ike_payloads_parse(type, b, len + 4, &msg);
	free(b);
	return ret;
}

#define OK  0
#define BAD MISSIU_EPROTO

/* One ENCR transform, last or not. */
#define GCM	 "00 00 000c 01 00 0014 800e 0080"
#define GCM_MORE "03 00 000c 01 00 0014 800e 0080"

static const struct body {
	const char *what;
	uint8_t type;
	const char *hex;
	int ret;
} bodies[] = {
	{ "SA of one proposal", IKE_P_SA, "00 00 0014 01 01 00 01" GCM, OK },
	{ "SA without proposals", IKE_P_SA, "", BAD },
	{ "half a proposal header", IKE_P_SA, "00 00 00", BAD },
	{ "proposal length too short", IKE_P_SA, "00 00 0007 01 01 00", BAD },
	{ "proposal length zero", IKE_P_SA, "00 00 0000 01 01 00 00", BAD },
	{ "proposal length too long", IKE_P_SA, "00 00 0015 01 01 00 01" GCM,
	  BAD },
	{ "proposal length swallows nothing of the transform", IKE_P_SA,
	  "00 00 0008 01 01 00 01" GCM, BAD },
	{ "more proposals promised", IKE_P_SA, "02 00 0014 01 01 00 01" GCM,
	  BAD },
	{ "last proposal is not", IKE_P_SA,
	  "00 00 0014 01 01 00 01" GCM "00 00 0014 02 01 00 01" GCM, BAD },
	{ "two proposals", IKE_P_SA,
	  "02 00 0014 01 01 00 01" GCM "00 00 0014 02 01 00 01" GCM, OK },
	{ "IKEv1's mark of more", IKE_P_SA,
	  "03 00 0014 01 01 00 01" GCM "00 00 0014 02 01 00 01" GCM, BAD },
	{ "proposal number zero", IKE_P_SA, "00 00 0014 00 01 00 01" GCM, BAD },
	{ "fewer transforms than counted", IKE_P_SA,
	  "00 00 0014 01 01 00 02" GCM, BAD },
	{ "more transforms than counted", IKE_P_SA,
	  "00 00 0020 01 01 00 01" GCM GCM, BAD },
	{ "last transform is not marked", IKE_P_SA,
	  "00 00 0014 01 01 00 01" GCM_MORE, BAD },
	{ "transform marked last is not", IKE_P_SA,
	  "00 00 0020 01 01 00 02" GCM GCM, BAD },
	{ "two transforms", IKE_P_SA, "00 00 0020 01 01 00 02" GCM_MORE GCM,
	  OK },
	{ "proposal without transforms", IKE_P_SA, "00 00 0008 01 01 00 00",
	  OK },
	{ "IKE SPI of 8", IKE_P_SA,
	  "00 00 001c 01 01 08 01 1111111111111111" GCM, OK },
	{ "IKE SPI of 4", IKE_P_SA, "00 00 0018 01 01 04 01 11111111" GCM,
	  BAD },
	{ "IKE SPI of zero", IKE_P_SA,
	  "00 00 001c 01 01 08 01 0000000000000000" GCM, BAD },
	{ "ESP SPI of 4", IKE_P_SA, "00 00 0018 01 03 04 01 11111111" GCM, OK },
	{ "ESP SPI of zero", IKE_P_SA, "00 00 0018 01 03 04 01 00000000" GCM,
	  BAD },
	{ "ESP without SPI", IKE_P_SA, "00 00 0014 01 03 00 01" GCM, BAD },
	{ "AH SPI of 8", IKE_P_SA,
	  "00 00 001c 01 02 08 01 1111111111111111" GCM, BAD },
	{ "SPI longer than the proposal", IKE_P_SA,
	  "00 00 000a 01 03 04 00 11"
	  "11",
	  BAD },
	{ "unknown protocol with a long SPI", IKE_P_SA,
	  "00 00 001d 01 09 09 01 111111111111111111" GCM, OK },
	{ "unknown protocol with an SPI too long", IKE_P_SA,
	  "00 00 0009 01 09 02 00 11", BAD },
	{ "transform length too short", IKE_P_SA,
	  "00 00 000f 01 01 00 01 00 00 0007 01 00 00", BAD },
	{ "transform length zero", IKE_P_SA,
	  "00 00 0010 01 01 00 01 00 00 0000 01 00 0014", BAD },
	{ "transform length too long", IKE_P_SA,
	  "00 00 0010 01 01 00 01 00 00 0009 01 00 0014", BAD },
	{ "half an attribute", IKE_P_SA,
	  "00 00 0012 01 01 00 01 00 00 000a 01 00 0014 800e", BAD },
	{ "TLV attribute", IKE_P_SA,
	  "00 00 0016 01 01 00 01 00 00 000e 01 00 0014 0011 0002 aaaa", OK },
	{ "TLV attribute too long", IKE_P_SA,
	  "00 00 0016 01 01 00 01 00 00 000e 01 00 0014 0011 0003 aaaa", BAD },

	{ "KE", IKE_P_KE, "001f 0000 aa", OK },
	{ "KE without data", IKE_P_KE, "001f 0000", BAD },
	{ "KE without reserved", IKE_P_KE, "001f 00", BAD },
	{ "IDi", IKE_P_IDI, "02 000000 61", OK },
	{ "IDi without data", IKE_P_IDI, "02 000000", BAD },
	{ "IDi of type 0", IKE_P_IDI, "00 000000 61", BAD },
	{ "IDr IPv4", IKE_P_IDR, "01 000000 c0000201", OK },
	{ "IDr IPv4 of 3", IKE_P_IDR, "01 000000 c00002", BAD },
	{ "IDr IPv4 of 16", IKE_P_IDR,
	  "01 000000 20010db8000000000000000000000001", BAD },
	{ "IDr IPv6", IKE_P_IDR, "05 000000 20010db8000000000000000000000001",
	  OK },
	{ "IDr IPv6 of 4", IKE_P_IDR, "05 000000 c0000201", BAD },
	{ "AUTH", IKE_P_AUTH, "02 000000 aa", OK },
	{ "AUTH cut", IKE_P_AUTH, "02 0000", BAD },
	{ "Nonce of 16", IKE_P_NONCE, "00112233445566778899aabbccddeeff", OK },
	{ "Nonce of 15", IKE_P_NONCE, "00112233445566778899aabbccddee", BAD },
	{ "CERT without encoding", IKE_P_CERT, "", BAD },
	{ "CERTREQ without encoding", IKE_P_CERTREQ, "", BAD },

	{ "N", IKE_P_NOTIFY, "00 00 4000", OK },
	{ "N cut", IKE_P_NOTIFY, "00 00 40", BAD },
	{ "N with SPI", IKE_P_NOTIFY, "03 04 4009 c0ffee01", OK },
	{ "N with SPI cut", IKE_P_NOTIFY, "03 04 4009 c0ffee", BAD },
	{ "N with ESP SPI of 8", IKE_P_NOTIFY, "03 08 4009 c0ffee01c0ffee01",
	  BAD },
	{ "N with data", IKE_P_NOTIFY, "00 00 4006 112233", OK },

	{ "D ESP", IKE_P_DELETE, "03 04 0001 c0ffee01", OK },
	{ "D ESP of none", IKE_P_DELETE, "03 04 0000", OK },
	{ "D ESP one too few", IKE_P_DELETE, "03 04 0002 c0ffee01", BAD },
	{ "D ESP one too many", IKE_P_DELETE, "03 04 0000 c0ffee01", BAD },
	{ "D ESP SPI of zero", IKE_P_DELETE, "03 04 0001 00000000", BAD },
	{ "D ESP SPI of 8", IKE_P_DELETE, "03 08 0001 c0ffee01c0ffee01", BAD },
	{ "D ESP SPI size 0, many", IKE_P_DELETE, "03 00 ffff", BAD },
	{ "D IKE", IKE_P_DELETE, "01 00 0000", OK },
	{ "D IKE with SPI", IKE_P_DELETE, "01 08 0001 1111111111111111", BAD },
	{ "D IKE counted", IKE_P_DELETE, "01 00 0001", BAD },
	{ "D of nothing", IKE_P_DELETE, "00 00 0000", BAD },

	{ "TSi", IKE_P_TSI, "01 000000 07 00 0010 0000 ffff c0000200 c00002ff",
	  OK },
	{ "TSi of none", IKE_P_TSI, "00 000000", BAD },
	{ "TSi cut", IKE_P_TSI, "01 0000", BAD },
	{ "TSi one too few", IKE_P_TSI,
	  "02 000000 07 00 0010 0000 ffff c0000200 c00002ff", BAD },
	{ "TSi one too many", IKE_P_TSI,
	  "01 000000 07 00 0010 0000 ffff c0000200 c00002ff 00", BAD },
	{ "TS length below its header", IKE_P_TSI,
	  "01 000000 07 00 0007 0000 ff", BAD },
	{ "TS length zero", IKE_P_TSI,
	  "01 000000 07 00 0000 0000 ffff c0000200 c00002ff", BAD },
	{ "TS IPv4 of IPv6's length", IKE_P_TSI,
	  "01 000000 07 00 0028 0000 ffff"
	  "00000000 ffffffff ffffffff ffffffff 00000000ffffffffffffffffffffffff",
	  BAD },
	{ "TS IPv6 of IPv4's length", IKE_P_TSI,
	  "01 000000 08 00 0010 0000 ffff c0000200 c00002ff", BAD },
	{ "TS addresses reversed", IKE_P_TSI,
	  "01 000000 07 00 0010 0000 ffff c00002ff c0000200", BAD },
	{ "TS ports reversed", IKE_P_TSI,
	  "01 000000 07 06 0010 0051 0050 c0000200 c00002ff", BAD },
	{ "TS of unknown type", IKE_P_TSI, "01 000000 09 00 0008 0000 0000",
	  OK },
	{ "TS of unknown type cut", IKE_P_TSI, "01 000000 09 00 0009 0000 0000",
	  BAD },
};

static void test_body_rules(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		struct bytes s = unhex(bodies[i].hex);
		int ret = parse_body(bodies[i].type, s.b, s.len);

		if (ret != bodies[i].ret)
			fail_msg("%s: %d, not %d (%s)", bodies[i].what, ret,
				 bodies[i].ret, msg.why ? msg.why : "");
		if (ret) {
			assert_int_equal(msg.bad, bodies[i].type);
			assert_non_null(msg.why);
			assert_false(ike_msg_has(&msg, bodies[i].type));
		}
	}
}

/* Prefixes and flips of each good body, also where messages have no example. */
static void test_bodies_cut_and_flipped(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		struct bytes s = unhex(bodies[i].hex);

		for (size_t n = 0; n < s.len; n++)
			assert_true(parse_body(bodies[i].type, s.b, n) <= 0);
		for (size_t bit = 0; bit < s.len * 8; bit++) {
			s.b[bit / 8] ^= (uint8_t)(1u << bit % 8);
			assert_true(parse_body(bodies[i].type, s.b, s.len) <=
				    0);
			s.b[bit / 8] ^= (uint8_t)(1u << bit % 8);
		}
	}
}

/* RFC 7296 3.3.6: refuse the transform, not the message. */
static void test_unknown_attributes_make_a_transform_unusable(void **state)
{
	static const struct {
		const char *attrs;
		bool unusable;
	} v[] = {
		{ "", false },
		{ "800e 0080", false },
		{ "800e 0000", true },		 /* key length of zero */
		{ "800e 0080 800e 0100", true }, /* two key lengths */
		{ "8011 0001", true },		 /* unknown, fixed */
		{ "0011 0002 aaaa", true },	 /* unknown, variable */
		{ "000e 0002 0080", true },	 /* variable key length */
		{ "0011 0000", true },		 /* nothing in it */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		struct bytes a = unhex(v[i].attrs),
			     s = unhex("00 00 0000 01 01 00 01"
				       "00 00 0000 01 00 0014");

		store_be16(s.b + 2, (uint16_t)(s.len + a.len));
		store_be16(s.b + 10, (uint16_t)(8 + a.len));
		memcpy(s.b + s.len, a.b, a.len);
		assert_int_equal(parse_body(IKE_P_SA, s.b, s.len + a.len), 0);
		assert_int_equal(msg.sa.t[0].unusable, v[i].unusable);
	}
}

static void test_opaque_and_unknown_selectors_are_counted(void **state)
{
	struct bytes s = unhex("03 000000"
			       "07 06 0010 ffff 0000 c0000200 c00002ff"
			       "09 00 000a 0000 0000 aaaa"
			       "07 06 0010 0050 0050 c0000200 c00002ff");

	(void)state;
	assert_int_equal(parse_body(IKE_P_TSR, s.b, s.len), 0);
	assert_int_equal(msg.tsr.n, 1);
	assert_int_equal(msg.tsr.n_unusable, 2);
	assert_int_equal(msg.tsr.v[0].port_lo, 80);
}

static void test_selectors_beyond_the_maximum_are_counted(void **state)
{
	struct bytes one = unhex("07 00 0010 0000 ffff c0000200 c00002ff");
	struct bytes s = { .len = 4, .b = { 255 } };

	(void)state;
	for (size_t i = 0; i < 255; i++, s.len += one.len)
		if (s.len + one.len <= sizeof(s.b))
			memcpy(s.b + s.len, one.b, one.len);
	assert_int_equal(s.len, 4 + 255 * 16);
	assert_int_equal(parse_body(IKE_P_TSI, s.b, s.len), 0);
	assert_int_equal(msg.tsi.n, MISSIU_TS_MAX);
	assert_int_equal(msg.tsi.n_more, 255 - MISSIU_TS_MAX);
}

static int parse_proposals(size_t n_proposals, size_t n_transforms)
{
	static const char transform[] = "03 00 0008 02 00 0005";
	struct bytes t = unhex(transform), s = { 0 };

	for (size_t i = 0; i < n_proposals; i++) {
		size_t at = s.len;

		s.b[s.len] = i + 1 == n_proposals ? 0 : IKE_MORE_PROPOSALS;
		s.b[s.len + 4] = (uint8_t)(i + 1);
		s.b[s.len + 5] = IKE_PROTO_IKE;
		s.b[s.len + 7] = (uint8_t)n_transforms;
		s.len += 8;
		for (size_t k = 0; k < n_transforms; k++, s.len += t.len) {
			memcpy(s.b + s.len, t.b, t.len);
			if (k + 1 == n_transforms)
				s.b[s.len] = 0;
		}
		store_be16(s.b + at + 2, (uint16_t)(s.len - at));
	}
	return parse_body(IKE_P_SA, s.b, s.len);
}

static void test_proposal_maxima(void **state)
{
	(void)state;
	assert_int_equal(parse_proposals(IKE_PROPOSALS_MAX, 1), 0);
	assert_int_equal(parse_proposals(IKE_PROPOSALS_MAX + 1, 1),
			 MISSIU_EFULL);
	assert_int_equal(parse_proposals(3, IKE_TRANSFORMS_MAX / 3), 0);
	assert_int_equal(parse_proposals(3, IKE_TRANSFORMS_MAX / 3 + 1),
			 MISSIU_EFULL);
	assert_string_equal(msg.why, "too many transforms");
}

static void test_nonce_maximum(void **state)
{
	static const uint8_t nonce[IKE_NONCE_MAX + 1];

	(void)state;
	assert_int_equal(parse_body(IKE_P_NONCE, nonce, IKE_NONCE_MAX), 0);
	assert_int_equal(parse_body(IKE_P_NONCE, nonce, IKE_NONCE_MAX + 1),
			 MISSIU_EPROTO);
}

static void test_identities_have_a_longest(void **state)
{
	static const struct {
		uint8_t type;
		size_t max;
	} t[] = { { IKE_ID_DER_DN, IKE_ID_MAX },
		  { IKE_ID_FQDN, 255 },
		  { IKE_ID_KEY_ID, 255 } };

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		uint8_t *p = calloc(1, t[i].max + 1);
		struct ike_pld_id pld = { .type = t[i].type,
					  .data = { p, t[i].max + 1 } };
		struct ike_id id = { .type = 7 };
		struct missiu_diag why = { "" };
		char want[64];

		p[t[i].max - 1] = 0x5a;
		assert_int_equal(ike_id_from_pld(&pld, &id, &why),
				 MISSIU_EFULL);
		snprintf(want, sizeof(want),
			 "has %zu bytes, expected up to %zu", t[i].max + 1,
			 t[i].max);
		assert_non_null(strstr(why.msg, want));
		assert_int_equal(id.type, 7);
		pld.data.len--;
		assert_int_equal(ike_id_from_pld(&pld, &id, &why), 0);
		assert_int_equal(id.len, t[i].max);
		assert_memory_equal(ike_id_bytes(&id), p, t[i].max);
		ike_id_drop(&id);
		free(p);
	}
}

/* Copies are counted: the last one frees (and ASan sees it). */
static void test_long_identities_are_shared(void **state)
{
	uint8_t der[600] = { 1 };
	struct ike_id a, b = { .type = 0 }, c;

	(void)state;
	assert_int_equal(ike_id_make(&a, IKE_ID_DER_DN, der, sizeof(der)), 0);
	ike_id_assign(&b, &a);
	ike_id_assign(&b, &b);
	c = ike_id_hold(&b);
	assert_ptr_equal(ike_id_bytes(&a), ike_id_bytes(&c));
	ike_id_drop(&a);
	assert_int_equal(a.type, 0);
	assert_int_equal(a.len, 0);
	ike_id_drop(&b);
	assert_memory_equal(ike_id_bytes(&c), der, sizeof(der));
	ike_id_drop(&c);
}

/* What may come of an ID payload in a block of exactly its size. */
static int use_id(const uint8_t *body, size_t len)
{
	uint8_t *b = malloc(len + 4), again[IKE_ID_BODY_MAX];
	struct ike_id id = { .type = 0 };
	int ret;

	b[0] = b[1] = 0;
	store_be16(b + 2, (uint16_t)(len + 4));
	memcpy(b + 4, body, len);
	memset(&msg, 0, sizeof(msg));
	ret = ike_payloads_parse(IKE_P_IDI, b, len + 4, &msg);
	if (!ret)
		ret = ike_id_from_pld(&msg.idi, &id, NULL);
	if (!ret) {
		assert_int_equal(ike_id_body(&id, again), len);
		assert_memory_equal(again + 4, body + 4, len - 4);
		assert_true(ike_id_eq(&id, &id));
		assert_true(*ike_id_text(&id).s);
	}
	ike_id_drop(&id);
	free(b);
	return ret;
}

static void test_prefixes_and_flips_of_a_long_name(void **state)
{
	uint8_t body[4 + IKE_ID_MAX] = { IKE_ID_DER_DN };
	char text[700] = "CN=a";
	size_t len = 0;

	(void)state;
	for (int i = 0; i < 9; i++)
		strcat(text, ", OU=ten bytes.ten bytes.ten bytes."
			     "ten bytes.ten bytes.ten bytes.");
	assert_int_equal(dn_parse(text, body + 4, IKE_ID_MAX, &len, NULL), 0);
	len += 4;
	assert_true(len > 600);
	assert_int_equal(use_id(body, len), 0);
	for (size_t n = 0; n < len; n++)
		assert_int_equal(use_id(body, n) == 0, n > 4);
	for (size_t bit = 0; bit < 8 * len; bit++) {
		body[bit / 8] ^= (uint8_t)(1 << bit % 8);
		use_id(body, len);
		body[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_body_rules),
		cmocka_unit_test(test_bodies_cut_and_flipped),
		cmocka_unit_test(
			test_unknown_attributes_make_a_transform_unusable),
		cmocka_unit_test(test_opaque_and_unknown_selectors_are_counted),
		cmocka_unit_test(test_selectors_beyond_the_maximum_are_counted),
		cmocka_unit_test(test_proposal_maxima),
		cmocka_unit_test(test_nonce_maximum),
		cmocka_unit_test(test_identities_have_a_longest),
		cmocka_unit_test(test_long_identities_are_shared),
		cmocka_unit_test(test_prefixes_and_flips_of_a_long_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
