/* SPDX-License-Identifier: Apache-2.0 */
/* Pid files: one holder, stale ones taken over, none left behind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <sys/stat.h>
#include <unistd.h>

#include "missiu/pidfile.h"

static char dir[] = "/tmp/missiu-unit.XXXXXX";
static char path[64];

static int make_dir(void **state)
{
	(void)state;
	memcpy(dir + sizeof(dir) - 7, "XXXXXX", 6);
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof(path), "%s/pid", dir);
	return 0;
}

static int remove_dir(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(dir);
}

static void write_file(const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void test_holds_own_pid(void **state)
{
	struct missiu_diag diag;
	struct pidfile p;
	char text[32] = "", want[32];
	pid_t holder;
	FILE *f;

	(void)state;
	assert_int_equal(pidfile_lock(path, &p, &holder, &diag), 0);
	f = fopen(path, "r");
	assert_non_null(f);
	assert_non_null(fgets(text, sizeof(text), f));
	fclose(f);
	snprintf(want, sizeof(want), "%d\n", (int)getpid());
	assert_string_equal(text, want);
	assert_int_equal(pidfile_holder(path, &holder), 0);
	assert_int_equal(holder, getpid());
	pidfile_remove(&p);
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(pidfile_holder(path, &holder), MISSIU_ENOENT);
}

static void test_second_is_refused_and_told_who(void **state)
{
	struct missiu_diag diag;
	struct pidfile first, second;
	pid_t holder;

	(void)state;
	assert_int_equal(pidfile_lock(path, &first, &holder, &diag), 0);
	assert_int_equal(pidfile_lock(path, &second, &holder, &diag),
			 MISSIU_EBUSY);
	assert_int_equal(holder, getpid());
	pidfile_remove(&second); /* has nothing, removes nothing */
	assert_int_equal(access(path, F_OK), 0);
	pidfile_remove(&first);
}

/* Left by kill -9: longer than ours, which must not leave its tail behind. */
static void test_stale_file_is_taken_over(void **state)
{
	struct missiu_diag diag;
	struct pidfile p;
	struct stat st;
	char want[32];
	pid_t holder;

	(void)state;
	write_file("123456789012345\n");
	assert_int_equal(pidfile_holder(path, &holder), MISSIU_ENOENT);
	assert_int_equal(pidfile_lock(path, &p, &holder, &diag), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size,
			 snprintf(want, sizeof(want), "%d\n", (int)getpid()));
	pidfile_remove(&p);
}

static void test_link_is_not_followed(void **state)
{
	struct missiu_diag diag = { "" };
	char target[80];
	struct pidfile p;
	pid_t holder;

	(void)state;
	snprintf(target, sizeof(target), "%s/target", dir);
	assert_int_equal(symlink(target, path), 0);
	assert_int_equal(pidfile_lock(path, &p, &holder, &diag), MISSIU_EIO);
	assert_non_null(strstr(diag.msg, path));
	assert_int_equal(access(target, F_OK), -1);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, make_dir, remove_dir)
	const struct CMUnitTest tests[] = {
		T(test_holds_own_pid),
		T(test_second_is_refused_and_told_who),
		T(test_stale_file_is_taken_over),
		T(test_link_is_not_followed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
