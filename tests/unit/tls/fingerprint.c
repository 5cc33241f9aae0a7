#include "hello_clients.h"

#include <time.h>
#include <unistd.h>

#include "tls/fingerprint.h"

/* ---- hashes ------------------------------------------------------------- */

static void knows_clients(void **state)
{
	char ja3[FINGERPRINT_JA3_SIZE], ja4[FINGERPRINT_JA4_SIZE];
	struct hello h;

	(void)state;
	for (size_t i = 0; i < sizeof(clients) / sizeof(clients[0]); i++) {
		const char *looks;

		if (!parse_parts(&h, &clients[i].parts))
			fail_msg("%s: not parsed", clients[i].label);
		assert_true(fingerprint_ja3(&h, ja3));
		assert_true(fingerprint_ja4(&h, ja4));
		looks = fingerprint_looks_like(&h, ja4);
		if (strcmp(ja3, clients[i].ja3) != 0 ||
		    strcmp(ja4, clients[i].ja4) != 0)
			fail_msg("%s: %s %s", clients[i].label, ja3, ja4);
		if (!looks || strcmp(looks, clients[i].looks) != 0 ||
		    fingerprint_known(ja4) != looks)
			fail_msg("%s: looks like %s", clients[i].label,
				 looks ? looks : "nothing");
	}
}

/* The example of JA4's specification. */
static const struct parts example = {
	.ciphers = "1301 1302 1303 c02b c02f c02c c030 cca9 cca8 c013 c014 "
		   "009c 009d 002f 0035",
	.extensions = "001b=02 0002," SNI "0033=0000,"
		      "0010=000c 02 6832 08 687474702f312e31,4469=0000,0017=,"
		      "002d=01 01,"
		      "000d=0010 0403 0804 0401 0503 0805 0501 0806 0601,"
		      "0005=01 0000 0000,0023=,0012=,002b=04 0304 0303,ff01=00,"
		      "000b=01 00,000a=0006 001d 0017 0018,0015=0000",
};

#define EXAMPLE_RAW                                                         \
	"t13d1516h2_"                                                       \
	"002f,0035,009c,009d,1301,1302,1303,c013,c014,c02b,c02c,c02f,c030," \
	"cca8,cca9_"                                                        \
	"0005,000a,000b,000d,0012,0015,0017,001b,0023,002b,002d,0033,4469," \
	"ff01_0403,0804,0401,0503,0805,0501,0806,0601"

static void assert_ja4(const char *label, const struct hello *h,
		       const char *wanted)
{
	char ja4[FINGERPRINT_JA4_SIZE];

	assert_true(fingerprint_ja4(h, ja4));
	if (strcmp(ja4, wanted) != 0)
		fail_msg("%s: %s, wanted %s", label, ja4, wanted);
}

static void agrees_with_the_specification(void **state)
{
	struct strbuf raw = {0};
	struct hello h;

	(void)state;
	assert_true(parse_parts(&h, &example));
	assert_ja4("example", &h, "t13d1516h2_8daaf6152771_e5627efa2ab1");
	fingerprint_ja4_raw(&h, &raw);
	assert_string_equal(raw.data, EXAMPLE_RAW);
	strbuf_free(&raw);

	h.algorithm_count = 0;
	assert_ja4("no algorithms", &h, "t13d1516h2_8daaf6152771_6d807ffa2a79");
	h.cipher_count = 0;
	assert_ja4("no ciphers", &h, "t13d0016h2_000000000000_6d807ffa2a79");
	h.extension_count = 0;
	assert_ja4("no extensions", &h, "t13d0000h2_000000000000_000000000000");
	h.extensions[h.extension_count++] = HELLO_EXT_SERVER_NAME;
	h.extensions[h.extension_count++] = HELLO_EXT_ALPN;
	assert_ja4("none that count", &h,
		   "t13d0002h2_000000000000_000000000000");
	fingerprint_ja4_raw(&h, &raw);
	assert_string_equal(raw.data, "t13d0002h2__");
	strbuf_free(&raw);
}

/* Insert GREASE at the beginning, the middle and the end of a list. */
static void grease(uint16_t *list, size_t *count)
{
	size_t half = *count / 2;

	memmove(list + half + 2, list + half, (*count - half) * sizeof(*list));
	memmove(list + 1, list, half * sizeof(*list));
	list[0] = 0x0a0a;
	list[half + 1] = 0x8a8a;
	list[*count + 2] = 0xfafa;
	*count += 3;
}

static void ignores_grease(void **state)
{
	char before[FINGERPRINT_JA3_SIZE], after[FINGERPRINT_JA3_SIZE];
	struct strbuf raw = {0};
	struct hello h;

	(void)state;
	assert_true(parse_parts(&h, &example));
	assert_true(fingerprint_ja3(&h, before));
	grease(h.ciphers, &h.cipher_count);
	grease(h.extensions, &h.extension_count);
	grease(h.groups, &h.group_count);
	grease(h.algorithms, &h.algorithm_count);
	assert_true(fingerprint_ja3(&h, after));
	assert_string_equal(after, before);
	assert_ja4("GREASE", &h, "t13d1516h2_8daaf6152771_e5627efa2ab1");
	fingerprint_ja4_raw(&h, &raw);
	assert_string_equal(raw.data, EXAMPLE_RAW);
	strbuf_free(&raw);
}

static void sorts_for_ja4_only(void **state)
{
	char before[FINGERPRINT_JA3_SIZE], after[FINGERPRINT_JA3_SIZE];
	struct hello h;

	(void)state;
	assert_true(parse_parts(&h, &example));
	assert_true(fingerprint_ja3(&h, before));
	for (size_t i = 0; i < h.extension_count / 2; i++) {
		size_t other = h.extension_count - 1 - i;
		uint16_t type = h.extensions[i];

		h.extensions[i] = h.extensions[other];
		h.extensions[other] = type;
	}
	assert_true(fingerprint_ja3(&h, after));
	assert_string_not_equal(after, before);
	assert_ja4("extensions turned round", &h,
		   "t13d1516h2_8daaf6152771_e5627efa2ab1");
	h.algorithms[0] = 0x0804;
	h.algorithms[1] = 0x0403;
	assert_ja4("algorithms turned round", &h,
		   "t13d1516h2_8daaf6152771_8b78003a6112");
}

/* The first part, of a hello that is empty but for one thing. */
static void writes_the_first_part(void **state)
{
	static const struct {
		const char *label;
		struct hello hello;
		const char *part;
	} rows[] = {
		{"nothing", {.max_version = 0}, "t00i000000"},
		{"TLS 1.3", {.max_version = 0x0304}, "t13i000000"},
		{"TLS 1.2", {.max_version = 0x0303}, "t12i000000"},
		{"TLS 1.1", {.max_version = 0x0302}, "t11i000000"},
		{"TLS 1.0", {.max_version = 0x0301}, "t10i000000"},
		{"SSL 3", {.max_version = 0x0300}, "ts3i000000"},
		{"SSL 2", {.max_version = 0x0002}, "ts2i000000"},
		{"a later one", {.max_version = 0x0305}, "t00i000000"},
		{"a name", {.has_sni = true}, "t00d000000"},
		{"a name that is a dot",
		 {.has_sni = true, .sni = ""},
		 "t00d000000"},
		{"9 ciphers", {.cipher_count = 9}, "t00i090000"},
		{"99 ciphers", {.cipher_count = 99}, "t00i990000"},
		{"100 ciphers", {.cipher_count = 100}, "t00i990000"},
		{"10 extensions", {.extension_count = 10}, "t00i001000"},
		{"100 extensions", {.extension_count = 100}, "t00i009900"},
		{"h2", {.alpn = "h2", .alpn_len = 2}, "t00i0000h2"},
		{"http/1.1", {.alpn = "http/1.1", .alpn_len = 8}, "t00i0000h1"},
		{"upper case", {.alpn = "AZ", .alpn_len = 2}, "t00i0000AZ"},
		{"lower case", {.alpn = "az", .alpn_len = 2}, "t00i0000az"},
		{"digits", {.alpn = "09", .alpn_len = 2}, "t00i000009"},
		{"one character", {.alpn = "h", .alpn_len = 1}, "t00i0000hh"},
		{"AB", {.alpn = "\xab", .alpn_len = 1}, "t00i0000ab"},
		{"AB CD", {.alpn = "\xab\xcd", .alpn_len = 2}, "t00i0000ad"},
		{"30 AB", {.alpn = "0\xab", .alpn_len = 2}, "t00i00003b"},
		{"30 31 AB CD",
		 {.alpn = "01\xab\xcd", .alpn_len = 4},
		 "t00i00003d"},
		{"30 AB CD 31",
		 {.alpn = "0\xab\xcd"
			  "1",
		  .alpn_len = 4},
		 "t00i000001"},
		{"before '0'", {.alpn = "/0", .alpn_len = 2}, "t00i000020"},
		{"after '9'", {.alpn = "0:", .alpn_len = 2}, "t00i00003a"},
		{"before 'A'", {.alpn = "@A", .alpn_len = 2}, "t00i000041"},
		{"after 'Z'", {.alpn = "A[", .alpn_len = 2}, "t00i00004b"},
		{"before 'a'", {.alpn = "`a", .alpn_len = 2}, "t00i000061"},
		{"after 'z'", {.alpn = "a{", .alpn_len = 2}, "t00i00006b"},
	};
	char ja4[FINGERPRINT_JA4_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_true(fingerprint_ja4(&rows[i].hello, ja4));
		if (strncmp(ja4, rows[i].part, 10) != 0 || ja4[10] != '_' ||
		    strlen(ja4) != FINGERPRINT_JA4_SIZE - 1)
			fail_msg("%s: %s", rows[i].label, ja4);
	}
}

/* The longest of everything fits into what is made of it. */
static void writes_the_longest(void **state)
{
	static struct hello h;
	char ja3[FINGERPRINT_JA3_SIZE], ja4[FINGERPRINT_JA4_SIZE];
	struct strbuf raw = {0};

	(void)state;
	memset(&h, 0xfe, sizeof(h));
	h.has_sni = h.has_alpn = h.cut = true;
	h.cipher_count = HELLO_CIPHERS_MAX;
	h.extension_count = HELLO_EXTENSIONS_MAX;
	h.group_count = HELLO_GROUPS_MAX;
	h.format_count = HELLO_FORMATS_MAX;
	h.algorithm_count = HELLO_ALGORITHMS_MAX;
	h.alpn_len = HELLO_ALPN_SIZE - 1;
	assert_true(fingerprint_ja3(&h, ja3));
	assert_true(fingerprint_ja4(&h, ja4));
	fingerprint_ja4_raw(&h, &raw);
	assert_int_equal(raw.len,
			 10 + 5 * (HELLO_CIPHERS_MAX + HELLO_EXTENSIONS_MAX +
				   HELLO_ALGORITHMS_MAX));
	strbuf_free(&raw);
	assert_null(fingerprint_looks_like(&h, ja4));
}

/* JA3 of no lists at all is the MD5 of "771,,,,". */
static void writes_empty_lists(void **state)
{
	const struct hello h = {.legacy_version = 0x0303};
	char ja3[FINGERPRINT_JA3_SIZE];

	(void)state;
	assert_true(fingerprint_ja3(&h, ja3));
	assert_string_equal(ja3, "bddda940f9963577c41d7c28b1a5f65f");
}

/* ---- what it looks like ------------------------------------------------- */

static void knows_families(void **state)
{
	static const struct {
		const char *label, *ciphers, *extensions;
		const char *looks; /* NULL for nothing */
	} rows[] = {
		{"mbedTLS 2, few ciphers", "c02f 009c 00ff",
		 SNI ALGS_IDF3 GROUPS_IDF3 FORMATS EMPTY_TAIL,
		 "mbedTLS 2, as in ESP-IDF 3.x to 4.x"},
		{"without tickets, with a fragment length", "c02f 009c 00ff",
		 ALGS_IDF3 GROUPS_IDF3 FORMATS "0001=04,0016=,0017=",
		 "mbedTLS 2, as in ESP-IDF 3.x to 4.x"},
		{"with the SCSV elsewhere", "c02f 00ff 009c",
		 SNI ALGS_IDF3 GROUPS_IDF3 FORMATS EMPTY_TAIL, NULL},
		{"with the name elsewhere", "c02f 009c 00ff",
		 ALGS_IDF3 SNI GROUPS_IDF3 FORMATS EMPTY_TAIL, NULL},
		{"mbedTLS 3, few ciphers", "c02f 009c 00ff",
		 SNI GROUPS_IDF5 ALGS_IDF5 FORMATS EMPTY_TAIL,
		 "mbedTLS 3, as in ESP-IDF 5.x"},
		{"mbedTLS 3, TLS 1.3", "1301 c02f 00ff",
		 SNI TLS13_IDF5 GROUPS_IDF5 ALGS_IDF5 FORMATS EMPTY_TAIL,
		 "mbedTLS 3, as in ESP-IDF 5.x"},
		{"BearSSL, few ciphers", "c02f 009c",
		 "ff01=00," SNI "0001=01," TAIL_BEARSSL,
		 "BearSSL, as in ESP8266 Arduino"},
		{"BearSSL's without renegotiation_info", "c02f 009c",
		 SNI TAIL_BEARSSL, NULL},
		{"BearSSL's with that elsewhere", "c02f 009c",
		 SNI "ff01=00," TAIL_BEARSSL, NULL},
		{"wolfSSL, few ciphers", "c02f 009c",
		 HEAD_WOLFSSL SNI "0017=", "wolfSSL"},
		{"wolfSSL's with the name first", "c02f 009c",
		 SNI HEAD_WOLFSSL "0017=", NULL},
		{"OpenSSL, few ciphers", "c02f 009c 00ff",
		 SNI FORMATS GROUPS_IDF5 "0023=,0016=,0017=," ALGS_IDF5
					 "002b=02 0303",
		 "OpenSSL or curl"},
		{"no groups", "c02f 009c 00ff",
		 SNI ALGS_IDF3 FORMATS EMPTY_TAIL, NULL},
		{"no formats", "c02f 009c 00ff",
		 SNI ALGS_IDF3 GROUPS_IDF3 EMPTY_TAIL, NULL},
		{"no algorithms", "c02f 009c 00ff",
		 SNI GROUPS_IDF3 FORMATS EMPTY_TAIL, NULL},
		{"no extensions", "c02f 009c 00ff", "", NULL},
		{"GREASE", "5a5a c02f 00ff",
		 SNI ALGS_IDF3 GROUPS_IDF3 FORMATS EMPTY_TAIL,
		 "a browser (it sends GREASE)"},
	};
	struct hello h;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct parts parts = {.ciphers = rows[i].ciphers,
					    .extensions = rows[i].extensions};
		char ja4[FINGERPRINT_JA4_SIZE];
		const char *looks;

		if (!parse_parts(&h, &parts))
			fail_msg("%s: not parsed", rows[i].label);
		assert_true(fingerprint_ja4(&h, ja4));
		looks = fingerprint_looks_like(&h, ja4);
		if (!looks != !rows[i].looks ||
		    (looks && strcmp(looks, rows[i].looks) != 0))
			fail_msg("%s: %s", rows[i].label,
				 looks ? looks : "nothing");
	}
}

static void knows_no_other(void **state)
{
	(void)state;
	assert_null(fingerprint_known(""));
	assert_null(fingerprint_known("t12d490700_4b815dab2719_7b0ba9b4cf08"));
	assert_non_null(
		fingerprint_known("t12d490700_4b815dab2718_7b0ba9b4cf08"));
	assert_non_null(
		fingerprint_known("t12i490600_4b815dab2718_7b0ba9b4cf09"));
	assert_null(fingerprint_known("t12d480700_4b815dab2718_7b0ba9b4cf08"));
}

static void matches_patterns(void **state)
{
	static const struct {
		const char *pattern, *text;
		bool match;
	} rows[] = {
		{"", "", true},
		{"", "a", false},
		{"a", "a", true},
		{"a", "b", false},
		{"a", "A", false},
		{"a", "", false},
		{"a", "aa", false},
		{"?", "a", true},
		{"?", "", false},
		{"?", "ab", false},
		{"*", "", true},
		{"*", "abc", true},
		{"**", "abc", true},
		{"a*", "a", true},
		{"a*", "abc", true},
		{"a*", "ba", false},
		{"*c", "abc", true},
		{"*c", "abcd", false},
		{"*c", "cabc", true},
		{"a*c", "abc", true},
		{"a*c", "ac", true},
		{"a*c", "acb", false},
		{"a*b*c", "axbxbxc", true},
		{"a*b*c", "axcxb", false},
		{"*?", "", false},
		{"*?", "a", true},
		{"?*?", "a", false},
		{"?*?", "ab", true},
		{"*ab", "aab", true},
		{"*aab*", "aaab", true},
		{"[a]", "a", false},
		{"[a]", "[a]", true},
		{"\\*", "\\x", true},
		{"\\*", "*", false},
		{"t12?49*_4b815dab2718_*",
		 "t12d490700_4b815dab2718_7b0ba9b4cf08", true},
		{"t13*", "t12d490700_4b815dab2718_7b0ba9b4cf08", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (fingerprint_matches(rows[i].pattern, rows[i].text) !=
		    rows[i].match)
			fail_msg("'%s' on '%s'", rows[i].pattern, rows[i].text);
	}
}

/* Naive matching would try every way to share the text among the stars. */
static void matches_in_no_time(void **state)
{
	static char pattern[401], text[2001];
	clock_t begin = clock();

	(void)state;
	for (size_t i = 0; i < 400; i++)
		pattern[i] = i % 2 ? 'a' : '*';
	pattern[399] = 'b';
	memset(text, 'a', sizeof(text) - 1);
	assert_false(fingerprint_matches(pattern, text));
	assert_true(clock() - begin < CLOCKS_PER_SEC);
}

/* ---- captures ----------------------------------------------------------- */

/* The handshake message in the records (RFC 8446 section 5.1) of a file. */
static bool read_records(const char *path, struct message *m)
{
	uint8_t header[5];
	FILE *f = fopen(path, "rb");
	bool ok = f != NULL;

	m->len = 0;
	while (ok && fread(header, 1, sizeof(header), f) == sizeof(header)) {
		size_t len = (size_t)(header[3] << 8 | header[4]);

		ok = header[0] == 22 && m->len + len <= sizeof(m->bytes) &&
		     fread(m->bytes + m->len, 1, len, f) == len;
		m->len += len;
	}
	if (f)
		fclose(f);
	return ok;
}

/*
 * Captures may lie in shared/hellos beside the checkout, or beside whatever
 * directory above this program.
 */
static FILE *open_vectors(char *dir, size_t room)
{
	char path[4096];
	ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 1);
	char *slash;

	path[len > 0 ? len : 0] = '\0';
	while ((slash = strrchr(path, '/'))) {
		char file[4400];
		FILE *f;

		*slash = '\0';
		snprintf(dir, room, "%s/shared/hellos", path);
		snprintf(file, sizeof(file), "%s/VECTORS.tsv", dir);
		f = fopen(file, "r");
		if (f)
			return f;
	}
	return NULL;
}

static void agrees_with_captures(void **state)
{
	static struct message m;
	char dir[4200], path[4400], line[512];
	char ja3[FINGERPRINT_JA3_SIZE], ja4[FINGERPRINT_JA4_SIZE];
	FILE *vectors = open_vectors(dir, sizeof(dir));
	struct hello h;

	(void)state;
	if (!vectors) {
		print_message("no shared/hellos/VECTORS.tsv beside here\n");
		skip();
	}
	assert_non_null(fgets(line, sizeof(line), vectors));
	while (fgets(line, sizeof(line), vectors)) {
		char name[128], want3[64], want4[64];

		assert_int_equal(
			sscanf(line, "%127s %*s %63s %63s", name, want3, want4),
			3);
		snprintf(path, sizeof(path), "%s/%s", dir, name);
		if (!read_records(path, &m) ||
		    !parse_exactly(&h, m.bytes, m.len))
			fail_msg("%s: not read", name);
		assert_true(fingerprint_ja3(&h, ja3));
		assert_true(fingerprint_ja4(&h, ja4));
		if (strcmp(ja3, want3) != 0 || strcmp(ja4, want4) != 0)
			fail_msg("%s: %s %s", name, ja3, ja4);
		assert_non_null(fingerprint_looks_like(&h, ja4));
	}
	fclose(vectors);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_clients),
		cmocka_unit_test(agrees_with_the_specification),
		cmocka_unit_test(ignores_grease),
		cmocka_unit_test(sorts_for_ja4_only),
		cmocka_unit_test(writes_the_first_part),
		cmocka_unit_test(writes_the_longest),
		cmocka_unit_test(writes_empty_lists),
		cmocka_unit_test(knows_families),
		cmocka_unit_test(knows_no_other),
		cmocka_unit_test(matches_patterns),
		cmocka_unit_test(matches_in_no_time),
		cmocka_unit_test(agrees_with_captures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
