/* SPDX-License-Identifier: Apache-2.0 */
/* One compiled SA: what every packet of it needs, ready for use. */
#ifndef IPSEC_SA_H
#define IPSEC_SA_H

#include "crypto/auth.h"
#include "crypto/crypt.h"
#include "ipsec/ip.h"
#include "ipsec/replay.h"
#include "missiu/drop.h"
#include "missiu/types.h"

/** SPI and sequence number. */
#define ESP_HDR_LEN 8
/** Pad length and next header. */
#define ESP_TRAILER_LEN 2
/** Outer IPv6 and UDP header. */
#define SA_HDR_MAX (IP6_HDR_LEN + UDP_HDR_LEN)

/** End of a batch list, see struct sa. */
#define SA_BATCH_END UINT16_MAX

struct policy;

/* What silence.c knows of an outbound SA. */
struct sa_silence {
	missiu_usec check_us; /* look then; UINT64_MAX: never */
	missiu_usec heard_us; /* its mate received, last */
	missiu_usec sent_us;  /* it had sent, at the last look that counted */
	missiu_usec told_us;  /* MISSIU_EV_HEARD */
	uint8_t looks;	      /* that heard nothing */
};

struct sa {
	struct missiu_sa d; /* as given, keys included */
	struct missiu_sa_stats stats;
	struct crypt_key *key; /* ESP */
	struct auth_key *auth; /* AH; one of the two is NULL */
	struct crypt_sizes sz; /* block is at least 4; AH: of its ICV field */
	uint64_t serial;       /* order of installation, from 1 */

	/* Outbound half. */
	uint64_t seq;		    /* last sent */
	uint64_t seq_soft, seq_max; /* ask for a new SA; never exceeded */
	uint8_t hdr[SA_HDR_MAX];    /* outer IP and UDP header, tunnel mode */
	uint8_t ip_len,
		udp_len;	/* bytes of each; udp_len 0: no encapsulation */
	uint32_t pmtu;		/* as a router reported it; 0: none did */
	missiu_usec pmtu_until; /* then it is forgotten */

	/* Inbound half. */
	struct replay replay;
	struct missiu_addr nat_addr; /* where packets came from last */
	uint16_t nat_port;

	/* Life. */
	missiu_usec soft_us, hard_us; /* absolute; UINT64_MAX: none */
	missiu_usec idle_us;	      /* ask then whether it is idle */
	struct sa_silence silence;
	bool soft_sent; /* SOFT was raised */
	bool dying;	/* on the engine's list to be removed */
	struct sa *dying_next;

	/* Scratch of a transaction. */
	bool txn_new, txn_gone;

	/* Chains of the SAD. */
	struct sa *spi_next, *out_next;
	uint64_t out_slot_key; /* hash its outbound chain was chosen by */

	/* Packets of the vector in work: indices of a list in their order. */
	uint16_t batch_first, batch_last;
	struct sa *batch_next; /* SAs with packets in this vector */
};

/**
 * sa_compile() - check a description and make it ready for packets
 * @d:    copied
 * @iv_seed: 32 unpredictable bytes
 * @now:  starts the lifetimes
 * @out:  out: the SA on success; release with sa_free()
 * @diag: out, may be NULL: what was wrong
 *
 * Manual keys with a counter mode are refused without MISSIU_SA_COUNTER_OK: the
 * sequence number that makes its nonce starts again with every installation
 * (RFC 3686 7, RFC 8221 4). ESN
 * needs a replay window on the inbound side (RFC 4303 3.4.3).
 *
 * Return: 0, MISSIU_EINVAL, MISSIU_EUNSUP, MISSIU_EKEYLEN, MISSIU_ENOMEM.
 */
int sa_compile(const struct missiu_sa *d, const uint8_t iv_seed[static 32],
	       missiu_usec now, struct sa **out, struct missiu_diag *diag);

/** sa_free() - wipe and free; NULL is fine */
void sa_free(struct sa *sa);

/** sa_check_ends() - addresses and ports of a description; as sa_compile() */
int sa_check_ends(const struct missiu_sa *d, struct missiu_diag *diag);

/** sa_set_ends() - (re)build what depends on addresses and encapsulation */
void sa_set_ends(struct sa *sa);

/** sa_bound() - was it negotiated for this very policy? */
bool sa_bound(const struct sa *sa, const struct policy *pol);

/**
 * sa_fits() - does it give the protection that a policy asks for?
 * @layer: of the policy's layers, innermost 0; the others are in transport mode
 * @mode: enum missiu_mode of the packet
 *
 * Protocol, mode, algorithms, sizes, policy id; for a policy with an SA for
 * each flow (MISSIU_POL_UNIQUE) that it is of one flow; not addresses.
 */
bool sa_fits(const struct sa *sa, const struct policy *pol, uint8_t layer,
	     uint8_t mode);

/**
 * sa_covers() - does a packet lie inside the SA's traffic selectors?
 *
 * A packet whose ports are unknown is outside of selectors that need them.
 */
bool sa_covers(const struct sa *sa, const struct ip_info *ip);

/** sa_outer_proto() - protocol in the header in front of its packets */
static inline uint8_t sa_outer_proto(const struct sa *sa)
{
	if (!sa->d.encap_dport)
		return sa->d.proto;
	return sa->d.flags & MISSIU_SA_TCP ? IP_P_TCP : IP_P_UDP;
}

/** sa_has_ports() - do its traffic selectors name ports? */
bool sa_has_ports(const struct sa *sa);

/** sa_dropped() - note that one of its packets was dropped */
static inline void sa_dropped(struct sa *sa, enum missiu_drop why)
{
	sa->stats.dropped++;
	sa->stats.last_drop = (uint8_t)why;
}

/** sa_stats_get() - live figures, sequence number filled in */
void sa_stats_get(const struct sa *sa, struct missiu_sa_stats *out);

/** silence_begin() - an SA to be installed; see silence.c */
void silence_begin(struct sa *sa, missiu_usec now);

#endif
