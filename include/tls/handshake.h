/*
 * handshake - carrying a handshake on, and what its end says about the
 * profile that was offered.
 */
#ifndef OTTERD_TLS_HANDSHAKE_H
#define OTTERD_TLS_HANDSHAKE_H

#include <stdbool.h>

#include <openssl/ssl.h>

#include "tls/profile.h"
#include "tls/tally.h"

enum handshake_progress {
	HANDSHAKE_GOES_ON,
	HANDSHAKE_COMPLETE,
	HANDSHAKE_BROKEN
};

/*
 * Go on with the handshake.  `ended`: the client has closed or reset and
 * nothing of what it sent is left to be read after this call.  A failure is
 * counted, logged and told to the ladder.  OpenSSL's error queue is empty
 * afterwards.
 */
enum handshake_progress handshake_step(SSL *ssl, struct tls_choice *choice,
				       const bool *ended,
				       struct tls_tally *tally);

/* It took too long. */
void handshake_expired(struct tls_choice *choice, struct tls_tally *tally);

/* After HANDSHAKE_COMPLETE: the client has begun a request.  Further calls do
 * nothing. */
void handshake_used(SSL *ssl, struct tls_choice *choice,
		    struct tls_tally *tally);

/*
 * The connection is gone.  `closed`: the client's TCP side was closed first,
 * after a handshake that was done; that it said so in TLS is seen here.  Does
 * nothing after one of the above has told the end.
 */
void handshake_gone(SSL *ssl, struct tls_choice *choice, bool closed,
		    struct tls_tally *tally);

#endif
