/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Control requests into a real engine. The input is a row of requests: a byte
 * that is added to 1000 for the number, a 16-bit length, the argument.
 */
#include <stdlib.h>

#include "common/rd.h"
#include "ctl/serve.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* What an accepted request leaves behind must be encodable. */
static void request(struct missiu *m, uint32_t type, struct rd arg)
{
	struct ctl_reply r;
	bool changed = ctl_serve(m, type, arg, 1000000, &r);

	if (r.status > 0 || (changed && r.status) ||
	    !!r.status != !!r.diag.msg[0])
		abort();
	ctl_reply_fini(&r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const uint8_t dump[] = { 1, CTL_DUMP_KEYS };
	struct missiu *m = missiu_new(NULL);
	struct rd r = rd_from(data, len), arg;
	uint16_t n;
	uint8_t type;

	while (rd_u8(&r, &type) && rd_be16(&r, &n)) {
		if (!rd_sub(&r, n, &arg) && !rd_sub(&r, rd_left(&r), &arg))
			break;
		request(m, 1000u + type, arg);
	}
	request(m, CTL_DUMP_SA, rd_from(dump, sizeof(dump)));
	request(m, CTL_DUMP_SPD, rd_from(NULL, 0));
	missiu_free(m);
	return 0;
}
