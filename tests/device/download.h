/*
 * download - an image from the server into a file.
 */
#ifndef DEVICE_DOWNLOAD_H
#define DEVICE_DOWNLOAD_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "exchange.h"
#include "fault.h"

struct download {
	struct exchange *x;
	const char *path;
	const char *etag;   /* without its quotes; for If-Range */
	uint64_t size;	    /* bytes of the image */
	uint64_t cut_after; /* lose the connection once after so many bytes;
			       0 never */
	FILE *file;
	uint64_t at;	       /* bytes in the file */
	unsigned int requests; /* sent so far */
};

/*
 * In ranges of 4 KiB over a kept connection.  A connection that ends is made
 * anew and the download goes on where it was.
 */
bool download_ranges(struct download *d, struct fault *fault);

/*
 * As esp_https_ota of ESP-IDF v3.2: one GET, read in pieces of 512 bytes, the
 * status never looked at.  `size` is set from the answer's length.
 */
bool download_whole(struct download *d, struct fault *fault);

#endif
