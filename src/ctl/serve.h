/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Server side of the control protocols, pure: bytes in, engine called, bytes
 * out. The daemon owns sockets, credentials and memfds.
 */
#ifndef CTL_SERVE_H
#define CTL_SERVE_H

#include "common/rd.h"
#include "ctl/net.h"
#include "missiu/engine.h"

/* Numbers of the documented IOCTL interface, and ours from 1100 on. */
enum ctl_request {
	CTL_ADD_KEY = 1000,
	CTL_ADD_KEY_EX = 1001,
	CTL_DEL_KEY = 1002,
	CTL_FLUSH_SA = 1005,
	CTL_DUMP_SA = 1006,
	CTL_GET_SADB_SIZE = 1007,
	CTL_KEY_UPDATE = 1008,
	CTL_ADD_CONF = 1010,
	CTL_DEL_CONF = 1011,
	CTL_FLUSH_SPD = 1012,
	CTL_DUMP_SPD = 1013,
	CTL_REGISTER_EVENTS = 1030,
	CTL_STOP = 1041,
	CTL_LOAD = 1100,   /* a whole transaction */
	CTL_STATUS = 1101, /* JSON */
	CTL_ACQUIRE_FAILED = 1102,
	CTL_NET = 1103, /* what a peer assigned: addresses and routes */
};

/* Largest argument or result of a request (10,000 SAs and policies fit). */
#define CTL_ARG_MAX (64u << 20)
/* Most changes in one CTL_LOAD. */
#define CTL_LOAD_MAX 65536u
/* CTL_DUMP_SA: flag of its argument. */
#define CTL_DUMP_KEYS 1u
/* Largest PF_KEY message that is taken or made. */
#define PFKEY_MSG_MAX 8192u

/*
 * How frames carry this (sock.h). A request: type, no text, the argument as
 * data. Its reply: the status as type, the diagnosis as text, the result as
 * data (CTL_STATUS: the JSON text, without NUL). Replies come in the order of
 * the requests. After CTL_REGISTER_EVENTS (no argument, reply 0) the daemon
 * adds, between replies, a frame for each event: type CTL_REGISTER_EVENTS,
 * ctl_event_encode()'s bytes as text, no data. Such a connection still takes
 * requests. CTL_STOP (no argument) has a reply of status 0 or none; the end of
 * the connection says that the daemon is gone.
 *
 * PF_KEY: one message a packet, plain bytes without frame or descriptor.
 */

/* Growable output; zero-initialised, buf is free()d by the owner after a wipe. */
struct ctl_buf {
	uint8_t *buf;
	size_t len, cap;
};

struct ctl_reply {
	int status;		 /* 0 or a negative error */
	struct missiu_diag diag; /* explanation of an error, or empty */
	struct ctl_buf result;	 /* result bytes, travels in a memfd */
};

/**
 * ctl_serve() - perform one request that concerns the engine
 * @m:    the engine
 * @type: enum ctl_request except STOP, STATUS, NET and REGISTER_EVENTS, which are
 *        the daemon's own: they give MISSIU_EUNSUP here
 * @arg:  the argument; any bytes at all
 * @now:  time in µs
 * @out:  out; release with ctl_reply_fini()
 *
 * Return: true when the engine was changed (held packets may be ready).
 */
bool ctl_serve(struct missiu *m, uint32_t type, struct rd arg, missiu_usec now,
	       struct ctl_reply *out);

/** ctl_reply_fini() - wipe and free */
void ctl_reply_fini(struct ctl_reply *r);

/** ctl_event_encode() - one event for a watcher; Return: bytes, at most 256 */
size_t ctl_event_encode(const struct missiu_event *ev, uint8_t buf[static 256]);

/** One PF_KEY client as the server knows it. Zero-initialised. */
struct pfkey_peer {
	bool registered; /* gets ACQUIRE, EXPIRE and SPD changes */
	uint32_t pid;	 /* from SO_PEERCRED */
	uint64_t seed;	 /* random, from the daemon: makes GETSPI's SPIs */
	/* Sets what a peer assigned; NULL: this data path has no TAP. */
	int (*net)(void *ctx, const struct ctl_net *net,
		   struct missiu_diag *diag);
	void *net_ctx;
};

/**
 * pfkey_serve() - perform one PF_KEY message
 * @m:    the engine
 * @peer: the client
 * @msg:  one message; any bytes at all
 * @now:  time in µs
 * @out:  out: zero or more messages for this client, one after the other,
 *        each with its own length (sadb_msg_len); SEQPACKET: one send each
 *
 * Return: true when the engine was changed.
 */
bool pfkey_serve(struct missiu *m, struct pfkey_peer *peer, struct rd msg,
		 missiu_usec now, struct ctl_buf *out);

/**
 * pfkey_event() - encode an event for a registered client
 * @m:   the engine, to look up the policy of an ACQUIRE, the SPD of a change
 * @ev:  the event
 * @out: out: appended messages
 */
void pfkey_event(struct missiu *m, const struct missiu_event *ev,
		 struct ctl_buf *out);

/** pfkey_msg_len() - bytes of the message at the front; 0 when there is none */
size_t pfkey_msg_len(const uint8_t *buf, size_t len);

#endif
