#include "http/multipart.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/rand.h>

#include "base/hex.h"

enum {
	BOUNDARY_SIZE = 16, /* random bytes */
	HEAD_SIZE = 256	    /* bytes of a part's head with three numbers */
};

/* A part is its head and the bytes of its range, or the head alone. */
struct part {
	uint64_t start; /* body offset of the head */
	size_t head_len;
	struct byte_range range;
};

struct multipart {
	int fd;
	uint64_t size;
	uint64_t length;
	const char *type;
	char boundary[2 * BOUNDARY_SIZE + 1];
	char own_type[80];
	size_t count;
	struct part parts[RANGE_MAX + 1]; /* the last one closes the body */
};

static size_t write_head(const struct multipart *m, size_t index,
			 char head[static HEAD_SIZE])
{
	const struct byte_range *range = &m->parts[index].range;
	int len;

	if (index == m->count)
		len = snprintf(head, HEAD_SIZE, "\r\n--%s--\r\n", m->boundary);
	else
		len = snprintf(head, HEAD_SIZE,
			       "%s--%s\r\nContent-Type: %s\r\n"
			       "Content-Range: bytes %" PRIu64 "-%" PRIu64
			       "/%" PRIu64 "\r\n\r\n",
			       index ? "\r\n" : "", m->boundary, m->type,
			       range->first, range->first + range->length - 1,
			       m->size);
	return (size_t)len;
}

/* Measure the parts.  False when a head is too long. */
static bool lay_out(struct multipart *m)
{
	char head[HEAD_SIZE];

	for (size_t i = 0; i <= m->count; i++) {
		struct part *part = &m->parts[i];

		part->start = m->length;
		part->head_len = write_head(m, i, head);
		if (part->head_len >= sizeof(head))
			return false;
		m->length += part->head_len + part->range.length;
	}
	return true;
}

bool multipart_new(struct multipart **out, int fd, uint64_t size,
		   const struct byte_range *ranges, size_t count,
		   const char *type, struct err *err)
{
	struct multipart *m = calloc(1, sizeof(*m));
	uint8_t random[BOUNDARY_SIZE];

	*out = NULL;
	if (!m) {
		close(fd);
		return err_memory(err);
	}
	m->fd = fd;
	m->size = size;
	m->type = type;
	m->count = count < RANGE_MAX ? count : RANGE_MAX;
	for (size_t i = 0; i < m->count; i++)
		m->parts[i].range = ranges[i];
	if (RAND_bytes(random, sizeof(random)) != 1) {
		err_openssl(err, ERR_SYSTEM, "multipart boundary");
		goto fail;
	}
	hex_encode(random, sizeof(random), m->boundary);
	snprintf(m->own_type, sizeof(m->own_type),
		 "multipart/byteranges; boundary=%s", m->boundary);
	if (!lay_out(m)) {
		err_set(err, ERR_TOO_LARGE, "media type %s", type);
		goto fail;
	}
	*out = m;
	return true;
fail:
	multipart_free(m);
	return false;
}

void multipart_free(struct multipart *m)
{
	if (!m)
		return;
	close(m->fd);
	free(m);
}

uint64_t multipart_length(const struct multipart *m)
{
	return m->length;
}

const char *multipart_type(const struct multipart *m)
{
	return m->own_type;
}

static int64_t read_file(const struct multipart *m, uint64_t offset, char *buf,
			 size_t max)
{
	ssize_t n;

	do {
		n = pread(m->fd, buf, max, (off_t)offset);
	} while (n < 0 && errno == EINTR);
	return n > 0 ? n : -1;
}

/* Read from part `index`, at `offset` into it, to its end at the most. */
static int64_t read_part(const struct multipart *m, size_t index,
			 uint64_t offset, char *buf, size_t max)
{
	const struct part *part = &m->parts[index];
	char head[HEAD_SIZE];
	uint64_t left;

	if (offset < part->head_len) {
		size_t len = part->head_len - (size_t)offset;

		write_head(m, index, head);
		if (len > max)
			len = max;
		memcpy(buf, head + offset, len);
		return (int64_t)len;
	}
	offset -= part->head_len;
	left = part->range.length - offset;
	return read_file(m, part->range.first + offset, buf,
			 left < max ? (size_t)left : max);
}

int64_t multipart_read(const struct multipart *m, uint64_t pos, char *buf,
		       size_t max)
{
	size_t done = 0;
	size_t index = 0;

	while (done < max && pos < m->length) {
		int64_t n;

		while (index < m->count && m->parts[index + 1].start <= pos)
			index++;
		n = read_part(m, index, pos - m->parts[index].start, buf + done,
			      max - done);
		if (n < 0)
			return -1;
		done += (size_t)n;
		pos += (uint64_t)n;
	}
	return (int64_t)done;
}
