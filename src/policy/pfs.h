/* SPDX-License-Identifier: Apache-2.0 */
/* The value of pfs, in policies and in peers: "no", "ike", "x25519,ecp256". */
#ifndef POLICY_PFS_H
#define POLICY_PFS_H

#include "policy/parse.h"
#include "policy/text.h"

/** value_pfs() - read it at the current token and go past; as in value.h */
int value_pfs(struct parser *ps, struct missiu_pfs *out);

/** put_pfs() - append what value_pfs() reads back */
void put_pfs(struct text *t, const struct missiu_pfs *pfs);

#endif
