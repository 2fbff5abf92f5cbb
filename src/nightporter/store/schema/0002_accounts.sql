-- Who may use the staff's console. `login` is the name as it is compared; `hash` is argon2id in its usual spelling, ''
-- = none of their own yet. `first_until_ms` > 0: a first password that somebody else knows, good until then.
CREATE TABLE accounts (
  account_id TEXT NOT NULL PRIMARY KEY,
  login TEXT NOT NULL,
  name TEXT NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('owner', 'staff')),
  hash TEXT NOT NULL DEFAULT '',
  first_until_ms INTEGER NOT NULL DEFAULT 0,
  created_ms INTEGER NOT NULL,
  disabled_ms INTEGER
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX accounts_login ON accounts (login);

-- Who is signed in: of what the browser holds only a hash is kept. One row per browser.
CREATE TABLE sessions (
  session_id TEXT NOT NULL PRIMARY KEY,
  account_id TEXT NOT NULL REFERENCES accounts (account_id),
  hash BLOB NOT NULL,
  seen_ms INTEGER NOT NULL,
  until_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_account ON sessions (account_id, session_id);
CREATE INDEX sessions_until ON sessions (until_ms);
