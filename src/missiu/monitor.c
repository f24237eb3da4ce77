/* SPDX-License-Identifier: Apache-2.0 */
#include "missiu/monitor.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "common/diag.h"

#define MSG_ROOM  32768 /* a link message with all its statistics */
#define READS_MAX 64

struct monitor {
	struct mnl_socket *sock;
	unsigned index[MONITOR_LINKS];
	uint64_t room[MSG_ROOM / 8]; /* aligned as netlink headers want it */
};

int monitor_open(const unsigned index[static MONITOR_LINKS],
		 struct monitor **out, struct missiu_diag *diag)
{
	const unsigned groups =
		RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR;
	struct monitor *m = calloc(1, sizeof(*m));

	if (!m)
		return diag_set(diag, MISSIU_ENOMEM, "out of memory");
	m->sock = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (!m->sock ||
	    mnl_socket_bind(m->sock, groups, MNL_SOCKET_AUTOPID) < 0) {
		diag_set(diag, MISSIU_EIO, "netlink socket: %s",
			 strerror(errno));
		monitor_close(m);
		return MISSIU_EIO;
	}
	memcpy(m->index, index, sizeof(m->index));
	*out = m;
	return 0;
}

void monitor_close(struct monitor *m)
{
	if (m && m->sock)
		mnl_socket_close(m->sock);
	free(m);
}

int monitor_fd(const struct monitor *m)
{
	return mnl_socket_get_fd(m->sock);
}

static bool is_ours(int index, const unsigned ours[static MONITOR_LINKS])
{
	for (size_t i = 0; i < MONITOR_LINKS; i++)
		if (index > 0 && ours[i] == (unsigned)index)
			return true;
	return false;
}

static bool concerns(const struct nlmsghdr *nlh,
		     const unsigned index[static MONITOR_LINKS])
{
	const struct ifinfomsg *ifi;

	switch (nlh->nlmsg_type) {
	case RTM_NEWADDR:
	case RTM_DELADDR:
		return mnl_nlmsg_get_payload_len(nlh) >=
		       sizeof(struct ifaddrmsg);
	case RTM_NEWLINK:
	case RTM_DELLINK:
		ifi = mnl_nlmsg_get_payload(nlh);
		/* A bridge reports its ports in messages of its own family. */
		return mnl_nlmsg_get_payload_len(nlh) >= sizeof(*ifi) &&
		       ifi->ifi_family == AF_UNSPEC &&
		       is_ours(ifi->ifi_index, index);
	default:
		return false;
	}
}

bool monitor_concerns(const void *buf, size_t len,
		      const unsigned index[static MONITOR_LINKS])
{
	const struct nlmsghdr *nlh = buf;
	int left = len < INT32_MAX ? (int)len : INT32_MAX;

	for (; mnl_nlmsg_ok(nlh, left); nlh = mnl_nlmsg_next(nlh, &left))
		if (concerns(nlh, index))
			return true;
	return false;
}

bool monitor_read(struct monitor *m)
{
	bool any = false;

	for (int i = 0; i < READS_MAX; i++) {
		ssize_t n = recv(monitor_fd(m), m->room, sizeof(m->room), 0);

		if (n < 0 && errno == EAGAIN)
			break;
		/* ENOBUFS: some were lost, any of them may have mattered. */
		if (n < 0 || monitor_concerns(m->room, (size_t)n, m->index))
			any = true;
	}
	return any;
}

unsigned monitor_compare(const struct netlink_link *was,
			 const struct netlink_link *is)
{
	unsigned mask = 0;

	if (was->up != is->up)
		mask |= is->up ? MONITOR_UP : MONITOR_DOWN;
	else if (is->up && was->carrier != is->carrier)
		mask |= is->carrier ? MONITOR_CARRIER : MONITOR_NO_CARRIER;
	if (was->mtu != is->mtu)
		mask |= MONITOR_MTU;
	if (strcmp(was->name, is->name) != 0)
		mask |= MONITOR_NAME;
	return mask;
}
