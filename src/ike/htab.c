/* SPDX-License-Identifier: Apache-2.0 */
#include "ike/htab.h"

#include <stdlib.h>
#include <string.h>

#include "common/addr.h"
#include "missiu/err.h"

#define BUCKETS_MIN 16

int htab_init(struct htab *t)
{
	*t = (struct htab){ .n_bucket = BUCKETS_MIN };
	t->bucket = calloc(t->n_bucket, sizeof(*t->bucket));
	return t->bucket ? 0 : MISSIU_ENOMEM;
}

void htab_fini(struct htab *t)
{
	free(t->bucket);
	*t = (struct htab){ 0 };
}

static struct hnode **head_of(const struct htab *t, uint64_t hash)
{
	return &t->bucket[hash & (t->n_bucket - 1)];
}

static void link_at(struct hnode **at, struct hnode *node)
{
	node->next = *at;
	node->pprev = at;
	if (node->next)
		node->next->pprev = &node->next;
	*at = node;
}

/* The chain of one old bucket goes to two new ones, in the same order. */
static void split(struct htab *t, struct hnode *chain, size_t i, size_t half)
{
	struct hnode **end[2] = { &t->bucket[i], &t->bucket[i + half] };

	while (chain) {
		struct hnode *node = chain;
		struct hnode ***at = &end[(node->hash & half) != 0];

		chain = node->next;
		link_at(*at, node);
		*at = &node->next;
	}
}

/* Without memory the chains get longer instead. */
static void grow(struct htab *t)
{
	struct hnode **old = t->bucket;
	const size_t half = t->n_bucket;

	t->bucket = calloc(2 * half, sizeof(struct hnode *));
	if (!t->bucket) {
		t->bucket = old;
		return;
	}
	t->n_bucket = 2 * half;
	for (size_t i = 0; i < half; i++)
		split(t, old[i], i, half);
	free(old);
}

void htab_add(struct htab *t, struct hnode *node, uint64_t hash)
{
	if (t->n >= t->n_bucket)
		grow(t);
	node->hash = hash;
	node->in = t;
	link_at(head_of(t, hash), node);
	t->n++;
}

void htab_del(struct hnode *node)
{
	if (!node->in)
		return;
	*node->pprev = node->next;
	if (node->next)
		node->next->pprev = node->pprev;
	node->in->n--;
	*node = (struct hnode){ 0 };
}

static struct hnode *same(struct htab *t, struct hnode *node, uint64_t hash)
{
	for (; node; node = node->next) {
		t->steps++;
		if (node->hash == hash)
			break;
	}
	return node;
}

struct hnode *htab_first(struct htab *t, uint64_t hash)
{
	return same(t, *head_of(t, hash), hash);
}

struct hnode *htab_next(const struct hnode *node)
{
	return same(node->in, node->next, node->hash);
}

uint64_t hash_u64(uint64_t seed, uint64_t v)
{
	/* Two rounds of multiply and fold; the constants are odd and random. */
	uint64_t h = (seed ^ v) * 0x9fb21c651e98df25u;

	h = (h ^ (h >> 32) ^ seed) * 0xd6e8feb86659fd93u;
	return h ^ (h >> 32);
}

uint64_t hash_bytes(uint64_t seed, const uint8_t *p, size_t len)
{
	uint64_t h = hash_u64(seed, len);

	while (len) {
		const size_t n = len < 8 ? len : 8;
		uint64_t v = 0;

		memcpy(&v, p, n);
		h = hash_u64(h ^ seed, v);
		p += n;
		len -= n;
	}
	return h;
}

uint64_t hash_addr(uint64_t seed, const struct missiu_addr *a)
{
	return hash_bytes(seed, a->b, addr_len(a));
}
