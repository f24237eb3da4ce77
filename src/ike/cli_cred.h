/* SPDX-License-Identifier: Apache-2.0 */
/* Options of `ike` about certificates: the vendor's names, and ours like them. */
#ifndef IKE_CLI_CRED_H
#define IKE_CLI_CRED_H

#include "ike/cli.h"

/* Values of getopt_long(); above those of cli.c and cli_value.h. */
enum cli_cred_opt {
	CLI_CERT = 512,
	CLI_KEY,
	CLI_CA,
	CLI_PEER_HOST,
	CLI_CRL,
	CLI_CRL_POLICY,
	CLI_OCSP_RESPONSE,
	CLI_OCSP,
	CLI_PEER_OCSP,
	CLI_KEY_PASS,
	CLI_RSA_SHA1,
	CLI_RSA_PKCS1,
	CLI_NO_RFC7427,
	CLI_CRED_END
};

/* Rows for the table of struct option. */
/* clang-format off */
#define CLI_CRED_OPTIONS                                                       \
	{ "ike_cert", required_argument, NULL, CLI_CERT },                     \
	{ "ike_keyblob", required_argument, NULL, CLI_KEY },                   \
	{ "ike_ca_cert", required_argument, NULL, CLI_CA },                    \
	{ "ike_peer_host", required_argument, NULL, CLI_PEER_HOST },           \
	{ "ike_crl", required_argument, NULL, CLI_CRL },                       \
	{ "ike_crl_policy", required_argument, NULL, CLI_CRL_POLICY },         \
	{ "ike_ocsp_response", required_argument, NULL, CLI_OCSP_RESPONSE },   \
	{ "ike_ocsp", required_argument, NULL, CLI_OCSP },                     \
	{ "ike_peer_ocsp", required_argument, NULL, CLI_PEER_OCSP },           \
	{ "ike_key_pass", required_argument, NULL, CLI_KEY_PASS },             \
	{ "ike_rsa_sha1", no_argument, NULL, CLI_RSA_SHA1 },                   \
	{ "ike_rsa_pkcs1", no_argument, NULL, CLI_RSA_PKCS1 },                 \
	{ "ike_no_rfc7427", no_argument, NULL, CLI_NO_RFC7427 }

/* Lines of ike --help. */
#define CLI_CRED_HELP \
	"  --ike_cert FILE   our certificate, and those above it; repeatable\n" \
	"  --ike_keyblob FILE\n" \
	"                    its private key, mode 0600; PEM, DER or PKCS#12\n" \
	"  --ike_key_pass FILE\n" \
	"                    the first line is the key's passphrase; mode 0600\n" \
	"  --ike_ca_cert FILE\n" \
	"                    whose certificates peers may have; repeatable\n" \
	"  --ike_peer_host ID\n" \
	"                    whom a peer's certificate must be for\n" \
	"  --ike_crl FILE|URL\n" \
	"                    revocation lists; repeatable\n" \
	"  --ike_crl_policy P\n" \
	"                    strict, soft (default) or off\n" \
	"  --ike_ocsp_response FILE\n" \
	"                    about our certificate, for peers that ask; DER\n" \
	"  --ike_ocsp URL    where to fetch such a response\n" \
	"  --ike_peer_ocsp URL|certificate\n" \
	"                    whom to ask about certificates of peers\n" \
	"  --ike_rsa_sha1    sign RSA with SHA-1 for peers without RFC 7427\n" \
	"  --ike_rsa_pkcs1   prefer PKCS#1 v1.5 to PSS\n" \
	"  --ike_no_rfc7427  only the older signature methods\n"
/* clang-format on */

/** cli_cred_option() - one of them; Return: 0 or MISSIU_EINVAL */
int cli_cred_option(int opt, const char *arg, struct cli *c,
		    struct missiu_diag *diag);

/** cli_cred_load() - read the files, after all options; Return: as cred_read() */
int cli_cred_load(struct cli *c, struct missiu_diag *diag);

#endif
