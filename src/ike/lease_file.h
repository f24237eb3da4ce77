/* SPDX-License-Identifier: Apache-2.0 */
/* The file that leases are kept in while ike does not run. */
#ifndef IKE_LEASE_FILE_H
#define IKE_LEASE_FILE_H

#include "ike/core.h"

struct lease_file {
	char path[108];
	uint64_t version;    /* of the core's leases, as written */
	missiu_usec next_us; /* not before that, again */
	bool complained;
};

/**
 * lease_file_load() - read it, if there is one
 * @iface: names the file
 *
 * A file that is not ours, or that others may write, is not read.
 */
void lease_file_load(struct lease_file *f, const char *iface, struct ike *ike);

/**
 * lease_file_save() - write it when something has changed, at most once a second
 * @now: UINT64_MAX: in any case
 *
 * The file is replaced as a whole. Return: when to call again; UINT64_MAX:
 * after the next change.
 */
missiu_usec lease_file_save(struct lease_file *f, const struct ike *ike,
			    missiu_usec now);

#endif
