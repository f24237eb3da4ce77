/* SPDX-License-Identifier: Apache-2.0 */
#include "ike/peer_cred.h"

#include <assert.h>

#include "common/diag.h"
#include "ike/cred_file.h"

static_assert(2 * MISSIU_PEER_LIST_MAX <= CRED_FILES_MAX,
	      "certificates and keys of a peer");

static void add(struct cred_names *names, const struct missiu_texts *t)
{
	for (uint8_t i = 0; i < t->n; i++)
		names->v[names->n++] = t->v[i];
}

static bool has(const struct missiu_texts *t, const char *name)
{
	for (uint8_t i = 0; i < t->n; i++)
		if (t->v[i] == name)
			return true;
	return false;
}

/* The keyword that a name came from. */
static enum missiu_peer_key key_of(const struct missiu_peer *p,
				   const char *name)
{
	if (name && name == p->key_pass_file)
		return MISSIU_PEER_KEY_PASS_FILE;
	return has(&p->key, name) ? MISSIU_PEER_KEY :
	       has(&p->ca, name)  ? MISSIU_PEER_CA :
	       has(&p->crl, name) ? MISSIU_PEER_CRL :
				    MISSIU_PEER_CERT;
}

int peer_cred_read(struct ike_peer_conf *c, enum missiu_peer_key *key,
		   struct missiu_diag *diag)
{
	static const enum trust_crl policy[] = {
		[0] = TRUST_CRL_SOFT,
		[MISSIU_CRL_STRICT] = TRUST_CRL_STRICT,
		[MISSIU_CRL_SOFT] = TRUST_CRL_SOFT,
		[MISSIU_CRL_OFF] = TRUST_CRL_OFF,
	};
	const struct missiu_peer *p = &c->peer;
	struct cred_files f = { .pass_file = p->key_pass_file,
				.crl_policy = policy[p->crl_policy] };
	struct cred_bad bad;
	int ret;

	add(&f.own, &p->cert);
	add(&f.own, &p->key);
	add(&f.ca, &p->ca);
	add(&f.crl, &p->crl);
	ret = cred_read(&f, &c->cred, &bad);
	if (!ret)
		return 0;
	*key = key_of(p, bad.file);
	return bad.file ? diag_set(diag, ret, "%.100s: %s", bad.file,
				   bad.diag.msg) :
			  diag_set(diag, ret, "%s", bad.diag.msg);
}
