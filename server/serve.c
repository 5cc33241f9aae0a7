#include "serve.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/notify.h"
#include "config.h"
#include "daemon.h"

enum { TURN_MS = 1000, DRAIN_TURN_MS = 50 };

static const char usage[] =
	"usage: otterd serve [-c FILE]\n"
	"Serves until SIGTERM.  SIGHUP reads the configuration again.\n"
	"  -c, --config FILE  (" CONFIG_DEFAULT_PATH ")\n";

struct loop {
	struct daemon *daemon;
	int epoll_fd;
	int signal_fd;
	uint64_t watchdog_ms; /* between two signs of life; 0: none */
	uint64_t last_sign;   /* clock_ms() */
	bool stop;
};

/* Every connection is a descriptor: take all that we may have. */
static void raise_descriptor_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

/* Signals arrive as reads; blocked before any thread starts. */
static bool open_signals(int *fd, struct err *err)
{
	sigset_t set;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	*fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return *fd >= 0 || err_sys(err, "signalfd");
}

static void sign_of_life(struct loop *loop)
{
	uint64_t now = clock_ms();

	if (!loop->watchdog_ms || now - loop->last_sign < loop->watchdog_ms)
		return;
	if (!daemon_healthy(loop->daemon)) {
		log_event(LOG_ERROR, "watchdog", "a worker hangs");
		return;
	}
	loop->last_sign = now;
	notify_watchdog();
}

static void reload(struct loop *loop)
{
	struct err err;

	notify_reloading();
	if (daemon_reload(loop->daemon, &err))
		log_event(LOG_INFO, "reload", "done");
	else
		log_event(LOG_ERROR, "reload",
			  "refused, the old configuration stays: %s", err.text);
	notify_ready("serving");
}

static void take_signals(struct loop *loop)
{
	struct signalfd_siginfo info;

	while (read(loop->signal_fd, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGHUP)
			reload(loop);
		else
			loop->stop = true;
	}
}

static bool watch(struct loop *loop, int fd, struct err *err)
{
	struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

	return epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0 ||
	       err_sys(err, "epoll");
}

static void turn(struct loop *loop, int wait)
{
	struct epoll_event events[4];
	int count = epoll_wait(loop->epoll_fd, events, 4, wait);

	for (int i = 0; i < count; i++) {
		if (events[i].data.fd == loop->signal_fd)
			take_signals(loop);
		else
			daemon_serve_control(loop->daemon);
	}
	daemon_tick(loop->daemon);
	sign_of_life(loop);
}

static void drain(struct loop *loop)
{
	uint64_t end = clock_ms() + (uint64_t)daemon_drain_ms(loop->daemon);

	notify_stopping();
	log_event(LOG_INFO, "stop", "finishing what is under way");
	daemon_drain(loop->daemon);
	while (!daemon_drained(loop->daemon)) {
		if (clock_ms() >= end) {
			log_event(LOG_WARN, "stop",
				  "some answers were not finished in time");
			return;
		}
		turn(loop, DRAIN_TURN_MS);
	}
}

static bool run(const char *path, struct err *err)
{
	struct loop loop = {.epoll_fd = epoll_create1(EPOLL_CLOEXEC),
			    .signal_fd = -1};
	bool ok = loop.epoll_fd >= 0 ? true : err_sys(err, "epoll");

	raise_descriptor_limit();
	ok = ok && open_signals(&loop.signal_fd, err) &&
	     daemon_start(&loop.daemon, path, err) &&
	     watch(&loop, loop.signal_fd, err) &&
	     watch(&loop, daemon_control_fd(loop.daemon), err);
	if (ok) {
		loop.watchdog_ms = notify_watchdog_ms();
		notify_ready("serving");
		log_event(LOG_INFO, "start", "serving");
		while (!loop.stop)
			turn(&loop, TURN_MS);
		drain(&loop);
	}
	daemon_stop(loop.daemon);
	if (loop.signal_fd >= 0)
		close(loop.signal_fd);
	if (loop.epoll_fd >= 0)
		close(loop.epoll_fd);
	return ok;
}

int serve_main(int argc, char **argv)
{
	static const struct option options[] = {
		{"config", required_argument, NULL, 'c'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0}};
	const char *path = CONFIG_DEFAULT_PATH;
	struct err err;
	int c;

	while ((c = getopt_long(argc, argv, "c:h", options, NULL)) != -1) {
		switch (c) {
		case 'c':
			path = optarg;
			break;
		case 'h':
			fputs(usage, stdout);
			return 0;
		default:
			fputs(usage, stderr);
			return 2;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "otterd serve: unexpected '%s'\n%s",
			argv[optind], usage);
		return 2;
	}
	if (run(path, &err))
		return 0;
	log_event(LOG_ERROR, "start", "%s", err.text);
	return 1;
}
