/* SPDX-License-Identifier: Apache-2.0 */
/* CREATE_CHILD_SA for new and rekeyed child SAs (RFC 7296 1.3.1, 1.3.3). */
#include "common/log.h"
#include "common/rd.h"
#include "ike/child_neg.h"
#include "ike/child_pfs.h"
#include "ike/exchange.h"
#include "ike/followup.h"
#include "ike/handlers.h"
#include "ike/reauth.h"

static void put_rekey_sa(struct ike_build *b, uint16_t type, uint8_t proto,
			 uint32_t spi)
{
	uint8_t bytes[4];

	store_be32(bytes, spi);
	ike_put_notify(b, &(struct ike_notify){
				  .proto = proto,
				  .type = type,
				  .spi = { bytes, sizeof(bytes) },
			  });
}

/* --- initiator */

bool child_rekey_soon(struct ike_sa *sa, struct ike_child *c)
{
	struct ike_task *t;

	if (c->state != CHILD_UP || c->rekeying)
		return false;
	t = task_new(TASK_REKEY_CHILD);
	if (t)
		t->child = c->handle;
	c->rekeying = task_push(sa, t);
	return c->rekeying;
}

/*
 * The answer that made it may not have arrived: a peer that is asked to replace
 * what it does not have yet says CHILD_SA_NOT_FOUND, and takes it up afterwards.
 */
static bool child_unknown(const struct ike *ike, const struct ike_child *c)
{
	return c->out_later && c->out_due_us > ike->now;
}

void start_child(struct ike *ike, struct ike_sa *sa, struct ike_task *t)
{
	const bool is_rekey = t->kind == TASK_REKEY_CHILD;
	const struct ike_child *rekey =
		is_rekey ? child_by_handle(sa, t->child) : NULL;
	const struct ike_child *like = index_child(ike->ix, t->like);
	struct missiu_diag diag = { "out of memory" };
	struct ike_packet p;
	struct ike_neg *neg;

	/* Meanwhile deleted, or replaced by the peer. */
	if ((is_rekey && (!rekey || rekey->state != CHILD_UP)) ||
	    (t->like && !like)) {
		if (t->like)
			reauth_lost(ike, sa, t->like);
		task_free(t);
		return;
	}
	if (rekey && child_unknown(ike, rekey)) {
		t->not_before = rekey->out_due_us;
		task_push(sa, t);
		return;
	}
	neg = child_offer(ike, sa,
			  &(struct child_want){ .task = t,
						.rekey = rekey,
						.like = like,
						.group = t->group },
			  &diag);
	if (!neg) {
		child_log_failed(ike, sa, 'I', "INVALID_POLICY", "%s",
				 diag.msg);
		task_fail(ike, sa, t);
		return;
	}
	request_begin(sa, IKE_X_CREATE_CHILD, &p);
	if (rekey)
		put_rekey_sa(&p.b, IKE_N_REKEY_SA, rekey->suite.proto,
			     rekey->spi_in);
	child_put_offer(&p.b, neg, false);
	request_send(ike, sa, &p, t, neg);
}

int h_child_response(struct ike_ctx *ctx)
{
	struct missiu_diag why = { "" };
	struct ike_xchg *x = ctx->x;
	struct ike_child *old = child_by_handle(ctx->sa, x->task->child);
	struct ike_child *rival;

	if (follow_begin(ctx))
		return 0;
	/* The peer has deleted its own meanwhile: it knows that it lost. */
	if (!child_by_handle(ctx->sa, x->neg->rival))
		x->neg->rival = 0;
	if (child_finish(ctx, x->neg, old, false, &why)) {
		child_log_failed(ctx->ike, ctx->sa, 'I', "INVALID_ANSWER", "%s",
				 why.msg);
		child_cancel(ctx->sa, x->neg);
		task_fail(ctx->ike, ctx->sa, x->task);
		x->task = NULL;
		return 0;
	}
	rival = child_by_handle(ctx->sa, x->neg->rival);
	if (rival && neg_lost(x->neg, ctx->m->nonce)) {
		/* The peer's took its place; ours goes, the peer deletes old. */
		child_yield(ctx->ike, ctx->sa, ctx->sa->children, rival);
		return 0;
	}
	/* The new pair works: the old one may go (2.8); the rival is theirs. */
	if (rival)
		child_stop_sending(ctx->ike, rival);
	if (old)
		child_delete(ctx->ike, ctx->sa, old);
	return 0;
}

/* INVALID_KE_PAYLOAD: once more with the group asked for (1.3). */
static bool retry_with_group(struct ike_ctx *ctx, const struct ike_notify *n)
{
	struct ike_task *t = ctx->x->task;
	uint16_t group;

	/* Without room in the queue the task stays the caller's. */
	if (n->data.len != 2 || t->tries || ctx->sa->n_task >= SA_TASK_MAX)
		return false;
	group = load_be16(n->data.p);
	if (!child_group_wanted(ctx->sa, &ctx->x->neg->pol, group) ||
	    (ctx->x->neg->kex && group == kex_method(ctx->x->neg->kex)))
		return false;
	t->group = group;
	t->tries++;
	return task_push(ctx->sa, t);
}

int h_child_refused(struct ike_ctx *ctx)
{
	const struct ike_notify *err = ike_msg_error(ctx->m);
	struct ike_xchg *x = ctx->x;
	struct ike_task *t = x->task;
	struct ike_child *old = child_by_handle(ctx->sa, t->child);
	const uint16_t type = err ? err->type : 0;

	x->task = NULL;
	/* Busy, or it has forgotten what we began: once more, from the start. */
	if ((type == IKE_N_TEMPORARY_FAILURE ||
	     type == IKE_N_STATE_NOT_FOUND) &&
	    task_retry(ctx->ike, ctx->sa, t))
		return 0;
	x->task = t;
	if (type == IKE_N_INVALID_KE_PAYLOAD && retry_with_group(ctx, err)) {
		x->task = NULL;
		return 0;
	}
	if (child_retry_pair(ctx->sa, t, err)) {
		x->task = NULL;
		return 0;
	}
	/* Its own rekeying or deletion was faster: nothing has failed; nor has
	 * it when there was no more to be had. */
	if (t->more && type == IKE_N_TS_UNACCEPTABLE) {
		task_free(t);
		x->task = NULL;
		return 0;
	}
	if (t->kind == TASK_CHILD || (old && old->state == CHILD_UP))
		child_refused(ctx->ike, ctx->sa, x->neg, err);
	/* The peer has lost it (2.25.1): so do we, traffic asks for a new one. */
	if (type == IKE_N_CHILD_SA_NOT_FOUND && old)
		child_remove(ctx->ike, ctx->sa, old);
	task_fail(ctx->ike, ctx->sa, t);
	x->task = NULL;
	return 0;
}

/* --- responder */

/* The child that N(REKEY_SA) names, by the SPI that the peer receives with. */
static int find_rekeyed(struct ike_ctx *ctx, const struct ike_notify *n,
			struct ike_child **out)
{
	struct ike_child *c = NULL;

	if (n->spi.len == 4)
		c = child_by_spi(ctx->sa, n->proto, load_be32(n->spi.p), true);
	if (!c)
		return IKE_N_CHILD_SA_NOT_FOUND;
	/* We are deleting it, or it has a successor already (2.25.1). */
	if (c->state != CHILD_UP)
		return IKE_N_TEMPORARY_FAILURE;
	*out = c;
	return 0;
}

/* The peer's child is up. Ours may come too: then the nonces decide. */
void child_replaced(struct ike_ctx *ctx, struct ike_child *old)
{
	const struct ike_xchg *x = &ctx->sa->x;

	old->state = CHILD_REKEYED;
	if (x->task && x->task->kind == TASK_REKEY_CHILD &&
	    x->task->child == old->handle) {
		x->neg->rival = ctx->sa->children->handle;
		x->neg->rival_low = ctx->low;
	}
}

int h_child_request(struct ike_ctx *ctx)
{
	const struct ike_notify *n = ike_msg_notify(ctx->m, IKE_N_REKEY_SA);
	const struct ike_xchg *x = &ctx->sa->x;
	struct ike_child *rekey = NULL;
	int ret = 0;

	/* The child would be lost with the IKE SA (2.25.2). */
	if (x->task && x->task->kind == TASK_REKEY_IKE)
		return IKE_N_TEMPORARY_FAILURE;
	if (n)
		ret = find_rekeyed(ctx, n, &rekey);
	if (ret == IKE_N_CHILD_SA_NOT_FOUND && n->spi.len == 4) {
		put_rekey_sa(ctx->b, IKE_N_CHILD_SA_NOT_FOUND, n->proto,
			     load_be32(n->spi.p));
		return 0;
	}
	return ret ? ret : child_answer(ctx, rekey, false);
}
