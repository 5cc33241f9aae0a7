#include "base/utf8.h"

/* The well-formed sequences of RFC 3629 section 4, C0, DEL and C1 left out. */
static const struct {
	unsigned char first, last; /* lead byte */
	unsigned char low, high;   /* byte after it */
	size_t len;
} forms[] = {
	{0x20, 0x7e, 0x00, 0xff, 1}, {0xc2, 0xc2, 0xa0, 0xbf, 2},
	{0xc3, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
	{0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3},
	{0xee, 0xef, 0x80, 0xbf, 3}, {0xf0, 0xf0, 0x90, 0xbf, 4},
	{0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
};

size_t utf8_printable(const char *text)
{
	const unsigned char *at = (const unsigned char *)text;
	size_t i = 0, len;

	while (at[0] < forms[i].first || at[0] > forms[i].last) {
		if (++i == sizeof(forms) / sizeof(forms[0]))
			return 0;
	}
	len = forms[i].len;
	if (len > 1 && (at[1] < forms[i].low || at[1] > forms[i].high))
		return 0;
	/* The final NUL is no trailing byte either. */
	for (size_t k = 2; k < len; k++) {
		if ((at[k] & 0xc0) != 0x80)
			return 0;
	}
	return len;
}

void utf8_mend(char *text)
{
	while (*text) {
		size_t len = utf8_printable(text);

		if (!len)
			*text = '?';
		text += len ? len : 1;
	}
}
