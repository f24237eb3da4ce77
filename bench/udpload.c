/* SPDX-License-Identifier: Apache-2.0 */
/*
 * udpload: datagrams at a chosen pace, and how many of them arrive.
 *
 *	udpload serve ADDRESS PORT
 *	udpload send FROM TO PORT BYTES PPS SECONDS	PPS 0: no pace
 *	udpload find FROM TO PORT BYTES SECONDS
 *	udpload serve-many ADDRESS PORT
 *	udpload find-many FROM TO PORT BYTES SECONDS
 *
 * The ends of "many" write and read several datagrams at once, which the kernel
 * cuts apart and puts together (UDP_SEGMENT, UDP_GRO), as QUIC servers do.
 *
 * find looks for the highest pace that a path sustains: at most 1% lost, and
 * arriving as fast as sent, so that a queue without bounds earns nothing.
 * Both print "sent received seconds": datagrams, and the time it took to send
 * or to receive them, whichever is longer. iperf3 is no help here: its sender is
 * slower than the paths measured, and it has no search.
 *
 * Both ends belong to one machine, so numbers travel in its byte order.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define VEC	  64
#define ROOM	  2048
#define ROOM_MANY 65536
#define MAGIC	  0x6d697373u
#define TICK_NS	  200000 /* bursts are what is due in this time */
#define PROBE_S	  0.3
#define MAX_LOSS  0.01
#define NEAR_MISS 0.8
#define MAX_LATE  1.05 /* time to receive, of the time to send */
#define LATE_NS	  20000000
#define PRECISION 1.05

enum kind { DATA, ASK, ANSWER };

struct msg {
	uint32_t magic, kind;
	uint64_t run;	   /* one sender's one attempt */
	uint64_t received; /* of that run; in ANSWER */
	uint64_t span_ns;  /* from its first to its last datagram */
};

struct result {
	uint64_t sent, received;
	double seconds;
	bool sustained;
};

static void die(const char *what)
{
	fprintf(stderr, "udpload: %s: %s\n", what, strerror(errno));
	exit(EXIT_FAILURE);
}

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void sleep_ns(uint64_t ns)
{
	struct timespec t = { .tv_sec = (time_t)(ns / 1000000000),
			      .tv_nsec = (long)(ns % 1000000000) };

	nanosleep(&t, NULL);
}

static double number(const char *text, double max)
{
	char *end;
	double v = strtod(text, &end);

	errno = EINVAL;
	if (end == text || *end || !(v >= 0 && v <= max))
		die(text);
	return v;
}

static struct sockaddr_in address(const char *ip, const char *port)
{
	struct sockaddr_in a = { .sin_family = AF_INET };

	a.sin_port = htons((uint16_t)number(port, 65535));
	errno = EINVAL;
	if (inet_pton(AF_INET, ip, &a.sin_addr) != 1)
		die(ip);
	return a;
}

/* Buffers of 4 MB: what is lost is lost on the path, not in the socket. */
static int udp_socket(const struct sockaddr_in *a)
{
	int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), size = 4 << 20;

	if (s < 0 || bind(s, (const struct sockaddr *)a, sizeof(*a)))
		die("socket");
	if (setsockopt(s, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)))
		setsockopt(s, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	return s;
}

static bool many; /* datagrams in a read or write */
static size_t seg_len;

static uint8_t memory[VEC][ROOM];
static struct sockaddr_in from[VEC];
static struct iovec iov[VEC];
static struct mmsghdr vec[VEC];

static void vectors(size_t len, bool with_from)
{
	for (size_t i = 0; i < VEC; i++) {
		iov[i] = (struct iovec){ memory[i], len };
		vec[i].msg_hdr =
			(struct msghdr){ .msg_iov = &iov[i], .msg_iovlen = 1 };
		if (!with_from)
			continue;
		vec[i].msg_hdr.msg_name = &from[i];
		vec[i].msg_hdr.msg_namelen = sizeof(from[i]);
	}
}

/* --- serve ---------------------------------------------------------------- */

/* The last few runs: several senders may be at work. */
static struct run {
	uint64_t id, received, first, last;
} runs[16];

static struct run *run_of(uint64_t id)
{
	static size_t last, next;

	if (runs[last].id == id)
		return &runs[last];
	for (last = 0; last < 16; last++)
		if (runs[last].id == id)
			return &runs[last];
	last = next++ % 16;
	runs[last] = (struct run){ .id = id };
	return &runs[last];
}

static void serve_one(int s, const uint8_t *p, size_t len,
		      const struct sockaddr_in *who, uint64_t now)
{
	struct msg m;
	struct run *r;

	if (len < sizeof(m))
		return;
	memcpy(&m, p, sizeof(m));
	if (m.magic != MAGIC || m.kind > ASK)
		return;
	r = run_of(m.run);
	if (m.kind == DATA) {
		if (!r->received++)
			r->first = now;
		r->last = now;
		return;
	}
	m.kind = ANSWER;
	m.received = r->received;
	m.span_ns = r->last - r->first;
	/* A lost answer is asked for again. */
	(void)!sendto(s, &m, sizeof(m), 0, (const struct sockaddr *)who,
		      sizeof(*who));
}

/* Of one size but for the last, which the kernel tells beside them. */
static size_t merged_size(struct msghdr *m, size_t len)
{
	int size;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level != SOL_UDP || c->cmsg_type != UDP_GRO)
			continue;
		memcpy(&size, CMSG_DATA(c), sizeof(size));
		return (size_t)size;
	}
	return len;
}

static void serve_many(int s)
{
	static uint8_t room[ROOM_MANY];
	_Alignas(struct cmsghdr) uint8_t control[64];
	struct iovec v = { room, sizeof(room) };
	struct sockaddr_in who;
	struct msghdr m = { .msg_name = &who, .msg_iov = &v, .msg_iovlen = 1 };
	int on = 1;

	if (setsockopt(s, SOL_UDP, UDP_GRO, &on, sizeof(on)))
		die("UDP_GRO");
	for (;;) {
		size_t size, at, len;
		uint64_t now;
		ssize_t n;

		m.msg_namelen = sizeof(who);
		m.msg_control = control;
		m.msg_controllen = sizeof(control);
		n = recvmsg(s, &m, 0);
		if (n < 0 && errno != EINTR)
			die("recvmsg");
		now = now_ns();
		len = n < 0 ? 0 : (size_t)n;
		size = merged_size(&m, len);
		for (at = 0; size && at < len; at += size)
			serve_one(s, room + at,
				  len - at < size ? len - at : size, &who, now);
	}
}

static void serve(char **argv)
{
	struct sockaddr_in a = address(argv[0], argv[1]);
	int s = udp_socket(&a);

	printf("listening\n");
	fflush(stdout);
	if (many)
		serve_many(s);
	for (;;) {
		uint64_t now;
		int n;

		vectors(ROOM, true);
		n = recvmmsg(s, vec, VEC, MSG_WAITFORONE, NULL);
		if (n < 0 && errno != EINTR)
			die("recvmmsg");
		now = now_ns();
		for (int i = 0; i < n; i++)
			serve_one(s, memory[i], vec[i].msg_len, &from[i], now);
	}
}

/* --- send ----------------------------------------------------------------- */

static uint64_t new_run(void)
{
	static uint64_t n;

	return (uint64_t)getpid() << 32 ^ now_ns() << 8 ^ ++n;
}

/* Several in one write. Return: how many, or -1 with errno. */
static int send_many(int s, unsigned int n)
{
	static uint8_t room[VEC * ROOM];
	struct iovec v = { room, n * seg_len };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1 };

	for (unsigned int i = 0; i < n; i++)
		memcpy(room + i * seg_len, memory[i], seg_len);
	return sendmsg(s, &m, 0) < 0 ? -1 : (int)n;
}

/* Up to @want datagrams; a full queue of the host is no loss of the path. */
static uint64_t burst(int s, uint64_t want)
{
	uint64_t sent = 0;

	while (sent < want) {
		unsigned int left =
			want - sent < VEC ? (unsigned)(want - sent) : VEC;
		int n = many ? send_many(s, left) : sendmmsg(s, vec, left, 0);

		if (n <= 0 && errno != ENOBUFS && errno != EAGAIN &&
		    errno != EINTR)
			die("sendmmsg");
		if (n <= 0)
			break;
		sent += (uint64_t)n;
	}
	return sent;
}

/*
 * Sends for @seconds at @pps. Who was kept from running does not catch up: a
 * burst would be lost in queues and say nothing about the pace.
 */
static uint64_t paced(int s, double pps, double seconds)
{
	uint64_t start = now_ns(), now = start, last = start, sent = 0;
	uint64_t end = start + (uint64_t)(seconds * 1e9);
	double due = 0, most = pps * 5 * TICK_NS / 1e9 + 1;

	while (now < end) {
		if (pps <= 0) {
			sent += burst(s, VEC);
		} else {
			uint64_t n, took;

			due += pps * (double)(now - last) / 1e9;
			due = due > most ? most : due;
			n = burst(s, (uint64_t)due);
			due -= (double)(uint64_t)due;
			sent += n;
			last = now;
			took = now_ns() - now;
			if (took < TICK_NS)
				sleep_ns(TICK_NS - took);
		}
		now = now_ns();
	}
	return sent;
}

/* What has arrived; asked after everything else, so it comes after it. */
static struct msg ask(int s, uint64_t run)
{
	struct msg m = { .magic = MAGIC, .kind = ASK, .run = run }, r;
	struct timeval wait = { .tv_usec = 200000 };

	setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	for (int tries = 0; tries < 40; tries++) {
		if (send(s, &m, sizeof(m), 0) < 0 && errno != ENOBUFS)
			die("send");
		while (recv(s, &r, sizeof(r), 0) == sizeof(r))
			if (r.magic == MAGIC && r.kind == ANSWER &&
			    r.run == run)
				return r;
	}
	errno = ETIMEDOUT;
	die("no answer");
	return r;
}

static struct result attempt(int s, size_t len, double pps, double seconds)
{
	struct msg m = { .magic = MAGIC, .kind = DATA, .run = new_run() };
	struct result r;
	uint64_t t0;
	double span;

	vectors(len, false);
	for (size_t i = 0; i < VEC; i++)
		memcpy(memory[i], &m, sizeof(m));
	t0 = now_ns();
	r.sent = paced(s, pps, seconds);
	r.seconds = (double)(now_ns() - t0) / 1e9;
	sleep_ns(LATE_NS);
	m = ask(s, m.run);
	r.received = m.received;
	span = (double)m.span_ns / 1e9;
	r.sustained = r.sent &&
		      (double)r.received >= (double)r.sent * (1 - MAX_LOSS) &&
		      span <= r.seconds * MAX_LATE + LATE_NS / 1e9;
	if (span > r.seconds)
		r.seconds = span;
	return r;
}

/* A near miss may be a moment in which the machine did something else. */
static struct result fair_attempt(int s, size_t len, double pps, double seconds)
{
	struct result r = attempt(s, len, pps, seconds);

	for (int n = 0; n < 2 && !r.sustained && r.sent &&
			(double)r.received > (double)r.sent * NEAR_MISS;
	     n++)
		r = attempt(s, len, pps, seconds);
	return r;
}

/* Bounds by steps, then bisection, from what arrives of an unpaced burst. */
static struct result find(int s, size_t len, double seconds)
{
	struct result r = attempt(s, len, 0, PROBE_S);
	double pps, lo = 0, hi = 0;

	pps = ((double)r.received + 1) / r.seconds;
	if (r.sustained)
		lo = pps;
	for (int n = 0; !r.sustained && n < 12; n++) {
		r = fair_attempt(s, len, pps, PROBE_S);
		if (r.sustained)
			lo = pps;
		else
			hi = pps;
		r.sustained = lo > 0 && ((hi > 0 && hi / lo < PRECISION) ||
					 (double)r.sent < 0.9 * pps * PROBE_S);
		if (lo > 0 && hi > 0)
			pps = (lo + hi) / 2;
		else
			pps *= lo > 0 ? 1.25 : 0.7;
	}
	/* What held for a moment must hold for longer. */
	for (int n = 0; n < 6; n++, lo *= 0.93) {
		r = fair_attempt(s, len, lo, seconds);
		if (r.sustained)
			break;
	}
	if (!r.sustained)
		r.received = 0;
	return r;
}

/* At most what one IP packet holds. */
static void set_many(int s, size_t len)
{
	int size = (int)len;

	seg_len = len;
	if (len * VEC > 65000)
		die("too long for many");
	if (setsockopt(s, SOL_UDP, UDP_SEGMENT, &size, sizeof(size)))
		die("UDP_SEGMENT");
}

static void client(bool search, char **argv)
{
	struct sockaddr_in from_a = address(argv[0], "0");
	struct sockaddr_in to = address(argv[1], argv[2]);
	size_t len = (size_t)number(argv[3], ROOM);
	double seconds = number(argv[search ? 4 : 5], 3600);
	int s = udp_socket(&from_a);
	struct result r;

	if (len < sizeof(struct msg))
		len = sizeof(struct msg);
	if (connect(s, (struct sockaddr *)&to, sizeof(to)))
		die("connect");
	if (many)
		set_many(s, len);
	r = search ? find(s, len, seconds) :
		     attempt(s, len, number(argv[4], 1e9), seconds);
	printf("%llu %llu %.3f\n", (unsigned long long)r.sent,
	       (unsigned long long)r.received, r.seconds);
	close(s);
}

int main(int argc, char **argv)
{
	char *dash = argc > 1 ? strstr(argv[1], "-many") : NULL;

	many = dash && !dash[5];
	if (many)
		*dash = '\0';
	if (argc == 4 && !strcmp(argv[1], "serve"))
		serve(argv + 2);
	else if (argc == 8 && !many && !strcmp(argv[1], "send"))
		client(false, argv + 2);
	else if (argc == 7 && !strcmp(argv[1], "find"))
		client(true, argv + 2);
	else {
		fprintf(stderr,
			"usage: udpload serve ADDRESS PORT\n"
			"       udpload send FROM TO PORT BYTES PPS S\n"
			"       udpload find FROM TO PORT BYTES S\n"
			"       serve-many, find-many: several a write\n");
		return 2;
	}
	return EXIT_SUCCESS;
}
