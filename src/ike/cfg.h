/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Addresses that one side of an IKE SA assigns to the other (RFC 7296 2.19).
 *
 * As responder (cfg_server.c): a peer statement with a pool gives each identity
 * a lease, and all tunnels of that IKE SA are narrowed to it. As initiator
 * (cfg_client.c): what came, checked, becomes an action IKE_NET. It stays
 * while the IKE SA or its successors live, and a while longer, so that a peer that
 * comes back finds it as it was.
 */
#ifndef IKE_CFG_H
#define IKE_CFG_H

#include "ike/exchange.h"
#include "ike/lease.h"
#include "ike/rules.h"

/** What was assigned over one IKE SA. */
struct ike_cfg {
	bool ours;		   /* we got it; else the peer */
	struct missiu_addr vip[2]; /* IPv4, IPv6; family 0: none */
	struct lease *lease[2];	   /* the peer's; references */
	struct ike_net net;	   /* ours; its routes are made of: */
	uint8_t n_subnet;
	struct missiu_range subnet[CTL_NET_ROUTES];
};

/** cfg_wanted() - whether we ask this SA's peer for addresses */
bool cfg_wanted(const struct ike_sa *sa);

/** cfg_put_request() - CP(CFG_REQUEST), if wanted */
void cfg_put_request(struct ike *ike, const struct ike_sa *sa,
		     struct ike_build *b);

/**
 * cfg_take_reply() - what the answer to it assigns; attributes that were not
 * asked for are ignored
 * @diag: out: what is missing or wrong
 *
 * Return: 0, also when nothing was wanted; MISSIU_EPROTO: no child can work.
 */
int cfg_take_reply(struct ike_ctx *ctx, struct missiu_diag *diag);

/** cfg_child_up() - routes follow the selectors of our children */
void cfg_child_up(struct ike *ike, struct ike_sa *sa);

/**
 * cfg_answer() - assign what a CFG_REQUEST asks for and write CP(CFG_REPLY)
 * @child: a child SA is wanted with it
 *
 * Logs a failure. Return: 0, or the notify that refuses the child.
 */
int cfg_answer(struct ike_ctx *ctx, bool child);

/** cfg_inform() - CP in an INFORMATIONAL request (3.15): nothing is assigned */
void cfg_inform(struct ike_ctx *ctx);

/** cfg_narrow_local(), cfg_narrow_remote() - leave of selectors what the side
 * that was assigned addresses may have: all where nothing is to be assigned */
void cfg_narrow_local(const struct ike_sa *sa, struct ike_ts_list *list);
void cfg_narrow_remote(const struct ike_sa *sa, struct ike_ts_list *list);

/** cfg_holder() - the SA whose peer has an address of a pool; NULL: nobody */
struct ike_sa *cfg_holder(const struct ike *ike,
			  const struct missiu_addr *addr);

/** cfg_is_pooled() - whether a policy's remote side lies in a peer's pool */
bool cfg_is_pooled(const struct ike *ike, const struct missiu_policy *pol);

/** cfg_take_over() - @sa replaces @old */
void cfg_take_over(struct ike *ike, struct ike_sa *old, struct ike_sa *sa);

/** cfg_release() - the SA is over; leases and addresses are kept for its return */
void cfg_release(struct ike *ike, struct ike_sa *sa);

/** cfg_free() - the same without telling anybody */
void cfg_free(struct ike_sa *sa);

/** virt_undo() - an operator ends it: what this SA's peer assigned goes at once;
 * @sa NULL: of all */
void virt_undo(struct ike *ike, const struct ike_sa *sa);

/** virt_tick() - take back what was kept long enough; Return: when next */
missiu_usec virt_tick(struct ike *ike);

/** virt_free() - forget all */
void virt_free(struct ike *ike);

/* Between the two files. */
struct virt;
void virt_lost(struct ike *ike, const struct ike_sa *sa);
void virt_moved(struct ike *ike, const struct ike_sa *old,
		const struct ike_sa *sa);

#endif
