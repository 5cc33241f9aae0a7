/* What chain_explain() says, as text. */
#ifndef OTTERD_TESTS_PKI_EXPLAINING_H
#define OTTERD_TESTS_PKI_EXPLAINING_H

#include "mint.h"

#include "base/strbuf.h"
#include "pki/chain.h"

static inline size_t count(const char *text, const char *part)
{
	size_t n = 0;

	while ((text = strstr(text, part))) {
		text += strlen(part);
		n++;
	}
	return n;
}

/* Lines of printable ASCII, each ended. */
static inline void check_lines(const char *label, const char *text)
{
	if (!*text || text[strlen(text) - 1] != '\n' || strstr(text, "\n\n") ||
	    text[0] == '\n')
		fail_msg("%s: '%s'", label, text);
	for (const char *c = text; *c; c++) {
		if (*c != '\n' && (*c < ' ' || *c > '~'))
			fail_msg("%s: '%s'", label, text);
	}
}

static inline char *explain(X509 *const *leaves, const struct pool *pool,
			    X509 *anchor, bool checks_time)
{
	const struct anchor a = {.name = "field",
				 .certificate = anchor,
				 .checks_time = checks_time};
	STACK_OF(X509) *stack = sk_X509_new_null();
	struct strbuf out = {0};

	for (size_t i = 0; leaves[i]; i++)
		sk_X509_push(stack, leaves[i]);
	chain_explain(&out, stack, pool, &a, MINT_NOW);
	sk_X509_free(stack);
	return strbuf_take(&out, NULL);
}

static inline struct pool *make_pool(X509 *const *certificates)
{
	struct pool *pool;
	struct err err;

	assert_true(pool_new(&pool, &err));
	for (size_t i = 0; certificates[i]; i++)
		assert_true(pool_add(pool, certificates[i], &err));
	return pool;
}

#endif
