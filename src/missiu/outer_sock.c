/* SPDX-License-Identifier: Apache-2.0 */
#include "missiu/outer_sock.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "common/diag.h"
#include "missiu/err.h"

#define SOCKET_BUFFER (8 << 20)

bool sock_set(int fd, int level, int option, int value)
{
	return !setsockopt(fd, level, option, &value, sizeof(value));
}

void sock_enlarge(int fd, int force, int plain)
{
	if (!sock_set(fd, SOL_SOCKET, force, SOCKET_BUFFER))
		sock_set(fd, SOL_SOCKET, plain, SOCKET_BUFFER);
}

int sock_failed(const char *what, struct missiu_diag *diag)
{
	if (errno == EPERM || errno == EACCES)
		return diag_set(diag, MISSIU_EPERM,
				"%s needs CAP_NET_RAW: run missiu as root; in "
				"a container add it (--cap-add NET_RAW)",
				what);
	return diag_set(diag, MISSIU_EIO, "%s: %s", what, strerror(errno));
}

enum missiu_drop sock_why(int error)
{
	static const struct {
		int error;
		enum missiu_drop drop;
	} reasons[] = {
		{ EMSGSIZE, MISSIU_DROP_TX_TOO_BIG },
		{ ENETUNREACH, MISSIU_DROP_TX_NO_ROUTE },
		{ EHOSTUNREACH, MISSIU_DROP_TX_NO_ROUTE },
		{ ENETDOWN, MISSIU_DROP_TX_NO_ROUTE },
		{ ENOBUFS, MISSIU_DROP_TX_QUEUE },
		{ EAGAIN, MISSIU_DROP_TX_QUEUE },
	};

	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reasons[i].error == error)
			return reasons[i].drop;
	return MISSIU_DROP_TX_ERROR;
}
