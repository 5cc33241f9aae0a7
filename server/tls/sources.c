#include "tls/sources.h"

#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/rand.h>

enum { FIRST_SLOTS = 1024 }; /* a power of two */

struct slot {
	uint64_t source;
	unsigned int count; /* 0: the slot is free */
};

/* Open addressing with linear probing; never more than half full. */
struct tls_sources {
	pthread_mutex_t lock;
	uint64_t seed[2]; /* so that nobody can choose addresses that collide */
	struct slot *slots;
	size_t size; /* a power of two */
	size_t used;
	unsigned int connections;
	unsigned int per_source;
	unsigned int total;
};

/* IPv4 keeps its 32 bits in the range that no global IPv6 prefix has. */
static uint64_t source_of(const struct sockaddr_storage *address)
{
	const struct sockaddr_in6 *in6 = (const void *)address;
	const struct sockaddr_in *in = (const void *)address;
	uint32_t v4;
	uint64_t prefix;

	if (address->ss_family == AF_INET)
		return in->sin_addr.s_addr;
	if (IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr)) {
		memcpy(&v4, &in6->sin6_addr.s6_addr[12], sizeof(v4));
		return v4;
	}
	memcpy(&prefix, in6->sin6_addr.s6_addr, sizeof(prefix));
	return prefix;
}

static size_t place_of(const struct tls_sources *s, uint64_t source)
{
	uint64_t x = source ^ s->seed[0];

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ s->seed[1] ^ x >> 27) * 0x94d049bb133111ebu;
	return (size_t)(x ^ x >> 31) & (s->size - 1);
}

/* The source's slot, or the free one where it belongs. */
static struct slot *find(struct tls_sources *s, uint64_t source)
{
	size_t i = place_of(s, source);

	while (s->slots[i].count && s->slots[i].source != source)
		i = (i + 1) & (s->size - 1);
	return &s->slots[i];
}

static bool grow(struct tls_sources *s)
{
	struct slot *old = s->slots;
	size_t old_size = s->size;
	struct slot *slots;

	if (2 * (s->used + 1) <= s->size)
		return true;
	slots = calloc(2 * old_size, sizeof(*slots));
	if (!slots)
		return false;
	s->slots = slots;
	s->size = 2 * old_size;
	for (size_t i = 0; i < old_size; i++) {
		if (old[i].count)
			*find(s, old[i].source) = old[i];
	}
	free(old);
	return true;
}

/* Free a slot and move back those behind it that probed past it. */
static void vacate(struct tls_sources *s, size_t hole)
{
	size_t mask = s->size - 1;

	for (size_t i = (hole + 1) & mask; s->slots[i].count;
	     i = (i + 1) & mask) {
		size_t home = place_of(s, s->slots[i].source);

		if (((i - home) & mask) < ((i - hole) & mask))
			continue;
		s->slots[hole] = s->slots[i];
		hole = i;
	}
	s->slots[hole].count = 0;
	s->used--;
}

bool tls_sources_new(struct tls_sources **out, struct err *err)
{
	struct tls_sources *s = calloc(1, sizeof(*s));

	*out = NULL;
	if (!s)
		return err_memory(err);
	s->size = FIRST_SLOTS;
	s->slots = calloc(s->size, sizeof(*s->slots));
	if (!s->slots) {
		free(s);
		return err_memory(err);
	}
	if (RAND_bytes((unsigned char *)s->seed, sizeof(s->seed)) != 1) {
		free(s->slots);
		free(s);
		return err_openssl(err, ERR_SYSTEM, "random numbers");
	}
	pthread_mutex_init(&s->lock, NULL);
	*out = s;
	return true;
}

void tls_sources_free(struct tls_sources *s)
{
	if (!s)
		return;
	pthread_mutex_destroy(&s->lock);
	free(s->slots);
	free(s);
}

void tls_sources_limit(struct tls_sources *s, unsigned int per_source,
		       unsigned int total)
{
	pthread_mutex_lock(&s->lock);
	s->per_source = per_source;
	s->total = total;
	pthread_mutex_unlock(&s->lock);
}

static bool enter(struct tls_sources *s, uint64_t source)
{
	struct slot *slot;

	if (s->connections >= s->total || !grow(s))
		return false;
	slot = find(s, source);
	if (slot->count >= s->per_source)
		return false;
	if (!slot->count++) {
		slot->source = source;
		s->used++;
	}
	s->connections++;
	return true;
}

bool tls_sources_enter(struct tls_sources *s,
		       const struct sockaddr_storage *address)
{
	bool entered;

	pthread_mutex_lock(&s->lock);
	entered = enter(s, source_of(address));
	pthread_mutex_unlock(&s->lock);
	return entered;
}

void tls_sources_leave(struct tls_sources *s,
		       const struct sockaddr_storage *address)
{
	struct slot *slot;

	pthread_mutex_lock(&s->lock);
	slot = find(s, source_of(address));
	if (slot->count) {
		s->connections--;
		if (!--slot->count)
			vacate(s, (size_t)(slot - s->slots));
	}
	pthread_mutex_unlock(&s->lock);
}
