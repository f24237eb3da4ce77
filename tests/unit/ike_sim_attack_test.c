/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What hostile peers and strangers send, one test a class of published
 * vulnerabilities of IKE implementations (the CVE that taught it stands above
 * each). Node 0 is the attacker: it holds keys where the test says so.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/wr.h"
#include "crypto/crypt.h"
#include "ike/cookie.h"
#include "ike/exchange.h"
#include "ike/idtext.h"
#include "ike/sa.h"

#include "../sim/sim.c"

#include "../sim/pair.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

static struct sim *pair(void)
{
	struct sim *s = sim_new(2);

	sim_policy(s, 0, 1);
	sim_policy(s, 1, 0);
	return s;
}

static void ask(struct sim *s)
{
	sim_acquire(s, 0, &s->node[0].pol[0], NULL, "192.0.2.2");
}

static struct sim *up(void)
{
	struct sim *s = pair();

	sim_start(s);
	ask(s);
	sim_run(s, 1 * SIM_S);
	assert_int_equal(sim_established(s, 1), 1);
	assert_int_equal(sim_children(s, 1), 1);
	return s;
}

static const struct ike_counters *counted(struct sim *s, int node)
{
	return ike_counters(s->node[node].ike);
}

static struct ike_end end_of(const struct sim *s, int node, uint16_t port)
{
	return (struct ike_end){ .addr = s->node[node].pub, .port = port };
}

/* --- messages that our own code would never write */

typedef void writer(struct ike_build *b, const void *arg);

/* A request of @node under its newest SA's keys, from @src; 0: as it is. */
static void evil_from(struct sim *s, int node, uint8_t exchange, writer *fill,
		      const void *arg, const struct ike_end *src)
{
	struct ike_sa *sa = newest(s, node);
	struct ike_packet p;
	size_t len;

	request_begin(sa, exchange, &p);
	if (fill)
		fill(&p.b, arg);
	len = sk_seal(&sa->sk_out, &s->node[node].ike->rng, &p.b);
	assert_true(len > 0);
	sa->mid_out++;
	sim_inject(s, !node, src, sa->remote.port, p.buf, len);
}

static void evil(struct sim *s, int node, uint8_t exchange, writer *fill,
		 const void *arg)
{
	const struct ike_end src = end_of(s, node, newest(s, node)->local.port);

	evil_from(s, node, exchange, fill, arg, &src);
}

/* The last packet of node 1, opened with node 0's keys. */
static bool last_answer(struct sim *s, struct ike_msg *m, uint8_t *buf,
			size_t cap)
{
	const struct sim_pkt *p = &s->pkt[s->n_pkt - 1];
	struct chunk plain;

	assert_true(p->len <= cap && p->from == 1);
	memcpy(buf, p->b, p->len);
	return !ike_msg_parse(buf, p->len, m) &&
	       !sk_open(&newest(s, 0)->sk_in, buf, &m->sk, &plain) &&
	       !ike_payloads_parse(m->sk.first, plain.p, plain.len, m);
}

static void assert_answer(struct sim *s, uint16_t notify)
{
	uint8_t buf[2048];
	struct ike_msg m;

	assert_true(last_answer(s, &m, buf, sizeof(buf)));
	if (notify)
		assert_non_null(ike_msg_notify(&m, notify));
	else
		assert_int_equal(m.n_notify, 0);
}

/* Nothing at node 1 has changed. */
static void assert_untouched(struct sim *s)
{
	assert_int_equal(sim_established(s, 1), 1);
	assert_int_equal(sim_children(s, 1), 1);
	assert_int_equal(s->node[1].n_added, 2);
	assert_int_equal(s->node[1].n_deleted, 0);
}

/* --- CVE-2023-38710: N(REKEY_SA) with an unexpected protocol or SPI */

struct rekey_arg {
	uint8_t proto, spi_len;
};

static void put_esp(struct ike_build *b)
{
	struct ike_proposals set = { .n = 1, .n_t = 2 };

	set.p[0] = (struct ike_proposal){ .number = 1,
					  .proto = IKE_PROTO_ESP,
					  .spi_len = 4,
					  .spi = { 1, 2, 3, 4 },
					  .n = 2 };
	set.t[0] = (struct ike_transform){ .type = IKE_T_ENCR,
					   .id = IKE_ENCR_AES_GCM_16,
					   .key_bits = 128 };
	set.t[1] = (struct ike_transform){ .type = IKE_T_ESN };
	ike_put_sa(b, &set);
}

static void put_selectors(struct ike_build *b)
{
	struct ike_ts_list ts = { .n = 1 };

	ts.v[0].hi = ts.v[0].lo = sim_addr("192.0.2.1");
	ts.v[0].port_hi = 65535;
	ike_put_ts(b, IKE_P_TSI, &ts);
	ts.v[0].hi = ts.v[0].lo = sim_addr("192.0.2.2");
	ike_put_ts(b, IKE_P_TSR, &ts);
}

static void put_rekey(struct ike_build *b, const void *arg)
{
	static const uint8_t spi[16] = { 1, 2, 3, 4, 5 };
	const struct rekey_arg *a = arg;

	ike_put_notify(b, &(struct ike_notify){ .proto = a->proto,
						.type = IKE_N_REKEY_SA,
						.spi = { spi, a->spi_len } });
	put_esp(b);
	ike_put_raw(b, IKE_P_NONCE, "0123456789abcdef", 16);
	put_selectors(b);
}

/*
 * HDR, SK {N(REKEY_SA, proto, SPI), SA, Ni, TSi, TSr}  -->
 *                             <--  HDR, SK {N(CHILD_SA_NOT_FOUND)}
 */
static void test_rekey_sa_of_any_protocol_is_answered(void **state)
{
	static const struct rekey_arg cases[] = {
		{ 0, 0 }, { 0, 4 }, { 1, 0 }, { 1, 4 }, { 1, 8 },   { 2, 0 },
		{ 2, 4 }, { 3, 0 }, { 3, 4 }, { 4, 4 }, { 255, 4 }, { 255, 16 },
	};

	(void)state;
	for (size_t i = 0; i < N(cases); i++) {
		struct sim *s = up();

		evil(s, 0, IKE_X_CREATE_CHILD, put_rekey, &cases[i]);
		assert_answer(s, IKE_N_CHILD_SA_NOT_FOUND);
		assert_untouched(s);
		sim_free(s);
	}
}

/* --- CVE-2023-30570 and kin: the same deleted twice */

static void put_deletes(struct ike_build *b, const void *arg)
{
	const uint32_t *spi = arg;
	const uint32_t twice[3] = { *spi, *spi, 0x01020304 };

	ike_put_delete(b, IKE_PROTO_ESP, twice, 3);
	ike_put_delete(b, IKE_PROTO_AH, twice, 3);
	ike_put_delete(b, IKE_PROTO_ESP, twice, 3);
	ike_put_delete(b, IKE_PROTO_ESP, NULL, 0);
	ike_put_delete_ike(b);
	ike_put_delete_ike(b);
}

static void test_everything_deleted_twice_in_one_message(void **state)
{
	struct sim *s = up();
	const uint32_t spi = sim_find_sa(s, 0, MISSIU_IN)->spi;

	(void)state;
	evil(s, 0, IKE_X_INFORMATIONAL, put_deletes, &spi);
	assert_int_equal(s->node[1].n_sa, 0);
	assert_int_equal(sim_established(s, 1), 0);
	sim_run(s, 20 * SIM_S);
	assert_int_equal(sim_n_ike(s, 1), 0);
	sim_free(s);
}

/* SPIs of somebody else's children are not deleted, nor what we receive with. */
static void put_delete_one(struct ike_build *b, const void *arg)
{
	ike_put_delete(b, IKE_PROTO_ESP, arg, 1);
}

static void test_only_the_peers_own_spis_are_deleted(void **state)
{
	struct sim *s = up();
	const uint32_t ours = sim_find_sa(s, 1, MISSIU_IN)->spi;

	(void)state;
	evil(s, 0, IKE_X_INFORMATIONAL, put_delete_one, &ours);
	assert_answer(s, 0);
	assert_untouched(s);
	sim_free(s);
}

/* --- CVE-2023-38712, CVE-2024-2357: SPIs of zero */

static void put_zero_delete(struct ike_build *b, const void *arg)
{
	const uint32_t zero = 0;

	(void)arg;
	ike_put_delete(b, IKE_PROTO_ESP, &zero, 1);
}

static void test_a_zero_spi_is_malformed(void **state)
{
	struct sim *s = up();

	(void)state;
	evil(s, 0, IKE_X_INFORMATIONAL, put_zero_delete, NULL);
	assert_answer(s, IKE_N_INVALID_SYNTAX);
	assert_int_equal(sim_established(s, 1), 0);
	sim_free(s);
}

/* --- CVE-2023-23009: corrupt traffic selectors, after a good list */

static void put_bad_ts(struct ike_build *b, const void *arg)
{
	const struct rekey_arg none = { 3, 4 };
	const uint8_t *body = arg;
	struct ike_proposals set = { .n = 1, .n_t = 1 };
	struct ike_ts_list ts = { .n = 1 };

	(void)none;
	set.p[0] = (struct ike_proposal){
		.number = 1, .proto = 3, .spi_len = 4, .spi = { 1 }, .n = 1
	};
	set.t[0] = (struct ike_transform){ .type = IKE_T_ENCR,
					   .id = IKE_ENCR_AES_GCM_16,
					   .key_bits = 128 };
	ike_put_sa(b, &set);
	ike_put_raw(b, IKE_P_NONCE, "0123456789abcdef", 16);
	ts.v[0].hi = ts.v[0].lo = sim_addr("192.0.2.1");
	ts.v[0].port_hi = 65535;
	ike_put_ts(b, IKE_P_TSI, &ts);
	ike_put_raw(b, IKE_P_TSR, body + 1, body[0]);
}

static void test_corrupt_selectors_end_the_sa_cleanly(void **state)
{
	/* length, then the body: count, reserved, selectors */
	static const uint8_t cases[][24] = {
		{ 0 },
		{ 4, 0 },		       /* none */
		{ 4, 1 },		       /* one, but absent */
		{ 5, 255 },		       /* 255, but absent */
		{ 8, 1, 0, 0, 0, 7, 0, 0, 4 }, /* shorter than its header */
		{ 8, 1, 0, 0, 0, 7, 0, 0, 0 }, /* length 0: would loop */
		{ 12, 1, 0, 0, 0, 7, 0, 0, 16, 0, 0, 255, 255 },
		{ 20, 1, 0, 0, 0, 7, 0, 0, 40, 0, 0, 255, 255 },
	};

	(void)state;
	for (size_t i = 0; i < N(cases); i++) {
		struct sim *s = up();

		evil(s, 0, IKE_X_CREATE_CHILD, put_bad_ts, cases[i]);
		assert_answer(s, IKE_N_INVALID_SYNTAX);
		assert_int_equal(s->node[1].n_sa, 0);
		assert_int_equal(sim_established(s, 1), 0);
		sim_free(s);
	}
}

/* --- unknown payloads inside SK (RFC 7296 2.5) */

static void put_unknown(struct ike_build *b, const void *arg)
{
	const bool critical = *(const bool *)arg;

	ike_put_raw(b, 200, "any", 3);
	b->w.buf[b->pld_at + 1] = critical ? IKE_PLD_CRITICAL : 0;
}

static void
test_unknown_critical_payload_is_refused_others_skipped(void **state)
{
	(void)state;
	for (int critical = 0; critical < 2; critical++) {
		struct sim *s = up();
		const bool arg = critical;

		evil(s, 0, IKE_X_INFORMATIONAL, put_unknown, &arg);
		assert_answer(s, critical ? IKE_N_UNSUPPORTED_CRITICAL_PAYLOAD :
					    0);
		assert_untouched(s);
		sim_free(s);
	}
}

/* --- CVE-2019-12312, -2020-1763, -2022-23094: messages before their time */

/* Any exchange under the unauthenticated keys of a half-open SA. */
static void test_nothing_but_ike_auth_before_ike_auth(void **state)
{
	static const uint8_t early[] = { IKE_X_CREATE_CHILD,
					 IKE_X_INFORMATIONAL,
					 IKE_X_INTERMEDIATE, 0, 255 };

	(void)state;
	for (size_t i = 0; i < N(early); i++) {
		struct sim *s = pair();
		size_t n;

		sim_start(s);
		ask(s);
		while (s->n_pkt < 3) /* node 0 has its keys */
			assert_true(sim_step(s, s->now + SIM_S));
		newest(s, 0)->mid_out = 1;
		n = s->n_pkt;
		evil(s, 0, early[i], NULL, NULL);
		assert_int_equal(s->n_pkt, n);
		assert_int_equal(counted(s, 1)->rx_unexpected, 1);
		sim_run(s, 1 * SIM_S);
		assert_untouched(s);
		sim_free(s);
	}
}

/* Protected messages for an SA whose keys do not exist yet. */
static void test_protected_messages_without_keys_are_dropped(void **state)
{
	struct sim *s = pair();
	uint8_t b[80] = {
		[15] = 9, [16] = 46, [17] = 0x20, [27] = 80, [31] = 52
	};

	(void)state;
	s->cut = true;
	sim_start(s);
	ask(s);
	memcpy(b, s->pkt[0].b, 8);
	for (unsigned exchange = 34; exchange < 45; exchange++) {
		const struct ike_end src = end_of(s, 1, 500);

		b[18] = (uint8_t)exchange;
		for (unsigned flags = 0; flags < 256; flags += 8) {
			b[19] = (uint8_t)flags;
			sim_inject(s, 0, &src, 500, b, sizeof(b));
		}
	}
	assert_int_equal(s->n_pkt, 1 + counted(s, 0)->tx_invalid_spi);
	s->cut = false;
	sim_run(s, 2 * SIM_S);
	assert_int_equal(sim_established(s, 0), 1);
	sim_free(s);
}

/* --- CVE-2021-45079: success before anybody was authenticated */

static void put_eap_success(struct ike_build *b, const void *arg)
{
	(void)arg;
	ike_put_raw(b, IKE_P_EAP, "\003\001\000\004", 4);
}

static void test_early_eap_success_authenticates_nobody(void **state)
{
	struct sim *s = pair();
	struct ike_packet p;
	struct ike_sa *sa;
	struct ike_hdr h;
	size_t len;
	const struct ike_end src = end_of(s, 1, 500);

	(void)state;
	sim_start(s);
	ask(s);
	while (s->n_pkt < 3)
		assert_true(sim_step(s, s->now + SIM_S));
	assert_int_equal(ike_hdr_parse(s->pkt[2].b, s->pkt[2].len, &h), 0);
	/* The responder's answer would be: HDR, SK {EAP(success)} */
	sa = newest(s, 1);
	reply_begin(sa, &h, &p);
	put_eap_success(&p.b, NULL);
	len = sk_seal(&sa->sk_out, &s->node[1].ike->rng, &p.b);
	sim_inject(s, 0, &src, 500, p.buf, len);
	assert_int_equal(sim_established(s, 0), 0);
	assert_int_equal(s->node[0].n_sa, 0);
	sim_free(s);
}

/*
 * HDR, SK {IDi, [N(EAP_ONLY_AUTHENTICATION),] SAi2, TSi, TSr}  -->
 *                               <--  HDR, SK {N(AUTHENTICATION_FAILED)}
 */
static void test_who_wants_eap_is_refused_with_a_reason(void **state)
{
	static const uint8_t id[] = { IKE_ID_FQDN, 0, 0, 0, 'w', 'i', 'n' };

	(void)state;
	for (int only = 0; only < 2; only++) {
		struct sim *s = pair();
		const struct ike_end src = end_of(s, 0, 4500);
		struct ike_packet p;
		struct ike_sa *sa;
		size_t len;

		sim_start(s);
		ask(s);
		while (s->n_pkt < 3)
			assert_true(sim_step(s, s->now + SIM_S));
		/* Node 0 has written IKE_AUTH; this one comes before it. */
		sa = newest(s, 0);
		sa->mid_out--;
		request_begin(sa, IKE_X_AUTH, &p);
		ike_put_raw(&p.b, IKE_P_IDI, id, sizeof(id));
		if (only)
			ike_put_notify_data(&p.b, IKE_N_EAP_ONLY_AUTHENTICATION,
					    NULL, 0);
		put_esp(&p.b);
		put_selectors(&p.b);
		len = sk_seal(&sa->sk_out, &s->node[0].ike->rng, &p.b);
		sim_inject(s, 1, &src, 4500, p.buf, len);
		assert_int_equal(sim_established(s, 1), 0);
		assert_int_equal(ike_counters(s->node[1].ike)->failed, 1);
		assert_true(sim_log_has(
			s, 1,
			only ? "wants EAP on both sides (RFC 5998), which we "
			       "don't have; let the peer prove itself by" :
			       "wants EAP, which we don't have; let the peer "
			       "prove itself by a pre-shared key or a "
			       "certificate"));
		/* It is answered, and told so. */
		sim_run(s, 1 * SIM_S);
		assert_true(sim_log_has(s, 0, "AUTHENTICATION_FAILED"));
		assert_int_equal(sim_established(s, 0), 0);
		sim_free(s);
	}
}

/* --- CVE-2025-9242: an identity longer than anybody's buffer */

static void put_long_id(struct ike_build *b, const void *arg)
{
	uint8_t id[600] = { IKE_ID_KEY_ID };
	const struct rekey_arg none = { 3, 0 };

	(void)arg;
	ike_put_raw(b, IKE_P_IDI, id, sizeof(id));
	ike_put_auth(b, IKE_AUTH_PSK, id, 32);
	put_rekey(b, &none);
}

/* put_rekey() has a nonce, which IKE_AUTH has not: no rule. Leave it out. */
static void put_long_id_auth(struct ike_build *b, const void *arg)
{
	uint8_t id[600] = { IKE_ID_KEY_ID };
	struct ike_proposals set = { .n = 1, .n_t = 1 };
	struct ike_ts_list ts = { .n = 1 };

	(void)arg;
	ike_put_raw(b, IKE_P_IDI, id, sizeof(id));
	ike_put_auth(b, IKE_AUTH_PSK, id, 32);
	set.p[0] = (struct ike_proposal){
		.number = 1, .proto = 3, .spi_len = 4, .spi = { 1 }, .n = 1
	};
	set.t[0] = (struct ike_transform){ .type = IKE_T_ENCR,
					   .id = IKE_ENCR_AES_GCM_16,
					   .key_bits = 128 };
	ike_put_sa(b, &set);
	ts.v[0].hi = ts.v[0].lo = sim_addr("192.0.2.1");
	ts.v[0].port_hi = 65535;
	ike_put_ts(b, IKE_P_TSI, &ts);
	ike_put_ts(b, IKE_P_TSR, &ts);
}

static void test_an_identity_too_long_is_refused(void **state)
{
	static writer *const cases[] = { put_long_id, put_long_id_auth };

	(void)state;
	for (size_t i = 0; i < N(cases); i++) {
		struct sim *s = pair();

		sim_start(s);
		ask(s);
		while (s->n_pkt < 3)
			assert_true(sim_step(s, s->now + SIM_S));
		newest(s, 0)->mid_out = 1;
		evil(s, 0, IKE_X_AUTH, cases[i], NULL);
		assert_answer(s, i ? IKE_N_AUTHENTICATION_FAILED :
				     IKE_N_INVALID_SYNTAX);
		assert_int_equal(s->node[1].n_added, 0);
		sim_free(s);
	}
}

/* --- IKE_SA_INIT: written by hand */

static size_t write_init(uint8_t *buf, size_t cap, uint64_t spi_i,
			 const struct ike_proposals *set, uint16_t group,
			 size_t ke_len)
{
	static uint8_t ke[4096];
	struct ike_build b;

	ike_build_start(&b, buf, cap,
			&(struct ike_hdr){ .spi_i = spi_i,
					   .exchange = IKE_X_SA_INIT,
					   .flags = IKE_F_INITIATOR });
	memset(ke, 5, sizeof(ke));
	ike_put_sa(&b, set);
	ike_put_ke(&b, group, ke, ke_len);
	ike_put_raw(&b, IKE_P_NONCE, "0123456789abcdef0123456789abcdef", 32);
	return ike_build_end(&b);
}

static struct ike_proposals one_proposal(const char *text)
{
	struct ike_proposals set;

	assert_int_equal(ike_proposals_parse(text, IKE_PROTO_IKE, &set, NULL),
			 0);
	return set;
}

/*
 * CVE-2023-41913: public values of a wrong length. CVE-2014-9221: group
 * numbers that only exist inside a program. CVE-2016-3071, -2016-5391:
 * proposals without a group, a PRF, integrity.
 */
static void test_bad_ike_sa_init_leaves_nothing(void **state)
{
	static const struct {
		const char *set;
		int drop; /* transform type left out */
		uint16_t group;
		size_t ke_len;
	} cases[] = {
		{ "aes128-sha256-x25519", 0, 31, 1 },
		{ "aes128-sha256-x25519", 0, 31, 31 },
		{ "aes128-sha256-x25519", 0, 31, 33 },
		{ "aes128-sha256-x25519", 0, 31, 4000 },
		{ "aes128-sha256-modp2048", 0, 14, 255 },
		{ "aes128-sha256-modp2048", 0, 14, 257 },
		{ "aes128-sha256-ecp256", 0, 19, 64 }, /* not on the curve */
		{ "aes128-sha256-ecp256", 0, 19, 65 },
		{ "aes128-sha256-x25519", 0, 0, 32 },
		{ "aes128-sha256-x25519", 0, 1025, 32 },
		{ "aes128-sha256-x25519", 0, 65535, 32 },
		{ "aes128-sha256-x25519", IKE_T_DH, 31, 32 },
		{ "aes128-sha256-x25519", IKE_T_PRF, 31, 32 },
		{ "aes128-sha256-x25519", IKE_T_INTEG, 31, 32 },
		{ "aes128-sha256-x25519", IKE_T_ENCR, 31, 32 },
	};

	(void)state;
	for (size_t i = 0; i < N(cases); i++) {
		struct sim *s = pair();
		struct ike_proposals set = one_proposal(cases[i].set);
		const struct ike_end src = end_of(s, 0, 500);
		uint8_t buf[8192];
		size_t len;

		for (size_t k = 0; k < set.n_t; k++)
			if (cases[i].drop && set.t[k].type == cases[i].drop)
				set.t[k--] = set.t[--set.n_t];
		set.p[0].n = set.n_t;
		len = write_init(buf, sizeof(buf), 7, &set, cases[i].group,
				 cases[i].ke_len);
		assert_true(len > 0);
		sim_start(s);
		sim_inject(s, 1, &src, 500, buf, len);
		assert_int_equal(sim_n_ike(s, 1), 0);
		assert_true(s->n_pkt <= 1);
		if (s->n_pkt)
			assert_true(s->pkt[0].len <= len);
		sim_free(s);
	}
}

/* --- CVE-2024-3652: GMAC as a child's only protection, where none was meant */

static void put_gmac(struct ike_build *b, const void *arg)
{
	static uint8_t spi = 1; /* another one each time */
	const uint16_t id = *(const uint16_t *)arg;
	struct ike_proposals set = { .n = 1, .n_t = 2 };
	struct ike_ts_list ts = { .n = 1 };

	set.p[0] = (struct ike_proposal){ .number = 1,
					  .proto = 3,
					  .spi_len = 4,
					  .spi = { 1, spi++, 0, 1 },
					  .n = 2 };
	set.t[0] = (struct ike_transform){ .type = IKE_T_ENCR,
					   .id = id,
					   .key_bits = 128 };
	set.t[1] = (struct ike_transform){ .type = IKE_T_ESN };
	ike_put_notify_data(b, IKE_N_USE_TRANSPORT_MODE, NULL, 0);
	ike_put_sa(b, &set);
	ike_put_raw(b, IKE_P_NONCE, "0123456789abcdef", 16);
	ts.v[0].port_hi = 65535;
	ts.v[0].hi = ts.v[0].lo = sim_addr("192.0.2.1");
	ike_put_ts(b, IKE_P_TSI, &ts);
	ts.v[0].hi = ts.v[0].lo = sim_addr("192.0.2.2");
	ike_put_ts(b, IKE_P_TSR, &ts);
}

static void test_algorithms_that_were_not_asked_for_are_not_taken(void **state)
{
	static const uint16_t ids[] = { IKE_ENCR_AES_GMAC,
					IKE_ENCR_NULL,
					IKE_ENCR_AES_CBC,
					0,
					1024,
					65535 };

	(void)state;
	for (size_t i = 0; i < N(ids); i++) {
		struct sim *s = up();

		evil(s, 0, IKE_X_CREATE_CHILD, put_gmac, &ids[i]);
		assert_answer(s, IKE_N_NO_PROPOSAL_CHOSEN);
		assert_untouched(s);
		sim_free(s);
	}
}

/* --- CVE-2016-5361: amplification */

/* A responder speaks when it is spoken to, whatever does not come. */
static void test_a_responder_repeats_nothing_by_itself(void **state)
{
	struct sim *s = pair();
	size_t from_1 = 0;

	(void)state;
	sim_start(s);
	ask(s);
	sim_run(s, 15 * SIM_MS); /* the request arrives, the answer is sent */
	ike_free(s->node[0].ike);
	s->node[0].ike = ike_new(&s->node[0].conf, NULL);
	sim_run(s, 60 * SIM_S);
	for (size_t i = 0; i < s->n_pkt; i++)
		from_1 += s->pkt[i].from == 1;
	assert_int_equal(from_1, 1);
	sim_free(s);
}

/* --- OpenIKED baf0c8e: the peer's address, before the ICV was checked */

static void test_unauthenticated_messages_move_nobody(void **state)
{
	struct sim *s = up();
	struct ike_sa *sa = newest(s, 0);
	const struct ike_end elsewhere = { .addr = sim_addr("198.51.100.9"),
					   .port = 4500 };
	struct ike_packet p;
	size_t len;

	(void)state;
	newest(s, 1)->nat_remote = true; /* would be followed */
	request_begin(sa, IKE_X_INFORMATIONAL, &p);
	len = sk_seal(&sa->sk_out, &s->node[0].ike->rng, &p.b);
	for (size_t i = 28; i < len; i++) {
		p.buf[i] ^= 1;
		sim_inject(s, 1, &elsewhere, 4500, p.buf, len);
		p.buf[i] ^= 1;
	}
	assert_true(addr_eq(&newest(s, 1)->remote.addr, &s->node[0].pub));
	sim_inject(s, 1, &elsewhere, 4500, p.buf, len);
	assert_true(addr_eq(&newest(s, 1)->remote.addr, &elsewhere.addr));
	sim_free(s);
}

/* --- who speaks for whom */

/* With a key for one address a peer cannot become another by "moving". */
static void test_a_key_of_one_address_does_not_move_to_another(void **state)
{
	struct sim *s = pair();
	const struct ike_end victim = { .addr = sim_addr("192.0.2.3"),
					.port = 4500 };

	(void)state;
	s->node[1].psk[0].addr = s->node[0].pub;
	sim_start(s);
	ask(s);
	sim_run(s, 1 * SIM_S);
	newest(s, 1)->nat_remote = true; /* it pretended one */
	evil_from(s, 0, IKE_X_INFORMATIONAL, NULL, NULL, &victim);
	assert_true(addr_eq(&newest(s, 1)->remote.addr, &s->node[0].pub));
	assert_int_equal(s->node[1].n_updated, 0);
	sim_free(s);
}

/* IKE_AUTH from an address of which IKE_SA_INIT and NAT detection know nothing. */
static void test_ike_auth_comes_from_where_ike_sa_init_came(void **state)
{
	struct sim *s = pair();

	(void)state;
	sim_start(s);
	ask(s);
	while (s->n_pkt < 3)
		assert_true(sim_step(s, s->now + SIM_S));
	s->pkt[2].src.addr = sim_addr("192.0.2.3");
	sim_run(s, 200 * SIM_MS);
	assert_int_equal(sim_established(s, 1), 0);
	assert_int_equal(counted(s, 1)->rx_unexpected, 1);
	sim_run(s, 1 * SIM_S); /* the genuine one, again */
	assert_untouched(s);
	sim_free(s);
}

/* INITIAL_CONTACT in the name of another, with a key that is not its key. */
static void test_initial_contact_reaches_no_other_key(void **state)
{
	struct sim *s = sim_new(3);

	(void)state;
	sim_policy(s, 0, 1);
	sim_policy(s, 1, 0);
	sim_policy(s, 1, 2);
	sim_policy(s, 2, 1);
	/* Node 1 knows both by their addresses. */
	s->node[1].psk[0].addr = s->node[0].pub;
	s->node[1].psk[1] = s->node[1].psk[0];
	s->node[1].psk[1].addr = s->node[2].pub;
	s->node[1].psk[1].key[0] ^= 1;
	s->node[1].conf.n_psk = 2;
	s->node[2].psk[0].key[0] ^= 1;
	s->node[2].conf.id = ike_id_addr(&s->node[0].pub); /* a lie */
	sim_start(s);
	ask(s);
	sim_run(s, 5 * SIM_S);
	sim_acquire(s, 2, &s->node[2].pol[0], NULL, "192.0.2.2");
	sim_run(s, 5 * SIM_S);
	assert_int_equal(sim_established(s, 1), 2);
	assert_int_equal(sim_children(s, 1), 2);
	sim_free(s);
}

/* The other way round: the same key and identity, the old SA goes at once. */
static void test_key_of_another_identity_is_the_last_resort(void **state)
{
	struct sim *s = pair();

	(void)state;
	/* First in the file: a key for somebody else. */
	s->node[0].psk[1] = s->node[0].psk[0];
	s->node[0].psk[0].key[0] ^= 1;
	ike_id_parse("c.example", &s->node[0].psk[0].peer, NULL);
	s->node[0].conf.n_psk = 2;
	sim_start(s);
	ask(s);
	sim_run(s, 1 * SIM_S);
	assert_int_equal(sim_established(s, 0), 1);
	sim_free(s);
}

/* --- bounds on peers that authenticate */

/* A peer that comes again and again without INITIAL_CONTACT. */
static void test_ike_sas_of_one_identity_are_bounded(void **state)
{
	struct sim *s = pair();

	(void)state;
	s->node[1].conf.sa_per_peer = 3;
	sim_start(s);
	for (int i = 0; i < 10; i++) {
		ask(s);
		while (s->node[0].n_added < 2 * (size_t)i + 2)
			assert_true(sim_step(s, s->now + SIM_S));
		sim_run(s, 100 * SIM_MS);
		/* As if the SAs of before were not meant. */
		newest(s, 1)->established_us = s->now + 1000 * SIM_S;
		assert_true(sim_established(s, 1) <= 3);
		forget(s, 0);
	}
	sim_run(s, 6 * SIM_S); /* the last one takes over from the others */
	assert_int_equal(sim_established(s, 1), 3);
	assert_int_equal(sim_children(s, 1), 3);
	assert_int_equal(counted(s, 1)->sa_refused, 7);
	sim_free(s);
}

static void test_ike_sas_of_all_peers_are_bounded(void **state)
{
	struct sim *s = pair();

	(void)state;
	s->node[1].conf.sa_max = 5;
	sim_start(s);
	for (int i = 0; i < 10; i++) {
		char id[32];

		snprintf(id, sizeof(id), "p%d.example", i);
		ike_id_parse(id, &s->node[0].conf.id, NULL);
		forget(s, 0);
		ask(s);
		sim_run(s, 1 * SIM_S);
		assert_true(sim_n_ike(s, 1) <= 5);
	}
	assert_int_equal(sim_established(s, 1), 5);
	assert_true(counted(s, 1)->sa_refused >= 5);
	/* Nor do we begin more ourselves. */
	sim_acquire(s, 1, &s->node[1].pol[0], NULL, "192.0.2.99");
	sim_free(s);
}

/* Each IKE SA rekeyed at once by its successor. */
static void test_rekeying_cannot_pile_up_ike_sas(void **state)
{
	struct sim *s = up();

	(void)state;
	for (int i = 0; i < 40; i++) {
		newest(s, 0)->rekey_us = s->now;
		sim_wake(s, 0);
		sim_run(s, 100 * SIM_MS);
		assert_true(sim_n_ike(s, 1) <= 9);
	}
	assert_int_equal(sim_n_ike(s, 1), 9);
	/* With patience it goes on. */
	sim_run(s, 60 * SIM_S);
	assert_int_equal(sim_n_ike(s, 1), 1);
	assert_untouched(s);
	sim_free(s);
}

static void test_children_of_one_sa_are_bounded(void **state)
{
	struct sim *s = up();
	const uint16_t gcm = IKE_ENCR_AES_GCM_16;

	(void)state;
	for (int i = 0; i < SA_CHILD_MAX + 10; i++)
		evil(s, 0, IKE_X_CREATE_CHILD, put_gmac, &gcm);
	assert_answer(s, IKE_N_NO_ADDITIONAL_SAS);
	assert_int_equal(sim_children(s, 1), SA_CHILD_MAX);
	sim_free(s);
}

/* The SPI of another peer at the same address, or of an own child, again. */
static void put_same_spi(struct ike_build *b, const void *arg)
{
	const uint16_t gcm = IKE_ENCR_AES_GCM_16;
	size_t at;

	put_gmac(b, &gcm);
	/* N(USE_TRANSPORT_MODE), SA: header, proposal header, SPI */
	at = b->text_at + 8 + 4 + 8;
	memcpy(b->w.buf + at, arg, 4);
}

static void test_a_spi_is_taken_once_an_address(void **state)
{
	struct sim *s = up();
	uint8_t spi[4];

	(void)state;
	store_be32(spi, sim_find_sa(s, 1, MISSIU_OUT)->spi);
	evil(s, 0, IKE_X_CREATE_CHILD, put_same_spi, spi);
	assert_answer(s, IKE_N_TEMPORARY_FAILURE);
	assert_untouched(s);
	spi[0] ^= 1;
	evil(s, 0, IKE_X_CREATE_CHILD, put_same_spi, spi);
	assert_answer(s, IKE_N_USE_TRANSPORT_MODE);
	assert_int_equal(sim_children(s, 1), 2);
	sim_free(s);
}

/* One address cannot take all half-open SAs. */
static void test_half_open_sas_of_one_address_are_bounded(void **state)
{
	struct sim *s = pair();
	struct ike_proposals set = one_proposal("aes128gcm16-prfsha256-x25519");
	const struct ike_end bad = { .addr = sim_addr("198.51.100.9"),
				     .port = 500 };
	uint8_t buf[2048];

	(void)state;
	s->node[1].conf.cookie_threshold = 1000;
	sim_start(s);
	for (uint64_t i = 1; i <= 100; i++) {
		size_t len = write_init(buf, sizeof(buf), i, &set, 31, 32);

		sim_inject(s, 1, &bad, 500, buf, len);
	}
	assert_int_equal(sim_n_ike(s, 1), 32);
	assert_int_equal(counted(s, 1)->half_open_refused, 68);
	ask(s);
	sim_run(s, 1 * SIM_S);
	assert_int_equal(sim_established(s, 1), 1);
	sim_free(s);
}

/* --- message IDs (2.2) */

static void test_message_ids_do_not_wrap(void **state)
{
	struct sim *s = up();
	size_t n;

	(void)state;
	newest(s, 0)->mid_out = newest(s, 1)->mid_in = UINT32_MAX - 1;
	evil(s, 0, IKE_X_INFORMATIONAL, NULL, NULL);
	assert_answer(s, 0);
	n = s->n_pkt;
	evil(s, 0, IKE_X_INFORMATIONAL, NULL, NULL);
	evil(s, 0, IKE_X_INFORMATIONAL, NULL, NULL);
	assert_int_equal(s->n_pkt, n);
	assert_int_equal(counted(s, 1)->rx_old, 2);
	/* Nor do we go beyond. */
	newest(s, 1)->mid_out = UINT32_MAX;
	sim_event(s, 1, MISSIU_EV_SOFT, sim_find_sa(s, 1, MISSIU_OUT));
	assert_int_equal(s->n_pkt, n);
	assert_true(sim_log_has(s, 1, "cannot send a request"));
	sim_free(s);
}

static void test_requests_out_of_order_are_not_taken(void **state)
{
	static const uint32_t mids[] = { 0, 1, 3, 4, 1000, UINT32_MAX };
	struct sim *s = up();
	size_t n = s->n_pkt;

	(void)state;
	for (size_t i = 0; i < N(mids); i++) {
		newest(s, 0)->mid_out = mids[i];
		evil(s, 0, IKE_X_INFORMATIONAL, NULL, NULL);
	}
	/* ID 1 is answered again from the cache, whatever it asks now. */
	assert_int_equal(s->n_pkt, n + 1);
	assert_int_equal(counted(s, 1)->rx_duplicate, 1);
	newest(s, 0)->mid_out = 2;
	evil(s, 0, IKE_X_INFORMATIONAL, NULL, NULL);
	assert_int_equal(s->n_pkt, n + 2);
	sim_free(s);
}

/* --- unprotected NO_PROPOSAL_CHOSEN (2.21.1) */

/*
 * HDR, SAi1, KEi, Ni  -->
 *                     <--  HDR, N(NO_PROPOSAL_CHOSEN), forged
 *                     <--  HDR, SAr1, KEr, Nr
 */
static void test_forged_refusal_loses_against_the_answer(void **state)
{
	uint8_t forged[36] = { 0,	    [16] = 41, [17] = 0x20, [18] = 34,
			       [19] = 0x20, [27] = 36, [31] = 8,    [35] = 14 };
	struct sim *s = pair();
	const struct ike_end src = end_of(s, 1, 500);

	(void)state;
	sim_start(s);
	ask(s);
	memcpy(forged, s->pkt[0].b, 8);
	sim_inject(s, 0, &src, 500, forged, sizeof(forged));
	sim_run(s, 5 * SIM_S);
	assert_int_equal(sim_established(s, 0), 1);
	assert_int_equal(s->node[0].n_warn, 0);
	/* Alone, it is believed after two seconds. */
	forget(s, 0);
	s->cut = true;
	ask(s);
	memcpy(forged, s->pkt[s->n_pkt - 1].b, 8);
	sim_inject(s, 0, &src, 500, forged, sizeof(forged));
	sim_run(s, 1900 * SIM_MS);
	assert_int_equal(s->node[0].n_failed, 0);
	sim_run(s, 200 * SIM_MS);
	assert_int_equal(s->node[0].n_failed, 1);
	assert_int_equal(sim_n_ike(s, 0), 0);
	sim_free(s);
}

/* --- ESP in UDP without a port for it */

/* The peer saw a NAT and did not float to 4500: it gets ESP, not UDP 500. */
static void test_no_encapsulation_on_port_500(void **state)
{
	struct sim *s = pair();
	const struct missiu_sa *out;

	(void)state;
	s->node[0].conf.no_mobike = true;
	sim_start(s);
	ask(s);
	while (s->n_pkt < 3)
		assert_true(sim_step(s, s->now + SIM_S));
	newest(s, 1)->encap = newest(s, 1)->nat_remote = true;
	sim_run(s, 1 * SIM_S);
	out = sim_find_sa(s, 1, MISSIU_OUT);
	assert_non_null(out);
	assert_int_equal(out->encap_dport, 0);
	sim_free(s);
}

/* --- N(INVALID_SYNTAX) from an authenticated peer: it has dropped the SA */

static void put_nothing_known(struct ike_build *b, const void *arg)
{
	(void)arg;
	ike_put_raw(b, IKE_P_EAP, "?", 1);
}

static void test_a_peer_that_found_us_malformed_is_gone(void **state)
{
	struct sim *s = up();
	const struct ike_end src = end_of(s, 1, 500);
	struct ike_packet p;
	struct ike_hdr h;
	size_t len;

	(void)state;
	sim_event(s, 0, MISSIU_EV_SOFT, sim_find_sa(s, 0, MISSIU_OUT));
	assert_int_equal(ike_hdr_parse(s->pkt[s->n_pkt - 1].b,
				       s->pkt[s->n_pkt - 1].len, &h),
			 0);
	reply_begin(newest(s, 1), &h, &p);
	ike_put_notify_data(&p.b, IKE_N_INVALID_SYNTAX, NULL, 0);
	len = sk_seal(&newest(s, 1)->sk_out, &s->node[1].ike->rng, &p.b);
	sim_inject(s, 0, &src, 500, p.buf, len);
	assert_int_equal(sim_n_ike(s, 0), 0);
	assert_int_equal(s->node[0].n_sa, 0);
	sim_free(s);
	/* And what we find malformed ends here as well. */
	s = up();
	evil(s, 0, IKE_X_INFORMATIONAL, put_nothing_known, NULL);
	assert_answer(s, IKE_N_INVALID_SYNTAX);
	assert_int_equal(s->node[1].n_sa, 0);
	sim_free(s);
}

/* --- answers that pass the ICV and make no sense: no better one will come */

/* Node 1's answer to the last packet, with something that fits nowhere. */
static void answer_nonsense(struct sim *s)
{
	const struct sim_pkt *asked = &s->pkt[s->n_pkt - 1];
	struct ike_sa *sa = newest(s, 1);
	const struct ike_end src = end_of(s, 1, sa->local.port);
	const uint16_t port = sa->remote.port;
	struct ike_packet p;
	struct ike_hdr h;
	size_t len;

	assert_int_equal(ike_hdr_parse(asked->b, asked->len, &h), 0);
	reply_begin(sa, &h, &p);
	put_nothing_known(&p.b, NULL);
	len = sk_seal(&sa->sk_out, &s->node[1].ike->rng, &p.b);
	sim_inject(s, 0, &src, port, p.buf, len);
}

static void test_a_senseless_answer_ends_a_negotiation_at_once(void **state)
{
	struct sim *s = pair();

	(void)state;
	sim_start(s);
	ask(s);
	while (s->n_pkt < 3)
		assert_true(sim_step(s, s->now + SIM_S));
	answer_nonsense(s);
	assert_int_equal(sim_n_ike(s, 0), 0);
	assert_int_equal(s->node[0].n_warn, 1);
	assert_true(sim_log_has(s, 0, "peer's answer to IKE_AUTH makes no"));
	sim_free(s);
}

static void test_a_senseless_answer_ends_an_sa_with_a_delete(void **state)
{
	struct sim *s = up();

	(void)state;
	sim_event(s, 0, MISSIU_EV_SOFT, sim_find_sa(s, 0, MISSIU_OUT));
	answer_nonsense(s);
	assert_int_equal(sim_n_ike(s, 0), 0);
	assert_int_equal(s->node[0].n_sa, 0);
	assert_true(sim_log_has(s, 0, "answer to CREATE_CHILD_SA makes no"));
	sim_run(s, 1 * SIM_S);
	assert_int_equal(sim_established(s, 1), 0);
	assert_int_equal(s->node[1].n_sa, 0);
	sim_free(s);
}

/* In clear it may be anybody's: told only when nothing better comes. */
static void test_a_malformed_ike_sa_init_is_told_at_the_time_out(void **state)
{
	uint8_t forged[32] = { 0,	    [16] = 33, [17] = 0x20, [18] = 34,
			       [19] = 0x20, [27] = 32, [31] = 4 };
	struct sim *s = pair();
	const struct ike_end src = end_of(s, 1, 500);

	(void)state;
	s->cut = true;
	sim_start(s);
	ask(s);
	memcpy(forged, s->pkt[0].b, 8);
	sim_inject(s, 0, &src, 500, forged, sizeof(forged));
	assert_int_equal(s->node[0].n_warn, 0);
	sim_run(s, 30 * SIM_S);
	assert_int_equal(s->node[0].n_warn, 1);
	assert_true(sim_log_has(s, 0, "an answer was malformed: "));
	sim_free(s);
}

/* --- times (CVE-2021-41991's class: sums that overflow) */

static void test_the_longest_times_do_not_overflow(void **state)
{
	struct sim *s = pair();

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct ike_conf *c = &s->node[i].conf;

		c->ike_life_s = c->child_life_s = c->dpd_s = UINT32_MAX;
		c->keepalive_s = c->negotiate_s = UINT32_MAX;
		c->encap = MISSIU_ENCAP_UDP;
		s->node[i].pol[0].life_s = UINT64_MAX;
		s->node[i].pol[0].life_bytes = UINT64_MAX;
	}
	sim_start(s);
	ask(s);
	sim_run(s, 864000 * SIM_S);
	assert_int_equal(sim_established(s, 0), 1);
	assert_int_equal(sim_children(s, 0), 1);
	for (int i = 0; i < 2; i++) {
		const struct missiu_sa *sa = sim_find_sa(s, i, MISSIU_OUT);

		assert_true(sa->soft_s <= sa->hard_s);
		assert_true(sa->soft_s > sa->hard_s / 10 * 7);
		assert_true(sa->soft_bytes <= sa->hard_bytes);
	}
	assert_int_equal(s->node[0].n_added, 2);
	sim_free(s);
}

/* --- peers behind one NAT */

static void test_peers_behind_one_nat_keep_their_ports(void **state)
{
	struct sim *s = sim_new(3);

	(void)state;
	for (int i = 0; i < 2; i++) {
		char inner[16];

		snprintf(inner, sizeof(inner), "10.0.0.%d", i + 1);
		s->node[2 * i].addr = sim_addr(inner);
		s->node[2 * i].nat = true;
		s->node[2 * i].nat_offset = (uint16_t)(20000 + i * 10000);
		s->node[2 * i].pub = sim_addr("192.0.2.1");
	}
	sim_tunnel(s, 0, 1, "10.1.0.0", "10.9.0.0", 16);
	sim_tunnel(s, 1, 0, "10.9.0.0", "10.1.0.0", 16);
	sim_tunnel(s, 1, 2, "10.9.0.0", "10.2.0.0", 16);
	sim_tunnel(s, 2, 1, "10.2.0.0", "10.9.0.0", 16);
	sim_start(s);
	sim_acquire(s, 0, &s->node[0].pol[0], "10.1.0.9", "10.9.0.9");
	sim_acquire(s, 2, &s->node[2].pol[0], "10.2.0.9", "10.9.0.9");
	sim_run(s, 2 * SIM_S);
	assert_int_equal(sim_established(s, 1), 2);
	assert_int_equal(sim_children(s, 1), 2);
	for (size_t i = 0; i < s->node[1].n_sa; i++) {
		const struct missiu_sa *sa = &s->node[1].sa[i].sa;
		const uint8_t net = sa->dir == MISSIU_OUT ?
					    sa->ts_dst[0].lo.b[1] :
					    sa->ts_src[0].lo.b[1];

		assert_int_equal(sa->dir == MISSIU_OUT ? sa->encap_dport :
							 sa->encap_sport,
				 net == 1 ? 24500 : 34500);
	}
	sim_free(s);
}

/* --- cookies: the parts may not be shifted against each other */

static void test_cookie_of_one_family_is_none_for_the_other(void **state)
{
	static const struct rng rng = { crypt_random, NULL };
	const struct missiu_addr v6 = sim_addr("2001:db8:1:2:3:4:c000:201");
	uint8_t long_ni[16 + 12] = "0123456789abcdef", c[COOKIE_LEN];
	const struct cookie_of six = { { long_ni, 16 }, v6, 500, 7 };
	struct cookie_of four = {
		{ long_ni, 28 }, sim_addr("192.0.2.1"), 500, 7
	};
	struct cookie_jar jar = { 0 };

	(void)state;
	memcpy(long_ni + 16, v6.b, 12);
	assert_int_equal(cookie_make(&jar, &rng, &six, SIM_S, c), 0);
	assert_true(cookie_ok(&jar, &six, SIM_S, (struct chunk){ c, 33 }));
	assert_false(cookie_ok(&jar, &four, SIM_S, (struct chunk){ c, 33 }));
	/* The same with the address in front. */
	memcpy(four.addr.b, v6.b, 4);
	memcpy(long_ni, v6.b + 4, 12);
	memcpy(long_ni + 12, "0123456789abcdef", 16);
	assert_false(cookie_ok(&jar, &four, SIM_S, (struct chunk){ c, 33 }));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rekey_sa_of_any_protocol_is_answered),
		cmocka_unit_test(test_everything_deleted_twice_in_one_message),
		cmocka_unit_test(test_only_the_peers_own_spis_are_deleted),
		cmocka_unit_test(test_a_zero_spi_is_malformed),
		cmocka_unit_test(test_corrupt_selectors_end_the_sa_cleanly),
		cmocka_unit_test(
			test_unknown_critical_payload_is_refused_others_skipped),
		cmocka_unit_test(test_nothing_but_ike_auth_before_ike_auth),
		cmocka_unit_test(
			test_protected_messages_without_keys_are_dropped),
		cmocka_unit_test(test_early_eap_success_authenticates_nobody),
		cmocka_unit_test(test_who_wants_eap_is_refused_with_a_reason),
		cmocka_unit_test(test_an_identity_too_long_is_refused),
		cmocka_unit_test(test_bad_ike_sa_init_leaves_nothing),
		cmocka_unit_test(
			test_algorithms_that_were_not_asked_for_are_not_taken),
		cmocka_unit_test(test_a_responder_repeats_nothing_by_itself),
		cmocka_unit_test(test_unauthenticated_messages_move_nobody),
		cmocka_unit_test(
			test_a_key_of_one_address_does_not_move_to_another),
		cmocka_unit_test(
			test_ike_auth_comes_from_where_ike_sa_init_came),
		cmocka_unit_test(test_initial_contact_reaches_no_other_key),
		cmocka_unit_test(
			test_key_of_another_identity_is_the_last_resort),
		cmocka_unit_test(test_ike_sas_of_one_identity_are_bounded),
		cmocka_unit_test(test_ike_sas_of_all_peers_are_bounded),
		cmocka_unit_test(test_rekeying_cannot_pile_up_ike_sas),
		cmocka_unit_test(test_children_of_one_sa_are_bounded),
		cmocka_unit_test(test_a_spi_is_taken_once_an_address),
		cmocka_unit_test(test_half_open_sas_of_one_address_are_bounded),
		cmocka_unit_test(test_message_ids_do_not_wrap),
		cmocka_unit_test(test_requests_out_of_order_are_not_taken),
		cmocka_unit_test(test_forged_refusal_loses_against_the_answer),
		cmocka_unit_test(test_no_encapsulation_on_port_500),
		cmocka_unit_test(test_a_peer_that_found_us_malformed_is_gone),
		cmocka_unit_test(
			test_a_senseless_answer_ends_a_negotiation_at_once),
		cmocka_unit_test(
			test_a_senseless_answer_ends_an_sa_with_a_delete),
		cmocka_unit_test(
			test_a_malformed_ike_sa_init_is_told_at_the_time_out),
		cmocka_unit_test(test_the_longest_times_do_not_overflow),
		cmocka_unit_test(test_peers_behind_one_nat_keep_their_ports),
		cmocka_unit_test(
			test_cookie_of_one_family_is_none_for_the_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
