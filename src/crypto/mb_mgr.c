/* SPDX-License-Identifier: Apache-2.0 */
/* Managers of intel-ipsec-mb: the lanes in which packets are worked on. */
#include <stdlib.h>

#include "common/secret.h"
#include "crypto/mb_impl.h"

static size_t mgr_size(void)
{
	return (imb_get_mb_mgr_size() + 63) & ~(size_t)63;
}

IMB_MGR *mb_mgr_new(IMB_ARCH *arch)
{
	void *mem = aligned_alloc(64, mgr_size());
	IMB_MGR *mgr = mem ? imb_set_pointers_mb_mgr(mem, 0, 1) : NULL;

	if (mgr)
		init_mb_mgr_auto(mgr, arch);
	if (mgr && !imb_get_errno(mgr))
		return mgr;
	free(mem);
	return NULL;
}

void mb_mgr_free(IMB_MGR *mgr)
{
	if (mgr)
		secret_wipe(mgr, mgr_size());
	free(mgr);
}

const char *mb_mgr_arch(void)
{
	static const char *const archs[IMB_ARCH_NUM] = {
		[IMB_ARCH_SSE] = "sse",
		[IMB_ARCH_AVX] = "avx",
		[IMB_ARCH_AVX2] = "avx2",
		[IMB_ARCH_AVX512] = "avx512",
	};
	IMB_ARCH arch = IMB_ARCH_NONE;
	IMB_MGR *mgr = mb_mgr_new(&arch);
	const char *name = mgr && arch < IMB_ARCH_NUM ? archs[arch] : NULL;

	mb_mgr_free(mgr);
	return name;
}
