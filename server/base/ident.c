#include "base/ident.h"

#include <string.h>

const char ident_rule[] = "1 to 64 of A-Z a-z 0-9 . _ : + -, "
			  "starting with a letter or digit";

static bool is_alphanumeric(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	       (c >= '0' && c <= '9');
}

bool ident_parse(struct ident *id, const char *text, size_t len)
{
	id->text[0] = '\0';
	if (len < 1 || len > IDENT_MAX || !is_alphanumeric(text[0]))
		return false;
	for (size_t i = 1; i < len; i++) {
		if (!is_alphanumeric(text[i]) &&
		    (!text[i] || !strchr("._:+-", text[i])))
			return false;
	}
	memcpy(id->text, text, len);
	id->text[len] = '\0';
	return true;
}

bool ident_equal(const struct ident *a, const struct ident *b)
{
	return strcmp(a->text, b->text) == 0;
}
