/* SPDX-License-Identifier: Apache-2.0 */
#include "loadconfig/peers.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/secret.h"
#include "ctl/peers.h"

/* Where the script has what ike refused. */
static struct missiu_script_pos place(const struct missiu_script *s,
				      const struct ctl_peers_answer *a)
{
	const struct missiu_peer *p;

	if (a->index >= s->n_peer)
		return s->peer[0].pos;
	p = &s->peer[a->index];
	return a->key < MISSIU_PEER_KEYS && p->at[a->key].line ? p->at[a->key] :
								 p->pos;
}

static void no_ike(const char *name, const struct missiu_script *s,
		   const struct missiu_diag *why)
{
	fprintf(stderr,
		"%s:%u:%u: peer %s is for ike, which does not answer: %s; "
		"nothing was loaded; start ike, or load without peers: "
		"--no-ike\n",
		name, s->peer[0].pos.line, s->peer[0].pos.col, s->peer[0].name,
		why->msg);
}

int peers_send(const char *iface, const char *name,
	       const struct missiu_script *s, bool keep)
{
	struct ctl_peers_answer answer;
	struct ctl_peers req = { .keep = keep, .file = name };
	struct missiu_script_pos pos;
	char *text;
	int ret;

	if (!s->n_peer)
		return 0;
	text = ctl_peers_text(s->peer, s->n_peer, &req.len);
	if (!text) {
		fprintf(stderr, "%s: no memory for its peers\n", name);
		return MISSIU_ENOMEM;
	}
	req.text = text;
	ret = ctl_peers_call(iface, &req, &answer);
	secret_wipe(text, req.len);
	free(text);
	if (ret) {
		no_ike(name, s, &answer.diag);
		return ret;
	}
	if (!answer.err)
		return 0;
	pos = place(s, &answer);
	fprintf(stderr, "%s:%u:%u: %s\n", name, pos.line, pos.col,
		answer.diag.msg);
	return answer.err;
}
