#include "cli/db.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/args.h"
#include "cli/ask.h"
#include "cli/command.h"
#include "config.h"

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
	ok = file_replace_copy(path, fd, 0600, err);
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
