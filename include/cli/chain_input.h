/*
 * chain_input - what `otterd chains` looks for chains between: anchors,
 * certificates to begin with, and the pool.
 */
#ifndef OTTERD_CLI_CHAIN_INPUT_H
#define OTTERD_CLI_CHAIN_INPUT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "cli/args.h"
#include "config.h"
#include "site_tls.h"

/* As it stands on the command line; the lists hold paths. */
struct chain_wanted {
	const char *config; /* NULL: the default one, if any is needed */
	struct args_list anchors;
	struct args_list leaves;
	struct args_list pool;
	bool ignore_time;
};

/* An anchor, or a certificate that chains begin with. */
struct party {
	char *name;
	X509 *certificate;
	bool checks_time; /* of an anchor */
	bool unsatisfied; /* likewise: for the caller to note */
};

struct parties {
	struct party *list;
	size_t count;
};

/* All zero is empty. */
struct chain_input {
	struct parties anchors;
	struct parties leaves;
	struct pool *pool;     /* one of the next two */
	struct site_tls tls;   /* of the configuration */
	struct pool *own_pool; /* without one */
	struct config *config; /* or NULL */
};

/*
 * Read the files that were given, and for anchors and leaves of which none
 * was given those of the configuration.  With both no configuration is read,
 * unless it was asked for: then its pool counts.  With only one of them, no -c
 * and no default configuration, the error says what to give.  A profile that
 * cannot be made, because no chain leads to its anchor, is said on standard
 * error and is no failure.  After a failure too it is to be given to
 * chain_input_drop().
 */
bool chain_input_load(struct chain_input *input,
		      const struct chain_wanted *wanted, struct err *err);
void chain_input_drop(struct chain_input *input);

#endif
