#include "tls/tally.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum {
	FIRST_ROOM = 16,
	SLOTS = 2 * TALLY_KINDS_MAX /* a power of two */
};

/* The rows in the order of their first handshake, and where to find them. */
struct tls_tally {
	pthread_mutex_t lock;
	struct handshake_row *rows;
	size_t count, room;
	uint16_t slots[SLOTS]; /* a row's place + 1; 0 is free */
	uint64_t untold;
};

/* FNV-1a.  Collisions made on purpose cost a bounded search. */
static uint64_t hash_text(uint64_t hash, const char *text)
{
	do
		hash = (hash ^ (unsigned char)*text) * 0x100000001b3u;
	while (*text++);
	return hash;
}

static uint64_t hash_kind(const struct handshake_row *row)
{
	uint64_t hash = 0xcbf29ce484222325u;

	hash = hash_text(hash, row->ja4);
	hash = hash_text(hash, row->sni);
	hash = hash_text(hash, row->profile);
	hash = hash_text(hash, row->detail);
	return hash_text(hash, row->network);
}

static bool same_kind(const struct handshake_row *a,
		      const struct handshake_row *b)
{
	return a->alert == b->alert && strcmp(a->ja4, b->ja4) == 0 &&
	       strcmp(a->ja3, b->ja3) == 0 && strcmp(a->sni, b->sni) == 0 &&
	       strcmp(a->profile, b->profile) == 0 &&
	       strcmp(a->result, b->result) == 0 &&
	       strcmp(a->detail, b->detail) == 0 &&
	       strcmp(a->network, b->network) == 0;
}

/* The slot of a kind, or the free one where it belongs. */
static uint16_t *find(struct tls_tally *tally, const struct handshake_row *row)
{
	size_t i = hash_kind(row) % SLOTS;

	while (tally->slots[i] &&
	       !same_kind(&tally->rows[tally->slots[i] - 1], row))
		i = (i + 1) % SLOTS;
	return &tally->slots[i];
}

static bool make_room(struct tls_tally *tally)
{
	size_t room = tally->room ? 2 * tally->room : FIRST_ROOM;
	struct handshake_row *rows;

	if (tally->count < tally->room)
		return true;
	if (tally->count >= TALLY_KINDS_MAX)
		return false;
	rows = realloc(tally->rows, room * sizeof(*rows));
	if (!rows)
		return false;
	tally->rows = rows;
	tally->room = room;
	return true;
}

static void count_one(struct tls_tally *tally, const struct handshake_row *row)
{
	uint16_t *slot = find(tally, row);
	struct handshake_row *kind;

	if (*slot) {
		kind = &tally->rows[*slot - 1];
		memcpy(kind->address, row->address, sizeof(kind->address));
		kind->last_seen = row->last_seen;
		kind->count++;
	} else if (make_room(tally)) {
		kind = &tally->rows[tally->count++];
		*kind = *row;
		kind->count = 1;
		*slot = (uint16_t)tally->count;
	} else {
		tally->untold++;
	}
}

bool tls_tally_new(struct tls_tally **out, struct err *err)
{
	*out = calloc(1, sizeof(**out));
	if (!*out)
		return err_memory(err);
	pthread_mutex_init(&(*out)->lock, NULL);
	return true;
}

void tls_tally_free(struct tls_tally *tally)
{
	if (!tally)
		return;
	pthread_mutex_destroy(&tally->lock);
	free(tally->rows);
	free(tally);
}

void tls_tally_add(struct tls_tally *tally, const struct handshake_row *row)
{
	pthread_mutex_lock(&tally->lock);
	count_one(tally, row);
	pthread_mutex_unlock(&tally->lock);
}

size_t tls_tally_take(struct tls_tally *tally, struct handshake_row **rows,
		      uint64_t *untold)
{
	size_t count;

	pthread_mutex_lock(&tally->lock);
	count = tally->count;
	*rows = tally->rows;
	*untold = tally->untold;
	tally->rows = NULL;
	tally->count = 0;
	tally->room = 0;
	tally->untold = 0;
	if (count)
		memset(tally->slots, 0, sizeof(tally->slots));
	pthread_mutex_unlock(&tally->lock);
	return count;
}
