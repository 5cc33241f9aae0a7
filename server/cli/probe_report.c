#include "cli/probe_report.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/hex.h"
#include "pki/certificate.h"

enum { RECORD_MAX = 16 * 1024 }; /* RFC 8446 section 5.1 */

static const char *const verdict_names[] = {[PROBE_FAILED] = "failed",
					    [PROBE_REJECTED] = "rejected",
					    [PROBE_ACCEPTED] = "accepted"};

bool probe_fits_record(const struct probe_seen *seen)
{
	size_t most = seen->max_fragment ? seen->max_fragment : RECORD_MAX;

	return seen->message <= most;
}

/* ---- one certificate ---------------------------------------------------- */

struct shown {
	char subject[CERTIFICATE_NAME_SIZE], issuer[CERTIFICATE_NAME_SIZE];
	char from[CLOCK_TEXT_SIZE], until[CLOCK_TEXT_SIZE];
	char sha256[DIGEST_HEX_SIZE];
	size_t bytes;
};

static void show(struct shown *out, const X509 *c)
{
	struct digest digest;

	certificate_subject(c, out->subject);
	certificate_issuer(c, out->issuer);
	clock_rfc3339(certificate_not_before(c), out->from);
	clock_rfc3339(certificate_not_after(c), out->until);
	out->sha256[0] = '\0';
	if (certificate_fingerprint(c, &digest))
		digest_hex(&digest, out->sha256);
	out->bytes = certificate_size(c);
}

/* ---- text --------------------------------------------------------------- */

static void print_chain(const STACK_OF(X509) * chain)
{
	for (int i = 0; i < sk_X509_num(chain); i++) {
		struct shown c;

		show(&c, sk_X509_value(chain, i));
		printf("certificate %d subject: %s\n", i + 1, c.subject);
		printf("certificate %d issuer: %s\n", i + 1, c.issuer);
		printf("certificate %d valid: %s to %s\n", i + 1, c.from,
		       c.until);
		printf("certificate %d bytes: %zu\n", i + 1, c.bytes);
		printf("certificate %d sha256: %s\n", i + 1, c.sha256);
	}
}

static void print_sizes(const struct probe_seen *seen,
			const struct probe_device *device)
{
	printf("message: %zu\n", seen->message);
	if (device->max_fragment) {
		printf("max-fragment: %u asked for, ", device->max_fragment);
		if (seen->max_fragment)
			printf("%u agreed on\n", seen->max_fragment);
		else
			printf("not agreed on\n");
		printf("one record: %s\n",
		       probe_fits_record(seen)
			       ? "yes"
			       : "no: mbedTLS before 3.6.3 does not take it");
	}
	if (device->buffer)
		printf("buffer: %zu, %s\n", device->buffer,
		       seen->too_large ? "too small" : "large enough");
}

/* Old stacks and new ones differ in what they read. */
static const char *match_text(const struct probe_seen *seen,
			      const struct host *name)
{
	switch (seen->match) {
	case NAMING_BY_SAN:
		return name->address_len
			       ? "in the subjectAltName, where mbedTLS before "
				 "3.5 finds no address"
			       : "in the subjectAltName";
	case NAMING_BY_COMMON_NAME:
		return "as common name without a subjectAltName, which "
		       "mbedTLS takes, but no browser";
	case NAMING_NONE:
		break;
	}
	return "not in the certificate";
}

static void print_judgement(const struct probe_seen *seen,
			    const struct probe_device *device)
{
	if (device->name)
		printf("name: %s, %s\n", device->name->text,
		       match_text(seen, device->name));
	else
		printf("name: not checked\n");
	printf("chain: %s\n", seen->trusted ? "trusted" : seen->distrust);
}

static void print_alert(const char *direction, int alert)
{
	char name[PROBE_ALERT_SIZE];

	if (alert == PROBE_NO_ALERT)
		return;
	probe_alert_name(alert, name);
	printf("alert %s: %d %s\n", direction, alert, name);
}

static void print_anchor(const struct anchor *anchor)
{
	char subject[CERTIFICATE_NAME_SIZE];

	certificate_subject(anchor->certificate, subject);
	printf("anchor: %s\nchecks time: %s\n", subject,
	       anchor->checks_time ? "yes" : "no");
}

void probe_report_print(const struct probe_seen *seen,
			const struct probe_device *device)
{
	char address[ENDPOINT_TEXT_SIZE];

	endpoint_text(&seen->reached, true, address);
	print_anchor(device->anchor);
	printf("sni: %s\n", device->sni ? device->sni : "(none)");
	if (seen->connected)
		printf("address: %s\n", address);
	if (seen->version[0])
		printf("tls: %s %s\n", seen->version,
		       seen->cipher ? seen->cipher : "");
	if (seen->chain) {
		print_chain(seen->chain);
		print_sizes(seen, device);
		print_judgement(seen, device);
	}
	print_alert("sent", seen->alert_sent);
	print_alert("received", seen->alert_received);
	if (seen->closed)
		printf("closed: by the server\n");
	if (seen->status)
		printf("status: %d\n", seen->status);
	if (seen->profile.text[0])
		printf("profile: %s\n", seen->profile.text);
	printf("verdict: %s\n", verdict_names[seen->verdict]);
	if (seen->verdict != PROBE_ACCEPTED)
		printf("reason: %s\n", seen->reason.text);
}

/* ---- JSON --------------------------------------------------------------- */

static json_t *chain_json(const STACK_OF(X509) * chain)
{
	json_t *list = json_array();

	for (int i = 0; i < sk_X509_num(chain); i++) {
		struct shown c;

		show(&c, sk_X509_value(chain, i));
		json_array_append_new(
			list,
			json_pack("{s:s, s:s, s:s, s:s, s:I, s:s}", "subject",
				  c.subject, "issuer", c.issuer, "not_before",
				  c.from, "not_after", c.until, "bytes",
				  (json_int_t)c.bytes, "sha256", c.sha256));
	}
	return list;
}

static const char *match_word(enum naming_match match)
{
	static const char *const words[] = {
		[NAMING_NONE] = "none",
		[NAMING_BY_SAN] = "subject-alt-name",
		[NAMING_BY_COMMON_NAME] = "common-name"};

	return words[match];
}

static void add_certificates(json_t *to, const struct probe_seen *seen,
			     const struct probe_device *device)
{
	json_object_set_new(to, "certificates", chain_json(seen->chain));
	json_object_set_new(to, "message_bytes",
			    json_integer((json_int_t)seen->message));
	json_object_set_new(to, "one_record",
			    json_boolean(probe_fits_record(seen)));
	json_object_set_new(to, "fits_buffer", json_boolean(!seen->too_large));
	json_object_set_new(to, "trusted", json_boolean(seen->trusted));
	if (device->name)
		json_object_set_new(to, "name",
				    json_string(match_word(seen->match)));
}

static void add_word(json_t *to, const char *key, const char *word)
{
	if (word && *word)
		json_object_set_new(to, key, json_string(word));
}

static void add_number(json_t *to, const char *key, json_int_t number,
		       json_int_t none)
{
	if (number != none)
		json_object_set_new(to, key, json_integer(number));
}

json_t *probe_report_json(const struct probe_seen *seen,
			  const struct probe_device *device)
{
	char address[ENDPOINT_TEXT_SIZE];
	json_t *report = json_object();

	endpoint_text(&seen->reached, true, address);
	add_word(report, "verdict", verdict_names[seen->verdict]);
	add_word(report, "reason", seen->reason.text);
	add_word(report, "sni", device->sni);
	add_word(report, "address", seen->connected ? address : NULL);
	add_word(report, "tls_version", seen->version);
	add_word(report, "cipher", seen->cipher);
	if (seen->chain)
		add_certificates(report, seen, device);
	add_number(report, "max_fragment", seen->max_fragment, 0);
	add_number(report, "alert_sent", seen->alert_sent, PROBE_NO_ALERT);
	add_number(report, "alert_received", seen->alert_received,
		   PROBE_NO_ALERT);
	json_object_set_new(report, "closed", json_boolean(seen->closed));
	add_number(report, "status", seen->status, 0);
	add_word(report, "profile", seen->profile.text);
	return report;
}
