/* SPDX-License-Identifier: Apache-2.0 */
#include "ike/lease_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "ctl/sock.h"
#include "ike/run_file.h"

#define PREFIX	 "ike.leases."
#define PAUSE_US 1000000u

void lease_file_load(struct lease_file *f, const char *iface, struct ike *ike)
{
	char *text;
	unsigned line;
	size_t n;

	*f = (struct lease_file){ .version = ike_leases_version(ike) };
	if (!ctl_path(f->path, sizeof(f->path), PREFIX, iface)) {
		f->path[0] = '\0';
		return;
	}
	text = run_file_read(f->path);
	if (!text)
		return;
	n = ike_leases_load(ike, text, &line);
	free(text);
	f->version = ike_leases_version(ike);
	log_info(ike, "%zu leases of %s", n, f->path);
	if (line)
		log_warn(ike, "%s:%u: found no lease there", f->path, line);
}

missiu_usec lease_file_save(struct lease_file *f, const struct ike *ike,
			    missiu_usec now)
{
	const uint64_t version = ike_leases_version(ike);
	char *text;

	if (version == f->version || !f->path[0])
		return UINT64_MAX;
	if (now < f->next_us)
		return f->next_us;
	text = ike_leases_text(ike);
	if (text && run_file_replace(f->path, text)) {
		f->complained = false;
	} else if (!f->complained) {
		log_warn(ike, "leases cannot be kept in %s: %s", f->path,
			 strerror(errno));
		f->complained = true;
	}
	free(text);
	f->version = version;
	f->next_us = now + PAUSE_US;
	return UINT64_MAX;
}
