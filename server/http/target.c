#include "http/target.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/strbuf.h"

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool is_printable(int c)
{
	return c >= ' ' && c <= '~';
}

/*
 * Decode the one character at *at and step behind it.  -1 when it is a bad
 * escape or not printable.
 */
static int take_char(const char **at)
{
	const char *s = *at;
	int high, low;

	*at = s + 1;
	if (*s != '%')
		return is_printable(*s) ? *s : -1;
	high = hex_digit(s[1]);
	low = high < 0 ? -1 : hex_digit(s[2]);
	if (low < 0 || !is_printable(high << 4 | low))
		return -1;
	*at = s + 3;
	return high << 4 | low;
}

static bool bad_character(struct err *err, const char *where, size_t at)
{
	return err_set(err, ERR_INVALID,
		       "the %s has a bad percent escape or character at "
		       "offset %zu",
		       where, at);
}

/* ---- the path ------------------------------------------------------------ */

static bool has_dot_segment(const char *path)
{
	while (*path) {
		size_t len;

		path += strspn(path, "/");
		len = strcspn(path, "/");
		if ((len == 1 && path[0] == '.') ||
		    (len == 2 && path[0] == '.' && path[1] == '.'))
			return true;
		path += len;
	}
	return false;
}

/* Decode up to the '?' or the end, where *raw points then. */
static bool read_path(struct target *t, const char **raw, struct err *err)
{
	const char *start = *raw;
	size_t len = 0;

	while (**raw && **raw != '?') {
		const char *from = *raw;
		int c = take_char(raw);

		if (c < 0)
			return bad_character(err, "path",
					     (size_t)(from - start));
		if (c == '/' && *from == '%')
			return err_set(err, ERR_INVALID,
				       "the path has an escaped slash");
		t->path[len++] = (char)c;
	}
	if (!len)
		t->path[len++] = '/';
	t->path[len] = '\0';
	if (has_dot_segment(t->path))
		return err_set(err, ERR_INVALID,
			       "the path has a segment '.' or '..'");
	return true;
}

/* ---- the query ----------------------------------------------------------- */

static bool add_arg(struct target *t, const char *name, const char *value,
		    struct err *err)
{
	if (!*name)
		return err_set(err, ERR_INVALID,
			       "the query has an argument without a name");
	if (target_arg(t, name))
		return err_set(err, ERR_INVALID,
			       "the argument '%.64s' is given twice", name);
	if (t->arg_count == TARGET_ARGS_MAX)
		return err_set(err, ERR_INVALID,
			       "the query has more than %d arguments",
			       TARGET_ARGS_MAX);
	t->args[t->arg_count].name = name;
	t->args[t->arg_count].value = value;
	t->arg_count++;
	return true;
}

/*
 * Decode one "name=value" from *raw to *out, NUL-terminate both parts, and
 * step behind it and its '&'.
 */
static bool read_arg(struct target *t, const char *start, const char **raw,
		     char **out, struct err *err)
{
	const char *name = *out;
	const char *value = NULL;

	while (**raw && **raw != '&') {
		const char *from = *raw;
		int c = take_char(raw);

		if (c < 0)
			return bad_character(err, "query",
					     (size_t)(from - start));
		if (*from == '=' && !value) {
			*(*out)++ = '\0';
			value = *out;
		} else {
			*(*out)++ = (char)c;
		}
	}
	if (!value)
		value = *out;
	*(*out)++ = '\0';
	if (**raw)
		(*raw)++;
	return add_arg(t, name, value, err);
}

/* Empty pieces, as in "a=1&", are no arguments. */
static bool read_query(struct target *t, const char *raw, struct err *err)
{
	const char *start = raw;
	char *out = t->query;

	t->query[0] = '\0';
	while (*raw) {
		if (*raw == '&')
			raw++;
		else if (!read_arg(t, start, &raw, &out, err))
			return false;
	}
	return true;
}

/* ---- the whole ----------------------------------------------------------- */

/* Step behind the scheme and authority of an absolute-form. */
static const char *skip_origin(const char *raw)
{
	static const char *const schemes[] = {"https://", "http://"};

	for (size_t i = 0; i < sizeof(schemes) / sizeof(*schemes); i++) {
		size_t len = strlen(schemes[i]);

		if (strncasecmp(raw, schemes[i], len) == 0)
			return raw + len + strcspn(raw + len, "/?");
	}
	return raw;
}

bool target_parse(struct target *out, const char *raw, struct err *err)
{
	const char *rest;

	out->path[0] = '\0';
	out->query[0] = '\0';
	out->arg_count = 0;
	if (strnlen(raw, TARGET_MAX + 1) > TARGET_MAX)
		return err_set(err, ERR_TOO_LARGE,
			       "the request target is longer than %d bytes",
			       TARGET_MAX);
	if (strcmp(raw, "*") == 0) {
		snprintf(out->path, sizeof(out->path), "*");
		return true;
	}
	rest = skip_origin(raw);
	if (rest == raw && *raw != '/')
		return err_set(err, ERR_INVALID,
			       "the request target is not a path");
	if (!read_path(out, &rest, err))
		return false;
	return *rest != '?' || read_query(out, rest + 1, err);
}

const char *target_arg(const struct target *target, const char *name)
{
	for (size_t i = 0; i < target->arg_count; i++) {
		if (strcmp(target->args[i].name, name) == 0)
			return target->args[i].value;
	}
	return NULL;
}

static bool listed(const char *name, const char *const *names)
{
	while (*names && strcmp(name, *names) != 0)
		names++;
	return *names;
}

bool target_args_known(const struct target *target, const char *const *names,
		       struct err *err)
{
	struct strbuf list = {0};

	for (size_t i = 0; i < target->arg_count; i++) {
		const char *name = target->args[i].name;

		if (listed(name, names))
			continue;
		for (size_t k = 0; names[k]; k++)
			strbuf_printf(&list, "%s%s", k ? ", " : "", names[k]);
		err_set(err, ERR_INVALID, "unknown argument '%.64s', known: %s",
			name, list.data ? list.data : "none");
		strbuf_free(&list);
		return false;
	}
	return true;
}
