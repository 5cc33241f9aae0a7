/*
 * tally - handshakes counted by kind, between one writing down and the next.
 *
 * Shared by all workers.  Bounded: kinds that find no room are counted
 * together.
 */
#ifndef OTTERD_TLS_TALLY_H
#define OTTERD_TLS_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "store/handshake.h"

enum { TALLY_KINDS_MAX = 1024 }; /* between two calls of tls_tally_take() */

struct tls_tally;

bool tls_tally_new(struct tls_tally **out, struct err *err);
void tls_tally_free(struct tls_tally *tally); /* NULL is legal */

/*
 * Count one handshake of the kind that row's ja4, ja3, sni, profile, result,
 * alert, detail and network make.  row->count is not looked at; its times are
 * when it was.  Any thread.
 */
void tls_tally_add(struct tls_tally *tally, const struct handshake_row *row);

/*
 * Give out what was counted since the last call: *rows is the caller's to
 * free(), NULL when there is none.  Returns how many; *untold is how many
 * handshakes found no room.  Any thread.
 */
size_t tls_tally_take(struct tls_tally *tally, struct handshake_row **rows,
		      uint64_t *untold);

#endif
