/* openssl(1) for the tests of this room: keys and signatures made elsewhere. */
#ifndef OTTERD_TESTS_PKI_OPENSSL_H
#define OTTERD_TESTS_PKI_OPENSSL_H

#include "../base/fixture.h"

/* Run a shell command line in a directory; it must succeed. */
__attribute__((format(printf, 2, 3))) static inline void
run_in(const char *dir, const char *fmt, ...)
{
	char line[1024];
	va_list args;
	int used = snprintf(line, sizeof(line),
			    "cd '%s' && umask 077 && "
			    "exec >/dev/null 2>run.log || exit 1; ",
			    dir);

	va_start(args, fmt);
	used += vsnprintf(line + used, sizeof(line) - (size_t)used, fmt, args);
	va_end(args);
	assert_true(used < (int)sizeof(line));
	if (system(line) != 0)
		fail_msg("failed: %s", line);
}

#endif
