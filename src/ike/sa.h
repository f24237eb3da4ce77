/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the core keeps: IKE SAs, their outstanding exchange, their tasks and
 * child SAs. Only the files of the core include this.
 *
 * Theory of operation. Every entry of core.h sets ike->now, works, and ends in
 * ike_sa_settle(): SAs that died are freed there and nowhere else, so that nothing
 * disappears under a handler; those that were touched get a new place in the
 * queue of timers there. What we want of a peer is a task in the SA's
 * queue; one task at a time becomes the outstanding request (window 1, RFC
 * 7296 2.3) and is kept in sa->x until its response, or until it is given up.
 * What a peer wants arrives as a request, is matched with the rules
 * (rules.def), handled, answered, and the answer cached for its duplicates.
 * Handlers parse and verify into locals and change the SA at their end.
 */
#ifndef IKE_SA_H
#define IKE_SA_H

#include "common/addr.h"
#include "crypto/kex.h"
#include "ike/ask.h"
#include "ike/cookie.h"
#include "ike/frag.h"
#include "ike/index.h"
#include "ike/msg.h"
#include "ike/nonce.h"
#include "ike/out.h"
#include "ike/peer.h"
#include "ike/policies.h"
#include "ike/sk.h"
#include "ike/timerq.h"
#include "ike/why.h"

/* Bounds. */
#define SA_CHILD_MAX   256 /* children of one IKE SA */
#define SA_TASK_MAX    64  /* queued wishes of one IKE SA */
#define SA_ACQUIRE_MAX 16  /* acquires waiting for one child */

/* Our nonces: at least half of any PRF's key, RFC 7296 2.10. */
#define SA_NONCE_LEN 32

/* name, text */
#define IKE_STATES(X)                                                          \
	X(NONE, "no SA")                                                       \
	X(INIT_SENT, "IKE_SA_INIT sent")                                       \
	X(INIT_RCVD, "IKE_SA_INIT answered")                                   \
	X(INTER_SENT, "IKE_INTERMEDIATE sent")                                 \
	X(AUTH_SENT, "IKE_AUTH sent")                                          \
	X(ESTABLISHED, "established")                                          \
	X(REKEYED, "replaced, waits for its deletion")                         \
	X(DELETING, "DELETE sent")                                             \
	X(CLOSED, "closed, answers duplicates")                                \
	X(DEAD, "gone")

enum ike_state {
#define X(name, text) IKE_S_##name,
	IKE_STATES(X)
#undef X
		IKE_S_MAX
};

struct child_more; /* child_more.h */

enum task_kind {
	TASK_NONE = 0,	/* IKE_SA_INIT and IKE_AUTH have no task */
	TASK_CHILD = 1, /* a new child SA */
	TASK_REKEY_CHILD = 2,
	TASK_REKEY_IKE = 4,
	TASK_DEL_CHILD = 8,
	TASK_DEL_IKE = 16,
	TASK_LIVENESS = 32,
	TASK_MOBIKE = 64, /* what mob->want says */
	TASK_REDIRECT = 128,
};

/** One wish of ours to the peer. */
struct ike_task {
	struct ike_task *next;
	enum task_kind kind;
	uint8_t tries;		/* times that the peer was busy */
	missiu_usec not_before; /* 0: at once */
	uint32_t policy_id;	/* CHILD */
	uint16_t group;		/* the peer asked for it; 0: as configured */
	bool has_pkt;		/* CHILD: caused by this packet: */
	bool only_pkt;		/* the peer wants no other selectors */
	struct missiu_ts pkt_local, pkt_remote;
	uint64_t child; /* REKEY_CHILD, DEL_CHILD: handle; 0: none */
	uint8_t proto;	/* DEL_CHILD: enum missiu_proto */
	uint32_t spi;	/* DEL_CHILD: the one we receive with */
	uint64_t
		like; /* CHILD: with the selectors of this one, of another SA */
	struct child_more *more; /* CHILD: these selectors; NULL: as the
				    policy says */
	uint8_t n_acq;		 /* CHILD: acquires to answer if it fails */
	uint32_t acq[SA_ACQUIRE_MAX];
};

/** What we offered and keep for the answer. Holds a private key. */
struct ike_neg {
	struct spi_taken taken; /* by a child to be */
	struct kex *kex;	/* NULL without a key exchange */
	struct follow *follow;	/* IKE_FOLLOWUP_KE; NULL: not, or not yet */
	uint8_t nonce[SA_NONCE_LEN];
	uint64_t spi; /* of the SA to be: child, or IKE SA */
	uint8_t mode; /* enum missiu_mode */
	struct missiu_policy pol;
	struct ike_proposals offer;
	struct ike_ts_list local, remote;
	/* The peer rekeyed the same at once (2.8.1, 2.8.2): what it made, a
	 * child's handle or our SPI of an IKE SA; and its lowest nonce. */
	uint64_t rival;
	struct nonce rival_low;
};

/** Our outstanding request. */
struct ike_xchg {
	uint8_t exchange; /* enum ike_exchange; 0: none outstanding */
	uint32_t mid;
	uint8_t *msg; /* the train as sent, for retransmission */
	size_t len;
	unsigned n_sent;
	missiu_usec interval_us, next_us; /* next_us: send again at */
	struct ike_task *task;		  /* NULL: IKE_SA_INIT, IKE_AUTH */
	struct ike_neg *neg;		  /* or NULL */
};

enum child_state {
	CHILD_UP,
	CHILD_REKEYED,	/* replaced; waits for deletion */
	CHILD_DELETING, /* DELETE queued or sent */
};

/** A pair of child SAs. */
struct ike_child {
	struct ike_child *next;
	struct ike_sa *sa; /* which it belongs to */
	struct hnode by_handle, by_spi_in, by_spi_out;
	uint64_t handle;   /* missiu_sa.owner of both */
	uint64_t replaces; /* handle of the child rekeyed; 0: none */
	enum child_state state;
	bool initiator;		/* we asked for it */
	bool rekeying;		/* a task for that exists */
	uint64_t asked_again;	/* ike_reauth.round that asked for its like */
	bool in_gone, out_gone; /* no longer in the data path */
	bool encap;
	uint8_t mode;
	uint32_t policy_id;
	uint32_t spi_in, spi_out;
	struct ike_suite suite;
	struct ike_ts_list local, remote;
	struct ike_end end_local, end_remote; /* as installed */
	uint64_t yields_to; /* handle: lost to that one of the peer's, and
			     * goes when the peer has it; 0: does not */
	struct missiu_sa *out_later; /* rekeyed by the peer: our outbound SA,
					installed when the old one goes */
	missiu_usec out_due_us;	     /* or at this time; then it yields, too */
	missiu_usec since_us;
};

/** Authentication anew, see reauth.h. Other SAs are named by our SPI; 0: none. */
struct ike_reauth {
	bool ours;	      /* we were the initiator of IKE_AUTH */
	bool made;	      /* to take the place of another */
	bool failed;	      /* it cannot: a child was refused */
	uint8_t tries;	      /* to have this one replaced */
	uint64_t by, of;      /* by: that shall take its place; of: whose */
	uint64_t round;	      /* marks children of the old one asked for */
	missiu_usec begin_us; /* begin then; 0: no more */
	missiu_usec end_us;   /* without success it ends; 0: never */
	missiu_usec drop_us;  /* the peer's took the place; 0: has not */
};

/** Bytes on the heap. */
struct blob {
	uint8_t *p;
	size_t len;
};

struct ike_sa {
	struct ike_sa *next, **pprev;
	struct ike_sa *touched_next;
	bool touched;
	struct timer timer; /* when ike_sa_due_us() says */
	struct hnode by_spi, by_remote, by_peer, half_open;
	enum ike_state state; /* written by ike_sa_set_state() only */
	bool initiator;	      /* of this IKE SA (header flag I) */
	uint64_t spi_i, spi_r;
	struct ike_end local, remote;
	/* Policies and acquires go by these; with MOBIKE those under which it was
	 * negotiated. */
	struct missiu_addr home_local, home_remote;
	struct mobike *mob; /* both support MOBIKE (RFC 4555); or NULL */
	struct ike_id id_local, id_remote;
	unsigned sig_hashes; /* the peer's, from auth_peer_hashes() */
	unsigned own_wanted; /* of our keys, from auth_wanted_keys() */
	bool wants_ocsp;     /* the peer asked for OCSP (RFC 4806) */

	struct ike_suite suite;
	struct key_algs algs;
	struct ike_keys keys;
	struct sk_key sk_in, sk_out;
	struct ike_peer *peer;	   /* a reference; NULL: not known yet */
	const struct ike_psk *psk; /* of peer, as long as that is; or NULL */

	/* Until established: */
	struct blob init_req, init_resp; /* IKE_SA_INIT as sent: signed */
	uint8_t ni[IKE_NONCE_MAX], nr[IKE_NONCE_MAX];
	size_t ni_len, nr_len;
	struct ike_proposals *offer; /* initiator */
	struct kex *kex;	     /* initiator: first key exchange */
	struct ike_inter *inter;     /* IKE_INTERMEDIATE; NULL: none agreed */
	uint8_t cookie[IKE_COOKIE_MAX];
	size_t cookie_len;
	bool childless; /* initiator: the peer takes IKE_AUTH without */
	bool use_ppk;	/* both announced it (RFC 8784) */
	struct ike_keys
		*no_ppk; /* initiator: the keys without, if that will do */
	unsigned init_retries;	/* COOKIE and INVALID_KE_PAYLOAD answers */
	char hint[128];		/* what an unprotected answer said */
	missiu_usec refused_us; /* initiator: unless a better answer comes until
				   then, a refusal is believed: */
	uint16_t refused_group; /* the one wanted by INVALID_KE_PAYLOAD, or
				   0: NO_PROPOSAL_CHOSEN */

	bool ppk_used; /* the keys have a PPK in them (RFC 8784) */
	bool natt;     /* the peer supports NAT traversal */
	bool nat_local, nat_remote, encap;
	uint8_t encap_why; /* enum encap_why */

	uint32_t mid_out, mid_in; /* next of ours, next of the peer's */
	struct ike_xchg x;
	struct blob reply; /* last answer, to mid_in - 1; a train */
	bool frag;	   /* both support fragments (RFC 7383) */
	struct ike_frag *frag_req, *frag_resp; /* coming in; or NULL */

	struct ike_cfg *cfg; /* addresses assigned; NULL: none (cfg.h) */

	struct park *park; /* a message that waits (park.h); NULL: none */
	uint32_t ask;	   /* for the answer to this question, */
	missiu_usec ask_until_us; /* until then; 0: it never waited */

	struct follow_in *follow; /* what waits for IKE_FOLLOWUP_KE */

	bool redirectable; /* the initiator follows REDIRECT (RFC 5685) */
	struct missiu_addr redirect_to; /* TASK_REDIRECT */
	/* Ours as initiator: */
	bool redirects;			    /* we announced that we follow */
	struct missiu_addr redirected_from; /* by this gateway; or family 0 */
	uint8_t n_redirect; /* one after the other, since redirect_us */
	missiu_usec redirect_us;

	uint64_t replaces; /* our SPI of the SA that it took over from; or 0 */
	uint64_t rival_of; /* our SPI of the SA that this one, made by the peer,
			      may replace: ours may do it too; 0: decided */

	struct ike_reauth ra;

	struct ike_task *tasks;
	size_t n_task;
	struct ike_child *children;
	size_t n_child;

	missiu_usec created_us, established_us; /* 0: not established */
	missiu_usec heard_us, sent_us;
	missiu_usec rekey_us, expire_us; /* established; 0: never */
	missiu_usec close_us;		 /* REKEYED, CLOSED: until then */
};

/** What strangers can make us send; see limit_rate(). */
struct limit_rate {
	missiu_usec from; /* of the second that is counted */
	unsigned n;
};

/** The core. */
struct ike {
	struct ike_conf conf;	/* defaults filled in; psk NULL */
	struct ike_peer **peer; /* references; the options' one is last */
	size_t n_peer;
	struct peer_index *pix; /* of these */
	struct rng rng;
	struct rng_pool pool;	     /* of rng, unless it is an option */
	struct ike_proposals accept; /* for IKE SAs; unless a peer says */
	struct policies *pols;	     /* NULL: none yet */
	struct ike_sa *sas;	     /* newest first */
	size_t n_sa;
	struct ike_index *ix;
	struct timerq timers;	   /* of IKE SAs */
	struct ike_sa *touched;	   /* worked on since the last settling */
	struct limit_rate unknown; /* answers to unknown IKE SAs */
	uint64_t n_settled;	   /* for tests */
	uint64_t last_handle;
	struct leases *leases; /* given to peers */
	struct virt *virts;    /* given to us (cfg_client.c) */
	struct asks asks;      /* about certificates of peers */
	struct park *parked;   /* messages that wait for the answers */
	size_t n_parked;
	struct missiu_addr local[IKE_LOCALS_MAX];
	size_t n_local;
	bool locals_known; /* ike_local_addresses() was called */
	struct cookie_jar jar;
	struct out_queue out;
	struct ike_counters n;
	missiu_usec now;
};

/** The SPI that we chose. */
static inline uint64_t ike_sa_own_spi(const struct ike_sa *sa)
{
	return sa->initiator ? sa->spi_i : sa->spi_r;
}

/** 'I' or 'R', for logs. */
static inline char ike_sa_role(const struct ike_sa *sa)
{
	return sa->initiator ? 'I' : 'R';
}

/** ike_end_eq() - the same address, port and way */
static inline bool ike_end_eq(const struct ike_end *a, const struct ike_end *b)
{
	return a->port == b->port && a->via == b->via &&
	       addr_eq(&a->addr, &b->addr);
}

/** ike_state_name() - e.g. "ESTABLISHED" */
const char *ike_state_name(enum ike_state s);

/** ike_sa_new() - an SA in state NONE with a fresh SPI of ours; NULL: no memory */
struct ike_sa *ike_sa_new(struct ike *ike, bool initiator,
			  const struct ike_end *local,
			  const struct ike_end *remote);

/** ike_sa_new_spi() - a fresh SPI for an IKE SA; 0 on failure */
uint64_t ike_sa_new_spi(struct ike *ike);

/** ike_sa_insert() - index it by its own SPI, which must be set */
void ike_sa_insert(struct ike *ike, struct ike_sa *sa);

/** ike_sa_free() - wipe and free one that is in no list */
void ike_sa_free(struct ike_sa *sa);

/** ike_sa_find() - by the SPI that we chose; NULL: none */
struct ike_sa *ike_sa_find(const struct ike *ike, uint64_t own_spi);

/**
 * ike_sa_by_peer() - the newest one that can take tasks for these ends
 * @pol: for this policy; NULL: any
 */
struct ike_sa *ike_sa_by_peer(const struct ike *ike,
			      const struct missiu_addr *local,
			      const struct missiu_addr *remote,
			      const struct missiu_policy *pol);

/** ike_sa_set_state() - the only writer of sa->state; checks the rule table */
void ike_sa_set_state(struct ike *ike, struct ike_sa *sa, enum ike_state to);

/** ike_sa_established() - state, times, counters, the "Created" line */
void ike_sa_established(struct ike *ike, struct ike_sa *sa);

/**
 * ike_sa_close() - the SA is over: children and tasks go with it
 * @linger: true: answers duplicates for a while; false: is freed at once
 */
void ike_sa_close(struct ike *ike, struct ike_sa *sa, bool linger);

/**
 * ike_sa_fail() - close and log "IKE_SA Failed" with a reason: a negotiation ended
 * @linger: as ike_sa_close()
 * @status: name of the notify sent or received, or TIMEOUT
 */
__attribute__((format(printf, 5, 6))) void
ike_sa_fail(struct ike *ike, struct ike_sa *sa, bool linger, const char *status,
	    const char *fmt, ...);

/** ike_sa_fail_why() - the same with a reason in parts */
void ike_sa_fail_why(struct ike *ike, struct ike_sa *sa, bool linger,
		     const char *status, const struct ike_why *why);

/** ike_sa_drop() - close at once; one DELETE tells the peer, no answer is awaited */
void ike_sa_drop(struct ike *ike, struct ike_sa *sa, const char *why);

/** ike_sa_give_back() - put an exchange back so that ike_sa_close() fails its task */
void ike_sa_give_back(struct ike_sa *sa, struct ike_xchg *x);

/** ike_sa_deleted() - log "IKE_SA Deleted" */
void ike_sa_deleted(struct ike *ike, const struct ike_sa *sa, const char *why);

/** ike_sa_touch() - something may have changed that ike_sa_settle() cares for */
void ike_sa_touch(struct ike *ike, struct ike_sa *sa);

/** ike_sa_settle() - of those touched free the dead, set timers of the others */
void ike_sa_settle(struct ike *ike);

/** ike_sa_due_us() - when the next is to be done for it; UINT64_MAX: never */
missiu_usec ike_sa_due_us(const struct ike *ike, const struct ike_sa *sa);

/** ike_sa_tick() - do for it what is due */
void ike_sa_tick(struct ike *ike, struct ike_sa *sa);

/** ike_sa_of_timer() - whose timer it is; NULL: NULL */
struct ike_sa *ike_sa_of_timer(struct timer *t);

/**
 * ike_sa_set_ends() - an end is at another address or port
 *
 * The home addresses go along, unless the SA has MOBIKE or was redirected.
 */
void ike_sa_set_ends(struct ike *ike, struct ike_sa *sa,
		     const struct ike_end *local, const struct ike_end *remote);

/** ike_sa_set_keys() - make the message keys from sa->keys and sa->algs */
void ike_sa_set_keys(struct ike_sa *sa);

/** ike_sa_tell_keys() - to --save-keys, if that is wanted; after each change */
void ike_sa_tell_keys(struct ike *ike, const struct ike_sa *sa);

/** ike_sa_algs() - sizes of an IKE suite; Return: 0 or MISSIU_EUNSUP */
int ike_sa_algs(const struct ike_suite *s, struct key_algs *out);

/** ike_sa_lifetimes() - set rekey and expiry from the configuration */
void ike_sa_lifetimes(struct ike *ike, struct ike_sa *sa);

/** blob_set() - copy; Return: 0 or MISSIU_ENOMEM */
int blob_set(struct blob *b, struct chunk from);

/** blob_clear() - free */
void blob_clear(struct blob *b);

/** blob_chunk() - as a chunk */
static inline struct chunk blob_chunk(const struct blob *b)
{
	return (struct chunk){ b->p, b->len };
}

#endif
