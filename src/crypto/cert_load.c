/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates from files: PEM, DER, PKCS#12. */
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>

#include "common/diag.h"
#include "crypto/cert_impl.h"
#include "crypto/pkey_impl.h"

static bool is_pem(const void *data, size_t len)
{
	static const char begin[] = "-----BEGIN";

	return memmem(data, len, begin, sizeof(begin) - 1) != NULL;
}

static X509 *next_pem(BIO *b, bool *end)
{
	X509 *x = PEM_read_bio_X509(b, NULL, NULL, NULL);

	*end = !x &&
	       ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
	return x;
}

static X509 *next_der(BIO *b, bool *end)
{
	*end = BIO_pending(b) == 0;
	return *end ? NULL : d2i_X509_bio(b, NULL);
}

int cert_load(const void *data, size_t len, struct cert_list *list,
	      struct missiu_diag *diag)
{
	const bool pem = is_pem(data, len);
	const size_t before = list->n;
	BIO *b = BIO_new_mem_buf(data, (int)len);
	bool end = false;
	int ret = b ? 0 : MISSIU_ENOMEM;

	while (!ret) {
		X509 *x = pem ? next_pem(b, &end) : next_der(b, &end);

		if (end)
			break;
		ret = cert_list_add(list, x);
	}
	BIO_free(b);
	ERR_clear_error();
	/* DER has no mark: what does not parse is probably something else. */
	if (list->n == before && (!ret || (ret == MISSIU_EPROTO && !pem)))
		ret = diag_set(diag, MISSIU_EINVAL,
			       "found no certificate, expected PEM or DER");
	else if (ret == MISSIU_EPROTO)
		ret = diag_set(diag, MISSIU_EINVAL,
			       "certificate %zu does not parse",
			       list->n - before + 1);
	else if (ret)
		diag_set(diag, ret, "%s", missiu_strerror(ret));
	if (ret)
		cert_list_cut(list, before);
	return ret;
}

static int take_p12(EVP_PKEY *evp, X509 *leaf, STACK_OF(X509) * others,
		    struct pkey **key, struct cert_list *list,
		    struct missiu_diag *diag)
{
	int ret = pkey_wrap(evp, key, diag);

	if (!ret)
		ret = cert_list_add(list, leaf);
	else
		X509_free(leaf);
	while (!ret && sk_X509_num(others) > 0)
		ret = cert_list_add(list, sk_X509_shift(others));
	return ret;
}

int cert_load_p12(const void *data, size_t len, const char *pass,
		  struct pkey **key, struct cert_list *list,
		  struct missiu_diag *diag)
{
	const unsigned char *p = data;
	const size_t before = list->n;
	PKCS12 *p12 = d2i_PKCS12(NULL, &p, (long)len);
	STACK_OF(X509) *others = NULL;
	EVP_PKEY *evp = NULL;
	X509 *leaf = NULL;
	int ret;

	*key = NULL;
	if (!p12) {
		ret = diag_set(diag, MISSIU_EINVAL, "no PKCS#12 file");
	} else if (PKCS12_parse(p12, pass, &evp, &leaf, &others) != 1) {
		ret = diag_set(
			diag, MISSIU_EINVAL, "PKCS#12: %s",
			PKCS12_mac_present(p12) &&
					PKCS12_verify_mac(p12, pass, -1) != 1 ?
				"the passphrase does not fit" :
				"encrypted in a way that is not "
				"supported; write it anew with openssl "
				"pkcs12");
	} else if (!evp || !leaf) {
		ret = diag_set(diag, MISSIU_EINVAL,
			       "PKCS#12: found no key with its certificate");
		EVP_PKEY_free(evp);
		X509_free(leaf);
	} else {
		ret = take_p12(evp, leaf, others, key, list, diag);
	}
	sk_X509_pop_free(others, X509_free);
	PKCS12_free(p12);
	ERR_clear_error();
	if (ret) {
		cert_list_cut(list, before);
		pkey_free(*key);
		*key = NULL;
	}
	return ret;
}
