/* SPDX-License-Identifier: Apache-2.0 */
/* The Internet checksum over payloads, many bytes at a time (RFC 1071). */
#ifndef IPSEC_GSO_SUM_H
#define IPSEC_GSO_SUM_H

#include <stddef.h>
#include <stdint.h>

/**
 * sum_bytes() - one's complement sum, folded to 16 bits
 * @len: any; an odd last byte counts as if a zero followed it
 *
 * Return: a value like ip_sum()'s, to be added to others.
 */
uint32_t sum_bytes(const uint8_t *p, size_t len);

/** sum_copy() - memcpy() that returns the sum of what it copied */
uint32_t sum_copy(uint8_t *dst, const uint8_t *src, size_t len);

#endif
