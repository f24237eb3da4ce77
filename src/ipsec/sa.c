/* SPDX-License-Identifier: Apache-2.0 */
#include "ipsec/sa.h"

#include <stdlib.h>
#include <string.h>

#include "common/addr.h"
#include "common/diag.h"
#include "common/secret.h"
#include "common/wr.h"
#include "crypto/algs.h"
#include "ipsec/spd.h"

#define USEC 1000000

/* TTL of outer headers: of this host, not of the inner packet (RFC 4301 5.1.2). */
#define OUTER_TTL 64

static int check_names(const struct missiu_sa *d, struct missiu_diag *diag)
{
	bool manual = d->flags & MISSIU_SA_MANUAL;

	if (d->proto != MISSIU_ESP && d->proto != MISSIU_AH)
		return diag_set(diag, MISSIU_EINVAL,
				"protocol %u is no IPsec protocol", d->proto);
	if (d->spi < 256)
		return diag_set(diag, MISSIU_EINVAL,
				"SPI %u is reserved, expected 256 or more",
				d->spi);
	if (d->flags & ~MISSIU_SA_FLAGS)
		return diag_set(diag, MISSIU_EINVAL, "unknown flags 0x%x",
				d->flags);
	if (!d->dir || d->dir > (MISSIU_IN | MISSIU_OUT) ||
	    (d->dir == (MISSIU_IN | MISSIU_OUT) && !manual))
		return diag_set(diag, MISSIU_EINVAL, "bad direction %u",
				d->dir);
	if (d->mode > MISSIU_TUNNEL || (!d->mode && !manual))
		return diag_set(diag, MISSIU_EINVAL, "unknown mode %u",
				d->mode);
	return 0;
}

int sa_check_ends(const struct missiu_sa *d, struct missiu_diag *diag)
{
	if (!addr_len(&d->dst) || addr_is_any(&d->dst))
		return diag_set(diag, MISSIU_EINVAL,
				"destination address missing");
	if (d->src.family && d->src.family != d->dst.family)
		return diag_set(diag, MISSIU_EINVAL,
				"source and destination of two families");
	if (!d->encap_sport != !d->encap_dport)
		return diag_set(diag, MISSIU_EINVAL,
				"only one port of the UDP encapsulation");
	if (d->proto == MISSIU_AH && d->encap_sport)
		return diag_set(diag, MISSIU_EUNSUP,
				"AH cannot pass a NAT, UDP encapsulation is "
				"for ESP (RFC 3948)");
	return 0;
}

static int check_ts(const struct missiu_ts *v, size_t n,
		    struct missiu_diag *diag)
{
	if (n > MISSIU_TS_MAX)
		return diag_set(diag, MISSIU_EINVAL,
				"%zu traffic selectors, at most %d", n,
				MISSIU_TS_MAX);
	for (size_t i = 0; i < n; i++)
		if (!ts_valid(&v[i]))
			return diag_set(diag, MISSIU_EINVAL,
					"traffic selector %zu is out of order",
					i + 1);
	return 0;
}

/* Counter modes are those with a salt. */
static int check_counter(const struct missiu_sa *d, struct missiu_diag *diag)
{
	const struct encr_alg *e = encr_alg(d->encr);
	const struct auth_alg *a = auth_alg(d->auth);
	const char *name = NULL;

	if (e && e->salt_len)
		name = e->name;
	else if (a && a->salt_len)
		name = a->name;
	if (!name || !(d->flags & MISSIU_SA_MANUAL) ||
	    d->flags & MISSIU_SA_COUNTER_OK)
		return 0;
	return diag_set(diag, MISSIU_EUNSUP,
			"%s must not be used with manual keys (RFC 8221 4)",
			name);
}

static int check_rest(const struct missiu_sa *d, struct missiu_diag *diag)
{
	int ret;

	if (!d->n_ts_src != !d->n_ts_dst)
		return diag_set(diag, MISSIU_EINVAL,
				"traffic selectors of one side only");
	ret = check_ts(d->ts_src, d->n_ts_src, diag);
	if (!ret)
		ret = check_ts(d->ts_dst, d->n_ts_dst, diag);
	if (ret)
		return ret;
	if (d->replay_window > REPLAY_WINDOW_MAX)
		return diag_set(diag, MISSIU_EINVAL,
				"replay window of %u packets, at most %d",
				d->replay_window, REPLAY_WINDOW_MAX);
	if (d->flags & MISSIU_SA_ESN && d->dir & MISSIU_IN && !d->replay_window)
		return diag_set(
			diag, MISSIU_EINVAL,
			"extended sequence numbers need a replay window");
	if (d->encr_key_len > MISSIU_KEY_MAX ||
	    d->auth_key_len > MISSIU_KEY_MAX)
		return diag_set(diag, MISSIU_EKEYLEN, "key too long");
	return check_counter(d, diag);
}

static int compile_key(struct sa *sa, const uint8_t *iv_seed,
		       struct missiu_diag *diag)
{
	const struct missiu_sa *d = &sa->d;
	const struct encr_alg *e = encr_alg(d->encr);
	struct crypt_spec spec = {
		.encr = d->encr,
		.auth = d->auth,
		.icv_len = d->icv_len,
		.esn = d->flags & MISSIU_SA_ESN,
		.encr_key = d->encr_key,
		.encr_key_len = d->encr_key_len,
		.auth_key = d->auth_key,
		.auth_key_len = d->auth_key_len,
	};
	int ret;

	if (e && e->aead && !spec.icv_len)
		sa->d.icv_len = spec.icv_len = 16;
	memcpy(spec.iv_seed, iv_seed, sizeof(spec.iv_seed));
	ret = crypt_key_new(&spec, &sa->key, diag);
	secret_wipe(&spec, sizeof(spec));
	if (ret)
		return ret;
	sa->sz = crypt_key_sizes(sa->key);
	if (sa->sz.block < 4) /* RFC 4303 2.4 */
		sa->sz.block = 4;
	return 0;
}

static int compile_auth(struct sa *sa, struct missiu_diag *diag)
{
	const struct missiu_sa *d = &sa->d;
	struct auth_sizes sz;
	int ret;

	if (d->encr != MISSIU_ENCR_NULL || d->encr_key_len)
		return diag_set(diag, MISSIU_EINVAL, "AH does not encrypt");
	if (d->icv_len)
		return diag_set(diag, MISSIU_EINVAL,
				"AH has no choice of ICV lengths");
	ret = auth_key_new(d->auth, d->auth_key, d->auth_key_len, &sa->auth,
			   diag);
	if (ret)
		return ret;
	sz = auth_key_sizes(sa->auth);
	sa->sz = (struct crypt_sizes){ .iv_len = sz.iv_len,
				       .block = 4,
				       .icv_len = sz.tag_len };
	return 0;
}

static void put_udp(struct sa *sa, uint8_t *at)
{
	store_be16(at, sa->d.encap_sport);
	store_be16(at + 2, sa->d.encap_dport);
}

void sa_set_ends(struct sa *sa)
{
	const struct missiu_sa *d = &sa->d;
	uint8_t *h = sa->hdr;
	size_t len = addr_len(&d->dst);
	uint8_t proto;

	memset(h, 0, sizeof(sa->hdr));
	sa->udp_len = d->encap_dport ? UDP_HDR_LEN : 0;
	sa->ip_len = d->dst.family == 4 ? IP4_HDR_LEN : IP6_HDR_LEN;
	proto = sa_outer_proto(sa);
	if (d->dst.family == 4) {
		h[0] = 0x45;
		h[8] = OUTER_TTL;
		h[9] = proto;
	} else {
		h[0] = 0x60;
		h[6] = proto;
		h[7] = OUTER_TTL;
	}
	memcpy(h + sa->ip_len - 2 * len, d->src.b, len);
	memcpy(h + sa->ip_len - len, d->dst.b, len);
	if (sa->udp_len)
		put_udp(sa, h + sa->ip_len);
	sa->nat_addr = d->src;
	sa->nat_port = d->encap_sport;
}

static void set_life(struct sa *sa, missiu_usec now)
{
	const struct missiu_sa *d = &sa->d;
	uint64_t max = d->flags & MISSIU_SA_ESN ? UINT64_MAX : UINT32_MAX;

	sa->stats.added_us = now;
	sa->soft_us = d->soft_s && d->soft_s < (UINT64_MAX - now) / USEC ?
			      now + d->soft_s * USEC :
			      UINT64_MAX;
	sa->hard_us = d->hard_s && d->hard_s < (UINT64_MAX - now) / USEC ?
			      now + d->hard_s * USEC :
			      UINT64_MAX;
	sa->idle_us = d->idle_s && d->idle_s < (UINT64_MAX - now) / USEC ?
			      now + d->idle_s * USEC :
			      UINT64_MAX;
	silence_begin(sa, now);
	/* RFC 4303 3.3.3: never wrap; ask in time, at 7/8 of the space. */
	sa->seq_max = max;
	sa->seq_soft = max / 8 * 7;
}

int sa_compile(const struct missiu_sa *d, const uint8_t iv_seed[static 32],
	       missiu_usec now, struct sa **out, struct missiu_diag *diag)
{
	struct sa *sa;
	int ret;

	ret = check_names(d, diag);
	if (!ret)
		ret = sa_check_ends(d, diag);
	if (!ret)
		ret = check_rest(d, diag);
	if (ret)
		return ret;
	sa = calloc(1, sizeof(*sa));
	if (!sa)
		return diag_set(diag, MISSIU_ENOMEM, "out of memory");
	sa->d = *d;
	if (addr_is_any(&sa->d.src))
		sa->d.src = (struct missiu_addr){ 0 };
	sa->batch_first = SA_BATCH_END;
	ret = d->proto == MISSIU_AH ? compile_auth(sa, diag) :
				      compile_key(sa, iv_seed, diag);
	if (!ret && d->dir & MISSIU_IN)
		ret = replay_init(&sa->replay, d->replay_window);
	if (ret) {
		sa_free(sa);
		return ret;
	}
	sa_set_ends(sa);
	set_life(sa, now);
	*out = sa;
	return 0;
}

void sa_free(struct sa *sa)
{
	if (!sa)
		return;
	crypt_key_free(sa->key);
	auth_key_free(sa->auth);
	replay_fini(&sa->replay);
	secret_wipe(sa, sizeof(*sa));
	free(sa);
}

bool sa_bound(const struct sa *sa, const struct policy *pol)
{
	return sa->d.policy_id && sa->d.policy_id == pol->p.id;
}

/* RFC 4301 4.4.1.1: populated from the packet, so it carries nothing else. */
static bool of_one_flow(const struct missiu_sa *d)
{
	return d->n_ts_src == 1 && d->n_ts_dst == 1 &&
	       ts_is_flow(&d->ts_src[0], &d->ts_dst[0]);
}

bool sa_fits(const struct sa *sa, const struct policy *pol, uint8_t layer,
	     uint8_t mode)
{
	const struct missiu_sa *d = &sa->d;
	const struct missiu_prot *t = &pol->p.prot[layer];
	const struct encr_alg *e = encr_alg(d->encr);

	if (mode != (layer ? MISSIU_TRANSPORT : pol->p.mode) ||
	    (d->mode && d->mode != mode))
		return false;
	if (d->policy_id && d->policy_id != pol->p.id)
		return false;
	if (pol->p.flags & MISSIU_POL_UNIQUE && !of_one_flow(d))
		return false;
	if (t->proto != d->proto ||
	    (t->encr != MISSIU_ENCR_ANY && t->encr != d->encr) ||
	    (t->auth != MISSIU_AUTH_ANY && t->auth != d->auth))
		return false;
	if (t->key_len && t->key_len + e->salt_len != d->encr_key_len)
		return false;
	return !t->icv_len || t->icv_len == d->icv_len;
}

static bool any_covers(const struct missiu_ts *v, size_t n,
		       const struct missiu_addr *a, uint16_t port,
		       const struct ip_info *ip)
{
	for (size_t i = 0; i < n; i++)
		if (sel_match(&v[i], a, port, ip) == SEL_YES)
			return true;
	return false;
}

bool sa_covers(const struct sa *sa, const struct ip_info *ip)
{
	const struct missiu_sa *d = &sa->d;

	if (!d->n_ts_src)
		return true;
	return any_covers(d->ts_src, d->n_ts_src, &ip->src, ip->sport, ip) &&
	       any_covers(d->ts_dst, d->n_ts_dst, &ip->dst, ip->dport, ip);
}

static bool ts_have_ports(const struct missiu_ts *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (v[i].port_lo != 0 || v[i].port_hi != UINT16_MAX)
			return true;
	return false;
}

bool sa_has_ports(const struct sa *sa)
{
	return ts_have_ports(sa->d.ts_src, sa->d.n_ts_src) ||
	       ts_have_ports(sa->d.ts_dst, sa->d.n_ts_dst);
}

void sa_stats_get(const struct sa *sa, struct missiu_sa_stats *out)
{
	*out = sa->stats;
	out->seq = sa->seq > sa->replay.top ? sa->seq : sa->replay.top;
}
