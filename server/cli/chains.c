#include "cli/chains.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/strbuf.h"
#include "cli/args.h"
#include "cli/chain_input.h"
#include "cli/command.h"
#include "cli/forecast.h"
#include "cli/show_chain.h"
#include "config.h"
#include "http/admin/render.h"
#include "pki/certificate.h"
#include "pki/chain.h"
#include "pki/key.h"

enum {
	FILES_MAX = 64,	    /* of one option */
	SECURITY_LEVEL = 2, /* OpenSSL's, where nothing is configured */
	DAY = 24 * 60 * 60,
	WITHIN_DAYS = 30,
	WITHIN_MAX_DAYS = 36500
};

struct chains {
	struct chain_input input;
	int64_t now;
};

/* What was asked for. */
struct wanted {
	struct chain_wanted input;
	bool json;
	bool report;
	const char *within; /* or NULL */
	bool all;
};

/* From one leaf to one anchor. */
struct attempt {
	STACK_OF(X509) * chain; /* or NULL */
	struct err why;
};

/* ---- building ----------------------------------------------------------- */

/* How many of the attempts found a chain. */
static size_t build(struct attempt *attempts, const struct chains *c,
		    const struct anchor *anchor)
{
	size_t found = 0;

	for (size_t i = 0; i < c->input.leaves.count; i++) {
		struct attempt *a = &attempts[i];

		if (chain_build(&a->chain, c->input.leaves.list[i].certificate,
				c->input.pool, anchor, c->now, &a->why))
			found++;
	}
	return found;
}

static void drop_attempts(struct attempt *attempts, size_t count)
{
	for (size_t i = 0; attempts && i < count; i++)
		sk_X509_pop_free(attempts[i].chain, X509_free);
	free(attempts);
}

/* Why there is no chain from any leaf, a line for each reason. */
static char *explain(const struct chains *c, const struct anchor *anchor)
{
	STACK_OF(X509) *leaves = sk_X509_new_null();
	struct strbuf text = {0};

	for (size_t i = 0; leaves && i < c->input.leaves.count; i++)
		sk_X509_push(leaves, c->input.leaves.list[i].certificate);
	chain_explain(&text, leaves, c->input.pool, anchor, c->now);
	sk_X509_free(leaves);
	return strbuf_take(&text, NULL);
}

/* The highest level at which OpenSSL sends the chain. */
static int security_level(const STACK_OF(X509) * chain)
{
	int least = SECURITY_LEVEL;

	for (int i = 0; i < sk_X509_num(chain); i++) {
		int level;

		if (certificate_weakness(sk_X509_value(chain, i), &level) &&
		    level < least)
			least = level;
	}
	return least;
}

static void judge_chain(const struct chains *c, const struct anchor *anchor,
			const STACK_OF(X509) * chain,
			void (*each)(void *arg, const struct finding *finding),
			void *arg)
{
	const struct presentation what = {.profile = anchor->name,
					  .anchor = anchor,
					  .chains = &chain,
					  .chain_count = 1,
					  .security_level =
						  security_level(chain)};

	judge(&what, c->input.pool, c->now, each, arg);
}

/* ---- for people --------------------------------------------------------- */

static void print_chain(const struct chains *c, const struct anchor *anchor,
			const char *name, const STACK_OF(X509) * chain)
{
	int level = security_level(chain);

	show_chain(name, chain, anchor, c->now);
	if (level < SECURITY_LEVEL)
		show_fact("security level", "%d at most", level);
	judge_chain(c, anchor, chain, show_finding, NULL);
}

static void print_found(const struct chains *c, const struct anchor *anchor,
			const struct attempt *attempts)
{
	for (size_t i = 0; i < c->input.leaves.count; i++) {
		if (attempts[i].chain)
			print_chain(c, anchor, c->input.leaves.list[i].name,
				    attempts[i].chain);
	}
}

/* Where none was found at all, chain_explain() has more to say. */
static void print_not_found(const struct chains *c,
			    const struct attempt *attempts, size_t found)
{
	for (size_t i = 0; i < c->input.leaves.count; i++) {
		const struct attempt *a = &attempts[i];

		if (!a->chain && (found || a->why.code != ERR_NOT_FOUND))
			show_fact("no chain", "%s: %s",
				  c->input.leaves.list[i].name, a->why.text);
	}
}

/* What follows `label` and a colon at the start of a line, else NULL. */
static const char *after_label(const char *line, const char *label)
{
	size_t len = strlen(label);

	return !strncmp(line, label, len) && !strncmp(line + len, ": ", 2)
		       ? line + len + 2
		       : NULL;
}

static void print_reason(const char *line)
{
	static const char *const labels[] = {"no chain", "needed"};

	for (size_t i = 0; i < sizeof(labels) / sizeof(*labels); i++) {
		const char *rest = after_label(line, labels[i]);

		if (rest) {
			show_fact(labels[i], "%s", rest);
			return;
		}
	}
	show_fact("why", "%s", line);
}

static bool print_explanation(const struct chains *c,
			      const struct anchor *anchor, struct err *err)
{
	char *text = explain(c, anchor), *rest = text, *line;

	if (!text)
		return err_memory(err);
	while ((line = strsep(&rest, "\n"))) {
		if (*line)
			print_reason(line);
	}
	free(text);
	return true;
}

static bool print_answer(const struct chains *c, const struct anchor *anchor,
			 const struct attempt *attempts, size_t found,
			 struct err *err)
{
	char subject[CERTIFICATE_NAME_SIZE];
	bool ok = true;

	certificate_subject(anchor->certificate, subject);
	printf("anchor %s\n", anchor->name);
	show_fact("subject", "%s", subject);
	show_fact("devices", "%s", show_devices(anchor));
	print_found(c, anchor, attempts);
	print_not_found(c, attempts, found);
	if (!found)
		ok = print_explanation(c, anchor, err);
	putchar('\n');
	return ok;
}

/* ---- for scripts -------------------------------------------------------- */

static json_t *chain_json(const struct chains *c, const struct anchor *anchor,
			  const char *name, const STACK_OF(X509) * chain)
{
	X509 *leaf = sk_X509_value(chain, 0);
	json_t *findings = json_array();

	judge_chain(c, anchor, chain, show_finding_json, &findings);
	return json_pack("{s:s, s:s, s:I, s:i, s:o, s:o}", "certificate", name,
			 "key", key_name(X509_get0_pubkey(leaf)), "bytes",
			 (json_int_t)certificate_message_size(chain),
			 "security_level", security_level(chain), "links",
			 show_links_json(chain), "findings", findings);
}

static json_t *chains_json(const struct chains *c, const struct anchor *anchor,
			   const struct attempt *attempts)
{
	json_t *list = json_array();

	for (size_t i = 0; i < c->input.leaves.count; i++) {
		if (attempts[i].chain)
			render_append(&list,
				      chain_json(c, anchor,
						 c->input.leaves.list[i].name,
						 attempts[i].chain));
	}
	return list;
}

static json_t *explanation_json(const struct chains *c,
				const struct anchor *anchor)
{
	char *text = explain(c, anchor), *rest = text, *line;
	json_t *lines = text ? json_array() : NULL;

	while ((line = strsep(&rest, "\n"))) {
		const char *first = after_label(line, "no chain");

		if (*line)
			render_append(&lines,
				      json_string(first ? first : line));
	}
	free(text);
	return lines;
}

static json_t *answer_json(const struct chains *c, const struct anchor *anchor,
			   const struct attempt *attempts, size_t found)
{
	char subject[CERTIFICATE_NAME_SIZE];

	certificate_subject(anchor->certificate, subject);
	return json_pack(
		"{s:s, s:s, s:o, s:b, s:o, s:o}", "anchor", anchor->name,
		"subject", subject, "not_after",
		render_time(certificate_not_after(anchor->certificate)),
		"checks_time", anchor->checks_time, "chains",
		chains_json(c, anchor, attempts), "no_chain",
		found ? json_array() : explanation_json(c, anchor));
}

/* ---- the command -------------------------------------------------------- */

/* One anchor; `list` is NULL when people are to read it. */
static bool answer(const struct chains *c, struct party *party, json_t **list,
		   struct err *err)
{
	const struct anchor anchor = {.name = party->name,
				      .certificate = party->certificate,
				      .checks_time = party->checks_time};
	struct attempt *attempts =
		calloc(c->input.leaves.count, sizeof(*attempts));
	size_t found;
	bool ok;

	if (!attempts)
		return err_memory(err);
	found = build(attempts, c, &anchor);
	party->unsatisfied = !found;
	if (list)
		ok = render_append(list,
				   answer_json(c, &anchor, attempts, found)) ||
		     err_memory(err);
	else
		ok = print_answer(c, &anchor, attempts, found, err);
	drop_attempts(attempts, c->input.leaves.count);
	return ok;
}

static bool answer_all(const struct chains *c, bool json, struct err *err)
{
	json_t *list = json ? json_array() : NULL;

	for (size_t i = 0; i < c->input.anchors.count; i++) {
		if (!answer(c, &c->input.anchors.list[i], json ? &list : NULL,
			    err)) {
			json_decref(list);
			return false;
		}
	}
	return !json || show_json(json_pack("{s:o}", "anchors", list), err);
}

/* Behind all that was printed, where it is seen; the exit status. */
static int say_unsatisfied(const struct chains *c, const char *command)
{
	int status = EXIT_DONE;

	fflush(stdout);
	for (size_t i = 0; i < c->input.anchors.count; i++) {
		if (!c->input.anchors.list[i].unsatisfied)
			continue;
		fprintf(stderr, "%s: no chain satisfies %s\n", command,
			c->input.anchors.list[i].name);
		status = EXIT_FAILED;
	}
	return status;
}

static int find_chains(const struct wanted *wanted, const char *command)
{
	struct chains c = {.now = clock_utc()};
	struct err err;
	int status;

	if (chain_input_load(&c.input, &wanted->input, &err) &&
	    answer_all(&c, wanted->json, &err))
		status = say_unsatisfied(&c, command);
	else
		status = command_failed(command, &err);
	chain_input_drop(&c.input);
	return status;
}

static int report(const struct wanted *wanted, int64_t within,
		  const char *command)
{
	const struct forecast_options options = {
		.config = wanted->input.config ? wanted->input.config
					       : CONFIG_DEFAULT_PATH,
		.within = within,
		.all = wanted->all,
		.json = wanted->json};
	int64_t stranded;
	struct err err;

	if (!forecast(&options, &stranded, &err))
		return command_failed(command, &err);
	return stranded ? EXIT_FAILED : EXIT_DONE;
}

/* ---- options ------------------------------------------------------------ */

static const char about[] =
	"For each anchor of the configuration and each of its key pairs: "
	"the chain that\n"
	"a device with that anchor accepts, or why there is none and what "
	"is missing.\n"
	"What --anchor and --leaf give stands in place of the "
	"configuration's; with both\n"
	"of them none is read unless -c asks for it, and then its pool "
	"counts.\n"
	"\n"
	"With --report: who depends on which profile, when its links end, "
	"and which\n"
	"devices that strands.\n"
	"\n"
	"The exit status is 1 when an anchor has no chain, or devices are "
	"stranded.\n";

/* Days, hours, minutes or seconds: "30d". */
static bool read_within(int64_t *seconds, const char *text)
{
	static const struct {
		const char *unit;
		int64_t seconds;
	} units[] = {{"d", DAY}, {"h", 3600}, {"m", 60}, {"s", 1}};
	long long number;
	char *end;

	if (text[0] < '0' || text[0] > '9')
		return false;
	number = strtoll(text, &end, 10);
	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++) {
		if (strcmp(end, units[i].unit) == 0)
			return !__builtin_mul_overflow(number, units[i].seconds,
						       seconds) &&
			       *seconds <= (int64_t)WITHIN_MAX_DAYS * DAY;
	}
	return false;
}

static int run(const struct wanted *wanted, const struct args *args,
	       const char *command)
{
	int64_t within = (int64_t)WITHIN_DAYS * DAY;

	if (!wanted->report && (wanted->within || wanted->all))
		return args_wrong(args, command,
				  "--within and --all want --report");
	if (!wanted->report)
		return find_chains(wanted, command);
	if (wanted->input.anchors.count || wanted->input.leaves.count ||
	    wanted->input.pool.count || wanted->input.ignore_time)
		return args_wrong(args, command,
				  "--report takes no --anchor, --leaf, --pool "
				  "or --ignore-time");
	if (wanted->within && !read_within(&within, wanted->within))
		return args_wrong(args, command,
				  "--within: got '%s', wanted a duration from "
				  "0s to %dd",
				  wanted->within, WITHIN_MAX_DAYS);
	return report(wanted, within, command);
}

int chains_main(int argc, char **argv)
{
	const char *anchors[FILES_MAX], *leaves[FILES_MAX], *pool[FILES_MAX];
	struct wanted wanted = {
		.input = {.anchors = {.texts = anchors, .max = FILES_MAX},
			  .leaves = {.texts = leaves, .max = FILES_MAX},
			  .pool = {.texts = pool, .max = FILES_MAX}}};
	const struct args_option options[] = {
		ARGS_CONFIG(&wanted.input.config),
		{.name = "anchor",
		 .letter = 'a',
		 .value = "PEM",
		 .help = "what a device trusts; repeat it for more",
		 .list = &wanted.input.anchors},
		{.name = "leaf",
		 .letter = 'l',
		 .value = "PEM",
		 .help = "a server's certificate, and what its CA sent along",
		 .list = &wanted.input.leaves},
		{.name = "pool",
		 .letter = 'p',
		 .value = "PATH",
		 .help = "more certificates to build with, a file or a folder",
		 .list = &wanted.input.pool},
		{.name = "ignore-time",
		 .help = "the devices do not check the time",
		 .flag = &wanted.input.ignore_time},
		{.name = "report",
		 .letter = 'r',
		 .help = "say which devices will be stranded",
		 .flag = &wanted.report},
		{.name = "within",
		 .letter = 'w',
		 .value = "30d",
		 .help = "from now until then",
		 .text = &wanted.within},
		{.name = "all",
		 .help = "name all of them, not the first hundred",
		 .flag = &wanted.all},
		{.name = "json",
		 .help = "as one JSON object",
		 .flag = &wanted.json},
	};
	const struct args args = {
		.synopsis = "[-c FILE] [--anchor PEM]... [--leaf PEM]... "
			    "[--pool PATH]...\n"
			    "           [--ignore-time] [--json]\n"
			    "       otterd chains --report [-c FILE] [--within "
			    "30d] [--all] [--json]",
		.about = about,
		.options = options,
		.option_count = sizeof(options) / sizeof(*options)};
	char **operands;
	int status;

	if (!args_read(&args, argc, argv, &operands, &status))
		return status;
	return run(&wanted, &args, argv[0]);
}
