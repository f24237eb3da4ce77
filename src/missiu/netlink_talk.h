/* SPDX-License-Identifier: Apache-2.0 */
/* Requests to rtnetlink and their answers: what the files of netlink.h share. */
#ifndef MISSIU_NETLINK_TALK_H
#define MISSIU_NETLINK_TALK_H

#include <libmnl/libmnl.h>

#include "missiu/netlink.h"

/** netlink_start() - a new request; attributes may be put behind it */
struct nlmsghdr *netlink_start(struct netlink *nl, uint16_t type,
			       uint16_t flags);

/**
 * netlink_talk() - send a request and read the whole answer
 * @cb: sees each message
 *
 * Return: negative on failure, with errno.
 */
int netlink_talk(struct netlink *nl, const struct nlmsghdr *nlh, mnl_cb_t cb,
		 void *data);

/** netlink_explain() - errno as a text and one of our errors */
int netlink_explain(const char *what, struct missiu_diag *diag);

#endif
