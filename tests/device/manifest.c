#include "manifest.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define BAD DEVICE_MANIFEST

/* keyid="...", alg="...", sig="..." - exactly these three, in this order. */
bool manifest_check(const struct trust *key, const char *field,
		    const char *body, size_t len, struct fault *fault)
{
	char id[65], algorithm[33], signature[257];
	int end = 0;

	sscanf(field,
	       "keyid=\"%64[0-9a-f]\", alg=\"%32[a-z0-9-]\", "
	       "sig=\"%256[A-Za-z0-9+/=]\"%n",
	       id, algorithm, signature, &end);
	if (end == 0 || field[end] != '\0')
		return fault_set(fault, BAD, "Manifest-Signature: %s", field);
	if (strcmp(algorithm, "ed25519") != 0 && strcmp(id, trust_id(key)) != 0)
		return fault_set(fault, BAD, "keyid %s, the device has %s", id,
				 trust_id(key));
	return trust_check(key, algorithm, signature, body, len, BAD, fault);
}

/* "2026-11-21T04:00:00Z" as UTC seconds. */
static bool read_time(const char *text, int64_t *utc)
{
	struct tm tm = {0};
	const char *end = strptime(text, "%Y-%m-%dT%H:%M:%SZ", &tm);

	*utc = timegm(&tm);
	return end && *end == '\0';
}

/* A URL's path; the device stays with the server it knows. */
static const char *path_of(const char *url)
{
	static const char scheme[] = "https://";

	if (strncmp(url, scheme, sizeof(scheme) - 1) != 0)
		return NULL;
	return strchr(url + sizeof(scheme) - 1, '/');
}

static bool read_update(struct manifest *m, json_t *update, struct fault *fault)
{
	const char *url, *format;
	json_error_t error;

	m->update = json_is_object(update);
	if (!m->update)
		return strcmp(m->reason, "update") != 0 ||
		       fault_set(fault, BAD, "reason update without one");
	if (json_unpack_ex(update, &error, JSON_STRICT,
			   "{s:I, s:s, s:I, s:s, s:s, s:s, s:o}", "release",
			   &m->release, "version", &m->version, "size",
			   &m->size, "sha256", &m->sha256, "format", &format,
			   "url", &url, "signatures", &m->signatures) != 0)
		return fault_set(fault, BAD, "update: %s", error.text);
	m->path = path_of(url);
	if (!m->path)
		return fault_set(fault, BAD, "url %s", url);
	if (strlen(m->sha256) != TRUST_HEX_SIZE - 1 || m->size <= 0 ||
	    !json_is_array(m->signatures))
		return fault_set(fault, BAD, "update is malformed");
	if (strcmp(m->reason, "update") != 0)
		return fault_set(fault, BAD, "an update with reason %s",
				 m->reason);
	return true;
}

static bool agree(const struct manifest *m, const struct manifest_expect *want,
		  const char *product, const char *device, const char *issued,
		  const char *expires, struct fault *fault)
{
	int64_t from, to;

	if (strcmp(product, want->product) != 0 ||
	    strcmp(device, want->device) != 0)
		return fault_set(fault, BAD, "it is for %s/%s", product,
				 device);
	if (m->serial < want->serial)
		return fault_set(fault, BAD, "serial %lld after %lld",
				 (long long)m->serial, (long long)want->serial);
	if (!read_time(issued, &from) || !read_time(expires, &to) || to <= from)
		return fault_set(fault, BAD, "issued %s, expires %s", issued,
				 expires);
	if (want->now >= to)
		return fault_set(fault, BAD, "expired at %s", expires);
	return true;
}

bool manifest_read(struct manifest *m, const char *body, size_t len,
		   const struct manifest_expect *expect, struct fault *fault)
{
	const char *product, *device, *issued, *expires;
	json_t *update;
	json_error_t error;
	int schema;

	*m = (struct manifest){0};
	m->json = json_loadb(body, len, JSON_REJECT_DUPLICATES, &error);
	if (!m->json)
		return fault_set(fault, BAD, "not JSON: %s", error.text);
	if (json_unpack_ex(m->json, &error, JSON_STRICT,
			   "{s:i, s:s, s:s, s:I, s:s, s:s, s:I, s:s, s:o}",
			   "schema", &schema, "product", &product, "device",
			   &device, "serial", &m->serial, "issued", &issued,
			   "expires", &expires, "poll_after", &m->poll_after,
			   "reason", &m->reason, "update", &update) != 0) {
		fault_set(fault, BAD, "%s", error.text);
		goto fail;
	}
	if (schema != 1) {
		fault_set(fault, BAD, "schema %d", schema);
		goto fail;
	}
	if (agree(m, expect, product, device, issued, expires, fault) &&
	    read_update(m, update, fault))
		return true;
fail:
	manifest_drop(m);
	return false;
}

void manifest_drop(struct manifest *m)
{
	json_decref(m->json);
	*m = (struct manifest){0};
}

bool manifest_check_image(const struct manifest *m, const struct trust *key,
			  FILE *file, const char **signer,
			  const char **algorithm, struct fault *fault)
{
	const char *value;
	json_t *entry;
	size_t i;

	json_array_foreach (m->signatures, i, entry) {
		if (json_unpack(entry, "{s:s, s:s, s:s}", "signer", signer,
				"algorithm", algorithm, "value", &value) != 0)
			return fault_set(fault, BAD, "signature is malformed");
		if (trust_fits(key, *algorithm) &&
		    trust_check_file(key, *algorithm, value, file, DEVICE_IMAGE,
				     fault))
			return true;
	}
	if (fault->exit != DEVICE_IMAGE)
		fault_set(fault, DEVICE_IMAGE,
			  "none of %zu signatures is by the device's signer",
			  json_array_size(m->signatures));
	return false;
}
