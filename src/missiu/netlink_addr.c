/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses put on a device, and taken off it. */
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <sys/socket.h>

#include "common/addr.h"
#include "missiu/netlink_talk.h"

static int change(struct netlink *nl, unsigned index,
		  const struct missiu_addr *addr, struct nlmsghdr *nlh,
		  struct missiu_diag *diag)
{
	struct ifaddrmsg *ifa = mnl_nlmsg_put_extra_header(nlh, sizeof(*ifa));
	char what[ADDR_TEXT_MAX + 16];

	ifa->ifa_family = addr->family == 6 ? AF_INET6 : AF_INET;
	ifa->ifa_prefixlen = (uint8_t)(addr_len(addr) * 8);
	ifa->ifa_flags = addr->family == 6 ? IFA_F_NODAD : 0;
	ifa->ifa_index = index;
	mnl_attr_put(nlh, IFA_LOCAL, addr_len(addr), addr->b);
	mnl_attr_put(nlh, IFA_ADDRESS, addr_len(addr), addr->b);
	if (netlink_talk(nl, nlh, NULL, NULL) >= 0)
		return 0;
	/* What the kernel says about an address that is not there. */
	if (errno == EADDRNOTAVAIL)
		errno = ENOENT;
	snprintf(what, sizeof(what), "address %s", addr_text(addr).s);
	return netlink_explain(what, diag);
}

int netlink_addr_add(struct netlink *nl, unsigned index,
		     const struct missiu_addr *addr, struct missiu_diag *diag)
{
	return change(nl, index, addr,
		      netlink_start(nl, RTM_NEWADDR,
				    NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL),
		      diag);
}

int netlink_addr_del(struct netlink *nl, unsigned index,
		     const struct missiu_addr *addr, struct missiu_diag *diag)
{
	return change(nl, index, addr,
		      netlink_start(nl, RTM_DELADDR, NLM_F_ACK), diag);
}
