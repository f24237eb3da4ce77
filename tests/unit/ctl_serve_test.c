/* SPDX-License-Identifier: Apache-2.0 */
/* Requests and PF_KEY messages against a real engine. */
#include "ctl_samples.h"

#include <errno.h>

#include "ctl/buf.h"
#include "ctl/codec.h"
#include "ctl/pfkey.h"
#include "ctl/serve.h"

#define NOW 5000000

static struct missiu *engine(void)
{
	struct missiu *m = missiu_new(NULL);

	assert_non_null(m);
	return m;
}

static uint32_t n_sa(const struct missiu *m)
{
	struct missiu_stats s;

	missiu_stats_get(m, &s);
	return s.n_sa;
}

static uint32_t n_policy(const struct missiu *m)
{
	struct missiu_stats s;

	missiu_stats_get(m, &s);
	return s.n_policy;
}

static struct missiu_sa first_sa(const struct missiu *m)
{
	struct missiu_sa sa;
	uint64_t cursor = 0;

	assert_true(missiu_sa_next(m, &cursor, &sa, NULL));
	return sa;
}

/* Arguments of requests, one for each that has one. */
struct sample {
	uint32_t type;
	uint8_t buf[4096];
	struct wr w;
};

static struct wr *begin(struct sample *s, uint32_t type)
{
	s->type = type;
	s->w = wr_to(s->buf, sizeof(s->buf));
	ctl_put_version(&s->w);
	return &s->w;
}

static void make_load(struct wr *w)
{
	struct missiu_change c;

	wr_be32(w, 4);
	memset(&c, 0, sizeof(c));
	c.kind = MISSIU_CHG_FLUSH_POLICY;
	ctl_put_change(w, &c);
	c.kind = MISSIU_CHG_ADD_POLICY;
	c.policy = policy_transport();
	ctl_put_change(w, &c);
	c.policy = policy_tunnel();
	ctl_put_change(w, &c);
	memset(&c, 0, sizeof(c));
	c.kind = MISSIU_CHG_ADD_SA;
	c.sa = sa_manual();
	ctl_put_change(w, &c);
}

enum {
	S_ADD,
	S_ADD_EX,
	S_DEL,
	S_DUMP,
	S_MOVE,
	S_CONF,
	S_UNCONF,
	S_LOAD,
	S_FAILED,
	S_N
};

static struct sample samples[S_N];

static int make_samples(void **state)
{
	struct missiu_sa sa = sa_manual();
	const struct missiu_policy p = policy_transport();
	const struct missiu_addr old_dst = sa.dst;

	(void)state;
	sa.flags = 0; /* the request itself says that it is manual */
	ctl_put_sa(begin(&samples[S_ADD], CTL_ADD_KEY), &sa, true);
	ctl_put_sa_name(begin(&samples[S_DEL], CTL_DEL_KEY), &sa);
	sa.owner = 42;
	sa.dir = MISSIU_OUT;
	ctl_put_sa(begin(&samples[S_ADD_EX], CTL_ADD_KEY_EX), &sa, true);
	sa.dst = addr_of("192.0.2.77");
	ctl_put_sa_move(begin(&samples[S_MOVE], CTL_KEY_UPDATE), &sa, &old_dst);
	wr_u8(begin(&samples[S_DUMP], CTL_DUMP_SA), CTL_DUMP_KEYS);
	ctl_put_policy(begin(&samples[S_CONF], CTL_ADD_CONF), &p);
	wr_be32(begin(&samples[S_UNCONF], CTL_DEL_CONF), 1);
	make_load(begin(&samples[S_LOAD], CTL_LOAD));
	wr_be32(begin(&samples[S_FAILED], CTL_ACQUIRE_FAILED), 9);
	return 0;
}

/* One request; returns its status. The result goes to *result if wanted. */
static int serve(struct missiu *m, uint32_t type, struct rd arg,
		 struct ctl_buf *result, struct missiu_diag *diag)
{
	struct ctl_reply r;
	bool changed = ctl_serve(m, type, arg, NOW, &r);
	int status = r.status;

	assert_true(status <= 0);
	assert_true(!changed || !status);
	assert_true(!!status == !!r.diag.msg[0]);
	if (diag)
		*diag = r.diag;
	if (result) {
		*result = r.result;
		r.result = (struct ctl_buf){ 0 };
	}
	ctl_reply_fini(&r);
	return status;
}

static int serve_sample(struct missiu *m, int i, struct ctl_buf *result)
{
	return serve(m, samples[i].type,
		     rd_from(samples[i].buf, samples[i].w.len), result, NULL);
}

static void test_sa_is_added_once_moved_and_deleted(void **state)
{
	const struct missiu_addr moved = addr_of("192.0.2.77");
	struct missiu *m = engine();
	struct missiu_sa sa;

	(void)state;
	assert_int_equal(serve_sample(m, S_ADD_EX, NULL), 0);
	assert_int_equal(serve_sample(m, S_ADD_EX, NULL), MISSIU_EEXIST);
	sa = first_sa(m);
	assert_int_equal(sa.owner, 42);
	assert_int_equal(sa.flags & MISSIU_SA_MANUAL, 0);
	assert_int_equal(serve_sample(m, S_MOVE, NULL), 0);
	sa = first_sa(m);
	assert_true(addr_eq(&sa.dst, &moved));
	assert_int_equal(serve_sample(m, S_DEL, NULL), MISSIU_ENOENT);
	assert_int_equal(serve(m, CTL_FLUSH_SA, rd_from(NULL, 0), NULL, NULL),
			 0);
	assert_int_equal(n_sa(m), 0);
	assert_int_equal(serve_sample(m, S_ADD, NULL), 0);
	sa = first_sa(m);
	assert_int_equal(sa.flags & MISSIU_SA_MANUAL, MISSIU_SA_MANUAL);
	assert_int_equal(serve_sample(m, S_DEL, NULL), 0);
	assert_int_equal(n_sa(m), 0);
	missiu_free(m);
}

static void test_dump_shows_keys_only_when_asked(void **state)
{
	struct missiu *m = engine();
	struct ctl_buf res = { 0 };
	uint8_t no_keys[] = { CTL_VERSION, 0 };
	uint8_t key[16];

	(void)state;
	memset(key, 0x11, sizeof(key));
	assert_int_equal(serve_sample(m, S_ADD, NULL), 0);
	assert_int_equal(serve_sample(m, S_DUMP, &res), 0);
	assert_non_null(memmem(res.buf, res.len, key, sizeof(key)));
	ctl_buf_fini(&res);
	assert_int_equal(serve(m, CTL_DUMP_SA, rd_from(no_keys, 2), &res, NULL),
			 0);
	assert_null(memmem(res.buf, res.len, key, sizeof(key)));
	ctl_buf_fini(&res);
	missiu_free(m);
}

static void test_policies_are_added_counted_dumped_removed(void **state)
{
	struct missiu *m = engine();
	struct ctl_buf res = { 0 };
	struct missiu_policy p, want = policy_transport();
	struct rd r;
	uint32_t id = 0, n = 0;
	uint8_t del[5] = { CTL_VERSION };

	(void)state;
	assert_int_equal(serve_sample(m, S_CONF, &res), 0);
	r = rd_from(res.buf, res.len);
	assert_true(ctl_get_version(&r) && rd_be32(&r, &id) && rd_done(&r));
	assert_int_not_equal(id, 0);
	ctl_buf_fini(&res);
	assert_int_equal(
		serve(m, CTL_GET_SADB_SIZE, rd_from(NULL, 0), &res, NULL), 0);
	r = rd_from(res.buf, res.len);
	assert_true(ctl_get_version(&r) && rd_be32(&r, &n));
	assert_int_equal(n, 0);
	assert_true(rd_be32(&r, &n) && rd_done(&r));
	assert_int_equal(n, 1);
	ctl_buf_fini(&res);
	assert_int_equal(serve(m, CTL_DUMP_SPD, rd_from(NULL, 0), &res, NULL),
			 0);
	r = rd_from(res.buf, res.len);
	assert_true(ctl_get_version(&r) && rd_be32(&r, &n) &&
		    ctl_get_policy(&r, &p));
	assert_int_equal(n, 1);
	want.id = id;
	same_policy(&p, &want);
	ctl_buf_fini(&res);
	store_be32(del + 1, id + 1);
	assert_int_equal(serve(m, CTL_DEL_CONF, rd_from(del, 5), NULL, NULL),
			 MISSIU_ENOENT);
	store_be32(del + 1, id);
	assert_int_equal(serve(m, CTL_DEL_CONF, rd_from(del, 5), NULL, NULL),
			 0);
	assert_int_equal(serve_sample(m, S_CONF, NULL), 0);
	assert_int_equal(serve(m, CTL_FLUSH_SPD, rd_from(NULL, 0), NULL, NULL),
			 0);
	assert_int_equal(n_policy(m), 0);
	missiu_free(m);
}

static void test_load_is_all_or_nothing_and_names_the_bad_change(void **state)
{
	struct missiu *m = engine();
	struct missiu_diag diag;
	struct ctl_buf res = { 0 };
	struct rd r;
	uint32_t a = 0, b = 0, bad = 0;

	(void)state;
	assert_int_equal(serve_sample(m, S_LOAD, &res), 0);
	r = rd_from(res.buf, res.len);
	assert_true(ctl_get_version(&r) && rd_be32(&r, &a) && rd_be32(&r, &b) &&
		    rd_done(&r));
	assert_true(a && b && a != b);
	ctl_buf_fini(&res);
	/* Again: the SA is there, so nothing of it happens. */
	assert_int_equal(
		serve(m, CTL_LOAD,
		      rd_from(samples[S_LOAD].buf, samples[S_LOAD].w.len), &res,
		      &diag),
		MISSIU_EEXIST);
	r = rd_from(res.buf, res.len);
	assert_true(ctl_get_version(&r) && rd_be32(&r, &bad) && rd_done(&r));
	assert_int_equal(bad, 3);
	assert_int_equal(n_policy(m), 2);
	assert_int_equal(n_sa(m), 1);
	ctl_buf_fini(&res);
	missiu_free(m);
}

static void test_load_with_a_huge_count_costs_nothing(void **state)
{
	struct missiu *m = engine();
	uint8_t *arg = calloc(1, 5 + CTL_LOAD_MAX + 1);

	(void)state;
	assert_non_null(arg);
	arg[0] = CTL_VERSION;
	store_be32(arg + 1, UINT32_MAX);
	assert_int_equal(serve(m, CTL_LOAD, rd_from(arg, 100), NULL, NULL),
			 MISSIU_EPROTO);
	memset(arg + 5, MISSIU_CHG_FLUSH_SA, CTL_LOAD_MAX + 1);
	store_be32(arg + 1, CTL_LOAD_MAX + 1);
	assert_int_equal(serve(m, CTL_LOAD, rd_from(arg, 5 + CTL_LOAD_MAX + 1),
			       NULL, NULL),
			 MISSIU_EFULL);
	free(arg);
	missiu_free(m);
}

static void test_daemons_own_and_unknown_requests_are_refused(void **state)
{
	const uint32_t types[] = { CTL_STOP, CTL_STATUS, CTL_REGISTER_EVENTS,
				   0,	     999,	 UINT32_MAX };
	struct missiu *m = engine();
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(types); i++)
		assert_int_equal(
			serve(m, types[i], rd_from(NULL, 0), NULL, NULL),
			MISSIU_EUNSUP);
	missiu_free(m);
}

static void test_requests_without_argument_take_none(void **state)
{
	const uint32_t types[] = { CTL_FLUSH_SA, CTL_GET_SADB_SIZE,
				   CTL_FLUSH_SPD, CTL_DUMP_SPD };
	const uint8_t byte = CTL_VERSION;
	struct missiu *m = engine();
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(types); i++)
		assert_int_equal(
			serve(m, types[i], rd_from(&byte, 1), NULL, NULL),
			MISSIU_EPROTO);
	missiu_free(m);
}

struct feed_ctx {
	struct missiu *m;
	uint32_t type;
	bool fresh; /* an SA that exists already is not malformed */
};

/* Accepted: understood, whatever the engine then says to it. */
static bool feed_request(void *p, struct rd r)
{
	const struct feed_ctx *c = p;
	int err = serve(c->m, c->type, r, NULL, NULL);

	(void)serve(c->m, CTL_FLUSH_SA, rd_from(NULL, 0), NULL, NULL);
	(void)serve(c->m, CTL_FLUSH_SPD, rd_from(NULL, 0), NULL, NULL);
	return err != MISSIU_EPROTO;
}

static void test_damaged_arguments_do_no_harm(void **state)
{
	struct feed_ctx c = { .m = engine() };
	int i;

	(void)state;
	for (i = 0; i < S_N; i++) {
		c.type = samples[i].type;
		refuses_cuts(samples[i].buf, samples[i].w.len, feed_request,
			     &c);
		survives_flips(samples[i].buf, samples[i].w.len, feed_request,
			       &c);
	}
	missiu_free(c.m);
}

/* One PF_KEY message; returns the first message that came back. */
static struct pfkey_msg ask(struct missiu *m, struct pfkey_peer *peer,
			    struct pfkey_msg *msg, struct ctl_buf *all)
{
	uint8_t buf[PFKEY_MSG_MAX];
	struct wr w = wr_to(buf, sizeof(buf));
	struct ctl_buf out = { 0 };
	struct pfkey_msg back = { .err = 255 };
	size_t len;

	msg->pid = 77;
	pfkey_encode(msg, &w);
	assert_true(wr_ok(&w));
	pfkey_serve(m, peer, rd_from(buf, w.len), NOW, &out);
	len = pfkey_msg_len(out.buf, out.len);
	if (len) {
		assert_int_equal(pfkey_decode(rd_from(out.buf, len), &back), 0);
		assert_int_equal(back.pid, 77);
		assert_int_equal(back.type, msg->type);
	}
	if (all)
		*all = out;
	else
		ctl_buf_fini(&out);
	return back;
}

static void test_pfkey_sa_lives_through_all_messages(void **state)
{
	struct pfkey_peer peer = { 0 };
	struct pfkey_msg m = { .type = PFKEY_ADD, .seq = 3 }, r;
	struct missiu *e = engine();
	struct missiu_sa sa = sa_manual();

	(void)state;
	pfkey_set_sa(&m, &sa, true);
	r = ask(e, &peer, &m, NULL);
	assert_int_equal(r.err, 0);
	assert_int_equal(r.seq, 3);
	/* RFC 2367 3.1.3: the reply never has the keys. */
	assert_false(r.have & (PFH_KEY_AUTH | PFH_KEY_ENCR));
	r = ask(e, &peer, &m, NULL);
	assert_int_equal(r.err, EEXIST);
	assert_int_equal(r.diag_err, MISSIU_EEXIST);
	assert_true(r.diag.msg[0]);
	m = (struct pfkey_msg){ .type = PFKEY_GET };
	pfkey_set_sa_name(&m, MISSIU_ESP, sa.spi, &sa.dst);
	r = ask(e, &peer, &m, NULL);
	assert_int_equal(r.err, 0);
	assert_int_equal(r.encr_key.len, 16);
	assert_memory_equal(r.encr_key.key, sa.encr_key, 16);
	/* Moved by an UPDATE without keys. */
	m = (struct pfkey_msg){ .type = PFKEY_UPDATE };
	sa.dst = addr_of("192.0.2.55");
	pfkey_set_sa(&m, &sa, false);
	m.old_dst = addr_of("192.0.2.2");
	m.have |= PFH_X_OLD_DST;
	assert_int_equal(ask(e, &peer, &m, NULL).err, 0);
	m = (struct pfkey_msg){ .type = PFKEY_DELETE };
	pfkey_set_sa_name(&m, MISSIU_ESP, sa.spi, &sa.dst);
	assert_int_equal(ask(e, &peer, &m, NULL).err, 0);
	assert_int_equal(ask(e, &peer, &m, NULL).err, ESRCH);
	m.type = PFKEY_GET;
	assert_int_equal(ask(e, &peer, &m, NULL).err, ESRCH);
	assert_int_equal(n_sa(e), 0);
	missiu_free(e);
}

static void test_pfkey_getspi_then_update_adds(void **state)
{
	struct pfkey_peer peer = { .seed = 1 };
	struct pfkey_msg m = { .type = PFKEY_GETSPI }, r;
	struct missiu *e = engine();
	struct missiu_sa sa = sa_manual();

	(void)state;
	pfkey_set_sa_name(&m, MISSIU_ESP, 0, &sa.dst);
	m.spi_lo = 0x5000;
	m.spi_hi = 0x5001;
	m.have = PFH_SRC | PFH_DST | PFH_SPIRANGE;
	r = ask(e, &peer, &m, NULL);
	assert_int_equal(r.err, 0);
	assert_in_range(r.sa.spi, 0x5000, 0x5001);
	sa.spi = r.sa.spi;
	{
		struct pfkey_msg u = { .type = PFKEY_UPDATE };

		pfkey_set_sa(&u, &sa, true);
		assert_int_equal(ask(e, &peer, &u, NULL).err, 0);
		/* An SA's keys are never changed in place. */
		assert_int_equal(ask(e, &peer, &u, NULL).err, EEXIST);
	}
	assert_int_equal(n_sa(e), 1);
	/* The other one is left, then none. */
	r = ask(e, &peer, &m, NULL);
	assert_int_equal(r.sa.spi, sa.spi ^ 1);
	m.spi_lo = m.spi_hi = sa.spi;
	assert_int_equal(ask(e, &peer, &m, NULL).err, EEXIST);
	m.spi_lo = 0;
	m.spi_hi = 255;
	assert_int_equal(ask(e, &peer, &m, NULL).err, EINVAL);
	missiu_free(e);
}

static void test_pfkey_register_tells_what_works(void **state)
{
	struct pfkey_peer peer = { 0 };
	struct pfkey_msg m = { .type = PFKEY_REGISTER }, r;
	struct missiu *e = engine();

	(void)state;
	assert_int_equal(ask(e, &peer, &m, NULL).err, EINVAL);
	assert_false(peer.registered);
	m.satype = PFKEY_SA_ESP;
	r = ask(e, &peer, &m, NULL);
	assert_int_equal(r.err, 0);
	assert_true(peer.registered);
	assert_true(r.sup_auth.n > 2);
	assert_true(r.sup_encr.n > 2);
	missiu_free(e);
}

/* Count the messages of a dump; the last has seq 0. */
static size_t count_dump(struct ctl_buf *all)
{
	size_t at = 0, len, n = 0;
	struct pfkey_msg m = { .seq = 1 };

	while ((len = pfkey_msg_len(all->buf + at, all->len - at))) {
		assert_int_not_equal(m.seq, 0);
		assert_int_equal(pfkey_decode(rd_from(all->buf + at, len), &m),
				 0);
		at += len;
		n++;
	}
	assert_int_equal(at, all->len);
	assert_int_equal(m.seq, 0);
	ctl_buf_fini(all);
	return n;
}

static void test_pfkey_dump_and_flush_go_by_type(void **state)
{
	struct pfkey_peer peer = { 0 };
	struct pfkey_msg dump = { .type = PFKEY_DUMP };
	struct pfkey_msg flush = { .type = PFKEY_FLUSH };
	struct missiu *e = engine();
	struct missiu_sa sa = sa_manual();
	struct ctl_buf all;
	uint32_t i;

	(void)state;
	assert_int_equal(ask(e, &peer, &dump, NULL).err, ENOENT);
	for (i = 0; i < 3; i++) {
		sa.spi = 0x2000 + i;
		assert_int_equal(missiu_sa_add(e, &sa, NOW, NULL), 0);
	}
	ask(e, &peer, &dump, &all);
	assert_int_equal(count_dump(&all), 3);
	dump.satype = flush.satype = PFKEY_SA_AH;
	assert_int_equal(ask(e, &peer, &dump, NULL).err, ENOENT);
	assert_int_equal(ask(e, &peer, &flush, NULL).err, 0);
	assert_int_equal(n_sa(e), 3);
	dump.satype = flush.satype = PFKEY_SA_ESP;
	ask(e, &peer, &dump, &all);
	assert_int_equal(count_dump(&all), 3);
	assert_int_equal(ask(e, &peer, &flush, NULL).err, 0);
	assert_int_equal(n_sa(e), 0);
	flush.satype = 9;
	assert_int_equal(ask(e, &peer, &flush, NULL).err, EOPNOTSUPP);
	missiu_free(e);
}

static void test_pfkey_policy_lives_through_all_messages(void **state)
{
	struct pfkey_peer peer = { 0 };
	struct missiu_policy p = policy_transport(), tun = policy_tunnel();
	struct pfkey_msg add = { .type = PFKEY_X_SPDADD }, m, r;
	struct missiu *e = engine();
	struct missiu_policy got;
	struct ctl_buf all;
	uint64_t cursor = 0;
	uint32_t id;

	(void)state;
	m = (struct pfkey_msg){ .type = PFKEY_X_SPDDUMP };
	assert_int_equal(ask(e, &peer, &m, NULL).err, ENOENT);
	pfkey_set_policy(&add, &p);
	r = ask(e, &peer, &add, NULL);
	assert_int_equal(r.err, 0);
	id = r.x_policy.id;
	assert_int_not_equal(id, 0);
	pfkey_set_policy(&add, &tun);
	assert_int_equal(ask(e, &peer, &add, NULL).err, 0);
	ask(e, &peer, &m, &all);
	assert_int_equal(count_dump(&all), 2);
	m = (struct pfkey_msg){ .type = PFKEY_X_SPDGET, .have = PFH_POLICY };
	assert_int_equal(ask(e, &peer, &m, NULL).err, EINVAL);
	m.pol.id = id;
	r = ask(e, &peer, &m, NULL);
	assert_int_equal(r.err, 0);
	assert_int_equal(r.x_policy.line, p.line);
	/* Replaced where it stands: still the first. */
	p.id = id;
	p.line = 1234;
	p.prot[0].auth = MISSIU_AUTH_SHA256;
	m = (struct pfkey_msg){ .type = PFKEY_X_SPDUPDATE };
	pfkey_set_policy(&m, &p);
	assert_int_equal(ask(e, &peer, &m, NULL).err, 0);
	assert_int_equal(n_policy(e), 2);
	assert_true(missiu_policy_next(e, &cursor, &got, NULL));
	assert_int_equal(got.prot[0].auth, MISSIU_AUTH_SHA256);
	m.type = PFKEY_X_SPDDELETE; /* by directions and selectors */
	m.x_policy.id = 0;
	assert_int_equal(ask(e, &peer, &m, NULL).err, 0);
	assert_int_equal(ask(e, &peer, &m, NULL).err, ESRCH);
	assert_int_equal(n_policy(e), 1);
	m = (struct pfkey_msg){ .type = PFKEY_X_SPDFLUSH };
	assert_int_equal(ask(e, &peer, &m, NULL).err, 0);
	assert_int_equal(n_policy(e), 0);
	missiu_free(e);
}

static void test_pfkey_refuses_what_it_does_not_know(void **state)
{
	const uint8_t types[] = { 0, PFKEY_EXPIRE, 11, 12, 17, 20, 24, 255 };
	struct pfkey_peer peer = { 0 };
	struct missiu *e = engine();
	struct ctl_buf out = { 0 };
	struct pfkey_msg m;
	uint8_t runt[15] = { 2, PFKEY_FLUSH };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(types); i++) {
		m = (struct pfkey_msg){ .type = types[i] };
		assert_int_equal(ask(e, &peer, &m, NULL).err, EOPNOTSUPP);
	}
	assert_false(
		pfkey_serve(e, &peer, rd_from(runt, sizeof(runt)), NOW, &out));
	assert_int_equal(out.len, 0);
	missiu_free(e);
}

struct pfkey_ctx {
	struct missiu *m;
	struct pfkey_peer peer;
};

static bool feed_pfkey(void *p, struct rd r)
{
	struct missiu_change flush[2];
	struct pfkey_ctx *c = p;
	struct ctl_buf out = { 0 };
	struct pfkey_msg reply;
	size_t at = 0, len;
	bool ok = false;

	pfkey_serve(c->m, &c->peer, r, NOW, &out);
	while ((len = pfkey_msg_len(out.buf + at, out.len - at))) {
		assert_int_equal(
			pfkey_decode(rd_from(out.buf + at, len), &reply), 0);
		ok = reply.err != EBADMSG;
		at += len;
	}
	assert_int_equal(at, out.len);
	ctl_buf_fini(&out);
	memset(flush, 0, sizeof(flush));
	flush[0].kind = MISSIU_CHG_FLUSH_SA;
	flush[1].kind = MISSIU_CHG_FLUSH_POLICY;
	assert_int_equal(missiu_load(c->m, flush, 2, NOW, NULL, NULL), 0);
	return ok;
}

static void test_damaged_pfkey_messages_do_no_harm(void **state)
{
	const uint8_t types[] = { PFKEY_ADD,	     PFKEY_UPDATE,
				  PFKEY_DELETE,	     PFKEY_GETSPI,
				  PFKEY_X_SPDADD,    PFKEY_X_SPDUPDATE,
				  PFKEY_X_SPDDELETE, PFKEY_X_SPDGET };
	struct pfkey_ctx c = { .m = engine() };
	const struct missiu_sa sa = sa_manual();
	const struct missiu_policy p = policy_tunnel();
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(types); i++) {
		struct pfkey_msg m = { .type = types[i] };
		uint8_t buf[PFKEY_MSG_MAX];
		struct wr w = wr_to(buf, sizeof(buf));

		if (types[i] >= PFKEY_X_SPDUPDATE)
			pfkey_set_policy(&m, &p);
		else
			pfkey_set_sa(&m, &sa, true);
		if (i % 2) /* the full policy would hide the standard one */
			m.have &= ~(uint32_t)PFH_X_POLICY;
		pfkey_encode(&m, &w);
		refuses_cuts(buf, w.len, feed_pfkey, &c);
		survives_flips(buf, w.len, feed_pfkey, &c);
	}
	missiu_free(c.m);
}

static struct pfkey_msg event_msg(struct missiu *e,
				  const struct missiu_event *ev)
{
	struct ctl_buf out = { 0 };
	struct pfkey_msg m;

	pfkey_event(e, ev, &out);
	assert_int_equal(pfkey_msg_len(out.buf, out.len), out.len);
	assert_int_equal(pfkey_decode(rd_from(out.buf, out.len), &m), 0);
	same_event(&m.event, ev);
	ctl_buf_fini(&out);
	return m;
}

static void test_pfkey_events_speak_standard_too(void **state)
{
	struct missiu *e = engine();
	struct missiu_change c;
	struct missiu_event ev;
	struct pfkey_msg m;

	(void)state;
	memset(&c, 0, sizeof(c));
	c.kind = MISSIU_CHG_ADD_POLICY;
	c.policy = policy_transport();
	assert_int_equal(missiu_load(e, &c, 1, NOW, NULL, NULL), 0);
	memset(&ev, 0, sizeof(ev));
	ev.kind = MISSIU_EV_ACQUIRE;
	ev.policy_id = c.policy.id;
	ev.acquire_id = 31;
	ev.pkt_src = range_of("192.0.2.1", "192.0.2.1", 1, 0, 65535);
	ev.pkt_dst = range_of("192.0.2.2", "192.0.2.2", 1, 0, 65535);
	m = event_msg(e, &ev);
	assert_int_equal(m.type, PFKEY_ACQUIRE);
	assert_int_equal(m.seq, 31);
	assert_int_equal(m.satype, PFKEY_SA_ESP);
	assert_int_equal(m.pol.id, c.policy.id);
	assert_true(addr_eq(&m.dst.addr, &ev.pkt_dst.lo));
	assert_int_equal(m.dst.plen, 32);
	assert_int_equal(m.prop.n, 1);
	assert_int_equal(m.prop.v[0].encr, 12); /* AES-CBC */
	assert_int_equal(m.prop.v[0].auth, 3);	/* HMAC-SHA1 */
	memset(&ev, 0, sizeof(ev));
	ev.kind = MISSIU_EV_SOFT;
	ev.proto = MISSIU_ESP;
	ev.spi = 0x1001;
	ev.dst = addr_of("192.0.2.2");
	m = event_msg(e, &ev);
	assert_int_equal(m.type, PFKEY_EXPIRE);
	assert_true(m.have & PFH_LIFE_SOFT);
	assert_int_equal(m.sa.spi, 0x1001);
	ev.kind = MISSIU_EV_HARD;
	m = event_msg(e, &ev);
	assert_true(m.have & PFH_LIFE_HARD);
	ev.kind = MISSIU_EV_SA_DELETED;
	assert_int_equal(event_msg(e, &ev).type, PFKEY_DELETE);
	ev.kind = MISSIU_EV_NAT_CHANGE;
	ev.addr = addr_of("198.51.100.1");
	ev.port = 7777;
	m = event_msg(e, &ev);
	assert_int_equal(m.type, PFKEY_X_NEW_MAPPING);
	assert_int_equal(m.nat_dport, 7777);
	assert_true(addr_eq(&m.dst.addr, &ev.addr));
	memset(&ev, 0, sizeof(ev));
	ev.kind = MISSIU_EV_SPD_CHANGED;
	assert_int_equal(event_msg(e, &ev).type, PFKEY_X_PCHANGE);
	missiu_free(e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sa_is_added_once_moved_and_deleted),
		cmocka_unit_test(test_dump_shows_keys_only_when_asked),
		cmocka_unit_test(
			test_policies_are_added_counted_dumped_removed),
		cmocka_unit_test(
			test_load_is_all_or_nothing_and_names_the_bad_change),
		cmocka_unit_test(test_load_with_a_huge_count_costs_nothing),
		cmocka_unit_test(
			test_daemons_own_and_unknown_requests_are_refused),
		cmocka_unit_test(test_requests_without_argument_take_none),
		cmocka_unit_test(test_damaged_arguments_do_no_harm),
		cmocka_unit_test(test_pfkey_sa_lives_through_all_messages),
		cmocka_unit_test(test_pfkey_getspi_then_update_adds),
		cmocka_unit_test(test_pfkey_register_tells_what_works),
		cmocka_unit_test(test_pfkey_dump_and_flush_go_by_type),
		cmocka_unit_test(test_pfkey_policy_lives_through_all_messages),
		cmocka_unit_test(test_pfkey_refuses_what_it_does_not_know),
		cmocka_unit_test(test_damaged_pfkey_messages_do_no_harm),
		cmocka_unit_test(test_pfkey_events_speak_standard_too),
	};

	return cmocka_run_group_tests(tests, make_samples, NULL);
}
