/* SPDX-License-Identifier: Apache-2.0 */
/* Lifetimes of SAs: by time, bytes, packets, sequence numbers (RFC 4301 4.4.2.1). */
#include "ipsec/state.h"

#include <string.h>

/* Called again at least this often, so that a caller's timer set before an SA
 * was added is never far off. */
#define TICK_MAX_US 1000000

#define USEC UINT64_C(1000000)

void life_event(struct missiu *m, const struct sa *sa,
		enum missiu_event_kind kind)
{
	struct missiu_event ev = {
		.kind = kind,
		.policy_id = sa->d.policy_id,
		.proto = sa->d.proto,
		.dir = sa->d.dir,
		.spi = sa->d.spi,
		.dst = sa->d.dst,
		.owner = sa->d.owner,
	};

	if (kind == MISSIU_EV_NAT_CHANGE) {
		ev.addr = sa->nat_addr;
		ev.port = sa->nat_port;
	}
	events_put(&m->events, &ev);
}

void life_watch(struct missiu *m, const struct sa *sa)
{
	missiu_usec t = sa->hard_us;

	if (!sa->soft_sent && sa->soft_us < t)
		t = sa->soft_us;
	if (sa->idle_us < t)
		t = sa->idle_us;
	if (sa->silence.check_us < t)
		t = sa->silence.check_us;
	if (t < m->life_next_us)
		m->life_next_us = t;
}

static bool reached(uint64_t used, uint64_t limit)
{
	return limit && used >= limit;
}

static bool used_up(const struct sa *sa)
{
	return reached(sa->stats.bytes, sa->d.hard_bytes) ||
	       reached(sa->stats.packets, sa->d.hard_packets);
}

bool life_over(const struct sa *sa, missiu_usec now)
{
	return sa->dying || now >= sa->hard_us || used_up(sa);
}

static void soft(struct missiu *m, struct sa *sa)
{
	if (sa->soft_sent)
		return;
	sa->soft_sent = true;
	life_event(m, sa, MISSIU_EV_SOFT);
}

void life_used(struct missiu *m, struct sa *sa, uint32_t bytes, missiu_usec now)
{
	sa->stats.packets++;
	sa->stats.bytes += bytes;
	sa->stats.used_us = now;
	if (reached(sa->stats.bytes, sa->d.soft_bytes) ||
	    reached(sa->stats.packets, sa->d.soft_packets) ||
	    sa->seq >= sa->seq_soft)
		soft(m, sa);
	if (used_up(sa))
		life_kill(m, sa);
}

void life_kill(struct missiu *m, struct sa *sa)
{
	if (sa->dying)
		return;
	sa->dying = true;
	sa->dying_next = m->dying;
	m->dying = sa;
}

void life_reap(struct missiu *m)
{
	struct sa *sa;

	if (!m->dying)
		return;
	while (m->dying) {
		sa = m->dying;
		m->dying = sa->dying_next;
		life_event(m, sa, MISSIU_EV_HARD);
		sad_remove(&m->sad, sa);
		sa_free(sa);
	}
	m->gen++;
}

/* When the pair of SAs that this one belongs to carried its last packet. */
static missiu_usec pair_used(const struct missiu *m, const struct sa *sa)
{
	const struct sa *mate =
		sad_find(&m->sad, sa->d.proto, sa->d.mate_spi, &sa->d.src);
	missiu_usec t = sa->stats.added_us;

	if (sa->stats.used_us > t)
		t = sa->stats.used_us;
	if (mate && mate->stats.used_us > t)
		t = mate->stats.used_us;
	return t;
}

/* The event comes again as long as nobody takes the SA away. */
static void check_idle(struct missiu *m, struct sa *sa, missiu_usec now)
{
	missiu_usec limit = sa->d.idle_s * USEC;
	missiu_usec used = pair_used(m, sa);

	sa->idle_us = used + limit;
	if (now < sa->idle_us)
		return;
	life_event(m, sa, MISSIU_EV_IDLE);
	sa->idle_us = now + limit;
}

void life_expire(struct missiu *m, missiu_usec now)
{
	if (now < m->life_next_us)
		return;
	m->life_next_us = UINT64_MAX;
	for (size_t i = 0; i < m->sad.n; i++) {
		struct sa *sa = m->sad.v[i];

		if (now >= sa->hard_us) {
			life_kill(m, sa);
			continue;
		}
		if (now >= sa->soft_us)
			soft(m, sa);
		if (now >= sa->idle_us)
			check_idle(m, sa, now);
		if (now >= sa->silence.check_us)
			silence_check(m, sa, now);
		life_watch(m, sa);
	}
	life_reap(m);
}

missiu_usec missiu_tick(struct missiu *m, missiu_usec now)
{
	struct reasm *const tables[] = { &m->outer, &m->inner, &m->leaving };
	missiu_usec next = now + TICK_MAX_US, t;

	life_expire(m, now);
	t = acquire_expire(m, now);
	if (t < next)
		next = t;
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		t = reasm_expire(tables[i], now);
		if (t < next)
			next = t;
	}
	return m->life_next_us < next ? m->life_next_us : next;
}
