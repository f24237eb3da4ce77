/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "common/addr.h"
#include "common/secret.h"
#include "policy/peer_keys.h"
#include "policy/pfs.h"
#include "policy/text.h"

/* One keyword and the value that is printed. */
struct item {
	const struct missiu_peer *p;
	enum missiu_peer_key key;
	const void *field;
	bool show_keys;
};

static void put_name(struct text *t, const struct item *i)
{
	text_put(t, " %s ", missiu_peer_key_name(i->key));
}

/* Always between quotes: what needs them is the lexer's business. */
static void put_string(struct text *t, const struct item *i, const char *s)
{
	put_name(t, i);
	text_put(t, "\"");
	for (; *s; s++)
		text_put(t, "%s%c", *s == '"' || *s == '\\' ? "\\" : "", *s);
	text_put(t, "\"");
}

static void put_text(struct text *t, const struct item *i)
{
	put_string(t, i, *(char *const *)i->field);
}

static void put_texts(struct text *t, const struct item *i)
{
	const struct missiu_texts *l = i->field;

	for (uint8_t k = 0; k < l->n; k++)
		put_string(t, i, l->v[k]);
}

static void put_ranges(struct text *t, const struct item *i)
{
	const struct missiu_ranges *l = i->field;

	for (uint8_t k = 0; k < l->n; k++) {
		const struct missiu_range *r = &l->v[k];
		const int plen = addr_range_plen(&r->lo, &r->hi);
		const int host = r->lo.family == 4 ? 32 : 128;

		put_name(t, i);
		text_put(t, "%s", addr_text(&r->lo).s);
		if (!r->lo.family)
			continue;
		if (plen < 0)
			text_put(t, "-%s", addr_text(&r->hi).s);
		else if (plen < host || addr_is_any(&r->lo))
			text_put(t, "/%d", plen);
	}
}

static void put_addrs(struct text *t, const struct item *i)
{
	const struct missiu_addrs *l = i->field;

	for (uint8_t k = 0; k < l->n; k++) {
		put_name(t, i);
		text_put(t, "%s", addr_text(&l->v[k]).s);
	}
}

static void put_secret(struct text *t, const struct item *i)
{
	put_name(t, i);
	text_put(t, i->show_keys ? "0x" : "(hidden)");
	for (uint16_t k = 0; i->show_keys && k < i->p->psk_len; k++)
		text_put(t, "%02x", i->p->psk[k]);
}

static void put_word(struct text *t, const struct item *i)
{
	const uint8_t v = *(const uint8_t *)i->field;
	const char *name = word_name(peer_rows[i->key].words, v);

	put_name(t, i);
	text_put(t, "%s", name ? name : "?");
}

static void put_number(struct text *t, const struct item *i)
{
	put_name(t, i);
	text_put(t, "%u", *(const uint32_t *)i->field);
}

static void put_groups(struct text *t, const struct item *i)
{
	put_pfs(t, i->field);
}

static void (*const printers[PEER_KINDS])(struct text *,
					  const struct item *) = {
	[PEER_RANGES] = put_ranges, [PEER_ADDRS] = put_addrs,
	[PEER_TEXT] = put_text,	    [PEER_TEXTS] = put_texts,
	[PEER_PATH] = put_text,	    [PEER_PATHS] = put_texts,
	[PEER_URLS] = put_texts,    [PEER_PLACES] = put_texts,
	[PEER_ASKS] = put_texts,    [PEER_SECRET] = put_secret,
	[PEER_WORD] = put_word,	    [PEER_NUMBER] = put_number,
	[PEER_PFS] = put_groups,
};

size_t missiu_peer_print(const struct missiu_peer *p, bool show_keys, char *buf,
			 size_t cap)
{
	struct text t = { .buf = buf, .cap = cap };

	text_put(&t, "peer %s {", p->name);
	for (enum missiu_peer_key key = 0; key < MISSIU_PEER_KEYS; key++) {
		const struct item i = { p, key, peer_field_const(p, key),
					show_keys };

		if (missiu_peer_given(p, key))
			printers[peer_rows[key].kind](&t, &i);
	}
	text_put(&t, " }");
	return text_finish(&t);
}

static void free_texts(struct missiu_texts *l)
{
	for (uint8_t i = 0; i < l->n; i++)
		free(l->v[i]);
}

void missiu_peer_fini(struct missiu_peer *p)
{
	for (enum missiu_peer_key key = 0; key < MISSIU_PEER_KEYS; key++) {
		const uint8_t kind = peer_rows[key].kind;

		if (kind == PEER_TEXT || kind == PEER_PATH)
			free(*(char **)peer_field(p, key));
		else if (kind == PEER_TEXTS || kind == PEER_PATHS ||
			 kind == PEER_URLS || kind == PEER_PLACES ||
			 kind == PEER_ASKS)
			free_texts(peer_field(p, key));
	}
	secret_wipe(p, sizeof(*p));
}
