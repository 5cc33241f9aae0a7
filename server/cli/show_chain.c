#include "cli/show_chain.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/json.h"
#include "http/admin/render.h"
#include "pki/certificate.h"
#include "pki/key.h"

enum {
	LABEL_WIDTH = 16, /* columns: "security level:" and a blank */
	STATE_SIZE = CLOCK_TEXT_SIZE + 8
};

void show_fact(const char *label, const char *fmt, ...)
{
	int len = printf("  %s:", label);
	va_list args;

	printf("%*s", 2 + LABEL_WIDTH - len, "");
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	putchar('\n');
}

const char *show_devices(const struct anchor *anchor)
{
	return anchor->checks_time ? "check the time" : "do not check the time";
}

/* ---- links --------------------------------------------------------------- */

/* "until", "ended" or "from" with the time that it is about. */
static void state(const X509 *c, int64_t now, char text[static STATE_SIZE])
{
	int64_t begin = certificate_not_before(c);
	int64_t end = certificate_not_after(c);
	char at[CLOCK_TEXT_SIZE];

	clock_rfc3339(begin > now ? begin : end, at);
	snprintf(text, STATE_SIZE, "%-5s %s",
		 begin > now ? "from"
		 : end < now ? "ended"
			     : "until",
		 at);
}

static void show_link(int place, const X509 *c, int64_t now)
{
	char subject[CERTIFICATE_NAME_SIZE], when[STATE_SIZE];

	certificate_subject(c, subject);
	state(c, now, when);
	printf("    %2d  %5zu bytes  %s  %s\n", place, certificate_size(c),
	       when, subject);
}

/* What signed the last link; nothing where that is itself the end. */
static void show_top(const X509 *last, const struct anchor *anchor, int64_t now)
{
	char subject[CERTIFICATE_NAME_SIZE], when[STATE_SIZE] = "";

	if (anchor ? certificate_equal(last, anchor->certificate)
		   : certificate_self_issued(last))
		return;
	if (anchor) {
		certificate_subject(anchor->certificate, subject);
		state(anchor->certificate, now, when);
	} else {
		certificate_issuer(last, subject);
	}
	printf("     -     not sent  %-26s  %s\n", when, subject);
}

void show_chain(const char *certificate, const STACK_OF(X509) * chain,
		const struct anchor *anchor, int64_t now)
{
	int count = sk_X509_num(chain);

	show_fact("certificate", "%s (%s)", certificate,
		  key_name(X509_get0_pubkey(sk_X509_value(chain, 0))));
	show_fact("message", "%zu bytes, %d certificate%s",
		  certificate_message_size(chain), count,
		  count == 1 ? "" : "s");
	for (int i = 0; i < count; i++)
		show_link(i + 1, sk_X509_value(chain, i), now);
	show_top(sk_X509_value(chain, count - 1), anchor, now);
}

const STACK_OF(X509) *
	show_chain_of(const struct presentation *sent, const X509 *leaf)
{
	for (size_t i = 0; i < sent->chain_count; i++) {
		const STACK_OF(X509) *chain = sent->chains[i];

		if (certificate_equal(sk_X509_value(chain, 0), leaf))
			return chain;
	}
	return NULL;
}

/* ---- findings ------------------------------------------------------------ */

void show_finding(void *none, const struct finding *finding)
{
	(void)none;
	show_fact(finding_level_name(finding->level), "%s", finding->text);
}

void show_finding_json(void *list, const struct finding *finding)
{
	render_append(list, json_pack("{s:s, s:s}", "level",
				      finding_level_name(finding->level),
				      "text", finding->text));
}

/* ---- JSON ---------------------------------------------------------------- */

static json_t *link_json(const X509 *c)
{
	char subject[CERTIFICATE_NAME_SIZE], issuer[CERTIFICATE_NAME_SIZE];
	char sha256[DIGEST_HEX_SIZE] = "";
	struct digest digest;

	certificate_subject(c, subject);
	certificate_issuer(c, issuer);
	if (certificate_fingerprint(c, &digest))
		digest_hex(&digest, sha256);
	return json_pack("{s:s, s:s, s:s, s:I, s:o, s:o}", "subject", subject,
			 "issuer", issuer, "sha256", sha256, "bytes",
			 (json_int_t)certificate_size(c), "not_before",
			 render_time(certificate_not_before(c)), "not_after",
			 render_time(certificate_not_after(c)));
}

json_t *show_links_json(const STACK_OF(X509) * chain)
{
	json_t *links = json_array();

	for (int i = 0; links && i < sk_X509_num(chain); i++)
		render_append(&links, link_json(sk_X509_value(chain, i)));
	return links;
}

bool show_json(json_t *value, struct err *err)
{
	size_t len;
	char *text = value ? json_write(value, &len) : NULL;

	json_decref(value);
	if (!text)
		return err_memory(err);
	puts(text);
	free(text);
	return true;
}
