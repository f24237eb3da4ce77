/* SPDX-License-Identifier: Apache-2.0 */
#include "ike/auth_method.h"

#include <string.h>

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
	if (method == IKE_AUTH_NULL)
		return "nothing (NULL)";
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
				"the pre-shared keys%s differ (peer is %.90s): "
				"ours is in %s",
				sa->ppk_used ? " or the PPKs" : "",
				ike_id_text(claim->id).s,
				peer_where(sa->peer).s);
	return 0;
}

static const struct auth_method by_psk = { MISSIU_BY_PSK, "a pre-shared key",
					   psk_sign, psk_verify };

/* --- nobody (RFC 7619 2.1): binds to this SA, proves no identity */

static int null_value(const struct ike_sa *sa, const struct auth_octets *o,
		      uint8_t out[static IKE_PRF_MAX])
{
	struct ike_psk key = { .len = (uint16_t)prf_len(sa->algs.prf) };
	int ret;

	memcpy(key.key, o->sk_p, key.len);
	ret = auth_psk(sa->algs.prf, &key, o, out);
	secret_wipe(&key, sizeof(key));
	return ret;
}

static int null_sign(struct ike *ike, struct ike_sa *sa,
		     const struct auth_claim *claim, struct ike_build *b,
		     struct missiu_diag *diag)
{
	uint8_t value[IKE_PRF_MAX];

	(void)ike;
	if (null_value(sa, &claim->octets, value))
		return diag_set(diag, MISSIU_ECRYPTO, "crypto failed");
	ike_put_auth(b, IKE_AUTH_NULL, value, prf_len(sa->algs.prf));
	return 0;
}

static int null_verify(struct ike *ike, struct ike_sa *sa,
		       const struct auth_claim *claim, const struct ike_msg *m,
		       struct missiu_diag *diag)
{
	const size_t len = prf_len(sa->algs.prf);
	uint8_t want[IKE_PRF_MAX];

	(void)ike;
	if (m->auth.method != IKE_AUTH_NULL)
		return diag_set(diag, MISSIU_EAUTH,
				"peer %.90s authenticates with %s, we want "
				"nothing as %s says",
				ike_id_text(claim->id).s,
				auth_field_name(m->auth.method),
				peer_where(sa->peer).s);
	if (m->auth.data.len != len || null_value(sa, &claim->octets, want) ||
	    !ct_equal(want, m->auth.data.p, len))
		return diag_set(diag, MISSIU_EAUTH,
				"what peer %.90s signed is not what we saw",
				ike_id_text(claim->id).s);
	return 0;
}

static const struct auth_method by_null = { MISSIU_BY_NULL, "nothing",
					    null_sign, null_verify };

const struct auth_method *auth_method(uint8_t by)
{
	static const struct auth_method *const methods[] = { &by_psk, &by_null,
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
