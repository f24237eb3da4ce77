/* SPDX-License-Identifier: Apache-2.0 */
/* Reading configuration files and applying them; says what is wrong itself. */
#ifndef LOADCONFIG_LOAD_H
#define LOADCONFIG_LOAD_H

#include "ctl/client.h"
#include "missiu/script.h"

/**
 * load_text() - parse a text, resolving host names
 * @name: what error messages call it
 * @out:  out on success; release with missiu_script_fini()
 *
 * Errors go to stderr as "NAME:LINE:COL: found X, expected Y".
 * Return: 0 or a negative error.
 */
int load_text(const char *name, const char *text, size_t len,
	      struct missiu_script *out);

/**
 * load_file() - read and parse a file
 * @path: "-" is standard input
 * @out:  as load_text()
 *
 * Refuses a regular file that holds keys and that others may read or write.
 * Return: 0 or a negative error, said on stderr.
 */
int load_file(const char *path, struct missiu_script *out);

/** load_name() - what messages call a path: "stdin" for "-" */
const char *load_name(const char *path);

/**
 * load_prepend_flush() - put flushes in front of a script
 * @sa, @policy: which
 *
 * Return: 0 or MISSIU_ENOMEM.
 */
int load_prepend_flush(struct missiu_script *s, bool sa, bool policy);

/**
 * load_apply() - hand a script to missiu as one transaction
 * @name: of the text it came from, for errors at its places
 *
 * Return: 0 or a negative error, said on stderr.
 */
int load_apply(struct ctl_conn *c, const char *name, struct missiu_script *s);

#endif
