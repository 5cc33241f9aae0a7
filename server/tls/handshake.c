#include "tls/handshake.h"

#include <openssl/err.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/network.h"
#include "base/strbuf.h"

enum { NO_ALERT = -1 };

/*
 * What a client's fatal alert (RFC 8446 section 6.2) says of the chain it was
 * sent, as device stacks use them.
 */
static const struct verdict {
	int alert;
	const char *name;
	enum ladder_outcome outcome;
} verdicts[] = {
	{SSL_AD_UNEXPECTED_MESSAGE, "unexpected_message", LADDER_UNTOLD},
	{SSL_AD_BAD_RECORD_MAC, "bad_record_mac", LADDER_UNTOLD},
	{SSL_AD_RECORD_OVERFLOW, "record_overflow", LADDER_SILENT},
	{SSL_AD_HANDSHAKE_FAILURE, "handshake_failure", LADDER_UNTOLD},
	/* On most stacks: the certificate is for another name. */
	{SSL_AD_BAD_CERTIFICATE, "bad_certificate", LADDER_UNTOLD},
	{SSL_AD_UNSUPPORTED_CERTIFICATE, "unsupported_certificate",
	 LADDER_REJECTED},
	{SSL_AD_CERTIFICATE_REVOKED, "certificate_revoked", LADDER_REJECTED},
	{SSL_AD_CERTIFICATE_EXPIRED, "certificate_expired", LADDER_EXPIRED},
	{SSL_AD_CERTIFICATE_UNKNOWN, "certificate_unknown", LADDER_REJECTED},
	{SSL_AD_ILLEGAL_PARAMETER, "illegal_parameter", LADDER_UNTOLD},
	{SSL_AD_UNKNOWN_CA, "unknown_ca", LADDER_REJECTED},
	/* A verification callback: esp_crt_bundle. */
	{SSL_AD_ACCESS_DENIED, "access_denied", LADDER_BUNDLE},
	{SSL_AD_DECODE_ERROR, "decode_error", LADDER_SILENT},
	{SSL_AD_DECRYPT_ERROR, "decrypt_error", LADDER_UNTOLD},
	{SSL_AD_PROTOCOL_VERSION, "protocol_version", LADDER_UNTOLD},
	{SSL_AD_INSUFFICIENT_SECURITY, "insufficient_security", LADDER_UNTOLD},
	/* Out of memory, for example for a long chain. */
	{SSL_AD_INTERNAL_ERROR, "internal_error", LADDER_SILENT},
	{SSL_AD_USER_CANCELLED, "user_canceled", LADDER_SILENT},
};

static const struct verdict *verdict_of(int alert)
{
	for (size_t i = 0; i < sizeof(verdicts) / sizeof(*verdicts); i++) {
		if (verdicts[i].alert == alert)
			return &verdicts[i];
	}
	return NULL;
}

/* How one handshake ended. */
struct ending {
	enum tls_result result;
	int alert; /* or NO_ALERT */
	const char *detail;
	enum ladder_outcome outcome;
};

static void tally_ending(const struct tls_choice *choice,
			 const struct ending *end, struct tls_tally *tally)
{
	const struct tls_client *client = &choice->client;
	struct handshake_row row = {.alert = end->alert};

	if (!choice->told)
		return; /* nothing to tell its kind by */
	text_copy(row.ja4, sizeof(row.ja4), client->ja4);
	text_copy(row.ja3, sizeof(row.ja3), client->ja3);
	text_copy(row.looks_like, sizeof(row.looks_like),
		  client->looks_like ? client->looks_like : "");
	text_copy(row.sni, sizeof(row.sni), client->sni);
	text_copy(row.profile, sizeof(row.profile),
		  choice->profile ? tls_profile_name(choice->profile) : "");
	text_copy(row.result, sizeof(row.result), tls_result_name(end->result));
	text_copy(row.detail, sizeof(row.detail), end->detail);
	network_address(&choice->address, row.address);
	if (end->result != TLS_RESULT_OK)
		text_copy(row.network, sizeof(row.network), choice->network);
	row.first_seen = row.last_seen = clock_utc();
	tls_tally_add(tally, &row);
}

static void tell(struct tls_choice *choice, const struct ending *end,
		 struct tls_tally *tally)
{
	tally_ending(choice, end, tally);
	tls_choice_settle(choice, end->outcome);
	choice->ended = true;
}

/* ---- failures ----------------------------------------------------------- */

/* Have we nothing in common with this profile, as against a broken client? */
static bool is_unfit(int reason)
{
	static const int reasons[] = {SSL_R_NO_SHARED_CIPHER,
				      SSL_R_UNSUPPORTED_PROTOCOL,
				      SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM,
				      SSL_R_NO_SHARED_SIGNATURE_ALGORITHMS,
				      SSL_R_NO_SUITABLE_KEY_SHARE,
				      SSL_R_VERSION_TOO_LOW,
				      SSL_R_WRONG_SIGNATURE_TYPE};

	for (size_t i = 0; i < sizeof(reasons) / sizeof(*reasons); i++) {
		if (reasons[i] == reason)
			return true;
	}
	return false;
}

static struct ending ending_of_alert(const struct tls_choice *choice, int alert,
				     const char *text)
{
	const struct verdict *verdict = verdict_of(alert);
	struct ending end = {TLS_RESULT_ALERT, alert, text, LADDER_UNTOLD};

	if (verdict)
		end.detail = verdict->name;
	/* Only who has seen the chain can have judged it. */
	if (verdict && choice->certificate_sent)
		end.outcome = verdict->outcome;
	/* wolfSSL's word for a self-signed one that it does not trust. */
	if (alert == SSL_AD_BAD_CERTIFICATE && choice->certificate_sent &&
	    tls_profile_self_signed(choice->profile))
		end.outcome = LADDER_REJECTED;
	return end;
}

/*
 * By the oldest error in OpenSSL's queue; none is there when the client said
 * goodbye.
 */
static struct ending ending_of_failure(const struct tls_choice *choice,
				       bool ended)
{
	unsigned long code = ERR_peek_error();
	int reason = ERR_GET_REASON(code);
	const char *text = ERR_reason_error_string(code);

	if (!text)
		text = "no reason given";
	if (ERR_GET_LIB(code) == ERR_LIB_SSL && reason > SSL_AD_REASON_OFFSET)
		return ending_of_alert(choice, reason - SSL_AD_REASON_OFFSET,
				       text);
	if (ended)
		return (struct ending){
			TLS_RESULT_CLOSED, NO_ALERT,
			choice->certificate_sent
				? "closed after the certificate"
				: "closed before the certificate",
			choice->certificate_sent ? LADDER_SILENT
						 : LADDER_UNTOLD};
	return (struct ending){TLS_RESULT_ERROR, NO_ALERT, text,
			       is_unfit(reason) ? LADDER_UNFIT : LADDER_UNTOLD};
}

static void fail(struct tls_choice *choice, const struct ending *end,
		 struct tls_tally *tally)
{
	char address[ADDRESS_TEXT_SIZE];

	tls_profiles_count(choice->set, choice->profile, end->result);
	network_address(&choice->address, address);
	/* A scanner makes thousands a second: the API tells of them by kind. */
	log_event(LOG_FINE, "handshake",
		  "failed: from=%s ja4=%s sni=%s profile=%s: %s", address,
		  choice->client.ja4, choice->client.sni,
		  choice->profile ? tls_profile_name(choice->profile) : "",
		  end->detail);
	tell(choice, end, tally);
}

/* ---- the ends ----------------------------------------------------------- */

enum handshake_progress handshake_step(SSL *ssl, struct tls_choice *choice,
				       const bool *ended,
				       struct tls_tally *tally)
{
	struct ending end;
	int result, why;

	ERR_clear_error();
	result = SSL_do_handshake(ssl);
	why = result == 1 ? SSL_ERROR_NONE : SSL_get_error(ssl, result);
	if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE)
		return HANDSHAKE_GOES_ON;
	if (why != SSL_ERROR_NONE) {
		end = ending_of_failure(choice,
					*ended || why == SSL_ERROR_ZERO_RETURN);
		fail(choice, &end, tally);
		ERR_clear_error();
		return HANDSHAKE_BROKEN;
	}
	tls_profiles_count(choice->set, choice->profile,
			   SSL_session_reused(ssl) ? TLS_RESULT_RESUMED
						   : TLS_RESULT_OK);
	return HANDSHAKE_COMPLETE;
}

void handshake_expired(struct tls_choice *choice, struct tls_tally *tally)
{
	static const struct ending end = {TLS_RESULT_TIMEOUT, NO_ALERT,
					  "took too long", LADDER_UNTOLD};

	fail(choice, &end, tally);
}

void handshake_used(SSL *ssl, struct tls_choice *choice,
		    struct tls_tally *tally)
{
	static const struct ending end = {TLS_RESULT_OK, NO_ALERT, "",
					  LADDER_ACCEPTED};

	if (choice->ended)
		return;
	if (SSL_session_reused(ssl)) {
		tls_choice_settle(choice, LADDER_UNTOLD);
		choice->ended = true;
		return;
	}
	tell(choice, &end, tally);
}

void handshake_gone(SSL *ssl, struct tls_choice *choice, bool closed,
		    struct tls_tally *tally)
{
	static const struct ending end = {TLS_RESULT_NO_REQUEST, NO_ALERT,
					  "closed without a request",
					  LADDER_UNUSED};

	if (choice->ended)
		return;
	closed |= (SSL_get_shutdown(ssl) & SSL_RECEIVED_SHUTDOWN) != 0;
	if (!closed || SSL_session_reused(ssl)) {
		tls_choice_settle(choice, LADDER_UNTOLD);
		choice->ended = true;
		return;
	}
	tls_profiles_count(choice->set, choice->profile, end.result);
	tell(choice, &end, tally);
}
