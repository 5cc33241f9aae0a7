/*
 * A front between an OpenSSL client and a back played by the test.  The
 * "protocol" is one line: what follows it is the next request, "!" alone is
 * refused, and a line's first byte 'b' makes the rest of it a body.
 */
#ifndef OTTERD_TESTS_UNIT_TLS_FRONT_FIXTURE_H
#define OTTERD_TESTS_UNIT_TLS_FRONT_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <openssl/ssl.h>

#include "tls/front.h"

enum { TURNS_MAX = 200000 }; /* a test that needs more has hung */

struct user {
	struct fixture *f;
	struct front_conn *conn;
	int back;
};

struct fixture {
	int epoll_fd;
	struct front *front;
	struct tls_sources *sources;
	struct tls_tally *tally;
	struct tls_profiles *profiles;
	EVP_PKEY *key;
	STACK_OF(X509) * chain;
	uint16_t port;
	int listen_fd;	   /* the front's */
	struct user *user; /* of the connection opened last */
	int opened, closed;
	SSL_CTX *client_ctx;
};

/* ---- the user's side ---------------------------------------------------- */

static void *on_opened(void *arg, struct front_conn *conn)
{
	struct fixture *f = arg;
	struct user *user = calloc(1, sizeof(*user));

	user->f = f;
	user->conn = conn;
	user->back = -1;
	f->user = user;
	f->opened++;
	return user;
}

static void on_closed(void *arg)
{
	struct user *user = arg;

	user->f->closed++;
	if (user->f->user == user)
		user->f->user = NULL;
	if (user->back >= 0)
		close(user->back);
	free(user);
}

static enum front_verdict on_input(void *arg, const char *buf, size_t len,
				   size_t *skip, size_t *pass,
				   enum front_phase *phase, const char **reply)
{
	const char *end = memchr(buf, '\n', len);

	(void)arg;
	*skip = 0;
	if (buf[0] == '!') {
		*reply = "no\n";
		return FRONT_REJECT;
	}
	*phase = buf[0] == 'b' ? FRONT_BODY : FRONT_HEAD;
	if (!end && buf[0] != 'b')
		return FRONT_MORE;
	*pass = end ? (size_t)(end - buf) + 1 : len;
	if (end)
		*phase = FRONT_ANSWER;
	return FRONT_PASS;
}

static bool on_back(void *arg, int fd)
{
	((struct user *)arg)->back = fd;
	return true;
}

static const struct front_ops ops = {on_opened, on_closed, on_input, on_back};

/* ---- setting up --------------------------------------------------------- */

static void make_certificate(struct fixture *f)
{
	X509 *x = X509_new();

	f->key = EVP_EC_gen("P-256");
	X509_gmtime_adj(X509_getm_notBefore(x), 0);
	X509_gmtime_adj(X509_getm_notAfter(x), 3600);
	X509_set_pubkey(x, f->key);
	assert_true(X509_sign(x, f->key, EVP_sha256()) > 0);
	f->chain = sk_X509_new_null();
	sk_X509_push(f->chain, x);
}

static int listen_somewhere(struct fixture *f)
{
	struct sockaddr_in in = {.sin_family = AF_INET,
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(in);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&in, len), 0);
	assert_int_equal(listen(fd, 64), 0);
	getsockname(fd, (struct sockaddr *)&in, &len);
	f->port = ntohs(in.sin_port);
	return fd;
}

static const struct front_limits roomy = {.handshake_ms = 60000,
					  .head_ms = 60000,
					  .idle_ms = 60000,
					  .stall_ms = 60000,
					  .min_rate = 1};

static struct fixture *start(const struct front_limits *limits)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct tls_certificate cert;
	const struct tls_profile_spec profile = {.name = "only",
						 .certificates = &cert,
						 .certificate_count = 1,
						 .min_version = TLS1_2_VERSION,
						 .security_level = 2};
	const struct tls_profiles_spec spec = {.profiles = &profile,
					       .profile_count = 1};
	struct front_options options = {.ops = &ops,
					.arg = f,
					.limits = *limits,
					.input_max = 4096,
					.late_reply = "late\n",
					.short_reply = "short\n"};
	struct front_listener listener = {0};
	struct err err;

	make_certificate(f);
	cert = (struct tls_certificate){"c", f->key, f->chain};
	f->epoll_fd = epoll_create1(0);
	assert_true(tls_sources_new(&f->sources, &err));
	tls_sources_limit(f->sources, 3, 100);
	options.sources = f->sources;
	assert_true(tls_tally_new(&f->tally, &err));
	options.tally = f->tally;
	assert_true(tls_profiles_build(&f->profiles, &spec, &err));
	assert_true(front_open(&f->front, f->epoll_fd, &options, f->profiles,
			       &err));
	listener.fd = f->listen_fd = listen_somewhere(f);
	assert_true(front_listen(f->front, &listener, &err));
	f->client_ctx = SSL_CTX_new(TLS_client_method());
	return f;
}

static void stop(struct fixture *f)
{
	front_close(f->front);
	assert_int_equal(f->opened, f->closed);
	tls_profiles_unref(f->profiles);
	tls_sources_free(f->sources);
	tls_tally_free(f->tally);
	EVP_PKEY_free(f->key);
	sk_X509_pop_free(f->chain, X509_free);
	SSL_CTX_free(f->client_ctx);
	close(f->epoll_fd);
	free(f);
}

static void turn(struct fixture *f)
{
	struct epoll_event events[16];
	int count;

	front_tick(f->front, 1);
	count = epoll_wait(f->epoll_fd, events, 16, 1);
	for (int i = 0; i < count; i++)
		front_event(f->front, events[i].data.ptr, events[i].events);
}

/* ---- the client --------------------------------------------------------- */

static int tcp(struct fixture *f)
{
	struct sockaddr_in in = {.sin_family = AF_INET,
				 .sin_port = htons(f->port),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(connect(fd, (struct sockaddr *)&in, sizeof(in)), 0);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	return fd;
}

static SSL *client(struct fixture *f)
{
	SSL *ssl = SSL_new(f->client_ctx);
	int turns = 0;

	SSL_set_fd(ssl, tcp(f));
	while (SSL_connect(ssl) != 1) {
		assert_true(turns++ < TURNS_MAX);
		turn(f);
	}
	while (!f->user) {
		assert_true(turns++ < TURNS_MAX);
		turn(f);
	}
	return ssl;
}

static void client_free(SSL *ssl)
{
	close(SSL_get_fd(ssl));
	SSL_free(ssl);
}

/* Read `len` bytes, or until the end: how many came. */
static size_t client_read(struct fixture *f, SSL *ssl, char *buf, size_t len)
{
	size_t got = 0;

	for (int turns = 0; got < len; turns++) {
		int n = SSL_read(ssl, buf + got, (int)(len - got));

		assert_true(turns < TURNS_MAX);
		if (n > 0)
			got += (size_t)n;
		else if (SSL_get_error(ssl, n) != SSL_ERROR_WANT_READ)
			return got;
		turn(f);
	}
	return got;
}

static size_t back_read(struct fixture *f, char *buf, size_t len)
{
	size_t got = 0;

	for (int turns = 0; got < len; turns++) {
		ssize_t n = f->user && f->user->back >= 0
				    ? read(f->user->back, buf + got, len - got)
				    : -1;

		assert_true(turns < TURNS_MAX);
		if (n > 0)
			got += (size_t)n;
		else
			turn(f);
	}
	return got;
}

#endif
