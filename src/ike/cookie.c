/* SPDX-License-Identifier: Apache-2.0 */
#include "ike/cookie.h"

#include "common/addr.h"
#include "common/secret.h"
#include "common/wr.h"

#define ROTATE_US	((missiu_usec)COOKIE_ROTATE_S * 1000000)
#define PRF_HMAC_SHA256 5

/*
 * Cookie = version | prf(secret, version | family | IPi | port | SPIi | Ni):
 * what varies in length is last, so that no byte can change its meaning.
 */
static int compute(const struct cookie_jar *jar, uint8_t version,
		   const struct cookie_of *of, uint8_t *out)
{
	uint8_t head[12] = { version, of->addr.family };
	const struct chunk in[] = {
		{ head, sizeof(head) },
		{ of->addr.b, addr_len(&of->addr) },
		of->ni,
	};

	store_be16(head + 2, of->port);
	store_be64(head + 4, of->spi_i);
	out[0] = version;
	return prf(PRF_HMAC_SHA256, jar->secret[version & 1],
		   sizeof(jar->secret[0]), in, 3, out + 1);
}

static int rotate(struct cookie_jar *jar, const struct rng *rng,
		  missiu_usec now)
{
	const uint8_t next = (uint8_t)(jar->version + 1);
	int ret;

	if (jar->filled[jar->version & 1] && now - jar->since < ROTATE_US)
		return 0;
	ret = rng_bytes(rng, jar->secret[next & 1], sizeof(jar->secret[0]));
	if (ret)
		return ret;
	/* The one before is too old when nobody asked for long. */
	if (now - jar->since >= 2 * ROTATE_US)
		jar->filled[jar->version & 1] = false;
	jar->filled[next & 1] = true;
	jar->version = next;
	jar->since = now;
	return 0;
}

int cookie_make(struct cookie_jar *jar, const struct rng *rng,
		const struct cookie_of *of, missiu_usec now,
		uint8_t out[static COOKIE_LEN])
{
	const int ret = rotate(jar, rng, now);

	return ret ? ret : compute(jar, jar->version, of, out);
}

bool cookie_ok(const struct cookie_jar *jar, const struct cookie_of *of,
	       missiu_usec now, struct chunk got)
{
	const uint8_t *b = got.p;
	uint8_t want[COOKIE_LEN];

	if (got.len != COOKIE_LEN || now - jar->since >= 2 * ROTATE_US)
		return false;
	if (b[0] != jar->version && b[0] != (uint8_t)(jar->version - 1))
		return false;
	if (!jar->filled[b[0] & 1] || compute(jar, b[0], of, want))
		return false;
	return ct_equal(want, b, COOKIE_LEN);
}
