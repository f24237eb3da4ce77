/* SPDX-License-Identifier: Apache-2.0 */
#include "ike/cp.h"

#include <string.h>

#include "common/addr.h"
#include "common/rd.h"
#include "common/wr.h"
#include "missiu/err.h"

#define HDR_LEN	  4
#define TYPE_MASK 0x7fff /* the first bit is reserved */
#define LABEL_MAX 63

/* --- values; each reader gets exactly one */

static struct missiu_addr addr_of(struct rd *r, uint8_t family)
{
	struct missiu_addr a = addr_from_bytes(family, r->p);

	r->p += addr_len(&a);
	return a;
}

static void get_ip4(struct rd *r, struct ike_cp *cp)
{
	cp->ip4 = addr_of(r, 4);
}

static void get_netmask(struct rd *r, struct ike_cp *cp)
{
	cp->netmask = addr_of(r, 4);
}

static void get_ip6(struct rd *r, struct ike_cp *cp)
{
	cp->ip6.addr = addr_of(r, 6);
	cp->ip6.plen = *r->p;
}

static void add_dns(struct rd *r, struct ike_cp *cp, uint8_t family)
{
	if (cp->n_dns == IKE_CP_DNS_MAX)
		cp->n_more++;
	else
		cp->dns[cp->n_dns++] = addr_of(r, family);
}

static void get_dns4(struct rd *r, struct ike_cp *cp)
{
	add_dns(r, cp, 4);
}

static void get_dns6(struct rd *r, struct ike_cp *cp)
{
	add_dns(r, cp, 6);
}

/* Prefix length of a mask; -1: it has holes. */
static int mask_len(const struct missiu_addr *mask)
{
	const uint32_t m = load_be32(mask->b), rest = ~m;

	return rest & (rest + 1) ? -1 : 32 - __builtin_popcount(rest);
}

static void add_subnet(struct ike_cp *cp, const struct missiu_addr *a, int plen)
{
	const int max = a->family == 4 ? 32 : 128;

	if (cp->n_subnet == IKE_CP_SUBNET_MAX || plen < 0 || plen > max)
		cp->n_more++;
	else
		cp->subnet[cp->n_subnet++] =
			(struct ike_cp_prefix){ *a, (uint8_t)plen };
}

static void get_subnet4(struct rd *r, struct ike_cp *cp)
{
	const struct missiu_addr a = addr_of(r, 4), mask = addr_of(r, 4);

	add_subnet(cp, &a, mask_len(&mask));
}

static void get_subnet6(struct rd *r, struct ike_cp *cp)
{
	const struct missiu_addr a = addr_of(r, 6);

	add_subnet(cp, &a, *r->p);
}

static void get_domain(struct rd *r, struct ike_cp *cp)
{
	if (cp->n_domain == IKE_CP_DOMAIN_MAX)
		cp->n_more++;
	else
		cp->domain[cp->n_domain++] = (struct chunk){ r->p, rd_left(r) };
}

static void get_version(struct rd *r, struct ike_cp *cp)
{
	cp->version = (struct chunk){ r->p, rd_left(r) };
}

#define ANY_LEN	 UINT16_MAX	  /* any but none */
#define LIST_LEN (UINT16_MAX - 1) /* two bytes each */

/* In the order of writing. */
static const struct attr {
	uint16_t type, len; /* of a value; there may be none */
	void (*get)(struct rd *r, struct ike_cp *cp);
} attrs[] = {
	{ IKE_CP_IP4_ADDRESS, 4, get_ip4 },
	{ IKE_CP_IP4_NETMASK, 4, get_netmask },
	{ IKE_CP_IP6_ADDRESS, 17, get_ip6 },
	{ IKE_CP_IP4_DNS, 4, get_dns4 },
	{ IKE_CP_IP6_DNS, 16, get_dns6 },
	{ IKE_CP_IP4_SUBNET, 8, get_subnet4 },
	{ IKE_CP_IP6_SUBNET, 17, get_subnet6 },
	{ IKE_CP_DNS_DOMAIN, ANY_LEN, get_domain },
	{ IKE_CP_VERSION, ANY_LEN, get_version },
	{ IKE_CP_SUPPORTED, LIST_LEN, NULL },
};

#define N_ATTRS (sizeof(attrs) / sizeof(attrs[0]))

static bool len_ok(const struct attr *a, size_t len)
{
	if (a->len == LIST_LEN)
		return len % 2 == 0;
	return !len || a->len == ANY_LEN || len == a->len;
}

static int get_attr(uint16_t type, struct rd *value, struct ike_cp *cp)
{
	for (size_t i = 0; i < N_ATTRS; i++) {
		if (attrs[i].type != type)
			continue;
		if (!len_ok(&attrs[i], rd_left(value)))
			return MISSIU_EPROTO;
		cp->seen |= IKE_CP_SEEN(type);
		if (!rd_done(value) && attrs[i].get)
			attrs[i].get(value, cp);
		return 0;
	}
	if (cp->n_unknown < UINT8_MAX)
		cp->n_unknown++;
	return 0;
}

int ike_cp_parse(struct chunk body, struct ike_cp *cp)
{
	struct rd r = rd_from(body.p, body.len), value;
	uint16_t type, len;

	*cp = (struct ike_cp){ 0 };
	if (!rd_u8(&r, &cp->type) || !rd_skip(&r, HDR_LEN - 1))
		return MISSIU_EPROTO;
	while (!rd_done(&r)) {
		if (!rd_be16(&r, &type) || !rd_be16(&r, &len) ||
		    !rd_sub(&r, len, &value) ||
		    get_attr(type & TYPE_MASK, &value, cp))
			return MISSIU_EPROTO;
	}
	return 0;
}

/* --- writing */

static void put_attr(struct wr *w, uint16_t type, const void *v, size_t len)
{
	wr_be16(w, type);
	wr_be16(w, (uint16_t)len);
	wr_bytes(w, v, len);
}

static void put_addr(struct wr *w, uint16_t type, const struct missiu_addr *a)
{
	put_attr(w, type, a->b, addr_len(a));
}

static void put_prefix6(struct wr *w, uint16_t type,
			const struct ike_cp_prefix *p)
{
	uint8_t v[17];

	memcpy(v, p->addr.b, 16);
	v[16] = p->plen;
	put_attr(w, type, v, p->addr.family ? sizeof(v) : 0);
}

static void put_subnet4(struct wr *w, const struct ike_cp_prefix *p)
{
	uint8_t v[8];

	memcpy(v, p->addr.b, 4);
	store_be32(v + 4, p->plen ? UINT32_MAX << (32 - p->plen) : 0);
	put_attr(w, IKE_CP_IP4_SUBNET, v, sizeof(v));
}

/* What may come several times. Return: whether anything was written. */
static bool put_list(struct wr *w, const struct ike_cp *cp, uint16_t type)
{
	const size_t from = w->len;

	for (size_t i = 0; i < cp->n_dns; i++)
		if (type ==
		    (cp->dns[i].family == 4 ? IKE_CP_IP4_DNS : IKE_CP_IP6_DNS))
			put_addr(w, type, &cp->dns[i]);
	for (size_t i = 0; i < cp->n_subnet; i++) {
		const struct ike_cp_prefix *p = &cp->subnet[i];

		if (type == IKE_CP_IP4_SUBNET && p->addr.family == 4)
			put_subnet4(w, p);
		else if (type == IKE_CP_IP6_SUBNET && p->addr.family == 6)
			put_prefix6(w, type, p);
	}
	for (size_t i = 0; type == IKE_CP_DNS_DOMAIN && i < cp->n_domain; i++)
		put_attr(w, type, cp->domain[i].p, cp->domain[i].len);
	return w->len > from || w->overflow;
}

static void put_supported(struct wr *w)
{
	wr_be16(w, IKE_CP_SUPPORTED);
	wr_be16(w, 2 * N_ATTRS);
	for (size_t i = 0; i < N_ATTRS; i++)
		wr_be16(w, attrs[i].type);
}

static void put_one(struct wr *w, const struct ike_cp *cp, uint16_t type)
{
	if (put_list(w, cp, type))
		return;
	if (type == IKE_CP_IP4_ADDRESS)
		put_addr(w, type, &cp->ip4);
	else if (type == IKE_CP_IP4_NETMASK)
		put_addr(w, type, &cp->netmask);
	else if (type == IKE_CP_IP6_ADDRESS)
		put_prefix6(w, type, &cp->ip6);
	else if (type == IKE_CP_VERSION)
		put_attr(w, type, cp->version.p, cp->version.len);
	else if (type == IKE_CP_SUPPORTED && cp->type != IKE_CFG_REQUEST)
		put_supported(w);
	else
		put_attr(w, type, NULL, 0);
}

size_t ike_cp_write(const struct ike_cp *cp, uint8_t *buf, size_t cap)
{
	struct wr w = wr_to(buf, cap);

	wr_u8(&w, cp->type);
	wr_zero(&w, HDR_LEN - 1);
	for (size_t i = 0; i < N_ATTRS; i++)
		if (cp->seen & IKE_CP_SEEN(attrs[i].type))
			put_one(&w, cp, attrs[i].type);
	return wr_ok(&w) ? w.len : 0;
}

/* --- */

static bool label_char(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '-' || c == '_';
}

bool ike_domain_ok(struct chunk name)
{
	const uint8_t *p = name.p;
	size_t label = 0;

	if (!name.len || name.len > IKE_DOMAIN_MAX)
		return false;
	for (size_t i = 0; i < name.len; i++) {
		const uint8_t c = p[i];

		/* No option of a program starts like this. */
		if (!label && c == '-')
			return false;
		if (c == '.' ? !label : !label_char(c) || label == LABEL_MAX)
			return false;
		label = c == '.' ? 0 : label + 1;
	}
	return label > 0;
}
