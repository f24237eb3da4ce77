/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who the key daemon talks to: the statement "peer NAME { ... }" of the
 * configuration language. Plain data: names of files, never their contents.
 *
 * To add a keyword: a line in enum missiu_peer_key, a field below, a row in
 * src/policy/peer_keys.c, a paragraph in missiu-policy(5).
 */
#ifndef MISSIU_PEER_H
#define MISSIU_PEER_H

#include "missiu/types.h"

/** Longest text value: file names, proposals, … */
#define MISSIU_PEER_TEXT_MAX 255
/** … but identities: distinguished names may be long. */
#define MISSIU_PEER_ID_MAX 2048
/** Entries of a keyword that may be repeated. */
#define MISSIU_PEER_LIST_MAX 8
/** Longest pre-shared key that a file of policies can hold, in bytes. */
#define MISSIU_PEER_PSK_MAX 256
/** Room that always suffices for missiu_peer_print(). */
#define MISSIU_PEER_PRINT_MAX 131072

/** The keywords, in the order of printing. */
enum missiu_peer_key {
	MISSIU_PEER_RADDR,
	MISSIU_PEER_LADDR,
	MISSIU_PEER_ID,
	MISSIU_PEER_PEER_ID,
	MISSIU_PEER_AUTH,
	MISSIU_PEER_PEER_AUTH,
	MISSIU_PEER_PSK,
	MISSIU_PEER_PSK_FILE,
	MISSIU_PEER_CERT,
	MISSIU_PEER_KEY,
	MISSIU_PEER_KEY_PASS_FILE,
	MISSIU_PEER_CA,
	MISSIU_PEER_CRL,
	MISSIU_PEER_CRL_POLICY,
	MISSIU_PEER_OCSP_RESPONSE,
	MISSIU_PEER_OCSP,
	MISSIU_PEER_PEER_OCSP,
	MISSIU_PEER_RSA_SHA1,
	MISSIU_PEER_RSA_PKCS1,
	MISSIU_PEER_RFC7427,
	MISSIU_PEER_IKE_ALGS,
	MISSIU_PEER_DH,
	MISSIU_PEER_PFS,
	MISSIU_PEER_IKE_LIFETIME,
	MISSIU_PEER_LIFETIME,
	MISSIU_PEER_REAUTH,
	MISSIU_PEER_DPD,
	MISSIU_PEER_ENCAP,
	MISSIU_PEER_TCP,
	MISSIU_PEER_MOBIKE,
	MISSIU_PEER_CHILDLESS,
	MISSIU_PEER_PPK_ID,
	MISSIU_PEER_PPK_FILE,
	MISSIU_PEER_PPK_REQUIRED,
	MISSIU_PEER_REQUEST_ADDRESS,
	MISSIU_PEER_POOL,
	MISSIU_PEER_DNS,
	MISSIU_PEER_SPLIT_DNS,
	MISSIU_PEER_SUBNET,
	MISSIU_PEER_REDIRECT,
	MISSIU_PEER_INIT,
	MISSIU_PEER_KEYS /**< how many; at most 64 */
};

/* Values of the keywords that take a word; 0: not given. */
enum missiu_peer_bool { MISSIU_YES = 1, MISSIU_NO };
enum missiu_auth_by {
	MISSIU_BY_PSK = 1,
	MISSIU_BY_CERT,
	MISSIU_BY_NULL, /**< nobody is authenticated (RFC 7619) */
	MISSIU_BY_EAP
};
enum missiu_crl_policy {
	MISSIU_CRL_STRICT = 1,
	MISSIU_CRL_SOFT,
	MISSIU_CRL_OFF
};
enum missiu_encap {
	MISSIU_ENCAP_UDP = 1, /**< ESP in UDP, always */
	MISSIU_ENCAP_NONE,    /**< never, NAT or not */
	MISSIU_ENCAP_AUTO,    /**< also where both sides are faster with it */
	MISSIU_ENCAP_NAT      /**< where there is a NAT */
};
enum missiu_tcp {
	MISSIU_TCP_NEVER = 1, /**< we don't begin by it */
	MISSIU_TCP_FALLBACK,  /**< when nothing answers on UDP */
	MISSIU_TCP_ALWAYS
};
enum missiu_childless {
	MISSIU_CHILDLESS_ALLOW = 1,
	MISSIU_CHILDLESS_PREFER,
	MISSIU_CHILDLESS_NEVER
};
enum missiu_request_address {
	MISSIU_REQUEST_V4 = 1,
	MISSIU_REQUEST_V6 = 2,
	MISSIU_REQUEST_BOTH = 3,
	MISSIU_REQUEST_NO = 4
};

/** In peer_ocsp, instead of a URL: those that the peer's certificates name. */
#define MISSIU_PEER_OCSP_CERTIFICATE "certificate"

/** Where something stood in a text. */
struct missiu_script_pos {
	uint32_t line, col; /**< from 1 */
};

/** Repeated text values, each NUL-terminated on the heap. */
struct missiu_texts {
	char *v[MISSIU_PEER_LIST_MAX];
	uint8_t n;
};

/** Addresses from lo to hi; family 0: any. */
struct missiu_range {
	struct missiu_addr lo, hi;
};

/** Repeated ranges. */
struct missiu_ranges {
	struct missiu_range v[MISSIU_PEER_LIST_MAX];
	uint8_t n;
};

/** Repeated addresses. */
struct missiu_addrs {
	struct missiu_addr v[MISSIU_PEER_LIST_MAX];
	uint8_t n;
};

/**
 * One peer. Holds a secret when psk is given. Strings are NULL and numbers 0
 * when not given; @given tells a 0 that was written.
 */
struct missiu_peer {
	char name[MISSIU_PEER_NAME_MAX + 1];
	uint64_t given;		      /**< bit per enum missiu_peer_key */
	struct missiu_script_pos pos; /**< of the statement */
	struct missiu_script_pos at[MISSIU_PEER_KEYS]; /**< first of each */
	struct missiu_ranges raddr;		       /**< none: any */
	struct missiu_addrs laddr;		       /**< none: any */
	char *id; /**< ours; NULL: the daemon's */
	struct missiu_texts peer_id;
	uint8_t auth, peer_auth; /**< enum missiu_auth_by, never 0 */
	uint16_t psk_len;
	uint8_t psk[MISSIU_PEER_PSK_MAX];
	char *psk_file;
	struct missiu_texts cert, key, ca, crl;
	char *key_pass_file;
	uint8_t crl_policy; /**< enum missiu_crl_policy */
	struct missiu_texts ocsp_response, ocsp, peer_ocsp;
	uint8_t rsa_sha1, rsa_pkcs1, rfc7427; /**< enum missiu_peer_bool */
	char *ike_algs, *dh;
	struct missiu_pfs pfs;
	uint32_t ike_lifetime, lifetime, reauth, dpd; /**< seconds */
	uint8_t encap;				      /**< enum missiu_encap */
	uint8_t tcp;	   /**< enum missiu_tcp: IKE and ESP (RFC 9329) */
	uint8_t mobike;	   /**< enum missiu_peer_bool */
	uint8_t childless; /**< enum missiu_childless */
	char *ppk_id, *ppk_file;
	uint8_t ppk_required;	 /**< enum missiu_peer_bool */
	uint8_t request_address; /**< enum missiu_request_address */
	struct missiu_ranges pool;
	struct missiu_addrs dns;
	struct missiu_texts split_dns;
	struct missiu_ranges subnet;  /**< prefixes */
	struct missiu_addrs redirect; /**< at most one: where it is to go */
	uint8_t init;		      /**< enum missiu_peer_bool */
};

/** missiu_peer_given() - whether the keyword stood in the statement */
static inline bool missiu_peer_given(const struct missiu_peer *p,
				     enum missiu_peer_key key)
{
	return p->given >> key & 1;
}

/** missiu_peer_fini() - wipe and free; also one that is all zero */
void missiu_peer_fini(struct missiu_peer *p);

/** missiu_peer_key_name() - as in the language, for messages; never NULL */
const char *missiu_peer_key_name(enum missiu_peer_key key);

/**
 * missiu_peer_print() - as a statement that parses back to itself
 * @show_keys: false: a pre-shared key is printed as (hidden)
 * @buf, @cap: out, NUL-terminated; MISSIU_PEER_PRINT_MAX always suffices
 *
 * Two peers that print alike are alike. Return: bytes written without NUL; 0
 * when @cap is too small.
 */
size_t missiu_peer_print(const struct missiu_peer *p, bool show_keys, char *buf,
			 size_t cap);

#endif
