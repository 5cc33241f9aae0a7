#include "tls/fingerprint.h"

#include <pthread.h>
#include <string.h>

#include <openssl/evp.h>

#include "base/digest.h"
#include "base/hex.h"

enum {
	MD5_SIZE = 16,
	HASH_DIGITS = 12, /* of each hash in a JA4 */
	COUNT_MAX = 99,	  /* two digits */
	JA4_A_SIZE = 10,
	/* Numbers in a JA3, five digits and a separator each at most. */
	JA3_NUMBERS = 1 + HELLO_CIPHERS_MAX + HELLO_EXTENSIONS_MAX +
		      HELLO_GROUPS_MAX + HELLO_FORMATS_MAX,
	JA3_TEXT_SIZE = 6 * (JA3_NUMBERS + 4),
	/* Four digits and a comma each. */
	CIPHERS_SIZE = 5 * HELLO_CIPHERS_MAX,
	EXTENSIONS_SIZE = 5 * (HELLO_EXTENSIONS_MAX + HELLO_ALGORITHMS_MAX),
};

/* ---- lists of numbers ---------------------------------------------------- */

/* Copy a list without its GREASE. */
static size_t without_grease(uint16_t *out, const uint16_t *list, size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		if (!hello_is_grease(list[i]))
			out[kept++] = list[i];
	}
	return kept;
}

static size_t count_real(const uint16_t *list, size_t count)
{
	size_t real = 0;

	for (size_t i = 0; i < count; i++)
		real += !hello_is_grease(list[i]);
	return real;
}

/* By insertion: the lists are short, and often almost in order. */
static void sort(uint16_t *list, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		uint16_t value = list[i];
		size_t at = i;

		for (; at > 0 && list[at - 1] > value; at--)
			list[at] = list[at - 1];
		list[at] = value;
	}
}

/* ---- JA4 ---------------------------------------------------------------- */

/* "002f,0035"; returns the place after it. */
static char *put_hex(char *at, const uint16_t *list, size_t count)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < count; i++) {
		if (i)
			*at++ = ',';
		*at++ = digits[list[i] >> 12];
		*at++ = digits[list[i] >> 8 & 15];
		*at++ = digits[list[i] >> 4 & 15];
		*at++ = digits[list[i] & 15];
	}
	return at;
}

static size_t put_ciphers(char text[static CIPHERS_SIZE],
			  const struct hello *hello)
{
	uint16_t list[HELLO_CIPHERS_MAX];
	size_t count =
		without_grease(list, hello->ciphers, hello->cipher_count);

	sort(list, count);
	return (size_t)(put_hex(text, list, count) - text);
}

/*
 * The extensions in order without server_name and ALPN, which stand in the
 * first part, then the signature algorithms as they came.
 */
static size_t put_extensions(char text[static EXTENSIONS_SIZE],
			     const struct hello *hello)
{
	uint16_t list[HELLO_EXTENSIONS_MAX];
	uint16_t algorithms[HELLO_ALGORITHMS_MAX];
	size_t all =
		without_grease(list, hello->extensions, hello->extension_count);
	size_t algorithm_count = without_grease(algorithms, hello->algorithms,
						hello->algorithm_count);
	size_t count = 0;
	char *at;

	for (size_t i = 0; i < all; i++) {
		if (list[i] != HELLO_EXT_SERVER_NAME &&
		    list[i] != HELLO_EXT_ALPN)
			list[count++] = list[i];
	}
	sort(list, count);
	at = put_hex(text, list, count);
	if (algorithm_count) {
		*at++ = '_';
		at = put_hex(at, algorithms, algorithm_count);
	}
	return (size_t)(at - text);
}

static const char *version_name(uint16_t version)
{
	static const struct {
		uint16_t version;
		char name[3];
	} names[] = {{0x0304, "13"}, {0x0303, "12"}, {0x0302, "11"},
		     {0x0301, "10"}, {0x0300, "s3"}, {0x0002, "s2"}};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (names[i].version == version)
			return names[i].name;
	}
	return "00";
}

static bool is_alphanumeric(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
	       (c >= 'a' && c <= 'z');
}

/* The protocol's first and last character, or those of its hex digits. */
static void put_alpn(char at[static 2], const struct hello *hello)
{
	static const char digits[] = "0123456789abcdef";
	uint8_t first, last;

	at[0] = at[1] = '0';
	if (!hello->alpn_len)
		return;
	first = hello->alpn[0];
	last = hello->alpn[hello->alpn_len - 1];
	if (is_alphanumeric(first) && is_alphanumeric(last)) {
		at[0] = (char)first;
		at[1] = (char)last;
	} else {
		at[0] = digits[first >> 4];
		at[1] = digits[last & 15];
	}
}

static void put_count(char at[static 2], size_t count)
{
	if (count > COUNT_MAX)
		count = COUNT_MAX;
	at[0] = (char)('0' + count / 10);
	at[1] = (char)('0' + count % 10);
}

static void put_first_part(char at[static JA4_A_SIZE],
			   const struct hello *hello)
{
	at[0] = 't';
	memcpy(at + 1, version_name(hello->max_version), 2);
	at[3] = hello->has_sni ? 'd' : 'i';
	put_count(at + 4, count_real(hello->ciphers, hello->cipher_count));
	put_count(at + 6,
		  count_real(hello->extensions, hello->extension_count));
	put_alpn(at + 8, hello);
}

/* The beginning of the text's SHA-256; zeros for no text at all. */
static bool put_hash(char at[static HASH_DIGITS], const char *text, size_t len)
{
	char hex[DIGEST_HEX_SIZE];
	struct digest hash;

	if (!len) {
		memset(at, '0', HASH_DIGITS);
		return true;
	}
	if (!digest_of(&hash, text, len))
		return false;
	digest_hex(&hash, hex);
	memcpy(at, hex, HASH_DIGITS);
	return true;
}

bool fingerprint_ja4(const struct hello *hello,
		     char ja4[static FINGERPRINT_JA4_SIZE])
{
	char ciphers[CIPHERS_SIZE], extensions[EXTENSIONS_SIZE];
	char *b = ja4 + JA4_A_SIZE + 1, *c = b + HASH_DIGITS + 1;

	put_first_part(ja4, hello);
	b[-1] = c[-1] = '_';
	c[HASH_DIGITS] = '\0';
	return put_hash(b, ciphers, put_ciphers(ciphers, hello)) &&
	       put_hash(c, extensions, put_extensions(extensions, hello));
}

void fingerprint_ja4_raw(const struct hello *hello, struct strbuf *out)
{
	char ciphers[CIPHERS_SIZE], extensions[EXTENSIONS_SIZE];
	char a[JA4_A_SIZE];

	put_first_part(a, hello);
	strbuf_add(out, a, sizeof(a));
	strbuf_puts(out, "_");
	strbuf_add(out, ciphers, put_ciphers(ciphers, hello));
	strbuf_puts(out, "_");
	strbuf_add(out, extensions, put_extensions(extensions, hello));
}

/* ---- JA3 ---------------------------------------------------------------- */

static char *put_decimal(char *at, unsigned int value)
{
	char reversed[5];
	size_t len = 0;

	do {
		reversed[len++] = (char)('0' + value % 10);
		value /= 10;
	} while (value);
	while (len)
		*at++ = reversed[--len];
	return at;
}

/* ",49196-49200" */
static char *put_list(char *at, const uint16_t *list, size_t count)
{
	const char *start = at + 1;

	*at++ = ',';
	for (size_t i = 0; i < count; i++) {
		if (hello_is_grease(list[i]))
			continue;
		if (at != start)
			*at++ = '-';
		at = put_decimal(at, list[i]);
	}
	return at;
}

static size_t put_ja3(char text[static JA3_TEXT_SIZE],
		      const struct hello *hello)
{
	uint16_t formats[HELLO_FORMATS_MAX];
	char *at = put_decimal(text, hello->legacy_version);

	for (size_t i = 0; i < hello->format_count; i++)
		formats[i] = hello->formats[i];
	at = put_list(at, hello->ciphers, hello->cipher_count);
	at = put_list(at, hello->extensions, hello->extension_count);
	at = put_list(at, hello->groups, hello->group_count);
	at = put_list(at, formats, hello->format_count);
	return (size_t)(at - text);
}

/* Once, as base/digest does it for SHA-256. */
static EVP_MD *md5;
static pthread_once_t fetching = PTHREAD_ONCE_INIT;

static void fetch_md5(void)
{
	md5 = EVP_MD_fetch(NULL, "MD5", NULL);
}

bool fingerprint_ja3(const struct hello *hello,
		     char ja3[static FINGERPRINT_JA3_SIZE])
{
	char text[JA3_TEXT_SIZE];
	uint8_t hash[MD5_SIZE];

	pthread_once(&fetching, fetch_md5);
	if (!md5 ||
	    EVP_Digest(text, put_ja3(text, hello), hash, NULL, md5, NULL) != 1)
		return false;
	hex_encode(hash, sizeof(hash), ja3);
	return true;
}

/* ---- what it looks like ------------------------------------------------- */

/*
 * Measured on the libraries that the products pin, in their default
 * configurations.  The list of ciphers is what tells them apart; names, ALPN
 * and small extensions come and go.
 */
static const struct {
	const char *ja4;
	const char *name;
} known[] = {
	{"t12?49????_4b815dab2718_*", "ESP-IDF 3.x to 4.x (mbedTLS 2)"},
	{"t12?79????_70cc01682450_*", "Arduino-ESP32 1.0.x (mbedTLS 2.16)"},
	{"t12?59????_1aac7fa98541_*", "ESP-IDF 5.x (mbedTLS 3)"},
	{"t13?63????_78486f495b9b_*", "ESP-IDF 5.x (mbedTLS 3)"},
	{"t12?45????_43b9d95bf51a_*", "ESP8266 Arduino (BearSSL)"},
	{"t12?80????_ee0b5a6c69b8_*", "mbedTLS 2.28 with its own defaults"},
	{"t12?53????_9f4633ce5439_*", "wolfSSL 5"},
	{"t13?60????_68b42a500d9a_*", "wolfSSL 5"},
	{"t13?31????_e8f1e7e78f70_*", "OpenSSL or curl"},
	{"t12?28????_d943125447b4_*", "OpenSSL or curl"},
	{"t13?29????_723694b0fccc_*", "GnuTLS or wget"},
	{"t13?15????_8daaf6152771_*", "Chrome or a browser built on it"},
};

enum { SCSV = 0x00ff, RENEGOTIATION_INFO = 65281, ORDER_END = -1 };

/*
 * Each library writes its extensions in an order of its own, above all
 * groups (10), point formats (11) and algorithms (13), which stays when a
 * product changes the configuration.
 */
static const struct {
	const char *name;
	bool scsv_last; /* TLS_EMPTY_RENEGOTIATION_INFO_SCSV, RFC 5746 */
	bool has_renegotiation_info;
	int order[12];
} families[] = {
	{.name = "mbedTLS 2, as in ESP-IDF 3.x to 4.x",
	 .scsv_last = true,
	 .order = {0, 13, 10, 11, 22, 23, 35, ORDER_END}},
	{.name = "mbedTLS 3, as in ESP-IDF 5.x",
	 .scsv_last = true,
	 .order = {0, 43, 51, 45, 10, 13, 11, 22, 23, 35, ORDER_END}},
	{.name = "BearSSL, as in ESP8266 Arduino",
	 .has_renegotiation_info = true,
	 .order = {65281, 0, 1, 13, 10, 11, ORDER_END}},
	{.name = "wolfSSL",
	 .order = {45, 51, 43, 13, 11, 10, 22, 0, 23, ORDER_END}},
	{.name = "OpenSSL or curl",
	 .order = {0, 11, 10, 35, 22, 23, 13, 43, 45, 51, ORDER_END}},
};

static bool has_extension(const struct hello *hello, uint16_t type)
{
	for (size_t i = 0; i < hello->extension_count; i++) {
		if (hello->extensions[i] == type)
			return true;
	}
	return false;
}

/* What is not in `order` may stand anywhere. */
static bool keeps_order(const struct hello *hello, const int *order)
{
	size_t next = 0;

	for (size_t i = 0; i < hello->extension_count; i++) {
		size_t at = 0;

		while (order[at] != ORDER_END &&
		       order[at] != hello->extensions[i])
			at++;
		if (order[at] == ORDER_END)
			continue;
		if (at < next)
			return false;
		next = at + 1;
	}
	return true;
}

static const char *find_family(const struct hello *hello)
{
	size_t ciphers = hello->cipher_count;
	bool scsv_last = ciphers && hello->ciphers[ciphers - 1] == SCSV;
	bool has_info = has_extension(hello, RENEGOTIATION_INFO);

	if (!has_extension(hello, HELLO_EXT_GROUPS) ||
	    !has_extension(hello, HELLO_EXT_POINT_FORMATS) ||
	    !has_extension(hello, HELLO_EXT_ALGORITHMS))
		return NULL;
	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
		if (families[i].scsv_last && !scsv_last)
			continue;
		if (families[i].has_renegotiation_info && !has_info)
			continue;
		if (keeps_order(hello, families[i].order))
			return families[i].name;
	}
	return NULL;
}

const char *fingerprint_looks_like(const struct hello *hello, const char *ja4)
{
	const char *name = fingerprint_known(ja4);

	if (name)
		return name;
	if (count_real(hello->ciphers, hello->cipher_count) <
	    hello->cipher_count)
		return "a browser (it sends GREASE)";
	return find_family(hello);
}

const char *fingerprint_known(const char *ja4)
{
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (fingerprint_matches(known[i].ja4, ja4))
			return known[i].name;
	}
	return NULL;
}

/*
 * On a mismatch only the last '*' takes one character more: what an earlier
 * one could take, it can take as well.
 */
bool fingerprint_matches(const char *pattern, const char *ja4)
{
	const char *star = NULL, *resume = NULL;

	while (*ja4) {
		if (*pattern == '*') {
			star = ++pattern;
			resume = ja4;
		} else if (*pattern == *ja4 || *pattern == '?') {
			pattern++;
			ja4++;
		} else if (star) {
			pattern = star;
			ja4 = ++resume;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return !*pattern;
}
