#include "config_number.h"

#include <stdlib.h>
#include <string.h>

#include "config_data.h"

struct suffix {
	const char *text;
	int64_t factor;
};

struct unit {
	const char *wanted;
	struct suffix suffixes[5]; /* ended by a NULL text */
};

static const struct unit count = {"a number", {{"", 1}, {NULL, 0}}};
static const struct unit duration = {
	"a duration",
	{{"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}, {NULL, 0}}};
static const struct unit size = {
	"a size",
	{{"", 1}, {"K", 1 << 10}, {"M", 1 << 20}, {"G", 1 << 30}, {NULL, 0}}};

struct rule {
	const char *key;
	size_t offset;
	const struct unit *unit;
	const char *least, *most, *fallback;
	const char *word; /* stands for 0, or NULL */
};

#define AT(member) offsetof(struct config, member)

/*
 * Deadlines: long enough for a device that erases flash while it downloads,
 * short enough that a silent client does not hold a connection for a day.
 */
static const struct rule rules[CONFIG_NUMBERS] = {
	[CONFIG_WORKERS] = {"server.workers", AT(workers), &count, "1", "64",
			    "auto", "auto"},
	[CONFIG_POLL_INTERVAL] = {"server.poll_interval", AT(poll_interval),
				  &duration, "1s", "90d", "24h", NULL},
	[CONFIG_MAX_IMAGE_SIZE] = {"server.max_image_size", AT(max_image_size),
				   &size, "1K", "16G", "256M", NULL},
	[CONFIG_HANDSHAKE_TIMEOUT] = {"server.limits.handshake_timeout",
				      AT(limits.handshake_timeout), &duration,
				      "1s", "5m", "15s", NULL},
	[CONFIG_HEAD_TIMEOUT] = {"server.limits.head_timeout",
				 AT(limits.head_timeout), &duration, "1s", "5m",
				 "20s", NULL},
	[CONFIG_IDLE_TIMEOUT] = {"server.limits.idle_timeout",
				 AT(limits.idle_timeout), &duration, "1s", "1h",
				 "60s", NULL},
	[CONFIG_STALL_TIMEOUT] = {"server.limits.stall_timeout",
				  AT(limits.stall_timeout), &duration, "1s",
				  "1h", "120s", NULL},
	[CONFIG_DRAIN_TIMEOUT] = {"server.limits.drain_timeout",
				  AT(limits.drain_timeout), &duration, "0s",
				  "1h", "60s", NULL},
	[CONFIG_MIN_RATE] = {"server.limits.min_rate", AT(limits.min_rate),
			     &size, "1", "1M", "64", NULL},
	[CONFIG_MAX_CONNECTIONS] = {"server.limits.max_connections",
				    AT(limits.max_connections), &count, "1",
				    "1000000", "20000", NULL},
	[CONFIG_MAX_CONNECTIONS_PER_SOURCE] =
		{"server.limits.max_connections_per_source",
		 AT(limits.max_connections_per_source), &count, "1", "1000000",
		 "256", NULL},
	[CONFIG_MAX_REQUEST_HEAD] = {"server.limits.max_request_head",
				     AT(limits.max_request_head), &size, "1K",
				     "64K", "8K", NULL},
	[CONFIG_MANIFEST_LIFETIME] = {"manifest.lifetime",
				      AT(manifest_lifetime), &duration, "1m",
				      "3650d", "7d", NULL},
	[CONFIG_KEEP_CHECKINS] = {"checkins.keep", AT(keep_checkins), &duration,
				  "1m", "3650d", "90d", NULL},
};

const char *number_key(enum config_number which)
{
	return rules[which].key;
}

size_t number_offset(enum config_number which)
{
	return rules[which].offset;
}

/* Digits and one of the unit's suffixes. */
static bool parse(int64_t *value, const struct unit *unit, const char *text)
{
	const struct suffix *s = unit->suffixes;
	char *end;
	long long number;

	if (text[0] < '0' || text[0] > '9')
		return false;
	number = strtoll(text, &end, 10); /* at most LLONG_MAX */
	while (s->text && strcmp(s->text, end) != 0)
		s++;
	return s->text && !__builtin_mul_overflow(number, s->factor, value);
}

static bool parse_within(int64_t *value, const struct rule *rule,
			 const char *text)
{
	int64_t least, most;

	return parse(value, rule->unit, text) &&
	       parse(&least, rule->unit, rule->least) && *value >= least &&
	       parse(&most, rule->unit, rule->most) && *value <= most;
}

bool number_read(int64_t *value, enum config_number which, const char *text,
		 struct err *err)
{
	const struct rule *rule = &rules[which];

	if (!text)
		text = rule->fallback;
	if (rule->word && strcmp(text, rule->word) == 0) {
		*value = 0;
		return true;
	}
	if (parse_within(value, rule, text))
		return true;
	return err_set(err, ERR_INVALID,
		       "got '%.60s', wanted %s from %s to %s%s%s", text,
		       rule->unit->wanted, rule->least, rule->most,
		       rule->word ? " or " : "", rule->word ? rule->word : "");
}
