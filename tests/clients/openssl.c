/*
 * openssl - a device that is a small computer: OpenSSL with its defaults,
 * which takes any certificate of the anchor file as the end of a path, as
 * curl does.
 */
#include <stdlib.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "client.h"

struct client {
	const struct client_options *options;
	SSL_CTX *context;
	SSL *tls;
	bool shaken;
};

static void client_done(struct client *client)
{
	SSL_free(client->tls);
	SSL_CTX_free(client->context);
	free(client);
}

/* In TLS 1.3 the wire would not see alerts. */
static void note_alert(const SSL *tls, int where, int value)
{
	struct wire *wire = SSL_get_app_data(tls);
	struct wire_flow *flow =
		where & SSL_CB_WRITE ? &wire->sent : &wire->got;

	if ((where & SSL_CB_ALERT) && value >> 8 == SSL3_AL_FATAL)
		flow->alert = value & 0xff;
}

static bool configure(struct client *client)
{
	const struct client_options *options = client->options;
	SSL_CTX *context = client->context;
	int minor = options->tls_minor;
	X509_VERIFY_PARAM *param;

	if (SSL_CTX_load_verify_file(context, options->anchor) != 1)
		return false;
	SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_info_callback(context, note_alert);
	param = SSL_CTX_get0_param(context);
	X509_VERIFY_PARAM_set_time(param, options->clock);
	X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN);
	if (minor > 0 && minor < 3) {
		SSL_CTX_set_security_level(context, 0);
		SSL_CTX_set_min_proto_version(context, TLS1_VERSION);
	}
	return minor == 0 || SSL_CTX_set_max_proto_version(
				     context, SSL3_VERSION + minor) == 1;
}

static struct client *client_ready(const struct client_options *options)
{
	struct client *client = calloc(1, sizeof(*client));

	if (!client)
		return NULL;
	client->options = options;
	client->context = SSL_CTX_new(TLS_client_method());
	if (client->context && configure(client))
		return client;
	client_complain("%s: %s", options->anchor,
			ERR_reason_error_string(ERR_peek_last_error()));
	client_done(client);
	return NULL;
}

static bool set_fragment(SSL *tls, unsigned int bytes)
{
	static const struct {
		unsigned int bytes;
		uint8_t code;
	} rows[] = {
		{512, TLSEXT_max_fragment_length_512},
		{1024, TLSEXT_max_fragment_length_1024},
		{2048, TLSEXT_max_fragment_length_2048},
		{4096, TLSEXT_max_fragment_length_4096},
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].bytes == bytes)
			return SSL_set_tlsext_max_fragment_length(
				       tls, rows[i].code) == 1;
	return bytes == 0;
}

/* A name that is an address is checked as one, and is no SNI. */
static bool set_name(SSL *tls, const char *host)
{
	if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(tls), host) == 1)
		return true;
	return SSL_set_tlsext_host_name(tls, host) == 1 &&
	       SSL_set1_host(tls, host) == 1;
}

/* It never goes without a word; its word about an early end is not about
 * what the server showed. */
static void note_end(struct wire *wire)
{
	if (ERR_GET_REASON(ERR_peek_error()) ==
	    SSL_R_UNEXPECTED_EOF_WHILE_READING)
		wire->sent.alert = -1;
	wire->peer_closed = true;
	ERR_clear_error();
}

static bool client_shake(struct client *client, struct wire *wire)
{
	const struct client_options *options = client->options;

	client->tls = SSL_new(client->context);
	if (!client->tls || SSL_set_fd(client->tls, wire->fd) != 1 ||
	    !set_fragment(client->tls, options->max_fragment) ||
	    (!options->no_sni && !set_name(client->tls, options->host)))
		return false;
	SSL_set_app_data(client->tls, wire);
	client->shaken = SSL_connect(client->tls) == 1;
	if (!client->shaken)
		note_end(wire);
	return client->shaken;
}

static bool client_write(struct client *client, const void *data, size_t len)
{
	return SSL_write(client->tls, data, (int)len) == (int)len;
}

static size_t client_read(struct client *client, void *buf, size_t size)
{
	int n = SSL_read(client->tls, buf, (int)size);

	return n > 0 ? (size_t)n : 0;
}

static void client_end(struct client *client)
{
	if (client->shaken)
		SSL_shutdown(client->tls);
	client->shaken = false;
	SSL_free(client->tls);
	client->tls = NULL;
}

const struct client_stack client_stack = {
	.name = "openssl",
	.can = CAN_MAX_FRAGMENT,
	.ready = client_ready,
	.shake = client_shake,
	.write = client_write,
	.read = client_read,
	.end = client_end,
	.done = client_done,
};
