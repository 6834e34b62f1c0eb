-- A daybook segment, version 1: one file of an epoch's folder (schema/README.md).
-- No index and no time: rows are appended, the file dies whole, with its day.
PRAGMA application_id = 1162626114; -- "ELDB"
PRAGMA user_version = 1;
CREATE TABLE segment_row (
	row INTEGER PRIMARY KEY,
	tag_a INTEGER NOT NULL,
	tag_b INTEGER NOT NULL,
	sealed BLOB NOT NULL
) STRICT;
