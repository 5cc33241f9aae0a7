#include "image.h"

#include <string.h>

#include <mbedtls/sha256.h>

enum {
	HEADER_SIZE = 24,
	SEGMENT_HEADER_SIZE = 8,
	SEGMENTS_MAX = 16,
	IMAGE_MAGIC = 0xe9,
	HASH_APPENDED_AT = 23,
	CHIP_ID_AT = 12,
	CHIP_ESP32 = 0,
	CHECKSUM_START = 0xef,
	HASH_SIZE = 32,
	DESCRIPTION_AT = HEADER_SIZE + SEGMENT_HEADER_SIZE,
	DESCRIPTION_VERSION_AT = 16,
	DESCRIPTION_PROJECT_AT = 48
};

static const uint32_t description_magic = 0xabcd5432;

#define BAD DEVICE_IMAGE

struct reader {
	FILE *file;
	mbedtls_sha256_context sha;
	uint64_t at; /* bytes read */
	uint8_t checksum;
	struct fault *fault;
};

static uint32_t le32(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
	       (uint32_t)p[3] << 24;
}

static bool take(struct reader *r, uint8_t *buf, size_t len)
{
	if (fread(buf, 1, len, r->file) != len)
		return fault_set(r->fault, BAD, "image ends at byte %llu",
				 (unsigned long long)r->at);
	r->at += len;
	mbedtls_sha256_update_ret(&r->sha, buf, len);
	return true;
}

static void read_description(struct image_info *info, const uint8_t *data)
{
	if (le32(data) != description_magic)
		return;
	snprintf(info->version, sizeof(info->version), "%.32s",
		 (const char *)data + DESCRIPTION_VERSION_AT);
	snprintf(info->project, sizeof(info->project), "%.32s",
		 (const char *)data + DESCRIPTION_PROJECT_AT);
}

static bool read_segment(struct reader *r, struct image_info *info)
{
	uint8_t data[4096];
	uint8_t head[SEGMENT_HEADER_SIZE];
	uint32_t left;

	if (!take(r, head, sizeof(head)))
		return false;
	left = le32(head + 4);
	if (left % 4 != 0)
		return fault_set(r->fault, BAD, "invalid segment length 0x%x",
				 (unsigned int)left);
	while (left > 0) {
		bool first = r->at == DESCRIPTION_AT;
		size_t len = left < sizeof(data) ? left : sizeof(data);
		size_t i;

		memset(data, 0, sizeof(data));
		if (!take(r, data, len))
			return false;
		for (i = 0; i < len; i++)
			r->checksum ^= data[i];
		if (first)
			read_description(info, data);
		left -= (uint32_t)len;
	}
	return true;
}

static bool read_tail(struct reader *r, bool hashed)
{
	uint8_t pad[16], have[HASH_SIZE], want[HASH_SIZE];
	size_t len = 16 - r->at % 16;

	if (!take(r, pad, len))
		return false;
	if (pad[len - 1] != r->checksum)
		return fault_set(r->fault, BAD,
				 "checksum 0x%02x, the data has 0x%02x",
				 pad[len - 1], r->checksum);
	mbedtls_sha256_finish_ret(&r->sha, want);
	if (hashed && fread(have, 1, HASH_SIZE, r->file) != HASH_SIZE)
		return fault_set(r->fault, BAD, "appended SHA-256 is missing");
	if (hashed && memcmp(have, want, HASH_SIZE) != 0)
		return fault_set(r->fault, BAD, "appended SHA-256 is wrong");
	if (fgetc(r->file) != EOF)
		return fault_set(r->fault, BAD, "bytes after the image");
	return true;
}

static bool read_all(struct reader *r, struct image_info *info)
{
	uint8_t head[HEADER_SIZE];
	unsigned int i;

	if (!take(r, head, sizeof(head)))
		return false;
	if (head[0] != IMAGE_MAGIC)
		return fault_set(r->fault, BAD, "magic byte 0x%02x", head[0]);
	if (head[CHIP_ID_AT] != CHIP_ESP32 || head[CHIP_ID_AT + 1] != 0)
		return fault_set(r->fault, BAD, "made for another chip");
	info->segments = head[1];
	if (info->segments < 1 || info->segments > SEGMENTS_MAX)
		return fault_set(r->fault, BAD, "%u segments", info->segments);
	for (i = 0; i < info->segments; i++)
		if (!read_segment(r, info))
			return false;
	return read_tail(r, head[HASH_APPENDED_AT] == 1);
}

bool image_check(struct image_info *info, FILE *file, struct fault *fault)
{
	struct reader r = {
		.file = file,
		.checksum = CHECKSUM_START,
		.fault = fault,
	};
	bool ok;

	*info = (struct image_info){0};
	rewind(file);
	mbedtls_sha256_init(&r.sha);
	mbedtls_sha256_starts_ret(&r.sha, 0);
	ok = read_all(&r, info);
	mbedtls_sha256_free(&r.sha);
	return ok;
}
