/*
 * control - the daemon's socket for the commands, DATA_DIR/control.sock.
 *
 * One connection carries one verb: a line with a JSON object in, a line with
 * one out.  Only root and the daemon's own user are listened to.  Everything
 * here runs on the daemon's main thread and never blocks it.
 */
#ifndef OTTERD_CONTROL_H
#define OTTERD_CONTROL_H

#include <stdbool.h>

#include "base/err.h"
#include "store/writer.h"

struct control;

/*
 * Listen.  Whoever calls holds the database's lock, so a socket that is
 * there is a dead daemon's and is replaced.  `writer` must outlive *out.
 */
bool control_open(struct control **out, const char *data_dir,
		  struct writer *writer, struct err *err);

/* Readable when control_serve() has something to do. */
int control_fd(const struct control *control);
void control_serve(struct control *control);

/*
 * Finish the verbs under way, close all connections and remove the socket.
 * Before writer_stop().  NULL is legal.
 */
void control_close(struct control *control);

#endif
