/* SPDX-License-Identifier: Apache-2.0 */
/* Error codes of the library: 0 is success, errors are negative. */
#ifndef MISSIU_ERR_H
#define MISSIU_ERR_H

/* name, value, text */
#define MISSIU_ERRORS(X)                                                       \
	X(EINVAL, -1, "invalid argument")                                      \
	X(ENOMEM, -2, "out of memory")                                         \
	X(ENOENT, -3, "not found")                                             \
	X(EEXIST, -4, "already exists")                                        \
	X(ESHORT, -5, "message too short")                                     \
	X(EPROTO, -6, "malformed message")                                     \
	X(EAUTH, -7, "authentication failed")                                  \
	X(EPAD, -8, "bad padding")                                             \
	X(EREPLAY, -9, "replayed or too old")                                  \
	X(EFULL, -10, "no room left")                                          \
	X(EUNSUP, -11, "not supported")                                        \
	X(EPERM, -12, "not permitted")                                         \
	X(EBUSY, -13, "busy")                                                  \
	X(EIO, -14, "input/output error")                                      \
	X(ETIME, -15, "timed out")                                             \
	X(EAGAIN, -16, "try again")                                            \
	X(ERANDOM, -17, "random source failed")                                \
	X(ECRYPTO, -18, "cryptographic operation failed")                      \
	X(ECONN, -19, "daemon not running")                                    \
	X(EKEYLEN, -20, "key length does not fit the algorithm")

enum missiu_err {
#define X(name, value, text) MISSIU_##name = value,
	MISSIU_ERRORS(X)
#undef X
};

/**
 * missiu_strerror() - text of an error
 * @err: a value of enum missiu_err, or 0
 *
 * Return: a static string, never NULL.
 */
const char *missiu_strerror(int err);

#endif
