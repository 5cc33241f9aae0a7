/*
 * image - what the handlers of images share.
 */
#ifndef OTTERD_HTTP_ADMIN_IMAGE_H
#define OTTERD_HTTP_ADMIN_IMAGE_H

#include "base/digest.h"
#include "base/ident.h"
#include "http/request.h"

/* Reply with the image as the database has it now. */
void image_reply(struct request *r, unsigned int status,
		 const struct ident *product, const struct digest *sha256);

/* Remove the image's bytes if no row names them and none is about to. */
void image_discard(struct request *r, const struct digest *sha256);

#endif
