/*
 * GET and HEAD /images/SHA256 - an image's bytes, whole or in ranges.
 *
 * An old device reads heads into 512 bytes (see README.md) and erases its
 * flash on anything but success, so heads are short and so are refusals.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/hex.h"
#include "http/condition.h"
#include "http/multipart.h"
#include "http/range.h"
#include "http/request.h"
#include "http/route.h"

enum { BLOCK_SIZE = 32 * 1024 }; /* bytes of a multipart read at once */

#define IMAGE_TYPE "application/octet-stream"

/* The strings that describe an image in a head. */
struct labels {
	char etag[DIGEST_HEX_SIZE + 2];
	char modified[CLOCK_TEXT_SIZE];
};

static void label(struct labels *labels, const struct released_image *image)
{
	labels->etag[0] = '"';
	digest_hex(&image->sha256, labels->etag + 1);
	labels->etag[DIGEST_HEX_SIZE] = '"';
	labels->etag[DIGEST_HEX_SIZE + 1] = '\0';
	clock_http_date(image->modified, labels->modified);
}

/* What a 304 has too, RFC 9110 section 15.4.5. */
static void add_validators(struct request *r, const struct labels *labels)
{
	reply_header(r, MHD_HTTP_HEADER_ETAG, labels->etag);
	reply_header(r, MHD_HTTP_HEADER_LAST_MODIFIED, labels->modified);
	reply_header(r, MHD_HTTP_HEADER_CACHE_CONTROL,
		     "public, max-age=31536000, immutable");
}

/* RFC 9530 section 3: the digest of the whole image, also beside a range. */
static void add_digest(struct request *r, const struct digest *sha256)
{
	char text[sizeof("sha-256=::") + BASE64_SIZE(DIGEST_SIZE)] =
		"sha-256=:";
	size_t len = strlen(text);

	base64_encode(sha256->bytes, DIGEST_SIZE, text + len);
	len = strlen(text);
	text[len] = ':';
	text[len + 1] = '\0';
	reply_header(r, "Repr-Digest", text);
}

static void add_range(struct request *r, const struct byte_range *range,
		      uint64_t size)
{
	char text[96];

	snprintf(text, sizeof(text), "bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64,
		 range->first, range->first + range->length - 1, size);
	reply_header(r, MHD_HTTP_HEADER_CONTENT_RANGE, text);
}

static ssize_t read_block(void *cls, uint64_t pos, char *buf, size_t max)
{
	int64_t n = multipart_read(cls, pos, buf, max);

	return n > 0 ? (ssize_t)n : MHD_CONTENT_READER_END_WITH_ERROR;
}

static void free_multipart(void *cls)
{
	multipart_free(cls);
}

/* Answer with one range of the file, which is closed with the response. */
static void send_file(struct request *r, unsigned int status, int fd,
		      const struct byte_range *range)
{
	struct MHD_Response *response = MHD_create_response_from_fd_at_offset64(
		range->length, fd, range->first);

	if (!response)
		close(fd);
	reply_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, IMAGE_TYPE);
	reply_response(r, status, response);
}

static void send_ranges(struct request *r, int fd, uint64_t size,
			const struct byte_range *ranges, size_t count)
{
	struct MHD_Response *response;
	struct multipart *m;
	struct err err;

	if (!multipart_new(&m, fd, size, ranges, count, IMAGE_TYPE, &err)) {
		reply_err(r, MHD_HTTP_INTERNAL_SERVER_ERROR, &err);
		return;
	}
	reply_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, multipart_type(m));
	response = MHD_create_response_from_callback(
		multipart_length(m), BLOCK_SIZE, read_block, m, free_multipart);
	if (!response)
		multipart_free(m);
	reply_response(r, MHD_HTTP_PARTIAL_CONTENT, response);
}

static void unsatisfiable(struct request *r, uint64_t size)
{
	char text[48];

	snprintf(text, sizeof(text), "bytes */%" PRIu64, size);
	reply_header(r, MHD_HTTP_HEADER_CONTENT_RANGE, text);
	reply_problem(r, MHD_HTTP_RANGE_NOT_SATISFIABLE,
		      "the image has %" PRIu64 " bytes", size);
}

/* Open the file; its size must be what the catalog says. */
static bool open_image(struct request *r, const struct released_image *image,
		       int *fd)
{
	int64_t modified;
	uint64_t size;
	struct err err;

	if (!blob_open(r->app->blobs, &image->sha256, fd, &size, &modified,
		       &err)) {
		reply_problem(r, MHD_HTTP_INTERNAL_SERVER_ERROR, "%s",
			      err.text);
		return false;
	}
	if (size == image->size)
		return true;
	close(*fd);
	reply_problem(r, MHD_HTTP_INTERNAL_SERVER_ERROR,
		      "the stored image has %" PRIu64 " bytes, not %" PRIu64,
		      size, image->size);
	return false;
}

static void send_image(struct request *r, const struct released_image *image,
		       const struct labels *labels, const char *range)
{
	struct byte_range ranges[RANGE_MAX];
	const struct byte_range whole = {0, image->size};
	enum range_outcome outcome = RANGE_IGNORE;
	size_t count = 0;
	int fd;

	if (range)
		outcome = range_parse(range, image->size, ranges, &count);
	if (outcome == RANGE_UNSATISFIABLE) {
		unsatisfiable(r, image->size);
		return;
	}
	if (!open_image(r, image, &fd))
		return;
	add_validators(r, labels);
	add_digest(r, &image->sha256);
	reply_header(r, MHD_HTTP_HEADER_ACCEPT_RANGES, "bytes");
	if (outcome == RANGE_IGNORE) {
		send_file(r, MHD_HTTP_OK, fd, &whole);
	} else if (count > 1) {
		send_ranges(r, fd, image->size, ranges, count);
	} else {
		add_range(r, &ranges[0], image->size);
		send_file(r, MHD_HTTP_PARTIAL_CONTENT, fd, &ranges[0]);
	}
}

static void handle(struct request *r)
{
	const struct condition_headers headers = {
		request_header(r, MHD_HTTP_HEADER_IF_MATCH),
		request_header(r, MHD_HTTP_HEADER_IF_NONE_MATCH),
		request_header(r, MHD_HTTP_HEADER_IF_MODIFIED_SINCE),
		request_header(r, MHD_HTTP_HEADER_IF_UNMODIFIED_SINCE),
		request_header(r, MHD_HTTP_HEADER_IF_RANGE),
	};
	const struct released_image *image;
	const char *range = NULL;
	struct condition_state state;
	struct labels labels;
	struct digest id;

	image = digest_parse(&id, r->params[0], strlen(r->params[0]))
			? catalog_image(r->view->catalog, &id)
			: NULL;
	if (!image) {
		reply_problem(r, MHD_HTTP_NOT_FOUND, "no such image");
		return;
	}
	label(&labels, image);
	state = (struct condition_state){labels.etag, image->modified,
					 clock_utc()};
	/* Range is defined for GET alone, RFC 9110 section 14.2. */
	if (strcmp(r->method, MHD_HTTP_METHOD_GET) == 0 &&
	    condition_range_allowed(&headers, &state))
		range = request_header(r, MHD_HTTP_HEADER_RANGE);
	switch (condition_check(&headers, &state)) {
	case CONDITION_NOT_MODIFIED:
		add_validators(r, &labels);
		reply_unmodified(r, image->size);
		return;
	case CONDITION_FAILED:
		reply_problem(r, MHD_HTTP_PRECONDITION_FAILED,
			      "the image is another one");
		return;
	case CONDITION_PROCEED:
		send_image(r, image, &labels, range);
		return;
	}
}

static const struct route rows[] = {
	{.method = "GET",
	 .pattern = "/images/:",
	 .name = "images",
	 .role = ROLE_NONE,
	 .handle = handle},
};

const struct route_table download_routes = {rows, sizeof(rows) / sizeof(*rows)};
