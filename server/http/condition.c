#include "http/condition.h"

#include <string.h>

#include "base/clock.h"

/*
 * The length of the entity-tag (RFC 9110 section 8.8.3) that *s begins with,
 * without its "W/", behind which *s then is.  0 when there is none.
 */
static size_t tag_length(const char **s, bool *weak)
{
	size_t len = 1;

	*weak = strncmp(*s, "W/", 2) == 0;
	if (*weak)
		*s += 2;
	if (**s != '"')
		return 0;
	while ((unsigned char)(*s)[len] > ' ' && (*s)[len] != '"' &&
	       (*s)[len] != '\x7f')
		len++;
	return (*s)[len] == '"' ? len + 1 : 0;
}

static bool tag_equals(const char *tag, size_t len, const char *etag)
{
	return len == strlen(etag) && memcmp(tag, etag, len) == 0;
}

/*
 * Is `etag`, which is strong, in the list?  Weak tags count only where the
 * comparison may be weak (section 8.8.3.2).  A malformed list ends there.
 */
static bool list_has(const char *s, const char *etag, bool weak_counts)
{
	for (;;) {
		bool weak;
		size_t len;

		s += strspn(s, " \t,");
		len = tag_length(&s, &weak);
		if (!len)
			return false;
		if ((!weak || weak_counts) && tag_equals(s, len, etag))
			return true;
		s += len;
		s += strspn(s, " \t");
		if (*s != ',')
			return false;
	}
}

/* "*" is for any representation, and there is one. */
static bool matches(const char *value, const char *etag, bool weak_counts)
{
	return strcmp(value, "*") == 0 || list_has(value, etag, weak_counts);
}

/* Was it modified after the date in `value`?  `otherwise` for a bad date. */
static bool modified_after(const struct condition_state *s, const char *value,
			   bool otherwise)
{
	int64_t date;

	if (!clock_parse_http_date(value, &date))
		return otherwise;
	return s->modified > date;
}

static bool precondition_holds(const struct condition_headers *h,
			       const struct condition_state *s)
{
	if (h->if_match)
		return matches(h->if_match, s->etag, false);
	if (h->if_unmodified_since)
		return !modified_after(s, h->if_unmodified_since, false);
	return true;
}

static bool is_new(const struct condition_headers *h,
		   const struct condition_state *s)
{
	if (h->if_none_match)
		return !matches(h->if_none_match, s->etag, true);
	if (h->if_modified_since)
		return modified_after(s, h->if_modified_since, true);
	return true;
}

enum condition_outcome condition_check(const struct condition_headers *h,
				       const struct condition_state *s)
{
	if (!precondition_holds(h, s))
		return CONDITION_FAILED;
	return is_new(h, s) ? CONDITION_PROCEED : CONDITION_NOT_MODIFIED;
}

bool condition_range_allowed(const struct condition_headers *h,
			     const struct condition_state *s)
{
	const char *tag = h->if_range;
	int64_t date;
	size_t len;
	bool weak;

	if (!tag)
		return true;
	len = tag_length(&tag, &weak);
	if (len)
		return !weak && !tag[len] && tag_equals(tag, len, s->etag);
	return clock_parse_http_date(h->if_range, &date) &&
	       date == s->modified && s->modified < s->now;
}
