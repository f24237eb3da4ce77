/* SPDX-License-Identifier: Apache-2.0 */
/* Sockets and memfds of the control protocols: framing, both sides. */
#ifndef CTL_SOCK_H
#define CTL_SOCK_H

#include <sys/types.h>

#include "missiu/engine.h"

/* Where run-time files lie, and their documented names. */
#define CTL_RUN_DIR	 "/var/run"
#define CTL_PID_PREFIX	 "missiu.pid."
#define CTL_FIFO_PREFIX	 "missiu.fifo."
#define CTL_PFKEY_PREFIX "missiu.pfkey."
#define CTL_LOG_PREFIX	 "missiu.log."

/**
 * ctl_set_run_dir() - use another folder than CTL_RUN_DIR
 * @dir: copied; NULL: CTL_RUN_DIR again
 *
 * For tests and a daemon's option, at start-up, before anything else here.
 * Return: false when @dir is too long for a socket's address.
 */
bool ctl_set_run_dir(const char *dir);

/**
 * ctl_path() - "<run dir>/<prefix><iface>"
 *
 * Return: false when it does not fit, or @iface is not an interface's name
 * (1 to 15 bytes without '/', not "." or "..").
 */
bool ctl_path(char *buf, size_t cap, const char *prefix, const char *iface);

/**
 * ctl_find_instance() - the interface of the only running missiu
 *
 * Return: 0; MISSIU_ECONN with @diag when there is none, or several.
 */
int ctl_find_instance(char *iface, size_t cap, struct missiu_diag *diag);

/**
 * ctl_listen() - make a SOCK_SEQPACKET listener of mode 0600
 * @path: removed first when nobody answers on it
 *
 * The socket file never exists with a wider mode. Non-blocking, close-on-exec.
 * Return: a descriptor, or a negative error (MISSIU_EBUSY: somebody answers).
 */
int ctl_listen(const char *path, struct missiu_diag *diag);

/**
 * ctl_accept() - accept and check the peer's credentials (SO_PEERCRED)
 * @fd:  listener
 * @pid: out: the peer's process
 *
 * Only root and our own user may talk to us.
 * Return: a non-blocking descriptor; MISSIU_EAGAIN, MISSIU_EPERM, MISSIU_EIO.
 */
int ctl_accept(int fd, pid_t *pid);

/**
 * ctl_dial() - connect to a socket of a missiu instance
 * @prefix: CTL_FIFO_PREFIX or CTL_PFKEY_PREFIX
 * @iface: its interface; NULL: the only one running
 * @diag: out, may be NULL: what is wrong and how to mend it
 *
 * Only a server of root or of our own user is talked to.
 * Return: a non-blocking descriptor; MISSIU_ECONN, MISSIU_EPERM,
 * MISSIU_ETIME (nobody accepts for 10 s), MISSIU_EIO.
 */
int ctl_dial(const char *prefix, const char *iface, struct missiu_diag *diag);

/** Header before each request and reply, host order. */
struct ctl_hdr {
	uint32_t type; /* request number; in replies: the status, as int32 */
	uint32_t len;  /* bytes of this message, header included */
};

/**
 * ctl_send() - send one frame: header, inline bytes, and a sealed memfd
 * @fd:    connected socket
 * @type:  see struct ctl_hdr
 * @text, @text_len: inline bytes (a diagnosis); at most 1024
 * @data, @data_len: goes into a memfd sealed against every change; 0: none
 *
 * Return: 0; MISSIU_EAGAIN when the peer does not read; MISSIU_EIO, MISSIU_ENOMEM.
 */
int ctl_send(int fd, uint32_t type, const void *text, size_t text_len,
	     const void *data, size_t data_len);

/** A received frame; release with ctl_frame_fini(). */
struct ctl_frame {
	uint32_t type;
	char text[1025];
	size_t text_len;
	uint8_t *data; /* private copy of the memfd's bytes, or NULL */
	size_t data_len;
};

/**
 * ctl_recv() - receive one frame
 *
 * A memfd must be sealed against shrinking and growing and at most CTL_ARG_MAX;
 * it is copied, never mapped while the peer could change it.
 * Return: 0; MISSIU_EAGAIN; MISSIU_ECONN at end of stream; MISSIU_EPROTO for
 * anything else: close the connection.
 */
int ctl_recv(int fd, struct ctl_frame *out);

/** ctl_frame_fini() - wipe and free */
void ctl_frame_fini(struct ctl_frame *f);

#endif
