/*
 * manifest - what a device is told, and the signature over exactly that.
 */
#ifndef OTTERD_FLEET_MANIFEST_H
#define OTTERD_FLEET_MANIFEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/evp.h>

#include "base/err.h"
#include "base/ident.h"
#include "base/strbuf.h"
#include "fleet/catalog.h"
#include "fleet/rollout.h"
#include "pki/key.h"
#include "pki/signing.h"

struct manifest_signer {
	EVP_PKEY *key; /* Ed25519 or ECDSA P-256 */
	char id[KEY_ID_SIZE];
};

struct manifest_input {
	struct ident product;
	struct ident device;
	int64_t serial;
	int64_t now;	       /* UTC seconds */
	int64_t lifetime;      /* seconds from now to `expires` */
	int64_t poll_interval; /* seconds */
	enum rollout_reason reason;
	const struct offer *offer; /* NULL unless reason is UPDATE */
};

/* Append the JSON body to `body` (INTERFACE: schema 1). */
void manifest_write(struct strbuf *body, const struct manifest_input *in);

/*
 * Write the value of the Manifest-Signature header over exactly these bytes:
 * keyid="...", alg="...", sig="base64".
 */
enum { MANIFEST_SIGNATURE_SIZE = 256 };
bool manifest_sign(char header[static MANIFEST_SIGNATURE_SIZE],
		   struct signing *signing,
		   const struct manifest_signer *signer, const char *body,
		   size_t len, struct err *err);

/*
 * When the device is to ask again, seconds: interval plus or minus 10 %, by a
 * hash of device and `now`, so that devices that polled together part.
 */
int64_t manifest_poll_after(const struct ident *device, int64_t now,
			    int64_t interval);

#endif
