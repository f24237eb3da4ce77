/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation
 *
 * crypt_key_new() checks the algorithms against the suite table, picks a back
 * end for the key and lets it compile the key schedules. crypt_seal() and
 * crypt_open() cut the caller's vector into batches, set aside jobs whose
 * sizes cannot be right, write IVs, and hand the batch to the back end. Where
 * the back end is slow on few packets because its lanes stay empty, the key is
 * compiled for OpenSSL as well and small batches go there.
 *
 * IVs. Counter modes need an IV that never repeats under a key: the job's
 * 64-bit sequence number is that (RFC 4106 3.1, RFC 7634 2, RFC 3686 3.1).
 * CBC needs an IV that nobody can predict before the plain text is chosen
 * (NIST SP 800-38A appendix C, RFC 3602 3); a counter, or the last cipher
 * block of the packet before, lets an attacker who can inject plain text test
 * guesses of other packets. So the sequence number is encrypted with AES-256
 * under a key of its own: a permutation of a counter neither repeats nor can
 * be told from random. That key is HMAC-SHA-256(encryption key, iv_seed): the
 * seed keeps two SAs with one manual key apart, and should a caller leave it
 * zero, IVs are still unpredictable to anyone without the encryption key.
 *
 * Threads. A key belongs to one thread at a time (OpenSSL contexts in it are
 * working memory). What a back end needs for a thread it keeps for itself.
 */
#include "crypto/crypt.h"

#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include "common/diag.h"
#include "common/secret.h"
#include "common/wr.h"
#include "crypto/backend.h"
#include "crypto/legacy.h"
#include "crypto/mac.h"

#define AES_BLOCK 16

/* Of a cache; of a key, what every packet needs: its round keys and more. */
#define LINE	      64
#define WARM_SCHEDULE 512

static pthread_once_t init_once = PTHREAD_ONCE_INIT;
static int init_result;
static const struct crypt_backend *fast; /* NULL: only OpenSSL */
static const char *fast_name;
static char ossl_name[40];
static atomic_bool force_openssl;

static void init(void)
{
	snprintf(ossl_name, sizeof(ossl_name), "openssl %s",
		 OpenSSL_version(OPENSSL_VERSION_STRING));
	fast = mb_backend(&fast_name);
	legacy_init();
	if (!kat_run(&ossl_backend) || (fast && !kat_run(fast)))
		init_result = MISSIU_ECRYPTO;
}

int crypt_init(void)
{
	if (pthread_once(&init_once, init))
		return MISSIU_ECRYPTO;
	return init_result;
}

static bool use_fast(void)
{
	return fast &&
	       !atomic_load_explicit(&force_openssl, memory_order_relaxed);
}

const char *crypt_backend(void)
{
	crypt_init();
	return use_fast() ? fast_name : ossl_name;
}

void crypt_force_openssl(bool on)
{
	atomic_store_explicit(&force_openssl, on, memory_order_relaxed);
}

int crypt_random(void *ctx, uint8_t *buf, size_t len)
{
	(void)ctx;
	if (len > INT_MAX || RAND_bytes(buf, (int)len) != 1)
		return MISSIU_ERANDOM;
	return 0;
}

/* Length of the encryption key, salt included. */
static bool key_len_fits(const struct encr_alg *e, size_t len)
{
	size_t key;

	if (len < e->salt_len)
		return false;
	key = len - e->salt_len;
	return key >= e->key_min && key <= e->key_max &&
	       (key - e->key_min) % e->key_step == 0;
}

static bool icv_len_fits(const struct encr_alg *e, const struct auth_alg *a,
			 uint8_t len)
{
	if (!e->aead)
		return !len || len == a->icv_len;
	return len >= 8 && len <= 16 && len % 4 == 0 &&
	       (e->icv_mask >> (len / 4 - 2) & 1);
}

/* Are these algorithms implemented and allowed together? */
static int check_algs(const struct crypt_spec *spec, struct missiu_diag *diag)
{
	const struct encr_alg *e = encr_alg(spec->encr);
	const struct auth_alg *a = auth_alg(spec->auth);

	if (!e || !a)
		return diag_set(
			diag, MISSIU_EINVAL,
			"unknown algorithm (encryption %u, integrity %u)",
			spec->encr, spec->auth);
	if (!e->usable || !a->usable)
		return diag_set(diag, MISSIU_EUNSUP, ALG_LACKING,
				e->usable ? a->name : e->name);
	if (legacy_lacks(e->id))
		return diag_set(diag, MISSIU_EUNSUP,
				"%s needs OpenSSL's legacy provider "
				"(legacy.so), which could not be loaded",
				e->name);
	if (a->ah_only)
		return diag_set(diag, MISSIU_EINVAL, "%s is for AH only",
				a->name);
	if (e->aead && a->id != MISSIU_AUTH_NONE)
		return diag_set(diag, MISSIU_EINVAL,
				"%s includes integrity, %s cannot be added",
				e->name, a->name);
	if (!e->aead && a->id == MISSIU_AUTH_NONE)
		return diag_set(diag, MISSIU_EINVAL,
				"%s needs an integrity algorithm", e->name);
	if (!icv_len_fits(e, a, spec->icv_len))
		return diag_set(diag, MISSIU_EINVAL,
				"%s has no ICV of %u bytes",
				e->aead ? e->name : a->name, spec->icv_len);
	return 0;
}

static int check_keys(const struct crypt_spec *spec, struct missiu_diag *diag)
{
	const struct encr_alg *e = encr_alg(spec->encr);
	const struct auth_alg *a = auth_alg(spec->auth);

	if (!key_len_fits(e, spec->encr_key_len))
		return diag_set(diag, MISSIU_EKEYLEN,
				"%s: key of %zu bytes, expected %u%s%u%s",
				e->name, spec->encr_key_len,
				e->key_min + e->salt_len,
				e->key_min == e->key_max ? "" : " to ",
				e->key_max + e->salt_len,
				e->salt_len ? ", salt included" : "");
	if (spec->auth_key_len != a->key_len)
		return diag_set(diag, MISSIU_EKEYLEN,
				"%s: key of %zu bytes, expected %u", a->name,
				spec->auth_key_len, a->key_len);
	if ((spec->encr_key_len && !spec->encr_key) ||
	    (spec->auth_key_len && !spec->auth_key))
		return diag_set(diag, MISSIU_EINVAL, "key missing");
	return 0;
}

static void suite_init(struct crypt_suite *s, const struct crypt_spec *spec)
{
	s->encr = encr_alg(spec->encr);
	s->auth = auth_alg(spec->auth);
	s->iv_len = s->encr->iv_len;
	s->icv_len = s->encr->aead ? spec->icv_len : s->auth->icv_len;
	s->esn = spec->esn;
	s->key_len = (uint8_t)(spec->encr_key_len - s->encr->salt_len);
	if (s->encr->salt_len)
		memcpy(s->salt, spec->encr_key + s->key_len, s->encr->salt_len);
}

/* See "IVs" at the top. */
static int iv_key(struct crypt_key *k, const struct crypt_spec *spec)
{
	static const char label[] = "missiu CBC IV";
	struct mac *m = NULL;
	uint8_t key[MAC_MAX];
	int ret;

	ret = mac_new(MAC_HMAC_SHA256, spec->encr_key, spec->encr_key_len, &m);
	if (ret)
		return ret;
	mac_start(m);
	mac_update(m, spec->iv_seed, sizeof(spec->iv_seed));
	mac_update(m, label, sizeof(label) - 1);
	ret = mac_final(m, key);
	mac_free(m);
	k->iv_ctx = EVP_CIPHER_CTX_new();
	if (!k->iv_ctx)
		ret = MISSIU_ENOMEM;
	else if (!EVP_EncryptInit_ex(k->iv_ctx, EVP_aes_256_ecb(), NULL, key,
				     NULL) ||
		 !EVP_CIPHER_CTX_set_padding(k->iv_ctx, 0))
		ret = MISSIU_ECRYPTO;
	secret_wipe(key, sizeof(key));
	return ret;
}

static int compile(struct crypt_key *k, const struct crypt_spec *spec)
{
	const struct crypt_backend *b = k->backend;
	int ret = b->key_new(&k->suite, spec, &k->key);

	if (ret || !b->min_batch)
		return ret;
	k->min_batch = b->min_batch(k->key);
	if (k->min_batch)
		ret = ossl_backend.key_new(&k->suite, spec, &k->small);
	return ret;
}

int crypt_key_new_on(const struct crypt_backend *b,
		     const struct crypt_spec *spec, struct crypt_key **out,
		     struct missiu_diag *diag)
{
	struct crypt_key *k;
	int ret = check_algs(spec, diag);

	if (!ret)
		ret = check_keys(spec, diag);
	if (ret)
		return ret;
	k = calloc(1, sizeof(*k));
	if (!k)
		return diag_set(diag, MISSIU_ENOMEM, "out of memory");
	suite_init(&k->suite, spec);
	k->backend = b;
	if (k->suite.encr->block > 1)
		ret = iv_key(k, spec);
	if (!ret)
		ret = compile(k, spec);
	if (ret) {
		crypt_key_free(k);
		return diag_set(diag, ret, "%s, %s: cannot make the key",
				encr_alg(spec->encr)->name,
				auth_alg(spec->auth)->name);
	}
	*out = k;
	return 0;
}

int crypt_key_new(const struct crypt_spec *spec, struct crypt_key **out,
		  struct missiu_diag *diag)
{
	int ret = crypt_init();

	if (ret)
		return diag_set(diag, ret, "crypto self-test failed");
	if (use_fast()) {
		ret = crypt_key_new_on(fast, spec, out, diag);
		if (ret != MISSIU_EUNSUP)
			return ret;
		if (diag)
			diag->msg[0] = '\0';
	}
	return crypt_key_new_on(&ossl_backend, spec, out, diag);
}

void crypt_key_free(struct crypt_key *k)
{
	if (!k)
		return;
	if (k->key)
		k->backend->key_free(k->key);
	if (k->small)
		ossl_backend.key_free(k->small);
	EVP_CIPHER_CTX_free(k->iv_ctx);
	secret_wipe(k, sizeof(*k));
	free(k);
}

void crypt_warm(const struct crypt_key *k)
{
	const uint8_t *p = (const uint8_t *)k;

	for (size_t i = 0; i < sizeof(*k); i += LINE)
		__builtin_prefetch(p + i);
}

void crypt_warm_schedule(const struct crypt_key *k)
{
	const uint8_t *p = k->key;

	for (size_t i = 0; i < WARM_SCHEDULE; i += LINE)
		__builtin_prefetch(p + i);
}

struct crypt_sizes crypt_key_sizes(const struct crypt_key *k)
{
	uint8_t block = k->suite.encr->block;

	return (struct crypt_sizes){
		.iv_len = k->suite.iv_len,
		.block = block < 4 ? 4 : block, /* RFC 4303 2.4 */
		.icv_len = k->suite.icv_len,
	};
}

const uint8_t *suite_aad(const struct crypt_suite *s, const struct crypt_job *j,
			 uint8_t buf[static 12], size_t *len)
{
	if (!s->esn) {
		*len = 8;
		return j->esp;
	}
	memcpy(buf, j->esp, 4);
	store_be32(buf + 4, (uint32_t)(j->seq >> 32));
	memcpy(buf + 8, j->esp + 4, 4);
	*len = 12;
	return buf;
}

size_t suite_nonce(const struct crypt_suite *s, const struct crypt_job *j,
		   uint8_t nonce[static CRYPT_NONCE_MAX])
{
	memcpy(nonce, s->salt, s->encr->salt_len);
	memcpy(nonce + s->encr->salt_len, j->esp + 8, 8);
	return (size_t)s->encr->salt_len + 8;
}

/*
 * Can an ESP packet be so long? The hardware lanes count lengths in 16 bits.
 * Text must be whole cipher blocks; an inbound packet of another size is a
 * forgery, no sender could have made it.
 */
static bool size_fits(const struct crypt_suite *s, const struct crypt_job *j)
{
	size_t overhead = 8u + s->iv_len + s->icv_len;

	return j->text_len <= UINT16_MAX - overhead &&
	       j->text_len % s->encr->block == 0;
}

/* Take the next batch of jobs worth doing; returns how many. */
static size_t next_batch(const struct crypt_suite *s, struct crypt_job **v,
			 size_t *n, struct crypt_job *batch[], int bad)
{
	size_t n_batch = 0;

	while (*n && n_batch < CRYPT_BATCH) {
		struct crypt_job *j = (*v)++;

		(*n)--;
		if (size_fits(s, j))
			batch[n_batch++] = j;
		else
			j->result = bad;
	}
	return n_batch;
}

/* IVs of CBC modes: encrypted sequence numbers, all in one call. */
static bool write_cbc_ivs(struct crypt_key *k, struct crypt_job *const v[],
			  size_t n)
{
	uint8_t iv[CRYPT_BATCH][AES_BLOCK] = { 0 };
	int len;

	for (size_t i = 0; i < n; i++)
		store_be64(iv[i], v[i]->seq);
	if (!EVP_EncryptUpdate(k->iv_ctx, iv[0], &len, iv[0],
			       (int)(n * AES_BLOCK)))
		return false;
	for (size_t i = 0; i < n; i++)
		memcpy(v[i]->esp + 8, iv[i], k->suite.iv_len);
	return true;
}

static bool write_ivs(struct crypt_key *k, struct crypt_job *const v[],
		      size_t n)
{
	if (k->iv_ctx)
		return write_cbc_ivs(k, v, n);
	if (k->suite.iv_len) {
		for (size_t i = 0; i < n; i++)
			store_be64(v[i]->esp + 8, v[i]->seq);
	}
	return true;
}

static void seal_batch(struct crypt_key *k, struct crypt_job *const v[],
		       size_t n)
{
	if (n < k->min_batch)
		ossl_backend.seal(k->small, v, n);
	else
		k->backend->seal(k->key, v, n);
}

static void open_batch(struct crypt_key *k, struct crypt_job *const v[],
		       size_t n)
{
	if (n < k->min_batch)
		ossl_backend.open(k->small, v, n);
	else
		k->backend->open(k->key, v, n);
}

void crypt_seal(struct crypt_key *k, struct crypt_job v[], size_t n)
{
	struct crypt_job *batch[CRYPT_BATCH];
	size_t n_batch;

	while (n) {
		n_batch = next_batch(&k->suite, &v, &n, batch, MISSIU_ECRYPTO);
		if (!n_batch)
			continue;
		if (write_ivs(k, batch, n_batch)) {
			seal_batch(k, batch, n_batch);
			continue;
		}
		for (size_t i = 0; i < n_batch; i++)
			batch[i]->result = MISSIU_ECRYPTO;
	}
}

void crypt_open(struct crypt_key *k, struct crypt_job v[], size_t n)
{
	struct crypt_job *batch[CRYPT_BATCH];
	size_t n_batch;

	while (n) {
		n_batch = next_batch(&k->suite, &v, &n, batch, MISSIU_EAUTH);
		if (n_batch)
			open_batch(k, batch, n_batch);
	}
}

void crypt_seal_iv(struct crypt_key *k, struct crypt_job *job,
		   const uint8_t *iv)
{
	if (!size_fits(&k->suite, job)) {
		job->result = MISSIU_ECRYPTO;
		return;
	}
	if (k->suite.iv_len)
		memcpy(job->esp + 8, iv, k->suite.iv_len);
	seal_batch(k, &job, 1);
}
