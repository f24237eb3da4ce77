/* SPDX-License-Identifier: Apache-2.0 */
/* The libraries alone, as they are fed by the engine. */
#ifdef HAVE_MB
#include <intel-ipsec-mb.h>
#endif

#include "crypto/crypt.h"
#include "engine_rig.h"

/* Our crypto layer without the engine: what the library does in batches. */
double run_crypt(const struct suite *s, size_t len, bool openssl)
{
	struct crypt_spec spec = { .encr = s->encr,
				   .auth = s->auth,
				   .encr_key_len = s->encr_key_len,
				   .auth_key_len = s->auth_key_len };
	struct crypt_job jobs[VEC];
	struct crypt_key *key;
	uint8_t zero[64] = { 0 };
	double t0, ns = 0;
	const size_t turns = 400;

	spec.encr_key = spec.auth_key = zero;
	if (s->auth == MISSIU_AUTH_NONE)
		spec.icv_len = 16;
	crypt_force_openssl(openssl);
	if (crypt_key_new(&spec, &key, NULL))
		die("no key");
	crypt_force_openssl(false);
	len += 15;
	len -= len % 16;
	for (size_t i = 0; i < turns; i++) {
		for (size_t k = 0; k < VEC; k++)
			jobs[k] = (struct crypt_job){ .esp = memory[k],
						      .text_len = len,
						      .seq = i * VEC + k + 1 };
		t0 = now_ns();
		crypt_seal(key, jobs, VEC);
		ns += now_ns() - t0;
	}
	crypt_key_free(key);
	return ns / (double)(turns * VEC);
}

#ifdef HAVE_MB
/* ipsec-mb itself, AES-128-GCM by direct calls. */
double run_mb(size_t len)
{
	static struct gcm_key_data key;
	struct gcm_context_data ctx;
	uint8_t iv[12] = { 0 }, aad[8] = { 0 }, tag[16];
	IMB_MGR *mgr = alloc_mb_mgr(0);
	const size_t turns = 400;
	double t0, ns;

	if (!mgr)
		die("ipsec-mb");
	init_mb_mgr_auto(mgr, NULL);
	IMB_AES128_GCM_PRE(mgr, iv, &key);
	t0 = now_ns();
	for (size_t i = 0; i < turns; i++)
		for (size_t k = 0; k < VEC; k++) {
			uint8_t *p = memory[k] + MISSIU_HEADROOM;

			iv[11]++;
			IMB_AES128_GCM_ENC(mgr, &key, &ctx, p, p, len, iv, aad,
					   sizeof(aad), tag, sizeof(tag));
		}
	ns = now_ns() - t0;
	free_mb_mgr(mgr);
	return ns / (double)(turns * VEC);
}
#else
double run_mb(size_t len)
{
	(void)len;
	return 0;
}
#endif
