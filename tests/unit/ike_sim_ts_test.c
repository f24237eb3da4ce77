/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Several traffic selectors between two hosts: families mixed, ports and ranges,
 * narrowing on either side, and what a peer is told about the rest (RFC 7296
 * 2.9).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/addr.h"
#include "ike/child_more.h"
#include "ike/exchange.h"
#include "ike/sa.h"
#include "ike/tsneg.h"

#include "../sim/sim.c"

/* Gateways of 10.1.0.0/16 and 10.2.0.0/16. */
static struct sim *pair(void)
{
	struct sim *s = sim_new(2);

	sim_tunnel(s, 0, 1, "10.1.0.0", "10.2.0.0", 16);
	sim_tunnel(s, 1, 0, "10.2.0.0", "10.1.0.0", 16);
	return s;
}

static void begin(struct sim *s)
{
	sim_start(s);
	ike_initiate(s->node[0].ike, &s->node[0].addr, &s->node[1].addr,
		     s->now);
	sim_drain(s, 0);
	sim_run(s, 3 * SIM_S);
}

static void acquire(struct sim *s, const char *src, const char *dst)
{
	sim_acquire(s, 0, &s->node[0].pol[0], src, dst);
	sim_run(s, 3 * SIM_S);
}

/* The selectors of the newest outbound SA of node 0, as "A B > C D". */
static const char *carried(const struct sim *s)
{
	const struct missiu_sa *sa = sim_find_sa(s, 0, MISSIU_OUT);
	static char text[1024];
	size_t n = 0;

	for (uint8_t i = 0; i < sa->n_ts_src; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s ",
				      ts_text(&sa->ts_src[i]).s);
	n += (size_t)snprintf(text + n, sizeof(text) - n, ">");
	for (uint8_t i = 0; i < sa->n_ts_dst; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, " %s",
				      ts_text(&sa->ts_dst[i]).s);
	return text;
}

/* What node 1 wrote last, opened with node 0's keys. */
static const struct ike_msg *last_answer(struct sim *s)
{
	static uint8_t buf[4096];
	static struct ike_msg m;
	const struct sim_pkt *p = &s->pkt[s->n_pkt - 1];
	struct chunk plain;

	while (p->from != 1)
		p--;
	assert_true(p->len <= sizeof(buf));
	memcpy(buf, p->b, p->len);
	assert_int_equal(ike_msg_parse(buf, p->len, &m), 0);
	assert_int_equal(
		sk_open(&s->node[0].ike->sas->sk_in, buf, &m.sk, &plain), 0);
	assert_int_equal(ike_payloads_parse(m.sk.first, plain.p, plain.len, &m),
			 0);
	return &m;
}

static bool told_of_more(struct sim *s)
{
	return ike_msg_notify(last_answer(s), IKE_N_ADDITIONAL_TS_POSSIBLE);
}

static void set_ports(struct missiu_policy *p, uint16_t lo, uint16_t hi)
{
	p->local.proto = p->remote.proto = 6;
	p->remote.port_lo = lo;
	p->remote.port_hi = hi;
}

static void test_both_families_in_one_child(void **state)
{
	struct sim *s = pair();

	(void)state;
	for (int i = 0; i < 2; i++)
		s->node[i].pol[0].local = s->node[i].pol[0].remote = ts_any();
	begin(s);
	assert_int_equal(sim_children(s, 0), 1);
	sim_agree(s, 0, 1);
	assert_string_equal(carried(s), "0.0.0.0/0 ::/0 > 0.0.0.0/0 ::/0");
	assert_false(told_of_more(s));
	sim_free(s);
}

static void test_the_packets_own_selectors_come_first(void **state)
{
	struct sim *s = pair();

	(void)state;
	/* The responder has a policy for this packet behind another one. */
	s->node[1].pol[0].local = ts_any();
	addr_parse("10.2.9.0", &s->node[1].pol[0].local.lo);
	addr_parse("10.2.9.255", &s->node[1].pol[0].local.hi);
	sim_tunnel(s, 1, 0, "10.2.0.0", "10.1.0.0", 16);
	sim_start(s);
	acquire(s, "10.1.0.7", "10.2.3.4");
	assert_int_equal(sim_children(s, 0), 1);
	assert_string_equal(carried(s), "10.1.0.7[udp/1234] 10.1.0.0/16 > "
					"10.2.3.4[udp/53] 10.2.0.0/16");
	sim_free(s);
}

static void test_narrowing_to_ranges_and_ports(void **state)
{
	struct sim *s = pair();

	(void)state;
	/* Theirs: TCP to 80-90 of a few hosts. Ours: all of both networks. */
	s->node[1].pol[0].local.proto = s->node[1].pol[0].remote.proto = 6;
	s->node[1].pol[0].local.port_lo = 80;
	s->node[1].pol[0].local.port_hi = 90;
	addr_parse("10.2.0.3", &s->node[1].pol[0].local.lo);
	addr_parse("10.2.0.9", &s->node[1].pol[0].local.hi);
	begin(s);
	assert_string_equal(carried(s), "10.1.0.0/16[tcp] > "
					"10.2.0.3-10.2.0.9[tcp/80-90]");
	sim_agree(s, 0, 1);
	sim_free(s);
	/* The other way round: we offer the narrower. */
	s = pair();
	set_ports(&s->node[0].pol[0], 443, 443);
	begin(s);
	assert_string_equal(carried(s),
			    "10.1.0.0/16[tcp] > 10.2.0.0/16[tcp/443]");
	sim_agree(s, 0, 1);
	sim_free(s);
}

static void test_more_than_one_policy_is_told(void **state)
{
	struct sim *s = pair();

	(void)state;
	/* Two halves of what we offer, each of a policy of its own. */
	addr_parse("10.2.127.255", &s->node[1].pol[0].local.hi);
	sim_tunnel(s, 1, 0, "10.2.128.0", "10.1.0.0", 16);
	addr_parse("10.2.128.0", &s->node[1].pol[1].local.lo);
	sim_start(s);
	acquire(s, "10.1.0.7", "10.2.3.4");
	assert_string_equal(carried(s), "10.1.0.7[udp/1234] 10.1.0.0/16 > "
					"10.2.3.4[udp/53] 10.2.0.0/17");
	assert_true(told_of_more(s));
	/* A packet to the other half makes the other child. */
	acquire(s, "10.1.0.7", "10.2.200.1");
	assert_int_equal(sim_children(s, 0), 2);
	assert_string_equal(carried(s), "10.1.0.7[udp/1234] 10.1.0.0/16 > "
					"10.2.200.1[udp/53] 10.2.128.0/17");
	assert_true(told_of_more(s));
	sim_free(s);
	/* Nothing is left when nobody wants the rest, or it was not asked for. */
	s = pair();
	addr_parse("10.2.127.255", &s->node[1].pol[0].local.hi);
	begin(s);
	assert_false(told_of_more(s));
	sim_free(s);
}

/* @first: it is the child of IKE_AUTH */
static void single_pair(bool first)
{
	struct sim *s = pair();

	if (!first) {
		sim_start(s);
		acquire(s, "10.1.0.1", "10.2.0.1");
		sim_run(s, 10 * SIM_S); /* it serves no other packet then */
	}
	s->node[1].pol[0].flags = MISSIU_POL_UNIQUE;
	if (first)
		sim_start(s);
	else
		sim_reload(s, 1);
	/* First selectors name a flow: granted at once. */
	acquire(s, "10.1.0.7", "10.2.3.4");
	assert_string_equal(carried(s),
			    "10.1.0.7[udp/1234] > 10.2.3.4[udp/53]");
	assert_int_equal(s->node[0].n_failed, 0);
	sim_free(s);
}

static void test_single_pair_is_granted(void **state)
{
	(void)state;
	single_pair(true);
	single_pair(false);
}

/* A responder that refuses whatever is more than one pair. */
static void put_refusal(struct sim *s, struct ike_packet *p,
			const struct sim_pkt *pkt)
{
	const struct ike_end src = { .addr = s->node[1].pub, .port = 500 };
	struct ike_sa *sa = s->node[1].ike->sas;
	struct ike_hdr h;
	size_t len;

	assert_int_equal(ike_hdr_parse(pkt->b, pkt->len, &h), 0);
	reply_begin(sa, &h, p);
	ike_put_notify_data(&p->b, IKE_N_SINGLE_PAIR_REQUIRED, NULL, 0);
	len = sk_seal(&sa->sk_out, &s->node[1].ike->rng, &p->b);
	assert_true(len > 0);
	sim_inject(s, 0, &src, 500, p->buf, len);
}

static void test_single_pair_required_is_understood(void **state)
{
	struct sim *s = pair();
	struct ike_packet p;
	size_t n;

	(void)state;
	sim_start(s);
	acquire(s, "10.1.0.1", "10.2.0.1");
	assert_int_equal(sim_children(s, 0), 1);
	sim_run(s, 10 * SIM_S); /* it serves no other packet then */
	n = s->n_pkt;
	sim_acquire(s, 0, &s->node[0].pol[0], "10.1.0.7", "10.2.3.4");
	assert_int_equal(s->n_pkt, n + 1);
	s->pkt[n].delivered = true;
	put_refusal(s, &p, &s->pkt[n]);
	sim_drain(s, 0);
	/* It asks again, with one selector on each side. */
	assert_int_equal(s->n_pkt, n + 2);
	s->node[1].ike->sas->mid_in++;
	sim_run(s, 3 * SIM_S);
	assert_int_equal(sim_children(s, 0), 2);
	assert_string_equal(carried(s),
			    "10.1.0.7[udp/1234] > 10.2.3.4[udp/53]");
	assert_int_equal(s->node[0].n_failed, 0);
	sim_free(s);
}

/* An echo request is held and a child asked for. */
static void acquire_echo(struct sim *s, uint8_t proto, uint8_t type,
			 const char *src, const char *dst)
{
	struct sim_node *n = &s->node[0];
	const struct missiu_addr a = sim_addr(src), b = sim_addr(dst);
	struct missiu_event ev = { .kind = MISSIU_EV_ACQUIRE,
				   .policy_id = n->pol[0].id,
				   .acquire_id = ++n->last_acquire,
				   .pkt_src = ts_host(&a),
				   .pkt_dst = ts_host(&b) };

	ev.pkt_src.proto = ev.pkt_dst.proto = proto;
	ev.pkt_src.port_lo = ev.pkt_src.port_hi = (uint16_t)(type << 8);
	ev.pkt_dst.port_lo = ev.pkt_dst.port_hi = (uint16_t)(type << 8);
	ike_event(n->ike, &ev, &n->addr, s->now);
	sim_drain(s, 0);
	sim_run(s, 3 * SIM_S);
}

/* A peer that grants the first selector only must not cut off the answers. */
static void test_the_first_selector_lets_echo_replies_in(void **state)
{
	struct sim *s = pair();

	(void)state;
	sim_start(s);
	acquire_echo(s, 1, 8, "10.1.0.7", "10.2.3.4");
	assert_string_equal(carried(s), "10.1.0.7[icmp] 10.1.0.0/16 > "
					"10.2.3.4[icmp] 10.2.0.0/16");
	sim_free(s);

	s = sim_new(2);
	sim_tunnel(s, 0, 1, "2001:db8:1::", "2001:db8:2::", 48);
	sim_tunnel(s, 1, 0, "2001:db8:2::", "2001:db8:1::", 48);
	sim_start(s);
	acquire_echo(s, 58, 128, "2001:db8:1::7", "2001:db8:2::4");
	assert_string_equal(carried(s),
			    "2001:db8:1::7[icmp6] 2001:db8:1::/48 > "
			    "2001:db8:2::4[icmp6] 2001:db8:2::/48");
	sim_free(s);
}

static void test_the_first_selector_stays_within_the_policys_types(void **state)
{
	struct sim *s = pair();

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct missiu_policy *p = &s->node[i].pol[0];

		p->local.proto = p->remote.proto = 1;
		p->local.port_lo = p->remote.port_lo = 8 << 8;
		p->local.port_hi = p->remote.port_hi = (8 << 8) + 255;
	}
	sim_start(s);
	acquire_echo(s, 1, 8, "10.1.0.7", "10.2.3.4");
	assert_string_equal(carried(s), "10.1.0.7[icmp/2048-2303] "
					"10.1.0.0/16[icmp/2048-2303] > "
					"10.2.3.4[icmp/2048-2303] "
					"10.2.0.0/16[icmp/2048-2303]");
	sim_free(s);
}

/* So many nets of node 1, each in a policy of its own; node 0 wants them all. */
static struct sim *many_nets(int n)
{
	struct sim *s = sim_new(2);
	char net[16];

	sim_tunnel(s, 0, 1, "10.1.0.0", "10.0.0.0", 16)->remote = ts_any();
	addr_parse("10.2.0.0", &s->node[0].pol[0].remote.lo);
	addr_parse("10.2.255.255", &s->node[0].pol[0].remote.hi);
	for (int i = 0; i < n; i++) {
		snprintf(net, sizeof(net), "10.2.%d.0", 16 * i);
		sim_tunnel(s, 1, 0, net, "10.1.0.0", 24)->remote =
			s->node[0].pol[0].local;
	}
	return s;
}

/*
 * HDR, SK {…, TSi, TSr(all)}    -->
 *                               <--  HDR, SK {…, TSr(one), N(ADDITIONAL_TS_POSSIBLE)}
 * HDR, SK {…, TSi, TSr(others)} -->  and so on
 */
static void test_what_was_left_out_is_asked_for(void **state)
{
	(void)state;
	for (int n = 1; n <= 12; n++) {
		struct sim *s = many_nets(n);
		const size_t want =
			n < CHILD_MORE_MAX ? (size_t)n : CHILD_MORE_MAX;

		begin(s);
		if (sim_children(s, 0) != want)
			sim_dump(s);
		assert_int_equal(sim_children(s, 0), want);
		assert_int_equal(sim_established(s, 0), 1);
		sim_agree(s, 0, 1);
		assert_int_equal(ike_counters(s->node[0].ike)->failed, 0);
		sim_free(s);
	}
}

/* Others come with their first packet. */
static void test_a_packet_asks_for_its_own_child_only(void **state)
{
	struct sim *s = many_nets(3);

	(void)state;
	sim_start(s);
	acquire(s, "10.1.0.7", "10.2.16.4");
	assert_int_equal(sim_children(s, 0), 1);
	acquire(s, "10.1.0.7", "10.2.32.4");
	assert_int_equal(sim_children(s, 0), 2);
	sim_agree(s, 0, 1);
	sim_free(s);
}

static struct ike_ts_list list_of(const char *lo, const char *hi, uint8_t proto)
{
	struct ike_ts_list l = { .n = 1, .v = { ts_any() } };

	addr_parse(lo, &l.v[0].lo);
	addr_parse(hi, &l.v[0].hi);
	l.v[0].proto = proto;
	return l;
}

static void test_the_rest_of_an_offer(void **state)
{
	static const struct {
		const char *lo, *hi;
		uint8_t proto;
		const char *rest;
	} v[] = {
		{ "10.0.0.0", "10.0.0.255", 0, "10.0.1.0-10.0.255.255" },
		{ "10.0.255.255", "10.0.255.255", 0, "10.0.0.0-10.0.255.254" },
		{ "10.0.1.0", "10.0.1.255", 0,
		  "10.0.0.0/24 10.0.2.0-10.0.255.255" },
		{ "10.9.0.0", "10.9.0.1", 0, "10.0.0.0/16" },
		{ "10.0.0.0", "10.0.255.255", 0, "" },
		{ "10.0.1.0", "10.0.1.255", 6, "" }, /* traffic asks */
	};
	static struct child_more more;
	struct ike_neg neg = {
		.local = list_of("192.0.2.1", "192.0.2.1", 0),
		.remote = list_of("10.0.0.0", "10.0.255.255", 0),
	};
	char text[200];

	(void)state;
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		const struct ike_ts_list got =
			list_of(v[i].lo, v[i].hi, v[i].proto);
		const bool any = child_more_left(&neg, &neg.local, &got, &more);

		assert_int_equal(any, v[i].rest[0] != '\0');
		if (!any)
			continue;
		ike_ts_list_text(&more.remote, text, sizeof(text));
		assert_string_equal(text, v[i].rest);
		/* The other side in the same way. */
		neg.local = neg.remote;
		neg.remote = list_of("192.0.2.1", "192.0.2.1", 0);
		assert_true(child_more_left(&neg, &got, &neg.remote, &more));
		ike_ts_list_text(&more.local, text, sizeof(text));
		assert_string_equal(text, v[i].rest);
		neg.remote = neg.local;
		neg.local = list_of("192.0.2.1", "192.0.2.1", 0);
	}
	neg.remote = list_of("2001:db8::", "2001:db8::1:0:0", 0);
	assert_true(child_more_left(
		&neg, &neg.local,
		&(struct ike_ts_list){
			.n = 1,
			.v = { ts_host(&(struct missiu_addr){
				6, { 0x20, 1, 0x0d, 0xb8, [11] = 1 } }) } },
		&more));
	ike_ts_list_text(&more.remote, text, sizeof(text));
	assert_string_equal(text, "2001:db8::/96");
}

static void test_ipcomp_is_ignored_politely(void **state)
{
	static const uint8_t cpi[] = { 0x12, 0x34, 2 /* DEFLATE */ };
	static struct ike_packet p;
	struct sim *s = pair();
	const struct ike_end src = { .addr = s->node[0].pub, .port = 500 };
	struct ike_ts_list tsi = { .n = 1 }, tsr = { .n = 1 };
	struct ike_proposals offer;
	const struct ike_msg *m;
	struct ike_sa *sa;
	size_t len;

	(void)state;
	begin(s);
	assert_int_equal(sim_children(s, 1), 1);
	sa = s->node[0].ike->sas;
	assert_int_equal(ike_proposals_parse("aes128gcm16-esn-noesn",
					     IKE_PROTO_ESP, &offer, NULL),
			 0);
	ike_proposals_set_spi(&offer, (const uint8_t *)"\xc0\xff\xee\x01", 4);
	tsi.v[0] = s->node[0].pol[0].local;
	tsr.v[0] = s->node[0].pol[0].remote;
	request_begin(sa, IKE_X_CREATE_CHILD, &p);
	ike_put_notify_data(&p.b, IKE_N_IPCOMP_SUPPORTED, cpi, sizeof(cpi));
	ike_put_sa(&p.b, &offer);
	ike_put_raw(&p.b, IKE_P_NONCE, "0123456789abcdef0123456789abcdef", 32);
	ike_put_ts(&p.b, IKE_P_TSI, &tsi);
	ike_put_ts(&p.b, IKE_P_TSR, &tsr);
	len = sk_seal(&sa->sk_out, &s->node[0].ike->rng, &p.b);
	assert_true(len > 0);
	sim_inject(s, 1, &src, 500, p.buf, len);
	m = last_answer(s);
	assert_true(ike_msg_has(m, IKE_P_SA));
	assert_null(ike_msg_notify(m, IKE_N_IPCOMP_SUPPORTED));
	assert_null(ike_msg_error(m));
	assert_int_equal(sim_children(s, 1), 2);
	sim_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_both_families_in_one_child),
		cmocka_unit_test(test_the_packets_own_selectors_come_first),
		cmocka_unit_test(test_narrowing_to_ranges_and_ports),
		cmocka_unit_test(test_more_than_one_policy_is_told),
		cmocka_unit_test(test_single_pair_is_granted),
		cmocka_unit_test(test_single_pair_required_is_understood),
		cmocka_unit_test(test_the_first_selector_lets_echo_replies_in),
		cmocka_unit_test(
			test_the_first_selector_stays_within_the_policys_types),
		cmocka_unit_test(test_what_was_left_out_is_asked_for),
		cmocka_unit_test(test_a_packet_asks_for_its_own_child_only),
		cmocka_unit_test(test_the_rest_of_an_offer),
		cmocka_unit_test(test_ipcomp_is_ignored_politely),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
