/* SPDX-License-Identifier: Apache-2.0 */
/* Status for people, printed from the JSON text. */
#include <jansson.h>
#include <string.h>

#include "missiu/guard.h"
#include "missiu/status.h"

static const char *str(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "?";
}

static long long num(const json_t *o, const char *key)
{
	return json_integer_value(json_object_get(o, key));
}

static double sec(const json_t *o, const char *key)
{
	return json_number_value(json_object_get(o, key));
}

/* "1h02m03s" without the leading parts that are zero. */
static void print_time(FILE *to, double seconds)
{
	long long s = (long long)seconds;

	if (s >= 3600)
		fprintf(to, "%lldh%02lldm", s / 3600, s / 60 % 60);
	else if (s >= 60)
		fprintf(to, "%lldm", s / 60);
	fprintf(to, s >= 60 ? "%02llds" : "%llds", s % 60);
}

static void print_head(const json_t *o, FILE *to)
{
	fprintf(to, "missiu %s on %s (MTU %lld), TAP device %s (MTU %lld), ",
		str(o, "version"), str(o, "interface"), num(o, "interface_mtu"),
		str(o, "tap"), num(o, "tap_mtu"));
	fprintf(to, "pid %lld, up ", num(o, "pid"));
	print_time(to, sec(o, "uptime_s"));
	fprintf(to, "\nback end %s: %s; traffic without a policy: %s\n",
		str(o, "backend"), str(o, "backend_why"), str(o, "default"));
}

static void print_traffic(const json_t *t, FILE *to)
{
	fprintf(to,
		"protected: in %lld packets, %lld bytes; out %lld packets, "
		"%lld bytes\n",
		num(t, "in_packets"), num(t, "in_bytes"), num(t, "out_packets"),
		num(t, "out_bytes"));
	fprintf(to,
		"clear: in %lld, out %lld packets; waiting for an SA: %lld\n",
		num(t, "in_clear"), num(t, "out_clear"), num(t, "held"));
}

static void print_selectors(const json_t *list, FILE *to)
{
	const json_t *s;
	size_t i;

	if (!json_array_size(list))
		fputs("any", to);
	json_array_foreach(list, i, s)
		fprintf(to, "%s%s", i ? ", " : "", json_string_value(s));
}

/* Of an SA or a policy, if there were any. */
static void print_dropped(const json_t *o, FILE *to)
{
	if (num(o, "dropped"))
		fprintf(to, "     dropped %lld, the last for %s\n",
			num(o, "dropped"), str(o, "last_drop"));
}

static void print_sa(const json_t *sa, FILE *to)
{
	bool aead = !strcmp(str(sa, "auth"), "none");

	fprintf(to, "  %s %-4s %s -> %s  %s %s", str(sa, "spi"), str(sa, "dir"),
		str(sa, "src"), str(sa, "dst"), str(sa, "proto"),
		str(sa, "mode"));
	if (num(sa, "encap_dport"))
		fprintf(to, " in %s %lld -> %lld",
			json_is_true(json_object_get(sa, "tcp")) ? "TCP" :
								   "UDP",
			num(sa, "encap_sport"), num(sa, "encap_dport"));
	fprintf(to, "\n    %s", str(sa, "encr"));
	if (num(sa, "encr_key_bits"))
		fprintf(to, "-%lld", num(sa, "encr_key_bits"));
	fprintf(to, "%s%s%s%s, replay window %lld, policy %lld, age ",
		aead ? "" : ", ", aead ? "" : str(sa, "auth"),
		json_is_true(json_object_get(sa, "esn")) ? ", ESN" : "",
		json_is_true(json_object_get(sa, "manual")) ? ", manual" : "",
		num(sa, "replay_window"), num(sa, "policy"));
	print_time(to, sec(sa, "age_s"));
	fputs("\n    ", to);
	print_selectors(json_object_get(sa, "from"), to);
	fputs(" => ", to);
	print_selectors(json_object_get(sa, "to"), to);
	fprintf(to,
		"\n    %lld packets, %lld bytes, seq %lld, replays %lld, wrong "
		"ICV %lld\n",
		num(sa, "packets"), num(sa, "bytes"), num(sa, "seq"),
		num(sa, "replays"), num(sa, "auth_fails"));
	print_dropped(sa, to);
}

static void print_policy(const json_t *p, FILE *to)
{
	fprintf(to, "  %lld: %s\n     in %lld packets, %lld bytes; ",
		num(p, "id"), str(p, "text"), num(p, "in_packets"),
		num(p, "in_bytes"));
	fprintf(to, "out %lld packets, %lld bytes\n", num(p, "out_packets"),
		num(p, "out_bytes"));
	print_dropped(p, to);
}

static void print_route(const json_t *r, FILE *to)
{
	fprintf(to, "  %s", str(r, "dst"));
	if (json_object_get(r, "src"))
		fprintf(to, " src %s", str(r, "src"));
	fputc('\n', to);
}

static enum missiu_drop drop_by_name(const char *name)
{
	for (int i = 1; i < MISSIU_DROP_MAX; i++)
		if (!strcmp(missiu_drop_name((enum missiu_drop)i), name))
			return (enum missiu_drop)i;
	return MISSIU_DROP_NONE;
}

static void print_drops(json_t *drops, FILE *to)
{
	const char *name;
	const json_t *n;

	fprintf(to, "dropped packets: %lld\n", num(drops, "total"));
	json_object_foreach(drops, name, n)
	{
		enum missiu_drop why = drop_by_name(name);

		if (why != MISSIU_DROP_NONE)
			fprintf(to, "  %-20s %10lld  %s\n", name,
				(long long)json_integer_value(n),
				missiu_drop_text(why));
	}
}

static void print_guard(const json_t *g, FILE *to)
{
	const json_t *dropped = json_object_get(g, "dropped");

	if (!json_is_true(json_object_get(g, "active"))) {
		fputs("guard: off, the kernel's own path is open\n", to);
		return;
	}
	fprintf(to, "guard: table %s", str(g, "table"));
	if (json_is_true(json_object_get(g, "inherited")))
		fputs(", an earlier missiu's rules until policies are loaded",
		      to);
	if (json_object_get(g, "problem"))
		fprintf(to, ", NOT up to date: %s", str(g, "problem"));
	fputc('\n', to);
	for (int i = 0; i < GUARD_COUNTERS_MAX; i++) {
		const char *name = guard_counter_name((enum guard_counter)i);

		if (num(dropped, name))
			fprintf(to, "  %-20s %10lld  %s\n", name,
				num(dropped, name),
				guard_counter_text((enum guard_counter)i));
	}
}

static void print_list(const json_t *o, const char *key, const char *title,
		       void (*print)(const json_t *, FILE *), FILE *to)
{
	const json_t *list = json_object_get(o, key), *item;
	size_t i;

	fprintf(to, "%s: %zu\n", title, json_array_size(list));
	json_array_foreach(list, i, item) print(item, to);
}

int status_print(const char *json, FILE *to)
{
	json_t *o = json_loads(json, 0, NULL);

	if (!json_is_object(o)) {
		json_decref(o);
		return MISSIU_EPROTO;
	}
	print_head(o, to);
	print_traffic(json_object_get(o, "traffic"), to);
	print_list(o, "sas", "SAs", print_sa, to);
	print_list(o, "policies", "policies", print_policy, to);
	print_list(o, "routes", "routes by missiu", print_route, to);
	print_drops(json_object_get(o, "drops"), to);
	print_guard(json_object_get(o, "guard"), to);
	fprintf(to, "lost before missiu read them from the TAP: %lld\n",
		num(o, "tap_lost"));
	json_decref(o);
	return 0;
}
