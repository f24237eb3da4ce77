/* SPDX-License-Identifier: Apache-2.0 */
/*
 * IKE messages and inner payload chains. The first byte says what follows: 0 a
 * whole message, else a chain that starts with a payload of this type. What
 * parses is matched against our defaults, explained, and written again.
 */
#include <stdlib.h>

#include "ike/explain.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct ike_msg m;
	static struct ike_proposals ours;
	struct ike_ts_ctx ctx = { .mode = MISSIU_TUNNEL };
	struct ike_ts_choice choice;
	struct ike_suite suite;
	struct ike_build b;
	struct ike_why why;
	uint8_t out[8192];

	if (!len)
		return 0;
	m = (struct ike_msg){ 0 };
	if (data[0] ? ike_payloads_parse(data[0], data + 1, len - 1, &m) :
		      ike_msg_parse(data + 1, len - 1, &m))
		return 0;
	if (!ours.n &&
	    ike_proposals_parse("default", IKE_PROTO_IKE, &ours, NULL))
		abort();
	if (ike_proposal_choose(&m.sa, &ours, m.ke.group, &suite))
		ike_explain_proposal(&m.sa, &ours, "ike", NULL, &why);
	if (!ike_ts_narrow(&ctx, &m.tsi, &m.tsr, &choice))
		abort(); /* there is no policy */
	ike_explain_ts(&ctx, &m.tsi, &m.tsr, &why);
	m.hdr.spi_i |= 1;
	ike_build_start(&b, out, sizeof(out), &m.hdr);
	ike_put_sa(&b, &m.sa);
	ike_put_ts(&b, IKE_P_TSI, &m.tsi);
	len = ike_build_end(&b);
	if (len && m.sa.n && m.tsi.n && ike_msg_parse(out, len, &m))
		abort(); /* what we write, we read */
	return 0;
}
