/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One engine that is both ends, as in esp_rig.h: AH between 192.0.2.1, .2 and
 * 2001:db8::1, ::2; tunnels for 10/8 and fd00::/8; ESP inside AH for UDP.
 */
#ifndef FUZZ_AH_RIG_H
#define FUZZ_AH_RIG_H

#include "esp_rig.h"
#include "ipsec/ah.h"

#define AH_SPI 0x3001

static inline void ah_policy(struct missiu *m, struct missiu_ts ts,
			     const char *from, const char *to)
{
	struct missiu_change c = { .kind = MISSIU_CHG_ADD_POLICY };
	struct missiu_policy *p = &c.policy;

	*p = (struct missiu_policy){ .dirs = MISSIU_OUT,
				     .action = MISSIU_PROTECT,
				     .mode = from ? MISSIU_TUNNEL :
						    MISSIU_TRANSPORT,
				     .n_prot = 1,
				     .local = ts,
				     .remote = ts };
	p->prot[0].proto = MISSIU_AH;
	if (ts.proto == IP_P_UDP) {
		p->prot[1] = p->prot[0];
		p->prot[0].proto = MISSIU_ESP;
		p->n_prot = 2;
	}
	if (from)
		p->tun_remote = fuzz_addr(to);
	fuzz_load(m, &c);
	p->dirs = MISSIU_IN;
	if (from)
		p->tun_remote = fuzz_addr(from);
	fuzz_load(m, &c);
}

static inline struct missiu_sa ah_sa(const char *from, const char *to,
				     uint8_t mode)
{
	struct missiu_sa sa = fuzz_sa(0);

	sa.spi = AH_SPI + mode;
	sa.proto = MISSIU_AH;
	sa.mode = mode;
	sa.src = fuzz_addr(from);
	sa.dst = fuzz_addr(to);
	return sa;
}

/* A new one for each input: what one leaves behind must not help the next. */
static inline struct missiu *ah_engine(void)
{
	static const char *const ends[2][2] = {
		{ "192.0.2.1", "192.0.2.2" }, { "2001:db8::1", "2001:db8::2" }
	};
	struct missiu *m = missiu_new(NULL);
	struct missiu_ts ts;

	if (!m)
		abort();
	for (int i = 0; i < 2; i++) {
		struct missiu_change c = { .kind = MISSIU_CHG_ADD_SA };

		c.sa = ah_sa(ends[i][0], ends[i][1], MISSIU_TUNNEL);
		fuzz_load(m, &c);
		c.sa = ah_sa(ends[i][0], ends[i][1], MISSIU_TRANSPORT);
		fuzz_load(m, &c);
		c.sa.proto = MISSIU_ESP;
		fuzz_load(m, &c);
		ts = fuzz_net(ends[i][0], i ? 64 : 24);
		ts.proto = IP_P_UDP;
		ah_policy(m, ts, NULL, NULL);
		ts.proto = 0;
		ah_policy(m, ts, NULL, NULL);
		ah_policy(m,
			  i ? fuzz_net("fd00::", 8) : fuzz_net("10.0.0.0", 8),
			  ends[i][0], ends[i][1]);
	}
	return m;
}

/* If the packet has AH to one of our SAs, make its ICV right. */
static inline void ah_authenticate(struct missiu_pkt *k)
{
	static const uint8_t seed[32];
	uint8_t tag[AUTH_TAG_MAX], *ah;
	struct missiu_sa d;
	struct ah_place at;
	struct ip_info ip;
	struct sa *sa;

	if (ip_parse(k->data, k->len, &ip) || ip.proto != IP_P_AH ||
	    ip.frag != IP_WHOLE || ip.len < ip.upper_off + 24)
		return;
	if (ip.family == 4)
		ip4_finish(k->data, ip.len);
	ah = k->data + ip.upper_off;
	at = (struct ah_place){ .pkt = k->data,
				.off = ip.upper_off,
				.len = 24,
				.total = ip.len,
				.seq = load_be32(ah + 8) };
	d = ip.family == 4 ? ah_sa("192.0.2.1", "192.0.2.2", MISSIU_TUNNEL) :
			     ah_sa("2001:db8::1", "2001:db8::2", MISSIU_TUNNEL);
	if (sa_compile(&d, seed, 0, &sa, NULL))
		abort();
	if (!ah_tag(sa, &at, tag))
		memcpy(ah + AH_HDR_LEN, tag, sa->sz.icv_len);
	sa_free(sa);
}

#endif
