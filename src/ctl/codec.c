/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/codec.h"

#include "common/addr.h"
#include "ctl/serve.h"

#define WINDOW_MAX 4096

void ctl_put_version(struct wr *w)
{
	wr_u8(w, CTL_VERSION);
}

bool ctl_get_version(struct rd *r)
{
	uint8_t v;

	return rd_u8(r, &v) && v == CTL_VERSION;
}

void ctl_put_addr(struct wr *w, const struct missiu_addr *a)
{
	wr_u8(w, a->family);
	wr_bytes(w, a->b, addr_len(a));
}

bool ctl_get_addr(struct rd *r, struct missiu_addr *out)
{
	*out = (struct missiu_addr){ 0 };
	return rd_u8(r, &out->family) &&
	       (out->family == 0 || out->family == 4 || out->family == 6) &&
	       rd_copy(r, out->b, addr_len(out));
}

void ctl_put_ts(struct wr *w, const struct missiu_ts *ts)
{
	ctl_put_addr(w, &ts->lo);
	ctl_put_addr(w, &ts->hi);
	wr_be16(w, ts->port_lo);
	wr_be16(w, ts->port_hi);
	wr_u8(w, ts->proto);
}

bool ctl_get_ts(struct rd *r, struct missiu_ts *out)
{
	*out = (struct missiu_ts){ 0 };
	return ctl_get_addr(r, &out->lo) && ctl_get_addr(r, &out->hi) &&
	       out->lo.family == out->hi.family &&
	       addr_cmp(&out->lo, &out->hi) <= 0 && rd_be16(r, &out->port_lo) &&
	       rd_be16(r, &out->port_hi) && out->port_lo <= out->port_hi &&
	       rd_u8(r, &out->proto);
}

void ctl_put_ts_list(struct wr *w, const struct missiu_ts *v, uint8_t n)
{
	uint8_t i;

	wr_u8(w, n);
	for (i = 0; i < n; i++)
		ctl_put_ts(w, &v[i]);
}

bool ctl_get_ts_list(struct rd *r, struct missiu_ts *v, uint8_t *n)
{
	uint8_t i;

	if (!rd_u8(r, n) || *n > MISSIU_TS_MAX)
		return false;
	for (i = 0; i < *n; i++)
		if (!ctl_get_ts(r, &v[i]))
			return false;
	return true;
}

static bool proto_ok(uint8_t proto)
{
	return proto == MISSIU_ESP || proto == MISSIU_AH;
}

static bool icv_ok(uint8_t len)
{
	return len == 0 || len == 8 || len == 12 || len == 16;
}

static void put_prot(struct wr *w, const struct missiu_prot *p)
{
	wr_u8(w, p->proto);
	wr_u8(w, p->encr);
	wr_u8(w, p->auth);
	wr_u8(w, p->key_len);
	wr_u8(w, p->icv_len);
}

static bool get_prot(struct rd *r, struct missiu_prot *p)
{
	return rd_u8(r, &p->proto) && proto_ok(p->proto) &&
	       rd_u8(r, &p->encr) && p->encr < MISSIU_ENCR_MAX &&
	       rd_u8(r, &p->auth) && p->auth < MISSIU_AUTH_MAX &&
	       rd_u8(r, &p->key_len) && p->key_len <= MISSIU_KEY_MAX &&
	       rd_u8(r, &p->icv_len) && icv_ok(p->icv_len);
}

static void put_pfs(struct wr *w, const struct missiu_pfs *pfs)
{
	wr_u8(w, pfs->n);
	for (uint8_t i = 0; i < pfs->n; i++)
		wr_be16(w, pfs->group[i]);
}

static bool get_pfs(struct rd *r, struct missiu_pfs *pfs)
{
	if (!rd_u8(r, &pfs->n) || pfs->n > MISSIU_PFS_MAX)
		return false;
	for (uint8_t i = 0; i < pfs->n; i++)
		if (!rd_be16(r, &pfs->group[i]))
			return false;
	return true;
}

void ctl_put_policy(struct wr *w, const struct missiu_policy *p)
{
	uint8_t i;

	wr_be32(w, p->id);
	wr_u8(w, p->dirs);
	wr_u8(w, p->action);
	wr_u8(w, p->mode);
	wr_u8(w, p->flags);
	wr_u8(w, p->n_prot);
	for (i = 0; i < p->n_prot; i++)
		put_prot(w, &p->prot[i]);
	ctl_put_ts(w, &p->local);
	ctl_put_ts(w, &p->remote);
	ctl_put_addr(w, &p->tun_local);
	ctl_put_addr(w, &p->tun_remote);
	wr_be64(w, p->life_s);
	wr_be64(w, p->life_bytes);
	wr_be64(w, p->life_packets);
	wr_be16(w, p->tfc);
	put_pfs(w, &p->pfs);
	wr_be32(w, p->line);
	wr_u8(w, (uint8_t)strlen(p->peer));
	wr_bytes(w, p->peer, strlen(p->peer));
}

/* At most as many bytes as there is room for, all fit to be printed. */
static bool get_peer_name(struct rd *r, char *out)
{
	struct rd name;
	uint8_t len;

	if (!rd_u8(r, &len) || len > MISSIU_PEER_NAME_MAX ||
	    !rd_sub(r, len, &name))
		return false;
	for (; len; len--, out++)
		if (!rd_u8(&name, (uint8_t *)out) || *out <= ' ' ||
		    *out >= 0x7f)
			return false;
	*out = '\0';
	return true;
}

static bool dirs_ok(uint8_t dirs)
{
	return dirs >= MISSIU_IN && dirs <= (MISSIU_IN | MISSIU_OUT);
}

/* Exactly a protected policy has layers and a mode. */
static bool get_policy_prot(struct rd *r, struct missiu_policy *p)
{
	bool protect = p->action == MISSIU_PROTECT;
	uint8_t i;

	if (!rd_u8(r, &p->n_prot) || p->n_prot > MISSIU_PROT_MAX ||
	    protect != (p->n_prot > 0) || (protect && !p->mode))
		return false;
	for (i = 0; i < p->n_prot; i++)
		if (!get_prot(r, &p->prot[i]))
			return false;
	return true;
}

bool ctl_get_policy(struct rd *r, struct missiu_policy *out)
{
	*out = (struct missiu_policy){ 0 };
	return rd_be32(r, &out->id) && rd_u8(r, &out->dirs) &&
	       dirs_ok(out->dirs) && rd_u8(r, &out->action) &&
	       out->action >= MISSIU_PROTECT && out->action <= MISSIU_DISCARD &&
	       rd_u8(r, &out->mode) && out->mode <= MISSIU_TUNNEL &&
	       rd_u8(r, &out->flags) && !(out->flags & ~MISSIU_POL_FLAGS) &&
	       get_policy_prot(r, out) && ctl_get_ts(r, &out->local) &&
	       ctl_get_ts(r, &out->remote) &&
	       ctl_get_addr(r, &out->tun_local) &&
	       ctl_get_addr(r, &out->tun_remote) && rd_be64(r, &out->life_s) &&
	       rd_be64(r, &out->life_bytes) && rd_be64(r, &out->life_packets) &&
	       rd_be16(r, &out->tfc) && get_pfs(r, &out->pfs) &&
	       rd_be32(r, &out->line) && get_peer_name(r, out->peer);
}

void ctl_put_sa_name(struct wr *w, const struct missiu_sa *sa)
{
	wr_u8(w, sa->proto);
	wr_be32(w, sa->spi);
	ctl_put_addr(w, &sa->dst);
}

bool ctl_get_sa_name(struct rd *r, struct missiu_sa *out)
{
	*out = (struct missiu_sa){ 0 };
	return rd_u8(r, &out->proto) && proto_ok(out->proto) &&
	       rd_be32(r, &out->spi) && ctl_get_addr(r, &out->dst) &&
	       out->dst.family;
}

static void put_ends(struct wr *w, const struct missiu_sa *sa)
{
	ctl_put_addr(w, &sa->src);
	wr_be16(w, sa->encap_sport);
	wr_be16(w, sa->encap_dport);
}

/* The rest of an SA's outer addresses; dst is there already. */
static bool get_ends(struct rd *r, struct missiu_sa *sa)
{
	return ctl_get_addr(r, &sa->src) &&
	       (!sa->src.family || sa->src.family == sa->dst.family) &&
	       rd_be16(r, &sa->encap_sport) && rd_be16(r, &sa->encap_dport);
}

/* A key that is not to be shown keeps its length: it says which cipher. */
static void put_key(struct wr *w, const uint8_t *key, uint8_t len, bool show)
{
	wr_u8(w, len);
	if (show)
		wr_bytes(w, key, len);
	else
		wr_zero(w, len);
}

void ctl_put_sa(struct wr *w, const struct missiu_sa *sa, bool keys)
{
	ctl_put_sa_name(w, sa);
	put_ends(w, sa);
	wr_u8(w, sa->dir);
	wr_u8(w, sa->mode);
	wr_u8(w, sa->flags);
	wr_u8(w, sa->encr);
	wr_u8(w, sa->auth);
	wr_u8(w, sa->icv_len);
	put_key(w, sa->encr_key, sa->encr_key_len, keys);
	put_key(w, sa->auth_key, sa->auth_key_len, keys);
	ctl_put_ts_list(w, sa->ts_src, sa->n_ts_src);
	ctl_put_ts_list(w, sa->ts_dst, sa->n_ts_dst);
	wr_be32(w, sa->replay_window);
	wr_be32(w, sa->policy_id);
	wr_be32(w, sa->mate_spi);
	wr_be64(w, sa->owner);
	wr_be64(w, sa->soft_s);
	wr_be64(w, sa->hard_s);
	wr_be64(w, sa->soft_bytes);
	wr_be64(w, sa->hard_bytes);
	wr_be64(w, sa->soft_packets);
	wr_be64(w, sa->hard_packets);
	wr_be32(w, sa->idle_s);
	wr_be32(w, sa->silent_s);
	wr_be32(w, sa->heard_s);
}

static bool get_key(struct rd *r, uint8_t *key, uint8_t *len)
{
	return rd_u8(r, len) && *len <= MISSIU_KEY_MAX && rd_copy(r, key, *len);
}

static bool get_sa_kind(struct rd *r, struct missiu_sa *sa)
{
	return rd_u8(r, &sa->dir) && dirs_ok(sa->dir) && rd_u8(r, &sa->mode) &&
	       sa->mode <= MISSIU_TUNNEL && rd_u8(r, &sa->flags) &&
	       !(sa->flags & ~MISSIU_SA_FLAGS) &&
	       (sa->mode || (sa->flags & MISSIU_SA_MANUAL));
}

static bool get_sa_suite(struct rd *r, struct missiu_sa *sa)
{
	return rd_u8(r, &sa->encr) && sa->encr > MISSIU_ENCR_ANY &&
	       sa->encr < MISSIU_ENCR_MAX && rd_u8(r, &sa->auth) &&
	       sa->auth > MISSIU_AUTH_ANY && sa->auth < MISSIU_AUTH_MAX &&
	       rd_u8(r, &sa->icv_len) && icv_ok(sa->icv_len) &&
	       get_key(r, sa->encr_key, &sa->encr_key_len) &&
	       get_key(r, sa->auth_key, &sa->auth_key_len);
}

bool ctl_get_sa(struct rd *r, struct missiu_sa *out)
{
	return ctl_get_sa_name(r, out) && get_ends(r, out) &&
	       get_sa_kind(r, out) && get_sa_suite(r, out) &&
	       ctl_get_ts_list(r, out->ts_src, &out->n_ts_src) &&
	       ctl_get_ts_list(r, out->ts_dst, &out->n_ts_dst) &&
	       rd_be32(r, &out->replay_window) &&
	       out->replay_window <= WINDOW_MAX &&
	       rd_be32(r, &out->policy_id) && rd_be32(r, &out->mate_spi) &&
	       rd_be64(r, &out->owner) && rd_be64(r, &out->soft_s) &&
	       rd_be64(r, &out->hard_s) && rd_be64(r, &out->soft_bytes) &&
	       rd_be64(r, &out->hard_bytes) && rd_be64(r, &out->soft_packets) &&
	       rd_be64(r, &out->hard_packets) && rd_be32(r, &out->idle_s) &&
	       rd_be32(r, &out->silent_s) && rd_be32(r, &out->heard_s);
}

void ctl_put_sa_move(struct wr *w, const struct missiu_sa *sa,
		     const struct missiu_addr *old_dst)
{
	ctl_put_sa_name(w, sa);
	put_ends(w, sa);
	wr_u8(w, sa->flags & MISSIU_SA_TCP);
	ctl_put_addr(w, old_dst);
}

bool ctl_get_sa_move(struct rd *r, struct missiu_sa *out,
		     struct missiu_addr *old_dst)
{
	return ctl_get_sa_name(r, out) && get_ends(r, out) &&
	       rd_u8(r, &out->flags) && !(out->flags & ~MISSIU_SA_TCP) &&
	       ctl_get_addr(r, old_dst) && old_dst->family;
}

void ctl_put_sa_stats(struct wr *w, const struct missiu_sa_stats *s)
{
	wr_be64(w, s->packets);
	wr_be64(w, s->bytes);
	wr_be64(w, s->replays);
	wr_be64(w, s->auth_fails);
	wr_be64(w, s->seq);
	wr_be64(w, s->added_us);
	wr_be64(w, s->used_us);
	wr_be64(w, s->dropped);
	wr_u8(w, s->last_drop);
}

bool ctl_get_sa_stats(struct rd *r, struct missiu_sa_stats *out)
{
	return rd_be64(r, &out->packets) && rd_be64(r, &out->bytes) &&
	       rd_be64(r, &out->replays) && rd_be64(r, &out->auth_fails) &&
	       rd_be64(r, &out->seq) && rd_be64(r, &out->added_us) &&
	       rd_be64(r, &out->used_us) && rd_be64(r, &out->dropped) &&
	       rd_u8(r, &out->last_drop);
}

void ctl_put_policy_stats(struct wr *w, const struct missiu_policy_stats *s)
{
	wr_be64(w, s->in_packets);
	wr_be64(w, s->in_bytes);
	wr_be64(w, s->out_packets);
	wr_be64(w, s->out_bytes);
	wr_be64(w, s->dropped);
	wr_u8(w, s->last_drop);
}

bool ctl_get_policy_stats(struct rd *r, struct missiu_policy_stats *out)
{
	return rd_be64(r, &out->in_packets) && rd_be64(r, &out->in_bytes) &&
	       rd_be64(r, &out->out_packets) && rd_be64(r, &out->out_bytes) &&
	       rd_be64(r, &out->dropped) && rd_u8(r, &out->last_drop);
}

void ctl_put_change(struct wr *w, const struct missiu_change *c)
{
	wr_u8(w, (uint8_t)c->kind);
	switch (c->kind) {
	case MISSIU_CHG_FLUSH_SA:
	case MISSIU_CHG_FLUSH_POLICY:
		break;
	case MISSIU_CHG_ADD_POLICY:
		ctl_put_policy(w, &c->policy);
		break;
	case MISSIU_CHG_ADD_SA:
		ctl_put_sa(w, &c->sa, true);
		break;
	case MISSIU_CHG_DEL_SA:
		ctl_put_sa_name(w, &c->sa);
		break;
	case MISSIU_CHG_DEL_POLICY:
		wr_be32(w, c->policy.id);
		break;
	}
}

bool ctl_get_change(struct rd *r, struct missiu_change *out)
{
	uint8_t kind;

	if (!rd_u8(r, &kind))
		return false;
	memset(out, 0, sizeof(*out));
	switch (kind) {
	case MISSIU_CHG_FLUSH_SA:
	case MISSIU_CHG_FLUSH_POLICY:
		break;
	case MISSIU_CHG_ADD_POLICY:
		if (!ctl_get_policy(r, &out->policy))
			return false;
		break;
	case MISSIU_CHG_ADD_SA:
		if (!ctl_get_sa(r, &out->sa))
			return false;
		break;
	case MISSIU_CHG_DEL_SA:
		if (!ctl_get_sa_name(r, &out->sa))
			return false;
		break;
	case MISSIU_CHG_DEL_POLICY:
		if (!rd_be32(r, &out->policy.id))
			return false;
		break;
	default:
		return false;
	}
	out->kind = (enum missiu_change_kind)kind;
	return true;
}

size_t ctl_event_encode(const struct missiu_event *ev, uint8_t buf[static 256])
{
	struct wr w = wr_to(buf, CTL_EVENT_BYTES);

	ctl_put_version(&w);
	wr_u8(&w, (uint8_t)ev->kind);
	wr_be32(&w, ev->policy_id);
	wr_be32(&w, ev->acquire_id);
	ctl_put_ts(&w, &ev->pkt_src);
	ctl_put_ts(&w, &ev->pkt_dst);
	wr_u8(&w, ev->proto);
	wr_u8(&w, ev->dir);
	wr_be32(&w, ev->spi);
	ctl_put_addr(&w, &ev->dst);
	ctl_put_addr(&w, &ev->addr);
	wr_be16(&w, ev->port);
	wr_be64(&w, ev->owner);
	return wr_ok(&w) ? w.len : 0;
}

/* SA events name an SA; the others leave these fields zero. */
static bool get_event_sa(struct rd *r, struct missiu_event *ev)
{
	return rd_u8(r, &ev->proto) && (!ev->proto || proto_ok(ev->proto)) &&
	       rd_u8(r, &ev->dir) && ev->dir <= (MISSIU_IN | MISSIU_OUT) &&
	       rd_be32(r, &ev->spi) && ctl_get_addr(r, &ev->dst);
}

bool ctl_event_decode(struct rd r, struct missiu_event *out)
{
	struct missiu_event ev = { 0 };
	uint8_t kind;

	if (!ctl_get_version(&r) || !rd_u8(&r, &kind) ||
	    kind < MISSIU_EV_ACQUIRE || kind > MISSIU_EV_HEARD ||
	    !rd_be32(&r, &ev.policy_id) || !rd_be32(&r, &ev.acquire_id) ||
	    !ctl_get_ts(&r, &ev.pkt_src) || !ctl_get_ts(&r, &ev.pkt_dst) ||
	    !get_event_sa(&r, &ev) || !ctl_get_addr(&r, &ev.addr) ||
	    !rd_be16(&r, &ev.port) || !rd_be64(&r, &ev.owner) || !rd_done(&r))
		return false;
	ev.kind = (enum missiu_event_kind)kind;
	*out = ev;
	return true;
}
