/*
 * The real file; what a request offers, the catalog and the store are played
 * by this test, which sees what is replied.
 */
#include "http/download.c"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "base/strbuf.h"

#define HEX    "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define ETAG   "\"" HEX "\""
#define DATE   "Sat, 21 Nov 2026 04:00:00 GMT"
#define DIGEST "sha-256=:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=:"
#define BASE                                   \
	"ETag: " ETAG "\nLast-Modified: " DATE \
	"\nCache-Control: public, max-age=31536000, immutable\n"
#define WHOLE BASE "Repr-Digest: " DIGEST "\nAccept-Ranges: bytes\n"
#define TYPE  "Content-Type: application/octet-stream\n"

enum { SIZE = 1000, MODIFIED = 1795233600 };

/* Request headers of the row under test. */
struct sent {
	const char *name;
	const char *value;
};

/* What came of it. */
static struct {
	const struct sent *sent;
	bool stored;
	uint64_t stored_size;
	struct strbuf headers;
	unsigned int status;
	int replies;
	struct MHD_Response *response;
} play;

static struct released_image image;

const char *request_header(const struct request *r, const char *name)
{
	(void)r;
	for (const struct sent *s = play.sent; s->name; s++) {
		if (strcmp(s->name, name) == 0)
			return s->value;
	}
	return NULL;
}

const struct released_image *catalog_image(const struct catalog *catalog,
					   const struct digest *sha256)
{
	(void)catalog;
	return digest_equal(sha256, &image.sha256) ? &image : NULL;
}

bool blob_open(struct blob_store *store, const struct digest *id, int *fd,
	       uint64_t *size, int64_t *modified, struct err *err)
{
	(void)store;
	assert_true(digest_equal(id, &image.sha256));
	*fd = -1;
	if (!play.stored) {
		errno = ENOENT;
		return err_sys(err, "image");
	}
	*fd = memfd_create("image", MFD_CLOEXEC);
	assert_true(*fd >= 0);
	assert_int_equal(ftruncate(*fd, (off_t)play.stored_size), 0);
	*size = play.stored_size;
	*modified = 0;
	return true;
}

void reply_header(struct request *r, const char *name, const char *value)
{
	(void)r;
	strbuf_printf(&play.headers, "%s: %s\n", name, value);
}

void reply_response(struct request *r, unsigned int status,
		    struct MHD_Response *response)
{
	(void)r;
	play.status = status;
	play.response = response;
	play.replies++;
}

void reply_empty(struct request *r, unsigned int status)
{
	reply_response(r, status, NULL);
}

void reply_unmodified(struct request *r, uint64_t size)
{
	assert_int_not_equal(size, 0);
	reply_response(r, MHD_HTTP_NOT_MODIFIED, NULL);
}

void reply_problem(struct request *r, unsigned int status, const char *fmt, ...)
{
	(void)fmt;
	reply_response(r, status, NULL);
}

void reply_err(struct request *r, unsigned int invalid, const struct err *err)
{
	(void)err;
	reply_response(r, invalid, NULL);
}

static const struct {
	const char *label;
	const char *method;
	struct sent sent[4];
	unsigned int status;
	const char *headers;
} cases[] = {
	{"whole", "GET", {{0}}, 200, WHOLE TYPE},
	{"HEAD", "HEAD", {{0}}, 200, WHOLE TYPE},
	{"range",
	 "GET",
	 {{"Range", "bytes=10-19"}},
	 206,
	 WHOLE "Content-Range: bytes 10-19/1000\n" TYPE},
	{"range on HEAD", "HEAD", {{"Range", "bytes=10-19"}}, 200, WHOLE TYPE},
	{"suffix",
	 "GET",
	 {{"Range", "bytes=-1"}},
	 206,
	 WHOLE "Content-Range: bytes 999-999/1000\n" TYPE},
	{"two ranges, one outside",
	 "GET",
	 {{"Range", "bytes=1000-,0-0"}},
	 206,
	 WHOLE "Content-Range: bytes 0-0/1000\n" TYPE},
	{"malformed range", "GET", {{"Range", "bytes=x"}}, 200, WHOLE TYPE},
	{"range outside",
	 "GET",
	 {{"Range", "bytes=1000-"}},
	 416,
	 "Content-Range: bytes */1000\n"},
	{"if-range",
	 "GET",
	 {{"Range", "bytes=0-0"}, {"If-Range", ETAG}},
	 206,
	 WHOLE "Content-Range: bytes 0-0/1000\n" TYPE},
	{"if-range, another",
	 "GET",
	 {{"Range", "bytes=0-0"}, {"If-Range", "\"x\""}},
	 200,
	 WHOLE TYPE},
	{"if-range, range outside",
	 "GET",
	 {{"Range", "bytes=1000-"}, {"If-Range", "\"x\""}},
	 200,
	 WHOLE TYPE},
	{"if-none-match", "GET", {{"If-None-Match", ETAG}}, 304, BASE},
	{"if-none-match on HEAD", "HEAD", {{"If-None-Match", ETAG}}, 304, BASE},
	{"if-none-match and range",
	 "GET",
	 {{"If-None-Match", ETAG}, {"Range", "bytes=1000-"}},
	 304,
	 BASE},
	{"if-modified-since", "GET", {{"If-Modified-Since", DATE}}, 304, BASE},
	{"if-match", "GET", {{"If-Match", "\"x\""}}, 412, ""},
	{"if-unmodified-since",
	 "GET",
	 {{"If-Unmodified-Since", "Sat, 21 Nov 2026 03:59:59 GMT"}},
	 412,
	 ""},
};

static void ask(const char *method, const char *id, const struct sent *sent)
{
	static const struct app app;
	struct view view = {0};
	struct request r = {
		.app = &app, .view = &view, .method = method, .params = {id}};

	play.sent = sent;
	handle(&r);
}

static void forget(void)
{
	if (play.response)
		MHD_destroy_response(play.response);
	strbuf_free(&play.headers);
	play.response = NULL;
	play.status = 0;
	play.replies = 0;
}

static int set_up(void **state)
{
	(void)state;
	for (int i = 0; i < DIGEST_SIZE; i++)
		image.sha256.bytes[i] = (unsigned char)i;
	image.size = SIZE;
	image.modified = MODIFIED;
	play.stored = true;
	play.stored_size = SIZE;
	return 0;
}

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const char *got;

		ask(cases[i].method, HEX, cases[i].sent);
		got = play.headers.data ? play.headers.data : "";
		assert_int_equal(play.replies, 1);
		if (play.status != cases[i].status ||
		    strcmp(got, cases[i].headers))
			fail_msg("%s: %u\n%s", cases[i].label, play.status,
				 got);
		assert_int_equal(!!play.response,
				 play.status == 200 || play.status == 206);
		forget();
	}
}

static void test_multipart(void **state)
{
	static const struct sent sent[] = {{"Range", "bytes=0-0,9-9"}, {0}};
	static const char expected[] =
		WHOLE "Content-Type: multipart/byteranges; boundary=";

	(void)state;
	ask("GET", HEX, sent);
	assert_int_equal(play.status, 206);
	assert_memory_equal(play.headers.data, expected, strlen(expected));
	assert_non_null(play.response);
	forget();
}

static void test_missing(void **state)
{
	static const struct sent none[] = {{0}};
	static const struct sent same[] = {{"If-None-Match", ETAG}, {0}};

	(void)state;
	ask("GET",
	    "ff0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
	    same);
	assert_int_equal(play.status, 404);
	assert_null(play.headers.data);
	forget();
	play.stored = false;
	ask("GET", HEX, none);
	assert_int_equal(play.status, 500);
	assert_null(play.headers.data);
	forget();
	play.stored = true;
	play.stored_size = SIZE - 1;
	ask("GET", HEX, none);
	assert_int_equal(play.status, 500);
	assert_null(play.headers.data);
	forget();
}

/* All that libmicrohttpd may add, and the largest numbers, fit too. */
static void test_head_size(void **state)
{
	static const struct sent sent[] = {
		{"Range", "bytes=9999999997-9999999998"}, {0}};
	static const char added[] = "HTTP/1.1 206 Partial Content\r\n"
				    "Date: " DATE "\r\n"
				    "Connection: Keep-Alive\r\n"
				    "Content-Length: 9999999999\r\n\r\n";
	size_t lines = 0;

	(void)state;
	image.size = 9999999999;
	play.stored_size = image.size;
	ask("GET", HEX, sent);
	assert_int_equal(play.status, 206);
	for (size_t i = 0; i < play.headers.len; i++)
		lines += play.headers.data[i] == '\n';
	assert_true(strlen(added) + play.headers.len + lines < 512);
	forget();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_rows, set_up),
		cmocka_unit_test_setup(test_multipart, set_up),
		cmocka_unit_test_setup(test_missing, set_up),
		cmocka_unit_test_setup(test_head_size, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
