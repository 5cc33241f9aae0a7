#include "cli/args.h"

#include <assert.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>

#include "cli/command.h"

/* Values of getopt_long() for long options: their place in the table. */
enum { FIRST_LONG = 256, HELP = FIRST_LONG + ARGS_OPTIONS_MAX };

static void print_usage(FILE *to, const struct args *args, const char *name)
{
	fprintf(to, "usage: %s%s%s\n", name, *args->synopsis ? " " : "",
		args->synopsis);
}

static void print_help(const struct args *args, const char *name)
{
	print_usage(stdout, args, name);
	fputs(args->about, stdout);
	for (size_t i = 0; i < args->option_count; i++) {
		const struct args_option *o = &args->options[i];
		char words[64];

		snprintf(words, sizeof(words), "%c%c%s--%s%s%s",
			 o->letter ? '-' : ' ', o->letter ? o->letter : ' ',
			 o->letter ? ", " : "  ", o->name, o->value ? " " : "",
			 o->value ? o->value : "");
		printf("  %-26s %s\n", words, o->help);
	}
	printf("  %-26s %s\n", "-h, --help", "this text");
}

int args_wrong(const struct args *args, const char *name, const char *fmt, ...)
{
	va_list words;

	fprintf(stderr, "%s: ", name);
	va_start(words, fmt);
	vfprintf(stderr, fmt, words);
	va_end(words);
	fputc('\n', stderr);
	print_usage(stderr, args, name);
	return EXIT_USAGE;
}

/* The table in the two forms that getopt_long(3) wants. */
static void translate(const struct args *args, char *letters,
		      struct option *names)
{
	for (size_t i = 0; i < args->option_count; i++) {
		const struct args_option *o = &args->options[i];

		*names++ = (struct option){
			o->name, o->value ? required_argument : no_argument,
			NULL, FIRST_LONG + (int)i};
		if (!o->letter)
			continue;
		*letters++ = o->letter;
		if (o->value)
			*letters++ = ':';
	}
	*names++ = (struct option){"help", no_argument, NULL, HELP};
	*names = (struct option){NULL, 0, NULL, 0};
	*letters++ = 'h';
	*letters = '\0';
}

/* The place in the table of what getopt_long() returned. */
static size_t place_of(const struct args *args, int got)
{
	size_t i = 0;

	if (got >= FIRST_LONG)
		return (size_t)(got - FIRST_LONG);
	while (i < args->option_count && args->options[i].letter != got)
		i++;
	return i;
}

static bool append(struct args_list *list)
{
	if (list->count == list->max)
		return false;
	list->texts[list->count++] = optarg;
	return true;
}

/* False when it was given too often. */
static bool take(const struct args_option *option, bool *given)
{
	*given = true;
	if (option->list)
		return append(option->list);
	if (option->value)
		*option->text = optarg;
	else
		*option->flag = true;
	return true;
}

static int judge(const struct args *args, const bool *given, int argc,
		 char **argv)
{
	for (size_t i = 0; i < args->option_count; i++) {
		if (args->options[i].required && !given[i])
			return args_wrong(args, argv[0], "--%s is missing",
					  args->options[i].name);
	}
	if (argc - optind < args->operands)
		return args_wrong(args, argv[0], "something is missing");
	if (argc - optind > args->operands)
		return args_wrong(args, argv[0], "unexpected '%s'",
				  argv[optind + args->operands]);
	return EXIT_DONE;
}

bool args_read(const struct args *args, int argc, char **argv, char ***operands,
	       int *status)
{
	struct option names[ARGS_OPTIONS_MAX + 2];
	char letters[2 * ARGS_OPTIONS_MAX + 2];
	bool given[ARGS_OPTIONS_MAX] = {false};
	int got;

	assert(args->option_count <= ARGS_OPTIONS_MAX);
	translate(args, letters, names);
	*status = EXIT_USAGE;
	optind = 0; /* begin anew, as a test does more than once */
	while ((got = getopt_long(argc, argv, letters, names, NULL)) != -1) {
		if (got == '?') { /* it has said why */
			print_usage(stderr, args, argv[0]);
			return false;
		}
		if (got == HELP || got == 'h') {
			print_help(args, argv[0]);
			*status = EXIT_DONE;
			return false;
		}
		got = (int)place_of(args, got);
		if (!take(&args->options[got], &given[got])) {
			args_wrong(args, argv[0], "--%s is given too often",
				   args->options[got].name);
			return false;
		}
	}
	*operands = argv + optind;
	*status = judge(args, given, argc, argv);
	return *status == EXIT_DONE;
}
