/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/dn.h"

#include <string.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/x509.h>

#include "common/diag.h"
#include "crypto/dn_impl.h"

#define KEY_MAX	  64
#define VALUE_MAX 256

static X509_NAME *decode(const uint8_t *der, size_t len)
{
	const unsigned char *p = der;
	X509_NAME *n = len ? d2i_X509_NAME(NULL, &p, (long)len) : NULL;

	if (n && p != der + len) {
		X509_NAME_free(n);
		n = NULL;
	}
	ERR_clear_error();
	return n;
}

/* --- text to name */

static const char *skip_blanks(const char *p)
{
	while (*p == ' ' || *p == '\t')
		p++;
	return p;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* What stands behind a backslash (RFC 4514 3): two hex digits, or itself. */
static char unescape(const char **p)
{
	const int hi = hex_digit((*p)[0]),
		  lo = hi < 0 ? -1 : hex_digit((*p)[1]);

	if (lo < 0)
		return **p;
	(*p)++;
	return (char)(hi << 4 | lo);
}

/* Up to @stop, which is not consumed; blanks at the end are cut. */
static int take_part(const char **text, const char *stop, char *out, size_t cap,
		     const char *what, struct missiu_diag *diag)
{
	const char *p = skip_blanks(*text);
	size_t n = 0, keep = 0;

	for (; *p && !strchr(stop, *p); p++) {
		if (n + 1 >= cap)
			return diag_set(diag, MISSIU_EINVAL,
					"DN: found %s longer than %zu bytes",
					what, cap - 1);
		if (*p == '\\' && p[1]) {
			p++;
			out[n++] = unescape(&p);
			keep = n;
		} else {
			out[n++] = *p;
		}
	}
	while (n > keep && (out[n - 1] == ' ' || out[n - 1] == '\t'))
		n--;
	out[n] = '\0';
	*text = p;
	return 0;
}

/* "cn" is CN (RFC 4514 3), and E is what some print for emailAddress. */
static const char *attribute_name(char *key)
{
	if (OBJ_txt2nid(key) != NID_undef)
		return key;
	for (char *p = key; *p; p++)
		if (*p >= 'a' && *p <= 'z')
			*p = (char)(*p - 'a' + 'A');
	return strcmp(key, "E") ? key : "emailAddress";
}

static int add_attribute(X509_NAME *name, const char **text,
			 struct missiu_diag *diag)
{
	char key[KEY_MAX], value[VALUE_MAX];
	int ret = take_part(text, "=,", key, sizeof(key), "an attribute", diag);

	if (!ret && **text != '=')
		ret = diag_set(diag, MISSIU_EINVAL,
			       "DN: found '%s', expected ATTRIBUTE=VALUE", key);
	if (ret)
		return ret;
	(*text)++;
	ret = take_part(text, ",", value, sizeof(value), "a value", diag);
	if (!ret && !*value)
		ret = diag_set(diag, MISSIU_EINVAL, "DN: found no value for %s",
			       key);
	if (!ret && X509_NAME_add_entry_by_txt(
			    name, attribute_name(key), MBSTRING_UTF8,
			    (const unsigned char *)value, -1, -1, 0) != 1)
		ret = diag_set(diag, MISSIU_EINVAL,
			       "DN: found '%s=%.60s', expected such as C=CH, "
			       "O=Example, CN=host",
			       key, value);
	return ret;
}

int dn_parse(const char *text, uint8_t *out, size_t cap, size_t *len,
	     struct missiu_diag *diag)
{
	X509_NAME *name = X509_NAME_new();
	unsigned char *der = NULL;
	int n = 0, ret = name ? 0 : MISSIU_ENOMEM;

	while (!ret) {
		ret = add_attribute(name, &text, diag);
		if (!*text)
			break;
		text++;
	}
	if (!ret) {
		n = i2d_X509_NAME(name, &der);
		ret = n > 0 ? 0 : MISSIU_ENOMEM;
	}
	if (!ret && (size_t)n > cap)
		ret = diag_set(diag, MISSIU_EFULL,
			       "DN: found one of %d bytes, expected up to %zu",
			       n, cap);
	if (!ret) {
		memcpy(out, der, (size_t)n);
		*len = (size_t)n;
	}
	OPENSSL_free(der);
	X509_NAME_free(name);
	ERR_clear_error();
	return ret;
}

/* --- name to text */

void dn_print(const X509_NAME *name, char *out, size_t cap)
{
	BIO *b = BIO_new(BIO_s_mem());
	int n = 0;

	out[0] = '\0';
	if (b && X509_NAME_print_ex(b, name, 0,
				    XN_FLAG_SEP_CPLUS_SPC | XN_FLAG_FN_SN |
					    ASN1_STRFLGS_ESC_2253 |
					    ASN1_STRFLGS_ESC_CTRL |
					    ASN1_STRFLGS_ESC_MSB |
					    ASN1_STRFLGS_UTF8_CONVERT) >= 0)
		n = BIO_read(b, out, (int)cap - 1);
	if (n >= 0)
		out[n] = '\0';
	BIO_free(b);
	ERR_clear_error();
}

bool dn_text(const uint8_t *der, size_t len, char *out, size_t cap)
{
	X509_NAME *n = decode(der, len);

	out[0] = '\0';
	if (!n)
		return false;
	dn_print(n, out, cap);
	X509_NAME_free(n);
	return true;
}

/* --- comparing */

bool dn_ok(const uint8_t *der, size_t len)
{
	X509_NAME *n = decode(der, len);
	const bool ok = n && X509_NAME_entry_count(n) > 0;

	X509_NAME_free(n);
	return ok;
}

bool dn_eq(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len)
{
	X509_NAME *x, *y;
	bool eq;

	if (a_len == b_len && a_len && !memcmp(a, b, a_len))
		return true;
	x = decode(a, a_len);
	y = decode(b, b_len);
	eq = x && y && !X509_NAME_cmp(x, y);
	X509_NAME_free(x);
	X509_NAME_free(y);
	return eq;
}

uint32_t dn_hash(const uint8_t *der, size_t len)
{
	X509_NAME *n = decode(der, len);
	unsigned long h = n ? X509_NAME_hash_ex(n, NULL, NULL, NULL) : 0;

	X509_NAME_free(n);
	return (uint32_t)h;
}

static bool is_wildcard(X509_NAME_ENTRY *e)
{
	const ASN1_STRING *s = X509_NAME_ENTRY_get_data(e);

	return ASN1_STRING_length(s) == 1 && *ASN1_STRING_get0_data(s) == '*';
}

/* Two attributes compare as names of one attribute do. */
static bool entry_fits(X509_NAME_ENTRY *pattern, X509_NAME_ENTRY *e)
{
	X509_NAME *x, *y;
	bool eq;

	if (OBJ_cmp(X509_NAME_ENTRY_get_object(pattern),
		    X509_NAME_ENTRY_get_object(e)))
		return false;
	if (is_wildcard(pattern))
		return true;
	x = X509_NAME_new();
	y = X509_NAME_new();
	eq = x && y && X509_NAME_add_entry(x, pattern, -1, 0) == 1 &&
	     X509_NAME_add_entry(y, e, -1, 0) == 1 && !X509_NAME_cmp(x, y);
	X509_NAME_free(x);
	X509_NAME_free(y);
	return eq;
}

bool dn_match(const uint8_t *pattern, size_t pattern_len, const uint8_t *dn,
	      size_t len)
{
	X509_NAME *p = decode(pattern, pattern_len), *n = decode(dn, len);
	const int count = p ? X509_NAME_entry_count(p) : 0;
	bool fits = n && count > 0 && X509_NAME_entry_count(n) == count;

	for (int i = 0; fits && i < count; i++)
		fits = entry_fits(X509_NAME_get_entry(p, i),
				  X509_NAME_get_entry(n, i));
	X509_NAME_free(p);
	X509_NAME_free(n);
	return fits;
}
