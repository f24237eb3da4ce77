/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ike/handlers.h"

#define P(type) IKE_SEEN(IKE_P_##type)

static rule_handler *find(enum ike_state state, uint8_t exchange, bool response,
			  enum task_kind task, uint64_t seen)
{
	const struct rule *r = rules_match(
		&(struct rule_key){ state, exchange, response, task, seen });

	return r ? r->handler : NULL;
}

static void test_rows_are_found_by_their_payloads(void **state)
{
	const uint64_t child = P(SA) | P(NONCE) | P(TSI) | P(TSR);

	(void)state;
	assert_ptr_equal(find(IKE_S_NONE, IKE_X_SA_INIT, false, 0,
			      P(SA) | P(KE) | P(NONCE) | P(NOTIFY)),
			 h_init_request);
	assert_ptr_equal(
		find(IKE_S_INIT_SENT, IKE_X_SA_INIT, true, 0, P(NOTIFY)),
		h_init_refused);
	assert_ptr_equal(
		find(IKE_S_ESTABLISHED, IKE_X_CREATE_CHILD, false, 0, child),
		h_child_request);
	assert_ptr_equal(find(IKE_S_ESTABLISHED, IKE_X_CREATE_CHILD, false, 0,
			      P(SA) | P(NONCE) | P(KE)),
			 h_rekey_request);
	assert_ptr_equal(find(IKE_S_ESTABLISHED, IKE_X_CREATE_CHILD, true,
			      TASK_REKEY_CHILD, child),
			 h_child_response);
	assert_ptr_equal(find(IKE_S_ESTABLISHED, IKE_X_CREATE_CHILD, true,
			      TASK_REKEY_IKE, P(SA) | P(NONCE) | P(KE)),
			 h_rekey_response);
	assert_ptr_equal(find(IKE_S_INIT_RCVD, IKE_X_AUTH, false, 0,
			      P(IDI) | P(SA) | P(TSI) | P(TSR)),
			 h_auth_eap);
}

static void test_missing_or_foreign_payloads_fit_no_row(void **state)
{
	(void)state;
	assert_null(find(IKE_S_NONE, IKE_X_SA_INIT, false, 0, P(SA) | P(KE)));
	assert_null(find(IKE_S_NONE, IKE_X_SA_INIT, false, 0,
			 P(SA) | P(KE) | P(NONCE) | P(AUTH)));
	assert_null(find(IKE_S_INIT_RCVD, IKE_X_AUTH, false, 0, P(IDI)));
	assert_null(
		find(IKE_S_ESTABLISHED, IKE_X_INFORMATIONAL, false, 0, P(SA)));
}

/* What must never be handled in a state: the classic holes. */
static void test_messages_out_of_turn_fit_no_row(void **state)
{
	const uint64_t child = P(SA) | P(NONCE) | P(TSI) | P(TSR);

	(void)state;
	for (enum ike_state s = IKE_S_NONE; s < IKE_S_ESTABLISHED; s++) {
		assert_null(find(s, IKE_X_INFORMATIONAL, false, 0, P(DELETE)));
		assert_null(find(s, IKE_X_CREATE_CHILD, false, 0, child));
	}
	for (enum ike_state s = IKE_S_CLOSED; s < IKE_S_MAX; s++)
		for (uint8_t x = IKE_X_SA_INIT; x <= IKE_X_INFORMATIONAL; x++)
			assert_null(find(s, x, false, 0, 0));
	/* An answer to a deletion is none to a rekeying. */
	assert_null(find(IKE_S_ESTABLISHED, IKE_X_CREATE_CHILD, true,
			 TASK_DEL_CHILD, child));
	assert_null(find(IKE_S_ESTABLISHED, IKE_X_INFORMATIONAL, true,
			 TASK_REKEY_IKE, 0));
	assert_null(find(IKE_S_AUTH_SENT, IKE_X_AUTH, false, 0,
			 P(IDI) | P(AUTH) | P(SA) | P(TSI) | P(TSR)));
}

static void test_no_row_hides_another(void **state)
{
	size_t n;
	const struct rule *t = rules_table(&n);

	(void)state;
	assert_true(n > 15);
	for (size_t i = 0; i < n; i++) {
		const struct rule *r = rules_match(&(struct rule_key){
			t[i].state, t[i].exchange, t[i].response,
			(enum task_kind)t[i].tasks, t[i].need });

		assert_ptr_equal(r, &t[i]);
		assert_non_null(t[i].handler);
		assert_true(t[i].next);
		assert_int_equal(t[i].need & t[i].may, 0);
	}
}

static void test_only_listed_steps_are_allowed(void **state)
{
	(void)state;
	assert_true(rules_step_ok(IKE_S_INIT_SENT, IKE_S_AUTH_SENT));
	assert_true(rules_step_ok(IKE_S_ESTABLISHED, IKE_S_DELETING));
	assert_false(rules_step_ok(IKE_S_INIT_SENT, IKE_S_ESTABLISHED));
	assert_false(rules_step_ok(IKE_S_DEAD, IKE_S_ESTABLISHED));
	assert_false(rules_step_ok(IKE_S_CLOSED, IKE_S_ESTABLISHED));
	/* Nothing leaves DEAD; everything can end there. */
	for (enum ike_state s = IKE_S_NONE; s < IKE_S_MAX; s++)
		assert_false(rules_step_ok(IKE_S_DEAD, s));
	for (enum ike_state s = IKE_S_INIT_SENT; s < IKE_S_DEAD; s++)
		assert_true(rules_step_ok(s, IKE_S_DEAD));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows_are_found_by_their_payloads),
		cmocka_unit_test(test_missing_or_foreign_payloads_fit_no_row),
		cmocka_unit_test(test_messages_out_of_turn_fit_no_row),
		cmocka_unit_test(test_no_row_hides_another),
		cmocka_unit_test(test_only_listed_steps_are_allowed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
