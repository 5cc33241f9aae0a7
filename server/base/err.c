#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <openssl/err.h>

#include "base/utf8.h"

/* Bytes of a reason that are always shown, before what it is about. */
enum { REASON_MAX = ERR_TEXT_SIZE / 2 };

/* What a peer sent may be quoted in it. */
static void put(struct err *err, const char *fmt, va_list args)
{
	vsnprintf(err->text, sizeof(err->text), fmt, args);
	utf8_mend(err->text);
}

/* The reason matters more than what it is about, however long that is. */
static void append(struct err *err, const char *reason)
{
	size_t used = strlen(err->text);
	size_t len = strnlen(reason, REASON_MAX);

	if (used > sizeof(err->text) - sizeof(": ") - len)
		used = sizeof(err->text) - sizeof(": ") - len;
	snprintf(err->text + used, sizeof(err->text) - used, ": %s", reason);
	utf8_mend(err->text);
}

bool err_set(struct err *err, enum err_code code, const char *fmt, ...)
{
	va_list args;

	err->code = code;
	err->sys = 0;
	va_start(args, fmt);
	put(err, fmt, args);
	va_end(args);
	return false;
}

static enum err_code code_of(int sys)
{
	switch (sys) {
	case ENOENT:
		return ERR_NOT_FOUND;
	case EEXIST:
		return ERR_CONFLICT;
	case ENOSPC:
	case EDQUOT:
		return ERR_NO_SPACE;
	case EFBIG:
		return ERR_TOO_LARGE;
	case ENOMEM:
		return ERR_MEMORY;
	}
	return ERR_SYSTEM;
}

bool err_sys(struct err *err, const char *fmt, ...)
{
	int sys = errno;
	char reason[128];
	va_list args;

	va_start(args, fmt);
	put(err, fmt, args);
	va_end(args);
	append(err, strerror_r(sys, reason, sizeof(reason)));
	err->code = code_of(sys);
	err->sys = sys;
	return false;
}

bool err_wrap(struct err *err, const char *fmt, ...)
{
	char reason[ERR_TEXT_SIZE];
	va_list args;

	memcpy(reason, err->text, sizeof(reason));
	va_start(args, fmt);
	put(err, fmt, args);
	va_end(args);
	append(err, reason);
	return false;
}

bool err_memory(struct err *err)
{
	return err_set(err, ERR_MEMORY, "out of memory");
}

bool err_openssl(struct err *err, enum err_code code, const char *fmt, ...)
{
	unsigned long first = ERR_get_error();
	const char *reason = NULL;
	char room[128];
	va_list args;

	va_start(args, fmt);
	put(err, fmt, args);
	va_end(args);
	if (ERR_SYSTEM_ERROR(first))
		reason = strerror_r(ERR_GET_REASON(first), room, sizeof(room));
	else if (first)
		reason = ERR_reason_error_string(first);
	append(err, reason ? reason : "no reason given");
	err->code = code;
	err->sys = 0;
	ERR_clear_error();
	return false;
}
