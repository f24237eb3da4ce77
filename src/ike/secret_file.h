/* SPDX-License-Identifier: Apache-2.0 */
/* Files that hold secrets: nobody else may read them. Does I/O. */
#ifndef IKE_SECRET_FILE_H
#define IKE_SECRET_FILE_H

#include "missiu/types.h"

/** What is done with the text: as psk_file_parse(), @arg for the caller. */
typedef int secret_file_parse(const char *name, const char *text, size_t len,
			      void *arg, struct missiu_diag *diag);

/**
 * secret_file_read() - read and parse a file, then wipe what was read
 *
 * Return: as @parse; MISSIU_EPERM (others can read it), MISSIU_EIO,
 * MISSIU_EINVAL (no file, or more than a megabyte), MISSIU_ENOMEM.
 */
int secret_file_read(const char *name, secret_file_parse *parse, void *arg,
		     struct missiu_diag *diag);

#endif
