/* SPDX-License-Identifier: Apache-2.0 */
/* Reading files: permissions, sizes, refusals. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "loadconfig/load.h"

#define KEYS "add 10.0.0.1 10.0.0.2 esp 256 -A aes-cmac \"0123456789abcdef\";"

static char path[] = "/tmp/missiu-load-XXXXXX";

static int setup(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	return unlink(path);
}

static void write_file(const char *text, size_t n, mode_t mode)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	for (size_t i = 0; i < n; i++)
		assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path, mode), 0);
}

/* What load_file() says on stderr is caught here. */
static int load(struct missiu_script *s, char *said, size_t cap)
{
	int saved = dup(STDERR_FILENO), r;
	FILE *f = tmpfile();
	size_t n;

	assert_non_null(f);
	dup2(fileno(f), STDERR_FILENO);
	r = load_file(path, s);
	fflush(stderr);
	dup2(saved, STDERR_FILENO);
	close(saved);
	rewind(f);
	n = fread(said, 1, cap - 1, f);
	said[n] = '\0';
	fclose(f);
	return r;
}

static void test_keys_that_others_may_read_are_refused(void **state)
{
	static const struct {
		mode_t mode;
		const char *text;
		int r;
	} rows[] = {
		{ 0600, KEYS, 0 },
		{ 0640, KEYS, 0 },
		{ 0644, KEYS, MISSIU_EPERM },
		{ 0602, KEYS, MISSIU_EPERM },
		{ 0666, "{} drop {}", 0 },
	};
	char said[256], remedy[64];

	(void)state;
	snprintf(remedy, sizeof(remedy), "chmod 600 %s\n", path);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct missiu_script s = { 0 };

		write_file(rows[i].text, 1, rows[i].mode);
		assert_int_equal(load(&s, said, sizeof(said)), rows[i].r);
		assert_int_equal(s.n, rows[i].r ? 0 : 1);
		assert_true(!rows[i].r == !strstr(said, remedy));
		missiu_script_fini(&s);
	}
}

static void test_long_files_are_read_whole(void **state)
{
	struct missiu_script s;
	char said[256];

	(void)state;
	write_file("{ raddr 10.0.0.1 } drop {}\n", 5000, 0600);
	assert_int_equal(load(&s, said, sizeof(said)), 0);
	assert_int_equal(s.n, 5000);
	missiu_script_fini(&s);
}

static void test_errors_name_file_line_and_column(void **state)
{
	struct missiu_script s = { 0 };
	char said[256], want[128];

	(void)state;
	write_file("\n{ raddr 10.9.0.999 } drop {}\n", 1, 0600);
	assert_int_equal(load(&s, said, sizeof(said)), MISSIU_EINVAL);
	snprintf(want, sizeof(want),
		 "%s:2:9: found \"10.9.0.999\", expected an IPv4 address with "
		 "octets of at most 255\n",
		 path);
	assert_string_equal(said, want);
}

static void test_flushes_go_first(void **state)
{
	struct missiu_script s = { 0 };

	(void)state;
	assert_int_equal(load_text("t", "{} drop {}", 10, &s), 0);
	assert_int_equal(load_prepend_flush(&s, true, true), 0);
	assert_int_equal(s.n, 3);
	assert_int_equal(s.v[0].kind, MISSIU_CHG_FLUSH_SA);
	assert_int_equal(s.v[1].kind, MISSIU_CHG_FLUSH_POLICY);
	assert_int_equal(s.v[2].kind, MISSIU_CHG_ADD_POLICY);
	assert_int_equal(s.pos[1].line, 0);
	assert_int_equal(s.pos[2].line, 1);
	missiu_script_fini(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keys_that_others_may_read_are_refused),
		cmocka_unit_test(test_long_files_are_read_whole),
		cmocka_unit_test(test_errors_name_file_line_and_column),
		cmocka_unit_test(test_flushes_go_first),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
