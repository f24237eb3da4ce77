/* SPDX-License-Identifier: Apache-2.0 */
#include "ike/status.h"

#include <inttypes.h>
#include <jansson.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/addr.h"
#include "common/diag.h"
#include "ctl/serve.h"
#include "ctl/sock.h"
#include "ike/command.h"
#include "ike/idtext.h"
#include "ike/sources.h"

#define ANSWER_MS 10000

static double age_s(missiu_usec then, missiu_usec now)
{
	return then && then <= now ? (double)(now - then) / 1e6 : 0;
}

static json_t *hex_json(uint64_t v, int digits)
{
	return json_sprintf("0x%0*" PRIx64, digits, v);
}

static json_t *end_json(const struct ike_end *end)
{
	return json_pack("{s:s, s:i}", "address", addr_text(&end->addr).s,
			 "port", end->port);
}

static json_t *child_json(const struct ike_child_info *c, missiu_usec now)
{
	return json_pack(
		"{s:o, s:o, s:i, s:s, s:b, s:s, s:s, s:s, s:f}", "spi_in",
		hex_json(c->spi_in, 8), "spi_out", hex_json(c->spi_out, 8),
		"policy", (int)c->policy_id, "mode",
		c->mode == MISSIU_TUNNEL ? "tunnel" : "transport",
		"udp_encapsulation", c->encap, "suite", c->suite, "local",
		ts_text(&c->ts_local).s, "remote", ts_text(&c->ts_remote).s,
		"age_s", age_s(c->since_us, now));
}

static json_t *assigned_json(const struct ike_sa_info *sa)
{
	json_t *a = json_array();

	for (size_t f = 0; f < 2; f++)
		if (sa->assigned[f].family)
			json_array_append_new(
				a, json_string(addr_text(&sa->assigned[f]).s));
	return a;
}

static json_t *sa_json(const struct ike_sa_info *sa, missiu_usec now)
{
	json_t *children = json_array();
	size_t shown = sa->n_child < 16 ? sa->n_child : 16;

	for (size_t i = 0; i < shown; i++)
		json_array_append_new(children, child_json(&sa->child[i], now));
	return json_pack(
		"{s:o, s:o, s:s, s:s, s:s, s:s, s:o, s:o, s:s, s:s, s:s, s:b, "
		"s:b, s:s, s:f, s:f, s:o, s:s, s:i, s:o}",
		"spi_i", hex_json(sa->spi_i, 16), "spi_r",
		hex_json(sa->spi_r, 16), "role",
		sa->initiator ? "initiator" : "responder", "state", sa->state,
		"peer", sa->peer, "transport", sa->tcp ? "tcp" : "udp", "local",
		end_json(&sa->local), "remote", end_json(&sa->remote),
		"local_id", ike_id_text(&sa->id_local).s, "remote_id",
		ike_id_text(&sa->id_remote).s, "suite", sa->suite, "nat_local",
		sa->nat_local, "nat_remote", sa->nat_remote,
		"encapsulation_why", sa->encap_why, "age_s",
		age_s(sa->since_us, now), "silent_s",
		age_s(sa->last_heard_us, now), "assigned", assigned_json(sa),
		"assigned_to", sa->assigned_here ? "us" : "peer", "n_children",
		(int)sa->n_child, "children", children);
}

static json_t *counters_json(const struct ike *ike)
{
	const struct ike_counters *c = ike_counters(ike);
	json_t *o = json_object();

#define X(name, text)                                                          \
	json_object_set_new(o, #name, json_integer((json_int_t)c->name));
	IKE_COUNTERS(X)
#undef X
	return o;
}

static json_t *tcp_json(const struct tcp *tcp)
{
	struct tcp_counters n;
	json_t *o;

	if (!tcp_counters(tcp, &n))
		return NULL;
	o = json_object();
	json_object_set_new(o, "open", json_integer((json_int_t)n.open));
#define X(name, text)                                                          \
	json_object_set_new(o, #name, json_integer((json_int_t)n.name));
	TCP_COUNTERS(X)
#undef X
	return o;
}

char *status_json(const struct ike *ike, const struct tcp *tcp, json_t *sources,
		  missiu_usec now)
{
	json_t *sas = json_array(), *root;
	struct ike_sa_info sa;
	uint64_t cursor = 0;
	char *text;

	while (ike_sa_next(ike, &cursor, &sa))
		json_array_append_new(sas, sa_json(&sa, now));
	root = json_pack("{s:s, s:o, s:o, s:o, s:o*}", "version",
			 MISSIU_VERSION, "ike_sas", sas, "revocation", sources,
			 "counters", counters_json(ike), "tcp", tcp_json(tcp));
	text = root ? json_dumps(root, JSON_INDENT(2)) : NULL;
	json_decref(root);
	return text;
}

static int status_fetch(int fd, struct ctl_frame *frame,
			struct missiu_diag *diag)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	int ret = ctl_send(fd, CTL_STATUS, NULL, 0, NULL, 0);

	if (!ret && poll(&pfd, 1, ANSWER_MS) != 1)
		ret = MISSIU_ETIME;
	if (!ret)
		ret = ctl_recv(fd, frame);
	if (ret)
		diag_set(diag, ret, "no answer from ike: %s",
			 missiu_strerror(ret));
	return ret;
}

static const char *str(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "?";
}

static void print_child(const json_t *c, bool tcp, const char *why)
{
	const bool udp = json_is_true(json_object_get(c, "udp_encapsulation"));
	const char *in = tcp ? ", in TCP" : udp ? ", in UDP" : ", not in UDP";

	printf("    child %s in %s, %s out: %s === %s, %s%s (%s), %.0f s old\n",
	       str(c, "suite"), str(c, "spi_in"), str(c, "spi_out"),
	       str(c, "local"), str(c, "remote"), str(c, "mode"), in, why,
	       json_real_value(json_object_get(c, "age_s")));
}

static void print_sa(const json_t *sa)
{
	const char *name = str(sa, "peer");
	const bool tcp = !strcmp(str(sa, "transport"), "tcp");
	const json_t *local = json_object_get(sa, "local");
	const json_t *remote = json_object_get(sa, "remote");
	json_t *child;
	size_t i;

	printf("IKE SA %s_i %s_r %s %s%s%s\n", str(sa, "spi_i"),
	       str(sa, "spi_r"), str(sa, "role"), str(sa, "state"),
	       *name ? ", peer " : "", name);
	printf("    %s[%" JSON_INTEGER_FORMAT "] (%s) === "
	       "%s[%" JSON_INTEGER_FORMAT "] (%s)%s\n",
	       str(local, "address"),
	       json_integer_value(json_object_get(local, "port")),
	       str(sa, "local_id"), str(remote, "address"),
	       json_integer_value(json_object_get(remote, "port")),
	       str(sa, "remote_id"), tcp ? ", over TCP" : "");
	printf("    %s, %.0f s old, heard %.0f s ago\n", str(sa, "suite"),
	       json_real_value(json_object_get(sa, "age_s")),
	       json_real_value(json_object_get(sa, "silent_s")));
	json_array_foreach(json_object_get(sa, "assigned"), i, child) printf(
		"    %s %s\n", json_string_value(child),
		strcmp(str(sa, "assigned_to"), "us") ? "assigned to the peer" :
						       "assigned to us");
	json_array_foreach(json_object_get(sa, "children"), i, child)
		print_child(child, tcp, str(sa, "encapsulation_why"));
}

static void print_counters(const char *what, json_t *o)
{
	const char *name;
	json_t *v;

	printf("%s:", what);
	json_object_foreach(o, name, v) if (json_integer_value(v)) printf(
		" %s=%" JSON_INTEGER_FORMAT, name, json_integer_value(v));
	printf("\n");
}

static void print_status(const json_t *root)
{
	json_t *v;
	size_t i;

	json_array_foreach(json_object_get(root, "ike_sas"), i, v) print_sa(v);
	if (!json_array_size(json_object_get(root, "ike_sas")))
		printf("no IKE SAs\n");
	sources_print(json_object_get(root, "revocation"));
	print_counters("counters", json_object_get(root, "counters"));
	if (json_object_get(root, "tcp"))
		print_counters("tcp", json_object_get(root, "tcp"));
}

int status_show(const char *iface, bool json)
{
	struct missiu_diag diag = { "" };
	struct ctl_frame frame = { 0 };
	json_t *root = NULL;
	int fd, ret = 1;

	fd = command_connect(iface, &diag);
	if (fd < 0 || status_fetch(fd, &frame, &diag))
		goto out;
	root = json_loadb((const char *)frame.data, frame.data_len, 0, NULL);
	if (!root) {
		diag_set(&diag, MISSIU_EPROTO, "ike's answer is not JSON");
		goto out;
	}
	if (json)
		printf("%.*s\n", (int)frame.data_len, (const char *)frame.data);
	else
		print_status(root);
	ret = 0;
out:
	if (ret)
		fprintf(stderr, "ike: %s\n", diag.msg);
	json_decref(root);
	ctl_frame_fini(&frame);
	if (fd >= 0)
		close(fd);
	return ret;
}
