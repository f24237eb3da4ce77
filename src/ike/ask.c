/* SPDX-License-Identifier: Apache-2.0 */
#include "ike/ask.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/diag.h"
#include "common/log.h"
#include "ike/park.h"
#include "ike/sa.h"

struct ask {
	struct ask *next;
	uint32_t id;
	bool open;
	int64_t open_s; /* Unix time: since */
	char url[MISSIU_PEER_TEXT_MAX + 1];
	uint8_t req[OCSP_REQUEST_MAX];
	size_t n_req;
	struct cert *cert, *issuer; /* while it is open */
	bool has;		    /* an answer, verified; or none yet: */
	struct ocsp_answer says;
	int64_t next_s; /* Unix time: ask anew */
	char why[160];	/* of the last failure; "": it went well */
};

static int64_t unix_s(const struct ike *ike)
{
	return ike->conf.unix_s(ike->conf.unix_ctx);
}

/* --- what is remembered */

static void drop_certs(struct ask *a)
{
	cert_free(a->cert);
	cert_free(a->issuer);
	a->cert = a->issuer = NULL;
}

static void ask_free(struct ask *a)
{
	drop_certs(a);
	free(a);
}

void asks_fini(struct asks *l)
{
	while (l->first) {
		struct ask *a = l->first;

		l->first = a->next;
		ask_free(a);
	}
	*l = (struct asks){ 0 };
}

static struct ask *find(const struct asks *l, const struct trust_lack *about,
			const char *url)
{
	for (struct ask *a = l->first; a; a = a->next)
		if (a->n_req == about->n_ask &&
		    !memcmp(a->req, about->ask, a->n_req) &&
		    !strcmp(a->url, url))
			return a;
	return NULL;
}

/* The oldest that is not open; those that are have another bound. */
static void make_room(struct asks *l)
{
	struct ask **at, **oldest = NULL;

	for (at = &l->first; *at; at = &(*at)->next)
		if (!(*at)->open)
			oldest = at;
	if (oldest) {
		struct ask *a = *oldest;

		*oldest = a->next;
		ask_free(a);
		l->n--;
	}
}

static struct ask *add(struct asks *l, const struct trust_lack *about,
		       const char *url)
{
	struct ask *a = calloc(1, sizeof(*a));

	if (!a)
		return NULL;
	if (l->n == ASK_MAX)
		make_room(l);
	snprintf(a->url, sizeof(a->url), "%s", url);
	memcpy(a->req, about->ask, about->n_ask);
	a->n_req = about->n_ask;
	a->next = l->first;
	l->first = a;
	l->n++;
	return a;
}

/* --- asking */

static bool reopen(struct ike *ike, struct ask *a,
		   const struct trust_lack *about)
{
	const struct chunk cert = cert_der(about->cert),
			   issuer = cert_der(about->issuer);

	if (a->open) {
		drop_certs(a);
		a->open = false;
		ike->asks.n_open--;
	}
	if (ike->asks.n_open == ASK_OPEN_MAX) {
		snprintf(a->why, sizeof(a->why), "too many questions are open");
		return false;
	}
	if (cert_parse(cert.p, cert.len, &a->cert) ||
	    cert_parse(issuer.p, issuer.len, &a->issuer)) {
		drop_certs(a);
		snprintf(a->why, sizeof(a->why), "out of memory");
		return false;
	}
	a->open = true;
	a->open_s = unix_s(ike);
	a->id = ++ike->asks.last_id;
	ike->asks.n_open++;
	out_ask(&ike->out, a->id, a->url, (struct chunk){ a->req, a->n_req });
	return true;
}

static bool counts(const struct ask *a, int64_t now_s)
{
	return a->has && ocsp_fresh(&a->says, now_s);
}

/* Ask if that is due. Return: whether to wait for it. */
static bool waits_for(struct ike *ike, struct ask *a,
		      const struct trust_lack *about, int64_t now_s)
{
	/* Without memory a question is lost on its way. */
	if (a->open && now_s < a->open_s + ASK_LOST_S)
		return true;
	return a->next_s <= now_s && reopen(ike, a, about);
}

enum { ASK_SAYS_NOTHING = -1, ASK_SAYS_WAIT = -2 };

/* One responder. Return: enum ocsp_says, or one of the above with @why. */
static int ask_at(struct ike *ike, struct ike_sa *sa, const char *url,
		  const struct trust_lack *about, struct missiu_diag *why)
{
	const bool over = sa->ask_until_us && ike->now >= sa->ask_until_us;
	const int64_t now_s = unix_s(ike);
	struct ask *a = find(&ike->asks, about, url);

	if (!a)
		a = add(&ike->asks, about, url);
	if (!a)
		return ASK_SAYS_NOTHING;
	if (waits_for(ike, a, about, now_s) && !over) {
		sa->ask = a->id;
		return ASK_SAYS_WAIT;
	}
	if (counts(a, now_s))
		return (int)a->says.says;
	diag_set(why, 0, "%.80s: %.100s", a->url,
		 *a->why ? a->why : "does not answer in time");
	return ASK_SAYS_NOTHING;
}

/* All that may be asked about one certificate, until one says something. */
static int ask_about(struct ike *ike, struct ike_sa *sa,
		     const struct trust_lack *about, struct missiu_diag *why)
{
	const struct ike_cred *c = sa->peer->cred;
	int ret = ASK_SAYS_NOTHING;

	for (size_t i = 0; i < c->n_ask && ret == ASK_SAYS_NOTHING; i++)
		ret = ask_at(ike, sa, c->ask[i], about, why);
	if (ret == ASK_SAYS_NOTHING && c->ask_named && about->url[0])
		ret = ask_at(ike, sa, about->url, about, why);
	return ret;
}

static int judge(struct ike *ike, struct ike_sa *sa,
		 const struct trust_lack *about, struct missiu_diag *diag)
{
	struct missiu_diag why = { "no responder is known" };
	const int says = ask_about(ike, sa, about, &why);

	if (says == OCSP_SAYS_GOOD)
		return 0;
	if (says == ASK_SAYS_WAIT)
		return MISSIU_EBUSY;
	if (says == OCSP_SAYS_REVOKED)
		return diag_set(diag, MISSIU_EAUTH,
				"certificate of \"%.72s\" was revoked by "
				"\"%.72s\", as its OCSP responder says",
				cert_subject(about->cert),
				cert_issuer(about->cert));
	if (says == OCSP_SAYS_UNKNOWN)
		diag_set(&why, 0, "its OCSP responder does not know it");
	if (sa->peer->cred->crl == TRUST_CRL_STRICT)
		return diag_set(diag, MISSIU_EAUTH,
				"nothing says that \"%.72s\" is not revoked, "
				"and the policy is strict: %.200s",
				cert_subject(about->cert), why.msg);
	out_log(&ike->out, LOG_L_INFO,
		"nothing says whether \"%.72s\" is revoked: %.200s",
		cert_subject(about->cert), why.msg);
	return 0;
}

int ask_lacks(struct ike *ike, struct ike_sa *sa, const struct trust_lacks *l,
	      struct missiu_diag *diag)
{
	bool wait = false;

	sa->ask = 0;
	for (size_t i = 0; i < l->n; i++) {
		const int ret = judge(ike, sa, &l->v[i], diag);

		if (ret && ret != MISSIU_EBUSY)
			return ret;
		wait |= ret == MISSIU_EBUSY;
	}
	return wait ? MISSIU_EBUSY : 0;
}

/* --- answers */

static struct ask *by_id(const struct ike *ike, uint32_t id)
{
	for (struct ask *a = ike->asks.first; a; a = a->next)
		if (a->open && a->id == id)
			return a;
	return NULL;
}

static void closed(struct ike *ike, struct ask *a, missiu_usec now)
{
	drop_certs(a);
	a->open = false;
	ike->asks.n_open--;
	ike->now = now;
	park_wake(ike, a->id);
	ike_sa_settle(ike);
}

static int64_t keep_until(const struct ocsp_answer *says, int64_t fetched_s)
{
	const int64_t most = fetched_s + ASK_KEEP_S;
	const int64_t least = fetched_s + ASK_RETRY_S;
	const int64_t until = says->to_s < most ? says->to_s : most;

	return until > least ? until : least;
}

int ike_ask_data(struct ike *ike, uint32_t id, const void *data, size_t len,
		 int64_t fetched_s, struct missiu_diag *diag, missiu_usec now)
{
	struct ask *a = by_id(ike, id);
	const int64_t now_s = unix_s(ike);
	struct ocsp_answer says;
	int ret;

	if (!a)
		return diag_set(diag, MISSIU_ENOENT, "nobody asks any longer");
	ret = ocsp_check(data, len, a->cert, a->issuer, now_s, &says, diag);
	if (ret)
		return ret;
	/* Whoever carries it must not undo a revocation. */
	if (a->has && says.from_s < a->says.from_s)
		return diag_set(diag, MISSIU_EREPLAY,
				"is an OCSP response older than the one we "
				"have");
	a->has = true;
	a->says = says;
	a->next_s = keep_until(&says, fetched_s);
	if (a->next_s <= now_s)
		return diag_set(diag, MISSIU_ETIME, "to be asked for anew");
	a->why[0] = '\0';
	closed(ike, a, now);
	return 0;
}

void ike_ask_failed(struct ike *ike, uint32_t id, const char *why,
		    missiu_usec now)
{
	struct ask *a = by_id(ike, id);

	if (!a)
		return;
	snprintf(a->why, sizeof(a->why), "%s", why);
	/* It may be a server's: nothing in it may disturb a log. */
	for (char *c = a->why; *c; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
	a->next_s = unix_s(ike) + ASK_RETRY_S;
	out_log_peer(&ike->out, LOG_L_WARN, "asking %.200s failed: %s", a->url,
		     a->why);
	closed(ike, a, now);
}
