/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>

#include "common/addr.h"
#include "common/diag.h"
#include "common/secret.h"
#include "ctl/buf.h"
#include "ctl/pfkey.h"

#define SPI_MIN	  256 /* smaller ones are reserved (RFC 4303 2.1) */
#define SPI_TRIES 64
#define USEC	  1000000u

/* What a handler works with. */
struct job {
	struct missiu *m;
	struct pfkey_peer *peer;
	const struct pfkey_msg *in;
	missiu_usec now;
	struct ctl_buf *out;
	struct missiu_diag diag;
	bool changed;
};

static int emit(struct ctl_buf *out, const struct pfkey_msg *msg)
{
	struct wr w = ctl_buf_room(out, PFKEY_MSG_MAX);

	pfkey_encode(msg, &w);
	return ctl_buf_commit(out, &w) ? 0 : MISSIU_ENOMEM;
}

/* A reply names its request by type, seq and pid (RFC 2367 2.1). */
static struct pfkey_msg reply_to(const struct pfkey_msg *in)
{
	return (struct pfkey_msg){ .type = in->type,
				   .satype = in->satype,
				   .seq = in->seq,
				   .pid = in->pid };
}

static void set_current(struct pfkey_msg *r, const struct missiu_sa_stats *s)
{
	r->cur.allocs =
		s->packets < UINT32_MAX ? (uint32_t)s->packets : UINT32_MAX;
	r->cur.bytes = s->bytes;
	r->cur.add_s = s->added_us / USEC;
	r->cur.use_s = s->used_us / USEC;
	r->have |= PFH_LIFE_CUR;
}

static int add(struct job *j)
{
	struct pfkey_msg r = reply_to(j->in);
	struct missiu_sa sa;
	int err = pfkey_get_sa(j->in, &sa, &j->diag);

	if (!err && !sa.encr)
		err = diag_set(&j->diag, MISSIU_EINVAL,
			       "an SA needs its algorithms");
	if (!err)
		err = missiu_sa_add(j->m, &sa, j->now, &j->diag);
	if (!err) {
		j->changed = true;
		pfkey_set_sa(&r, &sa, false);
		err = emit(j->out, &r);
	}
	secret_wipe(&sa, sizeof(sa));
	return err;
}

/*
 * There are no larval SAs: the UPDATE with keys that follows a GETSPI adds.
 * Without keys it moves an SA to other addresses or ports.
 */
static int update(struct job *j)
{
	struct pfkey_msg r = reply_to(j->in);
	const struct missiu_addr *old_dst;
	struct missiu_sa sa;
	int err;

	if (j->in->have & (PFH_KEY_AUTH | PFH_KEY_ENCR))
		return add(j);
	err = pfkey_get_sa(j->in, &sa, &j->diag);
	if (err)
		return err;
	old_dst = j->in->have & PFH_X_OLD_DST ? &j->in->old_dst : &sa.dst;
	err = missiu_sa_update(j->m, &sa, old_dst);
	if (err)
		return err;
	j->changed = true;
	pfkey_set_sa(&r, &sa, false);
	return emit(j->out, &r);
}

static int delete (struct job *j)
{
	struct pfkey_msg r = reply_to(j->in);
	struct missiu_sa sa;
	int err = pfkey_get_sa_name(j->in, &sa, &j->diag);

	if (!err)
		err = missiu_sa_del(j->m, sa.proto, sa.spi, &sa.dst);
	if (err)
		return err;
	j->changed = true;
	pfkey_set_sa_name(&r, sa.proto, sa.spi, &sa.dst);
	return emit(j->out, &r);
}

static int emit_sa(struct job *j, const struct missiu_sa *sa,
		   const struct missiu_sa_stats *stats, uint32_t seq)
{
	struct pfkey_msg r = reply_to(j->in);
	int err;

	r.seq = seq;
	pfkey_set_sa(&r, sa, true);
	set_current(&r, stats);
	err = emit(j->out, &r);
	secret_wipe(&r, sizeof(r));
	return err;
}

static int get(struct job *j)
{
	struct missiu_sa_stats stats;
	struct missiu_sa want, sa;
	uint64_t cursor = 0;
	int err = pfkey_get_sa_name(j->in, &want, &j->diag);

	if (err)
		return err;
	err = MISSIU_ENOENT;
	while (err == MISSIU_ENOENT &&
	       missiu_sa_next(j->m, &cursor, &sa, &stats))
		if (sa.proto == want.proto && sa.spi == want.spi &&
		    addr_eq(&sa.dst, &want.dst))
			err = emit_sa(j, &sa, &stats, j->in->seq);
	secret_wipe(&sa, sizeof(sa));
	return err;
}

static bool spi_in_use(const struct missiu *m, uint32_t spi)
{
	struct missiu_sa sa;
	uint64_t cursor = 0;
	bool used = false;

	while (!used && missiu_sa_next(m, &cursor, &sa, NULL))
		used = sa.spi == spi;
	secret_wipe(&sa, sizeof(sa));
	return used;
}

/* SplitMix64: SPIs need to differ, not to be secret. */
static uint64_t next_random(struct pfkey_peer *peer, missiu_usec now)
{
	uint64_t z;

	if (!peer->seed)
		peer->seed = now ^ (uint64_t)peer->pid << 32;
	peer->seed += 0x9e3779b97f4a7c15u;
	z = peer->seed;
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

static int getspi(struct job *j)
{
	struct pfkey_msg r = reply_to(j->in);
	uint32_t lo = SPI_MIN, hi = UINT32_MAX, spi;
	uint64_t span, at;
	unsigned tries;

	if (!pfkey_proto(j->in->satype) || !(j->in->have & PFH_DST))
		return diag_set(&j->diag, MISSIU_EINVAL,
				"GETSPI needs ESP or AH and a destination");
	if (j->in->have & PFH_SPIRANGE) {
		lo = j->in->spi_lo > lo ? j->in->spi_lo : lo;
		hi = j->in->spi_hi;
	}
	if (lo > hi)
		return diag_set(&j->diag, MISSIU_EINVAL,
				"SPIs below %u are reserved", SPI_MIN);
	span = (uint64_t)hi - lo + 1;
	at = next_random(j->peer, j->now) % span;
	for (tries = 0; tries < SPI_TRIES && tries < span; tries++) {
		spi = (uint32_t)(lo + (at + tries) % span);
		if (spi_in_use(j->m, spi))
			continue;
		pfkey_set_sa_name(&r, pfkey_proto(j->in->satype), spi,
				  &j->in->dst.addr);
		return emit(j->out, &r);
	}
	return diag_set(&j->diag, MISSIU_EEXIST,
			"no SPI of this range is free");
}

static int register_peer(struct job *j)
{
	struct pfkey_msg r = reply_to(j->in);

	if (!pfkey_proto(j->in->satype))
		return diag_set(&j->diag, MISSIU_EINVAL,
				"SA type %u: neither ESP nor AH",
				j->in->satype);
	j->peer->registered = true;
	pfkey_set_supported(&r);
	return emit(j->out, &r);
}

/* With an error it ends an ACQUIRE of ours (RFC 2367 3.1.6); no reply. */
static int acquire(struct job *j)
{
	if (!j->in->err)
		return diag_set(&j->diag, MISSIU_EUNSUP,
				"ACQUIRE goes from the data path to the key "
				"daemon");
	missiu_acquire_failed(j->m, j->in->seq);
	return 0;
}

/* Run changes; on success reply with the base message only. */
static int load_and_ack(struct job *j, struct missiu_change *v, size_t n)
{
	struct pfkey_msg r = reply_to(j->in);
	int err = missiu_load(j->m, v, n, j->now, NULL, &j->diag);

	if (err)
		return err;
	j->changed = true;
	return emit(j->out, &r);
}

/* SAs of one protocol, or of all (0); their number is bounded by the SAD. */
static size_t count_sas(const struct missiu *m, uint8_t proto)
{
	struct missiu_sa sa;
	uint64_t cursor = 0;
	size_t n = 0;

	while (missiu_sa_next(m, &cursor, &sa, NULL))
		n += !proto || sa.proto == proto;
	secret_wipe(&sa, sizeof(sa));
	return n;
}

static int flush_proto(struct job *j, uint8_t proto)
{
	const size_t n = count_sas(j->m, proto);
	struct missiu_change *v = calloc(n ? n : 1, sizeof(*v));
	struct missiu_sa sa;
	uint64_t cursor = 0;
	size_t i = 0;
	int err;

	if (!v)
		return MISSIU_ENOMEM;
	while (i < n && missiu_sa_next(j->m, &cursor, &sa, NULL)) {
		if (sa.proto != proto)
			continue;
		v[i].kind = MISSIU_CHG_DEL_SA;
		v[i].sa.proto = sa.proto;
		v[i].sa.spi = sa.spi;
		v[i++].sa.dst = sa.dst;
	}
	secret_wipe(&sa, sizeof(sa));
	err = load_and_ack(j, v, i);
	free(v);
	return err;
}

static int flush(struct job *j)
{
	struct missiu_change c = { .kind = MISSIU_CHG_FLUSH_SA };
	uint8_t proto = pfkey_proto(j->in->satype);

	if (proto)
		return flush_proto(j, proto);
	if (j->in->satype)
		return MISSIU_EUNSUP;
	return load_and_ack(j, &c, 1);
}

/* The end of a dump is seq 0; that of an empty one is ENOENT. */
static int dump_is_empty(struct job *j)
{
	struct pfkey_msg r = reply_to(j->in);

	r.err = ENOENT;
	return emit(j->out, &r);
}

static int dump(struct job *j)
{
	const uint8_t proto = pfkey_proto(j->in->satype);
	size_t left = count_sas(j->m, proto);
	struct missiu_sa_stats stats;
	struct missiu_sa sa;
	uint64_t cursor = 0;
	int err = 0;

	if (!left || (j->in->satype && !proto))
		return dump_is_empty(j);
	while (!err && left && missiu_sa_next(j->m, &cursor, &sa, &stats))
		if (!proto || sa.proto == proto)
			err = emit_sa(j, &sa, &stats, (uint32_t)--left);
	secret_wipe(&sa, sizeof(sa));
	return err;
}

static int emit_policy(struct job *j, const struct missiu_policy *p,
		       uint32_t seq)
{
	struct pfkey_msg r = reply_to(j->in);

	r.seq = seq;
	pfkey_set_policy(&r, p);
	return emit(j->out, &r);
}

static int spd_add(struct job *j)
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

/* By its id when the message has one, else by directions and selectors. */
static bool find_policy(const struct missiu *m, const struct missiu_policy *p,
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
static int replace_policy(struct job *j, uint32_t id, struct missiu_policy *p)
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

static int spd_update(struct job *j)
{
	struct missiu_policy p, old;
	int err = pfkey_get_policy(j->in, &p, &j->diag);

	if (err)
		return err;
	if (!find_policy(j->m, &p, &old))
		return spd_add(j);
	err = replace_policy(j, old.id, &p);
	if (err)
		return err;
	j->changed = true;
	return emit_policy(j, &p, j->in->seq);
}

/* What a SPDDELETE, SPDDELETE2 or SPDGET names. */
static int named_policy(struct job *j, struct missiu_policy *found)
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
	return find_policy(j->m, &want, found) ? 0 : MISSIU_ENOENT;
}

static int spd_delete(struct job *j)
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

static int spd_get(struct job *j)
{
	struct missiu_policy p;
	int err = named_policy(j, &p);

	return err ? err : emit_policy(j, &p, j->in->seq);
}

static int spd_dump(struct job *j)
{
	struct missiu_policy p;
	struct missiu_stats s;
	uint64_t cursor = 0;
	uint32_t left;
	int err = 0;

	missiu_stats_get(j->m, &s);
	left = s.n_policy;
	if (!left)
		return dump_is_empty(j);
	while (!err && left && missiu_policy_next(j->m, &cursor, &p, NULL))
		err = emit_policy(j, &p, --left);
	return err;
}

static int spd_flush(struct job *j)
{
	struct missiu_change c = { .kind = MISSIU_CHG_FLUSH_POLICY };

	return load_and_ack(j, &c, 1);
}

/* The daemon's own; an engine has no interfaces. */
static int set_net(struct job *j)
{
	const struct pfkey_msg r = reply_to(j->in);
	int err;

	if (!(j->in->have & PFH_X_ASSIGNED))
		return diag_set(&j->diag, MISSIU_EINVAL,
				"nothing is said to be assigned");
	if (!j->peer->net)
		return diag_set(&j->diag, MISSIU_EUNSUP,
				"this data path has no interface of its own");
	err = j->peer->net(j->peer->net_ctx, &j->in->net, &j->diag);
	return err ? err : emit(j->out, &r);
}

static int (*const handlers[PFKEY_TYPE_MAX])(struct job *j) = {
	[PFKEY_GETSPI] = getspi,
	[PFKEY_UPDATE] = update,
	[PFKEY_ADD] = add,
	[PFKEY_DELETE] = delete,
	[PFKEY_GET] = get,
	[PFKEY_ACQUIRE] = acquire,
	[PFKEY_REGISTER] = register_peer,
	[PFKEY_FLUSH] = flush,
	[PFKEY_DUMP] = dump,
	[PFKEY_X_SPDUPDATE] = spd_update,
	[PFKEY_X_SPDADD] = spd_add,
	[PFKEY_X_SPDDELETE] = spd_delete,
	[PFKEY_X_SPDGET] = spd_get,
	[PFKEY_X_SPDDUMP] = spd_dump,
	[PFKEY_X_SPDFLUSH] = spd_flush,
	[PFKEY_X_SPDDELETE2] = spd_delete,
	[PFKEY_X_NET] = set_net,
};

/* A refusal: the base message with the errno, and why in words. */
static void refuse(struct job *j, int err)
{
	struct pfkey_msg r = reply_to(j->in);

	r.err = pfkey_errno(err);
	r.diag_err = err;
	r.diag = j->diag;
	if (!r.diag.msg[0])
		diag_set(&r.diag, err, "%s", missiu_strerror(err));
	r.have = PFH_X_DIAG;
	(void)emit(j->out, &r);
}

bool pfkey_serve(struct missiu *m, struct pfkey_peer *peer, struct rd msg,
		 missiu_usec now, struct ctl_buf *out)
{
	struct pfkey_msg in;
	struct job j = {
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

static void set_acquire(const struct missiu *m, const struct missiu_event *ev,
			struct pfkey_msg *r)
{
	const struct missiu_policy want = { .id = ev->policy_id };
	struct missiu_policy p;

	r->type = PFKEY_ACQUIRE;
	r->seq = ev->acquire_id;
	r->satype = PFKEY_SA_ESP;
	if (find_policy(m, &want, &p)) {
		pfkey_set_policy(r, &p);
		pfkey_set_proposal(r, &p);
		r->satype = pfkey_satype(p.prot[0].proto);
		r->have &= ~(uint32_t)(PFH_X_POLICY | PFH_LIFE_HARD);
	}
	/* The packet's own addresses: the standard's place for them. */
	pfkey_set_packet(r, &ev->pkt_src, &ev->pkt_dst);
}

static void set_expire(const struct missiu_event *ev, struct pfkey_msg *r)
{
	r->type = PFKEY_EXPIRE;
	pfkey_set_sa_name(r, ev->proto, ev->spi, &ev->dst);
	r->have |= PFH_LIFE_CUR;
	r->have |= ev->kind == MISSIU_EV_HARD ? PFH_LIFE_HARD : PFH_LIFE_SOFT;
}

void pfkey_event(struct missiu *m, const struct missiu_event *ev,
		 struct ctl_buf *out)
{
	struct pfkey_msg r = { .event = *ev, .have = PFH_X_EVENT };

	switch (ev->kind) {
	case MISSIU_EV_ACQUIRE:
		set_acquire(m, ev, &r);
		break;
	case MISSIU_EV_SOFT:
	case MISSIU_EV_HARD:
	case MISSIU_EV_IDLE:
	case MISSIU_EV_SILENT:
	case MISSIU_EV_HEARD:
		set_expire(ev, &r);
		break;
	case MISSIU_EV_SA_DELETED:
		r.type = PFKEY_DELETE;
		pfkey_set_sa_name(&r, ev->proto, ev->spi, &ev->dst);
		break;
	case MISSIU_EV_SPD_CHANGED:
		r.type = PFKEY_X_PCHANGE;
		break;
	case MISSIU_EV_NAT_CHANGE:
		r.type = PFKEY_X_NEW_MAPPING;
		pfkey_set_sa_name(&r, ev->proto, ev->spi, &ev->dst);
		r.dst.addr = ev->addr;
		r.dst.plen = (uint8_t)(addr_len(&ev->addr) * 8);
		r.nat_dport = ev->port;
		r.have |= PFH_NAT_DPORT;
		break;
	}
	(void)emit(out, &r);
}
