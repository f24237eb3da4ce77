/* SPDX-License-Identifier: Apache-2.0 */
#include "ipsec_rig.h"

#include <stdio.h>
#include <time.h>

#include "ipsec/state.h"

static struct missiu_ts net(const char *text, unsigned plen)
{
	struct missiu_addr a = rig_addr(text);
	struct missiu_ts ts = ts_any();

	assert_true(addr_prefix(&a, plen, &ts.lo, &ts.hi));
	return ts;
}

static struct missiu_policy bypass(struct missiu_ts remote)
{
	return (struct missiu_policy){ .dirs = MISSIU_IN | MISSIU_OUT,
				       .action = MISSIU_BYPASS,
				       .local = ts_any(),
				       .remote = remote };
}

static struct missiu_change add(struct missiu_policy p)
{
	return (struct missiu_change){ .kind = MISSIU_CHG_ADD_POLICY,
				       .policy = p };
}

static struct policy *look(struct missiu *m, uint8_t dir, const char *src,
			   const char *dst, uint16_t dport)
{
	struct missiu_addr s = rig_addr(src), d = rig_addr(dst);
	struct ip_info ip = { .src = s,
			      .dst = d,
			      .family = s.family,
			      .proto = 6,
			      .has_ports = true,
			      .sport = 1000,
			      .dport = dport };
	struct spd_query q = { .ip = &ip, .dir = dir };
	bool vague;

	return spd_lookup(&m->spd, &q, &vague);
}

static void test_first_loaded_wins(void **state)
{
	struct missiu *m = rig_engine();
	struct missiu_policy p = bypass(net("10.0.0.0", 8));
	uint32_t wide, narrow, range;

	(void)state;
	p.dirs = MISSIU_OUT;
	wide = rig_add_policy(m, &p);
	p.dirs = MISSIU_IN | MISSIU_OUT;
	p.remote = net("10.1.1.0", 24);
	narrow = rig_add_policy(m, &p);
	p.remote = net("0.0.0.0", 0);
	p.remote.hi = rig_addr("200.0.0.0"); /* no prefix */
	range = rig_add_policy(m, &p);
	assert_int_equal(look(m, MISSIU_OUT, "1.1.1.1", "10.1.1.9", 1)->p.id,
			 wide);
	assert_int_equal(look(m, MISSIU_IN, "10.1.1.9", "1.1.1.1", 1)->p.id,
			 narrow);
	assert_int_equal(look(m, MISSIU_IN, "10.2.1.9", "1.1.1.1", 1)->p.id,
			 range);
	assert_int_equal(look(m, MISSIU_OUT, "1.1.1.1", "199.9.9.9", 1)->p.id,
			 range);
	assert_null(look(m, MISSIU_OUT, "1.1.1.1", "200.0.0.1", 1));
	assert_null(look(m, MISSIU_OUT, "fd00::1", "fd00::2", 1));
	missiu_free(m);
}

static void random_ts(uint32_t *x, uint8_t family, struct missiu_ts *ts)
{
	struct missiu_addr a = { .family = family };
	uint8_t r[8];

	rig_random(x, r, sizeof(r));
	*ts = ts_any();
	a.b[0] = r[0] & 1;
	a.b[1] = r[1] & 3;
	a.b[family == 4 ? 3 : 15] = r[2] & 3;
	if (r[3] % 8 == 0)
		return;
	if (r[3] % 8 == 1) { /* a range that is no prefix */
		ts->lo = ts->hi = a;
		ts->lo.b[1] = 1;
		ts->hi.b[0] = 1;
		if (addr_cmp(&ts->lo, &ts->hi) > 0)
			ts->lo = ts->hi;
	} else {
		assert_true(addr_prefix(&a, r[4] % (family == 4 ? 33U : 129U),
					&ts->lo, &ts->hi));
	}
	if (r[5] % 4 == 0) {
		ts->port_lo = r[6] % 4;
		ts->port_hi = (uint16_t)(ts->port_lo + r[7] % 3);
	}
}

/* The index must answer as a walk through the list would. */
static void test_index_agrees_with_a_plain_walk(void **state)
{
	struct missiu *m = rig_engine();
	uint32_t x = 99;
	bool vague;

	(void)state;
	for (int i = 0; i < 300; i++) {
		struct missiu_policy p = bypass(ts_any());
		uint8_t r[4];

		rig_random(&x, r, sizeof(r));
		random_ts(&x, r[0] & 1 ? 4 : 6, &p.local);
		random_ts(&x, r[0] & 1 ? 4 : 6, &p.remote);
		p.dirs = (uint8_t)(1 + r[1] % 3);
		p.local.proto = p.remote.proto = r[2] % 3 ? 0 : 6;
		rig_add_policy(m, &p);
	}
	for (int i = 0; i < 20000; i++) {
		struct ip_info ip = { 0 };
		struct spd_query q = { .ip = &ip };
		const struct policy *want = NULL;
		uint8_t r[10], last;

		rig_random(&x, r, sizeof(r));
		ip.family = ip.src.family = ip.dst.family = r[0] & 1 ? 4 : 6;
		last = ip.family == 4 ? 3 : 15;
		ip.src.b[0] = r[1] & 1;
		ip.dst.b[0] = r[2] & 1;
		ip.src.b[1] = r[3] & 3;
		ip.dst.b[1] = r[4] & 3;
		ip.src.b[last] = r[5] & 3;
		ip.dst.b[last] = r[6] & 3;
		ip.proto = r[7] & 1 ? 6 : 17;
		ip.has_ports = true;
		ip.sport = r[8] % 5;
		ip.dport = r[9] % 5;
		q.dir = r[7] & 2 ? MISSIU_IN : MISSIU_OUT;
		for (size_t k = 0; k < m->spd.n && !want; k++) {
			const struct missiu_policy *p = &m->spd.v[k]->p;
			bool out = q.dir == MISSIU_OUT;

			if (p->dirs & q.dir &&
			    ts_has(&p->local, out ? &ip.src : &ip.dst, ip.proto,
				   out ? ip.sport : ip.dport) &&
			    ts_has(&p->remote, out ? &ip.dst : &ip.src,
				   ip.proto, out ? ip.dport : ip.sport))
				want = m->spd.v[k];
		}
		assert_ptr_equal(spd_lookup(&m->spd, &q, &vague), want);
		assert_false(vague);
	}
	missiu_free(m);
}

static void test_icmp_type_is_a_port(void **state)
{
	struct missiu_ts ts = ts_any();
	struct ip_info ip = { .proto = 1, .has_ports = true, .sport = 0x0800 };

	(void)state;
	ts.proto = 1;
	ts.port_lo = 0x0800;
	ts.port_hi = 0x08ff;
	assert_int_equal(sel_match(&ts, &ip.src, 0x0800, &ip), SEL_YES);
	assert_int_equal(sel_match(&ts, &ip.src, 0x0000, &ip), SEL_NO);
}

static void test_unknown_ports_may_match(void **state)
{
	struct missiu_ts ts = ts_any();
	struct ip_info ip = { .proto = 17, .vague = IP_VAGUE_PORTS };

	(void)state;
	assert_int_equal(sel_match(&ts, &ip.src, 0, &ip), SEL_YES);
	ts.port_hi = 100;
	assert_int_equal(sel_match(&ts, &ip.src, 0, &ip), SEL_MAYBE);
	ip.vague = 0; /* a protocol without ports is outside of any range */
	assert_int_equal(sel_match(&ts, &ip.src, 0, &ip), SEL_NO);
	ts = ts_any();
	ts.proto = 6;
	assert_int_equal(sel_match(&ts, &ip.src, 0, &ip), SEL_NO);
	ip.vague = IP_VAGUE_PROTO;
	assert_int_equal(sel_match(&ts, &ip.src, 0, &ip), SEL_MAYBE);
}

static uint32_t count_events(struct missiu *m, enum missiu_event_kind kind)
{
	struct missiu_event ev;
	uint32_t n = 0;

	while (missiu_event_next(m, &ev))
		n += ev.kind == kind;
	return n;
}

static void test_load_is_all_or_nothing(void **state)
{
	struct combo c = { 0 };
	struct rig r;
	struct missiu_change v[4];
	struct missiu_stats s;
	struct missiu_diag d;
	uint64_t cursor = 0;
	struct missiu_policy p;
	size_t bad = 99;

	(void)state;
	rig_start(&r, &c);
	v[0] = (struct missiu_change){ .kind = MISSIU_CHG_FLUSH_SA };
	v[1] = (struct missiu_change){ .kind = MISSIU_CHG_FLUSH_POLICY };
	v[2] = add(bypass(net("10.0.0.0", 8)));
	v[3] = add(bypass(net("10.0.0.0", 8)));
	v[3].policy.local.port_lo = 9;
	v[3].policy.local.port_hi = 8;
	assert_int_equal(missiu_load(r.a, v, 4, r.now, &bad, &d),
			 MISSIU_EINVAL);
	assert_int_equal(bad, 3);
	missiu_stats_get(r.a, &s);
	assert_int_equal(s.n_sa, 2);
	assert_int_equal(s.n_policy, 1);
	assert_true(missiu_policy_next(r.a, &cursor, &p, NULL));
	assert_int_equal(p.id, r.pol_a);
	assert_int_equal(p.action, MISSIU_PROTECT);
	assert_false(missiu_policy_next(r.a, &cursor, &p, NULL));
	assert_int_equal(count_events(r.a, MISSIU_EV_SPD_CHANGED), 0);
	assert_int_equal(missiu_load(r.a, v, 3, r.now, &bad, &d), 0);
	missiu_stats_get(r.a, &s);
	assert_int_equal(s.n_sa, 0);
	assert_int_equal(s.n_policy, 1);
	rig_stop(&r);
}

static void test_failing_sa_takes_policies_back(void **state)
{
	struct missiu *m = rig_engine();
	struct combo c = { .encr = MISSIU_ENCR_AES_CBC,
			   .auth = MISSIU_AUTH_SHA1,
			   .mode = MISSIU_TUNNEL,
			   .inner = 4,
			   .outer = 4 };
	struct missiu_change v[3] = { add(bypass(net("10.0.0.0", 8))) };
	struct missiu_stats s;
	size_t bad;

	(void)state;
	v[1] = v[2] = (struct missiu_change){ .kind = MISSIU_CHG_ADD_SA,
					      .sa = rig_sa(&c, 'a', 2) };
	assert_int_equal(missiu_load(m, v, 3, 0, &bad, NULL), MISSIU_EEXIST);
	assert_int_equal(bad, 2);
	missiu_stats_get(m, &s);
	assert_int_equal(s.n_sa, 0);
	assert_int_equal(s.n_policy, 0);
	/* Deleting it first makes the same SPI free again. */
	v[1].kind = MISSIU_CHG_ADD_SA;
	assert_int_equal(missiu_load(m, v, 2, 0, &bad, NULL), 0);
	v[0] = (struct missiu_change){ .kind = MISSIU_CHG_DEL_SA,
				       .sa = v[1].sa };
	assert_int_equal(missiu_load(m, v, 2, 0, &bad, NULL), 0);
	assert_int_equal(missiu_load(m, v, 1, 0, &bad, NULL), 0);
	assert_int_equal(missiu_load(m, v, 1, 0, &bad, NULL), MISSIU_ENOENT);
	missiu_free(m);
}

static void test_equal_policy_keeps_id_counters_and_sas(void **state)
{
	struct combo c = { 0 };
	struct missiu_change v[3];
	struct missiu_policy_stats st;
	struct missiu_policy p;
	struct missiu_stats s;
	uint64_t cursor = 0;
	struct missiu_sa sa;
	struct box b;
	struct rig r;

	(void)state;
	rig_open(&r, &c);
	sa = rig_sa(&r.c, 'a', MISSIU_OUT);
	sa.policy_id = r.pol_a;
	rig_add_sa(r.a, &sa, r.now);
	box_sealed(&b, &r, 100);
	v[0] = (struct missiu_change){ .kind = MISSIU_CHG_FLUSH_POLICY };
	v[1] = add(bypass(net("9.0.0.0", 8)));
	v[2] = add(rig_policy(&r.c, 'a'));
	v[2].policy.line = 77; /* no part of it */
	assert_int_equal(missiu_load(r.a, v, 3, r.now, NULL, NULL), 0);
	assert_int_equal(v[2].policy.id, r.pol_a);
	assert_true(v[1].policy.id > r.pol_a);
	missiu_stats_get(r.a, &s);
	assert_int_equal(s.n_sa, 1);
	assert_int_equal(s.n_policy, 2);
	assert_true(missiu_policy_next(r.a, &cursor, &p, &st));
	assert_int_equal(p.id, v[1].policy.id);
	assert_true(missiu_policy_next(r.a, &cursor, &p, &st));
	assert_int_equal(p.id, r.pol_a);
	assert_int_equal(st.out_packets, 1);
	assert_int_equal(st.out_bytes, 128);
	assert_int_equal(count_events(r.a, MISSIU_EV_SPD_CHANGED), 1);
	/* Once more without a flush: nothing happens. */
	assert_int_equal(missiu_load(r.a, v + 1, 2, r.now, NULL, NULL), 0);
	missiu_stats_get(r.a, &s);
	assert_int_equal(s.n_policy, 2);
	assert_int_equal(count_events(r.a, MISSIU_EV_SPD_CHANGED), 0);
	box_free(&b);
	rig_stop(&r);
}

static void test_other_groups_make_another_policy(void **state)
{
	static const struct missiu_pfs v[] = {
		{ 0 },
		{ 1, { 0 } },
		{ 1, { 19 } },
		{ 2, { 19, 0 } },
		{ 2, { 0, 19 } },
		{ 1, { 20 } },
	};
	struct missiu *m = rig_engine();
	struct missiu_stats s;
	struct missiu_change c;

	(void)state;
	for (size_t turn = 1; turn <= 2; turn++)
		for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
			c = add(bypass(net("10.0.0.0", 8)));
			c.policy.pfs = v[i];
			assert_int_equal(missiu_load(m, &c, 1, 0, NULL, NULL),
					 0);
			missiu_stats_get(m, &s);
			assert_int_equal(s.n_policy,
					 turn == 1 ? i + 1 :
						     sizeof(v) / sizeof(v[0]));
		}
	missiu_free(m);
}

static void test_sas_go_with_their_policy(void **state)
{
	struct combo c = { 0 };
	struct missiu_change v = { .kind = MISSIU_CHG_DEL_POLICY };
	struct missiu_event ev;
	struct missiu_stats s;
	struct missiu_sa sa;
	struct rig r;

	(void)state;
	rig_start(&r, &c);
	sa = rig_sa(&r.c, 'a', MISSIU_OUT);
	sa.spi = 0x3003;
	sa.policy_id = r.pol_a;
	sa.owner = 42;
	rig_add_sa(r.a, &sa, r.now);
	v.policy.id = r.pol_a;
	assert_int_equal(missiu_load(r.a, &v, 1, r.now, NULL, NULL), 0);
	assert_true(missiu_event_next(r.a, &ev));
	assert_int_equal(ev.kind, MISSIU_EV_SA_DELETED);
	assert_int_equal(ev.spi, 0x3003);
	assert_int_equal(ev.owner, 42);
	assert_true(missiu_event_next(r.a, &ev));
	assert_int_equal(ev.kind, MISSIU_EV_SPD_CHANGED);
	assert_false(missiu_event_next(r.a, &ev));
	missiu_stats_get(r.a, &s);
	assert_int_equal(s.n_sa, 2); /* those of no policy stay */
	assert_int_equal(missiu_load(r.a, &v, 1, r.now, NULL, NULL),
			 MISSIU_ENOENT);
	/* An SA for a policy that is gone is refused. */
	sa.spi = 0x4004;
	assert_int_equal(missiu_sa_add(r.a, &sa, r.now, NULL), MISSIU_ENOENT);
	rig_stop(&r);
}

/* Flush and add again and again in one transaction. */
static void test_slots_of_a_policy_are_one_policy(void **state)
{
	struct missiu *m = rig_engine();
	struct missiu_change v[6];
	struct missiu_stats s;

	(void)state;
	v[0] = add(bypass(net("10.0.0.0", 8)));
	v[1] = (struct missiu_change){ .kind = MISSIU_CHG_FLUSH_POLICY };
	v[2] = v[0];
	v[3] = v[1];
	v[4] = v[0];
	v[5] = v[0];
	assert_int_equal(missiu_load(m, v, 6, 0, NULL, NULL), 0);
	assert_int_equal(v[5].policy.id, v[0].policy.id);
	missiu_stats_get(m, &s);
	assert_int_equal(s.n_policy, 1);
	v[5].policy.dirs = 0;
	v[0].policy.life_s = v[2].policy.life_s =
		5; /* a new one, thrown away */
	assert_int_equal(missiu_load(m, v, 6, 0, NULL, NULL), MISSIU_EINVAL);
	assert_int_equal(missiu_load(m, v, 4, 0, NULL, NULL), 0);
	missiu_stats_get(m, &s);
	assert_int_equal(s.n_policy, 0);
	missiu_free(m);
}

static void test_what_cannot_be_done_is_refused(void **state)
{
	struct missiu *m = rig_engine();
	struct combo c = { .encr = MISSIU_ENCR_AES_CBC,
			   .auth = MISSIU_AUTH_SHA1,
			   .mode = MISSIU_TUNNEL,
			   .inner = 4,
			   .outer = 4 };
	const struct missiu_policy good = rig_policy(&c, 'a');
	struct missiu_policy p[18];
	static const int want[18] = {
		0,
		MISSIU_EINVAL,
		MISSIU_EUNSUP,
		MISSIU_LEGACY ? 0 : MISSIU_EUNSUP,
		MISSIU_LEGACY ? 0 : MISSIU_EUNSUP,
		MISSIU_LEGACY ? 0 : MISSIU_EUNSUP,
		MISSIU_EINVAL,
		MISSIU_EINVAL,
		MISSIU_EINVAL,
		MISSIU_EKEYLEN,
		MISSIU_EINVAL,
		MISSIU_EINVAL,
		MISSIU_EINVAL,
		MISSIU_EINVAL,
		MISSIU_EINVAL,
		MISSIU_EINVAL,
		MISSIU_EINVAL,
		MISSIU_EINVAL,
	};

	(void)state;
	for (size_t i = 0; i < 18; i++)
		p[i] = good;
	p[1].prot[0].proto = MISSIU_AH; /* with a cipher */
	p[2].n_prot = 2;
	p[2].prot[1] = p[2].prot[0];
	p[3].prot[0].encr = MISSIU_ENCR_DES;
	p[4].prot[0].encr = MISSIU_ENCR_BLOWFISH;
	p[5].prot[0].auth = MISSIU_AUTH_MD5;
	p[6].prot[0].encr = MISSIU_ENCR_AES_GCM; /* with SHA-1 */
	p[7].prot[0].auth = MISSIU_AUTH_NONE;
	p[8].prot[0].encr = MISSIU_ENCR_MAX;
	p[9].prot[0].key_len = 17;
	p[10].prot[0].icv_len = 16;
	p[11].mode = 0;
	p[12].mode = MISSIU_TRANSPORT;
	p[13].n_prot = 0;
	p[14].dirs = 4;
	p[15].action = 0;
	p[16].local.lo = rig_addr("255.0.0.0");
	p[17].remote = net("fd00::", 8);
	for (size_t i = 0; i < 18; i++) {
		struct missiu_change v = add(p[i]);
		struct missiu_diag d = { "" };
		int ret = missiu_load(m, &v, 1, 0, NULL, &d);

		if (ret != want[i])
			fail_msg("%zu: %d %s", i, ret, d.msg);
		assert_int_equal(d.msg[0] != 0, want[i] != 0);
	}
	missiu_free(m);
}

static void test_ten_thousand_policies(void **state)
{
	enum { N = 10000 };
	struct missiu_change *v = calloc(N + 1, sizeof(*v));
	struct missiu *m = rig_engine();
	struct missiu_stats s;
	struct timespec t0, t1;
	char text[32];
	int64_t ms;

	(void)state;
	assert_non_null(v);
	v[0].kind = MISSIU_CHG_FLUSH_POLICY;
	for (unsigned i = 0; i < N; i++) {
		snprintf(text, sizeof(text), "10.%u.%u.0", i / 256, i % 256);
		v[i + 1] = add(bypass(net(text, i % 3 ? 24 : 32)));
	}
	clock_gettime(CLOCK_MONOTONIC, &t0);
	assert_int_equal(missiu_load(m, v, N + 1, 0, NULL, NULL), 0);
	assert_int_equal(missiu_load(m, v, N + 1, 0, NULL, NULL), 0);
	clock_gettime(CLOCK_MONOTONIC, &t1);
	ms = (t1.tv_sec - t0.tv_sec) * 1000 +
	     (t1.tv_nsec - t0.tv_nsec) / 1000000;
	/* Tens of ms; quadratic behaviour would take half a minute. */
	assert_true(ms < 5000);
	missiu_stats_get(m, &s);
	assert_int_equal(s.n_policy, N);
	assert_int_equal(v[N].policy.id, N);
	assert_int_equal(look(m, MISSIU_OUT, "1.1.1.1", "10.39.14.9", 1)->p.id,
			 39 * 256 + 14 + 1);
	missiu_free(m);
	free(v);
}

static void test_overhead_counts_the_worst_case(void **state)
{
	struct combo c = { .encr = MISSIU_ENCR_AES_CBC,
			   .auth = MISSIU_AUTH_SHA1,
			   .mode = MISSIU_TUNNEL,
			   .inner = 4,
			   .outer = 4 };
	struct missiu_policy p = rig_policy(&c, 'a');

	(void)state;
	/* IP, ESP, IV, padding, trailer, ICV */
	assert_int_equal(missiu_policy_overhead(&p, false),
			 20 + 8 + 16 + 15 + 2 + 12);
	assert_int_equal(missiu_policy_overhead(&p, true),
			 8 + 20 + 8 + 16 + 15 + 2 + 12);
	p.mode = MISSIU_TRANSPORT;
	assert_int_equal(missiu_policy_overhead(&p, false),
			 8 + 16 + 15 + 2 + 12);
	p.prot[0].encr = MISSIU_ENCR_AES_GCM;
	p.prot[0].auth = MISSIU_AUTH_ANY;
	p.prot[0].icv_len = 8;
	assert_int_equal(missiu_policy_overhead(&p, false), 8 + 8 + 3 + 2 + 8);
	p.prot[0] = (struct missiu_prot){ .proto = MISSIU_ESP };
	assert_int_equal(missiu_policy_overhead(&p, false),
			 8 + 16 + 15 + 2 + 32);
	p.mode = MISSIU_TUNNEL;
	p.tun_remote = rig_addr("fd00::1");
	assert_int_equal(missiu_policy_overhead(&p, false),
			 40 + 8 + 16 + 15 + 2 + 32);
	p.action = MISSIU_BYPASS;
	assert_int_equal(missiu_policy_overhead(&p, true), 0);
}

static void test_init_policies_ask_at_once(void **state)
{
	struct combo c = { .encr = MISSIU_ENCR_AES_CBC,
			   .auth = MISSIU_AUTH_SHA1,
			   .mode = MISSIU_TRANSPORT,
			   .inner = 4,
			   .outer = 4 };
	struct missiu *m = rig_engine();
	struct missiu_policy p = rig_policy(&c, 'a');
	struct missiu_event ev;
	struct missiu_change v;

	(void)state;
	p.flags = MISSIU_POL_INIT;
	v = add(p);
	assert_int_equal(missiu_load(m, &v, 1, 0, NULL, NULL), 0);
	assert_true(missiu_event_next(m, &ev));
	assert_int_equal(ev.kind, MISSIU_EV_SPD_CHANGED);
	assert_true(missiu_event_next(m, &ev));
	assert_int_equal(ev.kind, MISSIU_EV_ACQUIRE);
	assert_int_equal(ev.policy_id, v.policy.id);
	assert_true(ts_eq(&ev.pkt_src, &p.local));
	assert_true(ts_eq(&ev.pkt_dst, &p.remote));
	/* A network is nobody to talk to. */
	v.policy.remote = net("10.0.0.0", 8);
	assert_int_equal(missiu_load(m, &v, 1, 0, NULL, NULL), 0);
	assert_int_equal(count_events(m, MISSIU_EV_ACQUIRE), 0);
	/* … unless a tunnel leads there. */
	v.policy.mode = MISSIU_TUNNEL;
	v.policy.tun_remote = rig_addr("192.0.2.9");
	assert_int_equal(missiu_load(m, &v, 1, 0, NULL, NULL), 0);
	assert_int_equal(count_events(m, MISSIU_EV_ACQUIRE), 1);
	missiu_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_loaded_wins),
		cmocka_unit_test(test_index_agrees_with_a_plain_walk),
		cmocka_unit_test(test_icmp_type_is_a_port),
		cmocka_unit_test(test_unknown_ports_may_match),
		cmocka_unit_test(test_load_is_all_or_nothing),
		cmocka_unit_test(test_failing_sa_takes_policies_back),
		cmocka_unit_test(test_equal_policy_keeps_id_counters_and_sas),
		cmocka_unit_test(test_other_groups_make_another_policy),
		cmocka_unit_test(test_sas_go_with_their_policy),
		cmocka_unit_test(test_slots_of_a_policy_are_one_policy),
		cmocka_unit_test(test_what_cannot_be_done_is_refused),
		cmocka_unit_test(test_ten_thousand_policies),
		cmocka_unit_test(test_overhead_counts_the_worst_case),
		cmocka_unit_test(test_init_policies_ask_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
