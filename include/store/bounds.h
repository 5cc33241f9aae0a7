/*
 * bounds - how long what the store keeps may be.
 */
#ifndef OTTERD_STORE_BOUNDS_H
#define OTTERD_STORE_BOUNDS_H

enum {
	STORE_ADDRESS_SIZE = 46, /* INET6_ADDRSTRLEN */
	STORE_WORD_SIZE = 48,	 /* a cipher's, profile's or reason's name */
	STORE_TEXT_SIZE = 512,	 /* a report's error or detail */
	STORE_LIST_MAX = 1000	 /* rows of one list */
};

#endif
