/*
 * manifest - what the server says there is to install, once it is trusted.
 */
#ifndef DEVICE_MANIFEST_H
#define DEVICE_MANIFEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "fault.h"
#include "trust.h"

struct manifest {
	json_t *json; /* owns the strings below */
	const char *reason;
	json_int_t serial;
	json_int_t poll_after; /* seconds */
	bool update;	       /* the rest is set */
	json_int_t release;
	const char *version;
	json_int_t size; /* bytes */
	const char *sha256;
	const char *path;   /* of the URL */
	json_t *signatures; /* an array of objects */
};

/* What the manifest must agree with. */
struct manifest_expect {
	const char *product;
	const char *device;
	json_int_t serial; /* the least */
	int64_t now;	   /* UTC seconds */
};

/* Check the Manifest-Signature field over exactly these bytes. */
bool manifest_check(const struct trust *key, const char *field,
		    const char *body, size_t len, struct fault *fault);

/* Read a checked body.  manifest_drop() frees it. */
bool manifest_read(struct manifest *m, const char *body, size_t len,
		   const struct manifest_expect *expect, struct fault *fault);
void manifest_drop(struct manifest *m);

/*
 * Check the image in `file` by the first of the manifest's signatures that
 * `key` can have made.  *signer and *algorithm borrow from the manifest.
 */
bool manifest_check_image(const struct manifest *m, const struct trust *key,
			  FILE *file, const char **signer,
			  const char **algorithm, struct fault *fault);

#endif
