#include <cli/chains.c> /* the one in server/, not this one */

#include "../base/fixture.h"
#include "../pki/mint.h"
#include "base/json.h"
#include "capture.h"

enum { ROOM = 1 << 16, WORDS_MAX = 16 };

/* ---- the table of options ------------------------------------------------ */

static void test_within(void **state)
{
	static const struct {
		const char *text;
		int64_t seconds; /* -1: refused */
	} rows[] = {
		{"30d", 2592000},
		{"0d", 0},
		{"36500d", 3153600000},
		{"36501d", -1},
		{"3h", 10800},
		{"876000h", 3153600000},
		{"2m", 120},
		{"1s", 1},
		{"3153600000s", 3153600000},
		{"3153600001s", -1},
		{"", -1},
		{"30", -1},
		{"d", -1},
		{"-1d", -1},
		{" 1d", -1},
		{"+1d", -1},
		{"1d ", -1},
		{"1dd", -1},
		{"1w", -1},
		{"9223372036854775807d", -1},
		{"99999999999999999999s", -1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		int64_t seconds = -1;
		bool ok = read_within(&seconds, rows[i].text);

		print_message("case: '%s'\n", rows[i].text);
		assert_int_equal(ok, rows[i].seconds >= 0);
		if (ok)
			assert_int_equal(seconds, rows[i].seconds);
	}
}

/* Run the command with these words; NULL ends them. */
static int call(const char *const *words, char *out, char *complaints)
{
	char *argv[WORDS_MAX + 2] = {strdup("otterd chains")};
	struct capture err = capture_begin(stderr);
	int argc = 1, status;

	while (argc <= WORDS_MAX && words[argc - 1]) {
		argv[argc] = strdup(words[argc - 1]);
		argc++;
	}
	capture(stdout, out, ROOM, status = chains_main(argc, argv));
	capture_end(&err, complaints, ROOM);
	for (int i = 0; i < WORDS_MAX + 2; i++)
		free(argv[i]); /* in whatever order getopt_long() left them */
	return status;
}

static char out[ROOM], complaints[ROOM]; /* of the last call */

static void test_usage(void **state)
{
	static const struct {
		const char *words[WORDS_MAX];
		const char *says;
	} rows[] = {
		{{"extra"}, "unexpected 'extra'"},
		{{"--fast"}, "fast"},
		{{"--within", "30d"}, "--within and --all want --report"},
		{{"--all"}, "--within and --all want --report"},
		{{"--report", "--leaf", "x"}, "--report takes no --anchor"},
		{{"--report", "--anchor", "x"}, "--report takes no --anchor"},
		{{"--report", "--pool", "x"}, "--report takes no --anchor"},
		{{"--report", "--ignore-time"}, "--report takes no --anchor"},
		{{"--report", "--within", "x"}, "got 'x', wanted a duration"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		assert_int_equal(call(rows[i].words, out, complaints),
				 EXIT_USAGE);
		if (!strstr(complaints, rows[i].says))
			fail_msg("no '%s' in %s", rows[i].says, complaints);
		assert_string_equal(out, "");
	}
}

/* ---- certificates -------------------------------------------------------- */

static void append(FILE *file, X509 *c)
{
	assert_int_equal(PEM_write_X509(file, c), 1);
}

static void write_pem(const char *name, X509 *first, X509 *second)
{
	FILE *file = fopen(name, "w");

	assert_non_null(file);
	append(file, first);
	if (second)
		append(file, second);
	assert_int_equal(fclose(file), 0);
}

static char start[PATH_MAX]; /* the directory we came from */

/* leaf <- middle <- root, where the intermediate has expired; and another
 * root. */
static int set_up(void **state)
{
	int64_t now = clock_utc();
	EVP_PKEY *keys[3];
	struct mint by = {.subject = "CN=Root",
			  .ca = true,
			  .not_before = now - 900 * MINT_DAY,
			  .not_after = now + 900 * MINT_DAY};
	struct mint middle_by = by, leaf_by = by, other_by = by;
	X509 *root, *middle, *leaf, *other;

	if (make_dir(state) || !getcwd(start, sizeof(start)) || chdir(*state))
		return -1;
	for (int i = 0; i < 3; i++)
		keys[i] = mint_key("ecdsa-p256");
	by.key = keys[0];
	root = mint(&by);
	middle_by.subject = "CN=Middle";
	middle_by.key = keys[1];
	middle_by.issuer = root;
	middle_by.issuer_key = keys[0];
	middle_by.not_after = now - MINT_DAY;
	middle = mint(&middle_by);
	leaf_by.subject = "CN=ota.example.com";
	leaf_by.key = keys[2];
	leaf_by.issuer = middle;
	leaf_by.issuer_key = keys[1];
	leaf_by.ca = false;
	leaf = mint(&leaf_by);
	other_by.subject = "CN=Other";
	other_by.key = keys[2];
	other = mint(&other_by);
	write_pem("root.pem", root, NULL);
	write_pem("middle.pem", middle, NULL);
	write_pem("leaf.pem", leaf, NULL);
	write_pem("full.pem", leaf, middle);
	write_pem("other.pem", other, NULL);
	write_pem("two.pem", root, other);
	X509_free(root);
	X509_free(middle);
	X509_free(leaf);
	X509_free(other);
	for (int i = 0; i < 3; i++)
		EVP_PKEY_free(keys[i]);
	return 0;
}

static int tear_down(void **state)
{
	return chdir(start) || remove_dir(state);
}

/* How many links each anchor's first chain has; "0" for none. */
static void count_links(char *text, size_t room)
{
	json_t *json = json_parse(out, strlen(out), &failure), *row;
	size_t i, len = 0;

	assert_non_null(json);
	json_array_foreach (json_object_get(json, "anchors"), i, row) {
		json_t *chain =
			json_array_get(json_object_get(row, "chains"), 0);

		len += (size_t)snprintf(
			text + len, room - len, "%s%zu", i ? " " : "",
			json_array_size(json_object_get(chain, "links")));
		assert_true(chain ||
			    json_array_size(json_object_get(row, "no_chain")));
	}
	json_decref(json);
}

static void test_answers(void **state)
{
	static const struct {
		const char *label;
		const char *words[WORDS_MAX];
		int status;
		const char *links;
	} rows[] = {
		{"from a pool",
		 {"--leaf", "leaf.pem", "--anchor", "root.pem", "--pool",
		  "middle.pem", "--ignore-time"},
		 EXIT_DONE,
		 "2"},
		{"out of date",
		 {"--leaf", "leaf.pem", "--anchor", "root.pem", "--pool",
		  "middle.pem"},
		 EXIT_FAILED,
		 "0"},
		{"nothing between",
		 {"--leaf", "leaf.pem", "--anchor", "root.pem",
		  "--ignore-time"},
		 EXIT_FAILED,
		 "0"},
		{"sent along by the CA",
		 {"--leaf", "full.pem", "--anchor", "root.pem",
		  "--ignore-time"},
		 EXIT_DONE,
		 "2"},
		{"sent along with another leaf",
		 {"--leaf", "leaf.pem", "--leaf", "full.pem", "--anchor",
		  "root.pem", "--ignore-time"},
		 EXIT_DONE,
		 "2"},
		{"one anchor of two",
		 {"--leaf", "full.pem", "--anchor", "other.pem", "--anchor",
		  "root.pem", "--ignore-time"},
		 EXIT_FAILED,
		 "0 2"},
		{"the intermediate as anchor",
		 {"--leaf", "leaf.pem", "--anchor", "middle.pem",
		  "--ignore-time"},
		 EXIT_DONE,
		 "1"},
		{"one leaf of two",
		 {"--leaf", "other.pem", "--leaf", "full.pem", "--anchor",
		  "root.pem", "--ignore-time"},
		 EXIT_DONE,
		 "2"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const char *words[WORDS_MAX + 1] = {"--json"};
		char links[64];
		int status;

		memcpy(words + 1, rows[i].words, sizeof(rows[i].words));
		status = call(words, out, complaints);
		print_message("case: %s\n", rows[i].label);
		assert_int_equal(status, rows[i].status);
		assert_int_equal(*complaints == '\0', status == EXIT_DONE);
		count_links(links, sizeof(links));
		assert_string_equal(links, rows[i].links);
		/* The same for people. */
		assert_int_equal(call(rows[i].words, out, complaints), status);
		assert_int_equal(strstr(out, "  message:") != NULL,
				 strcmp(links, "0") != 0);
	}
}

static void test_refused(void **state)
{
	static const struct {
		const char *words[WORDS_MAX];
		const char *says;
	} rows[] = {
		{{"--leaf", "leaf.pem", "--anchor", "two.pem"},
		 "two.pem: got 2 certificates, wanted one"},
		{{"--leaf", "none.pem", "--anchor", "root.pem"}, "none.pem"},
		{{"--leaf", "leaf.pem", "--anchor", "none.pem"}, "none.pem"},
		{{"--leaf", "leaf.pem", "--anchor", "root.pem", "--pool",
		  "none.pem"},
		 "none.pem"},
		{{"-c", "none.yaml"}, "none.yaml"},
		{{"-c", "none.yaml", "--leaf", "leaf.pem", "--anchor",
		  "root.pem"},
		 "none.yaml"},
		{{"-c", "none.yaml", "--leaf", "leaf.pem"}, "none.yaml"},
		{{"-c", "none.yaml", "--anchor", "root.pem"}, "none.yaml"},
		{{"-c", "none.yaml", "--report"}, "none.yaml"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		assert_int_equal(call(rows[i].words, out, complaints),
				 EXIT_FAILED);
		if (!strstr(complaints, rows[i].says))
			fail_msg("no '%s' in %s", rows[i].says, complaints);
		assert_string_equal(out, "");
	}
}

/* Only where there is no configuration to make up for it. */
static void test_too_little(void **state)
{
	static const struct {
		const char *words[WORDS_MAX];
		const char *says;
	} rows[] = {
		{{"--leaf", "leaf.pem"}, "give --anchor, or a configuration"},
		{{"--leaf", "leaf.pem", "--pool", "middle.pem"},
		 "give --anchor, or a configuration with -c: "},
		{{"--anchor", "root.pem"}, "give --leaf, or a configuration"},
		{{"--anchor", "root.pem", "--ignore-time"}, "give --leaf, or"},
		{{"--pool", "middle.pem"}, "give --anchor and --leaf, or"},
		{{NULL}, CONFIG_DEFAULT_PATH ": "},
	};

	(void)state;
	if (access(CONFIG_DEFAULT_PATH, F_OK) == 0) {
		print_message("skipped: " CONFIG_DEFAULT_PATH " is there\n");
		skip();
	}
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		assert_int_equal(call(rows[i].words, out, complaints),
				 EXIT_FAILED);
		if (!strstr(complaints, rows[i].says))
			fail_msg("no '%s' in %s", rows[i].says, complaints);
		assert_string_equal(out, "");
	}
}

/* "no chain" once, and what is needed under its own label. */
static void test_labels(void **state)
{
	static const char *const words[] = {"--leaf", "leaf.pem", "--anchor",
					    "other.pem", NULL};
	const char *no_chain, *needed;

	(void)state;
	assert_int_equal(call(words, out, complaints), EXIT_FAILED);
	no_chain = strstr(out, "\n  no chain:       CN=ota.example.com (");
	assert_non_null(no_chain);
	assert_null(strstr(no_chain + 12, "no chain:"));
	needed = strstr(no_chain, "\n  needed:         your file holds only "
				  "the leaf: its intermediate CN=Middle is "
				  "missing in it or in tls.pool\n");
	assert_non_null(needed);
	assert_null(strstr(out, "needed: your"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_within),
		cmocka_unit_test(test_usage),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_too_little),
		cmocka_unit_test(test_labels),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
