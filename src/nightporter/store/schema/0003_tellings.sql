-- Telling people: how often whom was told of a task, and the messages that must leave the house for it.

-- One row per task that people were told of. `contacts`: name -> times. `next_ms`: when to tell again, 0 = not by itself.
CREATE TABLE told (
  task_id TEXT NOT NULL PRIMARY KEY,
  times INTEGER NOT NULL,
  contacts TEXT NOT NULL,
  next_ms INTEGER NOT NULL,
  taken_ms INTEGER NOT NULL DEFAULT 0,
  taken_by TEXT NOT NULL DEFAULT '',
  acknowledged INTEGER NOT NULL DEFAULT 0, -- those who page have heard that it was taken
  closed INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE INDEX told_open ON told (task_id) WHERE closed = 0;

-- One row per message and way. The address itself is a secret of the settings: here stands its fingerprint.
CREATE TABLE tellings (
  telling_id TEXT NOT NULL PRIMARY KEY,
  way TEXT NOT NULL,
  contact TEXT NOT NULL,
  step TEXT NOT NULL CHECK (step IN ('told', 'taken', 'ended')),
  tasks TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('waiting', 'told', 'dead', 'moot')),
  attempts INTEGER NOT NULL DEFAULT 0,
  due_ms INTEGER NOT NULL,
  error TEXT NOT NULL DEFAULT ''
) STRICT, WITHOUT ROWID;
CREATE INDEX tellings_waiting ON tellings (due_ms, telling_id) WHERE state = 'waiting';
