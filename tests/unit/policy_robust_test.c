/* SPDX-License-Identifier: Apache-2.0 */
/* Round trip, truncation, bit flips, memory: what any text may do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/addr.h"
#include "missiu/script.h"
#include "policy_samples.h"

static bool same_prot(const struct missiu_prot *a, const struct missiu_prot *b)
{
	return a->proto == b->proto && a->encr == b->encr &&
	       a->auth == b->auth && a->key_len == b->key_len &&
	       a->icv_len == b->icv_len;
}

static bool same_policy(const struct missiu_policy *a,
			const struct missiu_policy *b)
{
	return a->dirs == b->dirs && a->action == b->action &&
	       a->mode == b->mode && a->flags == b->flags &&
	       a->n_prot == b->n_prot && same_prot(&a->prot[0], &b->prot[0]) &&
	       same_prot(&a->prot[1], &b->prot[1]) &&
	       ts_eq(&a->local, &b->local) && ts_eq(&a->remote, &b->remote) &&
	       addr_eq(&a->tun_local, &b->tun_local) &&
	       addr_eq(&a->tun_remote, &b->tun_remote) &&
	       a->life_s == b->life_s && a->life_bytes == b->life_bytes &&
	       a->life_packets == b->life_packets && a->tfc == b->tfc &&
	       a->pfs.n == b->pfs.n &&
	       !memcmp(a->pfs.group, b->pfs.group, sizeof(a->pfs.group)) &&
	       !strcmp(a->peer, b->peer);
}

static bool same_sa(const struct missiu_sa *a, const struct missiu_sa *b)
{
	return a->spi == b->spi && a->dir == b->dir && a->proto == b->proto &&
	       a->mode == b->mode && a->flags == b->flags &&
	       a->encr == b->encr && a->auth == b->auth &&
	       a->icv_len == b->icv_len && a->encr_key_len == b->encr_key_len &&
	       a->auth_key_len == b->auth_key_len &&
	       !memcmp(a->encr_key, b->encr_key, sizeof(a->encr_key)) &&
	       !memcmp(a->auth_key, b->auth_key, sizeof(a->auth_key)) &&
	       addr_eq(&a->src, &b->src) && addr_eq(&a->dst, &b->dst) &&
	       a->replay_window == b->replay_window && a->hard_s == b->hard_s &&
	       a->hard_bytes == b->hard_bytes && a->soft_s == b->soft_s &&
	       a->soft_bytes == b->soft_bytes &&
	       a->soft_packets == b->soft_packets &&
	       a->hard_packets == b->hard_packets;
}

static size_t print(const struct missiu_change *c, char *buf, size_t cap)
{
	if (c->kind == MISSIU_CHG_ADD_POLICY)
		return missiu_policy_print(&c->policy, buf, cap);
	if (c->kind == MISSIU_CHG_ADD_SA)
		return missiu_sa_print(&c->sa, true, buf, cap);
	return 0;
}

static void check_round_trip(const struct missiu_change *c)
{
	size_t cap = c->kind == MISSIU_CHG_ADD_POLICY ? 704 : 1024;
	struct missiu_script_err err;
	struct missiu_script s;
	char buf[1024];
	size_t n = print(c, buf, cap);

	if (c->kind != MISSIU_CHG_ADD_POLICY && c->kind != MISSIU_CHG_ADD_SA)
		return;
	assert_int_equal(n, strlen(buf));
	assert_int_not_equal(n, 0);
	if (missiu_script_parse(buf, n, NULL, &s, &err))
		fail_msg("%s\n%u:%u: %s", buf, err.line, err.col, err.diag.msg);
	assert_int_equal(s.n, 1);
	assert_int_equal(s.v[0].kind, c->kind);
	if (c->kind == MISSIU_CHG_ADD_POLICY)
		assert_true(same_policy(&s.v[0].policy, &c->policy));
	else
		assert_true(same_sa(&s.v[0].sa, &c->sa));
	missiu_script_fini(&s);
}

static void test_printed_text_parses_back(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_SAMPLES; i++) {
		struct missiu_script_err err;
		struct missiu_script s;

		if (missiu_script_parse(samples[i], strlen(samples[i]), NULL,
					&s, &err))
			fail_msg("%s\n%s", samples[i], err.diag.msg);
		for (size_t k = 0; k < s.n; k++)
			check_round_trip(&s.v[k]);
		missiu_script_fini(&s);
	}
}

/* The longest policy and SA there can be, and the room promised for them. */
static void test_longest_text_fits_its_promise(void **state)
{
	struct missiu_addr lo, hi, host;
	struct missiu_policy p = {
		.dirs = MISSIU_OUT,
		.action = MISSIU_PROTECT,
		.mode = MISSIU_TUNNEL,
		.flags = MISSIU_POL_INIT | MISSIU_POL_UNIQUE,
		.n_prot = 2,
		.prot = { { MISSIU_ESP, MISSIU_ENCR_CHACHA20_POLY1305,
			    MISSIU_AUTH_AES_CMAC, 32, 16 },
			  { MISSIU_AH, MISSIU_ENCR_NULL, MISSIU_AUTH_AES_CMAC,
			    0, 0 } },
		.life_s = UINT64_MAX,
		.life_bytes = UINT64_MAX,
		.life_packets = UINT64_MAX,
		.tfc = UINT16_MAX,
		.pfs = { 4, { 37, 16, 17, 18 } },
		.peer = "a-name-as-long-as-it-may-be.com",
	};
	struct missiu_sa sa = {
		.spi = UINT32_MAX,
		.proto = MISSIU_ESP,
		.mode = MISSIU_TRANSPORT,
		.flags = MISSIU_SA_MANUAL | MISSIU_SA_ESN,
		.encr = MISSIU_ENCR_CHACHA20_POLY1305,
		.auth = MISSIU_AUTH_AES_XCBC,
		.icv_len = 16,
		.encr_key_len = MISSIU_KEY_MAX,
		.auth_key_len = MISSIU_KEY_MAX,
		.replay_window = UINT32_MAX,
		.hard_s = UINT64_MAX,
		.hard_bytes = UINT64_MAX,
		.hard_packets = UINT64_MAX,
		.soft_s = UINT64_MAX,
		.soft_bytes = UINT64_MAX,
		.soft_packets = UINT64_MAX,
	};
	char buf[1024];
	size_t n;

	(void)state;
	addr_parse("2001:1db8:1111:1111:1111:1111:1111:1111", &lo);
	addr_parse("2001:1db8:1111:1111:1111:1111:1111:1113", &hi);
	addr_parse("2001:1db8:1111:1111:1111:1111:1111:1112", &host);
	p.local = (struct missiu_ts){ lo, hi, 10000, 65534, 255 };
	p.remote = p.local;
	p.tun_local = p.tun_remote = sa.src = sa.dst = host;
	n = missiu_policy_print(&p, buf, 704);
	assert_int_not_equal(n, 0);
	assert_int_equal(missiu_policy_print(&p, buf, n), 0);
	assert_int_equal(missiu_policy_print(&p, buf, n + 1), n);
	n = missiu_sa_print(&sa, true, buf, 1024);
	assert_int_not_equal(n, 0);
	assert_int_equal(missiu_sa_print(&sa, true, buf, n), 0);
	assert_int_equal(missiu_sa_print(&sa, true, buf, n + 1), n);
}

/* From an exact-size block; returns what parse returned. */
static int try_bytes(const char *text, size_t len)
{
	struct missiu_script_err err;
	struct missiu_script s;
	char *copy = malloc(len ? len : 1);
	int r;

	assert_non_null(copy);
	memcpy(copy, text, len);
	r = missiu_script_parse(copy, len, NULL, &s, &err);
	free(copy);
	if (!r) {
		for (size_t k = 0; k < s.n; k++)
			check_round_trip(&s.v[k]);
		missiu_script_fini(&s);
		return 0;
	}
	assert_true(err.line >= 1 && err.col >= 1);
	assert_int_equal(strncmp(err.diag.msg, "found ", 6), 0);
	assert_non_null(strstr(err.diag.msg, ", expected "));
	for (const char *c = err.diag.msg; *c; c++)
		assert_true(*c >= 0x20 && *c < 0x7f);
	return r;
}

static void test_every_prefix_is_refused_or_whole(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_SAMPLES; i++)
		for (size_t n = 0; n <= strlen(samples[i]); n++)
			try_bytes(samples[i], n);
}

static void test_every_bit_flip_is_survived(void **state)
{
	char text[512];

	(void)state;
	for (size_t i = 0; i < N_SAMPLES; i++) {
		size_t len = strlen(samples[i]);

		assert_true(len < sizeof(text));
		memcpy(text, samples[i], len);
		for (size_t bit = 0; bit < len * 8; bit++) {
			text[bit / 8] ^= (char)(1 << bit % 8);
			try_bytes(text, len);
			text[bit / 8] ^= (char)(1 << bit % 8);
		}
	}
}

static void test_every_trailing_byte_is_survived(void **state)
{
	char text[512];

	(void)state;
	for (size_t i = 0; i < N_SAMPLES; i++) {
		size_t len = strlen(samples[i]);

		memcpy(text, samples[i], len);
		for (unsigned b = 0; b < 256; b++) {
			text[len] = (char)b;
			try_bytes(text, len + 1);
		}
	}
}

static void test_a_refused_text_leaves_nothing(void **state)
{
	static const char text[] = "{} drop {} add 10.0.0.1 10.0.0.2 esp 256 "
				   "-A aes-cmac \"0123456789abcdef\"; oops";
	struct missiu_script s = { .n = 77 };
	struct missiu_script_err err;

	(void)state;
	/* Leaks show under the address sanitizer. */
	assert_int_equal(
		missiu_script_parse(text, sizeof(text) - 1, NULL, &s, &err),
		MISSIU_EINVAL);
	assert_int_equal(s.n, 77);
}

static int count_parse(const char *unit, size_t n, unsigned *line)
{
	size_t len = strlen(unit);
	char *text = malloc(n * len);
	struct missiu_script_err err;
	struct missiu_script s;
	int r;

	assert_non_null(text);
	for (size_t i = 0; i < n; i++)
		memcpy(text + i * len, unit, len);
	r = missiu_script_parse(text, n * len, NULL, &s, &err);
	free(text);
	if (!r)
		missiu_script_fini(&s);
	*line = r ? err.line : 0;
	return r;
}

static void test_statements_are_bounded(void **state)
{
	unsigned line;

	(void)state;
	assert_int_equal(count_parse("flush;\n", 100000, &line), 0);
	assert_int_equal(count_parse("flush;\n", 100001, &line), MISSIU_EINVAL);
	assert_int_equal(line, 100001);
	assert_int_equal(count_parse(";", 1 << 20, &line), 0);
	assert_int_equal(count_parse("{", 1 << 20, &line), MISSIU_EINVAL);
	assert_int_equal(count_parse("[ A 1 B 2 ]\n", 50000, &line), 0);
}

static void test_huge_text_is_refused_unread(void **state)
{
	struct missiu_script_err err;
	struct missiu_script s;

	(void)state;
	assert_int_equal(
		missiu_script_parse("", (64u << 20) + 1, NULL, &s, &err),
		MISSIU_EINVAL);
	assert_non_null(strstr(err.diag.msg, "at most 67108864"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_printed_text_parses_back),
		cmocka_unit_test(test_longest_text_fits_its_promise),
		cmocka_unit_test(test_every_prefix_is_refused_or_whole),
		cmocka_unit_test(test_every_bit_flip_is_survived),
		cmocka_unit_test(test_every_trailing_byte_is_survived),
		cmocka_unit_test(test_a_refused_text_leaves_nothing),
		cmocka_unit_test(test_statements_are_bounded),
		cmocka_unit_test(test_huge_text_is_refused_unread),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
