#include "tls/ladder.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/network.h"
#include "base/strbuf.h"

enum {
	CROWDS = 8192, /* counters that all keys share */
	/* One customer's addresses: an IPv4 /24 as one site's NAT has them,
	   an IPv6 /64 (RFC 6177). */
	V4_BITS = 24,
	V6_BITS = 64
};

/*
 * Connections under way of the keys that share this counter.  A crowd is a
 * time without a moment when there was none.
 */
struct crowd {
	uint32_t open;
	uint32_t number;
};

struct tls_ladder {
	pthread_mutex_t lock;
	struct ladder_keys *keys;
	struct crowd crowds[CROWDS];
	char names[LADDER_NAMES_MAX][STORE_PROFILE_SIZE];
	int name_count;
};

bool tls_ladder_new(struct tls_ladder **out, struct err *err)
{
	struct tls_ladder *ladder = calloc(1, sizeof(*ladder));

	*out = NULL;
	if (!ladder)
		return err_memory(err);
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
static size_t rung_for_return(const struct ladder_plan *plan, uint32_t fit,
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

/* ---- offering ----------------------------------------------------------- */

static struct crowd *join_crowd(struct tls_ladder *ladder, uint64_t hash)
{
	struct crowd *crowd = &ladder->crowds[hash % CROWDS];

	if (!crowd->open++)
		crowd->number++;
	return crowd;
}

static void offer_locked(struct tls_ladder *ladder,
			 const struct ladder_plan *plan,
			 const struct ladder_key *key, uint64_t hash,
			 uint64_t begun_ms, struct ladder_offer *offer)
{
	struct ladder_entry *entry = ladder_keys_find(ladder->keys, hash, key);
	struct crowd *crowd = join_crowd(ladder, hash);

	if (entry && ladder_returns_take(&entry->returns, begun_ms,
					 crowd->number, &offer->taken))
		offer->rung = rung_for_return(plan, offer->fit, &offer->taken);
	else
		offer->rung = rung_for_new(plan, offer->fit,
					   entry ? entry->preferred : -1);
}

void tls_ladder_offer(struct tls_ladder *ladder, const struct ladder_plan *plan,
		      const struct ladder_key *key, uint16_t max_version,
		      uint64_t begun_ms, struct ladder_offer *offer)
{
	uint64_t hash = ladder_keys_hash(ladder->keys, key);

	*offer = (struct ladder_offer){.fit = fit_rungs(plan, max_version)};
	pthread_mutex_lock(&ladder->lock);
	offer_locked(ladder, plan, key, hash, begun_ms, offer);
	pthread_mutex_unlock(&ladder->lock);
}

/* ---- settling ----------------------------------------------------------- */

/* Note a rejection on a client's way. */
static void advance(struct ladder_return *r, const struct ladder_plan *plan,
		    size_t rung, enum ladder_outcome outcome, uint64_t now_ms,
		    int64_t utc)
{
	for (size_t i = 0; outcome == LADDER_EXPIRED && i < plan->count; i++) {
		if (plan->rungs[i].ends < utc)
			ladder_return_add(r, plan->rungs[i].name);
	}
	ladder_return_add(r, plan->rungs[rung].name);
	r->at_ms = now_ms;
	r->why = (uint8_t)outcome;
	r->failures += r->failures < UINT8_MAX;
	r->judged |= outcome != LADDER_UNFIT;
}

/* Has it rejected all that it can be offered? */
static bool has_rejected_all(const struct ladder_return *r,
			     const struct ladder_plan *plan, uint32_t fit)
{
	for (size_t i = 0; i < plan->count; i++) {
		if (is_fit(fit, i) &&
		    ladder_return_place(r, plan->rungs[i].name) ==
			    LADDER_RUNGS_MAX)
			return false;
	}
	return r->judged;
}

static void
settle_rejected(struct tls_ladder *ladder, const struct ladder_plan *plan,
		const struct ladder_key *key, uint64_t hash,
		struct ladder_entry *entry, const struct ladder_offer *offer,
		enum ladder_outcome outcome, uint64_t now_ms, int64_t utc)
{
	struct ladder_return r = offer->taken;

	if (!entry)
		entry = ladder_keys_add(ladder->keys, hash, key);
	if (!entry)
		return;
	r.crowd = ladder->crowds[hash % CROWDS].number;
	advance(&r, plan, offer->rung, outcome, now_ms, utc);
	ladder_returns_add(&entry->returns, &r);
	entry->failures++;
	entry->at = utc;
	if (has_rejected_all(&r, plan, offer->fit))
		ladder_keys_strand(ladder->keys, entry, true);
	ladder_keys_touch(ladder->keys, entry);
}

static void settle_accepted(struct tls_ladder *ladder,
			    const struct ladder_plan *plan,
			    struct ladder_entry *entry,
			    const struct ladder_offer *offer, int64_t utc)
{
	int name = plan->rungs[offer->rung].name;

	if (entry->preferred == name && !offer->taken.count &&
	    !entry->stranded && !entry->failures)
		return;
	entry->preferred = name;
	entry->failures = 0;
	entry->at = utc;
	ladder_keys_strand(ladder->keys, entry, false);
	ladder_keys_touch(ladder->keys, entry);
}

static void settle_locked(struct tls_ladder *ladder,
			  const struct ladder_plan *plan,
			  const struct ladder_key *key, uint64_t hash,
			  const struct ladder_offer *offer,
			  enum ladder_outcome outcome, uint64_t now_ms,
			  int64_t utc)
{
	struct ladder_entry *entry = ladder_keys_find(ladder->keys, hash, key);

	ladder->crowds[hash % CROWDS].open--;
	switch (outcome) {
	case LADDER_ACCEPTED:
		if (entry)
			settle_accepted(ladder, plan, entry, offer, utc);
		break;
	case LADDER_REJECTED:
	case LADDER_EXPIRED:
	case LADDER_BUNDLE:
	case LADDER_SILENT:
	case LADDER_UNFIT:
		settle_rejected(ladder, plan, key, hash, entry, offer, outcome,
				now_ms, utc);
		break;
	case LADDER_UNTOLD:
		if (entry && offer->taken.count)
			ladder_returns_add(&entry->returns, &offer->taken);
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
	uint64_t hash = ladder_keys_hash(ladder->keys, key);

	pthread_mutex_lock(&ladder->lock);
	settle_locked(ladder, plan, key, hash, offer, outcome, now_ms, utc);
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

/* The way of the one that is expected back first. */
static void write_rejected(const struct tls_ladder *ladder,
			   const struct ladder_returns *returns, char *text,
			   size_t room)
{
	const struct ladder_return *r = returns->list;
	size_t at = 0, len;

	text[0] = '\0';
	for (size_t i = 0; returns->count && i < r->count; i++) {
		len = strlen(ladder->names[r->tried[i]]);
		if (at + 1 + len >= room)
			return;
		at += (size_t)snprintf(text + at, room - at, "%s%s",
				       i ? "," : "",
				       ladder->names[r->tried[i]]);
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
	row->failures = entry->failures;
	row->stranded = entry->stranded;
	if (entry->preferred >= 0)
		text_copy(row->preferred, sizeof(row->preferred),
			  ladder->names[entry->preferred]);
	write_rejected(ladder, &entry->returns, row->rejected,
		       sizeof(row->rejected));
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
static void read_rejected(struct tls_ladder *ladder, const char *text,
			  struct ladder_return *r)
{
	char copy[STORE_TEXT_SIZE];
	char *rest, *profile;
	int name;

	text_copy(copy, sizeof(copy), text);
	for (profile = strtok_r(copy, ",", &rest); profile;
	     profile = strtok_r(NULL, ",", &rest)) {
		name = name_of(ladder, profile, LADDER_NAMES_RESTORED);
		if (name >= 0)
			ladder_return_add(r, name);
	}
}

/*
 * One row stands for all clients of its key.  Where they were many, most of
 * them had failed as often as the one whose way was kept.
 */
static void restore_returns(struct ladder_entry *entry,
			    const struct ladder_return *r)
{
	size_t clients = r->count ? entry->failures / r->count : 0;

	if (r->count && (!clients || entry->stranded))
		clients = 1;
	if (clients > LADDER_PENDING_MAX)
		clients = LADDER_PENDING_MAX;
	for (size_t i = 0; i < clients; i++)
		ladder_returns_add(&entry->returns, r);
}

static bool restore_locked(struct tls_ladder *ladder, uint64_t hash,
			   const struct ladder_key *key,
			   const struct ladder_row *row)
{
	struct ladder_return r = {.judged = true};
	struct ladder_entry *entry;

	if (ladder_keys_find(ladder->keys, hash, key))
		return false;
	entry = ladder_keys_restore(ladder->keys, hash, key);
	if (!entry)
		return false;
	if (row->preferred[0])
		entry->preferred =
			name_of(ladder, row->preferred, LADDER_NAMES_RESTORED);
	entry->failures = row->failures > 0 && row->failures < UINT32_MAX
				  ? (uint32_t)row->failures
				  : 0;
	entry->at = row->at;
	read_rejected(ladder, row->rejected, &r);
	ladder_keys_strand(ladder->keys, entry, row->stranded);
	restore_returns(entry, &r);
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

void ladder_network(const struct sockaddr_storage *address,
		    char text[static STORE_NETWORK_SIZE])
{
	struct network network;

	network_around(&network, address, V4_BITS, V6_BITS);
	network_text(&network, text);
}
