/* SPDX-License-Identifier: Apache-2.0 */
#include "missiu/guard_nft.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <nftables/libnftables.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "common/diag.h"
#include "common/rd.h"
#include "missiu/err.h"
#include "missiu/guard.h"

/* As large as the kernel makes messages of a dump. */
#define REPLY_ROOM 32768

struct guard_nft {
	struct nft_ctx *ctx;
	struct mnl_socket *ask, *watch;
	unsigned seq;
	uint8_t reply[REPLY_ROOM];
};

void guard_nft_close(struct guard_nft *n)
{
	if (!n)
		return;
	if (n->ctx)
		nft_ctx_free(n->ctx);
	if (n->ask)
		mnl_socket_close(n->ask);
	if (n->watch)
		mnl_socket_close(n->watch);
	free(n);
}

/* Without such sockets libnftables would end the process: look first. */
static struct mnl_socket *open_socket(unsigned groups)
{
	struct mnl_socket *s = mnl_socket_open2(
		NETLINK_NETFILTER, SOCK_CLOEXEC | (groups ? SOCK_NONBLOCK : 0));

	if (s && mnl_socket_bind(s, groups, MNL_SOCKET_AUTOPID) < 0) {
		mnl_socket_close(s);
		s = NULL;
	}
	return s;
}

int guard_nft_open(struct guard_nft **out, struct missiu_diag *diag)
{
	struct guard_nft *n = calloc(1, sizeof(*n));

	if (!n)
		return diag_set(diag, MISSIU_ENOMEM, "out of memory");
	n->ask = open_socket(0);
	if (!n->ask) {
		diag_set(diag, MISSIU_EUNSUP, "no netfilter in this kernel: %s",
			 strerror(errno));
		guard_nft_close(n);
		return MISSIU_EUNSUP;
	}
	n->ctx = nft_ctx_new(NFT_CTX_DEFAULT);
	if (!n->ctx || nft_ctx_buffer_error(n->ctx) ||
	    nft_ctx_buffer_output(n->ctx)) {
		guard_nft_close(n);
		return diag_set(diag, MISSIU_ENOMEM, "out of memory");
	}
	*out = n;
	return 0;
}

/* "Error: Could not process rule: Operation not supported" or the like. */
static int explain(const char *said, struct missiu_diag *diag)
{
	const char *error = strstr(said, "rror: ");
	int len;

	if (error)
		said = error + strlen("rror: ");
	len = (int)strcspn(said, "\n");
	diag_set(diag, MISSIU_EIO, "nftables: %.*s", len > 160 ? 160 : len,
		 said);
	return strstr(said, strerror(EPERM)) ? MISSIU_EPERM : MISSIU_EIO;
}

int guard_nft_run(struct guard_nft *n, const char *text,
		  struct missiu_diag *diag)
{
	int r = nft_run_cmd_from_buffer(n->ctx, text);
	const char *said = nft_ctx_get_error_buffer(n->ctx);

	nft_ctx_get_output_buffer(n->ctx);
	return r ? explain(said ? said : "failed", diag) : 0;
}

/* ---- asking --------------------------------------------------------------- */

static struct nlmsghdr *request(struct guard_nft *n, void *buf, uint16_t what,
				uint16_t flags, const char *table)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);
	struct nfgenmsg *g;

	h->nlmsg_type = (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | what);
	h->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	h->nlmsg_seq = ++n->seq;
	g = mnl_nlmsg_put_extra_header(h, sizeof(*g));
	g->nfgen_family = NFPROTO_NETDEV;
	g->version = NFNETLINK_V0;
	mnl_attr_put_strz(h, NFTA_TABLE_NAME, table);
	return h;
}

/* Send and read the whole answer; Return: false after an error message. */
static bool talk(struct guard_nft *n, const struct nlmsghdr *h, mnl_cb_t cb,
		 void *ctx)
{
	unsigned port = mnl_socket_get_portid(n->ask);
	ssize_t len;
	int r = MNL_CB_OK;

	if (mnl_socket_sendto(n->ask, h, h->nlmsg_len) < 0)
		return false;
	while (r > MNL_CB_STOP) {
		len = mnl_socket_recvfrom(n->ask, n->reply, sizeof(n->reply));
		if (len <= 0)
			return false;
		r = mnl_cb_run(n->reply, (size_t)len, h->nlmsg_seq, port, cb,
			       ctx);
	}
	return r == MNL_CB_STOP;
}

bool guard_nft_has(struct guard_nft *n, const char *table)
{
	uint8_t buf[256];

	return talk(n, request(n, buf, NFT_MSG_GETTABLE, NLM_F_ACK, table),
		    NULL, NULL);
}

/* Strings of the kernel end with a NUL inside their attribute. */
static bool attr_is(const struct nlattr *a, const char *s)
{
	return a && mnl_attr_get_payload_len(a) == strlen(s) + 1 &&
	       !memcmp(mnl_attr_get_payload(a), s, strlen(s) + 1);
}

static int on_hook_attr(const struct nlattr *a, void *ctx)
{
	const struct nlattr **dev = ctx;

	if (mnl_attr_get_type(a) == NFTA_HOOK_DEV)
		*dev = a;
	return MNL_CB_OK;
}

static int on_chain_attr(const struct nlattr *a, void *ctx)
{
	if (mnl_attr_get_type(a) == NFTA_CHAIN_HOOK)
		mnl_attr_parse_nested(a, on_hook_attr, ctx);
	return MNL_CB_OK;
}

struct hooked {
	const char *device;
	bool yes;
};

static int on_chain(const struct nlmsghdr *h, void *ctx)
{
	const struct nlattr *dev = NULL;
	struct hooked *hooked = ctx;

	mnl_attr_parse(h, sizeof(struct nfgenmsg), on_chain_attr, &dev);
	hooked->yes = attr_is(dev, hooked->device);
	return MNL_CB_OK;
}

bool guard_nft_hooked(struct guard_nft *n, const char *table, const char *chain,
		      const char *device)
{
	struct hooked hooked = { .device = device };
	uint8_t buf[256];
	struct nlmsghdr *h =
		request(n, buf, NFT_MSG_GETCHAIN, NLM_F_ACK, table);

	mnl_attr_put_strz(h, NFTA_CHAIN_NAME, chain);
	return talk(n, h, on_chain, &hooked) && hooked.yes;
}

static int on_value(const struct nlattr *a, void *ctx)
{
	uint64_t *packets = ctx;

	if (mnl_attr_get_type(a) == NFTA_COUNTER_PACKETS &&
	    mnl_attr_get_payload_len(a) == 8)
		*packets = load_be64(mnl_attr_get_payload(a));
	return MNL_CB_OK;
}

struct object {
	const struct nlattr *name, *data;
};

static int on_object_attr(const struct nlattr *a, void *ctx)
{
	struct object *o = ctx;

	if (mnl_attr_get_type(a) == NFTA_OBJ_NAME)
		o->name = a;
	if (mnl_attr_get_type(a) == NFTA_OBJ_DATA)
		o->data = a;
	return MNL_CB_OK;
}

static int on_counter(const struct nlmsghdr *h, void *ctx)
{
	struct object o = { NULL, NULL };
	uint64_t *dropped = ctx;

	mnl_attr_parse(h, sizeof(struct nfgenmsg), on_object_attr, &o);
	for (int i = 0; o.data && i < GUARD_COUNTERS_MAX; i++)
		if (attr_is(o.name, guard_counter_name((enum guard_counter)i)))
			mnl_attr_parse_nested(o.data, on_value, &dropped[i]);
	return MNL_CB_OK;
}

void guard_nft_counters(struct guard_nft *n, const char *table,
			uint64_t dropped[GUARD_COUNTERS_MAX])
{
	uint8_t buf[256];
	struct nlmsghdr *h = request(n, buf, NFT_MSG_GETOBJ, NLM_F_DUMP, table);

	memset(dropped, 0, GUARD_COUNTERS_MAX * sizeof(*dropped));
	mnl_attr_put_u32(h, NFTA_OBJ_TYPE, htonl(NFT_OBJECT_COUNTER));
	talk(n, h, on_counter, dropped);
}

/* ---- news ------------------------------------------------------------------ */

int guard_nft_watch(struct guard_nft *n)
{
	n->watch = open_socket(1u << (NFNLGRP_NFTABLES - 1));
	return n->watch ? mnl_socket_get_fd(n->watch) : -1;
}

static int on_news(const struct nlmsghdr *h, void *ctx)
{
	bool *removed = ctx;

	if (h->nlmsg_type == (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_DELTABLE) ||
	    h->nlmsg_type == (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_DELCHAIN))
		*removed = true;
	return MNL_CB_OK;
}

/* A bounded number of messages; too many for the socket may hide anything. */
bool guard_nft_removed(struct guard_nft *n)
{
	bool removed = false;
	ssize_t len;

	for (int i = 0; i < 64; i++) {
		len = mnl_socket_recvfrom(n->watch, n->reply, sizeof(n->reply));
		if (len < 0 && errno != ENOBUFS)
			break;
		if (len < 0 || mnl_cb_run(n->reply, (size_t)len, 0, 0, on_news,
					  &removed) < 0)
			removed = true;
	}
	return removed;
}
