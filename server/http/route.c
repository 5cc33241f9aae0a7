#include "http/route.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

/* Most requests are polls, then downloads. */
static const struct route_table *const tables[] = {
	&device_routes,	     &download_routes,	      &status_routes,
	&admin_image_routes, &admin_release_routes,   &admin_device_routes,
	&admin_audit_routes, &admin_handshake_routes, &admin_tls_routes,
};

/* Does the path have the pattern's shape?  A ':' takes no empty segment. */
static bool matches(const char *pattern, const char *path)
{
	while (*pattern && *path) {
		if (*pattern == ':') {
			size_t len = strcspn(path, "/");

			if (!len)
				return false;
			path += len;
			pattern++;
		} else if (*pattern++ != *path++) {
			return false;
		}
	}
	return !*pattern && !*path;
}

/* Point params at the segments for each ':' of a pattern that matches. */
static void cut(const char *pattern, char *path,
		const char *params[static REQUEST_PARAMS_MAX])
{
	size_t count = 0;

	while (*pattern) {
		if (*pattern == ':') {
			assert(count < REQUEST_PARAMS_MAX);
			params[count++] = path;
			path += strcspn(path, "/");
			pattern++;
			if (*path)
				*path = '\0';
			else
				return;
		}
		path++;
		pattern++;
	}
}

/* A row for GET serves HEAD too. */
static bool serves(const struct route *row, const char *method)
{
	return strcmp(row->method, method) == 0 ||
	       (strcmp(row->method, "GET") == 0 && strcmp(method, "HEAD") == 0);
}

static void add_allowed(char allow[static ROUTE_ALLOW_SIZE], const char *method)
{
	size_t len = strlen(allow);

	snprintf(allow + len, ROUTE_ALLOW_SIZE - len, "%s%s", len ? ", " : "",
		 strcmp(method, "GET") == 0 ? "GET, HEAD" : method);
}

enum route_match route_find(const char *method, struct target *target,
			    bool admin, const struct route **route,
			    const char *params[static REQUEST_PARAMS_MAX],
			    char allow[static ROUTE_ALLOW_SIZE])
{
	allow[0] = '\0';
	for (size_t t = 0; t < sizeof(tables) / sizeof(*tables); t++) {
		for (size_t i = 0; i < tables[t]->count; i++) {
			const struct route *row = &tables[t]->rows[i];

			if ((row->admin && !admin) ||
			    !matches(row->pattern, target->path))
				continue;
			if (serves(row, method)) {
				*route = row;
				cut(row->pattern, target->path, params);
				return ROUTE_FOUND;
			}
			add_allowed(allow, row->method);
		}
	}
	return allow[0] ? ROUTE_NO_METHOD : ROUTE_NO_PATH;
}
