/* SPDX-License-Identifier: Apache-2.0 */
/* The guard's rules: what text the policies become, and what it decides. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/addr.h"
#include "missiu/guard_match.h"
#include "missiu/guard_rules.h"

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

/* One side of a policy: "10.0.0.0-10.0.0.9", "10.0.0.1" or "any". */
static struct missiu_ts side(const char *range, uint8_t proto, uint16_t lo,
			     uint16_t hi)
{
	struct missiu_ts ts = { .proto = proto, .port_lo = lo, .port_hi = hi };
	char text[100], *dash;

	if (!strcmp(range, "any"))
		return ts;
	snprintf(text, sizeof(text), "%s", range);
	dash = strchr(text, '-');
	if (dash)
		*dash = '\0';
	assert_true(addr_parse(text, &ts.lo));
	assert_true(addr_parse(dash ? dash + 1 : text, &ts.hi));
	return ts;
}

static struct missiu_policy policy(unsigned action, unsigned dirs,
				   const char *local, const char *remote)
{
	return (struct missiu_policy){
		.action = (uint8_t)action,
		.dirs = (uint8_t)dirs,
		.local = side(local, 0, 0, UINT16_MAX),
		.remote = side(remote, 0, 0, UINT16_MAX),
	};
}

static struct missiu_policy with(struct missiu_policy p, uint8_t proto,
				 unsigned llo, unsigned lhi, unsigned rlo,
				 unsigned rhi)
{
	p.local.proto = p.remote.proto = proto;
	p.local.port_lo = (uint16_t)llo;
	p.local.port_hi = (uint16_t)lhi;
	p.remote.port_lo = (uint16_t)rlo;
	p.remote.port_hi = (uint16_t)rhi;
	return p;
}

static char *text_of(const struct missiu_policy *v, size_t n, bool drop)
{
	const struct guard_rules g = { .iface = "eth0",
				       .device = "eth0",
				       .fib = true,
				       .drop_unmatched = drop };
	char *text = guard_rules_text(&g, v, n);

	assert_non_null(text);
	return text;
}

/* The rules of a chain; the first block of that name is the empty frame. */
static const char *chain(const char *text, const char *name, size_t *len)
{
	char head[64];
	const char *at;

	snprintf(head, sizeof(head), "\nchain %s {\n", name);
	at = strstr(text, head);
	assert_non_null(at);
	at += strlen(head);
	*len = (size_t)(strstr(at, "\n}\n") - at) + 1;
	return at;
}

static const char exempt_last[] =
	"udp sport { 546, 547 } udp dport { 546, 547 } accept\n";
static const char first6[] = "ip6 saddr . ip6 daddr . frag id @first6 accept\n";

/* What the policies became: between the exemptions and the default. */
static void assert_rules(const char *text, const char *name,
			 const char *expected)
{
	bool later = strstr(name, "_later") != NULL;
	const char *last = later ? first6 : exempt_last;
	size_t len;
	const char *at = chain(text, name, &len), *end = at + len;
	char got[4096];

	at = strstr(at, last);
	assert_non_null(at);
	at += strlen(last);
	assert_true(at < end && (size_t)(end - at) < sizeof(got));
	memcpy(got, at, (size_t)(end - at));
	got[end - at] = '\0';
	assert_string_equal(got, expected);
}

/* ---- names ------------------------------------------------------------------ */

static void test_each_interface_has_a_table_of_its_own(void **state)
{
	static const char *const names[][2] = {
		{ "eth0", "missiu_eth0" },
		{ "eth0.5", "missiu_eth0_2e5" },
		{ "eth0_5", "missiu_eth0_5f5" },
		{ "a-b", "missiu_a_2db" },
		{ "...............",
		  "missiu__2e_2e_2e_2e_2e_2e_2e_2e_2e_2e_2e_2e_2e_2e_2e" },
	};
	char out[GUARD_TABLE_MAX];

	(void)state;
	for (size_t i = 0; i < N_OF(names); i++) {
		assert_true(guard_table_name(names[i][0], out));
		assert_string_equal(out, names[i][1]);
	}
}

static void test_names_with_a_meaning_are_refused(void **state)
{
	static const char *const names[] = {
		"", "a\"b", "a\\b", "eth*", "a b\n", "\x80", "sixteen_letters_"
	};
	struct guard_rules g = { .iface = "eth0" };
	char out[GUARD_TABLE_MAX];

	(void)state;
	for (size_t i = 0; i < N_OF(names); i++) {
		assert_false(guard_table_name(names[i], out));
		g.device = names[i];
		assert_null(guard_rules_text(&g, NULL, 0));
		assert_null(guard_frame_text(&g));
	}
}

/* ---- the table ----------------------------------------------------------------- */

static void assert_before(const char *text, const char *a, const char *b)
{
	const char *x = strstr(text, a), *y = strstr(text, b);

	assert_non_null(x);
	assert_non_null(y);
	assert_true(x < y);
}

static void test_own_output_passes_first(void **state)
{
	char *text = text_of(NULL, 0, true);
	size_t len;
	const char *at;

	(void)state;
	/* The frame declares the hook, the second block holds the rules. */
	at = strstr(text, "\nchain egress {\n");
	assert_non_null(at);
	at = chain(at, "egress", &len);
	assert_int_equal(strncmp(at, "meta mark 77 accept\n", 20), 0);
	free(text);
}

static void test_the_table_is_replaced_in_one_go(void **state)
{
	struct guard_rules g = { .iface = "eth0", .device = "wan0" };
	char *text = guard_rules_text(&g, NULL, 0);

	(void)state;
	assert_non_null(text);
	assert_before(text, "add table netdev missiu_eth0\n",
		      "flush table netdev missiu_eth0\n");
	assert_null(strstr(text, "delete table"));
	assert_null(strstr(text, "fib "));
	assert_non_null(strstr(text, "hook ingress device \"wan0\""));
	assert_non_null(strstr(text, "hook egress device \"wan0\""));
	free(text);

	g.replace = g.fib = true;
	text = guard_rules_text(&g, NULL, 0);
	assert_non_null(text);
	assert_before(text, "add table netdev missiu_eth0\n",
		      "delete table netdev missiu_eth0\n");
	assert_before(text, "delete table netdev missiu_eth0\n",
		      "table netdev missiu_eth0 {\n");
	assert_non_null(strstr(text, "fib "));
	free(text);
}

/* What is in use is never touched before something else is ready. */
static void test_a_change_is_made_beside_what_is_in_force(void **state)
{
	static const char *const at_work[] = {
		"in", "in_later", "out", "out_later", "ingress", "egress"
	};
	struct guard_rules g = {
		.iface = "eth0", .device = "eth0", .fib = true, .gen = 1
	};
	struct missiu_policy p = { .action = MISSIU_PROTECT,
				   .dirs = MISSIU_IN | MISSIU_OUT,
				   .local = ts_any(),
				   .remote = ts_any() };
	char *prepare, *change, *forget, line[80];

	(void)state;
	prepare = guard_step_text(GUARD_PREPARE, &g, &p, 1);
	change = guard_step_text(GUARD_SWITCH, &g, NULL, 0);
	forget = guard_step_text(GUARD_FORGET, &g, NULL, 0);
	assert_non_null(prepare);
	assert_non_null(change);
	assert_non_null(forget);
	assert_null(strstr(prepare, "flush table"));
	for (size_t i = 0; i < sizeof(at_work) / sizeof(at_work[0]); i++) {
		snprintf(line, sizeof(line),
			 "flush chain netdev missiu_eth0 "
			 "%s\n",
			 at_work[i]);
		assert_null(strstr(prepare, line));
		assert_int_equal(!!strstr(change, line), i >= 4);
		assert_int_equal(!!strstr(forget, line), i < 4);
		snprintf(line, sizeof(line), "chain %s {\n", at_work[i]);
		assert_null(strstr(prepare, line));
		assert_int_equal(!!strstr(change, line), i >= 4);
		assert_null(strstr(forget, line));
	}
	assert_non_null(strstr(prepare, "chain in_2 {\n"));
	assert_non_null(strstr(prepare, "chain out_later_2 {\n"));
	assert_non_null(strstr(change, "goto in_2\n"));
	assert_non_null(strstr(change, "goto in_later_2\n"));
	assert_non_null(strstr(change, "goto out_2\n"));
	assert_null(strstr(change, "goto in\n"));
	assert_null(strstr(forget, "_2"));
	free(prepare);
	free(change);
	free(forget);
}

static void test_the_frame_leaves_rules_alone(void **state)
{
	const struct guard_rules g = { .iface = "eth0", .device = "eth0" };
	char *text = guard_frame_text(&g);

	(void)state;
	assert_non_null(text);
	assert_null(strstr(text, "flush"));
	assert_null(strstr(text, "delete"));
	assert_non_null(strstr(text, "chain ingress { type filter hook"));
	assert_non_null(strstr(text, "chain egress { type filter hook"));
	free(text);
}

static void test_keys_neighbours_and_leases_are_never_locked_out(void **state)
{
	static const struct missiu_policy drop_all = {
		.action = MISSIU_DISCARD,
		.dirs = MISSIU_IN | MISSIU_OUT,
		.local = { .port_hi = UINT16_MAX },
		.remote = { .port_hi = UINT16_MAX },
	};
	static const char *const before[] = {
		"udp dport 500 fib daddr type local goto pass\n",
		"udp dport 4500 @th,64,32 0 fib daddr type local goto pass\n",
		"udp dport 4500 udp length 9 fib daddr type local goto pass\n",
		"ip6 hoplimit 255 icmpv6 type 133-137 accept\n",
		"udp sport { 67, 68 } udp dport { 67, 68 } accept\n",
		"udp sport { 546, 547 } udp dport { 546, 547 } accept\n",
	};
	char *text = text_of(&drop_all, 1, true);
	size_t len;
	const char *in = chain(text, "in", &len);

	(void)state;
	for (size_t i = 0; i < N_OF(before); i++)
		assert_before(in, before[i], "counter name in_block drop\n");
	assert_non_null(strstr(text, "udp sport 500 fib saddr type local "
				     "goto pass\n"));
	assert_non_null(strstr(text, "meta protocol != { ip, ip6 } accept\n"));
	free(text);
}

/* No port of ours but that one, whatever port the peer picks. */
static void test_tcp_passes_by_our_own_port_once_it_is_told(void **state)
{
	struct guard_rules g = { .iface = "eth0",
				 .device = "eth0",
				 .fib = true,
				 .drop_unmatched = true };
	char *text = guard_rules_text(&g, NULL, 0);

	(void)state;
	assert_non_null(text);
	assert_null(strstr(text, "tcp"));
	free(text);
	g.tcp = 4500;
	text = guard_rules_text(&g, NULL, 0);
	assert_non_null(text);
	assert_non_null(strstr(text, "tcp dport 4500 fib daddr type local "
				     "goto pass\n"));
	assert_non_null(strstr(text, "tcp sport 4500 fib saddr type local "
				     "goto pass\n"));
	assert_ptr_equal(
		strstr(text, "tcp dport"),
		strstr(chain(text, "in", &(size_t){ 0 }), "tcp dport"));
	free(text);
}

static void test_the_default_is_respected(void **state)
{
	char *bypass = text_of(NULL, 0, false), *drop = text_of(NULL, 0, true);

	(void)state;
	assert_rules(bypass, "in", "accept\n");
	assert_rules(bypass, "out", "accept\n");
	assert_rules(bypass, "out_later", "accept\n");
	assert_rules(drop, "in", "counter name in_block drop\n");
	assert_rules(drop, "in_later", "counter name in_block drop\n");
	assert_rules(drop, "out", "counter name out_block drop\n");
	free(bypass);
	free(drop);
}

/* ---- one policy --------------------------------------------------------------- */

#define BOTH (MISSIU_IN | MISSIU_OUT)
#define ANY  0, UINT16_MAX

static void test_selectors_become_conditions(void **state)
{
	const struct {
		struct missiu_policy p;
		const char *in, *out, *in_later;
	} rows[] = {
		{ policy(MISSIU_PROTECT, BOTH, "any", "10.0.0.9"),
		  "ip saddr 10.0.0.9 counter name in_clear drop\n",
		  "ip daddr 10.0.0.9 counter name out_clear drop\n",
		  "ip saddr 10.0.0.9 counter name in_clear drop\n" },
		{ policy(MISSIU_PROTECT, MISSIU_IN, "10.0.0.1", "any"),
		  "ip daddr 10.0.0.1 counter name in_clear drop\n", "",
		  "ip daddr 10.0.0.1 counter name in_clear drop\n" },
		{ policy(MISSIU_DISCARD, MISSIU_OUT, "fd00::1",
			 "fd01::-fd01::ffff"),
		  "",
		  "ip6 saddr fd00::1 ip6 daddr fd01::-fd01::ffff counter name "
		  "out_block drop\n",
		  "" },
		{ policy(MISSIU_BYPASS, BOTH, "any", "10.0.0.9"),
		  "ip saddr 10.0.0.9 accept\n", "ip daddr 10.0.0.9 accept\n",
		  "ip saddr 10.0.0.9 accept\n" },
		{ policy(MISSIU_PROTECT, BOTH, "any", "any"),
		  "counter name in_clear drop\n",
		  "counter name out_clear drop\n",
		  "counter name in_clear drop\n" },
		{ policy(MISSIU_PROTECT, BOTH, "any",
			 "0.0.0.0-255.255.255.255"),
		  "meta protocol ip counter name in_clear drop\n",
		  "meta protocol ip counter name out_clear drop\n",
		  "meta protocol ip counter name in_clear drop\n" },
		{ policy(MISSIU_PROTECT, BOTH, "10.0.0.1", "fd00::1"), "", "",
		  "" },
		{ with(policy(MISSIU_PROTECT, BOTH, "any", "10.0.0.9"), 6, ANY,
		       ANY),
		  "ip saddr 10.0.0.9 meta l4proto 6 counter name in_clear "
		  "drop\n",
		  "ip daddr 10.0.0.9 meta l4proto 6 counter name out_clear "
		  "drop\n",
		  "ip saddr 10.0.0.9 ip protocol 6 counter name in_clear "
		  "drop\n" },
		{ with(policy(MISSIU_PROTECT, BOTH, "any", "10.0.0.9"), 6, 1024,
		       2047, 80, 80),
		  "ip saddr 10.0.0.9 meta l4proto 6 th dport 1024-2047 th "
		  "sport 80 counter name in_clear drop\n",
		  "ip daddr 10.0.0.9 meta l4proto 6 th sport 1024-2047 th "
		  "dport 80 counter name out_clear drop\n",
		  "ip saddr 10.0.0.9 ip protocol 6 counter name in_clear "
		  "drop\n" },
		{ with(policy(MISSIU_BYPASS, BOTH, "any", "10.0.0.9"), 17, ANY,
		       53, 53),
		  "ip saddr 10.0.0.9 meta l4proto 17 th sport 53 goto pass\n",
		  "ip daddr 10.0.0.9 meta l4proto 17 th dport 53 goto pass\n",
		  "" },
		{ with(policy(MISSIU_PROTECT, BOTH, "any", "any"), 6, ANY, ANY),
		  "meta l4proto 6 counter name in_clear drop\n",
		  "meta l4proto 6 counter name out_clear drop\n",
		  "meta protocol ip ip protocol 6 counter name in_clear drop\n"
		  "meta protocol ip6 frag nexthdr { 0, 43, 51, 60, 6 } counter "
		  "name in_clear drop\n" },
		{ with(policy(MISSIU_BYPASS, BOTH, "any", "fd00::1"), 6, ANY,
		       ANY),
		  "ip6 saddr fd00::1 meta l4proto 6 accept\n",
		  "ip6 daddr fd00::1 meta l4proto 6 accept\n",
		  "ip6 saddr fd00::1 frag nexthdr 6 accept\n" },
		{ with(policy(MISSIU_PROTECT, BOTH, "any", "10.0.0.9"), 1,
		       0x800, 0x8ff, 0x800, 0x8ff),
		  "ip saddr 10.0.0.9 icmp type 8 counter name in_clear drop\n",
		  "ip daddr 10.0.0.9 icmp type 8 counter name out_clear drop\n",
		  "ip saddr 10.0.0.9 ip protocol 1 counter name in_clear "
		  "drop\n" },
		{ with(policy(MISSIU_PROTECT, BOTH, "any", "fd00::9"), 58,
		       0x103, 0x104, 0x103, 0x104),
		  "ip6 saddr fd00::9 icmpv6 type 1 icmpv6 code 3-4 counter "
		  "name in_clear drop\n",
		  "ip6 daddr fd00::9 icmpv6 type 1 icmpv6 code 3-4 counter "
		  "name out_clear drop\n",
		  "ip6 saddr fd00::9 frag nexthdr { 0, 43, 51, 60, 58 } "
		  "counter name in_clear drop\n" },
		{ with(policy(MISSIU_PROTECT, BOTH, "any", "10.0.0.9"), 1,
		       0x801, 0x900, ANY),
		  "ip saddr 10.0.0.9 meta l4proto 1 @th,0,16 2049-2304 "
		  "counter name in_clear drop\n",
		  "ip daddr 10.0.0.9 meta l4proto 1 @th,0,16 2049-2304 "
		  "counter name out_clear drop\n",
		  "ip saddr 10.0.0.9 ip protocol 1 counter name in_clear "
		  "drop\n" },
		{ with(policy(MISSIU_PROTECT, BOTH, "any", "10.0.0.9"), 50, 1,
		       2, ANY),
		  "", "",
		  "ip saddr 10.0.0.9 ip protocol 50 counter name in_clear "
		  "drop\n" },
	};

	(void)state;
	for (size_t i = 0; i < N_OF(rows); i++) {
		char *text = text_of(&rows[i].p, 1, false), line[600];

		snprintf(line, sizeof(line), "%saccept\n", rows[i].in);
		assert_rules(text, "in", line);
		snprintf(line, sizeof(line), "%saccept\n", rows[i].out);
		assert_rules(text, "out", line);
		snprintf(line, sizeof(line), "%saccept\n", rows[i].in_later);
		assert_rules(text, "in_later", line);
		free(text);
	}
}

static void test_ports_of_any_protocol_cover_all_that_have_some(void **state)
{
	const struct missiu_policy p =
		with(policy(MISSIU_PROTECT, BOTH, "any", "10.0.0.9"), 0, ANY, 1,
		     1023);
	char *text = text_of(&p, 1, false);

	(void)state;
	assert_rules(text, "in",
		     "ip saddr 10.0.0.9 meta l4proto { 6, 17, 33, 132, 136 } "
		     "th sport 1-1023 counter name in_clear drop\n"
		     "ip saddr 10.0.0.9 meta l4proto 1 @th,0,16 1-1023 counter "
		     "name in_clear drop\n"
		     "ip saddr 10.0.0.9 meta l4proto 58 @th,0,16 1-1023 "
		     "counter name in_clear drop\n"
		     "accept\n");
	assert_rules(text, "out_later",
		     "ip daddr 10.0.0.9 counter name out_clear drop\n"
		     "accept\n");
	free(text);
}

/* ---- many policies -------------------------------------------------------------- */

static void test_order_is_kept_across_verdicts(void **state)
{
	const struct missiu_policy v[] = {
		policy(MISSIU_PROTECT, BOTH, "any", "10.0.0.9"),
		policy(MISSIU_BYPASS, BOTH, "any", "10.0.0.0-10.0.0.255"),
		policy(MISSIU_PROTECT, BOTH, "any", "10.0.0.1"),
		policy(MISSIU_BYPASS, MISSIU_OUT, "any", "10.0.0.2"),
		policy(MISSIU_PROTECT, BOTH, "any", "10.0.0.3"),
	};
	char *text = text_of(v, N_OF(v), false);

	(void)state;
	assert_rules(text, "in",
		     "ip saddr 10.0.0.9 counter name in_clear drop\n"
		     "ip saddr 10.0.0.0-10.0.0.255 accept\n"
		     "ip saddr { 10.0.0.1, 10.0.0.3 } counter name in_clear "
		     "drop\n"
		     "accept\n");
	assert_rules(text, "out",
		     "ip daddr 10.0.0.9 counter name out_clear drop\n"
		     "ip daddr 10.0.0.0-10.0.0.255 accept\n"
		     "ip daddr 10.0.0.1 counter name out_clear drop\n"
		     "ip daddr 10.0.0.2 accept\n"
		     "ip daddr 10.0.0.3 counter name out_clear drop\n"
		     "accept\n");
	free(text);
}

static void test_neighbours_are_joined(void **state)
{
	const struct missiu_policy v[] = {
		policy(MISSIU_PROTECT, BOTH, "any", "10.0.0.8-10.0.0.9"),
		policy(MISSIU_PROTECT, BOTH, "any", "10.0.0.0-10.0.0.7"),
		policy(MISSIU_PROTECT, BOTH, "any", "10.0.0.2"),
		policy(MISSIU_PROTECT, BOTH, "any", "255.255.255.255"),
		policy(MISSIU_PROTECT, BOTH, "any", "fd00::ffff:ffff"),
		policy(MISSIU_PROTECT, BOTH, "any", "fd00::1:0:0"),
	};
	char *text = text_of(v, N_OF(v), false);

	(void)state;
	assert_rules(text, "in",
		     "ip saddr { 10.0.0.0-10.0.0.9, 255.255.255.255 } counter "
		     "name in_clear drop\n"
		     "ip6 saddr fd00::ffff:ffff-fd00::1:0:0 counter name "
		     "in_clear drop\naccept\n");
	free(text);
}

static void test_pairs_share_a_set_unless_they_overlap(void **state)
{
	const struct missiu_policy v[] = {
		policy(MISSIU_PROTECT, MISSIU_IN, "10.0.0.1", "10.1.0.1"),
		policy(MISSIU_PROTECT, MISSIU_IN, "10.0.0.2", "10.1.0.2"),
		policy(MISSIU_PROTECT, MISSIU_IN, "10.0.0.2-10.0.0.9",
		       "10.1.0.0-10.1.0.9"),
	};
	char *text = text_of(v, N_OF(v), false);

	(void)state;
	assert_rules(text, "in",
		     "ip daddr . ip saddr { 10.0.0.1 . 10.1.0.1, 10.0.0.2 . "
		     "10.1.0.2 } counter name in_clear drop\n"
		     "ip daddr 10.0.0.2-10.0.0.9 ip saddr 10.1.0.0-10.1.0.9 "
		     "counter name in_clear drop\n"
		     "accept\n");
	free(text);
}

static void test_ten_thousand_policies_are_a_handful_of_rules(void **state)
{
	const size_t n = 10000;
	struct missiu_policy *v = calloc(n, sizeof(*v));
	size_t lines = 0;
	char *text;

	(void)state;
	assert_non_null(v);
	for (size_t i = 0; i < n; i++) {
		char l[20], r[20];

		snprintf(l, sizeof(l), "10.1.%zu.%zu", i / 200, i % 200);
		snprintf(r, sizeof(r), "10.2.%zu.%zu", i / 200, i % 200);
		v[i] = policy(MISSIU_PROTECT, BOTH, l, r);
	}
	text = text_of(v, n, false);
	for (const char *c = text; *c; c++)
		lines += *c == '\n';
	assert_true(lines < 120);
	free(text);
	free(v);
}

/* ---- the rules decide as the policies do ---------------------------------------- */

struct packet {
	struct missiu_addr src, dst;
	uint8_t proto;
	uint16_t sport, dport; /* ICMP: both type << 8 | code */
};

/* A rule as words; conditions are read one after the other. */
struct words {
	const char *at;
	char word[80];
};

static bool next(struct words *w)
{
	size_t len = strcspn(w->at, " \n");

	if (!len)
		return false;
	assert_true(len < sizeof(w->word));
	memcpy(w->word, w->at, len);
	w->word[len] = '\0';
	w->at += len + (w->at[len] == ' ');
	return true;
}

static void need(struct words *w)
{
	assert_true(next(w));
}

static bool addr_in(const char *range, const struct missiu_addr *a)
{
	struct missiu_ts ts = side(range, 0, 0, 0);

	return addr_cmp(&ts.lo, a) <= 0 && addr_cmp(a, &ts.hi) <= 0;
}

static bool number_in(const char *range, unsigned n)
{
	unsigned lo, hi;
	int fields = sscanf(range, "%u-%u", &lo, &hi);

	assert_true(fields > 0);
	return lo <= n && n <= (fields == 2 ? hi : lo);
}

/* "X", "{ X, Y }", or pairs of these with "X . Y": whether one fits. */
static bool any_of(struct words *w, const struct missiu_addr *const a[],
		   size_t n_a, bool numbers, unsigned number)
{
	bool set, found = false, fits = true;
	size_t i = 0;

	need(w);
	set = !strcmp(w->word, "{");
	if (set)
		need(w);
	for (;;) {
		char *comma = strchr(w->word, ',');

		if (comma)
			*comma = '\0';
		fits = fits && (numbers ? number_in(w->word, number) :
					  addr_in(w->word, a[i]));
		if (++i == n_a) {
			found = found || fits;
			fits = true;
			i = 0;
		}
		if (!set)
			return found;
		need(w);
		if (!strcmp(w->word, "."))
			need(w);
		if (!strcmp(w->word, "}"))
			return found;
	}
}

static bool addresses(struct words *w, const struct packet *p)
{
	uint8_t family = !strcmp(w->word, "ip") ? 4 : 6;
	const struct missiu_addr *a[2];
	size_t n = 0;

	for (;;) {
		need(w);
		a[n++] = !strcmp(w->word, "saddr") ? &p->src : &p->dst;
		if (strncmp(w->at, ". ip", 4) != 0)
			break;
		need(w);
		need(w);
	}
	return any_of(w, a, n, false, 0) && p->src.family == family;
}

/* One condition that begins with the word read last. */
static bool condition(struct words *w, const struct packet *p)
{
	const struct missiu_addr *none[1] = { NULL };
	unsigned n;

	if (!strcmp(w->word, "ip") || !strcmp(w->word, "ip6"))
		return addresses(w, p);
	if (!strcmp(w->word, "meta")) {
		need(w);
		if (!strcmp(w->word, "l4proto"))
			return any_of(w, none, 1, true, p->proto);
		need(w);
		return p->src.family == (!strcmp(w->word, "ip") ? 4 : 6);
	}
	if (!strcmp(w->word, "@th,0,16"))
		return any_of(w, none, 1, true, p->sport);
	if (!strcmp(w->word, "th")) {
		need(w);
		n = !strcmp(w->word, "sport") ? p->sport : p->dport;
		return any_of(w, none, 1, true, n);
	}
	assert_true(!strcmp(w->word, "icmp") || !strcmp(w->word, "icmpv6"));
	n = !strcmp(w->word, "icmp") ? 1 : 58;
	if (p->proto != n) {
		need(w);
		need(w);
		return false;
	}
	need(w);
	n = !strcmp(w->word, "type") ? p->sport >> 8 : p->sport & 0xff;
	return any_of(w, none, 1, true, n);
}

/* The verdict of a chain, from the policies' rules on. */
static int rules_decide(const char *at, const struct packet *p)
{
	struct words w = { .at = strstr(at, exempt_last) };

	for (w.at += strlen(exempt_last);; w.at = strchr(w.at, '\n') + 1) {
		bool match = true;

		while (match) {
			need(&w);
			if (!strcmp(w.word, "accept") ||
			    !strcmp(w.word, "goto"))
				return GUARD_PASS;
			if (!strcmp(w.word, "counter")) {
				need(&w);
				need(&w);
				return strstr(w.word, "_clear") ? GUARD_CLEAR :
								  GUARD_BLOCK;
			}
			match = condition(&w, p);
		}
	}
}

static bool has_ports(uint8_t proto)
{
	return proto == 6 || proto == 17 || proto == 1 || proto == 58;
}

static bool side_has(const struct missiu_ts *ts, const struct missiu_addr *a,
		     uint16_t port, uint8_t proto)
{
	bool all = ts->port_lo == 0 && ts->port_hi == UINT16_MAX;

	if (ts->proto && ts->proto != proto)
		return false;
	if (ts->lo.family &&
	    (addr_cmp(&ts->lo, a) > 0 || addr_cmp(a, &ts->hi) > 0 ||
	     ts->lo.family != a->family))
		return false;
	return all ||
	       (has_ports(proto) && ts->port_lo <= port && port <= ts->port_hi);
}

/* RFC 4301 5.1, 5.2: the first policy that matches. */
static int policies_decide(const struct missiu_policy *v, size_t n,
			   const struct packet *p, bool out)
{
	for (size_t i = 0; i < n; i++) {
		const struct missiu_addr *l = out ? &p->src : &p->dst;
		const struct missiu_addr *r = out ? &p->dst : &p->src;

		if (!(v[i].dirs & (out ? MISSIU_OUT : MISSIU_IN)) ||
		    !side_has(&v[i].local, l, out ? p->sport : p->dport,
			      p->proto) ||
		    !side_has(&v[i].remote, r, out ? p->dport : p->sport,
			      p->proto))
			continue;
		return v[i].action == MISSIU_PROTECT ? GUARD_CLEAR :
		       v[i].action == MISSIU_DISCARD ? GUARD_BLOCK :
						       GUARD_PASS;
	}
	return GUARD_PASS;
}

static unsigned pick(uint32_t *seed, unsigned n)
{
	*seed = *seed * 1664525u + 1013904223u;
	return (*seed >> 16) % n;
}

static struct missiu_addr some_addr(uint32_t *seed, uint8_t family)
{
	struct missiu_addr a = { .family = family };

	a.b[0] = 10;
	a.b[family == 4 ? 3 : 15] = (uint8_t)pick(seed, 8);
	return a;
}

static struct missiu_ts some_side(uint32_t *seed, uint8_t family)
{
	struct missiu_ts ts = { .port_hi = UINT16_MAX };
	struct missiu_addr swap;

	if (!pick(seed, 3))
		return ts;
	ts.lo = some_addr(seed, family);
	ts.hi = pick(seed, 2) ? ts.lo : some_addr(seed, family);
	if (addr_cmp(&ts.lo, &ts.hi) > 0) {
		swap = ts.lo;
		ts.lo = ts.hi;
		ts.hi = swap;
	}
	return ts;
}

static const uint8_t protos[] = { 1, 6, 17, 47, 58 };

static struct missiu_policy some_policy(uint32_t *seed)
{
	uint8_t family = pick(seed, 2) ? 4 : 6;
	struct missiu_policy p = {
		.action = (uint8_t)(1 + pick(seed, 3)),
		.dirs = (uint8_t)(1 + pick(seed, 3)),
		.local = some_side(seed, family),
		.remote = some_side(seed, family),
	};

	if (pick(seed, 2))
		p.local.proto = p.remote.proto =
			protos[pick(seed, N_OF(protos))];
	if (!pick(seed, 3)) {
		p.remote.port_lo = (uint16_t)(pick(seed, 3) * 256);
		p.remote.port_hi =
			(uint16_t)(p.remote.port_lo + pick(seed, 3) * 200);
	}
	if (!pick(seed, 3))
		p.local.port_hi = (uint16_t)(pick(seed, 700));
	return p;
}

static struct packet some_packet(uint32_t *seed)
{
	uint8_t family = pick(seed, 2) ? 4 : 6;
	struct packet p = {
		.src = some_addr(seed, family),
		.dst = some_addr(seed, family),
		.proto = protos[pick(seed, N_OF(protos))],
		.sport = (uint16_t)pick(seed, 800),
		.dport = (uint16_t)pick(seed, 800),
	};

	if (p.proto == 1 || p.proto == 58)
		p.dport = p.sport;
	return p;
}

static void test_rules_decide_as_the_first_matching_policy(void **state)
{
	uint32_t seed = 77;
	int seen[3] = { 0 };

	(void)state;
	for (int round = 0; round < 300; round++) {
		struct missiu_policy v[12];
		size_t len, n = pick(&seed, N_OF(v)) + 1;
		char *text;

		for (size_t i = 0; i < n; i++)
			v[i] = some_policy(&seed);
		text = text_of(v, n, false);
		for (int i = 0; i < 60; i++) {
			struct packet p = some_packet(&seed);
			bool out = i % 2;
			const char *c = chain(text, out ? "out" : "in", &len);
			int want = policies_decide(v, n, &p, out);

			assert_int_equal(rules_decide(c, &p), want);
			seen[want]++;
		}
		free(text);
	}
	for (size_t i = 0; i < N_OF(seen); i++)
		assert_true(seen[i] > 500);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_interface_has_a_table_of_its_own),
		cmocka_unit_test(test_names_with_a_meaning_are_refused),
		cmocka_unit_test(test_own_output_passes_first),
		cmocka_unit_test(test_the_table_is_replaced_in_one_go),
		cmocka_unit_test(test_a_change_is_made_beside_what_is_in_force),
		cmocka_unit_test(test_the_frame_leaves_rules_alone),
		cmocka_unit_test(
			test_keys_neighbours_and_leases_are_never_locked_out),
		cmocka_unit_test(
			test_tcp_passes_by_our_own_port_once_it_is_told),
		cmocka_unit_test(test_the_default_is_respected),
		cmocka_unit_test(test_selectors_become_conditions),
		cmocka_unit_test(
			test_ports_of_any_protocol_cover_all_that_have_some),
		cmocka_unit_test(test_order_is_kept_across_verdicts),
		cmocka_unit_test(test_neighbours_are_joined),
		cmocka_unit_test(test_pairs_share_a_set_unless_they_overlap),
		cmocka_unit_test(
			test_ten_thousand_policies_are_a_handful_of_rules),
		cmocka_unit_test(
			test_rules_decide_as_the_first_matching_policy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
