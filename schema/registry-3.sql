-- The registry's small tables, version 3: one file beside its daybook (schema/README.md).
-- Keys and codes are kept as SHA-256 hashes only.  Nothing here names a visit, and there is no time but the
-- end of an enrolment code.
PRAGMA application_id = 1162629191; -- "ELRG"
PRAGMA user_version = 3;
CREATE TABLE venue (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	name TEXT NOT NULL,
	business_number TEXT NOT NULL,
	owner_key_hash BLOB NOT NULL,
	approved INTEGER NOT NULL,
	active INTEGER NOT NULL
) STRICT;
CREATE TABLE scanner (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	venue INTEGER NOT NULL REFERENCES venue (id),
	key_hash BLOB UNIQUE,
	revoked INTEGER NOT NULL,
	name TEXT NOT NULL DEFAULT '',
	active INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX scanner_of_venue ON scanner (venue) WHERE revoked = 0;
CREATE TABLE enrolment (
	code_hash BLOB PRIMARY KEY,
	scanner INTEGER NOT NULL REFERENCES scanner (id),
	expires INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX code_of_scanner ON enrolment (scanner);
CREATE TABLE order_answered (
	order_hash BLOB NOT NULL,
	request_hash BLOB NOT NULL,
	kind INTEGER NOT NULL,
	count INTEGER NOT NULL,
	PRIMARY KEY (order_hash, request_hash)
) STRICT, WITHOUT ROWID;
CREATE TABLE day_answered (
	epoch INTEGER PRIMARY KEY,
	count INTEGER NOT NULL
) STRICT;
