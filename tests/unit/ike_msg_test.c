/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/addr.h"
#include "common/rd.h"
#include "ike_samples.h"

static const struct {
	const char *hex;
	uint8_t first; /* 0: a whole message, else an inner chain */
} samples[] = {
	{ SAMPLE_INIT, 0 },
	{ SAMPLE_SK, 0 },
	{ SAMPLE_SKF, 0 },
	{ SAMPLE_AUTH_INNER, IKE_P_IDI },
	{ SAMPLE_DELETE_INNER, IKE_P_DELETE },
	{ SAMPLE_RAW_INNER, IKE_P_CERT },
};

#define N_SAMPLES (sizeof(samples) / sizeof(samples[0]))

static struct ike_msg msg; /* large: not on the stack */

static int parse(uint8_t first, const uint8_t *b, size_t len)
{
	if (!first)
		return ike_msg_parse(b, len, &msg);
	memset(&msg, 0, sizeof(msg));
	return ike_payloads_parse(first, b, len, &msg);
}

static unsigned sum(struct chunk c)
{
	const uint8_t *p = c.p;
	unsigned s = 0;

	for (size_t i = 0; i < c.len; i++)
		s += p[i];
	return s;
}

/* Read every byte that the message borrows. */
static unsigned touch(const struct ike_msg *m)
{
	unsigned s = sum(m->ke.data) + sum(m->idi.body) + sum(m->idi.data) +
		     sum(m->idr.body) + sum(m->idr.data) + sum(m->auth.data) +
		     sum(m->nonce) + sum(m->sk.body) + sum(m->cp) + sum(m->eap);

	for (size_t i = 0; i < m->n_notify; i++)
		s += sum(m->notify[i].spi) + sum(m->notify[i].data);
	for (size_t i = 0; i < m->n_delete; i++)
		for (size_t k = 0; k < m->del[i].n; k++)
			s += ike_delete_spi(&m->del[i], k);
	for (size_t i = 0; i < m->n_vendor; i++)
		s += sum(m->vendor[i]);
	for (size_t i = 0; i < m->n_cert; i++)
		s += sum(m->cert[i]);
	for (size_t i = 0; i < m->n_certreq; i++)
		s += sum(m->certreq[i]);
	return s;
}

static void assert_bytes(struct chunk c, const char *hex)
{
	struct bytes want = unhex(hex);

	assert_int_equal(c.len, want.len);
	assert_memory_equal(c.p, want.b, want.len);
}

static void test_reads_scapys_ike_sa_init(void **state)
{
	struct bytes s = unhex(SAMPLE_INIT);
	const struct ike_proposal *p = msg.sa.p;
	const struct ike_transform *t = msg.sa.t;

	(void)state;
	assert_int_equal(parse(0, s.b, s.len), 0);
	assert_true(msg.hdr.spi_i == 0x0102030405060708);
	assert_true(msg.hdr.spi_r == 0);
	assert_int_equal(msg.hdr.next, IKE_P_SA);
	assert_int_equal(msg.hdr.major, 2);
	assert_int_equal(msg.hdr.minor, 0);
	assert_int_equal(msg.hdr.exchange, IKE_X_SA_INIT);
	assert_int_equal(msg.hdr.flags, IKE_F_INITIATOR);
	assert_int_equal(msg.hdr.mid, 0);
	assert_int_equal(msg.hdr.len, 277);
	assert_int_equal(msg.sa.n, 2);
	assert_int_equal(msg.sa.n_t, 9);
	assert_int_equal(p[0].number, 1);
	assert_int_equal(p[0].proto, IKE_PROTO_IKE);
	assert_int_equal(p[0].n, 5);
	assert_int_equal(p[1].number, 2);
	assert_int_equal(p[1].first, 5);
	assert_int_equal(t[0].id, IKE_ENCR_AES_GCM_16);
	assert_int_equal(t[0].key_bits, 128);
	assert_int_equal(t[1].id, IKE_ENCR_CHACHA20_POLY1305);
	assert_int_equal(t[1].key_bits, 0);
	assert_int_equal(t[8].type, IKE_T_DH);
	assert_int_equal(t[8].id, IKE_DH_MODP2048);
	assert_int_equal(msg.ke.group, IKE_DH_X25519);
	assert_bytes(msg.ke.data, "000102030405060708090a0b0c0d0e0f"
				  "101112131415161718191a1b1c1d1e1f");
	assert_int_equal(msg.nonce.len, 32);
	assert_int_equal(msg.n_notify, 3);
	assert_int_equal(msg.count[IKE_P_NOTIFY - 32], 3);
	assert_non_null(
		ike_msg_notify(&msg, IKE_N_IKEV2_FRAGMENTATION_SUPPORTED));
	assert_null(ike_msg_notify(&msg, IKE_N_COOKIE));
	assert_null(ike_msg_error(&msg));
	assert_int_equal(msg.n_vendor, 1);
	assert_bytes(msg.vendor[0], "7363617079");
	assert_true(msg.seen ==
		    (IKE_SEEN(IKE_P_SA) | IKE_SEEN(IKE_P_KE) |
		     IKE_SEEN(IKE_P_NONCE) | IKE_SEEN(IKE_P_NOTIFY) |
		     IKE_SEEN(IKE_P_VENDOR)));
}

static void test_reads_scapys_ike_auth_payloads(void **state)
{
	struct bytes s = unhex(SAMPLE_AUTH_INNER);

	(void)state;
	assert_int_equal(parse(IKE_P_IDI, s.b, s.len), 0);
	assert_int_equal(msg.idi.type, IKE_ID_FQDN);
	assert_bytes(msg.idi.body, "02000000 656173742e6578616d706c65");
	assert_int_equal(msg.idr.type, IKE_ID_IPV4);
	assert_bytes(msg.idr.data, "c0000202");
	assert_int_equal(msg.auth.method, IKE_AUTH_PSK);
	assert_int_equal(msg.auth.data.len, 32);
	assert_int_equal(msg.sa.p[0].spi_len, 4);
	assert_memory_equal(msg.sa.p[0].spi, "\xc0\xff\xee\x01", 4);
	assert_int_equal(msg.tsi.n, 2);
	assert_string_equal(ts_text(&msg.tsi.v[0]).s, "192.0.2.1[tcp/40000]");
	assert_string_equal(ts_text(&msg.tsi.v[1]).s, "192.0.2.0/24");
	assert_int_equal(msg.tsr.n, 2);
	assert_string_equal(ts_text(&msg.tsr.v[0]).s, "198.51.100.7[tcp/80]");
	assert_string_equal(ts_text(&msg.tsr.v[1]).s, "2001:db8::/112");
}

static void test_finds_the_encrypted_part(void **state)
{
	struct bytes s = unhex(SAMPLE_SK);

	(void)state;
	assert_int_equal(parse(0, s.b, s.len), 0);
	assert_true(ike_msg_has(&msg, IKE_P_SK));
	assert_int_equal(msg.sk.first, IKE_P_IDI);
	assert_int_equal(msg.sk.aad_len, 32);
	assert_ptr_equal(msg.sk.body.p, s.b + 32);
	assert_int_equal(msg.sk.body.len, 40);
	assert_int_equal(msg.sk.total, 0);
	s = unhex(SAMPLE_SKF);
	assert_int_equal(parse(0, s.b, s.len), 0);
	assert_true(ike_msg_has(&msg, IKE_P_SKF));
	assert_int_equal(msg.sk.frag, 1);
	assert_int_equal(msg.sk.total, 3);
	assert_int_equal(msg.sk.aad_len, 36);
	assert_int_equal(msg.sk.body.len, 36);
}

static void test_adds_inner_payloads_to_the_outer_message(void **state)
{
	struct bytes outer = unhex(SAMPLE_SK), s = unhex(SAMPLE_AUTH_INNER);

	(void)state;
	assert_int_equal(parse(0, outer.b, outer.len), 0);
	assert_int_equal(ike_payloads_parse(msg.sk.first, s.b, s.len, &msg), 0);
	assert_true(ike_msg_has(&msg, IKE_P_SK));
	assert_true(ike_msg_has(&msg, IKE_P_TSR));
	assert_int_equal(msg.hdr.mid, 1);
}

static void test_reads_deletes_and_raw_payloads(void **state)
{
	struct bytes s = unhex(SAMPLE_DELETE_INNER);

	(void)state;
	assert_int_equal(parse(IKE_P_DELETE, s.b, s.len), 0);
	assert_int_equal(msg.n_delete, 2);
	assert_int_equal(msg.del[0].n, 2);
	assert_int_equal(ike_delete_spi(&msg.del[0], 1), 0xc0ffee02);
	assert_int_equal(msg.del[1].proto, IKE_PROTO_IKE);
	assert_int_equal(msg.del[1].n, 0);
	s = unhex(SAMPLE_RAW_INNER);
	assert_int_equal(parse(IKE_P_CERT, s.b, s.len), 0);
	assert_bytes(msg.cert[0], "04aabbcc");
	assert_bytes(msg.certreq[0], "041122");
	assert_bytes(msg.cp, "01000000");
	assert_bytes(msg.eap, "0101000501");
	assert_int_equal(msg.n_unknown, 1);
}

static void test_every_prefix_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_SAMPLES; i++) {
		struct bytes s = unhex(samples[i].hex);

		for (size_t n = 0; n < s.len; n++) {
			uint8_t *b = exact(s.b, n);
			int ret;

			assert_true(parse(samples[i].first, b, n) < 0);
			assert_non_null(msg.why);
			/* Again with a header that admits the length; an SK
			 * payload's own then tells. */
			if (!samples[i].first && n >= IKE_HDR_LEN) {
				set_len(b, n);
				ret = parse(0, b, n);
				assert_true(ret == MISSIU_EPROTO);
			}
			free(b);
		}
	}
}

static void test_a_trailing_byte_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_SAMPLES; i++) {
		struct bytes s = unhex(samples[i].hex);

		s.b[s.len++] = 0;
		assert_int_equal(parse(samples[i].first, s.b, s.len),
				 MISSIU_EPROTO);
		if (samples[i].first)
			continue;
		set_len(s.b, s.len);
		assert_int_equal(parse(0, s.b, s.len), MISSIU_EPROTO);
	}
}

static void test_bit_flips_stay_inside_the_message(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_SAMPLES; i++) {
		struct bytes s = unhex(samples[i].hex);
		size_t refused = 0;

		for (size_t bit = 0; bit < s.len * 8; bit++) {
			uint8_t *b = exact(s.b, s.len);
			int ret;

			b[bit / 8] ^= (uint8_t)(1u << bit % 8);
			ret = parse(samples[i].first, b, s.len);
			if (ret) {
				assert_true(ret == MISSIU_EPROTO ||
					    ret == MISSIU_EUNSUP ||
					    ret == MISSIU_EFULL);
				assert_non_null(msg.why);
				refused++;
			} else {
				assert_true(touch(&msg) > 0);
			}
			free(b);
		}
		assert_true(refused > 0);
	}
}

static void test_header_rules(void **state)
{
	struct bytes s = unhex(SAMPLE_SK);
	struct ike_hdr h = { .mid = 77 };

	(void)state;
	assert_int_equal(ike_hdr_parse(s.b, IKE_HDR_LEN - 1, &h),
			 MISSIU_ESHORT);
	assert_int_equal(h.mid, 77);
	/* The length field is the datagram's length, neither more nor less. */
	for (size_t n = s.len - 1; n <= s.len + 1; n++) {
		set_len(s.b, n);
		assert_int_equal(ike_hdr_parse(s.b, s.len, &h),
				 n == s.len ? 0 : MISSIU_EPROTO);
	}
	set_len(s.b, s.len);
	/* A higher minor version is no reason to refuse (2.5). */
	s.b[17] = 0x2f;
	assert_int_equal(parse(0, s.b, s.len), 0);
	assert_int_equal(msg.hdr.minor, 15);
	/* Another major one is; the header still tells which. */
	s.b[17] = 0x30;
	assert_int_equal(ike_hdr_parse(s.b, s.len, &h), 0);
	assert_int_equal(h.major, 3);
	assert_int_equal(parse(0, s.b, s.len), MISSIU_EUNSUP);
	assert_int_equal(msg.bad, 0);
	assert_int_equal(msg.hdr.mid, 1);
	/* SPIi is never zero (3.1). */
	s.b[17] = 0x20;
	memset(s.b, 0, 8);
	assert_int_equal(parse(0, s.b, s.len), MISSIU_EPROTO);
}

static void test_an_empty_message_is_legal(void **state)
{
	struct bytes s = unhex("0102030405060708 1112131415161718"
			       "00 20 25 20 00000002 0000001c");

	(void)state;
	assert_int_equal(parse(0, s.b, s.len), 0);
	assert_true(msg.seen == 0);
	memset(&msg, 0, sizeof(msg));
	assert_int_equal(ike_payloads_parse(IKE_P_NONE, s.b, 0, &msg), 0);
	assert_int_equal(ike_payloads_parse(IKE_P_NONE, s.b, 1, &msg),
			 MISSIU_EPROTO);
}

static void test_unknown_critical_payload_is_named(void **state)
{
	struct bytes s = unhex("29 80 0004" /* type 200, critical */
			       "00 00 0008 00 00 4000");

	(void)state;
	assert_int_equal(parse(200, s.b, s.len), MISSIU_EUNSUP);
	assert_int_equal(msg.bad, 200);
	/* The flag of a known type is ignored (3.2). */
	s.b[1] = 0;
	s.b[5] = IKE_PLD_CRITICAL;
	assert_int_equal(parse(200, s.b, s.len), 0);
	assert_int_equal(msg.n_unknown, 1);
	assert_int_equal(msg.n_notify, 1);
}

/* Chains that break a rule, and the payload that is to blame. */
static const struct {
	uint8_t first;
	const char *hex;
	int ret;
	uint8_t bad;
} chains[] = {
	/* generic length below its own header */
	{ IKE_P_VENDOR, "00 00 0003", MISSIU_EPROTO, IKE_P_VENDOR },
	{ IKE_P_VENDOR, "00 00 0000", MISSIU_EPROTO, IKE_P_VENDOR },
	/* one past the end */
	{ IKE_P_VENDOR, "00 00 0006 aa", MISSIU_EPROTO, IKE_P_VENDOR },
	/* a next payload that is not there */
	{ IKE_P_VENDOR, "2b 00 0004", MISSIU_EPROTO, IKE_P_VENDOR },
	/* bytes after the last one */
	{ IKE_P_VENDOR, "00 00 0004 00", MISSIU_EPROTO, 0 },
	/* encrypted payloads inside of one (3.14) */
	{ IKE_P_SK, "00 00 0005 aa", MISSIU_EPROTO, IKE_P_SK },
	{ IKE_P_SKF, "00 00 0009 0001 0001 aa", MISSIU_EPROTO, IKE_P_SKF },
	/* repeated: AUTH, IDi, KE */
	{ IKE_P_AUTH, "27 00 0008 02000000 00 00 0008 02000000", MISSIU_EPROTO,
	  IKE_P_AUTH },
	{ IKE_P_IDI, "23 00 0009 02000000 61 00 00 0009 02000000 61",
	  MISSIU_EPROTO, IKE_P_IDI },
	{ IKE_P_KE, "22 00 0009 001f0000 61 00 00 0009 001f0000 61",
	  MISSIU_EPROTO, IKE_P_KE },
};

static void test_chain_rules(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(chains) / sizeof(chains[0]); i++) {
		struct bytes s = unhex(chains[i].hex);
		uint8_t *b = exact(s.b, s.len);

		assert_int_equal(parse(chains[i].first, b, s.len),
				 chains[i].ret);
		assert_int_equal(msg.bad, chains[i].bad);
		free(b);
	}
}

static void test_nothing_may_follow_an_encrypted_payload(void **state)
{
	struct bytes s = unhex(SAMPLE_SK);

	(void)state;
	s.b[s.len++] = 0;
	set_len(s.b, s.len);
	assert_int_equal(parse(0, s.b, s.len), MISSIU_EPROTO);
	assert_int_equal(msg.bad, IKE_P_SK);
	/* An SK payload without content is no SK payload. */
	s = unhex(SAMPLE_SK);
	s.len = 32;
	store_be16(s.b + 30, 4);
	set_len(s.b, s.len);
	assert_int_equal(parse(0, s.b, s.len), MISSIU_EPROTO);
}

static void test_fragment_numbers(void **state)
{
	static const struct {
		uint8_t first;
		uint16_t frag, total;
		int ret;
	} v[] = {
		{ IKE_P_IDI, 1, 1, 0 },
		{ 0, 3, 3, 0 },
		{ IKE_P_IDI, 0, 3, MISSIU_EPROTO },
		{ 0, 4, 3, MISSIU_EPROTO },
		{ IKE_P_IDI, 2, 3, MISSIU_EPROTO },
		{ 0, 0, 0, MISSIU_EPROTO },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		struct bytes s = unhex(SAMPLE_SKF);

		s.b[28] = v[i].first;
		store_be16(s.b + 32, v[i].frag);
		store_be16(s.b + 34, v[i].total);
		assert_int_equal(parse(0, s.b, s.len), v[i].ret);
	}
}

/* @n payloads of one type with one body. */
static int parse_many(uint8_t type, const char *body_hex, size_t n)
{
	struct bytes body = unhex(body_hex), s = { 0 };
	size_t len = body.len + 4;

	for (size_t i = 0; i < n; i++) {
		s.b[s.len] = i + 1 == n ? 0 : type;
		store_be16(s.b + s.len + 2, (uint16_t)len);
		memcpy(s.b + s.len + 4, body.b, body.len);
		s.len += len;
	}
	return parse(type, s.b, s.len);
}

static void test_one_more_than_a_maximum_is_full(void **state)
{
	static const struct {
		uint8_t type;
		const char *body;
		size_t max;
	} v[] = {
		{ IKE_P_NOTIFY, "00004000", IKE_NOTIFY_MAX },
		{ IKE_P_DELETE, "01000000", IKE_DELETE_MAX },
		{ IKE_P_VENDOR, "aa", IKE_VENDOR_MAX },
		{ IKE_P_CERT, "04", IKE_CERT_MAX },
		{ IKE_P_CERTREQ, "04", IKE_CERTREQ_MAX },
		{ 200, "", IKE_PAYLOADS_MAX }, /* unknown ones count too */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		assert_int_equal(parse_many(v[i].type, v[i].body, v[i].max), 0);
		assert_int_equal(parse_many(v[i].type, v[i].body, v[i].max + 1),
				 MISSIU_EFULL);
		assert_int_equal(msg.bad, v[i].type);
	}
}

static void test_first_error_notify_is_found(void **state)
{
	struct bytes s = unhex("29 00 0008 00 00 4000"
			       "29 00 000a 00 00 0011 000e"
			       "00 00 0008 00 00 000e");
	const struct ike_notify *n;

	(void)state;
	assert_int_equal(parse(IKE_P_NOTIFY, s.b, s.len), 0);
	n = ike_msg_error(&msg);
	assert_non_null(n);
	assert_int_equal(n->type, IKE_N_INVALID_KE_PAYLOAD);
	assert_bytes(n->data, "000e");
	assert_string_equal(ike_notify_name(n->type), "INVALID_KE_PAYLOAD");
	assert_null(ike_notify_name(9999));
	assert_string_equal(ike_payload_name(IKE_P_TSI), "TSi");
	assert_string_equal(ike_payload_name(99), "unknown");
	assert_string_equal(ike_exchange_name(IKE_X_AUTH), "IKE_AUTH");
}

/* What we write from a parsed message is byte for byte what scapy wrote. */
static void test_writes_scapys_ike_sa_init(void **state)
{
	struct bytes s = unhex(SAMPLE_INIT);
	uint8_t *out = malloc(s.len);
	struct ike_build b;

	(void)state;
	assert_int_equal(parse(0, s.b, s.len), 0);
	/* One byte less than needed: nothing may be sent. */
	for (size_t cap = s.len - 1; cap <= s.len; cap++) {
		ike_build_start(&b, out, cap, &msg.hdr);
		ike_put_sa(&b, &msg.sa);
		ike_put_ke(&b, msg.ke.group, msg.ke.data.p, msg.ke.data.len);
		ike_put_raw(&b, IKE_P_NONCE, msg.nonce.p, msg.nonce.len);
		for (size_t i = 0; i < msg.n_notify; i++)
			ike_put_notify(&b, &msg.notify[i]);
		ike_put_raw(&b, IKE_P_VENDOR, msg.vendor[0].p,
			    msg.vendor[0].len);
		assert_int_equal(ike_build_end(&b), cap == s.len ? s.len : 0);
	}
	assert_memory_equal(out, s.b, s.len);
	free(out);
}

static void test_writes_scapys_ike_auth_inside_sk(void **state)
{
	struct bytes s = unhex(SAMPLE_AUTH_INNER);
	struct ike_hdr h = { .spi_i = 1,
			     .spi_r = 2,
			     .exchange = IKE_X_AUTH,
			     .flags = IKE_F_INITIATOR,
			     .mid = 1 };
	struct ike_sealing seal;
	struct ike_id idi, idr;
	struct ike_build b;
	uint8_t out[512];
	size_t pad;

	(void)state;
	assert_int_equal(parse(IKE_P_IDI, s.b, s.len), 0);
	assert_int_equal(ike_id_from_pld(&msg.idi, &idi, NULL), 0);
	assert_int_equal(ike_id_from_pld(&msg.idr, &idr, NULL), 0);
	ike_build_start(&b, out, sizeof(out), &h);
	ike_build_sk_begin(&b, 16);
	ike_put_id(&b, IKE_P_IDI, &idi);
	ike_put_id(&b, IKE_P_IDR, &idr);
	ike_put_auth(&b, msg.auth.method, msg.auth.data.p, msg.auth.data.len);
	ike_put_notify_data(&b, IKE_N_USE_TRANSPORT_MODE, NULL, 0);
	ike_put_sa(&b, &msg.sa);
	ike_put_ts(&b, IKE_P_TSI, &msg.tsi);
	ike_put_ts(&b, IKE_P_TSR, &msg.tsr);
	assert_int_equal(ike_build_sk_end(&b, 16, 12, &seal), 0);

	assert_int_equal(seal.aad_len, 32);
	assert_ptr_equal(seal.iv, out + 32);
	assert_ptr_equal(seal.text, out + 48);
	assert_int_equal(seal.text_len % 16, 0);
	assert_ptr_equal(seal.icv, seal.text + seal.text_len);
	assert_int_equal(seal.msg_len, 48 + seal.text_len + 12);
	pad = seal.text[seal.text_len - 1];
	assert_true(pad < 16);
	assert_int_equal(seal.text_len - 1 - pad, s.len);
	assert_memory_equal(seal.text, s.b, s.len);

	assert_int_equal(parse(0, out, seal.msg_len), 0);
	assert_int_equal(msg.sk.first, IKE_P_IDI);
	assert_int_equal(msg.sk.body.len, seal.msg_len - 32);
}

static void test_sk_padding_reaches_the_block(void **state)
{
	struct ike_hdr h = { .spi_i = 1, .exchange = IKE_X_INFORMATIONAL };
	uint8_t out[256];

	(void)state;
	for (size_t n = 0; n < 40; n++) {
		for (size_t block = 1; block <= 16; block *= 2) {
			struct ike_sealing seal;
			struct ike_build b;

			ike_build_start(&b, out, sizeof(out), &h);
			ike_build_sk_begin(&b, 8);
			if (n >= 4)
				ike_put_raw(&b, IKE_P_VENDOR, out, n - 4);
			assert_int_equal(ike_build_sk_end(&b, block, 16, &seal),
					 0);
			assert_int_equal(seal.text_len % block, 0);
			assert_true(seal.text_len > (n >= 4 ? n : 0));
			assert_true(seal.text_len <= n + block);
			assert_true(seal.text[seal.text_len - 1] < block);
			assert_int_equal(parse(0, out, seal.msg_len), 0);
			assert_int_equal(msg.sk.first,
					 n >= 4 ? IKE_P_VENDOR : 0);
		}
	}
}

static void test_sk_overflow_is_reported(void **state)
{
	struct ike_hdr h = { .spi_i = 1, .exchange = IKE_X_INFORMATIONAL };
	size_t need = IKE_HDR_LEN + 4 + 8 + 16 + 16; /* one block, ICV */
	uint8_t *out = malloc(need);

	(void)state;
	for (size_t cap = 0; cap <= need; cap++) {
		struct ike_sealing seal;
		struct ike_build b;

		ike_build_start(&b, out, cap, &h);
		ike_build_sk_begin(&b, 8);
		ike_put_delete_ike(&b);
		assert_int_equal(ike_build_sk_end(&b, 16, 16, &seal),
				 cap == need ? 0 : MISSIU_EFULL);
	}
	free(out);
}

static void test_writes_deletes(void **state)
{
	static const uint32_t spis[] = { 0xc0ffee01, 0xc0ffee02 };
	struct bytes want = unhex(SAMPLE_DELETE_INNER);
	struct ike_hdr h = { .spi_i = 1, .exchange = IKE_X_INFORMATIONAL };
	struct ike_build b;
	uint8_t out[128];
	size_t len;

	(void)state;
	ike_build_start(&b, out, sizeof(out), &h);
	ike_put_delete(&b, IKE_PROTO_ESP, spis, 2);
	ike_put_delete_ike(&b);
	len = ike_build_end(&b);
	assert_int_equal(len, IKE_HDR_LEN + want.len);
	assert_memory_equal(out + IKE_HDR_LEN, want.b, want.len);
}

static void test_what_the_wire_cannot_say_is_not_written(void **state)
{
	static uint8_t big[70000], out[80000];
	struct ike_hdr h = { .spi_i = 1 };
	struct ike_ts_list any = { .n = 1, .v = { ts_any() } };
	struct ike_notify n = { .spi = { big, 256 } };
	struct ike_build b;

	(void)state;
	/* any address of any family */
	ike_build_start(&b, out, sizeof(out), &h);
	ike_put_ts(&b, IKE_P_TSI, &any);
	assert_int_equal(ike_build_end(&b), 0);
	/* an SPI longer than its length byte */
	ike_build_start(&b, out, sizeof(out), &h);
	ike_put_notify(&b, &n);
	assert_int_equal(ike_build_end(&b), 0);
	/* a payload longer than its length field */
	ike_build_start(&b, out, sizeof(out), &h);
	ike_put_raw(&b, IKE_P_VENDOR, big, 65532);
	assert_int_equal(ike_build_end(&b), 0);
	ike_build_start(&b, out, sizeof(out), &h);
	ike_put_raw(&b, IKE_P_VENDOR, big, 65531);
	assert_int_equal(ike_build_end(&b), IKE_HDR_LEN + 65535);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reads_scapys_ike_sa_init),
		cmocka_unit_test(test_reads_scapys_ike_auth_payloads),
		cmocka_unit_test(test_finds_the_encrypted_part),
		cmocka_unit_test(test_adds_inner_payloads_to_the_outer_message),
		cmocka_unit_test(test_reads_deletes_and_raw_payloads),
		cmocka_unit_test(test_every_prefix_is_refused),
		cmocka_unit_test(test_a_trailing_byte_is_refused),
		cmocka_unit_test(test_bit_flips_stay_inside_the_message),
		cmocka_unit_test(test_header_rules),
		cmocka_unit_test(test_an_empty_message_is_legal),
		cmocka_unit_test(test_unknown_critical_payload_is_named),
		cmocka_unit_test(test_chain_rules),
		cmocka_unit_test(test_nothing_may_follow_an_encrypted_payload),
		cmocka_unit_test(test_fragment_numbers),
		cmocka_unit_test(test_one_more_than_a_maximum_is_full),
		cmocka_unit_test(test_first_error_notify_is_found),
		cmocka_unit_test(test_writes_scapys_ike_sa_init),
		cmocka_unit_test(test_writes_scapys_ike_auth_inside_sk),
		cmocka_unit_test(test_sk_padding_reaches_the_block),
		cmocka_unit_test(test_sk_overflow_is_reported),
		cmocka_unit_test(test_writes_deletes),
		cmocka_unit_test(test_what_the_wire_cannot_say_is_not_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
