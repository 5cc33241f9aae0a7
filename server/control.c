#include "control.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/chores.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/strbuf.h"
#include "control_ask.h"
#include "verb.h"

enum {
	CLIENTS_MAX = 8,
	SILENCE_MS = 5000, /* then a client gives way to a new one */
	EVENTS_MAX = CLIENTS_MAX + 2
};

enum client_state {
	CLIENT_FREE,
	CLIENT_READING,
	CLIENT_WORKING, /* its call belongs to another thread */
	CLIENT_ANSWERING
};

struct client {
	struct verb_call call; /* first: its job is what comes back */
	struct control *control;
	enum client_state state;
	int fd;
	uint64_t since; /* clock_ms() when the state began */
	size_t len;	/* bytes of the line so far */
	char line[CONTROL_LINE_MAX];
	struct strbuf answer;
	size_t sent; /* bytes of it */
};

struct control {
	char *data_dir;
	int dir_fd;
	int listen_fd;
	int epoll_fd;
	struct port *port;     /* where finished calls come back */
	struct chores *chores; /* a thread for what reads, as a backup */
	struct writer *writer;
	struct client clients[CLIENTS_MAX];
};

/* ---- one client --------------------------------------------------------- */

static void release(struct client *client)
{
	close(client->fd); /* which takes it out of the epoll */
	verb_end(&client->call);
	strbuf_free(&client->answer);
	client->fd = -1;
	client->state = CLIENT_FREE;
}

static void enter(struct client *client, enum client_state state)
{
	client->state = state;
	client->since = clock_ms();
}

/*
 * For one event: a client that hangs up while its call is under way must not
 * keep the descriptor readable.  One that cannot be watched is of no use.
 */
static void watch(struct client *client, int operation, uint32_t events)
{
	struct epoll_event event = {.events = events | EPOLLONESHOT,
				    .data.ptr = client};

	if (epoll_ctl(client->control->epoll_fd, operation, client->fd,
		      &event) < 0)
		release(client);
}

/* The call's file goes along with the first byte. */
static ssize_t send_part(struct client *client)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} extra = {0};
	struct iovec part = {client->answer.data + client->sent,
			     client->answer.len - client->sent};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};

	if (client->call.fd >= 0 && !client->sent) {
		extra.header.cmsg_level = SOL_SOCKET;
		extra.header.cmsg_type = SCM_RIGHTS;
		extra.header.cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(&extra.header), &client->call.fd, sizeof(int));
		message.msg_control = &extra;
		message.msg_controllen = sizeof(extra);
	}
	return sendmsg(client->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void go_on_answering(struct client *client)
{
	while (client->sent < client->answer.len) {
		ssize_t n = send_part(client);

		if (n < 0 && errno == EAGAIN) {
			watch(client, EPOLL_CTL_MOD, EPOLLOUT);
			return;
		}
		if (n < 0)
			break;
		client->sent += (size_t)n;
	}
	release(client);
}

/* Takes over `object`; NULL is out of memory. */
static void answer(struct client *client, json_t *object)
{
	size_t len;
	char *text = object ? json_write(object, &len) : NULL;

	json_decref(object);
	if (text)
		strbuf_add(&client->answer, text, len);
	else
		strbuf_puts(&client->answer, "{\"error\":\"out of memory\"}");
	strbuf_puts(&client->answer, "\n");
	free(text);
	if (client->answer.failed) {
		release(client);
		return;
	}
	enter(client, CLIENT_ANSWERING);
	go_on_answering(client);
}

static void refuse(struct client *client, const struct err *err)
{
	/* A reason that was cut to fit may be no UTF-8. */
	json_t *reason = json_string(err->text);

	log_event(LOG_WARN, "control", "refused: %s", err->text);
	answer(client, json_pack("{s:o}", "error",
				 reason ? reason : json_string("refused")));
}

static void call_done(struct job *job)
{
	struct client *client = (struct client *)job;
	struct verb_call *call = &client->call;

	if (!job->ok) {
		refuse(client, &job->err);
		return;
	}
	log_event(LOG_INFO, "control", "%s: done", verb_name(call));
	answer(client, json_incref(call->answer));
}

static void take_request(struct client *client, json_t *request)
{
	struct control *control = client->control;
	struct verb_call *call = &client->call;
	struct err err;

	if (!verb_begin(call, request, control->data_dir, &err)) {
		refuse(client, &err);
		return;
	}
	call->job.port = control->port;
	call->job.done = call_done;
	enter(client, CLIENT_WORKING);
	verb_submit(call, control->writer, control->chores);
}

/* The line has ended, or there is no room for its end. */
static void take_line(struct client *client)
{
	const char *end = memchr(client->line, '\n', client->len);
	size_t len = end ? (size_t)(end - client->line) : 0;
	json_t *request = NULL;
	struct err err;

	if (!end)
		err_set(&err, ERR_TOO_LARGE, "a line of over %d bytes",
			CONTROL_LINE_MAX);
	else if (len + 1 != client->len)
		err_set(&err, ERR_INVALID, "something follows the line");
	else
		request = json_parse(client->line, len, &err);
	if (request)
		take_request(client, request);
	else
		refuse(client, &err);
}

static void read_more(struct client *client)
{
	ssize_t n = recv(client->fd, client->line + client->len,
			 sizeof(client->line) - client->len, MSG_DONTWAIT);

	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
		release(client);
		return;
	}
	client->len += n > 0 ? (size_t)n : 0;
	if (client->len == sizeof(client->line) ||
	    memchr(client->line, '\n', client->len))
		take_line(client);
	else
		watch(client, EPOLL_CTL_MOD, EPOLLIN);
}

static void handle(struct client *client)
{
	switch (client->state) {
	case CLIENT_READING:
		read_more(client);
		break;
	case CLIENT_ANSWERING:
		go_on_answering(client);
		break;
	case CLIENT_WORKING:
	case CLIENT_FREE:
		break;
	}
}

/* ---- the socket --------------------------------------------------------- */

/* A free place, or that of whoever has been silent for the longest. */
static struct client *find_place(struct control *control)
{
	uint64_t now = clock_ms();
	struct client *oldest = NULL;

	for (size_t i = 0; i < CLIENTS_MAX; i++) {
		struct client *client = &control->clients[i];

		if (client->state == CLIENT_FREE)
			return client;
		if (client->state != CLIENT_WORKING &&
		    now - client->since >= SILENCE_MS &&
		    (!oldest || client->since < oldest->since))
			oldest = client;
	}
	if (oldest)
		release(oldest);
	return oldest;
}

/* The file's mode keeps others out; this does so should it be changed. */
static bool is_trusted(int fd)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0)
		return false;
	if (peer.uid == 0 || peer.uid == geteuid())
		return true;
	log_event(LOG_WARN, "control", "user %u may not use the socket",
		  (unsigned int)peer.uid);
	return false;
}

static void accept_client(struct control *control)
{
	int fd = accept4(control->listen_fd, NULL, NULL,
			 SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct client *client;

	if (fd < 0)
		return;
	client = is_trusted(fd) ? find_place(control) : NULL;
	if (!client) {
		close(fd);
		return;
	}
	client->fd = fd;
	client->len = 0;
	client->sent = 0;
	enter(client, CLIENT_READING);
	watch(client, EPOLL_CTL_ADD, EPOLLIN);
}

int control_fd(const struct control *control)
{
	return control->epoll_fd;
}

void control_serve(struct control *control)
{
	struct epoll_event events[EVENTS_MAX];
	int count = epoll_wait(control->epoll_fd, events, EVENTS_MAX, 0);

	for (int i = 0; i < count; i++) {
		void *what = events[i].data.ptr;

		if (what == control)
			accept_client(control);
		else if (what == control->port)
			port_drain(control->port);
		else
			handle(what);
	}
}

/* ---- opening and closing ------------------------------------------------ */

/* The mode of the descriptor is what bind(2) gives the file. */
static bool bind_socket(struct control *control, struct err *err)
{
	struct sockaddr_un address;

	control_address(&address, control->dir_fd);
	if (unlinkat(control->dir_fd, CONTROL_SOCKET, 0) < 0 && errno != ENOENT)
		return err_sys(err, "%s/" CONTROL_SOCKET, control->data_dir);
	if (fchmod(control->listen_fd, 0600) < 0 ||
	    bind(control->listen_fd, (struct sockaddr *)&address,
		 sizeof(address)) < 0 ||
	    listen(control->listen_fd, CLIENTS_MAX) < 0)
		return err_sys(err, "%s/" CONTROL_SOCKET, control->data_dir);
	return true;
}

static bool open_socket(struct control *control, struct err *err)
{
	control->dir_fd =
		open(control->data_dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (control->dir_fd < 0)
		return err_sys(err, "%s", control->data_dir);
	control->listen_fd =
		socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (control->listen_fd < 0)
		return err_sys(err, "socket");
	return bind_socket(control, err);
}

static bool watch_own(struct control *control, int fd, void *what,
		      struct err *err)
{
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = what};

	return epoll_ctl(control->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0 ||
	       err_sys(err, "epoll");
}

static bool open_all(struct control *control, struct err *err)
{
	control->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (control->epoll_fd < 0)
		return err_sys(err, "epoll");
	return open_socket(control, err) && port_open(&control->port, err) &&
	       chores_start(&control->chores, err) &&
	       watch_own(control, control->listen_fd, control, err) &&
	       watch_own(control, port_fd(control->port), control->port, err);
}

bool control_open(struct control **out, const char *data_dir,
		  struct writer *writer, struct err *err)
{
	struct control *control = calloc(1, sizeof(*control));

	*out = NULL;
	if (!control)
		return err_memory(err);
	control->dir_fd = control->listen_fd = control->epoll_fd = -1;
	control->writer = writer;
	for (size_t i = 0; i < CLIENTS_MAX; i++) {
		control->clients[i].control = control;
		control->clients[i].call.fd = -1;
	}
	control->data_dir = strdup(data_dir);
	if (!(control->data_dir ? open_all(control, err) : err_memory(err))) {
		control_close(control);
		return false;
	}
	verb_clean(data_dir);
	*out = control;
	return true;
}

static bool is_working(const struct control *control)
{
	for (size_t i = 0; i < CLIENTS_MAX; i++) {
		if (control->clients[i].state == CLIENT_WORKING)
			return true;
	}
	return false;
}

static void finish_calls(struct control *control)
{
	while (is_working(control)) {
		struct pollfd wait = {.fd = port_fd(control->port),
				      .events = POLLIN};

		poll(&wait, 1, -1);
		port_drain(control->port);
	}
}

static void close_fd(int fd)
{
	if (fd >= 0)
		close(fd);
}

void control_close(struct control *control)
{
	if (!control)
		return;
	finish_calls(control);
	chores_stop(control->chores);
	for (size_t i = 0; i < CLIENTS_MAX; i++) {
		if (control->clients[i].state != CLIENT_FREE)
			release(&control->clients[i]);
	}
	if (control->listen_fd >= 0)
		unlinkat(control->dir_fd, CONTROL_SOCKET, 0);
	close_fd(control->listen_fd);
	close_fd(control->dir_fd);
	close_fd(control->epoll_fd);
	port_close(control->port);
	free(control->data_dir);
	free(control);
}
