/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as the stream of a peer, and as a message between missiu and the key
 * daemon: what is found lies inside, and the walk ends.
 */
#include <stdlib.h>

#include "ctl/stream.h"
#include "ike/tcp_stream.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void walk_stream(const uint8_t *data, size_t size)
{
	size_t at = tcp_prefix(data, size) == TCP_IKE ? TCP_PREFIX_LEN : 0;

	for (;;) {
		const struct tcp_frame f = tcp_next(data + at, size - at);

		if (f.item == TCP_MORE || f.item == TCP_BAD)
			return;
		if (f.used < TCP_LEN_LEN || f.used > size - at ||
		    f.p < data + at || f.p + f.len > data + at + f.used)
			abort();
		at += f.used;
	}
}

static void walk_message(const uint8_t *data, size_t size)
{
	const uint8_t *p = data, *end = data + size, *k;
	struct ctl_stream_ends e;
	size_t n;

	if (!ctl_stream_get(data, size, &e))
		return;
	p += CTL_STREAM_ENDS;
	size -= CTL_STREAM_ENDS;
	while ((k = ctl_stream_packet(&p, &size, &n)) != NULL)
		if (k < data || n > (size_t)(end - k) || p > end)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	walk_stream(data, size);
	walk_message(data, size);
	return 0;
}
