/* SPDX-License-Identifier: Apache-2.0 */
#include "ike/frag.h"

#include <stdlib.h>
#include <string.h>

#include "common/rd.h"
#include "common/secret.h"

/* Offset of the length in the IKE header, RFC 7296 3.1. */
#define LENGTH_AT 24

/* What stands before IKE in a datagram. */
#define IP4_HDR 20
#define IP6_HDR 40
#define UDP_HDR 8

/* --- putting together */

void frag_free(struct ike_frag *f)
{
	if (!f)
		return;
	for (size_t i = 0; i < f->total; i++) {
		if (f->part[i].p)
			secret_wipe(f->part[i].p, f->part[i].len);
		free(f->part[i].p);
	}
	free(f);
}

static bool is_of(const struct ike_frag *f, const struct ike_msg *m)
{
	return f && f->mid == m->hdr.mid && f->exchange == m->hdr.exchange;
}

bool frag_wanted(const struct ike_frag *f, const struct ike_msg *m)
{
	if (m->sk.total > FRAG_MAX)
		return false;
	if (!is_of(f, m) || m->sk.total > f->total)
		return true;
	return m->sk.total == f->total && !f->part[m->sk.frag - 1].p;
}

static struct ike_frag *make(const struct ike_msg *m)
{
	struct ike_frag *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	f->mid = m->hdr.mid;
	f->exchange = m->hdr.exchange;
	f->total = m->sk.total;
	return f;
}

bool frag_add(struct ike_frag **at, const struct ike_msg *m, struct chunk part)
{
	struct ike_frag *f = *at;
	uint8_t *copy;

	if (!is_of(f, m) || m->sk.total != f->total) {
		frag_free(f);
		f = *at = make(m);
	}
	if (!f || f->len + part.len > FRAG_BYTES_MAX)
		return false;
	copy = malloc(part.len ? part.len : 1);
	if (!copy)
		return false;
	memcpy(copy, part.p, part.len);
	f->part[m->sk.frag - 1].p = copy;
	f->part[m->sk.frag - 1].len = part.len;
	f->len += part.len;
	if (m->sk.frag == 1)
		f->first = m->sk.first;
	return ++f->n == f->total;
}

int frag_join(const struct ike_frag *f, uint8_t **out)
{
	uint8_t *p = malloc(f->len ? f->len : 1);
	size_t at = 0;

	if (!p)
		return MISSIU_ENOMEM;
	for (size_t i = 0; i < f->total; i++) {
		memcpy(p + at, f->part[i].p, f->part[i].len);
		at += f->part[i].len;
	}
	*out = p;
	return 0;
}

/* --- cutting */

static int seal_whole(const struct frag_seal *s, struct ike_build *b,
		      uint8_t **out, size_t *len)
{
	const size_t n = sk_seal(s->key, s->rng, b);

	if (!n)
		return MISSIU_EFULL;
	*out = malloc(n);
	if (!*out)
		return MISSIU_ENOMEM;
	memcpy(*out, b->w.buf, n);
	*len = n;
	return 0;
}

/* One fragment into @to; Return: its length, 0: failure. */
static size_t seal_one(const struct frag_seal *s, const struct ike_build *b,
		       struct ike_sk sk, struct chunk part, struct wr to)
{
	struct ike_hdr h;
	struct ike_build f;

	/* The whole message's header, but for its length. */
	store_be32(b->w.buf + LENGTH_AT, (uint32_t)b->w.len);
	if (ike_hdr_parse(b->w.buf, b->w.len, &h))
		return 0;
	ike_build_start(&f, to.buf, to.cap, &h);
	ike_build_skf_begin(&f, &sk, sk_iv_len(s->key));
	wr_bytes(&f.w, part.p, part.len);
	return sk_seal(s->key, s->rng, &f);
}

int frag_seal(const struct frag_seal *s, struct ike_build *b, uint8_t **out,
	      size_t *len)
{
	const size_t room = sk_room(s->key, s->limit);
	const uint8_t *text = b->w.buf + b->text_at;
	const size_t n = b->w.len - b->text_at;
	struct ike_sk sk = { .first = b->w.buf[b->sk_at] };
	size_t at = 0, used = 0;
	uint8_t *p;

	if (!wr_ok(&b->w))
		return MISSIU_EFULL;
	if (!s->limit || sk_sealed_len(s->key, b) <= s->limit)
		return seal_whole(s, b, out, len);
	if (!room || (n + room - 1) / room > FRAG_MAX)
		return MISSIU_EFULL;
	sk.total = (uint16_t)((n + room - 1) / room);
	p = malloc(sk.total * s->limit);
	if (!p)
		return MISSIU_ENOMEM;
	for (sk.frag = 1; sk.frag <= sk.total; sk.frag++) {
		const size_t take = n - at < room ? n - at : room;
		const size_t one =
			seal_one(s, b, sk, (struct chunk){ text + at, take },
				 wr_to(p + used, s->limit));

		if (!one) {
			free(p);
			return MISSIU_ECRYPTO;
		}
		at += take;
		used += one;
		sk.first = IKE_P_NONE; /* only the first names it (2.5) */
	}
	*out = p;
	*len = used;
	return 0;
}

size_t frag_limit(size_t size, const struct ike_end *remote)
{
	size_t before = UDP_HDR + IKE_NON_ESP_MARKER;

	before += remote->addr.family == 6 ? IP6_HDR : IP4_HDR;
	return size > before ? size - before : 1;
}

void train_send(struct out_queue *q, const struct ike_end *local,
		const struct ike_end *remote, struct chunk train)
{
	const uint8_t *p = train.p;

	for (size_t at = 0; at < train.len;) {
		const size_t n = load_be32(p + at + LENGTH_AT);

		out_send(q, local, remote, (struct chunk){ p + at, n });
		at += n;
	}
}
