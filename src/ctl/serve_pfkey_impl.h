/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of PF_KEY's server side share. Nobody else includes this. */
#ifndef CTL_SERVE_PFKEY_IMPL_H
#define CTL_SERVE_PFKEY_IMPL_H

#include "ctl/buf.h"
#include "ctl/pfkey.h"

/* What a handler works with. */
struct pfkey_job {
	struct missiu *m;
	struct pfkey_peer *peer;
	const struct pfkey_msg *in;
	missiu_usec now;
	struct ctl_buf *out;
	struct missiu_diag diag;
	bool changed;
};

/* --- serve_pfkey.c */

/** pfkey_emit() - append a message; Return: 0, MISSIU_ENOMEM */
int pfkey_emit(struct ctl_buf *out, const struct pfkey_msg *msg);

/**
 * pfkey_reply_to() - the beginning of a reply
 *
 * It names its request by type, seq and pid (RFC 2367 2.1).
 */
struct pfkey_msg pfkey_reply_to(const struct pfkey_msg *in);

/** pfkey_load_and_ack() - run changes; on success reply with the base message
 * only; Return: as missiu_load(), MISSIU_ENOMEM */
int pfkey_load_and_ack(struct pfkey_job *j, struct missiu_change *v, size_t n);

/**
 * pfkey_dump_is_empty() - the reply to a DUMP of nothing
 *
 * The end of a dump is seq 0; that of an empty one is ENOENT. Return: 0,
 * MISSIU_ENOMEM.
 */
int pfkey_dump_is_empty(struct pfkey_job *j);

/*
 * Handlers of messages that concern the SAD and the SPD. Each replies itself
 * when it succeeds and may put words to its error into .diag. Return: 0 or a
 * negative error, which the caller tells the client.
 */

/* --- serve_pfkey_sad.c */

int pfkey_sad_add(struct pfkey_job *j);
int pfkey_sad_update(struct pfkey_job *j);
int pfkey_sad_delete(struct pfkey_job *j);
int pfkey_sad_get(struct pfkey_job *j);
int pfkey_sad_getspi(struct pfkey_job *j);
int pfkey_sad_flush(struct pfkey_job *j);
int pfkey_sad_dump(struct pfkey_job *j);

/* --- serve_pfkey_spd.c */

int pfkey_spd_add(struct pfkey_job *j);
int pfkey_spd_update(struct pfkey_job *j);
int pfkey_spd_delete(struct pfkey_job *j);
int pfkey_spd_get(struct pfkey_job *j);
int pfkey_spd_dump(struct pfkey_job *j);
int pfkey_spd_flush(struct pfkey_job *j);

/**
 * pfkey_find_policy() - by its id when @p has one, else by directions and
 * selectors
 * @found: out: the policy in force
 */
bool pfkey_find_policy(const struct missiu *m, const struct missiu_policy *p,
		       struct missiu_policy *found);

#endif
