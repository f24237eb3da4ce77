/* SPDX-License-Identifier: Apache-2.0 */
#include "missiu/rawfilter.h"

#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/in.h>
#include <stdint.h>

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

/* IPv6 extension headers that may stand before ESP (RFC 4303 3.1.1). */
#define HOP_BY_HOP 0
#define ROUTING	   43
#define FRAGMENT   44
#define DST_OPTS   60
#define NATT_PORT  4500

/* The lines that jumps lead to. Loads beyond the end of a packet refuse it. */
enum { V6 = 15, EXT = 24, FRAG = 32, UDP = 35, PASS = 41, REFUSE = 42 };

#define GO(from, to)	     (uint8_t)((to) - (from)-1)
#define TEST(op, k, yes, no) BPF_JUMP(BPF_JMP | (op) | BPF_K, k, yes, no)
#define ANC(x)		     (uint32_t)(SKF_AD_OFF + (x))

static struct sock_filter ipsec[] = {
	/* 0 */ BPF_STMT(BPF_LD | BPF_W | BPF_ABS, ANC(SKF_AD_PKTTYPE)),
	/* 1 */ TEST(BPF_JGT, PACKET_MULTICAST, GO(1, REFUSE), 0),
	/* 2 */
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, ANC(SKF_AD_VLAN_TAG_PRESENT)),
	/* 3 */ TEST(BPF_JEQ, 0, 0, GO(3, REFUSE)),
	/* 4 */ BPF_STMT(BPF_LD | BPF_W | BPF_ABS, ANC(SKF_AD_PROTOCOL)),
	/* 5 */ TEST(BPF_JEQ, ETH_P_IPV6, GO(5, V6), 0),
	/* 6 */ TEST(BPF_JEQ, ETH_P_IP, 0, GO(6, REFUSE)),

	/* IPv4: ESP and AH whether fragment or not, UDP whole or first */
	/* 7 */ BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 9),
	/* 8 */ TEST(BPF_JEQ, IPPROTO_ESP, GO(8, PASS), 0),
	/* 9 */ TEST(BPF_JEQ, IPPROTO_AH, GO(9, PASS), 0),
	/* 10 */ TEST(BPF_JEQ, IPPROTO_UDP, 0, GO(10, REFUSE)),
	/* 11 */ BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 6),
	/* 12 */ TEST(BPF_JSET, 0x1fff, GO(12, REFUSE), 0),
	/* 13 */ BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0),
	/* 14 */ BPF_JUMP(BPF_JMP | BPF_JA, GO(14, UDP), 0, 0),

	/* IPv6: X becomes the offset of the upper-layer header */
	/* 15 */ BPF_STMT(BPF_LDX | BPF_W | BPF_IMM, 40),
	/* 16 */ BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 6),
	/* 17 */ TEST(BPF_JEQ, IPPROTO_ESP, GO(17, PASS), 0),
	/* 18 */ TEST(BPF_JEQ, IPPROTO_AH, GO(18, PASS), 0),
	/* 19 */ TEST(BPF_JEQ, IPPROTO_UDP, GO(19, UDP), 0),
	/* 20 */ TEST(BPF_JEQ, FRAGMENT, GO(20, FRAG), 0),
	/* 21 */ TEST(BPF_JEQ, HOP_BY_HOP, GO(21, EXT), 0),
	/* 22 */ TEST(BPF_JEQ, ROUTING, GO(22, EXT), 0),
	/* 23 */ TEST(BPF_JEQ, DST_OPTS, 0, GO(23, REFUSE)),

	/* one extension header of (length + 1) * 8 bytes: what follows it? */
	/* 24 */ BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 41),
	/* 25 */ BPF_STMT(BPF_ALU | BPF_ADD | BPF_K, 6),
	/* 26 */ BPF_STMT(BPF_ALU | BPF_LSH | BPF_K, 3),
	/* 27 */ BPF_STMT(BPF_MISC | BPF_TAX, 0),
	/* 28 */ BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 40),
	/* 29 */ TEST(BPF_JEQ, IPPROTO_ESP, GO(29, PASS), 0),
	/* 30 */ TEST(BPF_JEQ, IPPROTO_AH, GO(30, PASS), 0),
	/* 31 */ TEST(BPF_JEQ, IPPROTO_UDP, GO(31, UDP), GO(31, REFUSE)),

	/* a fragment header: ESP and AH only */
	/* 32 */ BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 40),
	/* 33 */ TEST(BPF_JEQ, IPPROTO_ESP, GO(33, PASS), 0),
	/* 34 */ TEST(BPF_JEQ, IPPROTO_AH, GO(34, PASS), GO(34, REFUSE)),

	/* UDP at X: port 4500, and an SPI where the marker would be zero */
	/* 35 */ BPF_STMT(BPF_LD | BPF_H | BPF_IND, 2),
	/* 36 */ TEST(BPF_JEQ, NATT_PORT, 0, GO(36, REFUSE)),
	/* 37 */ BPF_STMT(BPF_LD | BPF_H | BPF_IND, 4),
	/* 38 */ TEST(BPF_JGE, 8 + 8, 0, GO(38, REFUSE)),
	/* 39 */ BPF_STMT(BPF_LD | BPF_W | BPF_IND, 8),
	/* 40 */ TEST(BPF_JEQ, 0, GO(40, REFUSE), 0),

	/* 41, 42 */
	BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
	BPF_STMT(BPF_RET | BPF_K, 0),
};

static struct sock_filter none[] = { BPF_STMT(BPF_RET | BPF_K, 0) };

struct sock_fprog rawfilter_ipsec(void)
{
	return (struct sock_fprog){ N_OF(ipsec), ipsec };
}

struct sock_fprog rawfilter_none(void)
{
	return (struct sock_fprog){ N_OF(none), none };
}
