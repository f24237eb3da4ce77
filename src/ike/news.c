/* SPDX-License-Identifier: Apache-2.0 */
#include "ike/news.h"

#include <stdio.h>

#include "common/addr.h"
#include "common/log.h"
#include "ike/child.h"
#include "ike/explain_line.h"
#include "ike/peer.h"
#include "ike/tsneg.h"

/* Most of the time nobody listens, and each is a good deal of text. */
static bool wanted(const struct ike *ike)
{
	return !ike->conf.news_wanted ||
	       ike->conf.news_wanted(ike->conf.news_ctx);
}

static struct ike_news of_sa(const struct ike_sa *sa, enum ike_news_kind kind)
{
	struct ike_news n = {
		.kind = kind,
		.initiator = sa->initiator,
		.spi = ike_sa_own_spi(sa),
		.local = sa->local,
		.remote = sa->remote,
		.id_remote = sa->id_remote,
	};

	if (!addr_eq(&sa->home_remote, &sa->remote.addr))
		n.home = sa->home_remote;
	if (sa->peer)
		snprintf(n.peer, sizeof(n.peer), "%s", sa->peer->conf.name);
	return n;
}

void news_ike(struct ike *ike, const struct ike_sa *sa, enum ike_news_kind kind,
	      const char *why)
{
	struct ike_news n;

	if (!wanted(ike))
		return;
	n = of_sa(sa, kind);
	n.old_spi = kind == IKE_NEWS_ike_rekeyed ? sa->replaces : 0;
	if (sa->suite.encr)
		ike_suite_text(&sa->suite, n.suite, sizeof(n.suite));
	if (why)
		ike_why_set(&n.why, "%s", why);
	out_tell(&ike->out, &n);
}

void news_moved(struct ike *ike, const struct ike_sa *sa,
		const struct ike_end *from)
{
	struct ike_news n = of_sa(sa, IKE_NEWS_moved);

	n.old_remote = *from;
	out_tell(&ike->out, &n);
}

void news_child(struct ike *ike, const struct ike_sa *sa,
		const struct ike_child *c, enum ike_news_kind kind,
		const struct ike_child *old)
{
	struct ike_news n;

	if (!wanted(ike))
		return;
	n = of_sa(sa, kind);
	n.initiator = c->initiator;
	n.child = true;
	ike_suite_text(&c->suite, n.suite, sizeof(n.suite));
	n.policy_id = c->policy_id;
	n.spi_in = c->spi_in;
	n.spi_out = c->spi_out;
	n.old_spi_in = old ? old->spi_in : 0;
	n.mode = c->mode;
	n.encap = c->encap;
	ike_ts_list_text(&c->local, n.ts_local, sizeof(n.ts_local));
	ike_ts_list_text(&c->remote, n.ts_remote, sizeof(n.ts_remote));
	out_tell(&ike->out, &n);
}

/* "CHILD_SA failed [v2 I], status = …: id=… peer=… why" and its like. */
static void fail_text(const struct news_failed *f, const struct ike_news *n,
		      char *buf, size_t cap)
{
	struct line l = line_to(buf, cap);
	const char role = f->initiator ? 'I' : 'R';
	char why[IKE_WHY_TEXT_MAX];

	ike_why_text(&n->why, why, sizeof(why));
	if (f->child) {
		line_add(&l,
			 "CHILD_SA failed [v2 %c], status = %s: id=0x%016llx "
			 "peer=%s %s",
			 role, f->status, (unsigned long long)n->spi,
			 addr_text(&n->remote.addr).s, why);
		return;
	}
	line_add(&l, "IKE_SA Failed [v2 %c]", role);
	if (n->spi)
		line_add(&l, "(id=0x%016llx)", (unsigned long long)n->spi);
	line_add(&l, " local=%s peer=%s[%u], status = %s: %s%s",
		 addr_text(&n->local.addr).s, addr_text(&n->remote.addr).s,
		 n->remote.port, f->status, f->rekeying ? "rekeying: " : "",
		 why);
}

void news_fail(struct ike *ike, const struct news_failed *f,
	       const struct ike_why *why)
{
	struct ike_news n = { .kind = IKE_NEWS_failed };
	char text[1024];

	ike->n.failed++;
	if (f->sa) {
		n = of_sa(f->sa, IKE_NEWS_failed);
	} else {
		n.local = *f->local;
		n.remote = *f->remote;
	}
	n.initiator = f->initiator;
	n.child = f->child;
	n.why = *why;
	snprintf(n.status, sizeof(n.status), "%s", f->status);
	fail_text(f, &n, text, sizeof(text));
	/* Only what we started ourselves is free of the limit. */
	if (f->initiator)
		out_log(&ike->out, LOG_L_WARN, "%s", text);
	else if (!out_log_peer(&ike->out, LOG_L_WARN, "%s", text))
		return;
	out_tell(&ike->out, &n);
}
