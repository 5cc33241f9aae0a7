/*
 * mbedtls - an ESP32: one pinned certificate or an esp_crt_bundle, no clock
 * unless told otherwise, SNI only when names are checked.
 */
#include <stdlib.h>
#include <string.h>

#include <mbedtls/ctr_drbg.h>
#include <mbedtls/entropy.h>
#include <mbedtls/error.h>
#include <mbedtls/ssl.h>
#include <mbedtls/x509_crt.h>

#include "client.h"

struct client {
	const struct client_options *options;
	struct tm now;
	mbedtls_entropy_context entropy;
	mbedtls_ctr_drbg_context random;
	mbedtls_x509_crt anchors;
	mbedtls_x509_crt nothing; /* what a bundle has for a list of CAs */
	mbedtls_ssl_config config;
	mbedtls_ssl_context ssl;
	bool shaken;
};

/* ---- verification ---- */

/* Below 0 when it is before the clock, above when after. */
static int time_order(const mbedtls_x509_time *time, const struct tm *now)
{
	const int theirs[] = {time->year, time->mon, time->day,
			      time->hour, time->min, time->sec};
	const int ours[] = {now->tm_year + 1900, now->tm_mon + 1, now->tm_mday,
			    now->tm_hour,	 now->tm_min,	  now->tm_sec};
	size_t i;

	for (i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		if (theirs[i] != ours[i])
			return theirs[i] < ours[i] ? -1 : 1;
	return 0;
}

/* The library went by the clock of this machine; go by the device's. */
static void judge_time(const struct client *client,
		       const mbedtls_x509_crt *certificate, uint32_t *flags)
{
	*flags &= ~(uint32_t)(MBEDTLS_X509_BADCERT_EXPIRED |
			      MBEDTLS_X509_BADCERT_FUTURE);
	if (!client->options->check_time)
		return;
	if (time_order(&certificate->valid_to, &client->now) < 0)
		*flags |= MBEDTLS_X509_BADCERT_EXPIRED;
	if (time_order(&certificate->valid_from, &client->now) > 0)
		*flags |= MBEDTLS_X509_BADCERT_FUTURE;
}

static bool same_name(const mbedtls_x509_buf *a, const mbedtls_x509_buf *b)
{
	return a->len == b->len && memcmp(a->p, b->p, a->len) == 0;
}

static bool signed_by(const mbedtls_x509_crt *child, mbedtls_x509_crt *parent)
{
	const mbedtls_md_info_t *md = mbedtls_md_info_from_type(child->sig_md);
	unsigned char hash[MBEDTLS_MD_MAX_SIZE];

	return mbedtls_md(md, child->tbs.p, child->tbs.len, hash) == 0 &&
	       mbedtls_pk_verify_ext(child->sig_pk, child->sig_opts,
				     &parent->pk, child->sig_md, hash,
				     mbedtls_md_get_size(md), child->sig.p,
				     child->sig.len) == 0;
}

/*
 * esp_crt_verify_callback() of ESP-IDF 4.4: the last certificate that the
 * path reached must be signed by one of the bundle, else all is lost.
 */
static int judge_by_bundle(struct client *client, mbedtls_x509_crt *child,
			   uint32_t *flags)
{
	mbedtls_x509_crt *root;

	if ((*flags & ~(uint32_t)MBEDTLS_X509_BADCERT_BAD_MD) !=
	    MBEDTLS_X509_BADCERT_NOT_TRUSTED)
		return 0;
	for (root = &client->anchors; root; root = root->next) {
		if (same_name(&root->subject_raw, &child->issuer_raw) &&
		    signed_by(child, root)) {
			*flags = 0;
			return 0;
		}
	}
	return MBEDTLS_ERR_X509_FATAL_ERROR;
}

static int verify(void *arg, mbedtls_x509_crt *certificate, int depth,
		  uint32_t *flags)
{
	struct client *client = arg;

	(void)depth;
	judge_time(client, certificate, flags);
	if (client->options->bundle)
		return judge_by_bundle(client, certificate, flags);
	return 0;
}

/* ---- getting ready ---- */

/* The ClientHello of ESP-IDF v3.2 and its like. */
static const int ciphers[] = {
	0xc02c, 0xc030, 0x009f, 0xc0ad, 0xc09f, 0xc024, 0xc028, 0x006b, 0xc00a,
	0xc014, 0x0039, 0xc0af, 0xc0a3, 0xc02b, 0xc02f, 0x009e, 0xc0ac, 0xc09e,
	0xc023, 0xc027, 0x0067, 0xc009, 0xc013, 0x0033, 0xc0ae, 0xc0a2, 0x009d,
	0xc09d, 0x003d, 0x0035, 0xc032, 0xc02a, 0xc00f, 0xc02e, 0xc026, 0xc005,
	0xc0a1, 0x009c, 0xc09c, 0x003c, 0x002f, 0xc031, 0xc029, 0xc00e, 0xc02d,
	0xc025, 0xc004, 0xc0a0, 0};
static const mbedtls_ecp_group_id groups[] = {
	MBEDTLS_ECP_DP_SECP521R1, MBEDTLS_ECP_DP_BP512R1,
	MBEDTLS_ECP_DP_SECP384R1, MBEDTLS_ECP_DP_BP384R1,
	MBEDTLS_ECP_DP_SECP256R1, MBEDTLS_ECP_DP_SECP256K1,
	MBEDTLS_ECP_DP_BP256R1,	  MBEDTLS_ECP_DP_SECP224R1,
	MBEDTLS_ECP_DP_SECP224K1, MBEDTLS_ECP_DP_SECP192R1,
	MBEDTLS_ECP_DP_SECP192K1, MBEDTLS_ECP_DP_NONE};
static const int hashes[] = {MBEDTLS_MD_SHA512, MBEDTLS_MD_SHA384,
			     MBEDTLS_MD_SHA256, MBEDTLS_MD_SHA224,
			     MBEDTLS_MD_SHA1,	MBEDTLS_MD_NONE};

static int set_fragment(mbedtls_ssl_config *config, unsigned int bytes)
{
	static const struct {
		unsigned int bytes;
		unsigned char code;
	} rows[] = {
		{512, MBEDTLS_SSL_MAX_FRAG_LEN_512},
		{1024, MBEDTLS_SSL_MAX_FRAG_LEN_1024},
		{2048, MBEDTLS_SSL_MAX_FRAG_LEN_2048},
		{4096, MBEDTLS_SSL_MAX_FRAG_LEN_4096},
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].bytes == bytes)
			return mbedtls_ssl_conf_max_frag_len(config,
							     rows[i].code);
	return bytes == 0 ? 0 : MBEDTLS_ERR_SSL_BAD_INPUT_DATA;
}

static int configure(struct client *client)
{
	mbedtls_ssl_config *config = &client->config;
	int minor = client->options->tls_minor;
	int code = mbedtls_ssl_config_defaults(config, MBEDTLS_SSL_IS_CLIENT,
					       MBEDTLS_SSL_TRANSPORT_STREAM,
					       MBEDTLS_SSL_PRESET_DEFAULT);

	if (code != 0)
		return code;
	mbedtls_ssl_conf_authmode(config, MBEDTLS_SSL_VERIFY_REQUIRED);
	mbedtls_ssl_conf_ca_chain(config,
				  client->options->bundle ? &client->nothing
							  : &client->anchors,
				  NULL);
	mbedtls_ssl_conf_verify(config, verify, client);
	mbedtls_ssl_conf_rng(config, mbedtls_ctr_drbg_random, &client->random);
	mbedtls_ssl_conf_ciphersuites(config, ciphers);
	mbedtls_ssl_conf_curves(config, groups);
	mbedtls_ssl_conf_sig_hashes(config, hashes);
	mbedtls_ssl_conf_min_version(config, 3, 1);
	mbedtls_ssl_conf_max_version(config, 3,
				     minor > 0 && minor < 3 ? minor : 3);
	return set_fragment(config, client->options->max_fragment);
}

static int prepare(struct client *client)
{
	int code = mbedtls_ctr_drbg_seed(&client->random, mbedtls_entropy_func,
					 &client->entropy, NULL, 0);

	if (code != 0)
		return code;
	code = mbedtls_x509_crt_parse_file(&client->anchors,
					   client->options->anchor);
	if (code != 0)
		return code;
	return configure(client);
}

static void client_done(struct client *client)
{
	mbedtls_ssl_free(&client->ssl);
	mbedtls_ssl_config_free(&client->config);
	mbedtls_x509_crt_free(&client->anchors);
	mbedtls_ctr_drbg_free(&client->random);
	mbedtls_entropy_free(&client->entropy);
	free(client);
}

static struct client *client_ready(const struct client_options *options)
{
	struct client *client = calloc(1, sizeof(*client));
	char text[128];
	int code;

	if (!client)
		return NULL;
	client->options = options;
	gmtime_r(&options->clock, &client->now);
	mbedtls_entropy_init(&client->entropy);
	mbedtls_ctr_drbg_init(&client->random);
	mbedtls_x509_crt_init(&client->anchors);
	mbedtls_x509_crt_init(&client->nothing);
	mbedtls_ssl_config_init(&client->config);
	mbedtls_ssl_init(&client->ssl);
	code = prepare(client);
	if (code == 0)
		return client;
	mbedtls_strerror(code, text, sizeof(text));
	client_complain("%s: %s", options->anchor, text);
	client_done(client);
	return NULL;
}

/* ---- a connection ---- */

static int bio_send(void *arg, const unsigned char *data, size_t len)
{
	ssize_t n = wire_send(arg, data, len);

	return n < 0 ? -1 : (int)n;
}

static int bio_receive(void *arg, unsigned char *buf, size_t size)
{
	ssize_t n = wire_receive(arg, buf, size);

	return n < 0 ? -1 : (int)n;
}

static bool client_shake(struct client *client, struct wire *wire)
{
	const struct client_options *options = client->options;

	if (mbedtls_ssl_setup(&client->ssl, &client->config) != 0)
		return false;
	if (!options->no_sni &&
	    mbedtls_ssl_set_hostname(&client->ssl, options->host) != 0)
		return false;
	mbedtls_ssl_set_bio(&client->ssl, wire, bio_send, bio_receive, NULL);
	client->shaken = mbedtls_ssl_handshake(&client->ssl) == 0;
	return client->shaken;
}

static bool client_write(struct client *client, const void *data, size_t len)
{
	return mbedtls_ssl_write(&client->ssl, data, len) == (int)len;
}

static size_t client_read(struct client *client, void *buf, size_t size)
{
	int n = mbedtls_ssl_read(&client->ssl, buf, size);

	return n > 0 ? (size_t)n : 0;
}

static void client_end(struct client *client)
{
	if (client->shaken)
		mbedtls_ssl_close_notify(&client->ssl);
	client->shaken = false;
	mbedtls_ssl_free(&client->ssl);
	mbedtls_ssl_init(&client->ssl);
}

const struct client_stack client_stack = {
	.name = "mbedtls",
	.can = CAN_IGNORE_TIME | CAN_BUNDLE | CAN_MAX_FRAGMENT |
	       CAN_SMALL_BUFFER,
	.ready = client_ready,
	.shake = client_shake,
	.write = client_write,
	.read = client_read,
	.end = client_end,
	.done = client_done,
};
