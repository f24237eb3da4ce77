/* SPDX-License-Identifier: Apache-2.0 */
/* Key files: "[peer] secret" a line, and for PPKs "name secret". */
#include <ctype.h>
#include <string.h>

#include "common/addr.h"
#include "common/diag.h"
#include "common/secret.h"
#include "ike/cli.h"
#include "ike/ident.h"
#include "ike/idtext.h"
#include "ike/psk.h"

#define WORD_MAX 600 /* two characters a key byte, and the 0x */

struct line {
	const char *p, *end;
};

static void skip_blanks(struct line *l)
{
	while (l->p < l->end &&
	       (*l->p == ' ' || *l->p == '\t' || *l->p == '\r'))
		l->p++;
}

/* One word, or the inside of a quoted string with its quotes kept in front. */
static int next_word(struct line *l, char word[static WORD_MAX],
		     struct missiu_diag *diag)
{
	bool quoted = l->p < l->end && *l->p == '"';
	size_t n = 0;

	if (quoted)
		word[n++] = *l->p++;
	while (l->p < l->end && (quoted ? *l->p != '"' : !isspace(*l->p))) {
		if (quoted && *l->p == '\\' && l->end - l->p > 1)
			l->p++;
		if (n + 1 >= WORD_MAX)
			return diag_set(diag, MISSIU_EINVAL,
					"found a word longer than %d bytes",
					WORD_MAX);
		word[n++] = *l->p++;
	}
	if (quoted && l->p == l->end)
		return diag_set(diag, MISSIU_EINVAL,
				"found the end of the line, expected \"");
	if (quoted)
		l->p++;
	word[n] = '\0';
	skip_blanks(l);
	return 0;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)tolower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int hex_key(const char *hex, struct ike_psk *psk,
		   struct missiu_diag *diag)
{
	size_t n = strlen(hex);

	if (!n || n % 2 || n / 2 > sizeof(psk->key))
		return diag_set(diag, MISSIU_EINVAL,
				"found %zu hex digits, expected an even number "
				"from 2 to %zu",
				n, 2 * sizeof(psk->key));
	for (size_t i = 0; i < n; i += 2) {
		int hi = hex_digit(hex[i]), lo = hex_digit(hex[i + 1]);

		if (hi < 0 || lo < 0)
			return diag_set(diag, MISSIU_EINVAL,
					"found a character that is no hex "
					"digit, expected 0-9 or a-f");
		psk->key[i / 2] = (uint8_t)(hi << 4 | lo);
	}
	psk->len = (uint16_t)(n / 2);
	return 0;
}

int psk_secret(const char *word, struct ike_psk *psk, struct missiu_diag *diag)
{
	size_t n;

	if (word[0] == '0' && (word[1] == 'x' || word[1] == 'X'))
		return hex_key(word + 2, psk, diag);
	if (word[0] == '"')
		word++;
	n = strlen(word);
	if (!n || n > sizeof(psk->key))
		return diag_set(diag, MISSIU_EINVAL,
				"found a key of %zu bytes, expected 1 to %zu",
				n, sizeof(psk->key));
	memcpy(psk->key, word, n);
	psk->len = (uint16_t)n;
	return 0;
}

static int psk_peer(const char *word, struct ike_psk *psk,
		    struct missiu_diag *diag)
{
	int ret;

	if (!strcmp(word, "*") || addr_parse(word, &psk->addr))
		return 0;
	ret = ike_id_parse(word, &psk->peer, diag);

	if (ret || psk->peer.len <= sizeof(psk->peer.data))
		return ret;
	/* Keys are copied about as bytes. */
	ike_id_drop(&psk->peer);
	return diag_set(diag, MISSIU_EINVAL,
			"expected an identity of up to %zu bytes",
			sizeof(psk->peer.data));
}

static int psk_line(struct line l, struct ike_psk *psk, bool *used,
		    struct missiu_diag *diag)
{
	char first[WORD_MAX], second[WORD_MAX];
	int ret;

	skip_blanks(&l);
	*used = l.p < l.end && *l.p != '#';
	if (!*used)
		return 0;
	*psk = (struct ike_psk){ 0 };
	ret = next_word(&l, first, diag);
	if (!ret && (l.p == l.end || *l.p == '#')) {
		ret = psk_secret(first, psk, diag);
		goto out;
	}
	if (!ret)
		ret = psk_peer(first, psk, diag);
	if (!ret)
		ret = next_word(&l, second, diag);
	if (!ret)
		ret = psk_secret(second, psk, diag);
	if (!ret && l.p < l.end && *l.p != '#')
		ret = diag_set(diag, MISSIU_EINVAL,
			       "found a third word, expected \"peer secret\" "
			       "(quote a secret that has blanks)");
out:
	secret_wipe(first, sizeof(first));
	secret_wipe(second, sizeof(second));
	return ret;
}

int psk_file_parse(const char *name, const char *text, size_t len,
		   struct ike_psk *psk, size_t max, size_t *n,
		   struct missiu_diag *diag)
{
	const char *p = text, *end = text + len;

	for (unsigned line = 1; p < end; line++) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		struct line l = { p, nl ? nl : end };
		struct ike_psk one;
		bool used;
		int ret = psk_line(l, &one, &used, diag);

		if (!ret && used && *n == max)
			ret = diag_set(diag, MISSIU_EINVAL,
				       "found more than %zu keys", max);
		if (!ret && used)
			psk[(*n)++] = one;
		secret_wipe(&one, sizeof(one));
		if (ret) {
			diag_prefix(diag, "%s:%u: ", name, line);
			return ret;
		}
		p = nl ? nl + 1 : end;
	}
	return 0;
}

/* --- post-quantum pre-shared keys */

int ppk_name(const char *word, struct ike_ppk *ppk, struct missiu_diag *diag)
{
	size_t n;

	if (word[0] == '"')
		word++;
	n = strlen(word);
	if (!n || n > sizeof(ppk->id))
		return diag_set(diag, MISSIU_EINVAL,
				"found a PPK name of %zu bytes, expected 1 to "
				"%zu",
				n, sizeof(ppk->id));
	memcpy(ppk->id, word, n);
	ppk->id_len = (uint8_t)n;
	return 0;
}

int ppk_secret(const char *word, struct ike_ppk *ppk, struct missiu_diag *diag)
{
	struct ike_psk psk = { 0 };
	int ret = psk_secret(word, &psk, diag);

	if (!ret && psk.len < IKE_PPK_MIN)
		ret = diag_set(diag, MISSIU_EINVAL,
			       "found a PPK of %u bytes, expected %d to %zu",
			       psk.len, IKE_PPK_MIN, sizeof(ppk->key));
	if (!ret) {
		memcpy(ppk->key, psk.key, psk.len);
		ppk->len = psk.len;
	}
	secret_wipe(&psk, sizeof(psk));
	return ret;
}

static int ppk_line(struct line l, struct ike_ppk *ppk, bool *used,
		    struct missiu_diag *diag)
{
	char word[WORD_MAX];
	int ret;

	skip_blanks(&l);
	*used = l.p < l.end && *l.p != '#';
	if (!*used)
		return 0;
	ret = next_word(&l, word, diag);
	if (!ret)
		ret = ppk_name(word, ppk, diag);
	if (!ret && (l.p == l.end || *l.p == '#'))
		ret = diag_set(diag, MISSIU_EINVAL,
			       "found one word, expected \"name secret\"");
	if (!ret)
		ret = next_word(&l, word, diag);
	if (!ret)
		ret = ppk_secret(word, ppk, diag);
	if (!ret && l.p < l.end && *l.p != '#')
		ret = diag_set(diag, MISSIU_EINVAL,
			       "found a third word, expected \"name secret\"");
	secret_wipe(word, sizeof(word));
	return ret;
}

static bool ppk_known(const struct ike_ppk *v, size_t n,
		      const struct ike_ppk *one)
{
	for (size_t i = 0; i < n; i++)
		if (v[i].id_len == one->id_len &&
		    !memcmp(v[i].id, one->id, one->id_len))
			return true;
	return false;
}

int ppk_file_parse(const char *name, const char *text, size_t len,
		   struct ike_ppk *ppk, size_t max, size_t *n,
		   struct missiu_diag *diag)
{
	const char *p = text, *end = text + len;

	for (unsigned line = 1; p < end; line++) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		struct line l = { p, nl ? nl : end };
		struct ike_ppk one = { 0 };
		bool used;
		int ret = ppk_line(l, &one, &used, diag);

		if (!ret && used && ppk_known(ppk, *n, &one))
			ret = diag_set(diag, MISSIU_EINVAL,
				       "found a PPK name for the second time");
		if (!ret && used && *n == max)
			ret = diag_set(diag, MISSIU_EINVAL,
				       "found more than %zu keys", max);
		if (!ret && used)
			ppk[(*n)++] = one;
		secret_wipe(&one, sizeof(one));
		if (ret) {
			diag_prefix(diag, "%s:%u: ", name, line);
			return ret;
		}
		p = nl ? nl + 1 : end;
	}
	return 0;
}
