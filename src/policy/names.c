/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/names.h"

#include "crypto/algs.h"

const char *encr_name(uint8_t id)
{
	const struct encr_alg *a = encr_alg(id);

	return a ? a->name : id == MISSIU_ENCR_ANY ? "any" : "unknown";
}

const char *auth_name(uint8_t id)
{
	const struct auth_alg *a = auth_alg(id);

	return a ? a->name : id == MISSIU_AUTH_ANY ? "any" : "unknown";
}

size_t encr_salt_len(uint8_t id)
{
	const struct encr_alg *a = encr_alg(id);

	return a ? a->salt_len : 0;
}
