/* SPDX-License-Identifier: Apache-2.0 */
/* Policies and SAs as text of the language. */
#include "common/addr.h"
#include "crypto/algs.h"
#include "policy/keywords.h"
#include "policy/pfs.h"
#include "policy/text.h"

#include "missiu/script.h"

#define ULP_ICMP  1
#define ULP_ICMP6 58

static void put_word(struct text *t, const char *key,
		     const struct word_table *table, unsigned value)
{
	const char *name = word_name(table, value);

	if (name)
		text_put(t, " %s %s", key, name);
	else
		text_put(t, " %s %u", key, value);
}

static void put_addrs(struct text *t, const char *key,
		      const struct missiu_ts *ts)
{
	int plen = addr_range_plen(&ts->lo, &ts->hi);
	int host = ts->lo.family == 4 ? 32 : 128;

	if (!ts->lo.family)
		return;
	text_put(t, " %s %s", key, addr_text(&ts->lo).s);
	if (plen < 0)
		text_put(t, "-%s", addr_text(&ts->hi).s);
	else if (plen < host || addr_is_any(&ts->lo))
		text_put(t, "/%d", plen);
}

static bool any_port(const struct missiu_ts *ts)
{
	return ts->port_lo == 0 && ts->port_hi == UINT16_MAX;
}

static void put_range(struct text *t, const char *key, unsigned lo, unsigned hi)
{
	/* A lone 0 would read as any port. */
	if (lo == hi && lo)
		text_put(t, " %s %u", key, lo);
	else
		text_put(t, " %s %u-%u", key, lo, hi);
}

/* True when type and code say it; odder ranges are printed as ports. */
static bool put_icmp(struct text *t, const struct missiu_policy *p)
{
	unsigned lo = p->local.port_lo, hi = p->local.port_hi;

	if ((p->local.proto != ULP_ICMP && p->local.proto != ULP_ICMP6) ||
	    lo != p->remote.port_lo || hi != p->remote.port_hi)
		return false;
	if ((lo & 0xff) == 0 && (hi & 0xff) == 0xff) {
		put_range(t, "type", lo >> 8, hi >> 8);
		return true;
	}
	if (lo >> 8 != hi >> 8)
		return false;
	text_put(t, " type %u", lo >> 8);
	put_range(t, "code", lo & 0xff, hi & 0xff);
	return true;
}

static void put_pattern(struct text *t, const struct missiu_policy *p)
{
	text_put(t, "{");
	put_addrs(t, "laddr", &p->local);
	put_addrs(t, "raddr", &p->remote);
	if (p->local.proto)
		put_word(t, "ulp", &words_ulp, p->local.proto);
	if ((!any_port(&p->local) || !any_port(&p->remote)) &&
	    !put_icmp(t, p)) {
		if (!any_port(&p->local))
			put_range(t, "lport", p->local.port_lo,
				  p->local.port_hi);
		if (!any_port(&p->remote))
			put_range(t, "rport", p->remote.port_lo,
				  p->remote.port_hi);
	}
	if (p->dirs != (MISSIU_IN | MISSIU_OUT))
		put_word(t, "dir", &words_dir, p->dirs);
	text_put(t, " }");
}

static void put_esp(struct text *t, const struct missiu_prot *prot)
{
	bool null = prot->encr == MISSIU_ENCR_NULL;

	if (!null)
		put_word(t, "encr_algs", &words_encr, prot->encr);
	if (null ||
	    (prot->auth != MISSIU_AUTH_ANY && prot->auth != MISSIU_AUTH_NONE))
		put_word(t, "encr_auth_algs", &words_auth, prot->auth);
	if (prot->key_len)
		text_put(t, " keylength %u", prot->key_len);
	if (prot->icv_len)
		text_put(t, " tag %u", prot->icv_len);
}

static void put_tunnel(struct text *t, const struct missiu_policy *p)
{
	if (p->tun_local.family)
		text_put(t, " tladdr %s", addr_text(&p->tun_local).s);
	if (p->tun_remote.family || !p->tun_local.family)
		text_put(t, " traddr %s", addr_text(&p->tun_remote).s);
}

static void put_properties(struct text *t, const struct missiu_policy *p)
{
	for (unsigned i = 0; i < p->n_prot && i < MISSIU_PROT_MAX; i++) {
		if (p->prot[i].proto == MISSIU_AH)
			put_word(t, "auth_algs", &words_auth, p->prot[i].auth);
		else
			put_esp(t, &p->prot[i]);
	}
	if (p->mode == MISSIU_TUNNEL)
		put_tunnel(t, p);
	if (p->flags & (MISSIU_POL_DF_SET | MISSIU_POL_DF_CLEAR))
		put_word(t, "df", &words_df,
			 p->flags & (MISSIU_POL_DF_SET | MISSIU_POL_DF_CLEAR));
	if (p->life_s)
		text_put(t, " lifetime_secs %llu",
			 (unsigned long long)p->life_s);
	if (p->life_bytes)
		text_put(t, " lifetime_bytes %llu",
			 (unsigned long long)p->life_bytes);
	if (p->life_packets)
		text_put(t, " lifetime_packets %llu",
			 (unsigned long long)p->life_packets);
	if (p->tfc)
		text_put(t, " tfc %u", p->tfc);
	if (p->pfs.n)
		put_pfs(t, &p->pfs);
	if (p->peer[0])
		text_put(t, " peer %s", p->peer);
	if (p->flags & MISSIU_POL_INIT)
		text_put(t, " sa init");
	if (p->flags & MISSIU_POL_UNIQUE)
		text_put(t, " sa unique");
}

size_t missiu_policy_print(const struct missiu_policy *p, char *buf, size_t cap)
{
	struct text t = { .buf = buf, .cap = cap };

	put_pattern(&t, p);
	text_put(&t, " %s {", word_name(&words_action, p->action));
	put_properties(&t, p);
	text_put(&t, p->action == MISSIU_PROTECT ? " }" : "}");
	return text_finish(&t);
}

static void put_key(struct text *t, const uint8_t *key, size_t len, bool show)
{
	if (!show) {
		text_put(t, " (hidden)");
		return;
	}
	text_put(t, " 0x");
	for (size_t i = 0; i < len && i < MISSIU_KEY_MAX; i++)
		text_put(t, "%02x", key[i]);
}

static const char *manual_encr_name(const struct missiu_sa *sa)
{
	const struct word_table *w = &words_manual_encr;

	for (size_t i = 0; i < w->n; i++)
		if (w->v[i].value == sa->encr && w->v[i].aux == sa->icv_len)
			return w->v[i].name;
	return "unknown";
}

static void put_encr(struct text *t, const struct missiu_sa *sa, bool show)
{
	text_put(t, " -E %s", manual_encr_name(sa));
	if (sa->encr_key_len)
		put_key(t, sa->encr_key, sa->encr_key_len, show);
}

static void put_limit(struct text *t, const char *option, uint64_t limit)
{
	if (limit)
		text_put(t, " %s %llu", option, (unsigned long long)limit);
}

static void put_lifetimes(struct text *t, const struct missiu_sa *sa)
{
	bool kilo = sa->hard_bytes % 1024 == 0;

	put_limit(t, "-l", sa->hard_s);
	put_limit(t, "-ls", sa->soft_s);
	put_limit(t, kilo ? "-b" : "-bh",
		  kilo ? sa->hard_bytes / 1024 : sa->hard_bytes);
	put_limit(t, "-bs", sa->soft_bytes);
	put_limit(t, "-ph", sa->hard_packets);
	put_limit(t, "-ps", sa->soft_packets);
}

/* Without it an SA of such a kind would not load. */
static bool counts(const struct missiu_sa *sa)
{
	const struct encr_alg *e = encr_alg(sa->encr);
	const struct auth_alg *a = auth_alg(sa->auth);

	return sa->flags & MISSIU_SA_COUNTER_OK || (e && e->salt_len) ||
	       (a && a->salt_len);
}

static void put_options(struct text *t, const struct missiu_sa *sa)
{
	put_word(t, "-m", &words_mode, sa->mode);
	if (sa->replay_window)
		text_put(t, " -r %u", sa->replay_window);
	if (sa->flags & MISSIU_SA_ESN)
		text_put(t, " -n");
	put_lifetimes(t, sa);
	if (counts(sa))
		text_put(t, " -u");
}

static void put_sa_name(struct text *t, const char *command,
			const struct missiu_sa *sa)
{
	text_put(t, "%s %s %s %s 0x%08x", command, addr_text(&sa->src).s,
		 addr_text(&sa->dst).s, sa->proto == MISSIU_AH ? "ah" : "esp",
		 sa->spi);
}

size_t missiu_sa_print(const struct missiu_sa *sa, bool show_keys, char *buf,
		       size_t cap)
{
	struct text t = { .buf = buf, .cap = cap };

	put_sa_name(&t, "add", sa);
	put_options(&t, sa);
	if (sa->proto != MISSIU_AH)
		put_encr(&t, sa, show_keys);
	if (sa->auth != MISSIU_AUTH_NONE) {
		put_word(&t, "-A", &words_manual_auth, sa->auth);
		put_key(&t, sa->auth_key, sa->auth_key_len, show_keys);
	}
	text_put(&t, ";");
	return text_finish(&t);
}

size_t missiu_change_print(const struct missiu_change *c, bool show_keys,
			   char *buf, size_t cap)
{
	struct text t = { .buf = buf, .cap = cap };

	switch (c->kind) {
	case MISSIU_CHG_ADD_POLICY:
		return missiu_policy_print(&c->policy, buf, cap);
	case MISSIU_CHG_ADD_SA:
		return missiu_sa_print(&c->sa, show_keys, buf, cap);
	case MISSIU_CHG_FLUSH_SA:
		text_put(&t, "flush;");
		break;
	case MISSIU_CHG_FLUSH_POLICY:
		text_put(&t, "spdflush;");
		break;
	case MISSIU_CHG_DEL_SA:
		put_sa_name(&t, "delete", &c->sa);
		text_put(&t, ";");
		break;
	case MISSIU_CHG_DEL_POLICY:
		t.full = true;
		break;
	}
	return text_finish(&t);
}
