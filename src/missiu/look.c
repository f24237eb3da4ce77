/* SPDX-License-Identifier: Apache-2.0 */
#include "missiu/look.h"

/** Of this we start from, and never look shorter. */
#define LEAST_US 10

static missiu_usec at_most(missiu_usec us, missiu_usec most)
{
	return us < most ? us : most;
}

void look_init(struct look *l, missiu_usec most)
{
	*l = (struct look){ .most = most, .window = at_most(LEAST_US, most) };
}

static void adapt(struct look *l, missiu_usec slept)
{
	if (slept <= l->most)
		l->window = at_most(2 * l->window, l->most);
	else if (l->window >= 2 * LEAST_US)
		l->window /= 2;
}

void look_found(struct look *l, missiu_usec now)
{
	if (l->left)
		adapt(l, now - l->left);
	l->left = 0;
	l->until = now + l->window;
}

bool look_on(struct look *l, missiu_usec now)
{
	if (now < l->until)
		return true;
	if (!l->left)
		l->left = now;
	return false;
}
