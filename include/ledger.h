/*
 * ledger - what the TLS front has seen and learned, written to the database
 * from time to time and read back at the start.
 *
 * For the main thread.
 */
#ifndef OTTERD_LEDGER_H
#define OTTERD_LEDGER_H

#include <stdbool.h>

#include "base/err.h"
#include "base/metrics.h"
#include "store/db.h"
#include "store/writer.h"
#include "tls/ladder.h"
#include "tls/tally.h"

struct ledger;

/* Read back through `db`, a reader; it is not kept. */
bool ledger_open(struct ledger **out, struct db *db, struct writer *writer,
		 struct metrics *metrics, struct err *err);

/* Borrowed, for as long as the ledger is open. */
struct tls_tally *ledger_tally(struct ledger *ledger);
struct tls_ladder *ledger_ladder(struct ledger *ledger);

/*
 * Write what is new, unless the last writing is still under way.  To be
 * called about once a second.  Says in the log who is stranded now.
 */
void ledger_tick(struct ledger *ledger);

/* Write all that is left, before the writer stops.  NULL is legal for both. */
void ledger_finish(struct ledger *ledger);
void ledger_close(struct ledger *ledger);

#endif
