-- What staff keep for their own work: ready answers, notes, labels; and the templates of the account as last read.

-- One row per short name and language; `answer_key` is the name as it is compared.
CREATE TABLE ready_answers (
  answer_key TEXT NOT NULL,
  language TEXT NOT NULL,
  name TEXT NOT NULL,
  body TEXT NOT NULL,
  changed_ms INTEGER NOT NULL,
  changed_by TEXT NOT NULL,
  PRIMARY KEY (answer_key, language)
) STRICT, WITHOUT ROWID;

-- About a guest, for colleagues only: never sent.
CREATE TABLE notes (
  note_id TEXT NOT NULL PRIMARY KEY,
  guest_id TEXT NOT NULL REFERENCES guests (guest_id),
  author TEXT NOT NULL,
  body TEXT NOT NULL,
  at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX notes_guest ON notes (guest_id, at_ms);

-- Free words on a guest; `label_key` is the word as it is compared.
CREATE TABLE labels (
  guest_id TEXT NOT NULL REFERENCES guests (guest_id),
  label_key TEXT NOT NULL,
  label TEXT NOT NULL,
  added_by TEXT NOT NULL,
  added_ms INTEGER NOT NULL,
  PRIMARY KEY (guest_id, label_key)
) STRICT, WITHOUT ROWID;
CREATE INDEX labels_used ON labels (label_key, label, guest_id);

-- Message templates of an account at the provider. `since_ms`: since when it is in this state, as far as we saw.
CREATE TABLE templates (
  channel TEXT NOT NULL,
  name TEXT NOT NULL,
  language TEXT NOT NULL,
  provider_id TEXT NOT NULL,
  category TEXT NOT NULL,
  state TEXT NOT NULL,
  reason TEXT NOT NULL,
  quality TEXT NOT NULL,
  body TEXT NOT NULL,
  parameters TEXT NOT NULL, -- JSON: their names in order
  named INTEGER NOT NULL,
  plain INTEGER NOT NULL, -- nothing but the words of its body is to be filled in
  since_ms INTEGER NOT NULL,
  PRIMARY KEY (channel, name, language)
) STRICT, WITHOUT ROWID;

-- When the templates were read last, when it was tried last, and why that failed.
CREATE TABLE template_reads (
  channel TEXT NOT NULL PRIMARY KEY,
  read_ms INTEGER NOT NULL DEFAULT 0,
  tried_ms INTEGER NOT NULL DEFAULT 0,
  error TEXT NOT NULL DEFAULT ''
) STRICT, WITHOUT ROWID;
