#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/args.h"
#include "cli/command.h"

/* ---- what is printed ---------------------------------------------------- */

/* Standard output and error of one call, in files that have no name. */
struct capture {
	FILE *files[2];
	int saved[2];
	char text[2][4096];
};

static void begin(struct capture *c)
{
	fflush(NULL);
	for (int i = 0; i < 2; i++) {
		c->files[i] = tmpfile();
		assert_non_null(c->files[i]);
		c->saved[i] = dup(i + 1);
		dup2(fileno(c->files[i]), i + 1);
	}
}

static void end(struct capture *c)
{
	fflush(NULL);
	for (int i = 0; i < 2; i++) {
		ssize_t n = pread(fileno(c->files[i]), c->text[i],
				  sizeof(c->text[i]) - 1, 0);

		c->text[i][n < 0 ? 0 : n] = '\0';
		dup2(c->saved[i], i + 1);
		close(c->saved[i]);
		fclose(c->files[i]);
	}
}

/* argv of the command `name` with the words of a line, cut in place. */
static int split(char *name, char *line, char **argv)
{
	int count = 1;

	argv[0] = name;
	for (char *w = strtok(line, " "); w; w = strtok(NULL, " "))
		argv[count++] = w;
	argv[count] = NULL;
	return count;
}

/* ---- args --------------------------------------------------------------- */

#define USAGE "usage: otterd x --key KEY [--fast] [-c FILE] IMAGE\n"

enum { TAGS_MAX = 2 };

static const struct {
	const char *label, *line;
	int status; /* EXIT_DONE: it is to run */
	const char *key, *config;
	bool fast;
	const char *operand;
	const char *reason; /* on standard error */
} rows[] = {
	{"good", "--key k i", 0, "k", "c0", false, "i", ""},
	{"long with =", "--key=k i", 0, "k", "c0", false, "i", ""},
	{"short", "-k k i", 0, "k", "c0", false, "i", ""},
	{"short, joined", "-kk i", 0, "k", "c0", false, "i", ""},
	{"flag", "--key k --fast i", 0, "k", "c0", true, "i", ""},
	{"another option", "--key k -c f i", 0, "k", "f", false, "i", ""},
	{"operand first", "i --key k", 0, "k", "c0", false, "i", ""},
	{"last one counts", "--key j --key k i", 0, "k", "c0", false, "i", ""},
	{"operand with a dash", "--key k -- -i", 0, "k", "c0", false, "-i", ""},
	{"abbreviated", "--ke k i", 0, "k", "c0", false, "i", ""},
	{"required missing", "i", 2, NULL, NULL, false, NULL,
	 "otterd x: --key is missing\n" USAGE},
	{"operand missing", "--key k", 2, NULL, NULL, false, NULL,
	 "otterd x: something is missing\n" USAGE},
	{"operand too many", "--key k i j", 2, NULL, NULL, false, NULL,
	 "otterd x: unexpected 'j'\n" USAGE},
	{"value missing", "i --key", 2, NULL, NULL, false, NULL,
	 "otterd x: option '--key' requires an argument\n" USAGE},
	{"value not wanted", "--key k --fast=1 i", 2, NULL, NULL, false, NULL,
	 "otterd x: option '--fast' doesn't allow an argument\n" USAGE},
	{"unknown long", "--key k --slow i", 2, NULL, NULL, false, NULL,
	 "otterd x: unrecognized option '--slow'\n" USAGE},
	{"unknown short", "--key k -f i", 2, NULL, NULL, false, NULL,
	 "otterd x: invalid option -- 'f'\n" USAGE},
};

struct got {
	const char *key, *config, *operand;
	bool fast;
	const char *tags[TAGS_MAX];
	int status;
};

/* Read one line as the command "otterd x" would; true when it is to run. */
static bool read_line(const char *line, struct got *got)
{
	struct args_list tags = {.max = TAGS_MAX};
	const struct args_option options[] = {
		{.name = "key",
		 .letter = 'k',
		 .value = "KEY",
		 .required = true,
		 .help = "the key",
		 .text = &got->key},
		{.name = "fast", .help = "in haste", .flag = &got->fast},
		{.name = "config",
		 .letter = 'c',
		 .value = "FILE",
		 .help = "the file",
		 .text = &got->config},
		{.name = "tag",
		 .letter = 't',
		 .value = "TAG",
		 .help = "any",
		 .list = &tags},
	};
	const struct args args = {.synopsis =
					  "--key KEY [--fast] [-c FILE] IMAGE",
				  .about = "Does x.\n",
				  .options = options,
				  .option_count = 4,
				  .operands = 1};
	static char words[256];
	char name[] = "otterd x", *argv[16], **operands;
	int argc;
	bool run;

	*got = (struct got){.config = "c0", .tags = {"", ""}};
	tags.texts = got->tags;
	snprintf(words, sizeof(words), "%s", line);
	argc = split(name, words, argv);
	run = args_read(&args, argc, argv, &operands, &got->status);
	got->operand = run ? operands[0] : NULL;
	return run;
}

static void reads_options(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct capture out;
		struct got got;
		bool run;

		begin(&out);
		run = read_line(rows[i].line, &got);
		end(&out);
		print_message("case: %s\n", rows[i].label);
		assert_string_equal(out.text[0], "");
		assert_string_equal(out.text[1], rows[i].reason);
		assert_int_equal(got.status, rows[i].status);
		assert_int_equal(run, rows[i].status == EXIT_DONE);
		if (!run)
			continue;
		assert_string_equal(got.key, rows[i].key);
		assert_string_equal(got.config, rows[i].config);
		assert_int_equal(got.fast, rows[i].fast);
		assert_string_equal(got.operand, rows[i].operand);
	}
}

static void reads_lists(void **state)
{
	static const struct {
		const char *line, *first, *second, *reason;
	} lists[] = {
		{"--key k i", "", "", ""},
		{"--key k --tag a i", "a", "", ""},
		{"--key k -ta --tag=b i", "a", "b", ""},
		{"--key k -ta -tb -tc i", "a", "b",
		 "otterd x: --tag is given too often\n" USAGE},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++) {
		struct capture out;
		struct got got;
		bool run;

		begin(&out);
		run = read_line(lists[i].line, &got);
		end(&out);
		print_message("case: %s\n", lists[i].line);
		assert_int_equal(run, !*lists[i].reason);
		assert_int_equal(got.status, run ? EXIT_DONE : EXIT_USAGE);
		assert_string_equal(out.text[1], lists[i].reason);
		assert_string_equal(got.tags[0], lists[i].first);
		assert_string_equal(got.tags[1], lists[i].second);
	}
}

/* Help asks for nothing else to be right before it. */
static void prints_help(void **state)
{
	static const char *const lines[] = {"--help", "-h", "--fast --help"};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		struct capture out;
		struct got got;
		bool run;

		begin(&out);
		run = read_line(lines[i], &got);
		end(&out);
		assert_false(run);
		assert_int_equal(got.status, EXIT_DONE);
		assert_string_equal(out.text[1], "");
		assert_string_equal(out.text[0], USAGE
				    "Does x.\n"
				    "  -k, --key KEY              the key\n"
				    "      --fast                 in haste\n"
				    "  -c, --config FILE          the file\n"
				    "  -t, --tag TAG              any\n"
				    "  -h, --help                 this text\n");
	}
}

/* ---- commands ----------------------------------------------------------- */

static char ran[256]; /* the words that a command was given */

static int note(int argc, char **argv)
{
	snprintf(ran, sizeof(ran), "%d:%s:%s", argc, argv[0],
		 argc > 1 ? argv[1] : "");
	return 7;
}

#define LIST                          \
	"usage: otterd COMMAND ...\n" \
	"  one         the first\n"   \
	"  two         the second\n"  \
	"otterd COMMAND --help says more.\n"

static const struct {
	const char *label, *line;
	int status;
	const char *ran, *out, *err;
} calls[] = {
	{"the first", "one", 7, "1:otterd one:", "", ""},
	{"the second", "two", 7, "1:otterd two:", "", ""},
	{"its words", "two a b", 7, "3:otterd two:a", "", ""},
	{"its help", "two --help", 7, "2:otterd two:--help", "", ""},
	{"none", "", 2, "", "", LIST},
	{"unknown", "three", 2, "", "",
	 "otterd: unknown command 'three'\n" LIST},
	{"a beginning", "on", 2, "", "", "otterd: unknown command 'on'\n" LIST},
	{"unknown option", "--one", 2, "", "",
	 "otterd: unknown command '--one'\n" LIST},
	{"help", "help", 0, "", LIST, ""},
	{"--help", "--help", 0, "", LIST, ""},
	{"-h", "-h", 0, "", LIST, ""},
	{"help and more", "help one", 2, "", "",
	 "otterd: unknown command 'help'\n" LIST},
};

static void finds_commands(void **state)
{
	static const struct command table[] = {{"one", "the first", note},
					       {"two", "the second", note}};

	(void)state;
	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++) {
		char name[] = "otterd", words[64], *argv[16];
		struct capture out;
		int argc, status;

		snprintf(words, sizeof(words), "%s", calls[i].line);
		argc = split(name, words, argv);
		*ran = '\0';
		begin(&out);
		status = command_run(table, 2, argc, argv);
		end(&out);
		print_message("case: %s\n", calls[i].label);
		assert_int_equal(status, calls[i].status);
		assert_string_equal(ran, calls[i].ran);
		assert_string_equal(out.text[0], calls[i].out);
		assert_string_equal(out.text[1], calls[i].err);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_options),
		cmocka_unit_test(reads_lists),
		cmocka_unit_test(prints_help),
		cmocka_unit_test(finds_commands),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
