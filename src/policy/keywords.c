/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/keywords.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "missiu/types.h"

/* W: a word; A: an alias of it; the X forms say what struct word.aux is. */
#define W(n, v)                                                                \
	{                                                                      \
		.name = n, .value = v                                          \
	}
#define A(n, v)                                                                \
	{                                                                      \
		.name = n, .value = v, .alias = 1                              \
	}
#define WX(n, v, x)                                                            \
	{                                                                      \
		.name = n, .value = v, .aux = x                                \
	}
#define AX(n, v, x)                                                            \
	{                                                                      \
		.name = n, .value = v, .aux = x, .alias = 1                    \
	}
/* The documented product's words for what we do not have, and why. */
#define UNSUPPORTED(n, why)                                                    \
	{                                                                      \
		.name = n, .value = KEY_UNSUPPORTED, .alias = 1, .note = why   \
	}

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define TABLE(name, fold)                                                      \
	const struct word_table words_##name = { .v = name##_v,                \
						 .n = COUNT(name##_v),         \
						 .fold_case = (fold) }

static const char multicast_list[] =
	"such lists belong to multicast key servers";

static const struct word pattern_v[] = {
	WX("laddr", KEY_ADDR0, DIALECT_S9),
	WX("raddr", KEY_ADDR1, DIALECT_S9),
	WX("lport", KEY_PORT0, DIALECT_S9),
	WX("rport", KEY_PORT1, DIALECT_S9),
	WX("saddr", KEY_ADDR0, DIALECT_S8),
	WX("daddr", KEY_ADDR1, DIALECT_S8),
	WX("sport", KEY_PORT0, DIALECT_S8),
	WX("dport", KEY_PORT1, DIALECT_S8),
	W("ulp", KEY_ULP),
	W("type", KEY_TYPE),
	W("code", KEY_CODE),
	W("dir", KEY_DIR),
	AX("local", KEY_ADDR0, DIALECT_S9),
	AX("remote", KEY_ADDR1, DIALECT_S9),
	AX("src", KEY_ADDR0, DIALECT_S8),
	AX("srcaddr", KEY_ADDR0, DIALECT_S8),
	AX("dst", KEY_ADDR1, DIALECT_S8),
	AX("dstaddr", KEY_ADDR1, DIALECT_S8),
	A("proto", KEY_ULP),
	UNSUPPORTED("ifid", "a missiu instance serves one interface"),
	UNSUPPORTED("port_list", multicast_list),
	UNSUPPORTED("lport_list", multicast_list),
	UNSUPPORTED("raddr_list", multicast_list),
	UNSUPPORTED("laddr_list", multicast_list),
	UNSUPPORTED("laddr_ex", multicast_list),
};
TABLE(pattern, false);

/* Values of their own: the action's word matters for directions. */
static const struct word action_v[] = {
	W("ipsec", MISSIU_PROTECT),
	WX("apply", MISSIU_PROTECT, MISSIU_OUT),
	WX("permit", MISSIU_PROTECT, MISSIU_IN),
	W("bypass", MISSIU_BYPASS),
	W("drop", MISSIU_DISCARD),
	A("pass", MISSIU_BYPASS),
};
TABLE(action, false);

static const struct word property_v[] = {
	W("encr_algs", KEY_ENCR),
	W("encr_auth_algs", KEY_AUTH),
	W("auth_algs", KEY_AH),
	WX("tladdr", KEY_TUN0, DIALECT_S9),
	WX("traddr", KEY_TUN1, DIALECT_S9),
	WX("tsrc", KEY_TUN0, DIALECT_S8),
	WX("tdst", KEY_TUN1, DIALECT_S8),
	W("keylength", KEY_KEYLEN),
	W("tag", KEY_TAG),
	W("sa", KEY_SA),
	W("df", KEY_DF),
	W("lifetime_secs", KEY_LIFE_S),
	W("lifetime_bytes", KEY_LIFE_BYTES),
	W("lifetime_packets", KEY_LIFE_PACKETS),
	W("tfc", KEY_TFC),
	W("pfs", KEY_PFS),
	W("peer", KEY_PEER),
	A("dir", KEY_DIR),
};
TABLE(property, false);

static const struct word command_v[] = {
	W("flush", CMD_FLUSH),	 W("spdflush", CMD_SPDFLUSH), W("add", CMD_ADD),
	W("delete", CMD_DELETE), W("peer", CMD_PEER),
};
TABLE(command, false);

static const struct word option_v[] = {
	W("-m", OPT_MODE),     W("-E", OPT_ENCR),
	W("-A", OPT_AUTH),     W("-r", OPT_REPLAY),
	W("-n", OPT_ESN),      W("-l", OPT_SECS),
	W("-b", OPT_KBYTES),   W("-u", OPT_UNSAFE),
	W("-lh", OPT_SECS),    W("-ls", OPT_SOFT_SECS),
	W("-bh", OPT_BYTES),   W("-bs", OPT_SOFT_BYTES),
	W("-ph", OPT_PACKETS), W("-ps", OPT_SOFT_PACKETS),
};
TABLE(option, false);

static const struct word dir_v[] = {
	W("out", MISSIU_OUT),
	W("in", MISSIU_IN),
	W("mirrored", DIR_MIRRORED),
	W("out_mirrored", MISSIU_OUT | DIR_MIRRORED),
	W("in_mirrored", MISSIU_IN | DIR_MIRRORED),
	A("both", DIR_MIRRORED),
};
TABLE(dir, false);

static const struct word sa_v[] = {
	W("shared", SA_SHARED),
	W("init", SA_INIT),
	W("unique", SA_UNIQUE),
};
TABLE(sa, false);

/* Values: flags of the policy. */
static const struct word df_v[] = {
	W("copy", 0),
	W("set", MISSIU_POL_DF_SET),
	W("clear", MISSIU_POL_DF_CLEAR),
};
TABLE(df, false);

static const struct word mode_v[] = {
	W("transport", MISSIU_TRANSPORT),
	W("tunnel", MISSIU_TUNNEL),
	W("any", 0),
};
TABLE(mode, false);

static const struct word manual_proto_v[] = {
	W("esp", MISSIU_ESP),
	W("ah", MISSIU_AH),
};
TABLE(manual_proto, true);

static const struct word ulp_v[] = {
	W("icmp", 1),	 W("ipip", 4),	 W("tcp", 6),	W("udp", 17),
	W("ipv6", 41),	 W("gre", 47),	 W("esp", 50),	W("ah", 51),
	W("icmp6", 58),	 W("sctp", 132), W("any", 0),	A("ipv6-icmp", 58),
	A("icmpv6", 58), A("igmp", 2),	 A("ospf", 89),
};
TABLE(ulp, true);

static const struct word port_v[] = {
	W("http", 80),	   W("https", 443),  W("ssh", 22),
	W("telnet", 23),   W("domain", 53),  W("ntp", 123),
	W("snmp", 161),	   W("syslog", 514), A("ftp", 21),
	A("ftp-data", 20), A("smtp", 25),    A("dns", 53),
	A("bootps", 67),   A("bootpc", 68),  A("tftp", 69),
	A("pop3", 110),	   A("imap", 143),   A("bgp", 179),
	A("ldap", 389),	   A("isakmp", 500), A("ldaps", 636),
	A("imaps", 993),   A("nfs", 2049),   A("ipsec-nat-t", 4500),
};
TABLE(port, true);

/* RFC 792, RFC 4443, RFC 4861; the names of ipsecconf(8). */
static const struct word icmp_type_v[] = {
	WX("echorep", 0, 1),	   WX("unreach", 3, 1),
	AX("squench", 4, 1),	   AX("redir", 5, 1),
	WX("echo", 8, 1),	   WX("timex", 11, 1),
	WX("paramprob", 12, 1),	   AX("timest", 13, 1),
	AX("timestrep", 14, 1),	   AX("inforeq", 15, 1),
	AX("inforep", 16, 1),	   AX("maskreq", 17, 1),
	AX("maskrep", 18, 1),	   WX("unreach6", 1, 58),
	WX("pkttoobig6", 2, 58),   WX("timex6", 3, 58),
	WX("paramprob6", 4, 58),   WX("echo6", 128, 58),
	WX("echorep6", 129, 58),   AX("router-sol6", 133, 58),
	AX("router-ad6", 134, 58), AX("neigh-sol6", 135, 58),
	AX("neigh-ad6", 136, 58),  AX("redir6", 137, 58),
};
TABLE(icmp_type, true);

/* value: type << 8 | code */
static const struct word icmp_code_v[] = {
	WX("net-unr", 0x0300, 1),     WX("host-unr", 0x0301, 1),
	WX("proto-unr", 0x0302, 1),   WX("port-unr", 0x0303, 1),
	WX("needfrag", 0x0304, 1),    AX("srcfail", 0x0305, 1),
	AX("net-unk", 0x0306, 1),     AX("host-unk", 0x0307, 1),
	AX("isolate", 0x0308, 1),     AX("net-prohib", 0x0309, 1),
	AX("host-prohib", 0x030a, 1), AX("net-tos", 0x030b, 1),
	AX("host-tos", 0x030c, 1),    AX("filter-prohib", 0x030d, 1),
	AX("host-preced", 0x030e, 1), AX("cutoff-preced", 0x030f, 1),
	AX("no-route6", 0x0100, 58),  AX("adm-prohib6", 0x0101, 58),
	AX("addr-unr6", 0x0103, 58),  AX("port-unr6", 0x0104, 58),
	AX("hop-limex6", 0x0300, 58), AX("frag-re-timex6", 0x0301, 58),
	AX("err-head6", 0x0400, 58),  AX("unrec-head6", 0x0401, 58),
	AX("unreq-opt6", 0x0402, 58),
};
TABLE(icmp_code, true);

static const struct word encr_v[] = {
	W("any", MISSIU_ENCR_ANY),
	W("aes", MISSIU_ENCR_AES_CBC),
	W("gcm", MISSIU_ENCR_AES_GCM),
	W("ccm", MISSIU_ENCR_AES_CCM),
	W("ctr", MISSIU_ENCR_AES_CTR),
	W("gmac", MISSIU_ENCR_AES_GMAC),
	W("chacha20-poly1305", MISSIU_ENCR_CHACHA20_POLY1305),
	W("3des", MISSIU_ENCR_3DES),
	W("des", MISSIU_ENCR_DES),
	W("blowfish", MISSIU_ENCR_BLOWFISH),
	W("null", MISSIU_ENCR_NULL),
	A("aes-cbc", MISSIU_ENCR_AES_CBC),
	A("aes-gcm", MISSIU_ENCR_AES_GCM),
	A("aes-ccm", MISSIU_ENCR_AES_CCM),
	A("aes-ctr", MISSIU_ENCR_AES_CTR),
	A("aes-gmac", MISSIU_ENCR_AES_GMAC),
	A("3des-cbc", MISSIU_ENCR_3DES),
	A("des-cbc", MISSIU_ENCR_DES),
	A("blowfish-cbc", MISSIU_ENCR_BLOWFISH),
};
TABLE(encr, true);

static const struct word auth_v[] = {
	W("any", MISSIU_AUTH_ANY),
	W("md5", MISSIU_AUTH_MD5),
	W("sha1", MISSIU_AUTH_SHA1),
	W("sha256", MISSIU_AUTH_SHA256),
	W("sha384", MISSIU_AUTH_SHA384),
	W("sha512", MISSIU_AUTH_SHA512),
	W("aes", MISSIU_AUTH_AES_XCBC),
	W("aes-cmac", MISSIU_AUTH_AES_CMAC),
	W("aes-gmac", MISSIU_AUTH_AES128_GMAC),
	W("aes192-gmac", MISSIU_AUTH_AES192_GMAC),
	W("aes256-gmac", MISSIU_AUTH_AES256_GMAC),
	W("blake2b", MISSIU_AUTH_BLAKE2B),
	W("blake2s", MISSIU_AUTH_BLAKE2S),
	A("sha", MISSIU_AUTH_SHA1),
	A("sha2", MISSIU_AUTH_SHA256),
	A("hmac-md5", MISSIU_AUTH_MD5),
	A("hmac-sha", MISSIU_AUTH_SHA1),
	A("hmac-sha1", MISSIU_AUTH_SHA1),
	A("hmac-sha256", MISSIU_AUTH_SHA256),
	A("hmac-sha384", MISSIU_AUTH_SHA384),
	A("hmac-sha512", MISSIU_AUTH_SHA512),
	A("aes-xcbc", MISSIU_AUTH_AES_XCBC),
	A("aes-xcbc-mac", MISSIU_AUTH_AES_XCBC),
};
TABLE(auth, true);

/* Values: transforms of type 4 (IANA's numbers); their names as in proposals. */
static const struct word pfs_v[] = {
	W("no", 0),	   W("ike", MISSIU_PFS_IKE), W("x25519", 31),
	W("x448", 32),	   W("ecp256", 19),	     W("ecp384", 20),
	W("ecp521", 21),   W("modp2048", 14),	     W("modp3072", 15),
	W("modp4096", 16), W("modp6144", 17),	     W("modp8192", 18),
	W("mlkem512", 35), W("mlkem768", 36),	     W("mlkem1024", 37),
	A("none", 0),	   A("curve25519", 31),	     A("curve448", 32),
};
TABLE(pfs, false);

static const struct word manual_encr_v[] = {
	W("aes-cbc", MISSIU_ENCR_AES_CBC),
	W("des-cbc", MISSIU_ENCR_DES),
	W("3des-cbc", MISSIU_ENCR_3DES),
	W("blowfish-cbc", MISSIU_ENCR_BLOWFISH),
	W("null", MISSIU_ENCR_NULL),
	W("aes-ctr", MISSIU_ENCR_AES_CTR),
	WX("aes-gcm-16", MISSIU_ENCR_AES_GCM, 16),
	WX("aes-gcm-12", MISSIU_ENCR_AES_GCM, 12),
	WX("aes-gcm-8", MISSIU_ENCR_AES_GCM, 8),
	WX("aes-ccm-16", MISSIU_ENCR_AES_CCM, 16),
	WX("aes-ccm-12", MISSIU_ENCR_AES_CCM, 12),
	WX("aes-ccm-8", MISSIU_ENCR_AES_CCM, 8),
	WX("aes-gmac", MISSIU_ENCR_AES_GMAC, 16),
	WX("chacha20-poly1305", MISSIU_ENCR_CHACHA20_POLY1305, 16),
};
TABLE(manual_encr, true);

static const struct word manual_auth_v[] = {
	W("hmac-md5", MISSIU_AUTH_MD5),
	W("hmac-sha1", MISSIU_AUTH_SHA1),
	W("hmac-sha256", MISSIU_AUTH_SHA256),
	W("hmac-sha384", MISSIU_AUTH_SHA384),
	W("hmac-sha512", MISSIU_AUTH_SHA512),
	W("aes-xcbc-mac", MISSIU_AUTH_AES_XCBC),
	W("aes-cmac", MISSIU_AUTH_AES_CMAC),
	W("aes-gmac", MISSIU_AUTH_AES128_GMAC),
	W("aes192-gmac", MISSIU_AUTH_AES192_GMAC),
	W("aes256-gmac", MISSIU_AUTH_AES256_GMAC),
	W("blake2b", MISSIU_AUTH_BLAKE2B),
	W("blake2s", MISSIU_AUTH_BLAKE2S),
	A("hmac-sha2-256", MISSIU_AUTH_SHA256),
	A("hmac-sha2-384", MISSIU_AUTH_SHA384),
	A("hmac-sha2-512", MISSIU_AUTH_SHA512),
};
TABLE(manual_auth, true);

const struct word *word_find(const struct word_table *t, const char *s,
			     size_t len)
{
	for (size_t i = 0; i < t->n; i++) {
		const char *name = t->v[i].name;

		if (strlen(name) == len &&
		    (t->fold_case ? strncasecmp(name, s, len) :
				    strncmp(name, s, len)) == 0)
			return &t->v[i];
	}
	return NULL;
}

/* Longest word that a suggestion is looked for. */
#define NEAR_MAX 24

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static size_t least(size_t a, size_t b, size_t c)
{
	size_t m = a < b ? a : b;

	return m < c ? m : c;
}

/* Edits (insert, drop, replace, swap neighbours) from a to b; case is free. */
static size_t distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	size_t rows[3][NEAR_MAX + 1]; /* i is in rows[i % 3] */

	for (size_t j = 0; j <= b_len; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= a_len; i++) {
		const size_t *up = rows[(i - 1) % 3], *up2 = rows[(i + 1) % 3];
		size_t *row = rows[i % 3];

		row[0] = i;
		for (size_t j = 1; j <= b_len; j++) {
			char x = lower(a[i - 1]), y = lower(b[j - 1]);

			row[j] = least(up[j] + 1, row[j - 1] + 1,
				       up[j - 1] + (x != y));
			if (i > 1 && j > 1 && x == lower(b[j - 2]) &&
			    lower(a[i - 2]) == y && up2[j - 2] + 1 < row[j])
				row[j] = up2[j - 2] + 1;
		}
	}
	return rows[a_len % 3][b_len];
}

const struct word *word_nearest(const struct word_table *t, const char *s,
				size_t len)
{
	const struct word *best = NULL;
	size_t best_d = len > 3 ? 3 : 2; /* fewer edits than this */

	if (len > NEAR_MAX || len < 2)
		return NULL;
	for (size_t i = 0; i < t->n; i++) {
		size_t d = distance(s, len, t->v[i].name, strlen(t->v[i].name));

		if (d < best_d && !t->v[i].note) {
			best = &t->v[i];
			best_d = d;
		}
	}
	return best;
}

const char *word_name(const struct word_table *t, unsigned value)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->v[i].value == value && !t->v[i].alias)
			return t->v[i].name;
	return NULL;
}

void word_list(const struct word_table *t, char *buf, size_t cap)
{
	size_t used = 0, last = t->n;

	while (last && t->v[last - 1].alias)
		last--;
	buf[0] = '\0';
	for (size_t i = 0; i < last; i++) {
		const char *glue = !used ? "" : i + 1 == last ? " or " : ", ";
		int n;

		if (t->v[i].alias)
			continue;
		n = snprintf(buf + used, cap - used, "%s%s", glue,
			     t->v[i].name);
		if (n < 0 || (size_t)n >= cap - used) {
			if (used + 4 <= cap)
				memcpy(buf + used, "...", 4);
			return;
		}
		used += (size_t)n;
	}
}
