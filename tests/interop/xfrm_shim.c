/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Preloaded into a key daemon that keys the kernel by NETLINK_XFRM, it plays
 * that kernel: every request succeeds, nothing reaches the real one, and the
 * SAs are written to the file $XFRM_SHIM_LOG as commands of our configuration
 * language ("add ...;", "delete ...;"), so that a missiu beside the daemon can
 * carry its ESP. For machines whose kernel has no ESP, and for tests only.
 *
 * It knows what libreswan asks for: one socket with one request at a time,
 * written by write() or send(), and one that waits for news that never come.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/netlink.h>
#include <linux/xfrm.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MAX_FD 64

/* By the daemon's end of a socket pair: 1 + our end, or 0 */
static int kernel_end[MAX_FD];
/* TCP connections whose messages the daemon reads and writes as a whole */
static int framed[MAX_FD];

static int ours(int fd)
{
	return fd >= 0 && fd < MAX_FD && kernel_end[fd] > 0;
}

/* ------------------------------------------------------- what is written -- */

static const struct {
	int type;	  /* of the attribute */
	const char *xfrm; /* the kernel's name */
	unsigned icv;	  /* bits; 0: any */
	const char *option;
} names[] = {
	{ XFRMA_ALG_AEAD, "rfc4106(gcm(aes))", 128, "-u -E aes-gcm-16" },
	{ XFRMA_ALG_AEAD, "rfc4106(gcm(aes))", 96, "-u -E aes-gcm-12" },
	{ XFRMA_ALG_AEAD, "rfc4106(gcm(aes))", 64, "-u -E aes-gcm-8" },
	{ XFRMA_ALG_AEAD, "rfc7539esp(chacha20,poly1305)", 0,
	  "-u -E chacha20-poly1305" },
	{ XFRMA_ALG_CRYPT, "cbc(aes)", 0, "-E aes-cbc" },
	{ XFRMA_ALG_CRYPT, "aes", 0, "-E aes-cbc" },
	{ XFRMA_ALG_AUTH_TRUNC, "hmac(sha1)", 0, "-A hmac-sha1" },
	{ XFRMA_ALG_AUTH_TRUNC, "hmac(sha256)", 0, "-A hmac-sha256" },
	{ XFRMA_ALG_AUTH_TRUNC, "hmac(sha384)", 0, "-A hmac-sha384" },
	{ XFRMA_ALG_AUTH_TRUNC, "hmac(sha512)", 0, "-A hmac-sha512" },
};

static void write_key(FILE *f, int type, const char *name, unsigned icv,
		      const void *key, unsigned bits)
{
	const unsigned char *k = key;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (names[i].type != type || strcmp(names[i].xfrm, name) ||
		    (names[i].icv && names[i].icv != icv))
			continue;
		fprintf(f, " %s 0x", names[i].option);
		for (unsigned j = 0; j < bits / 8; j++)
			fprintf(f, "%02x", k[j]);
		return;
	}
	fprintf(f, " # unknown: %s/%u", name, icv);
}

static void write_attribute(FILE *f, const struct nlattr *a)
{
	const void *body = (const char *)a + NLA_HDRLEN;
	const struct xfrm_algo_aead *aead = body;
	const struct xfrm_algo_auth *auth = body;
	const struct xfrm_algo *plain = body;

	switch (a->nla_type) {
	case XFRMA_ALG_AEAD:
		write_key(f, a->nla_type, aead->alg_name, aead->alg_icv_len,
			  aead->alg_key, aead->alg_key_len);
		break;
	case XFRMA_ALG_AUTH_TRUNC:
		write_key(f, a->nla_type, auth->alg_name, auth->alg_trunc_len,
			  auth->alg_key, auth->alg_key_len);
		break;
	case XFRMA_ALG_AUTH:
		write_key(f, XFRMA_ALG_AUTH_TRUNC, plain->alg_name, 0,
			  plain->alg_key, plain->alg_key_len);
		break;
	case XFRMA_ALG_CRYPT:
		write_key(f, a->nla_type, plain->alg_name, 0, plain->alg_key,
			  plain->alg_key_len);
		break;
	default:
		break;
	}
}

static void write_ends(FILE *f, int family, const void *src, const void *dst)
{
	char s[INET6_ADDRSTRLEN], d[INET6_ADDRSTRLEN];

	fprintf(f, " %s %s", inet_ntop(family, src, s, sizeof(s)),
		inet_ntop(family, dst, d, sizeof(d)));
}

static void write_sa(FILE *f, const struct nlmsghdr *h)
{
	const struct xfrm_usersa_info *sa = NLMSG_DATA(h);
	size_t at = NLMSG_SPACE(sizeof(*sa));

	fprintf(f, "add");
	write_ends(f, sa->family, &sa->saddr, &sa->id.daddr);
	fprintf(f, " esp 0x%08x -m %s", ntohl(sa->id.spi),
		sa->mode == XFRM_MODE_TUNNEL ? "tunnel" : "transport");
	if (sa->flags & XFRM_STATE_ESN)
		fprintf(f, " -r 128 -n");
	while (at + NLA_HDRLEN <= h->nlmsg_len) {
		const struct nlattr *a = (const void *)((const char *)h + at);

		if (a->nla_len < NLA_HDRLEN || at + a->nla_len > h->nlmsg_len)
			break;
		write_attribute(f, a);
		at += NLA_ALIGN(a->nla_len);
	}
	fprintf(f, ";\n");
}

static void write_delete(FILE *f, const struct nlmsghdr *h)
{
	const struct xfrm_usersa_id *id = NLMSG_DATA(h);
	const struct nlattr *a =
		(const void *)((const char *)h + NLMSG_SPACE(sizeof(*id)));
	const void *src = &id->daddr;

	if (h->nlmsg_len >= NLMSG_SPACE(sizeof(*id)) + NLA_HDRLEN &&
	    a->nla_type == XFRMA_SRCADDR)
		src = (const char *)a + NLA_HDRLEN;
	fprintf(f, "delete");
	write_ends(f, id->family, src, &id->daddr);
	fprintf(f, " esp 0x%08x;\n", ntohl(id->spi));
}

static void record(const struct nlmsghdr *h)
{
	const char *path = getenv("XFRM_SHIM_LOG");
	FILE *f = path ? fopen(path, "ae") : NULL;

	if (!f)
		return;
	switch (h->nlmsg_type) {
	case XFRM_MSG_NEWSA:
	case XFRM_MSG_UPDSA:
		write_sa(f, h);
		break;
	case XFRM_MSG_DELSA:
		write_delete(f, h);
		break;
	case XFRM_MSG_MIGRATE:
		fprintf(f, "# migrate\n");
		break;
	default:
		break;
	}
	fclose(f);
}

/* --------------------------------------------------------------- answers -- */

struct answer {
	struct nlmsghdr h;
	union {
		struct nlmsgerr error;
		struct xfrm_usersa_info sa;
	} u;
};

static unsigned random_spi(unsigned min, unsigned max)
{
	unsigned r = 0;

	if (getrandom(&r, sizeof(r), 0) != sizeof(r) || max <= min)
		return min;
	return min + r % (max - min);
}

static void answer(int fd, const struct nlmsghdr *q)
{
	const struct xfrm_userspi_info *want = NLMSG_DATA(q);
	struct answer a = { .h.nlmsg_seq = q->nlmsg_seq };
	size_t body = sizeof(a.u.error);

	a.h.nlmsg_type = NLMSG_ERROR;
	a.u.error.msg = *q;
	if (q->nlmsg_type == XFRM_MSG_ALLOCSPI) {
		a.h.nlmsg_type = XFRM_MSG_NEWSA;
		body = sizeof(a.u.sa);
		memset(&a.u, 0, sizeof(a.u));
		a.u.sa = want->info;
		a.u.sa.id.spi = htonl(random_spi(want->min, want->max));
	} else if (q->nlmsg_type == XFRM_MSG_GETSA) {
		/* An SA that has carried nothing yet */
		a.h.nlmsg_type = XFRM_MSG_NEWSA;
		body = sizeof(a.u.sa);
		memset(&a.u, 0, sizeof(a.u));
	}
	a.h.nlmsg_len = (unsigned)(NLMSG_HDRLEN + body);
	syscall(SYS_write, kernel_end[fd] - 1, &a, a.h.nlmsg_len);
}

static ssize_t request(int fd, const void *buf, size_t len)
{
	const struct nlmsghdr *h = buf;

	if (len < sizeof(*h) || h->nlmsg_len > len) {
		errno = EINVAL;
		return -1;
	}
	record(h);
	answer(fd, h);
	return (ssize_t)len;
}

/* -------------------------------------------------------------- espintcp -- */

static int is_framed(int fd)
{
	return fd >= 0 && fd < MAX_FD && framed[fd];
}

/* One message without the length in front of it (RFC 9329 3), or EAGAIN. */
static ssize_t read_message(int fd, void *buf, size_t len)
{
	unsigned char all[65536];
	ssize_t n = recv(fd, all, sizeof(all), MSG_PEEK | MSG_DONTWAIT);
	size_t size;

	if (n <= 0)
		return n;
	size = n < 2 ? 2 : (size_t)(all[0] << 8 | all[1]);
	if (n < 2 || (size_t)n < size || size < 2) {
		errno = EAGAIN;
		return -1;
	}
	recv(fd, all, size, MSG_DONTWAIT);
	if (len > size - 2)
		len = size - 2;
	memcpy(buf, all + 2, len);
	return (ssize_t)len;
}

static ssize_t write_message(int fd, const void *buf, size_t len)
{
	unsigned char all[65536];

	if (len > sizeof(all) - 2) {
		errno = EMSGSIZE;
		return -1;
	}
	all[0] = (unsigned char)((len + 2) >> 8);
	all[1] = (unsigned char)(len + 2);
	memcpy(all + 2, buf, len);
	return syscall(SYS_write, fd, all, len + 2) < 0 ? -1 : (ssize_t)len;
}

/* ------------------------------------------------------- the system calls -- */

int setsockopt(int fd, int level, int name, const void *value, socklen_t len)
{
	if (level == IPPROTO_TCP && name == TCP_ULP && fd < MAX_FD) {
		framed[fd] = 1;
		return 0;
	}
	return (int)syscall(SYS_setsockopt, fd, level, name, value, len);
}

ssize_t read(int fd, void *buf, size_t len)
{
	return is_framed(fd) ? read_message(fd, buf, len) :
			       syscall(SYS_read, fd, buf, len);
}

int socket(int domain, int type, int protocol)
{
	int fd[2];

	if (domain != AF_NETLINK || protocol != NETLINK_XFRM)
		return (int)syscall(SYS_socket, domain, type, protocol);
	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, fd))
		return -1;
	if (fd[0] >= MAX_FD) {
		syscall(SYS_close, fd[0]);
		syscall(SYS_close, fd[1]);
		errno = EMFILE;
		return -1;
	}
	kernel_end[fd[0]] = fd[1] + 1;
	return fd[0];
}

int bind(int fd, const struct sockaddr *addr, socklen_t len)
{
	return ours(fd) ? 0 : (int)syscall(SYS_bind, fd, addr, len);
}

int close(int fd)
{
	if (ours(fd)) {
		syscall(SYS_close, kernel_end[fd] - 1);
		kernel_end[fd] = 0;
	}
	if (is_framed(fd))
		framed[fd] = 0;
	return (int)syscall(SYS_close, fd);
}

ssize_t write(int fd, const void *buf, size_t len)
{
	if (ours(fd))
		return request(fd, buf, len);
	return is_framed(fd) ? write_message(fd, buf, len) :
			       syscall(SYS_write, fd, buf, len);
}

ssize_t recvfrom(int fd, void *restrict buf, size_t len, int flags,
		 struct sockaddr *restrict addr, socklen_t *restrict addr_len)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };

	if (!ours(fd) || !addr || !addr_len)
		return syscall(SYS_recvfrom, fd, buf, len, flags, addr,
			       addr_len);
	memcpy(addr, &kernel,
	       *addr_len < sizeof(kernel) ? *addr_len : sizeof(kernel));
	*addr_len = sizeof(kernel);
	return syscall(SYS_recvfrom, fd, buf, len, flags, NULL, NULL);
}
