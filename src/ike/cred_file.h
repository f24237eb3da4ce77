/* SPDX-License-Identifier: Apache-2.0 */
/* Credentials from files: the options of ike(8) and statements name them. */
#ifndef IKE_CRED_FILE_H
#define IKE_CRED_FILE_H

#include "ike/cred.h"

#define CRED_FILES_MAX 16

/** Names of files of one kind; borrowed. */
struct cred_names {
	const char *v[CRED_FILES_MAX];
	size_t n;
};

struct cred_files {
	struct cred_names own; /* certificates and keys, in any order */
	struct cred_names ca;
	struct cred_names crl;	    /* or URLs */
	struct cred_names ocsp;	    /* responses about our own certificates */
	struct cred_names ocsp_url; /* who tells of our own certificates */
	struct cred_names ask;	    /* who tells of those of peers */
	const char *pass_file; /* first line: passphrase of our keys; or NULL */
	enum trust_crl crl_policy;
	bool rsa_sha1, pkcs1, no_rfc7427;
};

/** Which file was refused. */
struct cred_bad {
	const char *file; /* one of the names; NULL: how they fit together */
	struct missiu_diag diag; /* does not name it */
};

/**
 * cred_read() - read all files
 * @out: out: NULL when no file is named; cred_put()
 * @bad: out on failure
 *
 * A file with a key, and the one with the passphrase, must be readable by its
 * owner alone. Files are read at once and their contents wiped. Return: 0;
 * MISSIU_EIO, MISSIU_EPERM, MISSIU_ENOMEM; as cred_add_own().
 */
int cred_read(const struct cred_files *f, struct ike_cred **out,
	      struct cred_bad *bad);

#endif
