/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/mac.h"

#include <stdlib.h>

#include "missiu/err.h"

#include "common/secret.h"
#include "crypto/mac_impl.h"

struct mac {
	bool is_hmac;
	union {
		struct hmac hmac;
		struct cbcmac cbc;
	};
};

int mac_new(enum mac_id id, const uint8_t *key, size_t len, struct mac **out)
{
	struct mac *m = calloc(1, sizeof(*m));
	int ret;

	if (!m)
		return MISSIU_ENOMEM;
	m->is_hmac = id != MAC_AES_XCBC && id != MAC_AES_CMAC;
	ret = m->is_hmac ? hmac_init(&m->hmac, id, key, len) :
			   cbcmac_init(&m->cbc, id, key, len);
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
	if (!m->is_hmac)
		cbcmac_fini(&m->cbc);
	secret_wipe(m, sizeof(*m));
	free(m);
}

size_t mac_len(const struct mac *m)
{
	return m->is_hmac ? hmac_len(&m->hmac) : sizeof(m->cbc.last);
}

void mac_start(struct mac *m)
{
	if (m->is_hmac)
		hmac_start(&m->hmac);
	else
		cbcmac_start(&m->cbc);
}

void mac_update(struct mac *m, const void *p, size_t len)
{
	if (!len)
		return;
	if (m->is_hmac)
		hmac_update(&m->hmac, p, len);
	else
		cbcmac_update(&m->cbc, p, len);
}

int mac_final(struct mac *m, uint8_t *out)
{
	if (!m->is_hmac)
		return cbcmac_final(&m->cbc, out);
	hmac_final(&m->hmac, out);
	return 0;
}
