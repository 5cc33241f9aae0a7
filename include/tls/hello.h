/*
 * hello - a ClientHello, read from the bytes as they came (RFC 8446 section
 * 4.1.2, RFC 5246 section 7.4.1.2).
 *
 * OpenSSL's list of extensions leaves out those it does not know, which
 * fingerprints need.  Every length is checked; nothing is allocated.
 */
#ifndef OTTERD_TLS_HELLO_H
#define OTTERD_TLS_HELLO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	/* More is legal, but nobody sends it; cut off there, which is noted. */
	HELLO_CIPHERS_MAX = 256,
	HELLO_EXTENSIONS_MAX = 128,
	HELLO_GROUPS_MAX = 64,
	HELLO_FORMATS_MAX = 16,
	HELLO_ALGORITHMS_MAX = 64,
	HELLO_SNI_SIZE = 256,	    /* RFC 1035: 255 and a NUL */
	HELLO_ALPN_SIZE = 256,	    /* one protocol name and a NUL */
	HELLO_BYTES_MAX = 16 * 1024 /* of a message that is looked at */
};

/* The extensions that are read, by their IANA numbers. */
enum {
	HELLO_EXT_SERVER_NAME = 0,
	HELLO_EXT_MAX_FRAGMENT = 1,
	HELLO_EXT_GROUPS = 10,
	HELLO_EXT_POINT_FORMATS = 11,
	HELLO_EXT_ALGORITHMS = 13,
	HELLO_EXT_ALPN = 16,
	HELLO_EXT_VERSIONS = 43
};

struct hello {
	uint16_t legacy_version; /* as it stands in the message */
	uint16_t max_version;	 /* the greatest version it offers, 0x0303 for
				    TLS 1.2: by supported_versions without
				    GREASE if there is one, 0 if that names
				    no version */
	uint16_t ciphers[HELLO_CIPHERS_MAX]; /* wire order, GREASE included */
	size_t cipher_count;
	uint16_t extensions[HELLO_EXTENSIONS_MAX]; /* types, wire order */
	size_t extension_count;
	uint16_t groups[HELLO_GROUPS_MAX];
	size_t group_count;
	uint8_t formats[HELLO_FORMATS_MAX]; /* ec_point_formats */
	size_t format_count;
	uint16_t algorithms[HELLO_ALGORITHMS_MAX]; /* signature_algorithms */
	size_t algorithm_count;
	bool has_sni;
	char sni[HELLO_SNI_SIZE]; /* lower case, no last dot; "" for none */
	bool has_alpn;
	uint8_t alpn[HELLO_ALPN_SIZE]; /* the first protocol's bytes, GREASE
					  left out; not terminated */
	size_t alpn_len;	       /* 0 if there is only GREASE */
	unsigned int max_fragment;     /* bytes by max_fragment_length (RFC 6066
					  section 4): 512 to 4096; 0 when absent */
	bool cut;		       /* a list was longer than its bound */
};

/*
 * Read a handshake message: msg[0] is 1 (client_hello), then three bytes of
 * length and the body, which must end where `len` ends.  An extension that is
 * not listed above may hold anything; a message without any is legal.
 *
 * False, and *out all zero, when it is malformed: longer than it may be, bytes
 * left over, an extension twice, a list that is empty or odd where the RFCs
 * forbid it; or when its server_name is none that a certificate could have
 * (one host_name of letters, digits, '-', '.', '_', ':').
 */
bool hello_parse(struct hello *out, const uint8_t *msg, size_t len);

/* GREASE values of RFC 8701: 0x0a0a, 0x1a1a, ... 0xfafa. */
bool hello_is_grease(uint16_t value);

#endif
