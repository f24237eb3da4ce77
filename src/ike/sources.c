/* SPDX-License-Identifier: Apache-2.0 */
#include "ike/sources.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/log.h"
#include "ctl/fetch.h"
#include "ike/fetch.h"
#include "ike/source.h"

#define SOURCES_MAX 64
#define RETRY_MIN_S 30
#define RETRY_MAX_S 3600
#define AGAIN_MIN_S 60
#define AGAIN_MAX_S 21600 /* six hours: few lists are made more often */

struct item {
	struct ike_source src; /* url and ask are ours */
	bool wanted;	       /* by a peer, still */
	bool due;	       /* whatever next_s says */
	uint8_t *data;	       /* what was fetched last and taken; or NULL */
	size_t len;
	struct ike_source_info info;
	int64_t next_s, fetched_s; /* Unix time; fetched_s 0: never */
	uint32_t retry_s;	   /* 0: the last attempt went well */
	char error[200];	   /* of the last attempt; "": none */
};

struct sources {
	struct ike *ike;
	struct fetch *fetch;
	struct event *timer;
	struct item *v[SOURCES_MAX];
	size_t n;
	struct item *busy; /* being fetched; NULL: none */
};

static int64_t now_s(void)
{
	return time(NULL);
}

static void item_free(struct item *i)
{
	if (!i)
		return;
	free((void *)(uintptr_t)i->src.url);
	free((void *)(uintptr_t)i->src.ask.p);
	free(i->data);
	free(i);
}

/* --- when */

/* Up to a tenth sooner, so that many hosts do not come at once. */
static int64_t jittered(int64_t wait_s)
{
	return wait_s - arc4random_uniform((uint32_t)(wait_s / 10) + 1);
}

static int64_t next_after(const struct ike_source_info *info, int64_t now)
{
	int64_t wait = info->to_s ? (info->to_s - now) * 9 / 10 : AGAIN_MAX_S;

	if (wait > AGAIN_MAX_S)
		wait = AGAIN_MAX_S;
	if (wait < AGAIN_MIN_S)
		wait = AGAIN_MIN_S;
	return now + jittered(wait);
}

static bool is_due(const struct item *i, int64_t now)
{
	return i->wanted && (i->due || i->next_s <= now);
}

static void go_on(struct sources *s)
{
	const int64_t now = now_s();
	struct timeval tv = { .tv_sec = AGAIN_MAX_S };

	for (size_t k = 0; k < s->n && !s->busy; k++) {
		struct item *i = s->v[k];
		const struct fetch_want want = {
			.url = i->src.url,
			.post = i->src.ask,
			.max = i->src.ocsp ? OCSP_DER_MAX :
					     TRUST_LIST_BYTES_MAX,
			.time_s = CTL_FETCH_TIME_S,
		};

		if (is_due(i, now) && !fetch_get(s->fetch, &want)) {
			i->due = false;
			s->busy = i;
		} else if (i->wanted && i->next_s - now < tv.tv_sec) {
			tv.tv_sec = i->next_s > now ? i->next_s - now : 1;
		}
	}
	if (!s->busy)
		event_add(s->timer, &tv);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	go_on(arg);
}

/* --- what became of it */

static void failed(struct item *i, const char *why, int64_t now)
{
	char text[sizeof(i->error)];
	size_t n;

	/* The first one may be a server's: nothing in it may disturb a log. */
	snprintf(text, sizeof(text), "%s", why);
	for (n = 0; text[n]; n++)
		if (text[n] < ' ' || text[n] > '~')
			text[n] = '?';
	i->retry_s = i->retry_s ? i->retry_s * 2 : RETRY_MIN_S;
	if (i->retry_s > RETRY_MAX_S)
		i->retry_s = RETRY_MAX_S;
	i->next_s = now + jittered(i->retry_s);
	/* Once a reason: the rest is in ike status. */
	if (strcmp(text, i->error) != 0)
		log_warn(ike,
			 "fetching %s failed: %s; next attempt in %" PRId64
			 " s",
			 i->src.url, text, i->next_s - now);
	memcpy(i->error, text, sizeof(text));
}

static void took(struct item *i, const void *data, size_t len, int64_t now)
{
	uint8_t *copy = malloc(len);

	if (copy) {
		memcpy(copy, data, len);
		free(i->data);
		i->data = copy;
		i->len = len;
	}
	i->fetched_s = now;
	i->retry_s = 0;
	i->error[0] = '\0';
	i->next_s = next_after(&i->info, now);
	log_info(ike, "%s of \"%s\" fetched from %s%s%s",
		 i->src.ocsp ? "OCSP response" : "revocation list",
		 i->info.about, i->src.url, *i->info.number ? ", number " : "",
		 i->info.number);
	if (i->info.revoked)
		log_err(ike, "our certificate \"%s\" is revoked, says %s",
			i->info.about, i->src.url);
}

static void on_fetched(void *ctx, bool ok, const void *data, size_t len)
{
	struct ike_source_info info;
	struct missiu_diag diag = { "" };
	struct sources *s = ctx;
	struct item *i = s->busy;
	const int64_t now = now_s();

	s->busy = NULL;
	if (!i->wanted) {
		item_free(i);
	} else if (!ok) {
		snprintf(diag.msg, sizeof(diag.msg), "%.*s", (int)len,
			 (const char *)data);
		failed(i, diag.msg, now);
	} else if (ike_source_data(s->ike, &i->src, data, len, &info, &diag)) {
		failed(i, diag.msg, now);
	} else {
		i->info = info;
		took(i, data, len, now);
	}
	go_on(s);
}

/* --- which */

static struct item *item_new(const struct ike_source *src)
{
	struct item *i = calloc(1, sizeof(*i));
	uint8_t *ask = malloc(src->ask.len + 1);

	if (!i || !ask) {
		free(i);
		free(ask);
		return NULL;
	}
	memcpy(ask, src->ask.p, src->ask.len);
	i->src = (struct ike_source){ strdup(src->url),
				      src->ocsp,
				      { ask, src->ask.len } };
	if (!i->src.url) {
		item_free(i);
		return NULL;
	}
	return i;
}

static struct item *find(struct sources *s, const struct ike_source *src)
{
	for (size_t k = 0; k < s->n; k++)
		if (ike_source_same(&s->v[k]->src, src))
			return s->v[k];
	return NULL;
}

static void want(struct sources *s, const struct ike_source *src)
{
	struct item *i = find(s, src);

	if (!i && s->n == SOURCES_MAX) {
		log_warn(ike, "%s is not fetched: more than %d URLs", src->url,
			 SOURCES_MAX);
		return;
	}
	if (!i)
		i = s->v[s->n++] = item_new(src);
	if (!i) {
		s->n--;
		return;
	}
	i->wanted = i->due = true;
}

/* What nobody wants any longer; the one under way goes when it is done. */
static void forget(struct sources *s)
{
	size_t n = 0;

	for (size_t k = 0; k < s->n; k++) {
		struct item *i = s->v[k];

		if (i->wanted)
			s->v[n++] = i;
		else if (i != s->busy)
			item_free(i);
	}
	s->n = n;
}

void sources_load(struct sources *s, struct ike *ike)
{
	struct ike_source src;
	size_t cursor = 0;

	s->ike = ike;
	for (size_t k = 0; k < s->n; k++)
		s->v[k]->wanted = false;
	while (ike_source_next(ike, &cursor, &src))
		want(s, &src);
	forget(s);
	for (size_t k = 0; k < s->n; k++) {
		struct item *i = s->v[k];
		struct ike_source_info info;

		if (i->data)
			ike_source_data(ike, &i->src, i->data, i->len, &info,
					NULL);
	}
	go_on(s);
}

/* --- telling */

static json_t *item_json(const struct item *i)
{
	const int64_t now = now_s();

	return json_pack("{s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:s}", "kind",
			 i->src.ocsp ? "ocsp" : "crl", "url", i->src.url,
			 "about", i->info.about, "number", i->info.number,
			 "next_update", (json_int_t)i->info.to_s,
			 "fetched_s_ago",
			 (json_int_t)(i->fetched_s ? now - i->fetched_s : -1),
			 "next_in_s",
			 (json_int_t)(i->next_s > now ? i->next_s - now : 0),
			 "error", i->error);
}

json_t *sources_json(const struct sources *s)
{
	json_t *out = json_array();

	for (size_t k = 0; out && s && k < s->n; k++)
		json_array_append_new(out, item_json(s->v[k]));
	return out;
}

static void print_one(const json_t *o)
{
	const char *kind = "", *url = "", *about = "", *number = "",
		   *error = "";
	json_int_t to = 0, ago = 0, next = 0;
	char when[40] = "never";
	struct tm tm;
	time_t t;

	json_unpack((json_t *)(uintptr_t)o,
		    "{s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:s}", "kind", &kind,
		    "url", &url, "about", &about, "number", &number,
		    "next_update", &to, "fetched_s_ago", &ago, "next_in_s",
		    &next, "error", &error);
	t = (time_t)to;
	if (to && gmtime_r(&t, &tm))
		strftime(when, sizeof(when), "%Y-%m-%d %H:%M UTC", &tm);
	printf("%s %s\n", kind, url);
	if (ago >= 0)
		printf("    \"%s\"%s%s, next update %s, fetched %" PRId64
		       " s ago\n",
		       about, *number ? ", number " : "", number, when,
		       (int64_t)ago);
	if (*error)
		printf("    last attempt: %s\n", error);
	printf("    next attempt in %" PRId64 " s\n", (int64_t)next);
}

void sources_print(const json_t *array)
{
	json_t *o;
	size_t i;

	json_array_foreach(array, i, o) print_one(o);
}

/* --- life */

struct sources *sources_new(struct event_base *base)
{
	struct sources *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->timer = evtimer_new(base, on_timer, s);
	s->fetch = fetch_new(base, on_fetched, s);
	if (!s->timer || !s->fetch) {
		sources_free(s);
		return NULL;
	}
	return s;
}

void sources_free(struct sources *s)
{
	if (!s)
		return;
	if (s->busy && !s->busy->wanted)
		item_free(s->busy);
	for (size_t k = 0; k < s->n; k++)
		item_free(s->v[k]);
	if (s->timer)
		event_free(s->timer);
	fetch_free(s->fetch);
	free(s);
}
