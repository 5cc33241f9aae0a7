#include "tls/ladder_guess.h"

/* Who is not back after that is not expected any more: devices poll once a
 * day, and some are off over a weekend. */
static const uint64_t lost_ms = (uint64_t)3 * 24 * 60 * 60 * 1000;

/* ---- crowds ------------------------------------------------------------- */

void ladder_crowd_join(struct ladder_crowd *crowd)
{
	if (!crowd->open++) {
		crowd->number++;
		crowd->peak = 0;
		crowd->came = 0;
	}
	crowd->came++;
	if (crowd->open > crowd->peak)
		crowd->peak = crowd->open;
}

void ladder_crowd_leave(struct ladder_crowd *crowd)
{
	crowd->open--;
}

/*
 * Do those who come still belong to the rush with which the crowd began?  As
 * many as were there at once are certainly different clients, and some of
 * them come late.  Beyond that they are more likely back already.
 */
static bool is_rush(const struct ladder_crowd *crowd)
{
	return crowd->came <= crowd->peak + crowd->peak / 4;
}

/* ---- bursts ------------------------------------------------------------- */

/*
 * While failures and connections follow each other fast, new clients are
 * taken for those that come back, and their ways are mixed up.  A silence
 * tells: clients that had come back so fast would not be silent now.  So if
 * it is long beside the burst, and much longer than any of them seemed to
 * wait, and there were several clients, of which one alone cannot have failed
 * that often, then each failure was somebody else's.
 */
enum {
	SILENCE_MIN_MS = 10, /* shorter ones are chance */
	SILENCE_WAITS = 3,   /* times the longest wait */
	SILENCE_PART = 4,    /* this part of the burst */
	SILENCE_END = 10     /* times the burst, which ends it in any case */
};

static bool is_silence(const struct ladder_guess *guess, uint64_t silence_ms)
{
	uint64_t burst_ms = guess->burst_end_ms - guess->burst_start_ms;

	return silence_ms > SILENCE_MIN_MS &&
	       silence_ms > SILENCE_WAITS * guess->burst_wait_ms &&
	       silence_ms >= burst_ms / SILENCE_PART;
}

static bool is_long_silence(const struct ladder_guess *guess,
			    uint64_t silence_ms)
{
	uint64_t burst_ms = guess->burst_end_ms - guess->burst_start_ms;

	return is_silence(guess, silence_ms) &&
	       silence_ms > SILENCE_END * SILENCE_MIN_MS &&
	       silence_ms > SILENCE_END * burst_ms;
}

/* How many failed at that address. */
static size_t count_at(const struct ladder_returns *returns, uint64_t source)
{
	size_t count = 0;

	for (size_t i = 0; i < returns->count; i++)
		count += returns->list[i].source == source;
	return count;
}

static bool was_mixed_up(const struct ladder_guess *guess, uint64_t source,
			 size_t rungs)
{
	size_t failed = count_at(&guess->burst, source);
	size_t expected = count_at(&guess->returns, source);

	return guess->burst_mixed && failed >= rungs && expected &&
	       expected < failed;
}

/* Expect everybody back that failed in the burst, as if by different ones. */
static void look_back(struct ladder_guess *guess, uint64_t source)
{
	struct ladder_returns *returns = &guess->returns;
	size_t kept = 0;

	for (size_t i = 0; i < returns->count; i++) {
		const struct ladder_return *r = &returns->list[i];

		if (r->source != source || r->at_ms < guess->burst_start_ms)
			returns->list[kept++] = *r;
	}
	returns->count = kept;
	for (size_t i = 0; i < guess->burst.count; i++) {
		if (guess->burst.list[i].source == source)
			ladder_returns_add(returns, &guess->burst.list[i]);
	}
}

static void begin_burst(struct ladder_guess *guess, uint64_t now_ms)
{
	guess->burst.count = 0;
	guess->burst_start_ms = now_ms;
	guess->burst_wait_ms = 0;
	guess->burst_mixed = false;
}

static void watch_burst(struct ladder_guess *guess, uint64_t now_ms,
			uint64_t source, const struct ladder_crowd *crowd,
			size_t rungs)
{
	uint64_t silence_ms =
		now_ms > guess->burst_end_ms ? now_ms - guess->burst_end_ms : 0;

	if (crowd->open > 1) {
		guess->burst_mixed = true;
	} else if (is_silence(guess, silence_ms) &&
		   was_mixed_up(guess, source, rungs)) {
		look_back(guess, source);
		begin_burst(guess, now_ms);
	} else if (!guess->burst.count || is_long_silence(guess, silence_ms)) {
		begin_burst(guess, now_ms);
	}
	if (now_ms > guess->burst_end_ms)
		guess->burst_end_ms = now_ms;
}

/* ---- pauses ------------------------------------------------------------- */

/*
 * The pause that most of them make, by majority vote.  Pauses as short as a
 * few handshakes say nothing.
 */
enum {
	PAUSE_MIN_MS = 250,
	PAUSE_KNOWN = 2, /* votes from which on it is believed */
	PAUSE_SURE = 8,	 /* more votes do not count */
	PAUSE_SHARE = 8	 /* two that differ by 1/8 are the same */
};

static void vote(struct ladder_guess *guess, uint64_t pause_ms)
{
	uint64_t slack = guess->pause_ms / PAUSE_SHARE;

	if (pause_ms < PAUSE_MIN_MS)
		return;
	if (guess->votes > 0 && pause_ms + slack >= guess->pause_ms &&
	    pause_ms <= guess->pause_ms + slack) {
		guess->pause_ms = (3 * guess->pause_ms + pause_ms) / 4;
		guess->votes += guess->votes < PAUSE_SURE;
	} else if (--guess->votes <= 0) {
		guess->pause_ms = pause_ms;
		guess->votes = 1;
	}
}

/* Has it waited as long as they do? */
enum due { EARLY, DUE, LATE };

static enum due is_due(const struct ladder_guess *guess, bool alone,
		       uint64_t waited_ms)
{
	if (!guess->many || alone || guess->votes < PAUSE_KNOWN)
		return DUE;
	if (waited_ms < guess->pause_ms - guess->pause_ms / PAUSE_SHARE)
		return EARLY;
	return waited_ms > guess->pause_ms + guess->pause_ms / 2 ? LATE : DUE;
}

/* ---- guessing ----------------------------------------------------------- */

void ladder_guess_free(struct ladder_guess *guess)
{
	ladder_returns_free(&guess->returns);
	ladder_returns_free(&guess->burst);
}

static void forget_lost(struct ladder_returns *returns, uint64_t now_ms)
{
	for (size_t i = 0; i < returns->count && !returns->list[i].at_ms; i++)
		returns->list[i].at_ms = now_ms;
	while (returns->count && returns->list[0].at_ms + lost_ms < now_ms)
		ladder_returns_take(returns, 0);
}

static bool may_be_from(const struct ladder_return *r, uint64_t source)
{
	return !r->source || r->source == source;
}

static size_t count_from(const struct ladder_returns *returns, uint64_t source)
{
	size_t count = 0;

	for (size_t i = 0; i < returns->count; i++)
		count += may_be_from(&returns->list[i], source);
	return count;
}

size_t ladder_guess_others(const struct ladder_guess *guess, uint64_t source)
{
	return guess->returns.count - count_from(&guess->returns, source);
}

/*
 * Did it fail before the connection began?  We may learn of its failure only
 * after we have accepted the next connection; but not in a crowd, where those
 * who wait for their turn were accepted long before.
 */
enum { ORDER_MS = 20 };

static bool was_before(const struct ladder_return *r, uint64_t begun_ms,
		       const struct ladder_crowd *crowd)
{
	uint64_t slack = r->crowd == crowd->number ? 0 : ORDER_MS;

	return r->at_ms <= begun_ms + slack;
}

static uint64_t waited(const struct ladder_return *r, uint64_t begun_ms)
{
	return begun_ms > r->at_ms ? begun_ms - r->at_ms : 0;
}

/* The first that is due, else the first that is late; LADDER_PENDING_MAX when
 * it is none of them. */
static size_t who(const struct ladder_guess *guess, uint64_t begun_ms,
		  uint64_t source, const struct ladder_crowd *crowd)
{
	bool alone = guess->apart && crowd->open == 1 &&
		     count_from(&guess->returns, source) == 1;
	size_t late = LADDER_PENDING_MAX;

	for (size_t i = 0; i < guess->returns.count; i++) {
		const struct ladder_return *r = &guess->returns.list[i];

		if (!was_before(r, begun_ms, crowd) || !may_be_from(r, source))
			continue;
		if (r->crowd == crowd->number && is_rush(crowd))
			continue;
		switch (is_due(guess, alone, waited(r, begun_ms))) {
		case EARLY:
			break;
		case DUE:
			return i;
		case LATE:
			if (late == LADDER_PENDING_MAX)
				late = i;
			break;
		}
	}
	return late;
}

bool ladder_guess_take(struct ladder_guess *guess, uint64_t begun_ms,
		       uint64_t source, const struct ladder_crowd *crowd,
		       size_t rungs, struct ladder_return *taken)
{
	uint64_t waited_ms;
	size_t i;

	forget_lost(&guess->returns, begun_ms);
	watch_burst(guess, begun_ms, source, crowd, rungs);
	guess->many |=
		crowd->open > 1 || count_from(&guess->returns, source) > 1;
	guess->apart |= ladder_guess_others(guess, source) > 0;
	i = who(guess, begun_ms, source, crowd);
	if (i == LADDER_PENDING_MAX)
		return false;
	*taken = ladder_returns_take(&guess->returns, i);
	waited_ms = waited(taken, begun_ms);
	if (taken->at_ms >= guess->burst_start_ms &&
	    waited_ms > guess->burst_wait_ms)
		guess->burst_wait_ms = waited_ms;
	return true;
}

void ladder_guess_restore(struct ladder_guess *guess,
			  const struct ladder_return *taken)
{
	if (taken->failures)
		ladder_returns_add(&guess->returns, taken);
}

/* Was it taken for new, and rejected as one that is still early? */
static bool was_early(const struct ladder_guess *guess,
		      const struct ladder_return *taken,
		      const struct ladder_return *last)
{
	int name = last->tried[last->count - 1];

	if (taken->failures || !guess->many)
		return false;
	for (size_t i = 0; i < guess->returns.count; i++) {
		if (ladder_return_place(&guess->returns.list[i], name) <
		    LADDER_RUNGS_MAX)
			return true;
	}
	return false;
}

void ladder_guess_reject(struct ladder_guess *guess,
			 const struct ladder_return *taken,
			 const struct ladder_return *r,
			 const struct ladder_return *last)
{
	if (guess->votes > 0 && was_early(guess, taken, last))
		guess->votes--;
	if (!guess->burst.count && !guess->burst_start_ms)
		guess->burst_start_ms = r->at_ms;
	guess->burst_end_ms = r->at_ms;
	/* Who it was is in doubt only within the burst. */
	ladder_returns_add(
		&guess->burst,
		taken->failures && taken->at_ms < guess->burst_start_ms ? r
									: last);
	ladder_returns_add(&guess->returns, r);
}

void ladder_guess_accept(struct ladder_guess *guess,
			 const struct ladder_return *taken, uint64_t begun_ms)
{
	guess->burst_mixed |= guess->burst.count > 0;
	if (taken->failures)
		vote(guess, waited(taken, begun_ms));
}
