#include "control_ask.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/json.h"
#include "base/strbuf.h"

enum { ANSWER_MAX = 64 * 1024 * 1024 }; /* bytes: a list of many tokens */

void control_address(struct sockaddr_un *address, int dir_fd)
{
	*address = (struct sockaddr_un){.sun_family = AF_UNIX};
	snprintf(address->sun_path, sizeof(address->sun_path),
		 "/proc/self/fd/%d/" CONTROL_SOCKET, dir_fd);
}

static bool refused(const char *data_dir, struct err *err)
{
	if (errno == ENOENT || errno == ECONNREFUSED || errno == EAGAIN)
		return err_set(err, ERR_BUSY,
			       "%s: another process has the database, and no "
			       "daemon listens on " CONTROL_SOCKET,
			       data_dir);
	return err_sys(err, "%s/" CONTROL_SOCKET, data_dir);
}

static bool dial(int *fd, const char *data_dir, struct err *err)
{
	struct sockaddr_un address;
	int dir_fd = open(data_dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	bool ok;

	*fd = -1;
	if (dir_fd < 0)
		return err_sys(err, "%s", data_dir);
	control_address(&address, dir_fd);
	*fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (*fd < 0)
		ok = err_sys(err, "socket");
	else
		ok = connect(*fd, (struct sockaddr *)&address,
			     sizeof(address)) == 0 ||
		     refused(data_dir, err);
	close(dir_fd);
	return ok;
}

/*
 * The daemon closes at once when it has no place for another command; then
 * nothing was done.
 */
static bool cut_off(struct err *err)
{
	if (errno == EPIPE || errno == ECONNRESET)
		return err_set(err, ERR_BUSY,
			       "the daemon takes no more commands now");
	return err_sys(err, "the daemon");
}

static bool send_all(int fd, const char *data, size_t len, struct err *err)
{
	while (len) {
		ssize_t n = send(fd, data, len, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return cut_off(err);
		data += n;
		len -= (size_t)n;
	}
	return true;
}

static bool send_line(int fd, const json_t *request, struct err *err)
{
	size_t len;
	char *text = json_write(request, &len);
	bool ok;

	if (!text)
		return err_memory(err);
	text[len] = '\n'; /* in the place of the NUL */
	ok = send_all(fd, text, len + 1, err);
	free(text);
	return ok;
}

/* Keep the one descriptor that a message may bring. */
static void keep_descriptor(struct msghdr *message, int *passed)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(message);

	if (!c || c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS ||
	    c->cmsg_len != CMSG_LEN(sizeof(int)))
		return;
	if (*passed >= 0)
		close(*passed);
	memcpy(passed, CMSG_DATA(c), sizeof(int));
}

static ssize_t receive(int fd, char *piece, size_t room, int *passed)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} extra;
	struct iovec part = {piece, room};
	struct msghdr message = {.msg_iov = &part,
				 .msg_iovlen = 1,
				 .msg_control = &extra,
				 .msg_controllen = sizeof(extra)};
	ssize_t n;

	do
		n = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n >= 0)
		keep_descriptor(&message, passed);
	return n;
}

/* One line, ended by the end of the connection. */
static bool receive_line(int fd, struct strbuf *line, int *passed,
			 struct err *err)
{
	char piece[4096];
	ssize_t n;

	while ((n = receive(fd, piece, sizeof(piece), passed)) > 0 &&
	       line->len < ANSWER_MAX)
		strbuf_add(line, piece, (size_t)n);
	if (n < 0 && !line->len)
		return cut_off(err);
	if (line->failed)
		return err_memory(err);
	return (line->len && line->data[line->len - 1] == '\n') ||
	       err_set(err, ERR_SYSTEM, "the daemon went away");
}

static bool judge(json_t *answer, struct err *err)
{
	const char *reason =
		json_string_value(json_object_get(answer, "error"));

	return !reason || err_set(err, ERR_INVALID, "%s", reason);
}

bool control_ask(const char *data_dir, const json_t *request, json_t **answer,
		 int *fd, struct err *err)
{
	struct strbuf line = {0};
	int link;
	bool ok;

	*answer = NULL;
	*fd = -1;
	ok = dial(&link, data_dir, err) && send_line(link, request, err) &&
	     receive_line(link, &line, fd, err);
	if (ok)
		*answer = json_parse(line.data, line.len, err);
	ok = *answer && judge(*answer, err);
	strbuf_free(&line);
	if (link >= 0)
		close(link);
	if (ok)
		return true;
	json_decref(*answer);
	*answer = NULL;
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	return false;
}
