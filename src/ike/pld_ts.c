/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Traffic selector payloads (RFC 7296 3.13).
 *
 *   | number | 0 | 0 | 0 |
 *     | type | protocol | length | start port | end port | start | end address |
 */
#include "ike/pld_read.h"

#include "common/addr.h"

static const struct {
	uint8_t type, family;
	uint16_t len;
} ts_types[] = {
	{ IKE_TS_IPV4, 4, IKE_TS4_LEN },
	{ IKE_TS_IPV6, 6, IKE_TS6_LEN },
};

static int read_known(struct rd *r, uint8_t family, uint8_t proto,
		      struct ike_ts_list *list, struct ike_msg *m)
{
	struct missiu_ts ts = { .proto = proto };
	size_t alen = family == 4 ? 4 : 16;
	const uint8_t *lo, *hi;

	if (!rd_be16(r, &ts.port_lo) || !rd_be16(r, &ts.port_hi) ||
	    !rd_take(r, alen, &lo) || !rd_take(r, alen, &hi))
		return pld_bad(m, "traffic selector length");
	ts.lo = addr_from_bytes(family, lo);
	ts.hi = addr_from_bytes(family, hi);
	if (addr_cmp(&ts.lo, &ts.hi) > 0)
		return pld_bad(m, "address range of a traffic selector");
	/* OPAQUE (3.13.1): traffic whose ports cannot be seen. */
	if (ts.port_lo == UINT16_MAX && ts.port_hi == 0) {
		list->n_unusable++;
		return 0;
	}
	if (ts.port_lo > ts.port_hi)
		return pld_bad(m, "port range of a traffic selector");
	if (list->n == MISSIU_TS_MAX)
		list->n_more++;
	else
		list->v[list->n++] = ts;
	return 0;
}

static int read_selector(struct rd *r, struct ike_ts_list *list,
			 struct ike_msg *m)
{
	uint8_t type, proto;
	uint16_t len;
	struct rd body;

	if (!rd_u8(r, &type) || !rd_u8(r, &proto) || !rd_be16(r, &len))
		return pld_bad(m, "traffic selector header");
	if (len < IKE_TS_LEN || !rd_sub(r, len - 4u, &body))
		return pld_bad(m, "traffic selector length");
	for (size_t i = 0; i < sizeof(ts_types) / sizeof(ts_types[0]); i++) {
		if (ts_types[i].type != type)
			continue;
		if (len != ts_types[i].len)
			return pld_bad(m, "traffic selector length");
		return read_known(&body, ts_types[i].family, proto, list, m);
	}
	list->n_unusable++;
	return 0;
}

int pld_read_ts(uint8_t type, struct rd *r, struct ike_msg *m)
{
	struct ike_ts_list *list = type == IKE_P_TSI ? &m->tsi : &m->tsr;
	uint8_t n;

	if (!rd_u8(r, &n) || !rd_skip(r, 3))
		return pld_bad(m, "traffic selector list");
	if (!n)
		return pld_bad(m, "no traffic selectors");
	for (; n; n--) {
		int ret = read_selector(r, list, m);

		if (ret)
			return ret;
	}
	return rd_done(r) ? 0 : pld_bad(m, "number of traffic selectors");
}

void ike_put_ts(struct ike_build *b, uint8_t type,
		const struct ike_ts_list *list)
{
	struct wr *w = &b->w;

	ike_put_begin(b, type);
	wr_u8(w, list->n);
	wr_zero(w, 3);
	for (size_t i = 0; i < list->n; i++) {
		const struct missiu_ts *ts = &list->v[i];
		size_t alen = addr_len(&ts->lo);

		wr_u8(w, alen == 4 ? IKE_TS_IPV4 : IKE_TS_IPV6);
		wr_u8(w, ts->proto);
		wr_be16(w, (uint16_t)(IKE_TS_LEN + 2 * alen));
		wr_be16(w, ts->port_lo);
		wr_be16(w, ts->port_hi);
		wr_bytes(w, ts->lo.b, alen);
		wr_bytes(w, ts->hi.b, alen);
		/* A range over any family has no form on the wire. */
		if (!alen)
			w->overflow = true;
	}
	ike_put_end(b);
}
