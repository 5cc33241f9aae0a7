/*
 * args - a command's options and operands, read by a table that its help is
 * made of too.
 */
#ifndef OTTERD_CLI_ARGS_H
#define OTTERD_CLI_ARGS_H

#include <stdbool.h>
#include <stddef.h>

/* The values of an option that may be given several times. */
struct args_list {
	const char **texts; /* room for `max` */
	size_t max;
	size_t count; /* how many were given */
};

struct args_option {
	const char *name;  /* the long form, without "--" */
	char letter;	   /* the short one, or 0 */
	const char *value; /* what its value is called; NULL: it takes none */
	const char *help;
	bool required;
	const char **text;	/* where a value goes; the last one counts */
	struct args_list *list; /* or where each value goes */
	bool *flag;		/* set when an option without value is given */
};

struct args {
	const char *synopsis; /* behind the command's name */
	const char *about;    /* lines, each with its end */
	const struct args_option *options;
	size_t option_count; /* up to ARGS_OPTIONS_MAX */
	int operands;	     /* how many are wanted */
};

enum { ARGS_OPTIONS_MAX = 12 };

/*
 * Read argv, whose [0] is the command's name.  True when the command is to
 * run, with *operands at the first operand; else *status is the exit status:
 * help was asked for and printed, or the usage was wrong and that was said.
 */
bool args_read(const struct args *args, int argc, char **argv, char ***operands,
	       int *status);

/*
 * Say on standard error what is wrong with a value of the command `name`, and
 * how it is used.  Returns EXIT_USAGE.
 */
int args_wrong(const struct args *args, const char *name, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* The option -c, for every command that reads the configuration. */
#define ARGS_CONFIG(to)                                                \
	{                                                              \
		.name = "config", .letter = 'c', .value = "FILE",      \
		.help = "the configuration (" CONFIG_DEFAULT_PATH ")", \
		.text = (to)                                           \
	}

#endif
