#include "fixture.h"

/* Each route with the role it needs; the one below is refused. */
static void test_roles(void **state)
{
	static const struct {
		const char *method;
		const char *target;
		const char *enough;
		const char *too_little; /* NULL: a viewer is enough */
	} rows[] = {
		{"GET", "/api/v1/products/inklay/images", "viewer", NULL},
		{"PUT", "/api/v1/products/inklay/images", "publisher",
		 "viewer"},
		{"PUT", "/api/v1/products/inklay/images/" DIGEST "/signature",
		 "publisher", "viewer"},
		{"DELETE", "/api/v1/products/inklay/images/" DIGEST,
		 "publisher", "viewer"},
		{"GET", "/api/v1/products/inklay/releases", "viewer", NULL},
		{"POST", "/api/v1/products/inklay/releases", "publisher",
		 "viewer"},
		{"PATCH", "/api/v1/products/inklay/releases/1", "publisher",
		 "viewer"},
		{"GET", "/api/v1/devices", "viewer", NULL},
		{"GET", "/api/v1/devices/inklay/d", "viewer", NULL},
		{"PATCH", "/api/v1/devices/inklay/d", "publisher", "viewer"},
		{"GET", "/api/v1/checkins", "viewer", NULL},
		{"GET", "/api/v1/audit", "admin", "publisher"},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char label[128];
		struct answer answer;

		snprintf(label, sizeof(label), "%s %s", rows[i].method,
			 rows[i].target);
		fixture_expect(label,
			       fixture_call(f, rows[i].method, rows[i].target,
					    NULL, NULL),
			       401, "Authorization");
		fixture_expect(label,
			       fixture_call(f, rows[i].method, rows[i].target,
					    "nobody", NULL),
			       401, "not known");
		if (rows[i].too_little)
			fixture_expect(label,
				       fixture_call(f, rows[i].method,
						    rows[i].target,
						    rows[i].too_little, NULL),
				       403, "needs the role");
		answer = fixture_call(f, rows[i].method, rows[i].target,
				      rows[i].enough, NULL);
		if (answer.status == 401 || answer.status == 403)
			fail_msg("%s: refused", label);
		json_decref(answer.json);
	}
}

/* Each call that takes no such argument says so. */
static void test_unknown_arguments(void **state)
{
	static const struct {
		const char *method;
		const char *target;
	} rows[] = {
		{"GET", "/api/v1/products/inklay/images"},
		{"PUT", "/api/v1/products/inklay/images"},
		{"PUT", "/api/v1/products/inklay/images/" DIGEST "/signature"},
		{"DELETE", "/api/v1/products/inklay/images/" DIGEST},
		{"GET", "/api/v1/products/inklay/releases"},
		{"POST", "/api/v1/products/inklay/releases"},
		{"PATCH", "/api/v1/products/inklay/releases/1"},
		{"GET", "/api/v1/devices"},
		{"GET", "/api/v1/devices/inklay/d"},
		{"PATCH", "/api/v1/devices/inklay/d"},
		{"GET", "/api/v1/checkins"},
		{"GET", "/api/v1/audit"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char target[160];

		snprintf(target, sizeof(target), "%s?colour=red",
			 rows[i].target);
		fixture_expect(target,
			       fixture_call(*state, rows[i].method, target,
					    "admin", NULL),
			       400, "colour");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define WITH_SERVER(test) \
	cmocka_unit_test_setup_teardown(test, fixture_open, fixture_close)
		WITH_SERVER(test_roles),
		WITH_SERVER(test_unknown_arguments),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
