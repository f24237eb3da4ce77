/* SPDX-License-Identifier: Apache-2.0 */
/* Samples and the four ways to hurt a parser, for the control layer's tests. */
#ifndef CTL_SAMPLES_H
#define CTL_SAMPLES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/addr.h"
#include "common/rd.h"
#include "missiu/engine.h"

/* No sample is longer. */
#define SAMPLE_MAX 65536

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static inline struct missiu_addr addr_of(const char *text)
{
	struct missiu_addr a = { 0 };

	if (text)
		assert_true(addr_parse(text, &a));
	return a;
}

static inline struct missiu_ts range_of(const char *lo, const char *hi,
					uint8_t proto, uint16_t port_lo,
					uint16_t port_hi)
{
	return (struct missiu_ts){ .lo = addr_of(lo),
				   .hi = addr_of(hi),
				   .proto = proto,
				   .port_lo = port_lo,
				   .port_hi = port_hi };
}

static inline struct missiu_ts net_of(const char *text, unsigned plen)
{
	struct missiu_ts ts = { .port_hi = UINT16_MAX };
	struct missiu_addr a = addr_of(text);

	assert_true(addr_prefix(&a, plen, &ts.lo, &ts.hi));
	return ts;
}

/* Transport mode, IPv4, AES-CBC with HMAC-SHA1, manual keys. */
static inline struct missiu_sa sa_manual(void)
{
	struct missiu_sa sa = { .spi = 0x1001,
				.dir = MISSIU_IN | MISSIU_OUT,
				.proto = MISSIU_ESP,
				.mode = MISSIU_TRANSPORT,
				.flags = MISSIU_SA_MANUAL,
				.encr = MISSIU_ENCR_AES_CBC,
				.auth = MISSIU_AUTH_SHA1,
				.encr_key_len = 16,
				.auth_key_len = 20,
				.src = addr_of("192.0.2.1"),
				.dst = addr_of("192.0.2.2") };

	memset(sa.encr_key, 0x11, 16);
	memset(sa.auth_key, 0x22, 20);
	return sa;
}

/* Tunnel mode, IPv6, AES-GCM, every field in use. */
static inline struct missiu_sa sa_full(void)
{
	struct missiu_sa sa = { .spi = 0xc0ffee01,
				.dir = MISSIU_OUT,
				.proto = MISSIU_ESP,
				.mode = MISSIU_TUNNEL,
				.flags = MISSIU_SA_ESN | MISSIU_SA_COUNTER_OK |
					 MISSIU_SA_NO_TFC,
				.encr = MISSIU_ENCR_AES_GCM,
				.auth = MISSIU_AUTH_NONE,
				.icv_len = 12,
				.encr_key_len = 36,
				.src = addr_of("2001:db8::1"),
				.dst = addr_of("2001:db8::2"),
				.encap_sport = 4500,
				.encap_dport = 40001,
				.n_ts_src = 2,
				.n_ts_dst = 1,
				.replay_window = 4096,
				.policy_id = 7,
				.mate_spi = 0xdecade02,
				.owner = 0x0123456789abcdef,
				.soft_s = 3000,
				.hard_s = 3600,
				.soft_bytes = 1u << 30,
				.hard_bytes = 1u << 31,
				.soft_packets = 900000,
				.hard_packets = 1000000,
				.idle_s = 300,
				.silent_s = 10,
				.heard_s = 150 };

	memset(sa.encr_key, 0x33, 36);
	sa.ts_src[0] = range_of("10.0.0.3", "10.0.0.9", 6, 80, 80);
	sa.ts_src[1] = range_of("fd00::1", "fd00::ffff", 17, 5000, 5999);
	sa.ts_dst[0] = range_of(NULL, NULL, 0, 0, UINT16_MAX);
	return sa;
}

/* { raddr 192.0.2.2 ulp icmp } ipsec { encr_algs aes encr_auth_algs sha1 } */
static inline struct missiu_policy policy_transport(void)
{
	struct missiu_policy p = { .dirs = MISSIU_IN | MISSIU_OUT,
				   .action = MISSIU_PROTECT,
				   .mode = MISSIU_TRANSPORT,
				   .n_prot = 1,
				   .line = 12 };

	p.prot[0] = (struct missiu_prot){ .proto = MISSIU_ESP,
					  .encr = MISSIU_ENCR_AES_CBC,
					  .auth = MISSIU_AUTH_SHA1 };
	p.local = range_of(NULL, NULL, 1, 0, UINT16_MAX);
	p.remote = net_of("192.0.2.2", 32);
	p.remote.proto = 1;
	return p;
}

/* Tunnel mode with a range of addresses and ports, lifetimes, an SA each. */
static inline struct missiu_policy policy_tunnel(void)
{
	struct missiu_policy p = { .dirs = MISSIU_IN | MISSIU_OUT,
				   .action = MISSIU_PROTECT,
				   .mode = MISSIU_TUNNEL,
				   .flags = MISSIU_POL_UNIQUE,
				   .n_prot = 1,
				   .life_s = 1800,
				   .life_bytes = 1u << 20,
				   .life_packets = 1u << 30,
				   .tfc = 1400,
				   .pfs = { 2, { 31, 19 } },
				   .peer = "berlin",
				   .line = 99 };

	p.prot[0] = (struct missiu_prot){ .proto = MISSIU_ESP,
					  .encr = MISSIU_ENCR_AES_GCM,
					  .auth = MISSIU_AUTH_NONE,
					  .key_len = 32,
					  .icv_len = 16 };
	p.local = net_of("10.1.0.0", 16);
	p.local.proto = 6;
	p.remote = range_of("10.2.0.3", "10.2.0.77", 6, 8000, 8080);
	p.tun_local = addr_of("192.0.2.1");
	p.tun_remote = addr_of("192.0.2.2");
	return p;
}

static inline struct missiu_policy policy_bypass(void)
{
	return (struct missiu_policy){
		.dirs = MISSIU_OUT,
		.action = MISSIU_BYPASS,
		.local = range_of(NULL, NULL, 0, 0, UINT16_MAX),
		.remote = net_of("2001:db8:7::", 48),
	};
}

/* Field by field: structures have padding. */
#define SAME(f) assert_int_equal(a->f, b->f)

static inline void same_ts(const struct missiu_ts *a, const struct missiu_ts *b)
{
	assert_memory_equal(&a->lo, &b->lo, sizeof(a->lo));
	assert_memory_equal(&a->hi, &b->hi, sizeof(a->hi));
	SAME(port_lo);
	SAME(port_hi);
	SAME(proto);
}

static inline void same_policy(const struct missiu_policy *a,
			       const struct missiu_policy *b)
{
	SAME(id);
	SAME(dirs);
	SAME(action);
	SAME(mode);
	SAME(flags);
	SAME(n_prot);
	assert_memory_equal(a->prot, b->prot, sizeof(a->prot));
	same_ts(&a->local, &b->local);
	same_ts(&a->remote, &b->remote);
	assert_memory_equal(&a->tun_local, &b->tun_local, sizeof(a->tun_local));
	assert_memory_equal(&a->tun_remote, &b->tun_remote,
			    sizeof(a->tun_remote));
	SAME(life_s);
	SAME(life_bytes);
	SAME(life_packets);
	SAME(tfc);
	SAME(pfs.n);
	assert_memory_equal(a->pfs.group, b->pfs.group, sizeof(a->pfs.group));
	SAME(line);
	assert_string_equal(a->peer, b->peer);
}

static inline void same_sa(const struct missiu_sa *a, const struct missiu_sa *b)
{
	uint8_t i;

	SAME(spi);
	SAME(dir);
	SAME(proto);
	SAME(mode);
	SAME(flags);
	SAME(encr);
	SAME(auth);
	SAME(icv_len);
	SAME(encr_key_len);
	SAME(auth_key_len);
	assert_memory_equal(a->encr_key, b->encr_key, sizeof(a->encr_key));
	assert_memory_equal(a->auth_key, b->auth_key, sizeof(a->auth_key));
	assert_memory_equal(&a->src, &b->src, sizeof(a->src));
	assert_memory_equal(&a->dst, &b->dst, sizeof(a->dst));
	SAME(encap_sport);
	SAME(encap_dport);
	SAME(n_ts_src);
	SAME(n_ts_dst);
	for (i = 0; i < a->n_ts_src; i++)
		same_ts(&a->ts_src[i], &b->ts_src[i]);
	for (i = 0; i < a->n_ts_dst; i++)
		same_ts(&a->ts_dst[i], &b->ts_dst[i]);
	SAME(replay_window);
	SAME(policy_id);
	SAME(mate_spi);
	SAME(owner);
	SAME(soft_s);
	SAME(hard_s);
	SAME(soft_bytes);
	SAME(hard_bytes);
	SAME(soft_packets);
	SAME(hard_packets);
	SAME(idle_s);
	SAME(silent_s);
	SAME(heard_s);
}

static inline void same_event(const struct missiu_event *a,
			      const struct missiu_event *b)
{
	SAME(kind);
	SAME(policy_id);
	SAME(acquire_id);
	same_ts(&a->pkt_src, &b->pkt_src);
	same_ts(&a->pkt_dst, &b->pkt_dst);
	SAME(proto);
	SAME(dir);
	SAME(spi);
	assert_memory_equal(&a->dst, &b->dst, sizeof(a->dst));
	assert_memory_equal(&a->addr, &b->addr, sizeof(a->addr));
	SAME(port);
	SAME(owner);
}

#undef SAME

/* A message's bytes in a block of exactly their size, so that ASan sees more. */
static inline uint8_t *exact_copy(const uint8_t *b, size_t len)
{
	uint8_t *p;

	if (len > SAMPLE_MAX)
		abort();
	p = malloc(len ? len : 1);
	assert_non_null(p);
	if (len)
		memcpy(p, b, len);
	return p;
}

/* Feeds bytes to a parser; returns whether they were accepted. */
typedef bool feed_fn(void *ctx, struct rd r);

/* Every prefix is refused, and so is a trailing byte. */
static inline void refuses_cuts(const uint8_t *b, size_t len, feed_fn *feed,
				void *ctx)
{
	uint8_t *p;
	size_t i;

	for (i = 0; i < len; i++) {
		p = exact_copy(b, i);
		if (feed(ctx, (struct rd){ p, p + i }))
			fail_msg("prefix of %zu bytes accepted", i);
		free(p);
	}
	p = malloc(len + 1);
	assert_non_null(p);
	memcpy(p, b, len);
	p[len] = 0;
	assert_false(feed(ctx, rd_from(p, len + 1)));
	free(p);
}

/* No single flipped bit does any harm; some are refused. */
static inline void survives_flips(const uint8_t *b, size_t len, feed_fn *feed,
				  void *ctx)
{
	uint8_t *p = exact_copy(b, len);
	size_t i, refused = 0;

	for (i = 0; i < len * 8; i++) {
		p[i / 8] ^= (uint8_t)(1u << (i % 8));
		refused += !feed(ctx, rd_from(p, len));
		p[i / 8] ^= (uint8_t)(1u << (i % 8));
	}
	assert_true(refused > 0);
	assert_true(feed(ctx, rd_from(p, len)));
	free(p);
}

#endif
