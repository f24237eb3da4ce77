/* SPDX-License-Identifier: Apache-2.0 */
/* The documented calls over the process's own engine. */
#include "ipsec_rig.h"

#include "missiu/ipsec.h"

static void load(struct rig *r)
{
	struct missiu_policy p;
	struct missiu_sa sa;

	assert_int_equal(IPSEC_init(), IPSEC_STATUS_OK);
	assert_int_equal(IPSEC_init(), IPSEC_STATUS_OK);
	p = rig_policy(&r->c, 'a');
	rig_add_policy(IPSEC_engine(), &p);
	sa = rig_sa(&r->c, 'a', MISSIU_OUT);
	rig_add_sa(IPSEC_engine(), &sa, 0);
	sa = rig_sa(&r->c, 'b', MISSIU_IN);
	rig_add_sa(IPSEC_engine(), &sa, 0);
}

static size_t packet(const struct rig *r, uint8_t *at, char from, size_t len)
{
	struct missiu_addr s = rig_inner(&r->c, from);
	struct missiu_addr d = rig_inner(&r->c, from == 'a' ? 'b' : 'a');

	return put_udp(at, &s, &d, 1, 2, len);
}

static void test_apply_and_permit(void **state)
{
	struct combo c = { 0 };
	uint8_t buf[1024], raw[128];
	uint16_t len, off;
	struct box b;
	struct rig r;

	(void)state;
	for (int encap = 0; encap < 2; encap++) {
		c.encap = encap;
		rig_start(&r, &c);
		load(&r);
		off = MISSIU_HEADROOM;
		len = (uint16_t)packet(&r, buf + off, 'a', 50);
		memcpy(raw, buf + off, len);
		assert_int_equal(
			IPSEC_apply(buf, sizeof(buf), &len, &off, NULL),
			encap ? IPSEC_STATUS_NATT : IPSEC_STATUS_OK);
		box_set(&b, buf + off, len);
		assert_int_equal(go_in(r.b, &b, r.now), 1);
		assert_int_equal(b.k.len, 78);
		assert_memory_equal(b.k.data, raw, 78);
		box_free(&b);
		/* B answers; the length may be left to the IP header. */
		box_set(&b, raw, packet(&r, raw, 'b', 40));
		assert_int_equal(go_out(r.b, &b, r.now), 1);
		off = 7;
		memcpy(buf + off, b.k.data, b.k.len);
		len = 0;
		assert_int_equal(
			IPSEC_permit(buf, sizeof(buf), &len, &off, NULL),
			IPSEC_STATUS_OK);
		assert_int_equal(len, 68);
		assert_memory_equal(buf + off, raw, 68);
		/* the same again */
		off = 7;
		memcpy(buf + off, b.k.data, b.k.len);
		box_free(&b);
		len = 0;
		IPSEC_flush();
		rig_stop(&r);
	}
}

static void test_statuses(void **state)
{
	struct combo c = { 0 };
	uint8_t buf[1024], wire[256];
	uint16_t len, off;
	struct box b;
	struct rig r;
	size_t n;

	(void)state;
	rig_start(&r, &c);
	off = MISSIU_HEADROOM;
	len = 0;
	assert_int_equal(IPSEC_apply(buf, sizeof(buf), &len, &off, NULL),
			 IPSEC_STATUS_ERROR);
	load(&r);
	off = 1025;
	assert_int_equal(IPSEC_apply(buf, 1024, &len, &off, NULL),
			 IPSEC_STATUS_ERROR);
	off = 1000;
	len = 25;
	assert_int_equal(IPSEC_apply(buf, 1024, &len, &off, NULL),
			 IPSEC_STATUS_ERROR);
	/* no room in front */
	off = 10;
	len = (uint16_t)packet(&r, buf + off, 'a', 50);
	assert_int_equal(IPSEC_apply(buf, sizeof(buf), &len, &off, NULL),
			 IPSEC_STATUS_OVERFLOW);
	/* not matched by any policy */
	r.c.mode = MISSIU_TRANSPORT;
	off = 100;
	len = (uint16_t)packet(&r, buf + off, 'a', 50);
	assert_int_equal(IPSEC_apply(buf, sizeof(buf), &len, &off, NULL),
			 IPSEC_STATUS_BYPASS);
	assert_int_equal(off, 100);
	assert_int_equal(len, 78);
	r.c.mode = MISSIU_TUNNEL;
	/* clear although it must be protected */
	len = (uint16_t)packet(&r, buf + off, 'b', 50);
	assert_int_equal(IPSEC_permit(buf, sizeof(buf), &len, &off, NULL),
			 IPSEC_STATUS_DROP);
	box_set(&b, buf, packet(&r, buf, 'b', 40));
	assert_int_equal(go_out(r.b, &b, r.now), 1);
	n = b.k.len;
	memcpy(wire, b.k.data, n);
	box_free(&b);
	memcpy(buf, wire, n);
	buf[n - 1] ^= 1;
	off = 0;
	len = (uint16_t)n;
	assert_int_equal(IPSEC_permit(buf, sizeof(buf), &len, &off, NULL),
			 IPSEC_STATUS_AUTH_FAIL);
	memcpy(buf, wire, n);
	assert_int_equal(IPSEC_permit(buf, sizeof(buf), &len, &off, NULL),
			 IPSEC_STATUS_OK);
	memcpy(buf, wire, n);
	off = 0;
	len = (uint16_t)n;
	assert_int_equal(IPSEC_permit(buf, sizeof(buf), &len, &off, NULL),
			 IPSEC_STATUS_REPLAY);
	memcpy(buf, wire, n);
	buf[20] ^= 1;
	assert_int_equal(IPSEC_permit(buf, sizeof(buf), &len, &off, NULL),
			 IPSEC_STATUS_FINDSA_FAIL);
	{
		struct missiu_change v = { .kind = MISSIU_CHG_FLUSH_SA };

		missiu_load(IPSEC_engine(), &v, 1, 0, NULL, NULL);
	}
	off = 200;
	for (int i = 0; i < 2; i++) {
		len = (uint16_t)packet(&r, buf + off, 'a', 50);
		assert_int_equal(
			IPSEC_apply(buf, sizeof(buf), &len, &off, NULL),
			IPSEC_STATUS_GETSA_FAIL);
	}
	assert_int_equal(IPSEC_flush(), IPSEC_STATUS_OK);
	assert_null(IPSEC_engine());
	rig_stop(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_apply_and_permit),
		cmocka_unit_test(test_statuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
