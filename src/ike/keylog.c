/* SPDX-License-Identifier: Apache-2.0 */
#include "ike/keylog.h"

#include <stdio.h>
#include <string.h>

#include "common/addr.h"
#include "ike/explain_line.h"

/* Wireshark's names of what IKE negotiates; %u: bits of the key. */
static const struct {
	uint16_t id;
	const char *name;
} ike_encr[] = {
	{ IKE_ENCR_3DES, "3DES [RFC2451]" },
	{ IKE_ENCR_AES_CBC, "AES-CBC-%u [RFC3602]" },
	{ IKE_ENCR_AES_CTR, "AES-CTR-%u [RFC5930]" },
	{ IKE_ENCR_AES_CCM_8, "AES-CCM-%u with 8 octet ICV [RFC5282]" },
	{ IKE_ENCR_AES_CCM_12, "AES-CCM-%u with 12 octet ICV [RFC5282]" },
	{ IKE_ENCR_AES_CCM_16, "AES-CCM-%u with 16 octet ICV [RFC5282]" },
	{ IKE_ENCR_AES_GCM_8, "AES-GCM-%u with 8 octet ICV [RFC5282]" },
	{ IKE_ENCR_AES_GCM_12, "AES-GCM-%u with 12 octet ICV [RFC5282]" },
	{ IKE_ENCR_AES_GCM_16, "AES-GCM-%u with 16 octet ICV [RFC5282]" },
};

static const struct {
	uint16_t id;
	const char *name;
} ike_integ[] = {
	{ IKE_INTEG_NONE, "NONE [RFC4306]" },
	{ IKE_INTEG_MD5_96, "HMAC_MD5_96 [RFC2403]" },
	{ IKE_INTEG_SHA1_96, "HMAC_SHA1_96 [RFC2404]" },
	{ IKE_INTEG_SHA256_128, "HMAC_SHA2_256_128 [RFC4868]" },
	{ IKE_INTEG_SHA384_192, "HMAC_SHA2_384_192 [RFC4868]" },
	{ IKE_INTEG_SHA512_256, "HMAC_SHA2_512_256 [RFC4868]" },
};

static const struct {
	uint8_t encr, icv_len;
	const char *name;
} esp_encr[] = {
	{ MISSIU_ENCR_NULL, 0, "NULL" },
	{ MISSIU_ENCR_3DES, 0, "TripleDES-CBC [RFC2451]" },
	{ MISSIU_ENCR_AES_CBC, 0, "AES-CBC [RFC3602]" },
	{ MISSIU_ENCR_AES_CTR, 0, "AES-CTR [RFC3686]" },
	{ MISSIU_ENCR_AES_GCM, 8, "AES-GCM with 8 octet ICV [RFC4106]" },
	{ MISSIU_ENCR_AES_GCM, 12, "AES-GCM with 12 octet ICV [RFC4106]" },
	{ MISSIU_ENCR_AES_GCM, 16, "AES-GCM with 16 octet ICV [RFC4106]" },
};

static const struct {
	uint8_t auth;
	const char *name;
} esp_auth[] = {
	{ MISSIU_AUTH_NONE, "NULL" },
	{ MISSIU_AUTH_SHA1, "HMAC-SHA-1-96 [RFC2404]" },
	{ MISSIU_AUTH_SHA256, "HMAC-SHA-256-128 [RFC4868]" },
	{ MISSIU_AUTH_SHA384, "HMAC-SHA-384-192 [RFC4868]" },
	{ MISSIU_AUTH_SHA512, "HMAC-SHA-512-256 [RFC4868]" },
};

#define N(a) (sizeof(a) / sizeof((a)[0]))

static void add_hex(struct line *l, const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		line_add(l, "%02x", p[i]);
}

static const char *name_of_encr(uint16_t id)
{
	for (size_t i = 0; i < N(ike_encr); i++)
		if (ike_encr[i].id == id)
			return ike_encr[i].name;
	return NULL;
}

static const char *name_of_integ(uint16_t id)
{
	for (size_t i = 0; i < N(ike_integ); i++)
		if (ike_integ[i].id == id)
			return ike_integ[i].name;
	return NULL;
}

static void add_encr_name(struct line *l, const char *name, unsigned bits)
{
	const char *at = strstr(name, "%u");

	if (at)
		line_add(l, "%.*s%u%s", (int)(at - name), name, bits, at + 2);
	else
		line_add(l, "%s", name);
}

bool keylog_ike(const struct ike_sa *sa, char *buf, size_t cap)
{
	const struct ike_cipher *c = &sa->algs.cipher;
	const size_t e = (size_t)c->key_len + c->salt_len;
	const size_t a = c->aead ? 0 : integ_key_len(sa->algs.integ);
	const char *encr = name_of_encr(c->id);
	const char *integ = name_of_integ(c->aead ? 0 : sa->algs.integ);
	struct line l = line_to(buf, cap);

	if (!encr || !integ)
		return false;
	line_add(&l, "%016llx,%016llx,", (unsigned long long)sa->spi_i,
		 (unsigned long long)sa->spi_r);
	add_hex(&l, sa->keys.sk_ei, e);
	line_add(&l, ",");
	add_hex(&l, sa->keys.sk_er, e);
	line_add(&l, ",\"");
	add_encr_name(&l, encr, c->key_bits);
	line_add(&l, "\",");
	add_hex(&l, sa->keys.sk_ai, a);
	line_add(&l, ",");
	add_hex(&l, sa->keys.sk_ar, a);
	line_add(&l, ",\"%s\"", integ);
	return !l.cut;
}

static void add_key(struct line *l, const uint8_t *key, size_t len)
{
	line_add(l, "\"%s", len ? "0x" : "");
	add_hex(l, key, len);
	line_add(l, "\"");
}

bool keylog_esp(const struct missiu_sa *sa, char *buf, size_t cap)
{
	const char *encr = NULL, *auth = NULL;
	struct line l = line_to(buf, cap);

	for (size_t i = 0; i < N(esp_encr); i++)
		if (esp_encr[i].encr == sa->encr &&
		    esp_encr[i].icv_len == sa->icv_len)
			encr = esp_encr[i].name;
	for (size_t i = 0; i < N(esp_auth); i++)
		if (esp_auth[i].auth == sa->auth)
			auth = esp_auth[i].name;
	if (sa->proto != MISSIU_ESP || !encr || !auth)
		return false;
	line_add(&l, "\"%s\",\"%s\",\"%s\",\"0x%08x\",\"%s\",",
		 sa->dst.family == 4 ? "IPv4" : "IPv6", addr_text(&sa->src).s,
		 addr_text(&sa->dst).s, sa->spi, encr);
	add_key(&l, sa->encr_key, sa->encr_key_len);
	line_add(&l, ",\"%s\",", auth);
	add_key(&l, sa->auth_key, sa->auth_key_len);
	return !l.cut;
}
