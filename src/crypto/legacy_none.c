/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/legacy.h"

#include <stddef.h>

void legacy_init(void)
{
}

const EVP_CIPHER *legacy_cipher(uint8_t encr)
{
	(void)encr;
	return NULL;
}

bool legacy_lacks(uint8_t encr)
{
	(void)encr;
	return false;
}
