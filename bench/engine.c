/* SPDX-License-Identifier: Apache-2.0 */
/*
 * make bench-engine: the engine without I/O, one core, vectors of 64 packets,
 * beside the libraries it uses; and what thousands of SAs, policies and flows
 * cost, and what more threads bring. All of a table is measured in turns and
 * the median shown, so that a slow moment of the machine meets each row alike.
 */
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

#include "crypto/crypt.h"
#include "engine_rig.h"

#define ROUNDS 9

static const struct suite suites[] = {
	{ "AES-128-GCM", MISSIU_ENCR_AES_GCM, MISSIU_AUTH_NONE, 20, 0 },
	{ "AES-256-GCM", MISSIU_ENCR_AES_GCM, MISSIU_AUTH_NONE, 36, 0 },
	{ "ChaCha20-Poly1305", MISSIU_ENCR_CHACHA20_POLY1305, MISSIU_AUTH_NONE,
	  36, 0 },
	{ "AES-128-CBC SHA-1", MISSIU_ENCR_AES_CBC, MISSIU_AUTH_SHA1, 16, 20 },
	{ "AES-256-CBC SHA-256", MISSIU_ENCR_AES_CBC, MISSIU_AUTH_SHA256, 32,
	  32 },
};
static const size_t sizes[] = { 64, 512, 1424 };
#define N_SUITES (sizeof(suites) / sizeof(suites[0]))
#define N_SIZES	 (sizeof(sizes) / sizeof(sizes[0]))

static FILE *csv;

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *v, size_t n)
{
	qsort(v, n, sizeof(*v), by_value);
	return v[n / 2];
}

/* --- tables ---------------------------------------------------------------- */

static void row(const char *table, const char *name, size_t n, size_t len,
		const char *what, const double *sorted)
{
	fprintf(csv, "%s,%s,%zu,%zu,%s,%.1f,%.1f,%.1f\n", table, name, n, len,
		what, sorted[ROUNDS / 2], sorted[0], sorted[ROUNDS - 1]);
}

static void table_suite(const struct suite *s, size_t len)
{
	double out[ROUNDS], in[ROUNDS], mb[ROUNDS], lib[ROUNDS], ossl[ROUNDS];
	double ignore;
	struct pair p = pair_new(s, 1, &ignore, &ignore);

	for (size_t r = 0; r < ROUNDS; r++) {
		pair_run(&p, 1, len, 400 * VEC, &out[r], &in[r]);
		mb[r] = s == &suites[0] ? run_mb(len) : 0;
		lib[r] = run_crypt(s, len, false);
		ossl[r] = run_crypt(s, len, true);
	}
	pair_free(&p);
	printf("%-20s %5zu %6.0f %6.0f %9.0f %9.0f", s->name, len,
	       median(out, ROUNDS), median(in, ROUNDS), median(lib, ROUNDS),
	       median(ossl, ROUNDS));
	row("suite", s->name, 1, len, "out", out);
	row("suite", s->name, 1, len, "in", in);
	row("suite", s->name, 1, len, "crypto", lib);
	row("suite", s->name, 1, len, "openssl", ossl);
	if (median(mb, ROUNDS) > 0) {
		printf(" %9.0f %5.0f%%", median(mb, ROUNDS),
		       100 * median(mb, ROUNDS) / median(out, ROUNDS));
		row("suite", s->name, 1, len, "ipsec-mb", mb);
	}
	printf("\n");
}

#define COUNTS 4

struct scale {
	size_t n;
	struct pair p;
	double sa_bytes, pol_bytes;
	/* of packets of the oldest flow, and of all flows at random */
	double one[2][ROUNDS], all[2][ROUNDS];
};

static void scale_row(struct scale *s, const struct scale *first, size_t len)
{
	static const char *const what[] = { "one out", "one in", "all out",
					    "all in" };
	double m[4], base[2];

	for (size_t d = 0; d < 2; d++) {
		m[d] = median(s->one[d], ROUNDS);
		m[2 + d] = median(s->all[d], ROUNDS);
		base[d] = first->one[d][ROUNDS / 2]; /* sorted already */
	}
	for (size_t k = 0; k < 4; k++)
		row("scale", suites[0].name, s->n, len, what[k],
		    k < 2 ? s->one[k] : s->all[k - 2]);
	printf("%8zu %6zu %6.0f %6.0f %6.0f%% %6.0f%% %6.0f %6.0f %6.0f%% "
	       "%6.0f%% %6.0f %6.0f\n",
	       s->n, len, m[0], m[1], 100 * base[0] / m[0],
	       100 * base[1] / m[1], m[2], m[3], 100 * base[0] / m[2],
	       100 * base[1] / m[3], s->sa_bytes, s->pol_bytes);
}

static void table_scale(void)
{
	static const size_t counts[COUNTS] = { 1, 100, 1000, 10000 };
	static struct scale s[COUNTS];

	for (size_t i = 0; i < COUNTS; i++) {
		s[i].n = counts[i];
		s[i].p = pair_new(&suites[0], counts[i], &s[i].sa_bytes,
				  &s[i].pol_bytes);
	}
	printf("\nAES-128-GCM; SAs, as many policies and flows\n"
	       "%8s %6s %29s %29s %13s\n",
	       "", "", "packets of the oldest flow", "of all flows at random",
	       "bytes of");
	printf("%8s %6s %6s %6s %7s %7s %6s %6s %7s %7s %6s %6s\n", "SAs",
	       "bytes", "out", "in", "of 1", "of 1", "out", "in", "of 1",
	       "of 1", "SA", "policy");
	for (size_t l = 0; l < N_SIZES; l++) {
		for (size_t r = 0; r < ROUNDS; r++)
			for (size_t i = 0; i < COUNTS; i++) {
				pair_run(&s[i].p, 1, sizes[l], 20000,
					 &s[i].one[0][r], &s[i].one[1][r]);
				pair_run(&s[i].p, s[i].n, sizes[l], 30000,
					 &s[i].all[0][r], &s[i].all[1][r]);
			}
		for (size_t i = 0; i < COUNTS; i++)
			scale_row(&s[i], &s[0], sizes[l]);
	}
	for (size_t i = 0; i < COUNTS; i++)
		pair_free(&s[i].p);
}

/* --- cores ------------------------------------------------------------------ */

#define MOST_CORES 16

struct worker {
	pthread_t thread;
	pthread_barrier_t *start;
	size_t number, len;
	double ns; /* a packet, out and in together */
};

/* Those that we may use. */
static size_t cores(void)
{
	cpu_set_t all;

	if (sched_getaffinity(0, sizeof(all), &all))
		die("no affinity");
	return (size_t)CPU_COUNT(&all);
}

/* Threads that begin on one core may share it longer than a turn takes. */
static void take_core(size_t number)
{
	cpu_set_t all, one;

	if (sched_getaffinity(0, sizeof(all), &all))
		die("no affinity");
	CPU_ZERO(&one);
	for (size_t cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, &all) && !number--)
			CPU_SET(cpu, &one);
	if (sched_setaffinity(0, sizeof(one), &one))
		die("no core of its own");
}

/* A worker with an engine of its own, as it would serve a queue of its own. */
static void *work(void *arg)
{
	struct worker *w = arg;
	double out, in, ignore;
	struct pair p;

	take_core(w->number);
	p = pair_new(&suites[0], 1, &ignore, &ignore);
	pair_run(&p, 1, w->len, 100 * VEC, &out, &in);
	pthread_barrier_wait(w->start);
	pair_run(&p, 1, w->len, 2000 * VEC, &out, &in);
	w->ns = out + in;
	pair_free(&p);
	return NULL;
}

/* ns between two packets of all @n workers together */
static double together(size_t n, size_t len)
{
	struct worker w[MOST_CORES];
	pthread_barrier_t start;
	double rate = 0;

	pthread_barrier_init(&start, NULL, (unsigned int)n);
	for (size_t i = 0; i < n; i++) {
		w[i] = (struct worker){ .start = &start,
					.number = i,
					.len = len };
		if (pthread_create(&w[i].thread, NULL, work, &w[i]))
			die("no thread");
	}
	for (size_t i = 0; i < n; i++) {
		pthread_join(w[i].thread, NULL);
		rate += 1 / w[i].ns;
	}
	pthread_barrier_destroy(&start);
	return 1 / rate;
}

/* 1, 2, 4 and so on, and all that there are. */
static size_t core_counts(size_t *n)
{
	size_t all = cores() > MOST_CORES ? MOST_CORES : cores();
	size_t count = 0;

	for (size_t i = 1; i < all; i *= 2)
		n[count++] = i;
	n[count++] = all;
	return count;
}

static void table_cores(void)
{
	static double ns[MOST_CORES][ROUNDS];
	size_t n[MOST_CORES], counts = core_counts(n);

	printf("\nAES-128-GCM; threads with an engine each, ns a packet out and "
	       "in\n%8s %6s %6s %9s\n",
	       "threads", "bytes", "ns", "of ideal");
	for (size_t l = 0; l < N_SIZES; l++) {
		for (size_t r = 0; r < ROUNDS; r++)
			for (size_t i = 0; i < counts; i++)
				ns[i][r] = together(n[i], sizes[l]);
		for (size_t i = 0; i < counts; i++) {
			double m = median(ns[i], ROUNDS);

			printf("%8zu %6zu %6.0f %8.0f%%\n", n[i], sizes[l], m,
			       100 * ns[0][ROUNDS / 2] / m / (double)n[i]);
			row("cores", suites[0].name, n[i], sizes[l], "both",
			    ns[i]);
		}
	}
}

/* engine [CSV [scale]]: the word leaves the first table out */
int main(int argc, char **argv)
{
	csv = fopen(argc > 1 ? argv[1] : "/dev/null", "w");
	if (!csv || crypt_init())
		die("cannot start");
	fprintf(csv, "table,suite,n,bytes,what,ns,min,max\n");
	printf("%s, ns a packet, vectors of %d, one core\n", crypt_backend(),
	       VEC);
	printf("%-20s %5s %6s %6s %9s %9s %9s %6s\n", "", "bytes", "out", "in",
	       "our", "the same,", "ipsec-mb", "out of");
	printf("%-20s %5s %6s %6s %9s %9s %9s %6s\n", "", "", "", "", "crypto",
	       "OpenSSL", "itself", "it");
	for (size_t s = 0; argc < 3 && s < N_SUITES; s++)
		for (size_t l = 0; l < N_SIZES; l++)
			table_suite(&suites[s], sizes[l]);
	table_scale();
	table_cores();
	return fclose(csv) ? EXIT_FAILURE : EXIT_SUCCESS;
}
