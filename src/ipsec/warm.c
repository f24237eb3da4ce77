/* SPDX-License-Identifier: Apache-2.0 */
#include "ipsec/warm.h"

#include <stddef.h>
#include <string.h>

#include "common/addr.h"
#include "common/rd.h"
#include "ipsec/same.h"

#define LINE 64

/* What is looked at here of a packet's headers; the usual ones only. */
struct peek {
	uint8_t family, proto;
	const uint8_t *ends; /* source and destination address */
	const uint8_t *id;   /* 4 bytes that tell: ports, or an SPI */
};

static size_t ends_len(const struct peek *k)
{
	return k->family == 4 ? 8 : 32;
}

/* @esp: look for an SPI, also behind UDP; Return: false when it is unusual. */
static bool peek(const uint8_t *p, size_t len, bool esp, struct peek *k)
{
	struct rd r = rd_from(p, len);
	const uint8_t *h, *skip;

	if (!rd_take(&r, IP4_HDR_LEN, &h))
		return false;
	if (h[0] == 0x45)
		*k = (struct peek){ 4, h[9], p + 12, NULL };
	else if (h[0] >> 4 == 6 &&
		 rd_take(&r, IP6_HDR_LEN - IP4_HDR_LEN, &skip))
		*k = (struct peek){ 6, h[6], p + 8, NULL };
	else
		return false;
	if (esp && k->proto == IP_P_UDP && !rd_take(&r, UDP_HDR_LEN, &skip))
		return false;
	return rd_take(&r, 4, &k->id);
}

/*
 * One that needs the same as the one before needs nothing more. @spi: where an
 * SPI stands behind UDP; 0: nowhere.
 */
struct last {
	struct same same;
	size_t spi;
	uint32_t id;
};

static bool again(const struct last *l, const uint8_t *p, size_t len)
{
	return same_as(&l->same, p, len) &&
	       (!l->spi ||
		(len >= l->spi + 4 && load_be32(p + l->spi) == l->id));
}

static void remember(struct last *l, const uint8_t *p, const struct peek *k)
{
	same_keep(&l->same, p, k->family);
	l->spi = (size_t)(k->id - p);
	l->id = load_be32(k->id);
	if (l->spi == (k->family == 4 ? IP4_HDR_LEN : IP6_HDR_LEN))
		l->spi = 0; /* compared already */
}

static void fetch(const void *from, size_t len)
{
	const uint8_t *p = from;

	for (size_t i = 0; i < len; i += LINE)
		__builtin_prefetch(p + i);
}

/* The parts of an SA that each packet needs, from member @a up to member @b. */
#define SA_PART(sa, a, b)                                                      \
	fetch((const uint8_t *)(sa) + offsetof(struct sa, a),                  \
	      offsetof(struct sa, b) - offsetof(struct sa, a))

static void fetch_sa(const struct sa *sa)
{
	SA_PART(sa, d.spi, d.encr_key);
	SA_PART(sa, d.src, d.ts_src);
	SA_PART(sa, d.replay_window, batch_next);
}

static const struct flow *flow_of(const struct missiu *m, const struct peek *k,
				  uint8_t dir)
{
	size_t len = ends_len(k) / 2;
	struct ip_info ip = {
		.src = addr_from_bytes(k->family, k->ends),
		.dst = addr_from_bytes(k->family, k->ends + len),
		.family = k->family,
		.proto = k->proto,
		.sport = load_be16(k->id),
		.dport = load_be16(k->id + 2),
	};
	struct spd_query q = { .ip = &ip, .dir = dir };

	return flow_slot(m->flows, &q);
}

/* The entries of the flows that packets belong to. Return: how many. */
static size_t fetch_flows(const struct missiu *m, const struct warm_text *v,
			  size_t n, uint8_t dir, const struct flow *f[])
{
	struct last last = { .spi = 0 };
	struct peek k;
	size_t got = 0;

	for (size_t i = 0; i < n; i++) {
		if (again(&last, v[i].p, v[i].len) ||
		    !peek(v[i].p, v[i].len, false, &k))
			continue;
		remember(&last, v[i].p, &k);
		f[got] = flow_of(m, &k, dir);
		fetch(f[got], FLOW_WAYS * sizeof(*f[got]));
		got++;
	}
	return got;
}

static void fetch_keys(const struct sa *const sas[], size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (sas[i]->key)
			crypt_warm(sas[i]->key);
	for (size_t i = 0; i < n; i++)
		if (sas[i]->key)
			crypt_warm_schedule(sas[i]->key);
}

/* What the entries of a set say: policies; SAs, also to @sas behind @n. */
static size_t fetch_decisions(const struct missiu *m, const struct flow *set,
			      const struct sa *sas[], size_t n)
{
	for (const struct flow *f = set; f < set + FLOW_WAYS; f++) {
		if (f->gen != m->gen)
			continue;
		if (f->pol)
			fetch(f->pol, sizeof(*f->pol));
		if (!f->sa)
			continue;
		fetch_sa(f->sa);
		sas[n++] = f->sa;
	}
	return n;
}

void warm_out(const struct missiu *m, struct missiu_pkt *const v[], size_t n)
{
	struct warm_text t[CHUNK_MAX];
	const struct flow *f[CHUNK_MAX];
	const struct sa *sas[CHUNK_MAX * FLOW_WAYS];
	size_t n_sa = 0;

	if (!warm_wanted(m))
		return;
	for (size_t i = 0; i < n; i++)
		t[i] = (struct warm_text){ v[i]->data, v[i]->len };
	n = fetch_flows(m, t, n, MISSIU_OUT, f);
	for (size_t i = 0; i < n; i++)
		n_sa = fetch_decisions(m, f[i], sas, n_sa);
	fetch_keys(sas, n_sa);
}

/* Where the SAD looks for the SA of an ESP packet; NULL: it is none. */
static struct sa *const *bucket_of(const struct missiu *m, const struct peek *k)
{
	size_t len = ends_len(k) / 2;
	struct missiu_addr dst = addr_from_bytes(k->family, k->ends + len);

	if (k->proto != IP_P_UDP && k->proto != IP_P_ESP)
		return NULL;
	return sad_bucket(&m->sad, MISSIU_ESP, load_be32(k->id), &dst);
}

void warm_in(const struct missiu *m, struct missiu_pkt *const v[], size_t n)
{
	struct sa *const *bucket[CHUNK_MAX];
	const struct sa *sas[CHUNK_MAX];
	struct last last = { .spi = 0 };
	size_t n_bucket = 0, n_sa = 0;
	struct peek k;

	if (!warm_wanted(m))
		return;
	for (size_t i = 0; i < n; i++) {
		if (again(&last, v[i]->data, v[i]->len) ||
		    !peek(v[i]->data, v[i]->len, true, &k))
			continue;
		remember(&last, v[i]->data, &k);
		bucket[n_bucket] = bucket_of(m, &k);
		if (bucket[n_bucket])
			fetch(bucket[n_bucket++], sizeof(*bucket[0]));
	}
	for (size_t i = 0; i < n_bucket; i++) {
		if (!*bucket[i])
			continue;
		fetch_sa(*bucket[i]);
		sas[n_sa++] = *bucket[i];
	}
	for (size_t i = 0; i < n_sa; i++)
		if (sas[i]->replay.bits)
			fetch(sas[i]->replay.bits, LINE);
	fetch_keys(sas, n_sa);
}

void warm_inner(const struct missiu *m, const struct warm_text *v, size_t n)
{
	const struct sa *sas[FLOW_WAYS]; /* already here: they opened them */
	const struct flow *f[CHUNK_MAX];

	n = fetch_flows(m, v, n, MISSIU_IN, f);
	for (size_t i = 0; i < n; i++)
		fetch_decisions(m, f[i], sas, 0);
}
