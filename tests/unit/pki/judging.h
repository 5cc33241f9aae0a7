/* What judge() says of chains, as text. */
#ifndef OTTERD_TESTS_PKI_JUDGING_H
#define OTTERD_TESTS_PKI_JUDGING_H

#include "mint.h"

#include "base/strbuf.h"
#include "pki/certificate.h"
#include "pki/judge.h"

enum { LINKS = 6 }; /* of a chain at most; NULL ends it */

struct found {
	struct strbuf text; /* "error: ...\n" and so on */
	enum finding_level last;
};

static inline void note(void *arg, const struct finding *finding)
{
	struct found *found = arg;

	/* errors first, and one line of printable ASCII each */
	assert_true(finding->level <= found->last);
	found->last = finding->level;
	assert_true(*finding->text);
	for (const char *c = finding->text; *c; c++)
		assert_in_range(*c, ' ', '~');
	strbuf_printf(&found->text, "%s: %s\n",
		      finding_level_name(finding->level), finding->text);
}

static inline STACK_OF(X509) * make_stack(X509 *const *links)
{
	STACK_OF(X509) *stack = sk_X509_new_null();

	for (size_t i = 0; i < LINKS && links[i]; i++)
		sk_X509_push(stack, links[i]);
	return stack;
}

/* The caller frees it. */
static inline char *judge_chains(X509 *const *first, X509 *const *second,
				 const struct anchor *anchor,
				 int security_level, const struct pool *pool)
{
	const STACK_OF(X509) *
		chains[2] = {make_stack(first), make_stack(second)};
	const struct presentation what = {
		.profile = "legacy",
		.anchor = anchor && anchor->certificate ? anchor : NULL,
		.chains = chains,
		.chain_count = second[0] ? 2 : 1,
		.security_level = security_level,
	};
	struct found found = {.last = FINDING_ERROR};

	judge(&what, pool, MINT_NOW, note, &found);
	for (size_t i = 0; i < 2; i++)
		sk_X509_free((STACK_OF(X509) *)chains[i]);
	strbuf_puts(&found.text, "");
	return strbuf_take(&found.text, NULL);
}

#endif
