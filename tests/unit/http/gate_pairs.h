/* gate_pairs - what the gate lets through, and the nearest it does not. */
#ifndef OTTERD_TEST_GATE_PAIRS_H
#define OTTERD_TEST_GATE_PAIRS_H

#include <stddef.h>

#define GET11	 "GET / HTTP/1.1\r\n"
#define HOST	 "Host: a\r\n"
#define LINE(t)	 "GET " t " HTTP/1.1\r\nHost: a\r\n\r\n"
#define FIELD(f) GET11 HOST f "\r\n\r\n"
#define WITH(h)	 GET11 "Host: " h "\r\n\r\n"
#define POST	 "POST / HTTP/1.1\r\n" HOST
#define LONG(n)	 POST "Content-Length: " n "\r\n\r\n"
#define CHUNKED	 POST "Transfer-Encoding: chunked\r\n\r\n"
#define CHUNK(c) CHUNKED c "hello\r\n0\r\n\r\n"
#define TRAIL(t) CHUNKED "5\r\nhello\r\n0\r\n" t "\r\n"

/* A string with its length, which a NUL inside it does not end. */
#define S(text)                        \
	{                              \
		text, sizeof(text) - 1 \
	}

struct sample {
	const char *at;
	size_t len;
};

/* The bad one differs from the good one in one thing, named by the label. */
struct pair {
	const char *label;
	struct sample good;
	struct sample bad;
	int status;
};

static const struct pair pairs[] = {
	/* request line */
	{"lower-case method is a token, a slash is not",
	 S("get / HTTP/1.1\r\n" HOST "\r\n"),
	 S("g/t / HTTP/1.1\r\n" HOST "\r\n"), 400},
	{"no method", S(GET11 HOST "\r\n"), S(" / HTTP/1.1\r\n" HOST "\r\n"),
	 400},
	{"blank before the method", S(GET11 HOST "\r\n"),
	 S(" " GET11 HOST "\r\n"), 400},
	{"NUL in the method", S(GET11 HOST "\r\n"),
	 S("G\0T / HTTP/1.1\r\n" HOST "\r\n"), 400},
	{"method of 25 characters",
	 S("ABCDEFGHIJKLMNOPQRSTUVWX / HTTP/1.1\r\n" HOST "\r\n"),
	 S("ABCDEFGHIJKLMNOPQRSTUVWXY / HTTP/1.1\r\n" HOST "\r\n"), 501},
	{"CONNECT", S("CONNECTS /a HTTP/1.1\r\n" HOST "\r\n"),
	 S("CONNECT /a HTTP/1.1\r\n" HOST "\r\n"), 400},
	{"CONNECT to an authority", S(LINE("/a:443")),
	 S("CONNECT a:443 HTTP/1.1\r\n" HOST "\r\n"), 400},
	{"two blanks before the target", S(LINE("/")), S(LINE(" /")), 400},
	{"two blanks before the version", S(LINE("/")), S(LINE("/ ")), 400},
	{"blank behind the version", S(LINE("/")),
	 S("GET / HTTP/1.1 \r\n" HOST "\r\n"), 400},
	{"tab for a blank", S(GET11 HOST "\r\n"),
	 S("GET\t/ HTTP/1.1\r\n" HOST "\r\n"), 400},
	{"no version", S("GET / HTTP/1.0\r\n\r\n"), S("GET /\r\n\r\n"), 400},
	{"HTTP/0.9 style with a blank", S("GET / HTTP/1.0\r\n\r\n"),
	 S("GET / \r\n\r\n"), 400},
	{"lower-case http", S(GET11 HOST "\r\n"),
	 S("GET / http/1.1\r\n" HOST "\r\n"), 400},
	{"version of two digits", S(GET11 HOST "\r\n"),
	 S("GET / HTTP/1.10\r\n" HOST "\r\n"), 400},
	{"version without a dot", S(GET11 HOST "\r\n"),
	 S("GET / HTTP/1,1\r\n" HOST "\r\n"), 400},
	{"version that is a letter", S(GET11 HOST "\r\n"),
	 S("GET / HTTP/1.x\r\n" HOST "\r\n"), 400},
	{"HTTP/2.0", S(GET11 HOST "\r\n"), S("GET / HTTP/2.0\r\n" HOST "\r\n"),
	 505},
	{"HTTP/1.2", S(GET11 HOST "\r\n"), S("GET / HTTP/1.2\r\n" HOST "\r\n"),
	 505},
	{"HTTP/0.9", S(GET11 HOST "\r\n"), S("GET / HTTP/0.9\r\n" HOST "\r\n"),
	 505},
	{"two empty lines first", S("\r\n" LINE("/")), S("\r\n\r\n" LINE("/")),
	 400},
	{"bare LF first", S("\r\n" LINE("/")), S("\n" LINE("/")), 400},
	{"bare CR first", S("\r\n" LINE("/")), S("\r" LINE("/")), 400},

	/* target */
	{"no slash", S(LINE("/a")), S(LINE("a")), 400},
	{"asterisk for GET", S("OPTIONS * HTTP/1.1\r\n" HOST "\r\n"),
	 S(LINE("*")), 400},
	{"asterisk for another method", S("OPTIONS * HTTP/1.1\r\n" HOST "\r\n"),
	 S("OPTIONZ * HTTP/1.1\r\n" HOST "\r\n"), 400},
	{"asterisk and more", S("OPTIONS * HTTP/1.1\r\n" HOST "\r\n"),
	 S("OPTIONS ** HTTP/1.1\r\n" HOST "\r\n"), 400},
	{"%00", S(LINE("/%01")), S(LINE("/%00")), 400},
	{"%00 in the query", S(LINE("/?a=%10")), S(LINE("/?a=%00")), 400},
	{"escape of one digit", S(LINE("/%20")), S(LINE("/%2")), 400},
	{"escape without digits", S(LINE("/%2f")), S(LINE("/%")), 400},
	{"escape that is not hexadecimal", S(LINE("/%2F")), S(LINE("/%2G")),
	 400},
	{"fragment", S(LINE("/a")), S(LINE("/a#b")), 400},
	{"backslash", S(LINE("/a/b")), S(LINE("/a\\b")), 400},
	{"quote", S(LINE("/'")), S(LINE("/\"")), 400},
	{"brackets", S(LINE("/(a)?b=(c)")), S(LINE("/(a)?b=[c]")), 400},
	{"non-ASCII", S(LINE("/%C3%A9")), S(LINE("/\xc3\xa9")), 400},
	{"NUL", S(LINE("/a")), S(LINE("/\0")), 400},
	{"DEL", S(LINE("/~")), S(LINE("/\x7f")), 400},
	{"control character", S(LINE("/a")), S(LINE("/\x01")), 400},
	{"tab", S(LINE("/a")), S(LINE("/\t")), 400},
	{"all that a path may hold",
	 S(LINE("/aZ09-._~!$&'()*+,;=:@/?aZ09-._~!$&'()*+,;=:@/?")),
	 S(LINE("/aZ09-._~!$&'()*+,;=:@/?aZ09-._~!$&'()*+,;=:@/?^")), 400},
	{"absolute-form of another scheme", S(LINE("http://a/")),
	 S(LINE("gopher://a/")), 400},
	{"absolute-form without a host", S(LINE("https://a/")),
	 S(LINE("https:///")), 400},
	{"absolute-form with user information", S(LINE("HTTPS://a:1?b")),
	 S(LINE("HTTPS://b@a:1?b")), 400},
	{"absolute-form with a wrong port", S(LINE("https://a:65535")),
	 S(LINE("https://a:65536")), 400},
	{"absolute-form with a NUL", S(LINE("https://[::1]/")),
	 S(LINE("https://[::1\0]/")), 400},
	{"absolute-form with a bad path", S(LINE("https://a/%20")),
	 S(LINE("https://a/%")), 400},

	/* line ends */
	{"bare LF behind the request line", S(GET11 HOST "\r\n"),
	 S("GET / HTTP/1.1\n" HOST "\r\n"), 400},
	{"bare LF behind a field", S(GET11 HOST "\r\n"),
	 S(GET11 "Host: a\n\r\n"), 400},
	{"bare LF at the end", S(GET11 HOST "\r\n"), S(GET11 HOST "\n"), 400},
	{"bare LF inside a value", S(FIELD("A: b c")), S(FIELD("A: b\nc")),
	 400},
	{"bare CR behind the request line", S(GET11 HOST "\r\n"),
	 S("GET / HTTP/1.1\r" HOST "\r\n"), 400},
	{"bare CR inside a value", S(FIELD("A: b c")), S(FIELD("A: b\rc")),
	 400},
	{"CR CR LF", S(FIELD("A: b")), S(FIELD("A: b\r")), 400},

	/* fields */
	{"blank before the colon", S(FIELD("A: b")), S(FIELD("A : b")), 400},
	{"tab before the colon", S(FIELD("A: b")), S(FIELD("A\t: b")), 400},
	{"no colon", S(FIELD("A: b")), S(FIELD("A; b")), 400},
	{"nothing but a name", S(FIELD("A:")), S(FIELD("A")), 400},
	{"empty name", S(FIELD("A: b")), S(FIELD(": b")), 400},
	{"name that is no token", S(FIELD("A-b: c")), S(FIELD("A@b: c")), 400},
	{"non-ASCII name", S(FIELD("A: b")), S(FIELD("\xe4: b")), 400},
	{"folded", S(FIELD("A: b\r\nc: d")), S(FIELD("A: b\r\n c: d")), 400},
	{"folded by a tab", S(FIELD("A: b\r\nc: d")),
	 S(FIELD("A: b\r\n\tc: d")), 400},
	{"folded first field", S(GET11 HOST "\r\n"), S(GET11 " " HOST "\r\n"),
	 400},
	{"blank line of blanks", S(GET11 HOST "\r\n"),
	 S(GET11 HOST " \r\n\r\n"), 400},
	{"NUL in a value", S(FIELD("A: b\tc")), S(FIELD("A: b\0c")), 400},
	{"control character in a value", S(FIELD("A: b\xff")),
	 S(FIELD("A: b\x1f")), 400},
	{"DEL in a value", S(FIELD("A: b~")), S(FIELD("A: b\x7f")), 400},
	{"NUL in a name", S(FIELD("A: b")), S(FIELD("A\0: b")), 400},
	{"unknown expectation", S(FIELD("Expect: 100-Continue")),
	 S(FIELD("Expect: 101-continue")), 417},

	/* Host */
	{"no Host in HTTP/1.1", S("GET / HTTP/1.0\r\n\r\n"),
	 S("GET / HTTP/1.1\r\n\r\n"), 400},
	{"two Hosts", S(GET11 HOST "\r\n"), S(GET11 HOST HOST "\r\n"), 400},
	{"two Hosts in HTTP/1.0", S("GET / HTTP/1.0\r\n" HOST "\r\n"),
	 S("GET / HTTP/1.0\r\n" HOST HOST "\r\n"), 400},
	{"empty Host", S(WITH("a")), S(WITH("")), 400},
	{"Host of a port alone", S(WITH("a:8443")), S(WITH(":8443")), 400},
	{"Host with a blank", S(WITH("a-b")), S(WITH("a b")), 400},
	{"Host with a slash", S(WITH("a.b")), S(WITH("a/b")), 400},
	{"Host with user information", S(WITH("a.b")), S(WITH("a@b")), 400},
	{"Host with two ports", S(WITH("a:1")), S(WITH("a:1:1")), 400},
	{"Host's port over 65535", S(WITH("a:65535")), S(WITH("a:65536")), 400},
	{"Host's port not a number", S(WITH("a:")), S(WITH("a:b")), 400},
	{"Host's escape", S(WITH("%61")), S(WITH("%6")), 400},
	{"Host with %00", S(WITH("%61")), S(WITH("%00")), 400},
	{"IPv6 without brackets", S(WITH("[::1]")), S(WITH("::1")), 400},
	{"IPv6 without its end", S(WITH("[::1]:1")), S(WITH("[::1")), 400},
	{"IPv6 that is none", S(WITH("[::1]")), S(WITH("[::g]")), 400},
	{"IPv6 with a NUL behind it", S(WITH("[::1]")), S(WITH("[::1\0]")),
	 400},
	{"IPv6 that is empty", S(WITH("[::]")), S(WITH("[]")), 400},
	{"IPv6 that is too long",
	 S(WITH("[1111:1111:1111:1111:1111:1111:111.111.111.111]")),
	 S(WITH("[1111:1111:1111:1111:1111:1111:111.111.111.1111]")), 400},
	{"IPv6 and more", S(WITH("[::1]:1")), S(WITH("[::1]1")), 400},
	{"non-ASCII Host", S(WITH("a")), S(WITH("\xe4")), 400},

	/* lengths */
	{"two lengths that differ", S(LONG("5") "hello"),
	 S(LONG("5\r\nContent-Length: 4") "hello"), 400},
	{"two equal lengths", S(LONG("5") "hello"),
	 S(LONG("5\r\nContent-Length: 5") "hello"), 400},
	{"length as a list", S(LONG("5") "hello"), S(LONG("5, 5") "hello"),
	 400},
	{"length with a plus", S(LONG("5") "hello"), S(LONG("+5") "hello"),
	 400},
	{"negative length", S(LONG("0")), S(LONG("-0")), 400},
	{"empty length", S(LONG("0")), S(LONG("")), 400},
	{"hexadecimal length", S(LONG("0")), S(LONG("0x0")), 400},
	{"length with a blank inside", S(LONG("00")), S(LONG("0 0")), 400},
	{"length with a blank before the colon", S(LONG("0")),
	 S(POST "Content-Length : 0\r\n\r\n"), 400},
	{"length before a blank", S(POST "Content-Length: \t 5\r\n\r\nhello"),
	 S(POST "Content-Length: \t 5 \r\n\r\nhello"), 400},
	{"coding before a tab",
	 S(POST "Transfer-Encoding: \tchunked\r\n\r\n0\r\n\r\n"),
	 S(POST "Transfer-Encoding: \tchunked\t\r\n\r\n0\r\n\r\n"), 400},
	{"expectation before a blank", S(FIELD("Expect: 100-continue")),
	 S(FIELD("Expect: 100-continue ")), 417},
	{"both lengths", S(CHUNKED "0\r\n\r\n"),
	 S(POST "Content-Length: 5\r\n"
		"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
	 400},
	{"both lengths, the other way", S(CHUNKED "0\r\n\r\n"),
	 S(POST "Transfer-Encoding: chunked\r\n"
		"Content-Length: 5\r\n\r\n0\r\n\r\n"),
	 400},
	{"unknown coding", S(CHUNKED "0\r\n\r\n"),
	 S(POST "Transfer-Encoding: gzip\r\n\r\n"), 400},
	{"chunked not last", S(CHUNKED "0\r\n\r\n"),
	 S(POST "Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n"), 400},
	{"another coding first", S(CHUNKED "0\r\n\r\n"),
	 S(POST "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"), 400},
	{"chunked twice", S(CHUNKED "0\r\n\r\n"),
	 S(POST "Transfer-Encoding: chunked\r\n"
		"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
	 400},
	{"chunked with a control character", S(CHUNKED "0\r\n\r\n"),
	 S(POST "Transfer-Encoding: \vchunked\r\n\r\n0\r\n\r\n"), 400},
	{"chunked in quotes",
	 S(POST "Transfer-Encoding: Chunked\r\n\r\n0\r\n\r\n"),
	 S(POST "Transfer-Encoding: \"Chunked\"\r\n\r\n0\r\n\r\n"), 400},
	{"empty coding", S(CHUNKED "0\r\n\r\n"),
	 S(POST "Transfer-Encoding:\r\n\r\n0\r\n\r\n"), 400},
	{"coding in HTTP/1.0", S(CHUNKED "0\r\n\r\n"),
	 S("POST / HTTP/1.0\r\n" HOST
	   "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
	 400},

	/* chunks */
	{"chunk size with a plus", S(CHUNK("5\r\n")), S(CHUNK("+5\r\n")), 400},
	{"chunk size after a blank", S(CHUNK("05\r\n")), S(CHUNK(" 5\r\n")),
	 400},
	{"chunk size before a blank", S(CHUNK("5\r\n")), S(CHUNK("5 \r\n")),
	 400},
	{"chunk size with 0x", S(CHUNK("005\r\n")), S(CHUNK("0x5\r\n")), 400},
	{"no chunk size", S(CHUNK("5;a\r\n")), S(CHUNK(";a\r\n")), 400},
	{"empty size line", S(CHUNK("5\r\n")), S(CHUNK("\r\n")), 400},
	{"size of 16 digits", S(CHUNK("000000000000005\r\n")),
	 S(CHUNK("0000000000000005\r\n")), 400},
	{"size line ends in LF", S(CHUNK("5\r\n")), S(CHUNK("5\n")), 400},
	{"size line with a bare CR", S(CHUNK("5\r\n")), S(CHUNK("5\r\r\n")),
	 400},
	{"chunk shorter than its size", S(CHUNK("5\r\n")), S(CHUNK("6\r\n")),
	 400},
	{"chunk longer than its size", S(CHUNK("5\r\n")), S(CHUNK("4\r\n")),
	 400},
	{"chunk data ends in LF", S(CHUNK("5\r\n")),
	 S(CHUNKED "5\r\nhello\n0\r\n\r\n"), 400},
	{"extension without a name", S(CHUNK("5;a\r\n")), S(CHUNK("5;\r\n")),
	 400},
	{"extension after a blank", S(CHUNK("5;a=b;c\r\n")),
	 S(CHUNK("5; a=b;c\r\n")), 400},
	{"extension without a value", S(CHUNK("5;a=b\r\n")),
	 S(CHUNK("5;a=\r\n")), 400},
	{"extension's open quote", S(CHUNK("5;a=\"b;\\\" c\"\r\n")),
	 S(CHUNK("5;a=\"b;\\\" c\\\"\r\n")), 400},
	{"extension's escape of nothing", S(CHUNK("5;a=\"b\"\r\n")),
	 S(CHUNK("5;a=\"b\\\r\n")), 400},
	{"extension's bare CR", S(CHUNK("5;a=\"b\"\r\n")),
	 S(CHUNK("5;a=\"\r\"\r\n")), 400},
	{"extension's escaped control character", S(CHUNK("5;a=\"\\b\"\r\n")),
	 S(CHUNK("5;a=\"\\\b\"\r\n")), 400},
	{"extension's NUL", S(CHUNK("5;a\r\n")), S(CHUNK("5;a\0\r\n")), 400},

	/* trailers */
	{"trailer without a name", S(TRAIL("A: b\r\n")), S(TRAIL(": b\r\n")),
	 400},
	{"folded trailer", S(TRAIL("A: b\r\nc: d\r\n")),
	 S(TRAIL("A: b\r\n c: d\r\n")), 400},
	{"trailer that ends in LF", S(TRAIL("A: b\r\n")), S(TRAIL("A: b\n")),
	 400},
	{"NUL in a trailer", S(TRAIL("A: b\r\n")), S(TRAIL("A: \0\r\n")), 400},
	{"length in a trailer", S(TRAIL("Content-Lengths: 5\r\n")),
	 S(TRAIL("Content-Length: 5\r\n")), 400},
	{"coding in a trailer", S(TRAIL("A: chunked\r\n")),
	 S(TRAIL("transfer-encoding: chunked\r\n")), 400},
	{"Host in a trailer", S(TRAIL("A: a\r\n")), S(TRAIL("HOST: a\r\n")),
	 400},
};

#endif
