/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Options of `ike` with secrets: pre-shared keys (RFC 7296 2.15) and post-quantum
 * ones (RFC 8784). Those on the command line are overwritten there, so that
 * other users' process lists show them as short as possible.
 */
#ifndef IKE_CLI_SECRET_H
#define IKE_CLI_SECRET_H

#include "ike/cli.h"

/* All return 0 or MISSIU_EINVAL; of files also as secret_file_read(). */

/** cli_key() - the value of -p or -P; overwritten */
int cli_key(char *text, struct cli *c, struct missiu_diag *diag);

/** cli_ppk() - the value of --ppk; overwritten */
int cli_ppk(char *text, struct cli *c, struct missiu_diag *diag);

/** cli_ppk_id() - the value of --ppk_id */
int cli_ppk_id(const char *text, struct cli *c, struct missiu_diag *diag);

/** cli_psk_file() - --psk-file: keys beside those there are */
int cli_psk_file(const char *file, struct cli *c, struct missiu_diag *diag);

/** cli_ppk_file() - --ppk-file: keys beside those there are */
int cli_ppk_file(const char *file, struct cli *c, struct missiu_diag *diag);

/** cli_secrets_done() - after all options: what belongs together is there */
int cli_secrets_done(struct cli *c, struct missiu_diag *diag);

#endif
