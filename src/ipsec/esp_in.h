/* SPDX-License-Identifier: Apache-2.0 */
/* ESP on the way in: a chunk of packets, and runs of alike ones in it. */
#ifndef IPSEC_ESP_IN_H
#define IPSEC_ESP_IN_H

#include "ipsec/in.h"
#include "ipsec/same.h"

/**
 * What was found out about the last packets, outside and inside: those with
 * the same headers need only what is their own.
 */
struct in_run {
	struct same outer; /* an ESP packet that was admitted */
	struct ip_info *ip;
	struct sa *sa;
	uint16_t sport;
	uint8_t udp_len, off; /* of the UDP header; where ESP begins */

	struct same inner;	    /* a packet that was delivered */
	const struct ip_info *came; /* its outer header */
	uint32_t policy_id;
	struct policy *pol; /* NULL: not looked up yet */
	struct ip_info in;
	uint8_t mode, next;
	uint32_t min_len; /* IP header and the one behind it */
	uint32_t syn;	  /* offset of TCP's flags; 0: no TCP */
};

struct in_batch {
	struct missiu *m;
	missiu_usec now;
	struct sa *sas;
	struct in_pkt in[CHUNK_MAX];
	struct ip_info outer[CHUNK_MAX]; /* of those that begin a run */
	struct crypt_job job[CHUNK_MAX];
	uint16_t next[CHUNK_MAX];
	uint16_t n;
	struct in_run run;
};

/**
 * in_admit() - length and replay check: all that is possible without keys
 * @esp: from the SPI on, as long as the packet
 *
 * Return: NONE: .job[.n] says what to open.
 */
enum missiu_drop in_admit(struct in_batch *b, struct in_pkt *in, struct rd esp,
			  struct sa *sa);

/** in_run_outer() - the packet just admitted may begin a run */
void in_run_outer(struct in_batch *b, const struct in_pkt *in, struct sa *sa,
		  size_t off);

/**
 * in_run_admit() - admit a packet like the one before
 * @why: out: NONE: it is in the batch; else why it is to be dropped
 *
 * Return: false: it is not like that.
 */
bool in_run_admit(struct in_batch *b, struct missiu_pkt *p,
		  enum missiu_drop *why);

/** in_run_inner() - the packet about to be delivered may begin a run */
void in_run_inner(struct in_batch *b, const struct in_good *g,
		  const struct in_pkt *in, const struct ip_info *ip,
		  uint8_t next);

/**
 * in_run_deliver() - deliver a packet with the inner header of the one before
 * @body, @next: what it carries
 * @why: out: NONE, or why it is to be dropped
 *
 * Return: false: it is not like that.
 */
bool in_run_deliver(struct in_batch *b, const struct in_good *g,
		    struct in_pkt *in, struct rd body, uint8_t next,
		    enum missiu_drop *why);

#endif
