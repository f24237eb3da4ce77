/* SPDX-License-Identifier: Apache-2.0 */
#include "ike/natd.h"

#include <string.h>

#include "common/addr.h"

int ike_natd_hash(uint64_t spi_i, uint64_t spi_r, const struct ike_end *end,
		  uint8_t out[static IKE_NATD_LEN])
{
	uint8_t in[2 * IKE_SPI_LEN + 16 + 2];
	struct wr w = wr_to(in, sizeof(in));
	size_t alen = addr_len(&end->addr);
	struct chunk c;

	if (!alen)
		return MISSIU_EINVAL;
	wr_be64(&w, spi_i);
	wr_be64(&w, spi_r);
	wr_bytes(&w, end->addr.b, alen);
	wr_be16(&w, end->port);
	c = (struct chunk){ in, w.len };
	return sha1(&c, 1, out);
}

/* Whether any notify of a type carries this hash; *n counts them all. */
static bool any_equal(const struct ike_msg *m, uint16_t type,
		      const uint8_t hash[static IKE_NATD_LEN], size_t *n)
{
	bool equal = false;

	*n = 0;
	for (size_t i = 0; i < m->n_notify; i++) {
		const struct ike_notify *v = &m->notify[i];

		if (v->type != type)
			continue;
		(*n)++;
		/* Not a secret: anyone on the path can compute it. */
		if (v->data.len == IKE_NATD_LEN &&
		    !memcmp(v->data.p, hash, IKE_NATD_LEN))
			equal = true;
	}
	return equal;
}

int ike_natd_check(const struct ike_msg *m, const struct ike_end *local,
		   const struct ike_end *remote, struct ike_natd *out)
{
	uint8_t ours[IKE_NATD_LEN], theirs[IKE_NATD_LEN];
	uint64_t spi_i = m->hdr.spi_i, spi_r = m->hdr.spi_r;
	bool source, destination;
	size_t n_source, n_destination;
	int ret;

	*out = (struct ike_natd){ 0 };
	ret = ike_natd_hash(spi_i, spi_r, local, ours);
	if (!ret)
		ret = ike_natd_hash(spi_i, spi_r, remote, theirs);
	if (ret)
		return ret;
	source = any_equal(m, IKE_N_NAT_DETECTION_SOURCE_IP, theirs, &n_source);
	destination = any_equal(m, IKE_N_NAT_DETECTION_DESTINATION_IP, ours,
				&n_destination);
	if (!n_source || !n_destination)
		return 0;
	out->supported = true;
	out->nat_remote = !source;
	out->nat_local = !destination;
	return 0;
}

int ike_natd_put(struct ike_build *b, const struct ike_hdr *h,
		 const struct ike_end *local, const struct ike_end *remote)
{
	uint8_t source[IKE_NATD_LEN], destination[IKE_NATD_LEN];
	int ret = ike_natd_hash(h->spi_i, h->spi_r, local, source);

	if (!ret)
		ret = ike_natd_hash(h->spi_i, h->spi_r, remote, destination);
	if (ret)
		return ret;
	ike_put_notify_data(b, IKE_N_NAT_DETECTION_SOURCE_IP, source,
			    sizeof(source));
	ike_put_notify_data(b, IKE_N_NAT_DETECTION_DESTINATION_IP, destination,
			    sizeof(destination));
	return 0;
}
