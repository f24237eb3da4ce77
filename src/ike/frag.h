/* SPDX-License-Identifier: Apache-2.0 */
/*
 * IKE fragmentation (RFC 7383): a message that would need IP fragments is cut
 * into several, each sealed on its own, so that no stranger's fragment is kept.
 *
 *   | IKE header | SKF header | number | total | IV | part, padding | ICV |
 *   0            28           32       34      36                       len
 *
 * A "train" is one or more whole messages in a row; their headers say where
 * each ends. It is what requests and answers are kept as.
 */
#ifndef IKE_FRAG_H
#define IKE_FRAG_H

#include "ike/msg.h"
#include "ike/out.h"
#include "ike/sk.h"

/* Bounds of one message; an SA puts together one in each direction. */
#define FRAG_MAX       64
#define FRAG_BYTES_MAX 65535

/** Smallest datagram that we cut to. */
#define FRAG_SIZE_MIN 160

/** A message being put together: parts that passed the ICV. May hold secrets. */
struct ike_frag {
	uint32_t mid;
	uint8_t exchange;
	uint8_t first; /* type of the first payload; from fragment 1 */
	uint16_t total, n;
	size_t len;
	struct {
		uint8_t *p; /* NULL: not here yet */
		size_t len;
	} part[FRAG_MAX]; /* [0] is fragment 1 */
};

/** frag_free() - wipe and free; NULL is fine */
void frag_free(struct ike_frag *f);

/**
 * frag_wanted() - whether a fragment is worth opening
 * @f: what is there already; NULL: nothing
 * @m: its header and SKF payload
 *
 * Not one that is there, nor one of a coarser cut than the newest (2.6).
 */
bool frag_wanted(const struct ike_frag *f, const struct ike_msg *m);

/**
 * frag_add() - keep an opened fragment that is wanted
 * @f: in/out: made, or made anew for another message or a finer cut
 *
 * Return: true when the message is complete.
 */
bool frag_add(struct ike_frag **f, const struct ike_msg *m, struct chunk part);

/**
 * frag_join() - the payloads of a complete message
 * @out: out: heap, to be wiped and freed by the caller
 */
int frag_join(const struct ike_frag *f, uint8_t **out);

/** What to write a train with. */
struct frag_seal {
	struct sk_key *key;
	const struct rng *rng;
	size_t limit; /* bytes of one message; 0: never cut */
};

/**
 * frag_seal() - finish a message, in fragments when it is longer than the limit
 * @b:   as sk_seal(); used up
 * @out: out: the train, heap
 * @len: out: its bytes
 *
 * Return: 0, MISSIU_EFULL, MISSIU_ENOMEM, MISSIU_ECRYPTO: nothing may be sent.
 */
int frag_seal(const struct frag_seal *s, struct ike_build *b, uint8_t **out,
	      size_t *len);

/** frag_limit() - bytes for IKE in a datagram of @size bytes to this end */
size_t frag_limit(size_t size, const struct ike_end *remote);

/** train_send() - all messages of a train */
void train_send(struct out_queue *q, const struct ike_end *local,
		const struct ike_end *remote, struct chunk train);

#endif
