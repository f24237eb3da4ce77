/* SPDX-License-Identifier: Apache-2.0 */
#include "ike/idmatch.h"

#include <string.h>

#include "common/diag.h"
#include "crypto/dn.h"
#include "ike/ident.h"
#include "ike/idtext.h"
#include "ike/wire.h"

/* A star of a DN is a whole value. */
static bool stars_are_values(const char *text)
{
	for (const char *p = text; (p = strchr(p, '*')); p++) {
		const char *before = p;

		while (before > text && before[-1] == ' ')
			before--;
		if (before == text || before[-1] != '=' ||
		    !strchr(",", p[1 + strspn(p + 1, " ")]))
			return false;
	}
	return true;
}

static int parse_dn(const char *text, struct ike_idpat *out,
		    struct missiu_diag *diag)
{
	struct ike_idpat p = { .wild = strchr(text, '*') != NULL };
	int ret;

	if (!stars_are_values(text))
		return diag_set(diag, MISSIU_EINVAL,
				"found %.100s, expected * as a whole value "
				"only",
				text);
	ret = ike_id_parse(text, &p.id, diag);
	if (!ret)
		*out = p;
	return ret;
}

int ike_idpat_parse(const char *text, struct ike_idpat *out,
		    struct missiu_diag *diag)
{
	struct ike_idpat p = { .wild = text[0] == '*' };
	int ret;

	if (text[strcspn(text, "=@:")] == '=')
		return parse_dn(text, out, diag);
	if (strchr(text + p.wild, '*') ||
	    (p.wild && text[1] && text[1] != '.' && text[1] != '@'))
		return diag_set(diag, MISSIU_EINVAL,
				"found %.100s, expected * in front of . or @ "
				"only",
				text);
	if (p.wild && !text[1]) {
		*out = p;
		return 0;
	}
	ret = ike_id_parse(text + p.wild, &p.id, diag);
	if (!ret)
		*out = p;
	return ret;
}

/* The last @n bytes of an identity, as an identity of the same type. */
static struct ike_id tail(const struct ike_id *id, uint16_t n)
{
	struct ike_id t = { .type = id->type, .len = n };

	memcpy(t.data, id->data + id->len - n, n);
	return t;
}

unsigned ike_idpat_fit(const struct ike_idpat *p, const struct ike_id *id)
{
	struct ike_id end;

	if (!p->wild)
		return ike_id_eq(&p->id, id) ? IKE_IDPAT_EXACT : 0;
	if (!p->id.type)
		return 1;
	if (p->id.type == IKE_ID_DER_DN)
		return id->type == IKE_ID_DER_DN &&
				       dn_match(ike_id_bytes(&p->id), p->id.len,
						ike_id_bytes(id), id->len) ?
			       1u + p->id.len :
			       0;
	if (id->type != p->id.type || id->len <= p->id.len ||
	    id->len > sizeof(id->data))
		return 0;
	end = tail(id, p->id.len);
	return ike_id_eq(&p->id, &end) ? 1u + p->id.len : 0;
}
