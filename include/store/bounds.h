/*
 * bounds - how long what the store keeps may be.
 */
#ifndef OTTERD_STORE_BOUNDS_H
#define OTTERD_STORE_BOUNDS_H

enum {
	STORE_ADDRESS_SIZE = 46, /* INET6_ADDRSTRLEN */
	STORE_NETWORK_SIZE = 52, /* an address, "/64" and a NUL */
	STORE_WORD_SIZE = 48,	 /* a cipher's, fingerprint's, reason's name */
	STORE_PROFILE_SIZE = 65, /* an ident */
	STORE_NAME_SIZE = 256,	 /* a server's name */
	STORE_LABEL_SIZE = 128,	 /* what somebody calls a fingerprint */
	STORE_TEXT_SIZE = 512,	 /* a report's error or detail */
	STORE_LIST_MAX = 1000	 /* rows of one list */
};

#endif
