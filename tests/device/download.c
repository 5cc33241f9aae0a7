#include "download.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

enum { PART = 4096, WHOLE_PIECE = 512, TRIES = 10, RETRY_MS = 100 };

static bool store(struct download *d, const char *data, size_t len,
		  struct fault *fault)
{
	if (fwrite(data, 1, len, d->file) != len)
		return fault_set(fault, DEVICE_SELF, "write: %s",
				 strerror(errno));
	d->at += len;
	return true;
}

/* Bytes that may be read before the connection is to be lost. */
static size_t before_cut(const struct download *d, size_t want)
{
	uint64_t left = d->cut_after - d->at;

	return d->cut_after > d->at && left < want ? (size_t)left : want;
}

static bool cut_due(struct download *d)
{
	if (d->cut_after == 0 || d->at < d->cut_after)
		return false;
	d->cut_after = 0;
	return true;
}

static bool read_body(struct download *d, size_t piece, struct fault *fault)
{
	char data[PART];
	size_t got;

	while (d->x->left > 0) {
		if (!exchange_read(d->x, data, before_cut(d, piece), &got,
				   fault) ||
		    !store(d, data, got, fault))
			return false;
		if (cut_due(d)) {
			link_cut(d->x->link);
			return fault_set(fault, DEVICE_NETWORK,
					 "lost the connection");
		}
	}
	exchange_end(d->x);
	return true;
}

static bool check_part(const struct download *d, uint64_t first, uint64_t last,
		       struct fault *fault)
{
	char want[96], have[96];

	if (d->x->status != 206)
		return fault_set(fault, DEVICE_HTTP, "status %d for a range",
				 d->x->status);
	snprintf(want, sizeof(want), "bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64,
		 first, last, d->size);
	if (!exchange_field(d->x, "Content-Range", have, sizeof(have)) ||
	    strcmp(have, want) != 0)
		return fault_set(fault, DEVICE_HTTP, "Content-Range is not %s",
				 want);
	if (d->x->length != last - first + 1)
		return fault_set(fault, DEVICE_HTTP, "%" PRIu64 " bytes for %s",
				 d->x->length, want);
	return true;
}

static bool fetch_part(struct download *d, struct fault *fault)
{
	uint64_t left = d->size - d->at;
	uint64_t first = d->at;
	uint64_t last = first + (left < PART ? left : PART) - 1;
	char fields[256];

	snprintf(fields, sizeof(fields),
		 "Range: bytes=%" PRIu64 "-%" PRIu64 "\r\n"
		 "If-Range: \"%s\"\r\n",
		 first, last, d->etag);
	d->requests++;
	return exchange_start_image(d->x, d->path, fields, fault) &&
	       check_part(d, first, last, fault) && read_body(d, PART, fault);
}

static void rest(unsigned int ms)
{
	const struct timespec time = {
		.tv_sec = ms / 1000,
		.tv_nsec = (long)(ms % 1000) * 1000000,
	};

	nanosleep(&time, NULL);
}

bool download_ranges(struct download *d, struct fault *fault)
{
	unsigned int tries = 0;

	while (d->at < d->size) {
		uint64_t before = d->at;

		if (fetch_part(d, fault))
			continue;
		if (fault->exit != DEVICE_NETWORK)
			return false;
		link_cut(d->x->link);
		tries = d->at > before ? 0 : tries + 1;
		if (tries == TRIES)
			return false;
		rest(tries * RETRY_MS);
	}
	return true;
}

bool download_whole(struct download *d, struct fault *fault)
{
	d->requests++;
	if (!exchange_start_image(d->x, d->path, "", fault))
		return false;
	d->size = d->x->length;
	return read_body(d, WHOLE_PIECE, fault);
}
