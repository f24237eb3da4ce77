/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a frame from the TAP; a packet found lies inside the frame. */
#include <stdlib.h>

#include "missiu/l2.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct l2_frame f;

	l2_parse(rd_from(data, size), &f);
	if (f.kind == L2_IP &&
	    (f.ip > size || f.ip_len > size - f.ip || f.ip_len < 20))
		abort();
	if (f.kind == L2_REPLY && f.reply_len > sizeof(f.reply))
		abort();
	if (f.kind == L2_DROP && f.drop == MISSIU_DROP_NONE)
		abort();
	return 0;
}
