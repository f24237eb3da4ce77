/* SPDX-License-Identifier: Apache-2.0 */
/* Names of IANA numbers, for logs. */
#include "ike/wire.h"

#include <stddef.h>

struct number_name {
	unsigned number;
	const char *name;
};

static const struct number_name notifies[] = {
#define X(name, number) { number, #name },
	IKE_NOTIFIES(X)
#undef X
};

static const struct number_name payloads[] = {
	{ IKE_P_NONE, "none" },	      { IKE_P_SA, "SA" },
	{ IKE_P_KE, "KE" },	      { IKE_P_IDI, "IDi" },
	{ IKE_P_IDR, "IDr" },	      { IKE_P_CERT, "CERT" },
	{ IKE_P_CERTREQ, "CERTREQ" }, { IKE_P_AUTH, "AUTH" },
	{ IKE_P_NONCE, "Nonce" },     { IKE_P_NOTIFY, "N" },
	{ IKE_P_DELETE, "D" },	      { IKE_P_VENDOR, "V" },
	{ IKE_P_TSI, "TSi" },	      { IKE_P_TSR, "TSr" },
	{ IKE_P_SK, "SK" },	      { IKE_P_CP, "CP" },
	{ IKE_P_EAP, "EAP" },	      { IKE_P_SKF, "SKF" },
};

static const struct number_name exchanges[] = {
	{ IKE_X_SA_INIT, "IKE_SA_INIT" },
	{ IKE_X_AUTH, "IKE_AUTH" },
	{ IKE_X_CREATE_CHILD, "CREATE_CHILD_SA" },
	{ IKE_X_INFORMATIONAL, "INFORMATIONAL" },
	{ IKE_X_SESSION_RESUME, "IKE_SESSION_RESUME" },
	{ IKE_X_INTERMEDIATE, "IKE_INTERMEDIATE" },
	{ IKE_X_FOLLOWUP_KE, "IKE_FOLLOWUP_KE" },
};

static const char *find(const struct number_name *v, size_t n, unsigned number)
{
	for (size_t i = 0; i < n; i++)
		if (v[i].number == number)
			return v[i].name;
	return NULL;
}

#define FIND(table, number)                                                    \
	find(table, sizeof(table) / sizeof((table)[0]), number)

const char *ike_notify_name(unsigned type)
{
	return FIND(notifies, type);
}

const char *ike_payload_name(unsigned type)
{
	const char *name = FIND(payloads, type);

	return name ? name : "unknown";
}

const char *ike_exchange_name(unsigned type)
{
	const char *name = FIND(exchanges, type);

	return name ? name : "unknown";
}
