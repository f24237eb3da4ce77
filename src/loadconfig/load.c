/* SPDX-License-Identifier: Apache-2.0 */
#include "loadconfig/load.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/addr.h"
#include "common/secret.h"

/* As much as the parser takes. */
#define FILE_MAX (64u << 20)

static int resolve(void *ctx, const char *name, int family,
		   struct missiu_addr *out)
{
	const struct addrinfo hints = {
		.ai_family = family == 4 ? AF_INET :
			     family == 6 ? AF_INET6 :
					   AF_UNSPEC,
		.ai_socktype = SOCK_DGRAM,
	};
	struct addrinfo *list;
	uint16_t port;
	bool ok;

	(void)ctx;
	if (getaddrinfo(name, NULL, &hints, &list))
		return MISSIU_ENOENT;
	ok = addr_from_sockaddr(list->ai_addr, out, &port);
	freeaddrinfo(list);
	return ok ? 0 : MISSIU_ENOENT;
}

const char *load_name(const char *path)
{
	return strcmp(path, "-") ? path : "stdin";
}

int load_text(const char *name, const char *text, size_t len,
	      struct missiu_script *out)
{
	const struct missiu_script_opts opts = { .resolve = resolve };
	struct missiu_script_err err;
	int r = missiu_script_parse(text, len, &opts, out, &err);

	if (r)
		fprintf(stderr, "%s:%u:%u: %s\n", name, err.line, err.col,
			err.diag.msg);
	return r;
}

/* Bytes that hold keys: grows without leaving copies behind. */
struct text {
	char *s;
	size_t len, cap;
};

static void text_fini(struct text *t)
{
	if (t->s)
		secret_wipe(t->s, t->cap);
	free(t->s);
	*t = (struct text){ 0 };
}

static int text_grow(struct text *t)
{
	struct text bigger = { .len = t->len,
			       .cap = t->cap ? t->cap * 2 : 16384 };

	bigger.s = malloc(bigger.cap);
	if (!bigger.s)
		return MISSIU_ENOMEM;
	if (t->len)
		memcpy(bigger.s, t->s, t->len);
	text_fini(t);
	*t = bigger;
	return 0;
}

static int read_all(int fd, struct text *t)
{
	ssize_t n = 1;

	while (n && t->len <= FILE_MAX) {
		if (t->len == t->cap && text_grow(t))
			return MISSIU_ENOMEM;
		n = read(fd, t->s + t->len, t->cap - t->len);
		if (n < 0 && errno != EINTR)
			return MISSIU_EIO;
		if (n < 0)
			continue;
		t->len += (size_t)n;
	}
	return 0;
}

static bool holds_keys(const struct missiu_script *s)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->v[i].kind == MISSIU_CHG_ADD_SA)
			return true;
	for (size_t i = 0; i < s->n_peer; i++)
		if (s->peer[i].psk_len)
			return true;
	return false;
}

static int check_mode(int fd, const char *name, const struct missiu_script *s)
{
	struct stat st;

	if (!holds_keys(s) || fstat(fd, &st) || !S_ISREG(st.st_mode) ||
	    !(st.st_mode & (S_IROTH | S_IWOTH)))
		return 0;
	fprintf(stderr,
		"%s: holds keys, but others may %s it; remedy: chmod 600 %s\n",
		name, st.st_mode & S_IROTH ? "read" : "write",
		fd == STDIN_FILENO ? "the file" : name);
	return MISSIU_EPERM;
}

static int load_fd(int fd, const char *name, struct missiu_script *out)
{
	struct text t = { 0 };
	int r = read_all(fd, &t);

	if (r)
		fprintf(stderr, "%s: cannot be read: %s\n", name,
			r == MISSIU_EIO ? strerror(errno) : missiu_strerror(r));
	else
		r = load_text(name, t.s, t.len, out);
	text_fini(&t);
	if (r)
		return r;
	r = check_mode(fd, name, out);
	if (r)
		missiu_script_fini(out);
	return r;
}

int load_file(const char *path, struct missiu_script *out)
{
	int fd, r;

	if (!strcmp(path, "-"))
		return load_fd(STDIN_FILENO, load_name(path), out);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		fprintf(stderr, "%s: cannot be opened: %s\n", path,
			strerror(errno));
		return MISSIU_ENOENT;
	}
	r = load_fd(fd, path, out);
	close(fd);
	return r;
}

int load_prepend_flush(struct missiu_script *s, bool sa, bool policy)
{
	size_t n = (size_t)sa + policy, i = 0;
	struct missiu_script all = { .n = n + s->n };

	if (!n)
		return 0;
	all.v = calloc(all.n, sizeof(*all.v));
	all.pos = calloc(all.n, sizeof(*all.pos));
	if (!all.v || !all.pos) {
		free(all.v);
		free(all.pos);
		return MISSIU_ENOMEM;
	}
	if (sa)
		all.v[i++].kind = MISSIU_CHG_FLUSH_SA;
	if (policy)
		all.v[i++].kind = MISSIU_CHG_FLUSH_POLICY;
	if (s->n) {
		memcpy(all.v + n, s->v, s->n * sizeof(*s->v));
		memcpy(all.pos + n, s->pos, s->n * sizeof(*s->pos));
	}
	all.peer = s->peer;
	all.n_peer = s->n_peer;
	s->peer = NULL;
	s->n_peer = 0;
	missiu_script_fini(s);
	*s = all;
	return 0;
}

/* Errors that are about one change; others are about the connection. */
static bool about_a_change(int err)
{
	return err == MISSIU_EINVAL || err == MISSIU_EUNSUP ||
	       err == MISSIU_EKEYLEN || err == MISSIU_EEXIST ||
	       err == MISSIU_ENOENT || err == MISSIU_EFULL;
}

int load_apply(struct ctl_conn *c, const char *name, struct missiu_script *s)
{
	struct missiu_diag diag = { "" };
	size_t bad = 0;
	int r = s->n ? ctl_load(c, s->v, s->n, &bad, &diag) : 0;

	if (!r)
		return 0;
	if (!diag.msg[0])
		snprintf(diag.msg, sizeof(diag.msg), "%s", missiu_strerror(r));
	if (about_a_change(r) && bad < s->n && s->pos[bad].line)
		fprintf(stderr, "%s:%u:%u: %s\n", name, s->pos[bad].line,
			s->pos[bad].col, diag.msg);
	else
		fprintf(stderr, "%s: %s\n", name, diag.msg);
	return r;
}
