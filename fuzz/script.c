/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration language: any text; what is accepted prints and parses. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "missiu/script.h"

static size_t print(const struct missiu_change *c, char *buf, size_t cap)
{
	if (c->kind == MISSIU_CHG_ADD_POLICY)
		return missiu_policy_print(&c->policy, buf, cap);
	return missiu_sa_print(&c->sa, true, buf, cap);
}

static void round_trip(const struct missiu_change *c)
{
	char once[1024], twice[1024];
	struct missiu_script_err err;
	struct missiu_script s;
	size_t n = print(c, once, sizeof(once));

	if (!n || missiu_script_parse(once, n, NULL, &s, &err) || s.n != 1 ||
	    print(s.v, twice, sizeof(twice)) != n || memcmp(once, twice, n))
		abort();
	missiu_script_fini(&s);
}

static char once_peer[MISSIU_PEER_PRINT_MAX], twice_peer[MISSIU_PEER_PRINT_MAX];

static void round_trip_peer(const struct missiu_peer *p)
{
	struct missiu_script_err err;
	struct missiu_script s;
	size_t n = missiu_peer_print(p, true, once_peer, sizeof(once_peer));

	if (!n || missiu_script_parse(once_peer, n, NULL, &s, &err) ||
	    s.n_peer != 1 || s.n ||
	    missiu_peer_print(s.peer, true, twice_peer, sizeof(twice_peer)) !=
		    n ||
	    memcmp(once_peer, twice_peer, n))
		abort();
	missiu_script_fini(&s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct missiu_script_err err;
	struct missiu_script s;

	if (missiu_script_parse((const char *)data, len, NULL, &s, &err))
		return 0;
	for (size_t i = 0; i < s.n; i++)
		if (s.v[i].kind == MISSIU_CHG_ADD_POLICY ||
		    s.v[i].kind == MISSIU_CHG_ADD_SA)
			round_trip(&s.v[i]);
	for (size_t i = 0; i < s.n_peer; i++)
		round_trip_peer(&s.peer[i]);
	missiu_script_fini(&s);
	return 0;
}
