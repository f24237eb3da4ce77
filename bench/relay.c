/* SPDX-License-Identifier: Apache-2.0 */
/*
 * relay: what the kernel's interfaces allow. It moves super-packets between a
 * TUN device and a UDP socket as they are: no cipher, no cutting, no merging,
 * no checksums, no policy. No tunnel through these interfaces can be faster;
 * how close one gets is what its own work costs.
 *
 *	relay DEVICE LOCAL-ADDRESS REMOTE-ADDRESS
 *
 * Runs until it is killed; it is a measuring stick, not a tunnel.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PORT	 4501
#define SEGMENT	 1400 /* bytes of a datagram */
#define ROOM	 (1 << 17)
#define SOCK_BUF (8 << 20)
#define IN_A_ROW 4
#define LOOK_NS	 50000 /* before it sleeps */
#define VNET_LEN ((ssize_t)sizeof(struct virtio_net_hdr))

static uint8_t room[ROOM];

static void die(const char *what)
{
	fprintf(stderr, "relay: %s: %s\n", what, strerror(errno));
	exit(EXIT_FAILURE);
}

static int open_tun(const char *name)
{
	struct ifreq ifr = { .ifr_flags = IFF_TUN | IFF_NO_PI | IFF_VNET_HDR };
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	if (fd < 0 || ioctl(fd, TUNSETIFF, &ifr) ||
	    ioctl(fd, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4))
		die(name);
	return fd;
}

static struct sockaddr_in address(const char *ip)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
				 .sin_port = htons(PORT) };

	errno = EINVAL;
	if (inet_pton(AF_INET, ip, &a.sin_addr) != 1)
		die(ip);
	return a;
}

/* Datagrams of SEGMENT bytes are cut and merged by the kernel. */
static int open_udp(const char *local, const char *remote)
{
	struct sockaddr_in here = address(local), there = address(remote);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	const int on = 1, segment = SEGMENT, size = SOCK_BUF;

	if (fd < 0 || bind(fd, (struct sockaddr *)&here, sizeof(here)) ||
	    connect(fd, (struct sockaddr *)&there, sizeof(there)) ||
	    setsockopt(fd, SOL_UDP, UDP_GRO, &on, sizeof(on)) ||
	    setsockopt(fd, SOL_UDP, UDP_SEGMENT, &segment, sizeof(segment)))
		die("UDP socket");
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size));
	return fd;
}

static int out(int tun, int udp)
{
	ssize_t n = read(tun, room, sizeof(room));

	/* What the path has no room for is lost, as on any wire. */
	return n > 0 && send(udp, room, (size_t)n, 0) >= 0;
}

/* Several packets may have been merged; each tells its own length. */
static int in(int tun, int udp)
{
	ssize_t n = recv(udp, room, sizeof(room), 0), at = 0, len;

	while (n - at > VNET_LEN + 4) {
		const uint8_t *ip = room + at + VNET_LEN;

		len = VNET_LEN + (ip[2] << 8 | ip[3]);
		if (len > n - at || write(tun, room + at, (size_t)len) < 0)
			break;
		at += len;
	}
	return n > 0;
}

static int64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

int main(int argc, char **argv)
{
	struct pollfd p[2] = { { .events = POLLIN }, { .events = POLLIN } };
	int64_t until = 0;

	if (argc != 4) {
		fprintf(stderr, "usage: relay DEVICE LOCAL REMOTE\n");
		return 2;
	}
	p[0].fd = open_tun(argv[1]);
	p[1].fd = open_udp(argv[2], argv[3]);
	printf("ready\n");
	fflush(stdout);
	for (;;) {
		int moved = 0;

		for (int i = 0; i < IN_A_ROW; i++)
			moved |= out(p[0].fd, p[1].fd);
		for (int i = 0; i < IN_A_ROW; i++)
			moved |= in(p[0].fd, p[1].fd);
		if (moved)
			until = now_ns() + LOOK_NS;
		else if (now_ns() < until)
			sched_yield();
		else
			poll(p, 2, -1);
	}
}
