#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <openssl/err.h>

static void append(struct err *err, const char *text)
{
	size_t used = strlen(err->text);

	snprintf(err->text + used, sizeof(err->text) - used, ": %s", text);
}

bool err_set(struct err *err, enum err_code code, const char *fmt, ...)
{
	va_list args;

	err->code = code;
	err->sys = 0;
	va_start(args, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, args);
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
	vsnprintf(err->text, sizeof(err->text), fmt, args);
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
	vsnprintf(err->text, sizeof(err->text), fmt, args);
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
	char reason[256] = "no reason given";
	va_list args;

	va_start(args, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, args);
	va_end(args);
	if (first && ERR_reason_error_string(first))
		snprintf(reason, sizeof(reason), "%s",
			 ERR_reason_error_string(first));
	append(err, reason);
	err->code = code;
	err->sys = 0;
	ERR_clear_error();
	return false;
}
