/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Addresses assigned by IKE: pools, leases, virtual addresses, and what
 * traffic may then pass.
 *
 *   node 0, node 2: road warriors        node 1: gateway
 *   any ── 192.0.2.1, .3 ─────────────── 192.0.2.2 ── 10.1.0.0/16, fd01::/64
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/addr.h"
#include "ike/cp.h"
#include "ike/sa.h"

#include "../sim/sim.c"

#include "../sim/pair.h"

#define GW   1
#define POOL "pool 10.20.0.0/24 pool fd20::/112 "

static const char gateway[] =
	"peer road { peer_id *.road.example psk \"k\" " POOL
	"dns 10.1.0.53 dns fd01::53 split_dns corp.example subnet 10.1.0.0/16 "
	"subnet fd01::/64 }";

static void client(struct sim *s, int node, const char *id, const char *what)
{
	char text[256];

	snprintf(text, sizeof(text),
		 "peer home { raddr 192.0.2.2 id %s psk \"k\" %s }", id, what);
	peers(s, node, text);
}

/* Policies of both sides; the gateway's for both families. */
static struct sim *rig(void)
{
	struct sim *s = sim_new(3);

	for (int i = 0; i < 3; i++)
		s->node[i].conf.n_psk = 0;
	for (int i = 0; i < 3; i += 2) {
		struct missiu_policy *p =
			sim_tunnel(s, i, GW, "0.0.0.0", "0.0.0.0", 0);

		p->local = p->remote = ts_any();
	}
	sim_tunnel(s, GW, 0, "10.1.0.0", "10.20.0.0", 16)->tun_remote.family =
		0;
	sim_tunnel(s, GW, 0, "fd01::", "fd20::", 64)->tun_remote.family = 0;
	sim_start(s);
	return s;
}

static void up(struct sim *s, int node)
{
	const struct missiu_addr gw = sim_addr("192.0.2.2");

	ike_initiate(s->node[node].ike, &s->node[node].addr, &gw, s->now);
	sim_drain(s, node);
	sim_run(s, 1 * SIM_S);
}

static void down(struct sim *s, int node)
{
	ike_down(s->node[node].ike, "home", s->now);
	sim_drain(s, node);
	sim_run(s, 1 * SIM_S);
}

/* Text of one of a node's addresses, "" when it has none of the family. */
static const char *vip(const struct sim *s, int node, uint8_t family)
{
	static char text[4][ADDR_TEXT_MAX];
	static unsigned at;
	const struct ctl_net *tap = &s->node[node].net.tap;
	char *out = text[at++ % 4];

	*out = '\0';
	for (uint8_t i = 0; i < tap->n_addr; i++)
		if (tap->addr[i].family == family)
			snprintf(out, ADDR_TEXT_MAX, "%s",
				 addr_text(&tap->addr[i]).s);
	return out;
}

static bool has_route(const struct sim *s, int node, const char *lo,
		      const char *hi)
{
	const struct ctl_net *tap = &s->node[node].net.tap;
	const struct missiu_addr l = sim_addr(lo), h = sim_addr(hi);

	for (uint8_t i = 0; i < tap->n_route; i++)
		if (addr_eq(&tap->route[i].lo, &l) &&
		    addr_eq(&tap->route[i].hi, &h))
			return true;
	return false;
}

static void test_both_families(void **state)
{
	struct sim *s = rig();
	const struct missiu_sa *sa;
	struct missiu_ts host;

	(void)state;
	peers(s, GW, gateway);
	client(s, 0, "a.road.example", "request_address both");
	up(s, 0);
	assert_int_equal(sim_children(s, 0), 2);
	sim_agree(s, 0, GW);
	assert_int_equal(strncmp(vip(s, 0, 4), "10.20.0.", 8), 0);
	assert_int_equal(strncmp(vip(s, 0, 6), "fd20::", 6), 0);
	assert_string_equal(s->node[0].net.tap.name, "home");
	/* A child of each of the gateway's policies: first one, then the rest. */
	sa = sim_find_sa(s, GW, MISSIU_OUT);
	assert_int_equal(sa->n_ts_dst, 1);
	host = ts_host(&s->node[0].net.tap.addr[1]);
	assert_true(ts_eq(&sa->ts_dst[0], &host));
	assert_string_equal(ts_text(&sa->ts_src[0]).s, "fd01::/64");
	assert_true(has_route(s, 0, "10.1.0.0", "10.1.255.255"));
	assert_true(has_route(s, 0, "fd01::", "fd01::ffff:ffff:ffff:ffff"));
	assert_int_equal(s->node[0].net.tap.n_route, 2);
	assert_int_equal(s->node[0].net.n_dns, 2);
	assert_int_equal(s->node[0].net.n_domain, 1);
	assert_string_equal(s->node[0].net.domain[0], "corp.example");
	assert_int_equal(s->node[0].n_net, 2);
	sim_free(s);
}

static void test_only_what_was_asked_for(void **state)
{
	static const struct {
		const char *ask;
		bool v4, v6;
	} rows[] = { { "v4", true, false },
		     { "v6", false, true },
		     { "both", true, true } };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct sim *s = rig();
		char text[64];

		snprintf(text, sizeof(text), "request_address %s", rows[i].ask);
		peers(s, GW, gateway);
		client(s, 0, "a.road.example", text);
		up(s, 0);
		assert_int_equal(sim_children(s, 0), rows[i].v4 + rows[i].v6);
		assert_int_equal(*vip(s, 0, 4) != 0, rows[i].v4);
		assert_int_equal(*vip(s, 0, 6) != 0, rows[i].v6);
		assert_int_equal(s->node[0].net.n_dns, rows[i].v4 + rows[i].v6);
		sim_free(s);
	}
}

static void test_two_clients_have_two_addresses(void **state)
{
	struct sim *s = rig();

	(void)state;
	peers(s, GW, gateway);
	client(s, 0, "a.road.example", "request_address v4");
	client(s, 2, "b.road.example", "request_address v4");
	up(s, 0);
	up(s, 2);
	assert_int_equal(sim_children(s, GW), 2);
	assert_string_not_equal(vip(s, 0, 4), vip(s, 2, 4));
	assert_true(*vip(s, 0, 4) && *vip(s, 2, 4));
	sim_free(s);
}

static void test_reconnecting_keeps_the_lease(void **state)
{
	struct sim *s = rig();
	char had[ADDR_TEXT_MAX];

	(void)state;
	peers(s, GW, gateway);
	client(s, 0, "a.road.example", "request_address v4");
	client(s, 2, "b.road.example", "request_address v4");
	up(s, 0);
	snprintf(had, sizeof(had), "%s", vip(s, 0, 4));
	down(s, 0);
	assert_string_equal(vip(s, 0, 4), "");
	assert_int_equal(s->node[0].n_net, 2);
	sim_run(s, 100 * SIM_S);
	up(s, 2);
	assert_string_not_equal(vip(s, 2, 4), had);
	/* Nothing is left at the client that it could ask for. */
	up(s, 0);
	assert_string_equal(vip(s, 0, 4), had);
	/* In capitals it is the same name. */
	down(s, 0);
	client(s, 0, "A.ROAD.example", "request_address v4");
	up(s, 0);
	assert_string_equal(vip(s, 0, 4), had);
	sim_free(s);
}

static void test_leases_survive_a_restart(void **state)
{
	struct sim *s = rig();
	char had[ADDR_TEXT_MAX];
	unsigned line;
	char *text;

	(void)state;
	peers(s, GW, gateway);
	client(s, 0, "a.road.example", "request_address v4");
	client(s, 2, "b.road.example", "request_address v4");
	up(s, 0);
	snprintf(had, sizeof(had), "%s", vip(s, 0, 4));
	text = ike_leases_text(s->node[GW].ike);
	sim_free(s);
	/* The other one is faster this time. */
	s = rig();
	peers(s, GW, gateway);
	assert_int_equal(ike_leases_load(s->node[GW].ike, text, &line), 1);
	assert_int_equal(line, 0);
	free(text);
	client(s, 2, "b.road.example", "request_address v4");
	client(s, 0, "a.road.example", "request_address v4");
	up(s, 2);
	assert_string_not_equal(vip(s, 2, 4), had);
	up(s, 0);
	assert_string_equal(vip(s, 0, 4), had);
	sim_free(s);
}

static void test_lost_peer_keeps_the_address_for_a_while(void **state)
{
	struct sim *s = rig();
	const struct missiu_addr gw = sim_addr("192.0.2.2");
	char had[ADDR_TEXT_MAX];

	(void)state;
	peers(s, GW, gateway);
	client(s, 0, "a.road.example", "request_address v4");
	up(s, 0);
	snprintf(had, sizeof(had), "%s", vip(s, 0, 4));
	/* The gateway ends it; we come back after ten seconds. */
	ike_down(s->node[GW].ike, "road", s->now);
	sim_drain(s, GW);
	sim_run(s, 10 * SIM_S);
	assert_int_equal(sim_children(s, 0), 0);
	assert_int_equal(s->node[0].n_net, 1);
	ike_initiate(s->node[0].ike, &s->node[0].addr, &gw, s->now);
	sim_drain(s, 0);
	sim_run(s, 100 * SIM_S);
	assert_int_equal(sim_children(s, 0), 1);
	assert_string_equal(vip(s, 0, 4), had);
	assert_int_equal(s->node[0].n_net, 1);
	/* Now we do not come back. */
	ike_down(s->node[GW].ike, "road", s->now);
	sim_drain(s, GW);
	sim_run(s, 59 * SIM_S);
	assert_int_equal(s->node[0].n_net, 1);
	sim_run(s, 3 * SIM_S);
	assert_int_equal(s->node[0].n_net, 2);
	assert_int_equal(s->node[0].net.tap.n_addr, 0);
	assert_string_equal(s->node[0].net.tap.name, "home");
	sim_free(s);
}

static void test_rekeying_moves_lease_and_address(void **state)
{
	struct sim *s = rig();

	(void)state;
	peers(s, GW, gateway);
	client(s, 0, "a.road.example", "request_address v4");
	up(s, 0);
	for (int node = 0; node < 2; node++)
		for (unsigned what = 1; what <= 2; what++) {
			assert_int_equal(ike_rekey(s->node[node].ike,
						   node ? "road" : "home", what,
						   s->now),
					 1);
			sim_drain(s, node);
			sim_run(s, 100 * SIM_S);
			assert_int_equal(sim_children(s, 0), 1);
			assert_int_equal(sim_n_ike(s, 0), 1);
			assert_int_equal(s->node[0].n_net, 1);
		}
	/* The gateway still knows whose the address is. */
	sim_acquire(s, GW, &s->node[GW].pol[0], "10.1.0.9", vip(s, 0, 4));
	sim_run(s, 1 * SIM_S);
	assert_int_equal(s->node[GW].n_failed, 0);
	assert_int_equal(sim_children(s, 0), 2);
	down(s, 0);
	assert_int_equal(s->node[0].n_net, 2);
	sim_free(s);
}

static void test_authenticating_anew_keeps_the_address(void **state)
{
	struct sim *s = rig();
	char had[ADDR_TEXT_MAX];

	(void)state;
	peers(s, GW, gateway);
	client(s, 0, "a.road.example", "request_address both reauth 60");
	up(s, 0);
	snprintf(had, sizeof(had), "%s", vip(s, 0, 4));
	for (int i = 0; i < 5; i++) {
		sim_run(s, 70 * SIM_S);
		assert_string_equal(vip(s, 0, 4), had);
		assert_int_equal(s->node[0].n_net, 2); /* one a family */
		assert_int_equal(sim_established(s, 0), 1);
		assert_int_equal(sim_children(s, 0), 2);
	}
	assert_true(ike_counters(s->node[0].ike)->init_ok >= 5);
	/* And the gateway knows by which IKE SA it is reached. */
	sim_acquire(s, GW, &s->node[GW].pol[0], "10.1.0.9", had);
	sim_run(s, 10 * SIM_S);
	assert_int_equal(s->node[GW].n_failed, 0);
	sim_free(s);
}

static void test_gateway_asks_who_has_the_address(void **state)
{
	struct sim *s = rig();

	(void)state;
	peers(s, GW, gateway);
	client(s, 0, "a.road.example", "request_address v4");
	sim_acquire(s, GW, &s->node[GW].pol[0], "10.1.0.9", "10.20.0.77");
	sim_run(s, 1 * SIM_S);
	assert_int_equal(s->node[GW].n_failed, 1);
	assert_log(s, GW, "nobody has this address of the pool now");
	assert_int_equal(sim_n_ike(s, GW), 0);
	up(s, 0);
	sim_run(s, 10 * SIM_S);
	sim_acquire(s, GW, &s->node[GW].pol[0], "10.1.0.9", vip(s, 0, 4));
	sim_run(s, 1 * SIM_S);
	assert_int_equal(s->node[GW].n_failed, 1);
	assert_int_equal(sim_children(s, GW), 2);
	sim_free(s);
}

static void test_nobody_gets_anothers_address(void **state)
{
	struct sim *s = rig();
	char theirs[ADDR_TEXT_MAX];

	(void)state;
	peers(s, GW, gateway);
	client(s, 0, "a.road.example", "request_address v4");
	client(s, 2, "b.road.example", "request_address v4");
	up(s, 0);
	up(s, 2);
	snprintf(theirs, sizeof(theirs), "%s", vip(s, 0, 4));
	/* The second asks for a child with the first one's address. */
	sim_acquire(s, 2, &s->node[2].pol[0], theirs, "10.1.0.1");
	sim_run(s, 30 * SIM_S);
	assert_int_equal(s->node[2].n_failed, 1);
	assert_int_equal(sim_children(s, GW), 2);
	sim_free(s);
}

/*
 * HDR, SK {IDi, AUTH, CP(REQUEST), SAi2, …}  -->
 *             <--  HDR, SK {IDr, AUTH, N(NO_PROPOSAL_CHOSEN)}, and no CP(REPLY)
 */
static void test_with_the_child_its_addresses_are_refused(void **state)
{
	struct sim *s = rig();

	(void)state;
	peers(s, GW,
	      "peer road { peer_id *.road.example psk \"k\" pool "
	      "10.20.0.7-10.20.0.7 }");
	client(s, 0, "a.road.example", "request_address v4");
	client(s, 2, "b.road.example", "request_address v4");
	s->node[0].pol[0].prot[0].encr = MISSIU_ENCR_CHACHA20_POLY1305;
	s->node[0].pol[0].prot[0].key_len = 0;
	sim_reload(s, 0);
	up(s, 0);
	assert_int_equal(sim_established(s, 0), 1);
	assert_int_equal(sim_children(s, 0), 0);
	assert_log(s, 0, "NO_PROPOSAL_CHOSEN");
	assert_string_equal(vip(s, 0, 4), "");
	assert_null(s->node[0].ike->sas->cfg);
	assert_null(s->node[GW].ike->sas->cfg);
	/* Nobody holds the only address. */
	up(s, 2);
	assert_string_equal(vip(s, 2, 4), "10.20.0.7");
	sim_free(s);
}

static void test_without_request_no_child(void **state)
{
	struct sim *s = rig();

	(void)state;
	peers(s, GW, gateway);
	client(s, 0, "a.road.example", "");
	up(s, 0);
	assert_int_equal(sim_established(s, 0), 1);
	assert_int_equal(sim_children(s, 0), 0);
	assert_log(s, GW, "FAILED_CP_REQUIRED");
	assert_log(s, 0, "FAILED_CP_REQUIRED");
	/* Nor later. */
	sim_acquire(s, 0, &s->node[0].pol[0], "10.20.0.9", "10.1.0.1");
	sim_run(s, 30 * SIM_S);
	assert_int_equal(sim_children(s, 0), 0);
	sim_free(s);
}

static void test_exhausted_pool(void **state)
{
	struct sim *s = rig();
	static const char small[] =
		"peer road { peer_id *.road.example psk \"k\" pool "
		"10.20.0.9-10.20.0.9 }";
	char had[ADDR_TEXT_MAX];

	(void)state;
	peers(s, GW, small);
	client(s, 0, "a.road.example", "request_address both");
	client(s, 2, "b.road.example", "request_address v4");
	up(s, 0);
	assert_string_equal(vip(s, 0, 4), "10.20.0.9");
	assert_string_equal(vip(s, 0, 6), "");
	up(s, 2);
	assert_int_equal(sim_children(s, 2), 0);
	assert_log(s, GW, "INTERNAL_ADDRESS_FAILURE");
	assert_log(s, 2, "INTERNAL_ADDRESS_FAILURE");
	assert_int_equal(s->node[2].n_net, 0);
	/* What nobody uses goes to the next one. */
	down(s, 0);
	down(s, 2);
	up(s, 2);
	snprintf(had, sizeof(had), "%s", vip(s, 2, 4));
	assert_string_equal(had, "10.20.0.9");
	sim_free(s);
}

static void test_peer_that_assigns_nothing(void **state)
{
	struct sim *s = rig();

	(void)state;
	peers(s, GW, "peer road { peer_id *.road.example psk \"k\" }");
	client(s, 0, "a.road.example", "request_address v4");
	up(s, 0);
	sim_run(s, 30 * SIM_S);
	assert_log(s, 0,
		   "peer assigns no address, which request_address of "
		   "peer home (t.conf:1) asks for");
	assert_int_equal(sim_children(s, 0), 0);
	assert_int_equal(s->node[0].n_net, 0);
	/* The gateway was told that its child is not wanted. */
	assert_int_equal(sim_children(s, GW), 0);
	sim_free(s);
}

static void test_addresses_that_are_none_are_not_taken(void **state)
{
	static const char *const pools[] = {
		"192.0.2.1", /* our own */
		"192.0.2.2", /* the peer's: nothing would reach it any more */
		"127.0.0.9", "0.1.2.3", "224.0.0.9",	   "::1",
		"fe80::9",   "ff02::9", "::ffff:10.0.0.1",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(pools) / sizeof(pools[0]); i++) {
		struct sim *s = rig();
		char text[160];

		snprintf(text, sizeof(text),
			 "peer road { peer_id *.road.example psk \"k\" pool "
			 "%s-%s }",
			 pools[i], pools[i]);
		peers(s, GW, text);
		client(s, 0, "a.road.example", "request_address both");
		s->node[GW].pol[0].remote = ts_any();
		s->node[GW].pol[0].local = ts_any();
		sim_reload(s, GW);
		up(s, 0);
		if (s->node[0].n_net || sim_children(s, 0))
			fail_msg("%s was taken", pools[i]);
		assert_log(s, 0, "peer assigns no address that we asked for");
		sim_free(s);
	}
}

static void test_name_servers_that_are_none_are_not_taken(void **state)
{
	struct sim *s = rig();

	(void)state;
	peers(s, GW,
	      "peer road { peer_id *.road.example psk \"k\" " POOL
	      "dns 127.0.0.1 dns 224.0.0.1 dns 10.1.0.53 dns ::1 dns fd01::53 "
	      "split_dns corp.example split_dns x }");
	client(s, 0, "a.road.example", "request_address v4");
	up(s, 0);
	assert_int_equal(s->node[0].net.n_dns, 1);
	assert_string_equal(addr_text(&s->node[0].net.dns[0]).s, "10.1.0.53");
	assert_int_equal(s->node[0].net.n_domain, 2);
	sim_free(s);
}

static void test_who_proves_nothing_owns_nothing(void **state)
{
	static const char home[] =
		"peer home { raddr 192.0.2.2 id a.road.example auth null "
		"peer_auth psk psk \"k\" request_address v4 }";
	struct sim *s = rig();
	char had[ADDR_TEXT_MAX];
	char *text;

	(void)state;
	peers(s, GW,
	      "peer road { auth psk psk \"k\" peer_auth null pool "
	      "10.20.0.0/24 }");
	peers(s, 0, home);
	peers(s, 2, home);
	up(s, 0);
	assert_int_equal(sim_children(s, 0), 1);
	snprintf(had, sizeof(had), "%s", vip(s, 0, 4));
	down(s, 0);
	/* Another one of the same name: nobody knows whether it is he. */
	up(s, 2);
	assert_int_equal(sim_children(s, 2), 1);
	assert_string_not_equal(vip(s, 2, 4), had);
	text = ike_leases_text(s->node[GW].ike);
	assert_string_equal(text, "");
	free(text);
	sim_free(s);
}

static void test_childless(void **state)
{
	struct sim *s = rig();

	(void)state;
	peers(s, GW, gateway);
	client(s, 0, "a.road.example", "request_address v4 childless prefer");
	up(s, 0);
	assert_int_equal(sim_children(s, 0), 1);
	assert_int_equal(strncmp(vip(s, 0, 4), "10.20.0.", 8), 0);
	assert_true(has_route(s, 0, "10.1.0.0", "10.1.255.255"));
	sim_free(s);
}

static void test_without_subnets_the_selectors_are_routed(void **state)
{
	struct sim *s = rig();

	(void)state;
	peers(s, GW, "peer road { peer_id *.road.example psk \"k\" " POOL "}");
	s->node[GW].pol[0].local = ts_any();
	sim_reload(s, GW);
	client(s, 0, "a.road.example", "request_address v4");
	up(s, 0);
	assert_int_equal(s->node[0].net.tap.n_route, 1);
	assert_true(has_route(s, 0, "0.0.0.0", "255.255.255.255"));
	sim_free(s);
}

static void test_shutting_down_takes_all_back(void **state)
{
	struct sim *s = rig();

	(void)state;
	peers(s, GW, gateway);
	client(s, 0, "a.road.example", "request_address v4");
	up(s, 0);
	ike_shutdown(s->node[0].ike, s->now);
	sim_drain(s, 0);
	assert_int_equal(s->node[0].n_net, 2);
	assert_int_equal(s->node[0].net.tap.n_addr, 0);
	sim_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_both_families),
		cmocka_unit_test(test_only_what_was_asked_for),
		cmocka_unit_test(test_two_clients_have_two_addresses),
		cmocka_unit_test(test_reconnecting_keeps_the_lease),
		cmocka_unit_test(test_leases_survive_a_restart),
		cmocka_unit_test(test_lost_peer_keeps_the_address_for_a_while),
		cmocka_unit_test(test_rekeying_moves_lease_and_address),
		cmocka_unit_test(test_authenticating_anew_keeps_the_address),
		cmocka_unit_test(test_gateway_asks_who_has_the_address),
		cmocka_unit_test(test_nobody_gets_anothers_address),
		cmocka_unit_test(test_with_the_child_its_addresses_are_refused),
		cmocka_unit_test(test_without_request_no_child),
		cmocka_unit_test(test_exhausted_pool),
		cmocka_unit_test(test_peer_that_assigns_nothing),
		cmocka_unit_test(test_addresses_that_are_none_are_not_taken),
		cmocka_unit_test(test_name_servers_that_are_none_are_not_taken),
		cmocka_unit_test(test_who_proves_nothing_owns_nothing),
		cmocka_unit_test(test_childless),
		cmocka_unit_test(test_without_subnets_the_selectors_are_routed),
		cmocka_unit_test(test_shutting_down_takes_all_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
