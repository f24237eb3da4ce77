/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/addr.h"
#include "ike/natd.h"
#include "ike_samples.h"

static struct ike_msg msg; /* large: not on the stack */

static struct ike_end end(const char *text, uint16_t port)
{
	struct ike_end e = { .port = port };

	assert_true(addr_parse(text, &e.addr));
	return e;
}

/* Expected values computed with Python's hashlib over the bytes of 2.23. */
static void test_hash_is_sha1_of_spis_address_port(void **state)
{
	struct ike_end e4 = end("192.0.2.1", 500);
	struct ike_end e6 = end("2001:db8::1", 4500);
	struct bytes h4 = unhex("d798d986143f878f70765e0e869c80bbc375f701");
	struct bytes h6 = unhex("98c75483db80168697635aa7844504963e87de33");
	struct ike_end none = { .port = 500 };
	uint8_t hash[IKE_NATD_LEN];

	(void)state;
	assert_int_equal(ike_natd_hash(0x0102030405060708, 0x1112131415161718,
				       &e4, hash),
			 0);
	assert_memory_equal(hash, h4.b, sizeof(hash));
	assert_int_equal(ike_natd_hash(0x0102030405060708, 0, &e6, hash), 0);
	assert_memory_equal(hash, h6.b, sizeof(hash));
	assert_int_equal(ike_natd_hash(1, 2, &none, hash), MISSIU_EINVAL);
}

/* A message from @src to @dst as its sender sees them. */
static size_t message(const struct ike_end *src, const struct ike_end *dst,
		      uint8_t *out, size_t cap)
{
	struct ike_hdr h = { .spi_i = 1,
			     .spi_r = 2,
			     .exchange = IKE_X_SA_INIT };
	struct ike_build b;

	ike_build_start(&b, out, cap, &h);
	assert_int_equal(ike_natd_put(&b, &h, src, dst), 0);
	return ike_build_end(&b);
}

static void test_detects_who_is_behind_a_nat(void **state)
{
	const struct ike_end a = end("10.0.0.5", 500);
	const struct ike_end a_out = end("192.0.2.1", 1024);
	const struct ike_end a_port = end("10.0.0.5", 1024);
	const struct ike_end b = end("198.51.100.1", 500);
	const struct ike_end b_in = end("172.16.0.7", 500);
	const struct {
		const struct ike_end *seen_local, *seen_remote;
		bool nat_local, nat_remote;
	} v[] = {
		{ &b, &a, false, false },     { &b, &a_out, false, true },
		{ &b_in, &a, true, false },   { &b_in, &a_out, true, true },
		{ &b, &a_port, false, true },
	};
	uint8_t buf[256];
	size_t len = message(&a, &b, buf, sizeof(buf));

	(void)state;
	assert_int_equal(ike_msg_parse(buf, len, &msg), 0);
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		struct ike_natd n;

		assert_int_equal(ike_natd_check(&msg, v[i].seen_local,
						v[i].seen_remote, &n),
				 0);
		assert_true(n.supported);
		assert_int_equal(n.nat_local, v[i].nat_local);
		assert_int_equal(n.nat_remote, v[i].nat_remote);
	}
}

/* 2.23: a sender that does not know its address sends one hash for each. */
static void test_any_of_several_sources_may_match(void **state)
{
	const struct ike_end a = end("10.0.0.5", 500), b = end("10.0.0.6", 500);
	const struct ike_end c = end("10.0.0.7", 500);
	const struct ike_end dst = end("198.51.100.1", 500);
	struct ike_hdr h = { .spi_i = 1, .spi_r = 2 };
	uint8_t buf[256];
	struct ike_build w;
	struct ike_natd n;
	size_t len;

	(void)state;
	ike_build_start(&w, buf, sizeof(buf), &h);
	assert_int_equal(ike_natd_put(&w, &h, &a, &dst), 0);
	assert_int_equal(ike_natd_put(&w, &h, &b, &dst), 0);
	len = ike_build_end(&w);
	assert_int_equal(ike_msg_parse(buf, len, &msg), 0);
	assert_int_equal(ike_natd_check(&msg, &dst, &b, &n), 0);
	assert_false(n.nat_remote);
	assert_int_equal(ike_natd_check(&msg, &dst, &c, &n), 0);
	assert_true(n.nat_remote);
}

static void test_one_kind_alone_is_no_support(void **state)
{
	const struct ike_end a = end("10.0.0.5", 500);
	struct ike_hdr h = { .spi_i = 1, .spi_r = 2 };
	static const uint8_t hash[IKE_NATD_LEN];
	struct ike_build w;
	struct ike_natd n;
	uint8_t buf[256];
	size_t len;

	(void)state;
	ike_build_start(&w, buf, sizeof(buf), &h);
	ike_put_notify_data(&w, IKE_N_NAT_DETECTION_SOURCE_IP, hash,
			    sizeof(hash));
	len = ike_build_end(&w);
	assert_int_equal(ike_msg_parse(buf, len, &msg), 0);
	assert_int_equal(ike_natd_check(&msg, &a, &a, &n), 0);
	assert_false(n.supported || n.nat_local || n.nat_remote);
}

/* A hash of the wrong length never matches. */
static void test_short_hash_is_a_mismatch(void **state)
{
	const struct ike_end a = end("10.0.0.5", 500);
	struct ike_hdr h = { .spi_i = 1, .spi_r = 2 };
	uint8_t hash[IKE_NATD_LEN], buf[256], *b;
	struct ike_build w;
	struct ike_natd n;
	size_t len;

	(void)state;
	assert_int_equal(ike_natd_hash(1, 2, &a, hash), 0);
	ike_build_start(&w, buf, sizeof(buf), &h);
	ike_put_notify_data(&w, IKE_N_NAT_DETECTION_DESTINATION_IP, hash, 20);
	ike_put_notify_data(&w, IKE_N_NAT_DETECTION_SOURCE_IP, hash, 19);
	len = ike_build_end(&w);
	b = exact(buf, len); /* the byte after it is not ours */
	assert_int_equal(ike_msg_parse(b, len, &msg), 0);
	assert_int_equal(ike_natd_check(&msg, &a, &a, &n), 0);
	free(b);
	assert_true(n.supported && n.nat_remote && !n.nat_local);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hash_is_sha1_of_spis_address_port),
		cmocka_unit_test(test_detects_who_is_behind_a_nat),
		cmocka_unit_test(test_any_of_several_sources_may_match),
		cmocka_unit_test(test_one_kind_alone_is_no_support),
		cmocka_unit_test(test_short_hash_is_a_mismatch),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
