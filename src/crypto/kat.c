/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Known-answer tests of every suite, run once at start on each back end.
 *
 * All inputs are byte patterns; what is known is the SHA-256 of the whole ESP
 * packet that must come out. The answers were computed with an independent
 * implementation (Python's cryptography, XCBC on its AES-ECB). Enough copies
 * of the packet go through at once to fill the widest lanes; on the way back
 * one of them is damaged and it alone must be refused.
 */
#include <stdlib.h>
#include <string.h>

#include "common/wr.h"
#include "crypto/backend.h"
#include "crypto/legacy.h"

#define TEXT_LEN 512
#define COPIES	 20 /* more than 16 lanes, not a multiple of any */
#define DAMAGED	 7
#define SPI	 0x01020304
#define SEQ	 UINT64_C(0x05060708090a0b0c)
#define ROOM	 (8 + 16 + TEXT_LEN + CRYPT_ICV_MAX)

struct kat {
	uint8_t encr, auth, key_len, icv_len;
	bool esn;
	const char *sha256; /* hex */
};

/* clang-format off */
static const struct kat kats[] = {
	{ MISSIU_ENCR_AES_GCM, MISSIU_AUTH_NONE, 16, 16, true,
	  "5dcc212c72f876f9b2fd2fed810044d01714a3c99fb61cd9b77ade492b6e8cd3" },
	{ MISSIU_ENCR_AES_GCM, MISSIU_AUTH_NONE, 24, 16, false,
	  "590eae748fcd6ba79d9beaaae111f3fec4668338e2794e6434eb767b2af87fd7" },
	{ MISSIU_ENCR_AES_GCM, MISSIU_AUTH_NONE, 32, 16, true,
	  "7c675c5119997cafe4dfe87bb058d8997605805028bab5386b75477a41fade02" },
	{ MISSIU_ENCR_AES_GCM, MISSIU_AUTH_NONE, 16, 12, false,
	  "3f0b19ea88bcd900eb26057b3b5a61a3bbc5e4166f130ee26ae9d354dba16f73" },
	{ MISSIU_ENCR_AES_GCM, MISSIU_AUTH_NONE, 16, 8, false,
	  "454ed5956942fd00f76c8edd129391cde96f1b7fc644134e7b17870e8327671c" },
	{ MISSIU_ENCR_AES_CCM, MISSIU_AUTH_NONE, 16, 16, false,
	  "996864ecd450fd744c8803a7eabc795fa07e565ae53b7744d65935bf606c8ce5" },
	{ MISSIU_ENCR_AES_CCM, MISSIU_AUTH_NONE, 24, 12, false,
	  "a7fe0d277eb60e339532ebdadc9227e56b13f3bafa528d3f1981ce14196844e8" },
	{ MISSIU_ENCR_AES_CCM, MISSIU_AUTH_NONE, 32, 8, true,
	  "337d6179f0fb744559b775e00b20c8f6ba1734983d5efca594b085dd84f69eba" },
	{ MISSIU_ENCR_AES_GMAC, MISSIU_AUTH_NONE, 16, 16, false,
	  "50a4a404224babccd443d8225ede9e5d43f08887c2a156f29e514490d42b9fe9" },
	{ MISSIU_ENCR_AES_GMAC, MISSIU_AUTH_NONE, 24, 16, true,
	  "ed9e8ea17bf0d23b0fca286ac8ea35a929a9d62f43a2dea82da97578c3b252e2" },
	{ MISSIU_ENCR_AES_GMAC, MISSIU_AUTH_NONE, 32, 16, true,
	  "cb7db1a5f4759c1d2d28229dbf534b5170eda22f1d3404699174aaed739254d6" },
	{ MISSIU_ENCR_CHACHA20_POLY1305, MISSIU_AUTH_NONE, 32, 16, false,
	  "9df0df4ddafac4d360637c0f24cfaadbfba0078e3fb21d2d0a9f17c3ce356c89" },
	{ MISSIU_ENCR_CHACHA20_POLY1305, MISSIU_AUTH_NONE, 32, 16, true,
	  "714ccd7a4e60cc1bd0fba4584ce42cd190c12342d5a1c88764004195d8a7e241" },
	{ MISSIU_ENCR_AES_CBC, MISSIU_AUTH_SHA1, 16, 0, false,
	  "36b5441465f298ad95e5f1b4979f36136eaf842008f194fe5173d8892f27df3e" },
	{ MISSIU_ENCR_AES_CBC, MISSIU_AUTH_SHA256, 24, 0, false,
	  "2fda9a391970bfb827e15cffa6fa3f15b0d342d78b08a73efb84e3a425e941b0" },
	{ MISSIU_ENCR_AES_CBC, MISSIU_AUTH_SHA256, 32, 0, true,
	  "f568efb4200818fe943b68c2e047b86314c2c901530e79adc8193046a6141727" },
	{ MISSIU_ENCR_AES_CTR, MISSIU_AUTH_SHA384, 16, 0, true,
	  "925bb4e299cbb87db4a726d0be2fbb89dedda8588e761b1a80136c09d7884bd6" },
	{ MISSIU_ENCR_AES_CTR, MISSIU_AUTH_SHA512, 24, 0, false,
	  "3e7452929e2f04aec026711aca73a1646a111290433414098f4ca316426739c2" },
	{ MISSIU_ENCR_AES_CTR, MISSIU_AUTH_SHA512, 32, 0, true,
	  "601701f0a8e364887d955a00442e4b131c4e2bb1c7d22be12f035a6e472f361e" },
	{ MISSIU_ENCR_3DES, MISSIU_AUTH_SHA1, 24, 0, true,
	  "7899296c1ea3274ec943f84c87b9a76ef6a787513771098ddf312a9ca611e567" },
	{ MISSIU_ENCR_NULL, MISSIU_AUTH_SHA256, 0, 0, false,
	  "3607de1a0402c55b71ad04c7d02af948bceb7ba494b68be08312b08e84e8feed" },
	{ MISSIU_ENCR_NULL, MISSIU_AUTH_SHA384, 0, 0, false,
	  "503b7cd48de19a5bda566c293a85fc132eb6b616f51a420a78f207d92319124a" },
	{ MISSIU_ENCR_NULL, MISSIU_AUTH_AES_XCBC, 0, 0, false,
	  "3399b452516d2d547541c211caeaf160c337ab98686dbbd45bfd2ad72649d3d3" },
	{ MISSIU_ENCR_NULL, MISSIU_AUTH_AES_CMAC, 0, 0, true,
	  "58aad8842e1ca57a784bec77d5672dbc5dac862b549d07c32d2ed037b3f58178" },
	{ MISSIU_ENCR_NULL, MISSIU_AUTH_BLAKE2B, 0, 0, false,
	  "8eaeee5ee9f1d453164c0371eb8d666e7f8c4075b5386bac63eea256c6d56c29" },
	{ MISSIU_ENCR_AES_CBC, MISSIU_AUTH_BLAKE2S, 16, 0, true,
	  "627d2be4992a9fe7cc562963c287f8ae58a81c1d640feba01ff87482969db66f" },
	/* Where the build has them. */
	{ MISSIU_ENCR_DES, MISSIU_AUTH_MD5, 8, 0, false,
	  "ec3e1a196876b35f5cd03e946492a65acecf09aaabc5591398298e61a27f2657" },
	{ MISSIU_ENCR_DES, MISSIU_AUTH_SHA1, 8, 0, true,
	  "2f7762655abcefa416dc782236179e74e1adfa91b2e25a68426ace4cf5e5a566" },
	{ MISSIU_ENCR_BLOWFISH, MISSIU_AUTH_MD5, 5, 0, false,
	  "37855bbc1b544d10b06356baaed8fb3708bb993b236d455916ecb394db7277d3" },
	{ MISSIU_ENCR_BLOWFISH, MISSIU_AUTH_MD5, 16, 0, true,
	  "ac981b19450b9003363ac7eaac834b2814174014e75805d513f33e1fb0539549" },
	{ MISSIU_ENCR_BLOWFISH, MISSIU_AUTH_MD5, 56, 0, false,
	  "a827bb3d534c465564ff7e1843eb6eb9031f95420cb03226832da246a8ec05dc" },
};
/* clang-format on */

struct work {
	uint8_t pkt[COPIES][ROOM];
	struct crypt_job job[COPIES];
	struct crypt_job *v[COPIES];
	uint8_t text[TEXT_LEN];
};

static void pattern(uint8_t *p, size_t n, unsigned start, unsigned step)
{
	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)(start + step * i);
}

static int make_key(const struct crypt_backend *b, const struct kat *kat,
		    struct crypt_key **out)
{
	uint8_t encr_key[MISSIU_KEY_MAX], auth_key[MISSIU_KEY_MAX];
	struct crypt_spec spec = {
		.encr = kat->encr,
		.auth = kat->auth,
		.icv_len = kat->icv_len,
		.esn = kat->esn,
		.encr_key = encr_key,
		.encr_key_len =
			(size_t)kat->key_len + encr_alg(kat->encr)->salt_len,
		.auth_key = auth_key,
		.auth_key_len = auth_alg(kat->auth)->key_len,
	};

	pattern(encr_key, sizeof(encr_key), 0x40, 1);
	pattern(auth_key, sizeof(auth_key), 0x80, 1);
	return crypt_key_new_on(b, &spec, out, NULL);
}

/* Half of the packets find their text in place, half elsewhere. */
static void fill(struct work *w, const struct crypt_suite *s)
{
	pattern(w->text, TEXT_LEN, 0, 7);
	for (size_t i = 0; i < COPIES; i++) {
		uint8_t *p = w->pkt[i];

		memset(p, 0, ROOM);
		store_be32(p, SPI);
		store_be32(p + 4, (uint32_t)SEQ);
		pattern(p + 8, s->iv_len, 0xa0, 1);
		if (i % 2)
			memcpy(p + 8 + s->iv_len, w->text, TEXT_LEN);
		w->job[i] = (struct crypt_job){
			.esp = p,
			.text_len = TEXT_LEN,
			.src = i % 2 ? NULL : w->text,
			.seq = SEQ,
			.result = MISSIU_ECRYPTO,
		};
		w->v[i] = &w->job[i];
	}
}

static bool digest_is(const uint8_t *p, size_t len, const char *hex)
{
	static const char digit[] = "0123456789abcdef";
	uint8_t md[32];
	char text[65];

	if (!EVP_Digest(p, len, md, NULL, EVP_sha256(), NULL))
		return false;
	for (size_t i = 0; i < sizeof(md); i++) {
		text[2 * i] = digit[md[i] >> 4];
		text[2 * i + 1] = digit[md[i] & 15];
	}
	text[64] = '\0';
	return !strcmp(text, hex);
}

static bool seals(struct work *w, const struct crypt_key *k,
		  const struct kat *kat)
{
	size_t len = 8u + k->suite.iv_len + TEXT_LEN + k->suite.icv_len;

	k->backend->seal(k->key, w->v, COPIES);
	for (size_t i = 0; i < COPIES; i++) {
		if (w->job[i].result || !digest_is(w->pkt[i], len, kat->sha256))
			return false;
	}
	return true;
}

static bool opens(struct work *w, const struct crypt_key *k)
{
	size_t head = 8u + k->suite.iv_len;

	w->pkt[DAMAGED][head + TEXT_LEN + k->suite.icv_len - 1] ^= 1;
	k->backend->open(k->key, w->v, COPIES);
	for (size_t i = 0; i < COPIES; i++) {
		if (i == DAMAGED) {
			if (w->job[i].result != MISSIU_EAUTH)
				return false;
		} else if (w->job[i].result ||
			   memcmp(w->pkt[i] + head, w->text, TEXT_LEN)) {
			return false;
		}
	}
	return true;
}

static bool kat_one(const struct crypt_backend *b, const struct kat *kat,
		    struct work *w)
{
	struct crypt_key *k = NULL;
	bool ok;
	int ret;

	if (!encr_alg(kat->encr)->usable || !auth_alg(kat->auth)->usable ||
	    legacy_lacks(kat->encr))
		return true;
	ret = make_key(b, kat, &k);
	if (ret == MISSIU_EUNSUP)
		return b != &ossl_backend; /* it must do them all */
	if (ret)
		return false;
	fill(w, &k->suite);
	ok = seals(w, k, kat) && opens(w, k);
	crypt_key_free(k);
	return ok;
}

bool kat_run(const struct crypt_backend *b)
{
	struct work *w = malloc(sizeof(*w));
	bool ok = w != NULL;

	for (size_t i = 0; ok && i < sizeof(kats) / sizeof(kats[0]); i++)
		ok = kat_one(b, &kats[i], w);
	free(w);
	return ok;
}
