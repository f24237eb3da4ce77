/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Our private extensions: a byte count, two bytes zero, a version byte and
 * content in the control protocol's encoding (codec.h), padding.
 */
#include "ctl/codec.h"
#include "ctl/pfkey_impl.h"
#include "ctl/serve.h"

static bool get_private(struct rd *r, struct rd *sub)
{
	uint16_t n;

	return get_h16(r, &n) && rd_skip(r, 2) && rd_sub(r, n, sub) &&
	       rd_left(r) < 8 && rd_skip(r, rd_left(r)) && ctl_get_version(sub);
}

static size_t begin_private(struct wr *w)
{
	size_t at = w->len;

	wr_zero(w, 4);
	ctl_put_version(w);
	return at;
}

static void end_private(struct wr *w, size_t at)
{
	uint16_t n;

	if (!wr_ok(w))
		return;
	n = (uint16_t)(w->len - at - 4);
	memcpy(w->buf + at, &n, sizeof(n));
}

static bool get_x_sa(struct rd *r, struct pfkey_msg *m)
{
	struct pfkey_x_sa *x = &m->x_sa;
	struct rd s;

	return get_private(r, &s) && rd_u8(&s, &x->dir) &&
	       x->dir >= MISSIU_IN && x->dir <= (MISSIU_IN | MISSIU_OUT) &&
	       rd_u8(&s, &x->flags) && !(x->flags & ~MISSIU_SA_FLAGS) &&
	       rd_be32(&s, &x->window) && x->window <= 4096 &&
	       rd_be32(&s, &x->mate_spi) && rd_be64(&s, &x->owner) &&
	       rd_be64(&s, &x->soft_packets) && rd_be64(&s, &x->hard_packets) &&
	       rd_be32(&s, &x->idle_s) && rd_be32(&s, &x->silent_s) &&
	       rd_be32(&s, &x->heard_s) && rd_done(&s);
}

static void put_x_sa(struct wr *w, const struct pfkey_msg *m)
{
	size_t at = begin_private(w);

	wr_u8(w, m->x_sa.dir);
	wr_u8(w, m->x_sa.flags);
	wr_be32(w, m->x_sa.window);
	wr_be32(w, m->x_sa.mate_spi);
	wr_be64(w, m->x_sa.owner);
	wr_be64(w, m->x_sa.soft_packets);
	wr_be64(w, m->x_sa.hard_packets);
	wr_be32(w, m->x_sa.idle_s);
	wr_be32(w, m->x_sa.silent_s);
	wr_be32(w, m->x_sa.heard_s);
	end_private(w, at);
}

static bool get_x_ts(struct rd *r, struct pfkey_msg *m)
{
	struct rd s;

	return get_private(r, &s) &&
	       ctl_get_ts_list(&s, m->ts_src, &m->n_ts_src) &&
	       ctl_get_ts_list(&s, m->ts_dst, &m->n_ts_dst) && rd_done(&s);
}

static void put_x_ts(struct wr *w, const struct pfkey_msg *m)
{
	size_t at = begin_private(w);

	ctl_put_ts_list(w, m->ts_src, m->n_ts_src);
	ctl_put_ts_list(w, m->ts_dst, m->n_ts_dst);
	end_private(w, at);
}

static bool get_x_policy(struct rd *r, struct pfkey_msg *m)
{
	struct rd s;

	return get_private(r, &s) && ctl_get_policy(&s, &m->x_policy) &&
	       rd_done(&s);
}

static void put_x_policy(struct wr *w, const struct pfkey_msg *m)
{
	size_t at = begin_private(w);

	ctl_put_policy(w, &m->x_policy);
	end_private(w, at);
}

static bool get_x_old_dst(struct rd *r, struct pfkey_msg *m)
{
	struct rd s;

	return get_private(r, &s) && ctl_get_addr(&s, &m->old_dst) &&
	       m->old_dst.family && rd_done(&s);
}

static void put_x_old_dst(struct wr *w, const struct pfkey_msg *m)
{
	size_t at = begin_private(w);

	ctl_put_addr(w, &m->old_dst);
	end_private(w, at);
}

static bool get_x_diag(struct rd *r, struct pfkey_msg *m)
{
	uint32_t err;
	size_t len;
	struct rd s;

	if (!get_private(r, &s) || !rd_be32(&s, &err))
		return false;
	len = rd_left(&s);
	memset(&m->diag, 0, sizeof(m->diag));
	m->diag_err = (int32_t)err;
	return len < sizeof(m->diag.msg) && rd_copy(&s, m->diag.msg, len) &&
	       !memchr(m->diag.msg, 0, len);
}

static void put_x_diag(struct wr *w, const struct pfkey_msg *m)
{
	size_t at = begin_private(w);

	wr_be32(w, (uint32_t)m->diag_err);
	wr_bytes(w, m->diag.msg, strnlen(m->diag.msg, sizeof(m->diag.msg) - 1));
	end_private(w, at);
}

static bool get_x_event(struct rd *r, struct pfkey_msg *m)
{
	struct rd s;

	return get_private(r, &s) && ctl_event_decode(s, &m->event);
}

static void put_x_event(struct wr *w, const struct pfkey_msg *m)
{
	size_t at = begin_private(w);
	uint8_t buf[CTL_EVENT_BYTES];

	wr_bytes(w, buf, ctl_event_encode(&m->event, buf));
	end_private(w, at);
}

static bool get_x_assigned(struct rd *r, struct pfkey_msg *m)
{
	struct rd s;

	return get_private(r, &s) && ctl_get_net(&s, &m->net);
}

static void put_x_assigned(struct wr *w, const struct pfkey_msg *m)
{
	size_t at = begin_private(w);

	ctl_put_net(w, &m->net);
	end_private(w, at);
}

static const struct pfkey_ext exts[] = {
	{ PFKEY_X_SA, PFH_X_SA, get_x_sa, put_x_sa },
	{ PFKEY_X_TS, PFH_X_TS, get_x_ts, put_x_ts },
	{ PFKEY_X_FULL_POLICY, PFH_X_POLICY, get_x_policy, put_x_policy },
	{ PFKEY_X_OLD_DST, PFH_X_OLD_DST, get_x_old_dst, put_x_old_dst },
	{ PFKEY_X_DIAG, PFH_X_DIAG, get_x_diag, put_x_diag },
	{ PFKEY_X_EVENT, PFH_X_EVENT, get_x_event, put_x_event },
	{ PFKEY_X_ASSIGNED, PFH_X_ASSIGNED, get_x_assigned, put_x_assigned },
};

const struct pfkey_exts pfkey_private = { exts,
					  sizeof(exts) / sizeof(exts[0]) };
