#include "http/range.h"

#include <string.h>
#include <strings.h>

enum spec { SPEC_BAD, SPEC_OUTSIDE, SPEC_INSIDE };

/* OWS, RFC 9110 section 5.6.3. */
static const char *skip_blanks(const char *s)
{
	return s + strspn(s, " \t");
}

/*
 * Read digits.  What 64 bits do not hold lies past the end of any file, as
 * their greatest number does.  False when there are none.
 */
static bool take_number(const char **s, uint64_t *number)
{
	const char *start = *s;

	*number = 0;
	for (; **s >= '0' && **s <= '9'; (*s)++) {
		unsigned int digit = (unsigned int)(**s - '0');

		if (*number > (UINT64_MAX - digit) / 10)
			*number = UINT64_MAX;
		else
			*number = 10 * *number + digit;
	}
	return *s != start;
}

/* "-500": the last bytes. */
static enum spec take_suffix(const char **s, uint64_t size,
			     struct byte_range *range)
{
	uint64_t length;

	(*s)++;
	if (!take_number(s, &length))
		return SPEC_BAD;
	if (!length || !size)
		return SPEC_OUTSIDE;
	range->length = length < size ? length : size;
	range->first = size - range->length;
	return SPEC_INSIDE;
}

/* "500-999", "500-" or a suffix. */
static enum spec take_spec(const char **s, uint64_t size,
			   struct byte_range *range)
{
	uint64_t first, last;

	if (**s == '-')
		return take_suffix(s, size, range);
	if (!take_number(s, &first) || **s != '-')
		return SPEC_BAD;
	(*s)++;
	if (take_number(s, &last)) {
		if (last < first)
			return SPEC_BAD;
	} else {
		last = UINT64_MAX;
	}
	if (first >= size)
		return SPEC_OUTSIDE;
	range->first = first;
	range->length = (last < size ? last + 1 : size) - first;
	return SPEC_INSIDE;
}

static bool overlap(const struct byte_range *a, const struct byte_range *b)
{
	return a->first < b->first + b->length &&
	       b->first < a->first + a->length;
}

/* How many of the ranges overlap with another. */
static size_t overlapping(const struct byte_range *ranges, size_t count)
{
	size_t found = 0;

	for (size_t i = 0; i < count; i++) {
		size_t k = 0;

		while (k < count &&
		       (k == i || !overlap(&ranges[i], &ranges[k])))
			k++;
		found += k < count;
	}
	return found;
}

/*
 * Read a list as RFC 9110 section 5.6.1.2 has it, with empty elements.
 * Returns how many ranges it names, 0 when it is malformed.
 */
static size_t read_list(const char *s, uint64_t size, struct byte_range *ranges,
			size_t *inside)
{
	size_t named = 0;

	for (;;) {
		s = skip_blanks(s);
		if (*s && *s != ',') {
			enum spec spec;

			if (++named > RANGE_MAX)
				return 0;
			spec = take_spec(&s, size, &ranges[*inside]);
			if (spec == SPEC_BAD)
				return 0;
			*inside += spec == SPEC_INSIDE;
			s = skip_blanks(s);
		}
		if (!*s)
			return named;
		if (*s++ != ',')
			return 0;
	}
}

enum range_outcome range_parse(const char *value, uint64_t size,
			       struct byte_range ranges[static RANGE_MAX],
			       size_t *count)
{
	static const char unit[] = "bytes=";

	*count = 0;
	if (strncasecmp(value, unit, strlen(unit)) != 0 ||
	    !read_list(value + strlen(unit), size, ranges, count))
		return RANGE_IGNORE;
	if (!*count)
		return RANGE_UNSATISFIABLE;
	if (overlapping(ranges, *count) > RANGE_OVERLAP_MAX)
		return RANGE_IGNORE;
	return RANGE_PARTIAL;
}
