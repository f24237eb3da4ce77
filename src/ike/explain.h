/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why a negotiation failed, in one line: both sides' values, the first
 * difference, and the option that would make them meet. No secrets in it.
 */
#ifndef IKE_EXPLAIN_H
#define IKE_EXPLAIN_H

#include "ike/tsneg.h"
#include "ike/why.h"

/** Option of ike(8) that sets the IKE proposal; explanations name it. */
#define IKE_OPT_PROPOSAL "--ike-proposal"
/** Options of ike(8) that set the IKE SA's and the child SAs' groups. */
#define IKE_OPT_GROUP	  "-g"
#define IKE_OPT_PFS_GROUP "-G"
/** Option of ike(8) that turns extended sequence numbers off. */
#define IKE_OPT_NO_ESN "--no-esn"

/**
 * ike_explain_proposal() - a responder found nothing acceptable
 * @offer:  the peer's
 * @accept: ours, of one protocol
 * @where:  the peer's statement, whose keywords to change; NULL: the options
 * @pol:    the policy of ours; NULL: not from a policy
 * @why:    out
 *
 * "no proposal chosen: peer offers A; we accept B; first difference:
 * encryption (peer aes256, we aes128gcm16); add encr_algs aes keylength 32 to
 * policy 3 (line 7)"
 */
void ike_explain_proposal(const struct ike_proposals *offer,
			  const struct ike_proposals *accept, const char *where,
			  const struct missiu_policy *pol, struct ike_why *why);

/** ike_explain_refused() - the peer answered NO_PROPOSAL_CHOSEN to our offer;
 * @where, @pol as above */
void ike_explain_refused(const struct ike_proposals *offer, const char *where,
			 const struct missiu_policy *pol, struct ike_why *why);

/** ike_explain_group() - the peer answered INVALID_KE_PAYLOAD with a group that
 * we don't give a child SA; @where, @pol as above */
void ike_explain_group(const struct ike_proposals *offer, uint16_t group,
		       const char *where, const struct missiu_policy *pol,
		       struct ike_why *why);

/**
 * ike_explain_ts() - a responder found no policy for the selectors
 * @ctx: as given to ike_ts_narrow()
 * @tsi, @tsr: the peer's
 *
 * Names the policy that came nearest and what it lacked: mode, tunnel ends,
 * our side, the peer's side.
 */
void ike_explain_ts(const struct ike_ts_ctx *ctx, const struct ike_ts_list *tsi,
		    const struct ike_ts_list *tsr, struct ike_why *why);

/** ike_explain_ts_refused() - the peer answered TS_UNACCEPTABLE to our offer */
void ike_explain_ts_refused(const struct ike_ts_list *local,
			    const struct ike_ts_list *remote,
			    const struct missiu_policy *pol,
			    struct ike_why *why);

#endif
