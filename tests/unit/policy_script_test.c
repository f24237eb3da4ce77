/* SPDX-License-Identifier: Apache-2.0 */
/* Policies: text to the exact description. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "common/addr.h"
#include "missiu/script.h"

#define BOTH (MISSIU_IN | MISSIU_OUT)
#define ESP(e, a, ...)                                                         \
	{                                                                      \
		.proto = MISSIU_ESP, .encr = MISSIU_ENCR_##e,                  \
		.auth = MISSIU_AUTH_##a, __VA_ARGS__                           \
	}
#define AH(a)                                                                  \
	{                                                                      \
		.proto = MISSIU_AH, .encr = MISSIU_ENCR_NULL,                  \
		.auth = MISSIU_AUTH_##a                                        \
	}
#define AES_SHA1 "ipsec { encr_algs aes encr_auth_algs sha1 }"

/* Selectors and tunnel ends as text; defaults: PROTECT, transport, any. */
struct want {
	const char *text;
	const char *local, *remote;	    /* ts_text(); NULL: any */
	const char *tun_local, *tun_remote; /* NULL: none */
	uint8_t dirs, action, mode, flags;
	struct missiu_prot prot[2];
	uint64_t life_s, life_bytes, life_packets;
	uint16_t tfc;
	struct missiu_pfs pfs;
};

static int resolve(void *ctx, const char *name, int family,
		   struct missiu_addr *out)
{
	const char *text = family == 6 ? "2001:db8::66" : "192.0.2.66";

	(*(unsigned *)ctx)++;
	if (strcmp(name, "gw-1.example.net"))
		return MISSIU_ENOENT;
	assert_true(addr_parse(text, out));
	return 0;
}

static void parse(const char *text, struct missiu_script *s)
{
	unsigned resolved = 0;
	const struct missiu_script_opts opts = { resolve, &resolved };
	struct missiu_script_err err;
	int r = missiu_script_parse(text, strlen(text), &opts, s, &err);

	if (r)
		fail_msg("%s\n%u:%u: %s", text, err.line, err.col,
			 err.diag.msg);
}

static void check_addr(const struct missiu_addr *a, const char *want)
{
	assert_string_equal(addr_text(a).s, want ? want : "any");
}

static void check_policy(const struct missiu_policy *p, const struct want *w)
{
	unsigned n = w->prot[1].proto ? 2 : w->prot[0].proto ? 1 : 0;

	assert_string_equal(ts_text(&p->local).s, w->local ? w->local : "any");
	assert_string_equal(ts_text(&p->remote).s,
			    w->remote ? w->remote : "any");
	check_addr(&p->tun_local, w->tun_local);
	check_addr(&p->tun_remote, w->tun_remote);
	assert_int_equal(p->dirs, w->dirs ? w->dirs : BOTH);
	assert_int_equal(p->action, w->action ? w->action : MISSIU_PROTECT);
	if (p->action == MISSIU_PROTECT)
		assert_int_equal(p->mode, w->mode ? w->mode : MISSIU_TRANSPORT);
	assert_int_equal(p->flags, w->flags);
	assert_int_equal(p->n_prot, n);
	assert_memory_equal(p->prot, w->prot, sizeof(p->prot));
	assert_int_equal(p->life_s, w->life_s);
	assert_int_equal(p->life_bytes, w->life_bytes);
	assert_int_equal(p->life_packets, w->life_packets);
	assert_int_equal(p->tfc, w->tfc);
	assert_int_equal(p->pfs.n, w->pfs.n);
	assert_memory_equal(p->pfs.group, w->pfs.group, sizeof(w->pfs.group));
	assert_int_equal(p->id, 0);
}

static void check_rows(const struct want *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct missiu_script s;

		parse(rows[i].text, &s);
		assert_int_equal(s.n, 1);
		assert_int_equal(s.v[0].kind, MISSIU_CHG_ADD_POLICY);
		check_policy(&s.v[0].policy, &rows[i]);
		missiu_script_fini(&s);
		assert_null(s.v);
	}
}
#define CHECK_ROWS(rows) check_rows(rows, sizeof(rows) / sizeof((rows)[0]))

static void test_documented_line(void **state)
{
	static const struct want rows[] = {
		{ .text = "{ raddr 192.168.3.119 ulp icmp } ipsec { encr_algs "
			  "aes encr_auth_algs sha1 }",
		  .local = "any[icmp]",
		  .remote = "192.168.3.119[icmp]",
		  .prot = { ESP(AES_CBC, SHA1) } },
		{ .text = "{ laddr 10.0.0.1 raddr 10.0.0.2 } ipsec { "
			  "encr_auth_algs sha1 encr_algs 3des keylength 24 "
			  "tladdr 10.0.0.1 traddr 10.0.0.2 sa init }",
		  .local = "10.0.0.1",
		  .remote = "10.0.0.2",
		  .tun_local = "10.0.0.1",
		  .tun_remote = "10.0.0.2",
		  .mode = MISSIU_TUNNEL,
		  .flags = MISSIU_POL_INIT,
		  .prot = { ESP(3DES, SHA1, .key_len = 24) } },
	};

	(void)state;
	CHECK_ROWS(rows);
}

static void test_algorithms_decide_protection(void **state)
{
	static const struct want rows[] = {
		{ .text = "{} ipsec { auth_algs sha1 }", .prot = { AH(SHA1) } },
		{ .text = "{} ipsec { encr_algs aes }",
		  .prot = { ESP(AES_CBC, ANY) } },
		{ .text = "{} ipsec { encr_auth_algs sha1 }",
		  .prot = { ESP(NULL, SHA1) } },
		{ .text = "{} ipsec { encr_auth_algs aes encr_algs aes }",
		  .prot = { ESP(AES_CBC, AES_XCBC) } },
#if MISSIU_LEGACY
		{ .text = "{} ipsec { auth_algs md5 encr_algs des }",
		  .prot = { ESP(DES, ANY), AH(MD5) } },
#endif
		{ .text = "{} ipsec { auth_algs any encr_auth_algs any }",
		  .prot = { ESP(NULL, ANY), AH(ANY) } },
		{ .text = "{} ipsec { encr_algs 3des auth_algs sha512 "
			  "encr_auth_algs sha384 }",
		  .prot = { ESP(3DES, SHA384), AH(SHA512) } },
		{ .text = "{} ipsec { encr_algs any }",
		  .prot = { ESP(ANY, ANY) } },
		{ .text = "{} ipsec { encr_algs any encr_auth_algs sha256 }",
		  .prot = { ESP(ANY, SHA256) } },
		{ .text = "{} ipsec { encr_algs gcm }",
		  .prot = { ESP(AES_GCM, NONE) } },
		{ .text = "{} ipsec { encr_algs gcm encr_auth_algs any }",
		  .prot = { ESP(AES_GCM, NONE) } },
		{ .text = "{} ipsec { encr_algs gcm keylength 24 tag 12 }",
		  .prot = { ESP(AES_GCM, NONE, .key_len = 24,
				.icv_len = 12) } },
		{ .text = "{} ipsec { encr_algs ccm keylength 32 tag 8 }",
		  .prot = { ESP(AES_CCM, NONE, .key_len = 32, .icv_len = 8) } },
		{ .text = "{} ipsec { encr_algs gmac }",
		  .prot = { ESP(AES_GMAC, NONE) } },
		{ .text = "{} ipsec { encr_algs chacha20-poly1305 keylength 32 "
			  "tag 16 }",
		  .prot = { ESP(CHACHA20_POLY1305, NONE, .key_len = 32,
				.icv_len = 16) } },
#if MISSIU_LEGACY
		{ .text = "{} ipsec { encr_auth_algs md5 encr_algs ctr "
			  "keylength 24 }",
		  .prot = { ESP(AES_CTR, MD5, .key_len = 24) } },
		{ .text = "{} ipsec { encr_algs blowfish keylength 56 }",
		  .prot = { ESP(BLOWFISH, ANY, .key_len = 56) } },
#endif
		{ .text = "{} ipsec { encr_algs any keylength 16 tag 16 }",
		  .prot = { ESP(ANY, ANY, .key_len = 16, .icv_len = 16) } },
		{ .text = "{} ipsec { encr_algs null encr_auth_algs blake2b }",
		  .prot = { ESP(NULL, BLAKE2B) } },
		{ .text = "{} ipsec { encr_algs AES-CBC encr_auth_algs "
			  "HMAC-SHA256 keylength 0 }",
		  .prot = { ESP(AES_CBC, SHA256) } },
		{ .text = "{} ipsec { encr_algs Aes encr_auth_algs sha2 }",
		  .prot = { ESP(AES_CBC, SHA256) } },
		{ .text = "{} ipsec { encr_algs aes encr_auth_algs sha }",
		  .prot = { ESP(AES_CBC, SHA1) } },
		{ .text = "{} ipsec { encr_auth_algs blake2s }",
		  .prot = { ESP(NULL, BLAKE2S) } },
		{ .text = "{} ipsec { encr_auth_algs aes-cmac }",
		  .prot = { ESP(NULL, AES_CMAC) } },
	};

	(void)state;
	CHECK_ROWS(rows);
}

static void test_addresses(void **state)
{
	static const struct want rows[] = {
		{ .text = "{ raddr 10.1.2.3/8 } " AES_SHA1,
		  .remote = "10.0.0.0/8",
		  .prot = { ESP(AES_CBC, SHA1) } },
		{ .text = "{ raddr 10.1.2.3 / 32 } " AES_SHA1,
		  .remote = "10.1.2.3",
		  .prot = { ESP(AES_CBC, SHA1) } },
		{ .text = "{ raddr 0.0.0.0/0 laddr 0.0.0.0 } " AES_SHA1,
		  .local = "0.0.0.0/0",
		  .remote = "0.0.0.0/0",
		  .prot = { ESP(AES_CBC, SHA1) } },
		{ .text = "{ raddr 0 laddr any } " AES_SHA1,
		  .prot = { ESP(AES_CBC, SHA1) } },
		{ .text = "{ raddr 10.0.0.9-10.0.1.1 } " AES_SHA1,
		  .remote = "10.0.0.9-10.0.1.1",
		  .prot = { ESP(AES_CBC, SHA1) } },
		{ .text = "{ raddr 10.0.1.1-10.0.0.9 } " AES_SHA1,
		  .remote = "10.0.0.9-10.0.1.1",
		  .prot = { ESP(AES_CBC, SHA1) } },
		{ .text = "{ raddr 10.0.0.9 - 10.0.1.1 } " AES_SHA1,
		  .remote = "10.0.0.9-10.0.1.1",
		  .prot = { ESP(AES_CBC, SHA1) } },
		{ .text = "{ raddr 10.0.0.9- 10.0.1.1 } " AES_SHA1,
		  .remote = "10.0.0.9-10.0.1.1",
		  .prot = { ESP(AES_CBC, SHA1) } },
		{ .text = "{ raddr 10.0.0.9 -10.0.1.1 } " AES_SHA1,
		  .remote = "10.0.0.9-10.0.1.1",
		  .prot = { ESP(AES_CBC, SHA1) } },
		{ .text = "{ raddr fd00::9-fd00::1 } " AES_SHA1,
		  .remote = "fd00::1-fd00::9",
		  .prot = { ESP(AES_CBC, SHA1) } },
		{ .text = "{ raddr 2001:db8::1/64 laddr :: } " AES_SHA1,
		  .local = "::/0",
		  .remote = "2001:db8::/64",
		  .prot = { ESP(AES_CBC, SHA1) } },
		{ .text = "{ raddr ::ffff:10.0.0.1 } " AES_SHA1,
		  .remote = "::ffff:10.0.0.1",
		  .prot = { ESP(AES_CBC, SHA1) } },
		{ .text = "{ raddr localhost } " AES_SHA1,
		  .remote = "127.0.0.1",
		  .prot = { ESP(AES_CBC, SHA1) } },
		{ .text = "{ raddr gw-1.example.net } " AES_SHA1,
		  .remote = "192.0.2.66",
		  .prot = { ESP(AES_CBC, SHA1) } },
		{ .text = "{ laddr fd00::1 raddr gw-1.example.net/64 } " AES_SHA1,
		  .local = "fd00::1",
		  .remote = "2001:db8::/64",
		  .prot = { ESP(AES_CBC, SHA1) } },
		{ .text = "{ local 10.0.0.1 remote 10.0.0.2 } " AES_SHA1,
		  .local = "10.0.0.1",
		  .remote = "10.0.0.2",
		  .prot = { ESP(AES_CBC, SHA1) } },
		{ .text = "{ src 10.0.0.1 dst 10.0.0.2 dir out } " AES_SHA1,
		  .local = "10.0.0.1",
		  .remote = "10.0.0.2",
		  .dirs = MISSIU_OUT,
		  .prot = { ESP(AES_CBC, SHA1) } },
		{ .text = "{ srcaddr 10.0.0.1 dstaddr 10.0.0.2 dir in } " AES_SHA1,
		  .local = "10.0.0.2",
		  .remote = "10.0.0.1",
		  .dirs = MISSIU_IN,
		  .prot = { ESP(AES_CBC, SHA1) } },
	};

	(void)state;
	CHECK_ROWS(rows);
}

static void test_protocols_and_ports(void **state)
{
	static const struct want rows[] = {
		{ .text = "{ ulp tcp rport 80 } bypass {}",
		  .local = "any[tcp]",
		  .remote = "any[tcp/80]",
		  .action = MISSIU_BYPASS },
		{ .text = "{ ulp UDP lport Domain } bypass {}",
		  .local = "any[udp/53]",
		  .remote = "any[udp]",
		  .action = MISSIU_BYPASS },
		{ .text = "{ rport http } bypass {}",
		  .remote = "any[any/80]",
		  .action = MISSIU_BYPASS },
		{ .text = "{ rport telnet lport 0 } bypass {}",
		  .remote = "any[any/23]",
		  .action = MISSIU_BYPASS },
		{ .text = "{ proto udp rport 5000-5999 } drop {}",
		  .local = "any[udp]",
		  .remote = "any[udp/5000-5999]",
		  .action = MISSIU_DISCARD },
		{ .text = "{ proto udp rport ssh-telnet } drop {}",
		  .local = "any[udp]",
		  .remote = "any[udp/22-23]",
		  .action = MISSIU_DISCARD },
		{ .text = "{ ulp tcp lport ftp-data rport any } drop {}",
		  .local = "any[tcp/20]",
		  .remote = "any[tcp]",
		  .action = MISSIU_DISCARD },
		{ .text = "{ ulp tcp rport 0-0 } drop {}",
		  .local = "any[tcp]",
		  .remote = "any[tcp/0]",
		  .action = MISSIU_DISCARD },
		{ .text = "{ ulp 0x2f } drop {}",
		  .local = "any[47]",
		  .remote = "any[47]",
		  .action = MISSIU_DISCARD },
		{ .text = "{ ulp 0 } drop {}", .action = MISSIU_DISCARD },
		{ .text = "{ ulp ipip } drop {}",
		  .local = "any[4]",
		  .remote = "any[4]",
		  .action = MISSIU_DISCARD },
		{ .text = "{ ulp ipv6 } drop {}",
		  .local = "any[41]",
		  .remote = "any[41]",
		  .action = MISSIU_DISCARD },
		{ .text = "{ ulp esp } drop {}",
		  .local = "any[50]",
		  .remote = "any[50]",
		  .action = MISSIU_DISCARD },
		{ .text = "{ ulp ah } drop {}",
		  .local = "any[51]",
		  .remote = "any[51]",
		  .action = MISSIU_DISCARD },
		{ .text = "{ ulp ipv6-icmp } drop {}",
		  .local = "any[icmp6]",
		  .remote = "any[icmp6]",
		  .action = MISSIU_DISCARD },
		{ .text = "{ ulp icmp type 8 } drop {}",
		  .local = "any[icmp/2048-2303]",
		  .remote = "any[icmp/2048-2303]",
		  .action = MISSIU_DISCARD },
		{ .text = "{ ulp icmp type 0 code 0 } drop {}",
		  .local = "any[icmp/0]",
		  .remote = "any[icmp/0]",
		  .action = MISSIU_DISCARD },
		{ .text = "{ ulp icmp type unreach code needfrag } drop {}",
		  .local = "any[icmp/772]",
		  .remote = "any[icmp/772]",
		  .action = MISSIU_DISCARD },
		{ .text = "{ ulp icmp6 type 133-137 } drop {}",
		  .local = "any[icmp6/34048-35327]",
		  .remote = "any[icmp6/34048-35327]",
		  .action = MISSIU_DISCARD },
		{ .text = "{ ulp icmp lport 2048 } drop {}",
		  .local = "any[icmp/2048]",
		  .remote = "any[icmp]",
		  .action = MISSIU_DISCARD },
	};

	(void)state;
	CHECK_ROWS(rows);
}

#define S9  "{ laddr 10.0.0.1 raddr 10.0.0.2 "
#define S8  "{ saddr 10.0.0.1 daddr 10.0.0.2 "
#define GCM " { encr_algs gcm }"

static void test_directions_of_laddr_raddr(void **state)
{
	/* laddr is ours and raddr the peer's, whatever the direction. */
	static const struct {
		const char *text;
		uint8_t dirs;
	} rows[] = {
		{ S9 "} ipsec" GCM, BOTH },
		{ S9 "dir mirrored } ipsec" GCM, BOTH },
		{ S9 "dir both } ipsec" GCM, BOTH },
		{ S9 "dir out } ipsec" GCM, MISSIU_OUT },
		{ S9 "dir in } ipsec" GCM, MISSIU_IN },
		{ S9 "dir out_mirrored } ipsec" GCM, BOTH },
		{ S9 "dir in_mirrored } ipsec" GCM, BOTH },
		{ S9 "} apply" GCM, MISSIU_OUT },
		{ S9 "dir out } apply" GCM, MISSIU_OUT },
		{ S9 "dir mirrored } apply" GCM, BOTH },
		{ S9 "dir out_mirrored } apply" GCM, BOTH },
		{ S9 "} permit" GCM, MISSIU_IN },
		{ S9 "dir in } permit" GCM, MISSIU_IN },
		{ S9 "dir mirrored } permit" GCM, BOTH },
		{ S9 "dir in_mirrored } permit" GCM, BOTH },
		{ S9 "} bypass {}", BOTH },
		{ S9 "dir mirrored } bypass {}", BOTH },
		{ S9 "dir in } drop {}", MISSIU_IN },
		{ S9 "dir out } drop {}", MISSIU_OUT },
		{ S9 "dir in_mirrored } bypass {}", BOTH },
		{ S9 "dir out_mirrored } bypass {}", BOTH },
		{ S9 "} bypass { dir in }", MISSIU_IN },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct missiu_script s;

		parse(rows[i].text, &s);
		assert_int_equal(s.v[0].policy.dirs, rows[i].dirs);
		assert_string_equal(ts_text(&s.v[0].policy.local).s,
				    "10.0.0.1");
		missiu_script_fini(&s);
	}
}

static void test_directions_of_saddr_daddr(void **state)
{
	/* saddr is ours when the policy looks at outbound packets. */
	static const struct {
		const char *text;
		uint8_t dirs;
		const char *local;
	} rows[] = {
		{ S8 "dir out } ipsec" GCM, MISSIU_OUT, "10.0.0.1" },
		{ S8 "dir in } ipsec" GCM, MISSIU_IN, "10.0.0.2" },
		{ S8 "dir out_mirrored } ipsec" GCM, BOTH, "10.0.0.1" },
		{ S8 "dir in_mirrored } ipsec" GCM, BOTH, "10.0.0.2" },
		{ S8 "} apply" GCM, MISSIU_OUT, "10.0.0.1" },
		{ S8 "dir mirrored } apply" GCM, BOTH, "10.0.0.1" },
		{ S8 "} permit" GCM, MISSIU_IN, "10.0.0.2" },
		{ S8 "dir in } permit" GCM, MISSIU_IN, "10.0.0.2" },
		{ S8 "dir mirrored } permit" GCM, BOTH, "10.0.0.2" },
		{ S8 "dir in } drop {}", MISSIU_IN, "10.0.0.2" },
		{ S8 "dir out } bypass {}", MISSIU_OUT, "10.0.0.1" },
		{ S8 "} bypass { dir in }", MISSIU_IN, "10.0.0.2" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct missiu_script s;

		parse(rows[i].text, &s);
		assert_int_equal(s.v[0].policy.dirs, rows[i].dirs);
		assert_string_equal(ts_text(&s.v[0].policy.local).s,
				    rows[i].local);
		missiu_script_fini(&s);
	}
}

static void test_tunnels_and_properties(void **state)
{
	static const struct want rows[] = {
		{ .text = "{ saddr 10.1.0.0/16 daddr 10.2.0.0/16 dir out } "
			  "ipsec { encr_algs gcm tsrc 192.0.2.1 tdst "
			  "192.0.2.2 }",
		  .local = "10.1.0.0/16",
		  .remote = "10.2.0.0/16",
		  .tun_local = "192.0.2.1",
		  .tun_remote = "192.0.2.2",
		  .dirs = MISSIU_OUT,
		  .mode = MISSIU_TUNNEL,
		  .prot = { ESP(AES_GCM, NONE) } },
		{ .text = "{ saddr 10.1.0.0/16 sport 7 ulp tcp } permit { "
			  "encr_algs gcm tsrc 192.0.2.1 tdst 192.0.2.2 }",
		  .local = "any[tcp]",
		  .remote = "10.1.0.0/16[tcp/7]",
		  .tun_local = "192.0.2.2",
		  .tun_remote = "192.0.2.1",
		  .dirs = MISSIU_IN,
		  .mode = MISSIU_TUNNEL,
		  .prot = { ESP(AES_GCM, NONE) } },
		{ .text = "{ raddr fd00::/8 } ipsec { encr_algs gcm traddr "
			  "192.0.2.2 }",
		  .remote = "fd00::/8",
		  .tun_remote = "192.0.2.2",
		  .mode = MISSIU_TUNNEL,
		  .prot = { ESP(AES_GCM, NONE) } },
		{ .text = "{ raddr 10.0.0.0/8 } ipsec { encr_algs gcm tladdr "
			  "2001:db8::1 }",
		  .remote = "10.0.0.0/8",
		  .tun_local = "2001:db8::1",
		  .mode = MISSIU_TUNNEL,
		  .prot = { ESP(AES_GCM, NONE) } },
		{ .text = "{} ipsec { encr_algs gcm traddr any }",
		  .mode = MISSIU_TUNNEL,
		  .prot = { ESP(AES_GCM, NONE) } },
		{ .text = "{} ipsec { encr_algs gcm lifetime_secs 3600 "
			  "lifetime_bytes 0xffffffffffffffff sa shared }",
		  .life_s = 3600,
		  .life_bytes = UINT64_MAX,
		  .prot = { ESP(AES_GCM, NONE) } },
		{ .text = "{} ipsec { encr_algs gcm traddr any df set }",
		  .mode = MISSIU_TUNNEL,
		  .flags = MISSIU_POL_DF_SET,
		  .prot = { ESP(AES_GCM, NONE) } },
		{ .text = "{} ipsec { encr_algs gcm traddr any df clear }",
		  .mode = MISSIU_TUNNEL,
		  .flags = MISSIU_POL_DF_CLEAR,
		  .prot = { ESP(AES_GCM, NONE) } },
		{ .text = "{} ipsec { df copy encr_algs gcm }",
		  .prot = { ESP(AES_GCM, NONE) } },
		{ .text = "{} ipsec { encr_algs gcm lifetime_packets 77 tfc "
			  "1400 traddr any }",
		  .life_packets = 77,
		  .tfc = 1400,
		  .mode = MISSIU_TUNNEL,
		  .prot = { ESP(AES_GCM, NONE) } },
		{ .text = "{} ipsec { encr_algs gcm pfs no }",
		  .pfs = { 1, { 0 } },
		  .prot = { ESP(AES_GCM, NONE) } },
		{ .text = "{} ipsec { pfs ike encr_algs gcm }",
		  .pfs = { 1, { MISSIU_PFS_IKE } },
		  .prot = { ESP(AES_GCM, NONE) } },
		{ .text = "{} ipsec { encr_algs gcm pfs 19,x25519,none }",
		  .pfs = { 3, { 19, 31, 0 } },
		  .prot = { ESP(AES_GCM, NONE) } },
		{ .text = "{} ipsec { encr_algs gcm pfs \"ecp384\" }",
		  .pfs = { 1, { 20 } },
		  .prot = { ESP(AES_GCM, NONE) } },
		{ .text = "{ raddr 10.0.0.2 } ipsec { encr_algs gcm sa init sa "
			  "unique }",
		  .remote = "10.0.0.2",
		  .flags = MISSIU_POL_INIT | MISSIU_POL_UNIQUE,
		  .prot = { ESP(AES_GCM, NONE) } },
	};

	(void)state;
	CHECK_ROWS(rows);
}

static void test_constants_stand_for_any_value(void **state)
{
	static const struct want rows[] = {
		{ .text = "[ PEER 10.0.0.9 WEB 8080 ] { raddr PEER rport WEB "
			  "ulp tcp } bypass {}",
		  .local = "any[tcp]",
		  .remote = "10.0.0.9[tcp/8080]",
		  .action = MISSIU_BYPASS },
		{ .text = "[N 24 NET 10.1.2.3 P 0x11]{raddr NET/N ulp P}drop{}",
		  .local = "any[udp]",
		  .remote = "10.1.2.0/24[udp]",
		  .action = MISSIU_DISCARD },
		{ .text = "[ a-b 10.0.0.1 ] [ c fd00::1 a-b 10.0.0.1 Z ] { "
			  "raddr a-b-10.0.0.7 laddr Z } drop {}",
		  .remote = "10.0.0.1-10.0.0.7",
		  .action = MISSIU_DISCARD },
		{ .text = "[] [ http 8000 LO 5000 HI 5999 ] { ulp tcp rport "
			  "http lport LO-HI } drop {}",
		  .local = "any[tcp/5000-5999]",
		  .remote = "any[tcp/8000]",
		  .action = MISSIU_DISCARD },
		{ .text = "[ T 60 K 16 GW 192.0.2.1 ] {} ipsec { encr_algs gcm "
			  "lifetime_secs T keylength K traddr GW }",
		  .tun_remote = "192.0.2.1",
		  .life_s = 60,
		  .mode = MISSIU_TUNNEL,
		  .prot = { ESP(AES_GCM, NONE, .key_len = 16) } },
	};

	(void)state;
	CHECK_ROWS(rows);
}

static void test_statements_keep_their_order_and_place(void **state)
{
	static const char text[] = "# head\r\n flush;\tspdflush;;\n"
				   "{} drop {};\n\n  {}\n bypass {}\n";
	static const enum missiu_change_kind kinds[] = {
		MISSIU_CHG_FLUSH_SA, MISSIU_CHG_FLUSH_POLICY,
		MISSIU_CHG_ADD_POLICY, MISSIU_CHG_ADD_POLICY
	};
	static const struct missiu_script_pos pos[] = {
		{ 2, 2 }, { 2, 9 }, { 3, 1 }, { 5, 3 }
	};
	struct missiu_script s;

	(void)state;
	parse(text, &s);
	assert_int_equal(s.n, 4);
	for (size_t i = 0; i < s.n; i++) {
		assert_int_equal(s.v[i].kind, kinds[i]);
		assert_int_equal(s.pos[i].line, pos[i].line);
		assert_int_equal(s.pos[i].col, pos[i].col);
	}
	assert_int_equal(s.v[2].policy.line, 3);
	assert_int_equal(s.v[3].policy.line, 5);
	missiu_script_fini(&s);
}

static void test_nothing_is_a_valid_text(void **state)
{
	struct missiu_script s = { .n = 9 };
	struct missiu_script_err err;

	(void)state;
	assert_int_equal(missiu_script_parse(NULL, 0, NULL, &s, &err), 0);
	assert_int_equal(s.n, 0);
	missiu_script_fini(&s);
	missiu_script_fini(&s);
	parse(" # only a comment", &s);
	assert_int_equal(s.n, 0);
	missiu_script_fini(&s);
}

static void test_names_are_resolved_once_each(void **state)
{
	static const char text[] =
		"[ gw-1.example.net 10.0.0.1 ] { raddr gw-1.example.net } drop "
		"{} { raddr localhost laddr 10.0.0.2 } drop {}";
	unsigned resolved = 0;
	const struct missiu_script_opts opts = { resolve, &resolved };
	struct missiu_script_err err;
	struct missiu_script s;

	(void)state;
	/* Constants and localhost come before the resolver. */
	assert_int_equal(
		missiu_script_parse(text, sizeof(text) - 1, &opts, &s, &err),
		0);
	assert_int_equal(resolved, 0);
	missiu_script_fini(&s);
}

static void test_ten_thousand_policies_are_fast(void **state)
{
	static const char one[] = "{ laddr 10.0.0.1 raddr 10.9.255.255 ulp tcp "
				  "rport 5000-5999 } ipsec { encr_algs aes "
				  "encr_auth_algs sha256 }\n";
	const size_t n = 10000, len = sizeof(one) - 1;
	char *text = malloc(n * len);
	struct missiu_script_err err;
	struct missiu_script s;
	clock_t start;

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < n; i++)
		memcpy(text + i * len, one, len);
	start = clock();
	assert_int_equal(missiu_script_parse(text, n * len, NULL, &s, &err), 0);
	/* Takes 20 ms; a quadratic step would take minutes. */
	assert_true(clock() - start < 2 * CLOCKS_PER_SEC);
	assert_int_equal(s.n, n);
	assert_int_equal(s.v[n - 1].policy.line, n);
	missiu_script_fini(&s);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_documented_line),
		cmocka_unit_test(test_algorithms_decide_protection),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_protocols_and_ports),
		cmocka_unit_test(test_directions_of_laddr_raddr),
		cmocka_unit_test(test_directions_of_saddr_daddr),
		cmocka_unit_test(test_tunnels_and_properties),
		cmocka_unit_test(test_constants_stand_for_any_value),
		cmocka_unit_test(test_statements_keep_their_order_and_place),
		cmocka_unit_test(test_nothing_is_a_valid_text),
		cmocka_unit_test(test_names_are_resolved_once_each),
		cmocka_unit_test(test_ten_thousand_policies_are_fast),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
