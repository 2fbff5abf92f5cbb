-- The hotel's file. STRICT tables, text keys WITHOUT ROWID, keys that begin with a time, no triggers (core rules RL2, ST6).
-- Times are milliseconds since the epoch. Order always comes from a stored column.

CREATE TABLE meta (
  key TEXT NOT NULL PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Not recorded in itself: one row per committed group.
CREATE TABLE replication_log (
  seq INTEGER NOT NULL PRIMARY KEY,
  epoch INTEGER NOT NULL,
  at_ms INTEGER NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('changes', 'migration')),
  hash BLOB NOT NULL,
  total_bytes INTEGER NOT NULL, -- of all changes up to this row, so that the log's size is a subtraction
  data BLOB NOT NULL
) STRICT;

-- Not recorded: what the recovery from a full disk writes to see whether writing works again.
CREATE TABLE probe (
  id INTEGER NOT NULL PRIMARY KEY,
  filler BLOB NOT NULL
) STRICT;

CREATE TABLE dictionaries (
  dictionary_id INTEGER NOT NULL PRIMARY KEY,
  data BLOB NOT NULL
) STRICT;

-- What came in: one row per HTTP body; the bytes live apart and are never updated.
CREATE TABLE deliveries (
  delivery_id TEXT NOT NULL PRIMARY KEY,
  channel TEXT NOT NULL,
  received_ms INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('new', 'read', 'odd')),
  entries INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE INDEX deliveries_new ON deliveries (delivery_id) WHERE state = 'new';
CREATE INDEX deliveries_odd ON deliveries (delivery_id) WHERE state = 'odd';

CREATE TABLE bodies (
  delivery_id TEXT NOT NULL PRIMARY KEY,
  dictionary_id INTEGER NOT NULL,
  body BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE guests (
  guest_id TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  language TEXT NOT NULL DEFAULT '',
  language_source TEXT NOT NULL DEFAULT 'none',
  language_rival TEXT NOT NULL DEFAULT '',
  opted_out_ms INTEGER NOT NULL DEFAULT 0,
  told_machine_ms INTEGER NOT NULL DEFAULT 0,
  created_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE identities (
  identity TEXT NOT NULL PRIMARY KEY,
  guest_id TEXT NOT NULL REFERENCES guests (guest_id),
  added_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX identities_guest ON identities (guest_id);

CREATE TABLE conversations (
  conversation_id TEXT NOT NULL PRIMARY KEY,
  guest_id TEXT NOT NULL REFERENCES guests (guest_id),
  channel TEXT NOT NULL,
  number TEXT NOT NULL,
  version INTEGER NOT NULL DEFAULT 0,
  held_by TEXT NOT NULL DEFAULT '',
  held_until_ms INTEGER NOT NULL DEFAULT 0,
  last_guest_ms INTEGER NOT NULL DEFAULT 0,
  last_staff_ms INTEGER NOT NULL DEFAULT 0,
  last_answer_ms INTEGER NOT NULL DEFAULT 0,
  last_activity_ms INTEGER NOT NULL DEFAULT 0,
  memory TEXT NOT NULL DEFAULT '{}'
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX conversations_guest ON conversations (guest_id, channel, number);
CREATE INDEX conversations_activity ON conversations (last_activity_ms);

-- What happened, each thing once: the unique index is the only deduplication (IN3).
CREATE TABLE entries (
  entry_id TEXT NOT NULL PRIMARY KEY,
  dedupe BLOB NOT NULL,
  kind TEXT NOT NULL,
  channel TEXT NOT NULL,
  number TEXT NOT NULL,
  ours INTEGER NOT NULL,
  provider_id TEXT NOT NULL,
  conversation_id TEXT,
  at_ms INTEGER NOT NULL,
  received_ms INTEGER NOT NULL,
  delivery_id TEXT NOT NULL,
  ordinal INTEGER NOT NULL,
  payload TEXT NOT NULL,
  elsewhere INTEGER NOT NULL DEFAULT 0,
  disposition TEXT,
  reason TEXT,
  reference TEXT,
  disposed_ms INTEGER,
  trace TEXT,
  CHECK ((disposition IS NULL) = (disposed_ms IS NULL))
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX entries_dedupe ON entries (dedupe);
CREATE INDEX entries_pending ON entries (conversation_id, at_ms, delivery_id, ordinal)
  WHERE kind = 'message' AND disposition IS NULL;
CREATE INDEX entries_conversation ON entries (conversation_id, at_ms) WHERE conversation_id IS NOT NULL;
CREATE INDEX entries_apart ON entries (entry_id) WHERE conversation_id IS NULL;

-- How many messages ended how, ever: counted in the unit that ends one, so that nobody has to count them all.
CREATE TABLE disposed (
  disposition TEXT NOT NULL PRIMARY KEY,
  messages INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What the provider said of our messages; outbox_id '' = parked until we know whose it is.
CREATE TABLE statuses (
  outbox_id TEXT NOT NULL,
  provider_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  channel TEXT NOT NULL,
  error_code TEXT NOT NULL DEFAULT '',
  error TEXT NOT NULL DEFAULT '',
  billable INTEGER NOT NULL DEFAULT 0,
  category TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (outbox_id, provider_id, kind)
) STRICT, WITHOUT ROWID;

-- What must go out.
CREATE TABLE outbox (
  outbox_id TEXT NOT NULL PRIMARY KEY,
  channel TEXT NOT NULL,
  number TEXT NOT NULL,
  conversation_id TEXT NOT NULL REFERENCES conversations (conversation_id),
  to_phone TEXT NOT NULL DEFAULT '',
  to_id TEXT NOT NULL DEFAULT '',
  content TEXT NOT NULL,
  quote TEXT NOT NULL DEFAULT '',
  origin TEXT NOT NULL,
  covers TEXT NOT NULL DEFAULT '[]',
  discloses INTEGER NOT NULL DEFAULT 0,
  state TEXT NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  created_ms INTEGER NOT NULL,
  due_ms INTEGER NOT NULL,
  expires_ms INTEGER NOT NULL DEFAULT 0,
  changed_ms INTEGER NOT NULL,
  epoch INTEGER NOT NULL DEFAULT 0,
  provider_id TEXT NOT NULL DEFAULT '',
  error_code TEXT NOT NULL DEFAULT '',
  error TEXT NOT NULL DEFAULT ''
) STRICT, WITHOUT ROWID;
CREATE INDEX outbox_waiting ON outbox (channel, due_ms, outbox_id) WHERE state = 'waiting';
CREATE INDEX outbox_urgent ON outbox (channel, due_ms, outbox_id) WHERE state = 'waiting' AND origin = 'emergency';
-- A query uses it when it repeats the condition word for word.
CREATE INDEX outbox_open ON outbox (state, outbox_id)
  WHERE state IN ('waiting', 'sending', 'unknown', 'maybe_sent', 'dead', 'failed');
CREATE UNIQUE INDEX outbox_provider ON outbox (provider_id) WHERE provider_id <> '';
CREATE INDEX outbox_conversation ON outbox (conversation_id, created_ms);

CREATE TABLE attempts (
  outbox_id TEXT NOT NULL REFERENCES outbox (outbox_id),
  attempt INTEGER NOT NULL,
  epoch INTEGER NOT NULL,
  claimed_ms INTEGER NOT NULL,
  ended_ms INTEGER,
  outcome TEXT,
  detail TEXT,
  PRIMARY KEY (outbox_id, attempt)
) STRICT, WITHOUT ROWID;

-- What staff must do. task_key makes it once.
CREATE TABLE tasks (
  task_id TEXT NOT NULL PRIMARY KEY,
  task_key TEXT NOT NULL,
  conversation_id TEXT REFERENCES conversations (conversation_id),
  department TEXT NOT NULL,
  reason TEXT NOT NULL,
  topic TEXT NOT NULL DEFAULT '',
  summary TEXT NOT NULL,
  details TEXT NOT NULL DEFAULT '{}',
  draft TEXT NOT NULL DEFAULT '',
  urgency TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('open', 'done')),
  created_ms INTEGER NOT NULL,
  done_ms INTEGER,
  done_by TEXT
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX tasks_key ON tasks (task_key);
CREATE INDEX tasks_open ON tasks (created_ms) WHERE state = 'open';
CREATE INDEX tasks_conversation ON tasks (conversation_id, created_ms);

CREATE TABLE stays (
  stay_id TEXT NOT NULL PRIMARY KEY,
  source TEXT NOT NULL,
  code TEXT NOT NULL,
  arrival TEXT NOT NULL,
  departure TEXT NOT NULL,
  room TEXT NOT NULL DEFAULT '',
  flight TEXT NOT NULL DEFAULT '',
  name TEXT NOT NULL DEFAULT '',
  state TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX stays_code ON stays (source, code);
CREATE INDEX stays_flight ON stays (flight, arrival) WHERE flight <> '';
CREATE INDEX stays_arrival ON stays (arrival, stay_id);
CREATE INDEX stays_by_code ON stays (code);

CREATE TABLE stay_guests (
  guest_id TEXT NOT NULL REFERENCES guests (guest_id),
  stay_id TEXT NOT NULL REFERENCES stays (stay_id),
  role TEXT NOT NULL,
  PRIMARY KEY (guest_id, stay_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX stay_guests_stay ON stay_guests (stay_id);

CREATE TABLE timers (
  timer_id TEXT NOT NULL PRIMARY KEY,
  kind TEXT NOT NULL,
  due_ms INTEGER NOT NULL,
  cron TEXT NOT NULL DEFAULT '',
  zone TEXT NOT NULL DEFAULT '',
  payload TEXT NOT NULL DEFAULT '{}'
) STRICT, WITHOUT ROWID;
CREATE INDEX timers_due ON timers (due_ms);

CREATE TABLE events (
  event_id TEXT NOT NULL PRIMARY KEY,
  order_key TEXT NOT NULL,
  type TEXT NOT NULL,
  source TEXT NOT NULL,
  body TEXT NOT NULL,
  fingerprint BLOB NOT NULL,
  state TEXT NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  targets TEXT NOT NULL DEFAULT '[]',
  accepted_ms INTEGER NOT NULL,
  last_error TEXT NOT NULL DEFAULT ''
) STRICT, WITHOUT ROWID;
CREATE INDEX events_accepted ON events (accepted_ms, event_id);
CREATE INDEX events_open ON events (state, accepted_ms, event_id);
CREATE INDEX events_keys ON events (order_key, accepted_ms, event_id) WHERE state = 'waiting' AND order_key <> '';

CREATE TABLE event_steps (
  event_id TEXT NOT NULL REFERENCES events (event_id),
  step INTEGER NOT NULL,
  at_ms INTEGER NOT NULL,
  what TEXT NOT NULL,
  detail TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (event_id, step)
) STRICT, WITHOUT ROWID;

CREATE TABLE api_keys (
  key_id TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  hash BLOB NOT NULL,
  scopes TEXT NOT NULL,
  created_ms INTEGER NOT NULL,
  revoked_ms INTEGER
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX api_keys_hash ON api_keys (hash);

-- Files that guests sent: an own retried task each, apart from the answer.
CREATE TABLE media (
  entry_id TEXT NOT NULL PRIMARY KEY REFERENCES entries (entry_id),
  channel TEXT NOT NULL,
  reference TEXT NOT NULL,
  mime_type TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('waiting', 'kept', 'dead')),
  due_ms INTEGER NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  sha256 TEXT NOT NULL DEFAULT '',
  size INTEGER NOT NULL DEFAULT 0,
  error TEXT NOT NULL DEFAULT ''
) STRICT, WITHOUT ROWID;
CREATE INDEX media_waiting ON media (due_ms) WHERE state = 'waiting';

-- Who of the staff, which key, or which command changed what.
CREATE TABLE audit (
  audit_id TEXT NOT NULL PRIMARY KEY,
  at_ms INTEGER NOT NULL,
  who TEXT NOT NULL,
  what TEXT NOT NULL,
  subject TEXT NOT NULL DEFAULT '',
  detail TEXT NOT NULL DEFAULT ''
) STRICT, WITHOUT ROWID;

-- What must survive a restart of a channel: a refused token, a pause.
CREATE TABLE channel_states (
  channel TEXT NOT NULL PRIMARY KEY,
  stopped_since_ms INTEGER NOT NULL DEFAULT 0,
  reason TEXT NOT NULL DEFAULT ''
) STRICT, WITHOUT ROWID;

-- Which workers were told to stop: cloud, jobs, delivery.
CREATE TABLE pauses (
  workers TEXT NOT NULL PRIMARY KEY,
  since_ms INTEGER NOT NULL,
  who TEXT NOT NULL
) STRICT, WITHOUT ROWID;
