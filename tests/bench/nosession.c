/*
 * nosession - preloaded into wrk, so that every connection is a full
 * handshake.  wrk reuses each SSL after SSL_clear(), which keeps the session
 * and so resumes it; in TLS 1.3 no option of OpenSSL's turns that off.
 */
#include <dlfcn.h>

#include <openssl/ssl.h>

int SSL_clear(SSL *ssl)
{
	int (*next)(SSL *) = (int (*)(SSL *))dlsym(RTLD_NEXT, "SSL_clear");

	SSL_set_session(ssl, NULL);
	return next(ssl);
}
