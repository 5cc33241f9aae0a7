#include "cli/probe_link.h"

#include <ctype.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include "base/clock.h"
#include "base/strbuf.h"
#include "otterd.h"
#include "pki/chain.h"

enum {
	HEAD_MAX = 16 * 1024, /* bytes of an answer that are looked at */
	LINGER_MS = 1000,     /* until a rejected server has closed */
	REQUEST_MAX = 2048
};

struct link {
	struct probe_seen *seen;
	const struct probe_device *device;
	uint64_t deadline;
	int fd;
	SSL *ssl;
};

void probe_alert_name(int alert, char name[static PROBE_ALERT_SIZE])
{
	text_copy(name, PROBE_ALERT_SIZE, SSL_alert_desc_string_long(alert));
	for (char *p = name; *p; p++)
		*p = (char)(*p == ' ' ? '_' : tolower((unsigned char)*p));
}

/* ---- what is seen on the way -------------------------------------------- */

static void see_message(int write_p, int version, int content_type,
			const void *buf, size_t len, SSL *ssl, void *arg)
{
	struct link *link = arg;
	const unsigned char *message = buf;

	(void)version, (void)ssl;
	if (!write_p && content_type == SSL3_RT_HANDSHAKE && len &&
	    message[0] == SSL3_MT_CERTIFICATE)
		link->seen->message = len;
}

/* The first alert of each side counts; a close is none. */
static void see_alert(const SSL *ssl, int where, int ret)
{
	struct link *link = SSL_get_app_data(ssl);
	int alert = ret & 0xff;
	int *seen = where & SSL_CB_READ ? &link->seen->alert_received
					: &link->seen->alert_sent;

	if ((where & SSL_CB_ALERT) && alert != SSL_AD_CLOSE_NOTIFY &&
	    *seen == PROBE_NO_ALERT)
		*seen = alert;
}

/* RFC 6066 section 4: 1 is 512 and so on. */
static unsigned int fragment_bytes(uint8_t mode)
{
	return mode ? 256u << mode : 0;
}

static void see_agreed(struct link *link)
{
	const SSL_CIPHER *cipher = SSL_get_current_cipher(link->ssl);
	struct probe_seen *seen = link->seen;

	if (!cipher) /* before the handshake is done in TLS 1.2 */
		cipher = SSL_get_pending_cipher(link->ssl);

	text_copy(seen->version, sizeof(seen->version),
		  SSL_get_version(link->ssl));
	seen->cipher = cipher ? SSL_CIPHER_get_name(cipher) : NULL;
	seen->max_fragment = fragment_bytes(SSL_SESSION_get_max_fragment_length(
		SSL_get0_session(link->ssl)));
}

/* ---- the device's verdict ----------------------------------------------- */

/* What makes OpenSSL send an alert; see SSL_CTX_set_cert_verify_callback(3).
 */
static int cause_of(int alert)
{
	static const struct {
		int alert, cause;
	} rows[] = {
		{SSL_AD_BAD_CERTIFICATE, X509_V_ERR_HOSTNAME_MISMATCH},
		{SSL_AD_UNSUPPORTED_CERTIFICATE, X509_V_ERR_INVALID_PURPOSE},
		{SSL_AD_CERTIFICATE_EXPIRED, X509_V_ERR_CERT_HAS_EXPIRED},
		{SSL_AD_UNKNOWN_CA, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		if (rows[i].alert == alert)
			return rows[i].cause;
	}
	return X509_V_OK; /* of all others it makes certificate_unknown */
}

/* The first reason stays. */
static void reject(struct probe_seen *seen, const char *why, const char *what)
{
	if (seen->verdict == PROBE_REJECTED)
		return;
	seen->verdict = PROBE_REJECTED;
	err_set(&seen->reason, ERR_DENIED, "%s%s", why, what);
}

/* Returns the alert, 0 when content; the name comes first, as in mbedTLS. */
static int judge(const struct probe_device *device, struct probe_seen *seen)
{
	struct err why;
	int alert = 0;

	seen->trusted = chain_accepts(seen->chain, device->anchor, clock_utc(),
				      &alert, &why);
	if (!seen->trusted)
		text_copy(seen->distrust, sizeof(seen->distrust), why.text);
	if (device->name)
		seen->match = naming_match(sk_X509_value(seen->chain, 0),
					   device->name);
	if (device->name && seen->match == NAMING_NONE) {
		reject(seen, "the certificate is not for ", device->name->text);
		alert = SSL_AD_BAD_CERTIFICATE;
	}
	if (!seen->trusted)
		reject(seen, seen->distrust, "");
	return alert;
}

/* As SSL_CTX_set_cert_verify_callback(3) wants it. */
static int verify(X509_STORE_CTX *store, void *arg)
{
	struct link *link = arg;
	struct probe_seen *seen = link->seen;
	int alert;

	see_agreed(link);
	seen->chain = X509_chain_up_ref(X509_STORE_CTX_get0_untrusted(store));
	if (!seen->chain) {
		X509_STORE_CTX_set_error(store, X509_V_ERR_OUT_OF_MEM);
		return 0;
	}
	seen->too_large =
		link->device->buffer && seen->message > link->device->buffer;
	if (seen->too_large)
		reject(seen,
		       "the Certificate message is larger than the "
		       "device's buffer",
		       "");
	alert = judge(link->device, seen);
	if (seen->too_large)
		return SSL_set_retry_verify(link->ssl); /* and say nothing */
	if (!alert)
		return 1;
	X509_STORE_CTX_set_error(store, cause_of(alert));
	return 0;
}

/* ---- the connection ----------------------------------------------------- */

/*
 * Wait for what OpenSSL wants after it returned `ret`.  False when there is
 * nothing to wait for, with the reason.
 */
static bool wait_on(struct link *link, int ret, struct err *err)
{
	struct probe_seen *seen = link->seen;
	int error = SSL_get_error(link->ssl, ret);
	char name[PROBE_ALERT_SIZE];

	if (error == SSL_ERROR_WANT_READ)
		return dial_wait(link->fd, POLLIN, link->deadline, err);
	if (error == SSL_ERROR_WANT_WRITE)
		return dial_wait(link->fd, POLLOUT, link->deadline, err);
	if (seen->alert_received != PROBE_NO_ALERT) {
		probe_alert_name(seen->alert_received, name);
		return err_set(err, ERR_DENIED, "the server sent alert %d %s",
			       seen->alert_received, name);
	}
	if (error == SSL_ERROR_SSL)
		return err_openssl(err, ERR_INVALID, "TLS");
	seen->closed = true;
	return err_set(err, ERR_DENIED, "the server closed the connection");
}

static bool shake(struct link *link, struct err *err)
{
	int ret;

	do {
		ERR_clear_error();
		ret = SSL_connect(link->ssl);
	} while (ret != 1 &&
		 SSL_get_error(link->ssl, ret) != SSL_ERROR_WANT_RETRY_VERIFY &&
		 wait_on(link, ret, err));
	if (ret == 1)
		see_agreed(link);
	return ret == 1;
}

/*
 * Let the server read our alert: closing with bytes unread would reset the
 * connection.
 */
static void linger(struct link *link)
{
	uint64_t end = clock_ms() + LINGER_MS;
	struct err ignored;
	char sink[4096];
	ssize_t n = 1;

	if (end > link->deadline)
		end = link->deadline;
	shutdown(link->fd, SHUT_WR);
	while (n > 0 && dial_wait(link->fd, POLLIN, end, &ignored))
		n = read(link->fd, sink, sizeof(sink));
}

static bool send_request(struct link *link, const struct probe_request *request,
			 struct err *err)
{
	char text[REQUEST_MAX];
	int len = snprintf(text, sizeof(text),
			   "GET %s HTTP/1.1\r\nHost: %s\r\n"
			   "User-Agent: otterd-probe/" OTTERD_VERSION "\r\n"
			   "Accept: */*\r\nConnection: close\r\n\r\n",
			   request->path, request->authority);
	int ret;

	if (len >= (int)sizeof(text))
		return err_set(err, ERR_INVALID, "the URL is too long");
	do {
		ERR_clear_error();
		ret = SSL_write(link->ssl, text, len);
	} while (ret <= 0 && wait_on(link, ret, err));
	return ret > 0;
}

/* Read until the end of the answer's head. */
static bool read_head(struct link *link, char head[static HEAD_MAX + 1],
		      struct err *err)
{
	int got = 0, ret;

	head[0] = '\0';
	while (!strstr(head, "\r\n\r\n")) {
		if (got == HEAD_MAX)
			return err_set(err, ERR_TOO_LARGE,
				       "an answer whose head is longer than "
				       "%d bytes",
				       HEAD_MAX);
		ERR_clear_error();
		ret = SSL_read(link->ssl, head + got, HEAD_MAX - got);
		if (ret <= 0 && !wait_on(link, ret, err))
			return false;
		got += ret > 0 ? ret : 0;
		head[got] = '\0';
	}
	return true;
}

/* The value of a header field without blanks around it, or NULL. */
static const char *find_field(const char *head, const char *name, size_t *len)
{
	size_t name_len = strlen(name);

	for (const char *line = strstr(head, "\r\n"); line && line[2] != '\r';
	     line = strstr(line + 2, "\r\n")) {
		const char *at = line + 2 + name_len;

		if (strncasecmp(line + 2, name, name_len) != 0 || *at++ != ':')
			continue;
		at += strspn(at, " \t");
		*len = strcspn(at, "\r");
		while (*len && strchr(" \t", at[*len - 1]))
			--*len;
		return at;
	}
	return NULL;
}

/* RFC 9112 section 4: "HTTP/1.1 200 OK". */
static bool read_answer(struct probe_seen *seen, const char *head,
			struct err *err)
{
	const char *profile;
	size_t len;

	if (strncmp(head, "HTTP/1.", 7) != 0 ||
	    !isdigit((unsigned char)head[7]) || head[8] != ' ' ||
	    strspn(head + 9, "0123456789") != 3)
		return err_set(err, ERR_INVALID, "the answer is no HTTP/1.1");
	seen->status = (head[9] - '0') * 100 + (head[10] - '0') * 10 +
		       (head[11] - '0');
	profile = find_field(head, "TLS-Profile", &len);
	if (profile)
		ident_parse(&seen->profile, profile, len);
	return true;
}

static bool ask(struct link *link, const struct probe_request *request,
		struct err *err)
{
	char head[HEAD_MAX + 1];

	return send_request(link, request, err) && read_head(link, head, err) &&
	       read_answer(link->seen, head, err);
}

/* ---- the whole ---------------------------------------------------------- */

/* Everything that OpenSSL can do: what a device takes is judged above. */
static SSL_CTX *new_ctx(struct link *link)
{
	const struct probe_device *device = link->device;
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	uint8_t mode = 0;

	while (fragment_bytes(mode) < device->max_fragment)
		mode++;
	if (!ctx || SSL_CTX_set_cipher_list(ctx, "DEFAULT:@SECLEVEL=0") != 1 ||
	    SSL_CTX_set_min_proto_version(ctx, TLS1_VERSION) != 1 ||
	    SSL_CTX_set_max_proto_version(ctx, device->max_version) != 1 ||
	    SSL_CTX_set_tlsext_max_fragment_length(ctx, mode) != 1) {
		SSL_CTX_free(ctx);
		return NULL;
	}
	SSL_CTX_set_options(ctx, SSL_OP_LEGACY_SERVER_CONNECT |
					 SSL_OP_IGNORE_UNEXPECTED_EOF);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_cert_verify_callback(ctx, verify, link);
	SSL_CTX_set_msg_callback(ctx, see_message);
	SSL_CTX_set_msg_callback_arg(ctx, link);
	SSL_CTX_set_info_callback(ctx, see_alert);
	return ctx;
}

static bool open_tls(struct link *link, struct err *err)
{
	SSL_CTX *ctx = new_ctx(link);
	const char *sni = link->device->sni;

	link->ssl = ctx ? SSL_new(ctx) : NULL;
	SSL_CTX_free(ctx);
	if (!link->ssl || SSL_set_app_data(link->ssl, link) != 1 ||
	    SSL_set_fd(link->ssl, link->fd) != 1 ||
	    (sni && SSL_set_tlsext_host_name(link->ssl, sni) != 1))
		return err_openssl(err, ERR_SYSTEM, "TLS");
	return true;
}

static bool converse(struct link *link, const struct probe_request *request,
		     struct err *err)
{
	bool ok = open_tls(link, err) && shake(link, err) &&
		  ask(link, request, err);

	if (ok)
		SSL_shutdown(link->ssl);
	if (link->ssl && !link->seen->too_large)
		linger(link);
	SSL_free(link->ssl);
	return ok;
}

void probe_connect(struct probe_seen *seen, const struct endpoint *server,
		   const struct probe_device *device,
		   const struct probe_request *request, uint64_t deadline)
{
	struct link link = {
		.seen = seen, .device = device, .deadline = deadline};
	struct err err;

	*seen = (struct probe_seen){.alert_sent = PROBE_NO_ALERT,
				    .alert_received = PROBE_NO_ALERT};
	seen->connected =
		dial(&link.fd, &seen->reached, server, deadline, &err);
	if (seen->connected && converse(&link, request, &err))
		seen->verdict = PROBE_ACCEPTED;
	else if (seen->verdict != PROBE_REJECTED)
		seen->reason = err;
	if (seen->connected)
		close(link.fd);
}

void probe_seen_free(struct probe_seen *seen)
{
	sk_X509_pop_free(seen->chain, X509_free);
	seen->chain = NULL;
}
