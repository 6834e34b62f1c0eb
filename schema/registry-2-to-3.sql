-- The registry's small tables from version 2 to 3, in one transaction, when they are opened (schema/README.md): what
-- comes out is what registry-3.sql makes.
ALTER TABLE scanner ADD COLUMN name TEXT NOT NULL DEFAULT '';
ALTER TABLE scanner ADD COLUMN active INTEGER NOT NULL DEFAULT 1;
CREATE INDEX scanner_of_venue ON scanner (venue) WHERE revoked = 0;
CREATE INDEX code_of_scanner ON enrolment (scanner);
PRAGMA user_version = 3;
