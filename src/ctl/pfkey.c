/* SPDX-License-Identifier: Apache-2.0 */
/* A message: its header, and the extensions in any order. */
#include "ctl/pfkey.h"

#include "ctl/pfkey_impl.h"
#include "ctl/serve.h"

#define VERSION	  2
#define HDR_BYTES 16

/* Also the order in which they are written. */
static const struct pfkey_exts *const kinds[] = { &pfkey_standard,
						  &pfkey_private };

#define N_KINDS (sizeof(kinds) / sizeof(kinds[0]))

static const struct pfkey_ext *ext_by_type(uint16_t type)
{
	size_t k, i;

	for (k = 0; k < N_KINDS; k++)
		for (i = 0; i < kinds[k]->n; i++)
			if (kinds[k]->v[i].type == type)
				return &kinds[k]->v[i];
	return NULL;
}

/* Lengths count 64-bit words, this header included (RFC 2367 2.3). */
static bool get_ext(struct rd *r, struct pfkey_msg *m)
{
	const struct pfkey_ext *x;
	uint16_t words, type;
	struct rd body;

	if (!get_h16(r, &words) || !get_h16(r, &type) || !words ||
	    !rd_sub(r, (size_t)words * 8 - 4, &body))
		return false;
	x = ext_by_type(type);
	if (!x)
		return true;
	if ((m->have & x->have) || !x->get(&body, m) || !rd_done(&body))
		return false;
	m->have |= x->have;
	return true;
}

int pfkey_decode(struct rd r, struct pfkey_msg *out)
{
	const size_t len = rd_left(&r);
	uint8_t version;
	uint16_t words;

	memset(out, 0, sizeof(*out));
	if (len < HDR_BYTES || !rd_u8(&r, &version) || !rd_u8(&r, &out->type) ||
	    !rd_u8(&r, &out->err) || !rd_u8(&r, &out->satype) ||
	    !get_h16(&r, &words) || !rd_skip(&r, 2) ||
	    !get_h32(&r, &out->seq) || !get_h32(&r, &out->pid))
		return MISSIU_ESHORT;
	if (version != VERSION || (size_t)words * 8 != len)
		return MISSIU_EPROTO;
	while (!rd_done(&r))
		if (!get_ext(&r, out))
			return MISSIU_EPROTO;
	return 0;
}

/* Patch a length in 64-bit words. */
static void end_words(struct wr *w, size_t at, size_t from)
{
	uint16_t words;

	if (!wr_ok(w))
		return;
	wr_zero(w, pad8(w->len - from));
	if (!wr_ok(w))
		return;
	words = (uint16_t)((w->len - from) / 8);
	memcpy(w->buf + at, &words, sizeof(words));
}

static void put_ext(struct wr *w, const struct pfkey_ext *x,
		    const struct pfkey_msg *m)
{
	const size_t at = w->len;

	put_h16(w, 0);
	put_h16(w, x->type);
	x->put(w, m);
	end_words(w, at, at);
}

void pfkey_encode(const struct pfkey_msg *m, struct wr *w)
{
	const size_t from = w->len;
	size_t k, i;

	wr_u8(w, VERSION);
	wr_u8(w, m->type);
	wr_u8(w, m->err);
	wr_u8(w, m->satype);
	put_h16(w, 0);
	wr_zero(w, 2);
	put_h32(w, m->seq);
	put_h32(w, m->pid);
	for (k = 0; k < N_KINDS; k++)
		for (i = 0; i < kinds[k]->n; i++)
			if (m->have & kinds[k]->v[i].have)
				put_ext(w, &kinds[k]->v[i], m);
	end_words(w, from + 4, from);
}

size_t pfkey_msg_len(const uint8_t *buf, size_t len)
{
	struct rd r = rd_from(buf, len);
	uint16_t words;

	if (len < HDR_BYTES || !rd_skip(&r, 4) || !get_h16(&r, &words) ||
	    words * 8u < HDR_BYTES || words * 8u > len)
		return 0;
	return words * 8u;
}
