/* SPDX-License-Identifier: Apache-2.0 */
#include "ike/msg.h"

#include "ike/pld_read.h"

/* What we know how to read; the rest is skipped or refused by its flag. */
static const struct {
	uint8_t type;
	bool repeats; /* may legally occur more than once */
	pld_read_fn *read;
} rules[] = {
	{ IKE_P_SA, false, pld_read_sa },
	{ IKE_P_KE, false, pld_read_ke },
	{ IKE_P_IDI, false, pld_read_id },
	{ IKE_P_IDR, false, pld_read_id },
	{ IKE_P_CERT, true, pld_read_cert },
	{ IKE_P_CERTREQ, true, pld_read_certreq },
	{ IKE_P_AUTH, false, pld_read_auth },
	{ IKE_P_NONCE, false, pld_read_nonce },
	{ IKE_P_NOTIFY, true, pld_read_notify },
	{ IKE_P_DELETE, true, pld_read_delete },
	{ IKE_P_VENDOR, true, pld_read_vendor },
	{ IKE_P_TSI, false, pld_read_ts },
	{ IKE_P_TSR, false, pld_read_ts },
	{ IKE_P_CP, false, pld_read_cp },
	{ IKE_P_EAP, false, pld_read_eap },
};

#define N_RULES (sizeof(rules) / sizeof(rules[0]))

int ike_hdr_parse(const void *buf, size_t len, struct ike_hdr *out)
{
	struct rd r = rd_from(buf, len);
	struct ike_hdr h;
	uint8_t version;

	if (!rd_be64(&r, &h.spi_i) || !rd_be64(&r, &h.spi_r) ||
	    !rd_u8(&r, &h.next) || !rd_u8(&r, &version) ||
	    !rd_u8(&r, &h.exchange) || !rd_u8(&r, &h.flags) ||
	    !rd_be32(&r, &h.mid) || !rd_be32(&r, &h.len))
		return MISSIU_ESHORT;
	h.major = version >> 4;
	h.minor = version & 0x0f;
	if (h.len != len || !h.spi_i)
		return MISSIU_EPROTO;
	*out = h;
	return 0;
}

static void mark_seen(struct ike_msg *m, uint8_t type)
{
	m->seen |= IKE_SEEN(type);
	m->count[type - 32]++;
}

static int read_skf(struct rd *body, struct ike_msg *m)
{
	struct ike_sk *sk = &m->sk;

	if (!rd_be16(body, &sk->frag) || !rd_be16(body, &sk->total))
		return pld_bad(m, "fragment header");
	/* Numbers from 1; only the first names a payload (RFC 7383 2.5). */
	if (!sk->frag || sk->frag > sk->total ||
	    (sk->frag > 1 && sk->first != IKE_P_NONE))
		return pld_bad(m, "fragment number");
	return 0;
}

/* SK or SKF: the chain goes on inside it, nothing follows (3.14). */
static int read_sk(uint8_t type, uint8_t first, struct rd *outer,
		   struct rd *body, struct ike_msg *m)
{
	m->sk.first = first;
	if (!rd_done(outer))
		return pld_bad(m, "payload after the encrypted one");
	if (type == IKE_P_SKF) {
		int ret = read_skf(body, m);

		if (ret)
			return ret;
	}
	m->sk.body = pld_rest(body);
	if (!m->sk.body.len)
		return pld_bad(m, "empty encrypted payload");
	m->sk.aad_len = m->hdr.len - m->sk.body.len;
	mark_seen(m, type);
	return 0;
}

static int read_payload(uint8_t type, uint8_t flags, struct rd *body,
			struct ike_msg *m)
{
	for (size_t i = 0; i < N_RULES; i++) {
		int ret;

		if (rules[i].type != type)
			continue;
		if (ike_msg_has(m, type) && !rules[i].repeats)
			return pld_bad(m, "repeated payload");
		ret = rules[i].read(type, body, m);
		if (!ret)
			mark_seen(m, type);
		return ret;
	}
	if (flags & IKE_PLD_CRITICAL) {
		m->why = "unknown critical payload";
		return MISSIU_EUNSUP;
	}
	m->n_unknown++;
	return 0;
}

/* A chain of payloads (3.2); @outer: an SK payload may end it. */
static int read_chain(uint8_t type, struct rd r, bool outer, struct ike_msg *m)
{
	for (size_t n = 0; type != IKE_P_NONE; n++) {
		uint8_t next, flags;
		uint16_t len;
		struct rd body;
		int ret;

		m->bad = type;
		if (n == IKE_PAYLOADS_MAX)
			return pld_full(m, "too many payloads");
		if (!rd_u8(&r, &next) || !rd_u8(&r, &flags) ||
		    !rd_be16(&r, &len))
			return pld_bad(m, "payload header");
		if (len < IKE_PLD_HDR_LEN ||
		    !rd_sub(&r, len - (size_t)IKE_PLD_HDR_LEN, &body))
			return pld_bad(m, "payload length");
		if (type == IKE_P_SK || type == IKE_P_SKF) {
			if (!outer)
				return pld_bad(m, "nested encrypted payload");
			ret = read_sk(type, next, &r, &body, m);
			next = IKE_P_NONE;
		} else {
			ret = read_payload(type, flags, &body, m);
		}
		if (ret)
			return ret;
		type = next;
	}
	m->bad = 0;
	return rd_done(&r) ? 0 : pld_bad(m, "bytes after the last payload");
}

int ike_msg_parse(const void *buf, size_t len, struct ike_msg *m)
{
	struct rd r = rd_from(buf, len);
	int ret;

	memset(m, 0, sizeof(*m));
	ret = ike_hdr_parse(buf, len, &m->hdr);
	if (ret) {
		m->why = "header";
		return ret;
	}
	if (m->hdr.major != IKE_VERSION_MAJOR) {
		m->why = "major version";
		return MISSIU_EUNSUP;
	}
	if (!rd_skip(&r, IKE_HDR_LEN))
		return MISSIU_ESHORT;
	return read_chain(m->hdr.next, r, true, m);
}

int ike_payloads_parse(uint8_t first, const void *buf, size_t len,
		       struct ike_msg *m)
{
	return read_chain(first, rd_from(buf, len), false, m);
}

const struct ike_notify *ike_msg_notify(const struct ike_msg *m, uint16_t type)
{
	for (size_t i = 0; i < m->n_notify; i++)
		if (m->notify[i].type == type)
			return &m->notify[i];
	return NULL;
}

const struct ike_notify *ike_msg_error(const struct ike_msg *m)
{
	for (size_t i = 0; i < m->n_notify; i++)
		if (m->notify[i].type < IKE_N_STATUS_MIN)
			return &m->notify[i];
	return NULL;
}

void ike_build_start(struct ike_build *b, void *buf, size_t cap,
		     const struct ike_hdr *h)
{
	struct wr *w = &b->w;

	*b = (struct ike_build){ .w = wr_to(buf, cap) };
	wr_be64(w, h->spi_i);
	wr_be64(w, h->spi_r);
	b->next_at = w->len;
	wr_u8(w, IKE_P_NONE);
	wr_u8(w, IKE_VERSION_BYTE);
	wr_u8(w, h->exchange);
	wr_u8(w, h->flags);
	wr_be32(w, h->mid);
	wr_be32(w, 0);
}

size_t ike_build_end(struct ike_build *b)
{
	if (!wr_ok(&b->w) || b->w.len > UINT32_MAX)
		return 0;
	store_be32(b->w.buf + IKE_HDR_LEN - 4, (uint32_t)b->w.len);
	return b->w.len;
}

void ike_put_begin(struct ike_build *b, uint8_t type)
{
	struct wr *w = &b->w;

	b->pld_at = w->len;
	if (wr_ok(w))
		w->buf[b->next_at] = type;
	b->next_at = w->len;
	wr_u8(w, IKE_P_NONE);
	wr_u8(w, 0);
	wr_be16(w, 0);
}

void ike_put_end(struct ike_build *b)
{
	wr_len16_end(&b->w, b->pld_at + 2, b->pld_at);
}

void ike_build_sk_begin(struct ike_build *b, size_t iv_len)
{
	ike_put_begin(b, IKE_P_SK);
	b->sk_at = b->pld_at;
	b->iv_at = b->w.len;
	wr_zero(&b->w, iv_len);
	b->text_at = b->w.len;
}

void ike_build_skf_begin(struct ike_build *b, const struct ike_sk *sk,
			 size_t iv_len)
{
	ike_put_begin(b, IKE_P_SKF);
	if (wr_ok(&b->w))
		b->w.buf[b->next_at] = sk->first;
	b->sk_at = b->pld_at;
	wr_be16(&b->w, sk->frag);
	wr_be16(&b->w, sk->total);
	b->iv_at = b->w.len;
	wr_zero(&b->w, iv_len);
	b->text_at = b->w.len;
}

int ike_build_sk_end(struct ike_build *b, size_t block, size_t icv_len,
		     struct ike_sealing *out)
{
	struct wr *w = &b->w;
	size_t rest = (w->len - b->text_at + 1) % block;
	size_t pad = rest ? block - rest : 0;
	uint8_t *icv;

	wr_zero(w, pad);
	wr_u8(w, (uint8_t)pad);
	icv = wr_room(w, icv_len);
	wr_len16_end(w, b->sk_at + 2, b->sk_at);
	if (!ike_build_end(b))
		return MISSIU_EFULL;
	*out = (struct ike_sealing){
		.msg_len = w->len,
		.aad_len = b->iv_at,
		.iv = w->buf + b->iv_at,
		.text = w->buf + b->text_at,
		.text_len = w->len - icv_len - b->text_at,
		.icv = icv,
	};
	return 0;
}
