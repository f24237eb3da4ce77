/* SPDX-License-Identifier: Apache-2.0 */
/*
 * IKEv2's protocol core (RFC 7296), pure: datagrams, time and events in,
 * actions out. No sockets, clocks, files, threads; randomness is an option.
 *
 *   ike_input()  ┐                     ┌─ SEND a datagram
 *   ike_tick()   ├─► IKE SAs, rules ──►├─ SA_ADD / SA_UPDATE / SA_DEL
 *   ike_acquire()┘                     ├─ ACQUIRE_FAILED
 *                                      └─ LOG one line (and what it is about)
 */
#ifndef IKE_CORE_H
#define IKE_CORE_H

#include "ctl/net.h"
#include "missiu/engine.h"
#include "missiu/peer.h"

struct ike;	 /* all IKE SAs of one daemon, opaque */
struct ike_cred; /* keys and certificates, see cred.h */

/** How a message travels; the same at both ends of it. */
enum ike_via {
	IKE_VIA_UDP,
	IKE_VIA_TCP,	  /* RFC 9329; the peer made the connection */
	IKE_VIA_TCP_OURS, /* we make the connection, also anew */
};

/** An end of a datagram. */
struct ike_end {
	struct missiu_addr addr;
	uint16_t port; /* 500 or 4500 on our side; TCP: of the connection */
	uint8_t via;   /* enum ike_via */
};

/** IKE identities (RFC 7296 3.5); copies of long ones are counted (ident.h). */
struct ike_id {
	uint8_t type; /* 1 IPv4, 2 FQDN, 3 RFC822, 5 IPv6, 11 KEY_ID; 0: none */
	uint16_t len;
	union {
		uint8_t data[255];
		struct ike_name *name; /* longer: see ike_id_bytes() */
	};
};

/** A pre-shared key and for whom it is. Holds a secret. */
struct ike_psk {
	struct ike_id peer;	 /* type 0: any identity */
	struct missiu_addr addr; /* family 0: any address */
	uint16_t len;
	uint8_t key[256];
};

/** A post-quantum pre-shared key and its name (RFC 8784). Holds a secret. */
struct ike_ppk {
	uint8_t id_len;
	uint8_t id[64];
	uint16_t len;
	uint8_t key[256];
};

#define IKE_PPK_MIN 32 /* bytes of a key: 256 bits (RFC 8784 6) */

#define IKE_GROUPS_MAX 12

struct ike_conf {
	int (*random)(void *ctx, uint8_t *buf, size_t len); /* NULL: crypto's */
	void *random_ctx;
	struct ike_id id; /* ours; type 0: the local address; borrowed */
	const struct ike_psk *psk; /* copied; none: only by ike_peers() */
	size_t n_psk;
	const struct ike_ppk *ppk; /* copied; the first is the one we ask for */
	size_t n_ppk;
	bool ppk_required;     /* no IKE SA without a PPK */
	struct ike_cred *cred; /* certificates; the core takes a reference */
	struct ike_id peer_id; /* whom they must name; type 0: anybody */
	/* Unix time in seconds, which certificates are judged by. */
	int64_t (*unix_s)(void *ctx);
	void *unix_ctx;
	/* Which enum log_level is read by anyone; NULL: all. */
	bool (*log_wanted)(int level);
	/* Whether anybody listens to news; NULL: yes. */
	bool (*news_wanted)(void *ctx);
	void *news_ctx;
	uint8_t childless; /* enum missiu_childless; 0: allow */
	/* Proposal text in the field's notation, e.g. "aes128gcm16-prfsha256-
	 * x25519,aes256-sha256-modp2048"; NULL: the default of proposal.c. */
	const char *ike_proposal;
	uint16_t dh_group;     /* -g: only this group; 0: the default list */
	int pfs_group;	       /* -G: 0 none, -1 as the IKE SA, else a group */
	uint32_t ike_life_s;   /* -l; 0: 3600 */
	uint32_t child_life_s; /* -L; 0: 28800 */
	uint32_t reauth_s;     /* authenticate anew after; 0: never */
	uint32_t idle_s;   /* delete an unused child of a policy with an SA for
			    each flow after; 0: 300, UINT32_MAX: never */
	uint32_t silent_s; /* ask when sending and hearing nothing for; 0: 10,
			      UINT32_MAX: never */
	uint32_t dpd_s;	   /* liveness check when idle; 0: 300 */
	uint32_t negotiate_s;	     /* -n: give up an exchange after; 0: 20 */
	uint32_t retransmit_ms;	     /* first; grows by 1.8; 0: 4000 */
	uint32_t keepalive_s;	     /* NAT keep-alive; 0: 20 */
	uint32_t cookie_threshold;   /* half-open SAs before COOKIE; 0: 30 */
	uint32_t half_open_max;	     /* more are dropped; 0: 1000 */
	uint32_t half_open_per_addr; /* of these from one address; 0: 32 */
	uint32_t sa_max;	     /* IKE SAs, of all peers; 0: 20000 */
	uint32_t sa_per_peer;	/* established ones of one identity; 0: 8 */
	uint8_t encap;		/* enum missiu_encap; 0: where there is a NAT */
	uint32_t replay_window; /* of child SAs; 0: 128 */
	bool no_esn;		/* do not offer extended sequence numbers */
	uint32_t fragment_size; /* largest datagram of IKE; 0: 1280 */
	bool tell_keys;		/* actions IKE_KEYS, for --save-keys */
	struct missiu_addr redirect_to; /* -r (RFC 5685); family 0: off */
	bool no_redirect;		/* not announced, not followed */
	bool no_mobike;			/* MOBIKE (RFC 4555) not announced */
	bool no_fragments; /* leave it to IP (RFC 7383 not announced) */
	uint8_t tcp;	   /* enum missiu_tcp; 0: never */
	uint16_t tcp_port; /* of ours and of peers; 0: TCP is not open */
};

/**
 * ike_new() - make a core
 * @conf: copied
 * @diag: out, may be NULL: a proposal that does not parse, an empty key
 *
 * Return: NULL on failure.
 */
struct ike *ike_new(const struct ike_conf *conf, struct missiu_diag *diag);

/** ike_free() - wipe and free without telling peers; NULL is fine */
void ike_free(struct ike *ike);

/** Where peers come from: each loading replaces those of its own kind. */
enum ike_peer_source {
	IKE_PEERS_OPTIONS, /* struct ike_conf */
	IKE_PEERS_CONFIG,  /* ike --config */
	IKE_PEERS_CONTROL, /* loadConfig */
};

/** A peer and what its files hold. Holds secrets. */
struct ike_peer_conf {
	struct missiu_peer peer;
	const char *file;    /* where it stood, for people; borrowed */
	struct ike_psk *psk; /* of its psk_file; on the heap */
	size_t n_psk;
	struct ike_ppk *ppk; /* of its ppk_file; on the heap */
	size_t n_ppk;
	struct ike_cred *cred; /* of its cert, key, ca and crl; a reference */
};

/** Which peer was refused, and why. */
struct ike_peer_err {
	size_t index;		  /* of the peer */
	enum missiu_peer_key key; /* MISSIU_PEER_KEYS: the peer as such */
	struct missiu_diag diag;  /* "found X, expected Y" */
};

/** ike_peer_conf_fini() - wipe and free; also one that is all zero */
void ike_peer_conf_fini(struct ike_peer_conf *c);

/**
 * ike_peers() - load peers, all or none
 * @v, @n: contents may be moved out of; to be released by the caller in any case
 * @keep: true: other peers of this source stay; false: they go
 * @err:  out on failure
 *
 * A peer takes the place of another of its name, whatever source that is of.
 * IKE SAs of peers that did not change stay; those of the others are deleted,
 * and the peers told: what they were given may no longer be theirs.
 *
 * Return: 0; MISSIU_EINVAL, MISSIU_EUNSUP, MISSIU_ENOMEM: nothing changed.
 */
int ike_peers(struct ike *ike, struct ike_peer_conf *v, size_t n,
	      enum ike_peer_source source, bool keep, struct ike_peer_err *err,
	      missiu_usec now);

/** ike_policies() - the SPD in match order; copied. Call before anything else. */
void ike_policies(struct ike *ike, const struct missiu_policy *v, size_t n);

/**
 * ike_input() - a datagram from the network
 * @local, @remote: its ends; from port 4500 without the non-ESP marker
 * @msg, @len: any bytes at all
 * @now: time in µs
 */
void ike_input(struct ike *ike, const struct ike_end *local,
	       const struct ike_end *remote, const uint8_t *msg, size_t len,
	       missiu_usec now);

/**
 * ike_tcp_wanted() - whether an IKE SA uses these ends, so that a connection
 * of ours that broke is to be made again (RFC 9329 6.5)
 */
bool ike_tcp_wanted(const struct ike *ike, const struct ike_end *local,
		    const struct ike_end *remote);

/**
 * ike_tcp_again() - a connection of ours was made again
 *
 * The peer learns from a message on it whose it is: what is outstanding is sent
 * once more, else a liveness check.
 */
void ike_tcp_again(struct ike *ike, const struct ike_end *local,
		   const struct ike_end *remote, missiu_usec now);

/**
 * ike_event() - ACQUIRE, SOFT, HARD, IDLE, SILENT, HEARD, SA_DELETED,
 * NAT_CHANGE from the data path
 * @local: our address to use when the policy does not name one
 */
void ike_event(struct ike *ike, const struct missiu_event *ev,
	       const struct missiu_addr *local, missiu_usec now);

/**
 * ike_initiate() - negotiate with a peer without waiting for traffic (-c)
 *
 * All PROTECT policies for this peer get a child SA; without any the IKE SA is
 * not started. Return: 0, begun now or before; MISSIU_ENOENT (no policy);
 * MISSIU_EEXIST, established.
 */
int ike_initiate(struct ike *ike, const struct missiu_addr *local,
		 const struct missiu_addr *remote, missiu_usec now);

/**
 * ike_peer_address() - where a peer may be reached
 * @who: its name, or its address
 * @out: out: of the IKE SA or a policy with it, or the one that its raddr names
 *
 * Return: false when nothing says.
 */
bool ike_peer_address(const struct ike *ike, const char *who,
		      struct missiu_addr *out);

/**
 * ike_down() - end all IKE SAs with a peer, telling it
 * @who: its name, or its address
 *
 * Return: how many.
 */
int ike_down(struct ike *ike, const char *who, missiu_usec now);

/** Addresses of this host that the core knows of, at most. */
#define IKE_LOCALS_MAX 16

/**
 * ike_local_addresses() - the addresses of this host that IKE may use, now
 * @v, @n: the likeliest first; copied; those beyond IKE_LOCALS_MAX are ignored
 *
 * To be called at first and whenever one appears or goes. IKE SAs with MOBIKE
 * move to others when theirs is gone, and tell their peers.
 */
void ike_local_addresses(struct ike *ike, const struct missiu_addr *v, size_t n,
			 missiu_usec now);

/** What ike_rekey() is to replace. */
enum ike_rekey_what { IKE_REKEY_CHILDREN = 1, IKE_REKEY_IKE = 2 };

/**
 * ike_rekey() - replace SAs with a peer before their time
 * @what: mask of enum ike_rekey_what
 *
 * Return: how many will be.
 */
int ike_rekey(struct ike *ike, const char *who, unsigned what, missiu_usec now);

/**
 * ike_init_next() - walk the peers with init yes
 * @cursor: 0 to start
 * @local:  out: ours for it; family 0: any
 *
 * Return: false at the end.
 */
bool ike_init_next(const struct ike *ike, size_t *cursor,
		   struct missiu_addr *local, struct missiu_addr *remote);

/** ike_leases_version() - another number after each change of the leases */
uint64_t ike_leases_version(const struct ike *ike);

/** ike_leases_text() - addresses given to peers, to be kept; free() it */
char *ike_leases_text(const struct ike *ike);

/**
 * ike_leases_load() - take what was kept; before anything else
 * @text: NUL-terminated; any text at all
 * @line: out: the first line that makes no sense; 0: none
 *
 * Return: how many leases were taken.
 */
size_t ike_leases_load(struct ike *ike, const char *text, unsigned *line);

/**
 * ike_redirect() - ask initiators to go to another gateway (RFC 5685)
 *
 * Return: how many of the IKE SAs with this peer can be.
 */
int ike_redirect(struct ike *ike, const char *who, const struct missiu_addr *to,
		 missiu_usec now);

/** ike_shutdown() - send DELETE for every IKE SA and forget them */
void ike_shutdown(struct ike *ike, missiu_usec now);

/** ike_refused() - the data path refused an SA we added */
void ike_refused(struct ike *ike, uint64_t owner, uint32_t spi, int err,
		 const char *text, missiu_usec now);

/**
 * ike_tick() - retransmit, expire, check liveness
 *
 * Return: when to call again at the latest (absolute µs).
 */
missiu_usec ike_tick(struct ike *ike, missiu_usec now);

/**
 * Why a negotiation failed, in parts for programs; ike_why_text() makes the
 * line for people. Each part is NUL-terminated, "" when there is nothing to say.
 */
struct ike_why {
	char what[256];	      /* what happened */
	char theirs[256];     /* what the peer offered or wanted */
	char ours[256];	      /* what we offered or accept */
	const char *verb;     /* of ours: "offer", "accept", "have" */
	char difference[256]; /* the first one */
	char remedy[320];     /* what would make both sides meet */
};

/* What `ike monitor` tells. name, text */
#define IKE_NEWS(X)                                                            \
	X(ike_up, "IKE SA is up")                                              \
	X(ike_rekeyed, "IKE SA was replaced")                                  \
	X(ike_down, "IKE SA is gone")                                          \
	X(child_up, "child SA is up")                                          \
	X(child_rekeyed, "child SA was replaced")                              \
	X(child_down, "child SA is gone")                                      \
	X(failed, "a negotiation failed")                                      \
	X(peer_dead, "peer does not answer")                                   \
	X(moved, "an end has another address")

enum ike_news_kind {
#define X(name, text) IKE_NEWS_##name,
	IKE_NEWS(X)
#undef X
		IKE_NEWS_MAX
};

/** One event; no secrets. What does not apply is zero. */
struct ike_news {
	enum ike_news_kind kind;
	bool initiator;	       /* we asked for it */
	bool child;	       /* it is about a child SA */
	uint64_t spi, old_spi; /* ours, of the IKE SA; old: replaced */
	struct ike_end local, remote, old_remote; /* old: moved from */
	struct missiu_addr home; /* of a peer that has moved: where policies
				    and operators look for it; or family 0 */
	struct ike_id id_remote;
	char peer[MISSIU_PEER_NAME_MAX + 1]; /* "": by the options' keys */
	char suite[96];
	uint32_t policy_id, spi_in, spi_out, old_spi_in; /* child */
	uint8_t mode;
	bool encap;
	char ts_local[160], ts_remote[160];
	char status[40];    /* failed: name of the notify, TIMEOUT, … */
	struct ike_why why; /* failed; what: also the reason of *_down */
};

#define IKE_NET_DNS	8
#define IKE_NET_DOMAINS 8

/** What a peer assigned to this host, checked; has no padding. */
struct ike_net {
	struct ctl_net tap; /* addresses and routes; none: all is taken back */
	uint8_t n_dns, n_domain;
	struct missiu_addr dns[IKE_NET_DNS];
	char domain[IKE_NET_DOMAINS][254]; /* "example.org" */
};

enum ike_action_kind {
	IKE_SEND = 1,
	IKE_SA_ADD,
	IKE_SA_UPDATE, /* sa: new ends; old_dst */
	IKE_SA_DEL,    /* sa: proto, spi, dst */
	IKE_ACQUIRE_FAILED,
	IKE_LOG,
	IKE_TELL,
	IKE_NET,	/* net: the whole of it, in place of what was before */
	IKE_KEYS,	/* text: a line of Wireshark's table, secret */
	IKE_TCP_PROVEN, /* local, remote: an authenticated peer is there */
	IKE_ASK,	/* id, url, msg, len: post it there; see ask.h */
};

/** Largest datagram we send. */
#define IKE_MSG_MAX 8192

struct ike_action {
	enum ike_action_kind kind;
	struct ike_end local, remote; /* SEND; port 4500: without marker */
	const uint8_t *msg;	      /* SEND: valid until the next call */
	size_t len;
	bool keepalive;		     /* SEND: one byte 0xff, no marker */
	struct missiu_sa sa;	     /* SA_*: holds keys, wiped on next call */
	struct missiu_addr old_dst;  /* SA_UPDATE */
	missiu_usec linger_us;	     /* SA_DEL: do it so much later */
	uint32_t acquire_id;	     /* ACQUIRE_FAILED */
	int level;		     /* LOG: enum log_level */
	char text[1024];	     /* LOG: one line */
	const struct ike_news *news; /* TELL: valid until the next call */
	const struct ike_net *net;   /* NET: valid until the next call */
	uint32_t id;		     /* ASK */
	const char *url;	     /* ASK: valid until the next call */
};

/** ike_action_next() - fetch the next action; Return: false when none is left */
bool ike_action_next(struct ike *ike, struct ike_action *out);

/** What `ike status` shows of one child SA pair. */
struct ike_child_info {
	uint32_t spi_in, spi_out, policy_id;
	uint8_t mode;
	bool encap;
	char suite[64];
	struct missiu_ts ts_local, ts_remote; /* first of each side */
	uint8_t n_ts_local, n_ts_remote;
	missiu_usec since_us;
};

/** What `ike status` shows of one IKE SA; no secrets. */
struct ike_sa_info {
	uint64_t spi_i, spi_r;
	bool initiator;
	const char *state; /* name from the state list */
	struct ike_end local, remote;
	struct ike_id id_local, id_remote;
	char peer[MISSIU_PEER_NAME_MAX + 1]; /* "": by the options' keys */
	char suite[96]; /* "aes128gcm16-prfsha256-x25519" */
	bool nat_local, nat_remote;
	bool tcp;	       /* over TCP (RFC 9329) */
	const char *encap_why; /* why ESP goes in UDP, or not */
	missiu_usec since_us, last_heard_us;
	struct missiu_addr assigned[2]; /* IPv4, IPv6; family 0: none */
	bool assigned_here;		/* to us; else to the peer */
	size_t n_child;
	struct ike_child_info child[16]; /* the first ones */
};

/** ike_sa_next() - walk the IKE SAs; @cursor 0 to start; false at the end */
bool ike_sa_next(const struct ike *ike, uint64_t *cursor,
		 struct ike_sa_info *out);

/* Counters of messages refused, one X-macro list: enum, name, text. */
#define IKE_COUNTERS(X)                                                        \
	X(rx, "messages received")                                             \
	X(tx, "messages sent")                                                 \
	X(retransmits, "requests sent again")                                  \
	X(rx_malformed, "malformed messages")                                  \
	X(rx_version, "messages of another major version")                     \
	X(rx_no_sa, "messages for an unknown IKE SA")                          \
	X(rx_bad_icv, "messages that failed authentication")                   \
	X(rx_unexpected, "messages no rule allows in this state")              \
	X(rx_duplicate, "requests answered again from the cache")              \
	X(rx_fragments, "fragments of messages kept")                          \
	X(rx_fragments_bad, "fragments not wanted, or beyond the bounds")      \
	X(rx_old, "messages with an old or wrong message ID")                  \
	X(cookies_sent, "COOKIE challenges sent")                              \
	X(redirects_sent, "initiators redirected to another gateway")          \
	X(redirects_followed, "redirections to another gateway followed")      \
	X(half_open_refused, "IKE_SA_INIT refused: too many half-open")        \
	X(sa_refused, "IKE SAs refused or ended: too many")                    \
	X(init_ok, "IKE SAs established as initiator")                         \
	X(resp_ok, "IKE SAs established as responder")                         \
	X(failed, "negotiations failed")                                       \
	X(children, "child SAs established")                                   \
	X(tx_invalid_spi, "requests of unknown IKE SAs answered so")           \
	X(rx_invalid_spi, "unprotected answers that we are unknown")

struct ike_counters {
#define X(name, text) uint64_t name;
	IKE_COUNTERS(X)
#undef X
};

/** ike_counters() - borrowed; valid until ike_free() */
const struct ike_counters *ike_counters(const struct ike *ike);

#endif
