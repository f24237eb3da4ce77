/* SPDX-License-Identifier: Apache-2.0 */
/* What users ask for: peers from files and loadConfig, and commands. */
#include "ike/loop_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "common/addr.h"
#include "common/clock.h"
#include "common/diag.h"
#include "common/log.h"
#include "ike/peer_load.h"
#include "ike/status.h"

/* --- peers */

int loop_load_config(struct loop *l, struct missiu_diag *diag)
{
	const struct peer_load how = { .file = l->cli->config,
				       .source = IKE_PEERS_CONFIG };
	int n;

	if (!how.file)
		return 0;
	n = peer_load_file(l->ike, &how, diag, clock_now());
	if (n < 0)
		return n;
	log_info(ike, "peers=%d from %s", n, how.file);
	return 0;
}

/* The file may have been moved away. Lines go on to it if there is no other. */
static void open_log_again(const struct loop *l)
{
	const char *path = l->cli->log_file;
	int fd;

	if (!path)
		return;
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (fd < 0 || dup3(fd, log_fd(), O_CLOEXEC) < 0)
		log_err(main, "--log: %s: %s; the old file is kept", path,
			strerror(errno));
	if (fd >= 0)
		close(fd);
}

void loop_on_hangup(evutil_socket_t fd, short what, void *arg)
{
	struct missiu_diag diag = { "" };
	struct loop *l = arg;

	(void)fd;
	(void)what;
	open_log_again(l);
	if (loop_load_config(l, &diag)) {
		log_err(ike, "%s; the peers stay as they were", diag.msg);
	} else {
		sources_load(l->sources, l->ike);
		loop_initiate_loaded(l);
	}
	loop_settle(l);
}

/* Peers from loadConfig. */
static void hook_peers(void *ctx, const struct ctl_peers *req,
		       struct ctl_peers_answer *answer)
{
	struct loop *l = ctx;
	const struct peer_load how = { .file = req->file,
				       .source = IKE_PEERS_CONTROL,
				       .keep = req->keep };
	struct peer_load_err err;
	int n = peer_load_text(l->ike, &how, req->text, req->len, &err,
			       clock_now());

	*answer = (struct ctl_peers_answer){ n < 0 ? n : 0, err.peer.index,
					     err.peer.key, err.diag };
	if (n < 0)
		return;
	log_info(ike, "peers=%d from %s", n, req->file);
	sources_load(l->sources, l->ike);
	loop_initiate_loaded(l);
	loop_settle(l);
}

/* --- the control socket */

static char *hook_status(void *ctx)
{
	struct loop *l = ctx;

	return status_json(l->ike, l->tcp, sources_json(l->sources),
			   clock_now());
}

/* What was asked for happens before the client is answered. */
static int done(struct loop *l, int n)
{
	loop_settle(l);
	return n;
}

static int hook_up(void *ctx, const char *peer, struct missiu_diag *diag)
{
	struct loop *l = ctx;
	const struct missiu_addr *local;
	struct missiu_addr addr;
	int ret;

	if (!ike_peer_address(l->ike, peer, &addr))
		return diag_set(diag, MISSIU_ENOENT,
				"found peer '%.100s', expected an address, or "
				"a name for which a policy or raddr says one",
				peer);
	local = loop_local(l, addr.family);
	if (!local)
		return diag_set(diag, MISSIU_ENOENT,
				"no local address of the family of %s",
				addr_text(&addr).s);
	ret = ike_initiate(l->ike, local, &addr, clock_now());
	if (ret == MISSIU_EEXIST)
		return 0; /* it is up already */
	if (ret == MISSIU_ENOENT)
		return diag_set(diag, ret,
				"no ipsec policy names %s as its peer",
				addr_text(&addr).s);
	if (ret)
		return diag_set(diag, ret, "%s", missiu_strerror(ret));
	return done(l, 1);
}

static int none_with(const char *peer, struct missiu_diag *diag)
{
	return diag_set(diag, MISSIU_ENOENT, "there is no IKE SA with %.100s",
			peer);
}

static int hook_down(void *ctx, const char *peer, struct missiu_diag *diag)
{
	struct loop *l = ctx;
	int n = ike_down(l->ike, peer, clock_now());

	return n ? done(l, n) : none_with(peer, diag);
}

static int hook_rekey(void *ctx, const char *peer, bool child, bool ike,
		      struct missiu_diag *diag)
{
	struct loop *l = ctx;
	int n = ike_rekey(l->ike, peer,
			  (child ? IKE_REKEY_CHILDREN : 0u) |
				  (ike ? IKE_REKEY_IKE : 0u),
			  clock_now());

	return n ? done(l, n) : none_with(peer, diag);
}

static int hook_redirect(void *ctx, const char *peer,
			 const struct missiu_addr *to, struct missiu_diag *diag)
{
	struct loop *l = ctx;
	int n = ike_redirect(l->ike, peer, to, clock_now());

	if (n)
		return done(l, n);
	return diag_set(diag, MISSIU_ENOENT,
			"there is no IKE SA with %.100s that can be redirected",
			peer);
}

int loop_open_control(struct loop *l, struct missiu_diag *diag)
{
	const struct ike_control_hooks hooks = { .ctx = l,
						 .status = hook_status,
						 .peers = hook_peers,
						 .up = hook_up,
						 .down = hook_down,
						 .rekey = hook_rekey,
						 .redirect = hook_redirect };

	return ike_control_open(l->iface, l->base, &hooks, &l->control, diag);
}
