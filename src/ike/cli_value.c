/* SPDX-License-Identifier: Apache-2.0 */
#include "ike/cli_value.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "common/addr.h"
#include "common/diag.h"
#include "crypto/ikecrypt.h"
#include "ike/idtext.h"

static int parse_number(const char *opt, const char *text, long lo, long hi,
			long *out, struct missiu_diag *diag)
{
	char *end;
	long v;

	errno = 0;
	v = strtol(text, &end, 10);
	if (errno || end == text || *end || v < lo || v > hi)
		return diag_set(diag, MISSIU_EINVAL,
				"%s: found '%s', expected a number from %ld to "
				"%ld",
				opt, text, lo, hi);
	*out = v;
	return 0;
}

/* Plain numbers. */
static const struct number {
	int opt;
	const char *name;
	long lo, hi;
	size_t at;   /* in struct ike_conf, a uint32_t */
	long unit;   /* of the option, in that of the field */
	bool or_not; /* 0 says never: the field's largest value */
} numbers[] = {
	/* Never is: only answer the peer's checks. */
	{ 'd', "-d", 0, 1440, offsetof(struct ike_conf, dpd_s), 60, true },
	{ 'l', "-l", 5, 864000, offsetof(struct ike_conf, ike_life_s), 1,
	  false },
	{ 'L', "-L", 3, 864000, offsetof(struct ike_conf, child_life_s), 1,
	  false },
	{ 'n', "-n", 5, 300, offsetof(struct ike_conf, negotiate_s), 1, false },
	{ CLI_RETRANSMIT, "--retransmit", 100, 60000,
	  offsetof(struct ike_conf, retransmit_ms), 1, false },
	{ CLI_IDLE, "--idle", 0, 864000, offsetof(struct ike_conf, idle_s), 1,
	  true },
	{ CLI_SILENCE, "--silence", 0, 86400,
	  offsetof(struct ike_conf, silent_s), 1, true },
	{ CLI_REAUTH, "--reauth", 0, 864000,
	  offsetof(struct ike_conf, reauth_s), 1, false },
	{ CLI_REPLAY, "--replay-window", 32, 4096,
	  offsetof(struct ike_conf, replay_window), 1, false },
};

static int parse_plain(const struct number *n, const char *text,
		       struct ike_conf *conf, struct missiu_diag *diag)
{
	uint32_t v32;
	long v;
	int ret = parse_number(n->name, text, n->lo, n->hi, &v, diag);

	if (ret)
		return ret;
	v32 = n->or_not && !v ? UINT32_MAX : (uint32_t)(v * n->unit);
	memcpy((uint8_t *)conf + n->at, &v32, sizeof(v32));
	return 0;
}

static int parse_group(const char *text, struct ike_conf *conf,
		       struct missiu_diag *diag)
{
	long g;
	int ret = parse_number("-g", text, 0, 65535, &g, diag);

	if (!ret && g && !dh_supported((uint16_t)g))
		ret = diag_set(diag, MISSIU_EINVAL,
			       "-g: found group %ld, expected 14 to 21, 31 or "
			       "32",
			       g);
	if (!ret)
		conf->dh_group = (uint16_t)g;
	return ret;
}

static int parse_pfs(const char *text, struct ike_conf *conf,
		     struct missiu_diag *diag)
{
	long g;
	int ret = parse_number("-G", text, -1, 65535, &g, diag);

	if (!ret && g > 0 && !dh_supported((uint16_t)g))
		ret = diag_set(diag, MISSIU_EINVAL,
			       "-G: found group %ld, expected -1, 0, 14 to 21, "
			       "31 or 32",
			       g);
	if (!ret)
		conf->pfs_group = (int)g;
	return ret;
}

static int parse_fragment(const char *text, struct ike_conf *conf,
			  struct missiu_diag *diag)
{
	long n;
	int ret = parse_number("--fragment-size", text, 0, 65535, &n, diag);

	if (!ret && n && n < 256)
		ret = diag_set(diag, MISSIU_EINVAL,
			       "--fragment-size: found %ld, expected 0 or 256 "
			       "to 65535",
			       n);
	if (ret)
		return ret;
	conf->no_fragments = !n;
	conf->fragment_size = (uint32_t)n;
	return 0;
}

static int parse_childless(const char *text, struct ike_conf *conf,
			   struct missiu_diag *diag)
{
	static const char *const words[] = {
		[MISSIU_CHILDLESS_ALLOW] = "allow",
		[MISSIU_CHILDLESS_PREFER] = "prefer",
		[MISSIU_CHILDLESS_NEVER] = "never",
	};

	for (uint8_t i = MISSIU_CHILDLESS_ALLOW; i <= MISSIU_CHILDLESS_NEVER;
	     i++)
		if (!strcmp(text, words[i])) {
			conf->childless = i;
			return 0;
		}
	return diag_set(diag, MISSIU_EINVAL,
			"--childless: found '%s', expected allow, prefer or "
			"never",
			text);
}

static int parse_encap(const char *arg, struct ike_conf *conf,
		       struct missiu_diag *diag)
{
	static const struct {
		const char *word;
		uint8_t value;
	} words[] = { { "udp", MISSIU_ENCAP_UDP },
		      { "none", MISSIU_ENCAP_NONE },
		      { "auto", MISSIU_ENCAP_AUTO },
		      { "nat", MISSIU_ENCAP_NAT } };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(arg, words[i].word))
			continue;
		conf->encap = words[i].value;
		return 0;
	}
	return diag_set(diag, MISSIU_EINVAL,
			"--encap: found '%s', expected udp, none, auto or nat",
			arg);
}

static int parse_tcp(const char *arg, struct ike_conf *conf,
		     struct missiu_diag *diag)
{
	static const struct {
		const char *word;
		uint8_t value;
		bool open;
	} words[] = { { "never", MISSIU_TCP_NEVER, false },
		      { "answer", MISSIU_TCP_NEVER, true },
		      { "fallback", MISSIU_TCP_FALLBACK, true },
		      { "always", MISSIU_TCP_ALWAYS, true } };
	const size_t len = strcspn(arg, "=");
	long port = 4500;

	if (arg[len] &&
	    parse_number("--tcp", arg + len + 1, 1024, UINT16_MAX, &port, diag))
		return MISSIU_EINVAL;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strlen(words[i].word) != len ||
		    memcmp(arg, words[i].word, len) != 0)
			continue;
		conf->tcp = words[i].value;
		conf->tcp_port = words[i].open ? (uint16_t)port : 0;
		return 0;
	}
	return diag_set(diag, MISSIU_EINVAL,
			"--tcp: found '%s', expected never, answer, fallback "
			"or always, perhaps with =PORT",
			arg);
}

static int parse_redirect(const char *text, struct ike_conf *conf,
			  struct missiu_diag *diag)
{
	struct missiu_addr a;

	if (!addr_parse(text, &a) || addr_is_any(&a) || addr_is_multicast(&a))
		return diag_set(diag, MISSIU_EINVAL,
				"-r: found '%s', expected the address of a "
				"gateway",
				text);
	conf->redirect_to = a;
	return 0;
}

static int parse_version(const char *text, struct ike_conf *conf,
			 struct missiu_diag *diag)
{
	long v;

	(void)conf;
	if (!parse_number("-v", text, 2, 2, &v, diag))
		return 0;
	return diag_set(diag, MISSIU_EINVAL,
			"-v: found '%s', expected 2 (IKEv1 is not supported)",
			text);
}

static int parse_id(const char *text, struct ike_conf *conf,
		    struct missiu_diag *diag)
{
	return ike_id_parse(text, &conf->id, diag);
}

static const struct {
	int opt;
	int (*parse)(const char *text, struct ike_conf *conf,
		     struct missiu_diag *diag);
} others[] = {
	{ 'g', parse_group },
	{ 'G', parse_pfs },
	{ 'r', parse_redirect },
	{ 'v', parse_version },
	{ CLI_CHILDLESS, parse_childless },
	{ CLI_ID, parse_id },
	{ CLI_FRAGMENT, parse_fragment },
	{ CLI_ENCAP, parse_encap },
	{ CLI_TCP, parse_tcp },
};

int cli_value(int opt, const char *text, struct ike_conf *conf,
	      struct missiu_diag *diag)
{
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		if (numbers[i].opt == opt)
			return parse_plain(&numbers[i], text, conf, diag);
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		if (others[i].opt == opt)
			return others[i].parse(text, conf, diag);
	return diag_set(diag, MISSIU_EINVAL, "option without handler");
}
