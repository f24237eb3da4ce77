/* SPDX-License-Identifier: Apache-2.0 */
/* The daemon: set-up in stages, the event loop, clean-up. */
#ifndef MISSIU_DAEMON_H
#define MISSIU_DAEMON_H

#include "missiu/types.h"

/** What the command line asked for. Strings are borrowed. */
struct daemon_conf {
	const char *iface;
	const char *log; /**< file; relative to the run dir; NULL: default */
	const char *tap; /**< name; NULL: the kernel's choice */
	const char *run_dir; /**< absolute */
	unsigned mtu;	     /**< --mtu: of the TAP; 0: as policies need it */
	unsigned look;	     /**< --look: us before it sleeps, at most */
	bool automatic;	     /**< --auto: TAP up and routes by us */
	bool no_mss_clamp;   /**< --no-mss-clamp */
	bool foreground;
	bool drop_unmatched; /**< --default drop */
	bool no_guard;	     /**< --no-guard */
	bool raw;	     /**< startRaw: back end "raw" and no other */
	const char *outer;   /**< --outer: name of a back end; NULL: any */
};

/**
 * daemon_start() - start the daemon, in the background unless told otherwise
 * @conf: see above
 *
 * In the background: returns when the daemon is ready or has failed. Messages
 * go to stdout and stderr. In the foreground: returns when it has ended.
 *
 * Return: exit status.
 */
int daemon_start(const struct daemon_conf *conf);

/**
 * daemon_run() - be the daemon
 * @conf: see above
 * @ready_fd: gets the start message when everything is open; closed then,
 *            unless it is stdout
 *
 * Return: exit status. Nothing is left behind.
 */
int daemon_run(const struct daemon_conf *conf, int ready_fd);

#endif
