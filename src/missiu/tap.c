/* SPDX-License-Identifier: Apache-2.0 */
#include "missiu/tap.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <linux/if_tun.h>

#include "common/diag.h"

#define TUN_DEV "/dev/net/tun"

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
	ifr.ifr_flags = (short)(IFF_TAP | IFF_NO_PI | (int)IFF_TUN_EXCL);
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
	return err;
}

ssize_t tap_read(const struct tap *t, uint8_t *buf, size_t cap)
{
	ssize_t n = read(t->fd, buf, cap);

	if (n >= 0)
		return n;
	return errno == EBADFD || errno == ENODEV ? MISSIU_EIO : MISSIU_EAGAIN;
}

bool tap_write(const struct tap *t, const uint8_t *frame, size_t len)
{
	return write(t->fd, frame, len) == (ssize_t)len;
}

void tap_close(struct tap *t)
{
	if (t->fd >= 0)
		close(t->fd);
	t->fd = -1;
}
