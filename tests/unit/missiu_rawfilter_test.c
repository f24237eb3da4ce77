/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which packets the raw back end's filter lets in, found out by a classic BPF
 * machine of our own, as Documentation/networking/filter.rst describes it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include <linux/if_ether.h>
#include <linux/if_packet.h>

#include "common/rd.h"
#include "missiu/rawfilter.h"

struct packet {
	const uint8_t *data;
	size_t len;
	uint32_t type, vlan, protocol; /* ancillary data */
};

/* Return: false when the load lies outside the packet, which ends the run. */
static bool load(const struct packet *p, uint16_t size, uint32_t at,
		 uint32_t *a)
{
	struct rd r = rd_from(p->data, p->len);
	uint16_t half;
	uint8_t byte;

	if (at == (uint32_t)(SKF_AD_OFF + SKF_AD_PKTTYPE))
		*a = p->type;
	else if (at == (uint32_t)(SKF_AD_OFF + SKF_AD_VLAN_TAG))
		*a = p->vlan;
	else if (at == (uint32_t)(SKF_AD_OFF + SKF_AD_PROTOCOL))
		*a = p->protocol;
	else if (!rd_skip(&r, at))
		return false;
	else if (size == BPF_W)
		return rd_be32(&r, a);
	else if (size == BPF_H && rd_be16(&r, &half))
		*a = half;
	else if (size == BPF_B && rd_u8(&r, &byte))
		*a = byte;
	else
		return false;
	return true;
}

static bool holds(const struct sock_filter *i, uint32_t a)
{
	switch (BPF_OP(i->code)) {
	case BPF_JEQ:
		return a == i->k;
	case BPF_JGT:
		return a > i->k;
	case BPF_JGE:
		return a >= i->k;
	case BPF_JSET:
		return a & i->k;
	default:
		fail_msg("jump %#x", i->code);
		return false;
	}
}

static uint32_t run(struct sock_fprog prog, const struct packet *p)
{
	uint32_t a = 0, x = 0;

	for (size_t pc = 0;;) {
		const struct sock_filter *i;

		assert_in_range(pc, 0, prog.len - 1u);
		i = &prog.filter[pc++];
		switch (i->code) {
		case BPF_RET | BPF_K:
			return i->k;
		case BPF_LDX | BPF_W | BPF_IMM:
			x = i->k;
			break;
		case BPF_LDX | BPF_B | BPF_MSH:
			if (!load(p, BPF_B, i->k, &x))
				return 0;
			x = (x & 15) * 4;
			break;
		case BPF_MISC | BPF_TAX:
			x = a;
			break;
		case BPF_ALU | BPF_ADD | BPF_K:
			a += i->k;
			break;
		case BPF_ALU | BPF_LSH | BPF_K:
			a <<= i->k;
			break;
		case BPF_JMP | BPF_JA:
			pc += i->k;
			break;
		default:
			if (BPF_CLASS(i->code) == BPF_JMP)
				pc += holds(i, a) ? i->jt : i->jf;
			else if (BPF_CLASS(i->code) != BPF_LD ||
				 !load(p, BPF_SIZE(i->code),
				       i->k + (BPF_MODE(i->code) == BPF_IND ?
						       x :
						       0),
				       &a))
				return 0;
		}
	}
}

/* Headers: the parts that matter between zeros. */
#define IP4(proto)                                                             \
	"45000054"                                                             \
	"00000000"                                                             \
	"40" proto "0000" ADDRS4
#define IP4_MF(proto)                                                          \
	"45000054"                                                             \
	"00002000"                                                             \
	"40" proto "0000" ADDRS4
#define IP4_LAST(proto)                                                        \
	"45000054"                                                             \
	"000000b9"                                                             \
	"40" proto "0000" ADDRS4
#define IP4_OPTS(proto)                                                        \
	"46000054"                                                             \
	"00000000"                                                             \
	"40" proto "0000" ADDRS4 "01010100"
#define ADDRS4                                                                 \
	"c0a80377"                                                             \
	"c0a8036e"
#define IP6(next)                                                              \
	"60000000"                                                             \
	"0040" next "40" ADDRS6
#define ADDRS6 ZERO16 ZERO16
#define ZERO16 "00000000000000000000000000000000"
#define ESP_BODY                                                               \
	"00001001"                                                             \
	"00000001" ZERO16
#define UDP(sport, len) sport "1194" len "0000"
#define EXT8(next)                                                             \
	next "00"                                                              \
	     "010400000000"
#define EXT16(next)                                                            \
	next "01"                                                              \
	     "010c000000000000"                                                \
	     "000000000000"
#define FRAG_FIRST(next)                                                       \
	next "00"                                                              \
	     "0001"                                                            \
	     "00000001"
#define FRAG(next)                                                             \
	next "00"                                                              \
	     "00b9"                                                            \
	     "00000001"

static const struct sample {
	const char *what;
	uint16_t protocol;
	bool pass;
	const char *packet;
} samples[] = {
	{ "ESP", ETH_P_IP, true, IP4("32") ESP_BODY },
	{ "ESP behind IP options", ETH_P_IP, true, IP4_OPTS("32") ESP_BODY },
	{ "AH", ETH_P_IP, true, IP4("33") ESP_BODY },
	{ "first fragment of ESP", ETH_P_IP, true, IP4_MF("32") ESP_BODY },
	{ "last fragment of ESP", ETH_P_IP, true, IP4_LAST("32") ESP_BODY },
	{ "ESP in UDP", ETH_P_IP, true,
	  IP4("11") UDP("1194", "0020") ESP_BODY },
	{ "ESP in UDP through a NAT", ETH_P_IP, true,
	  IP4("11") UDP("c001", "0020") ESP_BODY },
	{ "ESP in UDP behind IP options", ETH_P_IP, true,
	  IP4_OPTS("11") UDP("1194", "0020") ESP_BODY },
	{ "first fragment of ESP in UDP", ETH_P_IP, true,
	  IP4_MF("11") UDP("1194", "0020") ESP_BODY },
	{ "IKE on 4500", ETH_P_IP, false,
	  IP4("11") UDP("1194", "0020") "00000000" ESP_BODY },
	{ "NAT keep-alive", ETH_P_IP, false,
	  IP4("11") UDP("1194", "0009") "ff" },
	{ "NAT keep-alive in a padded frame", ETH_P_IP, false,
	  IP4("11") UDP("1194", "0009") "ff" ZERO16 },
	{ "an SPI and nothing else", ETH_P_IP, false,
	  IP4("11") UDP("1194", "000c") "00001001" ZERO16 },
	{ "later fragment of UDP, whatever it is", ETH_P_IP, true,
	  IP4_LAST("11") ZERO16 },
	{ "first fragment of other UDP", ETH_P_IP, false,
	  IP4_MF("11") UDP("1194", "0020") "00000000" ESP_BODY },
	{ "fragmentation needed", ETH_P_IP, true, IP4("01") "0304" ESP_BODY },
	{ "fragmentation needed behind IP options", ETH_P_IP, true,
	  IP4_OPTS("01") "0304" ESP_BODY },
	{ "port unreachable", ETH_P_IP, false, IP4("01") "0303" ESP_BODY },
	{ "later fragment that looks like fragmentation needed", ETH_P_IP,
	  false, IP4_LAST("01") "0304" ESP_BODY },
	{ "IKE on 500", ETH_P_IP, false,
	  IP4("11") "01f4"
		    "01f4"
		    "0020"
		    "0000" ESP_BODY },
	{ "from port 4500 to another", ETH_P_IP, false,
	  IP4("11") "1194"
		    "0035"
		    "0020"
		    "0000" ESP_BODY },
	{ "TCP", ETH_P_IP, false, IP4("06") ESP_BODY ESP_BODY },
	{ "ICMP", ETH_P_IP, false, IP4("01") ESP_BODY },
	{ "IPv6 ESP", ETH_P_IPV6, true, IP6("32") ESP_BODY },
	{ "IPv6 AH", ETH_P_IPV6, true, IP6("33") ESP_BODY },
	{ "IPv6 ESP in UDP", ETH_P_IPV6, true,
	  IP6("11") UDP("1194", "0020") ESP_BODY },
	{ "IPv6 IKE on 4500", ETH_P_IPV6, false,
	  IP6("11") UDP("1194", "0020") "00000000" ESP_BODY },
	{ "IPv6 fragment of ESP", ETH_P_IPV6, true,
	  IP6("2c") FRAG("32") ESP_BODY },
	{ "IPv6 fragment of AH", ETH_P_IPV6, true,
	  IP6("2c") FRAG("33") ESP_BODY },
	{ "IPv6 later fragment of UDP", ETH_P_IPV6, true,
	  IP6("2c") FRAG("11") ZERO16 },
	{ "IPv6 first fragment of ESP in UDP", ETH_P_IPV6, true,
	  IP6("2c") FRAG_FIRST("11") UDP("1194", "0020") ESP_BODY },
	{ "IPv6 first fragment of IKE on 4500", ETH_P_IPV6, false,
	  IP6("2c") FRAG_FIRST("11") UDP("1194", "0020") "00000000" ESP_BODY },
	{ "IPv6 fragment of TCP", ETH_P_IPV6, false,
	  IP6("2c") FRAG("06") ESP_BODY },
	{ "packet too big", ETH_P_IPV6, true, IP6("3a") "0200" ESP_BODY },
	{ "ESP behind hop-by-hop options", ETH_P_IPV6, true,
	  IP6("00") EXT8("32") ESP_BODY },
	{ "ESP behind long destination options", ETH_P_IPV6, true,
	  IP6("3c") EXT16("32") ESP_BODY },
	{ "AH behind a routing header", ETH_P_IPV6, true,
	  IP6("2b") EXT8("33") ESP_BODY },
	{ "ESP in UDP behind long destination options", ETH_P_IPV6, true,
	  IP6("3c") EXT16("11") UDP("1194", "0020") ESP_BODY },
	{ "TCP behind destination options", ETH_P_IPV6, false,
	  IP6("3c") EXT8("06") ESP_BODY },
	{ "ICMPv6", ETH_P_IPV6, false, IP6("3a") ESP_BODY },
	{ "IPv6 TCP", ETH_P_IPV6, false, IP6("06") ESP_BODY },
	{ "ARP that looks like ESP", ETH_P_ARP, false, IP4("32") ESP_BODY },
};

#define N_SAMPLES (sizeof(samples) / sizeof(samples[0]))

static size_t unhex(const char *hex, uint8_t *out, size_t cap)
{
	size_t n = 0;

	for (; *hex; hex += 2) {
		unsigned byte;

		assert_true(n < cap);
		assert_int_equal(sscanf(hex, "%2x", &byte), 1);
		out[n++] = (uint8_t)byte;
	}
	return n;
}

static uint32_t run_ipsec(const struct packet *p)
{
	struct sock_filter room[RAWFILTER_MAX];

	return run(rawfilter_ipsec(room, 0), p);
}

static uint32_t run_sample(const struct sample *s, uint32_t type, uint32_t vlan)
{
	uint8_t data[256];
	const struct packet p = { .data = data,
				  .len = unhex(s->packet, data, sizeof(data)),
				  .type = type,
				  .vlan = vlan,
				  .protocol = s->protocol };

	return run_ipsec(&p);
}

static void test_ipsec_passes_and_nothing_else(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_SAMPLES; i++) {
		uint32_t got = run_sample(&samples[i], PACKET_HOST, 0);

		if ((got != 0) != samples[i].pass)
			fail_msg("%s: %u", samples[i].what, got);
	}
}

static void test_passed_packets_are_whole(void **state)
{
	(void)state;
	assert_true(run_sample(&samples[0], PACKET_HOST, 0) >= 65535);
}

static void test_packets_for_others_are_refused(void **state)
{
	(void)state;
	assert_int_not_equal(run_sample(&samples[0], PACKET_MULTICAST, 0), 0);
	assert_int_equal(run_sample(&samples[0], PACKET_OTHERHOST, 0), 0);
	assert_int_equal(run_sample(&samples[0], PACKET_OUTGOING, 0), 0);
}

/* Behind a link-layer header, whatever that says, the verdicts are the same. */
static void test_frames_are_judged_as_packets(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_SAMPLES; i++) {
		struct sock_filter room[RAWFILTER_MAX];
		uint8_t data[256 + 14];
		struct packet p = { .data = data,
				    .protocol = samples[i].protocol };

		memset(data, 0x32, 14);
		p.len = 14 + unhex(samples[i].packet, data + 14, 256);
		if ((run(rawfilter_ipsec(room, 14), &p) != 0) !=
		    samples[i].pass)
			fail_msg("%s", samples[i].what);
	}
}

static void test_frames_of_vlans_are_refused(void **state)
{
	(void)state;
	assert_int_equal(run_sample(&samples[0], PACKET_HOST, 1), 0);
	assert_int_equal(run_sample(&samples[0], PACKET_HOST, 0xefff), 0);
	/* a priority, not a VLAN */
	assert_int_not_equal(run_sample(&samples[0], PACKET_HOST, 0xe000), 0);
}

/* No packet, however short, makes the machine leave the program. */
static void test_every_prefix_ends_in_a_verdict(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_SAMPLES; i++) {
		uint8_t data[256];
		size_t len = unhex(samples[i].packet, data, sizeof(data));

		for (size_t n = 0; n < len; n++) {
			const struct packet p = { .data = data,
						  .len = n,
						  .protocol =
							  samples[i].protocol };

			if (!samples[i].pass || n < 7)
				assert_int_equal(run_ipsec(&p), 0);
			else
				run_ipsec(&p);
		}
	}
}

static void test_none_refuses_all(void **state)
{
	const struct packet p = { .data = (const uint8_t *)"E", .len = 1 };

	(void)state;
	assert_int_equal(run(rawfilter_none(), &p), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ipsec_passes_and_nothing_else),
		cmocka_unit_test(test_passed_packets_are_whole),
		cmocka_unit_test(test_packets_for_others_are_refused),
		cmocka_unit_test(test_frames_are_judged_as_packets),
		cmocka_unit_test(test_frames_of_vlans_are_refused),
		cmocka_unit_test(test_every_prefix_ends_in_a_verdict),
		cmocka_unit_test(test_none_refuses_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
