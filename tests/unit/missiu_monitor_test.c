/* SPDX-License-Identifier: Apache-2.0 */
/* Which of the kernel's messages matter, and what two looks at a link tell. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "missiu/monitor.h"

static const unsigned ours[MONITOR_LINKS] = { 3, 9 };

static size_t link_msg(void *room, uint16_t type, uint8_t family, int index)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(room);
	struct ifinfomsg *ifi;

	nlh->nlmsg_type = type;
	ifi = mnl_nlmsg_put_extra_header(nlh, sizeof(*ifi));
	ifi->ifi_family = family;
	ifi->ifi_index = index;
	mnl_attr_put_strz(nlh, IFLA_IFNAME, "eth0");
	return nlh->nlmsg_len;
}

static size_t addr_msg(void *room, uint16_t type)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(room);

	nlh->nlmsg_type = type;
	mnl_nlmsg_put_extra_header(nlh, sizeof(struct ifaddrmsg));
	return nlh->nlmsg_len;
}

static void test_only_our_links_concern_us(void **state)
{
	static const struct {
		uint16_t type;
		uint8_t family;
		int index;
		bool want;
	} rows[] = {
		{ RTM_NEWLINK, AF_UNSPEC, 3, true },
		{ RTM_DELLINK, AF_UNSPEC, 3, true },
		{ RTM_NEWLINK, AF_UNSPEC, 9, true },
		{ RTM_NEWLINK, AF_UNSPEC, 4, false },
		{ RTM_DELLINK, AF_UNSPEC, 0, false },
		{ RTM_NEWLINK, AF_UNSPEC, -1, false },
		/* leaving a bridge is not leaving the host */
		{ RTM_DELLINK, AF_BRIDGE, 3, false },
		{ RTM_NEWNEIGH, AF_UNSPEC, 3, false },
	};
	uint64_t room[64];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t len = link_msg(room, rows[i].type, rows[i].family,
				      rows[i].index);

		assert_int_equal(monitor_concerns(room, len, ours),
				 rows[i].want);
	}
}

static void test_every_address_concerns_us(void **state)
{
	uint64_t room[64];

	(void)state;
	assert_true(monitor_concerns(room, addr_msg(room, RTM_NEWADDR), ours));
	assert_true(monitor_concerns(room, addr_msg(room, RTM_DELADDR), ours));
	assert_false(monitor_concerns(room, addr_msg(room, RTM_GETADDR), ours));
}

static void test_later_messages_are_seen(void **state)
{
	uint64_t room[128];
	size_t len = link_msg(room, RTM_NEWLINK, AF_UNSPEC, 4);

	(void)state;
	len = (len + 3) / 4 * 4;
	assert_false(monitor_concerns(room, len, ours));
	len += link_msg((uint8_t *)room + len, RTM_NEWLINK, AF_UNSPEC, 9);
	assert_true(monitor_concerns(room, len, ours));
}

/* Each prefix in a block of its own size, each bit flipped: no bad access. */
static void test_damaged_messages_do_no_harm(void **state)
{
	uint64_t room[64];
	size_t len = link_msg(room, RTM_NEWLINK, AF_UNSPEC, 3);

	(void)state;
	for (size_t n = 0; n < len; n++) {
		uint8_t *cut = malloc(n ? n : 1);

		assert_non_null(cut);
		memcpy(cut, room, n);
		assert_false(monitor_concerns(cut, n, ours));
		free(cut);
	}
	for (size_t bit = 0; bit < len * 8; bit++) {
		uint8_t *bad = malloc(len);

		assert_non_null(bad);
		memcpy(bad, room, len);
		bad[bit / 8] ^= (uint8_t)(1 << bit % 8);
		monitor_concerns(bad, len, ours);
		free(bad);
	}
}

static void test_two_looks_tell_what_changed(void **state)
{
	static const struct {
		struct netlink_link is;
		unsigned want;
	} rows[] = {
		{ { "eth0", 3, 1500, true, true, 7 }, 0 },
		{ { "eth0", 3, 1400, true, true, 0 }, MONITOR_MTU },
		{ { "wan", 3, 1500, true, true, 0 }, MONITOR_NAME },
		{ { "eth0", 3, 1500, true, false, 0 }, MONITOR_NO_CARRIER },
		/* no carrier follows from down: one word is enough */
		{ { "eth0", 3, 1500, false, false, 0 }, MONITOR_DOWN },
		{ { "wan", 3, 1400, false, false, 0 },
		  MONITOR_DOWN | MONITOR_MTU | MONITOR_NAME },
	};
	const struct netlink_link was = { "eth0", 3, 1500, true, true, 0 };
	const struct netlink_link down = { "eth0", 3, 1500, false, false, 0 },
				  bare = { "eth0", 3, 1500, true, false, 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(monitor_compare(&was, &rows[i].is),
				 rows[i].want);
	assert_int_equal(monitor_compare(&down, &was), MONITOR_UP);
	assert_int_equal(monitor_compare(&bare, &was), MONITOR_CARRIER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_only_our_links_concern_us),
		cmocka_unit_test(test_every_address_concerns_us),
		cmocka_unit_test(test_later_messages_are_seen),
		cmocka_unit_test(test_damaged_messages_do_no_harm),
		cmocka_unit_test(test_two_looks_tell_what_changed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
