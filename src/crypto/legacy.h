/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DES and Blowfish, which OpenSSL 3 keeps in its legacy provider: legacy.c in
 * a build with LEGACY=1, else legacy_none.c. Internal to the layer.
 */
#ifndef CRYPTO_LEGACY_H
#define CRYPTO_LEGACY_H

#include <stdbool.h>
#include <stdint.h>

#include <openssl/evp.h>

/**
 * legacy_init() - load the provider
 *
 * Into a library context of our own: the rest of the program, which may be
 * somebody else's, gets none of its algorithms. Called once, by crypt_init();
 * reads files, so before a program gives up the right to.
 */
void legacy_init(void);

/** legacy_cipher() - CBC by enum missiu_encr; NULL: another one, or lacking */
const EVP_CIPHER *legacy_cipher(uint8_t encr);

/** legacy_lacks() - would need the provider, which could not be loaded */
bool legacy_lacks(uint8_t encr);

#endif
