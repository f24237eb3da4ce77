/* SPDX-License-Identifier: Apache-2.0 */
/* What listeners and the log are told: failures in parts, and the life of SAs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ike/idtext.h"
#include "ike/news_json.h"
#include "ike/sa.h"

#include "../sim/sim.c"

#define N(a) (sizeof(a) / sizeof((a)[0]))

static const struct ike_news *find_news(const struct sim_node *n,
					enum ike_news_kind kind)
{
	const size_t count =
		n->n_news < SIM_NEWS_MAX ? n->n_news : SIM_NEWS_MAX;

	for (size_t i = 0; i < count; i++)
		if (n->news[i].kind == kind)
			return &n->news[i];
	return NULL;
}

static size_t count_news(const struct sim_node *n, enum ike_news_kind kind)
{
	size_t found = 0;

	assert_true(n->n_news <= SIM_NEWS_MAX);
	for (size_t i = 0; i < n->n_news; i++)
		found += n->news[i].kind == kind;
	return found;
}

/* --- failures; node 0 asks node 1 */

static void other_key(struct sim *s)
{
	s->node[1].psk[0].key[3] ^= 1;
}

static void other_ike(struct sim *s)
{
	s->node[0].conf.ike_proposal = "aes128-sha256-modp2048";
	s->node[1].conf.ike_proposal = "aes256-sha256-modp2048";
}

static void other_group(struct sim *s)
{
	s->node[0].conf.ike_proposal = "aes128-sha256-modp2048";
	s->node[1].conf.ike_proposal = "aes128-sha256-ecp256";
}

static void other_esp(struct sim *s)
{
	s->node[1].pol[0].prot[0].encr = MISSIU_ENCR_AES_CBC;
	s->node[1].pol[0].prot[0].auth = MISSIU_AUTH_SHA256;
	s->node[1].pol[0].prot[0].icv_len = 0;
	s->node[0].pol[0].line = 7;
	s->node[1].pol[0].line = 9;
}

static void other_traffic(struct sim *s)
{
	const struct missiu_addr elsewhere = sim_addr("198.51.100.99");

	s->node[1].pol[0].remote.lo = s->node[1].pol[0].remote.hi = elsewhere;
	s->node[0].pol[0].line = 7;
	s->node[1].pol[0].line = 9;
}

static void no_policy(struct sim *s)
{
	s->node[1].n_pol = 0;
}

static void silence(struct sim *s)
{
	s->cut = true;
}

static void no_auth(struct sim *s)
{
	s->lose = ~UINT64_C(3);
}

static void no_auth_500(struct sim *s)
{
	s->node[0].conf.no_mobike = true;
	no_auth(s);
}

static void no_4500(struct sim *s)
{
	s->node[0].nat = true;
	s->node[0].nat_offset = 1000;
	s->node[0].pub = sim_addr("203.0.113.1");
	no_auth(s);
}

static void flow_of_theirs(struct sim *s)
{
	s->node[1].pol[0].flags |= MISSIU_POL_UNIQUE;
}

static void unknown_policy(struct sim *s)
{
	s->node[0].pol[0].n_prot = 2;
	s->node[0].pol[0].prot[1] = s->node[0].pol[0].prot[0];
}

/* Parts that must be in the event; "" when it must be empty, NULL: any. */
static const struct {
	const char *name;
	void (*make)(struct sim *s);
	int node; /* who tells */
	bool child;
	const char *status, *what, *theirs, *ours, *difference, *remedy;
} failures[] = {
	{ "other IKE proposal, responder", other_ike, 1, false,
	  "NO_PROPOSAL_CHOSEN", "no proposal chosen", "aes128-sha256-modp2048",
	  "aes256-sha256-modp2048", "encryption (peer aes128, we aes256)",
	  "--ike-proposal aes128-sha256-modp2048" },
	{ "other IKE proposal, initiator", other_ike, 0, false,
	  "NO_PROPOSAL_CHOSEN", "peer answers NO_PROPOSAL_CHOSEN", "",
	  "aes128-sha256-modp2048", "", "--ike-proposal" },
	{ "other group, responder", other_group, 1, false, "NO_PROPOSAL_CHOSEN",
	  "no proposal", "aes128-sha256-modp2048", "aes128-sha256-ecp256",
	  "group (peer modp2048, we ecp256)", "--ike-proposal" },
	{ "other ESP, responder", other_esp, 1, true, "NO_PROPOSAL_CHOSEN",
	  "no proposal chosen", "aes128gcm16", "aes128-sha256", "encryption",
	  "encr_algs gcm keylength 16 to policy 1 (line 9)" },
	{ "other ESP, initiator", other_esp, 0, true, "NO_PROPOSAL_CHOSEN",
	  "peer answers NO_PROPOSAL_CHOSEN", "", "aes128gcm16", "",
	  "policy 1 (line 7)" },
	{ "other traffic, responder", other_traffic, 1, true, "TS_UNACCEPTABLE",
	  "traffic selectors unacceptable", "TSi=", "198.51.100.99",
	  "the peer's side", "policy 1 (line 9)" },
	{ "other traffic, initiator", other_traffic, 0, true, "TS_UNACCEPTABLE",
	  "peer answers TS_UNACCEPTABLE", "", "remote=", "",
	  "policy 1 (line 7)" },
	{ "no policy, responder", no_policy, 1, true, "TS_UNACCEPTABLE",
	  "traffic selectors unacceptable", "TSi=", "no ipsec policy", "",
	  "load one" },
	{ "keys differ, responder", other_key, 1, false,
	  "AUTHENTICATION_FAILED", "pre-shared keys differ", "", "", "",
	  "of the options of ike" },
	{ "keys differ, initiator", other_key, 0, false,
	  "AUTHENTICATION_FAILED", "peer refuses us: we are 192.0.2.1", "", "",
	  "", "the options of ike" },
	{ "silence", silence, 0, false, "TIMEOUT", "no answer on UDP 500", "",
	  "", "", "UDP 500 and 4500 pass" },
	{ "no answer on 4500", no_4500, 0, false, "TIMEOUT",
	  "answers on UDP 500 but not on UDP 4500: IKE_AUTH", "", "", "",
	  "let UDP 4500 pass" },
	{ "no answer on 4500 without a NAT", no_auth, 0, false, "TIMEOUT",
	  "answers on UDP 500 but not on UDP 4500: IKE_AUTH", "", "", "",
	  "--no-mobike" },
	{ "no answer to IKE_AUTH", no_auth_500, 0, false, "TIMEOUT",
	  "answers IKE_SA_INIT but not IKE_AUTH", "", "", "",
	  "--fragment-size" },
	{ "no IKE_AUTH, responder", no_auth, 1, false, "TIMEOUT",
	  "peer sent IKE_SA_INIT, but no IKE_AUTH", "", "", "", "UDP 4500" },
	{ "an SA for each flow, initiator", flow_of_theirs, 0, true,
	  "SINGLE_PAIR_REQUIRED", "peer answers SINGLE_PAIR_REQUIRED", "", "",
	  "", "sa unique" },
	{ "an SA for each flow, responder", flow_of_theirs, 1, true,
	  "SINGLE_PAIR_REQUIRED", "our policy says sa unique", "", "", "",
	  "take sa unique out" },
	{ "a bundle", unknown_policy, 0, true, "INVALID_POLICY",
	  "ESP inside AH", "", "", "", "" },
};

static bool has(const char *text, const char *part)
{
	return !part || (part[0] ? strstr(text, part) != NULL : !text[0]);
}

static void test_each_failure_is_explained_in_parts(void **state)
{
	(void)state;
	for (size_t i = 0; i < N(failures); i++) {
		struct sim *s = sim_new(2);
		const struct ike_news *n;
		char line[IKE_WHY_TEXT_MAX];

		sim_policy(s, 0, 1);
		sim_policy(s, 1, 0);
		s->node[0].pol[0].id = s->node[1].pol[0].id = 1;
		failures[i].make(s);
		sim_start(s);
		/* Without a packet of its own: what policies say is offered. */
		if (failures[i].make == flow_of_theirs)
			ike_initiate(s->node[0].ike, &s->node[0].addr,
				     &s->node[1].addr, s->now);
		else
			sim_acquire(s, 0, &s->node[0].pol[0], NULL,
				    "192.0.2.2");
		sim_drain(s, 0);
		sim_run(s, 30 * SIM_S);
		n = find_news(&s->node[failures[i].node], IKE_NEWS_failed);
		if (!n) {
			sim_dump(s);
			fail_msg("%s: nothing was told", failures[i].name);
		}
		assert_int_equal(
			count_news(&s->node[failures[i].node], IKE_NEWS_failed),
			1);
		ike_why_text(&n->why, line, sizeof(line));
		if (strcmp(n->status, failures[i].status) ||
		    n->child != failures[i].child ||
		    !has(n->why.what, failures[i].what) ||
		    !has(n->why.theirs, failures[i].theirs) ||
		    !has(n->why.ours, failures[i].ours) ||
		    !has(n->why.difference, failures[i].difference) ||
		    !has(n->why.remedy, failures[i].remedy))
			fail_msg("%s: %s: %s", failures[i].name, n->status,
				 line);
		assert_int_equal(n->initiator, failures[i].node == 0);
		assert_true(n->remote.addr.family == 4);
		/* The log says the same. */
		assert_true(
			sim_log_has(s, failures[i].node, n->why.what) &&
			sim_log_has(s, failures[i].node, failures[i].status));
		sim_free(s);
	}
}

/* --- a peer's notify */

static void test_each_refusal_has_a_sentence(void **state)
{
	static const struct {
		uint16_t type;
		const char *what, *remedy;
	} v[] = {
		{ 0, "peer refuses a child SA without a reason", "" },
		{ IKE_N_UNSUPPORTED_CRITICAL_PAYLOAD,
		  "peer answers UNSUPPORTED_CRITICAL_PAYLOAD to a child SA",
		  "critical" },
		{ IKE_N_INVALID_SYNTAX, "INVALID_SYNTAX", "malformed" },
		{ IKE_N_INVALID_KE_PAYLOAD, "INVALID_KE_PAYLOAD",
		  "common group" },
		{ IKE_N_AUTHENTICATION_FAILED, "AUTHENTICATION_FAILED",
		  "--psk-file" },
		{ IKE_N_SINGLE_PAIR_REQUIRED, "SINGLE_PAIR_REQUIRED",
		  "sa unique" },
		{ IKE_N_NO_ADDITIONAL_SAS, "NO_ADDITIONAL_SAS", "limit" },
		{ IKE_N_INTERNAL_ADDRESS_FAILURE, "INTERNAL_ADDRESS_FAILURE",
		  "pool" },
		{ IKE_N_FAILED_CP_REQUIRED, "FAILED_CP_REQUIRED", "addresses" },
		{ IKE_N_TEMPORARY_FAILURE, "TEMPORARY_FAILURE", "busy" },
		{ IKE_N_CHILD_SA_NOT_FOUND, "CHILD_SA_NOT_FOUND", "any more" },
		{ 8999, "peer answers notify 8999 to a child SA", "" },
	};

	(void)state;
	for (size_t i = 0; i < N(v); i++) {
		struct ike_why why;

		ike_why_notify(&why, "a child SA", v[i].type);
		if (!has(why.what, v[i].what) || !has(why.remedy, v[i].remedy))
			fail_msg("%s; %s", why.what, why.remedy);
	}
}

/* --- the life of an SA */

static struct sim *up(void)
{
	struct sim *s = sim_new(2);

	sim_policy(s, 0, 1);
	sim_policy(s, 1, 0);
	sim_start(s);
	sim_acquire(s, 0, &s->node[0].pol[0], NULL, "192.0.2.2");
	sim_run(s, 1 * SIM_S);
	assert_int_equal(sim_children(s, 0), 1);
	return s;
}

/* Kinds told since @from, in order. */
static void assert_told(const struct sim_node *n, size_t from,
			const enum ike_news_kind *want, size_t n_want)
{
	assert_int_equal(n->n_news - from, n_want);
	for (size_t i = 0; i < n_want; i++)
		assert_int_equal(n->news[from + i].kind, want[i]);
}

static void test_a_life_is_told_once_and_in_order(void **state)
{
	static const enum ike_news_kind life[] = {
		IKE_NEWS_ike_up,      IKE_NEWS_child_up, IKE_NEWS_child_rekeyed,
		IKE_NEWS_ike_rekeyed, IKE_NEWS_ike_down, IKE_NEWS_child_down,
	};
	struct sim *s = up();
	const struct ike_news *n = s->node[0].news;

	(void)state;
	assert_int_equal(ike_rekey(s->node[0].ike, "192.0.2.2",
				   IKE_REKEY_CHILDREN, s->now),
			 1);
	sim_run(s, 1 * SIM_S);
	assert_int_equal(
		ike_rekey(s->node[0].ike, "192.0.2.2", IKE_REKEY_IKE, s->now),
		1);
	sim_run(s, 1 * SIM_S);
	assert_int_equal(ike_down(s->node[0].ike, "192.0.2.2", s->now), 1);
	sim_run(s, 1 * SIM_S);
	for (int i = 0; i < 2; i++)
		assert_told(&s->node[i], 0, life, N(life));
	/* Each event names what it replaces. */
	assert_int_equal(n[2].old_spi_in, n[1].spi_in);
	assert_int_not_equal(n[2].spi_in, n[1].spi_in);
	assert_int_equal(n[3].old_spi, n[0].spi);
	assert_int_equal(n[4].spi, n[3].spi);
	assert_int_equal(n[5].spi_in, n[2].spi_in);
	assert_string_equal(n[4].why.what, "asked to end it");
	assert_string_equal(s->node[1].news[4].why.what, "by the peer");
	sim_free(s);
}

static void test_nothing_is_there_to_rekey_or_to_end(void **state)
{
	struct sim *s = up();

	(void)state;
	assert_int_equal(ike_down(s->node[0].ike, "198.51.100.77", s->now), 0);
	assert_int_equal(ike_rekey(s->node[0].ike, "198.51.100.77", 3, s->now),
			 0);
	/* Wishes are not doubled. */
	assert_int_equal(ike_rekey(s->node[0].ike, "192.0.2.2", 3, s->now), 2);
	assert_int_equal(ike_rekey(s->node[0].ike, "192.0.2.2", 3, s->now), 0);
	sim_run(s, 1 * SIM_S);
	assert_int_equal(sim_children(s, 0), 1);
	assert_int_equal(ike_down(s->node[0].ike, "192.0.2.2", s->now), 1);
	assert_int_equal(ike_down(s->node[0].ike, "192.0.2.2", s->now), 0);
	sim_free(s);
}

/* By name as by address; a name that nobody has is nobody. */
static void test_peers_are_named(void **state)
{
	struct sim *s = sim_new(2);
	struct ike_peer_err err;
	struct missiu_addr a;

	(void)state;
	sim_policy(s, 0, 1);
	sim_policy(s, 1, 0);
	sim_start(s);
	assert_int_equal(
		sim_peers(s, 0,
			  "peer bee { raddr 192.0.2.2 psk \"honey-honey\" }\n"
			  "peer net { raddr 203.0.113.0/24 psk \"x-x-x-x\" }",
			  false, &err),
		0);
	assert_int_equal(
		sim_peers(s, 1,
			  "peer bear { raddr 192.0.2.1 psk \"honey-honey\" }",
			  false, &err),
		0);
	assert_true(ike_peer_address(s->node[0].ike, "bee", &a));
	assert_true(addr_eq(&a, &s->node[1].addr));
	assert_false(ike_peer_address(s->node[0].ike, "net", &a));
	assert_false(ike_peer_address(s->node[0].ike, "wasp", &a));
	assert_int_equal(ike_initiate(s->node[0].ike, &s->node[0].addr,
				      &s->node[1].addr, s->now),
			 0);
	sim_run(s, 1 * SIM_S);
	assert_int_equal(sim_children(s, 0), 1);
	assert_string_equal(s->node[0].news[0].peer, "bee");
	assert_string_equal(s->node[1].news[0].peer, "bear");
	assert_int_equal(ike_rekey(s->node[0].ike, "net", 3, s->now), 0);
	assert_int_equal(ike_rekey(s->node[0].ike, "bee", 3, s->now), 2);
	sim_run(s, 1 * SIM_S);
	assert_int_equal(ike_down(s->node[0].ike, "wasp", s->now), 0);
	assert_int_equal(ike_down(s->node[0].ike, "bee", s->now), 1);
	sim_run(s, 1 * SIM_S);
	assert_int_equal(sim_children(s, 0), 0);
	sim_free(s);
}

/* Who waits for what comes of it hears that nothing will. */
static void test_a_policy_for_a_peer_that_is_not_there_is_told(void **state)
{
	struct sim *s = sim_new(2);

	(void)state;
	memcpy(sim_policy(s, 0, 1)->peer, "wasp", sizeof("wasp"));
	sim_start(s);
	assert_int_equal(ike_initiate(s->node[0].ike, &s->node[0].addr,
				      &s->node[1].addr, s->now),
			 0);
	sim_drain(s, 0);
	assert_int_equal(s->node[0].n_news, 1);
	assert_int_equal(s->node[0].news[0].kind, IKE_NEWS_failed);
	assert_string_equal(s->node[0].news[0].status, "INVALID_POLICY");
	assert_true(addr_eq(&s->node[0].news[0].remote.addr, &s->node[1].addr));
	sim_free(s);
}

static void test_down_ends_a_negotiation_too(void **state)
{
	struct sim *s = sim_new(2);

	(void)state;
	sim_policy(s, 0, 1);
	s->cut = true;
	sim_start(s);
	sim_acquire(s, 0, &s->node[0].pol[0], NULL, "192.0.2.2");
	assert_int_equal(ike_down(s->node[0].ike, "192.0.2.2", s->now), 1);
	sim_drain(s, 0);
	assert_int_equal(sim_n_ike(s, 0), 0);
	assert_int_equal(s->node[0].n_failed, 1); /* the packet is let go */
	assert_string_equal(find_news(&s->node[0], IKE_NEWS_failed)->status,
			    "CANCELLED");
	sim_free(s);
}

static void test_a_dead_peer_is_told(void **state)
{
	struct sim *s = up();

	(void)state;
	s->cut = true;
	sim_run(s, 400 * SIM_S);
	assert_int_equal(count_news(&s->node[0], IKE_NEWS_peer_dead), 1);
	assert_int_equal(count_news(&s->node[0], IKE_NEWS_ike_down), 1);
	assert_int_equal(count_news(&s->node[0], IKE_NEWS_child_down), 1);
	assert_non_null(
		strstr(find_news(&s->node[0], IKE_NEWS_peer_dead)->why.what,
		       "does not answer INFORMATIONAL"));
	sim_free(s);
}

/* --- JSON */

static void test_json_has_what_applies_and_nothing_else(void **state)
{
	struct ike_news n = {
		.kind = IKE_NEWS_failed,
		.child = true,
		.spi = 0x1234,
		.remote = { sim_addr("192.0.2.9"), 500 },
		.status = "TS_UNACCEPTABLE",
		.why = { .what = "w",
			 .theirs = "t",
			 .ours = "o",
			 .verb = "accept",
			 .difference = "d",
			 .remedy = "r" },
	};
	char *text = news_json(&n, "now"), line[600];
	json_t *o = json_loads(text, 0, NULL);

	(void)state;
	assert_null(strchr(text, '\n'));
	assert_string_equal(
		text,
		"{\"time\":\"now\",\"event\":\"failed\",\"role\":\"responder\","
		"\"ike_spi\":\"0x0000000000001234\",\"remote\":{\"address\":"
		"\"192.0.2.9\",\"port\":500},\"status\":\"TS_UNACCEPTABLE\","
		"\"negotiation_of\":\"child\",\"what\":\"w\",\"peer_offers\":"
		"\"t\",\"we_accept\":\"o\",\"first_difference\":\"d\","
		"\"remedy\":\"r\",\"text\":\"w: peer offers t; we accept o; "
		"first difference: d; r\"}");
	news_line(o, line, sizeof(line));
	assert_string_equal(line,
			    "now failed ? === 192.0.2.9[500] "
			    "status=TS_UNACCEPTABLE: w: peer offers t; we "
			    "accept o; first difference: d; r");
	json_decref(o);
	free(text);
}

static void test_each_kind_makes_json_and_a_line(void **state)
{
	(void)state;
	for (unsigned k = 0; k < IKE_NEWS_MAX; k++) {
		const struct ike_news n = {
			.kind = (enum ike_news_kind)k,
			.child = k == IKE_NEWS_child_up,
			.home = sim_addr("2001:db8::2"),
			.old_remote = { sim_addr("2001:db8::1"), 7 }
		};
		char *text = news_json(&n, "t"), line[300];
		json_t *o = json_loads(text, 0, NULL);

		assert_non_null(json_object_get(o, "event"));
		assert_int_equal(json_object_get(o, "policy") != NULL, n.child);
		news_line(o, line, sizeof(line));
		assert_non_null(strstr(line, "from 2001:db8::1[7]"));
		json_decref(o);
		free(text);
	}
}

static bool listens(void *ctx)
{
	return *(const bool *)ctx;
}

static void test_news_are_made_for_listeners_only(void **state)
{
	struct sim *s = sim_new(2);
	bool anybody = false;

	(void)state;
	sim_policy(s, 0, 1);
	sim_policy(s, 1, 0);
	s->node[0].conf.news_wanted = listens;
	s->node[0].conf.news_ctx = &anybody;
	sim_start(s);
	sim_acquire(s, 0, &s->node[0].pol[0], NULL, "192.0.2.2");
	sim_run(s, 1 * SIM_S);
	assert_int_equal(s->node[0].n_news, 0);
	assert_true(count_news(&s->node[1], IKE_NEWS_child_up) == 1);
	anybody = true;
	ike_down(s->node[0].ike, "192.0.2.2", s->now);
	sim_drain(s, 0);
	sim_run(s, 1 * SIM_S);
	assert_true(count_news(&s->node[0], IKE_NEWS_ike_down) == 1);
	assert_true(count_news(&s->node[0], IKE_NEWS_ike_up) == 0);
	sim_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_news_are_made_for_listeners_only),
		cmocka_unit_test(test_each_failure_is_explained_in_parts),
		cmocka_unit_test(test_each_refusal_has_a_sentence),
		cmocka_unit_test(test_a_life_is_told_once_and_in_order),
		cmocka_unit_test(test_nothing_is_there_to_rekey_or_to_end),
		cmocka_unit_test(test_peers_are_named),
		cmocka_unit_test(
			test_a_policy_for_a_peer_that_is_not_there_is_told),
		cmocka_unit_test(test_down_ends_a_negotiation_too),
		cmocka_unit_test(test_a_dead_peer_is_told),
		cmocka_unit_test(test_json_has_what_applies_and_nothing_else),
		cmocka_unit_test(test_each_kind_makes_json_and_a_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
