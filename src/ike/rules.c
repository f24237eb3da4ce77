/* SPDX-License-Identifier: Apache-2.0 */
#include "ike/rules.h"

#include "ike/handlers.h"

#define ANY_TASK 0xffff
#define P(type)	 IKE_SEEN(IKE_P_##type)
#define S(state) (1u << IKE_S_##state)

enum { REQ = false, RESP = true };

static const struct rule table[] = {
#define RULE(state_, exchange_, dir_, tasks_, need_, may_, handler_, next_,    \
	     rfc_)                                                             \
	{ .state = IKE_S_##state_,                                             \
	  .exchange = IKE_X_##exchange_,                                       \
	  .response = dir_,                                                    \
	  .tasks = tasks_,                                                     \
	  .need = need_,                                                       \
	  .may = may_,                                                         \
	  .handler = handler_,                                                 \
	  .next = next_,                                                       \
	  .rfc = rfc_ },
#define STEP(from, to, cause)
#include "ike/rules.def"
#undef RULE
#undef STEP
};

/* Changes of state that timers and commands make. */
static const uint32_t steps[] = {
#define RULE(...)
#define STEP(from, to, cause) 1u << IKE_S_##from | 1u << (16 + IKE_S_##to),
#include "ike/rules.def"
#undef RULE
#undef STEP
};

static_assert(IKE_S_MAX <= 16, "states fit half a mask");

#define N_TABLE (sizeof(table) / sizeof(table[0]))

const struct rule *rules_match(const struct rule_key *key)
{
	for (size_t i = 0; i < N_TABLE; i++) {
		const struct rule *r = &table[i];

		if (r->state != key->state || r->exchange != key->exchange ||
		    r->response != key->response)
			continue;
		if (r->tasks != ANY_TASK && !(r->tasks & key->task))
			continue;
		if ((key->seen & r->need) == r->need &&
		    !(key->seen & ~(r->need | r->may)))
			return r;
	}
	return NULL;
}

bool rules_step_ok(enum ike_state from, enum ike_state to)
{
	const uint32_t step = 1u << from | 1u << (16 + to);

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		if (steps[i] == step)
			return true;
	for (size_t i = 0; i < N_TABLE; i++)
		if (table[i].state == from && table[i].next & 1u << to)
			return true;
	return false;
}

const struct rule *rules_table(size_t *n)
{
	*n = N_TABLE;
	return table;
}
