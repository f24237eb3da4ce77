/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/mac.h"

#include <stdlib.h>

#include "missiu/err.h"

#include "common/secret.h"
#include "crypto/mac_impl.h"

enum kind { HMAC_KIND, CBC_KIND, BLAKE2_KIND };

struct mac {
	enum kind kind;
	union {
		struct hmac hmac;
		struct cbcmac cbc;
		struct blake2 blake2;
	};
};

static const enum kind kinds[] = {
	[MAC_AES_XCBC] = CBC_KIND,   [MAC_AES_CMAC] = CBC_KIND,
	[MAC_BLAKE2B] = BLAKE2_KIND, [MAC_BLAKE2S] = BLAKE2_KIND,
	[MAC_HMAC_MD5] = HMAC_KIND, /* as those that are not listed */
};

static int init(struct mac *m, enum mac_id id, const uint8_t *key, size_t len)
{
	if (m->kind == HMAC_KIND)
		return hmac_init(&m->hmac, id, key, len);
	if (m->kind == CBC_KIND)
		return cbcmac_init(&m->cbc, id, key, len);
	return blake2_init(&m->blake2, id, key, len);
}

int mac_new(enum mac_id id, const uint8_t *key, size_t len, struct mac **out)
{
	struct mac *m = calloc(1, sizeof(*m));
	int ret;

	if (!m)
		return MISSIU_ENOMEM;
	m->kind = kinds[id];
	ret = init(m, id, key, len);
	if (ret) {
		mac_free(m);
		return ret;
	}
	*out = m;
	return 0;
}

void mac_free(struct mac *m)
{
	if (!m)
		return;
	if (m->kind == CBC_KIND)
		cbcmac_fini(&m->cbc);
	else if (m->kind == BLAKE2_KIND)
		blake2_fini(&m->blake2);
	secret_wipe(m, sizeof(*m));
	free(m);
}

size_t mac_len(const struct mac *m)
{
	if (m->kind == HMAC_KIND)
		return hmac_len(&m->hmac);
	return m->kind == CBC_KIND ? sizeof(m->cbc.last) : BLAKE2_LEN;
}

void mac_start(struct mac *m)
{
	if (m->kind == HMAC_KIND)
		hmac_start(&m->hmac);
	else if (m->kind == CBC_KIND)
		cbcmac_start(&m->cbc);
	else
		blake2_start(&m->blake2);
}

void mac_update(struct mac *m, const void *p, size_t len)
{
	if (!len)
		return;
	if (m->kind == HMAC_KIND)
		hmac_update(&m->hmac, p, len);
	else if (m->kind == CBC_KIND)
		cbcmac_update(&m->cbc, p, len);
	else
		blake2_update(&m->blake2, p, len);
}

int mac_final(struct mac *m, uint8_t *out)
{
	if (m->kind == CBC_KIND)
		return cbcmac_final(&m->cbc, out);
	if (m->kind == BLAKE2_KIND)
		return blake2_final(&m->blake2, out);
	hmac_final(&m->hmac, out);
	return 0;
}
