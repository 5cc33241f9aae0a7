/*
 * fault - why the device gave up: its exit status and one line of text.
 */
#ifndef DEVICE_FAULT_H
#define DEVICE_FAULT_H

#include <stdbool.h>

/* Exit statuses, which tests rely on. */
enum device_exit {
	DEVICE_OK,
	DEVICE_SELF,	 /* its own files or memory */
	DEVICE_USAGE,	 /* wrong options */
	DEVICE_NETWORK,	 /* no connection, or it ended or stalled */
	DEVICE_TLS,	 /* the handshake failed */
	DEVICE_HTTP,	 /* an answer that is not what was asked for */
	DEVICE_MANIFEST, /* a manifest it must not trust */
	DEVICE_IMAGE	 /* an image it must not boot */
};

struct fault {
	enum device_exit exit;
	char text[256];
};

/* Fill *fault.  Always returns false. */
bool fault_set(struct fault *fault, enum device_exit exit, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* The same, with mbedTLS's words for its error code after it. */
bool fault_mbedtls(struct fault *fault, enum device_exit exit, int code,
		   const char *fmt, ...) __attribute__((format(printf, 4, 5)));

#endif
