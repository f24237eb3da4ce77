/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PF_KEY messages into a real engine: one after the other as long as their own
 * length makes sense, then the rest. Every answer must decode, and what was
 * decoded must encode to what decodes again.
 */
#include <stdlib.h>

#include "ctl/buf.h"
#include "ctl/pfkey.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void again(const struct pfkey_msg *in)
{
	static struct pfkey_msg out;
	static uint8_t buf[PFKEY_MSG_MAX];
	struct wr w = wr_to(buf, sizeof(buf));

	pfkey_encode(in, &w);
	if (!wr_ok(&w) || pfkey_decode(rd_from(buf, w.len), &out) ||
	    out.have != in->have)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct pfkey_msg msg;
	struct pfkey_peer peer = { .seed = 1 };
	struct missiu *m = missiu_new(NULL);
	struct ctl_buf out = { 0 };
	struct missiu_event ev;
	size_t at = 0, n;

	for (at = 0; at < len; at += n) {
		n = pfkey_msg_len(data + at, len - at);
		n = n ? n : len - at;
		if (!pfkey_decode(rd_from(data + at, n), &msg))
			again(&msg);
		pfkey_serve(m, &peer, rd_from(data + at, n), 1000000, &out);
	}
	while (missiu_event_next(m, &ev))
		pfkey_event(m, &ev, &out);
	for (at = 0; at < out.len; at += n) {
		n = pfkey_msg_len(out.buf + at, out.len - at);
		if (!n || pfkey_decode(rd_from(out.buf + at, n), &msg))
			abort();
	}
	ctl_buf_fini(&out);
	missiu_free(m);
	return 0;
}
