import { FTS_OPTIONS } from './fts.ts'

/**
 * Schema of catalogue.db. All of it can be found again by scanning the shares, except what is shared and excluded: that also stands in a file
 * beside the database (share-list.ts).
 *
 * `entries.dir` and `name` split the path below the share at its last `/`; files at the top have dir ''. A share's own root folder
 * has dir '/' and name '', which no path below it can have. `ino` and `mtime_ms` are REAL because inode numbers may pass 2^53 and times have fractions: they
 * are only ever compared with what the file system says through the same rounding.
 *
 * `stale` of a folder: 0 = its CID is right, otherwise a number that grows with every change below it, so that a build knows
 * whether what it read was still true at its end. `cid` is NULL until a folder has been built once.
 *
 * `crisismerge` and `deletemerge` keep FTS5 from merging much at once inside one write: with the defaults single batches of 200
 * files took 75 ms instead of 35 (measured with 60,000 files, 2026-11); the steady automerge does the work in small steps.
 * https://sqlite.org/fts5.html#the_crisismerge_configuration_option
 *
 * `damage` is not NULL while a file's bytes are known to be other ones than were hashed although its size, time and inode are the same; it then
 * says what was found (JSON of {@link Damage}). Such a file is known, and not found by anybody.
 *
 * `layouts` holds the block digests of files with more than one block; the only block of a smaller one has the file's SHA-256.
 */
export const CATALOGUE_MIGRATIONS: readonly string[] = [
  `
CREATE TABLE shares (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  path TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  kind TEXT NOT NULL,
  origin TEXT NOT NULL,
  added_ms INTEGER NOT NULL,
  missing INTEGER NOT NULL DEFAULT 0,
  root_dev REAL,
  files INTEGER NOT NULL DEFAULT 0,
  folders INTEGER NOT NULL DEFAULT 0,
  size_bytes INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX shares_name ON shares (name);

CREATE TABLE excludes (
  share_id INTEGER NOT NULL REFERENCES shares ON DELETE CASCADE,
  rel_path TEXT NOT NULL,
  PRIMARY KEY (share_id, rel_path)
) STRICT, WITHOUT ROWID;

CREATE TABLE entries (
  id INTEGER PRIMARY KEY,
  share_id INTEGER NOT NULL REFERENCES shares ON DELETE CASCADE,
  dir TEXT NOT NULL,
  name TEXT NOT NULL,
  kind TEXT NOT NULL,
  cid TEXT,
  sha256 TEXT,
  size_bytes INTEGER NOT NULL DEFAULT 0,
  total_bytes INTEGER NOT NULL DEFAULT 0,
  mtime_ms REAL NOT NULL DEFAULT 0,
  ino REAL NOT NULL DEFAULT 0,
  stale INTEGER NOT NULL DEFAULT 0,
  UNIQUE (share_id, dir, name)
) STRICT;
CREATE INDEX entries_cid ON entries (cid) WHERE cid IS NOT NULL;
CREATE INDEX entries_sha256 ON entries (sha256) WHERE sha256 IS NOT NULL;
CREATE INDEX entries_stale ON entries (share_id) WHERE stale > 0;

CREATE TABLE layouts (cid TEXT PRIMARY KEY, digests BLOB NOT NULL) STRICT;

CREATE TABLE nodes (
  folder_id INTEGER NOT NULL REFERENCES entries ON DELETE CASCADE,
  cid TEXT NOT NULL,
  bytes BLOB NOT NULL
) STRICT;
CREATE INDEX nodes_cid ON nodes (cid);
CREATE INDEX nodes_folder ON nodes (folder_id);

CREATE VIRTUAL TABLE words USING fts5(text, ${FTS_OPTIONS});

INSERT INTO words(words, rank) VALUES ('crisismerge', 64), ('deletemerge', 0);

CREATE TABLE revision (id INTEGER PRIMARY KEY CHECK (id = 1), store TEXT NOT NULL, counter INTEGER NOT NULL) STRICT;
INSERT INTO revision VALUES (1, lower(hex(randomblob(8))), 0);

CREATE TRIGGER entry_added AFTER INSERT ON entries BEGIN
  UPDATE shares SET
    files = files + (new.kind = 'file'),
    folders = folders + (new.kind = 'folder'),
    size_bytes = size_bytes + iif(new.kind = 'file', new.size_bytes, 0)
  WHERE id = new.share_id;
END;

CREATE TRIGGER entry_resized AFTER UPDATE OF size_bytes ON entries WHEN new.kind = 'file' BEGIN
  UPDATE shares SET size_bytes = size_bytes + new.size_bytes - old.size_bytes WHERE id = new.share_id;
END;

CREATE TRIGGER entry_removed AFTER DELETE ON entries BEGIN
  DELETE FROM words WHERE rowid = old.id;
  DELETE FROM layouts WHERE cid = old.cid AND NOT EXISTS (SELECT 1 FROM entries WHERE cid = old.cid);
  UPDATE shares SET
    files = files - (old.kind = 'file'),
    folders = folders - (old.kind = 'folder'),
    size_bytes = size_bytes - iif(old.kind = 'file', old.size_bytes, 0)
  WHERE id = old.share_id;
END;

CREATE TRIGGER entry_changed AFTER UPDATE OF cid ON entries WHEN old.cid IS NOT new.cid AND old.kind = 'file' BEGIN
  DELETE FROM layouts WHERE cid = old.cid AND NOT EXISTS (SELECT 1 FROM entries WHERE cid = old.cid);
END;
`,
  `
ALTER TABLE entries ADD COLUMN damage TEXT;
CREATE INDEX entries_damage ON entries (share_id) WHERE damage IS NOT NULL;
`,
]
