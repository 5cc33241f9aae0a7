#include "base/host.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>

#include "base/strbuf.h"

enum { LABEL_MAX = 63 }; /* RFC 1035 section 2.3.4 */

bool host_from_address(struct host *out, const uint8_t *bytes, size_t len)
{
	*out = (struct host){0};
	if (len != 4 && len != 16)
		return false;
	memcpy(out->address, bytes, len);
	out->address_len = len;
	return inet_ntop(len == 4 ? AF_INET : AF_INET6, bytes, out->text,
			 sizeof(out->text)) != NULL;
}

static bool parse_address(struct host *out, const char *text)
{
	bool colon = strchr(text, ':') != NULL;
	uint8_t bytes[16];

	return inet_pton(colon ? AF_INET6 : AF_INET, text, bytes) == 1 &&
	       host_from_address(out, bytes, colon ? 16 : 4);
}

static bool is_label(const char *label, size_t len)
{
	if (len < 1 || len > LABEL_MAX || label[0] == '-' ||
	    label[len - 1] == '-')
		return false;
	for (size_t i = 0; i < len; i++) {
		if (!isalnum((unsigned char)label[i]) && label[i] != '-' &&
		    label[i] != '_')
			return false;
	}
	return true;
}

/* How many labels the name has; 0 when it is none. */
static size_t count_labels(const char *name)
{
	size_t count = 0;
	bool number;

	for (;;) {
		size_t len = strcspn(name, ".");

		if (!is_label(name, len))
			return 0;
		count++;
		number = strspn(name, "0123456789") == len;
		name += len;
		if (!*name)
			return number ? 0 : count;
		name++;
	}
}

static bool parse_name(struct host *out, const char *text, bool patterns)
{
	bool wildcard = patterns && strncmp(text, "*.", 2) == 0;
	size_t labels = count_labels(wildcard ? text + 2 : text);

	if (labels < (wildcard ? 2 : 1) ||
	    !text_copy(out->text, sizeof(out->text), text))
		return false;
	for (char *p = out->text; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	out->wildcard = wildcard;
	return true;
}

bool host_parse(struct host *out, const char *text, bool patterns,
		struct err *err)
{
	*out = (struct host){0};
	if (parse_address(out, text) || parse_name(out, text, patterns))
		return true;
	*out = (struct host){0};
	return err_set(err, ERR_INVALID,
		       "'%s' is no host: wanted a DNS name such as "
		       "ota.example.com%s or an address such as 192.0.2.1 or "
		       "2001:db8::1",
		       text, patterns ? ", *.example.com" : "");
}

bool host_equal(const struct host *a, const struct host *b)
{
	return strcmp(a->text, b->text) == 0;
}
