/* SPDX-License-Identifier: Apache-2.0 */
#include "ike/auth_method.h"

#include "common/addr.h"
#include "common/diag.h"
#include "common/secret.h"
#include "ike/auth_sig.h"
#include "ike/idtext.h"
#include "ike/peer.h"

const char *auth_field_name(uint8_t method)
{
	if (method == IKE_AUTH_PSK)
		return "a pre-shared key";
	return auth_is_signature(method) ? "a certificate" : "another method";
}

/* --- pre-shared keys: the keys' own bounds are part of the lookup */

static int psk_sign(struct ike *ike, struct ike_sa *sa,
		    const struct auth_claim *claim, struct ike_build *b,
		    struct missiu_diag *diag)
{
	uint8_t value[IKE_PRF_MAX];

	(void)ike;
	if (!sa->psk)
		return diag_set(diag, MISSIU_EAUTH,
				"no pre-shared key for %s is configured in %s",
				addr_text(&sa->remote.addr).s,
				peer_where(sa->peer).s);
	if (auth_psk(sa->algs.prf, sa->psk, &claim->octets, value))
		return diag_set(diag, MISSIU_ECRYPTO, "crypto failed");
	ike_put_auth(b, IKE_AUTH_PSK, value, prf_len(sa->algs.prf));
	secret_wipe(value, sizeof(value));
	return 0;
}

static int psk_verify(struct ike *ike, struct ike_sa *sa,
		      const struct auth_claim *claim, const struct ike_msg *m,
		      struct missiu_diag *diag)
{
	const size_t len = prf_len(sa->algs.prf);
	uint8_t want[IKE_PRF_MAX];
	bool ok;

	(void)ike;
	if (!sa->psk)
		return diag_set(diag, MISSIU_EAUTH,
				"no pre-shared key for identity %.90s at %s "
				"in %s",
				ike_id_text(claim->id).s,
				addr_text(&sa->remote.addr).s,
				peer_where(sa->peer).s);
	ok = m->auth.method == IKE_AUTH_PSK && m->auth.data.len == len &&
	     !auth_psk(sa->algs.prf, sa->psk, &claim->octets, want) &&
	     ct_equal(want, m->auth.data.p, len);
	secret_wipe(want, sizeof(want));
	if (m->auth.method != IKE_AUTH_PSK)
		return diag_set(diag, MISSIU_EAUTH,
				"peer %.90s authenticates with %s, we want a "
				"pre-shared key as %s says",
				ike_id_text(claim->id).s,
				auth_field_name(m->auth.method),
				peer_where(sa->peer).s);
	if (!ok)
		return diag_set(diag, MISSIU_EAUTH,
				"the pre-shared keys differ (peer is %.90s): "
				"ours is in %s",
				ike_id_text(claim->id).s,
				peer_where(sa->peer).s);
	return 0;
}

static const struct auth_method by_psk = { MISSIU_BY_PSK, "a pre-shared key",
					   psk_sign, psk_verify };

const struct auth_method *auth_method(uint8_t by)
{
	static const struct auth_method *const methods[] = { &by_psk,
							     &auth_by_cert };

	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (methods[i]->by == by)
			return methods[i];
	return NULL;
}

void auth_claim_init(struct auth_claim *c, const struct ike_sa *sa, bool own,
		     struct chunk body, const struct ike_id *id)
{
	const bool initiator = own == sa->initiator;
	const struct chunk ni = { sa->ni, sa->ni_len },
			   nr = { sa->nr, sa->nr_len };
	const size_t len = inter_auth(sa, c->inter);

	c->own = own;
	c->id = id;
	c->octets = (struct auth_octets){
		.msg = blob_chunk(initiator ? &sa->init_req : &sa->init_resp),
		.nonce = initiator ? nr : ni,
		.id = body,
		.inter = { c->inter, len },
		.sk_p = initiator ? sa->keys.sk_pi : sa->keys.sk_pr,
	};
}
