/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The SA payload (RFC 7296 3.3): proposals, transforms, attributes.
 *
 *   | last/more | 0 | length | num | proto | SPI size | #transforms | SPI |
 *     | last/more | 0 | length | type | 0 | transform ID |
 *       | AF, attribute type | value, or length and value |
 */
#include "ike/pld_read.h"

static const uint8_t zero_spi[IKE_SPI_LEN];

/*
 * Attributes of one transform. An unknown one makes the transform unusable but
 * is no error (3.3.6); nor is a Key Length that is zero, repeated, or in the
 * variable format.
 */
static int read_attributes(struct rd *r, struct ike_transform *t,
			   struct ike_msg *m)
{
	while (!rd_done(r)) {
		uint16_t type, value;

		if (!rd_be16(r, &type) || !rd_be16(r, &value))
			return pld_bad(m, "attribute header");
		if (!(type & IKE_ATTR_AF)) {
			if (!rd_skip(r, value))
				return pld_bad(m, "attribute length");
			t->unusable = true;
			continue;
		}
		if ((type & ~IKE_ATTR_AF) != IKE_ATTR_KEY_LENGTH || !value ||
		    t->key_bits) {
			t->unusable = true;
			continue;
		}
		t->key_bits = value;
	}
	return 0;
}

static int read_transform(struct rd *r, bool last, struct ike_transform *t,
			  struct ike_msg *m)
{
	uint8_t more, zero;
	uint16_t len;
	struct rd body;

	if (!rd_u8(r, &more) || !rd_u8(r, &zero) || !rd_be16(r, &len))
		return pld_bad(m, "transform header");
	if (len < IKE_TRANSFORM_LEN || !rd_sub(r, len - 4u, &body))
		return pld_bad(m, "transform length");
	if (more != (last ? 0 : IKE_MORE_TRANSFORMS))
		return pld_bad(m, "last transform mark");
	*t = (struct ike_transform){ 0 };
	if (!rd_u8(&body, &t->type) || !rd_u8(&body, &zero) ||
	    !rd_be16(&body, &t->id))
		return pld_bad(m, "transform");
	return read_attributes(&body, t, m);
}

/* SPI sizes by protocol; zero is no SPI in either (3.3.1, RFC 4303 2.1). */
static int read_spi(struct rd *r, uint8_t size, struct ike_proposal *p,
		    struct ike_msg *m)
{
	bool ike = p->proto == IKE_PROTO_IKE;

	if (!ike && p->proto != IKE_PROTO_AH && p->proto != IKE_PROTO_ESP)
		return rd_skip(r, size) ? 0 : pld_bad(m, "SPI size");
	if (ike ? size && size != IKE_SPI_LEN : size != 4)
		return pld_bad(m, "SPI size");
	if (!rd_copy(r, p->spi, size))
		return pld_bad(m, "SPI size");
	if (size && !memcmp(p->spi, zero_spi, size))
		return pld_bad(m, "SPI of zero");
	p->spi_len = size;
	return 0;
}

static int read_proposal(struct rd *r, struct ike_msg *m)
{
	struct ike_proposals *set = &m->sa;
	struct ike_proposal *p = &set->p[set->n];
	uint8_t more, zero, spi_size, n;
	uint16_t len;
	struct rd body;
	int ret;

	if (!rd_u8(r, &more) || !rd_u8(r, &zero) || !rd_be16(r, &len))
		return pld_bad(m, "proposal header");
	if (len < IKE_PROPOSAL_LEN || !rd_sub(r, len - 4u, &body))
		return pld_bad(m, "proposal length");
	if (more != (rd_done(r) ? 0 : IKE_MORE_PROPOSALS))
		return pld_bad(m, "last proposal mark");
	*p = (struct ike_proposal){ .first = set->n_t };
	if (!rd_u8(&body, &p->number) || !rd_u8(&body, &p->proto) ||
	    !rd_u8(&body, &spi_size) || !rd_u8(&body, &n))
		return pld_bad(m, "proposal");
	if (!p->number)
		return pld_bad(m, "proposal number 0");
	ret = read_spi(&body, spi_size, p, m);
	if (ret)
		return ret;
	if (n > IKE_TRANSFORMS_MAX - set->n_t)
		return pld_full(m, "too many transforms");
	for (; p->n < n; p->n++) {
		ret = read_transform(&body, p->n + 1 == n, &set->t[set->n_t++],
				     m);
		if (ret)
			return ret;
	}
	if (!rd_done(&body))
		return pld_bad(m, "number of transforms");
	set->n++;
	return 0;
}

int pld_read_sa(uint8_t type, struct rd *r, struct ike_msg *m)
{
	(void)type;
	if (rd_done(r))
		return pld_bad(m, "no proposals");
	while (!rd_done(r)) {
		int ret;

		if (m->sa.n == IKE_PROPOSALS_MAX)
			return pld_full(m, "too many proposals");
		ret = read_proposal(r, m);
		if (ret)
			return ret;
	}
	return 0;
}

static void put_transform(struct wr *w, const struct ike_transform *t,
			  bool last)
{
	size_t from = w->len, len_at;

	wr_u8(w, last ? 0 : IKE_MORE_TRANSFORMS);
	wr_u8(w, 0);
	len_at = wr_len16_begin(w);
	wr_u8(w, t->type);
	wr_u8(w, 0);
	wr_be16(w, t->id);
	if (t->key_bits) {
		wr_be16(w, IKE_ATTR_AF | IKE_ATTR_KEY_LENGTH);
		wr_be16(w, t->key_bits);
	}
	wr_len16_end(w, len_at, from);
}

void ike_put_sa(struct ike_build *b, const struct ike_proposals *set)
{
	struct wr *w = &b->w;

	ike_put_begin(b, IKE_P_SA);
	for (size_t i = 0; i < set->n; i++) {
		const struct ike_proposal *p = &set->p[i];
		size_t from = w->len, len_at;

		wr_u8(w, i + 1u == set->n ? 0 : IKE_MORE_PROPOSALS);
		wr_u8(w, 0);
		len_at = wr_len16_begin(w);
		wr_u8(w, p->number);
		wr_u8(w, p->proto);
		wr_u8(w, p->spi_len);
		/* One proposal's count is a byte; more cannot be said. */
		if (p->n > UINT8_MAX)
			w->overflow = true;
		wr_u8(w, (uint8_t)p->n);
		wr_bytes(w, p->spi, p->spi_len);
		for (size_t k = 0; k < p->n; k++)
			put_transform(w, &set->t[p->first + k], k + 1u == p->n);
		wr_len16_end(w, len_at, from);
	}
	ike_put_end(b);
}
