/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Handing peers to the key daemon over its control socket: loadConfig's half
 * and ike's half. Frames as in sock.h; the request's text is one byte, '+' or
 * '=' (others stay, or go), and the file's name; its data the peers' statements,
 * each at the line where it stood. The reply's text is, after eight hexadecimal
 * digits each for peer and keyword, the diagnosis.
 */
#ifndef CTL_PEERS_H
#define CTL_PEERS_H

#include "ctl/sock.h"
#include "missiu/peer.h"

/** Prefix of ike's control socket in the run directory. */
#define IKE_CTL_PREFIX "ike.ctl."

/** Request number, beside those of serve.h. */
#define CTL_PEERS 1110u

struct ctl_peers {
	bool keep;	  /* other peers from loadConfig stay */
	const char *file; /* for people */
	const char *text;
	size_t len;
};

struct ctl_peers_answer {
	int err;		  /* 0, or why nothing was loaded */
	size_t index;		  /* the peer that was refused */
	enum missiu_peer_key key; /* its keyword; MISSIU_PEER_KEYS: none */
	struct missiu_diag diag;
};

/**
 * ctl_peers_call() - send peers to ike and wait for its answer
 * @iface: instance; NULL: the only one
 * @out:   out; out->err is ike's
 *
 * Return: 0; negative when there was no answer: out->diag says why.
 */
int ctl_peers_call(const char *iface, const struct ctl_peers *req,
		   struct ctl_peers_answer *out);

/** ctl_peers_get() - read a request; borrows from @f; false: malformed */
bool ctl_peers_get(const struct ctl_frame *f, struct ctl_peers *out);

/** ctl_peers_reply() - answer one; Return: as ctl_send() */
int ctl_peers_reply(int fd, const struct ctl_peers_answer *a);

/** ctl_peers_answer_get() - read an answer; false: malformed */
bool ctl_peers_answer_get(const struct ctl_frame *f,
			  struct ctl_peers_answer *out);

/**
 * ctl_peers_text() - statements of peers, each at its line
 * @len: out
 *
 * Return: to be wiped and freed; NULL: no memory.
 */
char *ctl_peers_text(const struct missiu_peer *v, size_t n, size_t *len);

#endif
