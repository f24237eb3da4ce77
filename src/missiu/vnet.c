/* SPDX-License-Identifier: Apache-2.0 */
#include "missiu/vnet.h"

#include <assert.h>
#include <string.h>

#include <linux/virtio_net.h>

#ifndef VIRTIO_NET_HDR_GSO_UDP_L4
#define VIRTIO_NET_HDR_GSO_UDP_L4 5 /* Linux 6.2 */
#endif

static_assert(sizeof(struct virtio_net_hdr) == VNET_LEN, "no padding");

bool vnet_parse(const uint8_t h[static VNET_LEN], size_t skip,
		struct missiu_offload *o)
{
	struct virtio_net_hdr v;

	memcpy(&v, h, sizeof(v));
	*o = (struct missiu_offload){ .seg_size = v.gso_size };
	switch (v.gso_type & ~VIRTIO_NET_HDR_GSO_ECN) {
	case VIRTIO_NET_HDR_GSO_NONE:
		o->seg_size = 0;
		break;
	case VIRTIO_NET_HDR_GSO_TCPV4:
	case VIRTIO_NET_HDR_GSO_TCPV6:
		o->seg = MISSIU_SEG_TCP;
		break;
	case VIRTIO_NET_HDR_GSO_UDP_L4:
		o->seg = MISSIU_SEG_UDP;
		break;
	default:
		return false;
	}
	o->csum_good = v.flags & VIRTIO_NET_HDR_F_DATA_VALID;
	if (!(v.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM))
		return true;
	if (v.csum_start < skip)
		return false;
	o->csum_needed = true;
	o->csum_start = (uint16_t)(v.csum_start - skip);
	o->csum_off = v.csum_offset;
	return true;
}

void vnet_put(const struct missiu_offload *o, size_t skip, bool v6,
	      uint8_t h[static VNET_LEN])
{
	struct virtio_net_hdr v = { 0 };

	if (o->csum_good)
		v.flags = VIRTIO_NET_HDR_F_DATA_VALID;
	if (o->csum_needed) {
		v.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
		v.csum_start = (uint16_t)(o->csum_start + skip);
		v.csum_offset = o->csum_off;
	}
	if (o->seg) {
		v.gso_type = o->seg == MISSIU_SEG_UDP ?
				     VIRTIO_NET_HDR_GSO_UDP_L4 :
			     v6 ? VIRTIO_NET_HDR_GSO_TCPV6 :
				  VIRTIO_NET_HDR_GSO_TCPV4;
		v.gso_size = o->seg_size;
		v.hdr_len = (uint16_t)(o->hdr_len + skip);
	}
	memcpy(h, &v, sizeof(v));
}
