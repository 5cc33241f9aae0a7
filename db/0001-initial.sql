-- Products and the words that repeat in every check-in (ciphers, profiles,
-- reasons) are kept once; rows hold their ids.  A word's id 0 means "".
CREATE TABLE products (
	id INTEGER PRIMARY KEY,
	name TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE words (
	id INTEGER PRIMARY KEY,
	name TEXT NOT NULL UNIQUE
) STRICT;

-- Single numbers: the last manifest serial, and how many devices there are,
-- since counting a million rows takes too long for a metric.
CREATE TABLE meta (
	name TEXT PRIMARY KEY,
	value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO meta (name, value) VALUES ('serial', 0), ('devices', 0);

-- A poll changes one row here and, of all pages, only the leaf that holds
-- it: so no index beside the key.
CREATE TABLE devices (
	product INTEGER NOT NULL REFERENCES products (id),
	device TEXT NOT NULL,
	version TEXT NOT NULL,
	first_seen INTEGER NOT NULL,
	last_seen INTEGER NOT NULL,
	checkins INTEGER NOT NULL DEFAULT 0,
	last_checkin INTEGER NOT NULL DEFAULT 0, -- its newest row in checkins
	release INTEGER NOT NULL DEFAULT 0,
	reason INTEGER NOT NULL DEFAULT 0,
	address TEXT NOT NULL,
	tls_version INTEGER NOT NULL DEFAULT 0,
	cipher INTEGER NOT NULL DEFAULT 0,
	profile INTEGER NOT NULL DEFAULT 0,
	report_status TEXT NOT NULL DEFAULT '',
	report_at INTEGER NOT NULL DEFAULT 0,
	report_release INTEGER NOT NULL DEFAULT 0,
	PRIMARY KEY (product, device)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER device_added AFTER INSERT ON devices BEGIN
	UPDATE meta SET value = value + 1 WHERE name = 'devices';
END;

CREATE TRIGGER device_removed AFTER DELETE ON devices BEGIN
	UPDATE meta SET value = value - 1 WHERE name = 'devices';
END;

-- What an admin set, for the few devices where one did: read at every poll,
-- so apart from the many.
CREATE TABLE device_settings (
	product INTEGER NOT NULL,
	device TEXT NOT NULL,
	channel TEXT NOT NULL,
	pin TEXT NOT NULL,
	groups TEXT NOT NULL,
	PRIMARY KEY (product, device),
	FOREIGN KEY (product, device) REFERENCES devices (product, device)
) STRICT, WITHOUT ROWID;

-- Appended to at the end, pruned from the front.  `previous` is the device's
-- check-in before this one, or 0; the row it names may have been pruned.  No
-- foreign keys, because each would be looked up at every poll.
CREATE TABLE checkins (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	previous INTEGER NOT NULL,
	at INTEGER NOT NULL,
	product INTEGER NOT NULL,
	device TEXT NOT NULL,
	version TEXT NOT NULL,
	channel TEXT NOT NULL,
	release INTEGER NOT NULL,
	reason INTEGER NOT NULL,
	address TEXT NOT NULL,
	tls_version INTEGER NOT NULL,
	cipher INTEGER NOT NULL,
	profile INTEGER NOT NULL
) STRICT;

CREATE TABLE reports (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	at INTEGER NOT NULL,
	product INTEGER NOT NULL REFERENCES products (id),
	device TEXT NOT NULL,
	release INTEGER NOT NULL,
	status TEXT NOT NULL,
	version TEXT NOT NULL,
	error TEXT NOT NULL,
	detail TEXT NOT NULL,
	address TEXT NOT NULL
) STRICT;

CREATE TABLE images (
	product INTEGER NOT NULL REFERENCES products (id),
	sha256 BLOB NOT NULL CHECK (length(sha256) = 32),
	size INTEGER NOT NULL,
	version TEXT NOT NULL,
	format TEXT NOT NULL,
	created INTEGER NOT NULL,
	modified INTEGER NOT NULL,
	PRIMARY KEY (product, sha256)
) STRICT, WITHOUT ROWID;

CREATE INDEX images_by_sha256 ON images (sha256);

CREATE TABLE image_signatures (
	product INTEGER NOT NULL,
	sha256 BLOB NOT NULL,
	signer TEXT NOT NULL,
	algorithm TEXT NOT NULL,
	value BLOB NOT NULL,
	created INTEGER NOT NULL,
	PRIMARY KEY (product, sha256, signer),
	FOREIGN KEY (product, sha256) REFERENCES images (product, sha256)
		ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE releases (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	product INTEGER NOT NULL,
	sha256 BLOB NOT NULL,
	channel TEXT NOT NULL,
	percent INTEGER NOT NULL CHECK (percent BETWEEN 0 AND 100),
	state TEXT NOT NULL CHECK (state IN ('active', 'paused', 'halted')),
	created INTEGER NOT NULL,
	FOREIGN KEY (product, sha256) REFERENCES images (product, sha256)
) STRICT;

CREATE INDEX releases_by_image ON releases (product, sha256);

CREATE TABLE tokens (
	name TEXT PRIMARY KEY,
	role TEXT NOT NULL CHECK (role IN ('viewer', 'publisher', 'admin')),
	hash BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
	created INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE audit (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	at INTEGER NOT NULL,
	who TEXT NOT NULL,
	address TEXT NOT NULL,
	what TEXT NOT NULL,
	object TEXT NOT NULL,
	detail TEXT NOT NULL
) STRICT;
