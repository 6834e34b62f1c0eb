-- The issuer's small tables, version 2: one file beside its daybook (schema/README.md).
-- A visitor's credential opens their row and nothing else does.  No tag of a phone number, and no time but the
-- end of the registration.
PRAGMA application_id = 1162627411; -- "ELIS"
PRAGMA user_version = 2;
CREATE TABLE visitor (
	authenticator BLOB PRIMARY KEY,
	identity BLOB NOT NULL,
	verified_until INTEGER NOT NULL,
	consent INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
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
CREATE TABLE notice_pending (
	epoch INTEGER NOT NULL,
	phone_tag INTEGER NOT NULL,
	place INTEGER NOT NULL,
	due INTEGER NOT NULL,
	sealed BLOB NOT NULL,
	PRIMARY KEY (epoch, phone_tag, place)
) STRICT, WITHOUT ROWID;
CREATE TABLE notice (
	epoch INTEGER NOT NULL,
	phone_tag INTEGER NOT NULL,
	place INTEGER NOT NULL,
	sealed BLOB NOT NULL,
	PRIMARY KEY (epoch, phone_tag, place)
) STRICT, WITHOUT ROWID;
