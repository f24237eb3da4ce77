/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two cores and two engines: the first packet asks for the SA that then
 * carries it. ESP takes as long as IKE, and a little more: a peer needs that to
 * install what an IKE message brought.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/addr.h"
#include "common/rd.h"
#include "common/wr.h"
#include "missiu/engine.h"

#include "../sim/sim.c"

#define ROOM 2048

struct host {
	struct missiu *m;
	const missiu_usec *now;
	size_t received; /* packets for this host, opened */
};

struct flight {
	missiu_usec at;
	int to;
	size_t len;
	uint8_t b[256];
};

#define FLIGHT_MAX 64

struct pair {
	struct sim *s;
	struct flight flight[FLIGHT_MAX]; /* ESP on its way, oldest first */
	size_t n_flight;
	struct host host[2];
	uint16_t sport;
	uint8_t want[64]; /* payload of all packets */
	size_t lost;	  /* dropped somewhere */
};

static void on_sa(struct sim_node *n, const struct ike_action *a)
{
	struct host *h = n->on_sa_ctx;
	struct missiu_diag diag = { "" };
	int ret;

	if (a->kind == IKE_SA_ADD)
		ret = missiu_sa_add(h->m, &a->sa, *h->now, &diag);
	else if (a->kind == IKE_SA_UPDATE)
		ret = missiu_sa_update(h->m, &a->sa, &a->old_dst);
	else
		ret = missiu_sa_del(h->m, a->sa.proto, a->sa.spi, &a->sa.dst);
	/* The engine may have expired what is being deleted. */
	if (ret && a->kind == IKE_SA_ADD)
		fprintf(stderr, "engine: %s %s\n", missiu_strerror(ret),
			diag.msg);
	assert_true(!ret || (ret == MISSIU_ENOENT && a->kind == IKE_SA_DEL));
}

static void load(struct pair *p, int i)
{
	struct sim_node *n = &p->s->node[i];
	struct missiu_change c = { .kind = MISSIU_CHG_ADD_POLICY,
				   .policy = n->pol[0] };
	struct host *h = &p->host[i];

	*h = (struct host){ .m = missiu_new(NULL), .now = &p->s->now };
	assert_non_null(h->m);
	assert_int_equal(missiu_load(h->m, &c, 1, *h->now, NULL, NULL), 0);
	n->pol[0].id = c.policy.id;
	n->on_sa = on_sa;
	n->on_sa_ctx = h;
}

static struct pair *make(bool tunnel)
{
	struct pair *p = calloc(1, sizeof(*p));

	assert_non_null(p);
	p->s = sim_new(2);
	p->sport = 1234;
	for (int i = 0; i < 2; i++) {
		if (tunnel)
			sim_tunnel(p->s, i, 1 - i, i ? "10.2.0.0" : "10.1.0.0",
				   i ? "10.1.0.0" : "10.2.0.0", 16);
		else
			sim_policy(p->s, i, 1 - i);
	}
	for (size_t i = 0; i < sizeof(p->want); i++)
		p->want[i] = (uint8_t)(i * 3);
	return p;
}

static void begin(struct pair *p)
{
	load(p, 0);
	load(p, 1);
	sim_start(p->s);
}

static void end(struct pair *p)
{
	for (int i = 0; i < 2; i++)
		missiu_free(p->host[i].m);
	sim_free(p->s);
	free(p);
}

/* What an engine asks for reaches its core. */
static void events(struct pair *p, int i)
{
	struct missiu_event ev;

	missiu_tick(p->host[i].m, p->s->now);
	while (missiu_event_next(p->host[i].m, &ev))
		ike_event(p->s->node[i].ike, &ev, &p->s->node[i].addr,
			  p->s->now);
	sim_drain(p->s, i);
}

static uint16_t ip_sum(const uint8_t *h)
{
	uint32_t sum = 0;

	for (int i = 0; i < 20; i += 2)
		sum += load_be16(h + i);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/* IPv4, UDP 1234 to 53 without checksum, payload. */
static size_t datagram(const struct pair *p, const struct missiu_addr *src,
		       const struct missiu_addr *dst, uint8_t *b)
{
	struct wr w = wr_to(b, 256);
	const uint16_t len = 28 + sizeof(p->want);

	wr_be16(&w, 0x4500);
	wr_be16(&w, len);
	wr_be32(&w, 0x00014000); /* id 1, don't fragment */
	wr_be16(&w, 0x4011);
	wr_be16(&w, 0);
	wr_bytes(&w, src->b, 4);
	wr_bytes(&w, dst->b, 4);
	store_be16(b + 10, ip_sum(b));
	wr_be16(&w, p->sport);
	wr_be16(&w, 53);
	wr_be16(&w, (uint16_t)(len - 20));
	wr_be16(&w, 0);
	wr_bytes(&w, p->want, sizeof(p->want));
	assert_true(wr_ok(&w));
	return w.len;
}

static void fly(struct pair *p, int to, const struct missiu_pkt *sent)
{
	struct flight *f = &p->flight[p->n_flight++];

	assert_true(p->n_flight <= FLIGHT_MAX && sent->len <= sizeof(f->b));
	f->at = p->s->now + p->s->delay + 1 * SIM_MS;
	f->to = to;
	f->len = sent->len;
	memcpy(f->b, sent->data, sent->len);
}

static void arrive(struct pair *p, const struct flight *f)
{
	uint8_t buf[ROOM];
	struct missiu_pkt k = { .head = buf, .cap = sizeof(buf) }, *v = &k;
	struct host *h = &p->host[f->to];

	k.data = buf + MISSIU_HEADROOM;
	k.len = f->len;
	memcpy(k.data, f->b, f->len);
	if (missiu_inbound(h->m, &v, 1, p->s->now) != 1 ||
	    k.verdict != MISSIU_V_DONE) {
		fprintf(stderr, "dropped: %s\n", missiu_drop_text(k.drop));
		p->lost++;
		return;
	}
	assert_int_equal(k.len, 28 + sizeof(p->want));
	assert_memory_equal(k.data + 28, p->want, sizeof(p->want));
	h->received++;
}

static void land(struct pair *p)
{
	size_t n = 0;

	while (n < p->n_flight && p->flight[n].at <= p->s->now)
		arrive(p, &p->flight[n++]);
	p->n_flight -= n;
	memmove(p->flight, p->flight + n, p->n_flight * sizeof(p->flight[0]));
}

/* Packets that waited for an SA go out now. */
static void release(struct pair *p, int from)
{
	uint8_t buf[ROOM];
	size_t done = 1;

	while (done) {
		struct missiu_pkt k = { .head = buf, .cap = sizeof(buf) };
		struct missiu_pkt *v = &k;

		if (missiu_release(p->host[from].m, &v, 1, &done, p->s->now))
			fly(p, 1 - from, &k);
	}
}

static void send_one(struct pair *p, int from)
{
	const bool tunnel = p->s->node[0].pol[0].mode == MISSIU_TUNNEL;
	struct missiu_addr a[2] = { p->s->node[0].addr, p->s->node[1].addr };
	uint8_t buf[ROOM];
	struct missiu_pkt k = { .head = buf, .cap = sizeof(buf) }, *v = &k;

	if (tunnel) {
		a[0] = sim_addr("10.1.0.9");
		a[1] = sim_addr("10.2.0.9");
	}
	k.data = buf + MISSIU_HEADROOM;
	k.len = datagram(p, &a[from], &a[1 - from], k.data);
	if (missiu_outbound(p->host[from].m, &v, 1, p->s->now))
		fly(p, 1 - from, &k);
	else if (k.verdict != MISSIU_V_HELD)
		p->lost++;
	events(p, from);
}

/* Let time pass; held packets leave as soon as there is an SA. */
static void run(struct pair *p, missiu_usec duration)
{
	const missiu_usec until = p->s->now + duration;
	missiu_usec next = 0;
	bool more = true;

	while (more || next < until) {
		next = until;
		if (p->n_flight && p->flight[0].at < until)
			next = p->flight[0].at;
		more = sim_step(p->s, next);
		land(p);
		for (int i = 0; i < 2; i++) {
			events(p, i);
			release(p, i);
		}
	}
}

static void test_the_packet_that_asked_arrives(void **state)
{
	(void)state;
	for (int tunnel = 0; tunnel < 2; tunnel++)
		for (int encap = 0; encap < 2; encap++) {
			struct pair *p = make(tunnel);

			p->s->node[0].conf.encap = encap ? MISSIU_ENCAP_UDP : 0;
			begin(p);
			send_one(p, 0);
			send_one(p, 0);
			assert_int_equal(p->host[1].received, 0);
			run(p, 1 * SIM_S);
			assert_int_equal(p->host[1].received, 2);
			for (int i = 0; i < 10; i++)
				send_one(p, i % 2);
			run(p, 1 * SIM_S);
			assert_int_equal(p->host[1].received, 7);
			assert_int_equal(p->host[0].received, 5);
			assert_int_equal(p->lost, 0);
			end(p);
		}
}

static void test_algorithms_of_the_engine(void **state)
{
	static const struct missiu_prot prots[] = {
		{ MISSIU_ESP, MISSIU_ENCR_AES_CBC, MISSIU_AUTH_SHA1, 16, 0 },
		{ MISSIU_ESP, MISSIU_ENCR_AES_CBC, MISSIU_AUTH_SHA256, 32, 0 },
		{ MISSIU_ESP, MISSIU_ENCR_AES_CBC, MISSIU_AUTH_SHA512, 0, 0 },
		{ MISSIU_ESP, MISSIU_ENCR_AES_GCM, MISSIU_AUTH_NONE, 32, 16 },
		{ MISSIU_ESP, MISSIU_ENCR_CHACHA20_POLY1305, MISSIU_AUTH_NONE,
		  0, 0 },
		{ MISSIU_ESP, MISSIU_ENCR_NULL, MISSIU_AUTH_SHA256, 0, 0 },
		{ MISSIU_ESP, MISSIU_ENCR_AES_GMAC, MISSIU_AUTH_NONE, 16, 16 },
		{ MISSIU_ESP, MISSIU_ENCR_ANY, MISSIU_AUTH_ANY, 0, 0 },
		{ MISSIU_AH, MISSIU_ENCR_NULL, MISSIU_AUTH_SHA1, 0, 0 },
		{ MISSIU_AH, MISSIU_ENCR_NULL, MISSIU_AUTH_SHA512, 0, 0 },
		{ MISSIU_AH, MISSIU_ENCR_NULL, MISSIU_AUTH_AES_XCBC, 0, 0 },
		{ MISSIU_AH, MISSIU_ENCR_NULL, MISSIU_AUTH_AES_CMAC, 0, 0 },
		{ MISSIU_AH, MISSIU_ENCR_NULL, MISSIU_AUTH_AES128_GMAC, 0, 0 },
		{ MISSIU_AH, MISSIU_ENCR_NULL, MISSIU_AUTH_AES256_GMAC, 0, 0 },
		{ MISSIU_AH, MISSIU_ENCR_NULL, MISSIU_AUTH_ANY, 0, 0 },
	};
	enum { N = sizeof(prots) / sizeof(prots[0]) };

	(void)state;
	for (size_t i = 0; i < 2 * N; i++) {
		struct pair *p = make(i / N);

		p->s->node[0].pol[0].prot[0] = prots[i % N];
		p->s->node[1].pol[0].prot[0] = prots[i % N];
		/* To the peer that looks like a NAT, which AH cannot pass. */
		p->s->node[0].conf.encap =
			i % 3 == 0 && prots[i % N].proto == MISSIU_ESP ?
				MISSIU_ENCAP_UDP :
				0;
		begin(p);
		send_one(p, 0);
		run(p, 1 * SIM_S);
		send_one(p, 1);
		run(p, 1 * SIM_S);
		assert_int_equal(p->host[1].received, 1);
		assert_int_equal(p->host[0].received, 1);
		assert_int_equal(sim_find_sa(p->s, 0, MISSIU_OUT)->proto,
				 prots[i % N].proto);
		end(p);
	}
}

/* Policies of both say "sa unique", or only one does: an SA for each flow. */
static void test_an_sa_for_each_flow(void **state)
{
	(void)state;
	for (unsigned who = 1; who < 8; who++) {
		struct pair *p = make(who & 4);

		for (int i = 0; i < 2; i++)
			if (who & (1U << i))
				p->s->node[i].pol[0].flags = MISSIU_POL_UNIQUE;
		if (!(who & 3)) {
			end(p);
			continue;
		}
		begin(p);
		for (int flow = 0; flow < 3; flow++) {
			p->sport = (uint16_t)(1000 + flow);
			send_one(p, 0);
			run(p, 1 * SIM_S);
		}
		for (int flow = 0; flow < 3; flow++) {
			p->sport = (uint16_t)(1000 + flow);
			send_one(p, 0);
			send_one(p, 0);
		}
		run(p, 1 * SIM_S);
		assert_int_equal(p->lost, 0);
		assert_int_equal(p->host[1].received, 9);
		assert_int_equal(sim_children(p->s, 0), 3);
		for (size_t i = 0; i < p->s->node[0].n_sa; i++) {
			const struct missiu_sa *sa = &p->s->node[0].sa[i].sa;

			assert_int_equal(sa->n_ts_src, 1);
			assert_true(ts_is_flow(&sa->ts_src[0], &sa->ts_dst[0]));
		}
		end(p);
	}
}

/*
 * Two flows; one ends, one goes on, in one direction only. After the idle time
 * the first one's SAs are gone, at both hosts, and only these, whichever host
 * looks after it. The flow gets new ones when it starts again.
 */
static void test_the_sas_of_a_flow_that_has_ended_go(void **state)
{
	(void)state;
	for (int who = 0; who < 2; who++) {
		struct pair *p = make(who);

		p->s->node[0].pol[0].flags = MISSIU_POL_UNIQUE;
		p->s->node[1].pol[0].flags = MISSIU_POL_UNIQUE;
		p->s->node[who].conf.idle_s = 60;
		p->s->node[!who].conf.idle_s = UINT32_MAX;
		begin(p);
		for (int flow = 0; flow < 2; flow++) {
			p->sport = (uint16_t)(1000 + flow);
			send_one(p, 0);
			run(p, 1 * SIM_S);
		}
		assert_int_equal(sim_children(p->s, 0), 2);
		for (int t = 0; t < 100; t += 10) {
			p->sport = 1001;
			send_one(p, 0);
			run(p, 10 * SIM_S);
			if (t < 50)
				assert_int_equal(sim_children(p->s, 0), 2);
		}
		assert_int_equal(sim_children(p->s, 0), 1);
		assert_int_equal(sim_children(p->s, 1), 1);
		assert_true(sim_log_has(p->s, who, "CHILD_SA idle"));
		assert_false(sim_log_has(p->s, !who, "CHILD_SA idle"));
		p->sport = 1000;
		send_one(p, 0);
		run(p, 1 * SIM_S);
		assert_int_equal(sim_children(p->s, 0), 2);
		for (int t = 0; t < 100; t += 10)
			run(p, 10 * SIM_S);
		assert_int_equal(sim_children(p->s, 0), 0);
		assert_int_equal(p->lost, 0);
		assert_int_equal(p->s->node[0].n_warn, 0);
		assert_int_equal(p->s->node[1].n_warn, 0);
		end(p);
	}
}

static void test_rekeyed_by_number_of_packets(void **state)
{
	struct pair *p = make(true);
	const struct missiu_sa *sa;

	(void)state;
	p->s->node[0].pol[0].life_packets = 20;
	begin(p);
	for (int i = 0; i < 60; i++) {
		send_one(p, 0);
		run(p, 100 * SIM_MS);
	}
	assert_int_equal(p->lost, 0);
	assert_int_equal(p->host[1].received, 60);
	sa = sim_find_sa(p->s, 0, MISSIU_OUT);
	assert_int_equal(sa->hard_packets, 20);
	assert_int_equal(sa->soft_packets, 18);
	assert_in_range(p->s->node[0].n_added, 6, 12);
	end(p);
}

/*
 * Lifetimes of 100 s, a packet each way every 100 ms, IKE messages lost now
 * and then: not one packet is lost while SAs are replaced.
 */
static void test_no_packet_is_lost_while_sas_are_rekeyed(void **state)
{
	struct pair *p = make(true);
	const size_t n = 6000;

	(void)state;
	p->s->node[0].pol[0].life_s = p->s->node[1].pol[0].life_s = 100;
	p->s->lose = UINT64_C(0x4211240000);
	begin(p);
	send_one(p, 0);
	run(p, 1 * SIM_S);
	for (size_t i = 0; i < n; i++) {
		send_one(p, 0);
		send_one(p, 1);
		run(p, 100 * SIM_MS);
	}
	run(p, 1 * SIM_S);
	assert_int_equal(p->lost, 0);
	assert_int_equal(p->host[1].received, n + 1);
	assert_int_equal(p->host[0].received, n);
	assert_true(p->s->node[0].n_added >= 12);
	assert_int_equal(sim_children(p->s, 0), 1);
	end(p);
}

static void test_both_hosts_send_first_at_once(void **state)
{
	(void)state;
	for (missiu_usec skew = 0; skew < 50 * SIM_MS; skew += 7 * SIM_MS) {
		struct pair *p = make(false);

		begin(p);
		send_one(p, 0);
		run(p, skew);
		send_one(p, 1);
		run(p, 1 * SIM_S);
		send_one(p, 0);
		send_one(p, 1);
		run(p, 1 * SIM_S);
		assert_int_equal(p->host[0].received, 2);
		assert_int_equal(p->host[1].received, 2);
		assert_int_equal(p->lost, 0);
		end(p);
	}
}

/* The peer goes away and comes back: traffic finds its way again. */
static void test_traffic_after_a_restart_of_the_peer(void **state)
{
	struct pair *p = make(true);

	(void)state;
	begin(p);
	send_one(p, 0);
	run(p, 1 * SIM_S);
	ike_shutdown(p->s->node[1].ike, p->s->now);
	sim_drain(p->s, 1);
	run(p, 1 * SIM_S);
	send_one(p, 0);
	send_one(p, 1);
	run(p, 1 * SIM_S);
	assert_int_equal(p->host[1].received, 2);
	assert_int_equal(p->host[0].received, 1);
	end(p);
}

static uint64_t asked(const struct pair *p)
{
	return ike_counters(p->s->node[0].ike)->tx;
}

/*
 * Traffic one way only: the peer is asked once and answers. Both ways: nobody is
 * asked, however long it lasts.
 */
static void test_only_silent_peers_are_asked(void **state)
{
	struct pair *p = make(true);
	uint64_t before;

	(void)state;
	p->s->node[0].conf.ike_life_s = p->s->node[1].conf.ike_life_s = 100000;
	p->s->node[0].conf.dpd_s = 60;
	begin(p);
	send_one(p, 0);
	run(p, 1 * SIM_S);
	before = asked(p);
	for (int i = 0; i < 20; i++) {
		send_one(p, 0);
		run(p, 1 * SIM_S);
	}
	assert_int_equal(asked(p), before + 1);
	for (int i = 0; i < 1000; i++) {
		send_one(p, 0);
		send_one(p, 1);
		run(p, 1 * SIM_S);
	}
	assert_int_equal(asked(p), before + 1);
	/* It has spoken: this silence is another one. */
	for (int i = 0; i < 16; i++) {
		send_one(p, 0);
		run(p, 1 * SIM_S);
	}
	assert_int_equal(asked(p), before + 2);
	assert_int_equal(p->lost, 0);
	assert_int_equal(sim_children(p->s, 0), 1);
	end(p);
}

/* Killed and started anew, and nobody there has a reason to speak first. */
static void test_a_killed_peer_is_found_by_traffic(void **state)
{
	struct pair *p = make(true);
	struct sim_node *n = &p->s->node[1];
	int seconds = 0;

	(void)state;
	p->s->node[0].conf.retransmit_ms = 4000;
	begin(p);
	for (int i = 0; i < 20; i++) {
		send_one(p, 0);
		send_one(p, 1);
		run(p, 1 * SIM_S);
	}
	ike_free(n->ike);
	n->ike = ike_new(&n->conf, NULL);
	n->n_sa = 0;
	missiu_free(p->host[1].m);
	load(p, 1);
	sim_reload(p->s, 1);
	while (!p->host[1].received && seconds++ < 60) {
		send_one(p, 0);
		run(p, 1 * SIM_S);
	}
	/* 10 to 15 s of silence, six questions about each of the two IKE SAs
	 * that they began at once, a negotiation. */
	assert_in_range(seconds, 20, 30);
	send_one(p, 1);
	run(p, 1 * SIM_S);
	assert_int_equal(sim_children(p->s, 0), 1);
	sim_agree(p->s, 0, 1);
	end(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_packet_that_asked_arrives),
		cmocka_unit_test(test_algorithms_of_the_engine),
		cmocka_unit_test(test_an_sa_for_each_flow),
		cmocka_unit_test(test_the_sas_of_a_flow_that_has_ended_go),
		cmocka_unit_test(test_rekeyed_by_number_of_packets),
		cmocka_unit_test(test_no_packet_is_lost_while_sas_are_rekeyed),
		cmocka_unit_test(test_both_hosts_send_first_at_once),
		cmocka_unit_test(test_traffic_after_a_restart_of_the_peer),
		cmocka_unit_test(test_only_silent_peers_are_asked),
		cmocka_unit_test(test_a_killed_peer_is_found_by_traffic),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
