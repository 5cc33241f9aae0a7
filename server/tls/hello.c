#include "tls/hello.h"

#include <string.h>

enum {
	CLIENT_HELLO = 1,
	RANDOM_SIZE = 32,
	SESSION_ID_MAX = 32,
	HOST_NAME = 0,	  /* RFC 6066 section 3: NameType */
	FRAGMENT_MAX = 4, /* RFC 6066 section 4: 2^12 */
};

/* ---- a reader that never passes its end --------------------------------- */

/* Bytes not yet read. */
struct reader {
	const uint8_t *at;
	size_t left;
};

static bool take(struct reader *r, size_t len, const uint8_t **bytes)
{
	if (r->left < len)
		return false;
	*bytes = r->at;
	r->at += len;
	r->left -= len;
	return true;
}

/* A number of one to three bytes. */
static bool take_number(struct reader *r, size_t width, size_t *value)
{
	const uint8_t *bytes;

	if (!take(r, width, &bytes))
		return false;
	*value = 0;
	for (size_t i = 0; i < width; i++)
		*value = *value << 8 | bytes[i];
	return true;
}

static bool take_u16(struct reader *r, uint16_t *value)
{
	size_t number;

	if (!take_number(r, 2, &number))
		return false;
	*value = (uint16_t)number;
	return true;
}

/* A vector with a length of `width` bytes before it (RFC 8446 section 3.4). */
static bool take_vector(struct reader *r, size_t width, struct reader *vector)
{
	size_t len;

	if (!take_number(r, width, &len) || !take(r, len, &vector->at))
		return false;
	vector->left = len;
	return true;
}

/* A vector that is not empty and with which the reader ends. */
static bool take_last_vector(struct reader *r, size_t width,
			     struct reader *vector)
{
	return take_vector(r, width, vector) && !r->left && vector->left;
}

/* Fill an array with what the vector holds; the excess is noted in *cut. */
static bool take_list(struct reader *vector, uint16_t *list, size_t max,
		      size_t *count, bool *cut)
{
	uint16_t value;

	while (take_u16(vector, &value)) {
		if (*count < max)
			list[(*count)++] = value;
		else
			*cut = true;
	}
	return !vector->left;
}

/* ---- the extensions that are read --------------------------------------- */

/* A letter in lower case, another byte of a host name, or 0 for no such. */
static char name_byte(uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		return (char)(c - 'A' + 'a');
	if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
	    c == '.' || c == '_' || c == ':')
		return (char)c;
	return 0;
}

/*
 * RFC 6066 section 3: one host_name.  Nothing is accepted that no
 * certificate can name, since logs and rules get to see it.
 */
static bool read_server_name(struct hello *out, struct reader *body)
{
	struct reader list, name;
	size_t type;

	if (!take_last_vector(body, 2, &list) ||
	    !take_number(&list, 1, &type) || type != HOST_NAME ||
	    !take_last_vector(&list, 2, &name) || name.left >= HELLO_SNI_SIZE)
		return false;
	for (size_t i = 0; i < name.left; i++) {
		out->sni[i] = name_byte(name.at[i]);
		if (!out->sni[i])
			return false;
	}
	if (out->sni[name.left - 1] == '.')
		out->sni[name.left - 1] = '\0'; /* an absolute name's last */
	out->has_sni = true;
	return true;
}

static bool read_max_fragment(struct hello *out, struct reader *body)
{
	size_t code;

	if (!take_number(body, 1, &code) || body->left || code < 1 ||
	    code > FRAGMENT_MAX)
		return false;
	out->max_fragment = 256U << code;
	return true;
}

static bool read_groups(struct hello *out, struct reader *body)
{
	struct reader list;

	return take_last_vector(body, 2, &list) &&
	       take_list(&list, out->groups, HELLO_GROUPS_MAX,
			 &out->group_count, &out->cut);
}

static bool read_formats(struct hello *out, struct reader *body)
{
	struct reader list;

	if (!take_last_vector(body, 1, &list))
		return false;
	if (list.left > HELLO_FORMATS_MAX) {
		list.left = HELLO_FORMATS_MAX;
		out->cut = true;
	}
	memcpy(out->formats, list.at, list.left);
	out->format_count = list.left;
	return true;
}

static bool read_algorithms(struct hello *out, struct reader *body)
{
	struct reader list;

	return take_last_vector(body, 2, &list) &&
	       take_list(&list, out->algorithms, HELLO_ALGORITHMS_MAX,
			 &out->algorithm_count, &out->cut);
}

/* RFC 8701 section 3.1: protocol names have GREASE values as well. */
static bool is_grease_name(const struct reader *name)
{
	return name->left == 2 &&
	       hello_is_grease((uint16_t)(name->at[0] << 8 | name->at[1]));
}

static bool read_alpn(struct hello *out, struct reader *body)
{
	struct reader list, name;

	if (!take_last_vector(body, 2, &list))
		return false;
	while (list.left) {
		if (!take_vector(&list, 1, &name) || !name.left)
			return false;
		if (out->alpn_len || is_grease_name(&name))
			continue;
		memcpy(out->alpn, name.at, name.left);
		out->alpn_len = name.left;
	}
	out->has_alpn = true;
	return true;
}

/* RFC 8446 section 4.2.1: this replaces legacy_version. */
static bool read_versions(struct hello *out, struct reader *body)
{
	struct reader list;
	uint16_t version;

	if (!take_last_vector(body, 1, &list))
		return false;
	out->max_version = 0;
	while (take_u16(&list, &version)) {
		if (!hello_is_grease(version) && version > out->max_version)
			out->max_version = version;
	}
	return !list.left;
}

static const struct {
	uint16_t type;
	bool (*read)(struct hello *out, struct reader *body);
} readers[] = {
	{HELLO_EXT_SERVER_NAME, read_server_name},
	{HELLO_EXT_MAX_FRAGMENT, read_max_fragment},
	{HELLO_EXT_GROUPS, read_groups},
	{HELLO_EXT_POINT_FORMATS, read_formats},
	{HELLO_EXT_ALGORITHMS, read_algorithms},
	{HELLO_EXT_ALPN, read_alpn},
	{HELLO_EXT_VERSIONS, read_versions},
};

enum { READERS = sizeof(readers) / sizeof(readers[0]) };

/* ---- the message -------------------------------------------------------- */

static bool is_listed(const struct hello *out, uint16_t type)
{
	for (size_t i = 0; i < out->extension_count; i++) {
		if (out->extensions[i] == type)
			return true;
	}
	return false;
}

/* `seen` has a bit for each row of readers[]. */
static bool read_extension(struct hello *out, struct reader *list,
			   unsigned int *seen)
{
	struct reader body;
	uint16_t type;

	if (!take_u16(list, &type) || !take_vector(list, 2, &body) ||
	    is_listed(out, type))
		return false;
	if (out->extension_count < HELLO_EXTENSIONS_MAX)
		out->extensions[out->extension_count++] = type;
	else
		out->cut = true;
	for (unsigned int i = 0; i < READERS; i++) {
		if (readers[i].type != type)
			continue;
		if (*seen & 1U << i)
			return false;
		*seen |= 1U << i;
		return readers[i].read(out, &body);
	}
	return true;
}

/* Before TLS 1.2 a message could end where they begin. */
static bool read_extensions(struct hello *out, struct reader *body)
{
	struct reader list;
	unsigned int seen = 0;

	if (!body->left)
		return true;
	if (!take_vector(body, 2, &list) || body->left)
		return false;
	while (list.left) {
		if (!read_extension(out, &list, &seen))
			return false;
	}
	return true;
}

static bool read_body(struct hello *out, struct reader *body)
{
	struct reader session_id, ciphers, compressions;
	const uint8_t *random;

	if (!take_u16(body, &out->legacy_version) ||
	    !take(body, RANDOM_SIZE, &random) ||
	    !take_vector(body, 1, &session_id) ||
	    session_id.left > SESSION_ID_MAX)
		return false;
	if (!take_vector(body, 2, &ciphers) || !ciphers.left ||
	    !take_list(&ciphers, out->ciphers, HELLO_CIPHERS_MAX,
		       &out->cipher_count, &out->cut))
		return false;
	if (!take_vector(body, 1, &compressions) || !compressions.left)
		return false;
	out->max_version = out->legacy_version;
	return read_extensions(out, body);
}

bool hello_parse(struct hello *out, const uint8_t *msg, size_t len)
{
	struct reader r = {msg, len};
	struct reader body;
	size_t type;

	*out = (struct hello){0};
	if (len <= HELLO_BYTES_MAX && take_number(&r, 1, &type) &&
	    type == CLIENT_HELLO && take_vector(&r, 3, &body) && !r.left &&
	    read_body(out, &body))
		return true;
	*out = (struct hello){0};
	return false;
}

bool hello_is_grease(uint16_t value)
{
	return (value & 0x0f0f) == 0x0a0a && value >> 8 == (value & 0xff);
}
