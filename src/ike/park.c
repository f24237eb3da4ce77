/* SPDX-License-Identifier: Apache-2.0 */
#include "ike/park.h"

#include <stdlib.h>
#include <string.h>

#include "common/secret.h"
#include "ike/input.h"

struct park {
	struct park *next, **pprev;
	struct ike *ike;
	struct ike_sa *sa;
	struct ike_end local, remote;
	struct ike_hdr hdr;
	uint8_t first; /* type of the first payload */
	size_t len;
	uint8_t plain[]; /* its payloads; secret */
};

static void unlink_park(struct park *p)
{
	*p->pprev = p->next;
	if (p->next)
		p->next->pprev = p->pprev;
	p->ike->n_parked--;
	p->sa->park = NULL;
}

static void release(struct park *p)
{
	secret_wipe(p->plain, p->len);
	free(p);
}

void park_free(struct ike_sa *sa)
{
	struct park *p = sa->park;

	if (!p)
		return;
	unlink_park(p);
	release(p);
}

/* Never longer than half of the time that the negotiation has. */
static missiu_usec wait_us(const struct ike *ike)
{
	const missiu_usec half = (missiu_usec)ike->conf.negotiate_s * 500000;

	return half < ASK_WAIT_US ? half : ASK_WAIT_US;
}

bool park_message(struct ike_ctx *ctx)
{
	struct ike *ike = ctx->ike;
	struct ike_sa *sa = ctx->sa;
	struct park *p = NULL;

	if (ike->n_parked < PARK_MAX)
		p = malloc(sizeof(*p) + ctx->plain.len);
	if (!p) {
		sa->ask_until_us = ike->now;
		return false;
	}
	*p = (struct park){ .next = ike->parked,
			    .pprev = &ike->parked,
			    .ike = ike,
			    .sa = sa,
			    .local = *ctx->local,
			    .remote = *ctx->remote,
			    .hdr = ctx->m->hdr,
			    .first = ctx->m->sk.first,
			    .len = ctx->plain.len };
	memcpy(p->plain, ctx->plain.p, p->len);
	if (p->next)
		p->next->pprev = &p->next;
	ike->parked = p;
	ike->n_parked++;
	sa->park = p;
	if (!sa->ask_until_us)
		sa->ask_until_us = ike->now + wait_us(ike);
	ike_sa_touch(ike, sa);
	return true;
}

static void handle(struct park *p)
{
	struct ike_msg m = { .hdr = p->hdr };
	struct ike_ctx ctx = { .ike = p->ike,
			       .sa = p->sa,
			       .m = &m,
			       .local = &p->local,
			       .remote = &p->remote,
			       .plain = { p->plain, p->len } };

	m.sk.first = p->first;
	unlink_park(p);
	ike_sa_touch(ctx.ike, ctx.sa);
	input_opened(&ctx, &m);
	release(p);
}

/* What one message causes may wake, park or end others. */
void park_wake(struct ike *ike, uint32_t ask)
{
	struct park *p = ike->parked;

	while (p) {
		if (p->sa->ask != ask) {
			p = p->next;
			continue;
		}
		handle(p);
		p = ike->parked;
	}
}

void park_tick(struct ike *ike, struct ike_sa *sa)
{
	if (sa->park && ike->now >= sa->ask_until_us)
		handle(sa->park);
}

missiu_usec park_due_us(const struct ike_sa *sa)
{
	return sa->park ? sa->ask_until_us : UINT64_MAX;
}
