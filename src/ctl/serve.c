/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/serve.h"

#include <stdlib.h>

#include "common/diag.h"
#include "common/secret.h"
#include "ctl/buf.h"
#include "ctl/codec.h"

/* What a handler works with. */
struct job {
	struct missiu *m;
	struct rd arg; /* after the version byte */
	missiu_usec now;
	struct ctl_reply *out;
	bool changed;
};

static int malformed(struct job *j)
{
	return diag_set(&j->out->diag, MISSIU_EPROTO, "malformed argument");
}

/* Keep one item of a result. */
static int commit(struct job *j, const struct wr *w)
{
	if (ctl_buf_commit(&j->out->result, w))
		return 0;
	return diag_set(&j->out->diag, MISSIU_ENOMEM,
			"no memory for the result");
}

static int result_u32(struct job *j, const uint32_t *v, size_t n)
{
	struct wr w = ctl_buf_room(&j->out->result, 1 + 4 * n);
	size_t i;

	ctl_put_version(&w);
	for (i = 0; i < n; i++)
		wr_be32(&w, v[i]);
	return commit(j, &w);
}

static int add_sa(struct job *j, uint8_t flags)
{
	struct missiu_sa sa;
	int err;

	if (!ctl_get_sa(&j->arg, &sa) || !rd_done(&j->arg)) {
		err = malformed(j);
	} else {
		sa.flags |= flags;
		err = missiu_sa_add(j->m, &sa, j->now, &j->out->diag);
		j->changed = !err;
	}
	secret_wipe(&sa, sizeof(sa));
	return err;
}

static int add_key(struct job *j)
{
	return add_sa(j, MISSIU_SA_MANUAL);
}

static int add_key_ex(struct job *j)
{
	return add_sa(j, 0);
}

static int del_key(struct job *j)
{
	struct missiu_sa sa;
	int err;

	if (!ctl_get_sa_name(&j->arg, &sa) || !rd_done(&j->arg))
		return malformed(j);
	err = missiu_sa_del(j->m, sa.proto, sa.spi, &sa.dst);
	j->changed = !err;
	return err;
}

static int key_update(struct job *j)
{
	struct missiu_addr old_dst;
	struct missiu_sa sa;
	int err;

	if (!ctl_get_sa_move(&j->arg, &sa, &old_dst) || !rd_done(&j->arg))
		return malformed(j);
	err = missiu_sa_update(j->m, &sa, &old_dst);
	j->changed = !err;
	return err;
}

static int load_one(struct job *j, struct missiu_change *c)
{
	int err = missiu_load(j->m, c, 1, j->now, NULL, &j->out->diag);

	j->changed = !err;
	return err;
}

static int flush_sa(struct job *j)
{
	struct missiu_change c = { .kind = MISSIU_CHG_FLUSH_SA };

	return load_one(j, &c);
}

static int flush_spd(struct job *j)
{
	struct missiu_change c = { .kind = MISSIU_CHG_FLUSH_POLICY };

	return load_one(j, &c);
}

static int add_conf(struct job *j)
{
	struct missiu_change c = { .kind = MISSIU_CHG_ADD_POLICY };
	int err;

	if (!ctl_get_policy(&j->arg, &c.policy) || !rd_done(&j->arg))
		return malformed(j);
	err = load_one(j, &c);
	return err ? err : result_u32(j, &c.policy.id, 1);
}

static int del_conf(struct job *j)
{
	struct missiu_change c = { .kind = MISSIU_CHG_DEL_POLICY };

	if (!rd_be32(&j->arg, &c.policy.id) || !rd_done(&j->arg))
		return malformed(j);
	return load_one(j, &c);
}

/* Count first, items after: the count is patched when it is known. */
static int patch_count(struct job *j, size_t at, uint32_t n)
{
	store_be32(j->out->result.buf + at, n);
	return 0;
}

static int dump_sa(struct job *j)
{
	struct wr w = ctl_buf_room(&j->out->result, 1 + 8 + 4);
	struct missiu_sa_stats stats;
	struct missiu_sa sa;
	uint64_t cursor = 0;
	uint8_t flags;
	uint32_t n = 0;
	int err;

	if (!rd_u8(&j->arg, &flags) || (flags & ~CTL_DUMP_KEYS) ||
	    !rd_done(&j->arg))
		return malformed(j);
	ctl_put_version(&w);
	wr_be64(&w, j->now);
	wr_be32(&w, 0);
	err = commit(j, &w);
	while (!err && missiu_sa_next(j->m, &cursor, &sa, &stats)) {
		w = ctl_buf_room(&j->out->result,
				 CTL_SA_BYTES + CTL_STATS_BYTES);
		ctl_put_sa(&w, &sa, flags & CTL_DUMP_KEYS);
		ctl_put_sa_stats(&w, &stats);
		err = commit(j, &w);
		n++;
	}
	secret_wipe(&sa, sizeof(sa));
	return err ? err : patch_count(j, 1 + 8, n);
}

static int dump_spd(struct job *j)
{
	struct wr w = ctl_buf_room(&j->out->result, 1 + 4);
	struct missiu_policy_stats stats;
	struct missiu_policy policy;
	uint64_t cursor = 0;
	uint32_t n = 0;
	int err;

	ctl_put_version(&w);
	wr_be32(&w, 0);
	err = commit(j, &w);
	while (!err && missiu_policy_next(j->m, &cursor, &policy, &stats)) {
		w = ctl_buf_room(&j->out->result,
				 CTL_POLICY_BYTES + CTL_STATS_BYTES);
		ctl_put_policy(&w, &policy);
		ctl_put_policy_stats(&w, &stats);
		err = commit(j, &w);
		n++;
	}
	return err ? err : patch_count(j, 1, n);
}

static int sadb_size(struct job *j)
{
	struct missiu_stats s;

	missiu_stats_get(j->m, &s);
	return result_u32(j, (uint32_t[]){ s.n_sa, s.n_policy }, 2);
}

/* Read the changes of a CTL_LOAD into @v; *@bad: the first that is malformed. */
static int get_changes(struct job *j, struct missiu_change *v, uint32_t n,
		       size_t *bad)
{
	for (*bad = 0; *bad < n; ++*bad)
		if (!ctl_get_change(&j->arg, &v[*bad]))
			return malformed(j);
	return rd_done(&j->arg) ? 0 : malformed(j);
}

/* Ids of the policies added, in order. */
static int result_ids(struct job *j, const struct missiu_change *v, uint32_t n)
{
	struct wr w = ctl_buf_room(&j->out->result, 1 + 4 * (size_t)n);
	uint32_t i;

	ctl_put_version(&w);
	for (i = 0; i < n; i++)
		if (v[i].kind == MISSIU_CHG_ADD_POLICY)
			wr_be32(&w, v[i].policy.id);
	return commit(j, &w);
}

static int load(struct job *j)
{
	struct missiu_change *v;
	size_t bad = 0;
	uint32_t n;
	int err;

	if (!rd_be32(&j->arg, &n) || n > rd_left(&j->arg))
		return malformed(j);
	if (n > CTL_LOAD_MAX)
		return diag_set(&j->out->diag, MISSIU_EFULL,
				"more than %u changes in one transaction",
				CTL_LOAD_MAX);
	v = calloc(n ? n : 1, sizeof(*v));
	if (!v)
		return MISSIU_ENOMEM;
	err = get_changes(j, v, n, &bad);
	if (!err) {
		err = missiu_load(j->m, v, n, j->now, &bad, &j->out->diag);
		j->changed = !err;
	}
	if (!err)
		err = result_ids(j, v, n);
	else
		(void)result_u32(j, (uint32_t[]){ (uint32_t)bad }, 1);
	secret_wipe(v, n * sizeof(*v));
	free(v);
	return err;
}

static int acquire_failed(struct job *j)
{
	uint32_t id;

	if (!rd_be32(&j->arg, &id) || !rd_done(&j->arg))
		return malformed(j);
	missiu_acquire_failed(j->m, id);
	return 0;
}

static const struct {
	uint32_t type;
	bool has_arg;
	int (*run)(struct job *j);
} requests[] = {
	{ CTL_ADD_KEY, true, add_key },
	{ CTL_ADD_KEY_EX, true, add_key_ex },
	{ CTL_DEL_KEY, true, del_key },
	{ CTL_FLUSH_SA, false, flush_sa },
	{ CTL_DUMP_SA, true, dump_sa },
	{ CTL_GET_SADB_SIZE, false, sadb_size },
	{ CTL_KEY_UPDATE, true, key_update },
	{ CTL_ADD_CONF, true, add_conf },
	{ CTL_DEL_CONF, true, del_conf },
	{ CTL_FLUSH_SPD, false, flush_spd },
	{ CTL_DUMP_SPD, false, dump_spd },
	{ CTL_LOAD, true, load },
	{ CTL_ACQUIRE_FAILED, true, acquire_failed },
};

bool ctl_serve(struct missiu *m, uint32_t type, struct rd arg, missiu_usec now,
	       struct ctl_reply *out)
{
	struct job j = { .m = m, .arg = arg, .now = now, .out = out };
	size_t i;

	*out = (struct ctl_reply){ 0 };
	for (i = 0; i < sizeof(requests) / sizeof(requests[0]); i++)
		if (requests[i].type == type)
			break;
	if (i == sizeof(requests) / sizeof(requests[0]))
		out->status = diag_set(&out->diag, MISSIU_EUNSUP,
				       "unknown request %u", type);
	else if (requests[i].has_arg ? !ctl_get_version(&j.arg) :
				       !rd_done(&j.arg))
		out->status = malformed(&j);
	else
		out->status = requests[i].run(&j);
	if (out->status && !out->diag.msg[0])
		diag_set(&out->diag, out->status, "%s",
			 missiu_strerror(out->status));
	return j.changed;
}

void ctl_reply_fini(struct ctl_reply *r)
{
	ctl_buf_fini(&r->result);
	*r = (struct ctl_reply){ 0 };
}
