/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One story, told three times: the key daemon's way into the data path by
 * PF_KEY, by numbered requests and by plain calls, to a real engine.
 */
#include "ctl_samples.h"
#include "ctl_server.h"

#include "ctl/dp.h"

enum way { PFKEY, IOCTL, DIRECT };

/* What the handlers were told. */
struct told {
	size_t n_policies; /* calls */
	struct missiu_policy spd[16];
	size_t n_spd;
	struct missiu_event ev[64];
	size_t n_ev;
	size_t n_refused, n_lost;
	uint64_t owner;
	uint32_t spi;
	int err;
	char text[256];
	uint32_t known[64]; /* policies known when ev[i] came */
};

struct story {
	struct server s;
	struct told told;
	struct dp *dp;
	bool direct;
};

static void on_policies(void *ctx, const struct missiu_policy *v, size_t n)
{
	struct told *t = ctx;

	assert_true(n <= ARRAY_SIZE(t->spd));
	t->n_policies++;
	t->n_spd = n;
	if (n)
		memcpy(t->spd, v, n * sizeof(*v));
}

static void on_event(void *ctx, const struct missiu_event *ev)
{
	struct told *t = ctx;

	assert_true(t->n_ev < ARRAY_SIZE(t->ev));
	t->known[t->n_ev] = (uint32_t)t->n_spd;
	t->ev[t->n_ev++] = *ev;
}

static void on_refused(void *ctx, uint64_t owner, uint32_t spi, int err,
		       const char *text)
{
	struct told *t = ctx;

	t->n_refused++;
	t->owner = owner;
	t->spi = spi;
	t->err = err;
	snprintf(t->text, sizeof(t->text), "%s", text);
}

static void on_lost(void *ctx, int err)
{
	struct told *t = ctx;

	t->n_lost++;
	t->err = err;
}

/* Let both sides do what they have to do, until all is quiet. */
static void run(struct story *st)
{
	int i;

	for (i = 0; i < 20; i++) {
		if (!st->direct)
			server_step(&st->s);
		st->dp->ops->process(st->dp);
	}
}

static void start(struct story *st, enum way way)
{
	const struct dp_handlers on = { .policies = on_policies,
					.event = on_event,
					.refused = on_refused,
					.lost = on_lost,
					.ctx = &st->told };
	int err = 0;

	memset(st, 0, sizeof(*st));
	server_start(&st->s);
	st->direct = way == DIRECT;
	if (way == DIRECT)
		st->dp = dp_direct_new(st->s.m, &st->s.now, &on);
	else if (way == PFKEY)
		err = dp_pfkey_open(SERVER_IF, &on, &st->dp, NULL);
	else
		err = dp_ioctl_open(NULL, &on, &st->dp, NULL);
	assert_int_equal(err, 0);
	assert_non_null(st->dp);
}

static void end(struct story *st)
{
	st->dp->ops->free(st->dp);
	server_end(&st->s);
}

static void load_policy(struct story *st, struct missiu_policy p)
{
	struct missiu_change c;

	memset(&c, 0, sizeof(c));
	c.kind = MISSIU_CHG_ADD_POLICY;
	c.policy = p;
	assert_int_equal(missiu_load(st->s.m, &c, 1, st->s.now, NULL, NULL), 0);
}

static void flush_policies(struct story *st)
{
	struct missiu_change c;

	memset(&c, 0, sizeof(c));
	c.kind = MISSIU_CHG_FLUSH_POLICY;
	assert_int_equal(missiu_load(st->s.m, &c, 1, st->s.now, NULL, NULL), 0);
}

/* An echo request to the peer of policy_transport(), without checksums. */
static void send_ping(struct story *st)
{
	static const uint8_t ping[] = {
		0x45, 0,    0,	  28,	0, 1, 0,   0, 64, 1,
		0xf6, 0xdb, 192,  0,	2, 1, 192, 0, 2,  2, /* IPv4 */
		8,    0,    0xf7, 0xff, 0, 0, 0,   0,	     /* ICMP */
	};
	uint8_t buf[MISSIU_HEADROOM + sizeof(ping) + MISSIU_TAILROOM] = { 0 };
	struct missiu_pkt p = { .head = buf,
				.cap = sizeof(buf),
				.data = buf + MISSIU_HEADROOM,
				.len = sizeof(ping) };
	struct missiu_pkt *v[] = { &p };

	memcpy(p.data, ping, sizeof(ping));
	assert_int_equal(missiu_outbound(st->s.m, v, 1, st->s.now), 0);
	assert_int_equal(p.verdict, MISSIU_V_HELD);
}

static uint32_t n_sa(const struct story *st)
{
	struct missiu_stats s;

	missiu_stats_get(st->s.m, &s);
	return s.n_sa;
}

static uint32_t n_held(const struct story *st)
{
	struct missiu_stats s;

	missiu_stats_get(st->s.m, &s);
	return s.n_held;
}

static struct missiu_sa first_sa(const struct story *st)
{
	struct missiu_sa sa;
	uint64_t cursor = 0;

	assert_true(missiu_sa_next(st->s.m, &cursor, &sa, NULL));
	return sa;
}

static const struct missiu_event *last_event(const struct story *st,
					     enum missiu_event_kind kind)
{
	size_t i = st->told.n_ev;

	while (i--)
		if (st->told.ev[i].kind == kind)
			return &st->told.ev[i];
	fail_msg("no event of kind %d came", (int)kind);
	return NULL;
}

static void tell_policies(enum way way)
{
	struct story st;
	struct missiu_policy want = policy_tunnel();

	start(&st, way);
	run(&st);
	assert_int_equal(st.told.n_policies, 1);
	assert_int_equal(st.told.n_spd, 0);
	load_policy(&st, policy_transport());
	load_policy(&st, want);
	run(&st);
	/* Two changes at once may be told as one. */
	assert_in_range(st.told.n_policies, 2, 3);
	assert_int_equal(st.told.n_spd, 2);
	assert_true(st.told.spd[0].id && st.told.spd[1].id);
	want.id = st.told.spd[1].id;
	same_policy(&st.told.spd[1], &want);
	flush_policies(&st);
	run(&st);
	assert_int_equal(st.told.n_spd, 0);
	assert_int_equal(st.told.n_refused + st.told.n_lost, 0);
	end(&st);
}

static void add_refuse_delete(enum way way)
{
	struct missiu_sa sa = sa_manual(), got;
	struct story st;

	start(&st, way);
	sa.dir = MISSIU_OUT;
	sa.flags = MISSIU_SA_ESN;
	sa.replay_window = 1024; /* more than RFC 2367 can say */
	sa.owner = 0xfeedfacecafe;
	sa.mate_spi = 0x777;
	sa.n_ts_src = sa.n_ts_dst = 1;
	sa.ts_src[0] = range_of("10.0.0.3", "10.0.0.9", 6, 80, 90);
	sa.ts_dst[0] = range_of("10.9.0.0", "10.9.0.7", 6, 0, 65535);
	assert_int_equal(st.dp->ops->sa_add(st.dp, &sa), 0);
	run(&st);
	assert_int_equal(n_sa(&st), 1);
	assert_int_equal(st.told.n_refused, 0);
	got = first_sa(&st);
	same_sa(&got, &sa);
	assert_int_equal(st.dp->ops->sa_add(st.dp, &sa), 0);
	run(&st);
	assert_int_equal(st.told.n_refused, 1);
	assert_int_equal(st.told.owner, sa.owner);
	assert_int_equal(st.told.spi, sa.spi);
	assert_int_equal(st.told.err, MISSIU_EEXIST);
	assert_true(st.told.text[0]);
	assert_int_equal(st.dp->ops->sa_del(st.dp, sa.proto, sa.spi, &sa.dst),
			 0);
	run(&st);
	assert_int_equal(n_sa(&st), 0);
	/* Gone already: that is what was wanted. */
	assert_int_equal(st.dp->ops->sa_del(st.dp, sa.proto, sa.spi, &sa.dst),
			 0);
	run(&st);
	assert_int_equal(st.told.n_refused, 1);
	assert_int_equal(st.told.n_lost, 0);
	end(&st);
}

static void confirm(enum way way)
{
	struct missiu_sa sa = sa_manual();
	struct story st;
	uint64_t mark;

	start(&st, way);
	run(&st);
	sa.flags = 0;
	mark = st.dp->ops->mark(st.dp);
	assert_true(st.dp->ops->reached(st.dp, mark));
	assert_int_equal(st.dp->ops->sa_add(st.dp, &sa), 0);
	/* Nothing is awaited by the mark before, and by a call that is over. */
	assert_true(st.dp->ops->reached(st.dp, mark));
	mark = st.dp->ops->mark(st.dp);
	assert_int_equal(st.dp->ops->reached(st.dp, mark), way == DIRECT);
	if (way != DIRECT)
		server_step(&st.s);
	assert_int_equal(st.dp->ops->reached(st.dp, mark), way == DIRECT);
	/* What has no answer does not stand in the way. */
	assert_int_equal(st.dp->ops->acquire_failed(st.dp, 1), 0);
	st.dp->ops->process(st.dp);
	assert_true(st.dp->ops->reached(st.dp, mark));
	run(&st);
	assert_true(st.dp->ops->reached(st.dp, st.dp->ops->mark(st.dp)));
	end(&st);
}

/* The interface is the daemon's; neither engine nor test server has one. */
static void net(enum way way)
{
	struct ctl_net n = { .name = "home", .n_addr = 1 };
	struct story st;

	start(&st, way);
	run(&st);
	n.addr[0] = addr_of("10.20.0.5");
	assert_int_equal(st.dp->ops->net_set(st.dp, &n), 0);
	run(&st);
	assert_int_equal(st.told.n_refused, 1);
	assert_int_equal(st.told.err, MISSIU_EUNSUP);
	assert_true(!st.told.owner && !st.told.spi);
	assert_int_equal(st.told.n_lost, 0);
	end(&st);
}

static void move(enum way way)
{
	struct missiu_sa sa = sa_manual(), got;
	const struct missiu_addr old_dst = sa.dst;
	struct story st;

	start(&st, way);
	sa.dir = MISSIU_OUT;
	sa.flags = 0;
	sa.encap_sport = sa.encap_dport = 4500;
	assert_int_equal(st.dp->ops->sa_add(st.dp, &sa), 0);
	sa.dst = addr_of("198.51.100.7");
	sa.encap_dport = 31337;
	sa.flags = MISSIU_SA_TCP;
	assert_int_equal(st.dp->ops->sa_update(st.dp, &sa, &old_dst), 0);
	run(&st);
	assert_int_equal(st.told.n_refused, 0);
	got = first_sa(&st);
	same_sa(&got, &sa);
	sa.flags = 0;
	assert_int_equal(st.dp->ops->sa_update(st.dp, &sa, &sa.dst), 0);
	run(&st);
	got = first_sa(&st);
	same_sa(&got, &sa);
	/* There is none of that name any more. */
	sa.owner = 5;
	assert_int_equal(st.dp->ops->sa_update(st.dp, &sa, &old_dst), 0);
	run(&st);
	assert_int_equal(st.told.n_refused, 1);
	assert_int_equal(st.told.err, MISSIU_ENOENT);
	assert_int_equal(st.told.owner, 5);
	end(&st);
}

static void acquire(enum way way)
{
	const struct missiu_event *ev;
	struct story st;

	start(&st, way);
	run(&st);
	/* Policy and packet at once: the policy must be known first. */
	load_policy(&st, policy_transport());
	send_ping(&st);
	run(&st);
	ev = last_event(&st, MISSIU_EV_ACQUIRE);
	assert_int_equal(st.told.known[ev - st.told.ev], 1);
	assert_int_equal(ev->policy_id, st.told.spd[0].id);
	assert_int_not_equal(ev->acquire_id, 0);
	assert_int_equal(ev->pkt_dst.proto, 1);
	assert_string_equal(addr_text(&ev->pkt_dst.lo).s, "192.0.2.2");
	assert_string_equal(addr_text(&ev->pkt_src.lo).s, "192.0.2.1");
	assert_int_equal(n_held(&st), 1);
	assert_int_equal(st.dp->ops->acquire_failed(st.dp, ev->acquire_id), 0);
	run(&st);
	assert_int_equal(n_held(&st), 0);
	assert_int_equal(st.told.n_refused + st.told.n_lost, 0);
	end(&st);
}

static void expire(enum way way)
{
	struct missiu_sa sa = sa_manual();
	const struct missiu_event *ev;
	struct story st;

	start(&st, way);
	load_policy(&st, policy_transport());
	run(&st);
	sa.dir = MISSIU_OUT;
	sa.flags = 0;
	sa.owner = 99;
	sa.policy_id = st.told.spd[0].id;
	sa.soft_s = 10;
	sa.hard_s = 20;
	assert_int_equal(st.dp->ops->sa_add(st.dp, &sa), 0);
	run(&st);
	st.s.now += 11000000;
	missiu_tick(st.s.m, st.s.now);
	run(&st);
	ev = last_event(&st, MISSIU_EV_SOFT);
	assert_int_equal(ev->owner, 99);
	assert_int_equal(ev->spi, sa.spi);
	assert_int_equal(ev->proto, MISSIU_ESP);
	assert_true(addr_eq(&ev->dst, &sa.dst));
	st.s.now += 10000000;
	missiu_tick(st.s.m, st.s.now);
	run(&st);
	assert_int_equal(last_event(&st, MISSIU_EV_HARD)->owner, 99);
	/* Another one goes with its policy. */
	sa.soft_s = sa.hard_s = 0;
	sa.owner = 100;
	assert_int_equal(st.dp->ops->sa_add(st.dp, &sa), 0);
	run(&st);
	flush_policies(&st);
	run(&st);
	assert_int_equal(last_event(&st, MISSIU_EV_SA_DELETED)->owner, 100);
	assert_int_equal(st.told.n_refused + st.told.n_lost, 0);
	end(&st);
}

/* The change is told before the first dump is answered. */
static void tell_a_change_at_once(enum way way)
{
	struct story st;

	start(&st, way);
	load_policy(&st, policy_transport());
	run(&st);
	assert_int_equal(st.told.n_spd, 1);
	load_policy(&st, policy_tunnel());
	flush_policies(&st);
	load_policy(&st, policy_bypass());
	run(&st);
	assert_int_equal(st.told.n_spd, 1);
	assert_int_equal(st.told.spd[0].action, MISSIU_BYPASS);
	end(&st);
}

#define EACH_WAY(story)                                                        \
	static void test_##story##_by_pfkey(void **state)                      \
	{                                                                      \
		(void)state;                                                   \
		story(PFKEY);                                                  \
	}                                                                      \
	static void test_##story##_by_ioctl(void **state)                      \
	{                                                                      \
		(void)state;                                                   \
		story(IOCTL);                                                  \
	}                                                                      \
	static void test_##story##_by_plain_calls(void **state)                \
	{                                                                      \
		(void)state;                                                   \
		story(DIRECT);                                                 \
	}

EACH_WAY(tell_policies)
EACH_WAY(tell_a_change_at_once)
EACH_WAY(add_refuse_delete)
EACH_WAY(confirm)
EACH_WAY(net)
EACH_WAY(move)
EACH_WAY(acquire)
EACH_WAY(expire)

/* More requests than the socket holds: they wait on our side. */
static void test_many_requests_wait_for_a_slow_data_path(void **state)
{
	const uint32_t n = 2000;
	struct story st;
	enum way way;

	(void)state;
	for (way = PFKEY; way <= IOCTL; way++) {
		struct missiu_sa sa = sa_manual();
		uint32_t i;

		start(&st, way);
		sa.flags = 0;
		sa.dir = MISSIU_IN;
		for (i = 0; i < n; i++) {
			sa.spi = 0x10000 + i;
			assert_int_equal(st.dp->ops->sa_add(st.dp, &sa), 0);
		}
		assert_int_equal(n_sa(&st), 0);
		/* Unread answers never fill the socket. */
		for (i = 0; i < 4; i++)
			server_step(&st.s);
		assert_in_range(n_sa(&st), 1, 64);
		for (i = 0; i < SERVER_CONN; i++)
			assert_true(server_flush(&st.s.conns[i]));
		for (i = 0; i < n && n_sa(&st) < n; i++)
			run(&st);
		assert_int_equal(n_sa(&st), n);
		assert_int_equal(st.told.n_refused + st.told.n_lost, 0);
		end(&st);
	}
}

static void test_loss_is_told_once_and_ends_the_link(void **state)
{
	const struct missiu_sa sa = sa_manual();
	struct story st;
	enum way way;

	(void)state;
	for (way = PFKEY; way <= IOCTL; way++) {
		start(&st, way);
		run(&st);
		assert_true(st.dp->ops->fd(st.dp) >= 0);
		server_cut(&st.s);
		st.dp->ops->process(st.dp);
		assert_int_equal(st.told.n_lost, 1);
		assert_int_equal(st.told.err, MISSIU_ECONN);
		assert_int_equal(st.dp->ops->sa_add(st.dp, &sa), MISSIU_ECONN);
		end(&st);
	}
}

/* A data path that talks nonsense is given up, not believed. */
static void test_nonsense_from_the_data_path_ends_the_link(void **state)
{
	static const uint8_t junk[16] = { 2, 3, 0, 3, 99 };
	struct story st;
	enum way way;

	(void)state;
	for (way = PFKEY; way <= IOCTL; way++) {
		start(&st, way);
		run(&st);
		assert_int_equal(send(st.s.conns[0].fd, junk, sizeof(junk), 0),
				 sizeof(junk));
		st.dp->ops->process(st.dp);
		assert_int_equal(st.told.n_lost, 1);
		assert_int_equal(st.told.err, MISSIU_EPROTO);
		end(&st);
	}
}

static void test_open_says_when_nobody_is_there(void **state)
{
	const struct dp_handlers on = { 0 };
	struct missiu_diag diag = { "" };
	struct dp *dp = NULL;

	(void)state;
	assert_true(ctl_set_run_dir("/nonexistent"));
	assert_int_equal(dp_pfkey_open("eth9", &on, &dp, &diag), MISSIU_ECONN);
	assert_non_null(strstr(diag.msg, "missiu -i eth9 startRaw"));
	assert_int_equal(dp_ioctl_open(NULL, &on, &dp, &diag), MISSIU_ECONN);
	ctl_set_run_dir(NULL);
}

int main(void)
{
#define EACH(story)                                                            \
	cmocka_unit_test(test_##story##_by_pfkey),                             \
		cmocka_unit_test(test_##story##_by_ioctl),                     \
		cmocka_unit_test(test_##story##_by_plain_calls)
	const struct CMUnitTest tests[] = {
		EACH(tell_policies),
		EACH(tell_a_change_at_once),
		EACH(add_refuse_delete),
		EACH(confirm),
		EACH(net),
		EACH(move),
		EACH(acquire),
		EACH(expire),
		cmocka_unit_test(test_many_requests_wait_for_a_slow_data_path),
		cmocka_unit_test(test_loss_is_told_once_and_ends_the_link),
		cmocka_unit_test(
			test_nonsense_from_the_data_path_ends_the_link),
		cmocka_unit_test(test_open_says_when_nobody_is_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
