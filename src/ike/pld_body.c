/* SPDX-License-Identifier: Apache-2.0 */
/* The smaller payloads of RFC 7296 section 3, both ways. */
#include "common/diag.h"
#include "ike/cp.h"
#include "ike/ident.h"
#include "ike/pld_read.h"

int pld_read_ke(uint8_t type, struct rd *r, struct ike_msg *m)
{
	(void)type;
	if (!rd_be16(r, &m->ke.group) || !rd_skip(r, 2) || rd_done(r))
		return pld_bad(m, "key exchange data");
	m->ke.data = pld_rest(r);
	return 0;
}

int pld_read_id(uint8_t type, struct rd *r, struct ike_msg *m)
{
	struct ike_pld_id *id = type == IKE_P_IDI ? &m->idi : &m->idr;
	size_t len;

	id->body = (struct chunk){ r->p, rd_left(r) };
	if (!rd_u8(r, &id->type) || !rd_skip(r, 3))
		return pld_bad(m, "identification");
	id->data = pld_rest(r);
	len = id->data.len;
	if (!id->type)
		return pld_bad(m, "identification type 0");
	if (!len != (id->type == IKE_ID_NULL) ||
	    (id->type == IKE_ID_IPV4 && len != 4) ||
	    (id->type == IKE_ID_IPV6 && len != 16))
		return pld_bad(m, "identification length");
	return 0;
}

int pld_read_auth(uint8_t type, struct rd *r, struct ike_msg *m)
{
	(void)type;
	if (!rd_u8(r, &m->auth.method) || !rd_skip(r, 3))
		return pld_bad(m, "authentication");
	m->auth.data = pld_rest(r);
	return 0;
}

int pld_read_nonce(uint8_t type, struct rd *r, struct ike_msg *m)
{
	(void)type;
	m->nonce = pld_rest(r);
	if (m->nonce.len < IKE_NONCE_MIN || m->nonce.len > IKE_NONCE_MAX)
		return pld_bad(m, "nonce length");
	return 0;
}

int pld_read_notify(uint8_t type, struct rd *r, struct ike_msg *m)
{
	struct ike_notify *n = &m->notify[m->n_notify];
	uint8_t spi_size;
	const uint8_t *spi;

	(void)type;
	if (m->n_notify == IKE_NOTIFY_MAX)
		return pld_full(m, "too many notifies");
	if (!rd_u8(r, &n->proto) || !rd_u8(r, &spi_size) ||
	    !rd_be16(r, &n->type) || !rd_take(r, spi_size, &spi))
		return pld_bad(m, "notify");
	if ((n->proto == IKE_PROTO_AH || n->proto == IKE_PROTO_ESP) &&
	    spi_size && spi_size != 4)
		return pld_bad(m, "SPI size");
	n->spi = (struct chunk){ spi, spi_size };
	n->data = pld_rest(r);
	m->n_notify++;
	return 0;
}

static int check_delete(const struct ike_delete *d, struct ike_msg *m)
{
	switch (d->proto) {
	case IKE_PROTO_IKE:
		if (d->spi_len || d->n)
			return pld_bad(m, "SPI in the delete of an IKE SA");
		return 0;
	case IKE_PROTO_AH:
	case IKE_PROTO_ESP:
		if (d->spi_len != 4)
			return pld_bad(m, "SPI size");
		for (size_t i = 0; i < d->n; i++)
			if (!ike_delete_spi(d, i))
				return pld_bad(m, "SPI of zero");
		return 0;
	default:
		return pld_bad(m, "protocol of a delete");
	}
}

int pld_read_delete(uint8_t type, struct rd *r, struct ike_msg *m)
{
	struct ike_delete *d = &m->del[m->n_delete];

	(void)type;
	if (m->n_delete == IKE_DELETE_MAX)
		return pld_full(m, "too many deletes");
	if (!rd_u8(r, &d->proto) || !rd_u8(r, &d->spi_len) ||
	    !rd_be16(r, &d->n) ||
	    !rd_take(r, (size_t)d->n * d->spi_len, &d->spis) || !rd_done(r))
		return pld_bad(m, "number of SPIs");
	m->n_delete++;
	return check_delete(d, m);
}

int pld_read_vendor(uint8_t type, struct rd *r, struct ike_msg *m)
{
	(void)type;
	if (m->n_vendor == IKE_VENDOR_MAX)
		return pld_full(m, "too many vendor IDs");
	m->vendor[m->n_vendor++] = pld_rest(r);
	return 0;
}

/* CERT and CERTREQ start with an encoding byte (3.6, 3.7). */
int pld_read_cert(uint8_t type, struct rd *r, struct ike_msg *m)
{
	(void)type;
	if (m->n_cert == IKE_CERT_MAX)
		return pld_full(m, "too many certificates");
	if (rd_done(r))
		return pld_bad(m, "certificate encoding");
	m->cert[m->n_cert++] = pld_rest(r);
	return 0;
}

int pld_read_certreq(uint8_t type, struct rd *r, struct ike_msg *m)
{
	(void)type;
	if (m->n_certreq == IKE_CERTREQ_MAX)
		return pld_full(m, "too many certificate requests");
	if (rd_done(r))
		return pld_bad(m, "certificate encoding");
	m->certreq[m->n_certreq++] = pld_rest(r);
	return 0;
}

int pld_read_cp(uint8_t type, struct rd *r, struct ike_msg *m)
{
	struct ike_cp cp;

	(void)type;
	m->cp = pld_rest(r);
	return ike_cp_parse(m->cp, &cp) ? pld_bad(m, "configuration") : 0;
}

int pld_read_eap(uint8_t type, struct rd *r, struct ike_msg *m)
{
	(void)type;
	m->eap = pld_rest(r);
	return 0;
}

uint32_t ike_delete_spi(const struct ike_delete *d, size_t i)
{
	return load_be32(d->spis + i * 4);
}

void ike_put_raw(struct ike_build *b, uint8_t type, const void *body,
		 size_t len)
{
	ike_put_begin(b, type);
	wr_bytes(&b->w, body, len);
	ike_put_end(b);
}

void ike_put_ke(struct ike_build *b, uint16_t group, const void *pub,
		size_t len)
{
	ike_put_begin(b, IKE_P_KE);
	wr_be16(&b->w, group);
	wr_zero(&b->w, 2);
	wr_bytes(&b->w, pub, len);
	ike_put_end(b);
}

void ike_put_id(struct ike_build *b, uint8_t type, const struct ike_id *id)
{
	uint8_t body[IKE_ID_BODY_MAX];

	ike_put_raw(b, type, body, ike_id_body(id, body));
}

void ike_put_auth(struct ike_build *b, uint8_t method, const void *data,
		  size_t len)
{
	ike_put_begin(b, IKE_P_AUTH);
	wr_u8(&b->w, method);
	wr_zero(&b->w, 3);
	wr_bytes(&b->w, data, len);
	ike_put_end(b);
}

void ike_put_notify(struct ike_build *b, const struct ike_notify *n)
{
	ike_put_begin(b, IKE_P_NOTIFY);
	wr_u8(&b->w, n->proto);
	if (n->spi.len > UINT8_MAX)
		b->w.overflow = true;
	wr_u8(&b->w, (uint8_t)n->spi.len);
	wr_be16(&b->w, n->type);
	wr_bytes(&b->w, n->spi.p, n->spi.len);
	wr_bytes(&b->w, n->data.p, n->data.len);
	ike_put_end(b);
}

void ike_put_notify_data(struct ike_build *b, uint16_t type, const void *data,
			 size_t len)
{
	struct ike_notify n = { .type = type, .data = { data, len } };

	ike_put_notify(b, &n);
}

void ike_put_delete_ike(struct ike_build *b)
{
	static const uint8_t body[IKE_DELETE_LEN] = { IKE_PROTO_IKE };

	ike_put_raw(b, IKE_P_DELETE, body, sizeof(body));
}

void ike_put_delete(struct ike_build *b, uint8_t proto, const uint32_t *spis,
		    uint16_t n)
{
	ike_put_begin(b, IKE_P_DELETE);
	wr_u8(&b->w, proto);
	wr_u8(&b->w, 4);
	wr_be16(&b->w, n);
	for (size_t i = 0; i < n; i++)
		wr_be32(&b->w, spis[i]);
	ike_put_end(b);
}

size_t ike_id_body(const struct ike_id *id, uint8_t out[static IKE_ID_BODY_MAX])
{
	out[0] = id->type;
	memset(out + 1, 0, 3);
	memcpy(out + IKE_ID_LEN, ike_id_bytes(id), id->len);
	return IKE_ID_LEN + (size_t)id->len;
}

int ike_id_from_pld(const struct ike_pld_id *pld, struct ike_id *out,
		    struct missiu_diag *diag)
{
	const size_t max =
		pld->type == IKE_ID_DER_DN ? IKE_ID_MAX : sizeof(out->data);
	const int ret = ike_id_make(out, pld->type, pld->data.p, pld->data.len);

	if (ret == MISSIU_EFULL)
		return diag_set(diag, ret,
				"peer's identity of type %u has %zu bytes, "
				"expected up to %zu",
				pld->type, pld->data.len, max);
	return ret ? diag_set(diag, ret, "out of memory") : 0;
}
