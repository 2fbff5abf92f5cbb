-- log_head: the chain goes on from the newest row
SELECT seq, hash, total_bytes FROM replication_log ORDER BY seq DESC LIMIT 1;

-- log_append: the group's changes, in the group's own commit
INSERT INTO replication_log (seq, epoch, at_ms, kind, hash, total_bytes, data) VALUES (?, ?, ?, ?, ?, ?, ?);

-- log_rows: what a follower or a check of the chain reads
SELECT seq, epoch, at_ms, kind, hash, data FROM replication_log WHERE seq > ? ORDER BY seq LIMIT ?;

-- log_ages: the oldest rows, with how many bytes of changes had been logged before each
SELECT seq, at_ms, total_bytes - length(data) FROM replication_log ORDER BY seq LIMIT ?;

-- log_prune: drop what nobody needs any more (RL5)
DELETE FROM replication_log WHERE seq <= ?;

-- meta_get: one value of the file's own
SELECT value FROM meta WHERE key = ?;

-- meta_put: set a value of the file's own
INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value;

-- probe_write: does writing work again? (ST4)
INSERT OR REPLACE INTO probe (id, filler) VALUES (1, zeroblob(?));

-- probe_clear: leave nothing behind
DELETE FROM probe;

-- dictionary_all: compressed bodies name the dictionary they need
SELECT dictionary_id, data FROM dictionaries;

-- dictionary_add: a release brings its dictionary into the file
INSERT OR IGNORE INTO dictionaries (dictionary_id, data) VALUES (?, ?);

-- audit_add: who changed what
INSERT INTO audit (audit_id, at_ms, who, what, subject, detail) VALUES (?, ?, ?, ?, ?, ?);

-- audit_list: newest first
SELECT audit_id, at_ms, who, what, subject, detail FROM audit WHERE audit_id < ? ORDER BY audit_id DESC LIMIT ?;

-- key_add: an API key, only its hash
INSERT INTO api_keys (key_id, name, hash, scopes, created_ms) VALUES (?, ?, ?, ?, ?);

-- key_find: each keyed request looks its hash up
SELECT key_id, name, scopes FROM api_keys WHERE hash = ? AND revoked_ms IS NULL;

-- key_list: for the command line
SELECT key_id, name, scopes, created_ms, revoked_ms FROM api_keys ORDER BY key_id;

-- key_revoke: from now on refused
UPDATE api_keys SET revoked_ms = ? WHERE key_id = ? AND revoked_ms IS NULL;

-- pause_put: staff or another system stopped some workers; the first pause stands
INSERT OR IGNORE INTO pauses (workers, since_ms, who) VALUES (?, ?, ?);

-- pause_drop: they go on
DELETE FROM pauses WHERE workers = ?;

-- pauses_all: at a start, and for the status
SELECT workers, since_ms, who FROM pauses ORDER BY workers;
