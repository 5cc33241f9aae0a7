#include "fault.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <mbedtls/error.h>

bool fault_set(struct fault *fault, enum device_exit exit, const char *fmt, ...)
{
	va_list args;

	fault->exit = exit;
	va_start(args, fmt);
	vsnprintf(fault->text, sizeof(fault->text), fmt, args);
	va_end(args);
	return false;
}

bool fault_mbedtls(struct fault *fault, enum device_exit exit, int code,
		   const char *fmt, ...)
{
	char reason[128];
	size_t used;
	va_list args;

	fault->exit = exit;
	va_start(args, fmt);
	vsnprintf(fault->text, sizeof(fault->text), fmt, args);
	va_end(args);
	mbedtls_strerror(code, reason, sizeof(reason));
	used = strlen(fault->text);
	snprintf(fault->text + used, sizeof(fault->text) - used, ": -0x%04x %s",
		 (unsigned int)-code, reason);
	return false;
}
