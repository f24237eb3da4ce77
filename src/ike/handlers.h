/* SPDX-License-Identifier: Apache-2.0 */
/* Handlers that rules.def names; contract: rule_handler in rules.h. */
#ifndef IKE_HANDLERS_H
#define IKE_HANDLERS_H

#include "ike/rules.h"

/* IKE_SA_INIT: init.c, init_answer.c */
rule_handler h_init_request, h_init_response, h_init_refused;
/* IKE_INTERMEDIATE: intermediate.c */
rule_handler h_inter_request, h_inter_response, h_inter_refused;
/* IKE_AUTH: sa_auth.c */
rule_handler h_auth_request, h_auth_childless, h_auth_eap, h_auth_response,
	h_auth_refused;
/* CREATE_CHILD_SA: child_create.c, sa_rekey.c */
rule_handler h_child_request, h_child_response, h_child_refused;
rule_handler h_rekey_request, h_rekey_response, h_rekey_refused;
/* IKE_FOLLOWUP_KE: followup.c */
rule_handler h_follow_request, h_follow_response;
/* INFORMATIONAL: inform.c */
rule_handler h_inform_request, h_inform_response, h_deleted, h_busy;
/* … of MOBIKE: mobike.c */
rule_handler h_mobike_response;

#endif
