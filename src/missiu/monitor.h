/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What happens to interfaces and addresses while we run. The kernel's messages
 * are a hint that something changed; what it is now, netlink.h is asked: so it
 * does no harm when there were too many of them and some are lost.
 */
#ifndef MISSIU_MONITOR_H
#define MISSIU_MONITOR_H

#include "missiu/netlink.h"

struct nlmsghdr;

/** Two interfaces are of interest: the outer one and the TAP. */
#define MONITOR_LINKS 2

struct monitor; /* one rtnetlink socket with group memberships, opaque */

/**
 * monitor_open() - start to listen
 * @index: the interfaces of interest
 *
 * Return: 0; MISSIU_ENOMEM or MISSIU_EIO with *@diag.
 */
int monitor_open(const unsigned index[static MONITOR_LINKS],
		 struct monitor **out, struct missiu_diag *diag);

/** monitor_close() - NULL is fine */
void monitor_close(struct monitor *m);

/** monitor_fd() - becomes readable when there is something to read */
int monitor_fd(const struct monitor *m);

/**
 * monitor_read() - read what waits, without waiting
 *
 * A bounded number of messages: what is left keeps the descriptor readable.
 *
 * Return: true when it may concern the interfaces of interest or an address of
 * this host.
 */
bool monitor_read(struct monitor *m);

/**
 * monitor_concerns() - whether messages are about what we look at, pure
 * @buf, @len: one or more netlink messages
 * @index: the interfaces of interest
 *
 * Return: false also for anything malformed.
 */
bool monitor_concerns(const void *buf, size_t len,
		      const unsigned index[static MONITOR_LINKS]);

/** What happened to a link between two looks at it. */
enum monitor_change {
	MONITOR_UP = 1,
	MONITOR_DOWN = 2,
	MONITOR_CARRIER = 4,	/**< has one again, while up */
	MONITOR_NO_CARRIER = 8, /**< lost it, while up */
	MONITOR_MTU = 16,
	MONITOR_NAME = 32,
};

/** monitor_compare() - mask of enum monitor_change, pure */
unsigned monitor_compare(const struct netlink_link *was,
			 const struct netlink_link *is);

#endif
