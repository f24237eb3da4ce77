/* SPDX-License-Identifier: Apache-2.0 */
/*
 * make bench-engine: the engine without I/O, one core, vectors of 64 packets,
 * beside the libraries it uses; and what thousands of SAs, policies and flows
 * cost. Two engines: A protects, B opens what A made. Only the engine's calls
 * are timed. All of a table is measured in turns and the median shown, so that
 * a slow moment of the machine meets each row alike.
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/evp.h>

#ifdef HAVE_MB
#include <intel-ipsec-mb.h>
#endif

#include "common/addr.h"
#include "common/wr.h"
#include "crypto/crypt.h"
#include "missiu/engine.h"

#define VEC    64
#define ROUNDS 9
#define ROOM   (MISSIU_HEADROOM + 2048 + MISSIU_TAILROOM)
#define HOUR   UINT64_C(3600000000)

struct suite {
	const char *name;
	uint8_t encr, auth;
	uint8_t encr_key_len, auth_key_len;
};

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

static uint8_t memory[VEC][ROOM];
static struct missiu_pkt pkts[VEC], *vec[VEC];
static FILE *csv;

static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void die(const char *what)
{
	fprintf(stderr, "bench: %s\n", what);
	exit(EXIT_FAILURE);
}

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

/* --- two engines ---------------------------------------------------------- */

struct pair {
	struct missiu *a, *b;
	size_t n; /* SAs, policies, flows */
};

static struct missiu_addr ip4(uint32_t a)
{
	uint8_t b[4];

	store_be32(b, a);
	return addr_from_bytes(4, b);
}

/* Inner addresses of flow @i: one of ours, one of the peer's. */
#define INNER_A	   0x0a000001u
#define INNER_B(i) (0x0b000000u + (uint32_t)(i))
#define OUTER_A	   0xc0000201u
#define OUTER_B	   0xc0000202u

static struct missiu_policy policy(const struct suite *s, size_t i, bool at_a)
{
	struct missiu_addr a = ip4(INNER_A), b = ip4(INNER_B(i));
	struct missiu_policy p = {
		.dirs = MISSIU_IN | MISSIU_OUT,
		.action = MISSIU_PROTECT,
		.mode = MISSIU_TUNNEL,
		.n_prot = 1,
		.prot = { { .proto = MISSIU_ESP,
			    .encr = s->encr,
			    .auth = s->auth } },
		.local = ts_host(at_a ? &a : &b),
		.remote = ts_host(at_a ? &b : &a),
		.tun_local = ip4(at_a ? OUTER_A : OUTER_B),
		.tun_remote = ip4(at_a ? OUTER_B : OUTER_A),
	};

	return p;
}

static struct missiu_sa sa_of(const struct suite *s, size_t i, uint32_t pol,
			      uint8_t dir)
{
	struct missiu_addr a = ip4(INNER_A), b = ip4(INNER_B(i));
	struct missiu_sa sa = {
		.spi = 0x1000 + (uint32_t)i,
		.dir = dir,
		.proto = MISSIU_ESP,
		.mode = MISSIU_TUNNEL,
		.encr = s->encr,
		.auth = s->auth,
		.icv_len = s->auth == MISSIU_AUTH_NONE ? 16 : 0,
		.encr_key_len = s->encr_key_len,
		.auth_key_len = s->auth_key_len,
		.src = ip4(OUTER_A),
		.dst = ip4(OUTER_B),
		.n_ts_src = 1,
		.n_ts_dst = 1,
		.ts_src = { ts_host(&a) },
		.ts_dst = { ts_host(&b) },
		.replay_window = 128,
		.policy_id = pol,
	};

	memset(sa.encr_key, (int)(i * 7 + 1), sa.encr_key_len);
	memset(sa.auth_key, (int)(i * 5 + 1), sa.auth_key_len);
	return sa;
}

static struct missiu *engine(const struct suite *s, size_t n, bool at_a,
			     double *sa_bytes, double *pol_bytes)
{
	struct missiu_change *v = calloc(n, sizeof(*v));
	struct missiu *m = missiu_new(NULL);
	struct missiu_diag diag = { "" };
	struct mallinfo2 m0, m1, m2;

	if (!m || !v)
		die("out of memory");
	m0 = mallinfo2();
	for (size_t i = 0; i < n; i++)
		v[i] = (struct missiu_change){ .kind = MISSIU_CHG_ADD_POLICY,
					       .policy = policy(s, i, at_a) };
	if (missiu_load(m, v, n, 0, NULL, &diag))
		die(diag.msg);
	m1 = mallinfo2();
	for (size_t i = 0; i < n; i++) {
		uint32_t id = v[i].policy.id;

		v[i] = (struct missiu_change){
			.kind = MISSIU_CHG_ADD_SA,
			.sa = sa_of(s, i, id, at_a ? MISSIU_OUT : MISSIU_IN)
		};
	}
	if (missiu_load(m, v, n, 0, NULL, &diag))
		die(diag.msg);
	m2 = mallinfo2();
	*pol_bytes = (double)(m1.uordblks - m0.uordblks) / (double)n;
	*sa_bytes = (double)(m2.uordblks - m1.uordblks) / (double)n;
	free(v);
	return m;
}

static struct pair pair_new(const struct suite *s, size_t n, double *sa_bytes,
			    double *pol_bytes)
{
	struct pair p = { .n = n };

	p.a = engine(s, n, true, sa_bytes, pol_bytes);
	p.b = engine(s, n, false, sa_bytes, pol_bytes);
	return p;
}

static void pair_free(struct pair *p)
{
	missiu_free(p->a);
	missiu_free(p->b);
}

/* A UDP packet of flow @i at the headroom of buffer @k; IP length @len. */
static void fill(size_t k, size_t i, size_t len)
{
	struct missiu_pkt *p = &pkts[k];
	uint8_t *h = memory[k] + MISSIU_HEADROOM;

	*p = (struct missiu_pkt){
		.head = memory[k], .cap = ROOM, .data = h, .len = len
	};
	memset(h, 0, 28);
	h[0] = 0x45;
	store_be16(h + 2, (uint16_t)len);
	h[6] = 0x40;
	h[8] = 64;
	h[9] = 17;
	store_be32(h + 12, INNER_A);
	store_be32(h + 16, INNER_B(i));
	store_be16(h + 20, 4000);
	store_be16(h + 22, 5000);
	store_be16(h + 24, (uint16_t)(len - 20));
	vec[k] = p;
}

/* One of @n flows, in an order that no cache can guess. */
static size_t next_flow(size_t n)
{
	static uint32_t x = 1;

	x = x * 1664525 + 1013904223;
	return (size_t)(((uint64_t)x * n) >> 32);
}

/* ns a packet, out and in, of @packets packets of the first @flows flows. */
static void run(struct pair *p, size_t flows, size_t len, size_t packets,
		double *out, double *in)
{
	double t_out = 0, t_in = 0, t0, t1, t2;
	size_t done = 0;

	for (; done < packets; done += VEC) {
		for (size_t k = 0; k < VEC; k++)
			fill(k, next_flow(flows), len);
		t0 = now_ns();
		if (missiu_outbound(p->a, vec, VEC, HOUR) != VEC)
			die("A lost packets");
		t1 = now_ns();
		if (missiu_inbound(p->b, vec, VEC, HOUR) != VEC)
			die("B lost packets");
		t2 = now_ns();
		t_out += t1 - t0;
		t_in += t2 - t1;
	}
	*out = t_out / (double)done;
	*in = t_in / (double)done;
}

/* --- the libraries alone --------------------------------------------------- */

/* Our crypto layer without the engine: what the library does in batches. */
static double run_crypt(const struct suite *s, size_t len, bool openssl)
{
	struct crypt_spec spec = { .encr = s->encr,
				   .auth = s->auth,
				   .encr_key_len = s->encr_key_len,
				   .auth_key_len = s->auth_key_len };
	struct crypt_job jobs[VEC];
	struct crypt_key *key;
	uint8_t zero[64] = { 0 };
	double t0, ns = 0;
	const size_t turns = 400;

	spec.encr_key = spec.auth_key = zero;
	if (s->auth == MISSIU_AUTH_NONE)
		spec.icv_len = 16;
	crypt_force_openssl(openssl);
	if (crypt_key_new(&spec, &key, NULL))
		die("no key");
	crypt_force_openssl(false);
	len += 15;
	len -= len % 16;
	for (size_t i = 0; i < turns; i++) {
		for (size_t k = 0; k < VEC; k++)
			jobs[k] = (struct crypt_job){ .esp = memory[k],
						      .text_len = len,
						      .seq = i * VEC + k + 1 };
		t0 = now_ns();
		crypt_seal(key, jobs, VEC);
		ns += now_ns() - t0;
	}
	crypt_key_free(key);
	return ns / (double)(turns * VEC);
}

#ifdef HAVE_MB
/* ipsec-mb itself, AES-128-GCM by direct calls. */
static double run_mb(size_t len)
{
	static struct gcm_key_data key;
	struct gcm_context_data ctx;
	uint8_t iv[12] = { 0 }, aad[8] = { 0 }, tag[16];
	IMB_MGR *mgr = alloc_mb_mgr(0);
	const size_t turns = 400;
	double t0, ns;

	if (!mgr)
		die("ipsec-mb");
	init_mb_mgr_auto(mgr, NULL);
	IMB_AES128_GCM_PRE(mgr, iv, &key);
	t0 = now_ns();
	for (size_t i = 0; i < turns; i++)
		for (size_t k = 0; k < VEC; k++) {
			uint8_t *p = memory[k] + MISSIU_HEADROOM;

			iv[11]++;
			IMB_AES128_GCM_ENC(mgr, &key, &ctx, p, p, len, iv, aad,
					   sizeof(aad), tag, sizeof(tag));
		}
	ns = now_ns() - t0;
	free_mb_mgr(mgr);
	return ns / (double)(turns * VEC);
}
#else
static double run_mb(size_t len)
{
	(void)len;
	return 0;
}
#endif

/* --- tables ---------------------------------------------------------------- */

static void row(const char *table, const char *name, size_t n, size_t len,
		const char *what, double ns)
{
	fprintf(csv, "%s,%s,%zu,%zu,%s,%.1f\n", table, name, n, len, what, ns);
}

static void table_suite(const struct suite *s, size_t len)
{
	double out[ROUNDS], in[ROUNDS], mb[ROUNDS], lib[ROUNDS], ossl[ROUNDS];
	double ignore;
	struct pair p = pair_new(s, 1, &ignore, &ignore);

	for (size_t r = 0; r < ROUNDS; r++) {
		run(&p, 1, len, 400 * VEC, &out[r], &in[r]);
		mb[r] = s == &suites[0] ? run_mb(len) : 0;
		lib[r] = run_crypt(s, len, false);
		ossl[r] = run_crypt(s, len, true);
	}
	pair_free(&p);
	row("suite", s->name, 1, len, "out", median(out, ROUNDS));
	row("suite", s->name, 1, len, "in", median(in, ROUNDS));
	row("suite", s->name, 1, len, "ipsec-mb", median(mb, ROUNDS));
	row("suite", s->name, 1, len, "crypto", median(lib, ROUNDS));
	row("suite", s->name, 1, len, "openssl", median(ossl, ROUNDS));
	printf("%-20s %5zu %6.0f %6.0f %9.0f %9.0f %9.0f", s->name, len,
	       median(out, ROUNDS), median(in, ROUNDS), median(lib, ROUNDS),
	       median(ossl, ROUNDS), median(mb, ROUNDS));
	if (median(mb, ROUNDS) > 0)
		printf(" %5.0f%%",
		       100 * median(mb, ROUNDS) / median(out, ROUNDS));
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
		row("scale", suites[0].name, s->n, len, what[k], m[k]);
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
				run(&s[i].p, 1, sizes[l], 20000,
				    &s[i].one[0][r], &s[i].one[1][r]);
				run(&s[i].p, s[i].n, sizes[l], 30000,
				    &s[i].all[0][r], &s[i].all[1][r]);
			}
		for (size_t i = 0; i < COUNTS; i++)
			scale_row(&s[i], &s[0], sizes[l]);
	}
	for (size_t i = 0; i < COUNTS; i++)
		pair_free(&s[i].p);
}

/* engine [CSV [scale]]: the word leaves the first table out */
int main(int argc, char **argv)
{
	csv = fopen(argc > 1 ? argv[1] : "/dev/null", "w");
	if (!csv || crypt_init())
		die("cannot start");
	fprintf(csv, "table,suite,n,bytes,what,ns\n");
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
	return fclose(csv) ? EXIT_FAILURE : EXIT_SUCCESS;
}
