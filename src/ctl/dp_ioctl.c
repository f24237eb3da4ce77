/* SPDX-License-Identifier: Apache-2.0 */
#include "common/diag.h"
#include "common/secret.h"
#include "ctl/codec.h"
#include "ctl/dp_link.h"
#include "ctl/serve.h"
#include "ctl/sock.h"

static int xmit(struct dp_link *l, const struct dp_pend *p)
{
	return ctl_send(l->fd, p->type, NULL, 0, p->bytes, p->len);
}

/* Every request has a reply, in order: no numbers are needed. */
static int request(struct dp_link *l, uint32_t type, const struct wr *w,
		   uint64_t owner, uint32_t spi)
{
	const struct dp_pend p = {
		.type = type, .owner = owner, .spi = spi, .answered = true
	};

	return w && !wr_ok(w) ?
		       MISSIU_EINVAL :
		       dp_link_queue(l, &p, w ? w->buf : NULL, w ? w->len : 0);
}

static int ask_spd(struct dp_link *l)
{
	return request(l, CTL_DUMP_SPD, NULL, 0, 0);
}

static int sa_add(struct dp *dp, const struct missiu_sa *sa)
{
	uint8_t buf[1 + CTL_SA_BYTES];
	struct wr w = wr_to(buf, sizeof(buf));
	int err;

	ctl_put_version(&w);
	ctl_put_sa(&w, sa, true);
	err = request(dp_link(dp), CTL_ADD_KEY_EX, &w, sa->owner, sa->spi);
	secret_wipe(buf, w.len);
	return err;
}

static int sa_update(struct dp *dp, const struct missiu_sa *sa,
		     const struct missiu_addr *old_dst)
{
	uint8_t buf[CTL_SA_BYTES];
	struct wr w = wr_to(buf, sizeof(buf));

	ctl_put_version(&w);
	ctl_put_sa_move(&w, sa, old_dst);
	return request(dp_link(dp), CTL_KEY_UPDATE, &w, sa->owner, sa->spi);
}

static int sa_del(struct dp *dp, uint8_t proto, uint32_t spi,
		  const struct missiu_addr *dst)
{
	const struct missiu_sa sa = { .proto = proto, .spi = spi, .dst = *dst };
	uint8_t buf[CTL_SA_BYTES];
	struct wr w = wr_to(buf, sizeof(buf));

	ctl_put_version(&w);
	ctl_put_sa_name(&w, &sa);
	return request(dp_link(dp), CTL_DEL_KEY, &w, 0, spi);
}

static int acquire_failed(struct dp *dp, uint32_t acquire_id)
{
	uint8_t buf[8];
	struct wr w = wr_to(buf, sizeof(buf));

	ctl_put_version(&w);
	wr_be32(&w, acquire_id);
	return request(dp_link(dp), CTL_ACQUIRE_FAILED, &w, 0, 0);
}

static int net_set(struct dp *dp, const struct ctl_net *net)
{
	uint8_t buf[1 + CTL_NET_BYTES];
	struct wr w = wr_to(buf, sizeof(buf));

	ctl_put_version(&w);
	ctl_put_net(&w, net);
	return request(dp_link(dp), CTL_NET, &w, 0, 0);
}

static void take_spd(struct dp_link *l, struct rd r)
{
	struct missiu_policy_stats stats;
	struct missiu_policy p;
	uint32_t n;

	if (!ctl_get_version(&r) || !rd_be32(&r, &n)) {
		l->dead = MISSIU_EPROTO;
		return;
	}
	for (; n && !l->dead; n--)
		if (ctl_get_policy(&r, &p) && ctl_get_policy_stats(&r, &stats))
			dp_link_policy(l, &p);
		else
			l->dead = MISSIU_EPROTO;
	if (!rd_done(&r))
		l->dead = MISSIU_EPROTO;
	if (!l->dead)
		dp_link_dumped(l);
}

static void take_reply(struct dp_link *l, const struct ctl_frame *f)
{
	struct dp_pend *p = l->first;
	const int status = (int)f->type;
	uint32_t type;

	if (!p || !p->sent || status > 0) {
		l->dead = MISSIU_EPROTO;
		return;
	}
	type = p->type;
	if (!status || type == CTL_ACQUIRE_FAILED ||
	    (type == CTL_DEL_KEY && status == MISSIU_ENOENT))
		dp_link_drop(l, p);
	else if (type == CTL_REGISTER_EVENTS || type == CTL_DUMP_SPD)
		l->dead = status;
	else
		dp_link_refused(l, p, status, f->text);
	if (!status && type == CTL_DUMP_SPD)
		take_spd(l, rd_from(f->data, f->data_len));
}

static void take_event(struct dp_link *l, const struct ctl_frame *f)
{
	struct missiu_event ev;

	if (ctl_event_decode(rd_from(f->text, f->text_len), &ev))
		dp_link_event(l, &ev);
	else
		l->dead = MISSIU_EPROTO;
}

static void process(struct dp *dp)
{
	struct dp_link *l = dp_link(dp);
	struct ctl_frame f;

	while (!l->dead) {
		int err = ctl_recv(l->fd, &f);

		if (err == MISSIU_EAGAIN)
			break;
		if (err)
			l->dead = err;
		else if (f.type == CTL_REGISTER_EVENTS)
			take_event(l, &f);
		else
			take_reply(l, &f);
		ctl_frame_fini(&f);
	}
	dp_link_finish(l);
}

static const struct dp_ops ioctl_ops = {
	.name = "ioctl",
	.sa_add = sa_add,
	.sa_update = sa_update,
	.sa_del = sa_del,
	.acquire_failed = acquire_failed,
	.net_set = net_set,
	.fd = dp_link_fd,
	.process = process,
	.mark = dp_link_mark,
	.reached = dp_link_reached,
	.stale = dp_link_stale,
	.free = dp_link_free,
};

int dp_ioctl_open(const char *iface, const struct dp_handlers *on,
		  struct dp **out, struct missiu_diag *diag)
{
	struct dp_link *l;
	int err = dp_link_new(CTL_FIFO_PREFIX, iface, on, &l, diag);

	if (err)
		return err;
	l->dp.ops = &ioctl_ops;
	l->xmit = xmit;
	l->ask_spd = ask_spd;
	err = request(l, CTL_REGISTER_EVENTS, NULL, 0, 0);
	if (err) {
		dp_link_free(&l->dp);
		return diag_set(diag, err, "missiu closed the connection");
	}
	dp_link_refresh(l);
	*out = &l->dp;
	return 0;
}
