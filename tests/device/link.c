#include "link.h"

#include <stdlib.h>

#include <mbedtls/ctr_drbg.h>
#include <mbedtls/entropy.h>
#include <mbedtls/net_sockets.h>
#include <mbedtls/ssl.h>
#include <mbedtls/x509_crt.h>

struct link {
	struct link_options options;
	mbedtls_entropy_context entropy;
	mbedtls_ctr_drbg_context random;
	mbedtls_x509_crt anchor;
	mbedtls_ssl_config config;
	mbedtls_ssl_context ssl;
	mbedtls_net_context net;
	bool up;
	unsigned int connects;
};

/* A device without a clock cannot say that a certificate is too old. */
static int ignore_time(void *arg, mbedtls_x509_crt *certificate, int depth,
		       uint32_t *flags)
{
	(void)arg;
	(void)certificate;
	(void)depth;
	*flags &= ~(uint32_t)(MBEDTLS_X509_BADCERT_EXPIRED |
			      MBEDTLS_X509_BADCERT_FUTURE);
	return 0;
}

static bool configure(struct link *link, struct fault *fault)
{
	mbedtls_ssl_config *config = &link->config;
	int code = mbedtls_ssl_config_defaults(config, MBEDTLS_SSL_IS_CLIENT,
					       MBEDTLS_SSL_TRANSPORT_STREAM,
					       MBEDTLS_SSL_PRESET_DEFAULT);

	if (code != 0)
		return fault_mbedtls(fault, DEVICE_SELF, code, "TLS");
	mbedtls_ssl_conf_authmode(config, MBEDTLS_SSL_VERIFY_REQUIRED);
	mbedtls_ssl_conf_ca_chain(config, &link->anchor, NULL);
	mbedtls_ssl_conf_verify(config, ignore_time, NULL);
	mbedtls_ssl_conf_rng(config, mbedtls_ctr_drbg_random, &link->random);
	mbedtls_ssl_conf_min_version(config, 3, 1);
	mbedtls_ssl_conf_max_version(config, 3, link->options.tls_minor);
	mbedtls_ssl_conf_read_timeout(config, link->options.stall_ms);
	return true;
}

static bool prepare(struct link *link, struct fault *fault)
{
	int code = mbedtls_ctr_drbg_seed(&link->random, mbedtls_entropy_func,
					 &link->entropy, NULL, 0);

	if (code != 0)
		return fault_mbedtls(fault, DEVICE_SELF, code, "random bytes");
	code = mbedtls_x509_crt_parse_file(&link->anchor, link->options.anchor);
	if (code != 0)
		return fault_mbedtls(fault, DEVICE_SELF, code, "anchor %s",
				     link->options.anchor);
	return configure(link, fault);
}

bool link_new(struct link **out, const struct link_options *options,
	      struct fault *fault)
{
	struct link *link = calloc(1, sizeof(*link));

	*out = NULL;
	if (!link)
		return fault_set(fault, DEVICE_SELF, "out of memory");
	link->options = *options;
	mbedtls_entropy_init(&link->entropy);
	mbedtls_ctr_drbg_init(&link->random);
	mbedtls_x509_crt_init(&link->anchor);
	mbedtls_ssl_config_init(&link->config);
	mbedtls_ssl_init(&link->ssl);
	mbedtls_net_init(&link->net);
	if (!prepare(link, fault)) {
		link_free(link);
		return false;
	}
	*out = link;
	return true;
}

void link_free(struct link *link)
{
	if (!link)
		return;
	link_down(link);
	mbedtls_ssl_config_free(&link->config);
	mbedtls_x509_crt_free(&link->anchor);
	mbedtls_ctr_drbg_free(&link->random);
	mbedtls_entropy_free(&link->entropy);
	free(link);
}

static bool shake_hands(struct link *link, struct fault *fault)
{
	int code = mbedtls_ssl_setup(&link->ssl, &link->config);

	if (code == 0 && link->options.name)
		code = mbedtls_ssl_set_hostname(&link->ssl, link->options.name);
	if (code != 0)
		return fault_mbedtls(fault, DEVICE_SELF, code, "TLS");
	mbedtls_ssl_set_bio(&link->ssl, &link->net, mbedtls_net_send, NULL,
			    mbedtls_net_recv_timeout);
	code = mbedtls_ssl_handshake(&link->ssl);
	if (code != 0)
		return fault_mbedtls(fault, DEVICE_TLS, code, "handshake");
	return true;
}

bool link_up(struct link *link, struct fault *fault)
{
	int code;

	if (link->up)
		return true;
	code = mbedtls_net_connect(&link->net, link->options.address,
				   link->options.port, MBEDTLS_NET_PROTO_TCP);
	if (code != 0)
		return fault_mbedtls(fault, DEVICE_NETWORK, code, "connect");
	link->up = shake_hands(link, fault);
	if (!link->up)
		link_cut(link);
	else
		link->connects++;
	return link->up;
}

void link_down(struct link *link)
{
	if (link->up)
		mbedtls_ssl_close_notify(&link->ssl);
	link_cut(link);
}

void link_cut(struct link *link)
{
	link->up = false;
	mbedtls_net_free(&link->net);
	mbedtls_ssl_free(&link->ssl);
	mbedtls_ssl_init(&link->ssl);
}

unsigned int link_connects(const struct link *link)
{
	return link->connects;
}

const char *link_version(const struct link *link)
{
	return mbedtls_ssl_get_version(&link->ssl);
}

const char *link_cipher(const struct link *link)
{
	return mbedtls_ssl_get_ciphersuite(&link->ssl);
}

bool link_write(struct link *link, const void *data, size_t len,
		struct fault *fault)
{
	const unsigned char *at = data;

	while (len > 0) {
		int code = mbedtls_ssl_write(&link->ssl, at, len);

		if (code < 0)
			return fault_mbedtls(fault, DEVICE_NETWORK, code,
					     "send");
		at += code;
		len -= (size_t)code;
	}
	return true;
}

bool link_read(struct link *link, void *buf, size_t size, size_t *got,
	       struct fault *fault)
{
	int code = mbedtls_ssl_read(&link->ssl, buf, size);

	*got = code > 0 ? (size_t)code : 0;
	if (code >= 0 || code == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY ||
	    code == MBEDTLS_ERR_SSL_CONN_EOF ||
	    code == MBEDTLS_ERR_NET_CONN_RESET)
		return true;
	if (code == MBEDTLS_ERR_SSL_TIMEOUT)
		return fault_set(fault, DEVICE_NETWORK,
				 "nothing came for %u ms",
				 link->options.stall_ms);
	return fault_mbedtls(fault, DEVICE_NETWORK, code, "receive");
}
