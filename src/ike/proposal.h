/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Proposals: what an SA payload offers, as text, as policy, and the choice
 * between two of them (RFC 7296 2.7, 3.3). One representation serves the wire,
 * the configuration and the match, so that logs show what was compared.
 */
#ifndef IKE_PROPOSAL_H
#define IKE_PROPOSAL_H

#include "ike/wire.h"
#include "missiu/err.h"
#include "missiu/types.h"

/** More in one SA payload is refused as MISSIU_EFULL. */
#define IKE_PROPOSALS_MAX 32
/** Transforms of all proposals of one SA payload together. */
#define IKE_TRANSFORMS_MAX 384

/** One transform (3.3.2). */
struct ike_transform {
	uint8_t type;	   /* enum ike_transform_type, or an unknown one */
	bool unusable;	   /* had an unknown attribute: never chosen (3.3.6) */
	uint16_t id;	   /* enum ike_encr_id ... by type */
	uint16_t key_bits; /* Key Length attribute; 0: none */
};

/** One proposal (3.3.1); its transforms are t[first .. first + n) of the set. */
struct ike_proposal {
	uint8_t number;	 /* from 1 */
	uint8_t proto;	 /* enum ike_proto; others are never chosen */
	uint8_t spi_len; /* 0, 4 or 8; bytes of spi used */
	uint8_t spi[IKE_SPI_LEN];
	uint16_t first, n;
};

/** The content of an SA payload, or what a configuration accepts. */
struct ike_proposals {
	uint16_t n, n_t; /* used entries of p and t */
	struct ike_proposal p[IKE_PROPOSALS_MAX];
	struct ike_transform t[IKE_TRANSFORMS_MAX];
};

/** One proposal with one transform of each type: what was agreed. */
struct ike_suite {
	uint8_t number;	 /* of the proposal in the offer */
	uint8_t proto;	 /* enum ike_proto */
	uint8_t spi_len; /* SPI of the peer: in its offer or answer */
	uint16_t types;	 /* bit 1 << type: to be present in the answer */
	uint8_t spi[IKE_SPI_LEN];
	uint16_t encr;	   /* enum ike_encr_id; AH: 0 */
	uint16_t key_bits; /* of encr; 0: fixed by the algorithm */
	uint16_t prf;	   /* IKE only, else 0 */
	uint16_t integ;	   /* IKE_INTEG_NONE with an AEAD */
	uint16_t dh;	   /* IKE_DH_NONE: no new exchange */
	uint16_t esn;	   /* enum ike_esn_id; IKE: 0 */
	/* Additional key exchanges in order of their types; NONE: not done. */
	uint16_t addke[IKE_ADDKE_MAX];
};

/** Room for the text of any one suite, NUL included. */
#define IKE_SUITE_TEXT_MAX 160

/** Our proposal for IKE SAs when none is configured (RFC 8247). */
extern const char ike_proposal_default[];

/**
 * ike_proposals_parse() - read a list in the field's notation
 * @text: "aes128gcm16-prfsha256-x25519,aes256-sha256-modp2048"; proposals are
 *        separated by commas (blanks around them are skipped), algorithms by
 *        '-'; several of one type are alternatives in order of preference.
 *        "default" stands for ours (IKE only).
 * @proto: enum ike_proto
 * @out:  out; unchanged on failure
 * @diag: out, may be NULL
 *
 * IKE: without a prf… the PRFs follow the integrity algorithms. ESP and AH:
 * without "esn" or "noesn" it is noesn. AEADs and others don't mix in one
 * proposal (3.3). Says nothing about support, see ike_proposals_usable().
 *
 * Return: 0, MISSIU_EINVAL, MISSIU_EFULL.
 */
int ike_proposals_parse(const char *text, uint8_t proto,
			struct ike_proposals *out, struct missiu_diag *diag);

/**
 * ike_proposals_text() - print; reads back to an equivalent set
 * @buf, @cap: out, NUL-terminated; cut with "..." when short. @cap >= 4
 *
 * Unknown transforms print as "type/id", e.g. "encr/1024".
 *
 * Return: bytes written without NUL.
 */
size_t ike_proposals_text(const struct ike_proposals *set, char *buf,
			  size_t cap);

/** ike_proposal_text() - the same for one proposal of a set */
size_t ike_proposal_text(const struct ike_proposals *set,
			 const struct ike_proposal *p, char *buf, size_t cap);

/**
 * ike_proposal_type_text() - the alternatives of one transform type
 * @p: a proposal of @set
 * @type: enum ike_transform_type
 *
 * "aes128-aes256", "none". Return: as ike_proposals_text().
 */
size_t ike_proposal_type_text(const struct ike_proposals *set,
			      const struct ike_proposal *p, uint8_t type,
			      char *buf, size_t cap);

/** ike_suite_text() - "aes256-sha256-modp2048"; @cap as above */
size_t ike_suite_text(const struct ike_suite *s, char *buf, size_t cap);

/**
 * ike_proposals_usable() - whether this build implements all of an IKE set
 * @diag: out, may be NULL: names the first algorithm that is missing
 *
 * Return: 0 or MISSIU_EUNSUP.
 */
int ike_proposals_usable(const struct ike_proposals *set,
			 struct missiu_diag *diag);

/**
 * ike_proposals_from_prot() - what a policy's protection offers and accepts
 * @prot: one template. ANY means the strong defaults of RFC 8221; key_len 0:
 *        128, 256 and last 192 bits; weak algorithms only when named
 * @no_esn: extended sequence numbers are not offered; otherwise both choices
 * @dh, @n_dh: groups for PFS in order; none for the child of IKE_AUTH. A
 *        group IKE_DH_NONE makes PFS optional
 * @out:  out
 * @diag: out, may be NULL
 *
 * Return: 0; MISSIU_EINVAL (no such combination), MISSIU_EUNSUP (no number).
 */
int ike_proposals_from_prot(const struct missiu_prot *prot, bool no_esn,
			    const uint16_t *dh, size_t n_dh,
			    struct ike_proposals *out,
			    struct missiu_diag *diag);

/**
 * ike_proposals_add_ke() - additional key exchanges at the end of every proposal
 * @from: a set: alternatives of all additional types that its proposals have,
 *        each once, first come first
 * @need: false: NONE is added to the alternatives of each type
 *
 * Return: 0 or MISSIU_EFULL.
 */
int ike_proposals_add_ke(struct ike_proposals *set,
			 const struct ike_proposals *from, bool need);

/** ike_proposals_has_addke() - whether one of the set has any but NONE */
bool ike_proposals_has_addke(const struct ike_proposals *set);

/** ike_proposals_drop_addke() - without the proposals that need one */
void ike_proposals_drop_addke(struct ike_proposals *set);

/** ike_suite_addke() - the additional methods in order; Return: how many */
size_t ike_suite_addke(const struct ike_suite *s,
		       uint16_t out[static IKE_ADDKE_MAX]);

/** ike_proposals_set_spi() - the same SPI in every proposal; @len 0, 4, 8 */
void ike_proposals_set_spi(struct ike_proposals *set, const uint8_t *spi,
			   uint8_t len);

/** ike_proposals_only_dh() - replace the groups of every proposal by one */
void ike_proposals_only_dh(struct ike_proposals *set, uint16_t group);

/** ike_proposals_first_dh() - group to send in KE first; 0: none */
uint16_t ike_proposals_first_dh(const struct ike_proposals *set);

/** ike_proposals_has_dh() - whether a proposal of the set has this group */
bool ike_proposals_has_dh(const struct ike_proposals *set, uint16_t group);

/** ike_proposal_offers() - whether a proposal contains this transform; an
 * absent type equals a single 0 */
bool ike_proposal_offers(const struct ike_proposals *set,
			 const struct ike_proposal *p, uint8_t type,
			 uint16_t id, uint16_t key_bits);

/**
 * ike_proposal_choose() - select from an offer what we accept
 * @offer:  the peer's SA payload
 * @accept: ours, in order of preference
 * @ke_group: group of the peer's KE payload: taken when both allow it, which
 *          saves a round trip; 0: none
 * @out:    out; spi is the offer's
 *
 * Our proposals in order, for each the offer's in order; within, our order of
 * transforms. No key exchange method is chosen twice (RFC 9370 2.2.1).
 * RFC 7296 3.3.6: proposals with unknown transform types and
 * transforms with unknown attributes are passed over. An absent INTEG, DH or
 * ESN equals a single NONE (0). AEADs go without INTEG (3.3).
 *
 * Return: 0 or MISSIU_ENOENT (no proposal chosen, see explain.h).
 */
int ike_proposal_choose(const struct ike_proposals *offer,
			const struct ike_proposals *accept, uint16_t ke_group,
			struct ike_suite *out);

/**
 * ike_proposal_check_answer() - an initiator's check of the responder's choice
 * @offer:  what we sent
 * @answer: the SA payload received
 * @out:    out; spi is the answer's
 * @diag:   out, may be NULL
 *
 * Exactly one proposal, with the number and protocol of one of ours, exactly
 * one transform of each type in it, each of them offered in that proposal.
 *
 * Return: 0 or MISSIU_EPROTO.
 */
int ike_proposal_check_answer(const struct ike_proposals *offer,
			      const struct ike_proposals *answer,
			      struct ike_suite *out, struct missiu_diag *diag);

/** ike_suite_to_proposals() - the answer's SA payload; spi: as in @s */
void ike_suite_to_proposals(const struct ike_suite *s,
			    struct ike_proposals *out);

/**
 * ike_suite_to_sa() - fill proto, encr, auth, icv_len, both key lengths and
 * the ESN flag of an SA description from a child's suite
 *
 * encr_key_len includes the salt. Nothing else of @sa is touched.
 *
 * Return: 0 or MISSIU_EUNSUP.
 */
int ike_suite_to_sa(const struct ike_suite *s, struct missiu_sa *sa);

#endif
