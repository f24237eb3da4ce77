/* SPDX-License-Identifier: Apache-2.0 */
/* PF_KEY messages that concern policies. */
#include <stdlib.h>

#include "common/addr.h"
#include "common/diag.h"
#include "ctl/serve_pfkey_impl.h"

static int emit_policy(struct pfkey_job *j, const struct missiu_policy *p,
		       uint32_t seq)
{
	struct pfkey_msg r = pfkey_reply_to(j->in);

	r.seq = seq;
	pfkey_set_policy(&r, p);
	return pfkey_emit(j->out, &r);
}

int pfkey_spd_add(struct pfkey_job *j)
{
	struct missiu_change c = { .kind = MISSIU_CHG_ADD_POLICY };
	int err = pfkey_get_policy(j->in, &c.policy, &j->diag);

	if (!err)
		err = missiu_load(j->m, &c, 1, j->now, NULL, &j->diag);
	if (err)
		return err;
	j->changed = true;
	return emit_policy(j, &c.policy, j->in->seq);
}

bool pfkey_find_policy(const struct missiu *m, const struct missiu_policy *p,
		       struct missiu_policy *found)
{
	uint64_t cursor = 0;

	while (missiu_policy_next(m, &cursor, found, NULL))
		if (p->id ? found->id == p->id :
			    (found->dirs == p->dirs &&
			     ts_eq(&found->local, &p->local) &&
			     ts_eq(&found->remote, &p->remote)))
			return true;
	return false;
}

/* The SPD with one policy replaced at its place, as one transaction. */
static int replace_policy(struct pfkey_job *j, uint32_t id,
			  struct missiu_policy *p)
{
	struct missiu_change *v;
	struct missiu_stats s;
	uint64_t cursor = 0;
	size_t n = 1, at = 0;
	int err;

	missiu_stats_get(j->m, &s);
	v = calloc((size_t)s.n_policy + 1, sizeof(*v));
	if (!v)
		return MISSIU_ENOMEM;
	v[0].kind = MISSIU_CHG_FLUSH_POLICY;
	for (; n <= s.n_policy &&
	       missiu_policy_next(j->m, &cursor, &v[n].policy, NULL);
	     n++) {
		v[n].kind = MISSIU_CHG_ADD_POLICY;
		if (v[n].policy.id == id)
			v[at = n].policy = *p;
	}
	err = missiu_load(j->m, v, n, j->now, NULL, &j->diag);
	if (!err)
		*p = v[at].policy;
	free(v);
	return err;
}

int pfkey_spd_update(struct pfkey_job *j)
{
	struct missiu_policy p, old;
	int err = pfkey_get_policy(j->in, &p, &j->diag);

	if (err)
		return err;
	if (!pfkey_find_policy(j->m, &p, &old))
		return pfkey_spd_add(j);
	err = replace_policy(j, old.id, &p);
	if (err)
		return err;
	j->changed = true;
	return emit_policy(j, &p, j->in->seq);
}

/* What a SPDDELETE, SPDDELETE2 or SPDGET names. */
static int named_policy(struct pfkey_job *j, struct missiu_policy *found)
{
	struct missiu_policy want = { .id = j->in->pol.id };
	int err = 0;

	if (j->in->type == PFKEY_X_SPDDELETE)
		err = pfkey_get_policy(j->in, &want, &j->diag);
	else if (!want.id)
		err = diag_set(&j->diag, MISSIU_EINVAL,
			       "the policy's id is missing");
	if (err)
		return err;
	return pfkey_find_policy(j->m, &want, found) ? 0 : MISSIU_ENOENT;
}

int pfkey_spd_delete(struct pfkey_job *j)
{
	struct missiu_change c = { .kind = MISSIU_CHG_DEL_POLICY };
	int err = named_policy(j, &c.policy);

	if (!err)
		err = missiu_load(j->m, &c, 1, j->now, NULL, &j->diag);
	if (err)
		return err;
	j->changed = true;
	return emit_policy(j, &c.policy, j->in->seq);
}

int pfkey_spd_get(struct pfkey_job *j)
{
	struct missiu_policy p;
	int err = named_policy(j, &p);

	return err ? err : emit_policy(j, &p, j->in->seq);
}

int pfkey_spd_dump(struct pfkey_job *j)
{
	struct missiu_policy p;
	struct missiu_stats s;
	uint64_t cursor = 0;
	uint32_t left;
	int err = 0;

	missiu_stats_get(j->m, &s);
	left = s.n_policy;
	if (!left)
		return pfkey_dump_is_empty(j);
	while (!err && left && missiu_policy_next(j->m, &cursor, &p, NULL))
		err = emit_policy(j, &p, --left);
	return err;
}

int pfkey_spd_flush(struct pfkey_job *j)
{
	struct missiu_change c = { .kind = MISSIU_CHG_FLUSH_POLICY };

	return pfkey_load_and_ack(j, &c, 1);
}
