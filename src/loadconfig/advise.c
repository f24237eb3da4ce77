/* SPDX-License-Identifier: Apache-2.0 */
#include "loadconfig/advise.h"

/* After so many the rest is only counted. */
#define LINES_MAX 5

static bool is_blake2(const struct missiu_prot *p)
{
	return p->auth == MISSIU_AUTH_BLAKE2B || p->auth == MISSIU_AUTH_BLAKE2S;
}

/* Why ike cannot serve it; NULL: it can. */
static const char *reason(const struct missiu_policy *p)
{
	if (p->n_prot > 1)
		return "IKEv2 has no proposal for ESP inside AH";
	for (size_t i = 0; i < p->n_prot; i++)
		if (is_blake2(&p->prot[i]))
			return "IKEv2 has no number for BLAKE2";
	return NULL;
}

/* Are there keys of the outermost protocol and algorithm that it asks for? */
static bool has_keys(const struct missiu_script *s,
		     const struct missiu_policy *p)
{
	const struct missiu_prot *want = &p->prot[p->n_prot - 1];

	for (size_t i = 0; i < s->n; i++) {
		const struct missiu_change *c = &s->v[i];

		if (c->kind == MISSIU_CHG_ADD_SA &&
		    c->sa.proto == want->proto &&
		    (!want->auth || c->sa.auth == want->auth))
			return true;
	}
	return false;
}

void advise(const char *name, const struct missiu_script *s, FILE *to)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++) {
		const struct missiu_change *c = &s->v[i];
		const char *why = c->kind == MISSIU_CHG_ADD_POLICY ?
					  reason(&c->policy) :
					  NULL;

		if (!why || has_keys(s, &c->policy) || n++ >= LINES_MAX)
			continue;
		fprintf(to,
			"%s:%u:%u: warning: %s: this policy drops its traffic "
			"until manual keys are there (add)\n",
			name, s->pos[i].line, s->pos[i].col, why);
	}
	if (n > LINES_MAX)
		fprintf(to, "%s: warning: %zu more such policies\n", name,
			n - LINES_MAX);
}
