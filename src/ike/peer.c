/* SPDX-License-Identifier: Apache-2.0 */
#include "ike/peer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/diag.h"
#include "common/secret.h"
#include "crypto/kex.h"
#include "ike/auth_method.h"
#include "ike/cp.h"
#include "ike/ident.h"
#include "ike/idtext.h"
#include "ike/ppk.h"
#include "ike/sa.h"
#include "ike/suite.h"

struct ike_peer *peer_get(struct ike_peer *p)
{
	p->refs++;
	return p;
}

static void free_psk(struct ike_psk *v, size_t n)
{
	if (v)
		secret_wipe(v, n * sizeof(*v));
	free(v);
}

static void free_ppk(struct ike_ppk *v, size_t n)
{
	if (v)
		secret_wipe(v, n * sizeof(*v));
	free(v);
}

static void drop_ids(struct ike_peer *p)
{
	ike_id_drop(&p->id);
	for (uint8_t i = 0; i < p->n_peer_id; i++)
		ike_id_drop(&p->peer_id[i].id);
}

void peer_put(struct ike_peer *p)
{
	if (!p || --p->refs)
		return;
	drop_ids(p);
	free_psk(p->psk, p->n_psk);
	free_ppk(p->ppk, p->n_ppk);
	cred_put(p->cred);
	missiu_peer_fini(&p->conf);
	secret_wipe(p, sizeof(*p));
	free(p);
}

void ike_peer_conf_fini(struct ike_peer_conf *c)
{
	free_psk(c->psk, c->n_psk);
	free_ppk(c->ppk, c->n_ppk);
	cred_put(c->cred);
	missiu_peer_fini(&c->peer);
	*c = (struct ike_peer_conf){ 0 };
}

int peer_proposals(const char *text, uint16_t group, struct ike_proposals *out,
		   struct missiu_diag *diag)
{
	int ret = ike_proposals_parse(text, IKE_PROTO_IKE, out, diag);

	if (ret)
		return ret;
	if (group)
		ike_proposals_only_dh(out, group);
	ret = ike_proposals_usable(out, diag);
	if (!ret && !ike_proposals_first_dh(out))
		ret = diag_set(diag, MISSIU_EINVAL,
			       "the IKE proposal names no group");
	return ret;
}

/* A group by name, as in proposals, or by number. */
static int read_group(const char *text, uint16_t *out, struct missiu_diag *diag)
{
	const struct suite_name *name = suite_by_name(text, strlen(text));
	char *end;
	unsigned long v = strtoul(text, &end, 10);

	if (name && name->type == IKE_T_DH)
		v = name->id;
	else if (*end || end == text)
		v = 0;
	if (!v || v > UINT16_MAX || !kex_supported((uint16_t)v))
		return diag_set(diag, MISSIU_EINVAL,
				"found %.60s, expected a group such as x25519, "
				"ecp256, modp2048",
				text);
	*out = (uint16_t)v;
	return 0;
}

/* -G: none, as the IKE SA, or a group. */
static struct missiu_pfs pfs_of_options(const struct ike *ike)
{
	const int g = ike->conf.pfs_group;

	return (struct missiu_pfs){
		.n = 1,
		.group = { g < 0 ? MISSIU_PFS_IKE : (uint16_t)g },
	};
}

static int set_pfs(const struct ike *ike, struct ike_peer *p,
		   struct missiu_diag *diag)
{
	const struct missiu_pfs *pfs = &p->conf.pfs;
	char why[80];

	p->pfs = pfs->n ? *pfs : pfs_of_options(ike);
	for (uint8_t i = 0; i < pfs->n; i++)
		if (kex_missing(pfs->group[i], why, sizeof(why)))
			return diag_set(diag, MISSIU_EUNSUP, "group %u %s",
					pfs->group[i], why);
	return 0;
}

static int set_algs(const struct ike *ike, struct ike_peer *p,
		    enum missiu_peer_key *key, struct missiu_diag *diag)
{
	uint16_t group = 0;
	int ret;

	*key = MISSIU_PEER_DH;
	ret = p->conf.dh ? read_group(p->conf.dh, &group, diag) : 0;
	if (ret)
		return ret;
	*key = MISSIU_PEER_IKE_ALGS;
	if (p->conf.ike_algs)
		return peer_proposals(p->conf.ike_algs, group, &p->accept,
				      diag);
	p->accept = ike->accept;
	if (group)
		ike_proposals_only_dh(&p->accept, group);
	return 0;
}

static int set_ids(struct ike_peer *p, enum missiu_peer_key *key,
		   struct missiu_diag *diag)
{
	int ret = 0;

	*key = MISSIU_PEER_ID;
	if (p->conf.id)
		ret = ike_id_parse(p->conf.id, &p->id, diag);
	if (ret)
		return ret;
	*key = MISSIU_PEER_PEER_ID;
	for (uint8_t i = 0; i < p->conf.peer_id.n && !ret; i++)
		ret = ike_idpat_parse(p->conf.peer_id.v[i],
				      &p->peer_id[p->n_peer_id++], diag);
	return ret;
}

static void set_numbers(const struct ike *ike, struct ike_peer *p)
{
	const struct missiu_peer *c = &p->conf;

	p->ike_life_s =
		c->ike_lifetime ? c->ike_lifetime : ike->conf.ike_life_s;
	p->child_life_s = c->lifetime ? c->lifetime : ike->conf.child_life_s;
	p->dpd_s = missiu_peer_given(c, MISSIU_PEER_DPD) ? c->dpd :
							   ike->conf.dpd_s;
	p->reauth_s = missiu_peer_given(c, MISSIU_PEER_REAUTH) ?
			      c->reauth :
			      ike->conf.reauth_s;
	p->encap = c->encap ? c->encap : ike->conf.encap;
	p->tcp = c->tcp ? c->tcp : ike->conf.tcp;
}

/* The port is opened with the privileges of the start. */
static int check_tcp(const struct ike *ike, const struct ike_peer *p,
		     enum missiu_peer_key *key, struct missiu_diag *diag)
{
	if (p->tcp <= MISSIU_TCP_NEVER || ike->conf.tcp_port)
		return 0;
	*key = MISSIU_PEER_TCP;
	return diag_set(diag, MISSIU_EUNSUP,
			"TCP is not open: start ike with --tcp answer");
}

static int set_psk(struct ike_peer *p, struct ike_peer_conf *in,
		   struct missiu_diag *diag)
{
	const struct missiu_peer *c = &p->conf;

	if (!c->psk_len) {
		p->psk = in->psk;
		p->n_psk = in->n_psk;
		return 0;
	}
	p->psk = calloc(1, sizeof(*p->psk));
	if (!p->psk)
		return diag_set(diag, MISSIU_ENOMEM, "out of memory");
	p->n_psk = 1;
	p->psk->len = c->psk_len;
	memcpy(p->psk->key, c->psk, c->psk_len);
	return 0;
}

/* The one that ppk_id names goes to the front; all are accepted. */
static int set_ppk(struct ike_peer *p, struct ike_peer_conf *in,
		   struct missiu_diag *diag)
{
	const char *id = p->conf.ppk_id;
	size_t i = 0;

	p->ppk = in->ppk;
	p->n_ppk = in->n_ppk;
	p->ppk_required = p->conf.ppk_required == MISSIU_YES;
	if (!id)
		return 0;
	while (i < in->n_ppk &&
	       (in->ppk[i].id_len != strlen(id) ||
		memcmp(in->ppk[i].id, id, in->ppk[i].id_len) != 0))
		i++;
	if (i == in->n_ppk)
		return diag_set(
			diag, MISSIU_EINVAL,
			"found \"%.64s\", expected one of the %zu names "
			"in ppk_file",
			id, in->n_ppk);
	if (i) {
		struct ike_ppk first = in->ppk[i];

		in->ppk[i] = in->ppk[0];
		in->ppk[0] = first;
		secret_wipe(&first, sizeof(first));
	}
	return ppk_check(p->ppk, p->n_ppk, p->ppk_required, diag);
}

/* What goes out on the wire is a domain. */
static int check_domains(const struct ike_peer *p, enum missiu_peer_key *key,
			 struct missiu_diag *diag)
{
	const struct missiu_texts *l = &p->conf.split_dns;

	*key = MISSIU_PEER_SPLIT_DNS;
	for (uint8_t i = 0; i < l->n; i++)
		if (!ike_domain_ok((struct chunk){ (uint8_t *)l->v[i],
						   strlen(l->v[i]) }))
			return diag_set(diag, MISSIU_EINVAL,
					"found \"%.100s\", expected a domain "
					"such as example.org",
					l->v[i]);
	return 0;
}

static int check_supported(const struct ike_peer *p, enum missiu_peer_key *key,
			   struct missiu_diag *diag)
{
	*key = MISSIU_PEER_AUTH;
	if (!auth_method(p->conf.auth))
		return diag_set(diag, MISSIU_EUNSUP,
				"found a method that this version of ike does "
				"not support, expected psk");
	*key = MISSIU_PEER_PEER_AUTH;
	if (!auth_method(p->conf.peer_auth))
		return diag_set(diag, MISSIU_EUNSUP,
				"found a method that this version of ike does "
				"not support, expected psk");
	return 0;
}

/* A side that uses certificates has what it takes. */
static int set_cred(const struct ike *ike, struct ike_peer *p,
		    const struct ike_peer_conf *in, enum missiu_peer_key *key,
		    struct missiu_diag *diag)
{
	*key = MISSIU_PEER_CERT;
	if (in->cred && !ike->conf.unix_s)
		return diag_set(diag, MISSIU_EINVAL,
				"certificates without a clock");
	if (p->conf.auth == MISSIU_BY_CERT && !cred_has_own(in->cred))
		return diag_set(diag, MISSIU_EINVAL,
				"found no certificate with its key, expected "
				"ours");
	*key = MISSIU_PEER_CA;
	if (p->conf.peer_auth == MISSIU_BY_CERT && !cred_has_trust(in->cred))
		return diag_set(diag, MISSIU_EINVAL,
				"found no certificate of an authority, "
				"expected whose certificates the peer may "
				"have");
	p->cred = in->cred; /* borrowed until it is clear that all is well */
	if (p->conf.auth == MISSIU_BY_CERT && !p->id.type && !ike->conf.id.type)
		p->id = cred_default_id(p->cred);
	return 0;
}

/* A long name keeps its end. */
static void set_file(struct ike_peer *p, const char *file)
{
	const size_t n = file ? strlen(file) : 0;
	const size_t max = sizeof(p->file) - 1;

	if (n > max)
		snprintf(p->file, sizeof(p->file), "...%s", file + n - max + 3);
	else if (n)
		memcpy(p->file, file, n + 1);
}

struct ike_peer *peer_new(const struct ike *ike, struct ike_peer_conf *in,
			  enum missiu_peer_key *key, struct missiu_diag *diag)
{
	struct ike_peer *p = calloc(1, sizeof(*p));
	int ret;

	*key = MISSIU_PEER_KEYS;
	if (!p) {
		diag_set(diag, MISSIU_ENOMEM, "out of memory");
		return NULL;
	}
	p->refs = 1;
	p->conf = in->peer; /* borrowed until it is clear that all is well */
	set_file(p, in->file);
	set_numbers(ike, p);
	ret = check_supported(p, key, diag);
	if (!ret)
		ret = check_domains(p, key, diag);
	if (!ret)
		ret = check_tcp(ike, p, key, diag);
	if (!ret)
		ret = set_ids(p, key, diag);
	if (!ret)
		ret = set_cred(ike, p, in, key, diag);
	if (!ret)
		ret = set_algs(ike, p, key, diag);
	if (!ret) {
		*key = MISSIU_PEER_PFS;
		ret = set_pfs(ike, p, diag);
	}
	if (!ret) {
		*key = MISSIU_PEER_PSK;
		ret = set_psk(p, in, diag);
	}
	if (!ret) {
		*key = MISSIU_PEER_PPK_ID;
		ret = set_ppk(p, in, diag);
	}
	if (ret) {
		if (p->psk != in->psk)
			free_psk(p->psk, p->n_psk);
		drop_ids(p);
		secret_wipe(p, sizeof(*p));
		free(p);
		return NULL;
	}
	if (p->psk != in->psk)
		free_psk(in->psk, in->n_psk);
	secret_wipe(in, sizeof(*in));
	return p;
}

struct ike_peer *peer_of_options(const struct ike *ike,
				 const struct ike_conf *conf)
{
	struct ike_peer *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->refs = 1;
	p->source = IKE_PEERS_OPTIONS;
	p->conf.auth = p->conf.peer_auth = MISSIU_BY_PSK;
	p->accept = ike->accept;
	p->pfs = pfs_of_options(ike);
	set_numbers(ike, p);
	p->cred = cred_get(conf->cred);
	if (cred_has_own(p->cred))
		p->conf.auth = MISSIU_BY_CERT;
	if (cred_has_trust(p->cred))
		p->conf.peer_auth = MISSIU_BY_CERT;
	if (conf->peer_id.type)
		p->peer_id[p->n_peer_id++].id = ike_id_hold(&conf->peer_id);
	if (!conf->id.type)
		p->id = cred_default_id(p->cred);
	p->psk = calloc(conf->n_psk + 1, sizeof(*p->psk));
	p->ppk = calloc(conf->n_ppk + 1, sizeof(*p->ppk));
	if (!p->psk || !p->ppk) {
		peer_put(p);
		return NULL;
	}
	p->n_psk = conf->n_psk;
	if (p->n_psk)
		memcpy(p->psk, conf->psk, p->n_psk * sizeof(*p->psk));
	p->n_ppk = conf->n_ppk;
	if (p->n_ppk)
		memcpy(p->ppk, conf->ppk, p->n_ppk * sizeof(*p->ppk));
	p->ppk_required = conf->ppk_required;
	p->conf.childless = conf->childless;
	return p;
}

static bool same_psk(const struct ike_peer *a, const struct ike_peer *b)
{
	if (a->n_psk != b->n_psk)
		return false;
	for (size_t i = 0; i < a->n_psk; i++) {
		const struct ike_psk *x = &a->psk[i], *y = &b->psk[i];

		if (x->len != y->len || x->peer.type != y->peer.type ||
		    (x->peer.type && !ike_id_eq(&x->peer, &y->peer)) ||
		    memcmp(&x->addr, &y->addr, sizeof(x->addr)) != 0 ||
		    !ct_equal(x->key, y->key, x->len))
			return false;
	}
	return true;
}

static bool same_ppk(const struct ike_peer *a, const struct ike_peer *b)
{
	if (a->n_ppk != b->n_ppk)
		return false;
	for (size_t i = 0; i < a->n_ppk; i++) {
		const struct ike_ppk *x = &a->ppk[i], *y = &b->ppk[i];

		if (x->len != y->len || x->id_len != y->id_len ||
		    memcmp(x->id, y->id, x->id_len) != 0 ||
		    !ct_equal(x->key, y->key, x->len))
			return false;
	}
	return true;
}

bool peer_same(const struct ike_peer *a, const struct ike_peer *b)
{
	char *text = malloc(2 * (size_t)MISSIU_PEER_PRINT_MAX);
	char *other = text + MISSIU_PEER_PRINT_MAX;
	bool same = false;
	size_t n, m;

	if (!text)
		return false;
	n = missiu_peer_print(&a->conf, true, text, MISSIU_PEER_PRINT_MAX);
	m = missiu_peer_print(&b->conf, true, other, MISSIU_PEER_PRINT_MAX);
	same = n && n == m && !memcmp(text, other, n) && same_psk(a, b) &&
	       same_ppk(a, b) && cred_same(a->cred, b->cred);
	secret_wipe(text, n);
	secret_wipe(other, m);
	free(text);
	return same;
}

struct peer_where peer_where(const struct ike_peer *p)
{
	struct peer_where w;

	if (!p || !p->conf.name[0])
		snprintf(w.s, sizeof(w.s), "the options of ike");
	else if (p->file[0])
		snprintf(w.s, sizeof(w.s), "peer %s (%s:%u)", p->conf.name,
			 p->file, p->conf.pos.line);
	else
		snprintf(w.s, sizeof(w.s), "peer %s", p->conf.name);
	return w;
}

const char *peer_knob(const struct ike_peer *p, struct peer_where *buf)
{
	if (!p || !p->conf.name[0])
		return NULL;
	*buf = peer_where(p);
	return buf->s;
}
