#include "http/gate.h"

#include <string.h>

enum { CRLF = 2 }; /* bytes */

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

static size_t head_max(const struct gate *g)
{
	return g->head_max ? g->head_max : GATE_HEAD_MAX;
}

static enum gate_verdict reject(struct head_fault *fault, int status,
				const char *reason)
{
	fault->status = status;
	fault->reason = reason;
	return GATE_REJECT;
}

/*
 * Look for the end of the line that begins at buf[g->line].  GATE_PASS: it
 * has *text bytes before its CRLF, and g->scanned is behind that.  When it
 * and its CRLF do not fit into `max` bytes, it is refused as *fault says
 * already.
 */
static enum gate_verdict find_line(struct gate *g, const char *buf, size_t len,
				   size_t max, size_t *text,
				   struct head_fault *fault)
{
	size_t seen = g->line + smaller(len - g->line, max);
	const char *lf = memchr(buf + g->scanned, '\n', seen - g->scanned);
	size_t end = lf ? (size_t)(lf - buf) : seen;

	if (!lf) {
		g->scanned = seen;
		return seen - g->line == max ? GATE_REJECT : GATE_MORE;
	}
	if (end == g->line || buf[end - 1] != '\r')
		return reject(fault, 400, "a line does not end in CRLF");
	*text = end - 1 - g->line;
	g->scanned = end + 1;
	return GATE_PASS;
}

/* ---- the head ------------------------------------------------------------ */

static enum gate_verdict find_head_line(struct gate *g, const char *buf,
					size_t len, size_t *text,
					struct head_fault *fault)
{
	size_t room = head_max(g) - g->line;

	if (g->head.started) {
		reject(fault, 431, "the request head is too long");
	} else {
		reject(fault, 414, "the request line is too long");
		room = smaller(room, GATE_LINE_MAX + CRLF);
	}
	return find_line(g, buf, len, room, text, fault);
}

static bool read_head_line(struct gate *g, const char *line, size_t len,
			   struct head_fault *fault)
{
	if (!g->head.started)
		return head_request_line(&g->head, line, len, fault);
	if (len)
		return head_field(&g->head, line, len, fault);
	return head_end(&g->head, fault);
}

static void begin_body(struct gate *g)
{
	g->part = g->head.chunked ? GATE_CHUNK_LINE : GATE_DATA;
	g->left = g->head.length;
	g->phase = g->head.chunked || g->left ? GATE_BODY : GATE_DONE;
	g->line = 0;
	g->scanned = 0;
}

static enum gate_verdict feed_head(struct gate *g, const char *buf, size_t len,
				   size_t *pass, struct head_fault *fault)
{
	size_t text;

	g->phase = GATE_HEAD;
	do {
		enum gate_verdict verdict;

		verdict = find_head_line(g, buf, len, &text, fault);
		if (verdict != GATE_PASS)
			return verdict;
		if (!read_head_line(g, buf + g->line, text, fault))
			return GATE_REJECT;
		g->line = g->scanned;
	} while (text);
	*pass = g->scanned;
	begin_body(g);
	return GATE_PASS;
}

/* ---- the body ------------------------------------------------------------ */

static enum gate_verdict feed_data(struct gate *g, size_t len, size_t *pass)
{
	*pass = len < g->left ? len : (size_t)g->left;
	g->left -= *pass;
	if (g->left)
		return GATE_PASS;
	if (g->head.chunked)
		g->part = GATE_CHUNK_END;
	else
		g->phase = GATE_DONE;
	return GATE_PASS;
}

/* Find one whole line of at most `max` bytes, to be passed at once. */
static enum gate_verdict find_body_line(struct gate *g, const char *buf,
					size_t len, size_t max, size_t *text,
					size_t *pass, struct head_fault *fault)
{
	enum gate_verdict verdict = find_line(g, buf, len, max, text, fault);

	if (verdict == GATE_PASS) {
		*pass = g->scanned;
		g->scanned = 0;
	}
	return verdict;
}

static enum gate_verdict feed_chunk_line(struct gate *g, const char *buf,
					 size_t len, size_t *pass,
					 struct head_fault *fault)
{
	size_t max = smaller(GATE_CHUNK_LINE_MAX, head_max(g));
	enum gate_verdict verdict;
	size_t text;

	reject(fault, 400, "a chunk's size line is too long");
	verdict = find_body_line(g, buf, len, max, &text, pass, fault);
	if (verdict != GATE_PASS)
		return verdict;
	if (!head_chunk_line(buf, text, &g->left, fault))
		return GATE_REJECT;
	g->part = g->left ? GATE_DATA : GATE_TRAILER;
	return GATE_PASS;
}

static enum gate_verdict feed_chunk_end(struct gate *g, const char *buf,
					size_t len, size_t *pass,
					struct head_fault *fault)
{
	enum gate_verdict verdict;
	size_t text;

	reject(fault, 400, "a chunk is longer than its size");
	verdict = find_body_line(g, buf, len, CRLF, &text, pass, fault);
	if (verdict == GATE_PASS)
		g->part = GATE_CHUNK_LINE;
	return verdict;
}

static enum gate_verdict feed_trailer(struct gate *g, const char *buf,
				      size_t len, size_t *pass,
				      struct head_fault *fault)
{
	size_t max = smaller(GATE_TRAILER_MAX, head_max(g)) - g->trailer;
	enum gate_verdict verdict;
	size_t text;

	reject(fault, 431, "the trailer is too long");
	verdict = find_body_line(g, buf, len, max, &text, pass, fault);
	if (verdict != GATE_PASS)
		return verdict;
	if (!text)
		g->phase = GATE_DONE;
	else if (!head_trailer(&g->head, buf, text, fault))
		return GATE_REJECT;
	g->trailer += *pass;
	return GATE_PASS;
}

/* Take one step: a head, a line or the data there is. */
static enum gate_verdict feed_step(struct gate *g, const char *buf, size_t len,
				   size_t *pass, struct head_fault *fault)
{
	if (g->phase != GATE_BODY)
		return feed_head(g, buf, len, pass, fault);
	switch (g->part) {
	case GATE_DATA:
		return feed_data(g, len, pass);
	case GATE_CHUNK_LINE:
		return feed_chunk_line(g, buf, len, pass, fault);
	case GATE_CHUNK_END:
		return feed_chunk_end(g, buf, len, pass, fault);
	case GATE_TRAILER:
		return feed_trailer(g, buf, len, pass, fault);
	}
	return GATE_REJECT;
}

/* Bytes of an empty line before a request line that is to be dropped. */
static size_t drop_blank(struct gate *g, const char *buf, size_t len)
{
	if (g->phase > GATE_HEAD || g->blank || g->head.started || len < CRLF ||
	    memcmp(buf, "\r\n", CRLF))
		return 0;
	g->blank = true;
	g->scanned = 0;
	g->phase = GATE_IDLE;
	return CRLF;
}

enum gate_verdict gate_feed(struct gate *g, const char *buf, size_t len,
			    size_t *skip, size_t *pass, int *status,
			    const char **reason)
{
	enum gate_verdict verdict = GATE_MORE;
	struct head_fault fault = {0};

	*pass = 0;
	*skip = drop_blank(g, buf, len);
	buf += *skip;
	len -= *skip;
	while (*pass < len && g->phase != GATE_DONE) {
		size_t more = 0;

		verdict = feed_step(g, buf + *pass, len - *pass, &more, &fault);
		if (verdict != GATE_PASS)
			break;
		*pass += more;
	}
	/* What was good goes on first; the next call comes to the rest. */
	if (*pass)
		return GATE_PASS;
	*status = fault.status;
	*reason = fault.reason;
	return verdict;
}

void gate_next(struct gate *g)
{
	*g = (struct gate){.head_max = g->head_max};
}
