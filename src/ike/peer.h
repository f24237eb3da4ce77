/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Peers as the core knows them: how each is authenticated, and what is
 * negotiated with it.
 *
 * Theory of operation. ike->peers lists them in order of loading; the last is
 * the nameless one that the options of ike(8) describe, if they have keys. An
 * IKE SA holds a reference to its peer from IKE_SA_INIT on, so nothing dangles
 * when peers are loaded again. Who it is becomes known in steps: an initiator
 * picks by policy and address; a responder by address in IKE_SA_INIT, where the
 * suite is chosen, and by address and identity in IKE_AUTH, before anything is
 * verified. The best fit alone counts there: when its secret or its proposals
 * say no, no other peer is tried.
 */
#ifndef IKE_PEER_H
#define IKE_PEER_H

#include "ike/cred.h"
#include "ike/idmatch.h"
#include "ike/peer_index.h"
#include "ike/proposal.h"

struct ike_sa;

struct ike_peer {
	unsigned refs;	/* of SAs, and one of the list */
	bool gone;	/* no longer in the list: nothing new with it */
	bool replaced;	/* while peers are loaded: by one of that name */
	uint8_t source; /* enum ike_peer_source */
	char file[80];	/* end of the name of the file it stood in */
	struct missiu_peer conf; /* as written; name "" for the options' */
	struct ike_id id;	 /* ours; type 0: the local address */
	struct ike_idpat peer_id[MISSIU_PEER_LIST_MAX]; /* none: any */
	uint8_t n_peer_id;
	struct ike_psk *psk; /* secrets; never empty for the options' peer */
	size_t n_psk;
	struct ike_ppk *ppk; /* RFC 8784; the first is the one we ask for */
	size_t n_ppk;
	bool ppk_required;
	struct ike_cred *cred;	     /* certificates; NULL: none; a reference */
	struct ike_proposals accept; /* for IKE SAs */
	struct missiu_pfs pfs;	     /* of child SAs; never n 0 */
	uint32_t ike_life_s, child_life_s;
	uint32_t reauth_s; /* authenticate anew after; 0: never */
	uint32_t dpd_s;	   /* 0: never ask */
	uint8_t encap;	   /* enum missiu_encap */
	uint8_t tcp;	   /* enum missiu_tcp */
};

/** A peer that fits, and how well. */
struct peer_hit {
	struct ike_peer *peer;	   /* NULL: none fits */
	const struct ike_psk *psk; /* of the peer; NULL: none of its fits */
	unsigned id_rank;	   /* ike_idpat_fit() */
	unsigned addr_rank;	   /* 0: any address; higher: fewer addresses */
};

/** Text of peer_where(), by value. */
struct peer_where {
	char s[160];
};

/** peer_get() - one more reference */
struct ike_peer *peer_get(struct ike_peer *p);

/** peer_put() - one less; the last wipes and frees; NULL is fine */
void peer_put(struct ike_peer *p);

/**
 * peer_new() - compile a peer
 * @in:  its configuration; moved out of on success only
 * @key: out: the keyword that was refused
 *
 * Return: NULL on failure, @diag says why.
 */
struct ike_peer *peer_new(const struct ike *ike, struct ike_peer_conf *in,
			  enum missiu_peer_key *key, struct missiu_diag *diag);

/**
 * peer_of_options() - the nameless peer of the options; NULL: no memory
 * @conf: its psk and ppk; all else is taken from ike->conf
 */
struct ike_peer *peer_of_options(const struct ike *ike,
				 const struct ike_conf *conf);

/** peer_same() - nothing that was written, and no secret, differs */
bool peer_same(const struct ike_peer *a, const struct ike_peer *b);

/**
 * peer_proposals() - read and check proposals for IKE SAs
 * @text:  "aes128gcm16-prfsha256-x25519,…"
 * @group: only this group; 0: those of @text
 */
int peer_proposals(const char *text, uint16_t group, struct ike_proposals *out,
		   struct missiu_diag *diag);

/** peer_where() - "peer berlin (/etc/x.conf:12)"; "the options of ike" */
struct peer_where peer_where(const struct ike_peer *p);

/** peer_knob() - where its values are set, for explain.h; NULL: by options */
const char *peer_knob(const struct ike_peer *p, struct peer_where *buf);

/** peer_range_rank() - 0: any address; higher: fewer addresses. IPv4 counts as
 * long as IPv6. */
unsigned peer_range_rank(const struct missiu_range *r);

/** peer_allows() - whether its addresses may be these */
bool peer_allows(const struct ike_peer *p, const struct missiu_addr *local,
		 const struct missiu_addr *remote);

/**
 * peer_fit() - whether a peer is allowed for these addresses and identity
 * @id:  the peer's; NULL: not known yet
 * @hit: out when it is
 */
bool peer_fit(struct ike_peer *p, const struct missiu_addr *local,
	      const struct missiu_addr *remote, const struct ike_id *id,
	      struct peer_hit *hit);

/** peer_find() - the best fit; hit.peer NULL: none. As above */
struct peer_hit peer_find(const struct ike *ike,
			  const struct missiu_addr *local,
			  const struct missiu_addr *remote,
			  const struct ike_id *id);

/** A walk over the peers that fit addresses. */
struct peer_walk {
	const struct ike *ike;
	const struct missiu_addr *local, *remote;
	struct peer_run run[PEER_RUNS_MAX];
	size_t n;
	uint32_t last;		 /* order of the one last given */
	struct peer_hit options; /* the options' peer, until it was given */
};

/**
 * peer_walk() - begin a walk, the most closely bound first, then in order of
 * loading; the options' peer after all others bound as closely
 * @local, @remote: borrowed
 */
void peer_walk(const struct ike *ike, const struct missiu_addr *local,
	       const struct missiu_addr *remote, struct peer_walk *w);

/** peer_walk_next() - Return: false at the end */
bool peer_walk_next(struct peer_walk *w, struct peer_hit *hit);

/**
 * peer_for_policy() - who is on the other end of a policy, for an initiator
 * @diag: out: why hit.peer is NULL
 */
struct peer_hit peer_for_policy(const struct ike *ike,
				const struct missiu_policy *pol,
				const struct missiu_addr *local,
				const struct missiu_addr *remote,
				struct missiu_diag *diag);

/**
 * peer_may_have() - whether an SA's peer may have a policy
 *
 * One that names a peer is for that peer. Of the others, one whose remote end
 * is a single address is for those peers only whose addresses are as closely
 * bound to it as any named peer's: whoever has a key for everybody must not
 * take over what belongs to somebody.
 */
bool peer_may_have(const struct ike *ike, const struct ike_sa *sa,
		   const struct missiu_policy *pol);

/** peer_take() - the SA is with this peer: identity, key, reference */
void peer_take(const struct ike *ike, struct ike_sa *sa,
	       const struct peer_hit *hit);

#endif
