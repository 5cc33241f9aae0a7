#include "http/admin/render.h"

#include <string.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/json.h"

bool render_append(json_t **list, json_t *row)
{
	if (json_array_append_new(*list, row) == 0)
		return true;
	json_decref(*list);
	*list = NULL;
	return false;
}

json_t *render_text(const char *text)
{
	return text[0] ? json_string(text) : json_null();
}

json_t *render_time(int64_t utc)
{
	char text[CLOCK_TEXT_SIZE];

	if (!utc)
		return json_null();
	clock_rfc3339(utc, text);
	return json_string(text);
}

static json_t *render_digest(const struct digest *d)
{
	char hex[DIGEST_HEX_SIZE];

	digest_hex(d, hex);
	return json_string(hex);
}

static json_t *render_id(int64_t id)
{
	return id ? json_integer(id) : json_null();
}

static json_t *render_signers(const struct image_signature_row *signatures,
			      size_t count)
{
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++) {
		json_t *entry = json_pack("{s:s, s:s}", "signer",
					  signatures[i].signer.text,
					  "algorithm", signatures[i].algorithm);

		if (!render_append(&list, entry))
			break;
	}
	return list;
}

json_t *render_image(const struct image_row *row,
		     const struct image_signature_row *signatures, size_t count)
{
	return json_pack("{s:s, s:o, s:I, s:s, s:s, s:o, s:o}", "product",
			 row->product.text, "sha256",
			 render_digest(&row->sha256), "size",
			 (json_int_t)row->size, "format", row->format,
			 "version", row->version.text, "signed_by",
			 render_signers(signatures, count), "created",
			 render_time(row->created));
}

json_t *render_release(const struct release_row *row)
{
	return json_pack("{s:I, s:s, s:o, s:s, s:s, s:i, s:s, s:o}", "id",
			 (json_int_t)row->id, "product", row->product.text,
			 "sha256", render_digest(&row->sha256), "version",
			 row->version.text, "channel", row->channel.text,
			 "percent", row->percent, "state",
			 release_state_name(row->state), "created",
			 render_time(row->created));
}

json_t *render_groups(const char *joined)
{
	json_t *list = json_array();

	while (*joined) {
		size_t len = strcspn(joined, ",");

		if (!render_append(&list, json_stringn(joined, len)))
			break;
		joined += len;
		joined += *joined == ',';
	}
	return list;
}

static json_t *render_report(const struct device_row *row)
{
	if (!row->report_status[0])
		return json_null();
	return json_pack("{s:s, s:o, s:o}", "status", row->report_status,
			 "release", render_id(row->report_release), "at",
			 render_time(row->report_at));
}

/* Put how a client was connected behind what the object has. */
static json_t *with_peer(json_t *object, const struct store_peer *peer)
{
	json_t *more = json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "address",
				 render_text(peer->address), "tls_version",
				 render_text(peer->tls_version), "cipher",
				 render_text(peer->cipher), "profile",
				 render_text(peer->profile), "fingerprint",
				 render_text(peer->fingerprint), "label",
				 render_text(peer->label));

	if (!object || !more || json_object_update(object, more)) {
		json_decref(object);
		object = NULL;
	}
	json_decref(more);
	return object;
}

json_t *render_device(const struct device_row *row)
{
	json_t *object = json_pack(
		"{s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:I, s:o, s:o, s:o}",
		"product", row->product.text, "device", row->device.text,
		"version", render_text(row->version.text), "channel",
		render_text(row->channel.text), "groups",
		render_groups(row->groups), "pin", render_text(row->pin.text),
		"first_seen", render_time(row->first_seen), "last_seen",
		render_time(row->last_seen), "checkins",
		(json_int_t)row->checkins, "release", render_id(row->release),
		"reason", render_text(row->reason), "report",
		render_report(row));

	return with_peer(object, &row->peer);
}

json_t *render_checkin(const struct checkin *row)
{
	json_t *object = json_pack(
		"{s:I, s:o, s:s, s:s, s:s, s:o, s:o, s:o}", "id",
		(json_int_t)row->id, "at", render_time(row->at), "product",
		row->product.text, "device", row->device.text, "version",
		row->version.text, "channel", render_text(row->channel.text),
		"release", render_id(row->release), "reason",
		render_text(row->reason));

	return with_peer(object, &row->peer);
}

json_t *render_audit(const struct audit_row *row)
{
	struct err err;
	json_t *detail = row->detail[0] ? json_parse(row->detail,
						     strlen(row->detail), &err)
					: json_null();

	return json_pack("{s:I, s:o, s:s, s:o, s:s, s:s, s:o}", "id",
			 (json_int_t)row->id, "at", render_time(row->at), "who",
			 row->who.text, "address", render_text(row->address),
			 "what", row->what, "object", row->object, "detail",
			 detail ? detail : json_string(row->detail));
}
