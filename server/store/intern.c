#include "store/intern.h"

#include <string.h>

#include "store/connection.h"
#include "store/query.h"

static const struct {
	enum statement find, name, add;
} statements[INTERN_KINDS] = {
	[INTERN_PRODUCT] = {STATEMENT_PRODUCT_FIND, STATEMENT_PRODUCT_NAME,
			    STATEMENT_PRODUCT_ADD},
	[INTERN_WORD] = {STATEMENT_WORD_FIND, STATEMENT_WORD_NAME,
			 STATEMENT_WORD_ADD},
	[INTERN_FINGERPRINT] = {STATEMENT_WORD_FIND, STATEMENT_WORD_NAME,
				STATEMENT_FINGERPRINT_ADD},
};

/* What fits; without printf(), for every poll comes by several times. */
static void copy(char *to, const char *from, size_t size)
{
	size_t len = strnlen(from, size - 1);

	memcpy(to, from, len);
	to[len] = '\0';
}

static size_t remembered(const struct intern *intern)
{
	return intern->count < INTERN_ROOM ? intern->count : INTERN_ROOM;
}

static void remember(struct intern *intern, int64_t id, const char *name)
{
	struct intern_name *slot;

	if (strlen(name) >= INTERN_NAME_SIZE)
		return;
	slot = &intern->names[intern->count++ % INTERN_ROOM];
	slot->id = id;
	copy(slot->name, name, sizeof(slot->name));
}

static enum query_state lookup(struct db *db, enum intern_kind kind,
			       const char *name, int64_t *id, struct err *err)
{
	struct intern *intern = &db->interns[kind];
	enum query_state state;
	struct query q;

	*id = 0;
	if (!*name)
		return QUERY_ROW;
	for (size_t i = 0; i < remembered(intern); i++) {
		if (strcmp(intern->names[i].name, name) == 0) {
			*id = intern->names[i].id;
			return QUERY_ROW;
		}
	}
	if (!query_start(&q, db, statements[kind].find, err))
		return QUERY_FAILED;
	query_put_text(&q, name);
	state = query_number(&q, id, err);
	if (state == QUERY_ROW)
		remember(intern, *id, name);
	return state;
}

bool intern_add(struct db *db, enum intern_kind kind, const char *name,
		int64_t *id, struct err *err)
{
	enum query_state state = lookup(db, kind, name, id, err);
	struct query q;

	if (state != QUERY_DONE)
		return state == QUERY_ROW;
	if (!query_start(&q, db, statements[kind].add, err))
		return false;
	query_put_text(&q, name);
	if (kind == INTERN_FINGERPRINT)
		query_put_int(&q, INTERN_WORDS_MAX);
	state = query_number(&q, id, err);
	if (state == QUERY_ROW)
		remember(&db->interns[kind], *id, name);
	return state != QUERY_FAILED;
}

bool intern_find(struct db *db, enum intern_kind kind, const char *name,
		 int64_t *id, struct err *err)
{
	enum query_state state = lookup(db, kind, name, id, err);

	if (state == QUERY_DONE)
		return err_set(err, ERR_NOT_FOUND, "%s is not known", name);
	return state == QUERY_ROW;
}

bool intern_name(struct db *db, enum intern_kind kind, int64_t id, char *name,
		 size_t size, struct err *err)
{
	struct intern *intern = &db->interns[kind];
	char found[INTERN_NAME_SIZE] = "";
	enum query_state state;
	struct query q;

	for (size_t i = 0; i < remembered(intern); i++) {
		if (intern->names[i].id == id) {
			copy(name, intern->names[i].name, size);
			return true;
		}
	}
	name[0] = '\0';
	if (!id)
		return true;
	if (!query_start(&q, db, statements[kind].name, err))
		return false;
	query_put_int(&q, id);
	state = query_step(&q, err);
	if (state == QUERY_FAILED)
		return false;
	if (state == QUERY_ROW) {
		query_text(&q, found, sizeof(found));
		query_end(&q);
		remember(intern, id, found);
	}
	copy(name, found, size);
	return true;
}

void intern_forget(struct db *db)
{
	for (int kind = 0; kind < INTERN_KINDS; kind++)
		db->interns[kind].count = 0;
}
