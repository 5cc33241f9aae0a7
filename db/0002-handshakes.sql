-- The JA4 of a client's ClientHello, as a word.
ALTER TABLE devices ADD COLUMN fingerprint INTEGER NOT NULL DEFAULT 0;
ALTER TABLE checkins ADD COLUMN fingerprint INTEGER NOT NULL DEFAULT 0;

-- Handshakes counted by kind; `network` is "" for those that went well.
CREATE TABLE handshakes (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	ja4 TEXT NOT NULL,
	ja3 TEXT NOT NULL,
	looks_like TEXT NOT NULL,
	sni TEXT NOT NULL,
	profile TEXT NOT NULL,
	result TEXT NOT NULL,
	alert INTEGER NOT NULL,
	detail TEXT NOT NULL,
	network TEXT NOT NULL,
	address TEXT NOT NULL,
	first_seen INTEGER NOT NULL,
	last_seen INTEGER NOT NULL,
	count INTEGER NOT NULL,
	UNIQUE (ja4, ja3, sni, profile, result, alert, detail, network)
) STRICT;

CREATE INDEX handshakes_by_age ON handshakes (last_seen);
CREATE INDEX handshakes_by_network ON handshakes (network, last_seen);

-- What operators call a fingerprint.
CREATE TABLE fingerprints (
	ja4 TEXT PRIMARY KEY,
	label TEXT NOT NULL,
	at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What the front has learned of clients that reject chains.
CREATE TABLE ladder (
	ja4 TEXT NOT NULL,
	network TEXT NOT NULL,
	sni TEXT NOT NULL,
	preferred TEXT NOT NULL,
	rejected TEXT NOT NULL,
	failures INTEGER NOT NULL,
	stranded INTEGER NOT NULL,
	at INTEGER NOT NULL,
	PRIMARY KEY (ja4, network, sni)
) STRICT, WITHOUT ROWID;

CREATE INDEX ladder_by_age ON ladder (at);
