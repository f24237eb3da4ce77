/* SPDX-License-Identifier: Apache-2.0 */
/*
 * IKEv2 messages: bytes to struct ike_msg and back (RFC 7296 section 3).
 *
 * Theory of operation. ike_msg_parse() reads a whole datagram, all or nothing.
 * What has a fixed meaning is parsed (SA, TS, N, D ...), the rest is a chunk;
 * every chunk borrows from the datagram. An SK payload ends the outer chain:
 * after the core has opened it, ike_payloads_parse() adds the inner chain to
 * the same struct. Repeatable payloads are bounded by the maxima below; one
 * too many is MISSIU_EFULL, never a silent loss. Nothing here keeps state.
 *
 *   datagram ─► ike_hdr_parse ─► ike_msg_parse ─► [open SK] ─► ike_payloads_parse
 *
 * The builder writes the other way round: ike_build_start(), ike_put_…() in
 * order, optionally ike_build_sk_begin() and more ike_put_…(), then
 * ike_build_end() or ike_build_sk_end(). Overflow is sticky as in common/wr.h.
 */
#ifndef IKE_MSG_H
#define IKE_MSG_H

#include "common/wr.h"
#include "crypto/ikecrypt.h"
#include "ike/core.h"
#include "ike/ident.h"
#include "ike/proposal.h"
#include "ike/wire.h"

#define IKE_NOTIFY_MAX	 32
#define IKE_DELETE_MAX	 8
#define IKE_VENDOR_MAX	 32
#define IKE_CERT_MAX	 8
#define IKE_CERTREQ_MAX	 4
#define IKE_PAYLOADS_MAX 128 /* of one chain, whatever their types */

/** Bit of a payload type in ike_msg.seen; types 33..95. */
#define IKE_SEEN(type) (UINT64_C(1) << ((type)-32))

/** The IKE header (3.1), host order. */
struct ike_hdr {
	uint64_t spi_i, spi_r;
	uint8_t next; /* type of the first payload */
	uint8_t major, minor;
	uint8_t exchange; /* enum ike_exchange */
	uint8_t flags;	  /* enum ike_flag */
	uint32_t mid;	  /* message ID */
	uint32_t len;	  /* of the whole message */
};

struct ike_ke {
	uint16_t group;
	struct chunk data;
};

struct ike_pld_id {
	uint8_t type; /* enum ike_id_type */
	struct chunk data;
	struct chunk body; /* payload without generic header: input of AUTH */
};

struct ike_auth {
	uint8_t method; /* enum ike_auth_method */
	struct chunk data;
};

struct ike_notify {
	uint8_t proto; /* enum ike_proto; 0 when there is no SPI */
	uint16_t type; /* enum ike_notify_type */
	struct chunk spi;
	struct chunk data;
};

/** IKE: n and spi_len are 0. AH and ESP: n SPIs of 4 bytes. */
struct ike_delete {
	uint8_t proto;
	uint8_t spi_len;
	uint16_t n;
	const uint8_t *spis; /* n * spi_len bytes, see ike_delete_spi() */
};

/** TSi or TSr (3.13). */
struct ike_ts_list {
	uint8_t n;
	uint8_t n_more;	    /* good ones beyond MISSIU_TS_MAX, not kept */
	uint8_t n_unusable; /* of unknown type, or OPAQUE ports: not kept */
	struct missiu_ts v[MISSIU_TS_MAX]; /* family 4 or 6, never 0 */
};

/** An encrypted payload, whole (3.14) or a fragment (RFC 7383 2.5). */
struct ike_sk {
	uint8_t first;	   /* type of the first payload inside */
	uint16_t frag;	   /* SKF: 1 .. total; SK: 0 */
	uint16_t total;	   /* SKF: number of fragments; SK: 0 */
	size_t aad_len;	   /* bytes of the message before body: AEAD's AAD */
	struct chunk body; /* IV, ciphertext, ICV: up to the message's end */
};

/** A parsed message. Fields of payloads that were not seen are zero. */
struct ike_msg {
	struct ike_hdr hdr;
	uint64_t seen;	   /* IKE_SEEN() of every payload so far */
	uint8_t count[64]; /* by payload type - 32 */
	uint8_t n_unknown; /* non-critical payloads skipped */

	struct ike_proposals sa;
	struct ike_ke ke;
	struct ike_pld_id idi, idr;
	struct ike_auth auth;
	struct chunk nonce;
	struct ike_ts_list tsi, tsr;
	struct ike_sk sk; /* also SKF */
	struct chunk cp;  /* body, well-formed: see cp.h */
	struct chunk eap;

	uint8_t n_notify, n_delete, n_vendor, n_cert, n_certreq;
	struct ike_notify notify[IKE_NOTIFY_MAX];
	struct ike_delete del[IKE_DELETE_MAX];
	struct chunk vendor[IKE_VENDOR_MAX];
	struct chunk cert[IKE_CERT_MAX]; /* encoding byte first */
	struct chunk certreq[IKE_CERTREQ_MAX];

	/* On failure only: */
	uint8_t bad;	 /* payload type it happened in; 0: the header */
	const char *why; /* static text, e.g. "transform length" */
};

/* --- reading --- */

/**
 * ike_hdr_parse() - the header alone, of any major version
 * @buf, @len: a whole datagram, without the non-ESP marker
 * @out: out on success
 *
 * Return: 0; MISSIU_ESHORT; MISSIU_EPROTO when the length field is not @len or
 * SPIi is zero (3.1).
 */
int ike_hdr_parse(const void *buf, size_t len, struct ike_hdr *out);

/**
 * ike_msg_parse() - a whole message up to and including an SK payload
 * @buf, @len: as above; must outlive @m
 * @m: out; written whole, needs no initialisation. On failure only hdr, bad
 *     and why are meaningful
 *
 * Return: 0; as ike_hdr_parse(); MISSIU_EUNSUP for another major version (bad
 * is 0) or an unknown critical payload (bad is its type); MISSIU_EPROTO for
 * anything malformed; MISSIU_EFULL for more than a maximum.
 */
int ike_msg_parse(const void *buf, size_t len, struct ike_msg *m);

/**
 * ike_payloads_parse() - an inner chain, after decryption
 * @first: type of its first payload
 * @buf, @len: plaintext without padding; must outlive @m
 * @m: in/out: parsed payloads are added; on failure bad and why are set, the
 *     rest is unspecified: drop the message
 *
 * SK and SKF are refused here (3.14). Return: as ike_msg_parse().
 */
int ike_payloads_parse(uint8_t first, const void *buf, size_t len,
		       struct ike_msg *m);

/** ike_msg_has() - whether a payload of this type was seen */
static inline bool ike_msg_has(const struct ike_msg *m, uint8_t type)
{
	return m->seen & IKE_SEEN(type);
}

/** ike_msg_notify() - the first notify of a type; NULL: none */
const struct ike_notify *ike_msg_notify(const struct ike_msg *m, uint16_t type);

/** ike_msg_error() - the first notify of an error type; NULL: none */
const struct ike_notify *ike_msg_error(const struct ike_msg *m);

/** ike_delete_spi() - SPI @i of an AH or ESP delete, host order */
uint32_t ike_delete_spi(const struct ike_delete *d, size_t i);

/* --- writing --- */

struct ike_build {
	struct wr w;
	size_t next_at; /* where the type of the next payload goes */
	size_t pld_at;	/* start of the payload that is open */
	size_t sk_at;	/* start of the SK or SKF payload; 0: none */
	size_t iv_at;	/* its IV: what stands before is authenticated only */
	size_t text_at; /* first byte of its plaintext */
};

/** Where the core encrypts in place after ike_build_sk_end(). */
struct ike_sealing {
	size_t msg_len; /* of the whole message */
	size_t aad_len; /* from the message's start through the SK header */
	uint8_t *iv;	/* iv_len bytes, to be filled */
	uint8_t *text;	/* text_len bytes: payloads, padding, pad length */
	size_t text_len;
	uint8_t *icv; /* icv_len bytes, to be filled */
};

/**
 * ike_build_start() - write the header
 * @buf, @cap: where the message goes
 * @h: spis, exchange, flags, mid are taken; version, next and length are ours
 */
void ike_build_start(struct ike_build *b, void *buf, size_t cap,
		     const struct ike_hdr *h);

/** ike_build_end() - finish a clear message; Return: its length, 0: overflow */
size_t ike_build_end(struct ike_build *b);

/** ike_build_sk_begin() - open an SK payload with room for an IV (3.14) */
void ike_build_sk_begin(struct ike_build *b, size_t iv_len);

/**
 * ike_build_skf_begin() - open an SKF payload (RFC 7383 2.5)
 * @sk: first (of fragment 1, else none), frag and total are taken
 *
 * What follows is a part of the inner payloads, by wr_bytes().
 */
void ike_build_skf_begin(struct ike_build *b, const struct ike_sk *sk,
			 size_t iv_len);

/**
 * ike_build_sk_end() - pad, leave room for the ICV, finish all lengths
 * @block: the cipher's block size, 1..16: the plaintext becomes a multiple
 * @icv_len: bytes
 * @out: out
 *
 * Return: 0 or MISSIU_EFULL (does not fit).
 */
int ike_build_sk_end(struct ike_build *b, size_t block, size_t icv_len,
		     struct ike_sealing *out);

/** ike_put_begin(), ike_put_end() - frame of one payload; body by wr_…(&b->w) */
void ike_put_begin(struct ike_build *b, uint8_t type);
void ike_put_end(struct ike_build *b);

/** ike_put_raw() - a payload whose body is ready: nonce, vendor ID, CERT ... */
void ike_put_raw(struct ike_build *b, uint8_t type, const void *body,
		 size_t len);

/** ike_put_sa() - 3.3; numbers and SPIs as in the set */
void ike_put_sa(struct ike_build *b, const struct ike_proposals *set);

/** ike_put_ke() - 3.4; @method: transform number */
void ike_put_ke(struct ike_build *b, uint16_t group, const void *pub,
		size_t len);

/** ike_put_id() - 3.5; @type IKE_P_IDI or IKE_P_IDR */
void ike_put_id(struct ike_build *b, uint8_t type, const struct ike_id *id);

/** ike_put_auth() - 3.8 */
void ike_put_auth(struct ike_build *b, uint8_t method, const void *data,
		  size_t len);

/**
 * ike_put_notify() - 3.10
 * @n: proto, type, spi and data; spi.len 0: none
 */
void ike_put_notify(struct ike_build *b, const struct ike_notify *n);

/** ike_put_notify_data() - a notify about the IKE SA: no protocol, no SPI */
void ike_put_notify_data(struct ike_build *b, uint16_t type, const void *data,
			 size_t len);

/** ike_put_delete_ike() - 3.11: this IKE SA */
void ike_put_delete_ike(struct ike_build *b);

/** ike_put_delete() - 3.11: AH or ESP SAs by the SPIs we receive with */
void ike_put_delete(struct ike_build *b, uint8_t proto, const uint32_t *spis,
		    uint16_t n);

/** ike_put_ts() - 3.13; @type IKE_P_TSI or IKE_P_TSR; families 4 and 6 only */
void ike_put_ts(struct ike_build *b, uint8_t type,
		const struct ike_ts_list *list);

/** Longest body of an ID payload. */
#define IKE_ID_BODY_MAX (4 + IKE_ID_MAX)

/**
 * ike_id_body() - an identity as the AUTH computation wants it (2.15)
 * @out: 4 + id->len bytes are used: type, three zero bytes, data
 *
 * Return: bytes written.
 */
size_t ike_id_body(const struct ike_id *id,
		   uint8_t out[static IKE_ID_BODY_MAX]);

/**
 * ike_id_from_pld() - copy a received one
 * @out: out: ike_id_drop(); unchanged on failure
 *
 * Return: 0; MISSIU_EFULL: longer than ike_id_make() takes; MISSIU_ENOMEM.
 */
int ike_id_from_pld(const struct ike_pld_id *pld, struct ike_id *out,
		    struct missiu_diag *diag);

#endif
