/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/addr.h"
#include "ike/tsneg.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static struct missiu_addr addr(const char *text)
{
	struct missiu_addr a = { 0 };

	if (text && !addr_parse(text, &a))
		fail_msg("address %s", text);
	return a;
}

/* "10.0.0.0/8", "10.0.0.1", "any", each with "[proto]" or "[proto/port]". */
static struct missiu_ts selector(const char *text, size_t len)
{
	struct missiu_ts ts = ts_any();
	char buf[80];
	char *bracket, *slash;

	assert_true(len < sizeof(buf));
	memcpy(buf, text, len);
	buf[len] = '\0';
	bracket = strchr(buf, '[');
	if (bracket) {
		char *port;

		*bracket = '\0';
		ts.proto = (uint8_t)strtoul(bracket + 1, &port, 10);
		if (*port == '/')
			ts.port_lo = ts.port_hi =
				(uint16_t)strtoul(port + 1, NULL, 10);
	}
	if (!strcmp(buf, "any"))
		return ts;
	slash = strchr(buf, '/');
	if (slash)
		*slash = '\0';
	ts.lo = ts.hi = addr(buf);
	if (slash)
		assert_true(addr_prefix(&ts.lo,
					(unsigned)strtoul(slash + 1, NULL, 10),
					&ts.lo, &ts.hi));
	return ts;
}

static struct missiu_ts one(const char *text)
{
	return selector(text, strlen(text));
}

/* Selectors separated by blanks. */
static struct ike_ts_list list(const char *text)
{
	struct ike_ts_list l = { 0 };

	while (*text) {
		size_t n = strcspn(text, " ");

		l.v[l.n++] = selector(text, n);
		text += n + (text[n] == ' ');
	}
	return l;
}

static void assert_list(const struct ike_ts_list *got, const char *want,
			size_t row, const char *what)
{
	struct ike_ts_list w = list(want);
	char text[256];

	ike_ts_list_text(got, text, sizeof(text));
	if (got->n != w.n)
		fail_msg("row %zu: %s is %s, not %s", row, what, text, want);
	for (size_t i = 0; i < w.n; i++)
		if (!ts_eq(&got->v[i], &w.v[i]))
			fail_msg("row %zu: %s is %s, not %s", row, what, text,
				 want);
}

struct policy {
	uint8_t action, mode;
	const char *local, *remote;
	const char *tun_local, *tun_remote; /* NULL: any */
	uint8_t flags;
};

#define POLICY(act, mod, l, r)                                                 \
	.action = (act), .mode = (mod), .local = (l), .remote = (r)
#define TUNNEL(l, r)                                                           \
	{                                                                      \
		POLICY(MISSIU_PROTECT, MISSIU_TUNNEL, l, r)                    \
	}
#define TRANSPORT(l, r)                                                        \
	{                                                                      \
		POLICY(MISSIU_PROTECT, MISSIU_TRANSPORT, l, r)                 \
	}
#define BYPASS(l, r)                                                           \
	{                                                                      \
		POLICY(MISSIU_BYPASS, 0, l, r)                                 \
	}
#define UNIQUE(l, r)                                                           \
	{                                                                      \
		POLICY(MISSIU_PROTECT, MISSIU_TUNNEL, l, r),                   \
			.flags = MISSIU_POL_UNIQUE                             \
	}
#define ENDS(l, r, tl, tr)                                                     \
	{                                                                      \
		POLICY(MISSIU_PROTECT, MISSIU_TUNNEL, l, r),                   \
			.tun_local = (tl), .tun_remote = (tr)                  \
	}

static struct missiu_policy policy(const struct policy *p)
{
	return (struct missiu_policy){
		.dirs = MISSIU_IN | MISSIU_OUT,
		.action = p->action,
		.mode = p->mode,
		.flags = p->flags,
		.local = one(p->local),
		.remote = one(p->remote),
		.tun_local = addr(p->tun_local),
		.tun_remote = addr(p->tun_remote),
	};
}

/* --- the initiator's offer; ends 192.0.2.1 and 198.51.100.1 --- */

static const struct {
	struct policy pol;
	const char *pkt_local, *pkt_remote; /* NULL: none */
	const char *tsl, *tsr;		    /* NULL: refused */
} offers[] = {
	/* the packet's own selectors come first */
	{ TUNNEL("10.1.0.0/16", "10.2.0.0/16"), "10.1.0.5[6/4000]",
	  "10.2.0.9[6/80]", "10.1.0.5[6/4000] 10.1.0.0/16",
	  "10.2.0.9[6/80] 10.2.0.0/16" },
	{ TUNNEL("10.1.0.0/16", "10.2.0.0/16"), NULL, NULL, "10.1.0.0/16",
	  "10.2.0.0/16" },
	/* nothing is said twice */
	{ TUNNEL("10.1.0.5", "10.2.0.9"), "10.1.0.5", "10.2.0.9", "10.1.0.5",
	  "10.2.0.9" },
	{ TUNNEL("10.1.0.5", "10.2.0.0/16"), "10.1.0.5", "10.2.0.9", "10.1.0.5",
	  "10.2.0.9 10.2.0.0/16" },
	/* any address: the whole family of the packet or of the other side */
	{ TUNNEL("any", "any"), "10.1.0.5[1]", "10.2.0.9[1]",
	  "10.1.0.5[1] 0.0.0.0/0", "10.2.0.9[1] 0.0.0.0/0" },
	{ TUNNEL("any", "any"), "2001:db8::1[58]", "2001:db8::2[58]",
	  "2001:db8::1[58] ::/0", "2001:db8::2[58] ::/0" },
	{ TUNNEL("any", "any"), NULL, NULL, "0.0.0.0/0 ::/0",
	  "0.0.0.0/0 ::/0" },
	{ TUNNEL("any", "10.2.0.0/16"), NULL, NULL, "0.0.0.0/0",
	  "10.2.0.0/16" },
	{ TUNNEL("any[6/80]", "any[6]"), "10.1.0.5[6/80]", "10.2.0.9[6/99]",
	  "10.1.0.5[6/80] 0.0.0.0/0[6/80]", "10.2.0.9[6/99] 0.0.0.0/0[6]" },
	/* an SA for each flow */
	{ UNIQUE("10.1.0.0/16", "10.2.0.0/16"), "10.1.0.5[6/4000]",
	  "10.2.0.9[6/80]", "10.1.0.5[6/4000]", "10.2.0.9[6/80]" },
	{ UNIQUE("10.1.0.0/16", "10.2.0.0/16"), NULL, NULL, "10.1.0.0/16",
	  "10.2.0.0/16" },
	/* transport mode: the traffic of the ends themselves */
	{ TRANSPORT("any", "198.51.100.1"), NULL, NULL, "192.0.2.1",
	  "198.51.100.1" },
	{ TRANSPORT("any", "198.51.100.1"), "192.0.2.1[1]", "198.51.100.1[1]",
	  "192.0.2.1[1] 192.0.2.1", "198.51.100.1[1] 198.51.100.1" },
	{ TRANSPORT("any[1]", "198.51.100.1[1]"), "192.0.2.1[1]",
	  "198.51.100.1[1]", "192.0.2.1[1]", "198.51.100.1[1]" },
	{ TRANSPORT("any", "198.51.100.0/24"), NULL, NULL, "192.0.2.1",
	  "198.51.100.1" },
	{ TRANSPORT("192.0.2.7", "198.51.100.1"), NULL, NULL, NULL, NULL },
	{ TRANSPORT("any", "198.51.100.7"), NULL, NULL, NULL, NULL },
	{ TRANSPORT("any", "any"), "192.0.2.7", "198.51.100.1", NULL, NULL },
	/* a packet that the policy does not cover */
	{ TUNNEL("10.1.0.0/16", "10.2.0.0/16"), "10.3.0.5", "10.2.0.9", NULL,
	  NULL },
	{ TUNNEL("10.1.0.0/16[6]", "10.2.0.0/16[6]"), "10.1.0.5[17]",
	  "10.2.0.9[17]", NULL, NULL },
};

static void test_offers(void **state)
{
	const struct missiu_addr local = addr("192.0.2.1");
	const struct missiu_addr remote = addr("198.51.100.1");

	(void)state;
	for (size_t i = 0; i < COUNT(offers); i++) {
		struct missiu_policy pol = policy(&offers[i].pol);
		struct missiu_ts pl, pr;
		struct ike_ts_list tsl, tsr;
		bool pkt = offers[i].pkt_local;
		int ret;

		if (pkt) {
			pl = one(offers[i].pkt_local);
			pr = one(offers[i].pkt_remote);
		}
		ret = ike_ts_offer(&pol, pkt ? &pl : NULL, pkt ? &pr : NULL,
				   &local, &remote, &tsl, &tsr);
		if (!offers[i].tsl) {
			assert_int_equal(ret, MISSIU_EINVAL);
			continue;
		}
		assert_int_equal(ret, 0);
		assert_list(&tsl, offers[i].tsl, i, "local");
		assert_list(&tsr, offers[i].tsr, i, "remote");
		assert_int_equal(ike_ts_check(&tsl, &tsl), 0);
	}
}

/* --- the responder's choice; we are 198.51.100.1, the peer 192.0.2.1 --- */

#define T MISSIU_TUNNEL
#define P MISSIU_TRANSPORT

static const struct {
	struct policy pol[4];
	uint8_t mode;
	const char *tsi, *tsr; /* the peer's offer */
	int chosen;	       /* index of the policy, -1: none */
	const char *remote, *local;
} narrows[] = {
	/* an SA for each flow: the first selectors, when they name one */
	{ { UNIQUE("10.2.0.0/16", "10.1.0.0/16") },
	  T,
	  "10.1.0.5[6/4000] 10.1.0.0/16",
	  "10.2.0.9[6/80] 10.2.0.0/16",
	  0,
	  "10.1.0.5[6/4000]",
	  "10.2.0.9[6/80]" },
	{ { UNIQUE("10.2.0.0/16", "10.1.0.0/16") },
	  T,
	  "10.1.0.5[47]",
	  "10.2.0.9[47]",
	  0,
	  "10.1.0.5[47]",
	  "10.2.0.9[47]" },
	{ { UNIQUE("10.2.0.0/16", "10.1.0.0/16") },
	  T,
	  "10.1.0.5[6] 10.1.0.0/16",
	  "10.2.0.9[6/80] 10.2.0.0/16",
	  -1,
	  NULL,
	  NULL },
	{ { UNIQUE("10.2.0.0/16", "10.1.0.0/16") },
	  T,
	  "10.1.0.0/16",
	  "10.2.0.0/16",
	  -1,
	  NULL,
	  NULL },
	{ { UNIQUE("10.2.0.0/16", "10.1.0.0/16"),
	    TUNNEL("10.2.0.0/16", "10.1.0.0/16") },
	  T,
	  "10.1.0.0/16",
	  "10.2.0.0/16",
	  1,
	  "10.1.0.0/16",
	  "10.2.0.0/16" },
	/* the same on both sides */
	{ { TUNNEL("10.2.0.0/16", "10.1.0.0/16") },
	  T,
	  "10.1.0.0/16",
	  "10.2.0.0/16",
	  0,
	  "10.1.0.0/16",
	  "10.2.0.0/16" },
	/* the offer is wider: ours */
	{ { TUNNEL("10.2.0.0/16", "10.1.0.0/16") },
	  T,
	  "0.0.0.0/0",
	  "0.0.0.0/0",
	  0,
	  "10.1.0.0/16",
	  "10.2.0.0/16" },
	/* the offer is narrower: theirs */
	{ { TUNNEL("any", "any") },
	  T,
	  "10.1.0.0/16",
	  "10.2.0.0/16",
	  0,
	  "10.1.0.0/16",
	  "10.2.0.0/16" },
	/* each wider on one side */
	{ { TUNNEL("10.2.3.0/24", "any") },
	  T,
	  "10.1.0.0/16",
	  "10.2.0.0/16",
	  0,
	  "10.1.0.0/16",
	  "10.2.3.0/24" },
	/* protocol and port narrow too */
	{ { TUNNEL("any[6/80]", "any[6]") },
	  T,
	  "10.1.0.0/16",
	  "10.2.0.0/16",
	  0,
	  "10.1.0.0/16[6]",
	  "10.2.0.0/16[6/80]" },
	{ { TUNNEL("any", "any") },
	  T,
	  "10.1.0.0/16[17]",
	  "10.2.0.1[17/53]",
	  0,
	  "10.1.0.0/16[17]",
	  "10.2.0.1[17/53]" },
	{ { TUNNEL("any[6]", "any[6]") },
	  T,
	  "10.1.0.0/16[17]",
	  "any[17]",
	  -1,
	  NULL,
	  NULL },
	{ { TUNNEL("any[6/80]", "any[6]") },
	  T,
	  "10.1.0.0/16[6]",
	  "10.2.0.0/16[6/81]",
	  -1,
	  NULL,
	  NULL },
	/* nothing in common */
	{ { TUNNEL("10.2.0.0/16", "10.1.0.0/16") },
	  T,
	  "10.3.0.0/16",
	  "10.2.0.0/16",
	  -1,
	  NULL,
	  NULL },
	{ { TUNNEL("10.2.0.0/16", "10.1.0.0/16") },
	  T,
	  "10.1.0.0/16",
	  "10.3.0.0/16",
	  -1,
	  NULL,
	  NULL },
	{ { TUNNEL("10.2.0.0/16", "10.1.0.0/16") },
	  T,
	  "10.2.0.0/16",
	  "10.1.0.0/16",
	  -1,
	  NULL,
	  NULL },
	{ { TUNNEL("any", "2001:db8::/32") },
	  T,
	  "10.1.0.0/16",
	  "10.2.0.0/16",
	  -1,
	  NULL,
	  NULL },
	{ { { 0 } }, T, "10.1.0.0/16", "10.2.0.0/16", -1, NULL, NULL },
	/* the packet's selector first, all of it kept (2.9) */
	{ { TUNNEL("10.2.0.0/16", "10.1.0.0/16") },
	  T,
	  "10.1.0.5[6/4000] 10.1.0.0/16",
	  "10.2.0.9[6/80] 10.2.0.0/16",
	  0,
	  "10.1.0.5[6/4000] 10.1.0.0/16",
	  "10.2.0.9[6/80] 10.2.0.0/16" },
	{ { TUNNEL("10.2.0.0/24", "10.1.0.0/24") },
	  T,
	  "10.1.0.5[6/4000] 10.1.0.0/16",
	  "10.2.0.9[6/80] 10.2.0.0/16",
	  0,
	  "10.1.0.5[6/4000] 10.1.0.0/24",
	  "10.2.0.9[6/80] 10.2.0.0/24" },
	/* what narrows to the same is said once */
	{ { TUNNEL("10.2.0.9", "10.1.0.5") },
	  T,
	  "10.1.0.5 10.1.0.0/16",
	  "10.2.0.9 10.2.0.0/16",
	  0,
	  "10.1.0.5",
	  "10.2.0.9" },
	/* the policy of the packet wins over an earlier one that overlaps */
	{ { TUNNEL("any[6/80]", "any[6]"), TUNNEL("any", "any") },
	  T,
	  "10.1.0.5[17/9] 10.1.0.0/16",
	  "10.2.0.9[17/53] 10.2.0.0/16",
	  1,
	  "10.1.0.5[17/9] 10.1.0.0/16",
	  "10.2.0.9[17/53] 10.2.0.0/16" },
	{ { TUNNEL("any[6/80]", "any[6]"), TUNNEL("any", "any") },
	  T,
	  "10.1.0.5[6/9] 10.1.0.0/16",
	  "10.2.0.9[6/80] 10.2.0.0/16",
	  0,
	  "10.1.0.5[6/9] 10.1.0.0/16[6]",
	  "10.2.0.9[6/80] 10.2.0.0/16[6/80]" },
	{ { TUNNEL("10.2.0.0/24", "any"), TUNNEL("10.2.0.0/16", "any") },
	  T,
	  "10.1.0.0/16",
	  "10.2.0.0/16",
	  1,
	  "10.1.0.0/16",
	  "10.2.0.0/16" },
	/* none covers the first selectors: the first that overlaps */
	{ { TUNNEL("10.2.0.0/24", "any"), TUNNEL("10.2.1.0/24", "any") },
	  T,
	  "10.1.0.0/16",
	  "10.2.0.0/16",
	  0,
	  "10.1.0.0/16",
	  "10.2.0.0/24" },
	/* both families, one policy each */
	{ { TUNNEL("2001:db8:2::/48", "2001:db8:1::/48"),
	    TUNNEL("10.2.0.0/16", "10.1.0.0/16") },
	  T,
	  "10.1.0.0/16 2001:db8:1::/48",
	  "10.2.0.0/16 2001:db8:2::/48",
	  1,
	  "10.1.0.0/16",
	  "10.2.0.0/16" },
	/* tunnel ends */
	{ { ENDS("any", "any", "198.51.100.1", "192.0.2.1") },
	  T,
	  "10.1.0.0/16",
	  "10.2.0.0/16",
	  0,
	  "10.1.0.0/16",
	  "10.2.0.0/16" },
	{ { ENDS("any", "any", NULL, "192.0.2.1") },
	  T,
	  "10.1.0.0/16",
	  "10.2.0.0/16",
	  0,
	  "10.1.0.0/16",
	  "10.2.0.0/16" },
	{ { ENDS("any", "any", "198.51.100.1", "192.0.2.9"),
	    ENDS("any", "any", "198.51.100.9", "192.0.2.1") },
	  T,
	  "10.1.0.0/16",
	  "10.2.0.0/16",
	  -1,
	  NULL,
	  NULL },
	/* mode */
	{ { TUNNEL("any", "any") },
	  P,
	  "192.0.2.1",
	  "198.51.100.1",
	  -1,
	  NULL,
	  NULL },
	{ { TRANSPORT("any", "any") },
	  T,
	  "192.0.2.1",
	  "198.51.100.1",
	  -1,
	  NULL,
	  NULL },
	{ { TUNNEL("any", "any"), TRANSPORT("any", "192.0.2.1") },
	  P,
	  "192.0.2.1[1] 192.0.2.1",
	  "198.51.100.1[1] 198.51.100.1",
	  1,
	  "192.0.2.1[1] 192.0.2.1",
	  "198.51.100.1[1] 198.51.100.1" },
	/* transport mode protects the ends only */
	{ { TRANSPORT("any", "any") },
	  P,
	  "192.0.2.0/24",
	  "0.0.0.0/0",
	  0,
	  "192.0.2.1",
	  "198.51.100.1" },
	{ { TRANSPORT("any", "any") },
	  P,
	  "192.0.2.9",
	  "198.51.100.1",
	  -1,
	  NULL,
	  NULL },
	{ { TRANSPORT("any", "192.0.2.9") },
	  P,
	  "192.0.2.1",
	  "198.51.100.1",
	  -1,
	  NULL,
	  NULL },
	{ { TRANSPORT("any[1]", "192.0.2.1[1]") },
	  P,
	  "192.0.2.1",
	  "198.51.100.1",
	  0,
	  "192.0.2.1[1]",
	  "198.51.100.1[1]" },
	/* an earlier bypass takes all of the traffic, or only some */
	{ { BYPASS("any", "any"), TUNNEL("any", "any") },
	  T,
	  "10.1.0.0/16",
	  "10.2.0.0/16",
	  -1,
	  NULL,
	  NULL },
	{ { BYPASS("any[6/22]", "any[6]"), TUNNEL("any", "any") },
	  T,
	  "10.1.0.0/16",
	  "10.2.0.0/16",
	  1,
	  "10.1.0.0/16",
	  "10.2.0.0/16" },
	{ { TUNNEL("any", "any"), BYPASS("any", "any") },
	  T,
	  "10.1.0.0/16",
	  "10.2.0.0/16",
	  0,
	  "10.1.0.0/16",
	  "10.2.0.0/16" },
};

static void test_narrowing(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(narrows); i++) {
		struct missiu_policy pol[4];
		struct ike_ts_ctx ctx = { .pol = pol,
					  .local = addr("198.51.100.1"),
					  .remote = addr("192.0.2.1"),
					  .mode = narrows[i].mode };
		struct ike_ts_list tsi = list(narrows[i].tsi);
		struct ike_ts_list tsr = list(narrows[i].tsr);
		struct ike_ts_choice c;
		int ret;

		for (; ctx.n_pol < 4 && narrows[i].pol[ctx.n_pol].action;
		     ctx.n_pol++)
			pol[ctx.n_pol] = policy(&narrows[i].pol[ctx.n_pol]);
		ret = ike_ts_narrow(&ctx, &tsi, &tsr, &c);
		if (ret != (narrows[i].chosen < 0 ? MISSIU_ENOENT : 0))
			fail_msg("row %zu: %d", i, ret);
		if (ret)
			continue;
		assert_int_equal(c.pol - pol, narrows[i].chosen);
		assert_list(&c.remote, narrows[i].remote, i, "remote");
		assert_list(&c.local, narrows[i].local, i, "local");
		assert_list(&c.tsi, narrows[i].remote, i, "TSi");
		assert_list(&c.tsr, narrows[i].local, i, "TSr");
		/* The initiator agrees with the answer. */
		assert_int_equal(ike_ts_check(&tsi, &c.tsi), 0);
		assert_int_equal(ike_ts_check(&tsr, &c.tsr), 0);
	}
}

/* --- NAT in transport mode (2.23.1) --- */

/* Peer 10.0.0.5 behind 192.0.2.1; we are 172.16.0.7 behind 198.51.100.1. */
static void test_transport_mode_behind_nats(void **state)
{
	const struct policy p = TRANSPORT("any[6]", "192.0.2.1[6]");
	struct missiu_policy pol = policy(&p);
	struct ike_ts_ctx ctx = {
		.pol = &pol,
		.n_pol = 1,
		.local = addr("172.16.0.7"),
		.remote = addr("192.0.2.1"),
		.mode = MISSIU_TRANSPORT,
		.nat_local = true,
		.nat_remote = true,
	};
	struct ike_ts_list tsi = list("10.0.0.5[6/4000] 10.0.0.5");
	struct ike_ts_list tsr = list("198.51.100.1[6/80] 198.51.100.1");
	struct ike_ts_choice c;

	(void)state;
	assert_int_equal(ike_ts_narrow(&ctx, &tsi, &tsr, &c), 0);
	assert_list(&c.remote, "192.0.2.1[6/4000] 192.0.2.1[6]", 0, "remote");
	assert_list(&c.local, "172.16.0.7[6/80] 172.16.0.7[6]", 0, "local");
	assert_list(&c.tsi, "10.0.0.5[6/4000] 10.0.0.5[6]", 0, "TSi");
	assert_list(&c.tsr, "198.51.100.1[6/80] 198.51.100.1[6]", 0, "TSr");
	assert_int_equal(ike_ts_check(&tsi, &c.tsi), 0);
	assert_int_equal(ike_ts_check(&tsr, &c.tsr), 0);

	/* Only the end that is behind a NAT is exchanged. */
	ctx.nat_remote = false;
	assert_int_equal(ike_ts_narrow(&ctx, &tsi, &tsr, &c), MISSIU_ENOENT);
	tsi = list("192.0.2.1");
	assert_int_equal(ike_ts_narrow(&ctx, &tsi, &tsr, &c), 0);
	ctx.nat_local = false;
	assert_int_equal(ike_ts_narrow(&ctx, &tsi, &tsr, &c), MISSIU_ENOENT);
}

/* A range says nothing about an address: it is narrowed, not exchanged. */
static void test_ranges_are_not_exchanged_behind_nats(void **state)
{
	const struct policy p = TRANSPORT("any", "any");
	struct missiu_policy pol = policy(&p);
	struct ike_ts_ctx ctx = {
		.pol = &pol,
		.n_pol = 1,
		.local = addr("172.16.0.7"),
		.remote = addr("192.0.2.1"),
		.mode = MISSIU_TRANSPORT,
		.nat_local = true,
		.nat_remote = true,
	};
	struct ike_ts_list tsi = list("0.0.0.0/0"), tsr = list("172.16.0.0/12");
	struct ike_ts_choice c;

	(void)state;
	assert_int_equal(ike_ts_narrow(&ctx, &tsi, &tsr, &c), 0);
	assert_list(&c.remote, "192.0.2.1", 0, "remote");
	assert_list(&c.tsi, "192.0.2.1", 0, "TSi");
	assert_list(&c.tsr, "172.16.0.7", 0, "TSr");
	tsi = list("10.0.0.0/8");
	assert_int_equal(ike_ts_narrow(&ctx, &tsi, &tsr, &c), MISSIU_ENOENT);
	tsi = list("10.0.0.5[6] 10.0.0.0/8");
	assert_int_equal(ike_ts_narrow(&ctx, &tsi, &tsr, &c), 0);
	assert_list(&c.tsi, "10.0.0.5[6]", 0, "TSi");
}

static void test_bypass_of_one_direction_takes_nothing(void **state)
{
	const struct policy p[] = { BYPASS("any", "any"),
				    TUNNEL("any", "any") };
	struct missiu_policy pol[] = { policy(&p[0]), policy(&p[1]) };
	struct ike_ts_ctx ctx = { .pol = pol,
				  .n_pol = 2,
				  .mode = MISSIU_TUNNEL };
	struct ike_ts_list ts = list("10.2.0.1");
	struct ike_ts_choice c;

	(void)state;
	assert_int_equal(ike_ts_narrow(&ctx, &ts, &ts, &c), MISSIU_ENOENT);
	pol[0].dirs = MISSIU_OUT;
	assert_int_equal(ike_ts_narrow(&ctx, &ts, &ts, &c), 0);
	assert_ptr_equal(c.pol, &pol[1]);
}

static void test_tunnel_mode_keeps_addresses_behind_nats(void **state)
{
	const struct policy p = TUNNEL("10.2.0.0/16", "any");
	struct missiu_policy pol = policy(&p);
	struct ike_ts_ctx ctx = {
		.pol = &pol,
		.n_pol = 1,
		.local = addr("172.16.0.7"),
		.remote = addr("192.0.2.1"),
		.mode = MISSIU_TUNNEL,
		.nat_local = true,
		.nat_remote = true,
	};
	struct ike_ts_list tsi = list("10.0.0.5"), tsr = list("10.2.0.9");
	struct ike_ts_choice c;

	(void)state;
	ctx.nat_local = false; /* one end at a time */
	assert_int_equal(ike_ts_narrow(&ctx, &tsi, &tsr, &c), 0);
	assert_list(&c.remote, "10.0.0.5", 0, "remote");
	ctx.nat_local = true;
	ctx.nat_remote = false;
	assert_int_equal(ike_ts_narrow(&ctx, &tsi, &tsr, &c), 0);
	assert_list(&c.local, "10.2.0.9", 0, "local");
	ctx.nat_remote = true;
	assert_int_equal(ike_ts_narrow(&ctx, &tsi, &tsr, &c), 0);
	assert_list(&c.remote, "10.0.0.5", 0, "remote");
	assert_list(&c.tsi, "10.0.0.5", 0, "TSi");
}

static void test_nothing_readable_is_unacceptable(void **state)
{
	const struct policy p = TUNNEL("any", "any");
	struct missiu_policy pol = policy(&p);
	struct ike_ts_ctx ctx = { .pol = &pol,
				  .n_pol = 1,
				  .mode = MISSIU_TUNNEL };
	struct ike_ts_list none = { .n_unusable = 1 }, tsr = list("10.2.0.1");
	struct ike_ts_choice c;

	(void)state;
	assert_int_equal(ike_ts_narrow(&ctx, &none, &tsr, &c), MISSIU_ENOENT);
	assert_int_equal(ike_ts_narrow(&ctx, &tsr, &none, &c), MISSIU_ENOENT);
}

/* --- the initiator's check --- */

static const struct {
	const char *offer, *answer;
	int ret;
} checks[] = {
	{ "10.1.0.0/16", "10.1.0.0/16", 0 },
	{ "10.1.0.0/16", "10.1.2.0/24", 0 },
	{ "10.1.0.0/16", "10.1.2.0/24 10.1.3.0/24", 0 },
	{ "10.1.0.5[6/80] 10.1.0.0/16", "10.1.0.5[6/80]", 0 },
	{ "10.1.0.5[6/80] 10.1.0.0/16", "10.1.0.0/16[6]", 0 },
	{ "10.1.0.0/16", "10.0.0.0/8", MISSIU_EPROTO },
	{ "10.1.0.0/16", "10.1.2.0/24 10.2.0.0/24", MISSIU_EPROTO },
	{ "10.1.0.0/16[6]", "10.1.0.0/16", MISSIU_EPROTO },
	{ "10.1.0.0/16[6]", "10.1.0.0/16[17]", MISSIU_EPROTO },
	{ "10.1.0.0/16[6/80]", "10.1.0.0/16[6]", MISSIU_EPROTO },
	{ "10.1.0.0/16", "2001:db8::1", MISSIU_EPROTO },
	{ "10.1.0.0/16", "", MISSIU_EPROTO },
};

static void test_answers(void **state)
{
	struct ike_ts_list offer = list("10.1.0.0/16"), more = offer;

	(void)state;
	for (size_t i = 0; i < COUNT(checks); i++) {
		struct ike_ts_list o = list(checks[i].offer);
		struct ike_ts_list a = list(checks[i].answer);

		if (ike_ts_check(&o, &a) != checks[i].ret)
			fail_msg("row %zu", i);
	}
	more.n_more = 1;
	assert_int_equal(ike_ts_check(&offer, &more), MISSIU_EPROTO);
	more.n_more = 0;
	more.n_unusable = 1;
	assert_int_equal(ike_ts_check(&offer, &more), MISSIU_EPROTO);
}

static void test_list_text(void **state)
{
	struct ike_ts_list l = list("10.1.0.5[6/80] 10.1.0.0/16");
	char text[80];

	(void)state;
	ike_ts_list_text(&l, text, sizeof(text));
	assert_string_equal(text, "10.1.0.5[tcp/80] 10.1.0.0/16");
	l.n_more = 3;
	l.n_unusable = 1;
	ike_ts_list_text(&l, text, sizeof(text));
	assert_string_equal(text, "10.1.0.5[tcp/80] 10.1.0.0/16 and 3 more "
				  "and 1 not understood");
	ike_ts_list_text(&l, text, 12);
	assert_string_equal(text, "10.1.0.5...");
	l = (struct ike_ts_list){ .n_unusable = 2 };
	ike_ts_list_text(&l, text, sizeof(text));
	assert_string_equal(text, "2 not understood");
	l = (struct ike_ts_list){ 0 };
	ike_ts_list_text(&l, text, sizeof(text));
	assert_string_equal(text, "nothing");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_offers),
		cmocka_unit_test(test_narrowing),
		cmocka_unit_test(test_transport_mode_behind_nats),
		cmocka_unit_test(test_ranges_are_not_exchanged_behind_nats),
		cmocka_unit_test(test_bypass_of_one_direction_takes_nothing),
		cmocka_unit_test(test_tunnel_mode_keeps_addresses_behind_nats),
		cmocka_unit_test(test_nothing_readable_is_unacceptable),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_list_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
