#include "store/checkin.h"

#include "store/connection.h"
#include "store/intern.h"
#include "store/query.h"

/* The interned half of how a client was connected, and its reason. */
struct words {
	int64_t reason, tls_version, cipher, profile, fingerprint;
};

static bool add_words(struct db *db, struct words *words, const char *reason,
		      const struct store_peer *peer, struct err *err)
{
	return intern_add(db, INTERN_WORD, reason, &words->reason, err) &&
	       intern_add(db, INTERN_WORD, peer->tls_version,
			  &words->tls_version, err) &&
	       intern_add(db, INTERN_WORD, peer->cipher, &words->cipher, err) &&
	       intern_add(db, INTERN_WORD, peer->profile, &words->profile,
			  err) &&
	       intern_add(db, INTERN_FINGERPRINT, peer->fingerprint,
			  &words->fingerprint, err);
}

static void put_words(struct query *q, const struct words *words,
		      const struct store_peer *peer)
{
	query_put_int(q, words->reason);
	query_put_text(q, peer->address);
	query_put_int(q, words->tls_version);
	query_put_int(q, words->cipher);
	query_put_int(q, words->profile);
	query_put_int(q, words->fingerprint);
}

static bool get_word(struct query *q, char *word, size_t size, struct err *err)
{
	return intern_name(q->db, INTERN_WORD, query_int(q), word, size, err);
}

static bool get_fingerprint(struct query *q, struct store_peer *peer,
			    struct err *err)
{
	if (!intern_name(q->db, INTERN_FINGERPRINT, query_int(q),
			 peer->fingerprint, sizeof(peer->fingerprint), err))
		return false;
	query_text(q, peer->label, sizeof(peer->label));
	return true;
}

/* The columns reason, address, tls_version, cipher, profile, fingerprint and
 * its label. */
static bool get_words(struct query *q, char reason[static STORE_WORD_SIZE],
		      struct store_peer *peer, struct err *err)
{
	if (!get_word(q, reason, STORE_WORD_SIZE, err))
		return false;
	query_text(q, peer->address, sizeof(peer->address));
	return get_word(q, peer->tls_version, sizeof(peer->tls_version), err) &&
	       get_word(q, peer->cipher, sizeof(peer->cipher), err) &&
	       get_word(q, peer->profile, sizeof(peer->profile), err) &&
	       get_fingerprint(q, peer, err);
}

static bool insert_checkin(struct db *db, const struct checkin *c,
			   int64_t product, const struct words *words,
			   struct err *err)
{
	struct query q;

	if (!query_start(&q, db, STATEMENT_CHECKIN_ADD, err))
		return false;
	query_put_int(&q, product);
	query_put_text(&q, c->device.text);
	query_put_text(&q, c->version.text);
	query_put_text(&q, c->channel.text);
	query_put_int(&q, c->at);
	query_put_int(&q, c->release);
	put_words(&q, words, &c->peer);
	return query_run(&q, err);
}

/* Note on the device that the newest row of checkins is its own. */
static bool update_polled(struct db *db, const struct checkin *c,
			  int64_t product, const struct words *words,
			  struct err *err)
{
	struct query q;

	if (!query_start(&q, db, STATEMENT_DEVICE_POLLED, err))
		return false;
	query_put_int(&q, product);
	query_put_text(&q, c->device.text);
	query_put_int(&q, c->id);
	query_put_text(&q, c->version.text);
	query_put_int(&q, c->at);
	query_put_int(&q, c->release);
	put_words(&q, words, &c->peer);
	return query_run(&q, err);
}

static bool insert_device(struct db *db, int64_t product,
			  const struct ident *device,
			  const struct ident *version, int64_t at,
			  const char *address, struct err *err)
{
	struct query q;

	if (!query_start(&q, db, STATEMENT_DEVICE_ADD, err))
		return false;
	query_put_int(&q, product);
	query_put_text(&q, device->text);
	query_put_text(&q, version->text);
	query_put_int(&q, at);
	query_put_text(&q, address);
	return query_run(&q, err);
}

bool checkin_add(struct db *db, struct checkin *c, struct err *err)
{
	struct words words;
	int64_t product;

	if (!intern_add(db, INTERN_PRODUCT, c->product.text, &product, err) ||
	    !add_words(db, &words, c->reason, &c->peer, err) ||
	    !insert_checkin(db, c, product, &words, err))
		return false;
	c->id = query_new_id(db);
	if (!update_polled(db, c, product, &words, err))
		return false;
	if (query_changes(db) > 0)
		return true;
	return insert_device(db, product, &c->device, &c->version, c->at,
			     c->peer.address, err) &&
	       update_polled(db, c, product, &words, err);
}

static bool insert_report(struct db *db, const struct report *r,
			  int64_t product, struct err *err)
{
	struct query q;

	if (!query_start(&q, db, STATEMENT_REPORT_ADD, err))
		return false;
	query_put_int(&q, product);
	query_put_text(&q, r->device.text);
	query_put_int(&q, r->at);
	query_put_int(&q, r->release);
	query_put_text(&q, r->status);
	query_put_text(&q, r->version.text);
	query_put_text(&q, r->error);
	query_put_text(&q, r->detail);
	query_put_text(&q, r->address);
	return query_run(&q, err);
}

static bool update_reported(struct db *db, const struct report *r,
			    int64_t product, struct err *err)
{
	struct query q;

	if (!query_start(&q, db, STATEMENT_DEVICE_REPORTED, err))
		return false;
	query_put_int(&q, product);
	query_put_text(&q, r->device.text);
	query_put_text(&q, r->status);
	query_put_int(&q, r->release);
	query_put_int(&q, r->at);
	return query_run(&q, err);
}

bool report_add(struct db *db, const struct report *r, struct err *err)
{
	int64_t product;

	if (!intern_add(db, INTERN_PRODUCT, r->product.text, &product, err) ||
	    !insert_report(db, r, product, err) ||
	    !update_reported(db, r, product, err))
		return false;
	if (query_changes(db) > 0)
		return true;
	return insert_device(db, product, &r->device, &r->version, r->at,
			     r->address, err) &&
	       update_reported(db, r, product, err);
}

/* All columns from `device` on; the product's are the caller's. */
static bool get_device(struct query *q, struct device_row *row, struct err *err)
{
	query_ident(q, &row->device);
	query_ident(q, &row->version);
	query_ident(q, &row->channel);
	query_ident(q, &row->pin);
	query_text(q, row->groups, sizeof(row->groups));
	row->first_seen = query_int(q);
	row->last_seen = query_int(q);
	row->checkins = query_int(q);
	row->release = query_int(q);
	if (!get_words(q, row->reason, &row->peer, err))
		return false;
	query_text(q, row->report_status, sizeof(row->report_status));
	row->report_at = query_int(q);
	row->report_release = query_int(q);
	return true;
}

static bool no_device(const struct ident *product, const struct ident *device,
		      struct err *err)
{
	return err_set(err, ERR_NOT_FOUND, "device %s of product %s not known",
		       device->text, product->text);
}

/* The product's number; a product without one has no devices. */
static bool find_product(struct db *db, const struct ident *product,
			 const struct ident *device, int64_t *id,
			 struct err *err)
{
	if (intern_find(db, INTERN_PRODUCT, product->text, id, err))
		return true;
	if (err->code == ERR_NOT_FOUND)
		no_device(product, device, err);
	return false;
}

bool device_find(struct db *db, const struct ident *product,
		 const struct ident *device, struct device_row *out,
		 struct err *err)
{
	enum query_state state;
	struct query q;
	int64_t id;
	bool ok;

	if (!find_product(db, product, device, &id, err) ||
	    !query_start(&q, db, STATEMENT_DEVICE_FIND, err))
		return false;
	query_put_int(&q, id);
	query_put_text(&q, device->text);
	state = query_step(&q, err);
	if (state == QUERY_DONE)
		return no_device(product, device, err);
	if (state == QUERY_FAILED)
		return false;
	out->product = *product;
	ok = get_device(&q, out, err);
	query_end(&q);
	return ok;
}

bool device_settings_find(struct db *db, const struct ident *product,
			  const struct ident *device,
			  struct device_settings *out, struct err *err)
{
	enum query_state state;
	struct query q;
	int64_t id;

	*out = (struct device_settings){0};
	if (!intern_find(db, INTERN_PRODUCT, product->text, &id, err))
		return err->code == ERR_NOT_FOUND;
	if (!query_start(&q, db, STATEMENT_DEVICE_SETTINGS, err))
		return false;
	query_put_int(&q, id);
	query_put_text(&q, device->text);
	state = query_step(&q, err);
	if (state != QUERY_ROW)
		return state == QUERY_DONE;
	query_ident(&q, &out->channel);
	query_ident(&q, &out->pin);
	query_text(&q, out->groups, sizeof(out->groups));
	query_end(&q);
	return true;
}

/* A row that sets nothing is not kept. */
static bool unset(struct db *db, int64_t product, const struct ident *device,
		  struct err *err)
{
	struct query q;

	if (!query_start(&q, db, STATEMENT_DEVICE_UNSET, err))
		return false;
	query_put_int(&q, product);
	query_put_text(&q, device->text);
	return query_run(&q, err);
}

bool device_set(struct db *db, const struct ident *product,
		const struct ident *device, const struct ident *channel,
		const char *groups, const struct ident *pin, struct err *err)
{
	struct query q;
	int64_t id;

	if (!find_product(db, product, device, &id, err) ||
	    !query_start(&q, db, STATEMENT_DEVICE_SET, err))
		return false;
	query_put_int(&q, id);
	query_put_text(&q, device->text);
	query_put_text(&q, channel ? channel->text : NULL);
	query_put_text(&q, groups);
	query_put_text(&q, pin ? pin->text : NULL);
	if (!query_run(&q, err))
		return false;
	if (query_changes(db) == 0)
		return no_device(product, device, err);
	return unset(db, id, device, err);
}

bool device_list(struct db *db, const struct device_query *query,
		 bool (*each)(void *arg, const struct device_row *row),
		 void *arg, struct err *err)
{
	enum query_state state;
	struct device_row row;
	struct query q;

	if (!query_limit_check(query->limit, err) ||
	    !query_start(&q, db, STATEMENT_DEVICE_LIST, err))
		return false;
	query_put_text(&q, query->after_product.text);
	query_put_text(&q, query->after_device.text);
	query_put_text(&q, query->product.text);
	query_put_text(&q, query->version.text);
	query_put_text(&q, query->channel.text);
	query_put_text(&q, query->profile);
	query_put_text(&q, query->fingerprint);
	query_put_int(&q, query->seen_before);
	query_put_int(&q, query->limit);
	while ((state = query_step(&q, err)) == QUERY_ROW) {
		bool ok;

		query_ident(&q, &row.product);
		ok = get_device(&q, &row, err);
		if (!ok || !each(arg, &row)) {
			query_end(&q);
			return ok;
		}
	}
	return state == QUERY_DONE;
}

bool device_count(struct db *db, int64_t *count, struct err *err)
{
	struct query q;

	*count = 0;
	return query_start(&q, db, STATEMENT_DEVICE_COUNT, err) &&
	       query_number(&q, count, err) != QUERY_FAILED;
}

static bool get_checkin(struct query *q, struct checkin *c, struct err *err)
{
	c->id = query_int(q);
	c->at = query_int(q);
	if (!intern_name(q->db, INTERN_PRODUCT, query_int(q), c->product.text,
			 sizeof(c->product.text), err))
		return false;
	query_ident(q, &c->device);
	query_ident(q, &c->version);
	query_ident(q, &c->channel);
	c->release = query_int(q);
	return get_words(q, c->reason, &c->peer, err);
}

/* Start the statement that walks a device's chain, or the whole table. */
static bool start_history(struct query *q, struct db *db, int64_t product,
			  const struct checkin_query *query, struct err *err)
{
	bool chain = query->device.text[0] != '\0';

	if (!query_start(q, db,
			 chain ? STATEMENT_CHECKIN_HISTORY
			       : STATEMENT_CHECKIN_LIST,
			 err))
		return false;
	query_put_int(q, product);
	if (chain)
		query_put_text(q, query->device.text);
	query_put_int(q, query->before);
	query_put_int(q, query->limit);
	return true;
}

bool checkin_list(struct db *db, const struct checkin_query *query,
		  bool (*each)(void *arg, const struct checkin *row), void *arg,
		  struct err *err)
{
	enum query_state state;
	struct checkin row;
	struct query q;
	int64_t product;

	if (!query_limit_check(query->limit, err))
		return false;
	/* A product that nobody used yet has no check-ins. */
	if (!intern_find(db, INTERN_PRODUCT, query->product.text, &product,
			 err))
		return err->code == ERR_NOT_FOUND;
	if (!start_history(&q, db, product, query, err))
		return false;
	while ((state = query_step(&q, err)) == QUERY_ROW) {
		bool ok = get_checkin(&q, &row, err);

		if (!ok || !each(arg, &row)) {
			query_end(&q);
			return ok;
		}
	}
	return state == QUERY_DONE;
}

static bool prune(struct db *db, enum statement statement, int64_t before,
		  int limit, int *removed, struct err *err)
{
	struct query q;

	if (!query_start(&q, db, statement, err))
		return false;
	query_put_int(&q, before);
	query_put_int(&q, limit);
	if (!query_run(&q, err))
		return false;
	*removed += query_changes(db);
	return true;
}

bool checkin_prune(struct db *db, int64_t before, int limit, int *removed,
		   struct err *err)
{
	*removed = 0;
	return prune(db, STATEMENT_CHECKIN_PRUNE, before, limit, removed,
		     err) &&
	       prune(db, STATEMENT_REPORT_PRUNE, before, limit - *removed,
		     removed, err);
}
