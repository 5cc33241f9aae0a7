/*
 * command - a word on the command line and the function behind it.
 */
#ifndef OTTERD_CLI_COMMAND_H
#define OTTERD_CLI_COMMAND_H

#include <stddef.h>

#include "base/err.h"

/* Exit statuses. */
enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

struct command {
	const char *name;
	const char *help; /* one line */
	/* argv[0] is all words so far, "otterd token add". */
	int (*run)(int argc, char **argv);
};

/*
 * Run the command that argv[1] names and return its exit status.  "help",
 * "--help" and "-h" list the table; for an unknown word and for none the list
 * goes to standard error and the status is EXIT_USAGE.
 */
int command_run(const struct command *table, size_t count, int argc,
		char **argv);

/* Say "NAME: reason" on standard error; returns EXIT_FAILED. */
int command_failed(const char *name, const struct err *err);

#endif
