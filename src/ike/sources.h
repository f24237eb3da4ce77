/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When revocation lists and OCSP responses are fetched, and what became of it.
 *
 * Each URL is fetched when peers are loaded, and again before what it gave runs
 * out; after a failure sooner, then less and less often. What was fetched is
 * kept, and handed to the core once more when peers were loaded again.
 */
#ifndef IKE_SOURCES_H
#define IKE_SOURCES_H

#include <event2/event.h>
#include <jansson.h>

#include "ike/core.h"

struct sources; /* opaque */

/** sources_new() - start ike-fetch; nothing is fetched yet; NULL: no memory */
struct sources *sources_new(struct event_base *base);

/** sources_load() - peers were loaded: fetch what they want, also again */
void sources_load(struct sources *s, struct ike *ike);

/** sources_json() - for `ike status`: an array; NULL: no memory */
json_t *sources_json(const struct sources *s);

/** sources_print() - the same for people */
void sources_print(const json_t *array);

/** sources_free() - NULL is fine */
void sources_free(struct sources *s);

#endif
