#include "cli/token.h"

#include <stdio.h>
#include <string.h>

#include "base/ident.h"
#include "cli/args.h"
#include "cli/ask.h"
#include "cli/command.h"
#include "config.h"
#include "store/access.h"

/* Ask for what has no file in its answer. */
static json_t *ask_plainly(const char *config, json_t *request, struct err *err)
{
	json_t *answer;
	int fd;

	ask(config, request, &answer, &fd, err);
	return answer;
}

static bool is_ident(const char *text)
{
	struct ident id;

	return ident_parse(&id, text, strlen(text));
}

static int wrong_name(const struct args *args, char **argv, const char *text)
{
	return args_wrong(args, argv[0], "'%s' is no name: expected %s", text,
			  ident_rule);
}

static int add(int argc, char **argv)
{
	const char *config = CONFIG_DEFAULT_PATH, *role = NULL;
	const struct args_option options[] = {
		{.name = "role",
		 .letter = 'r',
		 .value = "ROLE",
		 .required = true,
		 .help = "viewer, publisher or admin",
		 .text = &role},
		ARGS_CONFIG(&config),
	};
	const struct args args = {
		.synopsis = "NAME --role ROLE [-c FILE]",
		.about = "Makes a token for the API and prints it, alone on "
			 "the last line.  It is shown this\nonce: only its "
			 "hash is kept.\n",
		.options = options,
		.option_count = 2,
		.operands = 1};
	char **operands;
	enum role known;
	json_t *answer;
	struct err err;
	int status;

	if (!args_read(&args, argc, argv, &operands, &status))
		return status;
	if (!is_ident(operands[0]))
		return wrong_name(&args, argv, operands[0]);
	if (!role_parse(&known, role))
		return args_wrong(&args, argv[0], "'%s' is no role", role);
	answer = ask_plainly(config,
			     json_pack("{s:s, s:s, s:s}", "verb", "token-add",
				       "name", operands[0], "role", role),
			     &err);
	if (!answer)
		return command_failed(argv[0], &err);
	printf("token %s, role %s:\n%s\n", operands[0], role,
	       json_string_value(json_object_get(answer, "secret")));
	json_decref(answer);
	return EXIT_DONE;
}

static int list(int argc, char **argv)
{
	const char *config = CONFIG_DEFAULT_PATH;
	const struct args_option options[] = {ARGS_CONFIG(&config)};
	const struct args args = {
		.synopsis = "[-c FILE]",
		.about = "Lists the tokens: role, when it was made, name.\n",
		.options = options,
		.option_count = 1};
	json_t *answer, *token;
	char **operands;
	struct err err;
	int status;
	size_t i;

	if (!args_read(&args, argc, argv, &operands, &status))
		return status;
	answer = ask_plainly(config, json_pack("{s:s}", "verb", "token-list"),
			     &err);
	if (!answer)
		return command_failed(argv[0], &err);
	json_array_foreach (json_object_get(answer, "tokens"), i, token) {
		printf("%-9s %s %s\n",
		       json_string_value(json_object_get(token, "role")),
		       json_string_value(json_object_get(token, "created")),
		       json_string_value(json_object_get(token, "name")));
	}
	json_decref(answer);
	return EXIT_DONE;
}

static int revoke(int argc, char **argv)
{
	const char *config = CONFIG_DEFAULT_PATH;
	const struct args_option options[] = {ARGS_CONFIG(&config)};
	const struct args args = {
		.synopsis = "NAME [-c FILE]",
		.about = "Makes a token worthless, from the next request on.\n",
		.options = options,
		.option_count = 1,
		.operands = 1};
	char **operands;
	json_t *answer;
	struct err err;
	int status;

	if (!args_read(&args, argc, argv, &operands, &status))
		return status;
	if (!is_ident(operands[0]))
		return wrong_name(&args, argv, operands[0]);
	answer = ask_plainly(config,
			     json_pack("{s:s, s:s}", "verb", "token-revoke",
				       "name", operands[0]),
			     &err);
	if (!answer)
		return command_failed(argv[0], &err);
	json_decref(answer);
	return EXIT_DONE;
}

int token_main(int argc, char **argv)
{
	static const struct command commands[] = {
		{"add", "make a token and print it", add},
		{"list", "list all tokens", list},
		{"revoke", "make a token worthless", revoke},
	};

	return command_run(commands, sizeof(commands) / sizeof(*commands), argc,
			   argv);
}
