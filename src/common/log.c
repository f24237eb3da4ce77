/* SPDX-License-Identifier: Apache-2.0 */
#include "common/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char *const group_names[] = {
#define X(g) #g,
	LOG_GROUPS(X)
#undef X
};
static const char *const level_names[] = { "error", "warning", "info", "debug",
					   "trace" };

static struct {
	const char *program;
	int fd;
	bool stamp;
	enum log_level level[LOG_G_MAX];
	time_t second; /* that at[] is: */
	char at[40];   /* "2026-11-23T22:37:31"; "": none yet */
} sink = { .program = "missiu",
	   .fd = STDERR_FILENO,
	   .level = {
#define X(g) [LOG_G_##g] = LOG_L_INFO,
		   LOG_GROUPS(X)
#undef X
	   } };

void log_open(const char *program, int fd, bool stamp)
{
	sink.program = program;
	sink.fd = fd;
	sink.stamp = stamp;
}

int log_fd(void)
{
	return sink.fd;
}

void log_set_level(enum log_group group, enum log_level level)
{
	for (int g = 0; g < LOG_G_MAX; g++)
		if (group == LOG_G_MAX || (int)group == g)
			sink.level[g] = level;
}

static int find(const char *const *names, int n, const char *name)
{
	for (int i = 0; i < n; i++)
		if (!strcmp(names[i], name))
			return i;
	return -1;
}

int log_parse_group(const char *name)
{
	return find(group_names, LOG_G_MAX, name);
}

int log_parse_level(const char *name)
{
	return find(level_names, LOG_L_TRACE + 1, name);
}

bool log_enabled(enum log_group group, enum log_level level)
{
	return level <= sink.level[group];
}

/* The date is put together once a second, not once a line. */
static size_t put_stamp(char *line, size_t cap)
{
	struct timespec now;
	struct tm tm;
	int n;

	clock_gettime(CLOCK_REALTIME, &now);
	if (!sink.at[0] || now.tv_sec != sink.second) {
		gmtime_r(&now.tv_sec, &tm);
		strftime(sink.at, sizeof(sink.at), "%Y-%m-%dT%H:%M:%S", &tm);
		sink.second = now.tv_sec;
	}
	n = snprintf(line, cap, "%s.%03ldZ ", sink.at, now.tv_nsec / 1000000);
	return n > 0 ? (size_t)n : 0;
}

void log_line(enum log_group group, enum log_level level, const char *fmt, ...)
{
	char line[1200];
	size_t n = 0;
	va_list ap;
	int r;

	if (!log_enabled(group, level))
		return;
	if (sink.stamp)
		n = put_stamp(line, sizeof(line) - 1);
	r = snprintf(line + n, sizeof(line) - 1 - n, "%s[%s] %s%s",
		     sink.program, group_names[group],
		     level <= LOG_L_WARN ? level_names[level] : "",
		     level <= LOG_L_WARN ? ": " : "");
	n += r > 0 ? (size_t)r : 0;
	va_start(ap, fmt);
	r = vsnprintf(line + n, sizeof(line) - 1 - n, fmt, ap);
	va_end(ap);
	if (r > 0)
		n += (size_t)r < sizeof(line) - 1 - n ? (size_t)r :
							sizeof(line) - 2 - n;
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
			line[i] = '?';
	line[n++] = '\n';
	if (write(sink.fd, line, n) < 0)
		return; /* nowhere to complain */
}
