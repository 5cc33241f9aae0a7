/*
 * access - admin tokens and the audit trail.
 */
#ifndef OTTERD_STORE_ACCESS_H
#define OTTERD_STORE_ACCESS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/err.h"
#include "base/ident.h"
#include "store/checkin.h"
#include "store/db.h"

/* Each role may do what the ones before it may. */
enum role { ROLE_NONE, ROLE_VIEWER, ROLE_PUBLISHER, ROLE_ADMIN };

const char *role_name(enum role role);
bool role_parse(enum role *role, const char *text);

struct token_row {
	struct ident name;
	enum role role;
	struct digest hash; /* SHA-256 of the whole token */
	int64_t created;    /* UTC seconds */
};

/* Writer: ERR_CONFLICT when the name is taken. */
bool token_add(struct db *db, const struct token_row *row, struct err *err);

/* Writer: ERR_NOT_FOUND. */
bool token_revoke(struct db *db, const struct ident *name, struct err *err);

bool token_list(struct db *db,
		bool (*each)(void *arg, const struct token_row *row), void *arg,
		struct err *err);

struct audit_row {
	int64_t id;
	int64_t at;	  /* UTC seconds */
	struct ident who; /* the token's name; "local" for the control socket */
	char address[STORE_ADDRESS_SIZE];
	char what[STORE_WORD_SIZE];   /* "release.create" */
	char object[STORE_TEXT_SIZE]; /* "inklay/7" */
	char detail[STORE_TEXT_SIZE]; /* JSON of the change, or "" */
};

/* Writer: in the same job as the change it tells of. */
bool audit_add(struct db *db, const struct audit_row *row, struct err *err);

/* Newest first, ids below `before` (0: from the newest), 1 to 1000 rows. */
bool audit_list(struct db *db, int64_t before, int limit,
		bool (*each)(void *arg, const struct audit_row *row), void *arg,
		struct err *err);

#endif
