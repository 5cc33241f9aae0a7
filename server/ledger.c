#include "ledger.h"

#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/job.h"
#include "base/log.h"
#include "store/handshake.h"
#include "store/ladder.h"
#include "store/stranded.h"

enum {
	CHANGES_MAX = 1024, /* of the ladder, written at once */
	TOLD_LINES = 6,	    /* in the log about stranded clients, a minute */
	MINUTE_MS = 60 * 1000,
	TOLD_MAX = 64,		   /* fingerprints whose stranding was logged */
	DAY = 24 * 60 * 60,	   /* seconds */
	HANDSHAKE_AGE = 180 * DAY, /* as long as somebody may ask why */
	LADDER_AGE = 400 * DAY,	   /* devices that poll once a year */
	PRUNE_MS = 60 * 1000	   /* between two prunings of the ladder */
};

/* What was last said in the log of a fingerprint. */
struct told {
	char ja4[STORE_WORD_SIZE];
	int64_t clients;
};

struct ledger {
	struct job job; /* under way or not */
	bool busy;
	struct port *port;
	struct writer *writer;
	struct tls_tally *tally;
	struct tls_ladder *ladder;
	struct handshake_row *handshakes; /* in the job */
	size_t handshake_count;
	struct ladder_row *changes;
	size_t change_count;
	struct told told[TOLD_MAX];
	size_t told_count;
	uint64_t told_until; /* ms: end of the minute in which these count */
	unsigned int lines, unsaid;
	uint64_t next_prune; /* ms */
	struct metric *stranded, *untold;
};

/* ---- reading back ------------------------------------------------------- */

static bool restore(void *arg, const struct ladder_row *row)
{
	struct ledger *ledger = arg;

	tls_ladder_restore(ledger->ladder, row, clock_utc() - LADDER_AGE);
	return true;
}

static void make_metrics(struct ledger *ledger, struct metrics *metrics)
{
	ledger->stranded = metrics_get(
		metrics, METRIC_GAUGE, "otterd_stranded_clients", "",
		"Kinds of clients (network, fingerprint, name) that have "
		"rejected every profile and accepted none since.");
	ledger->untold = metrics_get(
		metrics, METRIC_COUNTER, "otterd_handshakes_untold_total", "",
		"Handshakes that were not written down one by one because "
		"there were too many kinds at once.");
}

bool ledger_open(struct ledger **out, struct db *db, struct writer *writer,
		 struct metrics *metrics, struct err *err)
{
	struct ledger *ledger = calloc(1, sizeof(*ledger));

	*out = NULL;
	if (!ledger)
		return err_memory(err);
	ledger->writer = writer;
	ledger->changes = calloc(CHANGES_MAX, sizeof(*ledger->changes));
	if (!ledger->changes) {
		err_memory(err);
		goto fail;
	}
	if (!port_open(&ledger->port, err) ||
	    !tls_tally_new(&ledger->tally, err) ||
	    !tls_ladder_new(&ledger->ladder, err) ||
	    !ladder_load(db, restore, ledger, err))
		goto fail;
	make_metrics(ledger, metrics);
	*out = ledger;
	return true;
fail:
	ledger_close(ledger);
	return false;
}

struct tls_tally *ledger_tally(struct ledger *ledger)
{
	return ledger->tally;
}

struct tls_ladder *ledger_ladder(struct ledger *ledger)
{
	return ledger->ladder;
}

/* ---- who is stranded ---------------------------------------------------- */

static struct told *told_of(struct ledger *ledger, const char *ja4)
{
	struct told *told;

	for (size_t i = 0; i < ledger->told_count; i++) {
		if (strcmp(ledger->told[i].ja4, ja4) == 0)
			return &ledger->told[i];
	}
	if (ledger->told_count == TOLD_MAX)
		ledger->told_count = 0; /* begin anew rather than be silent */
	told = &ledger->told[ledger->told_count++];
	*told = (struct told){0};
	text_copy(told->ja4, sizeof(told->ja4), ja4);
	return told;
}

/* What to do about it, by what the last one said or did. */
static const struct advice {
	const char *detail; /* NULL: any other */
	const char *text;
} advices[] = {
	{"certificate_expired",
	 "they check the time, and their chain has a link that expired: "
	 "'otterd chains' says whether any other can exist"},
	{"certificate_unknown",
	 "their clock may be wrong, or a link too weak for them: see 'otterd "
	 "check'"},
	{"unsupported_certificate",
	 "a key or its usage is not to their liking: see 'otterd check'"},
	{"closed after the certificate",
	 "the Certificate message may be too large for them, or their stack "
	 "sends no alerts: see 'otterd check', and add the root in their "
	 "firmware to tls.anchors"},
	{"no shared cipher",
	 "add a profile to tls.ladder with the ciphers or the min_version that "
	 "they know"},
	{"unsupported protocol",
	 "add a profile with their min_version to tls.ladder"},
	{NULL,
	 "add the root in their firmware to tls.anchors, with a profile for it "
	 "in tls.ladder"},
};

static const char *advice_for(const char *detail)
{
	const struct advice *a = advices;

	while (a->detail && strcmp(a->detail, detail) != 0)
		a++;
	return a->text;
}

static void advise(const struct stranded *s)
{
	const char *who = s->label[0]	     ? s->label
			  : s->looks_like[0] ? s->looks_like
					     : "nothing known";
	const char *one = s->clients == 1 ? "s" : "";

	log_event(LOG_WARN, "stranded",
		  "%" PRId64 " client%s that look%s like %s (ja4=%s) reject%s "
		  "profile %s with %s and accept%s nothing; %s",
		  s->clients, s->clients == 1 ? "" : "s", one, who, s->ja4, one,
		  s->profile, s->detail, one, advice_for(s->detail));
}

/* A scanner with a new fingerprint each time must not fill the log. */
static bool may_say(struct ledger *ledger)
{
	uint64_t now = clock_ms();

	if (now >= ledger->told_until) {
		if (ledger->unsaid)
			log_event(LOG_WARN, "stranded",
				  "%u more times, see GET "
				  "/api/v1/handshakes?outcome=failed",
				  ledger->unsaid);
		ledger->told_until = now + MINUTE_MS;
		ledger->lines = ledger->unsaid = 0;
	}
	if (ledger->lines < TOLD_LINES) {
		ledger->lines++;
		return true;
	}
	ledger->unsaid++;
	return false;
}

/* Once for each time that their number grows. */
static void tell_stranded(struct ledger *ledger, struct db *db, const char *ja4)
{
	struct told *told = told_of(ledger, ja4);
	struct stranded stranded;
	struct err err;

	if (!stranded_find(db, ja4, &stranded, &err)) {
		log_event(LOG_WARN, "stranded", "%s", err.text);
		return;
	}
	if (stranded.clients > told->clients && may_say(ledger))
		advise(&stranded);
	told->clients = stranded.clients;
}

/* ---- writing ------------------------------------------------------------ */

static bool prune(struct ledger *ledger, struct db *db, struct err *err)
{
	int64_t utc = clock_utc();
	uint64_t now = clock_ms();

	if (ledger->handshake_count &&
	    !handshake_prune(db, utc - HANDSHAKE_AGE, err))
		return false;
	if (now < ledger->next_prune)
		return true;
	ledger->next_prune = now + PRUNE_MS;
	return ladder_prune(db, utc - LADDER_AGE, LADDER_KEYS_MAX, err);
}

static bool run(struct job *job, void *context, struct err *err)
{
	struct ledger *ledger = (struct ledger *)job;
	struct db *db = context;

	for (size_t i = 0; i < ledger->handshake_count; i++) {
		if (!handshake_add(db, &ledger->handshakes[i], err))
			return false;
	}
	for (size_t i = 0; i < ledger->change_count; i++) {
		if (!ladder_save(db, &ledger->changes[i], err))
			return false;
	}
	for (size_t i = 0; i < ledger->change_count; i++) {
		if (ledger->changes[i].stranded)
			tell_stranded(ledger, db, ledger->changes[i].ja4);
	}
	return prune(ledger, db, err);
}

static void done(struct job *job)
{
	struct ledger *ledger = (struct ledger *)job;

	if (!job->ok)
		log_event(LOG_ERROR, "handshakes",
			  "%zu kinds of handshakes were not recorded: %s",
			  ledger->handshake_count, job->err.text);
	free(ledger->handshakes);
	ledger->handshakes = NULL;
	ledger->handshake_count = 0;
	ledger->change_count = 0;
	ledger->busy = false;
}

static void collect_change(void *arg, const struct ladder_row *row)
{
	struct ledger *ledger = arg;

	ledger->changes[ledger->change_count++] = *row;
}

static void write_news(struct ledger *ledger)
{
	uint64_t untold;

	ledger->handshake_count =
		tls_tally_take(ledger->tally, &ledger->handshakes, &untold);
	metric_add(ledger->untold, (int64_t)untold);
	tls_ladder_changes(ledger->ladder, CHANGES_MAX, collect_change, ledger);
	if (!ledger->handshake_count && !ledger->change_count)
		return;
	ledger->job =
		(struct job){.port = ledger->port, .run = run, .done = done};
	ledger->busy = true;
	writer_submit(ledger->writer, &ledger->job);
}

void ledger_tick(struct ledger *ledger)
{
	port_drain(ledger->port);
	metric_set(ledger->stranded,
		   (int64_t)tls_ladder_stranded(ledger->ladder));
	if (!ledger->busy)
		write_news(ledger);
}

void ledger_finish(struct ledger *ledger)
{
	if (!ledger)
		return;
	do {
		while (ledger->busy) {
			struct pollfd ready = {.fd = port_fd(ledger->port),
					       .events = POLLIN};

			poll(&ready, 1, -1);
			port_drain(ledger->port);
		}
		write_news(ledger);
	} while (ledger->busy);
}

void ledger_close(struct ledger *ledger)
{
	if (!ledger)
		return;
	if (ledger->port)
		port_drain(ledger->port);
	port_close(ledger->port);
	tls_ladder_free(ledger->ladder);
	tls_tally_free(ledger->tally);
	free(ledger->changes);
	free(ledger);
}
