/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Data-path crypto on intel-ipsec-mb, which works on many packets at a time.
 *
 * Theory of operation
 *
 * AES-GCM is parallel inside one packet: a direct call each, no job overhead.
 * ChaCha20-Poly1305 and AES-CCM go through the library's job queue as one
 * burst. Ciphers with a MAC take two synchronous bursts: encrypt then hash, or
 * hash, compare, and decrypt what was genuine. AES-CBC encryption and the
 * hashes are serial inside a packet; the bursts fill the lanes with different
 * packets, which is where the speed comes from.
 *
 * An IMB_MGR holds the lanes and belongs to one thread. Keys may be made by a
 * control thread and used by a worker, so the manager belongs to the thread,
 * not to the key: allocated when a thread first works with a key of this back
 * end, wiped and freed when the thread ends. AES-GCM calls need no manager.
 *
 * Bursts are submitted unchecked: crypt.c has checked all lengths, and nothing
 * else in a job comes from a packet. What is rare or gains nothing here (3DES,
 * CBC-MACs, CCM with 192 bits) is left to OpenSSL.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/secret.h"
#include "common/wr.h"
#include "crypto/mb_impl.h"

/* What a thread needs to run jobs. */
struct mb_thread {
	IMB_MGR *mgr; /* in memory of ours */
	IMB_JOB jobs[CRYPT_BATCH];
	uint8_t iv[CRYPT_BATCH][16];
	uint8_t aad[CRYPT_BATCH][12];
	uint8_t tag[CRYPT_BATCH][CRYPT_ICV_MAX];
	uint8_t icv[CRYPT_BATCH][CRYPT_ICV_MAX]; /* see hash() */
};

static pthread_once_t mb_once = PTHREAD_ONCE_INIT;
static pthread_key_t mb_exit; /* frees a thread's state when it ends */
static bool mb_usable;
static char mb_name[48];
static __thread struct mb_thread *mb_thread;

static void thread_free(void *p)
{
	struct mb_thread *t = p;

	mb_mgr_free(t->mgr);
	secret_wipe(t, sizeof(*t));
	free(t);
	mb_thread = NULL;
}

/* This thread's state, made at the first call. */
static struct mb_thread *thread_get(void)
{
	struct mb_thread *t = mb_thread;

	if (t)
		return t;
	t = calloc(1, sizeof(*t));
	if (!t)
		return NULL;
	t->mgr = mb_mgr_new(NULL);
	if (!t->mgr || pthread_setspecific(mb_exit, t)) {
		thread_free(t);
		return NULL;
	}
	mb_thread = t;
	return t;
}

IMB_MGR *mb_thread_mgr(void)
{
	const struct mb_thread *t = thread_get();

	return t ? t->mgr : NULL;
}

static void fail_all(struct crypt_job *const v[], size_t n)
{
	for (size_t i = 0; i < n; i++)
		v[i]->result = MISSIU_ECRYPTO;
}

/* --- AES-GCM, direct calls */

static void gcm_seal(struct mb_key *k, struct crypt_job *const v[], size_t n)
{
	const struct crypt_suite *s = k->suite;
	uint8_t nonce[CRYPT_NONCE_MAX], aad_buf[12];
	struct gcm_context_data ctx;
	const uint8_t *aad;
	size_t aad_len;

	for (size_t i = 0; i < n; i++) {
		suite_nonce(s, v[i], nonce);
		aad = suite_aad(s, v[i], aad_buf, &aad_len);
		k->gcm_enc(&k->gcm, &ctx, job_text(s, v[i]), job_src(s, v[i]),
			   v[i]->text_len, nonce, aad, aad_len,
			   job_icv(s, v[i]), s->icv_len);
		v[i]->result = 0;
	}
}

static void gcm_open(struct mb_key *k, struct crypt_job *const v[], size_t n)
{
	const struct crypt_suite *s = k->suite;
	uint8_t nonce[CRYPT_NONCE_MAX], aad_buf[12], tag[16];
	struct gcm_context_data ctx;
	const uint8_t *aad;
	size_t aad_len;

	for (size_t i = 0; i < n; i++) {
		suite_nonce(s, v[i], nonce);
		aad = suite_aad(s, v[i], aad_buf, &aad_len);
		k->gcm_dec(&k->gcm, &ctx, job_text(s, v[i]), job_text(s, v[i]),
			   v[i]->text_len, nonce, aad, aad_len, tag,
			   s->icv_len);
		v[i]->result = ct_equal(tag, job_icv(s, v[i]), s->icv_len) ?
				       0 :
				       MISSIU_EAUTH;
	}
}

const struct mb_way mb_gcm_way = { gcm_seal, gcm_open };

/* --- AES-GMAC, direct calls; see hidden_len() in crypt_ossl.c for what it is */

static void gmac(struct mb_key *k, const struct crypt_job *j, uint8_t *tag)
{
	const struct crypt_suite *s = k->suite;
	uint8_t nonce[CRYPT_NONCE_MAX], aad_buf[12];
	struct gcm_context_data ctx;
	const uint8_t *aad;
	size_t aad_len;

	suite_nonce(s, j, nonce);
	aad = suite_aad(s, j, aad_buf, &aad_len);
	k->gmac_init(&k->gcm, &ctx, nonce, sizeof(nonce));
	k->gmac_update(&k->gcm, &ctx, aad, aad_len);
	k->gmac_update(&k->gcm, &ctx, j->esp + 8, s->iv_len + j->text_len);
	k->gmac_final(&k->gcm, &ctx, tag, s->icv_len);
}

static void gmac_seal(struct mb_key *k, struct crypt_job *const v[], size_t n)
{
	const struct crypt_suite *s = k->suite;

	for (size_t i = 0; i < n; i++) {
		if (v[i]->src && v[i]->text_len)
			memmove(job_text(s, v[i]), v[i]->src, v[i]->text_len);
		gmac(k, v[i], job_icv(s, v[i]));
		v[i]->result = 0;
	}
}

static void gmac_open(struct mb_key *k, struct crypt_job *const v[], size_t n)
{
	const struct crypt_suite *s = k->suite;
	uint8_t tag[16];

	for (size_t i = 0; i < n; i++) {
		gmac(k, v[i], tag);
		v[i]->result = ct_equal(tag, job_icv(s, v[i]), s->icv_len) ?
				       0 :
				       MISSIU_EAUTH;
	}
}

const struct mb_way mb_gmac_way = { gmac_seal, gmac_open };

/* --- ChaCha20-Poly1305 and AES-CCM, one burst through the job queue */

/* Fill slot i; user_data leads back from a finished job to its packet. */
static void aead_job(struct mb_key *k, struct mb_thread *t, size_t i,
		     IMB_JOB *job, struct crypt_job *j, const uint8_t *src,
		     bool seal)
{
	const struct crypt_suite *s = k->suite;
	bool ccm = k->cipher == IMB_CIPHER_CCM;
	const uint8_t *aad;
	size_t aad_len;

	memset(job, 0, sizeof(*job));
	aad = suite_aad(s, j, t->aad[i], &aad_len);
	job->cipher_mode = k->cipher;
	job->hash_alg = k->hash;
	job->cipher_direction = seal ? IMB_DIR_ENCRYPT : IMB_DIR_DECRYPT;
	/* CCM's MAC is over the plain text, Poly1305 over the cipher text */
	job->chain_order =
		seal == ccm ? IMB_ORDER_HASH_CIPHER : IMB_ORDER_CIPHER_HASH;
	job->enc_keys = ccm ? (const void *)k->aes.enc : k->chacha;
	job->dec_keys = job->enc_keys;
	job->key_len_in_bytes = s->key_len;
	job->src = src;
	job->dst = job_text(s, j);
	job->msg_len_to_cipher_in_bytes = j->text_len;
	job->msg_len_to_hash_in_bytes = j->text_len;
	job->iv_len_in_bytes = suite_nonce(s, j, t->iv[i]);
	job->iv = t->iv[i];
	if (ccm) {
		job->u.CCM.aad = aad;
		job->u.CCM.aad_len_in_bytes = aad_len;
	} else {
		job->u.CHACHA20_POLY1305.aad = aad;
		job->u.CHACHA20_POLY1305.aad_len_in_bytes = aad_len;
	}
	job->auth_tag_output = t->tag[i];
	job->auth_tag_output_len_in_bytes = s->icv_len;
	job->user_data = j;
}

static void aead_done(const struct crypt_suite *s, IMB_JOB *const jobs[],
		      uint32_t n, bool seal)
{
	for (uint32_t i = 0; i < n; i++) {
		struct crypt_job *j = jobs[i]->user_data;
		uint8_t *icv = job_icv(s, j);

		if (jobs[i]->status != IMB_STATUS_COMPLETED)
			continue;
		if (seal)
			memcpy(icv, jobs[i]->auth_tag_output, s->icv_len);
		j->result = seal || ct_equal(icv, jobs[i]->auth_tag_output,
					     s->icv_len) ?
				    0 :
				    MISSIU_EAUTH;
	}
}

static void aead_run(struct mb_key *k, struct crypt_job *const v[], size_t n,
		     bool seal)
{
	struct mb_thread *t = thread_get();
	IMB_JOB *jobs[CRYPT_BATCH];
	uint32_t got;

	fail_all(v, n); /* until a job comes back completed */
	if (!t)
		return;
	got = IMB_GET_NEXT_BURST(t->mgr, (uint32_t)n, jobs);
	if (got != n)
		return;
	for (size_t i = 0; i < n; i++)
		aead_job(k, t, i, jobs[i], v[i],
			 seal ? job_src(k->suite, v[i]) :
				job_text(k->suite, v[i]),
			 seal);
	got = IMB_SUBMIT_BURST_NOCHECK(t->mgr, (uint32_t)n, jobs);
	do {
		aead_done(k->suite, jobs, got, seal);
		got = IMB_FLUSH_BURST(t->mgr, CRYPT_BATCH, jobs);
	} while (got);
}

static void aead_seal(struct mb_key *k, struct crypt_job *const v[], size_t n)
{
	aead_run(k, v, n, true);
}

static void aead_open(struct mb_key *k, struct crypt_job *const v[], size_t n)
{
	aead_run(k, v, n, false);
}

const struct mb_way mb_aead_way = { aead_seal, aead_open };

/* --- CBC, CTR or NULL with HMAC: a cipher burst and a hash burst */

/* CBC uses the packet's IV where it is, CTR a counter block made from it. */
static const uint8_t *cipher_iv(struct mb_key *k, const struct crypt_job *j,
				uint8_t buf[static 16])
{
	if (k->cipher != IMB_CIPHER_CNTR)
		return j->esp + 8;
	suite_nonce(k->suite, j, buf);
	store_be32(buf + 12, 1); /* RFC 3686 section 4 */
	return buf;
}

/* Encrypt from .src or decrypt in place; false: the library failed. */
static bool cipher(struct mb_key *k, struct mb_thread *t,
		   struct crypt_job *const v[], size_t n,
		   IMB_CIPHER_DIRECTION dir)
{
	const struct crypt_suite *s = k->suite;
	uint32_t m = 0;

	for (size_t i = 0; i < n; i++) {
		IMB_JOB *job = &t->jobs[m];

		if (!v[i]->text_len)
			continue; /* the checked calls refuse empty jobs */
		job->src = dir == IMB_DIR_ENCRYPT ? job_src(s, v[i]) :
						    job_text(s, v[i]);
		job->dst = job_text(s, v[i]);
		job->cipher_start_src_offset_in_bytes = 0;
		job->msg_len_to_cipher_in_bytes = v[i]->text_len;
		job->iv = cipher_iv(k, v[i], t->iv[m]);
		job->iv_len_in_bytes = 16;
		job->enc_keys = k->aes.enc;
		job->dec_keys = k->aes.dec;
		job->key_len_in_bytes = s->key_len;
		m++;
	}
	return IMB_SUBMIT_CIPHER_BURST_NOCHECK(t->mgr, t->jobs, m, k->cipher,
					       dir, s->key_len) == m;
}

/*
 * MACs of packets as they lie, to t->tag. With ESN the MAC covers the high
 * sequence bits as if they followed the text (RFC 4303 2.2.1); the lanes hash
 * contiguous bytes, so the bits are put where the ICV is, and on receipt the
 * ICV is kept aside meanwhile.
 */
static bool hash(struct mb_key *k, struct mb_thread *t,
		 struct crypt_job *const v[], size_t n)
{
	const struct crypt_suite *s = k->suite;
	uint32_t done;

	for (size_t i = 0; i < n; i++) {
		IMB_JOB *job = &t->jobs[i];

		memcpy(t->icv[i], job_icv(s, v[i]), s->icv_len);
		job->src = v[i]->esp;
		job->hash_start_src_offset_in_bytes = 0;
		job->msg_len_to_hash_in_bytes = 8u + s->iv_len + v[i]->text_len;
		if (s->esn) {
			store_be32(job_icv(s, v[i]),
				   (uint32_t)(v[i]->seq >> 32));
			job->msg_len_to_hash_in_bytes += 4;
		}
		job->u.HMAC._hashed_auth_key_xor_ipad = k->ipad;
		job->u.HMAC._hashed_auth_key_xor_opad = k->opad;
		job->auth_tag_output = t->tag[i];
		job->auth_tag_output_len_in_bytes = s->icv_len;
	}
	done = IMB_SUBMIT_HASH_BURST_NOCHECK(t->mgr, t->jobs, (uint32_t)n,
					     k->hash);
	for (size_t i = 0; s->esn && i < n; i++)
		memcpy(job_icv(s, v[i]), t->icv[i], s->icv_len);
	return done == n;
}

static void mac_seal(struct mb_key *k, struct crypt_job *const v[], size_t n)
{
	const struct crypt_suite *s = k->suite;
	struct mb_thread *t = thread_get();
	bool ok = t != NULL;

	if (ok && k->cipher != IMB_CIPHER_NULL)
		ok = cipher(k, t, v, n, IMB_DIR_ENCRYPT);
	for (size_t i = 0; i < n && k->cipher == IMB_CIPHER_NULL; i++) {
		if (v[i]->src && v[i]->text_len)
			memmove(job_text(s, v[i]), v[i]->src, v[i]->text_len);
	}
	if (!ok || !hash(k, t, v, n)) {
		fail_all(v, n);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		memcpy(job_icv(s, v[i]), t->tag[i], s->icv_len);
		v[i]->result = 0;
	}
}

static void mac_open(struct mb_key *k, struct crypt_job *const v[], size_t n)
{
	const struct crypt_suite *s = k->suite;
	struct crypt_job *good[CRYPT_BATCH];
	struct mb_thread *t = thread_get();
	size_t n_good = 0;

	if (!t || !hash(k, t, v, n)) {
		fail_all(v, n);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		v[i]->result = MISSIU_EAUTH;
		if (ct_equal(t->tag[i], job_icv(s, v[i]), s->icv_len)) {
			v[i]->result = 0;
			good[n_good++] = v[i];
		}
	}
	/* CTR decrypts by encrypting, with the encryption schedule */
	if (k->cipher != IMB_CIPHER_NULL &&
	    !cipher(k, t, good, n_good, IMB_DIR_DECRYPT))
		fail_all(good, n_good);
}

const struct mb_way mb_mac_way = { mac_seal, mac_open };

/*
 * A burst of one costs nearly as much as one of 16, and OpenSSL has the SHA
 * instructions: measured, they break even at three to five packets.
 */
static size_t mb_min_batch(const void *key)
{
	const struct mb_key *k = key;

	return k->way == &mb_mac_way ? 4 : 0;
}

static void mb_seal(void *key, struct crypt_job *const v[], size_t n)
{
	struct mb_key *k = key;

	k->way->seal(k, v, n);
}

static void mb_open(void *key, struct crypt_job *const v[], size_t n)
{
	struct mb_key *k = key;

	k->way->open(k, v, n);
}

static const struct crypt_backend backend = {
	.key_new = mb_key_new,
	.key_free = mb_key_free,
	.min_batch = mb_min_batch,
	.seal = mb_seal,
	.open = mb_open,
};

static void mb_init(void)
{
	const char *arch = mb_mgr_arch();
	unsigned v = imb_get_version();

	if (arch && !pthread_key_create(&mb_exit, thread_free)) {
		snprintf(mb_name, sizeof(mb_name), "ipsec-mb %u.%u %s", v >> 16,
			 v >> 8 & 0xff, arch);
		mb_usable = true;
	}
}

const struct crypt_backend *mb_backend(const char **name)
{
	pthread_once(&mb_once, mb_init);
	*name = mb_name;
	return mb_usable ? &backend : NULL;
}
