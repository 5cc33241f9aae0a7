#include "store/catalog.h"

#include <stdlib.h>
#include <string.h>

#include "store/connection.h"
#include "store/intern.h"
#include "store/query.h"

static const char *const state_names[] = {
	[RELEASE_ACTIVE] = "active",
	[RELEASE_PAUSED] = "paused",
	[RELEASE_HALTED] = "halted",
};

enum { STATES = sizeof(state_names) / sizeof(state_names[0]) };

const char *release_state_name(enum release_state state)
{
	return state_names[state];
}

bool release_state_parse(enum release_state *state, const char *text)
{
	for (int i = 0; i < STATES; i++) {
		if (strcmp(text, state_names[i]) == 0) {
			*state = (enum release_state)i;
			return true;
		}
	}
	return false;
}

static bool no_image(const struct ident *product, const struct digest *sha256,
		     struct err *err)
{
	char hex[DIGEST_HEX_SIZE];

	digest_hex(sha256, hex);
	return err_set(err, ERR_NOT_FOUND, "product %s has no image %s",
		       product->text, hex);
}

/* Start a statement about one image: ?1 is its product, ?2 its digest. */
static bool start_image(struct query *q, struct db *db,
			enum statement statement, const struct ident *product,
			const struct digest *sha256, struct err *err)
{
	int64_t id;

	if (!intern_find(db, INTERN_PRODUCT, product->text, &id, err)) {
		if (err->code == ERR_NOT_FOUND)
			no_image(product, sha256, err);
		return false;
	}
	if (!query_start(q, db, statement, err))
		return false;
	query_put_int(q, id);
	query_put_digest(q, sha256);
	return true;
}

static void get_image(struct query *q, struct image_row *row)
{
	query_digest(q, &row->sha256);
	row->size = (uint64_t)query_int(q);
	query_ident(q, &row->version);
	query_text(q, row->format, sizeof(row->format));
	row->created = query_int(q);
	row->modified = query_int(q);
}

bool image_find(struct db *db, const struct ident *product,
		const struct digest *sha256, struct image_row *out,
		struct err *err)
{
	enum query_state state;
	struct query q;

	if (!start_image(&q, db, STATEMENT_IMAGE_FIND, product, sha256, err))
		return false;
	state = query_step(&q, err);
	if (state == QUERY_DONE)
		return no_image(product, sha256, err);
	if (state == QUERY_FAILED)
		return false;
	out->product = *product;
	get_image(&q, out);
	query_end(&q);
	return true;
}

static bool insert_image(struct db *db, const struct image_row *row,
			 struct err *err)
{
	int64_t product;
	struct query q;

	if (!intern_add(db, INTERN_PRODUCT, row->product.text, &product, err) ||
	    !query_start(&q, db, STATEMENT_IMAGE_ADD, err))
		return false;
	query_put_int(&q, product);
	query_put_digest(&q, &row->sha256);
	query_put_int(&q, (int64_t)row->size);
	query_put_text(&q, row->version.text);
	query_put_text(&q, row->format);
	query_put_int(&q, row->created);
	query_put_int(&q, row->modified);
	return query_run(&q, err);
}

bool image_add(struct db *db, const struct image_row *row, bool *existed,
	       struct err *err)
{
	struct image_row there;

	*existed = false;
	if (!image_find(db, &row->product, &row->sha256, &there, err))
		return err->code == ERR_NOT_FOUND && insert_image(db, row, err);
	if (!ident_equal(&there.version, &row->version))
		return err_set(
			err, ERR_CONFLICT,
			"product %s has this image as version %s, not %s",
			row->product.text, there.version.text,
			row->version.text);
	*existed = true;
	return true;
}

bool image_sign(struct db *db, const struct ident *product,
		const struct digest *sha256,
		const struct image_signature_row *signature, struct err *err)
{
	struct image_row image;
	struct query q;

	if (!image_find(db, product, sha256, &image, err) ||
	    !start_image(&q, db, STATEMENT_IMAGE_SIGN, product, sha256, err))
		return false;
	query_put_text(&q, signature->signer.text);
	query_put_text(&q, signature->algorithm);
	query_put_blob(&q, signature->value.bytes, signature->value.len);
	query_put_int(&q, signature->created);
	return query_run(&q, err);
}

/* ERR_CONFLICT, naming the newest, when a release uses the image. */
static bool image_is_free(struct db *db, const struct ident *product,
			  const struct digest *sha256, struct err *err)
{
	enum query_state state;
	struct ident channel;
	struct query q;
	int64_t release;

	if (!start_image(&q, db, STATEMENT_IMAGE_RELEASE, product, sha256, err))
		return false;
	state = query_step(&q, err);
	if (state != QUERY_ROW)
		return state == QUERY_DONE;
	release = query_int(&q);
	query_ident(&q, &channel);
	query_end(&q);
	return err_set(err, ERR_CONFLICT,
		       "release %lld on channel %s uses this image",
		       (long long)release, channel.text);
}

bool image_delete(struct db *db, const struct ident *product,
		  const struct digest *sha256, bool *unused, struct err *err)
{
	bool exists;
	struct query q;

	*unused = false;
	if (!image_is_free(db, product, sha256, err) ||
	    !start_image(&q, db, STATEMENT_IMAGE_DELETE, product, sha256,
			 err) ||
	    !query_run(&q, err))
		return false;
	if (query_changes(db) == 0)
		return no_image(product, sha256, err);
	if (!image_exists(db, sha256, &exists, err))
		return false;
	*unused = !exists;
	return true;
}

bool image_exists(struct db *db, const struct digest *sha256, bool *exists,
		  struct err *err)
{
	int64_t found = 0;
	struct query q;

	*exists = false;
	if (!query_start(&q, db, STATEMENT_IMAGE_EXISTS, err))
		return false;
	query_put_digest(&q, sha256);
	if (query_number(&q, &found, err) == QUERY_FAILED)
		return false;
	*exists = found;
	return true;
}

static void get_signature(struct query *q, struct image_signature_row *row)
{
	query_ident(q, &row->signer);
	query_text(q, row->algorithm, sizeof(row->algorithm));
	row->value.len =
		query_blob(q, row->value.bytes, sizeof(row->value.bytes));
	row->created = query_int(q);
}

bool image_signatures(struct db *db, const struct ident *product,
		      const struct digest *sha256,
		      struct image_signature_row **out, size_t *count,
		      struct err *err)
{
	struct image_signature_row *rows = NULL, *more;
	enum query_state state;
	size_t used = 0;
	struct query q;

	*out = NULL;
	*count = 0;
	if (!start_image(&q, db, STATEMENT_IMAGE_SIGNATURES, product, sha256,
			 err))
		return false;
	while ((state = query_step(&q, err)) == QUERY_ROW) {
		more = realloc(rows, (used + 1) * sizeof(*rows));
		if (!more) {
			query_end(&q);
			err_memory(err);
			goto fail;
		}
		rows = more;
		get_signature(&q, &rows[used++]);
	}
	if (state == QUERY_FAILED)
		goto fail;
	*out = rows;
	*count = used;
	return true;
fail:
	free(rows);
	return false;
}

bool image_list(struct db *db, const struct ident *product,
		bool (*each)(void *arg, const struct image_row *row,
			     const struct image_signature_row *signatures,
			     size_t count),
		void *arg, struct err *err)
{
	struct image_row row = {.product = *product};
	enum query_state state;
	struct query q;
	int64_t id;

	/* A product that nobody used yet has no images. */
	if (!intern_find(db, INTERN_PRODUCT, product->text, &id, err))
		return err->code == ERR_NOT_FOUND;
	if (!query_start(&q, db, STATEMENT_IMAGE_LIST, err))
		return false;
	query_put_int(&q, id);
	while ((state = query_step(&q, err)) == QUERY_ROW) {
		struct image_signature_row *signatures;
		size_t count;
		bool ok, go_on;

		get_image(&q, &row);
		ok = image_signatures(db, product, &row.sha256, &signatures,
				      &count, err);
		go_on = ok && each(arg, &row, signatures, count);
		free(signatures);
		if (!go_on) {
			query_end(&q);
			return ok;
		}
	}
	return state == QUERY_DONE;
}

bool release_add(struct db *db, struct release_row *row, struct err *err)
{
	struct image_row image;
	struct query q;

	if (!image_find(db, &row->product, &row->sha256, &image, err) ||
	    !start_image(&q, db, STATEMENT_RELEASE_ADD, &row->product,
			 &row->sha256, err))
		return false;
	query_put_text(&q, row->channel.text);
	query_put_int(&q, row->percent);
	query_put_text(&q, release_state_name(row->state));
	query_put_int(&q, row->created);
	row->version = image.version;
	return query_number(&q, &row->id, err) != QUERY_FAILED;
}

static bool no_release(const struct ident *product, int64_t id, struct err *err)
{
	return err_set(err, ERR_NOT_FOUND, "product %s has no release %lld",
		       product->text, (long long)id);
}

static bool start_release(struct query *q, struct db *db,
			  enum statement statement, const struct ident *product,
			  int64_t id, struct err *err)
{
	int64_t number;

	if (!intern_find(db, INTERN_PRODUCT, product->text, &number, err)) {
		if (err->code == ERR_NOT_FOUND)
			no_release(product, id, err);
		return false;
	}
	if (!query_start(q, db, statement, err))
		return false;
	query_put_int(q, number);
	query_put_int(q, id);
	return true;
}

bool release_set(struct db *db, const struct release_row *row, struct err *err)
{
	struct query q;

	if (!start_release(&q, db, STATEMENT_RELEASE_SET, &row->product,
			   row->id, err))
		return false;
	query_put_int(&q, row->percent);
	query_put_text(&q, release_state_name(row->state));
	if (!query_run(&q, err))
		return false;
	return query_changes(db) > 0 || no_release(&row->product, row->id, err);
}

static bool get_release(struct query *q, struct release_row *row,
			struct err *err)
{
	char state[STORE_WORD_SIZE];

	row->id = query_int(q);
	if (!intern_name(q->db, INTERN_PRODUCT, query_int(q), row->product.text,
			 sizeof(row->product.text), err))
		return false;
	query_digest(q, &row->sha256);
	query_ident(q, &row->version);
	query_ident(q, &row->channel);
	row->percent = (int)query_int(q);
	query_text(q, state, sizeof(state));
	row->created = query_int(q);
	return release_state_parse(&row->state, state) ||
	       err_set(err, ERR_INVALID, "release %lld: state is \"%s\"",
		       (long long)row->id, state);
}

bool release_find(struct db *db, const struct ident *product, int64_t id,
		  struct release_row *out, struct err *err)
{
	enum query_state state;
	struct query q;
	bool ok;

	if (!start_release(&q, db, STATEMENT_RELEASE_FIND, product, id, err))
		return false;
	state = query_step(&q, err);
	if (state == QUERY_DONE)
		return no_release(product, id, err);
	if (state == QUERY_FAILED)
		return false;
	ok = get_release(&q, out, err);
	query_end(&q);
	return ok;
}

bool release_list(struct db *db, const struct ident *product,
		  bool (*each)(void *arg, const struct release_row *row),
		  void *arg, struct err *err)
{
	enum query_state state;
	struct release_row row;
	struct query q;
	int64_t id;

	if (!intern_find(db, INTERN_PRODUCT, product->text, &id, err))
		return err->code == ERR_NOT_FOUND;
	if (!query_start(&q, db, STATEMENT_RELEASE_LIST, err))
		return false;
	query_put_int(&q, id);
	while ((state = query_step(&q, err)) == QUERY_ROW) {
		bool ok = get_release(&q, &row, err);

		if (!ok || !each(arg, &row)) {
			query_end(&q);
			return ok;
		}
	}
	return state == QUERY_DONE;
}

bool serial_next(struct db *db, int64_t at_least, int64_t *serial,
		 struct err *err)
{
	struct query q;

	*serial = 0;
	if (!query_start(&q, db, STATEMENT_SERIAL_NEXT, err))
		return false;
	query_put_int(&q, at_least);
	return query_number(&q, serial, err) != QUERY_FAILED;
}

bool serial_get(struct db *db, int64_t *serial, struct err *err)
{
	struct query q;

	*serial = 0;
	return query_start(&q, db, STATEMENT_SERIAL_GET, err) &&
	       query_number(&q, serial, err) != QUERY_FAILED;
}
