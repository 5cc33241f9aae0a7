#include "../base/fixture.h"

#include "pki/pem.h"

enum { FILE_MAX = 4096 }; /* bytes; the bound that is tested */

/* What the blocks of a file were, "LABEL:bytes LABEL:bytes ". */
static char seen[512];

static bool take(void *arg, const struct pem_block *block, const char *path,
		 struct err *err)
{
	size_t used = strlen(seen);

	(void)path;
	snprintf(seen + used, sizeof(seen) - used, "%s:%.*s ", block->label,
		 (int)block->len, (const char *)block->der);
	return !arg ||
	       err_set(err, ERR_DENIED, "%s is not taken", block->label);
}

static void same(const char *label, const char *got, const char *want)
{
	if (strcmp(got, want) != 0)
		fail_msg("%s: '%s', wanted '%s'", label, got, want);
}

static const char *put(const char *dir, const char *text, size_t len)
{
	const char *path = in_dir(dir, "file.pem");

	write_file(path, text, len, 0600);
	return path;
}

#define BLOCK "-----BEGIN A B-----\nZmlyc3Q=\n-----END A B-----\n"
#define OTHER "-----BEGIN C-----\nc2Vjb25k\n-----END C-----\n"

static void reads_blocks(void **state)
{
	static const struct {
		const char *label;
		const char *text;
		const char *want;
	} rows[] = {
		{"nothing", "", ""},
		{"text only", "no block here\n", ""},
		{"one", BLOCK, "A B:first "},
		{"two", BLOCK OTHER, "A B:first C:second "},
		{"text around", "before: 1\n\n" BLOCK "between\n" OTHER "after",
		 "A B:first C:second "},
		{"a line of dashes", "--------\n" BLOCK "-----\n",
		 "A B:first "},
		{"CR LF",
		 "-----BEGIN C-----\r\nc2Vj\r\nb25k\r\n-----END C-----\r\n",
		 "C:second "},
		{"blanks before line ends",
		 "-----BEGIN C----- \nc2Vjb25k \t\n-----END C-----\t\n",
		 "C:second "},
		{"several lines",
		 "-----BEGIN C-----\nc2Vj\nb25k\n-----END C-----\n",
		 "C:second "},
		{"no last line end",
		 "-----BEGIN C-----\nc2Vjb25k\n-----END C-----", "C:second "},
		{"headers of an old key",
		 "-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n"
		 "DEK-Info: AES-128-CBC,00\n\nc2Vjb25k\n"
		 "-----END EC PRIVATE KEY-----\n",
		 "EC PRIVATE KEY:second "},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *path =
			put(*state, rows[i].text, strlen(rows[i].text));

		seen[0] = '\0';
		must(pem_read(path, FILE_MAX, PEM_PUBLIC, take, NULL,
			      &failure));
		same(rows[i].label, seen, rows[i].want);
		seen[0] = '\0';
		must(pem_read(path, FILE_MAX, PEM_SECRET, take, NULL,
			      &failure));
		same(rows[i].label, seen, rows[i].want);
	}
}

static const struct {
	const char *label;
	const char *text;
	const char *part;
} damaged[] = {
	{"dash missing at the end of BEGIN",
	 "-----BEGIN C----\nc2Vjb25k\n-----END C-----\n",
	 "file.pem:1: damaged PEM: a damaged BEGIN line"},
	{"dash missing before BEGIN",
	 "text\n----BEGIN C-----\nc2Vjb25k\n-----END C-----\n",
	 ":4: damaged PEM: an END line without its BEGIN"},
	{"BEGIN indented", OTHER " -----BEGIN C-----\n",
	 ":4: damaged PEM: a damaged BEGIN line"},
	{"BEGIN without a label", "-----BEGIN -----\n",
	 ":1: damaged PEM: a damaged BEGIN line"},
	{"two BEGIN in one line", "-----BEGIN C----------BEGIN C-----\n",
	 ":1: damaged PEM: a damaged BEGIN line"},
	{"BEGIN after a byte order mark", "\xef\xbb\xbf" OTHER,
	 ":1: damaged PEM: a damaged BEGIN line"},
	{"END of another label",
	 "-----BEGIN C-----\nc2Vjb25k\n-----END D-----\n",
	 ":3: damaged PEM: the END line of another kind of block"},
	{"END of a longer label",
	 "-----BEGIN C-----\nc2Vjb25k\n-----END CC-----\n",
	 ":3: damaged PEM: the END line of another kind of block"},
	{"END of a shorter label",
	 "-----BEGIN CC-----\nc2Vjb25k\n-----END C-----\n",
	 ":3: damaged PEM: the END line of another kind of block"},
	{"END damaged", "-----BEGIN C-----\nc2Vjb25k\n-----END C----\n",
	 ":3: damaged PEM: not base64"},
	{"no END", OTHER "-----BEGIN C-----\nc2Vjb25k\n",
	 ":4: damaged PEM: a block without its END"},
	{"BEGIN inside a block",
	 "-----BEGIN C-----\n" OTHER "-----END C-----\n",
	 ":2: damaged PEM: not base64"},
	{"a dash inside, where OpenSSL stops reading",
	 "-----BEGIN C-----\nc2Vjb25k\n-garbage\n-----END C-----\n",
	 ":3: damaged PEM: not base64"},
	{"no base64", "-----BEGIN C-----\nc2Vj*25k\n-----END C-----\n",
	 ":2: damaged PEM: not base64"},
	{"blank inside a line",
	 "-----BEGIN C-----\nc2Vj b25k\n-----END C-----\n",
	 ":2: damaged PEM: not base64"},
	{"an indented line", "-----BEGIN C-----\n c2Vjb25k\n-----END C-----\n",
	 ":2: damaged PEM: not base64"},
	{"an empty line inside",
	 "-----BEGIN C-----\nc2Vj\n\nb25k\n-----END C-----\n",
	 ":3: damaged PEM: an empty line inside a block"},
	{"an empty line first",
	 "-----BEGIN C-----\n\nc2Vjb25k\n-----END C-----\n",
	 ":2: damaged PEM: an empty line inside a block"},
	{"a header where no key is",
	 "-----BEGIN C-----\nA: 1\n\nc2Vjb25k\n-----END C-----\n",
	 ":2: damaged PEM: not base64"},
	{"base64 among headers",
	 "-----BEGIN PRIVATE KEY-----\nA: 1\nc2Vjb25k\n"
	 "-----END PRIVATE KEY-----\n",
	 ":3: damaged PEM: neither a header nor an empty line"},
	{"BEGIN in the first header",
	 "-----BEGIN PRIVATE KEY-----\nA: -----BEGIN C-----\n\nc2Vjb25k\n"
	 "-----END PRIVATE KEY-----\n",
	 ":2: damaged PEM: not base64"},
	{"END in another header",
	 "-----BEGIN PRIVATE KEY-----\nA: 1\nB: -----END C-----\n\nc2Vjb25k\n"
	 "-----END PRIVATE KEY-----\n",
	 ":3: damaged PEM: neither a header nor an empty line"},
	{"no base64 at all", "-----BEGIN C-----\n-----END C-----\n",
	 "damaged PEM"},
	{"base64 cut", "-----BEGIN C-----\nc2Vjb25\n-----END C-----\n",
	 "damaged PEM"},
	{"base64 after its padding",
	 "-----BEGIN C-----\nZmlyc3Q=\nc2Vj\n-----END C-----\n", "damaged PEM"},
	{"too much padding", "-----BEGIN C-----\nc2Vj====\n-----END C-----\n",
	 "damaged PEM"},
	{"the second block", BLOCK "-----BEGIN C-----\nc2Vjb25k",
	 ":4: damaged PEM: a block without its END"},
};

static void refuses_what_is_damaged(void **state)
{
	for (size_t i = 0; i < sizeof(damaged) / sizeof(damaged[0]); i++) {
		const char *path =
			put(*state, damaged[i].text, strlen(damaged[i].text));

		must_fail(damaged[i].label,
			  pem_read(path, FILE_MAX, PEM_PUBLIC, take, NULL,
				   &failure),
			  ERR_INVALID, damaged[i].part);
	}
}

static void refuses_binary_files(void **state)
{
	static const char text[] = OTHER "\0" OTHER;
	const char *path = put(*state, text, sizeof(text) - 1);

	must_fail("a NUL",
		  pem_read(path, FILE_MAX, PEM_PUBLIC, take, NULL, &failure),
		  ERR_INVALID, "binary");
}

/* Lines longer than those that OpenSSL reads at once. */
static void reads_long_lines(void **state)
{
	static const char begin[] = "-----BEGIN C-----\n";
	static const char end[] = "\n-----END C-----\n";
	char text[2048];
	const char *path;

	for (size_t len = 240; len <= 1280; len += 4) {
		size_t used = (size_t)snprintf(text, sizeof(text), "%s", begin);

		memset(text + used, 'Q', len);
		snprintf(text + used + len, sizeof(text) - used - len, "%s",
			 end);
		path = put(*state, text, strlen(text));
		seen[0] = '\0';
		must(pem_read(path, FILE_MAX, PEM_PUBLIC, take, NULL,
			      &failure));
		/* "C:", a letter for each of len * 3 / 4 bytes and a blank */
		if (len * 3 / 4 + 3 < sizeof(seen))
			assert_int_equal(strlen(seen), len * 3 / 4 + 3);
	}
}

/* A block hidden at the end of a long line, where OpenSSL begins anew. */
static void finds_no_block_in_long_text(void **state)
{
	char text[1024];

	for (size_t len = 250; len <= 260; len++) {
		memset(text, 'x', len);
		snprintf(text + len, sizeof(text) - len, "%s", OTHER);
		must_fail("hidden",
			  pem_read(put(*state, text, strlen(text)), FILE_MAX,
				   PEM_PUBLIC, take, NULL, &failure),
			  ERR_INVALID, ":1: damaged PEM: a damaged BEGIN");
	}
}

static void ends_when_a_block_is_refused(void **state)
{
	const char *path = put(*state, BLOCK OTHER, strlen(BLOCK OTHER));

	seen[0] = '\0';
	must_fail(
		"taker",
		pem_read(path, FILE_MAX, PEM_PUBLIC, take, &failure, &failure),
		ERR_DENIED, "A B is not taken");
	assert_string_equal(seen, "A B:first ");
}

static void keeps_the_bounds_of_files(void **state)
{
	const char *path = put(*state, BLOCK, strlen(BLOCK));

	must(pem_read(path, strlen(BLOCK), PEM_PUBLIC, take, NULL, &failure));
	must_fail("one byte too much",
		  pem_read(path, strlen(BLOCK) - 1, PEM_PUBLIC, take, NULL,
			   &failure),
		  ERR_TOO_LARGE, "file.pem");
	must_fail("not there",
		  pem_read(in_dir(*state, "none"), FILE_MAX, PEM_PUBLIC, take,
			   NULL, &failure),
		  ERR_NOT_FOUND, "none");
	assert_int_equal(chmod(path, 0644), 0);
	must(pem_read(path, FILE_MAX, PEM_PUBLIC, take, NULL, &failure));
	must_fail("a secret that others read",
		  pem_read(path, FILE_MAX, PEM_SECRET, take, NULL, &failure),
		  ERR_DENIED, "chmod");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_blocks),
		cmocka_unit_test(refuses_what_is_damaged),
		cmocka_unit_test(refuses_binary_files),
		cmocka_unit_test(reads_long_lines),
		cmocka_unit_test(finds_no_block_in_long_text),
		cmocka_unit_test(ends_when_a_block_is_refused),
		cmocka_unit_test(keeps_the_bounds_of_files),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
