/* SPDX-License-Identifier: Apache-2.0 */
/* INFORMATIONAL exchanges: deletion and liveness (RFC 7296 1.4). */
#include "common/log.h"
#include "ike/cfg.h"
#include "ike/child.h"
#include "ike/exchange.h"
#include "ike/handlers.h"
#include "ike/mobike.h"
#include "ike/redirect.h"
#include "ike/reauth.h"
#include "ike/sa_rekey.h"

/* --- requests of ours */

void start_delete_child(struct ike *ike, struct ike_sa *sa, struct ike_task *t)
{
	struct ike_packet p;

	request_begin(sa, IKE_X_INFORMATIONAL, &p);
	ike_put_delete(&p.b, t->proto, &t->spi, 1);
	request_send(ike, sa, &p, t, NULL);
}

/* What others stand in for receives until the peer has changed over, too. */
static void stop_children(struct ike *ike, struct ike_sa *sa)
{
	struct ike_child *next;

	for (struct ike_child *c = sa->children; c; c = next) {
		struct ike_child *other = child_stand_in(ike, sa, c);

		next = c->next;
		if (!other) {
			child_remove(ike, sa, c);
			continue;
		}
		child_start_sending(ike, other);
		child_stop_sending(ike, c);
	}
}

void start_delete_ike(struct ike *ike, struct ike_sa *sa, struct ike_task *t)
{
	struct ike_packet p;

	request_begin(sa, IKE_X_INFORMATIONAL, &p);
	ike_put_delete_ike(&p.b);
	if (request_send(ike, sa, &p, t, NULL)) {
		ike_sa_close(ike, sa, false);
		return;
	}
	ike_sa_set_state(ike, sa, IKE_S_DELETING);
	stop_children(ike, sa);
}

void start_liveness(struct ike *ike, struct ike_sa *sa, struct ike_task *t)
{
	struct ike_packet p;

	request_begin(sa, IKE_X_INFORMATIONAL, &p);
	request_send(ike, sa, &p, t, NULL);
}

int h_inform_response(struct ike_ctx *ctx)
{
	struct ike_child *c = NULL;

	if (ctx->x->task->kind == TASK_DEL_CHILD)
		c = child_by_handle(ctx->sa, ctx->x->task->child);
	if (c)
		child_remove(ctx->ike, ctx->sa, c);
	return 0;
}

int h_deleted(struct ike_ctx *ctx)
{
	ike_sa_close(ctx->ike, ctx->sa, false);
	return 0;
}

/* --- requests of the peer */

static void log_child_deleted(struct ike *ike, const struct ike_sa *sa,
			      const struct ike_child *c)
{
	out_log(&ike->out, LOG_L_INFO,
		"CHILD_SA deleted [v2 %c]. id=0x%016llx spi_in=0x%08x "
		"spi_out=0x%08x reason=\"by the peer\"",
		c->initiator ? 'I' : 'R',
		(unsigned long long)ike_sa_own_spi(sa), c->spi_in, c->spi_out);
}

/*
 * The peer names the SPIs that it receives with; the answer names ours. A pair
 * that we are deleting too is left to our own exchange (1.4.1).
 */
static void delete_children(struct ike_ctx *ctx, const struct ike_delete *d)
{
	uint32_t ours[SA_CHILD_MAX];
	uint16_t n = 0;

	for (size_t i = 0; i < d->n; i++) {
		struct ike_child *c = child_by_spi(ctx->sa, d->proto,
						   ike_delete_spi(d, i), true);

		if (!c)
			continue;
		if (c->state != CHILD_DELETING && n < SA_CHILD_MAX)
			ours[n++] = c->spi_in;
		log_child_deleted(ctx->ike, ctx->sa, c);
		child_remove(ctx->ike, ctx->sa, c);
	}
	if (n)
		ike_put_delete(ctx->b, d->proto, ours, n);
}

int h_inform_request(struct ike_ctx *ctx)
{
	const struct ike_msg *m = ctx->m;
	struct ike_sa *sa = ctx->sa;
	int ret;

	/* An initiator that could not authenticate us (2.21.2). */
	if (sa->state == IKE_S_ESTABLISHED &&
	    ike_msg_notify(m, IKE_N_AUTHENTICATION_FAILED)) {
		ike_sa_fail(ctx->ike, sa, true, "AUTHENTICATION_FAILED",
			    "peer refuses our identity or key");
		return 0;
	}
	ret = mobike_request(ctx);
	if (ret)
		return ret;
	cfg_inform(ctx);
	if (sa->state == IKE_S_ESTABLISHED)
		reauth_take_lifetime(ctx->ike, sa, m);
	redirect_request(ctx);
	for (size_t i = 0; i < m->n_delete; i++) {
		if (m->del[i].proto != IKE_PROTO_IKE) {
			delete_children(ctx, &m->del[i]);
			continue;
		}
		rekey_rival_wins(ctx->ike, sa); /* the peer counts on its own */
		if (sa->state == IKE_S_ESTABLISHED)
			ike_sa_deleted(ctx->ike, sa, "by the peer");
		ike_sa_close(ctx->ike, sa, true);
		return 0;
	}
	return 0;
}

int h_busy(struct ike_ctx *ctx)
{
	(void)ctx;
	return IKE_N_TEMPORARY_FAILURE;
}
