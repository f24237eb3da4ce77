/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PF_KEY messages (RFC 2367) with the usual X_SPD and NAT-T extensions, and
 * private extensions for what those cannot carry. Pure. Numbers as in Linux's
 * <linux/pfkeyv2.h> and <linux/ipsec.h>.
 *
 * Theory of operation: struct pfkey_msg holds everything a message may carry;
 * .have says what is there. The same tables drive encoder and decoder, so a
 * message that was decoded encodes to the same content. Extensions may come in
 * any order; one that comes twice, or whose length is not exactly what its
 * content needs, makes the message malformed; unknown ones are skipped.
 *
 * doc/control.md lists which message carries what.
 */
#ifndef CTL_PFKEY_H
#define CTL_PFKEY_H

#include "common/rd.h"
#include "common/wr.h"
#include "ctl/net.h"
#include "missiu/engine.h"

enum pfkey_type {
	PFKEY_GETSPI = 1,
	PFKEY_UPDATE = 2,
	PFKEY_ADD = 3,
	PFKEY_DELETE = 4,
	PFKEY_GET = 5,
	PFKEY_ACQUIRE = 6,
	PFKEY_REGISTER = 7,
	PFKEY_EXPIRE = 8,
	PFKEY_FLUSH = 9,
	PFKEY_DUMP = 10,
	PFKEY_X_PCHANGE = 12, /* ours: the SPD has changed, read it again */
	PFKEY_X_SPDUPDATE = 13,
	PFKEY_X_SPDADD = 14,
	PFKEY_X_SPDDELETE = 15,
	PFKEY_X_SPDGET = 16,
	PFKEY_X_SPDDUMP = 18,
	PFKEY_X_SPDFLUSH = 19,
	PFKEY_X_SPDDELETE2 = 22, /* by the policy's id */
	PFKEY_X_NEW_MAPPING = 23,
	PFKEY_X_NET = 25, /* ours: what a peer assigned */
	PFKEY_TYPE_MAX = 26,
};

enum pfkey_satype {
	PFKEY_SA_UNSPEC = 0,
	PFKEY_SA_AH = 2,
	PFKEY_SA_ESP = 3,
};

/* X_POLICY: types, directions, levels of requests. */
enum {
	PFKEY_POL_DISCARD = 0,
	PFKEY_POL_NONE = 1,
	PFKEY_POL_IPSEC = 2,
	PFKEY_POL_BYPASS = 4
};
enum { PFKEY_DIR_IN = 1, PFKEY_DIR_OUT = 2 };
enum {
	PFKEY_LEVEL_DEFAULT = 0,
	PFKEY_LEVEL_USE = 1,
	PFKEY_LEVEL_REQUIRE = 2,
	PFKEY_LEVEL_UNIQUE = 3
};

/* Private extensions, from 0x8000. */
enum pfkey_private {
	PFKEY_X_SA = 0x8001,
	PFKEY_X_TS = 0x8002,
	PFKEY_X_FULL_POLICY = 0x8003,
	PFKEY_X_OLD_DST = 0x8004,
	PFKEY_X_DIAG = 0x8005,
	PFKEY_X_EVENT = 0x8006,
	PFKEY_X_ASSIGNED = 0x8007,
};

/* Bits of pfkey_msg.have, one for each extension known. */
enum pfkey_have {
	PFH_SA = 1 << 0,
	PFH_LIFE_CUR = 1 << 1,
	PFH_LIFE_HARD = 1 << 2,
	PFH_LIFE_SOFT = 1 << 3,
	PFH_SRC = 1 << 4,
	PFH_DST = 1 << 5,
	PFH_KEY_AUTH = 1 << 6,
	PFH_KEY_ENCR = 1 << 7,
	PFH_PROPOSAL = 1 << 8,
	PFH_SUP_AUTH = 1 << 9,
	PFH_SUP_ENCR = 1 << 10,
	PFH_SPIRANGE = 1 << 11,
	PFH_POLICY = 1 << 12,
	PFH_SA2 = 1 << 13,
	PFH_NAT_TYPE = 1 << 14,
	PFH_NAT_SPORT = 1 << 15,
	PFH_NAT_DPORT = 1 << 16,
	PFH_X_SA = 1 << 17,
	PFH_X_TS = 1 << 18,
	PFH_X_POLICY = 1 << 19,
	PFH_X_OLD_DST = 1 << 20,
	PFH_X_DIAG = 1 << 21,
	PFH_X_EVENT = 1 << 22,
	PFH_X_ASSIGNED = 1 << 23,
};

struct pfkey_sa {
	uint32_t spi; /* host order */
	uint8_t replay, state, auth, encr;
	uint32_t flags;
};

struct pfkey_life {
	uint32_t allocs;
	uint64_t bytes, add_s, use_s;
};

struct pfkey_addr {
	struct missiu_addr addr; /* family 4 or 6 */
	uint16_t port;		 /* host order */
	uint8_t proto, plen;
};

struct pfkey_key {
	uint8_t len; /* bytes */
	uint8_t key[MISSIU_KEY_MAX];
};

/* One proposed combination of algorithms (sadb_comb), the used part of it. */
struct pfkey_comb {
	uint8_t auth, encr;
	uint16_t auth_bits_lo, auth_bits_hi, encr_bits_lo, encr_bits_hi;
	uint64_t hard_bytes, hard_s;
};

#define PFKEY_COMB_MAX 4
struct pfkey_prop {
	uint8_t replay, n;
	struct pfkey_comb v[PFKEY_COMB_MAX];
};

struct pfkey_alg {
	uint8_t id, iv_len;
	uint16_t bits_lo, bits_hi;
};

#define PFKEY_ALG_MAX 24
struct pfkey_algs {
	uint8_t n;
	struct pfkey_alg v[PFKEY_ALG_MAX];
};

/* One sadb_x_ipsecrequest; addresses of family 0: none. */
struct pfkey_req {
	uint16_t proto; /* IP protocol number */
	uint8_t mode, level;
	uint32_t reqid;
	struct missiu_addr src, dst;
};

struct pfkey_policy {
	uint16_t type;
	uint8_t dir;
	uint32_t id, priority;
	uint8_t n;
	struct pfkey_req req[MISSIU_PROT_MAX];
};

/* What PFKEY_X_SA carries of a struct missiu_sa. */
struct pfkey_x_sa {
	uint8_t dir, flags;
	uint32_t window, mate_spi;
	uint64_t owner, soft_packets, hard_packets;
	uint32_t idle_s, silent_s, heard_s;
};

/* One message. May hold keys: wipe it. */
struct pfkey_msg {
	uint8_t type, satype;
	uint8_t err; /* an errno of Linux, or 0 */
	uint32_t seq, pid;
	uint32_t have; /* mask of enum pfkey_have */
	struct pfkey_sa sa;
	struct pfkey_life cur, hard, soft;
	struct pfkey_addr src, dst;
	struct pfkey_key auth_key, encr_key;
	struct pfkey_prop prop;
	struct pfkey_algs sup_auth, sup_encr;
	uint32_t spi_lo, spi_hi;
	struct pfkey_policy pol;
	uint8_t mode;	  /* SA2: 0 any, or enum missiu_mode */
	uint32_t reqid;	  /* SA2: the policy's id */
	uint8_t nat_type; /* 2: ESP in UDP */
	uint16_t nat_sport, nat_dport;
	struct pfkey_x_sa x_sa;
	uint8_t n_ts_src, n_ts_dst;
	struct missiu_ts ts_src[MISSIU_TS_MAX], ts_dst[MISSIU_TS_MAX];
	struct missiu_policy x_policy;
	struct missiu_addr old_dst;
	int32_t diag_err; /* enum missiu_err */
	struct missiu_diag diag;
	struct missiu_event event;
	struct ctl_net net;
};

/**
 * pfkey_decode() - read one message
 * @r:   exactly one message
 * @out: out; the header's fields are set as soon as they could be read, so
 *       that a refusal can name the request; the rest only on success
 *
 * Return: 0; MISSIU_ESHORT (no header), MISSIU_EPROTO.
 */
int pfkey_decode(struct rd r, struct pfkey_msg *out);

/**
 * pfkey_encode() - write one message with the extensions of @m->have
 *
 * Writes at the end of @w. On overflow nothing may be sent.
 */
void pfkey_encode(const struct pfkey_msg *m, struct wr *w);

/** pfkey_errno(), pfkey_from_errno() - enum missiu_err to errno and back */
uint8_t pfkey_errno(int err);
int pfkey_from_errno(uint8_t e);

/** pfkey_set_sa() - describe an SA: all extensions of ADD and DUMP
 * @keys: with its keys */
void pfkey_set_sa(struct pfkey_msg *m, const struct missiu_sa *sa, bool keys);

/** pfkey_set_sa_name() - only satype, SPI and destination */
void pfkey_set_sa_name(struct pfkey_msg *m, uint8_t proto, uint32_t spi,
		       const struct missiu_addr *dst);

/**
 * pfkey_get_sa() - the SA that an ADD or UPDATE describes
 * @m:   a decoded message
 * @out: out; wipe it
 * @diag: out, may be NULL
 *
 * Without private extensions it serves the direction its addresses fit and is
 * marked manual; its traffic selectors are open. An UPDATE may come without
 * algorithms; they are then 0.
 * Return: 0; MISSIU_EINVAL, MISSIU_EUNSUP.
 */
int pfkey_get_sa(const struct pfkey_msg *m, struct missiu_sa *out,
		 struct missiu_diag *diag);

/** pfkey_get_sa_name() - proto, spi and dst only; Return: 0, MISSIU_EINVAL */
int pfkey_get_sa_name(const struct pfkey_msg *m, struct missiu_sa *out,
		      struct missiu_diag *diag);

/** pfkey_set_policy() - describe a policy: all extensions of X_SPDADD */
void pfkey_set_policy(struct pfkey_msg *m, const struct missiu_policy *p);

/** pfkey_set_packet() - two selectors as addresses, ranges as their prefix */
void pfkey_set_packet(struct pfkey_msg *m, const struct missiu_ts *src,
		      const struct missiu_ts *dst);

/**
 * pfkey_get_policy() - the policy that an X_SPDADD or X_SPDDUMP describes
 *
 * The private extension wins; without it a policy of one direction, any
 * algorithm, is made of the standard ones.
 * Return: 0; MISSIU_EINVAL, MISSIU_EUNSUP.
 */
int pfkey_get_policy(const struct pfkey_msg *m, struct missiu_policy *out,
		     struct missiu_diag *diag);

/** pfkey_set_supported() - the algorithms of REGISTER's reply */
void pfkey_set_supported(struct pfkey_msg *m);

/** pfkey_set_proposal() - what an ACQUIRE proposes for a policy */
void pfkey_set_proposal(struct pfkey_msg *m, const struct missiu_policy *p);

/** pfkey_satype() - enum pfkey_satype of an enum missiu_proto, and back (0) */
uint8_t pfkey_satype(uint8_t proto);
uint8_t pfkey_proto(uint8_t satype);

#endif
