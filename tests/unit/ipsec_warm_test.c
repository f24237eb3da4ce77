/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Many SAs: what is fetched ahead for a vector is not what decides. The same
 * results as one packet at a time, and no byte read beyond a packet.
 */
#include "ipsec_rig.h"

#define N 100

/* Two engines with a policy and an SA from a to b for each of N hosts. */
struct many {
	struct missiu *a, *b;
};

static struct missiu_addr host(size_t i)
{
	struct missiu_addr h = rig_addr("10.2.0.0");

	h.b[3] = (uint8_t)(i + 1);
	return h;
}

static void start(struct many *m)
{
	const struct combo c = { .encr = MISSIU_ENCR_AES_GCM,
				 .auth = MISSIU_AUTH_NONE,
				 .mode = MISSIU_TUNNEL,
				 .inner = 4,
				 .outer = 4 };

	m->a = rig_engine();
	m->b = rig_engine();
	for (size_t i = 0; i < N; i++) {
		struct missiu_addr h = host(i);
		struct missiu_policy p = rig_policy(&c, 'a');
		struct missiu_sa sa = rig_sa(&c, 'a', MISSIU_OUT);

		p.remote = ts_host(&h);
		sa.policy_id = rig_add_policy(m->a, &p);
		sa.spi += (uint32_t)i;
		rig_add_sa(m->a, &sa, SEC);
		p = rig_policy(&c, 'b');
		p.local = ts_host(&h);
		sa.policy_id = rig_add_policy(m->b, &p);
		sa.dir = MISSIU_IN;
		rig_add_sa(m->b, &sa, SEC);
	}
}

static void stop(struct many *m)
{
	missiu_free(m->a);
	missiu_free(m->b);
}

static size_t packet(uint8_t *out, size_t i)
{
	struct missiu_addr src = rig_addr("10.1.0.5"), dst = host(i);
	uint8_t udp[40] = { 0x10, 0, 0x20, 0 };

	store_be16(udp + 4, sizeof(udp));
	udp[8] = (uint8_t)i;
	return put_ip(out, &src, &dst, 17, udp, sizeof(udp));
}

static void test_vector_over_many_sas_arrives(void **state)
{
	struct missiu_pkt *v[2 * N];
	struct box box[2 * N];
	struct many m;
	uint8_t p[128];

	(void)state;
	start(&m);
	/* Twice: the second time flows and SAs are known. */
	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < 2 * N; i++) {
			box_set(&box[i], p, packet(p, i * 37 % N));
			v[i] = &box[i].k;
		}
		assert_int_equal(missiu_outbound(m.a, v, 2 * N, 2 * SEC),
				 2 * N);
		assert_int_equal(missiu_inbound(m.b, v, 2 * N, 2 * SEC), 2 * N);
		for (size_t i = 0; i < 2 * N; i++) {
			assert_int_equal(box[i].k.len, box[i].orig_len);
			assert_memory_equal(box[i].k.data, box[i].orig,
					    box[i].orig_len);
			box_free(&box[i]);
		}
	}
	stop(&m);
}

static void test_forged_packets_among_them_are_dropped(void **state)
{
	struct missiu_pkt *v[N];
	struct box box[N];
	struct many m;
	uint8_t p[128];

	(void)state;
	start(&m);
	for (size_t i = 0; i < N; i++) {
		box_set(&box[i], p, packet(p, i));
		v[i] = &box[i].k;
	}
	assert_int_equal(missiu_outbound(m.a, v, N, 2 * SEC), N);
	for (size_t i = 0; i < N; i += 2)
		box[i].k.data[box[i].k.len - 20] ^= 1;
	assert_int_equal(missiu_inbound(m.b, v, N, 2 * SEC), N / 2);
	assert_int_equal(rig_drops(m.b, MISSIU_DROP_IN_STATE_PROTO), N / 2);
	for (size_t i = 0; i < N; i++)
		box_free(&box[i]);
	stop(&m);
}

/* No byte after it may be looked at, and none of it changes. */
static void feed_exact(struct missiu *m, const uint8_t *p, size_t len,
		       uint8_t dir)
{
	struct missiu_pkt k = { .cap = len, .len = len }, *v = &k;

	k.head = k.data = malloc(len ? len : 1);
	assert_non_null(k.head);
	memcpy(k.head, p, len);
	if (dir == MISSIU_OUT)
		missiu_outbound(m, &v, 1, 3 * SEC);
	else
		missiu_inbound(m, &v, 1, 3 * SEC);
	assert_int_not_equal(k.verdict, MISSIU_V_DONE);
	free(k.head);
}

static void test_every_prefix_stays_in_bounds(void **state)
{
	struct many m;
	struct box box;
	struct missiu_pkt *v = &box.k;
	uint8_t p[128];
	size_t len = packet(p, 3);

	(void)state;
	start(&m);
	for (size_t n = 0; n < len; n++)
		feed_exact(m.a, p, n, MISSIU_OUT);
	p[0] = 0x60;
	for (size_t n = 0; n < len; n++)
		feed_exact(m.a, p, n, MISSIU_OUT);
	box_set(&box, p, packet(p, 3));
	assert_int_equal(missiu_outbound(m.a, &v, 1, 3 * SEC), 1);
	for (size_t n = 0; n < box.k.len; n++)
		feed_exact(m.b, box.k.data, n, MISSIU_IN);
	box_free(&box);
	stop(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vector_over_many_sas_arrives),
		cmocka_unit_test(test_forged_packets_among_them_are_dropped),
		cmocka_unit_test(test_every_prefix_stays_in_bounds),
	};

	return cmocka_run_group_tests_name("warm", tests, NULL, NULL);
}
