/* SPDX-License-Identifier: Apache-2.0 */
#include "ike/why.h"

#include <stdarg.h>
#include <stdio.h>

#include "ike/explain_line.h"
#include "ike/wire.h"

size_t ike_why_text(const struct ike_why *why, char *buf, size_t cap)
{
	struct line l = line_to(buf, cap);
	const char *sep = ": ";

	line_add(&l, "%s", why->what);
	if (why->theirs[0]) {
		line_add(&l, "%speer offers %s", sep, why->theirs);
		sep = "; ";
	}
	if (why->ours[0])
		line_add(&l, "%swe %s %s", sep, why->verb ? why->verb : "offer",
			 why->ours);
	if (why->difference[0])
		line_add(&l, "; first difference: %s", why->difference);
	if (why->remedy[0])
		line_add(&l, "; %s", why->remedy);
	return l.len;
}

static void set(char *buf, size_t cap, const char *fmt, va_list ap)
{
	vsnprintf(buf, cap, fmt, ap);
}

void ike_why_set(struct ike_why *why, const char *fmt, ...)
{
	va_list ap;

	*why = (struct ike_why){ 0 };
	va_start(ap, fmt);
	set(why->what, sizeof(why->what), fmt, ap);
	va_end(ap);
}

void ike_why_remedy(struct ike_why *why, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	set(why->remedy, sizeof(why->remedy), fmt, ap);
	va_end(ap);
}

/* What a refusal is usually about, RFC 7296 3.10.1. */
static const struct {
	uint16_t type;
	const char *remedy;
} refusals[] = {
	{ IKE_N_UNSUPPORTED_CRITICAL_PAYLOAD,
	  "the peer does not know a payload that we marked as critical; it is "
	  "older than RFC 7296" },
	{ IKE_N_INVALID_SYNTAX,
	  "the peer took our message for malformed: look into its log" },
	{ IKE_N_INVALID_KE_PAYLOAD, "let both sides name a common group" },
	{ IKE_N_NO_PROPOSAL_CHOSEN,
	  "let both sides name a common encryption, integrity and group" },
	{ IKE_N_AUTHENTICATION_FAILED,
	  "let the peer have the same key for our identity; see --id and "
	  "--psk-file" },
	{ IKE_N_SINGLE_PAIR_REQUIRED,
	  "the peer wants an SA for each flow: put sa unique into the policy" },
	{ IKE_N_NO_ADDITIONAL_SAS,
	  "the peer allows no more SAs: raise its limit, or let fewer policies "
	  "name it" },
	{ IKE_N_INTERNAL_ADDRESS_FAILURE,
	  "the peer has no address to give us: look at its address pool" },
	{ IKE_N_FAILED_CP_REQUIRED,
	  "the peer gives out addresses and wants us to ask for one" },
	{ IKE_N_TS_UNACCEPTABLE,
	  "set laddr, raddr, ports and ulp of the policy to what the peer "
	  "accepts" },
	{ IKE_N_TEMPORARY_FAILURE,
	  "the peer was busy each time that we asked" },
	{ IKE_N_CHILD_SA_NOT_FOUND,
	  "the peer does not have that child SA any more; traffic asks for "
	  "a new one" },
};

void ike_why_notify(struct ike_why *why, const char *what, uint16_t type)
{
	const char *name = ike_notify_name(type);

	if (!type)
		ike_why_set(why, "peer refuses %s without a reason", what);
	else if (name)
		ike_why_set(why, "peer answers %s to %s", name, what);
	else
		ike_why_set(why, "peer answers notify %u to %s", type, what);
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
		if (refusals[i].type == type)
			ike_why_remedy(why, "%s", refusals[i].remedy);
}
