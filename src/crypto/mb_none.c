/* SPDX-License-Identifier: Apache-2.0 */
/* In place of mb*.c where intel-ipsec-mb is not installed. */
#include "crypto/backend.h"

const struct crypt_backend *mb_backend(const char **name)
{
	*name = NULL;
	return NULL;
}
