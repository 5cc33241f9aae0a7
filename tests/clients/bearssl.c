/*
 * bearssl - an ESP8266 with the Arduino core's defaults: the minimal X.509
 * engine, a clock, buffers that ask for records of 512 bytes, and no word
 * when it turns away.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bearssl.h>

#include "client.h"

enum {
	ANCHORS_MAX = 8,
	DN_MAX = 512,	       /* bytes of a subject */
	IN_SIZE = 16384 + 325, /* WiFiClientSecure's buffers: a record */
	OUT_SIZE = 512 + 85,   /* and what encryption adds */
	DAYS_TO_1970 = 719528, /* BearSSL counts from the year 0 */
	SECONDS_PER_DAY = 24 * 60 * 60 /* seconds */
};

struct anchor {
	br_x509_decoder_context decoder; /* holds the key */
	unsigned char dn[DN_MAX];
	size_t dn_len;
};

struct client {
	const struct client_options *options;
	struct anchor anchors[ANCHORS_MAX];
	br_x509_trust_anchor table[ANCHORS_MAX];
	size_t count;
	br_ssl_client_context tls;
	br_x509_minimal_context x509;
	br_sslio_context io;
	unsigned char in[IN_SIZE], out[OUT_SIZE];
};

/* ---- anchors ---- */

static void add_dn(void *arg, const void *data, size_t len)
{
	struct anchor *anchor = arg;

	if (len > DN_MAX - anchor->dn_len)
		len = DN_MAX - anchor->dn_len;
	memcpy(anchor->dn + anchor->dn_len, data, len);
	anchor->dn_len += len;
}

static void add_der(void *arg, const void *data, size_t len)
{
	br_x509_decoder_push(arg, data, len);
}

static void anchor_begin(struct client *client, br_pem_decoder_context *pem)
{
	struct anchor *anchor = &client->anchors[client->count];

	br_x509_decoder_init(&anchor->decoder, add_dn, anchor);
	br_pem_decoder_setdest(pem, add_der, &anchor->decoder);
}

static bool anchor_end(struct client *client)
{
	struct anchor *anchor = &client->anchors[client->count];
	const br_x509_pkey *key = br_x509_decoder_get_pkey(&anchor->decoder);

	if (!key || anchor->dn_len == DN_MAX)
		return false;
	client->table[client->count++] = (br_x509_trust_anchor){
		.dn = {anchor->dn, anchor->dn_len},
		.flags = br_x509_decoder_isCA(&anchor->decoder) ? BR_X509_TA_CA
								: 0,
		.pkey = *key,
	};
	return true;
}

static bool read_pem(struct client *client, const char *text, size_t len)
{
	br_pem_decoder_context pem;
	size_t at = 0;

	br_pem_decoder_init(&pem);
	while (at < len) {
		at += br_pem_decoder_push(&pem, text + at, len - at);
		switch (br_pem_decoder_event(&pem)) {
		case BR_PEM_BEGIN_OBJ:
			if (client->count == ANCHORS_MAX)
				return false;
			anchor_begin(client, &pem);
			break;
		case BR_PEM_END_OBJ:
			if (!anchor_end(client))
				return false;
			break;
		case BR_PEM_ERROR:
			return false;
		}
	}
	return client->count > 0;
}

static bool read_anchors(struct client *client, const char *path)
{
	static char text[64 * 1024];
	FILE *file = fopen(path, "r");
	size_t len;

	if (!file)
		return false;
	len = fread(text, 1, sizeof(text), file);
	fclose(file);
	return len < sizeof(text) && read_pem(client, text, len);
}

/* ---- getting ready ---- */

static struct client *client_ready(const struct client_options *options)
{
	struct client *client = calloc(1, sizeof(*client));
	br_ssl_engine_context *engine;
	int minor = options->tls_minor;

	if (!client)
		return NULL;
	client->options = options;
	if (!read_anchors(client, options->anchor)) {
		client_complain("%s: no usable anchor", options->anchor);
		free(client);
		return NULL;
	}
	br_ssl_client_init_full(&client->tls, &client->x509, client->table,
				client->count);
	br_x509_minimal_set_time(
		&client->x509,
		(uint32_t)(options->clock / SECONDS_PER_DAY + DAYS_TO_1970),
		(uint32_t)(options->clock % SECONDS_PER_DAY));
	engine = &client->tls.eng;
	br_ssl_engine_set_versions(
		engine, BR_TLS10,
		minor == 1 || minor == 2 ? BR_TLS10 + minor - 1 : BR_TLS12);
	br_ssl_engine_set_buffers_bidi(engine, client->in, sizeof(client->in),
				       client->out, sizeof(client->out));
	return client;
}

static void client_done(struct client *client)
{
	free(client);
}

/* ---- a connection ---- */

static int io_send(void *arg, const unsigned char *data, size_t len)
{
	ssize_t n = wire_send(arg, data, len);

	return n > 0 ? (int)n : -1;
}

static int io_receive(void *arg, unsigned char *buf, size_t size)
{
	ssize_t n = wire_receive(arg, buf, size);

	return n > 0 ? (int)n : -1;
}

static bool client_shake(struct client *client, struct wire *wire)
{
	const struct client_options *options = client->options;

	if (!br_ssl_client_reset(&client->tls,
				 options->no_sni ? NULL : options->host, 0))
		return false;
	br_sslio_init(&client->io, &client->tls.eng, io_receive, wire, io_send,
		      wire);
	return br_sslio_flush(&client->io) == 0 &&
	       (br_ssl_engine_current_state(&client->tls.eng) &
		BR_SSL_SENDAPP) != 0;
}

static bool client_write(struct client *client, const void *data, size_t len)
{
	return br_sslio_write_all(&client->io, data, len) == 0 &&
	       br_sslio_flush(&client->io) == 0;
}

static size_t client_read(struct client *client, void *buf, size_t size)
{
	int n = br_sslio_read(&client->io, buf, size);

	return n > 0 ? (size_t)n : 0;
}

/* Arduino's stop() just closes the connection. */
static void client_end(struct client *client)
{
	(void)client;
}

const struct client_stack client_stack = {
	.name = "bearssl",
	.ready = client_ready,
	.shake = client_shake,
	.write = client_write,
	.read = client_read,
	.end = client_end,
	.done = client_done,
};
