/* SPDX-License-Identifier: Apache-2.0 */
/* What a peer assigned, as bytes of the control protocol. */
#include "ctl_samples.h"

#include "ctl/net.h"

static struct ctl_net sample(void)
{
	struct ctl_net net = { .name = "home", .n_addr = 2, .n_route = 3 };

	net.addr[0] = addr_of("10.20.0.5");
	net.addr[1] = addr_of("fd20::5");
	net.route[0] = (struct missiu_range){ addr_of("10.0.0.0"),
					      addr_of("10.255.255.255") };
	net.route[1] = (struct missiu_range){ addr_of("fd01::"),
					      addr_of("fd01::ffff") };
	net.route[2] = (struct missiu_range){ addr_of("192.0.2.7"),
					      addr_of("192.0.2.7") };
	return net;
}

static size_t encode(const struct ctl_net *net, uint8_t *buf)
{
	struct wr w = wr_to(buf, CTL_NET_BYTES);

	ctl_put_net(&w, net);
	assert_true(wr_ok(&w));
	return w.len;
}

/* From a block of exactly its size; what is taken encodes to itself. */
static bool decode(const uint8_t *b, size_t len, struct ctl_net *out)
{
	uint8_t *p = malloc(len ? len : 1), again[CTL_NET_BYTES];
	struct rd r;
	bool ok;

	memcpy(p, b, len);
	r = rd_from(p, len);
	ok = ctl_get_net(&r, out);
	if (ok) {
		assert_int_equal(encode(out, again), len);
		assert_memory_equal(again, b, len);
	}
	free(p);
	return ok;
}

static void test_comes_back_as_it_was(void **state)
{
	struct ctl_net net = sample(), got;
	uint8_t b[CTL_NET_BYTES];
	size_t len = encode(&net, b);

	(void)state;
	assert_true(decode(b, len, &got));
	assert_memory_equal(&net, &got, sizeof(net));
	/* The largest fits. */
	net.n_route = CTL_NET_ROUTES;
	for (uint8_t i = 0; i < CTL_NET_ROUTES; i++)
		net.route[i] = net.route[1];
	memset(net.name, 'x', MISSIU_PEER_NAME_MAX);
	assert_true(decode(b, encode(&net, b), &got));
	/* So does nothing. */
	net = (struct ctl_net){ .name = "home" };
	assert_true(decode(b, encode(&net, b), &got));
}

static void test_every_prefix_and_bit(void **state)
{
	struct ctl_net net = sample(), got;
	uint8_t b[CTL_NET_BYTES];
	const size_t len = encode(&net, b);

	(void)state;
	for (size_t n = 0; n < len; n++)
		assert_false(decode(b, n, &got));
	for (size_t bit = 0; bit < len * 8; bit++) {
		b[bit / 8] ^= (uint8_t)(1 << bit % 8);
		(void)decode(b, len, &got);
		b[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
}

static void refuse(const struct ctl_net *net, const char *what)
{
	uint8_t b[CTL_NET_BYTES];
	struct ctl_net got;

	if (decode(b, encode(net, b), &got))
		fail_msg("%s", what);
}

static void test_nonsense_is_refused(void **state)
{
	struct ctl_net net;

	(void)state;
#define CASE(what, change)                                                     \
	do {                                                                   \
		net = sample();                                                \
		change;                                                        \
		refuse(&net, what);                                            \
	} while (0)
	CASE("two addresses of a family", net.addr[1] = net.addr[0]);
	CASE("no address", net.addr[0] = addr_of("0.0.0.0"));
	CASE("multicast", net.addr[0] = addr_of("224.0.0.1"));
	CASE("broadcast", net.addr[0] = addr_of("255.255.255.255"));
	CASE("IPv6 multicast", net.addr[1] = addr_of("ff02::1"));
	CASE("route without an address of its family", net.n_addr = 1);
	CASE("upside down", net.route[0].lo = addr_of("11.0.0.0"));
	CASE("two families", net.route[0].hi = addr_of("fd00::"));
	CASE("a name with a blank", memcpy(net.name, "a b", 4));
	CASE("a name with a line in it", memcpy(net.name, "a\nb", 4));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_comes_back_as_it_was),
		cmocka_unit_test(test_every_prefix_and_bit),
		cmocka_unit_test(test_nonsense_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
