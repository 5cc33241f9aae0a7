/* The control socket: the daemon's side in a thread, the command's here. */
#include <control.c> /* the one in server/, not this one */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/metrics.h"
#include "store/access.h"
#include "store/db.h"

enum { PATIENCE_MS = 30000 };

struct daemon {
	char dir[PATH_MAX];
	struct metrics *metrics;
	struct writer *writer;
	struct control *control;
	pthread_t thread;
	atomic_bool stop;
};

static void *run_daemon(void *arg)
{
	struct daemon *d = arg;
	struct pollfd wait = {.fd = control_fd(d->control), .events = POLLIN};

	while (!atomic_load(&d->stop)) {
		poll(&wait, 1, 10);
		control_serve(d->control);
	}
	return NULL;
}

static int start(void **state)
{
	const struct writer_options options = {0};
	struct daemon *d = calloc(1, sizeof(*d));
	struct err err;
	struct db *db;

	log_setup(LOG_ERROR, LOG_TEXT);
	snprintf(d->dir, sizeof(d->dir), "/tmp/control.XXXXXX");
	assert_non_null(mkdtemp(d->dir));
	d->metrics = metrics_new();
	assert_true(db_open(&db, d->dir, DB_WRITER, &err));
	assert_true(writer_start(&d->writer, db, &options, d->metrics, &err));
	assert_true(control_open(&d->control, d->dir, d->writer, &err));
	assert_int_equal(pthread_create(&d->thread, NULL, run_daemon, d), 0);
	*state = d;
	return 0;
}

static int drop(const char *path, const struct stat *st, int type,
		struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

/* From here on the control is the test's. */
static void stop_thread(struct daemon *d)
{
	if (!atomic_exchange(&d->stop, true))
		pthread_join(d->thread, NULL);
}

static void stop_control(struct daemon *d)
{
	stop_thread(d);
	control_close(d->control);
	d->control = NULL;
}

static int stop(void **state)
{
	struct daemon *d = *state;

	stop_control(d);
	writer_stop(d->writer);
	metrics_free(d->metrics);
	nftw(d->dir, drop, 8, FTW_DEPTH | FTW_PHYS);
	free(d);
	return 0;
}

static bool exists(const struct daemon *d, const char *name)
{
	int dir = open(d->dir, O_PATH | O_DIRECTORY);
	bool is = faccessat(dir, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;

	close(dir);
	return is;
}

static int dial(const struct daemon *d)
{
	struct timeval limit = {.tv_sec = PATIENCE_MS / 1000, .tv_usec = 0};
	int dir = open(d->dir, O_PATH | O_DIRECTORY);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	struct sockaddr_un address;

	control_address(&address, dir);
	assert_int_equal(
		connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	close(dir);
	return fd;
}

/* All that comes until the other end closes, or "" when it was reset. */
static void hear(int fd, char *answer, size_t room)
{
	size_t len = 0;
	ssize_t n;

	while ((n = recv(fd, answer + len, room - 1 - len, 0)) > 0)
		len += (size_t)n;
	answer[len] = '\0';
	close(fd);
}

/* The answer to a request, or NULL and the reason in *err. */
static json_t *get(struct daemon *d, json_t *request, int *fd, struct err *err)
{
	json_t *answer;

	control_ask(d->dir, request, &answer, fd, err);
	json_decref(request);
	return answer;
}

static json_t *add_token(struct daemon *d, const char *name, struct err *err)
{
	int fd;

	return get(d,
		   json_pack("{s:s, s:s, s:s}", "verb", "token-add", "name",
			     name, "role", "publisher"),
		   &fd, err);
}

/* ---- lines -------------------------------------------------------------- */

static const struct {
	const char *label, *line, *answer;
} lines[] = {
	{"good", "{\"verb\":\"token-list\"}\n", "{\"tokens\":[]}\n"},
	{"blanks", " { \"verb\" : \"token-list\" } \n", "{\"tokens\":[]}\n"},
	{"no verb", "{}\n",
	 "{\"error\":\"not an object with a \\\"verb\\\"\"}\n"},
	{"no object", "[\"token-list\"]\n",
	 "{\"error\":\"not an object with a \\\"verb\\\"\"}\n"},
	{"a number for the verb", "{\"verb\":1}\n",
	 "{\"error\":\"not an object with a \\\"verb\\\"\"}\n"},
	{"unknown verb", "{\"verb\":\"token-lists\"}\n",
	 "{\"error\":\"unknown verb 'token-lists'\"}\n"},
	{"unknown member", "{\"verb\":\"token-list\",\"all\":1}\n",
	 "{\"error\":\"'all' is not known here\"}\n"},
	{"two lines", "{\"verb\":\"token-list\"}\n{}\n",
	 "{\"error\":\"something follows the line\"}\n"},
	{"one blank behind", "{\"verb\":\"token-list\"}\n ",
	 "{\"error\":\"something follows the line\"}\n"},
	{"name missing", "{\"verb\":\"token-revoke\"}\n",
	 "{\"error\":\"name is missing\"}\n"},
	{"role missing", "{\"verb\":\"token-add\",\"name\":\"a\"}\n",
	 "{\"error\":\"role is missing\"}\n"},
	{"unknown role",
	 "{\"verb\":\"token-add\",\"name\":\"a\",\"role\":\"none\"}\n",
	 "{\"error\":\"role is 'none': expected viewer, publisher or "
	 "admin\"}\n"},
	{"unknown token", "{\"verb\":\"token-revoke\",\"name\":\"a\"}\n",
	 "{\"error\":\"there is no token a\"}\n"},
	{"check", "{\"verb\":\"db-check\"}\n", "{}\n"},
};

static void answers_lines(void **state)
{
	char answer[4096];

	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		size_t len = strlen(lines[i].line);
		int fd = dial(*state);

		assert_int_equal(send(fd, lines[i].line, len, 0), len);
		hear(fd, answer, sizeof(answer));
		if (strcmp(answer, lines[i].answer) != 0)
			print_error("case: %s\n", lines[i].label);
		assert_string_equal(answer, lines[i].answer);
	}
}

static void takes_a_line_in_pieces(void **state)
{
	static const char line[] = "{\"verb\":\"token-list\"}\n";
	char answer[4096];
	int fd = dial(*state);

	for (size_t i = 0; i < sizeof(line) - 1; i++) {
		assert_int_equal(send(fd, line + i, 1, 0), 1);
		usleep(1000);
	}
	hear(fd, answer, sizeof(answer));
	assert_string_equal(answer, "{\"tokens\":[]}\n");
}

/* A good line, filled up with blanks to `len` bytes. */
static void say_long(struct daemon *d, size_t len, char *answer, size_t room)
{
	char line[CONTROL_LINE_MAX + 1];
	int fd = dial(d);

	memset(line, ' ', sizeof(line));
	memcpy(line, "{\"verb\":\"token-list\"}", 21);
	line[len - 1] = '\n';
	assert_int_equal(send(fd, line, len, 0), len);
	hear(fd, answer, room);
}

static void bounds_the_line(void **state)
{
	char answer[4096];

	say_long(*state, CONTROL_LINE_MAX, answer, sizeof(answer));
	assert_string_equal(answer, "{\"tokens\":[]}\n");
	say_long(*state, CONTROL_LINE_MAX + 1, answer, sizeof(answer));
	/* A reset that overtakes the answer is as good a refusal. */
	if (*answer)
		assert_string_equal(
			answer, "{\"error\":\"a line of over 4096 bytes\"}\n");
}

/* Silent clients hold all places; one that leaves makes room. */
static void bounds_the_clients(void **state)
{
	static const char line[] = "{\"verb\":\"token-list\"}\n";
	char answer[4096];
	int silent[CLIENTS_MAX];
	struct err err;
	int fd;

	for (int i = 0; i < CLIENTS_MAX; i++)
		silent[i] = dial(*state);
	fd = dial(*state);
	send(fd, line, sizeof(line) - 1, MSG_NOSIGNAL);
	hear(fd, answer, sizeof(answer));
	assert_string_equal(answer, "");
	assert_null(add_token(*state, "ci", &err));
	assert_int_equal(err.code, ERR_BUSY);
	for (int i = 0; i < CLIENTS_MAX; i++)
		close(silent[i]);
	for (int waited = 0; !*answer && waited < PATIENCE_MS; waited += 10) {
		usleep(10000);
		fd = dial(*state);
		send(fd, line, sizeof(line) - 1, MSG_NOSIGNAL);
		hear(fd, answer, sizeof(answer));
	}
	assert_string_equal(answer, "{\"tokens\":[]}\n");
}

static bool is_open(int fd)
{
	char byte;

	return recv(fd, &byte, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN;
}

/* The longest silent one gives way, but not before its time. */
static void replaces_a_silent_client(void **state)
{
	struct daemon *d = *state;
	struct client *oldest = &d->control->clients[3];
	int fds[CLIENTS_MAX], late, later;

	stop_thread(d);
	for (int i = 0; i < CLIENTS_MAX; i++) {
		fds[i] = dial(d);
		control_serve(d->control);
	}
	oldest->since -= SILENCE_MS / 2; /* a test takes no seconds */
	late = dial(d);
	control_serve(d->control);
	assert_false(is_open(late));
	oldest->since -= SILENCE_MS / 2;
	later = dial(d);
	control_serve(d->control);
	assert_true(is_open(later));
	for (int i = 0; i < CLIENTS_MAX; i++) {
		assert_int_equal(is_open(fds[i]), i != 3);
		close(fds[i]);
	}
	close(late);
	close(later);
}

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
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklm"
				     "nopqrstuvwxyz0123456789-_";
	struct audit_row audit = {0};
	struct token_row token = {0};
	struct digest hash;
	const char *secret;
	struct err err;
	json_t *answer = add_token(*state, "ci", &err);

	assert_non_null(answer);
	secret = json_string_value(json_object_get(answer, "secret"));
	assert_int_equal(strlen(secret), 50);
	assert_memory_equal(secret, "otterd_", 7);
	assert_int_equal(strspn(secret + 7, digits), 43);
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

static void every_secret_is_another(void **state)
{
	struct err err;
	json_t *a = add_token(*state, "a", &err);
	json_t *b = add_token(*state, "b", &err);

	assert_false(json_equal(a, b));
	json_decref(a);
	json_decref(b);
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

/* More than a socket takes at once. */
static void sends_a_long_list(void **state)
{
	enum { TOKENS = 1500 };
	struct daemon *d = *state;
	json_t *answer;
	struct err err;
	char name[65];
	int fd;

	for (int i = 0; i < TOKENS; i++) {
		snprintf(name, sizeof(name), "%064d", i);
		json_decref(add_token(d, name, &err));
	}
	answer = get(d, json_pack("{s:s}", "verb", "token-list"), &fd, &err);
	assert_int_equal(json_array_size(json_object_get(answer, "tokens")),
			 TOKENS);
	json_decref(answer);
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

/* Whoever asks and leaves does not keep the others waiting. */
static void outlives_a_client_that_leaves(void **state)
{
	static const char line[] = "{\"verb\":\"db-backup\"}\n";
	struct daemon *d = *state;
	struct err err;
	json_t *answer;

	for (int i = 0; i < CLIENTS_MAX - 1; i++) {
		int fd = dial(d);

		assert_int_equal(send(fd, line, sizeof(line) - 1, 0),
				 sizeof(line) - 1);
		close(fd);
		answer = add_token(d, (char[]){(char)('a' + i), '\0'}, &err);
		assert_non_null(answer);
		json_decref(answer);
	}
}

/* ---- the socket --------------------------------------------------------- */

static void socket_is_private_and_goes(void **state)
{
	struct daemon *d = *state;
	char path[PATH_MAX + 16];
	struct stat st;

	snprintf(path, sizeof(path), "%s/" CONTROL_SOCKET, d->dir);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode, S_IFSOCK | 0600);
	stop_control(d);
	assert_false(exists(d, CONTROL_SOCKET));
}

static void nobody_listens(void **state)
{
	struct daemon *d = *state;
	struct err err;

	stop_control(d);
	assert_null(add_token(d, "ci", &err));
	assert_int_equal(err.code, ERR_BUSY);
}

/* What a killed daemon leaves: a socket nobody listens on, half a copy. */
static void clears_what_was_left(void **state)
{
	struct daemon *d = *state;
	char path[PATH_MAX + 16], copy[PATH_MAX + 16];
	struct err err;

	stop_control(d);
	snprintf(path, sizeof(path), "%s/" CONTROL_SOCKET, d->dir);
	snprintf(copy, sizeof(copy), "%s/backup.tmp", d->dir);
	assert_int_equal(mknod(path, S_IFREG | 0600, 0), 0);
	assert_int_equal(mknod(copy, S_IFREG | 0600, 0), 0);
	assert_true(control_open(&d->control, d->dir, d->writer, &err));
	assert_false(exists(d, "backup.tmp"));
	control_close(d->control);
	d->control = NULL;
	assert_false(exists(d, CONTROL_SOCKET));
}

static void long_directory(void **state)
{
	struct daemon *d = *state;
	char deep[PATH_MAX + 256], name[201] = "";
	struct control *control;
	struct err err;

	memset(name, 'x', sizeof(name) - 1);
	snprintf(deep, sizeof(deep), "%s/%s", d->dir, name);
	assert_int_equal(mkdir(deep, 0700), 0);
	assert_true(control_open(&control, deep, d->writer, &err));
	control_close(control);
}

static void missing_directory(void **state)
{
	struct daemon *d = *state;
	struct control *control;
	struct err err;

	assert_false(control_open(&control, "/nonexistent/x", d->writer, &err));
	assert_null(control);
	assert_int_equal(err.code, ERR_NOT_FOUND);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(answers_lines),
		TEST(takes_a_line_in_pieces),
		TEST(bounds_the_line),
		TEST(bounds_the_clients),
		TEST(replaces_a_silent_client),
		TEST(adds_a_token),
		TEST(every_secret_is_another),
		TEST(refuses_a_taken_name),
		TEST(lists_and_revokes),
		TEST(sends_a_long_list),
		TEST(says_its_state),
		TEST(backs_up),
		TEST(outlives_a_client_that_leaves),
		TEST(socket_is_private_and_goes),
		TEST(nobody_listens),
		TEST(clears_what_was_left),
		TEST(long_directory),
		TEST(missing_directory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
