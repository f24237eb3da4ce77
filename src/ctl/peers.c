/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/peers.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/diag.h"
#include "common/secret.h"
#include "ctl/serve.h"

#define ANSWER_MS     30000 /* ike reads files in between */
#define FILE_TEXT_MAX 1000
#define ANSWER_HEAD   16
/* Lines beyond this are not kept: a text of line ends must not grow. */
#define LINE_MAX_KEPT 1000000u

bool ctl_peers_get(const struct ctl_frame *f, struct ctl_peers *out)
{
	if (f->type != CTL_PEERS || f->text_len < 1 || !f->data ||
	    (f->text[0] != '+' && f->text[0] != '=') ||
	    memchr(f->text, 0, f->text_len))
		return false;
	*out = (struct ctl_peers){
		.keep = f->text[0] == '+',
		.file = f->text + 1, /* ctl_recv() ends it */
		.text = (const char *)f->data,
		.len = f->data_len,
	};
	return true;
}

int ctl_peers_reply(int fd, const struct ctl_peers_answer *a)
{
	char text[ANSWER_HEAD + sizeof(a->diag) + 1];
	int n = snprintf(text, sizeof(text), "%08x%08x%s", (unsigned)a->index,
			 (unsigned)a->key, a->diag.msg);

	return ctl_send(fd, (uint32_t)a->err, text, (size_t)n, NULL, 0);
}

static bool read_hex(const char *s, unsigned long *out)
{
	char digits[9] = "", *end;

	memcpy(digits, s, 8);
	*out = strtoul(digits, &end, 16);
	return end == digits + 8;
}

bool ctl_peers_answer_get(const struct ctl_frame *f,
			  struct ctl_peers_answer *out)
{
	unsigned long index, key;

	*out = (struct ctl_peers_answer){ .err = (int)f->type };
	if (f->text_len < ANSWER_HEAD || !read_hex(f->text, &index) ||
	    !read_hex(f->text + 8, &key) || key > MISSIU_PEER_KEYS)
		return false;
	out->index = index;
	out->key = (enum missiu_peer_key)key;
	diag_set(&out->diag, 0, "%.*s", (int)(f->text_len - ANSWER_HEAD),
		 f->text + ANSWER_HEAD);
	return true;
}

static int call(int fd, const struct ctl_peers *req,
		struct ctl_peers_answer *out)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	struct ctl_frame frame = { 0 };
	char head[1 + FILE_TEXT_MAX + 1];
	int n = snprintf(head, sizeof(head), "%c%.*s", req->keep ? '+' : '=',
			 FILE_TEXT_MAX, req->file);
	int ret = ctl_send(fd, CTL_PEERS, head, (size_t)n, req->text, req->len);

	if (!ret && poll(&pfd, 1, ANSWER_MS) != 1)
		ret = MISSIU_ETIME;
	if (!ret)
		ret = ctl_recv(fd, &frame);
	if (!ret && !ctl_peers_answer_get(&frame, out))
		ret = MISSIU_EPROTO;
	ctl_frame_fini(&frame);
	if (ret)
		diag_set(&out->diag, ret, "no answer from ike: %s",
			 missiu_strerror(ret));
	return ret;
}

int ctl_peers_call(const char *iface, const struct ctl_peers *req,
		   struct ctl_peers_answer *out)
{
	int fd, ret;

	*out = (struct ctl_peers_answer){ .key = MISSIU_PEER_KEYS };
	fd = ctl_dial(IKE_CTL_PREFIX, iface, &out->diag);
	if (fd < 0) /* ctl_dial() speaks of missiu */
		return diag_set(&out->diag, fd, "%s",
				fd == MISSIU_ECONN ? "it is not running" :
						     missiu_strerror(fd));
	ret = call(fd, req, out);
	close(fd);
	return ret;
}

/* Room for all of them, measured in @scratch. */
static size_t text_room(const struct missiu_peer *v, size_t n, char *scratch)
{
	const uint32_t last = n ? v[n - 1].pos.line : 0;
	size_t cap = (last < LINE_MAX_KEPT ? last : LINE_MAX_KEPT) + 1;

	for (size_t i = 0; i < n; i++)
		cap += missiu_peer_print(&v[i], true, scratch,
					 MISSIU_PEER_PRINT_MAX) +
		       1;
	secret_wipe(scratch, MISSIU_PEER_PRINT_MAX);
	return cap;
}

char *ctl_peers_text(const struct missiu_peer *v, size_t n, size_t *len)
{
	char *scratch = malloc(MISSIU_PEER_PRINT_MAX);
	const size_t cap = scratch ? text_room(v, n, scratch) : 0;
	char *text = scratch ? malloc(cap) : NULL;
	unsigned line = 1;

	free(scratch);
	*len = 0;
	for (size_t i = 0; text && i < n; i++) {
		for (; line < v[i].pos.line && line < LINE_MAX_KEPT; line++)
			text[(*len)++] = '\n';
		*len += missiu_peer_print(&v[i], true, text + *len, cap - *len);
		text[*len] = ' ';
		*len += 1;
	}
	return text;
}
