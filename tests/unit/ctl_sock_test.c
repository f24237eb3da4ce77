/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl_samples.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "ctl/serve.h"
#include "ctl/sock.h"

#define ALL_SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

static char dir[] = "/tmp/missiu-sock-XXXXXX";

static int make_dir(void **state)
{
	(void)state;
	return mkdtemp(dir) && ctl_set_run_dir(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
	(void)state;
	ctl_set_run_dir(NULL);
	return rmdir(dir);
}

static const char *path_of(const char *iface)
{
	static char path[108];

	assert_true(ctl_path(path, sizeof(path), CTL_FIFO_PREFIX, iface));
	return path;
}

static int n_open_fds(void)
{
	int fd, n = 0;

	for (fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static void test_path_takes_only_names_of_interfaces(void **state)
{
	const char *const bad[] = { "",	   ".",	      "..",
				    "a/b", "../eth0", "sixteen-bytes-xx" };
	char buf[108], small[20];
	size_t i;

	(void)state;
	assert_true(ctl_path(buf, sizeof(buf), CTL_PID_PREFIX, "eth0"));
	assert_string_equal(buf + strlen(dir), "/missiu.pid.eth0");
	assert_false(ctl_path(small, sizeof(small), CTL_PID_PREFIX, "eth0"));
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(
			ctl_path(buf, sizeof(buf), CTL_PID_PREFIX, bad[i]));
}

static void test_run_dir_too_long_is_refused(void **state)
{
	char longest[109];

	(void)state;
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	assert_false(ctl_set_run_dir(longest));
	assert_false(ctl_set_run_dir(""));
}

static void test_listener_is_never_wider_than_0600(void **state)
{
	const char *path = path_of("eth0");
	mode_t old = umask(0);
	struct stat st;
	int fd = ctl_listen(path, NULL);

	(void)state;
	umask(old);
	assert_true(fd >= 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
	close(fd);
	unlink(path);
}

static void test_second_listener_is_refused_stale_socket_replaced(void **state)
{
	const char *path = path_of("eth0");
	struct missiu_diag diag = { "" };
	int fd = ctl_listen(path, NULL);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(ctl_listen(path, &diag), MISSIU_EBUSY);
	assert_non_null(strstr(diag.msg, path));
	close(fd); /* the file stays, as after kill -9 */
	fd = ctl_listen(path, NULL);
	assert_true(fd >= 0);
	close(fd);
	unlink(path);
}

static void test_listener_removes_nothing_but_sockets(void **state)
{
	const char *path = path_of("eth0");
	int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(ctl_listen(path, NULL), MISSIU_EBUSY);
	assert_int_equal(unlink(path), 0);
}

static void test_accept_tells_the_peers_process(void **state)
{
	const char *path = path_of("eth0");
	int l = ctl_listen(path, NULL), c, s;
	pid_t pid = 0;

	(void)state;
	assert_int_equal(ctl_accept(l, &pid), MISSIU_EAGAIN);
	c = ctl_dial(CTL_FIFO_PREFIX, "eth0", NULL);
	assert_true(c >= 0);
	s = ctl_accept(l, &pid);
	assert_true(s >= 0);
	assert_int_equal(pid, getpid());
	assert_true(fcntl(s, F_GETFL) & O_NONBLOCK);
	assert_true(fcntl(c, F_GETFL) & O_NONBLOCK);
	close(s);
	close(c);
	close(l);
	unlink(path);
}

static void test_dial_names_the_remedy(void **state)
{
	struct missiu_diag diag = { "" };

	(void)state;
	assert_int_equal(ctl_dial(CTL_FIFO_PREFIX, "eth0", &diag),
			 MISSIU_ECONN);
	assert_non_null(strstr(diag.msg, "missiu -i eth0 startRaw"));
	assert_int_equal(ctl_dial(CTL_FIFO_PREFIX, NULL, &diag), MISSIU_ECONN);
	assert_non_null(strstr(diag.msg, "not running"));
	assert_int_equal(ctl_dial(CTL_FIFO_PREFIX, "../x", &diag),
			 MISSIU_ECONN);
}

static void test_find_sees_only_instances_that_answer(void **state)
{
	struct missiu_diag diag = { "" };
	char iface[16], stale[108], p0[108], p1[108];
	int fd, l0, l1;

	(void)state;
	snprintf(stale, sizeof(stale), "%s", path_of("dead0"));
	snprintf(p0, sizeof(p0), "%s", path_of("eth0"));
	snprintf(p1, sizeof(p1), "%s", path_of("br-lan"));
	fd = ctl_listen(stale, NULL);
	close(fd);
	assert_int_equal(ctl_find_instance(iface, sizeof(iface), &diag),
			 MISSIU_ECONN);
	l0 = ctl_listen(p0, NULL);
	assert_int_equal(ctl_find_instance(iface, sizeof(iface), &diag), 0);
	assert_string_equal(iface, "eth0");
	l1 = ctl_listen(p1, NULL);
	assert_int_equal(ctl_find_instance(iface, sizeof(iface), &diag),
			 MISSIU_ECONN);
	assert_non_null(strstr(diag.msg, "br-lan, eth0"));
	assert_non_null(strstr(diag.msg, "-i"));
	close(l0);
	close(l1);
	unlink(stale);
	unlink(p0);
	unlink(p1);
}

/* A connected pair: [0] is the hostile client's, [1] the daemon's. */
static void pair(int sv[2])
{
	assert_int_equal(
		socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sv), 0);
}

static void unpair(int sv[2])
{
	close(sv[0]);
	close(sv[1]);
}

static void test_frame_carries_type_text_and_data(void **state)
{
	static uint8_t data[200000];
	struct ctl_frame f;
	int sv[2];

	(void)state;
	pair(sv);
	memset(data, 0xa5, sizeof(data));
	assert_int_equal(ctl_recv(sv[1], &f), MISSIU_EAGAIN);
	assert_int_equal(ctl_send(sv[0], 1100, "why", 3, data, sizeof(data)),
			 0);
	assert_int_equal(ctl_send(sv[0], (uint32_t)-3, NULL, 0, NULL, 0), 0);
	assert_int_equal(ctl_recv(sv[1], &f), 0);
	assert_int_equal(f.type, 1100);
	assert_string_equal(f.text, "why");
	assert_int_equal(f.data_len, sizeof(data));
	assert_memory_equal(f.data, data, sizeof(data));
	ctl_frame_fini(&f);
	assert_int_equal(ctl_recv(sv[1], &f), 0);
	assert_int_equal((int)f.type, -3);
	assert_int_equal(f.text_len, 0);
	assert_null(f.data);
	ctl_frame_fini(&f);
	close(sv[0]);
	assert_int_equal(ctl_recv(sv[1], &f), MISSIU_ECONN);
	close(sv[1]);
}

static void test_send_bounds_what_it_sends(void **state)
{
	static const char text[1025];
	int sv[2];

	(void)state;
	pair(sv);
	assert_int_equal(ctl_send(sv[0], 1, text, 1024, NULL, 0), 0);
	assert_int_equal(ctl_send(sv[0], 1, text, 1025, NULL, 0),
			 MISSIU_EINVAL);
	assert_int_equal(
		ctl_send(sv[0], 1, NULL, 0, text, (size_t)CTL_ARG_MAX + 1),
		MISSIU_EINVAL);
	unpair(sv);
}

static void test_send_tells_when_the_peer_does_not_read(void **state)
{
	int sv[2], err = 0;
	unsigned i;

	(void)state;
	pair(sv);
	for (i = 0; i < 100000 && !err; i++)
		err = ctl_send(sv[0], 1, NULL, 0, NULL, 0);
	assert_int_equal(err, MISSIU_EAGAIN);
	close(sv[1]);
	assert_int_equal(ctl_send(sv[0], 1, NULL, 0, NULL, 0), MISSIU_EIO);
	close(sv[0]);
}

/* Send any bytes with any descriptors. */
static void send_raw(int fd, const void *buf, size_t len, const int *fds,
		     size_t n_fds)
{
	union {
		char b[CMSG_SPACE(sizeof(int) * 64)];
		struct cmsghdr align;
	} room;
	uint8_t copy[4096];
	struct iovec iov = { copy, len };
	struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1 };

	assert_true(len <= sizeof(copy));
	if (len)
		memcpy(copy, buf, len);
	memset(&room, 0, sizeof(room));
	if (n_fds) {
		struct cmsghdr *c;

		mh.msg_control = room.b;
		mh.msg_controllen = CMSG_SPACE(sizeof(int) * n_fds);
		c = CMSG_FIRSTHDR(&mh);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int) * n_fds);
		memcpy(CMSG_DATA(c), fds, sizeof(int) * n_fds);
	}
	assert_int_equal(sendmsg(fd, &mh, MSG_NOSIGNAL), (ssize_t)len);
}

static int memfd_of(size_t size, int seals)
{
	int fd = memfd_create("hostile", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, (off_t)size), 0);
	if (seals)
		assert_int_equal(fcntl(fd, F_ADD_SEALS, seals), 0);
	return fd;
}

static int recv_status(int fd)
{
	struct ctl_frame f;
	int err = ctl_recv(fd, &f);

	if (!err) {
		ctl_frame_fini(&f);
		return 0;
	}
	assert_null(f.data);
	return err;
}

static void test_frames_of_wrong_length_are_refused(void **state)
{
	const struct ctl_hdr lies[] = {
		{ 1, 0 },
		{ 1, 7 },
		{ 1, 9 },
		{ 1, UINT32_MAX },
	};
	const struct ctl_hdr whole = { 1, sizeof(whole) };
	uint8_t big[sizeof(struct ctl_hdr) + 1025 + 64] = { 0 };
	struct ctl_hdr h = { 1, sizeof(big) };
	size_t i;
	int sv[2];

	(void)state;
	pair(sv);
	for (i = 0; i < ARRAY_SIZE(lies); i++) {
		send_raw(sv[0], &lies[i], sizeof(lies[i]), NULL, 0);
		assert_int_equal(recv_status(sv[1]), MISSIU_EPROTO);
	}
	for (i = 1; i < sizeof(whole); i++) {
		send_raw(sv[0], &whole, i, NULL, 0);
		assert_int_equal(recv_status(sv[1]), MISSIU_EPROTO);
	}
	for (i = sizeof(whole) + 1025; i <= sizeof(big); i++) {
		h.len = (uint32_t)i;
		memcpy(big, &h, sizeof(h));
		send_raw(sv[0], big, i, NULL, 0);
		assert_int_equal(recv_status(sv[1]), MISSIU_EPROTO);
	}
	send_raw(sv[0], &whole, sizeof(whole), NULL, 0);
	assert_int_equal(recv_status(sv[1]), 0);
	unpair(sv);
}

/* What may be wrong with the one descriptor of a frame. */
static void test_memfd_must_be_sealed_and_small(void **state)
{
	const struct ctl_hdr h = { 1, sizeof(h) };
	const struct {
		size_t size;
		int seals, want;
	} cases[] = {
		{ 100, ALL_SEALS, 0 },
		{ 100, 0, MISSIU_EPROTO },
		{ 100, F_SEAL_SHRINK | F_SEAL_GROW, MISSIU_EPROTO },
		{ 100, F_SEAL_GROW | F_SEAL_WRITE, MISSIU_EPROTO },
		{ 100, F_SEAL_SHRINK | F_SEAL_WRITE, MISSIU_EPROTO },
		{ 0, ALL_SEALS, MISSIU_EPROTO },
		{ (size_t)CTL_ARG_MAX + 1, ALL_SEALS, MISSIU_EPROTO },
		{ (size_t)1 << 40, ALL_SEALS, MISSIU_EPROTO },
	};
	int sv[2], before, null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	size_t i;

	(void)state;
	pair(sv);
	before = n_open_fds();
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		int fd = memfd_of(cases[i].size, cases[i].seals);

		send_raw(sv[0], &h, sizeof(h), &fd, 1);
		close(fd);
		if (recv_status(sv[1]) != cases[i].want)
			fail_msg("memfd %zu", i);
	}
	send_raw(sv[0], &h, sizeof(h), &null, 1); /* no memfd at all */
	assert_int_equal(recv_status(sv[1]), MISSIU_EPROTO);
	send_raw(sv[0], &h, sizeof(h), &sv[0], 1);
	assert_int_equal(recv_status(sv[1]), MISSIU_EPROTO);
	assert_int_equal(n_open_fds(), before);
	close(null);
	unpair(sv);
}

static void test_surplus_descriptors_are_closed(void **state)
{
	const struct ctl_hdr h = { 1, sizeof(h) };
	int fds[60], sv[2], before;
	size_t i, n;

	(void)state;
	pair(sv);
	fds[0] = memfd_of(10, ALL_SEALS);
	for (i = 1; i < ARRAY_SIZE(fds); i++)
		fds[i] = fds[0];
	before = n_open_fds();
	for (n = 2; n <= ARRAY_SIZE(fds); n++) {
		send_raw(sv[0], &h, sizeof(h), fds, n);
		assert_int_equal(recv_status(sv[1]), MISSIU_EPROTO);
		assert_int_equal(n_open_fds(), before);
	}
	/* An empty packet is like the end, unless it brings something. */
	send_raw(sv[0], NULL, 0, fds, 1);
	assert_int_equal(recv_status(sv[1]), MISSIU_EPROTO);
	send_raw(sv[0], NULL, 0, NULL, 0);
	assert_int_equal(recv_status(sv[1]), MISSIU_ECONN);
	assert_int_equal(n_open_fds(), before);
	close(fds[0]);
	unpair(sv);
}

static void test_frame_queued_before_a_disconnect_still_arrives(void **state)
{
	int sv[2];

	(void)state;
	pair(sv);
	assert_int_equal(ctl_send(sv[0], 7, "x", 1, "data", 4), 0);
	close(sv[0]);
	assert_int_equal(recv_status(sv[1]), 0);
	assert_int_equal(recv_status(sv[1]), MISSIU_ECONN);
	close(sv[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_path_takes_only_names_of_interfaces),
		cmocka_unit_test(test_run_dir_too_long_is_refused),
		cmocka_unit_test(test_listener_is_never_wider_than_0600),
		cmocka_unit_test(
			test_second_listener_is_refused_stale_socket_replaced),
		cmocka_unit_test(test_listener_removes_nothing_but_sockets),
		cmocka_unit_test(test_accept_tells_the_peers_process),
		cmocka_unit_test(test_dial_names_the_remedy),
		cmocka_unit_test(test_find_sees_only_instances_that_answer),
		cmocka_unit_test(test_frame_carries_type_text_and_data),
		cmocka_unit_test(test_send_bounds_what_it_sends),
		cmocka_unit_test(test_send_tells_when_the_peer_does_not_read),
		cmocka_unit_test(test_frames_of_wrong_length_are_refused),
		cmocka_unit_test(test_memfd_must_be_sealed_and_small),
		cmocka_unit_test(test_surplus_descriptors_are_closed),
		cmocka_unit_test(
			test_frame_queued_before_a_disconnect_still_arrives),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
