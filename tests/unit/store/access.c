#include "fixture.h"

#include "store/access.h"

static struct token_row token(const char *text, enum role role, int hash)
{
	struct token_row row = {.name = name(text), .role = role, .created = 9};

	memset(&row.hash, hash, sizeof(row.hash));
	return row;
}

static void roles_have_names(void **state)
{
	static const struct {
		const char *text;
		bool good;
		enum role role;
	} cases[] = {
		{"viewer", true, ROLE_VIEWER},
		{"publisher", true, ROLE_PUBLISHER},
		{"admin", true, ROLE_ADMIN},
		{"none", false, ROLE_NONE},
		{"", false, ROLE_NONE},
		{"Admin", false, ROLE_NONE},
		{"admin ", false, ROLE_NONE},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		enum role role = ROLE_ADMIN;

		assert_int_equal(role_parse(&role, cases[i].text),
				 cases[i].good);
		assert_int_equal(role, cases[i].role);
		if (cases[i].good)
			assert_string_equal(role_name(role), cases[i].text);
	}
	assert_true(ROLE_NONE < ROLE_VIEWER && ROLE_VIEWER < ROLE_PUBLISHER &&
		    ROLE_PUBLISHER < ROLE_ADMIN);
}

static bool see_token(void *arg, const struct token_row *row)
{
	char *seen = arg;
	size_t used = strlen(seen);

	assert_int_equal(row->created, 9);
	snprintf(seen + used, 256 - used, "%s=%s:%d ", row->name.text,
		 role_name(row->role), row->hash.bytes[31]);
	return strcmp(row->name.text, "mallory") != 0;
}

static void tokens_come_and_go(void **state)
{
	static const struct {
		const char *name;
		enum role role;
	} tokens[] = {
		{"mallory", ROLE_VIEWER},
		{"alice", ROLE_ADMIN},
		{"zoe", ROLE_VIEWER},
		{"bob", ROLE_PUBLISHER},
	};
	struct ident bob = name("bob"), mallory = name("mallory");
	struct fixture *f = *state;
	char seen[256] = "";

	for (size_t i = 0; i < sizeof(tokens) / sizeof(tokens[0]); i++) {
		struct token_row row =
			token(tokens[i].name, tokens[i].role, (int)i);

		must(token_add(f->db, &row, &failure));
	}
	must(token_list(f->db, see_token, seen, &failure));
	assert_string_equal(seen, "alice=admin:1 bob=publisher:3 "
				  "mallory=viewer:0 ");
	must(token_revoke(f->db, &bob, &failure));
	must(token_revoke(f->db, &mallory, &failure));
	seen[0] = '\0';
	must(token_list(f->db, see_token, seen, &failure));
	assert_string_equal(seen, "alice=admin:1 zoe=viewer:2 ");
	must_fail(token_revoke(f->db, &bob, &failure), ERR_NOT_FOUND, "bob");
}

static void a_name_is_taken_once(void **state)
{
	struct token_row one = token("alice", ROLE_VIEWER, 1);
	struct token_row two = token("alice", ROLE_ADMIN, 2);
	struct fixture *f = *state;
	char seen[256] = "";

	must(token_add(f->db, &one, &failure));
	must_fail(token_add(f->db, &two, &failure), ERR_CONFLICT,
		  "token alice exists");
	must(token_list(f->db, see_token, seen, &failure));
	assert_string_equal(seen, "alice=viewer:1 ");
}

static void a_token_has_a_role(void **state)
{
	struct token_row none = token("alice", ROLE_NONE, 1);
	struct fixture *f = *state;

	must_fail(token_add(f->db, &none, &failure), ERR_SYSTEM, "role");
}

static void note(struct db *db, const char *what, const char *object)
{
	struct audit_row row = {.at = 1234,
				.who = name("alice"),
				.address = "192.0.2.1",
				.detail = "{\"percent\":5}"};

	snprintf(row.what, sizeof(row.what), "%s", what);
	snprintf(row.object, sizeof(row.object), "%s", object);
	must(audit_add(db, &row, &failure));
}

static bool see_audit(void *arg, const struct audit_row *row)
{
	char *seen = arg;
	size_t used = strlen(seen);

	assert_int_equal(row->at, 1234);
	assert_string_equal(row->who.text, "alice");
	assert_string_equal(row->address, "192.0.2.1");
	assert_string_equal(row->detail, "{\"percent\":5}");
	snprintf(seen + used, 256 - used, "%lld:%s:%s ", (long long)row->id,
		 row->what, row->object);
	return strcmp(row->what, "stop") != 0;
}

static void the_trail_is_told(void **state)
{
	static const struct {
		const char *label;
		int64_t before;
		int limit;
		const char *rows;
	} cases[] = {
		{"newest first", 0, 2, "4:c:o4 3:b:o3 "},
		{"the next page", 3, 2, "2:stop:o2 "},
		{"the last", 2, 9, "1:a:o1 "},
		{"behind the last", 1, 9, ""},
	};
	struct fixture *f = *state;

	note(f->db, "a", "o1");
	note(f->db, "stop", "o2");
	note(f->db, "b", "o3");
	note(f->db, "c", "o4");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char seen[256] = "";

		print_message("%s\n", cases[i].label);
		must(audit_list(f->db, cases[i].before, cases[i].limit,
				see_audit, seen, &failure));
		assert_string_equal(seen, cases[i].rows);
	}
}

static void its_limit_has_bounds(void **state)
{
	static const struct {
		int limit;
		bool good;
	} cases[] = {{0, false}, {1, true}, {1000, true}, {1001, false}};
	struct fixture *f = *state;
	char seen[256] = "";

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(audit_list(f->db, 0, cases[i].limit, see_audit,
					    seen, &failure),
				 cases[i].good);
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up_db, tear_down)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(roles_have_names),
		TEST(tokens_come_and_go),
		TEST(a_name_is_taken_once),
		TEST(a_token_has_a_role),
		TEST(the_trail_is_told),
		TEST(its_limit_has_bounds),
	};

	return cmocka_run_group_tests_name("store/access", tests, NULL, NULL);
}
