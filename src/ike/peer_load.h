/* SPDX-License-Identifier: Apache-2.0 */
/* Peers from a text or a file, with the files that they name. Does I/O. */
#ifndef IKE_PEER_LOAD_H
#define IKE_PEER_LOAD_H

#include "ike/core.h"

/** Where peers come from, and what becomes of others. */
struct peer_load {
	const char *file; /* what messages call the text */
	enum ike_peer_source source;
	bool keep; /* as ike_peers() */
};

/** What went wrong: ike_peer_err, and where in the text. */
struct peer_load_err {
	struct ike_peer_err peer;
	uint32_t line, col;	 /* 0: nowhere in it */
	struct missiu_diag diag; /* whole, but for file, line and column */
};

/**
 * peer_load_text() - parse, read the files named, hand to the core
 * @text, @len: in the language of missiu-policy(5); all but peers is passed over
 * @err:  out on failure
 *
 * Return: the number of peers, or a negative error: nothing changed.
 */
int peer_load_text(struct ike *ike, const struct peer_load *how,
		   const char *text, size_t len, struct peer_load_err *err,
		   missiu_usec now);

/**
 * peer_load_file() - the same from how->file
 * @diag: out: one line, "file:line:col: ..."
 *
 * Refuses a file that holds a key and that others may read.
 */
int peer_load_file(struct ike *ike, const struct peer_load *how,
		   struct missiu_diag *diag, missiu_usec now);

/**
 * peer_conf_read() - read the files that a peer names
 * @c:   in: peer; out: what they hold
 * @key: out: whose file was refused
 *
 * Return: 0 or a negative error.
 */
int peer_conf_read(struct ike_peer_conf *c, enum missiu_peer_key *key,
		   struct missiu_diag *diag);

#endif
