/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pid file: a lock held for the daemon's whole life, so that a file left
 * behind by a killed daemon is known to be stale.
 */
#ifndef MISSIU_PIDFILE_H
#define MISSIU_PIDFILE_H

#include <limits.h>
#include <sys/types.h>

#include "missiu/engine.h"

struct pidfile {
	int fd; /**< -1: not ours */
	char path[PATH_MAX];
};

/**
 * pidfile_lock() - take the lock and write our pid
 * @path: created when missing
 * @p:    out; .fd is -1 on failure
 * @holder: out: pid of the daemon that has the lock; 0: not yet written
 *
 * Return: 0; MISSIU_EBUSY: held, see @holder; MISSIU_EPERM, MISSIU_EIO with
 * *@diag.
 */
int pidfile_lock(const char *path, struct pidfile *p, pid_t *holder,
		 struct missiu_diag *diag);

/** pidfile_remove() - remove the file and give up the lock */
void pidfile_remove(struct pidfile *p);

/**
 * pidfile_holder() - who holds the lock
 *
 * Return: 0 with *@pid; MISSIU_ENOENT when nobody does; MISSIU_EPERM when we
 * may not look.
 */
int pidfile_holder(const char *path, pid_t *pid);

#endif
