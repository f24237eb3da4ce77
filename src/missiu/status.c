/* SPDX-License-Identifier: Apache-2.0 */
#include "missiu/status.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>

#include "common/addr.h"
#include "common/secret.h"
#include "missiu/script.h"

#define POLICY_TEXT_MAX 704

static const char *const encr_names[MISSIU_ENCR_MAX] = {
	[MISSIU_ENCR_ANY] = "any",
	[MISSIU_ENCR_DES] = "des-cbc",
	[MISSIU_ENCR_3DES] = "3des-cbc",
	[MISSIU_ENCR_BLOWFISH] = "blowfish-cbc",
	[MISSIU_ENCR_AES_CBC] = "aes-cbc",
	[MISSIU_ENCR_AES_CTR] = "aes-ctr",
	[MISSIU_ENCR_AES_GCM] = "aes-gcm",
	[MISSIU_ENCR_AES_GMAC] = "aes-gmac",
	[MISSIU_ENCR_AES_CCM] = "aes-ccm",
	[MISSIU_ENCR_CHACHA20_POLY1305] = "chacha20-poly1305",
	[MISSIU_ENCR_NULL] = "null",
};

/* Bytes of an encryption key that are salt, not key. */
static const uint8_t encr_salt[MISSIU_ENCR_MAX] = {
	[MISSIU_ENCR_AES_CTR] = 4,	     [MISSIU_ENCR_AES_GCM] = 4,
	[MISSIU_ENCR_AES_GMAC] = 4,	     [MISSIU_ENCR_AES_CCM] = 3,
	[MISSIU_ENCR_CHACHA20_POLY1305] = 4,
};

static const char *const auth_names[MISSIU_AUTH_MAX] = {
	[MISSIU_AUTH_ANY] = "any",
	[MISSIU_AUTH_MD5] = "hmac-md5-96",
	[MISSIU_AUTH_SHA1] = "hmac-sha1-96",
	[MISSIU_AUTH_AES_XCBC] = "aes-xcbc-96",
	[MISSIU_AUTH_SHA256] = "hmac-sha256-128",
	[MISSIU_AUTH_SHA384] = "hmac-sha384-192",
	[MISSIU_AUTH_SHA512] = "hmac-sha512-256",
	[MISSIU_AUTH_BLAKE2B] = "blake2b",
	[MISSIU_AUTH_BLAKE2S] = "blake2s",
	[MISSIU_AUTH_AES_CMAC] = "aes-cmac-96",
	[MISSIU_AUTH_NONE] = "none",
	[MISSIU_AUTH_AES128_GMAC] = "aes-128-gmac",
	[MISSIU_AUTH_AES192_GMAC] = "aes-192-gmac",
	[MISSIU_AUTH_AES256_GMAC] = "aes-256-gmac",
};

static const char *const dir_names[] = { "none", "in", "out", "both" };
static const char *const mode_names[] = { "any", "transport", "tunnel" };
static const char *const action_names[] = { "", "protect", "bypass",
					    "discard" };

#define N_OF(a)		  (sizeof(a) / sizeof((a)[0]))
#define NAME_OF(names, i) name_of(names, N_OF(names), i)

static const char *name_of(const char *const *names, size_t n, size_t i)
{
	return i < n ? names[i] : "unknown";
}

/* All setters accept that memory ran out: the dump at the end finds out. */
static void set_str(json_t *o, const char *key, const char *value)
{
	json_object_set_new(o, key, json_string(value));
}

static void set_u64(json_t *o, const char *key, uint64_t value)
{
	json_object_set_new(o, key, json_integer((json_int_t)value));
}

static void set_bool(json_t *o, const char *key, bool value)
{
	json_object_set_new(o, key, json_boolean(value));
}

static void set_seconds(json_t *o, const char *key, missiu_usec us)
{
	json_object_set_new(o, key, json_real((double)us / 1e6));
}

static void set_selectors(json_t *o, const char *key,
			  const struct missiu_ts *ts, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n && i < MISSIU_TS_MAX; i++)
		json_array_append_new(list, json_string(ts_text(&ts[i]).s));
	json_object_set_new(o, key, list);
}

/* How many of an SA's or a policy's packets were dropped, and why lately. */
static void set_dropped(json_t *o, uint64_t n, uint8_t last)
{
	set_u64(o, "dropped", n);
	if (n)
		set_str(o, "last_drop", missiu_drop_name(last));
}

static json_t *sa_json(const struct missiu_sa *sa,
		       const struct missiu_sa_stats *st, missiu_usec now)
{
	size_t salt = sa->encr < MISSIU_ENCR_MAX ? encr_salt[sa->encr] : 0;
	size_t key = sa->encr_key_len > salt ? sa->encr_key_len - salt : 0;
	json_t *o = json_object();
	char spi[11];

	snprintf(spi, sizeof(spi), "0x%08" PRIx32, sa->spi);
	set_str(o, "spi", spi);
	set_str(o, "dir", NAME_OF(dir_names, sa->dir));
	set_str(o, "proto", sa->proto == MISSIU_AH ? "ah" : "esp");
	set_str(o, "mode", NAME_OF(mode_names, sa->mode));
	set_str(o, "src", addr_text(&sa->src).s);
	set_str(o, "dst", addr_text(&sa->dst).s);
	set_str(o, "encr", NAME_OF(encr_names, sa->encr));
	set_u64(o, "encr_key_bits", key * 8);
	set_str(o, "auth", NAME_OF(auth_names, sa->auth));
	set_bool(o, "esn", sa->flags & MISSIU_SA_ESN);
	set_bool(o, "manual", sa->flags & MISSIU_SA_MANUAL);
	set_u64(o, "replay_window", sa->replay_window);
	if (sa->encap_sport || sa->encap_dport) {
		set_u64(o, "encap_sport", sa->encap_sport);
		set_u64(o, "encap_dport", sa->encap_dport);
		json_object_set_new(o, "tcp",
				    json_boolean(sa->flags & MISSIU_SA_TCP));
	}
	set_u64(o, "policy", sa->policy_id);
	set_selectors(o, "from", sa->ts_src, sa->n_ts_src);
	set_selectors(o, "to", sa->ts_dst, sa->n_ts_dst);
	set_u64(o, "packets", st->packets);
	set_u64(o, "bytes", st->bytes);
	set_u64(o, "seq", st->seq);
	set_u64(o, "replays", st->replays);
	set_u64(o, "auth_fails", st->auth_fails);
	set_dropped(o, st->dropped, st->last_drop);
	set_seconds(o, "age_s", now > st->added_us ? now - st->added_us : 0);
	if (st->used_us)
		set_seconds(o, "idle_s",
			    now > st->used_us ? now - st->used_us : 0);
	return o;
}

static json_t *sas_json(const struct missiu *m, missiu_usec now)
{
	struct missiu_sa_stats st;
	json_t *list = json_array();
	struct missiu_sa sa;
	uint64_t cursor = 0;

	while (missiu_sa_next(m, &cursor, &sa, &st))
		json_array_append_new(list, sa_json(&sa, &st, now));
	secret_wipe(&sa, sizeof(sa));
	return list;
}

static json_t *policy_json(const struct missiu_policy *p,
			   const struct missiu_policy_stats *st)
{
	char text[POLICY_TEXT_MAX];
	json_t *o = json_object();

	set_u64(o, "id", p->id);
	set_str(o, "action", NAME_OF(action_names, p->action));
	set_str(o, "dirs", NAME_OF(dir_names, p->dirs));
	if (missiu_policy_print(p, text, sizeof(text)))
		set_str(o, "text", text);
	set_u64(o, "in_packets", st->in_packets);
	set_u64(o, "in_bytes", st->in_bytes);
	set_u64(o, "out_packets", st->out_packets);
	set_u64(o, "out_bytes", st->out_bytes);
	set_dropped(o, st->dropped, st->last_drop);
	return o;
}

static json_t *policies_json(const struct missiu *m)
{
	struct missiu_policy_stats st;
	json_t *list = json_array();
	struct missiu_policy p;
	uint64_t cursor = 0;

	while (missiu_policy_next(m, &cursor, &p, &st))
		json_array_append_new(list, policy_json(&p, &st));
	return list;
}

/* Those that happened, and their sum. */
static json_t *drops_json(const struct missiu_stats *st)
{
	json_t *o = json_object();
	uint64_t total = 0;

	for (int i = 1; i < MISSIU_DROP_MAX; i++) {
		total += st->drops[i];
		if (st->drops[i])
			set_u64(o, missiu_drop_name((enum missiu_drop)i),
				st->drops[i]);
	}
	set_u64(o, "total", total);
	return o;
}

static json_t *packets_json(const struct missiu_stats *st)
{
	json_t *o = json_object();

	set_u64(o, "in_packets", st->in_packets);
	set_u64(o, "in_bytes", st->in_bytes);
	set_u64(o, "out_packets", st->out_packets);
	set_u64(o, "out_bytes", st->out_bytes);
	set_u64(o, "in_clear", st->in_clear);
	set_u64(o, "out_clear", st->out_clear);
	set_u64(o, "held", st->n_held);
	set_u64(o, "acquires", st->acquires);
	set_u64(o, "events_lost", st->events_lost);
	set_u64(o, "reassembled", st->reassembled);
	set_u64(o, "fragmented", st->fragmented);
	set_u64(o, "too_big_sent", st->too_big_sent);
	set_u64(o, "pmtu_learned", st->pmtu_learned);
	set_u64(o, "mss_clamped", st->mss_clamped);
	return o;
}

static json_t *routes_json(const struct autoroute *a)
{
	json_t *list = json_array();
	struct netlink_route r;
	size_t cursor = 0;

	while (a && autoroute_next(a, &cursor, &r)) {
		char dst[ADDR_TEXT_MAX + 4];
		json_t *o = json_object();

		snprintf(dst, sizeof(dst), "%s/%u", addr_text(&r.dst).s,
			 r.plen);
		set_str(o, "dst", dst);
		if (r.src.family)
			set_str(o, "src", addr_text(&r.src).s);
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *guard_json(const struct guard_state *g)
{
	json_t *o = json_object(), *dropped;

	set_bool(o, "active", g != NULL);
	if (!g)
		return o;
	dropped = json_object();
	for (int i = 0; i < GUARD_COUNTERS_MAX; i++)
		set_u64(dropped, guard_counter_name((enum guard_counter)i),
			g->dropped[i]);
	set_str(o, "table", g->table);
	set_bool(o, "inherited", g->inherited);
	if (*g->problem)
		set_str(o, "problem", g->problem);
	json_object_set_new(o, "dropped", dropped);
	return o;
}

char *status_json(const struct missiu *m, const struct status_view *s)
{
	json_t *o = json_object();
	struct missiu_stats st;
	char *text;

	missiu_stats_get(m, &st);
	set_str(o, "version", MISSIU_VERSION);
	set_u64(o, "pid", (uint64_t)s->pid);
	set_str(o, "interface", s->iface);
	set_u64(o, "interface_mtu", s->link_mtu);
	set_str(o, "tap", s->tap);
	set_u64(o, "tap_mtu", s->tap_mtu);
	set_u64(o, "tap_lost", s->tap_lost);
	set_str(o, "backend", s->backend);
	set_str(o, "backend_why", s->backend_why);
	set_str(o, "default", s->drop_unmatched ? "drop" : "bypass");
	set_seconds(o, "uptime_s", s->now - s->started);
	json_object_set_new(o, "traffic", packets_json(&st));
	json_object_set_new(o, "sas", sas_json(m, s->now));
	json_object_set_new(o, "policies", policies_json(m));
	json_object_set_new(o, "drops", drops_json(&st));
	json_object_set_new(o, "routes", routes_json(s->routes));
	json_object_set_new(o, "guard", guard_json(s->guard));
	text = json_dumps(o, JSON_INDENT(2));
	json_decref(o);
	return text;
}
