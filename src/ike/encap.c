/* SPDX-License-Identifier: Apache-2.0 */
#include "ike/encap.h"

#include <string.h>

/* Half of SHA-256("missiu: ESP in UDP is what I am fastest with"). */
static const uint8_t mark[16] = { 0xb3, 0xb4, 0x23, 0x6e, 0x53, 0x15,
				  0x98, 0xb4, 0x7f, 0x9c, 0x05, 0xb8,
				  0xaa, 0xc1, 0xb1, 0xfb };

const char *encap_why_text(uint8_t why)
{
	static const char *const texts[] = {
		[ENCAP_NO_NAT] = "no NAT",
		[ENCAP_NAT] = "NAT",
		[ENCAP_ASKED] = "configured",
		[ENCAP_FASTER] = "faster, and both sides prefer it",
		[ENCAP_NEVER] = "configured",
		[ENCAP_CANNOT] = "the peer has no NAT traversal",
		[ENCAP_TCP] = "over TCP",
	};

	return why < sizeof(texts) / sizeof(texts[0]) ? texts[why] : "?";
}

static bool marked(const struct ike_msg *m)
{
	for (uint8_t i = 0; i < m->n_vendor; i++)
		if (m->vendor[i].len == sizeof(mark) &&
		    !memcmp(m->vendor[i].p, mark, sizeof(mark)))
			return true;
	return false;
}

int encap_put(struct ike_build *b, const struct ike_peer *peer,
	      const struct ike_hdr *h, const struct ike_end *local,
	      const struct ike_end *remote, const struct ike_msg *req)
{
	const bool ours = peer->encap == MISSIU_ENCAP_AUTO;
	const bool both = ours && req && marked(req);
	struct ike_end source = *local;

	if (peer->encap == MISSIU_ENCAP_NONE)
		return 0; /* nobody looks for a NAT then */
	if (local->via)	  /* the ports are known, and there is no choice */
		return ike_natd_put(b, h, local, remote);
	/* A source that cannot match: the peer takes us for behind a NAT. */
	if (both || peer->encap == MISSIU_ENCAP_UDP)
		source.port = 0;
	if (both || (ours && !req))
		ike_put_raw(b, IKE_P_VENDOR, mark, sizeof(mark));
	return ike_natd_put(b, h, &source, remote);
}

/* The first that holds. */
static uint8_t why_of(const struct ike_sa *sa, const struct ike_natd *natd,
		      const struct ike_msg *m)
{
	const uint8_t encap = sa->peer->encap;

	if (sa->remote.via)
		return ENCAP_TCP;
	if (encap == MISSIU_ENCAP_NONE)
		return ENCAP_NEVER;
	if (!natd->supported)
		return ENCAP_CANNOT;
	if (encap == MISSIU_ENCAP_UDP)
		return ENCAP_ASKED;
	if (encap == MISSIU_ENCAP_AUTO && marked(m))
		return ENCAP_FASTER;
	return natd->nat_local || natd->nat_remote ? ENCAP_NAT : ENCAP_NO_NAT;
}

void encap_take(struct ike_sa *sa, const struct ike_natd *natd,
		const struct ike_msg *m)
{
	sa->encap_why = why_of(sa, natd, m);
	if (sa->encap_why == ENCAP_NEVER)
		return;
	sa->natt = natd->supported;
	sa->nat_local = natd->nat_local;
	sa->nat_remote = natd->nat_remote;
	sa->encap = sa->encap_why == ENCAP_NAT || sa->encap_why == ENCAP_TCP ||
		    sa->encap_why == ENCAP_ASKED ||
		    sa->encap_why == ENCAP_FASTER;
}

/* Not because of what the addresses are. */
static bool pretended(const struct ike_sa *sa)
{
	return sa->encap_why == ENCAP_ASKED || sa->encap_why == ENCAP_FASTER;
}

void encap_moved(struct ike_sa *sa, bool was_tcp)
{
	if (sa->remote.via)
		sa->encap_why = ENCAP_TCP;
	else if (was_tcp)
		sa->encap_why = sa->peer->encap == MISSIU_ENCAP_UDP ?
					ENCAP_ASKED :
					ENCAP_NAT;
	else
		return;
	sa->encap = true;
}

int encap_put_again(struct ike_build *b, const struct ike_sa *sa,
		    const struct ike_hdr *h)
{
	struct ike_end source = sa->local;

	if (pretended(sa))
		source.port = 0;
	return ike_natd_put(b, h, &source, &sa->remote);
}

void encap_take_again(struct ike_sa *sa, const struct ike_msg *m,
		      const struct ike_end *local, const struct ike_end *remote)
{
	struct ike_natd natd;

	if (ike_natd_check(m, local, remote, &natd) || !natd.supported)
		return;
	sa->nat_local = natd.nat_local;
	sa->nat_remote = natd.nat_remote;
	if (pretended(sa) || sa->remote.via)
		return;
	sa->encap = natd.nat_local || natd.nat_remote;
	sa->encap_why = sa->encap ? ENCAP_NAT : ENCAP_NO_NAT;
}
