/* SPDX-License-Identifier: Apache-2.0 */
#include "ike/followup.h"

#include <stdlib.h>
#include <string.h>

#include "common/secret.h"
#include "ike/addke.h"
#include "ike/exchange.h"
#include "ike/handlers.h"

/* A job nobody goes on with is dropped after. */
#define FOLLOW_US 180000000u

#define LINK_LEN 8

/* --- the secrets so far, in a row */

static int append(struct blob *b, struct kex_secret *s)
{
	uint8_t *p = malloc(b->len + s->len);

	if (p) {
		if (b->len)
			memcpy(p, b->p, b->len);
		memcpy(p + b->len, s->p, s->len);
		if (b->p)
			secret_wipe(b->p, b->len);
		free(b->p);
		b->p = p;
		b->len += s->len;
	}
	secret_wipe(s, sizeof(*s));
	return p ? 0 : MISSIU_ENOMEM;
}

static void wipe(struct blob *b)
{
	if (b->p)
		secret_wipe(b->p, b->len);
	blob_clear(b);
}

static void put_link(struct ike_build *b, struct chunk link)
{
	ike_put_notify_data(b, IKE_N_ADDITIONAL_KEY_EXCHANGE, link.p, link.len);
}

/* --- initiator */

struct follow {
	struct addke ke;
	struct blob secrets;
	struct blob link; /* what the peer called its state */
	uint8_t first;	  /* the answer to CREATE_CHILD_SA: type of its first */
	struct blob answer; /* payload, and all inner payloads */
};

void follow_free(struct follow *f)
{
	if (!f)
		return;
	addke_fini(&f->ke);
	wipe(&f->secrets);
	wipe(&f->answer);
	blob_clear(&f->link);
	free(f);
}

bool follow_missing(const struct ike_neg *neg, const struct ike_suite *s)
{
	struct addke want;

	addke_init(&want, s);
	return addke_left(&want) &&
	       (!neg->follow || addke_left(&neg->follow->ke));
}

bool follow_made(const struct ike_neg *neg)
{
	const struct follow *f = neg->follow;

	return !f || f->ke.done + 1 >= f->ke.n;
}

struct chunk follow_secrets(const struct ike_neg *neg)
{
	return neg->follow ? blob_chunk(&neg->follow->secrets) :
			     (struct chunk){ NULL, 0 };
}

static int take_link(struct follow *f, const struct ike_msg *m)
{
	const struct ike_notify *n =
		ike_msg_notify(m, IKE_N_ADDITIONAL_KEY_EXCHANGE);

	if (!n || !n->data.len)
		return MISSIU_EPROTO;
	return blob_set(&f->link, n->data);
}

/* The next request; it takes task and offer of the one before. */
static int send_next(struct ike_ctx *ctx)
{
	struct ike_xchg *x = ctx->x;
	struct ike_packet p;
	int ret;

	request_begin(ctx->sa, IKE_X_FOLLOWUP_KE, &p);
	ret = addke_ask(&x->neg->follow->ke, &p.b);
	if (ret)
		return ret;
	put_link(&p.b, blob_chunk(&x->neg->follow->link));
	request_send(ctx->ike, ctx->sa, &p, x->task, x->neg);
	x->task = NULL;
	x->neg = NULL;
	return 0;
}

bool follow_begin(struct ike_ctx *ctx)
{
	struct ike_neg *neg = ctx->x->neg;
	struct ike_suite suite;
	struct follow *f;

	if (neg->follow ||
	    ike_proposal_check_answer(&neg->offer, &ctx->m->sa, &suite, NULL) ||
	    !follow_missing(neg, &suite))
		return false;
	f = calloc(1, sizeof(*f));
	if (!f)
		return false;
	addke_init(&f->ke, &suite);
	f->first = ctx->m->sk.first;
	neg->follow = f;
	return !take_link(f, ctx->m) && !blob_set(&f->answer, ctx->plain) &&
	       !send_next(ctx);
}

/* All secrets are there: take up the first answer where it was left. */
static int take_up(struct ike_ctx *ctx)
{
	const struct follow *f = ctx->x->neg->follow;
	struct ike_msg m = { .hdr = ctx->m->hdr };
	struct ike_ctx first = *ctx;

	if (ike_payloads_parse(f->first, f->answer.p, f->answer.len, &m))
		return MISSIU_EPROTO;
	first.m = &m;
	return ctx->x->task->kind == TASK_REKEY_IKE ? h_rekey_response(&first) :
						      h_child_response(&first);
}

int h_follow_response(struct ike_ctx *ctx)
{
	struct follow *f = ctx->x->neg->follow;
	struct kex_secret secret;

	/* The peer's rekeying was faster (2.2.4): ours ends here. */
	if (ctx->sa->state != IKE_S_ESTABLISHED && f->ke.done + 1 < f->ke.n)
		return 0;
	if (!addke_finish(&f->ke, &ctx->m->ke, &secret) &&
	    !append(&f->secrets, &secret) && addke_left(&f->ke) &&
	    !take_link(f, ctx->m) && !send_next(ctx))
		return 0;
	/* Complete, or broken: then that is found, said and undone there. */
	return take_up(ctx);
}

/* --- responder */

struct follow_in {
	struct follow_in *next; /* newest first */
	struct follow_job *job;
	struct addke ke;
	struct blob secrets;
	uint8_t link[LINK_LEN];
	missiu_usec due_us;
};

static void free_in(struct follow_in *f)
{
	addke_fini(&f->ke);
	wipe(&f->secrets);
	if (f->job) {
		index_give_spi(&f->job->taken);
		f->job->drop(f->job);
	}
	free(f);
}

static struct follow_in *find(const struct ike_sa *sa, struct chunk link)
{
	struct follow_in *f = sa->follow;

	while (f && (link.len != LINK_LEN || memcmp(f->link, link.p, LINK_LEN)))
		f = f->next;
	return f;
}

static void remove_in(struct ike_sa *sa, struct follow_in *f)
{
	struct follow_in **at = &sa->follow;

	while (*at != f)
		at = &(*at)->next;
	*at = f->next;
	free_in(f);
}

static void make_room(struct ike_sa *sa)
{
	struct follow_in *last = sa->follow;
	size_t n = 0;

	for (struct follow_in *f = sa->follow; f; f = f->next) {
		last = f;
		n++;
	}
	if (n >= FOLLOW_MAX)
		remove_in(sa, last);
}

/* A link is new for every answer, so that none is taken for another. */
static int put_new_link(struct ike_ctx *ctx, struct follow_in *f)
{
	if (rng_bytes(&ctx->ike->rng, f->link, LINK_LEN))
		return IKE_N_TEMPORARY_FAILURE;
	put_link(ctx->b, (struct chunk){ f->link, LINK_LEN });
	f->due_us = ctx->ike->now + FOLLOW_US;
	return 0;
}

int follow_wait(struct ike_ctx *ctx, const struct ike_suite *s,
		struct follow_job *job)
{
	struct follow_in *f = calloc(1, sizeof(*f));

	if (!f) {
		job->drop(job);
		return IKE_N_TEMPORARY_FAILURE;
	}
	f->job = job;
	addke_init(&f->ke, s);
	if (put_new_link(ctx, f)) {
		free_in(f);
		return IKE_N_TEMPORARY_FAILURE;
	}
	make_room(ctx->sa);
	if (job->spi)
		index_take_spi(ctx->ike->ix, &job->taken, job->spi);
	f->next = ctx->sa->follow;
	ctx->sa->follow = f;
	return 0;
}

static int go_on(struct ike_ctx *ctx, struct follow_in *f)
{
	struct kex_secret secret;

	if (addke_answer(&f->ke, &ctx->m->ke, ctx->b, &secret))
		return IKE_N_INVALID_SYNTAX;
	if (append(&f->secrets, &secret))
		return IKE_N_TEMPORARY_FAILURE;
	if (addke_left(&f->ke))
		return put_new_link(ctx, f);
	return f->job->finish(ctx, f->job, blob_chunk(&f->secrets));
}

int h_follow_request(struct ike_ctx *ctx)
{
	const struct ike_notify *n =
		ike_msg_notify(ctx->m, IKE_N_ADDITIONAL_KEY_EXCHANGE);
	struct follow_in *f = n ? find(ctx->sa, n->data) : NULL;
	int ret;

	if (!f)
		return IKE_N_STATE_NOT_FOUND;
	ret = go_on(ctx, f);
	if (ret || !addke_left(&f->ke))
		remove_in(ctx->sa, f);
	return ret;
}

void follow_tick(struct ike *ike, struct ike_sa *sa)
{
	for (struct follow_in *f = sa->follow, *next; f; f = next) {
		next = f->next;
		if (ike->now >= f->due_us)
			remove_in(sa, f);
	}
}

missiu_usec follow_due_us(const struct ike_sa *sa)
{
	missiu_usec min = 0;

	for (const struct follow_in *f = sa->follow; f; f = f->next)
		if (!min || f->due_us < min)
			min = f->due_us;
	return min;
}

void follow_drop(struct ike_sa *sa)
{
	while (sa->follow)
		remove_in(sa, sa->follow);
}
