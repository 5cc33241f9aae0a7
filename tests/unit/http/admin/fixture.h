/*
 * fixture - a server without TLS, with everything behind it real, that a
 * test asks over a socketpair.
 *
 * Products: inklay (alice may sign, and an image must be signed), lamp (bob
 * may sign, none needs to be).  mallory is configured for neither.
 */
#ifndef OTTERD_TESTS_ADMIN_FIXTURE_H
#define OTTERD_TESTS_ADMIN_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>
#include <dirent.h>
#include <ftw.h>
#include <jansson.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <poll.h>

#include "base/hex.h"
#include "base/job.h"
#include "base/strbuf.h"
#include "http/app.h"
#include "http/gate.h"
#include "http/server.h"
#include "store/access.h"

#define D8     "00000000"
#define DIGEST D8 D8 D8 D8 D8 D8 D8 D8 /* of no image */

enum { IMAGE_MAX = 1000 }; /* bytes: max_image_size of this site */

struct fixture {
	char dir[32];
	struct db *reader;
	struct metrics *metrics;
	struct port *port;
	struct http_server *server;
	struct app app;
	struct site site;
	struct signer signers[3]; /* alice, bob, mallory */
	const struct signer *allowed[2];
	struct product_spec products[2];
	struct http_client client;
	bool gone;
};

/* An answer; `json` is NULL when the body is empty. */
struct answer {
	int status;
	json_t *json;
};

static inline struct ident fixture_ident(const char *text)
{
	struct ident id;

	if (!ident_parse(&id, text, strlen(text)))
		fail_msg("'%s' is no ident", text);
	return id;
}

static inline void fixture_check(bool ok, const struct err *err)
{
	if (!ok)
		fail_msg("%s", err->text);
}

/* The token of a role is the role's name. */
static inline void fixture_tokens(struct db *db)
{
	for (int role = ROLE_VIEWER; role <= ROLE_ADMIN; role++) {
		const char *name = role_name((enum role)role);
		struct token_row row = {.name = fixture_ident(name),
					.role = (enum role)role,
					.created = 1};
		struct err err;

		assert_true(digest_of(&row.hash, name, strlen(name)));
		fixture_check(token_add(db, &row, &err), &err);
	}
}

static inline void fixture_nothing(void *arg)
{
	(void)arg;
}

static inline void fixture_gone(void *arg)
{
	struct fixture *f = arg;

	f->gone = true;
}

static inline void fixture_site(struct fixture *f)
{
	static const char *const names[] = {"alice", "bob", "mallory"};

	for (int i = 0; i < 3; i++) {
		f->signers[i].name = fixture_ident(names[i]);
		f->signers[i].key = EVP_EC_gen("P-256");
	}
	f->allowed[0] = &f->signers[0];
	f->allowed[1] = &f->signers[1];
	f->products[0] = (struct product_spec){.name = fixture_ident("inklay"),
					       .signers = &f->allowed[0],
					       .signer_count = 1,
					       .require_signature = true};
	f->products[1] = (struct product_spec){.name = fixture_ident("lamp"),
					       .signers = &f->allowed[1],
					       .signer_count = 1};
	f->site = (struct site){.public_url = "https://ota.example.com",
				.poll_interval = 3600,
				.manifest_lifetime = 3600,
				.max_image_size = IMAGE_MAX,
				.products = f->products,
				.product_count = 2,
				.signers = f->signers,
				.signer_count = 3};
	f->site.manifest.key = EVP_EC_gen("P-256");
	snprintf(f->site.manifest.id, sizeof(f->site.manifest.id), "m");
}

static inline int fixture_open(void **state)
{
	static const struct writer_options options = {0};
	struct fixture *f = calloc(1, sizeof(*f));
	struct db *db;
	struct err err;

	snprintf(f->dir, sizeof(f->dir), "/tmp/otterd-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	fixture_site(f);
	f->metrics = metrics_new();
	f->app.metrics = f->metrics;
	f->app.data_dir = f->dir;
	fixture_check(db_open(&db, f->dir, DB_WRITER, &err), &err);
	fixture_tokens(db);
	fixture_check(
		writer_start(&f->app.writer, db, &options, f->metrics, &err),
		&err);
	fixture_check(chores_start(&f->app.chores, &err), &err);
	fixture_check(blob_store_open(&f->app.blobs, f->dir, &err), &err);
	fixture_check(db_open(&f->reader, f->dir, DB_READER, &err), &err);
	fixture_check(current_open(&f->app.current, &err), &err);
	fixture_check(current_set_site(f->app.current, &f->site,
				       fixture_nothing, NULL, f->reader, &err),
		      &err);
	fixture_check(port_open(&f->port, &err), &err);
	fixture_check(http_server_open(&f->server, &f->app, f->reader, f->port,
				       GATE_HEAD_MAX, &err),
		      &err);
	f->client = (struct http_client){.peer = {.address = "192.0.2.7",
						  .tls_version = "TLSv1.3",
						  .cipher = "c",
						  .profile = "modern"},
					 .admin = true,
					 .arg = f,
					 .answered = fixture_nothing,
					 .gone = fixture_gone};
	*state = f;
	return 0;
}

static inline int fixture_remove(const char *path, const struct stat *st,
				 int type, struct FTW *place)
{
	(void)st;
	(void)type;
	(void)place;
	return remove(path);
}

static inline int fixture_close(void **state)
{
	struct fixture *f = *state;

	http_server_close(f->server);
	port_close(f->port);
	current_close(f->app.current);
	db_close(f->reader);
	chores_stop(f->app.chores);
	writer_stop(f->app.writer);
	blob_store_close(f->app.blobs);
	metrics_free(f->metrics);
	for (int i = 0; i < 3; i++)
		EVP_PKEY_free(f->signers[i].key);
	EVP_PKEY_free(f->site.manifest.key);
	assert_int_equal(nftw(f->dir, fixture_remove, 8, FTW_DEPTH | FTW_PHYS),
			 0);
	free(f);
	return 0;
}

/* Serve until the client's socket is at its end; what came is in *in. */
static inline void fixture_turn(struct fixture *f, int fd, struct strbuf *in)
{
	struct pollfd fds[] = {
		{.fd = fd, .events = POLLIN},
		{.fd = http_server_fd(f->server), .events = POLLIN},
		{.fd = port_fd(f->port), .events = POLLIN}};
	bool open = true;

	while (open || !f->gone) {
		char piece[4096];
		ssize_t got;

		http_server_run(f->server);
		if (poll(fds, 3, open ? 1000 : 10) < 0)
			fail_msg("poll");
		port_drain(f->port);
		got = open ? recv(fd, piece, sizeof(piece), MSG_DONTWAIT) : -1;
		if (got > 0)
			strbuf_add(in, piece, (size_t)got);
		if (got == 0) {
			open = false;
			fds[0].fd = -1;
			shutdown(fd, SHUT_RDWR);
		}
	}
}

/* Send the bytes as they are and take the answer. */
static inline struct answer fixture_send(struct fixture *f, const char *bytes,
					 size_t len, bool cut)
{
	struct answer answer = {0};
	struct strbuf in = {0};
	const char *body;
	struct err err;
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	f->gone = false;
	assert_int_equal(send(fds[1], bytes, len, 0), len);
	if (cut)
		shutdown(fds[1], SHUT_RDWR);
	fixture_check(http_server_add(f->server, fds[0], &f->client, &err),
		      &err);
	fixture_turn(f, fds[1], &in);
	close(fds[1]);
	if (in.len) {
		sscanf(in.data, "HTTP/1.1 %d", &answer.status);
		body = strstr(in.data, "\r\n\r\n");
		assert_non_null(body);
		answer.json = json_loads(body + 4, 0, NULL);
	}
	strbuf_free(&in);
	return answer;
}

/* One request; `headers` end in CRLF each; a NULL token sends none. */
static inline struct answer fixture_ask(struct fixture *f, const char *method,
					const char *target, const char *token,
					const char *headers, const void *body,
					size_t len)
{
	struct strbuf out = {0};
	struct answer answer;

	strbuf_printf(&out,
		      "%s %s HTTP/1.1\r\nHost: h\r\nConnection: close\r\n%s",
		      method, target, headers);
	if (token)
		strbuf_printf(&out, "Authorization: Bearer %s\r\n", token);
	if (body)
		strbuf_printf(&out, "Content-Length: %zu\r\n", len);
	strbuf_puts(&out, "\r\n");
	strbuf_add(&out, body ? body : "", len);
	answer = fixture_send(f, out.data, out.len, false);
	strbuf_free(&out);
	return answer;
}

/* The same with a JSON or no body. */
static inline struct answer fixture_call(struct fixture *f, const char *method,
					 const char *target, const char *token,
					 const char *body)
{
	return fixture_ask(f, method, target, token, "", body,
			   body ? strlen(body) : 0);
}

/* Check the status and that the answer's JSON has `want` in it. */
static inline void fixture_expect(const char *label, struct answer answer,
				  int status, const char *want)
{
	char *text = answer.json ? json_dumps(answer.json, JSON_COMPACT) : NULL;

	if (answer.status != status)
		fail_msg("%s: got %d %s, want %d", label, answer.status,
			 text ? text : "", status);
	if (want && (!text || !strstr(text, want)))
		fail_msg("%s: got %s, want %s in it", label, text ? text : "-",
			 want);
	if (!want && text)
		fail_msg("%s: got %s, want no body", label, text);
	free(text);
	json_decref(answer.json);
}

/* ---- changes made as the writer makes them ------------------------------ */

struct fixture_job {
	struct job job;
	bool (*run)(struct db *db, void *arg, struct err *err);
	void *arg;
	bool done;
};

static inline bool fixture_run(struct job *job, void *context, struct err *err)
{
	struct fixture_job *j = (struct fixture_job *)job;

	return j->run(context, j->arg, err);
}

static inline void fixture_done(struct job *job)
{
	fixture_check(job->ok, &job->err);
	((struct fixture_job *)job)->done = true;
}

static inline void
fixture_write(struct fixture *f,
	      bool (*run)(struct db *db, void *arg, struct err *err), void *arg)
{
	struct pollfd fd = {.fd = port_fd(f->port), .events = POLLIN};
	struct fixture_job j = {.job = {.port = f->port,
					.run = fixture_run,
					.done = fixture_done},
				.run = run,
				.arg = arg};

	writer_submit(f->app.writer, &j.job);
	while (!j.done) {
		poll(&fd, 1, 1000);
		port_drain(f->port);
	}
}

/* ---- what tests compare ------------------------------------------------- */

/* An image's detached signature by signers[who], in base64. */
static inline void fixture_sign(struct fixture *f, int who, const void *image,
				size_t len, char text[static 128])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t bytes[80];
	size_t size = sizeof(bytes);

	assert_int_equal(EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL,
					    f->signers[who].key),
			 1);
	assert_int_equal(EVP_DigestSign(ctx, bytes, &size, image, len), 1);
	base64_encode(bytes, size, text);
	EVP_MD_CTX_free(ctx);
}

/* How many files lie in the image store. */
static inline int fixture_files(struct fixture *f)
{
	char path[64];
	DIR *dir;
	int count = 0;
	struct dirent *entry;

	snprintf(path, sizeof(path), "%s/images", f->dir);
	dir = opendir(path);
	assert_non_null(dir);
	while ((entry = readdir(dir)))
		count += entry->d_name[0] != '.' ||
			 strncmp(entry->d_name, ".upload", 7) == 0;
	closedir(dir);
	return count;
}

/* Upload `bytes`, signed by signers[who] unless that is negative. */
static inline struct answer fixture_upload(struct fixture *f, const char *base,
					   const char *version, int who,
					   const void *bytes, size_t len)
{
	char target[128], header[256] = "", text[128];

	snprintf(target, sizeof(target), "%s?version=%s", base, version);
	if (who >= 0) {
		fixture_sign(f, who, bytes, len, text);
		snprintf(header, sizeof(header), "Image-Signature: %s\r\n",
			 text);
	}
	return fixture_ask(f, "PUT", target, "publisher", header, bytes, len);
}

/* The SHA-256 of the bytes, as the API writes it. */
static inline void fixture_hex(const void *bytes, size_t len,
			       char hex[static DIGEST_HEX_SIZE])
{
	struct digest d;

	assert_true(digest_of(&d, bytes, len));
	digest_hex(&d, hex);
}

/* How many audit rows there are, and the newest one's text. */
static inline size_t fixture_audit(struct fixture *f, char *newest, size_t room)
{
	struct answer answer = fixture_call(f, "GET", "/api/v1/audit?limit=500",
					    "admin", NULL);
	json_t *rows = json_object_get(answer.json, "audit");
	size_t count = json_array_size(rows);
	char *text = count ? json_dumps(json_array_get(rows, 0), JSON_COMPACT)
			   : strdup("");

	assert_int_equal(answer.status, 200);
	snprintf(newest, room, "%s", text);
	free(text);
	json_decref(answer.json);
	return count;
}

/* Check how many audit rows there are, and what the newest has in it. */
static inline void fixture_expect_audit(struct fixture *f, size_t count,
					const char *want)
{
	char newest[1024];
	size_t got = fixture_audit(f, newest, sizeof(newest));

	if (got != count || !strstr(newest, want))
		fail_msg("audit: got %zu rows, newest %s; want %zu with %s",
			 got, newest, count, want);
}

/* What manifests carry now. */
static inline int64_t fixture_serial(struct fixture *f)
{
	struct view *view = current_get(f->app.current);
	int64_t number = catalog_serial(view->catalog);

	view_unref(view);
	return number;
}

#endif
