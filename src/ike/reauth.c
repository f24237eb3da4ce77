/* SPDX-License-Identifier: Apache-2.0 */
#include "ike/reauth.h"

#include "common/addr.h"
#include "common/log.h"
#include "common/rd.h"
#include "ike/child.h"
#include "ike/exchange.h"
#include "ike/init.h"
#include "ike/limit.h"
#include "ike/redirect.h"

#define SECOND_US UINT64_C(1000000)

/* The shortest AUTH_LIFETIME that we follow: each costs a key exchange. */
#define LIFETIME_MIN_S 10

/* After a failure wait a 64th of the lifetime, then twice as long, ... */
#define RETRY_SHIFT  6
#define RETRY_MIN_US SECOND_US

/* Of two that were made at once the loser stays until the other has all. */
#define GIVE_WAY_US (10 * SECOND_US)

/* --- times */

/* Behind a NAT, or by an address of our pool, the peer can't be asked. */
static bool may_begin(const struct ike_sa *sa)
{
	return sa->ra.ours || (!sa->nat_remote && !sa->peer->conf.pool.n);
}

static void earlier(missiu_usec *t, missiu_usec than)
{
	if (!*t || than < *t)
		*t = than;
}

/* The initiator begins after 80 to 88 %, the responder after 90 to 98 %. */
static void set_times(struct ike *ike, struct ike_sa *sa, uint64_t life_s)
{
	const missiu_usec life = life_s * SECOND_US;
	uint8_t jitter = 0;

	if (!life_s)
		return;
	(void)rng_bytes(&ike->rng, &jitter, 1); /* none will do as well */
	earlier(&sa->ra.end_us, ike->now + life);
	if (may_begin(sa))
		earlier(&sa->ra.begin_us,
			ike->now + life / 100 * (sa->ra.ours ? 80 : 90) +
				life / 100 * jitter / 256 * 8);
	ike_sa_touch(ike, sa);
}

void reauth_put_lifetime(const struct ike_sa *sa, struct ike_build *b)
{
	uint8_t seconds[4];

	if (!sa->peer->reauth_s)
		return;
	store_be32(seconds, sa->peer->reauth_s);
	ike_put_notify_data(b, IKE_N_AUTH_LIFETIME, seconds, sizeof(seconds));
}

void reauth_take_lifetime(struct ike *ike, struct ike_sa *sa,
			  const struct ike_msg *m)
{
	const struct ike_notify *n = ike_msg_notify(m, IKE_N_AUTH_LIFETIME);
	uint32_t s;

	if (!n || n->data.len != 4 || !sa->ra.ours)
		return;
	s = load_be32(n->data.p);
	set_times(ike, sa, s > LIFETIME_MIN_S ? s : LIFETIME_MIN_S);
}

static void try_later(struct ike *ike, struct ike_sa *old)
{
	const missiu_usec life = old->ra.end_us - old->established_us;
	missiu_usec wait = life >> RETRY_SHIFT;

	if (wait < RETRY_MIN_US)
		wait = RETRY_MIN_US;
	if (old->ra.tries < RETRY_SHIFT)
		old->ra.tries++;
	old->ra.by = 0;
	old->ra.begin_us = ike->now + (wait << (old->ra.tries - 1));
	ike_sa_touch(ike, old);
}

/* --- the one that shall take the place of another */

/* A child that round has not asked for yet; NULL: it has all. */
static struct ike_child *next_child(const struct ike_sa *old, uint64_t round)
{
	struct ike_child *c = old->children;

	while (c && (c->state != CHILD_UP || c->asked_again == round))
		c = c->next;
	return c;
}

static void ask_for(struct ike_sa *sa, struct ike_child *c)
{
	struct ike_task *t = task_new(TASK_CHILD);

	c->asked_again = sa->ra.round;
	if (t) {
		t->policy_id = c->policy_id;
		t->like = c->handle;
	}
	if (!task_push(sa, t))
		sa->ra.failed = true;
}

static void end(struct ike *ike, struct ike_sa *sa, const char *why)
{
	ike_sa_deleted(ike, sa, why);
	sa->ra = (struct ike_reauth){ .ours = sa->ra.ours };
	sa->rekey_us = sa->expire_us = UINT64_MAX;
	task_push(sa, task_new(TASK_DEL_IKE));
	exchange_run(ike, sa);
}

/* The policies of one that has moved are written with other addresses. */
static void keep_home(struct ike *ike, const struct ike_sa *old,
		      struct ike_sa *sa)
{
	sa->home_local = old->home_local;
	sa->home_remote = old->home_remote;
	if (!sa->redirected_from.family)
		redirect_keep(sa, old);
	index_sa_moved(ike->ix, sa);
}

/* @at: our end and the peer's, where it will be */
static void begin(struct ike *ike, struct ike_sa *old,
		  const struct missiu_addr at[2], const struct ike_sa *from)
{
	const struct peer_hit hit = { .peer = old->peer, .psk = old->psk };
	const uint64_t round = ++ike->last_handle;
	struct ike_child *c = next_child(old, round);
	struct ike_sa *sa;

	old->ra.begin_us = 0;
	if (!c && old->peer->conf.childless != MISSIU_CHILDLESS_PREFER) {
		end(ike, old, "unused, and to be authenticated anew");
		return;
	}
	sa = init_start(ike, &at[0], &at[1], &hit, from);
	if (!sa) {
		try_later(ike, old);
		return;
	}
	keep_home(ike, old, sa);
	sa->ra.of = ike_sa_own_spi(old);
	sa->ra.made = true;
	sa->ra.round = round;
	old->ra.by = ike_sa_own_spi(sa);
	if (c)
		ask_for(sa, c);
}

bool reauth_at(struct ike *ike, struct ike_sa *old,
	       const struct missiu_addr at[2])
{
	if (old->ra.by)
		return false;
	begin(ike, old, at, old);
	return true;
}

static struct ike_sa *old_of(const struct ike *ike, const struct ike_sa *sa)
{
	struct ike_sa *old = sa->ra.of ? ike_sa_find(ike, sa->ra.of) : NULL;

	return old && old->state == IKE_S_ESTABLISHED ? old : NULL;
}

void reauth_next(struct ike *ike, struct ike_sa *sa)
{
	struct ike_sa *old = old_of(ike, sa);
	struct ike_child *c;

	/* The peer was faster. Should it have deleted that for us, it stays. */
	if (!old) {
		sa->ra.of = 0;
		sa->ra.drop_us = ike->now + 2 * GIVE_WAY_US;
		return;
	}
	c = sa->ra.failed ? NULL : next_child(old, sa->ra.round);
	if (c) {
		ask_for(sa, c);
		return;
	}
	sa->ra.of = 0;
	if (sa->ra.failed) {
		try_later(ike, old);
		end(ike, sa, "it cannot take the place of another");
	} else {
		end(ike, old, "authenticated anew");
	}
}

void reauth_lost(struct ike *ike, struct ike_sa *sa, uint64_t like)
{
	struct ike_sa *old = old_of(ike, sa);
	struct ike_child *c = old ? old->children : NULL;

	for (; c; c = c->next)
		if (c->replaces == like)
			c->asked_again = 0;
}

void reauth_gone(struct ike *ike, struct ike_sa *sa)
{
	struct ike_sa *old = old_of(ike, sa);

	sa->ra.of = 0;
	if (old)
		try_later(ike, old);
}

void reauth_move(struct ike *ike, struct ike_sa *old, struct ike_sa *sa)
{
	struct ike_sa *other;

	sa->ra = old->ra;
	old->ra = (struct ike_reauth){ .ours = sa->ra.ours };
	other = sa->ra.by ? ike_sa_find(ike, sa->ra.by) : NULL;
	if (other)
		other->ra.of = ike_sa_own_spi(sa);
	other = old_of(ike, sa);
	if (other)
		other->ra.by = ike_sa_own_spi(sa);
}

/* --- both sides at once */

static bool is_lower(const struct ike_sa *a, const struct ike_sa *b)
{
	struct nonce la, lb;

	nonce_lowest(&la, (struct chunk){ a->ni, a->ni_len },
		     (struct chunk){ a->nr, a->nr_len });
	nonce_lowest(&lb, (struct chunk){ b->ni, b->ni_len },
		     (struct chunk){ b->nr, b->nr_len });
	return nonce_lower(nonce_chunk(&la), nonce_chunk(&lb));
}

static void give_way(struct ike *ike, struct ike_sa *sa)
{
	struct ike_sa *old = old_of(ike, sa);

	sa->ra.of = 0;
	sa->ra.drop_us = ike->now + GIVE_WAY_US;
	if (old)
		try_later(ike, old);
	ike_sa_touch(ike, sa);
}

/* Ours and theirs were under way at the same time: who has to delete? */
static void meet_rival(struct ike *ike, struct ike_sa *sa)
{
	struct ike_sa *o = NULL;

	while ((o = index_by_peer(ike->ix, sa, o)) != NULL) {
		struct ike_sa *mine = sa->ra.ours ? sa : o;

		if (o->state != IKE_S_ESTABLISHED || o->replaces ||
		    o->ra.ours == sa->ra.ours ||
		    o->established_us < sa->created_us)
			continue;
		if (mine->ra.made && !mine->ra.drop_us &&
		    is_lower(mine, mine == sa ? o : sa))
			give_way(ike, mine);
		return;
	}
}

/* Who is at the place of one that has moved there is at home where that is. */
static void join_others(struct ike *ike, struct ike_sa *sa)
{
	const struct ike_sa *o = NULL;

	while ((o = index_by_peer(ike->ix, sa, o)) != NULL)
		if (o->state == IKE_S_ESTABLISHED &&
		    addr_eq(&o->local.addr, &sa->local.addr) &&
		    addr_eq(&o->remote.addr, &sa->remote.addr)) {
			keep_home(ike, o, sa);
			return;
		}
}

void reauth_established(struct ike *ike, struct ike_sa *sa)
{
	struct ike_sa *old = old_of(ike, sa);

	sa->ra.ours = sa->initiator;
	if (!sa->ra.ours)
		join_others(ike, sa);
	set_times(ike, sa, sa->peer->reauth_s);
	/* Somebody else lives there now: that one has not proven itself. */
	if (old && !redirect_between(old, sa) && !limit_same_peer(sa, old))
		sa->ra.failed = true;
	meet_rival(ike, sa);
}

/* --- time */

/* Whether all of its children have their like in other SAs. */
static bool is_redundant(const struct ike *ike, const struct ike_sa *sa)
{
	for (const struct ike_child *c = sa->children; c; c = c->next)
		if (c->state == CHILD_UP && !child_stand_in(ike, sa, c))
			return false;
	return sa->children;
}

void reauth_tick(struct ike *ike, struct ike_sa *sa)
{
	const struct missiu_addr here[2] = { sa->local.addr, sa->remote.addr };
	struct ike_reauth *ra = &sa->ra;

	if (ra->end_us && ike->now >= ra->end_us) {
		end(ike, sa, "not authenticated anew in time");
		return;
	}
	if (ra->drop_us && ike->now >= ra->drop_us) {
		ra->drop_us = ike->now + GIVE_WAY_US;
		if (is_redundant(ike, sa))
			end(ike, sa, "another one serves");
		return;
	}
	if (!ra->begin_us || ike->now < ra->begin_us)
		return;
	/* The peer has, and has not deleted this one yet. */
	if (is_redundant(ike, sa))
		ra->begin_us = 0;
	else
		begin(ike, sa, here, NULL);
}

missiu_usec reauth_due_us(const struct ike_sa *sa)
{
	missiu_usec t = UINT64_MAX;

	/* It came here by a rekeying: go on, see exchange_run(). */
	if (sa->ra.of && !sa->x.exchange && !sa->tasks)
		return 1;
	if (sa->ra.begin_us)
		t = sa->ra.begin_us;
	if (sa->ra.end_us)
		earlier(&t, sa->ra.end_us);
	if (sa->ra.drop_us)
		earlier(&t, sa->ra.drop_us);
	return t;
}
