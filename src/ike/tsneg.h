/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Traffic selectors of a child SA: the offer, narrowing, and the check of the
 * answer (RFC 7296 2.9, 2.23.1). "local" and "remote" are as seen from here:
 * the initiator's TSi is its local side, the responder's TSr is its local.
 */
#ifndef IKE_TSNEG_H
#define IKE_TSNEG_H

#include "ike/msg.h"

/**
 * ike_ts_offer() - what an initiator offers for a policy
 * @pol:   a PROTECT policy
 * @pkt_local, @pkt_remote: the packet's own selectors from the ACQUIRE, put
 *         first as 2.9 asks; both NULL: none. With MISSIU_POL_UNIQUE they are
 *         all that is offered
 * @local, @remote: outer addresses: in transport mode the traffic's too
 * @tsl, @tsr: out
 *
 * A policy for any address becomes the whole range of the packet's family, or
 * of both without a packet.
 *
 * Return: 0; MISSIU_EINVAL when the packet or the addresses lie outside of the
 * policy.
 */
int ike_ts_offer(const struct missiu_policy *pol,
		 const struct missiu_ts *pkt_local,
		 const struct missiu_ts *pkt_remote,
		 const struct missiu_addr *local,
		 const struct missiu_addr *remote, struct ike_ts_list *tsl,
		 struct ike_ts_list *tsr);

/** What a responder narrows against. */
struct ike_ts_ctx {
	const struct missiu_policy *pol; /* in match order; borrowed */
	size_t n_pol;
	struct missiu_addr local, remote; /* ends of the IKE SA */
	uint8_t mode;			  /* enum missiu_mode asked for */
	bool nat_local, nat_remote;	  /* that end is behind a NAT */
	/* Whether the peer may have a policy that fits; NULL: any. */
	bool (*allowed)(const void *arg, const struct missiu_policy *pol);
	const void *allowed_arg;
	const char *who; /* it, for explanations */
};

/** A responder's choice. */
struct ike_ts_choice {
	const struct missiu_policy *pol;  /* of ike_ts_ctx.pol */
	struct ike_ts_list local, remote; /* for our SAs */
	struct ike_ts_list tsi, tsr;	  /* for the answer: differ from the
					     above only behind NATs */
	bool more; /* another policy takes other traffic of the offer (2.9) */
	bool single_pair; /* also on failure: a policy wants an SA for each
			     flow, the offer's first selectors name none */
};

/**
 * ike_ts_narrow() - a responder's choice of policy and selectors
 * @ctx: policies and addresses
 * @tsi, @tsr: as received
 * @out: out
 *
 * First the policy that covers the first selector of both lists (the packet's
 * own, 2.9), else the first that shares any traffic with the offer. Policies
 * of another mode or other tunnel ends, and traffic that an earlier BYPASS or
 * DISCARD policy takes away, don't count. With MISSIU_POL_UNIQUE only the first
 * selectors are granted, and only when they name one flow. In transport mode behind NATs the
 * addresses are exchanged as 2.23.1 says.
 *
 * Return: 0 or MISSIU_ENOENT (TS_UNACCEPTABLE, SINGLE_PAIR_REQUIRED).
 */
int ike_ts_narrow(const struct ike_ts_ctx *ctx, const struct ike_ts_list *tsi,
		  const struct ike_ts_list *tsr, struct ike_ts_choice *out);

/**
 * ike_ts_check() - an initiator's check of one list of the answer
 * @offer:  what we sent
 * @answer: what came back
 *
 * Return: 0; MISSIU_EPROTO when it is empty, has more than we can hold, or any
 * selector of it lies outside of the offer.
 */
int ike_ts_check(const struct ike_ts_list *offer,
		 const struct ike_ts_list *answer);

/**
 * ike_ts_list_text() - "10.0.0.0/8[tcp/80] 10.1.0.0/16"
 * @buf, @cap: out, NUL-terminated, cut with "..." when short; @cap >= 4
 *
 * Return: bytes written without NUL.
 */
size_t ike_ts_list_text(const struct ike_ts_list *list, char *buf, size_t cap);

#endif
