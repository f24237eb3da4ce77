/* SPDX-License-Identifier: Apache-2.0 */
#include "ike/out.h"
#include "ike/ident.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/secret.h"

struct out_node {
	struct out_node *next;
	struct ike_action a;
	struct ike_news *news; /* TELL */
	struct ike_net *net;   /* NET */
	uint8_t msg[];	       /* SEND: its bytes; ASK: those and the URL */
};

static void node_free(struct out_node *node)
{
	if (!node)
		return;
	secret_wipe(&node->a, sizeof(node->a));
	if (node->news)
		ike_id_drop(&node->news->id_remote);
	free(node->news);
	free(node->net);
	free(node);
}

static struct out_node *add(struct out_queue *q, enum ike_action_kind kind,
			    size_t len)
{
	struct out_node *node = calloc(1, sizeof(*node) + len);

	if (!node)
		return NULL;
	node->a.kind = kind;
	*q->last = node;
	q->last = &node->next;
	return node;
}

void out_init(struct out_queue *q, struct ike_counters *n,
	      const missiu_usec *now)
{
	*q = (struct out_queue){
		.last = &q->first,
		.n = n,
		.now = now,
		.log_tokens = OUT_LOG_BURST,
	};
}

void out_fini(struct out_queue *q)
{
	struct ike_action a;

	while (out_next(q, &a))
		continue;
	secret_wipe(&a, sizeof(a));
}

bool out_next(struct out_queue *q, struct ike_action *out)
{
	struct out_node *node = q->first;

	node_free(q->given);
	q->given = node;
	if (!node) {
		memset(out, 0, sizeof(*out));
		return false;
	}
	q->first = node->next;
	if (!q->first)
		q->last = &q->first;
	*out = node->a;
	return true;
}

void out_send(struct out_queue *q, const struct ike_end *local,
	      const struct ike_end *remote, struct chunk msg)
{
	struct out_node *node = add(q, IKE_SEND, msg.len);

	if (!node)
		return;
	memcpy(node->msg, msg.p, msg.len);
	node->a.msg = node->msg;
	node->a.len = msg.len;
	node->a.local = *local;
	node->a.remote = *remote;
	q->n->tx++;
}

void out_keepalive(struct out_queue *q, const struct ike_end *local,
		   const struct ike_end *remote)
{
	struct out_node *node = add(q, IKE_SEND, 1);

	if (!node)
		return;
	node->msg[0] = 0xff;
	node->a.msg = node->msg;
	node->a.len = 1;
	node->a.keepalive = true;
	node->a.local = *local;
	node->a.remote = *remote;
}

void out_sa(struct out_queue *q, enum ike_action_kind kind,
	    const struct missiu_sa *sa, const struct missiu_addr *old_dst)
{
	struct out_node *node = add(q, kind, 0);

	if (!node)
		return;
	node->a.sa = *sa;
	if (old_dst)
		node->a.old_dst = *old_dst;
}

void out_sa_del(struct out_queue *q, const struct missiu_sa *sa,
		missiu_usec linger_us)
{
	struct out_node *node = add(q, IKE_SA_DEL, 0);

	if (!node)
		return;
	node->a.sa = *sa;
	node->a.linger_us = linger_us;
}

void out_acquire_failed(struct out_queue *q, uint32_t acquire_id)
{
	struct out_node *node = add(q, IKE_ACQUIRE_FAILED, 0);

	if (node)
		node->a.acquire_id = acquire_id;
}

static void vlog(struct out_queue *q, int level, const char *fmt, va_list ap)
{
	struct out_node *node = add(q, IKE_LOG, 0);

	if (!node)
		return;
	node->a.level = level;
	vsnprintf(node->a.text, sizeof(node->a.text), fmt, ap);
}

void out_log_line(struct out_queue *q, int level, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vlog(q, level, fmt, ap);
	va_end(ap);
}

static bool take_token(struct out_queue *q)
{
	const missiu_usec now = *q->now;
	const uint64_t n = (now - q->log_refill_us) / OUT_LOG_REFILL_US;

	q->log_refill_us += n * OUT_LOG_REFILL_US;
	if (n >= OUT_LOG_BURST - q->log_tokens)
		q->log_tokens = OUT_LOG_BURST;
	else
		q->log_tokens += (unsigned)n;
	if (!q->log_tokens) {
		q->log_swallowed++;
		return false;
	}
	q->log_tokens--;
	return true;
}

bool out_log_peer(struct out_queue *q, int level, const char *fmt, ...)
{
	va_list ap;

	if (!out_wants(q, level))
		return true;
	if (!take_token(q))
		return false;
	if (q->log_swallowed) {
		out_log(q, LOG_L_WARN, "%llu lines about peers were left out",
			(unsigned long long)q->log_swallowed);
		q->log_swallowed = 0;
	}
	va_start(ap, fmt);
	vlog(q, level, fmt, ap);
	va_end(ap);
	return true;
}

void out_tcp_proven(struct out_queue *q, const struct ike_end *local,
		    const struct ike_end *remote)
{
	struct out_node *node = add(q, IKE_TCP_PROVEN, 0);

	if (!node)
		return;
	node->a.local = *local;
	node->a.remote = *remote;
}

void out_ask(struct out_queue *q, uint32_t id, const char *url,
	     struct chunk req)
{
	const size_t n_url = strlen(url) + 1;
	struct out_node *node = add(q, IKE_ASK, req.len + n_url);

	if (!node)
		return;
	memcpy(node->msg, req.p, req.len);
	memcpy(node->msg + req.len, url, n_url);
	node->a.id = id;
	node->a.msg = node->msg;
	node->a.len = req.len;
	node->a.url = (const char *)node->msg + req.len;
}

void out_keys(struct out_queue *q, const char *line)
{
	struct out_node *node = add(q, IKE_KEYS, 0);

	if (node)
		snprintf(node->a.text, sizeof(node->a.text), "%s", line);
}

void out_tell(struct out_queue *q, const struct ike_news *news)
{
	struct ike_news *copy = malloc(sizeof(*copy));
	struct out_node *node = copy ? add(q, IKE_TELL, 0) : NULL;

	if (!node) {
		free(copy);
		return;
	}
	*copy = *news;
	copy->id_remote = ike_id_hold(&news->id_remote);
	node->news = copy;
	node->a.news = copy;
}

void out_net(struct out_queue *q, const struct ike_net *net)
{
	struct ike_net *copy = malloc(sizeof(*copy));
	struct out_node *node = copy ? add(q, IKE_NET, 0) : NULL;

	if (!node) {
		free(copy);
		return;
	}
	*copy = *net;
	node->net = copy;
	node->a.net = copy;
}
