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
  `
CREATE TABLE value_records (
  key TEXT PRIMARY KEY,
  writer TEXT NOT NULL,
  version INTEGER NOT NULL,
  value_sha256 BLOB NOT NULL,
  expires_ms INTEGER NOT NULL,
  size_bytes INTEGER NOT NULL,
  distance BLOB NOT NULL,
  own INTEGER NOT NULL
) STRICT;
CREATE INDEX value_records_writer ON value_records (writer, size_bytes);
CREATE INDEX value_records_distance ON value_records (own, distance, size_bytes);
CREATE INDEX value_records_expiry ON value_records (own, expires_ms);

-- Apart from the facts, which are read in turn again and again.
CREATE TABLE value_bodies (
  key TEXT PRIMARY KEY REFERENCES value_records ON DELETE CASCADE,
  record BLOB NOT NULL,
  signature BLOB NOT NULL
) STRICT;

-- Kept by triggers, because counting 100,000 records at each write would take longer than the write.
CREATE TABLE value_totals (
  records INTEGER NOT NULL,
  size_bytes INTEGER NOT NULL
) STRICT;
INSERT INTO value_totals VALUES (0, 0);
CREATE TRIGGER value_added AFTER INSERT ON value_records BEGIN
  UPDATE value_totals SET records = records + 1, size_bytes = size_bytes + NEW.size_bytes;
END;
CREATE TRIGGER value_changed AFTER UPDATE ON value_records BEGIN
  UPDATE value_totals SET size_bytes = size_bytes + NEW.size_bytes - OLD.size_bytes;
END;
CREATE TRIGGER value_removed AFTER DELETE ON value_records BEGIN
  UPDATE value_totals SET records = records - 1, size_bytes = size_bytes - OLD.size_bytes;
END;
`,
  `
ALTER TABLE downloads ADD COLUMN priority TEXT NOT NULL DEFAULT 'normal';
ALTER TABLE downloads ADD COLUMN block_order TEXT NOT NULL DEFAULT 'rarest';
`,
  `
-- One row: the verification that goes on, or the last one. Of verify_files a row goes when its file is done.
CREATE TABLE verify_run (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  state TEXT NOT NULL,
  started_ms REAL NOT NULL,
  ended_ms REAL,
  active_ms REAL NOT NULL DEFAULT 0,
  files INTEGER NOT NULL DEFAULT 0,
  files_total INTEGER NOT NULL DEFAULT 0,
  bytes INTEGER NOT NULL DEFAULT 0,
  bytes_total INTEGER NOT NULL DEFAULT 0,
  damaged INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE verify_targets (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  share_id INTEGER NOT NULL,
  rel_path TEXT NOT NULL,
  planned INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE verify_files (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  target_id INTEGER NOT NULL,
  share_id INTEGER NOT NULL,
  rel_path TEXT NOT NULL,
  cid TEXT NOT NULL,
  size_bytes INTEGER NOT NULL,
  -- What is done of a big file: one bit a range, and what was found in them (JSON).
  done BLOB,
  found TEXT,
  UNIQUE (share_id, rel_path)
) STRICT;

CREATE TABLE verify_findings (
  id INTEGER PRIMARY KEY,
  path TEXT NOT NULL,
  cid TEXT NOT NULL,
  reason TEXT NOT NULL,
  block_count INTEGER NOT NULL,
  blocks TEXT NOT NULL
) STRICT;
`,
  `
-- URLs, as JSON.
ALTER TABLE downloads ADD COLUMN mirrors TEXT NOT NULL DEFAULT '[]';
`,
  `
CREATE TABLE wishes (
  id TEXT PRIMARY KEY,
  words TEXT NOT NULL,
  -- What is the same search is one wish.
  key TEXT NOT NULL UNIQUE,
  fetch INTEGER NOT NULL,
  created_ms REAL NOT NULL,
  last_searched_ms REAL,
  has_baseline INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE wish_hits (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  wish_id TEXT NOT NULL REFERENCES wishes ON DELETE CASCADE,
  cid TEXT NOT NULL,
  name TEXT NOT NULL,
  size_bytes INTEGER NOT NULL,
  kind TEXT NOT NULL,
  providers INTEGER NOT NULL,
  found_ms REAL NOT NULL,
  is_new INTEGER NOT NULL,
  download_id TEXT,
  held_back TEXT,
  UNIQUE (wish_id, cid)
) STRICT;
CREATE INDEX wish_hits_new ON wish_hits (wish_id, is_new, seq);

-- Hits that had to make room: digests of their CIDs, so that they are not told again.
CREATE TABLE wish_forgotten (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  wish_id TEXT NOT NULL REFERENCES wishes ON DELETE CASCADE,
  digest BLOB NOT NULL,
  UNIQUE (wish_id, digest)
) STRICT;

-- What wishes fetched by themselves. Outlives wishes and hits: otherwise enough hits would make room for more fetches.
CREATE TABLE wish_fetches (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  wish_id TEXT NOT NULL,
  cid TEXT NOT NULL,
  download_id TEXT,
  started_ms REAL NOT NULL
) STRICT;
CREATE INDEX wish_fetches_started ON wish_fetches (started_ms);
`,
  `
-- Orders with their holders, as the wire has them: this node's own, and those for which it keeps a copy.
CREATE TABLE replica_sets (
  owner TEXT NOT NULL,
  cid TEXT NOT NULL,
  body BLOB NOT NULL,
  created_ms REAL NOT NULL,
  -- JSON: PeerIds that the owner wants first; when holders last proved their copies by PeerId; holders that were replaced while they were away.
  preferred TEXT NOT NULL,
  proved TEXT NOT NULL,
  former TEXT NOT NULL,
  PRIMARY KEY (owner, cid)
) STRICT, WITHOUT ROWID;

-- What this node keeps for others, and with no owner what it keeps on purpose. Written before the first byte comes.
CREATE TABLE replicas_kept (
  owner TEXT NOT NULL,
  cid TEXT NOT NULL,
  name TEXT NOT NULL,
  size_bytes INTEGER NOT NULL,
  state TEXT NOT NULL,
  -- Where it was put; null while it is being fetched, and for what was here before.
  path TEXT,
  since_ms REAL NOT NULL,
  PRIMARY KEY (owner, cid)
) STRICT, WITHOUT ROWID;

-- Bytes that a download may have at most; null: any number.
ALTER TABLE downloads ADD COLUMN max_bytes INTEGER;
`,
]
