-- account_add: a new member of staff, or the owner at the first start; a name that is taken stays as it is
INSERT OR IGNORE INTO accounts (account_id, login, name, role, hash, first_until_ms, created_ms)
VALUES (?, ?, ?, ?, ?, ?, ?);

-- account_named: who wants to come in
SELECT account_id, name, role, hash, first_until_ms, created_ms, disabled_ms FROM accounts WHERE login = ?;

-- account_list: for the owner's page and the command line
SELECT account_id, name, role, hash, first_until_ms, created_ms, disabled_ms FROM accounts ORDER BY account_id;

-- account_password: a new one; who was disabled may come in again
UPDATE accounts SET hash = ?, first_until_ms = ?, disabled_ms = NULL WHERE account_id = ?;

-- account_disable: nobody comes in by this name any more
UPDATE accounts SET disabled_ms = ? WHERE account_id = ? AND disabled_ms IS NULL;

-- session_add: somebody signed in
INSERT INTO sessions (session_id, account_id, hash, seen_ms, until_ms) VALUES (?, ?, ?, ?, ?);

-- session_get: every page asks who is there
SELECT s.hash, s.seen_ms, s.until_ms, a.account_id, a.name, a.role, a.first_until_ms
FROM sessions s JOIN accounts a ON a.account_id = s.account_id WHERE s.session_id = ? AND a.disabled_ms IS NULL;

-- session_seen: its person did something
UPDATE sessions SET seen_ms = ? WHERE session_id = ?;

-- session_end: signed out
DELETE FROM sessions WHERE session_id = ?;

-- sessions_end_of: signed out everywhere
DELETE FROM sessions WHERE account_id = ?;

-- sessions_end_rest: one person's oldest ones beyond a number
DELETE FROM sessions WHERE session_id IN (SELECT session_id FROM sessions WHERE account_id = ?
  ORDER BY session_id DESC LIMIT -1 OFFSET ?);

-- sessions_end_old: nobody can come in by them any more
DELETE FROM sessions WHERE until_ms <= ?;

-- sessions_count: how often somebody is signed in
SELECT count(*) FROM sessions WHERE account_id = ?;

-- duty_say: somebody begins or ends their turn; their last word counts
INSERT INTO duty (account_id, on_duty, since_ms, until_ms) VALUES (?, ?, ?, ?)
ON CONFLICT (account_id) DO UPDATE SET on_duty = excluded.on_duty, since_ms = excluded.since_ms,
  until_ms = excluded.until_ms;

-- duty_all: what everybody said who may come in
SELECT a.account_id, a.login, d.on_duty, d.since_ms, d.until_ms FROM duty d JOIN accounts a ON a.account_id = d.account_id
WHERE a.disabled_ms IS NULL AND d.until_ms > ?;
