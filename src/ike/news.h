/* SPDX-License-Identifier: Apache-2.0 */
/* What the core tells about its SAs, each once: a log line and an event. */
#ifndef IKE_NEWS_H
#define IKE_NEWS_H

#include "ike/sa.h"
#include "ike/why.h"

/** news_ike() - of an IKE SA; @why: reason, may be NULL */
void news_ike(struct ike *ike, const struct ike_sa *sa, enum ike_news_kind kind,
	      const char *why);

/** news_moved() - the peer was at @from until now */
void news_moved(struct ike *ike, const struct ike_sa *sa,
		const struct ike_end *from);

/**
 * news_child() - of a child SA
 * @old: the child that it replaces; NULL: none
 */
void news_child(struct ike *ike, const struct ike_sa *sa,
		const struct ike_child *c, enum ike_news_kind kind,
		const struct ike_child *old);

/** A negotiation that failed. */
struct news_failed {
	const struct ike_sa *sa;	      /* NULL: none was made */
	const struct ike_end *local, *remote; /* without sa */
	bool initiator; /* of this negotiation: no limit on its lines */
	bool child;	/* a child SA, not the IKE SA */
	bool rekeying;	/* of the IKE SA */
	const char
		*status; /* name of the notify sent or received, TIMEOUT, … */
};

/** news_fail() - count it, one line, one event; limited if a peer causes it */
void news_fail(struct ike *ike, const struct news_failed *f,
	       const struct ike_why *why);

#endif
