#include "store/statements.h"

/* What an operator calls the fingerprint of the number that follows. */
#define LABEL_OF                                                       \
	"(SELECT f.label FROM words w JOIN fingerprints f ON f.ja4 = " \
	"w.name WHERE w.id = "

#define DEVICE_COLUMNS                                                    \
	"d.device, d.version, s.channel, s.pin, s.groups, d.first_seen, " \
	"d.last_seen, d.checkins, d.release, d.reason, d.address, "       \
	"d.tls_version, d.cipher, d.profile, d.fingerprint, " LABEL_OF    \
	"d.fingerprint), d.report_status, d.report_at, d.report_release "

#define SETTINGS "LEFT JOIN device_settings s USING (product, device) "

#define CHECKIN_COLUMNS                                                      \
	"c.id, c.at, c.product, c.device, c.version, c.channel, c.release, " \
	"c.reason, c.address, c.tls_version, c.cipher, c.profile, "          \
	"c.fingerprint, " LABEL_OF "c.fingerprint) "

#define IMAGE_COLUMNS "sha256, size, version, format, created, modified "

#define RELEASE_COLUMNS                                                \
	"r.id, r.product, r.sha256, i.version, r.channel, r.percent, " \
	"r.state, r.created "

#define RELEASES "FROM releases r JOIN images i USING (product, sha256) "

const char *const statement_sql[STATEMENT_COUNT] = {
	/* IMMEDIATE: the write lock is taken here, not in the middle. */
	[STATEMENT_BEGIN] = "BEGIN IMMEDIATE",
	[STATEMENT_READ] = "BEGIN",
	[STATEMENT_COMMIT] = "COMMIT",
	[STATEMENT_ROLLBACK] = "ROLLBACK",
	[STATEMENT_SAVEPOINT] = "SAVEPOINT job",
	[STATEMENT_SAVEPOINT_KEEP] = "RELEASE job",
	[STATEMENT_SAVEPOINT_UNDO] = "ROLLBACK TO job",

	[STATEMENT_PRODUCT_FIND] = "SELECT id FROM products WHERE name = ?1",
	[STATEMENT_PRODUCT_NAME] = "SELECT name FROM products WHERE id = ?1",
	[STATEMENT_PRODUCT_ADD] = "INSERT INTO products (name) VALUES (?1) "
				  "RETURNING id",
	[STATEMENT_WORD_FIND] = "SELECT id FROM words WHERE name = ?1",
	[STATEMENT_WORD_NAME] = "SELECT name FROM words WHERE id = ?1",
	[STATEMENT_WORD_ADD] = "INSERT INTO words (name) VALUES (?1) "
			       "RETURNING id",
	[STATEMENT_FINGERPRINT_ADD] =
		"INSERT INTO words (name) SELECT ?1 "
		"WHERE coalesce((SELECT max(id) FROM words), 0) < ?2 "
		"RETURNING id",

	[STATEMENT_CHECKIN_ADD] =
		"INSERT INTO checkins (product, device, version, channel, at, "
		"release, reason, address, tls_version, cipher, profile, "
		"fingerprint, previous) "
		"VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, "
		"coalesce((SELECT last_checkin FROM devices "
		"WHERE product = ?1 AND device = ?2), 0))",

	[STATEMENT_CHECKIN_LIST] =
		"SELECT " CHECKIN_COLUMNS "FROM checkins c "
		"WHERE (?1 = 0 OR c.product = ?1) AND (?2 = 0 OR c.id < ?2) "
		"ORDER BY c.id DESC LIMIT ?3",

	/*
	 * One device's chain, newest first.  A page begins behind the row that
	 * ended the last one, if that is still there.
	 */
	[STATEMENT_CHECKIN_HISTORY] =
		"WITH RECURSIVE chain (id) AS ("
		"SELECT coalesce((SELECT previous FROM checkins "
		"WHERE id = ?3 AND product = ?1 AND device = ?2), "
		"(SELECT last_checkin FROM devices "
		"WHERE product = ?1 AND device = ?2)) "
		"UNION ALL SELECT c.previous FROM chain "
		"JOIN checkins c ON c.id = chain.id) "
		"SELECT " CHECKIN_COLUMNS
		"FROM chain CROSS JOIN checkins c ON c.id = chain.id "
		"WHERE ?3 = 0 OR c.id < ?3 LIMIT ?4",

	/*
	 * The oldest few are looked at, whatever their age, so that a step
	 * never scans the table.
	 */
	[STATEMENT_CHECKIN_PRUNE] =
		"DELETE FROM checkins WHERE at < ?1 AND id IN "
		"(SELECT id FROM checkins ORDER BY id LIMIT ?2)",

	[STATEMENT_DEVICE_POLLED] =
		"UPDATE devices SET last_checkin = ?3, "
		"checkins = checkins + 1, version = ?4, last_seen = ?5, "
		"release = ?6, reason = ?7, address = ?8, tls_version = ?9, "
		"cipher = ?10, profile = ?11, fingerprint = ?12 "
		"WHERE product = ?1 AND device = ?2",

	[STATEMENT_DEVICE_REPORTED] =
		"UPDATE devices SET report_status = ?3, report_release = ?4, "
		"report_at = ?5, last_seen = max(last_seen, ?5) "
		"WHERE product = ?1 AND device = ?2",

	/* Seen for the first time at ?4; what it did is noted by an update. */
	[STATEMENT_DEVICE_ADD] =
		"INSERT INTO devices (product, device, version, first_seen, "
		"last_seen, address) VALUES (?1, ?2, ?3, ?4, ?4, ?5)",

	[STATEMENT_DEVICE_SET] =
		"INSERT INTO device_settings "
		"(product, device, channel, groups, pin) "
		"SELECT product, device, coalesce(?3, ''), coalesce(?4, ''), "
		"coalesce(?5, '') "
		"FROM devices WHERE product = ?1 AND device = ?2 "
		"ON CONFLICT DO UPDATE SET channel = coalesce(?3, channel), "
		"groups = coalesce(?4, groups), pin = coalesce(?5, pin)",

	[STATEMENT_DEVICE_UNSET] =
		"DELETE FROM device_settings "
		"WHERE product = ?1 AND device = ?2 "
		"AND channel = '' AND groups = '' AND pin = ''",

	[STATEMENT_DEVICE_SETTINGS] =
		"SELECT channel, pin, groups FROM device_settings "
		"WHERE product = ?1 AND device = ?2",

	[STATEMENT_DEVICE_FIND] =
		"SELECT " DEVICE_COLUMNS "FROM devices d " SETTINGS
		"WHERE d.product = ?1 AND d.device = ?2",

	/*
	 * CROSS JOIN and the bound on d.device make this a walk along the key
	 * that begins where the last page ended.
	 */
	[STATEMENT_DEVICE_LIST] =
		"SELECT p.name, " DEVICE_COLUMNS
		"FROM products p CROSS JOIN devices d ON d.product = p.id " SETTINGS
		"WHERE p.name >= ?1 AND d.device > iif(p.name = ?1, ?2, '') "
		"AND (?3 = '' OR p.name = ?3) "
		"AND (?4 = '' OR d.version = ?4) "
		"AND (?5 = '' OR s.channel = ?5) "
		"AND (?6 = '' OR d.profile = "
		"(SELECT id FROM words WHERE name = ?6)) "
		"AND (?7 = '' OR d.fingerprint = "
		"(SELECT id FROM words WHERE name = ?7)) "
		"AND (?8 = 0 OR d.last_seen < ?8) "
		"ORDER BY p.name, d.device LIMIT ?9",

	[STATEMENT_DEVICE_COUNT] =
		"SELECT value FROM meta WHERE name = 'devices'",

	[STATEMENT_REPORT_ADD] =
		"INSERT INTO reports (product, device, at, release, status, "
		"version, error, detail, address) "
		"VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",

	[STATEMENT_REPORT_PRUNE] =
		"DELETE FROM reports WHERE at < ?1 AND id IN "
		"(SELECT id FROM reports ORDER BY id LIMIT ?2)",

	[STATEMENT_IMAGE_ADD] =
		"INSERT INTO images (product, " IMAGE_COLUMNS ") "
		"VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",

	[STATEMENT_IMAGE_FIND] = "SELECT " IMAGE_COLUMNS "FROM images "
				 "WHERE product = ?1 AND sha256 = ?2",

	[STATEMENT_IMAGE_LIST] = "SELECT " IMAGE_COLUMNS "FROM images "
				 "WHERE product = ?1 "
				 "ORDER BY created DESC, sha256",

	[STATEMENT_IMAGE_EXISTS] =
		"SELECT EXISTS (SELECT 1 FROM images WHERE sha256 = ?1)",

	[STATEMENT_IMAGE_DELETE] =
		"DELETE FROM images WHERE product = ?1 AND sha256 = ?2",

	[STATEMENT_IMAGE_RELEASE] =
		"SELECT id, channel FROM releases "
		"WHERE product = ?1 AND sha256 = ?2 ORDER BY id DESC LIMIT 1",

	[STATEMENT_IMAGE_SIGN] =
		"INSERT INTO image_signatures (product, sha256, signer, "
		"algorithm, value, created) VALUES (?1, ?2, ?3, ?4, ?5, ?6) "
		"ON CONFLICT DO UPDATE SET algorithm = ?4, value = ?5, "
		"created = ?6",

	[STATEMENT_IMAGE_SIGNATURES] =
		"SELECT signer, algorithm, value, created "
		"FROM image_signatures WHERE product = ?1 AND sha256 = ?2 "
		"ORDER BY signer",

	[STATEMENT_RELEASE_ADD] =
		"INSERT INTO releases (product, sha256, channel, percent, "
		"state, created) VALUES (?1, ?2, ?3, ?4, ?5, ?6) "
		"RETURNING id",

	[STATEMENT_RELEASE_SET] =
		"UPDATE releases SET percent = ?3, state = ?4 "
		"WHERE product = ?1 AND id = ?2",

	[STATEMENT_RELEASE_FIND] = "SELECT " RELEASE_COLUMNS RELEASES
				   "WHERE r.product = ?1 AND r.id = ?2",

	[STATEMENT_RELEASE_LIST] = "SELECT " RELEASE_COLUMNS RELEASES
				   "WHERE ?1 = 0 OR r.product = ?1 "
				   "ORDER BY r.id DESC",

	[STATEMENT_SERIAL_NEXT] = "UPDATE meta SET value = max(value + 1, ?1) "
				  "WHERE name = 'serial' RETURNING value",
	[STATEMENT_SERIAL_GET] = "SELECT value FROM meta "
				 "WHERE name = 'serial'",

	[STATEMENT_HANDSHAKE_ADD] =
		"INSERT INTO handshakes (ja4, ja3, looks_like, sni, profile, "
		"result, alert, detail, network, address, first_seen, "
		"last_seen, count) "
		"VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, "
		"?13) ON CONFLICT DO UPDATE SET looks_like = ?3, "
		"address = ?10, first_seen = min(first_seen, ?11), "
		"last_seen = max(last_seen, ?12), count = count + ?13",

	[STATEMENT_HANDSHAKE_LIST] =
		"SELECT h.id, h.ja4, h.ja3, h.looks_like, "
		"coalesce(f.label, ''), h.sni, h.profile, h.result, h.alert, "
		"h.detail, h.network, h.address, h.first_seen, h.last_seen, "
		"h.count, coalesce(l.stranded, 0) "
		"FROM handshakes h LEFT JOIN fingerprints f USING (ja4) "
		"LEFT JOIN ladder l USING (ja4, network, sni) "
		"WHERE (?1 = 0 OR (?1 = 1) = (h.result = 'ok')) "
		"AND (?2 = '' OR h.ja4 = ?2) AND (?3 = '' OR h.profile = ?3) "
		"AND h.last_seen >= ?4 AND (?5 = 0 OR h.id < ?5) "
		"ORDER BY h.id DESC LIMIT ?6",

	[STATEMENT_HANDSHAKE_COUNT] = "SELECT count(*) FROM handshakes",

	[STATEMENT_HANDSHAKE_PRUNE] =
		"DELETE FROM handshakes WHERE id IN (SELECT id FROM handshakes "
		"WHERE last_seen < ?1 ORDER BY last_seen LIMIT ?2)",

	/* Of each network all but the ?1 newest rows, of "" all but ?2. */
	[STATEMENT_HANDSHAKE_THIN] =
		"DELETE FROM handshakes WHERE id IN (SELECT id FROM (SELECT "
		"id, network, row_number() OVER (PARTITION BY network "
		"ORDER BY last_seen DESC) AS place FROM handshakes "
		"WHERE network IN (SELECT network FROM handshakes "
		"GROUP BY network HAVING count(*) > ?1)) "
		"WHERE place > iif(network = '', ?2, ?1) LIMIT ?3)",

	[STATEMENT_HANDSHAKE_CUT] =
		"DELETE FROM handshakes WHERE id IN (SELECT id FROM handshakes "
		"ORDER BY last_seen DESC LIMIT -1 OFFSET ?1)",

	[STATEMENT_FINGERPRINT_SET] =
		"INSERT INTO fingerprints (ja4, label, at) VALUES (?1, ?2, ?3) "
		"ON CONFLICT DO UPDATE SET label = ?2, at = ?3",
	[STATEMENT_FINGERPRINT_UNSET] =
		"DELETE FROM fingerprints WHERE ja4 = ?1",
	[STATEMENT_FINGERPRINT_FIND] =
		"SELECT ja4, label, at FROM fingerprints WHERE ja4 = ?1",
	[STATEMENT_FINGERPRINT_LIST] =
		"SELECT ja4, label, at FROM fingerprints ORDER BY ja4",

	[STATEMENT_PROFILE_USAGE] =
		"SELECT coalesce((SELECT name FROM words WHERE id = profile), "
		"''), count(*), sum(last_seen >= ?1 - 86400), "
		"sum(last_seen >= ?1 - 7 * 86400), "
		"sum(last_seen >= ?1 - 30 * 86400), "
		"sum(last_seen >= ?1 - 90 * 86400), max(last_seen) "
		"FROM devices GROUP BY profile ORDER BY 1",

	[STATEMENT_LADDER_SAVE] =
		"INSERT OR REPLACE INTO ladder (ja4, network, sni, preferred, "
		"rejected, failures, stranded, at) "
		"VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
	[STATEMENT_LADDER_DELETE] =
		"DELETE FROM ladder "
		"WHERE ja4 = ?1 AND network = ?2 AND sni = ?3",
	[STATEMENT_LADDER_LIST] =
		"SELECT ja4, network, sni, preferred, rejected, failures, "
		"stranded, at FROM ladder ORDER BY at DESC",
	[STATEMENT_LADDER_PRUNE] =
		"DELETE FROM ladder WHERE at < ?1 OR (ja4, network, sni) IN "
		"(SELECT ja4, network, sni FROM ladder ORDER BY at DESC "
		"LIMIT -1 OFFSET ?2)",

	/* How many, and the newest of what they rejected. */
	[STATEMENT_STRANDED_FIND] =
		"SELECT (SELECT count(*) FROM ladder "
		"WHERE ja4 = ?1 AND stranded), "
		"coalesce((SELECT label FROM fingerprints WHERE ja4 = ?1), "
		"''), h.looks_like, h.profile, h.detail, max(h.last_seen) "
		"FROM handshakes h JOIN ladder l USING (ja4, network, sni) "
		"WHERE h.ja4 = ?1 AND l.stranded "
		"AND h.result IN ('alert', 'closed', 'error')",

	[STATEMENT_TOKEN_ADD] =
		"INSERT INTO tokens (name, role, hash, created) "
		"VALUES (?1, ?2, ?3, ?4)",
	[STATEMENT_TOKEN_REVOKE] = "DELETE FROM tokens WHERE name = ?1",
	[STATEMENT_TOKEN_LIST] = "SELECT name, role, hash, created "
				 "FROM tokens ORDER BY name",

	[STATEMENT_AUDIT_ADD] =
		"INSERT INTO audit (at, who, address, what, object, detail) "
		"VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
	[STATEMENT_AUDIT_LIST] =
		"SELECT id, at, who, address, what, object, detail "
		"FROM audit WHERE ?1 = 0 OR id < ?1 ORDER BY id DESC LIMIT ?2",
};
