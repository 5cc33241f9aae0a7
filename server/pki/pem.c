#include "pki/pem.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "base/file.h"

/* ---- lines -------------------------------------------------------------- */

/* One line, without its end and the blanks before that. */
struct line {
	const char *text;
	size_t len;
	unsigned int number;
};

static bool next_line(struct line *line, const char **at, const char *end)
{
	const char *stop;

	if (*at == end)
		return false;
	stop = memchr(*at, '\n', (size_t)(end - *at));
	line->text = *at;
	line->len = (size_t)((stop ? stop : end) - *at);
	line->number++;
	*at = stop ? stop + 1 : end;
	while (line->len && strchr(" \t\r", line->text[line->len - 1]))
		line->len--;
	return true;
}

static bool is_empty(const struct line *line)
{
	return line->len == 0;
}

static bool holds(const struct line *line, const char *text)
{
	return memmem(line->text, line->len, text, strlen(text)) != NULL;
}

static bool is_base64(const struct line *line)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz"
				     "0123456789+/=";

	return strspn(line->text, digits) >= line->len;
}

/* One of RFC 1421's headers, which hides no BEGIN or END line. */
static bool is_header(const struct line *line)
{
	return holds(line, ":") && !holds(line, "-----");
}

/* "-----BEGIN CERTIFICATE-----"; *label is then the line's middle. */
static bool is_boundary(const struct line *line, const char *start,
			struct line *label)
{
	static const char dashes[] = "-----";
	size_t before = strlen(start), after = sizeof(dashes) - 1;

	if (line->len <= before + after ||
	    memcmp(line->text, start, before) != 0 ||
	    memcmp(line->text + line->len - after, dashes, after) != 0)
		return false;
	label->text = line->text + before;
	label->len = line->len - before - after;
	return !holds(label, dashes);
}

/* Where in a file a line may be. */
enum place { PLACE_TEXT, PLACE_START, PLACE_HEADERS, PLACE_BODY };

struct lines {
	enum place place;
	struct line label;  /* of the block */
	unsigned int begun; /* the line of its BEGIN */
};

static const char *take_text(struct lines *in, const struct line *line)
{
	if (is_boundary(line, "-----BEGIN ", &in->label)) {
		in->place = PLACE_START;
		in->begun = line->number;
		return NULL;
	}
	if (holds(line, "-----BEGIN"))
		return "a damaged BEGIN line";
	return holds(line, "-----END") ? "an END line without its BEGIN" : NULL;
}

static const char *take_body(struct lines *in, const struct line *line)
{
	struct line label;

	if (is_boundary(line, "-----END ", &label)) {
		in->place = PLACE_TEXT;
		return label.len == in->label.len &&
				       memcmp(label.text, in->label.text,
					      label.len) == 0
			       ? NULL
			       : "the END line of another kind of block";
	}
	in->place = PLACE_BODY;
	if (is_empty(line))
		return "an empty line inside a block";
	return is_base64(line) ? NULL : "not base64";
}

/* Say what is wrong with a line, or NULL. */
static const char *take_line(struct lines *in, const struct line *line)
{
	switch (in->place) {
	case PLACE_TEXT:
		return take_text(in, line);
	case PLACE_START:
		/* Only old encrypted keys have headers. */
		if (!holds(&in->label, "PRIVATE KEY") || !is_header(line))
			return take_body(in, line);
		in->place = PLACE_HEADERS;
		return NULL;
	case PLACE_HEADERS:
		if (is_empty(line))
			in->place = PLACE_BODY;
		else if (!is_header(line))
			return "neither a header nor an empty line";
		return NULL;
	case PLACE_BODY:
		return take_body(in, line);
	}
	return NULL;
}

static bool check_lines(const char *pem, size_t len, const char *path,
			struct err *err)
{
	struct lines in = {.place = PLACE_TEXT};
	struct line line = {0};
	const char *at = pem;

	if (memchr(pem, '\0', len))
		return err_set(err, ERR_INVALID,
			       "%s: binary (DER perhaps), expected PEM", path);
	while (next_line(&line, &at, pem + len)) {
		const char *fault = take_line(&in, &line);

		if (fault)
			return err_set(err, ERR_INVALID,
				       "%s:%u: damaged PEM: %s", path,
				       line.number, fault);
	}
	if (in.place != PLACE_TEXT)
		return err_set(err, ERR_INVALID,
			       "%s:%u: damaged PEM: a block without its END",
			       path, in.begun);
	return true;
}

/* ---- blocks ------------------------------------------------------------- */

static void free_block(struct pem_block *block)
{
	OPENSSL_free(block->label);
	OPENSSL_free(block->header);
	OPENSSL_clear_free(block->der, block->der ? (size_t)block->len : 0);
	*block = (struct pem_block){0};
}

enum next { NEXT_BLOCK, NEXT_END, NEXT_BROKEN };

static enum next next_block(BIO *bio, struct pem_block *block, const char *path,
			    struct err *err)
{
	ERR_clear_error();
	if (PEM_read_bio(bio, &block->label, &block->header, &block->der,
			 &block->len) == 1)
		return NEXT_BLOCK;
	if (ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE) {
		ERR_clear_error();
		return NEXT_END;
	}
	err_openssl(err, ERR_INVALID, "%s: damaged PEM", path);
	return NEXT_BROKEN;
}

bool pem_read(const char *path, size_t max, enum pem_secrecy secrecy,
	      pem_take *take, void *arg, struct err *err)
{
	struct pem_block block = {0};
	enum next next;
	bool ok;
	char *pem;
	size_t len;
	BIO *bio;

	ok = secrecy == PEM_SECRET
		     ? file_read_secret(path, max, &pem, &len, err)
		     : file_read(path, max, &pem, &len, err);
	if (!ok)
		return false;
	bio = BIO_new_mem_buf(pem, (int)len);
	ok = bio ? check_lines(pem, len, path, err) : err_memory(err);
	while (ok && (next = next_block(bio, &block, path, err)) != NEXT_END) {
		ok = next == NEXT_BLOCK && take(arg, &block, path, err);
		free_block(&block);
	}
	BIO_free(bio);
	OPENSSL_cleanse(pem, len);
	free(pem);
	return ok;
}
