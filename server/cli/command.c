#include "cli/command.h"

#include <stdio.h>
#include <string.h>

static void list(FILE *to, const struct command *table, size_t count,
		 const char *name)
{
	fprintf(to, "usage: %s COMMAND ...\n", name);
	for (size_t i = 0; i < count; i++)
		fprintf(to, "  %-11s %s\n", table[i].name, table[i].help);
	fprintf(to, "%s COMMAND --help says more.\n", name);
}

static const struct command *find(const struct command *table, size_t count,
				  const char *word)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(table[i].name, word) == 0)
			return &table[i];
	}
	return NULL;
}

/* The command's argv[0] says how it was called, as getopt_long(3) shows it. */
static int run(const struct command *command, int argc, char **argv)
{
	char name[128];

	snprintf(name, sizeof(name), "%s %s", argv[0], command->name);
	argv[1] = name;
	return command->run(argc - 1, argv + 1);
}

static bool asks_for_help(const char *word)
{
	return strcmp(word, "help") == 0 || strcmp(word, "--help") == 0 ||
	       strcmp(word, "-h") == 0;
}

int command_run(const struct command *table, size_t count, int argc,
		char **argv)
{
	const struct command *command;

	if (argc < 2) {
		list(stderr, table, count, argv[0]);
		return EXIT_USAGE;
	}
	command = find(table, count, argv[1]);
	if (command)
		return run(command, argc, argv);
	if (asks_for_help(argv[1]) && argc == 2) {
		list(stdout, table, count, argv[0]);
		return EXIT_DONE;
	}
	fprintf(stderr, "%s: unknown command '%s'\n", argv[0], argv[1]);
	list(stderr, table, count, argv[0]);
	return EXIT_USAGE;
}

int command_failed(const char *name, const struct err *err)
{
	fprintf(stderr, "%s: %s\n", name, err->text);
	return EXIT_FAILED;
}
