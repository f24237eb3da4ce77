/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/pfs.h"

#include <string.h>

static const char what[] = "no, ike, or up to 4 groups such as x25519,ecp256";

static const struct word *group_of(const char *s, size_t len)
{
	const struct word *w = word_find(&words_pfs, s, len);
	unsigned v = 0;

	if (w || !len || len > 5)
		return w;
	for (size_t i = 0; i < len; i++) {
		if (s[i] < '0' || s[i] > '9')
			return NULL;
		v = v * 10 + (unsigned)(s[i] - '0');
	}
	for (size_t i = 0; i < words_pfs.n; i++)
		if (words_pfs.v[i].value == v && v != MISSIU_PFS_IKE)
			return &words_pfs.v[i];
	return NULL;
}

/* "ike" stands alone; each group stands once. */
static bool may_join(const struct missiu_pfs *pfs, uint16_t group)
{
	if (pfs->n == MISSIU_PFS_MAX ||
	    (pfs->n &&
	     (group == MISSIU_PFS_IKE || pfs->group[0] == MISSIU_PFS_IKE)))
		return false;
	for (uint8_t i = 0; i < pfs->n; i++)
		if (pfs->group[i] == group)
			return false;
	return true;
}

int value_pfs(struct parser *ps, struct missiu_pfs *out)
{
	const struct token at = ps->tok;
	const char *s = at.s, *end = at.s + at.len;
	struct missiu_pfs pfs = { .n = 0 };

	if (at.kind != TOK_WORD && at.kind != TOK_STRING)
		return script_expected(ps, &at, "%s", what);
	for (;;) {
		const char *comma = memchr(s, ',', (size_t)(end - s));
		const char *stop = comma ? comma : end;
		const struct word *w = group_of(s, (size_t)(stop - s));

		if (!w || !may_join(&pfs, w->value))
			return script_expected(ps, &at, "%s", what);
		pfs.group[pfs.n++] = w->value;
		if (!comma)
			break;
		s = comma + 1;
	}
	*out = pfs;
	return script_next(ps);
}

void put_pfs(struct text *t, const struct missiu_pfs *pfs)
{
	text_put(t, " pfs ");
	for (uint8_t i = 0; i < pfs->n && i < MISSIU_PFS_MAX; i++) {
		const char *name = word_name(&words_pfs, pfs->group[i]);

		text_put(t, "%s", i ? "," : "");
		if (name)
			text_put(t, "%s", name);
		else
			text_put(t, "%u", pfs->group[i]);
	}
}
