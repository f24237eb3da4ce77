/* SPDX-License-Identifier: Apache-2.0 */
/* AlgorithmIdentifiers that peers send (RFC 7427 3), strictly in DER. */
#include <string.h>

#include "common/diag.h"
#include "common/rd.h"
#include "crypto/sigalg_impl.h"

enum der_tag {
	DER_INTEGER = 0x02,
	DER_NULL = 0x05,
	DER_OID = 0x06,
	DER_SEQUENCE = 0x30,
	DER_CONTEXT = 0xa0, /* [0], constructed */
};

/* The next element if it has this tag. Lengths here are below 128. */
static bool der_take(struct rd *r, uint8_t tag, struct rd *in)
{
	uint8_t t, len;

	return rd_u8(r, &t) && t == tag && rd_u8(r, &len) && len < 0x80 &&
	       rd_sub(r, len, in);
}

static bool der_next_is(const struct rd *r, uint8_t tag)
{
	return rd_left(r) && *r->p == tag;
}

static bool is_oid(const struct rd *oid, const uint8_t *want, size_t len)
{
	return rd_left(oid) == len && !memcmp(oid->p, want, len);
}

/* Nothing, or NULL: both are in use where RFC 4055 wants NULL. */
static bool no_parameters(struct rd *r)
{
	struct rd in;

	return rd_done(r) ||
	       (der_take(r, DER_NULL, &in) && rd_done(&in) && rd_done(r));
}

/* AlgorithmIdentifier of SHA-256, -384, -512; 0: something else. */
static enum sig_hash take_hash(struct rd *r)
{
	/* joint-iso-itu-t … nistAlgorithm 2: the last byte says which */
	static const uint8_t sha2[] = { 0x60, 0x86, 0x48, 0x01,
					0x65, 0x03, 0x04, 0x02 };
	static const enum sig_hash by_arc[] = {
		[1] = SIG_SHA256, [2] = SIG_SHA384, [3] = SIG_SHA512
	};
	struct rd alg, oid;
	const uint8_t *arc;

	if (!der_take(r, DER_SEQUENCE, &alg) ||
	    !der_take(&alg, DER_OID, &oid) || !rd_take_end(&oid, 1, &arc) ||
	    !is_oid(&oid, sha2, sizeof(sha2)) || !no_parameters(&alg) ||
	    *arc < 1 || *arc > 3)
		return 0;
	return by_arc[*arc];
}

/* [n] EXPLICIT INTEGER of one byte. */
static bool take_number(struct rd *r, uint8_t n, uint8_t *v)
{
	struct rd field, num;

	return der_take(r, DER_CONTEXT + n, &field) &&
	       der_take(&field, DER_INTEGER, &num) && rd_u8(&num, v) &&
	       rd_done(&num) && rd_done(&field);
}

static const uint8_t salt_len[SIG_HASHES] = {
	[SIG_SHA256] = 32, [SIG_SHA384] = 48, [SIG_SHA512] = 64
};

/* RSASSA-PSS-params (RFC 8017 A.2.3); 0: not acceptable. Defaults are SHA-1. */
static enum sig_hash pss_hash(struct rd r)
{
	static const uint8_t mgf1[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7,
					0x0d, 0x01, 0x01, 0x08 };
	struct rd params, field, alg, oid;
	enum sig_hash hash;
	uint8_t salt, trailer = 1;

	if (!der_take(&r, DER_SEQUENCE, &params) || !rd_done(&r) ||
	    !der_take(&params, DER_CONTEXT, &field))
		return 0;
	hash = take_hash(&field);
	if (!hash || !rd_done(&field) ||
	    !der_take(&params, DER_CONTEXT + 1, &field) ||
	    !der_take(&field, DER_SEQUENCE, &alg) || !rd_done(&field) ||
	    !der_take(&alg, DER_OID, &oid) ||
	    !is_oid(&oid, mgf1, sizeof(mgf1)) || take_hash(&alg) != hash ||
	    !rd_done(&alg))
		return 0;
	if (!take_number(&params, 2, &salt) || salt != salt_len[hash])
		return 0;
	if (der_next_is(&params, DER_CONTEXT + 3) &&
	    !take_number(&params, 3, &trailer))
		return 0;
	return rd_done(&params) && trailer == 1 ? hash : 0;
}

/* OID of a row, without the framing around it. */
static struct rd row_oid(const struct sigalg *a)
{
	return rd_from(a->oid + 4, a->oid[3]);
}

static bool row_matches(const struct sigalg *a, const struct rd *oid,
			struct rd params)
{
	const struct rd want = row_oid(a);

	if (!is_oid(oid, want.p, rd_left(&want)))
		return false;
	switch (a->form) {
	case SIG_PSS:
		return pss_hash(params) == a->hash;
	case SIG_PKCS1:
		return no_parameters(&params);
	case SIG_ECDSA:
	case SIG_ECDSA_R:
	case SIG_EDDSA:
		return rd_done(&params);
	}
	return false;
}

static const struct sigalg *find_signature(enum pkey_type type,
					   struct chunk *data,
					   struct missiu_diag *diag)
{
	struct rd r = rd_from(data->p, data->len), blob, alg, oid;
	uint8_t len;

	if (!rd_u8(&r, &len) || !rd_sub(&r, len, &blob) ||
	    !der_take(&blob, DER_SEQUENCE, &alg) || !rd_done(&blob) ||
	    !der_take(&alg, DER_OID, &oid)) {
		diag_set(diag, MISSIU_EPROTO,
			 "its AUTH payload has no algorithm in DER");
		return NULL;
	}
	for (size_t i = 0; i < SIGALGS; i++) {
		const struct sigalg *a = sigalg_get((enum sigalg_index)i);

		if (!a->oid || !row_matches(a, &oid, alg))
			continue;
		if (!sigalg_fits(a, type)) {
			diag_set(diag, MISSIU_EAUTH,
				 "its signature is %s, its certificate's key "
				 "is %s",
				 a->name, pkey_type_name(type));
			return NULL;
		}
		*data = (struct chunk){ r.p, rd_left(&r) };
		return a;
	}
	diag_set(diag, MISSIU_EUNSUP,
		 "its signature's algorithm, or its parameters, are not "
		 "accepted");
	return NULL;
}

const struct sigalg *sigalg_find(uint8_t method, enum pkey_type type,
				 struct chunk *data, bool sha1,
				 struct missiu_diag *diag)
{
	if (method == SIGALG_METHOD_SIGNATURE)
		return find_signature(type, data, diag);
	for (size_t i = 0; i < SIGALGS; i++) {
		const struct sigalg *a = sigalg_get((enum sigalg_index)i);

		if (a->method != method)
			continue;
		if (!sigalg_fits(a, type)) {
			diag_set(diag, MISSIU_EAUTH,
				 "its signature is %s, its certificate's key "
				 "is %s",
				 a->name, pkey_type_name(type));
			return NULL;
		}
		if (a->hash == SIG_SHA1 && !sha1) {
			diag_set(diag, MISSIU_EUNSUP,
				 "it signs with RSA and SHA-1, which is off");
			return NULL;
		}
		return a;
	}
	diag_set(diag, MISSIU_EUNSUP,
		 "authentication method %u is not supported", method);
	return NULL;
}
