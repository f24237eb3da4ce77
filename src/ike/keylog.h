/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys in the form that Wireshark reads, for whoever debugs a peer: a line of
 * its tables ikev2_decryption_table and esp_sa. Off unless asked for.
 */
#ifndef IKE_KEYLOG_H
#define IKE_KEYLOG_H

#include "ike/sa.h"

/** Room for any line. */
#define KEYLOG_MAX 1024

/**
 * keylog_ike() - a line of ikev2_decryption_table, without newline
 * @buf, @cap: out; holds secrets; NUL-terminated
 *
 * Return: false when Wireshark does not know the algorithms.
 */
bool keylog_ike(const struct ike_sa *sa, char *buf, size_t cap);

/** keylog_esp() - a line of esp_sa; as above, also false for AH */
bool keylog_esp(const struct missiu_sa *sa, char *buf, size_t cap);

#endif
