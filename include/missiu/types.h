/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses, selectors, algorithms: what policies and SAs are described with. */
#ifndef MISSIU_TYPES_H
#define MISSIU_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Monotonic time in microseconds; the caller's clock, passed in. */
typedef uint64_t missiu_usec;

/** Room for a human-readable explanation that travels with an error. */
struct missiu_diag {
	char msg[240];
};

/** An IPv4 or IPv6 address in network order; family 0 is "none/any". */
struct missiu_addr {
	uint8_t family; /**< 0, 4 or 6 */
	uint8_t b[16];	/**< IPv4: b[0..3], the rest zero */
};

/**
 * One traffic selector: address range, protocol, port range (RFC 4301 4.4.1.1,
 * RFC 7296 3.13.1). For ICMP a port is type << 8 | code.
 */
struct missiu_ts {
	struct missiu_addr lo, hi; /**< inclusive; family 0: any address */
	uint16_t port_lo, port_hi; /**< inclusive, host order; any: 0..65535 */
	uint8_t proto;		   /**< IP protocol number, 0: any */
};

/** IP protocol numbers of the two IPsec protocols. */
enum missiu_proto { MISSIU_ESP = 50, MISSIU_AH = 51 };

enum missiu_mode { MISSIU_TRANSPORT = 1, MISSIU_TUNNEL = 2 };

/** Direction as seen from this host; also used as a bit mask. */
enum missiu_dir { MISSIU_IN = 1, MISSIU_OUT = 2 };

/** Encryption algorithms; 0..9 are the numbers of the documented SA dump. */
enum missiu_encr {
	MISSIU_ENCR_ANY = 0,
	MISSIU_ENCR_DES = 1,
	MISSIU_ENCR_3DES = 2,
	MISSIU_ENCR_BLOWFISH = 3,
	MISSIU_ENCR_AES_CBC = 4,
	MISSIU_ENCR_AES_CTR = 5,
	MISSIU_ENCR_AES_GCM = 6,
	MISSIU_ENCR_AES_GMAC = 7,
	MISSIU_ENCR_AES_CCM = 8,
	MISSIU_ENCR_CHACHA20_POLY1305 = 9,
	MISSIU_ENCR_NULL = 10,
	MISSIU_ENCR_MAX = 11
};

/** Integrity algorithms; 0..8 are the numbers of the documented SA dump. */
enum missiu_auth {
	MISSIU_AUTH_ANY = 0,
	MISSIU_AUTH_MD5 = 1,	  /**< HMAC-MD5-96 */
	MISSIU_AUTH_SHA1 = 2,	  /**< HMAC-SHA1-96 */
	MISSIU_AUTH_AES_XCBC = 3, /**< AES-XCBC-MAC-96 */
	MISSIU_AUTH_SHA256 = 4,	  /**< HMAC-SHA2-256-128 */
	MISSIU_AUTH_SHA384 = 5,	  /**< HMAC-SHA2-384-192 */
	MISSIU_AUTH_SHA512 = 6,	  /**< HMAC-SHA2-512-256 */
	MISSIU_AUTH_BLAKE2B = 7,
	MISSIU_AUTH_BLAKE2S = 8,
	MISSIU_AUTH_AES_CMAC = 9, /**< AES-CMAC-96 */
	MISSIU_AUTH_NONE = 10,	  /**< none, or the cipher is an AEAD */
	/* AH only (RFC 4543 4): ESP has it as the cipher MISSIU_ENCR_AES_GMAC */
	MISSIU_AUTH_AES128_GMAC = 11,
	MISSIU_AUTH_AES192_GMAC = 12,
	MISSIU_AUTH_AES256_GMAC = 13,
	MISSIU_AUTH_MAX = 14
};

/** One layer of protection that a policy asks for (an SA template). */
struct missiu_prot {
	uint8_t proto;	 /**< enum missiu_proto */
	uint8_t encr;	 /**< enum missiu_encr; AH: MISSIU_ENCR_NULL */
	uint8_t auth;	 /**< enum missiu_auth */
	uint8_t key_len; /**< encryption key bytes without salt; 0: any */
	uint8_t icv_len; /**< AEAD ICV bytes; 0: any (default 16) */
};

enum missiu_action {
	MISSIU_PROTECT = 1,
	MISSIU_BYPASS = 2,
	MISSIU_DISCARD = 3
};

enum missiu_policy_flag {
	/** An SA for each flow (sa unique): of one address, protocol and port
	    a side. SAs with open selectors, as manual keys have them, don't fit */
	MISSIU_POL_UNIQUE = 1,
	MISSIU_POL_INIT = 2, /**< negotiate at once when loaded (sa init) */
	/* Don't-fragment bit of outer IPv4 headers; neither: copied (df copy) */
	MISSIU_POL_DF_SET = 4,	 /**< always set (df set) */
	MISSIU_POL_DF_CLEAR = 8, /**< never set: cut the large (df clear) */
};
/** All flags that a policy may have. */
#define MISSIU_POL_FLAGS 15

/** Longest name of a peer. */
#define MISSIU_PEER_NAME_MAX 31

/** Most groups that pfs names. */
#define MISSIU_PFS_MAX 4
/** In the place of a group: as the IKE SA has it. */
#define MISSIU_PFS_IKE UINT16_MAX

/** Key exchanges of child SAs: which ones CREATE_CHILD_SA may have. */
struct missiu_pfs {
	uint8_t n;			/**< 0: not given */
	uint16_t group[MISSIU_PFS_MAX]; /**< transform type 4, best first; 0:
				none; MISSIU_PFS_IKE: alone */
};

/** Largest bundle: ESP inside AH. */
#define MISSIU_PROT_MAX 2
/** Traffic selectors a side of one SA. */
#define MISSIU_TS_MAX 8

/** One entry of the SPD (RFC 4301 4.4.1). */
struct missiu_policy {
	uint32_t id;	/**< given by the engine on load; > 0 */
	uint8_t dirs;	/**< mask of enum missiu_dir */
	uint8_t action; /**< enum missiu_action */
	uint8_t mode;	/**< enum missiu_mode; PROTECT only */
	uint8_t flags;	/**< mask of enum missiu_policy_flag */
	uint8_t n_prot; /**< 1..MISSIU_PROT_MAX for PROTECT, else 0 */
	struct missiu_prot prot[MISSIU_PROT_MAX]; /**< innermost first */
	struct missiu_ts local;	 /**< our side of the traffic */
	struct missiu_ts remote; /**< the peer's side; .proto equals local's */
	struct missiu_addr tun_local; /**< outer addresses; tunnel mode only; */
	struct missiu_addr tun_remote; /**< family 0: take it from the packet */
	uint64_t life_s; /**< proposed SA lifetime; 0: the key daemon's */
	uint64_t life_bytes, life_packets; /**< 0: none */
	uint16_t tfc;	       /**< tunnel mode with ESP: pad inner packets to
				this many bytes (RFC 4303 2.7); 0: don't */
	struct missiu_pfs pfs; /**< n 0: as the peer has it */
	uint32_t line;	       /**< where it stood in its file; for people */
	char peer[MISSIU_PEER_NAME_MAX + 1]; /**< only with this peer of the
				key daemon (struct missiu_peer); "": any */
};

/** Longest keys that an SA description can hold, salt included. */
#define MISSIU_KEY_MAX 64

enum missiu_sa_flag {
	MISSIU_SA_ESN = 1,    /**< 64-bit extended sequence numbers */
	MISSIU_SA_MANUAL = 2, /**< manual keys: no replay check by default */
	/** Manual keys with a counter mode all the same: whoever sets it sees to
	    it that no key is ever installed twice (RFC 8221 4) */
	MISSIU_SA_COUNTER_OK = 4,
	MISSIU_SA_NO_TFC = 8, /**< the peer takes no TFC padding */
	/** Its packets go over TCP (RFC 9329), between the encap ports: outbound
	    ones come with protocol 6 in the outer header where UDP has 17, and
	    whoever drives the engine puts what follows that UDP-like header into
	    the stream. Inbound ones are given to the engine as ESP in UDP */
	MISSIU_SA_TCP = 16,
};
/** All flags that an SA may have. */
#define MISSIU_SA_FLAGS 31

/** Description of one unidirectional SA (RFC 4301 4.4.2). Holds secrets. */
struct missiu_sa {
	uint32_t spi;	      /**< host order, >= 256 */
	uint8_t dir;	      /**< mask of enum missiu_dir; both: manual only */
	uint8_t proto;	      /**< enum missiu_proto */
	uint8_t mode;	      /**< enum missiu_mode; 0 with MANUAL: any */
	uint8_t flags;	      /**< mask of enum missiu_sa_flag */
	uint8_t encr;	      /**< enum missiu_encr, never ANY */
	uint8_t auth;	      /**< enum missiu_auth, never ANY */
	uint8_t icv_len;      /**< AEAD ICV bytes (8, 12, 16); else 0 */
	uint8_t encr_key_len; /**< bytes, AEAD/CTR salt included */
	uint8_t auth_key_len; /**< bytes */
	uint8_t encr_key[MISSIU_KEY_MAX];
	uint8_t auth_key[MISSIU_KEY_MAX];
	struct missiu_addr src, dst; /**< outer addresses; src may be any */
	uint16_t encap_sport; /**< UDP encapsulation (RFC 3948) ports as in */
	uint16_t encap_dport; /**< packets of this SA; both 0: none */
	uint8_t n_ts_src, n_ts_dst; /**< used entries of the arrays below */
	struct missiu_ts ts_src[MISSIU_TS_MAX]; /**< traffic from … */
	struct missiu_ts ts_dst[MISSIU_TS_MAX]; /**< … to; any if both are 0 */
	uint32_t replay_window; /**< packets; 0: no check; at most 4096 */
	uint32_t policy_id;	/**< the policy it was negotiated for; 0: any */
	uint32_t mate_spi; /**< SPI of the SA of the other direction, or 0 */
	uint64_t owner;	   /**< the key daemon's own handle; 0: manual */
	uint64_t soft_s, hard_s;	     /**< lifetime since add; 0: none */
	uint64_t soft_bytes, hard_bytes;     /**< 0: none */
	uint64_t soft_packets, hard_packets; /**< 0: none */
	uint32_t idle_s;   /**< tell when neither it nor the SA of the other
			      direction carried a packet so long; 0: never */
	uint32_t silent_s; /**< outbound: tell when it goes on sending and its
				mate receives nothing so long; 0: never */
	uint32_t heard_s;  /**< with silent_s: tell so often that the mate
				receives; 0: never */
};

/** Live figures of one SA. */
struct missiu_sa_stats {
	uint64_t packets, bytes;       /**< good ones; bytes of inner packets */
	uint64_t replays;	       /**< dropped as replayed or too old */
	uint64_t auth_fails;	       /**< dropped for a wrong ICV */
	uint64_t seq;		       /**< last sent, or highest received */
	missiu_usec added_us, used_us; /**< used_us 0: never */
	uint64_t dropped;  /**< for whatever reason, those above included */
	uint8_t last_drop; /**< enum missiu_drop of the last of these */
};

/** Live figures of one policy. */
struct missiu_policy_stats {
	uint64_t in_packets, in_bytes;
	uint64_t out_packets, out_bytes;
	uint64_t dropped; /**< of the packets above, and those given up later */
	uint8_t last_drop; /**< enum missiu_drop of the last of these */
};

#endif
