/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/cert.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "common/addr.h"
#include "common/diag.h"
#include "crypto/cert_impl.h"
#include "crypto/dn_impl.h"
#include "crypto/pkey_impl.h"

static bool fill(struct cert *c)
{
	unsigned char *spki = NULL;
	int n = i2d_X509(c->x, &c->der);
	bool ok = n > 0;

	c->der_len = ok ? (size_t)n : 0;
	n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(c->x), &spki);
	ok = ok && n > 0 &&
	     !sha1(&(struct chunk){ spki, (size_t)n }, 1, c->key_hash);
	OPENSSL_free(spki);
	dn_print(X509_get_subject_name(c->x), c->subject, sizeof(c->subject));
	dn_print(X509_get_issuer_name(c->x), c->issuer, sizeof(c->issuer));
	if (!c->subject[0])
		snprintf(c->subject, sizeof(c->subject), "(no subject)");
	if (!c->issuer[0])
		snprintf(c->issuer, sizeof(c->issuer), "(no issuer)");
	return ok;
}

int cert_wrap(X509 *x, struct cert **out)
{
	struct cert *c = x ? calloc(1, sizeof(*c)) : NULL;

	if (!c) {
		X509_free(x);
		return x ? MISSIU_ENOMEM : MISSIU_EPROTO;
	}
	c->x = x;
	if (!fill(c)) {
		cert_free(c);
		return MISSIU_EPROTO;
	}
	*out = c;
	return 0;
}

int cert_parse(const void *der, size_t len, struct cert **out)
{
	const unsigned char *p = der;
	X509 *x;

	if (!len || len > CERT_DER_MAX)
		return MISSIU_EPROTO;
	x = d2i_X509(NULL, &p, (long)len);
	ERR_clear_error();
	if (x && p != (const unsigned char *)der + len) {
		X509_free(x);
		return MISSIU_EPROTO;
	}
	return cert_wrap(x, out);
}

void cert_free(struct cert *c)
{
	if (!c)
		return;
	X509_free(c->x);
	OPENSSL_free(c->der);
	free(c);
}

void cert_list_cut(struct cert_list *l, size_t n)
{
	while (l->n > n)
		cert_free(l->v[--l->n]);
}

void cert_list_fini(struct cert_list *l)
{
	cert_list_cut(l, 0);
}

int cert_list_add(struct cert_list *l, X509 *x)
{
	int ret;

	if (l->n == CERT_LIST_MAX) {
		X509_free(x);
		return MISSIU_EFULL;
	}
	ret = cert_wrap(x, &l->v[l->n]);
	if (!ret)
		l->n++;
	return ret;
}

struct chunk cert_der(const struct cert *c)
{
	return (struct chunk){ c->der, c->der_len };
}

const char *cert_subject(const struct cert *c)
{
	return c->subject;
}

const char *cert_issuer(const struct cert *c)
{
	return c->issuer;
}

size_t cert_subject_der(const struct cert *c, uint8_t *out, size_t cap)
{
	const X509_NAME *name = X509_get_subject_name(c->x);
	const int n = i2d_X509_NAME(name, NULL);

	if (n <= 0 || (size_t)n > cap || !X509_NAME_entry_count(name))
		return 0;
	return (size_t)i2d_X509_NAME(name, &out);
}

const uint8_t *cert_key_hash(const struct cert *c)
{
	return c->key_hash;
}

int cert_key(const struct cert *c, struct pkey **out, struct missiu_diag *diag)
{
	const int ret = pkey_wrap(X509_get_pubkey(c->x), out, diag);

	ERR_clear_error();
	return ret;
}

bool cert_issued(const struct cert *ca, const struct cert *c)
{
	return X509_check_issued(ca->x, c->x) == X509_V_OK;
}

/* --- names */

static uint8_t lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c;
}

/* Lengths count: a NUL inside ends nothing. */
static bool same_text(const ASN1_STRING *s, const uint8_t *p, size_t len)
{
	const unsigned char *have = ASN1_STRING_get0_data(s);

	if (!len || (size_t)ASN1_STRING_length(s) != len)
		return false;
	for (size_t i = 0; i < len; i++)
		if (lower(have[i]) != lower(p[i]))
			return false;
	return true;
}

static bool same_bytes(const ASN1_STRING *s, const uint8_t *p, size_t len)
{
	return len && (size_t)ASN1_STRING_length(s) == len &&
	       !memcmp(ASN1_STRING_get0_data(s), p, len);
}

static bool alt_name_is(const GENERAL_NAME *g, enum cert_name kind,
			const void *p, size_t len)
{
	int type;
	const ASN1_STRING *s = GENERAL_NAME_get0_value(g, &type);

	switch (kind) {
	case CERT_NAME_DNS:
		return type == GEN_DNS && same_text(s, p, len);
	case CERT_NAME_EMAIL:
		return type == GEN_EMAIL && same_text(s, p, len);
	case CERT_NAME_IP:
		return type == GEN_IPADD && same_bytes(s, p, len);
	case CERT_NAME_DN:
		break;
	}
	return false;
}

static bool subject_is(const struct cert *c, const void *p, size_t len)
{
	const unsigned char *at = p;
	X509_NAME *want = len ? d2i_X509_NAME(NULL, &at, (long)len) : NULL;
	const X509_NAME *have = X509_get_subject_name(c->x);
	/* An empty name would fit every certificate without subject. */
	const bool is = want && at == (const unsigned char *)p + len &&
			X509_NAME_entry_count(want) > 0 &&
			!X509_NAME_cmp(want, have);

	X509_NAME_free(want);
	ERR_clear_error();
	return is;
}

static GENERAL_NAMES *alt_names(const struct cert *c)
{
	return X509_get_ext_d2i(c->x, NID_subject_alt_name, NULL, NULL);
}

bool cert_names(const struct cert *c, enum cert_name kind, const void *p,
		size_t len)
{
	GENERAL_NAMES *names;
	bool found = false;

	if (kind == CERT_NAME_DN)
		return subject_is(c, p, len);
	names = alt_names(c);
	for (int i = 0; i < sk_GENERAL_NAME_num(names) && !found; i++)
		found = alt_name_is(sk_GENERAL_NAME_value(names, i), kind, p,
				    len);
	GENERAL_NAMES_free(names);
	return found;
}

/* One name; what could disturb a terminal prints as '?'. */
static size_t print_name(const GENERAL_NAME *g, char *out, size_t cap)
{
	int type, n;
	const ASN1_STRING *s = GENERAL_NAME_get0_value(g, &type);
	const unsigned char *p;
	struct missiu_addr a;

	if (type == GEN_IPADD) {
		n = ASN1_STRING_length(s);
		if (n != 4 && n != 16)
			return 0;
		a = addr_from_bytes(n == 4 ? 4 : 6, ASN1_STRING_get0_data(s));
		n = snprintf(out, cap, ", IP:%s", addr_text(&a).s);
		return n > 0 ? (size_t)n : 0;
	}
	if (type != GEN_DNS && type != GEN_EMAIL)
		return 0;
	n = snprintf(out, cap, ", %s:", type == GEN_DNS ? "DNS" : "email");
	p = ASN1_STRING_get0_data(s);
	for (int i = 0; i < ASN1_STRING_length(s) && (size_t)n + 1 < cap; i++)
		out[n++] = p[i] > ' ' && p[i] < 0x7f ? (char)p[i] : '?';
	if ((size_t)n < cap)
		out[n] = '\0';
	return (size_t)n;
}

void cert_names_text(const struct cert *c, char *out, size_t cap)
{
	GENERAL_NAMES *names = alt_names(c);
	size_t len = (size_t)snprintf(out, cap, "%s", c->subject);

	for (int i = 0; i < sk_GENERAL_NAME_num(names) && len + 1 < cap; i++)
		len += print_name(sk_GENERAL_NAME_value(names, i), out + len,
				  cap - len);
	GENERAL_NAMES_free(names);
	ERR_clear_error();
}
