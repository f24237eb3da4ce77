/* SPDX-License-Identifier: Apache-2.0 */
/* The method "cert": certificates and signatures. */
#include "common/diag.h"
#include "ike/auth_method.h"
#include "ike/auth_sig.h"
#include "ike/idtext.h"
#include "ike/peer.h"

static int cert_sign(struct ike *ike, struct ike_sa *sa,
		     const struct auth_claim *claim, struct ike_build *b,
		     struct missiu_diag *diag)
{
	struct auth_own own;
	int ret = auth_own_choose(sa->peer->cred, sa->sig_hashes,
				  sa->own_wanted, &own, diag);

	if (ret) {
		diag_prefix(diag, "%s: ", peer_where(sa->peer).s);
		return ret;
	}
	auth_put_certs(b, &own);
	if (sa->wants_ocsp)
		auth_put_ocsp(b, &own, ike->conf.unix_s(ike->conf.unix_ctx));
	ret = auth_put_signature(b, &own, sa->algs.prf, &claim->octets);
	return ret ? diag_set(diag, ret, "signing failed: %s",
			      missiu_strerror(ret)) :
		     0;
}

static int cert_verify(struct ike *ike, struct ike_sa *sa,
		       const struct auth_claim *claim, const struct ike_msg *m,
		       struct missiu_diag *diag)
{
	const struct ike_cred *c = sa->peer->cred;
	struct trust_lacks lacks = { 0 };
	int ret;

	if (!auth_is_signature(m->auth.method))
		return diag_set(diag, MISSIU_EAUTH,
				"peer %.90s authenticates with %s, we want a "
				"certificate as %s says",
				ike_id_text(claim->id).s,
				auth_field_name(m->auth.method),
				peer_where(sa->peer).s);
	ret = auth_check_signature(c, m, claim->id, sa->algs.prf,
				   &claim->octets,
				   ike->conf.unix_s(ike->conf.unix_ctx),
				   cred_asks(c) ? &lacks : NULL, diag);
	/* Nobody is asked before the peer has proven that it has the key. */
	if (!ret && lacks.n)
		ret = ask_lacks(ike, sa, &lacks, diag);
	trust_lacks_fini(&lacks);
	if (!ret || ret == MISSIU_EBUSY)
		return ret;
	diag_prefix(diag, "peer %.60s: ", ike_id_text(claim->id).s);
	return MISSIU_EAUTH;
}

const struct auth_method auth_by_cert = { MISSIU_BY_CERT, "a certificate",
					  cert_sign, cert_verify };
