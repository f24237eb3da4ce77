/* SPDX-License-Identifier: Apache-2.0 */
/* Refusals: each names the place, what was found and what was expected. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "missiu/script.h"

#define KEY16 "0x000102030405060708090a0b0c0d0e0f"
#define KEY20 KEY16 "10111213"
#define GCM   " ipsec { encr_algs gcm }"
#define ADD   "add 10.0.0.1 10.0.0.2 esp 256 "

struct row {
	const char *text;
	unsigned line, col;
	const char *found;    /* start of the message */
	const char *expected; /* somewhere behind it */
};

static void check(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct row *w = &rows[i];
		struct missiu_script_err err;
		struct missiu_script s;
		char start[120];

		if (!missiu_script_parse(w->text, strlen(w->text), NULL, &s,
					 &err))
			fail_msg("accepted: %s", w->text);
		snprintf(start, sizeof(start), "found %s", w->found);
		if (err.line != w->line || err.col != w->col ||
		    strncmp(err.diag.msg, start, strlen(start)) ||
		    !strstr(err.diag.msg, ", expected ") ||
		    !strstr(err.diag.msg, w->expected))
			fail_msg("%s\n%u:%u: %s\nnot the %u:%u: %s … %s",
				 w->text, err.line, err.col, err.diag.msg,
				 w->line, w->col, start, w->expected);
	}
}
#define CHECK(rows) check(rows, sizeof(rows) / sizeof((rows)[0]))

static void test_addresses(void **state)
{
	static const struct row rows[] = {
		{ "{ raddr 10.9.0.999 }" GCM, 1, 9, "\"10.9.0.999\"",
		  "octets of at most 255" },
		{ "{ raddr 256.1.1.1 }" GCM, 1, 9, "\"256.1.1.1\"",
		  "octets of at most 255" },
		{ "{ raddr 10.9.0 }" GCM, 1, 9, "\"10.9.0\"",
		  "4 octets, not 3" },
		{ "{ raddr 10.9.0.1.2 }" GCM, 1, 9, "\"10.9.0.1.2\"",
		  "4 octets, not 5" },
		{ "{ raddr 010.1.1.1 }" GCM, 1, 9, "\"010.1.1.1\"",
		  "IPv4 address" },
		{ "{ raddr 1 }" GCM, 1, 9, "\"1\"", "4 octets, not 1" },
		{ "{ raddr 10.0.0.0/33 }" GCM, 1, 18, "\"33\"",
		  "a prefix length of at most 32" },
		{ "{ raddr fd00::/129 }" GCM, 1, 16, "\"129\"",
		  "a prefix length of at most 128" },
		{ "{ raddr 10.0.0.0/ }" GCM, 1, 19, "\"}\"",
		  "a prefix length" },
		{ "{ raddr 10.0.0.0/x }" GCM, 1, 18, "\"x\"",
		  "a prefix length: a number from 0 to 32" },
		{ "{ raddr 10.0.0.0/-1 }" GCM, 1, 18, "\"-1\"",
		  "a prefix length" },
		{ "{ raddr 10.0.0.1-10.0.0.9/8 }" GCM, 1, 26, "\"/\"",
		  "no prefix length after a range" },
		{ "{ raddr 10.0.0.1-fd00::1 }" GCM, 1, 9,
		  "\"10.0.0.1-fd00::1\"", "of one family" },
		{ "{ raddr 10.0.0.1-10.0.0.300 }" GCM, 1, 18, "\"10.0.0.300\"",
		  "octets of at most 255" },
		{ "{ raddr 10.0.0.1- }" GCM, 1, 19, "\"}\"", "an address" },
		{ "{ raddr 10.0.0.1-any }" GCM, 1, 9, "\"10.0.0.1-any\"",
		  "of one family" },
		{ "{ raddr 1:2 }" GCM, 1, 9, "\"1:2\"", "an IPv6 address" },
		{ "{ raddr 1::2::3 }" GCM, 1, 9, "\"1::2::3\"",
		  "an IPv6 address" },
		{ "{ raddr 1:2:3:4:5:6:7:8:9 }" GCM, 1, 9,
		  "\"1:2:3:4:5:6:7:8:9\"", "an IPv6 address" },
		{ "{ raddr fe80::1%eth0 }" GCM, 1, 9, "\"fe80::1%eth0\"",
		  "an IPv6 address" },
		{ "{ raddr cafe }" GCM, 1, 9, "\"cafe\"",
		  "host names are not resolved here" },
		{ "{ raddr gw,1 }" GCM, 1, 9, "\"gw,1\"",
		  "an address or a host name" },
		{ "{ raddr }" GCM, 1, 9, "\"}\"", "an address" },
		{ "{ raddr \"10.0.0.1\" }" GCM, 1, 9, "a quoted string",
		  "an address" },
		{ "{ laddr 10.0.0.1 raddr fd00::1 }" GCM, 1, 18, "\"raddr\"",
		  "IPv4 or IPv6 on both sides" },
		{ "{} ipsec { encr_algs gcm tladdr 10.0.0.1 traddr fd00::1 }",
		  1, 42, "\"traddr\"", "tunnel ends of one family" },
		{ "{} ipsec { encr_algs gcm traddr 10.0.0.0/8 }", 1, 41,
		  "\"/\"", "\"}\", encr_algs" },
		{ "{ raddr fd00::1 ulp icmp }" GCM, 1, 17, "\"ulp\"",
		  "icmp6 with IPv6 addresses" },
		{ "{ raddr 10.0.0.1 ulp icmp6 }" GCM, 1, 18, "\"ulp\"",
		  "ulp icmp with IPv4 addresses" },
	};

	(void)state;
	CHECK(rows);
}

static void test_numbers_and_selectors(void **state)
{
	static const struct row rows[] = {
		{ "{ ulp tcp rport 65536 }" GCM, 1, 17, "\"65536\"",
		  "of at most 65535" },
		{ "{ ulp tcp rport 99999999999999999999 }" GCM, 1, 17,
		  "\"99999999999999999999\"", "of at most 65535" },
		{ "{ ulp tcp rport 0x10000 }" GCM, 1, 17, "\"0x10000\"",
		  "of at most 65535" },
		{ "{ ulp tcp rport 5999-5000 }" GCM, 1, 17, "\"5999-5000\"",
		  "smaller end first" },
		{ "{ ulp tcp rport 5000- }" GCM, 1, 17, "\"5000-\"",
		  "a port or a range" },
		{ "{ ulp tcp rport 5000-70000 }" GCM, 1, 22, "\"70000\"",
		  "of at most 65535" },
		{ "{ ulp tcp rport htpp }" GCM, 1, 17, "\"htpp\"",
		  "http, https, ssh" },
		{ "{ ulp tcp rport }" GCM, 1, 17, "\"}\"", "a port" },
		{ "{ ulp esp rport 5 }" GCM, 1, 11, "\"rport\"",
		  "a port only with ulp tcp" },
		{ "{ ulp 256 }" GCM, 1, 7, "\"256\"", "of at most 255" },
		{ "{ ulp tpc }" GCM, 1, 7, "\"tpc\"", "icmp, ipip, tcp, udp" },
		{ "{ ulp tcp-udp }" GCM, 1, 7, "\"tcp-udp\"", "a protocol" },
		{ "{ type 8 }" GCM, 1, 3, "\"type\"", "ulp icmp or icmp6" },
		{ "{ ulp tcp code 8 }" GCM, 1, 11, "\"code\"",
		  "ulp icmp or icmp6" },
		{ "{ ulp icmp code 1 }" GCM, 1, 12, "\"code\"",
		  "one ICMP type" },
		{ "{ ulp icmp type 1-2 code 1 }" GCM, 1, 21, "\"code\"",
		  "one ICMP type" },
		{ "{ ulp icmp type 5 code needfrag }" GCM, 1, 19, "\"code\"",
		  "to which it belongs" },
		{ "{ ulp icmp type echo6 }" GCM, 1, 3, "\"ulp\"",
		  "the protocol that the ICMP type" },
		{ "{ ulp icmp type echo code no-route6 }" GCM, 1, 27,
		  "\"no-route6\"", "of the same protocol" },
		{ "{ ulp icmp type 256 }" GCM, 1, 17, "\"256\"",
		  "of at most 255" },
		{ "{ ulp icmp type 8 lport 5 }" GCM, 1, 19, "\"lport\"",
		  "either ports or an ICMP type" },
		{ "{ dir sideways }" GCM, 1, 7, "\"sideways\"",
		  "out, in, mirrored, out_mirrored or in_mirrored" },
		{ "{ dir out_mirored }" GCM, 1, 7,
		  "\"out_mirored\" (did you mean \"out_mirrored\"?)",
		  "out, in" },
	};

	(void)state;
	CHECK(rows);
}

static void test_words_and_structure(void **state)
{
	static const struct row rows[] = {
		{ "{ radr 10.0.0.1 }" GCM, 1, 3,
		  "\"radr\" (did you mean \"raddr\"?)",
		  "\"}\", laddr, raddr, lport, rport, saddr" },
		{ "{ RADDR 10.0.0.1 }" GCM, 1, 3,
		  "\"RADDR\" (did you mean \"raddr\"?)", "raddr" },
		{ "{ frobnicate }" GCM, 1, 3, "\"frobnicate\"", "laddr" },
		{ "{ ifid 3 }" GCM, 1, 3, "\"ifid\", which is not supported",
		  "serves one interface" },
		{ "{ raddr_list x }" GCM, 1, 3,
		  "\"raddr_list\", which is not supported", "multicast" },
		{ "{ raddr 10.0.0.1 raddr 10.0.0.2 }" GCM, 1, 18, "\"raddr\"",
		  "only once in a policy: \"raddr\" in line 1, column 3" },
		{ "{ raddr 10.0.0.1 remote 10.0.0.2 }" GCM, 1, 18, "\"remote\"",
		  "only once" },
		{ "{\n ulp tcp\n proto udp }" GCM, 3, 2, "\"proto\"",
		  "\"ulp\" in line 2, column 2" },
		{ "{ saddr 10.0.0.1 raddr 10.0.0.2 }" GCM, 1, 18, "\"raddr\"",
		  "saddr, daddr, sport, dport, tsrc or tdst" },
		{ "{ laddr 10.0.0.1 dport 5 }" GCM, 1, 18, "\"dport\"",
		  "laddr, raddr, lport, rport, tladdr or traddr" },
		{ "{ laddr 10.0.0.1 } ipsec { encr_algs gcm tsrc 10.0.0.1 }", 1,
		  42, "\"tsrc\"", "tladdr or traddr" },
		{ "{ raddr 192.168.3.119 ipsec { encr_algs gcm }", 1, 23,
		  "\"ipsec\"", "\"}\", laddr" },
		{ "{ raddr 10.0.0.1", 1, 17, "end of file",
		  "\"}\" for the \"{\" of line 1, column 1" },
		{ "{", 1, 2, "end of file", "\"}\" for the \"{\"" },
		{ "\n {}\n ipsec {\n encr_algs aes\n", 5, 1, "end of file",
		  "\"}\" for the \"{\" of line 3, column 8" },
		{ "{}", 1, 3, "end of file",
		  "ipsec, apply, permit, bypass or drop" },
		{ "{} ipsek { encr_algs gcm }", 1, 4,
		  "\"ipsek\" (did you mean \"ipsec\"?)", "ipsec, apply" },
		{ "{} ipsec", 1, 9, "end of file", "\"{\" and the properties" },
		{ "{} drop;", 1, 8, "\";\"", "\"{\" and the properties" },
		{ "{} { encr_algs gcm }", 1, 4, "\"{\"", "ipsec, apply" },
		{ "} drop {}", 1, 1, "\"}\"", "\"{\", \"[\", flush" },
		{ "{ { } } drop {}", 1, 3, "\"{\"", "laddr" },
		{ "frobnicate;", 1, 1, "\"frobnicate\"",
		  "\"{\", \"[\", flush, spdflush, add, delete or peer" },
		{ "spdflsh;", 1, 1, "\"spdflsh\" (did you mean \"spdflush\"?)",
		  "spdflush" },
		{ "flush {} drop {}", 1, 7, "\"{\"",
		  "\";\" at the end of \"flush\" of line 1" },
		{ "flush\nspdflush;", 2, 1, "\"spdflush\"",
		  "\";\" at the end of \"flush\" of line 1" },
		{ "\"flush\";", 1, 1, "a quoted string", "flush" },
		{ "{} drop {} or {} drop {}", 1, 12, "\"or\"", "\"{\"" },
		{ "[ A 1", 1, 6, "end of file",
		  "\"]\" for the \"[\" of line 1" },
		{ "[ A B ]", 1, 5, "\"B\"", "the value of a constant" },
		{ "[ 1 2 ]", 1, 3, "\"1\"", "the name of a constant" },
		{ "[ A 1 ] [ A 2 ]", 1, 11, "\"A\"", "another value already" },
		{ "[ A 4294967296 ]", 1, 5, "\"4294967296\"",
		  "at most 4294967295" },
		{ "[ A 10.0.0.256 ]", 1, 5, "\"10.0.0.256\"",
		  "octets of at most 255" },
		{ "[ A 10.0.0.1 ] { rport A }" GCM, 1, 24, "\"A\"",
		  "this constant is an address" },
		{ "[ A 5 ] { raddr A }" GCM, 1, 17, "\"A\"",
		  "this constant is a number" },
		{ "[ A 70000 ] { rport A }" GCM, 1, 21, "\"A\"",
		  "of at most 65535" },
		{ "{ raddr 10.0.0.1 \"x }" GCM, 1, 18, "a string without end",
		  "a closing \"" },
		{ "{ ra\x01"
		  "ddr }",
		  1, 5, "the byte 0x01", "text" },
		{ "{ raddr \xc3\xa4 }" GCM, 1, 9, "\"??\"",
		  "an address or a host name" },
	};

	(void)state;
	CHECK(rows);
}

static void test_directions(void **state)
{
	static const struct row rows[] = {
		{ "{ saddr 10.0.0.1 }" GCM, 1, 3, "\"saddr\"",
		  "dir out, in, out_mirrored or in_mirrored" },
		{ "{ daddr 10.0.0.1 dir mirrored }" GCM, 1, 22, "\"mirrored\"",
		  "dir out, in" },
		{ "{ saddr 10.0.0.1 } drop {}", 1, 3, "\"saddr\"", "dir out" },
		{ "{ sport 5 dir both } bypass {}", 1, 15, "\"both\"",
		  "dir out" },
		{ "{} ipsec { encr_algs gcm tsrc 10.0.0.1 }", 1, 26, "\"tsrc\"",
		  "dir out" },
		{ "{ dir in } apply { encr_algs gcm }", 1, 7, "\"in\"",
		  "out, out_mirrored or mirrored: apply is about outbound" },
		{ "{ dir in_mirrored } apply { encr_algs gcm }", 1, 7,
		  "\"in_mirrored\"", "apply is about outbound" },
		{ "{ dir out } permit { encr_algs gcm }", 1, 7, "\"out\"",
		  "in, in_mirrored or mirrored: permit is about inbound" },
		{ "{ saddr 10.0.0.1 dir out_mirrored } permit { encr_algs gcm }",
		  1, 22, "\"out_mirrored\"", "permit is about inbound" },
	};

	(void)state;
	CHECK(rows);
}

static void test_properties(void **state)
{
	static const struct row rows[] = {
		{ "{} ipsec {}", 1, 11, "\"}\"",
		  "encr_algs, encr_auth_algs or auth_algs" },
		{ "{} apply { lifetime_secs 5 }", 1, 28, "\"}\"",
		  "encr_algs, encr_auth_algs or auth_algs" },
		{ "{} ipsec { encr_alg aes }", 1, 12,
		  "\"encr_alg\" (did you mean \"encr_algs\"?)",
		  "encr_algs, encr_auth_algs, auth_algs" },
		{ "{} ipsec { encr_algs gmc }", 1, 22,
		  "\"gmc\" (did you mean \"gcm\"?)", "any, aes, gcm" },
		{ "{} ipsec { encr_algs rot13 }", 1, 22, "\"rot13\"",
		  "blowfish or null" },
		{ "{} ipsec { encr_algs }", 1, 22, "\"}\"", "any, aes" },
		{ "{} ipsec { encr_auth_algs sha3 }", 1, 27, "\"sha3\"",
		  "md5, sha1, sha256" },
		{ "{} ipsec { encr_algs aes encr_algs gcm }", 1, 26,
		  "\"encr_algs\"", "only once in a policy" },
		{ "{} ipsec { encr_algs gcm encr_auth_algs sha1 }", 1, 26,
		  "\"encr_auth_algs\"", "aes-gcm includes integrity" },
		{ "{} ipsec { encr_auth_algs sha1 encr_algs chacha20-poly1305 }",
		  1, 12, "\"encr_auth_algs\"", "includes integrity" },
		{ "{} ipsec { encr_algs aes keylength 17 }", 1, 26,
		  "\"keylength\"", "not 17" },
		{ "{} ipsec { encr_algs aes keylength 128 }", 1, 26,
		  "\"keylength\"", "AES: 16, 24 or 32" },
		{ "{} ipsec { encr_algs aes keylength 256 }", 1, 36, "\"256\"",
		  "of at most 255" },
		{ "{} ipsec { encr_algs 3des keylength 25 }", 1, 27,
		  "\"keylength\"", "not 25" },
		{ "{} ipsec { encr_algs any keylength 200 }", 1, 26,
		  "\"keylength\"", "not 200" },
		{ "{} ipsec { encr_algs gcm tag 10 }", 1, 26, "\"tag\"",
		  "not 10" },
		{ "{} ipsec { encr_algs chacha20-poly1305 tag 8 }", 1, 40,
		  "\"tag\"", "not 8" },
		{ "{} ipsec { encr_algs aes tag 16 }", 1, 26, "\"tag\"",
		  "not 16" },
		{ "{} ipsec { encr_auth_algs sha1 keylength 16 }", 1, 32,
		  "\"keylength\"", "encr_algs beside it" },
		{ "{} ipsec { auth_algs sha1 tag 16 }", 1, 27, "\"tag\"",
		  "encr_algs beside it" },
		{ "{} ipsec { encr_algs aes lifetime_secs 4294967296 }", 1, 40,
		  "\"4294967296\"", "at most 4294967295" },
		{ "{} ipsec { encr_algs aes lifetime_bytes "
		  "18446744073709551616 }",
		  1, 41, "\"18446744073709551616\"",
		  "at most 18446744073709551615" },
		{ "{} ipsec { encr_algs aes df st traddr any }", 1, 29,
		  "\"st\"", "copy, set or clear" },
		{ "{} ipsec { encr_algs aes df set df clear traddr any }", 1,
		  33, "\"df\"", "only once" },
		{ "{} ipsec { encr_algs aes df clear }", 1, 26, "\"df\"",
		  "tladdr or traddr beside it" },
		{ "{} ipsec { encr_algs aes sa inti }", 1, 29,
		  "\"inti\" (did you mean \"init\"?)",
		  "shared, init or unique" },
		{ "{ raddr 10.0.0.1 } ipsec { encr_algs aes sa init sa init }",
		  1, 53, "\"init\"", "only once" },
		{ "{} ipsec { encr_algs aes sa shared sa unique }", 1, 39,
		  "\"unique\"", "either shared or unique" },
		{ "{} ipsec { encr_algs aes sa init }", 1, 26, "\"sa\"",
		  "raddr with a single address" },
		{ "{ raddr 10.0.0.0/8 } ipsec { encr_algs aes sa init }", 1, 44,
		  "\"sa\"", "raddr with a single address" },
		{ "{} ipsec { encr_algs aes tladdr 10.0.0.1 sa init }", 1, 42,
		  "\"sa\"", "traddr" },
		{ "{} drop { encr_algs aes }", 1, 11, "\"encr_algs\"",
		  "drop has no properties" },
		{ "{} pass { sa init }", 1, 11, "\"sa\"",
		  "pass has no properties" },
	};

	(void)state;
	CHECK(rows);
}

static void test_commands(void **state)
{
	static const struct row rows[] = {
		{ "add 10.0.0.1 10.0.0.2 esp 255 -A hmac-md5 " KEY16 ";", 1, 27,
		  "\"255\"", "an SPI of at least 256" },
		{ "add 10.0.0.1 10.0.0.2 esp 0x100000000 -A hmac-md5 x;", 1, 27,
		  "a long hexadecimal number", "an SPI of at most 4294967295" },
		{ "add 10.0.0.1 10.0.0.2 esp -A hmac-md5 " KEY16 ";", 1, 27,
		  "\"-A\"", "an SPI" },
		{ "add 10.0.0.1 10.0.0.2 tcp 256 -A hmac-md5 " KEY16 ";", 1, 23,
		  "\"tcp\"", "esp, ah" },
		{ "add 10.0.0.1 10.0.0.2 17 256 -A hmac-md5 " KEY16 ";", 1, 23,
		  "\"17\"", "esp (50) or ah (51)" },
		{ "add 10.0.0.1 any esp 256 -A hmac-md5 " KEY16 ";", 1, 14,
		  "\"any\"", "the address of one host" },
		{ "add 10.0.0.1 fd00::1 esp 256 -A hmac-md5 " KEY16 ";", 1, 14,
		  "\"fd00::1\"", "of the same family as the source" },
		{ "add 10.0.0.1/8 10.0.0.2 esp 256;", 1, 13, "\"/\"",
		  "an address" },
		{ "add", 1, 4, "end of file", "an address" },
		{ ADD ";", 1, 31, "\";\"",
		  "-E or -A with a key in \"add\" of line 1" },
		{ ADD "transport -A hmac-md5 " KEY16 ";", 1, 31,
		  "\"transport\"", "-m, -E, -A" },
		{ ADD "-m transprot -A hmac-md5 " KEY16 ";", 1, 34,
		  "\"transprot\" (did you mean \"transport\"?)",
		  "transport, tunnel or any" },
		{ ADD "-E", 1, 33, "end of file", "aes-cbc, des-cbc" },
		{ ADD "-E aes-cbc", 1, 41, "end of file", "a key: 0x" },
		{ ADD "-E aes-cbc 0x0011;", 1, 42, "a key of 2 bytes",
		  "16, 24 or 32 bytes for aes-cbc" },
		{ ADD "-E aes-cbc \"ab\";", 1, 42, "a key of 2 bytes",
		  "16, 24 or 32 bytes for aes-cbc" },
#if MISSIU_LEGACY
		{ ADD "-E blowfish-cbc 0x00112233;", 1, 47, "a key of 4 bytes",
		  "5 to 56 bytes" },
#endif
		{ ADD "-E aes-cbc 0x001;", 1, 42,
		  "a key of 3 hexadecimal digits", "an even number" },
		{ ADD "-E aes-cbc 0x;", 1, 42, "a key of 0 hexadecimal digits",
		  "an even number" },
		{ ADD "-E aes-cbc 0x00gg;", 1, 42, "a key with a byte that is",
		  "hexadecimal digits" },
		{ ADD "-A hmac-sha512 " KEY20 KEY20 KEY20 "00;", 1, 46,
		  "a key with a byte", "hexadecimal digits" },
		{ ADD "-A hmac-sha512 0x0000000000000000000000000000000000"
		      "0000000000000000000000000000000000000000000000000000"
		      "000000000000000000000000000000000000000000000000;",
		  1, 46, "a key of 67 bytes", "at most 64" },
		{ ADD "-A hmac-sha512 \"0123456789012345678901234567890123456"
		      "7890123456789012345678901234\";",
		  1, 46, "a key of more than 64 bytes", "at most" },
		{ ADD "-E aes-cbc secretsecret16by;", 1, 42, "a word",
		  "a key: 0x" },
		{ ADD "-E " KEY16 " aes-cbc;", 1, 34,
		  "a long hexadecimal number", "aes-cbc, des-cbc" },
		{ ADD "-A hmac-sha1 " KEY16 ";", 1, 44, "a key of 16 bytes",
		  "20 bytes for hmac-sha1-96" },
		{ ADD "-A sha1 " KEY20 ";", 1, 34, "\"sha1\"", "hmac-sha1" },
		{ ADD "-E null;", 1, 31, "\"-E\"",
		  "-A beside the null cipher" },
		{ ADD "-E null \"x\" -A hmac-md5 " KEY16 ";", 1, 39,
		  "a key of 1 bytes", "0 bytes for null" },
		{ ADD "-E aes-gcm-16 " KEY20 ";", 1, 31, "\"-E\"",
		  "-u allows it" },
		{ ADD "-E aes-ctr " KEY20 ";", 1, 31, "\"-E\"",
		  "reused with the same IVs after a restart" },
		{ ADD "-ps 4 -ph 3 -E aes-cbc " KEY16 ";", 1, 31, "\"-ps\"",
		  "a soft limit" },
		{ ADD "-b 4 -bh 3 -E aes-cbc " KEY16 ";", 1, 36, "\"-bh\"",
		  "either -b" },
		{ ADD "-A aes-gmac " KEY20 " -u;", 1, 31, "\"-A\"",
		  "-E aes-gmac" },
		{ "{} ipsec { encr_algs gcm pfs x }", 1, 30, "\"x\"",
		  "x25519,ecp256" },
		{ "{} ipsec { encr_algs gcm pfs 22 }", 1, 30, "\"22\"", "ike" },
		{ "{} ipsec { encr_algs gcm pfs 65535 }", 1, 30, "\"65535\"",
		  "ike" },
		{ "{} ipsec { encr_algs gcm pfs 19,19 }", 1, 30, "\"19,19\"",
		  "ike" },
		{ "{} ipsec { encr_algs gcm pfs 19, }", 1, 30, "\"19,\"",
		  "ike" },
		{ "{} ipsec { encr_algs gcm pfs ike,19 }", 1, 30, "\"ike,19\"",
		  "ike" },
		{ "{} ipsec { encr_algs gcm pfs 14,15,16,17,18 }", 1, 30,
		  "\"14,15,16,17,18\"", "4 groups" },
		{ "{} ipsec { encr_algs gcm pfs \"\" }", 1, 30,
		  "a quoted string", "ike" },
		{ "{} ipsec { encr_algs gcm pfs }", 1, 30, "\"}\"", "ike" },
		{ "{} bypass { pfs no }", 1, 13, "\"pfs\"", "bypass" },
		{ "{} ipsec { encr_algs gcm tfc 9 }", 1, 26, "\"tfc\"", "ESP" },
		{ "{} ipsec { auth_algs sha1 tfc 9 traddr any }", 1, 27,
		  "\"tfc\"", "ESP" },
#if !MISSIU_LEGACY
		{ "{} ipsec { encr_algs des }", 1, 12, "des, which this build",
		  "LEGACY=1" },
		{ "{} ipsec { encr_auth_algs md5 }", 1, 12,
		  "hmac-md5-96, which", "LEGACY=1" },
		{ "{} ipsec { auth_algs md5 }", 1, 12, "hmac-md5-96, which",
		  "LEGACY=1" },
		{ ADD "-A hmac-md5 " KEY16 ";", 1, 31, "hmac-md5-96, which",
		  "LEGACY=1" },
		{ ADD "-E blowfish-cbc " KEY16 ";", 1, 31, "blowfish, which",
		  "LEGACY=1" },
#endif
		{ "{} ipsec { encr_auth_algs aes-gmac }", 1, 12,
		  "\"encr_auth_algs\"", "encr_algs gmac" },
		{ ADD "-u -E aes-gcm-16 " KEY16 ";", 1, 48, "a key of 16 bytes",
		  "20, 28 or 36 bytes for aes-gcm (the salt last)" },
		{ ADD "-u -E aes-gcm-16 " KEY20 " -A hmac-sha1 " KEY20 ";", 1,
		  91, "\"-A\"", "aes-gcm includes integrity" },
		{ "add 10.0.0.1 10.0.0.2 ah 256 -E aes-cbc " KEY16 ";", 1, 30,
		  "\"-E\"", "AH does not encrypt" },
		{ ADD "-A hmac-md5 " KEY16 " -A hmac-md5 " KEY16 ";", 1, 78,
		  "\"-A\"", "each option only once" },
		{ ADD "-r 4097 -A hmac-md5 " KEY16 ";", 1, 34, "\"4097\"",
		  "a replay window in packets of at most 4096" },
		{ ADD "-n -A hmac-md5 " KEY16 ";", 1, 31, "\"-n\"",
		  "a replay window (-r)" },
		{ ADD "-x 5;", 1, 31, "\"-x\"", "-m, -E, -A, -r, -n, -l, -b" },
		{ ADD "-A hmac-md5 " KEY16 "\nadd 10.0.0.2 10.0.0.1 esp 257;",
		  2, 1, "\"add\"", "\";\" (end of \"add\" of line 1)" },
		{ ADD "-A hmac-md5 " KEY16 "\n{} drop {}", 2, 1, "\"{\"",
		  "\";\" (end of \"add\" of line 1)" },
		{ "delete 10.0.0.1 10.0.0.2 esp;", 1, 29, "\";\"", "an SPI" },
		{ "delete 10.0.0.1 10.0.0.2 esp 256 257;", 1, 34, "\"257\"",
		  "\";\" at the end of \"delete\"" },
		{ ADD "-A hmac-md5 \"0123\\\n", 1, 43, "a string without end",
		  "on the same line" },
		{ ADD "-A hmac-md5 \"0123\\\"", 1, 43, "a string without end",
		  "on the same line" },
		{ ADD "-A hmac-md5 \"01\x7f\"", 1, 46,
		  "a control byte in a string", "text" },
	};

	(void)state;
	CHECK(rows);
}

static void test_nul_bytes(void **state)
{
	static const char in_word[] = "flush;\nspd\0flush;",
			  in_comment[] = "flush; # \0\n",
			  in_string[] = ADD "-A hmac-md5 \"\\\0\"";
	struct missiu_script_err err;
	struct missiu_script s;

	(void)state;
	assert_int_equal(missiu_script_parse(in_word, sizeof(in_word) - 1, NULL,
					     &s, &err),
			 MISSIU_EINVAL);
	assert_int_equal(err.line, 2);
	assert_int_equal(err.col, 4);
	assert_string_equal(err.diag.msg, "found the byte 0x00, expected text");
	assert_int_equal(missiu_script_parse(in_comment, sizeof(in_comment) - 1,
					     NULL, &s, &err),
			 MISSIU_EINVAL);
	assert_int_equal(err.col, 10);
	assert_int_equal(missiu_script_parse(in_string, sizeof(in_string) - 1,
					     NULL, &s, &err),
			 MISSIU_EINVAL);
}

/* Whatever is wrong in a line with keys, no message shows a part of one. */
static void test_no_message_shows_a_key(void **state)
{
	static const char *const texts[] = {
		ADD "-E aes-cbc 0x5ec2e75ec2e75ec2e75ec2e75ec2;",
		ADD "-E aes-cbc \"5ec2e75ec2e7\";",
		ADD "-E 0x5ec2e75ec2e75ec2e75ec2e75ec2e75ec2e7;",
		ADD "0x5ec2e75ec2e75ec2e75ec2e75ec2e75ec2e7;",
		ADD "-A hmac-md5 5ec2e75ec2e75ec2;",
		ADD "-A hmac-md5 0x5ec2e7g;",
		ADD "-A hmac-md5 0x5ec2e75ec2e;",
		ADD "-r 0x5ec2e75ec2e75ec2e75ec2e75ec2e75ec2e7;",
		"0x5ec2e75ec2e75ec2e75ec2e7",
		"\"5ec2e7\"",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct missiu_script_err err;
		struct missiu_script s;

		assert_int_equal(missiu_script_parse(texts[i], strlen(texts[i]),
						     NULL, &s, &err),
				 MISSIU_EINVAL);
		assert_null(strstr(err.diag.msg, "5ec2e7"));
	}
}

static int no_host(void *ctx, const char *name, int family,
		   struct missiu_addr *out)
{
	(void)family;
	(void)out;
	*(bool *)ctx |= strspn(name, "0123456789.") == strlen(name);
	return MISSIU_ENOENT;
}

static void test_unresolvable_names(void **state)
{
	bool asked_for_number = false;
	const struct missiu_script_opts opts = { no_host, &asked_for_number };
	static const char *const texts[] = { "{ raddr gw } drop {}",
					     "{ raddr 1.2.3 } drop {}",
					     "{ raddr 1.2.3.400 } drop {}" };
	struct missiu_script_err err;
	struct missiu_script s;

	(void)state;
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(missiu_script_parse(texts[i], strlen(texts[i]),
						     &opts, &s, &err),
				 MISSIU_EINVAL);
	assert_false(asked_for_number);
	missiu_script_parse(texts[0], strlen(texts[0]), &opts, &s, &err);
	assert_string_equal(err.diag.msg,
			    "found \"gw\", expected an address, a "
			    "constant or a host name that can be "
			    "resolved");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_numbers_and_selectors),
		cmocka_unit_test(test_words_and_structure),
		cmocka_unit_test(test_directions),
		cmocka_unit_test(test_properties),
		cmocka_unit_test(test_commands),
		cmocka_unit_test(test_nul_bytes),
		cmocka_unit_test(test_no_message_shows_a_key),
		cmocka_unit_test(test_unresolvable_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
