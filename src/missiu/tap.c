/* SPDX-License-Identifier: Apache-2.0 */
#include "missiu/tap.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <linux/if_tun.h>

#include "common/diag.h"
#include "missiu/l2.h"
#include "missiu/vnet.h"

#define TUN_DEV "/dev/net/tun"

#ifndef TUN_F_USO4
#define TUN_F_USO4 0x20
#define TUN_F_USO6 0x40
#endif

static int open_tun(int *fd, struct missiu_diag *diag)
{
	*fd = open(TUN_DEV, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (*fd >= 0)
		return 0;
	if (errno == EACCES || errno == EPERM)
		return diag_set(diag, MISSIU_EPERM,
				"no access to " TUN_DEV
				": run missiu as root; in a container allow "
				"the device (--device " TUN_DEV ")");
	return diag_set(diag, MISSIU_EIO,
			"cannot open " TUN_DEV ": %s: load it with 'modprobe "
			"tun'; in a container pass it in (--device " TUN_DEV
			")",
			strerror(errno));
}

static int create(struct tap *t, const char *name, struct missiu_diag *diag)
{
	struct ifreq ifr = { 0 };

	if (name)
		memcpy(ifr.ifr_name, name, strlen(name));
	ifr.ifr_flags =
		(short)(IFF_TAP | IFF_NO_PI | IFF_VNET_HDR | (int)IFF_TUN_EXCL);
	if (!ioctl(t->fd, TUNSETIFF, &ifr)) {
		memcpy(t->name, ifr.ifr_name, sizeof(t->name));
		return 0;
	}
	if (errno == EPERM)
		return diag_set(diag, MISSIU_EPERM,
				"creating a TAP device needs CAP_NET_ADMIN: "
				"run missiu as root; in a container add it "
				"(--cap-add NET_ADMIN)");
	if (errno == EBUSY)
		return diag_set(diag, MISSIU_EEXIST,
				"a device named %s exists: choose another "
				"name with --tap, or leave it to the kernel",
				name);
	return diag_set(diag, MISSIU_EINVAL,
			TUN_DEV " refuses to create TAP device %s: %s",
			name ? name : "tapN", strerror(errno));
}

/*
 * Let the kernel leave checksums and segmentation to us: it then hands over up
 * to 64 KB at once, which saves it most of its work per packet. A kernel that
 * cannot do that for UDP (before 6.2) does it for TCP.
 */
static void set_offload(const struct tap *t)
{
	const unsigned tcp =
		TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN;

	if (ioctl(t->fd, TUNSETOFFLOAD, tcp | TUN_F_USO4 | TUN_F_USO6) < 0)
		ioctl(t->fd, TUNSETOFFLOAD, tcp);
}

static int identify(struct tap *t, struct missiu_diag *diag)
{
	struct ifreq ifr = { 0 };

	if (ioctl(t->fd, SIOCGIFHWADDR, &ifr) < 0)
		return diag_set(diag, MISSIU_EIO,
				"cannot read the address of "
				"%s: %s",
				t->name, strerror(errno));
	memcpy(t->mac, ifr.ifr_hwaddr.sa_data, sizeof(t->mac));
	t->index = if_nametoindex(t->name);
	return t->index ? 0 :
			  diag_set(diag, MISSIU_EIO, "%s disappeared: %s",
				   t->name, strerror(errno));
}

int tap_open(const char *name, struct tap *t, struct missiu_diag *diag)
{
	int err;

	memset(t, 0, sizeof(*t));
	t->fd = -1;
	if (name && (!*name || strlen(name) >= IFNAMSIZ))
		return diag_set(diag, MISSIU_EINVAL,
				"\"%s\" is no device name: 1 to %d characters",
				name, IFNAMSIZ - 1);
	err = open_tun(&t->fd, diag);
	if (!err)
		err = create(t, name, diag);
	if (!err)
		err = identify(t, diag);
	if (err)
		tap_close(t);
	else
		set_offload(t);
	return err;
}

ssize_t tap_read(const struct tap *t, uint8_t *buf, size_t cap,
		 struct missiu_offload *o)
{
	ssize_t n = read(t->fd, buf - VNET_LEN, VNET_LEN + cap);

	if (n < 0)
		return errno == EBADFD || errno == ENODEV ? MISSIU_EIO :
							    MISSIU_EAGAIN;
	/* What we did not ask for does not come; shorter is no frame either. */
	if (n < VNET_LEN || !vnet_parse(buf - VNET_LEN, L2_HDR_LEN, o))
		return 0;
	return n - VNET_LEN;
}

bool tap_write(const struct tap *t, struct iovec *v, size_t n,
	       const struct missiu_offload *o, bool ipv6)
{
	uint8_t *vnet = (uint8_t *)v[0].iov_base - VNET_LEN;

	vnet_put(o, L2_HDR_LEN, ipv6, vnet);
	v[0] = (struct iovec){ vnet, v[0].iov_len + VNET_LEN };
	return n == 1 ? write(t->fd, vnet, v[0].iov_len) > 0 :
			writev(t->fd, v, (int)n) > 0;
}

void tap_close(struct tap *t)
{
	if (t->fd >= 0)
		close(t->fd);
	t->fd = -1;
}
