/* SPDX-License-Identifier: Apache-2.0 */
#include "ike/core.h"

#include <stdlib.h>
#include <string.h>

#include "common/addr.h"
#include "common/diag.h"
#include "common/log.h"
#include "common/rd.h"
#include "common/secret.h"
#include "crypto/crypt.h"
#include "ike/acquire.h"
#include "ike/cfg.h"
#include "ike/child_neg.h"
#include "ike/encap.h"
#include "ike/exchange.h"
#include "ike/init.h"
#include "ike/input.h"
#include "ike/liveness.h"
#include "ike/natt.h"
#include "ike/ppk.h"

#define SECOND_US 1000000u

/* --- life of a core */

static void set_default(uint32_t *v, uint32_t value)
{
	if (!*v)
		*v = value;
}

static void defaults(struct ike_conf *c)
{
	set_default(&c->ike_life_s, 3600);
	set_default(&c->child_life_s, 28800);
	set_default(&c->dpd_s, 300);
	set_default(&c->idle_s, 300);
	set_default(&c->silent_s, 10);
	set_default(&c->negotiate_s, 20);
	set_default(&c->retransmit_ms, 4000);
	set_default(&c->keepalive_s, 20);
	set_default(&c->cookie_threshold, 30);
	set_default(&c->half_open_max, 1000);
	set_default(&c->half_open_per_addr, 32);
	set_default(&c->sa_max, 20000);
	set_default(&c->sa_per_peer, 8);
	set_default(&c->replay_window, 128);
	set_default(&c->fragment_size, 1280);
	if (c->fragment_size < FRAG_SIZE_MIN)
		c->fragment_size = FRAG_SIZE_MIN;
}

static int take_proposals(struct ike *ike, struct missiu_diag *diag)
{
	const char *text = ike->conf.ike_proposal;

	return peer_proposals(text ? text : ike_proposal_default,
			      ike->conf.dh_group, &ike->accept, diag);
}

static int take_psk(struct ike *ike, const struct ike_conf *conf,
		    struct missiu_diag *diag)
{
	if (!conf->n_psk && !conf->cred)
		return 0;
	if (conf->cred && !conf->unix_s)
		return diag_set(diag, MISSIU_EINVAL,
				"certificates without a clock");
	for (size_t i = 0; i < conf->n_psk; i++)
		if (!conf->psk[i].len ||
		    conf->psk[i].len > sizeof(conf->psk[i].key))
			return diag_set(diag, MISSIU_EKEYLEN,
					"pre-shared key %zu has %u bytes",
					i + 1, conf->psk[i].len);
	if (ppk_check(conf->ppk, conf->n_ppk, conf->ppk_required, diag))
		return MISSIU_EINVAL;
	ike->peer = calloc(1, sizeof(struct ike_peer *));
	if (ike->peer)
		ike->peer[0] = peer_of_options(ike, conf);
	if (!ike->peer || !ike->peer[0])
		return diag_set(diag, MISSIU_ENOMEM, "out of memory");
	ike->n_peer = 1;
	return 0;
}

struct ike *ike_new(const struct ike_conf *conf, struct missiu_diag *diag)
{
	struct ike *ike = calloc(1, sizeof(*ike));
	uint8_t seed[8] = { 0 };

	if (!ike) {
		diag_set(diag, MISSIU_ENOMEM, "out of memory");
		return NULL;
	}
	ike->conf = *conf;
	ike->conf.psk = NULL;
	ike->conf.ppk = NULL;
	defaults(&ike->conf);
	ike->pool.from = (struct rng){ crypt_random, NULL };
	ike->rng = (struct rng){ rng_pool_fill, &ike->pool };
	if (conf->random)
		ike->rng = (struct rng){ conf->random, conf->random_ctx };
	out_init(&ike->out, &ike->n, &ike->now);
	ike->out.log_wanted = conf->log_wanted;
	(void)rng_bytes(&ike->rng, seed, sizeof(seed)); /* none will do too */
	ike->ix = index_new(load_be64(seed));
	ike->leases = leases_new(load_be64(seed));
	if (!ike->ix || !ike->leases)
		diag_set(diag, MISSIU_ENOMEM, "out of memory");
	if (!ike->ix || !ike->leases || take_proposals(ike, diag) ||
	    take_psk(ike, conf, diag)) {
		ike_free(ike);
		return NULL;
	}
	ike->pix = peer_index_new(ike->peer, ike->n_peer, ike->ix->seed);
	if (!ike->pix) {
		diag_set(diag, MISSIU_ENOMEM, "out of memory");
		ike_free(ike);
		return NULL;
	}
	ike->conf.ike_proposal = NULL; /* was the caller's */
	ike->conf.cred = NULL;
	return ike;
}

void ike_free(struct ike *ike)
{
	if (!ike)
		return;
	while (ike->sas) {
		struct ike_sa *sa = ike->sas;

		ike->sas = sa->next;
		ike_sa_free(sa);
	}
	leases_free(ike->leases);
	virt_free(ike);
	asks_fini(&ike->asks);
	index_free(ike->ix);
	out_fini(&ike->out);
	policies_free(ike->pols);
	peer_index_free(ike->pix);
	for (size_t i = 0; i < ike->n_peer; i++)
		peer_put(ike->peer[i]);
	free(ike->peer);
	secret_wipe(ike, sizeof(*ike));
	free(ike);
}

void ike_policies(struct ike *ike, const struct missiu_policy *v, size_t n)
{
	struct policies *p = policies_new(v, n, ike->ix->seed);

	if (!p) {
		out_log(&ike->out, LOG_L_ERR, "no memory for %zu policies", n);
		return;
	}
	policies_free(ike->pols);
	ike->pols = p;
}

/* --- input */

void ike_input(struct ike *ike, const struct ike_end *local,
	       const struct ike_end *remote, const uint8_t *msg, size_t len,
	       missiu_usec now)
{
	ike->now = now;
	if (len == 1 && msg[0] == 0xff)
		return; /* NAT keep-alive, RFC 3948 2.3 */
	ike->n.rx++;
	input_message(ike, local, remote, (struct chunk){ msg, len });
	ike_sa_settle(ike);
}

/* --- events of the data path */

/* A flow that has ended: its SAs go, and its place among the children. */
static void idle(struct ike *ike, struct ike_sa *sa, struct ike_child *c)
{
	if (c->state != CHILD_UP || c->rekeying)
		return;
	out_log(&ike->out, LOG_L_INFO,
		"CHILD_SA idle [v2 %c]: id=0x%016llx spi_in=0x%08x "
		"spi_out=0x%08x carried nothing for %u s",
		c->initiator ? 'I' : 'R',
		(unsigned long long)ike_sa_own_spi(sa), c->spi_in, c->spi_out,
		ike->conf.idle_s);
	child_delete(ike, sa, c);
	exchange_run(ike, sa);
}

/* One SA of the pair is gone already: take the other, tell the peer. */
static void gone(struct ike *ike, struct ike_sa *sa, struct ike_child *c,
		 const struct missiu_event *ev)
{
	if (ev->dir & MISSIU_OUT)
		c->out_gone = true;
	else
		c->in_gone = true;
	child_delete(ike, sa, c);
	exchange_run(ike, sa);
}

void ike_event(struct ike *ike, const struct missiu_event *ev,
	       const struct missiu_addr *local, missiu_usec now)
{
	struct ike_sa *sa = NULL;
	struct ike_child *c;

	ike->now = now;
	if (ev->kind == MISSIU_EV_ACQUIRE) {
		acquire_event(ike, ev, local);
		ike_sa_settle(ike);
		return;
	}
	c = child_find(ike, ev->owner, &sa);
	if (!c)
		return;
	ike_sa_touch(ike, sa);
	switch (ev->kind) {
	case MISSIU_EV_SOFT:
		if (child_rekey_soon(sa, c))
			exchange_run(ike, sa);
		break;
	case MISSIU_EV_HARD:
	case MISSIU_EV_SA_DELETED:
		gone(ike, sa, c, ev);
		break;
	case MISSIU_EV_IDLE:
		idle(ike, sa, c);
		break;
	case MISSIU_EV_SILENT:
		liveness_silent(ike, sa);
		break;
	case MISSIU_EV_HEARD:
		sa->heard_us = ike->now;
		break;
	case MISSIU_EV_NAT_CHANGE:
		natt_moved(ike, sa,
			   &(struct ike_end){ .addr = ev->addr,
					      .port = ev->port });
		break;
	case MISSIU_EV_ACQUIRE:
	case MISSIU_EV_SPD_CHANGED:
		break;
	}
	ike_sa_settle(ike);
}

int ike_initiate(struct ike *ike, const struct missiu_addr *local,
		 const struct missiu_addr *remote, missiu_usec now)
{
	int ret;

	ike->now = now;
	ret = acquire_peer(ike, local, remote);
	ike_sa_settle(ike);
	return ret;
}

void ike_refused(struct ike *ike, uint64_t owner, uint32_t spi, int err,
		 const char *text, missiu_usec now)
{
	struct ike_sa *sa = NULL;
	struct ike_child *c = child_find(ike, owner, &sa);
	struct ike_why why;

	ike->now = now;
	/* Deletions cross: an SA that is going away may be gone. */
	if (!c || c->state == CHILD_DELETING)
		return;
	ike_why_set(&why, "the data path refused spi=0x%08x: %s", spi,
		    text ? text : "");
	child_fail(ike, sa, c->initiator, missiu_strerror(err), &why);
	child_delete(ike, sa, c);
	exchange_run(ike, sa);
	ike_sa_settle(ike);
}

void ike_shutdown(struct ike *ike, missiu_usec now)
{
	ike->now = now;
	for (struct ike_sa *sa = ike->sas; sa; sa = sa->next)
		ike_sa_drop(ike, sa, "shut down");
	virt_undo(ike, NULL);
	ike_sa_settle(ike);
}

/* --- time */

missiu_usec ike_tick(struct ike *ike, missiu_usec now)
{
	missiu_usec latest = now + 3600 * (missiu_usec)SECOND_US, kept;
	struct ike_sa *sa;

	ike->now = now;
	ike_sa_settle(ike);
	/* Each once: what is due again at once is so at the next tick. */
	while ((sa = ike_sa_of_timer(timerq_first(&ike->timers))) != NULL &&
	       sa->timer.due <= now) {
		timerq_del(&ike->timers, &sa->timer);
		ike_sa_touch(ike, sa);
		ike_sa_tick(ike, sa);
	}
	ike_sa_settle(ike);
	kept = virt_tick(ike);
	if (kept < latest)
		latest = kept;
	sa = ike_sa_of_timer(timerq_first(&ike->timers));
	return sa && sa->timer.due < latest ? sa->timer.due : latest;
}

/* --- output */

bool ike_action_next(struct ike *ike, struct ike_action *out)
{
	return out_next(&ike->out, out);
}

const struct ike_counters *ike_counters(const struct ike *ike)
{
	return &ike->n;
}

static void child_info(const struct ike_child *c, struct ike_child_info *out)
{
	*out = (struct ike_child_info){
		.spi_in = c->spi_in,
		.spi_out = c->spi_out,
		.policy_id = c->policy_id,
		.mode = c->mode,
		.encap = c->encap,
		.ts_local = c->local.v[0],
		.ts_remote = c->remote.v[0],
		.n_ts_local = c->local.n,
		.n_ts_remote = c->remote.n,
		.since_us = c->since_us,
	};
	ike_suite_text(&c->suite, out->suite, sizeof(out->suite));
}

static void sa_info(const struct ike_sa *sa, struct ike_sa_info *out)
{
	const struct ike_child *c = sa->children;

	*out = (struct ike_sa_info){
		.spi_i = sa->spi_i,
		.spi_r = sa->spi_r,
		.initiator = sa->initiator,
		.state = ike_state_name(sa->state),
		.local = sa->local,
		.remote = sa->remote,
		.id_local = sa->id_local,
		.id_remote = sa->id_remote,
		.nat_local = sa->nat_local,
		.tcp = sa->remote.via != IKE_VIA_UDP,
		.encap_why = encap_why_text(sa->encap_why),
		.nat_remote = sa->nat_remote,
		.since_us = sa->established_us ? sa->established_us :
						 sa->created_us,
		.last_heard_us = sa->heard_us,
		.n_child = sa->n_child,
	};
	if (sa->suite.encr)
		ike_suite_text(&sa->suite, out->suite, sizeof(out->suite));
	if (sa->peer)
		memcpy(out->peer, sa->peer->conf.name, sizeof(out->peer));
	if (sa->cfg) {
		memcpy(out->assigned, sa->cfg->vip, sizeof(out->assigned));
		out->assigned_here = sa->cfg->ours;
	}
	for (size_t i = 0; c && i < 16; i++, c = c->next)
		child_info(c, &out->child[i]);
}

/* The cursor is our SPI of the one shown last. */
bool ike_sa_next(const struct ike *ike, uint64_t *cursor,
		 struct ike_sa_info *out)
{
	const struct ike_sa *sa = ike->sas;

	if (*cursor) {
		sa = ike_sa_find(ike, *cursor);
		sa = sa ? sa->next : NULL;
	}
	if (!sa)
		return false;
	sa_info(sa, out);
	*cursor = ike_sa_own_spi(sa);
	return true;
}
