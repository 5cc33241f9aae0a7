/*
 * target - a request target (RFC 9112 section 3.2), taken apart once.
 *
 * '+' stands for itself, as RFC 3986 has it: device ids may contain it.
 */
#ifndef OTTERD_HTTP_TARGET_H
#define OTTERD_HTTP_TARGET_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

enum { TARGET_MAX = 2048, TARGET_ARGS_MAX = 24 };

struct target {
	char path[TARGET_MAX + 1];  /* percent-decoded */
	char query[TARGET_MAX + 1]; /* decoded, cut into the args below */
	struct {
		const char *name;
		const char *value;
	} args[TARGET_ARGS_MAX];
	size_t arg_count;
};

/*
 * Take `raw` apart.  Of an absolute-form the scheme and authority are left
 * out; "*" has the path "*".  What comes out is printable ASCII.
 *
 * ERR_TOO_LARGE when it is longer than TARGET_MAX; ERR_INVALID for any other
 * form, a bad percent escape, anything but printable ASCII behind one, an
 * escaped slash in the path, a segment "." or "..", an argument without a
 * name, one given twice, too many of them.  The struct points into itself:
 * it must not be copied.
 */
bool target_parse(struct target *out, const char *raw, struct err *err);

/* The argument's value, "" when it has none, NULL when it was not given. */
const char *target_arg(const struct target *target, const char *name);

/*
 * ERR_INVALID naming the first argument that is not in the NULL-terminated
 * list, with the list.
 */
bool target_args_known(const struct target *target, const char *const *names,
		       struct err *err);

#endif
