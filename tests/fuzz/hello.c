/*
 * A ClientHello: what is read of it is within bounds and what OpenSSL reads
 * as well, and fingerprints have their shape.
 */
#include <stdlib.h>
#include <string.h>

#include <openssl/ssl.h>

#include "base/digest.h"
#include "tls/fingerprint.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	HEADER_SIZE = 4,	   /* of a handshake message */
	RECORD_MAX = 16 * 1024 - 1 /* bytes of a record that are used */
};

#define CHECK(condition)          \
	do {                      \
		if (!(condition)) \
			abort();  \
	} while (0)

static void check_fields(const struct hello *h)
{
	size_t sni = strnlen(h->sni, sizeof(h->sni));

	CHECK(h->cipher_count >= 1 && h->cipher_count <= HELLO_CIPHERS_MAX);
	CHECK(h->extension_count <= HELLO_EXTENSIONS_MAX);
	CHECK(h->group_count <= HELLO_GROUPS_MAX);
	CHECK(h->format_count <= HELLO_FORMATS_MAX);
	CHECK(h->algorithm_count <= HELLO_ALGORITHMS_MAX);
	CHECK(h->alpn_len < HELLO_ALPN_SIZE);
	CHECK(h->has_alpn || !h->alpn_len);
	CHECK(h->max_fragment <= 4096 && h->max_fragment % 512 == 0);
	CHECK(sni < sizeof(h->sni) && (h->has_sni || !sni));
	CHECK(strspn(h->sni, "abcdefghijklmnopqrstuvwxyz0123456789-._:") ==
	      sni);
}

/* The first twelve digits of a part's SHA-256, or zeros for none. */
static void check_hash(const char *hash, const char *text, size_t len)
{
	char hex[DIGEST_HEX_SIZE] = "000000000000";
	struct digest d;

	if (len) {
		CHECK(digest_of(&d, text, len));
		digest_hex(&d, hex);
	}
	CHECK(memcmp(hash, hex, 12) == 0);
}

static void check_ja4(const struct hello *h)
{
	static const char digits[] = "0123456789abcdef";
	char ja4[FINGERPRINT_JA4_SIZE], again[FINGERPRINT_JA4_SIZE];
	struct strbuf raw = {0};
	const char *b, *c;

	CHECK(fingerprint_ja4(h, ja4) && fingerprint_ja4(h, again));
	CHECK(strcmp(ja4, again) == 0);
	CHECK(strlen(ja4) == FINGERPRINT_JA4_SIZE - 1);
	CHECK(ja4[0] == 't' && ja4[3] == (h->has_sni ? 'd' : 'i'));
	CHECK(strspn(ja4 + 4, "0123456789") >= 4);
	CHECK(ja4[10] == '_' && strspn(ja4 + 11, digits) == 12);
	CHECK(ja4[23] == '_' && strspn(ja4 + 24, digits) == 12);
	CHECK(fingerprint_matches(ja4, ja4));

	fingerprint_ja4_raw(h, &raw);
	CHECK(!raw.failed && strncmp(raw.data, ja4, 11) == 0);
	b = raw.data + 11;
	c = strchr(b, '_');
	CHECK(c);
	check_hash(ja4 + 11, b, (size_t)(c - b));
	check_hash(ja4 + 24, c + 1, strlen(c + 1));
	strbuf_free(&raw);
}

static void check_fingerprints(const struct hello *h)
{
	char ja3[FINGERPRINT_JA3_SIZE], ja4[FINGERPRINT_JA4_SIZE];
	const char *looks;

	CHECK(fingerprint_ja4(h, ja4));
	looks = fingerprint_looks_like(h, ja4);
	CHECK(fingerprint_ja3(h, ja3));
	CHECK(strlen(ja3) == FINGERPRINT_JA3_SIZE - 1);
	CHECK(!looks || *looks);
	check_ja4(h);
}

/* ---- as OpenSSL reads it ------------------------------------------------ */

static void compare_ciphers(SSL *ssl, const struct hello *h)
{
	const unsigned char *list;
	size_t len = SSL_client_hello_get0_ciphers(ssl, &list);

	CHECK(h->cipher_count == len / 2 || h->cut);
	for (size_t i = 0; i < h->cipher_count; i++)
		CHECK(h->ciphers[i] == (list[2 * i] << 8 | list[2 * i + 1]));
}

static void compare_extensions(SSL *ssl, const struct hello *h)
{
	const unsigned char *body;
	size_t count, len;
	int *types;

	CHECK(SSL_client_hello_get1_extensions_present(ssl, &types, &count));
	for (size_t i = 0; i < count && !h->cut; i++) {
		bool found = false;

		for (size_t j = 0; j < h->extension_count; j++)
			found |= h->extensions[j] == types[i];
		CHECK(found);
	}
	OPENSSL_free(types);
	CHECK(SSL_client_hello_get0_ext(ssl, HELLO_EXT_SERVER_NAME, &body,
					&len) == h->has_sni);
	CHECK(!h->has_sni || len - 5 - strlen(h->sni) <= 1);
	CHECK(SSL_client_hello_get0_ext(ssl, HELLO_EXT_ALPN, &body, &len) ==
	      h->has_alpn);
	CHECK(SSL_client_hello_get0_ext(ssl, HELLO_EXT_MAX_FRAGMENT, &body,
					&len) == (h->max_fragment != 0));
}

static int on_hello(SSL *ssl, int *alert, void *arg)
{
	const struct hello *h = SSL_get_app_data(ssl);

	(void)alert, (void)arg;
	CHECK(SSL_client_hello_get0_legacy_version(ssl) == h->legacy_version);
	compare_ciphers(ssl, h);
	compare_extensions(ssl, h);
	return SSL_CLIENT_HELLO_ERROR;
}

/* One context for all runs; nothing is kept in it. */
static SSL_CTX *server(void)
{
	static SSL_CTX *ctx;

	if (!ctx) {
		ctx = SSL_CTX_new(TLS_server_method());
		CHECK(ctx);
		SSL_CTX_set_client_hello_cb(ctx, on_hello, NULL);
	}
	return ctx;
}

static void compare(struct hello *h, const uint8_t *msg, size_t len)
{
	const uint8_t header[] = {22, 3, 1, (uint8_t)(len >> 8), (uint8_t)len};
	BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());
	SSL *ssl = SSL_new(server());

	CHECK(in && out && ssl);
	BIO_write(in, header, sizeof(header));
	BIO_write(in, msg, (int)len);
	SSL_set_bio(ssl, in, out);
	SSL_set_app_data(ssl, h);
	SSL_accept(ssl);
	SSL_free(ssl);
}

/* ---- runs --------------------------------------------------------------- */

static void run(const uint8_t *msg, size_t len)
{
	struct hello h, other;

	if (!hello_parse(&h, msg, len)) {
		CHECK(!h.cipher_count && !h.extension_count && !h.has_sni);
		return;
	}
	check_fields(&h);
	check_fingerprints(&h);
	CHECK(!hello_parse(&other, msg, len - 1));
	if (len <= RECORD_MAX)
		compare(&h, msg, len);
}

/* The input as a message, and as what follows a message's header. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *msg = malloc(HEADER_SIZE + size);

	CHECK(msg);
	run(data, size);
	msg[0] = 1;
	msg[1] = (uint8_t)(size >> 16);
	msg[2] = (uint8_t)(size >> 8);
	msg[3] = (uint8_t)size;
	if (size)
		memcpy(msg + HEADER_SIZE, data, size);
	run(msg, HEADER_SIZE + size);
	free(msg);
	return 0;
}
