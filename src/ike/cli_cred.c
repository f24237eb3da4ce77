/* SPDX-License-Identifier: Apache-2.0 */
#include "ike/cli_cred.h"

#include <string.h>

#include "common/diag.h"
#include "ike/idtext.h"

static int add_name(struct cred_names *names, const char *arg,
		    struct missiu_diag *diag)
{
	if (names->n == CRED_FILES_MAX)
		return diag_set(diag, MISSIU_EINVAL,
				"%s: more than %d files of its kind", arg,
				CRED_FILES_MAX);
	names->v[names->n++] = arg;
	return 0;
}

static int parse_crl_policy(const char *arg, struct cred_files *f,
			    struct missiu_diag *diag)
{
	static const char *const names[] = { [TRUST_CRL_OFF] = "off",
					     [TRUST_CRL_SOFT] = "soft",
					     [TRUST_CRL_STRICT] = "strict" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(arg, names[i])) {
			f->crl_policy = (enum trust_crl)i;
			return 0;
		}
	return diag_set(diag, MISSIU_EINVAL,
			"--ike_crl_policy: found '%s', expected strict, soft "
			"or off",
			arg);
}

int cli_cred_option(int opt, const char *arg, struct cli *c,
		    struct missiu_diag *diag)
{
	struct cred_files *f = &c->files;

	switch (opt) {
	case CLI_CERT:
	case CLI_KEY:
		return add_name(&f->own, arg, diag);
	case CLI_CA:
		return add_name(&f->ca, arg, diag);
	case CLI_CRL:
		return add_name(&f->crl, arg, diag);
	case CLI_OCSP_RESPONSE:
		return add_name(&f->ocsp, arg, diag);
	case CLI_OCSP:
		return cred_is_url(arg) ?
			       add_name(&f->ocsp_url, arg, diag) :
			       diag_set(diag, MISSIU_EINVAL,
					"--ike_ocsp: found '%s', expected a "
					"URL with http:// or https://",
					arg);
	case CLI_PEER_OCSP:
		return cred_is_url(arg) ||
				       !strcmp(arg,
					       MISSIU_PEER_OCSP_CERTIFICATE) ?
			       add_name(&f->ask, arg, diag) :
			       diag_set(diag, MISSIU_EINVAL,
					"--ike_peer_ocsp: found '%s', expected "
					"a URL with http:// or https://, or "
					"certificate",
					arg);
	case CLI_CRL_POLICY:
		return parse_crl_policy(arg, f, diag);
	case CLI_PEER_HOST:
		return ike_id_parse(arg, &c->conf.peer_id, diag);
	case CLI_KEY_PASS:
		f->pass_file = arg;
		return 0;
	case CLI_RSA_SHA1:
		f->rsa_sha1 = true;
		return 0;
	case CLI_RSA_PKCS1:
		f->pkcs1 = true;
		return 0;
	case CLI_NO_RFC7427:
		f->no_rfc7427 = true;
		return 0;
	default:
		return diag_set(diag, MISSIU_EINVAL, "option without handler");
	}
}

int cli_cred_load(struct cli *c, struct missiu_diag *diag)
{
	const struct cred_files *f = &c->files;
	struct cred_bad bad;
	int ret;

	if (c->only_psk && (f->own.n || f->ca.n))
		return diag_set(diag, MISSIU_EINVAL,
				"-p turns certificates off; beside them give "
				"-P or --psk-file");
	ret = cred_read(f, &c->conf.cred, &bad);
	if (ret)
		return diag_set(diag, ret, "%.100s%s%s",
				bad.file ? bad.file : "--ike_cert", ": ",
				bad.diag.msg);
	if (f->own.n && !f->ca.n && !c->n_psk)
		return diag_set(diag, MISSIU_EINVAL,
				"--ike_cert without --ike_ca_cert: by what do "
				"peers prove who they are?");
	if (f->ca.n && !f->own.n && !c->n_psk)
		return diag_set(diag, MISSIU_EINVAL,
				"--ike_ca_cert without --ike_cert: by what do "
				"we prove who we are?");
	return 0;
}
