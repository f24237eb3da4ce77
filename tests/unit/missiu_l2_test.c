/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What missiu makes of Ethernet frames that the kernel sends out of the TAP.
 * All frames were made by scapy, the expected answers too.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "missiu/l2.h"

#define FRAME_MAX 256

/* The TAP's MAC, the gateway's, and groups, as they stand in frames. */
#define TAP   "123456789abc"
#define GW    "026d69737369"
#define BCAST "ffffffffffff"
#define GROUP "3333ff000002" /* of fd00::2's solicited-node address */

#define ARP_REQ                                                                \
	BCAST TAP "0806"                                                       \
		  "0001080006040001" TAP
#define FD00_1 "fd000000000000000000000000000001"
#define FD00_2 "fd000000000000000000000000000002"
#define SNM_2  "ff0200000000000000000001ff000002"
#define ANY6   "00000000000000000000000000000000"

#define ARP_WHO_HAS_119                                                        \
	ARP_REQ "c0a8036e"                                                     \
		"000000000000"                                                 \
		"c0a80377"
#define ARP_119_IS_AT                                                          \
	TAP GW "0806"                                                          \
	       "0001080006040002" GW "c0a80377" TAP "c0a8036e"
#define SOLICIT                                                                \
	GROUP TAP "86dd"                                                       \
		  "6000000000203aff" FD00_1 SNM_2 "87007c2f00000000" FD00_2    \
		  "0101" TAP
#define SOLICIT_UNICAST                                                        \
	GW TAP "86dd"                                                          \
	       "6000000000183aff" FD00_1 FD00_2 "870081a500000000" FD00_2
#define ADVERT                                                                 \
	TAP GW "86dd"                                                          \
	       "6000000000203aff" FD00_2 FD00_1 "88003f5260000000" FD00_2      \
	       "0201" GW

#define ICMP4                                                                  \
	GW TAP "0800"                                                          \
	       "45000020000700004001f2a0"                                      \
	       "c0a8036e"                                                      \
	       "c0a80377"                                                      \
	       "0800192d00010001"                                              \
	       "70696e67"
#define ICMP6                                                                  \
	GW TAP "86dd"                                                          \
	       "60000000000c3a40" FD00_1 FD00_2 "8000a6e100010001"             \
	       "70696e67"
#define ROUTER_SOLICIT                                                         \
	"333300000002" TAP "86dd"                                              \
	"6000000000083aff"                                                     \
	"fe800000000000000000000000000001"                                     \
	"ff020000000000000000000000000002"                                     \
	"85007d3600000000"

static const struct sample {
	const char *what, *frame;
	enum l2_kind kind;
	enum missiu_drop drop;
	size_t ip_len;
	bool group;
	const char *reply;
} samples[] = {
	{ "ARP request is answered", ARP_WHO_HAS_119, L2_REPLY, 0, 0, true,
	  ARP_119_IS_AT },
	{ "padding after ARP does not matter",
	  ARP_WHO_HAS_119 "000000000000000000000000", L2_REPLY, 0, 0, true,
	  ARP_119_IS_AT },
	{ "ARP announcement is not",
	  ARP_REQ "c0a8036e"
		  "000000000000"
		  "c0a8036e",
	  L2_IGNORE, 0, 0, true, NULL },
	{ "ARP probe is not",
	  ARP_REQ "00000000"
		  "000000000000"
		  "c0a80377",
	  L2_IGNORE, 0, 0, true, NULL },
	{ "ARP reply is not", ARP_119_IS_AT, L2_IGNORE, 0, 0, false, NULL },
	{ "ARP of another link type",
	  BCAST TAP "0806"
		    "0006080006040001" TAP "c0a8036e"
		    "000000000000"
		    "c0a80377",
	  L2_DROP, MISSIU_DROP_TAP_NON_IP, 0, true, NULL },
	{ "solicitation is answered", SOLICIT, L2_REPLY, 0, 0, true, ADVERT },
	{ "unicast probe of a neighbour too", SOLICIT_UNICAST, L2_REPLY, 0, 0,
	  false, ADVERT },
	{ "duplicate address detection is not",
	  GROUP TAP "86dd"
		    "6000000000183aff" ANY6 SNM_2 "87007da300000000" FD00_2,
	  L2_IGNORE, 0, 0, true, NULL },
	{ "forwarded solicitation is not",
	  GROUP TAP "86dd"
		    "6000000000183a40" FD00_1 SNM_2 "870080a100000000" FD00_2,
	  L2_IGNORE, 0, 0, true, NULL },
	{ "solicitation of a group is not",
	  GROUP TAP "86dd"
		    "6000000000183aff" FD00_1 SNM_2 "87007e9c00000000"
		    "ff020000000000000000000000000005",
	  L2_IGNORE, 0, 0, true, NULL },
	{ "solicitation with a wrong checksum is not",
	  GROUP TAP "86dd"
		    "6000000000183aff" FD00_1 SNM_2 "8700123400000000" FD00_2,
	  L2_IGNORE, 0, 0, true, NULL },
	{ "IPv4", ICMP4, L2_IP, 0, 32, false, NULL },
	{ "IPv4 in a padded frame", ICMP4 "0000000000000000", L2_IP, 0, 32,
	  false, NULL },
	{ "IPv6", ICMP6, L2_IP, 0, 52, false, NULL },
	{ "IPv6 in a padded frame", ICMP6 "0000", L2_IP, 0, 52, false, NULL },
	{ "router solicitation is IPv6 to a group", ROUTER_SOLICIT, L2_IP, 0,
	  48, true, NULL },
	{ "IPv4 of version 5",
	  GW TAP "0800"
		 "55000014000700004001f2a0"
		 "c0a8036e"
		 "c0a80377",
	  L2_DROP, MISSIU_DROP_OUT_HDR_ERROR, 0, false, NULL },
	{ "IPv4 header length under 20",
	  GW TAP "0800"
		 "44000014000700004001f2a0"
		 "c0a8036e"
		 "c0a80377",
	  L2_DROP, MISSIU_DROP_OUT_HDR_ERROR, 0, false, NULL },
	{ "IPv4 total length under its header",
	  GW TAP "0800"
		 "45000013000700004001f2a0"
		 "c0a8036e"
		 "c0a80377",
	  L2_DROP, MISSIU_DROP_OUT_HDR_ERROR, 0, false, NULL },
	{ "IPv6 of version 4",
	  GW TAP "86dd"
		 "4000000000003b40" FD00_1 FD00_2,
	  L2_DROP, MISSIU_DROP_OUT_HDR_ERROR, 0, false, NULL },
	{ "802.1Q",
	  GW TAP "8100"
		 "0005"
		 "0800"
		 "4500001c",
	  L2_DROP, MISSIU_DROP_TAP_NON_IP, 0, false, NULL },
	{ "LLDP",
	  "0180c200000e" TAP "88cc"
	  "0207",
	  L2_DROP, MISSIU_DROP_TAP_NON_IP, 0, true, NULL },
	{ "nothing", "", L2_DROP, MISSIU_DROP_TAP_RUNT, 0, false, NULL },
};

#define N_SAMPLES (sizeof(samples) / sizeof(samples[0]))

static size_t unhex(const char *hex, uint8_t out[static FRAME_MAX])
{
	size_t n = 0;

	for (; *hex; hex += 2) {
		unsigned byte;

		assert_true(n < FRAME_MAX);
		assert_int_equal(sscanf(hex, "%2x", &byte), 1);
		out[n++] = (uint8_t)byte;
	}
	return n;
}

/* Parse a private copy of exactly this size, so that ASan sees one byte over. */
static void parse(const uint8_t *frame, size_t len, struct l2_frame *out)
{
	uint8_t *copy = malloc(len ? len : 1);

	assert_non_null(copy);
	memcpy(copy, frame, len);
	l2_parse(rd_from(copy, len), out);
	free(copy);
}

/* What holds for every result, whatever came in. */
static void check_sane(const struct l2_frame *f, size_t len)
{
	assert_in_range(f->kind, L2_IP, L2_DROP);
	if (f->kind == L2_IP) {
		assert_in_range(f->ip_len, 20, 65575);
		assert_true(f->ip + f->ip_len <= len);
	}
	if (f->kind == L2_REPLY)
		assert_true(f->reply_len == 42 || f->reply_len == 86);
	if (f->kind == L2_DROP)
		assert_in_range(f->drop, 1, MISSIU_DROP_MAX - 1);
}

static void test_frames_are_classified(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_SAMPLES; i++) {
		const struct sample *s = &samples[i];
		uint8_t frame[FRAME_MAX], reply[FRAME_MAX];
		size_t len = unhex(s->frame, frame);
		struct l2_frame f;

		parse(frame, len, &f);
		if (f.kind != s->kind)
			print_error("%s\n", s->what);
		assert_int_equal(f.kind, s->kind);
		assert_int_equal(f.drop, s->drop);
		assert_int_equal(f.group, s->group);
		if (f.kind == L2_IP) {
			assert_int_equal(f.ip, 14);
			assert_int_equal(f.ip_len, s->ip_len);
		}
		if (!s->reply)
			continue;
		assert_int_equal(f.reply_len, unhex(s->reply, reply));
		assert_memory_equal(f.reply, reply, f.reply_len);
	}
}

/* A prefix is never taken for the whole: it is a runt, or no answer is given. */
static void test_every_prefix_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_SAMPLES; i++) {
		uint8_t frame[FRAME_MAX];
		size_t len = unhex(samples[i].frame, frame);
		struct l2_frame f, whole;

		parse(frame, len, &whole);
		for (size_t n = 0; n < len; n++) {
			parse(frame, n, &f);
			check_sane(&f, n);
			if (n < 14 ||
			    (whole.kind == L2_IP && n < 14 + whole.ip_len)) {
				assert_int_equal(f.kind, L2_DROP);
				assert_int_equal(f.drop, MISSIU_DROP_TAP_RUNT);
			}
			if (whole.kind == L2_REPLY && n < 42)
				assert_int_not_equal(f.kind, L2_REPLY);
		}
	}
}

static void test_every_bit_flip_is_survived(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_SAMPLES; i++) {
		uint8_t frame[FRAME_MAX];
		size_t len = unhex(samples[i].frame, frame);
		struct l2_frame f;

		for (size_t bit = 0; bit < len * 8; bit++) {
			frame[bit / 8] ^= (uint8_t)(1u << bit % 8);
			parse(frame, len, &f);
			check_sane(&f, len);
			frame[bit / 8] ^= (uint8_t)(1u << bit % 8);
		}
	}
}

/* Any flipped bit in the message makes its checksum wrong: no answer. */
static void test_damaged_solicitation_is_not_answered(void **state)
{
	uint8_t frame[FRAME_MAX];
	size_t len = unhex(SOLICIT, frame);
	struct l2_frame f;

	(void)state;
	for (size_t bit = 54 * 8; bit < len * 8; bit++) {
		frame[bit / 8] ^= (uint8_t)(1u << bit % 8);
		parse(frame, len, &f);
		assert_int_not_equal(f.kind, L2_REPLY);
		frame[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
}

static void test_header_to_kernel_fits_the_packet(void **state)
{
	static const struct {
		const char *ip, *hdr;
	} rows[] = {
		{ "45000014000000004032000001020304c0a80377", TAP GW "0800" },
		/* groups: 23 bits, 32 bits */
		{ "45000014000000004032000001020304efff0102",
		  "01005e7f0102" GW "0800" },
		{ "45000014000000004032000001020304ffffffff",
		  "ffffffffffff" GW "0800" },
		{ "60000000000032400102030405060708090a0b0c0d0e0f10"
		  "fd000000000000000000000000000119",
		  TAP GW "86dd" },
		{ "60000000000032400102030405060708090a0b0c0d0e0f10"
		  "ff0e0000000000000000000001020304",
		  "333301020304" GW "86dd" },
	};
	static const uint8_t mac[6] = { 0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t hdr[L2_HDR_LEN], want[FRAME_MAX], ip[FRAME_MAX];

		unhex(rows[i].ip, ip);
		unhex(rows[i].hdr, want);
		l2_put_header(hdr, mac, ip);
		assert_memory_equal(hdr, want, L2_HDR_LEN);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_frames_are_classified),
		cmocka_unit_test(test_every_prefix_is_refused),
		cmocka_unit_test(test_every_bit_flip_is_survived),
		cmocka_unit_test(test_damaged_solicitation_is_not_answered),
		cmocka_unit_test(test_header_to_kernel_fits_the_packet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
