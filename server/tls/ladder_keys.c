#include "tls/ladder_keys.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/rand.h>

#include "base/strbuf.h"

enum {
	BUCKETS = 32768, /* a power of two */
	NET_BUCKETS = 4096
};

TAILQ_HEAD(entries, ladder_entry);

/* Those that never accepted anything, and the others. */
enum { USELESS, USEFUL, KINDS };

/* The entries of one network. */
struct ladder_net {
	struct ladder_net *next; /* in its bucket */
	uint64_t hash;
	size_t count;
	struct entries entries[KINDS]; /* the one that changed longest ago
					  first */
	char name[STORE_NETWORK_SIZE];
};

struct ladder_keys {
	uint64_t point; /* where hashes are evaluated */
	size_t count, stranded;
	struct entries entries[KINDS];
	struct entries changed;
	struct entries forgotten; /* detached, to be told of */
	size_t forgotten_count;
	struct ladder_entry *buckets[BUCKETS];
	struct ladder_net *nets[NET_BUCKETS];
};

/* ---- hashes ------------------------------------------------------------- */

/* 2^61 - 1, a prime. */
static const uint64_t modulus = ((uint64_t)1 << 61) - 1;

/*
 * The bytes as a polynomial's coefficients, at a secret point: two texts of n
 * bytes collide for at most n points of 2^61, whoever chose them.
 */
static uint64_t hash_text(const struct ladder_keys *keys, uint64_t hash,
			  const char *text)
{
	unsigned __int128 x;

	do {
		x = (unsigned __int128)hash * keys->point +
		    (unsigned char)*text + 1;
		hash = (uint64_t)(x & modulus) + (uint64_t)(x >> 61);
		hash = hash >= modulus ? hash - modulus : hash;
	} while (*text++);
	return hash;
}

uint64_t ladder_keys_hash(const struct ladder_keys *keys,
			  const struct ladder_key *key)
{
	uint64_t hash = hash_text(keys, 1, key->network);

	hash = hash_text(keys, hash, key->ja4);
	return hash_text(keys, hash, key->sni);
}

/* ---- networks ----------------------------------------------------------- */

static struct ladder_net *find_net(const struct ladder_keys *keys,
				   uint64_t hash, const char *name)
{
	struct ladder_net *net = keys->nets[hash % NET_BUCKETS];

	while (net && strcmp(net->name, name) != 0)
		net = net->next;
	return net;
}

static struct ladder_net *make_net(struct ladder_keys *keys, uint64_t hash,
				   const char *name)
{
	struct ladder_net *net = calloc(1, sizeof(*net));

	if (!net)
		return NULL;
	net->hash = hash;
	text_copy(net->name, sizeof(net->name), name);
	for (int i = 0; i < KINDS; i++)
		TAILQ_INIT(&net->entries[i]);
	net->next = keys->nets[hash % NET_BUCKETS];
	keys->nets[hash % NET_BUCKETS] = net;
	return net;
}

static void drop_net(struct ladder_keys *keys, struct ladder_net *net)
{
	struct ladder_net **at = &keys->nets[net->hash % NET_BUCKETS];

	while (*at != net)
		at = &(*at)->next;
	*at = net->next;
	free(net);
}

/* ---- entries ------------------------------------------------------------ */

static size_t put_text(char *at, const char *text, const char **out)
{
	size_t size = strlen(text) + 1;

	memcpy(at, text, size);
	*out = at;
	return size;
}

static struct ladder_entry *make_entry(const struct ladder_key *key)
{
	size_t size =
		strlen(key->network) + strlen(key->ja4) + strlen(key->sni) + 3;
	struct ladder_entry *entry = calloc(1, sizeof(*entry) + size);
	char *at;

	if (!entry)
		return NULL;
	at = entry->text;
	at += put_text(at, key->network, &entry->network);
	at += put_text(at, key->ja4, &entry->ja4);
	put_text(at, key->sni, &entry->sni);
	entry->preferred = -1;
	return entry;
}

void ladder_entry_free(struct ladder_entry *entry)
{
	if (!entry)
		return;
	ladder_guess_free(&entry->guess);
	free(entry);
}

struct ladder_entry *ladder_keys_find(const struct ladder_keys *keys,
				      uint64_t hash,
				      const struct ladder_key *key)
{
	struct ladder_entry *entry = keys->buckets[hash % BUCKETS];

	while (entry && (entry->hash != hash ||
			 strcmp(entry->network, key->network) != 0 ||
			 strcmp(entry->ja4, key->ja4) != 0 ||
			 strcmp(entry->sni, key->sni) != 0))
		entry = entry->next;
	return entry;
}

/* ---- by age ------------------------------------------------------------- */

static void list_entry(struct ladder_keys *keys, struct ladder_entry *entry,
		       bool newest)
{
	struct entries *all, *of_net;

	entry->useful = entry->preferred >= 0;
	all = &keys->entries[entry->useful];
	of_net = &entry->net->entries[entry->useful];
	if (newest) {
		TAILQ_INSERT_TAIL(all, entry, by_age);
		TAILQ_INSERT_TAIL(of_net, entry, by_age_in_net);
	} else {
		TAILQ_INSERT_HEAD(all, entry, by_age);
		TAILQ_INSERT_HEAD(of_net, entry, by_age_in_net);
	}
}

static void unlist_entry(struct ladder_keys *keys, struct ladder_entry *entry)
{
	TAILQ_REMOVE(&keys->entries[entry->useful], entry, by_age);
	TAILQ_REMOVE(&entry->net->entries[entry->useful], entry, by_age_in_net);
}

static struct ladder_entry *least_useful(struct entries entries[static KINDS])
{
	struct ladder_entry *entry = TAILQ_FIRST(&entries[USELESS]);

	return entry ? entry : TAILQ_FIRST(&entries[USEFUL]);
}

void ladder_keys_touch(struct ladder_keys *keys, struct ladder_entry *entry)
{
	unlist_entry(keys, entry);
	list_entry(keys, entry, true);
	if (!entry->changed)
		TAILQ_INSERT_TAIL(&keys->changed, entry, news);
	entry->changed = true;
}

void ladder_keys_sort(struct ladder_keys *keys, struct ladder_entry *entry)
{
	unlist_entry(keys, entry);
	list_entry(keys, entry, false);
}

void ladder_keys_strand(struct ladder_keys *keys, struct ladder_entry *entry,
			bool stranded)
{
	keys->stranded -= entry->stranded;
	keys->stranded += stranded;
	entry->stranded = stranded;
}

size_t ladder_keys_stranded(const struct ladder_keys *keys)
{
	return keys->stranded;
}

/* ---- coming and going --------------------------------------------------- */

/* Without its network, which may be empty now. */
static void detach(struct ladder_keys *keys, struct ladder_entry *entry)
{
	struct ladder_entry **at = &keys->buckets[entry->hash % BUCKETS];

	while (*at != entry)
		at = &(*at)->next;
	*at = entry->next;
	unlist_entry(keys, entry);
	ladder_keys_strand(keys, entry, false);
	entry->net->count--;
	entry->net = NULL;
	keys->count--;
	if (entry->changed)
		TAILQ_REMOVE(&keys->changed, entry, news);
}

/* One that was kept is to be told of as gone. */
static void forget(struct ladder_keys *keys, struct ladder_entry *entry)
{
	struct ladder_net *net = entry->net;

	detach(keys, entry);
	if (!net->count)
		drop_net(keys, net);
	ladder_guess_free(&entry->guess);
	if (entry->kept && keys->forgotten_count < LADDER_KEYS_MAX) {
		TAILQ_INSERT_TAIL(&keys->forgotten, entry, news);
		keys->forgotten_count++;
	} else {
		ladder_entry_free(entry);
	}
}

static void attach(struct ladder_keys *keys, struct ladder_entry *entry,
		   struct ladder_net *net, bool newest)
{
	struct ladder_entry **bucket = &keys->buckets[entry->hash % BUCKETS];

	entry->net = net;
	entry->next = *bucket;
	*bucket = entry;
	list_entry(keys, entry, newest);
	net->count++;
	keys->count++;
}

static struct ladder_entry *add(struct ladder_keys *keys, uint64_t hash,
				const struct ladder_key *key, bool newest)
{
	uint64_t net_hash = hash_text(keys, 1, key->network);
	struct ladder_entry *entry = make_entry(key);
	struct ladder_net *net;

	if (!entry)
		return NULL;
	net = find_net(keys, net_hash, key->network);
	if (!net)
		net = make_net(keys, net_hash, key->network);
	if (!net) {
		ladder_entry_free(entry);
		return NULL;
	}
	entry->hash = hash;
	attach(keys, entry, net, newest);
	return entry;
}

/* Who must go before one more can come from that network, or NULL. */
static struct ladder_entry *in_the_way(struct ladder_keys *keys,
				       const struct ladder_key *key)
{
	struct ladder_net *net =
		find_net(keys, hash_text(keys, 1, key->network), key->network);

	if (net && net->count >= LADDER_PER_NETWORK)
		return least_useful(net->entries);
	if (keys->count >= LADDER_KEYS_MAX)
		return least_useful(keys->entries);
	return NULL;
}

struct ladder_entry *ladder_keys_add(struct ladder_keys *keys, uint64_t hash,
				     const struct ladder_key *key)
{
	struct ladder_entry *other = in_the_way(keys, key);

	if (other)
		forget(keys, other);
	return add(keys, hash, key, true);
}

struct ladder_entry *ladder_keys_restore(struct ladder_keys *keys,
					 uint64_t hash,
					 const struct ladder_key *key)
{
	struct ladder_entry *entry;

	if (in_the_way(keys, key))
		return NULL;
	entry = add(keys, hash, key, false);
	if (entry)
		entry->kept = true;
	return entry;
}

/* ---- news --------------------------------------------------------------- */

struct ladder_entry *ladder_keys_news(struct ladder_keys *keys, bool *gone)
{
	struct ladder_entry *entry = TAILQ_FIRST(&keys->forgotten);

	*gone = entry;
	if (entry) {
		TAILQ_REMOVE(&keys->forgotten, entry, news);
		keys->forgotten_count--;
		return entry;
	}
	entry = TAILQ_FIRST(&keys->changed);
	if (entry) {
		TAILQ_REMOVE(&keys->changed, entry, news);
		entry->changed = false;
		entry->kept = true;
	}
	return entry;
}

/* ---- the table ---------------------------------------------------------- */

bool ladder_keys_new(struct ladder_keys **out, struct err *err)
{
	struct ladder_keys *keys = calloc(1, sizeof(*keys));

	*out = NULL;
	if (!keys)
		return err_memory(err);
	if (RAND_bytes((unsigned char *)&keys->point, sizeof(keys->point)) !=
	    1) {
		free(keys);
		return err_openssl(err, ERR_SYSTEM, "random numbers");
	}
	keys->point %= modulus;
	for (int i = 0; i < KINDS; i++)
		TAILQ_INIT(&keys->entries[i]);
	TAILQ_INIT(&keys->changed);
	TAILQ_INIT(&keys->forgotten);
	*out = keys;
	return true;
}

void ladder_keys_free(struct ladder_keys *keys)
{
	struct ladder_entry *entry;
	bool gone;

	if (!keys)
		return;
	for (int i = 0; i < KINDS; i++) {
		while ((entry = TAILQ_FIRST(&keys->entries[i]))) {
			entry->kept = false;
			forget(keys, entry);
		}
	}
	while ((entry = ladder_keys_news(keys, &gone)))
		ladder_entry_free(entry);
	free(keys);
}
