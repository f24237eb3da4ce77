/* SPDX-License-Identifier: Apache-2.0 */
#include "ike/suite.h"

#include <string.h>

/* Additional key exchanges (RFC 9370): the n-th is called ke<n>_<method>. */
#define ADDKE(n, name, id) { "ke" #n "_" name, IKE_T_ADDKE1 + n - 1, id, 0 },
#define ADDKES(name, id)                                                       \
	ADDKE(1, name, id)                                                     \
	ADDKE(2, name, id)                                                     \
	ADDKE(3, name, id)                                                     \
	ADDKE(4, name, id)                                                     \
	ADDKE(5, name, id)                                                     \
	ADDKE(6, name, id)                                                     \
	ADDKE(7, name, id)

/* The first name of a transform is the one that is printed. */
static const struct suite_name names[] = {
	{ "aes128", IKE_T_ENCR, IKE_ENCR_AES_CBC, 128 },
	{ "aes192", IKE_T_ENCR, IKE_ENCR_AES_CBC, 192 },
	{ "aes256", IKE_T_ENCR, IKE_ENCR_AES_CBC, 256 },
	{ "aes128ctr", IKE_T_ENCR, IKE_ENCR_AES_CTR, 128 },
	{ "aes192ctr", IKE_T_ENCR, IKE_ENCR_AES_CTR, 192 },
	{ "aes256ctr", IKE_T_ENCR, IKE_ENCR_AES_CTR, 256 },
	{ "aes128gcm16", IKE_T_ENCR, IKE_ENCR_AES_GCM_16, 128 },
	{ "aes192gcm16", IKE_T_ENCR, IKE_ENCR_AES_GCM_16, 192 },
	{ "aes256gcm16", IKE_T_ENCR, IKE_ENCR_AES_GCM_16, 256 },
	{ "aes128gcm12", IKE_T_ENCR, IKE_ENCR_AES_GCM_12, 128 },
	{ "aes192gcm12", IKE_T_ENCR, IKE_ENCR_AES_GCM_12, 192 },
	{ "aes256gcm12", IKE_T_ENCR, IKE_ENCR_AES_GCM_12, 256 },
	{ "aes128gcm8", IKE_T_ENCR, IKE_ENCR_AES_GCM_8, 128 },
	{ "aes192gcm8", IKE_T_ENCR, IKE_ENCR_AES_GCM_8, 192 },
	{ "aes256gcm8", IKE_T_ENCR, IKE_ENCR_AES_GCM_8, 256 },
	{ "aes128ccm16", IKE_T_ENCR, IKE_ENCR_AES_CCM_16, 128 },
	{ "aes192ccm16", IKE_T_ENCR, IKE_ENCR_AES_CCM_16, 192 },
	{ "aes256ccm16", IKE_T_ENCR, IKE_ENCR_AES_CCM_16, 256 },
	{ "aes128ccm12", IKE_T_ENCR, IKE_ENCR_AES_CCM_12, 128 },
	{ "aes192ccm12", IKE_T_ENCR, IKE_ENCR_AES_CCM_12, 192 },
	{ "aes256ccm12", IKE_T_ENCR, IKE_ENCR_AES_CCM_12, 256 },
	{ "aes128ccm8", IKE_T_ENCR, IKE_ENCR_AES_CCM_8, 128 },
	{ "aes192ccm8", IKE_T_ENCR, IKE_ENCR_AES_CCM_8, 192 },
	{ "aes256ccm8", IKE_T_ENCR, IKE_ENCR_AES_CCM_8, 256 },
	{ "aes128gmac", IKE_T_ENCR, IKE_ENCR_AES_GMAC, 128 },
	{ "aes192gmac", IKE_T_ENCR, IKE_ENCR_AES_GMAC, 192 },
	{ "aes256gmac", IKE_T_ENCR, IKE_ENCR_AES_GMAC, 256 },
	{ "chacha20poly1305", IKE_T_ENCR, IKE_ENCR_CHACHA20_POLY1305, 0 },
	{ "camellia128", IKE_T_ENCR, IKE_ENCR_CAMELLIA_CBC, 128 },
	{ "camellia192", IKE_T_ENCR, IKE_ENCR_CAMELLIA_CBC, 192 },
	{ "camellia256", IKE_T_ENCR, IKE_ENCR_CAMELLIA_CBC, 256 },
	{ "blowfish128", IKE_T_ENCR, IKE_ENCR_BLOWFISH, 128 },
	{ "blowfish192", IKE_T_ENCR, IKE_ENCR_BLOWFISH, 192 },
	{ "blowfish256", IKE_T_ENCR, IKE_ENCR_BLOWFISH, 256 },
	{ "cast128", IKE_T_ENCR, IKE_ENCR_CAST, 128 },
	{ "3des", IKE_T_ENCR, IKE_ENCR_3DES, 0 },
	{ "des", IKE_T_ENCR, IKE_ENCR_DES, 0 },
	{ "null", IKE_T_ENCR, IKE_ENCR_NULL, 0 },
	{ "aes", IKE_T_ENCR, IKE_ENCR_AES_CBC, 128 },
	{ "aes128gcm", IKE_T_ENCR, IKE_ENCR_AES_GCM_16, 128 },
	{ "aes192gcm", IKE_T_ENCR, IKE_ENCR_AES_GCM_16, 192 },
	{ "aes256gcm", IKE_T_ENCR, IKE_ENCR_AES_GCM_16, 256 },
	{ "aes128gcm128", IKE_T_ENCR, IKE_ENCR_AES_GCM_16, 128 },
	{ "aes192gcm128", IKE_T_ENCR, IKE_ENCR_AES_GCM_16, 192 },
	{ "aes256gcm128", IKE_T_ENCR, IKE_ENCR_AES_GCM_16, 256 },
	{ "aes128ccm", IKE_T_ENCR, IKE_ENCR_AES_CCM_16, 128 },
	{ "aes256ccm", IKE_T_ENCR, IKE_ENCR_AES_CCM_16, 256 },

	{ "prfsha256", IKE_T_PRF, IKE_PRF_HMAC_SHA256, 0 },
	{ "prfsha384", IKE_T_PRF, IKE_PRF_HMAC_SHA384, 0 },
	{ "prfsha512", IKE_T_PRF, IKE_PRF_HMAC_SHA512, 0 },
	{ "prfsha1", IKE_T_PRF, IKE_PRF_HMAC_SHA1, 0 },
	{ "prfaesxcbc", IKE_T_PRF, IKE_PRF_AES128_XCBC, 0 },
	{ "prfaescmac", IKE_T_PRF, IKE_PRF_AES128_CMAC, 0 },
	{ "prfmd5", IKE_T_PRF, IKE_PRF_HMAC_MD5, 0 },

	{ "sha256", IKE_T_INTEG, IKE_INTEG_SHA256_128, 0 },
	{ "sha384", IKE_T_INTEG, IKE_INTEG_SHA384_192, 0 },
	{ "sha512", IKE_T_INTEG, IKE_INTEG_SHA512_256, 0 },
	{ "sha1", IKE_T_INTEG, IKE_INTEG_SHA1_96, 0 },
	{ "aesxcbc", IKE_T_INTEG, IKE_INTEG_AES_XCBC_96, 0 },
	{ "aescmac", IKE_T_INTEG, IKE_INTEG_AES_CMAC_96, 0 },
	{ "aes128gmac_ah", IKE_T_INTEG, IKE_INTEG_AES_128_GMAC, 0 },
	{ "aes192gmac_ah", IKE_T_INTEG, IKE_INTEG_AES_192_GMAC, 0 },
	{ "aes256gmac_ah", IKE_T_INTEG, IKE_INTEG_AES_256_GMAC, 0 },
	{ "md5", IKE_T_INTEG, IKE_INTEG_MD5_96, 0 },
	{ "md5_128", IKE_T_INTEG, IKE_INTEG_MD5_128, 0 },
	{ "sha1_160", IKE_T_INTEG, IKE_INTEG_SHA1_160, 0 },
	{ "sha", IKE_T_INTEG, IKE_INTEG_SHA1_96, 0 },
	{ "sha2_256", IKE_T_INTEG, IKE_INTEG_SHA256_128, 0 },
	{ "sha2_384", IKE_T_INTEG, IKE_INTEG_SHA384_192, 0 },
	{ "sha2_512", IKE_T_INTEG, IKE_INTEG_SHA512_256, 0 },

	{ "x25519", IKE_T_DH, IKE_DH_X25519, 0 },
	{ "x448", IKE_T_DH, IKE_DH_X448, 0 },
	{ "ecp256", IKE_T_DH, IKE_DH_ECP256, 0 },
	{ "ecp384", IKE_T_DH, IKE_DH_ECP384, 0 },
	{ "ecp521", IKE_T_DH, IKE_DH_ECP521, 0 },
	{ "mlkem512", IKE_T_DH, IKE_KE_MLKEM512, 0 },
	{ "mlkem768", IKE_T_DH, IKE_KE_MLKEM768, 0 },
	{ "mlkem1024", IKE_T_DH, IKE_KE_MLKEM1024, 0 },
	{ "modp2048", IKE_T_DH, IKE_DH_MODP2048, 0 },
	{ "modp3072", IKE_T_DH, IKE_DH_MODP3072, 0 },
	{ "modp4096", IKE_T_DH, IKE_DH_MODP4096, 0 },
	{ "modp6144", IKE_T_DH, IKE_DH_MODP6144, 0 },
	{ "modp8192", IKE_T_DH, IKE_DH_MODP8192, 0 },
	{ "modp1536", IKE_T_DH, IKE_DH_MODP1536, 0 },
	{ "modp1024", IKE_T_DH, IKE_DH_MODP1024, 0 },
	{ "modp768", IKE_T_DH, IKE_DH_MODP768, 0 },
	{ "none", IKE_T_DH, IKE_DH_NONE, 0 },
	{ "modpnone", IKE_T_DH, IKE_DH_NONE, 0 },
	{ "curve25519", IKE_T_DH, IKE_DH_X25519, 0 },
	{ "curve448", IKE_T_DH, IKE_DH_X448, 0 },

	{ "esn", IKE_T_ESN, IKE_ESN_YES, 0 },
	{ "noesn", IKE_T_ESN, IKE_ESN_NO, 0 },

	/* clang-format off */
	ADDKES("none", IKE_DH_NONE)
	ADDKES("mlkem512", IKE_KE_MLKEM512)
	ADDKES("mlkem768", IKE_KE_MLKEM768)
	ADDKES("mlkem1024", IKE_KE_MLKEM1024)
	ADDKES("x25519", IKE_DH_X25519)
	ADDKES("x448", IKE_DH_X448)
	ADDKES("ecp256", IKE_DH_ECP256)
	ADDKES("ecp384", IKE_DH_ECP384)
	ADDKES("ecp521", IKE_DH_ECP521)
	ADDKES("modp2048", IKE_DH_MODP2048)
	ADDKES("modp3072", IKE_DH_MODP3072)
	ADDKES("modp4096", IKE_DH_MODP4096)
	ADDKES("modp6144", IKE_DH_MODP6144)
	ADDKES("modp8192", IKE_DH_MODP8192)
	/* clang-format on */
};

#define N_NAMES (sizeof(names) / sizeof(names[0]))

const struct suite_name *suite_by_name(const char *token, size_t len)
{
	for (size_t i = 0; i < N_NAMES; i++)
		if (strlen(names[i].name) == len &&
		    !memcmp(names[i].name, token, len))
			return &names[i];
	return NULL;
}

const struct suite_name *suite_by_number(uint8_t type, uint16_t id,
					 uint16_t key_bits)
{
	for (size_t i = 0; i < N_NAMES; i++)
		if (names[i].type == type && names[i].id == id &&
		    names[i].key_bits == key_bits)
			return &names[i];
	return NULL;
}

const char *suite_type_name(uint8_t type)
{
	static const char *const type_names[IKE_T_MAX] = {
		[IKE_T_ENCR] = "encryption",
		[IKE_T_PRF] = "PRF",
		[IKE_T_INTEG] = "integrity",
		[IKE_T_DH] = "Diffie-Hellman group",
		[IKE_T_ESN] = "extended sequence numbers",
		[IKE_T_ADDKE1] = "additional key exchange 1",
		[IKE_T_ADDKE1 + 1] = "additional key exchange 2",
		[IKE_T_ADDKE1 + 2] = "additional key exchange 3",
		[IKE_T_ADDKE1 + 3] = "additional key exchange 4",
		[IKE_T_ADDKE1 + 4] = "additional key exchange 5",
		[IKE_T_ADDKE1 + 5] = "additional key exchange 6",
		[IKE_T_ADDKE1 + 6] = "additional key exchange 7",
	};

	if (type >= IKE_T_MAX || !type_names[type])
		return "unknown transform type";
	return type_names[type];
}

bool suite_is_aead(uint16_t encr)
{
	return (encr >= IKE_ENCR_AES_CCM_8 && encr <= IKE_ENCR_AES_CCM_16) ||
	       (encr >= IKE_ENCR_AES_GCM_8 && encr <= IKE_ENCR_AES_GMAC) ||
	       (encr >= IKE_ENCR_CAMELLIA_CCM_8 &&
		encr <= IKE_ENCR_CHACHA20_POLY1305);
}

uint16_t suite_prf_of_integ(uint16_t integ)
{
	static const struct {
		uint16_t integ, prf;
	} same[] = {
		{ IKE_INTEG_SHA256_128, IKE_PRF_HMAC_SHA256 },
		{ IKE_INTEG_SHA384_192, IKE_PRF_HMAC_SHA384 },
		{ IKE_INTEG_SHA512_256, IKE_PRF_HMAC_SHA512 },
		{ IKE_INTEG_SHA1_96, IKE_PRF_HMAC_SHA1 },
		{ IKE_INTEG_SHA1_160, IKE_PRF_HMAC_SHA1 },
		{ IKE_INTEG_AES_XCBC_96, IKE_PRF_AES128_XCBC },
		{ IKE_INTEG_AES_CMAC_96, IKE_PRF_AES128_CMAC },
		{ IKE_INTEG_MD5_96, IKE_PRF_HMAC_MD5 },
		{ IKE_INTEG_MD5_128, IKE_PRF_HMAC_MD5 },
	};

	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
		if (same[i].integ == integ)
			return same[i].prf;
	return 0;
}
