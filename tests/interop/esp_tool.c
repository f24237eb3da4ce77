/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine behind standard input, so that scripts can compare it with other
 * implementations. One command a line, one answer a line:
 *
 *	conf TEXT		policies in the configuration language
 *	sa DIR MODE SPI ENCR KEY AUTH KEY ICV SRC DST [esn] [ah]
 *	in HEX | out HEX	an IP packet that arrives or leaves
 *
 * Answers: "ok", "done HEX", "clear HEX", "held", "drop REASON", "error TEXT".
 * DIR: in, out. MODE: transport, tunnel. Keys in hex, "-" for none.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "missiu/engine.h"
#include "missiu/script.h"

#include "common/addr.h"

#define LINE_MAX_LEN (1u << 18)
#define PACKET_MAX   65536u

struct name {
	const char *name;
	uint8_t value;
};

static const struct name dirs[] = { { "in", MISSIU_IN },
				    { "out", MISSIU_OUT } };
static const struct name modes[] = { { "transport", MISSIU_TRANSPORT },
				     { "tunnel", MISSIU_TUNNEL } };
static const struct name encrs[] = {
	{ "null", MISSIU_ENCR_NULL },
	{ "aes-cbc", MISSIU_ENCR_AES_CBC },
	{ "aes-ctr", MISSIU_ENCR_AES_CTR },
	{ "aes-gcm", MISSIU_ENCR_AES_GCM },
	{ "aes-ccm", MISSIU_ENCR_AES_CCM },
	{ "aes-gmac", MISSIU_ENCR_AES_GMAC },
	{ "3des", MISSIU_ENCR_3DES },
	{ "des", MISSIU_ENCR_DES },
	{ "blowfish", MISSIU_ENCR_BLOWFISH },
	{ "chacha20-poly1305", MISSIU_ENCR_CHACHA20_POLY1305 },
};
static const struct name auths[] = {
	{ "none", MISSIU_AUTH_NONE },
	{ "sha1", MISSIU_AUTH_SHA1 },
	{ "sha256", MISSIU_AUTH_SHA256 },
	{ "sha384", MISSIU_AUTH_SHA384 },
	{ "sha512", MISSIU_AUTH_SHA512 },
	{ "cmac", MISSIU_AUTH_AES_CMAC },
	{ "xcbc", MISSIU_AUTH_AES_XCBC },
	{ "blake2b", MISSIU_AUTH_BLAKE2B },
	{ "blake2s", MISSIU_AUTH_BLAKE2S },
	{ "md5", MISSIU_AUTH_MD5 },
	{ "gmac128", MISSIU_AUTH_AES128_GMAC },
	{ "gmac192", MISSIU_AUTH_AES192_GMAC },
	{ "gmac256", MISSIU_AUTH_AES256_GMAC },
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static bool by_name(const struct name *v, size_t n, const char *word,
		    uint8_t *out)
{
	for (size_t i = 0; word && i < n; i++)
		if (!strcmp(v[i].name, word)) {
			*out = v[i].value;
			return true;
		}
	return false;
}

/* Bytes of a hex text, or -1. */
static long unhex(const char *s, uint8_t *out, size_t cap)
{
	size_t n = 0;
	unsigned b;

	if (!s || !strcmp(s, "-"))
		return 0;
	for (; *s; s += 2) {
		if (n == cap || sscanf(s, "%2x", &b) != 1 || !s[1])
			return -1;
		out[n++] = (uint8_t)b;
	}
	return (long)n;
}

static void put_hex(const char *word, const uint8_t *p, size_t n)
{
	printf("%s ", word);
	for (size_t i = 0; i < n; i++)
		printf("%02x", p[i]);
	putchar('\n');
}

static void do_conf(struct missiu *m, const char *text)
{
	struct missiu_script s = { 0 };
	struct missiu_script_err err;
	struct missiu_diag diag = { "" };
	size_t bad;

	if (missiu_script_parse(text, strlen(text), NULL, &s, &err))
		printf("error %u:%u: %s\n", err.line, err.col, err.diag.msg);
	else if (missiu_load(m, s.v, s.n, 1, &bad, &diag))
		printf("error change %zu: %s\n", bad, diag.msg);
	else
		puts("ok");
	missiu_script_fini(&s);
}

static bool read_keys(struct missiu_sa *sa, char **save)
{
	long encr, auth;

	if (!by_name(encrs, COUNT(encrs), strtok_r(NULL, " ", save), &sa->encr))
		return false;
	encr = unhex(strtok_r(NULL, " ", save), sa->encr_key, MISSIU_KEY_MAX);
	if (!by_name(auths, COUNT(auths), strtok_r(NULL, " ", save), &sa->auth))
		return false;
	auth = unhex(strtok_r(NULL, " ", save), sa->auth_key, MISSIU_KEY_MAX);
	if (encr < 0 || auth < 0)
		return false;
	sa->encr_key_len = (uint8_t)encr;
	sa->auth_key_len = (uint8_t)auth;
	return true;
}

static bool read_sa(struct missiu_sa *sa, char **save)
{
	const char *spi, *icv, *src, *dst, *word;

	if (!by_name(dirs, COUNT(dirs), strtok_r(NULL, " ", save), &sa->dir) ||
	    !by_name(modes, COUNT(modes), strtok_r(NULL, " ", save), &sa->mode))
		return false;
	spi = strtok_r(NULL, " ", save);
	if (!spi || !read_keys(sa, save))
		return false;
	icv = strtok_r(NULL, " ", save);
	src = strtok_r(NULL, " ", save);
	dst = strtok_r(NULL, " ", save);
	if (!icv || !src || !dst || !addr_parse(src, &sa->src) ||
	    !addr_parse(dst, &sa->dst))
		return false;
	sa->spi = (uint32_t)strtoul(spi, NULL, 0);
	sa->icv_len = (uint8_t)strtoul(icv, NULL, 0);
	while ((word = strtok_r(NULL, " ", save)) != NULL) {
		if (!strcmp(word, "esn"))
			sa->flags |= MISSIU_SA_ESN;
		else if (!strcmp(word, "ah"))
			sa->proto = MISSIU_AH;
		else
			return false;
	}
	return true;
}

static void do_sa(struct missiu *m, char *text)
{
	struct missiu_sa sa = { .proto = MISSIU_ESP, .replay_window = 128 };
	struct missiu_diag diag = { "" };
	char *save = text;

	if (!read_sa(&sa, &save))
		puts("error malformed sa command");
	else if (missiu_sa_add(m, &sa, 1, &diag))
		printf("error %s\n", diag.msg);
	else
		puts("ok");
}

static void do_packet(struct missiu *m, bool in, const char *text)
{
	static uint8_t buf[MISSIU_HEADROOM + PACKET_MAX + MISSIU_TAILROOM];
	struct missiu_pkt pkt = { .head = buf,
				  .cap = sizeof(buf),
				  .data = buf + MISSIU_HEADROOM };
	struct missiu_pkt *v[] = { &pkt };
	long len = unhex(text, pkt.data, PACKET_MAX);

	if (len <= 0) {
		puts("error malformed packet");
		return;
	}
	pkt.len = (size_t)len;
	if (in)
		(void)missiu_inbound(m, v, 1, 1);
	else
		(void)missiu_outbound(m, v, 1, 1);
	if (pkt.verdict == MISSIU_V_DONE)
		put_hex("done", pkt.data, pkt.len);
	else if (pkt.verdict == MISSIU_V_CLEAR)
		put_hex("clear", pkt.data, pkt.len);
	else if (pkt.verdict == MISSIU_V_HELD)
		puts("held");
	else
		printf("drop %s\n", missiu_drop_name(pkt.drop));
}

int main(void)
{
	static char line[LINE_MAX_LEN];
	struct missiu *m = missiu_new(NULL);

	if (!m) {
		fprintf(stderr, "the engine cannot be made\n");
		return 1;
	}
	while (fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = '\0';
		if (!strncmp(line, "conf ", 5))
			do_conf(m, line + 5);
		else if (!strncmp(line, "sa ", 3))
			do_sa(m, line + 3);
		else if (!strncmp(line, "in ", 3))
			do_packet(m, true, line + 3);
		else if (!strncmp(line, "out ", 4))
			do_packet(m, false, line + 4);
		else
			puts("error unknown command");
		fflush(stdout);
	}
	missiu_free(m);
	return 0;
}
