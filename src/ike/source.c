/* SPDX-License-Identifier: Apache-2.0 */
#include "ike/source.h"

#include <stdio.h>
#include <string.h>

#include "common/diag.h"
#include "ike/sa.h"

static struct ike_source source_of(const struct cred_url *u)
{
	return (struct ike_source){ u->url, u->ocsp, { u->ask, u->n_ask } };
}

bool ike_source_next(const struct ike *ike, size_t *cursor,
		     struct ike_source *out)
{
	for (; *cursor < ike->n_peer * CRED_URLS_MAX; ++*cursor) {
		const struct ike_cred *c =
			ike->peer[*cursor / CRED_URLS_MAX]->cred;
		const size_t i = *cursor % CRED_URLS_MAX;

		if (!c || i >= c->n_url)
			continue;
		++*cursor;
		*out = source_of(&c->url[i]);
		return true;
	}
	return false;
}

bool ike_source_same(const struct ike_source *a, const struct ike_source *b)
{
	return a->ocsp == b->ocsp && a->ask.len == b->ask.len &&
	       !strcmp(a->url, b->url) &&
	       (!a->ask.len || !memcmp(a->ask.p, b->ask.p, a->ask.len));
}

static int take_list(const struct ike_cred *c, const struct cred_url *u,
		     const void *data, size_t len, struct ike_source_info *info,
		     struct missiu_diag *diag)
{
	struct trust_list_info l;
	const int ret = trust_put_list(c->trust, u->slot, data, len, &l, diag);

	if (ret)
		return ret;
	info->from_s = l.from_s;
	info->to_s = l.to_s;
	memcpy(info->about, l.issuer, sizeof(info->about));
	memcpy(info->number, l.number, sizeof(info->number));
	return 0;
}

static int take_ocsp(struct ike_cred *c, const struct cred_url *u,
		     int64_t now_s, const void *data, size_t len,
		     struct ike_source_info *info, struct missiu_diag *diag)
{
	const struct cert *own = c->own[u->slot].chain[0];
	struct ocsp_answer a;
	int ret = ocsp_check(data, len, own, u->issuer, now_s, &a, diag);

	if (!ret)
		ret = cred_add_ocsp(c, data, len, diag);
	if (ret)
		return ret;
	info->from_s = a.from_s;
	info->to_s = a.to_s;
	info->revoked = a.says == OCSP_SAYS_REVOKED;
	snprintf(info->about, sizeof(info->about), "%s", cert_subject(own));
	return 0;
}

int ike_source_data(struct ike *ike, const struct ike_source *src,
		    const void *data, size_t len, struct ike_source_info *info,
		    struct missiu_diag *diag)
{
	const int64_t now_s =
		ike->conf.unix_s ? ike->conf.unix_s(ike->conf.unix_ctx) : 0;
	int bad = 0, taken = 0;

	*info = (struct ike_source_info){ .about = "" };
	for (size_t i = 0; i < ike->n_peer; i++) {
		struct ike_cred *c = ike->peer[i]->cred;

		for (size_t k = 0; c && k < c->n_url; k++) {
			const struct cred_url *u = &c->url[k];
			const struct ike_source has = source_of(u);
			int ret;

			if (!ike_source_same(&has, src))
				continue;
			ret = u->ocsp ? take_ocsp(c, u, now_s, data, len, info,
						  diag) :
					take_list(c, u, data, len, info, diag);
			bad = ret ? ret : bad;
			taken += !ret;
		}
	}
	if (!bad && !taken)
		return diag_set(diag, MISSIU_ENOENT, "nobody wants it");
	return bad;
}
