/*
 * choose - what choosing a profile by the ClientHello costs a handshake.
 *
 * choose CERTIFICATE KEY BLOCKS: in blocks taken in turn, the server's CPU
 * time of handshakes with a plain context, and of those that are
 * fingerprinted, matched with ten rules, asked of the ladder, switched to
 * another profile and tallied.  Prints the median of the blocks' differences
 * in microseconds per handshake.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/ssl.h>

#include "pki/key.h"
#include "tls/handshake.h"
#include "tls/profile.h"

enum { HANDSHAKES = 200, RULES = 10, BLOCKS_MAX = 1000, WIRE = 16 * 1024 };

struct bench {
	struct tls_certificate certificate;
	SSL_CTX *plain, *client;
	struct tls_profiles *set;
	struct tls_tally *tally;
	double cpu; /* seconds in the server's part */
};

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void die(const char *why)
{
	fprintf(stderr, "choose: %s\n", why);
	exit(1);
}

static void prepare(struct bench *b, const char *pem, const char *key)
{
	struct network network;
	struct tls_rule rules[RULES];
	struct tls_profile_spec profiles[2];
	struct tls_profiles_spec spec = {.profiles = profiles,
					 .profile_count = 2,
					 .rules = rules,
					 .rule_count = RULES,
					 .ladder = (size_t[]){0, 1},
					 .ladder_count = 2};
	struct err err;

	network_parse(&network, "192.0.2.0/24");
	b->certificate.name = "bench";
	if (!key_read_certificates(&b->certificate.chain, pem, &err) ||
	    !key_read_private(&b->certificate.key, key, &err))
		die(err.text);
	for (int i = 0; i < RULES; i++)
		rules[i] = (struct tls_rule){.ja4 = "t11*", .profile = 1};
	rules[1] = (struct tls_rule){.source = &network, .profile = 1};
	rules[2] = (struct tls_rule){.sni = "*.example.com", .profile = 1};
	rules[RULES - 1].ja4 = "t13d*_*_*";
	for (int i = 0; i < 2; i++)
		profiles[i] = (struct tls_profile_spec){
			.name = i ? "chosen" : "default",
			.certificates = &b->certificate,
			.certificate_count = 1,
			.min_version = TLS1_2_VERSION,
			.security_level = 2};
	if (!tls_context_build(&b->plain, &profiles[0], &err) ||
	    !tls_ladder_new(&spec.memory, &err) ||
	    !tls_profiles_build(&b->set, &spec, &err) ||
	    !tls_tally_new(&b->tally, &err))
		die(err.text);
	b->client = SSL_CTX_new(TLS_client_method());
}

/* Turns until both are done; only the server's are counted. */
static void shake_hands(struct bench *b, SSL *server, SSL *client)
{
	for (int turn = 0; turn < 10; turn++) {
		double start;
		int done = SSL_do_handshake(client);

		start = now();
		done &= SSL_do_handshake(server);
		b->cpu += now() - start;
		if (done == 1)
			return;
	}
	die("the handshake does not end");
}

static void one(struct bench *b, bool choosing)
{
	struct tls_choice choice = {.address.ss_family = AF_INET, .port = 443};
	SSL *server, *client = SSL_new(b->client);
	BIO *near, *far;
	double start = now();

	server = choosing ? tls_profiles_accept(b->set, &choice)
			  : SSL_new(b->plain);
	SSL_set_accept_state(server);
	b->cpu += now() - start;
	BIO_new_bio_pair(&near, WIRE, &far, WIRE);
	SSL_set_bio(server, near, near);
	SSL_set_bio(client, far, far);
	SSL_set_connect_state(client);
	SSL_set_tlsext_host_name(client, "localhost");
	shake_hands(b, server, client);
	start = now();
	if (choosing)
		handshake_used(server, &choice, b->tally);
	SSL_free(server);
	b->cpu += now() - start;
	SSL_free(client);
	if (choosing && strcmp(tls_profile_name(choice.profile), "chosen"))
		die("another profile was chosen");
}

/* Microseconds of each handshake. */
static double block(struct bench *b, bool choosing)
{
	b->cpu = 0;
	for (int i = 0; i < HANDSHAKES; i++)
		one(b, choosing);
	return b->cpu / HANDSHAKES * 1e6;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
	static double differences[BLOCKS_MAX];
	struct bench b = {0};
	int blocks = argc == 4 ? atoi(argv[3]) : 0;

	if (blocks < 1 || blocks > BLOCKS_MAX)
		die("usage: choose CERTIFICATE KEY BLOCKS");
	prepare(&b, argv[1], argv[2]);
	block(&b, true);
	for (int i = 0; i < blocks; i++)
		differences[i] = block(&b, true) - block(&b, false);
	qsort(differences, (size_t)blocks, sizeof(*differences), compare);
	printf("%.3f\n", differences[blocks / 2]);
	return 0;
}
