/* SPDX-License-Identifier: Apache-2.0 */
#include "ike/peer_load.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/diag.h"
#include "common/log.h"
#include "common/secret.h"
#include "ike/cli.h"
#include "ike/cred_file.h"
#include "ike/psk.h"
#include "ike/secret_file.h"

#include "missiu/script.h"

/* Keys that the file of one peer may hold. */
#define PEER_KEYS_MAX 64
/* As much as the parser takes would be too much for a daemon. */
#define CONFIG_MAX (8u << 20)

/* --- the files that a peer names */

static int psk_text(const char *name, const char *text, size_t len, void *arg,
		    struct missiu_diag *diag)
{
	struct ike_peer_conf *c = arg;

	return psk_file_parse(name, text, len, c->psk, PEER_KEYS_MAX, &c->n_psk,
			      diag);
}

static int ppk_text(const char *name, const char *text, size_t len, void *arg,
		    struct missiu_diag *diag)
{
	struct ike_peer_conf *c = arg;

	return ppk_file_parse(name, text, len, c->ppk, PEER_KEYS_MAX, &c->n_ppk,
			      diag);
}

/* On failure what was read goes with the rest of @c. */
static int read_psk(struct ike_peer_conf *c, struct missiu_diag *diag)
{
	const char *name = c->peer.psk_file;
	int ret;

	if (!name)
		return 0;
	c->psk = calloc(PEER_KEYS_MAX, sizeof(*c->psk));
	if (!c->psk)
		return diag_set(diag, MISSIU_ENOMEM, "out of memory");
	ret = secret_file_read(name, psk_text, c, diag);
	if (!ret && !c->n_psk)
		ret = diag_set(diag, MISSIU_EINVAL, "%.150s: holds no key",
			       name);
	return ret;
}

static int read_ppk(struct ike_peer_conf *c, struct missiu_diag *diag)
{
	if (!c->peer.ppk_file)
		return 0;
	c->ppk = calloc(PEER_KEYS_MAX, sizeof(*c->ppk));
	if (!c->ppk)
		return diag_set(diag, MISSIU_ENOMEM, "out of memory");
	return secret_file_read(c->peer.ppk_file, ppk_text, c, diag);
}

/* --- certificates */

static void add_names(struct cred_names *to, const struct missiu_texts *from)
{
	for (uint8_t i = 0; i < from->n && to->n < CRED_FILES_MAX; i++)
		to->v[to->n++] = from->v[i];
}

static bool has_name(const struct missiu_texts *l, const char *name)
{
	for (uint8_t i = 0; i < l->n; i++)
		if (l->v[i] == name)
			return true;
	return false;
}

/* The keyword that named the file which was refused. */
static enum missiu_peer_key key_of(const struct missiu_peer *p,
				   const char *file)
{
	if (!file || has_name(&p->cert, file))
		return p->cert.n ? MISSIU_PEER_CERT : MISSIU_PEER_CA;
	if (has_name(&p->ca, file))
		return MISSIU_PEER_CA;
	if (has_name(&p->crl, file))
		return MISSIU_PEER_CRL;
	if (has_name(&p->ocsp_response, file))
		return MISSIU_PEER_OCSP_RESPONSE;
	if (has_name(&p->ocsp, file))
		return MISSIU_PEER_OCSP;
	if (has_name(&p->peer_ocsp, file))
		return MISSIU_PEER_PEER_OCSP;
	return file == p->key_pass_file ? MISSIU_PEER_KEY_PASS_FILE :
					  MISSIU_PEER_KEY;
}

static int read_cred(struct ike_peer_conf *c, enum missiu_peer_key *key,
		     struct missiu_diag *diag)
{
	static const enum trust_crl policies[] = {
		[0] = TRUST_CRL_SOFT,
		[MISSIU_CRL_STRICT] = TRUST_CRL_STRICT,
		[MISSIU_CRL_SOFT] = TRUST_CRL_SOFT,
		[MISSIU_CRL_OFF] = TRUST_CRL_OFF,
	};
	const struct missiu_peer *p = &c->peer;
	struct cred_files f = { .pass_file = p->key_pass_file,
				.crl_policy = policies[p->crl_policy],
				.rsa_sha1 = p->rsa_sha1 == MISSIU_YES,
				.pkcs1 = p->rsa_pkcs1 == MISSIU_YES,
				.no_rfc7427 = p->rfc7427 == MISSIU_NO };
	struct cred_bad bad = { 0 };
	int ret;

	add_names(&f.own, &p->cert);
	add_names(&f.own, &p->key);
	add_names(&f.ca, &p->ca);
	add_names(&f.crl, &p->crl);
	add_names(&f.ocsp, &p->ocsp_response);
	add_names(&f.ocsp_url, &p->ocsp);
	add_names(&f.ask, &p->peer_ocsp);
	ret = cred_read(&f, &c->cred, &bad);
	if (!ret && f.rsa_sha1)
		log_warn(ike,
			 "peer %s: rsa_sha1 accepts signatures that are "
			 "no longer safe",
			 p->name);
	if (!ret)
		return 0;
	*key = key_of(p, bad.file);
	return diag_set(diag, ret, "%.100s%s%s", bad.file ? bad.file : "",
			bad.file ? ": " : "", bad.diag.msg);
}

int peer_conf_read(struct ike_peer_conf *c, enum missiu_peer_key *key,
		   struct missiu_diag *diag)
{
	int ret;

	*key = MISSIU_PEER_PSK_FILE;
	ret = read_psk(c, diag);
	if (ret)
		return ret;
	*key = MISSIU_PEER_PPK_FILE;
	ret = read_ppk(c, diag);
	return ret ? ret : read_cred(c, key, diag);
}

/* --- texts */

static int read_confs(struct missiu_script *s, const char *file,
		      struct ike_peer_conf *v, struct ike_peer_err *err)
{
	int ret = 0;

	for (size_t i = 0; i < s->n_peer && !ret; i++) {
		v[i].peer = s->peer[i]; /* moved: see below */
		s->peer[i] = (struct missiu_peer){ 0 };
		v[i].file = file;
		err->index = i;
		ret = peer_conf_read(&v[i], &err->key, &err->diag);
	}
	return ret;
}

/* Positions go with the peers that are moved. */
struct places {
	struct missiu_script_pos pos;
	struct missiu_script_pos at[MISSIU_PEER_KEYS];
	char name[MISSIU_PEER_NAME_MAX + 1];
};

static struct places *places_of(const struct missiu_script *s)
{
	struct places *v = calloc(s->n_peer + 1, sizeof(*v));

	for (size_t i = 0; v && i < s->n_peer; i++) {
		const struct missiu_peer *p = &s->peer[i];

		v[i].pos = p->pos;
		memcpy(v[i].at, p->at, sizeof(p->at));
		memcpy(v[i].name, p->name, sizeof(p->name));
	}
	return v;
}

static void explain(const struct places *v, struct peer_load_err *err)
{
	const struct places *p = &v[err->peer.index];
	const enum missiu_peer_key key = err->peer.key;
	const bool at = key < MISSIU_PEER_KEYS && p->at[key].line;
	const struct missiu_script_pos *pos = at ? &p->at[key] : &p->pos;

	err->line = pos->line;
	err->col = pos->col;
	diag_set(&err->diag, 0, "peer %s: %s%s%s", p->name,
		 key < MISSIU_PEER_KEYS ? missiu_peer_key_name(key) : "",
		 key < MISSIU_PEER_KEYS ? ": " : "", err->peer.diag.msg);
}

static int load_script(struct ike *ike, const struct peer_load *how,
		       struct missiu_script *s, struct peer_load_err *err,
		       missiu_usec now)
{
	struct ike_peer_conf *v = calloc(s->n_peer + 1, sizeof(*v));
	struct places *places = places_of(s);
	const size_t n = s->n_peer;
	int ret = MISSIU_ENOMEM;

	diag_set(&err->diag, 0, "out of memory");
	if (!v || !places)
		goto out;
	ret = read_confs(s, how->file, v, &err->peer);
	if (!ret)
		ret = ike_peers(ike, v, n, how->source, how->keep, &err->peer,
				now);
	if (ret)
		explain(places, err);
out:
	for (size_t i = 0; v && i < n; i++)
		ike_peer_conf_fini(&v[i]);
	free(v);
	free(places);
	return ret ? ret : (int)n;
}

int peer_load_text(struct ike *ike, const struct peer_load *how,
		   const char *text, size_t len, struct peer_load_err *err,
		   missiu_usec now)
{
	struct missiu_script_err at;
	struct missiu_script s;
	int ret;

	*err = (struct peer_load_err){ .peer.key = MISSIU_PEER_KEYS };
	ret = missiu_script_parse(text, len, NULL, &s, &at);
	if (ret) {
		err->line = at.line;
		err->col = at.col;
		err->diag = at.diag;
		return ret;
	}
	ret = load_script(ike, how, &s, err, now);
	missiu_script_fini(&s);
	return ret;
}

/* --- files */

static bool holds_psk(const char *text, size_t len)
{
	struct missiu_script_err at;
	struct missiu_script s;
	bool found = false;

	if (missiu_script_parse(text, len, NULL, &s, &at))
		return false; /* will be refused anyway */
	for (size_t i = 0; i < s.n_peer; i++)
		found |= s.peer[i].psk_len > 0;
	missiu_script_fini(&s);
	return found;
}

static int read_text(int fd, char *buf, size_t *len)
{
	while (*len < CONFIG_MAX) {
		ssize_t r = read(fd, buf + *len, CONFIG_MAX - *len);

		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return MISSIU_EIO;
		if (!r)
			return 0;
		*len += (size_t)r;
	}
	return MISSIU_EFULL;
}

static int load_fd(struct ike *ike, const struct peer_load *how, int fd,
		   struct missiu_diag *diag, missiu_usec now)
{
	char *buf = malloc(CONFIG_MAX);
	struct peer_load_err err;
	struct stat st = { 0 };
	size_t len = 0;
	int ret = buf ? read_text(fd, buf, &len) : MISSIU_ENOMEM;

	if (ret) {
		diag_set(diag, ret, "%s: cannot be read: %s", how->file,
			 missiu_strerror(ret));
	} else if (!fstat(fd, &st) && st.st_mode & 077 && S_ISREG(st.st_mode) &&
		   holds_psk(buf, len)) {
		ret = diag_set(diag, MISSIU_EPERM,
			       "%s: holds a key, but others may read it; run: "
			       "chmod 600 %s",
			       how->file, how->file);
	} else {
		ret = peer_load_text(ike, how, buf, len, &err, now);
		if (ret < 0)
			diag_set(diag, ret, "%s:%u:%u: %s", how->file, err.line,
				 err.col, err.diag.msg);
	}
	if (buf)
		secret_wipe(buf, len);
	free(buf);
	return ret;
}

int peer_load_file(struct ike *ike, const struct peer_load *how,
		   struct missiu_diag *diag, missiu_usec now)
{
	int fd = open(how->file, O_RDONLY | O_CLOEXEC | O_NOCTTY), ret;

	if (fd < 0)
		return diag_set(diag, MISSIU_EIO, "%s: %s", how->file,
				strerror(errno));
	ret = load_fd(ike, how, fd, diag, now);
	close(fd);
	return ret;
}
