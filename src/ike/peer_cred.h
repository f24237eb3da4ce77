/* SPDX-License-Identifier: Apache-2.0 */
/* The certificates and keys that a peer statement names. Does I/O. */
#ifndef IKE_PEER_CRED_H
#define IKE_PEER_CRED_H

#include "ike/core.h"

/**
 * peer_cred_read() - read them
 * @c:   in: peer; out: cred
 * @key: out: the keyword whose file was refused
 *
 * Return: as cred_read(); the name of the file is in @diag.
 */
int peer_cred_read(struct ike_peer_conf *c, enum missiu_peer_key *key,
		   struct missiu_diag *diag);

#endif
