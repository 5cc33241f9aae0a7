#include "http/gate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gate_pairs.h"

/* What became of some input. */
struct outcome {
	enum gate_verdict verdict; /* the last one */
	int status;
	const char *reason;
	size_t used; /* bytes skipped and passed */
	size_t passed;
	enum gate_phase phase;
};

/* Show the gate what has not passed of the first `len` bytes, and again. */
static void feed(struct gate *g, const struct sample *s, size_t len,
		 struct outcome *o)
{
	do {
		char *copy = malloc(len - o->used + 1);
		size_t skip, pass;

		assert_non_null(copy);
		memcpy(copy, s->at + o->used, len - o->used);
		o->verdict = gate_feed(g, copy, len - o->used, &skip, &pass,
				       &o->status, &o->reason);
		free(copy);
		o->used += skip + pass;
		o->passed += pass;
		assert_true(o->used <= len);
		assert_int_equal(o->verdict == GATE_PASS, pass > 0);
	} while (o->verdict == GATE_PASS && g->phase != GATE_DONE);
	o->phase = g->phase;
}

/* All at once, or the first `split` bytes first. */
static struct outcome feed_split(const struct sample *s, size_t split,
				 size_t head_max)
{
	struct gate g = {.head_max = head_max};
	struct outcome o = {0};

	feed(&g, s, split, &o);
	if (o.verdict != GATE_REJECT && o.phase != GATE_DONE)
		feed(&g, s, s->len, &o);
	return o;
}

static struct outcome feed_bytes(const struct sample *s, size_t head_max)
{
	struct gate g = {.head_max = head_max};
	struct outcome o = {0};

	for (size_t len = 0;
	     len <= s->len && o.verdict != GATE_REJECT && g.phase != GATE_DONE;
	     len++)
		feed(&g, s, len, &o);
	return o;
}

static void same(const char *label, const struct outcome *a,
		 const struct outcome *b)
{
	if (a->verdict == b->verdict && a->used == b->used &&
	    a->passed == b->passed && a->phase == b->phase &&
	    (a->verdict != GATE_REJECT ||
	     (a->status == b->status && a->reason == b->reason)))
		return;
	fail_msg("%s: the verdict depends on how the bytes come: "
		 "%d %d %zu and %d %d %zu",
		 label, a->verdict, a->status, a->used, b->verdict, b->status,
		 b->used);
}

/* Feed in every way there is; the first outcome stands for all. */
static struct outcome feed_all(const char *label, const struct sample *s,
			       size_t head_max)
{
	struct outcome whole = feed_split(s, s->len, head_max);
	struct outcome bytes = feed_bytes(s, head_max);

	same(label, &whole, &bytes);
	for (size_t split = 1; split < s->len; split++) {
		struct outcome o = feed_split(s, split, head_max);

		same(label, &whole, &o);
	}
	return whole;
}

static void passes(const char *label, const struct sample *s, size_t head_max)
{
	struct outcome o = feed_all(label, s, head_max);

	if (o.verdict == GATE_REJECT)
		fail_msg("%s: refused: %d %s", label, o.status, o.reason);
	if (o.phase != GATE_DONE || o.used != s->len)
		fail_msg("%s: phase %d after %zu of %zu bytes", label, o.phase,
			 o.used, s->len);
}

static void refused(const char *label, const struct sample *s, size_t head_max,
		    int status)
{
	struct outcome o = feed_all(label, s, head_max);

	if (o.verdict != GATE_REJECT)
		fail_msg("%s: let through", label);
	if (o.status != status || !o.reason || !*o.reason)
		fail_msg("%s: %d %s, expected %d", label, o.status, o.reason,
			 status);
}

static void test_pairs(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
		passes(pairs[i].label, &pairs[i].good, 0);
		refused(pairs[i].label, &pairs[i].bad, 0, pairs[i].status);
	}
}

static const struct {
	const char *label;
	struct sample request;
} requests[] = {
	{"GET", S(GET11 HOST "\r\n")},
	{"GET with a body", S(FIELD("Content-Length: 3") "abc")},
	{"HTTP/1.0 without Host", S("GET / HTTP/1.0\r\n\r\n")},
	{"length in HTTP/1.0",
	 S("POST / HTTP/1.0\r\nContent-Length: 2\r\n\r\nab")},
	{"expectation",
	 S(POST "Expect: 100-continue\r\nContent-Length: 1\r\n\r\nx")},
	{"body of bytes that a head may not hold",
	 S(LONG("6") "\0\n\r\r\n\x7f")},
	{"body that looks like a request",
	 S(LONG("18") "GET / HTTP/1.0\r\n\r\n")},
	{"blanks around a value", S(GET11 "Host: \t a \t\r\n\r\n")},
	{"several chunks and trailers",
	 S(CHUNKED "a\r\n0123456789\r\n1;x\r\n\n\r\n00\r\nA: b\r\nC:\r\n\r\n")},
};

/* What passes is the request and no byte more, the head in one piece. */
static void test_framing(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(requests) / sizeof(*requests); i++) {
		const char *label = requests[i].label;
		const struct sample *request = &requests[i].request;
		char two[512];
		struct sample pair = {two, 2 * request->len};
		struct gate g = {0};
		struct outcome o = {0};
		size_t skip, pass, head;

		passes(label, request, 0);
		memcpy(two, request->at, request->len);
		memcpy(two + request->len, request->at, request->len);
		o = feed_all(label, &pair, 0);
		if (o.verdict != GATE_PASS || o.used != request->len)
			fail_msg("%s: %zu bytes passed, not %zu", label, o.used,
				 request->len);
		head = (size_t)(strstr(two, "\r\n\r\n") - two) + 4;
		for (size_t len = 0; len < head; len++)
			assert_int_equal(gate_feed(&g, request->at, len, &skip,
						   &pass, &o.status, &o.reason),
					 GATE_MORE);
		assert_int_equal(gate_feed(&g, request->at, head, &skip, &pass,
					   &o.status, &o.reason),
				 GATE_PASS);
		assert_int_equal(pass, head);
	}
}

static void test_next(void **state)
{
	static const struct sample two = S(LINE("/a") "\r\n" LINE("/b"));
	struct gate g = {.head_max = 1000};
	struct outcome o = {0};
	size_t skip, pass;
	size_t first = sizeof(LINE("/a")) - 1;

	(void)state;
	feed(&g, &two, two.len, &o);
	assert_int_equal(o.used, first);
	assert_int_equal(gate_feed(&g, two.at + first, two.len - first, &skip,
				   &pass, &o.status, &o.reason),
			 GATE_MORE);
	assert_int_equal(skip + pass, 0);
	gate_next(&g);
	assert_int_equal(g.phase, GATE_IDLE);
	assert_int_equal(g.head_max, 1000);
	assert_int_equal(gate_feed(&g, two.at + first, 1, &skip, &pass,
				   &o.status, &o.reason),
			 GATE_MORE);
	assert_int_equal(g.phase, GATE_HEAD);
	assert_int_equal(gate_feed(&g, two.at + first, 2, &skip, &pass,
				   &o.status, &o.reason),
			 GATE_MORE);
	assert_int_equal(skip, 2);
	assert_int_equal(g.phase, GATE_IDLE);
	assert_int_equal(gate_feed(&g, two.at + first + 2, first, &skip, &pass,
				   &o.status, &o.reason),
			 GATE_PASS);
	assert_int_equal(pass, first);
	assert_int_equal(g.phase, GATE_DONE);
}

/* A request of a repeated piece: prefix, `count` times `piece`, suffix. */
static struct sample build(const char *prefix, const char *piece, size_t count,
			   const char *suffix)
{
	size_t size = strlen(prefix) + count * strlen(piece) + strlen(suffix);
	char *text = malloc(size + 1);
	char *end = text;

	assert_non_null(text);
	end = stpcpy(end, prefix);
	while (count--)
		end = stpcpy(end, piece);
	stpcpy(end, suffix);
	return (struct sample){text, size};
}

static const struct {
	const char *label;
	const char *prefix;
	const char *piece;
	size_t most; /* the greatest count that passes */
	const char *suffix;
	size_t head_max;
	int status;
} bounds[] = {
	{"request line", "GET /", "a", GATE_LINE_MAX - 14,
	 " HTTP/1.1\r\n" HOST "\r\n", 0, 414},
	{"request line without an end", "GET /", "a", GATE_LINE_MAX - 14,
	 " HTTP/1.1\r\n" HOST "\r\n", 8 * 1024, 414},
	{"request line over the head's bound", "GET /", "a", 100 - 14 - 2 - 11,
	 " HTTP/1.1\r\n" HOST "\r\n", 100, 431},
	{"head of one field", GET11 HOST "A: ", "a", 1024 - 16 - 9 - 7,
	 "\r\n\r\n", 1024, 431},
	{"head of many fields", GET11 HOST, "A:\r\n", (227 - 16 - 9 - 2) / 4,
	 "\r\n", 227, 431},
	{"fields", GET11 HOST, "A: b\r\n", HEAD_FIELDS_MAX - 1, "\r\n", 0, 431},
	{"size line", CHUNKED "5;", "a", GATE_CHUNK_LINE_MAX - 4,
	 "\r\nhello\r\n0\r\n\r\n", 0, 400},
	{"trailer", CHUNKED "0\r\nA: ", "a", GATE_TRAILER_MAX - 7, "\r\n\r\n",
	 0, 431},
	{"trailer under the head's bound", CHUNKED "0\r\nA: ", "a", 512 - 7,
	 "\r\n\r\n", 512, 431},
	{"trailer fields", CHUNKED "0\r\n", "A: b\r\n", HEAD_FIELDS_MAX - 2,
	 "\r\n", 0, 431},
};

static void test_bounds(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bounds) / sizeof(*bounds); i++) {
		struct sample good, bad;

		good = build(bounds[i].prefix, bounds[i].piece, bounds[i].most,
			     bounds[i].suffix);
		bad = build(bounds[i].prefix, bounds[i].piece,
			    bounds[i].most + 1, bounds[i].suffix);
		passes(bounds[i].label, &good, bounds[i].head_max);
		refused(bounds[i].label, &bad, bounds[i].head_max,
			bounds[i].status);
		free((char *)good.at);
		free((char *)bad.at);
	}
}

/* Without an end in sight the bound alone must decide. */
static void test_endless(void **state)
{
	static const struct {
		const char *label;
		const char *prefix;
		size_t most; /* bytes after which there is still hope */
		int status;
	} rows[] = {
		{"request line", "", GATE_LINE_MAX + 1, 414},
		{"field", GET11, GATE_HEAD_MAX - 1 - 16, 431},
		{"size line", CHUNKED, GATE_CHUNK_LINE_MAX - 1, 400},
		{"chunk's end", CHUNKED "1\r\nx", 1, 400},
		{"trailer", CHUNKED "0\r\n", GATE_TRAILER_MAX - 1, 431},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct sample good =
			build(rows[i].prefix, "a", rows[i].most, "");
		struct sample bad =
			build(rows[i].prefix, "a", rows[i].most + 1, "");
		struct outcome o = feed_split(&good, 1, 0);

		if (o.verdict == GATE_REJECT)
			fail_msg("%s: refused too early", rows[i].label);
		refused(rows[i].label, &bad, 0, rows[i].status);
		free((char *)good.at);
		free((char *)bad.at);
	}
}

static void test_numbers(void **state)
{
	static const struct sample most = S(LONG("9223372036854775807") "x");
	static const struct sample over = S(LONG("9223372036854775808") "x");
	static const struct sample wrap =
		S(LONG("18446744073709551621") "hello");
	static const struct sample chunk = S(CHUNKED "fffffffffffffff\r\nx");
	struct outcome o;

	(void)state;
	o = feed_all("greatest length", &most, 0);
	assert_int_equal(o.verdict, GATE_MORE);
	assert_int_equal(o.phase, GATE_BODY);
	refused("length over it", &over, 0, 400);
	refused("length that wraps to 5", &wrap, 0, 400);
	o = feed_all("greatest chunk", &chunk, 0);
	assert_int_equal(o.verdict, GATE_MORE);
	assert_int_equal(o.phase, GATE_BODY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pairs),	cmocka_unit_test(test_framing),
		cmocka_unit_test(test_next),	cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_endless), cmocka_unit_test(test_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
