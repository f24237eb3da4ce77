/* SPDX-License-Identifier: Apache-2.0 */
#include "ike/idtext.h"

#include <string.h>

#include "common/addr.h"
#include "common/diag.h"
#include "crypto/dn.h"
#include "ike/explain_line.h"
#include "ike/ident.h"
#include "ike/wire.h"

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

static int parse_hex(const char *text, struct ike_id *id,
		     struct missiu_diag *diag)
{
	size_t n = strlen(text);

	if (!n || n % 2 || n / 2 > sizeof(id->data))
		return diag_set(diag, MISSIU_EINVAL,
				"keyid: expected 1 to %zu bytes in hex",
				sizeof(id->data));
	for (size_t i = 0; i < n; i += 2) {
		int hi = hex_digit(text[i]), lo = hex_digit(text[i + 1]);

		if (hi < 0 || lo < 0)
			return diag_set(diag, MISSIU_EINVAL,
					"keyid: \"%.2s\" is not hex", text + i);
		id->data[i / 2] = (uint8_t)(hi << 4 | lo);
	}
	id->len = (uint16_t)(n / 2);
	return 0;
}

/* Printable ASCII without blanks: what a name may consist of. */
static bool is_name_char(uint8_t c)
{
	return c > ' ' && c < 0x7f;
}

static int parse_name(const char *text, struct ike_id *id,
		      struct missiu_diag *diag)
{
	size_t n = strlen(text);

	if (!n || n > sizeof(id->data))
		return diag_set(diag, MISSIU_EINVAL,
				"identity: expected 1 to %zu characters",
				sizeof(id->data));
	for (size_t i = 0; i < n; i++)
		if (!is_name_char((uint8_t)text[i]))
			return diag_set(diag, MISSIU_EINVAL,
					"identity: character %zu is not "
					"printable ASCII",
					i + 1);
	memcpy(id->data, text, n);
	id->len = (uint16_t)n;
	return 0;
}

/* The rest of @text after @prefix, or NULL. */
static const char *after(const char *text, const char *prefix)
{
	size_t n = strlen(prefix);

	return strncmp(text, prefix, n) ? NULL : text + n;
}

/* An attribute comes first: "CN=..."; "a=b@host" is no DN. */
static bool is_dn(const char *text)
{
	return text[strcspn(text, "=@")] == '=';
}

static int parse_dn(const char *text, struct ike_id *id,
		    struct missiu_diag *diag)
{
	uint8_t der[IKE_ID_MAX];
	size_t len = 0;
	int ret = dn_parse(text, der, sizeof(der), &len, diag);

	if (!ret && ike_id_make(id, IKE_ID_DER_DN, der, len))
		ret = diag_set(diag, MISSIU_ENOMEM, "out of memory");
	return ret;
}

int ike_id_parse(const char *text, struct ike_id *out, struct missiu_diag *diag)
{
	struct ike_id id = { .type = IKE_ID_FQDN };
	struct missiu_addr a;
	const char *rest;
	int ret;

	if (addr_parse(text, &a)) {
		*out = ike_id_addr(&a);
		return 0;
	}
	if ((rest = after(text, "keyid:"))) {
		id.type = IKE_ID_KEY_ID;
		ret = parse_hex(rest, &id, diag);
	} else if ((rest = after(text, "fqdn:"))) {
		ret = parse_name(rest, &id, diag);
	} else if ((rest = after(text, "email:"))) {
		id.type = IKE_ID_RFC822;
		ret = parse_name(rest, &id, diag);
	} else if (is_dn(text)) {
		ret = parse_dn(text, &id, diag);
	} else {
		if (strchr(text, '@'))
			id.type = IKE_ID_RFC822;
		ret = parse_name(text, &id, diag);
	}
	if (!ret)
		*out = id;
	return ret;
}

struct ike_id ike_id_addr(const struct missiu_addr *a)
{
	struct ike_id id = { .len = (uint16_t)addr_len(a) };

	if (id.len)
		id.type = a->family == 4 ? IKE_ID_IPV4 : IKE_ID_IPV6;
	memcpy(id.data, a->b, id.len);
	return id;
}

static void add_hex(struct line *l, const struct ike_id *id)
{
	const uint8_t *p = ike_id_bytes(id);

	for (size_t i = 0; i < id->len; i++)
		line_add(l, "%02x", p[i]);
}

/* A name that would be read as something else when printed plainly. */
static bool needs_prefix(const struct ike_id *id)
{
	struct missiu_addr a;
	char s[256] = "";
	bool plain;

	memcpy(s, id->data, id->len);
	plain = !addr_parse(s, &a) && !after(s, "keyid:") &&
		!after(s, "fqdn:") && !after(s, "email:") && !is_dn(s);
	return !plain || (memchr(id->data, '@', id->len) != NULL) !=
				 (id->type == IKE_ID_RFC822);
}

static void add_name(struct line *l, const struct ike_id *id)
{
	if (needs_prefix(id))
		line_add(l, id->type == IKE_ID_FQDN ? "fqdn:" : "email:");
	for (size_t i = 0; i < id->len; i++)
		line_add(l, "%c",
			 is_name_char(id->data[i]) ? id->data[i] : '?');
}

static void add_addr(struct line *l, const struct ike_id *id)
{
	struct missiu_addr a =
		addr_from_bytes(id->type == IKE_ID_IPV4 ? 4 : 6, id->data);

	line_add(l, "%s", addr_text(&a).s);
}

/* False: it is no name; it prints as bytes. */
static bool add_dn(struct line *l, const struct ike_id *id)
{
	char text[IKE_ID_TEXT_MAX];

	if (!dn_text(ike_id_bytes(id), id->len, text, sizeof(text)) || !*text)
		return false;
	line_add(l, "%s", text);
	return true;
}

struct ike_id_text ike_id_text(const struct ike_id *id)
{
	struct ike_id_text t;
	struct line l = line_to(t.s, sizeof(t.s));

	switch (id->type) {
	case IKE_ID_NONE:
		line_add(&l, "none");
		break;
	case IKE_ID_IPV4:
	case IKE_ID_IPV6:
		add_addr(&l, id);
		break;
	case IKE_ID_FQDN:
	case IKE_ID_RFC822:
		add_name(&l, id);
		break;
	case IKE_ID_KEY_ID:
		line_add(&l, "keyid:");
		add_hex(&l, id);
		break;
	case IKE_ID_NULL:
		line_add(&l, "nobody");
		break;
	case IKE_ID_DER_DN:
		if (add_dn(&l, id))
			break;
		/* fallthrough */
	default:
		line_add(&l, "type %u:", id->type);
		add_hex(&l, id);
		break;
	}
	return t;
}

/* ASCII only: the locale must not decide who a peer is. */
static uint8_t lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c;
}

bool ike_id_eq(const struct ike_id *a, const struct ike_id *b)
{
	bool name = a->type == IKE_ID_FQDN || a->type == IKE_ID_RFC822;

	if (a->type == IKE_ID_DER_DN && b->type == IKE_ID_DER_DN)
		return dn_eq(ike_id_bytes(a), a->len, ike_id_bytes(b), b->len);
	if (a->type != b->type || a->len != b->len)
		return false;
	if (!name)
		return !memcmp(a->data, b->data, a->len);
	for (size_t i = 0; i < a->len; i++)
		if (lower(a->data[i]) != lower(b->data[i]))
			return false;
	return true;
}
