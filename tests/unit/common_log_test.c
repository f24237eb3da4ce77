/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines_have_group_and_level),
		cmocka_unit_test(test_long_lines_are_cut),
		cmocka_unit_test(
			test_lines_below_the_level_are_not_even_formatted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
