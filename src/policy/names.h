/* SPDX-License-Identifier: Apache-2.0 */
/* Names for people, for programs that may not see the suite table. */
#ifndef POLICY_NAMES_H
#define POLICY_NAMES_H

#include "missiu/types.h"

/** encr_name() - of an enum missiu_encr, e.g. "aes-gcm"; never NULL */
const char *encr_name(uint8_t id);

/** auth_name() - of an enum missiu_auth, e.g. "hmac-sha1-96"; never NULL */
const char *auth_name(uint8_t id);

/** encr_salt_len() - bytes of a cipher's key that are salt */
size_t encr_salt_len(uint8_t id);

#endif
