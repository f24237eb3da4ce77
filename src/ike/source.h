/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What peers' credentials need from elsewhere: revocation lists and OCSP
 * responses, by URLs that the operator wrote. The core says what it wants;
 * whoever fetches it hands it in.
 */
#ifndef IKE_SOURCE_H
#define IKE_SOURCE_H

#include "ike/cred.h"

/** Something to be fetched; borrowed until peers are loaded again. */
struct ike_source {
	const char *url;
	bool ocsp;	  /* else a revocation list */
	struct chunk ask; /* OCSP: the request to post */
};

/** What was handed in last, for people. */
struct ike_source_info {
	char about[CERT_NAME_MAX]; /* the list's issuer, or our certificate */
	char number[64];	   /* of the list; "": none */
	bool revoked;		   /* OCSP: it says so of us */
	int64_t from_s, to_s;	   /* Unix time; to_s 0: open end */
};

/** ike_source_next() - walk them; the same may come for several peers */
bool ike_source_next(const struct ike *ike, size_t *cursor,
		     struct ike_source *out);

/** ike_source_same() - the same URL and question */
bool ike_source_same(const struct ike_source *a, const struct ike_source *b);

/**
 * ike_source_data() - what was fetched, for all peers that want it
 * @data, @len: any bytes at all
 * @info: out on success
 * @diag: out: why it was not taken; the old one stays
 *
 * Return: 0; as trust_put_list(), ocsp_check() and cred_add_ocsp();
 * MISSIU_ENOENT: nobody wants it any longer.
 */
int ike_source_data(struct ike *ike, const struct ike_source *src,
		    const void *data, size_t len, struct ike_source_info *info,
		    struct missiu_diag *diag);

#endif
