/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Logging of the daemons: levels by group, one line an event. The pure layers
 * (crypto, ipsec, policy, ctl, IKE's core) never log: they return what happened.
 */
#ifndef COMMON_LOG_H
#define COMMON_LOG_H

#include <stdbool.h>

enum log_level { LOG_L_ERR, LOG_L_WARN, LOG_L_INFO, LOG_L_DEBUG, LOG_L_TRACE };

#define LOG_GROUPS(X) X(main) X(ike) X(esp) X(spd) X(ctl) X(tap) X(net) X(cfg)

enum log_group {
#define X(g) LOG_G_##g,
	LOG_GROUPS(X)
#undef X
		LOG_G_MAX
};

/**
 * log_open() - say where lines go and who writes them
 * @program: name in front of each line; a static string
 * @fd:      destination, kept open by the caller
 * @stamp:   true: each line starts with an ISO 8601 UTC time
 */
void log_open(const char *program, int fd, bool stamp);

/** log_fd() - the descriptor that lines go to, to put another file behind it */
int log_fd(void);

/** log_set_level() - level of one group; LOG_G_MAX: of all groups */
void log_set_level(enum log_group group, enum log_level level);

/** log_parse_group(), log_parse_level() - by name; Return: -1 when unknown */
int log_parse_group(const char *name);
int log_parse_level(const char *name);

/** log_enabled() - whether a line of this group and level would be written */
bool log_enabled(enum log_group group, enum log_level level);

/** log_line() - write one line; control characters in it become '?' */
__attribute__((format(printf, 3, 4))) void
log_line(enum log_group group, enum log_level level, const char *fmt, ...);

/* Arguments of a line that would not be written are not evaluated. */
#define log_at(group, level, ...)                                              \
	do {                                                                   \
		if (log_enabled(group, level))                                 \
			log_line(group, level, __VA_ARGS__);                   \
	} while (0)

#define log_err(group, ...)   log_at(LOG_G_##group, LOG_L_ERR, __VA_ARGS__)
#define log_warn(group, ...)  log_at(LOG_G_##group, LOG_L_WARN, __VA_ARGS__)
#define log_info(group, ...)  log_at(LOG_G_##group, LOG_L_INFO, __VA_ARGS__)
#define log_debug(group, ...) log_at(LOG_G_##group, LOG_L_DEBUG, __VA_ARGS__)

#endif
