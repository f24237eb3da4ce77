/* SPDX-License-Identifier: Apache-2.0 */
#include "missiu/rawfilter.h"

#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

/* IPv6 extension headers that may stand before ESP (RFC 4303 3.1.1). */
#define HOP_BY_HOP 0
#define ROUTING	   43
#define FRAGMENT   44
#define DST_OPTS   60
#define NATT_PORT  4500
/* Tag 0 is a priority and no VLAN (IEEE 802.1Q 6.9). */
#define VLAN_ID 0xfff
/* Type and code "fragmentation needed"; type "packet too big". */
#define FRAG_NEEDED 0x0304
#define TOO_BIG6    2

/* The lines that jumps lead to. Loads beyond the end of a packet refuse it. */
enum {
	ICMP4 = 16,
	V6 = 21,
	EXT = 31,
	FRAG = 39,
	ICMP6 = 46,
	UDP = 48,
	PASS = 54,
	REFUSE = 55
};

#define GO(from, to)	     (uint8_t)((to) - (from)-1)
#define TEST(op, k, yes, no) BPF_JUMP(BPF_JMP | (op) | BPF_K, k, yes, no)
#define ANC(x)		     (uint32_t)(SKF_AD_OFF + (x))

static const struct sock_filter ipsec[] = {
	/* 0 */ BPF_STMT(BPF_LD | BPF_W | BPF_ABS, ANC(SKF_AD_PKTTYPE)),
	/* 1 */ TEST(BPF_JGT, PACKET_MULTICAST, GO(1, REFUSE), 0),
	/* 2 */ BPF_STMT(BPF_LD | BPF_W | BPF_ABS, ANC(SKF_AD_VLAN_TAG)),
	/* 3 */ TEST(BPF_JSET, VLAN_ID, GO(3, REFUSE), 0),
	/* 4 */ BPF_STMT(BPF_LD | BPF_W | BPF_ABS, ANC(SKF_AD_PROTOCOL)),
	/* 5 */ TEST(BPF_JEQ, ETH_P_IPV6, GO(5, V6), 0),
	/* 6 */ TEST(BPF_JEQ, ETH_P_IP, 0, GO(6, REFUSE)),

	/* IPv4: ESP and AH whether fragment or not, all later ones of UDP */
	/* 7 */ BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 9),
	/* 8 */ TEST(BPF_JEQ, IPPROTO_ESP, GO(8, PASS), 0),
	/* 9 */ TEST(BPF_JEQ, IPPROTO_AH, GO(9, PASS), 0),
	/* 10 */ TEST(BPF_JEQ, IPPROTO_ICMP, GO(10, ICMP4), 0),
	/* 11 */ TEST(BPF_JEQ, IPPROTO_UDP, 0, GO(11, REFUSE)),
	/* 12 */ BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 6),
	/* 13 */ TEST(BPF_JSET, 0x1fff, GO(13, PASS), 0),
	/* 14 */ BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0),
	/* 15 */ BPF_JUMP(BPF_JMP | BPF_JA, GO(15, UDP), 0, 0),

	/* ICMP: fragmentation needed */
	/* 16 */ BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 6),
	/* 17 */ TEST(BPF_JSET, 0x1fff, GO(17, REFUSE), 0),
	/* 18 */ BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0),
	/* 19 */ BPF_STMT(BPF_LD | BPF_H | BPF_IND, 0),
	/* 20 */ TEST(BPF_JEQ, FRAG_NEEDED, GO(20, PASS), GO(20, REFUSE)),

	/* IPv6: X becomes the offset of the upper-layer header */
	/* 21 */ BPF_STMT(BPF_LDX | BPF_W | BPF_IMM, 40),
	/* 22 */ BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 6),
	/* 23 */ TEST(BPF_JEQ, IPPROTO_ESP, GO(23, PASS), 0),
	/* 24 */ TEST(BPF_JEQ, IPPROTO_AH, GO(24, PASS), 0),
	/* 25 */ TEST(BPF_JEQ, IPPROTO_UDP, GO(25, UDP), 0),
	/* 26 */ TEST(BPF_JEQ, FRAGMENT, GO(26, FRAG), 0),
	/* 27 */ TEST(BPF_JEQ, IPPROTO_ICMPV6, GO(27, ICMP6), 0),
	/* 28 */ TEST(BPF_JEQ, HOP_BY_HOP, GO(28, EXT), 0),
	/* 29 */ TEST(BPF_JEQ, ROUTING, GO(29, EXT), 0),
	/* 30 */ TEST(BPF_JEQ, DST_OPTS, 0, GO(30, REFUSE)),

	/* one extension header of (length + 1) * 8 bytes: what follows it? */
	/* 31 */ BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 41),
	/* 32 */ BPF_STMT(BPF_ALU | BPF_ADD | BPF_K, 6),
	/* 33 */ BPF_STMT(BPF_ALU | BPF_LSH | BPF_K, 3),
	/* 34 */ BPF_STMT(BPF_MISC | BPF_TAX, 0),
	/* 35 */ BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 40),
	/* 36 */ TEST(BPF_JEQ, IPPROTO_ESP, GO(36, PASS), 0),
	/* 37 */ TEST(BPF_JEQ, IPPROTO_AH, GO(37, PASS), 0),
	/* 38 */ TEST(BPF_JEQ, IPPROTO_UDP, GO(38, UDP), GO(38, REFUSE)),

	/* a fragment header: as for IPv4 */
	/* 39 */ BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 40),
	/* 40 */ TEST(BPF_JEQ, IPPROTO_ESP, GO(40, PASS), 0),
	/* 41 */ TEST(BPF_JEQ, IPPROTO_AH, GO(41, PASS), 0),
	/* 42 */ TEST(BPF_JEQ, IPPROTO_UDP, 0, GO(42, REFUSE)),
	/* 43 */ BPF_STMT(BPF_LDX | BPF_W | BPF_IMM, 48),
	/* 44 */ BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 42),
	/* 45 */ TEST(BPF_JSET, 0xfff8, GO(45, PASS), GO(45, UDP)),

	/* ICMPv6: packet too big */
	/* 46 */ BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 40),
	/* 47 */ TEST(BPF_JEQ, TOO_BIG6, GO(47, PASS), GO(47, REFUSE)),

	/* UDP at X: port 4500, and an SPI where the marker would be zero */
	/* 48 */ BPF_STMT(BPF_LD | BPF_H | BPF_IND, 2),
	/* 49 */ TEST(BPF_JEQ, NATT_PORT, 0, GO(49, REFUSE)),
	/* 50 */ BPF_STMT(BPF_LD | BPF_H | BPF_IND, 4),
	/* 51 */ TEST(BPF_JGE, 8 + 8, 0, GO(51, REFUSE)),
	/* 52 */ BPF_STMT(BPF_LD | BPF_W | BPF_IND, 8),
	/* 53 */ TEST(BPF_JEQ, 0, GO(53, REFUSE), 0),

	/* 54, 55 */
	BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
	BPF_STMT(BPF_RET | BPF_K, 0),
};

static struct sock_filter none[] = { BPF_STMT(BPF_RET | BPF_K, 0) };

_Static_assert(N_OF(ipsec) <= RAWFILTER_MAX, "room for the program");

/* Whether an instruction reads the packet itself, and k says where. */
static bool reads_packet(const struct sock_filter *i)
{
	if (BPF_CLASS(i->code) == BPF_LDX)
		return BPF_MODE(i->code) == BPF_MSH;
	return BPF_CLASS(i->code) == BPF_LD && i->k < ANC(0) &&
	       (BPF_MODE(i->code) == BPF_ABS || BPF_MODE(i->code) == BPF_IND);
}

struct sock_fprog rawfilter_ipsec(struct sock_filter room[RAWFILTER_MAX],
				  uint32_t at)
{
	for (size_t i = 0; i < N_OF(ipsec); i++) {
		room[i] = ipsec[i];
		if (reads_packet(&room[i]))
			room[i].k += at;
	}
	return (struct sock_fprog){ N_OF(ipsec), room };
}

struct sock_fprog rawfilter_none(void)
{
	return (struct sock_fprog){ N_OF(none), none };
}
