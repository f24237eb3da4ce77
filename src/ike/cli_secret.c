/* SPDX-License-Identifier: Apache-2.0 */
#include "ike/cli_secret.h"

#include <string.h>

#include "common/diag.h"
#include "common/secret.h"
#include "ike/psk.h"
#include "ike/secret_file.h"

int cli_key(char *text, struct cli *c, struct missiu_diag *diag)
{
	struct ike_psk psk = { 0 };
	int ret = psk_secret(text, &psk, diag);

	if (ret)
		diag_prefix(diag, "-p: ");
	else if (c->n_psk == CLI_PSKS_MAX)
		ret = diag_set(diag, MISSIU_EINVAL, "-p: more than %d keys",
			       CLI_PSKS_MAX);
	else
		c->psk[c->n_psk++] = psk;
	secret_wipe(&psk, sizeof(psk));
	memset(text, '*', strlen(text));
	return ret;
}

int cli_ppk(char *text, struct cli *c, struct missiu_diag *diag)
{
	int ret = ppk_secret(text, &c->argv_ppk, diag);

	if (ret)
		diag_prefix(diag, "--ppk: ");
	memset(text, '*', strlen(text));
	return ret;
}

int cli_ppk_id(const char *text, struct cli *c, struct missiu_diag *diag)
{
	int ret = ppk_name(text, &c->argv_ppk, diag);

	if (ret)
		diag_prefix(diag, "--ppk_id: ");
	return ret;
}

static int psk_text(const char *name, const char *text, size_t len, void *arg,
		    struct missiu_diag *diag)
{
	struct cli *c = arg;

	return psk_file_parse(name, text, len, c->psk, CLI_PSKS_MAX, &c->n_psk,
			      diag);
}

int cli_psk_file(const char *file, struct cli *c, struct missiu_diag *diag)
{
	return secret_file_read(file, psk_text, c, diag);
}

static int ppk_text(const char *name, const char *text, size_t len, void *arg,
		    struct missiu_diag *diag)
{
	struct cli *c = arg;

	return ppk_file_parse(name, text, len, c->ppk, CLI_PPKS_MAX, &c->n_ppk,
			      diag);
}

int cli_ppk_file(const char *file, struct cli *c, struct missiu_diag *diag)
{
	return secret_file_read(file, ppk_text, c, diag);
}

/* Both halves or none; it goes before those of a file. */
static int take_argv_ppk(struct cli *c, struct missiu_diag *diag)
{
	if (!c->argv_ppk.len && !c->argv_ppk.id_len)
		return 0;
	if (!c->argv_ppk.len || !c->argv_ppk.id_len)
		return diag_set(diag, MISSIU_EINVAL,
				"--ppk and --ppk_id need each other");
	if (c->n_ppk == CLI_PPKS_MAX)
		return diag_set(diag, MISSIU_EINVAL, "--ppk: more than %d keys",
				CLI_PPKS_MAX);
	memmove(c->ppk + 1, c->ppk, c->n_ppk * sizeof(c->ppk[0]));
	c->ppk[0] = c->argv_ppk;
	c->n_ppk++;
	return 0;
}

int cli_secrets_done(struct cli *c, struct missiu_diag *diag)
{
	int ret = take_argv_ppk(c, diag);

	if (!ret && c->conf.ppk_required && !c->n_ppk)
		ret = diag_set(diag, MISSIU_EINVAL,
			       "--ppk-required: there is none; give --ppk-file "
			       "FILE, or --ppk KEY and --ppk_id NAME");
	c->conf.ppk = c->ppk;
	c->conf.n_ppk = c->n_ppk;
	c->conf.psk = c->psk;
	c->conf.n_psk = c->n_psk;
	return ret;
}

void cli_wipe(struct cli *c)
{
	secret_wipe(c->psk, sizeof(c->psk));
	c->n_psk = 0;
	secret_wipe(c->ppk, sizeof(c->ppk));
	secret_wipe(&c->argv_ppk, sizeof(c->argv_ppk));
	c->n_ppk = 0;
	cred_put(c->conf.cred);
	c->conf.cred = NULL;
}
