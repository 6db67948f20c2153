/**
 * The index database. One row of `entries` is one description (CID, path, SHA-256, size, kind), however many peers give it; a
 * `shelf` is the set of entries that a peer shows, and `holdings` says which entry stands on which shelf.
 *
 * - Who is online is not in here: the searcher holds the set of live shelves in memory, so that a session that ends
 *   rewrites no row.
 * - A publication that replaces fills a new shelf, and the peer changes to it in one row; the old shelf is
 *   cleared away bit by bit. A shelf that no peer points to is garbage, also after a crash.
 * - Descriptions of different publishers never mix: a false size or SHA-256 stays with who gave it.
 */
export const INDEX_MIGRATIONS: readonly string[] = [
  `CREATE TABLE peers (
     id INTEGER PRIMARY KEY,
     peer_id TEXT NOT NULL UNIQUE,
     name TEXT NOT NULL,
     version TEXT NOT NULL,
     addresses TEXT NOT NULL,
     observed_host TEXT NOT NULL,
     last_seen_ms INTEGER NOT NULL,
     lease_end_ms INTEGER NOT NULL,
     token_hash BLOB,
     shelf INTEGER NOT NULL REFERENCES shelves(id)
   );
   CREATE TABLE shelves (
     id INTEGER PRIMARY KEY AUTOINCREMENT,
     entries INTEGER NOT NULL DEFAULT 0,
     complete INTEGER NOT NULL DEFAULT 0,
     revision TEXT NOT NULL DEFAULT ''
   );
   CREATE TABLE entries (
     id INTEGER PRIMARY KEY,
     cid BLOB NOT NULL,
     path_key INTEGER NOT NULL,
     variant_key INTEGER NOT NULL,
     kind INTEGER NOT NULL,
     size_bytes INTEGER NOT NULL,
     sha256 BLOB,
     path TEXT NOT NULL
   );
   CREATE UNIQUE INDEX entries_by_cid ON entries(cid, path_key, variant_key);
   CREATE INDEX entries_by_sha256 ON entries(sha256) WHERE sha256 IS NOT NULL;
   CREATE TABLE holdings (
     entry INTEGER NOT NULL,
     shelf INTEGER NOT NULL,
     modified_ms INTEGER NOT NULL,
     PRIMARY KEY (entry, shelf)
   ) WITHOUT ROWID;
   CREATE INDEX holdings_by_shelf ON holdings(shelf);
   CREATE VIRTUAL TABLE words USING fts5(
     text, content = '', contentless_delete = 1, tokenize = 'ascii', prefix = '1 2 3'
   );`,
]
