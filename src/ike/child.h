/* SPDX-License-Identifier: Apache-2.0 */
/* Child SAs: keys, installation, removal. Negotiation: child_neg.h. */
#ifndef IKE_CHILD_H
#define IKE_CHILD_H

#include "ike/sa.h"

/**
 * A replaced SA still receives so long: what the peer has sent before it changed
 * over may be on its way, or wait in the data path behind other packets.
 */
#define CHILD_LINGER_US 3000000u

/** What a negotiation came to. The key parts hold secrets. */
struct child_new {
	const struct missiu_policy *pol;
	const struct ike_suite *suite;
	const struct ike_ts_list *local, *remote;
	uint32_t spi_in, spi_out;
	uint8_t mode;
	bool initiator; /* we sent the request */
	bool doomed;	/* made to be deleted at once: never sends */
	bool no_tfc;	/* ESP_TFC_PADDING_NOT_SUPPORTED was received */
	const struct ike_child *rekeyed; /* the one it replaces; NULL: none */
	struct chunk ni, nr, g_ir;
	struct chunk more; /* SK(1) | SK(2) … of IKE_FOLLOWUP_KE; len 0: none */
};

/** child_free() - wipe and free; the data path hears nothing */
void child_free(struct ike_child *c);

/** child_by_handle(), child_by_spi() - NULL: none. @out: SPI we send with */
struct ike_child *child_by_handle(const struct ike_sa *sa, uint64_t handle);
struct ike_child *child_by_spi(const struct ike_sa *sa, uint8_t proto,
			       uint32_t spi, bool out);

/** child_find() - in all IKE SAs; *@sa_out: the one it belongs to */
struct ike_child *child_find(const struct ike *ike, uint64_t handle,
			     struct ike_sa **sa_out);

/**
 * child_spi_taken() - whether an SA with the peer's SPI to an address exists
 * @but: its own child does not count; NULL: none
 *
 * The data path knows outbound SAs by both: whoever repeats a SPI, at its own
 * or at an address shared through a NAT, would take away another's SA.
 */
bool child_spi_taken(const struct ike *ike, uint8_t proto, uint32_t spi,
		     const struct missiu_addr *remote,
		     const struct ike_child *but);

/** child_new_spi() - fresh, random, at least 256; 0 on failure */
uint32_t child_new_spi(struct ike *ike);

/**
 * child_install() - derive keys and hand both SAs to the data path
 *
 * A child that replaces one at the peer's wish sends on the old one until the
 * peer's next request: it cannot receive before our answer has arrived.
 * Return: 0; negative: nothing was installed.
 */
int child_install(struct ike *ike, struct ike_sa *sa,
		  const struct child_new *n);

/**
 * child_stand_in() - the newest child in another SA of the same peer that serves
 * all that @c does, rather one that sends already; NULL: none
 *
 * It is there while a peer authenticates anew. A responder sends on the old one
 * until that goes, or five seconds, and the old one receives a little longer.
 */
struct ike_child *child_stand_in(const struct ike *ike, const struct ike_sa *sa,
				 const struct ike_child *c);

/** child_remove() - out of the data path and of the IKE SA; frees @c */
void child_remove(struct ike *ike, struct ike_sa *sa, struct ike_child *c);

/** child_stop_sending() - delete the outbound SA only: a newer one serves */
void child_stop_sending(struct ike *ike, struct ike_child *c);

/** child_start_sending() - install an outbound SA that was put off */
void child_start_sending(struct ike *ike, struct ike_child *c);

/** child_answer_arrived() - the peer has what we answered: send on all children */
void child_answer_arrived(struct ike *ike, struct ike_sa *sa);

/**
 * child_yield() - both sides rekeyed at once, and our @c lost to @rival (2.8.1)
 *
 * It is deleted when a request of the peer shows that it has the answer which made
 * @rival. Until then it is the only new one that both are known to have: it serves
 * if the old one ends, or if the peer deletes @rival.
 */
void child_yield(struct ike *ike, struct ike_sa *sa, struct ike_child *c,
		 const struct ike_child *rival);

/** child_yield_now() - after a request of the peer: those that lost go */
void child_yield_now(struct ike *ike, struct ike_sa *sa);

/** child_move() - the peer's address or port changed: update both SAs */
void child_move(struct ike *ike, struct ike_sa *sa, struct ike_child *c);

/** child_delete() - stop it and queue a DELETE to the peer */
void child_delete(struct ike *ike, struct ike_sa *sa, struct ike_child *c);

/** child_proto() - enum ike_proto to enum missiu_proto and back; 0: neither */
uint8_t child_proto_missiu(uint8_t ike_proto);
uint8_t child_proto_ike(uint8_t missiu_proto);

#endif
