/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl_samples.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <linux/ipsec.h>
#include <linux/pfkeyv2.h>

#include "crypto/algs.h"
#include "ctl/pfkey.h"
#include "ctl/serve.h"

/* Our numbers are those of everybody else. */
static_assert(PFKEY_GETSPI == SADB_GETSPI && PFKEY_UPDATE == SADB_UPDATE &&
		      PFKEY_ADD == SADB_ADD && PFKEY_DELETE == SADB_DELETE &&
		      PFKEY_GET == SADB_GET && PFKEY_ACQUIRE == SADB_ACQUIRE &&
		      PFKEY_REGISTER == SADB_REGISTER &&
		      PFKEY_EXPIRE == SADB_EXPIRE &&
		      PFKEY_FLUSH == SADB_FLUSH && PFKEY_DUMP == SADB_DUMP,
	      "RFC 2367");
static_assert(PFKEY_X_PCHANGE == SADB_X_PCHANGE &&
		      PFKEY_X_SPDUPDATE == SADB_X_SPDUPDATE &&
		      PFKEY_X_SPDADD == SADB_X_SPDADD &&
		      PFKEY_X_SPDDELETE == SADB_X_SPDDELETE &&
		      PFKEY_X_SPDGET == SADB_X_SPDGET &&
		      PFKEY_X_SPDDUMP == SADB_X_SPDDUMP &&
		      PFKEY_X_SPDFLUSH == SADB_X_SPDFLUSH &&
		      PFKEY_X_SPDDELETE2 == SADB_X_SPDDELETE2 &&
		      PFKEY_X_NEW_MAPPING == SADB_X_NAT_T_NEW_MAPPING,
	      "extensions of KAME and Linux");
static_assert(PFKEY_SA_AH == SADB_SATYPE_AH && PFKEY_SA_ESP == SADB_SATYPE_ESP,
	      "SA types");
static_assert((int)PFKEY_POL_DISCARD == (int)IPSEC_POLICY_DISCARD &&
		      (int)PFKEY_POL_NONE == (int)IPSEC_POLICY_NONE &&
		      (int)PFKEY_POL_IPSEC == (int)IPSEC_POLICY_IPSEC &&
		      (int)PFKEY_POL_BYPASS == (int)IPSEC_POLICY_BYPASS &&
		      (int)PFKEY_DIR_IN == (int)IPSEC_DIR_INBOUND &&
		      (int)PFKEY_DIR_OUT == (int)IPSEC_DIR_OUTBOUND &&
		      (int)PFKEY_LEVEL_DEFAULT == (int)IPSEC_LEVEL_DEFAULT &&
		      (int)PFKEY_LEVEL_USE == (int)IPSEC_LEVEL_USE &&
		      (int)PFKEY_LEVEL_REQUIRE == (int)IPSEC_LEVEL_REQUIRE &&
		      (int)PFKEY_LEVEL_UNIQUE == (int)IPSEC_LEVEL_UNIQUE &&
		      (int)MISSIU_TRANSPORT == (int)IPSEC_MODE_TRANSPORT &&
		      (int)MISSIU_TUNNEL == (int)IPSEC_MODE_TUNNEL,
	      "policies");
static_assert((int)PFKEY_X_SA > SADB_EXT_MAX, "private extensions");

/* Accepts only if the content also survives being encoded again. */
static bool feed(void *ctx, struct rd r)
{
	uint8_t buf[PFKEY_MSG_MAX], buf2[PFKEY_MSG_MAX];
	struct wr w = wr_to(buf, sizeof(buf));
	struct wr again = wr_to(buf2, sizeof(buf2));
	struct pfkey_msg *a = malloc(sizeof(*a)), *b = malloc(sizeof(*b));
	bool ok;

	(void)ctx;
	assert_true(a && b);
	ok = !pfkey_decode(r, a);
	if (ok) {
		pfkey_encode(a, &w);
		assert_true(wr_ok(&w));
		assert_int_equal(pfkey_msg_len(buf, w.len), w.len);
		assert_int_equal(pfkey_decode(rd_from(buf, w.len), b), 0);
		pfkey_encode(b, &again);
		assert_int_equal(again.len, w.len);
		assert_memory_equal(again.buf, w.buf, w.len);
	}
	free(a);
	free(b);
	return ok;
}

/* A message with every extension there is. */
static void fill(struct pfkey_msg *m)
{
	struct missiu_sa sa = sa_full();
	struct missiu_policy p = policy_tunnel();

	memset(m, 0, sizeof(*m));
	m->type = PFKEY_ADD;
	m->seq = 5;
	m->pid = 4711;
	sa.auth_key_len = 20;
	pfkey_set_sa(m, &sa, true);
	pfkey_set_policy(m, &p);
	pfkey_set_proposal(m, &p);
	pfkey_set_supported(m);
	m->cur = (struct pfkey_life){ 1, 2, 3, 4 };
	m->spi_lo = 256;
	m->spi_hi = UINT32_MAX;
	m->old_dst = addr_of("192.0.2.99");
	m->diag_err = MISSIU_EEXIST;
	snprintf(m->diag.msg, sizeof(m->diag.msg), "there is one already");
	m->event.kind = MISSIU_EV_SOFT;
	m->event.proto = MISSIU_ESP;
	m->event.owner = 99;
	m->have |= PFH_LIFE_CUR | PFH_SPIRANGE | PFH_X_OLD_DST | PFH_X_DIAG |
		   PFH_X_EVENT;
}

static size_t encode(const struct pfkey_msg *m, uint8_t *buf, size_t cap)
{
	struct wr w = wr_to(buf, cap);

	pfkey_encode(m, &w);
	assert_true(wr_ok(&w));
	assert_int_equal(w.len % 8, 0);
	return w.len;
}

/* What pfkey_get_sa() and pfkey_get_policy() do not look at. */
static void same_msg(const struct pfkey_msg *a, const struct pfkey_msg *b)
{
	uint8_t i;

	assert_int_equal(a->have, b->have);
	assert_int_equal(a->cur.allocs, b->cur.allocs);
	assert_int_equal(a->cur.bytes, b->cur.bytes);
	assert_int_equal(a->cur.add_s, b->cur.add_s);
	assert_int_equal(a->cur.use_s, b->cur.use_s);
	assert_int_equal(a->spi_lo, b->spi_lo);
	assert_int_equal(a->spi_hi, b->spi_hi);
	assert_true(addr_eq(&a->old_dst, &b->old_dst));
	assert_int_equal(a->diag_err, b->diag_err);
	assert_string_equal(a->diag.msg, b->diag.msg);
	same_event(&a->event, &b->event);
	same_policy(&a->x_policy, &b->x_policy);
	assert_int_equal(a->prop.n, b->prop.n);
	for (i = 0; i < a->prop.n; i++) {
		const struct pfkey_comb *x = &a->prop.v[i];
		const struct pfkey_comb *y = &b->prop.v[i];

		assert_int_equal(x->auth, y->auth);
		assert_int_equal(x->encr, y->encr);
		assert_int_equal(x->encr_bits_lo, y->encr_bits_lo);
		assert_int_equal(x->encr_bits_hi, y->encr_bits_hi);
		assert_int_equal(x->auth_bits_hi, y->auth_bits_hi);
		assert_int_equal(x->hard_s, y->hard_s);
		assert_int_equal(x->hard_bytes, y->hard_bytes);
	}
	assert_int_equal(a->sup_auth.n, b->sup_auth.n);
	assert_memory_equal(a->sup_auth.v, b->sup_auth.v,
			    sizeof(a->sup_auth.v));
	assert_int_equal(a->sup_encr.n, b->sup_encr.n);
	assert_memory_equal(a->sup_encr.v, b->sup_encr.v,
			    sizeof(a->sup_encr.v));
}

static void test_message_with_everything_survives_all_damage(void **state)
{
	struct pfkey_msg m, back;
	uint8_t buf[PFKEY_MSG_MAX];
	size_t len;

	(void)state;
	fill(&m);
	assert_int_equal(m.have, (1u << 23) - 1);
	len = encode(&m, buf, sizeof(buf));
	assert_int_equal(pfkey_decode(rd_from(buf, len), &back), 0);
	same_msg(&back, &m);
	refuses_cuts(buf, len, feed, NULL);
	survives_flips(buf, len, feed, NULL);
}

static void test_encoder_never_writes_past_its_buffer(void **state)
{
	struct pfkey_msg m;
	uint8_t buf[PFKEY_MSG_MAX];
	size_t len, cap;

	(void)state;
	fill(&m);
	len = encode(&m, buf, sizeof(buf));
	for (cap = 0; cap < len; cap++) {
		uint8_t *p = malloc(cap ? cap : 1);
		struct wr w = wr_to(p, cap);

		pfkey_encode(&m, &w);
		assert_false(wr_ok(&w));
		free(p);
	}
}

static size_t ext(uint8_t *buf, uint16_t type, size_t bytes)
{
	const uint16_t words = (uint16_t)(bytes / 8);

	memset(buf, 0, bytes);
	memcpy(buf, &words, 2);
	memcpy(buf + 2, &type, 2);
	return bytes;
}

/*
 * An ADD as setkey(8) would send it, built with the system's own structures:
 * no private extension, in an order of its own, with one extension unknown.
 */
static size_t plain_add(uint8_t *buf)
{
	struct sadb_msg msg = { .sadb_msg_version = PF_KEY_V2,
				.sadb_msg_type = SADB_ADD,
				.sadb_msg_satype = SADB_SATYPE_ESP,
				.sadb_msg_seq = 1,
				.sadb_msg_pid = 1234 };
	struct sadb_sa sa = { .sadb_sa_len = 2,
			      .sadb_sa_exttype = SADB_EXT_SA,
			      .sadb_sa_spi = htonl(0x1001),
			      .sadb_sa_replay = 32,
			      .sadb_sa_state = SADB_SASTATE_MATURE,
			      .sadb_sa_auth = SADB_AALG_SHA1HMAC,
			      .sadb_sa_encrypt = SADB_X_EALG_AESCBC };
	struct sadb_key key = { .sadb_key_len = 3,
				.sadb_key_exttype = SADB_EXT_KEY_ENCRYPT,
				.sadb_key_bits = 128 };
	struct sadb_address addr = { .sadb_address_len = 3,
				     .sadb_address_prefixlen = 32 };
	struct sockaddr_in sin = { .sin_family = AF_INET };
	size_t len = sizeof(msg);

	memcpy(buf + len, &key, sizeof(key));
	memset(buf + len + sizeof(key), 0x11, 16);
	len += 24;
	addr.sadb_address_exttype = SADB_EXT_ADDRESS_DST;
	sin.sin_addr.s_addr = htonl(0xc0000202);
	memcpy(buf + len, &addr, sizeof(addr));
	memcpy(buf + len + sizeof(addr), &sin, sizeof(sin));
	len += 24;
	len += ext(buf + len, SADB_EXT_IDENTITY_SRC, 16);
	len += ext(buf + len, 0x9999, 24);
	memcpy(buf + len, &sa, sizeof(sa));
	len += sizeof(sa);
	addr.sadb_address_exttype = SADB_EXT_ADDRESS_SRC;
	sin.sin_addr.s_addr = htonl(0xc0000201);
	memcpy(buf + len, &addr, sizeof(addr));
	memcpy(buf + len + sizeof(addr), &sin, sizeof(sin));
	len += 24;
	key = (struct sadb_key){ .sadb_key_len = 4,
				 .sadb_key_exttype = SADB_EXT_KEY_AUTH,
				 .sadb_key_bits = 160 };
	memcpy(buf + len, &key, sizeof(key));
	memset(buf + len + sizeof(key), 0x22, 20);
	memset(buf + len + sizeof(key) + 20, 0, 4);
	len += 32;
	msg.sadb_msg_len = (uint16_t)(len / 8);
	memcpy(buf, &msg, sizeof(msg));
	return len;
}

static void test_plain_rfc2367_add_makes_a_manual_sa(void **state)
{
	struct missiu_sa want = sa_manual(), got;
	struct pfkey_msg m;
	uint8_t buf[512];
	size_t len = plain_add(buf);

	(void)state;
	assert_int_equal(pfkey_decode(rd_from(buf, len), &m), 0);
	assert_int_equal(pfkey_get_sa(&m, &got, NULL), 0);
	want.mode = 0; /* any */
	want.replay_window = 32;
	same_sa(&got, &want);
	refuses_cuts(buf, len, feed, NULL);
	survives_flips(buf, len, feed, NULL);
}

static void test_decoder_works_at_any_alignment(void **state)
{
	uint8_t buf[512 + 8];
	struct pfkey_msg m;
	size_t off, len;

	(void)state;
	for (off = 0; off < 8; off++) {
		len = plain_add(buf + off);
		assert_int_equal(pfkey_decode(rd_from(buf + off, len), &m), 0);
		assert_int_equal(m.sa.spi, 0x1001);
	}
}

static void patch_len(uint8_t *buf, size_t len)
{
	const uint16_t words = (uint16_t)(len / 8);

	memcpy(buf + 4, &words, 2);
}

static void test_malformed_extensions_are_refused(void **state)
{
	const struct {
		uint16_t type;
		size_t bytes;
	} bad[] = {
		{ SADB_EXT_SA, 16 }, /* it is there already */
		{ 0x9999, 0 },	     /* would never end */
		{ SADB_EXT_LIFETIME_HARD, 24 },
		{ SADB_EXT_LIFETIME_HARD, 40 },
		{ SADB_X_EXT_SA2, 8 },
		{ SADB_EXT_ADDRESS_PROXY + 0x8000 - 3, 8 }, /* 0x8004, empty */
		{ SADB_X_EXT_POLICY, 24 }, /* a request of length 0 */
		{ SADB_EXT_PROPOSAL, 16 },
	};
	uint8_t buf[1024];
	struct pfkey_msg m;
	size_t i, len;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		len = plain_add(buf);
		if (bad[i].bytes) {
			len += ext(buf + len, bad[i].type, bad[i].bytes);
		} else {
			ext(buf + len, bad[i].type, 8);
			memset(buf + len, 0, 2);
			len += 8;
		}
		patch_len(buf, len);
		if (!pfkey_decode(rd_from(buf, len), &m))
			fail_msg("malformed extension %zu accepted", i);
	}
	len = plain_add(buf);
	len += ext(buf + len, SADB_EXT_LIFETIME_HARD, 32);
	patch_len(buf, len);
	assert_int_equal(pfkey_decode(rd_from(buf, len), &m), 0);
}

static void test_key_longer_than_an_sa_holds_is_refused(void **state)
{
	const uint16_t ok = MISSIU_KEY_MAX * 8, over = ok + 8, odd = ok - 1;
	uint8_t buf[16 + 8 + 72] = { PF_KEY_V2, SADB_ADD };
	struct pfkey_msg m;

	(void)state;
	ext(buf + 16, SADB_EXT_KEY_ENCRYPT, 8 + 64);
	memcpy(buf + 16 + 4, &ok, 2);
	patch_len(buf, 16 + 8 + 64);
	assert_int_equal(pfkey_decode(rd_from(buf, 16 + 8 + 64), &m), 0);
	memcpy(buf + 16 + 4, &odd, 2); /* bits, but no bytes */
	assert_int_equal(pfkey_decode(rd_from(buf, 16 + 8 + 64), &m),
			 MISSIU_EPROTO);
	ext(buf + 16, SADB_EXT_KEY_ENCRYPT, 8 + 72);
	memcpy(buf + 16 + 4, &over, 2);
	patch_len(buf, sizeof(buf));
	assert_int_equal(pfkey_decode(rd_from(buf, sizeof(buf)), &m),
			 MISSIU_EPROTO);
}

static void test_lying_header_is_refused_but_names_its_request(void **state)
{
	struct pfkey_msg m;
	uint8_t buf[512];
	size_t len = plain_add(buf);

	(void)state;
	buf[0] = 1; /* version */
	assert_int_equal(pfkey_decode(rd_from(buf, len), &m), MISSIU_EPROTO);
	assert_int_equal(m.type, PFKEY_ADD);
	assert_int_equal(m.pid, 1234);
	assert_int_equal(pfkey_decode(rd_from(buf, 15), &m), MISSIU_ESHORT);
	assert_int_equal(pfkey_msg_len(buf, len), len);
	assert_int_equal(pfkey_msg_len(buf, len - 1), 0);
	patch_len(buf, 8); /* shorter than the header itself */
	assert_int_equal(pfkey_msg_len(buf, len), 0);
}

static void sa_round_trip(const struct missiu_sa *sa)
{
	struct pfkey_msg m = { .type = PFKEY_ADD }, back;
	uint8_t buf[PFKEY_MSG_MAX];
	struct missiu_sa got;
	size_t len;

	pfkey_set_sa(&m, sa, true);
	len = encode(&m, buf, sizeof(buf));
	assert_int_equal(pfkey_decode(rd_from(buf, len), &back), 0);
	assert_int_equal(pfkey_get_sa(&back, &got, NULL), 0);
	same_sa(&got, sa);
}

static void test_sa_comes_back_as_it_was(void **state)
{
	struct missiu_sa sa = sa_full();
	uint8_t id;

	(void)state;
	sa_round_trip(&sa);
	sa = sa_manual();
	sa_round_trip(&sa);
	sa.src.family = 0;
	memset(sa.src.b, 0, sizeof(sa.src.b));
	sa_round_trip(&sa);
	/* Every algorithm has a number of its own. */
	for (id = 1; id < MISSIU_AUTH_MAX; id++) {
		sa = sa_manual();
		sa.auth = id;
		sa_round_trip(&sa);
	}
	for (id = 1; id < MISSIU_ENCR_MAX; id++) {
		sa = sa_manual();
		sa.encr = id;
		if (id == MISSIU_ENCR_AES_GCM || id == MISSIU_ENCR_AES_CCM)
			sa.icv_len = 8;
		else if (id == MISSIU_ENCR_AES_GMAC ||
			 id == MISSIU_ENCR_CHACHA20_POLY1305)
			sa.icv_len = 16;
		sa_round_trip(&sa);
	}
	sa = sa_manual();
	sa.proto = MISSIU_AH;
	sa.encr = MISSIU_ENCR_NULL;
	sa_round_trip(&sa);
}

static void test_sa_that_makes_no_sense_is_refused(void **state)
{
	const struct missiu_sa sa = sa_full();
	struct missiu_sa got;
	struct pfkey_msg m[9];
	size_t i;

	(void)state;
	memset(m, 0, sizeof(m));
	for (i = 0; i < ARRAY_SIZE(m); i++)
		pfkey_set_sa(&m[i], &sa, true);
	m[0].satype = PFKEY_SA_UNSPEC;
	m[1].have &= ~(uint32_t)PFH_SA;
	m[2].have &= ~(uint32_t)PFH_DST;
	m[3].have &= ~(uint32_t)PFH_SRC;
	m[4].src.addr = addr_of("192.0.2.1"); /* dst is IPv6 */
	m[5].sa.encr = 200;
	m[6].sa.auth = 200;
	m[7].mode = 0; /* not manual */
	m[8].nat_type = 1;
	for (i = 0; i < ARRAY_SIZE(m); i++)
		if (!pfkey_get_sa(&m[i], &got, NULL))
			fail_msg("bad SA %zu accepted", i);
}

static void test_policy_comes_back_as_it_was(void **state)
{
	struct missiu_policy samples[] = { policy_transport(), policy_tunnel(),
					   policy_bypass() };
	uint8_t buf[PFKEY_MSG_MAX];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(samples); i++) {
		struct pfkey_msg m = { .type = PFKEY_X_SPDADD }, back;
		struct missiu_policy got;
		size_t len;

		samples[i].id = (uint32_t)i + 1;
		pfkey_set_policy(&m, &samples[i]);
		len = encode(&m, buf, sizeof(buf));
		assert_int_equal(pfkey_decode(rd_from(buf, len), &back), 0);
		assert_int_equal(pfkey_get_policy(&back, &got, NULL), 0);
		same_policy(&got, &samples[i]);
	}
}

/* What a client without our extension sees, and what it can say. */
static void
test_policy_without_private_extension_is_of_one_direction(void **state)
{
	struct missiu_policy want = policy_tunnel(), got;
	struct pfkey_msg m = { .type = PFKEY_X_SPDADD };

	(void)state;
	want.remote = net_of("10.2.0.0", 25); /* around .3 to .77 */
	want.remote.proto = 6;
	want.dirs = MISSIU_OUT;
	want.line = 0;
	want.life_packets = 0; /* PF_KEY does not know them */
	want.tfc = 0;
	want.pfs = (struct missiu_pfs){ 0 };
	want.peer[0] = '\0';
	want.prot[0] = (struct missiu_prot){ .proto = MISSIU_ESP };
	{
		struct missiu_policy p = policy_tunnel();

		pfkey_set_policy(&m, &p);
	}
	m.have &= ~(uint32_t)PFH_X_POLICY;
	assert_int_equal(pfkey_get_policy(&m, &got, NULL), 0);
	same_policy(&got, &want);
	/* The same message the other way round. */
	m.pol.dir = PFKEY_DIR_IN;
	assert_int_equal(pfkey_get_policy(&m, &got, NULL), 0);
	assert_int_equal(got.dirs, MISSIU_IN);
	assert_true(ts_eq(&got.local, &want.remote));
	assert_true(addr_eq(&got.tun_local, &want.tun_remote));
}

static void test_policy_that_makes_no_sense_is_refused(void **state)
{
	const struct missiu_policy p = policy_tunnel();
	struct missiu_policy got;
	struct pfkey_msg m[10];
	size_t i;

	(void)state;
	memset(m, 0, sizeof(m));
	for (i = 0; i < ARRAY_SIZE(m); i++) {
		pfkey_set_policy(&m[i], &p);
		m[i].have &= ~(uint32_t)PFH_X_POLICY;
	}
	m[0].have &= ~(uint32_t)PFH_POLICY;
	m[1].have &= ~(uint32_t)PFH_DST;
	m[2].pol.type = 3;
	m[3].pol.dir = 3;
	m[4].pol.n = 0;
	m[5].pol.type = PFKEY_POL_DISCARD; /* with a request */
	m[6].pol.req[0].proto = 108;	   /* IPComp */
	m[7].pol.req[0].level = PFKEY_LEVEL_USE;
	m[8].pol.req[0].mode = 3;
	m[9].src.proto = 17; /* dst says 6 */
	for (i = 0; i < ARRAY_SIZE(m); i++)
		if (!pfkey_get_policy(&m[i], &got, NULL))
			fail_msg("bad policy %zu accepted", i);
}

/* An SA's number in the message, by its algorithms. */
static struct pfkey_sa numbers_of(uint8_t encr, uint8_t auth, uint8_t icv)
{
	struct missiu_sa sa = sa_manual();
	struct pfkey_msg m = { 0 };

	sa.encr = encr;
	sa.auth = auth;
	sa.icv_len = icv;
	pfkey_set_sa(&m, &sa, false);
	return m.sa;
}

static const struct pfkey_alg *find_alg(const struct pfkey_algs *v, uint8_t id)
{
	uint8_t i;

	for (i = 0; i < v->n; i++)
		if (v->v[i].id == id)
			return &v->v[i];
	return NULL;
}

static void test_register_offers_what_the_crypto_layer_has(void **state)
{
	struct pfkey_msg m = { 0 };
	const struct pfkey_alg *got;
	uint8_t id, icv;

	(void)state;
	pfkey_set_supported(&m);
	for (id = 1; id < MISSIU_ENCR_MAX; id++) {
		const struct encr_alg *e = encr_alg(id);

		for (icv = 8; icv <= 16; icv = (uint8_t)(icv + 4)) {
			if (e->aead && !(e->icv_mask & 1 << (icv - 8) / 4))
				continue;
			got = find_alg(&m.sup_encr,
				       numbers_of(id, MISSIU_AUTH_SHA1,
						  e->aead ? icv : 0)
					       .encr);
			assert_int_equal(!!got, e->usable);
			if (!got)
				continue;
			assert_int_equal(got->iv_len, e->iv_len);
			assert_int_equal(got->bits_lo, e->key_min * 8);
			assert_int_equal(got->bits_hi, e->key_max * 8);
		}
	}
	for (id = 1; id < MISSIU_AUTH_MAX; id++) {
		const struct auth_alg *a = auth_alg(id);

		got = find_alg(&m.sup_auth,
			       numbers_of(MISSIU_ENCR_NULL, id, 0).auth);
		assert_int_equal(!!got, a->usable);
		if (got)
			assert_int_equal(got->bits_hi, a->key_len * 8);
	}
}

static void test_proposal_follows_the_policy(void **state)
{
	struct missiu_policy p = policy_tunnel();
	struct pfkey_msg m = { 0 };

	(void)state;
	pfkey_set_proposal(&m, &p); /* AES-GCM-16 with 256 bits */
	assert_int_equal(m.prop.n, 1);
	assert_int_equal(m.prop.v[0].encr, SADB_X_EALG_AES_GCM_ICV16);
	assert_int_equal(m.prop.v[0].encr_bits_lo, 256);
	assert_int_equal(m.prop.v[0].auth, SADB_AALG_NONE);
	assert_int_equal(m.prop.v[0].hard_s, p.life_s);
	p.prot[0] = (struct missiu_prot){ .proto = MISSIU_ESP };
	m = (struct pfkey_msg){ 0 };
	pfkey_set_proposal(&m, &p); /* any: an AEAD, then AES-CBC */
	assert_int_equal(m.prop.n, 2);
	assert_int_equal(m.prop.v[1].encr, SADB_X_EALG_AESCBC);
	assert_int_equal(m.prop.v[1].auth, SADB_X_AALG_SHA2_256HMAC);
	p.prot[0] = (struct missiu_prot){ .proto = MISSIU_AH,
					  .encr = MISSIU_ENCR_NULL,
					  .auth = MISSIU_AUTH_SHA1 };
	m = (struct pfkey_msg){ 0 };
	pfkey_set_proposal(&m, &p);
	assert_int_equal(m.prop.n, 1);
	assert_int_equal(m.prop.v[0].encr, SADB_EALG_NONE);
	assert_int_equal(m.prop.v[0].auth, SADB_AALG_SHA1HMAC);
}

static void test_errors_survive_as_errno(void **state)
{
	const int errs[] = { 0,
			     MISSIU_EINVAL,
			     MISSIU_ENOENT,
			     MISSIU_EEXIST,
			     MISSIU_EUNSUP,
			     MISSIU_EKEYLEN,
			     MISSIU_EFULL,
			     MISSIU_ENOMEM };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(errs); i++)
		assert_int_equal(pfkey_from_errno(pfkey_errno(errs[i])),
				 errs[i]);
	assert_int_equal(pfkey_errno(MISSIU_EEXIST), EEXIST);
	assert_int_equal(pfkey_from_errno(250), MISSIU_EINVAL);
	assert_int_equal(pfkey_errno(MISSIU_ERANDOM), EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_message_with_everything_survives_all_damage),
		cmocka_unit_test(test_encoder_never_writes_past_its_buffer),
		cmocka_unit_test(test_plain_rfc2367_add_makes_a_manual_sa),
		cmocka_unit_test(test_decoder_works_at_any_alignment),
		cmocka_unit_test(test_malformed_extensions_are_refused),
		cmocka_unit_test(test_key_longer_than_an_sa_holds_is_refused),
		cmocka_unit_test(
			test_lying_header_is_refused_but_names_its_request),
		cmocka_unit_test(test_sa_comes_back_as_it_was),
		cmocka_unit_test(test_sa_that_makes_no_sense_is_refused),
		cmocka_unit_test(test_policy_comes_back_as_it_was),
		cmocka_unit_test(
			test_policy_without_private_extension_is_of_one_direction),
		cmocka_unit_test(test_policy_that_makes_no_sense_is_refused),
		cmocka_unit_test(
			test_register_offers_what_the_crypto_layer_has),
		cmocka_unit_test(test_proposal_follows_the_policy),
		cmocka_unit_test(test_errors_survive_as_errno),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
