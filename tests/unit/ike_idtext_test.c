/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/addr.h"
#include "ike/idtext.h"
#include "ike/wire.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const struct {
	const char *in, *out; /* out NULL: the same */
	uint8_t type, len;
} ids[] = {
	{ "192.168.1.1", NULL, IKE_ID_IPV4, 4 },
	{ "2001:db8::1", NULL, IKE_ID_IPV6, 16 },
	{ "2001:DB8:0::1", "2001:db8::1", IKE_ID_IPV6, 16 },
	{ "host.example", NULL, IKE_ID_FQDN, 12 },
	{ "fqdn:host.example", "host.example", IKE_ID_FQDN, 12 },
	{ "user@host.example", NULL, IKE_ID_RFC822, 17 },
	{ "keyid:0a0b0c", NULL, IKE_ID_KEY_ID, 3 },
	{ "keyid:0A0b0C", "keyid:0a0b0c", IKE_ID_KEY_ID, 3 },
	/* names that look like something else keep their prefix */
	{ "fqdn:192.168.1.1", NULL, IKE_ID_FQDN, 11 },
	{ "fqdn:a@b", NULL, IKE_ID_FQDN, 3 },
	{ "fqdn:keyid:00", NULL, IKE_ID_FQDN, 8 },
	{ "fqdn:fqdn:x", NULL, IKE_ID_FQDN, 6 },
	{ "192.168.1.256", NULL, IKE_ID_FQDN, 13 },
	{ "fqdn:a=b", NULL, IKE_ID_FQDN, 3 },
	{ "email:user", NULL, IKE_ID_RFC822, 4 },
	{ "email:a@b", "a@b", IKE_ID_RFC822, 3 },
	{ "email:a=b@c", "email:a=b@c", IKE_ID_RFC822, 5 },
	{ "CN=host", NULL, IKE_ID_DER_DN, 17 },
	{ "C=CH,O=Example,CN=host", "C=CH, O=Example, CN=host", IKE_ID_DER_DN,
	  48 },
};

static void test_text_and_back(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(ids); i++) {
		const char *want = ids[i].out ? ids[i].out : ids[i].in;
		struct ike_id id, again;

		assert_int_equal(ike_id_parse(ids[i].in, &id, NULL), 0);
		assert_int_equal(id.type, ids[i].type);
		assert_int_equal(id.len, ids[i].len);
		assert_string_equal(ike_id_text(&id).s, want);
		assert_int_equal(ike_id_parse(want, &again, NULL), 0);
		assert_true(ike_id_eq(&id, &again));
	}
}

static void test_malformed_text_is_explained(void **state)
{
	static const char *const bad[] = {
		"",	     "keyid:",	"keyid:0",     "keyid:0g", "keyid:0a0",
		"CN=",	     "CN=a, x", "what=x",      "fqdn:",	   "a b",
		"tab\there", "\x7f",	"caf\xc3\xa9",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct ike_id id = { .type = 77 };
		struct missiu_diag diag = { "" };

		assert_int_equal(ike_id_parse(bad[i], &id, &diag),
				 MISSIU_EINVAL);
		assert_true(diag.msg[0]);
		assert_int_equal(id.type, 77);
	}
}

/* What a peer sends as a DN may be anything. */
static void test_names_that_are_none_print_as_bytes(void **state)
{
	struct ike_id id = { .type = IKE_ID_DER_DN,
			     .len = 2,
			     .data = { 1, 2 } };
	struct ike_id empty = { .type = IKE_ID_DER_DN,
				.len = 2,
				.data = { 0x30, 0 } };

	(void)state;
	assert_string_equal(ike_id_text(&id).s, "type 9:0102");
	assert_string_equal(ike_id_text(&empty).s, "type 9:3000");
	assert_true(ike_id_eq(&id, &id));
	assert_false(ike_id_eq(&id, &empty));
}

static void test_longest_identities(void **state)
{
	char text[600];
	struct ike_id id;

	(void)state;
	memset(text, 'a', sizeof(text));
	text[255] = '\0';
	assert_int_equal(ike_id_parse(text, &id, NULL), 0);
	assert_int_equal(id.len, 255);
	assert_string_equal(ike_id_text(&id).s, text);
	text[255] = 'a';
	text[256] = '\0';
	assert_int_equal(ike_id_parse(text, &id, NULL), MISSIU_EINVAL);
	memcpy(text, "keyid:", 6);
	text[256] = 'a';
	text[6 + 510] = '\0';
	assert_int_equal(ike_id_parse(text, &id, NULL), 0);
	assert_string_equal(ike_id_text(&id).s, text);
	text[6 + 510] = 'a';
	text[6 + 512] = '\0';
	assert_int_equal(ike_id_parse(text, &id, NULL), MISSIU_EINVAL);
	/* The longest text of all is not cut either. */
	id = (struct ike_id){ .type = 255, .len = 255 };
	assert_int_equal(strlen(ike_id_text(&id).s), 9 + 510);
}

/* What a peer sends goes into logs: no control characters. */
static void test_hostile_names_print_harmlessly(void **state)
{
	static const struct ike_id id = { .type = IKE_ID_FQDN,
					  .len = 5,
					  .data = "a\n\x1b\0b" };
	static const struct ike_id other = { .type = 9,
					     .len = 2,
					     .data = { 0x30, 0x00 } };
	static const struct ike_id none = { 0 };

	(void)state;
	assert_string_equal(ike_id_text(&id).s, "a???b");
	assert_string_equal(ike_id_text(&other).s, "type 9:3000");
	assert_string_equal(ike_id_text(&none).s, "none");
}

static void test_equality(void **state)
{
	static const struct {
		const char *a, *b;
		bool eq;
	} v[] = {
		{ "host.example", "HOST.Example", true },
		{ "User@host", "user@HOST", true },
		{ "host.example", "host.exampla", false },
		{ "host.example", "host.exampl", false },
		{ "192.168.1.1", "192.168.1.1", true },
		{ "192.168.1.1", "fqdn:192.168.1.1", false },
		{ "keyid:41", "keyid:61", false },
		{ "keyid:6162", "ab", false },
		{ "keyid:6100", "keyid:6100", true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(v); i++) {
		struct ike_id a, b;

		assert_int_equal(ike_id_parse(v[i].a, &a, NULL), 0);
		assert_int_equal(ike_id_parse(v[i].b, &b, NULL), 0);
		assert_int_equal(ike_id_eq(&a, &b), v[i].eq);
		assert_int_equal(ike_id_eq(&b, &a), v[i].eq);
	}
}

static void test_identity_of_an_address(void **state)
{
	struct missiu_addr a = { 0 };
	struct ike_id id = ike_id_addr(&a);

	(void)state;
	assert_int_equal(id.type, IKE_ID_NONE);
	assert_int_equal(id.len, 0);
	assert_true(addr_parse("192.0.2.1", &a));
	id = ike_id_addr(&a);
	assert_int_equal(id.type, IKE_ID_IPV4);
	assert_memory_equal(id.data, "\xc0\x00\x02\x01", 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text_and_back),
		cmocka_unit_test(test_malformed_text_is_explained),
		cmocka_unit_test(test_names_that_are_none_print_as_bytes),
		cmocka_unit_test(test_longest_identities),
		cmocka_unit_test(test_hostile_names_print_harmlessly),
		cmocka_unit_test(test_equality),
		cmocka_unit_test(test_identity_of_an_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
