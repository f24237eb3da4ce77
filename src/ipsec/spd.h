/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Security policy database: ordered, first match wins (RFC 4301 4.4.1).
 *
 * A database is built at once from a list and never changed: a transaction
 * builds the next one beside the one in force and then replaces it. Policies
 * themselves are shared by both, so counters survive.
 *
 * Lookup asks one hash bucket for each shape that occurs in the database, a
 * shape being a pair of prefix lengths (remote, local); then the few policies
 * whose addresses are no prefixes. So its cost does not grow with the number
 * of peers or networks.
 */
#ifndef IPSEC_SPD_H
#define IPSEC_SPD_H

#include "ipsec/ip.h"
#include "missiu/types.h"

struct policy {
	struct missiu_policy p;
	struct missiu_policy_stats stats;
	uint64_t hash;	/* policy_hash() of p */
	uint32_t order; /* place in the database that indexed it last */
	bool live;	/* scratch of a transaction: stays in force */
	struct policy *fresh_next;	   /* the same: those it made */
	struct policy *id_next, *pfx_next; /* chains of that database */
};

/** Shapes that are indexed; policies of further ones are searched in turn. */
#define SPD_SHAPES_MAX 64

/** Prefix lengths of both sides; SPD_ANY: any address of any family. */
struct spd_shape {
	uint8_t remote, local;
};
#define SPD_ANY 255

struct spd {
	struct policy **v; /* in order of matching */
	size_t n;
	struct policy **by_id, **by_pfx; /* mask + 1 buckets each */
	size_t mask;
	struct policy **loose; /* not indexed; in order */
	size_t n_loose;
	struct spd_shape shapes[SPD_SHAPES_MAX];
	size_t n_shapes;
};

/** Which policies a lookup considers. */
struct spd_query {
	const struct ip_info *ip;
	uint8_t dir; /* MISSIU_IN or MISSIU_OUT */
	bool ike;    /* only tunnels to elsewhere, see spd_is_ike() */
};

/** Answer of a selector when part of a packet is unknown. */
enum sel { SEL_NO, SEL_YES, SEL_MAYBE };

/**
 * sel_match() - does one side of a packet lie inside a selector?
 * @ts:   selector
 * @a:    address of that side
 * @port: port of that side; looked at only when @ip has ports
 * @ip:   the packet
 *
 * Return: SEL_MAYBE when only unknown ports or an unknown protocol decide.
 */
enum sel sel_match(const struct missiu_ts *ts, const struct missiu_addr *a,
		   uint16_t port, const struct ip_info *ip);

/**
 * policy_check() - is this a policy that the engine can carry out?
 * @diag: out, may be NULL: why not
 *
 * Return: 0, MISSIU_EINVAL, MISSIU_EUNSUP, MISSIU_EKEYLEN.
 */
int policy_check(const struct missiu_policy *p, struct missiu_diag *diag);

/** policy_hash() - over everything but id and line */
uint64_t policy_hash(const struct missiu_policy *p);

/** policy_eq() - same in everything but id and line */
bool policy_eq(const struct missiu_policy *a, const struct missiu_policy *b);

/** policy_has_ports() - does it select by port? */
bool policy_has_ports(const struct missiu_policy *p);

/** ts_valid() - a selector whose ends belong together and are in order */
bool ts_valid(const struct missiu_ts *ts);

/**
 * spd_alloc() - get the memory for a database of @n policies; fill .v and .n
 *
 * Return: 0 or MISSIU_ENOMEM.
 */
int spd_alloc(struct spd *s, size_t n);

/**
 * spd_index() - make the database that @s->v[0..n) lists ready for lookup
 *
 * Cannot fail. Takes the policies out of the database they were in before,
 * which may only be freed afterwards.
 */
void spd_index(struct spd *s);

/** spd_fini() - free the database, not the policies */
void spd_fini(struct spd *s);

/** spd_by_id() - NULL when there is none */
struct policy *spd_by_id(const struct spd *s, uint32_t id);

/**
 * spd_lookup() - first policy that matches
 * @vague: out: true when it matches only perhaps (fragment without ports)
 *
 * Return: NULL when none does.
 */
struct policy *spd_lookup(const struct spd *s, const struct spd_query *q,
			  bool *vague);

/**
 * spd_is_ike() - IKE of this host: UDP from (out) or to (in) port 500 or 4500
 *
 * Such packets pass transport, bypass and drop policies unprotected, and
 * tunnel policies whose ends are the packet's own addresses; otherwise no SA
 * could ever be negotiated. Only our own port counts: a peer cannot reach
 * another port by choosing 500 as its source.
 */
bool spd_is_ike(const struct ip_info *ip, uint8_t dir);

/**
 * spd_is_nd() - ICMPv6 neighbour discovery (RFC 4861), hop limit 255
 *
 * Fragments are never that (RFC 6980).
 */
bool spd_is_nd(const struct ip_info *ip);

#endif
