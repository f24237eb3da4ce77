/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What handshakes cost the core of `ike`, and peer statements too: two cores in
 * one process, no network. Processor time, so that other work on the machine
 * hardly counts.
 *
 *	ike_core HANDSHAKES PEERS...
 *
 * For each number of PEERS: how long a responder takes to load so many peer
 * statements, the same again, and with one changed; then what a handshake with
 * one of them costs it, the statements being found by address, by identity,
 * by a pattern of identities, or none (a key of the options).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/addr.h"
#include "ike/core.h"
#include "ike/peer_load.h"

#define SERVER 0x0a080002u /* 10.8.0.2 */
#define FIRST  0x0a640000u /* 10.100.0.0: peers */
#define INNER  0x0a020001u /* 10.2.0.1, behind the server */
#define NETS   0x00640000u /* from a peer's address to what is behind it */
#define KEY    "swordfish-swordfish"
#define RUNS   3

struct bench {
	struct ike *i, *r; /* initiators, responder */
	missiu_usec now;
	double cpu_i, cpu_r; /* seconds of processor time */
	unsigned done, failed;
};

static double cpu_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void die(const char *what)
{
	fprintf(stderr, "ike_core: %s\n", what);
	exit(1);
}

static struct missiu_addr addr4(uint32_t a)
{
	const uint8_t be[4] = { (uint8_t)(a >> 24), (uint8_t)(a >> 16),
				(uint8_t)(a >> 8), (uint8_t)a };

	return addr_from_bytes(4, be);
}

static void add_policies(struct ike *ike, unsigned n, bool server)
{
	struct missiu_policy *v = calloc(n, sizeof(*v));

	for (unsigned k = 0; v && k < n; k++) {
		const struct missiu_addr far = addr4(FIRST + NETS + k),
					 near = addr4(INNER),
					 peer = addr4(FIRST + k),
					 gate = addr4(SERVER);

		v[k] = (struct missiu_policy){
			.id = k + 1,
			.dirs = MISSIU_IN | MISSIU_OUT,
			.action = MISSIU_PROTECT,
			.mode = MISSIU_TUNNEL,
			.n_prot = 1,
			.local = ts_host(server ? &near : &far),
			.remote = ts_host(server ? &far : &near),
			.tun_local = server ? gate : peer,
			.tun_remote = server ? peer : gate,
		};
		v[k].prot[0] = (struct missiu_prot){
			.proto = MISSIU_ESP,
			.encr = MISSIU_ENCR_AES_GCM,
			.auth = MISSIU_AUTH_NONE,
			.key_len = 16,
			.icv_len = 16,
		};
	}
	if (!v)
		die("no memory");
	ike_policies(ike, v, n);
	free(v);
}

static bool nobody_listens(void *ctx)
{
	(void)ctx;
	return false;
}

static struct ike *core(unsigned n, bool server, bool key)
{
	struct ike_psk psk = { .len = sizeof(KEY) - 1 };
	const struct ike_conf conf = {
		.psk = &psk,
		.n_psk = key,
		.ike_proposal = "aes128gcm16-prfsha256-x25519",
		.encap = MISSIU_ENCAP_UDP,
		.sa_max = 1000000,
		.no_esn = true,
		.news_wanted = nobody_listens, /* as it mostly is */
	};
	struct missiu_diag diag = { "" };
	struct ike *ike;

	memcpy(psk.key, KEY, psk.len);
	ike = ike_new(&conf, &diag);
	if (!ike)
		die(diag.msg);
	add_policies(ike, n, server);
	return ike;
}

/* --- peer statements */

static const struct way {
	const char *name, *before, *after; /* of the address; NULL: none */
} ways[] = {
	{ "address", "raddr ", "" },
	{ "identity", "peer_id ", "" },
	{ "pattern", "raddr ", " peer_id *" },
	{ "options", NULL, NULL },
};

static char *statements(const struct way *w, unsigned n, unsigned other)
{
	const size_t max = (size_t)n * 120 + 1;
	char *text = malloc(max);
	size_t len = 0;

	if (!text)
		die("no memory");
	for (unsigned k = 0; k < n; k++) {
		const struct missiu_addr a = addr4(FIRST + k);
		int r = snprintf(text + len, max - len,
				 "peer p%u { %s%s%s psk \"%s\" }\n", k,
				 w->before, addr_text(&a).s, w->after,
				 k == other ? "other" : KEY);

		len += (size_t)r;
	}
	return text;
}

static double load(struct ike *ike, const char *text)
{
	const struct peer_load how = { "bench", IKE_PEERS_CONFIG, false };
	struct peer_load_err err;
	const double start = cpu_s();

	if (peer_load_text(ike, &how, text, strlen(text), &err, 1) < 0)
		die(err.diag.msg);
	return cpu_s() - start;
}

static void load_all(struct ike *ike, const struct way *w, unsigned n)
{
	char *text = statements(w, n, n), *other = statements(w, n, n / 2);
	double first = load(ike, text), again = load(ike, text);
	double one = load(ike, other);

	load(ike, text);
	printf("load      peers=%u by=%s first_ms=%.1f same_ms=%.1f "
	       "one_other_ms=%.1f\n",
	       n, w->name, first * 1e3, again * 1e3, one * 1e3);
	free(text);
	free(other);
}

/* --- handshakes */

/* Hand over what one side said; Return: whether it said anything. */
static bool deliver(struct bench *b, bool from_i)
{
	struct ike *from = from_i ? b->i : b->r, *to = from_i ? b->r : b->i;
	double *cpu_from = from_i ? &b->cpu_i : &b->cpu_r;
	double *cpu_to = from_i ? &b->cpu_r : &b->cpu_i;
	double start = cpu_s(), end;
	struct ike_action a;
	bool any = false;

	while (ike_action_next(from, &a)) {
		end = cpu_s();
		*cpu_from += end - start;
		start = end;
		if (a.kind == IKE_SEND) {
			any = true;
			ike_input(to, &a.remote, &a.local, a.msg, a.len,
				  b->now);
			end = cpu_s();
			*cpu_to += end - start;
			start = end;
		}
		b->done += from_i && a.kind == IKE_SA_ADD &&
			   a.sa.dir == MISSIU_OUT;
		b->failed += from_i && a.kind == IKE_ACQUIRE_FAILED;
	}
	*cpu_from += cpu_s() - start;
	return any;
}

static void shake(struct bench *b, unsigned k)
{
	const struct missiu_addr own = addr4(FIRST + k),
				 in = addr4(FIRST + NETS + k),
				 to = addr4(INNER);
	const struct missiu_event ev = {
		.kind = MISSIU_EV_ACQUIRE,
		.policy_id = k + 1,
		.acquire_id = k + 1,
		.pkt_src = ts_host(&in),
		.pkt_dst = ts_host(&to),
	};
	bool any = true;
	double start = cpu_s();

	b->now += 1000;
	ike_event(b->i, &ev, &own, b->now);
	b->cpu_i += cpu_s() - start;
	while (any) {
		any = deliver(b, true);
		any |= deliver(b, false);
	}
	/* A real one looks at the clock after each message. */
	start = cpu_s();
	ike_tick(b->r, b->now);
	b->cpu_r += cpu_s() - start;
}

static void shakes(struct bench *b, const struct way *w, unsigned peers,
		   unsigned n)
{
	double best_r = 0, best_i = 0;

	for (unsigned run = 0; run < RUNS; run++) {
		*b = (struct bench){ .i = core(peers, false, true),
				     .r = core(peers, true, !w->before),
				     .now = 1000000 };
		if (w->before) {
			char *text = statements(w, peers, peers);

			load(b->r, text);
			free(text);
		}
		for (unsigned k = 0; k < n; k++)
			shake(b, (unsigned)((uint64_t)k * peers / n));
		if (b->done != n || b->failed)
			die("handshakes failed");
		if (!run || b->cpu_r < best_r)
			best_r = b->cpu_r;
		if (!run || b->cpu_i < best_i)
			best_i = b->cpu_i;
		ike_free(b->i);
		ike_free(b->r);
	}
	printf("handshake peers=%u by=%s responder_us=%.1f initiator_us=%.1f\n",
	       peers, w->name, best_r * 1e6 / n, best_i * 1e6 / n);
	fflush(stdout);
}

/* Return: 0 when it is no number, or none that we count to. */
static unsigned count(const char *word)
{
	char *end;
	const unsigned long v = strtoul(word, &end, 10);

	return *word >= '0' && *word <= '9' && !*end && v <= 60000 ?
		       (unsigned)v :
		       0;
}

int main(int argc, char **argv)
{
	const unsigned n = argc > 2 ? count(argv[1]) : 0;
	struct bench b;

	if (!n) {
		fprintf(stderr, "usage: ike_core HANDSHAKES PEERS...\n");
		return 2;
	}
	for (int k = 2; k < argc; k++) {
		const unsigned peers = count(argv[k]);

		if (peers < n)
			die("as many peers as handshakes, 60000 at most");
		for (size_t w = 0; w < sizeof(ways) / sizeof(ways[0]); w++) {
			if (ways[w].before) {
				struct ike *ike = core(1, true, false);

				load_all(ike, &ways[w], peers);
				ike_free(ike);
			}
			shakes(&b, &ways[w], peers, n);
		}
	}
	return 0;
}
