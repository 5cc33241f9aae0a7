#include "../base/fixture.h"

#include "cli/pki_files.h"

static struct pki_file file_of(const char *name, mode_t mode, const char *text)
{
	return (struct pki_file){name, mode, strdup(text), strlen(text)};
}

/* Two files with these contents. */
static struct pki_files two(const char *a, const char *b)
{
	return (struct pki_files){
		.files = {file_of("a", 0600, a), file_of("b", 0644, b)},
		.count = 2};
}

/* in_dir()'s do not last. */
static const char *own_dir(void **state)
{
	static char path[64];

	snprintf(path, sizeof(path), "%s/own", (const char *)*state);
	return path;
}

static void holds(const char *dir, const char *name, mode_t mode,
		  const char *text)
{
	char found[64] = "";
	struct stat st;
	FILE *file = fopen(in_dir(dir, name), "re");

	assert_non_null(file);
	assert_int_equal(fstat(fileno(file), &st), 0);
	assert_int_equal(st.st_mode & 07777, mode);
	assert_true(fread(found, 1, sizeof(found) - 1, file) > 0);
	fclose(file);
	assert_string_equal(found, text);
}

static void creates_whole(void **state)
{
	struct pki_files set = two("1", "2");
	const char *dir = own_dir(state);
	struct stat st;

	must(pki_files_create(&set, in_dir(dir, "/"), &failure));
	assert_int_equal(stat(dir, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	holds(dir, "a", 0600, "1");
	holds(dir, "b", 0644, "2");
	assert_int_equal(count_names(dir), 2);
	assert_int_equal(count_names(*state), 1);
	pki_files_free(&set);
	assert_int_equal(set.count, 0);
}

static void creates_nothing_over(void **state)
{
	struct pki_files set = two("3", "4");
	const char *dir = own_dir(state);

	must_fail("full", pki_files_create(&set, dir, &failure), ERR_CONFLICT,
		  "nothing is written over");
	must_fail("a file",
		  pki_files_create(&set, in_dir(*state, "own/a"), &failure),
		  ERR_CONFLICT, "nothing is written over");
	must_fail("no parent",
		  pki_files_create(&set, in_dir(*state, "no/own"), &failure),
		  ERR_NOT_FOUND, "no/own");
	holds(dir, "a", 0600, "1");
	assert_int_equal(count_names(dir), 2);
	assert_int_equal(count_names(*state), 1);
	pki_files_free(&set);
}

static void replaces(void **state)
{
	struct pki_files set = two("5", "6");
	const char *dir = own_dir(state);

	assert_int_equal(chmod(in_dir(dir, "a"), 0640), 0);
	must(pki_files_replace(&set, dir, &failure));
	holds(dir, "a", 0640, "5");
	holds(dir, "b", 0644, "6");
	assert_int_equal(count_names(dir), 2);
	assert_int_equal(unlink(in_dir(dir, "a")), 0);
	must(pki_files_replace(&set, dir, &failure));
	holds(dir, "a", 0600, "5");
	pki_files_free(&set);
}

/* The second file cannot be staged. */
static void replaces_all_or_nothing(void **state)
{
	struct pki_files set = two("7", "8");
	const char *dir = own_dir(state);

	assert_int_equal(mkdir(in_dir(dir, "b.new"), 0700), 0);
	must_fail("staging", pki_files_replace(&set, dir, &failure), ERR_SYSTEM,
		  "b.new");
	holds(dir, "a", 0600, "5");
	holds(dir, "b", 0644, "6");
	assert_int_equal(count_names(dir), 3);
	assert_int_equal(rmdir(in_dir(dir, "b.new")), 0);
	write_file(in_dir(dir, "a.new"), "of a crash", 10, 0644);
	must(pki_files_replace(&set, dir, &failure));
	holds(dir, "a", 0600, "7");
	assert_int_equal(count_names(dir), 2);
	pki_files_free(&set);
}

/* ---- the configuration -------------------------------------------------- */

static void configures(void **state)
{
	static const struct {
		const char *host;
		bool old;
	} rows[] = {{"ota.example.com", false},
		    {"*.example.com", false},
		    {"192.0.2.1", true},
		    {"2001:db8::1", true}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct pki_files set = {0};
		const char *text;
		struct host host;
		char rule[64];

		print_message("case: %s\n", rows[i].host);
		must(host_parse(&host, rows[i].host, true, &failure));
		must(pki_files_add_config(&set, "c", "/d", &host, 1, &failure));
		text = set.files[0].data;
		snprintf(rule, sizeof(rule), "{sni: \"%s\",", rows[i].host);
		assert_int_equal(strstr(text, rule) != NULL, rows[i].old);
		assert_int_equal(strstr(text, "ladder:") != NULL, rows[i].old);
		assert_int_equal(strstr(text, "\"/d/old-mbedtls.key\"}") !=
					 NULL,
				 rows[i].old);
		assert_non_null(strstr(text, "default_profile: own\n"));
		assert_int_equal(set.files[0].len, strlen(text));
		pki_files_free(&set);
	}
}

/* A path in the configuration, as a string of YAML. */
static void quotes_paths(void **state)
{
	static const struct {
		const char *dir, *quoted; /* NULL: refused */
	} rows[] = {{"/a", "\"/a/ca.pem\""},
		    {"/a: b, {c} #'d'", "\"/a: b, {c} #'d'/ca.pem\""},
		    {"/a\"b", "\"/a\\\"b/ca.pem\""},
		    {"/a\\b", "\"/a\\\\b/ca.pem\""},
		    {"/\xc3\xa4", "\"/\xc3\xa4/ca.pem\""},
		    {"/\xc3", NULL},
		    {"/a\nb", NULL},
		    {"/a\x7f", NULL}};
	struct host host;

	(void)state;
	must(host_parse(&host, "a.example", true, &failure));
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct pki_files set = {0};

		print_message("case: %s\n", rows[i].dir);
		if (rows[i].quoted) {
			must(pki_files_add_config(&set, "c", rows[i].dir, &host,
						  1, &failure));
			assert_non_null(
				strstr(set.files[0].data, rows[i].quoted));
		} else {
			must_fail(rows[i].dir,
				  pki_files_add_config(&set, "c", rows[i].dir,
						       &host, 1, &failure),
				  ERR_INVALID, "expected UTF-8");
		}
		pki_files_free(&set);
	}
}

/* ---- where it is -------------------------------------------------------- */

static void resolves(void **state)
{
	static const struct {
		const char *dir, *found; /* below *state; NULL: refused */
	} rows[] = {{"there", "/there"},
		    {"there/", "/there"},
		    {"link", "/there"},
		    {"link/new", "/there/new"},
		    {"new", "/new"},
		    {"new//", "/new"},
		    {"./there/../new", "/new"},
		    {"no/new", NULL}};
	char found[PATH_MAX], wanted[PATH_MAX];

	assert_int_equal(mkdir(in_dir(*state, "there"), 0700), 0);
	assert_int_equal(symlink("there", in_dir(*state, "link")), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const char *dir = in_dir(*state, rows[i].dir);

		print_message("case: %s\n", rows[i].dir);
		if (!rows[i].found) {
			must_fail("no parent",
				  pki_files_resolve(found, dir, &failure),
				  ERR_NOT_FOUND, rows[i].dir);
			continue;
		}
		must(pki_files_resolve(found, dir, &failure));
		snprintf(wanted, sizeof(wanted), "%s%s", (const char *)*state,
			 rows[i].found);
		assert_string_equal(found, wanted);
	}
}

/* From the working directory. */
static void resolves_relative_paths(void **state)
{
	char cwd[PATH_MAX], found[PATH_MAX];

	assert_non_null(getcwd(cwd, sizeof(cwd)));
	assert_int_equal(chdir(*state), 0);
	must(pki_files_resolve(found, "new", &failure));
	assert_string_equal(found, in_dir(*state, "new"));
	must(pki_files_resolve(found, "there", &failure));
	assert_string_equal(found, in_dir(*state, "there"));
	assert_int_equal(chdir(cwd), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(creates_whole),
		cmocka_unit_test(creates_nothing_over),
		cmocka_unit_test(replaces),
		cmocka_unit_test(replaces_all_or_nothing),
		cmocka_unit_test(configures),
		cmocka_unit_test(quotes_paths),
		cmocka_unit_test(resolves),
		cmocka_unit_test(resolves_relative_paths),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
