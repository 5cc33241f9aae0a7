#include "base/hex.h"

#include <string.h>

#include <openssl/evp.h>

static const char base64_digits[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void hex_encode(const uint8_t *bytes, size_t len, char *text)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < len; i++) {
		*text++ = digits[bytes[i] >> 4];
		*text++ = digits[bytes[i] & 15];
	}
	*text = '\0';
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

bool hex_decode(const char *text, size_t len, uint8_t *bytes)
{
	if (len % 2)
		return false;
	for (size_t i = 0; i < len; i += 2) {
		int high = hex_value(text[i]);
		int low = hex_value(text[i + 1]);

		if (high < 0 || low < 0)
			return false;
		bytes[i / 2] = (uint8_t)(high << 4 | low);
	}
	return true;
}

void base64_encode(const uint8_t *bytes, size_t len, char *text)
{
	EVP_EncodeBlock((unsigned char *)text, bytes, (int)len);
}

static int base64_value(char c)
{
	const char *digit = c ? strchr(base64_digits, c) : NULL;

	return digit ? (int)(digit - base64_digits) : -1;
}

bool base64_decode(const char *text, size_t len, uint8_t *bytes, size_t *size,
		   size_t *at)
{
	size_t pad = 0;
	uint32_t bits = 0;
	size_t out = 0;

	while (pad < 2 && pad < len && text[len - 1 - pad] == '=')
		pad++;
	*at = 0;
	for (size_t i = 0; i < len - pad; i++) {
		int value = base64_value(text[i]);

		*at = i;
		if (value < 0)
			return false;
		bits = bits << 6 | (uint32_t)value;
		if (i % 4)
			bytes[out++] = (uint8_t)(bits >> (6 - 2 * (i % 4)));
	}
	if (len % 4) {
		*at = len;
		return false;
	}
	/* The last character's spare bits must be zero, section 3.5. */
	if ((pad == 1 && bits & 3) || (pad == 2 && bits & 15))
		return false;
	*size = out;
	return true;
}
