/* SPDX-License-Identifier: Apache-2.0 */
/* One request by libcurl, which comes into memory only for it. */
#ifndef IKEFETCH_HTTP_H
#define IKEFETCH_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ctl/fetch.h"

struct http_request {
	char url[CTL_FETCH_URL_MAX + 1];
	uint8_t post[CTL_FETCH_POST_MAX]; /* an OCSP request */
	size_t post_len;		  /* 0: GET */
	size_t max;			  /* of the answer, in bytes */
	unsigned time_s;		  /* it may take */
};

struct http_answer {
	bool ok;
	size_t len; /* not ok: of the reason */
	uint8_t data[CTL_FETCH_DATA_MAX];
};

/**
 * http_fetch() - wait for a document
 *
 * Only http and https; redirects, at most three, stay with the scheme of the
 * URL. Certificates of https are verified with the system's authorities.
 */
void http_fetch(const struct http_request *r, struct http_answer *a);

#endif
