#include "base/notify.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "fixture.h"

/* ---- messages ----------------------------------------------------------- */

struct fixture {
	void *dir;
	int fd; /* what systemd would read from */
	char text[512];
};

static int open_socket(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	*state = f;
	if (make_dir(&f->dir))
		return -1;
	snprintf(address.sun_path, sizeof(address.sun_path), "%s",
		 in_dir(f->dir, "notify"));
	f->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	setenv("NOTIFY_SOCKET", address.sun_path, 1);
	return bind(f->fd, (struct sockaddr *)&address, sizeof(address));
}

static int close_socket(void **state)
{
	struct fixture *f = *state;
	void *dir = f->dir;

	unsetenv("NOTIFY_SOCKET");
	close(f->fd);
	free(f);
	return remove_dir(&dir);
}

static const char *told(struct fixture *f)
{
	ssize_t n = recv(f->fd, f->text, sizeof(f->text) - 1, 0);

	f->text[n > 0 ? n : 0] = '\0';
	return f->text;
}

static void test_messages(void **state)
{
	struct fixture *f = *state;

	notify_ready("serving");
	assert_string_equal(told(f), "READY=1\nSTATUS=serving");
	notify_status("50% done");
	assert_string_equal(told(f), "STATUS=50% done");
	notify_watchdog();
	assert_string_equal(told(f), "WATCHDOG=1");
	notify_stopping();
	assert_non_null(strstr(told(f), "STOPPING=1\n"));
	assert_string_equal(told(f), "");
}

/* systemd compares the time with its own, CLOCK_MONOTONIC in microseconds. */
static void test_reloading(void **state)
{
	static const char form[] = "RELOADING=1\nMONOTONIC_USEC=";
	uint64_t before = clock_us(), us;

	notify_reloading();
	assert_memory_equal(told(*state), form, sizeof(form) - 1);
	us = strtoull(((struct fixture *)*state)->text + sizeof(form) - 1, NULL,
		      10);
	assert_true(us >= before && us <= clock_us());
}

static void test_without_systemd(void **state)
{
	(void)state;
	notify_ready("serving");
	notify_status("");
	notify_reloading();
	notify_watchdog();
	notify_stopping();
}

static void test_watchdog(void **state)
{
	char pid[32];

	(void)state;
	assert_int_equal(notify_watchdog_ms(), 0);
	setenv("WATCHDOG_USEC", "30000000", 1);
	assert_int_equal(notify_watchdog_ms(), 15000);
	snprintf(pid, sizeof(pid), "%d", getpid());
	setenv("WATCHDOG_PID", pid, 1);
	assert_int_equal(notify_watchdog_ms(), 15000);
	setenv("WATCHDOG_PID", "1", 1);
	assert_int_equal(notify_watchdog_ms(), 0);
	unsetenv("WATCHDOG_PID");
	setenv("WATCHDOG_USEC", "x", 1);
	assert_int_equal(notify_watchdog_ms(), 0);
	unsetenv("WATCHDOG_USEC");
}

/* ---- sockets handed over ------------------------------------------------ */

enum { FIRST = 3, HANDED = 5 };

static int stream(bool listening)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) ||
	    (listening && listen(fd, 1)))
		return -1;
	return fd;
}

/* As systemd does: descriptors from 3 on, two of them no listeners. */
static void hand_over(void)
{
	const int made[HANDED] = {stream(true), stream(false), stream(true),
				  socket(AF_INET, SOCK_DGRAM, 0), stream(true)};
	int high[HANDED];
	char text[16];

	for (int i = 0; i < HANDED; i++)
		high[i] = fcntl(made[i], F_DUPFD, 50);
	for (int i = 0; i < HANDED; i++)
		dup2(high[i], FIRST + i);
	snprintf(text, sizeof(text), "%d", getpid());
	setenv("LISTEN_PID", text, 1);
	snprintf(text, sizeof(text), "%d", HANDED);
	setenv("LISTEN_FDS", text, 1);
}

static bool is_ready(int fd)
{
	return (fcntl(fd, F_GETFD) & FD_CLOEXEC) &&
	       (fcntl(fd, F_GETFL) & O_NONBLOCK);
}

static bool is_closed(int fd)
{
	return fcntl(fd, F_GETFD) < 0;
}

/* In a process of its own, as descriptors 3 to 7 are written over. */
static int take_over(size_t max)
{
	int fds[HANDED] = {-1, -1, -1, -1, -1};
	size_t count;

	hand_over();
	count = notify_listen_fds(fds, max);
	if (count != (max < 3 ? max : 3) || !is_closed(FIRST + 1) ||
	    !is_closed(FIRST + 3) || getenv("LISTEN_FDS"))
		return 1;
	for (size_t i = 0; i < 3; i++) {
		int fd = FIRST + 2 * (int)i;

		if (i < count ? fds[i] != fd || !is_ready(fd)
			      : fds[i] != -1 || !is_closed(fd))
			return 2 + (int)i;
	}
	return notify_listen_fds(fds, max) == 0 ? 0 : 9;
}

static void test_listen_fds(void **state)
{
	(void)state;
	for (size_t max = 0; max <= 4; max++) {
		pid_t child = fork();
		int status;

		if (!child)
			_exit(take_over(max));
		assert_int_equal(waitpid(child, &status, 0), child);
		if (status)
			fail_msg("max %zu: %d", max, WEXITSTATUS(status));
	}
}

static void test_nothing_handed_over(void **state)
{
	int fds[1] = {-1};

	(void)state;
	assert_int_equal(notify_listen_fds(fds, 1), 0);
	assert_int_equal(fds[0], -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_messages, open_socket,
						close_socket),
		cmocka_unit_test_setup_teardown(test_reloading, open_socket,
						close_socket),
		cmocka_unit_test(test_without_systemd),
		cmocka_unit_test(test_watchdog),
		cmocka_unit_test(test_listen_fds),
		cmocka_unit_test(test_nothing_handed_over),
	};

	/* A supervisor of the tests themselves is not meant. */
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
	unsetenv("LISTEN_FDS");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
