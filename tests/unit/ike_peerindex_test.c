/* SPDX-License-Identifier: Apache-2.0 */
/* That the index of peers finds whom a search through all of them finds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/addr.h"
#include "ike/idtext.h"
#include "ike/peer_load.h"
#include "ike/sa.h"

#define N(a)	 (sizeof(a) / sizeof((a)[0]))
#define CONFIGS	 1500
#define QUERIES	 12
#define PEERS	 12
#define TEXT_MAX 8192
#define FIT_MAX	 (PEERS + 1)

static uint32_t seed;

static uint32_t rnd(uint32_t n)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % n;
}

/* --- configurations: few addresses and names, so that they overlap */

static const char *const raddrs[] = {
	"any",
	"10.0.0.3",
	"10.0.0.4",
	"10.0.0.0/30",
	"10.0.0.0/24",
	"10.0.0.0/8",
	"0.0.0.0/0",
	"10.0.0.2-10.0.0.9",
	"10.0.0.3-10.0.0.4",
	"10.0.0.3-10.0.0.3",
	"9.255.255.255-10.0.0.3",
	"10.0.0.1-10.0.0.254",
	"0.0.0.0-10.0.0.4",
	"10.0.0.4-255.255.255.255",
	"fd00::3",
	"fd00::/64",
	"fd00::/8",
	"::/0",
	"fd00::2-fd00::9",
	"fcff::ffff-fd00::3",
	"fd00::3-fd00::1:0:0:0",
};

static const char *const laddrs[] = { "10.9.0.1", "10.9.0.2", "fd09::1" };

static const char *const patterns[] = {
	"*",
	"*.example",
	"*.B.example",
	"*.ample",
	"*@example",
	"*@b.example",
	"a.example",
	"A.b.Example",
	"u@example",
	"U@B.example",
	"10.0.0.3",
	"fd00::3",
	"\"O=x, CN=a\"",
	"\"O=X, CN=b\"",
	"\"O=x, CN=*\"",
	"\"O=*, CN=a\"",
	"\"O=*, CN=*\"",
};

static const char *const remotes[] = {
	"10.0.0.1", "10.0.0.3",	 "10.0.0.4", "10.0.0.9",
	"10.1.2.3", "192.0.2.1", "0.0.0.0",  "255.255.255.255",
	"fd00::1",  "fd00::3",	 "fd00::9",  "2001:db8::1",
};

static const char *const locals[] = { "10.9.0.1", "10.9.0.2", "10.9.0.3",
				      "fd09::1" };

static const char *const ids[] = {
	"a.example", "A.EXAMPLE", "a.b.example", "b.example", ".example",
	"x.ample",   "u@example", "u@b.example", "@example",  "other.org",
	"10.0.0.3",  "fd00::3",	  "O=x, CN=a",	 "o=X, cn=A", "O=y, CN=a",
	"O=y, CN=z", "O=x",	  "keyid:00ff",
};

struct text {
	char s[TEXT_MAX];
	size_t len;
};

__attribute__((format(printf, 2, 3))) static void add(struct text *t,
						      const char *format, ...)
{
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(t->s + t->len, sizeof(t->s) - t->len, format, ap);
	va_end(ap);
	assert_true(n > 0 && (size_t)n < sizeof(t->s) - t->len);
	t->len += (size_t)n;
}

static void add_some(struct text *t, const char *word, const char *const *v,
		     size_t n, unsigned max)
{
	for (unsigned i = rnd(max + 1); i; i--)
		add(t, " %s %s", word, v[rnd((uint32_t)n)]);
}

static void add_peers(struct text *t, unsigned from, unsigned n)
{
	for (unsigned i = from; i < from + n; i++) {
		add(t, "peer p%u { psk \"%u\"", i, i);
		add_some(t, "raddr", raddrs, N(raddrs), 3);
		add_some(t, "laddr", laddrs, N(laddrs), rnd(2) ? 0 : 2);
		add_some(t, "peer_id", patterns, N(patterns), 3);
		add(t, " }\n");
	}
}

static struct missiu_addr addr(const char *text)
{
	struct missiu_addr a = { 0 };

	assert_true(addr_parse(text, &a));
	return a;
}

/* With keys of the options or without: for anybody, an address, a name. */
static struct ike *make(void)
{
	struct ike_psk psk[3] = { { .len = 1 }, { .len = 1 }, { .len = 1 } };
	struct ike_conf conf = { .psk = psk, .n_psk = rnd(4) };
	struct missiu_diag diag = { "" };
	struct ike *ike;

	psk[rnd(3)].addr = addr("10.0.0.3");
	if (!ike_id_parse("a.example", &psk[rnd(3)].peer, &diag) && !rnd(4))
		ike_id_parse("a.example", &conf.peer_id, &diag);
	ike = ike_new(&conf, &diag);
	if (!ike)
		fail_msg("%s", diag.msg);
	return ike;
}

static void load(struct ike *ike, enum ike_peer_source source, bool keep,
		 const struct text *t)
{
	const struct peer_load how = { "t", source, keep };
	struct peer_load_err err;

	if (peer_load_text(ike, &how, t->s, t->len, &err, 1) < 0)
		fail_msg("%s\n%u:%u: %s", t->s, err.line, err.col,
			 err.diag.msg);
}

/* --- a search through all of them, as it is documented */

static bool better(const struct peer_hit *a, const struct peer_hit *b,
		   bool by_id)
{
	if (!b->peer)
		return true;
	if (by_id && a->id_rank != b->id_rank)
		return a->id_rank > b->id_rank;
	return a->addr_rank > b->addr_rank;
}

static struct peer_hit search(const struct ike *ike,
			      const struct missiu_addr *local,
			      const struct missiu_addr *remote,
			      const struct ike_id *id)
{
	struct peer_hit best = { 0 }, hit;

	for (size_t i = 0; i < ike->n_peer; i++)
		if (peer_fit(ike->peer[i], local, remote, id, &hit) &&
		    better(&hit, &best, id != NULL))
			best = hit;
	return best;
}

/* Those that fit, the most closely bound first. */
static size_t search_all(const struct ike *ike, const struct missiu_addr *local,
			 const struct missiu_addr *remote,
			 struct peer_hit out[static FIT_MAX])
{
	struct peer_hit hit;
	size_t n = 0, at;

	for (size_t i = 0; i < ike->n_peer; i++) {
		if (!peer_fit(ike->peer[i], local, remote, NULL, &hit))
			continue;
		for (at = n++; at && out[at - 1].addr_rank < hit.addr_rank;
		     at--)
			out[at] = out[at - 1];
		out[at] = hit;
	}
	return n;
}

static unsigned closest(const struct ike *ike, const struct missiu_addr *local,
			const struct missiu_addr *remote)
{
	struct peer_hit hit;
	unsigned rank = 0;

	for (size_t i = 0; i < ike->n_peer; i++)
		if (ike->peer[i]->conf.name[0] &&
		    peer_fit(ike->peer[i], local, remote, NULL, &hit) &&
		    hit.addr_rank > rank)
			rank = hit.addr_rank;
	return rank;
}

/* --- comparing */

struct seen {
	unsigned found, none, by_id, by_addr, walked, denied;
};

static void same(const struct peer_hit *a, const struct peer_hit *b,
		 const char *what)
{
	if (a->peer == b->peer && a->psk == b->psk &&
	    (!a->peer ||
	     (a->id_rank == b->id_rank && a->addr_rank == b->addr_rank)))
		return;
	fail_msg("%s: %s (%u, %u), expected %s (%u, %u)", what,
		 a->peer ? a->peer->conf.name : "none", a->id_rank,
		 a->addr_rank, b->peer ? b->peer->conf.name : "none",
		 b->id_rank, b->addr_rank);
}

static void compare_walk(const struct ike *ike, const struct missiu_addr *local,
			 const struct missiu_addr *remote, struct seen *seen)
{
	struct peer_hit all[FIT_MAX], hit;
	const size_t n = search_all(ike, local, remote, all);
	struct peer_walk w;

	peer_walk(ike, local, remote, &w);
	for (size_t i = 0; i < n; i++) {
		assert_true(peer_walk_next(&w, &hit));
		same(&hit, &all[i], "walk");
		seen->walked++;
	}
	assert_false(peer_walk_next(&w, &hit));
}

/* Whether some SA's peer may have a policy for one address. */
static void compare_may(const struct ike *ike, const struct missiu_addr *local,
			const struct missiu_addr *end, struct seen *seen)
{
	struct ike_peer *p = ike->peer[rnd((uint32_t)ike->n_peer)];
	struct missiu_policy pol = { .mode = MISSIU_TUNNEL,
				     .tun_remote = *end };
	struct ike_sa sa = { .peer = p, .home_local = *local };
	struct peer_hit hit;
	bool may;

	if (addr_is_any(end))
		return;
	may = peer_fit(p, p->conf.laddr.n ? &p->conf.laddr.v[0] : local, end,
		       NULL, &hit) &&
	      (p->conf.name[0] ? hit.addr_rank : 0) >= closest(ike, local, end);
	assert_int_equal(peer_may_have(ike, &sa, &pol), may);
	seen->denied += !may;
}

static void compare(const struct ike *ike, struct seen *seen)
{
	const struct missiu_addr local = addr(locals[rnd(N(locals))]),
				 remote = addr(remotes[rnd(N(remotes))]);
	struct missiu_diag diag = { "" };
	struct peer_hit a, b;
	struct ike_id id;

	if (ike_id_parse(ids[rnd(N(ids))], &id, &diag))
		fail_msg("%s", diag.msg);
	a = peer_find(ike, &local, &remote, NULL);
	b = search(ike, &local, &remote, NULL);
	same(&a, &b, "by address");
	a = peer_find(ike, &local, &remote, &id);
	b = search(ike, &local, &remote, &id);
	same(&a, &b, ike_id_text(&id).s);
	seen->found += b.peer != NULL;
	seen->none += !b.peer;
	seen->by_id += b.id_rank > 1;
	seen->by_addr += b.addr_rank > 0;
	compare_walk(ike, &local, &remote, seen);
	if (ike->n_peer)
		compare_may(ike, &local, &remote, seen);
}

static void compare_names(const struct ike *ike)
{
	for (size_t i = 0; i < ike->n_peer; i++)
		if (ike->peer[i]->conf.name[0])
			assert_ptr_equal(
				peer_index_named(ike->pix,
						 ike->peer[i]->conf.name),
				ike->peer[i]);
	assert_null(peer_index_named(ike->pix, "nobody"));
	assert_null(peer_index_named(ike->pix, ""));
}

static void test_the_index_finds_whom_a_search_finds(void **state)
{
	static struct text t, more;
	struct seen seen = { 0 };

	(void)state;
	for (uint32_t config = 1; config <= CONFIGS; config++) {
		struct ike *ike;

		seed = config;
		ike = make();
		t.len = more.len = 0;
		add(&t, "\n");
		add(&more, "\n");
		add_peers(&t, 0, rnd(PEERS));
		load(ike, IKE_PEERS_CONFIG, false, &t);
		/* Some take the place of others, of another source too. */
		add_peers(&more, rnd(PEERS / 2), rnd(PEERS / 2));
		if (rnd(2))
			load(ike, rnd(2) ? IKE_PEERS_CONFIG : IKE_PEERS_CONTROL,
			     rnd(2), &more);
		compare_names(ike);
		for (unsigned i = 0; i < QUERIES; i++)
			compare(ike, &seen);
		ike_free(ike);
	}
	/* All of it did happen. */
	assert_true(seen.found > 10000 && seen.none > 1000);
	assert_true(seen.by_id > 1000 && seen.by_addr > 1000);
	assert_true(seen.walked > 10000 && seen.denied > 1000);
}

/* --- that it is not a search */

static void test_many_peers_are_few_slots_for_each_look_up(void **state)
{
	static char text[1 << 19];
	size_t len = 0;
	struct ike *ike;
	struct missiu_diag diag;
	const struct ike_conf conf = { 0 };
	const struct peer_load how = { "t", IKE_PEERS_CONFIG, false };
	const struct missiu_addr local = addr("10.9.0.1");
	struct peer_run run[PEER_RUNS_MAX];
	struct peer_load_err err;
	struct peer_id_key key;
	struct ike_id id;
	size_t cursor, steps = 0, n;

	(void)state;
	for (unsigned i = 0; i < 5000; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len,
					"peer p%u { raddr 10.0.%u.%u/%u "
					"peer_id h%u.example psk \"k\" }\n",
					i, i / 250, i % 250, 31 + i % 2, i);
	ike = ike_new(&conf, &diag);
	assert_true(peer_load_text(ike, &how, text, len, &err, 1) == 5000);
	for (unsigned i = 0; i < 5000; i += 7) {
		const uint8_t b[4] = { 10, 0, (uint8_t)(i / 250),
				       (uint8_t)(i % 250) };
		const struct missiu_addr remote = addr_from_bytes(4, b);
		struct peer_hit hit;
		char name[32];

		snprintf(name, sizeof(name), "H%u.example", i);
		assert_int_equal(ike_id_parse(name, &id, &diag), 0);
		hit = peer_find(ike, &local, &remote, &id);
		assert_ptr_equal(hit.peer, ike->peer[i]);
		cursor = 0;
		while (peer_index_id(ike->pix, &id, &cursor, &key)) {
			n = peer_index_runs(ike->pix, &local, &remote, key.hash,
					    run);
			steps++;
			for (size_t k = 0; k < n; k++)
				for (; peer_run_head(&run[k]); run[k].v++)
					steps++;
		}
	}
	/* Two keys, the name's and any, and one slot. */
	assert_in_range(steps, 3 * (5000 / 7), 4 * (5000 / 7));
	ike_free(ike);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_index_finds_whom_a_search_finds),
		cmocka_unit_test(
			test_many_peers_are_few_slots_for_each_look_up),
	};

	return cmocka_run_group_tests_name("peers: the index", tests, NULL,
					   NULL);
}
