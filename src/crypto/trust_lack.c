/* SPDX-License-Identifier: Apache-2.0 */
/* What a chain lacks: certificates whose responders can still be asked. */
#include <string.h>

#include <openssl/x509v3.h>

#include "crypto/cert_impl.h"
#include "crypto/trust_impl.h"

static bool usable(const char *url)
{
	if (strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0)
		return false;
	if (strlen(url) > TRUST_URL_MAX)
		return false;
	for (; *url; url++)
		if (*url <= ' ' || *url > '~')
			return false;
	return true;
}

static void find_url(X509 *x, char out[static TRUST_URL_MAX + 1])
{
	STACK_OF(OPENSSL_STRING) *urls = X509_get1_ocsp(x);

	out[0] = '\0';
	for (int i = 0; i < sk_OPENSSL_STRING_num(urls) && !out[0]; i++) {
		const char *url = sk_OPENSSL_STRING_value(urls, i);

		if (usable(url))
			memcpy(out, url, strlen(url) + 1);
	}
	X509_email_free(urls);
}

static void lack_fini(struct trust_lack *l)
{
	cert_free(l->cert);
	cert_free(l->issuer);
	*l = (struct trust_lack){ 0 };
}

static int wrap(X509 *x, struct cert **out)
{
	return X509_up_ref(x) == 1 ? cert_wrap(x, out) : MISSIU_ENOMEM;
}

bool trust_lacks_add(struct trust_lacks *l, X509 *x, X509 *issuer)
{
	struct trust_lack *a = &l->v[l->n];

	if (l->n == TRUST_OCSP_MAX)
		return false;
	*a = (struct trust_lack){ 0 };
	if (wrap(x, &a->cert) || wrap(issuer, &a->issuer) ||
	    ocsp_request(a->cert, a->issuer, a->ask, sizeof(a->ask),
			 &a->n_ask)) {
		lack_fini(a);
		return false;
	}
	find_url(x, a->url);
	l->n++;
	return true;
}

void trust_lacks_fini(struct trust_lacks *l)
{
	while (l->n)
		lack_fini(&l->v[--l->n]);
}
