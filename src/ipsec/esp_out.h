/* SPDX-License-Identifier: Apache-2.0 */
/* ESP on the way out: a chunk of packets, and runs of alike ones in it. */
#ifndef IPSEC_ESP_OUT_H
#define IPSEC_ESP_OUT_H

#include "ipsec/same.h"
#include "ipsec/state.h"

/**
 * What was found out about the last packet protected, and the headers it was
 * given: packets with the same header need only what is their own.
 */
struct out_run {
	struct same same;
	struct policy *pol;
	struct sa *sa;
	uint32_t room;	  /* what fits without being cut */
	uint32_t min_len; /* IP header and the one behind it */
	uint32_t sum;	  /* IPv4: of the header without what is its own */
	uint32_t syn;	  /* offset of TCP's flags; 0: no TCP */
	uint16_t n;	  /* bytes of .hdr */
	uint8_t ip_len, keep, grow, next;
	uint8_t hdr[IP6_HDR_LEN + UDP_HDR_LEN + ESP_HDR_LEN];
};

/** Packets of a chunk that will be sealed. */
struct out_batch {
	struct missiu *m;
	missiu_usec now;
	enum out_from from;
	struct sa *sas; /* those with packets here */
	struct missiu_pkt *p[CHUNK_MAX];
	struct crypt_job job[CHUNK_MAX];
	uint16_t next[CHUNK_MAX];
	uint32_t bytes[CHUNK_MAX]; /* of the packet before */
	struct sa *ah[CHUNK_MAX];  /* of a bundle: what goes around it */
	uint16_t n;
	struct out_run run;
};

/**
 * esp_put() - everything but encryption
 * @pol:  a PROTECT policy
 * @ip:   @p parsed
 * @room: what may be filled for TFC
 * @job:  out: what is left to do
 */
enum missiu_drop esp_put(struct missiu *m, struct sa *sa,
			 const struct policy *pol, const struct ip_info *ip,
			 size_t room, struct missiu_pkt *p,
			 struct crypt_job *job);

/** esp_put_trailer() - padding 1, 2, 3 …, pad length, next header (RFC 4303 2.4) */
static inline void esp_put_trailer(uint8_t *at, size_t pad, uint8_t next)
{
	for (size_t i = 0; i < pad; i++)
		at[i] = (uint8_t)(i + 1);
	at[pad] = (uint8_t)pad;
	at[pad + 1] = next;
}

/** out_queue() - the packet is laid out as .job[.n]; count it and keep it */
void out_queue(struct out_batch *b, struct sa *sa, struct sa *ah,
	       struct missiu_pkt *p, uint32_t bytes);

/**
 * out_run_begin() - the packet just laid out, not queued yet, may begin a run
 * @ip:   what it was before
 * @room: how long a packet of its kind may be
 * @same: its header as it was, noted
 */
void out_run_begin(struct out_batch *b, struct policy *pol, struct sa *sa,
		   const struct ip_info *ip, uint32_t room,
		   const struct missiu_pkt *p, const struct same *same);

/** out_run_again() - protect a packet like the one before; false: it is not */
bool out_run_again(struct out_batch *b, struct missiu_pkt *p);

#endif
