/* The real file over tables of our own. */
#include "http/route.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct route device_rows[] = {
	{.method = "GET", .pattern = "/manifest", .name = "manifest"},
	{.method = "POST", .pattern = "/report", .name = "report"},
};
static const struct route download_rows[] = {
	{.method = "GET", .pattern = "/images/:", .name = "images"},
};
static const struct route admin_rows[] = {
	{.method = "GET",
	 .pattern = "/api/:/images",
	 .name = "list",
	 .admin = true},
	{.method = "PUT",
	 .pattern = "/api/:/images",
	 .name = "upload",
	 .admin = true},
	{.method = "PUT",
	 .pattern = "/api/:/images/:/signature",
	 .name = "sign",
	 .admin = true},
	{.method = "PUT",
	 .pattern = "/a/:/:/:/:",
	 .name = "four",
	 .admin = true},
};

#define TABLE(rows)                                \
	{                                          \
		rows, sizeof(rows) / sizeof(*rows) \
	}

const struct route_table device_routes = TABLE(device_rows);
const struct route_table download_routes = TABLE(download_rows);
const struct route_table status_routes = {NULL, 0};
const struct route_table admin_image_routes = TABLE(admin_rows);
const struct route_table admin_release_routes = {NULL, 0};
const struct route_table admin_device_routes = {NULL, 0};
const struct route_table admin_audit_routes = {NULL, 0};

/* `expected` is the row's name, or "405" and Allow, or "404". */
static const struct {
	const char *method;
	const char *path;
	bool admin;
	const char *expected;
	const char *params[REQUEST_PARAMS_MAX];
} rows[] = {
	{"GET", "/manifest", false, "manifest", {0}},
	{"HEAD", "/manifest", false, "manifest", {0}},
	{"POST", "/manifest", false, "405 GET, HEAD", {0}},
	{"get", "/manifest", false, "405 GET, HEAD", {0}},
	{"OPTIONS", "*", false, "404", {0}},
	{"POST", "/report", false, "report", {0}},
	{"HEAD", "/report", false, "405 POST", {0}},
	{"GET", "/", false, "404", {0}},
	{"GET", "/manifes", false, "404", {0}},
	{"GET", "/manifests", false, "404", {0}},
	{"GET", "/manifest/", false, "404", {0}},
	{"GET", "//manifest", false, "404", {0}},
	{"GET", "/images", false, "404", {0}},
	{"GET", "/images/", false, "404", {0}},
	{"GET", "/images/x", false, "images", {"x"}},
	{"GET", "/images/:", false, "images", {":"}},
	{"GET", "/images/x/", false, "404", {0}},
	{"GET", "/images//x", false, "404", {0}},
	{"GET", "/api/p/images", true, "list", {"p"}},
	{"GET", "/api/p/images", false, "404", {0}},
	{"PUT", "/api/p/images", true, "upload", {"p"}},
	{"PATCH", "/api/p/images", true, "405 GET, HEAD, PUT", {0}},
	{"PATCH", "/api/p/images", false, "404", {0}},
	{"PUT", "/api/p/images/abc/signature", true, "sign", {"p", "abc"}},
	{"PUT", "/api/p/images//signature", true, "404", {0}},
	{"PUT", "/a/b/c/d/e", true, "four", {"b", "c", "d", "e"}},
};

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const char *params[REQUEST_PARAMS_MAX] = {0};
		const struct route *route = NULL;
		char allow[ROUTE_ALLOW_SIZE];
		char got[ROUTE_ALLOW_SIZE + 8] = "404";
		struct target target;

		snprintf(target.path, sizeof(target.path), "%s", rows[i].path);
		switch (route_find(rows[i].method, &target, rows[i].admin,
				   &route, params, allow)) {
		case ROUTE_FOUND:
			snprintf(got, sizeof(got), "%s", route->name);
			break;
		case ROUTE_NO_METHOD:
			snprintf(got, sizeof(got), "405 %s", allow);
			break;
		case ROUTE_NO_PATH:
			break;
		}
		if (strcmp(got, rows[i].expected))
			fail_msg("%s %s: %s, expected %s", rows[i].method,
				 rows[i].path, got, rows[i].expected);
		for (size_t k = 0; k < REQUEST_PARAMS_MAX; k++) {
			if (!rows[i].params[k])
				assert_null(params[k]);
			else
				assert_string_equal(params[k],
						    rows[i].params[k]);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
