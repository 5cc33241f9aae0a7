/* What target_parse() takes is clean text inside its own buffers. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "http/target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(condition)          \
	do {                      \
		if (!(condition)) \
			abort();  \
	} while (0)

static void check_text(const char *text)
{
	for (; *text; text++)
		CHECK(*text >= ' ' && *text <= '~');
}

static void check_segments(const char *path)
{
	while (*path) {
		size_t len;

		CHECK(*path++ == '/');
		len = strcspn(path, "/");
		CHECK(len != 1 || path[0] != '.');
		CHECK(len != 2 || path[0] != '.' || path[1] != '.');
		path += len;
	}
}

static void check_args(const struct target *t)
{
	const char *end = t->query + sizeof(t->query);

	CHECK(t->arg_count <= TARGET_ARGS_MAX);
	for (size_t i = 0; i < t->arg_count; i++) {
		const char *name = t->args[i].name;
		const char *value = t->args[i].value;

		CHECK(name >= t->query && name < end && *name);
		CHECK(value > name && value < end);
		CHECK(value + strlen(value) < end);
		check_text(name);
		check_text(value);
		CHECK(target_arg(t, name) == value);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *raw = malloc(size + 1);
	struct target *t = malloc(sizeof(*t));
	struct err err = {0};

	CHECK(raw && t);
	memcpy(raw, data, size);
	raw[size] = '\0';
	memset(t, 0xff, sizeof(*t));
	if (target_parse(t, raw, &err)) {
		CHECK(strlen(raw) <= TARGET_MAX);
		check_text(t->path);
		if (strcmp(t->path, "*") != 0)
			check_segments(t->path);
		CHECK(t->path[0]);
		check_args(t);
	} else {
		CHECK(err.code == ERR_INVALID || err.code == ERR_TOO_LARGE);
		check_text(err.text);
	}
	free(t);
	free(raw);
	return 0;
}
