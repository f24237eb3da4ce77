/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The documented calls for programs with a packet path of their own: one
 * packet, one buffer, one engine for the process. New programs use
 * missiu/engine.h. Not thread-safe, as documented.
 *
 * Policies, keys and events go through the engine itself:
 *	IPSEC_init();
 *	missiu_load(IPSEC_engine(), …);
 */
#ifndef MISSIU_IPSEC_H
#define MISSIU_IPSEC_H

#include "missiu/engine.h"

/** What IPSEC_apply() and IPSEC_permit() return; below 0: not protected. */
#define IPSEC_STATUS_OK	       0     /**< protected, or decapsulated */
#define IPSEC_STATUS_ERROR     -8801 /**< no engine, or bad argument */
#define IPSEC_STATUS_BYPASS    -8810 /**< unchanged: send or accept it */
#define IPSEC_STATUS_NATT      -8816 /**< apply: done, it is UDP now */
#define IPSEC_STATUS_DROP      -8820 /**< discard it */
#define IPSEC_STATUS_AUTH_FAIL -8821 /**< discard: wrong ICV */
#define IPSEC_STATUS_REPLAY    -8830 /**< discard: replayed or too old */
#define IPSEC_STATUS_FRAGMENTATION                                             \
	-8833 /**< discard: a fragment; kept if others may make it whole */
/* Not numbered in the documentation; these numbers are ours. */
#define IPSEC_STATUS_GETSA_FAIL                                                \
	-8901 /**< discard: no SA yet, one was asked for */
#define IPSEC_STATUS_FINDSA_FAIL -8902 /**< discard: no SA of that SPI */
#define IPSEC_STATUS_OVERFLOW	 -8903 /**< discard: buffer too small */
#define IPSEC_STATUS_DUMMY	 -8904 /**< discard: TFC dummy or keep-alive */
#define IPSEC_STATUS_MISMATCH	 -8905 /**< discard: policy wants another SA */
#define IPSEC_STATUS_TTL	 -8906 /**< discard: TTL or hop limit 0 */
#define IPSEC_STATUS_TOO_BIG                                                   \
	-8907 /**< apply: now an ICMP message to its sender; new length, offset */

/**
 * IPSEC_init() - make the process's engine
 *
 * Return: IPSEC_STATUS_OK, also when there is one; IPSEC_STATUS_ERROR.
 */
int32_t IPSEC_init(void);

/** IPSEC_flush() - free the engine with all policies and keys */
int32_t IPSEC_flush(void);

/** IPSEC_engine() - the engine, for missiu_load() and the like; or NULL */
struct missiu *IPSEC_engine(void);

/**
 * IPSEC_apply() - outbound processing of one packet, in place
 * @buf:    buffer
 * @size:   its bytes
 * @len:    in: bytes of the packet, 0: as its IP header says; out: new length
 * @off:    in/out: where in @buf the packet starts; leave MISSIU_HEADROOM
 *          bytes before it and MISSIU_TAILROOM after it
 * @cookie: of the caller; not used
 *
 * *@len and *@off change only with OK, NATT and TOO_BIG. A packet for which an
 * SA was asked for is not kept. These calls tell no MTU to the engine; who does
 * (missiu_set_mtu) fetches the fragments that result (missiu_fragments).
 *
 * Return: IPSEC_STATUS_….
 */
int32_t IPSEC_apply(uint8_t *buf, uint16_t size, uint16_t *len, uint16_t *off,
		    void *cookie);

/**
 * IPSEC_permit() - inbound processing; as IPSEC_apply()
 *
 * Fragments need not go through IPSEC_fragRcv() before: FRAGMENTATION says that
 * one was kept, and the last one of a packet becomes that packet if @size
 * allows.
 */
int32_t IPSEC_permit(uint8_t *buf, uint16_t size, uint16_t *len, uint16_t *off,
		     void *cookie);

/** IPSEC_fragInit() - start with no fragments; Return: IPSEC_STATUS_OK */
int32_t IPSEC_fragInit(void);

/** IPSEC_fragFlush() - forget all fragments; Return: IPSEC_STATUS_OK */
int32_t IPSEC_fragFlush(void);

/**
 * IPSEC_fragRcv() - put the fragments of packets together, IPv4 and IPv6
 * @buf: in: a packet; out with OK: a whole packet, that one or one in our
 *       memory, valid until the next call, with room as IPSEC_apply() wants
 * @len: in/out: its bytes
 *
 * Limits: 4 MiB, of one source 1 MiB; 15 seconds. Fragments that overlap spoil
 * their packet (RFC 5722).
 *
 * Return: IPSEC_STATUS_OK; IPSEC_STATUS_FRAGMENTATION: kept, others are missing;
 * IPSEC_STATUS_DROP; IPSEC_STATUS_ERROR (no IP packet).
 */
int32_t IPSEC_fragRcv(uint8_t **buf, uint16_t *len);

/** What IPSEC_fragSnd() calls for each fragment; not 0: stop. */
typedef int32_t IPSEC_fragSnd_cb(uint8_t *frag, uint16_t len, void *ctx);

/**
 * IPSEC_fragSnd() - cut a packet into fragments, DF or not, IPv4 and IPv6
 * @buf, @len: a whole packet; unchanged
 * @mtu: most bytes of each
 * @cb, @ctx: called for each, also when there is only one
 *
 * Return: IPSEC_STATUS_OK; IPSEC_STATUS_OVERFLOW (@mtu too small, no memory);
 * IPSEC_STATUS_ERROR (no IP packet); what @cb returned when not 0.
 */
int32_t IPSEC_fragSnd(const uint8_t *buf, uint16_t len, uint16_t mtu,
		      IPSEC_fragSnd_cb *cb, void *ctx);

#endif
