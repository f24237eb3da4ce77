/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nftables as the guard needs it: transactions in text by libnftables; figures
 * and news by nfnetlink, which costs less and reads nobody else's tables.
 */
#ifndef MISSIU_GUARD_NFT_H
#define MISSIU_GUARD_NFT_H

#include "missiu/guard_rules.h"

struct guard_nft; /* opaque */

/**
 * guard_nft_open() - get ready
 * @out: out
 *
 * Return: 0; MISSIU_EUNSUP, MISSIU_ENOMEM with *@diag.
 */
int guard_nft_open(struct guard_nft **out, struct missiu_diag *diag);

/** guard_nft_close() - NULL is fine */
void guard_nft_close(struct guard_nft *n);

/**
 * guard_nft_run() - one transaction, all or nothing
 * @text: commands
 *
 * Return: 0; MISSIU_EPERM, MISSIU_EIO with *@diag: the first line of what
 * libnftables says.
 */
int guard_nft_run(struct guard_nft *n, const char *text,
		  struct missiu_diag *diag);

/** guard_nft_has() - whether there is a netdev table of this name */
bool guard_nft_has(struct guard_nft *n, const char *table);

/**
 * guard_nft_hooked() - whether a base chain sits at a device
 * @table, @chain: the chain
 * @device: what the device is called now; hooks may be bound to the name, so
 *          that a renamed device has lost them
 */
bool guard_nft_hooked(struct guard_nft *n, const char *table, const char *chain,
		      const char *device);

/**
 * guard_nft_counters() - read the named counters of a table
 * @dropped: out; 0 for those that are not there
 */
void guard_nft_counters(struct guard_nft *n, const char *table,
			uint64_t dropped[GUARD_COUNTERS_MAX]);

/**
 * guard_nft_watch() - subscribe to changes of the rule set
 *
 * Return: a descriptor that becomes readable at any change; -1 when that does
 * not work. Belongs to @n.
 */
int guard_nft_watch(struct guard_nft *n);

/**
 * guard_nft_removed() - read the news
 *
 * Return: true when tables or chains were removed, no matter whose, or when
 * some news are lost.
 */
bool guard_nft_removed(struct guard_nft *n);

#endif
