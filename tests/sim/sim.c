/* SPDX-License-Identifier: Apache-2.0 */
#include "sim.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/addr.h"
#include "common/log.h"
#include "common/secret.h"
#include "ike/sa.h"

#include "missiu/script.h"

/* --- making */

/* splitmix64: repeatable "random" bytes. */
static int sim_random(void *ctx, uint8_t *buf, size_t len)
{
	uint64_t *state = ctx;

	for (size_t i = 0; i < len; i++) {
		uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));

		z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
		z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
		buf[i] = (uint8_t)(z ^ (z >> 31));
	}
	return 0;
}

static int64_t sim_unix(void *ctx)
{
	return *(const int64_t *)ctx;
}

struct missiu_addr sim_addr(const char *text)
{
	struct missiu_addr a;
	const bool ok = addr_parse(text, &a);

	assert(ok);
	(void)ok;
	return a;
}

struct sim *sim_new(size_t n)
{
	struct sim *s = calloc(1, sizeof(*s));
	char text[32];

	assert(s && n <= SIM_NODES);
	s->n_node = n;
	s->delay = 10 * SIM_MS;
	s->now = 1000 * SIM_S;
	for (size_t i = 0; i < n; i++) {
		struct sim_node *node = &s->node[i];

		snprintf(text, sizeof(text), "192.0.2.%zu", i + 1);
		node->addr = node->pub = sim_addr(text);
		node->rng = i + 1;
		memcpy(node->psk[0].key, "a shared secret", 15);
		node->psk[0].len = 15;
		node->conf.psk = node->psk;
		node->conf.n_psk = 1;
		node->conf.retransmit_ms = 500;
		node->conf.random = sim_random;
		node->conf.random_ctx = &node->rng;
		node->unix_s = 2000000000; /* May 2033 */
		node->conf.unix_s = sim_unix;
		node->conf.unix_ctx = &node->unix_s;
		node->conf.no_esn = false;
	}
	return s;
}

void sim_reload(struct sim *s, int node)
{
	struct sim_node *n = &s->node[node];

	ike_policies(n->ike, n->pol, n->n_pol);
}

int sim_peers(struct sim *s, int node, const char *text, bool keep,
	      struct ike_peer_err *err)
{
	struct ike_peer_conf v[8] = { 0 };
	struct missiu_script_err at;
	struct missiu_script script;
	int ret = missiu_script_parse(text, strlen(text), NULL, &script, &at);
	size_t n = script.n_peer;

	if (ret)
		fprintf(stderr, "%u:%u: %s\n", at.line, at.col, at.diag.msg);
	assert(!ret && n <= 8);
	for (size_t i = 0; i < n; i++) {
		v[i].peer = script.peer[i];
		v[i].file = "t.conf";
	}
	script.n_peer = 0; /* moved */
	missiu_script_fini(&script);
	ret = ike_peers(s->node[node].ike, v, n, IKE_PEERS_CONTROL, keep, err,
			s->now);
	for (size_t i = 0; i < n; i++)
		ike_peer_conf_fini(&v[i]);
	sim_drain(s, node);
	return ret;
}

void sim_start(struct sim *s)
{
	struct missiu_diag diag = { "" };

	for (size_t i = 0; i < s->n_node; i++) {
		s->node[i].ike = ike_new(&s->node[i].conf, &diag);
		if (!s->node[i].ike)
			fprintf(stderr, "ike_new: %s\n", diag.msg);
		assert(s->node[i].ike);
		sim_reload(s, (int)i);
	}
}

void sim_free(struct sim *s)
{
	for (size_t i = 0; i < s->n_node; i++)
		ike_free(s->node[i].ike);
	for (size_t i = 0; i < s->n_pkt; i++)
		free(s->pkt[i].b);
	free(s);
}

static struct missiu_policy *add_policy(struct sim_node *n)
{
	struct missiu_policy *p = &n->pol[n->n_pol++];

	*p = (struct missiu_policy){
		.id = (uint32_t)n->n_pol,
		.dirs = MISSIU_IN | MISSIU_OUT,
		.action = MISSIU_PROTECT,
		.mode = MISSIU_TRANSPORT,
		.n_prot = 1,
		.local = ts_any(),
		.remote = ts_any(),
	};
	p->prot[0] = (struct missiu_prot){ .proto = MISSIU_ESP,
					   .encr = MISSIU_ENCR_AES_GCM,
					   .auth = MISSIU_AUTH_NONE,
					   .key_len = 16,
					   .icv_len = 16 };
	return p;
}

struct missiu_policy *sim_policy(struct sim *s, int node, int peer)
{
	struct missiu_policy *p = add_policy(&s->node[node]);

	p->remote = ts_host(&s->node[peer].pub);
	return p;
}

struct missiu_policy *sim_tunnel(struct sim *s, int node, int peer,
				 const char *local, const char *remote,
				 unsigned plen)
{
	struct missiu_policy *p = add_policy(&s->node[node]);
	struct missiu_addr l = sim_addr(local), r = sim_addr(remote);

	p->mode = MISSIU_TUNNEL;
	p->tun_local = s->node[node].addr;
	p->tun_remote = s->node[peer].pub;
	addr_prefix(&l, plen, &p->local.lo, &p->local.hi);
	addr_prefix(&r, plen, &p->remote.lo, &p->remote.hi);
	return p;
}

/* --- the link */

/* A port inside, as a node's NAT maps it; 0: no mapping. */
static uint16_t inner_port(const struct sim_node *n, uint16_t port)
{
	if (n->nat)
		port = (uint16_t)(port - n->nat_offset);
	return port == 500 || port == 4500 ? port : 0;
}

static bool is_at(const struct sim_node *n, const struct missiu_addr *a)
{
	for (size_t i = 0; i < n->n_have; i++)
		if (addr_eq(&n->have[i], a))
			return true;
	return !n->moves && addr_eq(&n->pub, a);
}

void sim_addrs(struct sim *s, int node, ...)
{
	struct sim_node *n = &s->node[node];
	const char *text;
	va_list ap;

	n->n_have = 0;
	n->moves = true;
	va_start(ap, node);
	while ((text = va_arg(ap, const char *)) != NULL)
		n->have[n->n_have++] = sim_addr(text);
	va_end(ap);
	ike_local_addresses(n->ike, n->have, n->n_have, s->now);
	sim_drain(s, node);
}

static int node_by_end(const struct sim *s, const struct ike_end *end)
{
	for (size_t i = 0; i < s->n_node; i++)
		if (is_at(&s->node[i], &end->addr) &&
		    inner_port(&s->node[i], end->port))
			return (int)i;
	return -1;
}

static void enqueue(struct sim *s, int from, const struct ike_end *src,
		    const struct ike_end *dst, const struct ike_action *a,
		    missiu_usec extra)
{
	struct sim_pkt *p;

	assert(s->n_pkt < SIM_PKT_MAX);
	p = &s->pkt[s->n_pkt++];
	*p = (struct sim_pkt){
		.at = s->now + s->delay + extra,
		.sent = s->now,
		.from = from,
		.src = *src,
		.dst = *dst,
		.len = a->len,
		.b = malloc(a->len),
	};
	assert(p->b);
	memcpy(p->b, a->msg, a->len);
}

static void transmit(struct sim *s, int from, const struct ike_action *a)
{
	const struct sim_node *n = &s->node[from];
	const size_t number = s->n_pkt;
	const uint64_t bit = number < 64 ? UINT64_C(1) << number : 0;
	struct ike_end src = a->local;

	if (n->moves && !is_at(n, &src.addr))
		return; /* the kernel refuses to send from there */
	assert(n->moves || addr_eq(&src.addr, &n->addr));
	if (n->nat) {
		src.addr = n->pub;
		src.port = (uint16_t)(src.port + n->nat_offset);
	}
	enqueue(s, from, &src, &a->remote, a,
		bit & s->late ? 1000 * SIM_MS : 0);
	if (s->cut || bit & s->lose ||
	    (s->passes && !s->passes(s, &s->pkt[number])))
		s->pkt[number].delivered = true;
	if (bit & s->twice)
		enqueue(s, from, &src, &a->remote, a, 3 * SIM_MS);
}

void sim_inject(struct sim *s, int node, const struct ike_end *src,
		uint16_t dst_port, const uint8_t *b, size_t len)
{
	const struct sim_node *n = &s->node[node];

	sim_inject_at(s, node, src,
		      &(struct ike_end){ .addr = n->addr, .port = dst_port }, b,
		      len);
}

void sim_inject_at(struct sim *s, int node, const struct ike_end *src,
		   const struct ike_end *dst, const uint8_t *b, size_t len)
{
	struct sim_node *n = &s->node[node];
	uint8_t *copy = malloc(len ? len : 1); /* exact: ASan sees overreads */

	assert(copy);
	if (len)
		memcpy(copy, b, len);
	ike_input(n->ike, dst, src, copy, len, s->now);
	free(copy);
	sim_drain(s, node);
}

/* Each end knows who made the connection. */
static uint8_t seen_from_there(uint8_t via)
{
	if (via == IKE_VIA_TCP)
		return IKE_VIA_TCP_OURS;
	return via == IKE_VIA_TCP_OURS ? IKE_VIA_TCP : IKE_VIA_UDP;
}

static void deliver(struct sim *s, struct sim_pkt *p)
{
	const int to = node_by_end(s, &p->dst);
	const struct sim_node *n;

	p->delivered = true;
	p->src.via = seen_from_there(p->src.via);
	if (to < 0)
		return;
	n = &s->node[to];
	sim_inject_at(
		s, to, &p->src,
		&(struct ike_end){ .addr = n->moves ? p->dst.addr : n->addr,
				   .port = inner_port(n, p->dst.port),
				   .via = p->src.via },
		p->b, p->len);
}

/* --- actions */

static struct sim_sa *find_sa(struct sim_node *n, uint8_t proto, uint32_t spi,
			      const struct missiu_addr *dst)
{
	for (size_t i = 0; i < n->n_sa; i++)
		if (n->sa[i].sa.proto == proto && n->sa[i].sa.spi == spi &&
		    addr_eq(&n->sa[i].sa.dst, dst))
			return &n->sa[i];
	return NULL;
}

static void sa_action(struct sim *s, struct sim_node *n,
		      const struct ike_action *a)
{
	struct sim_sa *sa;

	if (n->on_sa)
		n->on_sa(n, a);
	if (a->kind == IKE_SA_ADD) {
		assert(n->n_sa < SIM_SA_MAX);
		assert(!find_sa(n, a->sa.proto, a->sa.spi, &a->sa.dst));
		n->sa[n->n_sa++] = (struct sim_sa){ a->sa, s->now };
		n->n_added++;
	} else if (a->kind == IKE_SA_UPDATE) {
		sa = find_sa(n, a->sa.proto, a->sa.spi, &a->old_dst);
		assert(sa);
		sa->sa.src = a->sa.src;
		sa->sa.dst = a->sa.dst;
		sa->sa.encap_sport = a->sa.encap_sport;
		sa->sa.encap_dport = a->sa.encap_dport;
		sa->sa.flags &= (uint8_t)~MISSIU_SA_TCP;
		sa->sa.flags |= a->sa.flags & MISSIU_SA_TCP;
		n->n_updated++;
	} else {
		sa = find_sa(n, a->sa.proto, a->sa.spi, &a->sa.dst);
		assert(sa);
		*sa = n->sa[--n->n_sa];
		n->n_deleted++;
	}
}

static void log_action(struct sim_node *n, const struct ike_action *a)
{
	if (a->level > LOG_L_INFO)
		return;
	n->n_warn += a->level <= LOG_L_WARN;
	n->n_info += a->level == LOG_L_INFO;
	if (n->n_log == SIM_LOG_MAX)
		return;
	n->level[n->n_log] = a->level;
	memcpy(n->log[n->n_log++], a->text, sizeof(a->text));
}

static void ask_action(struct sim_node *n, const struct ike_action *a)
{
	struct sim_ask *q = &n->ask[n->n_ask++ % SIM_ASK_MAX];

	q->id = a->id;
	snprintf(q->url, sizeof(q->url), "%s", a->url);
}

void sim_drain(struct sim *s, int node)
{
	struct sim_node *n = &s->node[node];
	struct ike_action a;

	while (ike_action_next(n->ike, &a)) {
		if (a.kind == IKE_SEND && a.keepalive)
			n->n_keepalive++;
		if (a.kind == IKE_SEND)
			transmit(s, node, &a);
		else if (a.kind == IKE_LOG)
			log_action(n, &a);
		else if (a.kind == IKE_TELL)
			n->news[n->n_news++ % SIM_NEWS_MAX] = *a.news;
		else if (a.kind == IKE_NET)
			n->net = *a.net, n->n_net++;
		else if (a.kind == IKE_ACQUIRE_FAILED)
			n->failed[n->n_failed++ % SIM_ACQ_MAX] = a.acquire_id;
		else if (a.kind == IKE_TCP_PROVEN)
			n->proven = a.remote;
		else if (a.kind == IKE_ASK)
			ask_action(n, &a);
		else
			sa_action(s, n, &a);
	}
}

/* --- time */

static struct sim_pkt *next_packet(struct sim *s)
{
	struct sim_pkt *first = NULL;

	for (size_t i = 0; i < s->n_pkt; i++)
		if (!s->pkt[i].delivered &&
		    (!first || s->pkt[i].at < first->at))
			first = &s->pkt[i];
	return first;
}

void sim_wake(struct sim *s, int node)
{
	struct ike *ike = s->node[node].ike;

	for (struct ike_sa *sa = ike->sas; sa; sa = sa->next)
		ike_sa_touch(ike, sa);
}

/* Nothing that makes something due may escape the queue of timers. */
static void check_timers(const struct ike *ike)
{
	const struct ike_sa *sa;

	for (sa = ike->sas; sa; sa = sa->next)
		assert(sa->timer.due == ike_sa_due_us(ike, sa));
	assert(!ike->touched);
}

bool sim_step(struct sim *s, missiu_usec until)
{
	missiu_usec due = UINT64_MAX;
	struct sim_pkt *p;
	int who = -1;

	for (size_t i = 0; i < s->n_node; i++) {
		const missiu_usec t = ike_tick(s->node[i].ike, s->now);

		check_timers(s->node[i].ike);
		sim_drain(s, (int)i);
		if (t < due) {
			due = t;
			who = (int)i;
		}
	}
	p = next_packet(s);
	if (p && p->at <= due) {
		if (p->at > until)
			goto end;
		s->now = p->at > s->now ? p->at : s->now;
		deliver(s, p);
		return true;
	}
	if (who < 0 || due > until)
		goto end;
	/* A core that always says "now" would never let time pass. */
	assert(due > s->now);
	s->now = due;
	return true;
end:
	s->now = until;
	return false;
}

void sim_run(struct sim *s, missiu_usec duration)
{
	const missiu_usec until = s->now + duration;

	while (sim_step(s, until))
		continue;
}

/* --- events */

uint32_t sim_acquire(struct sim *s, int node, const struct missiu_policy *pol,
		     const char *src, const char *dst)
{
	struct sim_node *n = &s->node[node];
	struct missiu_event ev = { .kind = MISSIU_EV_ACQUIRE,
				   .policy_id = pol->id,
				   .acquire_id = ++n->last_acquire };
	struct missiu_addr a = src ? sim_addr(src) : n->addr;
	struct missiu_addr b = sim_addr(dst);

	ev.pkt_src = ts_host(&a);
	ev.pkt_dst = ts_host(&b);
	ev.pkt_src.proto = ev.pkt_dst.proto =
		pol->remote.proto ? pol->remote.proto : 17;
	if (!pol->remote.proto) {
		ev.pkt_src.port_lo = ev.pkt_src.port_hi = 1234;
		ev.pkt_dst.port_lo = ev.pkt_dst.port_hi = 53;
	}
	ike_event(n->ike, &ev, &n->addr, s->now);
	sim_drain(s, node);
	return n->last_acquire;
}

void sim_event(struct sim *s, int node, enum missiu_event_kind kind,
	       const struct missiu_sa *sa)
{
	struct sim_node *n = &s->node[node];
	const struct missiu_event ev = { .kind = kind,
					 .policy_id = sa->policy_id,
					 .proto = sa->proto,
					 .dir = sa->dir,
					 .spi = sa->spi,
					 .dst = sa->dst,
					 .owner = sa->owner };

	ike_event(n->ike, &ev, &n->addr, s->now);
	sim_drain(s, node);
}

/* --- looking */

size_t sim_established(const struct sim *s, int node)
{
	struct ike_sa_info info;
	uint64_t cursor = 0;
	size_t n = 0;

	while (ike_sa_next(s->node[node].ike, &cursor, &info))
		n += !strcmp(info.state, "ESTABLISHED");
	return n;
}

size_t sim_n_ike(const struct sim *s, int node)
{
	struct ike_sa_info info;
	uint64_t cursor = 0;
	size_t n = 0;

	while (ike_sa_next(s->node[node].ike, &cursor, &info))
		n++;
	return n;
}

size_t sim_children(const struct sim *s, int node)
{
	const struct sim_node *n = &s->node[node];
	size_t in = 0, out = 0;

	for (size_t i = 0; i < n->n_sa; i++) {
		in += n->sa[i].sa.dir == MISSIU_IN;
		out += n->sa[i].sa.dir == MISSIU_OUT;
	}
	if (in != out)
		sim_dump(s);
	assert(in == out);
	return in;
}

static bool same(const struct missiu_sa *a, const struct missiu_sa *b)
{
	return a->spi == b->spi && a->dir != b->dir && a->proto == b->proto &&
	       a->mode == b->mode && a->flags == b->flags &&
	       a->encr == b->encr && a->auth == b->auth &&
	       a->icv_len == b->icv_len && a->mate_spi == b->mate_spi &&
	       a->encr_key_len == b->encr_key_len &&
	       a->auth_key_len == b->auth_key_len &&
	       a->encr_key_len + a->auth_key_len > 0 &&
	       !memcmp(a->encr_key, b->encr_key, a->encr_key_len) &&
	       !memcmp(a->auth_key, b->auth_key, a->auth_key_len);
}

static void agree_one_way(const struct sim *s, int a, int b)
{
	const struct sim_node *na = &s->node[a], *nb = &s->node[b];

	for (size_t i = 0; i < na->n_sa; i++) {
		bool found = false;

		for (size_t j = 0; j < nb->n_sa && !found; j++)
			found = same(&na->sa[i].sa, &nb->sa[j].sa);
		if (!found)
			sim_dump(s);
		assert(found);
	}
}

void sim_agree(const struct sim *s, int a, int b)
{
	agree_one_way(s, a, b);
	agree_one_way(s, b, a);
}

const struct missiu_sa *sim_find_sa(const struct sim *s, int node, uint8_t dir)
{
	const struct sim_node *n = &s->node[node];
	const struct sim_sa *best = NULL;

	for (size_t i = 0; i < n->n_sa; i++)
		if (n->sa[i].sa.dir == dir &&
		    (!best || n->sa[i].sa.owner > best->sa.owner))
			best = &n->sa[i];
	return best ? &best->sa : NULL;
}

bool sim_log_has(const struct sim *s, int node, const char *text)
{
	for (size_t i = 0; i < s->node[node].n_log; i++)
		if (strstr(s->node[node].log[i], text))
			return true;
	return false;
}

void sim_dump(const struct sim *s)
{
	for (size_t i = 0; i < s->n_node; i++)
		for (size_t j = 0; j < s->node[i].n_log; j++)
			fprintf(stderr, "node %zu: %s\n", i, s->node[i].log[j]);
}
