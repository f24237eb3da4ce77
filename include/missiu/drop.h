/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why a packet was dropped: one list for enum, text and metric name. Names
 * with a Linux xfrm equivalent of the same meaning carry the xfrm name.
 */
#ifndef MISSIU_DROP_H
#define MISSIU_DROP_H

/* enum suffix, metric name, text */
#define MISSIU_DROPS(X)                                                        \
	X(IN_HDR_ERROR, "InHdrError", "inbound: malformed IP header")          \
	X(IN_FRAGMENT, "InFragment",                                           \
	  "inbound: fragment of a protected packet")                           \
	X(IN_NO_STATES, "InNoStates", "inbound: no SA for this SPI")           \
	X(IN_RUNT, "InRunt", "inbound: shorter than its SA's overhead")        \
	X(IN_STATE_SEQ, "InStateSeqError", "inbound: replayed or too old")     \
	X(IN_STATE_PROTO, "InStateProtoError", "inbound: wrong ICV")           \
	X(IN_AH_LEN, "InAhLengthError",                                        \
	  "inbound: AH of a length that its SA does not have")                 \
	X(IN_BAD_PAD, "InBadPadding", "inbound: bad ESP padding or trailer")   \
	X(IN_BAD_INNER, "InBadInner", "inbound: malformed packet inside")      \
	X(IN_STATE_MODE, "InStateModeError", "inbound: not of the SA's mode")  \
	X(IN_STATE_EXPIRED, "InStateExpired", "inbound: SA expired")           \
	X(IN_STATE_MISMATCH, "InStateMismatch",                                \
	  "inbound: outside the SA's selectors")                               \
	X(IN_UDP_ENCAP, "InUdpEncapMismatch",                                  \
	  "inbound: UDP encapsulation differs from the SA's")                  \
	X(IN_TMPL_MISMATCH, "InTmplMismatch",                                  \
	  "inbound: policy wants another SA")                                  \
	X(IN_NO_POLS, "InNoPols",                                              \
	  "inbound: protected, but no policy permits it")                      \
	X(IN_POL_BLOCK, "InPolBlock", "inbound: policy says drop")             \
	X(IN_POL_CLEAR, "InPolClear",                                          \
	  "inbound: clear, but policy wants protection")                       \
	X(IN_DUMMY, "InDummy", "inbound: dummy packet (TFC)")                  \
	X(IN_KEEPALIVE, "InNatKeepalive", "inbound: NAT keep-alive")           \
	X(OUT_HDR_ERROR, "OutHdrError", "outbound: malformed IP header")       \
	X(OUT_FRAGMENT, "OutFragment",                                         \
	  "outbound: fragment that transport mode cannot carry")               \
	X(OUT_AH_ROUTE, "OutAhRoute",                                          \
	  "outbound: options or a source route that AH cannot protect")        \
	X(OUT_TTL, "OutTtl", "outbound: TTL or hop limit 0")                   \
	X(OUT_NO_ROOM, "OutNoRoom", "outbound: no room for the headers")       \
	X(OUT_TOO_BIG, "OutTooBig", "outbound: would exceed 65535 bytes")      \
	X(OUT_POL_BLOCK, "OutPolBlock", "outbound: policy says drop")          \
	X(OUT_NO_STATES, "OutNoStates",                                        \
	  "outbound: no SA and none can be asked for")                         \
	X(OUT_HOLD_FULL, "OutHoldFull",                                        \
	  "outbound: queue of packets waiting for an SA is full")              \
	X(OUT_ACQUIRE, "AcquireError",                                         \
	  "outbound: waited for an SA that did not come")                      \
	X(OUT_STATE_SEQ, "OutStateSeqError",                                   \
	  "outbound: sequence numbers exhausted")                              \
	X(OUT_STATE_EXPIRED, "OutStateExpired", "outbound: SA expired")        \
	X(OUT_STATE_PROTO, "OutStateProtoError",                               \
	  "outbound: cryptographic failure")                                   \
	X(FRAG_QUEUE, "FragQueueFull",                                         \
	  "fragmentation: too much waits to be fetched")                       \
	X(REASM_BAD, "ReasmBad", "reassembly: malformed fragment")             \
	X(REASM_OVERLAP, "ReasmOverlap", "reassembly: fragments overlap")      \
	X(REASM_DUPLICATE, "ReasmDuplicate", "reassembly: copy of a fragment") \
	X(REASM_FULL, "ReasmFull", "reassembly: too many fragments")           \
	X(REASM_TIMEOUT, "ReasmTimeout",                                       \
	  "reassembly: others did not come in time")                           \
	X(REASM_NO_ROOM, "ReasmNoRoom",                                        \
	  "reassembly: buffer too small for the whole")                        \
	X(TAP_NON_IP, "TapNonIp", "TAP: neither IP, ARP nor ND")               \
	X(TAP_MULTICAST, "TapMulticast",                                       \
	  "TAP: multicast or broadcast no policy protects")                    \
	X(TAP_RUNT, "TapRunt", "TAP: truncated frame")                         \
	X(TAP_WRITE, "TapWriteError", "TAP: write refused by the kernel")      \
	X(TX_TOO_BIG, "TxTooBig", "outer interface: larger than its MTU")      \
	X(TX_NO_ROUTE, "TxNoRoute", "outer interface: no route or next hop")   \
	X(TX_QUEUE, "TxQueueFull", "outer interface: send queue full")         \
	X(TX_ERROR, "TxError", "outer interface: send failed")                 \
	X(TX_TCP, "TxTcp", "over TCP: no key daemon to carry it")              \
	X(RX_MERGED, "RxMerged",                                               \
	  "outer interface: merged packet that cannot be cut")                 \
	X(RX_RUNT, "RxRunt", "outer interface: truncated packet")              \
	X(RX_QUEUE, "RxQueueFull", "outer interface: receive queue overflow")

enum missiu_drop {
	MISSIU_DROP_NONE = 0,
#define X(id, name, text) MISSIU_DROP_##id,
	MISSIU_DROPS(X)
#undef X
		MISSIU_DROP_MAX
};

/**
 * missiu_drop_name() - metric name of a reason
 * @why: a value of enum missiu_drop
 *
 * Return: a static string such as "InStateSeqError"; "None" for 0; "Unknown"
 * outside the list. Never NULL.
 */
const char *missiu_drop_name(enum missiu_drop why);

/**
 * missiu_drop_text() - one line for people
 * @why: a value of enum missiu_drop
 *
 * Return: a static string, never NULL.
 */
const char *missiu_drop_text(enum missiu_drop why);

#endif
