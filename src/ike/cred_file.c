/* SPDX-License-Identifier: Apache-2.0 */
#include "ike/cred_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/diag.h"
#include "common/secret.h"

/* A revocation list of a large authority; bundles of CAs have 250 KB. */
#define FILE_MAX (8u << 20)
#define PASS_MAX 1024u

struct content {
	char *p; /* a NUL follows */
	size_t len;
	bool secret; /* only its owner can read it */
};

static void content_fini(struct content *c)
{
	if (c->p)
		secret_wipe(c->p, c->len);
	free(c->p);
	*c = (struct content){ 0 };
}

static int fill(int fd, struct content *c, size_t cap, struct missiu_diag *diag)
{
	while (c->len < cap) {
		const ssize_t r = read(fd, c->p + c->len, cap - c->len);

		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return diag_set(diag, MISSIU_EIO, "%s",
					strerror(errno));
		if (!r)
			return 0;
		c->len += (size_t)r;
	}
	return diag_set(diag, MISSIU_EINVAL, "larger than %zu bytes", cap - 1);
}

static int read_fd(int fd, struct content *c, size_t max,
		   struct missiu_diag *diag)
{
	struct stat st;
	size_t cap = max + 1;

	if (fstat(fd, &st) < 0)
		return diag_set(diag, MISSIU_EIO, "%s", strerror(errno));
	if (!S_ISREG(st.st_mode) && !S_ISFIFO(st.st_mode))
		return diag_set(diag, MISSIU_EINVAL, "not a file");
	if (S_ISREG(st.st_mode) && st.st_size >= 0 && st.st_size < (off_t)max)
		cap = (size_t)st.st_size + 1;
	c->secret = !(st.st_mode & 077);
	c->p = malloc(cap + 1);
	if (!c->p)
		return diag_set(diag, MISSIU_ENOMEM, "out of memory");
	return fill(fd, c, cap, diag);
}

static int read_file(const char *name, size_t max, struct content *c,
		     struct missiu_diag *diag)
{
	const int fd = open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	int ret;

	*c = (struct content){ 0 };
	if (fd < 0)
		return diag_set(diag, MISSIU_EIO, "%s", strerror(errno));
	ret = read_fd(fd, c, max, diag);
	close(fd);
	if (ret)
		content_fini(c);
	else
		c->p[c->len] = '\0';
	return ret;
}

static int must_be_secret(const struct content *c, struct missiu_diag *diag)
{
	return c->secret ? 0 :
			   diag_set(diag, MISSIU_EPERM,
				    "others can read this secret; run: chmod "
				    "600 on it");
}

/* --- what is done with a file's contents */

struct reading {
	struct ike_cred *cred;
	char *pass; /* or NULL */
};

static int take_own(struct reading *r, const struct content *c,
		    struct missiu_diag *diag)
{
	const size_t before = r->cred->n_own;
	const int ret = cred_add_own(r->cred, c->p, c->len, r->pass, diag);

	if (ret || r->cred->n_own == before)
		return ret;
	return must_be_secret(c, diag);
}

static int take_ca(struct reading *r, const struct content *c,
		   struct missiu_diag *diag)
{
	return cred_add_ca(r->cred, c->p, c->len, diag);
}

static int take_crl(struct reading *r, const struct content *c,
		    struct missiu_diag *diag)
{
	return cred_add_crl(r->cred, c->p, c->len, diag);
}

static int take_ocsp(struct reading *r, const struct content *c,
		     struct missiu_diag *diag)
{
	return cred_add_ocsp(r->cred, c->p, c->len, diag);
}

typedef int take_file(struct reading *r, const struct content *c,
		      struct missiu_diag *diag);

static int read_each(struct reading *r, const struct cred_names *names,
		     take_file *take, struct cred_bad *bad)
{
	int ret = 0;

	for (size_t i = 0; !ret && i < names->n; i++) {
		struct content c;

		bad->file = names->v[i];
		if (take == take_crl && cred_is_url(names->v[i])) {
			ret = cred_add_crl_url(r->cred, names->v[i],
					       &bad->diag);
			continue;
		}
		ret = read_file(names->v[i], FILE_MAX, &c, &bad->diag);
		if (!ret)
			ret = take(r, &c, &bad->diag);
		content_fini(&c);
	}
	return ret;
}

typedef int add_url(struct ike_cred *c, const char *url,
		    struct missiu_diag *diag);

static int add_each(struct reading *r, const struct cred_names *names,
		    add_url *add, struct cred_bad *bad)
{
	int ret = 0;

	for (size_t i = 0; !ret && i < names->n; i++) {
		bad->file = names->v[i];
		ret = add(r->cred, names->v[i], &bad->diag);
	}
	return ret;
}

static int read_pass(struct reading *r, const char *name, struct content *c,
		     struct cred_bad *bad)
{
	int ret;

	if (!name)
		return 0;
	bad->file = name;
	ret = read_file(name, PASS_MAX, c, &bad->diag);
	if (!ret)
		ret = must_be_secret(c, &bad->diag);
	if (ret)
		return ret;
	c->p[strcspn(c->p, "\r\n")] = '\0';
	if (!*c->p)
		return diag_set(&bad->diag, MISSIU_EINVAL,
				"found nothing in its first line, expected a "
				"passphrase");
	r->pass = c->p;
	return 0;
}

int cred_read(const struct cred_files *f, struct ike_cred **out,
	      struct cred_bad *bad)
{
	struct reading r = { NULL, NULL };
	struct content pass = { 0 };
	int ret;

	*out = NULL;
	*bad = (struct cred_bad){ NULL, { "out of memory" } };
	if (!f->own.n && !f->ca.n && !f->crl.n && !f->ocsp.n &&
	    !f->ocsp_url.n && !f->ask.n)
		return 0;
	r.cred = cred_new();
	if (!r.cred)
		return MISSIU_ENOMEM;
	r.cred->crl = f->crl_policy;
	r.cred->rsa_sha1 = f->rsa_sha1;
	r.cred->pkcs1 = f->pkcs1;
	r.cred->no_rfc7427 = f->no_rfc7427;
	ret = read_pass(&r, f->pass_file, &pass, bad);
	if (!ret)
		ret = read_each(&r, &f->own, take_own, bad);
	if (!ret)
		ret = read_each(&r, &f->ca, take_ca, bad);
	if (!ret)
		ret = read_each(&r, &f->crl, take_crl, bad);
	content_fini(&pass);
	if (!ret) {
		bad->file = NULL;
		ret = cred_match(r.cred, &bad->diag);
	}
	if (!ret)
		ret = read_each(&r, &f->ocsp, take_ocsp, bad);
	if (!ret)
		ret = add_each(&r, &f->ocsp_url, cred_add_ocsp_url, bad);
	if (!ret)
		ret = add_each(&r, &f->ask, cred_add_ask, bad);
	if (ret)
		cred_put(r.cred);
	else
		*out = r.cred;
	return ret;
}
