/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The labels of the SA dump, and their order, are the documented product's:
 * scripts look for them.
 */
#include "loadconfig/dump.h"

#include <inttypes.h>
#include <stdlib.h>

#include "common/addr.h"
#include "common/diag.h"
#include "common/secret.h"
#include "missiu/script.h"
#include "policy/names.h"

#define POLICY_TEXT_MAX 704 /* missiu_policy_print() */

const char *dump_dir(uint8_t dir)
{
	static const char *const names[] = { "none", "in", "out", "both" };

	return dir < 4 ? names[dir] : "unknown";
}

const char *dump_mode(uint8_t mode)
{
	static const char *const names[] = { "any", "transport", "tunnel" };

	return mode < 3 ? names[mode] : "unknown";
}

static void put_key(FILE *f, const char *label, const uint8_t *key, size_t len,
		    bool show)
{
	fprintf(f, "%s: ", label);
	if (!show)
		fputs("(hidden)", f);
	for (size_t i = 0; show && i < len && i < MISSIU_KEY_MAX; i++)
		fprintf(f, "%s%02X", i ? "." : "", key[i]);
	fputc('\n', f);
}

static void put_algorithms(FILE *f, const struct missiu_sa *sa, bool keys)
{
	if (sa->auth != MISSIU_AUTH_NONE) {
		fprintf(f, "Auth.algo: %u (%s)\n", sa->auth,
			auth_name(sa->auth));
		put_key(f, "Auth.key", sa->auth_key, sa->auth_key_len, keys);
	}
	if (sa->proto != MISSIU_ESP)
		return;
	fprintf(f, "Encr.algo: %u (%s", sa->encr, encr_name(sa->encr));
	if (sa->icv_len)
		fprintf(f, ", ICV of %u bytes", sa->icv_len);
	fputs(")\n", f);
	if (sa->encr_key_len)
		put_key(f, "Encr.key", sa->encr_key, sa->encr_key_len, keys);
}

static void put_limit(FILE *f, uint64_t used, uint64_t limit, const char *unit)
{
	fprintf(f, "%" PRIu64, used);
	if (limit)
		fprintf(f, "/%" PRIu64, limit);
	fprintf(f, " %s", unit);
}

static void put_usage(FILE *f, const struct ctl_sa *s, missiu_usec now)
{
	const struct missiu_sa_stats *st = &s->stats;
	missiu_usec age = now > st->added_us ? now - st->added_us : 0;

	fputs("Usage: ", f);
	put_limit(f, age / 1000000, s->sa.hard_s, "secs, ");
	put_limit(f, st->bytes / 1024, s->sa.hard_bytes / 1024, "kbytes, ");
	put_limit(f, st->packets, s->sa.hard_packets, "pkts\n");
	fprintf(f, "Seq: %" PRIu64 "(+%" PRIu32 ")\n", st->seq,
		s->sa.replay_window);
	if (st->replays || st->auth_fails)
		fprintf(f,
			"Dropped: %" PRIu64 " replayed, %" PRIu64
			" not authentic\n",
			st->replays, st->auth_fails);
}

static void put_selectors(FILE *f, const char *label,
			  const struct missiu_ts *ts, size_t n)
{
	for (size_t i = 0; i < n && i < MISSIU_TS_MAX; i++)
		fprintf(f, "%s: %s\n", label, ts_text(&ts[i]).s);
}

static void put_sa(FILE *f, const struct ctl_sa *s, bool keys, missiu_usec now)
{
	const struct missiu_sa *sa = &s->sa;

	fprintf(f, "==== SPI: 0x%08" PRIx32 "\n", sa->spi);
	fprintf(f, "Flags: %s%s%s\n", dump_dir(sa->dir),
		sa->flags & MISSIU_SA_MANUAL ? " manual" : "",
		sa->flags & MISSIU_SA_ESN ? " esn" : "");
	fprintf(f, "Proto: %s\n", sa->proto == MISSIU_AH ? "AH" : "ESP");
	fprintf(f, "ULP: %u\n", sa->n_ts_src ? sa->ts_src[0].proto : 0);
	fprintf(f, "Mode: %s\n", dump_mode(sa->mode));
	fprintf(f, "Source.addr: %s\n", addr_text(&sa->src).s);
	fprintf(f, "Dest.addr: %s\n", addr_text(&sa->dst).s);
	if (sa->encap_sport || sa->encap_dport)
		fprintf(f, "Source.port: %u\nDest.port: %u\n", sa->encap_sport,
			sa->encap_dport);
	put_selectors(f, "From", sa->ts_src, sa->n_ts_src);
	put_selectors(f, "To", sa->ts_dst, sa->n_ts_dst);
	put_algorithms(f, sa, keys);
	put_usage(f, s, now);
}

static void put_policy(FILE *f, const struct ctl_policy *p)
{
	const struct missiu_policy_stats *st = &p->stats;
	char text[POLICY_TEXT_MAX];

	missiu_policy_print(&p->policy, text, sizeof(text));
	fprintf(f,
		"%s\n# %" PRIu32 ": in %" PRIu64 " packets, %" PRIu64
		" bytes; out %" PRIu64 " packets, %" PRIu64 " bytes\n",
		text, p->policy.id, st->in_packets, st->in_bytes,
		st->out_packets, st->out_bytes);
}

int dump_text(FILE *f, const struct dump_what *what, const struct dump_data *d)
{
	for (size_t i = 0; what->sas && i < d->n_sas; i++)
		put_sa(f, &d->sas[i], what->keys, d->now);
	for (size_t i = 0; what->policies && i < d->n_policies; i++)
		put_policy(f, &d->policies[i]);
	return fflush(f) || ferror(f) ? MISSIU_EIO : 0;
}

int dump_show(struct ctl_conn *c, const struct dump_what *what,
	      struct missiu_diag *diag)
{
	struct dump_data d = { 0 };
	int r = 0;

	if (what->sas)
		r = ctl_sa_dump(c, what->keys, &d.sas, &d.n_sas, &d.now, diag);
	if (!r && what->policies)
		r = ctl_policy_dump(c, &d.policies, &d.n_policies, diag);
	if (!r) {
		r = what->json ? dump_json(stdout, what, &d) :
				 dump_text(stdout, what, &d);
		if (r)
			diag_set(diag, r, "cannot print: %s",
				 missiu_strerror(r));
	}
	if (d.sas)
		secret_wipe(d.sas, d.n_sas * sizeof(*d.sas));
	free(d.sas);
	free(d.policies);
	return r;
}
