/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The documented single-engine calls. The documentation gives them neither a
 * context nor a time, so this file alone has a global and reads a clock.
 */
#include "missiu/ipsec.h"

#include <string.h>
#include <time.h>

#include "ipsec/frag.h"
#include "ipsec/reasm.h"

static struct missiu *the_engine;
static missiu_usec next_tick;

/* Fragments of IPSEC_fragRcv() and where a whole packet or a copy is. */
static struct reasm the_fragments;
static uint64_t the_drops[MISSIU_DROP_MAX];
static bool fragments_ready;
static uint8_t whole[MISSIU_HEADROOM + UINT16_MAX + MISSIU_TAILROOM];

static missiu_usec clock_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (missiu_usec)ts.tv_sec * 1000000 +
	       (missiu_usec)ts.tv_nsec / 1000;
}

int32_t IPSEC_init(void)
{
	/* These calls have no way to hand held packets back: keep few. */
	const struct missiu_opts opts = { .hold_max_pkts = 1,
					  .acquire_timeout_s = 1 };

	if (!the_engine)
		the_engine = missiu_new(&opts);
	next_tick = 0;
	return the_engine ? IPSEC_STATUS_OK : IPSEC_STATUS_ERROR;
}

int32_t IPSEC_flush(void)
{
	missiu_free(the_engine);
	the_engine = NULL;
	return IPSEC_STATUS_OK;
}

struct missiu *IPSEC_engine(void)
{
	return the_engine;
}

/* Reasons with a status of their own; the others are a plain DROP. */
static const int32_t status_of[MISSIU_DROP_MAX] = {
	[MISSIU_DROP_IN_FRAGMENT] = IPSEC_STATUS_FRAGMENTATION,
	[MISSIU_DROP_IN_NO_STATES] = IPSEC_STATUS_FINDSA_FAIL,
	[MISSIU_DROP_IN_STATE_SEQ] = IPSEC_STATUS_REPLAY,
	[MISSIU_DROP_IN_STATE_PROTO] = IPSEC_STATUS_AUTH_FAIL,
	[MISSIU_DROP_IN_STATE_MODE] = IPSEC_STATUS_MISMATCH,
	[MISSIU_DROP_IN_STATE_MISMATCH] = IPSEC_STATUS_MISMATCH,
	[MISSIU_DROP_IN_TMPL_MISMATCH] = IPSEC_STATUS_MISMATCH,
	[MISSIU_DROP_IN_DUMMY] = IPSEC_STATUS_DUMMY,
	[MISSIU_DROP_IN_KEEPALIVE] = IPSEC_STATUS_DUMMY,
	[MISSIU_DROP_OUT_FRAGMENT] = IPSEC_STATUS_FRAGMENTATION,
	[MISSIU_DROP_REASM_NO_ROOM] = IPSEC_STATUS_OVERFLOW,
	[MISSIU_DROP_OUT_TTL] = IPSEC_STATUS_TTL,
	[MISSIU_DROP_OUT_NO_ROOM] = IPSEC_STATUS_OVERFLOW,
	[MISSIU_DROP_OUT_TOO_BIG] = IPSEC_STATUS_OVERFLOW,
	[MISSIU_DROP_OUT_NO_STATES] = IPSEC_STATUS_GETSA_FAIL,
	[MISSIU_DROP_OUT_HOLD_FULL] = IPSEC_STATUS_GETSA_FAIL,
};

static int32_t status(const struct missiu_pkt *p)
{
	int32_t why;

	switch (p->verdict) {
	case MISSIU_V_CLEAR:
		return IPSEC_STATUS_BYPASS;
	case MISSIU_V_DONE:
		return IPSEC_STATUS_OK;
	case MISSIU_V_HELD: /* no policy was asked yet: a fragment */
		return p->policy_id ? IPSEC_STATUS_GETSA_FAIL :
				      IPSEC_STATUS_FRAGMENTATION;
	case MISSIU_V_USED: /* the host's stack may want to know it, too */
		return IPSEC_STATUS_BYPASS;
	case MISSIU_V_REPLY:
		return IPSEC_STATUS_TOO_BIG;
	case MISSIU_V_DROP:
		break;
	}
	why = status_of[p->drop];
	return why ? why : IPSEC_STATUS_DROP;
}

typedef size_t process_fn(struct missiu *m, struct missiu_pkt *v[], size_t n,
			  missiu_usec now);

static int32_t process(process_fn *fn, uint8_t *buf, uint16_t size,
		       uint16_t *len, uint16_t *off)
{
	missiu_usec now = clock_us();
	struct missiu_pkt p = { .head = buf, .cap = size }, *v = &p;
	int32_t ret;

	if (!the_engine || !buf || !len || !off || *off > size ||
	    *len > size - *off)
		return IPSEC_STATUS_ERROR;
	if (now >= next_tick)
		next_tick = missiu_tick(the_engine, now);
	p.data = buf + *off;
	p.len = *len ? *len : (size_t)(size - *off);
	fn(the_engine, &v, 1, now);
	ret = status(&p);
	if (ret != IPSEC_STATUS_OK && ret != IPSEC_STATUS_TOO_BIG)
		return ret;
	*len = (uint16_t)p.len;
	*off = (uint16_t)(p.data - buf);
	return ret;
}

static bool is_udp(const uint8_t *p, size_t len)
{
	struct ip_info ip;

	return ip_parse(p, len, &ip) == 0 && ip.proto == IP_P_UDP;
}

int32_t IPSEC_apply(uint8_t *buf, uint16_t size, uint16_t *len, uint16_t *off,
		    void *cookie)
{
	int32_t ret = process(missiu_outbound, buf, size, len, off);

	(void)cookie;
	if (ret == IPSEC_STATUS_OK && is_udp(buf + *off, *len))
		return IPSEC_STATUS_NATT;
	return ret;
}

int32_t IPSEC_permit(uint8_t *buf, uint16_t size, uint16_t *len, uint16_t *off,
		     void *cookie)
{
	(void)cookie;
	return process(missiu_inbound, buf, size, len, off);
}

int32_t IPSEC_fragInit(void)
{
	const struct reasm_conf conf = reasm_conf_default();

	if (!fragments_ready)
		reasm_init(&the_fragments, &conf, (uintptr_t)&conf, the_drops);
	fragments_ready = true;
	return IPSEC_STATUS_OK;
}

int32_t IPSEC_fragFlush(void)
{
	if (fragments_ready)
		reasm_fini(&the_fragments);
	fragments_ready = false;
	return IPSEC_STATUS_OK;
}

/* A copy that may grow in all directions. */
static struct missiu_pkt copy(const uint8_t *buf, uint16_t len)
{
	struct missiu_pkt p = { .head = whole,
				.cap = sizeof(whole) - MISSIU_TAILROOM,
				.data = whole + MISSIU_HEADROOM,
				.len = len };

	memmove(p.data, buf, len);
	return p;
}

int32_t IPSEC_fragRcv(uint8_t **buf, uint16_t *len)
{
	struct reasm_result res;
	struct missiu_pkt p;
	struct ip_info ip;

	if (!buf || !*buf || !len || ip_parse(*buf, *len, &ip))
		return IPSEC_STATUS_ERROR;
	if (ip.frag == IP_WHOLE)
		return IPSEC_STATUS_OK;
	if (ip.family == 4 && !ip4_sum_ok(*buf))
		return IPSEC_STATUS_DROP;
	IPSEC_fragInit();
	p = copy(*buf, *len);
	res = reasm_add(&the_fragments, &p, &ip, 0, clock_us());
	if (res.fate == REASM_KEPT)
		return IPSEC_STATUS_FRAGMENTATION;
	if (res.fate == REASM_DROP)
		return IPSEC_STATUS_DROP;
	*buf = p.data;
	*len = (uint16_t)p.len;
	return IPSEC_STATUS_OK;
}

/* Not 0; of what is in flight at one time, each packet has its own. */
static uint32_t next_id(void)
{
	static uint16_t id;

	if (!++id)
		++id;
	return id;
}

int32_t IPSEC_fragSnd(const uint8_t *buf, uint16_t len, uint16_t mtu,
		      IPSEC_fragSnd_cb *cb, void *ctx)
{
	struct frag_queue q;
	struct missiu_pkt p;
	struct ip_info ip;
	int32_t ret;
	bool lost;

	if (!buf || !cb || ip_parse(buf, len, &ip) ||
	    (ip.family == 6 && ip.frag != IP_WHOLE))
		return IPSEC_STATUS_ERROR;
	p = copy(buf, len);
	p.len = ip.len;
	frag_queue_init(&q);
	if (frag_cut(&q, &p, &ip, mtu, next_id()))
		return IPSEC_STATUS_OVERFLOW;
	do
		ret = cb(p.data, (uint16_t)p.len, ctx);
	while (!ret && frag_queue_get(&q, &p, &lost));
	frag_queue_fini(&q);
	return ret;
}
