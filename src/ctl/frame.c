/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Frames: one SEQPACKET message with a header, a little text and at most one
 * memfd. The receiver copies the memfd after checking that its seals keep the
 * sender from changing it; a descriptor that is not as it should be is closed
 * and the connection given up.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "common/secret.h"
#include "ctl/serve.h"
#include "ctl/sock.h"

#define TEXT_MAX 1024
#define SEALS	 (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)
#define FDS_ROOM 4 /* descriptors a message may bring before truncation */

static bool write_all(int fd, const uint8_t *p, size_t n)
{
	while (n) {
		ssize_t k = write(fd, p, n);

		if (k <= 0 && errno != EINTR)
			return false;
		if (k > 0) {
			p += k;
			n -= (size_t)k;
		}
	}
	return true;
}

/* A memfd with these bytes that nobody can change any more; -1: no memory. */
static int sealed(const void *data, size_t len)
{
	int fd = memfd_create("missiu", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0)
		return -1;
	if (write_all(fd, data, len) &&
	    !fcntl(fd, F_ADD_SEALS, SEALS | F_SEAL_SEAL))
		return fd;
	close(fd);
	return -1;
}

static int send_error(int e)
{
	switch (e) {
	case EAGAIN:
	case EINTR:
	case ENOBUFS:
	case ETOOMANYREFS:
		return MISSIU_EAGAIN;
	case ENOMEM:
		return MISSIU_ENOMEM;
	default:
		return MISSIU_EIO;
	}
}

union cmsg_room {
	char b[CMSG_SPACE(sizeof(int) * FDS_ROOM)];
	struct cmsghdr align;
};

int ctl_send(int fd, uint32_t type, const void *text, size_t text_len,
	     const void *data, size_t data_len)
{
	struct ctl_hdr hdr = { type, (uint32_t)(sizeof(hdr) + text_len) };
	uint8_t buf[sizeof(hdr) + TEXT_MAX];
	struct iovec iov = { buf, sizeof(hdr) + text_len };
	struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1 };
	union cmsg_room room = { .b = { 0 } };
	int memfd = -1, err = 0;

	if (text_len > TEXT_MAX || data_len > CTL_ARG_MAX)
		return MISSIU_EINVAL;
	memcpy(buf, &hdr, sizeof(hdr));
	if (text_len)
		memcpy(buf + sizeof(hdr), text, text_len);
	if (data_len) {
		struct cmsghdr *c;

		memfd = sealed(data, data_len);
		if (memfd < 0)
			return MISSIU_ENOMEM;
		mh.msg_control = room.b;
		mh.msg_controllen = CMSG_SPACE(sizeof(int));
		c = CMSG_FIRSTHDR(&mh);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &memfd, sizeof(int));
	}
	if (sendmsg(fd, &mh, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		err = send_error(errno);
	if (memfd >= 0)
		close(memfd);
	return err;
}

/*
 * All descriptors of a message: the first is kept, the others are closed.
 * Return: how many there were.
 */
static size_t collect_fds(struct msghdr *mh, int *first)
{
	struct cmsghdr *c;
	size_t n = 0;

	*first = -1;
	for (c = CMSG_FIRSTHDR(mh); c; c = CMSG_NXTHDR(mh, c)) {
		size_t at;

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		for (at = CMSG_LEN(0); at + sizeof(int) <= c->cmsg_len;
		     at += sizeof(int)) {
			int fd;

			memcpy(&fd, (const uint8_t *)c + at, sizeof(fd));
			if (n++)
				close(fd);
			else
				*first = fd;
		}
	}
	return n;
}

/* Copy a memfd's bytes, if nobody can change them while we do. */
static int read_sealed(int fd, struct ctl_frame *out)
{
	int seals = fcntl(fd, F_GET_SEALS);
	size_t len, at = 0;
	struct stat st;

	if (seals < 0 || (seals & SEALS) != SEALS || fstat(fd, &st) ||
	    st.st_size <= 0 || st.st_size > (off_t)CTL_ARG_MAX)
		return MISSIU_EPROTO;
	len = (size_t)st.st_size;
	out->data = malloc(len);
	if (!out->data)
		return MISSIU_ENOMEM;
	out->data_len = len;
	while (at < len) {
		ssize_t k = pread(fd, out->data + at, len - at, (off_t)at);

		if (k == 0 || (k < 0 && errno != EINTR))
			return MISSIU_EPROTO;
		if (k > 0)
			at += (size_t)k;
	}
	return 0;
}

static int parse_frame(const uint8_t *buf, size_t len, struct ctl_frame *out)
{
	struct ctl_hdr hdr;

	if (len < sizeof(hdr) || len > sizeof(hdr) + TEXT_MAX)
		return MISSIU_EPROTO;
	memcpy(&hdr, buf, sizeof(hdr));
	if (hdr.len != len)
		return MISSIU_EPROTO;
	out->type = hdr.type;
	out->text_len = len - sizeof(hdr);
	memcpy(out->text, buf + sizeof(hdr), out->text_len);
	return 0;
}

int ctl_recv(int fd, struct ctl_frame *out)
{
	uint8_t buf[sizeof(struct ctl_hdr) + TEXT_MAX + 1];
	struct iovec iov = { buf, sizeof(buf) };
	union cmsg_room room = { .b = { 0 } };
	struct msghdr mh = { .msg_iov = &iov,
			     .msg_iovlen = 1,
			     .msg_control = room.b,
			     .msg_controllen = sizeof(room.b) };
	int memfd, err;
	size_t n_fds;
	ssize_t n;

	memset(out, 0, sizeof(*out));
	n = recvmsg(fd, &mh, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? MISSIU_EAGAIN :
		       errno == ECONNRESET		 ? MISSIU_ECONN :
							   MISSIU_EPROTO;
	n_fds = collect_fds(&mh, &memfd);
	if (n == 0 && !n_fds)
		return MISSIU_ECONN;
	err = parse_frame(buf, (size_t)n, out);
	if (n_fds > 1 || (mh.msg_flags & (MSG_TRUNC | MSG_CTRUNC)))
		err = MISSIU_EPROTO;
	if (!err && n_fds)
		err = read_sealed(memfd, out);
	if (memfd >= 0)
		close(memfd);
	if (err)
		ctl_frame_fini(out);
	return err;
}

void ctl_frame_fini(struct ctl_frame *f)
{
	if (f->data)
		secret_wipe(f->data, f->data_len);
	free(f->data);
	memset(f, 0, sizeof(*f));
}
