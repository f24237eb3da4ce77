/* SPDX-License-Identifier: Apache-2.0 */
/* Small text files in the run directory that outlive the daemon. */
#ifndef IKE_RUN_FILE_H
#define IKE_RUN_FILE_H

#include <stdbool.h>

/**
 * run_file_read() - all of a file
 *
 * One that is not ours, or that others may write, is not read; a warning says so.
 * Return: NUL-terminated, the caller frees it; NULL: there is none.
 */
char *run_file_read(const char *path);

/** run_file_replace() - as a whole, mode 0600; false: as it was, see errno */
bool run_file_replace(const char *path, const char *text);

#endif
