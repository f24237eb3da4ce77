/* SPDX-License-Identifier: Apache-2.0 */
/* Peers on their way from loadConfig to ike. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "ctl/peers.h"

#include "missiu/script.h"

static struct missiu_script parsed(const char *text, size_t len)
{
	struct missiu_script_err err;
	struct missiu_script s;

	if (missiu_script_parse(text, len, NULL, &s, &err))
		fail_msg("%u:%u: %s\n%.*s", err.line, err.col, err.diag.msg,
			 (int)len, text);
	return s;
}

static void test_text_keeps_peers_and_lines(void **state)
{
	static const char text[] =
		"# two on one line\n\npeer a { psk \"A\" } peer b { psk 0x0042 }\n"
		"{} drop {}\n\n\n  peer c\n{ psk \"x\\\"y\" raddr 10.0.0.0/8 }";
	struct missiu_script s = parsed(text, sizeof(text) - 1), t;
	size_t len;
	char *sent = ctl_peers_text(s.peer, s.n_peer, &len);

	(void)state;
	assert_non_null(sent);
	t = parsed(sent, len);
	assert_int_equal(t.n, 0);
	assert_int_equal(t.n_peer, 3);
	for (size_t i = 0; i < 3; i++) {
		assert_string_equal(t.peer[i].name, s.peer[i].name);
		assert_int_equal(t.peer[i].pos.line, s.peer[i].pos.line);
		assert_int_equal(t.peer[i].psk_len, s.peer[i].psk_len);
		assert_memory_equal(t.peer[i].psk, s.peer[i].psk,
				    s.peer[i].psk_len);
	}
	missiu_script_fini(&s);
	missiu_script_fini(&t);
	free(sent);
	sent = ctl_peers_text(NULL, 0, &len);
	assert_non_null(sent);
	assert_int_equal(len, 0);
	free(sent);
}

static void test_answer_arrives(void **state)
{
	static const struct ctl_peers_answer rows[] = {
		{ 0, 0, MISSIU_PEER_KEYS, { "" } },
		{ MISSIU_EINVAL, 7, MISSIU_PEER_PSK_FILE, { "peer x: y" } },
	};
	int fd[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fd), 0);
	for (size_t i = 0; i < 2; i++) {
		struct ctl_frame f = { 0 };
		struct ctl_peers_answer a;

		assert_int_equal(ctl_peers_reply(fd[0], &rows[i]), 0);
		assert_int_equal(ctl_recv(fd[1], &f), 0);
		assert_true(ctl_peers_answer_get(&f, &a));
		assert_int_equal(a.err, rows[i].err);
		assert_int_equal(a.index, rows[i].index);
		assert_int_equal(a.key, rows[i].key);
		assert_string_equal(a.diag.msg, rows[i].diag.msg);
		ctl_frame_fini(&f);
	}
	close(fd[0]);
	close(fd[1]);
}

static struct ctl_frame frame_of(const char *text, size_t len, uint8_t *data)
{
	struct ctl_frame f = { .type = CTL_PEERS,
			       .text_len = len,
			       .data = data,
			       .data_len = data ? 1 : 0 };

	memcpy(f.text, text, len);
	return f;
}

static void test_malformed_requests_are_refused(void **state)
{
	uint8_t data[1] = { ' ' };
	struct ctl_frame f = frame_of("+/a.conf", 8, data);
	struct ctl_peers req;

	(void)state;
	assert_true(ctl_peers_get(&f, &req));
	assert_true(req.keep);
	assert_string_equal(req.file, "/a.conf");
	f.text[0] = '=';
	assert_true(ctl_peers_get(&f, &req) && !req.keep);
	f.text[0] = '-';
	assert_false(ctl_peers_get(&f, &req));
	f = frame_of("+a\0b", 4, data);
	assert_false(ctl_peers_get(&f, &req));
	f = frame_of("", 0, data);
	assert_false(ctl_peers_get(&f, &req));
	f = frame_of("+a", 2, NULL);
	assert_false(ctl_peers_get(&f, &req));
}

static void test_malformed_answers_are_refused(void **state)
{
	static const char *const texts[] = {
		"",
		"0000000000000000" /* good, see below */,
		"000000000000000",
		"0000000g00000000",
		"00000000ffffffff x",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct ctl_frame f = frame_of(texts[i], strlen(texts[i]), NULL);
		struct ctl_peers_answer a;

		assert_int_equal(ctl_peers_answer_get(&f, &a), i == 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text_keeps_peers_and_lines),
		cmocka_unit_test(test_answer_arrives),
		cmocka_unit_test(test_malformed_requests_are_refused),
		cmocka_unit_test(test_malformed_answers_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
