/*
 * refusal - why a signature is refused, in words that help to mend it.
 */
#ifndef OTTERD_PKI_REFUSAL_H
#define OTTERD_PKI_REFUSAL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "pki/proof.h"
#include "pki/signer.h"

struct refusal {
	const struct signature *sig;
	struct proof_message *message;
	const struct signer *const *allowed; /* none of these made it */
	size_t allowed_count;
	const struct signer *known; /* all that are configured */
	size_t known_count;
};

/*
 * Fill *err with the most telling cause, as signature_verify() promises.
 * Always returns false.
 */
bool refusal_explain(const struct refusal *r, struct err *err);

#endif
