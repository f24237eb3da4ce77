/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/client.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/diag.h"
#include "common/secret.h"
#include "ctl/buf.h"
#include "ctl/codec.h"
#include "ctl/sock.h"

#define LIMIT_MS 10000

struct ctl_conn {
	int fd;
	int limit_ms;
	bool watching;
	int dead; /* the error after which answers would be out of step */
};

int ctl_connect(const char *iface, struct ctl_conn **out,
		struct missiu_diag *diag)
{
	struct ctl_conn *c = calloc(1, sizeof(*c));

	if (!c)
		return diag_set(diag, MISSIU_ENOMEM, "out of memory");
	c->fd = ctl_dial(CTL_FIFO_PREFIX, iface, diag);
	if (c->fd < 0) {
		int err = c->fd;

		free(c);
		return err;
	}
	c->limit_ms = LIMIT_MS;
	*out = c;
	return 0;
}

void ctl_set_limit(struct ctl_conn *c, int ms)
{
	c->limit_ms = ms;
}

void ctl_close(struct ctl_conn *c)
{
	if (!c)
		return;
	close(c->fd);
	free(c);
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Wait for poll events until a deadline (ms); -1: without limit. */
static int wait_for(const struct ctl_conn *c, short events, int64_t deadline)
{
	struct pollfd p = { .fd = c->fd, .events = events };

	for (;;) {
		int64_t left = deadline < 0 ? -1 : deadline - now_ms();
		int n;

		if (deadline >= 0 && left <= 0)
			return MISSIU_ETIME;
		n = poll(&p, 1, left > INT_MAX ? INT_MAX : (int)left);
		if (n > 0)
			return 0;
		if (n < 0 && errno != EINTR)
			return MISSIU_EIO;
	}
}

static int recv_frame(struct ctl_conn *c, struct ctl_frame *f, int64_t deadline)
{
	for (;;) {
		int err = ctl_recv(c->fd, f);

		if (err != MISSIU_EAGAIN)
			return err;
		err = wait_for(c, POLLIN, deadline);
		if (err)
			return err;
	}
}

static int send_frame(struct ctl_conn *c, uint32_t type,
		      const struct ctl_buf *arg, int64_t deadline)
{
	for (;;) {
		int err = ctl_send(c->fd, type, NULL, 0, arg->buf, arg->len);

		if (err != MISSIU_EAGAIN)
			return err;
		err = wait_for(c, POLLOUT, deadline);
		if (err)
			return err;
	}
}

/* The connection itself failed: say it, and never use it again. */
static int broken(struct ctl_conn *c, int err, struct missiu_diag *diag)
{
	static const struct {
		int err;
		const char *text;
	} texts[] = {
		{ MISSIU_ETIME, "missiu does not answer" },
		{ MISSIU_ECONN, "missiu closed the connection" },
		{ MISSIU_EIO, "missiu closed the connection" },
		{ MISSIU_EPROTO, "missiu's answer is malformed: is it of "
				 "another version?" },
	};
	size_t i;

	c->dead = err;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (texts[i].err == err)
			return diag_set(diag, err, "%s", texts[i].text);
	return diag_set(diag, err, "%s", missiu_strerror(err));
}

/*
 * One request and its reply. @reply holds the result also when the request was
 * refused. Release it with ctl_frame_fini() in any case.
 */
static int exchange(struct ctl_conn *c, uint32_t type,
		    const struct ctl_buf *arg, struct ctl_frame *reply,
		    struct missiu_diag *diag)
{
	int64_t deadline = now_ms() + c->limit_ms;
	int err, status;

	memset(reply, 0, sizeof(*reply));
	if (c->watching)
		return diag_set(diag, MISSIU_EBUSY,
				"this connection watches events");
	if (c->dead)
		return broken(c, c->dead, diag);
	err = send_frame(c, type, arg, deadline);
	if (err == MISSIU_EINVAL)
		return diag_set(diag, MISSIU_EFULL, "request too large");
	if (!err)
		err = recv_frame(c, reply, deadline);
	if (err)
		return broken(c, err, diag);
	status = (int)reply->type;
	if (status > 0)
		return broken(c, MISSIU_EPROTO, diag);
	if (!status)
		return 0;
	return diag_set(diag, status, "%s",
			reply->text_len ? reply->text :
					  missiu_strerror(status));
}

static int no_memory(struct missiu_diag *diag)
{
	return diag_set(diag, MISSIU_ENOMEM, "out of memory");
}

/* Arguments of a request that are only a few bytes. */
static int small_arg(struct ctl_buf *arg, const uint8_t *v, size_t n)
{
	struct wr w = ctl_buf_room(arg, 1 + n);

	ctl_put_version(&w);
	wr_bytes(&w, v, n);
	return ctl_buf_commit(arg, &w) ? 0 : MISSIU_ENOMEM;
}

static int encode_load(struct ctl_buf *arg, const struct missiu_change *v,
		       size_t n)
{
	struct wr w = ctl_buf_room(arg, 1 + 4);
	size_t i;

	ctl_put_version(&w);
	wr_be32(&w, (uint32_t)n);
	if (!ctl_buf_commit(arg, &w))
		return MISSIU_ENOMEM;
	for (i = 0; i < n; i++) {
		w = ctl_buf_room(arg, CTL_CHANGE_BYTES);
		ctl_put_change(&w, &v[i]);
		if (!ctl_buf_commit(arg, &w))
			return MISSIU_ENOMEM;
	}
	return 0;
}

/* Result of a load: the ids of added policies, or the index of the bad one. */
static int take_load_result(struct rd r, int status, struct missiu_change *v,
			    size_t n, size_t *bad)
{
	uint32_t at;
	size_t i;

	if (!ctl_get_version(&r))
		return status ? status : MISSIU_EPROTO;
	if (status) {
		if (rd_be32(&r, &at) && at < n && bad)
			*bad = at;
		return status;
	}
	for (i = 0; i < n; i++)
		if (v[i].kind == MISSIU_CHG_ADD_POLICY &&
		    !rd_be32(&r, &v[i].policy.id))
			return MISSIU_EPROTO;
	return rd_done(&r) ? 0 : MISSIU_EPROTO;
}

int ctl_load(struct ctl_conn *c, struct missiu_change *v, size_t n, size_t *bad,
	     struct missiu_diag *diag)
{
	struct ctl_frame reply = { 0 };
	struct ctl_buf arg = { 0 };
	int err, status;

	if (bad)
		*bad = 0;
	if (n > CTL_LOAD_MAX)
		return diag_set(diag, MISSIU_EFULL,
				"more than %u changes in one transaction",
				CTL_LOAD_MAX);
	if (encode_load(&arg, v, n)) {
		err = no_memory(diag);
		goto out;
	}
	status = exchange(c, CTL_LOAD, &arg, &reply, diag);
	err = take_load_result(rd_from(reply.data, reply.data_len), status, v,
			       n, bad);
	if (err == MISSIU_EPROTO && !status)
		err = broken(c, err, diag);
out:
	ctl_frame_fini(&reply);
	ctl_buf_fini(&arg);
	return err;
}

/* An array for @n items that were announced by a peer with @left bytes. */
static void *array_for(uint32_t n, size_t left, size_t size)
{
	return n > left ? NULL : calloc(n ? n : 1, size);
}

static int take_sas(struct rd r, struct ctl_sa **v, size_t *n,
		    missiu_usec *now_us)
{
	struct ctl_sa *sas;
	uint64_t now;
	uint32_t count, i;

	if (!ctl_get_version(&r) || !rd_be64(&r, &now) || !rd_be32(&r, &count))
		return MISSIU_EPROTO;
	sas = array_for(count, rd_left(&r), sizeof(*sas));
	if (!sas)
		return MISSIU_EPROTO;
	for (i = 0; i < count; i++)
		if (!ctl_get_sa(&r, &sas[i].sa) ||
		    !ctl_get_sa_stats(&r, &sas[i].stats))
			break;
	if (i < count || !rd_done(&r)) {
		secret_wipe(sas, count * sizeof(*sas));
		free(sas);
		return MISSIU_EPROTO;
	}
	*v = sas;
	*n = count;
	if (now_us)
		*now_us = now;
	return 0;
}

int ctl_sa_dump(struct ctl_conn *c, bool with_keys, struct ctl_sa **v,
		size_t *n, missiu_usec *now_us, struct missiu_diag *diag)
{
	const uint8_t flags = with_keys ? CTL_DUMP_KEYS : 0;
	struct ctl_frame reply = { 0 };
	struct ctl_buf arg = { 0 };
	int err;

	if (small_arg(&arg, &flags, 1))
		return no_memory(diag);
	err = exchange(c, CTL_DUMP_SA, &arg, &reply, diag);
	if (!err) {
		err = take_sas(rd_from(reply.data, reply.data_len), v, n,
			       now_us);
		if (err)
			broken(c, err, diag);
	}
	ctl_frame_fini(&reply);
	ctl_buf_fini(&arg);
	return err;
}

static int take_policies(struct rd r, struct ctl_policy **v, size_t *n)
{
	struct ctl_policy *ps;
	uint32_t count, i;

	if (!ctl_get_version(&r) || !rd_be32(&r, &count))
		return MISSIU_EPROTO;
	ps = array_for(count, rd_left(&r), sizeof(*ps));
	if (!ps)
		return MISSIU_EPROTO;
	for (i = 0; i < count; i++)
		if (!ctl_get_policy(&r, &ps[i].policy) ||
		    !ctl_get_policy_stats(&r, &ps[i].stats))
			break;
	if (i < count || !rd_done(&r)) {
		free(ps);
		return MISSIU_EPROTO;
	}
	*v = ps;
	*n = count;
	return 0;
}

int ctl_policy_dump(struct ctl_conn *c, struct ctl_policy **v, size_t *n,
		    struct missiu_diag *diag)
{
	const struct ctl_buf none = { 0 };
	struct ctl_frame reply;
	int err = exchange(c, CTL_DUMP_SPD, &none, &reply, diag);

	if (!err) {
		err = take_policies(rd_from(reply.data, reply.data_len), v, n);
		if (err)
			broken(c, err, diag);
	}
	ctl_frame_fini(&reply);
	return err;
}

int ctl_status(struct ctl_conn *c, char **json, struct missiu_diag *diag)
{
	const struct ctl_buf none = { 0 };
	struct ctl_frame reply;
	int err = exchange(c, CTL_STATUS, &none, &reply, diag);

	if (!err) {
		*json = calloc(1, reply.data_len + 1);
		if (!*json)
			err = no_memory(diag);
		else if (reply.data_len)
			memcpy(*json, reply.data, reply.data_len);
	}
	ctl_frame_fini(&reply);
	return err;
}

int ctl_stop(struct ctl_conn *c, struct missiu_diag *diag)
{
	int64_t deadline = now_ms() + c->limit_ms;
	const struct ctl_buf none = { 0 };
	struct ctl_frame reply;
	int err = exchange(c, CTL_STOP, &none, &reply, diag);

	/* Its reply may come first; the end of the connection comes last. */
	while (!err) {
		ctl_frame_fini(&reply);
		err = recv_frame(c, &reply, deadline);
	}
	ctl_frame_fini(&reply);
	if (err == MISSIU_ECONN)
		return 0;
	if (err == MISSIU_ETIME)
		return diag_set(diag, err, "missiu did not stop in time");
	return err;
}

int ctl_watch(struct ctl_conn *c, struct missiu_diag *diag)
{
	const struct ctl_buf none = { 0 };
	struct ctl_frame reply;
	int err = exchange(c, CTL_REGISTER_EVENTS, &none, &reply, diag);

	ctl_frame_fini(&reply);
	if (!err)
		c->watching = true;
	return err;
}

int ctl_watch_next(struct ctl_conn *c, struct missiu_event *ev)
{
	struct ctl_frame f;
	int err;

	if (!c->watching)
		return MISSIU_EINVAL;
	err = recv_frame(c, &f, -1);
	if (!err && (f.type != CTL_REGISTER_EVENTS ||
		     !ctl_event_decode(rd_from(f.text, f.text_len), ev)))
		err = MISSIU_EPROTO;
	ctl_frame_fini(&f);
	return err;
}
