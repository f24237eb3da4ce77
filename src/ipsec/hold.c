/* SPDX-License-Identifier: Apache-2.0 */
#include "ipsec/hold.h"

#include <stdlib.h>
#include <string.h>

#include "common/addr.h"
#include "common/rd.h"
#include "ipsec/mix.h"

void hold_init(struct hold *h, uint32_t max_pkts, uint32_t max_bytes,
	       uint32_t timeout_s)
{
	*h = (struct hold){ .max_pkts = max_pkts,
			    .max_bytes = max_bytes,
			    .timeout_us = timeout_s * UINT64_C(1000000) };
	h->last = &h->first;
	h->pkts_last = &h->pkts;
}

void hold_fini(struct hold *h)
{
	while (h->first)
		hold_drop(h, h->first);
}

static size_t bucket(const struct hold_key *k)
{
	uint64_t x = mix((uint64_t)k->policy_id << 32 |
			 (uint32_t)k->sport << 16 | k->dport);

	for (size_t i = 0; i < addr_len(&k->src); i += 4)
		x = mix(x ^ load_be32(k->src.b + i));
	for (size_t i = 0; i < addr_len(&k->dst); i += 4)
		x = mix(x ^ load_be32(k->dst.b + i));
	return x % HOLD_BUCKETS;
}

static bool key_eq(const struct hold_key *a, const struct hold_key *b)
{
	return a->policy_id == b->policy_id && a->proto == b->proto &&
	       a->sport == b->sport && a->dport == b->dport &&
	       addr_eq(&a->src, &b->src) && addr_eq(&a->dst, &b->dst);
}

struct pending *hold_find(const struct hold *h, const struct hold_key *key)
{
	struct pending *p = h->hash[bucket(key)];

	while (p && !key_eq(&p->key, key))
		p = p->hash_next;
	return p;
}

uint32_t hold_next_id(struct hold *h)
{
	if (!++h->last_id)
		++h->last_id;
	return h->last_id;
}

struct pending *hold_ask(struct hold *h, const struct hold_key *key,
			 missiu_usec now)
{
	struct pending *p, **at = &h->hash[bucket(key)];

	if (h->n_pending >= HOLD_PENDING_MAX)
		return NULL;
	p = calloc(1, sizeof(*p));
	if (!p)
		return NULL;
	p->key = *key;
	p->id = hold_next_id(h);
	p->deadline = now + h->timeout_us;
	p->hash_next = *at;
	*at = p;
	*h->last = p;
	h->last = &p->next;
	h->n_pending++;
	return p;
}

bool hold_push(struct hold *h, struct pending *p, const uint8_t *data,
	       uint32_t len)
{
	struct held *k;

	if (h->n_pkts >= h->max_pkts || len > h->max_bytes - h->n_bytes)
		return false;
	k = malloc(sizeof(*k) + len);
	if (!k)
		return false;
	*k = (struct held){ .pend = p, .len = len };
	memcpy(k->data, data, len);
	*h->pkts_last = k;
	h->pkts_last = &k->next;
	p->n_held++;
	h->n_pkts++;
	h->n_bytes += len;
	return true;
}

struct held *hold_take(struct hold *h, struct held **at)
{
	struct held *k = *at;

	*at = k->next;
	if (!k->next)
		h->pkts_last = at;
	k->pend->n_held--;
	h->n_pkts--;
	h->n_bytes -= k->len;
	return k;
}

void hold_forget(struct hold *h, struct pending *p)
{
	struct pending **at = &h->hash[bucket(&p->key)];

	while (*at != p)
		at = &(*at)->hash_next;
	*at = p->hash_next;
	for (at = &h->first; *at != p; at = &(*at)->next)
		;
	*at = p->next;
	if (!p->next)
		h->last = at;
	h->n_pending--;
	free(p);
}

uint32_t hold_drop(struct hold *h, struct pending *p)
{
	uint32_t n = 0;

	for (struct held **at = &h->pkts; p->n_held;) {
		if ((*at)->pend != p) {
			at = &(*at)->next;
			continue;
		}
		free(hold_take(h, at));
		n++;
	}
	hold_forget(h, p);
	return n;
}

void hold_answered(struct hold *h, uint32_t policy_id)
{
	struct pending *p, *next;

	h->dirty = true;
	for (p = h->first; p; p = next) {
		next = p->next;
		if (!p->n_held && (!policy_id || p->key.policy_id == policy_id))
			hold_forget(h, p);
	}
}
