/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The guard's nftables table as text, made from the policies. Pure.
 *
 *	table netdev missiu_eth0
 *	  ingress  the interface's ingress hook: hides IPsec from the kernel
 *	  egress   the interface's egress hook: lets our own packets pass
 *	  in, out  what always passes, then the policies in order of matching
 *	  in_later, out_later   the same for fragments that show no ports
 *	  pass     accepts; remembers first fragments, so that the others of the
 *	           same packet pass too (RFC 4301 7.4)
 *
 * A frame tagged with a VLAN belongs to another interface; number 0 means no
 * VLAN (IEEE 802.1Q priority tag) and such a packet is ours. Two tags of which
 * the outer is 0 would reach the IP stack without another look: dropped.
 */
#ifndef MISSIU_GUARD_RULES_H
#define MISSIU_GUARD_RULES_H

#include <net/if.h>

#include "missiu/types.h"

/**
 * Socket mark of what missiu sends on the interface; setting it takes
 * CAP_NET_ADMIN or CAP_NET_RAW. Low, to stay out of the bits that other
 * software gives a meaning.
 */
#define GUARD_MARK 77

/** Longest table name, NUL included. */
#define GUARD_TABLE_MAX (8 + 3 * IFNAMSIZ)

/** Counters of the table: name there, what they count. */
#define GUARD_COUNTERS(X)                                                      \
	X(in_ipsec, "inbound IPsec hidden from the kernel")                    \
	X(in_clear, "inbound: clear, but policy wants protection")             \
	X(in_block, "inbound: policy or default says drop")                    \
	X(in_damaged, "inbound: headers cannot be read")                       \
	X(out_clear, "outbound: clear, but policy wants protection")           \
	X(out_block, "outbound: policy or default says drop")                  \
	X(out_damaged, "outbound: headers cannot be read")

enum guard_counter {
#define X(name, text) GUARD_N_##name,
	GUARD_COUNTERS(X)
#undef X
		GUARD_COUNTERS_MAX
};

/** What the table depends on besides the policies. */
struct guard_rules {
	const char *iface;   /**< names the table */
	const char *device;  /**< what the interface is called now */
	bool drop_unmatched; /**< --default drop */
	bool fib;     /**< the kernel can tell local addresses in this family */
	uint16_t tcp; /**< TCP port that the key daemon uses; 0: none */
	bool replace; /**< remove a table of that name first, with its
			 counters; else fill it anew and keep them */
	unsigned gen; /**< 0, 1: which chains have the rules */
};

/**
 * A transaction of nftables is not atomic for sets with ranges: the kernel
 * switches to new rules first and fills their sets a moment later, and packets
 * in between match none of them. So rules are changed in three: what is new is
 * made beside the old, where no packet comes; it takes over; the old goes.
 */
enum guard_step {
	GUARD_WHOLE,   /**< all at once: guard_rules_text() */
	GUARD_PREPARE, /**< the chains of .gen, not in use yet */
	GUARD_SWITCH,  /**< the hooks lead to them */
	GUARD_FORGET,  /**< those of the other generation are empty */
};

/**
 * guard_table_name() - name of an interface's table
 * @iface: any interface name; different ones give different tables
 * @out:   out
 *
 * Return: false when nftables cannot name the interface.
 */
bool guard_table_name(const char *iface, char out[GUARD_TABLE_MAX]);

/**
 * guard_rules_text() - one transaction that makes the table
 * @g: see above
 * @v: policies in order of matching
 * @n: how many
 *
 * Return: text for libnftables, to be free()d; NULL without memory, or when the
 * interface cannot be named.
 */
char *guard_rules_text(const struct guard_rules *g,
		       const struct missiu_policy *v, size_t n);

/**
 * guard_step_text() - one step of a change
 * @g: see above
 * @v, @n: policies in order of matching, for WHOLE and PREPARE
 *
 * Return: as guard_rules_text().
 */
char *guard_step_text(enum guard_step step, const struct guard_rules *g,
		      const struct missiu_policy *v, size_t n);

/**
 * guard_frame_text() - one transaction that only makes sure of the table
 * @g: see above; .replace does not count
 *
 * Table, counters and empty chains at their hooks; what is there already stays
 * as it is, rules included.
 *
 * Return: as guard_rules_text().
 */
char *guard_frame_text(const struct guard_rules *g);

#endif
