/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration language: text to a list of changes for missiu_load(). */
#ifndef MISSIU_SCRIPT_H
#define MISSIU_SCRIPT_H

#include "missiu/engine.h"
#include "missiu/peer.h"

/** Where and why a text was refused: "file:line:col: found X, expected Y". */
struct missiu_script_err {
	unsigned line, col;	 /**< from 1; col counts bytes */
	struct missiu_diag diag; /**< "found X, expected Y" without position */
};

/** A parsed text. Holds secrets when it has manual or pre-shared keys. */
struct missiu_script {
	struct missiu_change *v;
	struct missiu_script_pos *pos; /**< of each change, for later errors */
	size_t n;
	struct missiu_peer *peer; /**< for the key daemon, not for the engine */
	size_t n_peer;
};

/**
 * Resolves a host name that is no number and no constant. NULL in the options:
 * names other than localhost are refused, which keeps the parser pure.
 * Return: 0 with *@out set, or MISSIU_ENOENT.
 */
typedef int missiu_resolve_fn(void *ctx, const char *name, int family,
			      struct missiu_addr *out);

struct missiu_script_opts {
	missiu_resolve_fn *resolve;
	void *resolve_ctx;
};

/**
 * missiu_script_parse() - parse and check a whole text
 * @text, @len: the text; need not be NUL-terminated
 * @opts: NULL for none
 * @out:  out on success; release with missiu_script_fini()
 * @err:  out on failure: the first error
 *
 * All or nothing, no side effects except through the resolver.
 *
 * Return: 0, MISSIU_EINVAL (see @err), MISSIU_ENOMEM.
 */
int missiu_script_parse(const char *text, size_t len,
			const struct missiu_script_opts *opts,
			struct missiu_script *out,
			struct missiu_script_err *err);

/**
 * missiu_script_fini() - wipe and free what parse gave
 * @s: a parsed script, or one that is all zero
 */
void missiu_script_fini(struct missiu_script *s);

/**
 * missiu_policy_print() - one policy in the language, parses back to itself
 * @p:   policy
 * @buf, @cap: out, NUL-terminated; 704 bytes always suffice
 *
 * Return: bytes written without NUL; 0 when @cap is too small.
 */
size_t missiu_policy_print(const struct missiu_policy *p, char *buf,
			   size_t cap);

/**
 * missiu_sa_print() - one SA as an "add …;" statement
 * @sa:  description
 * @show_keys: false: keys are printed as (hidden)
 * @buf, @cap: as above; 1024 bytes always suffice
 *
 * Return: as missiu_policy_print().
 */
size_t missiu_sa_print(const struct missiu_sa *sa, bool show_keys, char *buf,
		       size_t cap);

/**
 * missiu_change_print() - any change as the statement that makes it
 * @c: change; MISSIU_CHG_DEL_POLICY has no statement
 * @show_keys: as missiu_sa_print()
 * @buf, @cap: as above; 1024 bytes always suffice
 *
 * Return: as missiu_policy_print(); 0 for what has no statement.
 */
size_t missiu_change_print(const struct missiu_change *c, bool show_keys,
			   char *buf, size_t cap);

#endif
