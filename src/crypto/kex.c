/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/kex.h"

#include <stdlib.h>

#include "common/secret.h"
#include "crypto/kem_impl.h"

struct kex {
	uint16_t method;
	struct dh *dh;	     /* a group … */
	struct kem_key *kem; /* … or a KEM */
	struct kex_value value;
};

bool kex_supported(uint16_t method)
{
	const struct kem_alg *a = kem_alg(method);

	return a ? kem_usable(a) : dh_supported(method);
}

bool kex_missing(uint16_t method, char *buf, size_t cap)
{
	const struct kem_alg *a = kem_alg(method);

	if (!a || kem_usable(a))
		return false;
	kem_missing(buf, cap);
	return true;
}

struct kex *kex_new(uint16_t method)
{
	const struct kem_alg *a = kem_alg(method);
	struct kex *k = calloc(1, sizeof(*k));

	if (!k)
		return NULL;
	k->method = method;
	if (a) {
		k->kem = kem_new(a, &k->value);
	} else {
		k->dh = dh_new(method, k->value.p);
		k->value.len = dh_public_len(method);
	}
	if (!k->kem && !k->dh) {
		kex_free(k);
		return NULL;
	}
	return k;
}

uint16_t kex_method(const struct kex *k)
{
	return k->method;
}

struct chunk kex_value(const struct kex *k)
{
	return (struct chunk){ k->value.p, k->value.len };
}

int kex_answer(uint16_t method, struct chunk peer, struct kex_value *value,
	       struct kex_secret *secret)
{
	const struct kem_alg *a = kem_alg(method);
	struct dh *dh;
	int ret;

	if (a && !kem_usable(a))
		return MISSIU_EUNSUP;
	if (a)
		return kem_encaps(a, peer, value, secret);
	if (!dh_supported(method))
		return MISSIU_EUNSUP;
	dh = dh_new(method, value->p);
	if (!dh)
		return MISSIU_ECRYPTO;
	value->len = dh_public_len(method);
	ret = dh_shared(dh, peer.p, peer.len, secret->p, &secret->len);
	dh_free(dh);
	return ret;
}

int kex_finish(struct kex *k, struct chunk peer, struct kex_secret *secret)
{
	if (k->kem)
		return kem_decaps(k->kem, peer, secret);
	return dh_shared(k->dh, peer.p, peer.len, secret->p, &secret->len);
}

void kex_free(struct kex *k)
{
	if (!k)
		return;
	kem_free(k->kem);
	dh_free(k->dh);
	free(k);
}
