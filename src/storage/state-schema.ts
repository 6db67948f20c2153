/**
 * Schema of state.db: what the node cannot find again by itself. Digests and bitmap of a download stand in tables of their own, so that marking a block
 * does not rewrite the digests.
 */
export const STATE_MIGRATIONS: readonly string[] = [
  `
CREATE TABLE downloads (
  id TEXT PRIMARY KEY,
  parent_id TEXT REFERENCES downloads ON DELETE CASCADE,
  cid TEXT NOT NULL,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  out_path TEXT NOT NULL,
  part_path TEXT NOT NULL,
  state TEXT NOT NULL,
  size_bytes INTEGER NOT NULL,
  created_ms REAL NOT NULL,
  finished_ms REAL,
  sha256 TEXT,
  error_code TEXT,
  error_message TEXT
) STRICT;
CREATE INDEX downloads_parent ON downloads (parent_id);
CREATE INDEX downloads_created ON downloads (created_ms);

CREATE TABLE download_layouts (
  id TEXT PRIMARY KEY REFERENCES downloads ON DELETE CASCADE,
  digests BLOB NOT NULL
) STRICT;

CREATE TABLE download_bitmaps (
  id TEXT PRIMARY KEY REFERENCES downloads ON DELETE CASCADE,
  bitmap BLOB NOT NULL
) STRICT;

CREATE TABLE download_sources (
  id TEXT NOT NULL REFERENCES downloads ON DELETE CASCADE,
  peer_id TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  PRIMARY KEY (id, peer_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE peers (
  peer_id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  addresses TEXT NOT NULL,
  last_seen_ms REAL NOT NULL
) STRICT;
CREATE INDEX peers_seen ON peers (last_seen_ms);
`,
]
