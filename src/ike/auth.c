/* SPDX-License-Identifier: Apache-2.0 */
#include "ike/auth.h"

#include "common/addr.h"
#include "common/secret.h"
#include "ike/idtext.h"

int auth_octets_list(uint16_t prf_id, const struct auth_octets *o,
		     uint8_t maced[static IKE_PRF_MAX],
		     struct chunk v[static AUTH_OCTETS_MAX], size_t *n)
{
	const size_t len = prf_len(prf_id);

	v[0] = o->msg;
	v[1] = o->nonce;
	v[2] = (struct chunk){ maced, len };
	v[3] = o->inter;
	*n = o->inter.len ? 4 : 3;
	return prf(prf_id, o->sk_p, len, &o->id, 1, maced);
}

int auth_psk(uint16_t prf_id, const struct ike_psk *psk,
	     const struct auth_octets *o, uint8_t *out)
{
	static const char pad[] = "Key Pad for IKEv2"; /* without the NUL */
	uint8_t key[IKE_PRF_MAX], maced[IKE_PRF_MAX];
	struct chunk octets[AUTH_OCTETS_MAX];
	size_t n;
	int ret;

	ret = auth_octets_list(prf_id, o, maced, octets, &n);
	if (!ret)
		ret = prf(prf_id, psk->key, psk->len,
			  &(struct chunk){ pad, sizeof(pad) - 1 }, 1, key);
	if (!ret)
		ret = prf(prf_id, key, prf_len(prf_id), octets, n, out);
	secret_wipe(key, sizeof(key));
	secret_wipe(maced, sizeof(maced));
	return ret;
}

/*
 * 0: not for this peer; higher is more specific. While the identity is not
 * known, a key of one identity is the last resort: it may be another peer's.
 */
static int fit(const struct ike_psk *psk, const struct missiu_addr *addr,
	       const struct ike_id *id)
{
	int score = 2;

	if (psk->addr.family) {
		if (!addr_eq(&psk->addr, addr))
			return 0;
		score += 2;
	}
	if (psk->peer.type && id && !ike_id_eq(&psk->peer, id))
		return 0;
	if (psk->peer.type)
		score += id ? 4 : -1;
	return score;
}

const struct ike_psk *auth_psk_find(const struct ike_psk *v, size_t n,
				    const struct missiu_addr *addr,
				    const struct ike_id *id)
{
	const struct ike_psk *best = NULL;
	int best_score = 0;

	for (size_t i = 0; i < n; i++) {
		const int score = fit(&v[i], addr, id);

		if (score > best_score) {
			best = &v[i];
			best_score = score;
		}
	}
	return best;
}
