/*
 * What range_parse() finds lies inside the file, and a multipart body of it
 * has the length that was announced.  The first four bytes are the size.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "http/multipart.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(condition)          \
	do {                      \
		if (!(condition)) \
			abort();  \
	} while (0)

enum { FILE_MAX = 4096 }; /* bytes; larger files are not read */

static void check_ranges(const struct byte_range *ranges, size_t count,
			 uint64_t size)
{
	size_t overlaps = 0;

	CHECK(count > 0 && count <= RANGE_MAX);
	for (size_t i = 0; i < count; i++) {
		bool overlaps_any = false;

		CHECK(ranges[i].length > 0);
		CHECK(ranges[i].first < size);
		CHECK(ranges[i].length <= size - ranges[i].first);
		for (size_t k = 0; k < count; k++) {
			const struct byte_range *low =
				ranges[i].first <= ranges[k].first ? &ranges[i]
								   : &ranges[k];
			const struct byte_range *high =
				low == &ranges[i] ? &ranges[k] : &ranges[i];

			if (k != i && high->first - low->first < low->length)
				overlaps_any = true;
		}
		overlaps += overlaps_any;
	}
	CHECK(overlaps <= RANGE_OVERLAP_MAX);
}

static void check_multipart(const struct byte_range *ranges, size_t count,
			    uint64_t size)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	uint64_t pos = 0;
	struct multipart *m;
	char buf[97];
	struct err err;
	int64_t n;

	CHECK(fd >= 0 && ftruncate(fd, (off_t)size) == 0);
	CHECK(multipart_new(&m, fd, size, ranges, count, "a/b", &err));
	while ((n = multipart_read(m, pos, buf, sizeof(buf))) > 0)
		pos += (uint64_t)n;
	CHECK(n == 0 && pos == multipart_length(m));
	multipart_free(m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct byte_range ranges[RANGE_MAX];
	enum range_outcome outcome;
	uint32_t file_size;
	size_t count;
	char *value;

	if (size < sizeof(file_size))
		return 0;
	memcpy(&file_size, data, sizeof(file_size));
	size -= sizeof(file_size);
	value = malloc(size + 1);
	CHECK(value);
	memcpy(value, data + sizeof(file_size), size);
	value[size] = '\0';
	outcome = range_parse(value, file_size, ranges, &count);
	if (outcome == RANGE_PARTIAL) {
		check_ranges(ranges, count, file_size);
		if (file_size <= FILE_MAX)
			check_multipart(ranges, count, file_size);
	} else if (outcome == RANGE_UNSATISFIABLE) {
		CHECK(count == 0);
	}
	free(value);
	return 0;
}
