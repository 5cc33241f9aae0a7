#include "http/head.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

enum { CHUNK_DIGITS_MAX = 15, PORT_MAX = 65535 };

/* What a byte may be part of. */
enum {
	VALUE = 1,  /* a field's value: RFC 9110 section 5.5 */
	TOKEN = 2,  /* a token: RFC 9110 section 5.6.2 */
	TARGET = 4, /* a path or query: RFC 3986, but for '%' */
	HOST = 8,   /* a registered name: RFC 3986, but for '%' */
	ALL = VALUE | TOKEN | TARGET | HOST
};

static const unsigned char classes[256] = {
	['\t'] = VALUE,
	[' '] = VALUE,
	['!'] = ALL,
	['"'] = VALUE,
	['#'] = VALUE | TOKEN,
	['$'] = ALL,
	['%'] = VALUE | TOKEN,
	['&' ... '\''] = ALL,
	['(' ... ')'] = VALUE | TARGET | HOST,
	['*' ... '+'] = ALL,
	[','] = VALUE | TARGET | HOST,
	['-' ... '.'] = ALL,
	['/'] = VALUE | TARGET,
	['0' ... '9'] = ALL,
	[':'] = VALUE | TARGET,
	[';'] = VALUE | TARGET | HOST,
	['<'] = VALUE,
	['='] = VALUE | TARGET | HOST,
	['>'] = VALUE,
	['?' ... '@'] = VALUE | TARGET,
	['A' ... 'Z'] = ALL,
	['[' ... ']'] = VALUE,
	['^'] = VALUE | TOKEN,
	['_'] = ALL,
	['`'] = VALUE | TOKEN,
	['a' ... 'z'] = ALL,
	['{'] = VALUE,
	['|'] = VALUE | TOKEN,
	['}'] = VALUE,
	['~'] = ALL,
	[0x80 ... 0xff] = VALUE,
};

/* A piece of a line. */
struct span {
	const char *at;
	size_t len;
};

static bool refuse(struct head_fault *fault, int status, const char *reason)
{
	fault->status = status;
	fault->reason = reason;
	return false;
}

static bool bad(struct head_fault *fault, const char *reason)
{
	return refuse(fault, 400, reason);
}

static bool is(int class, char c)
{
	return classes[(unsigned char)c] & class;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static int hex_digit(char c)
{
	if (is_digit(c))
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Cut off and return the longest beginning of *s whose bytes are in `class`. */
static struct span take(struct span *s, int class)
{
	struct span taken = {s->at, 0};

	while (taken.len < s->len && is(class, s->at[taken.len]))
		taken.len++;
	s->at += taken.len;
	s->len -= taken.len;
	return taken;
}

static bool take_char(struct span *s, char c)
{
	if (!s->len || *s->at != c)
		return false;
	s->at++;
	s->len--;
	return true;
}

/* Cut off `prefix`, whose case does not matter. */
static bool take_word(struct span *s, const char *prefix)
{
	size_t len = strlen(prefix);

	if (s->len < len || strncasecmp(s->at, prefix, len))
		return false;
	s->at += len;
	s->len -= len;
	return true;
}

static bool equals(struct span s, const char *word)
{
	return take_word(&s, word) && !s.len;
}

/*
 * Cut off bytes of `class` and percent escapes of anything but NUL, RFC 3986
 * section 2.1.
 */
static void take_escaped(struct span *s, int class)
{
	int high, low;

	for (take(s, class); s->len >= 3 && *s->at == '%'; take(s, class)) {
		high = hex_digit(s->at[1]);
		low = hex_digit(s->at[2]);
		if (high < 0 || low < 0 || high + low == 0)
			return;
		s->at += 3;
		s->len -= 3;
	}
}

/* ---- host ---------------------------------------------------------------- */

/* "[" IPv6address "]" */
static void take_ipv6(struct span *s)
{
	char text[INET6_ADDRSTRLEN];
	struct in6_addr address;
	const char *end = memchr(s->at, ']', s->len);
	size_t len = end ? (size_t)(end - s->at) - 1 : 0;

	if (!end || len >= sizeof(text))
		return;
	memcpy(text, s->at + 1, len);
	text[len] = '\0';
	if (strlen(text) != len || inet_pton(AF_INET6, text, &address) != 1)
		return;
	s->at += len + 2;
	s->len -= len + 2;
}

static bool valid_port(struct span s)
{
	unsigned int port = 0;

	for (size_t i = 0; i < s.len; i++) {
		if (!is_digit(s.at[i]))
			return false;
		port = 10 * port + (unsigned int)(s.at[i] - '0');
		if (port > PORT_MAX)
			return false;
	}
	return true;
}

/* uri-host [ ":" port ], RFC 9110 section 7.2; an empty host names nothing. */
static bool valid_host(struct span s)
{
	const char *start = s.at;

	if (s.len && *s.at == '[')
		take_ipv6(&s);
	else
		take_escaped(&s, HOST);
	if (s.at == start)
		return false;
	return !s.len || (take_char(&s, ':') && valid_port(s));
}

/* ---- the request line ---------------------------------------------------- */

/* The part up to the first blank, which is cut off too. */
static bool take_word_and_blank(struct span *s, struct span *word)
{
	const char *blank = s->len ? memchr(s->at, ' ', s->len) : NULL;

	if (!blank)
		return false;
	*word = (struct span){s->at, (size_t)(blank - s->at)};
	s->len -= word->len + 1;
	s->at = blank + 1;
	return true;
}

static bool read_method(struct span method, struct head_fault *fault)
{
	struct span rest = method;

	take(&rest, TOKEN);
	if (!method.len || rest.len)
		return bad(fault, "the method is not a token");
	if (method.len > HEAD_METHOD_MAX)
		return refuse(fault, 501, "the method is too long");
	if (method.len == 7 && !memcmp(method.at, "CONNECT", 7))
		return bad(fault, "CONNECT is for proxies");
	return true;
}

static bool read_version(struct head *head, struct span v,
			 struct head_fault *fault)
{
	if (v.len != 8 || memcmp(v.at, "HTTP/", 5) || !is_digit(v.at[5]) ||
	    v.at[6] != '.' || !is_digit(v.at[7]))
		return bad(fault, "the HTTP version is malformed");
	if (v.at[5] != '1' || v.at[7] > '1')
		return refuse(fault, 505, "HTTP/1.1 and HTTP/1.0 are spoken");
	head->http_1_0 = v.at[7] == '0';
	return true;
}

/* Cut off the scheme and authority of a target in absolute-form. */
static bool take_origin(struct span *target)
{
	struct span host = *target;

	if (!take_word(&host, "https://") && !take_word(&host, "http://"))
		return false;
	*target = host;
	while (target->len && *target->at != '/' && *target->at != '?') {
		target->at++;
		target->len--;
	}
	host.len -= target->len;
	return valid_host(host);
}

static bool read_target(struct span target, bool options,
			struct head_fault *fault)
{
	if (options && equals(target, "*"))
		return true;
	if ((!target.len || *target.at != '/') && !take_origin(&target))
		return bad(fault, "the request target is not a path");
	take_escaped(&target, TARGET);
	if (target.len)
		return bad(fault, "the request target is malformed");
	return true;
}

bool head_request_line(struct head *head, const char *line, size_t len,
		       struct head_fault *fault)
{
	struct span rest = {line, len};
	struct span method, target;
	bool options;

	if (!take_word_and_blank(&rest, &method) ||
	    !take_word_and_blank(&rest, &target))
		return bad(fault, "the request line is malformed");
	options = method.len == 7 && !memcmp(method.at, "OPTIONS", 7);
	head->started = true;
	return read_method(method, fault) && read_version(head, rest, fault) &&
	       read_target(target, options, fault);
}

/* ---- fields -------------------------------------------------------------- */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool read_host(struct head *head, struct span value,
		      struct head_fault *fault)
{
	while (value.len && is_blank(value.at[value.len - 1]))
		value.len--;
	if (head->has_host)
		return bad(fault, "Host is given twice");
	if (!valid_host(value))
		return bad(fault, "Host is malformed");
	head->has_host = true;
	return true;
}

static bool read_length(struct head *head, struct span value,
			struct head_fault *fault)
{
	uint64_t length = 0;

	if (head->has_length)
		return bad(fault, "Content-Length is given twice");
	if (head->chunked)
		return bad(fault, "Content-Length beside Transfer-Encoding");
	if (!value.len)
		return bad(fault, "Content-Length is empty");
	for (size_t i = 0; i < value.len; i++) {
		unsigned int digit = (unsigned int)(value.at[i] - '0');

		if (!is_digit(value.at[i]))
			return bad(fault, "Content-Length is not a number");
		if (length > ((uint64_t)INT64_MAX - digit) / 10)
			return bad(fault, "Content-Length is too large");
		length = 10 * length + digit;
	}
	head->has_length = true;
	head->length = length;
	return true;
}

/* Codings other than chunked would be 501; all of these end in a close. */
static bool read_coding(struct head *head, struct span value,
			struct head_fault *fault)
{
	if (head->http_1_0)
		return bad(fault, "Transfer-Encoding in HTTP/1.0");
	if (head->has_length)
		return bad(fault, "Content-Length beside Transfer-Encoding");
	if (head->chunked)
		return bad(fault, "Transfer-Encoding is given twice");
	if (!equals(value, "chunked"))
		return bad(fault, "Transfer-Encoding is not just chunked");
	head->chunked = true;
	return true;
}

static bool read_expect(struct head *head, struct span value,
			struct head_fault *fault)
{
	(void)head;
	if (!equals(value, "100-continue"))
		return refuse(fault, 417, "only 100-continue can be expected");
	return true;
}

static const struct {
	const char *name;
	bool (*read)(struct head *head, struct span value,
		     struct head_fault *fault);
} known_fields[] = {
	{"Host", read_host},
	{"Content-Length", read_length},
	{"Transfer-Encoding", read_coding},
	{"Expect", read_expect},
};

/*
 * RFC 9112 section 5: field-name ":" OWS field-value OWS.  Blanks behind the
 * value stay in it: libmicrohttpd keeps them too, and then answers a length
 * with two responses and a coding with none.
 */
static bool split_field(const struct head *head, struct span line,
			struct span *name, struct span *value,
			struct head_fault *fault)
{
	if (head->fields == HEAD_FIELDS_MAX)
		return refuse(fault, 431, "too many header fields");
	if (line.len && is_blank(line.at[0]))
		return bad(fault, "a folded header field");
	*name = take(&line, TOKEN);
	if (line.len && is_blank(line.at[0]))
		return bad(fault, "a blank in a header field's name");
	if (!name->len || !take_char(&line, ':'))
		return bad(fault, "a header field's name is malformed");
	while (line.len && is_blank(line.at[0]))
		take_char(&line, line.at[0]);
	*value = line;
	take(&line, VALUE);
	if (line.len)
		return bad(fault, "a control character in a header field");
	return true;
}

bool head_field(struct head *head, const char *line, size_t len,
		struct head_fault *fault)
{
	struct span name, value;

	if (!split_field(head, (struct span){line, len}, &name, &value, fault))
		return false;
	head->fields++;
	for (size_t i = 0; i < sizeof(known_fields) / sizeof(*known_fields);
	     i++) {
		if (equals(name, known_fields[i].name))
			return known_fields[i].read(head, value, fault);
	}
	return true;
}

bool head_end(const struct head *head, struct head_fault *fault)
{
	if (!head->has_host && !head->http_1_0)
		return bad(fault, "Host is missing");
	return true;
}

/* ---- chunks -------------------------------------------------------------- */

/* What frames, routes, authenticates or changes the reading of a message. */
static const char *const not_in_trailers[] = {
	"Authorization",
	"Connection",
	"Content-Encoding",
	"Content-Type",
	"Content-Length",
	"Content-Range",
	"Cookie",
	"Expect",
	"Host",
	"Keep-Alive",
	"Max-Forwards",
	"Proxy-Authorization",
	"Range",
	"TE",
	"Trailer",
	"Upgrade",
	"Transfer-Encoding",
};

bool head_trailer(struct head *head, const char *line, size_t len,
		  struct head_fault *fault)
{
	struct span name, value;

	if (!split_field(head, (struct span){line, len}, &name, &value, fault))
		return false;
	for (size_t i = 0;
	     i < sizeof(not_in_trailers) / sizeof(*not_in_trailers); i++) {
		if (equals(name, not_in_trailers[i]))
			return bad(fault, "a trailer that is not allowed");
	}
	head->fields++;
	return true;
}

/* RFC 9110 section 5.6.4, behind the opening quote. */
static bool take_quoted(struct span *s)
{
	while (s->len) {
		bool escaped = take_char(s, '\\');

		if (!escaped && take_char(s, '"'))
			return true;
		if (!s->len || !is(VALUE, *s->at))
			return false;
		s->at++;
		s->len--;
	}
	return false;
}

/* *( ";" token [ "=" ( token / quoted-string ) ] ) */
static bool valid_extensions(struct span s)
{
	while (s.len) {
		if (!take_char(&s, ';') || !take(&s, TOKEN).len)
			return false;
		if (!take_char(&s, '='))
			continue;
		if (take_char(&s, '"') ? !take_quoted(&s)
				       : !take(&s, TOKEN).len)
			return false;
	}
	return true;
}

bool head_chunk_line(const char *line, size_t len, uint64_t *size,
		     struct head_fault *fault)
{
	size_t digits = 0;

	*size = 0;
	while (digits < len && hex_digit(line[digits]) >= 0) {
		if (digits == CHUNK_DIGITS_MAX)
			return bad(fault, "a chunk is too large");
		*size = *size << 4 | (unsigned int)hex_digit(line[digits]);
		digits++;
	}
	if (!digits)
		return bad(fault, "a chunk's size is not a number");
	if (!valid_extensions((struct span){line + digits, len - digits}))
		return bad(fault, "a chunk's size line is malformed");
	return true;
}
