#include "base/json.h"

#include <inttypes.h>
#include <string.h>

json_t *json_parse(const char *data, size_t len, struct err *err)
{
	json_error_t why;
	json_t *json = json_loadb(data, len, JSON_REJECT_DUPLICATES, &why);

	if (!json)
		err_set(err, ERR_INVALID, "not JSON: line %d, column %d: %s",
			why.line, why.column, why.text);
	return json;
}

static const char *type_name(const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		return "an object";
	case JSON_ARRAY:
		return "an array";
	case JSON_STRING:
		return "a string";
	case JSON_INTEGER:
		return "a whole number";
	case JSON_REAL:
		return "a number with a fraction";
	case JSON_TRUE:
	case JSON_FALSE:
		return "true or false";
	case JSON_NULL:
		return "null";
	}
	return "something else";
}

static bool wrong_type(const struct json_field *field, const json_t *value,
		       const char *wanted, struct err *err)
{
	return err_set(err, ERR_INVALID, "%s is %s: expected %s", field->name,
		       type_name(value), wanted);
}

static bool read_string(const struct json_field *field, const json_t *value,
			struct err *err)
{
	const char *text = json_string_value(value);
	int64_t len = (int64_t)json_string_length(value);

	if (len < field->min || len > field->max)
		return err_set(err, ERR_INVALID,
			       "%s has %" PRId64 " bytes: expected %" PRId64
			       " to %" PRId64,
			       field->name, len, field->min, field->max);
	*(const char **)field->to = text;
	return true;
}

static bool read_integer(const struct json_field *field, const json_t *value,
			 struct err *err)
{
	int64_t number = json_integer_value(value);

	if (number < field->min || number > field->max)
		return err_set(err, ERR_INVALID,
			       "%s is %" PRId64 ": expected %" PRId64
			       " to %" PRId64,
			       field->name, number, field->min, field->max);
	*(int64_t *)field->to = number;
	return true;
}

static bool read_text(const struct json_field *field, const json_t *value,
		      struct err *err)
{
	const char *text = json_string_value(value);
	size_t len = json_string_length(value);

	if (!text)
		return wrong_type(field, value, "a string", err);
	if (field->kind == JSON_KIND_STRING)
		return read_string(field, value, err);
	if (field->kind == JSON_KIND_IDENT)
		return ident_parse(field->to, text, len) ||
		       err_set(err, ERR_INVALID, "%s is '%.80s': expected %s",
			       field->name, text, ident_rule);
	return digest_parse(field->to, text, len) ||
	       err_set(err, ERR_INVALID,
		       "%s is '%.80s': expected 64 lower-case hexadecimal "
		       "digits",
		       field->name, text);
}

static bool read_field(const struct json_field *field, json_t *value,
		       struct err *err)
{
	switch (field->kind) {
	case JSON_KIND_STRING:
	case JSON_KIND_IDENT:
	case JSON_KIND_DIGEST:
		return read_text(field, value, err);
	case JSON_KIND_INTEGER:
		if (!json_is_integer(value))
			return wrong_type(field, value, "a whole number", err);
		return read_integer(field, value, err);
	case JSON_KIND_BOOL:
		if (!json_is_boolean(value))
			return wrong_type(field, value, "true or false", err);
		*(bool *)field->to = json_is_true(value);
		return true;
	case JSON_KIND_ANY:
		*(json_t **)field->to = value;
		return true;
	}
	return false;
}

static bool is_known(const char *name, const struct json_field *fields,
		     size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(fields[i].name, name) == 0)
			return true;
	}
	return false;
}

bool json_read(const json_t *object, const struct json_field *fields,
	       size_t count, struct err *err)
{
	const char *name;
	json_t *value;

	if (!json_is_object(object))
		return err_set(err, ERR_INVALID, "expected a JSON object");
	json_object_foreach ((json_t *)(uintptr_t)object, name, value) {
		if (!is_known(name, fields, count))
			return err_set(err, ERR_INVALID,
				       "'%.80s' is not known here", name);
	}
	for (size_t i = 0; i < count; i++) {
		value = json_object_get(object, fields[i].name);
		if (fields[i].seen)
			*fields[i].seen = value != NULL;
		if ((!value || json_is_null(value)) && fields[i].required)
			return err_set(err, ERR_INVALID, "%s is missing",
				       fields[i].name);
		if (value && !json_is_null(value) &&
		    !read_field(&fields[i], value, err))
			return false;
	}
	return true;
}

char *json_write(const json_t *value, size_t *len)
{
	char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);

	*len = text ? strlen(text) : 0;
	return text;
}
