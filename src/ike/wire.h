/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers of IKEv2 on the wire: RFC 7296 and IANA's "Internet Key Exchange
 * Version 2 (IKEv2) Parameters". Only what this tree speaks or explains.
 */
#ifndef IKE_WIRE_H
#define IKE_WIRE_H

#include <assert.h>

/* Sizes of fixed parts (RFC 7296 section 3). */
#define IKE_HDR_LEN	   28 /* 3.1 */
#define IKE_PLD_HDR_LEN	   4  /* 3.2: next, critical, length */
#define IKE_PROPOSAL_LEN   8  /* 3.3.1 without SPI */
#define IKE_TRANSFORM_LEN  8  /* 3.3.2 without attributes */
#define IKE_ATTR_LEN	   4  /* 3.3.5: type and value or length */
#define IKE_KE_LEN	   4  /* 3.4 after the generic header */
#define IKE_ID_LEN	   4  /* 3.5 */
#define IKE_AUTH_LEN	   4  /* 3.8 */
#define IKE_NOTIFY_LEN	   4  /* 3.10 without SPI */
#define IKE_DELETE_LEN	   4  /* 3.11 without SPIs */
#define IKE_TS_LIST_LEN	   4  /* 3.13 count and reserved */
#define IKE_TS_LEN	   8  /* 3.13.1 without addresses */
#define IKE_TS4_LEN	   16 /* a whole IPv4 selector */
#define IKE_TS6_LEN	   40 /* a whole IPv6 selector */
#define IKE_SKF_LEN	   4  /* RFC 7383 2.5 */
#define IKE_SPI_LEN	   8
#define IKE_NONCE_MIN	   16 /* 2.10, 3.9 */
#define IKE_NONCE_MAX	   256
#define IKE_COOKIE_MAX	   64 /* 2.6 */
#define IKE_NON_ESP_MARKER 4  /* RFC 3948 2.2 */

static_assert(IKE_TS4_LEN == IKE_TS_LEN + 2 * 4, "RFC 7296 3.13.1");
static_assert(IKE_TS6_LEN == IKE_TS_LEN + 2 * 16, "RFC 7296 3.13.1");
static_assert(IKE_HDR_LEN == 2 * IKE_SPI_LEN + 12, "RFC 7296 3.1");

#define IKE_VERSION_MAJOR 2
#define IKE_VERSION_BYTE  0x20 /* major 2, minor 0 */

/* Header flags (3.1). */
enum ike_flag {
	IKE_F_INITIATOR = 0x08, /* sender is the SA's original initiator */
	IKE_F_VERSION = 0x10,	/* sender could speak a higher version */
	IKE_F_RESPONSE = 0x20,
};

/* Payload flag: the sender wants unknown types refused (3.2). */
#define IKE_PLD_CRITICAL 0x80

enum ike_exchange {
	IKE_X_SA_INIT = 34,
	IKE_X_AUTH = 35,
	IKE_X_CREATE_CHILD = 36,
	IKE_X_INFORMATIONAL = 37,
	IKE_X_SESSION_RESUME = 38, /* RFC 5723 */
	IKE_X_INTERMEDIATE = 43,   /* RFC 9242 */
	IKE_X_FOLLOWUP_KE = 44,	   /* RFC 9370 */
};

enum ike_payload {
	IKE_P_NONE = 0,
	IKE_P_SA = 33,
	IKE_P_KE = 34,
	IKE_P_IDI = 35,
	IKE_P_IDR = 36,
	IKE_P_CERT = 37,
	IKE_P_CERTREQ = 38,
	IKE_P_AUTH = 39,
	IKE_P_NONCE = 40,
	IKE_P_NOTIFY = 41,
	IKE_P_DELETE = 42,
	IKE_P_VENDOR = 43,
	IKE_P_TSI = 44,
	IKE_P_TSR = 45,
	IKE_P_SK = 46,
	IKE_P_CP = 47,
	IKE_P_EAP = 48,
	IKE_P_SKF = 53, /* RFC 7383 */
};

/* Protocol identifiers of proposals, notifies and deletes (3.3.1). */
enum ike_proto {
	IKE_PROTO_NONE = 0,
	IKE_PROTO_IKE = 1,
	IKE_PROTO_AH = 2,
	IKE_PROTO_ESP = 3,
};

/* Notify types (3.10.1): below 16384 errors. number, name on the wire */
#define IKE_NOTIFIES(X)                                                        \
	X(UNSUPPORTED_CRITICAL_PAYLOAD, 1)                                     \
	X(INVALID_IKE_SPI, 4)                                                  \
	X(INVALID_MAJOR_VERSION, 5)                                            \
	X(INVALID_SYNTAX, 7)                                                   \
	X(INVALID_MESSAGE_ID, 9)                                               \
	X(INVALID_SPI, 11)                                                     \
	X(NO_PROPOSAL_CHOSEN, 14)                                              \
	X(INVALID_KE_PAYLOAD, 17)                                              \
	X(AUTHENTICATION_FAILED, 24)                                           \
	X(SINGLE_PAIR_REQUIRED, 34)                                            \
	X(NO_ADDITIONAL_SAS, 35)                                               \
	X(INTERNAL_ADDRESS_FAILURE, 36)                                        \
	X(FAILED_CP_REQUIRED, 37)                                              \
	X(TS_UNACCEPTABLE, 38)                                                 \
	X(INVALID_SELECTORS, 39)                                               \
	X(UNACCEPTABLE_ADDRESSES, 40)                                          \
	X(UNEXPECTED_NAT_DETECTED, 41)                                         \
	X(USE_ASSIGNED_HOA, 42)                                                \
	X(TEMPORARY_FAILURE, 43)                                               \
	X(CHILD_SA_NOT_FOUND, 44)                                              \
	X(INVALID_GROUP_ID, 45)                                                \
	X(AUTHORIZATION_FAILED, 46)                                            \
	X(STATE_NOT_FOUND, 47)                                                 \
	X(INITIAL_CONTACT, 16384)                                              \
	X(SET_WINDOW_SIZE, 16385)                                              \
	X(ADDITIONAL_TS_POSSIBLE, 16386)                                       \
	X(IPCOMP_SUPPORTED, 16387)                                             \
	X(NAT_DETECTION_SOURCE_IP, 16388)                                      \
	X(NAT_DETECTION_DESTINATION_IP, 16389)                                 \
	X(COOKIE, 16390)                                                       \
	X(USE_TRANSPORT_MODE, 16391)                                           \
	X(HTTP_CERT_LOOKUP_SUPPORTED, 16392)                                   \
	X(REKEY_SA, 16393)                                                     \
	X(ESP_TFC_PADDING_NOT_SUPPORTED, 16394)                                \
	X(NON_FIRST_FRAGMENTS_ALSO, 16395)                                     \
	X(MOBIKE_SUPPORTED, 16396)                                             \
	X(ADDITIONAL_IP4_ADDRESS, 16397)                                       \
	X(ADDITIONAL_IP6_ADDRESS, 16398)                                       \
	X(NO_ADDITIONAL_ADDRESSES, 16399)                                      \
	X(UPDATE_SA_ADDRESSES, 16400)                                          \
	X(COOKIE2, 16401)                                                      \
	X(NO_NATS_ALLOWED, 16402)                                              \
	X(AUTH_LIFETIME, 16403)                                                \
	X(MULTIPLE_AUTH_SUPPORTED, 16404)                                      \
	X(ANOTHER_AUTH_FOLLOWS, 16405)                                         \
	X(REDIRECT_SUPPORTED, 16406)                                           \
	X(REDIRECT, 16407)                                                     \
	X(REDIRECTED_FROM, 16408)                                              \
	X(TICKET_LT_OPAQUE, 16409)                                             \
	X(TICKET_REQUEST, 16410)                                               \
	X(TICKET_ACK, 16411)                                                   \
	X(TICKET_NACK, 16412)                                                  \
	X(TICKET_OPAQUE, 16413)                                                \
	X(LINK_ID, 16414)                                                      \
	X(ROHC_SUPPORTED, 16416)                                               \
	X(EAP_ONLY_AUTHENTICATION, 16417)                                      \
	X(CHILDLESS_IKEV2_SUPPORTED, 16418)                                    \
	X(QUICK_CRASH_DETECTION, 16419)                                        \
	X(IKEV2_MESSAGE_ID_SYNC_SUPPORTED, 16420)                              \
	X(ERX_SUPPORTED, 16427)                                                \
	X(IKEV2_FRAGMENTATION_SUPPORTED, 16430)                                \
	X(SIGNATURE_HASH_ALGORITHMS, 16431)                                    \
	X(USE_PPK, 16435)                                                      \
	X(PPK_IDENTITY, 16436)                                                 \
	X(NO_PPK_AUTH, 16437)                                                  \
	X(INTERMEDIATE_EXCHANGE_SUPPORTED, 16438)                              \
	X(ADDITIONAL_KEY_EXCHANGE, 16441)

enum ike_notify_type {
#define X(name, number) IKE_N_##name = number,
	IKE_NOTIFIES(X)
#undef X
};

/* First status type; everything below is an error (3.10.1). */
#define IKE_N_STATUS_MIN 16384

enum ike_id_type {
	IKE_ID_NONE = 0,
	IKE_ID_IPV4 = 1,
	IKE_ID_FQDN = 2,
	IKE_ID_RFC822 = 3,
	IKE_ID_IPV6 = 5,
	IKE_ID_DER_DN = 9,
	IKE_ID_DER_GN = 10,
	IKE_ID_KEY_ID = 11,
	IKE_ID_NULL = 13, /* RFC 7619: nobody; no data */
};

enum ike_auth_method {
	IKE_AUTH_RSA_SHA1 = 1,
	IKE_AUTH_PSK = 2,
	IKE_AUTH_DSS = 3,
	IKE_AUTH_ECDSA_256 = 9,
	IKE_AUTH_ECDSA_384 = 10,
	IKE_AUTH_ECDSA_521 = 11,
	IKE_AUTH_NULL = 13,	 /* RFC 7619 */
	IKE_AUTH_SIGNATURE = 14, /* RFC 7427 */
};

/* Certificate encodings (3.6). */
enum ike_cert_encoding {
	IKE_CERT_X509_SIGNATURE = 4,
	IKE_CERT_HASH_URL = 12,
	IKE_CERT_HASH_URL_BUNDLE = 13,
	IKE_CERT_OCSP = 14, /* RFC 4806 */
};

/* Transform types (3.3.2). */
enum ike_transform_type {
	IKE_T_ENCR = 1,
	IKE_T_PRF = 2,
	IKE_T_INTEG = 3,
	IKE_T_DH = 4,
	IKE_T_ESN = 5,
	IKE_T_ADDKE1 = 6, /* to 12: additional key exchanges (RFC 9370) */
	IKE_T_MAX = 13,	  /* types from here on are unknown to us */
};

/** Additional key exchanges of one SA, at most (RFC 9370 2.2.1). */
#define IKE_ADDKE_MAX (IKE_T_MAX - IKE_T_ADDKE1)

enum ike_encr_id {
	IKE_ENCR_DES = 2,
	IKE_ENCR_3DES = 3,
	IKE_ENCR_CAST = 6,
	IKE_ENCR_BLOWFISH = 7,
	IKE_ENCR_NULL = 11,
	IKE_ENCR_AES_CBC = 12,
	IKE_ENCR_AES_CTR = 13,
	IKE_ENCR_AES_CCM_8 = 14,
	IKE_ENCR_AES_CCM_12 = 15,
	IKE_ENCR_AES_CCM_16 = 16,
	IKE_ENCR_AES_GCM_8 = 18,
	IKE_ENCR_AES_GCM_12 = 19,
	IKE_ENCR_AES_GCM_16 = 20,
	IKE_ENCR_AES_GMAC = 21, /* RFC 4543: authenticates, hides nothing */
	IKE_ENCR_CAMELLIA_CBC = 23,
	IKE_ENCR_CAMELLIA_CTR = 24,
	IKE_ENCR_CAMELLIA_CCM_8 = 25,
	IKE_ENCR_CAMELLIA_CCM_12 = 26,
	IKE_ENCR_CAMELLIA_CCM_16 = 27,
	IKE_ENCR_CHACHA20_POLY1305 = 28, /* RFC 7634 */
};

enum ike_prf_id {
	IKE_PRF_HMAC_MD5 = 1,
	IKE_PRF_HMAC_SHA1 = 2,
	IKE_PRF_AES128_XCBC = 4,
	IKE_PRF_HMAC_SHA256 = 5,
	IKE_PRF_HMAC_SHA384 = 6,
	IKE_PRF_HMAC_SHA512 = 7,
	IKE_PRF_AES128_CMAC = 8,
};

enum ike_integ_id {
	IKE_INTEG_NONE = 0,
	IKE_INTEG_MD5_96 = 1,
	IKE_INTEG_SHA1_96 = 2,
	IKE_INTEG_AES_XCBC_96 = 5,
	IKE_INTEG_MD5_128 = 6,
	IKE_INTEG_SHA1_160 = 7,
	IKE_INTEG_AES_CMAC_96 = 8,
	IKE_INTEG_AES_128_GMAC = 9, /* RFC 4543: AH only */
	IKE_INTEG_AES_192_GMAC = 10,
	IKE_INTEG_AES_256_GMAC = 11,
	IKE_INTEG_SHA256_128 = 12,
	IKE_INTEG_SHA384_192 = 13,
	IKE_INTEG_SHA512_256 = 14,
};

enum ike_dh_id {
	IKE_DH_NONE = 0,
	IKE_DH_MODP768 = 1,
	IKE_DH_MODP1024 = 2,
	IKE_DH_MODP1536 = 5,
	IKE_DH_MODP2048 = 14,
	IKE_DH_MODP3072 = 15,
	IKE_DH_MODP4096 = 16,
	IKE_DH_MODP6144 = 17,
	IKE_DH_MODP8192 = 18,
	IKE_DH_ECP256 = 19,
	IKE_DH_ECP384 = 20,
	IKE_DH_ECP521 = 21,
	IKE_DH_X25519 = 31,
	IKE_DH_X448 = 32,
	IKE_KE_MLKEM512 = 35,
	IKE_KE_MLKEM768 = 36,
	IKE_KE_MLKEM1024 = 37,
};

enum ike_esn_id { IKE_ESN_NO = 0, IKE_ESN_YES = 1 };

/* The only transform attribute there is (3.3.5), fixed format (AF 1). */
#define IKE_ATTR_KEY_LENGTH 14
#define IKE_ATTR_AF	    0x8000

enum ike_ts_type { IKE_TS_IPV4 = 7, IKE_TS_IPV6 = 8 };

/* "More" fields of proposals and transforms (3.3.1, 3.3.2). */
#define IKE_MORE_PROPOSALS  2
#define IKE_MORE_TRANSFORMS 3

/* Hash algorithms of SIGNATURE_HASH_ALGORITHMS (RFC 7427 4). */
enum ike_hash_id {
	IKE_HASH_SHA1 = 1,
	IKE_HASH_SHA256 = 2,
	IKE_HASH_SHA384 = 3,
	IKE_HASH_SHA512 = 4,
	IKE_HASH_IDENTITY = 5, /* RFC 8420 */
};

/** ike_notify_name() - "NO_PROPOSAL_CHOSEN"; NULL when unknown */
const char *ike_notify_name(unsigned type);

/** ike_payload_name() - "SA", "TSi"; "unknown" outside the list; never NULL */
const char *ike_payload_name(unsigned type);

/** ike_exchange_name() - "IKE_SA_INIT"; "unknown" outside the list */
const char *ike_exchange_name(unsigned type);

#endif
