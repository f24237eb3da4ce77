/* SPDX-License-Identifier: Apache-2.0 */
#include "missiu/guard_rules.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "missiu/guard_policies.h"

static const char *const counter_names[] = {
#define X(name, text) #name,
	GUARD_COUNTERS(X)
#undef X
};

/* Whether nftables takes it between quotes, without a meaning of its own. */
static bool can_quote(const char *device)
{
	for (const char *c = device; *c; c++)
		if (*c < ' ' || *c > '~' || strchr("\"\\*", *c))
			return false;
	return *device && strlen(device) < IFNAMSIZ;
}

bool guard_table_name(const char *iface, char out[GUARD_TABLE_MAX])
{
	int at = snprintf(out, GUARD_TABLE_MAX, "missiu_");

	if (!can_quote(iface))
		return false;
	for (const char *c = iface; *c; c++)
		at += snprintf(out + at, GUARD_TABLE_MAX - (size_t)at,
			       isalnum((unsigned char)*c) ? "%c" : "_%02x",
			       (unsigned char)*c);
	return true;
}

static bool names(const struct guard_rules *g, char table[GUARD_TABLE_MAX])
{
	return can_quote(g->device) && guard_table_name(g->iface, table);
}

/* The chains that know the policies; each twice. */
static const char *const judges[] = { "in", "in_later", "out", "out_later" };
#define N_JUDGES (sizeof(judges) / sizeof(judges[0]))

static const char *gen_word(unsigned gen)
{
	return gen ? "_2" : "";
}

static void put_flush(FILE *to, const char *table, unsigned gen)
{
	for (size_t i = 0; i < N_JUDGES; i++)
		fprintf(to, "flush chain netdev %s %s%s\n", table, judges[i],
			gen_word(gen));
}

static void put_frame(FILE *to, const char *table, const char *device)
{
	fprintf(to, "table netdev %s {\n", table);
	for (int i = 0; i < GUARD_COUNTERS_MAX; i++)
		fprintf(to, "counter %s { packets 0 bytes 0 }\n",
			counter_names[i]);
	fputs("set first4 { typeof ip saddr . ip daddr . ip id; size 4096; "
	      "flags dynamic,timeout; timeout 30s; }\n"
	      "set first6 { typeof ip6 saddr . ip6 daddr . frag id; size 4096; "
	      "flags dynamic,timeout; timeout 30s; }\n"
	      "chain pass { }\n",
	      to);
	for (unsigned gen = 0; gen < 2; gen++)
		for (size_t i = 0; i < N_JUDGES; i++)
			fprintf(to, "chain %s%s { }\n", judges[i],
				gen_word(gen));
	fprintf(to,
		"chain ingress { type filter hook ingress device \"%s\" "
		"priority -400; policy accept; }\n"
		"chain egress { type filter hook egress device \"%s\" "
		"priority 400; policy accept; }\n}\n",
		device, device);
}

static const char pass_rules[] =
	"chain pass {\n"
	"ip frag-off & 0x3fff == 0x2000 "
	"update @first4 { ip saddr . ip daddr . ip id }\n"
	"frag frag-off 0 frag more-fragments 1 "
	"update @first6 { ip6 saddr . ip6 daddr . frag id }\n"
	"accept\n}\n";

/* What is not for us to judge: other VLANs, other protocols than IP. */
static const char not_ours[] =
	"@ll,96,16 { 0x8100, 0x88a8 } @ll,116,12 != 0 accept\n"
	"meta protocol != { ip, ip6 } accept\n";

/* Neighbours, their multicast groups, and DHCP (RFC 4861, 3810, 2131, 8415). */
static const char never_locked_out[] =
	"ip6 hoplimit 255 icmpv6 type 133-137 accept\n"
	"ip6 hoplimit 1 icmpv6 type { 130-132, 143 } accept\n"
	"udp sport { 67, 68 } udp dport { 67, 68 } accept\n"
	"udp sport { 546, 547 } udp dport { 546, 547 } accept\n";

/*
 * Our own IKE: neither ESP in UDP nor what we forward (RFC 7296 2.23). Over TCP
 * the port is ours on both ends of what we begin and what we answer, so no
 * other port of this host is open to a peer that picks its own well.
 */
static void put_ike(const struct guard_chain *c, const struct guard_rules *g)
{
	static const char *const what[] = { "500", "4500 @th,64,32 0",
					    "4500 udp length 9" };
	const char *local = !g->fib ? "" :
			    c->out  ? "fib saddr type local " :
				      "fib daddr type local ";

	for (size_t i = 0; i < sizeof(what) / sizeof(what[0]); i++)
		fprintf(c->to, "udp %s %s %sgoto pass\n",
			c->out ? "sport" : "dport", what[i], local);
	if (g->tcp)
		fprintf(c->to, "tcp %s %u %sgoto pass\n",
			c->out ? "sport" : "dport", g->tcp, local);
}

/* ESP and AH whether fragment or not, ESP in UDP; not what we only forward. */
static void put_hide(FILE *to, bool fib)
{
	static const char *const what[] = {
		"meta l4proto 50",
		"frag nexthdr 50",
		"ip protocol 51",
		"ip6 nexthdr 51",
		"hbh nexthdr 51",
		"rt nexthdr 51",
		"dst nexthdr 51",
		"frag nexthdr 51",
		"udp dport 4500 udp length >= 16 @th,64,32 != 0",
	};

	for (size_t i = 0; i < sizeof(what) / sizeof(what[0]); i++)
		fprintf(to, "%s %scounter name in_ipsec drop\n", what[i],
			fib ? "fib daddr type != unicast " : "");
}

/*
 * What comes by the million, first: untagged, and nothing in front of ESP. It
 * spares each packet half of what judging it takes.
 */
static void put_hide_first(FILE *to, bool fib)
{
	static const char *const what[] = {
		"@ll,96,16 0x0800 ip protocol 50",
		"@ll,96,16 0x86dd ip6 nexthdr 50",
	};

	for (size_t i = 0; i < sizeof(what) / sizeof(what[0]); i++)
		fprintf(to, "%s %scounter name in_ipsec drop\n", what[i],
			fib ? "fib daddr type != unicast " : "");
}

/* Later fragments go their own way; the others must show all that counts. */
static void put_split(FILE *to, const char *dir, unsigned gen)
{
	const char *word = gen_word(gen);

	fprintf(to,
		"ip frag-off & 0x1fff != 0 goto %s_later%s\n"
		"frag frag-off != 0 goto %s_later%s\n"
		"meta l4proto != { 1, 6, 17, 33, 58, 132, 136 } goto %s%s\n"
		"@th,0,32 >= 0 goto %s%s\n"
		"counter name %s_damaged drop\n}\n",
		dir, word, dir, word, dir, word, dir, word, dir);
}

static bool put_judges(FILE *to, const struct guard_rules *g, bool out,
		       const struct missiu_policy *v, size_t n)
{
	struct guard_chain c = { .to = to,
				 .dir = out ? "out" : "in",
				 .out = out };
	bool ok;

	fprintf(to, "chain %s%s {\n", c.dir, gen_word(g->gen));
	put_ike(&c, g);
	fputs(never_locked_out, to);
	ok = guard_put_policies(&c, v, n, g->drop_unmatched);
	fprintf(to,
		"}\nchain %s_later%s {\n"
		"ip saddr . ip daddr . ip id @first4 accept\n"
		"ip6 saddr . ip6 daddr . frag id @first6 accept\n",
		c.dir, gen_word(g->gen));
	c.later = true;
	ok = guard_put_policies(&c, v, n, g->drop_unmatched) && ok;
	fputs("}\n", to);
	return ok;
}

/* The chain at the hook. */
static void put_base(FILE *to, const struct guard_rules *g, bool out)
{
	fprintf(to, "chain %s {\n", out ? "egress" : "ingress");
	if (out) {
		fprintf(to, "meta mark %d accept\n", GUARD_MARK);
	} else {
		put_hide_first(to, g->fib);
		fputs("@ll,96,16 { 0x8100, 0x88a8 } @ll,116,12 0 "
		      "@ll,128,16 { 0x8100, 0x88a8 } "
		      "counter name in_damaged drop\n",
		      to);
	}
	fputs(not_ours, to);
	if (!out)
		put_hide(to, g->fib);
	put_split(to, out ? "out" : "in", g->gen);
}

static bool put_table(FILE *to, const char *table, const struct guard_rules *g,
		      const struct missiu_policy *v, size_t n)
{
	bool ok;

	fprintf(to, "add table netdev %s\n", table);
	if (g->replace)
		fprintf(to, "delete table netdev %s\n", table);
	put_frame(to, table, g->device);
	fprintf(to, "flush table netdev %s\ntable netdev %s {\n%s", table,
		table, pass_rules);
	ok = put_judges(to, g, false, v, n);
	put_base(to, g, false);
	ok = put_judges(to, g, true, v, n) && ok;
	put_base(to, g, true);
	fputs("}\n", to);
	return ok;
}

static bool put_prepare(FILE *to, const char *table,
			const struct guard_rules *g,
			const struct missiu_policy *v, size_t n)
{
	bool ok;

	put_frame(to, table, g->device);
	put_flush(to, table, g->gen);
	fprintf(to, "table netdev %s {\n", table);
	ok = put_judges(to, g, false, v, n);
	ok = put_judges(to, g, true, v, n) && ok;
	fputs("}\n", to);
	return ok;
}

static bool put_switch(FILE *to, const char *table, const struct guard_rules *g,
		       const struct missiu_policy *v, size_t n)
{
	(void)v;
	(void)n;
	fprintf(to,
		"flush chain netdev %s ingress\nflush chain netdev %s egress\n"
		"table netdev %s {\n",
		table, table, table);
	put_base(to, g, false);
	put_base(to, g, true);
	fputs("}\n", to);
	return true;
}

static bool put_forget(FILE *to, const char *table, const struct guard_rules *g,
		       const struct missiu_policy *v, size_t n)
{
	(void)v;
	(void)n;
	put_flush(to, table, !g->gen);
	return true;
}

char *guard_step_text(enum guard_step step, const struct guard_rules *g,
		      const struct missiu_policy *v, size_t n)
{
	static bool (*const put[])(FILE * to, const char *table,
				   const struct guard_rules *g,
				   const struct missiu_policy *v, size_t n) = {
		[GUARD_WHOLE] = put_table,
		[GUARD_PREPARE] = put_prepare,
		[GUARD_SWITCH] = put_switch,
		[GUARD_FORGET] = put_forget,
	};
	char table[GUARD_TABLE_MAX], *text = NULL;
	size_t len;
	FILE *to;
	bool ok;

	if (!names(g, table))
		return NULL;
	to = open_memstream(&text, &len);
	if (!to)
		return NULL;
	ok = put[step](to, table, g, v, n);
	if (!fclose(to) && ok)
		return text;
	free(text);
	return NULL;
}

char *guard_rules_text(const struct guard_rules *g,
		       const struct missiu_policy *v, size_t n)
{
	return guard_step_text(GUARD_WHOLE, g, v, n);
}

char *guard_frame_text(const struct guard_rules *g)
{
	char table[GUARD_TABLE_MAX], *text = NULL;
	size_t len;
	FILE *to;

	if (!names(g, table))
		return NULL;
	to = open_memstream(&text, &len);
	if (!to)
		return NULL;
	put_frame(to, table, g->device);
	if (!fclose(to))
		return text;
	free(text);
	return NULL;
}
