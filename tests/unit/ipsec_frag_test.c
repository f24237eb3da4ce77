/* SPDX-License-Identifier: Apache-2.0 */
/* Cutting packets into fragments, and the documented calls for fragments. */
#include "ipsec_rig.h"

#include "ipsec/frag.h"
#include "ipsec/reasm.h"
#include "missiu/ipsec.h"

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

static struct missiu_addr src_of(uint8_t family)
{
	return rig_addr(family == 4 ? "10.1.0.5" : "fd00:a::5");
}

static struct missiu_addr dst_of(uint8_t family)
{
	return rig_addr(family == 4 ? "10.2.0.7" : "fd00:b::7");
}

/* A packet of @len bytes, with 8 bytes of options or hop-by-hop header. */
static size_t put_packet(uint8_t *p, uint8_t family, bool opts, size_t len)
{
	static const uint8_t ra[8] = { 0x94, 4, 0, 0, 7, 3, 4, 0 };
	static const uint8_t hbh[8] = { IP_P_ESP, 0, 1, 4 };
	struct missiu_addr s = src_of(family), d = dst_of(family);
	size_t hdr = family == 4 ? 20 : 40;
	static uint8_t body[65535];

	for (size_t i = 0; i < sizeof(body); i++)
		body[i] = (uint8_t)(i * 7 + (i >> 8));
	if (opts)
		memcpy(body, family == 4 ? ra : hbh, 8);
	put_ip(p, &s, &d, opts && family == 6 ? IP_P_HOPOPTS : IP_P_ESP, body,
	       len - hdr);
	if (family == 4) {
		if (opts)
			p[0] = 0x47;
		store_be16(p + 6, 0x4000);
		ip4_finish(p, len);
	}
	return len;
}

static struct missiu_pkt pkt_of(const uint8_t *data, size_t len, size_t front)
{
	struct missiu_pkt k = { .cap = front + len, .len = len };

	k.head = malloc(k.cap);
	assert_non_null(k.head);
	k.data = k.head + front;
	k.policy_id = 5;
	k.spi = 0x1234;
	memcpy(k.data, data, len);
	return k;
}

static enum missiu_drop cut(struct frag_queue *q, struct missiu_pkt *k,
			    uint32_t mtu)
{
	struct ip_info ip;

	assert_int_equal(ip_parse(k->data, k->len, &ip), 0);
	return frag_cut(q, k, &ip, mtu, 0xabcd);
}

static bool get(struct frag_queue *q, struct missiu_pkt *k)
{
	bool lost = false;

	k->head = malloc(MISSIU_HEADROOM + 2000);
	assert_non_null(k->head);
	k->cap = MISSIU_HEADROOM + 2000;
	if (frag_queue_get(q, k, &lost) && !lost)
		return true;
	free(k->head);
	return false;
}

/* One piece: fits, right where it belongs; Return: bytes of payload. */
static uint32_t check_piece(const struct missiu_pkt *k, uint32_t mtu,
			    uint32_t off, bool last)
{
	struct ip_info ip;
	struct frag f;

	assert_true(k->len <= mtu);
	assert_int_equal(ip_parse(k->data, k->len, &ip), 0);
	assert_int_equal(ip.len, k->len);
	assert_int_not_equal(ip.frag, IP_WHOLE);
	if (ip.family == 4)
		assert_true(ip4_sum_ok(k->data));
	assert_false(ip.df);
	f = frag_read(k->data, &ip);
	assert_int_equal(f.off, off);
	assert_int_equal(f.more, !last);
	assert_int_equal(f.id, ip.family == 4 ? 0x1234 : 0xabcd);
	assert_int_equal(f.proto, IP_P_ESP);
	/* as few as possible */
	assert_true(last || k->len + 8 > mtu);
	assert_int_equal(k->policy_id, 5);
	assert_int_equal(k->spi, 0x1234);
	return f.len;
}

static void cut_and_join(uint8_t family, bool opts, size_t len, uint32_t mtu)
{
	const struct reasm_conf conf = reasm_conf_default();
	static uint8_t p[65535];
	uint64_t drops[MISSIU_DROP_MAX] = { 0 };
	size_t hdr = (family == 4 ? 20U : 40U) + (opts ? 8U : 0U);
	uint32_t off = 0, payload = (uint32_t)(len - hdr);
	struct reasm_result res = { .fate = REASM_KEPT };
	struct frag_queue q;
	struct ip_info ip;
	struct reasm r;
	struct missiu_pkt k;

	put_packet(p, family, opts, len);
	frag_queue_init(&q);
	reasm_init(&r, &conf, 1, drops);
	k = pkt_of(p, len, 8);
	assert_int_equal(cut(&q, &k, mtu), 0);
	do {
		bool last = !q.first;
		struct missiu_pkt whole = { .cap = 70000 };

		off += check_piece(&k, mtu, off, last);
		whole.head = whole.data = malloc(whole.cap);
		assert_non_null(whole.head);
		memcpy(whole.data, k.data, k.len);
		whole.len = k.len;
		assert_int_equal(ip_parse(k.data, k.len, &ip), 0);
		res = reasm_add(&r, &whole, &ip, 0, SEC);
		assert_int_equal(res.fate, last ? REASM_WHOLE : REASM_KEPT);
		if (last) {
			assert_int_equal(whole.len, len);
			assert_memory_equal(whole.data + hdr, p + hdr,
					    len - hdr);
			if (family == 4) {
				store_be16(p + 6, 0);
				ip4_finish(p, len);
			}
			assert_memory_equal(whole.data, p, hdr);
		}
		free(whole.head);
		free(k.head);
	} while (get(&q, &k));
	assert_int_equal(off, payload);
	assert_int_equal(q.bytes, 0);
	reasm_fini(&r);
}

static void test_pieces_make_the_packet_again(void **state)
{
	static const uint32_t mtus[] = { 68,  69,   75,	  76,  128,
					 576, 1280, 1500, 1999 };
	static const size_t lens[] = { 2000, 2001, 2007, 9000, 20000 };

	(void)state;
	for (uint8_t family = 4; family <= 6; family += 2)
		for (int opts = 0; opts < 2; opts++)
			for (size_t i = 0; i < N_OF(mtus); i++)
				for (size_t j = 0; j < N_OF(lens); j++) {
					/* 256 pieces at most go together */
					if (lens[j] > mtus[i] * 50)
						continue;
					cut_and_join(family, opts, lens[j],
						     mtus[i]);
				}
	cut_and_join(4, false, 65535, 1500);
	cut_and_join(6, false, 65535, 1500);
}

static void test_what_fits_is_left_alone(void **state)
{
	static uint8_t p[2000];

	(void)state;
	for (uint8_t family = 4; family <= 6; family += 2) {
		size_t n = put_packet(p, family, false, 1500);
		struct missiu_pkt k = pkt_of(p, n, 0);
		struct frag_queue q;

		frag_queue_init(&q);
		assert_int_equal(cut(&q, &k, 1500), 0);
		assert_null(q.first);
		assert_int_equal(k.len, n);
		assert_memory_equal(k.data, p, n);
		free(k.head);
	}
}

static void test_fragment_is_cut_again(void **state)
{
	struct frag_queue q;
	static uint8_t p[1000];
	struct missiu_pkt k;
	struct ip_info ip;
	struct frag f;

	(void)state;
	for (int more = 0; more < 2; more++) {
		put_packet(p, 4, false, 820);
		/* payload 1600 … 2400 of something */
		store_be16(p + 6, (uint16_t)(200 | (more ? 0x2000 : 0)));
		ip4_finish(p, 820);
		k = pkt_of(p, 820, 0);
		frag_queue_init(&q);
		assert_int_equal(cut(&q, &k, 420), 0);
		assert_int_equal(ip_parse(k.data, k.len, &ip), 0);
		f = frag_read(k.data, &ip);
		assert_int_equal(f.off, 1600);
		assert_int_equal(f.len, 400);
		assert_true(f.more);
		free(k.head);
		assert_true(get(&q, &k));
		assert_int_equal(ip_parse(k.data, k.len, &ip), 0);
		f = frag_read(k.data, &ip);
		assert_int_equal(f.off, 2000);
		assert_int_equal(f.len, 400);
		assert_int_equal(f.more, more);
		free(k.head);
		assert_false(get(&q, &k));
	}
}

/* RFC 791 3.1: router alert has the copied flag, record route has not. */
static void test_options_are_copied_as_their_flag_says(void **state)
{
	static const uint8_t first[8] = { 0x94, 4, 0, 0, 7, 3, 4, 0 };
	static const uint8_t later[8] = { 0x94, 4, 0, 0, 1, 1, 1, 0 };
	struct frag_queue q;
	static uint8_t p[1000];
	struct missiu_pkt k;

	(void)state;
	put_packet(p, 4, true, 1000);
	k = pkt_of(p, 1000, 0);
	frag_queue_init(&q);
	assert_int_equal(cut(&q, &k, 500), 0);
	assert_memory_equal(k.data + 20, first, 8);
	free(k.head);
	while (get(&q, &k)) {
		assert_memory_equal(k.data + 20, later, 8);
		free(k.head);
	}
}

static void test_malformed_options_do_no_harm(void **state)
{
	static uint8_t p[1000];

	(void)state;
	for (unsigned type = 0; type < 256; type++)
		for (unsigned len = 0; len < 16; len++) {
			struct frag_queue q;
			struct missiu_pkt k;

			put_packet(p, 4, true, 1000);
			p[24] = p[27] = (uint8_t)type;
			p[25] = (uint8_t)len;
			k = pkt_of(p, 1000, 0);
			frag_queue_init(&q);
			assert_int_equal(cut(&q, &k, 500), 0);
			free(k.head);
			while (get(&q, &k)) {
				assert_int_equal(k.data[0], 0x47);
				free(k.head);
			}
		}
}

static void test_refusals(void **state)
{
	static uint8_t p[65535];
	struct frag_queue q;
	struct missiu_pkt k;
	int n = 0;

	(void)state;
	frag_queue_init(&q);
	/* no room for a fragment header */
	put_packet(p, 6, false, 1000);
	k = pkt_of(p, 1000, 7);
	assert_int_equal(cut(&q, &k, 500), MISSIU_DROP_OUT_NO_ROOM);
	/* no room for any payload */
	assert_int_equal(cut(&q, &k, 55), MISSIU_DROP_OUT_TOO_BIG);
	assert_null(q.first);
	assert_int_equal(k.len, 1000);
	assert_memory_equal(k.data, p, 1000);
	free(k.head);
	/* nobody fetches */
	put_packet(p, 4, false, 65535);
	for (;; n++) {
		enum missiu_drop why;
		size_t before = q.bytes;

		k = pkt_of(p, 65535, 0);
		why = cut(&q, &k, 576);
		free(k.head);
		assert_true(q.bytes <= FRAG_QUEUE_MAX);
		if (!why)
			continue;
		assert_int_equal(why, MISSIU_DROP_FRAG_QUEUE);
		assert_int_equal(q.bytes, before);
		break;
	}
	assert_in_range(n, 64, 128);
	frag_queue_fini(&q);
	assert_int_equal(q.bytes, 0);
}

static void test_packet_too_small_for_what_waits(void **state)
{
	static uint8_t p[1000];
	struct missiu_pkt k, small = { .cap = MISSIU_HEADROOM + 100 };
	struct frag_queue q;
	bool lost = false;

	(void)state;
	put_packet(p, 4, false, 1000);
	k = pkt_of(p, 1000, 0);
	frag_queue_init(&q);
	assert_int_equal(cut(&q, &k, 900), 0);
	free(k.head);
	small.head = malloc(small.cap);
	assert_non_null(small.head);
	/* 20 + 1000 - 20 - 880 = 120 bytes */
	assert_true(frag_queue_get(&q, &small, &lost));
	assert_true(lost);
	assert_false(frag_queue_get(&q, &small, &lost));
	free(small.head);
}

/* All fragments of a packet look alike when ports are hidden. */
static void test_fragments_look_alike(void **state)
{
	static uint8_t p[1000];
	struct missiu_addr s = src_of(4), d = dst_of(4);
	struct ip_info whole, first, later;

	(void)state;
	put_udp(p, &s, &d, 7, 9, 400);
	assert_int_equal(ip_parse(p, 1000, &whole), 0);
	frag_view(p, &whole);
	assert_true(whole.has_ports);
	assert_int_equal(whole.dport, 9);
	store_be16(p + 6, 0x2000);
	assert_int_equal(ip_parse(p, 1000, &first), 0);
	assert_true(first.has_ports);
	frag_view(p, &first);
	store_be16(p + 6, 3);
	assert_int_equal(ip_parse(p, 1000, &later), 0);
	frag_view(p, &later);
	assert_int_equal(first.vague, IP_VAGUE_PORTS);
	assert_int_equal(later.vague, first.vague);
	assert_false(first.has_ports);
	assert_int_equal(first.dport, 0);
	/* behind destination options not even the protocol is known */
	s = src_of(6);
	d = dst_of(6);
	memset(p, 0, sizeof(p));
	put_ip(p, &s, &d, IP_P_FRAGMENT, p + 500, 400);
	p[40] = IP_P_DSTOPTS;
	p[43] = 1;
	p[48] = IP_P_UDP;
	assert_int_equal(ip_parse(p, 1000, &first), 0);
	assert_int_equal(first.proto, IP_P_UDP);
	frag_view(p, &first);
	p[43] = 8;
	assert_int_equal(ip_parse(p, 1000, &later), 0);
	frag_view(p, &later);
	assert_int_equal(first.proto, later.proto);
	assert_int_equal(first.vague, later.vague);
	assert_int_equal(first.vague, IP_VAGUE_PORTS | IP_VAGUE_PROTO);
}

/* --- the documented calls --------------------------------------------------- */

struct pieces {
	uint8_t data[64][1500];
	uint16_t len[64];
	int n, stop_at;
};

static int32_t collect(uint8_t *frag, uint16_t len, void *ctx)
{
	struct pieces *v = ctx;

	assert_true(v->n < 64 && len <= 1500);
	if (v->n == v->stop_at)
		return -5;
	memcpy(v->data[v->n], frag, len);
	v->len[v->n++] = len;
	return 0;
}

static void test_documented_calls(void **state)
{
	static struct pieces v;
	static uint8_t p[20000];
	uint8_t *buf = NULL;
	uint16_t len = 0;

	(void)state;
	assert_int_equal(IPSEC_fragInit(), IPSEC_STATUS_OK);
	for (uint8_t family = 4; family <= 6; family += 2) {
		put_packet(p, family, false, 20000);
		v.n = 0;
		v.stop_at = -1;
		assert_int_equal(IPSEC_fragSnd(p, 20000, 1500, collect, &v),
				 IPSEC_STATUS_OK);
		assert_in_range(v.n, 14, 15);
		for (int i = v.n - 1; i >= 0; i--) {
			buf = v.data[i];
			len = v.len[i];
			assert_int_equal(IPSEC_fragRcv(&buf, &len),
					 i ? IPSEC_STATUS_FRAGMENTATION :
					     IPSEC_STATUS_OK);
		}
		assert_int_equal(len, 20000);
		assert_memory_equal(buf + 40, p + 40, 20000 - 40);
		/* a whole packet stays where it is */
		assert_int_equal(IPSEC_fragRcv(&buf, &len), IPSEC_STATUS_OK);
		assert_int_equal(len, 20000);
		/* overlaps spoil it */
		buf = v.data[0];
		len = v.len[0];
		assert_int_equal(IPSEC_fragRcv(&buf, &len),
				 IPSEC_STATUS_FRAGMENTATION);
		v.data[0][200] ^= 1;
		assert_int_equal(IPSEC_fragRcv(&buf, &len), IPSEC_STATUS_DROP);
		/* the callback may end it */
		v.n = 0;
		v.stop_at = 3;
		assert_int_equal(IPSEC_fragSnd(p, 20000, 1500, collect, &v),
				 -5);
		assert_int_equal(v.n, 3);
	}
	put_packet(p, 4, false, 1000);
	v.n = 0;
	v.stop_at = -1;
	assert_int_equal(IPSEC_fragSnd(p, 1000, 1500, collect, &v), 0);
	assert_int_equal(v.n, 1);
	assert_int_equal(IPSEC_fragSnd(p, 1000, 20, collect, &v),
			 IPSEC_STATUS_OVERFLOW);
	assert_int_equal(IPSEC_fragSnd(p, 999, 500, collect, &v),
			 IPSEC_STATUS_ERROR);
	assert_int_equal(IPSEC_fragSnd(p, 1000, 500, NULL, &v),
			 IPSEC_STATUS_ERROR);
	/* damaged headers are not put together */
	buf = v.data[0];
	store_be16(buf + 6, 0x2000);
	len = 1000;
	assert_int_equal(IPSEC_fragRcv(&buf, &len), IPSEC_STATUS_DROP);
	len = 3;
	assert_int_equal(IPSEC_fragRcv(&buf, &len), IPSEC_STATUS_ERROR);
	assert_int_equal(IPSEC_fragRcv(NULL, &len), IPSEC_STATUS_ERROR);
	assert_int_equal(IPSEC_fragFlush(), IPSEC_STATUS_OK);
	assert_int_equal(IPSEC_fragFlush(), IPSEC_STATUS_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pieces_make_the_packet_again),
		cmocka_unit_test(test_what_fits_is_left_alone),
		cmocka_unit_test(test_fragment_is_cut_again),
		cmocka_unit_test(test_options_are_copied_as_their_flag_says),
		cmocka_unit_test(test_malformed_options_do_no_harm),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_packet_too_small_for_what_waits),
		cmocka_unit_test(test_fragments_look_alike),
		cmocka_unit_test(test_documented_calls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
