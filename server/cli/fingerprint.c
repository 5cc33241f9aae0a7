#include "cli/fingerprint.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/strbuf.h"
#include "cli/args.h"
#include "cli/command.h"
#include "tls/fingerprint.h"
#include "tls/hello.h"

/* RFC 8446 sections 4 and 5.1 */
enum {
	RECORD_HEADER = 5,
	RECORD_HANDSHAKE = 22,
	MESSAGE_HEADER = 4,
	MESSAGE_CLIENT_HELLO = 1,
	CAPTURE_MAX = 64 * 1024 /* bytes of a file */
};

static size_t be16(const uint8_t *p)
{
	return (size_t)(p[0] << 8 | p[1]);
}

static size_t be24(const uint8_t *p)
{
	return (size_t)p[0] << 16 | be16(p + 1);
}

/* ---- the capture -------------------------------------------------------- */

/* Put the handshake bytes of all records behind each other, in place. */
static bool join_records(uint8_t *data, size_t *len, struct err *err)
{
	size_t at = 0, joined = 0;

	while (at < *len) {
		size_t size;

		if (*len - at < RECORD_HEADER || data[at] != RECORD_HANDSHAKE)
			return err_set(err, ERR_INVALID,
				       "no TLS record of a handshake at byte "
				       "%zu",
				       at);
		size = be16(data + at + 3);
		at += RECORD_HEADER;
		if (size > *len - at)
			return err_set(err, ERR_INVALID,
				       "the record at byte %zu has %zu bytes, "
				       "the file %zu more",
				       at - RECORD_HEADER, size, *len - at);
		memmove(data + joined, data + at, size);
		joined += size;
		at += size;
	}
	*len = joined;
	return true;
}

/* A capture is TLS records, or the message alone. */
static bool find_message(uint8_t *data, size_t *len, struct err *err)
{
	size_t size;

	if (*len && data[0] == RECORD_HANDSHAKE &&
	    !join_records(data, len, err))
		return false;
	if (*len < MESSAGE_HEADER || data[0] != MESSAGE_CLIENT_HELLO)
		return err_set(err, ERR_INVALID,
			       "no ClientHello: wanted the bytes that the "
			       "client sent first, as TLS records or as the "
			       "message alone");
	size = MESSAGE_HEADER + be24(data + 1);
	if (size > *len)
		return err_set(err, ERR_INVALID,
			       "the ClientHello has %zu bytes, the file %zu",
			       size, *len);
	*len = size;
	return true;
}

static bool read_hello(struct hello *hello, const char *path, struct err *err)
{
	char *data;
	size_t len;
	bool ok;

	if (!file_read(path, CAPTURE_MAX, &data, &len, err))
		return false;
	ok = find_message((uint8_t *)data, &len, err) &&
	     (hello_parse(hello, (uint8_t *)data, len) ||
	      err_set(err, ERR_INVALID, "a malformed ClientHello"));
	free(data);
	return ok || err_wrap(err, "%s", path);
}

/* ---- what is printed ---------------------------------------------------- */

/* "TLS 1.2" of 0x0303 */
static void print_version(uint16_t version)
{
	if (version >> 8 == 3 && (version & 0xff) > 0)
		printf("version     TLS 1.%d\n", (version & 0xff) - 1);
	else
		printf("version     0x%04x\n", version);
}

static void print_list(const char *name, const uint16_t *list, size_t count)
{
	printf("%-11s", name);
	for (size_t i = 0; i < count; i++)
		printf(" %04x", list[i]);
	puts(count ? "" : " none");
}

/* Another's bytes: nothing but printable ASCII reaches the terminal. */
static void print_alpn(const struct hello *hello)
{
	printf("alpn        ");
	for (size_t i = 0; i < hello->alpn_len; i++) {
		uint8_t c = hello->alpn[i];

		putchar(c >= ' ' && c <= '~' ? c : '?');
	}
	puts(hello->has_alpn ? "" : "none");
}

static bool print_hello(const struct hello *hello, struct err *err)
{
	char ja3[FINGERPRINT_JA3_SIZE], ja4[FINGERPRINT_JA4_SIZE];
	struct strbuf raw = {0};
	const char *looks;

	if (!fingerprint_ja3(hello, ja3) || !fingerprint_ja4(hello, ja4))
		return err_openssl(err, ERR_SYSTEM, "fingerprint");
	fingerprint_ja4_raw(hello, &raw);
	if (raw.failed)
		return err_memory(err);
	looks = fingerprint_looks_like(hello, ja4);
	printf("ja4         %s\n", ja4);
	printf("ja4_r       %s\n", raw.data);
	printf("ja3         %s\n", ja3);
	printf("looks like  %s\n", looks ? looks : "nothing known");
	print_version(hello->max_version);
	printf("sni         %s\n", hello->sni[0] ? hello->sni : "none");
	print_alpn(hello);
	print_list("groups", hello->groups, hello->group_count);
	if (hello->max_fragment)
		printf("fragments   %u bytes\n", hello->max_fragment);
	strbuf_free(&raw);
	return true;
}

int fingerprint_main(int argc, char **argv)
{
	static const struct args args = {
		.synopsis = "FILE",
		.about = "Shows the fingerprints of a captured ClientHello: "
			 "what a client sent first, as TLS\nrecords or as the "
			 "message alone.  A rule in tls.select can match the "
			 "JA4.\n",
		.operands = 1};
	struct hello hello;
	char **operands;
	struct err err;
	int status;

	if (!args_read(&args, argc, argv, &operands, &status))
		return status;
	if (read_hello(&hello, operands[0], &err) && print_hello(&hello, &err))
		return EXIT_DONE;
	return command_failed(argv[0], &err);
}
