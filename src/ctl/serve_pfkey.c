/* SPDX-License-Identifier: Apache-2.0 */
/* One PF_KEY message: who serves it, and what its sender is told. */
#include <errno.h>

#include "common/diag.h"
#include "common/secret.h"
#include "ctl/serve_pfkey_impl.h"

int pfkey_emit(struct ctl_buf *out, const struct pfkey_msg *msg)
{
	struct wr w = ctl_buf_room(out, PFKEY_MSG_MAX);

	pfkey_encode(msg, &w);
	return ctl_buf_commit(out, &w) ? 0 : MISSIU_ENOMEM;
}

struct pfkey_msg pfkey_reply_to(const struct pfkey_msg *in)
{
	return (struct pfkey_msg){ .type = in->type,
				   .satype = in->satype,
				   .seq = in->seq,
				   .pid = in->pid };
}

int pfkey_load_and_ack(struct pfkey_job *j, struct missiu_change *v, size_t n)
{
	struct pfkey_msg r = pfkey_reply_to(j->in);
	int err = missiu_load(j->m, v, n, j->now, NULL, &j->diag);

	if (err)
		return err;
	j->changed = true;
	return pfkey_emit(j->out, &r);
}

int pfkey_dump_is_empty(struct pfkey_job *j)
{
	struct pfkey_msg r = pfkey_reply_to(j->in);

	r.err = ENOENT;
	return pfkey_emit(j->out, &r);
}

static int register_peer(struct pfkey_job *j)
{
	struct pfkey_msg r = pfkey_reply_to(j->in);

	if (!pfkey_proto(j->in->satype))
		return diag_set(&j->diag, MISSIU_EINVAL,
				"SA type %u: neither ESP nor AH",
				j->in->satype);
	j->peer->registered = true;
	pfkey_set_supported(&r);
	return pfkey_emit(j->out, &r);
}

/* With an error it ends an ACQUIRE of ours (RFC 2367 3.1.6); no reply. */
static int acquire(struct pfkey_job *j)
{
	if (!j->in->err)
		return diag_set(&j->diag, MISSIU_EUNSUP,
				"ACQUIRE goes from the data path to the key "
				"daemon");
	missiu_acquire_failed(j->m, j->in->seq);
	return 0;
}

/* The daemon's own; an engine has no interfaces. */
static int set_net(struct pfkey_job *j)
{
	const struct pfkey_msg r = pfkey_reply_to(j->in);
	int err;

	if (!(j->in->have & PFH_X_ASSIGNED))
		return diag_set(&j->diag, MISSIU_EINVAL,
				"nothing is said to be assigned");
	if (!j->peer->net)
		return diag_set(&j->diag, MISSIU_EUNSUP,
				"this data path has no interface of its own");
	err = j->peer->net(j->peer->net_ctx, &j->in->net, &j->diag);
	return err ? err : pfkey_emit(j->out, &r);
}

static int (*const handlers[PFKEY_TYPE_MAX])(struct pfkey_job *j) = {
	[PFKEY_GETSPI] = pfkey_sad_getspi,
	[PFKEY_UPDATE] = pfkey_sad_update,
	[PFKEY_ADD] = pfkey_sad_add,
	[PFKEY_DELETE] = pfkey_sad_delete,
	[PFKEY_GET] = pfkey_sad_get,
	[PFKEY_ACQUIRE] = acquire,
	[PFKEY_REGISTER] = register_peer,
	[PFKEY_FLUSH] = pfkey_sad_flush,
	[PFKEY_DUMP] = pfkey_sad_dump,
	[PFKEY_X_SPDUPDATE] = pfkey_spd_update,
	[PFKEY_X_SPDADD] = pfkey_spd_add,
	[PFKEY_X_SPDDELETE] = pfkey_spd_delete,
	[PFKEY_X_SPDGET] = pfkey_spd_get,
	[PFKEY_X_SPDDUMP] = pfkey_spd_dump,
	[PFKEY_X_SPDFLUSH] = pfkey_spd_flush,
	[PFKEY_X_SPDDELETE2] = pfkey_spd_delete,
	[PFKEY_X_NET] = set_net,
};

/* A refusal: the base message with the errno, and why in words. */
static void refuse(struct pfkey_job *j, int err)
{
	struct pfkey_msg r = pfkey_reply_to(j->in);

	r.err = pfkey_errno(err);
	r.diag_err = err;
	r.diag = j->diag;
	if (!r.diag.msg[0])
		diag_set(&r.diag, err, "%s", missiu_strerror(err));
	r.have = PFH_X_DIAG;
	(void)pfkey_emit(j->out, &r);
}

bool pfkey_serve(struct missiu *m, struct pfkey_peer *peer, struct rd msg,
		 missiu_usec now, struct ctl_buf *out)
{
	struct pfkey_msg in;
	struct pfkey_job j = {
		.m = m, .peer = peer, .in = &in, .now = now, .out = out
	};
	int err = pfkey_decode(msg, &in);

	if (!err && (in.type >= PFKEY_TYPE_MAX || !handlers[in.type]))
		err = diag_set(&j.diag, MISSIU_EUNSUP, "PF_KEY message type %u",
			       in.type);
	if (!err)
		err = handlers[in.type](&j);
	/* What has no header has nobody to be told. */
	if (err && err != MISSIU_ESHORT)
		refuse(&j, err);
	secret_wipe(&in, sizeof(in));
	return j.changed;
}
