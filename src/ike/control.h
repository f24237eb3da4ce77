/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The control socket of the IKE daemon, /var/run/ike.ctl.<if>: one request a
 * connection, or a stream of events. Mode 0600; only root and our own user are
 * served. Nobody who does not read can block us: what waits for a listener is
 * bounded, then he is cut off.
 */
#ifndef IKE_CONTROL_H
#define IKE_CONTROL_H

#include <event2/event.h>

#include "ctl/peers.h"
#include "ike/core.h"

/** Connections at the same time. */
#define IKE_CTL_CLIENTS 16

/** Bytes that may wait for one listener. */
#define IKE_CTL_QUEUE_MAX (1u << 20)

/*
 * Requests besides CTL_STATUS and CTL_PEERS: frames of ctl/sock.h. The argument is the
 * frame's text; the reply's text is a diagnosis, or how many SAs it concerns.
 * After MONITOR's reply each event is a message of its own: JSON, no frame.
 */
enum ike_ctl_request {
	IKE_CTL_UP = 1200,    /* "PEER" */
	IKE_CTL_DOWN = 1201,  /* "PEER" */
	IKE_CTL_REKEY = 1202, /* "PEER", "PEER child", "PEER ike" */
	IKE_CTL_LOG = 1203,   /* "GROUP LEVEL", GROUP may be "all" */
	IKE_CTL_MONITOR = 1204,
	IKE_CTL_REDIRECT = 1205, /* "PEER ADDRESS" */
};

/** What the daemon does for us. Each returns how many, or an error with @diag. */
struct ike_control_hooks {
	void *ctx;
	char *(*status)(void *ctx); /* JSON to be free()d, or NULL */
	void (*peers)(void *ctx, const struct ctl_peers *req,
		      struct ctl_peers_answer *answer);
	int (*up)(void *ctx, const char *peer, struct missiu_diag *diag);
	int (*down)(void *ctx, const char *peer, struct missiu_diag *diag);
	int (*rekey)(void *ctx, const char *peer, bool child, bool ike,
		     struct missiu_diag *diag);
	int (*redirect)(void *ctx, const char *peer,
			const struct missiu_addr *to, struct missiu_diag *diag);
};

struct ike_control; /* opaque */

/**
 * ike_control_open() - listen
 * @iface: names the socket
 * @base:  event loop; borrowed
 * @hooks: copied
 *
 * Return: 0; MISSIU_EBUSY, MISSIU_EIO, MISSIU_EINVAL, MISSIU_ENOMEM with @diag.
 */
int ike_control_open(const char *iface, struct event_base *base,
		     const struct ike_control_hooks *hooks,
		     struct ike_control **out, struct missiu_diag *diag);

/** ike_control_heard() - whether there are listeners; NULL: no */
bool ike_control_heard(const struct ike_control *c);

/** ike_control_tell() - to all listeners */
void ike_control_tell(struct ike_control *c, const struct ike_news *news);

/** ike_control_close() - remove the socket; NULL is fine */
void ike_control_close(struct ike_control *c);

#endif
