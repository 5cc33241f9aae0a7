#include "listeners.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "listen.h"

static bool is_admin_port(const struct config *config, int port)
{
	for (size_t i = 0; i < config->admin_listen_count; i++) {
		const char *colon = strrchr(config->admin_listen[i], ':');

		if (colon && atoi(colon + 1) == port)
			return true;
	}
	return false;
}

static bool open_each(struct worker *worker, char *const *addresses,
		      size_t count, bool admin, struct err *err)
{
	for (size_t i = 0; i < count; i++) {
		int fd;

		if (!listen_open(&fd, addresses[i], err) ||
		    !worker_listen(worker, fd, listen_port(fd), admin, err))
			return false;
	}
	return true;
}

static bool share_each(struct worker *worker, const struct config *config,
		       const int *activated, size_t count, struct err *err)
{
	for (size_t i = 0; i < count; i++) {
		int fd = dup(activated[i]);
		int port;
		bool admin;

		if (fd < 0)
			return err_sys(err, "listening socket");
		port = listen_port(fd);
		admin = !config->admin_listen_count ||
			is_admin_port(config, port);
		if (!worker_listen(worker, fd, port, admin, err))
			return false;
	}
	return true;
}

bool listeners_are_free(const struct config *config, struct err *err)
{
	for (size_t i = 0; i < config->listen_count; i++) {
		if (!listen_is_free(config->listen[i], err))
			return config_wrap(config, err, "server.listen[%zu]",
					   i);
	}
	for (size_t i = 0; i < config->admin_listen_count; i++) {
		if (!listen_is_free(config->admin_listen[i], err))
			return config_wrap(config, err,
					   "server.admin_listen[%zu]", i);
	}
	return true;
}

bool listeners_open(struct worker *worker, const struct config *config,
		    const int *activated, size_t activated_count,
		    struct err *err)
{
	if (activated_count)
		return share_each(worker, config, activated, activated_count,
				  err);
	return open_each(worker, config->listen, config->listen_count,
			 !config->admin_listen_count, err) &&
	       open_each(worker, config->admin_listen,
			 config->admin_listen_count, true, err);
}
