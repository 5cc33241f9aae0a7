/*
 * catalog - images, their signatures, and the releases made of them.
 *
 * Functions marked Writer run in a job of the writer; the rest take any
 * connection.
 */
#ifndef OTTERD_STORE_CATALOG_H
#define OTTERD_STORE_CATALOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/err.h"
#include "base/ident.h"
#include "pki/signature.h"
#include "store/checkin.h"
#include "store/db.h"

struct image_row {
	struct ident product;
	struct digest sha256;
	uint64_t size; /* bytes */
	struct ident version;
	char format[STORE_WORD_SIZE]; /* "raw" */
	int64_t created;	      /* UTC seconds */
	int64_t modified;	      /* UTC seconds, for Last-Modified */
};

struct image_signature_row {
	struct ident signer;
	char algorithm[SIGNATURE_ALGORITHM_SIZE];
	struct signature value;
	int64_t created;
};

enum release_state { RELEASE_ACTIVE, RELEASE_PAUSED, RELEASE_HALTED };

struct release_row {
	int64_t id; /* 1 and up, never used twice */
	struct ident product;
	struct digest sha256;
	struct ident version; /* the image's */
	struct ident channel;
	int percent; /* share of the devices, 0 to 100 */
	enum release_state state;
	int64_t created; /* UTC seconds */
};

/* "active", "paused", "halted". */
const char *release_state_name(enum release_state state);
bool release_state_parse(enum release_state *state, const char *text);

/*
 * Writer: add an image to a product.  The same image again, with the same
 * version, is success with *existed set; with another version it is
 * ERR_CONFLICT.
 */
bool image_add(struct db *db, const struct image_row *row, bool *existed,
	       struct err *err);

/* Writer: add or replace the signature of one signer. */
bool image_sign(struct db *db, const struct ident *product,
		const struct digest *sha256,
		const struct image_signature_row *signature, struct err *err);

/* Writer: ERR_NOT_FOUND, or ERR_CONFLICT naming the release that uses it.
 * *unused is set when no other product has the same bytes. */
bool image_delete(struct db *db, const struct ident *product,
		  const struct digest *sha256, bool *unused, struct err *err);

bool image_find(struct db *db, const struct ident *product,
		const struct digest *sha256, struct image_row *out,
		struct err *err);

/* All images of a product, newest first; each with all its signatures. */
bool image_list(struct db *db, const struct ident *product,
		bool (*each)(void *arg, const struct image_row *row,
			     const struct image_signature_row *signatures,
			     size_t count),
		void *arg, struct err *err);

/* The signatures of one image; *out is the caller's to free(). */
bool image_signatures(struct db *db, const struct ident *product,
		      const struct digest *sha256,
		      struct image_signature_row **out, size_t *count,
		      struct err *err);

/* Is there an image with these bytes in any product? */
bool image_exists(struct db *db, const struct digest *sha256, bool *exists,
		  struct err *err);

/* Writer: add a release; sets row->id and row->version.  ERR_NOT_FOUND when
 * the image is not there. */
bool release_add(struct db *db, struct release_row *row, struct err *err);

/* Writer: change share and state; ERR_NOT_FOUND. */
bool release_set(struct db *db, const struct release_row *row, struct err *err);

bool release_find(struct db *db, const struct ident *product, int64_t id,
		  struct release_row *out, struct err *err);

/* Releases, newest first; product "" means all products. */
bool release_list(struct db *db, const struct ident *product,
		  bool (*each)(void *arg, const struct release_row *row),
		  void *arg, struct err *err);

/*
 * Writer: the next serial of signed manifests: greater than every one given
 * before and not less than `at_least` (UTC seconds, so that a database
 * restored from an old backup does not go back either).
 */
bool serial_next(struct db *db, int64_t at_least, int64_t *serial,
		 struct err *err);
bool serial_get(struct db *db, int64_t *serial, struct err *err);

#endif
