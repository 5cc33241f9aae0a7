#include "hello_fixture.h"

/* ---- what is read ------------------------------------------------------- */

static void reads_every_field(void **state)
{
	static const struct parts parts = {
		.session_id = "02 aabb",
		.ciphers = "0a0a 1301 c02f 00ff",
		.compressions = "02 01 00",
		.extensions = "1a1a=,"
			      "0000=0007 00 0004 46772e65,"
			      "0001=02,"
			      "000a=0004 2a2a 001d,"
			      "000b=02 00 01,"
			      "000d=0004 0403 0804,"
			      "0010=000c 02 6832 08 687474702f312e31,"
			      "002b=06 3a3a 0304 0303,"
			      "fe0d=0102",
	};
	static const uint16_t ciphers[] = {0x0a0a, 0x1301, 0xc02f, 0x00ff};
	static const uint16_t extensions[] = {0x1a1a, 0,  1,  10,    11,
					      13,     16, 43, 0xfe0d};
	static const uint16_t groups[] = {0x2a2a, 29};
	static const uint16_t algorithms[] = {0x0403, 0x0804};
	static const uint8_t formats[] = {0, 1};
	struct hello h;

	(void)state;
	assert_true(parse_parts(&h, &parts));
	assert_int_equal(h.legacy_version, 0x0303);
	assert_int_equal(h.max_version, 0x0304);
	assert_int_equal(h.cipher_count, 4);
	assert_memory_equal(h.ciphers, ciphers, sizeof(ciphers));
	assert_int_equal(h.extension_count, 9);
	assert_memory_equal(h.extensions, extensions, sizeof(extensions));
	assert_int_equal(h.group_count, 2);
	assert_memory_equal(h.groups, groups, sizeof(groups));
	assert_int_equal(h.format_count, 2);
	assert_memory_equal(h.formats, formats, sizeof(formats));
	assert_int_equal(h.algorithm_count, 2);
	assert_memory_equal(h.algorithms, algorithms, sizeof(algorithms));
	assert_true(h.has_sni);
	assert_string_equal(h.sni, "fw.e");
	assert_true(h.has_alpn);
	assert_int_equal(h.alpn_len, 2);
	assert_memory_equal(h.alpn, "h2", 2);
	assert_int_equal(h.max_fragment, 1024);
	assert_false(h.cut);
}

/* TLS 1.0 clients end with the compressions, others send an empty list. */
static void reads_a_hello_without_extensions(void **state)
{
	static const char *const rest[] = {"", "0000"};
	struct hello h;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		const struct parts parts = {.version = "0301", .rest = rest[i]};

		assert_true(parse_parts(&h, &parts));
		assert_int_equal(h.max_version, 0x0301);
		assert_int_equal(h.cipher_count, 2);
		assert_int_equal(h.extension_count, 0);
		assert_false(h.has_sni || h.has_alpn || h.cut);
		assert_int_equal(h.max_fragment, 0);
	}
}

static void finds_the_greatest_version(void **state)
{
	static const struct {
		const char *label, *legacy, *extensions;
		uint16_t version;
	} rows[] = {
		{"by legacy_version", "0303", "0017=", 0x0303},
		{"TLS 1.0", "0301", "", 0x0301},
		{"SSL 3", "0300", "", 0x0300},
		{"one offered", "0303", "002b=02 0304", 0x0304},
		{"less than legacy_version", "0303", "002b=02 0302", 0x0302},
		{"the first", "0303", "002b=04 0304 0303", 0x0304},
		{"the last", "0303", "002b=04 0303 0304", 0x0304},
		{"GREASE left out", "0303", "002b=04 fafa 0303", 0x0303},
		{"GREASE only", "0303", "002b=02 fafa", 0},
		{"what looks like GREASE", "0303", "002b=02 faea", 0xfaea},
	};
	struct hello h;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct parts parts = {.version = rows[i].legacy,
					    .extensions = rows[i].extensions};

		if (!parse_parts(&h, &parts) ||
		    h.max_version != rows[i].version)
			fail_msg("%s: %04x", rows[i].label, h.max_version);
	}
}

static void reads_names(void **state)
{
	static const struct {
		const char *label, *body;
		const char *name; /* NULL when it is refused */
	} rows[] = {
		{"a name", "0006 00 0003 612e62", "a.b"},
		{"upper case", "0006 00 0003 412e5a", "a.z"},
		{"the last dot", "0005 00 0002 612e", "a"},
		{"two last dots", "0006 00 0003 612e2e", "a."},
		{"a dot alone", "0004 00 0001 2e", ""},
		{"an underscore", "0006 00 0003 615f62", "a_b"},
		{"a hyphen", "0006 00 0003 612d39", "a-9"},
		{"an address", "000a 00 0007 312e322e332e34", "1.2.3.4"},
		{"an IPv6 address", "0006 00 0003 3a3a31", "::1"},
		{"a NUL", "0006 00 0003 610062", NULL},
		{"a NUL at the end", "0006 00 0003 612e00", NULL},
		{"a blank", "0006 00 0003 612062", NULL},
		{"a slash", "0006 00 0003 612f62", NULL},
		{"before '0'", "0004 00 0001 2f", NULL},
		{"after ':'", "0004 00 0001 3b", NULL},
		{"before 'A'", "0004 00 0001 40", NULL},
		{"after 'Z'", "0004 00 0001 5b", NULL},
		{"before 'a'", "0004 00 0001 60", NULL},
		{"after 'z'", "0004 00 0001 7b", NULL},
		{"a star", "0004 00 0001 2a", NULL},
		{"not ASCII", "0005 00 0002 c3a4", NULL},
		{"no name", "0003 00 0000", NULL},
		{"no list", "0000", NULL},
		{"nothing", "", NULL},
		{"another type of name", "0006 01 0003 612e62", NULL},
		{"two names", "0008 00 0001 61 00 0001 62", NULL},
		{"a byte after the name", "0007 00 0003 612e62 00", NULL},
		{"a byte after the list", "0006 00 0003 612e62 00", NULL},
		{"a name past the list", "0006 00 0004 612e62", NULL},
		{"a list past the body", "0007 00 0003 612e62", NULL},
	};
	struct hello h;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[128];
		struct parts parts = {.extensions = text};
		bool ok;

		snprintf(text, sizeof(text), "0000=%s,0017=", rows[i].body);
		ok = parse_parts(&h, &parts);
		if (ok != (rows[i].name != NULL))
			fail_msg("%s: %d", rows[i].label, ok);
		if (ok && (!h.has_sni || strcmp(h.sni, rows[i].name) != 0))
			fail_msg("%s: '%s'", rows[i].label, h.sni);
	}
}

static void reads_alpn(void **state)
{
	static const struct {
		const char *label, *body;
		const char *first; /* NULL when it is refused */
	} rows[] = {
		{"one", "0003 02 6832", "h2"},
		{"one byte", "0002 01 68", "h"},
		{"the first of two", "0005 02 6832 01 61", "h2"},
		{"GREASE first", "0005 02 4a4a 01 61", "a"},
		{"GREASE only", "0003 02 4a4a", ""},
		{"what looks like GREASE", "0004 03 4a4a4a", "JJJ"},
		{"an empty name", "0001 00", NULL},
		{"an empty second name", "0004 02 6832 00", NULL},
		{"a name past the list", "0003 03 6832", NULL},
		{"a second name past it", "0005 02 6832 02 61", NULL},
		{"a length alone at the end", "0004 02 6832 05", NULL},
		{"no name", "0000", NULL},
		{"nothing", "", NULL},
		{"a byte after the list", "0003 02 6832 00", NULL},
		{"a list past the body", "0004 02 6832", NULL},
	};
	struct hello h;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[128];
		struct parts parts = {.extensions = text};
		bool ok;

		snprintf(text, sizeof(text), "0010=%s,0017=", rows[i].body);
		ok = parse_parts(&h, &parts);
		if (ok != (rows[i].first != NULL))
			fail_msg("%s: %d", rows[i].label, ok);
		if (ok && (!h.has_alpn || h.alpn_len != strlen(rows[i].first) ||
			   memcmp(h.alpn, rows[i].first, h.alpn_len) != 0))
			fail_msg("%s: %zu bytes", rows[i].label, h.alpn_len);
	}
}

static void reads_max_fragment(void **state)
{
	static const struct {
		const char *body;
		unsigned int bytes; /* 0 when it is refused */
	} rows[] = {
		{"00", 0},    {"01", 512}, {"02", 1024}, {"03", 2048},
		{"04", 4096}, {"05", 0},   {"", 0},	 {"0100", 0},
	};
	struct hello h;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[32];
		struct parts parts = {.extensions = text};
		bool ok;

		snprintf(text, sizeof(text), "0001=%s", rows[i].body);
		ok = parse_parts(&h, &parts);
		if (ok != (rows[i].bytes != 0) ||
		    h.max_fragment != rows[i].bytes)
			fail_msg("'%s': %d, %u", rows[i].body, ok,
				 h.max_fragment);
	}
}

/* ---- what is refused ---------------------------------------------------- */

/* Each bad row differs in one thing from the good one above it. */
static const struct {
	const char *label;
	bool good;
	struct parts parts;
} shapes[] = {
	{"the usual", true, {0}},
	{"another message", false, {.type = "02"}},
	{"a session id of 32",
	 true,
	 {.session_id = "20 0000000000000000 0000000000000000"
			"   0000000000000000 0000000000000000"}},
	{"a session id of 33",
	 false,
	 {.session_id = "21 0000000000000000 0000000000000000"
			"   0000000000000000 0000000000000000 00"}},
	{"a session id past the end", false, {.session_id = "20 00"}},
	{"one cipher", true, {.raw_ciphers = "0002 c02f"}},
	{"no cipher", false, {.raw_ciphers = "0000"}},
	{"a cipher and a half", false, {.raw_ciphers = "0003 c02f c0"}},
	{"ciphers past the end", false, {.raw_ciphers = "ff02 c02f"}},
	{"no compression", false, {.compressions = "00"}},
	{"compressions past the end", false, {.compressions = "ff 00"}},
	{"one extension", true, {.rest = "0004 0017 0000"}},
	{"half a length of extensions", false, {.rest = "00"}},
	{"a byte after them", false, {.rest = "0004 0017 0000 00"}},
	{"extensions past the end", false, {.rest = "0005 0017 0000"}},
	{"a byte in the list after them", false, {.rest = "0005 0017 0000 00"}},
	{"half a type", false, {.rest = "0001 00"}},
	{"half a length", false, {.rest = "0003 0017 00"}},
	{"a body past the list", false, {.rest = "0004 0017 0001"}},
	{"two extensions", true, {.extensions = "0017=,0016="}},
	{"one twice", false, {.extensions = "0017=,0017="}},
	{"one twice, apart", false, {.extensions = "0017=,0016=,0017="}},
	{"an unknown one twice", false, {.extensions = "9999=,0016=,9999="}},
	{"one that is read twice",
	 false,
	 {.extensions = "0001=01,0016=,0001=01"}},
	{"an unknown one with a body", true, {.extensions = "9999=0102030405"}},

	{"a group", true, {.extensions = "000a=0002 001d"}},
	{"no group", false, {.extensions = "000a=0000"}},
	{"no list of groups", false, {.extensions = "000a="}},
	{"half a group", false, {.extensions = "000a=0003 001d 00"}},
	{"groups past the end", false, {.extensions = "000a=0004 001d"}},
	{"a byte after the groups", false, {.extensions = "000a=0002 001d 00"}},

	{"a format", true, {.extensions = "000b=01 00"}},
	{"no format", false, {.extensions = "000b=00"}},
	{"no list of formats", false, {.extensions = "000b="}},
	{"formats past the end", false, {.extensions = "000b=02 00"}},
	{"a byte after the formats", false, {.extensions = "000b=01 00 00"}},

	{"an algorithm", true, {.extensions = "000d=0002 0403"}},
	{"no algorithm", false, {.extensions = "000d=0000"}},
	{"no list of algorithms", false, {.extensions = "000d="}},
	{"half an algorithm", false, {.extensions = "000d=0003 0403 04"}},
	{"algorithms past the end", false, {.extensions = "000d=0004 0403"}},
	{"a byte after the algorithms",
	 false,
	 {.extensions = "000d=0002 0403 00"}},

	{"a version", true, {.extensions = "002b=02 0304"}},
	{"no version", false, {.extensions = "002b=00"}},
	{"no list of versions", false, {.extensions = "002b="}},
	{"half a version", false, {.extensions = "002b=03 0304 03"}},
	{"versions past the end", false, {.extensions = "002b=04 0304"}},
	{"a byte after the versions", false, {.extensions = "002b=02 0304 00"}},
};

static void refuses_what_is_malformed(void **state)
{
	struct hello h;

	(void)state;
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		bool good = parse_parts(&h, &shapes[i].parts);

		if (good != shapes[i].good)
			fail_msg("%s: %d", shapes[i].label, good);
		if (!good && (h.legacy_version || h.max_version ||
			      h.cipher_count || h.extension_count))
			fail_msg("%s: something is left", shapes[i].label);
	}
}

static const struct parts whole = {
	.session_id = "01 aa",
	.extensions = "0000=0006 00 0003 612e62,000a=0002 001d,000b=01 00,"
		      "000d=0002 0403,0010=0003 02 6832,002b=02 0304",
};

static void refuses_other_lengths(void **state)
{
	struct message m;
	struct hello h;

	(void)state;
	make_message(&m, &whole);
	assert_true(parse_exactly(&h, m.bytes, m.len));
	for (size_t len = 0; len < m.len; len++)
		assert_false(parse_exactly(&h, m.bytes, len));
	put_number(&m, 1, 0);
	assert_false(parse_exactly(&h, m.bytes, m.len));
}

/* The same with a length that says so: good only without any extensions. */
static void refuses_what_ends_early(void **state)
{
	static const struct parts bare = {.session_id = "01 aa", .rest = ""};
	struct message m;
	struct hello h;
	size_t until;

	(void)state;
	make_message(&m, &bare);
	until = m.len;
	make_message(&m, &whole);
	for (size_t len = m.len - 1; len >= 4; len--) {
		m.len = len;
		fill_length(&m, 1, 3);
		if (parse_exactly(&h, m.bytes, m.len) != (len == until))
			fail_msg("%zu bytes of a hello", len);
	}
}

/* ---- bounds ------------------------------------------------------------- */

/* A hello with a list of `count` items of a kind. */
static void make_long(struct message *m, uint16_t type, size_t width,
		      size_t item, size_t count)
{
	static const struct parts bare = {.rest = ""};
	size_t all, body, list;

	make_message(m, &bare);
	all = begin_vector(m, 2);
	put_number(m, 2, type);
	body = begin_vector(m, 2);
	list = begin_vector(m, width);
	for (size_t i = 0; i < count; i++)
		put_number(m, item, i + 1);
	fill_length(m, list, width);
	fill_length(m, body, 2);
	fill_length(m, all, 2);
	fill_length(m, 1, 3);
}

static void cuts_long_lists(void **state)
{
	static const struct {
		uint16_t type;
		size_t width, item, max;
		size_t count; /* offset in struct hello */
	} rows[] = {
		{HELLO_EXT_GROUPS, 2, 2, HELLO_GROUPS_MAX,
		 offsetof(struct hello, group_count)},
		{HELLO_EXT_POINT_FORMATS, 1, 1, HELLO_FORMATS_MAX,
		 offsetof(struct hello, format_count)},
		{HELLO_EXT_ALGORITHMS, 2, 2, HELLO_ALGORITHMS_MAX,
		 offsetof(struct hello, algorithm_count)},
	};
	struct message m;
	struct hello h;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (size_t more = 0; more < 2; more++) {
			size_t count;

			make_long(&m, rows[i].type, rows[i].width, rows[i].item,
				  rows[i].max + more);
			assert_true(parse_exactly(&h, m.bytes, m.len));
			memcpy(&count, (char *)&h + rows[i].count,
			       sizeof(count));
			assert_int_equal(count, rows[i].max);
			assert_int_equal(h.cut, more);
		}
	}
	assert_int_equal(h.algorithms[HELLO_ALGORITHMS_MAX - 1],
			 HELLO_ALGORITHMS_MAX);
}

static void cuts_long_ciphers(void **state)
{
	static char text[5 * (HELLO_CIPHERS_MAX + 1) + 1];
	const struct parts parts = {.ciphers = text};
	struct hello h;

	(void)state;
	for (size_t i = 0; i <= HELLO_CIPHERS_MAX; i++) {
		snprintf(text + 5 * i, 6, "%04zx ", i + 1);
		if (i + 1 < HELLO_CIPHERS_MAX)
			continue;
		assert_true(parse_parts(&h, &parts));
		assert_int_equal(h.cipher_count, HELLO_CIPHERS_MAX);
		assert_int_equal(h.ciphers[HELLO_CIPHERS_MAX - 1],
				 HELLO_CIPHERS_MAX);
		assert_int_equal(h.cut, i + 1 > HELLO_CIPHERS_MAX);
		assert_int_equal(h.extension_count, 1);
	}
}

/* What comes after the bound is not listed, but read, and once only. */
static void cuts_long_extensions(void **state)
{
	static char text[6 * HELLO_EXTENSIONS_MAX + 64];
	const struct parts parts = {.extensions = text};
	struct hello h;
	size_t len = 0;

	(void)state;
	for (size_t i = 0; i < HELLO_EXTENSIONS_MAX; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len,
					"%04zx=,", i + 0x1000);
	assert_true(parse_parts(&h, &parts));
	assert_int_equal(h.extension_count, HELLO_EXTENSIONS_MAX);
	assert_false(h.cut);

	len += (size_t)snprintf(text + len, sizeof(text) - len, "0001=01,");
	assert_true(parse_parts(&h, &parts));
	assert_int_equal(h.extension_count, HELLO_EXTENSIONS_MAX);
	assert_true(h.cut);
	assert_int_equal(h.max_fragment, 512);

	snprintf(text + len, sizeof(text) - len, "0001=01,");
	assert_false(parse_parts(&h, &parts));
}

static void refuses_long_messages(void **state)
{
	struct message m;
	struct hello h;

	(void)state;
	for (size_t more = 0; more < 2; more++) {
		size_t all, body;

		make_message(&m, &(struct parts){.rest = ""});
		all = begin_vector(&m, 2);
		put_number(&m, 2, 0x0015);
		body = begin_vector(&m, 2);
		memset(m.bytes + m.len, 0, HELLO_BYTES_MAX + more - m.len);
		m.len = HELLO_BYTES_MAX + more;
		fill_length(&m, body, 2);
		fill_length(&m, all, 2);
		fill_length(&m, 1, 3);
		assert_int_equal(parse_exactly(&h, m.bytes, m.len), more == 0);
	}
}

static void refuses_long_names(void **state)
{
	static char text[2 * HELLO_SNI_SIZE + 64];
	const struct parts parts = {.extensions = text};
	struct hello h;

	(void)state;
	for (size_t len = HELLO_SNI_SIZE - 1; len <= HELLO_SNI_SIZE; len++) {
		int used = snprintf(text, sizeof(text), "0000=%04zx 00 %04zx ",
				    len + 3, len);

		for (size_t i = 0; i < len; i++)
			snprintf(text + used + 2 * i, 3, "61");
		assert_int_equal(parse_parts(&h, &parts), len < HELLO_SNI_SIZE);
		assert_int_equal(strlen(h.sni), len < HELLO_SNI_SIZE ? len : 0);
	}
}

static void knows_grease(void **state)
{
	size_t found = 0;

	(void)state;
	for (uint32_t value = 0; value <= 0xffff; value++)
		found += hello_is_grease((uint16_t)value);
	assert_int_equal(found, 16);
	for (uint16_t i = 0; i < 16; i++)
		assert_true(hello_is_grease((uint16_t)(0x0a0a + 0x1010 * i)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_every_field),
		cmocka_unit_test(reads_a_hello_without_extensions),
		cmocka_unit_test(finds_the_greatest_version),
		cmocka_unit_test(reads_names),
		cmocka_unit_test(reads_alpn),
		cmocka_unit_test(reads_max_fragment),
		cmocka_unit_test(refuses_what_is_malformed),
		cmocka_unit_test(refuses_other_lengths),
		cmocka_unit_test(refuses_what_ends_early),
		cmocka_unit_test(cuts_long_lists),
		cmocka_unit_test(cuts_long_ciphers),
		cmocka_unit_test(cuts_long_extensions),
		cmocka_unit_test(refuses_long_messages),
		cmocka_unit_test(refuses_long_names),
		cmocka_unit_test(knows_grease),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
