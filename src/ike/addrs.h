/* SPDX-License-Identifier: Apache-2.0 */
/* Which addresses this host has, and the news that they, or routes, change. */
#ifndef IKE_ADDRS_H
#define IKE_ADDRS_H

#include <stddef.h>

#include "missiu/engine.h"

/**
 * addrs_open() - hear of changes of addresses, links and routes
 * @fd:   out: readable when there is news; the caller closes it
 * @diag: out
 *
 * Return: 0, MISSIU_EIO.
 */
int addrs_open(int *fd, struct missiu_diag *diag);

/** addrs_news() - read and forget all news; they say only that it is time to look */
void addrs_news(int fd);

/**
 * addrs_list() - addresses of interfaces that are up, but for link-local ones
 * @iface: only of this interface; NULL: of all
 * @v, @max: out
 *
 * Return: how many.
 */
size_t addrs_list(const char *iface, struct missiu_addr *v, size_t max);

#endif
