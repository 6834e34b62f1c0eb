-- The index of one segment of a daybook, version 3: a file beside it (schema/README.md).
-- It is made from the segment alone, whole and once; one that is lost is made again.  Here a tag's highest bit is
-- flipped, so that SQLite's signed order is the order of the tags.
PRAGMA application_id = 1162626121; -- "ELDI"
PRAGMA user_version = 3;
CREATE TABLE tag_a_row (
	tag INTEGER NOT NULL,
	row INTEGER NOT NULL,
	PRIMARY KEY (tag, row)
) STRICT, WITHOUT ROWID;
CREATE TABLE tag_b_row (
	tag INTEGER NOT NULL,
	row INTEGER NOT NULL,
	PRIMARY KEY (tag, row)
) STRICT, WITHOUT ROWID;
CREATE TABLE tag_b_filter (
	words BLOB NOT NULL
) STRICT;
CREATE TABLE tree_tile (
	level INTEGER NOT NULL,
	number INTEGER NOT NULL,
	hashes BLOB NOT NULL,
	PRIMARY KEY (level, number)
) STRICT;
CREATE TABLE summary (
	n_rows INTEGER NOT NULL,
	root BLOB
) STRICT;
