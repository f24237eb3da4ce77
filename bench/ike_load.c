/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Many IKE initiators in one process, each with an address of its own, against
 * one responder over UDP; how many tunnels a second, and how long each took.
 * They are one core of src/ike with a policy for each address, so the server
 * is the only thing that differs between two runs.
 *
 *	ike_load SERVER FIRST-ADDRESS N AT-ONCE PSK
 *
 * SERVER may be IPv4 only; the N addresses from FIRST-ADDRESS on must exist.
 * Each tunnel carries one address, 100 in the second octet above the outer one,
 * to INNER: a peer's selectors must not cover its outer address.
 * Prints one line when all are up, holds them until standard input ends, then
 * deletes them. Exit status 1 when one failed or LIMIT_S went by.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "common/addr.h"
#include "common/log.h"
#include "ike/core.h"

#define LIMIT_S	   60
#define MARKER_LEN 4
#define N_MAX	   60000
#define INNER	   0x0a020001 /* 10.2.0.1, behind the server */
#define INNER_PLUS 0x00640000

struct load {
	struct ike *ike;
	struct missiu_addr server;
	uint32_t base; /* first address, host order */
	unsigned n, at_once;
	unsigned begun, done, failed;
	missiu_usec *start, *took; /* by peer */
	int fd[2];		   /* ports 500, 4500 */
};

static missiu_usec now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (missiu_usec)ts.tv_sec * 1000000 +
	       (missiu_usec)ts.tv_nsec / 1000;
}

static void die(const char *what)
{
	fprintf(stderr, "ike_load: %s: %s\n", what, strerror(errno));
	exit(1);
}

static struct missiu_addr addr4(uint32_t host_order)
{
	const uint32_t be = htonl(host_order);

	return addr_from_bytes(4, (const uint8_t *)&be);
}

static uint32_t host4(const struct missiu_addr *a)
{
	uint32_t be;

	memcpy(&be, a->b, sizeof(be));
	return ntohl(be);
}

/* Peer @i: a tunnel from its address to the server's. */
static void make_policy(const struct load *l, unsigned i,
			struct missiu_policy *p)
{
	const struct missiu_addr own = addr4(l->base + i),
				 in = addr4(l->base + INNER_PLUS + i),
				 to = addr4(INNER);

	*p = (struct missiu_policy){
		.id = i + 1,
		.dirs = MISSIU_IN | MISSIU_OUT,
		.action = MISSIU_PROTECT,
		.mode = MISSIU_TUNNEL,
		.n_prot = 1,
		.local = ts_host(&in),
		.remote = ts_host(&to),
		.tun_local = own,
		.tun_remote = l->server,
	};
	p->prot[0] = (struct missiu_prot){ .proto = MISSIU_ESP,
					   .encr = MISSIU_ENCR_AES_GCM,
					   .auth = MISSIU_AUTH_NONE,
					   .key_len = 16,
					   .icv_len = 16 };
}

static bool no_lines(int level)
{
	(void)level;
	return false;
}

static bool nobody_listens(void *ctx)
{
	(void)ctx;
	return false;
}

static void make_core(struct load *l, const char *key)
{
	struct ike_psk psk = { .len = (uint16_t)strlen(key) };
	const struct ike_conf conf = {
		.psk = &psk,
		.n_psk = 1,
		.ike_proposal = "aes128gcm16-prfsha256-x25519",
		.encap = MISSIU_ENCAP_UDP,
		.no_esn = true,
		.sa_max = 2 * N_MAX,
		.negotiate_s = LIMIT_S,
		.log_wanted = no_lines,
		.news_wanted = nobody_listens,
	};
	struct missiu_policy *pol = calloc(l->n, sizeof(*pol));
	struct missiu_diag diag = { "" };

	if (!pol || psk.len > sizeof(psk.key))
		die("no memory, or a key too long");
	memcpy(psk.key, key, psk.len);
	l->ike = ike_new(&conf, &diag);
	if (!l->ike)
		die(diag.msg);
	for (unsigned i = 0; i < l->n; i++)
		make_policy(l, i, &pol[i]);
	ike_policies(l->ike, pol, l->n);
	free(pol);
}

static int make_sock(uint16_t port)
{
	const struct sockaddr_in any = { .sin_family = AF_INET,
					 .sin_port = htons(port) };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	int on = 1, size = 4 << 20;

	if (fd < 0 || setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on)) ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) ||
	    bind(fd, (const struct sockaddr *)&any, sizeof(any)))
		die("UDP socket");
	return fd;
}

/* --- datagrams, each with the address of ours that it belongs to */

union control {
	struct cmsghdr align;
	char b[CMSG_SPACE(sizeof(struct in_pktinfo))];
};

static void send_one(struct load *l, const struct ike_action *a)
{
	const bool natt = a->local.port == 4500;
	uint8_t msg[MARKER_LEN + IKE_MSG_MAX] = { 0 };
	union control c = { 0 };
	struct sockaddr_storage to;
	struct iovec iov = { msg, a->len };
	struct msghdr mh = {
		.msg_name = &to,
		.msg_namelen =
			addr_to_sockaddr(&a->remote.addr, a->remote.port, &to),
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &c,
		.msg_controllen = sizeof(c),
	};
	struct cmsghdr *h = CMSG_FIRSTHDR(&mh);
	struct in_pktinfo info = { 0 };

	if (natt && !a->keepalive)
		iov.iov_len += MARKER_LEN;
	memcpy(msg + (iov.iov_len - a->len), a->msg, a->len);
	memcpy(&info.ipi_spec_dst, a->local.addr.b, 4);
	h->cmsg_level = IPPROTO_IP;
	h->cmsg_type = IP_PKTINFO;
	h->cmsg_len = CMSG_LEN(sizeof(info));
	memcpy(CMSG_DATA(h), &info, sizeof(info));
	if (sendmsg(l->fd[natt], &mh, 0) < 0)
		die("send");
}

/* Return: false: nothing there. */
static bool recv_one(struct load *l, bool natt)
{
	static uint8_t msg[65536];
	struct ike_end local = { .port = natt ? 4500 : 500 }, remote;
	struct sockaddr_in from;
	union control c;
	struct iovec iov = { msg, sizeof(msg) };
	struct msghdr mh = { .msg_name = &from,
			     .msg_namelen = sizeof(from),
			     .msg_iov = &iov,
			     .msg_iovlen = 1,
			     .msg_control = &c,
			     .msg_controllen = sizeof(c) };
	const size_t skip = natt ? MARKER_LEN : 0;
	struct in_pktinfo info;
	ssize_t n = recvmsg(l->fd[natt], &mh, 0);

	if (n < 0)
		return false;
	if ((size_t)n <= skip || !CMSG_FIRSTHDR(&mh))
		return true;
	memcpy(&info, CMSG_DATA(CMSG_FIRSTHDR(&mh)), sizeof(info));
	local.addr = addr_from_bytes(4, (const uint8_t *)&info.ipi_addr);
	addr_from_sockaddr((const struct sockaddr *)&from, &remote.addr,
			   &remote.port);
	ike_input(l->ike, &local, &remote, msg + skip, (size_t)n - skip,
		  now_us());
	return true;
}

/* --- the load */

static void begin(struct load *l, unsigned i)
{
	const struct missiu_addr own = addr4(l->base + i),
				 in = addr4(l->base + INNER_PLUS + i),
				 to = addr4(INNER);
	const struct missiu_event ev = {
		.kind = MISSIU_EV_ACQUIRE,
		.policy_id = i + 1,
		.acquire_id = i + 1,
		.pkt_src = ts_host(&in),
		.pkt_dst = ts_host(&to),
	};

	l->start[i] = now_us();
	ike_event(l->ike, &ev, &own, l->start[i]);
	l->begun++;
}

static void take_action(struct load *l, const struct ike_action *a)
{
	unsigned i;

	switch (a->kind) {
	case IKE_SEND:
		send_one(l, a);
		break;
	case IKE_SA_ADD:
		i = host4(&a->sa.src) - l->base;
		if (a->sa.dir == MISSIU_OUT && i < l->n && !l->took[i]) {
			l->took[i] = now_us() - l->start[i];
			l->done++;
		}
		break;
	case IKE_ACQUIRE_FAILED:
		l->failed++;
		break;
	case IKE_LOG:
		if (a->level <= LOG_L_WARN)
			fprintf(stderr, "%s\n", a->text);
		break;
	default: /* nothing that a data path would do is of interest here */
		break;
	}
}

static void take_actions(struct load *l)
{
	struct ike_action a;

	while (ike_action_next(l->ike, &a))
		take_action(l, &a);
}

/* Wait for datagrams until @until; then do what is due. */
static void turn(struct load *l, missiu_usec until)
{
	struct pollfd p[3] = { { .fd = l->fd[0], .events = POLLIN },
			       { .fd = l->fd[1], .events = POLLIN } };
	missiu_usec now = now_us(), next = ike_tick(l->ike, now);

	take_actions(l);
	if (next > until)
		next = until;
	now = now_us();
	poll(p, 2, next > now ? (int)((next - now) / 1000 + 1) : 0);
	for (int s = 0; s < 2; s++)
		while (p[s].revents && recv_one(l, s))
			take_actions(l);
}

static bool run(struct load *l, missiu_usec end)
{
	while (l->done + l->failed < l->n && now_us() < end) {
		while (l->begun < l->n &&
		       l->begun - l->done - l->failed < l->at_once)
			begin(l, l->begun);
		take_actions(l);
		turn(l, end);
	}
	return l->done == l->n;
}

static int by_size(const void *a, const void *b)
{
	const missiu_usec x = *(const missiu_usec *)a,
			  y = *(const missiu_usec *)b;

	return (x > y) - (x < y);
}

static void report(struct load *l, missiu_usec took)
{
	qsort(l->took, l->n, sizeof(*l->took), by_size);
	printf("peers=%u at_once=%u failed=%u seconds=%.3f rate=%.0f "
	       "p50_ms=%.2f p95_ms=%.2f max_ms=%.2f\n",
	       l->n, l->at_once, l->n - l->done, (double)took / 1e6,
	       l->done * 1e6 / (double)(took ? took : 1),
	       (double)l->took[l->n / 2] / 1e3,
	       (double)l->took[l->n * 95 / 100] / 1e3,
	       (double)l->took[l->n - 1] / 1e3);
	fflush(stdout);
}

/* Until standard input ends; peers may ask something meanwhile. */
static void hold(struct load *l)
{
	struct pollfd in = { .fd = 0, .events = POLLIN };

	while (poll(&in, 1, 0) == 0)
		turn(l, now_us() + 50000);
}

/* All DELETEs, at a pace that socket buffers bear. */
static void leave(struct load *l)
{
	struct ike_action a;
	unsigned n = 0;

	ike_shutdown(l->ike, now_us());
	while (ike_action_next(l->ike, &a)) {
		if (a.kind != IKE_SEND)
			continue;
		send_one(l, &a);
		if (++n % 16 == 0)
			usleep(2000);
	}
}

int main(int argc, char **argv)
{
	struct missiu_addr first;
	struct load l = { 0 };
	missiu_usec start;
	bool ok;

	if (argc != 6 || !addr_parse(argv[1], &l.server) ||
	    l.server.family != 4 || !addr_parse(argv[2], &first) ||
	    first.family != 4) {
		fprintf(stderr, "usage: ike_load SERVER FIRST-ADDRESS N "
				"AT-ONCE PSK\n");
		return 2;
	}
	l.base = host4(&first);
	l.n = (unsigned)strtoul(argv[3], NULL, 10);
	l.at_once = (unsigned)strtoul(argv[4], NULL, 10);
	if (!l.n || l.n > N_MAX || !l.at_once)
		return 2;
	l.start = calloc(l.n, sizeof(*l.start));
	l.took = calloc(l.n, sizeof(*l.took));
	if (!l.start || !l.took)
		die("no memory");
	l.fd[0] = make_sock(500);
	l.fd[1] = make_sock(4500);
	make_core(&l, argv[5]);
	start = now_us();
	ok = run(&l, start + (missiu_usec)LIMIT_S * 1000000);
	report(&l, now_us() - start);
	hold(&l);
	leave(&l);
	ike_free(l.ike);
	free(l.start);
	free(l.took);
	return ok ? 0 : 1;
}
