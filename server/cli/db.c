#include "cli/db.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include "base/file.h"
#include "base/strbuf.h"
#include "cli/args.h"
#include "cli/ask.h"
#include "cli/command.h"
#include "config.h"

enum { PIECE = 1024 * 1024 * 1024 }; /* bytes of one sendfile(2) */

/* ---- check -------------------------------------------------------------- */

static int check(int argc, char **argv)
{
	const char *config = CONFIG_DEFAULT_PATH;
	const struct args_option options[] = {ARGS_CONFIG(&config)};
	const struct args args = {
		.synopsis = "[-c FILE]",
		.about = "Checks the whole database; says what is wrong "
			 "first.\n",
		.options = options,
		.option_count = 1};
	char **operands;
	json_t *answer;
	struct err err;
	int status, fd;

	if (!args_read(&args, argc, argv, &operands, &status))
		return status;
	if (!ask(config, json_pack("{s:s}", "verb", "db-check"), &answer, &fd,
		 &err))
		return command_failed(argv[0], &err);
	json_decref(answer);
	puts("ok");
	return EXIT_DONE;
}

/* ---- backup ------------------------------------------------------------- */

static bool copy_all(int to, int from, struct err *err)
{
	ssize_t n;

	do
		n = sendfile(to, from, NULL, PIECE);
	while (n > 0 || (n < 0 && errno == EINTR));
	if (n < 0 || fsync(to) < 0)
		return err_sys(err, "copying");
	return true;
}

static bool sync_directory_of(const char *path, struct err *err)
{
	char copy[PATH_MAX];
	const char *dir;
	bool ok;
	int fd;

	text_copy(copy, sizeof(copy), path);
	dir = dirname(copy);
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return err_sys(err, "%s", dir);
	ok = file_sync_dir(fd, dir, err);
	close(fd);
	return ok;
}

/* Put a copy of the file `from` in the place of `path`, whole or not. */
static bool keep_copy(const char *path, int from, struct err *err)
{
	char temporary[PATH_MAX];
	bool ok;
	int to;

	if (snprintf(temporary, sizeof(temporary), "%s.XXXXXX", path) >=
	    PATH_MAX)
		return err_set(err, ERR_INVALID, "%s: path too long", path);
	to = mkostemp(temporary, O_CLOEXEC);
	if (to < 0)
		return err_sys(err, "%s", path);
	ok = copy_all(to, from, err) || err_wrap(err, "%s", path);
	close(to);
	if (ok && rename(temporary, path) < 0)
		ok = err_sys(err, "%s", path);
	if (ok)
		return sync_directory_of(path, err);
	unlink(temporary);
	return false;
}

static bool back_up(const char *config, const char *path, struct err *err)
{
	json_t *answer;
	bool ok;
	int fd;

	if (!ask(config, json_pack("{s:s}", "verb", "db-backup"), &answer, &fd,
		 err))
		return false;
	json_decref(answer);
	if (fd < 0)
		return err_set(err, ERR_SYSTEM, "no copy came along");
	ok = keep_copy(path, fd, err);
	close(fd);
	return ok;
}

static int backup(int argc, char **argv)
{
	const char *config = CONFIG_DEFAULT_PATH;
	const struct args_option options[] = {ARGS_CONFIG(&config)};
	const struct args args = {
		.synopsis = "FILE [-c FILE]",
		.about = "Writes a copy of the database as of one moment to "
			 "FILE, while the daemon goes on.\nFILE is replaced "
			 "when the copy is whole.  The data directory needs "
			 "room for one.\n",
		.options = options,
		.option_count = 1,
		.operands = 1};
	char **operands;
	struct err err;
	int status;

	if (!args_read(&args, argc, argv, &operands, &status))
		return status;
	if (!back_up(config, operands[0], &err))
		return command_failed(argv[0], &err);
	return EXIT_DONE;
}

int db_main(int argc, char **argv)
{
	static const struct command commands[] = {
		{"check", "check the whole database", check},
		{"backup", "copy the database to a file", backup},
	};

	return command_run(commands, sizeof(commands) / sizeof(*commands), argc,
			   argv);
}
