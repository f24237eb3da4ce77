/* SPDX-License-Identifier: Apache-2.0 */
/* Events as JSON, and as a line for people. */
#ifndef IKE_NEWS_JSON_H
#define IKE_NEWS_JSON_H

#include <jansson.h>

#include "ike/core.h"

/**
 * news_json() - an event as one line of JSON, without newline
 * @stamp: the time as text
 *
 * What does not apply to its kind is left out.
 * Return: NUL-terminated text to free(), or NULL without memory.
 */
char *news_json(const struct ike_news *n, const char *stamp);

/**
 * news_line() - an event that news_json() wrote, for people
 * @buf, @cap: out, NUL-terminated, cut with "..." when short; @cap >= 4
 */
void news_line(const json_t *event, char *buf, size_t cap);

#endif
