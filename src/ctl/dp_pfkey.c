/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "common/diag.h"
#include "common/secret.h"
#include "ctl/dp_link.h"
#include "ctl/pfkey.h"
#include "ctl/serve.h"
#include "ctl/sock.h"

static int xmit(struct dp_link *l, const struct dp_pend *p)
{
	if (send(l->fd, p->bytes, p->len, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0)
		return 0;
	return errno == EAGAIN || errno == EINTR || errno == ENOBUFS ?
		       MISSIU_EAGAIN :
		       MISSIU_EIO;
}

/* Queue a message; an ACQUIRE is the one that has no reply. */
static int request(struct dp_link *l, struct pfkey_msg *m, uint64_t owner)
{
	uint8_t buf[PFKEY_MSG_MAX];
	struct wr w = wr_to(buf, sizeof(buf));
	struct dp_pend p = { .type = m->type,
			     .owner = owner,
			     .spi = m->sa.spi,
			     .answered = m->type != PFKEY_ACQUIRE };
	int err = MISSIU_EINVAL;

	m->pid = l->pid;
	if (p.answered)
		m->seq = ++l->seq;
	p.seq = m->seq;
	pfkey_encode(m, &w);
	if (wr_ok(&w))
		err = dp_link_queue(l, &p, buf, w.len);
	secret_wipe(buf, w.len);
	return err;
}

static int ask_spd(struct dp_link *l)
{
	struct pfkey_msg m = { .type = PFKEY_X_SPDDUMP };

	return request(l, &m, 0);
}

static int sa_add(struct dp *dp, const struct missiu_sa *sa)
{
	struct pfkey_msg m = { .type = PFKEY_ADD };
	int err;

	pfkey_set_sa(&m, sa, true);
	err = request(dp_link(dp), &m, sa->owner);
	secret_wipe(&m, sizeof(m));
	return err;
}

static int sa_update(struct dp *dp, const struct missiu_sa *sa,
		     const struct missiu_addr *old_dst)
{
	struct pfkey_msg m = { .type = PFKEY_UPDATE };
	/* Only what names and moves it: an UPDATE has no algorithms. */
	struct missiu_sa move = { .spi = sa->spi,
				  .dir = MISSIU_IN | MISSIU_OUT,
				  .proto = sa->proto,
				  .flags = (uint8_t)(MISSIU_SA_MANUAL |
						     (sa->flags &
						      MISSIU_SA_TCP)),
				  .src = sa->src,
				  .dst = sa->dst,
				  .encap_sport = sa->encap_sport,
				  .encap_dport = sa->encap_dport };

	pfkey_set_sa(&m, &move, false);
	m.old_dst = *old_dst;
	m.have |= PFH_X_OLD_DST;
	return request(dp_link(dp), &m, sa->owner);
}

static int sa_del(struct dp *dp, uint8_t proto, uint32_t spi,
		  const struct missiu_addr *dst)
{
	struct pfkey_msg m = { .type = PFKEY_DELETE };

	pfkey_set_sa_name(&m, proto, spi, dst);
	return request(dp_link(dp), &m, 0);
}

/* RFC 2367 3.1.6: an ACQUIRE with an errno ends the one of the same seq. */
static int acquire_failed(struct dp *dp, uint32_t acquire_id)
{
	struct pfkey_msg m = { .type = PFKEY_ACQUIRE,
			       .satype = PFKEY_SA_ESP,
			       .err = ETIMEDOUT,
			       .seq = acquire_id };

	return request(dp_link(dp), &m, 0);
}

static int net_set(struct dp *dp, const struct ctl_net *net)
{
	struct pfkey_msg m = { .type = PFKEY_X_NET,
			       .have = PFH_X_ASSIGNED,
			       .net = *net };

	return request(dp_link(dp), &m, 0);
}

static void take_dump(struct dp_link *l, const struct pfkey_msg *m)
{
	struct missiu_policy p;

	if (!l->dumping)
		return;
	if (m->err == ENOENT)
		dp_link_dumped(l);
	else if (m->err || pfkey_get_policy(m, &p, NULL))
		l->dead = MISSIU_EPROTO;
	else
		dp_link_policy(l, &p);
	if (!m->err && !l->dead && !m->seq)
		dp_link_dumped(l);
}

static void take_reply(struct dp_link *l, const struct pfkey_msg *m)
{
	struct dp_pend *p = l->first;
	int err;

	while (p && (!p->sent || p->seq != m->seq || p->type != m->type))
		p = p->next;
	if (!p || m->pid != l->pid)
		return;
	err = m->have & PFH_X_DIAG ? m->diag_err : pfkey_from_errno(m->err);
	if (!m->err || (m->type == PFKEY_DELETE && err == MISSIU_ENOENT))
		dp_link_drop(l, p);
	else if (m->type == PFKEY_REGISTER)
		l->dead = err;
	else
		dp_link_refused(l, p, err, m->diag.msg);
}

/* Forget the request for the SPD; its replies have other numbers. */
static void drop_dump(struct dp_link *l)
{
	struct dp_pend *p = l->first;

	while (p && p->type != PFKEY_X_SPDDUMP)
		p = p->next;
	if (p)
		dp_link_drop(l, p);
}

static void take(struct dp_link *l, const struct pfkey_msg *m)
{
	if (m->have & PFH_X_EVENT) {
		dp_link_event(l, &m->event);
	} else if (m->type == PFKEY_X_SPDDUMP) {
		if (m->err || !m->seq)
			drop_dump(l);
		take_dump(l, m);
	} else {
		take_reply(l, m);
	}
}

static void process(struct dp *dp)
{
	struct dp_link *l = dp_link(dp);
	uint8_t buf[PFKEY_MSG_MAX];
	struct pfkey_msg m;

	while (!l->dead) {
		ssize_t n =
			recv(l->fd, buf, sizeof(buf), MSG_DONTWAIT | MSG_TRUNC);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			break;
		if (n <= 0)
			l->dead = MISSIU_ECONN;
		else if ((size_t)n > sizeof(buf) ||
			 pfkey_decode(rd_from(buf, (size_t)n), &m))
			l->dead = MISSIU_EPROTO;
		else
			take(l, &m);
	}
	dp_link_finish(l);
}

static const struct dp_ops pfkey_ops = {
	.name = "pf_key",
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

int dp_pfkey_open(const char *iface, const struct dp_handlers *on,
		  struct dp **out, struct missiu_diag *diag)
{
	struct pfkey_msg reg = { .type = PFKEY_REGISTER,
				 .satype = PFKEY_SA_ESP };
	struct dp_link *l;
	int err = dp_link_new(CTL_PFKEY_PREFIX, iface, on, &l, diag);

	if (err)
		return err;
	l->dp.ops = &pfkey_ops;
	l->xmit = xmit;
	l->ask_spd = ask_spd;
	err = request(l, &reg, 0);
	if (err) {
		dp_link_free(&l->dp);
		return diag_set(diag, err, "missiu closed the connection");
	}
	dp_link_refresh(l);
	*out = &l->dp;
	return 0;
}
