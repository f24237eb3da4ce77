/* SPDX-License-Identifier: Apache-2.0 */
/* PF_KEY messages that concern SAs. */
#include <stdlib.h>

#include "common/addr.h"
#include "common/diag.h"
#include "common/secret.h"
#include "ctl/serve_pfkey_impl.h"

#define SPI_MIN	  256 /* smaller ones are reserved (RFC 4303 2.1) */
#define SPI_TRIES 64
#define USEC	  1000000u

static void set_current(struct pfkey_msg *r, const struct missiu_sa_stats *s)
{
	r->cur.allocs =
		s->packets < UINT32_MAX ? (uint32_t)s->packets : UINT32_MAX;
	r->cur.bytes = s->bytes;
	r->cur.add_s = s->added_us / USEC;
	r->cur.use_s = s->used_us / USEC;
	r->have |= PFH_LIFE_CUR;
}

int pfkey_sad_add(struct pfkey_job *j)
{
	struct pfkey_msg r = pfkey_reply_to(j->in);
	struct missiu_sa sa;
	int err = pfkey_get_sa(j->in, &sa, &j->diag);

	if (!err && !sa.encr)
		err = diag_set(&j->diag, MISSIU_EINVAL,
			       "an SA needs its algorithms");
	if (!err)
		err = missiu_sa_add(j->m, &sa, j->now, &j->diag);
	if (!err) {
		j->changed = true;
		pfkey_set_sa(&r, &sa, false);
		err = pfkey_emit(j->out, &r);
	}
	secret_wipe(&sa, sizeof(sa));
	return err;
}

/*
 * There are no larval SAs: the UPDATE with keys that follows a GETSPI adds.
 * Without keys it moves an SA to other addresses or ports.
 */
int pfkey_sad_update(struct pfkey_job *j)
{
	struct pfkey_msg r = pfkey_reply_to(j->in);
	const struct missiu_addr *old_dst;
	struct missiu_sa sa;
	int err;

	if (j->in->have & (PFH_KEY_AUTH | PFH_KEY_ENCR))
		return pfkey_sad_add(j);
	err = pfkey_get_sa(j->in, &sa, &j->diag);
	if (err)
		return err;
	old_dst = j->in->have & PFH_X_OLD_DST ? &j->in->old_dst : &sa.dst;
	err = missiu_sa_update(j->m, &sa, old_dst);
	if (err)
		return err;
	j->changed = true;
	pfkey_set_sa(&r, &sa, false);
	return pfkey_emit(j->out, &r);
}

int pfkey_sad_delete(struct pfkey_job *j)
{
	struct pfkey_msg r = pfkey_reply_to(j->in);
	struct missiu_sa sa;
	int err = pfkey_get_sa_name(j->in, &sa, &j->diag);

	if (!err)
		err = missiu_sa_del(j->m, sa.proto, sa.spi, &sa.dst);
	if (err)
		return err;
	j->changed = true;
	pfkey_set_sa_name(&r, sa.proto, sa.spi, &sa.dst);
	return pfkey_emit(j->out, &r);
}

static int emit_sa(struct pfkey_job *j, const struct missiu_sa *sa,
		   const struct missiu_sa_stats *stats, uint32_t seq)
{
	struct pfkey_msg r = pfkey_reply_to(j->in);
	int err;

	r.seq = seq;
	pfkey_set_sa(&r, sa, true);
	set_current(&r, stats);
	err = pfkey_emit(j->out, &r);
	secret_wipe(&r, sizeof(r));
	return err;
}

int pfkey_sad_get(struct pfkey_job *j)
{
	struct missiu_sa_stats stats;
	struct missiu_sa want, sa;
	uint64_t cursor = 0;
	int err = pfkey_get_sa_name(j->in, &want, &j->diag);

	if (err)
		return err;
	err = MISSIU_ENOENT;
	while (err == MISSIU_ENOENT &&
	       missiu_sa_next(j->m, &cursor, &sa, &stats))
		if (sa.proto == want.proto && sa.spi == want.spi &&
		    addr_eq(&sa.dst, &want.dst))
			err = emit_sa(j, &sa, &stats, j->in->seq);
	secret_wipe(&sa, sizeof(sa));
	return err;
}

static bool spi_in_use(const struct missiu *m, uint32_t spi)
{
	struct missiu_sa sa;
	uint64_t cursor = 0;
	bool used = false;

	while (!used && missiu_sa_next(m, &cursor, &sa, NULL))
		used = sa.spi == spi;
	secret_wipe(&sa, sizeof(sa));
	return used;
}

/* SplitMix64: SPIs need to differ, not to be secret. */
static uint64_t next_random(struct pfkey_peer *peer, missiu_usec now)
{
	uint64_t z;

	if (!peer->seed)
		peer->seed = now ^ (uint64_t)peer->pid << 32;
	peer->seed += 0x9e3779b97f4a7c15u;
	z = peer->seed;
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

int pfkey_sad_getspi(struct pfkey_job *j)
{
	struct pfkey_msg r = pfkey_reply_to(j->in);
	uint32_t lo = SPI_MIN, hi = UINT32_MAX, spi;
	uint64_t span, at;
	unsigned tries;

	if (!pfkey_proto(j->in->satype) || !(j->in->have & PFH_DST))
		return diag_set(&j->diag, MISSIU_EINVAL,
				"GETSPI needs ESP or AH and a destination");
	if (j->in->have & PFH_SPIRANGE) {
		lo = j->in->spi_lo > lo ? j->in->spi_lo : lo;
		hi = j->in->spi_hi;
	}
	if (lo > hi)
		return diag_set(&j->diag, MISSIU_EINVAL,
				"SPIs below %u are reserved", SPI_MIN);
	span = (uint64_t)hi - lo + 1;
	at = next_random(j->peer, j->now) % span;
	for (tries = 0; tries < SPI_TRIES && tries < span; tries++) {
		spi = (uint32_t)(lo + (at + tries) % span);
		if (spi_in_use(j->m, spi))
			continue;
		pfkey_set_sa_name(&r, pfkey_proto(j->in->satype), spi,
				  &j->in->dst.addr);
		return pfkey_emit(j->out, &r);
	}
	return diag_set(&j->diag, MISSIU_EEXIST,
			"no SPI of this range is free");
}
/* SAs of one protocol, or of all (0); their number is bounded by the SAD. */
static size_t count_sas(const struct missiu *m, uint8_t proto)
{
	struct missiu_sa sa;
	uint64_t cursor = 0;
	size_t n = 0;

	while (missiu_sa_next(m, &cursor, &sa, NULL))
		n += !proto || sa.proto == proto;
	secret_wipe(&sa, sizeof(sa));
	return n;
}

static int flush_proto(struct pfkey_job *j, uint8_t proto)
{
	const size_t n = count_sas(j->m, proto);
	struct missiu_change *v = calloc(n ? n : 1, sizeof(*v));
	struct missiu_sa sa;
	uint64_t cursor = 0;
	size_t i = 0;
	int err;

	if (!v)
		return MISSIU_ENOMEM;
	while (i < n && missiu_sa_next(j->m, &cursor, &sa, NULL)) {
		if (sa.proto != proto)
			continue;
		v[i].kind = MISSIU_CHG_DEL_SA;
		v[i].sa.proto = sa.proto;
		v[i].sa.spi = sa.spi;
		v[i++].sa.dst = sa.dst;
	}
	secret_wipe(&sa, sizeof(sa));
	err = pfkey_load_and_ack(j, v, i);
	free(v);
	return err;
}

int pfkey_sad_flush(struct pfkey_job *j)
{
	struct missiu_change c = { .kind = MISSIU_CHG_FLUSH_SA };
	uint8_t proto = pfkey_proto(j->in->satype);

	if (proto)
		return flush_proto(j, proto);
	if (j->in->satype)
		return MISSIU_EUNSUP;
	return pfkey_load_and_ack(j, &c, 1);
}

int pfkey_sad_dump(struct pfkey_job *j)
{
	const uint8_t proto = pfkey_proto(j->in->satype);
	size_t left = count_sas(j->m, proto);
	struct missiu_sa_stats stats;
	struct missiu_sa sa;
	uint64_t cursor = 0;
	int err = 0;

	if (!left || (j->in->satype && !proto))
		return pfkey_dump_is_empty(j);
	while (!err && left && missiu_sa_next(j->m, &cursor, &sa, &stats))
		if (!proto || sa.proto == proto)
			err = emit_sa(j, &sa, &stats, (uint32_t)--left);
	secret_wipe(&sa, sizeof(sa));
	return err;
}
