/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sample messages of the IKE codec's tests. Those marked scapy were encoded by
 * scapy 2.5's IKEv2 layer, not by us.
 */
#ifndef IKE_SAMPLES_H
#define IKE_SAMPLES_H

#include <stdlib.h>
#include <string.h>

#include "ike/msg.h"

/* scapy: IKE_SA_INIT request, SPIi 0102030405060708 */
#define SAMPLE_INIT                                                                               \
	"0102030405060708 0000000000000000 21 20 22 08 00000000 00000115" /* SA, two proposals */ \
	"22 00 0064"                                                                              \
	"02 00 0034 01 01 00 05"                                                                  \
	"03 00 000c 01 00 0014 800e 0080" /* ENCR AES-GCM-16, 128 bits */                         \
	"03 00 0008 01 00 001c"		  /* ENCR ChaCha20-Poly1305 */                            \
	"03 00 0008 02 00 0005"		  /* PRF HMAC-SHA2-256 */                                 \
	"03 00 0008 04 00 001f"		  /* DH x25519 */                                         \
	"00 00 0008 04 00 000e"		  /* DH modp2048 */                                       \
	"00 00 002c 02 01 00 04"                                                                  \
	"03 00 000c 01 00 000c 800e 0100" /* ENCR AES-CBC, 256 bits */                            \
	"03 00 0008 02 00 0005"		  /* PRF HMAC-SHA2-256 */                                 \
	"03 00 0008 03 00 000c"		  /* INTEG HMAC-SHA2-256-128 */                           \
	"00 00 0008 04 00 000e" /* DH modp2048 */ /* KE, group 31 */                              \
	"28 00 0028 001f 0000"                                                                    \
	"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f" /* Nonce */            \
	"29 00 0024"                                                                              \
	"404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f"                        \
	"29 00 001c 00 00 4004" /* N(NAT_DETECTION_SOURCE_IP) */                                  \
	"a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1"                                                \
	"29 00 001c 00 00 4005" /* N(NAT_DETECTION_DESTINATION_IP) */                             \
	"b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2"                                                \
	"2b 00 0008 00 00 402e" /* N(IKEV2_FRAGMENTATION_SUPPORTED) */                            \
	"00 00 0009 7363617079" /* V "scapy" */

/* scapy: what is inside of an IKE_AUTH request; the first payload is IDi */
#define SAMPLE_AUTH_INNER                                                      \
	/* IDi FQDN east.example */                                            \
	"24 00 0014 02 000000 656173742e6578616d706c65"                        \
	"27 00 000c 01 000000 c0000202" /* IDr IPv4 192.0.2.2 */               \
	"29 00 0028 02 000000"		/* AUTH, shared key */                 \
	"808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f"     \
	"21 00 0008 00 00 4007" /* N(USE_TRANSPORT_MODE) */                    \
	"2c 00 0038"		/* SA */                                       \
	"00 00 0034 01 03 04 04 c0ffee01"                                      \
	"03 00 000c 01 00 0014 800e 0080" /* ENCR AES-GCM-16, 128 bits */      \
	"03 00 000c 01 00 0014 800e 0100" /* ENCR AES-GCM-16, 256 bits */      \
	"03 00 0008 05 00 0001"		  /* ESN */                            \
	"00 00 0008 05 00 0000"		  /* no ESN */                         \
	"2d 00 0028 02 000000"		  /* TSi */                            \
	"07 06 0010 9c40 9c40 c0000201 c0000201"                               \
	"07 00 0010 0000 ffff c0000200 c00002ff"                               \
	"00 00 0040 02 000000" /* TSr */                                       \
	"07 06 0010 0050 0050 c6336407 c6336407"                               \
	"08 00 0028 0000 ffff"                                                 \
	"20010db8000000000000000000000000 20010db800000000000000000000ffff"

/* scapy: IKE_AUTH request with an SK payload of 40 bytes */
#define SAMPLE_SK                                                              \
	"0102030405060708 1112131415161718 2e 20 23 08 00000001 00000048"      \
	"23 00 002c"                                                           \
	"303132333435363738393a3b3c3d3e3f404142434445464748494a4b4c4d4e4f"     \
	"5051525354555657"

/* scapy: first of three fragments, 36 bytes */
#define SAMPLE_SKF                                                             \
	"0102030405060708 1112131415161718 35 20 23 08 00000001 00000048"      \
	"23 00 002c 0001 0003"                                                 \
	"303132333435363738393a3b3c3d3e3f404142434445464748494a4b4c4d4e4f"     \
	"50515253"

/* By hand: D of two ESP SAs and of the IKE SA; the first payload is D */
#define SAMPLE_DELETE_INNER                                                    \
	"2a 00 0010 03 04 0002 c0ffee01 c0ffee02"                              \
	"00 00 0008 01 00 0000"

/* By hand: everything that is kept raw; the first payload is CERT */
#define SAMPLE_RAW_INNER                                                       \
	"26 00 0008 04 aabbcc"	   /* CERT, X.509 signature */                 \
	"2f 00 0007 04 1122"	   /* CERTREQ */                               \
	"30 00 0008 01 000000"	   /* CP, CFG_REQUEST */                       \
	"c8 00 0009 01 01 0005 01" /* EAP, request identity */                 \
	"00 00 0006 beef"	   /* type 200: unknown, not critical */

#define BYTES_MAX 4096

struct bytes {
	size_t len;
	uint8_t b[BYTES_MAX];
};

/* Hex with blanks to bytes. */
static inline struct bytes unhex(const char *hex)
{
	struct bytes out = { 0 };
	int high = -1;

	for (; *hex; hex++) {
		static const char digits[] = "0123456789abcdef";
		const char *at = strchr(digits, *hex);

		if (!at)
			continue;
		if (high < 0) {
			high = (int)(at - digits);
			continue;
		}
		out.b[out.len++] = (uint8_t)(high << 4 | (int)(at - digits));
		high = -1;
	}
	return out;
}

/* A copy in a block of exactly its size, so that ASan sees one byte over. */
static inline uint8_t *exact(const void *src, size_t len)
{
	uint8_t *p = malloc(len ? len : 1);

	if (!p)
		abort();
	memcpy(p, src, len);
	return p;
}

/* Patch the header's length field. */
static inline void set_len(uint8_t *msg, size_t len)
{
	store_be32(msg + IKE_HDR_LEN - 4, (uint32_t)len);
}

#endif
