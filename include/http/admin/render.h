/*
 * render - rows of the database as the API shows them.
 *
 * What makes JSON returns a new reference, or NULL when out of memory.
 */
#ifndef OTTERD_HTTP_ADMIN_RENDER_H
#define OTTERD_HTTP_ADMIN_RENDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "store/access.h"
#include "store/catalog.h"
#include "store/checkin.h"

/*
 * Append a new reference to the list.  When that fails, the list is given up:
 * *list is NULL, which reply_json() knows as out of memory.
 */
bool render_append(json_t **list, json_t *row);

/* "" is null. */
json_t *render_text(const char *text);

/* RFC 3339; 0 is null. */
json_t *render_time(int64_t utc);

json_t *render_image(const struct image_row *row,
		     const struct image_signature_row *signatures,
		     size_t count);
json_t *render_release(const struct release_row *row);
json_t *render_groups(const char *joined); /* "a,b" -> ["a","b"] */
json_t *render_device(const struct device_row *row);
json_t *render_checkin(const struct checkin *row);
json_t *render_audit(const struct audit_row *row);

#endif
