/*
 * probe_link - one connection as a device with one trust anchor makes it, and
 * what was seen of it.
 */
#ifndef OTTERD_CLI_PROBE_LINK_H
#define OTTERD_CLI_PROBE_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/x509.h>

#include "base/err.h"
#include "base/host.h"
#include "base/ident.h"
#include "cli/dial.h"
#include "pki/anchor.h"
#include "pki/naming.h"

enum { PROBE_NO_ALERT = -1, PROBE_ALERT_SIZE = 48 };

/* What the device is like.  All is borrowed. */
struct probe_device {
	const struct anchor *anchor;
	const char *sni;	   /* NULL: it sends none */
	const struct host *name;   /* what it checks; NULL: nothing */
	int max_version;	   /* TLS1_VERSION and so on; 0 is the newest */
	unsigned int max_fragment; /* bytes it asks for: 512, 1024, 2048, 4096;
				      0: it does not */
	size_t buffer; /* bytes of its largest handshake message; 0: any */
};

/* What it asks for when it is content. */
struct probe_request {
	const char *path;      /* "/healthz" */
	const char *authority; /* "ota.example.com:8443" */
};

enum probe_verdict {
	PROBE_FAILED,	/* for another reason than the certificates */
	PROBE_REJECTED, /* by the device, because of them */
	PROBE_ACCEPTED	/* and the request was answered */
};

struct probe_seen {
	bool connected;
	struct endpoint reached;
	char version[16];	   /* "TLSv1.2"; "" before the server chose */
	const char *cipher;	   /* a static string, or NULL */
	STACK_OF(X509) * chain;	   /* as it was sent, leaf first, or NULL */
	size_t message;		   /* bytes of the Certificate message */
	unsigned int max_fragment; /* bytes agreed on; 0: none */
	bool too_large;		   /* for the device's buffer */
	enum naming_match match;   /* when it checks a name */
	bool trusted;		   /* chain_accepts() */
	char distrust[ERR_TEXT_SIZE]; /* why not */
	int alert_sent;		      /* or PROBE_NO_ALERT */
	int alert_received;
	bool closed; /* by the server, before it was time */
	enum probe_verdict verdict;
	struct err reason;    /* unless accepted: the first one */
	int status;	      /* of the answer; 0: none */
	struct ident profile; /* its header TLS-Profile, or "" */
};

/*
 * Connect, shake hands, and when all is well ask.  A device that rejects
 * tells the server, as mbedTLS does it: by the alert for a wrong name before
 * any other, and by silence when its buffer is too small.  Everything is over
 * by `deadline` of clock_ms().
 */
void probe_connect(struct probe_seen *seen, const struct endpoint *server,
		   const struct probe_device *device,
		   const struct probe_request *request, uint64_t deadline);

void probe_seen_free(struct probe_seen *seen);

/* "unknown_ca" */
void probe_alert_name(int alert, char name[static PROBE_ALERT_SIZE]);

#endif
