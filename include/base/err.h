/*
 * err - why something failed, as a value.
 *
 * A function that can fail takes a struct err last and returns false (or
 * NULL) after filling it.  Whoever handles the error says it once; a module
 * that returns an error does not log it.  The text is always one line of
 * printable UTF-8: whatever else a peer sent is quoted as '?'.
 */
#ifndef OTTERD_BASE_ERR_H
#define OTTERD_BASE_ERR_H

#include <stdbool.h>

enum { ERR_TEXT_SIZE = 512 }; /* bytes, with the final NUL */

enum err_code {
	ERR_NONE,
	ERR_INVALID,   /* the input is wrong */
	ERR_NOT_FOUND, /* the thing named does not exist */
	ERR_CONFLICT,  /* it exists already, or is in use */
	ERR_DENIED,    /* the caller may not do that */
	ERR_TOO_LARGE, /* over a bound */
	ERR_NO_SPACE,  /* the disk or a quota is full */
	ERR_MEMORY,    /* out of memory */
	ERR_BUSY,      /* try again later */
	ERR_SYSTEM     /* a system or library call failed */
};

struct err {
	enum err_code code;
	int sys; /* errno, or 0 */
	char text[ERR_TEXT_SIZE];
};

/* Fill *err from a printf format.  Always returns false. */
bool err_set(struct err *err, enum err_code code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * Fill *err from a printf format and errno, as "text: strerror".  The code
 * follows errno: ENOENT is ERR_NOT_FOUND, EEXIST is ERR_CONFLICT, ENOSPC and
 * EDQUOT are ERR_NO_SPACE, EFBIG is ERR_TOO_LARGE, ENOMEM is ERR_MEMORY, all
 * others ERR_SYSTEM.  Always returns false.
 */
bool err_sys(struct err *err, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Put "text: " before the reason that *err holds.  Always returns false. */
bool err_wrap(struct err *err, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Fill *err for a failed allocation.  Always returns false. */
bool err_memory(struct err *err);

/*
 * Fill *err with "text: " and the oldest error in this thread's OpenSSL error
 * queue, which is emptied.  Always returns false.
 */
bool err_openssl(struct err *err, enum err_code code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif
