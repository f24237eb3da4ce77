/* SPDX-License-Identifier: Apache-2.0 */
#include "ike/addke.h"

void addke_init(struct addke *a, const struct ike_suite *s)
{
	*a = (struct addke){ 0 };
	a->n = (uint8_t)ike_suite_addke(s, a->method);
}

int addke_ask(struct addke *a, struct ike_build *b)
{
	struct chunk v;

	kex_free(a->kex);
	a->kex = kex_new(a->method[a->done]);
	if (!a->kex)
		return MISSIU_ECRYPTO;
	v = kex_value(a->kex);
	ike_put_ke(b, kex_method(a->kex), v.p, v.len);
	return 0;
}

int addke_finish(struct addke *a, const struct ike_ke *ke,
		 struct kex_secret *out)
{
	int ret;

	if (!a->kex || ke->group != kex_method(a->kex))
		return MISSIU_EPROTO;
	ret = kex_finish(a->kex, ke->data, out);
	if (ret)
		return ret;
	kex_free(a->kex);
	a->kex = NULL;
	a->done++;
	return 0;
}

int addke_answer(struct addke *a, const struct ike_ke *ke, struct ike_build *b,
		 struct kex_secret *out)
{
	struct kex_value v;
	int ret;

	if (!addke_left(a) || ke->group != a->method[a->done])
		return MISSIU_EPROTO;
	ret = kex_answer(ke->group, ke->data, &v, out);
	if (ret)
		return ret;
	ike_put_ke(b, ke->group, v.p, v.len);
	a->done++;
	return 0;
}

void addke_fini(struct addke *a)
{
	kex_free(a->kex);
	*a = (struct addke){ 0 };
}
