/*
 * notify - what systemd wants to know, and the sockets it hands over.
 *
 * See sd_notify(3), sd_listen_fds(3), sd_watchdog_enabled(3).  Outside
 * systemd every call is a harmless no-op.
 */
#ifndef OTTERD_BASE_NOTIFY_H
#define OTTERD_BASE_NOTIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void notify_ready(const char *status);
void notify_status(const char *status);
void notify_reloading(void); /* with MONOTONIC_USEC, for notify-reload */
void notify_stopping(void);
void notify_watchdog(void); /* "still alive" */

/* Milliseconds between two notify_watchdog() calls; 0 when not wanted. */
uint64_t notify_watchdog_ms(void);

/*
 * Take over the stream sockets that systemd listens on for us.  Returns how
 * many were stored in fds (close-on-exec, non-blocking); those beyond `max`
 * and those that are no listening stream sockets are closed.  Once only.
 */
size_t notify_listen_fds(int *fds, size_t max);

#endif
