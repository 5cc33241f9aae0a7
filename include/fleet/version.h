/*
 * version - the order of version numbers, the way people write them.
 */
#ifndef OTTERD_FLEET_VERSION_H
#define OTTERD_FLEET_VERSION_H

#include "base/ident.h"

/*
 * Less than, equal to or greater than 0 as `a` is older than, the same age
 * as or newer than `b`: 1.9 < 1.10 < 1.10.1, 2.0-rc1 < 2.0-rc2 < 2.0,
 * v1.2 = 1.2, 1.0 = 1.0.0, and what follows a '+' (build metadata, Semantic
 * Versioning 2.0.0 section 10) does not count.  A total order for any two
 * idents: words compare by their characters, numbers by their value whatever
 * their length, a word is older than a number and than nothing, and nothing
 * is the number 0, before a word too: 1-rc1 = 1.0-rc1.
 */
int version_compare(const struct ident *a, const struct ident *b);

#endif
