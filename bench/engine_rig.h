/* SPDX-License-Identifier: Apache-2.0 */
/* What the engine benchmarks share: two engines, packets, clocks. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "missiu/engine.h"

#define VEC  64 /* packets a call */
#define ROOM (MISSIU_HEADROOM + 2048 + MISSIU_TAILROOM)

struct suite {
	const char *name;
	uint8_t encr, auth;
	uint8_t encr_key_len, auth_key_len;
};

/** Two engines: @a protects, @b opens what @a made. */
struct pair {
	struct missiu *a, *b;
	size_t n; /* SAs, policies, flows */
};

/** Packet buffers; each thread has its own. */
extern _Thread_local uint8_t memory[VEC][ROOM];

double now_ns(void);
_Noreturn void die(const char *what);

/**
 * Two engines with @n SAs of suite @s, and as many policies. @sa_bytes and
 * @pol_bytes get what each took of the heap. Ends the program when refused.
 */
struct pair pair_new(const struct suite *s, size_t n, double *sa_bytes,
		     double *pol_bytes);
void pair_free(struct pair *p);

/**
 * ns a packet, @out and @in, of @packets packets of @len bytes (IP length) of
 * the first @flows flows in random order. Only the engine's calls are timed.
 */
void pair_run(struct pair *p, size_t flows, size_t len, size_t packets,
	      double *out, double *in);

/** ns a packet of our crypto layer alone, in batches, sealing. */
double run_crypt(const struct suite *s, size_t len, bool openssl);

/** ns a packet of ipsec-mb itself, AES-128-GCM; 0 when not built with it. */
double run_mb(size_t len);
