/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/peer_keys.h"

#include <stddef.h>

#define W(n, v)                                                                \
	{                                                                      \
		.name = n, .value = (v)                                        \
	}
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define TABLE(name)                                                            \
	const struct word_table words_##name = { .v = name##_v,                \
						 .n = COUNT(name##_v) }
#define AT(field) .offset = offsetof(struct missiu_peer, field)
#define ONCE	  .repeat = 1
#define REPEATED  .repeat = MISSIU_PEER_LIST_MAX
#define LIFE_MIN  60
#define LIFE_MAX  864000
#define DPD_MAX	  86400

static const struct word yes_no_v[] = {
	W("yes", MISSIU_YES),
	W("no", MISSIU_NO),
};
TABLE(yes_no);

static const struct word peer_auth_v[] = {
	W("psk", MISSIU_BY_PSK),
	W("cert", MISSIU_BY_CERT),
	W("null", MISSIU_BY_NULL),
	W("eap", MISSIU_BY_EAP),
};
TABLE(peer_auth);

static const struct word crl_policy_v[] = {
	W("strict", MISSIU_CRL_STRICT),
	W("soft", MISSIU_CRL_SOFT),
	W("off", MISSIU_CRL_OFF),
};
TABLE(crl_policy);

static const struct word encap_v[] = {
	W("udp", MISSIU_ENCAP_UDP),
	W("none", MISSIU_ENCAP_NONE),
	W("auto", MISSIU_ENCAP_AUTO),
	W("nat", MISSIU_ENCAP_NAT),
};
TABLE(encap);

static const struct word tcp_v[] = {
	W("never", MISSIU_TCP_NEVER),
	W("fallback", MISSIU_TCP_FALLBACK),
	W("always", MISSIU_TCP_ALWAYS),
};
TABLE(tcp);

static const struct word childless_v[] = {
	W("allow", MISSIU_CHILDLESS_ALLOW),
	W("prefer", MISSIU_CHILDLESS_PREFER),
	W("never", MISSIU_CHILDLESS_NEVER),
};
TABLE(childless);

static const struct word request_address_v[] = {
	W("v4", MISSIU_REQUEST_V4),
	W("v6", MISSIU_REQUEST_V6),
	W("both", MISSIU_REQUEST_BOTH),
	W("no", MISSIU_REQUEST_NO),
};
TABLE(request_address);

static const struct word peer_v[] = {
	W("raddr", MISSIU_PEER_RADDR),
	W("laddr", MISSIU_PEER_LADDR),
	W("id", MISSIU_PEER_ID),
	W("peer_id", MISSIU_PEER_PEER_ID),
	W("auth", MISSIU_PEER_AUTH),
	W("peer_auth", MISSIU_PEER_PEER_AUTH),
	W("psk", MISSIU_PEER_PSK),
	W("psk_file", MISSIU_PEER_PSK_FILE),
	W("cert", MISSIU_PEER_CERT),
	W("key", MISSIU_PEER_KEY),
	W("key_pass_file", MISSIU_PEER_KEY_PASS_FILE),
	W("ca", MISSIU_PEER_CA),
	W("crl", MISSIU_PEER_CRL),
	W("crl_policy", MISSIU_PEER_CRL_POLICY),
	W("ocsp_response", MISSIU_PEER_OCSP_RESPONSE),
	W("ocsp", MISSIU_PEER_OCSP),
	W("peer_ocsp", MISSIU_PEER_PEER_OCSP),
	W("rsa_sha1", MISSIU_PEER_RSA_SHA1),
	W("rsa_pkcs1", MISSIU_PEER_RSA_PKCS1),
	W("rfc7427", MISSIU_PEER_RFC7427),
	W("ike_algs", MISSIU_PEER_IKE_ALGS),
	W("dh", MISSIU_PEER_DH),
	W("pfs", MISSIU_PEER_PFS),
	W("ike_lifetime", MISSIU_PEER_IKE_LIFETIME),
	W("lifetime", MISSIU_PEER_LIFETIME),
	W("reauth", MISSIU_PEER_REAUTH),
	W("dpd", MISSIU_PEER_DPD),
	W("encap", MISSIU_PEER_ENCAP),
	W("tcp", MISSIU_PEER_TCP),
	W("mobike", MISSIU_PEER_MOBIKE),
	W("childless", MISSIU_PEER_CHILDLESS),
	W("ppk_id", MISSIU_PEER_PPK_ID),
	W("ppk_file", MISSIU_PEER_PPK_FILE),
	W("ppk_required", MISSIU_PEER_PPK_REQUIRED),
	W("request_address", MISSIU_PEER_REQUEST_ADDRESS),
	W("pool", MISSIU_PEER_POOL),
	W("dns", MISSIU_PEER_DNS),
	W("split_dns", MISSIU_PEER_SPLIT_DNS),
	W("subnet", MISSIU_PEER_SUBNET),
	W("redirect", MISSIU_PEER_REDIRECT),
	W("init", MISSIU_PEER_INIT),
};
TABLE(peer);

static const char an_identity[] = "an identity such as host.example.org or "
				  "user@example.org",
		  a_file[] = "an absolute file name",
		  seconds[] = "a time in seconds";

const struct peer_row peer_rows[MISSIU_PEER_KEYS] = {
	[MISSIU_PEER_RADDR] = { PEER_RANGES, REPEATED, AT(raddr) },
	[MISSIU_PEER_LADDR] = { PEER_ADDRS, REPEATED, AT(laddr) },
	[MISSIU_PEER_ID] = { PEER_TEXT, ONCE, AT(id), .max = MISSIU_PEER_ID_MAX,
			     .what = an_identity },
	[MISSIU_PEER_PEER_ID] = { PEER_TEXTS, REPEATED, AT(peer_id),
				  .max = MISSIU_PEER_ID_MAX,
				  .what = an_identity },
	[MISSIU_PEER_AUTH] = { PEER_WORD, ONCE, AT(auth),
			       .words = &words_peer_auth },
	[MISSIU_PEER_PEER_AUTH] = { PEER_WORD, ONCE, AT(peer_auth),
				    .words = &words_peer_auth },
	[MISSIU_PEER_PSK] = { PEER_SECRET, ONCE, AT(psk) },
	[MISSIU_PEER_PSK_FILE] = { PEER_PATH, ONCE, AT(psk_file),
				   .what = a_file },
	[MISSIU_PEER_CERT] = { PEER_PATHS, REPEATED, AT(cert), .what = a_file },
	[MISSIU_PEER_KEY] = { PEER_PATHS, REPEATED, AT(key), .what = a_file },
	[MISSIU_PEER_KEY_PASS_FILE] = { PEER_PATH, ONCE, AT(key_pass_file),
					.what = a_file },
	[MISSIU_PEER_OCSP] = { PEER_URLS, REPEATED, AT(ocsp),
			       .what = "a URL with http:// or https://" },
	[MISSIU_PEER_PEER_OCSP] = { PEER_ASKS, REPEATED, AT(peer_ocsp),
				    .what = "a URL with http:// or https://, "
					    "or certificate" },
	[MISSIU_PEER_CA] = { PEER_PATHS, REPEATED, AT(ca), .what = a_file },
	[MISSIU_PEER_CRL] = { PEER_PLACES, REPEATED, AT(crl),
			      .what = "an absolute file name or a URL with "
				      "http:// or https://" },
	[MISSIU_PEER_CRL_POLICY] = { PEER_WORD, ONCE, AT(crl_policy),
				     .words = &words_crl_policy },
	[MISSIU_PEER_OCSP_RESPONSE] = { PEER_PATHS, REPEATED, AT(ocsp_response),
					.what = a_file },
	[MISSIU_PEER_RSA_SHA1] = { PEER_WORD, ONCE, AT(rsa_sha1),
				   .words = &words_yes_no },
	[MISSIU_PEER_RSA_PKCS1] = { PEER_WORD, ONCE, AT(rsa_pkcs1),
				    .words = &words_yes_no },
	[MISSIU_PEER_RFC7427] = { PEER_WORD, ONCE, AT(rfc7427),
				  .words = &words_yes_no },
	[MISSIU_PEER_IKE_ALGS] = { PEER_TEXT, ONCE, AT(ike_algs),
				   .what = "algorithms such as "
					   "aes128gcm16-prfsha256-x25519" },
	[MISSIU_PEER_DH] = { PEER_TEXT, ONCE, AT(dh),
			     .what = "a group such as x25519" },
	[MISSIU_PEER_PFS] = { PEER_PFS, ONCE, AT(pfs) },
	[MISSIU_PEER_IKE_LIFETIME] = { PEER_NUMBER, ONCE, AT(ike_lifetime),
				       LIFE_MIN, LIFE_MAX, .what = seconds },
	[MISSIU_PEER_LIFETIME] = { PEER_NUMBER, ONCE, AT(lifetime), LIFE_MIN,
				   LIFE_MAX, .what = seconds },
	[MISSIU_PEER_REAUTH] = { PEER_NUMBER, ONCE, AT(reauth), 0, LIFE_MAX,
				 .what = seconds },
	[MISSIU_PEER_DPD] = { PEER_NUMBER, ONCE, AT(dpd), 0, DPD_MAX,
			      .what = seconds },
	[MISSIU_PEER_ENCAP] = { PEER_WORD, ONCE, AT(encap),
				.words = &words_encap },
	[MISSIU_PEER_TCP] = { PEER_WORD, ONCE, AT(tcp), .words = &words_tcp },
	[MISSIU_PEER_MOBIKE] = { PEER_WORD, ONCE, AT(mobike),
				 .words = &words_yes_no },
	[MISSIU_PEER_CHILDLESS] = { PEER_WORD, ONCE, AT(childless),
				    .words = &words_childless },
	[MISSIU_PEER_PPK_ID] = { PEER_TEXT, ONCE, AT(ppk_id),
				 .what = "the name of a key" },
	[MISSIU_PEER_PPK_FILE] = { PEER_PATH, ONCE, AT(ppk_file),
				   .what = a_file },
	[MISSIU_PEER_PPK_REQUIRED] = { PEER_WORD, ONCE, AT(ppk_required),
				       .words = &words_yes_no },
	[MISSIU_PEER_REQUEST_ADDRESS] = { PEER_WORD, ONCE, AT(request_address),
					  .words = &words_request_address },
	[MISSIU_PEER_POOL] = { PEER_RANGES, REPEATED, AT(pool) },
	[MISSIU_PEER_DNS] = { PEER_ADDRS, REPEATED, AT(dns) },
	[MISSIU_PEER_SUBNET] = { PEER_RANGES, REPEATED, AT(subnet) },
	[MISSIU_PEER_SPLIT_DNS] = { PEER_TEXTS, REPEATED, AT(split_dns),
				    .what = "a domain" },
	[MISSIU_PEER_REDIRECT] = { PEER_ADDRS, ONCE, AT(redirect) },
	[MISSIU_PEER_INIT] = { PEER_WORD, ONCE, AT(init),
			       .words = &words_yes_no },
};

const char *missiu_peer_key_name(enum missiu_peer_key key)
{
	const char *name = word_name(&words_peer, key);

	return name ? name : "?";
}
