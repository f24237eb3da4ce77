/* SPDX-License-Identifier: Apache-2.0 */
/* What the SADB and the SPD look like to people and to programs. */
#ifndef LOADCONFIG_DUMP_H
#define LOADCONFIG_DUMP_H

#include <stdio.h>

#include "ctl/client.h"

/** What to show, and how. */
struct dump_what {
	bool sas, policies;
	bool json;
	bool keys; /* show keys instead of "(hidden)" */
};

/** What the daemon answered. Holds secrets when keys were asked for. */
struct dump_data {
	struct ctl_sa *sas;
	size_t n_sas;
	struct ctl_policy *policies; /* in match order */
	size_t n_policies;
	missiu_usec now; /* the daemon's clock */
};

/**
 * dump_show() - ask the daemon and print the answer on stdout
 * @diag: out: what went wrong
 *
 * Return: 0 or a negative error.
 */
int dump_show(struct ctl_conn *c, const struct dump_what *what,
	      struct missiu_diag *diag);

/**
 * dump_text() - print for people and scripts
 *
 * SAs have the documented labels, one block each; policies are printed in the
 * configuration language, their counters as comments.
 * Return: 0 or MISSIU_EIO.
 */
int dump_text(FILE *f, const struct dump_what *what, const struct dump_data *d);

/**
 * dump_json() - print one object with "sas", "policies" or both
 *
 * Return: 0, MISSIU_ENOMEM, MISSIU_EIO.
 */
int dump_json(FILE *f, const struct dump_what *what, const struct dump_data *d);

/** dump_dir(), dump_mode() - names of dir masks and modes; never NULL */
const char *dump_dir(uint8_t dir);
const char *dump_mode(uint8_t mode);

#endif
