/* What each verb does, asked for over the control socket. */
#include "control_fixture.h"

/* ---- verbs -------------------------------------------------------------- */

static bool take_token(void *arg, const struct token_row *row)
{
	*(struct token_row *)arg = *row;
	return true;
}

static bool take_audit(void *arg, const struct audit_row *row)
{
	*(struct audit_row *)arg = *row;
	return false; /* the newest is enough */
}

static void read_back(struct daemon *d, struct token_row *token,
		      struct audit_row *audit)
{
	struct err err;
	struct db *db;

	assert_true(db_open(&db, d->dir, DB_READER, &err));
	assert_true(token_list(db, take_token, token, &err));
	assert_true(audit_list(db, 0, 1, take_audit, audit, &err));
	db_close(db);
}

static void adds_a_token(void **state)
{
	struct audit_row audit = {0};
	struct token_row token = {0};
	struct digest hash;
	const char *secret;
	struct err err;
	json_t *answer = add_token(*state, "ci", &err);

	assert_non_null(answer);
	secret = json_string_value(json_object_get(answer, "secret"));
	read_back(*state, &token, &audit);
	assert_true(digest_of(&hash, secret, strlen(secret)));
	assert_true(digest_equal(&hash, &token.hash));
	assert_string_equal(token.name.text, "ci");
	assert_int_equal(token.role, ROLE_PUBLISHER);
	assert_string_equal(audit.who.text, "local");
	assert_string_equal(audit.what, "token.create");
	assert_string_equal(audit.object, "ci");
	assert_string_equal(audit.detail, "{\"role\":\"publisher\"}");
	json_decref(answer);
}

/* Of 50 secrets hardly any set lacks a digit that base64 writes otherwise. */
static void secrets_are_random_base64url(void **state)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklm"
				     "nopqrstuvwxyz0123456789-_";
	char name[16], last[64] = "";
	struct err err;

	for (int i = 0; i < 50; i++) {
		const char *secret;
		json_t *answer;

		snprintf(name, sizeof(name), "t%d", i);
		answer = add_token(*state, name, &err);
		secret = json_string_value(json_object_get(answer, "secret"));
		assert_int_equal(strlen(secret), 50);
		assert_memory_equal(secret, "otterd_", 7);
		assert_int_equal(strspn(secret + 7, digits), 43);
		assert_string_not_equal(secret, last);
		text_copy(last, sizeof(last), secret);
		json_decref(answer);
	}
}

/* What fails leaves no audit row. */
static void refuses_a_taken_name(void **state)
{
	struct audit_row audit = {0};
	struct token_row token = {0};
	struct err err;

	json_decref(add_token(*state, "ci", &err));
	assert_null(add_token(*state, "ci", &err));
	assert_string_equal(err.text, "token ci exists");
	read_back(*state, &token, &audit);
	assert_int_equal(audit.id, 1);
}

static void lists_and_revokes(void **state)
{
	struct audit_row audit = {0};
	struct token_row token = {0};
	json_t *answer, *first;
	struct err err;
	int fd;

	json_decref(add_token(*state, "ci", &err));
	answer = get(*state, json_pack("{s:s}", "verb", "token-list"), &fd,
		     &err);
	first = json_array_get(json_object_get(answer, "tokens"), 0);
	assert_int_equal(json_object_size(first), 3);
	assert_string_equal(json_string_value(json_object_get(first, "name")),
			    "ci");
	assert_string_equal(json_string_value(json_object_get(first, "role")),
			    "publisher");
	json_decref(answer);

	answer = get(
		*state,
		json_pack("{s:s, s:s}", "verb", "token-revoke", "name", "ci"),
		&fd, &err);
	assert_non_null(answer);
	json_decref(answer);
	read_back(*state, &token, &audit);
	assert_string_equal(token.name.text, "");
	assert_string_equal(audit.what, "token.revoke");
}

static void says_its_state(void **state)
{
	struct err err;
	int fd;
	json_t *answer =
		get(*state, json_pack("{s:s}", "verb", "status"), &fd, &err);

	assert_int_equal(json_integer_value(json_object_get(answer, "pid")),
			 getpid());
	assert_int_equal(json_integer_value(json_object_get(answer, "devices")),
			 0);
	json_decref(answer);
}

static void backs_up(void **state)
{
	static const char magic[16] = "SQLite format 3";
	struct daemon *d = *state;
	json_t *answer;
	struct err err;
	char head[16];
	int fd;

	answer = get(d, json_pack("{s:s}", "verb", "db-backup"), &fd, &err);
	assert_non_null(answer);
	assert_true(fd >= 0);
	assert_int_equal(pread(fd, head, sizeof(head), 0), sizeof(head));
	assert_memory_equal(head, magic, sizeof(magic));
	assert_int_equal(write(fd, head, 1), -1); /* for reading only */
	assert_false(exists(d, "backup.tmp"));
	json_decref(answer);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(adds_a_token),	    TEST(secrets_are_random_base64url),
		TEST(refuses_a_taken_name), TEST(lists_and_revokes),
		TEST(says_its_state),	    TEST(backs_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
