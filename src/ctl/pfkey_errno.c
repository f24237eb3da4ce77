/* SPDX-License-Identifier: Apache-2.0 */
/* What went wrong as an errno of Linux, and back. */
#include <errno.h>

#include "ctl/pfkey.h"

static const struct {
	int err;
	uint8_t e;
} errnos[] = {
	{ MISSIU_EINVAL, EINVAL },
	{ MISSIU_ENOMEM, ENOMEM },
	{ MISSIU_ENOENT, ESRCH },
	{ MISSIU_EEXIST, EEXIST },
	{ MISSIU_ESHORT, EMSGSIZE },
	{ MISSIU_EPROTO, EBADMSG },
	{ MISSIU_EFULL, ENOSPC },
	{ MISSIU_EUNSUP, EOPNOTSUPP },
	{ MISSIU_EPERM, EPERM },
	{ MISSIU_EBUSY, EBUSY },
	{ MISSIU_EIO, EIO },
	{ MISSIU_ETIME, ETIMEDOUT },
	{ MISSIU_EAGAIN, EAGAIN },
	{ MISSIU_ECONN, ECONNREFUSED },
	{ MISSIU_EKEYLEN, EKEYREJECTED },
	{ MISSIU_ENOENT, ENOENT },
};

#define N_ERRNOS (sizeof(errnos) / sizeof(errnos[0]))

uint8_t pfkey_errno(int err)
{
	size_t i;

	for (i = 0; i < N_ERRNOS; i++)
		if (errnos[i].err == err)
			return errnos[i].e;
	return err ? EINVAL : 0;
}

int pfkey_from_errno(uint8_t e)
{
	size_t i;

	for (i = 0; i < N_ERRNOS; i++)
		if (errnos[i].e == e)
			return errnos[i].err;
	return e ? MISSIU_EINVAL : 0;
}
