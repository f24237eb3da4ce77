/* SPDX-License-Identifier: Apache-2.0 */
#include "missiu/isolate.h"

#include <cap-ng.h>
#include <errno.h>
#include <seccomp.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "common/diag.h"
#include "common/log.h"
#include "missiu/err.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
static const bool sanitized = true;
#else
static const bool sanitized = false;
#endif

/* By name: a call that an architecture does not have is skipped. */
static const char *const allowed[] = {
	/* packets and control */
	"read", "readv", "write", "writev", "recvmsg", "recvfrom", "recvmmsg",
	"sendmsg", "sendto", "sendmmsg", "accept4", "getsockopt", "setsockopt",
	"getsockname", "ioctl", "memfd_create", "ftruncate", "pread64", "lseek",
	/* event loop and time */
	"epoll_wait", "epoll_pwait", "epoll_pwait2", "epoll_ctl", "poll",
	"ppoll", "select", "pselect6", "timerfd_settime", "clock_gettime",
	"gettimeofday", "futex",
	/* memory and randomness */
	"brk", "mmap", "munmap", "mremap", "madvise", "mprotect", "getrandom",
	/* files: only what is open, and the removal of our own */
	"close", "dup2", "dup3", "fcntl", "fstat", "newfstatat", "unlink",
	"unlinkat",
	/* signals and the end */
	"rt_sigreturn", "rt_sigaction", "rt_sigprocmask", "sigaltstack",
	"getpid", "gettid", "tgkill", "sched_yield", "restart_syscall", "exit",
	"exit_group"
};

static int no_dumps(struct missiu_diag *diag)
{
	const struct rlimit none = { 0, 0 };

	if (setrlimit(RLIMIT_CORE, &none) < 0)
		return diag_set(diag, MISSIU_EIO, "core limit: %s",
				strerror(errno));
	if (!sanitized && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return diag_set(diag, MISSIU_EIO, "PR_SET_DUMPABLE: %s",
				strerror(errno));
	return 0;
}

/* The bounding set can only be cleared with CAP_SETPCAP: root has it. */
static int drop_capabilities(bool net_admin, struct missiu_diag *diag)
{
	bool bounding = capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP);

	capng_clear(CAPNG_SELECT_BOTH);
	if (net_admin &&
	    capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED,
			 CAP_NET_ADMIN))
		return diag_set(diag, MISSIU_EPERM, "capabilities");
	if (capng_apply(bounding ? CAPNG_SELECT_BOTH : CAPNG_SELECT_CAPS) < 0)
		return diag_set(diag, MISSIU_EPERM,
				"cannot drop capabilities: %s",
				strerror(errno));
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return diag_set(diag, MISSIU_EPERM, "no_new_privs: %s",
				strerror(errno));
	return 0;
}

/* A kernel without seccomp runs the daemon all the same. */
static void filter_calls(void)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int err = ctx ? 0 : -ENOMEM;

	for (size_t i = 0; !err && i < sizeof(allowed) / sizeof(allowed[0]);
	     i++) {
		int nr = seccomp_syscall_resolve_name(allowed[i]);

		if (nr != __NR_SCMP_ERROR)
			err = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, nr, 0);
	}
	if (!err)
		err = seccomp_load(ctx);
	if (ctx)
		seccomp_release(ctx);
	if (err)
		log_warn(main, "system calls are not restricted: %s",
			 strerror(-err));
}

int isolate(bool net_admin, struct missiu_diag *diag)
{
	int err = no_dumps(diag);

	if (!err)
		err = drop_capabilities(net_admin, diag);
	if (!err && !sanitized)
		filter_calls();
	return err;
}
