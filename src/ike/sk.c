/* SPDX-License-Identifier: Apache-2.0 */
#include "ike/sk.h"

#include <string.h>

#include "common/rd.h"
#include "common/secret.h"
#include "common/wr.h"

void sk_init(struct sk_key *k, const struct key_algs *a,
	     const struct ike_keys *keys, bool initiator)
{
	memset(k, 0, sizeof(*k));
	k->cipher = a->cipher;
	k->integ = a->cipher.aead ? 0 : a->integ;
	memcpy(k->e, initiator ? keys->sk_ei : keys->sk_er, sizeof(k->e));
	memcpy(k->a, initiator ? keys->sk_ai : keys->sk_ar, sizeof(k->a));
}

static size_t icv_len(const struct sk_key *k)
{
	return k->cipher.aead ? k->cipher.icv_len : integ_icv_len(k->integ);
}

static size_t block_len(const struct sk_key *k)
{
	return k->cipher.block ? k->cipher.block : 1;
}

size_t sk_iv_len(const struct sk_key *k)
{
	return k->cipher.iv_len;
}

/* Counters for AEADs: never repeated under one key. Random for CBC. */
static int make_iv(struct sk_key *k, const struct rng *rng, uint8_t *iv)
{
	if (!k->cipher.aead)
		return rng_bytes(rng, iv, k->cipher.iv_len);
	if (k->cipher.iv_len != 8)
		return MISSIU_EUNSUP;
	store_be64(iv, k->sent++);
	return 0;
}

size_t sk_seal(struct sk_key *k, const struct rng *rng, struct ike_build *b)
{
	const uint8_t *msg = b->w.buf;
	struct ike_sealing s;
	int ret;

	ret = ike_build_sk_end(b, block_len(k), icv_len(k), &s);
	if (!ret)
		ret = make_iv(k, rng, s.iv);
	if (!ret)
		ret = ike_encrypt(&k->cipher, k->e, s.iv, msg, s.aad_len,
				  s.text, s.text_len, s.icv);
	if (!ret && !k->cipher.aead)
		ret = integ_sign(k->integ, k->a,
				 &(struct chunk){ msg, (size_t)(s.icv - msg) },
				 1, s.icv);
	return ret ? 0 : s.msg_len;
}

size_t sk_sealed_len(const struct sk_key *k, const struct ike_build *b)
{
	const size_t text = b->w.len - b->text_at + 1, block = block_len(k);

	return b->text_at + (text + block - 1) / block * block + icv_len(k);
}

size_t sk_room(const struct sk_key *k, size_t limit)
{
	const size_t taken = IKE_HDR_LEN + IKE_PLD_HDR_LEN + IKE_SKF_LEN +
			     k->cipher.iv_len + icv_len(k);
	const size_t text =
		limit > taken ? (limit - taken) / block_len(k) * block_len(k) :
				0;

	return text ? text - 1 : 0; /* the pad length */
}

static int check_icv(const struct sk_key *k, struct chunk over,
		     const uint8_t *icv)
{
	uint8_t want[IKE_PRF_MAX];
	const int ret = integ_sign(k->integ, k->a, &over, 1, want);

	if (ret)
		return ret;
	return ct_equal(want, icv, icv_len(k)) ? 0 : MISSIU_EAUTH;
}

/* Drop the padding; any content is legal (RFC 7296 3.14). */
static int unpad(const uint8_t *text, size_t len, struct chunk *plain)
{
	if (text[len - 1] >= len)
		return MISSIU_EPAD;
	*plain = (struct chunk){ text, len - 1 - text[len - 1] };
	return 0;
}

int sk_open(const struct sk_key *k, uint8_t *msg, const struct ike_sk *sk,
	    struct chunk *plain)
{
	struct rd r = rd_from(sk->body.p, sk->body.len);
	const uint8_t *iv, *icv;
	uint8_t *text;
	size_t n;
	int ret = 0;

	if (!rd_take(&r, sk_iv_len(k), &iv) ||
	    !rd_take_end(&r, icv_len(k), &icv))
		return MISSIU_ESHORT;
	n = rd_left(&r);
	if (!n || n % block_len(k))
		return MISSIU_ESHORT;
	text = msg + (r.p - msg);
	if (!k->cipher.aead)
		ret = check_icv(k, (struct chunk){ msg, (size_t)(icv - msg) },
				icv);
	if (!ret)
		ret = ike_decrypt(&k->cipher, k->e, iv, msg, sk->aad_len, text,
				  n, icv);
	return ret ? ret : unpad(text, n, plain);
}
