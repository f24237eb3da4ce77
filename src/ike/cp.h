/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Configuration payloads (RFC 7296 3.15, RFC 8598 4): bytes to struct ike_cp
 * and back.
 *
 *   | type | 0 | 0 | 0 | attribute ... |    attribute: | R, type | length | value |
 *
 * An attribute without a value asks for one; struct ike_cp.seen tells which
 * ones stood there, with a value or without.
 */
#ifndef IKE_CP_H
#define IKE_CP_H

#include "crypto/ikecrypt.h"
#include "missiu/types.h"

#define IKE_CP_DNS_MAX	  8
#define IKE_CP_SUBNET_MAX 16
#define IKE_CP_DOMAIN_MAX 8
#define IKE_DOMAIN_MAX	  253 /* longest name, without the dot at the end */

enum ike_cp_type {
	IKE_CFG_REQUEST = 1,
	IKE_CFG_REPLY = 2,
	IKE_CFG_SET = 3,
	IKE_CFG_ACK = 4
};

/* Attributes; each is a bit of struct ike_cp.seen by its number. */
enum ike_cp_attr {
	IKE_CP_IP4_ADDRESS = 1,
	IKE_CP_IP4_NETMASK = 2,
	IKE_CP_IP4_DNS = 3,
	IKE_CP_VERSION = 7,
	IKE_CP_IP6_ADDRESS = 8,
	IKE_CP_IP6_DNS = 10,
	IKE_CP_IP4_SUBNET = 13,
	IKE_CP_SUPPORTED = 14,
	IKE_CP_IP6_SUBNET = 15,
	IKE_CP_DNS_DOMAIN = 25,
};

/** Bit of an attribute in struct ike_cp.seen. */
#define IKE_CP_SEEN(attr) (UINT32_C(1) << (attr))

/** A prefix; addr may have bits set behind it. */
struct ike_cp_prefix {
	struct missiu_addr addr;
	uint8_t plen;
};

/** One payload. What was seen without a value is zero here. */
struct ike_cp {
	uint8_t type;  /* enum ike_cp_type */
	uint32_t seen; /* IKE_CP_SEEN() of each that stood there */
	struct missiu_addr ip4, netmask;
	struct ike_cp_prefix ip6;
	uint8_t n_dns, n_subnet, n_domain;
	uint8_t n_more;	   /* values beyond the maxima, not kept */
	uint8_t n_unknown; /* attributes of other types, skipped */
	struct missiu_addr dns[IKE_CP_DNS_MAX]; /* of both families */
	struct ike_cp_prefix subnet[IKE_CP_SUBNET_MAX];
	struct chunk domain[IKE_CP_DOMAIN_MAX]; /* any bytes; not checked */
	struct chunk version;
};

/**
 * ike_cp_parse() - read the body of a payload
 * @body: without the generic header; must outlive @cp
 * @cp:   out; unspecified on failure
 *
 * Return: 0; MISSIU_EPROTO: malformed, or a known attribute of a length that
 * it cannot have.
 */
int ike_cp_parse(struct chunk body, struct ike_cp *cp);

/**
 * ike_cp_write() - make the body of a payload
 * @buf, @cap: out
 *
 * Attributes of seen without a value are written without one; SUPPORTED gets
 * the list of those that this code reads.
 *
 * Return: bytes; 0: @cap is too small.
 */
size_t ike_cp_write(const struct ike_cp *cp, uint8_t *buf, size_t cap);

/**
 * ike_domain_ok() - whether bytes are a domain in its usual form
 * @name: "example.org": labels of letters, digits, - and _, no dot at the end
 */
bool ike_domain_ok(struct chunk name);

#endif
