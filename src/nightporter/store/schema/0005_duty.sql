-- Who said that they are on duty, or that they are not: their last word, for some hours; then the roster counts again.
CREATE TABLE duty (
  account_id TEXT NOT NULL PRIMARY KEY REFERENCES accounts (account_id),
  on_duty INTEGER NOT NULL,
  since_ms INTEGER NOT NULL,
  until_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
