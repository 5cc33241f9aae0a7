#include "fixture.h"

#include <sqlite3.h>

static const char image[] = "an image for lamps";
static const char images[] = "/api/v1/products/inklay/images";
static const char lamps[] = "/api/v1/products/lamp/images";

static void test_upload(void **state)
{
	struct fixture *f = *state;
	char hex[DIGEST_HEX_SIZE], want[256];

	fixture_hex(image, sizeof(image), hex);
	snprintf(want, sizeof(want),
		 "{\"product\":\"inklay\",\"sha256\":\"%s\",\"size\":%zu,"
		 "\"format\":\"raw\",\"version\":\"1.0\",\"signed_by\":"
		 "[{\"signer\":\"alice\",\"algorithm\":\"ecdsa-p256-sha256\"}],"
		 "\"created\":\"20",
		 hex, sizeof(image));
	fixture_expect(
		"new",
		fixture_upload(f, images, "1.0", 0, image, sizeof(image)), 201,
		want);
	fixture_expect_audit(f, 1, "\"who\":\"publisher\"");
	fixture_expect_audit(f, 1, "\"address\":\"192.0.2.7\"");
	fixture_expect_audit(f, 1, "\"what\":\"image.upload\"");
	snprintf(want, sizeof(want), "\"object\":\"inklay/%s\"", hex);
	fixture_expect_audit(f, 1, want);
	fixture_expect_audit(f, 1, "\"version\":\"1.0\"");
	fixture_expect_audit(f, 1, "\"signer\":\"alice\"");
	assert_int_equal(fixture_files(f), 1);

	fixture_expect(
		"again, without a signature",
		fixture_upload(f, images, "1.0", -1, image, sizeof(image)), 200,
		"\"signer\":\"alice\"");
	fixture_expect_audit(f, 1, "image.upload");
	fixture_expect(
		"again, as another version",
		fixture_upload(f, images, "1.1", 0, image, sizeof(image)), 409,
		"as version 1.0, not 1.1");
	fixture_expect_audit(f, 1, "image.upload");
	fixture_expect("to another product",
		       fixture_upload(f, lamps, "7", -1, image, sizeof(image)),
		       201, "\"signed_by\":[]");
	fixture_expect_audit(f, 2, "\"signer\":null");
	assert_int_equal(fixture_files(f), 1);
	fixture_expect("list", fixture_call(f, "GET", images, "viewer", NULL),
		       200, "\"signer\":\"alice\"");
}

static void test_upload_largest(void **state)
{
	static const char bytes[IMAGE_MAX] = {1};

	fixture_expect("largest",
		       fixture_upload(*state, lamps, "1", -1, bytes, IMAGE_MAX),
		       201, "\"size\":1000");
}

/* Each request as a whole; nothing may stay behind. */
static void test_upload_refused(void **state)
{
	static const char bytes[IMAGE_MAX + 1] = {1};
	static const struct {
		const char *label;
		const char *target;
		const char *headers;
		size_t len;
		int status;
		const char *detail;
	} rows[] = {
		{"no product", "/api/v1/products/tv/images?version=1", "", 5,
		 404, "'tv'"},
		{"no ident", "/api/v1/products/t%20v/images?version=1", "", 5,
		 400, "t v"},
		{"no version", "/api/v1/products/lamp/images", "", 5, 400,
		 "version"},
		{"empty version", "/api/v1/products/lamp/images?version=", "",
		 5, 400, "version"},
		{"bad version", "/api/v1/products/lamp/images?version=-1", "",
		 5, 400, "version"},
		{"empty", "/api/v1/products/lamp/images?version=1", "", 0, 400,
		 "empty"},
		{"too large", "/api/v1/products/lamp/images?version=1", "",
		 IMAGE_MAX + 1, 413, "1001"},
		{"damaged base64", "/api/v1/products/lamp/images?version=1",
		 "Image-Signature: MEUC!QDx\r\n", 5, 422, "base64"},
		{"not DER", "/api/v1/products/lamp/images?version=1",
		 "Image-Signature: AAAAAAAA\r\n", 5, 422, "DER"},
		{"empty signature", "/api/v1/products/lamp/images?version=1",
		 "Image-Signature: \r\n", 5, 422, "Image-Signature"},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		fixture_expect(rows[i].label,
			       fixture_ask(f, "PUT", rows[i].target,
					   "publisher", rows[i].headers, bytes,
					   rows[i].len),
			       rows[i].status, rows[i].detail);
	assert_int_equal(fixture_files(f), 0);
	fixture_expect_audit(f, 0, "");
}

static void test_upload_signatures(void **state)
{
	static const struct {
		const char *label;
		const char *base;
		int who;
		const char *detail;
	} rows[] = {
		{"known, but of another product", images, 1, "bob"},
		{"known, but of none", images, 2, "mallory"},
		{"needs none, but this is wrong", lamps, 0, "alice"},
	};
	struct fixture *f = *state;
	char text[128], header[256];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		fixture_expect(rows[i].label,
			       fixture_upload(f, rows[i].base, "1", rows[i].who,
					      image, sizeof(image)),
			       422, rows[i].detail);
	fixture_sign(f, 0, image, sizeof(image) - 1, text);
	snprintf(header, sizeof(header), "Image-Signature: %s\r\n", text);
	fixture_expect("over other bytes",
		       fixture_ask(f, "PUT",
				   "/api/v1/products/inklay/images?version=1",
				   "publisher", header, image, sizeof(image)),
		       422, "detail");
	assert_int_equal(fixture_files(f), 0);
	fixture_expect_audit(f, 0, "");
}

/* Bodies that do not have their announced length, and chunked ones. */
static void test_upload_framing(void **state)
{
#define HEAD                                                                 \
	"PUT /api/v1/products/lamp/images?version=1 HTTP/1.1\r\nHost: h\r\n" \
	"Connection: close\r\nAuthorization: Bearer publisher\r\n"
	static const char cut[] = HEAD "Content-Length: 20\r\n\r\nshort";
	static const char chunked[] =
		HEAD "Transfer-Encoding: chunked\r\n\r\n5\r\nshort\r\n"
		     "5\r\nagain\r\n0\r\n\r\n";
	struct fixture *f = *state;
	struct answer answer = fixture_send(f, cut, sizeof(cut) - 1, true);

	if (answer.status)
		fixture_expect("cut", answer, 400, "");
	assert_int_equal(fixture_files(f), 0);
	fixture_expect("chunked",
		       fixture_send(f, chunked, sizeof(chunked) - 1, false),
		       201, "\"size\":10");
	assert_int_equal(fixture_files(f), 1);
}

static void test_chunked_too_large(void **state)
{
	struct fixture *f = *state;
	struct strbuf out = {0};

	strbuf_puts(&out, HEAD "Transfer-Encoding: chunked\r\n\r\n");
	for (int i = 0; i <= IMAGE_MAX; i++)
		strbuf_puts(&out, "1\r\nx\r\n");
	strbuf_puts(&out, "0\r\n\r\n");
	fixture_expect("chunked", fixture_send(f, out.data, out.len, false),
		       413, "too large");
	strbuf_free(&out);
	assert_int_equal(fixture_files(f), 0);
}

/* A row that cannot be written takes the bytes with it, unless another row
 * names them. */
static void test_upload_undone(void **state)
{
	struct fixture *f = *state;
	char path[64], hex[DIGEST_HEX_SIZE];
	sqlite3 *db;

	fixture_hex(image, sizeof(image), hex);
	fixture_expect("before",
		       fixture_upload(f, lamps, "1", -1, image, sizeof(image)),
		       201, hex);
	snprintf(path, sizeof(path), "%s/otterd.db", f->dir);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "DROP TABLE audit", NULL, NULL, NULL),
			 SQLITE_OK);
	sqlite3_close(db);
	fixture_expect("the same bytes, another product",
		       fixture_upload(f, images, "1", 0, image, sizeof(image)),
		       500, "internal error");
	assert_int_equal(fixture_files(f), 1);
	fixture_expect("other bytes",
		       fixture_upload(f, lamps, "2", -1, image, 3), 500,
		       "internal error");
	assert_int_equal(fixture_files(f), 1);
	fixture_expect("list", fixture_call(f, "GET", images, "viewer", NULL),
		       200, "{\"images\":[]}");
}

static void test_signature(void **state)
{
	struct fixture *f = *state;
	char hex[DIGEST_HEX_SIZE], target[256], text[128];
	static const char pem[] = "-----BEGIN CMS-----\nMIIB\n";
	uint8_t der[96];
	size_t len, at;

	fixture_hex(image, sizeof(image), hex);
	snprintf(target, sizeof(target), "%s/%s/signature", images, hex);
	fixture_sign(f, 0, image, sizeof(image), text);
	fixture_expect("no image",
		       fixture_call(f, "PUT", target, "publisher", text), 404,
		       hex);
	fixture_expect(
		"upload",
		fixture_upload(f, images, "1.0", -1, image, sizeof(image)), 201,
		"\"signed_by\":[]");
	fixture_expect("nothing",
		       fixture_call(f, "PUT", target, "publisher", ""), 422,
		       "detail");
	fixture_expect("CMS", fixture_call(f, "PUT", target, "publisher", pem),
		       422, "CMS signatures are not taken yet");
	fixture_expect("damaged",
		       fixture_call(f, "PUT", target, "publisher", "MEUC!QDx"),
		       422, "base64");
	fixture_expect("base64",
		       fixture_call(f, "PUT", target, "publisher", text), 200,
		       "\"signer\":\"alice\"");
	fixture_expect_audit(f, 2, "\"what\":\"image.sign\"");
	fixture_expect("the same again",
		       fixture_call(f, "PUT", target, "publisher", text), 200,
		       "\"signer\":\"alice\"");
	fixture_expect_audit(f, 2, "\"what\":\"image.sign\"");
	fixture_sign(f, 0, image, sizeof(image), text);
	assert_true(base64_decode(text, strlen(text), der, &len, &at));
	fixture_expect("another, binary",
		       fixture_ask(f, "PUT", target, "publisher", "", der, len),
		       200, "\"signer\":\"alice\"");
	fixture_expect_audit(f, 3, "\"what\":\"image.sign\"");
	fixture_sign(f, 1, image, sizeof(image), text);
	fixture_expect("not allowed",
		       fixture_call(f, "PUT", target, "publisher", text), 422,
		       "bob");
	fixture_expect("no digest",
		       fixture_call(f, "PUT",
				    "/api/v1/products/inklay/images/XY/"
				    "signature",
				    "publisher", text),
		       400, "XY");
	fixture_expect_audit(f, 3, "\"what\":\"image.sign\"");
}

static void test_delete(void **state)
{
	struct fixture *f = *state;
	char hex[DIGEST_HEX_SIZE], first[256], second[256], body[128];

	fixture_hex(image, sizeof(image), hex);
	snprintf(first, sizeof(first), "%s/%s", lamps, hex);
	snprintf(second, sizeof(second), "%s/%s", images, hex);
	snprintf(body, sizeof(body), "{\"sha256\":\"%s\"}", hex);
	fixture_expect("none", fixture_call(f, "DELETE", first, "admin", NULL),
		       404, hex);
	fixture_expect("upload",
		       fixture_upload(f, lamps, "1", -1, image, sizeof(image)),
		       201, hex);
	fixture_expect("upload",
		       fixture_upload(f, images, "1", 0, image, sizeof(image)),
		       201, hex);
	fixture_expect("one of two products",
		       fixture_call(f, "DELETE", first, "publisher", NULL), 204,
		       NULL);
	fixture_expect_audit(f, 3, "\"what\":\"image.delete\"");
	assert_int_equal(fixture_files(f), 1);
	fixture_expect("again",
		       fixture_call(f, "DELETE", first, "publisher", NULL), 404,
		       hex);
	fixture_expect("release",
		       fixture_call(f, "POST",
				    "/api/v1/products/inklay/releases",
				    "publisher", body),
		       201, hex);
	fixture_expect("released",
		       fixture_call(f, "DELETE", second, "publisher", NULL),
		       409, "release 1");
	assert_int_equal(fixture_files(f), 1);
	fixture_expect_audit(f, 4, "\"what\":\"release.create\"");
}

static void test_delete_last(void **state)
{
	struct fixture *f = *state;
	char hex[DIGEST_HEX_SIZE], target[256];

	fixture_hex(image, sizeof(image), hex);
	snprintf(target, sizeof(target), "%s/%s", lamps, hex);
	for (int i = 0; i < 3; i++) {
		fixture_expect(
			"upload",
			fixture_upload(f, lamps, "1", -1, image, sizeof(image)),
			201, hex);
		assert_int_equal(fixture_files(f), 1);
		fixture_expect(
			"delete",
			fixture_call(f, "DELETE", target, "publisher", NULL),
			204, NULL);
		assert_int_equal(fixture_files(f), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define WITH_SERVER(test) \
	cmocka_unit_test_setup_teardown(test, fixture_open, fixture_close)
		WITH_SERVER(test_upload),
		WITH_SERVER(test_upload_largest),
		WITH_SERVER(test_upload_refused),
		WITH_SERVER(test_upload_signatures),
		WITH_SERVER(test_upload_framing),
		WITH_SERVER(test_chunked_too_large),
		WITH_SERVER(test_upload_undone),
		WITH_SERVER(test_signature),
		WITH_SERVER(test_delete),
		WITH_SERVER(test_delete_last),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
