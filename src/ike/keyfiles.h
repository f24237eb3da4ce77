/* SPDX-License-Identifier: Apache-2.0 */
/* The files of --save-keys; see keylog.h. */
#ifndef IKE_KEYFILES_H
#define IKE_KEYFILES_H

#include "ike/core.h"

struct keyfiles {
	int ike, esp; /* descriptors; -1: not saved */
};

/**
 * keyfiles_open() - ikev2_decryption_table and esp_sa in a folder
 * @dir: NULL: save nothing
 *
 * Appends; made with mode 0600, and refused when others may read them.
 * Return: 0; MISSIU_EIO, MISSIU_EPERM with @diag.
 */
int keyfiles_open(const char *dir, struct keyfiles *out,
		  struct missiu_diag *diag);

/** keyfiles_put() - what an action (IKE_KEYS, IKE_SA_ADD) has of keys */
void keyfiles_put(const struct keyfiles *f, const struct ike_action *a);

/** keyfiles_close() */
void keyfiles_close(struct keyfiles *f);

#endif
