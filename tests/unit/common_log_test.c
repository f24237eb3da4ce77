/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/log.h"

static unsigned n_evaluated;

static const char *evaluated(const char *s)
{
	n_evaluated++;
	return s;
}

/* What was logged since the last call. */
static const char *logged(int fd)
{
	static char text[2048];
	const ssize_t n = pread(fd, text, sizeof(text) - 1, 0);

	assert_true(n >= 0);
	text[n] = '\0';
	assert_int_equal(ftruncate(fd, 0), 0);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return text;
}

static int open_log(void)
{
	const int fd = memfd_create("log", MFD_CLOEXEC);

	assert_true(fd >= 0);
	log_open("t", fd, false);
	return fd;
}

static void test_lines_have_group_and_level(void **state)
{
	const int fd = open_log();

	(void)state;
	log_info(ike, "%s", "a");
	assert_string_equal(logged(fd), "t[ike] a\n");
	log_warn(net, "b%d", 1);
	assert_string_equal(logged(fd), "t[net] warning: b1\n");
	log_err(main, "two\nlines\x7f\x1b");
	assert_string_equal(logged(fd), "t[main] error: two?lines??\n");
	close(fd);
}

static void test_long_lines_are_cut(void **state)
{
	const int fd = open_log();
	const char *s;
	char text[3000];

	(void)state;
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	log_info(ike, "%s", text);
	s = logged(fd);
	assert_in_range(strlen(s), 1000, 1200);
	assert_int_equal(s[strlen(s) - 1], '\n');
	close(fd);
}

static void test_lines_below_the_level_are_not_even_formatted(void **state)
{
	const int fd = open_log();

	(void)state;
	n_evaluated = 0;
	log_debug(ike, "%s", evaluated("x"));
	assert_int_equal(n_evaluated, 0);
	assert_string_equal(logged(fd), "");
	log_set_level(LOG_G_ike, LOG_L_DEBUG);
	log_debug(ike, "%s", evaluated("x"));
	log_debug(net, "%s", evaluated("y"));
	assert_int_equal(n_evaluated, 1);
	assert_string_equal(logged(fd), "t[ike] x\n");
	log_set_level(LOG_G_MAX, LOG_L_ERR);
	log_warn(ike, "%s", evaluated("x"));
	assert_int_equal(n_evaluated, 1);
	log_err(ike, "%s", evaluated("z"));
	assert_string_equal(logged(fd), "t[ike] error: z\n");
	log_set_level(LOG_G_MAX, LOG_L_INFO);
	close(fd);
}

static void test_a_rotated_file_is_left_and_made_anew(void **state)
{
	char dir[] = "/tmp/log.XXXXXX", path[64], moved[64];
	struct stat st;
	int fd;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/a", dir);
	snprintf(moved, sizeof(moved), "%s/b", dir);
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	log_open("t", fd, false);
	assert_int_equal(rename(path, moved), 0);
	assert_int_equal(log_reopen("/nonexistent/log"), ENOENT);
	log_err(main, "old");
	assert_int_equal(log_reopen(path), 0);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	log_err(main, "this is new");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(st.st_size, strlen("t[main] error: this is new\n"));
	assert_int_equal(stat(moved, &st), 0);
	assert_int_equal(st.st_size, strlen("t[main] error: old\n"));
	log_open("t", STDERR_FILENO, false);
	close(fd);
	unlink(path);
	unlink(moved);
	rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines_have_group_and_level),
		cmocka_unit_test(test_long_lines_are_cut),
		cmocka_unit_test(test_a_rotated_file_is_left_and_made_anew),
		cmocka_unit_test(
			test_lines_below_the_level_are_not_even_formatted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
