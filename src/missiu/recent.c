/* SPDX-License-Identifier: Apache-2.0 */
#include "missiu/recent.h"

#include "common/secret.h"

/* As long as the engine keeps packets for an ACQUIRE. */
#define WAIT_US (30 * 1000000u)

void recent_add(struct recent *r, const struct missiu_event *ev,
		missiu_usec now)
{
	r->v[r->next].ev = *ev;
	r->v[r->next].at = now;
	r->next = (r->next + 1) % RECENT_MAX;
}

static bool has_sa(const struct missiu *m, uint32_t policy_id)
{
	struct missiu_sa sa;
	uint64_t cursor = 0;
	bool found = false;

	while (!found && missiu_sa_next(m, &cursor, &sa, NULL))
		found = sa.policy_id == policy_id && sa.dir & MISSIU_OUT;
	secret_wipe(&sa, sizeof(sa));
	return found;
}

const struct missiu_event *recent_next(const struct recent *r,
				       const struct missiu *m, size_t *cursor,
				       missiu_usec now)
{
	while (*cursor < RECENT_MAX) {
		size_t i = (r->next + (*cursor)++) % RECENT_MAX;

		if (r->v[i].at && now - r->v[i].at < WAIT_US &&
		    !has_sa(m, r->v[i].ev.policy_id))
			return &r->v[i].ev;
	}
	return NULL;
}
