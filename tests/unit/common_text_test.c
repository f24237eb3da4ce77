/* SPDX-License-Identifier: Apache-2.0 */
/* Diagnoses, error texts, log lines, secrets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/mman.h>

#include <cmocka.h>

#include "common/diag.h"
#include "common/log.h"
#include "common/secret.h"
#include "missiu/drop.h"
#include "missiu/err.h"

static void test_diag_passes_the_error_through(void **state)
{
	struct missiu_diag d = { "" };

	(void)state;
	assert_int_equal(diag_set(&d, MISSIU_ENOENT, "no %s", "tap0"),
			 MISSIU_ENOENT);
	assert_string_equal(d.msg, "no tap0");
	assert_int_equal(diag_set(NULL, MISSIU_EBUSY, "x"), MISSIU_EBUSY);
	diag_prefix(NULL, "x");
}

static void test_diag_prefixes_come_first(void **state)
{
	struct missiu_diag d = { "" };

	(void)state;
	diag_set(&d, 0, "unknown word");
	diag_prefix(&d, "proposal %d: ", 2);
	diag_prefix(&d, "line %d: ", 12);
	assert_string_equal(d.msg, "line 12: proposal 2: unknown word");
}

static void test_diag_truncates_and_terminates(void **state)
{
	struct missiu_diag d;
	char big[2 * sizeof(d.msg)];

	(void)state;
	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	diag_set(&d, 0, "%s", big);
	assert_int_equal(strlen(d.msg), sizeof(d.msg) - 1);
	diag_prefix(&d, "a: ");
	assert_int_equal(strlen(d.msg), sizeof(d.msg) - 1);
	assert_memory_equal(d.msg, "a: xxx", 6);
	diag_prefix(&d, "%s", big);
	assert_int_equal(strlen(d.msg), sizeof(d.msg) - 1);
}

static void test_every_error_and_drop_has_a_text_of_its_own(void **state)
{
	(void)state;
	assert_string_equal(missiu_strerror(0), "success");
	assert_string_equal(missiu_strerror(1), "unknown error");
	for (int e = MISSIU_EKEYLEN; e < 0; e++) {
		assert_string_not_equal(missiu_strerror(e), "unknown error");
		for (int f = e + 1; f <= 0; f++)
			assert_string_not_equal(missiu_strerror(e),
						missiu_strerror(f));
	}
	for (unsigned i = 0; i < MISSIU_DROP_MAX; i++)
		for (unsigned j = 0; j < i; j++) {
			assert_string_not_equal(missiu_drop_name(i),
						missiu_drop_name(j));
			assert_string_not_equal(missiu_drop_text(i),
						missiu_drop_text(j));
		}
	assert_string_equal(missiu_drop_name(MISSIU_DROP_NONE), "None");
	assert_string_equal(missiu_drop_name(MISSIU_DROP_MAX), "Unknown");
	assert_string_equal(missiu_drop_text(MISSIU_DROP_MAX),
			    "unknown reason");
}

/* What one call of log_line() wrote. */
static const char *logged(bool stamp, enum log_level level, const char *text)
{
	static char got[4096];
	int fd = memfd_create("log", 0);
	ssize_t n;

	assert_true(fd >= 0);
	log_open("prog", fd, stamp);
	log_line(LOG_G_ike, level, "%s", text);
	n = pread(fd, got, sizeof(got) - 1, 0);
	assert_true(n >= 0);
	got[n] = '\0';
	close(fd);
	return got;
}

static void test_log_writes_one_line_and_masks_control_characters(void **state)
{
	(void)state;
	log_set_level(LOG_G_MAX, LOG_L_INFO);
	assert_string_equal(logged(false, LOG_L_INFO, "a=1"),
			    "prog[ike] a=1\n");
	assert_string_equal(logged(false, LOG_L_ERR, "bad"),
			    "prog[ike] error: bad\n");
	assert_string_equal(logged(false, LOG_L_INFO, "x\ny\x1b[2Jz\x7f"),
			    "prog[ike] x?y?[2Jz?\n");
}

static void test_log_stamps_in_utc(void **state)
{
	const char *s;

	(void)state;
	log_set_level(LOG_G_MAX, LOG_L_INFO);
	s = logged(true, LOG_L_INFO, "x");
	/* 2026-01-31T12:00:00.000Z prog[ike] x */
	assert_int_equal(s[4], '-');
	assert_int_equal(s[10], 'T');
	assert_int_equal(s[19], '.');
	assert_string_equal(s + 23, "Z prog[ike] x\n");
}

static void test_log_levels_are_kept_by_group(void **state)
{
	(void)state;
	log_set_level(LOG_G_MAX, LOG_L_WARN);
	assert_string_equal(logged(false, LOG_L_INFO, "x"), "");
	log_set_level(LOG_G_ike, LOG_L_DEBUG);
	assert_string_equal(logged(false, LOG_L_DEBUG, "x"), "prog[ike] x\n");
	assert_true(log_enabled(LOG_G_ike, LOG_L_DEBUG));
	assert_false(log_enabled(LOG_G_ike, LOG_L_TRACE));
	assert_false(log_enabled(LOG_G_tap, LOG_L_INFO));
	assert_int_equal(log_parse_group("tap"), LOG_G_tap);
	assert_int_equal(log_parse_group("nothing"), -1);
	assert_int_equal(log_parse_level("debug"), LOG_L_DEBUG);
	assert_int_equal(log_parse_level(""), -1);
}

/* Lengths around the line's limit: always one line, never one byte over. */
static void test_log_truncates_long_lines(void **state)
{
	char text[2000];

	(void)state;
	log_set_level(LOG_G_MAX, LOG_L_INFO);
	for (size_t n = 1150; n < sizeof(text); n++) {
		const char *s;
		size_t len;

		memset(text, 'x', n);
		text[n] = '\0';
		s = logged(false, LOG_L_INFO, text);
		len = strlen(s);
		assert_true(len <= 1200);
		assert_int_equal(s[len - 1], '\n');
		assert_int_equal(s[len - 2], 'x');
		assert_ptr_equal(strchr(s, '\n'), s + len - 1);
	}
}

static void test_ct_equal_sees_every_bit(void **state)
{
	uint8_t a[33], b[33];

	(void)state;
	memset(a, 0x5a, sizeof(a));
	memcpy(b, a, sizeof(b));
	assert_true(ct_equal(a, b, sizeof(a)));
	assert_true(ct_equal(a, b, 0));
	for (size_t bit = 0; bit < sizeof(a) * 8; bit++) {
		b[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_false(ct_equal(a, b, sizeof(a)));
		b[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
}

static void test_wipe_clears_exactly_what_it_is_given(void **state)
{
	uint8_t a[4] = { 1, 2, 3, 4 };
	const uint8_t want[4] = { 1, 0, 0, 4 };

	(void)state;
	secret_wipe(a + 1, 2);
	assert_memory_equal(a, want, sizeof(a));
	secret_wipe(NULL, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_diag_passes_the_error_through),
		cmocka_unit_test(test_diag_prefixes_come_first),
		cmocka_unit_test(test_diag_truncates_and_terminates),
		cmocka_unit_test(
			test_every_error_and_drop_has_a_text_of_its_own),
		cmocka_unit_test(
			test_log_writes_one_line_and_masks_control_characters),
		cmocka_unit_test(test_log_stamps_in_utc),
		cmocka_unit_test(test_log_levels_are_kept_by_group),
		cmocka_unit_test(test_log_truncates_long_lines),
		cmocka_unit_test(test_ct_equal_sees_every_bit),
		cmocka_unit_test(test_wipe_clears_exactly_what_it_is_given),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
