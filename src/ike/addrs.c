/* SPDX-License-Identifier: Apache-2.0 */
#include "ike/addrs.h"

#include <errno.h>
#include <ifaddrs.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/addr.h"
#include "common/diag.h"

#define READS_MAX 1024

int addrs_open(int *fd, struct missiu_diag *diag)
{
	const struct sockaddr_nl nl = {
		.nl_family = AF_NETLINK,
		.nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR |
			     RTMGRP_IPV6_IFADDR | RTMGRP_IPV4_ROUTE |
			     RTMGRP_IPV6_ROUTE,
	};

	*fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
		     NETLINK_ROUTE);
	if (*fd >= 0 && !bind(*fd, (const struct sockaddr *)&nl, sizeof(nl)))
		return 0;
	diag_set(diag, MISSIU_EIO, "news of addresses: %s", strerror(errno));
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	return MISSIU_EIO;
}

void addrs_news(int fd)
{
	char some[64];

	/* Datagrams: what does not fit is cut off. ENOBUFS is news, too. */
	for (int i = 0; i < READS_MAX; i++)
		if (recv(fd, some, sizeof(some), 0) < 0 && errno != ENOBUFS)
			break;
}

static bool usable(const struct ifaddrs *i, const char *iface,
		   struct missiu_addr *out)
{
	uint16_t port;

	if (!i->ifa_addr || (iface && strcmp(i->ifa_name, iface) != 0) ||
	    !(i->ifa_flags & IFF_UP) ||
	    !addr_from_sockaddr(i->ifa_addr, out, &port))
		return false;
	return out->family == 4 || out->b[0] != 0xfe; /* fe80::/10 */
}

size_t addrs_list(const char *iface, struct missiu_addr *v, size_t max)
{
	struct ifaddrs *list;
	size_t n = 0;

	if (getifaddrs(&list))
		return 0;
	for (const struct ifaddrs *i = list; i && n < max; i = i->ifa_next)
		n += usable(i, iface, &v[n]);
	freeifaddrs(list);
	return n;
}
