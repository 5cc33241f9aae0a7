/*
 * upload - taking in an image, and taking in a signature over one that is
 * there.  Handlers for the rows in images.c.
 */
#ifndef OTTERD_HTTP_ADMIN_UPLOAD_H
#define OTTERD_HTTP_ADMIN_UPLOAD_H

#include <stddef.h>

#include "http/request.h"

/* PUT /api/v1/products/:/images */
void upload_begin(struct request *r);
void upload_body(struct request *r, const void *data, size_t len);
void upload_handle(struct request *r);

/* PUT /api/v1/products/:/images/:/signature */
void upload_signature(struct request *r);

#endif
