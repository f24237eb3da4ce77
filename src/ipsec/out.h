/* SPDX-License-Identifier: Apache-2.0 */
/* What the two protocols have in common on the way out; see esp_out.c. */
#ifndef IPSEC_OUT_H
#define IPSEC_OUT_H

#include "ipsec/state.h"

/**
 * out_put_outer() - outer header of tunnel mode without its length
 * @ip: the inner packet
 * @h:  sa->ip_len bytes
 */
void out_put_outer(struct missiu *m, const struct sa *sa,
		   const struct policy *pol, const struct ip_info *ip,
		   uint8_t *h);

/**
 * out_usable() - may it protect one more packet?
 * @why: out: why not
 */
bool out_usable(const struct sa *sa, missiu_usec now, enum missiu_drop *why);

/** out_finish_ip() - write length and checksum of either family's header */
void out_finish_ip(uint8_t *h, size_t len);

#endif
