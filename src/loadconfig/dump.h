/* SPDX-License-Identifier: Apache-2.0 */
/* What the SADB and the SPD look like to people and to programs. */
#ifndef LOADCONFIG_DUMP_H
#define LOADCONFIG_DUMP_H

#include <stdio.h>

#include "ctl/client.h"

/** What to show, and how. */
struct dump_style {
	bool json;
	bool keys;	 /* show keys instead of "(hidden)" */
	missiu_usec now; /* the daemon's clock */
};

/**
 * dump_sas() - print SAs
 * @f: where to
 *
 * Text has the documented labels, one block an SA; JSON is an array.
 * Return: 0; MISSIU_ENOMEM; MISSIU_EIO.
 */
int dump_sas(FILE *f, const struct ctl_sa *v, size_t n,
	     const struct dump_style *style);

/**
 * dump_policies() - print policies in match order
 *
 * Text is the language itself, counters as comments; JSON is an array.
 * Return: as dump_sas().
 */
int dump_policies(FILE *f, const struct ctl_policy *v, size_t n,
		  const struct dump_style *style);

/** dump_dir(), dump_mode() - names of dir masks and modes; never NULL */
const char *dump_dir(uint8_t dir);
const char *dump_mode(uint8_t mode);

/** dump_sas_json(), dump_policies_json() - the JSON forms */
int dump_sas_json(FILE *f, const struct ctl_sa *v, size_t n,
		  const struct dump_style *style);
int dump_policies_json(FILE *f, const struct ctl_policy *v, size_t n);

/**
 * dump_connected() - fetch the SADB and print it on stdout
 * @style: .now is filled in
 *
 * Return: 0 or a negative error; @diag explains.
 */
int dump_connected_sas(struct ctl_conn *c, struct dump_style *style,
		       struct missiu_diag *diag);

/** dump_connected_policies() - the same for the SPD */
int dump_connected_policies(struct ctl_conn *c, const struct dump_style *style,
			    struct missiu_diag *diag);

#endif
