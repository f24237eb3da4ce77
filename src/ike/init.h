/* SPDX-License-Identifier: Apache-2.0 */
/*
 * IKE_SA_INIT: init.c begins and follows the answers, init_answer.c answers. What
 * rules.def names is in handlers.h.
 */
#ifndef IKE_INIT_H
#define IKE_INIT_H

#include "ike/sa.h"

/** UDP ports (RFC 7296 2.23). */
#define INIT_PORT      500
#define INIT_PORT_NATT 4500

/**
 * init_start() - make an SA and send IKE_SA_INIT
 * @from: its peer redirected us here (RFC 5685); NULL: nobody did
 *
 * Return: the SA in INIT_SENT, tasks may be queued; NULL on failure, logged.
 */
struct ike_sa *init_start(struct ike *ike, const struct missiu_addr *local,
			  const struct missiu_addr *remote,
			  const struct peer_hit *hit,
			  const struct ike_sa *from);

/**
 * init_by_tcp() - begin again over TCP, by another IKE SA
 *
 * The tasks of @sa go there; it is closed.
 */
void init_by_tcp(struct ike *ike, struct ike_sa *sa);

/** init_tick() - believe a refusal that nothing has contradicted */
void init_tick(struct ike *ike, struct ike_sa *sa);

/**
 * init_duplicate() - whether a request is one that was answered already
 * @raw: the request; if so the answer is sent again
 */
bool init_duplicate(struct ike *ike, const struct ike_hdr *hdr,
		    const struct ike_end *local, const struct ike_end *remote,
		    struct chunk raw);

/** init_send_notify() - answer a clear request with one notify, no state */
void init_send_notify(struct ike *ike, const struct ike_hdr *hdr,
		      const struct ike_end *local, const struct ike_end *remote,
		      uint16_t type, struct chunk data);

/** init_takes_fragments() - whether both sides can (RFC 7383 2.3) */
static inline bool init_takes_fragments(const struct ike *ike,
					const struct ike_msg *m)
{
	return !ike->conf.no_fragments &&
	       ike_msg_notify(m, IKE_N_IKEV2_FRAGMENTATION_SUPPORTED);
}

#endif
