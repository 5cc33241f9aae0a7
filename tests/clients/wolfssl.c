/*
 * wolfssl - a device on wolfSSL as Debian builds it: it checks the chain,
 * the dates and the server's name.
 */
#include <wolfssl/options.h>

#include <stdlib.h>
#include <string.h>

#include <wolfssl/ssl.h>
#include <wolfssl/wolfcrypt/asn_public.h>

#include "client.h"

struct client {
	const struct client_options *options;
	WOLFSSL_CTX *context;
	WOLFSSL *tls;
	bool shaken;
};

static time_t device_time; /* the library's callback has no argument */

static time_t tell_time(time_t *out)
{
	if (out)
		*out = device_time;
	return device_time;
}

/* In TLS 1.3 the wire does not see alerts.  The library may send two, of
 * which servers look at the first. */
static void note_alert(struct wire_flow *flow, const WOLFSSL_ALERT *alert)
{
	if (flow->alert < 0 && alert->level == alert_fatal)
		flow->alert = alert->code;
}

static int io_send(WOLFSSL *tls, char *data, int len, void *arg)
{
	struct wire *wire = arg;
	ssize_t n = wire_send(wire, data, (size_t)len);
	WOLFSSL_ALERT_HISTORY history;

	if (wolfSSL_get_alert_history(tls, &history) == WOLFSSL_SUCCESS)
		note_alert(&wire->sent, &history.last_tx);
	return n > 0 ? (int)n : WOLFSSL_CBIO_ERR_CONN_CLOSE;
}

static int io_receive(WOLFSSL *tls, char *buf, int size, void *arg)
{
	ssize_t n = wire_receive(arg, buf, (size_t)size);

	(void)tls;
	return n > 0 ? (int)n : WOLFSSL_CBIO_ERR_CONN_CLOSE;
}

static bool shake(WOLFSSL *tls, struct wire *wire)
{
	WOLFSSL_ALERT_HISTORY history;

	wolfSSL_SetIOReadCtx(tls, wire);
	wolfSSL_SetIOWriteCtx(tls, wire);
	if (wolfSSL_connect(tls) == WOLFSSL_SUCCESS)
		return true;
	if (wolfSSL_get_alert_history(tls, &history) == WOLFSSL_SUCCESS)
		note_alert(&wire->got, &history.last_rx);
	return false;
}

static WOLFSSL_METHOD *method_for(int minor)
{
	switch (minor) {
	case 1:
		return NULL; /* Debian's build has no TLS 1.0 */
	case 2:
		return wolfTLSv1_1_client_method();
	case 3:
		return wolfTLSv1_2_client_method();
	}
	return wolfSSLv23_client_method();
}

static void client_done(struct client *client)
{
	wolfSSL_free(client->tls);
	wolfSSL_CTX_free(client->context);
	wolfSSL_Cleanup();
	free(client);
}

static struct client *client_ready(const struct client_options *options)
{
	struct client *client = calloc(1, sizeof(*client));

	if (!client)
		return NULL;
	client->options = options;
	device_time = options->clock;
	wolfSSL_Init();
	wc_SetTimeCb(tell_time);
	client->context = wolfSSL_CTX_new(method_for(options->tls_minor));
	/* A root that has expired since is still the one it trusts. */
	if (!client->context ||
	    wolfSSL_CTX_load_verify_locations_ex(
		    client->context, options->anchor, NULL,
		    WOLFSSL_LOAD_FLAG_DATE_ERR_OKAY) != WOLFSSL_SUCCESS) {
		client_complain("%s: no usable anchor or version",
				options->anchor);
		client_done(client);
		return NULL;
	}
	wolfSSL_CTX_set_verify(client->context, WOLFSSL_VERIFY_PEER, NULL);
	wolfSSL_CTX_SetIOSend(client->context, io_send);
	wolfSSL_CTX_SetIORecv(client->context, io_receive);
	return client;
}

static bool set_fragment(WOLFSSL *tls, unsigned int bytes)
{
	static const struct {
		unsigned int bytes;
		unsigned char code;
	} rows[] = {
		{512, WOLFSSL_MFL_2_9},
		{1024, WOLFSSL_MFL_2_10},
		{2048, WOLFSSL_MFL_2_11},
		{4096, WOLFSSL_MFL_2_12},
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].bytes == bytes)
			return wolfSSL_UseMaxFragment(tls, rows[i].code) ==
			       WOLFSSL_SUCCESS;
	return bytes == 0;
}

static bool set_name(WOLFSSL *tls, const char *host)
{
	return wolfSSL_UseSNI(tls, WOLFSSL_SNI_HOST_NAME, host,
			      (unsigned short)strlen(host)) ==
		       WOLFSSL_SUCCESS &&
	       wolfSSL_check_domain_name(tls, host) == WOLFSSL_SUCCESS;
}

static bool client_shake(struct client *client, struct wire *wire)
{
	const struct client_options *options = client->options;

	client->tls = wolfSSL_new(client->context);
	if (!client->tls || !set_fragment(client->tls, options->max_fragment) ||
	    (!options->no_sni && !set_name(client->tls, options->host)))
		return false;
	client->shaken = shake(client->tls, wire);
	return client->shaken;
}

static bool client_write(struct client *client, const void *data, size_t len)
{
	return wolfSSL_write(client->tls, data, (int)len) == (int)len;
}

static size_t client_read(struct client *client, void *buf, size_t size)
{
	int n = wolfSSL_read(client->tls, buf, (int)size);

	return n > 0 ? (size_t)n : 0;
}

static void client_end(struct client *client)
{
	if (client->shaken)
		wolfSSL_shutdown(client->tls);
	client->shaken = false;
	wolfSSL_free(client->tls);
	client->tls = NULL;
}

const struct client_stack client_stack = {
	.name = "wolfssl",
	.can = CAN_MAX_FRAGMENT,
	.ready = client_ready,
	.shake = client_shake,
	.write = client_write,
	.read = client_read,
	.end = client_end,
	.done = client_done,
};
