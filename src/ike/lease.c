/* SPDX-License-Identifier: Apache-2.0 */
#include "ike/lease.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/addr.h"
#include "common/rd.h"
#include "common/wr.h"
#include "ike/ident.h"
#include "ike/idtext.h"

/* Of a larger range only so many addresses are given. */
#define RANGE_MAX UINT64_C(0x7fffffff)

/* Longest line of the text. */
#define LINE_FIXED   (ADDR_TEXT_MAX + 8 + MISSIU_PEER_NAME_MAX + 4)
#define LINE_MAX_LEN (LINE_FIXED + 2 * IKE_ID_MAX)

struct leases {
	uint64_t seed, version;
	struct htab by_owner, by_addr;
	struct lease *oldest, *newest;
	size_t n;
};

/* Addresses lo + 0 .. lo + n - 1 of one range. */
struct span {
	struct missiu_addr lo;
	uint64_t n;
};

struct leases *leases_new(uint64_t seed)
{
	struct leases *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->seed = seed;
	if (htab_init(&t->by_owner) || htab_init(&t->by_addr)) {
		leases_free(t);
		return NULL;
	}
	return t;
}

void leases_free(struct leases *t)
{
	if (!t)
		return;
	while (t->oldest) {
		struct lease *l = t->oldest;

		t->oldest = l->newer;
		ike_id_drop(&l->id);
		free(l);
	}
	htab_fini(&t->by_owner);
	htab_fini(&t->by_addr);
	free(t);
}

/* --- the order of last use */

static void unlink_use(struct lease *l)
{
	struct leases *t = l->in;

	*(l->older ? &l->older->newer : &t->oldest) = l->newer;
	*(l->newer ? &l->newer->older : &t->newest) = l->older;
}

static void link_newest(struct lease *l)
{
	struct leases *t = l->in;

	l->newer = NULL;
	l->older = t->newest;
	*(t->newest ? &t->newest->newer : &t->oldest) = l;
	t->newest = l;
}

struct lease *lease_ref(struct lease *l)
{
	l->refs++;
	unlink_use(l);
	link_newest(l);
	return l;
}

void lease_put(struct lease *l)
{
	if (!l)
		return;
	l->refs--;
	unlink_use(l);
	link_newest(l);
	l->in->version++;
}

static void forget(struct lease *l)
{
	struct leases *t = l->in;

	unlink_use(l);
	htab_del(&l->by_owner);
	htab_del(&l->by_addr);
	t->n--;
	ike_id_drop(&l->id);
	free(l);
}

/* --- looking up */

static uint64_t owner_hash(const struct leases *t, const char *peer,
			   const struct ike_id *id)
{
	uint64_t h = hash_u64(t->seed, id->type);
	const uint8_t *p = ike_id_bytes(id);
	uint8_t low[IKE_ID_MAX];

	/* Names are equal whatever their case. */
	for (size_t i = 0; i < id->len; i++)
		low[i] = (uint8_t)tolower(p[i]);
	h = hash_bytes(h, low, id->len);
	return hash_bytes(h, (const uint8_t *)peer, strlen(peer));
}

static struct lease *of_owner(struct hnode *n)
{
	return n ? (struct lease *)((char *)n -
				    offsetof(struct lease, by_owner)) :
		   NULL;
}

static struct lease *of_addr(struct hnode *n)
{
	return n ? (struct lease *)((char *)n -
				    offsetof(struct lease, by_addr)) :
		   NULL;
}

struct lease *lease_by_addr(const struct leases *t,
			    const struct missiu_addr *addr)
{
	/* Looking up counts steps. */
	struct htab *tab = (struct htab *)(uintptr_t)&t->by_addr;
	struct hnode *n = htab_first(tab, hash_addr(t->seed, addr));

	while (n && !addr_eq(&of_addr(n)->addr, addr))
		n = htab_next(n);
	return of_addr(n);
}

/* --- pools */

/* @a plus a number; the carry stops at the range's end by its size */
static struct missiu_addr plus(struct missiu_addr a, uint64_t n)
{
	for (size_t i = addr_len(&a); i-- > 0 && n; n >>= 8) {
		n += a.b[i];
		a.b[i] = (uint8_t)n;
	}
	return a;
}

/* hi - lo, at most RANGE_MAX */
static uint64_t distance(const struct missiu_addr *lo,
			 const struct missiu_addr *hi)
{
	const size_t len = addr_len(lo);
	int64_t d = 0;

	for (size_t i = 0; i < len; i++) {
		d = d * 256 + hi->b[i] - lo->b[i];
		if (d > (int64_t)RANGE_MAX)
			return RANGE_MAX;
	}
	return (uint64_t)d;
}

static bool span_of(const struct missiu_range *r, uint8_t family,
		    struct span *out)
{
	const int plen = addr_range_plen(&r->lo, &r->hi);

	if (r->lo.family != family)
		return false;
	*out = (struct span){ r->lo, distance(&r->lo, &r->hi) + 1 };
	if (plen >= 0 && out->n > 2) {
		out->lo = plus(out->lo, 1);
		out->n -= family == 4 ? 2 : 1;
	}
	return true;
}

static bool span_has(const struct span *s, const struct missiu_addr *a)
{
	return a->family == s->lo.family && addr_cmp(&s->lo, a) <= 0 &&
	       distance(&s->lo, a) < s->n;
}

static bool pool_has(const struct missiu_ranges *pool,
		     const struct missiu_addr *a)
{
	struct span s;

	for (uint8_t i = 0; i < pool->n; i++)
		if (span_of(&pool->v[i], a->family, &s) && span_has(&s, a))
			return true;
	return false;
}

/* --- giving */

static struct lease *new_lease(struct leases *t, const char *peer,
			       const struct ike_id *id,
			       const struct missiu_addr *addr)
{
	struct lease *l;

	if (t->n >= LEASES_MAX)
		for (l = t->oldest; l; l = l->newer)
			if (!l->refs) {
				forget(l);
				break;
			}
	l = t->n < LEASES_MAX ? calloc(1, sizeof(*l)) : NULL;
	if (!l)
		return NULL;
	l->in = t;
	l->addr = *addr;
	snprintf(l->peer, sizeof(l->peer), "%s", peer);
	if (id) {
		l->id = ike_id_hold(id);
		htab_add(&t->by_owner, &l->by_owner,
			 owner_hash(t, l->peer, id));
	}
	htab_add(&t->by_addr, &l->by_addr, hash_addr(t->seed, addr));
	link_newest(l);
	t->n++;
	t->version++;
	return l;
}

/* The owner's own: as wished, also in use; else one that is not in use. */
static struct lease *own(struct leases *t, const struct lease_want *w)
{
	struct lease *found = NULL, *l;

	if (!w->id)
		return NULL;
	l = of_owner(htab_first(&t->by_owner, owner_hash(t, w->peer, w->id)));
	for (; l; l = of_owner(htab_next(&l->by_owner))) {
		if (!ike_id_eq(&l->id, w->id) || strcmp(l->peer, w->peer) ||
		    l->addr.family != w->family || !pool_has(w->pool, &l->addr))
			continue;
		if (addr_eq(&l->addr, &w->wish))
			return l;
		if (!l->refs)
			found = l;
	}
	return found;
}

/* From where the identity says on, so that the search seldom takes long. */
static bool find_free(const struct leases *t, const struct lease_want *w,
		      const struct span *s, struct missiu_addr *out)
{
	const uint64_t from =
		w->id ? owner_hash(t, w->peer, w->id) : t->version;
	const uint64_t tries = s->n < t->n + 1 ? s->n : t->n + 1;

	for (uint64_t i = 0; i < tries; i++) {
		*out = plus(s->lo, (from % s->n + i) % s->n);
		if (!lease_by_addr(t, out))
			return true;
	}
	return false;
}

static struct lease *fresh(struct leases *t, const struct lease_want *w)
{
	struct missiu_addr a;
	struct span s;

	if (w->wish.family == w->family && pool_has(w->pool, &w->wish) &&
	    !lease_by_addr(t, &w->wish))
		return new_lease(t, w->peer, w->id, &w->wish);
	for (uint8_t i = 0; i < w->pool->n; i++)
		if (span_of(&w->pool->v[i], w->family, &s) &&
		    find_free(t, w, &s, &a))
			return new_lease(t, w->peer, w->id, &a);
	return NULL;
}

/* Somebody has not come back for the longest time. */
static struct lease *take_idle(struct leases *t, const struct lease_want *w)
{
	for (struct lease *l = t->oldest; l; l = l->newer) {
		const struct missiu_addr a = l->addr;

		if (l->refs || a.family != w->family || !pool_has(w->pool, &a))
			continue;
		forget(l);
		return new_lease(t, w->peer, w->id, &a);
	}
	return NULL;
}

struct lease *lease_get(struct leases *t, const struct lease_want *w)
{
	struct lease *l = own(t, w);

	if (!l)
		l = fresh(t, w);
	if (!l)
		l = take_idle(t, w);
	return l ? lease_ref(l) : NULL;
}

uint64_t leases_version(const struct leases *t)
{
	return t->version;
}

/* --- as a text */

char *leases_text(const struct leases *t)
{
	size_t cap = 1;
	char *text, *at;

	for (const struct lease *l = t->oldest; l; l = l->newer)
		cap += LINE_FIXED + 2u * l->id.len;
	text = at = malloc(cap);
	if (!text)
		return NULL;
	*at = '\0';
	for (const struct lease *l = t->oldest; l; l = l->newer) {
		if (!l->id.type)
			continue;
		at += snprintf(at, LINE_FIXED, "%s %u ", addr_text(&l->addr).s,
			       l->id.type);
		for (size_t i = 0; i < l->id.len; i++)
			at += snprintf(at, 3, "%02x", ike_id_bytes(&l->id)[i]);
		at += snprintf(at, MISSIU_PEER_NAME_MAX + 3, " %s\n", l->peer);
	}
	return text;
}

static int hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' :
	       c >= 'a' && c <= 'f' ? c - 'a' + 10 :
				      -1;
}

/* Return: bytes; 0: it is no hex. */
static size_t read_hex(const char *s, uint8_t out[static IKE_ID_MAX])
{
	const size_t n = strlen(s);

	if (n % 2 || n / 2 > IKE_ID_MAX)
		return 0;
	for (size_t i = 0; i < n; i += 2) {
		const int hi = hex_digit(s[i]), lo = hex_digit(s[i + 1]);

		if (hi < 0 || lo < 0)
			return 0;
		out[i / 2] = (uint8_t)(hi << 4 | lo);
	}
	return n / 2;
}

/* One line without its end. The name is last: that of the options is empty. */
static bool read_line(struct leases *t, const char *line)
{
	char addr[ADDR_TEXT_MAX], hex[2 * IKE_ID_MAX + 1], type[4], *end;
	uint8_t data[IKE_ID_MAX];
	struct missiu_addr a;
	struct ike_id id;
	unsigned long number;
	bool ok;
	int at = 0;

	if (sscanf(line, "%45s %3s %4096s%n", addr, type, hex, &at) != 3 ||
	    line[at] != ' ' || strlen(line + at + 1) > MISSIU_PEER_NAME_MAX ||
	    !addr_parse(addr, &a))
		return false;
	number = strtoul(type, &end, 10);
	if (*end || !number || number > UINT8_MAX || lease_by_addr(t, &a) ||
	    ike_id_make(&id, (uint8_t)number, data, read_hex(hex, data)) ||
	    !id.len)
		return false;
	ok = new_lease(t, line + at + 1, &id, &a);
	ike_id_drop(&id);
	return ok;
}

size_t leases_load(struct leases *t, const char *text, unsigned *line)
{
	char buf[LINE_MAX_LEN + 1];
	unsigned number = 0;
	size_t n = 0;

	*line = 0;
	while (*text) {
		const size_t len = strcspn(text, "\n");
		bool ok = len < sizeof(buf);

		number++;
		if (ok) {
			memcpy(buf, text, len);
			buf[len] = '\0';
			ok = read_line(t, buf);
		}
		n += ok;
		if (!ok && !*line)
			*line = number;
		text += len + (text[len] == '\n');
	}
	return n;
}
