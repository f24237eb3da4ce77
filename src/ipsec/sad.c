/* SPDX-License-Identifier: Apache-2.0 */
#include "ipsec/sad.h"

#include <stdlib.h>
#include <string.h>

#include "common/addr.h"
#include "common/rd.h"
#include "ipsec/mix.h"

#define SAD_MIN 64

static uint64_t hash_dst(uint64_t h, const struct missiu_addr *dst)
{
	for (size_t i = 0; i < addr_len(dst); i += 4)
		h = mix(h ^ load_be32(dst->b + i));
	return h;
}

static uint64_t spi_key(const struct sad *s, uint8_t proto, uint32_t spi,
			const struct missiu_addr *dst)
{
	return hash_dst(mix(s->seed ^ ((uint64_t)proto << 32 | spi)), dst);
}

static uint64_t out_key(const struct sad *s, uint32_t policy_id,
			const struct missiu_addr *dst)
{
	uint64_t h = mix(s->seed + policy_id);

	return dst ? hash_dst(h, dst) : mix(h);
}

void sad_fini(struct sad *s)
{
	for (size_t i = 0; i < s->n; i++)
		sa_free(s->v[i]);
	free(s->v);
	free(s->by_spi);
	free(s->by_out);
	*s = (struct sad){ 0 };
}

static void chain_spi(struct sad *s, struct sa *sa)
{
	uint64_t key = spi_key(s, sa->d.proto, sa->d.spi, &sa->d.dst);

	sa->spi_next = s->by_spi[key & s->mask];
	s->by_spi[key & s->mask] = sa;
}

/* Newest first: an SA that moved keeps its place by age. */
static void chain_out(struct sad *s, struct sa *sa)
{
	struct sa **at = &s->by_out[sa->out_slot_key & s->mask];

	while (*at && (*at)->serial > sa->serial)
		at = &(*at)->out_next;
	sa->out_next = *at;
	*at = sa;
}

static void chain_all(struct sad *s)
{
	for (size_t i = 0; i < s->n; i++) {
		chain_spi(s, s->v[i]);
		chain_out(s, s->v[i]);
	}
}

static int grow(struct sad *s, size_t cap)
{
	struct sa **v, **spi, **out;

	v = calloc(cap, sizeof(struct sa *));
	spi = calloc(cap, sizeof(struct sa *));
	out = calloc(cap, sizeof(struct sa *));
	if (!v || !spi || !out) {
		free(v);
		free(spi);
		free(out);
		return MISSIU_ENOMEM;
	}
	if (s->n)
		memcpy(v, s->v, s->n * sizeof(struct sa *));
	free(s->v);
	free(s->by_spi);
	free(s->by_out);
	s->v = v;
	s->by_spi = spi;
	s->by_out = out;
	s->cap = cap;
	s->mask = cap - 1;
	chain_all(s);
	return 0;
}

int sad_reserve(struct sad *s)
{
	if (s->n < s->cap)
		return 0;
	if (s->n >= SAD_MAX)
		return MISSIU_EFULL;
	return grow(s, s->cap ? s->cap * 2 : SAD_MIN);
}

const struct missiu_addr *sad_out_addr(const struct missiu_sa *d)
{
	if (!d->policy_id || d->mode == MISSIU_TRANSPORT)
		return &d->dst;
	if (d->n_ts_dst == 1 && d->ts_dst[0].lo.family &&
	    addr_eq(&d->ts_dst[0].lo, &d->ts_dst[0].hi))
		return &d->ts_dst[0].lo;
	return NULL;
}

static void set_out_key(const struct sad *s, struct sa *sa)
{
	sa->out_slot_key = out_key(s, sa->d.policy_id, sad_out_addr(&sa->d));
}

void sad_insert(struct sad *s, struct sa *sa)
{
	sa->serial = ++s->last_serial;
	set_out_key(s, sa);
	s->v[s->n++] = sa;
	chain_spi(s, sa);
	chain_out(s, sa);
}

static void unchain(struct sad *s, struct sa *sa)
{
	uint64_t key = spi_key(s, sa->d.proto, sa->d.spi, &sa->d.dst);
	struct sa **at = &s->by_spi[key & s->mask];

	while (*at != sa)
		at = &(*at)->spi_next;
	*at = sa->spi_next;
	at = &s->by_out[sa->out_slot_key & s->mask];
	while (*at != sa)
		at = &(*at)->out_next;
	*at = sa->out_next;
}

/* Index of the first SA with a serial number above @serial. */
static size_t index_after(const struct sad *s, uint64_t serial)
{
	size_t lo = 0, hi = s->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (s->v[mid]->serial > serial)
			hi = mid;
		else
			lo = mid + 1;
	}
	return lo;
}

void sad_remove(struct sad *s, struct sa *sa)
{
	size_t i = index_after(s, sa->serial - 1);

	unchain(s, sa);
	s->n--;
	memmove(s->v + i, s->v + i + 1, (s->n - i) * sizeof(struct sa *));
}

void sad_sweep(struct sad *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++) {
		if (s->v[i]->txn_gone)
			sa_free(s->v[i]);
		else
			s->v[n++] = s->v[i];
	}
	s->n = n;
	memset(s->by_spi, 0, s->cap * sizeof(struct sa *));
	memset(s->by_out, 0, s->cap * sizeof(struct sa *));
	chain_all(s);
}

void sad_move(struct sad *s, struct sa *sa, const struct missiu_sa *to)
{
	unchain(s, sa);
	sa->d.src = to->src;
	if (addr_is_any(&to->src))
		sa->d.src = (struct missiu_addr){ 0 };
	sa->d.dst = to->dst;
	sa->d.encap_sport = to->encap_sport;
	sa->d.encap_dport = to->encap_dport;
	sa->d.flags &= (uint8_t)~MISSIU_SA_TCP;
	sa->d.flags |= to->flags & MISSIU_SA_TCP;
	sa_set_ends(sa);
	set_out_key(s, sa);
	chain_spi(s, sa);
	chain_out(s, sa);
}

struct sa *const *sad_bucket(const struct sad *s, uint8_t proto, uint32_t spi,
			     const struct missiu_addr *dst)
{
	if (!s->n)
		return NULL;
	return &s->by_spi[spi_key(s, proto, spi, dst) & s->mask];
}

struct sa *sad_find(const struct sad *s, uint8_t proto, uint32_t spi,
		    const struct missiu_addr *dst)
{
	struct sa *sa;

	if (!s->n)
		return NULL;
	sa = s->by_spi[spi_key(s, proto, spi, dst) & s->mask];
	while (sa && (sa->d.spi != spi || sa->d.proto != proto ||
		      sa->txn_gone || !addr_eq(&sa->d.dst, dst)))
		sa = sa->spi_next;
	return sa;
}

struct sa *sad_out_first(const struct sad *s, uint32_t policy_id,
			 const struct missiu_addr *dst)
{
	if (!s->n)
		return NULL;
	return s->by_out[out_key(s, policy_id, dst) & s->mask];
}

struct sa *sad_after(const struct sad *s, uint64_t serial)
{
	size_t i = index_after(s, serial);

	return i < s->n ? s->v[i] : NULL;
}
