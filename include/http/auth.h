/*
 * auth - admin tokens (RFC 6750 bearer tokens).
 */
#ifndef OTTERD_HTTP_AUTH_H
#define OTTERD_HTTP_AUTH_H

#include <stdbool.h>

#include "base/err.h"
#include "base/ident.h"
#include "store/access.h"
#include "store/db.h"

/*
 * Find the token that the value of an Authorization header (NULL when there
 * is none) holds.  False with ERR_DENIED when there is none, it is malformed
 * or unknown; with another code when the database fails.  Every stored hash
 * is compared, each in constant time.
 */
bool auth_check(struct db *db, const char *authorization, struct ident *who,
		enum role *role, struct err *err);

#endif
