#include "pki/way.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "pki/certificate.h"
#include "pki/key.h"

/* What a link costs; one of a kind outweighs all the smaller ones of a way. */
enum {
	COST_LINK = 1,
	COST_EXPIRED = 30,
	COST_MISSING = 1000, /* it is to be found first */
	COST_NONE = INT_MAX  /* no way */
};

struct step {
	const struct known *row;
	const struct known *next; /* NULL: the anchor */
	int price;		  /* of this link alone */
	int cost;		  /* from here to the anchor, or COST_NONE */
	bool in_pool;
	bool usable;
};

struct way {
	char subject[CERTIFICATE_NAME_SIZE]; /* of the anchor */
	char key_id[KEY_ID_SIZE];
	size_t count; /* the steps are the rows of the table, in its order */
	struct step steps[];
};

/* The place of a row of the table, which is always there. */
static size_t place(const struct way *way, const struct known *row)
{
	size_t i = 0;

	while (i + 1 < way->count && way->steps[i].row != row)
		i++;
	return i;
}

static void mark_pool(struct way *way, const struct pool *pool)
{
	for (size_t i = 0; i < pool_count(pool); i++) {
		X509 *c = pool_at(pool, i);
		const struct known *row;
		struct digest digest;
		struct step *step;

		row = certificate_fingerprint(c, &digest) ? known_find(&digest)
							  : NULL;
		if (!row)
			continue;
		step = &way->steps[place(way, row)];
		step->in_pool = true;
		step->price -= COST_MISSING;
		if (pool_revoked(pool, c))
			step->usable = false;
	}
}

static bool is_anchor(const struct way *way, const struct known *row)
{
	return !strcmp(row->subject, way->subject) &&
	       !strcmp(row->key_id, way->key_id);
}

/* The table knows the anchor's key, not only its name. */
static bool anchor_is_known(const struct way *way)
{
	for (size_t i = 0; i < way->count; i++) {
		if (is_anchor(way, way->steps[i].row))
			return true;
	}
	return false;
}

/* Lead `step` to `next`, when that is better than what it has. */
static bool improve(struct step *step, const struct known *next, int rest)
{
	int cost = rest + step->price;

	if (cost >= step->cost)
		return false;
	step->cost = cost;
	step->next = next;
	return true;
}

static bool improve_all(struct way *way)
{
	bool better = false;

	for (size_t i = 0; i < way->count; i++) {
		struct step *step = &way->steps[i];

		if (!step->usable)
			continue;
		if (!strcmp(step->row->issuer, way->subject))
			better |= improve(step, NULL, 0);
		for (size_t j = 0; j < way->count; j++) {
			const struct step *up = &way->steps[j];

			if (up->cost != COST_NONE &&
			    !strcmp(step->row->issuer, up->row->subject))
				better |= improve(step, up->row, up->cost);
		}
	}
	return better;
}

static struct step make_step(const struct known *row,
			     const struct anchor *anchor, int64_t now)
{
	bool expired = row->not_after < now;

	return (struct step){
		.row = row,
		.price = COST_LINK + COST_MISSING +
			 (expired ? (int)COST_EXPIRED : 0),
		.cost = COST_NONE,
		.usable = !row->revoked &&
			  strcmp(row->subject, row->issuer) != 0 &&
			  !(anchor->checks_time && expired),
	};
}

bool way_new(struct way **out, const struct pool *pool,
	     const struct anchor *anchor, int64_t now, struct err *err)
{
	EVP_PKEY *key = X509_get0_pubkey(anchor->certificate);
	size_t count = known_count();
	struct way *way = calloc(1, sizeof(*way) + count * sizeof(*way->steps));

	*out = NULL;
	if (!way)
		return err_memory(err);
	if (!key || !key_id(key, way->key_id)) {
		way_free(way);
		return err_openssl(err, ERR_INVALID, "anchor %s: its key",
				   anchor->name);
	}
	certificate_subject(anchor->certificate, way->subject);
	way->count = count;
	for (size_t i = 0; i < count; i++)
		way->steps[i] = make_step(known_at(i), anchor, now);
	mark_pool(way, pool);
	if (anchor_is_known(way)) {
		while (improve_all(way))
			;
	}
	*out = way;
	return true;
}

void way_free(struct way *way)
{
	free(way);
}

/* The cheapest step with that subject and, when not NULL, key. */
static const struct known *best_of(const struct way *way, const char *subject,
				   const char *key_id)
{
	const struct step *best = NULL;

	for (size_t i = 0; i < way->count; i++) {
		const struct step *step = &way->steps[i];

		if (step->cost == COST_NONE ||
		    strcmp(step->row->subject, subject) != 0 ||
		    (key_id && strcmp(step->row->key_id, key_id) != 0))
			continue;
		if (!best || step->cost < best->cost)
			best = step;
	}
	return best ? best->row : NULL;
}

const struct known *way_from(const struct way *way, const char *issuer)
{
	return best_of(way, issuer, NULL);
}

const struct known *way_next(const struct way *way, const struct known *row)
{
	return way->steps[place(way, row)].next;
}

bool way_in_pool(const struct way *way, const struct known *row)
{
	return way->steps[place(way, row)].in_pool;
}

unsigned int way_missing(const struct way *way, const struct known *row)
{
	return (unsigned int)way->steps[place(way, row)].cost / COST_MISSING;
}

bool way_of(const struct way *way, const struct known *row,
	    const struct known **first, unsigned int *missing)
{
	*missing = 0;
	*first = NULL;
	if (is_anchor(way, row))
		return true;
	*first = best_of(way, row->subject, row->key_id);
	if (*first)
		*missing = way_missing(way, *first);
	return *first != NULL;
}

bool way_obtainable(const struct way *way)
{
	for (size_t i = 0; i < way->count; i++) {
		const struct known *row = way->steps[i].row, *first;
		unsigned int missing;

		if (row->obtain && way_of(way, row, &first, &missing))
			return true;
	}
	return false;
}
