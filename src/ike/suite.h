/* SPDX-License-Identifier: Apache-2.0 */
/* Names of transforms in the notation that configurations of the field use. */
#ifndef IKE_SUITE_H
#define IKE_SUITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ike/wire.h"

struct suite_name {
	const char *name; /* "aes128gcm16", "prfsha256" */
	uint8_t type;	  /* enum ike_transform_type */
	uint16_t id;
	uint16_t key_bits; /* 0: no Key Length attribute */
};

/** suite_by_name() - the transform of a token; NULL when unknown */
const struct suite_name *suite_by_name(const char *token, size_t len);

/**
 * suite_by_number() - the preferred name of a transform; NULL when unknown
 * @key_bits: 0 when there is no Key Length attribute
 */
const struct suite_name *suite_by_number(uint8_t type, uint16_t id,
					 uint16_t key_bits);

/** suite_type_name() - "encryption", "Diffie-Hellman group"; never NULL */
const char *suite_type_name(uint8_t type);

/** suite_is_aead() - the ENCR transform needs no INTEG (also GMAC) */
bool suite_is_aead(uint16_t encr);

/** suite_prf_of_integ() - PRF with the same hash; 0: none */
uint16_t suite_prf_of_integ(uint16_t integ);

#endif
