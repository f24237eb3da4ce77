/* SPDX-License-Identifier: Apache-2.0 */
/* Peers whose keywords contradict each other, or lack one, are refused. */
#include "common/addr.h"
#include "policy/parse.h"
#include "policy/peer_keys.h"

static bool has(const struct missiu_peer *p, enum missiu_peer_key key)
{
	return missiu_peer_given(p, key);
}

/* Refuse, pointing at a keyword of the statement, or at its name. */
static int lacks(struct parser *ps, const struct missiu_peer *p,
		 enum missiu_peer_key key, const char *what)
{
	const bool given = has(p, key);
	const struct missiu_script_pos *pos = given ? &p->at[key] : &p->pos;
	const struct token at = { .kind = TOK_WORD,
				  .line = pos->line,
				  .col = pos->col };

	return script_fail(ps, &at, "found peer \"%s\" with %s%s, expected %s",
			   p->name, given ? "" : "no ",
			   missiu_peer_key_name(key), what);
}

/* What is not said follows from the secrets that are named. */
static int set_auth(struct parser *ps, struct missiu_peer *p)
{
	const bool psk =
		has(p, MISSIU_PEER_PSK) || has(p, MISSIU_PEER_PSK_FILE);
	const bool cert = has(p, MISSIU_PEER_CERT);

	if (!p->auth && psk && cert)
		return lacks(ps, p, MISSIU_PEER_AUTH,
			     "auth psk or auth cert where both are there");
	if (!p->auth)
		p->auth = psk ? MISSIU_BY_PSK : cert ? MISSIU_BY_CERT : 0;
	if (!p->auth)
		return lacks(ps, p, MISSIU_PEER_AUTH,
			     "psk, psk_file, cert or auth");
	/* Who proves itself by EAP wants a certificate (RFC 7296 2.16). */
	if (!p->peer_auth)
		p->peer_auth =
			p->auth == MISSIU_BY_EAP ? MISSIU_BY_CERT : p->auth;
	return 0;
}

static int check_auth(struct parser *ps, struct missiu_peer *p)
{
	const bool psk =
		p->auth == MISSIU_BY_PSK || p->peer_auth == MISSIU_BY_PSK;
	const enum missiu_peer_key why =
		has(p, MISSIU_PEER_PEER_AUTH) && p->auth != MISSIU_BY_PSK ?
			MISSIU_PEER_PEER_AUTH :
			MISSIU_PEER_AUTH;

	if (has(p, MISSIU_PEER_PSK) && has(p, MISSIU_PEER_PSK_FILE))
		return lacks(ps, p, MISSIU_PEER_PSK_FILE,
			     "either psk or psk_file");
	if (psk && !has(p, MISSIU_PEER_PSK) && !has(p, MISSIU_PEER_PSK_FILE))
		return lacks(ps, p, why, "psk or psk_file beside it");
	if (p->auth == MISSIU_BY_CERT && !has(p, MISSIU_PEER_CERT))
		return lacks(ps, p, MISSIU_PEER_AUTH, "cert beside it");
	if (p->peer_auth == MISSIU_BY_CERT && !has(p, MISSIU_PEER_CA))
		return lacks(ps, p,
			     has(p, MISSIU_PEER_PEER_AUTH) ?
				     MISSIU_PEER_PEER_AUTH :
				     MISSIU_PEER_CA,
			     "ca, whose certificates the peer may have");
	return 0;
}

static int check_ppk(struct parser *ps, const struct missiu_peer *p)
{
	if (has(p, MISSIU_PEER_PPK_ID) != has(p, MISSIU_PEER_PPK_FILE))
		return lacks(ps, p,
			     has(p, MISSIU_PEER_PPK_ID) ? MISSIU_PEER_PPK_ID :
							  MISSIU_PEER_PPK_FILE,
			     "ppk_id and ppk_file, or neither");
	if (p->ppk_required == MISSIU_YES && !has(p, MISSIU_PEER_PPK_ID))
		return lacks(ps, p, MISSIU_PEER_PPK_REQUIRED,
			     "ppk_id and ppk_file beside it");
	return 0;
}

static bool is_single(const struct missiu_ranges *l)
{
	return l->n == 1 && l->v[0].lo.family &&
	       addr_eq(&l->v[0].lo, &l->v[0].hi);
}

static int check_addrs(struct parser *ps, const struct missiu_peer *p)
{
	for (uint8_t i = 0; i < p->pool.n; i++)
		if (!p->pool.v[i].lo.family)
			return lacks(ps, p, MISSIU_PEER_POOL,
				     "a range or a prefix");
	for (uint8_t i = 0; i < p->subnet.n; i++)
		if (addr_range_plen(&p->subnet.v[i].lo, &p->subnet.v[i].hi) < 0)
			return lacks(ps, p, MISSIU_PEER_SUBNET, "a prefix");
	if (has(p, MISSIU_PEER_POOL) && p->request_address &&
	    p->request_address != MISSIU_REQUEST_NO)
		return lacks(ps, p, MISSIU_PEER_POOL,
			     "either pool or request_address");
	if (p->init == MISSIU_YES && !is_single(&p->raddr))
		return lacks(ps, p, MISSIU_PEER_INIT,
			     "raddr with a single address beside it");
	return 0;
}

int peer_check(struct parser *ps, struct missiu_peer *p)
{
	int r = set_auth(ps, p);

	if (!r)
		r = check_auth(ps, p);
	if (!r)
		r = check_ppk(ps, p);
	return r ? r : check_addrs(ps, p);
}
