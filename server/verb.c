#include "verb.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include "base/clock.h"
#include "base/hex.h"
#include "base/json.h"
#include "base/strbuf.h"
#include "otterd.h"
#include "store/access.h"
#include "store/db.h"

enum {
	SECRET_BYTES = 32, /* as many as its hash has */
	SECRET_DIGITS = 43 /* of base64url, RFC 4648 section 5, no padding */
};

#define SECRET_PREFIX "otterd_"

struct verb {
	const char *name;
	bool writes;
	bool (*run)(struct verb_call *call, struct db *db, struct err *err);
};

#define READ_FIELDS(call, fields, err)                                         \
	json_read((call)->request, fields, sizeof(fields) / sizeof(*(fields)), \
		  err)

/* Keep the answer, which json_pack() has made or not. */
static bool answer(struct verb_call *call, json_t *object, struct err *err)
{
	call->answer = object;
	return object || err_memory(err);
}

/* ---- tokens ------------------------------------------------------------- */

struct secret {
	char text[sizeof(SECRET_PREFIX) + SECRET_DIGITS];
};

static bool make_secret(struct secret *secret, struct err *err)
{
	char digits[BASE64_SIZE(SECRET_BYTES)];
	uint8_t bytes[SECRET_BYTES];

	if (RAND_bytes(bytes, sizeof(bytes)) != 1)
		return err_openssl(err, ERR_SYSTEM, "random bytes");
	base64_encode(bytes, sizeof(bytes), digits);
	for (char *c = digits; *c; c++)
		*c = *c == '+' ? '-' : *c == '/' ? '_' : *c;
	snprintf(secret->text, sizeof(secret->text), SECRET_PREFIX "%.*s",
		 SECRET_DIGITS, digits);
	OPENSSL_cleanse(bytes, sizeof(bytes));
	OPENSSL_cleanse(digits, sizeof(digits));
	return true;
}

static bool audit(struct db *db, const char *what, const struct ident *token,
		  const char *detail, struct err *err)
{
	struct audit_row row = {.at = clock_utc()};

	ident_parse(&row.who, "local", strlen("local"));
	text_copy(row.what, sizeof(row.what), what);
	text_copy(row.object, sizeof(row.object), token->text);
	text_copy(row.detail, sizeof(row.detail), detail);
	return audit_add(db, &row, err);
}

/* Only its hash is kept: the answer is the one place for the secret. */
static bool add(struct db *db, const struct ident *name, enum role role,
		const struct secret *secret, struct err *err)
{
	struct token_row row = {
		.name = *name, .role = role, .created = clock_utc()};
	char detail[64];

	if (!digest_of(&row.hash, secret->text, strlen(secret->text)))
		return err_openssl(err, ERR_SYSTEM, "token");
	snprintf(detail, sizeof(detail), "{\"role\":\"%s\"}", role_name(role));
	return token_add(db, &row, err) &&
	       audit(db, "token.create", name, detail, err);
}

static bool run_token_add(struct verb_call *call, struct db *db,
			  struct err *err)
{
	const char *word = NULL;
	struct secret secret;
	struct ident name;
	enum role role;
	const struct json_field fields[] = {
		{"name", JSON_KIND_IDENT, true, &name, 0, 0, NULL},
		{"role", JSON_KIND_STRING, true, &word, 0, INT64_MAX, NULL},
	};
	bool ok;

	if (!READ_FIELDS(call, fields, err))
		return false;
	if (!role_parse(&role, word))
		return err_set(err, ERR_INVALID,
			       "role is '%.32s': expected viewer, publisher "
			       "or admin",
			       word);
	if (!make_secret(&secret, err))
		return false;
	ok = add(db, &name, role, &secret, err) &&
	     answer(call, json_pack("{s:s}", "secret", secret.text), err);
	OPENSSL_cleanse(&secret, sizeof(secret));
	return ok;
}

static bool run_token_revoke(struct verb_call *call, struct db *db,
			     struct err *err)
{
	struct ident name;
	const struct json_field fields[] = {
		{"name", JSON_KIND_IDENT, true, &name, 0, 0, NULL},
	};

	return READ_FIELDS(call, fields, err) && token_revoke(db, &name, err) &&
	       audit(db, "token.revoke", &name, "", err) &&
	       answer(call, json_object(), err);
}

static bool append_token(void *arg, const struct token_row *row)
{
	char created[CLOCK_TEXT_SIZE];

	clock_rfc3339(row->created, created);
	return json_array_append_new(arg, json_pack("{s:s, s:s, s:s}", "name",
						    row->name.text, "role",
						    role_name(row->role),
						    "created", created)) == 0;
}

static bool run_token_list(struct verb_call *call, struct db *db,
			   struct err *err)
{
	json_t *tokens;

	if (!json_read(call->request, NULL, 0, err))
		return false;
	tokens = json_array();
	if (!answer(call, json_pack("{s:o}", "tokens", tokens), err))
		return false;
	return token_list(db, append_token, tokens, err);
}

/* ---- the database ------------------------------------------------------- */

/*
 * A copy has this name only while it is made, and there is never more than
 * one: verbs that read run one after the other, and who runs them holds the
 * database's lock.
 */
static bool copy_path(char path[static PATH_MAX], const char *data_dir,
		      struct err *err)
{
	int len = snprintf(path, PATH_MAX, "%s/backup.tmp", data_dir);

	return len < PATH_MAX ||
	       err_set(err, ERR_INVALID, "%s: path too long", data_dir);
}

void verb_clean(const char *data_dir)
{
	char path[PATH_MAX];
	struct err err;

	if (copy_path(path, data_dir, &err))
		unlink(path);
}

/* Only the descriptor of the copy goes on: nothing is left behind. */
static bool run_backup(struct verb_call *call, struct db *db, struct err *err)
{
	char path[PATH_MAX];

	if (!json_read(call->request, NULL, 0, err) ||
	    !copy_path(path, call->data_dir, err))
		return false;
	unlink(path);
	if (!db_backup(db, path, err))
		return false;
	call->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (call->fd < 0)
		err_sys(err, "%s", path);
	unlink(path);
	return call->fd >= 0 && answer(call, json_object(), err);
}

static bool run_check(struct verb_call *call, struct db *db, struct err *err)
{
	return json_read(call->request, NULL, 0, err) && db_check(db, err) &&
	       answer(call, json_object(), err);
}

static bool run_status(struct verb_call *call, struct db *db, struct err *err)
{
	int64_t devices;

	return json_read(call->request, NULL, 0, err) &&
	       device_count(db, &devices, err) &&
	       answer(call,
		      json_pack("{s:s, s:i, s:I}", "version", OTTERD_VERSION,
				"pid", (int)getpid(), "devices",
				(json_int_t)devices),
		      err);
}

/* ---- calls -------------------------------------------------------------- */

static const struct verb verbs[] = {
	{"token-add", true, run_token_add},
	{"token-list", false, run_token_list},
	{"token-revoke", true, run_token_revoke},
	{"db-check", false, run_check},
	{"db-backup", false, run_backup},
	{"status", false, run_status},
};

static const struct verb *find(const char *name)
{
	for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++) {
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	}
	return NULL;
}

/* On the writer: in its transaction, which a failure undoes. */
static bool run_writing(struct job *job, void *context, struct err *err)
{
	struct verb_call *call = (struct verb_call *)job;

	return call->verb->run(call, context, err);
}

/* Elsewhere: with a reader of its own. */
static bool run_reading(struct job *job, void *context, struct err *err)
{
	struct verb_call *call = (struct verb_call *)job;
	struct db *db;
	bool ok;

	(void)context;
	if (!db_open(&db, call->data_dir, DB_READER, err))
		return false;
	ok = call->verb->run(call, db, err);
	db_close(db);
	return ok;
}

bool verb_begin(struct verb_call *call, json_t *request, const char *data_dir,
		struct err *err)
{
	const char *name = json_string_value(json_object_get(request, "verb"));

	call->request = request;
	call->data_dir = data_dir;
	call->answer = NULL;
	call->fd = -1;
	if (!name)
		return err_set(err, ERR_INVALID,
			       "not an object with a \"verb\"");
	call->verb = find(name);
	if (!call->verb)
		return err_set(err, ERR_INVALID, "unknown verb '%.32s'", name);
	json_object_del(request, "verb");
	call->job.run = call->verb->writes ? run_writing : run_reading;
	return true;
}

const char *verb_name(const struct verb_call *call)
{
	return call->verb->name;
}

bool verb_writes(const struct verb_call *call)
{
	return call->verb->writes;
}

void verb_submit(struct verb_call *call, struct writer *writer,
		 struct chores *chores)
{
	if (call->verb->writes)
		writer_submit(writer, &call->job);
	else
		chores_submit(chores, &call->job);
}

void verb_end(struct verb_call *call)
{
	if (call->fd >= 0)
		close(call->fd);
	json_decref(call->request);
	json_decref(call->answer);
	call->fd = -1;
	call->request = NULL;
	call->answer = NULL;
}
