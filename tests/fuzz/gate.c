/*
 * The gate: how the bytes come must not matter, and a head that passes must
 * be unambiguous also by a second, simpler look at it.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "http/gate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(condition)          \
	do {                      \
		if (!(condition)) \
			abort();  \
	} while (0)

/* What the gate made of some input. */
struct trace {
	enum gate_verdict verdict;
	int status;
	const char *reason;
	size_t used;	 /* bytes skipped and passed */
	size_t passed;	 /* bytes passed */
	size_t requests; /* whole ones */
	uint64_t ends;	 /* a sum over where requests ended */
};

/* How many lines of the head begin with `name`. */
static size_t count_fields(const char *head, size_t len, const char *name)
{
	size_t found = 0;

	for (size_t i = 0; i + strlen(name) < len; i++) {
		if (head[i] == '\n' &&
		    strncasecmp(head + i + 1, name, strlen(name)) == 0)
			found++;
	}
	return found;
}

static void check_head(const char *head, size_t len)
{
	const char *target = memchr(head, ' ', len);
	const char *end = memchr(head, '\r', len);

	CHECK(len > 4 && memcmp(head + len - 4, "\r\n\r\n", 4) == 0);
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)head[i];

		if (c == '\r')
			CHECK(i + 1 < len && head[i + 1] == '\n');
		else if (c == '\n')
			CHECK(i > 0 && head[i - 1] == '\r');
		else
			CHECK((c >= ' ' && c != 0x7f) || c == '\t');
		if (c == '\n' && i + 1 < len)
			CHECK(head[i + 1] != ' ' && head[i + 1] != '\t' &&
			      head[i + 1] != ':');
	}
	CHECK(target && !memmem(target, (size_t)(end - target), "%00", 3));
	CHECK(count_fields(head, len, "host:") <= 1);
	CHECK(count_fields(head, len, "content-length:") +
		      count_fields(head, len, "transfer-encoding:") <=
	      1);
}

static void on_pass(enum gate_phase before, const char *at, size_t pass)
{
	const char *end;

	if (before == GATE_BODY)
		return;
	end = memmem(at, pass, "\r\n\r\n", 4);
	CHECK(end);
	check_head(at, (size_t)(end - at) + 4);
}

/* Show the gate the bytes up to `len` for as long as it takes some. */
static void feed(struct gate *g, struct trace *t, const char *data, size_t len)
{
	do {
		enum gate_phase before = g->phase;
		size_t skip, pass;

		t->verdict = gate_feed(g, data + t->used, len - t->used, &skip,
				       &pass, &t->status, &t->reason);
		CHECK(skip + pass <= len - t->used);
		CHECK((t->verdict == GATE_PASS) == (pass > 0));
		t->used += skip;
		if (pass)
			on_pass(before, data + t->used, pass);
		t->used += pass;
		t->passed += pass;
		if (g->phase != GATE_DONE)
			continue;
		t->requests++;
		t->ends = t->ends * 31 + t->used;
		gate_next(g);
	} while (t->verdict == GATE_PASS);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	size_t head_max = size ? (size_t)data[0] * 16 : 0;
	struct gate whole = {.head_max = head_max};
	struct gate bytes = whole;
	struct trace a = {0}, b = {0};

	if (size) {
		text++;
		size--;
	}
	feed(&whole, &a, text, size);
	for (size_t len = 1; len <= size && b.verdict != GATE_REJECT; len++)
		feed(&bytes, &b, text, len);
	CHECK(a.verdict == b.verdict);
	CHECK(a.used == b.used && a.passed == b.passed);
	CHECK(a.requests == b.requests && a.ends == b.ends);
	if (a.verdict == GATE_REJECT)
		CHECK(a.status == b.status && a.reason == b.reason);
	return 0;
}
