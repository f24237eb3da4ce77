/* SPDX-License-Identifier: Apache-2.0 */
#include "ike/ppk.h"

#include <stdlib.h>
#include <string.h>

#include "common/diag.h"
#include "common/secret.h"
#include "ike/peer.h"

/* PPK_ID types (RFC 8784 5.1): both are compared as bytes. */
enum { PPK_ID_OPAQUE = 1, PPK_ID_FIXED = 2 };

int ppk_check(const struct ike_ppk *v, size_t n, bool required,
	      struct missiu_diag *diag)
{
	for (size_t i = 0; i < n; i++)
		if (!v[i].id_len || v[i].id_len > sizeof(v[i].id) ||
		    v[i].len < IKE_PPK_MIN || v[i].len > sizeof(v[i].key))
			return diag_set(diag, MISSIU_EINVAL,
					"PPK %zu has %u bytes, its name %u",
					i + 1, v[i].len, v[i].id_len);
	if (required && !n)
		return diag_set(diag, MISSIU_EINVAL,
				"a PPK is required, but there is none");
	return 0;
}

void ppk_put_use(struct ike_build *b)
{
	ike_put_notify_data(b, IKE_N_USE_PPK, NULL, 0);
}

bool ppk_both(const struct ike *ike, const struct ike_sa *sa,
	      const struct ike_msg *m)
{
	return ike_msg_notify(m, IKE_N_USE_PPK) &&
	       (sa->initiator ? sa->peer->n_ppk != 0 :
				peer_index_ppk(ike->pix));
}

void ppk_forget(struct ike_sa *sa)
{
	if (sa->no_ppk)
		secret_wipe(sa->no_ppk, sizeof(*sa->no_ppk));
	free(sa->no_ppk);
	sa->no_ppk = NULL;
}

static int mix(struct ike_sa *sa, const struct ike_ppk *ppk)
{
	return keys_ppk(sa->algs.prf, (struct chunk){ ppk->key, ppk->len },
			&sa->keys);
}

/* --- initiator */

int ppk_begin(struct ike_sa *sa, struct ike_build *b, struct chunk plain)
{
	const struct ike_ppk *ppk = &sa->peer->ppk[0];
	uint8_t name[1 + sizeof(ppk->id)] = { PPK_ID_FIXED };

	memcpy(name + 1, ppk->id, ppk->id_len);
	ike_put_notify_data(b, IKE_N_PPK_IDENTITY, name, 1u + ppk->id_len);
	ppk_forget(sa);
	if (!sa->peer->ppk_required) {
		sa->no_ppk = malloc(sizeof(*sa->no_ppk));
		if (!sa->no_ppk)
			return MISSIU_ENOMEM;
		*sa->no_ppk = sa->keys;
		ike_put_notify_data(b, IKE_N_NO_PPK_AUTH, plain.p, plain.len);
	}
	return mix(sa, ppk);
}

int ppk_response(struct ike_sa *sa, const struct ike_msg *m,
		 struct missiu_diag *why)
{
	sa->ppk_used = sa->use_ppk && ike_msg_notify(m, IKE_N_PPK_IDENTITY);
	if (sa->ppk_used || !sa->use_ppk)
		return 0;
	if (sa->peer->ppk_required || !sa->no_ppk)
		return diag_set(why, MISSIU_EAUTH,
				"peer does not have our PPK, which is "
				"required");
	sa->keys = *sa->no_ppk;
	return 0;
}

/* --- responder */

static const struct ike_ppk *find(const struct ike_peer *peer,
				  struct chunk name)
{
	const uint8_t *p = name.p;

	if (name.len < 2 || (p[0] != PPK_ID_OPAQUE && p[0] != PPK_ID_FIXED))
		return NULL;
	for (size_t i = 0; i < peer->n_ppk; i++)
		if (peer->ppk[i].id_len == name.len - 1 &&
		    !memcmp(peer->ppk[i].id, p + 1, name.len - 1))
			return &peer->ppk[i];
	return NULL;
}

int ppk_request(struct ike_sa *sa, const struct ike_msg *m, struct chunk *auth,
		struct missiu_diag *why)
{
	const struct ike_notify *id = ike_msg_notify(m, IKE_N_PPK_IDENTITY);
	const struct ike_notify *without = ike_msg_notify(m, IKE_N_NO_PPK_AUTH);
	const struct ike_ppk *ppk = NULL;

	if (sa->use_ppk && id)
		ppk = find(sa->peer, id->data);
	if (ppk) {
		sa->ppk_used = true;
		return mix(sa, ppk);
	}
	if (sa->peer->ppk_required)
		return diag_set(why, MISSIU_EAUTH,
				id ? "peer names a PPK that we do not have" :
				     "peer uses no PPK, we require one");
	if (sa->use_ppk && id && !without)
		return diag_set(why, MISSIU_EAUTH,
				"peer requires a PPK that we do not have");
	if (sa->use_ppk && id)
		*auth = without->data;
	return 0;
}

void ppk_put_used(const struct ike_sa *sa, struct ike_build *b)
{
	if (sa->ppk_used)
		ike_put_notify_data(b, IKE_N_PPK_IDENTITY, NULL, 0);
}
