/* SPDX-License-Identifier: Apache-2.0 */
#include "ike/isolate.h"

#include <cap-ng.h>
#include <errno.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "common/diag.h"
#include "missiu/err.h"

int isolate(bool keep_bind, struct missiu_diag *diag)
{
	struct rlimit none = { 0, 0 };

	capng_clear(CAPNG_SELECT_CAPS);
	if (keep_bind &&
	    capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED,
			 CAP_NET_BIND_SERVICE) < 0)
		return diag_set(diag, MISSIU_EPERM,
				"keeping CAP_NET_BIND_SERVICE failed");
	if (capng_apply(CAPNG_SELECT_CAPS) < 0)
		return diag_set(diag, MISSIU_EPERM,
				"giving up capabilities failed");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) || setrlimit(RLIMIT_CORE, &none))
		return diag_set(diag, MISSIU_EPERM, "isolation: %s",
				strerror(errno));
	return 0;
}
