/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Outbound SAs that send while their mates receive nothing (RFC 7296 2.4). Nothing
 * is done for a packet; each SA is looked at twice in the time that counts as a
 * silence, on whole seconds, so that many SAs cost one walk a second.
 */
#include "common/addr.h"
#include "ipsec/state.h"

#define USEC UINT64_C(1000000)

/* So many looks in a row at which it had sent again and heard nothing. */
#define LOOKS 3

/* So many SAs of the same policy are asked what they have heard. */
#define OTHERS_MAX 16

static missiu_usec next_look(const struct sa *sa, missiu_usec now)
{
	const missiu_usec s = sa->d.silent_s > 2 ? sa->d.silent_s / 2 : 1;

	return (now / USEC + s) * USEC;
}

void silence_begin(struct sa *sa, missiu_usec now)
{
	const bool watched =
		sa->d.silent_s && sa->d.dir == MISSIU_OUT && sa->d.mate_spi;

	sa->silence = (struct sa_silence){
		.check_us = watched ? next_look(sa, now) : UINT64_MAX,
		.told_us = now,
	};
}

static void heard(struct missiu *m, struct sa *sa, missiu_usec at,
		  missiu_usec now)
{
	struct sa_silence *s = &sa->silence;

	s->heard_us = at;
	s->looks = 0;
	if (!sa->d.heard_s || now - s->told_us < sa->d.heard_s * USEC)
		return;
	s->told_us = now;
	life_event(m, sa, MISSIU_EV_HEARD);
}

static missiu_usec mate_used(const struct missiu *m, const struct sa *sa)
{
	const struct sa *mate =
		sad_find(&m->sad, sa->d.proto, sa->d.mate_spi, &sa->d.src);

	return mate ? mate->stats.used_us : 0;
}

/* There may be two pairs, and the peer may send on the other one. */
static missiu_usec last_heard(const struct missiu *m, const struct sa *sa)
{
	const struct sa *o =
		sad_out_first(&m->sad, sa->d.policy_id, sad_out_addr(&sa->d));
	missiu_usec t = mate_used(m, sa);

	for (int i = 0; o && i < OTHERS_MAX; i++, o = o->out_next)
		if (o->d.policy_id == sa->d.policy_id &&
		    addr_eq(&o->d.dst, &sa->d.dst) && mate_used(m, o) > t)
			t = mate_used(m, o);
	return t;
}

void silence_check(struct missiu *m, struct sa *sa, missiu_usec now)
{
	const missiu_usec at = last_heard(m, sa);
	struct sa_silence *s = &sa->silence;

	s->check_us = next_look(sa, now);
	if (at > s->heard_us)
		heard(m, sa, at, now);
	/* Only what was sent after that counts, and only if more follows. */
	if (sa->stats.used_us <= s->heard_us ||
	    sa->stats.used_us == s->sent_us || s->looks == LOOKS)
		return;
	s->sent_us = sa->stats.used_us;
	if (++s->looks == LOOKS)
		life_event(m, sa, MISSIU_EV_SILENT);
}
