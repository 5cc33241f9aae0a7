#include "exchange.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool send_request(struct exchange *x, const char *method,
			 const char *path, const char *fields, const char *body,
			 struct fault *fault)
{
	char head[1024];
	int len = snprintf(head, sizeof(head),
			   "%s %s HTTP/1.1\r\n"
			   "User-Agent: ESP32 HTTP Client/1.0\r\n"
			   "Host: %s\r\n%s\r\n",
			   method, path, x->host, fields);

	if (len < 0 || (size_t)len >= sizeof(head))
		return fault_set(fault, DEVICE_SELF, "request too long");
	return link_write(x->link, head, (size_t)len, fault) &&
	       link_write(x->link, body, strlen(body), fault);
}

/* Read one more record's worth behind what is there. */
static bool more(struct exchange *x, struct fault *fault)
{
	size_t got;

	if (!link_read(x->link, x->input + x->end, sizeof(x->input) - x->end,
		       &got, fault))
		return false;
	if (got == 0)
		return fault_set(fault, DEVICE_NETWORK,
				 "the server closed the connection");
	x->end += got;
	return true;
}

static bool read_head(struct exchange *x, struct fault *fault)
{
	const char *end = NULL;
	unsigned int records = 0;

	x->at = x->end = 0;
	do {
		if (x->end > EXCHANGE_HEAD_MAX)
			return fault_set(fault, DEVICE_HTTP, "head too long");
		if (!more(x, fault))
			return false;
		records++;
		end = memmem(x->input, x->end, "\r\n\r\n", 4);
	} while (!end);
	x->at = (size_t)(end - x->input) + 4;
	x->head_size = x->at;
	x->one_record = records == 1;
	if (x->head_size > EXCHANGE_HEAD_MAX)
		return fault_set(fault, DEVICE_HTTP, "head too long");
	memcpy(x->head, x->input, x->head_size);
	x->head[x->head_size] = '\0';
	return true;
}

bool exchange_field(const struct exchange *x, const char *name, char *value,
		    size_t size)
{
	size_t name_len = strlen(name);
	const char *line = strstr(x->head, "\r\n");

	for (; line; line = strstr(line, "\r\n")) {
		const char *from;
		size_t len;

		line += 2;
		if (strncasecmp(line, name, name_len) != 0 ||
		    line[name_len] != ':')
			continue;
		from = line + name_len + 1;
		from += strspn(from, " \t");
		len = strcspn(from, "\r");
		if (len >= size)
			return false;
		memcpy(value, from, len);
		value[len] = '\0';
		return true;
	}
	return false;
}

static bool parse_head(struct exchange *x, struct fault *fault)
{
	char value[64];
	char *end;
	int minor;

	if (sscanf(x->head, "HTTP/1.%1d %3d ", &minor, &x->status) != 2)
		return fault_set(fault, DEVICE_HTTP, "no HTTP status line");
	x->keep = minor == 1 &&
		  !(exchange_field(x, "Connection", value, sizeof(value)) &&
		    strcasecmp(value, "close") == 0);
	x->length = 0;
	if (x->status != 204 && x->status != 304) {
		if (!exchange_field(x, "Content-Length", value, sizeof(value)))
			return fault_set(fault, DEVICE_HTTP,
					 "status %d without a Content-Length",
					 x->status);
		errno = 0;
		x->length = strtoull(value, &end, 10);
		if (errno != 0 || end == value || *end != '\0')
			return fault_set(fault, DEVICE_HTTP,
					 "bad Content-Length %s", value);
	}
	x->left = x->length;
	return true;
}

bool exchange_start(struct exchange *x, const char *method, const char *path,
		    const char *fields, const char *body, struct fault *fault)
{
	return link_up(x->link, fault) &&
	       send_request(x, method, path, fields, body, fault) &&
	       read_head(x, fault) && parse_head(x, fault);
}

bool exchange_start_image(struct exchange *x, const char *path,
			  const char *fields, struct fault *fault)
{
	if (!exchange_start(x, "GET", path, fields, "", fault))
		return false;
	if (x->head_size >= EXCHANGE_IMAGE_HEAD_MAX)
		return fault_set(fault, DEVICE_HTTP,
				 "head of %zu bytes, the buffer holds %d",
				 x->head_size, EXCHANGE_IMAGE_HEAD_MAX);
	if (!x->one_record)
		return fault_set(fault, DEVICE_HTTP,
				 "head in more than one TLS record");
	return true;
}

bool exchange_read(struct exchange *x, void *buf, size_t size, size_t *got,
		   struct fault *fault)
{
	size_t len;

	*got = 0;
	if (x->left == 0)
		return true;
	if (x->at == x->end) {
		x->at = x->end = 0;
		if (!more(x, fault))
			return false;
	}
	len = x->end - x->at;
	if (len > size)
		len = size;
	if (len > x->left)
		len = (size_t)x->left;
	memcpy(buf, x->input + x->at, len);
	x->at += len;
	x->left -= len;
	*got = len;
	return true;
}

bool exchange_body(struct exchange *x, size_t max, char **body, size_t *len,
		   struct fault *fault)
{
	size_t size = (size_t)x->length;
	size_t got;

	*body = NULL;
	*len = 0;
	if (x->length > max)
		return fault_set(fault, DEVICE_HTTP, "body too long");
	*body = malloc(size + 1);
	if (!*body)
		return fault_set(fault, DEVICE_SELF, "out of memory");
	for (; *len < size; *len += got)
		if (!exchange_read(x, *body + *len, size - *len, &got, fault))
			goto fail;
	(*body)[size] = '\0';
	return true;
fail:
	free(*body);
	*body = NULL;
	return false;
}

void exchange_end(struct exchange *x)
{
	if (!x->keep)
		link_down(x->link);
}
