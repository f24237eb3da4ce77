/* SPDX-License-Identifier: Apache-2.0 */
#include "ipsec/mss.h"

#include "common/rd.h"
#include "common/wr.h"
#include "ipsec/tcp.h"

#define OPT_END	    0
#define OPT_NOP	    1
#define OPT_MSS	    2
#define OPT_MSS_LEN 4

/* Less than this helps nobody: the path is broken otherwise. */
#define MSS_MIN 64

/* Offset of the MSS value in the options; 0: there is none. */
static size_t find_mss(const uint8_t *opts, size_t n)
{
	size_t at = 0;

	while (at < n && opts[at] != OPT_END) {
		if (opts[at] == OPT_NOP) {
			at++;
			continue;
		}
		if (n - at < 2 || opts[at + 1] < 2 || opts[at + 1] > n - at)
			return 0;
		if (opts[at] == OPT_MSS)
			return opts[at + 1] == OPT_MSS_LEN ? at + 2 : 0;
		at += opts[at + 1];
	}
	return 0;
}

/* RFC 1624 eqn. 3, for a 16-bit word at an even or odd place. */
static void adjust(uint8_t *sum, uint16_t from, uint16_t to, bool odd)
{
	uint32_t s = (uint16_t)~load_be16(sum);

	if (odd) {
		from = (uint16_t)(from << 8 | from >> 8);
		to = (uint16_t)(to << 8 | to >> 8);
	}
	s += (uint16_t)~from;
	s += to;
	store_be16(sum, ip_fold(s));
}

bool mss_clamp(uint8_t *p, const struct ip_info *ip, uint32_t mtu)
{
	uint32_t hdrs = ip->family == 4 ? IP4_HDR_LEN : IP6_HDR_LEN;
	uint8_t *tcp = p + ip->upper_off;
	size_t n = ip->len - ip->upper_off, hlen, at;
	uint16_t mss, most;

	hdrs += TCP_HDR_LEN;
	if (ip->proto != IP_P_TCP || ip->frag != IP_WHOLE || n < TCP_HDR_LEN ||
	    (tcp[13] & (TCP_SYN | TCP_RST)) != TCP_SYN)
		return false;
	hlen = (size_t)(tcp[12] >> 4) * 4;
	if (hlen < TCP_HDR_LEN || hlen > n || mtu < hdrs + MSS_MIN ||
	    mtu - hdrs > UINT16_MAX)
		return false;
	at = find_mss(tcp + TCP_HDR_LEN, hlen - TCP_HDR_LEN);
	if (!at)
		return false;
	at += TCP_HDR_LEN;
	mss = load_be16(tcp + at);
	most = (uint16_t)(mtu - hdrs);
	if (mss <= most)
		return false;
	store_be16(tcp + at, most);
	adjust(tcp + 16, mss, most, at & 1);
	return true;
}
