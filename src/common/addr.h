/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses and traffic selectors: compare, contain, parse, print. */
#ifndef COMMON_ADDR_H
#define COMMON_ADDR_H

#include <sys/socket.h>

#include "missiu/types.h"

/** Longest text of an address, NUL included. */
#define ADDR_TEXT_MAX 46
/** Longest text of a traffic selector, NUL included. */
#define TS_TEXT_MAX 160

/** Text by value, for use as a printf argument: addr_text(&a).s */
struct addr_text {
	char s[ADDR_TEXT_MAX];
};
struct ts_text {
	char s[TS_TEXT_MAX];
};

/** addr_len() - bytes of an address: 4, 16, or 0 for family 0 */
size_t addr_len(const struct missiu_addr *a);

/** addr_from_bytes() - make one from wire bytes; @family 4 or 6 */
struct missiu_addr addr_from_bytes(uint8_t family, const uint8_t *b);

/** addr_cmp() - total order: family, then bytes; <0, 0, >0 */
int addr_cmp(const struct missiu_addr *a, const struct missiu_addr *b);

/** addr_eq() - same family and bytes */
bool addr_eq(const struct missiu_addr *a, const struct missiu_addr *b);

/** addr_listed() - is it one of @n addresses? */
bool addr_listed(const struct missiu_addr *v, size_t n,
		 const struct missiu_addr *a);

/** addr_is_any() - family 0 or all bytes zero */
bool addr_is_any(const struct missiu_addr *a);

/** addr_is_multicast() - IPv4 multicast or limited broadcast, IPv6 ff00::/8 */
bool addr_is_multicast(const struct missiu_addr *a);

/**
 * addr_parse() - read a numeric IPv4 or IPv6 address
 * @text: NUL-terminated; nothing may follow the address
 * @out:  out, untouched on failure
 *
 * Return: true when it was one.
 */
bool addr_parse(const char *text, struct missiu_addr *out);

/** addr_text() - print; "any" for family 0 */
struct addr_text addr_text(const struct missiu_addr *a);

/**
 * addr_prefix() - the range of addresses with the first @plen bits of @a
 *
 * Return: false when @plen is longer than the address.
 */
bool addr_prefix(const struct missiu_addr *a, unsigned plen,
		 struct missiu_addr *lo, struct missiu_addr *hi);

/** addr_common_bits() - how many of the first bits are the same; one family */
unsigned addr_common_bits(const struct missiu_addr *a,
			  const struct missiu_addr *b);

/** addr_range_plen() - prefix length if [lo,hi] is exactly a prefix, else -1 */
int addr_range_plen(const struct missiu_addr *lo, const struct missiu_addr *hi);

/** addr_to_sockaddr() - fill @ss; Return: its length, 0 for family 0 */
socklen_t addr_to_sockaddr(const struct missiu_addr *a, uint16_t port,
			   struct sockaddr_storage *ss);

/** addr_from_sockaddr() - v4-mapped IPv6 becomes IPv4; Return: false for other families */
bool addr_from_sockaddr(const struct sockaddr *sa, struct missiu_addr *a,
			uint16_t *port);

/** ts_any() - selector of all traffic */
struct missiu_ts ts_any(void);

/** ts_host() - selector of one address, all protocols and ports */
struct missiu_ts ts_host(const struct missiu_addr *a);

/** ts_has() - address, protocol and port lie inside @ts */
bool ts_has(const struct missiu_ts *ts, const struct missiu_addr *a,
	    uint8_t proto, uint16_t port);

/** ts_covers() - all of @inner lies inside @outer */
bool ts_covers(const struct missiu_ts *outer, const struct missiu_ts *inner);

/** ts_intersect() - common part into @out; Return: false when there is none */
bool ts_intersect(const struct missiu_ts *a, const struct missiu_ts *b,
		  struct missiu_ts *out);

/** ts_eq() - same selector */
bool ts_eq(const struct missiu_ts *a, const struct missiu_ts *b);

/**
 * ts_is_flow() - do both sides together name one flow?
 *
 * One address each, one protocol, and one port each where the protocol has
 * ports (ICMP: type and code).
 */
bool ts_is_flow(const struct missiu_ts *a, const struct missiu_ts *b);

/** ts_text() - print: "10.0.0.0/8[tcp/80]", "any", "10.1.1.1-10.1.1.9[17/5000-5999]" */
struct ts_text ts_text(const struct missiu_ts *ts);

#endif
