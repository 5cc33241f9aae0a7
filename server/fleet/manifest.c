#include "fleet/manifest.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/hex.h"
#include "pki/signature.h"
#include "pki/signing.h"

/* Bytes of the longest signature: ECDSA P-256 in DER; Ed25519 has 64. */
enum { SHORT_SIGNATURE_MAX = 72 };

int64_t manifest_poll_after(const struct ident *device, int64_t now,
			    int64_t interval)
{
	int64_t tenth = interval / 10;
	int64_t place = rollout_place(device, now);

	return interval - tenth + (2 * tenth + 1) * place / ROLLOUT_PLACES;
}

void manifest_write(struct strbuf *body, const struct manifest_input *in)
{
	char issued[CLOCK_TEXT_SIZE], expires[CLOCK_TEXT_SIZE];

	clock_rfc3339(in->now, issued);
	clock_rfc3339(in->now + in->lifetime, expires);
	strbuf_printf(
		body,
		"{\"schema\":1,\"product\":\"%s\",\"device\":\"%s\","
		"\"serial\":%" PRId64 ",\"issued\":\"%s\","
		"\"expires\":\"%s\",\"poll_after\":%" PRId64
		",\"reason\":\"%s\",\"update\":",
		in->product.text, in->device.text, in->serial, issued, expires,
		manifest_poll_after(&in->device, in->now, in->poll_interval),
		rollout_reason_name(in->reason));
	if (in->offer)
		strbuf_add(body, in->offer->update_json, in->offer->update_len);
	else
		strbuf_puts(body, "null");
	strbuf_puts(body, "}");
}

bool manifest_sign(char header[static MANIFEST_SIGNATURE_SIZE],
		   struct signing *signing,
		   const struct manifest_signer *signer, const char *body,
		   size_t len, struct err *err)
{
	char text[BASE64_SIZE(SHORT_SIGNATURE_MAX)];
	const char *algorithm;
	struct signature sig;

	header[0] = '\0';
	if (!signing_sign(signing, signer->key, body, len, &sig, &algorithm,
			  err))
		return err_wrap(err, "manifest key %s", signer->id);
	if (sig.len > SHORT_SIGNATURE_MAX)
		return err_set(err, ERR_INVALID,
			       "manifest key %s: signature of %zu bytes, want "
			       "at most %d",
			       signer->id, sig.len, SHORT_SIGNATURE_MAX);
	base64_encode(sig.bytes, sig.len, text);
	snprintf(header, MANIFEST_SIGNATURE_SIZE,
		 "keyid=\"%s\", alg=\"%s\", sig=\"%s\"", signer->id, algorithm,
		 text);
	return true;
}
