/*
 * route - the table of everything that is served.
 */
#ifndef OTTERD_HTTP_ROUTE_H
#define OTTERD_HTTP_ROUTE_H

#include <stdbool.h>
#include <stddef.h>

#include "http/request.h"
#include "http/target.h"

/* Each file of handlers exports its rows. */
struct route_table {
	const struct route *rows;
	size_t count;
};

extern const struct route_table device_routes;	 /* manifest, report */
extern const struct route_table download_routes; /* images */
extern const struct route_table status_routes;	 /* healthz, metrics */
extern const struct route_table admin_image_routes;
extern const struct route_table admin_release_routes;
extern const struct route_table admin_device_routes; /* devices, checkins */
extern const struct route_table admin_audit_routes;
extern const struct route_table admin_handshake_routes; /* fingerprints too */
extern const struct route_table admin_tls_routes;

enum route_match { ROUTE_FOUND, ROUTE_NO_PATH, ROUTE_NO_METHOD };

/*
 * Find the row for a method and target.  params point into target->path,
 * which is cut at the slashes.  `admin` says whether the API is served on
 * this listener.  On ROUTE_NO_METHOD `allow` lists the methods there are.
 */
enum { ROUTE_ALLOW_SIZE = 64 };
enum route_match route_find(const char *method, struct target *target,
			    bool admin, const struct route **route,
			    const char *params[static REQUEST_PARAMS_MAX],
			    char allow[static ROUTE_ALLOW_SIZE]);

#endif
