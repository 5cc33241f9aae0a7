#include "tls/ladder.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/rand.h>

#include "base/network.h"
#include "base/strbuf.h"

enum {
	CROWDS = 8192,
	/* One customer's addresses: an IPv4 /24 as one site's NAT has them,
	   an IPv6 /64 (RFC 6177). */
	V4_BITS = 24,
	V6_BITS = 64
};

struct tls_ladder {
	pthread_mutex_t lock;
	struct ladder_keys *keys;
	struct ladder_crowd crowds[CROWDS]; /* each for many keys */
	uint64_t seed;			    /* of ladder_source() */
	uint64_t dice;
	char names[LADDER_NAMES_MAX][STORE_PROFILE_SIZE];
	int name_count;
};

bool tls_ladder_new(struct tls_ladder **out, struct err *err)
{
	struct tls_ladder *ladder = calloc(1, sizeof(*ladder));

	*out = NULL;
	if (!ladder)
		return err_memory(err);
	if (RAND_bytes((unsigned char *)&ladder->seed, sizeof(ladder->seed)) !=
	    1) {
		err_openssl(err, ERR_SYSTEM, "random bytes");
		free(ladder);
		return false;
	}
	if (!ladder_keys_new(&ladder->keys, err)) {
		free(ladder);
		return false;
	}
	pthread_mutex_init(&ladder->lock, NULL);
	*out = ladder;
	return true;
}

void tls_ladder_free(struct tls_ladder *ladder)
{
	if (!ladder)
		return;
	pthread_mutex_destroy(&ladder->lock);
	ladder_keys_free(ladder->keys);
	free(ladder);
}

/* ---- names -------------------------------------------------------------- */

/* -1 when it is not known and there are `limit` already. */
static int name_of(struct tls_ladder *ladder, const char *profile, int limit)
{
	int name;

	for (name = 0; name < ladder->name_count; name++) {
		if (strcmp(ladder->names[name], profile) == 0)
			return name;
	}
	if (name >= limit || !text_copy(ladder->names[name],
					sizeof(ladder->names[name]), profile))
		return -1;
	ladder->name_count++;
	return name;
}

int tls_ladder_name(struct tls_ladder *ladder, const char *profile)
{
	int name;

	pthread_mutex_lock(&ladder->lock);
	name = name_of(ladder, profile, LADDER_NAMES_MAX);
	pthread_mutex_unlock(&ladder->lock);
	return name;
}

/* ---- which rung --------------------------------------------------------- */

static bool is_fit(uint32_t fit, size_t rung)
{
	return fit >> rung & 1;
}

/* The rungs that a client's versions allow; all, if they allow none. */
static uint32_t fit_rungs(const struct ladder_plan *plan, uint16_t max_version)
{
	uint32_t fit = 0;

	for (size_t i = 0; i < plan->count; i++) {
		if (plan->rungs[i].min_version <= max_version)
			fit |= (uint32_t)1 << i;
	}
	return fit ? fit : ((uint32_t)1 << plan->count) - 1;
}

/* Somebody new: what was accepted last, else the first. */
static size_t rung_for_new(const struct ladder_plan *plan, uint32_t fit,
			   int preferred)
{
	size_t first = plan->count;

	for (size_t i = plan->count; i-- > 0;) {
		if (!is_fit(fit, i))
			continue;
		if (plan->rungs[i].name == preferred)
			return i;
		first = i;
	}
	return first;
}

static bool is_smaller(const struct ladder_rung *a, const struct ladder_rung *b)
{
	return a->bytes < b->bytes;
}

static bool is_shorter(const struct ladder_rung *a, const struct ladder_rung *b)
{
	return a->certificates != b->certificates
		       ? a->certificates < b->certificates
		       : is_smaller(a, b);
}

static bool in_order(const struct ladder_rung *a, const struct ladder_rung *b)
{
	(void)a;
	(void)b;
	return false;
}

/*
 * Of those that it has not rejected the best by the reason why it rejected
 * the last; when it has rejected all, the one that is longest ago.  So it gets
 * each of them once before it gets one again.
 */
static size_t rung_in_turn(const struct ladder_plan *plan, uint32_t fit,
			   const struct ladder_return *r)
{
	bool (*better)(const struct ladder_rung *, const struct ladder_rung *) =
		r->why == LADDER_SILENT	  ? is_smaller
		: r->why == LADDER_BUNDLE ? is_shorter
					  : in_order;
	size_t best = plan->count, oldest = plan->count;
	size_t place, oldest_place = LADDER_RUNGS_MAX;

	for (size_t i = 0; i < plan->count; i++) {
		if (!is_fit(fit, i))
			continue;
		place = ladder_return_place(r, plan->rungs[i].name);
		if (place < oldest_place) {
			oldest = i;
			oldest_place = place;
		} else if (place == LADDER_RUNGS_MAX &&
			   (best == plan->count ||
			    better(&plan->rungs[i], &plan->rungs[best]))) {
			best = i;
		}
	}
	return best < plan->count ? best : oldest;
}

/* Has it rejected all that it can be offered? */
static bool has_rejected_all(const struct ladder_plan *plan, uint32_t fit,
			     const struct ladder_return *r)
{
	for (size_t i = 0; i < plan->count; i++) {
		if (is_fit(fit, i) &&
		    ladder_return_place(r, plan->rungs[i].name) ==
			    LADDER_RUNGS_MAX)
			return false;
	}
	return true;
}

static size_t rung_by_chance(struct tls_ladder *ladder,
			     const struct ladder_plan *plan, uint32_t fit)
{
	size_t chosen = 0, seen = 0;

	for (size_t i = 0; i < plan->count; i++) {
		if (!is_fit(fit, i))
			continue;
		/* Knuth's linear congruential generator, MMIX. */
		ladder->dice = ladder->dice * 6364136223846793005u +
			       1442695040888963407u;
		if ((ladder->dice >> 33) % ++seen == 0)
			chosen = i;
	}
	return chosen;
}

/*
 * Who has been offered all of them, and half of them twice, and still comes
 * back is mistaken for another, and that one for it, perhaps in turns for
 * ever: chance ends that.
 */
static size_t rung_for_return(struct tls_ladder *ladder,
			      const struct ladder_plan *plan, uint32_t fit,
			      const struct ladder_return *r)
{
	if (r->failures > plan->count + plan->count / 2 &&
	    has_rejected_all(plan, fit, r))
		return rung_by_chance(ladder, plan, fit);
	return rung_in_turn(plan, fit, r);
}

/* ---- offering ----------------------------------------------------------- */

/* Of one address. */
static struct ladder_crowd *crowd_of(struct tls_ladder *ladder, uint64_t hash,
				     uint64_t source)
{
	return &ladder->crowds[(hash ^ source) % CROWDS];
}

/*
 * A client that comes from another address each time is nobody's return.
 * Where many are expected back who do not come, and nobody gets through,
 * chance finds it the right one.
 */
static bool may_roam(const struct ladder_entry *entry,
		     const struct ladder_plan *plan, uint64_t source)
{
	return entry->rejections >= 2 * plan->count &&
	       ladder_guess_others(&entry->guess, source) >= 2 * plan->count;
}

static void offer_locked(struct tls_ladder *ladder,
			 const struct ladder_plan *plan,
			 const struct ladder_key *key, uint64_t hash,
			 struct ladder_offer *offer)
{
	struct ladder_entry *entry = ladder_keys_find(ladder->keys, hash, key);
	struct ladder_crowd *crowd = crowd_of(ladder, hash, key->source);

	ladder_crowd_join(crowd);
	if (entry &&
	    ladder_guess_take(&entry->guess, offer->begun_ms, key->source,
			      crowd, plan->count, &offer->taken))
		offer->rung = rung_for_return(ladder, plan, offer->fit,
					      &offer->taken);
	else if (entry && may_roam(entry, plan, key->source))
		offer->rung = rung_by_chance(ladder, plan, offer->fit);
	else
		offer->rung = rung_for_new(plan, offer->fit,
					   entry ? entry->preferred : -1);
}

void tls_ladder_offer(struct tls_ladder *ladder, const struct ladder_plan *plan,
		      const struct ladder_key *key, uint16_t max_version,
		      uint64_t begun_ms, struct ladder_offer *offer)
{
	uint64_t hash = ladder_keys_hash(ladder->keys, key);

	*offer = (struct ladder_offer){.begun_ms = begun_ms,
				       .fit = fit_rungs(plan, max_version)};
	pthread_mutex_lock(&ladder->lock);
	offer_locked(ladder, plan, key, hash, offer);
	pthread_mutex_unlock(&ladder->lock);
}

/* ---- settling ----------------------------------------------------------- */

/* How a connection ended. */
struct ending {
	const struct ladder_plan *plan;
	const struct ladder_offer *offer;
	enum ladder_outcome outcome;
	uint64_t now_ms;
	int64_t utc;
};

/* Put a rejection at the end of a client's way. */
static void advance(struct ladder_return *r, const struct ending *end,
		    uint32_t crowd)
{
	const struct ladder_plan *plan = end->plan;

	for (size_t i = 0; i < plan->count; i++) {
		if (end->outcome == LADDER_EXPIRED &&
		    plan->rungs[i].ends < end->utc)
			ladder_return_add(r, plan->rungs[i].name);
	}
	ladder_return_add(r, plan->rungs[end->offer->rung].name);
	r->at_ms = end->now_ms;
	r->crowd = crowd;
	r->why = (uint8_t)end->outcome;
	r->failures += r->failures < UINT8_MAX;
	r->judged |=
		end->outcome != LADDER_UNFIT && end->outcome != LADDER_UNUSED;
}

/*
 * Nothing is left for it.  Where others of its key get through, it may have
 * been mistaken for one of them, and is given a second turn first.
 */
static bool is_stranded(const struct ladder_return *r, const struct ending *end,
			const struct ladder_entry *entry)
{
	return r->judged && has_rejected_all(end->plan, end->offer->fit, r) &&
	       (entry->rejections >= r->failures ||
		r->failures >= 2 * end->plan->count);
}

static void settle_rejected(struct tls_ladder *ladder,
			    struct ladder_entry *entry,
			    const struct ending *end, uint32_t crowd,
			    uint64_t source)
{
	struct ladder_return r = end->offer->taken, last = {0};

	r.source = last.source = source;
	advance(&r, end, crowd);
	advance(&last, end, crowd);
	entry->rejections++;
	entry->at = end->utc;
	r.stranded = is_stranded(&r, end, entry);
	if (r.stranded)
		ladder_keys_strand(ladder->keys, entry, true);
	ladder_guess_reject(&entry->guess, &end->offer->taken, &r, &last);
	ladder_keys_touch(ladder->keys, entry);
}

static bool any_stranded(const struct ladder_returns *returns)
{
	for (size_t i = 0; i < returns->count; i++) {
		if (returns->list[i].stranded)
			return true;
	}
	return false;
}

static void settle_accepted(struct tls_ladder *ladder,
			    struct ladder_entry *entry,
			    const struct ending *end)
{
	const struct ladder_offer *offer = end->offer;
	int name = end->plan->rungs[offer->rung].name;

	ladder_guess_accept(&entry->guess, &offer->taken, offer->begun_ms);
	if (entry->preferred == name && !offer->taken.failures &&
	    !entry->rejections)
		return;
	entry->guess.many |= entry->preferred >= 0 && entry->preferred != name;
	entry->preferred = name;
	entry->rejections = 0;
	entry->at = end->utc;
	ladder_keys_strand(ladder->keys, entry,
			   entry->stranded &&
				   any_stranded(&entry->guess.returns));
	ladder_keys_touch(ladder->keys, entry);
}

static void settle_locked(struct tls_ladder *ladder,
			  const struct ladder_key *key, uint64_t hash,
			  const struct ending *end)
{
	struct ladder_entry *entry = ladder_keys_find(ladder->keys, hash, key);
	struct ladder_crowd *crowd = crowd_of(ladder, hash, key->source);

	ladder_crowd_leave(crowd);
	switch (end->outcome) {
	case LADDER_ACCEPTED:
		if (entry)
			settle_accepted(ladder, entry, end);
		break;
	case LADDER_REJECTED:
	case LADDER_EXPIRED:
	case LADDER_BUNDLE:
	case LADDER_SILENT:
	case LADDER_UNUSED:
	case LADDER_UNFIT:
		if (!entry)
			entry = ladder_keys_add(ladder->keys, hash, key);
		if (entry)
			settle_rejected(ladder, entry, end, crowd->number,
					key->source);
		break;
	case LADDER_UNTOLD:
		if (entry)
			ladder_guess_restore(&entry->guess, &end->offer->taken);
		break;
	}
}

void tls_ladder_settle(struct tls_ladder *ladder,
		       const struct ladder_plan *plan,
		       const struct ladder_key *key,
		       const struct ladder_offer *offer,
		       enum ladder_outcome outcome, uint64_t now_ms,
		       int64_t utc)
{
	struct ending end = {plan, offer, outcome, now_ms, utc};
	uint64_t hash = ladder_keys_hash(ladder->keys, key);

	pthread_mutex_lock(&ladder->lock);
	settle_locked(ladder, key, hash, &end);
	pthread_mutex_unlock(&ladder->lock);
}

size_t tls_ladder_stranded(struct tls_ladder *ladder)
{
	size_t count;

	pthread_mutex_lock(&ladder->lock);
	count = ladder_keys_stranded(ladder->keys);
	pthread_mutex_unlock(&ladder->lock);
	return count;
}

/* ---- rows --------------------------------------------------------------- */

/* The way of the one that is expected back first stands for all. */
static void write_rejected(const struct tls_ladder *ladder,
			   const struct ladder_returns *returns,
			   struct ladder_row *row)
{
	const struct ladder_return *r = returns->list;
	size_t room = sizeof(row->rejected), at = 0;

	for (size_t i = 0; i < returns->count; i++)
		row->failures += r[i].failures;
	for (size_t i = 0; returns->count && i < r->count; i++) {
		const char *name = ladder->names[r->tried[i]];

		if (at + 1 + strlen(name) >= room)
			return;
		at += (size_t)snprintf(row->rejected + at, room - at, "%s%s",
				       i ? "," : "", name);
	}
}

static void write_row(const struct tls_ladder *ladder,
		      const struct ladder_entry *entry, bool gone,
		      struct ladder_row *row)
{
	*row = (struct ladder_row){.at = entry->at};
	text_copy(row->network, sizeof(row->network), entry->network);
	text_copy(row->ja4, sizeof(row->ja4), entry->ja4);
	text_copy(row->sni, sizeof(row->sni), entry->sni);
	if (gone)
		return;
	row->stranded = entry->stranded;
	if (entry->preferred >= 0)
		text_copy(row->preferred, sizeof(row->preferred),
			  ladder->names[entry->preferred]);
	write_rejected(ladder, &entry->guess.returns, row);
}

static bool next_row(struct tls_ladder *ladder, struct ladder_row *row)
{
	struct ladder_entry *entry;
	bool gone;

	pthread_mutex_lock(&ladder->lock);
	entry = ladder_keys_news(ladder->keys, &gone);
	if (entry)
		write_row(ladder, entry, gone, row);
	pthread_mutex_unlock(&ladder->lock);
	if (gone)
		ladder_entry_free(entry);
	return entry;
}

size_t tls_ladder_changes(struct tls_ladder *ladder, size_t limit,
			  void (*each)(void *arg, const struct ladder_row *row),
			  void *arg)
{
	struct ladder_row row;
	size_t count;

	for (count = 0; count < limit && next_row(ladder, &row); count++)
		each(arg, &row);
	return count;
}

/* Names that find no room are left out. */
static struct ladder_return read_rejected(struct tls_ladder *ladder,
					  const struct ladder_row *row)
{
	struct ladder_return r = {.judged = true, .stranded = row->stranded};
	char text[STORE_TEXT_SIZE];
	char *rest, *profile;

	text_copy(text, sizeof(text), row->rejected);
	for (profile = strtok_r(text, ",", &rest); profile;
	     profile = strtok_r(NULL, ",", &rest)) {
		int name = name_of(ladder, profile, LADDER_NAMES_RESTORED);

		if (name >= 0)
			ladder_return_add(&r, name);
	}
	r.failures = r.count;
	return r;
}

/* The one way that was kept stands for all clients that were expected back;
 * most of them had come as far. */
static void restore_returns(struct ladder_returns *returns,
			    const struct ladder_return *r,
			    const struct ladder_row *row)
{
	int64_t clients = r->count ? row->failures / r->count : 0;

	if (r->count && (clients < 1 || row->stranded))
		clients = 1;
	if (clients > LADDER_PENDING_MAX)
		clients = LADDER_PENDING_MAX;
	for (int64_t i = 0; i < clients; i++)
		ladder_returns_add(returns, r);
}

static bool restore_locked(struct tls_ladder *ladder, uint64_t hash,
			   const struct ladder_key *key,
			   const struct ladder_row *row)
{
	struct ladder_return r = read_rejected(ladder, row);
	struct ladder_entry *entry;
	int preferred = row->preferred[0] ? name_of(ladder, row->preferred,
						    LADDER_NAMES_RESTORED)
					  : -1;

	if ((preferred < 0 && !r.count) ||
	    ladder_keys_find(ladder->keys, hash, key))
		return false;
	entry = ladder_keys_restore(ladder->keys, hash, key);
	if (!entry)
		return false;
	entry->preferred = preferred;
	entry->at = row->at;
	restore_returns(&entry->guess.returns, &r, row);
	ladder_keys_strand(ladder->keys, entry, row->stranded);
	ladder_keys_sort(ladder->keys, entry);
	return true;
}

bool tls_ladder_restore(struct tls_ladder *ladder, const struct ladder_row *row,
			int64_t oldest)
{
	struct ladder_key key;
	uint64_t hash;
	bool restored;

	if (row->at < oldest ||
	    !text_copy(key.network, sizeof(key.network), row->network) ||
	    !text_copy(key.ja4, sizeof(key.ja4), row->ja4) ||
	    !text_copy(key.sni, sizeof(key.sni), row->sni))
		return false;
	hash = ladder_keys_hash(ladder->keys, &key);
	pthread_mutex_lock(&ladder->lock);
	restored = restore_locked(ladder, hash, &key, row);
	pthread_mutex_unlock(&ladder->lock);
	return restored;
}

/* FNV-1a, from a beginning that nobody knows. */
uint64_t ladder_source(const struct tls_ladder *ladder,
		       const struct sockaddr_storage *address)
{
	struct network network;
	uint64_t hash = ladder->seed;

	network_around(&network, address, 32, 128);
	for (size_t i = 0; i < sizeof(network.bytes); i++)
		hash = (hash ^ network.bytes[i]) * 0x100000001b3u;
	return hash | 1;
}

void ladder_network(const struct sockaddr_storage *address,
		    char text[static STORE_NETWORK_SIZE])
{
	struct network network;

	network_around(&network, address, V4_BITS, V6_BITS);
	network_text(&network, text);
}
