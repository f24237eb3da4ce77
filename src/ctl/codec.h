/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes of the control protocol's arguments and results: big endian, exact
 * lengths, one encoding for each value. Writers assume valid values; readers
 * check every enum, range and length, and leave *out unspecified on failure.
 */
#ifndef CTL_CODEC_H
#define CTL_CODEC_H

#include "common/rd.h"
#include "common/wr.h"
#include "missiu/engine.h"

/* First byte of every argument, result and event that is not empty. */
#define CTL_VERSION 1

/* Upper bounds of encoded sizes. */
#define CTL_SA_BYTES	 1024
#define CTL_POLICY_BYTES 256
#define CTL_STATS_BYTES	 64
#define CTL_CHANGE_BYTES (1 + CTL_SA_BYTES)
#define CTL_EVENT_BYTES	 256

/** ctl_put_version(), ctl_get_version() - the first byte */
void ctl_put_version(struct wr *w);
must_check bool ctl_get_version(struct rd *r);

/** ctl_put_addr(), ctl_get_addr() - an address; family 0 is allowed */
void ctl_put_addr(struct wr *w, const struct missiu_addr *a);
must_check bool ctl_get_addr(struct rd *r, struct missiu_addr *out);

/** ctl_put_ts(), ctl_get_ts() - a traffic selector with lo <= hi */
void ctl_put_ts(struct wr *w, const struct missiu_ts *ts);
must_check bool ctl_get_ts(struct rd *r, struct missiu_ts *out);

/** ctl_put_ts_list(), ctl_get_ts_list() - a count and up to MISSIU_TS_MAX */
void ctl_put_ts_list(struct wr *w, const struct missiu_ts *v, uint8_t n);
must_check bool ctl_get_ts_list(struct rd *r, struct missiu_ts *v, uint8_t *n);

/** ctl_put_policy(), ctl_get_policy() - an SPD entry with its id */
void ctl_put_policy(struct wr *w, const struct missiu_policy *p);
must_check bool ctl_get_policy(struct rd *r, struct missiu_policy *out);

/** ctl_put_sa(), ctl_get_sa() - an SA; @keys: false: zeros instead of keys */
void ctl_put_sa(struct wr *w, const struct missiu_sa *sa, bool keys);
must_check bool ctl_get_sa(struct rd *r, struct missiu_sa *out);

/** ctl_put_sa_name(), ctl_get_sa_name() - proto, spi, dst only */
void ctl_put_sa_name(struct wr *w, const struct missiu_sa *sa);
must_check bool ctl_get_sa_name(struct rd *r, struct missiu_sa *out);

/**
 * ctl_put_sa_move(), ctl_get_sa_move() - argument of CTL_KEY_UPDATE: proto,
 * spi, old destination; new src, dst and encapsulation ports
 */
void ctl_put_sa_move(struct wr *w, const struct missiu_sa *sa,
		     const struct missiu_addr *old_dst);
must_check bool ctl_get_sa_move(struct rd *r, struct missiu_sa *out,
				struct missiu_addr *old_dst);

/** ctl_put_sa_stats(), ctl_get_sa_stats() */
void ctl_put_sa_stats(struct wr *w, const struct missiu_sa_stats *s);
must_check bool ctl_get_sa_stats(struct rd *r, struct missiu_sa_stats *out);

/** ctl_put_policy_stats(), ctl_get_policy_stats() */
void ctl_put_policy_stats(struct wr *w, const struct missiu_policy_stats *s);
must_check bool ctl_get_policy_stats(struct rd *r,
				     struct missiu_policy_stats *out);

/** ctl_put_change(), ctl_get_change() - one change of a transaction */
void ctl_put_change(struct wr *w, const struct missiu_change *c);
must_check bool ctl_get_change(struct rd *r, struct missiu_change *out);

/**
 * ctl_event_decode() - inverse of ctl_event_encode() (serve.h)
 *
 * Return: false when the bytes are not exactly one event; @out is untouched.
 */
must_check bool ctl_event_decode(struct rd r, struct missiu_event *out);

#endif
