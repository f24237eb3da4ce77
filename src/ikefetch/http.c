/* SPDX-License-Identifier: Apache-2.0 */
#include "ikefetch/http.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <curl/curl.h>
#include <dlfcn.h>

#define REDIRECTS_MAX 3

/* The functions that are used, by the types of curl.h. */
struct curl {
	CURL *(*init)(void);
	CURLcode (*set)(CURL *c, CURLoption option, ...);
	CURLcode (*perform)(CURL *c);
	CURLcode (*info)(CURL *c, CURLINFO what, ...);
	const char *(*error)(CURLcode code);
	struct curl_slist *(*append)(struct curl_slist *l, const char *s);
};

struct job {
	const struct http_request *r;
	struct http_answer *a;
	bool too_large;
};

static void why(struct http_answer *a, const char *format, ...)
{
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf((char *)a->data, 200, format, ap);
	va_end(ap);
	a->ok = false;
	a->len = n < 0 ? 0 : n < 200 ? (size_t)n : 199;
}

static bool load(struct curl *c)
{
	void *lib = dlopen("libcurl.so.4", RTLD_NOW);
	const struct {
		const char *name;
		void *to;
	} symbols[] = {
		{ "curl_easy_init", &c->init },
		{ "curl_easy_setopt", &c->set },
		{ "curl_easy_perform", &c->perform },
		{ "curl_easy_getinfo", &c->info },
		{ "curl_easy_strerror", &c->error },
		{ "curl_slist_append", &c->append },
	};

	for (size_t i = 0; lib && i < sizeof(symbols) / sizeof(symbols[0]);
	     i++) {
		void *f = dlsym(lib, symbols[i].name);

		if (!f)
			return false;
		memcpy(symbols[i].to, &f, sizeof(f));
	}
	return lib;
}

static size_t take(char *p, size_t size, size_t n, void *arg)
{
	struct job *j = arg;

	if (n > j->r->max - j->a->len) {
		j->too_large = true;
		return 0; /* which libcurl takes for an error */
	}
	memcpy(j->a->data + j->a->len, p, n);
	j->a->len += n;
	return size * n;
}

static void set_up(const struct curl *c, CURL *h, struct job *j)
{
	const struct http_request *r = j->r;
	const char *schemes = strncmp(r->url, "https", 5) ? "http" : "https";
	struct curl_slist *l;

	c->set(h, CURLOPT_URL, r->url);
	c->set(h, CURLOPT_PROTOCOLS_STR, schemes);
	c->set(h, CURLOPT_REDIR_PROTOCOLS_STR, schemes);
	c->set(h, CURLOPT_FOLLOWLOCATION, r->post_len ? 0L : 1L);
	c->set(h, CURLOPT_MAXREDIRS, (long)REDIRECTS_MAX);
	c->set(h, CURLOPT_TIMEOUT, (long)r->time_s);
	c->set(h, CURLOPT_NOSIGNAL, 1L);
	c->set(h, CURLOPT_FAILONERROR, 1L);
	c->set(h, CURLOPT_PROXY, "");
	c->set(h, CURLOPT_USERAGENT, "missiu");
	c->set(h, CURLOPT_MAXFILESIZE, (long)r->max);
	c->set(h, CURLOPT_WRITEFUNCTION, take);
	c->set(h, CURLOPT_WRITEDATA, j);
	if (!r->post_len)
		return;
	l = c->append(NULL, "Content-Type: application/ocsp-request");
	c->set(h, CURLOPT_HTTPHEADER, l);
	c->set(h, CURLOPT_POSTFIELDS, (const void *)r->post);
	c->set(h, CURLOPT_POSTFIELDSIZE, (long)r->post_len);
}

static void explain(const struct curl *c, CURL *h, CURLcode err, struct job *j)
{
	long status = 0;

	if (err == CURLE_FILESIZE_EXCEEDED || j->too_large) {
		why(j->a, "more than %zu bytes", j->r->max);
	} else if (err == CURLE_OPERATION_TIMEDOUT) {
		why(j->a, "not complete after %u s", j->r->time_s);
	} else if (err == CURLE_HTTP_RETURNED_ERROR &&
		   !c->info(h, CURLINFO_RESPONSE_CODE, &status)) {
		why(j->a, "the server says %ld", status);
	} else {
		why(j->a, "%s", c->error(err));
	}
}

void http_fetch(const struct http_request *r, struct http_answer *a)
{
	struct job j = { r, a, false };
	struct curl c = { NULL };
	CURLcode err;
	CURL *h;

	a->ok = false;
	a->len = 0;
	if (!load(&c)) {
		why(a, "libcurl.so.4 is not installed");
		return;
	}
	h = c.init();
	if (!h) {
		why(a, "libcurl does not start");
		return;
	}
	set_up(&c, h, &j);
	err = c.perform(h);
	if (err)
		explain(&c, h, err, &j);
	else
		a->ok = true;
	/* Nothing is released: the process ends with the request. */
}
