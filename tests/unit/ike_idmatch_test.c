/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ike/ident.h"
#include "ike/idmatch.h"
#include "ike/idtext.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static unsigned fit(const char *pattern, const char *id)
{
	struct ike_idpat p;
	struct ike_id i;
	unsigned n;

	assert_int_equal(ike_idpat_parse(pattern, &p, NULL), 0);
	assert_int_equal(ike_id_parse(id, &i, NULL), 0);
	n = ike_idpat_fit(&p, &i);
	ike_id_drop(&p.id);
	ike_id_drop(&i);
	return n;
}

static void test_patterns(void **state)
{
	static const struct {
		const char *pattern, *id;
		bool fits;
	} t[] = {
		{ "host.example", "HOST.example", true },
		{ "host.example", "*.example", false },
		{ "*.example", "a.b.EXAMPLE", true },
		{ "*.example", ".example", false },
		{ "*.example", "hostexample", false },
		{ "*.example", "user@host.example", false },
		{ "*@example", "user@example", true },
		{ "*@example", "user@host.example", false },
		{ "*", "CN=host", true },
		{ "O=Test, CN=x", "o=test,cn=X", true },
		{ "O=Test, CN=*", "O=test, CN=x", true },
		{ "O=Test,CN = * ", "O=Test, CN=x", true },
		{ "O=*, CN=x", "O=Test, CN=x", true },
		{ "O=Test, CN=*", "O=Other, CN=x", false },
		{ "O=Test, CN=*", "O=Test, CN=x, OU=y", false },
		{ "O=Test, CN=*", "O=Test", false },
		{ "O=Test, CN=*", "x.example", false },
		{ "O=Test, CN=x", "O=Test, CN=*", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++)
		assert_int_equal(fit(t[i].pattern, t[i].id) > 0, t[i].fits);
}

static void test_the_closer_pattern_ranks_higher(void **state)
{
	(void)state;
	assert_true(fit("O=Test, CN=x", "O=Test, CN=x") >
		    fit("O=Test, CN=*", "O=Test, CN=x"));
	assert_true(fit("O=Test, CN=*", "O=Test, CN=x") >
		    fit("*", "O=Test, CN=x"));
	assert_true(fit("*.a.example", "x.a.example") >
		    fit("*.example", "x.a.example"));
}

static void test_stars_elsewhere_are_refused(void **state)
{
	static const char *const bad[] = { "a*",     "*a",    "a.*.b",
					   "CN=a*",  "CN=*a", "C*=a",
					   "O=*, *", "CN=**", "user@*" };

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct missiu_diag diag = { "" };
		struct ike_idpat p;

		assert_int_equal(ike_idpat_parse(bad[i], &p, &diag),
				 MISSIU_EINVAL);
		assert_true(diag.msg[0]);
	}
}

/* Longer than struct ike_id: the pattern ranks by its length, below the name. */
static void test_long_names(void **state)
{
	char id[2000] = "CN=a", pattern[2000] = "CN=*", other[2000] = "CN=b";
	unsigned wild;

	(void)state;
	for (int i = 0; i < 25; i++) {
		const char *ou = ", OU=ten bytes.ten bytes.ten bytes."
				 "ten bytes.ten bytes.ten bytes.";

		strcat(id, ou);
		strcat(pattern, ou);
		strcat(other, ou);
	}
	wild = fit(pattern, id);
	assert_in_range(wild, 1500, IKE_IDPAT_EXACT - 1);
	assert_int_equal(fit(id, id), IKE_IDPAT_EXACT);
	assert_int_equal(fit(id, other), 0);
	assert_int_equal(fit("*.example", id), 0);
	strcat(id, ", OU=x");
	assert_int_equal(fit(pattern, id), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_long_names),
		cmocka_unit_test(test_patterns),
		cmocka_unit_test(test_the_closer_pattern_ranks_higher),
		cmocka_unit_test(test_stars_elsewhere_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
