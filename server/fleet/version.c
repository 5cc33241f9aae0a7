#include "fleet/version.h"

#include <stddef.h>
#include <string.h>

/*
 * A version is a row of words and numbers; all else separates them.  Behind
 * its last token stand endless zeros, so a number is compared with nothing
 * as with 0, and a word, which is older than any number, with that 0 too.
 */
enum token_kind { TOKEN_WORD, TOKEN_END, TOKEN_NUMBER }; /* oldest first */

struct token {
	enum token_kind kind;
	const char *text; /* a number's has no leading zeros */
	size_t len;
};

/* What is left to read. */
struct cursor {
	const char *at;
	const char *end;
};

static const char digits[] = "0123456789";
static const char separators[] = "._:-";

static struct cursor cursor_of(const struct ident *version)
{
	const char *text = version->text;

	if ((text[0] == 'v' || text[0] == 'V') && text[1] >= '0' &&
	    text[1] <= '9')
		text++;
	return (struct cursor){text, text + strcspn(text, "+")};
}

static struct token next_token(struct cursor *c)
{
	struct token token = {.kind = TOKEN_END};

	c->at += strspn(c->at, separators);
	if (c->at >= c->end)
		return token;
	token.text = c->at;
	token.len = strspn(c->at, digits);
	if (token.len) {
		size_t zeros = strspn(c->at, "0");

		c->at += token.len;
		token.kind = TOKEN_NUMBER;
		token.text += zeros;
		token.len -= zeros;
	} else {
		token.kind = TOKEN_WORD;
		token.len = strcspn(c->at, "0123456789._:-+");
		c->at += token.len;
	}
	return token;
}

static int compare_tokens(const struct token *a, const struct token *b)
{
	size_t shorter = a->len < b->len ? a->len : b->len;
	int order;

	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	if (a->kind == TOKEN_NUMBER && a->len != b->len)
		return a->len < b->len ? -1 : 1;
	order = shorter ? memcmp(a->text, b->text, shorter) : 0;
	if (order || a->len == b->len)
		return order;
	return a->len < b->len ? -1 : 1;
}

static bool is_zero(const struct token *token)
{
	return token->kind == TOKEN_NUMBER && token->len == 0;
}

int version_compare(const struct ident *a, const struct ident *b)
{
	struct cursor left = cursor_of(a), right = cursor_of(b);
	struct token x = next_token(&left), y = next_token(&right);

	for (;;) {
		int order;

		if (is_zero(&x) && y.kind != TOKEN_NUMBER) {
			x = next_token(&left);
			continue;
		}
		if (is_zero(&y) && x.kind != TOKEN_NUMBER) {
			y = next_token(&right);
			continue;
		}
		order = compare_tokens(&x, &y);
		if (order || x.kind == TOKEN_END)
			return order;
		x = next_token(&left);
		y = next_token(&right);
	}
}
