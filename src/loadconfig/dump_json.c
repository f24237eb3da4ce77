/* SPDX-License-Identifier: Apache-2.0 */
/* The members are named as in "missiu status --json". */
#include "loadconfig/dump.h"

#include <inttypes.h>
#include <jansson.h>

#include "common/addr.h"
#include "common/secret.h"
#include "missiu/script.h"
#include "policy/names.h"

#define POLICY_TEXT_MAX 704 /* missiu_policy_print() */

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

static void set_limit(json_t *o, const char *key, uint64_t value)
{
	if (value)
		set_u64(o, key, value);
}

static void set_since(json_t *o, const char *key, missiu_usec then,
		      missiu_usec now)
{
	missiu_usec us = now > then ? now - then : 0;

	json_object_set_new(o, key, json_real((double)us / 1e6));
}

static void set_key(json_t *o, const char *key, const uint8_t *b, size_t len)
{
	char hex[2 * MISSIU_KEY_MAX + 1] = "";

	for (size_t i = 0; i < len && i < MISSIU_KEY_MAX; i++)
		snprintf(hex + 2 * i, 3, "%02x", b[i]);
	if (len)
		set_str(o, key, hex);
	secret_wipe(hex, sizeof(hex));
}

static void set_selectors(json_t *o, const char *key,
			  const struct missiu_ts *ts, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n && i < MISSIU_TS_MAX; i++)
		json_array_append_new(list, json_string(ts_text(&ts[i]).s));
	json_object_set_new(o, key, list);
}

static void set_algorithms(json_t *o, const struct missiu_sa *sa, bool keys)
{
	size_t salt = encr_salt_len(sa->encr);
	size_t key = sa->encr_key_len > salt ? sa->encr_key_len - salt : 0;

	set_str(o, "encr", encr_name(sa->encr));
	set_u64(o, "encr_key_bits", key * 8);
	set_limit(o, "icv_bytes", sa->icv_len);
	set_str(o, "auth", auth_name(sa->auth));
	if (!keys)
		return;
	set_key(o, "encr_key", sa->encr_key, sa->encr_key_len);
	set_key(o, "auth_key", sa->auth_key, sa->auth_key_len);
}

static void set_figures(json_t *o, const struct ctl_sa *s, missiu_usec now)
{
	const struct missiu_sa_stats *st = &s->stats;

	set_u64(o, "packets", st->packets);
	set_u64(o, "bytes", st->bytes);
	set_u64(o, "seq", st->seq);
	set_u64(o, "replays", st->replays);
	set_u64(o, "auth_fails", st->auth_fails);
	set_since(o, "age_s", st->added_us, now);
	if (st->used_us)
		set_since(o, "idle_s", st->used_us, now);
	set_limit(o, "life_s", s->sa.hard_s);
	set_limit(o, "life_bytes", s->sa.hard_bytes);
	set_limit(o, "life_packets", s->sa.hard_packets);
}

static json_t *sa_json(const struct ctl_sa *s, bool keys, missiu_usec now)
{
	const struct missiu_sa *sa = &s->sa;
	json_t *o = json_object();
	char spi[11];

	snprintf(spi, sizeof(spi), "0x%08" PRIx32, sa->spi);
	set_str(o, "spi", spi);
	set_str(o, "dir", dump_dir(sa->dir));
	set_str(o, "proto", sa->proto == MISSIU_AH ? "ah" : "esp");
	set_str(o, "mode", dump_mode(sa->mode));
	set_str(o, "src", addr_text(&sa->src).s);
	set_str(o, "dst", addr_text(&sa->dst).s);
	set_algorithms(o, sa, keys);
	set_bool(o, "esn", sa->flags & MISSIU_SA_ESN);
	set_bool(o, "manual", sa->flags & MISSIU_SA_MANUAL);
	set_u64(o, "replay_window", sa->replay_window);
	set_limit(o, "encap_sport", sa->encap_sport);
	set_limit(o, "encap_dport", sa->encap_dport);
	set_u64(o, "policy", sa->policy_id);
	set_selectors(o, "from", sa->ts_src, sa->n_ts_src);
	set_selectors(o, "to", sa->ts_dst, sa->n_ts_dst);
	set_figures(o, s, now);
	return o;
}

static const char *action_name(uint8_t action)
{
	static const char *const names[] = { "unknown", "protect", "bypass",
					     "discard" };

	return names[action < 4 ? action : 0];
}

static json_t *policy_json(const struct ctl_policy *p)
{
	char text[POLICY_TEXT_MAX];
	json_t *o = json_object();

	set_u64(o, "id", p->policy.id);
	set_str(o, "action", action_name(p->policy.action));
	set_str(o, "dirs", dump_dir(p->policy.dirs));
	if (missiu_policy_print(&p->policy, text, sizeof(text)))
		set_str(o, "text", text);
	set_limit(o, "line", p->policy.line);
	set_u64(o, "in_packets", p->stats.in_packets);
	set_u64(o, "in_bytes", p->stats.in_bytes);
	set_u64(o, "out_packets", p->stats.out_packets);
	set_u64(o, "out_bytes", p->stats.out_bytes);
	return o;
}

static json_t *sas_json(const struct dump_data *d, bool keys)
{
	json_t *list = json_array();

	for (size_t i = 0; i < d->n_sas; i++)
		json_array_append_new(list, sa_json(&d->sas[i], keys, d->now));
	return list;
}

static json_t *policies_json(const struct dump_data *d)
{
	json_t *list = json_array();

	for (size_t i = 0; i < d->n_policies; i++)
		json_array_append_new(list, policy_json(&d->policies[i]));
	return list;
}

int dump_json(FILE *f, const struct dump_what *what, const struct dump_data *d)
{
	json_t *o = json_object();
	int r = MISSIU_ENOMEM;

	if (!o)
		return r;
	if (what->sas)
		json_object_set_new(o, "sas", sas_json(d, what->keys));
	if (what->policies)
		json_object_set_new(o, "policies", policies_json(d));
	if (json_object_size(o) == (size_t)what->sas + what->policies)
		r = json_dumpf(o, f, JSON_INDENT(2)) || fputc('\n', f) < 0 ||
				    fflush(f) ?
			    MISSIU_EIO :
			    0;
	json_decref(o);
	return r;
}
