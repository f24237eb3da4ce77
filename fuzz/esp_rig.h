/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One engine that is both ends: 192.0.2.1 → 192.0.2.2 and 2001:db8::1 → ::2,
 * transport between them, tunnel for 10/8 and fd00::/8. Manual SAs, so that
 * no state carries over from one input to the next.
 */
#ifndef FUZZ_ESP_RIG_H
#define FUZZ_ESP_RIG_H

#include <stdlib.h>
#include <string.h>

#include "common/addr.h"
#include "common/rd.h"
#include "common/wr.h"
#include "crypto/crypt.h"
#include "ipsec/ip.h"
#include "missiu/engine.h"

#define FUZZ_ROOM  (MISSIU_HEADROOM + 4200 + MISSIU_TAILROOM)
#define FUZZ_SPI   0x1001
#define FUZZ_N_SA  4
#define FUZZ_ENCAP 3 /* the SA over UDP, transport mode */

static const struct fuzz_sa {
	const char *src, *dst;
	uint8_t mode;
} fuzz_sas[FUZZ_N_SA] = {
	{ "192.0.2.1", "192.0.2.2", MISSIU_TUNNEL },
	{ "192.0.2.1", "192.0.2.2", MISSIU_TRANSPORT },
	{ "2001:db8::1", "2001:db8::2", MISSIU_TRANSPORT },
	{ "192.0.2.1", "192.0.2.3", MISSIU_TRANSPORT },
};

static inline struct missiu_addr fuzz_addr(const char *text)
{
	struct missiu_addr a;

	if (!addr_parse(text, &a))
		abort();
	return a;
}

static inline struct missiu_ts fuzz_net(const char *text, unsigned plen)
{
	struct missiu_addr a = fuzz_addr(text);
	struct missiu_ts ts = ts_any();

	if (!addr_prefix(&a, plen, &ts.lo, &ts.hi))
		abort();
	return ts;
}

/* HMAC-SHA1 over what anyone can read. */
static inline struct missiu_sa fuzz_sa(unsigned i)
{
	const struct fuzz_sa *f = &fuzz_sas[i];

	return (struct missiu_sa){
		.spi = FUZZ_SPI + i,
		.dir = MISSIU_IN | MISSIU_OUT,
		.proto = MISSIU_ESP,
		.mode = f->mode,
		.flags = MISSIU_SA_MANUAL,
		.encr = MISSIU_ENCR_NULL,
		.auth = MISSIU_AUTH_SHA1,
		.auth_key_len = 20,
		.src = fuzz_addr(f->src),
		.dst = fuzz_addr(f->dst),
		.encap_sport = i == FUZZ_ENCAP ? 4500 : 0,
		.encap_dport = i == FUZZ_ENCAP ? 4500 : 0,
	};
}

static inline void fuzz_load(struct missiu *m, struct missiu_change *c)
{
	if (missiu_load(m, c, 1, 0, NULL, NULL))
		abort();
}

static inline void fuzz_policy(struct missiu *m, uint8_t mode,
			       struct missiu_ts ts)
{
	struct missiu_change c = { .kind = MISSIU_CHG_ADD_POLICY };
	struct missiu_policy *p = &c.policy;

	p->action = MISSIU_PROTECT;
	p->mode = mode;
	p->n_prot = 1;
	p->prot[0].proto = MISSIU_ESP;
	p->local = p->remote = ts;
	p->dirs = MISSIU_IN | MISSIU_OUT;
	if (mode == MISSIU_TUNNEL) {
		p->dirs = MISSIU_OUT;
		p->tun_remote = fuzz_addr("192.0.2.2");
		fuzz_load(m, &c);
		p->dirs = MISSIU_IN;
		p->tun_remote = fuzz_addr("192.0.2.1");
	}
	fuzz_load(m, &c);
}

/* The same for every engine: two of them behave alike. */
static inline int fuzz_random(void *ctx, uint8_t *buf, size_t len)
{
	(void)ctx;
	memset(buf, 0x5a, len);
	return 0;
}

static inline struct missiu *fuzz_engine_new(void)
{
	/* What comes out is compared with what went in. */
	const struct missiu_opts opts = { .random = fuzz_random,
					  .no_mss_clamp = true };
	struct missiu_ts ports = fuzz_net("192.0.2.0", 24);
	struct missiu *m = missiu_new(&opts);

	if (!m)
		abort();
	ports.proto = IP_P_TCP;
	ports.port_lo = 100;
	fuzz_policy(m, MISSIU_TRANSPORT, ports);
	fuzz_policy(m, MISSIU_TRANSPORT, fuzz_net("192.0.2.0", 24));
	fuzz_policy(m, MISSIU_TRANSPORT, fuzz_net("2001:db8::", 32));
	fuzz_policy(m, MISSIU_TUNNEL, fuzz_net("10.0.0.0", 8));
	fuzz_policy(m, MISSIU_TUNNEL, fuzz_net("fd00::", 8));
	for (unsigned i = 0; i < FUZZ_N_SA; i++) {
		struct missiu_change c = { .kind = MISSIU_CHG_ADD_SA,
					   .sa = fuzz_sa(i) };

		fuzz_load(m, &c);
	}
	return m;
}

static inline struct missiu *fuzz_engine(void)
{
	static struct missiu *m;

	if (!m)
		m = fuzz_engine_new();
	return m;
}

static inline void fuzz_seal(uint8_t *esp, unsigned i, size_t text_len)
{
	static struct crypt_key *key;
	static const uint8_t zero[20];
	struct crypt_spec s = { .encr = MISSIU_ENCR_NULL,
				.auth = MISSIU_AUTH_SHA1,
				.auth_key = zero,
				.auth_key_len = 20 };
	struct crypt_job job = { .esp = esp, .text_len = text_len, .seq = 1 };

	if (!key && crypt_key_new(&s, &key, NULL))
		abort();
	store_be32(esp, FUZZ_SPI + i);
	store_be32(esp + 4, 1);
	crypt_seal(key, &job, 1);
	if (job.result)
		abort();
}

/* An IP header in front of @n bytes at @p + its length; Return: length. */
static inline size_t fuzz_ip(uint8_t *p, const struct missiu_sa *sa,
			     uint8_t proto, size_t n)
{
	size_t hdr = sa->dst.family == 4 ? IP4_HDR_LEN : IP6_HDR_LEN;
	size_t al = addr_len(&sa->dst);

	memset(p, 0, hdr);
	memcpy(p + hdr - 2 * al, sa->src.b, al);
	memcpy(p + hdr - al, sa->dst.b, al);
	if (hdr == IP6_HDR_LEN) {
		p[0] = 0x60;
		p[6] = proto;
		store_be16(p + 4, (uint16_t)n);
	} else {
		p[0] = 0x45;
		p[9] = proto;
		ip4_finish(p, hdr + n);
	}
	return hdr + n;
}

/* The packet that an input stands for; see esp_in.c. Return: length. */
static inline size_t fuzz_wire(uint8_t *p, uint8_t how, const uint8_t *data,
			       size_t n)
{
	unsigned i = how >> 1 & (FUZZ_N_SA - 1);
	struct missiu_sa sa = fuzz_sa(i);
	size_t udp = sa.encap_dport ? UDP_HDR_LEN : 0;
	uint8_t *esp;

	if (!(how & 1)) {
		if (n)
			memcpy(p, data, n);
		if (how & 2 && n >= 60 && p[0] >> 4 == 4)
			ip4_finish(p, load_be16(p + 2));
		return n;
	}
	n -= n % 4;
	esp = p + (sa.dst.family == 4 ? IP4_HDR_LEN : IP6_HDR_LEN) + udp;
	if (n)
		memcpy(esp + 8, data, n);
	fuzz_seal(esp, i, n);
	n += 8 + 12;
	if (udp) {
		store_be16(esp - 8, 4500);
		store_be16(esp - 6, 4500);
		store_be16(esp - 4, (uint16_t)(udp + n));
		store_be16(esp - 2, 0);
	}
	return fuzz_ip(p, &sa, udp ? IP_P_UDP : IP_P_ESP, udp + n);
}

static inline bool fuzz_is_ip(const uint8_t *p, size_t len)
{
	struct ip_info ip;

	return ip_parse(p, len, &ip) == 0 && ip.len == len;
}

/*
 * A time so late that fragments and packets of the inputs before are given up:
 * no state carries over.
 */
static inline missiu_usec fuzz_later(struct missiu *m)
{
	static missiu_usec now;

	now += UINT64_C(1000000000);
	missiu_tick(m, now);
	return now;
}

/* Packets that an engine has accounted for on the way in. */
static inline uint64_t fuzz_counted(const struct missiu_stats *s)
{
	uint64_t n = s->in_packets + s->in_clear;

	for (size_t i = 0; i < MISSIU_DROP_MAX; i++)
		n += s->drops[i];
	return n;
}

/* Is @k the packet @data again, but for a header checksum that was wrong? */
static inline bool fuzz_same(struct missiu_pkt *k, const uint8_t *data)
{
	if (k->spi == FUZZ_SPI + FUZZ_ENCAP)
		return memcmp(k->data, data, 10) == 0;
	if (k->data[0] >> 4 == 4)
		memcpy(k->data + 10, data + 10, 2);
	return memcmp(k->data, data, k->len) == 0;
}

#endif
