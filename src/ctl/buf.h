/* SPDX-License-Identifier: Apache-2.0 */
/* Growable output of the control layer; may hold secrets, so it is wiped. */
#ifndef CTL_BUF_H
#define CTL_BUF_H

#include "common/wr.h"
#include "ctl/serve.h"

/**
 * ctl_buf_room() - make room for more bytes
 * @b: buffer, zero-initialised at first
 * @n: bytes that are about to be appended
 *
 * Old memory is wiped when the buffer moves. Never more than CTL_ARG_MAX.
 * Return: a writer of exactly @n bytes at the end; give it to ctl_buf_commit().
 * Without memory its overflow flag is set already.
 */
struct wr ctl_buf_room(struct ctl_buf *b, size_t n);

/**
 * ctl_buf_commit() - keep what was written
 *
 * Return: false when the writer overflowed; then nothing is kept.
 */
bool ctl_buf_commit(struct ctl_buf *b, const struct wr *w);

/** ctl_buf_fini() - wipe and free; the buffer is empty afterwards */
void ctl_buf_fini(struct ctl_buf *b);

#endif
