/* SPDX-License-Identifier: Apache-2.0 */
#include "ike/news_json.h"

#include <inttypes.h>
#include <string.h>

#include "common/addr.h"
#include "ike/explain_line.h"
#include "ike/idtext.h"
#include "ike/why.h"

static const char *const names[] = {
#define X(name, text) [IKE_NEWS_##name] = #name,
	IKE_NEWS(X)
#undef X
};

static void put_text(json_t *o, const char *key, const char *text)
{
	if (text && text[0])
		json_object_set_new(o, key, json_string(text));
}

static void put_spi(json_t *o, const char *key, uint64_t spi, int digits)
{
	if (spi)
		json_object_set_new(o, key,
				    json_sprintf("0x%0*" PRIx64, digits, spi));
}

static void put_end(json_t *o, const char *key, const struct ike_end *end)
{
	if (end->addr.family)
		json_object_set_new(o, key,
				    json_pack("{s:s, s:i}", "address",
					      addr_text(&end->addr).s, "port",
					      end->port));
}

static void put_child(json_t *o, const struct ike_news *n)
{
	json_object_set_new(o, "policy", json_integer(n->policy_id));
	put_spi(o, "spi_in", n->spi_in, 8);
	put_spi(o, "spi_out", n->spi_out, 8);
	put_spi(o, "old_spi_in", n->old_spi_in, 8);
	put_text(o, "mode", n->mode == MISSIU_TUNNEL ? "tunnel" : "transport");
	json_object_set_new(o, "udp_encapsulation", json_boolean(n->encap));
	put_text(o, "ts_local", n->ts_local);
	put_text(o, "ts_remote", n->ts_remote);
}

static void put_why(json_t *o, const struct ike_news *n)
{
	char text[IKE_WHY_TEXT_MAX];

	put_text(o, "status", n->status);
	put_text(o, "negotiation_of", n->child ? "child" : "ike");
	put_text(o, "what", n->why.what);
	put_text(o, "peer_offers", n->why.theirs);
	put_text(o,
		 n->why.verb && !strcmp(n->why.verb, "accept") ? "we_accept" :
								 "we_offer",
		 n->why.ours);
	put_text(o, "first_difference", n->why.difference);
	put_text(o, "remedy", n->why.remedy);
	ike_why_text(&n->why, text, sizeof(text));
	put_text(o, "text", text);
}

char *news_json(const struct ike_news *n, const char *stamp)
{
	json_t *o = json_object();
	char *text;

	put_text(o, "time", stamp);
	put_text(o, "event", names[n->kind]);
	put_text(o, "role", n->initiator ? "initiator" : "responder");
	put_spi(o, "ike_spi", n->spi, 16);
	put_spi(o, "old_ike_spi", n->old_spi, 16);
	put_end(o, "local", &n->local);
	put_end(o, "remote", &n->remote);
	put_end(o, "old_remote", &n->old_remote);
	if (n->home.family)
		put_text(o, "home", addr_text(&n->home).s);
	put_text(o, "peer", n->peer);
	if (n->id_remote.type)
		put_text(o, "remote_id", ike_id_text(&n->id_remote).s);
	put_text(o, "suite", n->suite);
	if (n->child && n->kind != IKE_NEWS_failed)
		put_child(o, n);
	if (n->kind == IKE_NEWS_failed)
		put_why(o, n);
	else
		put_text(o, "reason", n->why.what);
	text = json_dumps(o, JSON_COMPACT);
	json_decref(o);
	return text;
}

static const char *str(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "";
}

static void add_end(struct line *l, const json_t *end)
{
	if (json_is_object(end))
		line_add(l, "%s[%" JSON_INTEGER_FORMAT "]", str(end, "address"),
			 json_integer_value(json_object_get(end, "port")));
	else
		line_add(l, "?");
}

static void add_pair(struct line *l, const json_t *o, const char *key)
{
	if (str(o, key)[0])
		line_add(l, " %s=%s", key, str(o, key));
}

void news_line(const json_t *event, char *buf, size_t cap)
{
	static const char *const keys[] = { "peer",   "remote_id", "suite",
					    "spi_in", "spi_out",   "old_spi_in",
					    "mode",   "ts_local",  "ts_remote",
					    "status" };
	const json_t *from = json_object_get(event, "old_remote");
	struct line l = line_to(buf, cap);

	line_add(&l, "%s %s ", str(event, "time"), str(event, "event"));
	add_end(&l, json_object_get(event, "local"));
	line_add(&l, " === ");
	add_end(&l, json_object_get(event, "remote"));
	if (from) {
		line_add(&l, " from ");
		add_end(&l, from);
	}
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		add_pair(&l, event, keys[i]);
	if (str(event, "reason")[0])
		line_add(&l, ": %s", str(event, "reason"));
	if (str(event, "text")[0])
		line_add(&l, ": %s", str(event, "text"));
}
