/* SPDX-License-Identifier: Apache-2.0 */
#include "ikefetch/confine.h"

#include <cap-ng.h>
#include <errno.h>
#include <grp.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "ctl/fetch.h"

#define NOBODY	   65534
#define MEMORY_MAX (512u << 20)

/* Sanitizers reserve more and look into their own process. */
#ifdef __SANITIZE_ADDRESS__
static const bool sanitized = true;
#else
static const bool sanitized;
#endif

static bool limit(int what, rlim_t max)
{
	const struct rlimit r = { max, max };

	return !setrlimit((__rlimit_resource_t)what, &r);
}

/* Without the right to change user there is nothing to give up. */
static bool drop_user(void)
{
	if (geteuid())
		return true;
	if (setgroups(0, NULL) || setresgid(NOBODY, NOBODY, NOBODY) ||
	    setresuid(NOBODY, NOBODY, NOBODY))
		return errno == EPERM || errno == EINVAL;
	return true;
}

bool confine_start(void)
{
	if (!drop_user())
		return false;
	capng_clear(CAPNG_SELECT_CAPS);
	return capng_apply(CAPNG_SELECT_CAPS) >= 0 &&
	       !prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) &&
	       !prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) &&
	       !prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) &&
	       limit(RLIMIT_CORE, 0) && limit(RLIMIT_NOFILE, 64) &&
	       (sanitized || limit(RLIMIT_FSIZE, 0)) && !chdir("/");
}

/* Resolver and TLS need much that differs by version: what nobody needs goes. */
static const int refused[] = {
	SCMP_SYS(execve),	  SCMP_SYS(execveat),
	SCMP_SYS(ptrace),	  SCMP_SYS(process_vm_readv),
	SCMP_SYS(mount),	  SCMP_SYS(process_vm_writev),
	SCMP_SYS(umount2),	  SCMP_SYS(pivot_root),
	SCMP_SYS(chroot),	  SCMP_SYS(setns),
	SCMP_SYS(unshare),	  SCMP_SYS(bpf),
	SCMP_SYS(keyctl),	  SCMP_SYS(add_key),
	SCMP_SYS(request_key),	  SCMP_SYS(perf_event_open),
	SCMP_SYS(userfaultfd),	  SCMP_SYS(open_by_handle_at),
	SCMP_SYS(io_uring_setup), SCMP_SYS(kexec_load),
	SCMP_SYS(init_module),	  SCMP_SYS(finit_module),
	SCMP_SYS(listen),	  SCMP_SYS(accept),
	SCMP_SYS(accept4),	  SCMP_SYS(kcmp),
	SCMP_SYS(unlink),	  SCMP_SYS(unlinkat),
	SCMP_SYS(rename),	  SCMP_SYS(renameat2),
	SCMP_SYS(mkdir),	  SCMP_SYS(mkdirat),
	SCMP_SYS(symlink),	  SCMP_SYS(symlinkat),
};

void confine_request(void)
{
	scmp_filter_ctx ctx;

	limit(RLIMIT_CPU, CTL_FETCH_TIME_S);
	if (sanitized)
		return;
	limit(RLIMIT_AS, MEMORY_MAX);
	/* A kernel without seccomp fetches all the same. */
	ctx = seccomp_init(SCMP_ACT_ALLOW);
	for (size_t i = 0; ctx && i < sizeof(refused) / sizeof(refused[0]); i++)
		seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), refused[i], 0);
	if (ctx) {
		seccomp_load(ctx);
		seccomp_release(ctx);
	}
}
