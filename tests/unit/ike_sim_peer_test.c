/* SPDX-License-Identifier: Apache-2.0 */
/* Named peers: who is taken for whom, what each is given, loading again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ike/idtext.h"
#include "ike/sa.h"

#include "../sim/sim.c"

#include "../sim/pair.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

/* Node 0 asks; node 1 is the one with several peers. No keys by options. */
static struct sim *bare(size_t n)
{
	struct sim *s = sim_new(n);

	for (size_t i = 0; i < n; i++)
		s->node[i].conf.n_psk = 0;
	return s;
}

static struct sim *pair(void)
{
	struct sim *s = bare(2);

	sim_policy(s, 0, 1);
	sim_policy(s, 1, 0);
	return s;
}

static void ask(struct sim *s)
{
	sim_acquire(s, 0, &s->node[0].pol[0], NULL, "192.0.2.2");
	sim_run(s, 1 * SIM_S);
}

static struct ike_sa_info first_sa(const struct sim *s, int node)
{
	struct ike_sa_info info = { 0 };
	uint64_t cursor = 0;

	ike_sa_next(s->node[node].ike, &cursor, &info);
	return info;
}

/* --- who somebody is */

static const char two_at_one_address[] =
	"peer a { raddr 192.0.2.1 peer_id a.example psk \"A\" }\n"
	"peer b { raddr 192.0.2.1 peer_id b.example psk \"B\" }";

static void test_identity_decides_at_one_address(void **state)
{
	static const struct {
		const char *mine, *name;
	} rows[] = {
		{ "peer x { id a.example psk \"A\" }", "a" },
		{ "peer x { id b.example psk \"B\" }", "b" },
		{ "peer x { id B.Example psk \"B\" }", "b" },
	};

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		struct sim *s = pair();
		struct ike_sa_info info;

		sim_start(s);
		peers(s, 1, two_at_one_address);
		peers(s, 0, rows[i].mine);
		ask(s);
		assert_int_equal(sim_established(s, 1), 1);
		info = first_sa(s, 1);
		assert_string_equal(info.peer, rows[i].name);
		assert_int_equal(sim_children(s, 1), 1);
		sim_agree(s, 0, 1);
		sim_free(s);
	}
}

static void test_secret_of_another_peer_is_refused(void **state)
{
	static const struct {
		const char *mine, *why;
	} rows[] = {
		{ "peer x { id a.example psk \"B\" }",
		  "the pre-shared keys differ (peer is a.example): ours is in "
		  "peer a (t.conf:1)" },
		{ "peer x { id b.example psk \"A\" }",
		  "the pre-shared keys differ (peer is b.example): ours is in "
		  "peer b (t.conf:2)" },
		{ "peer x { id c.example psk \"A\" }",
		  "no peer is configured for identity c.example at 192.0.2.1" },
		{ "peer x { psk \"A\" }",
		  "no peer is configured for identity 192.0.2.1 at" },
	};

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		struct sim *s = pair();

		sim_start(s);
		peers(s, 1, two_at_one_address);
		peers(s, 0, rows[i].mine);
		ask(s);
		assert_int_equal(sim_established(s, 1), 0);
		assert_log(s, 1, rows[i].why);
		assert_int_equal(s->node[0].n_failed, 1);
		sim_free(s);
	}
}

static void test_wildcards(void **state)
{
	static const struct {
		const char *id;
		const char *name; /* NULL: refused */
	} rows[] = {
		{ "x.road.example", "road" },
		{ "y.x.road.example", "road" },
		{ "X.ROAD.example", "road" },
		{ "road.example", NULL },
		{ "xroad.example", NULL },
		{ "x.road.example.org", NULL },
		{ "chief.road.example", "chief" }, /* written out: goes first */
		{ "ann@road.example", "users" },
		{ "ann@x.road.example", NULL },
		{ "a.b.road.example", "branch" }, /* the longer end */
	};

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		struct sim *s = pair();
		char text[128];

		snprintf(text, sizeof(text), "peer x { id %s psk \"k\" }",
			 rows[i].id);
		sim_start(s);
		peers(s, 1,
		      "peer road { peer_id *.road.example psk \"k\" }"
		      "peer branch { peer_id *.b.road.example psk \"k\" }"
		      "peer chief { peer_id chief.road.example psk \"k\" }"
		      "peer users { peer_id *@road.example psk \"k\" }");
		peers(s, 0, text);
		ask(s);
		assert_int_equal(sim_established(s, 1), rows[i].name ? 1 : 0);
		if (rows[i].name) {
			struct ike_sa_info info = first_sa(s, 1);

			assert_string_equal(info.peer, rows[i].name);
		}
		sim_free(s);
	}
}

static void test_address_must_be_the_peers(void **state)
{
	struct sim *s = pair();

	(void)state;
	sim_start(s);
	peers(s, 1, "peer a { raddr 192.0.2.7-192.0.2.9 psk \"A\" }");
	peers(s, 0, "peer x { psk \"A\" }");
	ask(s);
	sim_run(s, 5 * SIM_S);
	assert_log(s, 1, "no peer is configured for this address");
	assert_int_equal(sim_n_ike(s, 1), 0);
	assert_int_equal(s->node[0].n_failed, 1);
	sim_free(s);
	/* Ours, too. */
	s = pair();
	sim_start(s);
	peers(s, 1, "peer a { laddr 192.0.2.3 psk \"A\" }");
	peers(s, 0, "peer x { psk \"A\" }");
	ask(s);
	assert_log(s, 1, "no peer is configured for this address");
	sim_free(s);
}

static void test_closer_address_goes_first(void **state)
{
	struct sim *s = pair();
	struct ike_sa_info info;

	(void)state;
	sim_start(s);
	peers(s, 1,
	      "peer all { psk \"A\" } peer net { raddr 192.0.2.0/24 psk \"A\" }"
	      "peer host { raddr 10.0.0.1 raddr 192.0.2.1 psk \"A\" }"
	      "peer few { raddr 192.0.2.0/30 psk \"A\" }");
	peers(s, 0, "peer x { psk \"A\" }");
	ask(s);
	info = first_sa(s, 1);
	assert_string_equal(info.peer, "host");
	sim_free(s);
}

static void test_responder_must_have_an_identity_of_the_peer(void **state)
{
	struct sim *s = pair();

	(void)state;
	sim_start(s);
	peers(s, 1, "peer a { id b.example psk \"A\" }");
	peers(s, 0, "peer x { peer_id *.org peer_id c.example psk \"A\" }");
	ask(s);
	assert_log(s, 0,
		   "peer is b.example, which no peer_id of peer x (t.conf:1) "
		   "allows");
	assert_int_equal(sim_established(s, 0), 0);
	sim_run(s, 30 * SIM_S);
	assert_int_equal(sim_established(s, 1), 0);
	sim_free(s);
}

/* --- proposals: chosen before anybody said who he is */

static const char two_suites[] =
	"peer a { peer_id a.example psk \"A\" ike_algs "
	"aes128gcm16-prfsha256-x25519 }\n"
	"peer b { peer_id b.example psk \"B\" ike_algs "
	"aes256gcm16-prfsha384-ecp256 }";

static void test_peer_is_switched_when_its_proposals_allow(void **state)
{
	struct sim *s = pair();
	struct ike_sa_info info;

	(void)state;
	sim_start(s);
	peers(s, 1, two_suites);
	peers(s, 0,
	      "peer x { id b.example psk \"B\" ike_algs "
	      "aes256gcm16-prfsha384-ecp256 }");
	ask(s);
	info = first_sa(s, 1);
	assert_string_equal(info.peer, "b");
	assert_string_equal(info.suite, "aes256gcm16-prfsha384-ecp256");
	sim_free(s);
	/* The same suite for both: the first guess was a. */
	s = pair();
	sim_start(s);
	peers(s, 1,
	      "peer a { peer_id a psk \"A\" } peer b { peer_id b psk "
	      "\"B\" pfs no }");
	peers(s, 0, "peer x { id b psk \"B\" }");
	ask(s);
	info = first_sa(s, 1);
	assert_string_equal(info.peer, "b");
	sim_free(s);
}

static void test_suite_that_the_peer_may_not_have_is_refused(void **state)
{
	struct sim *s = pair();

	(void)state;
	sim_start(s);
	peers(s, 1, two_suites);
	peers(s, 0,
	      "peer x { id b.example psk \"B\" ike_algs "
	      "aes128gcm16-prfsha256-x25519,aes256gcm16-prfsha384-ecp256 }");
	ask(s);
	assert_log(s, 1,
		   "peer b.example came with aes128gcm16-prfsha256-x25519, "
		   "which ike_algs of peer b (t.conf:2) does not allow");
	assert_int_equal(sim_established(s, 1), 0);
	sim_free(s);
}

static void test_refused_proposals_name_the_statement(void **state)
{
	struct sim *s = pair();

	(void)state;
	sim_start(s);
	peers(s, 1,
	      "\npeer a { psk \"A\" ike_algs "
	      "aes128gcm16-prfsha256-x25519 }");
	peers(s, 0, "peer x { psk \"A\" ike_algs aes256-sha256-ecp256 }");
	ask(s);
	sim_run(s, 5 * SIM_S);
	assert_log(s, 1,
		   "write ike_algs aes256-sha256-ecp256 into peer a "
		   "(t.conf:2)");
	assert_log(s, 0, "let ike_algs of peer x (t.conf:1) be a proposal");
	sim_free(s);
}

/* --- what a peer is given */

/* Node 0 is at Berlin's address, with another key; it wants Berlin's policy. */
static void intruder(const char *extra, bool named, const char *mine)
{
	struct sim *s = bare(2);
	struct missiu_policy *p;

	if (!extra)
		s->node[1].conf.n_psk = 1; /* the generic key is an option */
	sim_tunnel(s, 0, 1, "10.1.0.0", "10.2.0.0", 16);
	p = sim_tunnel(s, 1, 0, "10.2.0.0", "10.1.0.0", 16);
	p->line = 7;
	if (named)
		memcpy(p->peer, "berlin", sizeof("berlin"));
	sim_start(s);
	if (!extra)
		extra = "";
	{
		char text[512];

		snprintf(text, sizeof(text),
			 "peer berlin { raddr 192.0.2.1 peer_id b.example psk "
			 "\"B\" }\n%s",
			 extra);
		peers(s, 1, text);
	}
	peers(s, 0, mine);
	sim_acquire(s, 0, &s->node[0].pol[0], "10.1.0.1", "10.2.0.1");
	sim_run(s, 1 * SIM_S);
	if (strstr(mine, "\"B\"")) {
		assert_int_equal(sim_children(s, 1), 1);
	} else {
		assert_int_equal(sim_established(s, 1), 1);
		assert_int_equal(sim_children(s, 1), 0);
		assert_int_equal(s->node[1].n_added, 0);
		assert_log(s, 1, "TS_UNACCEPTABLE");
		assert_log(s, 1,
			   named ? "the policy is for peer berlin" :
				   "those bound to its address");
		assert_int_equal(s->node[0].n_failed, 1);
	}
	sim_free(s);
}

static void test_generic_key_takes_no_policy_of_another(void **state)
{
	static const char road[] = "peer road { psk \"G\" }";
	static const char evil[] = "peer x { id evil psk \"G\" }";
	static const char option[] =
		"peer x { id evil psk \"a shared secret\" }";
	static const char berlin[] = "peer x { id b.example psk \"B\" }";

	(void)state;
	for (int named = 0; named < 2; named++) {
		intruder(road, named, evil);
		intruder(NULL, named, option);
		intruder(road, named, berlin);
	}
}

/* Both policies cover the offer; the second is the peer's. */
static void test_responder_passes_over_policies_of_others(void **state)
{
	struct sim *s = pair();
	struct ike_sa_info info;

	(void)state;
	sim_policy(s, 1, 0);
	memcpy(s->node[1].pol[0].peer, "a", 2);
	memcpy(s->node[1].pol[1].peer, "b", 2);
	sim_start(s);
	peers(s, 1, two_at_one_address);
	peers(s, 0, "peer x { id b.example psk \"B\" }");
	ask(s);
	info = first_sa(s, 1);
	assert_int_equal(info.n_child, 1);
	assert_int_equal(info.child[0].policy_id, 2);
	sim_free(s);
}

/* As initiator: two policies for one address, each with a peer of its own. */
static void test_initiator_keeps_peers_of_one_address_apart(void **state)
{
	struct sim *s = pair();

	(void)state;
	sim_policy(s, 0, 1)->remote.proto = 6;
	s->node[0].pol[1].local.proto = 6;
	memcpy(s->node[0].pol[0].peer, "a", 2);
	memcpy(s->node[0].pol[1].peer, "b", 2);
	sim_start(s);
	peers(s, 1,
	      "peer m { peer_id *.a psk \"A\" } peer n { peer_id *.b psk "
	      "\"B\" }");
	peers(s, 0, "peer a { id x.a psk \"A\" } peer b { id x.b psk \"B\" }");
	sim_acquire(s, 0, &s->node[0].pol[0], NULL, "192.0.2.2");
	sim_acquire(s, 0, &s->node[0].pol[1], NULL, "192.0.2.2");
	sim_run(s, 1 * SIM_S);
	assert_int_equal(sim_established(s, 0), 2);
	assert_int_equal(sim_children(s, 0), 2);
	assert_log(s, 1, "peer_id=x.a");
	assert_log(s, 1, "peer_id=x.b");
	sim_free(s);
}

static void test_policy_of_an_unknown_peer_says_so(void **state)
{
	struct sim *s = pair();

	(void)state;
	memcpy(s->node[0].pol[0].peer, "berlin", 7);
	s->node[0].pol[0].line = 3;
	sim_start(s);
	peers(s, 0, "peer x { psk \"A\" }");
	ask(s);
	assert_log(s, 0, "(line 3) is for peer berlin, which is not loaded");
	assert_int_equal(s->node[0].n_failed, 1);
	peers(s, 0, "peer berlin { raddr 10.0.0.1 psk \"A\" }");
	ask(s);
	assert_log(s, 0, "do not allow 192.0.2.2 with 192.0.2.1");
	assert_int_equal(sim_n_ike(s, 0), 0);
	sim_free(s);
}

/* --- values of a peer */

static void test_lifetimes_and_liveness_are_the_peers(void **state)
{
	struct sim *s = pair();
	struct ike_sa_info before;
	size_t sent;

	(void)state;
	sim_start(s);
	peers(s, 1, "peer a { psk \"A\" dpd 0 }");
	peers(s, 0, "peer x { psk \"A\" ike_lifetime 100 lifetime 77 dpd 5 }");
	ask(s);
	assert_int_equal(sim_find_sa(s, 0, MISSIU_OUT)->hard_s, 77);
	assert_int_equal(sim_find_sa(s, 1, MISSIU_OUT)->hard_s, 28800);
	before = first_sa(s, 0);
	sent = s->n_pkt;
	sim_run(s, 20 * SIM_S);
	assert_true(s->n_pkt >= sent + 6); /* node 0 asks, node 1 answers */
	sim_run(s, 80 * SIM_S);
	assert_true(first_sa(s, 0).spi_i != before.spi_i); /* replaced */
	assert_int_equal(sim_established(s, 0), 1);
	/* dpd 0: silence is not asked about. */
	ike_free(s->node[0].ike);
	s->node[0].ike = ike_new(&s->node[0].conf, NULL);
	sent = s->n_pkt;
	sim_run(s, 1000 * SIM_S);
	assert_int_equal(s->n_pkt, sent);
	sim_free(s);
}

static void test_encapsulation_is_the_peers(void **state)
{
	static const struct {
		const char *value;
		bool encap;
	} rows[] = { { "udp", true },
		     { "none", false },
		     { "auto", false }, /* the other side has not */
		     { "nat", false } };

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		struct sim *s = pair();
		char text[64];

		snprintf(text, sizeof(text), "peer a { psk \"A\" encap %s }",
			 rows[i].value);
		sim_start(s);
		peers(s, 0, text);
		peers(s, 1, "peer x { psk \"A\" }");
		ask(s);
		assert_int_equal(sim_children(s, 0), 1);
		assert_int_equal(sim_find_sa(s, 0, MISSIU_OUT)->encap_dport,
				 rows[i].encap ? 4500 : 0);
		sim_agree(s, 0, 1);
		sim_free(s);
	}
}

/* Two of ours that want what is faster; not behind a NAT, and it is told. */
static void test_both_sides_may_prefer_encapsulation(void **state)
{
	static const struct {
		const char *a, *b, *why;
		bool udp;
	} rows[] = {
		{ "auto", "auto", "faster, and both sides prefer it", true },
		{ "auto", "nat", "no NAT", false },
		{ "nat", "auto", "no NAT", false },
		{ "auto", "none", "the peer has no NAT traversal", false },
		{ "none", "auto", "configured", false },
		{ "udp", "auto", "configured", true },
	};

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		struct ike_sa_info info;
		struct sim *s = pair();
		uint64_t cursor = 0;
		char text[64];

		sim_start(s);
		snprintf(text, sizeof(text), "peer x { psk \"A\" encap %s }",
			 rows[i].a);
		peers(s, 0, text);
		snprintf(text, sizeof(text), "peer x { psk \"A\" encap %s }",
			 rows[i].b);
		peers(s, 1, text);
		ask(s);
		assert_int_equal(sim_children(s, 0), 1);
		for (int node = 0; node < 2; node++)
			assert_int_equal(
				sim_find_sa(s, node, MISSIU_OUT)->encap_dport,
				rows[i].udp ? 4500 : 0);
		assert_true(ike_sa_next(s->node[0].ike, &cursor, &info));
		assert_string_equal(info.encap_why, rows[i].why);
		sim_agree(s, 0, 1);
		sim_free(s);
	}
}

/* --- loading again */

static struct sim *loaded(void)
{
	struct sim *s = pair();

	sim_start(s);
	peers(s, 1,
	      "peer a { psk \"A\" } peer other { raddr 10.0.0.1 psk "
	      "\"O\" }");
	peers(s, 0, "peer x { psk \"A\" }");
	ask(s);
	assert_int_equal(sim_children(s, 1), 1);
	return s;
}

static void test_sas_of_unchanged_peers_stay(void **state)
{
	static const char *const texts[] = {
		"peer a { psk \"A\" }",
		"\n\npeer new { psk \"N\" raddr 10.0.0.2 } peer a {psk 0x41}",
		"peer other { raddr 10.0.0.1 psk \"P\" } peer a { psk \"A\" }",
	};
	struct sim *s = loaded();

	(void)state;
	for (size_t i = 0; i < N(texts); i++) {
		peers(s, 1, texts[i]);
		sim_run(s, 5 * SIM_S);
		assert_int_equal(sim_established(s, 1), 1);
		assert_int_equal(s->node[1].n_deleted, 0);
	}
	/* And can still be used. */
	sim_event(s, 1, MISSIU_EV_SOFT, sim_find_sa(s, 1, MISSIU_OUT));
	sim_run(s, 40 * SIM_S);
	assert_int_equal(sim_children(s, 1), 1);
	sim_agree(s, 0, 1);
	sim_free(s);
}

static void test_sas_of_changed_and_removed_peers_end(void **state)
{
	static const char *const texts[] = {
		"",
		"peer a { psk \"B\" }",
		"peer a { psk \"A\" lifetime 100 }",
		"peer b { psk \"A\" }",
	};

	(void)state;
	for (size_t i = 0; i < N(texts); i++) {
		struct sim *s = loaded();

		peers(s, 1, texts[i]);
		/* At once here, a moment later there. */
		assert_int_equal(s->node[1].n_sa, 0);
		sim_run(s, 1 * SIM_S);
		assert_log(s, 1, "its peer was removed or changed");
		assert_int_equal(sim_n_ike(s, 1), 0);
		assert_int_equal(s->node[0].n_sa, 0);
		assert_int_equal(sim_established(s, 0), 0);
		ask(s);
		assert_int_equal(sim_children(s, 1), i >= 2 ? 1 : 0);
		sim_free(s);
	}
}

static void test_lost_deletion_is_repeated(void **state)
{
	struct sim *s = loaded();

	(void)state;
	s->lose = UINT64_C(1) << s->n_pkt;
	peers(s, 1, "");
	sim_run(s, 5 * SIM_S);
	assert_int_equal(s->node[0].n_sa, 0);
	sim_free(s);
}

static void test_other_peers_stay_when_asked(void **state)
{
	struct sim *s = loaded();
	struct ike_peer_err err;

	(void)state;
	assert_int_equal(sim_peers(s, 1, "peer b { raddr 10.0.0.3 psk \"B\" }",
				   true, &err),
			 0);
	assert_int_equal(sim_established(s, 1), 1);
	assert_int_equal(s->node[1].ike->n_peer, 3);
	/* The others' own source only. */
	assert_int_equal(ike_peers(s->node[1].ike, NULL, 0, IKE_PEERS_CONFIG,
				   false, &err, s->now),
			 0);
	assert_int_equal(s->node[1].ike->n_peer, 3);
	peers(s, 1, "");
	assert_int_equal(s->node[1].ike->n_peer, 0);
	sim_free(s);
}

static void test_refused_load_changes_nothing(void **state)
{
	static const struct {
		const char *text;
		enum missiu_peer_key key;
		const char *why;
	} rows[] = {
		{ "ike_algs aes128-nonsense", MISSIU_PEER_IKE_ALGS,
		  "nonsense" },
		{ "ike_algs aes128-sha256", MISSIU_PEER_IKE_ALGS, "group" },
		{ "dh modp1", MISSIU_PEER_DH, "found modp1, expected a group" },
		{ "id \"a b\"", MISSIU_PEER_ID, "not printable" },
		{ "peer_id a*b", MISSIU_PEER_PEER_ID, "found a*b, expected *" },
		{ "peer_id **", MISSIU_PEER_PEER_ID, "found **, expected *" },
		{ "auth eap peer_auth psk", MISSIU_PEER_AUTH,
		  "does not support" },
		{ "split_dns \"a b\"", MISSIU_PEER_SPLIT_DNS,
		  "found \"a b\", expected a domain" },
	};
	struct sim *s = loaded();

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		struct ike_peer_err err;
		char text[256];

		snprintf(text, sizeof(text),
			 "peer a { psk \"C\" } peer b { psk \"B\" %s }",
			 rows[i].text);
		assert_int_not_equal(sim_peers(s, 1, text, false, &err), 0);
		assert_int_equal(err.index, 1);
		assert_int_equal(err.key, rows[i].key);
		if (!strstr(err.diag.msg, rows[i].why))
			fail_msg("%s: %s", rows[i].text, err.diag.msg);
		assert_int_equal(s->node[1].ike->n_peer, 2);
	}
	sim_run(s, 5 * SIM_S);
	assert_int_equal(sim_established(s, 1), 1);
	sim_free(s);
}

/* Peers go at every step of a negotiation; nothing dangles, nothing stays. */
static void reload_in_the_middle(const char *text)
{
	for (int node = 0; node < 2; node++) {
		for (size_t step = 0; step < 12; step++) {
			struct sim *s = pair();

			sim_start(s);
			peers(s, 1, text);
			peers(s, 0, text);
			sim_acquire(s, 0, &s->node[0].pol[0], NULL,
				    "192.0.2.2");
			for (size_t i = 0; i < step; i++)
				sim_step(s, s->now + 100 * SIM_MS);
			peers(s, node, "");
			/* Who was not told notices by its liveness check. */
			sim_run(s, 600 * SIM_S);
			assert_int_equal(sim_n_ike(s, node), 0);
			assert_int_equal(s->node[0].n_sa, 0);
			assert_int_equal(s->node[1].n_sa, 0);
			sim_free(s);
		}
	}
}

/* Who waits for a packet's SA hears at once that it does not come. */
static void test_reload_ends_what_has_begun_at_once(void **state)
{
	static const enum ike_state states[] = { IKE_S_INIT_SENT,
						 IKE_S_INTER_SENT,
						 IKE_S_AUTH_SENT };

	(void)state;
	for (size_t i = 0; i < N(states); i++) {
		struct sim *s = pair();
		const char text[] = "peer x { psk \"A\" ike_algs "
				    "aes128gcm16-prfsha256-x25519-ke1_ecp256 }";

		sim_start(s);
		peers(s, 1, text);
		peers(s, 0, text);
		sim_acquire(s, 0, &s->node[0].pol[0], NULL, "192.0.2.2");
		while (s->node[0].ike->sas->state != states[i])
			assert_true(sim_step(s, s->now + SIM_S));
		peers(s, 0, "");
		sim_drain(s, 0);
		if (!sim_log_has(s, 0, "RELOADED"))
			sim_dump(s);
		assert_true(sim_log_has(s, 0, "RELOADED"));
		assert_int_equal(sim_n_ike(s, 0), 0);
		assert_int_equal(s->node[0].n_failed, 1);
		sim_free(s);
	}
}

static void test_reload_in_the_middle(void **state)
{
	(void)state;
	reload_in_the_middle("peer x { psk \"A\" }");
	/* With IKE_INTERMEDIATE in between. */
	reload_in_the_middle("peer x { psk \"A\" ike_algs "
			     "aes128gcm16-prfsha256-x25519-ke1_ecp256 }");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_identity_decides_at_one_address),
		cmocka_unit_test(test_secret_of_another_peer_is_refused),
		cmocka_unit_test(test_wildcards),
		cmocka_unit_test(test_address_must_be_the_peers),
		cmocka_unit_test(test_closer_address_goes_first),
		cmocka_unit_test(
			test_responder_must_have_an_identity_of_the_peer),
		cmocka_unit_test(
			test_peer_is_switched_when_its_proposals_allow),
		cmocka_unit_test(
			test_suite_that_the_peer_may_not_have_is_refused),
		cmocka_unit_test(test_refused_proposals_name_the_statement),
		cmocka_unit_test(test_generic_key_takes_no_policy_of_another),
		cmocka_unit_test(test_responder_passes_over_policies_of_others),
		cmocka_unit_test(
			test_initiator_keeps_peers_of_one_address_apart),
		cmocka_unit_test(test_policy_of_an_unknown_peer_says_so),
		cmocka_unit_test(test_lifetimes_and_liveness_are_the_peers),
		cmocka_unit_test(test_encapsulation_is_the_peers),
		cmocka_unit_test(test_both_sides_may_prefer_encapsulation),
		cmocka_unit_test(test_sas_of_unchanged_peers_stay),
		cmocka_unit_test(test_sas_of_changed_and_removed_peers_end),
		cmocka_unit_test(test_lost_deletion_is_repeated),
		cmocka_unit_test(test_other_peers_stay_when_asked),
		cmocka_unit_test(test_refused_load_changes_nothing),
		cmocka_unit_test(test_reload_ends_what_has_begun_at_once),
		cmocka_unit_test(test_reload_in_the_middle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
