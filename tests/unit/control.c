#include "control_fixture.h"

/* ---- a plain client ------------------------------------------------------ */

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
	assert_string_equal(answer,
			    "{\"error\":\"a line of over 4096 bytes\"}\n");
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
	struct client *clients = d->control->clients;
	int fds[CLIENTS_MAX], late, later;

	stop_thread(d);
	for (int i = 0; i < CLIENTS_MAX; i++) {
		fds[i] = dial(d);
		control_serve(d->control);
	}
	clients[5].since -= SILENCE_MS / 2; /* a test takes no seconds */
	late = dial(d);
	control_serve(d->control);
	assert_false(is_open(late));
	clients[3].since -= 2 * SILENCE_MS;
	clients[5].since -= 2 * SILENCE_MS;
	later = dial(d);
	control_serve(d->control);
	assert_true(is_open(later));
	for (int i = 0; i < CLIENTS_MAX; i++) {
		assert_int_equal(is_open(fds[i]), i != 5);
		close(fds[i]);
	}
	close(late);
	close(later);
}

/* More than a socket takes at once, for one who is slow to read. */
static void sends_a_long_list(void **state)
{
	static const char line[] = "{\"verb\":\"token-list\"}\n";
	enum { TOKENS = 1800, ROOM = 1024 * 1024 };
	struct daemon *d = *state;
	char name[65], *answer = malloc(ROOM);
	struct pollfd wait;
	json_t *list;
	struct err err;

	for (int i = 0; i < TOKENS; i++) {
		snprintf(name, sizeof(name), "%064d", i);
		json_decref(add_token(d, name, &err));
	}
	wait = (struct pollfd){.fd = dial(d), .events = POLLIN};
	send(wait.fd, line, sizeof(line) - 1, 0);
	poll(&wait, 1, PATIENCE_MS);
	usleep(50000); /* it fills the socket meanwhile */
	hear(wait.fd, answer, ROOM);
	list = json_parse(answer, strlen(answer), &err);
	assert_int_equal(json_array_size(json_object_get(list, "tokens")),
			 TOKENS);
	json_decref(list);
	free(answer);
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

/* What is under way at the end is done and answered. */
static void finishes_at_the_end(void **state)
{
	static const char line[] = "{\"verb\":\"db-backup\"}\n";
	struct daemon *d = *state;
	char answer[64];
	int fd;

	stop_thread(d);
	fd = dial(d);
	send(fd, line, sizeof(line) - 1, 0);
	control_serve(d->control); /* accepts */
	control_serve(d->control); /* reads */
	control_close(d->control);
	d->control = NULL;
	hear(fd, answer, sizeof(answer));
	assert_string_equal(answer, "{}\n");
}

/* ---- a daemon that does wrong ------------------------------------------- */

static const struct {
	const char *label, *reply;
	bool reads; /* before it closes */
	enum err_code code;
	const char *reason;
} wrongs[] = {
	{"good", "{}\n", true, ERR_NONE, NULL},
	{"refuses", "{\"error\":\"no\"}\n", true, ERR_INVALID, "no"},
	{"no place", "", false, ERR_BUSY,
	 "the daemon takes no more commands now"},
	{"went away", "", true, ERR_SYSTEM, "the daemon went away"},
	{"went away in its answer", "{}", true, ERR_SYSTEM,
	 "the daemon went away"},
	{"no JSON", "{\n", true, ERR_INVALID, NULL},
};

struct wrong_daemon {
	int listen_fd;
	size_t row;
};

static void *do_wrong(void *arg)
{
	struct wrong_daemon *w = arg;
	int fd = accept(w->listen_fd, NULL, NULL);
	struct pollfd wait = {.fd = fd, .events = POLLIN};
	const char *reply = wrongs[w->row].reply;
	char line[256];

	poll(&wait, 1, PATIENCE_MS);
	if (wrongs[w->row].reads)
		(void)!recv(fd, line, sizeof(line), 0);
	send(fd, reply, strlen(reply), MSG_NOSIGNAL);
	close(fd);
	return NULL;
}

static void says_what_the_daemon_did(void **state)
{
	struct daemon *d = *state;
	struct wrong_daemon w;

	stop_thread(d);
	w.listen_fd = d->control->listen_fd;
	fcntl(w.listen_fd, F_SETFL, 0); /* wait for a client */
	for (w.row = 0; w.row < sizeof(wrongs) / sizeof(*wrongs); w.row++) {
		struct err err = {0};
		pthread_t thread;
		json_t *answer;

		print_message("case: %s\n", wrongs[w.row].label);
		pthread_create(&thread, NULL, do_wrong, &w);
		answer = add_token(d, "ci", &err);
		pthread_join(thread, NULL);
		assert_int_equal(err.code, wrongs[w.row].code);
		assert_int_equal(answer != NULL, err.code == ERR_NONE);
		if (wrongs[w.row].reason)
			assert_string_equal(err.text, wrongs[w.row].reason);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(answers_lines),
		TEST(takes_a_line_in_pieces),
		TEST(bounds_the_line),
		TEST(bounds_the_clients),
		TEST(replaces_a_silent_client),
		TEST(sends_a_long_list),
		TEST(outlives_a_client_that_leaves),
		TEST(finishes_at_the_end),
		TEST(says_what_the_daemon_did),
		TEST(socket_is_private_and_goes),
		TEST(nobody_listens),
		TEST(clears_what_was_left),
		TEST(long_directory),
		TEST(missing_directory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
