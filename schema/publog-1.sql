-- What waits for the public log, version 1: one file beside the party's other tables (schema/README.md).
-- An entry holds hashes, counts and times only, and is published in any case.
PRAGMA application_id = 1162628167; -- "ELLG"
PRAGMA user_version = 1;
CREATE TABLE pending (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	epoch INTEGER,
	segment INTEGER,
	entry BLOB NOT NULL,
	UNIQUE (epoch, segment)
) STRICT;
CREATE TABLE roots (
	epoch INTEGER NOT NULL,
	segment INTEGER NOT NULL,
	entry_index INTEGER NOT NULL,
	PRIMARY KEY (epoch, segment)
) STRICT, WITHOUT ROWID;
