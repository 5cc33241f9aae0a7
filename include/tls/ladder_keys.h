/*
 * ladder_keys - the clients that the ladder remembers, by network,
 * fingerprint and server name.
 *
 * Bounded in all and for each network.  One more makes the least useful one
 * go: of those that never accepted anything the one that changed longest
 * ago, else of all.  Not locked: tls/ladder does that.
 */
#ifndef OTTERD_TLS_LADDER_KEYS_H
#define OTTERD_TLS_LADDER_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/err.h"
#include "store/bounds.h"
#include "tls/fingerprint.h"
#include "tls/hello.h"
#include "tls/ladder_guess.h"

enum {
	LADDER_KEYS_MAX = 20000, /* clients remembered; the least useful goes
				    when one more comes */
	LADDER_PER_NETWORK = 200 /* of them from one network, so that no
				    scanner drives the others out */
};

/* Who connects. */
struct ladder_key {
	char network[STORE_NETWORK_SIZE]; /* ladder_network() */
	char ja4[FINGERPRINT_JA4_SIZE];
	char sni[HELLO_SNI_SIZE];
	uint64_t source; /* ladder_source(); no part of what is remembered by */
};

struct ladder_net;

/* What is remembered of a key. */
struct ladder_entry {
	/* Of the ladder's: */
	int preferred; /* the name accepted last, or -1; who has one is more
			  useful than who has none */
	bool stranded; /* by ladder_keys_strand() */
	uint32_t rejections; /* since something was accepted */
	int64_t at;	     /* UTC: last change */
	struct ladder_guess guess;

	/* Of the table's: */
	const char *network, *ja4, *sni;
	uint64_t hash;
	struct ladder_net *net;
	struct ladder_entry *next; /* in its bucket */
	TAILQ_ENTRY(ladder_entry) by_age, by_age_in_net, news;
	bool useful;  /* it is listed as one that has accepted something */
	bool changed; /* it is on the list of news */
	bool kept;    /* it was given out as news, or restored */
	char text[];  /* its three texts, each with its NUL */
};

struct ladder_keys;

bool ladder_keys_new(struct ladder_keys **out, struct err *err);
void ladder_keys_free(struct ladder_keys *keys); /* NULL is legal */

/* Seeded, so that nobody can choose keys that collide.  Any thread. */
uint64_t ladder_keys_hash(const struct ladder_keys *keys,
			  const struct ladder_key *key);

/* NULL when it is not remembered. */
struct ladder_entry *ladder_keys_find(const struct ladder_keys *keys,
				      uint64_t hash,
				      const struct ladder_key *key);

/*
 * Remember one that is not yet; when there is no room another goes.  It
 * counts as the newest.  NULL when out of memory.
 */
struct ladder_entry *ladder_keys_add(struct ladder_keys *keys, uint64_t hash,
				     const struct ladder_key *key);

/*
 * The same for one that was kept: it counts as the oldest, and there must be
 * room.  NULL when there is none, too.
 */
struct ladder_entry *ladder_keys_restore(struct ladder_keys *keys,
					 uint64_t hash,
					 const struct ladder_key *key);

/* It has changed: it counts as the newest, and is news. */
void ladder_keys_touch(struct ladder_keys *keys, struct ladder_entry *entry);

/* After ladder_keys_restore(): entry->preferred is set. */
void ladder_keys_sort(struct ladder_keys *keys, struct ladder_entry *entry);

/* Has it rejected all there is?  And how many have. */
void ladder_keys_strand(struct ladder_keys *keys, struct ladder_entry *entry,
			bool stranded);
size_t ladder_keys_stranded(const struct ladder_keys *keys);

/*
 * Some entry that changed or went since it was last given out; NULL when
 * there is none.  *gone: the table has it no more, and it is the caller's to
 * give to ladder_entry_free().
 */
struct ladder_entry *ladder_keys_news(struct ladder_keys *keys, bool *gone);

void ladder_entry_free(struct ladder_entry *entry); /* NULL is legal */

#endif
